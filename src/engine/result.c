/* Results: rows of a statement by typed getters and into plain structs.
 *
 * A result hangs on its connection's list while it needs the cursor or could be asked for; the connection ends it before
 * anything that would pull the cursor away (rollback, a lost connection, close). Then reading answers WEFT_ERROR_CLOSED and says
 * why. */
#include "engine/result.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"

#include <string.h>

/* ---- making one ---- */

static void unlink_result(weft_result *result)
{
    if (result->connection == NULL)
        return;
    if (result->next != NULL)
        result->next->previous = result->previous;
    if (result->previous != NULL)
        result->previous->next = result->next;
    else
        result->connection->results = result->next;
    result->connection = NULL;
}

/* The rest of a stream may not have come: then nothing more goes on this database connection, and its transaction has failed. */
static void stream_ended(weft_connection *connection)
{
    weft_error unread = {0};
    if (connection->dbc == NULL)
        return;
    wefti_tx_state state = connection->driver->state(connection->dbc);
    if (state == WEFTI_TX_ACTIVE)
        (void)wefti_error_set(&unread, WEFT_ERROR_TIMEOUT, "the time was over before a stream that was closed early had ended");
    else if (state == WEFTI_TX_BROKEN)
        (void)wefti_error_set(&unread, WEFT_ERROR_DISCONNECTED, "the connection was lost while a stream was closed early");
    else
        return;
    wefti_error_hint(&unread, "read streams to their end, give them a .limit, or close them outside of a transaction");
    (void)wefti_connection_failed(connection, unread.status, &unread);
}

static void end_cursor(weft_result *result)
{
    if (result->cursor == NULL)
        return;
    result->changed = result->cursor->changed_rows;
    wefti_connection_finish(result->connection, result->cursor, result->compiled);
    result->cursor = NULL;
    result->row = NULL;
    if (result->stream && !result->done)
        stream_ended(result->connection);
}

static bool has_text(const weft_value *cell) { return !cell->is_null && wefti_type_has_content(cell->type); }

static wefti_buffered_row *copy_row(wefti_arena *arena, const weft_value *cells, uint16_t count)
{
    wefti_buffered_row *row = wefti_arena_alloc(arena, sizeof *row + count * sizeof *cells);
    if (row == NULL)
        return NULL;
    row->next = NULL;
    if (count > 0)
        memcpy(row->cells, cells, count * sizeof *cells);
    for (uint16_t i = 0; i < count; i++) {
        weft_value *cell = &row->cells[i];
        if (!has_text(cell))
            continue;
        const bool items = wefti_type_is_array(cell->type);
        char *text = wefti_arena_aligned(arena, wefti_value_room(cell), items ? 16 : 1);
        if (text == NULL)
            return NULL;
        *cell = wefti_value_copied(*cell, text);
    }
    return row;
}

static weft_status copy_names(weft_result *result, weft_error *error)
{
    wefti_cursor *cursor = result->cursor;
    result->names = wefti_arena_alloc(&result->arena, ((size_t)cursor->column_count + 1) * sizeof *result->names);
    if (result->names == NULL)
        return wefti_error_memory(error);
    for (uint16_t i = 0; i < cursor->column_count; i++)
        if ((result->names[i] = wefti_arena_strdup(&result->arena, cursor->dbc->driver->column_name(cursor, i))) == NULL)
            return wefti_error_memory(error);
    return WEFT_OK;
}

static weft_status buffer_rows(weft_result *result, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_buffered_row **last = &result->rows;
    weft_status status = result->names == NULL ? copy_names(result, error) : WEFT_OK;
    while (status == WEFT_OK) {
        bool has_row = false;
        status = wefti_connection_step(result->connection, result->cursor, &has_row, error);
        if (status != WEFT_OK || !has_row)
            break;
        *last = copy_row(&result->arena, result->cursor->row, result->column_count);
        if (*last == NULL)
            return wefti_error_memory(error);
        last = &(*last)->next;
    }
    end_cursor(result);
    return status;
}

