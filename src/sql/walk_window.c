/* Aggregates with a condition of their own and functions over windows, both sinks. A window that several functions share is written
 * at each: databases find those that are equal. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

const weft_expr *wefti_over_function(const weft_expr *expr)
{
    for (int depth = 0; depth < 3 && expr->op >= WEFT_EXPR_FILTER && expr->op <= WEFT_EXPR_WITHIN; depth++) {
        if (expr->args == NULL || expr->args[0] == NULL)
            return expr;
        expr = expr->args[0];
    }
    return expr;
}

static void walk_partition(wefti_walk *walk, const weft_expr *const *list)
{
    const weft_expr *element;
    wefti_walk_note(walk, WEFTI_NOTE_GROUP);
    for (size_t i = 0; (element = wefti_walk_next(walk, list, i, "a window's .partition_by")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "PARTITION BY ");
        wefti_walk_operand(walk, element, WEFTI_PRECEDENCE_NONE, &wefti_hint_untyped);
        wefti_walk_sql(walk, wefti_expr_collation(walk, element));
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

static bool has_distance(const weft_bound *bound)
{
    return bound->kind == WEFT_BOUND_PRECEDING || bound->kind == WEFT_BOUND_FOLLOWING;
}

static bool is_bound(const weft_bound *bound)
{
    return bound->kind >= WEFT_BOUND_FIRST && bound->kind <= WEFT_BOUND_LAST && (bound->by != NULL) == has_distance(bound);
}

/* What the distances of a range are: numbers as those that the window is ordered by. */
static wefti_hint hint_of_range(wefti_walk *walk, const weft_window *window)
{
    const weft_expr *alone[2], *const *order_by = wefti_items(window->order_by, alone);
    const weft_expr *by = order_by != NULL ? order_by[0] : NULL;
    const bool one = by != NULL && by->op != WEFT_EXPR_END && order_by[1] != NULL && order_by[1]->op == WEFT_EXPR_END;
    if (!one) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a range by distance needs a window with one expression in .order_by");
        return (wefti_hint){0};
    }
    by = wefti_walk_ordered_by(walk, by);
    if (walk->render == NULL || walk->status != WEFT_OK)
        return (wefti_hint){0};
    const uint8_t number = wefti_walk_number_kind(walk, by);
    if (walk->dialect->decimals != NULL && (wefti_walk_family(walk, by) != WEFTI_FAMILY_NUMBER || number == WEFT_DECIMAL))
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "a range by distance is ordered by an integer or a floating-point number on this database");
    return (wefti_hint){.type = wefti_number_is_whole(number) ? (uint8_t)WEFT_INT64 : number};
}

/* Databases tell late, each in its own words. What a parameter holds is looked at when it is bound. */
static void check_distance(wefti_walk *walk, const weft_value *value)
{
    const wefti_family family = wefti_type_of((unsigned)value->type)->family;
    const bool below = !value->is_null && value->from_ == 0 && family == WEFTI_FAMILY_NUMBER &&
                       (value->type == WEFT_DECIMAL                ? value->as.s.size > 0 && value->as.s.data[0] == '-'
                        : wefti_type_is_real((uint8_t)value->type) ? !(value->as.d >= 0)
                                                                   : value->as.i < 0);
    if (value->is_null || below)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "the bound of a frame is %s: it says how far, and weft_preceding and weft_following say where to",
                              below ? "negative" : "NULL");
}

static bool names_column(const weft_expr *expr, int depth)
{
    const weft_expr *const *args = wefti_expr_args(expr);
    bool found = expr->op == WEFT_EXPR_COLUMN;
    for (size_t i = 0; !found && depth <= WEFTI_MAX_EXPR_DEPTH && !wefti_list_ends(args, i); i++)
        found = args[i] != NULL && names_column(args[i], depth + 1);
    return found;
}

