/* W6: the pool without a database behind it, beside pools as a C programmer would write them (a mutex and a condition; a mutex and
 * a queue of waiters, each with a condition of its own, served first in first out) and libzdb over SQLite. Also the statement cache
 * and the getter of the scoped registry, which have nothing else to be compared with than their goals.
 *
 * A cycle is checkout and return. ns per cycle is wall time over the cycles of all threads. Waits are measured on one checkout in
 * 64 (all of them where connections are held for a millisecond), overtakings by tickets drawn before these checkouts: one is
 * overtaken when a later one of them is served while it still waits. Rounds alternate between the pools; printed are medians.
 *
 *   bench_pool [--quick] [--only cycles|held|loaded|fairness|cache|getter]
 *   bench_pool --calls cycle|leaks|histogram|hit|getter N        N calls by one thread, for a tool that counts instructions */
#define _GNU_SOURCE 1
#include "base/memory.h"
#include "base/shapecache.h"
#include "base/text.h"
#include "base/thread.h"
#include "pool/pool.h"

#include "fifo_pool.h"

#include <weft/weft.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef BENCH_HAVE_ZDB
#include <zdb.h>
#endif

enum { MAX_THREADS = 64, SAMPLES = 1 << 15, MAX_ROUNDS = 5, MAX_CONNECTIONS = 64 };

static int rounds = 5;
static int64_t round_ns = 100 * (int64_t)WEFTI_NS_PER_MS;

/* ---- a driver without a database ---- */

static weft_status dummy_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    (void)deadline;
    *dbc = calloc(1, sizeof **dbc);
    if (*dbc == NULL)
        return error->status = WEFT_ERROR_NO_MEMORY;
    (*dbc)->driver = target->driver;
    return WEFT_OK;
}
static void dummy_close(wefti_dbc *dbc) { free(dbc); }
static wefti_tx_state dummy_state(wefti_dbc *dbc) { return dbc->dirty ? WEFTI_TX_OPEN : WEFTI_TX_IDLE; }
static bool dummy_alive(wefti_dbc *dbc, weft_error *error) { return dbc != NULL || error == NULL; }
static weft_status dummy_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)dbc, (void)deadline, (void)error;
    return WEFT_OK;
}
static const wefti_driver dummy_driver = {
    .name = "dummy",
    .in_process = true,
    .open = dummy_open,
    .close = dummy_close,
    .state = dummy_state,
    .alive = dummy_alive,
    .ping = dummy_ping,
    .reset = dummy_ping,
    .recover = dummy_ping,
};
static const wefti_target dummy_target = {.driver = &dummy_driver};

/* ---- pools ---- */

typedef struct subject {
    const char *name;
    bool (*open)(struct subject *s, uint32_t connections);
    void *(*take)(struct subject *s);
    void (*give)(struct subject *s, void *connection);
    void (*close)(struct subject *s);
    weft_pool_options options;
    wefti_pool *pool;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    void *idle[MAX_CONNECTIONS];
    uint32_t idle_count;
    fifo_pool fifo;
    void *zdb;
} subject;

static bool weft_open(subject *s, uint32_t connections)
{
    weft_pool_options options = s->options;
    options.size = connections;
    options.max_overflow = WEFT_NONE;
    return wefti_pool_open(&s->pool, &dummy_target, &options, NULL, NULL) == WEFT_OK;
}
static void *weft_take(subject *s)
{
    wefti_dbc *dbc;
    return wefti_pool_checkout(s->pool, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &dbc, NULL) == WEFT_OK ? dbc : NULL;
}
static void weft_give(subject *s, void *connection) { wefti_pool_checkin(s->pool, connection, false); }
static void weft_close(subject *s)
{
    wefti_pool_close(s->pool, wefti_now_ns() + (int64_t)1000 * WEFTI_NS_PER_MS, NULL);
    wefti_pool_free(s->pool);
}

