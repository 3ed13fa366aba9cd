/* Operations as SQLite, from version 3.40 on, says them. ALTER TABLE renames, adds plain columns at the end and drops columns that
 * nothing else names; whatever else a table is to become needs it to be built anew beside the old one. */
#include "schema/reading.h"
#include "schema/render_sqlite.h"

#include "base/locale.h"

#include <string.h>

#define BUILD_ANEW "build the table anew: weft_ops_rebuild_table, or \"-- rebuild\" in the file of a revision"

/* ---- what cannot be ---- */

static void no_schemas(wefti_render_ddl *r, const wefti_op *op)
{
    (void)op;
    wefti_ddl_cannot(r, "attach another file", "creating or dropping a schema is not possible on SQLite");
}

static void no_alteration(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_cannot(r, BUILD_ANEW, "changing the column \"%s\" is not possible on SQLite", op->of.alter_column.column);
}

static void no_constraints(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_def_name *table =
        op->kind == WEFTI_OP_ADD_CONSTRAINT ? &op->of.add_constraint.table : &op->of.drop_constraint.table;
    wefti_ddl_cannot(r, BUILD_ANEW, "adding or dropping a constraint of \"%s\" is not possible on SQLite", table->name);
}

static void no_validation(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_cannot(r, "PRAGMA foreign_key_check and a query look at the rows",
                     "validating a constraint of \"%s\" is not possible on SQLite", op->of.validate_constraint.table.name);
}

static void no_enums(wefti_render_ddl *r, const wefti_op *op)
{
    (void)op;
    wefti_ddl_cannot(r, "keep the values as text, with a check", "enum types are not possible on SQLite");
}

static void no_sequences(wefti_render_ddl *r, const wefti_op *op)
{
    (void)op;
    wefti_ddl_cannot(r, "an integer primary key counts by itself", "sequences are not possible on SQLite");
}

static void no_comments(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_cannot(r, "say it in the model's source", "a comment on \"%s\" is not possible on SQLite", op->of.comment.table.name);
}

/* ---- tables and columns ---- */

/* The one column of a key that is the row's number: INTEGER PRIMARY KEY. */
static bool is_row_number(const weft_schema_constraint *key, const weft_schema_column *column)
{
    return key != NULL && column->name != NULL && wefti_def_count(key->columns) == 1 && strcmp(key->columns[0], column->name) == 0;
}

static bool stands_in_column(const weft_schema_table *table, const weft_schema_constraint *constraint)
{
    for (size_t i = 0; constraint->kind == WEFT_CONSTRAINT_PRIMARY_KEY && i < table->column_count; i++)
        if (table->columns[i].identity)
            return true;
    return false;
}

static void add_column(wefti_render_ddl *r, const weft_schema_table *table, const weft_schema_column *column)
{
    wefti_ddl_add_name(r, column->name);
    if (column->identity || column->identity_always) {
        if (column->identity_always || table == NULL || table->without_rowid ||
            !is_row_number(wefti_def_primary_key(table), column))
            wefti_ddl_cannot(r, "only a key of one integer column is made by SQLite, and may always be given",
                             "values of \"%s\" that the database makes are not possible on SQLite", column->name);
        wefti_ddl_add(r, " INTEGER PRIMARY KEY");
        wefti_ddl_add_if(r, table != NULL && wefti_ddl_sqlite_autoincrement(table), " AUTOINCREMENT");
        return;
    }
    wefti_text_add_char(&r->text, ' ');
    wefti_ddl_add_type(r, column);
    if (column->collation != NULL) {
        wefti_ddl_add(r, " COLLATE ");
        wefti_ddl_add_name(r, column->collation);
    }
    wefti_ddl_add_if(r, !column->nullable, " NOT NULL");
    wefti_ddl_add_default(r, column->server_default);
    if (column->generated != NULL)
        wefti_text_add_format(&r->text, " GENERATED ALWAYS AS (%s) %s", column->generated, column->stored ? "STORED" : "VIRTUAL");
}

static void check_constraint(wefti_render_ddl *r, const weft_schema_table *table, const weft_schema_constraint *constraint)
{
    if (constraint->kind == WEFT_CONSTRAINT_EXCLUDE || constraint->not_valid || constraint->nulls_not_distinct ||
        (constraint->deferrable && constraint->kind != WEFT_CONSTRAINT_FOREIGN_KEY) ||
        (constraint->kind == WEFT_CONSTRAINT_FOREIGN_KEY && constraint->target_schema != NULL) || constraint->match_full)
        wefti_ddl_cannot(r, "leave it out, or write a trigger",
                         "a constraint of \"%s\" is not possible on SQLite: EXCLUDE, NOT VALID, NULLS NOT DISTINCT, MATCH FULL, "
                         "deferrable keys and references into another schema are not",
                         table->name);
    if (constraint->include != NULL || constraint->storage != NULL || constraint->tablespace != NULL)
        wefti_ddl_cannot(r, "leave it out",
                         "a constraint of \"%s\" is not possible on SQLite: INCLUDE, storage parameters and tablespaces are not",
                         table->name);
}

