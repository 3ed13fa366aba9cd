/* What a flush deletes: orphans, and what deletes bring with them.
 *
 * Deleted objects are doomed one wave at a time: for each relationship of a wave what is not loaded is loaded in one statement
 * for all of its objects, then children are doomed too (cascade) or lose their owner. Link rows of many-to-many relationships go
 * by the owners' keys, in one statement for each table and side. Afterwards no loaded relationship of a living object points to a
 * deleted one. */
#include "unit/flush.h"

#include "base/error.h"
#include "load/load.h"
#include "object/key.h"

#include <stdlib.h>
#include <string.h>

static weft_status doom(wefti_flush *flush, wefti_object *object)
{
    wefti_change *change = wefti_flush_touch(flush, object);
    if (change == NULL)
        return flush->session->error.status;
    if (change->doomed || (object->state != WEFTI_STATE_PENDING && object->state != WEFTI_STATE_PERSISTENT))
        return WEFT_OK;
    if (flush->doomed_count == flush->doomed_capacity) {
        uint32_t capacity = flush->doomed_capacity == 0 ? 64 : flush->doomed_capacity * 2;
        wefti_object **grown = wefti_flush_alloc(flush, capacity * sizeof(wefti_object *));
        if (grown == NULL)
            return flush->session->error.status;
        if (flush->doomed_count > 0)
            memcpy(grown, flush->doomed, flush->doomed_count * sizeof(wefti_object *));
        flush->doomed = grown;
        flush->doomed_capacity = capacity;
    }
    flush->doomed[flush->doomed_count++] = object;
    object->to_delete = true;
    change->doomed = true;
    return WEFT_OK;
}

/* ---- children ---- */

/* Whether the child is still the owner's: it may have been moved since the collection was loaded. */
static bool belongs_to(const wefti_object *child, const wefti_relation *collection, const wefti_object *owner)
{
    const wefti_fk_link *link = wefti_link_of(child, collection);
    if (link != NULL)
        return link->owner == owner;
    if (child->change == NULL)
        return true; /* as the database said */
    const wefti_key_pairs pairs = wefti_relation_pairs(collection);
    const void *structure = wefti_object_struct(child), *base = child->change->base;
    return wefti_key_refers(&pairs, structure, wefti_object_struct(owner)) ||
           (wefti_key_is_loose(&pairs) && base != NULL &&
            wefti_columns_equal(pairs.child, structure, pairs.child, base, pairs.count));
}

static const wefti_relation *belongs_relation(const wefti_relation *collection)
{
    return collection->kind == WEFT_ATTR_BELONGS_TO ? collection : collection->back;
}

/* The child's foreign key becomes NULL, for its owner is deleted. Whether it may is checked with the other keys. */
static weft_status release_child(wefti_flush *flush, wefti_object *child, const wefti_relation *collection, wefti_object *owner)
{
    wefti_change *change = wefti_flush_touch(flush, child);
    if (change == NULL)
        return flush->session->error.status;
    wefti_fk_link *link = wefti_link_of(child, collection);
    if (link == NULL) {
        link = wefti_arena_zalloc(&flush->session->work, sizeof *link);
        if (link == NULL)
            return wefti_session_fail_memory(flush->session);
        link->relation = collection;
        link->next = change->links;
        change->links = link;
        change->link_count++;
    }
    link->owner = NULL;
    link->lost = owner;
    link->orphan = false;
    const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
    for (uint16_t i = 0; i < pairs.count; i++)
        if (pairs.child[i]->nullable && !pairs.child[i]->primary_key)
            wefti_flush_clear(pairs.child[i], wefti_object_struct(child));
    const wefti_relation *belongs = belongs_relation(collection);
    if (belongs != NULL && wefti_object_is_loaded(child, belongs))
        *(const void **)wefti_object_field(child, belongs->offset) = NULL;
    return WEFT_OK;
}

static weft_status follow_to(wefti_flush *flush, wefti_object *owner, const wefti_relation *relation, const void *structure)
{
    wefti_object *target = wefti_object_of(structure);
    bool cascade = (relation->cascade & WEFT_CASCADE_DELETE) != 0;
    bool collection = relation->kind == WEFT_ATTR_HAS_MANY || relation->kind == WEFT_ATTR_HAS_ONE;
    if (wefti_flush_is_doomed(target) || (collection && !belongs_to(target, relation, owner)))
        return WEFT_OK;
    return cascade ? doom(flush, target) : release_child(flush, target, relation, owner);
}

