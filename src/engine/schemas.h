/* Private to engine: what stands behind weft_schema and weft_ops. */
#ifndef WEFTI_ENGINE_SCHEMAS_H
#define WEFTI_ENGINE_SCHEMAS_H

#include "engine/engine_private.h"
#include "schema/compare.h"

struct weft_schema {
    wefti_arena arena;
    wefti_definition definition;
    const wefti_ddl *ddl; /* of the database that it is of */
};

struct weft_ops {
    wefti_ops list;
    weft_error error; /* the first */
    wefti_candidates renames;
    bool prepared;                      /* weft_ops_prepare has noted: */
    bool foreign_keys, legacy_renaming; /* SQLite's settings of the connection, as they were */
};

/* NULL: out of memory, which error tells. */
weft_schema *wefti_new_schema(const wefti_ddl *ddl, weft_error *error);

#endif
