/* The pool as users of other pools know it: the cases of a catalogue of behaviours, one test each, named by their numbers there
 * (case_P…). Where weft deliberately differs, the test says how and checks the better behaviour. */
#define _GNU_SOURCE
#include "fixtures/purse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

FIXTURE_MODELS(purse);

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void rest_ms(long ms) { nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL); }

static weft_engine *pool_of(fixture *f, weft_pool_options pool) { return fixture_engine(f, (weft_engine_options){.pool = pool}); }

static weft_pool_stats stats_of(weft_engine *engine)
{
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    return stats;
}

/* Closing happens on a helper. */
static bool becomes(weft_engine *engine, bool (*is)(const weft_pool_stats *, uint64_t), uint64_t wanted)
{
    for (int64_t end = now_ms() + 5000; now_ms() < end; rest_ms(10)) {
        const weft_pool_stats stats = stats_of(engine);
        if (is(&stats, wanted))
            return true;
    }
    return false;
}
static bool has_closed(const weft_pool_stats *stats, uint64_t wanted) { return stats->closed_total == wanted; }
static bool has_waiting(const weft_pool_stats *stats, uint64_t wanted) { return stats->waiting == wanted; }

static weft_status try_take(weft_engine *engine, weft_connection **c, weft_error *error)
{
    *c = NULL;
    memset(error, 0, sizeof *error);
    return weft_engine_connect(engine, c, NULL, error);
}

static weft_connection *take(weft_engine *engine)
{
    weft_connection *c;
    weft_error error;
    assert_error(try_take(engine, &c, &error), WEFT_OK, &error);
    return c;
}

static void use(weft_connection *c)
{
    weft_error error = {0};
    assert_error(weft_execute_text(c, "INSERT INTO item (amount) VALUES (1)", NULL, &error), WEFT_OK, &error);
}

typedef struct numbers {
    uint64_t last;
    _Atomic int opened, rollbacks;
    _Atomic int connect_fails, checkout_fails;
    long connect_ms;
    weft_status with;
} numbers;

static weft_status on_connected(void *context, weft_connection *c, weft_error *error)
{
    numbers *n = context;
    (void)c;
    if (n->connect_ms != 0)
        rest_ms(n->connect_ms);
    atomic_fetch_add(&n->opened, 1);
    if (atomic_load(&n->connect_fails) == 0)
        return WEFT_OK;
    atomic_fetch_sub(&n->connect_fails, 1);
    snprintf(error->message, sizeof error->message, "not now");
    return n->with;
}

static weft_status on_checked_out(void *context, weft_connection *c, weft_error *error)
{
    numbers *n = context;
    (void)c;
    if (atomic_load(&n->checkout_fails) == 0)
        return WEFT_OK;
    atomic_fetch_sub(&n->checkout_fails, 1);
    snprintf(error->message, sizeof error->message, "This connection is closed");
    return WEFT_ERROR_DISCONNECTED;
}

static void on_after(void *context, const weft_log_record *record) { ((numbers *)context)->last = record->connection; }

static void on_transaction(void *context, const weft_log_record *record)
{
    if (strcmp(record->sql, "ROLLBACK") == 0)
        atomic_fetch_add(&((numbers *)context)->rollbacks, 1);
}

static const weft_events counting = {.connected = on_connected,
                                     .checked_out = on_checked_out,
                                     .after_statement = on_after,
                                     .after_transaction = on_transaction};

static weft_engine *counted_pool(fixture *f, weft_pool_options pool, numbers *n)
{
    return fixture_engine(f, (weft_engine_options){.pool = pool, .events = &counting, .events_context = n});
}

/* ---- sizes and waiting ---- */

static void case_P1_nothing_is_opened_before_the_first_take(void **state)
{
    weft_engine *engine = pool_of(*state, (weft_pool_options){.size = 2, .max_overflow = 1});
    weft_pool_stats stats = stats_of(engine);
    assert_int_equal(stats.opened, 0);
    assert_int_equal(stats.open, 0);
    weft_connection *c[3];
    for (uint32_t i = 0; i < 3; i++) {
        c[i] = take(engine);
        stats = stats_of(engine);
        assert_true(stats.opened >= i + 1 && stats.opened <= 3); /* below its size the pool may open one for who woke late */
        assert_int_equal(stats.in_use, i + 1);
    }
    assert_int_equal(stats.size, 2);
    assert_int_equal(stats.idle, 0);
    assert_int_equal(stats.open - stats.size, 1); /* the overflow */
    for (uint32_t i = 0; i < 3; i++)
        weft_connection_close(c[i]);
    weft_engine_close(engine);
}

