/* Decimals where the database has no such type: they are texts there, and what computes or orders them goes through the functions
 * and the collation that the dialect names. An expression is a decimal by PostgreSQL's rules: a decimal beside integers makes
 * decimals, beside floating-point numbers it becomes one of them. Every expression found to be a decimal here is written so that
 * it gives a text; integers beside it are converted first. */
#include "sql/walk_expr.h"

/* ---- operands ---- */

void wefti_walk_decimal(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint, bool collated)
{
    const wefti_decimal_sql *sql = walk->dialect->decimals;
    wefti_hint decimal = hint != NULL ? *hint : (wefti_hint){0};
    if (decimal.type != WEFT_DECIMAL)
        decimal = (wefti_hint){.type = WEFT_DECIMAL};
    const weft_expr *bare = wefti_expr_bare(expr);
    bool is_value =
        bare->op == WEFT_EXPR_VALUE &&
        (bare->value.type == WEFT_TEXT || (unsigned)bare->value.type == WEFT_UNMAPPED || bare->value.type == WEFT_DECIMAL ||
         wefti_type_is_integer((uint8_t)bare->value.type) || (int)bare->value.type == WEFTI_BEYOND_INT64);
    bool is_text = is_value || wefti_walk_is_decimal(walk, expr);
    wefti_walk_sql(walk, is_text ? "" : sql->convert);
    wefti_walk_operand(walk, expr, is_text ? WEFTI_PRECEDENCE_UNARY : WEFTI_PRECEDENCE_NONE, is_value ? &decimal : NULL);
    wefti_walk_sql(walk, is_text ? "" : ")");
    wefti_walk_sql(walk, collated ? sql->collation : "");
}

/* A floating-point number: decimals beside one are converted. */
void wefti_walk_real(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    bool decimal = wefti_walk_is_decimal(walk, expr);
    wefti_walk_sql(walk, decimal ? walk->dialect->decimals->real : "");
    wefti_walk_operand(walk, expr, decimal ? WEFTI_PRECEDENCE_NONE : precedence, decimal ? NULL : hint);
    wefti_walk_sql(walk, decimal ? ")" : "");
}

void wefti_walk_as_real(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint, uint8_t to)
{
    const bool value = wefti_expr_bare(expr)->op == WEFT_EXPR_VALUE;
    const uint8_t number = !value ? wefti_number_of(walk, expr) : (uint8_t)WEFT_UNMAPPED;
    const wefti_hint own = {.type = to}; /* an integer is bound as what it becomes */
    const bool narrow = to == WEFT_FLOAT && number != WEFT_UNMAPPED && number != WEFT_FLOAT;
    const bool converts = narrow || wefti_number_is_whole(number);
    wefti_walk_sql(walk, narrow ? "weft_real(" : converts ? "CAST(" : "");
    wefti_walk_real(walk, expr, converts ? WEFTI_PRECEDENCE_NONE : precedence, hint == NULL && value ? &own : hint);
    wefti_walk_sql(walk, narrow ? ", 32)" : converts ? " AS REAL)" : "");
}

/* Whether a number of 64 bits stands beside a floating-point number, to which PostgreSQL converts it: not each has one. */
static bool rounds_whole(uint8_t a, uint8_t b)
{
    return (a == WEFT_INT64 && wefti_type_is_real(b)) || (b == WEFT_INT64 && wefti_type_is_real(a));
}

bool wefti_walk_compares_real(const wefti_walk *walk, uint8_t a, uint8_t b)
{
    return walk->dialect->decimals != NULL && wefti_number_combine(a, b) == WEFT_DOUBLE &&
           (rounds_whole(a, b) || a == WEFT_DECIMAL || b == WEFT_DECIMAL);
}

/* ---- operators ---- */

static const wefti_column *column_of(wefti_walk *walk, const weft_expr *expr)
{
    if (expr->op != WEFT_EXPR_COLUMN && expr->op != WEFT_EXPR_EXCLUDED)
        return NULL;
    const wefti_column *column = wefti_walk_infer(walk, expr).column;
    return column != NULL && !wefti_table_is_derived(column->table) ? column : NULL;
}

bool wefti_walk_is_spelt(wefti_walk *walk, const weft_expr *expr)
{
    return wefti_walk_is_decimal(walk, expr) && column_of(walk, expr) != NULL;
}

