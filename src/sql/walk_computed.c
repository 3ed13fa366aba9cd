/* Columns compared with expressions, both sinks: what stands in a value's place is written, noted and typed as the operator node
 * that says the same, weft_op(weft_col(M, f), ">", e). That node is made here and lives as long as it is walked; whoever looks for
 * what stands within nodes takes wefti_expr_args and needs to know no more. */
#include "sql/walk_expr.h"

/* The operator that says the same; NULL: there is none. */
static const char *operator_of(int op)
{
    switch (op) {
    case WEFT_EXPR_EQ: return "=";
    case WEFT_EXPR_NE: return "<>";
    case WEFT_EXPR_LT: return "<";
    case WEFT_EXPR_LE: return "<=";
    case WEFT_EXPR_GT: return ">";
    case WEFT_EXPR_GE: return ">=";
    case WEFT_EXPR_LIKE: return "LIKE";
    case WEFT_EXPR_NOT_LIKE: return "NOT LIKE";
    case WEFT_EXPR_ILIKE: return "ILIKE";
    default: return NULL;
    }
}

const weft_expr *wefti_walk_computed(wefti_walk *walk, const weft_expr *expr)
{
    const char *name = wefti_walk_op_name(expr->op);
    if (wefti_expr_is_computed(expr) && expr->value.as.nodes_[0] == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s: the expression beside %s.%s is NULL; a condition that may be absent is "
                              "weft_when(there, condition), and SQL's NULL an unset optional",
                              name, expr->model != NULL ? expr->model->name : "(no model)",
                              wefti_walk_field_name(expr->model, expr->offset));
        return NULL;
    }
    const weft_expr *e = wefti_walk_next(walk, wefti_expr_args(expr), 0, expr->op == WEFT_EXPR_SET ? "weft_to_expr" : name);
    if (e == NULL && walk->status == WEFT_OK)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s: weft_end, which ends lists, is no expression", name);
    return e;
}

/* ---- a text in the beginning, in the end or somewhere in another ---- */

static const weft_expr one = {.op = WEFT_EXPR_VALUE, .value = {.type = WEFT_INT64, .as.i = 1}};
static const weft_expr none = {.op = WEFT_EXPR_VALUE, .value = {.type = WEFT_INT64, .as.i = 0}};
static const weft_expr written_one = {.op = WEFTI_EXPR_STANDIN, .name = "1", .args = (const weft_expr *const[]){&one, &weft_end}};
static const weft_expr written_none = {.op = WEFTI_EXPR_STANDIN, .name = "0", .args = (const weft_expr *const[]){&none, &weft_end}};

/* position(f, e) = 1, or > 0. */
static void walk_position(wefti_walk *walk, const weft_expr *column, const weft_expr *e, int op, int precedence)
{
    const bool first = op == WEFT_EXPR_STARTS_WITH;
    const weft_expr position = {.op = WEFT_EXPR_FN,
                                .name = walk->dialect->position,
                                .args = (const weft_expr *const[]){column, e, &weft_end}};
    const weft_expr found = {.op = WEFT_EXPR_OP,
                             .name = first ? "=" : ">",
                             .args = (const weft_expr *const[]){&position, first ? &written_one : &written_none, &weft_end}};
    wefti_walk_op(walk, &found, precedence);
}

/* substr(f, length(f) - length(e) + 1) = e. */
static void walk_end(wefti_walk *walk, const weft_expr *column, const weft_expr *e, int precedence)
{
    const weft_expr whole = {.op = WEFT_EXPR_FN, .name = "length", .args = (const weft_expr *const[]){column, &weft_end}};
    const weft_expr size = {.op = WEFT_EXPR_FN, .name = "length", .args = (const weft_expr *const[]){e, &weft_end}};
    const weft_expr before = {.op = WEFT_EXPR_OP, .name = "-", .args = (const weft_expr *const[]){&whole, &size, &weft_end}};
    const weft_expr from = {.op = WEFT_EXPR_OP, .name = "+", .args = (const weft_expr *const[]){&before, &written_one, &weft_end}};
    const weft_expr end = {.op = WEFT_EXPR_FN, .name = "substr", .args = (const weft_expr *const[]){column, &from, &weft_end}};
    const weft_expr same = {.op = WEFT_EXPR_OP, .name = "=", .args = (const weft_expr *const[]){&end, e, &weft_end}};
    wefti_walk_op(walk, &same, precedence);
}

static void check_texts(wefti_walk *walk, const weft_expr *expr, const weft_expr *e)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    const wefti_column *column = wefti_walk_find_column(walk, expr->model, expr->offset);
    if (column != NULL)
        wefti_walk_check_pattern(walk, column, wefti_walk_op_name(expr->op));
    const wefti_family family = wefti_walk_family(walk, e);
    if (family != WEFTI_FAMILY_TEXT && family != WEFTI_FAMILY_OTHER)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s: what stands beside %s.%s is no text; cast it to WEFT_TEXT",
                              wefti_walk_op_name(expr->op), expr->model->name, wefti_walk_field_name(expr->model, expr->offset));
}

static void walk_part(wefti_walk *walk, const weft_expr *expr, const weft_expr *column, const weft_expr *e, int precedence)
{
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    check_texts(walk, expr, e);
    if (walk->status != WEFT_OK)
        return;
    if (wefti_expr_bare(e)->op == WEFT_EXPR_VALUE) {
        const bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
        wefti_walk_like(walk, column, e, expr->op);
        wefti_walk_close_paren(walk, paren);
    } else if (expr->op == WEFT_EXPR_ENDS_WITH) {
        walk_end(walk, column, e, precedence);
    } else {
        walk_position(walk, column, e, expr->op, precedence);
    }
}

void wefti_walk_compare_computed(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const weft_expr *e = wefti_walk_computed(walk, expr);
    if (e == NULL)
        return;
    const weft_expr column = {.op = WEFT_EXPR_COLUMN, .alias = expr->alias, .model = expr->model, .offset = expr->offset};
    const char *operator= operator_of(expr->op);
    const weft_expr same = {.op = WEFT_EXPR_OP, .name = operator, .args =(const weft_expr *const[]){&column, e, &weft_end}};
    if (operator!= NULL)
        wefti_walk_op(walk, &same, precedence);
    else
        walk_part(walk, expr, &column, e, precedence);
}
