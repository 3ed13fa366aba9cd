/* Operations as statements: what the databases share. */
#include "schema/render.h"

#include "base/locale.h"
#include "base/error.h"
#include "base/limits.h"
#include "type/type.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- failing ---- */

static WEFT_PRINTF(4, 0) void fail(wefti_render_ddl *r, weft_status status, const char *hint, const char *format, va_list arguments)
{
    char text[400];
    if (r->status != WEFT_OK)
        return;
    (void)vsnprintf(text, sizeof text, format, arguments);
    r->status = wefti_error_set(r->error, status, "%s", text);
    if (hint != NULL)
        wefti_error_hint(r->error, "%s", hint);
}

void wefti_ddl_misuse(wefti_render_ddl *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(r, WEFT_ERROR_MISUSE, NULL, format, arguments);
    va_end(arguments);
}

void wefti_ddl_cannot(wefti_render_ddl *r, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(r, WEFT_ERROR_UNSUPPORTED, hint, format, arguments);
    va_end(arguments);
}

/* ---- parts ---- */

void wefti_ddl_add(wefti_render_ddl *r, const char *sql) { wefti_text_add(&r->text, sql); }

void wefti_ddl_add_if(wefti_render_ddl *r, bool condition, const char *sql)
{
    if (condition)
        wefti_text_add(&r->text, sql);
}

void wefti_ddl_add_name(wefti_render_ddl *r, const char *name)
{
    size_t size = name != NULL ? strlen(name) : 0;
    if (size == 0)
        wefti_ddl_misuse(r, "an operation on the schema lacks a name");
    else if (size > WEFTI_MAX_IDENTIFIER_BYTES || !wefti_utf8_valid(name, size))
        wefti_ddl_misuse(r, "the name \"%.*s\" is no UTF-8 of at most %d bytes", (int)wefti_utf8_cut(name, size, 100), name,
                         WEFTI_MAX_IDENTIFIER_BYTES);
    else
        wefti_add_identifier(&r->text, name);
}

void wefti_ddl_add_qualified(wefti_render_ddl *r, const wefti_def_name *name)
{
    if (name->schema != NULL) {
        wefti_ddl_add_name(r, name->schema);
        wefti_text_add_char(&r->text, '.');
    }
    wefti_ddl_add_name(r, name->name);
}

void wefti_ddl_add_names(wefti_render_ddl *r, const char *const *names)
{
    if (wefti_def_count(names) == 0)
        wefti_ddl_misuse(r, "a key, a unique constraint or an index has no columns");
    wefti_text_add_char(&r->text, '(');
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        wefti_ddl_add_if(r, i > 0, ", ");
        wefti_ddl_add_name(r, names[i]);
    }
    wefti_text_add_char(&r->text, ')');
}

void wefti_ddl_add_literal(wefti_render_ddl *r, const char *value)
{
    wefti_add_quoted_text(&r->text, r->ddl->backslash_strings, value, strlen(value));
}

const char *wefti_ddl_database(const wefti_ddl *ddl) { return ddl->name; }
const char *wefti_ddl_schema_names(const wefti_ddl *ddl) { return ddl->schema_names; }

const wefti_rebuild_sql *wefti_ddl_rebuild_sql(const wefti_ddl *ddl) { return ddl->rebuild; }

const char *wefti_ddl_type_name(const wefti_ddl *ddl, unsigned type)
{
    return type < WEFTI_COLUMN_TYPES ? ddl->names[type].column : NULL;
}

static void add_type_name(wefti_render_ddl *r, const weft_schema_column *column, bool in_one_word)
{
    const char *name = wefti_ddl_type_name(r->ddl, in_one_word ? wefti_array_type(column->type, false) : column->type);
    if (column->sql_type != NULL)
        wefti_ddl_add(r, column->sql_type);
    else if (!wefti_type_is_columns(column->type))
        wefti_ddl_misuse(r, "the column \"%s\" has no type", column->name);
    else if (name == NULL)
        wefti_ddl_cannot(r, "give the column a type of the database's own (.sql_type)", "a column of type %s is not possible on %s",
                         wefti_type_of(column->type)->name, r->ddl->name);
    else if ((column->type == WEFT_TEXT || column->type == WEFT_CHARS) && column->length > 0 && !in_one_word)
        wefti_text_add_format(&r->text, "VARCHAR(%d)", column->length);
    else if (column->type == WEFT_DECIMAL && column->precision > 0 && !in_one_word)
        wefti_text_add_format(&r->text, "%s(%d, %d)", name, column->precision, column->scale);
    else
        wefti_ddl_add(r, name);
}

