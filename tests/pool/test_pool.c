/* The pool over a driver without a database: what a single borrower may rely on. Time is injected where a limit of time is tested
 * (pools without threads of their own, kept house by the test). */
#define _GNU_SOURCE
#include "pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- one borrower ---- */

static void pool_opens_nothing_before_the_first_checkout(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
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
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){0});
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 20});
    wefti_dbc *dbc = take(pool), *none = dbc;
    weft_error error = {0};
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = WEFT_NONE});
    wefti_dbc *dbc = take(pool), *none;
    weft_error error = {0};
    int64_t start = wefti_now_ns();
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    assert_true(wefti_now_ns() - start < 5000 * MS);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void overflow_is_opened_in_need_and_closed_when_idle(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 1, .max_overflow = 2});
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
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){0});
    wefti_pool_checkin(pool, take(pool), true);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).closed_total, 1);
    end(pool);
}

static void detached_connection_outlives_the_pool(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
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
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){0});
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
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){0});
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
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

static void break_it(wefti_pool *pool, wefti_dbc *dbc)
{
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_BROKEN, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
}

static void broken_connections_are_replaced_one_by_one(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 4, .max_overflow = WEFT_NONE});
    wefti_dbc *d[4];
    for (int i = 0; i < 4; i++)
        d[i] = take(pool);
    wefti_pool_checkin(pool, d[2], false);
    break_it(pool, d[0]);
    break_it(pool, d[1]);
    assert_int_equal(stats_of(pool).generation, 0);
    pass_time(pool, 100);
    assert_ptr_equal(take(pool), d[2]); /* still good */
    wefti_pool_checkin(pool, d[2], false);
    wefti_pool_checkin(pool, d[3], false);
    assert_int_equal(stats_of(pool).retired_broken, 2);
    assert_int_equal(stats_of(pool).idle, 2);
    assert_int_equal(stats_of(pool).opened, 4);
    end(pool);
}

static void a_broken_connection_has_the_idle_ones_looked_at(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 4, .max_overflow = WEFT_NONE});
    wefti_dbc *d[4];
    for (int i = 0; i < 4; i++)
        d[i] = take(pool);
    for (int i = 1; i < 4; i++)
        wefti_pool_checkin(pool, d[i], false);
    wefti_atomic_store_u32(&fake_of(d[1])->dead, 1, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake_of(d[3])->dead, 1, WEFTI_RELAXED);
    pass_time(pool, 100);
    assert_int_equal(stats_of(pool).idle, 3); /* nothing hints at it */
    break_it(pool, d[0]);
    pass_time(pool, 100);
    assert_int_equal(stats_of(pool).idle, 1);
    assert_int_equal(stats_of(pool).retired_broken, 3);
    assert_ptr_equal(take(pool), d[2]);
    wefti_pool_checkin(pool, d[2], false);
    end(pool);
}

static void connections_lost_without_a_word_retire_their_generation_unless_others_were_heard_of(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 4, .max_overflow = WEFT_NONE});
    wefti_dbc *d[4];
    for (int i = 0; i < 4; i++)
        d[i] = take(pool);
    d[0]->silent = d[1]->silent = true;
    tick(pool, 10000);
    wefti_pool_checkin(pool, d[2], false);
    break_it(pool, d[0]);
    assert_int_equal(stats_of(pool).generation, 0);
    tick(pool, 10000);
    break_it(pool, d[1]);
    assert_int_equal(stats_of(pool).generation, 1);
    wefti_dbc *fresh = take(pool); /* not d[2] */
    assert_int_equal(((wefti_slot *)fresh->user)->generation, 1);
    wefti_pool_checkin(pool, fresh, false);
    wefti_pool_checkin(pool, d[3], false);
    assert_int_equal(stats_of(pool).idle, 1);
    assert_int_equal(stats_of(pool).retired_generation, 2);
    end(pool);
}

