/* weft_transact: a body in a transaction, run again where the database asks for it.
 *
 * Each attempt is a transaction of its own, which the first statement of the body begins, be it a read: what the body has read is
 * what it writes upon. What the body returns ends it, but an error of the session outranks that: a handler that returns "not found"
 * because its connection was lost is repeated. Between attempts a random time up to a bound that doubles is waited, so that
 * transactions that met do not meet again. The bound is also a part of the time that is left: who has lost often is not to be
 * overtaken for ever by those that come fresh, and tries the more often the nearer the end of the budget is.
 *
 * Objects that were not stale when weft_transact was called keep what was read of them through all attempts: the program may have
 * made its decision upon it. That such a row has changed is told and never repeated, and neither is a commit whose outcome is
 * unknown. */
#define _POSIX_C_SOURCE 200809L
#include "object/object.h"

#include "base/error.h"
#include "base/thread.h"

#include <errno.h>
#include <time.h>

enum { BUDGET_MS = 10000, FIRST_WAIT_MS = 2, LONGEST_WAIT_MS = 500, PART_OF_THE_REST = 64 };

typedef weft_status (*transact_body)(weft_session *session, void *context);

/* xorshift64*: good enough to spread waits. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Waits a random time up to the bound of this attempt; false where the budget is used up. */
static bool wait_before(uint32_t attempt, wefti_deadline budget, uint64_t *random)
{
    int64_t left_ns = budget - wefti_now_ns();
    if (left_ns <= 0)
        return false;
    uint32_t shift = attempt < 8 ? attempt : 8;
    uint64_t bound_ns = ((uint64_t)FIRST_WAIT_MS << shift) * WEFTI_NS_PER_MS;
    if (bound_ns > (uint64_t)LONGEST_WAIT_MS * WEFTI_NS_PER_MS)
        bound_ns = (uint64_t)LONGEST_WAIT_MS * WEFTI_NS_PER_MS;
    if (bound_ns > (uint64_t)left_ns / PART_OF_THE_REST)
        bound_ns = (uint64_t)left_ns / PART_OF_THE_REST;
    int64_t wait_ns = (int64_t)(next_random(random) % (bound_ns + 1));
    struct timespec left = {.tv_sec = (time_t)(wait_ns / 1000000000), .tv_nsec = (long)(wait_ns % 1000000000)};
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

static weft_status ended_itself(weft_error *error, const char *what)
{
    wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_transact: the body ended %s itself", what);
    wefti_error_hint(error, "the body returns WEFT_OK to commit and anything else to roll back; weft_session_commit, _rollback and "
                            "_clear are not for it");
    return error->status;
}

/* ---- as a savepoint ---- */

typedef struct bounds {
    uint32_t hold, depth;
    uint64_t serial;
} bounds;

static bool still_within(const weft_session *session, const bounds *at)
{
    return session->hold == at->hold && session->savepoint_count >= at->depth &&
           session->savepoints[at->depth - 1].serial == at->serial;
}

/* Where weft_transact was called, which is where what it sends comes from; the body's calls note their own. */
typedef struct site {
    const char *file;
    int line;
} site;

static site site_of(const weft_session *session) { return (site){session->file, session->line}; }
static weft_session *from_site(weft_session *session, const site *at) { return weft_session_at(session, at->file, at->line); }

/* Also those that the body has left open. */
static weft_status end_savepoints(weft_session *session, const site *at, uint32_t depth, weft_status (*end)(weft_session *session))
{
    weft_status status = WEFT_OK;
    while (status == WEFT_OK && session->savepoint_count >= depth)
        status = end(from_site(session, at));
    return status;
}

static weft_status run_savepoint(weft_session *session, transact_body body, void *context)
{
    const site at_call = site_of(session);
    if ((weft_session_savepoint)(from_site(session, &at_call)) != WEFT_OK)
        return weft_session_status(session);
    const bounds at = {session->hold, session->savepoint_count, session->savepoint_serial};
    weft_status status = body(session, context);
    if (weft_session_status(session) == WEFT_ERROR_WRONG_THREAD)
        return WEFT_ERROR_WRONG_THREAD;
    weft_error error = session->error;
    if (!still_within(session, &at)) { /* what the body did cannot be told from what was done before: all of it must go */
        if (error.status == WEFT_OK)
            (void)ended_itself(&session->error, session->hold == at.hold ? "its savepoint" : "the transaction");
        return session->error.status;
    }
    if (error.status == WEFT_OK && status == WEFT_OK) {
        if (end_savepoints(session, &at_call, at.depth, weft_session_savepoint_release) == WEFT_OK)
            return WEFT_OK;
        error = session->error;
    }
    if (end_savepoints(session, &at_call, at.depth, weft_session_savepoint_rollback) != WEFT_OK)
        return weft_session_status(session);
    if (error.status == WEFT_OK)
        return status;
    keep_details(session, &error);
    return error.status;
}

/* ---- as a transaction ---- */

/* A body that hands on what a savepoint within it failed by, or a call on the session's connection, fails by that itself; one that
 * copes with it returns something else. */
static void take_handed_on(const weft_session *session, weft_status status, weft_error *error)
{
    const weft_connection *connection = &session->connection;
    if (session->in_transaction && connection->failure.status == status)
        *error = connection->failure;
    else if (session->undone.status == status)
        *error = session->undone;
}

/* One transaction. *error is the session's, status OK where it had none; then the body's status counts. */
static weft_status run_once(weft_session *session, transact_body body, void *context, weft_error *error)
{
    const uint32_t hold = session->hold;
    const site at_call = site_of(session);
    session->aged = session->changed_before = false;
    session->undone.status = WEFT_OK;
    weft_status status = body(session, context);
    if (weft_session_status(session) == WEFT_ERROR_WRONG_THREAD) { /* the body gave the session away */
        wefti_error_copy(error, weft_session_error(session));
        return WEFT_ERROR_WRONG_THREAD;
    }
    *error = session->error;
    if (session->hold != hold && error->status == WEFT_OK)
        (void)ended_itself(error, "its transaction");
    if (error->status == WEFT_OK && status != WEFT_OK)
        take_handed_on(session, status, error);
    if (error->status == WEFT_OK && status == WEFT_OK && (weft_session_commit)(from_site(session, &at_call)) != WEFT_OK)
        *error = session->error;
    if (error->status == WEFT_OK && status == WEFT_OK)
        return WEFT_OK;
    (weft_session_rollback)(from_site(session, &at_call)); /* notes it for the next attempt */
    return error->status != WEFT_OK ? error->status : status;
}

/* Bound to a connection whose own transaction has failed or gone: nothing that is done within it can mend that. */
static bool has_lost_its_ground(const weft_session *session)
{
    return session->is_bound && (session->bond.outer == NULL || session->bond.outer->failed);
}

static bool is_repeatable(const weft_session *session, const weft_error *error)
{
    return !has_lost_its_ground(session) && weft_status_is_retryable(error->status) && error->outcome != WEFT_OUTCOME_UNKNOWN &&
           !(error->status == WEFT_ERROR_STALE && session->changed_before);
}

/* most: 0 for any number of attempts. */
static weft_status run_attempts(weft_session *session, transact_body body, void *context, uint32_t most, weft_error *error)
{
    uint64_t random = wefti_thread_number() * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t)wefti_now_ns();
    wefti_deadline budget = session->deadline != WEFTI_NO_DEADLINE ? session->deadline : wefti_deadline_after_ms(BUDGET_MS);
    char reason[200] = "";
    random |= 1;
    for (uint32_t attempt = 0;; attempt++) {
        weft_status status = run_once(session, body, context, error);
        bool again = error->status != WEFT_OK && session->transacting && is_repeatable(session, error);
        if (error->status == WEFT_ERROR_TIMEOUT && attempt > 0 && error->hint[0] == '\0')
            wefti_error_hint(error, "the body was run %u times; before the last one it failed by: %s", attempt + 1, reason);
        if (!again || (most != 0 && attempt + 1 >= most) || !wait_before(attempt, budget, &random))
            return status;
        wefti_error_field(reason, sizeof reason, error->message);
        wefti_log_text(&session->engine->log, WEFT_LOG_INFO, WEFT_LOG_ORM, "weft_transact: attempt %u after %s: %s", attempt + 2,
                       weft_status_name(error->status), error->message);
    }
}

