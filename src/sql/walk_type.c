/* Which types go together in operators, functions, casts, conditions and assignments, by PostgreSQL's rules and on every database,
 * so that what one of them refuses the other does not compute in its own way. What is wrong is told before anything is sent. What
 * weft does not know (functions of the program's, types that a model names by .sql_type) is left to the database.
 * Rendering only. */
#include "sql/walk_expr.h"

#include "base/error.h"

static const char *const family_words[] = {
    [WEFTI_FAMILY_OTHER] = "value",        [WEFTI_FAMILY_BOOL] = "boolean",        [WEFTI_FAMILY_NUMBER] = "number",
    [WEFTI_FAMILY_TEXT] = "text",          [WEFTI_FAMILY_UUID] = "UUID",           [WEFTI_FAMILY_MACADDR] = "hardware address",
    [WEFTI_FAMILY_BYTES] = "binary value", [WEFTI_FAMILY_JSON] = "JSON value",     [WEFTI_FAMILY_ARRAY] = "array",
    [WEFTI_FAMILY_DATE] = "date",          [WEFTI_FAMILY_TIMESTAMP] = "timestamp", [WEFTI_FAMILY_TIME] = "time",
    [WEFTI_FAMILY_INTERVAL] = "interval"};
/* With an article: A_FAMILY(family) are two arguments of a format. */
#define A_FAMILY(family) ((family) == WEFTI_FAMILY_INTERVAL || (family) == WEFTI_FAMILY_ARRAY ? "an" : "a"), family_words[(family)]

wefti_rule wefti_walk_rule(const char *name)
{
    static const struct {
        const char *name;
        uint8_t rule;
    } rules[] = {
        {"=", WEFTI_RULE_COMPARE},
        {"<>", WEFTI_RULE_COMPARE},
        {"!=", WEFTI_RULE_COMPARE},
        {"==", WEFTI_RULE_COMPARE},
        {"<", WEFTI_RULE_COMPARE},
        {"<=", WEFTI_RULE_COMPARE},
        {">", WEFTI_RULE_COMPARE},
        {">=", WEFTI_RULE_COMPARE},
        {"IS DISTINCT FROM", WEFTI_RULE_COMPARE},
        {"IS NOT DISTINCT FROM", WEFTI_RULE_COMPARE},
        {"IS", WEFTI_RULE_COMPARE},
        {"IS NOT", WEFTI_RULE_COMPARE},
        {"+", WEFTI_RULE_COMPUTE},
        {"-", WEFTI_RULE_COMPUTE},
        {"*", WEFTI_RULE_COMPUTE},
        {"/", WEFTI_RULE_COMPUTE},
        {"%", WEFTI_RULE_COMPUTE},
        {"||", WEFTI_RULE_JOIN},
        {"&", WEFTI_RULE_BITS},
        {"|", WEFTI_RULE_BITS},
        {"<<", WEFTI_RULE_SHIFT},
        {">>", WEFTI_RULE_SHIFT},
        {"LIKE", WEFTI_RULE_LIKE},
        {"NOT LIKE", WEFTI_RULE_LIKE},
        {"ILIKE", WEFTI_RULE_LIKE},
        {"NOT ILIKE", WEFTI_RULE_LIKE},
        {"SIMILAR TO", WEFTI_RULE_LIKE},
        {"NOT SIMILAR TO", WEFTI_RULE_LIKE},
        {"~", WEFTI_RULE_LIKE},
        {"~*", WEFTI_RULE_LIKE},
        {"!~", WEFTI_RULE_LIKE},
        {"!~*", WEFTI_RULE_LIKE},
        {"AND", WEFTI_RULE_LOGIC},
        {"OR", WEFTI_RULE_LOGIC},
        {"->", WEFTI_RULE_MEMBER},
        {"->>", WEFTI_RULE_MEMBER},
    };
    for (size_t i = 0; name != NULL && i < sizeof rules / sizeof rules[0]; i++)
        if (wefti_ascii_equal(name, rules[i].name))
            return rules[i].rule;
    return WEFTI_RULE_NONE;
}

/* ---- families ---- */

bool wefti_is_untyped_text(const weft_expr *expr)
{
    const weft_expr *bare = wefti_expr_bare(expr);
    return bare->op == WEFT_EXPR_VALUE &&
           ((unsigned)bare->value.type == WEFT_UNMAPPED || bare->value.type == WEFT_TEXT || bare->value.type == WEFT_CHARS);
}

/* A column of PostgreSQL's json, which has no equality. */
static bool is_json_text(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_column *column = wefti_walk_infer(walk, expr).column;
    return column != NULL && column->type == WEFT_JSON && column->sql_type != NULL && wefti_ascii_equal(column->sql_type, "json");
}

wefti_family wefti_family_of(const wefti_hint *hint)
{
    const bool named = hint->column != NULL && hint->column->sql_type != NULL;
    if (named && !(hint->type == WEFT_JSON && wefti_ascii_equal(hint->column->sql_type, "jsonb")))
        return WEFTI_FAMILY_OTHER;
    return (wefti_family)wefti_type_of(hint->type)->family;
}

uint8_t wefti_family_type(wefti_family family)
{
    uint8_t type = family == WEFTI_FAMILY_NUMBER ? WEFT_INT64 : 1;
    while (type < WEFT_TYPE_COUNT_ && wefti_type_of(type)->family != family)
        type++;
    return type < WEFT_TYPE_COUNT_ && family != WEFTI_FAMILY_OTHER ? type : (uint8_t)WEFT_UNMAPPED;
}

bool wefti_walk_open_cast(wefti_walk *walk, unsigned type)
{
    const wefti_family family = wefti_family_of(&(wefti_hint){.type = (uint8_t)type});
    if (family == WEFTI_FAMILY_OTHER || family == WEFTI_FAMILY_NUMBER || family == WEFTI_FAMILY_TEXT ||
        family == WEFTI_FAMILY_INTERVAL)
        return false;
    wefti_walk_sql(walk, walk->dialect->decimals->cast);
    wefti_walk_sql(walk, wefti_type_of(type)->name);
    wefti_walk_sql(walk, "(");
    return true;
}

