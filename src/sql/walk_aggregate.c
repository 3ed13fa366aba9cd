/* Aggregates with a condition, an order or distinct values of their own, both sinks.
 *
 * Where the database orders no rows within aggregates, functions of the driver do, which are told the order by a text: see
 * driver/sqlite/sorted.c. Otherwise the order stands before the parenthesis that closes the call, so that the call itself writes
 * it. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

/* A function that is known to be no aggregate. */
static bool is_other(const weft_expr *function)
{
    const char *name = function->name != NULL ? wefti_function_name(function->name) : "";
    return function->op == WEFT_EXPR_FN && !wefti_is_aggregate(function) &&
           (wefti_is_scalar(function) || wefti_window_number(name) != WEFT_UNMAPPED || wefti_picks_row(name));
}

void wefti_walk_filter(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_called called = walk->called;
    const weft_expr *aggregate = wefti_walk_argument(walk, expr, 0), *condition = wefti_walk_argument(walk, expr, 1);
    wefti_walk_no_more(walk, expr, 2);
    const bool within = walk->status == WEFT_OK && aggregate->op == WEFT_EXPR_WITHIN;
    if (walk->status == WEFT_OK && !within &&
        ((aggregate->op != WEFT_EXPR_FN && aggregate->op != WEFT_EXPR_ORDERED) || is_other(wefti_over_function(aggregate))))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_filter takes an aggregate, such as weft_count_all()");
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, WEFT_EXPR_FILTER);
    wefti_walk_operand(walk, aggregate, WEFTI_PRECEDENCE_NONE, NULL);
    walk->called = WEFTI_CALLED_ALONE;
    const wefti_walk_mark before = wefti_walk_mark_get(walk);
    const wefti_ground ground = wefti_walk_enter(walk, "the condition of weft_filter", false);
    wefti_walk_sql(walk, " FILTER (WHERE ");
    wefti_walk_check_condition(walk, condition);
    const wefti_truth truth = wefti_walk_expr(walk, condition, WEFTI_PRECEDENCE_NONE, &wefti_hint_condition);
    if (truth == WEFTI_TRUTH_FALSE) {
        wefti_walk_note(walk, WEFT_EXPR_FALSE);
        wefti_walk_sql(walk, "false");
    }
    wefti_walk_sql(walk, ")");
    if (truth == WEFTI_TRUTH_TRUE)
        wefti_walk_rewind(walk, before);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_leave(walk, ground);
    walk->called = called;
}

/* ---- an order ---- */

/* Of a column's type, behind the word, or NULL. */
static const char *declared_collation(const wefti_column *column)
{
    static const char word[] = "COLLATE ";
    for (const char *c = column != NULL ? column->sql_type : NULL; c != NULL && *c != '\0'; c++)
        if (wefti_ascii_begins(c, word))
            return c + sizeof word - 1;
    return NULL;
}

/* By what the driver compares the values of an expression; see sorted.c there. */
static char collation_letter(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_family family = wefti_walk_family(walk, expr);
    const wefti_column *column = wefti_walk_infer(walk, expr).column;
    const char *declared = declared_collation(column);
    if (wefti_walk_is_decimal(walk, expr))
        return 'd';
    if (family == WEFTI_FAMILY_INTERVAL || family == WEFTI_FAMILY_JSON)
        return family == WEFTI_FAMILY_JSON ? 'j' : 'i';
    if (family == WEFTI_FAMILY_ARRAY)
        return (char)('@' + wefti_walk_element(walk, expr));
    if (declared == NULL || wefti_ascii_begins(declared, "BINARY"))
        return 'b';
    if (wefti_ascii_begins(declared, "NOCASE") || wefti_ascii_begins(declared, "RTRIM"))
        return wefti_ascii_begins(declared, "NOCASE") ? 'n' : 'r';
    (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                          "%s.%s has a collation of the database's, by which no aggregate orders on this one: cast it to text",
                          column->table->name, column->name);
    return 'b';
}

static void add_letter(wefti_walk *walk, char letter)
{
    if (walk->render != NULL)
        wefti_text_add_char(&walk->render->text, letter);
}

