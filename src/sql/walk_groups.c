/* What a SELECT with groups may name outside of aggregates: what it groups by, and the columns of a table whose primary key is
 * grouped. PostgreSQL refuses anything else; SQLite would take the value of some row. Looked at while rendering: it follows from
 * the shape. Functions that weft does not know may be aggregates, so what stands in them is left to the database. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

bool wefti_is_aggregate(const weft_expr *expr)
{
    if (expr->op == WEFT_EXPR_WITHIN)
        return true;
    if (expr->op != WEFT_EXPR_FN || expr->name == NULL)
        return false;
    const char *name = wefti_function_name(expr->name);
    bool one = !wefti_list_ends(expr->args, 0) && wefti_list_ends(expr->args, 1);
    return wefti_is_aggregate_name(name) || (one && (wefti_ascii_equal(name, "min") || wefti_ascii_equal(name, "max")));
}

/* ---- where aggregates and windows may stand ---- */

wefti_ground wefti_walk_enter(wefti_walk *walk, const char *place, bool aggregates)
{
    wefti_render *render = walk->render;
    if (render == NULL)
        return (wefti_ground){0};
    const wefti_ground before = {render->no_aggregates, render->no_windows, render->grouped};
    render->no_windows = place;
    render->no_aggregates = aggregates ? render->no_aggregates : place;
    if (!aggregates && render->grouped != NULL && render->grouped->first == render->first)
        render->grouped = render->grouped->around; /* of rows, not of the groups that they come into */
    return before;
}

void wefti_walk_leave(wefti_walk *walk, wefti_ground before)
{
    if (walk->render == NULL)
        return;
    walk->render->no_aggregates = before.no_aggregates;
    walk->render->no_windows = before.no_windows;
    walk->render->grouped = before.grouped;
}

/* How many columns an expression names, and whether all are of SELECTs around the innermost. */
static size_t count_columns(wefti_walk *walk, const weft_expr *expr, bool *outer, int depth)
{
    size_t count = 0;
    if (expr == NULL || depth > WEFTI_MAX_EXPR_DEPTH || walk->status != WEFT_OK)
        return 0;
    if (expr->model != NULL && expr->op != WEFT_EXPR_ANY) {
        const wefti_source *source = wefti_walk_find_source(walk, expr->model, expr->alias, expr->offset);
        *outer = *outer && source != NULL && source < walk->render->sources + walk->render->first;
        count = 1;
    }
    const weft_expr *const *args = wefti_expr_args(expr);
    for (size_t i = 0; !wefti_list_ends(args, i); i++)
        count += count_columns(walk, args[i], outer, depth + 1);
    return count;
}

/* An aggregate of columns of a SELECT around the innermost belongs to that one. */
static bool is_of_outer(wefti_walk *walk, const weft_expr *expr)
{
    bool outer = walk->render->first > 0;
    return outer && count_columns(walk, expr, &outer, 0) > 0 && outer;
}

static bool has_groups(const wefti_select *select)
{
    return select != NULL && (select->group_by != NULL || select->having != NULL || wefti_walk_any_aggregate(select->columns) ||
                              wefti_walk_any_aggregate(select->order_by));
}

/* Such an aggregate is taken by SQL for one of the SELECT around, whose rows it would put together without a word. */
static void check_outer(wefti_walk *walk, const char *name, bool in_condition)
{
    const wefti_render *render = walk->render;
    if (!has_groups(render->around) || render->made != NULL)
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                            "%s of columns around a subquery is an aggregate of the SELECT around, which has no groups: aggregate "
                            "columns of the subquery, or leave the aggregate out, for within it they are one value",
                            name);
    else if (!walk->dialect->outer_aggregates)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_UNSUPPORTED,
            "%s of columns around a subquery stands in %s, which %s does not take: put it into a weft_subselect, and "
            "name its column",
            name, in_condition ? "its condition" : "it", walk->dialect->capabilities.name);
}