void wefti_ddl_make_strict(const wefti_ddl *ddl, weft_schema_column *columns, size_t count)
{
    static const char *const taken[] = {"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"};
    for (size_t i = 0; i < count; i++) {
        bool takes = columns[i].identity;
        for (size_t k = 0; columns[i].sql_type != NULL && !takes && k < sizeof taken / sizeof taken[0]; k++)
            takes = wefti_ascii_equal(columns[i].sql_type, taken[k]);
        if (!takes) /* the type that values of it are cast to is one of them */
            columns[i].sql_type = ddl->names[columns[i].type].cast;
    }
}

void wefti_ddl_add_type(wefti_render_ddl *r, const weft_schema_column *column)
{
    /* Without arrays of its own a database has types that hold them as texts. */
    const bool in_one_word = column->array && !r->ddl->made_types && column->sql_type == NULL && column->enum_type == NULL;
    if (!r->ddl->made_types && !in_one_word && (column->array || column->enum_type != NULL))
        wefti_ddl_cannot(r, "keep it as text", "the column \"%s\": arrays and enum types are not possible on %s", column->name,
                         r->ddl->name);
    else if (column->enum_type != NULL)
        wefti_ddl_add_qualified(r, &(wefti_def_name){column->enum_schema, column->enum_type});
    else
        add_type_name(r, column, in_one_word);
    wefti_ddl_add_if(r, column->array && !in_one_word, "[]");
}

/* A name, a number or one quoted text: what may stand after DEFAULT without parentheses on every database. */
bool wefti_ddl_is_plain(const char *value)
{
    if (value[0] == '\'') {
        const char *end = strchr(value + 1, '\'');
        return end != NULL && end[1] == '\0';
    }
    for (const char *c = value; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_' || *c == '.' ||
              (*c == '-' && c == value)))
            return false;
    return true;
}

void wefti_ddl_add_default(wefti_render_ddl *r, const char *value)
{
    if (value != NULL)
        wefti_text_add_format(&r->text, wefti_ddl_is_plain(value) ? " DEFAULT %s" : " DEFAULT (%s)", value);
}

static void add_action(wefti_render_ddl *r, const char *event, const char *action)
{
    if (action == NULL)
        return;
    if (!wefti_def_is_action(action))
        wefti_ddl_misuse(r, "ON %s %s: there is no such action", event, action);
    wefti_text_add_format(&r->text, " ON %s %s", event, action);
}

/* What the index of a key or unique constraint has beside its columns. */
static void add_index_of_constraint(wefti_render_ddl *r, const weft_schema_constraint *constraint)
{
    if (constraint->include != NULL) {
        wefti_ddl_add(r, " INCLUDE ");
        wefti_ddl_add_names(r, constraint->include);
    }
    wefti_ddl_add_storage(r, constraint->storage);
    if (constraint->tablespace != NULL) {
        wefti_ddl_add(r, " USING INDEX TABLESPACE ");
        wefti_ddl_add_name(r, constraint->tablespace);
    }
}

static void add_constraint_body(wefti_render_ddl *r, const weft_schema_constraint *constraint)
{
    switch (constraint->kind) {
    case WEFT_CONSTRAINT_PRIMARY_KEY:
        wefti_ddl_add(r, "PRIMARY KEY ");
        wefti_ddl_add_names(r, constraint->columns);
        add_index_of_constraint(r, constraint);
        break;
    case WEFT_CONSTRAINT_UNIQUE:
        wefti_ddl_add(r, constraint->nulls_not_distinct ? "UNIQUE NULLS NOT DISTINCT " : "UNIQUE ");
        wefti_ddl_add_names(r, constraint->columns);
        add_index_of_constraint(r, constraint);
        break;
    case WEFT_CONSTRAINT_FOREIGN_KEY:
        wefti_ddl_add(r, "FOREIGN KEY ");
        wefti_ddl_add_names(r, constraint->columns);
        wefti_ddl_add(r, " REFERENCES ");
        wefti_ddl_add_qualified(r, &(wefti_def_name){constraint->target_schema, constraint->target_table});
        if (constraint->target_columns != NULL) { /* else its primary key */
            wefti_text_add_char(&r->text, ' ');
            wefti_ddl_add_names(r, constraint->target_columns);
        }
        wefti_ddl_add_if(r, constraint->match_full, " MATCH FULL");
        add_action(r, "DELETE", constraint->on_delete);
        add_action(r, "UPDATE", constraint->on_update);
        break;
    case WEFT_CONSTRAINT_CHECK:
    case WEFT_CONSTRAINT_EXCLUDE:
        if (constraint->expression == NULL || constraint->expression[0] == '\0')
            wefti_ddl_misuse(r, "a check has no condition");
        else
            wefti_text_add_format(&r->text, constraint->kind == WEFT_CONSTRAINT_CHECK ? "CHECK (%s)" : "EXCLUDE %s",
                                  constraint->expression);
        break;
    }
    wefti_ddl_add_if(r, constraint->deferrable || constraint->initially_deferred, " DEFERRABLE");
    wefti_ddl_add_if(r, constraint->initially_deferred, " INITIALLY DEFERRED");
    wefti_ddl_add_if(r, constraint->not_valid, " NOT VALID");
}

