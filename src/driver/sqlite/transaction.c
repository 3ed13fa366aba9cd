/* Transactions. SQLite may end one by itself (disk full, I/O error, deadlock resolution), so what counts is
 * sqlite3_get_autocommit; a transaction that weft began and that is no longer there answers WEFT_ERROR_ROLLED_BACK until it is
 * rolled back. */
#include "driver/sqlite/sqlite.h"

static weft_status set_query_only(wefti_sqlite_dbc *c, bool on, weft_error *error)
{
    if (c->query_only == on)
        return WEFT_OK;
    weft_status status = wefti_sqlite_exec(c, on ? "PRAGMA query_only=1" : "PRAGMA query_only=0", error);
    if (status == WEFT_OK)
        c->query_only = on;
    return status;
}

static weft_status begin_now(wefti_sqlite_dbc *c, bool read_only, bool for_write, weft_error *error)
{
    for_write = for_write && !c->config->read_only;
    weft_status status = read_only ? set_query_only(c, true, error) : WEFT_OK;
    if (status == WEFT_OK && for_write)
        status = wefti_sqlite_turn_take(c, error);
    if (status == WEFT_OK && for_write)
        status = wefti_sqlite_still_there(c, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_control_run(c, for_write ? WEFTI_SQLITE_BEGIN_IMMEDIATE : WEFTI_SQLITE_BEGIN, error);
    if (status == WEFT_OK) {
        c->in_transaction = true;
        return WEFT_OK;
    }
    wefti_sqlite_turn_give(c);
    if (error != NULL)
        error->nothing_sent = true;
    return status;
}

weft_status wefti_sqlite_begin(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error)
{
    static const wefti_begin plain;
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    if (options == NULL)
        options = &plain;
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (c->in_transaction || c->begin_pending || sqlite3_get_autocommit(c->db) == 0)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "a transaction is open already");
    if (options->lazily) {
        c->begin = *options;
        c->begin_pending = true;
        return WEFT_OK;
    }
    return begin_now(c, options->read_only, options->for_write && !options->read_only, error);
}

/* Without WAL two transactions that have read and then write wait for each other in vain: one that may write does so from its
 * beginning. */
weft_status wefti_sqlite_begin_pending(wefti_sqlite_dbc *c, bool writes, weft_error *error)
{
    const wefti_begin *begin = &c->begin;
    bool one_state = begin->one_state || begin->isolation > WEFTI_ISOLATION_READ_COMMITTED || begin->read_only;
    if (!writes && !one_state)
        return WEFT_OK;
    bool for_write = !begin->read_only && (writes || (!c->wal && begin->for_write));
    c->begin_pending = false;
    weft_status status = begin_now(c, begin->read_only, for_write, error);
    c->begin_pending = status != WEFT_OK;
    return status;
}

void wefti_sqlite_transaction_check(wefti_sqlite_dbc *c)
{
    if (!c->in_transaction || sqlite3_get_autocommit(c->db) == 0)
        return;
    c->in_transaction = false;
    wefti_sqlite_turn_give(c);
}

static weft_status report_rolled_back(weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "SQLite had rolled the transaction back after an earlier error");
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return WEFT_ERROR_ROLLED_BACK;
}

weft_status wefti_sqlite_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (c->begin_pending) {
        c->begin_pending = false;
        return WEFT_OK;
    }
    bool over = sqlite3_get_autocommit(c->db) != 0;
    if (over && !c->in_transaction)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "no transaction is open");
    if (!over && c->has_turn && (status = wefti_sqlite_still_there(c, error)) != WEFT_OK)
        return status; /* the connection is closed, which rolls back */
    status = over ? report_rolled_back(error) : wefti_sqlite_control_run(c, WEFTI_SQLITE_COMMIT, error);
    if (sqlite3_get_autocommit(c->db) != 0) { /* else it is still open: busy, or a deferred foreign key is violated */
        wefti_sqlite_turn_give(c);
        c->in_transaction = false;
        (void)set_query_only(c, false, NULL);
    }
    return status;
}

weft_status wefti_sqlite_rollback(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    (void)deadline; /* a rollback waits for nobody, and is wanted most when the deadline has passed */
    weft_status status = wefti_sqlite_enter(c, WEFTI_NO_DEADLINE, error);
    if (status != WEFT_OK)
        return status;
    c->begin_pending = false;
    if (sqlite3_get_autocommit(c->db) == 0)
        status = wefti_sqlite_control_run(c, WEFTI_SQLITE_ROLLBACK, error);
    if (sqlite3_get_autocommit(c->db) != 0) {
        wefti_sqlite_turn_give(c);
        c->in_transaction = false;
        weft_status mode = set_query_only(c, false, status == WEFT_OK ? error : NULL);
        status = status == WEFT_OK ? mode : status;
    }
    return status;
}

weft_status wefti_sqlite_settle(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    int violated = 0, highest = 0;
    (void)settings; /* there are none that belong to a transaction */
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (sqlite3_db_status(c->db, SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &highest, 0) == SQLITE_OK && violated == 0)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_FOREIGN_KEY, "a deferred foreign key refers to a row that is not there");
    if (error != NULL)
        error->native_code = SQLITE_CONSTRAINT_FOREIGNKEY;
    return WEFT_ERROR_FOREIGN_KEY;
}

weft_status wefti_sqlite_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    return status == WEFT_OK ? set_query_only(c, !allowed, error) : status;
}
