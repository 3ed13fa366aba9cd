/* Expressions, both sinks.
 *
 * A condition that is known beforehand (an absent term, an empty list) folds: it returns its truth and leaves nothing in the sink,
 * so that `AND (true, x)` is x. Parentheses come from precedence: a node that binds less tightly than its surroundings ask is put
 * in them. Where the databases disagree about precedence (||, ->, &) operands are always put in parentheses. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

const weft_expr *wefti_walk_next_slow(wefti_walk *walk, const weft_expr *const *list, size_t at, const char *what)
{
    if (walk->status != WEFT_OK)
        return NULL;
    if (list == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the list of %s is NULL", what);
    else if (at >= WEFTI_MAX_LIST_NODES)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the list of %s does not end with &weft_end within %d nodes", what,
                              WEFTI_MAX_LIST_NODES);
    else if (list[at] == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "a NULL stands at position %zu of the list of %s; for a term that may be absent use "
                              "weft_when(condition, term)",
                              at + 1, what);
    return NULL;
}

/* Operand number at of a node that needs it; NULL after an error. */
const weft_expr *wefti_walk_argument(wefti_walk *walk, const weft_expr *expr, size_t at)
{
    const weft_expr *found = wefti_walk_next(walk, expr->args, at, wefti_walk_op_name(expr->op));
    if (found == NULL && walk->status == WEFT_OK)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s has only %zu operands", wefti_walk_op_name(expr->op), at);
    return found;
}

const weft_expr *wefti_expr_argument(const weft_expr *expr, size_t at)
{
    const weft_expr *const *args = expr->args;
    for (size_t k = 0; args != NULL && k <= at; k++)
        if (args[k] == NULL || args[k]->op == WEFT_EXPR_END)
            return NULL;
    return args != NULL ? args[at] : NULL;
}

void wefti_walk_no_more(wefti_walk *walk, const weft_expr *expr, size_t at)
{
    if (wefti_walk_next(walk, expr->args, at, wefti_walk_op_name(expr->op)) != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s has more than %zu operands", wefti_walk_op_name(expr->op), at);
}

static inline void note_node(wefti_walk *walk, const weft_expr *expr, unsigned extra)
{
    wefti_walk_note_pair(walk, wefti_node_head(expr, extra), wefti_walk_model_note(walk, expr->model));
    if (expr->alias != 0)
        wefti_walk_note(walk, (uint64_t)(unsigned)expr->alias);
}

/* ---- values ---- */

const wefti_hint wefti_hint_condition = {.type = WEFT_BOOL};
const wefti_hint wefti_hint_column = {.untyped = WEFTI_UNTYPED_JSON};
const wefti_hint wefti_hint_untyped = {.untyped = WEFTI_UNTYPED_ALL};

/* With its article: two arguments of a format. */
#define A_TYPE(type) strchr("aeio", *wefti_type_of(type)->word) != NULL ? "an" : "a", wefti_type_of(type)->word

static void type_error(wefti_walk *walk, const weft_value *value, const wefti_hint *hint)
{
    const wefti_column *column = hint->column;
    if (column != NULL && column->enum_names != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: %s %s value stands beside an enum column", column->table->name,
                              column->name, A_TYPE(value->type));
    else if (column != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: %s %s value stands beside %s %s column", column->table->name,
                              column->name, A_TYPE(value->type), A_TYPE(hint->type));
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s %s value stands where %s %s one is expected", A_TYPE(value->type),
                              A_TYPE(hint->type));
}

static bool is_beyond(const weft_value *value) { return (int)value->type == WEFTI_BEYOND_INT64 && !value->is_null; }

static void fail_beyond(wefti_walk *walk, const wefti_column *column)
{
    if (column != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE,
                              "%s.%s: a number above 9223372036854775807 stands beside a column that cannot "
                              "hold it",
                              column->table->name, column->name);
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a number above 9223372036854775807 stands where no decimal does");
}

/* A parameter of this type would have none in this place. */
static bool is_untyped(const wefti_walk *walk, const wefti_hint *hint, unsigned type)
{
    if (!walk->dialect->untyped_texts || hint->untyped == WEFTI_UNTYPED_NONE)
        return false;
    const bool array = wefti_type_is_array(type); /* of which nothing makes a text there */
    if (array)
        type = wefti_type_of(type)->element;
    return type == WEFT_JSON || ((hint->untyped == WEFTI_UNTYPED_ALL || array) && (type == WEFT_TEXT || type == WEFT_CHARS));
}

