/* Rows of which something comes back: keys that the database makes, and columns that it fills in.
 *
 * The order of returned rows promises nothing, so which row is which is known by what the statement carries:
 *   keys taken from the sequence beforehand, which then go with the rows by COPY or lists of VALUES;
 *   an INSERT from arrays in order, where a sequence that ascends makes the keys: those returned must ascend, too;
 *   an INSERT that numbers its rows and makes the keys itself, by the column's own default, whatever that is;
 *   one statement for each row, pipelined where the server can: always right, and the slowest.
 * Triggers may store another key than the one made: where there are any the third form is undone when keys differ, and the fourth
 * does it. What the catalogue says about the table decides (facts.h). */
#include "engine/facts.h"
#include "engine/write.h"

#include "base/error.h"
#include "base/thread.h"
#include "engine/engine_private.h"

#include <string.h>

static bool is_given(const wefti_write *write, const wefti_column *column)
{
    for (uint16_t i = 0; i < write->column_count; i++)
        if (write->columns[i] == column->index)
            return true;
    return false;
}

/* The key's column that the database makes for these rows. */
static const wefti_column *made_key(const wefti_write *write)
{
    const wefti_column *made = wefti_made_key(write->table);
    return made != NULL && !is_given(write, made) ? made : NULL;
}

bool wefti_write_leaves_key(const wefti_write *write)
{
    return write->table->generated != NULL && made_key(write) == write->table->generated;
}

static weft_status changed_meanwhile(const wefti_write *write)
{
    wefti_key_facts_forget(write->connection, write->table, true);
    (void)wefti_error_set(write->error, WEFT_ERROR_SERIALIZATION,
                          "the keys of %s are not those that its definition makes: it was changed meanwhile", write->table->name);
    wefti_error_hint(write->error, "roll back and run the transaction again (weft_transact does)");
    return WEFT_ERROR_SERIALIZATION;
}

/* ---- keys before rows ---- */

/* As a 64-bit integer, whatever the column is to hold. */
static weft_status read_greatest(const wefti_write *write, const wefti_column *key, int64_t *greatest)
{
    WEFTI_NOT_CANCELLED;
    const weft_expr column = {.op = WEFT_EXPR_COLUMN, .model = write->table->model, .offset = key->field->offset};
    const weft_expr *const arguments[] = {&column, &weft_end};
    const weft_expr greatest_of = {.op = WEFT_EXPR_FN, .name = "max", .args = arguments};
    const weft_expr *const whole[] = {&greatest_of, &weft_end};
    const weft_expr wide = {.op = WEFT_EXPR_CAST, .value = {.type = WEFT_INT64}, .args = whole};
    const weft_expr *const columns[] = {&wide, &weft_end};
    const wefti_select select = {.from = write->table, .columns = columns};
    const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool has_row = false;
    *greatest = 0;
    weft_status status = wefti_connection_run(write->connection, &data, NULL, 0, false, wefti_write_deadline(write), &cursor,
                                              &compiled, write->error);
    if (status != WEFT_OK)
        return status;
    status = wefti_connection_step(write->connection, cursor, &has_row, write->error);
    if (status == WEFT_OK && has_row && !cursor->row[0].is_null && !wefti_cell_int64(&cursor->row[0], greatest))
        status = wefti_error_set(write->error, WEFT_ERROR_DATA, "the greatest key of %s is not an integer", write->table->name);
    wefti_connection_finish(write->connection, cursor, compiled);
    return status;
}

bool wefti_key_may_outgrow(const weft_connection *connection, const wefti_table *table)
{
    const wefti_column *key = wefti_made_key(table);
    return key != NULL && connection->driver->counts_keys != NULL && wefti_type_is_integer(key->type) &&
           wefti_type_of(key->type)->greatest < INT64_MAX;
}

/* Whether the greatest key is one that the column's type holds. */
static weft_status fits(const wefti_write *write, const wefti_column *key, int64_t greatest)
{
    if (greatest <= wefti_type_of(key->type)->greatest)
        return WEFT_OK;
    (void)wefti_error_set(write->error, WEFT_ERROR_DATA, "the next key of %s, %lld, lies beyond what %s.%s can hold",
                          write->table->name, (long long)greatest, write->table->model->name, key->field->name);
    wefti_error_hint(write->error, "make the field an int64_t, or give keys that are free");
    return WEFT_ERROR_DATA;
}

