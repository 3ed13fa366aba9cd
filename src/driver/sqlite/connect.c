/* Opening, closing and looking after a connection.
 *
 * The busy handler is set before anything touches the file, and connections to one file are opened one at a time. A connection that
 * another process opened is forgotten without a call to SQLite: its lock table was copied by fork and no longer tells the truth. */
#define _GNU_SOURCE 1
#include "driver/sqlite/sqlite.h"

#include "base/atomic.h"
#include "base/paths.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define PROGRESS_STEPS 1000 /* of SQLite's virtual machine between looks at the clock: some 20 us */

/* ThreadSanitizer of gcc 12 and clang 14 sees the unlocking of a mutex, and not pthread_mutex_clocklock. */
#ifdef WEFTI_TSAN
void __tsan_mutex_pre_lock(void *mutex, unsigned flags);
void __tsan_mutex_post_lock(void *mutex, unsigned flags, int recursion);
static void tell_sanitizer(void *mutex)
{
    __tsan_mutex_pre_lock(mutex, 0);
    __tsan_mutex_post_lock(mutex, 0, 0);
}
#else
static void tell_sanitizer(void *mutex) { (void)mutex; }
#endif

static weft_status lock_opening(wefti_sqlite_config *config, wefti_deadline deadline, weft_error *error)
{
    if (deadline == WEFTI_NO_DEADLINE) {
        (void)pthread_mutex_lock(&config->open_mutex);
        return WEFT_OK;
    }
    int64_t left = deadline - wefti_now_ns();
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (left > 0 ? left : 0);
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    if (pthread_mutex_clocklock(&config->open_mutex, CLOCK_MONOTONIC, &until) == 0) {
        tell_sanitizer(&config->open_mutex);
        return WEFT_OK;
    }
    return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline passed while other connections were being opened");
}

static weft_status prepare_controls(wefti_sqlite_dbc *c, weft_error *error)
{
    static const char *const texts[WEFTI_SQLITE_CONTROLS] = {
        [WEFTI_SQLITE_BEGIN] = "BEGIN",
        [WEFTI_SQLITE_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
        [WEFTI_SQLITE_COMMIT] = "COMMIT",
        [WEFTI_SQLITE_ROLLBACK] = "ROLLBACK",
        [WEFTI_SQLITE_PING] = "SELECT 1 FROM sqlite_schema LIMIT 1",
    };
    for (int i = 0; i < WEFTI_SQLITE_CONTROLS; i++) {
        int rc = sqlite3_prepare_v3(c->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &c->control[i], NULL);
        if (rc != SQLITE_OK)
            return wefti_sqlite_error(c, rc, error);
    }
    return WEFT_OK;
}

static weft_status look_at_journal(wefti_sqlite_dbc *c, weft_error *error)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_first_step(c, stmt);
    const unsigned char *mode = rc == SQLITE_ROW ? sqlite3_column_text(stmt, 0) : NULL;
    c->wal = mode != NULL && strcmp((const char *)mode, "wal") == 0;
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? WEFT_OK : wefti_sqlite_error(c, rc, error);
}

/* Who turns a file to WAL, or makes it, has no log before its first statement: a look at the schema makes it, so that it is known
 * as this file's before anybody can take it away or put another file beside it. */
static weft_status make_log(wefti_sqlite_dbc *c, weft_error *error)
{
    wefti_sqlite_wal_note(c);
    if (!c->wal || c->wal_inode != 0 || c->place == NULL || c->config->immutable)
        return WEFT_OK;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->db, "SELECT count(*) FROM sqlite_schema", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_first_step(c, stmt);
    (void)sqlite3_finalize(stmt);
    wefti_sqlite_wal_note(c);
    return rc == SQLITE_ROW ? WEFT_OK : wefti_sqlite_error(c, rc, error);
}

/* A file in WAL is read with the log and its index beside it, which SQLite makes where they are not there. */
static void explain_read_only(const wefti_sqlite_config *config, weft_error *error)
{
    if (!config->read_only)
        wefti_error_hint(error, "the process may not write the file: open it with mode=ro, and with immutable=1 where it is in WAL "
                                "in a folder that the process may not write");
    else
        wefti_error_hint(error, "the file is in WAL, in a folder that the process may not write: open it with immutable=1 where "
                                "nobody writes it meanwhile");
}

