/* SQLite: a transaction that is begun for writing is the only one, so that nothing else is needed to migrate alone. */
#include "migrate/dialect.h"

static const char *const no_settings[] = {NULL};

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

const wefti_migrate_dialect wefti_migrate_sqlite = {
    .name = "sqlite",
    .rules = &wefti_sql_rules_sqlite,
    .triggers = true,
    .exists_sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND '\"' || replace(name, '\"', '\"\"') || '\"' = $1",
    .create_sql =
        "CREATE TABLE IF NOT EXISTS % (revision TEXT NOT NULL PRIMARY KEY, message TEXT NOT NULL, checksum TEXT NOT NULL, "
        "state TEXT NOT NULL, steps INTEGER NOT NULL, begun INTEGER NOT NULL, changed_at TEXT NOT NULL)",
    .now_sql = "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    .script_begin = "BEGIN IMMEDIATE;\n",
    .settings = no_settings,
    .file_sql = "SELECT file FROM pragma_database_list WHERE name = 'main'",
    .look_again = look_again,
};