weft_status wefti_write_check_keys(const wefti_write *write)
{
    int64_t greatest;
    const wefti_column *key = made_key(write);
    if (key == NULL || !wefti_key_may_outgrow(write->connection, write->table))
        return WEFT_OK;
    const weft_status status = read_greatest(write, key, &greatest);
    return status == WEFT_OK ? fits(write, key, greatest) : status;
}

/* Above the greatest key, while the transaction has the only right to write. */
static weft_status take_above_greatest(wefti_write *write, const wefti_column *key)
{
    int64_t greatest;
    weft_status status = read_greatest(write, key, &greatest);
    if (status != WEFT_OK)
        return status;
    greatest = greatest < 0 ? 0 : greatest;
    if (greatest > INT64_MAX - (int64_t)write->count)
        return WEFT_OK; /* the database finds free ones by itself */
    status = fits(write, key, greatest + (int64_t)write->count);
    if (status != WEFT_OK)
        return status;
    write->keys = wefti_write_room(write, write->count, sizeof *write->keys);
    for (size_t i = 0; write->keys != NULL && i < write->count; i++)
        write->keys[i] = greatest + 1 + (int64_t)i;
    return write->keys != NULL ? WEFT_OK : WEFT_ERROR_NO_MEMORY;
}

static weft_status take_from_sequence(wefti_write *write)
{
    wefti_key_facts facts;
    weft_status status = wefti_key_facts_find(write->connection, write->table, true, write->arena, wefti_write_deadline(write),
                                              &facts, write->error);
    if (status != WEFT_OK || !facts.plain || facts.triggers || facts.sequence == 0 || !facts.may_reserve)
        return status;
    write->keys = wefti_write_room(write, write->count, sizeof *write->keys);
    if (write->keys == NULL)
        return WEFT_ERROR_NO_MEMORY;
    status = wefti_connection_reserve_keys(write->connection, facts.sequence, write->count, write->keys,
                                           wefti_write_deadline(write), write->error);
    bool gone = status != WEFT_OK && wefti_driver_means(write->connection->driver, write->error, WEFTI_MEANS_SOURCE_GONE);
    return gone ? changed_meanwhile(write) : status;
}

weft_status wefti_write_take_block(wefti_write *write)
{
    const wefti_capabilities *can = write->connection->engine->capabilities;
    const wefti_column *key = made_key(write);
    if (key == NULL || key != write->table->generated || write->returning_count != 1 || write->column_count == 0)
        return WEFT_OK;
    if (can->sequences && wefti_write_copies(write))
        return write->count >= WEFTI_WRITE_COPY_ROWS ? take_from_sequence(write) : WEFT_OK;
    const weft_connection *connection = write->connection;
    bool counts = can->multi_row_values && write->count >= WEFTI_WRITE_KEY_BLOCK_ROWS && connection->driver->counts_keys != NULL &&
                  connection->dbc != NULL && connection->driver->counts_keys(connection->dbc, write->table->name, key->name);
    return counts ? take_above_greatest(write, key) : WEFT_OK;
}

