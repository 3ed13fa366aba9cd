/* The Core insert: structs grouped by the columns that they give.
 *
 * A generated key that is zero, and a field that leaves its column's server default to fire, are left out of the statement. Usually
 * there is one group, read straight from the caller's array. Where conflicts are resolved, the order of rows shows in the result:
 * then rows go in their order, and a group is a run of rows that give the same columns.
 *
 * All rows or none: more than one statement means a transaction in autocommit, and a savepoint where the database's transactions go
 * on after an error. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"
#include "engine/write.h"
#include "sql/making.h"
#include "sql/nodes.h"

#include <stdlib.h>
#include <string.h>

typedef struct insert_run {
    weft_connection *connection;
    const wefti_table *table;
    const weft_insert_options *options;
    const void *rows;
    size_t count;
    size_t stride;
    wefti_deadline deadline;
    uint64_t inserted;
    const uint16_t *optional; /* columns that a row may leave out, by bit of its mask */
    uint16_t optional_count;
    uint16_t words; /* of a mask */
    wefti_arena arena;
    weft_error *error;
} insert_run;

/* ---- which columns a row gives ---- */

static weft_status find_optional(insert_run *run)
{
    uint16_t *optional = wefti_arena_alloc(&run->arena, run->table->column_count * sizeof *optional);
    if (optional == NULL)
        return wefti_error_memory(run->error);
    for (uint16_t i = 0; i < run->table->column_count; i++)
        if (wefti_column_may_be_omitted(&run->table->columns[i]))
            optional[run->optional_count++] = i;
    run->optional = optional;
    run->words = (uint16_t)(run->optional_count / 64 + 1);
    return WEFT_OK;
}

/* What the row leaves out, a bit for each optional column. */
static void make_mask(const insert_run *run, const void *row, uint64_t *mask)
{
    memset(mask, 0, run->words * sizeof *mask);
    for (uint16_t i = 0; i < run->optional_count; i++)
        if (wefti_field_says_nothing(&run->table->mapper->fields[run->optional[i]], row))
            mask[i / 64] |= UINT64_C(1) << i % 64;
}

/* ---- values that makers give ---- */

