/* What PostgreSQL says of its tables: how large they are, their columns, indexes and checks. */
#include "lint.h"

#include "command.h"

#include <string.h>

#define NAMES \
    "CASE WHEN n.nspname = coalesce($1, 'public') THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(r.relname)"
#define OURS "n.nspname !~ '^pg_(toast|temp|catalog)' AND n.nspname <> 'information_schema'"

/* Names in SQL are as the server quotes them; ours quote some words less and some more, and are compared as they are. */
static const char *const tables_sql =
    "SELECT " NAMES ", r.reltuples::float8, r.relkind = 'p' FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace "
    "WHERE r.relkind IN ('r', 'p') AND " OURS;
static const char *const columns_sql =
    "SELECT " NAMES
    ", a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_class r JOIN pg_namespace n ON n.oid = "
    "r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE r.relkind IN ('r', "
    "'p') AND " OURS " ORDER BY a.attrelid, a.attnum";
static const char *const indexes_sql =
    "SELECT " NAMES
    ", i.relname, x.indisunique, x.indisvalid, (SELECT ',' || string_agg(quote_ident(a.attname), ',' ORDER BY k.place) || ',' "
    "FROM unnest(x.indkey[0:x.indnkeyatts - 1]) WITH ORDINALITY k (column_number, place) JOIN pg_attribute a ON a.attrelid = r.oid "
    "AND a.attnum = k.column_number) "
    "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class r ON r.oid = x.indrelid JOIN pg_namespace n ON n.oid = "
    "r.relnamespace "
    "WHERE x.indpred IS NULL AND x.indexprs IS NULL AND " OURS;
static const char *const checks_sql =
    "SELECT " NAMES
    ", c.conname, c.convalidated, quote_ident(a.attname), pg_get_constraintdef(c.oid) = 'CHECK ((' || quote_ident(a.attname) || "
    "' IS NOT NULL))' || CASE WHEN c.convalidated THEN '' ELSE ' NOT VALID' END FROM pg_constraint c JOIN pg_class r ON r.oid = "
    "c.conrelid "
    "JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = c.conkey[1] WHERE "
    "c.contype = 'c' AND " OURS;

static bool flag(const weft_result *row, uint16_t column)
{
    bool value = false;
    (void)weft_result_bool(row, column, &value);
    return value;
}

static const char *text(lint *l, const weft_result *row, uint16_t column)
{
    const char *value = weft_result_text(row, column);
    return lint_text(l, "%s", value != NULL ? value : "");
}

static void take_table(lint *l, const weft_result *row)
{
    lint_table *table = lint_table_add(l, text(l, row, 0));
    (void)weft_result_double(row, 1, &table->rows);
    table->partitioned = flag(row, 2);
    if (table->partitioned)
        table->rows = -1;
}

static void take_column(lint *l, const weft_result *row)
{
    lint_table *table = lint_table_of(l, text(l, row, 0));
    if (table == NULL)
        return;
    lint_column *column = lint_column_add(table, lint_quoted(l, text(l, row, 1)));
    column->type = lint_type_parse(l, text(l, row, 2));
    column->not_null = flag(row, 3);
}

static void take_index(lint *l, const weft_result *row)
{
    lint_object_add(l, (lint_object){.kind = flag(row, 2) ? LINT_UNIQUE : LINT_INDEX,
                                     .table = text(l, row, 0),
                                     .name = lint_quoted(l, text(l, row, 1)),
                                     .valid = flag(row, 3),
                                     .columns = text(l, row, 4)});
}

static void take_check(lint *l, const weft_result *row)
{
    lint_object_add(l, (lint_object){.kind = LINT_CHECK,
                                     .table = text(l, row, 0),
                                     .name = lint_quoted(l, text(l, row, 1)),
                                     .constraint = true,
                                     .valid = flag(row, 2),
                                     .columns = text(l, row, 3),
                                     .not_null = flag(row, 4)});
}

weft_status lint_ask(lint *l, weft_engine *engine, const char *schema, weft_error *error)
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
