/* Core from a session: rows into plain structs, UPDATE and DELETE by condition, text SQL, all in the session's transaction. */
#include "session/calls.h"

#include "base/error.h"
#include "base/thread.h"
#include "engine/decode.h"
#include "engine/table.h"
#include "sql/nodes.h"
#include "unit/unit.h"

#include <string.h>

static WEFTI_HOT bool grow_rows(wefti_fill *fill)
{
    const size_t capacity = fill->capacity == 0 ? 16 : fill->capacity * 2;
    const void **grown = wefti_list_alloc(fill->owner, (uint32_t)capacity);
    if (grown == NULL)
        return false;
    if (fill->count > 0)
        memcpy(grown, fill->rows, fill->count * sizeof *grown);
    fill->rows = grown;
    fill->capacity = capacity;
    return true;
}

/* Rows go into the memory of the session's lists. */
static wefti_fill open_rows(weft_session *session, const weft_row_type *type)
{
    return (wefti_fill){.type = type, .arena = &session->lists, .put = wefti_decode_put, .grow = grow_rows, .owner = session};
}

static weft_list rows_of(const wefti_fill *fill, weft_status status)
{
    return status == WEFT_OK && fill->count > 0 ? (weft_list){fill->rows, fill->count} : (weft_list){NULL, 0};
}

/* A row could not be made of its cells. */
static WEFTI_COLD weft_status refuse_row(weft_session *session, const wefti_fill *fill, const uint16_t *places, weft_status status)
{
    if (fill->field == fill->type->field_count) /* without memory for any */
        return status;
    wefti_error_prefix(&session->error, "%s.%s from column %zu", fill->type->name, fill->type->fields[fill->field].field,
                       (places != NULL ? places[fill->field] : fill->field) + 1);
    return session->error.status = wefti_refused_as(status);
}

/* places: the column of each field; NULL: they stand in its order. */
static weft_status take_rows(weft_session *session, wefti_fill *fill, wefti_cursor *cursor, const uint16_t *places)
{
    for (;;) {
        bool has_row = false;
        const weft_status status =
            wefti_connection_step_into(&session->connection, cursor, places, fill, &has_row, &session->error);
        if (fill->refused)
            return refuse_row(session, fill, places, status);
        if (status != WEFT_OK || !has_row)
            return status;
        if (!wefti_fill_keep(fill))
            return session->error.status;
    }
}

static WEFTI_COLD weft_status refuse_count(weft_session *session, const char *what, const wefti_cursor *cursor,
                                           const weft_row_type *type)
{
    return wefti_session_fail(session, WEFT_ERROR_MISUSE, "the %s gives %u column%s and %s has %zu field%s", what,
                              cursor->column_count, cursor->column_count == 1 ? "" : "s", type->name, type->field_count,
                              type->field_count == 1 ? "" : "s");
}

/* Called with cancellation put off. */
static inline __attribute__((always_inline)) weft_status fetch_rows(weft_session *session, const wefti_statement_data *data,
                                                                    wefti_fill *fill)
{
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status ended;
    weft_status status = wefti_connection_run_into(&session->connection, data, false, wefti_session_deadline(session), fill,
                                                   &cursor, &compiled, &ended, &session->error);
    if (cursor == NULL)
        return status;
    if (ended != WEFT_OK)
        status = fill->refused ? refuse_row(session, fill, NULL, ended) : ended;
    else if (cursor->column_count != fill->type->field_count)
        status = refuse_count(session, "query", cursor, fill->type);
    else
        status = take_rows(session, fill, cursor, NULL);
    wefti_connection_finish(&session->connection, cursor, compiled);
    return status;
}

static __attribute__((noinline)) bool look_at_nodes(weft_session *session, const wefti_node_roots *roots)
{
    weft_error error;
    if (wefti_nodes_check(roots, &error) == WEFT_OK)
        return true;
    (void)wefti_session_fail_with(session, &error);
    return false;
}

static inline bool check_nodes(weft_session *session, const wefti_node_roots *roots)
{
    return __builtin_expect(!wefti_nodes_watching(), 1) || look_at_nodes(session, roots);
}

