/* SQLite: a transaction that is begun for writing is the only one, so that nothing else is needed to migrate alone. Its tables are
 * built anew where ALTER TABLE does not suffice. */
#include "migrate/file.h"

#include "base/error.h"
#include "base/locale.h"
#include "schema/naming.h"
#include "schema/operation.h"

#include <string.h>

static const char *const no_settings[] = {NULL}, *const nobody[] = {NULL};

static weft_status look_again(weft_connection *connection, wefti_arena *arena, const char *sql, bool begun, wefti_again *again,
                              weft_error *error)
{
    (void)connection;
    (void)arena;
    (void)sql;
    (void)begun;
    (void)error;
    *again = WEFTI_AGAIN_RUN;
    return WEFT_OK;
}

/* ---- CREATE TABLE ---- */

static wefti_sql_token next(const char **begin, const char **end)
{
    wefti_sql_token kind;
    do {
        *begin = *end;
        kind = wefti_sql_next(&wefti_sql_rules_sqlite, end);
    } while (kind == WEFTI_SQL_SPACE);
    return kind;
}

static bool is(const char *begin, const char *end, const char *word)
{
    return (size_t)(end - begin) == strlen(word) && wefti_ascii_begins(begin, word);
}

static bool cut_table(wefti_arena *arena, const char *sql, wefti_table_text *text)
{
    static const char *const optional[] = {"IF", "NOT", "EXISTS", NULL};
    const char *begin, *end = sql;
    *text = (wefti_table_text){0};
    if (next(&begin, &end) != WEFTI_SQL_NAME || !is(begin, end, "CREATE") || next(&begin, &end) != WEFTI_SQL_NAME ||
        !is(begin, end, "TABLE"))
        return false;
    wefti_sql_token kind = next(&begin, &end);
    for (const char *const *word = optional; *word != NULL && is(begin, end, *word); word++)
        kind = next(&begin, &end);
    const char *name = begin, *behind = end;
    if (kind == WEFTI_SQL_NAME && is(begin, end, "main") && *end == '.') {
        (void)next(&begin, &end);
        kind = next(&name, &end);
        behind = end;
    }
    if ((kind != WEFTI_SQL_NAME && kind != WEFTI_SQL_STRING) || next(&begin, &end) != WEFTI_SQL_OTHER || *begin != '(')
        return false;
    text->table = wefti_arena_alloc(arena, (size_t)(behind - name) + 1);
    text->columns = begin;
    if (text->table == NULL)
        return false;
    wefti_sql_unquote(name, behind, text->table);
    return true;
}

/* ---- building anew ---- */

/* Of the new table ($1): which columns there are, and which of them the old one ($2) has values for. */
static const char columns_sql[] =
    "SELECT n.name, n.hidden = 0 AND EXISTS (SELECT 1 FROM pragma_table_xinfo($2) AS o WHERE o.name = n.name COLLATE NOCASE AND "
    "o.hidden <> 1) FROM pragma_table_xinfo($1) AS n WHERE n.hidden <> 1 ORDER BY n.cid";

/* Which of them have numbers of rows that no column is and none hides. */
static const char numbers_sql[] =
    "SELECT t.name, 0 FROM pragma_table_list AS t WHERE t.schema = 'main' AND t.name COLLATE NOCASE IN ($1, $2) AND NOT t.wr "
    "AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(t.name) AS c WHERE c.name = 'rowid' COLLATE NOCASE) "
    "AND (NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(t.name) AS c WHERE c.pk > 0) "
    "OR EXISTS (SELECT 1 FROM pragma_index_list(t.name) AS i WHERE i.origin = 'pk'))";

/* Which become numbers, by the words that weft and others declare them by, and of those which become whole ones. */
#define KIND(of) \
    "CASE WHEN upper(" of ".type) IN ('INTEGER', 'INT', 'BIGINT', 'SMALLINT') THEN 2 WHEN upper(" of \
    ".type) IN ('REAL', 'DOUBLE', 'DOUBLE PRECISION', 'FLOAT') THEN 1 ELSE 0 END"
#define IS KIND("n")
#define WAS KIND("o")
static const char becoming_sql[] =
    "SELECT n.name, " IS " = 2 FROM pragma_table_xinfo($1) AS n JOIN pragma_table_xinfo($2) AS o ON o.name = n.name COLLATE NOCASE "
    "WHERE n.hidden = 0 AND o.hidden <> 1 AND " IS " <> " WAS " AND (" IS " = 2 OR " WAS " = 0) ORDER BY n.cid";

static const char kept_sql[] = "SELECT sql, 0 FROM main.sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND "
                               "tbl_name = $1 COLLATE NOCASE ORDER BY type, rowid";

static const char table_sql[] = "SELECT name, 0 FROM main.sqlite_schema WHERE type = 'table' AND name = $1 COLLATE NOCASE";

/* The first column of a query's rows: all, and those whose second says so. */
typedef struct rows {
    wefti_name_list all, marked;
} rows;

static weft_status read_rows(weft_connection *connection, wefti_arena *arena, const char *sql, const weft_values *parameters,
                             rows *read, weft_error *error)
{
    weft_result *result;
    *read = (rows){0};
    weft_status status = weft_connection_query(connection, sql, parameters, &result, error);
    if (status != WEFT_OK)
        return status;
    while (status == WEFT_OK && weft_result_next(result, error)) {
        int64_t mark = 0;
        const char *text = wefti_arena_strdup(arena, weft_result_text(result, 0));
        (void)weft_result_int64(result, 1, &mark);
        if (text == NULL || !wefti_name_list_add(arena, &read->all, text) ||
            (mark != 0 && !wefti_name_list_add(arena, &read->marked, text)))
            status = wefti_error_memory(error);
    }
    weft_result_close(result);
    return status;
}

