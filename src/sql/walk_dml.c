/* INSERT, UPDATE, DELETE and COPY of rows, both sinks. Row-wise statements take their values from the caller; what conflict_set and
 * conditions contain is lifted as everywhere and follows the row's parameters. */
#include "sql/walk_expr.h"

#include "sql/making.h"

#include "base/error.h"

#include <stdio.h>

static const wefti_column *column_of(const wefti_dml *dml, uint16_t index) { return &dml->table->columns[index]; }

static void note_columns(wefti_walk *walk, const uint16_t *columns, uint16_t count)
{
    uint64_t note = 0;
    for (uint16_t i = 0; i < count; i++) {
        note = note << 16 | columns[i];
        if (i % 4 == 3 || i + 1 == count) {
            wefti_walk_note(walk, note);
            note = 0;
        }
    }
}

static void note_head(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_note(walk, WEFTI_KIND_DML | (uint64_t)dml->kind << 8 | (uint64_t)(dml->conflict != NULL) << 24 |
                              (uint64_t)dml->returning_ordinal << 25 | (uint64_t)dml->tells_key << 26 |
                              (uint64_t)dml->keeps_key << 29 | (uint64_t)dml->row_count << 32);
    wefti_walk_note_pointer(walk, dml->table);
    wefti_walk_note(walk, (uint64_t)dml->column_count | (uint64_t)dml->key_count << 16 | (uint64_t)dml->returning_count << 32 |
                              (uint64_t)dml->checked_count << 48);
    note_columns(walk, dml->columns, dml->column_count);
    note_columns(walk, dml->keys, dml->key_count);
    note_columns(walk, dml->checked, dml->checked_count);
    note_columns(walk, dml->returning, dml->returning_count);
    if (dml->kind == WEFTI_INSERT_ORDINAL) {
        wefti_walk_note(walk, dml->key_column);
        wefti_walk_note_text(walk, dml->key_default);
        wefti_walk_note_text(walk, dml->key_type);
    }
}

/* ---- parts ---- */

static void render_parameter(wefti_walk *walk, const wefti_column *column)
{
    wefti_walk_add_parameter(walk, column->type, column, WEFTI_FORM_PLAIN);
    wefti_walk_placeholder(walk, walk->render->parameter_count);
}

static void render_names(wefti_walk *walk, const wefti_dml *dml, const uint16_t *columns, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_identifier(walk, column_of(dml, columns[i])->name);
    }
}

/* The name of the rows in FROM: any but the table's own. */
static const char *rows_name(const wefti_dml *dml) { return strcmp(dml->table->name, "v") == 0 ? "w" : "v"; }

static void render_returning(wefti_walk *walk, const wefti_dml *dml)
{
    if (dml->returning_count == 0 && !dml->returning_ordinal) {
        if (dml->keeps_key) { /* whose rows nobody takes */
            wefti_walk_sql(walk, " RETURNING ");
            wefti_walk_kept(walk, dml->table->generated);
        }
        return;
    }
    wefti_walk_sql(walk, " RETURNING ");
    if (dml->returning_ordinal) {
        wefti_walk_sql(walk, rows_name(dml));
        wefti_walk_sql(walk, ".n");
        wefti_walk_add_result(walk, WEFT_INT64);
    }
    for (uint16_t i = 0; i < dml->returning_count; i++) {
        wefti_walk_sql(walk, i > 0 || dml->returning_ordinal ? ", " : "");
        wefti_walk_identifier(walk, dml->table->name);
        wefti_walk_sql(walk, ".");
        wefti_walk_identifier(walk, column_of(dml, dml->returning[i])->name);
        wefti_walk_add_column_result(walk, column_of(dml, dml->returning[i]));
    }
    walk->render->returns_rows = true;
}

/* What one row of a statement consists of: the values of columns, keys and checked columns, in that order. */
static uint16_t row_width(const wefti_dml *dml) { return (uint16_t)(dml->column_count + dml->key_count + dml->checked_count); }

static bool is_checked(const wefti_dml *dml, uint16_t i) { return i >= dml->column_count + dml->key_count; }

static const wefti_column *row_column(const wefti_dml *dml, uint16_t i)
{
    if (i < dml->column_count)
        return column_of(dml, dml->columns[i]);
    i = (uint16_t)(i - dml->column_count);
    return column_of(dml, i < dml->key_count ? dml->keys[i] : dml->checked[i - dml->key_count]);
}