static void case_P2_one_too_many_times_out_not_too_early_and_names_the_figures(void **state)
{
    weft_engine *engine = pool_of(*state, (weft_pool_options){.size = 2, .max_overflow = 1, .timeout_ms = 300});
    weft_connection *c[3], *more;
    weft_error error;
    for (int i = 0; i < 3; i++)
        c[i] = take(engine);
    int64_t start = now_ms();
    assert_int_equal(try_take(engine, &more, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_true(now_ms() - start >= 299);
    assert_null(more);
    assert_non_null(strstr(error.message, "no connection became free within "));
    assert_non_null(strstr(error.message, "(3 of 3 open, "));
    for (int i = 0; i < 3; i++)
        weft_connection_close(c[i]);
    weft_connection_close(take(engine));
    weft_engine_close(engine);
}

/* What is above the size stays for a while instead of being opened and closed in each round: 4 opens instead of 12. */
/* On a machine that is busy the rounds may take longer than an overflow stays idle: then they prove nothing, and are run again. */
static weft_engine *four_in_time(fixture *f)
{
    for (int tries = 0; tries < 20; tries++) {
        /* Nothing is asked before it is given out: while that lasts another one may be opened. */
        weft_engine *engine =
            pool_of(f, (weft_pool_options){.size = 2, .max_overflow = 2, .overflow_idle_ms = 1500, .ping_after_ms = WEFT_NONE});
        const int64_t start = now_ms();
        for (int round = 0; round < 5; round++) {
            weft_connection *c[4];
            for (int i = 0; i < 4; i++)
                c[i] = take(engine);
            for (int i = 0; i < 4; i++)
                weft_connection_close(c[i]);
        }
        if (now_ms() - start < 1000)
            return engine;
        weft_engine_close(engine);
    }
    fail_msg("five rounds take more than a second");
    return NULL;
}

static void case_P4_overflow_is_closed_when_idle_and_not_at_each_return(void **state)
{
    weft_engine *engine = four_in_time(*state);
    assert_int_equal(stats_of(engine).opened, 4);
    assert_true(becomes(engine, has_closed, 2));
    weft_connection *a = take(engine), *b = take(engine);
    assert_int_equal(stats_of(engine).opened, 4); /* the two that the pool keeps were never closed */
    weft_connection_close(a);
    weft_connection_close(b);
    weft_engine_close(engine);
}

typedef struct racer {
    pthread_t thread;
    weft_engine *engine;
    weft_status status;
    int64_t waited_ms;
    long hold_ms;
} racer;

static void *race(void *of)
{
    racer *r = of;
    weft_connection *c;
    weft_error error;
    int64_t start = now_ms();
    r->status = try_take(r->engine, &c, &error);
    r->waited_ms = now_ms() - start;
    if (r->status == WEFT_OK)
        rest_ms(r->hold_ms);
    weft_connection_close(c);
    return NULL;
}

static void start_racers(racer *racers, size_t count, weft_engine *engine, long hold_ms)
{
    for (size_t i = 0; i < count; i++) {
        racers[i] = (racer){.engine = engine, .hold_ms = hold_ms};
        if (pthread_create(&racers[i].thread, NULL, race, &racers[i]) != 0)
            abort();
    }
}

static void join_racers(racer *racers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pthread_join(racers[i].thread, NULL);
}

static void case_P5_nobody_fails_early_because_of_a_lost_race(void **state)
{
    numbers n = {.connect_ms = 50};
    weft_engine *engine = counted_pool(*state, (weft_pool_options){.size = 2, .max_overflow = 1, .timeout_ms = 1000}, &n);
    racer racers[10];
    start_racers(racers, 10, engine, 2000);
    join_racers(racers, 10);
    int served = 0;
    for (int i = 0; i < 10; i++) {
        served += racers[i].status == WEFT_OK;
        if (racers[i].status != WEFT_OK) {
            assert_int_equal(racers[i].status, WEFT_ERROR_POOL_TIMEOUT);
            assert_true(racers[i].waited_ms >= 999);
        }
    }
    assert_int_equal(served, 3);
    weft_engine_close(engine);
}

/* Zero is the default, as everywhere; a pool without a limit takes the server down with it. */
static void case_P6_size_zero_is_the_default_and_no_size_is_without_limit(void **state)
{
    fixture *f = *state;
    weft_engine *engine = pool_of(f, (weft_pool_options){.size = 0});
    assert_int_equal(stats_of(engine).size, 10);
    assert_int_equal(stats_of(engine).max_overflow, 5);
    weft_engine_close(engine);
    weft_error error = {0};
    const weft_engine_options options = {.metadata = &purse, .pool = {.size = 1025, .max_overflow = WEFT_NONE}};
    assert_int_equal(weft_engine_open(&engine, f->database.url, &options, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "1024"));
}

static void case_P8_one_that_hangs_in_connecting_holds_up_nobody(void **state)
{
    numbers n = {0};
    weft_engine *engine = counted_pool(*state, (weft_pool_options){.size = 2, .max_overflow = 2, .timeout_ms = 3000}, &n);
    weft_connection *first = take(engine), *second = take(engine);
    n.connect_ms = 1500;
    racer hanging;
    start_racers(&hanging, 1, engine, 0);
    while (stats_of(engine).open < 3)
        rest_ms(5);
    weft_connection_close(second);
    int64_t start = now_ms();
    second = take(engine); /* the one that came back */
    assert_true(now_ms() - start < 1200);
    join_racers(&hanging, 1);
    assert_int_equal(hanging.status, WEFT_OK);
    weft_connection_close(first);
    weft_connection_close(second);
    weft_engine_close(engine);
}

typedef struct waiter {
    pthread_t thread;
    weft_engine *engine;
    weft_status status;
} waiter;

static void *wait_and_use(void *of)
{
    waiter *w = of;
    weft_connection *c;
    weft_error error;
    w->status = try_take(w->engine, &c, &error);
    if (w->status == WEFT_OK)
        w->status = weft_execute_text(c, "INSERT INTO item (amount) VALUES (2)", NULL, &error);
    if (w->status == WEFT_OK)
        w->status = weft_connection_commit(c, &error);
    weft_connection_close(c);
    return NULL;
}

static void start_waiters(waiter *waiters, uint32_t count, weft_engine *engine)
{
    for (uint32_t i = 0; i < count; i++) {
        waiters[i] = (waiter){.engine = engine};
        if (pthread_create(&waiters[i].thread, NULL, wait_and_use, &waiters[i]) != 0)
            abort();
    }
    assert_true(becomes(engine, has_waiting, count));
}

static void join_waiters(waiter *waiters, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(waiters[i].thread, NULL);
        assert_int_equal(waiters[i].status, WEFT_OK);
    }
}

static void case_P9_who_waits_gets_the_connection_that_comes_back_rolled_back_once(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c = take(engine);
    use(c);
    const uint64_t number = n.last;
    waiter w;
    start_waiters(&w, 1, engine);
    weft_connection_close(c);
    join_waiters(&w, 1);
    assert_int_equal(n.last, number);
    assert_int_equal(n.opened, 1);
    assert_int_equal(n.rollbacks, 1);
    assert_rows(f, "SELECT amount FROM item", "2");
    weft_engine_close(engine);
}

static void case_P10_all_who_wait_are_served_where_the_connection_is_invalidated(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c = take(engine);
    waiter w[5];
    start_waiters(w, 5, engine);
    weft_engine_invalidate(engine);
    weft_connection_close(c);
    join_waiters(w, 5);
    assert_int_equal(n.opened, 2);
    assert_rows(f, "SELECT count(*) FROM item", "5");
    weft_engine_close(engine);
}

/* ---- ends of connections ---- */

static void case_P12_an_invalidated_connection_works_until_it_comes_back(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c = take(engine);
    weft_engine_invalidate(engine);
    assert_int_equal(stats_of(engine).closed_total, 0);
    use(c);
    const uint64_t number = n.last;
    weft_connection_close(c);
    assert_int_equal(n.rollbacks, 1);
    c = take(engine);
    use(c);
    assert_int_not_equal(n.last, number);
    assert_true(becomes(engine, has_closed, 1));
    assert_int_equal(n.opened, 2);
    weft_connection_close(c);
    weft_engine_close(engine);
}

static void case_P13_an_old_connection_is_exchanged_between_uses_never_within_one(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .max_lifetime_ms = 1000}, &n);
    weft_connection *c = take(engine);
    use(c);
    const uint64_t number = n.last;
    weft_connection_close(c);
    c = take(engine);
    use(c);
    assert_int_equal(n.last, number);
    rest_ms(1300); /* out, and too old */
    use(c);
    assert_int_equal(n.last, number);
    weft_connection_close(c);
    c = take(engine);
    use(c);
    assert_int_not_equal(n.last, number);
    weft_connection_close(c);
    weft_engine_close(engine);
}

