/* Relationships in memory: both sides follow, and flush learns what to write.
 *
 * One-to-many, one-to-one and many-to-one are one fact, the child's owner, whichever side it is told from; it is kept on the
 * child's change as an fk_link until flush copies the owner's key. Many-to-many is a pair, kept on the session under the side that
 * comes first (canonical), so that it is written once. A side that is not loaded stays so; what is pending is merged in when it
 * loads. */
#include "unit/flush.h"
#include "unit/unit.h"

#include "base/error.h"
#include "base/memory.h"
#include "load/load.h"
#include "object/key.h"

#include <string.h>

static wefti_key_pairs pairs_of(const wefti_ownership *o) { return wefti_relation_pairs(wefti_ownership_link(o)); }

static wefti_object *present_owner(weft_session *session, wefti_object *child, const wefti_ownership *o)
{
    const wefti_fk_link *link = wefti_link_of(child, wefti_ownership_link(o));
    if (link != NULL)
        return link->owner;
    if (o->belongs != NULL && wefti_object_is_loaded(child, o->belongs)) {
        const void *owner = *wefti_object_pointer(child, o->belongs);
        return owner == NULL ? NULL : wefti_object_of(owner);
    }
    const wefti_key_pairs pairs = pairs_of(o);
    return child->state == WEFTI_STATE_PENDING ? NULL : wefti_key_owner_asked(session, &pairs, wefti_object_struct(child));
}

static bool leave_collection(weft_session *session, wefti_object *owner, const wefti_relation *collection,
                             const wefti_object *child)
{
    if (owner == NULL || collection == NULL || !wefti_object_is_loaded(owner, collection))
        return true;
    if (wefti_object_touch(session, owner) == NULL)
        return false;
    if (collection->to_many)
        return wefti_list_without(session, wefti_object_list(owner, collection), wefti_object_struct(child));
    if (*wefti_object_pointer(owner, collection) == wefti_object_struct(child))
        *wefti_object_pointer(owner, collection) = NULL;
    return true;
}

static bool enter_collection(weft_session *session, wefti_object *owner, const wefti_relation *collection,
                             const wefti_object *child, bool was_there)
{
    if (owner == NULL || collection == NULL || (collection->to_many && !wefti_object_is_loaded(owner, collection)))
        return true;
    if (wefti_object_touch(session, owner) == NULL)
        return false;
    const void *structure = wefti_object_struct(child);
    if (!collection->to_many) {
        *wefti_object_pointer(owner, collection) = structure;
        owner->loaded |= wefti_relation_bit(collection);
        return true;
    }
    weft_list *list = wefti_object_list(owner, collection);
    return (was_there && wefti_list_contains(list, structure)) || wefti_list_append(session, list, structure);
}

/* Where the program wrote the foreign key itself, to another row than the relationship says, neither is taken silently. */
static bool key_conflicts(const wefti_object *child, const wefti_ownership *o, const wefti_object *owner)
{
    if (child->change == NULL || wefti_link_of(child, wefti_ownership_link(o)) != NULL)
        return false;
    const wefti_key_pairs pairs = pairs_of(o);
    const void *structure = wefti_object_struct(child), *base = child->change->base;
    for (uint16_t i = 0; i < pairs.count; i++) {
        const wefti_column *const *column = &pairs.child[i];
        bool written = child->state == WEFTI_STATE_PENDING ? !wefti_field_says_nothing((*column)->field, structure)
                                                           : !wefti_columns_equal(column, structure, column, base, 1);
        if (written && !wefti_columns_equal(column, structure, &pairs.referred[i], wefti_object_struct(owner), 1))
            return true;
    }
    return false;
}