/* JSON that an encoder has written, whose spelling need not be that of the row. */
static bool is_json_of_program(const wefti_column *column) { return column->type == WEFT_JSON && column->field->own; }

/* What is checked is sent as text where it is some text. */
static uint8_t checked_type(const wefti_column *column)
{
    const bool text = column->type == WEFT_CHARS || (column->type == WEFT_JSON && !is_json_of_program(column));
    return text ? (uint8_t)WEFT_TEXT : column->type;
}

/* The placeholder of the i-th value of a row. What was read is not measured by what may be written: of checked columns only the
 * names of enums are made. type_flag: WEFTI_ARRAY or 0. */
static uint16_t render_row_value(wefti_walk *walk, const wefti_dml *dml, uint16_t i, unsigned type_flag)
{
    const wefti_column *column = row_column(dml, i);
    bool checked = is_checked(dml, i);
    uint8_t type = checked ? checked_type(column) : column->type;
    wefti_walk_add_parameter(walk, (uint16_t)(type | type_flag), checked && !wefti_column_is_turned(column) ? NULL : column,
                             WEFTI_FORM_PLAIN);
    wefti_walk_placeholder(walk, walk->render->parameter_count);
    return type;
}

void wefti_walk_rows(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_sql(walk, walk->dialect->rows_open);
    for (uint16_t i = 0; i < row_width(dml); i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        uint16_t type = render_row_value(walk, dml, i, WEFTI_ARRAY);
        /* An array of arrays would be a matrix: they are texts in it. */
        wefti_walk_cast_to(walk, walk->dialect->names[wefti_type_is_array(type) ? (uint16_t)WEFT_TEXT : type].cast);
        wefti_walk_sql(walk, walk->dialect->array_of);
    }
    wefti_walk_sql(walk, walk->dialect->rows_close);
}

void wefti_walk_row_column(wefti_walk *walk, const char *rows, const char *prefix, uint16_t number, const wefti_column *column)
{
    wefti_walk_sql(walk, rows);
    wefti_walk_sql(walk, prefix);
    wefti_walk_number(walk, number);
    if (column->cast != NULL)
        wefti_walk_cast_to(walk, column->cast);
    else if (wefti_type_is_array(column->type))
        wefti_walk_cast_to(walk, walk->dialect->names[column->type].cast);
}

static void render_row(wefti_walk *walk, const wefti_dml *dml, bool typed)
{
    wefti_walk_sql(walk, "(");
    for (uint16_t i = 0; i < row_width(dml); i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        uint16_t type = render_row_value(walk, dml, i, 0);
        if (typed)
            wefti_walk_cast_to(walk, walk->dialect->names[type].cast);
    }
    wefti_walk_sql(walk, ")");
}

/* ---- assignments ---- */

/* A column whose values all fit the other one, and are written alike. */
bool wefti_walk_keeps(wefti_walk *walk, const weft_expr *expr, const wefti_column *to)
{
    if (expr->op != WEFT_EXPR_COLUMN && expr->op != WEFT_EXPR_EXCLUDED)
        return false;
    const wefti_column *from = wefti_walk_infer(walk, expr).column;
    if (from != NULL && from->type == WEFT_DECIMAL && wefti_table_is_derived(from->table))
        return false;
    return from != NULL && from->type == to->type && wefti_column_names(from) == wefti_column_names(to) &&
           wefti_column_spelt_alike(from, to) && from->precision == to->precision &&
           (to->length == 0 || (from->length > 0 && from->length <= to->length));
}

static void render_keep_arguments(wefti_walk *walk, const wefti_column *column)
{
    wefti_text *text = &walk->render->text;
    char name[2 * WEFTI_MAX_IDENTIFIER_BYTES + 2];
    (void)snprintf(name, sizeof name, "%s.%s", column->table->name, column->name);
    wefti_text_add(text, ", ");
    wefti_add_literal(text, walk->dialect, name);
    if (column->enum_names == NULL && column->length > 0)
        wefti_text_add_format(text, ", %d", column->length);
    else if (wefti_type_is_array(column->type))
        wefti_text_add_format(text, ", %d", column->type);
    for (uint16_t i = 0; wefti_column_is_named(column) && i < column->enum_count; i++) {
        wefti_text_add(text, ", ");
        wefti_add_literal(text, walk->dialect, wefti_column_names(column)[i]);
    }
}

