/* Many rows into a table, in as few statements as the database allows.
 *
 * Values are described by arrays over the caller's structs: nothing is copied but what a driver encodes. COPY that is refused
 * where INSERT is allowed (row-level security, views, types that only INSERT converts) is undone to a savepoint and done again with
 * arrays. Lists of VALUES have one length, so that one statement serves; the rest goes row by row. */
#include "engine/write.h"

#include "base/error.h"

#include <string.h>

/* For what undoes: a call whose time is over must still leave the transaction as it was. */
#define UNDO_TIMEOUT_MS 5000u

/* ---- guard ---- */

weft_status wefti_guard_open(wefti_guard *guard, weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    *guard = (wefti_guard){.connection = connection, .depth = connection->savepoints, .open = connection->begun};
    if (!guard->open)
        return WEFT_OK;
    weft_status status = wefti_connection_savepoint_within(connection, deadline, error);
    guard->open = status == WEFT_OK;
    return status;
}

weft_status wefti_guard_keep(wefti_guard *guard, wefti_deadline deadline, weft_error *error)
{
    if (!guard->open)
        return WEFT_OK;
    weft_status status = wefti_connection_savepoint_release(guard->connection, deadline, error);
    if (status != WEFT_OK)
        wefti_guard_fail(guard);
    guard->open = false;
    return status;
}

weft_status wefti_guard_undo(wefti_guard *guard, wefti_deadline deadline, weft_error *error)
{
    if (!guard->open)
        return WEFT_OK;
    weft_status status = wefti_connection_savepoint_rollback(guard->connection, deadline, error);
    guard->connection->savepoints = guard->depth;
    guard->open = false;
    return status;
}

void wefti_guard_fail(wefti_guard *guard)
{
    weft_connection *connection = guard->connection;
    if (!guard->open)
        return;
    bool goes_on = connection->dbc != NULL && !connection->lost && !connection->failed;
    if (goes_on)
        (void)wefti_connection_savepoint_rollback(connection, wefti_deadline_after_ms(UNDO_TIMEOUT_MS), NULL);
    connection->savepoints = guard->depth;
    guard->open = false;
}

/* ---- statements ---- */

wefti_deadline wefti_write_deadline(const wefti_write *write)
{
    return write->timeout_ms == 0 ? write->deadline
                                  : wefti_deadline_earlier(write->deadline, wefti_deadline_after_ms(write->timeout_ms));
}

wefti_array wefti_array_part(const wefti_array *array, size_t first, size_t count)
{
    wefti_array part = *array;
    part.count = count;
    if (part.rows != NULL)
        part.rows += first;
    else
        part.base = (const char *)part.base + first * part.stride;
    return part;
}

wefti_dml wefti_write_dml(const wefti_write *write, wefti_dml_kind kind, uint32_t row_count)
{
    wefti_dml dml = {.kind = kind,
                     .table = write->table,
                     .columns = write->columns,
                     .column_count = write->column_count,
                     .row_count = row_count};
    if (write->options != NULL && write->options->on_conflict != WEFT_CONFLICT_ERROR)
        dml.conflict = write->options;
    return dml;
}

void *wefti_write_room(const wefti_write *write, size_t count, size_t size)
{
    void *memory = wefti_arena_alloc(write->arena, (count > 0 ? count : 1) * size);
    if (memory == NULL)
        (void)wefti_error_memory(write->error);
    return memory;
}

static weft_status run_values(wefti_write *write, const wefti_dml *dml, const weft_value *values, size_t count)
{
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = dml};
    weft_status status = wefti_connection_run(write->connection, &data, values, count, false, wefti_write_deadline(write), &cursor,
                                              &compiled, write->error);
    if (status != WEFT_OK)
        return status;
    write->written += cursor->changed_rows;
    wefti_connection_finish(write->connection, cursor, compiled);
    return WEFT_OK;
}

weft_value wefti_write_value(wefti_write *write, const wefti_array *array, size_t row)
{
    weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    if (!wefti_type_is_own(array->type) || value.is_null || !wefti_type_has_content(value.type))
        return value;
    void *content = wefti_write_room(write, wefti_value_room(&value), 1); /* what its encoder made is soon overwritten */
    return content != NULL ? wefti_value_copied(value, content) : weft_value_null(WEFT_UNMAPPED);
}

