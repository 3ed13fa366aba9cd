/* Rows gathered during a fetch, and how they become the fields of relationships. */
#ifndef WEFTI_LOAD_FILL_H
#define WEFTI_LOAD_FILL_H

#include "object/link.h"

/* A growing array of objects; freed with wefti_load_objects_free. borrowed: items is room of somebody else until it grows. */
typedef struct wefti_load_objects {
    wefti_object **items;
    size_t count, capacity;
    bool borrowed;
} wefti_load_objects;

/* Which object stands at the other end for which owner, in row order. other NULL: nobody, as an outer join says. */
typedef struct wefti_load_pair {
    wefti_object *owner, *other;
} wefti_load_pair;
typedef struct wefti_load_pairs {
    wefti_load_pair *items;
    size_t count, capacity;
} wefti_load_pairs;

bool wefti_load_objects_grow(weft_session *session, wefti_load_objects *objects);
bool wefti_load_pairs_grow(weft_session *session, wefti_load_pairs *pairs);
void wefti_load_objects_free(wefti_load_objects *objects);
void wefti_load_pairs_free(wefti_load_pairs *pairs);

/* False: no memory, the session failed. */
static inline bool wefti_load_objects_add(weft_session *session, wefti_load_objects *objects, wefti_object *object)
{
    if (objects->count == objects->capacity && !wefti_load_objects_grow(session, objects))
        return false;
    objects->items[objects->count++] = object;
    return true;
}
static inline bool wefti_load_pairs_add(weft_session *session, wefti_load_pairs *pairs, wefti_object *owner, wefti_object *other)
{
    if (pairs->count == pairs->capacity && !wefti_load_pairs_grow(session, pairs))
        return false;
    pairs->items[pairs->count++] = (wefti_load_pair){owner, other};
    return true;
}

/* Leaves each object once, at its first place. */
void wefti_load_objects_unique(wefti_load_objects *objects);
/* The objects as a list of the session; an empty one has no items. */
weft_status wefti_load_list(weft_session *session, const wefti_load_objects *objects, weft_list *list);

/* To be called before a relationship that is not loaded is set to lead to other: a rollback that takes other away then takes the
 * load away, too, so that no field outlives what it points to. False: no memory, the session failed. */
static inline bool wefti_load_may_lead_to(weft_session *session, wefti_object *owner, const wefti_object *other)
{
    return other->change == NULL || wefti_object_touch(session, owner) != NULL;
}

/* To be called before a relationship that is not loaded becomes loaded: where a rollback to a savepoint may bring rows back that
 * the load does not see now, it takes the load away. False: no memory, the session failed. */
static inline bool wefti_load_may_miss(weft_session *session, wefti_object *owner, const wefti_relation *relation)
{
    const wefti_map *maps = session->maps;
    bool written = maps[relation->target->main->index].written || (relation->link != NULL && maps[relation->link->index].written);
    return session->savepoint_count == 0 || !written || wefti_object_touch(session, owner) != NULL;
}

/* Makes relation loaded for its owners with what the pairs say, and what is pending merged in. owners NULL: the owners of the pairs
 * whose relation is not loaded yet; else pairs of others are passed over, and owners without a pair get an empty one. repeats: a
 * pair may come several times. */
weft_status wefti_load_fill(weft_session *session, const wefti_relation *relation, const wefti_load_pairs *pairs,
                            const wefti_load_objects *owners, bool repeats);

#endif
