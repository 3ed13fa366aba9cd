/* The loading strategies as orm calls them: with a query, for objects that are there, and lazily. */
#include "load/load.h"

#include "base/error.h"
#include "load/keys.h"
#include "load/statement.h"
#include "load/walk.h"

/* Small results need no memory of their own. */
enum { ROOM_ITEMS = 16 };

static weft_status walk_below(weft_session *session, wefti_arena *arena, const wefti_load_level *level,
                              const wefti_load_objects *objects, const wefti_select *select, uint64_t older)
{
    wefti_load_walk walk = {.session = session, .arena = arena, .older = older, .sent = &session->stats.eager_loads};
    return wefti_load_level_walk(&walk, level, objects, select);
}

/* ---- with a query ---- */

static weft_status run_planned(weft_session *session, wefti_arena *arena, const wefti_select *select,
                               const weft_query_options *options, const wefti_load_level *level, weft_list *list)
{
    wefti_object *room[ROOM_ITEMS];
    wefti_load_statement statement = {
        .session = session, .arena = arena, .select = *select, .level = level,
        .older = (options != NULL && options->refresh) || select->for_update ? session->cohort_serial : 0,
        .objects = {.items = room, .capacity = ROOM_ITEMS, .borrowed = true},
    };
    weft_status status = wefti_load_statement_run(&statement);
    if (status == WEFT_OK && level != NULL && statement.objects.count > 0) {
        wefti_select owners = *select;
        owners.for_update = owners.skip_locked = owners.no_wait = false;
        owners.lock_of = NULL;
        status = walk_below(session, arena, level, &statement.objects, &owners, statement.older);
    }
    if (status == WEFT_OK && select->one_key && statement.objects.count == 1) {
        session->got = wefti_object_struct(statement.objects.items[0]);
        *list = (weft_list){&session->got, 1};
    } else if (status == WEFT_OK) {
        status = wefti_load_list(session, &statement.objects, list);
    }
    wefti_load_statement_deinit(&statement);
    return status;
}

/* Rows that stand beside a locked one in its statement are those from before the lock was had: a statement after it sees what the
 * lock waited for. */
static void load_after_lock(const wefti_load_level *level)
{
    for (wefti_load_node *node = level->nodes; node != NULL; node = node->next)
        if (node->how == WEFT_LOAD_JOINED)
            node->how = WEFT_LOAD_SELECTIN;
}

weft_status wefti_load_query(weft_session *session, const wefti_select *select, const weft_query_options *options, weft_list *list)
{
    const weft_loader *const *loaders = options == NULL ? NULL : options->load;
    wefti_load_level level = {0};
    wefti_arena arena;
    *list = (weft_list){NULL, 0};
    wefti_arena_init(&arena, 0);
    bool planned = loaders != NULL || wefti_load_has_defaults(select->from);
    weft_status status = planned ? wefti_load_plan(session, &arena, select->from, loaders, NULL, &level) : WEFT_OK;
    if (status == WEFT_OK && !wefti_session_autoflush(session, select, wefti_load_reads_dirty(session, &level)))
        status = session->error.status;
    if (select->for_update && session->engine->capabilities->row_locks)
        load_after_lock(&level);
    if (status == WEFT_OK)
        status = run_planned(session, &arena, select, options, planned ? &level : NULL, list);
    wefti_arena_deinit(&arena);
    return status;
}

/* ---- for objects that are there ---- */

weft_status wefti_load_present(weft_session *session, const wefti_table *table, wefti_object *const *objects, size_t count,
                               const weft_loader *const *loaders)
{
    const wefti_select touched = {.from = table};
    wefti_load_level level;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    wefti_object *room[ROOM_ITEMS];
    wefti_load_objects all = {.items = room, .capacity = ROOM_ITEMS, .borrowed = true};
    weft_status status = wefti_load_plan(session, &arena, table, loaders, NULL, &level);
    if (status == WEFT_OK && !wefti_session_autoflush(session, &touched, wefti_load_reads_dirty(session, &level)))
        status = session->error.status;
    for (size_t i = 0; i < count && status == WEFT_OK; i++)
        if (objects[i] != NULL && !wefti_load_objects_add(session, &all, objects[i]))
            status = session->error.status;
    wefti_load_objects_unique(&all);
    if (status == WEFT_OK && all.count > 0)
        status = walk_below(session, &arena, &level, &all, NULL, 0);
    wefti_load_objects_free(&all);
    wefti_arena_deinit(&arena);
    return status;
}

/* ---- lazily ---- */