typedef struct loser {
    pthread_t thread;
    weft_connection *c;
    weft_status status;
} loser;

static void *lose(void *of)
{
    loser *l = of;
    weft_error error = {0};
    l->status = weft_execute_text(l->c, "INSERT INTO item (amount) VALUES (1)", NULL, &error);
    weft_connection_close(l->c);
    return NULL;
}

static void case_P14_a_death_of_the_database_closes_each_connection_once(void **state)
{
    fixture *f = *state;
    weft_engine *engine = pool_of(f, (weft_pool_options){.size = 15, .max_overflow = WEFT_NONE});
    weft_connection *c[15];
    loser losers[7];
    for (int i = 0; i < 15; i++)
        c[i] = take(engine);
    for (int i = 7; i < 15; i++)
        weft_connection_close(c[i]);
    weft_session_rollback(f->s);
    test_database_kill_others(&f->database);
    for (int i = 0; i < 7; i++) {
        losers[i] = (loser){.c = c[i]};
        if (pthread_create(&losers[i].thread, NULL, lose, &losers[i]) != 0)
            abort();
    }
    for (int i = 0; i < 7; i++) {
        pthread_join(losers[i].thread, NULL);
        assert_int_equal(losers[i].status, WEFT_ERROR_DISCONNECTED);
    }
    for (int i = 0; i < 15; i++) {
        c[i] = take(engine);
        use(c[i]);
    }
    assert_true(becomes(engine, has_closed, 15));
    assert_int_equal(stats_of(engine).opened, 30);
    assert_int_equal(stats_of(engine).in_use, 15);
    for (int i = 0; i < 15; i++)
        weft_connection_close(c[i]);
    weft_engine_close(engine);
}