weft_status wefti_result_keep(weft_result *result, weft_error *error)
{
    wefti_buffered_row *present = NULL;
    if (result->row != NULL && (present = copy_row(&result->arena, result->row, result->column_count)) == NULL)
        return wefti_error_memory(error);
    weft_status status = buffer_rows(result, error);
    end_cursor(result);
    result->row = present != NULL ? present->cells : NULL;
    result->kept = true;
    if (status != WEFT_OK) {
        result->ended = "a statement of its connection wrote, and its rows could not be kept"; /* never a part of them */
        result->rows = NULL;
    }
    return status;
}

weft_status wefti_result_new(weft_connection *connection, wefti_cursor *cursor, const wefti_compiled *compiled, bool stream,
                             weft_result **result, weft_error *error)
{
    wefti_arena arena = {0};
    weft_result *made = wefti_arena_alloc(&arena, sizeof *made);
    if (made == NULL) {
        wefti_connection_finish(connection, cursor, compiled);
        return wefti_error_memory(error);
    }
    *made = (weft_result){
        .cursor = cursor, .compiled = compiled, .stream = stream, .column_count = cursor->column_count, .arena = arena};
    wefti_result_link(connection, made);
    if (!stream && !connection->driver->holds_results) {
        weft_status status = buffer_rows(made, error);
        if (status != WEFT_OK) {
            weft_result_close(made);
            return status;
        }
    }
    *result = made;
    return WEFT_OK;
}

void wefti_results_end(weft_connection *connection, wefti_results_which which, const char *why)
{
    for (weft_result *result = connection->results, *next; result != NULL; result = next) {
        next = result->next;
        bool open = result->cursor != NULL || result->kept;
        bool ends = which == WEFTI_RESULTS_ALL || (open && (which == WEFTI_RESULTS_OPEN || result->stream));
        if (!ends)
            continue;
        end_cursor(result);
        unlink_result(result);
        result->rows = NULL;
        result->row = NULL;
        result->alone = false;
        result->ended = why;
    }
}

static __attribute__((noinline)) void end_reading(weft_result *result)
{
    WEFTI_NOT_CANCELLED;
    end_cursor(result);
    wefti_stream_end_alone(result);
}

WEFTI_HOT void weft_result_close(weft_result *result)
{
    if (result == NULL)
        return;
    if (__builtin_expect(result->cursor != NULL || result->alone, 0))
        end_reading(result);
    unlink_result(result);
    if (__builtin_expect(result->items != NULL, 0))
        wefti_free(result->items);
    if (__builtin_expect(result->made.blocks != NULL, 0))
        wefti_arena_deinit(&result->made);
    wefti_arena_end(result->arena.blocks); /* which it lies in itself */
}

/* ---- rows ---- */

static const char with_an_error[] = "with an error before";

/* Once more: rows that ended with an error are no rows that ended. */
static WEFTI_COLD void say_ended(const weft_result *result, weft_error *error)
{
    if (result->ended == with_an_error)
        (void)wefti_error_set(error, result->failed, "the rows ended with an error before");
    else
        (void)wefti_error_set(error, WEFT_ERROR_CLOSED, "the result has ended: %s", result->ended);
}

static WEFTI_COLD void fail_rows(weft_result *result, weft_status status)
{
    result->failed = status;
    result->ended = with_an_error;
}

static bool next_of_cursor(weft_result *result, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    bool has_row = false;
    weft_status status = wefti_engine_check(result->connection->engine, error);
    if (status == WEFT_OK)
        status = wefti_connection_step(result->connection, result->cursor, &has_row, error);
    if (status != WEFT_OK)
        fail_rows(result, status);
    result->done = status != WEFT_OK || !has_row;
    result->row = result->done ? NULL : result->cursor->row;
    return result->row != NULL;
}

bool weft_result_next(weft_result *result, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_error_clear(error);
    if (result == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the result is NULL: its statement failed");
        return false;
    }
    if (result->ended != NULL) {
        say_ended(result, error);
        return false;
    }
    if (result->made.blocks != NULL)
        wefti_arena_reset(&result->made);
    if (result->cursor != NULL)
        return next_of_cursor(result, error);
    wefti_buffered_row *row = result->rows;
    result->row = row != NULL ? row->cells : NULL;
    if (row != NULL)
        result->rows = row->next;
    return row != NULL;
}