static void a_server_that_does_not_answer_retires_its_generation(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 3, .max_overflow = WEFT_NONE});
    wefti_dbc *a = take(pool), *b = take(pool), *c = take(pool);
    wefti_pool_checkin(pool, b, false);
    wefti_pool_checkin(pool, c, false);
    tick(pool, 500);
    wefti_atomic_store_u32(&fake_of(a)->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake.recover_fails, 1, WEFTI_RELAXED);
    wefti_pool_checkin(pool, a, false); /* nobody is heard of while it is asked */
    assert_int_equal(stats_of(pool).generation, 1);
    pass_time(pool, 100);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).retired_generation, 2);
    end(pool);
}

static void a_misplaced_connection_retires_its_generation(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 3, .max_overflow = WEFT_NONE});
    wefti_dbc *a = take(pool), *b = take(pool), *c = take(pool);
    wefti_pool_checkin(pool, b, false);
    a->misplaced = a->dirty = true;
    wefti_pool_checkin(pool, a, false);
    assert_int_equal(stats_of(pool).generation, 1);
    wefti_pool_checkin(pool, take(pool), false);
    assert_int_equal(stats_of(pool).idle, 1);
    wefti_pool_checkin(pool, c, false);
    assert_int_equal(stats_of(pool).idle, 1);
    end(pool);
}

static void invalidate_retires_idle_and_borrowed_connections(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){0});
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
    wefti_pool *pool =
        open_timed((weft_pool_options){.max_lifetime_ms = 10000, .idle_timeout_ms = WEFT_NONE, .keepalive_ms = WEFT_NONE});
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
    wefti_pool *pool = open_timed((weft_pool_options){.idle_timeout_ms = 5000, .min_idle = 1, .keepalive_ms = WEFT_NONE});
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
    wefti_pool *pool = open_timed((weft_pool_options){.size = 4, .min_idle = 3});
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
    wefti_pool *pool = open_timed((weft_pool_options){.ping_after_ms = 500});
    wefti_dbc *dbc = take(pool);
    wefti_pool_checkin(pool, dbc, false);
    tick(pool, 499);
    assert_ptr_equal(take(pool), dbc);
    assert_int_equal(stats_of(pool).pings, 0);
    wefti_pool_checkin(pool, dbc, false);
    tick(pool, 500);
    assert_ptr_equal(take(pool), dbc);
    assert_int_equal(stats_of(pool).pings, 1);
    wefti_atomic_store_u32(&fake_of(dbc)->dead, 1, WEFTI_RELAXED);
    wefti_pool_checkin(pool, dbc, false);
    tick(pool, 500);
    wefti_pool_checkin(pool, take(pool), false); /* the dead one was replaced */
    assert_int_equal(stats_of(pool).ping_failures, 1);
    assert_int_equal(stats_of(pool).opened, 2);
    end(pool);
}

static void keepalive_asks_idle_connections(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.keepalive_ms = 1000, .idle_timeout_ms = WEFT_NONE});
    wefti_pool_checkin(pool, take(pool), false);
    for (int i = 0; i < 35; i++)
        pass_time(pool, 100);
    assert_int_equal(stats_of(pool).pings, 3);
    wefti_atomic_store_u32(&fake.ping_fails, 1, WEFTI_RELAXED);
    pass_time(pool, 1000);
    assert_int_equal(stats_of(pool).open, 0);
    end(pool);
}

typedef struct last_log {
    char message[300];
    int count;
} last_log;
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
    last_log seen = {0};
    wefti_log log = {.callback = keep_log, .context = &seen, .level = WEFT_LOG_WARNING};
    wefti_pool *pool;
    wefti_clock_replace(read_fake_clock);
    weft_pool_options options = {.leak_after_ms = 1000, .use_histogram = true};
    assert_int_equal(wefti_pool_open_unattended(&pool, &fake_in_process_target, &options, &log, NULL), WEFT_OK);
    wefti_dbc *dbc;
    pthread_setname_np(pthread_self(), "leaky");
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, "handler.c", 42, &dbc, NULL), WEFT_OK);
    pass_time(pool, 999);
    assert_int_equal(seen.count, 0);
    pass_time(pool, 2);
    pass_time(pool, 1000);
    assert_int_equal(seen.count, 1);
    char site[80];
    snprintf(site, sizeof site, "by thread %d (leaky) at handler.c:42", (int)gettid());
    assert_non_null(strstr(seen.message, site));
    assert_int_equal(stats_of(pool).leaks, 1);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).use.count, 1);
    assert_true(stats_of(pool).use.max_us >= 2000000);
    end(pool);
}

