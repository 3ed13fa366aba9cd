/* Events: what an engine tells the program of connections, statements and transactions, so that it can set up database sessions,
 * measure, or refuse. One constant struct per engine, of calls that may each be NULL. */
#ifndef WEFT_EVENT_H
#define WEFT_EVENT_H

#include <weft/log.h>

WEFT_BEGIN_DECLS

typedef struct weft_connection weft_connection;

/* All are called on the thread whose call caused the event, with no lock held, from several threads at once; context is
 * .events_context of the engine's options. A call that returns a status and not WEFT_OK fills *error (.message), or the message
 * says which event it was.
 *
 * The connection that connected, checked_out and checked_in get is theirs until they return: its statements commit one by one
 * (weft_connection_begin opens a transaction, and what is open in the end is rolled back), and each has at most the engine's
 * .timeout_ms and .pool.connect_timeout_ms. What text SQL sets there (SET ROLE, PRAGMA) stays when they return. */
typedef struct weft_events {
    /* A database session is fresh: it was just opened, or what others had left in it was cleared when it came back to the pool
     * (DISCARD ALL, PRAGMAs as weft sets them). Once for each such session, before anything else is run on it and before
     * checked_out. An error closes it, and is that of the call that wanted a connection. */
    weft_status (*connected)(void *context, weft_connection *connection, weft_error *error);
    /* A session or a weft_connection takes it. With WEFT_ERROR_DISCONNECTED it is closed and the next is tried, three in all; with
     * any other error it goes back to the pool. The error is that of the call that wanted a connection. */
    weft_status (*checked_out)(void *context, weft_connection *connection, weft_error *error);
    /* It goes back to the pool, sound and in no transaction. An error closes it and is logged as a warning. */
    weft_status (*checked_in)(void *context, weft_connection *connection, weft_error *error);
    /* A statement is about to be sent, once for a batch of rows; not for BEGIN, COMMIT, savepoints and the like. An error refuses
     * it: nothing is sent, a transaction stays as it is. record has .sql and what is known by then: no rows, no duration. */
    weft_status (*before_statement)(void *context, const weft_log_record *record, weft_error *error);
    /* A statement has ended, its last row included, or has failed: .status, .message. Values are in records of events where
     * .log_values of the engine's options is set, as in those of logs. */
    void (*after_statement)(void *context, const weft_log_record *record);
    /* BEGIN, COMMIT, ROLLBACK, a command of savepoints has ended, or has failed. */
    void (*after_transaction)(void *context, const weft_log_record *record);
} weft_events;

WEFT_END_DECLS

#endif
