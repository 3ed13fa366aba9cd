/* Select-in and subquery loads: one statement per relationship and level, for all owners there that do not have it yet.
 *
 * A joined load needs nothing here but for owners that it could not reach: those that were in memory before, and those below a
 * relationship that came without a statement. They are served by keys. */
#include "load/walk.h"

#include "base/memory.h"
#include "load/keys.h"
#include "load/statement.h"
#include "object/key.h"

/* One statement for owners: by their keys, or by the select that gave them. */
static weft_status load_part(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                             const wefti_select *select)
{
    weft_session *session = walk->session;
    const wefti_relation *relation = node->relation;
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    const void **structs = NULL;
    wefti_owner_filter filter = {.relation = relation, .owners = select};
    if (select == NULL) {
        structs = wefti_malloc(owners->count * sizeof *structs);
        if (structs == NULL)
            return wefti_session_fail_memory(session);
        wefti_load_key_arrays(relation, owners->items, owners->count, structs, keys);
        filter.keys = keys;
    }
    bool to_target = relation->kind == WEFT_ATTR_BELONGS_TO;
    wefti_load_statement statement = {
        .session = session, .arena = walk->arena, .level = &node->below, .older = walk->older, .unwanted = to_target,
        .owned_by = to_target ? NULL : relation, .select = {.from = relation->target, .owners = &filter},
    };
    (*walk->sent)++;
    weft_status status = wefti_load_statement_run(&statement);
    if (status == WEFT_OK && !to_target)
        status = wefti_load_fill(session, relation, &statement.pairs, owners, statement.repeats);
    wefti_load_statement_deinit(&statement);
    wefti_free(structs);
    return status;
}

static weft_status load_by_keys(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners)
{
    const size_t most = node->relation->local_count == 1 ? WEFTI_MAX_LOAD_KEYS : WEFTI_MAX_LOAD_COMPOSITE_KEYS;
    weft_status status = WEFT_OK;
    for (size_t at = 0; at < owners->count && status == WEFT_OK; at += most) {
        size_t left = owners->count - at, count = left < most ? left : most;
        const wefti_load_objects part = {.items = owners->items + at, .count = count};
        status = load_part(walk, node, &part, NULL);
    }
    return status;
}

static weft_status load_others(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                               const wefti_select *select)
{
    if (node->how == WEFT_LOAD_SUBQUERY && select != NULL)
        return load_part(walk, node, owners, select);
    return load_by_keys(walk, node, owners);
}

/* Sets what needs no statement; the other owners go to missing. */
static weft_status set_known_targets(const wefti_load_walk *walk, const wefti_relation *relation, const wefti_load_objects *owners,
                                     wefti_load_objects *missing)
{
    weft_session *session = walk->session;
    for (size_t i = 0; i < owners->count; i++) {
        wefti_object *owner = owners->items[i];
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        bool whole = wefti_load_target_key(owner, relation, key);
        const wefti_object *target = whole ? wefti_load_target_find(session, relation, key) : NULL;
        if (target != NULL && wefti_object_awaits(target, walk->older) && !wefti_object_has_edits(target))
            target = NULL;
        bool done = target != NULL || !whole ? wefti_load_target_set(session, owner, relation, target)
                                             : wefti_load_objects_add(session, missing, owner);
        if (!done)
            return session->error.status;
    }
    return WEFT_OK;
}

static weft_status load_missing_targets(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *missing,
                                        const wefti_select *select)
{
    weft_session *session = walk->session;
    if (node->how == WEFT_LOAD_SUBQUERY && select != NULL)
        return load_part(walk, node, missing, select);
    wefti_load_objects distinct = {0};
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < missing->count && status == WEFT_OK; i++)
        if (!wefti_load_objects_add(session, &distinct, missing->items[i]))
            status = session->error.status;
    if (status == WEFT_OK)
        status = wefti_load_distinct(session, node->relation, &distinct);
    if (status == WEFT_OK)
        status = load_by_keys(walk, node, &distinct);
    wefti_load_objects_free(&distinct);
    return status;
}

/* The target of a foreign key that is spelt otherwise, for all that spell it so. */
static weft_status ask_for_target(
    weft_session *session, const wefti_relation *relation, const wefti_load_objects *missing, size_t at)
{
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    const void *structure = wefti_object_struct(missing->items[at]);
    wefti_object *target;
    if (wefti_key_ask(session, &pairs, structure, &target) != WEFT_OK)
        return session->error.status;
    for (size_t i = at; i < missing->count; i++) {
        wefti_object *owner = missing->items[i];
        if (!wefti_object_is_loaded(owner, relation) &&
            wefti_columns_equal(pairs.child, structure, pairs.child, wefti_object_struct(owner), pairs.count) &&
            !wefti_load_target_set(session, owner, relation, target))
            return session->error.status;
    }
    return WEFT_OK;
}

