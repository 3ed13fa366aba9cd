/* SELECTs within a statement, both sinks: scalar subqueries among expressions, and subqueries in FROM.
 *
 * A selectable may lie on the stack, so that its address says nothing: the key holds what it consists of, where it is met, and its
 * number, wherever it is named. Values within are lifted where they stand in the text, among those around them. A scalar subquery
 * sees what stands around it, as EXISTS does; a subquery in FROM sees nothing but itself. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

#include "base/error.h"

/* ---- what a program says ---- */

weft_status wefti_select_from_options(wefti_select *select, const wefti_schema *schema, const weft_rows_options *options,
                                      weft_error *error)
{
    const weft_model *from = options->from;
    const weft_selectable *selectable = from != NULL ? from->selectable : NULL;
    if (options->set_op != WEFT_SET_NONE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "a set operation stands in FROM: weft_subselect(R, weft_union(…)), then .from = weft_from(R)");
    if (options->members != NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, ".members without .set_op: weft_union(…) and its kin give both");
    if (options->write != NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "a query that writes is run by weft_rows_of or weft_fetch_of, or stands in a weft_cte");
    const weft_expr *alone[2];
    if (wefti_items_or_none(options->distinct_on, alone) != NULL &&
        (options->columns == NULL || options->columns == &wefti_no_columns))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, ".distinct_on needs .columns");
    uint8_t plan, lock;
    if (wefti_plan_take(options->plan, &plan, error) != WEFT_OK || wefti_row_lock_take(options->lock, &lock, error) != WEFT_OK)
        return WEFT_ERROR_MISUSE;
    *select = (wefti_select){.source = selectable != NULL ? from : NULL,
                             .where = options->where,
                             .having = options->having,
                             .distinct = options->distinct,
                             .limit = options->limit,
                             .offset = options->offset,
                             .limit_to = options->limit_to,
                             .offset_by = options->offset_by,
                             .with = options->with,
                             .lock = lock,
                             .lock_of = options->of,
                             .skip_locked = options->skip_locked,
                             .no_wait = options->no_wait,
                             .with_ties = options->with_ties,
                             .plan = plan,
                             .effects = wefti_query_effects(options)};
    select->joins = wefti_joined(&options->joins, select->join_alone);
    select->columns = wefti_items(options->columns, select->alone[0]);
    select->group_by = wefti_items_or_none(options->group_by, select->alone[1]);
    select->order_by = wefti_items_or_none(options->order_by, select->alone[2]);
    select->distinct_on = wefti_items_or_none(options->distinct_on, select->alone[3]);
    if (selectable != NULL && selectable->kind != WEFT_SELECTABLE_ALIAS)
        return WEFT_OK;
    if (selectable != NULL && (from = selectable->of) != NULL && from->selectable != NULL)
        return WEFT_OK;
    if (from == NULL && (options->columns == NULL || options->columns == &wefti_no_columns))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "a SELECT has no .from");
    if (from == NULL)
        return select->joins == NULL ? WEFT_OK : wefti_error_set(error, WEFT_ERROR_MISUSE, "a SELECT has .joins and no .from");
    select->from = from->selectable == NULL ? wefti_schema_table(schema, from) : NULL;
    if (select->from == NULL)
        return wefti_error_set(error, WEFT_ERROR_MODEL, "%s is not part of the engine's metadata; add &%s_model to WEFT_METADATA",
                               from->name, from->name);
    return WEFT_OK;
}

/* ---- selectables ---- */

uint64_t wefti_walk_model_number(wefti_walk *walk, const weft_model *model)
{
    for (uint8_t i = 0; i < walk->selectable_count; i++)
        if (walk->selectables[i].model == model)
            return i + 1u;
    return (uint64_t)(uintptr_t)model;
}

uint8_t wefti_row_field_type(const weft_attr *field)
{
    const unsigned given = (unsigned)field->field_type & ~(unsigned)WEFT_OPT;
    if (field->enum_names != NULL)
        return wefti_type_is_array(given) ? WEFT_ARRAY + WEFT_TEXT : WEFT_TEXT;
    return (uint8_t)wefti_type_of_column(
        wefti_type_base(field->codec != NULL ? wefti_attr_type(field) & ~(unsigned)WEFT_OPT : given));
}

