/* A connection and its transaction.
 *
 * Three things are kept apart: whether the caller is in a transaction, whether BEGIN was sent for it (a read at the default
 * isolation does not send one), and whether it has failed. The database's own word decides what an error means: after each one
 * the driver is asked for the transaction's state. A database connection that was lost, or whose statement was given up at its
 * deadline, goes back to the pool at the rollback, and the next statement takes another.
 *
 * In a child process nothing is sent and nothing is given back: the socket is the parent's. */
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "engine/engine_private.h"
#include "engine/table.h"

#include <stdio.h>

/* For the rollback of what a program left open when it closed. */
#define ROLLBACK_TIMEOUT_MS 5000u
#define ABANDON_NS (20 * INT64_C(1000000))
/* Connections that are tried where the program's event takes them for lost: as SQLAlchemy's pool does, one and two more. */
#define EVENT_TRIES 3u

weft_status wefti_engine_check(const weft_engine *engine, weft_error *error)
{
    if (__builtin_expect(engine->fork_generation == wefti_fork_generation(), 1))
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_FORKED, "the engine was opened by the parent of this process");
    wefti_error_hint(error, "open an engine of its own in each process, after the fork");
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_FORKED;
}

static WEFTI_COLD weft_status misuse(weft_error *error, const char *message, const char *hint)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s", message);
    wefti_error_hint(error, "%s", hint);
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}

void wefti_connection_belongs_to(weft_connection *connection, uint64_t thread)
{
    if (connection->dbc != NULL)
        wefti_atomic_store_u64(&connection->dbc->thread, thread, WEFTI_RELAXED);
}

/* ---- life ---- */

static inline weft_status check_out_any(weft_connection *connection, weft_engine *engine, wefti_deadline deadline,
                                        weft_error *error)
{
    const weft_status status =
        wefti_pool_checkout(engine->pool, deadline, connection->file, connection->line, &connection->dbc, error);
    if (status == WEFT_OK) { /* noted here and nowhere else: a transaction stays on the connection that it began on */
        connection->dbc->file = connection->file;
        connection->dbc->line = connection->line;
        wefti_connection_belongs_to(connection, 0);
    }
    return status;
}

/* A connection that stands. The pool asks only those that were idle for long; a look at what has arrived costs no round trip, and
 * finds a server that closed the connection meanwhile before a statement does. */
static __attribute__((noinline)) weft_status check_out_alive(weft_connection *connection, weft_engine *engine,
                                                             wefti_deadline deadline, weft_error *error)
{
    for (unsigned lost = 0;; lost++) {
        weft_error gone; /* the caller's is filled only if no connection is had */
        gone.message[0] = '\0';
        const weft_status status = check_out_any(connection, engine, deadline, error);
        if (status != WEFT_OK || engine->driver->alive(connection->dbc, &gone))
            return status;
        wefti_log_text(&engine->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "connection %llu was lost while idle: %s",
                       (unsigned long long)connection->dbc->number, gone.message);
        wefti_pool_checkin(engine->pool, connection->dbc, true);
        connection->dbc = NULL;
        if (lost >= WEFTI_MAX_POOL_SLOTS)
            return wefti_error_set(error, WEFT_ERROR_CONNECT, "the server closes every connection");
    }
}

static inline weft_status check_out_sound(weft_connection *connection, weft_engine *engine, wefti_deadline deadline,
                                          weft_error *error)
{
    return engine->driver->in_process ? check_out_any(connection, engine, deadline, error)
                                      : check_out_alive(connection, engine, deadline, error);
}

static __attribute__((noinline)) weft_status check_out_told(weft_connection *connection, weft_engine *engine,
                                                            wefti_deadline deadline, weft_error *error)
{
    for (unsigned tries = 1;; tries++) {
        bool discard = false, again = false;
        weft_status status = check_out_sound(connection, engine, deadline, error);
        if (status != WEFT_OK)
            return status;
        status = wefti_events_taken(connection, engine, deadline, &discard, &again, error);
        if (status == WEFT_OK)
            return WEFT_OK;
        wefti_pool_checkin(engine->pool, connection->dbc, discard);
        connection->dbc = NULL;
        if (!again || tries == EVENT_TRIES)
            return status;
        wefti_error_clear(error);
    }
}

