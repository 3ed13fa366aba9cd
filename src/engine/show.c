/* The text of a query that is not run. */
#include "engine/engine_private.h"

#include "base/error.h"
#include "base/memory.h"
#include "sql/nodes.h"
#include "sql/places.h"

static weft_status give(const weft_engine *engine, const wefti_compiled *compiled, char **sql, weft_error *error)
{
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const char *text = compiled->statement.sql;
    if (engine->places != NULL)
        text = wefti_places_text(engine->places, text, &arena);
    *sql = wefti_strdup(text);
    wefti_arena_deinit(&arena);
    return *sql != NULL ? WEFT_OK : wefti_error_memory(error);
}

static weft_status compile(const weft_engine *engine, const wefti_statement_data *data, char **sql, weft_error *error)
{
    wefti_shape shape = {.user = NULL};
    wefti_compiled *compiled = NULL;
    weft_status status = wefti_shape_walk(&shape, engine->schema, engine->dialect, data, error);
    if (status == WEFT_OK)
        status = wefti_compile(engine->schema, engine->dialect, data, &shape, &compiled, error);
    if (status == WEFT_OK)
        status = give(engine, compiled, sql, error);
    wefti_compiled_free(compiled);
    wefti_shape_deinit(&shape);
    return status;
}

weft_status weft_engine_sql(weft_engine *engine, const weft_rows_options *query, bool literally, char **sql, weft_error *error)
{
    WEFTI_NODES_ENTER;
    WEFTI_NOT_CANCELLED;
    if (sql != NULL)
        *sql = NULL;
    if (sql == NULL || query == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_engine_sql: the %s is NULL",
                               sql == NULL ? "pointer to the text" : "query");
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK)
        status = wefti_engine_check(engine, error);
    if (status == WEFT_OK && wefti_nodes_watching())
        status = wefti_nodes_check(&(wefti_node_roots){.query = query}, error);
    if (status != WEFT_OK)
        return status;
    wefti_modify modify;
    wefti_select select;
    wefti_statement_data data = {.literally = literally};
    if (query->write != NULL) {
        data.kind = WEFTI_KIND_MODIFY;
        data.of.modify = &modify;
        status = wefti_modify_shown(&modify, engine->schema, query, error);
    } else {
        data.kind = WEFTI_KIND_SELECT;
        data.of.select = &select;
        status = wefti_select_from_options(&select, engine->schema, query, error);
    }
    return status == WEFT_OK ? compile(engine, &data, sql, error) : status;
}