bool wefti_walk_open_time(wefti_walk *walk, const weft_expr *expr, unsigned type)
{
    const char *function = walk->dialect->dates.time_function;
    const bool opens =
        walk->render != NULL && function != NULL && type == WEFT_TIME && wefti_walk_family(walk, expr) == WEFTI_FAMILY_TIMESTAMP;
    wefti_walk_sql(walk, opens ? function : "");
    return opens;
}

/* A text among constants takes the type of what stands beside it. A null is of the type that it would have if it were set, for a
 * statement is compiled once for both; one without a type takes any. */
static wefti_family operand_family(wefti_walk *walk, const weft_expr *expr)
{
    return wefti_is_untyped_text(expr) ? WEFTI_FAMILY_OTHER : wefti_walk_family(walk, expr);
}

/* A date and a timestamp, which go together as timestamps. */
static bool are_days(wefti_family a, wefti_family b)
{
    return (a == WEFTI_FAMILY_DATE && b == WEFTI_FAMILY_TIMESTAMP) || (a == WEFTI_FAMILY_TIMESTAMP && b == WEFTI_FAMILY_DATE);
}

static wefti_family together(wefti_family a, wefti_family b)
{
    if (a == WEFTI_FAMILY_OTHER || b == WEFTI_FAMILY_OTHER)
        return a == WEFTI_FAMILY_OTHER ? b : a;
    return are_days(a, b) ? WEFTI_FAMILY_TIMESTAMP : a;
}

static bool is_enum(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_hint hint = wefti_walk_infer_first(walk, expr);
    return hint.column != NULL && hint.column->enum_names != NULL;
}

static bool is_value(const weft_expr *expr) { return wefti_expr_bare(expr)->op == WEFT_EXPR_VALUE; }

static bool is_when(const weft_expr *expr, size_t i)
{
    return expr->op == WEFT_EXPR_CASE && i % 2 == 0 && !wefti_list_ends(expr->args, i + 1);
}

static bool is_integer_value(const weft_expr *expr)
{
    return is_value(expr) && wefti_type_is_integer((unsigned)wefti_expr_bare(expr)->value.type);
}

/* Whether some result is an enum: integers among constants are its numbers, then. */
static bool gives_enums(wefti_walk *walk, const weft_expr *expr)
{
    bool enums = false, integers = false;
    for (size_t i = 0; walk->render != NULL && !integers && !wefti_list_ends(expr->args, i); i++)
        integers = !is_when(expr, i) && is_integer_value(expr->args[i]);
    for (size_t i = 0; integers && !enums && !wefti_list_ends(expr->args, i); i++)
        enums = !is_when(expr, i) && !is_value(expr->args[i]) && is_enum(walk, expr->args[i]);
    return enums;
}

/* Of the results of CASE, or of arguments that share a type. */
static wefti_family shared_family(wefti_walk *walk, const weft_expr *expr, bool only_first)
{
    wefti_family family = WEFTI_FAMILY_OTHER;
    bool text = false;
    const bool enums = !only_first && gives_enums(walk, expr);
    for (size_t i = 0; !wefti_list_ends(expr->args, i) && (i == 0 || !only_first); i++) {
        if (is_when(expr, i) || (enums && is_integer_value(expr->args[i])))
            continue;
        family = together(family, operand_family(walk, expr->args[i]));
        text =
            text || (wefti_is_untyped_text(expr->args[i]) && (unsigned)wefti_expr_bare(expr->args[i])->value.type != WEFT_UNMAPPED);
    }
    return family == WEFTI_FAMILY_OTHER && text ? WEFTI_FAMILY_TEXT : family;
}

typedef enum taken { TAKES_ANY, TAKES_NUMBERS, TAKES_TRUTHS, TAKES_TEXTS, TAKES_CONTENT, TAKES_ORDERED, TAKES_ONE_TYPE } taken;
typedef struct function_rule {
    const char *name;
    uint8_t takes, gives;
} function_rule; /* gives OTHER: what it takes */

static const function_rule function_rules[] = {
    {"count", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"sum", TAKES_NUMBERS, 0},
    {"avg", TAKES_NUMBERS, 0},
    {"min", TAKES_ORDERED, 0},
    {"max", TAKES_ORDERED, 0},
    {"bool_and", TAKES_TRUTHS, WEFTI_FAMILY_BOOL},
    {"bool_or", TAKES_TRUTHS, WEFTI_FAMILY_BOOL},
    {"every", TAKES_TRUTHS, WEFTI_FAMILY_BOOL},
    {"string_agg", TAKES_CONTENT, 0},
    {"grouping", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"coalesce", TAKES_ONE_TYPE, 0},
    {"ifnull", TAKES_ONE_TYPE, 0},
    {"nullif", TAKES_ONE_TYPE, 0},
    {"greatest", TAKES_ONE_TYPE, 0},
    {"least", TAKES_ONE_TYPE, 0},
    {"abs", TAKES_NUMBERS, 0},
    {"round", TAKES_NUMBERS, 0},
    {"trunc", TAKES_NUMBERS, 0},
    {"ceil", TAKES_NUMBERS, 0},
    {"ceiling", TAKES_NUMBERS, 0},
    {"floor", TAKES_NUMBERS, 0},
    {"sign", TAKES_NUMBERS, 0},
    {"mod", TAKES_NUMBERS, 0},
    {"div", TAKES_NUMBERS, 0},
    {"sqrt", TAKES_NUMBERS, 0},
    {"exp", TAKES_NUMBERS, 0},
    {"ln", TAKES_NUMBERS, 0},
    {"log", TAKES_NUMBERS, 0},
    {"power", TAKES_NUMBERS, 0},
    {"lower", TAKES_TEXTS, WEFTI_FAMILY_TEXT},
    {"upper", TAKES_TEXTS, WEFTI_FAMILY_TEXT},
    {"trim", TAKES_TEXTS, WEFTI_FAMILY_TEXT},
    {"ltrim", TAKES_TEXTS, WEFTI_FAMILY_TEXT},
    {"rtrim", TAKES_TEXTS, WEFTI_FAMILY_TEXT},
    {"replace", TAKES_TEXTS, WEFTI_FAMILY_TEXT},
    {"substr", TAKES_CONTENT, 0},
    {"length", TAKES_CONTENT, WEFTI_FAMILY_NUMBER},
    {"strpos", TAKES_TEXTS, WEFTI_FAMILY_NUMBER},
    {"row_number", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"rank", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"dense_rank", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"percent_rank", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"cume_dist", TAKES_ANY, WEFTI_FAMILY_NUMBER},
    {"ntile", TAKES_NUMBERS, WEFTI_FAMILY_NUMBER},
    {"lag", TAKES_ANY, 0},
    {"lead", TAKES_ANY, 0},
    {"first_value", TAKES_ANY, 0},
    {"last_value", TAKES_ANY, 0},
    {"nth_value", TAKES_ANY, 0},
};

