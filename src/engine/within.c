/* Transactions within another connection's: what a session does that is bound to a connection of the program's.
 *
 * A savepoint stands for BEGIN, its release for COMMIT, going back to it for ROLLBACK. The outer connection keeps its
 * transaction and the dbc, which is lent for as long as the inner one works; one at a time, for savepoints nest. What releasing
 * a savepoint does not do and COMMIT does, the driver's settle does. Both sides tell each other of their end: an outer
 * transaction that ends takes the inner one with it, and a dbc that is lost within is lost outside. */
#include "base/error.h"
#include "base/thread.h"
#include "engine/engine_private.h"

#include <stdio.h>

/* ---- who is bound to whom ---- */

void wefti_bond_make(wefti_bond *bond, weft_connection *outer)
{
    *bond = (wefti_bond){.outer = outer, .next = outer->bonds};
    if (outer->bonds != NULL)
        outer->bonds->previous = bond;
    outer->bonds = bond;
}

void wefti_bond_break(wefti_bond *bond)
{
    if (bond->outer == NULL)
        return;
    if (bond->next != NULL)
        bond->next->previous = bond->previous;
    if (bond->previous != NULL)
        bond->previous->next = bond->next;
    else
        bond->outer->bonds = bond->next;
    *bond = (wefti_bond){0};
}

static void fail(weft_connection *connection, weft_status status, const char *why)
{
    if (connection->failed)
        return;
    connection->failed = true;
    (void)wefti_error_set(&connection->failure, status, "%s", why);
}

void wefti_within_cut(weft_connection *outer)
{
    weft_connection *inner = outer->inner;
    if (inner == NULL)
        return;
    wefti_results_end(inner, WEFTI_RESULTS_OPEN, "the transaction around it has ended");
    fail(inner, WEFT_ERROR_ROLLED_BACK, "the transaction of the connection to which the session is bound was rolled back");
    inner->failure.outcome = WEFT_OUTCOME_ROLLED_BACK;
    inner->dbc = NULL;
    inner->lost = false;
    outer->inner = NULL;
}

void wefti_within_close(weft_connection *outer)
{
    wefti_within_cut(outer);
    while (outer->bonds != NULL)
        wefti_bond_break(outer->bonds);
}

weft_status wefti_within_free(const weft_connection *connection, const char *call, weft_error *error)
{
    const weft_connection *inner = connection->inner;
    if (inner == NULL)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s while a session's transaction is open within the connection's", call);
    if (inner->file != NULL)
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE,
                              "%s while a session's transaction, begun at %s:%d, is open within the connection's", call,
                              inner->file, inner->line);
    wefti_error_hint(error, "commit, roll back or close the session first");
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}

/* ---- the transaction ---- */

weft_status wefti_connection_acquire_within(wefti_bond *bond, weft_connection *connection, wefti_deadline deadline,
                                            const char *file, int line, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_connection *outer = bond->outer;
    connection->engine = NULL;
    if (outer == NULL)
        return wefti_error_set(error, WEFT_ERROR_CLOSED, "the connection to which the session is bound was closed");
    weft_status status = wefti_connection_usable(outer, error);
    if (status == WEFT_OK)
        status = wefti_within_free(outer, "another session", error);
    if (status == WEFT_OK && outer->options.autocommit && !outer->in_transaction) {
        status =
            wefti_error_set(error, WEFT_ERROR_MISUSE, "the session is bound to a connection in autocommit without a transaction");
        wefti_error_hint(error, "call weft_connection_begin first");
    }
    if (status == WEFT_OK)
        status = wefti_streams_refuse_any(outer, error); /* statements of the session would not know of it */
    if (status == WEFT_OK)
        status = wefti_connection_autobegin(outer, false, deadline, error);
    if (status == WEFT_OK)
        status = wefti_connection_ready(outer, deadline, error);
    if (status != WEFT_OK)
        return status;
    *connection = (weft_connection){.engine = outer->engine,
                                    .driver = outer->driver,
                                    .dbc = outer->dbc,
                                    .borrowed = true,
                                    .outer = outer,
                                    .base = (uint16_t)(outer->savepoints + 1u),
                                    .file = file,
                                    .line = line};
    outer->inner = connection;
    return WEFT_OK;
}