#define MOST_NAMES 100 /* SQLite's functions take 127 arguments */

/* The function through which the column's values go. */
static void open_keep(wefti_walk *walk, const wefti_column *column)
{
    const wefti_dialect *dialect = walk->dialect;
    if (column->type == WEFT_DECIMAL || column->enum_names != NULL) {
        wefti_walk_sql(walk, column->enum_names == NULL ? dialect->decimals->store : dialect->keep_enum);
        return;
    }
    wefti_walk_sql(walk, dialect->keep);
    wefti_walk_sql(walk, wefti_type_is_array(column->type) ? "array" : wefti_type_of(column->type)->name);
    wefti_walk_sql(walk, "(");
}

/* What an enum of the database's own takes by a cast alone: texts, and enums of other types. */
static bool is_cast_to_enum(wefti_walk *walk, const weft_expr *expr, const wefti_column *column)
{
    if (!wefti_column_is_turned(column) || column->cast == NULL || wefti_expr_bare(expr)->op == WEFT_EXPR_VALUE)
        return false;
    const wefti_column *from =
        expr->op == WEFT_EXPR_COLUMN || expr->op == WEFT_EXPR_EXCLUDED ? wefti_walk_infer(walk, expr).column : NULL;
    return from == NULL || from->cast == NULL || strcmp(from->cast, column->cast) != 0;
}

static void walk_cast_to_enum(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint)
{
    const unsigned texts = wefti_type_is_array(hint->column->type) ? hint->column->type : (unsigned)WEFT_TEXT;
    wefti_walk_sql(walk, "CAST(CAST(");
    wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, hint);
    wefti_text_add_format(&walk->render->text, " AS %s) AS %s)", walk->dialect->names[texts].cast, hint->column->cast);
}

/* An expression that is stored: on a database whose columns take anything, what the column could not hold is an error there. */
void wefti_walk_assigned(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint)
{
    const wefti_column *column = hint->column;
    const wefti_dialect *dialect = walk->dialect;
    if (walk->render != NULL)
        wefti_walk_check_assigned(walk, expr, column);
    if (walk->render != NULL && is_cast_to_enum(walk, expr, column)) {
        walk_cast_to_enum(walk, expr, hint);
        return;
    }
    if (walk->render == NULL || wefti_walk_keeps(walk, expr, column) || column->enum_count > MOST_NAMES) {
        wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, hint);
        return;
    }
    if (dialect->keep == NULL) {
        bool wrap = column->type == WEFT_UINT32 && wefti_expr_bare(expr)->op != WEFT_EXPR_VALUE;
        wefti_walk_sql(walk, wrap ? dialect->keep_unsigned : "");
        wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, hint);
        wefti_walk_sql(walk, wrap ? dialect->keep_unsigned_close : "");
        return;
    }
    bool decimal = column->type == WEFT_DECIMAL;
    open_keep(walk, column);
    const bool digits = decimal && wefti_walk_is_float(walk, expr);
    wefti_walk_sql(walk, digits ? dialect->decimals->convert : "");
    const bool time = wefti_walk_open_time(walk, expr, column->type);
    if (wefti_type_of(column->type)->family == WEFTI_FAMILY_TEXT)
        wefti_walk_as_text(walk, expr, WEFTI_PRECEDENCE_NONE, hint);
    else
        wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, hint);
    wefti_walk_sql(walk, digits ? ", 6)" : time ? ")" : "");
    if (!decimal)
        render_keep_arguments(walk, column);
    else if (wefti_column_spelling(column)->precision > 0)
        wefti_text_add_format(&walk->render->text, ", %d, %d", wefti_column_spelling(column)->precision,
                              wefti_column_spelling(column)->scale);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_kept(wefti_walk *walk, const wefti_column *column)
{
    if (walk->render == NULL)
        return;
    open_keep(walk, column);
    wefti_walk_identifier(walk, column->table->name);
    wefti_walk_sql(walk, ".");
    wefti_walk_identifier(walk, column->name);
    render_keep_arguments(walk, column);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_check_written(wefti_walk *walk, const weft_model *model, const wefti_column *column)
{
    if (wefti_column_is_made(column))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s.%s is %s and takes no value", model->name, column->field->name,
                              column->computed != NULL ? "computed by the database (.generated)"
                                                       : "counted by the database (.identity_always)");
}

