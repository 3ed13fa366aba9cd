/* Comparing schemas, and what a list of operations says of itself. */
#include "base/error.h"
#include "engine/schemas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/schema.h>

static weft_status check_schemas(const char *call, const weft_schema *wanted, const weft_schema *found, weft_ops **ops,
                                 weft_error *error)
{
    if (ops == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: nowhere to put the operations: ops is NULL", call);
    *ops = NULL;
    if (wanted == NULL || found == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: a schema is NULL", call);
    if (wanted->ddl != found->ddl)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: one schema is of %s, the other of %s", call,
                               wefti_ddl_database(wanted->ddl), wefti_ddl_database(found->ddl));
    return WEFT_OK;
}

/* What models say of the schema that is the database's first, with it as such. *settled borrows from wanted where it may. */
static weft_status settle_first(const weft_schema *wanted, const weft_schema *found, const wefti_places *places, wefti_arena *arena,
                                wefti_definition *settled, weft_error *error)
{
    const char *first = found->definition.first;
    *settled = wanted->definition;
    places = wanted->translated ? NULL : places;
    if (!wanted->of_models || (places == NULL && (first == NULL || !wefti_def_names_schema(settled, first))))
        return WEFT_OK;
    settled->tables = wefti_copy_tables(arena, settled->tables, settled->table_count);
    settled->enums = wefti_copy_enums(arena, settled->enums, settled->enum_count);
    settled->sequences = wefti_copy_sequences(arena, settled->sequences, settled->sequence_count);
    if (settled->tables == NULL || settled->enums == NULL || settled->sequences == NULL)
        return wefti_error_memory(error);
    wefti_places_define(places, settled);
    if (first != NULL)
        wefti_def_make_first(settled, first);
    if (settled->table_count > 1)
        qsort((void *)(uintptr_t)settled->tables, settled->table_count, sizeof *settled->tables, wefti_def_compare_tables);
    return WEFT_OK;
}

static weft_status compare(const weft_schema *wanted, const weft_schema *found, const wefti_places *places, const char *renames,
                           const wefti_scratch *scratch, weft_ops **ops, weft_error *error)
{
    weft_ops *made = weft_ops_new();
    wefti_definition settled = wanted->definition;
    const wefti_comparison what = {.ddl = wanted->ddl,
                                   .wanted = &settled,
                                   .found = &found->definition,
                                   .of_models = wanted->of_models,
                                   .own_views = wanted->own_views,
                                   .whole = &made->whole,
                                   .wanted_place = wanted->of_models ? found->definition.place : wanted->definition.place,
                                   .found_place = found->definition.place,
                                   .renames = renames,
                                   .kept = &made->kept,
                                   .scratch = scratch,
                                   .refused = &made->note};
    weft_status status = weft_ops_status(made, error);
    if (status == WEFT_OK)
        status = settle_first(wanted, found, places, &made->list.arena, &settled, error);
    if (status == WEFT_OK)
        status = wefti_compare(&what, &made->list, &made->renames, error);
    if (status == WEFT_OK)
        *ops = made;
    else
        weft_ops_free(made);
    return status;
}

weft_status weft_schema_compare(const weft_schema *wanted, const weft_schema *found, const char *renames, weft_ops **ops,
                                weft_error *error)
{
    weft_error local;
    if (error == NULL)
        error = &local;
    weft_status status = check_schemas("weft_schema_compare", wanted, found, ops, error);
    if (status != WEFT_OK)
        return status;
    wefti_error_clear(error);
    return compare(wanted, found, NULL, renames, NULL, ops, error);
}

/* ---- what the database makes of texts ---- */

static weft_status begin(void *context, weft_error *error)
{
    const wefti_begin plain = {0};
    return wefti_connection_begin(context, &plain, WEFTI_NO_DEADLINE, error);
}

static void end(void *context) { (void)wefti_connection_rollback(context, WEFTI_NO_DEADLINE, NULL); }

static weft_status run(void *context, const char *sql, weft_error *error)
{
    return wefti_connection_script(context, sql, WEFT_LOG_STATEMENT, WEFTI_NO_DEADLINE, error);
}

/* An error that a rollback to the savepoint mends is the text's own. */
static weft_status attempt(void *context, const char *sql, bool *taken, weft_error *error)
{
    weft_error local = {0};
    weft_status status = wefti_connection_savepoint_within(context, WEFTI_NO_DEADLINE, error);
    if (status != WEFT_OK)
        return status;
    const weft_status outcome = run(context, sql, &local);
    *taken = outcome == WEFT_OK;
    status = *taken ? wefti_connection_savepoint_release(context, WEFTI_NO_DEADLINE, error)
                    : wefti_connection_savepoint_rollback(context, WEFTI_NO_DEADLINE, error);
    if (outcome == WEFT_ERROR_NO_MEMORY || (outcome != WEFT_OK && status != WEFT_OK)) {
        *error = local;
        return outcome;
    }
    return status;
}

weft_status weft_schema_compare_on(weft_engine *engine, const weft_schema *wanted, const weft_schema *found, const char *renames,
                                   weft_ops **ops, weft_error *error)
{
    weft_error local;
    weft_connection connection;
    if (error == NULL)
        error = &local;
    weft_status status = check_schemas("weft_schema_compare_on", wanted, found, ops, error);
    if (status == WEFT_OK)
        status = wefti_engine_given(engine, error);
    if (status == WEFT_OK && wanted->ddl != wefti_dialect_ddl(engine->dialect))
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_schema_compare_on: the schemas are of %s, the engine is of %s",
                                 wefti_ddl_database(wanted->ddl), wefti_ddl_database(wefti_dialect_ddl(engine->dialect)));
    if (status != WEFT_OK)
        return status;
    wefti_error_clear(error);
    status = wefti_connection_acquire(engine, &connection, WEFTI_NO_DEADLINE, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    const wefti_scratch scratch = {&connection, begin, end, {&connection, wefti_ask}, run, attempt};
    status = compare(wanted, found, engine->places, renames, &scratch, ops, error);
    wefti_connection_release(&connection);
    return status;
}

const char *weft_ops_note(const weft_ops *ops) { return ops->note; }

const weft_rename *weft_ops_renames(const weft_ops *ops, size_t *count)
{
    *count = ops->renames.count;
    return ops->renames.items;
}

/* ---- in words ---- */

static WEFT_PRINTF(3, 4) void say(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, size, format, arguments);
    va_end(arguments);
}