static weft_status check_out(weft_connection *connection, weft_engine *engine, wefti_deadline deadline, weft_error *error)
{
    return __builtin_expect(engine->events == NULL, 1) ? check_out_sound(connection, engine, deadline, error)
                                                       : check_out_told(connection, engine, deadline, error);
}

WEFTI_HOT weft_status wefti_connection_acquire(weft_engine *engine, weft_connection *connection, wefti_deadline deadline,
                                               const char *file, int line, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    connection->engine = NULL;
    connection->event = false;
    connection->outer = connection->inner = NULL;
    connection->trace = NULL;
    connection->bonds = NULL;
    connection->session = NULL;
    connection->results = NULL;
    weft_status status = wefti_engine_check(engine, error);
    if (status != WEFT_OK)
        return status;
    connection->file = file;
    connection->line = line;
    status = check_out(connection, engine, deadline, error);
    if (status != WEFT_OK)
        return status;
    connection->engine = engine;
    connection->driver = engine->driver;
    connection->options = (weft_connection_options){0};
    connection->in_transaction = connection->begun = connection->failed = connection->lost = connection->altered = false;
    connection->failure.status = WEFT_OK;
    connection->borrowed = true;
    connection->detached = false;
    connection->savepoints = connection->base = 0;
    connection->statements = connection->transactions = connection->rows = 0;
    return WEFT_OK;
}

/* Ends results, without waiting longer for the rest of a stream. */
static __attribute__((noinline)) void end_results(weft_connection *connection, wefti_results_which which, wefti_deadline by,
                                                  const char *why)
{
    if (connection->results == NULL)
        return;
    if (connection->dbc != NULL)
        connection->dbc->finish_by = by;
    wefti_results_end(connection, which, why);
    if (connection->dbc != NULL)
        connection->dbc->finish_by = 0;
}

/* What is not wanted any more: the rest is read only as long as that is cheaper than another connection. */
static inline void abandon_results(weft_connection *connection, wefti_results_which which, const char *why)
{
    if (__builtin_expect(connection->results != NULL, 0))
        end_results(connection, which, wefti_now_ns() + ABANDON_NS, why);
}

/* The pool looks at the state itself: what is broken is closed, what is still running is recovered by a helper. */
static WEFTI_HOT void give_up(weft_connection *connection)
{
    abandon_results(connection, WEFTI_RESULTS_OPEN, "the database connection was lost");
    if (connection->event)
        return; /* the owner does */
    if (connection->outer != NULL) {
        wefti_within_leave(connection);
        return;
    }
    if (connection->detached) {
        connection->driver->close(connection->dbc);
        /* Release: pairs with the acquire load in weft_engine_close_within, which frees what close uses. */
        wefti_atomic_add_u32(&connection->engine->detached, UINT32_MAX, WEFTI_RELEASE);
    } else {
        bool discard = __builtin_expect(connection->engine->events != NULL, 0) && wefti_events_returned(connection);
        wefti_pool_checkin(connection->engine->pool, connection->dbc, discard);
    }
    connection->dbc = NULL;
    connection->lost = connection->detached = false;
}

static void end_transaction(weft_connection *connection)
{
    wefti_connection_outdate_tables(connection);
    connection->in_transaction = connection->begun = connection->failed = false;
    connection->failure.status = WEFT_OK;
    connection->savepoints = 0;
}