static void add_key(wefti_walk *walk, const weft_expr *element)
{
    const wefti_direction d = wefti_walk_direction(walk, element);
    add_letter(walk, d.descending ? 'd' : 'a');
    add_letter(walk, d.nulls_first || (d.descending && !d.nulls_last) ? 'f' : 'l');
    add_letter(walk, collation_letter(walk, d.expr));
}

/* What is distinct among the arguments of an aggregate, or NULL. */
static const weft_expr *distinct_of(const weft_expr *function)
{
    const weft_expr *first = !wefti_list_ends(function->args, 0) ? function->args[0] : NULL;
    return first != NULL && first->op == WEFT_EXPR_DISTINCT && !wefti_list_ends(first->args, 0) ? first->args[0] : NULL;
}

static void repeat_text(wefti_walk *walk, size_t from, size_t to)
{
    if (walk->render != NULL && walk->status == WEFT_OK)
        wefti_text_repeat(&walk->render->text, from, to - from);
}

/* Several values of the key may belong to one that is distinct, unless it is that one itself, whose text then is written again: its
 * parameters are the same. */
static void check_distinct_key(wefti_walk *walk, const weft_expr *distinct, const weft_expr *key)
{
    if (walk->status == WEFT_OK && !wefti_walk_same_node(distinct, key))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_ordered: an aggregate of weft_distinct is ordered by what is distinct, or not at all");
}

