/* Flush: what was made, changed and deleted becomes statements, in three steps: plan, order, send.
 *
 * The plan makes rows of the session's changes, one array for each table; it loads what cascades need, takes the keys that are
 * known and checks what can be checked, so that most mistakes are told before anything was sent. Tables are sent in the order of
 * their foreign keys (updates, then inserts), then links, then deletes backwards; rows of tables that nothing refers to are deleted
 * first. Every object is in the journal before flush writes to it: a rollback restores the state before, also after a flush that
 * failed in the middle. */
#include "unit/flush.h"
#include "unit/unit.h"

#include "base/error.h"
#include "object/columns.h"
#include "object/key.h"
#include "object/link.h"

#include <string.h>

void *wefti_flush_alloc(wefti_flush *flush, size_t size)
{
    void *memory = wefti_arena_alloc(&flush->arena, size > 0 ? size : 1);
    if (memory == NULL)
        wefti_session_fail_memory(flush->session);
    return memory;
}

wefti_change *wefti_flush_touch(wefti_flush *flush, wefti_object *object)
{
    wefti_change *change = object->change;
    bool known = change != NULL && change->mark == flush->session->mark && change->touched;
    return known ? change : wefti_object_touch(flush->session, object);
}

/* ---- plan ---- */

static weft_status make_tables(wefti_flush *flush)
{
    const wefti_schema *schema = flush->schema;
    flush->tables = wefti_arena_zalloc(&flush->arena, schema->table_count * sizeof *flush->tables);
    if (flush->tables == NULL)
        return wefti_session_fail_memory(flush->session);
    for (uint16_t t = 0; t < schema->table_count; t++)
        flush->tables[t].table = schema->tables[t];
    for (uint32_t i = 0; i < flush->doomed_count; i++)
        flush->tables[flush->doomed[i]->table->index].doomed = true;
    return WEFT_OK;
}

/* Room for one more row. Rows move when the room grows: pointers to them are taken only when all are there. */
static wefti_flush_row *next_row(wefti_flush *flush, wefti_flush_row **rows, uint32_t count, uint32_t *capacity)
{
    if (count < *capacity)
        return *rows + count;
    uint32_t changes = flush->session->change_count, first = changes < 16 ? 16 : changes < 4096 ? changes : 4096;
    uint32_t larger = *capacity == 0 ? first : *capacity * 4;
    wefti_flush_row *grown = wefti_flush_alloc(flush, larger * sizeof *grown);
    if (grown == NULL)
        return NULL;
    if (count > 0)
        memcpy(grown, *rows, count * sizeof *grown);
    *rows = grown;
    *capacity = larger;
    return grown + count;
}

/* The deleted object whose row a new one with the same key takes over. */
static wefti_object *find_replaced(const wefti_flush *flush, const wefti_flush_row *row)
{
    const wefti_object *object = row->object;
    const wefti_table *table = row->table;
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    for (uint16_t i = 0; i < table->key_count; i++)
        if (wefti_flush_omitted(row->change, table->key[i], wefti_object_struct(object)) ||
            (row->waits && wefti_change_links(row->change, table->key[i])))
            return NULL;
    wefti_object_key(object, key);
    wefti_object *other = wefti_key_find(flush->session, table, key);
    /* A key that the database compares in its own way may be that of a deleted object in another spelling. */
    if (other == NULL && flush->tables[table->index].doomed && wefti_key_is_respelled(table) && wefti_key_is_spelling(table) &&
        wefti_key_ask_values(flush->session, table, key, &other) != WEFT_OK)
        return NULL;
    return other != NULL && wefti_flush_is_doomed(other) ? other : NULL;
}