/* Rolls back on the server where there is something to roll back, and lets go of a connection on which that cannot be done. */
static __attribute__((noinline)) void roll_back(weft_connection *connection, wefti_deadline deadline)
{
    abandon_results(connection, WEFTI_RESULTS_STREAMS, "its transaction was rolled back");
    if (connection->inner != NULL)
        wefti_within_cut(connection);
    if (connection->outer != NULL) {
        wefti_within_roll_back(connection, deadline);
    } else if (connection->dbc != NULL && connection->begun) {
        wefti_tx_state state = connection->driver->state(connection->dbc);
        if (state == WEFTI_TX_OPEN || state == WEFTI_TX_FAILED) {
            int64_t start = wefti_trace_start(connection);
            weft_status status = connection->driver->rollback(connection->dbc, deadline, NULL);
            wefti_trace_transaction(connection, "ROLLBACK", start, status, NULL);
            connection->lost = connection->lost || status != WEFT_OK;
        }
    }
    end_transaction(connection);
    if (connection->dbc != NULL && connection->lost)
        give_up(connection); /* a server that lost its client rolls back: what was asked for holds */
}

WEFTI_HOT void wefti_connection_release(weft_connection *connection)
{
    WEFTI_NOT_CANCELLED;
    if (connection->engine == NULL)
        return;
    if (wefti_engine_check(connection->engine, NULL) == WEFT_OK) {
        if (connection->bonds != NULL || connection->inner != NULL)
            wefti_within_close(connection);
        abandon_results(connection, WEFTI_RESULTS_ALL, "its connection was closed");
        if (connection->begun)
            roll_back(connection, wefti_deadline_after_ms(ROLLBACK_TIMEOUT_MS));
        if (connection->dbc != NULL)
            give_up(connection);
    }
    connection->engine = NULL;
    connection->dbc = NULL;
}

weft_status wefti_connection_not_usable(const weft_connection *connection, weft_error *error)
{
    if (connection == NULL)
        return misuse(error, "the connection is NULL", "look at the status of the call that should have given one");
    if (connection->engine == NULL)
        return misuse(error, "the connection is closed", "take one with weft_engine_connect");
    weft_status status = wefti_engine_check(connection->engine, error);
    if (status != WEFT_OK || !connection->failed)
        return status;
    wefti_error_copy(error, &connection->failure);
    wefti_error_prefix(error, "the transaction failed and must be rolled back");
    if (error != NULL)
        error->nothing_sent = true;
    return connection->failure.status;
}

weft_status wefti_connection_another(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    if (connection->event || connection->outer != NULL)
        return wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the connection was lost, and its transaction with it");
    if (connection->dbc != NULL)
        give_up(connection);
    return check_out(connection, connection->engine, deadline, error);
}

void wefti_connection_lend(weft_connection *lent, const weft_connection *owner, weft_engine *engine, uint32_t timeout_ms)
{
    *lent = (weft_connection){.engine = engine,
                              .driver = engine->driver,
                              .dbc = owner->dbc,
                              .options = {.timeout_ms = timeout_ms, .autocommit = true},
                              .borrowed = true,
                              .event = true,
                              .file = owner->file,
                              .line = owner->line};
}

bool wefti_connection_lent_back(weft_connection *lent)
{
    abandon_results(lent, WEFTI_RESULTS_ALL, "its event has ended");
    if (lent->begun)
        roll_back(lent, wefti_deadline_after_ms(ROLLBACK_TIMEOUT_MS));
    return !lent->lost;
}

weft_status wefti_connection_failed(weft_connection *connection, weft_status status, weft_error *error)
{
    wefti_tx_state state = connection->driver->state(connection->dbc);
    if (state == WEFTI_TX_BROKEN || state == WEFTI_TX_ACTIVE || connection->dbc->misplaced)
        connection->lost = true;
    if (!connection->begun || connection->failed)
        return status;
    connection->failed = state != WEFTI_TX_OPEN;
    if (error != NULL && error->status != WEFT_OK)
        wefti_error_copy(&connection->failure, error);
    else
        (void)wefti_error_set(&connection->failure, status, "%s", weft_status_name(status));
    return status;
}

/* ---- transactions ---- */

static const char *begin_name(const wefti_begin *begin)
{
    switch (begin->isolation) {
    case WEFTI_ISOLATION_READ_COMMITTED: return begin->read_only ? "BEGIN READ COMMITTED READ ONLY" : "BEGIN READ COMMITTED";
    case WEFTI_ISOLATION_REPEATABLE_READ: return begin->read_only ? "BEGIN REPEATABLE READ READ ONLY" : "BEGIN REPEATABLE READ";
    case WEFTI_ISOLATION_SERIALIZABLE:
        return begin->deferrable  ? "BEGIN SERIALIZABLE READ ONLY DEFERRABLE"
               : begin->read_only ? "BEGIN SERIALIZABLE READ ONLY"
                                  : "BEGIN SERIALIZABLE";
    default: return begin->read_only ? "BEGIN READ ONLY" : "BEGIN";
    }
}