/* The foreign key is shown at once where it is known; flush writes it in any case. */
static void show_key(wefti_object *child, const wefti_ownership *o, const wefti_object *owner)
{
    const wefti_key_pairs pairs = pairs_of(o);
    for (uint16_t i = 0; i < pairs.count; i++) {
        const wefti_column *from = pairs.child[i], *to = pairs.referred[i];
        weft_value value = weft_value_null((weft_type)from->type);
        if (owner != NULL)
            value = wefti_field_value(to->field->type, to->field->size, wefti_object_field(owner, to->field->offset));
        else if (!from->nullable || from->primary_key)
            continue;
        wefti_decode_value(from->field->type, from->field->size, &value, wefti_object_field(child, from->field->offset),
                           &child->cohort->batch->arena, NULL);
    }
}

static weft_status record_link(weft_session *session, wefti_object *child, const wefti_ownership *o, wefti_object *owner,
                               bool orphan)
{
    wefti_fk_link *link = wefti_link_of(child, wefti_ownership_link(o));
    if (link == NULL) {
        link = wefti_arena_zalloc(&session->work, sizeof *link);
        if (link == NULL)
            return wefti_session_fail_memory(session);
        link->relation = wefti_ownership_link(o);
        link->next = child->change->links;
        child->change->links = link;
        child->change->link_count++;
    }
    link->owner = owner;
    link->lost = NULL;
    link->orphan = owner == NULL && (orphan || link->orphan);
    session->may_delete = session->may_delete || link->orphan;
    return WEFT_OK;
}

/* Who gets a single child gives up the one before: it must be known, loaded or not. */
static bool know_single(weft_session *session, wefti_object *owner, const wefti_relation *collection)
{
    bool known = owner == NULL || collection == NULL || collection->to_many || collection->view_only ||
                 owner->state != WEFTI_STATE_PERSISTENT || wefti_object_is_loaded(owner, collection);
    return known || wefti_load_needed(session, owner, collection) == WEFT_OK;
}

static weft_status set_owner(weft_session *session, wefti_object *child, const wefti_ownership *o, wefti_object *owner)
{
    if (!know_single(session, owner, o->collection))
        return session->error.status;
    if (wefti_object_touch(session, child) == NULL)
        return session->error.status;
    if (owner != NULL && owner->state == WEFTI_STATE_PERSISTENT && key_conflicts(child, o, owner))
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                  "the foreign key of this %s was set to one row and its relationship %s to %s; set only one",
                                  child->table->model->name, wefti_ownership_link(o)->field, wefti_object_name(session, owner));
    wefti_object *before = present_owner(session, child, o);
    const wefti_relation *collection = o->collection;
    if (before != owner && !leave_collection(session, before, collection, child))
        return session->error.status;
    if (owner != NULL && collection != NULL && !collection->to_many && wefti_object_is_loaded(owner, collection)) {
        const void *replaced = *wefti_object_pointer(owner, collection);
        if (replaced != NULL && replaced != wefti_object_struct(child) &&
            set_owner(session, wefti_object_of(replaced), o, NULL) != WEFT_OK)
            return session->error.status;
    }
    if (!enter_collection(session, owner, collection, child, before == owner))
        return session->error.status;
    if (o->belongs != NULL) {
        *wefti_object_pointer(child, o->belongs) = owner == NULL ? NULL : wefti_object_struct(owner);
        child->loaded |= wefti_relation_bit(o->belongs);
    }
    bool orphan = owner == NULL && collection != NULL && (collection->cascade & WEFT_CASCADE_DELETE_ORPHAN) != 0;
    if (owner == NULL || owner->state == WEFTI_STATE_PERSISTENT)
        show_key(child, o, owner);
    return record_link(session, child, o, owner, orphan);
}

/* ---- many to many ---- */

static wefti_pair *find_pair(const weft_session *session, const wefti_relation *relation, const wefti_object *left,
                             const wefti_object *right)
{
    for (uint32_t i = session->pair_count; i-- > 0;) {
        wefti_pair *pair = &session->pairs[i];
        if (pair->left == left && pair->right == right && pair->relation == relation && pair->how != 0)
            return pair;
    }
    return NULL;
}

