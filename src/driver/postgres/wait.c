/* Waiting for the server. Everything that sleeps is here: it polls the socket until the statement's deadline, and counts the
 * threads of the process that wait in a database. While these are fewer than the cores, a wait begins with up to 50 us of polling
 * without sleeping, because waking an idle core costs more than a short statement (measured: 0.35 of the round trip with one
 * thread, worse than sleeping once threads outnumber cores).
 *
 * Invariants: a deadline that passes leaves the statement running and the connection given_up; nothing is cancelled here. It is
 * looked at on every turn, whether data arrive or not: a server that sends without end does not keep a call. What nobody asked for
 * is not kept (notifications) or only as far as the login allows (see unasked.c). */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SPIN_NS 50000
#define SPIN_MAX_DOUBLINGS 8
#define FREE_TURNS 2          /* of sending and waiting, in each call, before the clock is looked at */
#define RESULTS_AFTER_ERROR 2 /* libpq adds one of its own where the connection ends with the error */
#define LOOK_AGAIN_NS (500 * (int64_t)WEFTI_NS_PER_MS)
#define PROBE_BYTES 512
#define SPIN_ROUNDS 400 /* a bound that holds if the clock stands still */

static atomic_int waiting_threads; /* inside a database wait, process-wide; a hint, so relaxed order suffices */
static atomic_int usable_cores;    /* 0: not counted yet */

static int count_cores(void)
{
    int cores = atomic_load_explicit(&usable_cores, memory_order_relaxed);
    if (cores == 0) {
        cpu_set_t set;
        cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
        if (cores < 1)
            cores = 1;
        atomic_store_explicit(&usable_cores, cores, memory_order_relaxed);
    }
    return cores;
}

/* The caller counts as a waiting thread already: one core at least is left to the server. */
static bool may_spin(void) { return atomic_load_explicit(&waiting_threads, memory_order_relaxed) < count_cores(); }

static int64_t real_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool spin_once(struct pollfd *fd)
{
    int64_t end = real_now_ns() + SPIN_NS;
    for (int i = 0; i < SPIN_ROUNDS; i++) {
        if (poll(fd, 1, 0) > 0)
            return true;
        if (!may_spin() || real_now_ns() > end)
            return false;
    }
    return false;
}

/* True where the socket became ready while spinning. Statements that take longer than a spin, and machines busy with others, make
 * spins fail: each failure in a row doubles the number of waits that go without. */
static bool spin(wefti_postgres_dbc *c, struct pollfd *fd)
{
    if (c->spin_skip > 0) {
        c->spin_skip--;
        return false;
    }
    if (!may_spin())
        return false;
    if (spin_once(fd)) {
        c->spin_failures = 0;
        return true;
    }
    c->spin_failures += c->spin_failures < SPIN_MAX_DOUBLINGS;
    c->spin_skip = (1u << c->spin_failures) - 1;
    return false;
}

/* On a helper thread of the pool the sleep is cut into slices: a pool that closes does not wait for a server that is silent. */
weft_status wefti_postgres_poll(struct pollfd *fd, wefti_deadline deadline)
{
    bool sliced = wefti_thread_can_be_stopped();
    for (;;) {
        if (sliced && wefti_thread_is_to_stop())
            return WEFT_ERROR_CLOSED;
        wefti_deadline end = sliced ? wefti_deadline_earlier(deadline, wefti_now_ns() + WEFTI_STOP_LOOK_NS) : deadline;
        int ready = poll(fd, 1, wefti_deadline_poll_ms(end));
        if (ready > 0)
            return WEFT_OK;
        if (ready < 0 && errno != EINTR)
            return WEFT_ERROR_IO;
        if (wefti_deadline_passed(deadline))
            return WEFT_ERROR_TIMEOUT;
    }
}

static weft_status give_up(wefti_postgres_dbc *c, weft_error *error)
{
    c->given_up = true;
    return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline passed while waiting for PostgreSQL");
}

/* Short statements do not pay for a look at the clock that the sleep makes by itself. */
static bool is_late(wefti_postgres_dbc *c, wefti_deadline deadline)
{
    return c->turns++ >= FREE_TURNS && wefti_deadline_passed(deadline);
}