uint16_t weft_result_columns(const weft_result *result) { return result != NULL ? result->column_count : 0; }

const char *weft_result_name(const weft_result *result, uint16_t column)
{
    if (result == NULL || column >= result->column_count)
        return NULL;
    if (result->names != NULL)
        return result->names[column];
    return result->cursor != NULL ? result->connection->driver->column_name(result->cursor, column) : NULL;
}

int weft_result_find(const weft_result *result, const char *name)
{
    const uint16_t count = name != NULL ? weft_result_columns(result) : 0;
    for (uint16_t i = 0; i < count; i++) {
        const char *column = weft_result_name(result, i);
        if (column != NULL && strcmp(column, name) == 0)
            return i;
    }
    return -1;
}

weft_value weft_result_value(const weft_result *result, uint16_t column)
{
    bool there = result != NULL && result->row != NULL && column < result->column_count;
    return there ? result->row[column] : weft_value_null(WEFT_UNMAPPED);
}

static const weft_value *cell_at(const weft_result *result, uint16_t column)
{
    if (result == NULL || result->row == NULL || column >= result->column_count || result->row[column].is_null)
        return NULL;
    return &result->row[column];
}

bool weft_result_int64(const weft_result *result, uint16_t column, int64_t *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    return cell != NULL && wefti_cell_int64(cell, out);
}

bool weft_result_double(const weft_result *result, uint16_t column, double *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    return cell != NULL && wefti_cell_double(cell, out);
}

bool weft_result_bool(const weft_result *result, uint16_t column, bool *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    return cell != NULL && wefti_cell_bool(cell, out);
}

bool weft_result_date(const weft_result *result, uint16_t column, weft_date *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    int64_t days;
    if (cell == NULL || !wefti_cell_civil(cell, WEFT_DATE, &days))
        return false;
    out->days = (int32_t)days;
    return true;
}

bool weft_result_time(const weft_result *result, uint16_t column, weft_time *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    return cell != NULL && wefti_cell_civil(cell, WEFT_TIME, &out->usec);
}

bool weft_result_timestamp(const weft_result *result, uint16_t column, weft_timestamp *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    return cell != NULL && wefti_cell_civil(cell, WEFT_TIMESTAMP, &out->usec);
}

bool weft_result_uuid(const weft_result *result, uint16_t column, weft_uuid *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    return cell != NULL && wefti_cell_uuid(cell, out);
}

bool weft_result_bytes(const weft_result *result, uint16_t column, weft_bytes *out)
{
    const weft_value *cell = out != NULL ? cell_at(result, column) : NULL;
    if (cell == NULL || (cell->type != WEFT_BYTES && cell->type != WEFT_TEXT))
        return false;
    *out = (weft_bytes){cell->as.s.data, cell->as.s.size};
    return true;
}

const char *weft_result_text(const weft_result *result, uint16_t column)
{
    const char *text = NULL;
    const weft_value *cell = cell_at(result, column);
    return cell != NULL && wefti_cell_text(cell, &text) ? text : NULL;
}

uint64_t weft_result_changed(const weft_result *result)
{
    if (result == NULL)
        return 0;
    return result->cursor != NULL ? result->cursor->changed_rows : result->changed;
}

/* ---- into structs ---- */

static weft_status check_shape(const weft_result *result, const weft_row_type *type, weft_error *error)
{
    if (result->column_count == type->field_count)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement gives %u columns, but %s has %zu fields",
                           (unsigned)result->column_count, type->name, type->field_count);
}

/* What a cell of this column says that field number refused does not take. */
static WEFTI_COLD weft_status refuse_field(const weft_result *result, const weft_row_type *type, const uint16_t *places,
                                           size_t refused, weft_status status, weft_error *error)
{
    if (refused == type->field_count) /* without memory for any */
        return status;
    const uint16_t place = places != NULL ? places[refused] : (uint16_t)refused;
    const char *name = weft_result_name(result, place);
    wefti_error_prefix(error, "column %u (%s) into %s.%s", place + 1u, name != NULL ? name : "", type->name,
                       type->fields[refused].field);
    if (error != NULL && name != NULL)
        wefti_error_field(error->column, sizeof error->column, name);
    if (error != NULL)
        error->status = wefti_refused_as(status);
    return wefti_refused_as(status);
}

