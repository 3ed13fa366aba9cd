/* What every call on a connection begins with, and the first step of a statement, which may have to wait: for opening, transactions
 * and statements alike. */
#include "driver/sqlite/sqlite.h"

weft_status wefti_sqlite_enter(wefti_sqlite_dbc *c, wefti_deadline deadline, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (__builtin_expect(c->base.owner_pid != wefti_process_id(), 0))
        status = wefti_error_set(error, WEFT_ERROR_FORKED, "this connection was opened before fork()");
    else if (__builtin_expect(c->broken, 0))
        status = wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the connection was given up after an earlier error");
    else if (deadline != WEFTI_NO_DEADLINE && wefti_deadline_passed(deadline))
        status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline had passed before the statement began");
    else if (__builtin_expect(++c->calls_unchecked >= WEFTI_SQLITE_CALLS_BETWEEN_LOOKS || wefti_sqlite_is_news(c), 0))
        status = wefti_sqlite_still_there(c, error);
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    c->deadline = deadline;
    c->busy_until_ns = 0;
    return status;
}

/* SQLite asks its busy handler only where no read transaction is open on the connection, for in a rollback journal two that wait
 * for each other would wait for ever. In WAL the writer waits for no reader, so waiting helps: the writer may roll back. Where it
 * commits, the answer becomes SQLITE_BUSY_SNAPSHOT, which no waiting cures. In other modes the deadline ends it. */
int wefti_sqlite_step_again(wefti_sqlite_dbc *c, sqlite3_stmt *stmt, int rc)
{
    for (int count = 0; (rc & 0xff) == SQLITE_BUSY && rc != SQLITE_BUSY_SNAPSHOT && wefti_sqlite_busy(c, count) != 0; count++) {
        (void)sqlite3_reset(stmt);
        rc = sqlite3_step(stmt);
    }
    return rc;
}

weft_status wefti_sqlite_control_run(wefti_sqlite_dbc *c, wefti_sqlite_control which, weft_error *error)
{
    int rc = wefti_sqlite_first_step(c, c->control[which]);
    weft_status status = rc == SQLITE_DONE || rc == SQLITE_ROW ? WEFT_OK : wefti_sqlite_error(c, rc, error);
    (void)sqlite3_reset(c->control[which]);
    return status;
}
