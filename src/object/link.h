/* Relationships of objects in memory. */
#ifndef WEFTI_OBJECT_LINK_H
#define WEFTI_OBJECT_LINK_H

#include "object/object.h"

/* ---- fields ---- */

static inline uint64_t wefti_relation_bit(const wefti_relation *relation) { return UINT64_C(1) << relation->index; }
static inline bool wefti_object_is_loaded(const wefti_object *object, const wefti_relation *relation)
{
    return (object->loaded & wefti_relation_bit(relation)) != 0;
}
/* The field of a relationship to many, its items not the marker of an unloaded one. */
static inline weft_list *wefti_object_list(wefti_object *object, const wefti_relation *relation)
{
    weft_list *list = (weft_list *)wefti_object_field(object, relation->offset);
    if (list->count == 0)
        list->items = NULL;
    return list;
}
/* The field of a relationship to one. */
static inline const void **wefti_object_pointer(wefti_object *object, const wefti_relation *relation)
{
    return (const void **)wefti_object_field(object, relation->offset);
}

/* ---- one fact, two ends ---- */

/* belongs is NULL where the child has no BELONGS_TO, collection where the owner has no other side. */
typedef struct wefti_ownership {
    const wefti_relation *belongs;    /* BELONGS_TO of the child's table */
    const wefti_relation *collection; /* HAS_MANY or HAS_ONE of the owner's table */
} wefti_ownership;

static inline wefti_ownership wefti_ownership_of(const wefti_relation *relation)
{
    if (relation->kind == WEFT_ATTR_BELONGS_TO)
        return (wefti_ownership){relation, relation->back};
    return (wefti_ownership){relation->back, relation};
}
/* The side under which links are kept. */
static inline const wefti_relation *wefti_ownership_link(const wefti_ownership *o)
{
    return o->belongs != NULL ? o->belongs : o->collection;
}
/* The side of a many-to-many relationship under which pairs are kept. */
const wefti_relation *wefti_relation_canonical(const wefti_relation *relation);

/* ---- what waits for a flush ---- */

/* The link of a child that says who its owner by this relationship (or its other side) is to be; NULL: none waits for a flush. */
wefti_fk_link *wefti_link_find(const wefti_change *change, const wefti_relation *relation);
/* Whether a column is covered by a link of this change to an owner. */
bool wefti_change_links(const wefti_change *change, const wefti_column *column);
static inline wefti_fk_link *wefti_link_of(const wefti_object *child, const wefti_relation *relation)
{
    return child->change == NULL || child->change->links == NULL ? NULL : wefti_link_find(child->change, relation);
}

/* After a relation of these objects was filled from the database: pending links and pairs are merged in. */
void wefti_links_merge(weft_session *session, const wefti_relation *relation, wefti_object *const *owners, size_t count);

#endif
