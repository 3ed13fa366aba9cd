/* Enums where the database has types of their own for them, which hold nothing but their values: beside others, beside texts and in
 * functions of texts they are cast to text, so that they mean what they do where enums are texts. Rendering only. */
#include "sql/walk_expr.h"

/* A type of the database's own that holds nothing but its values; NULL: the texts that every database has, which those of
 * subqueries are, too; "": what a view has, which may be either. */
static const char *enum_type(const wefti_column *column)
{
    if (column == NULL || column->enum_names == NULL)
        return NULL;
    return column->table->definition != NULL ? "" : column->native_enum != NULL ? column->cast : NULL;
}

/* Of what an expression gives; *text: it is a text of one kind or the other. */
static const char *type_of(wefti_walk *walk, const weft_expr *expr, bool *text)
{
    const wefti_hint hint = wefti_walk_infer(walk, expr);
    *text = hint.type == WEFT_TEXT;
    return *text && !wefti_walk_enums_differ(walk, expr) ? enum_type(hint.column) : NULL;
}

bool wefti_walk_mixes_enums(wefti_walk *walk, const weft_expr *a, const weft_expr *b)
{
    bool left, right;
    if (walk->render == NULL || walk->dialect->text_types == NULL)
        return false;
    const char *left_type = type_of(walk, a, &left), *right_type = type_of(walk, b, &right);
    const wefti_column *column = wefti_walk_infer(walk, a).column;
    if (!left || !right ||
        (column == wefti_walk_infer(walk, b).column && column != NULL && (left_type == NULL) == (right_type == NULL)))
        return false;
    if (left_type == NULL || right_type == NULL)
        return left_type != right_type;
    return left_type[0] == '\0' || strcmp(left_type, right_type) != 0;
}

bool wefti_walk_enums_mix(wefti_walk *walk, const weft_expr *const *list, size_t count)
{
    for (size_t i = 0; walk->render != NULL && walk->dialect->text_types != NULL && i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (wefti_walk_mixes_enums(walk, list[i], list[j]))
                return true;
    return false;
}

bool wefti_walk_enums_differ(wefti_walk *walk, const weft_expr *expr)
{
    enum { MOST = 32 };
    const weft_expr *parts[MOST], *part;
    size_t count = 0;
    const bool of_case = expr->op == WEFT_EXPR_CASE;
    if (walk->render == NULL || walk->dialect->text_types == NULL || (!of_case && !wefti_walk_takes_one_type(expr)) ||
        walk->depth >= WEFTI_MAX_EXPR_DEPTH)
        return false;
    for (size_t i = 0; count < MOST && (part = wefti_walk_next(walk, expr->args, i, wefti_walk_op_name(expr->op))) != NULL; i++)
        if (!of_case || i % 2 == 1 || wefti_walk_next(walk, expr->args, i + 1, "weft_case") == NULL)
            parts[count++] = part;
    walk->depth++;
    const bool differ = wefti_walk_enums_mix(walk, parts, count);
    walk->depth--;
    return differ;
}

void wefti_walk_enum_text(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    bool text = false;
    const bool made = walk->render != NULL && walk->dialect->text_types != NULL && type_of(walk, expr, &text) != NULL;
    const bool distinct = expr->op == WEFT_EXPR_DISTINCT;
    const weft_expr cast = {.op = WEFT_EXPR_CAST,
                            .value.type = WEFT_TEXT,
                            .args = (const weft_expr *const[]){distinct && made ? expr->args[0] : expr, &weft_end}};
    const weft_expr all = {.op = WEFT_EXPR_DISTINCT, .args = (const weft_expr *const[]){&cast, &weft_end}};
    wefti_walk_operand(walk, !made ? expr : distinct ? &all : &cast, precedence, made ? NULL : hint);
}

bool wefti_walk_is_made_enum(wefti_walk *walk, const wefti_column *column)
{
    return walk->render != NULL && walk->dialect->text_types != NULL && enum_type(column) != NULL;
}
