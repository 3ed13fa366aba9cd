/* Many structs into a table, in as few statements as the database allows.
 *
 * Rows are grouped by the columns they give: a generated key that is zero, and a field that leaves its column's server default
 * to fire, are left out of the statement. Usually there is one group, read straight from the caller's array. A group goes by
 * COPY, by arrays, or by lists of VALUES, whichever is the best that the database has and that the options allow; COPY that is
 * refused (row-level security, privileges) is rolled back to a savepoint and done again with arrays.
 *
 * All rows or none: more than one statement means a transaction in autocommit, and a savepoint where the database's transactions go
 * on after an error. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"

#include <stdlib.h>
#include <string.h>

#define MOST_OPTIONAL_COLUMNS 64
#define ARRAY_ROWS 10000u
#define ROOM_FOR_SET 256u /* parameters left to the values of DO UPDATE SET */

typedef struct insert_run {
    weft_connection *connection;
    const wefti_table *table;
    const weft_insert_options *options;
    const void *rows;
    size_t count;
    size_t stride;
    wefti_deadline deadline;
    uint64_t inserted;
    uint16_t optional[MOST_OPTIONAL_COLUMNS]; /* columns that a row may leave out, by bit of its mask */
    uint16_t optional_count;
    wefti_arena arena;
    weft_error *error;
} insert_run;

/* Rows that give the same columns. */
typedef struct row_group {
    size_t count;
    const void *const *rows; /* NULL: all rows of the array, in its order */
    uint16_t *columns;
    uint16_t column_count;
    wefti_array *arrays; /* one per column */
} row_group;

/* ---- which columns a row gives ---- */

static bool may_be_left_out(const wefti_column *column)
{
    return column->generated || column->server_default != NULL;
}

static bool is_zero(const weft_value *value)
{
    switch (value->type) {
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return value->as.d == 0;
    case WEFT_BOOL: return !value->as.b;
    case WEFT_UUID: return memcmp(value->as.uuid.bytes, &(weft_uuid){{0}}, sizeof(weft_uuid)) == 0;
    default: return value->as.i == 0;
    }
}

/* A column that is left out takes its default: NULL always, a zero where it cannot be meant. The schema refuses defaults of plain
 * numbers and bools without .zero_is_unset; "" in a const char * is a text, in a char array nothing. */
static bool is_left_out(const wefti_column *column, const void *row)
{
    weft_value value = wefti_field_value(column->field_type, column->size, (const char *)row + column->offset);
    if (value.is_null)
        return true;
    switch (column->field_type) {
    case WEFT_TEXT:
    case WEFT_BYTES:
    case WEFT_DECIMAL:
    case WEFT_JSON: return false;
    case WEFT_CHARS: return value.as.s.size == 0;
    default: return (column->field_type & WEFT_OPT) == 0 && is_zero(&value);
    }
}

static weft_status find_optional(insert_run *run)
{
    for (uint16_t i = 0; i < run->table->column_count; i++) {
        if (!may_be_left_out(&run->table->columns[i]))
            continue;
        if (run->optional_count == MOST_OPTIONAL_COLUMNS)
            return wefti_error_set(
                run->error, WEFT_ERROR_LIMIT, "%s has more than %d columns with defaults", run->table->name, MOST_OPTIONAL_COLUMNS);
        run->optional[run->optional_count++] = i;
    }
    return WEFT_OK;
}

static uint64_t mask_of(const insert_run *run, const void *row)
{
    uint64_t mask = 0;
    for (uint16_t i = 0; i < run->optional_count; i++)
        if (is_left_out(&run->table->columns[run->optional[i]], row))
            mask |= UINT64_C(1) << i;
    return mask;
}

static bool is_in_mask(const insert_run *run, uint16_t column, uint64_t left_out)
{
    for (uint16_t i = 0; i < run->optional_count; i++)
        if (run->optional[i] == column)
            return (left_out >> i & 1) != 0;
    return false;
}