static bool stack_open(subject *s, uint32_t connections)
{
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->condition, NULL);
    s->idle_count = 0;
    for (uint32_t i = 0; i < connections; i++)
        s->idle[s->idle_count++] = &s->idle[i];
    return true;
}
static void *condition_take(subject *s)
{
    pthread_mutex_lock(&s->mutex);
    while (s->idle_count == 0)
        pthread_cond_wait(&s->condition, &s->mutex);
    void *connection = s->idle[--s->idle_count];
    pthread_mutex_unlock(&s->mutex);
    return connection;
}
static void condition_give(subject *s, void *connection)
{
    pthread_mutex_lock(&s->mutex);
    s->idle[s->idle_count++] = connection;
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_signal(&s->condition);
}
static bool queue_open(subject *s, uint32_t connections)
{
    fifo_pool_init(&s->fifo, connections);
    return true;
}
static void *queue_take(subject *s) { return fifo_pool_take(&s->fifo); }
static void queue_give(subject *s, void *connection) { fifo_pool_give(&s->fifo, connection); }
static void queue_close(subject *s) { fifo_pool_end(&s->fifo); }

static void stack_close(subject *s)
{
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->condition);
}

#ifdef BENCH_HAVE_ZDB
static char zdb_path[64];
static bool zdb_open(subject *s, uint32_t connections)
{
    char url[96];
    snprintf(url, sizeof url, "sqlite://%s", zdb_path);
    URL_T parsed = URL_new(url);
    ConnectionPool_T pool = parsed == NULL ? NULL : ConnectionPool_new(parsed);
    if (pool == NULL)
        return false;
    ConnectionPool_setInitialConnections(pool, (int)connections);
    ConnectionPool_setMaxConnections(pool, (int)connections);
    ConnectionPool_start(pool);
    s->zdb = pool;
    return true;
}
static void *zdb_take(subject *s)
{
    Connection_T connection;
    while ((connection = ConnectionPool_getConnection(s->zdb)) == NULL)
        sched_yield(); /* it does not wait */
    return connection;
}
static void zdb_give(subject *s, void *connection)
{
    (void)s;
    Connection_close(connection);
}
static void zdb_close(subject *s)
{
    ConnectionPool_T pool = s->zdb;
    URL_T url = ConnectionPool_getURL(pool);
    ConnectionPool_stop(pool);
    ConnectionPool_free(&pool);
    URL_free(&url);
}
#endif

static subject subjects[] = {
    {.name = "weft", .open = weft_open, .take = weft_take, .give = weft_give, .close = weft_close},
    {.name = "weft, leaks",
     .open = weft_open,
     .take = weft_take,
     .give = weft_give,
     .close = weft_close,
     .options = {.leak_after_ms = 60000}},
    {.name = "weft, histogram",
     .open = weft_open,
     .take = weft_take,
     .give = weft_give,
     .close = weft_close,
     .options = {.leak_after_ms = 60000, .use_histogram = true}},
    {.name = "mutex+condition", .open = stack_open, .take = condition_take, .give = condition_give, .close = stack_close},
    {.name = "mutex FIFO", .open = queue_open, .take = queue_take, .give = queue_give, .close = queue_close},
#ifdef BENCH_HAVE_ZDB
    {.name = "libzdb", .open = zdb_open, .take = zdb_take, .give = zdb_give, .close = zdb_close},
#endif
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0], PLAIN = 0, REFERENCE = 3 /* mutex+condition */ };

/* ---- one round ---- */

typedef struct round_result {
    double ns_per_cycle, p50_us, p99_us, p999_us, max_us, overtaken_percent;
    uint64_t cycles, measured, overtaken, most_overtaken;
} round_result;

typedef struct worker {
    pthread_t thread;
    subject *subject;
    uint32_t number;
    uint64_t cycles, overtaken, most_overtaken;
    uint32_t sample_count;
    uint32_t *samples; /* ns */
} worker;

static wefti_atomic_u32 begin, stop;
static wefti_atomic_u64 tickets;
static struct {
    wefti_atomic_u64 ticket; /* 0: does not wait */
    wefti_atomic_u64 passed; /* how often, in this wait */
} WEFTI_CACHE_ALIGNED in_line[MAX_THREADS];
static int64_t sleep_ns, work_ns; /* what is done with a connection: sleeping for a long time, working for a short one */
static uint32_t thread_count;

static void use(void)
{
    if (sleep_ns != 0) {
        struct timespec t = {.tv_sec = 0, .tv_nsec = sleep_ns};
        nanosleep(&t, NULL);
    }
    if (work_ns != 0)
        for (int64_t end = wefti_now_ns() + work_ns; wefti_now_ns() < end;)
            ;
}