static weft_status follow_object(wefti_flush *flush, wefti_object *object, const wefti_relation *relation)
{
    weft_list list = {wefti_object_field(object, relation->offset), 1};
    if (relation->to_many)
        list = *(const weft_list *)wefti_object_field(object, relation->offset);
    else if (*(const void *const *)list.items == NULL)
        return WEFT_OK;
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < list.count && status == WEFT_OK; i++)
        status = follow_to(flush, object, relation, ((const void *const *)list.items)[i]);
    return status;
}

/* Loads a relationship of those of a wave that do not have it, in one statement; also what is stale or would refuse to load
 * lazily. */
static weft_status load_wave(wefti_flush *flush, const wefti_relation *relation, uint32_t from, uint32_t to)
{
    weft_session *session = flush->session;
    wefti_object **missing = wefti_flush_alloc(flush, (to - from) * sizeof(wefti_object *));
    size_t count = 0;
    if (missing == NULL)
        return session->error.status;
    for (uint32_t i = from; i < to; i++) {
        wefti_object *object = flush->doomed[i];
        if (object->table != relation->source || object->state != WEFTI_STATE_PERSISTENT)
            continue;
        if (wefti_object_stale(session, object))
            object->loaded &= ~(UINT64_C(1) << relation->index);
        if (!wefti_object_is_loaded(object, relation))
            missing[count++] = object;
    }
    if (count == 0)
        return WEFT_OK;
    if (!session->read_only && wefti_session_connect(session, true) != WEFT_OK)
        return session->error.status;
    return wefti_load_cascade(session, relation, missing, count);
}

static weft_status follow_relation(wefti_flush *flush, const wefti_relation *relation, uint32_t from, uint32_t to)
{
    bool collection = relation->kind == WEFT_ATTR_HAS_MANY || relation->kind == WEFT_ATTR_HAS_ONE;
    if (relation->view_only || (!collection && (relation->cascade & WEFT_CASCADE_DELETE) == 0))
        return WEFT_OK;
    weft_status status = relation->passive_deletes ? WEFT_OK : load_wave(flush, relation, from, to);
    for (uint32_t i = from; i < to && status == WEFT_OK; i++) {
        wefti_object *object = flush->doomed[i];
        bool passed_on = relation->passive_deletes && wefti_object_stale(flush->session, object); /* who knows whose they are now */
        if (object->table == relation->source && wefti_object_is_loaded(object, relation) && !passed_on)
            status = follow_object(flush, object, relation);
    }
    return status;
}

static weft_status follow_wave(wefti_flush *flush)
{
    uint32_t from = flush->scanned, to = flush->doomed_count;
    bool *seen = wefti_arena_zalloc(&flush->arena, flush->schema->table_count);
    if (seen == NULL)
        return wefti_session_fail_memory(flush->session);
    weft_status status = WEFT_OK;
    flush->scanned = to;
    for (uint32_t i = from; i < to && status == WEFT_OK; i++) {
        const wefti_table *table = flush->doomed[i]->table;
        if (seen[table->index])
            continue;
        seen[table->index] = true;
        for (uint16_t k = 0; k < table->relation_count && status == WEFT_OK; k++)
            status = follow_relation(flush, &table->relations[k], from, to);
    }
    return status;
}

static weft_status lose_owner(wefti_flush *flush, wefti_object *child, const wefti_relation *relation, wefti_object *owner)
{
    const wefti_relation *collection = relation->kind == WEFT_ATTR_BELONGS_TO ? relation->back : relation;
    bool cascade = collection != NULL && (collection->cascade & WEFT_CASCADE_DELETE) != 0;
    return cascade ? doom(flush, child) : release_child(flush, child, relation, owner);
}

/* Deleted objects whose key a new one takes over: who names that key names the new one. */
static void mark_taken_over(wefti_flush *flush)
{
    for (wefti_change *change = wefti_flush_first(flush); change != NULL; change = wefti_flush_next(flush, change)) {
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        const wefti_object *object = change->object;
        if (object->state != WEFTI_STATE_PENDING || wefti_flush_is_doomed(object) ||
            !wefti_key_of_struct(object->table, wefti_object_struct(object), key))
            continue;
        wefti_object *other = wefti_key_find(flush->session, object->table, key);
        if (other != NULL && wefti_flush_is_doomed(other))
            other->visited = true;
    }
}