/* One row is looked at as it is stored, many are afterwards: RETURNING makes each of them dearer. */
static bool keeps_key(const wefti_write *write)
{
    return write->count == 1 && write->returning_count == 0 && wefti_write_leaves_key(write) &&
           wefti_key_may_outgrow(write->connection, write->table);
}

static void fill_row(wefti_write *write, size_t row, weft_value *values)
{
    for (uint16_t i = 0; i < write->column_count; i++)
        values[i] = wefti_write_value(write, &write->arrays[i], row);
}

/* `rows` rows at a time, each statement with its values in hand: DO UPDATE SET may hold values of its own, which go beside those
 * of the rows. */
static weft_status send_filled(wefti_write *write, wefti_dml_kind kind, uint32_t rows, size_t first, size_t count)
{
    weft_status status = WEFT_OK;
    size_t width = write->column_count;
    weft_value *values = wefti_write_room(write, rows * width, sizeof *values);
    if (values == NULL)
        return WEFT_ERROR_NO_MEMORY;
    wefti_dml dml = wefti_write_dml(write, kind, rows);
    dml.keeps_key = keeps_key(write);
    for (size_t at = first; at < first + count && status == WEFT_OK; at += rows) {
        for (size_t row = 0; row < rows; row++)
            fill_row(write, at + row, values + row * width);
        status = run_values(write, &dml, values, rows * width);
    }
    return status;
}

/* `rows` rows at a time, all by one call of the driver. */
static weft_status send_batch(wefti_write *write, wefti_dml_kind kind, uint32_t rows, size_t first, size_t count)
{
    uint64_t changed = 0;
    wefti_dml dml = wefti_write_dml(write, kind, rows);
    wefti_array *arrays = wefti_write_room(write, write->column_count, sizeof *arrays);
    if (arrays == NULL)
        return WEFT_ERROR_NO_MEMORY;
    for (uint16_t i = 0; i < write->column_count; i++)
        arrays[i] = wefti_array_part(&write->arrays[i], first, count);
    weft_status status = wefti_connection_run_many(write->connection, &dml, arrays, count, NULL, NULL, wefti_write_deadline(write),
                                                   &changed, NULL, NULL, write->error);
    write->written += changed;
    return status;
}

/* A list among the values of DO UPDATE SET has no place in a batch; this is found before anything is sent. */
static weft_status send_one_by_one(wefti_write *write, size_t first)
{
    size_t count = write->count - first;
    weft_status status = count == 1 ? WEFT_ERROR_UNSUPPORTED : send_batch(write, WEFTI_INSERT, 1, first, count);
    bool filled =
        count == 1 || (status == WEFT_ERROR_UNSUPPORTED && wefti_conflict_updates(write->options) && write->error->nothing_sent);
    return filled ? send_filled(write, WEFTI_INSERT, 1, first, count) : status;
}

/* ---- arrays ---- */

static weft_status send_array_rows(wefti_write *write)
{
    weft_status status = WEFT_OK;
    wefti_array *arrays = wefti_write_room(write, write->column_count, sizeof *arrays);
    weft_value *values = wefti_write_room(write, write->column_count, sizeof *values);
    if (arrays == NULL || values == NULL)
        return WEFT_ERROR_NO_MEMORY;
    wefti_dml dml = wefti_write_dml(write, WEFTI_INSERT_ARRAYS, 0);
    for (size_t first = 0; first < write->count && status == WEFT_OK; first += WEFTI_WRITE_ARRAY_ROWS) {
        size_t left = write->count - first, count = left < WEFTI_WRITE_ARRAY_ROWS ? left : WEFTI_WRITE_ARRAY_ROWS;
        for (uint16_t i = 0; i < write->column_count; i++) {
            arrays[i] = wefti_array_part(&write->arrays[i], first, count);
            values[i] = wefti_array_value(&arrays[i]);
        }
        status = run_values(write, &dml, values, write->column_count);
    }
    return status;
}

/* One statement updates no row twice: where the database finds the same key again among the rows, by its own equality, they go one
 * after the other, each upon what the one before has left, as they do where lists of VALUES are sent. */
