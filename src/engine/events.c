/* What the program is told of connections: see weft_events. Each call gets a connection of its own on the same database session, so
 * that what it leaves open can be ended, and a session that it loses is never exchanged for another behind its back. */
#include "base/error.h"
#include "engine/engine_private.h"

#include <string.h>

#define CONNECT_TIMEOUT_MS 10000u /* the pool's default */

typedef weft_status (*connection_event)(void *context, weft_connection *connection, weft_error *error);

static uint32_t shorter(uint32_t limit_ms, uint32_t other_ms) { return other_ms != 0 && other_ms < limit_ms ? other_ms : limit_ms; }

static uint32_t statement_limit(const weft_engine *engine, wefti_deadline deadline)
{
    uint32_t connect_ms = engine->connect_timeout_ms,
             limit = shorter(connect_ms != 0 ? connect_ms : CONNECT_TIMEOUT_MS, engine->timeout_ms);
    if (deadline == WEFTI_NO_DEADLINE)
        return limit;
    int64_t left_ms = (deadline - wefti_now_ns()) / WEFTI_NS_PER_MS;
    return left_ms <= 0 ? 1 : left_ms < limit ? (uint32_t)left_ms : limit;
}

weft_status wefti_event_failed(weft_status status, const char *event, weft_error *its, weft_error *error)
{
    if (its->message[0] == '\0')
        (void)wefti_error_set(its, status, "the event %s failed: %s", event, weft_status_name(status));
    its->status = status;
    wefti_error_copy(error, its);
    return status;
}

/* *lost: the database session is not usable any more. */
static weft_status tell(connection_event event, const char *name, const weft_connection *connection, weft_engine *engine,
                        wefti_deadline deadline, bool *lost, weft_error *error)
{
    weft_connection lent;
    weft_error local;
    wefti_error_clear(&local);
    wefti_connection_lend(&lent, connection, engine, statement_limit(engine, deadline));
    weft_status status = event(engine->events_context, &lent, &local);
    *lost = !wefti_connection_lent_back(&lent);
    if (status == WEFT_OK && *lost)
        return wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the connection was lost in the event %s", name);
    return status == WEFT_OK ? WEFT_OK : wefti_event_failed(status, name, &local, error);
}

weft_status wefti_events_taken(weft_connection *connection, weft_engine *engine, wefti_deadline deadline, bool *discard,
                               bool *again, weft_error *error)
{
    const weft_events *events = engine->events;
    wefti_dbc *dbc = connection->dbc;
    bool lost = false;
    weft_status status = WEFT_OK;
    *discard = *again = false;
    if (!dbc->greeted && events->connected != NULL) {
        status = tell(events->connected, "connected", connection, engine, deadline, &lost, error);
        dbc->dirty = false; /* what it set is to stay */
        *discard = status != WEFT_OK;
    }
    dbc->greeted = true;
    if (status != WEFT_OK || events->checked_out == NULL)
        return status;
    bool dirty = dbc->dirty;
    status = tell(events->checked_out, "checked_out", connection, engine, deadline, &lost, error);
    dbc->dirty = dirty;
    *again = status == WEFT_ERROR_DISCONNECTED;
    *discard = lost || *again;
    return status;
}

bool wefti_events_returned(weft_connection *connection)
{
    weft_engine *engine = connection->engine;
    wefti_dbc *dbc = connection->dbc;
    weft_error error = {0};
    if (engine->events->checked_in == NULL || connection->lost || connection->driver->state(dbc) != WEFTI_TX_IDLE)
        return false;
    bool lost = false, dirty = dbc->dirty;
    weft_status status = tell(engine->events->checked_in, "checked_in", connection, engine,
                              wefti_deadline_after_ms(CONNECT_TIMEOUT_MS), &lost, &error);
    dbc->dirty = dirty;
    if (status != WEFT_OK)
        wefti_log_text(&engine->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "connection %llu is closed, for checked_in failed: %s",
                       (unsigned long long)dbc->number, error.message);
    return status != WEFT_OK;
}
