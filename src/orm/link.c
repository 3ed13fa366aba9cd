/* Relationships in memory: both sides follow, and flush learns what to write.
 *
 * One-to-many, one-to-one and many-to-one are one fact, the child's owner, whichever side it is told from; it is kept on the
 * child's change as an fk_link until flush copies the owner's key. Many-to-many is a pair, kept on the session under the side that
 * comes first (canonical), so that it is written once. A side that is not loaded stays so; what is pending is merged in when it
 * loads. */
#include "orm/flush.h"

#include "base/error.h"
#include "base/memory.h"
#include "orm/key.h"

#include <string.h>

static uint64_t bit(const wefti_relation *relation) { return UINT64_C(1) << relation->index; }
static bool is_loaded(const wefti_object *object, const wefti_relation *relation) { return (object->loaded & bit(relation)) != 0; }

static weft_list *list_of(wefti_object *object, const wefti_relation *relation)
{
    weft_list *list = wefti_object_field(object, relation->offset);
    if (list->count == 0)
        list->items = NULL; /* not the marker of an unloaded one */
    return list;
}

static const void **pointer_of(wefti_object *object, const wefti_relation *relation)
{
    return wefti_object_field(object, relation->offset);
}

/* The two ends of one fact: belongs is NULL where the child has no BELONGS_TO, collection where the owner has no other side. */
typedef struct ownership {
    const wefti_relation *belongs;    /* BELONGS_TO of the child's table */
    const wefti_relation *collection; /* HAS_MANY or HAS_ONE of the owner's table */
} ownership;

static ownership ownership_of(const wefti_relation *relation)
{
    if (relation->kind == WEFT_ATTR_BELONGS_TO)
        return (ownership){ relation, relation->back };
    return (ownership){ relation->back, relation };
}

static const wefti_relation *link_relation(const ownership *o) { return o->belongs != NULL ? o->belongs : o->collection; }
static wefti_key_pairs pairs_of(const ownership *o) { return wefti_relation_pairs(link_relation(o)); }

static wefti_object *present_owner(weft_session *session, wefti_object *child, const ownership *o)
{
    const wefti_fk_link *link = wefti_link_of(child, link_relation(o));
    if (link != NULL)
        return link->owner;
    if (o->belongs != NULL && is_loaded(child, o->belongs)) {
        const void *owner = *pointer_of(child, o->belongs);
        return owner == NULL ? NULL : wefti_object_of(owner);
    }
    const wefti_key_pairs pairs = pairs_of(o);
    return child->state == WEFTI_STATE_PENDING ? NULL : wefti_key_owner_asked(session, &pairs, wefti_object_struct(child));
}

static bool leave_collection(weft_session *session, wefti_object *owner, const wefti_relation *collection,
                             const wefti_object *child)
{
    if (owner == NULL || collection == NULL || !is_loaded(owner, collection))
        return true;
    if (wefti_object_touch(session, owner) == NULL)
        return false;
    if (collection->to_many)
        return wefti_list_without(session, list_of(owner, collection), wefti_object_struct(child));
    if (*pointer_of(owner, collection) == wefti_object_struct(child))
        *pointer_of(owner, collection) = NULL;
    return true;
}

static bool enter_collection(weft_session *session, wefti_object *owner, const wefti_relation *collection,
                             const wefti_object *child, bool was_there)
{
    if (owner == NULL || collection == NULL || (collection->to_many && !is_loaded(owner, collection)))
        return true;
    if (wefti_object_touch(session, owner) == NULL)
        return false;
    const void *structure = wefti_object_struct(child);
    if (!collection->to_many) {
        *pointer_of(owner, collection) = structure;
        owner->loaded |= bit(collection);
        return true;
    }
    weft_list *list = list_of(owner, collection);
    return (was_there && wefti_list_contains(list, structure)) || wefti_list_append(session, list, structure);
}

/* Where the program wrote the foreign key itself, to another row than the relationship says, neither is taken silently. */
static bool key_conflicts(const wefti_object *child, const ownership *o, const wefti_object *owner)
{
    if (child->change == NULL || wefti_link_of(child, link_relation(o)) != NULL)
        return false;
    const wefti_key_pairs pairs = pairs_of(o);
    const void *structure = wefti_object_struct(child), *base = child->change->base;
    for (uint16_t i = 0; i < pairs.count; i++) {
        const wefti_column *const *column = &pairs.child[i];
        bool written = child->state == WEFTI_STATE_PENDING ? !wefti_flush_is_zero(*column, structure)
                                                           : !wefti_columns_equal(column, structure, column, base, 1);
        if (written && !wefti_columns_equal(column, structure, &pairs.referred[i], wefti_object_struct(owner), 1))
            return true;
    }
    return false;
}

