/* Sending rows: the statements that inserts, updates and deletes share, and INSERT of rows whose values are all known.
 *
 * Values are described by arrays over the objects' own structs: nothing is copied but what a driver encodes. The form is chosen
 * by the dialect's capabilities: COPY or one array per column where the server takes them, VALUES lists of several rows where
 * statements are cheap to prepare but calls are not, one row at a time for what is left. */
#include "orm/flush.h"

#include "base/error.h"

#include <string.h>

weft_status wefti_flush_failed(wefti_flush *flush, const char *verb, const wefti_table *table, weft_error *error)
{
    wefti_error_prefix(error, "flush: %s %s", verb, table->name);
    return wefti_session_fail_with(flush->session, error);
}

weft_status wefti_flush_run(wefti_flush *flush, const wefti_dml *dml, const weft_value *parameters, size_t count, uint64_t *changed,
    weft_error *error)
{
    weft_session *session = flush->session;
    const wefti_statement_data data = { .kind = WEFTI_KIND_DML, .of.dml = dml };
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_run(&session->connection, &data, parameters, count, false,
        wefti_session_deadline(session), &cursor, &compiled, error);
    if (status != WEFT_OK)
        return status;
    if (changed != NULL)
        *changed = cursor->changed_rows;
    wefti_connection_finish(&session->connection, cursor, compiled);
    return WEFT_OK;
}

wefti_array wefti_flush_array(const wefti_column *column, const void *const *structs, size_t count)
{
    return (wefti_array){ .type = column->field_type, .size = column->size, .count = count, .rows = structs,
        .offset = column->offset };
}

wefti_array wefti_flush_slice(const wefti_array *array, size_t start, size_t count)
{
    wefti_array part = *array;
    part.count = count;
    if (part.rows != NULL)
        part.rows += start;
    else
        part.base = (const char *)part.base + start * part.stride;
    return part;
}

weft_value wefti_flush_array_value(const wefti_array *array)
{
    weft_value value = { .type = (weft_type)((array->type & ~WEFT_OPT) | WEFTI_ARRAY) };
    value.as.s.data = (const char *)array;
    value.as.s.size = sizeof *array;
    return value;
}

uint32_t wefti_flush_next_group(wefti_flush_row **rows, uint32_t count, uint32_t *from, wefti_flush_row **group)
{
    uint32_t found = 0;
    while (*from < count && rows[*from] == NULL)
        (*from)++;
    const wefti_flush_set *set = *from < count ? rows[*from]->set : NULL;
    for (uint32_t i = *from; i < count; i++) {
        if (rows[i] == NULL || rows[i]->set != set)
            continue;
        group[found++] = rows[i];
        rows[i] = NULL;
    }
    return found;
}

/* ---- rows whose values are known ---- */

typedef struct sending {
    wefti_flush *flush;
    const wefti_table *table;
    const uint16_t *columns;
    uint16_t column_count;
    const wefti_array *arrays;
} sending;

static wefti_dml insert_dml(const sending *s, wefti_dml_kind kind)
{
    return (wefti_dml){ .kind = kind, .table = s->table, .columns = s->columns, .column_count = s->column_count };
}

static weft_status failed(const sending *s, weft_error *error)
{
    return wefti_flush_failed(s->flush, "INSERT INTO", s->table, error);
}

static weft_status send_one(const sending *s)
{
    weft_error error = { 0 };
    wefti_dml dml = insert_dml(s, WEFTI_INSERT);
    weft_value *values = wefti_flush_alloc(s->flush, (s->column_count + 1u) * sizeof *values);
    if (values == NULL)
        return s->flush->session->error.status;
    for (uint16_t c = 0; c < s->column_count; c++)
        values[c] = wefti_flush_value(&s->arrays[c], 0);
    return wefti_flush_run(s->flush, &dml, values, s->column_count, NULL, &error) == WEFT_OK ? WEFT_OK : failed(s, &error);
}

/* Some databases refuse COPY where INSERT is allowed (row-level security). The refusal fails the transaction, so a savepoint
 * guards it. */