static weft_status add_pair(weft_session *session, wefti_pair pair)
{
    if (session->pair_count == session->pair_capacity) {
        uint32_t capacity = session->pair_capacity == 0 ? 16 : session->pair_capacity * 2;
        wefti_pair *grown = wefti_realloc(session->pairs, capacity * sizeof *grown);
        if (grown == NULL)
            return wefti_session_fail_memory(session);
        session->pairs = grown;
        session->pair_capacity = capacity;
    }
    session->pairs[session->pair_count++] = pair;
    session->maps[pair.relation->link->index].dirty = session->marked = true;
    return WEFT_OK;
}

/* Whether the pair is known to be there (1), known not to be (0), or neither side is loaded (-1). */
static int known_membership(wefti_object *object, const wefti_relation *relation, wefti_object *other)
{
    if (wefti_object_is_loaded(object, relation))
        return wefti_list_contains(wefti_object_list(object, relation), wefti_object_struct(other));
    if (relation->back != NULL && wefti_object_is_loaded(other, relation->back))
        return wefti_list_contains(wefti_object_list(other, relation->back), wefti_object_struct(object));
    return -1;
}

static bool show_pair(weft_session *session, wefti_object *object, const wefti_relation *relation, const wefti_object *other,
                      int how)
{
    if (relation == NULL || !wefti_object_is_loaded(object, relation))
        return true;
    if (wefti_object_touch(session, object) == NULL)
        return false;
    weft_list *list = wefti_object_list(object, relation);
    const void *structure = wefti_object_struct(other);
    if (how < 0)
        return wefti_list_without(session, list, structure);
    return wefti_list_contains(list, structure) || wefti_list_append(session, list, structure);
}

static weft_status set_pair(weft_session *session, wefti_object *object, const wefti_relation *relation, wefti_object *other,
                            int how)
{
    int known = known_membership(object, relation, other);
    if ((how > 0 && known == 1) || (how < 0 && known == 0))
        return WEFT_OK;
    const wefti_relation *side = wefti_relation_canonical(relation);
    wefti_object *left = side == relation ? object : other, *right = side == relation ? other : object;
    bool may_cancel = how < 0 || known < 0 || (left->change != NULL && right->change != NULL);
    wefti_pair *pair = may_cancel ? find_pair(session, side, left, right) : NULL;
    if (pair != NULL && pair->how == how)
        return WEFT_OK;
    const wefti_pair added = {.relation = side, .left = left, .right = right, .how = how, .known = known >= 0};
    if (pair != NULL)
        pair->how = pair->known ? 0 : how; /* what may be there or not is not settled by taking the opposite back */
    else if (add_pair(session, added) != WEFT_OK)
        return session->error.status;
    if (wefti_object_touch(session, object) == NULL || wefti_object_touch(session, other) == NULL)
        return session->error.status;
    if (!show_pair(session, object, relation, other, how) || !show_pair(session, other, relation->back, object, how))
        return session->error.status;
    return WEFT_OK;
}

weft_status wefti_link(weft_session *session, wefti_object *object, const wefti_relation *relation, wefti_object *other, int how)
{
    if (relation->view_only)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s.%s is view-only", relation->source->model->name, relation->field);
    if (relation->kind == WEFT_ATTR_MANY_TO_MANY)
        return set_pair(session, object, relation, other, how);
    wefti_ownership o = wefti_ownership_of(relation);
    if (relation->kind == WEFT_ATTR_BELONGS_TO)
        return set_owner(session, object, &o, other);
    if (how > 0 || (how == 0 && other != NULL))
        return set_owner(session, other, &o, object);
    if (how == 0) { /* HAS_ONE = NULL */
        if (!wefti_object_is_loaded(object, relation) && wefti_load_needed(session, object, relation) != WEFT_OK)
            return session->error.status;
        const void *replaced = *wefti_object_pointer(object, relation);
        return replaced == NULL ? WEFT_OK : set_owner(session, wefti_object_of(replaced), &o, NULL);
    }
    if (present_owner(session, other, &o) != object)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_remove: %s is not in %s of %s",
                                  wefti_object_name(session, other), relation->field, wefti_object_name(session, object));
    return set_owner(session, other, &o, NULL);
}
