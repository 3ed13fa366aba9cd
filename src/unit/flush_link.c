/* Foreign keys: children take the keys of their owners, and loaded relationships follow keys that were written alone.
 *
 * The owner of a link wins over the foreign key's field, which weft_append and its like show as soon as the owner's key is known;
 * a field that says something else then was written by the program, and neither is taken silently. A new owner whose key the
 * database makes has none until its INSERT: its children wait. */
#include "unit/flush.h"

#include "base/error.h"
#include "object/key.h"
#include "object/link.h"

#include <string.h>

static const char *relation_name(weft_session *session, const wefti_relation *relation)
{
    const char *name = wefti_arena_printf(&session->work, "%s.%s", relation->source->model->name, relation->field);
    return name != NULL ? name : relation->field;
}

/* ---- copying keys ---- */

static weft_status copy_key(wefti_flush *flush, wefti_object *object, const wefti_column *const *child,
                            const wefti_column *const *owner, const void *owner_struct, uint16_t count)
{
    weft_session *session = flush->session;
    for (uint16_t i = 0; i < count; i++) {
        weft_error error = {0};
        if (wefti_columns_equal(&child[i], wefti_object_struct(object), &owner[i], owner_struct, 1))
            continue;
        weft_value value =
            wefti_field_value(owner[i]->field->type, owner[i]->field->size, (const char *)owner_struct + owner[i]->field->offset);
        if (wefti_decode_value(child[i]->field->type, child[i]->field->size, &value,
                               wefti_object_field(object, child[i]->field->offset), &object->cohort->batch->arena,
                               &error) != WEFT_OK) {
            wefti_error_prefix(&error, "flush: %s.%s of %s.%s", child[i]->table->name, child[i]->name, owner[i]->table->name,
                               owner[i]->name);
            return wefti_session_fail_with(session, &error);
        }
    }
    return WEFT_OK;
}

/* ---- links ---- */

/* A new owner's key is known where the program gave all of it. */
static bool key_known(const wefti_object *owner, const wefti_column *const *columns, uint16_t count)
{
    for (uint16_t i = 0; owner->state == WEFTI_STATE_PENDING && i < count; i++)
        if (wefti_flush_omitted(owner->change, columns[i], wefti_object_struct(owner)) ||
            wefti_change_links(owner->change, columns[i]))
            return false;
    return true;
}

static weft_status refuse_both(wefti_flush *flush, const wefti_flush_row *row, const wefti_fk_link *link,
                               const wefti_column *column)
{
    weft_session *session = flush->session;
    const char *to = link->owner == NULL ? "nothing" : wefti_object_name(session, link->owner);
    wefti_session_fail(session, WEFT_ERROR_MISUSE,
                       "flush: %s sets %s of %s to %s, and its foreign key %s.%s was set to another row",
                       relation_name(session, link->relation), column->field->name, wefti_object_name(session, row->object), to,
                       column->table->name, column->name);
    wefti_error_hint(&session->error, "set the relationship or the foreign key, not both");
    return session->error.status;
}

static bool is_unique(const wefti_column *column)
{
    const wefti_table *table = column->table;
    for (uint16_t i = 0; i < table->index_count; i++)
        for (uint16_t k = 0; table->indexes[i].unique && k < table->indexes[i].count; k++)
            if (table->indexes[i].columns[k] == column)
                return true;
    return column->unique;
}

