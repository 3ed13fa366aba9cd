/* The pool over a driver without a database: what a single borrower and a few threads may rely on. Time is injected where a limit
 * of time is tested (pools without threads of their own, kept house by the test); threads meet at the pool's own counters. */
#define _GNU_SOURCE
#include "fake_driver.h"
#include "pool/pool_private.h"

#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MS ((int64_t)WEFTI_NS_PER_MS)

static int64_t fake_now;
static int64_t read_fake_clock(void) { return fake_now; }

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    fake_now = 1000 * 1000 * MS;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    wefti_clock_replace(NULL);
    wefti_epoch_drain();
    return wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED) == 0 && wefti_atomic_load_u32(&fake.violations,
                                                                                              WEFTI_RELAXED) == 0 ? 0 : -1;
}

static wefti_pool *open_pool(const wefti_target *target, weft_pool_options options)
{
    wefti_pool *pool;
    weft_error error = { 0 };
    assert_int_equal(wefti_pool_open(&pool, target, &options, NULL, &error), WEFT_OK);
    return pool;
}

/* No threads, time by the test. */
static wefti_pool *open_timed(weft_pool_options options)
{
    wefti_pool *pool;
    weft_error error = { 0 };
    wefti_clock_replace(read_fake_clock);
    assert_int_equal(wefti_pool_open_unattended(&pool, &fake_in_process_target, &options, NULL, &error), WEFT_OK);
    return pool;
}

static wefti_dbc *take(wefti_pool *pool)
{
    wefti_dbc *dbc;
    weft_error error = { 0 };
    weft_status status = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &dbc, &error);
    if (status != WEFT_OK)
        print_error("%s\n", error.message);
    assert_int_equal(status, WEFT_OK);
    return dbc;
}

static weft_pool_stats stats_of(wefti_pool *pool);

/* Takes a connection and sees to it that no other exists: a helper may have opened one more than was needed. */
static wefti_dbc *take_only(wefti_pool *pool)
{
    wefti_dbc *dbc = take(pool);
    for (;;) {
        weft_pool_stats stats = stats_of(pool);
        if (stats.connecting == 0 && stats.open == 1)
            return dbc;
        if (stats.idle > 0)
            wefti_pool_checkin(pool, take(pool), true);
        wefti_thread_yield();
    }
}

static void end(wefti_pool *pool)
{
    assert_int_equal(wefti_pool_close(pool, wefti_now_ns() + 10000 * MS, NULL), WEFT_OK);
    wefti_pool_free(pool);
}

static weft_pool_stats stats_of(wefti_pool *pool)
{
    weft_pool_stats stats;
    wefti_pool_stats(pool, &stats);
    return stats;
}

static void pass_time(wefti_pool *pool, int64_t ms)
{
    fake_now += ms * MS;
    wefti_pool_keep_house(pool, fake_now);
}

/* ---- one borrower ---- */

static void pool_opens_nothing_before_the_first_checkout(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    assert_int_equal(stats_of(pool).open, 0);
    wefti_dbc *dbc = take(pool);
    assert_int_equal(stats_of(pool).in_use, 1);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).idle, 1);
    end(pool);
}

static void pool_gives_a_thread_its_last_connection_again(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){ 0 });
    wefti_dbc *a = take(pool), *b = take(pool), *c = take(pool);
    wefti_pool_checkin(pool, a, false);
    wefti_pool_checkin(pool, b, false);
    wefti_pool_checkin(pool, c, false);
    assert_ptr_equal(take(pool), c);
    wefti_pool_checkin(pool, c, false);
    assert_ptr_equal(take(pool), c);
    wefti_pool_checkin(pool, c, false);
    end(pool);
}

