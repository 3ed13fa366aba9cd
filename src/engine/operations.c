/* Lists of operations as programs make them: what is given is copied, the first mistake stays, and statements run as text does. */
#include "base/error.h"
#include "base/locale.h"
#include "base/memory.h"
#include "engine/schemas.h"
#include "schema/naming.h"

#include <string.h>

#include <weft/schema.h>

static weft_ops without_memory = {.error = {.status = WEFT_ERROR_NO_MEMORY, .message = "out of memory"}};

weft_ops *weft_ops_new(void)
{
    weft_ops *ops = wefti_calloc(1, sizeof *ops);
    if (ops == NULL)
        return &without_memory;
    wefti_ops_init(&ops->list);
    return ops;
}

void weft_ops_free(weft_ops *ops)
{
    if (ops == NULL || ops == &without_memory)
        return;
    wefti_ops_deinit(&ops->list);
    wefti_free(ops);
}

size_t weft_ops_count(const weft_ops *ops) { return ops->list.count; }

weft_status weft_ops_status(const weft_ops *ops, weft_error *error)
{
    if (error != NULL)
        *error = ops->error;
    return ops->error.status;
}

/* ---- parts ---- */

static bool works(const weft_ops *ops) { return ops->error.status == WEFT_OK; }

/* One part of a name: as it stands up to a dot, or within double quotes. NULL: it is none. */
static const char *take_part(weft_ops *ops, const char **at)
{
    const char *from = *at;
    char *made = wefti_arena_alloc(&ops->list.arena, strlen(from) + 1), *to = made;
    if (made == NULL) {
        ops->list.failed = true;
        return NULL;
    }
    if (*from == '"') {
        for (from++; *from != '\0' && (*from != '"' || from[1] == '"'); from++) {
            *to++ = *from;
            from += *from == '"';
        }
        if (*from++ != '"')
            return NULL;
    } else {
        while (*from != '\0' && *from != '.' && *from != '"')
            *to++ = *from++;
    }
    *to = '\0';
    *at = from;
    return to == made ? NULL : made;
}

/* "name" or "schema.name"; what it is called in a message. */
static wefti_def_name name(weft_ops *ops, const char *given, const char *what)
{
    const char *at = given != NULL ? given : "";
    wefti_def_name made = {NULL, works(ops) ? take_part(ops, &at) : NULL};
    if (made.name != NULL && *at == '.') {
        made.schema = made.name;
        at++;
        made.name = take_part(ops, &at);
    }
    if ((made.name == NULL || *at != '\0') && works(ops) && !ops->list.failed)
        (void)wefti_error_set(&ops->error, WEFT_ERROR_MISUSE,
                              "\"%s\" names no %s: \"name\" or \"schema.name\", a part with a dot or a quote in double quotes",
                              given != NULL ? given : "", what);
    return made;
}

static bool given(weft_ops *ops, const void *what, const char *call)
{
    if (what == NULL && works(ops))
        (void)wefti_error_set(&ops->error, WEFT_ERROR_MISUSE, "%s: what it is to make is NULL", call);
    return what != NULL && works(ops);
}

/* What has no such form stays as it is. */
static void soften(wefti_op *op)
{
    switch ((int)op->kind) {
    case WEFTI_OP_CREATE_SCHEMA: op->of.create_schema.if_not_exists = true; break;
    case WEFTI_OP_DROP_SCHEMA: op->of.drop_schema.if_exists = true; break;
    case WEFTI_OP_CREATE_TABLE: op->of.create_table.if_not_exists = true; break;
    case WEFTI_OP_DROP_TABLE: op->of.drop_table.if_exists = true; break;
    case WEFTI_OP_ADD_COLUMN: op->of.add_column.if_not_exists = true; break;
    case WEFTI_OP_DROP_COLUMN: op->of.drop_column.if_exists = true; break;
    case WEFTI_OP_CREATE_INDEX: op->of.create_index.if_not_exists = true; break;
    case WEFTI_OP_DROP_INDEX: op->of.drop_index.if_exists = true; break;
    case WEFTI_OP_DROP_CONSTRAINT: op->of.drop_constraint.if_exists = true; break;
    case WEFTI_OP_CREATE_ENUM: op->of.create_enum.if_not_exists = true; break;
    case WEFTI_OP_ADD_ENUM_VALUE: op->of.add_enum_value.if_not_exists = true; break;
    case WEFTI_OP_DROP_ENUM: op->of.drop_enum.if_exists = true; break;
    case WEFTI_OP_CREATE_SEQUENCE: op->of.create_sequence.if_not_exists = true; break;
    case WEFTI_OP_DROP_SEQUENCE: op->of.drop_sequence.if_exists = true; break;
    case WEFTI_OP_CREATE_VIEW:
        op->of.create_view.if_not_exists = op->of.create_view.view->kind == WEFT_RELATION_MATERIALIZED_VIEW;
        break;
    case WEFTI_OP_DROP_VIEW: op->of.drop_view.if_exists = true; break;
    default: break;
    }
}