static const char *or_none(const char *text) { return text != NULL ? text : ""; }
static const char *schema_of(const wefti_def_name *name) { return or_none(name->schema); }
static const char *dot_of(const wefti_def_name *name) { return name->schema != NULL ? "." : ""; }
#define NAME "%s%s%s"
#define NAME_OF(n) schema_of(&(n)), dot_of(&(n)), or_none((n).name)

static void describe_column(const wefti_op *op, char *text, size_t size)
{
    const wefti_op_alter_column *alter = &op->of.alter_column;
    say(text, size, "alter column " NAME ".%s:%s%s%s%s%s%s%s%s%s%s%s%s", NAME_OF(alter->table), or_none(alter->column),
        alter->drop_expression ? " plain" : "", alter->type != NULL ? " type " : "", or_none(alter->type),
        alter->set_not_null ? " not null" : "", alter->drop_not_null ? " null" : "",
        alter->drop_default && alter->set_default == NULL ? " no default" : "", alter->set_default != NULL ? " default " : "",
        or_none(alter->set_default), alter->drop_identity ? " no identity" : "",
        alter->add_identity || alter->set_identity ? " identity" : "",
        alter->always && (alter->add_identity || alter->set_identity) ? " always" : "", alter->set_counting ? " counting" : "");
}

static void describe_constraint(const wefti_op_add_constraint *add, char *text, size_t size)
{
    static const char *const kinds[] = {"", "primary key", "unique constraint", "foreign key", "check", "exclusion constraint"};
    say(text, size, "add %s %s to " NAME, kinds[add->constraint->kind], or_none(add->constraint->name), NAME_OF(add->table));
}

