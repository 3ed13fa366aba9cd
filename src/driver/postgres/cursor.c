/* Cursors: a buffered result that libpq holds whole, or a stream that gives a row at a time. Buffered ones leave the connection
 * free, so several may be open; a stream occupies it. Cursors are kept by the connection and used again, with their arrays, so
 * that a small statement allocates nothing here after warm-up. */
#include "driver/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

#define ABANDON_NS (20 * INT64_C(1000000)) /* how long finish reads the rest of a stream outside a transaction */

static weft_status reserve_columns(wefti_postgres_cursor *cursor, int count, weft_error *error)
{
    if (count > (int)cursor->capacity) {
        cursor->columns_for = 0;
        size_t capacity = (size_t)count + 4;
        weft_value *cells = wefti_realloc(cursor->cells, capacity * sizeof *cells);
        if (cells == NULL)
            return wefti_error_memory(error);
        cursor->cells = cells;
        wefti_postgres_column *columns = wefti_realloc(cursor->columns, capacity * sizeof *columns);
        if (columns == NULL)
            return wefti_error_memory(error);
        cursor->columns = columns;
        cursor->capacity = (uint16_t)capacity;
    }
    cursor->cursor.row = cursor->cells;
    cursor->cursor.column_count = (uint16_t)count;
    return WEFT_OK;
}

weft_status wefti_postgres_cursor_new(wefti_postgres_dbc *c, uint16_t column_count, wefti_postgres_cursor **cursor,
                                      weft_error *error)
{
    wefti_postgres_cursor *new = c->free_cursors;
    if (new != NULL) {
        c->free_cursors = new->next_free;
    } else {
        new = wefti_calloc(1, sizeof *new);
        if (new == NULL)
            return wefti_error_memory(error);
        wefti_arena_init(&new->arena, 256);
    }
    new->cursor = (wefti_cursor){.dbc = &c->dbc};
    new->c = c;
    new->row = new->row_total = 0;
    new->streaming = new->piped = new->in_transaction = new->writes = false;
    new->failed = WEFT_OK;
    new->next_free = NULL;
    c->open_cursors++;
    weft_status status = reserve_columns(new, column_count, error);
    if (status != WEFT_OK)
        wefti_postgres_finish(&new->cursor);
    else
        *cursor = new;
    return status;
}

void wefti_postgres_cursor_free(wefti_postgres_cursor *cursor)
{
    PQclear(cursor->result);
    wefti_arena_deinit(&cursor->arena);
    wefti_free(cursor->cells);
    wefti_free(cursor->columns);
    wefti_free(cursor);
}

static weft_status no_decoder(const PGresult *result, int column, weft_type expected, weft_error *error)
{
    const char *type = wefti_postgres_server_type_of(PQftype(result, column))->name, *name = PQfname(result, column);
    if (expected != WEFT_UNMAPPED) {
        (void)wefti_error_set(error, WEFT_ERROR_SCHEMA, "column \"%s\" has a type (%s) that is not read as %s", name, type,
                              wefti_type_of(expected)->name);
        wefti_error_hint(error, "give the field the column's type or the column the field's; an expression of a query can be cast");
    } else {
        (void)wefti_error_set(error, WEFT_ERROR_SCHEMA, "column \"%s\" has a type (%s) that weft does not read", name, type);
        wefti_error_hint(error, "cast it in the statement, for instance to text");
    }
    if (error != NULL)
        wefti_error_field(error->column, sizeof error->column, name);
    return WEFT_ERROR_SCHEMA;
}