/* Whether an assignment before number i sets the same column; PostgreSQL refuses it, and SQLite would take the last one. */
static bool is_set_before(wefti_walk *walk, const weft_expr *const *sets, size_t i)
{
    const wefti_column *column = wefti_walk_find_column(walk, sets[i]->model, sets[i]->offset);
    for (size_t k = 0; k < i && column != NULL; k++)
        if (wefti_walk_find_column(walk, sets[k]->model, sets[k]->offset) == column) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".set gives %s.%s two values", sets[i]->model->name,
                                  column->field->name);
            return true;
        }
    return false;
}

/* The column that an assignment sets, or NULL; rendering only. */
static const wefti_column *column_that_is_set(wefti_walk *walk, const wefti_table *table, const weft_expr *set)
{
    const wefti_column *column = wefti_walk_find_column(walk, set->model, set->offset);
    if (column == NULL)
        return NULL;
    if (column->table != table) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_to: %s.%s is not a column of \"%s\"", set->model->name,
                              column->field->name, table->name);
        return NULL;
    }
    wefti_walk_check_written(walk, set->model, column);
    return walk->status == WEFT_OK ? column : NULL;
}

/* The value of an assignment; column: rendering only. */
static void walk_value_of(wefti_walk *walk, const weft_expr *set, const wefti_column *column)
{
    wefti_hint hint = {0};
    if (column != NULL)
        hint = (wefti_hint){.column = column, .type = column->type, .strict = true, .assigned = true};
    if (wefti_expr_args(set) == NULL) {
        wefti_walk_value(walk, &set->value, &hint);
        return;
    }
    const weft_expr *expr = wefti_walk_computed(walk, set);
    if (expr != NULL)
        wefti_walk_assigned(walk, expr, &hint);
}

static void note_set(wefti_walk *walk, const weft_expr *set)
{
    const bool is_value = wefti_expr_args(set) == NULL;
    const unsigned type = wefti_expr_is_computed(set) ? (unsigned)WEFT_UNMAPPED : (unsigned)set->value.type;
    wefti_walk_note(walk, WEFT_EXPR_SET | (uint64_t)is_value << 8 | (uint64_t)type << 16 | (uint64_t)set->offset << 32);
    wefti_walk_note_pointer(walk, set->model);
}

/* *version becomes true where it is the version column that is set. */
static void walk_set(wefti_walk *walk, const wefti_table *table, const weft_expr *set, bool *version)
{
    note_set(walk, set);
    const wefti_column *column = walk->render != NULL ? column_that_is_set(walk, table, set) : NULL;
    if (walk->render != NULL && column == NULL)
        return;
    if (column != NULL) {
        *version = *version || column->field->version;
        wefti_walk_identifier(walk, column->name);
    }
    wefti_walk_sql(walk, " = ");
    walk_value_of(walk, set, column);
}

/* A write by condition counts like any other, or objects in memory would not notice it. */
static void render_next_version(wefti_walk *walk, const wefti_table *table)
{
    char greatest[24];
    const wefti_column *version = wefti_table_version(table);
    (void)snprintf(greatest, sizeof greatest, "%lld", (long long)wefti_version_greatest(version));
    wefti_walk_sql(walk, ", ");
    wefti_walk_identifier(walk, version->name);
    for (int i = 0; i < 2; i++) {
        wefti_walk_sql(walk, i == 0 ? " = CASE WHEN " : " THEN 1 ELSE ");
        wefti_walk_identifier(walk, table->name);
        wefti_walk_sql(walk, ".");
        wefti_walk_identifier(walk, version->name);
        wefti_walk_sql(walk, i == 0 ? " >= " : " + 1 END");
        wefti_walk_sql(walk, i == 0 ? greatest : "");
    }
}

/* ---- what makers give ---- */

/* Once for the statement: its rows share it. */
static void walk_made(wefti_walk *walk, const wefti_column *column)
{
    const wefti_hint hint = {.column = column, .type = column->type, .strict = true, .assigned = true};
    weft_value value = {.type = wefti_made_type(column), .from_ = walk->again ? WEFTI_FROM_MAKER : 0};
    if (wefti_type_has_content(value.type))
        value.as.s.data = "";
    if (walk->render == NULL && !walk->again)
        walk->status = wefti_shape_make(walk->shape, column, &value, walk->error);
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note_pointer(walk, column);
    wefti_walk_sql(walk, ", ");
    wefti_walk_identifier(walk, column->name);
    wefti_walk_sql(walk, " = ");
    wefti_walk_value(walk, &value, &hint);
}

