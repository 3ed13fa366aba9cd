/* The public statements of a connection: SELECT from data and from text, UPDATE and DELETE by condition, text without rows. */
#include "base/error.h"
#include "base/thread.h"
#include "engine/result.h"
#include "sql/nodes.h"
#include "sql/places.h"

static weft_status misuse(weft_error *error, const char *message, const char *hint)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s", message);
    wefti_error_hint(error, "%s", hint);
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}

static weft_status no_place(weft_error *error)
{
    return misuse(error, "there is no place for the result", "give a weft_result ** to fill; weft_execute_text takes none");
}

weft_status wefti_connection_table(const weft_connection *connection, const weft_model *model, const wefti_table **table,
                                   weft_error *error)
{
    if (model == NULL)
        return misuse(error, "the statement names no model", "set .from or .model");
    *table = wefti_schema_table(connection->engine->schema, model);
    if (*table != NULL)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_MODEL, "%s is not among the engine's models", model->name);
    wefti_error_hint(error, "add &%s_model to the WEFT_METADATA that weft_engine_open was given", model->name);
    return WEFT_ERROR_MODEL;
}

/* What is refused before anything is sent. */
static weft_status unsent(weft_status status, weft_error *error)
{
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    return status;
}

static weft_status check_nodes(const wefti_node_roots *roots, weft_error *error)
{
    return unsent(wefti_nodes_watching() ? wefti_nodes_check(roots, error) : WEFT_OK, error);
}

/* ---- statements that commit by themselves and must not write ---- */

/* What a text, or a function within a SELECT, does is known to the database alone: it gets a transaction in which it may only
 * read. */
static bool reads_alone(const weft_connection *connection)
{
    return connection->options.autocommit && connection->options.read_only && !connection->in_transaction &&
           connection->session == NULL;
}

/* *alone: the transaction is the statement's, and ends with it. */
static inline weft_status begin_for(weft_connection *connection, bool read, wefti_deadline deadline, bool *alone, weft_error *error)
{
    *alone = reads_alone(connection);
    if (!*alone)
        return wefti_connection_autobegin(connection, read, deadline, error);
    wefti_begin begin = wefti_connection_begin_options(connection);
    return wefti_connection_begin(connection, &begin, deadline, error);
}

/* Rows that were given out are in memory by then. */
static weft_status end_alone(weft_connection *connection, bool alone, weft_status status, weft_error *error)
{
    if (!alone || !connection->in_transaction)
        return status;
    wefti_deadline deadline = wefti_connection_deadline(connection);
    if (status == WEFT_OK)
        return wefti_connection_commit(connection, deadline, error);
    (void)wefti_connection_rollback(connection, deadline, NULL);
    return status;
}

/* ---- SELECT ---- */

static weft_status run_change(weft_connection *connection, const wefti_statement_data *data, wefti_cursor **cursor,
                              const wefti_compiled **compiled, weft_error *error)
{
    wefti_deadline deadline = wefti_connection_deadline(connection);
    weft_status status = wefti_connection_autobegin(connection, false, deadline, error);
    return status == WEFT_OK ? wefti_connection_run(connection, data, NULL, 0, false, deadline, cursor, compiled, error) : status;
}

static weft_status run_modify(weft_connection *connection, const wefti_modify *modify, wefti_cursor **cursor,
                              const wefti_compiled **compiled, weft_error *error)
{
    const wefti_statement_data data = {.kind = WEFTI_KIND_MODIFY, .of.modify = modify};
    return run_change(connection, &data, cursor, compiled, error);
}

static inline weft_status may_select(const weft_connection *connection, bool stream, uint8_t effects, weft_error *error)
{
    if (effects != 0 && stream)
        return misuse(error,
                      (effects & WEFTI_WRITES) != 0 ? "a query that writes is no stream" : "a query that locks rows is no stream",
                      "leave .stream out");
    if (effects == WEFTI_LOCKS && connection->options.read_only)
        return wefti_error_set(error, WEFT_ERROR_READ_ONLY, "a connection opened with .read_only = true cannot lock rows");
    if (effects == WEFTI_LOCKS && connection->options.autocommit && !connection->in_transaction && connection->session == NULL)
        return misuse(error, "a query locks rows in autocommit outside of a transaction, where its locks end with it",
                      "call weft_connection_begin first");
    return stream ? wefti_within_free(connection, "a stream of the connection", error) : WEFT_OK;
}