static void connection_that_is_asked_still_ends_when_idle_for_too_long(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.keepalive_ms = 1000, .idle_timeout_ms = 5000});
    wefti_pool_checkin(pool, take(pool), false);
    for (int i = 0; i < 4; i++)
        pass_time(pool, 1100);
    assert_int_equal(stats_of(pool).open, 1);
    assert_true(stats_of(pool).pings >= 3);
    pass_time(pool, 1100);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).retired_idle, 1);
    end(pool);
}

static void only_what_is_above_size_is_retired_as_overflow(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 4, .max_overflow = 3, .overflow_idle_ms = 100});
    wefti_dbc *dbc[7];
    for (uint32_t i = 0; i < 7; i++)
        dbc[i] = take(pool);
    for (uint32_t i = 0; i < 7; i++)
        wefti_pool_checkin(pool, dbc[i], false);
    while (stats_of(pool).open > 4)
        wefti_thread_yield();
    int64_t until = wefti_now_ns() + 400 * MS; /* several rounds of the housekeeper */
    while (wefti_now_ns() < until) {
        assert_int_equal(stats_of(pool).open, 4);
        wefti_thread_yield();
    }
    assert_int_equal(stats_of(pool).retired_idle, 3);
    end(pool);
}

static void asking_idle_connections_opens_no_others(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.min_idle = 2, .keepalive_ms = 1000});
    while (stats_of(pool).idle < 2)
        wefti_thread_yield();
    wefti_atomic_store_u32(&fake.hang_pings, 1, WEFTI_SEQ_CST); /* so that they are seen while they are asked */
    fake_wait_hanging(2);
    int64_t until = wefti_now_ns() + 300 * MS;
    while (wefti_now_ns() < until)
        wefti_thread_yield();
    assert_int_equal(stats_of(pool).opened, 2);
    fake_let_go();
    end(pool);
}

static void loss_of_an_old_connection_says_nothing_of_the_new(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 4});
    wefti_dbc *dbc[3] = {take(pool), take(pool), take(pool)};
    for (uint32_t i = 0; i < 3; i++)
        dbc[i]->silent = true;
    tick(pool, 10000);
    break_it(pool, dbc[0]);
    break_it(pool, dbc[1]);
    assert_int_equal(stats_of(pool).generation, 1);
    pass_time(pool, 10000);
    wefti_dbc *new = take(pool);
    wefti_pool_checkin(pool, new, false);
    pass_time(pool, 10000);
    break_it(pool, dbc[2]); /* lost with the others, noticed late */
    assert_int_equal(stats_of(pool).generation, 1);
    assert_int_equal(stats_of(pool).retired_broken, 3);
    end(pool);
}

/* The short paths: the thread's own slot is taken and left without a look at the others. */
static void short_paths_neither_give_out_nor_keep_what_is_retired(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.max_lifetime_ms = 10000});
    wefti_pool_checkin(pool, take(pool), false);
    wefti_pool_invalidate(pool);
    wefti_dbc *dbc = take(pool); /* not the one of the old generation */
    assert_int_equal(stats_of(pool).opened, 2);
    wefti_pool_invalidate(pool);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).retired_generation, 2);
    dbc = take(pool);
    tick(pool, 10000);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).open, 0);
    assert_int_equal(stats_of(pool).retired_lifetime, 1);
    end(pool);
}

/* ---- connecting ---- */

