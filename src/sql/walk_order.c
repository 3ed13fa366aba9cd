/* Columns that the caller lists, GROUP BY and ORDER BY, both sinks.
 *
 * A node of GROUP BY or ORDER BY that is also a column is named by its place, and a label by its name: written out a second time,
 * its parameters would be others and PostgreSQL would take it for another expression. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

/* The next node of a list that may be left out. */
static const weft_expr *next_given(wefti_walk *walk, const weft_expr *const *list, size_t at, const char *what)
{
    return list != NULL ? wefti_walk_next(walk, list, at, what) : NULL;
}

/* Whether what stands in for a row that is not there makes another number of the rows'. */
static bool becomes_other(wefti_walk *walk, const weft_expr *picks)
{
    const weft_expr *first = wefti_expr_argument(picks, 0);
    return wefti_expr_argument(picks, 2) != NULL && wefti_walk_number_kind(walk, first) != wefti_walk_number_kind(walk, picks);
}

/* The type of a result column, where it is certain. */
static uint8_t result_type(wefti_walk *walk, const weft_expr *expr, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH)
        return WEFT_UNMAPPED;
    expr = wefti_expr_bare(expr);
    if (expr->op == WEFT_EXPR_PER_DATABASE)
        return wefti_walk_of_database(walk, expr) != NULL ? result_type(walk, wefti_walk_of_database(walk, expr), depth + 1)
                                                          : (uint8_t)WEFT_UNMAPPED;
    const bool passes = expr->op == WEFT_EXPR_LABEL || expr->op == WEFT_EXPR_DISTINCT || expr->op == WEFT_EXPR_OVER ||
                        expr->op == WEFT_EXPR_FILTER || expr->op == WEFT_EXPR_ORDERED;
    if (expr->op == WEFT_EXPR_WITHIN && wefti_within_value(expr) != NULL)
        return result_type(walk, wefti_within_value(expr), depth + 1);
    if (expr->op == WEFT_EXPR_FN && wefti_picks_row(expr->name) && becomes_other(walk, expr))
        return wefti_walk_is_decimal(walk, expr) ? (uint8_t)WEFT_DECIMAL : (uint8_t)WEFT_UNMAPPED;
    if (passes || (expr->op == WEFT_EXPR_FN && wefti_picks_row(expr->name)))
        return expr->args != NULL && expr->args[0] != NULL ? result_type(walk, expr->args[0], depth + 1) : (uint8_t)WEFT_UNMAPPED;
    if (expr->op == WEFT_EXPR_SCALAR)
        return wefti_scalar_column(expr) != NULL ? result_type(walk, wefti_scalar_column(expr), depth + 1) : (uint8_t)WEFT_UNMAPPED;
    if (expr->op == WEFT_EXPR_VALUE)
        return (uint8_t)wefti_type_of_column((unsigned)expr->value.type);
    if (wefti_walk_is_decimal(walk, expr))
        return WEFT_DECIMAL;
    wefti_hint hint = wefti_walk_infer(walk, expr);
    if (wefti_type_is_array(hint.type) || (expr->op == WEFT_EXPR_FN && wefti_range_function_type(walk, expr) != WEFT_UNMAPPED))
        return hint.type;
    if (expr->op == WEFT_EXPR_OP && hint.type != WEFT_BOOL)
        return WEFT_UNMAPPED;
    if (expr->op != WEFT_EXPR_FN && expr->op != WEFT_EXPR_CASE)
        return hint.type;
    uint8_t type = hint.computed ? (uint8_t)WEFT_UNMAPPED : hint.type;
    if (expr->op == WEFT_EXPR_FN && (type == WEFT_TEXT || type == WEFT_BOOL || strcmp(expr->name, "count") == 0 ||
                                     strcmp(expr->name, "grouping") == 0 || wefti_window_number(expr->name) != 0))
        return type;
    const wefti_family family = wefti_walk_family(walk, expr);
    if (family != WEFTI_FAMILY_OTHER && family != WEFTI_FAMILY_NUMBER && family != WEFTI_FAMILY_TEXT &&
        family != WEFTI_FAMILY_ARRAY) /* of one type */
        return wefti_family_type(family);
    if (family == WEFTI_FAMILY_ARRAY && type == WEFT_UNMAPPED) /* of values alone */
        return (uint8_t)wefti_array_type(wefti_walk_element(walk, expr), false);
    /* min, coalesce, CASE: all branches must agree. */
    for (size_t i = 0; expr->args[i] != NULL && expr->args[i]->op != WEFT_EXPR_END; i++) {
        bool is_else =
            expr->op == WEFT_EXPR_CASE && i % 2 == 0 && (expr->args[i + 1] == NULL || expr->args[i + 1]->op == WEFT_EXPR_END);
        if (expr->op == WEFT_EXPR_CASE && i % 2 == 0 && !is_else)
            continue;
        const weft_expr *branch = wefti_expr_bare(expr->args[i]);
        uint8_t other = result_type(walk, branch, depth + 1);
        if (other != type && !(wefti_type_is_integer(other) && wefti_type_is_integer(type)) &&
            !(branch->op == WEFT_EXPR_VALUE && (unsigned)branch->value.type == WEFT_UNMAPPED))
            return WEFT_UNMAPPED;
    }
    return type;
}