static weft_status plan_insert(wefti_flush *flush, wefti_flush_table *plan, wefti_change *change)
{
    weft_session *session = flush->session;
    wefti_flush_row *row = next_row(flush, &plan->inserts, plan->insert_count, &plan->insert_capacity);
    if (row == NULL)
        return session->error.status;
    if (plan->table->main != plan->table && wefti_flush_check_view_insert(flush, plan->table) != WEFT_OK)
        return session->error.status;
    *row = (wefti_flush_row){.table = plan->table, .object = change->object, .change = change};
    if (wefti_flush_touch(flush, change->object) == NULL)
        return session->error.status;
    if (change->links != NULL && wefti_flush_take_keys(flush, row) != WEFT_OK)
        return session->error.status;
    wefti_object *replaced = flush->doomed_count > 0 ? find_replaced(flush, row) : NULL;
    if (session->error.status != WEFT_OK)
        return session->error.status;
    if (replaced == NULL) {
        plan->insert_count++;
        if (wefti_flush_choose_insert(flush, plan, row) != WEFT_OK)
            return session->error.status;
    } else {
        replaced->visited = true; /* its row goes on: no DELETE */
        row->replaces = replaced;
        row->old = replaced->change->base;
        const wefti_flush_row insert = *row;
        row = next_row(flush, &plan->updates, plan->update_count, &plan->update_capacity);
        if (row == NULL)
            return session->error.status;
        *row = insert;
        plan->update_count++;
        if (wefti_flush_choose_update(flush, plan, row) != WEFT_OK)
            return session->error.status;
    }
    flush->row_count++;
    if (memcmp(wefti_object_struct(change->object), change->base, plan->table->mapper->size) == 0)
        return WEFT_OK; /* its text is what weft_new copied */
    return wefti_object_own_text(session, change->object, change->base) ? WEFT_OK : session->error.status;
}

static weft_status plan_update(wefti_flush *flush, wefti_flush_table *plan, wefti_change *change)
{
    weft_session *session = flush->session;
    wefti_flush_row *row = next_row(flush, &plan->updates, plan->update_count, &plan->update_capacity);
    if (row == NULL)
        return session->error.status;
    *row = (wefti_flush_row){.table = plan->table, .object = change->object, .change = change, .old = change->base};
    if (change->links != NULL && wefti_flush_take_keys(flush, row) != WEFT_OK)
        return session->error.status;
    if (wefti_flush_choose_update(flush, plan, row) != WEFT_OK || row->set == NULL)
        return session->error.status;
    row->follows = wefti_flush_follows(row);
    plan->update_count++;
    flush->row_count++;
    return !row->new_text || wefti_object_own_text(session, change->object, change->base) ? WEFT_OK : session->error.status;
}

static weft_status plan_delete_rows(wefti_flush *flush)
{
    uint32_t *counts = wefti_arena_zalloc(&flush->arena, flush->schema->table_count * sizeof *counts);
    if (counts == NULL)
        return wefti_session_fail_memory(flush->session);
    for (uint32_t i = 0; i < flush->doomed_count; i++)
        counts[flush->doomed[i]->table->index]++;
    for (uint32_t i = 0; i < flush->doomed_count; i++) {
        wefti_object *object = flush->doomed[i];
        wefti_flush_table *plan = &flush->tables[object->table->index];
        if (object->state != WEFTI_STATE_PERSISTENT || object->visited)
            continue;
        if (plan->deletes == NULL &&
            (plan->deletes = wefti_flush_alloc(flush, counts[object->table->index] * sizeof *plan->deletes)) == NULL)
            return flush->session->error.status;
        plan->deletes[plan->delete_count++] =
            (wefti_flush_row){.table = plan->table, .object = object, .change = object->change, .old = object->change->base};
        flush->row_count++;
    }
    return WEFT_OK;
}

static weft_status plan_rows(wefti_flush *flush)
{
    weft_status status = make_tables(flush);
    for (wefti_change *change = wefti_flush_first(flush); change != NULL && status == WEFT_OK;
         change = wefti_flush_next(flush, change)) {
        wefti_flush_table *plan = &flush->tables[change->object->table->index];
        bool insert = change->object->state == WEFTI_STATE_PENDING;
        if (change->doomed || !(insert || wefti_flush_may_update(change)))
            continue;
        if (!plan->described && (status = wefti_flush_describe(flush, plan)) != WEFT_OK)
            return status;
        status = insert ? plan_insert(flush, plan, change) : plan_update(flush, plan, change);
    }
    return status == WEFT_OK && flush->doomed_count > 0 ? plan_delete_rows(flush) : status;
}

/* ---- send ---- */

static bool still_waits(const wefti_flush_row *row)
{
    for (const wefti_fk_link *link = row->change->links; link != NULL; link = link->next)
        if (link->owner != NULL && link->owner->state == WEFTI_STATE_PENDING)
            return true;
    return false;
}