static void add(weft_ops *ops, wefti_op *op)
{
    if (works(ops) && ops->if_needed)
        soften(op);
    if (works(ops))
        wefti_ops_add_copy(&ops->list, op);
    if (ops->list.failed && works(ops))
        (void)wefti_error_memory(&ops->error);
}
#define ADD(ops, kind, ...) add((ops), &(wefti_op){(kind), __VA_ARGS__})

/* ---- names by a convention ---- */

void weft_ops_if_needed(weft_ops *ops, bool needed)
{
    if (ops != &without_memory)
        ops->if_needed = needed;
}

void weft_ops_name_by(weft_ops *ops, const weft_naming *naming)
{
    if (ops == &without_memory || !works(ops) || wefti_naming_check(naming, &ops->error) != WEFT_OK)
        return;
    ops->naming = naming;
}

static weft_schema_constraint named_constraint(weft_ops *ops, const char *table, const weft_schema_constraint *constraint)
{
    weft_schema_constraint made = *constraint;
    const bool known = constraint->kind >= WEFT_CONSTRAINT_PRIMARY_KEY && constraint->kind <= WEFT_CONSTRAINT_EXCLUDE;
    if (ops->naming == NULL || table == NULL || !known || !works(ops))
        return made;
    const wefti_named what = wefti_named_constraint(table, constraint);
    const bool said = wefti_naming_says(ops->naming, what.kind);
    made.name = said ? wefti_named_by(&ops->list.arena, ops->naming, &what, &ops->error) : made.name;
    return made;
}

static weft_schema_index named_index(weft_ops *ops, const char *table, const weft_schema_index *index)
{
    weft_schema_index made = *index;
    const char **columns = wefti_arena_zalloc(&ops->list.arena, (index->part_count + 1) * sizeof *columns);
    if (ops->naming == NULL || table == NULL || !works(ops) || columns == NULL)
        return made;
    size_t count = 0;
    for (size_t i = 0; i < index->part_count; i++)
        if (index->parts[i].column != NULL)
            columns[count++] = index->parts[i].column;
    if (index->name == NULL && count < index->part_count)
        return made; /* of an expression nobody knows one */
    const wefti_named what = {.kind = index->unique ? WEFTI_NAMED_UNIQUE : WEFTI_NAMED_INDEX,
                              .table = table,
                              .given = index->name,
                              .columns = columns};
    made.name = wefti_named_by(&ops->list.arena, ops->naming, &what, &ops->error);
    return made;
}

/* The table with names for its constraints, which lives as long as the list; itself where that is all the same. */
static const weft_schema_table *named_table(weft_ops *ops, const weft_schema_table *table)
{
    if (ops->naming == NULL)
        return table;
    weft_schema_table *made = wefti_arena_memdup(&ops->list.arena, table, sizeof *made);
    weft_schema_constraint *constraints = wefti_arena_zalloc(&ops->list.arena, (table->constraint_count + 1) * sizeof *constraints);
    if (made == NULL || constraints == NULL) {
        ops->list.failed = true;
        return table;
    }
    for (size_t i = 0; i < table->constraint_count; i++)
        constraints[i] = named_constraint(ops, table->name, &table->constraints[i]);
    made->constraints = constraints;
    return made;
}

static void add_index(weft_ops *ops, const wefti_def_name table, const weft_schema_index *index)
{
    const weft_schema_index made = named_index(ops, table.name, index);
    ADD(ops, WEFTI_OP_CREATE_INDEX, .of.create_index = {table, &made, false});
}

