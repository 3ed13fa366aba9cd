/* The pool over a driver that fails at random: opens that fail or hang, connections that die in use or idle, are left in a
 * transaction or with a statement running, cannot be reset or recovered, and expire. While it runs, readers watch that no
 * connection has two holders, none is used after its close, and never more exist than size and overflow together; every checkout
 * ends near its deadline at the latest. At the end slots, counters and the driver's own count agree within five seconds, and
 * nothing is left after close.
 *
 *   stress_pool_never_exceeds_max [--threads N] [--seconds N] [--seed N]
 */
#define _GNU_SOURCE
#include "base/atomic.h"
#include "base/error.h"
#include "base/memory.h"
#include "pool/pool.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "measure.h"

enum { SIZE = 6, OVERFLOW = 3, TIMEOUT_MS = 400, SLACK_MS = 5000 };

typedef struct faulty_dbc {
    wefti_dbc dbc;
    wefti_atomic_u32 holders, tx, dead;
    uint64_t mark; /* gone once it is closed */
} faulty_dbc;

typedef struct worker {
    pthread_t thread;
    uint64_t random;
    uint64_t cycles, timeouts, failures;
    stress_latency waits;
} worker;

static const uint64_t MARK = UINT64_C(0x77656674706f6f6c);
static wefti_pool *pool;
static wefti_atomic_u32 open_now;
static wefti_atomic_u64 driver_random, last_number;

static uint32_t chance(uint32_t of)
{
    uint64_t state = wefti_atomic_add_u64(&driver_random, UINT64_C(0x9e3779b97f4a7c15), WEFTI_RELAXED);
    return (uint32_t)(stress_random(&state) % of);
}

static void pause_ms(uint32_t ms) { nanosleep(&(struct timespec){.tv_nsec = (long)ms * WEFTI_NS_PER_MS}, NULL); }

static faulty_dbc *checked(wefti_dbc *dbc)
{
    faulty_dbc *f = (faulty_dbc *)(void *)dbc;
    if (f->mark != MARK)
        stress_broken("a connection is used after its close");
    return f;
}

static weft_status faulty_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    (void)deadline;
    if (chance(25) == 0)
        pause_ms(50 + chance(250)); /* a login that hangs */
    if (chance(10) == 0)
        return wefti_error_set(error, WEFT_ERROR_CONNECT, "connection refused");
    faulty_dbc *f = wefti_calloc(1, sizeof *f);
    if (f == NULL)
        return wefti_error_memory(error);
    f->dbc.driver = target->driver;
    f->dbc.number = wefti_atomic_add_u64(&last_number, 1, WEFTI_RELAXED) + 1;
    f->mark = MARK;
    if (wefti_atomic_add_u32(&open_now, 1, WEFTI_RELAXED) >= SIZE + OVERFLOW)
        stress_broken("more connections than size and overflow allow");
    *dbc = &f->dbc;
    return WEFT_OK;
}

static void faulty_close(wefti_dbc *dbc)
{
    faulty_dbc *f = checked(dbc);
    if (wefti_atomic_load_u32(&f->holders, WEFTI_RELAXED) != 0)
        stress_broken("a connection in use is closed");
    f->mark = 0;
    wefti_atomic_add_u32(&open_now, UINT32_MAX, WEFTI_RELAXED);
    wefti_free(f);
}

static wefti_tx_state faulty_state(wefti_dbc *dbc)
{
    faulty_dbc *f = checked(dbc);
    return wefti_atomic_load_u32(&f->dead, WEFTI_RELAXED) != 0 ? WEFTI_TX_BROKEN
                                                               : (wefti_tx_state)wefti_atomic_load_u32(&f->tx, WEFTI_RELAXED);
}

static bool faulty_alive(wefti_dbc *dbc, weft_error *error)
{
    (void)error;
    return wefti_atomic_load_u32(&checked(dbc)->dead, WEFTI_RELAXED) == 0;
}

static weft_status faulty_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)deadline;
    if (chance(20) == 0)
        pause_ms(30);
    return faulty_alive(dbc, error) && chance(20) != 0 ? WEFT_OK : wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "gone");
}

static weft_status faulty_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)deadline;
    if (chance(20) == 0)
        return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "no answer to ROLLBACK");
    wefti_atomic_store_u32(&checked(dbc)->tx, WEFTI_TX_IDLE, WEFTI_RELAXED);
    return WEFT_OK;
}

static weft_status faulty_recover(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    pause_ms(chance(20));
    return faulty_reset(dbc, deadline, error);
}

static const wefti_driver faulty_driver = {
    .name = "faulty",
    .open = faulty_open,
    .close = faulty_close,
    .state = faulty_state,
    .alive = faulty_alive,
    .ping = faulty_ping,
    .reset = faulty_reset,
    .recover = faulty_recover,
};

static void use(worker *w, wefti_dbc *dbc)
{
    faulty_dbc *f = checked(dbc);
    if (wefti_atomic_add_u32(&f->holders, 1, WEFTI_RELAXED) != 0)
        stress_broken("a connection has two holders");
    if (wefti_atomic_load_u32(&f->tx, WEFTI_RELAXED) != WEFTI_TX_IDLE)
        stress_broken("a connection was given out inside a transaction");
    int64_t fate = stress_pick(&w->random, 1000);
    if (fate <= 20)
        pause_ms((uint32_t)stress_pick(&w->random, 20));
    else if (fate <= 60)
        wefti_atomic_store_u32(&f->tx, WEFTI_TX_OPEN, WEFTI_RELAXED);
    else if (fate <= 66)
        wefti_atomic_store_u32(&f->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED);
    else if (fate <= 69)
        wefti_atomic_store_u32(&f->dead, 1, WEFTI_RELAXED);
    wefti_atomic_add_u32(&f->holders, UINT32_MAX, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, fate == 1000);
}