/* The relationships by which something deleted is an owner, each fact once. */
static const wefti_relation **owning_relations(wefti_flush *flush, size_t *count)
{
    const wefti_schema *schema = flush->schema;
    size_t most = 0;
    bool *doomed = wefti_arena_zalloc(&flush->arena, schema->table_count);
    for (uint16_t t = 0; t < schema->table_count; t++)
        most += schema->tables[t]->relation_count;
    const wefti_relation **relations = wefti_flush_alloc(flush, most * sizeof(const wefti_relation *));
    *count = 0;
    if (doomed == NULL || relations == NULL) {
        wefti_session_fail_memory(flush->session);
        return NULL;
    }
    for (uint32_t i = 0; i < flush->doomed_count; i++)
        doomed[flush->doomed[i]->table->index] |= flush->doomed[i]->state == WEFTI_STATE_PERSISTENT;
    for (uint16_t t = 0; t < schema->table_count; t++)
        for (uint16_t r = 0; r < schema->tables[t]->relation_count; r++) {
            const wefti_relation *relation = &schema->tables[t]->relations[r];
            bool belongs = relation->kind == WEFT_ATTR_BELONGS_TO;
            bool alone = relation->kind != WEFT_ATTR_MANY_TO_MANY && relation->back == NULL;
            if (!relation->view_only && (belongs || alone) && doomed[wefti_relation_pairs(relation).owner->index])
                relations[(*count)++] = relation;
        }
    return relations;
}

/* A key written to a foreign key's field is as good as a link: whoever names a deleted object loses it like any other child. */
static weft_status follow_value(wefti_flush *flush, const wefti_change *change, const wefti_relation *relation)
{
    wefti_object *child = change->object;
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    const void *structure = wefti_object_struct(child);
    if (pairs.child[0]->table != child->table || wefti_flush_is_doomed(child) || wefti_link_find(change, relation) != NULL ||
        (child->state == WEFTI_STATE_PERSISTENT &&
         (!change->edited || wefti_columns_equal(pairs.child, structure, pairs.child, change->base, pairs.count))))
        return WEFT_OK;
    wefti_object *owner = wefti_key_owner_asked(flush->session, &pairs, structure);
    if (owner == NULL || !wefti_flush_is_doomed(owner) || owner->visited)
        return flush->session->error.status;
    return lose_owner(flush, child, relation, owner);
}

static weft_status follow_values(wefti_flush *flush)
{
    size_t count;
    weft_status status = WEFT_OK;
    const wefti_relation **relations = owning_relations(flush, &count);
    if (relations == NULL || count == 0)
        return flush->session->error.status;
    mark_taken_over(flush);
    for (wefti_change *change = wefti_flush_first(flush); change != NULL && status == WEFT_OK;
         change = wefti_flush_next(flush, change)) {
        bool alive = change->object->state == WEFTI_STATE_PENDING || change->object->state == WEFTI_STATE_PERSISTENT;
        for (size_t r = 0; alive && r < count && status == WEFT_OK; r++)
            status = follow_value(flush, change, relations[r]);
    }
    for (uint32_t i = 0; i < flush->doomed_count; i++)
        flush->doomed[i]->visited = false;
    return status;
}

/* New or moved objects whose owner is deleted, which no loaded collection told of. */
static weft_status follow_links(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (wefti_change *change = wefti_flush_first(flush); change != NULL && status == WEFT_OK;
         change = wefti_flush_next(flush, change)) {
        for (wefti_fk_link *link = change->links; link != NULL && status == WEFT_OK; link = link->next) {
            if (link->owner == NULL || !wefti_flush_is_doomed(link->owner) || wefti_flush_is_doomed(change->object) ||
                change->object->change != change)
                continue;
            status = lose_owner(flush, change->object, link->relation, link->owner);
        }
    }
    return status == WEFT_OK ? follow_values(flush) : status;
}

static bool is_orphan(const wefti_change *change)
{
    const wefti_fk_link *link = change->links;
    while (link != NULL && !(link->orphan && link->owner == NULL))
        link = link->next;
    return link != NULL;
}