static void refused_login_fails_at_once_with_its_own_error(void **state)
{
    (void)state;
    const wefti_target *targets[] = {&fake_target, &fake_in_process_target};
    for (int i = 0; i < 2; i++) {
        wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_AUTH, WEFTI_RELAXED);
        wefti_pool *pool = open_pool(targets[i], (weft_pool_options){.timeout_ms = 60000});
        wefti_dbc *dbc;
        weft_error error = {0};
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.timeout_ms = 30000});
    wefti_pool_checkin(pool, take(pool), false);
    assert_int_equal(stats_of(pool).open_failures, 3);
    end(pool);
}

static void without_any_connection_the_end_of_the_wait_is_the_connect_error(void **state)
{
    (void)state;
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_CONNECT, WEFTI_RELAXED);
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.timeout_ms = 150});
    wefti_dbc *dbc;
    weft_error error = {0};
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error), WEFT_ERROR_CONNECT);
    assert_non_null(strstr(error.message, "the fake server says no"));
    assert_true(error.nothing_sent);
    assert_true(stats_of(pool).open_failures > 1); /* it was waited for */
    end(pool);
}

static void a_pool_that_is_to_fail_fast_tells_the_first_refusal(void **state)
{
    (void)state;
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_CONNECT, WEFTI_RELAXED);
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.timeout_ms = 60000, .fail_fast = true});
    wefti_dbc *dbc;
    weft_error error = {0};
    int64_t start = wefti_now_ns();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error), WEFT_ERROR_CONNECT);
        assert_non_null(strstr(error.message, "the fake server says no"));
    }
    assert_true(wefti_now_ns() - start < 20000 * MS);
    wefti_atomic_store_u32(&fake.open_status, WEFT_OK, WEFTI_RELAXED);
    weft_status status = WEFT_ERROR_CONNECT;
    while (status == WEFT_ERROR_CONNECT) /* attempts are paced */
        status = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error);
    assert_int_equal(status, WEFT_OK);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void refused_login_does_not_take_connections_from_those_who_wait(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 2, .max_overflow = WEFT_NONE, .timeout_ms = 100});
    wefti_dbc *dbc = take_only(pool), *none;
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_AUTH, WEFTI_RELAXED);
    weft_error error = {0};
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &none, &error), WEFT_ERROR_POOL_TIMEOUT);
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void *open_after_the_first_attempt(void *argument)
{
    while (wefti_atomic_load_u64(&fake.opens, WEFTI_SEQ_CST) == 0)
        wefti_thread_yield();
    while (wefti_atomic_load_u32(&((wefti_pool *)argument)->failures, WEFTI_SEQ_CST) == 0)
        wefti_thread_yield();
    wefti_atomic_store_u32(&fake.open_status, WEFT_OK, WEFTI_SEQ_CST);
    return NULL;
}

static void checkout_that_succeeds_leaves_the_error_alone(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_BUSY, WEFTI_SEQ_CST);
    pthread_t thread;
    pthread_create(&thread, NULL, open_after_the_first_attempt, pool);
    wefti_dbc *dbc;
    weft_error error = {0};
    assert_int_equal(wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, &error), WEFT_OK);
    pthread_join(thread, NULL);
    assert_true(wefti_atomic_load_u64(&fake.opens, WEFTI_SEQ_CST) >= 2); /* it failed on the way */
    assert_int_equal(error.status, WEFT_OK);
    assert_string_equal(error.message, "");
    wefti_pool_checkin(pool, dbc, false);
    end(pool);
}