/* What a table's columns say beyond their types. */
static void note_table(wefti_walk *walk, const weft_selectable *selectable)
{
    wefti_walk_note_text(walk, selectable->schema != NULL ? selectable->schema : "");
    for (size_t i = 0; i < selectable->row->field_count; i++) {
        const weft_attr *field = &selectable->row->fields[i];
        wefti_walk_note_text(walk, field->sql_type != NULL ? field->sql_type : "");
        wefti_walk_note_pair(walk, (uint64_t)(unsigned)field->precision, (uint64_t)(unsigned)field->scale);
    }
}

/* A table that no model describes: its columns are stored as it says. */
static bool settle_table(wefti_walk *walk, wefti_derived *made, const weft_selectable *selectable)
{
    wefti_text text;
    wefti_arena *arena = &walk->render->arena;
    for (uint16_t i = 0; i < made->table.column_count; i++) {
        const weft_attr *field = &selectable->row->fields[i];
        made->columns[i].sql_type = field->sql_type;
        made->columns[i].precision = field->precision;
        made->columns[i].scale = field->scale;
        if (!wefti_settle_cast(walk->dialect, &made->columns[i], arena))
            return false;
    }
    if (selectable->schema == NULL)
        return true;
    wefti_text_init(&text, 0);
    wefti_add_identifier(&text, selectable->schema);
    made->table.schema_name = selectable->schema;
    made->table.schema_sql = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return made->table.schema_sql != NULL;
}

static void note_row(wefti_walk *walk, const weft_row_type *row)
{
    wefti_walk_note_text(walk, row->name);
    wefti_walk_note(walk, row->field_count);
    for (size_t i = 0; i < row->field_count; i++) {
        wefti_walk_note_text(walk, row->fields[i].field);
        wefti_walk_note_pair(walk, (uint64_t)(unsigned)row->fields[i].field_type, row->fields[i].offset);
        wefti_walk_note_pointer(walk, row->fields[i].codec);
        if (row->fields[i].enum_names != NULL)
            wefti_walk_note_pair(walk, (uint64_t)(uintptr_t)row->fields[i].enum_names, row->fields[i].enum_count);
    }
}

static wefti_derived *make_table(wefti_walk *walk, const weft_model *model, const weft_row_type *row)
{
    wefti_render *render = walk->render;
    wefti_derived *made = wefti_arena_zalloc(&render->arena, sizeof *made + row->field_count * sizeof made->columns[0]);
    wefti_field *fields = wefti_arena_zalloc(&render->arena, row->field_count * sizeof *fields);
    if (made == NULL || fields == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
        return NULL;
    }
    made->table = (wefti_table){.schema = walk->schema,
                                .model = model,
                                .name = model->name,
                                .mapper = &made->mapper,
                                .column_count = (uint16_t)row->field_count,
                                .columns = made->columns};
    made->mapper = (wefti_mapper){.size = row->size, .field_count = (uint16_t)row->field_count, .fields = fields};
    for (size_t i = 0; i < row->field_count; i++) {
        const weft_attr *field = &row->fields[i];
        made->columns[i] = (wefti_column){.table = &made->table,
                                          .field = &fields[i],
                                          .index = (uint16_t)i,
                                          .name = field->field,
                                          .type = wefti_row_field_type(field),
                                          .nullable = true};
        if (field->enum_names != NULL) {
            const bool array = wefti_type_is_array(made->columns[i].type);
            made->columns[i].enum_names = array ? NULL : field->enum_names;
            made->columns[i].item_names = array ? field->enum_names : NULL;
            made->columns[i].enum_count = (uint16_t)field->enum_count;
        }
        fields[i] = (wefti_field){.column = &made->columns[i],
                                  .name = field->field,
                                  .offset = field->offset,
                                  .size = (uint16_t)field->size,
                                  .type = (uint16_t)field->field_type,
                                  .short_type = wefti_type_short((unsigned)field->field_type),
                                  .borrows = wefti_type_borrows((unsigned)field->field_type),
                                  .column_type = made->columns[i].type};
    }
    if (model->selectable->kind == WEFT_SELECTABLE_TABLE && !settle_table(walk, made, model->selectable)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
        return NULL;
    }
    made->next = render->derived;
    render->derived = made;
    return made;
}