static void add_result(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *inner = wefti_expr_bare(expr->op == WEFT_EXPR_LABEL ? expr->args[0] : expr);
    const wefti_column *like = walk->render != NULL ? wefti_walk_infer(walk, inner).column : NULL;
    const wefti_column *column = inner->op == WEFT_EXPR_COLUMN ? like : NULL;
    wefti_walk_note_own(walk, like);
    if (column == NULL && wefti_walk_is_made_enum(walk, like))
        walk->render->as_text = true;
    if (column != NULL)
        wefti_walk_add_column_result(walk, column);
    else
        wefti_walk_add_result(walk, result_type(walk, expr, 0));
}

/* Whether it may have a length or scale, which the column of a recursive CTE must not have in one member alone. */
static bool is_sized(wefti_walk *walk, const weft_expr *bare, const wefti_column *as)
{
    const wefti_render *render = walk->render;
    if (render == NULL || !walk->dialect->recursion_is_typed || render->made == NULL)
        return false;
    const wefti_derived *derived = wefti_walk_derived(walk, render->made->model);
    const wefti_column *column = wefti_walk_infer(walk, bare).column;
    const bool own = column != NULL && (column->cast != NULL || column->enum_names != NULL);
    return derived != NULL && derived->recursive && (as->type == WEFT_DECIMAL || (as->type == WEFT_TEXT && !own));
}

/* Whether arrays of the two types have the same texts where they are texts: numbers but decimals, which are strings in them. */
static bool items_are_alike(unsigned is, unsigned wanted)
{
    const unsigned a = wefti_type_of(is)->element, b = wefti_type_of(wanted)->element;
    const bool numbers = (wefti_type_is_integer(a) || wefti_type_is_real(a)) && (wefti_type_is_integer(b) || wefti_type_is_real(b));
    return a == b || numbers || (wefti_type_is_text(a) && wefti_type_is_text(b));
}

/* Whether an array can be one of the wanted type as it is: where arrays are texts, only integers of another width are cast. */
static bool is_array_as(wefti_walk *walk, const weft_expr *bare, const wefti_column *as)
{
    const unsigned is =
        wefti_type_base(bare->op == WEFT_EXPR_VALUE ? (unsigned)bare->value.type : (unsigned)wefti_walk_infer(walk, bare).type);
    if (walk->dialect->decimals == NULL || !wefti_type_is_array(as->type) || !wefti_type_is_array(is))
        return false;
    if (!items_are_alike(is, as->type))
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s.%s is an array of %s, and its query gives one of %s, which this database cannot cast: give the "
                              "row a field of that type",
                              as->table->name, as->field->name, wefti_type_of(wefti_type_of(as->type)->element)->word,
                              wefti_type_of(wefti_type_of(is)->element)->word);
    return !wefti_walk_other_width(walk, bare, as->type);
}