static void no_storing(wefti_render_ddl *r, const wefti_op *op)
{
    const char *name = op->of.store.what.name;
    wefti_ddl_cannot(r, "leave it out", "\"%s\": storage parameters, tablespaces and UNLOGGED are not possible on SQLite",
                     name != NULL ? name : "");
}

void wefti_ddl_sqlite_create_table(wefti_render_ddl *r, const wefti_op *op)
{
    const weft_schema_table *table = op->of.create_table.table;
    if (table->column_count == 0)
        wefti_ddl_cannot(r, NULL, "\"%s\": a table without columns is not possible on SQLite", table->name);
    for (size_t i = 0; i < table->constraint_count; i++)
        check_constraint(r, table, &table->constraints[i]);
    if (table->storage != NULL || table->tablespace != NULL || table->unlogged)
        no_storing(r, &(wefti_op){WEFTI_OP_STORE, .of.store = {.what = wefti_def_name_of(table)}});
    wefti_ddl_create_table(r, op);
    wefti_ddl_add_if(r, table->strict, " STRICT");
    wefti_ddl_add_if(r, table->without_rowid, table->strict ? ", WITHOUT ROWID" : " WITHOUT ROWID");
    wefti_ddl_send(r);
}

static void drop_table(wefti_render_ddl *r, const wefti_op *op)
{
    if (op->of.drop_table.cascade)
        wefti_ddl_cannot(r, "drop first what refers to it", "DROP TABLE … CASCADE is not possible on SQLite");
    wefti_ddl_drop_table(r, op);
}

static void no_form(wefti_render_ddl *r, const char *column)
{
    wefti_ddl_cannot(r, "ask weft_reflect whether it is there",
                     "IF EXISTS and IF NOT EXISTS of the column \"%s\" are not possible on SQLite", column);
}

/* SQLite refuses what would need a look at every row. */
static void add_column_to(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_add_column *add = &op->of.add_column;
    const weft_schema_column *column = add->column;
    const char *value = column->server_default;
    bool changes = value != NULL && (!wefti_ddl_is_plain(value) || wefti_ascii_begins(value, "current_"));
    bool null = value == NULL || wefti_ascii_equal(value, "null");
    if (column->identity || column->identity_always || (column->generated != NULL && column->stored) || changes ||
        (!column->nullable && null && column->generated == NULL))
        wefti_ddl_cannot(r, BUILD_ANEW,
                         "adding the column \"%s\" is not possible on SQLite: keys, stored columns, defaults that are computed and "
                         "NOT NULL without a default are not",
                         column->name);
    if (add->if_not_exists)
        no_form(r, column->name);
    if (r->status != WEFT_OK)
        return;
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_qualified(r, &add->table);
    wefti_ddl_add(r, " ADD COLUMN ");
    add_column(r, NULL, column);
    wefti_ddl_send(r);
}

static void drop_column(wefti_render_ddl *r, const wefti_op *op)
{
    if (op->of.drop_column.cascade)
        wefti_ddl_cannot(r, "drop first what names it", "DROP COLUMN … CASCADE is not possible on SQLite");
    if (op->of.drop_column.if_exists)
        no_form(r, op->of.drop_column.column);
    wefti_ddl_drop_column(r, op);
}

/* ---- indexes ---- */

