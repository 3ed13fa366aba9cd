/* What the database says of its tables, as it is now: columns, indexes and checks, and on PostgreSQL how large they are. */
#include "lint.h"

#include "command.h"

#include <string.h>

/* ---- PostgreSQL ---- */

#define NAMES "CASE WHEN n.nspname = coalesce($1, 'public') THEN '' ELSE n.nspname END, r.relname"
#define OURS "n.nspname !~ '^pg_(toast|temp|catalog)' AND n.nspname <> 'information_schema'"

static const char *const tables_sql =
    "SELECT " NAMES ", r.reltuples::float8, r.relkind = 'p' FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace "
    "WHERE r.relkind IN ('r', 'p') AND " OURS;
static const char *const columns_sql =
    "SELECT " NAMES ", a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_class r "
    "JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 "
    "AND NOT a.attisdropped WHERE r.relkind IN ('r', 'p') AND " OURS " ORDER BY a.attrelid, a.attnum";
/* The columns with a character between that is in no name. */
static const char *const indexes_sql =
    "SELECT " NAMES ", i.relname, x.indisunique, (SELECT string_agg(a.attname, chr(1) ORDER BY k.place) "
    "FROM unnest(x.indkey[0:x.indnkeyatts - 1]) WITH ORDINALITY k (column_number, place) "
    "JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.column_number) "
    "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class r ON r.oid = x.indrelid "
    "JOIN pg_namespace n ON n.oid = r.relnamespace WHERE x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL AND " OURS;
static const char *const checks_sql =
    "SELECT " NAMES ", c.conname, c.convalidated, a.attname, pg_get_constraintdef(c.oid) FROM pg_constraint c "
    "JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = c.conkey[1] WHERE c.contype = 'c' AND " OURS;

static bool flag(const weft_result *row, uint16_t column)
{
    bool value = false;
    (void)weft_result_bool(row, column, &value);
    return value;
}

static const char *text(const weft_result *row, uint16_t column)
{
    const char *value = weft_result_text(row, column);
    return value != NULL ? value : "";
}

static const char *quoted(lint *l, const weft_result *row, uint16_t column) { return lint_quoted(l, text(row, column)); }

/* Of the first two columns. */
static const char *table_name(lint *l, const weft_result *row)
{
    return *text(row, 0) == '\0' ? quoted(l, row, 1) : lint_text(l, "%s.%s", quoted(l, row, 0), quoted(l, row, 1));
}

static void take_table(lint *l, const weft_result *row)
{
    lint_table *table = lint_table_add(l, table_name(l, row));
    table->partitioned = flag(row, 3);
    if (!table->partitioned)
        (void)weft_result_double(row, 2, &table->rows);
}

static void take_column(lint *l, const weft_result *row)
{
    lint_table *table = lint_table_of(l, table_name(l, row));
    if (table == NULL)
        return;
    lint_column *column = lint_column_add(table, quoted(l, row, 2));
    column->type = lint_type_parse(l, text(row, 3));
    column->not_null = flag(row, 4);
}

static void take_index(lint *l, const weft_result *row)
{
    const char *columns = ",";
    for (const char *at = text(row, 4); *at != '\0';) {
        const size_t size = strcspn(at, "\001");
        columns = lint_text(l, "%s%s,", columns, lint_quoted(l, lint_text(l, "%.*s", (int)size, at)));
        at += size + (at[size] != '\0');
    }
    lint_object_add(l, (lint_object){.kind = flag(row, 3) ? LINT_UNIQUE : LINT_INDEX,
                                     .table = table_name(l, row),
                                     .name = quoted(l, row, 2),
                                     .valid = true,
                                     .columns = columns});
}

static void take_check(lint *l, const weft_result *row)
{
    const char *trouble = NULL;
    json_t *tree = lint_parse(l, lint_text(l, "ALTER TABLE t ADD %s", text(row, 5)), &trouble);
    const json_t *cmd = json_array_get(json_object_get(json_object_get(tree, "AlterTableStmt"), "cmds"), 0);
    const json_t *made = json_object_get(json_object_get(json_object_get(cmd, "AlterTableCmd"), "def"), "Constraint");
    const char *column = lint_not_null_column(l, json_object_get(made, "raw_expr"));
    lint_object_add(l, (lint_object){.kind = LINT_CHECK,
                                     .table = table_name(l, row),
                                     .name = quoted(l, row, 2),
                                     .constraint = true,
                                     .valid = flag(row, 3),
                                     .columns = column,
                                     .not_null = *column != '\0'});
    json_decref(tree);
}

static weft_status ask_postgres(lint *l, weft_engine *engine, const char *schema, weft_error *error)
{
    static const struct {
        const char *const *sql;
        void (*take)(lint *l, const weft_result *row);
    } questions[] = {{&tables_sql, take_table}, {&columns_sql, take_column}, {&indexes_sql, take_index}, {&checks_sql, take_check}};
    weft_connection *connection = NULL;
    weft_status status = weft_engine_connect(engine, &connection, &(weft_connection_options){.autocommit = true}, error);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0] && status == WEFT_OK; i++) {
        weft_result *result = NULL;
        status = weft_connection_query(connection, *questions[i].sql, weft_parameters(weft_value_text(schema)), &result, error);
        while (status == WEFT_OK && weft_result_next(result, error))
            questions[i].take(l, result);
        weft_result_close(result);
    }
    weft_connection_close(connection);
    return status;
}

/* ---- SQLite ---- */

static void take_schema_table(lint *l, const weft_schema_table *from)
{
    lint_table *table = lint_table_add(l, lint_lower(l, from->name));
    for (size_t i = 0; i < from->column_count; i++)
        lint_column_add(table, lint_lower(l, from->columns[i].name))->not_null = !from->columns[i].nullable;
    for (size_t i = 0; i < from->constraint_count; i++) {
        const weft_schema_constraint *c = &from->constraints[i];
        if (c->kind == WEFT_CONSTRAINT_CHECK) /* of which columns its text is, is not looked at */
            continue;
        for (const char *const *name = c->columns; name != NULL && *name != NULL; name++) {
            lint_column *column = lint_column_of(table, lint_lower(l, *name));
            if (column != NULL)
                column->unique |= c->kind != WEFT_CONSTRAINT_FOREIGN_KEY || c->columns[1] != NULL;
        }
    }
    for (size_t i = 0; i < from->index_count; i++) {
        const weft_schema_index *index = &from->indexes[i];
        const char *columns = ",";
        for (size_t k = 0; k < index->part_count; k++)
            if (index->parts[k].column != NULL)
                columns = lint_text(l, "%s%s,", columns, lint_lower(l, index->parts[k].column));
        lint_object_add(l, (lint_object){.kind = index->unique ? LINT_UNIQUE : LINT_INDEX,
                                         .table = lint_lower(l, from->name),
                                         .name = lint_lower(l, index->name),
                                         .valid = true,
                                         .columns = columns});
    }
}

static weft_status ask_sqlite(lint *l, weft_engine *engine, weft_error *error)
{
    weft_schema *schema = NULL;
    size_t count = 0;
    weft_status status = weft_reflect(&schema, engine, &(weft_reflect_options){.no_views = true}, error);
    const weft_schema_table *tables = status == WEFT_OK ? weft_schema_tables(schema, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        take_schema_table(l, &tables[i]);
    weft_schema_free(schema);
    return status;
}

weft_status lint_ask(lint *l, weft_engine *engine, const char *schema, weft_error *error)
{
    return l->sqlite ? ask_sqlite(l, engine, error) : ask_postgres(l, engine, schema, error);
}