/* Where libpq had no memory for a message that has arrived, nothing more may come: it is asked again now and then, and where there
 * is still no memory the wait ends. WEFT_OK then means: look again. */
static weft_status poll_for_a_while(struct pollfd *fd, wefti_deadline deadline)
{
    weft_status status = wefti_postgres_poll(fd, wefti_deadline_earlier(deadline, wefti_now_ns() + LOOK_AGAIN_NS));
    if (status != WEFT_ERROR_TIMEOUT || wefti_deadline_passed(deadline))
        return status;
    void *probe = wefti_malloc(PROBE_BYTES);
    wefti_free(probe);
    return probe != NULL ? WEFT_OK : WEFT_ERROR_NO_MEMORY;
}

weft_status wefti_postgres_wait(wefti_postgres_dbc *c, short events, wefti_deadline deadline, weft_error *error)
{
    if (is_late(c, deadline))
        return give_up(c, error);
    if (c->turns > FREE_TURNS)
        c->brief_notified += wefti_postgres_drop_notifications(c->pg);
    struct pollfd fd = {.fd = PQsocket(c->pg), .events = events};
    if (fd.fd < 0) {
        c->broken = true;
        return wefti_postgres_lost(c, error);
    }
    weft_status status = WEFT_OK;
    atomic_fetch_add_explicit(&waiting_threads, 1, memory_order_relaxed);
    if ((events & POLLOUT) != 0 || !spin(c, &fd))
        status = poll_for_a_while(&fd, deadline);
    atomic_fetch_sub_explicit(&waiting_threads, 1, memory_order_relaxed);
    if (status == WEFT_ERROR_TIMEOUT)
        return give_up(c, error);
    if (status == WEFT_ERROR_CLOSED) {
        c->broken = true;
        return wefti_error_set(error, status, "given up waiting for PostgreSQL: the pool is closing");
    }
    if (status == WEFT_ERROR_NO_MEMORY) {
        c->broken = true;
        return wefti_error_memory(error);
    }
    if (status != WEFT_OK) {
        c->broken = true;
        (void)wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "poll on the connection failed: error %d", errno);
        return WEFT_ERROR_DISCONNECTED;
    }
    return WEFT_OK;
}

/* The server may be unable to read on until it has got rid of answers. PQflush reads where it cannot send all, once. What has come
 * is taken out of libpq's buffer each time, because the buffer doubles where libpq reads twice in between. */
weft_status wefti_postgres_flush(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    if (is_late(c, deadline)) /* a server that reads as fast as rows are sent lets nobody wait */
        return give_up(c, error);
    for (;;) {
        int left = wefti_pq_flush(c->pg);
        if (left == 0)
            return WEFT_OK;
        if (left < 0) {
            c->broken = true;
            return wefti_postgres_lost(c, error);
        }
        (void)wefti_pq_is_busy(c->pg);
        c->server_spoke = true; /* perhaps: an answer may have been read */
        weft_status status = wefti_postgres_wait(c, POLLIN | POLLOUT, deadline, error);
        if (status == WEFT_OK && c->copying)
            status = wefti_postgres_copy_within_bounds(c, error);
        if (status != WEFT_OK)
            return status;
    }
}

/* The errno is a hint: nothing but this follows from it. */
bool wefti_postgres_read(wefti_postgres_dbc *c)
{
    errno = 0;
    if (wefti_pq_consume(c->pg) == 1)
        return true;
    c->dbc.silent = errno == ETIMEDOUT || errno == EHOSTUNREACH || errno == ENETUNREACH || errno == EHOSTDOWN;
    return false;
}

/* In a pipeline libpq has failed to make a result of what it read, and waits for what has come already. */
static weft_status out_of_step(wefti_postgres_dbc *c, weft_error *error)
{
    c->broken = true;
    if (wefti_postgres_is_memory(PQerrorMessage(c->pg)))
        return wefti_error_memory(error);
    return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL's answer could not be read");
}