/* Bindings may make any value. */
static bool is_typed(wefti_walk *walk, const weft_value *value, unsigned most)
{
    if (__builtin_expect((unsigned)value->type <= most || (unsigned)value->type == WEFTI_BEYOND_INT64 ||
                             (unsigned)value->type == WEFTI_REFUSED || wefti_type_is_values((unsigned)value->type),
                         1))
        return true;
    (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the type of a value is %u, which is no weft_type", (unsigned)value->type);
    return false;
}

static void lift_value(wefti_walk *walk, const weft_value *value)
{
    if (is_typed(walk, value, WEFT_TYPE_COUNT_ - 1))
        wefti_walk_lift(walk, value);
}

bool wefti_walk_reads_json(const wefti_walk *walk, unsigned type, const wefti_column *column)
{
    return walk->dialect->decimals != NULL && type == WEFT_JSON &&
           (column == NULL || *wefti_column_collation(walk, column) != '\0');
}

void wefti_walk_value(wefti_walk *walk, const weft_value *value, const wefti_hint *hint)
{
    if (walk->render == NULL) {
        lift_value(walk, value);
        return;
    }
    uint16_t type = (uint16_t)value->type;
    uint8_t form = wefti_type_has_own_items(type) ? WEFTI_FORM_OWN_ITEMS : WEFTI_FORM_PLAIN;
    const wefti_column *column = NULL;
    if ((unsigned)value->type == WEFTI_REFUSED && (hint == NULL || hint->column == NULL)) {
        wefti_walk_refuse(walk, value);
        return;
    }
    if (is_beyond(value) && (hint == NULL || hint->type != WEFT_DECIMAL)) {
        fail_beyond(walk, hint != NULL ? hint->column : NULL);
        return;
    }
    if (hint != NULL && hint->type != WEFT_UNMAPPED) {
        uint16_t fitted;
        if (wefti_form_of((uint16_t)value->type, false, hint->column, hint->type, &fitted, &form)) {
            type = fitted;
            column = hint->column;
            /* A text that is too long is an error to store and merely not found to look for. */
            if (form == WEFTI_FORM_LENGTH && !hint->assigned)
                form = WEFTI_FORM_PLAIN;
            if ((form == WEFTI_FORM_DECIMAL || form == WEFTI_FORM_DECIMAL_TEXT) && hint->assigned && column->precision > 0)
                form = WEFTI_FORM_DECIMAL_SIZED;
        } else if (hint->strict || (wefti_type_is_array(hint->type) && wefti_type_is_array(value->type))) {
            type_error(walk, value, hint);
        } else if (value->type == WEFT_TEXT && !walk->dialect->untyped_texts) {
            /* Elsewhere the server reads it as one of the type. */
            type = hint->type;
            column = hint->column;
            form = WEFTI_FORM_READ;
        } else {
            form = wefti_type_has_own_items((unsigned)value->type) ? WEFTI_FORM_OWN_ITEMS : WEFTI_FORM_PLAIN;
        }
    }
    type = type == WEFT_UNMAPPED ? (uint16_t)WEFT_TEXT : (uint16_t)wefti_type_of_column(type);
    if (!wefti_walk_has_type(walk, type))
        return;
    const bool loose = (hint == NULL || hint->type == WEFT_UNMAPPED) && wefti_type_is_array(type);
    const char *cast = (hint != NULL && is_untyped(walk, hint, type)) || (loose && is_untyped(walk, &wefti_hint_untyped, type))
                           ? walk->dialect->names[type].cast
                           : NULL;
    const bool narrow = walk->literal && wefti_type_is_array(type) && wefti_type_is_integer(wefti_type_of(type)->element) &&
                        wefti_type_of_column((unsigned)value->type) != type;
    /* What is written has the value's own type, and NULL has none. */
    const bool null = walk->literal && value->is_null && column == NULL && type != WEFT_TEXT && cast == NULL;
    if (wefti_type_of(type)->by_name || ((narrow || null) && walk->dialect->untyped_texts))
        cast = walk->dialect->names[type].cast;
    if (column != NULL && wefti_column_casts_items(column) && wefti_type_is_array(type))
        cast = column->cast;
    if (cast != NULL && hint != NULL && hint->assigned && column != NULL && column->cast != NULL)
        cast = column->cast;
    const bool json = hint != NULL && hint->type == type && !hint->assigned && wefti_walk_reads_json(walk, type, column);
    wefti_walk_sql(walk, cast != NULL ? "CAST(" : "");
    if (json)
        (void)wefti_walk_open_cast(walk, type);
    if (walk->literal) {
        wefti_walk_literal_value(walk, value, type, column, form);
    } else {
        walk->render->replan = walk->render->replan || (column != NULL && column->decides && !hint->assigned);
        wefti_walk_add_parameter(walk, type, column, form);
        wefti_walk_placeholder(walk, walk->render->parameter_count);
    }
    wefti_walk_sql(walk, json ? ")" : "");
    if (cast != NULL) {
        wefti_walk_sql(walk, " AS ");
        wefti_walk_sql(walk, cast);
        wefti_walk_sql(walk, ")");
    }
}

void wefti_walk_pattern(wefti_walk *walk, const weft_value *value, uint8_t form)
{
    if (walk->render == NULL) {
        lift_value(walk, value);
        return;
    }
    if (value->type != WEFT_TEXT && value->type != WEFT_UNMAPPED)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a pattern must be text, not a %s value", wefti_type_of(value->type)->word);
    if (walk->literal) {
        wefti_walk_literal_value(walk, value, WEFT_TEXT, NULL, form);
        return;
    }
    wefti_walk_add_parameter(walk, WEFT_TEXT, NULL, form);
    wefti_walk_placeholder(walk, walk->render->parameter_count);
}

/* Integers beside nothing that has a type are as small as they can be, because small ones convert by themselves. */
static weft_type loose_type(const weft_value *value)
{
    if (value->type == WEFT_INT64 && (value->is_null || (value->as.i >= INT32_MIN && value->as.i <= INT32_MAX)))
        return WEFT_INT32;
    return value->type;
}

static void walk_loose_value(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint)
{
    weft_value value = expr->value;
    const bool refused = (unsigned)value.type == WEFTI_REFUSED;
    if ((unsigned)value.type >= WEFT_TYPE_COUNT_ && !refused && !is_beyond(&value) && !wefti_type_is_values((unsigned)value.type))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a value node has the unknown type %u", (unsigned)value.type);
    value.type = loose_type(&value);
    wefti_walk_note(walk, WEFT_EXPR_VALUE | (uint64_t)(unsigned)value.type << 16);
    if (hint != NULL && hint->pattern != WEFTI_FORM_PLAIN)
        wefti_walk_pattern(walk, &value, hint->pattern);
    else
        wefti_walk_value(walk, &value, hint);
}

/* ---- columns ---- */

static const wefti_column *render_column(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_source *source = wefti_walk_find_source(walk, expr->model, expr->alias, expr->offset);
    const wefti_column *column = source != NULL ? wefti_walk_find_column(walk, expr->model, expr->offset) : NULL;
    if (column != NULL && source->many && walk->render->orders_distinct)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "order_by names %s.%s, of which each object may have several, and .distinct "
                              "leaves the object once: leave one of them out, or select columns with group_by and order by "
                              "weft_min or weft_max",
                              expr->model->name, column->field->name);
    if (column != NULL && walk->render->grouped != NULL)
        wefti_grouped_check(walk, source, column);
    wefti_walk_source_column(walk, source, column);
    wefti_walk_collation(walk, column);
    return column;
}

