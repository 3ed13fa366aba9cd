/* FROM, both sinks: joins along relationships and on conditions. There is no element that nothing joins: every one but the first
 * comes from a join. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

static const char *fault_of(const weft_join_step *step)
{
    const weft_join_how how = wefti_join_how(step);
    if (how > WEFT_JOIN_CROSS)
        return "is of no known kind";
    if (step->model != NULL && step->to != NULL && step->to->selectable != NULL && step->to->selectable->call != NULL)
        return "is one along a relationship to a sample; weft_join_on joins samples";
    if (step->model != NULL)
        return how == WEFT_JOIN_INNER || how == WEFT_JOIN_LEFT ? NULL
                                                               : "along a relationship is inner or left; weft_right_join_on, "
                                                                 "weft_full_join_on and weft_cross_join take no relationship";
    if (how == WEFT_JOIN_CROSS)
        return step->on == NULL ? NULL : "is a cross join and has a condition; weft_join_on takes one";
    return step->on != NULL ? NULL : "has no condition; weft_join_on takes one, and weft_cross_join none";
}

static void note_join(wefti_walk *walk, const weft_join_step *step)
{
    const char *fault = fault_of(step);
    if (fault != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the join to %s %s", step->to != NULL ? step->to->name : step->model->name,
                              fault);
    if (step->to != NULL && step->to->selectable != NULL)
        (void)wefti_walk_note_selectable(walk, step->to);
    const uint64_t how = (uint64_t)wefti_join_how(step) << 40;
    if (step->model == NULL) {
        wefti_walk_note(walk, wefti_walk_model_note(walk, step->to));
        wefti_walk_note_pair(walk, UINT64_C(1) << 34 | how, (uint64_t)(uint32_t)step->to_alias);
        return;
    }
    wefti_walk_note(walk, wefti_walk_model_note(walk, step->model));
    wefti_walk_note(walk, (uint64_t)step->offset | how | UINT64_C(1) << 33 | (uint64_t)(step->to != NULL) << 35 |
                              (uint64_t)(step->on != NULL) << 36);
    wefti_walk_note(walk, (uint64_t)(uint32_t)step->from_alias | (uint64_t)(uint32_t)step->to_alias << 32);
    if (step->to != NULL)
        wefti_walk_note(walk, wefti_walk_model_note(walk, step->to));
}

void wefti_walk_note_joins(wefti_walk *walk, const weft_join_step *joins)
{
    size_t i = 0;
    for (; joins != NULL && !wefti_join_ends(&joins[i]); i++) {
        if (i == WEFTI_MAX_JOINS) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "a query may join at most %d times", WEFTI_MAX_JOINS);
            return;
        }
        if (i == 0)
            wefti_walk_note(walk, WEFTI_NOTE_JOINS);
        note_join(walk, &joins[i]);
    }
    if (i > 0)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* The sources of the innermost SELECT begin here. */
static uint16_t first_source(const wefti_render *render) { return render->first > render->scope ? render->first : render->scope; }

static bool is_taken(const wefti_render *render, const weft_model *model, int alias)
{
    for (uint16_t i = first_source(render); i < render->source_count; i++)
        if (!render->sources[i].hidden && render->sources[i].model == model && render->sources[i].alias == alias)
            return true;
    return false;
}

/* What is joined where a relationship says nothing about it, or an alias of what it leads to; NULL after an error. */
static wefti_source *add_target(wefti_walk *walk, const wefti_table *table, const weft_join_step *step)
{
    if (table == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MODEL, "%s is not part of the engine's metadata; add &%s_model to WEFT_METADATA",
                              step->to->name, step->to->name);
    else if (is_taken(walk->render, step->to, step->to_alias))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is in the query already; join a weft_alias of it", step->to->name);
    return step->to->selectable != NULL ? wefti_walk_add_selectable(walk, table, step->to)
           : table != NULL              ? wefti_walk_add_source(walk, table, step->to_alias, false)
                                        : NULL;
}