static void checkout_of_an_exhausted_pool_times_out_and_says_so(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 20 });
    wefti_dbc *dbc = take(pool), *none = dbc;
    weft_error error = { 0 };
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_null(none);
    assert_non_null(strstr(error.message, "no connection became free"));
    assert_true(error.nothing_sent);
    assert_int_equal(stats_of(pool).timeouts, 1);
    assert_int_equal(wefti_pool_checkout(pool, wefti_now_ns() - 1, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).wait.count, 3);
    end(pool);
}

static void timeout_none_does_not_wait_for_connections_in_use(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE,
                                 .timeout_ms = WEFT_NONE });
    wefti_dbc *dbc = take(pool), *none;
    weft_error error = { 0 };
    int64_t start = wefti_now_ns();
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_true(wefti_now_ns() - start < 5000 * MS);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void overflow_is_opened_in_need_and_closed_when_idle(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .size = 1, .max_overflow = 2 });
    wefti_dbc *a = take(pool), *b = take(pool), *c = take(pool);
    assert_int_equal(stats_of(pool).open, 3);
    wefti_pool_checkin(pool, a, false);
    wefti_pool_checkin(pool, b, false);
    wefti_pool_checkin(pool, c, false);
    pass_time(pool, 1000);
    assert_int_equal(stats_of(pool).open, 3);
    pass_time(pool, 5000);
    assert_int_equal(stats_of(pool).open, 1);
    end(pool);
}

static void discarded_connection_is_closed(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){ 0 });
    wefti_pool_checkin(pool, take(pool), true);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).closed_total, 1);
    end(pool);
}

static void detached_connection_outlives_the_pool(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    wefti_dbc *own = take(pool);
    wefti_pool_detach(pool, own);
    wefti_dbc *other = take(pool);
    assert_ptr_not_equal(own, other);
    wefti_pool_checkin(pool, other, false);
    end(pool);
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED), 1);
    fake_driver.close(own);
}

/* ---- hygiene ---- */

static void open_transaction_is_rolled_back_on_return(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){ 0 });
    wefti_dbc *dbc = take(pool);
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_FAILED, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
    assert_ptr_equal(take(pool), dbc);
    assert_int_equal(fake_driver.state(dbc), WEFTI_TX_IDLE);
    dbc->dirty = true;
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).resets, 2);
    assert_int_equal(stats_of(pool).idle, 1);
    end(pool);
}

static void connection_that_cannot_be_reset_is_closed(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){ 0 });
    wefti_dbc *dbc = take(pool);
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_OPEN, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake.reset_fails, 1, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).reset_failures, 1);
    end(pool);
}

static void running_statement_is_cancelled_by_a_helper(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    wefti_dbc *dbc = take(pool);
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
    assert_ptr_equal(take(pool), dbc); /* waits for the helper */
    assert_int_equal(wefti_atomic_load_u64(&fake.recovers, WEFTI_RELAXED), 1);
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake.recover_fails, 1, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
    wefti_pool_checkin(pool, take(pool), false);
    assert_int_equal(stats_of(pool).closed_total, 1);
    end(pool);
}

static void one_broken_connection_is_replaced_and_two_retire_their_generation(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .size = 4, .max_overflow = WEFT_NONE });
    wefti_dbc *d[4];
    for (int i = 0; i < 4; i++)
        d[i] = take(pool);
    wefti_atomic_store_u32(&fake_of(d[0])->tx, WEFTI_TX_BROKEN, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake_of(d[1])->tx, WEFTI_TX_BROKEN, WEFTI_RELAXED);
    wefti_pool_checkin(pool, d[0], false);
    assert_int_equal(stats_of(pool).generation, 0);
    wefti_pool_checkin(pool, d[2], false); /* idle: still good */
    wefti_pool_checkin(pool, d[1], false);
    assert_int_equal(stats_of(pool).generation, 1);
    wefti_dbc *fresh = take(pool); /* not d[2] */
    assert_int_equal(((wefti_slot *)fresh->user)->generation, 1);
    wefti_pool_checkin(pool, fresh, false);
    wefti_pool_checkin(pool, d[3], false);
    assert_int_equal(stats_of(pool).idle, 1);
    assert_int_equal(stats_of(pool).retired_generation, 2);
    end(pool);
}