/* weft_named found none. */
static void fail_named(wefti_walk *walk, const weft_expr *expr)
{
    const char *name = expr->name != NULL ? expr->name : "";
    if (expr->model == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_named: the table of \"%s\" is NULL", name);
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_named: there is no column \"%s\" in %s", name, expr->model->name);
}

static void walk_column(wefti_walk *walk, const weft_expr *expr)
{
    if (expr->offset == SIZE_MAX)
        fail_named(walk, expr);
    note_node(walk, expr, 0);
    if (walk->render != NULL)
        (void)render_column(walk, expr);
}

static void walk_excluded(wefti_walk *walk, const weft_expr *expr)
{
    note_node(walk, expr, 0);
    if (walk->render == NULL)
        return;
    const wefti_column *column = wefti_walk_find_column(walk, expr->model, expr->offset);
    if (walk->render->excluded == NULL || (column != NULL && column->table != walk->render->excluded))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_excluded belongs to the .set of an insert with .on_conflict, on its own model");
    if (column == NULL)
        return;
    wefti_walk_sql(walk, "excluded.");
    wefti_walk_identifier(walk, column->name);
    wefti_walk_collation(walk, column);
}

const char *wefti_walk_comparison(const wefti_dialect *dialect, int op)
{
    switch (op) {
    case WEFT_EXPR_EQ: return " = ";
    case WEFT_EXPR_NE: return " <> ";
    case WEFT_EXPR_LT: return " < ";
    case WEFT_EXPR_LE: return " <= ";
    case WEFT_EXPR_GT: return " > ";
    case WEFT_EXPR_GE: return " >= ";
    case WEFT_EXPR_NOT_LIKE: return dialect->not_like;
    case WEFT_EXPR_ILIKE: return dialect->ilike;
    default: return dialect->like;
    }
}

uint8_t wefti_walk_pattern_form(const wefti_dialect *dialect, int op)
{
    bool glob = dialect->like_is_glob;
    switch (op) {
    case WEFT_EXPR_STARTS_WITH: return glob ? WEFTI_FORM_GLOB_PREFIX : WEFTI_FORM_LIKE_PREFIX;
    case WEFT_EXPR_ENDS_WITH: return glob ? WEFTI_FORM_GLOB_SUFFIX : WEFTI_FORM_LIKE_SUFFIX;
    case WEFT_EXPR_CONTAINS: return glob ? WEFTI_FORM_GLOB_CONTAINS : WEFTI_FORM_LIKE_CONTAINS;
    case WEFT_EXPR_ILIKE: return WEFTI_FORM_LIKE;
    default: return glob ? WEFTI_FORM_GLOB : WEFTI_FORM_LIKE;
    }
}

void wefti_walk_in_open(wefti_walk *walk, bool in, const wefti_column *column)
{
    const wefti_dialect *dialect = walk->dialect;
    if (column->type == WEFT_BYTES)
        wefti_walk_sql(walk, in ? dialect->in_bytes_open : dialect->not_in_bytes_open);
    else
        wefti_walk_sql(walk, in ? dialect->in_open : dialect->not_in_open);
}

static void render_items(wefti_walk *walk, const weft_expr *expr, const wefti_column *column)
{
    uint16_t type;
    uint8_t form;
    if (is_beyond(&expr->value) && column->type != WEFT_DECIMAL) {
        fail_beyond(walk, column);
        return;
    }
    if (!wefti_form_of((uint16_t)wefti_lifted_type(expr->value.type), true, column, column->type, &type, &form)) {
        type_error(walk, &expr->value, &(wefti_hint){.column = column, .type = column->type, .strict = true});
        return;
    }
    if (walk->literal && expr->value.as.s.size > 0) {
        wefti_walk_sql(walk, expr->op == WEFT_EXPR_IN ? " IN (" : " NOT IN (");
        wefti_walk_literal_items(walk, &expr->value, type, column, form);
        wefti_walk_sql(walk, ")");
        return;
    }
    if (walk->literal) {
        wefti_walk_sql(walk, expr->op == WEFT_EXPR_IN ? walk->dialect->in_nothing : walk->dialect->not_in_nothing);
        return;
    }
    const wefti_dialect *dialect = walk->dialect;
    if (wefti_walk_reads_json(walk, column->type, column))
        wefti_walk_sql(walk, expr->op == WEFT_EXPR_IN ? dialect->in_json_open : dialect->not_in_json_open);
    else
        wefti_walk_in_open(walk, expr->op == WEFT_EXPR_IN, column);
    wefti_walk_add_parameter(walk, wefti_walk_placed(walk, type), column, form);
    wefti_walk_placeholder(walk, walk->render->parameter_count);
    wefti_walk_sql(walk, walk->dialect->in_close);
}

/* A column beside a value: = and <> with a null value are other nodes than with any other. */
static void note_compare(wefti_walk *walk, const weft_expr *expr)
{
    bool is_null = wefti_tests_null(expr);
    note_node(walk, expr, wefti_compare_extra(expr));
    if (expr->op == WEFT_EXPR_IN || expr->op == WEFT_EXPR_NOT_IN) {
        if (is_typed(walk, &expr->value, WEFTI_TYPE_ROWS - 1))
            wefti_walk_lift_items(walk, &expr->value);
    } else if (!is_null)
        lift_value(walk, &expr->value);
}