/* The rows with their keys. *done false: others may have been stored, and none was. */
static weft_status send_block(wefti_write *write, bool *done)
{
    weft_status status = WEFT_OK;
    const wefti_column *key = write->table->generated;
    wefti_write known = *write;
    uint16_t *columns = wefti_write_room(write, write->column_count + 1u, sizeof *columns), at = 0;
    wefti_array *arrays = wefti_write_room(write, write->column_count + 1u, sizeof *arrays);
    if (columns == NULL || arrays == NULL)
        return WEFT_ERROR_NO_MEMORY;
    for (size_t i = 0; i < write->count && status == WEFT_OK; i++) {
        const weft_value cell = weft_value_int64(write->keys[i]);
        status = write->on_row(write->context, write->first + i, &cell, 1, write->error);
    }
    if (status != WEFT_OK)
        return status;
    while (at < write->column_count && write->columns[at] < key->index)
        at++;
    memcpy(columns, write->columns, at * sizeof *columns);
    memcpy(arrays, write->arrays, at * sizeof *arrays);
    memcpy(columns + at + 1, write->columns + at, (write->column_count - (size_t)at) * sizeof *columns);
    memcpy(arrays + at + 1, write->arrays + at, (write->column_count - (size_t)at) * sizeof *arrays);
    columns[at] = key->index;
    arrays[at] = write->arrays[0];
    arrays[at].type = key->field->type;
    arrays[at].size = key->field->size;
    arrays[at].offset = key->field->offset;
    known.columns = columns;
    known.arrays = arrays;
    known.column_count++;
    status = wefti_write_known(&known, true, done);
    write->written = known.written;
    write->no_copy = known.no_copy;
    return status;
}

/* ---- one by one ---- */

/* The driver tells the key of each row without being asked to return it. */
static bool key_is_told(const wefti_write *write)
{
    return write->returning_count == 1 &&
           write->returning[0] == (write->table->generated != NULL ? write->table->generated->index : UINT16_MAX) &&
           !write->connection->engine->capabilities->returning_is_cheap;
}

static wefti_dml returning_dml(const wefti_write *write, wefti_dml_kind kind)
{
    wefti_dml dml = wefti_write_dml(write, kind, 1);
    dml.returning = write->returning;
    dml.returning_count = key_is_told(write) ? 0 : write->returning_count;
    dml.tells_key = dml.returning_count == 0;
    return dml;
}

typedef struct delivery {
    const wefti_write *write;
    size_t count;
} delivery;

static weft_status deliver(void *context, size_t index, const weft_value *cells, uint16_t count, weft_error *error)
{
    delivery *d = context;
    d->count++;
    return d->write->on_row(d->write->context, d->write->first + index, cells, count, error);
}

static weft_status send_each(wefti_write *write)
{
    uint64_t changed = 0;
    delivery d = {.write = write};
    wefti_dml dml = returning_dml(write, WEFTI_INSERT);
    weft_status status = wefti_connection_run_many(write->connection, &dml, write->arrays, write->count, deliver, &d,
                                                   wefti_write_deadline(write), &changed, NULL, NULL, write->error);
    write->written += changed;
    return status == WEFT_OK && d.count != write->count ? wefti_write_lost(write, d.count) : status;
}

static weft_status take_one(wefti_write *write, wefti_cursor *cursor, const wefti_dml *dml)
{
    bool has_row = false;
    weft_value key;
    if (dml->tells_key) {
        weft_status status = write->connection->driver->told_key(cursor, &key, &has_row, write->error);
        if (status != WEFT_OK || !has_row)
            return status != WEFT_OK ? status : wefti_write_lost(write, 0);
        return write->on_row(write->context, write->first, &key, 1, write->error);
    }
    weft_status status = wefti_connection_step(write->connection, cursor, &has_row, write->error);
    if (status == WEFT_OK && !has_row)
        return wefti_write_lost(write, 0);
    return status == WEFT_OK ? write->on_row(write->context, write->first, cursor->row, write->returning_count, write->error)
                             : status;
}

static weft_status send_single(wefti_write *write)
{
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    wefti_dml dml = returning_dml(write, WEFTI_INSERT);
    const wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = &dml};
    weft_value *values = wefti_write_room(write, write->column_count, sizeof *values);
    if (values == NULL)
        return WEFT_ERROR_NO_MEMORY;
    for (uint16_t i = 0; i < write->column_count; i++)
        values[i] = wefti_write_value(write, &write->arrays[i], 0);
    weft_status status = wefti_connection_run(write->connection, &data, values, write->column_count, false,
                                              wefti_write_deadline(write), &cursor, &compiled, write->error);
    if (status != WEFT_OK)
        return status;
    status = take_one(write, cursor, &dml);
    wefti_connection_finish(write->connection, cursor, compiled);
    write->written += status == WEFT_OK;
    return status;
}