static weft_status make_row(insert_run *run, void *row)
{
    for (uint16_t i = 0; i < run->table->column_count; i++) {
        const wefti_column *column = &run->table->columns[i];
        const wefti_field *field = column->field;
        weft_value value;
        if (field->insert_value == NULL || !wefti_field_says_nothing(field, row))
            continue;
        weft_status status = wefti_make(column, field->insert_value, row, run->connection->user, &value, run->error);
        if (status == WEFT_OK && !value.is_null)
            status = wefti_decode_value(field->type, field->size, &value, (char *)row + field->offset, &run->arena, run->error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

/* Whether the row's version is still to begin. */
static bool begins(const wefti_field *version, const char *row)
{
    return wefti_field_value(version->type, version->size, row + version->offset).as.i == 0;
}

static bool any_begins(const insert_run *run)
{
    const wefti_column *version = run->table->mapper->version;
    for (size_t i = 0; version != NULL && i < run->count; i++)
        if (begins(version->field, (const char *)run->rows + i * run->stride))
            return true;
    return false;
}

/* As a flush does: a row's version begins at 1. */
static void begin_version(const insert_run *run, char *row)
{
    const wefti_column *column = run->table->mapper->version;
    const weft_value one = weft_value_int64(1);
    if (column != NULL && begins(column->field, row))
        (void)wefti_decode_value(column->field->type, column->field->size, &one, row + column->field->offset, NULL, NULL);
}

/* The caller's rows are const: makers, and versions that begin, write into copies. */
static weft_status make_rows(insert_run *run)
{
    if (!run->table->inserts_made && !any_begins(run))
        return WEFT_OK;
    char *rows = run->count <= SIZE_MAX / run->stride ? wefti_arena_alloc(&run->arena, run->count * run->stride) : NULL;
    if (rows == NULL)
        return wefti_error_memory(run->error);
    memcpy(rows, run->rows, run->count * run->stride);
    run->rows = rows;
    for (size_t i = 0; i < run->count; i++) {
        const weft_status status = make_row(run, rows + i * run->stride);
        begin_version(run, rows + i * run->stride);
        if (status != WEFT_OK) {
            wefti_error_prefix(run->error, "row %zu", i);
            run->error->nothing_sent = true;
            return status;
        }
    }
    return WEFT_OK;
}

/* What the database makes nobody else gives. */
static weft_status check_made(const insert_run *run)
{
    const wefti_table *table = run->table;
    for (uint16_t c = 0; table->has_made && c < table->column_count; c++)
        for (size_t i = 0; wefti_column_is_made(&table->columns[c]) && i < run->count; i++)
            if (!wefti_field_says_nothing(&table->mapper->fields[c], (const char *)run->rows + i * run->stride))
                return wefti_refuse_made(&table->columns[c], "weft_insert_many:", run->error);
    return WEFT_OK;
}

/* ---- groups ---- */

/* Rows that give the same columns; rows NULL: count of the array's, from the first on. */
static weft_status send_group(insert_run *run, const uint64_t *mask, const void *const *rows, size_t first, size_t count)
{
    const wefti_table *table = run->table;
    wefti_arena_mark mark = wefti_arena_mark_get(&run->arena);
    uint16_t *columns = wefti_arena_alloc(&run->arena, table->column_count * sizeof *columns);
    wefti_array *arrays = wefti_arena_alloc(&run->arena, table->column_count * sizeof *arrays);
    wefti_write write = {.connection = run->connection,
                         .table = table,
                         .columns = columns,
                         .arrays = arrays,
                         .count = count,
                         .options = run->options,
                         .arena = &run->arena,
                         .deadline = run->deadline,
                         .error = run->error};
    if (columns == NULL || arrays == NULL)
        return wefti_error_memory(run->error);
    for (uint16_t i = 0, bit = 0; i < table->column_count; i++) {
        const wefti_field *field = &table->mapper->fields[i];
        bool optional = bit < run->optional_count && run->optional[bit] == i;
        if (optional && (mask[bit / 64] >> bit % 64 & 1) != 0) {
            bit++;
            continue;
        }
        bit += optional;
        arrays[write.column_count] = (wefti_array){.type = field->type,
                                                   .size = field->size,
                                                   .count = count,
                                                   .rows = rows,
                                                   .base = (const char *)run->rows + first * run->stride,
                                                   .stride = run->stride,
                                                   .offset = field->offset};
        columns[write.column_count++] = i;
    }
    weft_status status = wefti_write_rows(&write);
    run->inserted += write.written;
    wefti_arena_rewind(&run->arena, mark);
    return status;
}

typedef struct masked_row {
    const uint64_t *mask;
    size_t index;
    uint16_t words;
} masked_row;

static int compare_masks(const masked_row *x, const masked_row *y) { return memcmp(x->mask, y->mask, x->words * sizeof *x->mask); }

static int compare_masked(const void *a, const void *b)
{
    const masked_row *x = a, *y = b;
    int order = compare_masks(x, y);
    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

static const void *row_at(const insert_run *run, size_t i) { return (const char *)run->rows + i * run->stride; }

static weft_status send_masked(insert_run *run, masked_row *masked, const void **rows)
{
    weft_status status = WEFT_OK;
    bool resolves = run->options != NULL && run->options->on_conflict != WEFT_CONFLICT_ERROR;
    if (!resolves)
        qsort(masked, run->count, sizeof *masked, compare_masked);
    for (size_t i = 0; i < run->count; i++)
        rows[i] = row_at(run, masked[i].index);
    for (size_t first = 0, end; first < run->count && status == WEFT_OK; first = end) {
        for (end = first + 1; end < run->count && compare_masks(&masked[end], &masked[first]) == 0;)
            end++;
        status = send_group(run, masked[first].mask, rows + first, 0, end - first);
    }
    return status;
}

/* Rows that give different columns. */
static weft_status send_groups(insert_run *run)
{
    weft_status status = WEFT_OK;
    masked_row *masked = wefti_malloc(run->count * sizeof *masked);
    const void **rows = wefti_malloc(run->count * sizeof *rows);
    uint64_t *masks = wefti_calloc(run->count, run->words * sizeof *masks);
    if (masked == NULL || rows == NULL || masks == NULL)
        status = wefti_error_memory(run->error);
    for (size_t i = 0; i < run->count && status == WEFT_OK; i++) {
        uint64_t *mask = masks + i * run->words;
        make_mask(run, row_at(run, i), mask);
        masked[i] = (masked_row){mask, i, run->words};
    }
    if (status == WEFT_OK)
        status = send_masked(run, masked, rows);
    wefti_free(masked);
    wefti_free(rows);
    wefti_free(masks);
    return status;
}

static weft_status send_rows(insert_run *run)
{
    uint64_t *first = wefti_arena_alloc(&run->arena, 2u * run->words * sizeof *first);
    if (first == NULL)
        return wefti_error_memory(run->error);
    uint64_t *mask = first + run->words;
    make_mask(run, run->rows, first);
    for (size_t i = 1; i < run->count; i++) {
        make_mask(run, row_at(run, i), mask);
        if (memcmp(mask, first, run->words * sizeof *mask) != 0)
            return send_groups(run);
    }
    return send_group(run, first, NULL, 0, run->count);
}

/* ---- the public call ---- */

/* Within a transaction that would keep what went before the statement that fails. */
static weft_status run_in_savepoint(insert_run *run)
{
    wefti_guard guard;
    weft_status status = wefti_guard_open(&guard, run->connection, run->deadline, run->error);
    if (status != WEFT_OK)
        return status;
    status = send_rows(run);
    if (status == WEFT_OK)
        return wefti_guard_keep(&guard, run->deadline, run->error);
    wefti_guard_fail(&guard);
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

/* All rows or none, though several rows may be several statements, and a row may be refused after it was stored. */
static weft_status run_whole(insert_run *run)
{
    weft_connection *connection = run->connection;
    const bool several = run->count > 1 || (run->table->generated == NULL && wefti_key_may_outgrow(connection, run->table));
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
    WEFTI_NODES_ENTER;
    weft_error local;
    if (error == NULL) {
        wefti_error_clear(&local);
        error = &local;
    }
    insert_run run = {.connection = connection, .options = options, .rows = rows, .count = count, .error = error};
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK)
        status = wefti_conflict_check(options, error);
    if (status == WEFT_OK && options != NULL && wefti_nodes_watching())
        status = wefti_nodes_check(&(wefti_node_roots){.conflict = options}, error);
    if (status == WEFT_OK)
        status = wefti_connection_table(connection, model, &run.table, error);
    if (status == WEFT_OK) {
        status = wefti_error_unsent(wefti_table_check_written(run.table, "weft_insert_many", error), error);
    }
    if (status == WEFT_OK && rows == NULL && count > 0)
        status = wefti_error_unsent(wefti_error_set(error, WEFT_ERROR_MISUSE, "the rows are NULL"), error);
    if (status == WEFT_OK && connection->options.read_only)
        status = wefti_error_unsent(wefti_error_set(error, WEFT_ERROR_READ_ONLY,
                                                    "an INSERT on a connection opened with .read_only = true"),
                                    error);
    if (status == WEFT_OK && count > 0) {
        run.stride = run.table->mapper->size;
        run.deadline = wefti_connection_deadline(connection);
        wefti_arena_init(&run.arena, 0);
        status = check_made(&run);
        if (status == WEFT_OK)
            status = make_rows(&run);
        if (status == WEFT_OK)
            status = find_optional(&run);
        if (status == WEFT_OK)
            status = run_whole(&run);
        wefti_arena_deinit(&run.arena);
    }
    if (options != NULL && options->inserted != NULL)
        *options->inserted = status == WEFT_OK ? run.inserted : 0;
    return status;
}