static void check_compared(wefti_walk *walk, const wefti_column *column)
{
    if (column->type == WEFT_JSON && column->sql_type != NULL && wefti_ascii_equal(column->sql_type, "json"))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE,
                              "%s.%s: the type json has no equality; cast it to text, or make the column "
                              "jsonb",
                              column->table->name, column->name);
}

static void walk_compare(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    int op = expr->op;
    bool is_null = wefti_tests_null(expr), is_list = op == WEFT_EXPR_IN || op == WEFT_EXPR_NOT_IN;
    if (wefti_expr_is_computed(expr)) {
        wefti_walk_compare_computed(walk, expr, precedence);
        return;
    }
    if (walk->render == NULL) {
        note_compare(walk, expr);
        return;
    }
    bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
    const bool pattern = op >= WEFT_EXPR_LIKE && op <= WEFT_EXPR_CONTAINS,
               as_text = pattern && wefti_walk_is_made_enum(walk, wefti_walk_find_column(walk, expr->model, expr->offset));
    wefti_walk_sql(walk, as_text ? "CAST(" : "");
    const wefti_column *column = render_column(walk, expr);
    wefti_walk_sql(walk, as_text ? " AS text)" : "");
    if (column == NULL)
        return;
    if (is_null) {
        wefti_walk_sql(walk, op == WEFT_EXPR_EQ ? " IS NULL" : " IS NOT NULL");
    } else if (is_list) {
        walk->render->replan = walk->render->replan || (column->decides && !walk->literal);
        check_compared(walk, column);
        const bool by_value = column->type == WEFT_JSON || wefti_table_is_derived(column->table);
        wefti_walk_sql(walk, by_value ? wefti_column_collation(walk, column) : "");
        render_items(walk, expr, column);
    } else {
        bool ordered = op >= WEFT_EXPR_LT && op <= WEFT_EXPR_GE;
        if (pattern)
            wefti_walk_check_pattern(walk, column, "a pattern");
        else
            check_compared(walk, column);
        /* A subquery's decimals may be spelt in any way. */
        if (ordered || column->type == WEFT_JSON || wefti_table_is_derived(column->table))
            wefti_walk_sql(walk, wefti_column_collation(walk, column));
        wefti_walk_sql(walk, wefti_walk_comparison(walk->dialect, op));
        walk->render->replan = walk->render->replan || (column->decides && !walk->literal);
        if (pattern)
            wefti_walk_pattern(walk, &expr->value, wefti_walk_pattern_form(walk->dialect, op));
        else
            wefti_walk_value(walk, &expr->value, &(wefti_hint){.column = column, .type = column->type, .strict = true});
        wefti_walk_sql(walk, op == WEFT_EXPR_ILIKE ? walk->dialect->ilike_close : "");
    }
    wefti_walk_close_paren(walk, paren);
}

/* ---- logic ---- */

/* A long list is written in groups: databases read a AND b AND c as a tree that is as deep as the list is long, and SQLite allows
 * a depth of 1,000. */
enum { GROUP = 128 };

static bool is_long(const weft_expr *const *terms)
{
    size_t count = 0;
    while (terms != NULL && count <= GROUP && terms[count] != NULL && terms[count] != &weft_end)
        count++;
    return count > GROUP;
}

static wefti_truth walk_junction(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    bool is_and = expr->op == WEFT_EXPR_AND, renders = walk->render != NULL, absorbed = false;
    const char *what = is_and ? "weft_and" : "weft_or";
    int own = is_and ? WEFTI_PRECEDENCE_AND : WEFTI_PRECEDENCE_OR;
    wefti_truth neutral = is_and ? WEFTI_TRUTH_TRUE : WEFTI_TRUTH_FALSE;
    wefti_walk_mark start = wefti_walk_mark_get(walk);
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    bool paren = wefti_walk_open_paren(walk, own, precedence);
    bool grouped = renders && is_long(expr->args);
    size_t i = renders ? 0 : wefti_note_comparisons(walk, expr->args), kept = i;
    for (const weft_expr *term; (term = wefti_walk_next(walk, expr->args, i, what)) != NULL; i++) {
        wefti_walk_mark before = renders ? wefti_walk_mark_get(walk) : start;
        if (kept > 0)
            wefti_walk_sql(walk, is_and ? " AND " : " OR ");
        if (grouped && kept % GROUP == 0)
            wefti_walk_sql(walk, "(");
        wefti_walk_check_condition(walk, term);
        wefti_truth truth = wefti_walk_expr(walk, term, own, &wefti_hint_condition);
        kept += truth == WEFTI_TRUTH_OPEN;
        if (truth == WEFTI_TRUTH_OPEN && grouped && kept % GROUP == 0)
            wefti_walk_sql(walk, ")");
        if (truth == WEFTI_TRUTH_OPEN)
            continue;
        /* A term that folds has left nothing behind; what joined it to the one before must go too. */
        if (renders)
            wefti_walk_rewind(walk, before);
        absorbed = absorbed || truth != neutral;
    }
    if (absorbed || kept == 0) {
        wefti_walk_rewind(walk, start);
        return !absorbed ? neutral : is_and ? WEFTI_TRUTH_FALSE : WEFTI_TRUTH_TRUE;
    }
    if (grouped && kept % GROUP != 0)
        wefti_walk_sql(walk, ")");
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_close_paren(walk, paren);
    return WEFTI_TRUTH_OPEN;
}

