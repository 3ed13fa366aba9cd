/* One migrates at a time. Nobody waits for a lock within the database: others look again and again, with pauses that differ. */
#define _GNU_SOURCE
#include "migrate/migrate.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool wefti_migrate_pause(wefti_deadline deadline)
{
    if (wefti_deadline_passed(deadline))
        return false;
    int64_t seed[2] = {wefti_now_ns(), getpid()};
    struct timespec left = {.tv_nsec = (long)((50 + wefti_hash(seed, sizeof seed, 0) % 100) * WEFTI_NS_PER_MS)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
    return true;
}

static weft_status gave_up(const weft_migrate *m, weft_error *error)
{
    weft_status status = wefti_error_set(error, WEFT_ERROR_LOCK_TIMEOUT,
                                         "another process has been migrating this database for %u ms", m->options.lock_wait_ms);
    wefti_error_hint(error, "wait for it, or allow more: lock_wait_ms");
    return status;
}

static weft_status try_lock(weft_migrate *m, weft_connection *connection, const char *sql, bool *taken, weft_error *error)
{
    weft_result *rows;
    *taken = false;
    weft_status status = weft_connection_query(connection, sql, weft_parameters(weft_value_int64(m->key)), &rows, error);
    if (status == WEFT_OK)
        (void)(weft_result_next(rows, NULL) && weft_result_bool(rows, 0, taken));
    weft_result_close(rows);
    return status;
}

static weft_status take_session_lock(weft_migrate *m, weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    for (;;) {
        bool taken;
        weft_status status = try_lock(m, connection, m->dialect->lock_sql, &taken, error);
        if (status != WEFT_OK || taken)
            return status;
        if (!wefti_migrate_pause(deadline))
            return gave_up(m, error);
    }
}

weft_status wefti_lock_patience(weft_migrate *m, weft_connection *connection, bool local, weft_error *error)
{
    if (m->dialect->lock_timeout_sql == NULL)
        return WEFT_OK;
    if (m->options.lock_timeout_ms == 0)
        return weft_execute_text(connection, m->dialect->own_lock_timeout_sql, weft_parameters(weft_value_bool(local)), error);
    const char *ms = wefti_arena_printf(&m->read, "%u", m->options.lock_timeout_ms);
    return ms == NULL ? wefti_error_memory(error)
                      : weft_execute_text(connection, m->dialect->lock_timeout_sql,
                                          weft_parameters(weft_value_bool(local), weft_value_text(ms)), error);
}

weft_status wefti_lock_within(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    bool taken = true;
    weft_status status = WEFT_OK;
    for (size_t i = 0; m->pooled && status == WEFT_OK && m->dialect->settings[i] != NULL; i++)
        status = weft_execute_text(connection, m->dialect->settings[i], weft_parameters(weft_value_bool(true)), error);
    if (m->pooled && m->options.schema != NULL && status == WEFT_OK)
        status = weft_execute_text(connection, m->dialect->schema_set_sql,
                                   weft_parameters(weft_value_text(m->options.schema), weft_value_bool(true)), error);
    if (status == WEFT_OK)
        status = wefti_lock_patience(m, connection, true, error);
    if (m->pooled && status == WEFT_OK)
        status = try_lock(m, connection, m->dialect->transaction_lock_sql, &taken, error);
    if (status == WEFT_OK && !taken)
        status = wefti_error_set(error, WEFT_ERROR_BUSY, "another process is migrating this database");
    return status == WEFT_OK ? wefti_lease_look(m, connection, error) : status;
}

/* The file beside a database in a file; NULL: it has none. */
static weft_status path_of(const weft_migrate *m, weft_connection *connection, char **path, weft_error *error)
{
    weft_result *rows;
    *path = NULL;
    weft_status status = weft_connection_query(connection, m->dialect->file_sql, NULL, &rows, error);
    if (status != WEFT_OK)
        return status;
    const char *file = weft_result_next(rows, NULL) ? weft_result_text(rows, 0) : NULL;
    if (file != NULL && *file != '\0') {
        wefti_text text;
        wefti_text_init(&text, 0);
        wefti_text_add_format(&text, "%s-migrate", file);
        *path = wefti_text_take(&text, NULL);
        status = *path != NULL ? WEFT_OK : wefti_error_memory(error);
    }
    weft_result_close(rows);
    return status;
}

/* The kernel lets go of it however the process ends. It is removed by who holds it, so that a lock on what was removed is none. */
static weft_status take_file_lock(weft_migrate *m, wefti_deadline deadline, wefti_migrate_lock *lock, weft_error *error)
{
    for (;;) {
        int file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) {
            int code = errno;
            weft_status status = wefti_error_set(error, WEFT_ERROR_IO, "cannot open %s: %s", lock->path, strerrordesc_np(code));
            wefti_error_hint(error, "a step outside of a transaction needs this file beside the database, as a lock");
            return status;
        }
        struct stat there;
        if (flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &there) == 0 && there.st_nlink > 0) {
            lock->file = file;
            return WEFT_OK;
        }
        (void)close(file);
        if (!wefti_migrate_pause(deadline))
            return gave_up(m, error);
    }
}

weft_status wefti_lock_take(weft_migrate *m, weft_connection *connection, bool outside, wefti_deadline deadline,
                            wefti_migrate_lock *lock, weft_error *error)
{
    *lock = (wefti_migrate_lock){.file = -1};
    weft_status status = WEFT_OK;
    if (m->pooled)
        return WEFT_OK; /* each transaction takes its own */
    if (m->dialect->lock_sql != NULL) {
        status = take_session_lock(m, connection, deadline, error);
        lock->session = status == WEFT_OK;
    } else if (outside && m->dialect->file_sql != NULL) {
        status = path_of(m, connection, &lock->path, error);
        if (status == WEFT_OK && lock->path != NULL)
            status = take_file_lock(m, deadline, lock, error);
    }
    return status;
}

void wefti_lock_release(weft_migrate *m, weft_connection *connection, wefti_migrate_lock *lock)
{
    if (lock->session) /* else it ends with the connection */
        (void)weft_execute_text(connection, m->dialect->unlock_sql, weft_parameters(weft_value_int64(m->key)), NULL);
    if (lock->file >= 0) {
        (void)unlink(lock->path);
        (void)close(lock->file);
    }
    wefti_free(lock->path);
    *lock = (wefti_migrate_lock){.file = -1};
}