static weft_status refuse_nothing(wefti_flush *flush, const wefti_flush_row *row, const wefti_fk_link *link)
{
    weft_session *session = flush->session;
    const wefti_column *column = wefti_relation_pairs(link->relation).child[0];
    const char *by = link->lost == NULL ? relation_name(session, link->relation)
                                        : wefti_arena_printf(&session->work, "%s, which is to be deleted,",
                                                             wefti_object_name(session, link->lost));
    const char *child = wefti_object_name(session, row->object);
    weft_error error = {0};
    if (by == NULL)
        return wefti_session_fail_memory(session);
    if (column->primary_key)
        wefti_error_set(&error, WEFT_ERROR_MISUSE,
                        "flush: %s takes %s from its owner, but its foreign key %s.%s is part of the primary key", by, child,
                        column->table->name, column->name);
    else
        wefti_error_set(&error, WEFT_ERROR_NOT_NULL, "flush: %s leaves %s without an owner, but its foreign key %s.%s is NOT NULL",
                        by, child, column->table->name, column->name);
    wefti_error_hint(
        &error, "delete such objects by .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN on the collection, or make the "
                "foreign key an optional type");
    wefti_error_field(error.table, sizeof error.table, column->table->name);
    wefti_error_field(error.column, sizeof error.column, column->name);
    error.nothing_sent = true;
    return wefti_session_fail_with(session, &error);
}

static bool names_what_is_deleted(const wefti_flush *flush, const wefti_key_pairs *pairs, const void *structure)
{
    const wefti_object *owner = wefti_key_owner(flush->session, pairs, structure);
    return owner != NULL && owner->change != NULL && owner->change->doomed;
}

/* The child loses its owner. Of a composite foreign key, columns that must keep a value (shared with the primary key) keep it, as
 * long as one can become NULL. */
static weft_status take_nothing(wefti_flush *flush, wefti_flush_row *row, const wefti_fk_link *link)
{
    const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
    const wefti_column *const *child = pairs.child;
    uint16_t count = pairs.count, cleared = 0;
    void *structure = wefti_object_struct(row->object);
    for (uint16_t i = 0; i < count; i++) {
        if (!child[i]->nullable || child[i]->primary_key)
            continue;
        if (!wefti_flush_is_null(child[i], structure) && !wefti_flush_equal(child[i], structure, row->change->base))
            return refuse_both(flush, row, link, child[i]);
        wefti_flush_clear(child[i], structure);
        row->releases = row->releases || is_unique(child[i]);
        cleared++;
    }
    if (cleared > 0)
        return WEFT_OK;
    for (uint16_t i = 0; row->object->state == WEFTI_STATE_PERSISTENT && i < count; i++)
        if (!wefti_flush_equal(child[i], structure, row->change->base) && !names_what_is_deleted(flush, &pairs, structure))
            return WEFT_OK; /* the program gave it another owner by key */
    return refuse_nothing(flush, row, link);
}

static weft_status take_link(wefti_flush *flush, wefti_flush_row *row, const wefti_fk_link *link)
{
    wefti_object *object = row->object, *owner = link->owner;
    const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
    const wefti_column *const *child = pairs.child, *const *from = pairs.referred;
    const uint16_t count = pairs.count;
    if (owner->state != WEFTI_STATE_PENDING && owner->state != WEFTI_STATE_PERSISTENT)
        return wefti_session_fail(flush->session, WEFT_ERROR_MISUSE, "flush: %s of %s is %s, which is not in the session any more",
                                  relation_name(flush->session, link->relation), wefti_object_name(flush->session, object),
                                  wefti_object_name(flush->session, owner));
    if (owner->state == WEFTI_STATE_PENDING)
        wefti_flush_depends(flush, object->table, owner->table);
    if (!key_known(owner, from, count)) {
        row->waits = true;
        return WEFT_OK;
    }
    const void *structure = wefti_object_struct(object);
    if (owner->state == WEFTI_STATE_PERSISTENT && !wefti_columns_equal(child, structure, from, wefti_object_struct(owner), count)) {
        bool shown = owner->change != NULL && wefti_columns_equal(child, structure, from, owner->change->base, count);
        for (uint16_t i = 0; !shown && i < count; i++)
            if (!wefti_flush_equal(child[i], structure, row->change->base))
                return refuse_both(flush, row, link, child[i]);
    }
    return copy_key(flush, object, child, from, wefti_object_struct(owner), count);
}