static void case_P16_a_fresh_connection_is_not_asked_a_quiet_one_once_each_time(void **state)
{
    weft_engine *engine =
        pool_of(*state, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .ping_after_ms = 100, .keepalive_ms = WEFT_NONE});
    weft_connection_close(take(engine));
    assert_int_equal(stats_of(engine).pings, 0);
    for (uint64_t round = 1; round <= 3; round++) {
        rest_ms(350); /* the pool's clock ticks every tenth of a second */
        weft_connection_close(take(engine));
        assert_int_equal(stats_of(engine).pings, round);
        weft_connection_close(take(engine)); /* at once: not asked again */
        assert_int_equal(stats_of(engine).pings, round);
    }
    assert_int_equal(stats_of(engine).opened, 1);
    weft_engine_close(engine);
}

static void case_P17_connections_that_died_while_idle_are_replaced_in_silence(void **state)
{
    fixture *f = *state;
    weft_engine *engine = pool_of(f, (weft_pool_options){.size = 3, .max_overflow = WEFT_NONE});
    weft_connection *c[3];
    for (int i = 0; i < 3; i++)
        c[i] = take(engine);
    for (int i = 0; i < 3; i++)
        weft_connection_close(c[i]);
    test_database_kill_others(&f->database);
    for (int i = 0; i < 3; i++) {
        c[i] = take(engine);
        use(c[i]);
    }
    for (int i = 0; i < 3; i++)
        weft_connection_close(c[i]);
    weft_engine_close(engine);
}

