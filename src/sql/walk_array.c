/* Nodes of arrays: operators and functions of PostgreSQL's, or functions of the driver that are told the type of the items. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

enum { MOST_LISTED = 100 }; /* SQLite's functions take 127 arguments */

typedef enum second { NOTHING, ITEM, ARRAY, NUMBER } second;

/* How a node is written: open first between second close; turned: the second operand stands first. */
typedef struct array_words {
    int op;
    uint8_t second, gives; /* gives: NUMBER, ITEM, ARRAY, NOTHING for a condition */
    bool turned;
    const char *open, *between, *close, *function;
} array_words;

static const array_words *words_of(int op)
{
    static const array_words words[] = {
        {WEFT_EXPR_ARRAY_HAS, ITEM, NOTHING, true, "", " = ANY (", ")", "weft_array_has("},
        {WEFT_EXPR_ARRAY_CONTAINS, ARRAY, NOTHING, false, "", " @> ", "", "weft_array_contains("},
        {WEFT_EXPR_ARRAY_OVERLAPS, ARRAY, NOTHING, false, "", " && ", "", "weft_array_overlaps("},
        {WEFT_EXPR_ARRAY_CONCAT, ARRAY, ARRAY, false, "array_cat(", ", ", ")", "weft_array_concat("},
        {WEFT_EXPR_ARRAY_LENGTH, NOTHING, NUMBER, false, "cardinality(", "", ")", "weft_array_length("},
        {WEFT_EXPR_ARRAY_APPEND, ITEM, ARRAY, false, "array_append(", ", ", ")", "weft_array_append("},
        {WEFT_EXPR_ARRAY_REMOVE, ITEM, ARRAY, false, "array_remove(", ", ", ")", "weft_array_remove("},
        {WEFT_EXPR_ARRAY_ITEM, NUMBER, ITEM, false, "(", ")[", "]", "weft_array_item("},
    };
    size_t i = 0;
    while (words[i].op != op)
        i++;
    return &words[i];
}

/* ---- types ---- */

/* Of an item that an expression is; 0 where only the database knows. */
static unsigned item_type(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *bare = expr != NULL ? wefti_expr_bare(expr) : NULL;
    if (bare == NULL || walk->status != WEFT_OK)
        return WEFT_UNMAPPED;
    if (bare->op == WEFT_EXPR_VALUE)
        return wefti_type_of_column((unsigned)bare->value.type & (WEFTI_TYPE_ROWS - 1u));
    const wefti_hint hint = wefti_walk_infer(walk, expr);
    return hint.computed ? (unsigned)WEFT_UNMAPPED : hint.type;
}

/* The column whose items an expression's are, where these are an enum's or of a type of the program's own; NULL: they are none. */
static const wefti_column *column_of(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_column *column = NULL;
    if (expr == NULL || walk->render == NULL || walk->status != WEFT_OK || walk->depth >= WEFTI_MAX_EXPR_DEPTH)
        return NULL;
    const weft_expr *bare = wefti_expr_bare(expr);
    if (bare->op == WEFT_EXPR_COLUMN || bare->op == WEFT_EXPR_EXCLUDED) {
        column = wefti_walk_infer(walk, expr).column;
        const bool turned = column != NULL && wefti_type_is_array(column->type) && wefti_column_is_turned(column);
        return turned ? column : NULL;
    }
    walk->depth++;
    if (bare->op == WEFT_EXPR_ARRAY_CONCAT || bare->op == WEFT_EXPR_ARRAY_APPEND || bare->op == WEFT_EXPR_ARRAY_REMOVE)
        column = column_of(walk, wefti_expr_argument(bare, 0));
    if (column == NULL && bare->op == WEFT_EXPR_ARRAY_CONCAT)
        column = column_of(walk, wefti_expr_argument(bare, 1));
    walk->depth--;
    return column;
}

const wefti_column *wefti_array_items_column(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *bare = wefti_expr_bare(expr);
    return column_of(walk, bare->op == WEFT_EXPR_ARRAY_ITEM ? wefti_expr_argument(bare, 0) : bare);
}

/* The same of a node's operands. */
static const wefti_column *column_of_node(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_column *column = column_of(walk, wefti_expr_argument(expr, 0));
    return column == NULL && words_of(expr->op)->second == ARRAY ? column_of(walk, wefti_expr_argument(expr, 1)) : column;
}