static weft_status set_missing_targets(weft_session *session, const wefti_relation *relation, const wefti_load_objects *missing)
{
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    const bool spelled = wefti_key_is_spelled(&pairs);
    for (size_t i = 0; i < missing->count; i++) {
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        if (wefti_object_is_loaded(missing->items[i], relation))
            continue;
        bool whole = wefti_load_target_key(missing->items[i], relation, key);
        const wefti_object *target = whole ? wefti_load_target_find(session, relation, key) : NULL;
        if (target == NULL && whole && spelled) {
            if (ask_for_target(session, relation, missing, i) != WEFT_OK)
                return session->error.status;
            continue;
        }
        if (!wefti_load_target_set(session, missing->items[i], relation, target))
            return session->error.status;
    }
    return WEFT_OK;
}

static weft_status load_targets(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                                const wefti_select *select)
{
    weft_session *session = walk->session;
    const wefti_relation *relation = node->relation;
    wefti_load_objects missing = {0};
    weft_status status = set_known_targets(walk, relation, owners, &missing);
    if (status == WEFT_OK && missing.count > 0)
        status = load_missing_targets(walk, node, &missing, select);
    if (status == WEFT_OK && missing.count > 0)
        status = set_missing_targets(session, relation, &missing);
    if (status == WEFT_OK)
        wefti_links_merge(session, relation, owners->items, owners->count);
    wefti_load_objects_free(&missing);
    return status;
}

static weft_status gather_without(weft_session *session, const wefti_relation *relation, const wefti_load_objects *objects,
                                  wefti_load_objects *owners)
{
    for (size_t i = 0; i < objects->count; i++) {
        wefti_object *object = objects->items[i];
        if (object->state != WEFTI_STATE_PERSISTENT || wefti_object_is_loaded(object, relation))
            continue;
        if (!wefti_load_objects_add(session, owners, object))
            return session->error.status;
    }
    return WEFT_OK;
}

static weft_status gather_others(weft_session *session, const wefti_relation *relation, const wefti_load_objects *objects,
                                 wefti_load_objects *others)
{
    for (size_t i = 0; i < objects->count; i++) {
        const wefti_object *object = objects->items[i];
        if (!wefti_object_is_loaded(object, relation))
            continue;
        const void *field = wefti_object_field(object, relation->offset);
        const weft_list *list = field;
        const void *const *items = relation->to_many ? list->items : field;
        size_t count = relation->to_many ? list->count : *items != NULL;
        for (size_t k = 0; k < count; k++)
            if (!wefti_load_objects_add(session, others, wefti_object_of(items[k])))
                return session->error.status;
    }
    wefti_load_objects_unique(others);
    return WEFT_OK;
}

static bool is_eager(weft_load_how how)
{
    return how == WEFT_LOAD_JOINED || how == WEFT_LOAD_SUBQUERY || how == WEFT_LOAD_SELECTIN;
}

static bool has_eager(const wefti_load_level *level)
{
    for (const wefti_load_node *node = level->nodes; node != NULL; node = node->next)
        if (is_eager(node->how))
            return true;
    return false;
}

weft_status wefti_load_node_walk(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *objects,
                                 const wefti_select *select)
{
    const wefti_relation *relation = node->relation;
    wefti_load_objects owners = {0}, others = {0};
    weft_status status = gather_without(walk->session, relation, objects, &owners);
    if (status == WEFT_OK && owners.count > 0)
        status = relation->kind == WEFT_ATTR_BELONGS_TO ? load_targets(walk, node, &owners, select)
                                                        : load_others(walk, node, &owners, select);
    wefti_load_objects_free(&owners);
    if (status != WEFT_OK || !has_eager(&node->below))
        return status;
    status = gather_others(walk->session, relation, objects, &others);
    const wefti_owner_filter filter = {.relation = relation, .owners = select};
    const wefti_select below = {.from = relation->target, .owners = &filter};
    if (status == WEFT_OK && others.count > 0)
        status = wefti_load_level_walk(walk, &node->below, &others, select == NULL ? NULL : &below);
    wefti_load_objects_free(&others);
    return status;
}

weft_status wefti_load_level_walk(wefti_load_walk *walk, const wefti_load_level *level, const wefti_load_objects *objects,
                                  const wefti_select *select)
{
    weft_status status = WEFT_OK;
    for (const wefti_load_node *node = level->nodes; node != NULL && status == WEFT_OK; node = node->next)
        if (is_eager(node->how))
            status = wefti_load_node_walk(walk, node, objects, select);
    return status;
}
