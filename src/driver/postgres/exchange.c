/* One exchange with the server, which everything above is made of: whether it may begin, a command and its answer, the end of a
 * pipeline. Nothing here knows statements, cursors or transactions. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define BRIEF_MS 10000u

bool wefti_postgres_foreign(const wefti_dbc *dbc) { return dbc->owner_pid != wefti_process_id(); }

weft_status wefti_postgres_usable(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (wefti_postgres_foreign(&c->dbc))
        status = wefti_error_set(error, WEFT_ERROR_FORKED, "the connection belongs to the process that forked this one");
    else if (c->broken || PQstatus(c->pg) != CONNECTION_OK)
        status = wefti_postgres_lost(c, error);
    else if (c->given_up)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "a statement whose deadline passed still runs on this connection");
    else if (c->stream != NULL)
        status =
            wefti_error_set(error, WEFT_ERROR_MISUSE, "rows are still streaming on this connection: finish their cursor first");
    else if (wefti_deadline_passed(deadline))
        status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline had passed before the statement began");
    else {
        c->unsent = false;
        c->server_spoke = false; /* libpq is idle: it forgets its messages before it sends anything */
        c->turns = 0;
        (void)wefti_postgres_drop_notifications(c->pg); /* of the last answer: on a connection that listens they pile up */
    }
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    return status;
}

bool wefti_postgres_alive(wefti_dbc *dbc, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    if (wefti_postgres_foreign(dbc)) {
        (void)wefti_error_set(error, WEFT_ERROR_FORKED, "the connection belongs to the process that forked this one");
        return false;
    }
    if (!c->broken) {
        bool read = wefti_postgres_read(c);
        if (c->stream == NULL && !c->given_up) {
            (void)wefti_pq_is_busy(c->pg); /* hands what has arrived to the notice receiver */
            (void)wefti_postgres_drop_notifications(c->pg);
        }
        c->broken = !read || PQstatus(c->pg) != CONNECTION_OK || c->notice_text[0] != '\0';
    }
    if (c->broken)
        (void)wefti_postgres_lost(c, error);
    return !c->broken;
}

weft_status wefti_postgres_send_failed(wefti_postgres_dbc *c, weft_error *error)
{
    bool lost = PQstatus(c->pg) == CONNECTION_BAD;
    c->broken = true; /* part of a round may be in libpq's buffer */
    if (lost)
        return wefti_postgres_lost(c, error);
    c->unsent = true;
    char message[256];
    wefti_postgres_reason(c, message, sizeof message);
    return wefti_error_set(error, wefti_postgres_is_memory(message) ? WEFT_ERROR_NO_MEMORY : WEFT_ERROR_INTERNAL,
                           "libpq could not send a statement: %s", message);
}

weft_status wefti_postgres_command(wefti_postgres_dbc *c, const char *sql, wefti_deadline deadline, PGresult **result,
                                   weft_error *error)
{
    PGresult *answer = NULL;
    if (wefti_pq_send_query(c->pg, sql) != 1)
        return wefti_postgres_send_failed(c, error);
    weft_status status = wefti_postgres_flush(c, deadline, error);
    if (status == WEFT_OK)
        status = wefti_postgres_finish_command(c, deadline, &answer, error);
    if (status == WEFT_OK && PQresultStatus(answer) == PGRES_FATAL_ERROR)
        status = wefti_postgres_statement_error(c, answer, sql, false, error);
    if (result != NULL && status == WEFT_OK)
        *result = answer;
    else
        PQclear(answer);
    return status;
}

weft_status wefti_postgres_brief(wefti_postgres_dbc *c, const char *sql, wefti_deadline deadline, weft_error *error)
{
    if (deadline == WEFTI_NO_DEADLINE)
        deadline = wefti_deadline_after_ms(BRIEF_MS);
    c->brief = true;
    c->brief_bytes = c->brief_notified = 0;
    weft_status status = wefti_postgres_command(c, sql, deadline, NULL, error);
    c->brief = false;
    return status;
}

bool wefti_postgres_send_sync(wefti_postgres_dbc *c)
{
    if (wefti_pq_sync(c->pg) != 1)
        return false;
    c->syncs_pending++;
    return true;
}

weft_status wefti_postgres_pipeline_leave(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    unsigned idle_rounds = 0;
    c->leftover = false;
    while (c->syncs_pending > 0) {
        PGresult *result = NULL;
        weft_status status = wefti_postgres_next(c, deadline, &result, error);
        ExecStatusType state = PQresultStatus(result); /* PGRES_FATAL_ERROR where there is no result */
        c->leftover = c->leftover || state == PGRES_TUPLES_OK || state == PGRES_COMMAND_OK;
        idle_rounds = result == NULL ? idle_rounds + 1 : 0;
        PQclear(result);
        if (status != WEFT_OK)
            return status;
        if (c->broken || idle_rounds > 2) { /* one NULL ends each command; more mean that libpq expects nothing */
            c->broken = true;
            return wefti_postgres_lost(c, error);
        }
    }
    if (wefti_pq_exit_pipeline(c->pg) != 1)
        return wefti_postgres_send_failed(c, error);
    return WEFT_OK;
}