static const function_rule *function_rule_of(const weft_expr *expr)
{
    for (size_t i = 0; expr->name != NULL && i < sizeof function_rules / sizeof function_rules[0]; i++)
        if (wefti_ascii_equal(wefti_function_name(expr->name), function_rules[i].name))
            return &function_rules[i];
    return NULL;
}

bool wefti_takes_star(const weft_expr *expr)
{
    return function_rule_of(expr) == NULL || wefti_ascii_equal(wefti_function_name(expr->name), "count");
}

bool wefti_walk_takes_one_type(const weft_expr *expr)
{
    const function_rule *rule = expr->op == WEFT_EXPR_FN ? function_rule_of(expr) : NULL;
    return rule != NULL && rule->takes == TAKES_ONE_TYPE;
}

bool wefti_walk_takes_texts(const weft_expr *expr)
{
    const function_rule *rule = function_rule_of(expr);
    return rule != NULL && (rule->takes == TAKES_TEXTS || rule->takes == TAKES_CONTENT);
}

static wefti_family family_of_function(wefti_walk *walk, const weft_expr *expr)
{
    const function_rule *rule = function_rule_of(expr);
    if (rule == NULL || rule->gives != WEFTI_FAMILY_OTHER)
        return rule != NULL ? rule->gives : WEFTI_FAMILY_OTHER;
    wefti_family family = shared_family(walk, expr, rule->takes != TAKES_ONE_TYPE || wefti_ascii_equal(expr->name, "nullif"));
    return rule->takes == TAKES_NUMBERS && family != WEFTI_FAMILY_NUMBER ? WEFTI_FAMILY_OTHER : family;
}

static wefti_family family_of_operator(wefti_walk *walk, const weft_expr *expr)
{
    wefti_rule rule = wefti_walk_rule(expr->name);
    if (rule == WEFTI_RULE_NONE || wefti_list_ends(expr->args, 0) || wefti_list_ends(expr->args, 1))
        return WEFTI_FAMILY_OTHER;
    wefti_family left = operand_family(walk, expr->args[0]), right = operand_family(walk, expr->args[1]);
    bool untyped = wefti_is_untyped_text(expr->args[0]) || wefti_is_untyped_text(expr->args[1]);
    switch (rule) {
    case WEFTI_RULE_COMPUTE:
        if (left == WEFTI_FAMILY_JSON)
            return left;
        return together(left, right) == WEFTI_FAMILY_NUMBER && (untyped || left == right) ? WEFTI_FAMILY_NUMBER
                                                                                          : WEFTI_FAMILY_OTHER;
    case WEFTI_RULE_BITS:
    case WEFTI_RULE_SHIFT: /* also of bits, ranges and addresses, with results of their own */
        return left == WEFTI_FAMILY_NUMBER ? left : WEFTI_FAMILY_OTHER;
    case WEFTI_RULE_JOIN:
        if (left == right && (left == WEFTI_FAMILY_JSON || left == WEFTI_FAMILY_BYTES))
            return left;
        return left == WEFTI_FAMILY_TEXT || right == WEFTI_FAMILY_TEXT || untyped ? WEFTI_FAMILY_TEXT : WEFTI_FAMILY_OTHER;
    case WEFTI_RULE_MEMBER: return strcmp(expr->name, "->>") == 0 ? WEFTI_FAMILY_TEXT : left;
    default: return WEFTI_FAMILY_BOOL;
    }
}

static wefti_family family_of_node(wefti_walk *walk, const weft_expr *expr)
{
    wefti_hint hint;
    switch (expr->op) {
    case WEFT_EXPR_VALUE: return wefti_family_of(&(wefti_hint){.type = (uint8_t)expr->value.type});
    case WEFTI_EXPR_STANDIN:
    case WEFT_EXPR_LABEL:
    case WEFT_EXPR_LITERAL:
    case WEFT_EXPR_FILTER:
    case WEFT_EXPR_ORDERED:
    case WEFT_EXPR_OVER:
    case WEFT_EXPR_DISTINCT: return wefti_list_ends(expr->args, 0) ? WEFTI_FAMILY_OTHER : wefti_walk_family(walk, expr->args[0]);
    case WEFT_EXPR_SCALAR:
        return wefti_scalar_column(expr) != NULL ? wefti_walk_family(walk, wefti_scalar_column(expr)) : WEFTI_FAMILY_OTHER;
    case WEFT_EXPR_PER_DATABASE:
        expr = wefti_walk_of_database(walk, expr);
        return expr != NULL ? wefti_walk_family(walk, expr) : WEFTI_FAMILY_OTHER;
    case WEFT_EXPR_WITHIN:
        if (wefti_within_value(expr) != NULL)
            return wefti_walk_family(walk, wefti_within_value(expr));
        hint = wefti_walk_within_type(walk, expr);
        return wefti_family_of(&hint);
    case WEFT_EXPR_CASE: return shared_family(walk, expr, false);
    case WEFT_EXPR_FN: return family_of_function(walk, expr);
    case WEFT_EXPR_OP: return family_of_operator(walk, expr);
    default: hint = wefti_walk_infer(walk, expr); return wefti_family_of(&hint);
    }
}

