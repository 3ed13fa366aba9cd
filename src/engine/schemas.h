/* Private to engine: what stands behind weft_schema and weft_ops. */
#ifndef WEFTI_ENGINE_SCHEMAS_H
#define WEFTI_ENGINE_SCHEMAS_H

#include "engine/engine_private.h"
#include "schema/compare.h"

struct weft_schema {
    wefti_arena arena;
    wefti_definition definition;
    const wefti_ddl *ddl;         /* of the database that it is of */
    bool translated;              /* its schemas are called as the database calls them: see sql/places.h */
    bool of_models;               /* what models want: they have no word for some of what a database has */
    const weft_naming *naming;    /* of models; NULL: weft's own */
    const char *const *own_views; /* of models: views that are to go where no model has them; others stay. NULL: none */
};

/* Settings of a connection around a transaction in which tables are built anew. Zero: nothing was changed. */
typedef struct wefti_rebuilding {
    bool prepared;
    bool foreign_keys, legacy_renaming; /* as they were */
} wefti_rebuilding;

struct weft_ops {
    wefti_ops list;
    const weft_naming *naming; /* of what is given no name; NULL: weft's own */
    bool if_needed;            /* see weft_ops_if_needed */
    const char *tag;           /* see weft_ops_tag */
    weft_error error;          /* the first */
    wefti_candidates renames;
    wefti_kept_names kept;       /* of a list that was made by comparing */
    wefti_rebuilding rebuilding; /* what weft_ops_prepare has noted */
    wefti_definition whole;      /* of such a list whose wanted schema was of models: its tables, with what stays as it is */
    const char *note;            /* static: see weft_ops_note */
};

/* weft_execute_text of a definition: an error that names nothing says which it was. */
weft_status wefti_ops_run(weft_connection *connection, const char *sql, weft_error *error);
/* Whether the list builds tables anew on the connection's database, with foreign keys off. */
bool wefti_ops_rebuild(const weft_ops *ops, const weft_connection *connection);
/* Turns foreign keys off, unless that is so, and settles on an error; MISUSE where a transaction is open. */
weft_status wefti_rebuilding_prepare(wefti_rebuilding *r, weft_connection *connection, weft_error *error);
/* As it was, if anything was prepared. A connection on which that fails is given up. */
weft_status wefti_rebuilding_settle(wefti_rebuilding *r, weft_connection *connection, weft_error *error);
/* How many rows refer to none; and WEFT_ERROR_CONSTRAINT where there are more than there were. */
weft_status wefti_rebuilding_count(weft_connection *connection, int64_t *orphans, weft_error *error);
weft_status wefti_rebuilding_check(weft_connection *connection, int64_t before, weft_error *error);

/* weft_reflect, and beside it the schemas that a definition names, as far as they are there. error is not NULL. */
weft_status wefti_reflect_beside(weft_schema **schema, weft_engine *engine, const weft_reflect_options *options,
                                 const wefti_definition *beside, weft_error *error);
/* What models want of a database, by their schema. */
weft_status wefti_schema_of(weft_schema **schema, const wefti_schema *models, const wefti_dialect *dialect, weft_error *error);
/* NULL: out of memory, which error tells. */
weft_schema *wefti_new_schema(const wefti_ddl *ddl, weft_error *error);

enum { WEFTI_READINGS = 10 };
/* What others drop while the catalogue is read makes the server fail by an error of its own, or by a deadlock, for expressions lock
 * their tables: the reading is tried again. */
static inline bool wefti_reads_again(weft_status status, int *left)
{
    return (status == WEFT_ERROR_INTERNAL || status == WEFT_ERROR_DEADLOCK) && (*left)-- > 0;
}

/* A wefti_asker's ask; context is a weft_connection. */
weft_status wefti_ask(void *context, const char *sql, const weft_value *parameters, size_t parameter_count, wefti_read_row on_row,
                      void *row_context, weft_error *error);

#endif