/* Those that asked before and still wait have been overtaken. */
static void note_overtaken(uint64_t ticket, uint32_t self)
{
    for (uint32_t i = 0; i < thread_count; i++) {
        uint64_t other = i == self ? 0 : wefti_atomic_load_u64(&in_line[i].ticket, WEFTI_ACQUIRE);
        if (other != 0 && other < ticket)
            wefti_atomic_add_u64(&in_line[i].passed, 1, WEFTI_RELAXED);
    }
}

/* A wait shorter than a microsecond is none: its thread may have been stopped before it asked. */
static void measured_cycle(worker *w)
{
    uint64_t ticket = wefti_atomic_add_u64(&tickets, 1, WEFTI_SEQ_CST) + 1;
    wefti_atomic_store_u64(&in_line[w->number].passed, 0, WEFTI_RELAXED);
    wefti_atomic_store_u64(&in_line[w->number].ticket, ticket, WEFTI_SEQ_CST);
    int64_t start = wefti_now_ns();
    void *connection = w->subject->take(w->subject);
    int64_t waited = wefti_now_ns() - start;
    wefti_atomic_store_u64(&in_line[w->number].ticket, 0, WEFTI_SEQ_CST);
    note_overtaken(ticket, w->number);
    uint64_t passed = waited < 1000 ? 0 : wefti_atomic_load_u64(&in_line[w->number].passed, WEFTI_RELAXED);
    w->overtaken += passed != 0;
    if (passed > w->most_overtaken)
        w->most_overtaken = passed;
    use();
    w->samples[w->sample_count++ % SAMPLES] = waited > UINT32_MAX ? UINT32_MAX : (uint32_t)waited;
    w->subject->give(w->subject, connection);
}