wefti_derived *wefti_walk_derived(wefti_walk *walk, const weft_model *model)
{
    const weft_row_type *row = model->selectable->row;
    for (wefti_derived *derived = walk->render->derived; derived != NULL; derived = derived->next)
        if (derived->table.model == model)
            return derived;
    const bool has_row = row != NULL && row->fields != NULL && row->field_count > 0 && row->field_count <= WEFTI_MAX_COLUMNS;
    return has_row ? make_table(walk, model, row) : NULL;
}

static bool check_selectable(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    const weft_model *of = selectable->kind == WEFT_SELECTABLE_ALIAS ? selectable->of : NULL;
    const char *noun = wefti_selectable_noun(selectable->kind), *fault = noun != NULL ? wefti_selectable_fault(selectable) : NULL;
    if (noun == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s: %d is no kind of selectable", model->name, (int)selectable->kind);
    else if (fault != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the %s %s %s", noun, model->name, fault);
    else if (selectable->kind != WEFT_SELECTABLE_TABLE &&
             (model->name == NULL || model->name[0] == '\0' || strlen(model->name) > WEFTI_MAX_IDENTIFIER_BYTES - 12))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a selectable's name has 1 to %d bytes", WEFTI_MAX_IDENTIFIER_BYTES - 12);
    else if (selectable->kind == WEFT_SELECTABLE_ALIAS &&
             (of == NULL || (of->selectable != NULL && of->selectable->kind != WEFT_SELECTABLE_CTE &&
                             of->selectable->kind != WEFT_SELECTABLE_TABLE)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is an alias of no model, no table and no weft_cte", model->name);
    else if (walk->selectable_count == WEFTI_MAX_SELECTABLES && wefti_walk_model_number(walk, model) > WEFTI_MAX_SELECTABLES)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the statement has more than %d selectables", WEFTI_MAX_SELECTABLES);
    return walk->status == WEFT_OK;
}

/* Where an alias of a model that is part of no metadata stands, what names its columns says so. */
static const wefti_table *table_of_alias(wefti_walk *walk, const weft_model *model)
{
    const weft_model *of = model->selectable->of;
    if (of->selectable != NULL)
        return wefti_walk_note_selectable(walk, of);
    const wefti_table *table = wefti_schema_table(walk->schema, of);
    if (table == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MODEL, "%s is not part of the engine's metadata; add &%s_model to WEFT_METADATA",
                              of->name, of->name);
    else
        wefti_walk_note_pointer(walk, table);
    return table;
}

const wefti_table *wefti_walk_note_selectable(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    if (walk->status != WEFT_OK || !check_selectable(walk, model))
        return NULL;
    const bool met = wefti_walk_model_number(walk, model) <= WEFTI_MAX_SELECTABLES;
    if (!met)
        walk->selectables[walk->selectable_count++] =
            (wefti_met){.model = model, .at = walk->render != NULL ? (uint32_t)walk->render->with.size : walk->shape->key_size};
    wefti_walk_note_pair(walk, (uint64_t)selectable->kind, wefti_walk_model_number(walk, model));
    if (met && selectable->kind == WEFT_SELECTABLE_CTE) {
        wefti_walk_cte_again(walk, model);
        return walk->render != NULL ? wefti_walk_table(walk, model) : NULL;
    }
    wefti_walk_note_text(walk, model->name);
    if (selectable->kind == WEFT_SELECTABLE_ALIAS) {
        if (selectable->call != NULL)
            wefti_walk_note_text(walk, selectable->call->name != NULL ? selectable->call->name : "");
        return table_of_alias(walk, model);
    }
    note_row(walk, selectable->row);
    if (selectable->kind == WEFT_SELECTABLE_TABLE)
        note_table(walk, selectable);
    const wefti_table *table = walk->render != NULL ? wefti_walk_table(walk, model) : NULL;
    if (walk->render != NULL && table == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the row type of %s has no fields, or too many", model->name);
    if (selectable->kind == WEFT_SELECTABLE_CTE)
        wefti_walk_cte(walk, model);
    return table;
}

/* ---- SELECTs within others ---- */

/* The row of what it selects from, whose fields are its columns where it says none; NULL: it is a model, or nothing. */
static const weft_row_type *row_of(const weft_rows_options *options)
{
    const weft_model *from = options->columns == NULL ? wefti_model_of_fields(options->from) : NULL;
    return from != NULL && from->selectable != NULL ? from->selectable->row : NULL;
}

/* As if .columns named all fields of that row. */
static void walk_whole(wefti_walk *walk, const weft_rows_options *options, const weft_row_type *row, const wefti_table *made,
                       bool single, bool compares)
{
    weft_expr *nodes = wefti_walk_room(walk, row->field_count * sizeof *nodes);
    const weft_expr **columns = wefti_walk_room(walk, (row->field_count + 1) * sizeof *columns);
    if (nodes == NULL || columns == NULL)
        return;
    for (size_t i = 0; i < row->field_count; i++) {
        nodes[i] = (weft_expr){.op = WEFT_EXPR_COLUMN, .model = options->from, .offset = row->fields[i].offset};
        columns[i] = &nodes[i];
    }
    columns[row->field_count] = &weft_end;
    const weft_expr list = {.op = WEFT_EXPR_LIST, .args = columns};
    weft_rows_options said = *options;
    said.columns = &list;
    const wefti_into *around = walk->render != NULL ? walk->render->into : NULL;
    wefti_into into = {0};
    if (around != NULL && around->query == options) {
        into = *around;
        into.query = &said;
        walk->render->into = &into;
    }
    wefti_walk_inner(walk, &said, made, single, compares);
    if (around != NULL)
        walk->render->into = around;
}

void wefti_walk_inner(wefti_walk *walk, const weft_rows_options *options, const wefti_table *made, bool single, bool compares)
{
    wefti_select select;
    const weft_row_type *whole = row_of(options);
    if (whole != NULL && walk->status == WEFT_OK) {
        walk_whole(walk, options, whole, made, single, compares);
        return;
    }
    const bool writing = walk->writing_cte;
    if (walk->status != WEFT_OK)
        return;
    walk->writing_cte = writing && walk->in_cte;
    walk->in_cte = false;
    if (++walk->depth > WEFTI_MAX_EXPR_DEPTH)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a SELECT is nested deeper than %d levels, or contains itself",
                              WEFTI_MAX_EXPR_DEPTH);
    else if (options->stream)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".stream belongs to the SELECT that is run, not to one within it");
    else if (options->plan != WEFT_PLAN_DEFAULT)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".plan belongs to the statement that is run, not to a SELECT within it");
    else if (options->columns == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "a SELECT within another says its .columns, but where .from is a selectable of a row");
    else if (options->with != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".with belongs to the SELECT that is run, not to one within it");
    if (walk->status == WEFT_OK)
        walk->status = wefti_select_from_options(&select, walk->schema, options, walk->error);
    if (walk->status == WEFT_OK)
        select.columns = wefti_walk_put_in_order(walk, select.columns);
    wefti_render *render = walk->render;
    if (walk->status == WEFT_OK && render != NULL) {
        const wefti_select *around = render->select, *beyond = render->around;
        const wefti_table *around_made = render->made;
        const wefti_into *around_into = render->into;
        const uint32_t columns = render->column_count;
        const uint16_t sources = render->source_count, first = render->first;
        const wefti_ground ground = {render->no_aggregates, render->no_windows, render->grouped};
        const bool orders_distinct = render->orders_distinct, around_single = render->single, around_compares = render->compares;
        const uint32_t around_texts = render->texts, texts = render->texts_within;
        render->select = &select;
        render->around = around;
        render->made = made;
        render->texts = texts;
        render->texts_within = 0;
        render->into = around_into != NULL && around_into->query == options ? around_into : NULL;
        render->single = single;
        render->compares = compares;
        render->first = render->source_count;
        render->orders_distinct = false;
        render->no_aggregates = render->no_windows = NULL;
        wefti_walk_nested(walk, &select);
        wefti_walk_leave(walk, ground);
        render->select = around;
        render->around = beyond;
        render->made = around_made;
        render->texts = around_texts;
        render->texts_within = texts;
        render->into = around_into;
        render->single = around_single;
        render->compares = around_compares;
        render->column_count = columns; /* they are no columns of the result */
        render->source_count = sources;
        render->first = first;
        render->orders_distinct = orders_distinct;
    } else if (walk->status == WEFT_OK) {
        wefti_walk_nested(walk, &select);
    }
    walk->writing_cte = writing;
    walk->depth--;
}

void wefti_walk_subquery(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model != NULL ? model->selectable : NULL;
    if (selectable == NULL || walk->status != WEFT_OK)
        return;
    if (selectable->kind == WEFT_SELECTABLE_TABLE)
        return;
    const bool lateral = selectable->kind == WEFT_SELECTABLE_LATERAL;
    if (!lateral && selectable->kind != WEFT_SELECTABLE_SUBQUERY) {
        wefti_walk_rows_source(walk, model);
        return;
    }
    wefti_render *render = walk->render;
    const uint16_t scope = render != NULL ? render->scope : 0;
    if (render != NULL && !lateral)
        render->scope = render->source_count;
    if (render != NULL && lateral && walk->dialect->lateral == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s has no lateral subqueries such as %s: number the rows by weft_row_number in a weft_cte, and join "
                              "those with the first numbers",
                              walk->dialect->capabilities.name, model->name);
    wefti_walk_sql(walk, lateral ? walk->dialect->lateral : "");
    wefti_walk_sql(walk, "(");
    wefti_walk_query(walk, selectable->query, render != NULL ? wefti_walk_table(walk, model) : NULL, false);
    wefti_walk_sql(walk, ")");
    if (render != NULL)
        render->scope = scope;
}

/* What a scalar subquery says to be its columns. */
static const weft_expr *const *scalar_columns(const weft_expr *expr, const weft_expr *alone[2])
{
    return expr->op == WEFT_EXPR_SCALAR && expr->query != NULL ? wefti_items(expr->query->columns, alone) : NULL;
}

const weft_expr *wefti_scalar_column(const weft_expr *expr)
{
    const weft_expr *alone[2], *const *columns = scalar_columns(expr, alone);
    return columns != NULL && columns[0] != NULL && columns[0]->op != WEFT_EXPR_END ? columns[0] : NULL;
}

/* Several rows are no value; SQLite would take the first. */
static bool has_one_row(const weft_rows_options *query)
{
    return (query->limit == 1 && !query->with_ties) || (query->group_by == NULL && wefti_has_aggregate(query->columns));
}

void wefti_walk_scalar(wefti_walk *walk, const weft_expr *expr)
{
    const weft_expr *alone[2], *const *columns = scalar_columns(expr, alone);
    const weft_expr *column = wefti_scalar_column(expr);
    if (column == NULL || columns[1] == NULL || columns[1]->op != WEFT_EXPR_END) {
        const bool set = expr->query != NULL && expr->query->set_op != WEFT_SET_NONE;
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s",
                              expr->query == NULL ? "weft_scalar has no query"
                              : set               ? "weft_scalar takes no set operation: select from it, by weft_subselect"
                                                  : "the query of weft_scalar has one column");
        return;
    }
    const char *guard =
        walk->render != NULL && walk->dialect->decimals != NULL && !has_one_row(expr->query) ? walk->dialect->decimals->single : "";
    wefti_walk_note(walk, WEFT_EXPR_SCALAR);
    wefti_walk_sql(walk, "(");
    if (guard[0] != '\0') {
        wefti_walk_sql(walk, "SELECT ");
        wefti_walk_sql(walk, guard);
        wefti_walk_identifier(walk, column->op == WEFT_EXPR_LABEL && column->name != NULL ? column->name : "weft_value");
        wefti_walk_sql(walk, ") FROM (");
    }
    wefti_walk_inner(walk, expr->query, NULL, guard[0] != '\0', false);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, guard[0] != '\0' ? "))" : ")");
}