wefti_family wefti_walk_family(wefti_walk *walk, const weft_expr *expr)
{
    wefti_family family = WEFTI_FAMILY_OTHER;
    if (walk->status == WEFT_OK && ++walk->depth <= WEFTI_MAX_EXPR_DEPTH)
        family = family_of_node(walk, expr);
    walk->depth -= walk->status == WEFT_OK;
    return family;
}

wefti_hint wefti_walk_beside(wefti_walk *walk, const weft_expr *expr, const weft_expr *other)
{
    wefti_hint hint = wefti_walk_infer(walk, other);
    const weft_expr *a = wefti_expr_bare(expr), *b = wefti_expr_bare(other);
    if (a->op == WEFT_EXPR_VALUE && wefti_type_is_array((unsigned)a->value.type)) {
        const unsigned own = wefti_walk_element(walk, a), items = b->op == WEFT_EXPR_VALUE ? wefti_walk_element(walk, b) : 0;
        if (hint.column == NULL && wefti_type_is_array(hint.type))
            hint.column = wefti_array_items_column(walk, other);
        if (own != items && wefti_type_is_integer(own) && wefti_type_is_integer(items))
            hint.type = (uint8_t)wefti_array_type(WEFT_INT64, false);
    }
    if (walk->dialect->decimals == NULL || !wefti_is_untyped_text(expr) || (hint.column != NULL && !hint.computed))
        return hint;
    /* It is read by weft, as what the other one really is. */
    const uint8_t number = wefti_walk_number_kind(walk, other);
    const wefti_family family = wefti_walk_family(walk, other);
    if (wefti_is_untyped_text(other) || family == WEFTI_FAMILY_OTHER)
        return hint;
    return (wefti_hint){.type = number != WEFT_UNMAPPED ? number : wefti_family_type(family)};
}

static uint8_t shared_number(wefti_walk *walk, const weft_expr *expr)
{
    uint8_t number = WEFT_UNMAPPED;
    for (size_t i = 0; !wefti_list_ends(expr->args, i); i++) {
        const bool is_when = expr->op == WEFT_EXPR_CASE && i % 2 == 0 && !wefti_list_ends(expr->args, i + 1);
        const uint8_t each = is_when ? (uint8_t)WEFT_UNMAPPED : wefti_walk_number_kind(walk, expr->args[i]);
        number = number == WEFT_UNMAPPED ? each : each == WEFT_UNMAPPED ? number : wefti_number_combine(number, each);
    }
    return number;
}

wefti_hint wefti_walk_text_hint(wefti_walk *walk, const weft_expr *expr, const weft_expr *item, const wefti_hint *hint)
{
    if (walk->render == NULL || walk->dialect->decimals == NULL || hint->type != WEFT_UNMAPPED || !wefti_is_untyped_text(item))
        return *hint;
    const wefti_family family = shared_family(walk, expr, false);
    const uint8_t number = family == WEFTI_FAMILY_NUMBER ? shared_number(walk, expr) : (uint8_t)WEFT_UNMAPPED;
    if (family == WEFTI_FAMILY_OTHER || family == WEFTI_FAMILY_TEXT)
        return *hint;
    return (wefti_hint){.type = number != WEFT_UNMAPPED ? number : wefti_family_type(family)};
}

/* ---- operators ---- */

static bool lacks_types(const wefti_walk *walk) { return walk->dialect->decimals != NULL; }

static void refuse_pair(wefti_walk *walk, const char *name, wefti_family left, wefti_family right)
{
    (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s has %s %s on its left and %s %s on its right; cast one of them", name,
                          A_FAMILY(left), A_FAMILY(right));
}

/* What PostgreSQL computes and this database has no types for. */
static void refuse_unsupported(wefti_walk *walk, const char *name, wefti_family left, wefti_family right)
{
    if (lacks_types(walk))
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s of %s %s and %s %s: the database has no types for them, and would "
                              "compute with what it keeps; compute it in the program",
                              name, A_FAMILY(left), A_FAMILY(right));
}

/* everywhere: no database takes it. */
static void refuse_one(wefti_walk *walk, const char *name, wefti_family family, bool everywhere)
{
    if (family >= WEFTI_FAMILY_DATE && lacks_types(walk) && !everywhere)
        refuse_unsupported(walk, name, family, WEFTI_FAMILY_OTHER);
    else if (family < WEFTI_FAMILY_DATE || everywhere)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes no %s; cast it", name, family_words[family]);
}

/* Of enums that have a type of their own what others are, too: they are compared by their names. */
static wefti_family compared_family(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_family family = operand_family(walk, expr);
    const wefti_column *column = family == WEFTI_FAMILY_OTHER ? wefti_walk_infer(walk, expr).column : NULL;
    const bool named = column != NULL && (column->enum_names != NULL || column->item_names != NULL);
    return named ? (wefti_family)wefti_type_of(column->type)->family : family;
}

static void check_elements(wefti_walk *walk, const char *name, const weft_expr *a, const weft_expr *b)
{
    const unsigned items = wefti_walk_element(walk, a), others = wefti_walk_element(walk, b);
    if (items != 0 && others != 0 && items != others && walk->status == WEFT_OK)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s has an array of %s values and one of %s values; cast one of them", name,
                              wefti_type_of(items)->name, wefti_type_of(others)->name);
}