static inline weft_status run_select(weft_connection *connection, const wefti_statement_data *data, bool stream, uint8_t effects,
                                     wefti_cursor **cursor, const wefti_compiled **compiled, bool *alone, weft_error *error)
{
    weft_status status = unsent(may_select(connection, stream, effects, error), error);
    if (status != WEFT_OK)
        return status;
    wefti_deadline deadline = wefti_connection_deadline(connection);
    status = begin_for(connection, !stream && effects == 0, deadline, alone, error);
    return status == WEFT_OK ? wefti_connection_run(connection, data, NULL, 0, stream, deadline, cursor, compiled, error) : status;
}

/* type: the struct that the rows are read into, or NULL. The nodes are looked at by nobody before they are known to live. */
static weft_status open_select(weft_connection *connection, const weft_rows_options *options, const weft_row_type *type,
                               bool stream, wefti_cursor **cursor, const wefti_compiled **compiled, bool *alone, weft_error *error)
{
    const wefti_table *table;
    *alone = false;
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK && options == NULL)
        status = misuse(error, "the options are NULL", "give at least .from");
    if (status == WEFT_OK)
        status = check_nodes(&(wefti_node_roots){.query = options}, error);
    if (status == WEFT_OK)
        status = unsent(wefti_query_check_row(options, type, error), error);
    if (status == WEFT_OK && options->write != NULL) {
        wefti_modify modify;
        status = unsent(wefti_modify_query(&modify, connection->engine->schema, options, error), error);
        return status == WEFT_OK ? run_modify(connection, &modify, cursor, compiled, error) : status;
    }
    if (status == WEFT_OK && options->from != NULL && options->from->selectable == NULL)
        status = wefti_connection_table(connection, options->from, &table, error);
    if (status != WEFT_OK)
        return status;
    wefti_select select;
    status = unsent(wefti_select_from_options(&select, connection->engine->schema, options, error), error);
    if (status != WEFT_OK)
        return status;
    const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    return run_select(connection, &data, stream, select.effects, cursor, compiled, alone, error);
}

/* A WEFT_STATEMENT. */
static weft_status open_constant(weft_connection *connection, const weft_statement *statement, const void *parameters, bool rows,
                                 wefti_cursor **cursor, const wefti_compiled **compiled, bool *alone, weft_error *error)
{
    wefti_constant constant;
    *alone = false;
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    status = unsent(wefti_constant_of(&constant, statement, parameters, rows, error), error);
    if (status != WEFT_OK)
        return status;
    const wefti_statement_data data = {.kind = WEFTI_KIND_CONSTANT, .of.constant = &constant};
    if (statement->query->write != NULL)
        return run_change(connection, &data, cursor, compiled, error);
    return run_select(connection, &data, statement->query->stream, constant.effects, cursor, compiled, alone, error);
}

/* The rows of an open cursor as a result. of: what a stream is called, or NULL. */
static weft_status give_result(weft_connection *connection, weft_status status, wefti_cursor *cursor,
                               const wefti_compiled *compiled, const char *of, bool alone, weft_result **result, weft_error *error)
{
    if (status == WEFT_OK)
        status = wefti_result_new(connection, cursor, compiled, of != NULL, result, error);
    if (status != WEFT_OK || of == NULL)
        return end_alone(connection, alone, status, error);
    (*result)->alone = alone;
    (*result)->of = of;
    return WEFT_OK;
}

