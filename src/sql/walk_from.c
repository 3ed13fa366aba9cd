/* FROM, both sinks: joins along relationships. There is no element that nothing joins: every one but the first comes from a
 * join. */
#include "sql/walk_select.h"

static void note_join_on(wefti_walk *walk, const weft_join_step *step)
{
    if (step->model != NULL || step->on == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the join to %s has %s", step->to->name,
                              step->on == NULL ? "no condition; weft_join_on takes one" : "a relationship and a condition");
    if (step->to->selectable != NULL)
        (void)wefti_walk_note_selectable(walk, step->to);
    wefti_walk_note(walk, wefti_walk_model_note(walk, step->to));
    wefti_walk_note_pair(walk, UINT64_C(1) << 34 | (uint64_t)step->outer, (uint64_t)(uint32_t)step->to_alias);
}

void wefti_walk_note_joins(wefti_walk *walk, const weft_join_step *joins)
{
    size_t i = 0;
    for (; joins != NULL && !wefti_join_ends(&joins[i]); i++) {
        if (i == WEFTI_MAX_JOINS) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "a query may join at most %d times", WEFTI_MAX_JOINS);
            return;
        }
        const weft_join_step *step = &joins[i];
        if (i == 0)
            wefti_walk_note(walk, WEFTI_NOTE_JOINS);
        if (step->to != NULL) {
            note_join_on(walk, step);
            continue;
        }
        wefti_walk_note(walk, wefti_walk_model_note(walk, step->model));
        wefti_walk_note(walk, (uint64_t)step->offset | (uint64_t)step->outer << 32 | UINT64_C(1) << 33);
        wefti_walk_note(walk, (uint64_t)(uint32_t)step->from_alias | (uint64_t)(uint32_t)step->to_alias << 32);
    }
    if (i > 0)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

static bool is_taken(const wefti_render *render, const weft_model *model, int alias)
{
    for (uint16_t i = render->first > render->scope ? render->first : render->scope; i < render->source_count; i++)
        if (!render->sources[i].hidden && render->sources[i].model == model && render->sources[i].alias == alias)
            return true;
    return false;
}

/* A join on a condition. */
static void add_join_on(wefti_walk *walk, wefti_elements *from, const weft_join_step *step)
{
    const wefti_table *table = wefti_walk_table(walk, step->to);
    if (table == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MODEL, "%s is not part of the engine's metadata; add &%s_model to WEFT_METADATA",
                              step->to->name, step->to->name);
    else if (is_taken(walk->render, step->to, step->to_alias))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is in the query already; join a weft_alias of it", step->to->name);
    wefti_source *target = step->to->selectable != NULL ? wefti_walk_add_selectable(walk, table, step->to)
                           : table != NULL              ? wefti_walk_add_source(walk, table, step->to_alias, false)
                                                        : NULL;
    if (target == NULL)
        return;
    target->many = true;
    target->outer = step->outer;
    from->joins[from->join_count++] = (wefti_join){.step = step, .outer = step->outer, .target = target};
}

static void add_join(wefti_walk *walk, wefti_elements *from, const weft_join_step *step)
{
    if (step->to != NULL) {
        add_join_on(walk, from, step);
        return;
    }
    const wefti_source *source = wefti_walk_find_source(walk, step->model, step->from_alias, step->offset);
    const wefti_relation *relation = source != NULL ? wefti_walk_find_relation(walk, step->model, step->offset) : NULL;
    if (relation == NULL)
        return;
    if (is_taken(walk->render, relation->target->model, step->to_alias)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "the join along %s.%s: %s is in the query already under the number %d; give it another "
                              "one by weft_join_as(number, %s, %s)",
                              relation->source->model->name, relation->field, relation->target->model->name, step->to_alias,
                              relation->source->model->name, relation->field);
        return;
    }
    wefti_join *made = &from->joins[from->join_count++];
    *made = (wefti_join){.relation = relation, .from = source, .outer = step->outer};
    if (relation->link != NULL)
        made->link = wefti_walk_add_source(walk, relation->link, 0, true);
    wefti_source *target = wefti_walk_add_source(walk, relation->target, step->to_alias, false);
    if (target != NULL) {
        target->many = source->many || relation->to_many;
        target->outer = source->outer || step->outer;
    }
    made->target = target;
}