wefti_ground wefti_walk_enter_function(wefti_walk *walk, const weft_expr *expr, wefti_called called)
{
    static const char *const within[] = {"percentile_cont", "percentile_disc", "mode", NULL};
    if (walk->render == NULL)
        return (wefti_ground){0};
    const wefti_ground before = {walk->render->no_aggregates, walk->render->no_windows, walk->render->grouped};
    const char *name = wefti_function_name(expr->name);
    const bool of_window = wefti_window_number(name) != WEFT_UNMAPPED || wefti_picks_row(name);
    const bool aggregate = called == WEFTI_CALLED_WITHIN || (called == WEFTI_CALLED_ALONE && wefti_is_aggregate(expr));
    const bool groups = walk->render->select != NULL && wefti_has_grouping_sets(walk->render->select->group_by);
    if (wefti_ascii_equal(name, "grouping") && (!groups || before.no_aggregates != NULL))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_grouping stands in .columns, .having or .order_by of a query with weft_rollup, weft_cube or "
                              "weft_grouping_sets in .group_by");
    else if (called == WEFTI_CALLED_ALONE && (of_window || wefti_is_named(name, within)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              of_window ? "%s is a function of windows: put it into weft_over"
                                        : "%s is an aggregate of an order: put it into weft_within_group",
                              name);
    else if (aggregate && before.no_aggregates != NULL && !is_of_outer(walk, expr))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s is an aggregate, and stands in %s, which has none: put the aggregate into a weft_subselect or a "
                              "weft_scalar, a condition on it into .having",
                              name, before.no_aggregates);
    else if (aggregate && is_of_outer(walk, expr)) {
        check_outer(walk, name, before.no_aggregates != NULL);
        walk->render->grouped = NULL; /* it is of the rows of groups around */
    }
    if (aggregate)
        (void)wefti_walk_enter(walk, "an aggregate", false);
    else if (called == WEFTI_CALLED_OVER)
        (void)wefti_walk_enter(walk, "a window", true);
    return before;
}

static bool has_aggregates(const weft_expr *const *list, int depth);

/* Of one node, or of a list, which is no level of nesting. */
static bool says_aggregate(const weft_expr *said, int depth);

static bool has_aggregate(const weft_expr *expr, int depth)
{
    if (expr == NULL || depth > WEFTI_MAX_EXPR_DEPTH || expr->op == WEFT_EXPR_ANY)
        return false;
    if (expr->op == WEFT_EXPR_OVER) /* its function goes over rows, and what stands in it may be an aggregate of groups */
        return expr->window != NULL &&
               (has_aggregates(wefti_over_function(expr)->args, depth + 1) ||
                says_aggregate(expr->window->partition_by, depth + 1) || says_aggregate(expr->window->order_by, depth + 1));
    return wefti_is_aggregate(expr) || has_aggregates(wefti_expr_args(expr), depth + 1);
}

static bool has_aggregates(const weft_expr *const *list, int depth)
{
    bool found = false;
    for (size_t i = 0; !found && !wefti_list_ends(list, i); i++)
        found = has_aggregate(list[i], depth);
    return found;
}

static bool says_aggregate(const weft_expr *said, int depth)
{
    return said != NULL && said->op == WEFT_EXPR_LIST ? has_aggregates(said->args, depth) : has_aggregate(said, depth);
}

static bool has_window(const weft_expr *expr, int depth)
{
    const weft_expr *const *args = wefti_expr_args(expr);
    bool found = expr->op == WEFT_EXPR_OVER;
    for (size_t i = 0; !found && depth <= WEFTI_MAX_EXPR_DEPTH && !wefti_list_ends(args, i); i++)
        found = has_window(args[i], depth + 1);
    return found;
}

bool wefti_has_window(const weft_expr *expr) { return has_window(expr, 0); }

bool wefti_walk_any_aggregate(const weft_expr *const *list) { return has_aggregates(list, 0); }

bool wefti_has_aggregate(const weft_expr *said) { return says_aggregate(said, 0); }

const weft_expr *wefti_walk_meaning(const wefti_select *select, const weft_expr *expr)
{
    if (expr->op != WEFT_EXPR_LABEL)
        return expr;
    for (size_t i = 0; expr->name != NULL && !wefti_list_ends(select->columns, i); i++) {
        const weft_expr *column = select->columns[i];
        if (column->op == WEFT_EXPR_LABEL && column->name != NULL && strcmp(column->name, expr->name) == 0 &&
            column->args != NULL && column->args[0] != NULL)
            return column->args[0];
    }
    return wefti_list_ends(expr->args, 0) ? expr : expr->args[0];
}

/* Key number i; NULL: there are no more. */
static const weft_expr *key_at(const wefti_grouped_by *g, size_t i)
{
    if (g->sets != NULL)
        return i < g->sets->key_count ? g->sets->keys[i] : NULL;
    return wefti_list_ends(g->select->group_by, i) ? NULL : wefti_walk_meaning(g->select, g->select->group_by[i]);
}

static bool is_key(const wefti_grouped_by *g, const weft_expr *expr)
{
    const weft_expr *key;
    for (size_t i = 0; (key = key_at(g, i)) != NULL; i++)
        if (wefti_walk_same_node(key, expr))
            return true;
    return false;
}