static void *work(void *argument)
{
    worker *w = argument;
    while (wefti_atomic_load_u32(&begin, WEFTI_ACQUIRE) == 0)
        sched_yield();
    while (wefti_atomic_load_u32(&stop, WEFTI_RELAXED) == 0) {
        for (int i = 0; sleep_ns == 0 && i < 63; i++, w->cycles++) {
            void *connection = w->subject->take(w->subject);
            if (work_ns != 0)
                use();
            w->subject->give(w->subject, connection);
        }
        measured_cycle(w);
        w->cycles++;
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(const uint32_t *sorted, size_t count, double fraction)
{
    if (count == 0)
        return 0;
    size_t at = (size_t)(fraction * (double)count);
    return sorted[at < count ? at : count - 1] / 1e3;
}

static round_result summarise(worker *workers, uint32_t threads, int64_t elapsed)
{
    round_result r = {0};
    uint32_t *all = malloc(sizeof *all * SAMPLES * threads);
    size_t count = 0;
    for (uint32_t i = 0; i < threads; i++) {
        worker *w = &workers[i];
        uint32_t kept = w->sample_count < SAMPLES ? w->sample_count : SAMPLES;
        memcpy(all + count, w->samples, sizeof *all * kept);
        count += kept;
        r.cycles += w->cycles;
        r.measured += w->sample_count;
        r.overtaken += w->overtaken;
        if (w->most_overtaken > r.most_overtaken)
            r.most_overtaken = w->most_overtaken;
        free(w->samples);
    }
    qsort(all, count, sizeof *all, by_value);
    r.p50_us = percentile(all, count, 0.5);
    r.p99_us = percentile(all, count, 0.99);
    r.p999_us = percentile(all, count, 0.999);
    r.max_us = percentile(all, count, 1);
    r.overtaken_percent = r.measured == 0 ? 0 : 100.0 * (double)r.overtaken / (double)r.measured;
    r.ns_per_cycle = r.cycles == 0 ? 0 : (double)elapsed / (double)r.cycles;
    free(all);
    return r;
}

static round_result run_round(subject *s, uint32_t threads, uint32_t connections, int64_t for_ns)
{
    static worker workers[MAX_THREADS];
    memset(workers, 0, sizeof workers);
    if (!s->open(s, connections)) {
        fprintf(stderr, "%s cannot be opened\n", s->name);
        exit(1);
    }
    void *warm[MAX_CONNECTIONS];
    for (uint32_t i = 0; i < connections; i++)
        warm[i] = s->take(s);
    for (uint32_t i = 0; i < connections; i++)
        s->give(s, warm[i]);
    thread_count = threads;
    wefti_atomic_store_u32(&begin, 0, WEFTI_SEQ_CST);
    wefti_atomic_store_u32(&stop, 0, WEFTI_SEQ_CST);
    for (uint32_t i = 0; i < threads; i++) {
        workers[i] = (worker){.subject = s, .number = i, .samples = malloc(sizeof(uint32_t) * SAMPLES)};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    int64_t start = wefti_now_ns();
    wefti_atomic_store_u32(&begin, 1, WEFTI_RELEASE);
    struct timespec t = {.tv_sec = for_ns / 1000000000, .tv_nsec = for_ns % 1000000000};
    nanosleep(&t, NULL);
    wefti_atomic_store_u32(&stop, 1, WEFTI_RELEASE);
    for (uint32_t i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    int64_t elapsed = wefti_now_ns() - start;
    s->close(s);
    return summarise(workers, threads, elapsed);
}

static int by_ns(const void *a, const void *b)
{
    double x = ((const round_result *)a)->ns_per_cycle, y = ((const round_result *)b)->ns_per_cycle;
    return x < y ? -1 : x > y;
}

/* ---- tables ---- */

static void print_cycles(const char *title, uint32_t connections, const uint32_t *threads, size_t thread_kinds)
{
    printf("\n%s, %u connections: ns per cycle, and its ratio to mutex+condition; wait for a connection in us\n", title,
           connections);
    printf("%8s  %-16s %10s %8s %9s %9s %9s %10s\n", "threads", "pool", "ns/cycle", "ratio", "p50", "p99", "p99.9", "overtaken");
    for (size_t t = 0; t < thread_kinds; t++) {
        static round_result results[SUBJECTS][MAX_ROUNDS];
        for (int r = 0; r < rounds; r++)
            for (size_t s = 0; s < SUBJECTS; s++)
                results[s][r] = run_round(&subjects[s], threads[t], connections, round_ns);
        for (size_t s = 0; s < SUBJECTS; s++)
            qsort(results[s], (size_t)rounds, sizeof results[s][0], by_ns);
        double reference = results[REFERENCE][rounds / 2].ns_per_cycle;
        for (size_t s = 0; s < SUBJECTS; s++) {
            const round_result *m = &results[s][rounds / 2];
            printf("%8u  %-16s %10.1f %8.2f %9.2f %9.2f %9.2f %9.1f%%\n", threads[t], subjects[s].name, m->ns_per_cycle,
                   m->ns_per_cycle / reference, m->p50_us, m->p99_us, m->p999_us, m->overtaken_percent);
        }
        fflush(stdout);
    }
}

static const uint32_t crowds[] = {1, 2, 4, 8, 16, 32, 64};
enum { CROWDS = sizeof crowds / sizeof crowds[0] };

static void print_plain(void)
{
    print_cycles("Checkout and return", 10, crowds, CROWDS);
    print_cycles("Checkout and return", 2, crowds, CROWDS);
}

static void print_held(void)
{
    work_ns = 20000;
    print_cycles("With 20 us of work on the connection", 10, crowds, CROWDS);
    print_cycles("With 20 us of work on the connection", 2, crowds, CROWDS);
    work_ns = 0;
}

static int by_p999(const void *a, const void *b)
{
    double x = ((const round_result *)a)->p999_us, y = ((const round_result *)b)->p999_us;
    return x < y ? -1 : x > y;
}

static void print_fairness(int64_t for_ns)
{
    static round_result results[SUBJECTS][MAX_ROUNDS];
    printf("\n32 threads on 2 connections, each held for 1 ms: waits in us (of the round with the median p99.9); overtaken: "
           "checkouts\n"
           "that somebody passed who had asked later, and how often one was passed\n");
    printf("%-16s %10s %9s %9s %9s %9s %10s %6s\n", "pool", "cycles/s", "p50", "p99", "p99.9", "longest", "overtaken", "most");
    sleep_ns = WEFTI_NS_PER_MS;
    for (int r = 0; r < rounds; r++)
        for (size_t s = 0; s < SUBJECTS; s++)
            if (s == PLAIN || s >= REFERENCE) /* the clock costs nothing here */
                results[s][r] = run_round(&subjects[s], 32, 2, for_ns / rounds);
    for (size_t s = 0; s < SUBJECTS; s++) {
        qsort(results[s], (size_t)rounds, sizeof results[s][0], by_p999);
        const round_result *m = &results[s][rounds / 2];
        if (s == PLAIN || s >= REFERENCE)
            printf("%-16s %10.0f %9.0f %9.0f %9.0f %9.0f %9.1f%% %6llu\n", subjects[s].name, 1e9 / m->ns_per_cycle, m->p50_us,
                   m->p99_us, m->p999_us, m->max_us, m->overtaken_percent, (unsigned long long)m->most_overtaken);
    }
    fflush(stdout);
    sleep_ns = 0;
}

static wefti_atomic_u32 load_stop;
static void *burn(void *argument)
{
    while (wefti_atomic_load_u32(&load_stop, WEFTI_RELAXED) == 0)
        ;
    return argument;
}

static void print_loaded(void)
{
    pthread_t burners[4];
    for (size_t i = 0; i < 4; i++)
        pthread_create(&burners[i], NULL, burn, NULL);
    print_cycles("Beside four threads that only burn time", 10, crowds, CROWDS);
    print_cycles("Beside four threads that only burn time", 2, crowds, CROWDS);
    wefti_atomic_store_u32(&load_stop, 1, WEFTI_RELAXED);
    for (size_t i = 0; i < 4; i++)
        pthread_join(burners[i], NULL);
}

/* ---- the statement cache ---- */

typedef struct shape {
    wefti_shape_entry entry;
    char key[32];
} shape;
static wefti_shape_cache *cache;
static uint32_t shape_count;
static void free_shape(wefti_shape_entry *entry) { wefti_free(entry); }

static bool look_up_one(uint32_t number)
{
    char key[32];
    memset(key, 'k', sizeof key);
    memcpy(key, &number, sizeof number);
    wefti_epoch_begin();
    bool found = wefti_shape_cache_find(cache, wefti_hash(key, sizeof key, 0), key, sizeof key) != NULL;
    wefti_epoch_end();
    return found;
}

static void *look_up(void *argument)
{
    worker *w = argument;
    uint64_t random = w->number * 2654435761u + 1, found = 0;
    while (wefti_atomic_load_u32(&begin, WEFTI_ACQUIRE) == 0)
        sched_yield();
    while (wefti_atomic_load_u32(&stop, WEFTI_RELAXED) == 0)
        for (int i = 0; i < 256; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            found += look_up_one((uint32_t)((random >> 33) % shape_count));
        }
    w->cycles = found;
    return NULL;
}

static void fill_cache(uint32_t shapes)
{
    cache = wefti_aligned(WEFTI_CACHE_LINE, sizeof *cache);
    if (cache == NULL || !wefti_shape_cache_init(cache, (size_t)1 << 30))
        exit(1);
    shape_count = shapes;
    for (uint32_t i = 0; i < shapes; i++) {
        shape *s = wefti_calloc(1, sizeof *s);
        memset(s->key, 'k', sizeof s->key);
        memcpy(s->key, &i, sizeof i);
        wefti_shape_entry_init(&s->entry, wefti_hash(s->key, sizeof s->key, 0), s->key, sizeof s->key, 200, free_shape);
        wefti_epoch_begin();
        wefti_shape_cache_publish(cache, &s->entry);
        wefti_epoch_end();
    }
}

static void end_cache(void)
{
    wefti_shape_cache_deinit(cache);
    wefti_free(cache);
    wefti_epoch_drain();
}

static void print_cache(void)
{
    printf("\nStatement cache, hits of a 32-byte key with its hashing, in ns of wall time over the hits of all threads\n%8s %10s "
           "%10s %10s\n",
           "threads", "10", "1000", "10000");
    const uint32_t threads[] = {1, 2, 4, 8, 16}, shapes[] = {10, 1000, 10000};
    for (size_t t = 0; t < 5; t++) {
        printf("%8u", threads[t]);
        for (size_t n = 0; n < 3; n++) {
            fill_cache(shapes[n]);
            static worker workers[MAX_THREADS];
            double best = 1e9;
            for (int r = 0; r < rounds; r++) {
                wefti_atomic_store_u32(&begin, 0, WEFTI_SEQ_CST);
                wefti_atomic_store_u32(&stop, 0, WEFTI_SEQ_CST);
                for (uint32_t i = 0; i < threads[t]; i++) {
                    workers[i] = (worker){.number = i};
                    pthread_create(&workers[i].thread, NULL, look_up, &workers[i]);
                }
                int64_t start = wefti_now_ns();
                wefti_atomic_store_u32(&begin, 1, WEFTI_RELEASE);
                struct timespec pause = {.tv_nsec = round_ns / 2};
                nanosleep(&pause, NULL);
                wefti_atomic_store_u32(&stop, 1, WEFTI_RELEASE);
                uint64_t hits = 0;
                for (uint32_t i = 0; i < threads[t]; i++) {
                    pthread_join(workers[i].thread, NULL);
                    hits += workers[i].cycles;
                }
                double ns = (double)(wefti_now_ns() - start) / (double)hits;
                best = ns < best ? ns : best;
            }
            printf(" %10.1f", best);
            fflush(stdout);
            end_cache();
        }
        printf("\n");
    }
}

/* ---- the getter ---- */

static weft_engine *engine;
static weft_scoped *registry;

static void open_registry(void)
{
    weft_error error;
    if (weft_engine_open(&engine, "sqlite://", NULL, &error) != WEFT_OK ||
        weft_scoped_open(&registry, engine, NULL, &error) != WEFT_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
}

static void close_registry(void)
{
    weft_scoped_close(registry);
    weft_engine_close(engine);
}

static void print_getter(void)
{
    open_registry();
    weft_session *volatile session = weft_scoped_session(registry);
    double best = 1e9;
    for (int r = 0; r < 2 * rounds; r++) {
        int64_t start = wefti_now_ns();
        for (int i = 0; i < 5000000; i++)
            session = weft_scoped_session(registry);
        double ns = (double)(wefti_now_ns() - start) / 5e6;
        best = ns < best ? ns : best;
    }
    printf("\nScoped getter after first use: %.2f ns\n", best);
    if (weft_session_status(session) != WEFT_OK)
        exit(1);
    close_registry();
}

/* ---- calls to be counted ---- */

static void make_calls(const char *what, long calls)
{
    if (strcmp(what, "hit") == 0) {
        fill_cache(1000);
        for (long i = 0; i < calls; i++)
            (void)look_up_one((uint32_t)(i % 1000));
        end_cache();
    } else if (strcmp(what, "getter") == 0) {
        open_registry();
        weft_session *volatile session = NULL;
        for (long i = 0; i < calls; i++)
            session = weft_scoped_session(registry);
        (void)session;
        close_registry();
    } else {
        subject *s = &subjects[strcmp(what, "leaks") == 0 ? 1 : strcmp(what, "histogram") == 0 ? 2 : PLAIN];
        s->open(s, 10);
        for (long i = 0; i < calls; i++)
            weft_give(s, weft_take(s));
        s->close(s);
    }
}

static int64_t fair_ns = 10 * (int64_t)1000 * WEFTI_NS_PER_MS;
static void print_fair(void) { print_fairness(fair_ns); }

static const struct {
    const char *name;
    void (*print)(void);
} parts[] = {
    {"cycles", print_plain},  {"held", print_held},   {"loaded", print_loaded},
    {"fairness", print_fair}, {"cache", print_cache}, {"getter", print_getter},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static size_t part_named(const char *name)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i].name, name) == 0)
            return i;
    fprintf(stderr, "there is no part %s: cycles, held, loaded, fairness, cache, getter\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    size_t first = 0, end = PARTS;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--quick") == 0) {
            rounds = 1;
            round_ns /= 2;
            fair_ns /= 5;
        } else if (strcmp(argv[i], "--calls") == 0 && i + 2 < argc) {
            make_calls(argv[i + 1], strtol(argv[i + 2], NULL, 10));
            return 0;
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            first = part_named(argv[++i]);
            end = first + 1;
        } else {
            fprintf(stderr, "usage: %s [--quick] [--only PART]\n", argv[0]);
            return 2;
        }
#ifdef BENCH_HAVE_ZDB
    snprintf(zdb_path, sizeof zdb_path, "/tmp/weft-bench-zdb-%ld.db", (long)getpid());
#endif
    printf("%ld cores\n", sysconf(_SC_NPROCESSORS_ONLN));
    for (size_t i = first; i < end; i++)
        parts[i].print();
#ifdef BENCH_HAVE_ZDB
    unlink(zdb_path);
#endif
    return 0;
}