static void describe_table(const wefti_op *op, char *text, size_t size)
{
    const wefti_def_name table = op->kind == WEFTI_OP_CREATE_TABLE    ? wefti_def_name_of(op->of.create_table.table)
                                 : op->kind == WEFTI_OP_REBUILD_TABLE ? wefti_def_name_of(op->of.rebuild_table.table)
                                                                      : wefti_def_name_of(op->of.create_view.view);
    say(text, size, "%s " NAME,
        op->kind == WEFTI_OP_CREATE_TABLE    ? "create table"
        : op->kind == WEFTI_OP_REBUILD_TABLE ? "build anew table"
                                             : "create view",
        NAME_OF(table));
}

static void describe_type(const wefti_op *op, char *text, size_t size)
{
    switch ((int)op->kind) {
    case WEFTI_OP_CREATE_ENUM: say(text, size, "create enum %s", or_none(op->of.create_enum.type->name)); break;
    case WEFTI_OP_ADD_ENUM_VALUE:
        say(text, size, "add value '%s' to enum " NAME, or_none(op->of.add_enum_value.value), NAME_OF(op->of.add_enum_value.type));
        break;
    case WEFTI_OP_RENAME_ENUM_VALUE:
        say(text, size, "rename value '%s' of enum " NAME " to '%s'", or_none(op->of.rename_enum_value.value),
            NAME_OF(op->of.rename_enum_value.type), or_none(op->of.rename_enum_value.to));
        break;
    case WEFTI_OP_RENAME_ENUM:
        say(text, size, "rename enum " NAME " to %s", NAME_OF(op->of.rename_enum.type), or_none(op->of.rename_enum.to));
        break;
    case WEFTI_OP_DROP_ENUM: say(text, size, "drop enum " NAME, NAME_OF(op->of.drop_enum.type)); break;
    case WEFTI_OP_CREATE_SEQUENCE: say(text, size, "create sequence %s", or_none(op->of.create_sequence.sequence->name)); break;
    case WEFTI_OP_ALTER_SEQUENCE: say(text, size, "alter sequence %s", or_none(op->of.alter_sequence.sequence->name)); break;
    case WEFTI_OP_PASS_ROWS:
        say(text, size, "sequence " NAME " goes on behind " NAME ".%s", NAME_OF(op->of.pass_rows.sequence),
            NAME_OF(op->of.pass_rows.table), or_none(op->of.pass_rows.column));
        break;
    case WEFTI_OP_OWN_SEQUENCE:
        say(text, size, "sequence %s belongs to %s.%s", or_none(op->of.own_sequence.sequence->name),
            or_none(op->of.own_sequence.sequence->table), or_none(op->of.own_sequence.sequence->column));
        break;
    case WEFTI_OP_DROP_SEQUENCE: say(text, size, "drop sequence " NAME, NAME_OF(op->of.drop_sequence.sequence)); break;
    case WEFTI_OP_CREATE_SCHEMA: say(text, size, "create schema %s", or_none(op->of.create_schema.name)); break;
    default: say(text, size, "drop schema %s", or_none(op->of.drop_schema.name)); break;
    }
}

static void describe_comment(const wefti_op_comment *on, char *text, size_t size)
{
    if (on->constraint != NULL)
        say(text, size, "comment on constraint %s of " NAME, on->constraint, NAME_OF(on->table));
    else
        say(text, size, "comment on %s" NAME "%s%s", on->index ? "index " : "", NAME_OF(on->table), on->column != NULL ? "." : "",
            or_none(on->column));
}

static void describe_storing(const wefti_op_store *store, char *text, size_t size)
{
    say(text, size, "alter %s " NAME ":%s%s%s%s%s%s%s%s", store->index ? "index" : "table", NAME_OF(store->what),
        store->logged ? " logged" : "", store->unlogged ? " unlogged" : "", store->storage != NULL ? " with " : "",
        or_none(store->storage), store->reset != NULL ? " without " : "", or_none(store->reset),
        store->tablespace != NULL ? " in tablespace " : "", or_none(store->tablespace));
}

