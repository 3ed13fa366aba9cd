/* Filling relationships from pairs of owner and other end, in time linear in the pairs whatever their order.
 *
 * The owners' own fields serve as counters and cursors of a counting sort, so that no table from owner to collection is needed;
 * the visited bit tells whose fields those are. Every collection gets one array of exactly its size. When something fails in the
 * middle, the fields are put back to unloaded, for a half-filled collection must never be seen as a whole one. */
#include "load/fill.h"

#include "base/memory.h"
#include "object/key.h"

#include <string.h>

enum { FIRST_ITEMS = 64 };

bool wefti_load_objects_grow(weft_session *session, wefti_load_objects *objects)
{
    size_t capacity = objects->capacity * 2 < FIRST_ITEMS ? FIRST_ITEMS : objects->capacity * 2;
    wefti_object **grown = wefti_realloc(objects->borrowed ? NULL : objects->items, capacity * sizeof *grown);
    if (grown == NULL) {
        wefti_session_fail_memory(session);
        return false;
    }
    if (objects->borrowed)
        memcpy(grown, objects->items, objects->count * sizeof *grown);
    objects->borrowed = false;
    objects->items = grown;
    objects->capacity = capacity;
    return true;
}

bool wefti_load_pairs_grow(weft_session *session, wefti_load_pairs *pairs)
{
    size_t capacity = pairs->capacity == 0 ? FIRST_ITEMS : pairs->capacity * 2;
    wefti_load_pair *grown = wefti_realloc(pairs->items, capacity * sizeof *grown);
    if (grown == NULL) {
        wefti_session_fail_memory(session);
        return false;
    }
    pairs->items = grown;
    pairs->capacity = capacity;
    return true;
}

void wefti_load_objects_free(wefti_load_objects *objects)
{
    if (!objects->borrowed)
        wefti_free(objects->items);
    *objects = (wefti_load_objects){0};
}

void wefti_load_pairs_free(wefti_load_pairs *pairs)
{
    wefti_free(pairs->items);
    *pairs = (wefti_load_pairs){0};
}

void wefti_load_objects_unique(wefti_load_objects *objects)
{
    size_t count = 0;
    for (size_t i = 0; i < objects->count; i++) {
        wefti_object *object = objects->items[i];
        if (object->visited)
            continue;
        object->visited = true;
        objects->items[count++] = object;
    }
    objects->count = count;
    for (size_t i = 0; i < count; i++)
        objects->items[i]->visited = false;
}

static const void **new_items(weft_session *session, size_t count)
{
    const void **items = wefti_list_alloc(session, (uint32_t)count);
    if (items != NULL)
        ((wefti_list_header *)(void *)items - 1)->used = (uint32_t)count;
    return items;
}

weft_status wefti_load_list(weft_session *session, const wefti_load_objects *objects, weft_list *list)
{
    *list = (weft_list){NULL, 0};
    if (objects->count == 0)
        return WEFT_OK;
    const void **items = new_items(session, objects->count);
    if (items == NULL)
        return session->error.status;
    for (size_t i = 0; i < objects->count; i++)
        items[i] = wefti_object_struct(objects->items[i]);
    *list = (weft_list){items, objects->count};
    return WEFT_OK;
}

/* ---- the other side ---- */

/* A child that was found through its owner has found its owner, too; not where memory says that it belongs to another by now. */
static void point_back(const wefti_relation *relation, wefti_object *child, const wefti_object *owner)
{
    const wefti_relation *back = relation->back;
    if (back == NULL || back->kind != WEFT_ATTR_BELONGS_TO || wefti_object_is_loaded(child, back))
        return;
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    if (child->change != NULL && !wefti_key_refers(&pairs, wefti_object_struct(child), wefti_object_struct(owner)))
        return;
    *(const void **)wefti_object_field(child, back->offset) = wefti_object_struct(owner);
    child->loaded |= UINT64_C(1) << back->index;
}

/* ---- filling ---- */

typedef struct filling {
    weft_session *session;
    const wefti_relation *relation;
    const wefti_load_pairs *pairs;
    wefti_load_objects owners; /* visited while their fields are worked on */
    bool own_owners;           /* the array is this filling's */
    bool repeats;
    bool warned;
} filling;

static void set_empty(const filling *f, wefti_object *owner)
{
    void *field = wefti_object_field(owner, f->relation->offset);
    if (f->relation->to_many)
        *(weft_list *)field = (weft_list){NULL, 0};
    else
        *(const void **)field = NULL;
    owner->visited = true;
}

static bool gather_owners(filling *f, const wefti_load_objects *given)
{
    if (given != NULL) {
        f->owners = *given;
        for (size_t i = 0; i < given->count; i++)
            set_empty(f, given->items[i]);
        return true;
    }
    f->own_owners = true;
    for (size_t i = 0; i < f->pairs->count; i++) {
        wefti_object *owner = f->pairs->items[i].owner;
        if (owner->visited || wefti_object_is_loaded(owner, f->relation))
            continue;
        if (!wefti_load_objects_add(f->session, &f->owners, owner))
            return false;
        set_empty(f, owner);
    }
    return true;
}

static void forget_owners(filling *f, bool filled)
{
    for (size_t i = 0; i < f->owners.count; i++) {
        wefti_object *owner = f->owners.items[i];
        owner->visited = false;
        if (!filled)
            wefti_object_unload(f->session, owner, f->relation);
    }
}

