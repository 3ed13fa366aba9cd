/* What numbers become in expressions, by PostgreSQL's rules, and how that is written where the database computes otherwise:
 * integers and floating-point numbers go through the driver's functions, which know how many bits the result has. An expression
 * whose type weft does not know stays as the program wrote it. */
#include "sql/walk_expr.h"

const char *wefti_number_function(const wefti_decimal_name *names, const char *name)
{
    for (; name != NULL && names->name != NULL; names++)
        if (wefti_ascii_equal(names->name, name))
            return names->function;
    return NULL;
}

bool wefti_is_named(const char *name, const char *const *names)
{
    while (name != NULL && *names != NULL && !wefti_ascii_equal(name, *names))
        names++;
    return name != NULL && *names != NULL;
}

bool wefti_is_choice(const char *name)
{
    static const char *const names[] = {"coalesce", "ifnull", "greatest", "least", NULL};
    return wefti_is_named(name, names);
}

bool wefti_picks_row(const char *name)
{
    static const char *const names[] = {"lag", "lead", "first_value", "last_value", "nth_value", NULL};
    return wefti_is_named(name, names);
}

/* A place among all as a share of them. */
static uint8_t share_number(const char *name)
{
    static const char *const names[] = {"percent_rank", "cume_dist", NULL};
    return wefti_is_named(name, names) ? (uint8_t)WEFT_DOUBLE : (uint8_t)WEFT_UNMAPPED;
}

uint8_t wefti_window_number(const char *name)
{
    static const char *const places[] = {"row_number", "rank", "dense_rank", NULL};
    static const char *const parts[] = {"ntile", NULL};
    return wefti_is_named(name, places)  ? (uint8_t)WEFT_INT64
           : wefti_is_named(name, parts) ? (uint8_t)WEFT_INT32
                                         : share_number(name);
}

bool wefti_takes_places(const char *name) { return wefti_ascii_equal(name, "round") || wefti_ascii_equal(name, "trunc"); }

uint8_t wefti_number_class(unsigned type)
{
    type &= WEFT_OPT - 1u;
    if (type == WEFT_UINT32 || type == WEFTI_BEYOND_INT64)
        return WEFT_INT64;
    bool number = type == WEFT_DECIMAL || type == WEFT_FLOAT || type == WEFT_DOUBLE || wefti_type_is_integer((uint8_t)type);
    return number ? (uint8_t)type : WEFT_UNMAPPED;
}

bool wefti_number_is_whole(uint8_t number) { return number == WEFT_INT16 || number == WEFT_INT32 || number == WEFT_INT64; }

uint8_t wefti_number_combine(uint8_t a, uint8_t b)
{
    if (a == b)
        return a;
    if (wefti_type_is_real(a) || wefti_type_is_real(b))
        return WEFT_DOUBLE;
    if (a == WEFT_DECIMAL || b == WEFT_DECIMAL)
        return WEFT_DECIMAL;
    if (a == WEFT_UNMAPPED || b == WEFT_UNMAPPED)
        return WEFT_UNMAPPED;
    return a > b ? a : b; /* wider integers have greater numbers */
}

/* What results that share a type become: floats stay floats beside all but doubles. */
uint8_t wefti_number_shared(uint8_t a, uint8_t b)
{
    if (a == WEFT_UNMAPPED || b == WEFT_UNMAPPED || a == WEFT_DOUBLE || b == WEFT_DOUBLE)
        return wefti_number_combine(a, b);
    return a == WEFT_FLOAT || b == WEFT_FLOAT ? (uint8_t)WEFT_FLOAT : wefti_number_combine(a, b);
}

static uint8_t number_of(wefti_walk *walk, const weft_expr *expr, int depth);

/* A value beside something else has its type where it fits; alone an integer is as small as it can be. */
static uint8_t number_of_value(const weft_value *value, uint8_t beside)
{
    uint8_t own = wefti_number_class(value->type);
    if (wefti_number_is_whole(own) && beside != WEFT_UNMAPPED)
        return beside;
    if (own == WEFT_DOUBLE && beside == WEFT_FLOAT)
        return WEFT_FLOAT;
    if (value->type == WEFT_INT64 && (value->is_null || (value->as.i >= INT32_MIN && value->as.i <= INT32_MAX)))
        return WEFT_INT32;
    return own;
}

static uint8_t number_beside(wefti_walk *walk, const weft_expr *expr, const weft_expr *other, int depth)
{
    const weft_expr *bare = wefti_expr_bare(expr);
    if (wefti_is_untyped_text(bare) && !wefti_is_untyped_text(other)) /* it is read as what stands beside it */
        return number_of(walk, other, depth);
    return bare->op == WEFT_EXPR_VALUE ? number_of_value(&bare->value, wefti_number_class(wefti_walk_infer_first(walk, other).type))
                                       : number_of(walk, expr, depth);
}