/* ---- EXISTS, IN ---- */

static bool has_query(wefti_walk *walk, const weft_expr *expr, const char *name)
{
    if (walk->status == WEFT_OK && expr->query == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s has no query", name);
    return walk->status == WEFT_OK;
}

void wefti_walk_exists(wefti_walk *walk, const weft_expr *expr)
{
    if (!has_query(walk, expr, "weft_exists_in"))
        return;
    weft_rows_options query = *expr->query;
    if (query.set_op == WEFT_SET_NONE && query.columns == NULL)
        query.columns = &wefti_no_columns;
    query.with_ties = false; /* there are some where there are any without them, and in any order */
    if (query.columns == &wefti_no_columns)
        query.order_by = NULL;
    const bool skips = query.offset != 0 || query.offset_by != NULL;
    if (query.distinct && skips && query.columns == &wefti_no_columns)
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                            "a query of weft_exists_in with .distinct and .offset says its .columns: of them rows are told apart");
    query.distinct = query.distinct && skips; /* else there are some where there are any */
    const bool apart = query.distinct && walk->dialect->exists_ignores_distinct;
    wefti_walk_note(walk, WEFT_EXPR_EXISTS);
    wefti_walk_sql(walk, apart ? "EXISTS (SELECT 1 FROM (" : "EXISTS (");
    wefti_walk_query(walk, &query, NULL, false);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, apart ? "))" : ")");
}