static bool is_set(wefti_walk *walk, const weft_expr *const *sets, size_t count, const wefti_column *column)
{
    for (size_t i = 0; i < count && walk->status == WEFT_OK; i++) {
        const wefti_column *given = wefti_walk_find_column(walk, sets[i]->model, sets[i]->offset);
        if (given != NULL && (given == column || given->main == column))
            return true;
    }
    return false;
}

static void walk_updates_made(wefti_walk *walk, const wefti_table *table, const weft_expr *const *sets, size_t count)
{
    const wefti_table *all = table->main;
    for (uint16_t i = 0; i < all->column_count && walk->status == WEFT_OK; i++)
        if (all->columns[i].field->update_value != NULL && !is_set(walk, sets, count, &all->columns[i]))
            walk_made(walk, &all->columns[i]);
}

void wefti_walk_sets(wefti_walk *walk, const wefti_table *table, const weft_expr *const *sets)
{
    const weft_expr *set;
    size_t i = 0;
    bool version = false;
    const wefti_ground ground = wefti_walk_enter(walk, ".set", false);
    for (; (set = wefti_walk_next(walk, sets, i, ".set")) != NULL; i++) {
        if (set->op != WEFT_EXPR_SET) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "position %zu of .set is no assignment; use weft_to or weft_to_expr",
                                  i + 1);
            return;
        }
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        if (walk->render != NULL && is_set_before(walk, sets, i))
            return;
        walk_set(walk, table, set, &version);
    }
    wefti_walk_leave(walk, ground);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (i == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the list of .set is empty");
    if (walk->render != NULL && walk->status == WEFT_OK && wefti_table_version(table) != NULL && !version)
        render_next_version(walk, table);
    if (table->main->updates_made)
        walk_updates_made(walk, table, sets, i);
}

/* ---- a new row ---- */

/* A value for each row is made where rows are made, and that is the database. */
void wefti_walk_refuse_unmade(wefti_walk *walk, const wefti_column *column, const char *what)
{
    (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                          "%s into %s leaves %s out, whose .insert_value makes values of single rows: give it", what,
                          column->table->name, column->name);
}

static void check_made_given(wefti_walk *walk, const wefti_table *table, const weft_expr *const *sets, size_t count)
{
    const wefti_table *all = table->main;
    for (uint16_t i = 0; all->inserts_made && i < all->column_count && walk->status == WEFT_OK; i++)
        if (all->columns[i].field->insert_value != NULL && !is_set(walk, sets, count, &all->columns[i]))
            wefti_walk_refuse_unmade(walk, &all->columns[i], "an INSERT");
}

void wefti_walk_new_row(wefti_walk *walk, const wefti_table *table, const weft_expr *const *sets)
{
    const weft_expr *set;
    const wefti_column *version = wefti_table_version(table);
    const wefti_ground ground = wefti_walk_enter(walk, ".set", false);
    size_t count = 0;
    for (; walk->render != NULL && (set = wefti_walk_next(walk, sets, count, ".set")) != NULL && set->op == WEFT_EXPR_SET;
         count++) {
        const wefti_column *column = is_set_before(walk, sets, count) ? NULL : column_that_is_set(walk, table, set);
        if (column == NULL)
            return;
        wefti_walk_sql(walk, count > 0 ? ", " : "");
        wefti_walk_identifier(walk, column->name);
        version = column == version ? NULL : version;
    }
    if (walk->render != NULL)
        check_made_given(walk, table, sets, count);
    if (walk->render != NULL && version != NULL) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_identifier(walk, version->name);
    }
    wefti_walk_sql(walk, ") VALUES (");
    for (count = 0; (set = wefti_walk_next(walk, sets, count, ".set")) != NULL; count++) {
        if (set->op != WEFT_EXPR_SET) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "position %zu of .set is no assignment; use weft_to or weft_to_expr",
                                  count + 1);
            return;
        }
        wefti_walk_sql(walk, count > 0 ? ", " : "");
        note_set(walk, set);
        walk_value_of(walk, set, walk->render != NULL ? column_that_is_set(walk, table, set) : NULL);
    }
    wefti_walk_sql(walk, version != NULL ? ", 1)" : ")");
    wefti_walk_leave(walk, ground);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (count == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the list of .set is empty");
}