/* What both are together. One that is read as the other one is not asked what that is for a second time: trees are deep. */
static uint8_t number_of_pair(wefti_walk *walk, const weft_expr *a, const weft_expr *b, int depth)
{
    const bool a_reads = wefti_is_untyped_text(wefti_expr_bare(a)), b_reads = wefti_is_untyped_text(wefti_expr_bare(b));
    if (a_reads != b_reads && wefti_expr_bare(a_reads ? b : a)->op != WEFT_EXPR_VALUE)
        return number_of(walk, a_reads ? b : a, depth);
    return wefti_number_combine(number_beside(walk, a, b, depth), number_beside(walk, b, a, depth));
}

uint8_t wefti_number_beside(wefti_walk *walk, const weft_expr *expr, const weft_expr *other)
{
    return number_beside(walk, expr, other, 0);
}

/* Of the results of CASE or the arguments of a function; *first is that of the first, looked at once. */
static uint8_t number_of_both(wefti_walk *walk, const weft_expr *expr, bool only_first, int depth, uint8_t *first)
{
    const weft_expr *const *list = expr->args;
    uint8_t result = WEFT_UNMAPPED, shared = wefti_number_class(wefti_walk_infer_first(walk, expr).type);
    bool any = false, of_case = expr->op == WEFT_EXPR_CASE, shares = of_case || wefti_is_choice(expr->name);
    for (size_t i = 0; !wefti_list_ends(list, i); i++) {
        bool is_when = of_case && i % 2 == 0 && !wefti_list_ends(list, i + 1);
        if (is_when || (only_first && i > 0))
            continue;
        const weft_expr *bare = wefti_expr_bare(list[i]);
        if (shares && wefti_is_untyped_text(bare)) /* it is read as what the others are */
            continue;
        uint8_t number = bare->op == WEFT_EXPR_VALUE ? number_of_value(&bare->value, shared) : number_of(walk, list[i], depth + 1);
        *first = i == 0 ? number : *first;
        result = !any ? number : shares ? wefti_number_shared(result, number) : wefti_number_combine(result, number);
        any = true;
    }
    return result;
}

static uint8_t number_of_list(wefti_walk *walk, const weft_expr *expr, bool only_first, int depth)
{
    uint8_t first = WEFT_UNMAPPED;
    return number_of_both(walk, expr, only_first, depth, &first);
}

/* What stands in for a row that is not there shares the type. */
static uint8_t number_of_picked(wefti_walk *walk, const weft_expr *expr, int depth)
{
    const uint8_t first = number_of_list(walk, expr, true, depth);
    const weft_expr *other = wefti_expr_argument(expr, 2), *bare = other != NULL ? wefti_expr_bare(other) : NULL;
    if (bare == NULL || first == WEFT_UNMAPPED)
        return first;
    const uint8_t second = bare->op == WEFT_EXPR_VALUE ? number_of_value(&bare->value, first) : number_of(walk, other, depth + 1);
    return second != WEFT_UNMAPPED ? wefti_number_shared(first, second) : first;
}

/* sum and avg of integers are wider than they, and what rounds them gives floating-point numbers. */
static uint8_t number_of_function(wefti_walk *walk, const weft_expr *expr, int depth)
{
    static const char *const lengths[] = {"grouping", "length", "char_length", "octet_length", "bit_length", "strpos", NULL};
    static const char *const keeping[] = {"abs", "mod", "min", "max", "coalesce", "ifnull", "nullif", NULL};
    static const char *const rounding[] = {"round", "trunc", "ceil", "ceiling", "floor", "sign", NULL};
    static const char *const real[] = {"sqrt", "exp",   "ln",    "log",   "log10",   "power",   "pow",  "sin",
                                       "cos",  "tan",   "asin",  "acos",  "atan",    "atan2",   "sinh", "cosh",
                                       "tanh", "asinh", "acosh", "atanh", "degrees", "radians", "cbrt", NULL};
    if (expr->name == NULL)
        return WEFT_UNMAPPED;
    if (wefti_ascii_equal(expr->name, "count"))
        return WEFT_INT64;
    if (wefti_is_named(expr->name, lengths))
        return WEFT_INT32;
    if (wefti_picks_row(expr->name))
        return number_of_picked(walk, expr, depth);
    if (wefti_window_number(expr->name) != WEFT_UNMAPPED)
        return wefti_window_number(expr->name);
    bool sums = wefti_ascii_equal(expr->name, "sum"), averages = wefti_ascii_equal(expr->name, "avg");
    bool rounds = wefti_is_named(expr->name, rounding), divides = wefti_ascii_equal(expr->name, "div");
    if (wefti_is_named(expr->name, real)) {
        uint8_t of = number_of_list(walk, expr, false, depth);
        return of == WEFT_UNMAPPED || of == WEFT_DECIMAL ? of : (uint8_t)WEFT_DOUBLE;
    }
    if (!sums && !averages && !rounds && !divides && !wefti_is_named(expr->name, keeping))
        return WEFT_UNMAPPED;
    uint8_t first = WEFT_UNMAPPED, number = number_of_both(walk, expr, wefti_takes_places(expr->name), depth, &first);
    if (wefti_ascii_equal(expr->name, "nullif")) { /* one of the first's, unless = makes another of that */
        if ((number == WEFT_DOUBLE && first == WEFT_FLOAT) || (wefti_number_is_whole(number) && wefti_number_is_whole(first)))
            return first;
    }
    if (averages)
        return wefti_type_is_real(number) ? (uint8_t)WEFT_DOUBLE : number == WEFT_UNMAPPED ? number : (uint8_t)WEFT_DECIMAL;
    if (sums && wefti_number_is_whole(number))
        return number == WEFT_INT64 ? (uint8_t)WEFT_DECIMAL : (uint8_t)WEFT_INT64;
    if (rounds && number != WEFT_DECIMAL && number != WEFT_UNMAPPED) {
        const bool places = wefti_takes_places(expr->name) && wefti_expr_argument(expr, 1) != NULL;
        return places && wefti_number_is_whole(number) ? (uint8_t)WEFT_DECIMAL : (uint8_t)WEFT_DOUBLE;
    }
    return divides && wefti_number_is_whole(number) ? (uint8_t)WEFT_DECIMAL : number;
}