/* A login that the server refuses: what cannot get better is told at once. */
static void case_P18_the_error_of_connecting_is_given_unchanged(void **state)
{
    fixture *f = *state;
    char role[64], sql[300], url[900];
    weft_error error = {0};
    weft_engine *engine;
    snprintf(role, sizeof role, "weft_p18_%ld", (long)getpid());
    snprintf(sql, sizeof sql, "CREATE ROLE %s LOGIN SUPERUSER", role);
    test_database_exec(&f->database, sql);
    snprintf(url, sizeof url, "%s%cuser=%s", f->database.url, strchr(f->database.url, '?') != NULL ? '&' : '?', role);
    const weft_engine_options options = {.metadata = &purse, .pool = {.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 5000}};
    assert_error(weft_engine_open(&engine, url, &options, &error), WEFT_OK, &error);
    weft_connection_close(take(engine));
    snprintf(sql, sizeof sql, "ALTER ROLE %s NOLOGIN", role);
    test_database_exec(&f->database, sql);
    test_database_kill_others(&f->database);
    weft_connection *c;
    int64_t start = now_ms();
    assert_int_equal(try_take(engine, &c, &error), WEFT_ERROR_AUTH);
    assert_true(now_ms() - start < 4000);
    assert_string_equal(error.sqlstate, "28000");
    snprintf(sql, sizeof sql, "ALTER ROLE %s LOGIN", role);
    test_database_exec(&f->database, sql);
    int64_t end = now_ms() + 10000;
    while (try_take(engine, &c, &error) != WEFT_OK && now_ms() < end)
        rest_ms(50);
    assert_non_null(c);
    weft_connection_close(c);
    weft_engine_close(engine);
    snprintf(sql, sizeof sql, "DROP ROLE %s", role);
    test_database_exec(&f->database, sql);
}

static void case_P18_a_file_that_cannot_be_opened_is_told_unchanged(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine;
    char url[900];
    snprintf(url, sizeof url, "%s.gone/here", f->database.url);
    const weft_engine_options options = {.metadata = &purse, .pool = {.timeout_ms = 5000}};
    assert_error(weft_engine_open(&engine, url, &options, &error), WEFT_OK, &error);
    weft_connection *c;
    int64_t start = now_ms();
    assert_error(try_take(engine, &c, &error), WEFT_ERROR_IO, &error);
    assert_true(now_ms() - start < 4000);
    assert_int_equal(error.native_code & 0xff, 14); /* SQLITE_CANTOPEN */
    weft_engine_close(engine);
}

/* ---- events ---- */

static void case_P20_a_checkout_that_is_always_refused_tries_three_and_leaves_the_place_free(void **state)
{
    numbers n = {.checkout_fails = 1000};
    weft_engine *engine = counted_pool(*state, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c;
    weft_error error;
    assert_int_equal(try_take(engine, &c, &error), WEFT_ERROR_DISCONNECTED);
    assert_string_equal(error.message, "This connection is closed");
    assert_int_equal(n.opened, 3);
    assert_true(becomes(engine, has_closed, 3));
    n.checkout_fails = 0;
    weft_connection_close(take(engine));
    assert_int_equal(n.opened, 4);
    weft_engine_close(engine);
}

/* There is no first_connect, for there is nothing that only a first connection could be asked: each session is set up before it
 * serves anybody, once. */
static void case_P21_every_connection_is_set_up_once_before_it_serves(void **state)
{
    fixture *f = *state;
    numbers n = {.connect_ms = 200};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 5, .max_overflow = WEFT_NONE}, &n);
    racer racers[5];
    start_racers(racers, 5, engine, 400);
    join_racers(racers, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(racers[i].status, WEFT_OK);
        assert_true(racers[i].waited_ms >= 199);
    }
    assert_int_equal(n.opened, 5);
    weft_connection_close(take(engine));
    assert_int_equal(n.opened, 5);
    weft_engine_close(engine);
}

static void case_P22_an_error_in_setting_up_is_told_and_the_next_take_works(void **state)
{
    numbers n = {.connect_fails = 1, .with = WEFT_ERROR_SCHEMA};
    weft_engine *engine = counted_pool(*state, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 3000}, &n);
    weft_connection *c;
    weft_error error;
    assert_int_equal(try_take(engine, &c, &error), WEFT_ERROR_SCHEMA);
    assert_string_equal(error.message, "not now");
    weft_connection_close(take(engine));
    assert_int_equal(n.opened, 2);
    weft_engine_close(engine);
}

/* ---- giving back ---- */

static void case_P24_closing_within_a_transaction_rolls_back_once(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c = take(engine);
    assert_int_equal(weft_connection_begin(c, NULL), WEFT_OK);
    use(c);
    weft_connection_close(c);
    assert_int_equal(n.rollbacks, 1);
    assert_int_equal(stats_of(engine).resets, 0); /* the pool does not do it again */
    assert_rows(f, "SELECT count(*) FROM item", "0");
    weft_engine_close(engine);
}