static wefti_truth walk_not(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    wefti_walk_mark start = wefti_walk_mark_get(walk);
    const weft_expr *inner = wefti_walk_argument(walk, expr, 0);
    wefti_walk_no_more(walk, expr, 1);
    if (inner == NULL)
        return WEFTI_TRUTH_OPEN;
    wefti_walk_note(walk, WEFT_EXPR_NOT);
    bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_NOT, precedence),
         wrap = inner->op != WEFT_EXPR_ANY && inner->op != WEFT_EXPR_EXISTS;
    wefti_walk_sql(walk, wrap ? "NOT (" : "NOT ");
    wefti_walk_check_condition(walk, inner);
    wefti_truth truth = wefti_walk_expr(walk, inner, wrap ? WEFTI_PRECEDENCE_NONE : WEFTI_PRECEDENCE_NOT, &wefti_hint_condition);
    wefti_walk_close_paren(walk, wrap);
    wefti_walk_close_paren(walk, paren);
    if (truth == WEFTI_TRUTH_OPEN)
        return truth;
    wefti_walk_rewind(walk, start);
    return truth == WEFTI_TRUTH_TRUE ? WEFTI_TRUTH_FALSE : WEFTI_TRUTH_TRUE;
}

static void walk_null_test(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    bool of_column = expr->args == NULL;
    note_node(walk, expr, of_column);
    bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
    if (!of_column) {
        const weft_expr *inner = wefti_walk_argument(walk, expr, 0);
        wefti_walk_no_more(walk, expr, 1);
        if (inner != NULL)
            wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_OTHER, &wefti_hint_untyped);
    } else if (walk->render != NULL) {
        (void)render_column(walk, expr);
    }
    wefti_walk_sql(walk, expr->op == WEFT_EXPR_IS_NULL ? " IS NULL" : " IS NOT NULL");
    wefti_walk_close_paren(walk, paren);
}

/* A value and its bounds. Where the database has no word for bounds in either order, both orders are written: the texts of the
 * parts once more, whose parameters are the same. */
static void write_between(wefti_walk *walk, const weft_expr *const parts[3], const wefti_hint hints[3], bool symmetric)
{
    wefti_text *text = walk->render != NULL ? &walk->render->text : NULL;
    const bool twice = symmetric && walk->dialect->symmetric == NULL;
    const uint8_t number = wefti_walk_decimal_between(walk, parts);
    const bool times = wefti_walk_mixes_times(walk, parts, 3), enums = wefti_walk_enums_mix(walk, parts, 3);
    const char *collation = number == WEFT_UNMAPPED ? wefti_compared_collation(walk, parts[0], parts[1]) : "";
    if (number == WEFT_UNMAPPED && collation[0] == '\0')
        collation = wefti_compared_collation(walk, parts[0], parts[2]);
    const char *word = symmetric && !twice ? walk->dialect->symmetric : " BETWEEN ";
    size_t from[3] = {0}, to[3] = {0};
    for (int i = 0; i < 3; i++) {
        wefti_walk_sql(walk, i == 0 ? "" : i == 1 ? word : " AND ");
        from[i] = text != NULL ? text->size : 0;
        if (number == WEFT_DOUBLE)
            wefti_walk_as_real(walk, parts[i], WEFTI_PRECEDENCE_OTHER, NULL, WEFT_DOUBLE);
        else if (number == WEFT_DECIMAL)
            wefti_walk_decimal(walk, parts[i], NULL, i == 0);
        else if (times)
            wefti_walk_as_timestamp(walk, parts[i], WEFTI_PRECEDENCE_OTHER, &hints[i]);
        else if (enums)
            wefti_walk_enum_text(walk, parts[i], WEFTI_PRECEDENCE_OTHER, &hints[i]);
        else
            wefti_walk_operand(walk, parts[i], WEFTI_PRECEDENCE_OTHER, &hints[i]);
        wefti_walk_sql(walk, i == 0 ? collation : "");
        to[i] = text != NULL ? text->size : 0;
    }
    for (int i = 0; twice && text != NULL && walk->status == WEFT_OK && i < 3; i++) {
        const int part = (3 - i) % 3; /* the value, the second bound, the first */
        wefti_walk_sql(walk, i == 0 ? " OR " : i == 1 ? word : " AND ");
        wefti_text_repeat(text, from[part], to[part] - from[part]);
    }
}

/* A bound is compared with the value alone; only where that has no type of its own the other bound says one. */
static wefti_hint bound_hint(wefti_walk *walk, const weft_expr *const parts[3], int i)
{
    wefti_hint hint = wefti_walk_beside(walk, parts[i], parts[i == 0 ? 1 : 0]);
    if (hint.type == WEFT_UNMAPPED)
        hint = wefti_walk_beside(walk, parts[i], parts[i == 0 ? 2 : 3 - i]);
    const weft_expr *bare = wefti_expr_bare(parts[i]);
    const bool number = bare->op == WEFT_EXPR_VALUE && wefti_number_class((unsigned)bare->value.type) != WEFT_UNMAPPED;
    if (number && i > 0 && wefti_type_is_integer(hint.type) && wefti_walk_infer(walk, parts[0]).type == WEFT_UNMAPPED)
        hint = (wefti_hint){0};
    wefti_hint_note_json(&hint);
    return hint;
}

/* Whether such a database gets the value without its type. */
static bool is_sent_untyped(const weft_expr *expr)
{
    const weft_expr *bare = wefti_expr_bare(expr);
    const unsigned type = (unsigned)bare->value.type, item = wefti_type_is_array(type) ? wefti_type_of(type)->element : type;
    return bare->op == WEFT_EXPR_VALUE && (wefti_is_untyped_text(expr) || item == WEFT_TEXT || item == WEFT_JSON);
}

/* Of constants alone: each is cast. */
static bool is_json(const weft_expr *const parts[3])
{
    const weft_expr *first = wefti_expr_bare(parts[0]), *last = wefti_expr_bare(parts[2]);
    return first->value.type == WEFT_JSON && last->op == WEFT_EXPR_VALUE && last->value.type == WEFT_JSON;
}

/* Two texts among constants are compared as texts by a database that gives parameters their types by their places: where the third
 * part is no text, this is what the first one is cast to. */
