/* ANY and ALL, both sinks: a comparison with one or all of the rows of a SELECT or the items of a list.
 *
 * Where the database has neither, each row is compared by itself, as such an operator is written everywhere, and the truths are
 * put together by SQL's rule: one that decides, else NULL where one is NULL, else what holds of no rows. = ANY and <> ALL of a
 * SELECT are IN and NOT IN there, which use indexes. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

static const weft_expr *of_right(const weft_expr *expr) { return expr->args[1]; }

static bool is_any_all(const weft_expr *expr) { return expr->op == WEFT_EXPR_ANY_OF || expr->op == WEFT_EXPR_ALL_OF; }

bool wefti_is_any_all_op(const weft_expr *expr) { return is_any_all(expr->args[0]) || is_any_all(expr->args[1]); }

static bool check_operands(wefti_walk *walk, const weft_expr *expr)
{
    static const char *const names[] = {"=", "<>", "!=", "<", "<=", ">", ">=", NULL};
    if (is_any_all(expr->args[0]) || expr->args[0]->op == WEFT_EXPR_TUPLE)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s stands on the right of a comparison, and one value on its left",
                              wefti_walk_op_name(of_right(expr)->op == WEFT_EXPR_ALL_OF ? WEFT_EXPR_ALL_OF : WEFT_EXPR_ANY_OF));
    else if (!wefti_is_named(expr->name, names))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is compared by =, <>, <, <=, > and >=, not by %.40s",
                              wefti_walk_op_name(of_right(expr)->op), expr->name);
    return walk->status == WEFT_OK;
}

/* ---- lists ---- */

/* The items as a parameter beside the left side. */
typedef struct items {
    const wefti_column *column;
    uint16_t type;
    uint8_t form, item; /* item: the type of one, beside which the left side is compared */
} items;

static bool settle_items(wefti_walk *walk, const weft_expr *left, const weft_value *value, items *list)
{
    const wefti_hint hint = wefti_walk_infer(walk, left);
    const uint16_t own = (uint16_t)wefti_lifted_type(value->type);
    const wefti_family family = wefti_walk_family(walk, left), of_items = wefti_family_of(&(wefti_hint){.type = (uint8_t)own});
    *list = (items){.column = hint.column, .item = hint.type};
    if ((int)value->type == WEFTI_BEYOND_INT64 && hint.type != WEFT_DECIMAL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE,
                              "a list of weft_any_item or weft_all_items has a number above 9223372036854775807");
        return false;
    }
    if ((int)value->type == WEFTI_BEYOND_INT64) {
        list->column = hint.computed ? NULL : hint.column;
        return wefti_form_of(own, true, list->column, WEFT_DECIMAL, &list->type, &list->form);
    }
    if (hint.type != WEFT_UNMAPPED && !hint.computed && wefti_form_of(own, true, hint.column, hint.type, &list->type, &list->form))
        return true;
    if (family != of_items && family != WEFTI_FAMILY_OTHER && of_items != WEFTI_FAMILY_OTHER) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s: the items of the list are of another type than its left side; cast it",
                              wefti_walk_op_name(WEFT_EXPR_ANY_OF));
        return false;
    }
    list->column = NULL;
    list->item = (uint8_t)own;
    return wefti_form_of(own, true, NULL, (uint8_t)own, &list->type, &list->form);
}

static void add_items(wefti_walk *walk, const items *list)
{
    wefti_walk_add_parameter(walk, wefti_walk_placed(walk, list->type), list->column, list->form);
    wefti_walk_placeholder(walk, walk->render->parameter_count);
}

/* ---- by the database ---- */