static weft_status make_group(insert_run *run, row_group *group, uint64_t left_out)
{
    const wefti_table *table = run->table;
    group->columns = wefti_arena_alloc(&run->arena, (table->column_count + 1u) * sizeof *group->columns);
    group->arrays = wefti_arena_alloc(&run->arena, (table->column_count + 1u) * sizeof *group->arrays);
    if (group->columns == NULL || group->arrays == NULL)
        return wefti_error_memory(run->error);
    group->column_count = 0;
    for (uint16_t i = 0; i < table->column_count; i++) {
        if (is_in_mask(run, i, left_out))
            continue;
        const wefti_column *column = &table->columns[i];
        group->arrays[group->column_count] = (wefti_array){.type = column->field_type,
            .size = column->size,
            .count = group->count,
            .rows = group->rows,
            .base = run->rows,
            .stride = run->stride,
            .offset = column->offset};
        group->columns[group->column_count++] = i;
    }
    return WEFT_OK;
}

/* ---- ways to send a group ---- */

static wefti_dml dml_of(const insert_run *run, const row_group *group, wefti_dml_kind kind, uint32_t row_count)
{
    wefti_dml dml = {
        .kind = kind, .table = run->table, .columns = group->columns, .column_count = group->column_count, .row_count = row_count};
    if (run->options != NULL) {
        dml.on_conflict = run->options->on_conflict;
        dml.conflict_columns = run->options->conflict_columns;
        dml.conflict_set = run->options->set;
    }
    return dml;
}

/* The arrays of the rows from first on. */
static void slice(const row_group *group, wefti_array *arrays, size_t first, size_t count)
{
    for (uint16_t i = 0; i < group->column_count; i++) {
        arrays[i] = group->arrays[i];
        arrays[i].count = count;
        if (arrays[i].rows != NULL)
            arrays[i].rows += first;
        else
            arrays[i].base = (const char *)arrays[i].base + first * arrays[i].stride;
    }
}

static weft_status run_values(insert_run *run, const wefti_dml *dml, const weft_value *values, size_t count)
{
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = dml};
    weft_status status =
        wefti_connection_run(run->connection, &data, values, count, false, run->deadline, &cursor, &compiled, run->error);
    if (status != WEFT_OK)
        return status;
    run->inserted += cursor->changed_rows;
    wefti_connection_finish(run->connection, cursor, compiled);
    return WEFT_OK;
}

static weft_status send_arrays(insert_run *run, const row_group *group)
{
    weft_status status = WEFT_OK;
    wefti_array *arrays = wefti_arena_alloc(&run->arena, group->column_count * sizeof *arrays);
    weft_value *values = wefti_arena_alloc(&run->arena, group->column_count * sizeof *values);
    if (arrays == NULL || values == NULL)
        return wefti_error_memory(run->error);
    wefti_dml dml = dml_of(run, group, WEFTI_INSERT_ARRAYS, 0);
    for (size_t first = 0; first < group->count && status == WEFT_OK; first += ARRAY_ROWS) {
        size_t count = group->count - first < ARRAY_ROWS ? group->count - first : ARRAY_ROWS;
        slice(group, arrays, first, count);
        for (uint16_t i = 0; i < group->column_count; i++)
            values[i] = wefti_array_value(&arrays[i]);
        status = run_values(run, &dml, values, group->column_count);
    }
    return status;
}

static void fill_row(const row_group *group, size_t row, weft_value *values)
{
    for (uint16_t i = 0; i < group->column_count; i++)
        values[i] =
            wefti_field_value(group->arrays[i].type, group->arrays[i].size, wefti_array_field(&group->arrays[i], row));
}