static weft_list modify_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *query)
{
    wefti_modify modify;
    weft_error error = {0};
    wefti_fill fill = open_rows(session, type);
    const weft_list none = {NULL, 0};
    if (wefti_modify_query(&modify, session->schema, query, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error), none;
    if (wefti_session_flush(session) != WEFT_OK || wefti_session_connect(session, true) != WEFT_OK)
        return none;
    const weft_status status = fetch_rows(session, &(wefti_statement_data){.kind = WEFTI_KIND_MODIFY, .of.modify = &modify}, &fill);
    wefti_session_age(session);
    return rows_of(&fill, status);
}

static bool may_lock(weft_session *session, uint8_t effects)
{
    if (effects != WEFTI_LOCKS || !session->read_only)
        return true;
    (void)wefti_session_fail(session, WEFT_ERROR_READ_ONLY, "with .read_only = true a session or transaction cannot lock rows");
    return false;
}

/* Of a query that wefti_query_is_plain. */
static inline weft_list plain_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *query,
                                   const wefti_table *table)
{
    wefti_fill fill = open_rows(session, type);
    if (!wefti_session_autoflush_query(session, query) || wefti_session_connect(session, false) != WEFT_OK)
        return (weft_list){NULL, 0};
    const wefti_statement_data data = {.kind = WEFTI_KIND_QUERY, .of.query = query, .from = table};
    const weft_status status = fetch_rows(session, &data, &fill);
    wefti_session_disconnect(session);
    return rows_of(&fill, status);
}

