/* The loading strategies as the floors above call them: with a query, for objects that are there, and for one relationship. */
#include "load/load.h"

#include "load/keys.h"
#include "load/statement.h"
#include "load/strategy.h"

/* Small results need no memory of their own. */
enum { ROOM_ITEMS = 16 };

static weft_status walk_below(wefti_load *load, const wefti_load_level *level, const wefti_load_objects *objects,
                              const wefti_select *select, uint64_t older)
{
    weft_session *session = load->session;
    wefti_load_walk walk = {.session = session, .arena = &load->arena, .older = older, .sent = &session->stats.eager_loads};
    return wefti_load_level_walk(&walk, level, objects, select);
}

/* ---- the plan ---- */

weft_status wefti_load_begin(wefti_load *load, weft_session *session, const wefti_table *table, const weft_loader *loaders)
{
    load->session = session;
    load->planned = loaders != NULL || wefti_load_has_defaults(table);
    load->level = (wefti_load_level){.left_out = table->mapper->deferred};
    wefti_arena_init(&load->arena, 0);
    const weft_loader *const alone[] = {loaders, &weft_load_end}, *const *said = alone;
    if (loaders == NULL || loaders->how == WEFT_LOADER_LIST) /* which is no level of nesting */
        said = loaders != NULL ? loaders->then : NULL;
    return load->planned ? wefti_load_plan(session, &load->arena, table, said, &load->level) : WEFT_OK;
}

weft_status wefti_load_begin_lazy(wefti_load *load, weft_session *session, const wefti_relation *relation)
{
    load->session = session;
    load->planned = true;
    load->level = (wefti_load_level){0};
    wefti_arena_init(&load->arena, 0);
    return wefti_load_plan_relation(session, &load->arena, relation, &load->level);
}

bool wefti_load_reads_dirty(const wefti_load *load) { return wefti_load_level_reads_dirty(load->session, &load->level); }

void wefti_load_end(wefti_load *load) { wefti_arena_deinit(&load->arena); }

/* ---- with a query ---- */

static void load_after(const wefti_load_level *level)
{
    for (wefti_load_node *node = level->nodes; node != NULL; node = node->next)
        node->how = (weft_load_how)wefti_load_strategy_of(node->how)->locks;
}

weft_status wefti_load_query(wefti_load *load, const wefti_select *select, const wefti_object_text *text, bool refresh,
                             weft_list *list)
{
    weft_session *session = load->session;
    wefti_load_level *level = load->planned ? &load->level : NULL;
    if (level != NULL && (text != NULL || (select->lock != WEFT_LOCK_NONE && session->engine->capabilities->row_locks)))
        load_after(level);
    wefti_object *room[ROOM_ITEMS];
    wefti_load_statement statement = {
        .session = session,
        .arena = &load->arena,
        .select = *select,
        .text = text,
        .level = level,
        .older = refresh || select->lock != WEFT_LOCK_NONE ? session->cohort_serial : 0,
        .objects = {.items = room, .capacity = ROOM_ITEMS, .borrowed = true},
    };
    weft_status status = wefti_load_statement_run(&statement);
    if (status == WEFT_OK && level != NULL && statement.objects.count > 0) {
        wefti_select owners = *select;
        owners.skip_locked = owners.no_wait = false;
        owners.lock = WEFT_LOCK_NONE;
        owners.lock_of = NULL;
        status = walk_below(load, level, &statement.objects, text == NULL ? &owners : NULL, statement.older);
    }
    if (status == WEFT_OK && select->among != NULL && select->among->one && statement.objects.count == 1) {
        session->got = wefti_object_struct(statement.objects.items[0]);
        *list = (weft_list){&session->got, 1};
    } else if (status == WEFT_OK) {
        status = wefti_load_list(session, &statement.objects, list);
    }
    wefti_load_statement_deinit(&statement);
    return status;
}

/* ---- for objects that are there ---- */

weft_status wefti_load_present(wefti_load *load, wefti_object *const *objects, size_t count)
{
    weft_session *session = load->session;
    wefti_object *room[ROOM_ITEMS];
    wefti_load_objects all = {.items = room, .capacity = ROOM_ITEMS, .borrowed = true};
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < count && status == WEFT_OK; i++)
        if (objects[i] != NULL && !wefti_load_objects_add(session, &all, objects[i]))
            status = session->error.status;
    wefti_load_objects_unique(&all);
    if (status == WEFT_OK && all.count > 0)
        status = walk_below(load, &load->level, &all, NULL, 0);
    wefti_load_objects_free(&all);
    return status;
}

weft_status wefti_load_cascade(weft_session *session, const wefti_relation *relation, wefti_object *const *objects, size_t count)
{
    wefti_load_node node = {.relation = relation,
                            .how = WEFT_LOAD_SELECTIN,
                            .below = {.left_out = relation->target->mapper->deferred}};
    wefti_load load = {.session = session, .planned = true, .level = {.nodes = &node}};
    wefti_arena_init(&load.arena, 0);
    weft_status status = wefti_load_present(&load, objects, count);
    wefti_load_end(&load);
    return status;
}

/* ---- lazily ---- */

weft_status wefti_load_pending(weft_session *session, wefti_object *object, const wefti_relation *relation)
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
            wefti_object_is_loaded(other, relation))
            continue;
        if (!wefti_load_objects_add(session, owners, other))
            return session->error.status;
    }
    return WEFT_OK;
}

weft_status wefti_load_lazy(wefti_load *load, wefti_object *object, bool alone)
{
    const wefti_load_node *node = load->level.nodes;
    weft_session *session = load->session;
    wefti_object *room[ROOM_ITEMS];
    wefti_load_objects owners = {.items = room, .capacity = ROOM_ITEMS, .borrowed = true};
    weft_status status = gather_cohort(session, object, node->relation, alone, &owners);
    wefti_load_walk walk = {.session = session, .arena = &load->arena, .sent = &session->stats.lazy_loads};
    if (status == WEFT_OK)
        status = wefti_load_node_walk(&walk, node, &owners, NULL);
    wefti_load_objects_free(&owners);
    return status;
}

weft_status wefti_load_needed(weft_session *session, wefti_object *object, const wefti_relation *relation)
{
    if (wefti_object_is_loaded(object, relation))
        return WEFT_OK;
    if (object->state == WEFTI_STATE_PENDING)
        return wefti_load_pending(session, object, relation);
    if (object->state != WEFTI_STATE_PERSISTENT)
        return WEFT_OK;
    wefti_load load;
    weft_status status = wefti_load_begin_lazy(&load, session, relation);
    if (status == WEFT_OK)
        status = wefti_load_lazy(&load, object, false);
    wefti_load_end(&load);
    return status;
}
