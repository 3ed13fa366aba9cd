/* Which of its rows a SELECT gives, both sinks: LIMIT and OFFSET, FETCH FIRST WITH TIES, and DISTINCT ON.
 *
 * Where the database has not the latter two, or orders by nothing of the queries around, the SELECT stands in FROM, with names of
 * its own for its columns and for what it is distinct on and ordered by, and its rows are ordered, and where need be numbered,
 * there:
 *
 *     SELECT weft_1, weft_2 FROM (SELECT *, row_number() OVER (PARTITION BY weft_1 ORDER BY weft_1, weft_order_2) AS weft_first
 *     FROM (SELECT a AS weft_1, b AS weft_2, c AS weft_order_2 FROM t)) WHERE weft_first = 1 ORDER BY weft_1, weft_order_2
 *
 * So nothing is written twice, and what is ordered by may be an aggregate or a window. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

/* ---- LIMIT, OFFSET, FETCH WITH TIES ---- */

#define NO_ROWS ((int64_t)UINT32_MAX) /* WEFT_NONE */

/* A limit or an offset that is a value of its own: NULL is none. */
static const weft_expr *cut_by(wefti_walk *walk, const weft_expr *expr, int64_t number, const char *name)
{
    if (expr == NULL || walk->status != WEFT_OK)
        return NULL;
    if (number != 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".%s stands beside the other form of the same: keep one of them", name);
    else if (expr->op != WEFT_EXPR_VALUE)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".%s is a value: weft_val(n), or weft_param(P, f) in a WEFT_STATEMENT",
                              name);
    else if (!wefti_type_is_integer((uint8_t)expr->value.type))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, ".%s is an integer, and was given a %s value", name,
                              wefti_type_of(expr->value.type)->word);
    return walk->status != WEFT_OK || expr->value.is_null ? NULL : expr;
}

void wefti_walk_count(wefti_walk *walk, const weft_expr *expr)
{
    static const wefti_hint hint = {.type = WEFT_INT64};
    if (walk->render == NULL || walk->literal) {
        wefti_walk_value(walk, &expr->value, walk->literal ? &hint : NULL);
        return;
    }
    wefti_walk_add_parameter(walk, WEFT_INT64, NULL, WEFTI_FORM_COUNT);
    wefti_walk_placeholder(walk, walk->render->parameter_count);
}

static void walk_number(wefti_walk *walk, const weft_expr *expr, int64_t number, uint64_t note)
{
    static const wefti_hint hint = {.type = WEFT_INT64};
    const weft_value value = weft_value_int64(number);
    wefti_walk_note(walk, expr != NULL ? note | 1u << 16 : note);
    if (expr != NULL)
        wefti_walk_count(walk, expr);
    else
        wefti_walk_value(walk, &value, &hint);
}

void wefti_walk_cut(wefti_walk *walk, const wefti_select *select)
{
    int64_t offset = select->offset == NO_ROWS ? 0 : select->offset;
    const weft_expr *limit_to = cut_by(walk, select->limit_to, select->limit, "limit_to"),
                    *offset_by = cut_by(walk, select->offset_by, select->offset, "offset_by");
    const bool ties = select->with_ties && walk->dialect->fetch_ties;
    if (limit_to != NULL || select->limit != 0) {
        wefti_walk_sql(walk, ties ? " FETCH FIRST (" : " LIMIT ");
        walk_number(walk, limit_to, select->limit == NO_ROWS ? 0 : select->limit, WEFTI_NOTE_LIMIT);
        wefti_walk_sql(walk, ties ? ") ROWS WITH TIES" : "");
    } else if (offset != 0 || offset_by != NULL) {
        wefti_walk_sql(walk, walk->dialect->no_limit);
    }
    if (offset_by != NULL || offset != 0) {
        wefti_walk_sql(walk, " OFFSET ");
        walk_number(walk, offset_by, offset, WEFTI_NOTE_OFFSET);
    }
}

/* ---- DISTINCT ON ---- */

static const weft_expr *bare(const wefti_select *select, const weft_expr *expr)
{
    return wefti_walk_meaning(select, wefti_put_meant(select->columns, expr));
}

static bool is_among(const wefti_select *select, const weft_expr *const *list, const weft_expr *expr)
{
    for (size_t i = 0; !wefti_list_ends(list, i); i++)
        if (wefti_walk_same_node(bare(select, list[i]), expr))
            return true;
    return false;
}