/* Of the items of a node's arrays: what one of its operands says. */
static unsigned element_of(wefti_walk *walk, const weft_expr *expr)
{
    const array_words *words = words_of(expr->op);
    const weft_expr *first = wefti_expr_argument(expr, 0), *other = wefti_expr_argument(expr, 1);
    const wefti_column *column = column_of_node(walk, expr);
    if (column != NULL)
        return wefti_type_of(column->type)->element;
    unsigned element = first != NULL ? wefti_walk_element(walk, first) : 0;
    if (element == 0 && other != NULL && words->second == ARRAY)
        element = wefti_walk_element(walk, other);
    return element;
}

/* Of two items, as of what CASE chooses from; WEFT_UNMAPPED: they do not go together. */
static unsigned together(unsigned a, unsigned b)
{
    const uint8_t one = wefti_number_class(a), other = wefti_number_class(b);
    const bool times = (a == WEFT_DATE && b == WEFT_TIMESTAMP) || (a == WEFT_TIMESTAMP && b == WEFT_DATE);
    if (a == b || (one == WEFT_UNMAPPED && wefti_type_of(a)->kin == wefti_type_of(b)->kin))
        return a;
    return times ? (unsigned)WEFT_TIMESTAMP : one != WEFT_UNMAPPED && other != WEFT_UNMAPPED ? wefti_number_shared(one, other) : 0;
}

/* What the items are that say it, together; a value says it where no other does. */
static unsigned type_of_list(wefti_walk *walk, const weft_expr *expr)
{
    unsigned type = WEFT_UNMAPPED;
    for (size_t i = 0; wefti_expr_argument(expr, i) != NULL; i++) {
        const unsigned own = wefti_expr_bare(expr->args[i])->op != WEFT_EXPR_VALUE ? item_type(walk, expr->args[i]) : WEFT_UNMAPPED;
        const unsigned both = type == WEFT_UNMAPPED || own == WEFT_UNMAPPED ? type | own : together(type, own);
        if (both == WEFT_UNMAPPED && own != WEFT_UNMAPPED)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "weft_array has items of type %s and of type %s; cast one of them",
                                  wefti_type_of(type)->name, wefti_type_of(own)->name);
        type = both;
    }
    for (size_t i = 0; type == WEFT_UNMAPPED && wefti_expr_argument(expr, i) != NULL; i++)
        type = item_type(walk, expr->args[i]);
    return type;
}

uint8_t wefti_array_node_type(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *column = NULL, *alone[2];
    if (expr->op == WEFT_EXPR_ARRAY_LIST)
        return (uint8_t)wefti_array_type(type_of_list(walk, expr), false);
    if (expr->op == WEFT_EXPR_ARRAY_OF)
        column =
            expr->query != NULL ? wefti_expr_argument(&(weft_expr){.args = wefti_items(expr->query->columns, alone)}, 0) : NULL;
    else if (expr->op == WEFT_EXPR_FN)
        column = wefti_expr_argument(expr, 0);
    if (column != NULL)
        return (uint8_t)wefti_array_type(item_type(walk, column), false);
    if (expr->op == WEFT_EXPR_ARRAY_OF || expr->op == WEFT_EXPR_FN)
        return WEFT_UNMAPPED;
    const unsigned element = element_of(walk, expr);
    switch (words_of(expr->op)->gives) {
    case NUMBER: return WEFT_INT32;
    case ITEM: return (uint8_t)element;
    default: return (uint8_t)wefti_array_type(element, false);
    }
}

/* ---- writing ---- */

static void refuse_unknown(wefti_walk *walk, const char *name)
{
    (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s: the type of the items is not known; cast them", name);
}

/* The operands must be what the node says; rendering only. */
static void check_operands(wefti_walk *walk, const weft_expr *expr, unsigned element)
{
    const array_words *words = words_of(expr->op);
    const char *name = wefti_walk_op_name(expr->op);
    const weft_expr *other = wefti_expr_argument(expr, 1);
    if (element == 0) {
        const wefti_family family = wefti_walk_family(walk, expr->args[0]);
        if (family != WEFTI_FAMILY_OTHER)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes an array", name);
        else
            refuse_unknown(walk, name);
        return;
    }
    if (words->second == ARRAY)
        wefti_walk_check_pair(walk, name, expr->args[0], other);
    if (words->second == NUMBER && wefti_walk_family(walk, other) != WEFTI_FAMILY_NUMBER)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes the number of an item", name);
    if (words->second != ITEM || walk->status != WEFT_OK)
        return;
    const bool text = wefti_expr_bare(other)->op == WEFT_EXPR_VALUE;
    const wefti_family wanted = (wefti_family)wefti_type_of(element)->family, given = wefti_walk_family(walk, other);
    if (!text && given != WEFTI_FAMILY_OTHER && given != wanted)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s has an array of %s values and another value beside it; cast one of them",
                              name, wefti_type_of(element)->name);
}

