/* Comparisons of several values at once, both sinks. Equality is that of each pair, so that null values are compared as elsewhere;
 * what comes before or behind is a row value of the database, which uses an index over the columns. */
#include "sql/walk_expr.h"

size_t wefti_tuple_count(wefti_walk *walk, const weft_expr *tuple)
{
    size_t count = 0;
    while (count <= WEFTI_MAX_KEY_COLUMNS && wefti_walk_next(walk, tuple->args, count, "weft_tuple") != NULL)
        count++;
    return count;
}

bool wefti_is_tuple_op(const weft_expr *expr)
{
    return expr->args[0]->op == WEFT_EXPR_TUPLE || expr->args[1]->op == WEFT_EXPR_TUPLE;
}

static bool check_tuples(wefti_walk *walk, const weft_expr *expr, size_t *count)
{
    static const char *const names[] = {"=", "<>", "!=", "<", "<=", ">", ">=", NULL};
    const weft_expr *left = expr->args[0], *right = expr->args[1];
    if (left->op != WEFT_EXPR_TUPLE || right->op != WEFT_EXPR_TUPLE)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a weft_tuple is compared with another weft_tuple");
    else if (!wefti_is_named(expr->name, names))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "tuples are compared by =, <>, <, <=, > and >=, not by %.40s", expr->name);
    if (walk->status != WEFT_OK)
        return false;
    *count = wefti_tuple_count(walk, left);
    const size_t others = wefti_tuple_count(walk, right);
    if (walk->status == WEFT_OK && (*count != others || *count < 1 || *count > WEFTI_MAX_KEY_COLUMNS))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a weft_tuple of %zu values stands beside one of %zu; both have 1 to %d",
                              *count, others, WEFTI_MAX_KEY_COLUMNS);
    return walk->status == WEFT_OK;
}

/* (a, b) = (x, y) is a = x AND b = y, and <> an OR. */
static void walk_pairs(wefti_walk *walk, const weft_expr *expr, size_t count, int precedence)
{
    const bool equal = strcmp(expr->name, "=") == 0;
    const weft_expr *sides[WEFTI_MAX_KEY_COLUMNS][3], *terms[WEFTI_MAX_KEY_COLUMNS + 1];
    weft_expr pairs[WEFTI_MAX_KEY_COLUMNS];
    for (size_t i = 0; i < count; i++) {
        sides[i][0] = expr->args[0]->args[i];
        sides[i][1] = expr->args[1]->args[i];
        sides[i][2] = &weft_end;
        pairs[i] = (weft_expr){.op = WEFT_EXPR_OP, .name = expr->name, .args = sides[i]};
        terms[i] = &pairs[i];
    }
    terms[count] = &weft_end;
    wefti_walk_operand(walk, &(const weft_expr){.op = equal ? WEFT_EXPR_AND : WEFT_EXPR_OR, .args = terms}, precedence, NULL);
}

/* A value of the tuple on one side, as it must be written beside that of the other. */
static void walk_element(wefti_walk *walk, const weft_expr *e, const weft_expr *other, bool left)
{
    if (walk->render == NULL) {
        wefti_walk_operand(walk, e, WEFTI_PRECEDENCE_NONE, NULL);
        return;
    }
    const uint8_t a = wefti_number_beside(walk, e, other), b = wefti_number_beside(walk, other, e);
    const bool decimals = walk->dialect->decimals != NULL && (a == WEFT_DECIMAL || b == WEFT_DECIMAL);
    const bool times = wefti_walk_mixes_times(walk, (const weft_expr *const[]){e, other, &weft_end}, 2);
    wefti_hint hint = wefti_walk_beside(walk, e, other);
    wefti_hint_note_json(&hint);
    if (wefti_walk_compares_real(walk, a, b)) {
        wefti_walk_as_real(walk, e, WEFTI_PRECEDENCE_UNARY, wefti_type_is_real(hint.type) ? &hint : NULL, WEFT_DOUBLE);
    } else if (decimals) {
        wefti_walk_decimal(walk, e, &hint, left);
    } else if (times) {
        wefti_walk_as_timestamp(walk, e, WEFTI_PRECEDENCE_UNARY, &hint);
    } else if (wefti_walk_mixes_enums(walk, e, other)) {
        wefti_walk_enum_text(walk, e, WEFTI_PRECEDENCE_UNARY, &hint);
    } else {
        wefti_walk_operand(walk, e, WEFTI_PRECEDENCE_UNARY, &hint);
        wefti_walk_sql(walk, left ? wefti_compared_collation(walk, e, other) : "");
    }
}

void wefti_walk_tuple_op(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    size_t count = 0;
    if (!check_tuples(walk, expr, &count))
        return;
    if (strcmp(expr->name, "=") == 0 || strcmp(expr->name, "<>") == 0 || strcmp(expr->name, "!=") == 0) {
        walk_pairs(walk, expr, count, precedence);
        return;
    }
    wefti_walk_note_pair(walk, WEFT_EXPR_TUPLE, count);
    wefti_walk_note_text(walk, expr->name);
    const bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
    for (int side = 0; side < 2; side++) {
        if (side > 0) {
            wefti_walk_sql(walk, " ");
            wefti_walk_sql(walk, expr->name);
            wefti_walk_sql(walk, " ");
        }
        for (size_t i = 0; i < count && walk->status == WEFT_OK; i++) {
            const weft_expr *e = expr->args[side]->args[i], *other = expr->args[1 - side]->args[i];
            if (walk->render != NULL && side == 0)
                wefti_walk_check_pair(walk, expr->name, e, other);
            wefti_walk_sql(walk, i > 0 ? ", " : "(");
            walk_element(walk, e, other, side == 0);
        }
        wefti_walk_sql(walk, ")");
    }
    wefti_walk_close_paren(walk, paren);
}
