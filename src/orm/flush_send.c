/* Sending rows: what inserts, updates and deletes share. Values are described by arrays over the objects' own structs: nothing is
 * copied but what a driver encodes. */
#include "orm/flush.h"

#include "base/error.h"

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

weft_status wefti_flush_run_met(wefti_flush *flush, const wefti_dml *dml, const weft_value *parameters, size_t count, size_t first,
    uint64_t *met, uint64_t *changed, weft_error *error)
{
    weft_session *session = flush->session;
    const wefti_statement_data data = { .kind = WEFTI_KIND_DML, .of.dml = dml };
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_run(&session->connection, &data, parameters, count, false,
        wefti_session_deadline(session), &cursor, &compiled, error);
    for (bool has_row = true; status == WEFT_OK;) {
        status = wefti_connection_step(&session->connection, cursor, &has_row, error);
        if (status != WEFT_OK || !has_row)
            break;
        size_t place = first + (size_t)cursor->row[0].as.i - 1;
        met[place / 64] |= UINT64_C(1) << place % 64;
        (*changed)++;
    }
    wefti_connection_finish(&session->connection, cursor, compiled);
    return status;
}

wefti_array wefti_flush_array(const wefti_column *column, const void *const *structs, size_t count)
{
    return (wefti_array){ .type = column->field_type, .size = column->size, .count = count, .rows = structs,
        .offset = column->offset };
}

uint32_t wefti_flush_next_group(wefti_flush_row **rows, uint32_t count, uint32_t *from, wefti_flush_row **group)
{
    uint32_t found = 0;
    while (*from < count && rows[*from] == NULL)
        (*from)++;
    const wefti_flush_set *set = *from < count ? rows[*from]->set : NULL;
    const wefti_flush_set *checked = *from < count ? rows[*from]->checked : NULL;
    for (uint32_t i = *from; i < count; i++) {
        if (rows[i] == NULL || rows[i]->set != set || rows[i]->checked != checked)
            continue;
        group[found++] = rows[i];
        rows[i] = NULL;
    }
    return found;
}

/* ---- rows whose values are known ---- */

weft_status wefti_flush_send_rows(wefti_flush *flush, const wefti_table *table, const uint16_t *columns, uint16_t column_count,
    const wefti_array *arrays, size_t n)
{
    weft_session *session = flush->session;
    weft_error error = { 0 };
    wefti_write write = { .connection = &session->connection, .table = table, .columns = columns, .column_count = column_count,
        .arrays = arrays, .count = n, .whole = true, .arena = &flush->arena, .deadline = session->deadline,
        .timeout_ms = session->options.timeout_ms, .error = &error };
    return wefti_write_rows(&write) == WEFT_OK ? WEFT_OK : wefti_flush_failed(flush, "INSERT INTO", table, &error);
}