/* DO UPDATE SET may hold values of its own, which go beside those of the row. */
static weft_status send_one_by_one_with_set(insert_run *run, const row_group *group, size_t first)
{
    weft_status status = WEFT_OK;
    weft_value *values = wefti_arena_alloc(&run->arena, (group->column_count + 1u) * sizeof *values);
    if (values == NULL)
        return wefti_error_memory(run->error);
    wefti_dml dml = dml_of(run, group, WEFTI_INSERT, 1);
    for (; first < group->count && status == WEFT_OK; first++) {
        fill_row(group, first, values);
        status = run_values(run, &dml, values, group->column_count);
    }
    return status;
}

/* The rows from first on, row_count at a time. */
static weft_status send_by(
    insert_run *run, const row_group *group, wefti_dml_kind kind, uint32_t row_count, size_t first, size_t count)
{
    uint64_t changed = 0;
    wefti_dml dml = dml_of(run, group, kind, row_count);
    wefti_array *arrays = wefti_arena_alloc(&run->arena, (group->column_count + 1u) * sizeof *arrays);
    if (arrays == NULL)
        return wefti_error_memory(run->error);
    slice(group, arrays, first, count);
    weft_status status = wefti_connection_run_many(
        run->connection, &dml, arrays, count, NULL, NULL, run->deadline, &changed, NULL, NULL, run->error);
    run->inserted += changed;
    return status;
}

static weft_status send_one_by_one(insert_run *run, const row_group *group, size_t first)
{
    bool with_set = run->options != NULL && run->options->set != NULL;
    return with_set ? send_one_by_one_with_set(run, group, first)
                    : send_by(run, group, WEFTI_INSERT, 1, first, group->count - first);
}

static uint32_t rows_per_statement(const insert_run *run, const row_group *group)
{
    size_t limit = run->connection->engine->capabilities->max_parameters;
    if (run->connection->dbc != NULL && run->connection->driver->parameter_limit != NULL) {
        size_t own = run->connection->driver->parameter_limit(run->connection->dbc);
        limit = own < limit ? own : limit;
    }
    if (run->options != NULL && run->options->set != NULL)
        limit -= limit < 2 * ROOM_FOR_SET ? limit / 2 : ROOM_FOR_SET;
    size_t rows = limit / group->column_count;
    return rows > WEFTI_ENGINE_BATCH_ROWS ? WEFTI_ENGINE_BATCH_ROWS : (uint32_t)rows;
}

/* Statements that hold values of their own beside those of the rows. */
static weft_status send_values_with_set(insert_run *run, const row_group *group, uint32_t batch, size_t whole)
{
    weft_status status = WEFT_OK;
    size_t columns = group->column_count;
    weft_value *values = wefti_arena_alloc(&run->arena, batch * columns * sizeof *values);
    if (values == NULL)
        return wefti_error_memory(run->error);
    wefti_dml dml = dml_of(run, group, WEFTI_INSERT_ROWS, batch);
    for (size_t first = 0; first < whole && status == WEFT_OK; first += batch) {
        for (size_t row = 0; row < batch; row++)
            fill_row(group, first + row, values + row * columns);
        status = run_values(run, &dml, values, batch * columns);
    }
    return status;
}

/* Full statements of VALUES lists; the rest row by row, so that there are two shapes and not one for every number of rows. */
static weft_status send_values(insert_run *run, const row_group *group)
{
    uint32_t batch = rows_per_statement(run, group);
    size_t whole = batch > 1 ? group->count - group->count % batch : 0;
    bool with_set = run->options != NULL && run->options->set != NULL;
    weft_status status = whole == 0 ? WEFT_OK
                         : with_set ? send_values_with_set(run, group, batch, whole)
                                    : send_by(run, group, WEFTI_INSERT_ROWS, batch, 0, whole);
    return status == WEFT_OK && whole < group->count ? send_one_by_one(run, group, whole) : status;
}

static bool copy_was_refused(const weft_error *error)
{
    return strcmp(error->sqlstate, "0A000") == 0 || strcmp(error->sqlstate, "42501") == 0;
}