/* A column of a subquery as what its row says that it is: numbers of other kinds are cast, and what is not known. */
static void walk_column_as(wefti_walk *walk, const weft_expr *column, const wefti_column *as)
{
    const wefti_family is = wefti_walk_family(walk, column), wanted = wefti_family_of(&(wefti_hint){.type = as->type});
    const bool labelled = column->op == WEFT_EXPR_LABEL && column->args != NULL && column->args[0] != NULL;
    const weft_expr *inner = labelled ? column->args[0] : column, *bare = wefti_expr_bare(inner);
    const uint8_t number = wefti_walk_number_kind(walk, bare);
    if (walk->render != NULL)
        wefti_walk_note_own(walk, wefti_walk_infer(walk, bare).column);
    const bool same = is == wanted && (is != WEFTI_FAMILY_NUMBER || number == wefti_number_class(as->type)) &&
                      (is_array_as(walk, bare, as) || bare->op != WEFT_EXPR_VALUE) && !is_sized(walk, bare, as);
    if (is != WEFTI_FAMILY_OTHER && is != wanted) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s is a%s %s, and its query gives something else: cast the column",
                              as->table->name, as->field->name, wefti_type_is_integer(as->type) ? "n" : "",
                              wefti_type_of(as->type)->word);
        return;
    }
    const weft_expr cast = {.op = WEFT_EXPR_CAST,
                            .value.type = (weft_type)as->type,
                            .args = (const weft_expr *const[]){inner, &weft_end}};
    wefti_walk_operand(walk, same ? inner : &cast, WEFTI_PRECEDENCE_NONE, NULL);
}

/* Column number i, counted from 0, of the subquery that is rendered; NULL where none is. */
static const wefti_column *column_of_row(wefti_walk *walk, size_t i)
{
    const wefti_table *table = walk->render != NULL ? walk->render->made : NULL;
    if (table != NULL && i >= table->column_count)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the subquery %s gives more columns than its row has fields", table->name);
    return table != NULL && i < table->column_count ? &table->columns[i] : NULL;
}

/* Whether what is stored of values is them, all the same: rows are distinct before and after. */
static bool is_stored_alike(wefti_walk *walk, const weft_expr *expr, const wefti_column *to)
{
    if (wefti_walk_keeps(walk, expr, to) || expr->op == WEFT_EXPR_VALUE) /* a constant is one in all rows */
        return true;
    const wefti_family family = wefti_walk_family(walk, expr), wanted = (wefti_family)wefti_type_of(to->type)->family;
    const uint8_t number = wefti_walk_number_kind(walk, expr);
    const bool spelt = family == WEFTI_FAMILY_ARRAY || family == WEFTI_FAMILY_JSON || family == WEFTI_FAMILY_INTERVAL;
    if (family != wanted || to->enum_names != NULL || spelt) /* equal ones have several texts */
        return false;
    return family != WEFTI_FAMILY_NUMBER || (wefti_number_is_whole(number) && wefti_type_is_integer(to->type)) ||
           (number == WEFT_DOUBLE && to->type == WEFT_DOUBLE);
}

/* A column of the SELECT whose rows are inserted, as the column that it goes into. */
static void walk_column_into(wefti_walk *walk, const wefti_into *into, const weft_expr *column, size_t i, bool distinct)
{
    if (i >= into->count)
        return;
    const wefti_column *to = into->columns[i];
    const wefti_hint hint = {.column = to, .type = to->type, .strict = true, .assigned = true, .untyped = WEFTI_UNTYPED_ALL};
    const bool labelled = column->op == WEFT_EXPR_LABEL && column->args != NULL && column->args[0] != NULL;
    const weft_expr *bare = labelled ? column->args[0] : column;
    if (distinct && walk->dialect->keep != NULL && !is_stored_alike(walk, bare, to))
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                            "%s.%s: what is inserted there is another type, and rows are made distinct before it becomes this one: "
                            "select from a weft_subselect that has .distinct",
                            into->table->name, to->name);
    wefti_walk_assigned(walk, bare, &hint);
}