bool wefti_column_spelt_alike(const wefti_column *a, const wefti_column *b)
{
    a = wefti_column_spelling(a);
    b = wefti_column_spelling(b);
    return a->type != WEFT_DECIMAL || b->type != WEFT_DECIMAL ||
           ((a->precision > 0) == (b->precision > 0) && (a->precision == 0 || a->scale == b->scale));
}

/* Whether equal values have the same text on both sides: a column of decimals beside a value, which is spelt as the column's are,
 * or beside another that is spelt alike. An integer's text has no places, whatever the decimal beside it has. */
static bool same_texts(wefti_walk *walk, const weft_expr *left, const weft_expr *right)
{
    left = wefti_expr_bare(left);
    right = wefti_expr_bare(right);
    const wefti_column *a = column_of(walk, left), *b = column_of(walk, right);
    const bool a_spells = a != NULL && a->type == WEFT_DECIMAL, b_spells = b != NULL && b->type == WEFT_DECIMAL;
    if (a_spells && b_spells)
        return wefti_column_spelt_alike(a, b);
    return (a_spells && right->op == WEFT_EXPR_VALUE) || (b_spells && left->op == WEFT_EXPR_VALUE);
}

static bool is_equality(const char *name)
{
    static const char *const names[] = {"=", "==", "<>", "!=", "IS", "IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", NULL};
    return wefti_is_named(name, names);
}