/* *done false: COPY was refused and left no trace. */
static weft_status send_copy(insert_run *run, const row_group *group, bool *done)
{
    weft_connection *connection = run->connection;
    bool guarded = connection->begun;
    wefti_dml dml = dml_of(run, group, WEFTI_COPY, 0);
    weft_status status = guarded ? wefti_connection_savepoint(connection, run->deadline, run->error) : WEFT_OK;
    *done = true;
    if (status != WEFT_OK)
        return status;
    status = wefti_connection_copy(connection, &dml, group->arrays, group->count, run->deadline, run->error);
    if (status == WEFT_OK) {
        run->inserted += group->count;
        return guarded ? wefti_connection_savepoint_release(connection, run->deadline, run->error) : WEFT_OK;
    }
    if (copy_was_refused(run->error)) {
        *done = false;
        return guarded ? wefti_connection_savepoint_rollback(connection, run->deadline, run->error) : WEFT_OK;
    }
    if (guarded && connection->savepoints > 0)
        connection->savepoints--; /* it ends with the failed transaction, or with what the caller rolls back to */
    return status;
}

static weft_status send_group(insert_run *run, const row_group *group)
{
    const wefti_capabilities *can = run->connection->engine->capabilities;
    bool plain = run->options == NULL || run->options->on_conflict == WEFT_CONFLICT_ERROR;
    if (group->column_count == 0 || group->count == 1)
        return send_one_by_one(run, group, 0);
    if (can->copy && plain && group->count >= WEFTI_ENGINE_COPY_ROWS && run->connection->savepoints < WEFTI_MAX_SAVEPOINTS) {
        bool done = false;
        weft_status status = send_copy(run, group, &done);
        if (done || status != WEFT_OK)
            return status;
    }
    if (can->array_parameters_typed)
        return send_arrays(run, group);
    return can->multi_row_values ? send_values(run, group) : send_one_by_one(run, group, 0);
}

/* ---- grouping ---- */

typedef struct masked_row {
    uint64_t mask;
    size_t index;
} masked_row;

static int compare_masked(const void *a, const void *b)
{
    const masked_row *x = a, *y = b;
    if (x->mask != y->mask)
        return x->mask < y->mask ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static const void *row_at(const insert_run *run, size_t i)
{
    return (const char *)run->rows + i * run->stride;
}

/* Groups in the order of their masks, rows within one in theirs. */
static weft_status send_groups(insert_run *run)
{
    masked_row *masked = wefti_malloc(run->count * sizeof *masked);
    const void **rows = wefti_malloc(run->count * sizeof *rows);
    weft_status status = masked != NULL && rows != NULL ? WEFT_OK : wefti_error_memory(run->error);
    for (size_t i = 0; i < run->count && status == WEFT_OK; i++)
        masked[i] = (masked_row){mask_of(run, row_at(run, i)), i};
    if (status == WEFT_OK)
        qsort(masked, run->count, sizeof *masked, compare_masked);
    for (size_t i = 0; i < run->count && status == WEFT_OK; i++)
        rows[i] = row_at(run, masked[i].index);
    for (size_t first = 0, end; first < run->count && status == WEFT_OK; first = end) {
        for (end = first + 1; end < run->count && masked[end].mask == masked[first].mask;)
            end++;
        row_group group = {.count = end - first, .rows = rows + first};
        wefti_arena_mark mark = wefti_arena_mark_get(&run->arena);
        status = make_group(run, &group, masked[first].mask);
        if (status == WEFT_OK)
            status = send_group(run, &group);
        wefti_arena_rewind(&run->arena, mark);
    }
    wefti_free(masked);
    wefti_free(rows);
    return status;
}

static weft_status send_rows(insert_run *run)
{
    uint64_t mask = mask_of(run, run->rows);
    for (size_t i = 1; i < run->count; i++)
        if (mask_of(run, row_at(run, i)) != mask)
            return send_groups(run);
    row_group group = {.count = run->count};
    weft_status status = make_group(run, &group, mask);
    return status == WEFT_OK ? send_group(run, &group) : status;
}

/* ---- the public call ---- */

static weft_status check_options(const weft_insert_options *options, weft_error *error)
{
    if (options == NULL)
        return WEFT_OK;
    if (options->on_conflict == WEFT_CONFLICT_UPDATE && (options->conflict_columns == NULL || options->set == NULL)) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "WEFT_CONFLICT_UPDATE without .conflict_columns and .set");
        wefti_error_hint(error, ".conflict_columns say which unique key conflicts, .set = weft_sets(…) what is done to the row");
        return WEFT_ERROR_MISUSE;
    }
    if (options->on_conflict != WEFT_CONFLICT_UPDATE && options->set != NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, ".set without .on_conflict = WEFT_CONFLICT_UPDATE");
    return WEFT_OK;
}