static uint8_t type_of_texts(wefti_walk *walk, const weft_expr *const parts[3])
{
    if (walk->render == NULL || !walk->dialect->untyped_texts || !is_sent_untyped(parts[0]) || !is_sent_untyped(parts[1]) ||
        wefti_is_untyped_text(parts[2]) || is_json(parts))
        return WEFT_UNMAPPED;
    const unsigned element = wefti_walk_element(walk, parts[2]);
    if (element != 0)
        return (uint8_t)wefti_array_type(element, false);
    const uint8_t number = wefti_walk_number_kind(walk, parts[2]);
    return number != WEFT_UNMAPPED ? number : wefti_family_type(wefti_walk_family(walk, parts[2]));
}

static void walk_between(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const weft_expr *parts[3] = {wefti_walk_argument(walk, expr, 0), wefti_walk_argument(walk, expr, 1),
                                 wefti_walk_argument(walk, expr, 2)};
    const bool symmetric = expr->op == WEFT_EXPR_BETWEEN_SYMMETRIC;
    const int own = symmetric && walk->dialect->symmetric == NULL ? WEFTI_PRECEDENCE_OR : WEFTI_PRECEDENCE_COMPARE;
    wefti_walk_no_more(walk, expr, 3);
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    wefti_hint hints[3] = {{0}};
    for (int i = 0; walk->render != NULL && i < 3; i++)
        hints[i] = bound_hint(walk, parts, i);
    const char *name = symmetric ? "BETWEEN SYMMETRIC" : "BETWEEN";
    for (int i = 1; walk->render != NULL && i < 3; i++)
        wefti_walk_check_pair(walk, name, parts[0], parts[i]);
    if (walk->render != NULL && wefti_expr_bare(parts[0])->op == WEFT_EXPR_VALUE) /* it has the type of one of them */
        wefti_walk_check_pair(walk, name, parts[1], parts[2]);
    bool paren = wefti_walk_open_paren(walk, own, precedence);
    const weft_expr *const text[] = {parts[0], &weft_end};
    const weft_expr typed = {.op = WEFT_EXPR_CAST, .value.type = (weft_type)type_of_texts(walk, parts), .args = text};
    parts[0] = (unsigned)typed.value.type != WEFT_UNMAPPED ? &typed : parts[0];
    write_between(walk, parts, hints, symmetric);
    wefti_walk_close_paren(walk, paren);
}

/* ---- EXISTS over a relationship ---- */

static void render_any_head(wefti_walk *walk, const weft_expr *expr)
{
    const wefti_source *outer = wefti_walk_find_source(walk, expr->model, expr->alias, expr->offset);
    const wefti_relation *relation = outer != NULL ? wefti_walk_find_relation(walk, expr->model, expr->offset) : NULL;
    if (relation == NULL)
        return;
    for (uint16_t i = 0; walk->render->grouped != NULL && i < relation->local_count; i++)
        wefti_grouped_check(walk, outer, relation->local[i]);
    wefti_source owner = *outer;
    wefti_walk_sql(walk, "EXISTS (SELECT 1 FROM ");
    const wefti_source *near = &owner;
    if (relation->link != NULL) {
        near = wefti_walk_add_source(walk, relation->link, 0, true);
        wefti_walk_source_name(walk, near);
        wefti_walk_sql(walk, " JOIN ");
    }
    const wefti_source *target = wefti_walk_add_source(walk, relation->target, 0, false);
    wefti_walk_source_name(walk, target);
    if (relation->link != NULL) {
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, target, relation->remote, near, relation->link_remote, relation->remote_count, false);
        wefti_walk_sql(walk, " WHERE ");
        wefti_walk_join_columns(walk, near, relation->link_local, &owner, relation->local, relation->local_count, true);
    } else {
        wefti_walk_sql(walk, " WHERE ");
        wefti_walk_join_columns(walk, target, relation->remote, &owner, relation->local, relation->local_count,
                                relation->kind != WEFT_ATTR_BELONGS_TO);
    }
}

static wefti_truth walk_any(wefti_walk *walk, const weft_expr *expr)
{
    wefti_walk_mark start = wefti_walk_mark_get(walk);
    const weft_expr *condition = wefti_walk_argument(walk, expr, 0);
    wefti_walk_no_more(walk, expr, 1);
    note_node(walk, expr, 0);
    uint16_t sources = walk->render != NULL ? walk->render->source_count : 0;
    wefti_grouped *grouped = walk->render != NULL ? walk->render->grouped : NULL;
    const bool strict = grouped != NULL && grouped->strict;
    if (grouped != NULL)
        grouped->strict = true;
    if (walk->render != NULL && walk->status == WEFT_OK)
        render_any_head(walk, expr);
    wefti_walk_mark before = wefti_walk_mark_get(walk);
    wefti_walk_sql(walk, " AND ");
    if (condition != NULL)
        wefti_walk_check_condition(walk, condition);
    const wefti_ground ground = wefti_walk_enter(walk, WEFTI_PLACE_OF_ROWS, false);
    if (grouped != NULL)
        walk->render->grouped = grouped; /* the condition is of the target's rows, and beside them of groups */
    wefti_truth truth =
        condition != NULL ? wefti_walk_expr(walk, condition, WEFTI_PRECEDENCE_AND, &wefti_hint_condition) : WEFTI_TRUTH_OPEN;
    wefti_walk_leave(walk, ground);
    if (grouped != NULL)
        grouped->strict = strict;
    if (truth == WEFTI_TRUTH_TRUE)
        wefti_walk_rewind(walk, before);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, ")");
    if (walk->render != NULL)
        walk->render->source_count = sources;
    if (truth != WEFTI_TRUTH_FALSE)
        return WEFTI_TRUTH_OPEN;
    wefti_walk_rewind(walk, start);
    return WEFTI_TRUTH_FALSE;
}