weft_status weft_connection_select(weft_connection *connection, const weft_rows_options *options, weft_result **result,
                                   weft_error *error)
{
    WEFTI_NODES_ENTER;
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    if (result == NULL)
        return no_place(error);
    *result = NULL;
    bool stream = options != NULL && options->stream, alone;
    weft_status status = open_select(connection, options, NULL, stream, &cursor, &compiled, &alone, error);
    const char *of = !stream || status != WEFT_OK ? NULL : options->from != NULL ? options->from->name : "no table";
    return give_result(connection, status, cursor, compiled, of, alone, result, error);
}

weft_status weft_connection_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                weft_result **result, weft_error *error)
{
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool alone;
    if (result == NULL)
        return no_place(error);
    *result = NULL;
    const weft_status status = open_constant(connection, statement, parameters, true, &cursor, &compiled, &alone, error);
    const char *of = status == WEFT_OK && statement->query->stream ? statement->name : NULL;
    return give_result(connection, status, cursor, compiled, of, alone, result, error);
}

static weft_status check_fetch(const weft_row_type *type, weft_result **result, weft_list *rows, weft_error *error)
{
    if (result == NULL || rows == NULL)
        return no_place(error);
    *result = NULL;
    *rows = (weft_list){NULL, 0};
    return type != NULL ? WEFT_OK : misuse(error, "the row type is NULL", "give the address of what WEFT_ROW made");
}

/* All rows of an open cursor. They are read at once, so nothing has to be buffered on the way. */
static weft_status fetch(weft_connection *connection, wefti_cursor *cursor, const wefti_compiled *compiled,
                         const weft_row_type *type, bool by_name, weft_result **result, weft_list *rows, weft_error *error)
{
    weft_status status = wefti_result_new(connection, cursor, compiled, true, result, error);
    if (status == WEFT_OK)
        status = wefti_result_fetch(*result, type, by_name, rows, error);
    if (status != WEFT_OK) {
        weft_result_close(*result);
        *result = NULL;
    }
    return status;
}

weft_status weft_connection_fetch(weft_connection *connection, const weft_row_type *type, const weft_rows_options *options,
                                  weft_result **result, weft_list *rows, weft_error *error)
{
    WEFTI_NODES_ENTER;
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool stream = options != NULL && options->stream, alone;
    weft_status status = check_fetch(type, result, rows, error);
    if (status != WEFT_OK)
        return status;
    status = open_select(connection, options, type, stream, &cursor, &compiled, &alone, error);
    if (status == WEFT_OK)
        status = fetch(connection, cursor, compiled, type, false, result, rows, error);
    return end_alone(connection, alone, status, error);
}

weft_status weft_connection_fetch_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                      weft_result **result, weft_list *rows, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool alone;
    if (result == NULL || rows == NULL)
        return no_place(error);
    *result = NULL;
    *rows = (weft_list){NULL, 0};
    weft_status status = open_constant(connection, statement, parameters, true, &cursor, &compiled, &alone, error);
    if (status == WEFT_OK)
        status = fetch(connection, cursor, compiled, statement->row, false, result, rows, error);
    return end_alone(connection, alone, status, error);
}

/* ---- UPDATE and DELETE by condition ---- */

weft_status weft_connection_execute_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                        int64_t *changed, weft_error *error)
{
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool alone;
    const weft_status status = open_constant(connection, statement, parameters, false, &cursor, &compiled, &alone, error);
    if (status != WEFT_OK)
        return status;
    if (changed != NULL)
        *changed = (int64_t)cursor->changed_rows;
    wefti_connection_finish(connection, cursor, compiled);
    return WEFT_OK;
}

static weft_status execute(weft_connection *connection, const weft_write *write, int64_t *changed, weft_error *error)
{
    wefti_modify modify;
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK)
        status = check_nodes(&(wefti_node_roots){.write = write}, error);
    if (status != WEFT_OK)
        return status;
    status = unsent(wefti_modify_of(&modify, connection->engine->schema, write, error), error);
    if (status == WEFT_OK && modify.returning != NULL)
        return misuse(error, "nobody takes the rows of .returning", "run it by weft_fetch_of, or leave .returning out");
    if (status == WEFT_OK)
        status = run_modify(connection, &modify, &cursor, &compiled, error);
    if (status != WEFT_OK)
        return status;
    if (changed != NULL)
        *changed = (int64_t)cursor->changed_rows;
    wefti_connection_finish(connection, cursor, compiled);
    return WEFT_OK;
}

