/* Transactions. BEGIN is held back for the first statement's round trip; a transaction that never sent one costs nothing. COMMIT is
 * believed only by its command tag: the COMMIT of a failed transaction succeeds and says ROLLBACK. Between sending COMMIT and its
 * answer the outcome is unknown: the error says so, and the connection is not used again. */
#include "driver/postgres/postgres.h"

#include <stdio.h>
#include <string.h>

void wefti_postgres_begin_sql(const wefti_begin *options, char sql[128])
{
    static const char *const levels[] = {[WEFTI_ISOLATION_DEFAULT] = "",
                                         [WEFTI_ISOLATION_READ_COMMITTED] = " ISOLATION LEVEL READ COMMITTED",
                                         [WEFTI_ISOLATION_REPEATABLE_READ] = " ISOLATION LEVEL REPEATABLE READ",
                                         [WEFTI_ISOLATION_SERIALIZABLE] = " ISOLATION LEVEL SERIALIZABLE"};
    (void)snprintf(sql, 128, "BEGIN%s%s%s", levels[options->isolation], options->read_only ? " READ ONLY" : "",
                   options->deferrable ? " DEFERRABLE" : "");
}

void wefti_postgres_add_begin(const wefti_postgres_dbc *c, wefti_text *text)
{
    char sql[128];
    if (!c->begin_pending)
        return;
    wefti_postgres_begin_sql(&c->begin, sql);
    wefti_text_add(text, sql);
    wefti_text_add(text, "; ");
}

weft_status wefti_postgres_begin(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (c->begin_pending || PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "a transaction is open on this connection already");
    if (options->isolation > WEFTI_ISOLATION_SERIALIZABLE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "unknown isolation level %d", (int)options->isolation);
    c->begin = *options;
    c->begin_pending = c->settings_due = true;
    c->plan_now = 0;
    c->transaction_failed = false;
    return WEFT_OK;
}

static weft_status outcome_unknown(wefti_postgres_dbc *c, weft_error *error)
{
    char reason[300] = "";
    c->broken = true;
    if (error == NULL)
        return WEFT_ERROR_OUTCOME_UNKNOWN;
    wefti_error_field(reason, sizeof reason, error->message);
    char sqlstate[6];
    wefti_error_field(sqlstate, sizeof sqlstate, error->sqlstate);
    (void)wefti_error_set(error, WEFT_ERROR_OUTCOME_UNKNOWN, "COMMIT was sent and its answer did not come: %s", reason);
    wefti_error_field(error->sqlstate, sizeof error->sqlstate, sqlstate);
    error->outcome = WEFT_OUTCOME_UNKNOWN;
    wefti_error_hint(error, "the transaction may have been committed; look before running it again");
    return WEFT_ERROR_OUTCOME_UNKNOWN;
}

/* The server said ROLLBACK to COMMIT. */
static weft_status rolled_back(wefti_postgres_dbc *c, weft_error *error)
{
    if (c->transaction_failed)
        (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "COMMIT rolled back, because a statement had failed: %s",
                              c->first_error.message);
    else
        (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK,
                              "COMMIT rolled back, because a statement of the transaction had failed");
    if (error != NULL) {
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, c->transaction_failed ? c->first_error.sqlstate : "");
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    }
    return WEFT_ERROR_ROLLED_BACK;
}

static weft_status judge_commit(wefti_postgres_dbc *c, PGresult *result, weft_error *error)
{
    weft_status status;
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        const char *tag = PQcmdStatus(result);
        if (strcmp(tag, "COMMIT") == 0)
            return WEFT_OK;
        return rolled_back(c, error);
    }
    status = wefti_postgres_result_error(c, result, error);
    if (c->broken || status == WEFT_ERROR_OUTCOME_UNKNOWN)
        return outcome_unknown(c, error);
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return status;
}

/* What happens before COMMIT is sent leaves no doubt. */
static weft_status not_sent(weft_status status, weft_error *error)
{
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return status;
}

weft_status wefti_postgres_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    PGresult *result = NULL;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK) {
        if (error != NULL && c->broken)
            error->outcome = WEFT_OUTCOME_ROLLED_BACK;
        return status;
    }
    if (c->begin_pending) {
        c->begin_pending = false;
        return WEFT_OK;
    }
    if (!wefti_postgres_in_transaction(c))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "COMMIT without a transaction");
    if (!wefti_postgres_alive(dbc, error)) {
        if (error != NULL)
            error->nothing_sent = true;
        return not_sent(WEFT_ERROR_DISCONNECTED, error);
    }
    weft_transaction_id id = {0};
    if (__builtin_expect(c->begin.keep_id, 0) && PQtransactionStatus(c->pg) == PQTRANS_INTRANS) {
        status = wefti_postgres_keep_id(c, deadline, &id, error);
        if (status != WEFT_OK)
            return not_sent(status, error);
    }
    c->notice_count = 0;
    status =
        wefti_pq_send_query(c->pg, "COMMIT") == 1 ? wefti_postgres_flush(c, deadline, error) : wefti_postgres_send_failed(c, error);
    if (status == WEFT_OK)
        status = wefti_postgres_finish_command(c, deadline, &result, error);
    if (status == WEFT_OK)
        status = judge_commit(c, result, error);
    else
        status = c->unsent ? not_sent(status, error) : outcome_unknown(c, error);
    if (status == WEFT_ERROR_OUTCOME_UNKNOWN && error != NULL)
        error->transaction = id;
    PQclear(result);
    c->transaction_failed = false;
    return status;
}

weft_status wefti_postgres_rollback(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    c->transaction_failed = false;
    if (c->begin_pending) {
        c->begin_pending = false;
        return WEFT_OK;
    }
    return wefti_postgres_in_transaction(c) ? wefti_postgres_brief(c, "ROLLBACK", deadline, error) : WEFT_OK;
}

/* The inner savepoint gives each constraint its own mode again; SET CONSTRAINTS ALL DEFERRED would loosen those that begin
 * immediate. RESET ALL would itself be undone by going back to it. */
weft_status wefti_postgres_settle(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    return wefti_postgres_brief(c,
                                settings
                                    ? "SAVEPOINT weft_settle; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT weft_settle; "
                                      "RELEASE SAVEPOINT weft_settle; RESET ALL"
                                    : "SAVEPOINT weft_settle; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT weft_settle; "
                                      "RELEASE SAVEPOINT weft_settle",
                                deadline, error);
}

/* It ends with the savepoint in which it was set. */
weft_status wefti_postgres_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = allowed ? WEFT_OK : wefti_postgres_usable(c, deadline, error);
    return allowed || status != WEFT_OK ? status : wefti_postgres_brief(c, "SET TRANSACTION READ ONLY", deadline, error);
}