void wefti_walk_check_pair(wefti_walk *walk, const char *name, const weft_expr *a, const weft_expr *b)
{
    wefti_family left = compared_family(walk, a), right = compared_family(walk, b);
    const weft_expr *json = is_json_text(walk, a) ? a : is_json_text(walk, b) ? b : NULL;
    if (json != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s: the type json has no equality; cast it to text, or make the column jsonb",
                              name);
    const unsigned items = left == WEFTI_FAMILY_ARRAY ? wefti_walk_element(walk, a) : 0,
                   others = right == WEFTI_FAMILY_ARRAY ? wefti_walk_element(walk, b) : 0;
    const weft_expr *typed = is_value(b) ? a : b; /* a value may hold an enum's numbers */
    const bool fits = (is_value(a) || is_value(b)) &&
                      (wefti_type_of(items)->family == wefti_type_of(others)->family ||
                       wefti_walk_infer(walk, typed).column != NULL || wefti_array_items_column(walk, typed) != NULL);
    if (items != 0 && others != 0 && !fits)
        check_elements(walk, name, a, b);
    if (left == right || left == WEFTI_FAMILY_OTHER || right == WEFTI_FAMILY_OTHER || walk->status != WEFT_OK)
        return;
    /* A number among constants may be an enum's, or 0 or 1 for a truth value: binding tells. */
    const wefti_family value = is_value(b) ? left : is_value(a) ? right : WEFTI_FAMILY_OTHER;
    const wefti_family given = is_value(b) ? right : left;
    const bool whole = wefti_number_is_whole(wefti_walk_number_kind(walk, is_value(b) ? b : a));
    const bool constant = is_value(a) || is_value(b);
    if (constant && given == WEFTI_FAMILY_NUMBER && whole && (value == WEFTI_FAMILY_BOOL || is_enum(walk, is_value(b) ? a : b)))
        return;
    const bool clock = left + right == WEFTI_FAMILY_TIME + WEFTI_FAMILY_INTERVAL; /* PostgreSQL makes the time an interval */
    if (clock && left >= WEFTI_FAMILY_TIME && right >= WEFTI_FAMILY_TIME)
        refuse_unsupported(walk, name, left, right);
    else if (!are_days(left, right))
        refuse_pair(walk, name, left, right);
}

static void check_computed(wefti_walk *walk, const char *name, wefti_family left, wefti_family right)
{
    if (left >= WEFTI_FAMILY_DATE || right >= WEFTI_FAMILY_DATE || (left == WEFTI_FAMILY_JSON && name[0] == '-'))
        refuse_unsupported(walk, name, left, right);
    else if ((left != WEFTI_FAMILY_NUMBER && left != WEFTI_FAMILY_OTHER) ||
             (right != WEFTI_FAMILY_NUMBER && right != WEFTI_FAMILY_OTHER))
        refuse_pair(walk, name, left, right);
}

static void check_bits(wefti_walk *walk, const weft_expr *expr, bool shifts)
{
    for (int i = 0; i < 2; i++) {
        wefti_family family = operand_family(walk, expr->args[i]);
        uint8_t number = wefti_walk_number_kind(walk, expr->args[i]);
        if (family != WEFTI_FAMILY_OTHER && family != WEFTI_FAMILY_NUMBER)
            refuse_one(walk, expr->name, family, false);
        else if (number != WEFT_UNMAPPED && !wefti_number_is_whole(number))
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes integers; cast the other numbers", expr->name);
        else if (shifts && i == 1 && number == WEFT_INT64)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes an integer of at most 32 bits on its right; cast it",
                                  expr->name);
    }
}

/* The type of the items of what CASE gives, or a function whose arguments share a type: values say it, too. */
static unsigned shared_element(wefti_walk *walk, const weft_expr *expr, bool only_first)
{
    unsigned element = WEFT_UNMAPPED;
    for (size_t i = 0; element == WEFT_UNMAPPED && wefti_expr_argument(expr, i) != NULL && (i == 0 || !only_first); i++)
        if (expr->op != WEFT_EXPR_CASE || i % 2 == 1 || wefti_list_ends(expr->args, i + 1))
            element = wefti_walk_element(walk, expr->args[i]);
    return element;
}

static unsigned element_of_node(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *bare = wefti_expr_bare(expr);
    const unsigned type = bare->op == WEFT_EXPR_VALUE ? (unsigned)bare->value.type : wefti_walk_infer(walk, expr).type;
    if (type != WEFT_UNMAPPED)
        return wefti_type_base(wefti_type_of(type)->element);
    switch (bare->op) {
    case WEFT_EXPR_CASE: return shared_element(walk, bare, false);
    case WEFT_EXPR_FN:
        return wefti_walk_takes_one_type(bare) || wefti_picks_row(bare->name)
                   ? shared_element(walk, bare, wefti_picks_row(bare->name) || wefti_ascii_equal(bare->name, "nullif"))
                   : WEFT_UNMAPPED;
    case WEFT_EXPR_SCALAR: return wefti_scalar_column(bare) != NULL ? wefti_walk_element(walk, wefti_scalar_column(bare)) : 0;
    case WEFTI_EXPR_STANDIN:
    case WEFT_EXPR_FILTER:
    case WEFT_EXPR_OVER:
    case WEFT_EXPR_DISTINCT: return shared_element(walk, bare, true);
    default: return WEFT_UNMAPPED;
    }
}

unsigned wefti_walk_element(wefti_walk *walk, const weft_expr *expr)
{
    unsigned element = WEFT_UNMAPPED;
    if (walk->status == WEFT_OK && ++walk->depth <= WEFTI_MAX_EXPR_DEPTH)
        element = element_of_node(walk, expr);
    walk->depth -= walk->status == WEFT_OK;
    return element;
}

/* Nothing but texts, on both sides. */
static void check_one_family(wefti_walk *walk, const weft_expr *expr, wefti_family wanted)
{
    for (int i = 0; i < 2; i++) {
        wefti_family family = operand_family(walk, expr->args[i]);
        if (family != WEFTI_FAMILY_OTHER && family != wanted)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes no %s; cast it", expr->name, family_words[family]);
    }
}

