/* Operators, functions, CAST and CASE, both sinks: nodes whose names the program gives. A name is checked for its form, so that it
 * cannot be anything else; what it means is the database's business. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

/* Every operator that is a word, in either database; others consist of operator characters. */
static const struct word_operator {
    const char *name;
    int precedence;
} word_operators[] = {{"AND", WEFTI_PRECEDENCE_AND},
                      {"OR", WEFTI_PRECEDENCE_OR},
                      {"IS", WEFTI_PRECEDENCE_COMPARE},
                      {"IS NOT", WEFTI_PRECEDENCE_COMPARE},
                      {"LIKE", WEFTI_PRECEDENCE_COMPARE},
                      {"NOT LIKE", WEFTI_PRECEDENCE_COMPARE},
                      {"ILIKE", WEFTI_PRECEDENCE_COMPARE},
                      {"NOT ILIKE", WEFTI_PRECEDENCE_COMPARE},
                      {"GLOB", WEFTI_PRECEDENCE_COMPARE},
                      {"NOT GLOB", WEFTI_PRECEDENCE_COMPARE},
                      {"REGEXP", WEFTI_PRECEDENCE_COMPARE},
                      {"NOT REGEXP", WEFTI_PRECEDENCE_COMPARE},
                      {"MATCH", WEFTI_PRECEDENCE_COMPARE},
                      {"NOT MATCH", WEFTI_PRECEDENCE_COMPARE},
                      {"SIMILAR TO", WEFTI_PRECEDENCE_COMPARE},
                      {"NOT SIMILAR TO", WEFTI_PRECEDENCE_COMPARE},
                      {"IS DISTINCT FROM", WEFTI_PRECEDENCE_COMPARE},
                      {"IS NOT DISTINCT FROM", WEFTI_PRECEDENCE_COMPARE},
                      {"OVERLAPS", WEFTI_PRECEDENCE_COMPARE},
                      {"AT TIME ZONE", WEFTI_PRECEDENCE_OTHER}};

/* Its precedence, or -1 where the name is no operator. */
static int operator_precedence(const char *name)
{
    static const char *const comparisons[] = {"=", "<>", "!=", "==", "<", "<=", ">", ">="};
    if (name == NULL || name[0] == '\0' || strlen(name) > 32)
        return -1;
    for (size_t i = 0; i < sizeof word_operators / sizeof word_operators[0]; i++)
        if (wefti_ascii_equal(name, word_operators[i].name))
            return word_operators[i].precedence;
    if (strspn(name, "+-*/<>=~!@#%^&|`?") != strlen(name) || strstr(name, "--") != NULL || strstr(name, "/*") != NULL)
        return -1;
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++)
        if (strcmp(name, comparisons[i]) == 0)
            return WEFTI_PRECEDENCE_COMPARE;
    if (strcmp(name, "+") == 0 || strcmp(name, "-") == 0)
        return WEFTI_PRECEDENCE_SUM;
    bool is_product = strcmp(name, "*") == 0 || strcmp(name, "/") == 0 || strcmp(name, "%") == 0;
    return is_product ? WEFTI_PRECEDENCE_PRODUCT : WEFTI_PRECEDENCE_OTHER;
}

/* Whether it finds a regular expression; one operand has the same signs for others. */
static bool is_regular(const char *name) { return strpbrk(name, "~") != NULL && wefti_walk_rule(name) == WEFTI_RULE_LIKE; }

static bool is_null_value(const weft_expr *expr)
{
    expr = wefti_expr_bare(expr);
    return expr->op == WEFT_EXPR_VALUE && expr->value.is_null;
}

int wefti_op_tests_null(const char *name)
{
    const bool equal = strcmp(name, "=") == 0 || strcmp(name, "==") == 0 || wefti_ascii_equal(name, "IS");
    const bool differ = strcmp(name, "<>") == 0 || strcmp(name, "!=") == 0 || wefti_ascii_equal(name, "IS NOT");
    return equal ? 1 : differ ? 2 : 0;
}