/* ---- dispatch ---- */

static void walk_next_value(wefti_walk *walk, const weft_expr *expr)
{
    const char *name = expr->name != NULL ? expr->name : "";
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    wefti_walk_note_pointer(walk, expr->model);
    wefti_walk_note_text(walk, name);
    if (walk->render == NULL)
        return;
    const wefti_table *table = expr->model != NULL ? wefti_schema_table(walk->schema, expr->model) : NULL;
    const wefti_sequence *sequence = table != NULL ? wefti_table_sequence(table, name) : NULL;
    if (walk->status != WEFT_OK)
        return;
    if (sequence == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_next_value: %s declares no sequence \"%s\"; add WEFT_SEQUENCE to the model",
                              expr->model != NULL ? expr->model->name : "no model", name);
        return;
    }
    if (!walk->dialect->capabilities.sequences) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "weft_next_value: %s has no sequences",
                              walk->dialect->capabilities.name);
        return;
    }
    const char *next = wefti_sequence_next(sequence, table->schema_sql, &walk->render->arena);
    walk->render->text.failed = walk->render->text.failed || next == NULL;
    wefti_walk_sql(walk, next != NULL ? next : "");
}

static void misplaced(wefti_walk *walk, const weft_expr *expr)
{
    if (expr->op == WEFTI_EXPR_FAILED && expr->value.as.s.data != NULL) {
        const weft_error *error = (const weft_error *)(const void *)expr->value.as.s.data;
        (void)wefti_walk_fail(walk, error->status, "%s", error->message);
    } else if (expr->op == WEFT_EXPR_NONE) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a node is zero: it was never given a value");
    } else if (expr->op == WEFT_EXPR_ANY_OF || expr->op == WEFT_EXPR_ALL_OF) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s stands on the right of a comparison: weft_op(e, \">\", %s(…))",
                              wefti_walk_op_name(expr->op), wefti_walk_op_name(expr->op));
    } else if (expr->op == WEFT_EXPR_LIST) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "weft_columns, weft_order or weft_sets stands where one expression is expected; several values are a "
                              "weft_tuple");
    } else if (expr->op == WEFT_EXPR_STAR) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_star stands outside of count(*)");
    } else if (expr->op == WEFT_EXPR_END) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_end stands where an expression is expected");
    } else {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s (op %d) stands where a value or condition is expected",
                              wefti_walk_op_name(expr->op), expr->op);
    }
}

static wefti_truth walk_node(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    switch (expr->op) {
    case WEFT_EXPR_TRUE: return WEFTI_TRUTH_TRUE;
    case WEFT_EXPR_FALSE: return WEFTI_TRUTH_FALSE;
    case WEFT_EXPR_AND:
    case WEFT_EXPR_OR: return walk_junction(walk, expr, precedence);
    case WEFT_EXPR_NOT: return walk_not(walk, expr, precedence);
    case WEFT_EXPR_ANY: return walk_any(walk, expr);
    case WEFT_EXPR_COLUMN: walk_column(walk, expr); break;
    case WEFT_EXPR_EXCLUDED: walk_excluded(walk, expr); break;
    case WEFT_EXPR_VALUE: walk_loose_value(walk, expr, hint); break;
    case WEFT_EXPR_IS_NULL:
    case WEFT_EXPR_IS_NOT_NULL: walk_null_test(walk, expr, precedence); break;
    case WEFT_EXPR_BETWEEN:
    case WEFT_EXPR_BETWEEN_SYMMETRIC: walk_between(walk, expr, precedence); break;
    case WEFT_EXPR_OP: wefti_walk_op(walk, expr, precedence); break;
    case WEFT_EXPR_FN: wefti_walk_fn(walk, expr); break;
    case WEFT_EXPR_DISTINCT: wefti_walk_distinct(walk, expr, hint); break;
    case WEFT_EXPR_CAST: wefti_walk_cast(walk, expr); break;
    case WEFT_EXPR_LITERAL: return wefti_walk_literal(walk, expr, precedence, hint);
    case WEFT_EXPR_CASE: wefti_walk_case(walk, expr, hint); break;
    case WEFT_EXPR_SCALAR: wefti_walk_scalar(walk, expr); break;
    case WEFT_EXPR_EXISTS: wefti_walk_exists(walk, expr); break;
    case WEFT_EXPR_IN_QUERY:
    case WEFT_EXPR_NOT_IN_QUERY: wefti_walk_in_query(walk, expr, precedence); break;
    case WEFT_EXPR_FILTER: wefti_walk_filter(walk, expr); break;
    case WEFT_EXPR_ORDERED: wefti_walk_ordered(walk, expr); break;
    case WEFT_EXPR_WITHIN: wefti_walk_within(walk, expr); break;
    case WEFT_EXPR_OVER: wefti_walk_over(walk, expr); break;
    case WEFT_EXPR_DATE_ADD:
    case WEFT_EXPR_DATE_TRUNC:
    case WEFT_EXPR_DATE_PART:
    case WEFT_EXPR_DATE_DIFF: wefti_walk_date(walk, expr); break;
    case WEFT_EXPR_JSON_GET:
    case WEFT_EXPR_JSON_TEXT:
    case WEFT_EXPR_JSON_HAS:
    case WEFT_EXPR_JSON_KIND:
    case WEFT_EXPR_JSON_SET:
    case WEFT_EXPR_JSON_REMOVE:
    case WEFT_EXPR_JSON_CONTAINS: wefti_walk_json(walk, expr, precedence); break;
    case WEFT_EXPR_ARRAY_OF: wefti_walk_array_of(walk, expr); break;
    case WEFT_EXPR_ARRAY_LIST: wefti_walk_array_list(walk, expr); break;
    case WEFT_EXPR_ARRAY_HAS:
    case WEFT_EXPR_ARRAY_CONTAINS:
    case WEFT_EXPR_ARRAY_OVERLAPS:
    case WEFT_EXPR_ARRAY_CONCAT:
    case WEFT_EXPR_ARRAY_LENGTH:
    case WEFT_EXPR_ARRAY_APPEND:
    case WEFT_EXPR_ARRAY_REMOVE:
    case WEFT_EXPR_ARRAY_ITEM: wefti_walk_array(walk, expr, precedence); break;
    case WEFT_EXPR_NOW:
    case WEFT_EXPR_TODAY:
        wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
        wefti_walk_sql(walk, expr->op == WEFT_EXPR_NOW ? walk->dialect->dates.now : walk->dialect->dates.today);
        break;
    case WEFT_EXPR_NEXT_VALUE: walk_next_value(walk, expr); break;
    case WEFT_EXPR_FRAGMENT: wefti_walk_fragment(walk, expr, precedence); break;
    case WEFT_EXPR_PER_DATABASE: {
        const weft_expr *own = wefti_walk_of_database(walk, expr);
        wefti_walk_note(walk, WEFT_EXPR_PER_DATABASE); /* a constant within is not taken for one by what stands around */
        return own != NULL ? wefti_walk_expr(walk, own, precedence, hint) : WEFTI_TRUTH_OPEN;
    }
    case WEFTI_EXPR_STANDIN: wefti_walk_sql(walk, expr->name); break;
    case WEFT_EXPR_LABEL: {
        const weft_expr *inner = wefti_walk_argument(walk, expr, 0);
        return inner != NULL ? wefti_walk_expr(walk, inner, precedence, hint) : WEFTI_TRUTH_OPEN;
    }
    default:
        if (expr->op >= WEFT_EXPR_EQ && expr->op <= WEFT_EXPR_NOT_IN)
            walk_compare(walk, expr, precedence);
        else if (expr->op >= WEFT_EXPR_RANGE_TEST && expr->op <= WEFT_EXPR_SEARCH)
            (expr->op == WEFT_EXPR_SEARCH ? wefti_walk_search : wefti_walk_range)(walk, expr, precedence);
        else
            misplaced(walk, expr);
    }
    return WEFTI_TRUTH_OPEN;
}