weft_status wefti_postgres_cursor_columns(wefti_postgres_cursor *cursor, const PGresult *result, const uint16_t *expected,
                                          uint16_t expected_count, weft_error *error)
{
    int count = PQnfields(result);
    bool check_utf8 = cursor->c->check_utf8;
    if (expected != NULL && count != (int)expected_count)
        return wefti_error_set(error, WEFT_ERROR_SCHEMA, "the statement gave %d columns where %u were expected", count,
                               (unsigned)expected_count);
    weft_status status = reserve_columns(cursor, count, error);
    cursor->columns_for = 0;
    for (int i = 0; status == WEFT_OK && i < count; i++) {
        wefti_postgres_column *column = &cursor->columns[i];
        const Oid oid = PQftype(result, i);
        const weft_type wanted = expected != NULL ? (weft_type)expected[i] : WEFT_UNMAPPED;
        const bool text = PQfformat(result, i) == 0;
        if (!(text ? wefti_postgres_choose_text : wefti_postgres_choose_binary)(column, oid, wanted, check_utf8))
            status = no_decoder(result, i, wanted, error);
        cursor->cells[i].type = column->type;
    }
    return status;
}

static weft_status bad_cell(const wefti_postgres_cursor *cursor, const PGresult *result, int column, weft_status status,
                            weft_error *error)
{
    if (status == WEFT_ERROR_NO_MEMORY)
        return wefti_error_memory(error);
    (void)wefti_error_set(error, status,
                          status == WEFT_ERROR_DATA ? "a value of column \"%s\" (%s) does not fit the type expected here"
                                                    : "a value of column \"%s\" (%s) is malformed",
                          PQfname(result, column), wefti_postgres_server_type_of(cursor->columns[column].oid)->name);
    if (error != NULL)
        wefti_error_field(error->column, sizeof error->column, PQfname(result, column));
    return status;
}

weft_status wefti_postgres_decode_row(wefti_postgres_cursor *cursor, const PGresult *result, int row, weft_error *error)
{
    int count = cursor->cursor.column_count;
    if (cursor->arena.used_bytes > 0)
        wefti_arena_reset(&cursor->arena);
    for (int i = 0; i < count; i++) {
        weft_value *cell = &cursor->cells[i];
        const wefti_postgres_column *column = &cursor->columns[i];
        int size = PQgetlength(result, row, i);
        cell->is_null = size == 0 && PQgetisnull(result, row, i);
        if (cell->is_null)
            continue;
        weft_status status = column->decode(column, PQgetvalue(result, row, i), (size_t)size, cell, &cursor->arena);
        if (status != WEFT_OK)
            return bad_cell(cursor, result, i, status, error);
    }
    return WEFT_OK;
}

uint64_t wefti_postgres_row_count(PGresult *result)
{
    const char *text = PQcmdTuples(result);
    int64_t count = 0;
    return wefti_int64_parse(text, strlen(text), &count) && count > 0 ? (uint64_t)count : 0;
}

/* The tag's number for statements that change rows; SELECT's is the number of rows it gave. */
uint64_t wefti_postgres_changed_rows(PGresult *result)
{
    const char *tag = PQcmdStatus(result);
    if (*tag == 'S') /* SELECT, by far the most frequent */
        return 0;
    if (strncmp(tag, "INSERT", 6) != 0 && strncmp(tag, "UPDATE", 6) != 0 && strncmp(tag, "DELETE", 6) != 0 &&
        strncmp(tag, "MERGE", 5) != 0)
        return 0;
    return wefti_postgres_row_count(result);
}

/* The stream has come to its end: reads up to the ready state and frees the connection. */
static weft_status end_stream(wefti_postgres_cursor *cursor, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = cursor->c;
    PGresult *result = NULL;
    weft_status status;
    do {
        PQclear(result);
        status = wefti_postgres_next(c, deadline, &result, error);
    } while (status == WEFT_OK && result != NULL);
    if (status == WEFT_OK && cursor->piped)
        status = wefti_postgres_pipeline_leave(c, deadline, error);
    cursor->streaming = false;
    c->stream = NULL;
    return status;
}

/* A failure in the middle of a stream is the cursor's last word. */
static weft_status fail_stream(wefti_postgres_cursor *cursor, weft_status status, weft_error *error)
{
    status = wefti_postgres_outcome(cursor->c, cursor->in_transaction, cursor->writes, status, error);
    cursor->failed = status;
    return status;
}