/* Of any other. */
static __attribute__((noinline)) weft_list other_rows(weft_session *session, const weft_row_type *type,
                                                      const weft_rows_options *options)
{
    const weft_list none = {NULL, 0};
    weft_error error;
    if (wefti_query_check_row(options, type, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error), none;
    if (options->write != NULL)
        return modify_rows(session, type, options);
    wefti_select select;
    if (options->from != NULL && options->from->selectable == NULL) {
        if (wefti_session_table(session, options->from) == NULL)
            return none;
    }
    if (wefti_select_from_options(&select, session->schema, options, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error), none;
    wefti_fill fill = open_rows(session, type);
    if (!may_lock(session, select.effects) ||
        ((select.effects & WEFTI_WRITES) != 0 ? wefti_session_flush(session) != WEFT_OK
                                              : !wefti_session_autoflush(session, &select, NULL)))
        return none;
    if (wefti_session_connect(session, select.effects != 0) != WEFT_OK)
        return none;
    weft_status status = fetch_rows(session, &(wefti_statement_data){.kind = WEFTI_KIND_SELECT, .of.select = &select}, &fill);
    if (select.effects != 0)
        wefti_session_age(session);
    else
        wefti_session_disconnect(session);
    return rows_of(&fill, status);
}

WEFTI_HOT weft_list weft_session_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *options)
{
    const weft_list none = {NULL, 0};
    WEFTI_NODES_ENTER;
    WEFTI_NOT_CANCELLED;
    if (!wefti_session_enter(session))
        return none;
    if (type == NULL || options == NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_rows was given no %s", type == NULL ? "row type" : "options"),
               none;
    if (!check_nodes(session, &(wefti_node_roots){.query = options}))
        return none;
    const wefti_table *table;
    return wefti_query_is_plain(options) && (table = wefti_schema_table(session->schema, options->from)) != NULL
               ? plain_rows(session, type, options, table)
               : other_rows(session, type, options);
}

/* ---- statements as constant data ---- */

static bool give(weft_session *session, const weft_statement *statement, const void *parameters, bool rows,
                 wefti_constant *constant)
{
    weft_error error;
    if (!wefti_session_enter(session))
        return false;
    const weft_status status = wefti_constant_of(constant, statement, parameters, rows, &error);
    return status == WEFT_OK || (wefti_session_fail_with(session, &error), false);
}

WEFTI_HOT weft_list weft_session_run(weft_session *session, const weft_statement *statement, const void *parameters)
{
    WEFTI_NOT_CANCELLED;
    const weft_list none = {NULL, 0};
    wefti_constant constant;
    if (!give(session, statement, parameters, true, &constant))
        return none;
    if (!may_lock(session, constant.effects) ||
        ((constant.effects & WEFTI_WRITES) != 0 ? wefti_session_flush(session) != WEFT_OK
                                                : !wefti_session_autoflush_query(session, statement->query)))
        return none;
    if (wefti_session_connect(session, constant.effects != 0) != WEFT_OK)
        return none;
    const wefti_statement_data data = {.kind = WEFTI_KIND_CONSTANT, .of.constant = &constant};
    wefti_fill fill = open_rows(session, statement->row);
    const weft_status status = fetch_rows(session, &data, &fill);
    if (constant.effects != 0)
        wefti_session_age(session);
    else
        wefti_session_disconnect(session);
    return rows_of(&fill, status);
}

/* ---- INSERT, UPDATE and DELETE ---- */

static weft_status send_change(weft_session *session, const wefti_statement_data *data, int64_t *changed)
{
    if (wefti_session_flush(session) != WEFT_OK || wefti_session_connect(session, true) != WEFT_OK)
        return session->error.status;
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_run(&session->connection, data, NULL, 0, false, wefti_session_deadline(session), &cursor,
                                              &compiled, &session->error);
    if (status == WEFT_OK && changed != NULL)
        *changed = (int64_t)cursor->changed_rows;
    wefti_connection_finish(&session->connection, cursor, compiled);
    wefti_session_age(session); /* every object is stale: cascades and triggers may have reached any of them */
    return status;
}

weft_status weft_session_change(weft_session *session, const weft_statement *statement, const void *parameters, int64_t *changed)
{
    wefti_constant constant;
    if (!give(session, statement, parameters, false, &constant))
        return weft_session_status(session);
    return send_change(session, &(wefti_statement_data){.kind = WEFTI_KIND_CONSTANT, .of.constant = &constant}, changed);
}

static weft_status execute(weft_session *session, const weft_write *write, int64_t *changed)
{
    wefti_modify modify;
    weft_error error = {0};
    if (!wefti_session_enter(session) || !check_nodes(session, &(wefti_node_roots){.write = write}))
        return weft_session_status(session);
    if (wefti_modify_of(&modify, session->schema, write, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error);
    if (modify.returning != NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                  "nobody takes the rows of .returning: run it by weft_rows_of, or leave .returning out");
    return send_change(session, &(wefti_statement_data){.kind = WEFTI_KIND_MODIFY, .of.modify = &modify}, changed);
}

weft_status(weft_session_update)(weft_session *session, const weft_update *update, int64_t *changed)
{
    WEFTI_NODES_ENTER;
    return execute(session, &(weft_write){.update = update}, changed);
}

weft_status(weft_session_delete_where)(weft_session *session, const weft_delete *delete_, int64_t *deleted)
{
    WEFTI_NODES_ENTER;
    return execute(session, &(weft_write){.delete_ = delete_}, deleted);
}

weft_status(weft_session_insert)(weft_session *session, const weft_insert *insert, int64_t *inserted)
{
    WEFTI_NODES_ENTER;
    return execute(session, &(weft_write){.insert = insert}, inserted);
}

weft_status(weft_session_merge_rows)(weft_session *session, const weft_merge_rows *merge, int64_t *changed)
{
    WEFTI_NODES_ENTER;
    return execute(session, &(weft_write){.merge = merge}, changed);
}

weft_status(weft_session_execute_text)(weft_session *session, const char *sql, const weft_values *parameters)
{
    WEFTI_NOT_CANCELLED;
    if (!wefti_session_enter(session) || wefti_session_flush(session) != WEFT_OK ||
        wefti_session_connect_for_text(session) != WEFT_OK)
        return weft_session_status(session);
    wefti_cursor *cursor = NULL;
    weft_status status = wefti_connection_text(&session->connection, sql, parameters, false, wefti_session_deadline(session),
                                               &cursor, &session->error);
    bool has_row = status == WEFT_OK;
    while (status == WEFT_OK && has_row)
        status = wefti_connection_step(&session->connection, cursor, &has_row, &session->error);
    wefti_connection_finish(&session->connection, cursor, NULL);
    wefti_session_age(session);
    return status;
}

/* The fields take the columns of their names, or those of their places. */
static weft_status find_places(weft_session *session, wefti_cursor *cursor, const weft_row_type *type, bool by_name,
                               const uint16_t **places)
{
    if (!by_name)
        return cursor->column_count == type->field_count ? WEFT_OK : refuse_count(session, "statement", cursor, type);
    weft_error error = {0};
    const weft_status status = wefti_cursor_places(cursor, type, &session->lists, places, &error);
    return status == WEFT_OK ? status : wefti_session_fail_with(session, &error);
}

static weft_list text_rows(weft_session *session, const weft_row_type *type, bool by_name, const char *sql,
                           const weft_values *parameters)
{
    const weft_list none = {NULL, 0};
    if (wefti_session_flush(session) != WEFT_OK || wefti_session_connect_for_text(session) != WEFT_OK)
        return none;
    wefti_cursor *cursor = NULL;
    const uint16_t *places = NULL;
    wefti_fill fill = open_rows(session, type);
    weft_status status = wefti_connection_text(&session->connection, sql, parameters, false, wefti_session_deadline(session),
                                               &cursor, &session->error);
    if (status == WEFT_OK)
        status = find_places(session, cursor, type, by_name, &places);
    if (status == WEFT_OK)
        status = take_rows(session, &fill, cursor, places);
    wefti_connection_finish(&session->connection, cursor, NULL);
    if (!wefti_text_reads(&session->connection, sql))
        wefti_session_age(session);
    return rows_of(&fill, status);
}

weft_list weft_session_text_rows(weft_session *session, const weft_row_type *type, const char *sql, const weft_values *parameters)
{
    WEFTI_NOT_CANCELLED;
    const weft_list none = {NULL, 0};
    if (!wefti_session_enter(session))
        return none;
    if (type == NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_text_rows was given no row type"), none;
    return text_rows(session, type, true, sql, parameters);
}

/* ---- one value ---- */

bool wefti_scalar_has_place(weft_session *session, const weft_attr *value, const void *out)
{
    if (value != NULL && out != NULL)
        return true;
    if (wefti_session_enter(session))
        (void)wefti_session_fail(session, WEFT_ERROR_MISUSE, "a scalar was given no place: give the address of a variable");
    return false;
}

weft_status wefti_scalar_take(weft_session *session, weft_list list, size_t size, void *out)
{
    if (weft_session_status(session) != WEFT_OK)
        return weft_session_status(session);
    if (list.count == 1)
        memcpy(out, *(const void *const *)list.items, size);
    return list.count == 1 ? WEFT_OK : list.count == 0 ? WEFT_ERROR_NOT_FOUND : WEFT_ERROR_NOT_UNIQUE;
}

weft_status weft_session_scalar(weft_session *session, const weft_attr *value, void *out, const weft_rows_options *options)
{
    if (!wefti_scalar_has_place(session, value, out))
        return weft_session_status(session);
    const weft_row_type row = wefti_scalar_row(value);
    return wefti_scalar_take(session, weft_session_rows(session, &row, options), value->size, out);
}

weft_status weft_session_text_scalar(weft_session *session, const weft_attr *value, void *out, const char *sql,
                                     const weft_values *parameters)
{
    WEFTI_NOT_CANCELLED;
    if (!wefti_scalar_has_place(session, value, out) || !wefti_session_enter(session))
        return weft_session_status(session);
    const weft_row_type row = wefti_scalar_row(value);
    return wefti_scalar_take(session, text_rows(session, &row, false, sql, parameters), value->size, out);
}

weft_status weft_session_refresh_view(weft_session *session, const weft_model *model, bool concurrently)
{
    weft_error error = {0};
    const char *sql = NULL;
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    const wefti_table *table = wefti_session_table(session, model);
    if (table == NULL)
        return session->error.status;
    if (wefti_refresh_view_sql(session->engine, table, concurrently, &session->work, &sql, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error);
    return sql != NULL ? (weft_session_execute_text)(session, sql, NULL) : WEFT_OK;
}

weft_status weft_session_next_value(weft_session *session, const weft_model *model, const char *sequence, int64_t *value)
{
    WEFTI_NOT_CANCELLED;
    weft_error error = {0};
    const char *sql = NULL;
    wefti_cursor *cursor = NULL;
    bool has_row = false;
    *value = 0;
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    const wefti_table *table = wefti_session_table(session, model);
    if (table == NULL)
        return session->error.status;
    if (wefti_next_value_sql(session->engine, table, sequence, &session->work, &sql, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error);
    if (wefti_session_connect_for_text(session) != WEFT_OK)
        return session->error.status;
    weft_status status =
        wefti_connection_text(&session->connection, sql, NULL, false, wefti_session_deadline(session), &cursor, &session->error);
    if (status == WEFT_OK)
        status = wefti_connection_step(&session->connection, cursor, &has_row, &session->error);
    if (status == WEFT_OK && has_row)
        (void)wefti_cell_int64(&cursor->row[0], value);
    wefti_connection_finish(&session->connection, cursor, NULL);
    return status;
}

const weft_model *weft_session_table(weft_session *session, const char *name)
{
    WEFTI_NOT_CANCELLED;
    weft_error error = {0};
    if (!wefti_session_enter(session))
        return NULL;
    if (name == NULL) {
        (void)wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_session_table: the name of the table is NULL");
        return NULL;
    }
    const weft_model *table = wefti_engine_table(session->engine, name, &error);
    if (table == NULL)
        (void)wefti_session_fail_with(session, &error);
    return table;
}