/* ---- arrays ---- */

typedef struct reading {
    wefti_write *write;
    wefti_cursor *cursor;
    const wefti_compiled *compiled;
    size_t taken;
    bool agrees; /* what came back so far is what was to come */
} reading;

static weft_status start_arrays(reading *r, const wefti_dml *dml)
{
    wefti_write *write = r->write;
    const wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = dml};
    weft_value *values = wefti_write_room(write, write->column_count, sizeof *values);
    if (values == NULL)
        return WEFT_ERROR_NO_MEMORY;
    for (uint16_t i = 0; i < write->column_count; i++)
        values[i] = wefti_array_value(&write->arrays[i]);
    return wefti_connection_run(write->connection, &data, values, write->column_count, false, wefti_write_deadline(write),
                                &r->cursor, &r->compiled, write->error);
}

/* Whether the row gives back the key that was sent in this place. */
static bool has_key(const wefti_write *write, size_t place, const weft_value *cells)
{
    for (uint16_t k = 0; k < write->table->key_count; k++) { /* the columns of the key come first */
        uint16_t at = 0;
        while (at < write->column_count && write->columns[at] != write->returning[k])
            at++;
        if (at == write->column_count)
            return false;
        const wefti_array *array = &write->arrays[at];
        weft_value given = wefti_field_value(array->type, array->size, wefti_array_field(array, place));
        if (wefti_bind_value(write->table->key[k], &given, NULL, NULL) != WEFT_OK || !wefti_values_match(&given, &cells[k]))
            return false;
    }
    return true;
}

/* Keys made by a sequence ascend as the rows do; given ones come back in their places. */
static weft_status take_ordered(reading *r, bool keyed)
{
    wefti_write *write = r->write;
    int64_t last = 0, key = 0;
    r->agrees = true;
    for (;;) {
        bool has_row = false;
        weft_status status = wefti_connection_step(write->connection, r->cursor, &has_row, write->error);
        if (status != WEFT_OK || !has_row)
            return status;
        const weft_value *cells = r->cursor->row;
        r->agrees = r->taken < write->count &&
                    (keyed ? wefti_cell_int64(&cells[0], &key) && (r->taken == 0 || key > last) : has_key(write, r->taken, cells));
        if (!r->agrees)
            return WEFT_OK;
        last = key;
        status = write->on_row(write->context, write->first + r->taken, cells, write->returning_count, write->error);
        if (status != WEFT_OK)
            return status;
        r->taken++;
    }
}

static weft_status send_ordered(wefti_write *write, bool keyed)
{
    WEFTI_NOT_CANCELLED;
    reading r = {.write = write};
    wefti_dml dml = wefti_write_dml(write, WEFTI_INSERT_ARRAYS, 0);
    dml.returning = write->returning;
    dml.returning_count = write->returning_count;
    weft_status status = start_arrays(&r, &dml);
    if (status == WEFT_OK)
        status = take_ordered(&r, keyed);
    wefti_connection_finish(write->connection, r.cursor, r.compiled);
    write->written += r.taken;
    return status == WEFT_OK && (!r.agrees || r.taken != write->count) ? changed_meanwhile(write) : status;
}

/* ---- arrays with numbers ---- */

static weft_status take_numbered(reading *r)
{
    wefti_write *write = r->write;
    for (;;) {
        bool has_row = false;
        weft_status status = wefti_connection_step(write->connection, r->cursor, &has_row, write->error);
        if (status != WEFT_OK || !has_row)
            return status;
        const weft_value *cells = r->cursor->row;
        r->agrees = !cells[0].is_null && cells[0].as.i >= 1 && (uint64_t)cells[0].as.i <= write->count && !cells[1].is_null &&
                    cells[1].as.b && !cells[2].is_null;
        if (!r->agrees)
            return WEFT_OK;
        status = write->on_row(write->context, write->first + (size_t)cells[0].as.i - 1, cells + 2, write->returning_count,
                               write->error);
        if (status != WEFT_OK)
            return status;
        r->taken++;
    }
}

