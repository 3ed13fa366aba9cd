/* Decimals where the database has no such type: they are texts there, and what computes or orders them goes through the functions
 * and the collation that the dialect names. An expression is a decimal by PostgreSQL's rules: a decimal beside integers makes
 * decimals, beside floating-point numbers it becomes one of them. Every expression found to be a decimal here is written so that
 * it gives a text; integers beside it are converted first. */
#include "sql/walk_expr.h"


static const char *function_of(const wefti_decimal_name *names, const char *name)
{
    for (; name != NULL && names->name != NULL; names++)
        if (wefti_ascii_equal(names->name, name))
            return names->function;
    return NULL;
}

static bool is_named(const char *name, const char *const *names)
{
    while (name != NULL && *names != NULL && !wefti_ascii_equal(name, *names))
        names++;
    return name != NULL && *names != NULL;
}

/* Those whose result has the type of their arguments. */
static bool keeps_type(const char *name)
{
    static const char *const names[] = {"sum", "avg", "abs", "round", "trunc", "ceil", "ceiling", "floor", "sign", "mod", "div",
                                        "min", "max", "coalesce", "ifnull", "nullif", NULL};
    return is_named(name, names);
}

static bool takes_places(const char *name)
{
    return wefti_ascii_equal(name, "round") || wefti_ascii_equal(name, "trunc");
}

static uint8_t number_class(unsigned type)
{
    type &= WEFT_OPT - 1u;
    if (type == WEFT_DECIMAL)
        return WEFT_DECIMAL;
    if (type == WEFT_FLOAT || type == WEFT_DOUBLE)
        return WEFT_DOUBLE;
    return wefti_type_is_integer((uint8_t)type) || type == WEFTI_BEYOND_INT64 ? WEFT_INT64 : WEFT_UNMAPPED;
}

/* What two numbers beside each other become. */
static uint8_t combine(uint8_t a, uint8_t b)
{
    if (a == WEFT_DOUBLE || b == WEFT_DOUBLE)
        return WEFT_DOUBLE;
    if (a == WEFT_DECIMAL || b == WEFT_DECIMAL)
        return WEFT_DECIMAL;
    return a == b ? a : (uint8_t)WEFT_UNMAPPED;
}

static uint8_t number_of(wefti_walk *walk, const weft_expr *expr, int depth);

/* Of every step-th node from the first on, the last one of an odd list of CASE included. */
static uint8_t number_of_list(wefti_walk *walk, const weft_expr *const *list, bool of_case, bool only_first, int depth)
{
    uint8_t result = WEFT_UNMAPPED;
    bool any = false;
    for (size_t i = 0; list != NULL && i < WEFTI_MAX_LIST_NODES && list[i] != NULL && list[i]->op != WEFT_EXPR_END; i++) {
        bool is_when = of_case && i % 2 == 0 && list[i + 1] != NULL && list[i + 1]->op != WEFT_EXPR_END;
        if (is_when || (only_first && i > 0))
            continue;
        uint8_t number = number_of(walk, list[i], depth + 1);
        result = any ? combine(result, number) : number;
        any = true;
    }
    return result;
}

static bool is_arithmetic(const wefti_walk *walk, const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_OP && function_of(walk->dialect->decimals->operators, expr->name) != NULL;
}

static uint8_t number_of(wefti_walk *walk, const weft_expr *expr, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH || expr == NULL)
        return WEFT_UNMAPPED;
    switch (expr->op) {
    case WEFT_EXPR_COLUMN:
    case WEFT_EXPR_EXCLUDED: return number_class(wefti_walk_infer(walk, expr).type);
    case WEFT_EXPR_VALUE: return expr->value.is_null ? (uint8_t)WEFT_UNMAPPED : number_class(expr->value.type);
    case WEFT_EXPR_CAST: return number_class(expr->value.type);
    case WEFT_EXPR_LABEL:
    case WEFT_EXPR_LITERAL:
    case WEFT_EXPR_DISTINCT: return number_of_list(walk, expr->args, false, true, depth);
    case WEFT_EXPR_CASE: return number_of_list(walk, expr->args, true, false, depth);
    case WEFT_EXPR_OP: return is_arithmetic(walk, expr) ? number_of_list(walk, expr->args, false, false, depth) : WEFT_UNMAPPED;
    case WEFT_EXPR_FN:
        if (expr->name != NULL && keeps_type(expr->name))
            return number_of_list(walk, expr->args, false, takes_places(expr->name), depth);
        return expr->name != NULL && wefti_ascii_equal(expr->name, "count") ? WEFT_INT64 : WEFT_UNMAPPED;
    default: return WEFT_UNMAPPED;
    }
}