weft_status weft_execute_update(weft_connection *connection, const weft_update *update, int64_t *changed, weft_error *error)
{
    WEFTI_NODES_ENTER;
    return execute(connection, &(weft_write){.update = update}, changed, error);
}

weft_status weft_execute_delete(weft_connection *connection, const weft_delete *delete_, int64_t *deleted, weft_error *error)
{
    WEFTI_NODES_ENTER;
    return execute(connection, &(weft_write){.delete_ = delete_}, deleted, error);
}

weft_status weft_execute_insert(weft_connection *connection, const weft_insert *insert, int64_t *inserted, weft_error *error)
{
    WEFTI_NODES_ENTER;
    return execute(connection, &(weft_write){.insert = insert}, inserted, error);
}

weft_status weft_execute_merge(weft_connection *connection, const weft_merge_rows *merge, int64_t *changed, weft_error *error)
{
    WEFTI_NODES_ENTER;
    return execute(connection, &(weft_write){.merge = merge}, changed, error);
}

/* ---- text ---- */

static weft_status open_text(weft_connection *connection, const char *sql, const weft_values *parameters, wefti_cursor **cursor,
                             bool *alone, weft_error *error)
{
    wefti_deadline deadline;
    *alone = false;
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (sql == NULL)
        return misuse(error, "the SQL text is NULL", "give a statement");
    if (parameters != NULL && parameters->items == NULL && parameters->count > 0)
        return misuse(error, "the parameters are NULL and counted", "give weft_parameters(…), or NULL for none");
    wefti_text_class class = wefti_text_classify(connection->engine->dialect, sql);
    deadline = wefti_connection_deadline(connection);
    /* Checked by wefti_connection_text again: a refused text must not begin a transaction. */
    if (!class.transaction && !class.empty) {
        status = begin_for(connection, false, deadline, alone, error);
    }
    if (status == WEFT_OK)
        status = wefti_connection_text(connection, sql, parameters, false, deadline, cursor, error);
    return status;
}

weft_status weft_execute_text(weft_connection *connection, const char *sql, const weft_values *parameters, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    bool has_row = true, alone;
    weft_status status = open_text(connection, sql, parameters, &cursor, &alone, error);
    while (status == WEFT_OK && has_row)
        status = wefti_connection_step(connection, cursor, &has_row, error);
    wefti_connection_finish(connection, cursor, NULL);
    return end_alone(connection, alone, status, error);
}

/* Where each statement commits by itself, what was to be made of its rows comes too late to undo it. Of rows that are not in memory
 * yet the end of the statement is still to come, and its success is nobody's to tell. */
static weft_status told_late(const weft_connection *connection, const char *sql, weft_status status, weft_error *error)
{
    bool alone = connection->options.autocommit && !connection->in_transaction;
    if (status != WEFT_OK && alone && error != NULL && error->outcome == WEFT_OUTCOME_NONE &&
        !wefti_text_classify(connection->engine->dialect, sql).reads)
        error->outcome = connection->driver->holds_results ? WEFT_OUTCOME_COMMITTED : WEFT_OUTCOME_UNKNOWN;
    return status;
}

weft_status weft_connection_query(weft_connection *connection, const char *sql, const weft_values *parameters, weft_result **result,
                                  weft_error *error)
{
    wefti_cursor *cursor = NULL;
    if (result == NULL)
        return no_place(error);
    *result = NULL;
    bool alone;
    weft_status status = open_text(connection, sql, parameters, &cursor, &alone, error);
    if (status == WEFT_OK)
        status = told_late(connection, sql, wefti_result_new(connection, cursor, NULL, false, result, error), error);
    return end_alone(connection, alone, status, error);
}

