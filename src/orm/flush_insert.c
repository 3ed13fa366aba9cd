/* INSERT of new objects: keys, and what the database fills in.
 *
 * Keys that the database generates are known before sending where a block of them can be had: from the sequence, or above the
 * greatest key while the transaction has the only right to write. Otherwise they come back: of many rows in one statement the
 * i-th smallest key is the i-th object's, because rows are inserted in the objects' order, while the order of returned rows
 * promises nothing. Omitted columns with defaults come back into their fields. */
#include "orm/flush.h"

#include "base/error.h"
#include "base/thread.h"
#include "orm/key.h"

#include <stdlib.h>
#include <string.h>

typedef struct inserting {
    wefti_flush *flush;
    wefti_flush_table *plan;
    const wefti_table *table;
    const wefti_flush_set *set;
    wefti_flush_row **rows;
    const void **structs;
    size_t n;
    bool keyed;            /* the database makes the key */
    bool respelled;        /* a given key may come back in another spelling: rows cannot be matched by it */
    uint16_t *returning;   /* columns to read back */
    uint16_t returning_count;
} inserting;

static weft_status failed(const inserting *in, weft_error *error)
{
    return wefti_flush_failed(in->flush, "INSERT INTO", in->table, error);
}

static wefti_array *set_arrays(const inserting *in, const wefti_flush_set *set)
{
    wefti_array *arrays = wefti_flush_alloc(in->flush, (set->column_count + 1u) * sizeof *arrays);
    for (uint16_t c = 0; arrays != NULL && c < set->column_count; c++)
        arrays[c] = wefti_flush_array(&in->table->columns[set->columns[c]], in->structs, in->n);
    return arrays;
}

static weft_status send_known(const inserting *in, const wefti_flush_set *set)
{
    const wefti_array *arrays = set_arrays(in, set);
    if (arrays == NULL)
        return in->flush->session->error.status;
    return wefti_flush_send_rows(in->flush, in->table, set->columns, set->column_count, arrays, in->n);
}

/* ---- keys before sending ---- */

static weft_status read_greatest(const inserting *in, int64_t *greatest, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_session *session = in->flush->session;
    const wefti_column *key = in->table->generated;
    const weft_expr column = { .op = WEFT_EXPR_COLUMN, .model = in->table->model, .offset = key->offset };
    const weft_expr *const arguments[] = { &column, &weft_end };
    const weft_expr greatest_of = { .op = WEFT_EXPR_FN, .name = "max", .args = arguments };
    const weft_expr *const columns[] = { &greatest_of, &weft_end };
    const wefti_select select = { .from = in->table, .columns = columns };
    const wefti_statement_data data = { .kind = WEFTI_KIND_SELECT, .of.select = &select };
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool has_row = false;
    *greatest = 0;
    weft_status status = wefti_connection_run(&session->connection, &data, NULL, 0, false, wefti_session_deadline(session),
        &cursor, &compiled, error);
    if (status != WEFT_OK)
        return status;
    status = wefti_connection_step(&session->connection, cursor, &has_row, error);
    if (status == WEFT_OK && has_row && !cursor->row[0].is_null && !wefti_cell_int64(&cursor->row[0], greatest))
        status = wefti_error_set(error, WEFT_ERROR_DATA, "the greatest key is not an integer");
    wefti_connection_finish(&session->connection, cursor, compiled);
    return status;
}

static weft_status take_block(const inserting *in, int64_t *keys, weft_error *error)
{
    weft_session *session = in->flush->session;
    if (in->flush->can->sequences)
        return wefti_connection_reserve_keys(&session->connection, in->table, in->n, keys, wefti_session_deadline(session), error);
    int64_t greatest;
    weft_status status = read_greatest(in, &greatest, error);
    if (status != WEFT_OK)
        return status;
    if (greatest < 0)
        greatest = 0;
    if (greatest > INT64_MAX - (int64_t)in->n)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "there are not %zu keys left above the greatest one", in->n);
    for (size_t i = 0; i < in->n; i++)
        keys[i] = greatest + 1 + (int64_t)i;
    return WEFT_OK;
}