void wefti_walk_members(wefti_walk *walk, const weft_rows_options *query, uint32_t texts)
{
    if (walk->render != NULL)
        walk->render->texts_within = texts;
    wefti_walk_query(walk, query, NULL, false);
    if (walk->render != NULL)
        walk->render->texts_within = 0;
}

/* The columns of a query, of its first member where it is a set operation; NULL: it has none. */
static const weft_expr *const *columns_of(const weft_rows_options *query, const weft_expr *alone[2])
{
    for (int depth = 0; depth < WEFTI_MAX_EXPR_DEPTH && query->set_op != WEFT_SET_NONE; depth++) {
        if (query->members == NULL || query->members[0] == NULL)
            return NULL;
        query = query->members[0];
    }
    return wefti_items(query->columns, alone);
}

static const weft_expr *unlabelled(const weft_expr *column)
{
    return column->op == WEFT_EXPR_LABEL && column->args != NULL && column->args[0] != NULL ? column->args[0] : column;
}

const weft_expr *wefti_only_column(const weft_rows_options *query)
{
    const weft_expr *alone[2], *const *columns = columns_of(query, alone);
    const bool one = columns != NULL && columns[0] != NULL && columns[0]->op != WEFT_EXPR_END && columns[1] != NULL &&
                     columns[1]->op == WEFT_EXPR_END;
    return one ? unlabelled(columns[0]) : NULL;
}