static weft_list *list_of(const filling *f, const wefti_object *owner) { return wefti_object_field(owner, f->relation->offset); }

/* Puts the others behind each other by owner: each owner's list borrows its part of grouped. */
static void group_by_owner(filling *f, wefti_object **grouped)
{
    for (size_t i = 0; i < f->owners.count; i++) {
        weft_list *list = list_of(f, f->owners.items[i]);
        size_t count = list->count;
        *list = (weft_list){grouped, 0};
        grouped += count;
    }
    for (size_t i = 0; i < f->pairs->count; i++) {
        const wefti_load_pair *pair = &f->pairs->items[i];
        if (!pair->owner->visited || pair->other == NULL)
            continue;
        weft_list *list = list_of(f, pair->owner);
        ((wefti_object **)(uintptr_t)list->items)[list->count++] = pair->other;
    }
}

/* The owner's part of grouped becomes an array of its own. */
static bool keep_list(filling *f, wefti_object *owner)
{
    weft_list *list = list_of(f, owner);
    wefti_load_objects others = {.items = (wefti_object **)(uintptr_t)list->items, .count = list->count};
    if (f->repeats)
        wefti_load_objects_unique(&others);
    wefti_object_unload(f->session, owner, f->relation); /* as the journal shall know it */
    if (!wefti_load_may_miss(f->session, owner, f->relation))
        return false;
    for (size_t i = 0; i < others.count; i++)
        if (!wefti_load_may_lead_to(f->session, owner, others.items[i]))
            return false;
    if (wefti_load_list(f->session, &others, list) != WEFT_OK)
        return false;
    owner->loaded |= UINT64_C(1) << f->relation->index;
    if (f->relation->kind == WEFT_ATTR_HAS_MANY && f->relation->back != NULL)
        for (size_t i = 0; i < others.count; i++)
            point_back(f->relation, others.items[i], owner);
    return true;
}

static weft_status fill_lists(filling *f)
{
    size_t total = 0;
    for (size_t i = 0; i < f->pairs->count; i++) {
        const wefti_load_pair *pair = &f->pairs->items[i];
        if (!pair->owner->visited || pair->other == NULL)
            continue;
        list_of(f, pair->owner)->count++;
        total++;
    }
    wefti_object **grouped = wefti_malloc((total + 1) * sizeof *grouped);
    if (grouped == NULL) {
        forget_owners(f, false);
        return wefti_session_fail_memory(f->session);
    }
    group_by_owner(f, grouped);
    forget_owners(f, true); /* the others may be owners, too, and are marked while repeats are left out */
    size_t kept = 0;
    while (kept < f->owners.count && keep_list(f, f->owners.items[kept]))
        kept++;
    for (size_t i = kept; i < f->owners.count; i++)
        wefti_object_unload(f->session, f->owners.items[i], f->relation);
    wefti_free(grouped);
    return kept == f->owners.count ? WEFT_OK : f->session->error.status;
}

static void warn_of_second(filling *f, const wefti_object *owner)
{
    if (f->warned)
        return;
    f->warned = true;
    wefti_log_text(&f->session->engine->log, WEFT_LOG_WARNING, WEFT_LOG_ORM, "%s.%s: several rows refer to %s; the first is taken",
                   f->relation->source->model->name, f->relation->field, wefti_object_name(f->session, owner));
}

static weft_status fill_pointers(filling *f)
{
    for (size_t i = 0; i < f->owners.count; i++)
        if (!wefti_load_may_miss(f->session, f->owners.items[i], f->relation)) {
            forget_owners(f, false);
            return f->session->error.status;
        }
    for (size_t i = 0; i < f->pairs->count; i++) {
        const wefti_load_pair *pair = &f->pairs->items[i];
        if (!pair->owner->visited || pair->other == NULL)
            continue;
        const void **field = wefti_object_field(pair->owner, f->relation->offset);
        if (*field == NULL && !wefti_load_may_lead_to(f->session, pair->owner, pair->other)) {
            forget_owners(f, false);
            return f->session->error.status;
        }
        if (*field == NULL)
            *field = wefti_object_struct(pair->other);
        else if (*field != wefti_object_struct(pair->other))
            warn_of_second(f, pair->owner);
        if (f->relation->kind == WEFT_ATTR_HAS_ONE)
            point_back(f->relation, pair->other, pair->owner);
    }
    for (size_t i = 0; i < f->owners.count; i++)
        f->owners.items[i]->loaded |= UINT64_C(1) << f->relation->index;
    forget_owners(f, true);
    return WEFT_OK;
}

weft_status wefti_load_fill(weft_session *session, const wefti_relation *relation, const wefti_load_pairs *pairs,
                            const wefti_load_objects *owners, bool repeats)
{
    filling f = {.session = session, .relation = relation, .pairs = pairs, .repeats = repeats};
    weft_status status = WEFT_OK;
    if (!gather_owners(&f, owners)) {
        forget_owners(&f, false);
        status = session->error.status;
    } else {
        status = relation->to_many ? fill_lists(&f) : fill_pointers(&f);
    }
    if (status == WEFT_OK)
        wefti_links_merge(session, relation, f.owners.items, f.owners.count);
    if (f.own_owners)
        wefti_load_objects_free(&f.owners);
    return status == WEFT_OK ? session->error.status : status;
}
