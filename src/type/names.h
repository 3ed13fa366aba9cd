/* What each database calls weft's types. All that write SQL ask here: definitions, casts, lists. */
#ifndef WEFTI_TYPE_NAMES_H
#define WEFTI_TYPE_NAMES_H

#include "type/type.h"

typedef struct wefti_type_names {
    const char *column; /* of a column, in definitions; NULL: the database has no such type */
    const char *cast;   /* in casts, and of parameters */
} wefti_type_names;

/* By weft_type, arrays included. */
extern const wefti_type_names wefti_names_postgres[WEFTI_COLUMN_TYPES];
extern const wefti_type_names wefti_names_sqlite[WEFTI_COLUMN_TYPES];

#define WEFTI_TYPE_NAME_BYTES 32

/* Of a function in SQL: the beginning and the name of the type. Gives name. */
const char *wefti_type_function(const char *beginning, unsigned type, char name[static WEFTI_TYPE_NAME_BYTES]);

#endif
