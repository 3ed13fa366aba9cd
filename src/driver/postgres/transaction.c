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
    c->begin = *options;
    c->begin_pending = c->settings_due = true;
    c->plan_now = 0;
    c->transaction_failed = false;
    return WEFT_OK;
}

/* What ends a transaction and keeps what it did. */
typedef struct ending {
    const char *sql, *tag; /* tag: what the server answers where it has done so; errors name it by that */
} ending;

static weft_status outcome_unknown(wefti_postgres_dbc *c, const ending *e, weft_error *error)
{
    char reason[300] = "";
    c->broken = true;
    if (error == NULL)
        return WEFT_ERROR_OUTCOME_UNKNOWN;
    wefti_error_field(reason, sizeof reason, error->message);
    char sqlstate[6];
    wefti_error_field(sqlstate, sizeof sqlstate, error->sqlstate);
    (void)wefti_error_set(error, WEFT_ERROR_OUTCOME_UNKNOWN, "%s was sent and its answer did not come: %s", e->tag, reason);
    wefti_error_field(error->sqlstate, sizeof error->sqlstate, sqlstate);
    error->outcome = WEFT_OUTCOME_UNKNOWN;
    wefti_error_hint(error,
                     strcmp(e->tag, "COMMIT") == 0
                         ? "the transaction may have been committed; look before running it again"
                         : "weft_engine_prepared tells whether it waits there; a backend that has not noticed yet may still do it");
    return WEFT_ERROR_OUTCOME_UNKNOWN;
}

/* The server said ROLLBACK. */
static weft_status rolled_back(wefti_postgres_dbc *c, const ending *e, weft_error *error)
{
    if (c->transaction_failed)
        (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "%s rolled back, because a statement had failed: %s", e->tag,
                              c->first_error.message);
    else
        (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "%s rolled back, because a statement of the transaction had failed",
                              e->tag);
    if (error != NULL) {
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, c->transaction_failed ? c->first_error.sqlstate : "");
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    }
    return WEFT_ERROR_ROLLED_BACK;
}

static weft_status judge(wefti_postgres_dbc *c, const ending *e, PGresult *result, weft_error *error)
{
    weft_status status;
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
        const char *tag = PQcmdStatus(result);
        if (strcmp(tag, e->tag) == 0)
            return WEFT_OK;
        return rolled_back(c, e, error);
    }
    status = wefti_postgres_result_error(c, result, error);
    if (c->broken || status == WEFT_ERROR_OUTCOME_UNKNOWN)
        return outcome_unknown(c, e, error);
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

/* Of a transaction that has begun on the server. */
static weft_status end(wefti_postgres_dbc *c, const ending *e, wefti_deadline deadline, weft_error *error)
{
    PGresult *result = NULL;
    weft_status status = WEFT_OK;
    if (!wefti_postgres_in_transaction(c))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s without a transaction", e->tag);
    if (!wefti_postgres_alive(&c->dbc, error)) {
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
        wefti_pq_send_query(c->pg, e->sql) == 1 ? wefti_postgres_flush(c, deadline, error) : wefti_postgres_send_failed(c, error);
    if (status == WEFT_OK)
        status = wefti_postgres_finish_command(c, deadline, &result, error);
    if (status == WEFT_OK)
        status = judge(c, e, result, error);
    else
        status = c->unsent ? not_sent(status, error) : outcome_unknown(c, e, error);
    if (status == WEFT_ERROR_OUTCOME_UNKNOWN && error != NULL)
        error->transaction = id;
    PQclear(result);
    c->transaction_failed = false;
    return status;
}

static weft_status end_usable(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK && error != NULL && c->broken)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return status;
}

weft_status wefti_postgres_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = end_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (c->begin_pending) {
        c->begin_pending = false;
        return WEFT_OK;
    }
    return end(c, &(ending){"COMMIT", "COMMIT"}, deadline, error);
}

/* ---- commit in two phases ---- */

/* words, a space and the name as a literal: freed with wefti_free. */
static weft_status with_name(wefti_postgres_dbc *c, const char *words, const char *name, char **sql, weft_error *error)
{
    wefti_text text;
    char *literal = wefti_pq_literal(c->pg, name, strlen(name));
    *sql = NULL;
    if (literal == NULL)
        return wefti_postgres_send_failed(c, error);
    wefti_text_init(&text, 0);
    wefti_text_add(&text, words);
    wefti_text_add(&text, literal);
    PQfreemem(literal);
    *sql = wefti_text_take(&text, NULL);
    wefti_text_deinit(&text);
    return *sql != NULL ? WEFT_OK : wefti_error_memory(error);
}

/* A transaction that has sent nothing is prepared like any other: the second phase will ask for it. */
weft_status wefti_postgres_prepare(wefti_dbc *dbc, const char *name, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    char *sql, begin[128];
    weft_status status = end_usable(c, deadline, error);
    if (status == WEFT_OK && c->begin_pending) {
        wefti_postgres_begin_sql(&c->begin, begin);
        c->begin_pending = false;
        status = wefti_postgres_brief(c, begin, deadline, error);
    }
    if (status != WEFT_OK)
        return status;
    status = with_name(c, "PREPARE TRANSACTION ", name, &sql, error);
    if (status != WEFT_OK)
        return not_sent(status, error);
    status = end(c, &(ending){sql, "PREPARE TRANSACTION"}, deadline, error);
    if (status != WEFT_OK && error != NULL && strcmp(error->sqlstate, "55000") == 0)
        wefti_error_hint(error, "max_prepared_transactions of the server is 0: set it in postgresql.conf, and start it anew");
    if (status == WEFT_ERROR_SQL && error != NULL && strcmp(error->sqlstate, "42710") == 0) {
        status = error->status = WEFT_ERROR_MISUSE;
        (void)snprintf(error->message, sizeof error->message, "a transaction is prepared under the name %s already", name);
        wefti_error_hint(error, "each needs a name of its own; weft_engine_prepared lists those that wait");
    }
    wefti_free(sql);
    return status;
}

weft_status wefti_postgres_end_prepared(wefti_dbc *dbc, const char *name, bool commit, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    const char *words = commit ? "COMMIT PREPARED " : "ROLLBACK PREPARED ";
    char *sql;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status == WEFT_OK)
        status = with_name(c, words, name, &sql, error);
    if (status != WEFT_OK)
        return status;
    c->notice_count = 0;
    status = wefti_postgres_command(c, sql, deadline, NULL, error);
    wefti_free(sql);
    if (status == WEFT_OK)
        return WEFT_OK;
    status = wefti_postgres_outcome(c, false, true, status, error);
    if (error == NULL || strcmp(error->sqlstate, "42704") != 0)
        return status;
    (void)wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "no transaction is prepared under the name %s", name);
    (void)snprintf(error->sqlstate, sizeof error->sqlstate, "42704");
    wefti_error_hint(error,
                     "it was committed or rolled back already, or in another database; weft_engine_prepared lists those that "
                     "wait");
    return WEFT_ERROR_NOT_FOUND;
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
    return wefti_postgres_brief(c, settings ? WEFTI_POSTGRES_SETTLE "; RESET ALL" : WEFTI_POSTGRES_SETTLE, deadline, error);
}

/* It ends with the savepoint in which it was set. */
weft_status wefti_postgres_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = allowed ? WEFT_OK : wefti_postgres_usable(c, deadline, error);
    return allowed || status != WEFT_OK ? status : wefti_postgres_brief(c, WEFTI_POSTGRES_NO_WRITES, deadline, error);
}
