/* Waiting for other writers, and ending long computations: both look at the deadline of the call that is running.
 *
 * SQLite has no queue of waiters, so a busy connection tries again after a pause that doubles from 50 us to 3.2 ms, each with a
 * random part: without it, equal pauses make the same connections collide again. */
#define _POSIX_C_SOURCE 200809L
#include "driver/sqlite/sqlite.h"

#include <time.h>

#define FIRST_PAUSE_NS 50000
#define DOUBLINGS 6

static uint64_t next_random(wefti_sqlite_dbc *c)
{
    c->jitter ^= c->jitter << 13; /* xorshift64; the state is never 0 */
    c->jitter ^= c->jitter >> 7;
    c->jitter ^= c->jitter << 17;
    return c->jitter;
}

int wefti_sqlite_busy(void *dbc, int count)
{
    wefti_sqlite_dbc *c = dbc;
    int64_t now = wefti_now_ns();
    if (c->busy_until_ns == 0) { /* the first wait of this call */
        c->busy_until_ns = now + (int64_t)c->config->busy_timeout_ms * WEFTI_NS_PER_MS;
        if (c->deadline < c->busy_until_ns)
            c->busy_until_ns = c->deadline;
    }
    if (now >= c->busy_until_ns)
        return 0;
    int64_t longest = (int64_t)FIRST_PAUSE_NS << (count < DOUBLINGS ? count : DOUBLINGS);
    int64_t pause = longest / 2 + (int64_t)(next_random(c) % (uint64_t)(longest / 2));
    if (pause > c->busy_until_ns - now)
        pause = c->busy_until_ns - now;
    struct timespec time = {.tv_sec = 0, .tv_nsec = (long)pause};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL); /* a signal ends it early: that is one more try */
    return 1;
}

int wefti_sqlite_progress(void *dbc)
{
    wefti_sqlite_dbc *c = dbc;
    return wefti_deadline_passed(c->deadline) ? 1 : 0;
}