static void check_joined(wefti_walk *walk, const weft_expr *expr)
{
    wefti_family left = operand_family(walk, expr->args[0]), right = operand_family(walk, expr->args[1]);
    const bool untyped = wefti_is_untyped_text(expr->args[0]) || wefti_is_untyped_text(expr->args[1]);
    bool text = left == WEFTI_FAMILY_TEXT || right == WEFTI_FAMILY_TEXT || untyped;
    bool content = left == right && (left == WEFTI_FAMILY_BYTES || left == WEFTI_FAMILY_JSON);
    bool beside_text = untyped && (left == WEFTI_FAMILY_BYTES || right == WEFTI_FAMILY_BYTES || left == WEFTI_FAMILY_JSON ||
                                   right == WEFTI_FAMILY_JSON);
    const bool interval = left == WEFTI_FAMILY_INTERVAL || right == WEFTI_FAMILY_INTERVAL; /* PostgreSQL's text of one is another */
    if (content || beside_text || (text && interval))
        refuse_unsupported(walk, expr->name, left, right);
    else if (!text && left != WEFTI_FAMILY_OTHER && right != WEFTI_FAMILY_OTHER)
        refuse_pair(walk, expr->name, left, right);
}

void wefti_walk_check_op(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *a = expr->args[0], *b = expr->args[1];
    wefti_family left;
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    switch (wefti_walk_rule(expr->name)) {
    case WEFTI_RULE_COMPARE: wefti_walk_check_pair(walk, expr->name, a, b); break;
    case WEFTI_RULE_COMPUTE:
        check_computed(walk, expr->name, compared_family(walk, a), compared_family(walk, b));
        if (*expr->name == '%' && walk->status == WEFT_OK &&
            wefti_type_is_real(wefti_number_combine(wefti_number_beside(walk, a, b), wefti_number_beside(walk, b, a))))
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "there is no %s of floating-point numbers; cast them", expr->name);
        break;
    case WEFTI_RULE_BITS: check_bits(walk, expr, false); break;
    case WEFTI_RULE_SHIFT: check_bits(walk, expr, true); break;
    case WEFTI_RULE_JOIN: check_joined(walk, expr); break;
    case WEFTI_RULE_LIKE: check_one_family(walk, expr, WEFTI_FAMILY_TEXT); break;
    case WEFTI_RULE_LOGIC: check_one_family(walk, expr, WEFTI_FAMILY_BOOL); break;
    case WEFTI_RULE_MEMBER:
        left = operand_family(walk, a);
        if (left != WEFTI_FAMILY_OTHER && left != WEFTI_FAMILY_JSON)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes JSON on its left, and no %s; cast it", expr->name,
                                  family_words[left]);
        break;
    default: break;
    }
}

void wefti_walk_check_pattern(wefti_walk *walk, const wefti_column *column, const char *name)
{
    wefti_family family = wefti_family_of(&(wefti_hint){.column = column, .type = column->type});
    if (family != WEFTI_FAMILY_TEXT && family != WEFTI_FAMILY_OTHER)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: %s takes no %s; cast it to text", column->table->name, column->name,
                              name, family_words[family]);
}

void wefti_walk_check_condition(wefti_walk *walk, const weft_expr *expr)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    wefti_family family = operand_family(walk, expr);
    if (family != WEFTI_FAMILY_OTHER && family != WEFTI_FAMILY_BOOL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s %s stands where a condition is expected; compare it with something",
                              A_FAMILY(family));
}

/* ---- functions, CASE, CAST, assignments ---- */

/* In C a bool's true is an int. */
static void refuse_results(wefti_walk *walk, const char *name, wefti_family a, wefti_family b)
{
    if (walk->status != WEFT_OK)
        return;
    (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s has %s %s and %s %s; cast one of them", name, A_FAMILY(a), A_FAMILY(b));
    if ((a == WEFTI_FAMILY_BOOL && b == WEFTI_FAMILY_NUMBER) || (a == WEFTI_FAMILY_NUMBER && b == WEFTI_FAMILY_BOOL))
        wefti_error_hint(walk->error, "in C true and false are of type int; weft_val((bool)true) is a boolean");
}

void wefti_walk_check_results(wefti_walk *walk, const weft_expr *expr, const char *name)
{
    const weft_expr *first = NULL;
    const bool enums = gives_enums(walk, expr);
    for (size_t i = 0; walk->render != NULL && !wefti_list_ends(expr->args, i); i++) {
        const weft_expr *each = expr->args[i];
        if (is_when(expr, i) || (enums && is_integer_value(each)))
            continue;
        const wefti_family a = first != NULL ? compared_family(walk, first) : WEFTI_FAMILY_OTHER, b = compared_family(walk, each);
        if (a != WEFTI_FAMILY_OTHER && b != WEFTI_FAMILY_OTHER && a != b && !are_days(a, b))
            refuse_results(walk, name, a, b);
        else if (a == WEFTI_FAMILY_ARRAY && b == a && is_value(first) == is_value(each))
            check_elements(walk, name, first, each);
        first = first == NULL && b != WEFTI_FAMILY_OTHER ? each : first;
    }
}

static bool takes(uint8_t what, wefti_family family)
{
    switch (what) {
    case TAKES_NUMBERS: return family == WEFTI_FAMILY_NUMBER;
    case TAKES_TRUTHS: return family == WEFTI_FAMILY_BOOL;
    case TAKES_TEXTS: return family == WEFTI_FAMILY_TEXT;
    case TAKES_CONTENT: return family == WEFTI_FAMILY_TEXT || family == WEFTI_FAMILY_BYTES;
    case TAKES_ORDERED: return family == WEFTI_FAMILY_TEXT || family == WEFTI_FAMILY_NUMBER || family >= WEFTI_FAMILY_DATE;
    default: return true;
    }
}

/* What stands in for a row that is not there. A date beside timestamps would make all of them these. */
static void check_stand_in(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_family rows = operand_family(walk, expr->args[0]), other = operand_family(walk, expr->args[2]);
    if (rows != other && are_days(rows, other))
        refuse_pair(walk, expr->name, rows, other);
    else
        wefti_walk_check_pair(walk, expr->name, expr->args[0], expr->args[2]);
}

void wefti_walk_check_fn(wefti_walk *walk, const weft_expr *expr)
{
    const function_rule *rule = function_rule_of(expr);
    if (walk->render == NULL || rule == NULL || walk->status != WEFT_OK)
        return;
    wefti_walk_check_arguments(walk, expr);
    if (walk->status != WEFT_OK)
        return;
    if (rule->takes == TAKES_ONE_TYPE)
        wefti_walk_check_results(walk, expr, expr->name);
    for (size_t i = 0; !wefti_list_ends(expr->args, i) && (i == 0 || rule->takes != TAKES_CONTENT); i++) {
        wefti_family family = expr->args[i]->op == WEFT_EXPR_STAR ? WEFTI_FAMILY_OTHER : compared_family(walk, expr->args[i]);
        const bool day = rule->takes == TAKES_NUMBERS && (family == WEFTI_FAMILY_DATE || family == WEFTI_FAMILY_TIMESTAMP);
        if (family != WEFTI_FAMILY_OTHER && !takes(rule->takes, family))
            refuse_one(walk, expr->name, family, day || rule->takes == TAKES_TRUTHS || rule->takes == TAKES_CONTENT);
    }
    static const char *const sums[] = {"sum", "avg", NULL}; /* of several types, of which a text says none */
    if (wefti_is_named(wefti_function_name(expr->name), sums) && !wefti_list_ends(expr->args, 0) &&
        wefti_is_untyped_text(expr->args[0]) && wefti_expr_bare(expr->args[0])->value.type == WEFT_TEXT)
        refuse_one(walk, expr->name, WEFTI_FAMILY_TEXT, true);
    if (wefti_picks_row(expr->name) && wefti_expr_argument(expr, 2) != NULL)
        check_stand_in(walk, expr);
    bool places = wefti_takes_places(expr->name) && !wefti_list_ends(expr->args, 0) && !wefti_list_ends(expr->args, 1);
    if (places && wefti_type_is_real(wefti_walk_number_kind(walk, expr->args[0])))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE,
                              "%s takes places of decimals only; cast the floating-point number to a decimal", expr->name);
}

