/* The public statements of a connection: SELECT from data and from text, UPDATE and DELETE by condition, text without rows. */
#include "base/error.h"
#include "base/thread.h"
#include "engine/result.h"
#include "sql/nodes.h"
#include "sql/places.h"

static WEFTI_COLD weft_status misuse(weft_error *error, const char *message, const char *hint)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s", message);
    wefti_error_hint(error, "%s", hint);
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}

static WEFTI_COLD weft_status no_place(weft_error *error)
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
    return wefti_refuse_model(model, error);
}

static weft_status check_nodes(const wefti_node_roots *roots, weft_error *error)
{
    return wefti_error_unsent(wefti_nodes_check(roots, error), error);
}

/* ---- statements that commit by themselves and must not write ---- */

/* What a text, or a function within a SELECT, does is known to the database alone: it gets a transaction in which it may only
 * read. */
static bool reads_alone(const weft_connection *connection)
{
    return connection->options.autocommit && connection->options.read_only && !connection->in_transaction &&
           connection->session == NULL;
}

/* *alone: the transaction is the statement's. */
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

/* A statement that was run. */
typedef struct opened {
    wefti_cursor *cursor;
    const wefti_compiled *compiled;
    bool alone;        /* the transaction is the statement's, and ends with it */
    wefti_fill fill;   /* with a type: where its rows go; they may have been read already, see wefti_connection_run_into */
    weft_status ended; /* likewise */
} opened;

static weft_status run(weft_connection *connection, const wefti_statement_data *data, bool stream, wefti_deadline deadline,
                       opened *o, weft_error *error)
{
    if (o->fill.type == NULL)
        return wefti_connection_run(connection, data, NULL, 0, stream, deadline, &o->cursor, &o->compiled, error);
    return wefti_connection_run_into(connection, data, stream, deadline, &o->fill, &o->cursor, &o->compiled, &o->ended, error);
}

static weft_status run_change(weft_connection *connection, const wefti_statement_data *data, opened *o, weft_error *error)
{
    wefti_deadline deadline = wefti_connection_deadline(connection);
    weft_status status = wefti_connection_autobegin(connection, false, deadline, error);
    return status == WEFT_OK ? run(connection, data, false, deadline, o, error) : status;
}

static weft_status run_modify(weft_connection *connection, const wefti_modify *modify, opened *o, weft_error *error)
{
    const wefti_statement_data data = {.kind = WEFTI_KIND_MODIFY, .of.modify = modify};
    return run_change(connection, &data, o, error);
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
                                     opened *o, weft_error *error)
{
    weft_status status = wefti_error_unsent(may_select(connection, stream, effects, error), error);
    if (status != WEFT_OK)
        return status;
    wefti_deadline deadline = wefti_connection_deadline(connection);
    status = begin_for(connection, !stream && effects == 0, deadline, &o->alone, error);
    return status == WEFT_OK ? run(connection, data, stream, deadline, o, error) : status;
}

static __attribute__((noinline)) weft_status open_any_select(weft_connection *connection, const weft_rows_options *options,
                                                             bool stream, opened *o, weft_error *error)
{
    const wefti_table *table;
    weft_status status = wefti_error_unsent(wefti_query_check_row(options, o->fill.type, error), error);
    if (status == WEFT_OK && options->write != NULL) {
        wefti_modify modify;
        status = wefti_error_unsent(wefti_modify_query(&modify, connection->engine->schema, options, error), error);
        return status == WEFT_OK ? run_modify(connection, &modify, o, error) : status;
    }
    if (status == WEFT_OK && options->from != NULL && options->from->selectable == NULL)
        status = wefti_connection_table(connection, options->from, &table, error);
    if (status != WEFT_OK)
        return status;
    wefti_select select;
    status = wefti_error_unsent(wefti_select_from_options(&select, connection->engine->schema, options, error), error);
    if (status != WEFT_OK)
        return status;
    const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    return run_select(connection, &data, stream, select.effects, o, error);
}

/* The nodes are looked at by nobody before they are known to live. */
static inline weft_status open_select(weft_connection *connection, const weft_rows_options *options, opened *o, weft_error *error)
{
    const wefti_table *table;
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK && options == NULL)
        status = misuse(error, "the options are NULL", "give at least .from");
    if (status == WEFT_OK && wefti_nodes_watching())
        status = check_nodes(&(wefti_node_roots){.query = options}, error);
    if (status != WEFT_OK)
        return status;
    if (!wefti_query_is_plain(options) || (table = wefti_schema_table(connection->engine->schema, options->from)) == NULL)
        return open_any_select(connection, options, options->stream, o, error);
    const wefti_statement_data data = {.kind = WEFTI_KIND_QUERY, .of.query = options, .from = table};
    return run_select(connection, &data, false, 0, o, error);
}