/* ---- tables ---- */

void weft_ops_create_table(weft_ops *ops, const weft_schema_table *table)
{
    if (!given(ops, table, "weft_ops_create_table"))
        return;
    ADD(ops, WEFTI_OP_CREATE_TABLE, .of.create_table = {named_table(ops, table), false});
    for (size_t i = 0; i < table->index_count; i++)
        add_index(ops, wefti_def_name_of(table), &table->indexes[i]);
}

void weft_ops_create_view(weft_ops *ops, const weft_schema_table *view)
{
    if (!given(ops, view, "weft_ops_create_view"))
        return;
    ADD(ops, WEFTI_OP_CREATE_VIEW, .of.create_view = {.view = view});
    for (size_t i = 0; i < view->index_count; i++)
        add_index(ops, wefti_def_name_of(view), &view->indexes[i]);
}

void weft_ops_drop_view(weft_ops *ops, const char *view, bool materialized)
{
    ADD(ops, WEFTI_OP_DROP_VIEW, .of.drop_view = {.view = name(ops, view, "view"), .materialized = materialized});
}

void weft_ops_drop_table(weft_ops *ops, const char *table)
{
    ADD(ops, WEFTI_OP_DROP_TABLE, .of.drop_table = {name(ops, table, "table"), false, false});
}

void weft_ops_rename_table(weft_ops *ops, const char *table, const char *to)
{
    ADD(ops, WEFTI_OP_RENAME_TABLE, .of.rename_table = {name(ops, table, "table"), to});
}

void weft_ops_add_column(weft_ops *ops, const char *table, const weft_schema_column *column)
{
    if (!given(ops, column, "weft_ops_add_column"))
        return;
    ADD(ops, WEFTI_OP_ADD_COLUMN, .of.add_column = {name(ops, table, "table"), column, false});
}

void weft_ops_drop_column(weft_ops *ops, const char *table, const char *column)
{
    ADD(ops, WEFTI_OP_DROP_COLUMN, .destructive = true, .of.drop_column = {name(ops, table, "table"), column, false, false});
}

void weft_ops_rename_column(weft_ops *ops, const char *table, const char *column, const char *to)
{
    ADD(ops, WEFTI_OP_RENAME_COLUMN, .of.rename_column = {name(ops, table, "table"), column, to});
}

void weft_ops_change_column(weft_ops *ops, const char *table, const char *column, const weft_ops_alteration *alteration)
{
    if (!given(ops, alteration, "weft_ops_alter_column"))
        return;
    const weft_counting *counting = alteration->counting;
    ADD(ops, WEFTI_OP_ALTER_COLUMN,
        .of.alter_column = {.table = name(ops, table, "table"),
                            .column = column,
                            .type = alteration->type,
                            .using_ = alteration->using_,
                            .set_not_null = alteration->set_not_null,
                            .drop_not_null = alteration->drop_not_null,
                            .drop_default = alteration->drop_default,
                            .set_default = alteration->set_default,
                            .drop_expression = alteration->drop_expression,
                            .add_identity = alteration->add_identity,
                            .drop_identity = alteration->drop_identity,
                            .set_identity = !alteration->add_identity && (alteration->set_always || alteration->set_by_default),
                            .always = alteration->set_always,
                            .set_counting = !alteration->add_identity && counting != NULL,
                            .counting = counting != NULL ? *counting : (weft_counting){0}});
}

void weft_ops_rebuild_table(weft_ops *ops, const weft_schema_table *table, const char *const *columns)
{
    static const char *const none[] = {NULL};
    if (!given(ops, table, "weft_ops_rebuild_table"))
        return;
    bool rowids = !table->without_rowid;
    for (size_t i = 0; i < table->column_count; i++) /* the row's number is a column, or a column has its name */
        if (table->columns[i].identity || (table->columns[i].name != NULL && wefti_ascii_equal(table->columns[i].name, "rowid")))
            rowids = false;
    ADD(ops, WEFTI_OP_REBUILD_TABLE, .of.rebuild_table = {table, columns != NULL ? columns : none, rowids, 0, NULL, NULL, NULL});
}

