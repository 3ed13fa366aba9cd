/* Types of expressions, as far as they follow from the schema: what a constant beside them becomes, and what a result column is.
 * WEFT_UNMAPPED where only the database knows. */
#include "sql/walk_expr.h"

#include <strings.h>

static wefti_hint of_column(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_table *table = expr->model != NULL ? wefti_walk_table(walk, expr->model) : NULL;
    const wefti_column *column = table != NULL ? wefti_walk_column_at(table, expr->offset) : NULL;
    return column != NULL ? (wefti_hint){.column = column, .type = column->type} : (wefti_hint){0};
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (wefti_ascii_equal(name, names[i]))
            return true;
    return false;
}
#define IS_ONE_OF(name, ...) \
    is_one_of(name, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static wefti_hint first_known(wefti_walk *walk, const weft_expr *const *list, size_t from, size_t step)
{
    wefti_hint hint = {0};
    const weft_expr *item;
    for (size_t i = 0; hint.type == WEFT_UNMAPPED && (item = wefti_walk_next(walk, list, i, "an expression")) != NULL; i++)
        if (i >= from && (i - from) % step == 0)
            hint = wefti_walk_infer_first(walk, item);
    return hint;
}

/* What it gives by THEN, or else by ELSE. */
static wefti_hint of_case(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_hint hint = first_known(walk, expr->args, 1, 2);
    size_t count = 0;
    while (wefti_expr_argument(expr, count) != NULL)
        count++;
    return hint.type == WEFT_UNMAPPED && count % 2 == 1 ? wefti_walk_infer(walk, expr->args[count - 1]) : hint;
}

static wefti_hint of_function(wefti_walk *walk, const weft_expr *expr)
{
    if (expr->name == NULL)
        return (wefti_hint){0};
    const uint8_t range = wefti_range_function_type(walk, expr);
    if (range != WEFT_UNMAPPED)
        return (wefti_hint){.type = range};
    if (IS_ONE_OF(expr->name, "count"))
        return (wefti_hint){.type = WEFT_INT64};
    if (IS_ONE_OF(expr->name, "lower", "upper", "trim", "ltrim", "rtrim", "substr", "replace"))
        return (wefti_hint){.type = WEFT_TEXT};
    if (IS_ONE_OF(expr->name, "grouping"))
        return (wefti_hint){.type = WEFT_INT32};
    if (IS_ONE_OF(expr->name, "bool_and", "bool_or", "every"))
        return (wefti_hint){.type = WEFT_BOOL};
    if (IS_ONE_OF(expr->name, "array_agg"))
        return (wefti_hint){.type = wefti_array_node_type(walk, expr)};
    if (IS_ONE_OF(expr->name, "string_agg"))
        return (wefti_hint){.type = expr->args != NULL && wefti_walk_infer(walk, expr->args[0]).type == WEFT_BYTES ? WEFT_BYTES
                                                                                                                   : WEFT_TEXT};
    if (wefti_window_number(expr->name) != WEFT_UNMAPPED)
        return (wefti_hint){.type = wefti_window_number(expr->name)};
    if (wefti_picks_row(expr->name))
        return expr->args != NULL ? wefti_walk_infer(walk, expr->args[0]) : (wefti_hint){0};
    if (IS_ONE_OF(expr->name, "min", "max", "coalesce", "nullif", "ifnull", "greatest", "least"))
        return first_known(walk, expr->args, 0, 1);
    if (!IS_ONE_OF(expr->name, "sum", "avg", "abs", "round"))
        return (wefti_hint){0};
    /* How wide a sum of integers is, the database says; decimals stay decimals. */
    wefti_hint hint = first_known(walk, expr->args, 0, 1);
    return hint.type == WEFT_DECIMAL ? (wefti_hint){.type = WEFT_DECIMAL, .computed = true} : (wefti_hint){0};
}

static wefti_hint of_operator(wefti_walk *walk, const weft_expr *expr)
{
    if (expr->name == NULL)
        return (wefti_hint){0};
    if (IS_ONE_OF(expr->name, "||", "->>"))
        return (wefti_hint){.type = WEFT_TEXT};
    switch (wefti_walk_rule(expr->name)) {
    case WEFTI_RULE_COMPARE:
    case WEFTI_RULE_LIKE:
    case WEFTI_RULE_LOGIC: return (wefti_hint){.type = WEFT_BOOL};
    case WEFTI_RULE_MEMBER: /* of JSON: others have the operator, too */
        return (wefti_hint){.type = wefti_family_type(wefti_walk_family(walk, expr))};
    default: break;
    }
    if (!IS_ONE_OF(expr->name, "+", "-", "*", "/", "%"))
        return (wefti_hint){0};
    /* A constant beside a sum has the type of its columns; what the sum itself becomes (integer or not, how wide) the database
     * says. */
    wefti_hint hint = first_known(walk, expr->args, 0, 1);
    hint.column = NULL;
    hint.computed = true;
    return hint;
}

/* Whether what is known of the expression is what is known of one of its parts. */
static bool hint_of_parts(const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_OP || expr->op == WEFT_EXPR_FN || expr->op == WEFT_EXPR_CASE;
}

wefti_hint wefti_walk_infer_first(wefti_walk *walk, const weft_expr *expr)
{
    wefti_hint hint = {0};
    if (walk->status != WEFT_OK || walk->render == NULL || expr == NULL)
        return hint;
    if (++walk->depth > WEFTI_MAX_EXPR_DEPTH) {
        walk->depth--;
        return hint;
    }
    switch (expr->op) {
    case WEFT_EXPR_COLUMN:
    case WEFT_EXPR_EXCLUDED: hint = of_column(walk, expr); break;
    case WEFT_EXPR_FN: hint = of_function(walk, expr); break;
    case WEFT_EXPR_OP: hint = of_operator(walk, expr); break;
    case WEFT_EXPR_PER_DATABASE: hint = wefti_walk_infer(walk, wefti_walk_of_database(walk, expr)); break;
    case WEFT_EXPR_FRAGMENT:
    case WEFT_EXPR_CAST: hint.type = (uint8_t)((unsigned)expr->value.type & (WEFT_OPT - 1u)); break;
    case WEFT_EXPR_SCALAR: hint = wefti_walk_infer(walk, wefti_scalar_column(expr)); break;
    case WEFT_EXPR_CASE: hint = of_case(walk, expr); break;
    case WEFTI_EXPR_STANDIN:
    case WEFT_EXPR_LABEL:
    case WEFT_EXPR_LITERAL:
    case WEFT_EXPR_FILTER:
    case WEFT_EXPR_ORDERED:
    case WEFT_EXPR_OVER:
    case WEFT_EXPR_DISTINCT: hint = first_known(walk, expr->args, 0, WEFTI_MAX_LIST_NODES); break;
    case WEFT_EXPR_WITHIN: hint = wefti_walk_within_type(walk, expr); break;
    case WEFT_EXPR_DATE_ADD:
    case WEFT_EXPR_DATE_TRUNC:
    case WEFT_EXPR_DATE_PART:
    case WEFT_EXPR_DATE_DIFF:
    case WEFT_EXPR_NOW:
    case WEFT_EXPR_TODAY: hint.type = wefti_date_type(walk, expr); break;
    case WEFT_EXPR_NEXT_VALUE: hint.type = WEFT_INT64; break;
    case WEFT_EXPR_ARRAY_OF:
    case WEFT_EXPR_ARRAY_LIST:
    case WEFT_EXPR_ARRAY_CONCAT:
    case WEFT_EXPR_ARRAY_LENGTH:
    case WEFT_EXPR_ARRAY_APPEND:
    case WEFT_EXPR_ARRAY_REMOVE:
    case WEFT_EXPR_ARRAY_ITEM: hint.type = wefti_array_node_type(walk, expr); break;
    case WEFT_EXPR_SEARCH: hint.type = wefti_search_type(walk, expr); break;
    case WEFT_EXPR_RANGE_JOIN:
    case WEFT_EXPR_RANGE_BOUND: hint.type = wefti_range_node_type(walk, expr); break;
    case WEFT_EXPR_JSON_GET:
    case WEFT_EXPR_JSON_SET:
    case WEFT_EXPR_JSON_REMOVE: hint.type = wefti_family_type(WEFTI_FAMILY_JSON); break;
    case WEFT_EXPR_JSON_TEXT:
    case WEFT_EXPR_JSON_KIND: hint.type = wefti_family_type(WEFTI_FAMILY_TEXT); break;
    case WEFT_EXPR_ARRAY_HAS:
    case WEFT_EXPR_ARRAY_CONTAINS:
    case WEFT_EXPR_ARRAY_OVERLAPS:
    case WEFT_EXPR_RANGE_TEST:
    case WEFT_EXPR_RANGE_HAS:
    case WEFT_EXPR_RANGE_IS:
    case WEFT_EXPR_JSON_HAS:
    case WEFT_EXPR_JSON_CONTAINS:
    case WEFT_EXPR_AND:
    case WEFT_EXPR_OR:
    case WEFT_EXPR_NOT:
    case WEFT_EXPR_ANY:
    case WEFT_EXPR_EXISTS:
    case WEFT_EXPR_IN_QUERY:
    case WEFT_EXPR_NOT_IN_QUERY:
    case WEFT_EXPR_BETWEEN:
    case WEFT_EXPR_BETWEEN_SYMMETRIC:
    case WEFT_EXPR_TRUE:
    case WEFT_EXPR_FALSE: hint.type = WEFT_BOOL; break;
    default:
        if (expr->op >= WEFT_EXPR_EQ && expr->op <= WEFT_EXPR_IS_NOT_NULL)
            hint.type = WEFT_BOOL;
    }
    walk->depth--;
    return hint;
}

wefti_hint wefti_walk_infer(wefti_walk *walk, const weft_expr *expr)
{
    wefti_hint hint = wefti_walk_infer_first(walk, expr);
    if (hint.type == WEFT_DECIMAL && hint_of_parts(expr)) { /* of the first part; a floating-point number makes the whole one */
        const uint8_t number = wefti_walk_number_kind(walk, expr);
        if (number != WEFT_UNMAPPED && wefti_type_is_real(number))
            hint = (wefti_hint){.type = number, .computed = true};
    }
    return hint;
}
