/* The SQLite driver's table. */
#include "driver/sqlite/sqlite.h"

#include <stdio.h>

static void forget(wefti_dbc *dbc, uint64_t statement_id)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    wefti_prepared_entry *entry = wefti_prepared_find(&c->prepared, statement_id);
    if (entry != NULL && !entry->busy)
        (void)wefti_prepared_remove(&c->prepared, statement_id);
}

static size_t parameter_limit(wefti_dbc *dbc)
{
    int limit = sqlite3_limit(((wefti_sqlite_dbc *)dbc)->db, SQLITE_LIMIT_VARIABLE_NUMBER, -1);
    return limit < WEFTI_MAX_PARAMETERS ? (size_t)limit : WEFTI_MAX_PARAMETERS;
}

static const wefti_sql_rules *sql_rules(wefti_dbc *dbc)
{
    (void)dbc;
    return &wefti_sql_rules_sqlite;
}

static weft_status target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error)
{
    weft_status status = wefti_sqlite_target_new(url, options, target, error);
    target->driver = &wefti_sqlite_driver;
    return status;
}

static void begin_sql(const wefti_begin *begin, bool writes, char sql[128])
{
    (void)snprintf(sql, 128, "%s", writes && !begin->read_only ? "BEGIN IMMEDIATE" : "BEGIN");
}

static const wefti_spoken spoken = {
    .cut = &wefti_split_sqlite,
    .text_forms = true,
    .reads_unbegun = true,
    .most_parameters = 32766,
    .begin_sql = begin_sql,
    .type_declared = wefti_sqlite_declared_type,
    .only_read = "PRAGMA query_only=1",
    .read_write = "PRAGMA query_only=0",
    .no_writes = "PRAGMA query_only=1",
    .writes = "PRAGMA query_only=0",
    .plain = wefti_sqlite_plain,
};

static const char *const schemes[] = {"sqlite", "sqlite3", NULL};

const wefti_driver wefti_sqlite_driver = {
    .name = "sqlite",
    .dialect = "sqlite",
    .spoken = &spoken,
    .schemes = schemes,
    .example = "sqlite:///file.db",
    .state_sql = "SELECT count(*) FROM sqlite_schema UNION ALL SELECT 0",
    .one_cursor = false,
    .in_process = true,
    .target_new = target_new,
    .target_free = wefti_sqlite_target_free,
    .open = wefti_sqlite_open,
    .close = wefti_sqlite_close,
    .state = wefti_sqlite_state,
    .alive = wefti_sqlite_alive,
    .ping = wefti_sqlite_ping,
    .reset = wefti_sqlite_reset,
    .recover = wefti_sqlite_recover,
    .begin = wefti_sqlite_begin,
    .commit = wefti_sqlite_commit,
    .rollback = wefti_sqlite_rollback,
    .settle = wefti_sqlite_settle,
    .allow_writes = wefti_sqlite_allow_writes,
    .execute = wefti_sqlite_execute,
    .step = wefti_sqlite_step,
    .step_into = wefti_sqlite_step_into,
    .fetch = wefti_sqlite_fetch,
    .column_name = wefti_sqlite_column_name,
    .column_type = wefti_sqlite_column_type,
    .finish = wefti_sqlite_finish,
    .execute_many = wefti_sqlite_execute_many,
    .execute_script = wefti_sqlite_execute_script,
    .copy_in = NULL,
    .told_key = wefti_sqlite_told_key,
    .counts_rows = wefti_sqlite_counts_rows,
    .counts_keys = wefti_sqlite_counts_keys,
    .forget = forget,
    .sql_rules = sql_rules,
    .tend = wefti_sqlite_tend,
    .parameter_limit = parameter_limit,
};