static void *work(void *argument)
{
    worker *w = argument;
    while (!atomic_load(&stress_stop)) {
        wefti_dbc *dbc;
        int64_t start = stress_now_ns();
        weft_status status = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &dbc, NULL);
        int64_t waited = stress_now_ns() - start;
        stress_latency_count(&w->waits, waited);
        if (waited > (int64_t)(TIMEOUT_MS + SLACK_MS) * WEFTI_NS_PER_MS)
            stress_broken("a checkout took %" PRId64 " ms", waited / WEFTI_NS_PER_MS);
        if (status == WEFT_OK)
            use(w, dbc);
        w->cycles += status == WEFT_OK;
        /* Where no connection is left and opening fails, the end of the wait is told by the connect error. */
        bool timed_out =
            status == WEFT_ERROR_POOL_TIMEOUT || (status == WEFT_ERROR_CONNECT && waited >= (int64_t)TIMEOUT_MS * WEFTI_NS_PER_MS);
        w->timeouts += timed_out;
        if (status != WEFT_OK && !timed_out)
            stress_broken("a checkout failed: %s", weft_status_name(status));
    }
    return NULL;
}

static void *watch(void *argument)
{
    while (!atomic_load(&stress_stop)) {
        weft_pool_stats stats;
        wefti_pool_stats(pool, &stats);
        if (stats.open + stats.connecting > SIZE + OVERFLOW || stats.in_use > SIZE + OVERFLOW)
            stress_broken("%u connections open, %u connecting", stats.open, stats.connecting);
        uint64_t turn = stats.checkouts % 8;
        if (turn == 3)
            wefti_pool_invalidate(pool);
        else if (turn == 5) {
            wefti_pool_suspend(pool);
            wefti_pool_resume(pool);
        }
        pause_ms(10);
    }
    return argument;
}

static void settle(void)
{
    weft_pool_stats stats;
    int64_t end = stress_now_ns() + (int64_t)5000 * WEFTI_NS_PER_MS;
    bool agree;
    do {
        wefti_pool_stats(pool, &stats);
        uint32_t exist = wefti_atomic_load_u32(&open_now, WEFTI_RELAXED);
        agree = stats.in_use == 0 && stats.waiting == 0 && stats.connecting == 0 && stats.open == exist &&
                stats.idle == stats.open && stats.opened - stats.closed_total == exist;
        if (!agree)
            pause_ms(10);
    } while (!agree && stress_now_ns() < end);
    if (!agree)
        stress_broken("after 5 s: %u open, %u idle, %u in use, %u connecting, %u waiting; the driver has %u; opened %" PRIu64
                      ", closed %" PRIu64,
                      stats.open, stats.idle, stats.in_use, stats.connecting, stats.waiting,
                      wefti_atomic_load_u32(&open_now, WEFTI_RELAXED), stats.opened, stats.closed_total);
    printf("%" PRIu64 " opened, %" PRIu64 " failed to open, %" PRIu64 " hand-offs, %" PRIu64 " pings, %" PRIu64
           " resets; retired: %" PRIu64 " broken, %" PRIu64 " generation, %" PRIu64 " lifetime, %" PRIu64 " idle\n",
           stats.opened, stats.open_failures, stats.hand_offs, stats.pings, stats.resets, stats.retired_broken,
           stats.retired_generation, stats.retired_lifetime, stats.retired_idle);
}

int main(int argc, char **argv)
{
    stress_options options = {.threads = 16, .seconds = 5};
    if (!stress_options_read(&options, argc, argv))
        return 2;
    wefti_atomic_store_u64(&driver_random, options.seed, WEFTI_RELAXED);
    wefti_target target = {.driver = &faulty_driver};
    weft_pool_options knobs = {.size = SIZE,
                               .max_overflow = OVERFLOW,
                               .timeout_ms = TIMEOUT_MS,
                               .max_lifetime_ms = 1000,
                               .keepalive_ms = 1000,
                               .ping_after_ms = 100,
                               .overflow_idle_ms = 100,
                               .min_idle = 1,
                               .use_histogram = true};
    weft_error error = {0};
    if (wefti_pool_open(&pool, &target, &knobs, NULL, &error) != WEFT_OK)
        return fprintf(stderr, "%s\n", error.message), 2;
    static worker workers[STRESS_MOST_THREADS];
    pthread_t watcher;
    for (int i = 0; i < options.threads; i++) {
        workers[i].random = options.seed + (uint64_t)i;
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    pthread_create(&watcher, NULL, watch, NULL);
    stress_wait(options.seconds);
    worker sum = {0};
    for (int i = 0; i < options.threads; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.cycles += workers[i].cycles;
        sum.timeouts += workers[i].timeouts;
        stress_latency_add(&sum.waits, &workers[i].waits);
    }
    pthread_join(watcher, NULL);
    printf("%" PRIu64 " checkouts, %.0f a second, %" PRIu64 " timed out\n", sum.cycles, (double)sum.cycles / options.seconds,
           sum.timeouts);
    stress_latency_print("checkout", &sum.waits);
    settle();
    if (wefti_pool_close(pool, wefti_now_ns() + (int64_t)5000 * WEFTI_NS_PER_MS, &error) != WEFT_OK)
        stress_broken("%s", error.message);
    wefti_pool_free(pool);
    if (wefti_atomic_load_u32(&open_now, WEFTI_RELAXED) != 0)
        stress_broken("%u connections left after close", wefti_atomic_load_u32(&open_now, WEFTI_RELAXED));
    return stress_broken_count() == 0 ? 0 : 1;
}