/* *agrees false: a trigger has stored other keys, or other rows. */
static weft_status send_numbered(wefti_write *write, const wefti_key_facts *facts, bool *agrees)
{
    WEFTI_NOT_CANCELLED;
    reading r = {.write = write, .agrees = true};
    wefti_dml dml = wefti_write_dml(write, WEFTI_INSERT_ORDINAL, 0);
    dml.returning = write->returning;
    dml.returning_count = write->returning_count;
    dml.key_column = write->returning[0];
    dml.key_default = facts->expression;
    dml.key_type = facts->type;
    weft_status status = start_arrays(&r, &dml);
    if (status == WEFT_OK)
        status = take_numbered(&r);
    wefti_connection_finish(write->connection, r.cursor, r.compiled);
    *agrees = r.agrees && r.taken == write->count;
    write->written += *agrees ? r.taken : 0;
    return status;
}

/* Under a trigger that may store other keys. */
static weft_status send_numbered_guarded(wefti_write *write, const wefti_key_facts *facts)
{
    wefti_guard guard;
    bool agrees = true;
    weft_status status = wefti_guard_open(&guard, write->connection, wefti_write_deadline(write), write->error);
    if (status != WEFT_OK)
        return status;
    status = send_numbered(write, facts, &agrees);
    if (status != WEFT_OK) {
        wefti_guard_fail(&guard);
        return status;
    }
    if (agrees)
        return wefti_guard_keep(&guard, wefti_write_deadline(write), write->error);
    status = wefti_guard_undo(&guard, wefti_write_deadline(write), write->error);
    return status == WEFT_OK ? send_each(write) : status;
}

/* ---- choice ---- */

static bool may_number(const wefti_write *write, const wefti_key_facts *facts)
{
    return facts->plain && facts->expression != NULL && facts->type != NULL && (facts->sequence == 0 || facts->may_reserve) &&
           write->connection->begun;
}

static weft_status send_made(wefti_write *write, const wefti_column *made)
{
    wefti_key_facts facts;
    bool agrees = true;
    weft_status status = wefti_key_facts_find(write->connection, write->table, true, write->arena, wefti_write_deadline(write),
                                              &facts, write->error);
    if (status != WEFT_OK)
        return status;
    if (facts.plain && !facts.triggers && facts.ascending && made == write->table->generated)
        return send_ordered(write, true);
    if (!may_number(write, &facts) || (facts.triggers && write->count < WEFTI_WRITE_NUMBERED_ROWS))
        return send_each(write);
    if (facts.triggers)
        return send_numbered_guarded(write, &facts);
    status = send_numbered(write, &facts, &agrees);
    return status == WEFT_OK && !agrees ? changed_meanwhile(write) : status;
}

static weft_status send_given(wefti_write *write)
{
    wefti_key_facts facts;
    weft_status status = wefti_key_facts_find(write->connection, write->table, false, write->arena, wefti_write_deadline(write),
                                              &facts, write->error);
    if (status != WEFT_OK)
        return status;
    return facts.plain && !facts.triggers && facts.exact ? send_ordered(write, false) : send_each(write);
}

/* Whether all of the key is given, or the one column that makes it up is not. */
static bool key_is_known(const wefti_write *write)
{
    for (uint16_t i = 0; i < write->table->key_count; i++)
        if (!is_given(write, write->table->key[i]))
            return false;
    return write->table->key_count > 0;
}

weft_status wefti_write_returning(wefti_write *write)
{
    const wefti_capabilities *can = write->connection->engine->capabilities;
    if (write->keys != NULL && !write->no_copy && (!wefti_write_copies(write) || write->count >= WEFTI_WRITE_COPY_ROWS)) {
        bool done = true;
        weft_status status = send_block(write, &done);
        if (status != WEFT_OK || done)
            return status;
        wefti_key_facts_forget(write->connection, write->table, false);
    }
    if (write->count == 1)
        return send_single(write);
    if (!can->array_parameters_typed || write->column_count == 0)
        return send_each(write);
    const wefti_column *made = made_key(write);
    if (made != NULL)
        return send_made(write, made);
    return key_is_known(write) && !write->respelled ? send_given(write) : send_each(write);
}