/* How many different ones the list has. */
static size_t count_different(const wefti_select *select, const weft_expr *const *list)
{
    size_t count = 0;
    for (size_t i = 0; !wefti_list_ends(list, i); i++) {
        bool again = false;
        for (size_t k = 0; !again && k < i; k++)
            again = wefti_walk_same_node(bare(select, list[k]), bare(select, list[i]));
        count += !again;
    }
    return count;
}

/* PostgreSQL finds the first rows by sorting. */
static void check_distinct_on(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element, *found[64];
    const size_t wanted = count_different(select, select->distinct_on);
    size_t count = 0;
    if (select->distinct)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".distinct and .distinct_on exclude each other");
    for (size_t i = 0; walk->status == WEFT_OK && count < wanted && select->order_by != NULL &&
                       (element = wefti_walk_next(walk, select->order_by, i, "weft_order")) != NULL;
         i++) {
        const weft_expr *ordered = bare(select, wefti_walk_ordered_by(walk, element));
        bool again = false;
        for (size_t k = 0; !again && k < count; k++)
            again = wefti_walk_same_node(found[k], ordered);
        if (!is_among(select, select->distinct_on, ordered))
            (void)wefti_walk_fail(
                walk, WEFT_ERROR_MISUSE,
                "element %zu of .order_by is none of .distinct_on: .order_by begins with what is distinct, and then "
                "says which row is the first",
                i + 1);
        else if (wefti_walk_place(select, ordered) == 0 && wefti_expr_has_value(ordered))
            (void)
                wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                                "element %zu of .order_by has a value in it, and would be another one in .distinct_on: list it in "
                                ".columns, too",
                                i + 1);
        else if (!again && count < sizeof found / sizeof found[0])
            found[count++] = ordered;
        else if (!again)
            return;
    }
}

void wefti_walk_distinct_on(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    if (walk->render != NULL)
        check_distinct_on(walk, select);
    wefti_walk_note(walk, WEFTI_NOTE_DISTINCT_ON);
    wefti_walk_sql(walk, walk->dialect->distinct_on);
    for (size_t i = 0; (element = wefti_walk_next(walk, select->distinct_on, i, "distinct_on")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_reference(walk, select, wefti_put_meant(select->columns, element), true);
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, ") ");
}

/* ---- rows that are numbered ---- */

/* The next element of a list that may be left out. */
static const weft_expr *next(wefti_walk *walk, const weft_expr *const *list, size_t at, const char *what)
{
    return list != NULL ? wefti_walk_next(walk, list, at, what) : NULL;
}

static bool is_of(const wefti_select *select, const weft_model *model, int alias)
{
    const weft_join_step *join = select->joins;
    bool found =
        alias == 0 && (select->source != NULL ? model == select->source : select->from != NULL && model == select->from->model);
    for (size_t i = 0; !found && join != NULL && i < WEFTI_MAX_JOINS && join[i].end_ == 0; i++)
        found = join[i].to == model && join[i].to_alias == alias;
    return found;
}

/* Whether what it says may be of a query around this one: in doubt yes, for what stands in FROM is as right. */
static bool may_see(const wefti_select *select, const weft_expr *expr, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH || wefti_expr_has_query(expr) ||
        (expr->model != NULL && !is_of(select, expr->model, expr->alias)))
        return true;
    const weft_expr *const *args = wefti_expr_args(expr);
    bool may = false;
    for (size_t i = 0; !may && !wefti_list_ends(args, i); i++)
        may = may_see(select, args[i], depth + 1);
    return may;
}

bool wefti_may_see_around(const wefti_select *select, const weft_expr *expr) { return may_see(select, expr, 0); }

/* An element of GROUP BY or ORDER BY that the database would look for; others it finds by the place or the label of a column. */
static bool is_sought_around(const wefti_select *select, const weft_expr *element)
{
    return (element->op == WEFT_EXPR_COLUMN || wefti_walk_place(select, element) == 0) && wefti_may_see_around(select, element);
}