/* = and <> with a null value become IS [NOT] NULL. True where that was done. */
static bool walk_null_comparison(wefti_walk *walk, const weft_expr *expr, const weft_expr *left, const weft_expr *right,
                                 int precedence)
{
    const bool null = (is_null_value(left) || is_null_value(right)) && right->op != WEFTI_EXPR_STANDIN; /* each row of ANY or ALL */
    const int test = null ? wefti_op_tests_null(expr->name) : 0;
    const bool equal = test == 1;
    if (test == 0)
        return false;
    const weft_expr *tested = is_null_value(right) ? left : right;
    wefti_walk_note(walk, WEFT_EXPR_OP | (uint64_t)(equal ? 1u : 2u) << 16);
    bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
    if (is_null_value(tested)) {
        wefti_walk_note(walk, WEFT_EXPR_NONE);
        wefti_walk_sql(walk, "NULL");
    } else {
        wefti_walk_operand(walk, tested, WEFTI_PRECEDENCE_OTHER, &wefti_hint_untyped);
    }
    wefti_walk_sql(walk, equal ? " IS NULL" : " IS NOT NULL");
    wefti_walk_close_paren(walk, paren);
    return true;
}

/* LIKE by name means what weft_like means. */
void wefti_walk_like(wefti_walk *walk, const weft_expr *left, const weft_expr *right, int op)
{
    wefti_walk_enum_text(walk, left, WEFTI_PRECEDENCE_OTHER, NULL);
    wefti_walk_sql(walk, wefti_walk_comparison(walk->dialect, op));
    if (wefti_expr_bare(right)->op == WEFT_EXPR_VALUE) {
        const wefti_hint hint = {.pattern = wefti_walk_pattern_form(walk->dialect, op)};
        wefti_walk_operand(walk, right, WEFTI_PRECEDENCE_OTHER, &hint);
    } else {
        if (walk->render != NULL && op != WEFT_EXPR_ILIKE && walk->dialect->like_is_glob)
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                                  "LIKE with a pattern that is computed by the database knows no case on this one; "
                                  "give the pattern as a value, or use ILIKE or GLOB");
        wefti_walk_sql(walk, walk->dialect->pattern_open);
        wefti_walk_enum_text(walk, right, WEFTI_PRECEDENCE_NONE, NULL);
        wefti_walk_sql(walk, walk->dialect->pattern_close);
    }
    wefti_walk_sql(walk, op == WEFT_EXPR_ILIKE ? walk->dialect->ilike_close : "");
}

static int like_op(const char *name)
{
    return wefti_ascii_equal(name, "LIKE")       ? WEFT_EXPR_LIKE
           : wefti_ascii_equal(name, "NOT LIKE") ? WEFT_EXPR_NOT_LIKE
           : wefti_ascii_equal(name, "ILIKE")    ? WEFT_EXPR_ILIKE
                                                 : WEFT_EXPR_NONE;
}

/* What constants beside the operands become. */
static void hint_operands(wefti_walk *walk, const weft_expr *expr, wefti_hint *left, wefti_hint *right)
{
    const wefti_rule rule = wefti_walk_rule(expr->name);
    if (rule == WEFTI_RULE_LOGIC) {
        *left = *right = (wefti_hint){.type = WEFT_BOOL};
    } else if (rule == WEFTI_RULE_SHIFT && wefti_walk_family(walk, expr->args[0]) == WEFTI_FAMILY_NUMBER) {
        *left = *right = (wefti_hint){0}; /* the width of one says nothing about the other */
    } else if (rule != WEFTI_RULE_MEMBER && rule != WEFTI_RULE_JOIN) {
        *left = wefti_walk_beside(walk, expr->args[0], expr->args[1]);
        *right = wefti_walk_beside(walk, expr->args[1], expr->args[0]);
    } else if (rule == WEFTI_RULE_JOIN) {
        *left = wefti_walk_infer(walk, expr->args[1]);
        *right = wefti_walk_infer(walk, expr->args[0]);
        left->type = left->type == WEFT_JSON ? WEFT_JSON : WEFT_UNMAPPED;
        right->type = right->type == WEFT_JSON ? WEFT_JSON : WEFT_UNMAPPED;
        left->column = right->column = NULL;
    }
    wefti_hint_note_json(left);
    wefti_hint_note_json(right);
}

static void walk_call(wefti_walk *walk, const char *function, const weft_expr *const *args)
{
    wefti_walk_sql(walk, function);
    wefti_walk_operand(walk, args[0], WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, ", ");
    wefti_walk_operand(walk, args[1], WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, ")");
}

