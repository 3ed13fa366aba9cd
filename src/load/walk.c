/* Carrying a plan out: one relationship and level after the other, for all owners there that do not have it yet. */
#include "load/strategy.h"

#include "load/keys.h"
#include "load/statement.h"
#include "object/columns.h"
#include "object/key.h"

weft_status wefti_load_part(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                            const wefti_among *filter)
{
    weft_session *session = walk->session;
    const wefti_relation *relation = node->relation;
    bool to_target = relation->kind == WEFT_ATTR_BELONGS_TO;
    wefti_load_statement statement = {
        .session = session,
        .arena = walk->arena,
        .level = &node->below,
        .older = walk->older,
        .unwanted = to_target,
        .owned_by = to_target ? NULL : relation,
        .select = {.from = relation->target, .among = filter},
    };
    (*walk->sent)++;
    weft_status status = wefti_load_statement_run(&statement);
    if (status == WEFT_OK && !to_target)
        status = wefti_load_fill(session, relation, &statement.pairs, owners, statement.repeats);
    wefti_load_statement_deinit(&statement);
    return status;
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

/* The target of a foreign key that is spelt otherwise, for all that spell it so. */
static weft_status ask_for_target(weft_session *session, const wefti_relation *relation, const wefti_load_objects *missing,
                                  size_t at)
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
        status = wefti_load_strategy_of(node->how)->load(walk, node, &missing, select);
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

static bool has_eager(const wefti_load_level *level)
{
    for (const wefti_load_node *node = level->nodes; node != NULL; node = node->next)
        if (wefti_load_strategy_of(node->how)->eager)
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
                                                        : wefti_load_strategy_of(node->how)->load(walk, node, &owners, select);
    wefti_load_objects_free(&owners);
    if (status != WEFT_OK || !(has_eager(&node->below) || node->below.names_columns))
        return status;
    status = gather_others(walk->session, relation, objects, &others);
    const wefti_among filter = {.relation = relation, .owners = select};
    const wefti_select below = {.from = relation->target, .among = &filter};
    if (status == WEFT_OK && others.count > 0)
        status = wefti_load_level_walk(walk, &node->below, &others, select == NULL ? NULL : &below);
    wefti_load_objects_free(&others);
    return status;
}

/* Objects that were there before get the columns that loaders ask for. */
static weft_status load_columns(wefti_load_walk *walk, const wefti_load_level *level, const wefti_load_objects *objects)
{
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < objects->count && status == WEFT_OK; i++) {
        wefti_object *object = objects->items[i];
        uint64_t wanted[WEFTI_COLUMN_WORDS];
        bool found;
        if (object->unloaded == NULL || object->unloaded == level->left_out || object->state != WEFTI_STATE_PERSISTENT)
            continue;
        uint64_t any = 0;
        for (uint16_t word = 0; word < wefti_mapper_words(object->table->mapper); word++) {
            wanted[word] = object->unloaded[word] & (level->left_out != NULL ? ~level->left_out[word] : UINT64_MAX);
            any |= wanted[word];
        }
        if (any != 0) {
            (*walk->sent)++;
            status = wefti_columns_load(walk->session, object, wanted, false, &found);
        }
    }
    return status;
}

weft_status wefti_load_level_walk(wefti_load_walk *walk, const wefti_load_level *level, const wefti_load_objects *objects,
                                  const wefti_select *select)
{
    weft_status status = level->names_columns ? load_columns(walk, level, objects) : WEFT_OK;
    for (const wefti_load_node *node = level->nodes; node != NULL && status == WEFT_OK; node = node->next)
        if (wefti_load_strategy_of(node->how)->eager)
            status = wefti_load_node_walk(walk, node, objects, select);
    return status;
}