/* A WEFT_STATEMENT. */
static weft_status open_constant(weft_connection *connection, const weft_statement *statement, const void *parameters, bool rows,
                                 opened *o, weft_error *error)
{
    wefti_constant constant;
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    status = wefti_error_unsent(wefti_constant_of(&constant, statement, parameters, rows, error), error);
    if (status != WEFT_OK)
        return status;
    const wefti_statement_data data = {.kind = WEFTI_KIND_CONSTANT, .of.constant = &constant};
    if (statement->query->write != NULL)
        return run_change(connection, &data, o, error);
    return run_select(connection, &data, statement->query->stream, constant.effects, o, error);
}

/* The rows of an open cursor as a result. of: what a stream is called, or NULL. */
static weft_status give_result(weft_connection *connection, weft_status status, const opened *o, const char *of,
                               weft_result **result, weft_error *error)
{
    if (status == WEFT_OK)
        status = wefti_result_new(connection, o->cursor, o->compiled, of != NULL, result, error);
    if (status != WEFT_OK || of == NULL)
        return end_alone(connection, o->alone, status, error);
    (*result)->alone = o->alone;
    (*result)->of = of;
    return WEFT_OK;
}

weft_status weft_connection_select(weft_connection *connection, const weft_rows_options *options, weft_result **result,
                                   weft_error *error)
{
    WEFTI_NODES_ENTER;
    opened o = {.cursor = NULL};
    if (result == NULL)
        return no_place(error);
    *result = NULL;
    weft_status status = open_select(connection, options, &o, error);
    const bool stream = options != NULL && options->stream;
    const char *of = !stream || status != WEFT_OK ? NULL : options->from != NULL ? options->from->name : "no table";
    return give_result(connection, status, &o, of, result, error);
}

weft_status weft_connection_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                weft_result **result, weft_error *error)
{
    opened o = {.cursor = NULL};
    if (result == NULL)
        return no_place(error);
    *result = NULL;
    const weft_status status = open_constant(connection, statement, parameters, true, &o, error);
    const char *of = status == WEFT_OK && statement->query->stream ? statement->name : NULL;
    return give_result(connection, status, &o, of, result, error);
}

static weft_status check_fetch(const weft_row_type *type, weft_result **result, weft_list *rows, weft_error *error)
{
    if (result == NULL || rows == NULL)
        return no_place(error);
    *result = NULL;
    *rows = (weft_list){NULL, 0};
    return type != NULL ? WEFT_OK : misuse(error, "the row type is NULL", "give the address of what WEFT_ROW made");
}

/* A result for all rows of a statement. They are read at once, so nothing has to be buffered on the way. */
static inline weft_result *open_rows(const weft_row_type *type, opened *o, weft_error *error)
{
    weft_result *made = wefti_result_for(type, &o->fill);
    o->cursor = NULL;
    o->compiled = NULL;
    o->alone = false;
    o->ended = WEFT_OK;
    if (made == NULL)
        (void)wefti_error_unsent(wefti_error_memory(error), error);
    return made;
}

static inline weft_status give_rows(weft_connection *connection, weft_status status, opened *o, bool by_name, weft_result *made,
                                    weft_result **result, weft_list *rows, weft_error *error)
{
    if (status == WEFT_OK) {
        wefti_result_link(connection, made);
        made->column_count = (uint16_t)o->fill.type->field_count;
        if (o->cursor != NULL)
            status = wefti_result_fetch(made, o->cursor, o->compiled, &o->fill, by_name, o->ended, error);
    }
    if (status != WEFT_OK) {
        weft_result_close(made);
        return status;
    }
    *rows = (weft_list){o->fill.count > 0 ? o->fill.rows : NULL, o->fill.count};
    *result = made;
    return WEFT_OK;
}

WEFTI_HOT weft_status weft_connection_fetch(weft_connection *connection, const weft_row_type *type,
                                            const weft_rows_options *options, weft_result **result, weft_list *rows,
                                            weft_error *error)
{
    WEFTI_NODES_ENTER;
    WEFTI_NOT_CANCELLED;
    opened o;
    weft_status status = check_fetch(type, result, rows, error);
    if (status != WEFT_OK)
        return status;
    weft_result *made = open_rows(type, &o, error);
    if (made == NULL)
        return WEFT_ERROR_NO_MEMORY;
    status = open_select(connection, options, &o, error);
    status = give_rows(connection, status, &o, false, made, result, rows, error);
    return end_alone(connection, o.alone, status, error);
}