/* The foreign key is shown at once where it is known; flush writes it in any case. */
static void show_key(wefti_object *child, const ownership *o, const wefti_object *owner)
{
    const wefti_key_pairs pairs = pairs_of(o);
    for (uint16_t i = 0; i < pairs.count; i++) {
        const wefti_column *from = pairs.child[i], *to = pairs.referred[i];
        weft_value value = weft_value_null((weft_type)from->type);
        if (owner != NULL)
            value = wefti_field_value(to->field_type, to->size, wefti_object_field(owner, to->offset));
        else if (!from->nullable || from->primary_key)
            continue;
        wefti_decode_value(from->field_type, from->size, &value, wefti_object_field(child, from->offset),
                           &child->cohort->batch->arena, NULL);
    }
}

static weft_status record_link(weft_session *session, wefti_object *child, const ownership *o, wefti_object *owner, bool orphan)
{
    wefti_fk_link *link = wefti_link_of(child, link_relation(o));
    if (link == NULL) {
        link = wefti_arena_zalloc(&session->work, sizeof *link);
        if (link == NULL)
            return wefti_session_fail_memory(session);
        link->relation = link_relation(o);
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
                 owner->state != WEFTI_STATE_PERSISTENT || is_loaded(owner, collection);
    return known || wefti_loading.lazy(session, owner, collection, WEFTI_LAZY_NEEDED) == WEFT_OK;
}

static weft_status set_owner(weft_session *session, wefti_object *child, const ownership *o, wefti_object *owner)
{
    if (!know_single(session, owner, o->collection))
        return session->error.status;
    if (wefti_object_touch(session, child) == NULL)
        return session->error.status;
    if (owner != NULL && owner->state == WEFTI_STATE_PERSISTENT && key_conflicts(child, o, owner))
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                  "the foreign key of this %s was set to one row and its relationship %s to %s; set only one",
                                  child->table->model->name, link_relation(o)->field, wefti_object_name(session, owner));
    wefti_object *before = present_owner(session, child, o);
    const wefti_relation *collection = o->collection;
    if (before != owner && !leave_collection(session, before, collection, child))
        return session->error.status;
    if (owner != NULL && collection != NULL && !collection->to_many && is_loaded(owner, collection)) {
        const void *replaced = *pointer_of(owner, collection);
        if (replaced != NULL && replaced != wefti_object_struct(child) &&
            set_owner(session, wefti_object_of(replaced), o, NULL) != WEFT_OK)
            return session->error.status;
    }
    if (!enter_collection(session, owner, collection, child, before == owner))
        return session->error.status;
    if (o->belongs != NULL) {
        *pointer_of(child, o->belongs) = owner == NULL ? NULL : wefti_object_struct(owner);
        child->loaded |= bit(o->belongs);
    }
    bool orphan = owner == NULL && collection != NULL && (collection->cascade & WEFT_CASCADE_DELETE_ORPHAN) != 0;
    if (owner == NULL || owner->state == WEFTI_STATE_PERSISTENT)
        show_key(child, o, owner);
    return record_link(session, child, o, owner, orphan);
}

/* ---- many to many ---- */

static const wefti_relation *canonical(const wefti_relation *relation)
{
    const wefti_relation *back = relation->back;
    if (back == NULL || back->source->index > relation->source->index)
        return relation;
    return back->source->index < relation->source->index || back->index < relation->index ? back : relation;
}

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
    session->maps[pair.relation->link->index].dirty = true;
    return WEFT_OK;
}

/* Whether the pair is known to be there (1), known not to be (0), or neither side is loaded (-1). */
static int known_membership(wefti_object *object, const wefti_relation *relation, wefti_object *other)
{
    if (is_loaded(object, relation))
        return wefti_list_contains(list_of(object, relation), wefti_object_struct(other));
    if (relation->back != NULL && is_loaded(other, relation->back))
        return wefti_list_contains(list_of(other, relation->back), wefti_object_struct(object));
    return -1;
}

