/* Scoped sessions stay their thread's own while threads come and go.
 *
 * Short-lived threads use a registry: each finds the same session at every call, never one that another living thread holds, and
 * starts without objects of an earlier thread. They add to counters and commit; some end in the middle of a transaction, with
 * uncommitted additions and without weft_scoped_remove, some are cancelled, some give their session up to a later thread, which
 * goes on with it and closes it. A second registry is closed and opened again all the time while threads use it. At the end the
 * counters hold what was committed and nothing else, every connection is back in the pool, and memory has not grown since the run
 * had warmed up.
 *
 *   stress_scoped [--database URL] [--threads N] [--seconds N] [--seed N]
 */
#define _POSIX_C_SOURCE 200809L
#include <weft/weft.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "database.h"
#include "measure.h"

enum { COUNTERS = 8, LIVE = 512 };

WEFT_DECLARE(Counter);
struct Counter {
    int64_t id;
    int64_t value;
};
WEFT_MODEL(Counter, "stress_counter", WEFT_COLUMN(Counter, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Counter, value));
WEFT_METADATA(stress_models, &Counter_model);

static weft_engine *engine;
static weft_scoped *sessions;
static _Atomic(weft_scoped *) passing; /* closed and opened again during the run */
static _Atomic(weft_scoped *) past;    /* the one before it: closed for ever */
static _Atomic(weft_session *) live[LIVE];
static _Atomic(weft_session *) given_up;
static atomic_llong committed;
static atomic_llong threads_run, transactions, dropped, cancelled, closed_seen, handed_over;

typedef struct job {
    uint64_t random;
    int64_t began;
    bool drops;
    stress_latency *latency;
    pthread_mutex_t *latency_lock;
} job;

static int hold(weft_session *s)
{
    for (int i = 0; i < LIVE; i++)
        if (atomic_load(&live[i]) == s)
            stress_broken("two living threads hold one session");
    for (int i = 0; i < LIVE; i++) {
        weft_session *empty = NULL;
        if (atomic_compare_exchange_strong(&live[i], &empty, s))
            return i;
    }
    return -1;
}

static void let_go(int place)
{
    if (place >= 0)
        atomic_store(&live[place], NULL);
}

typedef struct addition {
    int64_t counter, amount;
} addition;

static weft_status add(weft_session *s, void *context)
{
    const addition *a = context;
    const Counter *counter = weft_get(s, Counter, a->counter, .for_update = true);
    if (counter == NULL)
        return weft_session_status(s) == WEFT_OK ? WEFT_ERROR_NOT_FOUND : weft_session_status(s);
    weft_edit(s, Counter, counter)->value += a->amount;
    return WEFT_OK;
}

static void add_and_commit(weft_session *s, uint64_t *random)
{
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old); /* the note belongs to the commit */
    addition a = {stress_pick(random, COUNTERS), stress_pick(random, 9)};
    weft_status status = weft_transact(s, add, &a, &(weft_transact_options){.attempts = 200});
    if (status == WEFT_OK) {
        atomic_fetch_add(&committed, a.amount);
        atomic_fetch_add(&transactions, 1);
    } else if (!weft_status_is_retryable(status)) {
        stress_broken("an addition failed: %s: %s", weft_status_name(status), weft_session_error(s)->message);
    }
    weft_session_rollback(s);
    pthread_setcancelstate(old, NULL);
}

static void use_passing_registry(uint64_t *random)
{
    weft_scoped *registry = atomic_load(&passing);
    if (registry == NULL || stress_random(random) % 4 != 0)
        return;
    weft_session *s = weft_scoped_session(registry);
    weft_status status = weft_session_status(s);
    if (status == WEFT_ERROR_CLOSED)
        atomic_fetch_add(&closed_seen, 1);
    else if (status != WEFT_OK)
        stress_broken("the passing registry: %s", weft_session_error(s)->message);
    if (stress_random(random) % 2 == 0)
        weft_scoped_remove(registry);
    weft_scoped *closed = atomic_load(&past);
    if (closed == NULL)
        return;
    atomic_fetch_add(&closed_seen, 1);
    if (weft_session_status(weft_scoped_session(closed)) != WEFT_ERROR_CLOSED)
        stress_broken("a closed registry gave a session");
}

/* Gives the thread's session up with its objects, goes on with the one given up before, and returns the thread's new one. */
static weft_session *hand_over(weft_session *s, uint64_t *random)
{
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    if (weft_session_release(s) != WEFT_OK)
        stress_broken("a session was not released");
    weft_session *next = weft_scoped_session(sessions);
    if (next == s)
        stress_broken("a thread was given the session that it had given up");
    weft_session *before = atomic_exchange(&given_up, s);
    if (before != NULL) {
        if (weft_session_adopt(before) != WEFT_OK)
            stress_broken("a session that was given up was not adopted");
        add_and_commit(before, random);
        weft_session_close(before);
        atomic_fetch_add(&handed_over, 1);
    }
    pthread_setcancelstate(old, NULL);
    return next;
}

static void end_place(void *context) { let_go(*(int *)context); }