/* Operators of what the database keeps as another type; false: nothing is written. */
static bool walk_typeless(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    const wefti_rule rule = sql != NULL ? wefti_walk_rule(expr->name) : WEFTI_RULE_NONE;
    const char *collation = rule == WEFTI_RULE_COMPARE ? wefti_compared_collation(walk, expr->args[0], expr->args[1]) : "";
    wefti_hint left = {0}, right = {0};
    if (rule == WEFTI_RULE_MEMBER) {
        walk_call(walk, strcmp(expr->name, "->") == 0 ? sql->json_get : sql->json_text, expr->args);
        return true;
    }
    const bool times = rule == WEFTI_RULE_COMPARE && wefti_walk_mixes_times(walk, expr->args, 2);
    if (rule != WEFTI_RULE_JOIN && collation[0] == '\0' && !times)
        return false;
    hint_operands(walk, expr, &left, &right);
    for (int i = 0; i < 2; i++) {
        if (i > 0) {
            wefti_walk_sql(walk, " ");
            wefti_walk_sql(walk, expr->name);
            wefti_walk_sql(walk, " ");
        }
        if (rule == WEFTI_RULE_JOIN)
            wefti_walk_as_text(walk, expr->args[i], WEFTI_PRECEDENCE_UNARY, i == 0 ? &left : &right);
        else if (times)
            wefti_walk_as_timestamp(walk, expr->args[i], WEFTI_PRECEDENCE_UNARY, i == 0 ? &left : &right);
        else
            wefti_walk_operand(walk, expr->args[i], WEFTI_PRECEDENCE_UNARY, i == 0 ? &left : &right);
        wefti_walk_sql(walk, i == 0 ? collation : "");
    }
    return true;
}

/* What the database has no operator for but between texts; false: nothing is written. */
static bool walk_enums(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_rule rule = walk->render != NULL ? wefti_walk_rule(expr->name) : WEFTI_RULE_NONE;
    const bool joins = rule == WEFTI_RULE_JOIN && walk->dialect->text_types != NULL;
    wefti_hint hints[2] = {{0}};
    if (!joins && (rule != WEFTI_RULE_COMPARE || !wefti_walk_mixes_enums(walk, expr->args[0], expr->args[1])))
        return false;
    if (joins)
        hint_operands(walk, expr, &hints[0], &hints[1]);
    for (int i = 0; i < 2; i++) {
        const weft_expr text = {.op = WEFT_EXPR_CAST,
                                .value.type = joins ? WEFT_TEXT : wefti_walk_enum_as(walk, expr->args[i]),
                                .args = (const weft_expr *const[]){expr->args[i], &weft_end}};
        if (joins)
            wefti_walk_enum_text(walk, expr->args[i], WEFTI_PRECEDENCE_UNARY, &hints[i]);
        else
            wefti_walk_operand(walk, &text, WEFTI_PRECEDENCE_UNARY, NULL);
        if (i == 0)
            wefti_text_add_format(&walk->render->text, " %s ", expr->name);
    }
    return true;
}

void wefti_walk_op(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const weft_expr *left = wefti_walk_argument(walk, expr, 0), *right = wefti_walk_argument(walk, expr, 1);
    wefti_walk_no_more(walk, expr, 2);
    if (walk->status != WEFT_OK)
        return;
    int own = operator_precedence(expr->name);
    if (own < 0) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_op: \"%.40s\" is no operator; operator characters or words are",
                              expr->name != NULL ? expr->name : "(null)");
        return;
    }
    if (wefti_ascii_equal(expr->name, "NOT ILIKE") && walk->dialect->like_is_glob) {
        weft_expr like = *expr;
        like.name = "ILIKE";
        const weft_expr negation = {.op = WEFT_EXPR_NOT, .args = (const weft_expr *const[]){&like, &weft_end}};
        wefti_walk_operand(walk, &negation, precedence, NULL);
        return;
    }
    if (wefti_is_any_all_op(expr)) {
        wefti_walk_any_all(walk, expr, precedence);
        return;
    }
    if (wefti_is_tuple_op(expr)) {
        wefti_walk_tuple_op(walk, expr, precedence);
        return;
    }
    if (walk_null_comparison(walk, expr, left, right, precedence))
        return;
    wefti_walk_note(walk, WEFT_EXPR_OP);
    wefti_walk_note_text(walk, expr->name);
    wefti_walk_check_op(walk, expr);
    if (walk->render != NULL && !walk->dialect->regular_expressions && is_regular(expr->name))
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_UNSUPPORTED,
            "this database has no regular expressions (\"%s\"); weft_like, weft_ilike and GLOB are patterns that it has",
            expr->name);
    bool paren = wefti_walk_open_paren(walk, own, precedence);
    if (like_op(expr->name) != WEFT_EXPR_NONE) {
        wefti_walk_like(walk, left, right, like_op(expr->name));
    } else if (!walk_enums(walk, expr) && !walk_typeless(walk, expr) &&
               !wefti_walk_decimal_op(walk, expr, own == WEFTI_PRECEDENCE_COMPARE)) {
        wefti_hint left_hint = {0}, right_hint = {0};
        if (walk->render != NULL)
            hint_operands(walk, expr, &left_hint, &right_hint);
        int inner = own == WEFTI_PRECEDENCE_OTHER ? WEFTI_PRECEDENCE_UNARY : own + 1;
        bool left_to_right = own >= WEFTI_PRECEDENCE_SUM || own <= WEFTI_PRECEDENCE_AND;
        wefti_walk_operand(walk, left, left_to_right ? own : inner, &left_hint);
        wefti_walk_sql(walk, " ");
        wefti_walk_sql(walk, expr->name);
        wefti_walk_sql(walk, " ");
        if (wefti_walk_rule(expr->name) == WEFTI_RULE_MEMBER)
            wefti_walk_narrow(walk, right, inner, &right_hint);
        else
            wefti_walk_operand(walk, right, inner, &right_hint);
    }
    wefti_walk_close_paren(walk, paren);
}