/* The same for all rows; rows and groups are counted. */
static void check_bound(wefti_walk *walk, const weft_expr *by, weft_frame_unit unit)
{
    const uint8_t number = wefti_walk_number_kind(walk, by);
    if (names_column(by, 0))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the bound of a frame names a column: it is one distance for all rows");
    else if (unit != WEFT_FRAME_RANGE && number != WEFT_UNMAPPED && !wefti_number_is_whole(number))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE,
                              "the bound of a frame of rows or groups is a whole number, and was given a %s value",
                              wefti_type_of(number)->word);
}

static void walk_bound(wefti_walk *walk, const weft_bound *bound, weft_frame_unit unit, const wefti_hint *hint)
{
    static const char *const words[] = {"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"};
    const weft_expr *by = has_distance(bound) ? bound->by : NULL;
    if (by != NULL && walk->render == NULL && wefti_expr_bare(by)->op == WEFT_EXPR_VALUE)
        check_distance(walk, &wefti_expr_bare(by)->value);
    if (by != NULL && walk->render != NULL && walk->status == WEFT_OK)
        check_bound(walk, by, unit);
    if (by != NULL && by->op == WEFT_EXPR_VALUE && !walk->literal && unit != WEFT_FRAME_RANGE &&
        wefti_type_is_integer((uint8_t)by->value.type))
        wefti_walk_count(walk, by);
    else if (by != NULL)
        wefti_walk_operand(walk, by, WEFTI_PRECEDENCE_UNARY, hint);
    wefti_walk_sql(walk, words[bound->kind - WEFT_BOUND_FIRST]);
}

/* That of aggregates, where a window says no other. */
static const weft_frame usual_frame = {.unit = WEFT_FRAME_RANGE,
                                       .from = {.kind = WEFT_BOUND_FIRST},
                                       .to = {.kind = WEFT_BOUND_CURRENT}};

static void walk_frame(wefti_walk *walk, const weft_window *window)
{
    static const char *const units[] = {"", "ROWS BETWEEN ", "RANGE BETWEEN ", "GROUPS BETWEEN "};
    static const char *const excluded[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"};
    const weft_frame *frame = window->frame.unit != WEFT_FRAME_NONE ? &window->frame : &usual_frame;
    if ((unsigned)window->exclude > WEFT_EXCLUDE_TIES)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%d is nothing that a frame excludes: WEFT_EXCLUDE_TIES and its like",
                              (int)window->exclude);
    else if ((unsigned)frame->unit > WEFT_FRAME_GROUPS || !is_bound(&frame->from) || !is_bound(&frame->to) ||
             frame->from.kind > frame->to.kind || frame->from.kind == WEFT_BOUND_LAST || frame->to.kind == WEFT_BOUND_FIRST)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_MISUSE,
            "the frame of a window ends before it begins, or has a bound that is none: weft_frame_rows(first, last)");
    else if (frame->unit == WEFT_FRAME_GROUPS && window->order_by == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a frame of groups needs a window with .order_by");
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, (uint64_t)window->exclude << 40 | (uint64_t)frame->unit << 32 |
                              (uint64_t)(frame->from.kind - WEFT_BOUND_FIRST) << 16 |
                              (uint64_t)(frame->to.kind - WEFT_BOUND_FIRST) << 8);
    wefti_hint hint = {.type = WEFT_INT64};
    if (frame->unit == WEFT_FRAME_RANGE && (has_distance(&frame->from) || has_distance(&frame->to)))
        hint = hint_of_range(walk, window);
    wefti_walk_sql(walk, units[frame->unit]);
    walk_bound(walk, &frame->from, frame->unit, &hint);
    wefti_walk_sql(walk, " AND ");
    walk_bound(walk, &frame->to, frame->unit, &hint);
    wefti_walk_sql(walk, excluded[window->exclude]);
}

/* What sums floating-point numbers over a frame whose first rows leave it, where the database's own subtract them; or NULL. */
static const char *real_window(wefti_walk *walk, const weft_expr *inner, const weft_frame *frame)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    if (sql == NULL || frame->unit == WEFT_FRAME_NONE || frame->from.kind == WEFT_BOUND_FIRST || inner->args == NULL ||
        inner->args[0] == NULL)
        return NULL;
    const uint8_t number = wefti_number_of(walk, inner->args[0]);
    return !wefti_type_is_real(number)
               ? NULL
               : wefti_number_function(number == WEFT_FLOAT ? sql->float_windows : sql->real_windows, inner->name);
}