/* The new table, empty, says by itself what columns it has. */
static weft_status try_table(weft_connection *connection, wefti_arena *arena, const wefti_table_text *text, rows *columns,
                             rows *numbers, rows *becoming, weft_error *error)
{
    const char *beside = wefti_ddl_rebuilt_name(arena, text->table);
    wefti_text sql;
    wefti_text_init(&sql, 0);
    wefti_text_add(&sql, "CREATE TABLE ");
    wefti_add_identifier(&sql, beside != NULL ? beside : "");
    wefti_text_add_format(&sql, " %s", text->columns);
    weft_status status =
        beside == NULL || sql.failed ? wefti_error_memory(error) : weft_execute_text(connection, sql.data, NULL, error);
    const weft_values *const both = weft_parameters(weft_value_text(beside != NULL ? beside : ""), weft_value_text(text->table));
    if (status == WEFT_OK)
        status = read_rows(connection, arena, columns_sql, both, columns, error);
    if (status == WEFT_OK)
        status = read_rows(connection, arena, numbers_sql, both, numbers, error);
    if (status == WEFT_OK)
        status = read_rows(connection, arena, becoming_sql, both, becoming, error);
    wefti_text_clear(&sql);
    wefti_text_add(&sql, "DROP TABLE ");
    wefti_add_identifier(&sql, beside != NULL ? beside : "");
    if (status == WEFT_OK)
        status = sql.failed ? wefti_error_memory(error) : weft_execute_text(connection, sql.data, NULL, error);
    wefti_text_deinit(&sql);
    return status;
}

static bool counts(const char *columns)
{
    const char *begin, *end = columns;
    for (wefti_sql_token kind = next(&begin, &end); kind != WEFTI_SQL_END; kind = next(&begin, &end))
        if (kind == WEFTI_SQL_NAME && is(begin, end, "AUTOINCREMENT"))
            return true;
    return false;
}

static weft_status rebuild(weft_connection *connection, wefti_arena *arena, const wefti_table_text *text, wefti_op *op,
                           weft_error *error)
{
    rows there, kept, columns = {0}, numbers = {0}, becoming = {0};
    const weft_values *const table = weft_parameters(weft_value_text(text->table));
    weft_status status = read_rows(connection, arena, table_sql, table, &there, error);
    if (status == WEFT_OK && there.all.count == 0)
        status = wefti_error_set(error, WEFT_ERROR_NO_TABLE, "there is no table \"%s\" to build anew", text->table);
    if (status == WEFT_OK)
        status = read_rows(connection, arena, kept_sql, table, &kept, error);
    if (status == WEFT_OK)
        status = try_table(connection, arena, text, &columns, &numbers, &becoming, error);
    if (status != WEFT_OK)
        return status;
    weft_schema_table *made = wefti_arena_zalloc(arena, sizeof *made);
    weft_schema_column *first = wefti_arena_zalloc(arena, sizeof *first); /* by which views and triggers are looked at */
    if (made == NULL || first == NULL || (counts(text->columns) && !wefti_name_list_add(arena, &kept.all, "AUTOINCREMENT")))
        return wefti_error_memory(error);
    first->name = columns.all.items[0];
    *made = (weft_schema_table){
        .kind = WEFT_RELATION_TABLE, .name = text->table, .columns = first, .column_count = 1, .kept = kept.all.items};
    *op = (wefti_op){WEFTI_OP_REBUILD_TABLE,
                     .of.rebuild_table = {made, columns.marked.count > 0 ? columns.marked.items : nobody, numbers.all.count == 2, 0,
                                          text->columns, becoming.all.items, becoming.marked.items}};
    return WEFT_OK;
}

const wefti_migrate_dialect wefti_migrate_sqlite = {
    .name = "sqlite",
    .cut = &wefti_split_sqlite,
    .exists_sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND '\"' || replace(name, '\"', '\"\"') || '\"' = $1",
    .create_sql =
        "CREATE TABLE IF NOT EXISTS % (revision TEXT NOT NULL PRIMARY KEY, message TEXT NOT NULL, checksum TEXT NOT NULL, "
        "state TEXT NOT NULL, steps INTEGER NOT NULL, begun INTEGER NOT NULL, changed_at TEXT NOT NULL)",
    .now_sql = "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    .script_begin = "BEGIN IMMEDIATE;\n",
    .shell = "sqlite3 -bail FILE <",
    .script_anew_begin = "PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\n"
                         "CREATE TEMP TABLE weft_orphans (before INTEGER, after INTEGER, CHECK (after <= before));\n"
                         "INSERT INTO temp.weft_orphans (before) SELECT count(*) FROM pragma_foreign_key_check;\n",
    .script_anew_end = "UPDATE OR ROLLBACK temp.weft_orphans SET after = (SELECT count(*) FROM pragma_foreign_key_check);\n"
                       "DROP TABLE temp.weft_orphans;\nCOMMIT;\nPRAGMA foreign_keys = ON;\n",
    .replay_url = "sqlite://",
    .settings = no_settings,
    .file_sql = "SELECT file FROM pragma_database_list WHERE name = 'main'",
    .look_again = look_again,
    .cut_table = cut_table,
    .rebuild = rebuild,
};