weft_status wefti_flush_plan_deletes(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (wefti_change *change = wefti_flush_first(flush); change != NULL && status == WEFT_OK;
         change = wefti_flush_next(flush, change)) {
        bool alive = change->object->state == WEFTI_STATE_PENDING || change->object->state == WEFTI_STATE_PERSISTENT;
        if (alive && (change->object->to_delete || (change->links != NULL && is_orphan(change))))
            status = doom(flush, change->object);
    }
    while (status == WEFT_OK && flush->scanned < flush->doomed_count) {
        status = follow_wave(flush);
        if (status == WEFT_OK && flush->scanned == flush->doomed_count)
            status = follow_links(flush);
    }
    return status;
}

/* ---- link rows ---- */

static weft_status delete_link_side(wefti_flush *flush, const wefti_table *table, const wefti_table *link_table,
                                    const wefti_column *const *link, const wefti_column *const *own, uint16_t count)
{
    wefti_array arrays[WEFTI_MAX_KEY_COLUMNS];
    weft_value values[WEFTI_MAX_KEY_COLUMNS];
    uint16_t keys[WEFTI_MAX_KEY_COLUMNS];
    const void **structs = wefti_flush_alloc(flush, flush->doomed_count * sizeof *structs);
    size_t rows = 0;
    if (structs == NULL)
        return flush->session->error.status;
    for (uint32_t i = 0; i < flush->doomed_count; i++)
        if (flush->doomed[i]->table == table && flush->doomed[i]->state == WEFTI_STATE_PERSISTENT)
            structs[rows++] = flush->doomed[i]->change->base;
    if (rows == 0)
        return WEFT_OK;
    for (uint16_t i = 0; i < count; i++) {
        arrays[i] = wefti_flush_array(own[i], structs, rows);
        values[i] = wefti_array_value(&arrays[i]);
        keys[i] = link[i]->index;
    }
    weft_error error = {0};
    wefti_dml dml = {.kind = WEFTI_DELETE_ARRAYS, .table = link_table, .keys = keys, .key_count = count};
    if (wefti_flush_run(flush, &dml, values, count, NULL, &error) != WEFT_OK)
        return wefti_flush_failed(flush, "DELETE FROM", link_table, &error);
    return WEFT_OK;
}

weft_status wefti_flush_delete_links(wefti_flush *flush)
{
    typedef struct side {
        const wefti_column *column;
        const wefti_table *table;
    } side;
    size_t relations = 0, done = 0;
    for (uint16_t t = 0; t < flush->schema->table_count; t++)
        relations += flush->schema->tables[t]->relation_count;
    side *sides = wefti_flush_alloc(flush, (2 * relations + 1) * sizeof *sides);
    if (sides == NULL)
        return flush->session->error.status;
    weft_status status = WEFT_OK;
    for (uint16_t t = 0; t < flush->schema->table_count; t++) {
        const wefti_table *table = flush->schema->tables[t];
        for (uint16_t r = 0; r < table->relation_count; r++) {
            const wefti_relation *relation = &table->relations[r];
            if (relation->kind != WEFT_ATTR_MANY_TO_MANY || relation->view_only || relation->passive_deletes)
                continue;
            for (int far = 0; far < 2 && status == WEFT_OK; far++) {
                const wefti_column *const *link = far ? relation->link_remote : relation->link_local;
                const wefti_table *owner = far ? relation->target : relation->source;
                size_t i = 0;
                while (i < done && !(sides[i].column == link[0] && sides[i].table == owner))
                    i++;
                if (i < done)
                    continue;
                sides[done++] = (side){link[0], owner};
                status = delete_link_side(flush, owner, relation->link, link, far ? relation->remote : relation->local,
                                          far ? relation->remote_count : relation->local_count);
            }
        }
    }
    return status;
}

/* ---- afterwards ---- */

/* A relationship of a living object that may hold deleted ones. */
typedef struct holder {
    wefti_object *object;
    const wefti_relation *relation;
} holder;
typedef struct holders {
    holder *items;
    size_t count, capacity;
} holders;

static bool add_holder(wefti_flush *flush, holders *all, wefti_object *object, const wefti_relation *relation)
{
    if (wefti_flush_is_doomed(object) || !wefti_object_is_loaded(object, relation))
        return true;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity == 0 ? 64 : all->capacity * 2;
        holder *grown = wefti_flush_alloc(flush, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        if (all->count > 0)
            memcpy(grown, all->items, all->count * sizeof *grown);
        all->items = grown;
        all->capacity = capacity;
    }
    all->items[all->count++] = (holder){object, relation};
    return true;
}