weft_status wefti_flush_take_keys(wefti_flush *flush, wefti_flush_row *row)
{
    weft_status status = WEFT_OK;
    if (wefti_flush_touch(flush, row->object) == NULL)
        return flush->session->error.status;
    for (const wefti_fk_link *link = row->change->links; link != NULL && status == WEFT_OK; link = link->next)
        status = link->owner == NULL ? take_nothing(flush, row, link) : take_link(flush, row, link);
    return status;
}

weft_status wefti_flush_take_late_keys(wefti_flush *flush, wefti_flush_row *row)
{
    weft_status status = WEFT_OK;
    for (const wefti_fk_link *link = row->change->links; row->waits && link != NULL && status == WEFT_OK; link = link->next) {
        const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
        if (link->owner != NULL && link->owner->state == WEFTI_STATE_PERSISTENT)
            status = copy_key(flush, row->object, pairs.child, pairs.referred, wefti_object_struct(link->owner), pairs.count);
    }
    return status;
}

/* ---- foreign keys written alone ---- */

bool wefti_flush_follows(const wefti_flush_row *row)
{
    const wefti_table *table = row->table;
    for (uint16_t i = 0; i < table->relation_count; i++) {
        const wefti_relation *relation = &table->relations[i];
        for (uint16_t k = 0; relation->kind == WEFT_ATTR_BELONGS_TO && k < relation->local_count; k++)
            if (wefti_flush_has(row->set->bits, relation->local[k]->index) && wefti_link_find(row->change, relation) == NULL)
                return true;
    }
    return false;
}

static bool leave(wefti_flush *flush, wefti_object *owner, const wefti_relation *collection, const void *child)
{
    if (wefti_flush_touch(flush, owner) == NULL)
        return false;
    if (collection->to_many)
        return wefti_list_without(flush->session, wefti_object_field(owner, collection->offset), child);
    const void **field = wefti_object_field(owner, collection->offset);
    *field = *field == child ? NULL : *field;
    return true;
}

static bool enter(wefti_flush *flush, wefti_object *owner, const wefti_relation *collection, const void *child, bool may_be_there)
{
    if (wefti_flush_touch(flush, owner) == NULL)
        return false;
    if (!collection->to_many) {
        *(const void **)wefti_object_field(owner, collection->offset) = child;
        return true;
    }
    weft_list *list = wefti_object_field(owner, collection->offset);
    return (may_be_there && wefti_list_contains(list, child)) || wefti_list_append(flush->session, list, child);
}

static bool follow_relation(wefti_flush *flush, wefti_object *object, const wefti_relation *relation, const void *old)
{
    weft_session *session = flush->session;
    const void *structure = wefti_object_struct(object);
    const wefti_relation *collection = relation->back;
    uint16_t same = 0;
    while (old != NULL && same < relation->local_count && wefti_flush_equal(relation->local[same], structure, old))
        same++;
    if (old != NULL && same == relation->local_count)
        return true;
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    wefti_object *before = old == NULL ? NULL : wefti_key_owner_asked(session, &pairs, old);
    wefti_object *now = wefti_key_owner_asked(session, &pairs, structure);
    if (wefti_object_is_loaded(object, relation) && now == NULL)
        wefti_object_unload(session, object, relation);
    else if (wefti_object_is_loaded(object, relation))
        *(const void **)wefti_object_field(object, relation->offset) = wefti_object_struct(now);
    if (collection == NULL || collection->view_only)
        return true;
    if (before != NULL && wefti_object_is_loaded(before, collection) && !leave(flush, before, collection, structure))
        return false;
    return now == NULL || !wefti_object_is_loaded(now, collection) || enter(flush, now, collection, structure, old != NULL);
}

weft_status wefti_flush_follow(wefti_flush *flush, const wefti_flush_row *row, const void *old)
{
    const wefti_table *table = row->table;
    for (uint16_t i = 0; i < table->relation_count; i++) {
        const wefti_relation *relation = &table->relations[i];
        if (relation->kind == WEFT_ATTR_BELONGS_TO && wefti_link_find(row->change, relation) == NULL &&
            !follow_relation(flush, row->object, relation, old))
            return flush->session->error.status;
    }
    return WEFT_OK;
}