/* What both sides are cast to where the database keeps them in other ways, although they go together; or WEFT_UNMAPPED. */
static uint8_t type_of_both(wefti_walk *walk, const weft_expr *e, const weft_expr *column, bool set)
{
    if (!set && (wefti_walk_mixes_enums(walk, e, column) || wefti_walk_mixes_texts(walk, e, column)))
        return (uint8_t)wefti_walk_enum_as(walk, e);
    if (walk->render == NULL || walk->dialect->decimals == NULL)
        return WEFT_UNMAPPED;
    if (wefti_walk_mixes_times(walk, (const weft_expr *const[]){e, column, &weft_end}, 2))
        return WEFT_TIMESTAMP;
    const uint8_t a = wefti_number_beside(walk, e, column), b = wefti_number_of(walk, column);
    const bool known = a != WEFT_UNMAPPED && b != WEFT_UNMAPPED && a != b;
    return known && !(wefti_number_is_whole(a) && wefti_number_is_whole(b)) ? wefti_number_combine(a, b) : (uint8_t)WEFT_UNMAPPED;
}

/* What values of both types are converted to; WEFT_UNMAPPED is of none. */
static uint8_t type_together(uint8_t a, uint8_t b)
{
    if (a == WEFT_UNMAPPED || b == WEFT_UNMAPPED || a == b)
        return a == WEFT_UNMAPPED ? b : a;
    return a == WEFT_TIMESTAMP || b == WEFT_TIMESTAMP ? (uint8_t)WEFT_TIMESTAMP : wefti_number_combine(a, b);
}

static bool is_last_member(const weft_rows_options *const *members, size_t i)
{
    return members == NULL || members[i] == NULL || members[i] == &weft_select_end;
}

uint8_t wefti_walk_members_type(wefti_walk *walk, const weft_expr *e, const weft_rows_options *query, size_t i, int depth)
{
    const weft_expr *alone[2], *const *columns;
    uint8_t type = WEFT_UNMAPPED;
    if (depth > WEFTI_MAX_EXPR_DEPTH)
        return type;
    if (query->set_op != WEFT_SET_NONE) {
        for (size_t k = 0; !is_last_member(query->members, k); k++)
            type = type_together(type, wefti_walk_members_type(walk, e, query->members[k], i, depth + 1));
        return type;
    }
    columns = wefti_items(query->columns, alone);
    for (size_t k = 0; k < i; k++)
        if (wefti_list_ends(columns, k))
            return type;
    return wefti_list_ends(columns, i) ? type : type_of_both(walk, e, unlabelled(columns[i]), true);
}