static uint8_t number_of(wefti_walk *walk, const weft_expr *expr, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH || expr == NULL)
        return WEFT_UNMAPPED;
    switch (expr->op) {
    case WEFT_EXPR_COLUMN:
    case WEFT_EXPR_EXCLUDED: return wefti_number_class(wefti_walk_infer_first(walk, expr).type);
    case WEFT_EXPR_VALUE: return number_of_value(&expr->value, WEFT_UNMAPPED);
    case WEFT_EXPR_PER_DATABASE: return number_of(walk, wefti_walk_of_database(walk, expr), depth + 1);
    case WEFT_EXPR_FRAGMENT:
    case WEFT_EXPR_CAST: return wefti_number_class(expr->value.type);
    case WEFT_EXPR_SCALAR: return number_of(walk, wefti_scalar_column(expr), depth + 1);
    case WEFTI_EXPR_STANDIN:
    case WEFT_EXPR_LABEL:
    case WEFT_EXPR_LITERAL:
    case WEFT_EXPR_FILTER:
    case WEFT_EXPR_ORDERED:
    case WEFT_EXPR_OVER:
    case WEFT_EXPR_DISTINCT:
        return expr->args != NULL && expr->args[0] != NULL ? number_of(walk, expr->args[0], depth + 1) : (uint8_t)WEFT_UNMAPPED;
    case WEFT_EXPR_WITHIN:
        if (wefti_within_value(expr) != NULL)
            return number_of(walk, wefti_within_value(expr), depth + 1);
        return wefti_number_class(wefti_walk_within_type(walk, expr).type);
    case WEFT_EXPR_CASE: return number_of_list(walk, expr, false, depth);
    case WEFT_EXPR_OP:
        if (expr->args == NULL || expr->args[0] == NULL || expr->args[1] == NULL)
            return WEFT_UNMAPPED;
        if (wefti_walk_rule(expr->name) == WEFTI_RULE_SHIFT)
            return number_of(walk, expr->args[0], depth + 1);
        if (wefti_walk_rule(expr->name) != WEFTI_RULE_COMPUTE && wefti_walk_rule(expr->name) != WEFTI_RULE_BITS)
            return WEFT_UNMAPPED;
        return number_of_pair(walk, expr->args[0], expr->args[1], depth + 1);
    case WEFT_EXPR_FN: return number_of_function(walk, expr, depth);
    case WEFT_EXPR_ARRAY_LENGTH:
    case WEFT_EXPR_ARRAY_ITEM: return wefti_number_class(wefti_array_node_type(walk, expr));
    case WEFT_EXPR_DATE_PART:
    case WEFT_EXPR_DATE_DIFF:
    case WEFT_EXPR_NEXT_VALUE: return WEFT_INT64;
    default: return WEFT_UNMAPPED;
    }
}

uint8_t wefti_number_of(wefti_walk *walk, const weft_expr *expr)
{
    return walk->render != NULL && walk->dialect->decimals != NULL ? number_of(walk, expr, 0) : (uint8_t)WEFT_UNMAPPED;
}

uint8_t wefti_walk_number_kind(wefti_walk *walk, const weft_expr *expr) { return number_of(walk, expr, 0); }

bool wefti_walk_is_float(wefti_walk *walk, const weft_expr *expr) { return wefti_number_of(walk, expr) == WEFT_FLOAT; }