static void two_losses_at_once_count_as_two_whichever_clock_was_read_first(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .size = 2, .max_overflow = WEFT_NONE });
    wefti_dbc *a = take(pool), *b = take(pool);
    wefti_atomic_store_u32(&fake_of(a)->tx, WEFTI_TX_BROKEN, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake_of(b)->tx, WEFTI_TX_BROKEN, WEFTI_RELAXED);
    wefti_pool_checkin(pool, a, false);
    fake_now -= 1; /* as of a thread that read the clock before the other and wrote after it */
    wefti_pool_checkin(pool, b, false);
    assert_int_equal(stats_of(pool).generation, 1);
    end(pool);
}

static void invalidate_retires_idle_and_borrowed_connections(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ 0 });
    wefti_dbc *a = take(pool), *b = take(pool);
    wefti_pool_checkin(pool, a, false);
    wefti_pool_invalidate(pool);
    wefti_pool_keep_house(pool, fake_now);
    assert_int_equal(stats_of(pool).open, 1);
    wefti_pool_checkin(pool, b, false);
    assert_int_equal(stats_of(pool).open, 0);
    end(pool);
}

/* ---- time ---- */

static void old_connection_is_closed_within_its_lifetime(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .max_lifetime_ms = 10000, .idle_timeout_ms = WEFT_NONE,
                                  .keepalive_ms = WEFT_NONE });
    wefti_dbc *idle = take(pool), *out = take(pool);
    wefti_pool_checkin(pool, idle, false);
    pass_time(pool, 8900);
    assert_int_equal(stats_of(pool).open, 2);
    pass_time(pool, 1200);
    assert_int_equal(stats_of(pool).open, 1);
    wefti_pool_checkin(pool, out, false);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).retired_lifetime, 2);
    end(pool);
}

static void idle_connections_above_min_idle_are_closed(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .idle_timeout_ms = 5000, .min_idle = 1, .keepalive_ms = WEFT_NONE });
    wefti_dbc *a = take(pool), *b = take(pool);
    wefti_pool_checkin(pool, a, false);
    wefti_pool_checkin(pool, b, false);
    pass_time(pool, 5001);
    assert_int_equal(stats_of(pool).open, 1);
    assert_int_equal(stats_of(pool).retired_idle, 1);
    end(pool);
}

static void min_idle_is_opened_ahead(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .size = 4, .min_idle = 3 });
    pass_time(pool, 1);
    assert_int_equal(stats_of(pool).idle, 3);
    wefti_dbc *dbc = take(pool);
    pass_time(pool, 1);
    assert_int_equal(stats_of(pool).idle, 3);
    wefti_pool_checkin(pool, dbc, false);
    pass_time(pool, 1);
    assert_int_equal(stats_of(pool).open, 4);
    end(pool);
}

static void quiet_connection_is_asked_before_it_is_given_out(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .ping_after_ms = 500 });
    wefti_dbc *dbc = take(pool);
    wefti_pool_checkin(pool, dbc, false);
    fake_now += 499 * MS;
    assert_ptr_equal(take(pool), dbc);
    assert_int_equal(stats_of(pool).pings, 0);
    wefti_pool_checkin(pool, dbc, false);
    fake_now += 500 * MS;
    assert_ptr_equal(take(pool), dbc);
    assert_int_equal(stats_of(pool).pings, 1);
    wefti_atomic_store_u32(&fake_of(dbc)->dead, 1, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
    fake_now += 500 * MS;
    wefti_pool_checkin(pool, take(pool), false); /* the dead one was replaced */
    assert_int_equal(stats_of(pool).ping_failures, 1);
    assert_int_equal(stats_of(pool).opened, 2);
    end(pool);
}