/* ---- functions ---- */

static bool is_function_name(const char *name)
{
    if (name == NULL || !((name[0] >= 'A' && name[0] <= 'Z') || (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_'))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_' ||
              (*c == '.' && c[1] != '\0' && c[1] != '.')))
            return false;
    return strlen(name) <= 2 * WEFTI_MAX_IDENTIFIER_BYTES;
}

static bool is_named(const char *name, const char *const *names)
{
    while (*names != NULL && !wefti_ascii_equal(name, *names))
        names++;
    return *names != NULL;
}

/* What the arguments of a function stand beside: those of coalesce and the like share a type. */
static wefti_hint argument_hint(wefti_walk *walk, const weft_expr *expr, bool *shares)
{
    static const char *const sharing[] = {"coalesce", "nullif", "ifnull", "greatest", "least", "min", "max", NULL};
    const char *name = wefti_function_name(expr->name);
    if (walk->dialect->any_functions != NULL && is_named(name, walk->dialect->any_functions))
        return wefti_hint_untyped;
    wefti_hint hint = {0};
    const weft_expr *argument;
    *shares = is_named(name, sharing);
    if (!*shares)
        return hint;
    for (size_t i = 0; hint.type == WEFT_UNMAPPED && (argument = wefti_walk_next(walk, expr->args, i, "weft_fn")) != NULL; i++)
        hint = wefti_walk_infer(walk, argument);
    wefti_hint_note_json(&hint);
    return hint;
}

/* That of the first argument decides where arguments are compared. */
static const char *shared_collation(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint)
{
    static const char *const comparing[] = {"nullif", "min", "max", NULL};
    const weft_expr *first = wefti_expr_argument(expr, 0);
    const bool compares = hint->type == WEFT_JSON || is_named(wefti_function_name(expr->name), comparing);
    return compares && first != NULL ? wefti_compared_collation(walk, first, wefti_expr_argument(expr, 1)) : "";
}

/* What stands within a function or CASE. */
static void walk_part(wefti_walk *walk, const weft_expr *part, const wefti_hint *hint, bool as_timestamp, bool as_text)
{
    const wefti_hint timestamp = {.type = WEFT_TIMESTAMP}; /* of what they are together, a text among constants is one, too */
    if (as_timestamp)
        wefti_walk_as_timestamp(walk, part, WEFTI_PRECEDENCE_NONE, wefti_is_untyped_text(part) ? &timestamp : hint);
    else if (as_text)
        wefti_walk_enum_text(walk, part, WEFTI_PRECEDENCE_NONE, hint);
    else
        wefti_walk_operand(walk, part, WEFTI_PRECEDENCE_NONE, hint);
}

/* What is asked of another row and what stands in for it share a type, which the place gives neither of them. */
static wefti_hint picked_hint(wefti_walk *walk, const weft_expr *expr, size_t at)
{
    const weft_expr *other = wefti_expr_argument(expr, at == 0 ? 2 : 0), *bare = wefti_expr_bare(expr->args[at]);
    const bool typeless = bare->op == WEFT_EXPR_VALUE && (bare->value.type == WEFT_JSON || wefti_is_untyped_text(bare));
    wefti_hint hint = other != NULL && (at > 0 || typeless) ? wefti_walk_beside(walk, expr->args[at], other) : (wefti_hint){0};
    if (hint.type == WEFT_UNMAPPED)
        hint.untyped = other == NULL || wefti_is_untyped_text(other) ? WEFTI_UNTYPED_ALL : WEFTI_UNTYPED_JSON;
    return hint;
}

static void walk_call_of(wefti_walk *walk, const weft_expr *expr, const weft_expr *ordered)
{
    wefti_walk_check_fn(walk, expr);
    if (wefti_walk_joined(walk, expr, ordered) || wefti_walk_array_agg(walk, expr, ordered) || wefti_walk_decimal_fn(walk, expr))
        return;
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    const wefti_sorted_sql *sorted = walk->dialect->sorted;
    const char *known = sorted != NULL ? wefti_number_function(sorted->functions, wefti_function_name(expr->name)) : NULL;
    const char *function = sql != NULL && wefti_ascii_equal(expr->name, "substr") ? sql->substr : known;
    const bool joins = wefti_ascii_equal(wefti_function_name(expr->name), "string_agg");
    wefti_hint hint = {0};
    bool shares = false, times = false, enums = false;
    const char *collation = "";
    if (walk->render != NULL) {
        hint = argument_hint(walk, expr, &shares);
        times = shares && wefti_walk_mixes_times(walk, expr->args, WEFTI_MAX_LIST_NODES);
        enums = wefti_walk_takes_texts(expr) || wefti_walk_enums_differ(walk, expr) ||
                (wefti_picks_row(expr->name) && wefti_expr_argument(expr, 2) != NULL &&
                 wefti_walk_mixes_enums(walk, expr->args[0], expr->args[2]));
        collation = shares ? shared_collation(walk, expr, &hint) : "";
    }
    const bool picks = walk->render != NULL && wefti_picks_row(wefti_function_name(expr->name));
    const bool as_date = times && wefti_walk_family(walk, expr) == WEFTI_FAMILY_DATE; /* nullif has the type of the first */
    if (as_date)
        (void)wefti_walk_open_cast(walk, WEFT_DATE);
    wefti_walk_sql(walk, function != NULL ? function : expr->name);
    wefti_walk_sql(walk, function != NULL ? "" : "(");
    const weft_expr *argument;
    size_t from = 0, to = 0; /* what is distinct */
    for (size_t i = 0; (argument = wefti_walk_next(walk, expr->args, i, "weft_fn")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        from = i == 0 && walk->render != NULL
                   ? walk->render->text.size + strlen(argument->op == WEFT_EXPR_DISTINCT ? "DISTINCT " : "")
                   : from;
        if (argument->op == WEFT_EXPR_STAR && i == 0 && wefti_takes_star(expr) &&
            wefti_walk_next(walk, expr->args, 1, "weft_fn") == NULL) {
            wefti_walk_note(walk, WEFT_EXPR_STAR);
            wefti_walk_sql(walk, "*");
        } else {
            const wefti_hint beside = picks && i != 1   ? picked_hint(walk, expr, i)
                                      : joins && i == 0 ? wefti_hint_untyped
                                      : shares          ? wefti_walk_text_hint(walk, expr, argument, &hint)
                                                        : hint;
            if (wefti_walk_counts(expr, i))
                wefti_walk_narrow(walk, argument, WEFTI_PRECEDENCE_NONE, &beside);
            else
                walk_part(walk, argument, &beside, times, enums);
            wefti_walk_sql(walk, i == 0 && !times ? collation : "");
        }
        to = i == 0 && walk->render != NULL ? walk->render->text.size : to;
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_ordering(walk, expr, ordered, from, to);
    wefti_walk_sql(walk, as_date ? "))" : ")");
}

/* What is a word of the grammar rather than a function, and must be given something. */
static void check_count(wefti_walk *walk, const weft_expr *expr)
{
    static const char *const words[] = {"coalesce", "greatest", "least", "nullif", "trim", NULL};
    if (!is_named(expr->name, words))
        return;
    const bool pair = wefti_ascii_equal(expr->name, "nullif");
    size_t count = 0;
    if (expr->args != NULL && expr->args[0] != NULL && expr->args[0]->op == WEFT_EXPR_DISTINCT)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_distinct is the first argument of an aggregate; %s is none",
                              expr->name);
    while (count < 3 && wefti_walk_next(walk, expr->args, count, "weft_fn") != NULL)
        count++;
    if (walk->status == WEFT_OK && (count == 0 || (pair && count != 2)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_fn: %s takes %s", expr->name,
                              pair ? "two arguments" : "an argument at least");
}

void wefti_walk_fn(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_called called = walk->called;
    const weft_expr *ordered = walk->ordered, *distinct = walk->distinct;
    walk->called = WEFTI_CALLED_ALONE;
    walk->ordered = NULL;
    if (!is_function_name(expr->name)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_fn: \"%.40s\" is no name of a function; letters, digits, _ and . are",
                              expr->name != NULL ? expr->name : "(null)");
        return;
    }
    check_count(walk, expr);
    wefti_walk_note(walk, WEFT_EXPR_FN);
    wefti_walk_note_text(walk, expr->name);
    const wefti_ground ground = wefti_walk_enter_function(walk, expr, called);
    const weft_expr *first = expr->args != NULL ? expr->args[0] : NULL;
    const bool may = first != NULL && first->op == WEFT_EXPR_DISTINCT && (!wefti_is_scalar(expr) || wefti_is_aggregate(expr));
    walk->distinct = may ? first : NULL;
    if (wefti_ascii_equal(expr->name, "coalesce") && first != NULL && wefti_walk_next(walk, expr->args, 1, "weft_fn") == NULL)
        wefti_walk_operand(walk, first, WEFTI_PRECEDENCE_UNARY, NULL); /* SQLite takes two or more */
    else
        walk_call_of(walk, expr, ordered);
    walk->distinct = distinct;
    wefti_walk_leave(walk, ground);
}

void wefti_walk_distinct(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint)
{
    const weft_expr *inner = wefti_walk_argument(walk, expr, 0);
    wefti_walk_no_more(walk, expr, 1);
    if (walk->distinct != expr)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_MISUSE,
            "weft_distinct is the first argument of an aggregate: weft_count(weft_distinct(e)); rows are distinct by "
            ".distinct");
    walk->distinct = NULL;
    if (inner != NULL && inner->op == WEFT_EXPR_TUPLE)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_distinct takes one value; several at once are the rows of a weft_subselect with .distinct");
    wefti_walk_note(walk, WEFT_EXPR_DISTINCT);
    wefti_walk_sql(walk, "DISTINCT ");
    if (inner != NULL && wefti_walk_is_decimal(walk, inner)) {
        wefti_walk_decimal(walk, inner, NULL, true);
    } else if (inner != NULL) {
        wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_NONE, hint);
        wefti_walk_sql(walk, wefti_expr_collation(walk, inner));
    }
}