static weft_status refuse(weft_session *session, const wefti_relation *relation)
{
    const char *model = relation->source->model->name, *by = relation->lazy == WEFT_LOAD_RAISE ? "the model" : "the query";
    wefti_session_fail(session, WEFT_ERROR_LAZY_LOAD, "%s.%s is not loaded, and %s forbids to load it lazily", model,
                       relation->field, by);
    wefti_error_hint(&session->error, "load it with the query: .load = weft_load(weft_selectin(%s, %s))", model, relation->field);
    return session->error.status;
}

static bool is_refused(const weft_session *session, const wefti_object *object, const wefti_relation *relation)
{
    if (session->flushing)
        return false; /* cascades must know what they reach */
    uint64_t raise = object->cohort == NULL ? 0 : object->cohort->raise;
    return relation->lazy == WEFT_LOAD_RAISE || (raise >> relation->index & 1) != 0;
}

/* Pending changes to the rows that are asked for go first. */
static weft_status flush_for(weft_session *session, wefti_load_node *node)
{
    if (session->options.no_autoflush || session->flushing)
        return WEFT_OK;
    const wefti_load_level loads = {.nodes = node};
    bool dirty = session->may_delete || wefti_load_reads_dirty(session, &loads);
    if (!dirty || wefti_session_flush_touched(session) == WEFT_OK)
        return WEFT_OK;
    wefti_error_prefix(&session->error, "autoflush before a lazy load");
    return session->error.status;
}

/* Nothing in the database belongs to an object without a row; what it refers to may be in memory. */
static weft_status load_pending(weft_session *session, wefti_object *object, const wefti_relation *relation)
{
    if (relation->kind != WEFT_ATTR_BELONGS_TO) {
        const wefti_load_objects one = {.items = &object, .count = 1};
        return wefti_load_fill(session, relation, &(const wefti_load_pairs){0}, &one, false);
    }
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    bool whole = wefti_load_target_key(object, relation, key);
    const wefti_object *target = whole ? wefti_load_target_find(session, relation, key) : NULL;
    if (target != NULL)
        wefti_load_target_set(session, object, relation, target);
    return session->error.status;
}

/* The objects that were loaded together with this one, as far as they are of the same time. */
static weft_status gather_cohort(weft_session *session, wefti_object *object, const wefti_relation *relation, bool alone,
                                 wefti_load_objects *owners)
{
    const wefti_cohort *cohort = object->cohort;
    if (alone || cohort == NULL)
        return wefti_load_objects_add(session, owners, object) ? WEFT_OK : session->error.status;
    for (uint32_t i = 0; i < cohort->count; i++) {
        wefti_object *other = wefti_cohort_at(cohort, i);
        if (other == NULL || other->state != WEFTI_STATE_PERSISTENT || other->generation != object->generation ||
            wefti_load_is_loaded(other, relation))
            continue;
        if (!wefti_load_objects_add(session, owners, other))
            return session->error.status;
    }
    return WEFT_OK;
}

weft_status wefti_load_lazy(weft_session *session, wefti_object *object, const wefti_relation *relation, wefti_lazy_how how)
{
    if (wefti_load_is_loaded(object, relation))
        return WEFT_OK;
    if (object->state == WEFTI_STATE_PENDING)
        return load_pending(session, object, relation);
    if (object->state != WEFTI_STATE_PERSISTENT)
        return WEFT_OK;
    if (how != WEFTI_LAZY_NEEDED && is_refused(session, object, relation))
        return refuse(session, relation);
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    wefti_object *room[ROOM_ITEMS];
    wefti_load_objects owners = {.items = room, .capacity = ROOM_ITEMS, .borrowed = true};
    wefti_load_node node = {.relation = relation, .how = WEFT_LOAD_SELECTIN};
    weft_status status = WEFT_OK;
    if (wefti_load_has_defaults(relation->target))
        status = wefti_load_plan(session, &arena, relation->target, NULL, relation, &node.below);
    if (status == WEFT_OK && how != WEFTI_LAZY_NEEDED)
        status = flush_for(session, &node);
    if (status == WEFT_OK)
        status = gather_cohort(session, object, relation, how == WEFTI_LAZY_ALONE, &owners);
    wefti_load_walk walk = {.session = session, .arena = &arena, .sent = &session->stats.lazy_loads};
    if (status == WEFT_OK)
        status = wefti_load_node_walk(&walk, &node, &owners, NULL);
    wefti_load_objects_free(&owners);
    wefti_arena_deinit(&arena);
    return status;
}