static const char no_isolation[] = "the isolation is none of weft_isolation", use_isolation[] = "use a WEFT_ISOLATION_… value";

static weft_status send_begin(weft_connection *connection, const wefti_begin *begin, wefti_deadline deadline, weft_error *error)
{
    if ((unsigned)begin->isolation > WEFTI_ISOLATION_SERIALIZABLE)
        return misuse(error, no_isolation, use_isolation);
    weft_status status = connection->results != NULL ? wefti_streams_refuse(connection, error) : WEFT_OK;
    if (status == WEFT_OK)
        status = wefti_connection_ready(connection, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (connection->outer != NULL) {
        status = wefti_within_begin(connection, begin, deadline, error);
        if (status != WEFT_OK)
            return status;
        connection->in_transaction = connection->begun = true;
        connection->transactions++;
        return WEFT_OK;
    }
    int64_t start = wefti_trace_start(connection);
    status = connection->driver->begin(connection->dbc, begin, deadline, error);
    wefti_trace_transaction(connection, begin_name(begin), start, status, error);
    if (status != WEFT_OK)
        return wefti_connection_failed(connection, status, error);
    connection->in_transaction = connection->begun = true;
    connection->transactions++;
    return WEFT_OK;
}

weft_status wefti_connection_begin(weft_connection *connection, const wefti_begin *begin, wefti_deadline deadline,
                                   weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (connection->in_transaction)
        return misuse(error, "a transaction is open already",
                      "commit or roll back first, use a savepoint, or open the connection with .autocommit = true");
    return send_begin(connection, begin, deadline, error);
}

wefti_begin wefti_connection_begin_options(const weft_connection *connection)
{
    return (wefti_begin){.isolation = (wefti_isolation)connection->options.isolation,
                         .read_only = connection->options.read_only,
                         .for_write = !connection->options.read_only,
                         .deferrable = connection->options.deferrable,
                         .lazily = true,
                         .keep_id = connection->options.keep_transaction_id};
}

weft_status wefti_connection_autobegin_now(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_begin begin = wefti_connection_begin_options(connection);
    return send_begin(connection, &begin, deadline, error);
}

wefti_deadline wefti_connection_bounded(const weft_connection *connection, wefti_deadline deadline)
{
    uint32_t limit = connection->engine->commit_timeout_ms;
    return deadline != WEFTI_NO_DEADLINE || limit == 0 ? deadline : wefti_deadline_after_ms(limit);
}

/* COMMIT answered ROLLBACK: the transaction is over. Any other failure leaves it to be rolled back by the caller. */
static weft_status commit_failed(weft_connection *connection, weft_status status, weft_error *error)
{
    if (status == WEFT_ERROR_ROLLED_BACK) {
        end_transaction(connection);
        return status;
    }
    (void)wefti_connection_failed(connection, status, error);
    if (!connection->failed) {
        connection->failed = true;
        if (error != NULL && error->status != WEFT_OK)
            wefti_error_copy(&connection->failure, error);
        else
            (void)wefti_error_set(&connection->failure, status, "%s", weft_status_name(status));
    }
    return status;
}

/* The commit of a failed transaction: what PostgreSQL would answer with ROLLBACK and no error. */
static weft_status commit_of_failed(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    weft_error cause = connection->failure;
    roll_back(connection, deadline);
    if (cause.outcome == WEFT_OUTCOME_COMMITTED || cause.outcome == WEFT_OUTCOME_UNKNOWN) {
        wefti_error_copy(error, &cause); /* it is not so that nothing stays */
        return cause.status;
    }
    (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "the transaction had failed and was rolled back instead: %s",
                          cause.message);
    wefti_error_hint(error, "run the whole transaction again when the cause (%s) is gone", weft_status_name(cause.status));
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return WEFT_ERROR_ROLLED_BACK;
}

/* name: of a transaction that is prepared; NULL: it commits. */
static weft_status end_keeping(weft_connection *connection, const char *name, wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    bool failed = connection != NULL && connection->engine != NULL && connection->failed;
    weft_status status = failed ? wefti_engine_check(connection->engine, error) : wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (failed)
        return commit_of_failed(connection, deadline, error);
    if (!connection->begun && name != NULL)
        status = wefti_connection_autobegin(connection, false, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (!connection->begun) {
        end_transaction(connection);
        return WEFT_OK;
    }
    weft_error local;
    if (error == NULL) {
        wefti_error_clear(&local);
        error = &local;
    }
    deadline = wefti_connection_bounded(connection, deadline);
    end_results(connection, WEFTI_RESULTS_STREAMS, deadline, "its transaction was committed");
    if (connection->failed)
        return commit_of_failed(connection, deadline, error);
    if (connection->outer != NULL) {
        status = wefti_within_commit(connection, deadline, error);
    } else {
        int64_t start = wefti_trace_start(connection);
        status = name != NULL ? connection->driver->prepare(connection->dbc, name, deadline, error)
                              : connection->driver->commit(connection->dbc, deadline, error);
        wefti_trace_transaction(connection, name != NULL ? "PREPARE TRANSACTION" : "COMMIT", start, status, error);
    }
    if (status != WEFT_OK)
        return commit_failed(connection, status, error);
    end_transaction(connection);
    return WEFT_OK;
}

weft_status wefti_connection_commit(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    return end_keeping(connection, NULL, deadline, error);
}

weft_status wefti_connection_prepare(weft_connection *connection, const char *name, wefti_deadline deadline, weft_error *error)
{
    return end_keeping(connection, name, deadline, error);
}

weft_status wefti_connection_rollback(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    if (connection->engine == NULL)
        return wefti_connection_usable(connection, error);
    weft_status status = wefti_engine_check(connection->engine, error);
    if (status == WEFT_OK)
        roll_back(connection, deadline);
    return status;
}

/* ---- savepoints ---- */

weft_status wefti_connection_run_savepoint(weft_connection *connection, const char *sql, wefti_deadline deadline, weft_error *error)
{
    return wefti_connection_script(connection, sql, WEFT_LOG_TRANSACTION, wefti_connection_bounded(connection, deadline), error);
}

weft_status wefti_connection_savepoint_within(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    char sql[40];
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (!connection->begun)
        return misuse(error, "a savepoint needs an open transaction", "begin one first");
    (void)snprintf(sql, sizeof sql, "SAVEPOINT weft_%u", connection->base + connection->savepoints + 1u);
    status = wefti_connection_run_savepoint(connection, sql, deadline, error);
    if (status == WEFT_OK)
        connection->savepoints++;
    return status;
}

weft_status wefti_connection_savepoint(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK && connection->savepoints >= WEFTI_MAX_SAVEPOINTS)
        return wefti_error_unsent(wefti_error_set(error, WEFT_ERROR_LIMIT, "more than %d savepoints are open",
                                                  WEFTI_MAX_SAVEPOINTS),
                                  error);
    return status == WEFT_OK ? wefti_connection_savepoint_within(connection, deadline, error) : status;
}

static weft_status no_savepoint(weft_error *error)
{
    return misuse(error, "no savepoint is open", "each savepoint is ended once, by release or by rollback");
}

weft_status wefti_connection_savepoint_release(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    char sql[48];
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (connection->savepoints == 0)
        return no_savepoint(error);
    (void)snprintf(sql, sizeof sql, "RELEASE SAVEPOINT weft_%u", (unsigned)connection->base + connection->savepoints);
    status = wefti_connection_run_savepoint(connection, sql, deadline, error);
    if (status == WEFT_OK)
        connection->savepoints--;
    return status;
}

bool wefti_connection_recovers(weft_connection *connection, wefti_deadline deadline)
{
    WEFTI_NOT_CANCELLED;
    wefti_dbc *dbc = connection->dbc;
    const wefti_deadline limit = wefti_deadline_earlier(deadline, wefti_deadline_after_ms(ROLLBACK_TIMEOUT_MS));
    if (dbc == NULL || dbc->misplaced || connection->driver->state(dbc) != WEFTI_TX_ACTIVE)
        return false;
    abandon_results(connection, WEFTI_RESULTS_STREAMS, "a savepoint was rolled back");
    if (connection->driver->recover(dbc, limit, NULL) != WEFT_OK)
        return false;
    const wefti_tx_state state = connection->driver->state(dbc);
    connection->lost = state != WEFTI_TX_OPEN && state != WEFTI_TX_FAILED;
    return !connection->lost;
}

static weft_status roll_back_to(weft_connection *connection, bool recovered, wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    char sql[96];
    bool recoverable = recovered || (connection->engine != NULL && connection->failed && connection->dbc != NULL &&
                                     !connection->lost && connection->driver->state(connection->dbc) == WEFTI_TX_FAILED);
    weft_status status = recoverable ? wefti_engine_check(connection->engine, error) : wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    if (connection->savepoints == 0)
        return no_savepoint(error);
    deadline = wefti_connection_bounded(connection, deadline);
    end_results(connection, WEFTI_RESULTS_STREAMS, deadline, "a savepoint was rolled back");
    if (connection->lost || connection->dbc == NULL) /* the rest of a stream did not come in time */
        return wefti_connection_usable(connection, error);
    const unsigned number = (unsigned)connection->base + connection->savepoints;
    (void)snprintf(sql, sizeof sql, "ROLLBACK TO SAVEPOINT weft_%u; RELEASE SAVEPOINT weft_%u", number, number);
    status = wefti_connection_run_savepoint(connection, sql, deadline, error);
    if (status == WEFT_OK) {
        connection->savepoints--;
        connection->failed = false;
    }
    return status;
}

weft_status wefti_connection_savepoint_rollback(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    return roll_back_to(connection, false, deadline, error);
}

weft_status wefti_connection_savepoint_recover(weft_connection *connection, wefti_deadline late, wefti_deadline deadline,
                                               weft_error *error)
{
    const bool recovered = connection->engine != NULL && connection->failed && connection->savepoints > 0 &&
                           wefti_engine_check(connection->engine, NULL) == WEFT_OK && wefti_connection_recovers(connection, late);
    if (recovered) /* which may have taken what the call had */
        deadline = wefti_deadline_earlier(late, wefti_deadline_after_ms(ROLLBACK_TIMEOUT_MS));
    return roll_back_to(connection, recovered, deadline, error);
}

/* ---- the public calls ---- */

weft_status weft_engine_connect_at(weft_engine *engine, const char *file, int line, weft_connection **connection,
                                   const weft_connection_options *options, weft_error *error)
{
    if (connection == NULL)
        return misuse(error, "the pointer to the connection is NULL", "give weft_engine_connect a weft_connection ** to fill");
    *connection = NULL;
    if (engine == NULL)
        return misuse(error, "the engine is NULL", "check the status of weft_engine_open");
    if (options != NULL && ((unsigned)options->isolation > WEFT_ISOLATION_SERIALIZABLE))
        return misuse(error, no_isolation, use_isolation);
    if (options != NULL && options->deferrable && !(options->read_only && options->isolation == WEFT_ISOLATION_SERIALIZABLE))
        return misuse(error, ".deferrable is for transactions that are serializable and only read",
                      "set .isolation = WEFT_ISOLATION_SERIALIZABLE and .read_only = true, too");
    weft_connection *made = wefti_calloc(1, sizeof *made);
    if (made == NULL)
        return wefti_error_memory(error);
    weft_status status = wefti_connection_acquire(engine, made, WEFTI_NO_DEADLINE, file, line, error);
    if (status != WEFT_OK) {
        wefti_free(made);
        return status;
    }
    made->borrowed = false;
    if (options != NULL)
        made->options = *options;
    made->options.timeout_ms = wefti_engine_timeout(engine, made->options.timeout_ms);
    *connection = made;
    return WEFT_OK;
}

void weft_connection_close(weft_connection *connection)
{
    if (connection == NULL || connection->borrowed)
        return;
    wefti_connection_release(connection);
    wefti_free(connection);
}

weft_status weft_connection_detach(weft_connection *connection, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_status status = wefti_connection_own_transaction(connection, "weft_connection_detach", error);
    if (status == WEFT_OK && connection != NULL && connection->event)
        return misuse(error, "the connection of an event cannot be detached", "detach one that weft_engine_connect gave");
    if (status == WEFT_OK)
        status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK)
        status = wefti_connection_ready(connection, wefti_connection_deadline(connection), error);
    if (status != WEFT_OK || connection->detached)
        return status;
    wefti_atomic_add_u32(&connection->engine->detached, 1, WEFTI_RELAXED); /* the caller keeps the engine open until the return */
    wefti_pool_detach(connection->engine->pool, connection->dbc);
    connection->detached = true;
    return WEFT_OK;
}