static bool groups_by_column(const wefti_grouped_by *g, const weft_model *model, int alias, size_t offset)
{
    const weft_expr *group;
    for (size_t i = 0; (group = key_at(g, i)) != NULL; i++) {
        if (group->op == WEFT_EXPR_COLUMN && group->model == model && group->alias == alias && group->offset == offset)
            return true;
    }
    return false;
}

static bool groups_by_key(const wefti_grouped_by *g, const weft_model *model, int alias)
{
    const wefti_table *table = g->sets == NULL ? wefti_walk_table(g->walk, model) : NULL; /* a set may lack the key */
    for (uint16_t i = 0; table != NULL && i < table->key_count; i++)
        if (!groups_by_column(g, model, alias, table->key[i]->field->offset))
            return false;
    return table != NULL && table->key_count > 0;
}

/* Whether it is of a SELECT around the innermost. */
static bool is_around(const wefti_walk *walk, const wefti_source *source)
{
    return source < walk->render->sources + walk->render->first;
}

static void check_column(const wefti_grouped_by *g, const weft_expr *expr)
{
    if (expr->model == NULL || groups_by_column(g, expr->model, expr->alias, expr->offset) ||
        groups_by_key(g, expr->model, expr->alias))
        return;
    const wefti_source *source = wefti_walk_find_source(g->walk, expr->model, expr->alias, expr->offset);
    if (source == NULL || is_around(g->walk, source))
        return; /* one value for each evaluation of a subquery */
    const wefti_column *column = wefti_walk_find_column(g->walk, expr->model, expr->offset);
    (void)wefti_walk_fail(g->walk, WEFT_ERROR_MISUSE,
                          "%s names %s.%s, of which a group may have several: group by it or by the "
                          "primary key, or put it into an aggregate",
                          g->place, expr->model->name, column != NULL ? column->field->name : "?");
}

bool wefti_is_scalar(const weft_expr *expr)
{
    static const char *const names[] = {"lower",  "upper", "trim",  "ltrim",    "rtrim",  "substr",  "replace",
                                        "length", "abs",   "round", "trunc",    "ceil",   "ceiling", "floor",
                                        "sign",   "mod",   "div",   "coalesce", "nullif", "ifnull",  "greatest",
                                        "least",  "min",   "max",   NULL};
    return expr->op == WEFT_EXPR_FN ? wefti_is_named(expr->name, names) : expr->op != WEFT_EXPR_FRAGMENT;
}

static bool is_grouping(const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_FN && expr->name != NULL && wefti_ascii_equal(expr->name, "grouping");
}

static void check_node(wefti_grouped_by *g, const weft_expr *expr);

static void check_nodes(wefti_grouped_by *g, const weft_expr *const *list)
{
    g->depth++;
    for (size_t i = 0; !wefti_list_ends(list, i); i++)
        check_node(g, list[i]);
    g->depth--;
}

static void check_window(wefti_grouped_by *g, const weft_expr *expr)
{
    const weft_expr *filter = wefti_list_ends(expr->args, 0) ? NULL : expr->args[0];
    if (filter != NULL && filter->op == WEFT_EXPR_FILTER && !wefti_list_ends(filter->args, 0))
        check_nodes(g, &filter->args[1]);
    check_nodes(g, wefti_over_function(expr)->args);
    if (expr->window == NULL)
        return;
    const weft_expr *alone[2], *const *order_by;
    check_nodes(g, wefti_items(expr->window->partition_by, alone));
    order_by = wefti_items(expr->window->order_by, alone);
    for (size_t i = 0; !wefti_list_ends(order_by, i); i++)
        check_node(g, wefti_expr_ordered(order_by[i]));
}