/* To what the database keeps as another type, and to text; false: nothing is written. */
static bool walk_typeless_cast(wefti_walk *walk, const weft_expr *inner, unsigned type)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    if (sql == NULL)
        return false;
    if (wefti_type_is_array(type)) { /* of one with the same items, or integers, which is all that it may be */
        const bool other = wefti_walk_other_width(walk, inner, type);
        wefti_walk_sql(walk, other ? walk->dialect->keep : "");
        wefti_walk_sql(walk, other ? "array(" : "");
        wefti_walk_operand(walk, inner, other ? WEFTI_PRECEDENCE_NONE : WEFTI_PRECEDENCE_OTHER, NULL);
        if (other)
            wefti_text_add_format(&walk->render->text, ", 'weft_cast', %u)", type);
        return true;
    }
    if (wefti_walk_open_time(walk, inner, type) || wefti_walk_open_cast(walk, type)) {
        wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_NONE, NULL);
        wefti_walk_sql(walk, ")");
        return true;
    }
    wefti_walk_sql(walk, "CAST(");
    wefti_walk_as_text(walk, inner, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, " AS TEXT)");
    return true;
}

/* No database has the type: what does not fit it is an error there, as where it is stored. */
static void walk_unsigned_cast(wefti_walk *walk, const weft_expr *inner)
{
    const wefti_dialect *dialect = walk->dialect;
    if (dialect->keep == NULL) {
        wefti_walk_sql(walk, dialect->keep_unsigned);
        wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_NONE, NULL);
        wefti_walk_sql(walk, dialect->keep_unsigned_close);
        return;
    }
    wefti_walk_sql(walk, dialect->keep);
    wefti_walk_sql(walk, wefti_type_of(WEFT_UINT32)->name);
    wefti_walk_sql(walk, "(");
    (void)wefti_walk_decimal_cast(walk, inner, WEFT_UINT32);
    wefti_walk_sql(walk, ", 'weft_cast')");
}

