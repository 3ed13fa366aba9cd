/* The PostgreSQL driver's table. */
#include "driver/postgres/postgres.h"

#include <string.h>

static size_t parameter_limit(wefti_dbc *dbc)
{
    (void)dbc;
    return WEFTI_MAX_PARAMETERS;
}

/* The server reports the setting whenever it changes. */
static bool backslashes(wefti_dbc *dbc)
{
    const char *standard = PQparameterStatus(((wefti_postgres_dbc *)dbc)->pg, "standard_conforming_strings");
    return standard != NULL && strcmp(standard, "off") == 0;
}

static weft_status target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error)
{
    weft_status status = wefti_postgres_target_new(url, options, target, error);
    target->driver = &wefti_postgres_driver;
    return status;
}

static void begin_sql(const wefti_begin *begin, bool writes, char sql[128])
{
    (void)writes;
    wefti_postgres_begin_sql(begin, sql);
}

static const wefti_spoken spoken = {
    .cut = &wefti_split_postgres,
    .errors_fail = true,
    .scripts_set = true,
    .most_parameters = WEFTI_MAX_PARAMETERS,
    .begin_sql = begin_sql,
    .settle = WEFTI_POSTGRES_SETTLE,
    .settle_all = WEFTI_POSTGRES_SETTLE "; RESET ALL",
    .no_writes = WEFTI_POSTGRES_NO_WRITES,
    .plain = wefti_postgres_plain,
};

static const char *const schemes[] = {"postgresql", "postgres", NULL};

const wefti_driver wefti_postgres_driver = {
    .name = "postgresql",
    .dialect = "postgresql",
    .spoken = &spoken,
    .schemes = schemes,
    .example = "postgresql://user@host/database",
    .means = wefti_postgres_means,
    .one_cursor = true,
    .holds_results = true,
    .reads_alone = true,
    .in_process = false,
    .target_new = target_new,
    .target_free = wefti_postgres_target_free,
    .open = wefti_postgres_open,
    .close = wefti_postgres_close,
    .state = wefti_postgres_state,
    .server_process = wefti_postgres_server_process,
    .alive = wefti_postgres_alive,
    .ping = wefti_postgres_ping,
    .reset = wefti_postgres_reset,
    .recover = wefti_postgres_recover,
    .begin = wefti_postgres_begin,
    .commit = wefti_postgres_commit,
    .rollback = wefti_postgres_rollback,
    .prepare = wefti_postgres_prepare,
    .end_prepared = wefti_postgres_end_prepared,
    .prepared_sql = "SELECT gid AS name, prepared AS since, owner::text AS owner FROM pg_catalog.pg_prepared_xacts WHERE database "
                    "= current_database() "
                    "ORDER BY prepared, gid",
    .settle = wefti_postgres_settle,
    .allow_writes = wefti_postgres_allow_writes,
    .resolve = wefti_postgres_resolve,
    .execute = wefti_postgres_execute,
    .step = wefti_postgres_step,
    .column_name = wefti_postgres_column_name,
    .column_type = wefti_postgres_column_type,
    .finish = wefti_postgres_finish,
    .execute_many = wefti_postgres_execute_many,
    .execute_script = wefti_postgres_execute_script,
    .copy_in = wefti_postgres_copy_in,
    .forget = wefti_postgres_forget,
    .backslashes = backslashes,
    .sql_rules = wefti_postgres_sql_rules,
    .parameter_limit = parameter_limit,
};