/* ---- INSERT ---- */

static void render_insert_rows(wefti_walk *walk, const wefti_dml *dml)
{
    uint32_t rows = dml->kind == WEFTI_INSERT ? 1 : dml->row_count;
    wefti_walk_sql(walk, "VALUES ");
    for (uint32_t row = 0; row < rows && walk->status == WEFT_OK; row++) {
        wefti_walk_sql(walk, row > 0 ? ", (" : "(");
        for (uint16_t i = 0; i < dml->column_count; i++) {
            wefti_walk_sql(walk, i > 0 ? ", " : "");
            render_parameter(walk, column_of(dml, dml->columns[i]));
        }
        wefti_walk_sql(walk, ")");
    }
}

/* Rows go in in the order of the arrays, so that keys made meanwhile ascend with them. */
static void render_insert_arrays(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_sql(walk, "SELECT ");
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_row_column(walk, "", "c", (uint16_t)(i + 1), column_of(dml, dml->columns[i]));
    }
    wefti_walk_sql(walk, " FROM ");
    wefti_walk_rows(walk, dml);
    wefti_walk_sql(walk, walk->dialect->rows_numbered);
    wefti_walk_sql(walk, " AS v(");
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", c" : "c");
        wefti_walk_number(walk, i + 1);
    }
    wefti_walk_sql(walk, ", n) ORDER BY n");
}

static void walk_insert(wefti_walk *walk, const wefti_dml *dml)
{
    if (walk->render != NULL) {
        wefti_walk_sql(walk, "INSERT INTO ");
        wefti_walk_table_name(walk, dml->table);
        if (dml->column_count == 0) {
            if (dml->kind != WEFTI_INSERT && dml->row_count != 1)
                (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "rows without any value can only be inserted one by one");
            wefti_walk_sql(walk, " DEFAULT VALUES");
        } else {
            wefti_walk_sql(walk, " (");
            render_names(walk, dml, dml->columns, dml->column_count);
            wefti_walk_sql(walk, ") ");
            if (dml->kind == WEFTI_INSERT_ARRAYS)
                render_insert_arrays(walk, dml);
            else
                render_insert_rows(walk, dml);
        }
    }
    wefti_walk_conflict(walk, dml->table, dml->conflict);
    if (walk->render != NULL)
        render_returning(walk, dml);
}

static void render_copy(wefti_walk *walk, const wefti_dml *dml)
{
    if (walk->dialect->copy_open == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "rows cannot be copied in bulk on this database");
        return;
    }
    wefti_walk_sql(walk, walk->dialect->copy_open);
    wefti_walk_table_name(walk, dml->table);
    wefti_walk_sql(walk, " (");
    render_names(walk, dml, dml->columns, dml->column_count);
    wefti_walk_sql(walk, walk->dialect->copy_close);
}

/* ---- UPDATE and DELETE by key ---- */

static void render_key_comparisons(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_sql(walk, " WHERE ");
    for (uint16_t i = 0; i < dml->key_count; i++) {
        wefti_walk_sql(walk, i > 0 ? " AND " : "");
        wefti_walk_identifier(walk, column_of(dml, dml->keys[i])->name);
        wefti_walk_sql(walk, " = ");
        render_parameter(walk, column_of(dml, dml->keys[i]));
    }
}

static bool is_text(uint8_t type) { return type == WEFT_TEXT || type == WEFT_CHARS || type == WEFT_JSON; }

/* A column that must be what was read. Numbers are compared as the database does, texts by their bytes whatever collation or type
 * the column has; types that a table may keep as text are compared as the model's, and arrays of short texts and of json
 * as those of text and jsonb, which have operators. */