/* Both sinks. Where a filter of min and max is not looked at as the rows of a frame leave it, CASE within says the same. */
static void walk_function(wefti_walk *walk, const weft_expr *function, const weft_frame *frame)
{
    static const char *const extremes[] = {"min", "max", "bool_and", "bool_or", "every", NULL};
    const weft_expr *inner = wefti_over_function(function);
    const char *real = real_window(walk, inner, frame);
    if (real != NULL) {
        weft_expr call = *inner, filter = *function;
        call.name = real;
        filter.args = (const weft_expr *const[]){&call, inner == function ? &weft_end : function->args[1], &weft_end};
        wefti_walk_operand(walk, inner == function ? &call : &filter, WEFTI_PRECEDENCE_NONE, NULL);
        return;
    }
    if (!walk->dialect->extremes_miss_filters || inner == function || !wefti_is_named(inner->name, extremes)) {
        wefti_walk_operand(walk, function, WEFTI_PRECEDENCE_NONE, NULL);
        return;
    }
    const weft_expr *condition = wefti_walk_argument(walk, function, 1), *of = wefti_walk_argument(walk, inner, 0);
    wefti_walk_no_more(walk, function, 2);
    wefti_walk_no_more(walk, inner, 1);
    if (walk->status != WEFT_OK)
        return;
    const weft_expr chosen = {.op = WEFT_EXPR_CASE, .args = (const weft_expr *const[]){condition, of, &weft_end}};
    weft_expr call = *inner;
    call.args = (const weft_expr *const[]){&chosen, &weft_end};
    wefti_walk_operand(walk, &call, WEFTI_PRECEDENCE_NONE, NULL);
}

void wefti_walk_over(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *function = wefti_walk_argument(walk, expr, 0);
    const weft_window *window = expr->window;
    wefti_walk_no_more(walk, expr, 1);
    const weft_expr *inner = wefti_over_function(expr);
    const bool other =
        walk->status == WEFT_OK && (inner->op != WEFT_EXPR_FN || (wefti_is_scalar(inner) && !wefti_is_aggregate(inner)));
    if (walk->status == WEFT_OK && (window == NULL || other))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_over %s",
                              window == NULL ? "has no window"
                                             : "takes an aggregate or a function of windows, such as weft_rank()");
    if (walk->status != WEFT_OK)
        return;
    const weft_expr *const *args = wefti_over_function(expr)->args;
    if (args != NULL && args[0] != NULL && args[0]->op == WEFT_EXPR_DISTINCT)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_distinct stands in no window: no database has one");
    if (walk->render != NULL && walk->render->no_windows != NULL)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_MISUSE,
            "weft_over stands in %s, which has no windows: put it into a weft_cte or a weft_subselect, and name its "
            "column",
            walk->render->no_windows);
    const weft_expr *alone[2];
    wefti_walk_note(walk, WEFT_EXPR_OVER);
    walk->called = WEFTI_CALLED_OVER;
    walk_function(walk, function, &window->frame);
    walk->called = WEFTI_CALLED_ALONE;
    const wefti_ground ground = wefti_walk_enter(walk, "a window", true);
    wefti_walk_sql(walk, " OVER (");
    if (window->partition_by != NULL)
        walk_partition(walk, wefti_items(window->partition_by, alone));
    if (window->order_by != NULL) {
        wefti_walk_sql(walk, window->partition_by != NULL ? " " : "");
        wefti_walk_window_order(walk, wefti_items(window->order_by, alone));
    }
    if (window->frame.unit != WEFT_FRAME_NONE || window->exclude != WEFT_EXCLUDE_NO_OTHERS) {
        wefti_walk_sql(walk, window->partition_by != NULL || window->order_by != NULL ? " " : "");
        walk_frame(walk, window);
    }
    wefti_walk_leave(walk, ground);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, ")");
}