static void failed_opens_leave_room_for_as_many_as_before(void **state)
{
    (void)state;
    wefti_pool *pool = open_timed((weft_pool_options){.size = 2, .max_overflow = WEFT_NONE});
    for (int i = 0; i < 5; i++) {
        wefti_dbc *none;
        wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_AUTH, WEFTI_SEQ_CST);
        assert_int_equal(wefti_pool_checkout(pool, fake_now + MS, NULL, 0, &none, NULL), WEFT_ERROR_AUTH);
        tick(pool, 5000);
    }
    wefti_atomic_store_u32(&fake.open_status, WEFT_OK, WEFTI_SEQ_CST);
    assert_int_equal(wefti_atomic_load_u32(&pool->open_count, WEFTI_SEQ_CST), 0);
    wefti_dbc *a = take(pool), *b = take(pool);
    wefti_pool_checkin(pool, a, false);
    wefti_pool_checkin(pool, b, false);
    assert_int_equal(stats_of(pool).open, 2);
    assert_int_equal(stats_of(pool).open_failures, 5);
    end(pool);
}

/* Driven by hand, as helpers do it: the time between attempts doubles, with a jitter of half. */
static void failed_logins_are_repeated_ever_more_slowly(void **state)
{
    (void)state;
    wefti_clock_replace(read_fake_clock);
    wefti_pool *pool;
    weft_pool_options options = {.size = 2};
    assert_int_equal(wefti_pool_open_unattended(&pool, &fake_target, &options, NULL, NULL), WEFT_OK);
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_CONNECT, WEFTI_SEQ_CST);
    wefti_atomic_store_u32(&pool->seeking, 1, WEFTI_SEQ_CST); /* somebody waits */
    int64_t longest = 50;
    for (int i = 0; i < 8; i++, longest = longest * 2 < 2000 ? longest * 2 : 2000) {
        assert_true(wefti_pool_begin_connecting(pool));
        wefti_pool_connect_one(pool);
        assert_int_equal(wefti_atomic_load_u32(&pool->connecting, WEFTI_SEQ_CST), 0);
        fake_now += (longest / 2 - 1) * MS;
        assert_false(wefti_pool_begin_connecting(pool));
        fake_now += (longest / 2 + 2) * MS;
    }
    wefti_atomic_store_u32(&fake.open_status, WEFT_OK, WEFTI_SEQ_CST);
    assert_true(wefti_pool_begin_connecting(pool));
    wefti_pool_connect_one(pool);
    wefti_atomic_store_u32(&pool->seeking, 0, WEFTI_SEQ_CST);
    assert_int_equal(stats_of(pool).open, 1);
    end(pool);
}

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
        TEST(broken_connections_are_replaced_one_by_one),
        TEST(a_broken_connection_has_the_idle_ones_looked_at),
        TEST(connections_lost_without_a_word_retire_their_generation_unless_others_were_heard_of),
        TEST(a_server_that_does_not_answer_retires_its_generation),
        TEST(a_misplaced_connection_retires_its_generation),
        TEST(invalidate_retires_idle_and_borrowed_connections),
        TEST(old_connection_is_closed_within_its_lifetime),
        TEST(idle_connections_above_min_idle_are_closed),
        TEST(min_idle_is_opened_ahead),
        TEST(quiet_connection_is_asked_before_it_is_given_out),
        TEST(keepalive_asks_idle_connections),
        TEST(connection_kept_out_is_reported_once_with_its_site),
        TEST(refused_login_fails_at_once_with_its_own_error),
        TEST(passing_connect_errors_are_retried_for_the_borrower),
        TEST(without_any_connection_the_end_of_the_wait_is_the_connect_error),
        TEST(a_pool_that_is_to_fail_fast_tells_the_first_refusal),
        TEST(refused_login_does_not_take_connections_from_those_who_wait),
        TEST(connection_that_is_asked_still_ends_when_idle_for_too_long),
        TEST(only_what_is_above_size_is_retired_as_overflow),
        TEST(asking_idle_connections_opens_no_others),
        TEST(loss_of_an_old_connection_says_nothing_of_the_new),
        TEST(checkout_that_succeeds_leaves_the_error_alone),
        TEST(short_paths_neither_give_out_nor_keep_what_is_retired),
        TEST(failed_opens_leave_room_for_as_many_as_before),
        TEST(failed_logins_are_repeated_ever_more_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