static void *short_life(void *context)
{
    job j = *(job *)context;
    free(context);
    weft_session *s = weft_scoped_session(sessions);
    weft_session_stats stats;
    weft_session_stats_get(s, &stats);
    if (stats.objects != 0)
        stress_broken("a new thread's session has %" PRIu64 " objects", stats.objects);
    int place = hold(s);
    pthread_cleanup_push(end_place, &place);
    int64_t requests = stress_pick(&j.random, 4);
    for (int64_t i = 0; i < requests && !atomic_load(&stress_stop); i++) {
        if (weft_scoped_session(sessions) != s)
            stress_broken("a thread was given another session");
        add_and_commit(s, &j.random);
        use_passing_registry(&j.random);
        pthread_testcancel();
        if (stress_random(&j.random) % 8 == 0) {
            let_go(place);
            place = -1;
            s = hand_over(s, &j.random);
            place = hold(s);
        }
    }
    if (j.drops) { /* uncommitted, and the connection is out: the thread's end must take care of both */
        const Counter *counter = weft_get(s, Counter, stress_pick(&j.random, COUNTERS), .for_update = true);
        if (counter != NULL)
            weft_edit(s, Counter, counter)->value += 1000000;
        (void)weft_session_flush(s);
        atomic_fetch_add(&dropped, 1);
    } else {
        weft_scoped_remove(sessions);
    }
    pthread_cleanup_pop(1);
    pthread_mutex_lock(j.latency_lock);
    stress_latency_count(j.latency, stress_now_ns() - j.began);
    pthread_mutex_unlock(j.latency_lock);
    return NULL;
}

static int64_t resident_kib(void)
{
    long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lld %lld", &pages, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* One wave of threads, joined; some are cancelled on the way. */
static void run_wave(int threads, uint64_t *random, stress_latency *latency, pthread_mutex_t *lock)
{
    pthread_t ids[STRESS_MOST_THREADS];
    int started = 0;
    for (int i = 0; i < threads; i++) {
        job *j = malloc(sizeof *j);
        if (j == NULL)
            break;
        *j = (job){.random = stress_random(random),
                   .began = stress_now_ns(),
                   .drops = stress_random(random) % 8 == 0,
                   .latency = latency,
                   .latency_lock = lock};
        if (pthread_create(&ids[started], NULL, short_life, j) != 0) {
            free(j);
            break;
        }
        started++;
        atomic_fetch_add(&threads_run, 1);
    }
    if (stress_random(random) % 3 == 0 && started > 0) {
        pthread_cancel(ids[stress_random(random) % (uint64_t)started]);
        atomic_fetch_add(&cancelled, 1);
    }
    for (int i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
}

static void *pass_registry(void *context)
{
    (void)context;
    while (!atomic_load(&stress_stop)) {
        weft_scoped *next = NULL;
        if (weft_scoped_open(&next, engine, NULL, NULL) != WEFT_OK)
            stress_broken("the passing registry does not open");
        weft_scoped *before = atomic_exchange(&passing, next);
        /* A thread may hold the old handle for a moment; it must find a closed registry, never another's. */
        weft_scoped_close(before);
        atomic_store(&past, before);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return NULL;
}

static bool prepare(const stress_options *options)
{
    if (!stress_database_begin(&engine, options, &stress_models,
                               (weft_pool_options){.size = 4, .max_overflow = 4, .timeout_ms = 60000}))
        return false;
    weft_session *s = weft_session_open(engine, NULL);
    for (int64_t i = 1; i <= COUNTERS; i++)
        weft_new(s, Counter, .id = i);
    return stress_database_commit(s) && weft_scoped_open(&sessions, engine, NULL, NULL) == WEFT_OK;
}

static void check_end(void)
{
    weft_session *s = weft_session_open(engine, NULL);
    int64_t sum = 0;
    weft_each (Counter, counter, weft_query(s, Counter))
        sum += counter->value;
    if (weft_session_status(s) != WEFT_OK)
        stress_broken("the end: %s", weft_session_error(s)->message);
    if (sum != atomic_load(&committed))
        stress_broken("the counters hold %" PRId64 ", committed were %lld", sum, atomic_load(&committed));
    weft_session_close(s);
}

int main(int count, char **arguments)
{
    stress_options options = {.threads = 8, .seconds = 5};
    stress_latency latency = {{0}};
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t passer;
    if (!stress_options_read(&options, count, arguments))
        return 2;
    if (!prepare(&options))
        return 2;
    int64_t began = stress_now_ns(), end = began + (int64_t)options.seconds * 1000000000, warm_kib = 0;
    uint64_t random = options.seed;
    bool passing_runs = pthread_create(&passer, NULL, pass_registry, NULL) == 0;
    for (int wave = 0; stress_now_ns() < end && stress_broken_count() == 0; wave++) {
        run_wave(options.threads, &random, &latency, &lock);
        if (wave == 100 || (warm_kib == 0 && stress_now_ns() - began > (end - began) / 2))
            warm_kib = resident_kib();
    }
    double seconds = (double)(stress_now_ns() - began) / 1e9;
    atomic_store(&stress_stop, true);
    if (passing_runs)
        pthread_join(passer, NULL);
    weft_scoped_close(atomic_exchange(&passing, NULL));
    weft_session *left = atomic_exchange(&given_up, NULL);
    (void)weft_session_adopt(left);
    weft_session_close(left);
    check_end();
    int64_t grown_kib = resident_kib() - warm_kib;
    weft_scoped_close(sessions);
    stress_database_end(engine);
    printf("%lld threads, %lld transactions (%.0f/s), %lld ended inside one, %lld cancelled\n", atomic_load(&threads_run),
           atomic_load(&transactions), (double)atomic_load(&transactions) / seconds, atomic_load(&dropped),
           atomic_load(&cancelled));
    printf("%lld sessions handed over, closed registry met %lld times\n", atomic_load(&handed_over), atomic_load(&closed_seen));
    printf("resident memory grew by %" PRId64 " KiB after warming up\n", grown_kib);
    stress_latency_print("thread", &latency);
    puts(stress_broken_count() == 0 ? "every thread had a session of its own, and nothing else stayed" : "the invariant broke");
    return stress_broken_count() == 0 ? 0 : 1;
}
