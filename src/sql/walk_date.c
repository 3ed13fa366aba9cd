/* Dates and timestamps: units later, truncated, parts and differences; both sinks. Sessions are in UTC, so a timestamp with time
 * zone is what weft means by one. Where a database has no such functions the driver's have the same rules. */
#include "sql/walk_expr.h"

#include <stdio.h>

static const struct {
    const char *word, *part, *one; /* for date_trunc, for extract, as an interval */
    int seconds;                   /* of units that have a fixed length */
    int months;
} units[] = {
    [WEFT_SECOND] = {"second", "second", "1 second", 1, 0},
    [WEFT_MINUTE] = {"minute", "minute", "1 minute", 60, 0},
    [WEFT_HOUR] = {"hour", "hour", "1 hour", 3600, 0},
    [WEFT_DAY] = {"day", "day", "1 day", 86400, 0},
    [WEFT_WEEK] = {"week", "week", "7 days", 604800, 0},
    [WEFT_MONTH] = {"month", "month", "1 month", 0, 1},
    [WEFT_QUARTER] = {"quarter", "quarter", "3 months", 0, 3},
    [WEFT_YEAR] = {"year", "year", "1 year", 0, 12},
    [WEFT_WEEKDAY] = {NULL, "isodow", NULL, 0, 0},
};

/* WEFT_DATE or WEFT_TIMESTAMP, which is also what is not known; WEFT_UNMAPPED for what is neither. */
static uint8_t type_of(wefti_walk *walk, const weft_expr *e)
{
    const weft_expr *bare = wefti_expr_bare(e);
    const unsigned given = bare->op == WEFT_EXPR_VALUE ? (unsigned)bare->value.type & (WEFT_OPT - 1u) : WEFT_UNMAPPED;
    const wefti_family family =
        given != WEFT_UNMAPPED ? wefti_family_of(&(wefti_hint){.type = (uint8_t)given}) : wefti_walk_family(walk, e);
    if (family == WEFTI_FAMILY_DATE)
        return WEFT_DATE;
    return family == WEFTI_FAMILY_TIMESTAMP || family == WEFTI_FAMILY_OTHER ? (uint8_t)WEFT_TIMESTAMP : (uint8_t)WEFT_UNMAPPED;
}

uint8_t wefti_date_type(wefti_walk *walk, const weft_expr *expr)
{
    const bool has_operand = expr->args != NULL && expr->args[0] != NULL && expr->args[0]->op != WEFT_EXPR_END;
    switch (expr->op) {
    case WEFT_EXPR_NOW: return wefti_family_type(WEFTI_FAMILY_TIMESTAMP);
    case WEFT_EXPR_TODAY: return wefti_family_type(WEFTI_FAMILY_DATE);
    case WEFT_EXPR_DATE_PART:
    case WEFT_EXPR_DATE_DIFF: return wefti_family_type(WEFTI_FAMILY_NUMBER);
    default: return has_operand ? type_of(walk, expr->args[0]) : (uint8_t)WEFT_UNMAPPED;
    }
}

static bool check(wefti_walk *walk, const weft_expr *expr, const weft_expr *first, const weft_expr *second)
{
    const weft_unit unit = (weft_unit)expr->alias;
    const char *name = wefti_walk_op_name(expr->op);
    if (expr->alias < WEFT_SECOND || expr->alias > WEFT_WEEKDAY || (unit == WEFT_WEEKDAY && expr->op != WEFT_EXPR_DATE_PART))
        return (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s takes a weft_unit%s, not %d", name,
                                     unit == WEFT_WEEKDAY ? " but for WEFT_WEEKDAY" : "", expr->alias),
               false;
    if (walk->render == NULL)
        return true;
    const uint8_t type = type_of(walk, first);
    if (type == WEFT_UNMAPPED || (expr->op == WEFT_EXPR_DATE_DIFF && type_of(walk, second) == WEFT_UNMAPPED))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes a date or a timestamp; cast what is none", name);
    else if (expr->op == WEFT_EXPR_DATE_ADD && type == WEFT_DATE && unit < WEFT_DAY)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s: a date has no %ss to add; cast it to WEFT_TIMESTAMP", name,
                              units[unit].word);
    else if (expr->op == WEFT_EXPR_DATE_ADD) {
        const wefti_family family = wefti_walk_family(walk, second);
        const uint8_t number = wefti_walk_number_kind(walk, second);
        if (family != WEFTI_FAMILY_NUMBER ? family != WEFTI_FAMILY_OTHER : !wefti_number_is_whole(number))
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s: the number of units is no integer; cast it", name);
    }
    return walk->status == WEFT_OK;
}

