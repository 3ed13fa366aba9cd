/* Fairness: threads on two connections, each held for a millisecond, and half of them ask again the moment they have returned.
 * Every checkout draws a number before it asks; when it is served, those with smaller numbers that still wait have been passed.
 * Checked: nobody is passed more often than there are connections and threads within their barging window, but for a few whom
 * the scheduler stopped between drawing and asking (one in a hundred); nobody gets less than half of the average. For comparison
 * the same threads then do the same with a mutex and a queue, first in first out, for half of the time; its figures are printed.
 *
 *   stress_pool_starves_nobody [--threads N] [--seconds N] [--seed N]
 */
#define _GNU_SOURCE
#include "base/atomic.h"
#include "base/memory.h"
#include "pool/pool.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fifo_pool.h"
#include "measure.h"

enum { CONNECTIONS = 2, HOLD_US = 1000, PASSED_AT_MOST = 2 * CONNECTIONS };

typedef struct worker {
    pthread_t thread;
    uint64_t random, cycles, passed_often, most_passed, least;
    bool greedy;
    wefti_atomic_u64 number; /* 0: does not wait */
    wefti_atomic_u64 passed; /* by how many, in this wait */
    stress_latency waits;
} WEFTI_CACHE_ALIGNED worker;

static wefti_pool *pool; /* NULL: it is fifo's turn */
static fifo_pool fifo;
static worker workers[STRESS_MOST_THREADS];
static int worker_count;
static wefti_atomic_u64 last_number;

static weft_status plain_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    (void)deadline, (void)error;
    *dbc = wefti_calloc(1, sizeof **dbc);
    if (*dbc == NULL)
        return WEFT_ERROR_NO_MEMORY;
    (*dbc)->driver = target->driver;
    return WEFT_OK;
}
static void plain_close(wefti_dbc *dbc) { wefti_free(dbc); }
static wefti_tx_state plain_state(wefti_dbc *dbc) { return dbc->dirty ? WEFTI_TX_OPEN : WEFTI_TX_IDLE; }
static bool plain_alive(wefti_dbc *dbc, weft_error *error) { return dbc != NULL || error == NULL; }
static weft_status plain_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)dbc, (void)deadline, (void)error;
    return WEFT_OK;
}
static const wefti_driver plain_driver = {
    .name = "plain",
    .in_process = true,
    .open = plain_open,
    .close = plain_close,
    .state = plain_state,
    .alive = plain_alive,
    .ping = plain_ping,
    .reset = plain_ping,
    .recover = plain_ping,
};

static void note_passed(uint64_t number)
{
    for (int i = 0; i < worker_count; i++) {
        uint64_t other = wefti_atomic_load_u64(&workers[i].number, WEFTI_SEQ_CST);
        if (other != 0 && other < number)
            wefti_atomic_add_u64(&workers[i].passed, 1, WEFTI_RELAXED);
    }
}

static void *take(void)
{
    if (pool == NULL)
        return fifo_pool_take(&fifo);
    wefti_dbc *dbc;
    weft_status status = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &dbc, NULL);
    if (status != WEFT_OK)
        stress_broken("a checkout failed: %s", weft_status_name(status));
    return dbc;
}

static void give(void *connection)
{
    if (pool == NULL)
        fifo_pool_give(&fifo, connection);
    else
        wefti_pool_checkin(pool, connection, false);
}

static void *work(void *argument)
{
    worker *w = argument;
    while (!atomic_load(&stress_stop)) {
        wefti_atomic_store_u64(&w->passed, 0, WEFTI_RELAXED);
        uint64_t number = wefti_atomic_add_u64(&last_number, 1, WEFTI_SEQ_CST) + 1;
        wefti_atomic_store_u64(&w->number, number, WEFTI_SEQ_CST);
        int64_t start = stress_now_ns();
        void *connection = take();
        wefti_atomic_store_u64(&w->number, 0, WEFTI_SEQ_CST);
        stress_latency_count(&w->waits, stress_now_ns() - start);
        if (connection == NULL)
            break;
        note_passed(number);
        uint64_t passed = wefti_atomic_load_u64(&w->passed, WEFTI_RELAXED);
        w->passed_often += passed > PASSED_AT_MOST;
        w->most_passed = passed > w->most_passed ? passed : w->most_passed;
        w->cycles++;
        nanosleep(&(struct timespec){.tv_nsec = HOLD_US * 1000}, NULL);
        give(connection);
        if (!w->greedy)
            nanosleep(&(struct timespec){.tv_nsec = 1000 * (long)stress_pick(&w->random, 500)}, NULL);
    }
    return NULL;
}

/* Runs the workers for so long and prints what came of it. */
static worker run(const char *name, stress_options options, int seconds)
{
    worker sum = {.most_passed = 0};
    options.seconds = seconds;
    worker_count = options.threads;
    memset(workers, 0, sizeof workers);
    for (int i = 0; i < worker_count; i++) {
        workers[i].random = options.seed + (uint64_t)i;
        workers[i].greedy = i % 2 == 0;
    }
    stress_run(&options, work, workers, sizeof workers[0]);
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < worker_count; i++) {
        sum.cycles += workers[i].cycles;
        sum.passed_often += workers[i].passed_often;
        sum.most_passed = workers[i].most_passed > sum.most_passed ? workers[i].most_passed : sum.most_passed;
        least = workers[i].cycles < least ? workers[i].cycles : least;
        stress_latency_add(&sum.waits, &workers[i].waits);
    }
    sum.least = least;
    printf("%s: %" PRIu64 " checkouts, %.0f a second; %.1f by a thread on average, %" PRIu64
           " at least; passed more than %d times: %" PRIu64 ", most %" PRIu64 "\n",
           name, sum.cycles, (double)sum.cycles / seconds, (double)sum.cycles / worker_count, least, PASSED_AT_MOST,
           sum.passed_often, sum.most_passed);
    stress_latency_print("checkout", &sum.waits);
    return sum;
}

static void judge(const worker *sum)
{
    double average = (double)sum->cycles / worker_count;
    if (sum->passed_often * 100 > sum->cycles)
        stress_broken("%" PRIu64 " of %" PRIu64 " checkouts were passed more than %d times", sum->passed_often, sum->cycles,
                      PASSED_AT_MOST);
    if (average >= 20 && (double)sum->least < average / 2)
        stress_broken("a thread had %" PRIu64 " turns where %.0f is the average", sum->least, average);
}

int main(int argc, char **argv)
{
    stress_options options = {.threads = 32, .seconds = 5};
    if (!stress_options_read(&options, argc, argv))
        return 2;
    wefti_target target = {.driver = &plain_driver};
    weft_pool_options knobs = {.size = CONNECTIONS, .max_overflow = WEFT_NONE};
    weft_error error = {0};
    if (wefti_pool_open(&pool, &target, &knobs, NULL, &error) != WEFT_OK)
        return fprintf(stderr, "%s\n", error.message), 2;
    worker sum = run("weft", options, options.seconds);
    judge(&sum);
    if (wefti_pool_close(pool, wefti_now_ns() + (int64_t)5000 * WEFTI_NS_PER_MS, &error) != WEFT_OK)
        stress_broken("%s", error.message);
    wefti_pool_free(pool);
    pool = NULL;
    if (stress_broken_count() == 0) {
        atomic_store(&stress_stop, false);
        fifo_pool_init(&fifo, CONNECTIONS);
        run("mutex, first in first out", options, (options.seconds + 1) / 2);
        fifo_pool_end(&fifo);
    }
    return stress_broken_count() == 0 ? 0 : 1;
}
