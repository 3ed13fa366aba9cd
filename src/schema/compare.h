/* What leads from one definition to another: operations in the order of dependencies. Nothing here asks a database: texts are
 * compared as they stand, by their tokens, so whoever compares sees to it that both are spelt alike. */
#ifndef WEFTI_SCHEMA_COMPARE_H
#define WEFTI_SCHEMA_COMPARE_H

#include "schema/operation.h"

typedef struct wefti_candidates {
    weft_rename *items; /* in the arena of the operations */
    size_t count, room;
} wefti_candidates;

typedef struct wefti_comparison {
    const wefti_ddl *ddl;
    const wefti_definition *wanted, *found;
    /* The names of the schemas that are NULL in the definitions, as texts spell them, which say "place.name" or "name"; NULL:
     * texts name none. */
    const char *wanted_place, *found_place;
    const char *renames; /* "old = new, table.old = new"; may be NULL */
} wefti_comparison;

/* Adds copies of operations. MISUSE for a rename that is none. */
weft_status wefti_compare(const wefti_comparison *what, wefti_ops *ops, wefti_candidates *candidates, weft_error *error);

#endif