/* Rows of what stands before a right or full join may be missing. */
static void make_outer(wefti_walk *walk, const wefti_select *select, const weft_join_step *step)
{
    if (select->columns == NULL && select->source == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "the %s join to %s gives rows without a %s, which are no objects: select columns, by weft_rows and "
                              ".columns, or join the other way round by weft_left_join_on",
                              wefti_join_how(step) == WEFT_JOIN_FULL ? "full" : "right", step->to->name, select->from->model->name);
    for (uint16_t i = first_source(walk->render); i < walk->render->source_count; i++)
        walk->render->sources[i].outer = true;
}

/* A join on a condition. */
static void add_join_on(wefti_walk *walk, const wefti_select *select, wefti_elements *from, const weft_join_step *step)
{
    const weft_join_how how = wefti_join_how(step);
    const bool outer = how == WEFT_JOIN_LEFT || how == WEFT_JOIN_FULL;
    if (how == WEFT_JOIN_RIGHT || how == WEFT_JOIN_FULL)
        make_outer(walk, select, step);
    wefti_source *target = add_target(walk, wefti_walk_table(walk, step->to), step);
    if (target == NULL)
        return;
    target->many = true;
    target->outer = outer;
    from->joins[from->join_count++] = (wefti_join){.step = step, .outer = outer, .target = target};
}

static bool is_alias_of(const weft_model *alias, const weft_model *model)
{
    return alias->selectable != NULL && alias->selectable->kind == WEFT_SELECTABLE_ALIAS && alias->selectable->of == model;
}

static void add_join(wefti_walk *walk, const wefti_select *select, wefti_elements *from, const weft_join_step *step)
{
    if (step->model == NULL) {
        add_join_on(walk, select, from, step);
        return;
    }
    const wefti_source *source = wefti_walk_find_source(walk, step->model, step->from_alias, step->offset);
    const wefti_relation *relation = source != NULL ? wefti_walk_find_relation(walk, step->model, step->offset) : NULL;
    if (relation == NULL)
        return;
    const weft_model *model = relation->source->model;
    if (step->to != NULL && !is_alias_of(step->to, relation->target->model)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the join along %s.%s: %s is no weft_alias of %s", model->name,
                              relation->field, step->to->name, relation->target->model->name);
        return;
    }
    if (step->to == NULL && is_taken(walk->render, relation->target->model, step->to_alias)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "the join along %s.%s: %s is in the query already under the number %d; give it another "
                              "one by weft_join_as(number, %s, %s), or join a weft_alias of it by weft_join_to",
                              model->name, relation->field, relation->target->model->name, step->to_alias, model->name,
                              relation->field);
        return;
    }
    wefti_join *made = &from->joins[from->join_count++];
    *made = (wefti_join){.step = step, .relation = relation, .from = source, .outer = wefti_join_how(step) == WEFT_JOIN_LEFT};
    if (relation->link != NULL)
        made->link = wefti_walk_add_source(walk, relation->link, 0, true);
    wefti_source *target = step->to != NULL ? add_target(walk, relation->target, step)
                                            : wefti_walk_add_source(walk, relation->target, step->to_alias, false);
    if (target != NULL) {
        target->many = source->many || relation->to_many;
        target->outer = source->outer || made->outer;
    }
    made->target = target;
}

