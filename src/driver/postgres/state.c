/* The state of a connection between statements: what it is, whether it still stands, making it clean for the next user, and getting
 * it back after a deadline passed. Reading what has arrived tells why a server went away; the socket being readable does not mean
 * that it did (a notification may wait there). */
#include "driver/postgres/postgres.h"

wefti_tx_state wefti_postgres_state(wefti_dbc *dbc)
{
    const wefti_postgres_dbc *c = (const wefti_postgres_dbc *)dbc;
    if (c->broken || wefti_postgres_foreign(dbc) || PQstatus(c->pg) != CONNECTION_OK)
        return WEFTI_TX_BROKEN;
    if (c->given_up)
        return WEFTI_TX_ACTIVE;
    if (c->begin_pending)
        return WEFTI_TX_OPEN;
    switch (PQtransactionStatus(c->pg)) {
    case PQTRANS_IDLE: return WEFTI_TX_IDLE;
    case PQTRANS_INTRANS: return WEFTI_TX_OPEN;
    case PQTRANS_INERROR: return WEFTI_TX_FAILED;
    case PQTRANS_ACTIVE: return WEFTI_TX_ACTIVE;
    default: return WEFTI_TX_BROKEN;
    }
}

weft_status wefti_postgres_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    wefti_prepared_sweep(&c->prepared); /* no statement may come for long */
    return wefti_postgres_brief(c, "", deadline, error);
}

weft_status wefti_postgres_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    c->begin_pending = false;
    c->transaction_failed = false;
    if (wefti_postgres_in_transaction(c))
        status = wefti_postgres_brief(c, "ROLLBACK", deadline, error);
    if (status == WEFT_OK && dbc->dirty) {
        status = wefti_postgres_brief(c, "DISCARD ALL", deadline, error);
        if (status == WEFT_OK) {
            wefti_postgres_forget_all(c);
            dbc->dirty = dbc->greeted = false;
        }
    }
    if (status == WEFT_OK)
        wefti_prepared_sweep(&c->prepared);
    return status;
}

#define CANCEL_AGAIN_MS 250

/* Reads away the answers of what was given up, in or out of pipeline mode. */
static weft_status drain(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    weft_status status = wefti_postgres_flush(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (PQpipelineStatus(c->pg) != PQ_PIPELINE_OFF) {
        if (c->syncs_pending == 0 && !wefti_postgres_send_sync(c))
            return wefti_postgres_send_failed(c, error);
        status = wefti_postgres_flush(c, deadline, error);
        return status == WEFT_OK ? wefti_postgres_pipeline_leave(c, deadline, error) : status;
    }
    c->copy_told = false; /* here one is ended */
    for (;;) {
        PGresult *result = NULL;
        status = wefti_postgres_next(c, deadline, &result, error);
        ExecStatusType state = PQresultStatus(result);
        bool end = result == NULL;
        PQclear(result);
        if (status != WEFT_OK)
            return status;
        if (c->broken)
            return wefti_postgres_lost(c, error);
        if (end)
            return WEFT_OK;
        if (state == PGRES_COPY_IN && wefti_pq_end_copy(c->pg, "given up") != 1)
            return wefti_postgres_send_failed(c, error);
        if (state == PGRES_COPY_IN)
            status = wefti_postgres_flush(c, deadline, error);
        if (status != WEFT_OK)
            return status;
    }
}

/* A server that is still reading the statement's messages ignores a cancel, so it is asked again. */
static weft_status cancel_and_drain(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc canceller;
    weft_status status = wefti_postgres_canceller_open(c, &canceller, deadline, error);
    while (status == WEFT_OK) {
        wefti_deadline look = wefti_deadline_earlier(deadline, wefti_deadline_after_ms(CANCEL_AGAIN_MS));
        status = wefti_postgres_cancel(c, &canceller, deadline, error);
        if (status != WEFT_OK)
            break;
        c->given_up = false;
        status = drain(c, look, error);
        if (status != WEFT_ERROR_TIMEOUT || wefti_deadline_passed(deadline))
            break;
        status = WEFT_OK;
    }
    wefti_postgres_canceller_close(&canceller);
    return status;
}

weft_status wefti_postgres_recover(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    bool given_up = c->given_up;
    c->given_up = false;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK || !given_up) {
        c->given_up = given_up;
        return status;
    }
    status = cancel_and_drain(c, deadline, error);
    /* A cancel that came as the statement ended may still be on its way: it must not meet the next statement. */
    for (int i = 0; status == WEFT_OK && i < 2; i++) {
        weft_status ping = wefti_postgres_brief(c, "", deadline, error);
        if (ping == WEFT_OK)
            break;
        status = ping == WEFT_ERROR_CANCELLED && i == 0 ? WEFT_OK : ping;
    }
    c->given_up = status != WEFT_OK;
    if (status == WEFT_OK)
        wefti_error_clear(error);
    return status;
}

int64_t wefti_postgres_server_process(const wefti_dbc *dbc) { return PQbackendPID(((const wefti_postgres_dbc *)dbc)->pg); }