bool wefti_walk_is_decimal(wefti_walk *walk, const weft_expr *expr)
{
    return walk->render != NULL && walk->dialect->decimals != NULL && number_of(walk, expr, 0) == WEFT_DECIMAL;
}

/* ---- operands ---- */

void wefti_walk_decimal(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint, bool collated)
{
    const wefti_decimal_sql *sql = walk->dialect->decimals;
    wefti_hint decimal = hint != NULL ? *hint : (wefti_hint){0};
    if (decimal.type != WEFT_DECIMAL)
        decimal = (wefti_hint){.type = WEFT_DECIMAL};
    const weft_expr *bare = wefti_expr_bare(expr);
    bool is_null = bare->op == WEFT_EXPR_VALUE && bare->value.is_null;
    bool is_value = bare->op == WEFT_EXPR_VALUE && (bare->value.type == WEFT_TEXT || is_null ||
        number_class(bare->value.type) == WEFT_DECIMAL || number_class(bare->value.type) == WEFT_INT64);
    bool is_text = is_value || wefti_walk_is_decimal(walk, expr);
    wefti_walk_sql(walk, is_text ? "" : sql->convert);
    wefti_walk_operand(walk, expr, is_text ? WEFTI_PRECEDENCE_UNARY : WEFTI_PRECEDENCE_NONE, is_value ? &decimal : NULL);
    wefti_walk_sql(walk, is_text ? "" : ")");
    wefti_walk_sql(walk, collated ? sql->collation : "");
}

/* A floating-point number: decimals beside one are converted. */
static void walk_real(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    bool decimal = wefti_walk_is_decimal(walk, expr);
    wefti_walk_sql(walk, decimal ? walk->dialect->decimals->real : "");
    wefti_walk_operand(walk, expr, decimal ? WEFTI_PRECEDENCE_NONE : precedence, decimal ? NULL : hint);
    wefti_walk_sql(walk, decimal ? ")" : "");
}

/* ---- operators ---- */

static const wefti_column *column_of(wefti_walk *walk, const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_COLUMN || expr->op == WEFT_EXPR_EXCLUDED ? wefti_walk_infer(walk, expr).column : NULL;
}

bool wefti_column_spelt_alike(const wefti_column *a, const wefti_column *b)
{
    a = wefti_column_spelling(a);
    b = wefti_column_spelling(b);
    return a->type != WEFT_DECIMAL || b->type != WEFT_DECIMAL ||
        ((a->precision > 0) == (b->precision > 0) && (a->precision == 0 || a->scale == b->scale));
}

/* Whether equal values have the same text on both sides: a column beside a value, which is spelt as the column's are, or beside a
 * column that is spelt alike. */
static bool same_texts(wefti_walk *walk, const weft_expr *left, const weft_expr *right)
{
    left = wefti_expr_bare(left);
    right = wefti_expr_bare(right);
    const wefti_column *a = column_of(walk, left), *b = column_of(walk, right);
    if (a != NULL && b != NULL)
        return wefti_column_spelt_alike(a, b);
    return (a != NULL && right->op == WEFT_EXPR_VALUE) || (b != NULL && left->op == WEFT_EXPR_VALUE);
}

static bool is_equality(const char *name)
{
    static const char *const names[] = {"=", "==", "<>", "!=", "IS", "IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", NULL};
    return is_named(name, names);
}

