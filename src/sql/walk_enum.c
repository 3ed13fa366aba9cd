/* Enums where the database has types of their own for them, which hold nothing but their values: beside others, beside texts and in
 * functions of texts they are cast to text, so that they mean what they do where enums are texts. Rendering only. */
#include "sql/walk_expr.h"

/* A type of the database's own that holds nothing but its values; NULL: the texts that every database has, which those of
 * subqueries are, too; "": what a view has, which may be either. */
static const char *enum_type(const wefti_column *column)
{
    if (column == NULL || (column->enum_names == NULL && column->item_names == NULL))
        return NULL;
    return column->table->definition != NULL ? "" : column->native_enum != NULL ? column->cast : NULL;
}

/* What an expression gives, as far as enums are concerned. */
typedef struct given {
    const wefti_column *column;
    const char *type; /* of an enum, or of an array of one */
    bool text, array; /* of one kind or the other */
} given;

/* What lag and its like give where another stands in for a row that is not there. Windows do not nest. */
static bool is_picked_as_text(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *bare = wefti_expr_bare(expr), *function = bare->op == WEFT_EXPR_OVER ? wefti_over_function(bare) : bare;
    const weft_expr *other =
        function->op == WEFT_EXPR_FN && wefti_picks_row(function->name) ? wefti_expr_argument(function, 2) : NULL;
    return other != NULL && wefti_walk_mixes_enums(walk, function->args[0], other);
}

static given given_by(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_hint hint = wefti_walk_infer(walk, expr);
    /* Texts among constants within others: the server has made them texts. */
    const bool made = hint.type == WEFT_UNMAPPED && wefti_expr_bare(expr)->op != WEFT_EXPR_VALUE &&
                      wefti_walk_family(walk, expr) == WEFTI_FAMILY_TEXT;
    const bool array = hint.type == WEFT_ARRAY + WEFT_TEXT, text = hint.type == WEFT_TEXT || array || made;
    const wefti_column *column = hint.column != NULL || !text ? hint.column : wefti_array_items_column(walk, expr);
    const bool differ = text && (is_picked_as_text(walk, expr) || wefti_walk_enums_differ(walk, expr) ||
                                 wefti_walk_items_mix(walk, wefti_expr_bare(expr)));
    return (given){column, text && !differ ? enum_type(column) : NULL, text, array};
}

/* An array's is that of its items. */
static bool same_type(const char *a, const char *b)
{
    const size_t size = strcspn(a, "[");
    return size == strcspn(b, "[") && strncmp(a, b, size) == 0;
}

static bool mix(const given *a, const given *b)
{
    if (!a->text || !b->text || (a->column == b->column && a->column != NULL && (a->type == NULL) == (b->type == NULL)))
        return false;
    if (a->type == NULL || b->type == NULL)
        return a->type != b->type;
    return a->type[0] == '\0' || !same_type(a->type, b->type);
}

bool wefti_walk_mixes_enums(wefti_walk *walk, const weft_expr *a, const weft_expr *b)
{
    return wefti_walk_enums_mix(walk, (const weft_expr *const[]){a, b}, 2);
}

/* The same where a text among constants is what a query gives, which has made it a text. */
bool wefti_walk_mixes_texts(wefti_walk *walk, const weft_expr *e, const weft_expr *column)
{
    const weft_expr text = {.op = WEFT_EXPR_CAST, .value.type = WEFT_TEXT, .args = (const weft_expr *const[]){column, &weft_end}};
    return wefti_is_untyped_text(column) && wefti_walk_mixes_enums(walk, e, &text);
}

enum { MOST = 32 };

/* Each is looked at once, for it may be as deep as the statement. */
bool wefti_walk_enums_mix(wefti_walk *walk, const weft_expr *const *list, size_t count)
{
    given all[MOST];
    bool found = false;
    if (walk->render == NULL || walk->dialect->text_types == NULL)
        return false;
    for (size_t i = 0; !found && i < count && i < MOST; i++) {
        all[i] = given_by(walk, list[i]);
        for (size_t j = 0; !found && j < i; j++)
            found = mix(&all[i], &all[j]);
    }
    return found;
}