static bool has_type(wefti_walk *walk, const weft_expr *expr)
{
    return wefti_expr_bare(expr)->op != WEFT_EXPR_VALUE && wefti_walk_infer(walk, expr).type != WEFT_UNMAPPED;
}

/* Whether an array stands beside nothing that has a type: PostgreSQL's functions take any array. */
static bool is_alone(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *other = words_of(expr->op)->second == NUMBER ? NULL : wefti_expr_argument(expr, 1);
    return walk->render != NULL && !has_type(walk, expr->args[0]) && (other == NULL || !has_type(walk, other));
}

/* column: of items that are turned into others; NULL: of none. as_text: enums of the database's own stand beside others. */
static void walk_part(wefti_walk *walk, const weft_expr *part, const wefti_column *column, unsigned type, int precedence,
                      bool as_text, bool alone)
{
    if (as_text) {
        wefti_walk_enum_text(walk, part, precedence, NULL);
        return;
    }
    const bool number = type == WEFT_INT32; /* of an item */
    const wefti_hint hint = {.column = number ? NULL : column,
                             .type = (uint8_t)type,
                             .strict = true,
                             .untyped = alone && wefti_type_is_array(type) ? WEFTI_UNTYPED_ALL : WEFTI_UNTYPED_NONE};
    wefti_walk_operand(walk, part, precedence, type != WEFT_UNMAPPED ? &hint : NULL);
}

/* As one of the type that all items have together. */
static void walk_item(wefti_walk *walk, const weft_expr *item, unsigned type, bool as_text)
{
    const bool value = wefti_expr_bare(item)->op == WEFT_EXPR_VALUE,
               turns = walk->render != NULL && walk->dialect->decimals != NULL;
    const uint8_t number = turns && !value && !as_text ? wefti_number_class(type) : (uint8_t)WEFT_UNMAPPED;
    if (number == WEFT_DECIMAL)
        wefti_walk_decimal(walk, item, NULL, false);
    else if (wefti_type_is_real(number))
        wefti_walk_as_real(walk, item, WEFTI_PRECEDENCE_NONE, &(wefti_hint){.type = number}, number);
    else if (turns && type == WEFT_TIMESTAMP && !value)
        wefti_walk_as_timestamp(walk, item, WEFTI_PRECEDENCE_NONE, NULL);
    else
        walk_part(walk, item, NULL, type, WEFTI_PRECEDENCE_NONE, as_text, false);
}