/* What weft_transact changes of the session for as long as it runs. */
typedef struct outside {
    weft_isolation isolation;
    wefti_deadline deadline;
    bool read_only;
} outside;

static outside go_inside(weft_session *session, const weft_transact_options *options)
{
    const outside before = {session->isolation, session->deadline, session->read_only};
    if (options->isolation != WEFT_ISOLATION_DEFAULT)
        session->isolation = options->isolation;
    if (options->timeout_ms != 0)
        session->deadline = wefti_deadline_earlier(before.deadline, wefti_deadline_after_ms(options->timeout_ms));
    session->read_only = session->read_only || options->read_only;
    session->called = session->generation++;
    session->transacting = true;
    return before;
}

static void come_back(weft_session *session, const outside *before)
{
    session->isolation = before->isolation;
    session->deadline = before->deadline;
    session->read_only = before->read_only;
    session->called = 0;
    session->transacting = false;
}

weft_status(weft_transact)(weft_session *session, transact_body body, void *context, const weft_transact_options *options)
{
    static const weft_transact_options defaults;
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    if (body == NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_transact was given no body");
    if (options == NULL)
        options = &defaults;
    if ((unsigned)options->isolation > WEFT_ISOLATION_SERIALIZABLE)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_transact: .isolation is %d, which is no weft_isolation",
                                  (int)options->isolation);
    if (options->savepoint)
        return run_savepoint(session, body, context);
    if (session->in_transaction || session->transacting || wefti_session_has_changes(session))
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                  "weft_transact: the session has %s; commit or roll back first, or give "
                                  ".savepoint = true",
                                  session->in_transaction || session->transacting ? "an open transaction" : "pending changes");
    weft_error error = {0};
    const outside before = go_inside(session, options);
    weft_status status = run_attempts(session, body, context, options->attempts, &error);
    if (status == WEFT_ERROR_WRONG_THREAD && weft_session_status(session) == WEFT_ERROR_WRONG_THREAD)
        return status;
    come_back(session, &before);
    if (error.status != WEFT_OK)
        keep_details(session, &error);
    return status;
}
