/* What became of a commit whose answer was lost, asked on another connection until the server knows. */
#define _GNU_SOURCE /* clock_nanosleep */
#include "base/error.h"
#include "base/thread.h"
#include "engine/engine_private.h"

#include <errno.h>
#include <time.h>

#define RESOLVE_TIMEOUT_MS 10000u
#define LEAST_PAUSE_MS 5u
#define GREATEST_PAUSE_MS 200u

/* Asks once. WEFT_OUTCOME_NONE: the transaction still runs. */
static weft_status ask(weft_engine *engine, const weft_transaction_id *id, wefti_deadline deadline, weft_outcome *outcome,
                       weft_error *error)
{
    weft_connection connection;
    weft_status status = wefti_connection_acquire(engine, &connection, deadline, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    status = connection.driver->resolve(connection.dbc, id, deadline, outcome, error);
    if (status != WEFT_OK)
        (void)wefti_connection_failed(&connection, status, error);
    wefti_connection_release(&connection);
    return status;
}

static bool may_ask(weft_engine *engine, const weft_transaction_id *id, const weft_outcome *outcome, weft_error *error)
{
    if (engine == NULL || outcome == NULL)
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_outcome_resolve: the %s is NULL",
                              engine == NULL ? "engine" : "outcome");
    else if (engine->driver->resolve == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s has no ids of transactions to ask for", engine->driver->name);
        wefti_error_hint(error, "no commit of this database is ever in doubt: what weft_session_commit answered is so");
    } else if (id->server == 0) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_outcome_resolve: no id of a transaction was kept");
        wefti_error_hint(error, "open the session or connection with .keep_transaction_id, and give the .transaction of the error "
                                "of its commit; a statement outside of a transaction has none");
    } else
        return true;
    return false;
}

static void pause_for(unsigned ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

static weft_status still_running(weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the transaction is still running on the server");
    wefti_error_hint(error, "ask again later: it may commit yet");
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_UNKNOWN;
    return WEFT_ERROR_TIMEOUT;
}

weft_status weft_outcome_resolve(weft_engine *engine, weft_transaction_id id, uint32_t timeout_ms, weft_outcome *outcome,
                                 weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_error local;
    error = error != NULL ? error : &local;
    wefti_error_clear(error);
    if (outcome != NULL)
        *outcome = WEFT_OUTCOME_UNKNOWN;
    if (!may_ask(engine, &id, outcome, error))
        return error->status;
    wefti_deadline deadline = wefti_deadline_after_ms(timeout_ms == 0 ? RESOLVE_TIMEOUT_MS : timeout_ms);
    for (unsigned pause_ms = LEAST_PAUSE_MS;; pause_ms = pause_ms * 2 < GREATEST_PAUSE_MS ? pause_ms * 2 : GREATEST_PAUSE_MS) {
        weft_outcome found = WEFT_OUTCOME_UNKNOWN;
        weft_status status = ask(engine, &id, deadline, &found, error);
        /* CONNECT: of a pool that fails fast; any other waits by itself. */
        const bool lost = status == WEFT_ERROR_DISCONNECTED || status == WEFT_ERROR_CONNECT;
        if (status == WEFT_OK && found != WEFT_OUTCOME_NONE) {
            *outcome = found;
            return WEFT_OK;
        }
        if (status != WEFT_OK && !lost)
            return status;
        wefti_deadline next = wefti_deadline_after_ms(pause_ms);
        if (next >= deadline)
            return lost ? status : still_running(error);
        pause_for(pause_ms);
    }
}