/* Of an integer, whose width the result has. */
static bool walk_shift(wefti_walk *walk, const weft_expr *expr, uint8_t number)
{
    if (!wefti_number_is_whole(number))
        return false;
    wefti_walk_sql(walk, wefti_number_function(walk->dialect->decimals->integer_operators, expr->name));
    wefti_walk_operand(walk, expr->args[0], WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, ", ");
    wefti_walk_operand(walk, expr->args[1], WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_bits(walk, number);
    wefti_walk_sql(walk, ")");
    return true;
}

bool wefti_walk_decimal_op(wefti_walk *walk, const weft_expr *expr, bool compares)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    if (sql == NULL)
        return false;
    const weft_expr *left = expr->args[0], *right = expr->args[1];
    const char *function = wefti_number_function(sql->operators, expr->name);
    uint8_t a = wefti_number_beside(walk, left, right), b = wefti_number_beside(walk, right, left);
    uint8_t number = wefti_number_combine(a, b);
    if (compares && wefti_walk_compares_real(walk, a, b)) {
        const wefti_hint left_hint = wefti_walk_infer(walk, right), right_hint = wefti_walk_infer(walk, left);
        wefti_walk_as_real(walk, left, WEFTI_PRECEDENCE_UNARY, wefti_type_is_real(left_hint.type) ? &left_hint : NULL, WEFT_DOUBLE);
        wefti_walk_sql(walk, " ");
        wefti_walk_sql(walk, expr->name);
        wefti_walk_sql(walk, " ");
        wefti_walk_as_real(walk, right, WEFTI_PRECEDENCE_UNARY, wefti_type_is_real(right_hint.type) ? &right_hint : NULL,
                           WEFT_DOUBLE);
        return true;
    }
    if (wefti_walk_rule(expr->name) == WEFTI_RULE_SHIFT)
        return walk_shift(walk, expr, wefti_number_of(walk, left));
    if ((function == NULL && !compares) || (a != WEFT_DECIMAL && b != WEFT_DECIMAL))
        return function != NULL && wefti_walk_arithmetic(walk, expr, a, b);
    if (number == WEFT_DOUBLE)
        return wefti_walk_arithmetic(walk, expr, a, b);
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

uint8_t wefti_walk_decimal_between(wefti_walk *walk, const weft_expr *const parts[3])
{
    if (walk->render == NULL || walk->dialect->decimals == NULL)
        return WEFT_UNMAPPED;
    uint8_t numbers[3], all;
    for (int i = 0; i < 3; i++)
        numbers[i] = wefti_number_of(walk, parts[i]);
    all = wefti_number_combine(wefti_number_combine(numbers[0], numbers[1]), numbers[2]);
    const bool rounds = rounds_whole(numbers[0], numbers[1]) || rounds_whole(numbers[0], numbers[2]);
    if (!rounds && numbers[0] != WEFT_DECIMAL && numbers[1] != WEFT_DECIMAL && numbers[2] != WEFT_DECIMAL)
        return WEFT_UNMAPPED;
    return all == WEFT_DOUBLE ? (uint8_t)WEFT_DOUBLE : (uint8_t)WEFT_DECIMAL;
}

/* ---- functions, CAST, CASE ---- */

/* Any argument that is a decimal: what is no function of decimals would read its text as a binary number. */
static bool has_decimal(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *const *list = expr->args;
    for (size_t i = 0; !wefti_list_ends(list, i); i++)
        if (wefti_walk_is_decimal(walk, list[i]))
            return true;
    return false;
}

/* One of the arguments, of which some are decimals or integers and others floating-point numbers: all are these. */
static bool walk_real_choice(wefti_walk *walk, const weft_expr *expr)
{
    static const char *const choosing[] = {"coalesce", "ifnull", "nullif", NULL};
    const weft_expr *argument;
    const uint8_t number = wefti_number_of(walk, expr);
    const bool stands_in = wefti_picks_row(expr->name) && wefti_expr_argument(expr, 2) != NULL;
    if (!wefti_type_is_real(number) || (!stands_in && !wefti_is_named(expr->name, choosing)))
        return false;
    const uint8_t to = wefti_ascii_equal(expr->name, "nullif") ? (uint8_t)WEFT_DOUBLE : number;
    const wefti_hint hint = {.type = number};
    wefti_walk_sql(walk, expr->name);
    wefti_walk_sql(walk, "(");
    for (size_t i = 0; (argument = wefti_walk_next(walk, expr->args, i, "weft_fn")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        if (stands_in && i == 1)
            wefti_walk_operand(walk, argument, WEFTI_PRECEDENCE_NONE, NULL);
        else
            wefti_walk_as_real(walk, argument, WEFTI_PRECEDENCE_NONE, &hint, to);
    }
    wefti_walk_sql(walk, ")");
    return true;
}

bool wefti_walk_decimal_fn(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    if (sql == NULL)
        return false;
    if (!has_decimal(walk, expr) && !wefti_walk_is_decimal(walk, expr))
        return walk_real_choice(walk, expr) || wefti_walk_number_fn(walk, expr);
    if (has_decimal(walk, expr) && wefti_is_named(expr->name, sql->missing)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%.40s of a decimal would be computed in binary floating point on this database; "
                              "cast it to a double where that is meant",
                              expr->name);
        return true;
    }
    if (!wefti_walk_is_decimal(walk, expr))
        return walk_real_choice(walk, expr);
    const char *function = wefti_number_function(sql->functions, expr->name);
    static const char *const ordering[] = {"min", "max", "nullif", NULL};
    bool collated = wefti_is_named(expr->name, ordering);
    wefti_walk_sql(walk, function != NULL ? function : expr->name);
    wefti_walk_sql(walk, function != NULL ? "" : "(");
    const weft_expr *argument;
    for (size_t i = 0; (argument = wefti_walk_next(walk, expr->args, i, "weft_fn")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        bool as_written = (i > 0 && wefti_takes_places(expr->name)) || (i == 1 && wefti_picks_row(expr->name)) ||
                          argument->op == WEFT_EXPR_DISTINCT ||
                          (function != NULL && wefti_number_is_whole(wefti_number_of(walk, argument)));
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
    uint8_t to = wefti_number_class(type);
    if (sql == NULL || to == WEFT_UNMAPPED)
        return false;
    const bool decimal = wefti_walk_is_decimal(walk, inner);
    const bool digits = to == WEFT_DECIMAL && wefti_number_of(walk, inner) == WEFT_FLOAT;
    if (to != WEFT_DECIMAL)
        wefti_walk_sql(walk, wefti_number_is_whole(to) ? "weft_integer(" : "weft_real(");
    if (to == WEFT_DECIMAL || decimal)
        wefti_walk_sql(walk, to == WEFT_DECIMAL ? sql->convert : wefti_number_is_whole(to) ? sql->integer : sql->real);
    wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, to != WEFT_DECIMAL && decimal ? ")" : digits ? ", 6" : "");
    if (to != WEFT_DECIMAL)
        wefti_walk_bits(walk, to);
    wefti_walk_sql(walk, ")");
    return true;
}