bool wefti_walk_other_width(wefti_walk *walk, const weft_expr *array, unsigned type)
{
    const unsigned element = wefti_walk_element(walk, array), wanted = wefti_type_of(type)->element;
    return wefti_type_is_array(type) && element != wanted && wefti_type_is_integer(element) && wefti_type_is_integer(wanted);
}

void wefti_walk_check_cast(wefti_walk *walk, const weft_expr *inner, unsigned type)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    wefti_family from = wefti_walk_family(walk, inner), to = wefti_family_of(&(wefti_hint){.type = (uint8_t)type});
    uint8_t number = to == WEFTI_FAMILY_NUMBER ? wefti_number_class(type) : wefti_walk_number_kind(walk, inner);
    bool any = from == WEFTI_FAMILY_OTHER || from == to || from == WEFTI_FAMILY_TEXT || to == WEFTI_FAMILY_TEXT;
    bool truth =
        (from == WEFTI_FAMILY_NUMBER && to == WEFTI_FAMILY_BOOL) || (from == WEFTI_FAMILY_BOOL && to == WEFTI_FAMILY_NUMBER);
    bool time = (from == WEFTI_FAMILY_DATE && to == WEFTI_FAMILY_TIMESTAMP) ||
                (from == WEFTI_FAMILY_TIMESTAMP && (to == WEFTI_FAMILY_DATE || to == WEFTI_FAMILY_TIME));
    if (lacks_types(walk) && (from == WEFTI_FAMILY_ARRAY || to == WEFTI_FAMILY_ARRAY) &&
        (from != to ||
         !(wefti_walk_element(walk, inner) == wefti_type_of(type)->element || wefti_walk_other_width(walk, inner, type)))) {
        refuse_unsupported(walk, "CAST", from, to);
        return;
    }
    if (from != to && from != WEFTI_FAMILY_OTHER && (from == WEFTI_FAMILY_INTERVAL || to == WEFTI_FAMILY_INTERVAL)) {
        refuse_unsupported(walk, "CAST", from, to);
        return;
    }
    if (any || time || (truth && (number == WEFT_INT32 || number == WEFT_UNMAPPED)))
        return;
    if (from == WEFTI_FAMILY_JSON && (to == WEFTI_FAMILY_NUMBER || to == WEFTI_FAMILY_BOOL)) {
        refuse_unsupported(walk, "CAST", from, to);
        return;
    }
    (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE,
                          truth ? "CAST of %s %s to %s %s: only integers of 32 bits can be cast so; cast it to "
                                  "one first, or compare it"
                                : "there is no cast from %s %s to %s %s",
                          A_FAMILY(from), A_FAMILY(to));
}

/* Arrays whose items no assignment converts on every database. */
static bool are_other_items(wefti_walk *walk, const weft_expr *expr, const wefti_column *column)
{
    const unsigned items = wefti_walk_element(walk, expr), wanted = wefti_type_of(column->type)->element;
    return items != 0 && items != wanted && !(wefti_type_is_integer(items) && wefti_type_is_integer(wanted));
}

void wefti_walk_check_assigned(wefti_walk *walk, const weft_expr *expr, const wefti_column *column)
{
    const bool named = column->enum_names != NULL || column->item_names != NULL;
    const wefti_family from = is_value(expr) ? WEFTI_FAMILY_OTHER : compared_family(walk, expr),
                       to = named ? (wefti_family)wefti_type_of(column->type)->family
                                  : wefti_family_of(&(wefti_hint){.column = column, .type = column->type});
    bool time = (from == WEFTI_FAMILY_DATE && to == WEFTI_FAMILY_TIMESTAMP) ||
                (from == WEFTI_FAMILY_TIMESTAMP && (to == WEFTI_FAMILY_DATE || to == WEFTI_FAMILY_TIME));
    const bool arrays = from == WEFTI_FAMILY_ARRAY && to == from;
    if (from == WEFTI_FAMILY_OTHER || to == WEFTI_FAMILY_OTHER || time || (from == to && !arrays))
        return;
    if (arrays && !are_other_items(walk, expr, column))
        return;
    const bool span =
        from == WEFTI_FAMILY_INTERVAL || to == WEFTI_FAMILY_INTERVAL; /* beside times and texts PostgreSQL converts it */
    if (span && (from == WEFTI_FAMILY_TIME || to == WEFTI_FAMILY_TIME || to == WEFTI_FAMILY_TEXT)) {
        refuse_unsupported(walk, "an assignment", from, to);
        return;
    }
    if (to == WEFTI_FAMILY_TEXT && from != WEFTI_FAMILY_ARRAY && !named)
        return;
    if (arrays)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: an array of %s values is assigned to one of %s values; cast it",
                              column->table->name, column->name, wefti_type_of(wefti_walk_element(walk, expr))->name,
                              wefti_type_of(wefti_type_of(column->type)->element)->name);
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: %s %s is assigned to a column of another type, %s %s; cast it",
                              column->table->name, column->name, A_FAMILY(from), A_FAMILY(to));
}