static void render_checked_column(wefti_walk *walk, const wefti_dml *dml, const wefti_column *column)
{
    const wefti_dialect *dialect = walk->dialect;
    if (dml->kind != WEFTI_UPDATE) {
        wefti_walk_identifier(walk, dml->table->name);
        wefti_walk_sql(walk, ".");
    }
    wefti_walk_identifier(walk, column->name);
    const bool short_texts = column->type == WEFT_ARRAY + WEFT_TEXT && column->sql_type != NULL && column->cast == NULL;
    const bool texts = short_texts || (column->type == WEFT_ARRAY + WEFT_JSON && column->sql_type != NULL);
    if (is_json_of_program(column)) {
        wefti_walk_cast_to(walk, dialect->names[column->type].cast);
        wefti_walk_sql(walk, dialect->decimals != NULL ? dialect->decimals->json_collation : "");
    } else if (is_text(column->type)) {
        wefti_walk_sql(walk, dialect->exact_text);
    } else if (texts || (dialect->check_casts && (column->type == WEFT_UUID || column->type == WEFT_DECIMAL))) {
        wefti_walk_cast_to(walk, dialect->names[column->type].cast);
    }
    wefti_walk_sql(walk, dialect->same);
}

/* What the values of a checked column of arrays are cast to. json has no operators, jsonb has. */
static const char *checked_cast(const wefti_dialect *dialect, const wefti_column *column)
{
    return column->cast != NULL && column->type != WEFT_ARRAY + WEFT_JSON ? column->cast : dialect->names[column->type].cast;
}

/* The conditions of what is checked; rows names what stands in FROM, NULL where the values are parameters. */
static void render_checks(wefti_walk *walk, const wefti_dml *dml, const char *rows, const char *prefix)
{
    const wefti_dialect *dialect = walk->dialect;
    for (uint16_t i = (uint16_t)(dml->column_count + dml->key_count); i < row_width(dml); i++) {
        const wefti_column *column = row_column(dml, i);
        wefti_walk_sql(walk, " AND ");
        render_checked_column(walk, dml, column);
        if (rows == NULL) {
            (void)render_row_value(walk, dml, i, 0);
            if (wefti_column_casts_items(column))
                wefti_walk_cast_to(walk, checked_cast(dialect, column));
        } else {
            wefti_walk_sql(walk, rows);
            wefti_walk_sql(walk, prefix);
            wefti_walk_number(walk, i + 1u);
            if (dml->kind == WEFTI_UPDATE_ARRAYS && wefti_type_is_array(column->type))
                wefti_walk_cast_to(walk, checked_cast(dialect, column));
        }
        wefti_walk_sql(walk, wefti_is_padded(dialect, column) ? dialect->unpadded : "");
    }
}

static void render_update(wefti_walk *walk, const wefti_dml *dml)
{
    const char *rows = rows_name(dml), *column = dml->kind == WEFTI_UPDATE_ARRAYS ? ".c" : ".column";
    wefti_walk_sql(walk, "UPDATE ");
    wefti_walk_table_name(walk, dml->table);
    wefti_walk_sql(walk, " SET ");
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_identifier(walk, column_of(dml, dml->columns[i])->name);
        wefti_walk_sql(walk, " = ");
        if (dml->kind == WEFTI_UPDATE)
            render_parameter(walk, column_of(dml, dml->columns[i]));
        else
            wefti_walk_row_column(walk, rows, column, (uint16_t)(i + 1), column_of(dml, dml->columns[i]));
    }
    if (dml->table->mapper->version == NULL && wefti_table_version(dml->table) != NULL)
        render_next_version(walk, dml->table); /* a view without the column that counts */
    if (dml->kind == WEFTI_UPDATE) {
        render_key_comparisons(walk, dml);
        render_checks(walk, dml, NULL, NULL);
        return;
    }
    wefti_walk_sql(walk, " FROM ");
    if (dml->kind == WEFTI_UPDATE_ARRAYS) {
        wefti_walk_rows(walk, dml);
        wefti_walk_sql(walk, dml->returning_ordinal ? walk->dialect->rows_numbered : "");
        wefti_walk_sql(walk, " AS ");
        wefti_walk_sql(walk, rows);
        wefti_walk_sql(walk, "(");
        for (uint16_t i = 0; i < row_width(dml); i++) {
            wefti_walk_sql(walk, i > 0 ? ", c" : "c");
            wefti_walk_number(walk, i + 1);
        }
        wefti_walk_sql(walk, dml->returning_ordinal ? ", n)" : ")");
    } else {
        wefti_walk_sql(walk, "(VALUES ");
        for (uint32_t row = 0; row < dml->row_count && walk->status == WEFT_OK; row++) {
            wefti_walk_sql(walk, row > 0 ? ", " : "");
            render_row(walk, dml, row == 0 && walk->dialect->capabilities.array_parameters_typed);
        }
        wefti_walk_sql(walk, ") AS ");
        wefti_walk_sql(walk, rows);
    }
    wefti_walk_sql(walk, " WHERE ");
    for (uint16_t i = 0; i < dml->key_count; i++) {
        wefti_walk_sql(walk, i > 0 ? " AND " : "");
        wefti_walk_identifier(walk, dml->table->name);
        wefti_walk_sql(walk, ".");
        wefti_walk_identifier(walk, column_of(dml, dml->keys[i])->name);
        wefti_walk_sql(walk, " = ");
        wefti_walk_row_column(walk, rows, column, (uint16_t)(dml->column_count + i + 1), column_of(dml, dml->keys[i]));
    }
    render_checks(walk, dml, rows, column);
}