static void describe(const wefti_op *op, char *text, size_t size)
{
    switch (op->kind) {
    case WEFTI_OP_CREATE_TABLE:
    case WEFTI_OP_REBUILD_TABLE:
    case WEFTI_OP_CREATE_VIEW: describe_table(op, text, size); break;
    case WEFTI_OP_DROP_TABLE: say(text, size, "drop table " NAME, NAME_OF(op->of.drop_table.table)); break;
    case WEFTI_OP_RENAME_TABLE:
        say(text, size, "rename table " NAME " to %s", NAME_OF(op->of.rename_table.table), or_none(op->of.rename_table.to));
        break;
    case WEFTI_OP_ADD_COLUMN:
        say(text, size, "add column " NAME ".%s", NAME_OF(op->of.add_column.table), or_none(op->of.add_column.column->name));
        break;
    case WEFTI_OP_DROP_COLUMN:
        say(text, size, "drop column " NAME ".%s", NAME_OF(op->of.drop_column.table), or_none(op->of.drop_column.column));
        break;
    case WEFTI_OP_RENAME_COLUMN:
        say(text, size, "rename column " NAME ".%s to %s", NAME_OF(op->of.rename_column.table),
            or_none(op->of.rename_column.column), or_none(op->of.rename_column.to));
        break;
    case WEFTI_OP_ALTER_COLUMN: describe_column(op, text, size); break;
    case WEFTI_OP_CREATE_INDEX:
        say(text, size, "create index %s on " NAME, or_none(op->of.create_index.index->name), NAME_OF(op->of.create_index.table));
        break;
    case WEFTI_OP_DROP_INDEX: say(text, size, "drop index " NAME, NAME_OF(op->of.drop_index.index)); break;
    case WEFTI_OP_ADD_CONSTRAINT: describe_constraint(&op->of.add_constraint, text, size); break;
    case WEFTI_OP_VALIDATE_CONSTRAINT:
        say(text, size, "validate constraint %s of " NAME, or_none(op->of.validate_constraint.name),
            NAME_OF(op->of.validate_constraint.table));
        break;
    case WEFTI_OP_DROP_CONSTRAINT:
        say(text, size, "drop constraint %s of " NAME, or_none(op->of.drop_constraint.name), NAME_OF(op->of.drop_constraint.table));
        break;
    case WEFTI_OP_DROP_VIEW: say(text, size, "drop view " NAME, NAME_OF(op->of.drop_view.view)); break;
    case WEFTI_OP_COMMENT: describe_comment(&op->of.comment, text, size); break;
    case WEFTI_OP_STORE: describe_storing(&op->of.store, text, size); break;
    case WEFTI_OP_INSERT:
        say(text, size, "insert %zu rows into " NAME,
            op->of.insert.column_count > 0 ? op->of.insert.value_count / op->of.insert.column_count : 0,
            NAME_OF(op->of.insert.table));
        break;
    case WEFTI_OP_EXECUTE: say(text, size, "execute %s", or_none(op->of.execute.sql)); break;
    case WEFTI_OP_CREATE_SCHEMA:
    case WEFTI_OP_DROP_SCHEMA:
    case WEFTI_OP_CREATE_ENUM:
    case WEFTI_OP_ADD_ENUM_VALUE:
    case WEFTI_OP_RENAME_ENUM_VALUE:
    case WEFTI_OP_RENAME_ENUM:
    case WEFTI_OP_DROP_ENUM:
    case WEFTI_OP_CREATE_SEQUENCE:
    case WEFTI_OP_ALTER_SEQUENCE:
    case WEFTI_OP_OWN_SEQUENCE:
    case WEFTI_OP_PASS_ROWS:
    case WEFTI_OP_DROP_SEQUENCE:
    case WEFTI_OP_COUNT_: describe_type(op, text, size); break;
    }
}

void weft_ops_describe(const weft_ops *ops, size_t index, char *text, size_t size)
{
    if (size == 0)
        return;
    text[0] = '\0';
    if (index < ops->list.count)
        describe(&ops->list.items[index], text, size);
    text[wefti_utf8_cut(text, strlen(text), size - 1)] = '\0';
}

bool weft_ops_is_destructive(const weft_ops *ops, size_t index)
{
    if (index >= ops->list.count)
        return false;
    const wefti_op *op = &ops->list.items[index];
    return op->destructive || op->kind == WEFTI_OP_DROP_TABLE;
}

const char *weft_ops_rebuilt(const weft_ops *ops, size_t index)
{
    const bool rebuilds = index < ops->list.count && ops->list.items[index].kind == WEFTI_OP_REBUILD_TABLE;
    return rebuilds ? ops->list.items[index].of.rebuild_table.table->name : NULL;
}