void wefti_walk_cast(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *inner = wefti_walk_argument(walk, expr, 0);
    wefti_walk_no_more(walk, expr, 1);
    unsigned type = (unsigned)expr->value.type & (WEFT_OPT - 1u);
    type = wefti_type_of_column(type);
    if (!wefti_type_is_columns(type))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_cast: %u is no weft_type", (unsigned)expr->value.type);
    if (inner == NULL || walk->status != WEFT_OK || !wefti_walk_has_type(walk, type))
        return;
    wefti_walk_note(walk, WEFT_EXPR_CAST | (uint64_t)type << 16);
    wefti_walk_check_cast(walk, inner, type);
    if (walk->render != NULL && type == WEFT_UINT32) {
        walk_unsigned_cast(walk, inner);
        return;
    }
    if (wefti_walk_decimal_cast(walk, inner, type) || walk_typeless_cast(walk, inner, type))
        return;
    wefti_walk_sql(walk, "CAST(");
    wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, " AS ");
    wefti_walk_sql(walk, walk->dialect->names[type].cast);
    wefti_walk_sql(walk, ")");
}

/* Whether CASE chooses from constants alone. */
static bool gives_values(const weft_expr *expr)
{
    bool values = true;
    for (size_t i = 0; values && !wefti_list_ends(expr->args, i); i++)
        values = (i % 2 == 0 && !wefti_list_ends(expr->args, i + 1)) || wefti_expr_bare(expr->args[i])->op == WEFT_EXPR_VALUE;
    return values;
}