weft_status wefti_connection_own_transaction(const weft_connection *connection, const char *call, weft_error *error)
{
    if (connection == NULL)
        return wefti_connection_usable(connection, error);
    if (connection->session == NULL)
        return wefti_within_free(connection, call, error);
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s on a connection whose transaction is a session's", call);
    wefti_error_hint(error, "use weft_session_commit, weft_session_rollback and weft_session_savepoint");
    return wefti_error_unsent(WEFT_ERROR_MISUSE, error);
}

weft_status weft_connection_begin(weft_connection *connection, weft_error *error)
{
    weft_status status = wefti_connection_own_transaction(connection, "weft_connection_begin", error);
    if (status != WEFT_OK)
        return status;
    wefti_begin begin = wefti_connection_begin_options(connection);
    begin.one_state = true; /* it was asked for */
    return wefti_connection_begin(connection, &begin, wefti_connection_deadline(connection), error);
}

weft_status weft_connection_commit(weft_connection *connection, weft_error *error)
{
    weft_status status = wefti_connection_own_transaction(connection, "weft_connection_commit", error);
    return status != WEFT_OK ? status : wefti_connection_commit(connection, wefti_connection_deadline(connection), error);
}

weft_status weft_connection_rollback(weft_connection *connection, weft_error *error)
{
    /* What works within ends with it: wefti_within_cut. */
    const bool within = connection != NULL && connection->inner != NULL;
    weft_status status = within ? WEFT_OK : wefti_connection_own_transaction(connection, "weft_connection_rollback", error);
    return status != WEFT_OK ? status : wefti_connection_rollback(connection, wefti_connection_deadline(connection), error);
}

