/* Nodes of ranges: operators and functions of PostgreSQL's. Elsewhere there are none, which is said before anything is sent. */
#include "sql/walk_expr.h"

/* Of an operand: a value's own, else what is inferred; 0 where only the database knows. */
static unsigned type_of(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *bare = expr != NULL ? wefti_expr_bare(expr) : NULL;
    if (bare == NULL || walk->status != WEFT_OK)
        return WEFT_UNMAPPED;
    if (bare->op == WEFT_EXPR_VALUE)
        return wefti_type_of_column((unsigned)bare->value.type & (WEFTI_TYPE_ROWS - 1u));
    const wefti_hint hint = wefti_walk_infer(walk, expr);
    return hint.computed || (hint.column != NULL && hint.column->sql_type != NULL) ? (unsigned)WEFT_UNMAPPED : hint.type;
}

static unsigned multirange_of(unsigned range)
{
    return wefti_type_of(range)->bound != 0 && !wefti_type_is_array(range) ? WEFT_MULTIRANGE + range : range;
}

uint8_t wefti_range_node_type(wefti_walk *walk, const weft_expr *expr)
{
    const unsigned first = type_of(walk, wefti_expr_argument(expr, 0)), other = type_of(walk, wefti_expr_argument(expr, 1));
    const unsigned known = wefti_type_of(first)->bound != 0 ? first : wefti_type_of(other)->bound != 0 ? other : 0;
    return (uint8_t)(expr->op == WEFT_EXPR_RANGE_JOIN ? known : wefti_type_of(first)->bound);
}

/* What weft knows of functions of ranges: those that make one are called as its type. */
uint8_t wefti_range_function_type(wefti_walk *walk, const weft_expr *expr)
{
    const char *name = expr->name;
    const weft_expr *given = wefti_expr_argument(expr, 0);
    const wefti_type_names *names = walk->dialect->names;
    for (unsigned type = WEFT_UNMAPPED + 1; name != NULL && type < WEFTI_COLUMN_TYPES; type++)
        if (wefti_type_of(type)->bound != 0 && names[type].cast != NULL && wefti_ascii_equal(name, names[type].cast))
            return (uint8_t)type;
    static const char *const known[] = {"range_merge", "range_agg", "multirange", "range_intersect_agg", "lower", "upper", NULL};
    const unsigned type = given != NULL && wefti_is_named(name, known) ? type_of(walk, given) : 0;
    if (name == NULL || wefti_type_of(type)->bound == 0)
        return WEFT_UNMAPPED;
    if (wefti_ascii_equal(name, "range_merge"))
        return (uint8_t)wefti_type_range(type);
    if (wefti_ascii_equal(name, "range_agg") || wefti_ascii_equal(name, "multirange"))
        return (uint8_t)multirange_of(type);
    if (wefti_ascii_equal(name, "range_intersect_agg"))
        return (uint8_t)type;
    return wefti_ascii_equal(name, "lower") || wefti_ascii_equal(name, "upper") ? wefti_type_of(type)->bound
                                                                                : (uint8_t)WEFT_UNMAPPED;
}

/* ---- writing ---- */

static const char *const operators[] = {"@>", "<@", "&&", "<<", ">>", "&<", "&>", "-|-"}, *const joins[] = {"+", "*", "-"},
                         *const bounds[] = {"lower", "upper"},
                         *const questions[] = {"isempty", "lower_inc", "upper_inc", "lower_inf", "upper_inf"};

static bool is_among(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (name != NULL && i < count && strcmp(names[i], name) != 0)
        i++;
    return name != NULL && i < count;
}
#define IS_AMONG(name, names) is_among(name, names, sizeof(names) / sizeof(names)[0])

static bool is_known(const weft_expr *expr)
{
    switch (expr->op) {
    case WEFT_EXPR_RANGE_JOIN: return IS_AMONG(expr->name, joins);
    case WEFT_EXPR_RANGE_BOUND: return IS_AMONG(expr->name, bounds);
    case WEFT_EXPR_RANGE_IS: return IS_AMONG(expr->name, questions);
    default: return IS_AMONG(expr->name, operators);
    }
}