static void walk_functions(wefti_walk *walk, const weft_expr *expr, const array_words *words, const wefti_column *column,
                           const unsigned types[2])
{
    const bool typed = words->second == ITEM || words->gives == NOTHING || words->gives == ITEM;
    wefti_walk_sql(walk, words->function);
    walk_part(walk, expr->args[0], column, types[0], WEFTI_PRECEDENCE_NONE, false, false);
    wefti_walk_sql(walk, words->second != NOTHING ? ", " : "");
    if (words->second != NOTHING)
        walk_part(walk, expr->args[1], column, types[1], WEFTI_PRECEDENCE_NONE, false, false);
    wefti_walk_sql(walk, typed ? ", " : "");
    if (typed)
        wefti_walk_number(walk, wefti_type_of(types[0])->element);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_array(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const array_words *words = words_of(expr->op);
    const weft_expr *first = wefti_walk_argument(walk, expr, 0),
                    *other = words->second != NOTHING ? wefti_walk_argument(walk, expr, 1) : NULL;
    wefti_walk_no_more(walk, expr, words->second != NOTHING ? 2 : 1);
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    const unsigned element = walk->render != NULL ? element_of(walk, expr) : 0;
    if (walk->render != NULL)
        check_operands(walk, expr, element);
    const unsigned array = wefti_array_type(element, false);
    const unsigned types[2] = {array, words->second == ARRAY ? array : words->second == ITEM ? element : (unsigned)WEFT_INT32};
    const wefti_column *column = column_of_node(walk, expr);
    if (walk->dialect->arrays.functions) {
        walk_functions(walk, expr, words, column, types);
    } else {
        const bool operator= words->open[0] == '\0';
        const int inner = operator? WEFTI_PRECEDENCE_UNARY : WEFTI_PRECEDENCE_NONE;
        const bool paren = wefti_walk_open_paren(
            walk, words->turned ? WEFTI_PRECEDENCE_COMPARE : WEFTI_PRECEDENCE_OTHER, operator? precedence : WEFTI_PRECEDENCE_NONE);
        const bool as_text = wefti_walk_items_mix(walk, expr), alone = column == NULL && is_alone(walk, expr);
        const bool query = words->turned && wefti_expr_bare(first)->op == WEFT_EXPR_SCALAR; /* ANY would go over its rows */
        wefti_walk_sql(walk, words->open);
        walk_part(walk, words->turned ? other : first, column, types[words->turned], inner, as_text, alone);
        wefti_walk_sql(walk, words->between);
        wefti_walk_sql(walk, query ? "coalesce(" : "");
        if (other != NULL)
            walk_part(walk, words->turned ? first : other, column, types[!words->turned],
                      words->turned ? WEFTI_PRECEDENCE_NONE : inner, as_text, alone);
        wefti_walk_sql(walk, query ? ")" : "");
        wefti_walk_sql(walk, words->close);
        wefti_walk_close_paren(walk, paren);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

void wefti_walk_array_of(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_array_sql *sql = &walk->dialect->arrays;
    const weft_expr *alone[2];
    const weft_expr one = {.args = expr->query != NULL ? wefti_items(expr->query->columns, alone) : NULL};
    const weft_expr *column = wefti_expr_argument(&one, 0);
    if (column == NULL || wefti_expr_argument(&one, 1) != NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s",
                              expr->query == NULL ? "weft_array_of has no query" : "the query of weft_array_of has one column");
        return;
    }
    if (walk->render != NULL && wefti_array_node_type(walk, expr) == WEFT_UNMAPPED)
        refuse_unknown(walk, "weft_array_of");
    wefti_walk_note(walk, WEFT_EXPR_ARRAY_OF);
    wefti_walk_sql(walk, sql->of);
    wefti_walk_inner(walk, expr->query, NULL, false, false);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (sql->functions) {
        wefti_walk_sql(walk, sql->of_open);
        wefti_walk_number(walk, walk->render != NULL ? item_type(walk, column) : 0);
    }
    wefti_walk_sql(walk, sql->of_close);
}

void wefti_walk_array_list(wefti_walk *walk, const weft_expr *expr)
{
    const bool functions = walk->dialect->arrays.functions;
    const unsigned type = walk->render != NULL ? type_of_list(walk, expr) : 0;
    const unsigned array = wefti_array_type(type, false);
    if (wefti_walk_argument(walk, expr, 0) == NULL)
        return;
    if (walk->render != NULL && array == WEFT_UNMAPPED)
        refuse_unknown(walk, "weft_array");
    if (walk->render != NULL && walk->status == WEFT_OK)
        wefti_walk_check_results(walk, expr, "weft_array");
    wefti_walk_note(walk, WEFT_EXPR_ARRAY_LIST);
    wefti_walk_sql(walk, functions ? "weft_array(" : "CAST(ARRAY[");
    if (functions)
        wefti_walk_number(walk, type);
    const weft_expr *item;
    size_t count = 0;
    while (wefti_expr_argument(expr, count) != NULL)
        count++;
    const bool as_text = wefti_walk_enums_mix(walk, expr->args, count);
    for (size_t i = 0; (item = wefti_walk_next(walk, expr->args, i, "weft_array")) != NULL; i++) {
        if (functions && i == MOST_LISTED)
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "weft_array of more than %d items; give values as one array",
                                  MOST_LISTED);
        wefti_walk_sql(walk, i > 0 || functions ? ", " : "");
        walk_item(walk, item, type, as_text);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, functions ? ")" : "] AS ");
    if (!functions && walk->render != NULL && walk->status == WEFT_OK) {
        wefti_walk_sql(walk, walk->dialect->names[array].cast);
        wefti_walk_sql(walk, ")");
    }
}

bool wefti_walk_array_agg(wefti_walk *walk, const weft_expr *expr, const weft_expr *ordered)
{
    const wefti_array_sql *sql = &walk->dialect->arrays;
    if (expr->name == NULL || !wefti_ascii_equal(wefti_function_name(expr->name), "array_agg"))
        return false;
    const weft_expr *item = wefti_expr_argument(expr, 0);
    if (walk->render != NULL && item != NULL && wefti_array_node_type(walk, expr) == WEFT_UNMAPPED)
        refuse_unknown(walk, "array_agg");
    if (sql->agg == NULL || item == NULL || wefti_expr_argument(expr, 1) != NULL)
        return false;
    if (ordered != NULL || item->op == WEFT_EXPR_DISTINCT)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "array_agg with an order or of distinct values; use weft_array_of of a SELECT that says so");
    wefti_walk_sql(walk, sql->agg);
    wefti_walk_operand(walk, item, WEFTI_PRECEDENCE_NONE, &(wefti_hint){.type = (uint8_t)item_type(walk, item)});
    wefti_walk_sql(walk, ", ");
    wefti_walk_number(walk, item_type(walk, item));
    wefti_walk_sql(walk, ")");
    return true;
}