/* The slot of the new object with this key, or a free one. */
static const wefti_object **given_slot(const wefti_flush_table *plan, const weft_value *key)
{
    weft_value own[WEFTI_MAX_KEY_COLUMNS];
    uint32_t at = wefti_key_hash(plan->table, key) & (plan->given_slots - 1);
    while (plan->given[at] != NULL) {
        (void)wefti_key_of_struct(plan->table, wefti_object_struct(plan->given[at]), own);
        if (wefti_keys_equal(plan->table, own, key))
            break;
        at = (at + 1) & (plan->given_slots - 1);
    }
    return &plan->given[at];
}

/* False: no memory. */
static bool note_given(wefti_flush *flush, wefti_flush_table *plan)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    size_t slots = 8;
    while (slots < 2 * (size_t)plan->insert_count)
        slots *= 2;
    plan->given = wefti_arena_zalloc(&flush->arena, slots * sizeof *plan->given);
    plan->given_slots = (uint32_t)slots;
    for (uint32_t n = 0; plan->given != NULL && n < plan->insert_count; n++) {
        wefti_object *owner = plan->inserts[n].object;
        if (owner->state == WEFTI_STATE_PENDING && wefti_key_of_struct(plan->table, wefti_object_struct(owner), key))
            *given_slot(plan, key) = owner;
    }
    if (plan->given == NULL)
        wefti_session_fail_memory(flush->session);
    return plan->given != NULL;
}

/* Whether a foreign key written as a value names a row that this flush inserts. */
static bool names_new(wefti_flush *flush, const wefti_flush_row *row)
{
    const wefti_table *table = row->table;
    for (uint16_t i = 0; row->set != NULL && i < table->foreign_key_count; i++) {
        const wefti_foreign_key *fk = &table->foreign_keys[i];
        wefti_flush_table *target = &flush->tables[fk->target->index];
        const wefti_key_pairs pairs = wefti_foreign_key_pairs(fk);
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        bool written = false;
        for (uint16_t k = 0; k < fk->count; k++)
            written = written || wefti_flush_has(row->set->bits, fk->columns[k]->index);
        if (!written || target->insert_count == 0 || !wefti_key_named(&pairs, wefti_flush_now(row), key) ||
            wefti_key_find(flush->session, fk->target, key) != NULL)
            continue;
        if (target->given == NULL && !note_given(flush, target))
            return false;
        const wefti_object *owner = *given_slot(target, key);
        if (owner != NULL && owner->state == WEFTI_STATE_PENDING)
            return true;
    }
    return false;
}

static weft_status send_some_updates(wefti_flush *flush, wefti_flush_table *plan, bool late, bool releases)
{
    uint32_t count = 0;
    wefti_flush_row **rows = wefti_flush_alloc(flush, plan->update_count * sizeof *rows);
    if (rows == NULL)
        return flush->session->error.status;
    for (uint32_t i = 0; i < plan->update_count; i++) {
        wefti_flush_row *row = &plan->updates[i];
        if (row->set != NULL && row->late == late && row->releases == releases)
            rows[count++] = row;
    }
    return count == 0 ? WEFT_OK : wefti_flush_update(flush, plan, rows, count);
}

/* What frees a unique value goes before what may take it. */
static weft_status send_updates(wefti_flush *flush, wefti_flush_table *plan, bool late)
{
    bool releases = false;
    if (plan->update_count == 0)
        return WEFT_OK;
    for (uint32_t i = 0; i < plan->update_count; i++) {
        wefti_flush_row *row = &plan->updates[i];
        if (!late)
            row->late = still_waits(row) || names_new(flush, row);
        releases = releases || (row->releases && row->late == late);
    }
    weft_status status = flush->session->error.status;
    if (status == WEFT_OK && releases)
        status = send_some_updates(flush, plan, late, true);
    return status == WEFT_OK ? send_some_updates(flush, plan, late, false) : status;
}

static weft_status send_inserts(wefti_flush *flush, wefti_flush_table *plan)
{
    if (plan->insert_count == 0)
        return WEFT_OK;
    wefti_flush_row **rows = wefti_flush_alloc(flush, plan->insert_count * sizeof *rows);
    if (rows == NULL)
        return flush->session->error.status;
    for (uint32_t i = 0; i < plan->insert_count; i++)
        rows[i] = &plan->inserts[i];
    return wefti_flush_insert(flush, plan, rows, plan->insert_count);
}

typedef weft_status (*send_rows)(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row **rows, uint32_t count);