static void check_node(wefti_grouped_by *g, const weft_expr *expr)
{
    if (expr == NULL || g->walk->status != WEFT_OK || g->depth > WEFTI_MAX_EXPR_DEPTH)
        return;
    if (is_key(g, expr))
        return;
    if (expr->op == WEFT_EXPR_OVER) {
        check_window(g, expr);
        return;
    }
    if (is_grouping(expr)) {
        for (size_t i = 0; !wefti_list_ends(expr->args, i); i++)
            if (!is_key(g, wefti_walk_meaning(g->select, expr->args[i])))
                (void)wefti_walk_fail(g->walk, WEFT_ERROR_MISUSE, "weft_grouping names what is no key of .group_by");
            else if (i == 31) /* bits of an integer */
                (void)wefti_walk_fail(g->walk, WEFT_ERROR_LIMIT, "weft_grouping has more than 31 keys");
        return;
    }
    if (expr->op == WEFT_EXPR_FILTER || expr->op == WEFT_EXPR_ORDERED) {
        const weft_expr *of = wefti_over_function(expr);
        g->depth++;
        if (of != expr) /* else it has none, which is told where it is written */
            check_node(g, of);
        g->depth--;
        return;
    }
    if (expr->op == WEFT_EXPR_WITHIN) /* its share has one value */
        check_nodes(g, wefti_over_function(expr)->args);
    if (wefti_is_aggregate(expr) || expr->op == WEFT_EXPR_ANY || !wefti_is_scalar(expr))
        return;
    bool compares = (expr->op >= WEFT_EXPR_EQ && expr->op <= WEFT_EXPR_NOT_IN) ||
                    ((expr->op == WEFT_EXPR_IS_NULL || expr->op == WEFT_EXPR_IS_NOT_NULL) && expr->args == NULL);
    if (compares || expr->op == WEFT_EXPR_COLUMN)
        check_column(g, expr);
    check_nodes(g, wefti_expr_args(expr));
}

void wefti_walk_check_groups(wefti_walk *walk, const wefti_select *select)
{
    if (walk->render == NULL || select->columns == NULL || walk->status != WEFT_OK)
        return;
    wefti_grouping sets;
    const bool has_sets = wefti_has_grouping_sets(select->group_by);
    if (has_sets && !wefti_walk_flatten(walk, select, &sets))
        return;
    wefti_grouped_by g = {.walk = walk, .select = select, .sets = has_sets ? &sets : NULL, .place = "columns"};
    const weft_expr *key;
    for (size_t i = 0; (key = key_at(&g, i)) != NULL; i++) /* one that is a column is named by its place */
        if (has_aggregate(key, 0) || has_window(key, 0))
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s stands in .group_by, which has none: group what selects from it",
                                  has_window(key, 0) ? "weft_over" : "an aggregate");
    if (!has_groups(select))
        return;
    for (size_t i = 0; !wefti_list_ends(select->columns, i); i++)
        check_node(&g, select->columns[i]);
    g.place = "having";
    check_node(&g, select->having);
    g.place = "order_by";
    for (size_t i = 0; !wefti_list_ends(select->order_by, i); i++) {
        const weft_expr *element = wefti_expr_ordered(select->order_by[i]);
        if (element != NULL) /* else it is refused where it is walked */
            check_node(&g, wefti_walk_meaning(select, element));
    }
}

/* ---- what subqueries name of groups around them ---- */

wefti_grouped *wefti_grouped_new(wefti_walk *walk, const wefti_select *select)
{
    wefti_render *render = walk->render;
    if (select->columns == NULL || walk->status != WEFT_OK || !has_groups(select))
        return NULL;
    const bool has_sets = wefti_has_grouping_sets(select->group_by);
    wefti_grouped *grouped = wefti_arena_zalloc(&render->arena, sizeof *grouped);
    wefti_grouping *sets = has_sets ? wefti_arena_zalloc(&render->arena, sizeof *sets) : NULL;
    if (grouped == NULL || (has_sets && sets == NULL)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
        return NULL;
    }
    if (has_sets && !wefti_walk_flatten(walk, select, sets))
        return NULL;
    *grouped =
        (wefti_grouped){.by = {.walk = walk, .select = select, .sets = sets}, .first = render->first, .end = render->source_count};
    return grouped;
}

void wefti_grouped_enter(wefti_walk *walk, wefti_grouped *grouped)
{
    if (grouped == NULL)
        return;
    grouped->around = walk->render->grouped;
    walk->render->grouped = grouped;
}

void wefti_grouped_leave(wefti_walk *walk, wefti_grouped *grouped)
{
    if (grouped != NULL)
        walk->render->grouped = grouped->around;
}

void wefti_grouped_check(wefti_walk *walk, const wefti_source *source, const wefti_column *column)
{
    const uint16_t at = (uint16_t)(source - walk->render->sources);
    const wefti_grouped *of = walk->render->grouped;
    while (of != NULL && (at < of->first || at >= of->end))
        of = of->around;
    if (of == NULL || (!of->strict && !is_around(walk, source)))
        return;
    if (groups_by_column(&of->by, source->model, source->alias, column->field->offset) ||
        groups_by_key(&of->by, source->model, source->alias))
        return;
    (void)
        wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                        "%s.%s stands in a subquery of a query with groups, of which each may have several: group by it or by the "
                        "primary key, or let the subquery name what is grouped by",
                        source->model->name, column->field->name);
}