static int compare_holders(const void *a, const void *b)
{
    const holder *x = a, *y = b;
    if (x->relation != y->relation)
        return (uintptr_t)x->relation < (uintptr_t)y->relation ? -1 : 1;
    return x->object == y->object ? 0 : (uintptr_t)x->object < (uintptr_t)y->object ? -1 : 1;
}

/* A deleted child's owner is the one that its row named, where it was not moved since. */
static bool find_owners(wefti_flush *flush, const wefti_relation *collection, holders *all)
{
    const wefti_key_pairs pairs = wefti_relation_pairs(collection);
    for (uint32_t i = 0; i < flush->doomed_count; i++) {
        wefti_object *child = flush->doomed[i];
        if (child->table != collection->target)
            continue;
        const wefti_fk_link *link = wefti_link_of(child, collection);
        wefti_object *owner = link != NULL ? link->owner : wefti_key_owner_asked(flush->session, &pairs, child->change->base);
        if (owner != NULL && !add_holder(flush, all, owner, collection))
            return false;
    }
    return true;
}

/* Links and pointers leave no trace of who holds them in the deleted object: the session's objects of that table are looked
 * through. */
static bool find_holders(wefti_flush *flush, const wefti_relation *relation, holders *all)
{
    const wefti_map *map = &flush->session->maps[relation->source->index];
    for (uint32_t i = 0; map->count > 0 && i <= map->mask; i++) {
        wefti_object *object = map->slots[i];
        if (object == NULL || object->table != relation->source || !wefti_object_is_loaded(object, relation))
            continue;
        weft_list list = {wefti_object_field(object, relation->offset), 1};
        if (relation->to_many)
            list = *(const weft_list *)list.items;
        for (size_t k = 0; k < list.count; k++) {
            const void *other = ((const void *const *)list.items)[k];
            if (other == NULL || !wefti_flush_is_doomed(wefti_object_of(other)))
                continue;
            if (!add_holder(flush, all, object, relation))
                return false;
            break;
        }
    }
    return true;
}

static bool drop_doomed(wefti_flush *flush, const holder *h)
{
    weft_session *session = flush->session;
    const wefti_relation *relation = h->relation;
    if (wefti_flush_touch(flush, h->object) == NULL)
        return false;
    if (!relation->to_many) {
        const void *other = *(const void **)wefti_object_field(h->object, relation->offset);
        if (other != NULL && wefti_flush_is_doomed(wefti_object_of(other)))
            wefti_object_unload(session, h->object, relation);
        return true;
    }
    weft_list *list = wefti_object_field(h->object, relation->offset);
    if (list->count == 0)
        return true;
    const void **kept = wefti_list_alloc(session, (uint32_t)list->count);
    size_t count = 0;
    if (kept == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (!wefti_flush_is_doomed(wefti_object_of(((const void *const *)list->items)[i])))
            kept[count++] = ((const void *const *)list->items)[i];
    ((wefti_list_header *)(void *)kept - 1)->used = (uint32_t)count;
    *list = (weft_list){count > 0 ? kept : NULL, count};
    return true;
}

weft_status wefti_flush_forget_deleted(wefti_flush *flush)
{
    holders all = {0};
    bool *deleted = wefti_arena_zalloc(&flush->arena, flush->schema->table_count);
    if (deleted == NULL)
        return wefti_session_fail_memory(flush->session);
    for (uint32_t i = 0; i < flush->doomed_count; i++)
        deleted[flush->doomed[i]->table->index] = true;
    for (uint16_t t = 0; t < flush->schema->table_count; t++) {
        const wefti_table *table = flush->schema->tables[t];
        for (uint16_t r = 0; r < table->relation_count; r++) {
            const wefti_relation *relation = &table->relations[r];
            bool collection = relation->kind == WEFT_ATTR_HAS_MANY || relation->kind == WEFT_ATTR_HAS_ONE;
            if (!deleted[relation->target->index])
                continue;
            if (!(collection ? find_owners(flush, relation, &all) : find_holders(flush, relation, &all)))
                return flush->session->error.status;
        }
    }
    if (all.count > 1)
        qsort(all.items, all.count, sizeof *all.items, compare_holders);
    for (size_t i = 0; i < all.count; i++)
        if ((i == 0 || compare_holders(&all.items[i - 1], &all.items[i]) != 0) && !drop_doomed(flush, &all.items[i]))
            return flush->session->error.status;
    return WEFT_OK;
}
