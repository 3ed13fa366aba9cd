/* What leads from one definition to another: operations in the order of dependencies. Texts are compared as they stand, by their
 * tokens, and where there is a scratch by what the database makes of them. */
#ifndef WEFTI_SCHEMA_COMPARE_H
#define WEFTI_SCHEMA_COMPARE_H

#include "schema/operation.h"
#include "schema/spelling.h"

typedef struct wefti_candidates {
    weft_rename *items; /* in the arena of the operations */
    size_t count, room;
} wefti_candidates;

/* A constraint or an index that is wanted under one name, and stays under another one. */
typedef struct wefti_kept_name {
    wefti_def_name table; /* as it is wanted */
    bool index;
    const char *wanted, *found;
} wefti_kept_name;

typedef struct wefti_kept_names {
    wefti_kept_name *items; /* in the arena of the operations, as are the texts */
    size_t count, room;
} wefti_kept_names;

typedef struct wefti_comparison {
    const wefti_ddl *ddl;
    const wefti_definition *wanted, *found;
    bool of_models;               /* what models have no word for stays as it is found */
    const char *const *own_views; /* with it: views that stay only where models have them; may be NULL */
    wefti_definition *whole; /* then gets the tables that are wanted with what stays, in the arena of the operations; may be NULL */
    /* The names of the schemas that are NULL in the definitions, as texts spell them, which say "place.name" or "name"; NULL:
     * texts name none. */
    const char *wanted_place, *found_place;
    wefti_kept_names *kept;       /* what is added; may be NULL */
    const char *renames;          /* "old = new, table.old = new"; may be NULL */
    const wefti_scratch *scratch; /* where texts are asked for that structure cannot decide; NULL: nobody is asked */
    const char **refused;         /* gets why the database could not be asked (static), or NULL; may be NULL */
} wefti_comparison;

/* Adds copies of operations. MISUSE for a rename that is none. */
weft_status wefti_compare(const wefti_comparison *what, wefti_ops *ops, wefti_candidates *candidates, weft_error *error);

#endif