static void keepalive_asks_idle_connections(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){ .keepalive_ms = 1000, .idle_timeout_ms = WEFT_NONE });
    wefti_pool_checkin(pool, take(pool), false);
    for (int i = 0; i < 35; i++)
        pass_time(pool, 100);
    assert_int_equal(stats_of(pool).pings, 3);
    wefti_atomic_store_u32(&fake.ping_fails, 1, WEFTI_RELAXED);
    pass_time(pool, 1000);
    assert_int_equal(stats_of(pool).open, 0);
    end(pool);
}

typedef struct last_log { char message[300]; int count; } last_log;
static void keep_log(void *context, const weft_log_record *record)
{
    last_log *l = context;
    if (record->level > WEFT_LOG_WARNING)
        return;
    snprintf(l->message, sizeof l->message, "%s", record->message);
    l->count++;
}

static void connection_kept_out_is_reported_once_with_its_site(void **state)
{
    (void)state;
    last_log seen = { 0 };
    wefti_log log = { .callback = keep_log, .context = &seen, .level = WEFT_LOG_WARNING };
    wefti_pool *pool;
    wefti_clock_replace(read_fake_clock);
    weft_pool_options options = { .leak_after_ms = 1000 };
    assert_int_equal(wefti_pool_open_unattended(&pool, &fake_in_process_target, &options, &log, NULL), WEFT_OK);
    wefti_dbc *dbc;
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, "handler.c", 42, &dbc, NULL), WEFT_OK);
    pass_time(pool, 999);
    assert_int_equal(seen.count, 0);
    pass_time(pool, 2);
    pass_time(pool, 1000);
    assert_int_equal(seen.count, 1);
    assert_non_null(strstr(seen.message, "handler.c:42"));
    assert_int_equal(stats_of(pool).leaks, 1);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).use.count, 1);
    assert_true(stats_of(pool).use.max_us >= 2000000);
    end(pool);
}

/* ---- connecting ---- */

static void refused_login_fails_at_once_with_its_own_error(void **state)
{
    (void)state;
    const wefti_target *targets[] = { &fake_target, &fake_in_process_target };
    for (int i = 0; i < 2; i++) {
        wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_AUTH, WEFTI_RELAXED);
        wefti_pool *pool = open_pool(targets[i], (weft_pool_options){ .timeout_ms = 60000 });
        wefti_dbc *dbc;
        weft_error error = { 0 };
        int64_t start = wefti_now_ns();
        assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error), WEFT_ERROR_AUTH);
        assert_string_equal(error.message, "the fake server says no");
        assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error), WEFT_ERROR_AUTH);
        assert_true(wefti_now_ns() - start < 20000 * MS);
        wefti_atomic_store_u32(&fake.open_status, WEFT_OK, WEFTI_RELAXED); /* the password was set right */
        while (wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error) != WEFT_OK)
            assert_true(wefti_now_ns() - start < 40000 * MS);
        wefti_pool_checkin(pool, dbc, false);
        end(pool);
    }
}

static void passing_connect_errors_are_retried_for_the_borrower(void **state)
{
    (void)state;
    wefti_atomic_store_u32(&fake.open_failures, 3, WEFTI_RELAXED);
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .timeout_ms = 30000 });
    wefti_pool_checkin(pool, take(pool), false);
    assert_int_equal(stats_of(pool).open_failures, 3);
    end(pool);
}

static void timeout_names_the_last_connect_error(void **state)
{
    (void)state;
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_CONNECT, WEFTI_RELAXED);
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .timeout_ms = 150 });
    wefti_dbc *dbc;
    weft_error error = { 0 };
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_non_null(strstr(error.message, "the fake server says no"));
    end(pool);
}

static void refused_login_does_not_take_connections_from_those_who_wait(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 2, .max_overflow = WEFT_NONE, .timeout_ms = 100 });
    wefti_dbc *dbc = take_only(pool), *none;
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_AUTH, WEFTI_RELAXED);
    weft_error error = { 0 };
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