void wefti_walk_case(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint)
{
    (void)wefti_walk_argument(walk, expr, 0);
    (void)wefti_walk_argument(walk, expr, 1);
    wefti_walk_note(walk, WEFT_EXPR_CASE);
    wefti_walk_sql(walk, "CASE");
    wefti_hint own = {0};
    if (walk->render != NULL && walk->status == WEFT_OK)
        own = wefti_walk_infer(walk, expr);
    bool constant = own.type == WEFT_UNMAPPED;
    if (own.type == WEFT_UNMAPPED && hint != NULL)
        own = *hint;
    if (constant)
        own.untyped = WEFTI_UNTYPED_JSON;
    const weft_expr *part;
    const uint8_t kind = wefti_number_of(walk, expr);
    const bool fitted = hint != NULL && hint->type != WEFT_UNMAPPED && gives_values(expr) &&
                        !(wefti_type_is_real(hint->type) && wefti_type_is_real(kind)); /* each by itself, as if it stood alone */
    const uint8_t number = fitted ? (uint8_t)WEFT_UNMAPPED : kind;
    const bool times = walk->render != NULL && walk->status == WEFT_OK && wefti_walk_family(walk, expr) == WEFTI_FAMILY_TIMESTAMP;
    const bool enums = wefti_walk_enums_differ(walk, expr);
    if (walk->status == WEFT_OK)
        wefti_walk_check_results(walk, expr, "CASE");
    for (size_t i = 0; (part = wefti_walk_next(walk, expr->args, i, "weft_case")) != NULL; i++) {
        bool is_when = i % 2 == 0 && wefti_walk_next(walk, expr->args, i + 1, "weft_case") != NULL;
        wefti_walk_sql(walk, is_when ? " WHEN " : i % 2 == 0 ? " ELSE " : " THEN ");
        if (is_when)
            wefti_walk_check_condition(walk, part);
        const wefti_hint beside = is_when ? wefti_hint_condition : wefti_walk_text_hint(walk, expr, part, &own);
        if (number == WEFT_DECIMAL && !is_when)
            wefti_walk_decimal(walk, part, NULL, false);
        else if (wefti_type_is_real(number) && !is_when)
            wefti_walk_as_real(walk, part, WEFTI_PRECEDENCE_NONE, &(wefti_hint){.type = number}, number);
        else
            walk_part(walk, part, &beside, times && !is_when, enums && !is_when);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, " END");
}