/* The index has the schema, and its table is looked for there. CONCURRENTLY says how, not what: nobody writes beside it anyway. */
void wefti_ddl_sqlite_create_index(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_create_index *create = &op->of.create_index;
    const weft_schema_index *index = create->index;
    bool classes = false;
    for (size_t i = 0; i < index->part_count; i++)
        classes = classes || index->parts[i].operator_class != NULL || index->parts[i].nulls != WEFT_NULLS_DEFAULT;
    if (index->method != NULL || index->include != NULL || index->nulls_not_distinct || index->storage != NULL ||
        index->tablespace != NULL || classes)
        wefti_ddl_cannot(r, "leave it out",
                         "the index \"%s\" is not possible on SQLite: methods, INCLUDE, NULLS NOT DISTINCT, operator classes, "
                         "storage parameters, tablespaces and the place of NULL are not",
                         index->name != NULL ? index->name : "");
    wefti_ddl_add(r, index->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    wefti_ddl_add_if(r, create->if_not_exists, "IF NOT EXISTS ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){create->table.schema, index->name});
    wefti_ddl_add(r, " ON ");
    wefti_ddl_add_name(r, create->table.name);
    wefti_text_add_char(&r->text, ' ');
    wefti_ddl_add_parts(r, index);
    if (index->where != NULL)
        wefti_text_add_format(&r->text, " WHERE %s", index->where);
    wefti_ddl_send(r);
}

static void drop_index(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, op->of.drop_index.if_exists ? "DROP INDEX IF EXISTS " : "DROP INDEX ");
    wefti_ddl_add_qualified(r, &op->of.drop_index.index);
    wefti_ddl_send(r);
}

/* ---- views ---- */

#define NOT_MATERIALIZED "a plain view, or a table that is filled"

static void create_view(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_create_view *create = &op->of.create_view;
    if (create->view->kind == WEFT_RELATION_MATERIALIZED_VIEW)
        wefti_ddl_cannot(r, NOT_MATERIALIZED, "\"%s\": materialized views are not possible on SQLite", create->view->name);
    if (create->replace)
        wefti_ddl_cannot(r, "drop it first, and make its triggers anew", "\"%s\": replacing a view is not possible on SQLite",
                         create->view->name);
    if (create->no_data)
        wefti_ddl_misuse(r, "the view \"%s\" keeps no data that could be left out", create->view->name);
    wefti_ddl_add(r, create->if_not_exists ? "CREATE VIEW IF NOT EXISTS " : "CREATE VIEW ");
    wefti_ddl_add_view(r, create->view);
    wefti_ddl_send(r);
}

static void drop_view(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_drop_view *drop = &op->of.drop_view;
    if (drop->materialized)
        wefti_ddl_cannot(r, NOT_MATERIALIZED, "\"%s\": materialized views are not possible on SQLite", drop->view.name);
    if (drop->cascade)
        wefti_ddl_cannot(r, "drop first what names it", "DROP VIEW … CASCADE is not possible on SQLite");
    wefti_ddl_drop_view(r, op);
}

const wefti_ddl wefti_ddl_sqlite = {
    .name = "sqlite",
    .names = wefti_names_sqlite,
    .read = wefti_read_sqlite,
    .speller = &wefti_speller_sqlite,
    .virtual_columns = true,
    .counts_on = wefti_ddl_sqlite_autoincrement,
    .table_kinds = true,
    .rules = &wefti_sql_rules_sqlite,
    .rebuild = &wefti_ddl_sqlite_rebuild_sql,
    .drop_prelude = "PRAGMA defer_foreign_keys = ON",
    .add_column = add_column,
    .add_literal = wefti_ddl_sqlite_literal,
    .override_counting = "",
    .stands_in_column = stands_in_column,
    .renderers =
        {
            [WEFTI_OP_CREATE_SCHEMA] = no_schemas,
            [WEFTI_OP_DROP_SCHEMA] = no_schemas,
            [WEFTI_OP_CREATE_TABLE] = wefti_ddl_sqlite_create_table,
            [WEFTI_OP_DROP_TABLE] = drop_table,
            [WEFTI_OP_RENAME_TABLE] = wefti_ddl_rename_table,
            [WEFTI_OP_ADD_COLUMN] = add_column_to,
            [WEFTI_OP_DROP_COLUMN] = drop_column,
            [WEFTI_OP_RENAME_COLUMN] = wefti_ddl_rename_column,
            [WEFTI_OP_ALTER_COLUMN] = no_alteration,
            [WEFTI_OP_CREATE_INDEX] = wefti_ddl_sqlite_create_index,
            [WEFTI_OP_DROP_INDEX] = drop_index,
            [WEFTI_OP_ADD_CONSTRAINT] = no_constraints,
            [WEFTI_OP_VALIDATE_CONSTRAINT] = no_validation,
            [WEFTI_OP_DROP_CONSTRAINT] = no_constraints,
            [WEFTI_OP_CREATE_ENUM] = no_enums,
            [WEFTI_OP_ADD_ENUM_VALUE] = no_enums,
            [WEFTI_OP_RENAME_ENUM_VALUE] = no_enums,
            [WEFTI_OP_RENAME_ENUM] = no_enums,
            [WEFTI_OP_DROP_ENUM] = no_enums,
            [WEFTI_OP_CREATE_SEQUENCE] = no_sequences,
            [WEFTI_OP_ALTER_SEQUENCE] = no_sequences,
            [WEFTI_OP_OWN_SEQUENCE] = no_sequences,
            [WEFTI_OP_PASS_ROWS] = no_sequences,
            [WEFTI_OP_DROP_SEQUENCE] = no_sequences,
            [WEFTI_OP_CREATE_VIEW] = create_view,
            [WEFTI_OP_DROP_VIEW] = drop_view,
            [WEFTI_OP_COMMENT] = no_comments,
            [WEFTI_OP_STORE] = no_storing,
            [WEFTI_OP_INSERT] = wefti_ddl_insert,
            [WEFTI_OP_EXECUTE] = wefti_ddl_execute,
            [WEFTI_OP_REBUILD_TABLE] = wefti_ddl_sqlite_rebuild,
        },
};
