/* How many arguments functions take that weft knows, and where they count: PostgreSQL's are integers of 32 bits there, where SQLite
 * takes any number. */
#include "sql/walk_expr.h"

typedef struct arity {
    const char *name;
    uint8_t least, most;
    uint8_t counts; /* bits: arguments that are integers of 32 bits */
} arity;

static const arity arities[] = {
    {"sum", 1, 1, 0},        {"avg", 1, 1, 0},    {"bool_and", 1, 1, 0},   {"bool_or", 1, 1, 0},      {"every", 1, 1, 0},
    {"string_agg", 2, 2, 0}, {"abs", 1, 1, 0},    {"round", 1, 2, 2},      {"trunc", 1, 2, 2},        {"ceil", 1, 1, 0},
    {"ceiling", 1, 1, 0},    {"floor", 1, 1, 0},  {"sign", 1, 1, 0},       {"mod", 2, 2, 0},          {"div", 2, 2, 0},
    {"sqrt", 1, 1, 0},       {"exp", 1, 1, 0},    {"ln", 1, 1, 0},         {"log", 1, 2, 0},          {"power", 2, 2, 0},
    {"lower", 1, 1, 0},      {"upper", 1, 1, 0},  {"trim", 1, 2, 0},       {"ltrim", 1, 2, 0},        {"rtrim", 1, 2, 0},
    {"replace", 3, 3, 0},    {"substr", 2, 3, 6}, {"length", 1, 1, 0},     {"strpos", 2, 2, 0},       {"ifnull", 2, 2, 0},
    {"row_number", 0, 0, 0}, {"rank", 0, 0, 0},   {"dense_rank", 0, 0, 0}, {"percent_rank", 0, 0, 0}, {"cume_dist", 0, 0, 0},
    {"ntile", 1, 1, 1},      {"lag", 1, 3, 2},    {"lead", 1, 3, 2},       {"first_value", 1, 1, 0},  {"last_value", 1, 1, 0},
    {"nth_value", 2, 2, 2},
};

static const arity *arity_of(const weft_expr *expr)
{
    for (size_t i = 0; expr->name != NULL && i < sizeof arities / sizeof arities[0]; i++)
        if (wefti_ascii_equal(wefti_function_name(expr->name), arities[i].name))
            return &arities[i];
    return NULL;
}

static void refuse_count(wefti_walk *walk, const weft_expr *expr, const arity *known)
{
    static const char *const words[] = {"no", "one", "two", "three"};
    const bool several = known->most > known->least;
    (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_fn: %s takes %s%s%s argument%s", expr->name, words[known->least],
                          several ? " to " : "", several ? words[known->most] : "", known->most == 1 ? "" : "s");
}

static bool is_wide(uint8_t number) { return number == WEFT_INT64 || number == WEFT_UINT32; }

static void check_count(wefti_walk *walk, const weft_expr *expr, size_t at)
{
    const weft_expr *argument = expr->args[at], *bare = wefti_expr_bare(argument);
    const uint8_t number = wefti_walk_number_kind(walk, argument);
    const bool constant = bare->op == WEFT_EXPR_VALUE && bare->value.from_ == 0 && !bare->value.is_null;
    if (number != WEFT_UNMAPPED && !wefti_number_is_whole(number))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "argument %zu of %s is an integer, and was given a %s value; cast it", at + 1,
                              expr->name, wefti_type_of(number)->word);
    else if (constant && is_wide(number) && (bare->value.as.i < INT32_MIN || bare->value.as.i > INT32_MAX))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "argument %zu of %s does not fit 32 bits", at + 1, expr->name);
}

void wefti_walk_check_arguments(wefti_walk *walk, const weft_expr *expr)
{
    const arity *known = arity_of(expr);
    size_t count = 0;
    if (walk->render == NULL || known == NULL || walk->status != WEFT_OK)
        return;
    while (!wefti_list_ends(expr->args, count))
        count++;
    if (count < known->least || count > known->most) {
        refuse_count(walk, expr, known);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if ((known->counts >> i & 1) != 0)
            check_count(walk, expr, i);
    if (wefti_ascii_equal(wefti_function_name(expr->name), "mod") && wefti_type_is_real(wefti_walk_number_kind(walk, expr)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "mod takes integers and decimals: cast the floating-point number");
    if (wefti_ascii_equal(wefti_function_name(expr->name), "string_agg") &&
        wefti_walk_number_kind(walk, expr->args[1]) != WEFT_UNMAPPED)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "string_agg puts a text between the values, and was given a number");
}

void wefti_walk_narrow(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    const weft_expr *bare = wefti_expr_bare(expr);
    const bool constant = bare->op == WEFT_EXPR_VALUE && bare->value.from_ == 0;
    const bool wide =
        walk->render != NULL && walk->dialect->decimals == NULL && !constant && is_wide(wefti_walk_number_kind(walk, expr));
    wefti_walk_sql(walk, wide ? "CAST(" : "");
    wefti_walk_operand(walk, expr, wide ? WEFTI_PRECEDENCE_NONE : precedence, hint);
    wefti_walk_sql(walk, wide ? " AS integer)" : "");
}

bool wefti_walk_counts(const weft_expr *expr, size_t at)
{
    const arity *known = arity_of(expr);
    return known != NULL && at < 8 && (known->counts >> at & 1) != 0;
}
