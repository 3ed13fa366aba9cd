/* Values that a model's makers give. */
#ifndef WEFTI_SQL_MAKING_H
#define WEFTI_SQL_MAKING_H

#include "sql/schema.h"

/* Of a constant statement: the value is made anew in each run, for the column that the parameter stands for. */
#define WEFTI_FROM_MAKER UINT16_MAX

/* Of the type that makers of this column give: INT64 for integers and enums. */
weft_type wefti_made_type(const wefti_column *column);
/* Asks the maker. What the value points to is the maker's and to be copied at once. TYPE, NOT_NULL. */
weft_status wefti_make(const wefti_column *column, weft_maker maker, const void *object, void *user, weft_value *value,
                       weft_error *error);

#endif
