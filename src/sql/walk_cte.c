/* Common table expressions, both sinks.
 *
 * A CTE is walked where it is met for the first time, and only named wherever it stands again. When rendering, its query gets a
 * buffer of its own, which joins WITH when it is complete: a CTE that it refers to is complete before it, so that WITH has the
 * order in which one needs the other. Its parameters are numbered where it is met, in both sinks alike. What is rewound takes the
 * CTEs with it that it met first: see wefti_met. */
#include "base/limits.h"
#include "sql/walk_select.h"

#include <stdio.h>

static wefti_met *met_of(wefti_walk *walk, const weft_model *model)
{
    return &walk->selectables[wefti_walk_model_number(walk, model) - 1];
}

static bool is_or_is_of(const weft_model *model, const weft_model *cte)
{
    const weft_selectable *selectable = model != NULL ? model->selectable : NULL;
    return model == cte || (selectable != NULL && selectable->kind == WEFT_SELECTABLE_ALIAS && selectable->of == cte);
}

/* Whether the member's FROM has the CTE; *outer: where a row of it may be missing. */
static bool refers_to(const weft_rows_options *member, const weft_model *cte, bool *outer)
{
    bool found = is_or_is_of(member->from, cte);
    weft_join_step alone[2];
    const weft_join_step *join = wefti_joined(&member->joins, alone);
    for (size_t i = 0; join != NULL && i < WEFTI_MAX_JOINS && !wefti_join_ends(&join[i]); i++) {
        const bool here = is_or_is_of(join[i].to, cte);
        const weft_join_how how = wefti_join_how(&join[i]);
        *outer = *outer || (here && how == WEFT_JOIN_LEFT) || (found && how == WEFT_JOIN_RIGHT) ||
                 ((here || found) && how == WEFT_JOIN_FULL);
        found = found || here;
    }
    return found;
}

/* Whether the CTE is recursive; what databases do not take in the member that refers to it is refused. */
static bool is_recursive(wefti_walk *walk, const weft_model *model)
{
    const weft_rows_options *query = model->selectable->query, *last = NULL;
    bool outer = false;
    if (query->members == NULL || (query->set_op != WEFT_UNION && query->set_op != WEFT_UNION_ALL))
        return false;
    for (size_t i = 0; i < WEFTI_MAX_SET_MEMBERS && query->members[i] != NULL && query->members[i]->set_op != WEFT_SET_END_; i++)
        last = query->members[i];
    if (last == NULL || last->set_op != WEFT_SET_NONE || !refers_to(last, model, &outer))
        return false;
    const char *wrong = outer                                            ? "outer join to itself"
                        : last->group_by != NULL || last->having != NULL ? "groups"
                        : wefti_has_aggregate(last->columns)             ? "aggregates"
                        : last->order_by != NULL                         ? "order"
                        : last->distinct_on != NULL                      ? "distinct_on"
                        : wefti_query_is_cut(last)                       ? "limit"
                                                                         : NULL;
    if (wrong != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is recursive: the member that refers to it can have no %s", model->name,
                              wrong);
    return true;
}

/* ---- names ---- */

static bool is_table_name(const wefti_walk *walk, const char *name)
{
    for (uint16_t i = 0; i < walk->schema->table_count; i++)
        if (wefti_ascii_equal(walk->schema->tables[i]->name, name))
            return true;
    return false;
}

/* A name that no table and no other CTE has: it would hide the table from the whole statement. */
static bool is_free(wefti_walk *walk, const weft_model *model, const char *name)
{
    for (uint8_t i = 0; i < walk->selectable_count; i++) {
        const weft_model *other = walk->selectables[i].model;
        if (other == model || other->selectable->kind != WEFT_SELECTABLE_CTE)
            continue;
        const wefti_table *table = wefti_walk_table(walk, other);
        if (table != NULL && wefti_ascii_equal(table->name, name))
            return false;
    }
    return !is_table_name(walk, name);
}

