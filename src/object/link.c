/* Relationships of objects in memory: what of them waits for a flush, and how it is merged into what a load brings. */
#include "object/link.h"

#include "object/key.h"

wefti_fk_link *wefti_link_find(const wefti_change *change, const wefti_relation *relation)
{
    wefti_fk_link *link = change->links;
    while (link != NULL && link->relation != relation && link->relation != relation->back)
        link = link->next;
    return link;
}

const wefti_relation *wefti_relation_canonical(const wefti_relation *relation)
{
    const wefti_relation *back = relation->back;
    if (back == NULL || back->source->index > relation->source->index)
        return relation;
    return back->source->index < relation->source->index || back->index < relation->index ? back : relation;
}

static void merge_child(weft_session *session, const wefti_relation *relation, wefti_object *child, const wefti_fk_link *link)
{
    const void *structure = wefti_object_struct(child);
    if (link->owner != NULL && link->owner->visited) {
        if (wefti_object_touch(session, link->owner) == NULL)
            return; /* touched, so that a rollback takes the child out again */
        if (!relation->to_many)
            *wefti_object_pointer(link->owner, relation) = structure;
        else if (!wefti_list_contains(wefti_object_list(link->owner, relation), structure))
            wefti_list_append(session, wefti_object_list(link->owner, relation), structure);
    }
    if (child->state != WEFTI_STATE_PERSISTENT || child->change->base == NULL)
        return;
    /* The row still names the owner before: find it by the key as the database knows it. */
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    wefti_object *before = wefti_key_owner_asked(session, &pairs, child->change->base);
    if (before == NULL || before == link->owner || !before->visited || wefti_object_touch(session, before) == NULL)
        return;
    if (relation->to_many)
        wefti_list_without(session, wefti_object_list(before, relation), structure);
    else if (*wefti_object_pointer(before, relation) == structure)
        *wefti_object_pointer(before, relation) = NULL;
}

static void merge_children(weft_session *session, const wefti_relation *relation)
{
    wefti_ownership o = wefti_ownership_of(relation);
    for (wefti_change *change = session->touched; change != NULL; change = change->next_touched) {
        const wefti_fk_link *link = wefti_link_find(change, wefti_ownership_link(&o));
        if (link != NULL)
            merge_child(session, relation, change->object, link);
    }
}

static void merge_pairs(weft_session *session, const wefti_relation *relation)
{
    const wefti_relation *side = wefti_relation_canonical(relation);
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
        weft_list *list = wefti_object_list(owner, relation);
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
        *wefti_object_pointer(child, relation) = link->owner == NULL ? NULL : wefti_object_struct(link->owner);
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

bool wefti_change_links(const wefti_change *change, const wefti_column *column)
{
    for (const wefti_fk_link *link = change->links; link != NULL; link = link->next) {
        const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
        for (uint16_t i = 0; link->owner != NULL && i < pairs.count; i++)
            if (pairs.child[i] == column)
                return true;
    }
    return false;
}