static weft_status set_up(wefti_sqlite_dbc *c, weft_error *error)
{
    weft_status status = wefti_sqlite_file_expected(c->config, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_file_note(c->config, &c->place, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_open_file(c->config, &c->db, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_file_note(c->config, &c->place, error); /* opening may have made it */
    if (status != WEFT_OK)
        return status;
    (void)sqlite3_busy_handler(c->db, wefti_sqlite_busy, c);
    wefti_sqlite_authorize(c);
    sqlite3_progress_handler(c->db, PROGRESS_STEPS, wefti_sqlite_progress, c);
    int rc = wefti_sqlite_register(c->db);
    if (rc != SQLITE_OK)
        return wefti_sqlite_error(c, rc, error);
    status = wefti_sqlite_apply_settings(c, error);
    if (status == WEFT_OK)
        status = look_at_journal(c, error);
    if (status == WEFT_OK)
        status = prepare_controls(c, error);
    if (status == WEFT_OK)
        status = make_log(c, error);
    if (status == WEFT_ERROR_READ_ONLY)
        explain_read_only(c->config, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_still_there(c, error);
    if (status == WEFT_OK)
        wefti_sqlite_file_known(c);
    return status;
}

weft_status wefti_sqlite_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    wefti_sqlite_config *config = target->config;
    *dbc = NULL;
    if (config->owner_pid != wefti_process_id())
        return wefti_error_set(error, WEFT_ERROR_FORKED, "the database was opened before fork()");
    wefti_sqlite_dbc *c = wefti_calloc(1, sizeof *c);
    if (c == NULL)
        return wefti_error_memory(error);
    c->base = (wefti_dbc){.driver = target->driver,
                          .number = wefti_dbc_next_number(),
                          .log = config->log,
                          .opened_ns = wefti_now_ns(),
                          .owner_pid = wefti_process_id()};
    c->base.prepared = &c->prepared;
    c->config = config;
    wefti_event_init(&c->turn);
    c->deadline = deadline;
    c->jitter = wefti_hash(&c->base.number, sizeof c->base.number, (uint64_t)c->base.opened_ns) | 1;
    weft_status status =
        wefti_prepared_init(&c->prepared, config->prepared_limit, config->evictions, wefti_sqlite_run_evict, c, error);
    if (status == WEFT_OK)
        status = lock_opening(config, deadline, error);
    if (status == WEFT_OK) {
        status = set_up(c, error);
        (void)pthread_mutex_unlock(&config->open_mutex);
    }
    c->deadline = WEFTI_NO_DEADLINE;
    if (status != WEFT_OK) {
        wefti_sqlite_close(&c->base);
        return status;
    }
    *dbc = &c->base;
    return WEFT_OK;
}

void wefti_sqlite_close(wefti_dbc *dbc)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    if (c == NULL || c->base.owner_pid != wefti_process_id())
        return; /* left as it is, on purpose: see above */
    wefti_sqlite_turn_give(c);
    wefti_prepared_deinit(&c->prepared);
    for (int i = 0; i < WEFTI_SQLITE_CONTROLS; i++)
        (void)sqlite3_finalize(c->control[i]);
    for (int i = 0; i < 2; i++)
        (void)sqlite3_finalize(c->versions[i]);
    (void)sqlite3_close_v2(c->db);
    wefti_sqlite_file_end(c->place);
    wefti_free(c->base.facts);
    wefti_free(c);
}

WEFTI_HOT wefti_tx_state wefti_sqlite_state(wefti_dbc *dbc)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    if (c->broken || c->base.owner_pid != wefti_process_id())
        return WEFTI_TX_BROKEN;
    if (c->begin_pending || sqlite3_get_autocommit(c->db) == 0)
        return WEFTI_TX_OPEN;
    return c->in_transaction ? WEFTI_TX_FAILED : WEFTI_TX_IDLE; /* FAILED: SQLite has rolled it back on an error */
}

bool wefti_sqlite_alive(wefti_dbc *dbc, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    return wefti_sqlite_enter(c, WEFTI_NO_DEADLINE, error) == WEFT_OK;
}

weft_status wefti_sqlite_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status == WEFT_OK)
        wefti_prepared_sweep(&c->prepared); /* no statement may come for long */
    if (status == WEFT_OK)
        status = wefti_sqlite_control_run(c, WEFTI_SQLITE_PING, error);
    return status == WEFT_OK ? wefti_sqlite_still_there(c, error) : status;
}

/* What text SQL can leave behind that settings do not undo. */
static weft_status refuse_leftovers(wefti_sqlite_dbc *c, weft_error *error)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM temp.sqlite_schema) + (SELECT count(*) FROM pragma_database_list WHERE seq > 1)";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->db, sql, sizeof sql, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    bool found = rc == SQLITE_ROW && sqlite3_column_int(stmt, 0) > 0;
    (void)sqlite3_finalize(stmt);
    if (rc != SQLITE_ROW)
        return wefti_sqlite_error(c, rc, error);
    if (found)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "text SQL left temporary tables or attached databases behind");
    return WEFT_OK;
}

weft_status wefti_sqlite_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status == WEFT_OK && c->open_cursors > 0)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "%u results are still open", c->open_cursors);
    if (status == WEFT_OK && (c->in_transaction || c->begin_pending || sqlite3_get_autocommit(c->db) == 0))
        status = wefti_sqlite_rollback(dbc, deadline, error);
    if (status == WEFT_OK && c->base.dirty) {
        status = refuse_leftovers(c, error);
        if (status == WEFT_OK)
            status = wefti_sqlite_apply_settings(c, error);
        if (status == WEFT_OK)
            status = look_at_journal(c, error);
        c->base.dirty = status != WEFT_OK;
        c->base.greeted = false;
    }
    if (status == WEFT_OK)
        wefti_prepared_sweep(&c->prepared);
    c->deadline = WEFTI_NO_DEADLINE;
    return status;
}

/* A statement that met its deadline has ended by itself. */
weft_status wefti_sqlite_recover(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    return wefti_sqlite_reset(dbc, deadline, error);
}