static void check_range(wefti_walk *walk, const weft_expr *expr, unsigned type)
{
    if (type != WEFT_UNMAPPED && wefti_type_of(type)->bound == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s (%s) takes a range, and no %s", wefti_walk_op_name(expr->op), expr->name,
                              wefti_type_of(type)->word);
}

/* Known types must go together; what an item is checked for is the type of the bounds, as that of a column. */
static void check_operands(wefti_walk *walk, const weft_expr *expr, unsigned first, unsigned other)
{
    const char *name = wefti_walk_op_name(expr->op);
    const unsigned bound = wefti_type_of(first)->bound, others = wefti_type_of(other)->bound;
    if (walk->dialect->names[WEFT_RANGE_INT32].cast == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s (%s): %s has no ranges", name, expr->name,
                              walk->dialect->capabilities.name);
        return;
    }
    check_range(walk, expr, first);
    if (expr->op == WEFT_EXPR_RANGE_TEST || expr->op == WEFT_EXPR_RANGE_JOIN)
        check_range(walk, expr, other);
    if (walk->status != WEFT_OK || bound == 0 || other == WEFT_UNMAPPED)
        return;
    if (expr->op == WEFT_EXPR_RANGE_HAS) {
        const wefti_type *wanted = wefti_type_of(bound), *given = wefti_type_of(other);
        if (wanted->family != given->family && wefti_expr_bare(wefti_expr_argument(expr, 1))->op != WEFT_EXPR_VALUE)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s has a %s and a %s value; cast one of them", name,
                                  wefti_type_of(first)->name, given->name);
    } else if (others != 0 && (bound != others || (expr->op == WEFT_EXPR_RANGE_JOIN && first != other))) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s (%s) has a %s and a %s; cast one of them", name, expr->name,
                              wefti_type_of(first)->name, wefti_type_of(other)->name);
    }
}

static void walk_part(wefti_walk *walk, const weft_expr *part, unsigned type, int precedence)
{
    const wefti_hint hint = {.type = (uint8_t)type, .strict = true};
    wefti_walk_operand(walk, part, precedence, type != WEFT_UNMAPPED ? &hint : NULL);
}

void wefti_walk_range(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const bool two = expr->op != WEFT_EXPR_RANGE_BOUND && expr->op != WEFT_EXPR_RANGE_IS;
    const weft_expr *left = wefti_walk_argument(walk, expr, 0), *right = two ? wefti_walk_argument(walk, expr, 1) : NULL;
    wefti_walk_no_more(walk, expr, two ? 2 : 1);
    if (walk->status == WEFT_OK && !is_known(expr))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s: \"%s\" is no operator of ranges", wefti_walk_op_name(expr->op),
                              expr->name != NULL ? expr->name : "");
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    wefti_walk_note_text(walk, expr->name);
    const unsigned first = walk->render != NULL ? type_of(walk, left) : 0;
    unsigned other = walk->render != NULL && two ? type_of(walk, right) : 0;
    if (walk->render != NULL)
        check_operands(walk, expr, first, other);
    if (expr->op == WEFT_EXPR_RANGE_HAS && wefti_type_of(first)->bound != 0)
        other = wefti_type_of(first)->bound;
    const bool paren = two && wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_OTHER, precedence);
    if (!two) {
        wefti_walk_sql(walk, expr->name);
        wefti_walk_sql(walk, "(");
    }
    walk_part(walk, left, wefti_type_of(first)->bound != 0 ? first : 0, two ? WEFTI_PRECEDENCE_UNARY : WEFTI_PRECEDENCE_NONE);
    if (two) {
        wefti_walk_sql(walk, " ");
        wefti_walk_sql(walk, expr->name);
        wefti_walk_sql(walk, " ");
        walk_part(walk, right, other, WEFTI_PRECEDENCE_UNARY);
    }
    wefti_walk_sql(walk, two ? "" : ")");
    wefti_walk_close_paren(walk, paren);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}