weft_status weft_connection_savepoint(weft_connection *connection, weft_error *error)
{
    weft_status status = wefti_connection_own_transaction(connection, "weft_connection_savepoint", error);
    if (status == WEFT_OK)
        status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    wefti_deadline deadline = wefti_connection_deadline(connection);
    if (connection->options.autocommit && !connection->in_transaction)
        return misuse(error, "a savepoint needs an open transaction",
                      "call weft_connection_begin first: the connection is in autocommit");
    status = wefti_connection_autobegin(connection, false, deadline, error);
    return status != WEFT_OK ? status : wefti_connection_savepoint(connection, deadline, error);
}

weft_status weft_connection_release(weft_connection *connection, weft_error *error)
{
    weft_status status = wefti_connection_own_transaction(connection, "weft_connection_release", error);
    return status != WEFT_OK ? status
                             : wefti_connection_savepoint_release(connection, wefti_connection_deadline(connection), error);
}

weft_status weft_connection_rollback_to(weft_connection *connection, weft_error *error)
{
    weft_status status = wefti_connection_own_transaction(connection, "weft_connection_rollback_to", error);
    return status != WEFT_OK
               ? status
               : wefti_connection_savepoint_recover(connection, WEFTI_NO_DEADLINE, wefti_connection_deadline(connection), error);
}

bool weft_connection_in_transaction(const weft_connection *connection) { return connection != NULL && connection->in_transaction; }