/* Whether it is written as a function is, with all its operands within. */
static bool is_call(int op)
{
    return op == WEFT_EXPR_FN || op == WEFT_EXPR_CASE || op == WEFT_EXPR_CAST || op == WEFT_EXPR_ARRAY_ITEM ||
           op == WEFT_EXPR_JSON_TEXT || op == WEFT_EXPR_JSON_KIND || op == WEFT_EXPR_OVER || op == WEFT_EXPR_FILTER ||
           op == WEFT_EXPR_ORDERED || op == WEFT_EXPR_WITHIN;
}

wefti_truth wefti_walk_expr(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    if (walk->status != WEFT_OK)
        return WEFTI_TRUTH_OPEN;
    if (++walk->depth > WEFTI_MAX_EXPR_DEPTH)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "an expression is nested deeper than %d levels, or contains itself",
                              WEFTI_MAX_EXPR_DEPTH);
    else if (++walk->node_count > WEFTI_MAX_EXPR_NODES)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the statement has more than %u nodes", WEFTI_MAX_EXPR_NODES);
    if (walk->status != WEFT_OK) {
        walk->depth--;
        return WEFTI_TRUTH_OPEN;
    }
    const bool grouped = walk->render != NULL && walk->render->groups != NULL && wefti_walk_grouped(walk, expr);
    const bool ends = walk->render != NULL && walk->dialect->collations != NULL && walk->called == WEFTI_CALLED_ALONE;
    const size_t from = ends ? walk->render->text.size : 0;
    wefti_truth truth = grouped ? WEFTI_TRUTH_OPEN : walk_node(walk, expr, precedence, hint);
    if (ends && !grouped && is_call(expr->op))
        wefti_walk_end_collation(walk, expr, from);
    walk->depth--;
    return truth;
}

void wefti_walk_operand(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint)
{
    wefti_truth truth = wefti_walk_expr(walk, expr, precedence, hint);
    if (truth == WEFTI_TRUTH_OPEN)
        return;
    wefti_walk_note(walk, truth == WEFTI_TRUTH_TRUE ? WEFT_EXPR_TRUE : WEFT_EXPR_FALSE);
    wefti_walk_sql(walk, truth == WEFTI_TRUTH_TRUE ? "true" : "false");
}

static void walk_condition(wefti_walk *walk, const weft_expr *condition, uint64_t note, const char *keyword, int precedence)
{
    const bool having = note == WEFTI_NOTE_HAVING; /* of groups; the others are of rows */
    wefti_walk_mark before = wefti_walk_mark_get(walk);
    const wefti_ground ground = wefti_walk_enter(walk, having ? ".having" : WEFTI_PLACE_OF_ROWS, having);
    wefti_walk_note(walk, note);
    wefti_walk_sql(walk, keyword);
    wefti_walk_check_condition(walk, condition);
    wefti_truth truth = wefti_walk_expr(walk, condition, precedence, &wefti_hint_condition);
    wefti_walk_leave(walk, ground);
    if (truth == WEFTI_TRUTH_TRUE) {
        wefti_walk_rewind(walk, before);
    } else if (truth == WEFTI_TRUTH_FALSE) {
        wefti_walk_note(walk, WEFT_EXPR_FALSE);
        wefti_walk_sql(walk, "false");
    }
}

void wefti_walk_condition(wefti_walk *walk, const weft_expr *condition, uint64_t note, const char *keyword, int precedence)
{
    if (walk->render == NULL && wefti_note_condition(walk, condition, note))
        return;
    walk_condition(walk, condition, note, keyword, precedence);
}