static weft_status send_copy(const sending *s, size_t n, bool *refused)
{
    weft_session *session = s->flush->session;
    weft_connection *connection = &session->connection;
    weft_error error = { 0 }, ignored = { 0 };
    wefti_dml dml = insert_dml(s, WEFTI_COPY);
    *refused = false;
    if (wefti_connection_savepoint(connection, wefti_session_deadline(session), &error) != WEFT_OK)
        return failed(s, &error);
    weft_status status = wefti_connection_copy(connection, &dml, s->arrays, n, wefti_session_deadline(session), &error);
    if (status == WEFT_OK)
        status = wefti_connection_savepoint_release(connection, wefti_session_deadline(session), &error);
    if (status == WEFT_OK)
        return WEFT_OK;
    *refused = strcmp(error.sqlstate, "0A000") == 0 || strcmp(error.sqlstate, "42501") == 0;
    if (*refused && wefti_connection_savepoint_rollback(connection, wefti_session_deadline(session), &ignored) == WEFT_OK)
        return WEFT_OK;
    *refused = false;
    return failed(s, &error);
}

static weft_status send_arrays(const sending *s, size_t n)
{
    wefti_dml dml = insert_dml(s, WEFTI_INSERT_ARRAYS);
    wefti_array *parts = wefti_flush_alloc(s->flush, s->column_count * sizeof *parts);
    weft_value *values = wefti_flush_alloc(s->flush, s->column_count * sizeof *values);
    if (parts == NULL || values == NULL)
        return s->flush->session->error.status;
    for (size_t start = 0; start < n; start += WEFTI_FLUSH_ARRAY_ROWS) {
        weft_error error = { 0 };
        size_t count = n - start < WEFTI_FLUSH_ARRAY_ROWS ? n - start : WEFTI_FLUSH_ARRAY_ROWS;
        for (uint16_t c = 0; c < s->column_count; c++) {
            parts[c] = wefti_flush_slice(&s->arrays[c], start, count);
            values[c] = wefti_flush_array_value(&parts[c]);
        }
        if (wefti_flush_run(s->flush, &dml, values, s->column_count, NULL, &error) != WEFT_OK)
            return failed(s, &error);
    }
    return WEFT_OK;
}

/* The rows from start on, row_count at a time. */
static weft_status send_by(const sending *s, wefti_dml_kind kind, uint32_t row_count, size_t start, size_t n)
{
    weft_session *session = s->flush->session;
    weft_error error = { 0 };
    wefti_dml dml = insert_dml(s, kind);
    dml.row_count = row_count;
    wefti_array *parts = wefti_flush_alloc(s->flush, (s->column_count + 1u) * sizeof *parts);
    if (parts == NULL)
        return session->error.status;
    for (uint16_t c = 0; c < s->column_count; c++)
        parts[c] = wefti_flush_slice(&s->arrays[c], start, n);
    if (wefti_connection_run_many(&session->connection, &dml, parts, n, NULL, NULL, wefti_session_deadline(session), NULL, NULL,
        NULL, &error) != WEFT_OK)
        return failed(s, &error);
    return WEFT_OK;
}

/* Whole lists of the same length only, so that one statement serves; *sent says how many rows that took. */
static weft_status send_value_lists(const sending *s, size_t n, size_t *sent)
{
    size_t most = s->flush->can->max_parameters / s->column_count;
    size_t rows = most < WEFTI_FLUSH_INSERT_ROWS ? most : WEFTI_FLUSH_INSERT_ROWS;
    *sent = rows < 2 ? 0 : n - n % rows;
    return *sent == 0 ? WEFT_OK : send_by(s, WEFTI_INSERT_ROWS, (uint32_t)rows, 0, *sent);
}

weft_status wefti_flush_send_rows(wefti_flush *flush, const wefti_table *table, const uint16_t *columns, uint16_t column_count,
    const wefti_array *arrays, size_t n)
{
    const sending s = { flush, table, columns, column_count, arrays };
    size_t sent = 0;
    if (n == 1)
        return send_one(&s);
    if (column_count > 0 && flush->can->copy && n >= WEFTI_FLUSH_COPY_ROWS) {
        bool refused;
        weft_status status = send_copy(&s, n, &refused);
        if (status != WEFT_OK || !refused)
            return status;
    }
    if (column_count > 0 && flush->can->array_parameters_typed)
        return send_arrays(&s, n);
    if (column_count > 0 && flush->can->multi_row_values && send_value_lists(&s, n, &sent) != WEFT_OK)
        return flush->session->error.status;
    return sent < n ? send_by(&s, WEFTI_INSERT, 1, sent, n - sent) : WEFT_OK;
}