static weft_status send_arrays(wefti_write *write)
{
    wefti_guard guard;
    uint64_t before = write->written;
    if (!wefti_conflict_updates(write->options))
        return send_array_rows(write);
    weft_status status = wefti_guard_open(&guard, write->connection, wefti_write_deadline(write), write->error);
    if (status != WEFT_OK)
        return status;
    status = send_array_rows(write);
    if (status == WEFT_OK)
        return wefti_guard_keep(&guard, wefti_write_deadline(write), write->error);
    if (!guard.open || !wefti_driver_means(write->connection->driver, write->error, WEFTI_MEANS_ROW_TWICE)) {
        wefti_guard_fail(&guard);
        return status;
    }
    write->written = before;
    status = wefti_guard_undo(&guard, wefti_write_deadline(write), write->error);
    return status == WEFT_OK ? send_one_by_one(write, 0) : status;
}

/* ---- lists of VALUES ---- */

uint32_t wefti_write_list_rows(const weft_connection *connection, size_t width, size_t more, uint32_t most)
{
    size_t limit = connection->engine->capabilities->max_parameters;
    if (connection->dbc != NULL && connection->driver->parameter_limit != NULL) {
        size_t own = connection->driver->parameter_limit(connection->dbc);
        limit = own < limit ? own : limit;
    }
    size_t rows = width == 0 || limit < more ? 0 : (limit - more) / width;
    return rows < most ? (uint32_t)rows : most;
}

/* How many values of its own DO UPDATE SET holds. */
static weft_status count_set_values(const wefti_write *write, size_t *count)
{
    *count = 0;
    if (!wefti_conflict_updates(write->options))
        return WEFT_OK;
    wefti_shape shape;
    const weft_engine *engine = write->connection->engine;
    wefti_dml dml = wefti_write_dml(write, WEFTI_INSERT, 1);
    wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = &dml};
    shape.user = write->connection->user;
    weft_status status = wefti_shape_init(&shape, engine->schema, engine->dialect, &data, write->error);
    if (status == WEFT_OK)
        *count = shape.value_count;
    else if (write->error != NULL)
        write->error->nothing_sent = true;
    wefti_shape_deinit(&shape);
    return status;
}

static weft_status send_lists(wefti_write *write)
{
    size_t more;
    weft_status status = count_set_values(write, &more);
    if (status != WEFT_OK)
        return status;
    uint32_t rows = wefti_write_list_rows(write->connection, write->column_count, more, WEFTI_WRITE_LIST_ROWS);
    size_t whole = rows > 1 ? write->count - write->count % rows : 0;
    if (whole > 0)
        status = wefti_conflict_updates(write->options) ? send_filled(write, WEFTI_INSERT_ROWS, rows, 0, whole)
                                                        : send_batch(write, WEFTI_INSERT_ROWS, rows, 0, whole);
    return status == WEFT_OK && whole < write->count ? send_one_by_one(write, whole) : status;
}

/* ---- COPY ---- */

/* *done false: COPY was refused and left no trace. */
static weft_status send_copy(wefti_write *write, bool keys, bool *done)
{
    wefti_guard guard;
    uint64_t copied = 0;
    wefti_dml dml = wefti_write_dml(write, WEFTI_COPY, 0);
    const char *check = wefti_copy_check_sql(write->connection->engine->dialect, write->connection->engine->places, write->table,
                                             keys, write->arena);
    *done = true;
    if (check == NULL)
        return wefti_error_memory(write->error);
    weft_status status = wefti_guard_open(&guard, write->connection, wefti_write_deadline(write), write->error);
    if (status != WEFT_OK)
        return status;
    status = wefti_connection_copy(write->connection, &dml, check, write->arrays, write->count, wefti_write_deadline(write),
                                   &copied, write->error);
    if (status == WEFT_OK) {
        write->written += copied;
        return wefti_guard_keep(&guard, wefti_write_deadline(write), write->error);
    }
    if (wefti_driver_means(write->connection->driver, write->error, WEFTI_MEANS_NO_COPY)) {
        *done = false;
        write->no_copy = true;
        return wefti_guard_undo(&guard, wefti_write_deadline(write), write->error);
    }
    wefti_guard_fail(&guard);
    return status;
}

/* ---- choice ---- */