bool wefti_walk_decimal_op(wefti_walk *walk, const weft_expr *expr, bool compares)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    if (sql == NULL)
        return false;
    const weft_expr *left = expr->args[0], *right = expr->args[1];
    const char *function = function_of(sql->operators, expr->name);
    uint8_t a = number_of(walk, left, 0), b = number_of(walk, right, 0), number = combine(a, b);
    if ((function == NULL && !compares) || (a != WEFT_DECIMAL && b != WEFT_DECIMAL))
        return false;
    if (number == WEFT_DOUBLE) {
        walk_real(walk, left, WEFTI_PRECEDENCE_UNARY, NULL);
        wefti_walk_sql(walk, " ");
        wefti_walk_sql(walk, expr->name);
        wefti_walk_sql(walk, " ");
        walk_real(walk, right, WEFTI_PRECEDENCE_UNARY, NULL);
        return true;
    }
    if (function != NULL) {
        wefti_walk_sql(walk, function);
        wefti_walk_decimal(walk, left, NULL, false);
        wefti_walk_sql(walk, ", ");
        wefti_walk_decimal(walk, right, NULL, false);
        wefti_walk_sql(walk, ")");
        return true;
    }
    wefti_hint of_left = wefti_walk_infer(walk, left), of_right = wefti_walk_infer(walk, right);
    bool plain = is_equality(expr->name) && same_texts(walk, left, right);
    wefti_walk_decimal(walk, left, &of_right, !plain);
    wefti_walk_sql(walk, " ");
    wefti_walk_sql(walk, expr->name);
    wefti_walk_sql(walk, " ");
    wefti_walk_decimal(walk, right, &of_left, false);
    return true;
}

bool wefti_walk_decimal_between(wefti_walk *walk, const weft_expr *const parts[3])
{
    if (walk->render == NULL || walk->dialect->decimals == NULL)
        return false;
    uint8_t numbers[3], all;
    for (int i = 0; i < 3; i++)
        numbers[i] = number_of(walk, parts[i], 0);
    all = combine(combine(numbers[0], numbers[1]), numbers[2]);
    if (numbers[0] != WEFT_DECIMAL && numbers[1] != WEFT_DECIMAL && numbers[2] != WEFT_DECIMAL)
        return false;
    for (int i = 0; i < 3; i++) {
        wefti_walk_sql(walk, i == 0 ? "" : i == 1 ? " BETWEEN " : " AND ");
        if (all == WEFT_DOUBLE)
            walk_real(walk, parts[i], WEFTI_PRECEDENCE_OTHER, NULL);
        else
            wefti_walk_decimal(walk, parts[i], NULL, i == 0);
    }
    return true;
}

/* ---- functions, CAST, CASE ---- */

/* Any argument that is a decimal: what is no function of decimals would read its text as a binary number. */
static bool has_decimal(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *const *list = expr->args;
    for (size_t i = 0; list != NULL && i < WEFTI_MAX_LIST_NODES && list[i] != NULL && list[i]->op != WEFT_EXPR_END; i++)
        if (wefti_walk_is_decimal(walk, list[i]))
            return true;
    return false;
}

bool wefti_walk_decimal_fn(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    if (sql == NULL || !has_decimal(walk, expr))
        return false;
    if (is_named(expr->name, sql->missing)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%.40s of a decimal would be computed in binary floating point on this database; "
                              "cast it to a double where that is meant", expr->name);
        return true;
    }
    if (!wefti_walk_is_decimal(walk, expr))
        return false;
    const char *function = function_of(sql->functions, expr->name);
    static const char *const ordering[] = {"min", "max", "nullif", NULL};
    bool collated = is_named(expr->name, ordering);
    wefti_walk_sql(walk, function != NULL ? function : expr->name);
    wefti_walk_sql(walk, function != NULL ? "" : "(");
    const weft_expr *argument;
    for (size_t i = 0; (argument = wefti_walk_next(walk, expr->args, i, "weft_fn")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        bool as_written = (i > 0 && takes_places(expr->name)) || argument->op == WEFT_EXPR_DISTINCT;
        if (as_written)
            wefti_walk_operand(walk, argument, WEFTI_PRECEDENCE_NONE, NULL);
        else
            wefti_walk_decimal(walk, argument, NULL, collated && i == 0);
    }
    wefti_walk_sql(walk, ")");
    return true;
}

bool wefti_walk_decimal_cast(wefti_walk *walk, const weft_expr *inner, unsigned type)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    uint8_t to = number_class(type);
    if (sql == NULL || to == WEFT_UNMAPPED || (to != WEFT_DECIMAL && !wefti_walk_is_decimal(walk, inner)))
        return false;
    wefti_walk_sql(walk, to == WEFT_DECIMAL ? sql->convert : to == WEFT_DOUBLE ? sql->real : sql->integer);
    wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, ")");
    return true;
}