/* The column as a value of the type; a label stays one. NULL: no memory. */
static const weft_expr *cast_column(wefti_walk *walk, const weft_expr *column, uint8_t type)
{
    struct {
        weft_expr cast, label;
        const weft_expr *of[2], *labelled[2];
    } *made = wefti_walk_room(walk, sizeof *made);
    if (made == NULL)
        return NULL;
    made->of[0] = unlabelled(column);
    made->of[1] = made->labelled[1] = &weft_end;
    made->cast = (weft_expr){.op = WEFT_EXPR_CAST, .value.type = (weft_type)type, .args = made->of};
    made->labelled[0] = &made->cast;
    made->label = *column;
    made->label.args = made->labelled;
    return made->of[0] == column ? &made->cast : &made->label;
}

const weft_rows_options *wefti_walk_cast_members(wefti_walk *walk, const weft_rows_options *query, const uint8_t *types,
                                                 size_t count)
{
    const weft_expr *alone[2], *const *given = wefti_items(query->columns, alone);
    size_t members = 0, width = 0;
    while (query->set_op == WEFT_SET_NONE && !wefti_list_ends(given, width))
        width++;
    while (query->set_op != WEFT_SET_NONE && !is_last_member(query->members, members))
        members++;
    weft_rows_options *copy = wefti_walk_room(walk, sizeof *copy);
    const weft_rows_options **list = wefti_walk_room(walk, (members + 1) * sizeof *list);
    const weft_expr **columns = wefti_walk_room(walk, (width + 1) * sizeof *columns);
    weft_expr *said = wefti_walk_room(walk, sizeof *said);
    if (copy == NULL || list == NULL || columns == NULL || said == NULL)
        return query;
    *copy = *query;
    for (size_t i = 0; i < members; i++)
        list[i] = wefti_walk_cast_members(walk, query->members[i], types, count);
    list[members] = &weft_select_end;
    copy->members = query->set_op != WEFT_SET_NONE ? list : NULL;
    if (query->set_op != WEFT_SET_NONE)
        return copy;
    for (size_t i = 0; i < width; i++) {
        columns[i] = i < count && types[i] != WEFT_UNMAPPED ? cast_column(walk, given[i], types[i]) : given[i];
        columns[i + 1] = &weft_end;
        if (columns[i] == NULL)
            return query;
    }
    *said = (weft_expr){.op = WEFT_EXPR_LIST, .args = columns};
    copy->columns = width > 0 ? said : query->columns;
    return copy;
}

/* What is looked for, beside the columns of the query in which it is looked for. */
typedef struct sought {
    size_t count;
    bool tuple, casts, set; /* casts: a column of the query must be converted; set: the query is a set operation */
    const weft_expr *e[WEFTI_MAX_KEY_COLUMNS], *column[WEFTI_MAX_KEY_COLUMNS];
    uint8_t type[WEFTI_MAX_KEY_COLUMNS];   /* to which both are converted, or WEFT_UNMAPPED */
    uint8_t member[WEFTI_MAX_KEY_COLUMNS]; /* the same of members of a set operation */
    uint32_t texts; /* bits: columns of a set operation in which enums are cast to text, as what is looked for */
} sought;

static bool find_sought(wefti_walk *walk, const weft_expr *expr, const char *name, sought *s)
{
    const weft_expr *e = wefti_walk_argument(walk, expr, 0);
    wefti_walk_no_more(walk, expr, 1);
    if (!has_query(walk, expr, name))
        return false;
    const weft_expr *alone[2], *const *columns = columns_of(expr->query, alone);
    size_t given = 0;
    s->tuple = e->op == WEFT_EXPR_TUPLE;
    s->casts = false;
    s->texts = 0;
    s->set = expr->query->set_op != WEFT_SET_NONE;
    s->count = s->tuple ? wefti_tuple_count(walk, e) : 1;
    while (columns != NULL && given <= WEFTI_MAX_KEY_COLUMNS && columns[given] != NULL && columns[given]->op != WEFT_EXPR_END)
        given++;
    if (walk->status == WEFT_OK && (s->count < 1 || s->count > WEFTI_MAX_KEY_COLUMNS))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the weft_tuple of %s has 1 to %d values", name, WEFTI_MAX_KEY_COLUMNS);
    else if (walk->status == WEFT_OK && given != s->count && !s->tuple)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the query of %s has one column", name);
    else if (walk->status == WEFT_OK && given != s->count)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the query of %s has as many columns as the weft_tuple values: %zu", name,
                              s->count);
    for (size_t i = 0; i < s->count && walk->status == WEFT_OK; i++) {
        s->e[i] = s->tuple ? e->args[i] : e;
        s->column[i] = unlabelled(columns[i]);
        const bool texts = s->set && wefti_walk_members_mix(walk, s->e[i], expr->query, i);
        s->texts |= texts ? UINT32_C(1) << i : 0;
        s->type[i] = texts    ? (uint8_t)wefti_walk_enum_as(walk, s->e[i])
                     : s->set ? wefti_walk_members_type(walk, s->e[i], expr->query, i, 0)
                              : type_of_both(walk, s->e[i], s->column[i], false);
        s->member[i] = texts ? (uint8_t)WEFT_UNMAPPED : s->type[i];
        s->casts = s->casts || (s->type[i] != WEFT_UNMAPPED && !texts);
    }
    return walk->status == WEFT_OK;
}