bool wefti_walk_is_decimal(wefti_walk *walk, const weft_expr *expr) { return wefti_number_of(walk, expr) == WEFT_DECIMAL; }

/* ---- how it is written ---- */

void wefti_walk_bits(wefti_walk *walk, uint8_t number)
{
    wefti_walk_sql(walk, number == WEFT_INT16 ? ", 16" : number == WEFT_INT32 || number == WEFT_FLOAT ? ", 32" : ", 64");
}

bool wefti_walk_arithmetic(wefti_walk *walk, const weft_expr *expr, uint8_t a, uint8_t b)
{
    const wefti_decimal_sql *sql = walk->dialect->decimals;
    const weft_expr *left = expr->args[0], *right = expr->args[1];
    uint8_t number = wefti_number_combine(a, b);
    if (a == WEFT_UNMAPPED || b == WEFT_UNMAPPED || number == WEFT_DECIMAL)
        return false;
    const bool real = wefti_type_is_real(number);
    const char *function = wefti_number_function(real ? sql->real_operators : sql->integer_operators, expr->name);
    if (function == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "there is no %s of floating-point numbers; cast them", expr->name);
        return true;
    }
    wefti_hint left_hint = wefti_walk_infer(walk, right), right_hint = wefti_walk_infer(walk, left);
    wefti_walk_sql(walk, function);
    wefti_walk_real(walk, left, WEFTI_PRECEDENCE_NONE, &left_hint);
    wefti_walk_sql(walk, ", ");
    wefti_walk_real(walk, right, WEFTI_PRECEDENCE_NONE, &right_hint);
    wefti_walk_bits(walk, number);
    wefti_walk_sql(walk, ")");
    return true;
}

/* What sums numbers of 32 bits, or NULL. */
static const char *float_sum(const wefti_walk *walk, const weft_expr *expr, uint8_t number)
{
    return number == WEFT_FLOAT && wefti_ascii_equal(expr->name, "sum") ? walk->dialect->decimals->float_sum : NULL;
}

bool wefti_walk_number_fn(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *const *args = expr->args;
    if (args == NULL || args[0] == NULL || args[0]->op == WEFT_EXPR_END || args[1] == NULL)
        return false;
    bool one = args[1]->op == WEFT_EXPR_END, two = !one && args[2] != NULL && args[2]->op == WEFT_EXPR_END;
    uint8_t number = number_of_list(walk, expr, one, 0);
    const char *single = one ? float_sum(walk, expr, number) : NULL,
               *real = single != NULL ? single : wefti_number_function(walk->dialect->decimals->real_functions, expr->name);
    if (real != NULL && (one || two) && number != WEFT_UNMAPPED) {
        static const char *const of_two[] = {"power", "pow", "atan2", NULL};
        if (two != wefti_is_named(expr->name, of_two))
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s takes %s on this database%s", expr->name,
                                  two ? "one number" : "two numbers",
                                  two && wefti_ascii_equal(expr->name, "log") ? ": divide ln of the number by ln of the base" : "");
        wefti_walk_sql(walk, real);
        for (size_t i = 0; i < (two ? 2u : 1u); i++) {
            wefti_walk_sql(walk, i > 0 ? ", " : "");
            wefti_walk_operand(walk, args[i], WEFTI_PRECEDENCE_NONE, NULL);
        }
        wefti_walk_sql(walk, ")");
        return true;
    }
    static const char *const rounding[] = {"trunc", "ceil", "ceiling", "floor", "sign", NULL};
    if (one && number != WEFT_UNMAPPED && number != WEFT_DECIMAL && wefti_is_named(expr->name, rounding)) {
        wefti_walk_sql(walk, "CAST(");
        wefti_walk_sql(walk, expr->name);
        wefti_walk_sql(walk, "(");
        wefti_walk_as_real(walk, args[0], WEFTI_PRECEDENCE_NONE, NULL, WEFT_DOUBLE);
        wefti_walk_sql(walk, ") AS REAL)");
        return true;
    }
    bool abs = one && wefti_ascii_equal(expr->name, "abs") && wefti_number_is_whole(number);
    bool mod = two && wefti_ascii_equal(expr->name, "mod") && wefti_number_is_whole(number);
    bool round = one && wefti_ascii_equal(expr->name, "round") && (wefti_type_is_real(number) || wefti_number_is_whole(number));
    if (!abs && !mod && !round)
        return false;
    wefti_walk_sql(walk, abs ? "weft_integer_abs(" : mod ? "weft_integer_remainder(" : "weft_real_round(");
    for (size_t i = 0; i < (mod ? 2u : 1u); i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_operand(walk, args[i], WEFTI_PRECEDENCE_NONE, NULL);
    }
    if (!round)
        wefti_walk_bits(walk, number);
    wefti_walk_sql(walk, ")");
    return true;
}