WEFTI_HOT weft_status weft_connection_fetch_run(weft_connection *connection, const weft_statement *statement,
                                                const void *parameters, weft_result **result, weft_list *rows, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    opened o;
    if (result == NULL || rows == NULL)
        return no_place(error);
    *result = NULL;
    *rows = (weft_list){NULL, 0};
    weft_result *made = open_rows(statement != NULL ? statement->row : NULL, &o, error);
    if (made == NULL)
        return WEFT_ERROR_NO_MEMORY;
    weft_status status = open_constant(connection, statement, parameters, true, &o, error);
    status = give_rows(connection, status, &o, false, made, result, rows, error);
    return end_alone(connection, o.alone, status, error);
}

/* ---- UPDATE and DELETE by condition ---- */

weft_status weft_connection_execute_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                        int64_t *changed, weft_error *error)
{
    opened o = {.cursor = NULL};
    const weft_status status = open_constant(connection, statement, parameters, false, &o, error);
    if (status != WEFT_OK)
        return status;
    if (changed != NULL)
        *changed = (int64_t)o.cursor->changed_rows;
    wefti_connection_finish(connection, o.cursor, o.compiled);
    return WEFT_OK;
}

static weft_status execute(weft_connection *connection, const weft_write *write, int64_t *changed, weft_error *error)
{
    wefti_modify modify;
    opened o = {.cursor = NULL};
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK && wefti_nodes_watching())
        status = check_nodes(&(wefti_node_roots){.write = write}, error);
    if (status != WEFT_OK)
        return status;
    status = wefti_error_unsent(wefti_modify_of(&modify, connection->engine->schema, write, error), error);
    if (status == WEFT_OK && modify.returning != NULL)
        return misuse(error, "nobody takes the rows of .returning", "run it by weft_fetch_of, or leave .returning out");
    if (status == WEFT_OK)
        status = run_modify(connection, &modify, &o, error);
    if (status != WEFT_OK)
        return status;
    if (changed != NULL)
        *changed = (int64_t)o.cursor->changed_rows;
    wefti_connection_finish(connection, o.cursor, o.compiled);
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

static weft_status open_text(weft_connection *connection, const char *sql, const weft_values *parameters, bool stream,
                             wefti_cursor **cursor, bool *alone, weft_error *error)
{
    wefti_deadline deadline;
    *alone = false;
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (sql == NULL)
        return misuse(error, "the SQL text is NULL", "give a statement");
    wefti_text_class class = wefti_text_classify(connection->engine->dialect, sql);
    if (stream && !class.transaction && !class.empty) {
        status =
            class.reads
                ? wefti_within_free(connection, "a stream of the connection", error)
                : misuse(error,
                         "a text that may write is no stream: it begins with SELECT, or with WITH and names nothing that writes",
                         "read its rows by weft_connection_query");
        if (status != WEFT_OK)
            return wefti_error_unsent(status, error);
    }
    deadline = wefti_connection_deadline(connection);
    /* Checked by wefti_connection_text again: a refused text must not begin a transaction. */
    if (!class.transaction && !class.empty) {
        status = begin_for(connection, false, deadline, alone, error);
    }
    if (status == WEFT_OK)
        status = wefti_connection_text(connection, sql, parameters, stream, deadline, cursor, error);
    return status;
}

weft_status weft_execute_text(weft_connection *connection, const char *sql, const weft_values *parameters, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    bool has_row = true, alone;
    weft_status status = open_text(connection, sql, parameters, false, &cursor, &alone, error);
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
    weft_status status = open_text(connection, sql, parameters, false, &cursor, &alone, error);
    if (status == WEFT_OK)
        status = told_late(connection, sql, wefti_result_new(connection, cursor, NULL, false, result, error), error);
    return end_alone(connection, alone, status, error);
}

weft_status weft_connection_fetch_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                       const weft_values *parameters, weft_result **result, weft_list *rows, weft_error *error)
{
    opened o;
    weft_status status = check_fetch(type, result, rows, error);
    if (status != WEFT_OK)
        return status;
    weft_result *made = open_rows(type, &o, error);
    if (made == NULL)
        return WEFT_ERROR_NO_MEMORY;
    status = open_text(connection, sql, parameters, false, &o.cursor, &o.alone, error);
    const bool sent = status == WEFT_OK;
    status = give_rows(connection, status, &o, true, made, result, rows, error);
    return end_alone(connection, o.alone, sent ? told_late(connection, sql, status, error) : status, error);
}

weft_status weft_connection_stream_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                        const weft_values *parameters, weft_result **result, weft_error *error)
{
    opened o = {.cursor = NULL};
    if (result == NULL)
        return no_place(error);
    *result = NULL;
    weft_status status = open_text(connection, sql, parameters, true, &o.cursor, &o.alone, error);
    status = give_result(connection, status, &o, "text SQL", result, error);
    if (status == WEFT_OK && type != NULL)
        status = wefti_result_name_fields(*result, type, error);
    if (status != WEFT_OK) {
        weft_result_close(*result);
        *result = NULL;
    }
    return status;
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