weft_status wefti_result_name_fields(weft_result *result, const weft_row_type *type, weft_error *error)
{
    const weft_status status = wefti_cursor_places(result->cursor, type, &result->arena, &result->places, error);
    result->type = status == WEFT_OK ? type : NULL;
    return status;
}

weft_status weft_result_into(const weft_result *result, const weft_row_type *type, void *row, weft_error *error)
{
    if (result == NULL || result->row == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the result stands on no row");
        wefti_error_hint(error, "call weft_result_next first, and read only while it returns true");
        return WEFT_ERROR_MISUSE;
    }
    if (type == NULL || row == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_result_into: the %s is NULL", type == NULL ? "row type" : "row");
    size_t refused = 0;
    const uint16_t *places = type == result->type ? result->places : NULL;
    weft_status status = places == NULL ? check_shape(result, type, error) : WEFT_OK;
    if (status != WEFT_OK)
        return status;
    /* Most rows need nothing but what the cells are. */
    if (wefti_decode_struct(type, places, result->row, row, NULL, &refused, NULL) == WEFT_OK)
        return WEFT_OK;
    wefti_arena *made = &((weft_result *)(uintptr_t)result)->made; /* no result is an object that is const */
    status = wefti_decode_struct(type, places, result->row, row, made, &refused, error);
    return status != WEFT_OK ? refuse_field(result, type, places, refused, status, error) : WEFT_OK;
}

/* Pointers to the rows grow by doubling: few lie behind the result, many by themselves. */
enum { FEW_ROWS = 16 };

static bool grow_rows(wefti_fill *fill)
{
    weft_result *result = fill->owner;
    const size_t capacity = fill->capacity * 2;
    const void **rows = wefti_realloc(result->items, capacity * sizeof *rows);
    if (rows == NULL)
        return false;
    if (result->items == NULL)
        memcpy(rows, fill->rows, fill->count * sizeof *rows);
    result->items = (void *)rows;
    fill->rows = rows;
    fill->capacity = capacity;
    return true;
}

WEFTI_HOT weft_result *wefti_result_for(const weft_row_type *type, wefti_fill *fill)
{
    wefti_arena arena = {0};
    weft_result *made = wefti_arena_alloc(&arena, sizeof *made + FEW_ROWS * sizeof *fill->rows);
    if (made == NULL)
        return NULL;
    *made = (weft_result){.stream = true, .arena = arena};
    *fill = (wefti_fill){.type = type,
                         .arena = &made->arena,
                         .put = wefti_decode_put,
                         .rows = (const void **)(void *)(made + 1),
                         .capacity = FEW_ROWS,
                         .grow = grow_rows,
                         .owner = made};
    return made;
}

/* The rows one by one. */
static weft_status take_rows(weft_result *result, wefti_fill *fill, const uint16_t *places, weft_error *error)
{
    for (bool has_row = true;;) {
        const weft_status status = wefti_connection_step_into(result->connection, result->cursor, places, fill, &has_row, error);
        if (status != WEFT_OK || !has_row) {
            result->done = !fill->refused;
            return status;
        }
        if (!wefti_fill_keep(fill))
            return wefti_error_memory(error);
    }
}

weft_status wefti_result_fetch(weft_result *result, wefti_cursor *cursor, const wefti_compiled *compiled, wefti_fill *fill,
                               bool by_name, weft_status ended, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    const uint16_t *places = NULL;
    weft_status status = ended;
    weft_error local;
    if (error == NULL)
        error = &local;
    result->cursor = cursor;
    result->compiled = compiled;
    result->column_count = cursor->column_count;
    result->done = status != WEFT_OK && !fill->refused;
    if (status == WEFT_OK)
        status = by_name ? wefti_cursor_places(cursor, fill->type, &result->arena, &places, error)
                         : check_shape(result, fill->type, error);
    if (status == WEFT_OK)
        status = take_rows(result, fill, places, error);
    if (fill->refused)
        status = refuse_field(result, fill->type, places, fill->field, status, error);
    end_cursor(result);
    return status;
}