/* ---- how it is written where the database has no types ---- */

const char *wefti_column_collation(const wefti_walk *walk, const wefti_column *column)
{
    const wefti_decimal_sql *sql = walk->dialect->decimals;
    if (sql == NULL || (column->type == WEFT_JSON && column->sql_type != NULL && !wefti_ascii_equal(column->sql_type, "jsonb")))
        return "";
    return column->type == WEFT_DECIMAL ? sql->collation : column->type == WEFT_JSON ? sql->json_collation : "";
}

/* Columns bring theirs, by wefti_walk_collation. */
static bool writes_collation(const weft_expr *expr)
{
    const int op = wefti_expr_bare(expr)->op;
    return op == WEFT_EXPR_COLUMN || op == WEFT_EXPR_EXCLUDED;
}

const char *wefti_expr_collation(wefti_walk *walk, const weft_expr *expr)
{
    if (walk->render == NULL || walk->dialect->decimals == NULL)
        return "";
    if (wefti_walk_is_decimal(walk, expr))
        return walk->dialect->decimals->collation;
    const wefti_family family = wefti_walk_family(walk, expr);
    const bool written = writes_collation(expr);
    const char *array = NULL;
    if (family == WEFTI_FAMILY_INTERVAL && !written && walk->dialect->collations != NULL)
        return walk->dialect->collations[WEFT_INTERVAL];
    if (family == WEFTI_FAMILY_ARRAY && !written && walk->dialect->collations != NULL && wefti_walk_element(walk, expr) != 0)
        array = walk->dialect->collations[wefti_array_type(wefti_walk_element(walk, expr), false)];
    if (array != NULL) /* arrays of what the database lacks have none */
        return array;
    return family == WEFTI_FAMILY_JSON ? walk->dialect->decimals->json_collation : "";
}

const char *wefti_compared_collation(wefti_walk *walk, const weft_expr *left, const weft_expr *right)
{
    if (walk->render == NULL || walk->dialect->decimals == NULL)
        return "";
    const wefti_decimal_sql *sql = walk->dialect->decimals;
    const char *collation = wefti_expr_collation(walk, left);
    if (collation[0] == '\0' && right != NULL) {
        collation = wefti_expr_collation(walk, right);
        collation = writes_collation(left) && collation != sql->json_collation ? "" : collation;
    }
    return collation != sql->collation ? collation : "";
}

/* Whether texts are what the result is compared as, by each byte. */
static bool is_plain(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_family family = wefti_walk_family(walk, expr);
    return family != WEFTI_FAMILY_NUMBER && family != WEFTI_FAMILY_BOOL && wefti_expr_collation(walk, expr)[0] == '\0';
}

/* SQLite takes an explicit COLLATE of any operand within, at whatever depth, for that of the result: sqlite3ExprCollSeq. */
void wefti_walk_end_collation(wefti_walk *walk, const weft_expr *expr, size_t from)
{
    const char *const *own = walk->dialect->collations;
    if (own == NULL || walk->render == NULL || walk->status != WEFT_OK || walk->render->text.failed)
        return;
    const wefti_text *text = &walk->render->text;
    if (text->size > from && strstr(text->data + from, walk->dialect->own_collations) != NULL && is_plain(walk, expr))
        wefti_walk_sql(walk, walk->dialect->exact_text);
}

/* The type by which weft_text shows an operand; 0 where SQLite's text is right. */
static uint8_t text_type(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_family family = wefti_walk_family(walk, expr);
    const uint8_t number = wefti_number_of(walk, expr);
    if (family == WEFTI_FAMILY_NUMBER)
        return wefti_type_is_real(number) ? number : 0;
    return family == WEFTI_FAMILY_OTHER || family == WEFTI_FAMILY_TEXT ? 0 : wefti_family_type(family);
}

void wefti_walk_as_text(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    uint8_t type = walk->render != NULL && lacks_types(walk) ? text_type(walk, expr) : 0;
    if (type == 0) {
        wefti_walk_operand(walk, expr, precedence, hint);
        return;
    }
    wefti_walk_sql(walk, walk->dialect->decimals->text);
    wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, hint);
    wefti_walk_sql(walk, ", ");
    wefti_walk_number(walk, type);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_as_timestamp(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    /* A text among constants that is read as a date is one. */
    const bool read = hint != NULL && hint->type == WEFT_DATE && wefti_is_untyped_text(expr);
    bool date = walk->render != NULL && lacks_types(walk) && (read || wefti_walk_family(walk, expr) == WEFTI_FAMILY_DATE);
    if (date)
        (void)wefti_walk_open_cast(walk, WEFT_TIMESTAMP);
    wefti_walk_operand(walk, expr, date ? WEFTI_PRECEDENCE_NONE : precedence, hint);
    wefti_walk_sql(walk, date ? ")" : "");
}

/* Whether of what shares a type some are dates and others timestamps. */
bool wefti_walk_mixes_times(wefti_walk *walk, const weft_expr *const *list, size_t count)
{
    bool date = false, timestamp = false;
    for (size_t i = 0; walk->render != NULL && lacks_types(walk) && i < count && !wefti_list_ends(list, i); i++) {
        wefti_family family = operand_family(walk, list[i]);
        date = date || family == WEFTI_FAMILY_DATE;
        timestamp = timestamp || family == WEFTI_FAMILY_TIMESTAMP;
    }
    return date && timestamp;
}