static void case_P25_a_rollback_that_fails_at_the_return_is_nobodys_error(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c = take(engine);
    use(c);
    weft_session_rollback(f->s);
    test_database_kill_others(&f->database);
    weft_connection_close(c);
    c = take(engine);
    use(c);
    assert_int_equal(n.opened, 2);
    assert_true(becomes(engine, has_closed, 1));
    weft_connection_close(c);
    weft_engine_close(engine);
}

static bool is_one_closed_one_out(const weft_pool_stats *stats, uint64_t wanted)
{
    return stats->closed_total == wanted && stats->in_use == 1;
}

/* SQLAlchemy gives the late one to nobody and counts -1 of them. */
static void case_P26_what_comes_back_after_its_pool_was_emptied_is_closed(void **state)
{
    weft_engine *engine = pool_of(*state, (weft_pool_options){.size = 2, .max_overflow = WEFT_NONE});
    weft_connection *a = take(engine), *b = take(engine);
    weft_connection_close(a);
    weft_engine_invalidate(engine);
    assert_true(becomes(engine, is_one_closed_one_out, 1));
    use(b);
    weft_connection_close(b);
    assert_true(becomes(engine, has_closed, 2));
    assert_int_equal(stats_of(engine).open, 0);
    weft_connection_close(take(engine));
    assert_true(stats_of(engine).opened >= 3);
    weft_engine_close(engine);
}

/* What a thread gave back last is still warm: it comes first. Surplus ones idle out whatever the order. */
static void case_P28_a_thread_gets_again_what_it_gave_back_last(void **state)
{
    numbers n = {0};
    weft_engine *engine = counted_pool(*state, (weft_pool_options){.size = 3, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c[3];
    uint64_t number = 0;
    for (int i = 0; i < 3; i++)
        c[i] = take(engine);
    for (int i = 0; i < 3; i++) {
        use(c[i]);
        number = n.last;
        weft_connection_close(c[i]);
    }
    for (int i = 0; i < 10; i++) {
        weft_connection *again = take(engine);
        use(again);
        assert_int_equal(n.last, number);
        weft_connection_close(again);
    }
    weft_engine_close(engine);
}

/* A handle is freed by its close: what may be closed twice are sessions of a registry, and NULL. */
static void case_P29_nothing_is_put_into_the_pool_twice(void **state)
{
    fixture *f = *state;
    weft_engine *engine = pool_of(f, (weft_pool_options){.size = 2, .max_overflow = WEFT_NONE});
    weft_connection *c = take(engine);
    weft_connection_close(c);
    c = NULL;
    weft_connection_close(c);
    weft_scoped *sessions;
    weft_error error = {0};
    assert_error(weft_scoped_open(&sessions, engine, NULL, &error), WEFT_OK, &error);
    weft_session *s = weft_scoped_session(sessions);
    assert_null(weft_get(s, Item, 7));
    weft_scoped_remove(sessions);
    weft_scoped_remove(sessions);
    assert_int_equal(stats_of(engine).in_use, 0);
    assert_int_equal(stats_of(engine).idle, stats_of(engine).open);
    weft_connection *a = take(engine), *b = take(engine);
    assert_int_equal(stats_of(engine).open, 2);
    weft_connection_close(a);
    weft_connection_close(b);
    weft_scoped_close(sessions);
    weft_engine_close(engine);
}

static void *close_it(void *c)
{
    weft_connection_close(c);
    return NULL;
}

static void case_P30_another_thread_may_close_a_connection(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    weft_connection *c = take(engine);
    use(c);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, close_it, c), 0);
    pthread_join(thread, NULL);
    assert_int_equal(n.rollbacks, 1);
    c = take(engine);
    use(c);
    assert_int_equal(weft_connection_commit(c, NULL), WEFT_OK);
    weft_connection_close(c);
    assert_int_equal(n.opened, 1);
    assert_rows(f, "SELECT count(*) FROM item", "1");
    weft_engine_close(engine);
}

/* ---- other kinds of pools ---- */