weft_status weft_connection_fetch_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                       const weft_values *parameters, weft_result **result, weft_list *rows, weft_error *error)
{
    wefti_cursor *cursor = NULL;
    bool alone;
    weft_status status = check_fetch(type, result, rows, error);
    if (status != WEFT_OK)
        return status;
    status = open_text(connection, sql, parameters, &cursor, &alone, error);
    if (status == WEFT_OK)
        status = told_late(connection, sql, fetch(connection, cursor, NULL, type, true, result, rows, error), error);
    return end_alone(connection, alone, status, error);
}

/* ---- materialized views ---- */

weft_status wefti_refresh_view_sql(const weft_engine *engine, const wefti_table *table, bool concurrently, wefti_arena *arena,
                                   const char **sql, weft_error *error)
{
    *sql = NULL;
    if (!table->materialized) {
        wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_refresh_view: %s is no model of a materialized view", table->model->name);
        wefti_error_hint(error, "only a view that is .materialized in WEFT_OPTIONS keeps rows");
        return WEFT_ERROR_MISUSE;
    }
    return wefti_dialect_refresh_view(engine->dialect, engine->places, table, concurrently, arena, sql) ? WEFT_OK
                                                                                                        : wefti_error_memory(error);
}

weft_status weft_connection_refresh_view(weft_connection *connection, const weft_model *model, bool concurrently, weft_error *error)
{
    const wefti_table *table;
    const char *sql = NULL;
    wefti_arena arena;
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK)
        status = wefti_connection_table(connection, model, &table, error);
    if (status != WEFT_OK)
        return status;
    wefti_arena_init(&arena, 0);
    status = wefti_refresh_view_sql(connection->engine, table, concurrently, &arena, &sql, error);
    if (status == WEFT_OK && sql != NULL)
        status = weft_execute_text(connection, sql, NULL, error);
    wefti_arena_deinit(&arena);
    return status;
}

/* ---- sequences ---- */

weft_status wefti_next_value_sql(const weft_engine *engine, const wefti_table *table, const char *sequence, wefti_arena *arena,
                                 const char **sql, weft_error *error)
{
    const wefti_sequence *found = sequence != NULL ? wefti_table_sequence(table, sequence) : NULL;
    *sql = NULL;
    if (found == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the next value of \"%s\": %s declares no such sequence",
                              sequence != NULL ? sequence : "", table->model->name);
        wefti_error_hint(error, "add WEFT_SEQUENCE(%s, \"…\") to the model", table->model->name);
        return WEFT_ERROR_MISUSE;
    }
    if (!engine->capabilities->sequences)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "the next value of \"%s\": %s has no sequences", sequence,
                               engine->capabilities->name);
    const char *next = wefti_sequence_next(found, table->schema_sql, arena);
    const char *text = next != NULL ? wefti_arena_printf(arena, "SELECT %s", next) : NULL;
    *sql = text != NULL ? wefti_places_text(engine->places, text, arena) : NULL;
    return *sql != NULL ? WEFT_OK : wefti_error_memory(error);
}

weft_status weft_connection_next_value(weft_connection *connection, const weft_model *model, const char *sequence, int64_t *value,
                                       weft_error *error)
{
    const wefti_table *table;
    const char *sql = NULL;
    weft_result *result = NULL;
    wefti_arena arena;
    weft_status status = wefti_connection_usable(connection, error);
    *value = 0;
    if (status == WEFT_OK)
        status = wefti_connection_table(connection, model, &table, error);
    if (status != WEFT_OK)
        return status;
    wefti_arena_init(&arena, 0);
    status = wefti_next_value_sql(connection->engine, table, sequence, &arena, &sql, error);
    if (status == WEFT_OK)
        status = weft_connection_query(connection, sql, NULL, &result, error);
    if (status == WEFT_OK && weft_result_next(result, error))
        (void)weft_result_int64(result, 0, value);
    weft_result_close(result);
    wefti_arena_deinit(&arena);
    return status;
}