static weft_status set_keys(const inserting *in, const int64_t *keys, weft_error *error)
{
    const wefti_column *key = in->table->generated;
    for (size_t i = 0; i < in->n; i++) {
        void *field = wefti_object_field(in->rows[i]->object, key->offset);
        if (key->field_type == WEFT_INT64) {
            *(int64_t *)field = keys[i];
            continue;
        }
        weft_value value = weft_value_int64(keys[i]);
        weft_status status = wefti_decode_value(key->field_type, key->size, &value, field, NULL, error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

/* The set with the key: what is sent once a block gives it. */
static const wefti_flush_set *with_key(const inserting *in)
{
    uint64_t bits[WEFTI_FLUSH_WORDS];
    uint16_t key = in->table->generated->index;
    memcpy(bits, in->set->bits, in->plan->words * sizeof *bits);
    bits[key / 64] |= UINT64_C(1) << key % 64;
    return wefti_flush_set_of(in->flush, in->plan, &in->plan->insert_sets, bits);
}

/* ---- values that come back ---- */

static weft_status take_cells(const inserting *in, wefti_object *object, const weft_value *cells, weft_error *error)
{
    weft_status status = WEFT_OK;
    for (uint16_t c = 0; c < in->returning_count && status == WEFT_OK; c++)
        status = wefti_decode_field(&in->table->columns[in->returning[c]], &cells[c], wefti_object_struct(object),
            &object->cohort->batch->arena, error);
    return status;
}

static weft_status take_row(void *context, size_t index, const weft_value *cells, uint16_t count, weft_error *error)
{
    const inserting *in = context;
    (void)count;
    return take_cells(in, in->rows[index]->object, cells, error);
}

/* The driver tells the key of each row without being asked to return it. */
static bool key_is_told(const inserting *in)
{
    return in->keyed && in->returning_count == 1 && !in->flush->can->returning_is_cheap;
}

static wefti_dml returning_dml(const inserting *in, wefti_dml_kind kind)
{
    return (wefti_dml){ .kind = kind, .table = in->table, .columns = in->set->columns, .column_count = in->set->column_count,
        .returning = in->returning, .returning_count = key_is_told(in) ? 0 : in->returning_count };
}

static weft_status insert_each(inserting *in)
{
    weft_session *session = in->flush->session;
    weft_error error = { 0 };
    wefti_dml dml = returning_dml(in, WEFTI_INSERT);
    const wefti_array *arrays = set_arrays(in, in->set);
    if (arrays == NULL)
        return session->error.status;
    if (wefti_connection_run_many(&session->connection, &dml, arrays, in->n, take_row, in, wefti_session_deadline(session), NULL,
        NULL, NULL, &error) != WEFT_OK)
        return failed(in, &error);
    return WEFT_OK;
}

/* The key columns come first. */
static bool has_key(const inserting *in, const wefti_object *object, const weft_value *cells)
{
    weft_value own[WEFTI_MAX_KEY_COLUMNS];
    wefti_object_key(object, own);
    return wefti_keys_equal(in->table, own, cells);
}

/* Of given keys the row is looked for where it is expected first, then further on. */
static wefti_object *match_key(const inserting *in, size_t expected, const weft_value *cells)
{
    for (size_t i = 0; i < in->n; i++) {
        wefti_object *object = in->rows[(expected + i) % in->n]->object;
        if (has_key(in, object, cells))
            return object;
    }
    return NULL;
}

static weft_status take_all(const inserting *in, wefti_cursor *cursor, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_connection *connection = &in->flush->session->connection;
    size_t taken = 0;
    for (;;) {
        bool has_row = false;
        weft_status status = wefti_connection_step(connection, cursor, &has_row, error);
        if (status != WEFT_OK)
            return status;
        if (!has_row)
            break;
        wefti_object *object = taken >= in->n ? NULL : in->keyed || in->n == 1 ? in->rows[taken]->object
                                                                                    : match_key(in, taken, cursor->row);
        if (object == NULL)
            return wefti_error_set(error, WEFT_ERROR_INTERNAL, "a row came back that was not sent");
        status = take_cells(in, object, cursor->row, error);
        if (status != WEFT_OK)
            return status;
        taken++;
    }
    if (taken != in->n)
        return wefti_error_set(error, WEFT_ERROR_INTERNAL, "%zu of %zu rows came back", taken, in->n);
    return WEFT_OK;
}

typedef struct returned { int64_t key; const void *copy; } returned;

static int compare_returned(const void *a, const void *b)
{
    const returned *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static int64_t key_of(const inserting *in, const void *structure)
{
    const wefti_column *key = in->table->generated;
    return wefti_field_value(key->field_type, key->size, (const char *)structure + key->offset).as.i;
}

/* The i-th smallest key is the i-th object's: what was taken in another order is handed out again. */
static weft_status order_by_key(const inserting *in)
{
    wefti_flush *flush = in->flush;
    size_t at = 1;
    while (at < in->n && key_of(in, in->structs[at - 1]) < key_of(in, in->structs[at]))
        at++;
    if (at >= in->n)
        return WEFT_OK;
    returned *all = wefti_flush_alloc(flush, in->n * sizeof *all);
    if (all == NULL)
        return flush->session->error.status;
    for (size_t i = 0; i < in->n; i++) {
        all[i].key = key_of(in, in->structs[i]);
        all[i].copy = wefti_arena_memdup(&flush->arena, in->structs[i], in->table->size);
        if (all[i].copy == NULL)
            return wefti_session_fail_memory(flush->session);
    }
    qsort(all, in->n, sizeof *all, compare_returned);
    for (size_t i = 0; i < in->n; i++) {
        wefti_object *object = in->rows[i]->object;
        for (uint16_t c = 0; c < in->returning_count; c++) {
            const wefti_column *column = &in->table->columns[in->returning[c]];
            memcpy(wefti_object_field(object, column->offset), (const char *)all[i].copy + column->offset, column->size);
        }
        if (!wefti_object_own_text(flush->session, object, NULL)) /* its text may lie with another object's */
            return flush->session->error.status;
    }
    return WEFT_OK;
}

/* In one statement: one row, or arrays. */
static weft_status insert_returning(const inserting *in, wefti_dml_kind kind)
{
    weft_session *session = in->flush->session;
    weft_connection *connection = &session->connection;
    weft_error error = { 0 };
    wefti_dml dml = returning_dml(in, kind);
    const wefti_statement_data data = { .kind = WEFTI_KIND_DML, .of.dml = &dml };
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    const wefti_array *arrays = set_arrays(in, in->set);
    weft_value *values = wefti_flush_alloc(in->flush, (in->set->column_count + 1u) * sizeof *values);
    if (arrays == NULL || values == NULL)
        return session->error.status;
    for (uint16_t c = 0; c < in->set->column_count; c++)
        values[c] = kind == WEFTI_INSERT ? wefti_flush_value(&arrays[c], 0) : wefti_array_value(&arrays[c]);
    weft_status status = wefti_connection_run(connection, &data, values, in->set->column_count, false,
        wefti_session_deadline(session), &cursor, &compiled, &error);
    if (status == WEFT_OK && dml.returning_count > 0)
        status = take_all(in, cursor, &error);
    wefti_connection_finish(connection, cursor, compiled);
    if (status == WEFT_OK && key_is_told(in)) {
        weft_value key = weft_value_int64(connection->driver->last_insert_id(connection->dbc));
        status = take_cells(in, in->rows[0]->object, &key, &error);
    }
    if (status != WEFT_OK)
        return failed(in, &error);
    return in->keyed && kind != WEFTI_INSERT ? order_by_key(in) : WEFT_OK;
}

/* ---- one group ---- */

/* Given keys are read back, too, where rows must be matched by them or the database may spell them otherwise; they come first. */
static weft_status choose_returning(inserting *in)
{
    const wefti_table *table = in->table;
    in->returning = wefti_flush_alloc(in->flush, (table->column_count + 1u) * sizeof *in->returning);
    if (in->returning == NULL)
        return in->flush->session->error.status;
    in->keyed = table->generated != NULL && !wefti_flush_has(in->set->bits, table->generated->index);
    in->respelled = wefti_key_is_respelled(table);
    if (in->set->column_count == table->column_count && !in->respelled)
        return WEFT_OK;
    for (uint16_t i = 0; i < table->key_count; i++)
        in->returning[in->returning_count++] = table->key[i]->index;
    for (uint16_t i = 0; i < table->column_count; i++)
        if (!wefti_flush_has(in->set->bits, i) && !table->columns[i].primary_key)
            in->returning[in->returning_count++] = i;
    return WEFT_OK;
}

/* A primary key with a default of the database's that is no sequence (a UUID, say): rows cannot be matched by it. */
static bool key_unknown(const inserting *in)
{
    for (uint16_t i = 0; i < in->table->key_count; i++)
        if (in->table->key[i] != in->table->generated && !wefti_flush_has(in->set->bits, in->table->key[i]->index))
            return true;
    return false;
}

static bool block_is_worth_it(const inserting *in)
{
    const wefti_capabilities *can = in->flush->can;
    if (!in->keyed || in->returning_count != 1 || in->set->column_count == 0)
        return false;
    return can->sequences && can->copy ? in->n >= WEFTI_WRITE_COPY_ROWS : can->multi_row_values &&
        in->n >= WEFTI_WRITE_KEY_BLOCK_ROWS;
}

static weft_status send_slice(inserting *in, const wefti_flush_set *known)
{
    if (known != NULL)
        return send_known(in, known);
    if (in->n == 1)
        return insert_returning(in, WEFTI_INSERT);
    if (in->flush->can->array_parameters_typed && in->set->column_count > 0 && !key_unknown(in) && !in->respelled)
        return insert_returning(in, WEFTI_INSERT_ARRAYS);
    return insert_each(in);
}

static wefti_object *find_same_key(weft_session *session, const wefti_object *object, uint32_t hash)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    wefti_object_key(object, key);
    return wefti_map_find(session, object->table, key, hash);
}

/* The row is there, so an object that the identity map has under its key is not: its row was deleted elsewhere. */
static weft_status persist(wefti_flush *flush, const wefti_flush_row *row, bool look)
{
    weft_session *session = flush->session;
    wefti_object *object = row->object;
    uint32_t hash = wefti_object_hash(object);
    wefti_object *other = look ? find_same_key(session, object, hash) : NULL;
    if (other != NULL) {
        if (wefti_flush_touch(flush, other) == NULL)
            return session->error.status;
        wefti_object_detach(session, other, WEFTI_STATE_DETACHED);
    }
    object->state = WEFTI_STATE_PERSISTENT;
    object->generation = session->generation;
    if (!wefti_object_hold(session, object))
        return session->error.status;
    object->change->own_base = true; /* a new object's base is no copy of the journal's */
    if (!wefti_map_insert_hashed(session, object, hash) ||
        (object->table->relation_count > 0 && wefti_flush_follow(flush, row, NULL) != WEFT_OK))
        return session->error.status;
    return session->committing ? WEFT_OK : wefti_change_renew_base(session, object->change);
}

static weft_status insert_group(const inserting *group, bool look)
{
    const size_t most = wefti_write_slice_rows(group->flush->can);
    const wefti_flush_set *known = group->returning_count == 0 ? group->set : NULL;
    int64_t *keys = NULL;
    weft_error error = { 0 };
    weft_status status = WEFT_OK;
    if (block_is_worth_it(group)) {
        keys = wefti_flush_alloc(group->flush, group->n * sizeof *keys);
        known = with_key(group);
        if (keys == NULL || known == NULL)
            return group->flush->session->error.status;
        if (take_block(group, keys, &error) != WEFT_OK)
            return failed(group, &error);
    }
    for (size_t start = 0; start < group->n && status == WEFT_OK; start += most) {
        inserting in = *group;
        in.rows += start;
        in.structs += start;
        in.n = group->n - start < most ? group->n - start : most;
        if (keys != NULL && set_keys(&in, keys + start, &error) != WEFT_OK)
            return failed(&in, &error);
        status = send_slice(&in, known);
        for (size_t i = 0; i < in.n && status == WEFT_OK; i++)
            status = persist(in.flush, in.rows[i], look);
    }
    return status;
}

weft_status wefti_flush_insert(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row **rows, uint32_t count)
{
    weft_status status = WEFT_OK;
    bool look = flush->session->maps[plan->table->index].count > 0;
    wefti_flush_note_written(flush, plan->table);
    wefti_flush_row **group = wefti_flush_alloc(flush, count * sizeof(wefti_flush_row *));
    const void **structs = wefti_flush_alloc(flush, count * sizeof *structs);
    if (group == NULL || structs == NULL || !wefti_map_reserve(flush->session, plan->table, count))
        return flush->session->error.status;
    for (uint32_t i = 0; i < count && status == WEFT_OK; i++)
        if (rows[i]->waits)
            status = wefti_flush_take_late_keys(flush, rows[i]);
    for (uint32_t from = 0; status == WEFT_OK;) {
        uint32_t n = wefti_flush_next_group(rows, count, &from, group);
        if (n == 0)
            break;
        for (uint32_t i = 0; i < n; i++)
            structs[i] = wefti_object_struct(group[i]->object);
        inserting in = { .flush = flush, .plan = plan, .table = plan->table, .set = group[0]->set, .rows = group,
            .structs = structs, .n = n };
        status = choose_returning(&in);
        if (status == WEFT_OK)
            status = insert_group(&in, look);
    }
    return status;
}