void wefti_ddl_add_constraint(wefti_render_ddl *r, const char *table, const weft_schema_constraint *constraint)
{
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const char *name = constraint->name != NULL ? constraint->name : wefti_made_constraint_name(&arena, table, constraint);
    if (name != NULL) {
        wefti_ddl_add(r, "CONSTRAINT ");
        wefti_ddl_add_name(r, name);
        wefti_text_add_char(&r->text, ' ');
    }
    wefti_arena_deinit(&arena);
    add_constraint_body(r, constraint);
}

void wefti_ddl_leave_out_of_constraint(const wefti_ddl *ddl, weft_schema_constraint *constraint)
{
    if (!ddl->index_options) {
        constraint->include = NULL;
        constraint->storage = constraint->tablespace = NULL;
    }
    if (!ddl->comments)
        constraint->comment = NULL;
}

void wefti_ddl_leave_out_of_index(const wefti_ddl *ddl, weft_schema_index *index, weft_schema_part *parts)
{
    for (size_t i = 0; !ddl->index_options && parts != NULL && i < index->part_count; i++) {
        parts[i] = index->parts[i];
        parts[i].operator_class = NULL;
        parts[i].nulls = WEFT_NULLS_DEFAULT;
    }
    if (!ddl->index_options) {
        index->parts = parts != NULL ? parts : index->parts;
        index->include = NULL;
        index->method = index->storage = index->tablespace = NULL;
    }
    if (!ddl->comments)
        index->comment = NULL;
}

void wefti_ddl_leave_out_of_table(const wefti_ddl *ddl, weft_schema_table *table)
{
    if (!ddl->index_options) {
        table->storage = table->tablespace = NULL;
        table->unlogged = false;
    }
    if (!ddl->comments)
        table->comment = NULL;
}

void wefti_ddl_add_storage(wefti_render_ddl *r, const char *storage)
{
    if (storage != NULL)
        wefti_text_add_format(&r->text, " WITH (%s)", storage);
}

void wefti_ddl_add_parts(wefti_render_ddl *r, const weft_schema_index *index)
{
    if (index->part_count == 0)
        wefti_ddl_misuse(r, "the index \"%s\" has no columns", index->name != NULL ? index->name : "");
    wefti_text_add_char(&r->text, '(');
    for (size_t i = 0; i < index->part_count; i++) {
        const weft_schema_part *part = &index->parts[i];
        wefti_ddl_add_if(r, i > 0, ", ");
        if (part->column == NULL && part->expression != NULL)
            wefti_text_add_format(&r->text, "(%s)", part->expression);
        else
            wefti_ddl_add_name(r, part->column);
        if (part->collation != NULL) {
            wefti_ddl_add(r, " COLLATE ");
            wefti_ddl_add_name(r, part->collation);
        }
        if (part->operator_class != NULL)
            wefti_text_add_format(&r->text, " %s", part->operator_class);
        wefti_ddl_add_if(r, part->descending, " DESC");
        wefti_ddl_add_if(r, part->nulls != WEFT_NULLS_DEFAULT, part->nulls == WEFT_NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
    }
    wefti_text_add_char(&r->text, ')');
}

void wefti_ddl_send(wefti_render_ddl *r)
{
    if (r->status == WEFT_OK && r->text.failed)
        r->status = wefti_error_memory(r->error);
    if (r->status == WEFT_OK)
        r->status = r->emit(r->context, r->text.data != NULL ? r->text.data : "", r->error);
    wefti_text_clear(&r->text);
}

/* ---- operations ---- */

static void add_columns(wefti_render_ddl *r, const weft_schema_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        wefti_ddl_add_if(r, i > 0, ", ");
        r->ddl->add_column(r, table, &table->columns[i]);
    }
}