/* Rows by level, within a level by table. */
static weft_status send_levels(wefti_flush *flush, wefti_flush_row **rows, const uint32_t *levels, uint32_t level_count,
                               send_rows send)
{
    weft_status status = WEFT_OK;
    uint32_t start = 0;
    for (uint32_t level = 0; level < level_count; level++) {
        while (start < levels[level] && status == WEFT_OK) {
            const wefti_table *table = rows[start]->table;
            uint32_t end = start + 1;
            while (end < levels[level] && rows[end]->table == table)
                end++;
            status = send(flush, &flush->tables[table->index], rows + start, end - start);
            start = end;
        }
        if (status != WEFT_OK)
            return status;
    }
    return status;
}

/* One UPDATE of some columns; values from now, the object's own where NULL. */
static weft_status send_key_update(wefti_flush *flush, const wefti_flush_deferred *deferred, const void *now, const void *old)
{
    const wefti_flush_row *of = deferred->row;
    wefti_flush_table *plan = &flush->tables[of->table->index];
    wefti_flush_row row = {.table = of->table,
                           .object = of->object,
                           .change = of->change,
                           .now = now,
                           .old = old,
                           .unversioned = true},
                    *rows = &row;
    uint64_t bits[WEFTI_FLUSH_WORDS] = {0};
    if (!plan->described && wefti_flush_describe(flush, plan) != WEFT_OK)
        return flush->session->error.status;
    for (uint16_t i = 0; i < deferred->column_count; i++)
        if (deferred->columns[i]->nullable && !deferred->columns[i]->primary_key)
            bits[deferred->columns[i]->index / 64] |= UINT64_C(1) << deferred->columns[i]->index % 64;
    row.set = wefti_flush_set_of(flush, plan, &plan->update_sets, bits);
    return row.set == NULL ? flush->session->error.status : wefti_flush_update(flush, plan, &rows, 1);
}

static weft_status send_deferred(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (const wefti_flush_deferred *deferred = flush->deferred; deferred != NULL && status == WEFT_OK; deferred = deferred->next) {
        wefti_flush_row *row = deferred->row;
        void *structure = wefti_object_struct(row->object);
        row->waits = true;
        status = wefti_flush_take_late_keys(flush, row);
        for (uint16_t i = 0; deferred->wanted != NULL && i < deferred->column_count; i++) {
            const wefti_column *column = deferred->columns[i];
            memcpy((char *)structure + column->field->offset, (const char *)deferred->wanted + column->field->offset,
                   column->field->size);
        }
        if (status == WEFT_OK)
            status = send_key_update(flush, deferred, NULL, structure);
    }
    return status;
}

static weft_status send_entangled(wefti_flush *flush, uint16_t first, uint16_t last)
{
    wefti_flush_row **rows;
    uint32_t *levels, level_count;
    weft_status status = WEFT_OK;
    for (uint16_t t = first; t <= last && status == WEFT_OK; t++)
        status = send_updates(flush, &flush->tables[t], false);
    flush->deferred = NULL;
    if (status == WEFT_OK)
        status = wefti_flush_sort_inserts(flush, first, last, &rows, &levels, &level_count);
    if (status == WEFT_OK)
        status = send_levels(flush, rows, levels, level_count, wefti_flush_insert);
    if (status == WEFT_OK)
        status = send_deferred(flush);
    for (uint16_t t = first; t <= last && status == WEFT_OK; t++)
        status = send_updates(flush, &flush->tables[t], true);
    return status;
}

static weft_status send_simple_deletes(wefti_flush *flush, wefti_flush_table *plan)
{
    if (plan->delete_count == 0)
        return WEFT_OK;
    wefti_flush_row **rows = wefti_flush_alloc(flush, plan->delete_count * sizeof *rows);
    if (rows == NULL)
        return flush->session->error.status;
    for (uint32_t i = 0; i < plan->delete_count; i++)
        rows[i] = &plan->deletes[i];
    return wefti_flush_delete(flush, plan, rows, plan->delete_count);
}

static bool is_referred_to(const wefti_schema *schema, const wefti_table *table)
{
    for (uint16_t t = 0; t < schema->table_count; t++)
        for (uint16_t i = 0; i < schema->tables[t]->foreign_key_count && !wefti_table_is_view(schema->tables[t]); i++)
            if (schema->tables[t]->foreign_keys[i].target == table)
                return true;
    return false;
}

