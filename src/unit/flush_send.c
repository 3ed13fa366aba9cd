/* Sending rows: what inserts, updates and deletes share. Values are described by arrays over the objects' own structs: nothing is
 * copied but what a driver encodes. */
#include "unit/flush.h"

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
    const wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = dml};
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

static weft_status take_told(const wefti_flush_told *told, const wefti_dml *dml, const weft_value *cells, weft_error *error)
{
    size_t place = told->first;
    if (dml->returning_ordinal) {
        place += (size_t)cells[0].as.i - 1;
        cells++;
    }
    if (told->met != NULL)
        told->met[place / 64] |= UINT64_C(1) << place % 64;
    return dml->returning_count > 0 ? told->on_row(told->context, place, cells, dml->returning_count, error) : WEFT_OK;
}

weft_status wefti_flush_run_told(wefti_flush *flush, const wefti_dml *dml, const weft_value *parameters, size_t count,
                                 const wefti_flush_told *told, uint64_t *changed, weft_error *error)
{
    weft_session *session = flush->session;
    const wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = dml};
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_run(&session->connection, &data, parameters, count, false,
                                              wefti_session_deadline(session), &cursor, &compiled, error);
    for (bool has_row = true; status == WEFT_OK;) {
        status = wefti_connection_step(&session->connection, cursor, &has_row, error);
        if (status != WEFT_OK || !has_row)
            break;
        status = take_told(told, dml, cursor->row, error);
        (*changed)++;
    }
    wefti_connection_finish(&session->connection, cursor, compiled);
    return status;
}

weft_value wefti_flush_made(wefti_flush *flush, weft_value value)
{
    if (value.is_null || !wefti_type_has_content(value.type))
        return value;
    void *content = wefti_flush_alloc(flush, wefti_value_room(&value));
    return content != NULL ? wefti_value_copied(value, content) : weft_value_null(WEFT_UNMAPPED);
}

wefti_array wefti_flush_array(const wefti_column *column, const void *const *structs, size_t count)
{
    return (wefti_array){
        .type = column->field->type, .size = column->field->size, .count = count, .rows = structs, .offset = column->field->offset};
}

/* ---- groups ---- */

static bool same_group(const wefti_flush_row *a, const wefti_flush_row *b) { return a->set == b->set && a->checked == b->checked; }

uint32_t wefti_flush_group_end(wefti_flush_row *const *rows, uint32_t first, uint32_t count)
{
    uint32_t end = first + 1;
    while (end < count && same_group(rows[end], rows[first]))
        end++;
    return end;
}

typedef struct row_group {
    uint32_t first, count;
} row_group; /* a row of it; how many, then where the next goes */

/* The group of each row: its index in groups. */
static uint32_t find_groups(wefti_flush_row *const *rows, uint32_t count, row_group *groups, uint32_t *slots, uint32_t mask,
                            uint32_t *group_of)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t mix = ((uintptr_t)rows[i]->set >> 4) * UINT64_C(0x9E3779B97F4A7C15) + ((uintptr_t)rows[i]->checked >> 4);
        uint32_t at = (uint32_t)((mix * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
        while (slots[at & mask] != 0 && !same_group(rows[groups[slots[at & mask] - 1].first], rows[i]))
            at++;
        if (slots[at & mask] == 0) {
            groups[found] = (row_group){i, 0};
            slots[at & mask] = ++found;
        }
        group_of[i] = slots[at & mask] - 1;
        groups[group_of[i]].count++;
    }
    return found;
}

weft_status wefti_flush_group_rows(wefti_flush *flush, wefti_flush_row **rows, uint32_t count)
{
    uint32_t mask = 1;
    if (count < 2 || wefti_flush_group_end(rows, 0, count) == count)
        return WEFT_OK;
    while (mask < 2 * (uint64_t)count)
        mask = 2 * mask + 1;
    uint32_t *slots = wefti_arena_zalloc(&flush->arena, ((size_t)mask + 1) * sizeof *slots);
    uint32_t *group_of = wefti_flush_alloc(flush, count * sizeof *group_of);
    row_group *groups = wefti_flush_alloc(flush, count * sizeof *groups);
    wefti_flush_row **grouped = wefti_flush_alloc(flush, count * sizeof(wefti_flush_row *));
    if (slots == NULL || group_of == NULL || groups == NULL || grouped == NULL)
        return wefti_session_fail_memory(flush->session);
    uint32_t found = find_groups(rows, count, groups, slots, mask, group_of);
    for (uint32_t g = 0, next = 0; g < found; g++) {
        uint32_t size = groups[g].count;
        groups[g].count = next;
        next += size;
    }
    for (uint32_t i = 0; i < count; i++)
        grouped[groups[group_of[i]].count++] = rows[i];
    for (uint32_t i = 0; i < count; i++)
        rows[i] = grouped[i];
    return WEFT_OK;
}

/* ---- rows whose values are known ---- */

weft_status wefti_flush_send_rows(wefti_flush *flush, const wefti_table *table, const uint16_t *columns, uint16_t column_count,
                                  const wefti_array *arrays, size_t n)
{
    weft_session *session = flush->session;
    weft_error error = {0};
    wefti_write write = {.connection = &session->connection,
                         .table = table,
                         .columns = columns,
                         .column_count = column_count,
                         .arrays = arrays,
                         .count = n,
                         .whole = true,
                         .arena = &flush->arena,
                         .deadline = session->deadline,
                         .timeout_ms = session->options.timeout_ms,
                         .error = &error};
    return wefti_write_rows(&write) == WEFT_OK ? WEFT_OK : wefti_flush_failed(flush, "INSERT INTO", table, &error);
}