/* Within a transaction that would keep what went before the statement that fails. */
static weft_status run_in_savepoint(insert_run *run)
{
    weft_connection *connection = run->connection;
    weft_status status = wefti_connection_savepoint(connection, run->deadline, run->error);
    if (status != WEFT_OK)
        return status;
    status = send_rows(run);
    if (status == WEFT_OK)
        return wefti_connection_savepoint_release(connection, run->deadline, run->error);
    if (wefti_connection_savepoint_rollback(connection, WEFTI_NO_DEADLINE, NULL) != WEFT_OK && connection->savepoints > 0)
        connection->savepoints--; /* it ends with the failed transaction */
    return status;
}

/* In autocommit, all or nothing needs a transaction of its own. */
static weft_status run_in_own_transaction(insert_run *run)
{
    weft_connection *connection = run->connection;
    wefti_begin begin = wefti_connection_begin_options(connection);
    weft_status status = wefti_connection_begin(connection, &begin, run->deadline, run->error);
    if (status != WEFT_OK)
        return status;
    status = send_rows(run);
    if (status == WEFT_OK)
        status = wefti_connection_commit(connection, run->deadline, run->error);
    if (status != WEFT_OK)
        (void)wefti_connection_rollback(connection, run->deadline, NULL);
    return status;
}

/* All rows or none, though several rows may be several statements. */
static weft_status run_whole(insert_run *run)
{
    weft_connection *connection = run->connection;
    bool several = run->count > 1;
    if (several && !connection->begun && connection->options.autocommit && !connection->in_transaction)
        return run_in_own_transaction(run);
    weft_status status = wefti_connection_autobegin(connection, false, run->deadline, run->error);
    if (status != WEFT_OK)
        return status;
    return several && connection->engine->capabilities->errors_end_nothing ? run_in_savepoint(run) : send_rows(run);
}

weft_status weft_connection_insert_many(weft_connection *connection, const weft_model *model, const void *rows, size_t count,
    const weft_insert_options *options, weft_error *error)
{
    weft_error local;
    if (error == NULL) {
        wefti_error_clear(&local);
        error = &local;
    }
    insert_run run = {.connection = connection, .options = options, .rows = rows, .count = count, .error = error};
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK)
        status = check_options(options, error);
    if (status == WEFT_OK)
        status = wefti_connection_table(connection, model, &run.table, error);
    if (status == WEFT_OK && rows == NULL && count > 0)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "the rows are NULL");
    if (status == WEFT_OK && connection->options.read_only)
        status = wefti_error_set(error, WEFT_ERROR_READ_ONLY, "an INSERT on a connection opened with .read_only = true");
    if (status == WEFT_OK)
        status = find_optional(&run);
    if (status == WEFT_OK && count > 0) {
        run.stride = run.table->size;
        run.deadline = wefti_connection_deadline(connection);
        wefti_arena_init(&run.arena, 0);
        status = run_whole(&run);
        wefti_arena_deinit(&run.arena);
    }
    if (options != NULL && options->inserted != NULL)
        *options->inserted = status == WEFT_OK ? run.inserted : 0;
    return status;
}