void wefti_walk_ordering(wefti_walk *walk, const weft_expr *function, const weft_expr *ordered, size_t from, size_t to)
{
    const weft_expr *distinct = distinct_of(function), *element;
    if (ordered == NULL || walk->status != WEFT_OK)
        return;
    if (distinct == NULL) {
        wefti_walk_sql(walk, " ");
        wefti_walk_window_order(walk, ordered->args + 1);
        return;
    }
    wefti_walk_note(walk, WEFTI_NOTE_ORDER);
    for (size_t i = 1; (element = wefti_walk_next(walk, ordered->args, i, "weft_ordered")) != NULL; i++) {
        const wefti_direction d = wefti_walk_direction(walk, element);
        check_distinct_key(walk, distinct, d.expr);
        wefti_walk_note_direction(walk, d);
        wefti_walk_sql(walk, i > 1 ? ", " : " ORDER BY ");
        repeat_text(walk, from, to);
        wefti_walk_sql(walk, d.descending ? " DESC" : "");
        wefti_walk_sql(walk, d.nulls_first ? " NULLS FIRST" : d.nulls_last ? " NULLS LAST" : "");
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* The text that tells the driver's function its order, and how many keys it has. */
static size_t add_order(wefti_walk *walk, const weft_expr *value, bool distinct, const weft_expr *ordered)
{
    size_t keys = 0;
    const weft_expr *element;
    wefti_walk_sql(walk, distinct ? "'u" : "'a");
    if (walk->render != NULL)
        add_letter(walk, collation_letter(walk, value));
    for (; ordered != NULL && (element = wefti_walk_next(walk, ordered->args, keys + 1, "weft_ordered")) != NULL; keys++)
        if (walk->render != NULL)
            add_key(walk, element);
    wefti_walk_sql(walk, "', ");
    return keys;
}

enum { MOST_KEYS = 32 }; /* of driver/sqlite/sorted.c */

bool wefti_walk_joined(wefti_walk *walk, const weft_expr *function, const weft_expr *ordered)
{
    const wefti_sorted_sql *sql = walk->dialect->sorted;
    const weft_expr *distinct = distinct_of(function);
    if (sql == NULL || !wefti_ascii_equal(wefti_function_name(function->name), "string_agg") ||
        (ordered == NULL && distinct == NULL))
        return false;
    const weft_expr *value = wefti_walk_argument(walk, function, 0), *separator = wefti_walk_argument(walk, function, 1);
    wefti_walk_no_more(walk, function, 2);
    if (walk->status != WEFT_OK)
        return true;
    value = distinct != NULL ? distinct : value;
    wefti_walk_note(walk, distinct != NULL ? WEFT_EXPR_DISTINCT : WEFT_EXPR_ORDERED);
    wefti_walk_sql(walk, sql->joined);
    const size_t keys = add_order(walk, value, distinct != NULL, ordered);
    if (keys > MOST_KEYS)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "weft_ordered has more than %d elements", MOST_KEYS);
    const size_t from = walk->render != NULL ? walk->render->text.size : 0;
    wefti_walk_operand(walk, value, WEFTI_PRECEDENCE_NONE, NULL);
    const size_t to = walk->render != NULL ? walk->render->text.size : 0;
    wefti_walk_sql(walk, ", ");
    wefti_walk_operand(walk, separator, WEFTI_PRECEDENCE_NONE, NULL);
    for (size_t i = 0; walk->status == WEFT_OK && i < keys; i++) {
        const wefti_direction d = wefti_walk_direction(walk, ordered->args[i + 1]);
        wefti_walk_note_direction(walk, d);
        wefti_walk_sql(walk, ", ");
        if (distinct != NULL) {
            check_distinct_key(walk, distinct, d.expr);
            repeat_text(walk, from, to);
        } else {
            wefti_walk_operand(walk, d.expr, WEFTI_PRECEDENCE_NONE, &wefti_hint_untyped);
        }
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, ")");
    return true;
}

void wefti_walk_ordered(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_sorted_sql *sql = walk->dialect->sorted;
    const weft_expr *function = wefti_walk_argument(walk, expr, 0);
    (void)wefti_walk_argument(walk, expr, 1);
    const weft_expr *first = walk->status == WEFT_OK && function->args != NULL ? function->args[0] : NULL;
    const bool none = function != NULL && (function->args == NULL || (first != NULL && first->op == WEFT_EXPR_END));
    const bool star = first != NULL && first->op == WEFT_EXPR_STAR;
    if (walk->status == WEFT_OK && (function->op != WEFT_EXPR_FN || none || star || is_other(function)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_ordered takes an aggregate, such as weft_string_agg; weft_filter stands around it");
    if (walk->status != WEFT_OK)
        return;
    const char *name = wefti_function_name(function->name != NULL ? function->name : "");
    const bool joins = wefti_ascii_equal(name, "string_agg");
    if (walk->called == WEFTI_CALLED_OVER)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_ordered stands in no window: give the window its .order_by");
    else if (sql != NULL && !joins && !wefti_is_named(name, sql->indifferent))
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s orders no rows within %.40s; weft_string_agg can be ordered on every database",
                              walk->dialect->capabilities.name, name);
    wefti_walk_note(walk, WEFT_EXPR_ORDERED);
    const bool left_out = sql != NULL && !joins;
    walk->ordered = left_out ? NULL : expr;
    wefti_walk_operand(walk, function, WEFTI_PRECEDENCE_NONE, NULL);
    walk->ordered = NULL;
    if (left_out && walk->status == WEFT_OK) { /* what is wrong with it is wrong on every database */
        const wefti_walk_mark mark = wefti_walk_mark_get(walk);
        const wefti_ground ground = wefti_walk_enter(walk, "an aggregate", false);
        wefti_walk_ordering(walk, function, expr, 0, 0);
        wefti_walk_leave(walk, ground);
        wefti_walk_rewind(walk, mark);
    }
}

/* ---- WITHIN GROUP ---- */

static const weft_expr *value_of_order(const weft_expr *expr)
{
    return !wefti_list_ends(expr->args, 0) && !wefti_list_ends(expr->args, 1) ? wefti_expr_ordered(expr->args[1]) : NULL;
}

static bool is_within(const weft_expr *expr, const char *name)
{
    const weft_expr *function = expr->args != NULL ? expr->args[0] : NULL;
    return function != NULL && function->op == WEFT_EXPR_FN && function->name != NULL &&
           wefti_ascii_equal(wefti_function_name(function->name), name);
}

const weft_expr *wefti_within_value(const weft_expr *expr)
{
    return is_within(expr, "percentile_disc") || is_within(expr, "mode") ? value_of_order(expr) : NULL;
}

wefti_hint wefti_walk_within_type(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *value = wefti_within_value(expr);
    if (value != NULL)
        return wefti_walk_infer(walk, value);
    if (is_within(expr, "percentile_cont") && value_of_order(expr) != NULL)
        return (wefti_hint){.type = wefti_walk_family(walk, value_of_order(expr)) == WEFTI_FAMILY_INTERVAL ? WEFT_INTERVAL
                                                                                                           : WEFT_DOUBLE};
    return (wefti_hint){0};
}

/* Those that every database has. */
static void check_within(wefti_walk *walk, const weft_expr *expr, bool share, bool between)
{
    const weft_expr *function = expr->args[0], *value = value_of_order(expr);
    if (share)
        (void)wefti_walk_argument(walk, function, 0);
    wefti_walk_no_more(walk, function, share ? 1 : 0);
    wefti_walk_no_more(walk, expr, 2);
    if (walk->render == NULL || walk->status != WEFT_OK || value == NULL)
        return;
    const wefti_column *column = wefti_walk_infer(walk, value).column;
    const bool named = column != NULL && column->enum_names != NULL; /* of a type of its own, too */
    const wefti_family family = named ? WEFTI_FAMILY_TEXT : wefti_walk_family(walk, value);
    const wefti_family of_share = share ? wefti_walk_family(walk, function->args[0]) : WEFTI_FAMILY_OTHER;
    if (share && of_share != WEFTI_FAMILY_NUMBER && of_share != WEFTI_FAMILY_OTHER)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes a number from 0 to 1", function->name);
    else if (between && family == WEFTI_FAMILY_INTERVAL && walk->dialect->sorted != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s has no %s of intervals; take weft_percentile_disc",
                              walk->dialect->capabilities.name, function->name);
    else if (between && family != WEFTI_FAMILY_NUMBER && family != WEFTI_FAMILY_OTHER && family != WEFTI_FAMILY_INTERVAL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes numbers; weft_percentile_disc takes what has an order",
                              function->name);
}

/* By the driver's functions. */
static void walk_sorted_within(wefti_walk *walk, const weft_expr *expr, bool share, bool between)
{
    const wefti_sorted_sql *sql = walk->dialect->sorted;
    const weft_expr *function = expr->args[0];
    const wefti_direction d = wefti_walk_direction(walk, expr->args[1]);
    wefti_walk_note(walk, WEFT_EXPR_FN);
    wefti_walk_note_text(walk, function->name);
    wefti_walk_note_direction(walk, d);
    wefti_walk_sql(walk, between ? sql->share : share ? sql->first : sql->frequent);
    wefti_walk_sql(walk, "'");
    if (walk->render != NULL)
        add_key(walk, expr->args[1]);
    wefti_walk_sql(walk, "', ");
    const wefti_ground ground = wefti_walk_enter_function(walk, function, WEFTI_CALLED_WITHIN);
    if (share) {
        wefti_walk_operand(walk, function->args[0], WEFTI_PRECEDENCE_NONE, &(wefti_hint){.type = WEFT_DOUBLE});
        wefti_walk_sql(walk, ", ");
    }
    if (between && walk->render != NULL)
        wefti_walk_as_real(walk, d.expr, WEFTI_PRECEDENCE_NONE, NULL, WEFT_DOUBLE);
    else
        wefti_walk_operand(walk, d.expr, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_leave(walk, ground);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_within(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *function = wefti_walk_argument(walk, expr, 0);
    (void)wefti_walk_argument(walk, expr, 1);
    if (walk->status == WEFT_OK && (function->op != WEFT_EXPR_FN || function->name == NULL))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_within_group takes a function, such as weft_fn(\"percentile_cont\", share)");
    if (walk->status != WEFT_OK)
        return;
    const bool between = is_within(expr, "percentile_cont"), share = between || is_within(expr, "percentile_disc"),
               known = share || is_within(expr, "mode");
    if (walk->called == WEFTI_CALLED_OVER)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_within_group stands in no window: no database has one");
    else if (known)
        check_within(walk, expr, share, between);
    else if (walk->dialect->sorted != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s has no %.40s within a group: percentile_cont, percentile_disc and mode are there on every "
                              "database",
                              walk->dialect->capabilities.name, function->name);
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, WEFT_EXPR_WITHIN);
    if (walk->dialect->sorted != NULL) {
        walk_sorted_within(walk, expr, share, between);
        return;
    }
    walk->called = WEFTI_CALLED_WITHIN;
    wefti_walk_operand(walk, function, WEFTI_PRECEDENCE_NONE, NULL);
    const wefti_ground ground = wefti_walk_enter(walk, "an aggregate", false);
    wefti_walk_sql(walk, " WITHIN GROUP (");
    wefti_walk_window_order(walk, expr->args + 1);
    wefti_walk_sql(walk, ")");
    wefti_walk_leave(walk, ground);
}