bool wefti_walk_sorts_by_around(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    bool may = false;
    if (!walk->dialect->orders_within)
        return false;
    for (size_t i = 0; !may && (element = next(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        element = wefti_put_meant(select->columns, wefti_walk_ordered_by(walk, element));
        may = is_sought_around(select, element);
    }
    const bool groups = !wefti_has_grouping_sets(select->group_by);
    for (size_t i = 0; groups && !may && (element = next(walk, select->group_by, i, "group_by")) != NULL; i++)
        may = is_sought_around(select, wefti_put_meant(select->columns, element));
    return may && walk->status == WEFT_OK;
}

/* The name of an element: of the column that says the same, or its own. */
static void write_name(wefti_walk *walk, const wefti_select *select, const weft_expr *expr, const char *prefix, size_t number)
{
    const size_t place = wefti_walk_place(select, expr);
    wefti_walk_sql(walk, place > 0 ? "weft_" : prefix);
    wefti_walk_number(walk, (int64_t)(place > 0 ? place : number));
}

bool wefti_walk_own_group(wefti_walk *walk, const wefti_select *select, const weft_expr *element, size_t number)
{
    const bool is = is_sought_around(select, element);
    if (is)
        write_name(walk, select, element, "weft_group_", number);
    return is;
}

bool wefti_walk_numbers(const wefti_walk *walk, const wefti_select *select)
{
    return (select->distinct_on != NULL && walk->dialect->distinct_on == NULL) || (select->with_ties && !walk->dialect->fetch_ties);
}

static void write_keys(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *key;
    for (size_t i = 0; (key = next(walk, select->distinct_on, i, "distinct_on")) != NULL; i++) {
        key = wefti_put_meant(select->columns, key);
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        write_name(walk, select, key, "weft_key_", i + 1);
        wefti_walk_sql(walk, wefti_expr_collation(walk, key));
    }
}

static void write_order(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    for (size_t i = 0; (element = next(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        wefti_direction d = wefti_walk_direction(walk, element);
        d.expr = wefti_put_meant(select->columns, d.expr);
        wefti_walk_sql(walk, i > 0 ? ", " : "ORDER BY ");
        write_name(walk, select, d.expr, "weft_order_", i + 1);
        wefti_walk_order_end(walk, d);
    }
}

/* Columns by their names within, under those that they have without. */
static void write_columns(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    const wefti_render *render = walk->render;
    const weft_expr *column;
    wefti_walk_sql(walk, from == NULL ? "1" : "");
    for (uint16_t i = 0; from != NULL && select->columns == NULL && from->entity != NULL && i < from->entity->table->column_count;
         i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_identifier(walk, from->entity->table->columns[i].name);
    }
    for (size_t i = 0; (column = next(walk, select->columns, i, "weft_columns")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", weft_" : "weft_");
        wefti_walk_number(walk, (int64_t)i + 1);
        const wefti_column *of =
            column->op == WEFT_EXPR_COLUMN ? wefti_walk_find_column(walk, column->model, column->offset) : NULL;
        const char *name = render->made != NULL && i < render->made->column_count ? render->made->columns[i].name
                           : column->op == WEFT_EXPR_LABEL                        ? column->name
                           : render->single                                       ? "weft_value"
                           : of != NULL                                           ? of->name
                                                                                  : NULL;
        if (name != NULL) {
            wefti_walk_sql(walk, " AS ");
            wefti_walk_identifier(walk, name);
        }
    }
    wefti_walk_sql(walk, render->into != NULL && render->into->version ? ", 1" : "");
}

void wefti_numbered_begin(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool around)
{
    wefti_walk_sql(walk, "SELECT ");
    write_columns(walk, select, from);
    wefti_walk_sql(walk, " FROM (");
    if (select->with_ties) {
        wefti_walk_sql(walk, "SELECT *, rank() OVER (");
        write_order(walk, select);
        wefti_walk_sql(walk, ") AS weft_rank, row_number() OVER (");
        write_order(walk, select);
        wefti_walk_sql(walk, ") AS weft_row FROM (");
    }
    if (select->distinct_on != NULL) {
        check_distinct_on(walk, select);
        wefti_walk_sql(walk, "SELECT *, row_number() OVER (PARTITION BY ");
        write_keys(walk, select);
        wefti_walk_sql(walk, select->order_by != NULL ? " " : "");
        write_order(walk, select);
        wefti_walk_sql(walk, ") AS weft_first FROM (");
    }
    /* Rows are equal or not without what they are grouped by. */
    for (size_t i = 0; around && select->distinct && next(walk, select->columns, i, "weft_columns") != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", weft_" : "SELECT DISTINCT weft_");
        wefti_walk_number(walk, (int64_t)i + 1);
    }
    wefti_walk_sql(walk, around && select->distinct && select->columns != NULL ? " FROM (" : "");
}

static void walk_own(wefti_walk *walk, const wefti_select *select, const weft_expr *expr, const char *prefix, size_t number)
{
    const size_t place = wefti_walk_place(select, expr);
    if (place > 0) {
        wefti_walk_note(walk, WEFT_EXPR_STAR | (uint64_t)place << 16);
        return;
    }
    wefti_walk_sql(walk, ", ");
    wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, NULL);
    wefti_walk_sql(walk, prefix);
    wefti_walk_number(walk, (int64_t)number);
}

void wefti_numbered_columns(wefti_walk *walk, const wefti_select *select, bool around)
{
    const weft_expr *element;
    wefti_walk_note(walk, WEFTI_NOTE_DISTINCT_ON);
    for (size_t i = 0; (element = next(walk, select->distinct_on, i, "distinct_on")) != NULL; i++)
        walk_own(walk, select, wefti_put_meant(select->columns, element), " AS weft_key_", i + 1);
    wefti_walk_note(walk, WEFTI_NOTE_ORDER);
    for (size_t i = 0; (element = next(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        const wefti_direction d = wefti_walk_direction(walk, element);
        if (walk->status != WEFT_OK)
            return;
        wefti_walk_note_direction(walk, d);
        element = wefti_put_meant(select->columns, d.expr);
        wefti_walk_check_distinct_order(walk, select, element);
        walk_own(walk, select, element, " AS weft_order_", i + 1);
    }
    const bool groups = around && !wefti_has_grouping_sets(select->group_by);
    const wefti_ground ground = wefti_walk_enter(walk, ".group_by", false);
    for (size_t i = 0; groups && (element = next(walk, select->group_by, i, "group_by")) != NULL; i++)
        if (is_sought_around(select, wefti_put_meant(select->columns, element)))
            walk_own(walk, select, wefti_put_meant(select->columns, element), " AS weft_group_", i + 1);
    wefti_walk_leave(walk, ground);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* The rows up to the last one that is wanted, and those that are equal to it. */
static void walk_ties(wefti_walk *walk, const wefti_select *select)
{
    const int64_t offset = select->offset == NO_ROWS ? 0 : select->offset;
    const weft_expr *limit_to = cut_by(walk, select->limit_to, select->limit, "limit_to"),
                    *offset_by = cut_by(walk, select->offset_by, select->offset, "offset_by");
    const bool limits = limit_to != NULL || select->limit != 0, skips = offset_by != NULL || offset != 0;
    size_t from[2] = {0, 0}, to[2] = {0, 0};
    wefti_text *text = walk->render != NULL ? &walk->render->text : NULL;
    if (limits) {
        wefti_walk_sql(walk, " WHERE weft_rank <= ");
        from[0] = text != NULL ? text->size : 0;
        walk_number(walk, limit_to, select->limit == NO_ROWS ? 0 : select->limit, WEFTI_NOTE_LIMIT);
        to[0] = text != NULL ? text->size : 0;
    }
    if (skips) {
        wefti_walk_sql(walk, limits ? " + " : " WHERE weft_row > ");
        from[1] = text != NULL ? text->size : 0;
        walk_number(walk, offset_by, offset, WEFTI_NOTE_OFFSET);
        to[1] = text != NULL ? text->size : 0;
    }
    if (text == NULL || !limits)
        return;
    if (skips) {
        wefti_walk_sql(walk, " AND weft_row > ");
        wefti_text_repeat(text, from[1], to[1] - from[1]);
    }
    wefti_walk_sql(walk, " AND 0 < ");
    wefti_text_repeat(text, from[0], to[0] - from[0]);
}

void wefti_numbered_end(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool around)
{
    wefti_walk_sql(walk, around && select->distinct && select->columns != NULL ? ")" : "");
    wefti_walk_sql(walk, select->distinct_on != NULL ? ")) WHERE weft_first = 1" : select->with_ties ? "))" : ")");
    wefti_walk_sql(walk, select->distinct_on != NULL && select->with_ties ? ")" : "");
    if (select->with_ties) {
        walk_ties(walk, select);
        wefti_walk_sql(walk, " ORDER BY weft_row");
    } else if (walk->render != NULL) {
        wefti_walk_sql(walk, select->order_by != NULL ? " " : select->distinct_on != NULL ? " ORDER BY " : "");
        if (select->order_by != NULL)
            write_order(walk, select);
        else
            write_keys(walk, select);
    }
    if (!select->with_ties)
        wefti_walk_limit(walk, select);
    if (walk->render != NULL)
        wefti_walk_lock(walk, select, from, false);
}