typedef struct borrower {
    wefti_pool *pool;
    weft_status status;
    wefti_dbc *dbc;
    uint32_t order;
    wefti_atomic_u32 *next;
    pthread_t thread;
} borrower;

static void *borrow(void *argument)
{
    borrower *b = argument;
    b->status = wefti_pool_checkout(b->pool, WEFTI_NO_DEADLINE, NULL, 0, &b->dbc, NULL);
    if (b->next != NULL)
        b->order = wefti_atomic_add_u32(b->next, 1, WEFTI_ACQ_REL);
    if (b->status == WEFT_OK && b->next != NULL)
        wefti_pool_checkin(b->pool, b->dbc, false);
    return NULL;
}

static void await_announced(wefti_pool *pool, uint32_t count)
{
    while (wefti_atomic_load_u32(&pool->announced, WEFTI_SEQ_CST) != count)
        wefti_thread_yield();
}

static void hung_login_blocks_nobody_who_can_be_served(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 3, .max_overflow = WEFT_NONE });
    wefti_dbc *dbc = take_only(pool);
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    borrower b = { .pool = pool };
    pthread_create(&b.thread, NULL, borrow, &b);
    fake_wait_hanging(1);
    wefti_pool_checkin(pool, dbc, false);
    pthread_join(b.thread, NULL); /* served by the connection that came back */
    assert_int_equal(b.status, WEFT_OK);
    assert_ptr_equal(b.dbc, dbc);
    wefti_pool_checkin(pool, b.dbc, false);
    fake_let_go();
    while (stats_of(pool).idle != 2) /* the late one is pooled */
        wefti_thread_yield();
    end(pool);
}

static void connection_that_comes_after_its_requester_left_is_pooled(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .timeout_ms = 30 });
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    wefti_dbc *dbc;
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, NULL), WEFT_ERROR_POOL_TIMEOUT);
    fake_let_go();
    while (stats_of(pool).idle != 1)
        wefti_thread_yield();
    end(pool);
}

static void hung_ping_blocks_nobody_who_can_be_served(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = 1, .keepalive_ms = WEFT_NONE });
    wefti_dbc *dbc = take_only(pool);
    wefti_pool_checkin(pool, dbc, false);
    wefti_atomic_store_u32(&fake.hang_pings, 1, WEFTI_SEQ_CST);
    wefti_slot *slot = dbc->user;
    assert_true(wefti_slot_claim(slot, WEFTI_CLAIM_IDLE));
    wefti_slot_queue(pool, slot, WEFTI_WORK_PING);
    fake_wait_hanging(1);
    wefti_dbc *other = take(pool); /* the overflow */
    assert_ptr_not_equal(other, dbc);
    fake_let_go();
    wefti_pool_checkin(pool, other, false);
    while (stats_of(pool).idle != 2)
        wefti_thread_yield();
    end(pool);
}

/* ---- the line ---- */

static void threads_in_line_are_served_in_order_of_arrival(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    wefti_dbc *dbc = take(pool);
    uint64_t before = stats_of(pool).hand_offs;
    wefti_atomic_u32 next = WEFTI_ATOMIC_INIT(0);
    borrower b[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        b[i] = (borrower){ .pool = pool, .next = &next };
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
        await_announced(pool, i + 1);
    }
    wefti_pool_checkin(pool, dbc, false);
    for (uint32_t i = 0; i < COUNT; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].status, WEFT_OK);
        assert_int_equal(b[i].order, i);
    }
    assert_int_equal(stats_of(pool).hand_offs - before, COUNT);
    end(pool);
}