static void walk_time(wefti_walk *walk, const weft_expr *e, int precedence)
{
    const wefti_hint hint = {.type = walk->render != NULL ? type_of(walk, e) : (uint8_t)WEFT_UNMAPPED};
    wefti_walk_operand(walk, e, precedence, &hint);
}

/* As a timestamp where it is a date. */
static void walk_as_timestamp(wefti_walk *walk, const weft_expr *e)
{
    const bool date = walk->render != NULL && type_of(walk, e) == WEFT_DATE;
    wefti_walk_sql(walk, date ? "CAST(" : "");
    walk_time(walk, e, WEFTI_PRECEDENCE_UNARY);
    wefti_walk_sql(walk, date ? " AS timestamptz)" : "");
}

static void walk_function(wefti_walk *walk, const weft_expr *expr, const char *function, const weft_expr *first,
                          const weft_expr *second)
{
    char unit[8];
    (void)snprintf(unit, sizeof unit, ", %d)", expr->alias);
    wefti_walk_sql(walk, function);
    walk_time(walk, first, WEFTI_PRECEDENCE_NONE);
    if (second != NULL) {
        wefti_walk_sql(walk, ", ");
        if (expr->op == WEFT_EXPR_DATE_ADD)
            wefti_walk_operand(walk, second, WEFTI_PRECEDENCE_NONE, &(const wefti_hint){.type = WEFT_INT64});
        else
            walk_time(walk, second, WEFTI_PRECEDENCE_NONE);
    }
    wefti_walk_sql(walk, unit);
}

static void walk_add(wefti_walk *walk, const weft_expr *expr, const weft_expr *e, const weft_expr *n)
{
    const bool date = walk->render != NULL && type_of(walk, e) == WEFT_DATE;
    wefti_walk_sql(walk, date ? "CAST(" : "(");
    walk_time(walk, e, WEFTI_PRECEDENCE_SUM);
    wefti_walk_sql(walk, " + ");
    wefti_walk_operand(walk, n, WEFTI_PRECEDENCE_UNARY, &(const wefti_hint){.type = WEFT_INT64});
    wefti_walk_sql(walk, " * interval '");
    wefti_walk_sql(walk, units[expr->alias].one);
    wefti_walk_sql(walk, date ? "' AS date)" : "')");
}

static void walk_trunc(wefti_walk *walk, const weft_expr *expr, const weft_expr *e)
{
    const bool date = walk->render != NULL && type_of(walk, e) == WEFT_DATE;
    wefti_walk_sql(walk, date ? "CAST(date_trunc('" : "date_trunc('");
    wefti_walk_sql(walk, units[expr->alias].word);
    wefti_walk_sql(walk, "', ");
    walk_time(walk, e, WEFTI_PRECEDENCE_NONE);
    wefti_walk_sql(walk, date ? ") AS date)" : ")");
}

/* The year of infinity is infinite, all else of it NULL. */
static void walk_part(wefti_walk *walk, const weft_expr *expr, const weft_expr *e)
{
    const bool year = expr->alias == WEFT_YEAR;
    wefti_walk_sql(walk, year ? "CAST(NULLIF(NULLIF(extract(" : "CAST(floor(extract(");
    wefti_walk_sql(walk, units[expr->alias].part);
    wefti_walk_sql(walk, " FROM ");
    if (expr->alias < WEFT_DAY)
        walk_as_timestamp(walk, e);
    else
        walk_time(walk, e, WEFTI_PRECEDENCE_UNARY);
    wefti_walk_sql(walk, year ? "), 'Infinity'), '-Infinity') AS bigint)" : ")) AS bigint)");
}

static void walk_age(wefti_walk *walk, const char *before, const weft_expr *later, const weft_expr *earlier)
{
    wefti_walk_sql(walk, before);
    walk_as_timestamp(walk, later);
    wefti_walk_sql(walk, ", ");
    walk_as_timestamp(walk, earlier);
    wefti_walk_sql(walk, ")");
}