static weft_status send_known(wefti_write *write, bool keys, bool *done)
{
    const wefti_capabilities *can = write->connection->engine->capabilities;
    bool plain = write->options == NULL || write->options->on_conflict == WEFT_CONFLICT_ERROR;
    *done = true;
    if (write->column_count == 0 || write->count <= 1)
        return write->count == 0 ? WEFT_OK : send_one_by_one(write, 0);
    if (wefti_write_copies(write) && plain && write->count >= WEFTI_WRITE_COPY_ROWS && !write->no_copy) {
        weft_status status = send_copy(write, keys, done);
        if (*done || keys || status != WEFT_OK)
            return status;
        *done = true;
    }
    if (can->array_parameters_typed)
        return send_arrays(write);
    return can->multi_row_values ? send_lists(write) : send_one_by_one(write, 0);
}

weft_status wefti_write_lost(const wefti_write *write, uint64_t stored)
{
    (void)wefti_error_set(
        write->error, WEFT_ERROR_CONSTRAINT,
        "%llu of %zu rows of %s were stored, or told their keys: a trigger, a rule or a view of the database's took the others",
        (unsigned long long)stored, write->count, write->table->name);
    wefti_error_hint(write->error, "look for a trigger that keeps rows out (RETURN NULL, RAISE(IGNORE)) or a rule on the table");
    if (write->error != NULL)
        wefti_error_field(write->error->table, sizeof write->error->table, write->table->name);
    return WEFT_ERROR_CONSTRAINT;
}

/* Rows that triggers take instead of a view are not counted by every database. */
static weft_status check_stored(const wefti_write *write, uint64_t before)
{
    uint64_t stored = write->written - before;
    const weft_connection *connection = write->connection;
    if (!write->whole || stored >= write->count)
        return WEFT_OK;
    bool counted = connection->driver->counts_rows == NULL || connection->driver->counts_rows(connection->dbc, write->table->name);
    return counted ? wefti_write_lost(write, stored) : WEFT_OK;
}

weft_status wefti_write_known(wefti_write *write, bool keys, bool *done)
{
    uint64_t before = write->written;
    weft_status status = send_known(write, keys, done);
    return status == WEFT_OK && *done ? check_stored(write, before) : status;
}

static weft_status send_slice(wefti_write *write)
{
    bool done;
    return write->returning_count > 0 ? wefti_write_returning(write) : wefti_write_known(write, false, &done);
}

static weft_status send_slices(wefti_write *write, size_t most)
{
    weft_status status = WEFT_OK;
    wefti_write slice = *write;
    wefti_array *arrays = wefti_write_room(write, write->column_count, sizeof *arrays);
    if (arrays == NULL)
        return WEFT_ERROR_NO_MEMORY;
    slice.arrays = arrays;
    for (size_t first = 0; first < write->count && status == WEFT_OK; first += most) {
        wefti_arena_mark mark = wefti_arena_mark_get(write->arena);
        slice.first = first;
        slice.count = write->count - first < most ? write->count - first : most;
        slice.keys = write->keys == NULL ? NULL : write->keys + first;
        for (uint16_t i = 0; i < write->column_count; i++)
            arrays[i] = wefti_array_part(&write->arrays[i], first, slice.count);
        status = send_slice(&slice);
        wefti_arena_rewind(write->arena, mark);
        if (status == WEFT_OK)
            status = write->on_slice(write->context, first, slice.count, write->error);
    }
    write->written = slice.written;
    return status;
}

static weft_status send_rows(wefti_write *write)
{
    size_t most = wefti_write_slice_rows(write->connection->engine->capabilities);
    weft_status status = write->returning_count > 0 && write->count > 1 ? wefti_write_take_block(write) : WEFT_OK;
    if (status != WEFT_OK)
        return status;
    if (write->on_slice != NULL && write->count > most)
        return send_slices(write, most);
    status = send_slice(write);
    return status == WEFT_OK && write->on_slice != NULL ? write->on_slice(write->context, 0, write->count, write->error) : status;
}

weft_status wefti_write_rows(wefti_write *write)
{
    weft_error local;
    weft_error *given = write->error;
    if (given == NULL) { /* a refusal is told by its SQLSTATE */
        wefti_error_clear(&local);
        write->error = &local;
    }
    weft_status status = send_rows(write);
    if (status == WEFT_OK && write->returning_count == 0 && write->written > 0 && !keeps_key(write))
        status = wefti_write_check_keys(write);
    if (status == WEFT_OK && write->error->status != WEFT_OK)
        wefti_error_clear(write->error); /* a refusal that another way has made up for */
    write->error = given;
    return status;
}