void wefti_ddl_create_table(wefti_render_ddl *r, const wefti_op *op)
{
    const weft_schema_table *table = op->of.create_table.table;
    if (table->kind != WEFT_RELATION_TABLE) {
        wefti_ddl_cannot(r, wefti_ddl_is_view(table) ? "views have an operation of their own" : "say it in SQL",
                         "\"%s\" is no plain table: creating it is not possible", table->name);
        return;
    }
    wefti_ddl_add(r, table->unlogged ? "CREATE UNLOGGED TABLE " : "CREATE TABLE ");
    wefti_ddl_add_if(r, op->of.create_table.if_not_exists, "IF NOT EXISTS ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){table->schema, table->name});
    wefti_ddl_add(r, " (");
    add_columns(r, table);
    for (size_t i = 0, written = table->column_count; i < table->constraint_count; i++) {
        const weft_schema_constraint *constraint = &table->constraints[i];
        if (r->ddl->stands_in_column != NULL && r->ddl->stands_in_column(table, constraint))
            continue;
        wefti_ddl_add_if(r, written++ > 0, ", ");
        wefti_ddl_add_constraint(r, table->name, constraint);
    }
    wefti_text_add_char(&r->text, ')');
}

bool wefti_ddl_is_view(const weft_schema_table *table)
{
    return table->kind == WEFT_RELATION_VIEW || table->kind == WEFT_RELATION_MATERIALIZED_VIEW;
}

void wefti_ddl_add_view(wefti_render_ddl *r, const weft_schema_table *view)
{
    if (!wefti_ddl_is_view(view) || view->definition == NULL || view->definition[0] == '\0' || view->constraint_count > 0)
        wefti_ddl_misuse(r, "\"%s\" is no view, lacks its SELECT or has constraints", view->name != NULL ? view->name : "");
    wefti_ddl_add_qualified(r, &(wefti_def_name){view->schema, view->name});
    for (size_t i = 0; i < view->column_count; i++) {
        wefti_ddl_add(r, i == 0 ? " (" : ", ");
        wefti_ddl_add_name(r, view->columns[i].name);
    }
    wefti_ddl_add(r, view->column_count > 0 ? ") AS " : " AS ");
    wefti_ddl_add(r, view->definition != NULL ? view->definition : "");
}

void wefti_ddl_drop_view(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_drop_view *drop = &op->of.drop_view;
    wefti_ddl_add(r, drop->materialized ? "DROP MATERIALIZED VIEW " : "DROP VIEW ");
    wefti_ddl_add_if(r, drop->if_exists, "IF EXISTS ");
    wefti_ddl_add_qualified(r, &drop->view);
    wefti_ddl_add_if(r, drop->cascade, " CASCADE");
    wefti_ddl_send(r);
}

void wefti_ddl_drop_table(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_drop_table *drop = &op->of.drop_table;
    wefti_ddl_add(r, drop->if_exists ? "DROP TABLE IF EXISTS " : "DROP TABLE ");
    wefti_ddl_add_qualified(r, &drop->table);
    wefti_ddl_add_if(r, drop->cascade, " CASCADE");
    wefti_ddl_send(r);
}

void wefti_ddl_rename_table(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_qualified(r, &op->of.rename_table.table);
    wefti_ddl_add(r, " RENAME TO ");
    wefti_ddl_add_name(r, op->of.rename_table.to);
    wefti_ddl_send(r);
}

void wefti_ddl_drop_column(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_qualified(r, &op->of.drop_column.table);
    wefti_ddl_add(r, op->of.drop_column.if_exists ? " DROP COLUMN IF EXISTS " : " DROP COLUMN ");
    wefti_ddl_add_name(r, op->of.drop_column.column);
    wefti_ddl_add_if(r, op->of.drop_column.cascade, " CASCADE");
    wefti_ddl_send(r);
}

void wefti_ddl_rename_column(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_qualified(r, &op->of.rename_column.table);
    wefti_ddl_add(r, " RENAME COLUMN ");
    wefti_ddl_add_name(r, op->of.rename_column.column);
    wefti_ddl_add(r, " TO ");
    wefti_ddl_add_name(r, op->of.rename_column.to);
    wefti_ddl_send(r);
}

void wefti_ddl_execute(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_execute *execute = &op->of.execute;
    if (execute->sql == NULL || execute->sql[0] == '\0')
        wefti_ddl_misuse(r, "an operation has no SQL");
    if (execute->database != NULL && strcmp(execute->database, r->ddl->name) != 0)
        return;
    wefti_ddl_add(r, execute->sql);
    wefti_ddl_send(r);
}

weft_status wefti_op_render(const wefti_ddl *ddl, const wefti_op *op, wefti_ddl_callback emit, void *context, weft_error *error)
{
    wefti_render_ddl r = {.ddl = ddl, .emit = emit, .context = context, .error = error};
    if ((unsigned)op->kind >= WEFTI_OP_COUNT_)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%d is no operation on a schema", (int)op->kind);
    wefti_text_init(&r.text, WEFTI_MAX_SQL_BYTES);
    ddl->renderers[op->kind](&r, op);
    wefti_text_deinit(&r.text);
    return r.status;
}

weft_status wefti_ops_render(const wefti_ddl *ddl, const wefti_ops *ops, wefti_ddl_callback emit, void *context, weft_error *error)
{
    weft_status status = ops->failed ? wefti_error_memory(error) : WEFT_OK;
    for (size_t i = 0; status == WEFT_OK && i < ops->count; i++)
        status = wefti_op_render(ddl, &ops->items[i], emit, context, error);
    return status;
}