/* ---- indexes and constraints ---- */

void weft_ops_create_index(weft_ops *ops, const char *table, const weft_schema_index *index)
{
    if (!given(ops, index, "weft_ops_create_index"))
        return;
    add_index(ops, name(ops, table, "table"), index);
}

void weft_ops_drop_index(weft_ops *ops, const char *index, bool concurrently)
{
    ADD(ops, WEFTI_OP_DROP_INDEX, .of.drop_index = {name(ops, index, "index"), false, concurrently});
}

void weft_ops_add_constraint(weft_ops *ops, const char *table, const weft_schema_constraint *constraint)
{
    if (!given(ops, constraint, "weft_ops_add_constraint"))
        return;
    const wefti_def_name of = name(ops, table, "table");
    const weft_schema_constraint made = named_constraint(ops, of.name, constraint);
    ADD(ops, WEFTI_OP_ADD_CONSTRAINT, .of.add_constraint = {of, &made});
}

void weft_ops_validate_constraint(weft_ops *ops, const char *table, const char *constraint)
{
    ADD(ops, WEFTI_OP_VALIDATE_CONSTRAINT, .of.validate_constraint = {name(ops, table, "table"), constraint});
}

void weft_ops_drop_constraint(weft_ops *ops, const char *table, const char *constraint)
{
    ADD(ops, WEFTI_OP_DROP_CONSTRAINT, .of.drop_constraint = {name(ops, table, "table"), constraint, false});
}

/* ---- types, sequences, schemas ---- */

void weft_ops_create_enum(weft_ops *ops, const char *type, const char *const *values)
{
    if (!given(ops, values, "weft_ops_create_enum"))
        return;
    const wefti_def_name full = name(ops, type, "type");
    ADD(ops, WEFTI_OP_CREATE_ENUM, .of.create_enum = {&(weft_schema_enum){full.schema, full.name, values}, false});
}

void weft_ops_add_enum_value(weft_ops *ops, const char *type, const char *value, const char *before)
{
    ADD(ops, WEFTI_OP_ADD_ENUM_VALUE, .of.add_enum_value = {name(ops, type, "type"), value, before, false});
}

void weft_ops_rename_enum_value(weft_ops *ops, const char *type, const char *value, const char *to)
{
    ADD(ops, WEFTI_OP_RENAME_ENUM_VALUE, .of.rename_enum_value = {name(ops, type, "type"), value, to});
}

void weft_ops_drop_enum(weft_ops *ops, const char *type)
{
    ADD(ops, WEFTI_OP_DROP_ENUM, .of.drop_enum = {name(ops, type, "type"), false});
}

void weft_ops_create_sequence(weft_ops *ops, const weft_schema_sequence *sequence)
{
    if (!given(ops, sequence, "weft_ops_create_sequence"))
        return;
    ADD(ops, WEFTI_OP_CREATE_SEQUENCE, .of.create_sequence = {sequence, false});
}

void weft_ops_alter_sequence(weft_ops *ops, const weft_schema_sequence *sequence)
{
    if (!given(ops, sequence, "weft_ops_alter_sequence"))
        return;
    ADD(ops, WEFTI_OP_ALTER_SEQUENCE, .of.alter_sequence = {sequence, true, true});
    if (sequence->table != NULL && sequence->column != NULL)
        ADD(ops, WEFTI_OP_PASS_ROWS,
            .of.pass_rows = {{sequence->schema, sequence->name}, {sequence->schema, sequence->table}, sequence->column, 0});
}

void weft_ops_drop_sequence(weft_ops *ops, const char *sequence)
{
    ADD(ops, WEFTI_OP_DROP_SEQUENCE, .of.drop_sequence = {name(ops, sequence, "sequence"), false});
}

void weft_ops_create_schema(weft_ops *ops, const char *schema)
{
    ADD(ops, WEFTI_OP_CREATE_SCHEMA, .of.create_schema = {schema, false});
}

void weft_ops_drop_schema(weft_ops *ops, const char *schema, bool cascade)
{
    ADD(ops, WEFTI_OP_DROP_SCHEMA, .of.drop_schema = {schema, false, cascade});
}