static bool has_unique_values(const wefti_table *table)
{
    for (uint16_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].unique)
            return true;
    return false;
}

/* Rows that nothing can refer to may go first, so that the unique values they held (a profile's user, say) are free for new
 * rows. */
static weft_status send_early_deletes(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (uint16_t t = 0; t < flush->schema->table_count && flush->doomed_count > 0 && status == WEFT_OK; t++) {
        wefti_flush_table *plan = &flush->tables[t];
        if (plan->delete_count == 0 || plan->insert_count + plan->update_count == 0 || !has_unique_values(plan->table) ||
            is_referred_to(flush->schema, plan->table))
            continue;
        wefti_flush_note_written(flush, plan->table);
        status = send_simple_deletes(flush, plan);
        plan->delete_count = 0;
    }
    return status;
}

static weft_status send_saves(wefti_flush *flush)
{
    weft_status status = send_early_deletes(flush);
    for (uint16_t t = 0; t < flush->schema->table_count && status == WEFT_OK; t++) {
        bool entangled;
        uint16_t last = wefti_flush_component(flush, t, &entangled);
        if (entangled) {
            status = send_entangled(flush, t, last);
            t = last;
            continue;
        }
        status = send_updates(flush, &flush->tables[t], false);
        if (status == WEFT_OK)
            status = send_inserts(flush, &flush->tables[t]);
    }
    return status;
}

/* Takes foreign keys of a cycle away before its rows are deleted. */
static weft_status clear_keys(wefti_flush *flush, const wefti_flush_deferred *before)
{
    weft_status status = WEFT_OK;
    for (; before != NULL && status == WEFT_OK; before = before->next) {
        const wefti_table *table = before->row->table;
        void *now = wefti_arena_memdup(&flush->arena, before->row->old, table->mapper->size);
        if (now == NULL)
            return wefti_session_fail_memory(flush->session);
        for (uint16_t i = 0; i < before->column_count; i++)
            if (before->columns[i]->nullable && !before->columns[i]->primary_key)
                wefti_flush_clear(before->columns[i], now);
        status = send_key_update(flush, before, now, before->row->old);
    }
    return status;
}

static weft_status send_deletes(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (uint16_t t = 0; t < flush->schema->table_count; t++) /* ON DELETE may reach any of them */
        wefti_flush_note_written(flush, flush->schema->tables[t]);
    for (int t = flush->schema->table_count - 1; t >= 0 && status == WEFT_OK; t--) {
        bool entangled;
        uint16_t first = wefti_flush_delete_component(flush, (uint16_t)t, &entangled);
        if (!entangled) {
            status = send_simple_deletes(flush, &flush->tables[t]);
            continue;
        }
        wefti_flush_row **rows;
        uint32_t *levels, level_count;
        wefti_flush_deferred *before;
        status = wefti_flush_sort_deletes(flush, first, (uint16_t)t, &rows, &levels, &level_count, &before);
        if (status == WEFT_OK)
            status = clear_keys(flush, before);
        if (status == WEFT_OK)
            status = send_levels(flush, rows, levels, level_count, wefti_flush_delete);
        t = first;
    }
    return status;
}

static weft_status send_all(wefti_flush *flush)
{
    weft_session *session = flush->session;
    if (session->read_only)
        return wefti_session_fail(session, WEFT_ERROR_READ_ONLY, "flush: the session is read-only, and there are changes");
    weft_status status = wefti_session_connect(session, true);
    if (status == WEFT_OK)
        status = session->error.status; /* the hook on_begin may have misused the session */
    if (status == WEFT_OK)
        status = send_saves(flush);
    if (status == WEFT_OK && flush->pair_count > 0)
        status = wefti_flush_delete_pairs(flush);
    if (status == WEFT_OK && flush->doomed_count > 0)
        status = wefti_flush_delete_links(flush);
    if (status == WEFT_OK && flush->pair_count > 0)
        status = wefti_flush_insert_pairs(flush);
    if (status == WEFT_OK && flush->doomed_count > 0)
        status = send_deletes(flush);
    return status;
}

/* ---- afterwards ---- */

