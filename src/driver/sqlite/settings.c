/* The settings of a connection: those of the URL, and those that weft's promises rest on. Applied when it is opened, and again
 * when text SQL may have changed them. Switches that have a C call are set by it: no SQL is parsed for them. */
#define _POSIX_C_SOURCE 200809L
#include "driver/sqlite/sqlite.h"

#include <stdio.h>
#include <time.h>

weft_status wefti_sqlite_exec(wefti_sqlite_dbc *c, const char *sql, weft_error *error)
{
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? WEFT_OK : wefti_sqlite_compile_error(c, rc, sql, error);
}

/* Going to WAL needs the file alone for a moment and, in places, answers BUSY without asking the busy handler. */
static weft_status set_journal_mode(wefti_sqlite_dbc *c, weft_error *error)
{
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s", c->config->journal_mode);
    for (int count = 0;; count++) {
        int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            return WEFT_OK;
        if ((rc & 0xff) != SQLITE_BUSY || wefti_sqlite_busy(c, count) == 0)
            return wefti_sqlite_error(c, rc, error);
    }
}

static weft_status set_switches(wefti_sqlite_dbc *c, weft_error *error)
{
    const struct {
        int name;
        int value;
    } switches[] = {
        {SQLITE_DBCONFIG_ENABLE_FKEY, c->config->foreign_keys},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0}, /* a misspelt "column" is an error, not a text */
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
    };
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        int rc = sqlite3_db_config(c->db, switches[i].name, switches[i].value, NULL);
        if (rc != SQLITE_OK)
            return wefti_sqlite_error(c, rc, error);
    }
    /* Its Bloom filters hash a text's length: a join by a collation that equates texts of several lengths (RTRIM, decimals by
     * value) loses rows, silently. Fixed in later releases; the switch is for tests by its name, and has done this since there are
     * filters. */
    const int bloom_filter = 0x00080000;
    if (sqlite3_libversion_number() < 3043000)
        (void)sqlite3_test_control(SQLITE_TESTCTRL_OPTIMIZATIONS, c->db, bloom_filter);
    return WEFT_OK;
}

weft_status wefti_sqlite_apply_settings(wefti_sqlite_dbc *c, weft_error *error)
{
    const wefti_sqlite_config *config = c->config;
    char sql[256];
    int used =
        snprintf(sql, sizeof sql, "PRAGMA synchronous=%s;PRAGMA query_only=0;PRAGMA recursive_triggers=0", config->synchronous);
    if (config->cache_size != 0)
        used += snprintf(sql + used, sizeof sql - (size_t)used, ";PRAGMA cache_size=%lld", (long long)config->cache_size);
    if (config->mmap_size >= 0)
        (void)snprintf(sql + used, sizeof sql - (size_t)used, ";PRAGMA mmap_size=%lld", (long long)config->mmap_size);
    weft_status status = WEFT_OK;
    if (config->journal_mode != NULL && !config->read_only) /* before DEFENSIVE, which refuses journal_mode=off */
        status = set_journal_mode(c, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_exec(c, sql, error);
    if (status == WEFT_OK)
        status = set_switches(c, error);
    return status;
}