void wefti_walk_add_elements(wefti_walk *walk, const wefti_select *select, wefti_elements *from)
{
    /* The arrays are read only as far as they are filled. */
    from->entity = from->owner_link = from->owner = NULL;
    from->join_count = 0;
    if (walk->render == NULL || wefti_select_lacks_from(select))
        return;
    from->entity = select->source != NULL ? wefti_walk_add_selectable(walk, select->from, select->source)
                                          : wefti_walk_add_source(walk, select->from, 0, false);
    const wefti_relation *owned_by = wefti_select_owned_by(select);
    if (owned_by != NULL && owned_by->link != NULL)
        from->owner_link = wefti_walk_add_source(walk, owned_by->link, 0, true);
    if (wefti_walk_joins_owner(select))
        from->owner = wefti_walk_add_source(walk, owned_by->source, 0, true);
    for (size_t i = 0; select->joins != NULL && walk->status == WEFT_OK && !wefti_join_ends(&select->joins[i]); i++)
        add_join(walk, select, from, &select->joins[i]);
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

/* Whether joins that are still to be written see what this one joins. */
static void set_later(wefti_walk *walk, const wefti_join *join, bool later)
{
    wefti_source *sources = walk->render->sources;
    if (join->target != NULL)
        sources[join->target - sources].later = later;
}

/* A relationship, whose own condition is written when rendering only, and one more, in both sinks. The rows of a link that lead to
 * no target which fulfils it are no partners, so an outer join of them is one of both together. */
static void walk_join_where(wefti_walk *walk, const weft_join_step *step, const wefti_join *join)
{
    const char *word = join != NULL && join->outer ? " LEFT JOIN " : " JOIN ";
    if (join != NULL && join->link != NULL && join->outer) {
        const wefti_relation *relation = join->relation;
        wefti_walk_sql(walk, " LEFT JOIN (");
        wefti_walk_source_name(walk, join->link);
        wefti_walk_sql(walk, " JOIN ");
        wefti_walk_source_name(walk, join->target);
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, join->target, relation->remote, join->link, relation->link_remote, relation->remote_count,
                                false);
        wefti_walk_sql(walk, ") ON ");
        wefti_walk_join_columns(walk, join->link, relation->link_local, join->from, relation->local, relation->local_count, true);
    } else if (join != NULL) {
        render_join(walk, word, join->relation, join->from, join->link, join->target);
    }
    if (join != NULL)
        set_later(walk, join, false);
    wefti_walk_condition(walk, step->on, WEFTI_NOTE_WHERE, " AND ", WEFTI_PRECEDENCE_AND);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* What stands between JOIN and ON, and the condition; both sinks. join: when rendering. */
static void walk_join_on(wefti_walk *walk, const weft_join_step *step, const wefti_join *join)
{
    static const char *const words[] = {[WEFT_JOIN_INNER] = " JOIN ",
                                        [WEFT_JOIN_LEFT] = " LEFT JOIN ",
                                        [WEFT_JOIN_RIGHT] = " RIGHT JOIN ",
                                        [WEFT_JOIN_FULL] = " FULL JOIN ",
                                        [WEFT_JOIN_CROSS] = " CROSS JOIN "};
    wefti_walk_sql(walk, words[wefti_join_how(step)]);
    wefti_walk_subquery(walk, step->to);
    if (join != NULL) {
        wefti_walk_source_name(walk, join->target);
        set_later(walk, join, false);
    }
    wefti_walk_sampled(walk, step->to);
    if (step->on != NULL) {
        wefti_walk_sql(walk, " ON ");
        wefti_walk_check_condition(walk, step->on);
        const wefti_ground ground = wefti_walk_enter(walk, WEFTI_PLACE_OF_ROWS, false);
        wefti_walk_operand(walk, step->on, WEFTI_PRECEDENCE_NONE, NULL);
        wefti_walk_leave(walk, ground);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* Both sinks; join: when rendering. */
static void walk_join(wefti_walk *walk, const weft_join_step *step, const wefti_join *join)
{
    if (step->model == NULL)
        walk_join_on(walk, step, join);
    else if (step->on != NULL)
        walk_join_where(walk, step, join);
    else if (join != NULL)
        render_join(walk, join->outer ? " LEFT JOIN " : " JOIN ", join->relation, join->from, join->link, join->target);
    if (join != NULL)
        set_later(walk, join, false);
}

void wefti_walk_from(wefti_walk *walk, const char *word, const wefti_select *select, const wefti_elements *from)
{
    if (wefti_select_lacks_from(select))
        return;
    wefti_walk_sql(walk, word);
    for (uint16_t i = 0; walk->render != NULL && i < from->join_count; i++)
        set_later(walk, &from->joins[i], true);
    wefti_walk_subquery(walk, select->source);
    if (walk->render == NULL)
        wefti_walk_sampled(walk, select->source);
    if (walk->render == NULL)
        for (size_t i = 0; select->joins != NULL && walk->status == WEFT_OK && !wefti_join_ends(&select->joins[i]); i++)
            walk_join(walk, &select->joins[i], NULL);
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    wefti_walk_source_name(walk, from->entity);
    wefti_walk_sampled(walk, select->source);
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
        walk_join(walk, from->joins[i].step, &from->joins[i]);
    for (uint16_t i = 0; i < from->join_count; i++)
        set_later(walk, &from->joins[i], false);
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