static weft_status finish_deletes(wefti_flush *flush)
{
    if (flush->doomed_count == 0)
        return WEFT_OK;
    weft_status status = wefti_flush_forget_deleted(flush);
    for (uint32_t i = 0; i < flush->doomed_count && status == WEFT_OK; i++) {
        wefti_object *object = flush->doomed[i];
        wefti_object_detach(flush->session, object,
                            object->state == WEFTI_STATE_PENDING ? WEFTI_STATE_DETACHED : WEFTI_STATE_DELETED);
    }
    return status;
}

static weft_status finish_update(wefti_flush *flush, wefti_flush_row *row)
{
    weft_session *session = flush->session;
    wefti_object *object = row->object;
    if (row->replaces != NULL || row->rekeyed) {
        wefti_map_remove(session, object);
        object->state = WEFTI_STATE_PERSISTENT;
        if (!wefti_map_insert(session, object))
            return session->error.status;
    }
    object->generation = session->generation;
    if (object->unloaded != NULL && row->set != NULL && !wefti_columns_settle(session, object, row->set->bits))
        return session->error.status;
    if (row->rekeyed && wefti_key_is_respelled(row->table)) {
        bool found;
        if (wefti_session_reload(session, object, 1, &found) != WEFT_OK || row->replaces == NULL)
            return session->error.status;
    }
    if (row->replaces != NULL && wefti_flush_follow(flush, row, NULL) != WEFT_OK)
        return session->error.status;
    return row->set == NULL ? wefti_change_renew_base(session, row->change) : WEFT_OK; /* what was sent has it already */
}

static weft_status finish(wefti_flush *flush)
{
    weft_session *session = flush->session;
    weft_status status = flush->schema->has_views ? wefti_flush_leave_views_behind(flush) : WEFT_OK;
    if (status == WEFT_OK)
        status = finish_deletes(flush);
    for (uint16_t t = 0; t < flush->schema->table_count && status == WEFT_OK; t++) {
        wefti_flush_table *plan = &flush->tables[t];
        for (uint32_t i = 0; i < plan->update_count && status == WEFT_OK; i++)
            status = finish_update(flush, &plan->updates[i]);
        session->maps[t].dirty = false;
    }
    if (status != WEFT_OK)
        return status;
    for (wefti_change *change = session->touched; change != NULL; change = change->next_touched) {
        change->links = NULL; /* only what was touched has links */
        change->link_count = 0;
        change->set_columns = NULL;
        change->touched = false;
    }
    session->touched = session->touched_last = NULL;
    session->pair_count = 0;
    if (flush->schema->reads_views)
        wefti_session_age_views(session);
    return WEFT_OK;
}

static weft_status run_flush(wefti_flush *flush)
{
    weft_session *session = flush->session;
    bool views = flush->schema->has_views;
    weft_status status = session->may_delete && views ? wefti_flush_delete_through_views(flush) : WEFT_OK;
    if (status == WEFT_OK && session->may_delete)
        status = wefti_flush_plan_deletes(flush);
    if (status == WEFT_OK && views)
        status = wefti_flush_put_views_together(flush);
    if (status == WEFT_OK)
        status = plan_rows(flush);
    if (status == WEFT_OK)
        status = wefti_flush_count_pairs(flush);
    if (status == WEFT_OK && flush->row_count + flush->pair_count > 0)
        status = send_all(flush);
    if (status == WEFT_OK)
        status = finish(flush);
    if (status == WEFT_OK)
        session->may_delete = false;
    for (uint32_t i = 0; i < flush->doomed_count; i++) {
        flush->doomed[i]->visited = false;
        if (flush->doomed[i]->change != NULL)
            flush->doomed[i]->change->doomed = false;
    }
    return status;
}

static weft_status flush_changes(weft_session *session, bool all)
{
    if (session->error.status != WEFT_OK)
        return session->error.status;
    if (session->flushing)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_session_flush inside a flush");
    wefti_flush flush = {.session = session, .all = all, .schema = session->schema, .can = session->engine->capabilities};
    if (wefti_flush_first(&flush) == NULL && session->pair_count == 0)
        return WEFT_OK;
    wefti_arena_init(&flush.arena, 4096);
    session->flushing = true;
    weft_status status = run_flush(&flush);
    session->flushing = false;
    wefti_arena_deinit(&flush.arena);
    return status;
}

weft_status wefti_session_flush(weft_session *session) { return flush_changes(session, true); }

weft_status wefti_session_flush_touched(weft_session *session) { return flush_changes(session, false); }