void wefti_within_leave(weft_connection *connection)
{
    weft_connection *outer = connection->outer;
    if (connection->lost) {
        outer->lost = true;
        fail(outer, connection->failed ? connection->failure.status : WEFT_ERROR_DISCONNECTED,
             connection->failed ? connection->failure.message : "the connection was lost in the session that is bound to it");
    }
    wefti_connection_belongs_to(connection, 0);
    outer->inner = NULL;
    connection->dbc = NULL;
    connection->lost = false;
}

weft_status wefti_within_begin(weft_connection *connection, const wefti_begin *begin, wefti_deadline deadline, weft_error *error)
{
    char sql[40];
    const wefti_begin around = wefti_connection_begin_options(connection->outer);
    if (begin->isolation != WEFTI_ISOLATION_DEFAULT && begin->isolation != around.isolation) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the isolation is that of the connection to which the session is bound");
        wefti_error_hint(error, "give it to weft_engine_connect");
        return WEFT_ERROR_MISUSE;
    }
    (void)snprintf(sql, sizeof sql, "SAVEPOINT weft_%u", (unsigned)connection->base);
    weft_status status = wefti_connection_run_savepoint(connection, sql, deadline, error);
    if (status != WEFT_OK || !begin->read_only || around.read_only)
        return status;
    connection->begun = true; /* an error is one within it */
    status = connection->driver->allow_writes(connection->dbc, false, deadline, error);
    connection->begun = false;
    if (status == WEFT_OK) {
        connection->options.read_only = true;
        return WEFT_OK;
    }
    wefti_within_roll_back(connection, deadline);
    return status;
}

static weft_status may_write_again(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    if (!connection->options.read_only)
        return WEFT_OK;
    connection->options.read_only = false;
    return connection->driver->allow_writes(connection->dbc, true, deadline, error);
}

weft_status wefti_within_commit(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    char sql[48];
    if (connection->driver->state(connection->dbc) != WEFTI_TX_OPEN) {
        fail(connection->outer, WEFT_ERROR_ROLLED_BACK, "the database had ended the transaction after an error");
        return wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "the database had ended the transaction after an error");
    }
    weft_status status = connection->driver->settle(connection->dbc, connection->settings, deadline, error);
    if (status != WEFT_OK)
        return status;
    (void)snprintf(sql, sizeof sql, "RELEASE SAVEPOINT weft_%u", (unsigned)connection->base);
    status = wefti_connection_run_savepoint(connection, sql, deadline, error);
    return status == WEFT_OK ? may_write_again(connection, deadline, error) : status;
}

void wefti_within_roll_back(weft_connection *connection, wefti_deadline deadline)
{
    char sql[96];
    weft_connection *outer = connection->outer;
    if (connection->dbc == NULL || (connection->lost && !wefti_connection_recovers(connection, deadline)))
        return; /* the one around it is failed, or has ended */
    wefti_tx_state state = connection->driver->state(connection->dbc);
    if (state == WEFTI_TX_OPEN || state == WEFTI_TX_FAILED) {
        (void)snprintf(sql, sizeof sql, "ROLLBACK TO SAVEPOINT weft_%u; RELEASE SAVEPOINT weft_%u", (unsigned)connection->base,
                       (unsigned)connection->base);
        weft_status status = wefti_connection_run_savepoint(connection, sql, deadline, NULL);
        if (status == WEFT_OK)
            status = may_write_again(connection, deadline, NULL);
        if (status == WEFT_OK) {
            outer->failed = false; /* what failed there since went with it */
            return;
        }
        state = connection->driver->state(connection->dbc);
    }
    if (state == WEFTI_TX_BROKEN || state == WEFTI_TX_ACTIVE)
        connection->lost = true;
    else /* SQLite may end one by itself, savepoints and all */
        fail(outer, WEFT_ERROR_ROLLED_BACK, "the database had ended the transaction after an error in the session bound to it");
}