/* Column number i of each member; those that constants are take the type of the others. */
static void add_members(const weft_rows_options *query, size_t i, const weft_expr *list[MOST], size_t *count, int depth)
{
    const weft_expr *alone[2];
    for (size_t m = 0; query->set_op != WEFT_SET_NONE && depth < WEFTI_MAX_EXPR_DEPTH && query->members != NULL &&
                       query->members[m] != NULL && query->members[m]->set_op != WEFT_SET_END_;
         m++)
        add_members(query->members[m], i, list, count, depth + 1);
    const weft_expr *const *columns = query->set_op == WEFT_SET_NONE ? wefti_items(query->columns, alone) : NULL;
    for (size_t k = 0; columns != NULL && k <= i && !wefti_list_ends(columns, k); k++)
        if (k == i && *count < MOST && !wefti_is_untyped_text(columns[k]))
            list[(*count)++] = columns[k];
}

bool wefti_walk_members_mix(wefti_walk *walk, const weft_expr *e, const weft_rows_options *query, size_t i)
{
    const weft_expr constant = {.op = WEFT_EXPR_VALUE, .value.type = WEFT_TEXT};
    const weft_expr text = {.op = WEFT_EXPR_CAST,
                            .value.type = WEFT_TEXT,
                            .args = (const weft_expr *const[]){&constant, &weft_end}};
    const weft_expr *list[MOST];
    size_t count = 0;
    add_members(query, i, list, &count, 0);
    if (count == 0)
        list[count++] = &text; /* constants alone are texts */
    if (count < MOST && !wefti_is_untyped_text(e))
        list[count++] = e;
    return wefti_walk_enums_mix(walk, list, count);
}

bool wefti_walk_items_mix(wefti_walk *walk, const weft_expr *expr)
{
    if (walk->render == NULL || expr->op < WEFT_EXPR_ARRAY_HAS || expr->op > WEFT_EXPR_ARRAY_REMOVE ||
        wefti_expr_argument(expr, 1) == NULL || walk->depth >= WEFTI_MAX_EXPR_DEPTH)
        return false;
    walk->depth++;
    const bool mix =
        wefti_expr_bare(expr->args[1])->op != WEFT_EXPR_VALUE && wefti_walk_mixes_enums(walk, expr->args[0], expr->args[1]);
    walk->depth--;
    return mix;
}

weft_type wefti_walk_enum_as(wefti_walk *walk, const weft_expr *expr)
{
    return wefti_walk_infer(walk, expr).type == WEFT_ARRAY + WEFT_TEXT ? (weft_type)(WEFT_ARRAY + WEFT_TEXT) : WEFT_TEXT;
}

bool wefti_walk_enums_differ(wefti_walk *walk, const weft_expr *expr)
{
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
    const bool renders = walk->render != NULL && walk->dialect->text_types != NULL;
    const given own = renders ? given_by(walk, expr) : (given){0};
    const bool made = own.type != NULL;
    const bool distinct = expr->op == WEFT_EXPR_DISTINCT;
    const weft_expr cast = {.op = WEFT_EXPR_CAST,
                            .value.type = own.array ? (weft_type)(WEFT_ARRAY + WEFT_TEXT) : WEFT_TEXT,
                            .args = (const weft_expr *const[]){distinct && made ? expr->args[0] : expr, &weft_end}};
    const weft_expr all = {.op = WEFT_EXPR_DISTINCT, .args = (const weft_expr *const[]){&cast, &weft_end}};
    if (distinct && made && walk->distinct == expr)
        walk->distinct = &all;
    wefti_walk_operand(walk, !made ? expr : distinct ? &all : &cast, precedence, made ? NULL : hint);
}

bool wefti_walk_is_made_enum(wefti_walk *walk, const wefti_column *column)
{
    return walk->render != NULL && walk->dialect->text_types != NULL && column != NULL && column->enum_names != NULL &&
           enum_type(column) != NULL;
}