static void thread_that_timed_out_is_passed_over(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    wefti_dbc *dbc = take(pool), *none;
    assert_int_equal(wefti_pool_checkout(pool, wefti_now_ns() + 5 * MS, NULL, 0, &none, NULL), WEFT_ERROR_POOL_TIMEOUT);
    borrower b = { .pool = pool };
    pthread_create(&b.thread, NULL, borrow, &b);
    await_announced(pool, 1);
    wefti_pool_checkin(pool, dbc, false);
    pthread_join(b.thread, NULL);
    assert_int_equal(b.status, WEFT_OK);
    wefti_pool_checkin(pool, b.dbc, false);
    assert_ptr_equal(take(pool), dbc);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void full_line_refuses_at_once(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE, .max_waiters = 1 });
    wefti_dbc *dbc = take(pool), *none;
    borrower b = { .pool = pool };
    pthread_create(&b.thread, NULL, borrow, &b);
    await_announced(pool, 1);
    weft_error error = { 0 };
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_non_null(strstr(error.message, "1 threads wait already"));
    assert_int_equal(stats_of(pool).refused, 1);
    wefti_pool_checkin(pool, dbc, false);
    pthread_join(b.thread, NULL);
    wefti_pool_checkin(pool, b.dbc, false);
    end(pool);
}

static void suspended_pool_serves_again_after_resume(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    wefti_dbc *dbc = take(pool), *none;
    wefti_pool_suspend(pool);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).idle, 1);
    assert_int_equal(wefti_pool_checkout(pool, wefti_now_ns() + 5 * MS, NULL, 0, &none, NULL), WEFT_ERROR_POOL_TIMEOUT);
    borrower b = { .pool = pool };
    pthread_create(&b.thread, NULL, borrow, &b);
    await_announced(pool, 1);
    assert_true(stats_of(pool).suspended);
    wefti_pool_resume(pool);
    pthread_join(b.thread, NULL);
    assert_int_equal(b.status, WEFT_OK);
    wefti_pool_checkin(pool, b.dbc, false);
    end(pool);
}

/* ---- the end ---- */

static void close_sends_the_line_home(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 1, .max_overflow = WEFT_NONE });
    wefti_dbc *dbc = take(pool), *none;
    borrower b[3];
    for (uint32_t i = 0; i < 3; i++) {
        b[i] = (borrower){ .pool = pool };
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
    }
    await_announced(pool, 3);
    weft_error error = { 0 };
    assert_int_equal(wefti_pool_close(pool, wefti_now_ns() + 10 * MS, &error), WEFT_ERROR_TIMEOUT);
    for (uint32_t i = 0; i < 3; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].status, WEFT_ERROR_CLOSED);
    }
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_CLOSED);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED), 0);
    assert_int_equal(wefti_pool_close(pool, wefti_now_ns(), NULL), WEFT_OK);
    wefti_pool_free(pool);
}

static void *return_later(void *argument)
{
    borrower *b = argument;
    while (wefti_pool_phase(b->pool) < WEFTI_PHASE_CLOSING)
        wefti_thread_yield();
    wefti_pool_checkin(b->pool, b->dbc, false);
    return NULL;
}

static void act_on_cancellation(void *context, const weft_log_record *record)
{
    (void)context, (void)record;
    pthread_testcancel(); /* as a write to a file does */
}

static void *return_while_cancelled(void *argument)
{
    borrower *b = argument;
    b->dbc = take(b->pool);
    pthread_cancel(pthread_self());
    wefti_pool_checkin(b->pool, b->dbc, true);
    return NULL;
}

static void cancellation_during_a_return_loses_no_slot(void **state)
{
    (void)state;
    const wefti_log log = { .callback = act_on_cancellation, .level = WEFT_LOG_DEBUG };
    const weft_pool_options options = { .size = 1, .max_overflow = WEFT_NONE };
    borrower b = { .pool = NULL };
    assert_int_equal(wefti_pool_open(&b.pool, &fake_in_process_target, &options, &log, NULL), WEFT_OK);
    pthread_create(&b.thread, NULL, return_while_cancelled, &b);
    pthread_join(b.thread, NULL);
    assert_int_equal(stats_of(b.pool).open, 0);
    wefti_pool_checkin(b.pool, take(b.pool), false);
    end(b.pool);
}