/* libpq tells that a copy goes on, again and again, until somebody ends it: who does not expect one would read for ever. */
static bool copy_goes_on(wefti_postgres_dbc *c, const PGresult *result)
{
    ExecStatusType state = PQresultStatus(result);
    bool told = c->copy_told;
    c->copy_told = state == PGRES_COPY_IN || state == PGRES_COPY_OUT || state == PGRES_COPY_BOTH;
    return told && c->copy_told;
}

weft_status wefti_postgres_next(wefti_postgres_dbc *c, wefti_deadline deadline, PGresult **result, weft_error *error)
{
    *result = NULL;
    while (wefti_pq_is_busy(c->pg)) {
        if (PQpipelineStatus(c->pg) != PQ_PIPELINE_OFF && PQerrorMessage(c->pg)[0] != '\0')
            return out_of_step(c, error);
        weft_status status = wefti_postgres_wait(c, POLLIN, deadline, error);
        if (status == WEFT_OK && c->brief)
            status = wefti_postgres_brief_within_bounds(c, error);
        if (status != WEFT_OK)
            return status;
        if (!wefti_postgres_read(c))
            break; /* lost: PQgetResult does not block now and tells why */
    }
    if (wefti_pq_is_busy(c->pg)) { /* it would block: libpq had no memory to read into */
        c->broken = true;
        return wefti_error_memory(error);
    }
    *result = wefti_pq_get_result(c->pg);
    if (*result != NULL && PQresultStatus(*result) == PGRES_FATAL_ERROR)
        c->server_spoke = c->server_spoke || PQresultErrorField(*result, PG_DIAG_SQLSTATE) != NULL;
    if (*result != NULL && PQresultStatus(*result) == PGRES_PIPELINE_SYNC && c->syncs_pending > 0)
        c->syncs_pending--;
    if (PQstatus(c->pg) == CONNECTION_BAD)
        c->broken = true;
    if (copy_goes_on(c, *result)) {
        PQclear(*result);
        *result = NULL;
        c->broken = true;
        return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL waits for a COPY that is not going on");
    }
    /* libpq ends a result where a second description of rows begins, and in a pipeline drops the rows that follow. */
    if (*result != NULL && PQresultStatus(*result) == PGRES_TUPLES_OK && PQcmdStatus(*result)[0] == '\0') {
        PQclear(*result);
        *result = NULL;
        c->broken = true;
        return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL's answer has rows and no end");
    }
    return WEFT_OK;
}

weft_status wefti_postgres_no_answer(wefti_postgres_dbc *c, weft_error *error)
{
    c->broken = true;
    return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL says that it is ready and has not answered a statement");
}

weft_status wefti_postgres_no_copy(wefti_postgres_dbc *c, weft_error *error)
{
    c->broken = true;
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "COPY to or from the client cannot be run as a statement");
    wefti_error_hint(error, "weft_insert_many writes by COPY, and a stream gives rows one by one");
    return WEFT_ERROR_MISUSE;
}

weft_status wefti_postgres_finish_command(wefti_postgres_dbc *c, wefti_deadline deadline, PGresult **result, weft_error *error)
{
    PGresult *kept = NULL;
    weft_status status;
    int after_error = 0;
    for (;;) {
        PGresult *next = NULL;
        status = wefti_postgres_next(c, deadline, &next, error);
        if (status != WEFT_OK || next == NULL)
            break;
        ExecStatusType state = PQresultStatus(next);
        if (state == PGRES_COPY_IN || state == PGRES_COPY_OUT || state == PGRES_COPY_BOTH) {
            PQclear(next);
            status = wefti_postgres_no_copy(c, error);
            break;
        }
        if (state == PGRES_PIPELINE_SYNC) {
            PQclear(next);
            status = wefti_postgres_no_answer(c, error);
            break;
        }
        if (kept != NULL && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(next);
            if (++after_error <= RESULTS_AFTER_ERROR)
                continue;
            c->broken = true;
            status = wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL goes on after an error");
            break;
        }
        PQclear(kept);
        kept = next;
    }
    if (status != WEFT_OK) {
        PQclear(kept);
        return status;
    }
    if (kept == NULL) {
        c->broken = true;
        return wefti_postgres_lost(c, error);
    }
    *result = kept;
    return WEFT_OK;
}