static void walk_by_database(wefti_walk *walk, const weft_expr *expr, const weft_expr *column, int precedence)
{
    const weft_expr *left = expr->args[0], *right = of_right(expr);
    const bool set = column != NULL && right->query->set_op != WEFT_SET_NONE,
               enums = column != NULL &&
                       (set ? wefti_walk_members_mix(walk, left, right->query, 0)
                            : wefti_walk_mixes_enums(walk, left, column) || wefti_walk_mixes_texts(walk, left, column));
    const weft_expr own = {.op = WEFT_EXPR_CAST, .value.type = WEFT_TEXT, .args = (const weft_expr *const[]){left, &weft_end}};
    const weft_expr of_query = {.op = WEFT_EXPR_CAST,
                                .value.type = WEFT_TEXT,
                                .args = (const weft_expr *const[]){column, &weft_end}};
    wefti_hint hint = {0};
    items list;
    if (walk->render != NULL && column != NULL) {
        wefti_walk_check_pair(walk, expr->name, left, column);
        hint = wefti_walk_beside(walk, left, column);
    }
    const bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
    wefti_walk_operand(walk, enums ? &own : left, WEFTI_PRECEDENCE_OTHER, &hint);
    wefti_walk_sql(walk, " ");
    wefti_walk_sql(walk, expr->name);
    wefti_walk_sql(walk, right->op == WEFT_EXPR_ANY_OF ? " ANY (" : " ALL (");
    if (column != NULL) {
        weft_rows_options query = *right->query;
        query.columns = enums && !set ? &of_query : query.columns;
        wefti_walk_members(walk, &query, enums && set ? 1 : 0);
    } else if (walk->render == NULL) {
        wefti_walk_lift_items(walk, &right->value);
    } else if (settle_items(walk, left, &right->value, &list)) {
        add_items(walk, &list);
    }
    wefti_walk_sql(walk, ")");
    wefti_walk_close_paren(walk, paren);
}

/* ---- by each row ---- */

#define ROW_NAME "weft_value"

/* What the rows come from, in which the value has this name. */
static void walk_rows(wefti_walk *walk, const weft_rows_options *query)
{
    const bool set = query->set_op != WEFT_SET_NONE;
    wefti_walk_sql(walk, set ? "(SELECT NULL AS " ROW_NAME " WHERE 0 UNION ALL SELECT * FROM (" : "(");
    if (set)
        wefti_walk_query(walk, query, NULL, false);
    else
        wefti_walk_inner(walk, query, NULL, true, false);
    wefti_walk_sql(walk, set ? "))" : ")");
}

static const char *row_name(const wefti_walk *walk, const weft_rows_options *query, const items *list)
{
    if (query == NULL)
        return list->type == (WEFT_BYTES | WEFTI_ARRAY)                                     ? walk->dialect->item_of_bytes
               : wefti_walk_reads_json(walk, list->type & (WEFTI_ARRAY - 1u), list->column) ? walk->dialect->item_of_json
                                                                                            : walk->dialect->item;
    const weft_expr *alone[2], *const *columns = wefti_items(query->columns, alone);
    const weft_expr *column = query->set_op == WEFT_SET_NONE ? columns[0] : NULL;
    return column != NULL && column->op == WEFT_EXPR_LABEL && column->name != NULL ? column->name : ROW_NAME;
}