static void close_waits_for_connections_that_are_out(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ .size = 2 });
    borrower b = { .pool = pool, .dbc = take(pool) };
    pthread_create(&b.thread, NULL, return_later, &b);
    assert_int_equal(wefti_pool_close(pool, wefti_now_ns() + 60000 * MS, NULL), WEFT_OK);
    pthread_join(b.thread, NULL);
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED), 0);
    wefti_pool_free(pool);
}

static void last_connection_out_frees_the_pool_after_its_handle(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ 0 });
    wefti_dbc *a = take(pool), *b = take(pool), *c = take(pool);
    wefti_atomic_store_u32(&fake_of(b)->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED);
    wefti_pool_free(pool);
    wefti_pool_checkin(pool, a, false);
    wefti_pool_checkin(pool, b, false);
    wefti_pool_checkin(pool, c, true); /* under ASan: all is freed now, once */
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED), 0);
}

static void child_of_a_fork_is_told_and_leaves_the_connections_alone(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){ 0 });
    wefti_dbc *dbc = take_only(pool);
    pid_t child = fork();
    if (child == 0) {
        wefti_dbc *none;
        weft_error error = { 0 };
        bool right = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error) == WEFT_ERROR_FORKED;
        wefti_pool_checkin(pool, dbc, true);
        right = right && wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED) == 1;
        wefti_pool_free(pool);
#ifndef WEFTI_TSAN /* which refuses threads in a forked child */
        wefti_pool *fresh;
        right = right && wefti_pool_open(&fresh, &fake_target, NULL, NULL, &error) == WEFT_OK;
        right = right && wefti_pool_checkout(fresh, wefti_now_ns() + 60000 * MS, NULL, 0, &none, &error) == WEFT_OK;
        if (right) {
            wefti_pool_checkin(fresh, none, false);
            right = wefti_pool_close(fresh, wefti_now_ns() + 60000 * MS, &error) == WEFT_OK;
        }
#endif
        _exit(right ? 0 : 1);
    }
    int result = -1;
    waitpid(child, &result, 0);
    assert_int_equal(result, 0);
    wefti_pool_checkin(pool, dbc, false);
    assert_ptr_equal(take(pool), dbc);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void no_allocation_that_fails_leaves_anything_behind(void **state)
{
    (void)state;
    for (int once = 0; once < 2; once++) {
        for (int64_t n = 0;; n++) {
            wefti_memory_fail_after(n, once == 0);
            wefti_pool *pool;
            wefti_dbc *dbc;
            weft_error error = { 0 };
            weft_status status = wefti_pool_open(&pool, &fake_in_process_target, NULL, NULL, &error);
            if (status == WEFT_OK) {
                status = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error);
                if (status == WEFT_OK)
                    wefti_pool_checkin(pool, dbc, false);
                wefti_pool_close(pool, wefti_now_ns(), NULL);
                wefti_pool_free(pool);
            }
            bool failed = wefti_memory_fail_after(-1, false);
            assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED), 0);
            if (!failed)
                break;
            assert_true(status == WEFT_OK || status == WEFT_ERROR_NO_MEMORY || status == WEFT_ERROR_RESOURCE);
            assert_true(n < 1000);
        }
    }
}

/* ---- many threads ---- */

typedef struct crowd {
    wefti_pool *pool;
    uint32_t rounds;
    wefti_atomic_u32 failures;
} crowd;

static void *join_crowd(void *argument)
{
    crowd *c = argument;
    for (uint32_t i = 0; i < c->rounds; i++) {
        wefti_dbc *dbc;
        if (wefti_pool_checkout(c->pool, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &dbc, NULL) != WEFT_OK) {
            wefti_atomic_add_u32(&c->failures, 1, WEFTI_RELAXED);
            continue;
        }
        fake_enter(dbc);
        if (i % 64 == 7)
            wefti_thread_yield();
        if (i % 97 == 3)
            wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_OPEN, WEFTI_RELAXED);
        fake_leave(dbc);
        wefti_pool_checkin(c->pool, dbc, i % 501 == 77);
    }
    return NULL;
}