static weft_status step_stream(wefti_postgres_cursor *cursor, bool *has_row, weft_error *error)
{
    wefti_postgres_dbc *c = cursor->c;
    PGresult *result = NULL;
    weft_status status = wefti_postgres_next(c, cursor->deadline, &result, error);
    if (status != WEFT_OK) {
        cursor->streaming = false;
        c->stream = NULL;
        return fail_stream(cursor, status, error);
    }
    PQclear(cursor->result);
    cursor->result = result;
    cursor->row = 0;
    cursor->row_total = 0;
    if (result != NULL && PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
        *has_row = true;
        return WEFT_OK;
    }
    if (result == NULL || PQresultStatus(result) != PGRES_TUPLES_OK) {
        weft_error later;
        status = result == NULL ? wefti_postgres_lost(c, error) : wefti_postgres_result_error(c, result, error);
        (void)end_stream(cursor, cursor->deadline, &later);
        return fail_stream(cursor, status, error);
    }
    cursor->cursor.changed_rows = wefti_postgres_changed_rows(result);
    status = end_stream(cursor, cursor->deadline, error);
    if (status == WEFT_OK && !cursor->trusted)
        status = wefti_postgres_check_tag(c, result, cursor->in_transaction, error);
    return status == WEFT_OK ? WEFT_OK : fail_stream(cursor, status, error);
}

weft_status wefti_postgres_step(wefti_cursor *base, bool *has_row, weft_error *error)
{
    wefti_postgres_cursor *cursor = (wefti_postgres_cursor *)base;
    *has_row = false;
    if (cursor->failed != WEFT_OK)
        return wefti_error_set(error, cursor->failed, "the rows ended with an error before");
    if (cursor->row == cursor->row_total) {
        if (!cursor->streaming)
            return WEFT_OK;
        weft_status status = step_stream(cursor, has_row, error);
        if (status != WEFT_OK || !*has_row)
            return status;
        cursor->row_total = 1;
    }
    weft_status status = wefti_postgres_decode_row(cursor, cursor->result, cursor->row, error);
    cursor->row++;
    *has_row = status == WEFT_OK;
    base->row_count += cursor->streaming && status == WEFT_OK;
    return status;
}

/* In a transaction the rest must be read for it to go on; outside, only as long as that is cheaper than another connection. */
static void abandon_stream(wefti_postgres_cursor *cursor)
{
    wefti_deadline deadline = cursor->deadline;
    weft_error ignored;
    if (!cursor->in_transaction)
        deadline = wefti_deadline_earlier(deadline, wefti_now_ns() + ABANDON_NS);
    if (cursor->c->dbc.finish_by != 0)
        deadline = wefti_deadline_earlier(deadline, cursor->c->dbc.finish_by);
    (void)end_stream(cursor, deadline, &ignored);
}

void wefti_postgres_finish(wefti_cursor *base)
{
    wefti_postgres_cursor *cursor = (wefti_postgres_cursor *)base;
    if (cursor == NULL)
        return;
    wefti_postgres_dbc *c = cursor->c;
    if (cursor->streaming) {
        if (wefti_postgres_foreign(&c->dbc))
            cursor->streaming = false;
        else
            abandon_stream(cursor);
    }
    PQclear(cursor->result);
    cursor->result = NULL;
    cursor->next_free = c->free_cursors;
    c->free_cursors = cursor;
    c->open_cursors--;
}

const char *wefti_postgres_column_name(wefti_cursor *base, uint16_t column)
{
    const wefti_postgres_cursor *cursor = (wefti_postgres_cursor *)base;
    const char *name = cursor->result != NULL ? PQfname(cursor->result, column) : NULL;
    return name != NULL ? name : "";
}

weft_type wefti_postgres_column_type(wefti_cursor *base, uint16_t column)
{
    const wefti_postgres_cursor *cursor = (wefti_postgres_cursor *)base;
    return column < base->column_count ? wefti_postgres_type_of(cursor->columns[column].oid) : WEFT_UNMAPPED;
}