/* The name in the text, from where it is read. */
static const char *quoted_name(wefti_walk *walk, const weft_rows_options *query, const items *list)
{
    const char *name = row_name(walk, query, list), *copy = NULL;
    if (query == NULL || walk->render == NULL)
        return name;
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_add_identifier(&text, name);
    copy = text.failed ? NULL : wefti_arena_strndup(&walk->render->arena, text.data, text.size);
    wefti_text_deinit(&text);
    if (copy == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
    return copy;
}

static void walk_each_row(wefti_walk *walk, const weft_expr *expr, const weft_expr *column)
{
    const weft_expr *left = expr->args[0], *right = of_right(expr);
    const bool all = right->op == WEFT_EXPR_ALL_OF;
    items list = {0};
    const bool aggregate = walk->render != NULL && wefti_walk_any_aggregate((const weft_expr *const[]){left, &weft_end});
    if (walk->render != NULL && ((aggregate && !wefti_walk_is_of_groups(walk)) || wefti_has_window(left)))
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                            "%s has an aggregate or a window on the left of %s: put it into a weft_subselect, and name its column",
                            walk->dialect->capabilities.name, wefti_walk_op_name(right->op));
    if (walk->render != NULL && walk->status == WEFT_OK && column == NULL && !settle_items(walk, left, &right->value, &list))
        return;
    const weft_rows_options *query = right->query;
    const bool set = walk->render != NULL && column != NULL && query->set_op != WEFT_SET_NONE;
    const uint8_t together = set ? wefti_walk_members_type(walk, column, query, 0, 0) : (uint8_t)WEFT_UNMAPPED;
    const weft_expr *const first[] = {column, &weft_end};
    const weft_expr same = {.op = WEFT_EXPR_CAST, .value.type = (weft_type)together, .args = first};
    if (together != WEFT_UNMAPPED) { /* its members are of several types */
        query = wefti_walk_cast_members(walk, query, &together, 1);
        column = &same;
    }
    const char *name = quoted_name(walk, query, &list);
    if (walk->status != WEFT_OK)
        return;
    const weft_expr as = {.op = WEFT_EXPR_CAST, .value.type = (weft_type)list.item, .args = (const weft_expr *const[]){&weft_end}};
    const weft_expr row = {.op = WEFTI_EXPR_STANDIN,
                           .name = name,
                           .args = (const weft_expr *const[]){column != NULL ? column : &as, &weft_end}};
    const weft_expr each = {.op = WEFT_EXPR_OP, .name = expr->name, .args = (const weft_expr *const[]){left, &row, &weft_end}};
    wefti_walk_sql(walk, all ? "(SELECT CASE WHEN min(c) = 0 THEN 0 WHEN count(*) > count(c) THEN NULL ELSE 1 END FROM (SELECT "
                             : "(SELECT CASE WHEN max(c) = 1 THEN 1 WHEN count(*) > count(c) THEN NULL ELSE 0 END FROM (SELECT ");
    wefti_walk_operand(walk, &each, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, " AS c FROM ");
    if (column != NULL) {
        walk_rows(walk, query);
    } else if (walk->render == NULL) {
        wefti_walk_lift_items(walk, &right->value);
    } else {
        wefti_walk_sql(walk, walk->dialect->items_open);
        add_items(walk, &list);
        wefti_walk_sql(walk, walk->dialect->items_close);
    }
    wefti_walk_sql(walk, "))");
}

void wefti_walk_any_all(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const weft_expr *left = expr->args[0], *right = of_right(expr);
    if (!check_operands(walk, expr))
        return;
    const weft_expr *column = right->query != NULL ? wefti_only_column(right->query) : NULL;
    const bool equal = strcmp(expr->name, "=") == 0, in = equal && right->op == WEFT_EXPR_ANY_OF,
               not_in = (strcmp(expr->name, "<>") == 0 || strcmp(expr->name, "!=") == 0) && right->op == WEFT_EXPR_ALL_OF;
    if (right->query != NULL && column == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the query of %s has one column", wefti_walk_op_name(right->op));
    else if (walk->literal && right->query == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "a list of weft_any_item or weft_all_items is no literal; weft_in is one");
    if (walk->status != WEFT_OK)
        return;
    if (!walk->dialect->any_all && (in || not_in) && right->query != NULL) {
        const weft_expr among = {.op = in ? WEFT_EXPR_IN_QUERY : WEFT_EXPR_NOT_IN_QUERY,
                                 .query = right->query,
                                 .args = (const weft_expr *const[]){left, &weft_end}};
        wefti_walk_operand(walk, &among, precedence, NULL);
        return;
    }
    wefti_walk_note_pair(walk, WEFT_EXPR_OP | (uint64_t)(unsigned)right->op << 16,
                         (uint64_t)(unsigned)right->value.type << 1 | (right->query != NULL));
    wefti_walk_note_text(walk, expr->name);
    if (walk->dialect->any_all)
        walk_by_database(walk, expr, column, precedence);
    else
        walk_each_row(walk, expr, column);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}