static void close_into(wefti_walk *walk, const wefti_into *into, size_t count, bool numbered)
{
    if (count != into->count)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the INSERT into %s has %u .columns, and its query gives %zu",
                              into->table->name, (unsigned)into->count, count);
    wefti_walk_sql(walk, into->version && !numbered ? ", 1" : "");
}

/* Around the first column, which it does not change: a view may have made no key. */
static void open_counted(wefti_walk *walk, const wefti_column *counted)
{
    walk->render->counted = NULL; /* of these columns, and of no query within */
    wefti_walk_sql(walk, "iif(");
    wefti_walk_kept(walk, counted);
    wefti_walk_sql(walk, " IS ");
    wefti_walk_identifier(walk, counted->table->name);
    wefti_walk_sql(walk, ".");
    wefti_walk_identifier(walk, counted->name);
    wefti_walk_sql(walk, ", ");
}

/* Of a result column that stands in a column of a table (NULL: in none): that one's, or its own where it has none. */
static const char *result_collation(wefti_walk *walk, const wefti_column *as, const weft_expr *column)
{
    const char *collation = as != NULL ? wefti_column_collation(walk, as) : "";
    return collation[0] != '\0' ? collation : wefti_expr_collation(walk, column);
}

void wefti_walk_columns(wefti_walk *walk, const weft_expr *const *columns, bool distinct, bool numbered)
{
    const wefti_into *into = walk->render != NULL ? walk->render->into : NULL;
    const wefti_column *counted = walk->render != NULL ? walk->render->counted : NULL;
    const weft_expr *column;
    size_t i = 0;
    if (counted != NULL)
        open_counted(walk, counted);
    wefti_walk_note(walk, WEFTI_NOTE_COLUMNS);
    for (; (column = wefti_walk_next(walk, columns, i, "weft_columns")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        if (column->op == WEFT_EXPR_LABEL) {
            if (column->name == NULL || column->name[0] == '\0' || strlen(column->name) > WEFTI_MAX_IDENTIFIER_BYTES) {
                (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_label: a label has 1 to %d bytes", WEFTI_MAX_IDENTIFIER_BYTES);
                return;
            }
            wefti_walk_note(walk, WEFT_EXPR_LABEL);
            wefti_walk_note_text(walk, column->name);
        }
        const wefti_column *as = column_of_row(walk, i);
        if (as != NULL)
            wefti_walk_check_put(walk, column, as->table);
        if (into != NULL)
            walk_column_into(walk, into, column, i, distinct);
        else if (as != NULL)
            walk_column_as(walk, column, as);
        else if (walk->render != NULL && i < 32 && (walk->render->texts >> i & 1) != 0)
            wefti_walk_enum_text(walk, column->op == WEFT_EXPR_LABEL ? column->args[0] : column, WEFTI_PRECEDENCE_NONE,
                                 &wefti_hint_column);
        else
            wefti_walk_operand(walk, column, WEFTI_PRECEDENCE_NONE, &wefti_hint_column);
        if (distinct || (walk->render != NULL && walk->render->compares))
            wefti_walk_sql(walk, result_collation(walk, as, column));
        wefti_walk_sql(walk, counted != NULL && i == 0 ? ", NULL)" : "");
        const bool single = walk->render != NULL && walk->render->single && column->op != WEFT_EXPR_LABEL;
        if (numbered) {
            wefti_walk_sql(walk, " AS weft_");
            wefti_walk_number(walk, (int64_t)i + 1);
        } else if (as != NULL || single || column->op == WEFT_EXPR_LABEL) {
            wefti_walk_sql(walk, " AS ");
            wefti_walk_identifier(walk, as != NULL ? as->name : single ? "weft_value" : column->name);
        }
        if (walk->render != NULL && walk->status == WEFT_OK)
            add_result(walk, column);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (into != NULL && walk->status == WEFT_OK)
        close_into(walk, into, i, numbered);
    if (i == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the list of weft_columns is empty");
    else if (walk->render != NULL && walk->render->made != NULL && i < walk->render->made->column_count)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the subquery %s gives fewer columns than its row has fields",
                              walk->render->made->name);
}

/* ---- ORDER BY, GROUP BY ---- */

/* The place of the column with this label, or 0. */
static size_t place_of_label(const weft_expr *const *columns, const char *name)
{
    for (size_t i = 0; !wefti_list_ends(columns, i); i++)
        if (columns[i]->op == WEFT_EXPR_LABEL && columns[i]->name != NULL && strcmp(columns[i]->name, name) == 0)
            return i + 1;
    return 0;
}

/* Whether two nodes say the same. */
static bool same_node(const weft_expr *a, const weft_expr *b, int depth)
{
    if (a == b)
        return true;
    if (depth > WEFTI_MAX_EXPR_DEPTH || a->op != b->op || a->alias != b->alias || a->model != b->model || a->offset != b->offset ||
        a->op == WEFT_EXPR_IN || a->op == WEFT_EXPR_NOT_IN || a->op == WEFTI_EXPR_FAILED || a->op == WEFT_EXPR_OVER ||
        wefti_expr_has_query(a) || wefti_expr_is_computed(a) != wefti_expr_is_computed(b) ||
        (!wefti_expr_is_computed(a) && !wefti_values_same(&a->value, &b->value)))
        return false;
    const weft_expr *const *of_a = wefti_expr_args(a), *const *of_b = wefti_expr_args(b);
    if ((a->name == NULL) != (b->name == NULL) || (a->name != NULL && strcmp(a->name, b->name) != 0) ||
        (of_a == NULL) != (of_b == NULL))
        return false;
    for (size_t i = 0; of_a != NULL && i < WEFTI_MAX_LIST_NODES; i++) {
        if (of_a[i] == NULL || of_b[i] == NULL || !same_node(of_a[i], of_b[i], depth + 1))
            return false;
        if (of_a[i]->op == WEFT_EXPR_END)
            return true;
    }
    return of_a == NULL;
}

bool wefti_walk_same_node(const weft_expr *a, const weft_expr *b) { return same_node(a, b, 0); }

/* The place of a column that says the same as this node, or 0. Naming it by its place keeps `GROUP BY f(x, $1)` equal to the
 * column. */
static size_t place_of(const weft_expr *const *columns, const weft_expr *expr)
{
    for (size_t i = 0; !wefti_list_ends(columns, i); i++) {
        const weft_expr *column = columns[i];
        if (column->op == WEFT_EXPR_LABEL && column->args != NULL && column->args[0] != NULL)
            column = column->args[0];
        if (same_node(column, expr, 0))
            return i + 1;
    }
    return 0;
}

size_t wefti_walk_place(const wefti_select *select, const weft_expr *expr)
{
    const size_t place = expr->op == WEFT_EXPR_LABEL && expr->name != NULL ? place_of_label(select->columns, expr->name) : 0;
    return place > 0 ? place : place_of(select->columns, expr);
}

void wefti_walk_check_distinct_order(wefti_walk *walk, const wefti_select *select, const weft_expr *expr)
{
    if (select->distinct && select->columns != NULL && wefti_walk_place(select, expr) == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "order_by names what weft_columns does not list; .distinct leaves equal "
                              "rows once, and there may be several values of it for one row");
}

/* The place of a number or a time that another SELECT reads as another type, to which it is cast among the columns: distinct rows
 * are ordered by what stands there. 0 of all others, and where texts keep numbers, which are ordered by more than that. */
static size_t place_of_cast(wefti_walk *walk, const wefti_select *select, const weft_expr *expr)
{
    if (!select->distinct || walk->render == NULL || walk->render->made == NULL || expr->op != WEFT_EXPR_COLUMN ||
        walk->dialect->decimals != NULL)
        return 0;
    const wefti_column *column = wefti_walk_infer(walk, expr).column;
    const bool plain = column != NULL && !wefti_type_is_text(column->type) && !wefti_column_is_turned(column);
    return plain ? place_of(select->columns, expr) : 0;
}

void wefti_walk_reference(wefti_walk *walk, const wefti_select *select, const weft_expr *expr, bool groups)
{
    bool is_label = expr->op == WEFT_EXPR_LABEL && expr->name != NULL;
    if (is_label && expr->args == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_out names %s, which no weft_put of the query gives", expr->name);
        return;
    }
    size_t place = is_label                       ? place_of_label(select->columns, expr->name)
                   : expr->op != WEFT_EXPR_COLUMN ? place_of(select->columns, expr)
                                                  : 0;
    if (place > 0 && is_label && !groups && (walk->render == NULL || walk->render->made == NULL)) {
        wefti_walk_note(walk, WEFT_EXPR_LABEL);
        wefti_walk_note_text(walk, expr->name);
        wefti_walk_identifier(walk, expr->name);
    } else if (place > 0) {
        /* GROUP BY would take a label for a column of that name. */
        wefti_walk_note(walk, WEFT_EXPR_STAR | (uint64_t)place << 16);
        wefti_walk_number(walk, (int64_t)place);
    } else if (!groups && (place = place_of_cast(walk, select, expr)) > 0) {
        wefti_walk_number(walk, (int64_t)place);
    } else {
        if (!groups)
            wefti_walk_check_distinct_order(walk, select, expr);
        /* A constant alone would be the place of a column. */
        const weft_expr *bare = wefti_expr_bare(expr);
        wefti_walk_operand(walk, bare->op == WEFT_EXPR_VALUE ? bare : expr, WEFTI_PRECEDENCE_NONE, NULL);
    }
}

wefti_direction wefti_walk_direction(wefti_walk *walk, const weft_expr *expr)
{
    wefti_direction result = {.expr = expr};
    for (int depth = 0; wefti_expr_is_order(result.expr); depth++) {
        result.descending = result.descending || result.expr->op == WEFT_EXPR_DESC;
        result.nulls_first = result.nulls_first || result.expr->op == WEFT_EXPR_NULLS_FIRST;
        result.nulls_last = result.nulls_last || result.expr->op == WEFT_EXPR_NULLS_LAST;
        const weft_expr *inner = depth < 4 ? wefti_walk_next(walk, wefti_expr_args(result.expr), 0, "weft_order") : NULL;
        if (inner == NULL) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "an element of weft_order has no expression");
            break;
        }
        result.expr = inner;
    }
    return result;
}

void wefti_walk_note_direction(wefti_walk *walk, wefti_direction d)
{
    wefti_walk_note(walk,
                    WEFT_EXPR_ASC | (uint64_t)d.descending << 16 | (uint64_t)d.nulls_first << 17 | (uint64_t)d.nulls_last << 18);
}

/* NULL is greater than any value unless the program says otherwise. Where the database takes it for the least, it is told. */
static void say_nulls(wefti_walk *walk, bool descending)
{
    if (walk->dialect->null_is_least)
        wefti_walk_sql(walk, descending ? " NULLS FIRST" : " NULLS LAST");
}

static bool may_be_null(wefti_walk *walk, const weft_expr *expr)
{
    if (walk->render->select != NULL && wefti_has_grouping_sets(walk->render->select->group_by)) /* where a set has not the key */
        return true;
    if (expr->op != WEFT_EXPR_COLUMN)
        return expr->op != WEFT_EXPR_VALUE;
    const wefti_source *source = wefti_walk_find_source(walk, expr->model, expr->alias, expr->offset);
    const wefti_column *column = source != NULL ? wefti_walk_find_column(walk, expr->model, expr->offset) : NULL;
    return column == NULL || column->nullable || source->outer;
}

static void render_direction(wefti_walk *walk, wefti_direction d, bool nullable)
{
    wefti_walk_sql(walk, d.descending ? " DESC" : "");
    if (d.nulls_first || d.nulls_last)
        wefti_walk_sql(walk, d.nulls_first ? " NULLS FIRST" : " NULLS LAST");
    else if (nullable)
        say_nulls(walk, d.descending);
}

void wefti_walk_order_end(wefti_walk *walk, wefti_direction d)
{
    if (walk->render == NULL)
        return;
    wefti_walk_sql(walk, wefti_expr_collation(walk, d.expr));
    render_direction(walk, d, may_be_null(walk, d.expr));
}

static void begin_order(wefti_walk *walk, size_t *count) { wefti_walk_sql(walk, (*count)++ > 0 ? ", " : " ORDER BY "); }

void wefti_walk_order_by(wefti_walk *walk, const wefti_select *select, size_t *count)
{
    const weft_expr *element;
    if (select->order_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_ORDER);
    for (size_t i = 0; (element = next_given(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        wefti_direction d = wefti_walk_direction(walk, element);
        if (walk->status != WEFT_OK)
            return;
        wefti_walk_note_direction(walk, d);
        begin_order(walk, count);
        d.expr = wefti_put_meant(select->columns, d.expr);
        wefti_walk_reference(walk, select, d.expr, false);
        wefti_walk_order_end(walk, d);
    }
    if (select->order_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

const weft_expr *wefti_walk_ordered_by(wefti_walk *walk, const weft_expr *element)
{
    return wefti_walk_direction(walk, element).expr;
}

void wefti_walk_window_order(wefti_walk *walk, const weft_expr *const *list)
{
    const weft_expr *element;
    wefti_walk_note(walk, WEFTI_NOTE_ORDER);
    for (size_t i = 0; (element = wefti_walk_next(walk, list, i, "a window's .order_by")) != NULL; i++) {
        const wefti_direction d = wefti_walk_direction(walk, element);
        if (walk->status != WEFT_OK)
            return;
        wefti_walk_note_direction(walk, d);
        wefti_walk_sql(walk, i > 0 ? ", " : "ORDER BY ");
        wefti_walk_operand(walk, d.expr, WEFTI_PRECEDENCE_NONE, &wefti_hint_untyped);
        wefti_walk_order_end(walk, d);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

void wefti_walk_relation_order(wefti_walk *walk, const wefti_relation *relation, const wefti_source *source, size_t *count)
{
    for (uint16_t i = 0; i < relation->order_count; i++) {
        begin_order(walk, count);
        wefti_walk_source_column(walk, source, relation->order[i].column);
        wefti_walk_collation(walk, relation->order[i].column);
        wefti_walk_sql(walk, wefti_column_collation(walk, relation->order[i].column));
        wefti_walk_sql(walk, relation->order[i].descending ? " DESC" : "");
        if (relation->order[i].column->nullable)
            say_nulls(walk, relation->order[i].descending);
    }
}

void wefti_walk_load_order(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, size_t *count)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    for (uint16_t i = 0; i < wefti_select_load_count(select); i++) {
        const wefti_relation *relation = select->beside->loads[i].relation;
        if (relation->order_count == 0)
            continue;
        for (uint16_t k = 0; *count == 0 && k < select->from->key_count; k++) {
            size_t first = k;
            begin_order(walk, &first);
            wefti_walk_source_column(walk, from->entity, select->from->key[k]);
            if (k + 1 == select->from->key_count)
                *count = first;
        }
        wefti_walk_relation_order(walk, relation, from->loads[i], count);
    }
}

void wefti_walk_group(wefti_walk *walk, const wefti_select *select, bool around)
{
    const weft_expr *element;
    if (select->group_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_GROUP);
    const wefti_ground ground = wefti_walk_enter(walk, ".group_by", false);
    const bool sets = wefti_has_grouping_sets(select->group_by);
    if (sets)
        wefti_walk_grouping_sets(walk, select);
    for (size_t i = 0; !sets && (element = next_given(walk, select->group_by, i, "group_by")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : " GROUP BY ");
        element = wefti_put_meant(select->columns, element);
        if (around && wefti_walk_own_group(walk, select, element, i + 1))
            continue;
        wefti_walk_reference(walk, select, element, true);
        if (!wefti_walk_is_spelt(walk, element))
            wefti_walk_sql(walk, wefti_expr_collation(walk, element));
    }
    wefti_walk_leave(walk, ground);
    if (select->group_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_END);
    if (select->having != NULL)
        wefti_walk_condition(walk, select->having, WEFTI_NOTE_HAVING,
                             sets && !walk->dialect->grouping_sets ? " WHERE " : " HAVING ", WEFTI_PRECEDENCE_NONE);
}

/* ---- around a subquery ---- */

static bool is_own_column(const wefti_select *select, const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_COLUMN && expr->alias == 0 && select->source == NULL && select->from != NULL &&
           expr->model == select->from->model;
}

bool wefti_walk_orders_by_others(const wefti_select *select)
{
    for (size_t i = 0; select->order_by != NULL && i < WEFTI_MAX_LIST_NODES; i++) {
        const weft_expr *element = select->order_by[i];
        if (element == NULL || element->op == WEFT_EXPR_END)
            return false;
        element = wefti_expr_ordered(element);
        if (element != NULL && !is_own_column(select, element))
            return true;
    }
    return false;
}

static void walk_order_column(wefti_walk *walk, const wefti_select *select, const weft_expr *expr)
{
    if (walk->render != NULL)
        walk->render->orders_distinct = select->distinct;
    wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, NULL);
    if (walk->render != NULL)
        walk->render->orders_distinct = false;
}

void wefti_walk_order_columns(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    if (select->order_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_ORDER);
    for (size_t i = 0; (element = next_given(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        wefti_direction d = wefti_walk_direction(walk, element);
        wefti_walk_note_direction(walk, d);
        if (walk->status != WEFT_OK)
            return;
        if (is_own_column(select, d.expr)) {
            wefti_walk_mark mark = wefti_walk_mark_get(walk);
            wefti_walk_operand(walk, d.expr, WEFTI_PRECEDENCE_NONE, NULL);
            if (walk->render != NULL)
                wefti_walk_rewind(walk, mark);
            continue;
        }
        wefti_walk_sql(walk, ", ");
        walk_order_column(walk, select, d.expr);
        wefti_walk_sql(walk, " AS weft_order_");
        wefti_walk_number(walk, (int64_t)i + 1);
    }
    if (select->order_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

void wefti_walk_order_names(wefti_walk *walk, const wefti_select *select, const wefti_source *entity, bool outside, size_t *count)
{
    const weft_expr *element;
    if (walk->render == NULL)
        return;
    for (size_t i = 0; (element = next_given(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        wefti_direction d = wefti_walk_direction(walk, element);
        begin_order(walk, count);
        bool nullable = true;
        if (is_own_column(select, d.expr)) {
            const wefti_column *column = wefti_walk_find_column(walk, d.expr->model, d.expr->offset);
            nullable = column == NULL || column->nullable;
            wefti_walk_source_column(walk, entity, column);
            wefti_walk_collation(walk, column);
        } else {
            if (outside) {
                wefti_walk_identifier(walk, entity->name);
                wefti_walk_sql(walk, ".");
            }
            wefti_walk_sql(walk, "weft_order_");
            wefti_walk_number(walk, (int64_t)i + 1);
        }
        wefti_walk_sql(walk, wefti_expr_collation(walk, d.expr));
        render_direction(walk, d, nullable);
    }
    if (wefti_select_owned_by(select) != NULL && walk->status == WEFT_OK)
        wefti_walk_relation_order(walk, select->among->relation, entity, count);
}