static void crowd_never_shares_a_connection_nor_exceeds_the_limit(void **state)
{
    (void)state;
    const wefti_target *targets[] = { &fake_target, &fake_in_process_target };
    for (int t = 0; t < 2; t++) {
        crowd c = { .pool = open_pool(targets[t], (weft_pool_options){ .size = 3, .max_overflow = 2, .use_histogram = true }),
            .rounds = 2000 };
        pthread_t threads[12];
        wefti_atomic_store_u32(&fake.most_open, 0, WEFTI_RELAXED);
        for (size_t i = 0; i < 12; i++)
            pthread_create(&threads[i], NULL, join_crowd, &c);
        for (size_t i = 0; i < 12; i++)
            pthread_join(threads[i], NULL);
        weft_pool_stats stats = stats_of(c.pool);
        assert_int_equal(wefti_atomic_load_u32(&c.failures, WEFTI_RELAXED), 0);
        assert_int_equal(wefti_atomic_load_u32(&fake.violations, WEFTI_RELAXED), 0);
        assert_true(wefti_atomic_load_u32(&fake.most_open, WEFTI_RELAXED) <= 5);
        assert_int_equal(stats.checkouts, 24000);
        assert_int_equal(stats.use.count, 24000);
        assert_int_equal(stats.in_use, 0);
        assert_int_equal(stats.waiting, 0);
        assert_int_equal(stats.opened - stats.closed_total, stats.open);
        end(c.pool);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pool_opens_nothing_before_the_first_checkout),
        TEST(pool_gives_a_thread_its_last_connection_again),
        TEST(checkout_of_an_exhausted_pool_times_out_and_says_so),
        TEST(timeout_none_does_not_wait_for_connections_in_use),
        TEST(overflow_is_opened_in_need_and_closed_when_idle),
        TEST(discarded_connection_is_closed),
        TEST(detached_connection_outlives_the_pool),
        TEST(open_transaction_is_rolled_back_on_return),
        TEST(connection_that_cannot_be_reset_is_closed),
        TEST(running_statement_is_cancelled_by_a_helper),
        TEST(one_broken_connection_is_replaced_and_two_retire_their_generation),
        TEST(two_losses_at_once_count_as_two_whichever_clock_was_read_first),
        TEST(invalidate_retires_idle_and_borrowed_connections),
        TEST(old_connection_is_closed_within_its_lifetime),
        TEST(idle_connections_above_min_idle_are_closed),
        TEST(min_idle_is_opened_ahead),
        TEST(quiet_connection_is_asked_before_it_is_given_out),
        TEST(keepalive_asks_idle_connections),
        TEST(connection_kept_out_is_reported_once_with_its_site),
        TEST(refused_login_fails_at_once_with_its_own_error),
        TEST(passing_connect_errors_are_retried_for_the_borrower),
        TEST(timeout_names_the_last_connect_error),
        TEST(refused_login_does_not_take_connections_from_those_who_wait),
        TEST(hung_login_blocks_nobody_who_can_be_served),
        TEST(connection_that_comes_after_its_requester_left_is_pooled),
        TEST(hung_ping_blocks_nobody_who_can_be_served),
        TEST(threads_in_line_are_served_in_order_of_arrival),
        TEST(thread_that_timed_out_is_passed_over),
        TEST(full_line_refuses_at_once),
        TEST(suspended_pool_serves_again_after_resume),
        TEST(close_sends_the_line_home),
        TEST(cancellation_during_a_return_loses_no_slot),
        TEST(close_waits_for_connections_that_are_out),
        TEST(last_connection_out_frees_the_pool_after_its_handle),
        TEST(child_of_a_fork_is_told_and_leaves_the_connections_alone),
        TEST(no_allocation_that_fails_leaves_anything_behind),
        TEST(crowd_never_shares_a_connection_nor_exceeds_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