static void case_P32_a_child_is_told_and_the_parents_connections_stay_usable(void **state)
{
    fixture *f = *state;
    weft_engine *engine = pool_of(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    weft_connection *c = take(engine);
    use(c);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        weft_error error = {0};
        weft_connection *other = NULL;
        bool told = weft_engine_connect(engine, &other, NULL, &error) == WEFT_ERROR_FORKED &&
                    weft_execute_text(c, "INSERT INTO item (amount) VALUES (2)", NULL, &error) == WEFT_ERROR_FORKED;
        weft_connection_close(c);
        _exit(told ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    use(c);
    assert_int_equal(weft_connection_commit(c, NULL), WEFT_OK);
    weft_connection_close(c);
    assert_rows(f, "SELECT count(*) FROM item", "2");
    assert_int_equal(stats_of(engine).opened, 1);
    weft_engine_close(engine);
}

/* A pool that keeps nothing is a connection that is taken out of it. */
static void case_P33_a_connection_for_one_use_is_opened_and_closed_for_it(void **state)
{
    fixture *f = *state;
    numbers n = {0};
    weft_engine *engine = counted_pool(f, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE}, &n);
    for (int i = 1; i <= 2; i++) {
        weft_connection *c = take(engine);
        assert_int_equal(weft_connection_detach(c, NULL), WEFT_OK);
        use(c);
        weft_connection_close(c);
        assert_int_equal(n.opened, i);
        assert_int_equal(n.rollbacks, i);
        assert_int_equal(stats_of(engine).open, 0);
    }
    weft_engine_close(engine);
}

static void case_P34_a_second_take_names_the_place_of_the_first(void **state)
{
    weft_engine *engine =
        pool_of(*state, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 1000, .leak_after_ms = 60000});
    weft_connection *c = take(engine), *other;
    weft_error error;
    assert_int_equal(try_take(engine, &other, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_non_null(strstr(error.hint, "test_cases_p.c"));
    weft_connection_close(c);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(case_P1_nothing_is_opened_before_the_first_take),
        ON_BOTH(case_P2_one_too_many_times_out_not_too_early_and_names_the_figures),
        ON_BOTH(case_P4_overflow_is_closed_when_idle_and_not_at_each_return),
        ON_BOTH(case_P5_nobody_fails_early_because_of_a_lost_race),
        ON_BOTH(case_P6_size_zero_is_the_default_and_no_size_is_without_limit),
        ON_BOTH(case_P8_one_that_hangs_in_connecting_holds_up_nobody),
        ON_BOTH(case_P9_who_waits_gets_the_connection_that_comes_back_rolled_back_once),
        ON_BOTH(case_P10_all_who_wait_are_served_where_the_connection_is_invalidated),
        ON_BOTH(case_P12_an_invalidated_connection_works_until_it_comes_back),
        ON_BOTH(case_P13_an_old_connection_is_exchanged_between_uses_never_within_one),
        ON_POSTGRES(case_P14_a_death_of_the_database_closes_each_connection_once),
        ON_BOTH(case_P16_a_fresh_connection_is_not_asked_a_quiet_one_once_each_time),
        ON_POSTGRES(case_P17_connections_that_died_while_idle_are_replaced_in_silence),
        ON_POSTGRES(case_P18_the_error_of_connecting_is_given_unchanged),
        ON_SQLITE(case_P18_a_file_that_cannot_be_opened_is_told_unchanged),
        ON_BOTH(case_P20_a_checkout_that_is_always_refused_tries_three_and_leaves_the_place_free),
        ON_BOTH(case_P21_every_connection_is_set_up_once_before_it_serves),
        ON_BOTH(case_P22_an_error_in_setting_up_is_told_and_the_next_take_works),
        ON_BOTH(case_P24_closing_within_a_transaction_rolls_back_once),
        ON_POSTGRES(case_P25_a_rollback_that_fails_at_the_return_is_nobodys_error),
        ON_BOTH(case_P26_what_comes_back_after_its_pool_was_emptied_is_closed),
        ON_BOTH(case_P28_a_thread_gets_again_what_it_gave_back_last),
        ON_BOTH(case_P29_nothing_is_put_into_the_pool_twice),
        ON_BOTH(case_P30_another_thread_may_close_a_connection),
        ON_BOTH(case_P32_a_child_is_told_and_the_parents_connections_stay_usable),
        ON_BOTH(case_P33_a_connection_for_one_use_is_opened_and_closed_for_it),
        ON_BOTH(case_P34_a_second_take_names_the_place_of_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
