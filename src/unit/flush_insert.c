/* INSERT of new objects: what goes, what comes back, and what they are then.
 *
 * How rows are sent, and how what comes back finds its row, is engine/write.h's. Keys that the database makes and omitted columns
 * with defaults come back into their fields; given keys come back, too, where others do, for rows may be matched by them. */
#include "unit/flush.h"

#include "base/error.h"
#include "object/key.h"

typedef struct inserting {
    wefti_flush *flush;
    const wefti_table *table;
    const wefti_flush_set *set;
    wefti_flush_row **rows;
    const void **structs;
    size_t n;
    bool respelled;      /* a given key may come back in another spelling */
    uint16_t *returning; /* columns to read back, those of the key first */
    uint16_t returning_count;
    bool look; /* whether the identity map may hold other objects with these keys */
} inserting;

static weft_status take_row(void *context, size_t index, const weft_value *cells, uint16_t count, weft_error *error)
{
    const inserting *in = context;
    wefti_object *object = in->rows[index]->object;
    weft_status status = WEFT_OK;
    for (uint16_t c = 0; c < count && status == WEFT_OK; c++)
        status = wefti_decode_field(&in->table->columns[in->returning[c]], &cells[c], wefti_object_struct(object),
                                    &object->cohort->batch->arena, error);
    return status;
}

/* Given keys are read back, too, where rows must be matched by them or the database may spell them otherwise; they come first. */
static weft_status choose_returning(inserting *in)
{
    const wefti_table *table = in->table;
    in->returning = wefti_flush_alloc(in->flush, (table->column_count + 1u) * sizeof *in->returning);
    if (in->returning == NULL)
        return in->flush->session->error.status;
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
        (row->table->relation_count > 0 && wefti_flush_follow(flush, row, NULL) != WEFT_OK))
        return session->error.status;
    return session->committing ? WEFT_OK : wefti_change_renew_base(session, object->change);
}

static weft_status persist_slice(void *context, size_t first, size_t count, weft_error *error)
{
    inserting *in = context;
    weft_status status = WEFT_OK;
    for (size_t i = first; i < first + count && status == WEFT_OK; i++)
        status = persist(in->flush, in->rows[i], in->look);
    if (status != WEFT_OK)
        wefti_error_copy(error, &in->flush->session->error);
    return status;
}

static weft_status insert_group(inserting *in)
{
    weft_session *session = in->flush->session;
    weft_error error = {0};
    wefti_array *arrays = wefti_flush_alloc(in->flush, (in->set->column_count + 1u) * sizeof *arrays);
    if (arrays == NULL || choose_returning(in) != WEFT_OK)
        return session->error.status;
    for (uint16_t c = 0; c < in->set->column_count; c++)
        arrays[c] = wefti_flush_array(&in->table->columns[in->set->columns[c]], in->structs, in->n);
    wefti_write write = {.connection = &session->connection,
                         .table = in->table,
                         .columns = in->set->columns,
                         .column_count = in->set->column_count,
                         .arrays = arrays,
                         .count = in->n,
                         .whole = true,
                         .respelled = in->respelled,
                         .returning = in->returning,
                         .returning_count = in->returning_count,
                         .on_row = take_row,
                         .on_slice = persist_slice,
                         .context = in,
                         .arena = &in->flush->arena,
                         .deadline = session->deadline,
                         .timeout_ms = session->options.timeout_ms,
                         .error = &error};
    if (wefti_write_rows(&write) == WEFT_OK)
        return WEFT_OK;
    return session->error.status != WEFT_OK ? session->error.status
                                            : wefti_flush_failed(in->flush, "INSERT INTO", in->table, &error);
}

weft_status wefti_flush_insert(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row **rows, uint32_t count)
{
    weft_status status = WEFT_OK;
    bool look = flush->session->maps[plan->table->index].count > 0;
    wefti_flush_note_written(flush, plan->table);
    const void **structs = wefti_flush_alloc(flush, count * sizeof *structs);
    if (structs == NULL || !wefti_map_reserve(flush->session, plan->table, count))
        return flush->session->error.status;
    for (uint32_t i = 0; i < count && status == WEFT_OK; i++)
        if (rows[i]->waits)
            status = wefti_flush_take_late_keys(flush, rows[i]);
    if (status == WEFT_OK)
        status = wefti_flush_group_rows(flush, rows, count);
    for (uint32_t i = 0; i < count && status == WEFT_OK; i++)
        structs[i] = wefti_object_struct(rows[i]->object);
    for (uint32_t first = 0, end; first < count && status == WEFT_OK; first = end) {
        end = wefti_flush_group_end(rows, first, count);
        inserting in = {.flush = flush,
                        .table = plan->table,
                        .set = rows[first]->set,
                        .rows = rows + first,
                        .structs = structs + first,
                        .n = end - first,
                        .look = look};
        status = insert_group(&in);
    }
    return status;
}