/* ---- in FROM ---- */

static bool is_position(const weft_attr *field) { return strcmp(field->field, "position") == 0; }

static const weft_attr *value_field(const weft_row_type *row)
{
    for (size_t i = 0; i < row->field_count; i++)
        if (!is_position(&row->fields[i]))
            return &row->fields[i];
    return NULL;
}

const char *wefti_array_rows_fault(const weft_selectable *selectable)
{
    for (size_t i = 0; i < selectable->row->field_count; i++) {
        const weft_attr *field = &selectable->row->fields[i];
        const unsigned type = wefti_row_field_type(field);
        if (is_position(field) ? !wefti_type_is_integer(type)
                               : strcmp(field->field, "value") != 0 || wefti_array_type(type, false) == WEFT_UNMAPPED)
            return "has the fields value, of a type that arrays have, and position, an integer";
    }
    return selectable->call == NULL ? "has no array" : NULL;
}

/* Rendering only. */
static void check_rows(wefti_walk *walk, const weft_model *model, unsigned type)
{
    const unsigned element = wefti_walk_element(walk, model->selectable->call);
    if (element == 0)
        refuse_unknown(walk, model->name);
    else if (type != WEFT_UNMAPPED && element != type && !(wefti_type_is_integer(element) && wefti_type_is_integer(type)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.value is a %s, and the items are %s values", model->name,
                              wefti_type_of(type)->name, wefti_type_of(element)->name);
}

static void add_row(wefti_walk *walk, const weft_row_type *row)
{
    for (size_t i = 0; i < row->field_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", CAST(e." : "(SELECT CAST(e.");
        wefti_walk_sql(walk, is_position(&row->fields[i]) ? "n AS " : "v AS ");
        wefti_walk_sql(walk, walk->dialect->names[wefti_row_field_type(&row->fields[i])].cast);
        wefti_walk_sql(walk, ") AS ");
        wefti_walk_identifier(walk, row->fields[i].field);
    }
}

void wefti_walk_array_rows(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    const weft_attr *field = value_field(selectable->row);
    const unsigned type = field != NULL ? wefti_row_field_type(field) : (unsigned)WEFT_UNMAPPED;
    const bool functions = walk->dialect->arrays.functions;
    const bool value = wefti_expr_bare(selectable->call)->op == WEFT_EXPR_VALUE;
    const unsigned array = value ? wefti_array_type(wefti_walk_element(walk, selectable->call), false) : (unsigned)WEFT_UNMAPPED;
    const wefti_hint hint = {.type = (uint8_t)array, .strict = true, .untyped = WEFTI_UNTYPED_ALL};
    if (walk->render != NULL)
        check_rows(walk, model, type);
    if (!functions) {
        wefti_walk_sql(walk, walk->dialect->lateral);
        if (walk->render != NULL && walk->status == WEFT_OK)
            add_row(walk, selectable->row);
        wefti_walk_sql(walk, " FROM ");
    }
    wefti_walk_sql(walk, walk->dialect->arrays.each);
    wefti_walk_operand(walk, selectable->call, WEFTI_PRECEDENCE_NONE, array != WEFT_UNMAPPED ? &hint : &wefti_hint_untyped);
    if (functions) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_number(walk, walk->render != NULL ? (int64_t)wefti_walk_element(walk, selectable->call) << 8 : 0);
        wefti_walk_sql(walk, ")");
    } else {
        wefti_walk_sql(walk, ")");
        wefti_walk_sql(walk, walk->dialect->rows_numbered);
        wefti_walk_sql(walk, " AS e(v, n))");
    }
}