/* One value that is looked for. */
static void walk_sought(wefti_walk *walk, const sought *s, size_t i)
{
    const weft_expr *e = s->e[i], *column = s->column[i];
    const bool casts = s->type[i] != WEFT_UNMAPPED;
    const weft_expr own = {.op = WEFT_EXPR_CAST,
                           .value.type = (weft_type)s->type[i],
                           .args = (const weft_expr *const[]){e, &weft_end}};
    wefti_hint hint = {0};
    /* A constant has become one of its type before it is compared: a text, or a number, which is no enum's. */
    const weft_expr given = {.op = WEFTI_EXPR_STANDIN, .args = (const weft_expr *const[]){column, &weft_end}};
    if (walk->render != NULL) {
        wefti_walk_check_pair(walk, "IN", e, !s->set && column->op == WEFT_EXPR_VALUE ? &given : column);
        hint = wefti_walk_beside(walk, e, column);
    }
    wefti_walk_operand(walk, casts ? &own : e, s->tuple ? WEFTI_PRECEDENCE_UNARY : WEFTI_PRECEDENCE_OTHER, &hint);
    if (walk->render != NULL) {
        /* That of the left side decides, which a constant has none of. */
        const char *collation = wefti_expr_collation(walk, casts ? &own : e);
        wefti_walk_sql(walk, collation[0] != '\0' ? collation : wefti_expr_collation(walk, column));
        if (wefti_expr_bare(e)->op == WEFT_EXPR_VALUE)
            wefti_walk_collation(walk, hint.column);
    }
}

void wefti_walk_in_query(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const bool in = expr->op == WEFT_EXPR_IN_QUERY;
    sought s;
    weft_expr casts[WEFTI_MAX_KEY_COLUMNS];
    const weft_expr *columns[WEFTI_MAX_KEY_COLUMNS + 1], *of[WEFTI_MAX_KEY_COLUMNS][2];
    if (!find_sought(walk, expr, in ? "weft_in_query" : "weft_not_in_query", &s))
        return;
    for (size_t i = 0; i < s.count; i++) {
        of[i][0] = s.column[i];
        of[i][1] = &weft_end;
        casts[i] = (weft_expr){.op = WEFT_EXPR_CAST, .value.type = (weft_type)s.type[i], .args = of[i]};
        columns[i] = s.type[i] != WEFT_UNMAPPED ? &casts[i] : s.column[i];
    }
    columns[s.count] = &weft_end;
    const weft_expr list = {.op = WEFT_EXPR_LIST, .args = columns};
    weft_rows_options query = *expr->query;
    if (s.casts && s.set)
        query = *wefti_walk_cast_members(walk, expr->query, s.member, s.count);
    else if (s.casts)
        query.columns = &list;
    wefti_walk_note(walk, (uint64_t)expr->op);
    if (s.tuple)
        wefti_walk_note_pair(walk, WEFT_EXPR_TUPLE, s.count);
    const bool paren = wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_COMPARE, precedence);
    for (size_t i = 0; i < s.count; i++) {
        wefti_walk_sql(walk, !s.tuple ? "" : i > 0 ? ", " : "(");
        walk_sought(walk, &s, i);
    }
    wefti_walk_sql(walk, s.tuple ? ")" : "");
    wefti_walk_sql(walk, in ? " IN (" : " NOT IN (");
    wefti_walk_members(walk, &query, s.texts);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, ")");
    wefti_walk_close_paren(walk, paren);
}
