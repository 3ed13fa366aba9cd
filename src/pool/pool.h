/* The connection pool: what the engine sees of it. Knows drivers, no SQL. See docs/concurrency.md for the protocol.
 *
 * A connection checked out belongs to the calling thread until it is checked in, detached, or handed to another thread by the
 * program. wefti_dbc.user is the pool's as long as a connection is its own. Without contention checkout and checkin take no lock,
 * allocate nothing and make no system call. */
#ifndef WEFTI_POOL_POOL_H
#define WEFTI_POOL_POOL_H

#include "driver/driver.h"

#include <weft/pool.h>

typedef struct wefti_pool wefti_pool;

/* Opens no connection (unless min_idle asks for some, in the background). target and log must outlive the pool. Fails with
 * WEFT_ERROR_MISUSE (sizes out of range), WEFT_ERROR_NO_MEMORY, WEFT_ERROR_RESOURCE (threads). options may be NULL. */
weft_status wefti_pool_open(wefti_pool **pool, const wefti_target *target, const weft_pool_options *options, const wefti_log *log,
                            weft_error *error);

/* A connection, idle and in no transaction, by the deadline or the pool's timeout, whichever comes first. file (static text, or
 * NULL) and line name the caller in leak reports. Fails with WEFT_ERROR_POOL_TIMEOUT (the message has the last connect error where
 * there was one), with the connect error itself where waiting cannot help (login refused, no such database), WEFT_ERROR_CLOSED,
 * WEFT_ERROR_FORKED, WEFT_ERROR_NO_MEMORY. Then *dbc is NULL. Any thread. */
weft_status wefti_pool_checkout(wefti_pool *pool, wefti_deadline deadline, const char *file, int line, wefti_dbc **dbc,
                                weft_error *error);

/* Takes a connection back: rolls back and resets as needed, closes it where it is broken, too old or discard is set, and hands it
 * to the oldest waiting thread or keeps it. After the call it is not the caller's any more. Any thread; never fails. */
void wefti_pool_checkin(wefti_pool *pool, wefti_dbc *dbc, bool discard);

/* Asks a connection that is checked out for a sign of life: until the deadline, or, where a server may be silent, for no longer
 * than the pool waits for the answer of one that it asks itself; a silent one retires those of its time, likewise. Fails as the
 * driver's ping does. The connection's thread. */
weft_status wefti_pool_ask(wefti_pool *pool, wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);

/* Takes a connection out of the pool for good: the caller closes it with the driver. Its slot becomes free for a new one. */
void wefti_pool_detach(wefti_pool *pool, wefti_dbc *dbc);

void wefti_pool_stats(wefti_pool *pool, weft_pool_stats *stats);

/* Retires every connection made before: idle ones are closed in the background, those that are out when they come back. */
void wefti_pool_invalidate(wefti_pool *pool);

/* Until resume, checkouts wait (within their deadlines) and connections that come back stay idle: for a failover or a
 * maintenance. */
void wefti_pool_suspend(wefti_pool *pool);
void wefti_pool_resume(wefti_pool *pool);

/* Stops the pool: waiting threads and later checkouts get WEFT_ERROR_CLOSED, idle connections are closed, helpers end. Waits for
 * connections that are out until the deadline; WEFT_ERROR_TIMEOUT where some remain: they are closed when they are checked in.
 * Logins and pings under way are given up; a helper that is inside a name lookup, which nothing interrupts, is left behind a tenth
 * of a second past the deadline and ends by itself. The handle stays valid until wefti_pool_free. Calling it again waits again. One
 * thread at a time. */
weft_status wefti_pool_close(wefti_pool *pool, wefti_deadline deadline, weft_error *error);

/* Closes at once where that has not been done, and gives the handle up: no thread may call checkout any more. Connections that are
 * still out may be checked in later, and helpers that were left behind end later; the last one frees the memory. target and log
 * must live until then. NULL is allowed. In a forked child it closes descriptors only. */
void wefti_pool_free(wefti_pool *pool);

#endif