static void walk_diff(wefti_walk *walk, const weft_expr *expr, const weft_expr *later, const weft_expr *earlier)
{
    char divisor[40];
    if (units[expr->alias].months == 0) {
        (void)snprintf(divisor, sizeof divisor, ")) / %d) AS bigint)", units[expr->alias].seconds);
        wefti_walk_sql(walk, "CAST(trunc(extract(epoch FROM (");
        walk_as_timestamp(walk, later);
        wefti_walk_sql(walk, " - ");
        walk_as_timestamp(walk, earlier);
        wefti_walk_sql(walk, divisor);
        return;
    }
    /* Where ages may be infinite (PostgreSQL 17), their years are, and their months are NULL. Before, the age of infinity is that
     * of a far day, but nothing is subtracted from it. */
    (void)snprintf(divisor, sizeof divisor, "))) / %d) AS bigint)", units[expr->alias].months);
    walk_age(walk, "CAST(trunc((extract(year FROM age(", later, earlier);
    walk_age(walk, ") * 12 + coalesce(extract(month FROM age(", later, earlier);
    wefti_walk_sql(walk, "), 0) + 0 * extract(epoch FROM (");
    walk_as_timestamp(walk, later);
    wefti_walk_sql(walk, " - ");
    walk_as_timestamp(walk, earlier);
    wefti_walk_sql(walk, divisor);
}

bool wefti_unit_adds(int unit) { return unit >= WEFT_SECOND && unit < WEFT_WEEKDAY; }

/* Their number is a double first, for an infinite one is out of the range of integers then. Step number k is the first and k times
 * n units, so that no step inherits the shorter month of the one before. */
void wefti_walk_date_steps(wefti_walk *walk, int unit)
{
    char text[200];
    wefti_walk_sql(walk, ") AS b CROSS JOIN LATERAL generate_series(0, CAST(trunc(CAST(");
    if (units[unit].months == 0) {
        (void)snprintf(text, sizeof text, "extract(epoch FROM (b.z - b.a)) / (b.n * %d)", units[unit].seconds);
    } else {
        /* The year of infinity is infinite; its month is NULL. */
        wefti_walk_sql(walk, "((extract(year FROM b.z) - extract(year FROM b.a)) * 12 + coalesce(extract(month FROM b.z) - ");
        (void)snprintf(text, sizeof text, "extract(month FROM b.a), 0)) / (b.n * %d)", units[unit].months);
    }
    wefti_walk_sql(walk, text);
    (void)snprintf(
        text, sizeof text,
        " AS double precision)) AS bigint)) AS f(k) CROSS JOIN LATERAL (SELECT b.a + f.k * b.n * interval '%s' AS v) AS v ",
        units[unit].one);
    wefti_walk_sql(walk, text);
    wefti_walk_sql(walk, "WHERE CASE WHEN b.n > 0 THEN v.v <= b.z ELSE v.v >= b.z END)");
}

void wefti_walk_date(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_date_sql *sql = &walk->dialect->dates;
    const bool two = expr->op == WEFT_EXPR_DATE_ADD || expr->op == WEFT_EXPR_DATE_DIFF;
    const weft_expr *first = wefti_walk_argument(walk, expr, 0), *second = two ? wefti_walk_argument(walk, expr, 1) : NULL;
    wefti_walk_no_more(walk, expr, two ? 2 : 1);
    if (walk->status != WEFT_OK || !check(walk, expr, first, second))
        return;
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op | (uint64_t)(unsigned)expr->alias << 16);
    const char *function = expr->op == WEFT_EXPR_DATE_ADD     ? sql->add_function
                           : expr->op == WEFT_EXPR_DATE_TRUNC ? sql->trunc_function
                           : expr->op == WEFT_EXPR_DATE_PART  ? sql->part_function
                                                              : sql->diff_function;
    if (function != NULL)
        walk_function(walk, expr, function, first, second);
    else if (expr->op == WEFT_EXPR_DATE_ADD)
        walk_add(walk, expr, first, second);
    else if (expr->op == WEFT_EXPR_DATE_TRUNC)
        walk_trunc(walk, expr, first);
    else if (expr->op == WEFT_EXPR_DATE_PART)
        walk_part(walk, expr, first);
    else
        walk_diff(walk, expr, first, second);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}
