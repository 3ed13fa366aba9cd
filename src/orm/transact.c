/* weft_transact: a body in a transaction, run again where the database asks for it.
 *
 * Each attempt is a transaction of its own. What the body returns ends it, but an error of the session outranks that: a handler
 * that returns "not found" because its connection was lost is repeated. Between attempts a random time up to a bound that doubles
 * is waited, so that transactions that met do not meet again. A commit whose outcome is unknown is never repeated. */
#define _POSIX_C_SOURCE 200809L
#include "orm/orm.h"

#include "base/error.h"
#include "base/thread.h"

#include <errno.h>
#include <time.h>

enum { ATTEMPTS = 5, FIRST_WAIT_MS = 2, LONGEST_WAIT_MS = 500 };

typedef weft_status (*transact_body)(weft_session *session, void *context);

/* xorshift64*: good enough to spread waits. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Waits a random time up to the bound of this attempt; false where the deadline would pass meanwhile. */
static bool wait_before(uint32_t attempt, wefti_deadline deadline, uint64_t *random)
{
    uint32_t shift = attempt < 9 ? attempt : 9;
    uint64_t bound_ms = (uint64_t)FIRST_WAIT_MS << shift;
    if (bound_ms > LONGEST_WAIT_MS)
        bound_ms = LONGEST_WAIT_MS;
    int64_t wait_ns = (int64_t)(next_random(random) % (bound_ms * WEFTI_NS_PER_MS));
    if (deadline != WEFTI_NO_DEADLINE && wefti_now_ns() + wait_ns >= deadline)
        return false;
    struct timespec left = { .tv_sec = (time_t)(wait_ns / 1000000000), .tv_nsec = (long)(wait_ns % 1000000000) };
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
    return true;
}

/* The session goes on clean after a failed transaction; the details of the error stay readable. */
static void keep_details(weft_session *session, const weft_error *error)
{
    if (session->error.status != WEFT_OK)
        return;
    session->error = *error;
    session->error.status = WEFT_OK;
}

static weft_status run_savepoint(weft_session *session, transact_body body, void *context)
{
    if (weft_session_savepoint(session) != WEFT_OK)
        return weft_session_status(session);
    weft_status status = body(session, context);
    if (weft_session_status(session) == WEFT_ERROR_WRONG_THREAD)
        return WEFT_ERROR_WRONG_THREAD;
    weft_error error = session->error;
    if (error.status == WEFT_OK && status == WEFT_OK) {
        if (weft_session_savepoint_release(session) == WEFT_OK)
            return WEFT_OK;
        error = session->error;
    }
    if (weft_session_savepoint_rollback(session) != WEFT_OK)
        return weft_session_status(session);
    if (error.status == WEFT_OK)
        return status;
    keep_details(session, &error);
    return error.status;
}

/* One transaction. *error is the session's, status OK where it had none; then the body's status counts. */
static weft_status run_once(weft_session *session, transact_body body, void *context, weft_error *error)
{
    weft_status status = body(session, context);
    if (weft_session_status(session) == WEFT_ERROR_WRONG_THREAD) { /* the body gave the session away */
        wefti_error_copy(error, weft_session_error(session));
        return WEFT_ERROR_WRONG_THREAD;
    }
    *error = session->error;
    if (error->status == WEFT_OK && status == WEFT_OK && weft_session_commit(session) != WEFT_OK)
        *error = session->error;
    if (error->status == WEFT_OK && status == WEFT_OK)
        return WEFT_OK;
    weft_session_rollback(session);
    return error->status != WEFT_OK ? error->status : status;
}

static weft_status run_attempts(weft_session *session, transact_body body, void *context, uint32_t attempts, weft_error *error)
{
    uint64_t random = wefti_thread_number() * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)wefti_now_ns();
    random |= 1;
    for (uint32_t attempt = 0;; attempt++) {
        weft_status status = run_once(session, body, context, error);
        bool again = error->status != WEFT_OK && weft_status_is_retryable(error->status) && error->outcome != WEFT_OUTCOME_UNKNOWN;
        if (!again || attempt + 1 >= attempts || !wait_before(attempt, session->deadline, &random))
            return status;
        wefti_log_text(&session->engine->log, WEFT_LOG_INFO, WEFT_LOG_ORM, "weft_transact: attempt %u of %u after %s: %s",
            attempt + 2, attempts, weft_status_name(error->status), error->message);
    }
}

weft_status weft_transact(weft_session *session, transact_body body, void *context, const weft_transact_options *options)
{
    static const weft_transact_options defaults;
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    if (body == NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_transact was given no body");
    if (options == NULL)
        options = &defaults;
    if (options->savepoint)
        return run_savepoint(session, body, context);
    if (session->in_transaction || wefti_session_has_changes(session))
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
            "weft_transact: the session has %s; commit or roll back first, or give "
            ".savepoint = true", session->in_transaction ? "an open transaction" : "pending changes");
    weft_error error = { 0 };
    const weft_isolation isolation = session->isolation;
    const wefti_deadline deadline = session->deadline;
    if (options->isolation != WEFT_ISOLATION_DEFAULT)
        session->isolation = options->isolation;
    if (options->timeout_ms != 0)
        session->deadline = wefti_deadline_earlier(deadline, wefti_deadline_after_ms(options->timeout_ms));
    weft_status status = run_attempts(session, body, context, options->attempts != 0 ? options->attempts : ATTEMPTS, &error);
    if (status == WEFT_ERROR_WRONG_THREAD && weft_session_status(session) == WEFT_ERROR_WRONG_THREAD)
        return status;
    session->isolation = isolation;
    session->deadline = deadline;
    if (error.status != WEFT_OK)
        keep_details(session, &error);
    return status;
}