void wefti_walk_add_elements(wefti_walk *walk, const wefti_select *select, wefti_elements *from)
{
    /* The arrays are read only as far as they are filled. */
    from->entity = from->owner_link = from->owner = NULL;
    from->join_count = 0;
    if (walk->render == NULL)
        return;
    from->entity = select->source != NULL ? wefti_walk_add_selectable(walk, select->from, select->source)
                                          : wefti_walk_add_source(walk, select->from, 0, false);
    const wefti_relation *owned_by = wefti_select_owned_by(select);
    if (owned_by != NULL && owned_by->link != NULL)
        from->owner_link = wefti_walk_add_source(walk, owned_by->link, 0, true);
    if (wefti_walk_joins_owner(select))
        from->owner = wefti_walk_add_source(walk, owned_by->source, 0, true);
    for (size_t i = 0; select->joins != NULL && walk->status == WEFT_OK && !wefti_join_ends(&select->joins[i]); i++)
        add_join(walk, from, &select->joins[i]);
}

void wefti_walk_add_loads(wefti_walk *walk, const wefti_select *select, wefti_elements *from)
{
    for (uint16_t i = 0; walk->render != NULL && i < wefti_select_load_count(select); i++) {
        const wefti_relation *relation = select->beside->loads[i].relation;
        from->load_links[i] = relation->link != NULL ? wefti_walk_add_source(walk, relation->link, 0, true) : NULL;
        from->loads[i] = wefti_walk_add_source(walk, relation->target, 0, true);
    }
}

static void render_join(wefti_walk *walk, const char *word, const wefti_relation *relation, const wefti_source *from,
                        const wefti_source *link, const wefti_source *target)
{
    wefti_walk_sql(walk, word);
    if (link != NULL) {
        wefti_walk_source_name(walk, link);
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, link, relation->link_local, from, relation->local, relation->local_count, true);
        wefti_walk_sql(walk, word);
    }
    wefti_walk_source_name(walk, target);
    wefti_walk_sql(walk, " ON ");
    if (link != NULL)
        wefti_walk_join_columns(walk, target, relation->remote, link, relation->link_remote, relation->remote_count, false);
    else
        wefti_walk_join_columns(walk, target, relation->remote, from, relation->local, relation->local_count,
                                relation->kind != WEFT_ATTR_BELONGS_TO);
}

/* What stands between JOIN and ON, and the condition; both sinks. target: when rendering. */
static void walk_join_on(wefti_walk *walk, const weft_join_step *step, const wefti_source *target)
{
    wefti_walk_sql(walk, step->outer ? " LEFT JOIN " : " JOIN ");
    wefti_walk_subquery(walk, step->to);
    wefti_walk_source_name(walk, target);
    wefti_walk_sql(walk, " ON ");
    wefti_walk_check_condition(walk, step->on);
    wefti_walk_operand(walk, step->on, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

void wefti_walk_from(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    wefti_walk_sql(walk, " FROM ");
    wefti_walk_subquery(walk, select->source);
    if (walk->render == NULL)
        for (size_t i = 0; select->joins != NULL && walk->status == WEFT_OK && !wefti_join_ends(&select->joins[i]); i++)
            if (select->joins[i].to != NULL)
                walk_join_on(walk, &select->joins[i], NULL);
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    wefti_walk_source_name(walk, from->entity);
    if (from->owner_link != NULL) {
        const wefti_relation *relation = select->among->relation;
        wefti_walk_sql(walk, " JOIN ");
        wefti_walk_source_name(walk, from->owner_link);
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, from->owner_link, relation->link_remote, from->entity, relation->remote,
                                relation->remote_count, true);
    }
    if (from->owner != NULL) {
        const wefti_relation *relation = select->among->relation;
        bool linked = from->owner_link != NULL;
        wefti_walk_sql(walk, " JOIN ");
        wefti_walk_source_name(walk, from->owner);
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, from->owner, relation->local, linked ? from->owner_link : from->entity,
                                linked ? relation->link_local : relation->remote, relation->local_count, false);
    }
    for (uint16_t i = 0; i < from->join_count; i++)
        if (from->joins[i].step != NULL)
            walk_join_on(walk, from->joins[i].step, from->joins[i].target);
        else
            render_join(walk, from->joins[i].outer ? " LEFT JOIN " : " JOIN ", from->joins[i].relation, from->joins[i].from,
                        from->joins[i].link, from->joins[i].target);
}

void wefti_walk_loads(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    for (uint16_t i = 0; i < wefti_select_load_count(select); i++) {
        uint16_t parent = select->beside->loads[i].parent;
        render_join(walk, " LEFT JOIN ", select->beside->loads[i].relation, parent == 0 ? from->entity : from->loads[parent - 1],
                    from->load_links[i], from->loads[i]);
    }
}