void weft_ops_comment(weft_ops *ops, const char *table, const char *column, const char *comment)
{
    ADD(ops, WEFTI_OP_COMMENT, .of.comment = {.table = name(ops, table, "table"), .column = column, .comment = comment});
}

void weft_ops_comment_constraint(weft_ops *ops, const char *table, const char *constraint, const char *comment)
{
    if (given(ops, constraint, "weft_ops_comment_constraint"))
        ADD(ops, WEFTI_OP_COMMENT,
            .of.comment = {.table = name(ops, table, "table"), .constraint = constraint, .comment = comment});
}

void weft_ops_comment_index(weft_ops *ops, const char *index, const char *comment)
{
    ADD(ops, WEFTI_OP_COMMENT, .of.comment = {.table = name(ops, index, "index"), .index = true, .comment = comment});
}

static void store(weft_ops *ops, wefti_def_name what, bool index, const weft_ops_storing *storing, const char *call)
{
    if (given(ops, storing, call))
        ADD(ops, WEFTI_OP_STORE,
            .of.store = {.what = what,
                         .index = index,
                         .logged = storing->logged,
                         .unlogged = storing->unlogged,
                         .storage = storing->storage,
                         .reset = storing->reset,
                         .tablespace = storing->tablespace});
}

void weft_ops_store_table(weft_ops *ops, const char *table, const weft_ops_storing *storing)
{
    store(ops, name(ops, table, "table"), false, storing, "weft_ops_store_table");
}

void weft_ops_store_index(weft_ops *ops, const char *index, const weft_ops_storing *storing)
{
    store(ops, name(ops, index, "index"), true, storing, "weft_ops_store_index");
}

void weft_ops_insert(weft_ops *ops, const weft_schema_table *table, const weft_values *values)
{
    if (!given(ops, table, "weft_ops_insert") || !given(ops, values, "weft_ops_insert"))
        return;
    if (table->name == NULL || table->column_count == 0 || values->count % table->column_count != 0 ||
        (values->count > 0 && values->items == NULL)) {
        (void)wefti_error_set(&ops->error, WEFT_ERROR_MISUSE, "weft_ops_insert: %zu values for %zu columns of \"%s\" make no rows",
                              values->count, table->column_count, table->name != NULL ? table->name : "");
        return;
    }
    for (size_t i = 0; i < values->count; i++)
        if ((unsigned)values->items[i].type == WEFTI_NAME) {
            (void)wefti_error_set(&ops->error, WEFT_ERROR_MISUSE,
                                  "weft_ops_insert: the values of \"%s\" stand in the order of its columns and have no names",
                                  table->name);
            return;
        }
    ADD(ops, WEFTI_OP_INSERT,
        .of.insert = {wefti_def_name_of(table), table->columns, table->column_count, values->items, values->count});
}

const char *weft_ops_tag(const weft_ops *ops) { return ops->tag; }

void weft_ops_execute(weft_ops *ops, const char *driver, const char *sql)
{
    const wefti_dialect *dialect = driver != NULL && works(ops) ? wefti_engine_dialect(driver, &ops->error) : NULL;
    const char *database = dialect != NULL ? wefti_ddl_database(wefti_dialect_ddl(dialect)) : NULL; /* static */
    if (given(ops, sql, "weft_ops_execute"))
        ADD(ops, WEFTI_OP_EXECUTE, .of.execute = {database, sql});
}

/* ---- use ---- */

weft_status weft_ops_script(const weft_ops *ops, const char *driver, char **script, weft_error *error)
{
    weft_error local;
    if (error == NULL)
        error = &local;
    if (script == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_ops_script: the pointer to the script is NULL");
    *script = NULL;
    if (!works(ops))
        return weft_ops_status(ops, error);
    wefti_error_clear(error);
    const wefti_dialect *dialect = wefti_engine_dialect(driver, error);
    if (dialect == NULL)
        return error->status;
    wefti_text made;
    wefti_text_init(&made, 0);
    wefti_text_add(&made, "");
    weft_status status = wefti_ops_render(wefti_dialect_ddl(dialect), &ops->list, wefti_script_append, &made, error);
    if (status == WEFT_OK && (*script = wefti_text_take(&made, NULL)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&made);
    return status;
}