static bool show_pair(weft_session *session, wefti_object *object, const wefti_relation *relation, const wefti_object *other,
                      int how)
{
    if (relation == NULL || !is_loaded(object, relation))
        return true;
    if (wefti_object_touch(session, object) == NULL)
        return false;
    weft_list *list = list_of(object, relation);
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
    const wefti_relation *side = canonical(relation);
    wefti_object *left = side == relation ? object : other, *right = side == relation ? other : object;
    bool may_cancel = how < 0 || known < 0 || (left->change != NULL && right->change != NULL);
    wefti_pair *pair = may_cancel ? find_pair(session, side, left, right) : NULL;
    if (pair != NULL && pair->how == how)
        return WEFT_OK;
    const wefti_pair added = { .relation = side, .left = left, .right = right, .how = how, .known = known >= 0 };
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
    ownership o = ownership_of(relation);
    if (relation->kind == WEFT_ATTR_BELONGS_TO)
        return set_owner(session, object, &o, other);
    if (how > 0 || (how == 0 && other != NULL))
        return set_owner(session, other, &o, object);
    if (how == 0) { /* HAS_ONE = NULL */
        if (!is_loaded(object, relation) && wefti_loading.lazy(session, object, relation, WEFTI_LAZY_NEEDED) != WEFT_OK)
            return session->error.status;
        const void *replaced = *pointer_of(object, relation);
        return replaced == NULL ? WEFT_OK : set_owner(session, wefti_object_of(replaced), &o, NULL);
    }
    if (present_owner(session, other, &o) != object)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_remove: %s is not in %s of %s",
            wefti_object_name(session, other), relation->field, wefti_object_name(session, object));
    return set_owner(session, other, &o, NULL);
}

/* ---- merging what is pending into what was loaded ---- */

static void merge_child(weft_session *session, const wefti_relation *relation, wefti_object *child, const wefti_fk_link *link)
{
    const void *structure = wefti_object_struct(child);
    if (link->owner != NULL && link->owner->visited) {
        if (wefti_object_touch(session, link->owner) == NULL)
            return; /* touched, so that a rollback takes the child out again */
        if (!relation->to_many)
            *pointer_of(link->owner, relation) = structure;
        else if (!wefti_list_contains(list_of(link->owner, relation), structure))
            wefti_list_append(session, list_of(link->owner, relation), structure);
    }
    if (child->state != WEFTI_STATE_PERSISTENT || child->change->base == NULL)
        return;
    /* The row still names the owner before: find it by the key as the database knows it. */
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    wefti_object *before = wefti_key_owner_asked(session, &pairs, child->change->base);
    if (before == NULL || before == link->owner || !before->visited || wefti_object_touch(session, before) == NULL)
        return;
    if (relation->to_many)
        wefti_list_without(session, list_of(before, relation), structure);
    else if (*pointer_of(before, relation) == structure)
        *pointer_of(before, relation) = NULL;
}

static void merge_children(weft_session *session, const wefti_relation *relation)
{
    ownership o = ownership_of(relation);
    for (wefti_change *change = session->touched; change != NULL; change = change->next_touched) {
        const wefti_fk_link *link = wefti_link_find(change, link_relation(&o));
        if (link != NULL)
            merge_child(session, relation, change->object, link);
    }
}

static void merge_pairs(weft_session *session, const wefti_relation *relation)
{
    const wefti_relation *side = canonical(relation);
    for (uint32_t i = 0; i < session->pair_count; i++) {
        const wefti_pair *pair = &session->pairs[i];
        if (pair->relation != side || pair->how == 0)
            continue;
        wefti_object *owner = side == relation ? pair->left : pair->right;
        const void *other = wefti_object_struct(side == relation ? pair->right : pair->left);
        if (!owner->visited)
            continue;
        if (wefti_object_touch(session, owner) == NULL)
            return;
        weft_list *list = list_of(owner, relation);
        if (pair->how < 0)
            wefti_list_without(session, list, other);
        else if (!wefti_list_contains(list, other))
            wefti_list_append(session, list, other);
    }
}

static void merge_owner(wefti_object *child, const wefti_relation *relation)
{
    const wefti_fk_link *link = wefti_link_of(child, relation);
    if (link != NULL)
        *pointer_of(child, relation) = link->owner == NULL ? NULL : wefti_object_struct(link->owner);
}

void wefti_links_merge(weft_session *session, const wefti_relation *relation, wefti_object *const *owners, size_t count)
{
    if (session->changes == NULL && session->pair_count == 0)
        return;
    if (relation->kind == WEFT_ATTR_BELONGS_TO) {
        for (size_t i = 0; i < count; i++)
            merge_owner(owners[i], relation);
        return;
    }
    for (size_t i = 0; i < count; i++)
        owners[i]->visited = true;
    if (relation->kind == WEFT_ATTR_MANY_TO_MANY)
        merge_pairs(session, relation);
    else
        merge_children(session, relation);
    for (size_t i = 0; i < count; i++)
        owners[i]->visited = false;
}