static void render_delete(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_sql(walk, "DELETE FROM ");
    wefti_walk_table_name(walk, dml->table);
    if (dml->kind == WEFTI_DELETE) {
        render_key_comparisons(walk, dml);
        return;
    }
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS + 1];
    wefti_walk_sql(walk, dml->key_count > 1 ? " WHERE (" : " WHERE ");
    render_names(walk, dml, dml->keys, dml->key_count);
    for (uint16_t i = 0; i < dml->key_count; i++) {
        uint16_t type = (uint16_t)(column_of(dml, dml->keys[i])->type | WEFTI_ARRAY);
        columns[i] = column_of(dml, dml->keys[i]);
        wefti_walk_add_parameter(walk, dml->key_count == 1 ? wefti_walk_placed(walk, type) : type, columns[i], WEFTI_FORM_PLAIN);
    }
    if (dml->key_count > 1)
        wefti_walk_sql(walk, ") IN (");
    else
        wefti_walk_in_open(walk, true, columns[0]);
    if (dml->key_count > 1)
        walk->dialect->add_tuples(walk, columns, dml->key_count, 1);
    else
        wefti_walk_placeholder(walk, 1);
    wefti_walk_sql(walk, dml->key_count > 1 ? ")" : walk->dialect->in_close);
}

static bool check_dml(wefti_walk *walk, const wefti_dml *dml)
{
    bool by_key = dml->kind >= WEFTI_UPDATE && dml->kind < WEFTI_LINK;
    if (by_key && (dml->key_count == 0 || dml->key_count > WEFTI_MAX_KEY_COLUMNS + 1))
        (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "UPDATE and DELETE of rows need key columns");
    if ((dml->kind == WEFTI_UPDATE || dml->kind == WEFTI_UPDATE_ROWS || dml->kind == WEFTI_UPDATE_ARRAYS) && dml->column_count == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "UPDATE sets no column");
    if ((dml->kind == WEFTI_INSERT_ROWS || dml->kind == WEFTI_UPDATE_ROWS) && dml->row_count == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "a statement of several rows has none");
    if ((dml->kind == WEFTI_INSERT_ARRAYS || dml->kind == WEFTI_UPDATE_ARRAYS || dml->kind == WEFTI_LINK_ARRAYS ||
         dml->kind == WEFTI_INSERT_ORDINAL) &&
        !walk->dialect->capabilities.array_parameters_typed)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "rows from arrays are not possible on this database");
    return walk->status == WEFT_OK;
}

void wefti_walk_dml(wefti_walk *walk, const wefti_dml *dml)
{
    if (!check_dml(walk, dml))
        return;
    note_head(walk, dml);
    if (walk->render != NULL)
        walk->render->writes = true;
    if (dml->kind <= WEFTI_INSERT_ARRAYS) {
        walk_insert(walk, dml);
        return;
    }
    if (walk->render == NULL)
        return;
    if (dml->kind == WEFTI_INSERT_ORDINAL) {
        walk->dialect->insert_ordinal(walk, dml);
        return;
    }
    if (dml->kind == WEFTI_COPY)
        render_copy(walk, dml);
    else if (dml->kind >= WEFTI_LINK)
        wefti_walk_link(walk, dml);
    else if (dml->kind >= WEFTI_DELETE)
        render_delete(walk, dml);
    else
        render_update(walk, dml);
    render_returning(walk, dml);
}