static const char *make_name(wefti_walk *walk, const weft_model *model)
{
    char name[WEFTI_MAX_IDENTIFIER_BYTES + 1];
    if (is_free(walk, model, model->name))
        return model->name;
    for (unsigned number = 2;; number++) {
        (void)snprintf(name, sizeof name, "%s_%u", model->name, number);
        if (is_free(walk, model, name))
            return wefti_arena_strdup(&walk->render->arena, name);
    }
}

/* ---- the walk ---- */

static void add_to_with(wefti_render *render, const wefti_table *table, weft_materialized materialized, const wefti_text *query)
{
    static const char *const words[] = {" AS (", " AS MATERIALIZED (", " AS NOT MATERIALIZED ("};
    wefti_text_add(&render->with, render->with.size > 0 ? ", " : "");
    wefti_add_identifier(&render->with, table->name);
    wefti_text_add(&render->with, words[materialized]);
    wefti_text_add(&render->with, query->data != NULL ? query->data : "");
    wefti_text_add(&render->with, ")");
    render->with.failed = render->with.failed || query->failed;
}

static void render_cte(wefti_walk *walk, const weft_model *model, bool recursive)
{
    wefti_render *render = walk->render;
    wefti_derived *derived = wefti_walk_derived(walk, model);
    const char *name = make_name(walk, model);
    if (name == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
        return;
    }
    derived->table.name = name;
    derived->recursive = recursive;
    render->recursive = render->recursive || recursive;
    const wefti_text around = render->text;
    wefti_groups *groups = render->groups;
    const uint16_t scope = render->scope;
    wefti_text_init(&render->text, WEFTI_MAX_SQL_BYTES);
    render->groups = NULL;
    render->scope = render->source_count;
    wefti_walk_query(walk, model->selectable->query, &derived->table, false);
    if (walk->status == WEFT_OK)
        add_to_with(render, &derived->table, model->selectable->materialized, &render->text);
    wefti_text_deinit(&render->text);
    render->text = around;
    render->groups = groups;
    render->scope = scope;
}

void wefti_walk_cte(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    if (walk->status == WEFT_OK && (unsigned)selectable->materialized > WEFT_NOT_MATERIALIZED)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s: %d is no way to materialize", model->name,
                              (int)selectable->materialized);
    const bool recursive = walk->status == WEFT_OK && is_recursive(walk, model);
    if (walk->status != WEFT_OK)
        return;
    wefti_met *met = met_of(walk, model);
    met->depth = walk->depth;
    met->open = true;
    met->recursive = recursive;
    wefti_walk_note(walk, (uint64_t)selectable->materialized);
    walk->in_cte = true;
    if (walk->render != NULL)
        render_cte(walk, model, recursive);
    else
        wefti_walk_query(walk, selectable->query, NULL, false);
    walk->in_cte = false;
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (walk->status == WEFT_OK)
        met_of(walk, model)->open = false;
}

void wefti_walk_cte_again(wefti_walk *walk, const weft_model *model)
{
    wefti_met *met = met_of(walk, model);
    if (!met->open)
        return;
    if (!met->recursive || !walk->last_member || walk->depth != met->depth + 2 || met->referred)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s refers to itself: only the FROM of the last member of its weft_union_all or weft_union may, once",
                              model->name);
    met->referred = true;
}

void wefti_walk_close_with(wefti_walk *walk)
{
    wefti_render *render = walk->render;
    render->text.failed = render->text.failed || render->with.failed;
    if (render->with.size == 0 || walk->status != WEFT_OK)
        return;
    wefti_text whole;
    wefti_text_init(&whole, WEFTI_MAX_SQL_BYTES);
    wefti_text_add(&whole, render->recursive ? "WITH RECURSIVE " : "WITH ");
    wefti_text_add_bytes(&whole, render->with.data, render->with.size);
    wefti_text_add(&whole, " ");
    wefti_text_add_bytes(&whole, render->text.data, render->text.size);
    whole.failed = whole.failed || render->text.failed;
    wefti_text_deinit(&render->text);
    render->text = whole;
}
