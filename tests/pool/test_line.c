/* Several threads at one pool: who is served when logins and pings hang, in which order, and that no connection has two users.
 * Threads meet at the pool's own counters. */
#define _GNU_SOURCE
#include "pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void hung_login_blocks_nobody_who_can_be_served(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 3, .max_overflow = WEFT_NONE});
    wefti_dbc *dbc = take_only(pool);
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    borrower b = {.pool = pool};
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.timeout_ms = 30});
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = 1, .keepalive_ms = WEFT_NONE});
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    wefti_dbc *dbc = take(pool);
    uint64_t before = stats_of(pool).hand_offs;
    wefti_atomic_u32 next = WEFTI_ATOMIC_INIT(0);
    borrower b[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        b[i] = (borrower){.pool = pool, .next = &next};
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
        await_announced(pool, i + 1);
    }
    wefti_pool_checkin(pool, dbc, false);
    for (uint32_t i = 0; i < COUNT; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].status, WEFT_OK);
        assert_int_equal(b[i].order, i);
    }
    /* The helper that handed the first one over may count that late. */
    assert_in_range(stats_of(pool).hand_offs - before, COUNT, COUNT + 1);
    end(pool);
}

static void thread_that_timed_out_is_passed_over(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    wefti_dbc *dbc = take(pool), *none;
    assert_int_equal(wefti_pool_checkout(pool, wefti_now_ns() + 5 * MS, NULL, 0, &none, NULL), WEFT_ERROR_POOL_TIMEOUT);
    borrower b = {.pool = pool};
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE, .max_waiters = 1});
    wefti_dbc *dbc = take(pool), *none;
    borrower b = {.pool = pool};
    pthread_create(&b.thread, NULL, borrow, &b);
    await_announced(pool, 1);
    weft_error error = {0};
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    wefti_dbc *dbc = take(pool), *none;
    wefti_pool_suspend(pool);
    wefti_pool_checkin(pool, dbc, false);
    assert_int_equal(stats_of(pool).idle, 1);
    assert_int_equal(wefti_pool_checkout(pool, wefti_now_ns() + 5 * MS, NULL, 0, &none, NULL), WEFT_ERROR_POOL_TIMEOUT);
    borrower b = {.pool = pool};
    pthread_create(&b.thread, NULL, borrow, &b);
    await_announced(pool, 1);
    assert_true(stats_of(pool).suspended);
    wefti_pool_resume(pool);
    pthread_join(b.thread, NULL);
    assert_int_equal(b.status, WEFT_OK);
    wefti_pool_checkin(pool, b.dbc, false);
    end(pool);
}

static void hung_logins_leave_a_helper_for_connections_that_are_there(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 8, .ping_after_ms = 30000, .helper_threads = 3});
    wefti_dbc *dbc = take_only(pool);
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    borrower b[5];
    for (uint32_t i = 0; i < 5; i++) {
        b[i] = (borrower){.pool = pool};
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
    }
    fake_wait_hanging(2);
    uint64_t asked = stats_of(pool).pings;
    wefti_slot *slot = dbc->user;
    wefti_atomic_store_u64(&slot->asked_ns, 1, WEFTI_RELAXED);
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED); /* a helper must recover it */
    wefti_pool_checkin(pool, dbc, false);
    uint32_t served = UINT32_MAX;
    while (served == UINT32_MAX) /* one of the five, while the logins hang */
        for (uint32_t i = 0; i < 5; i++)
            if (stats_of(pool).in_use == 1)
                served = i;
    assert_true(wefti_atomic_load_u32(&fake.hanging, WEFTI_SEQ_CST) == 2);
    assert_true(stats_of(pool).pings == asked);
    fake_let_go();
    for (uint32_t i = 0; i < 5; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].status, WEFT_OK);
        wefti_pool_checkin(pool, b[i].dbc, false);
    }
    end(pool);
}

static void helpers_are_added_while_all_are_busy(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 8, .keepalive_ms = 1000, .helper_threads = 5});
    wefti_pool_checkin(pool, take_only(pool), false);
    assert_int_equal(stats_of(pool).helpers, 3);
    wefti_atomic_store_u32(&fake.hang_pings, 1, WEFTI_SEQ_CST);
    fake_wait_hanging(1); /* the keepalive */
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    borrower b[4];
    for (uint32_t i = 0; i < 4; i++) {
        b[i] = (borrower){.pool = pool};
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
    }
    fake_wait_hanging(4); /* two logins, and a third by the helper that came */
    assert_true(stats_of(pool).helpers >= 4);
    fake_let_go();
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].status, WEFT_OK);
        wefti_pool_checkin(pool, b[i].dbc, false);
    }
    end(pool);
}

static void silent_connections_are_asked_one_for_each_borrower(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 6, .max_overflow = 2, .ping_after_ms = 100});
    wefti_dbc *dbc[6];
    for (uint32_t i = 0; i < 6; i++)
        dbc[i] = take(pool);
    for (uint32_t i = 0; i < 6; i++)
        wefti_pool_checkin(pool, dbc[i], false);
    while (stats_of(pool).idle != 6)
        wefti_thread_yield();
    wefti_atomic_store_u32(&fake.hang_pings, 1, WEFTI_SEQ_CST);
    uint64_t until = (uint64_t)(wefti_now_ns() + 200 * MS); /* by the pool's clock they have been quiet for long enough then */
    while (wefti_atomic_load_u64(&pool->clock_ns, WEFTI_RELAXED) < until)
        wefti_thread_yield();
    wefti_dbc *fresh = take(pool); /* while they do not answer: one is asked, and one above size is opened */
    assert_int_equal(stats_of(pool).pings, 1);
    fake_let_go();
    wefti_pool_checkin(pool, fresh, false);
    end(pool);
}

static void failing_opens_are_paced_for_all_who_wait(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_in_process_target, (weft_pool_options){.size = 4, .timeout_ms = 300});
    wefti_atomic_store_u32(&fake.open_status, WEFT_ERROR_BUSY, WEFTI_SEQ_CST);
    borrower b[4];
    for (uint32_t i = 0; i < 4; i++) {
        b[i] = (borrower){.pool = pool};
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
    }
    for (uint32_t i = 0; i < 4; i++) {
        pthread_join(b[i].thread, NULL);
        assert_int_equal(b[i].status, WEFT_ERROR_BUSY); /* why there is no connection, not that there is none */
    }
    assert_in_range(wefti_atomic_load_u64(&fake.opens, WEFTI_RELAXED), 1, 40); /* 4 at once, then a few: thousands without pacing */
    end(pool);
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
    const wefti_target *targets[] = {&fake_target, &fake_in_process_target};
    for (int t = 0; t < 2; t++) {
        crowd c = {.pool = open_pool(targets[t], (weft_pool_options){.size = 3, .max_overflow = 2, .use_histogram = true}),
                   .rounds = 2000};
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

/* The helper that has handed its connection over finds the thread still counted among those in line until it wakes. */
static void a_connection_handed_over_is_not_asked_for_again(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = 2});
        wefti_dbc *dbc = take(pool);
        wefti_pool_checkin(pool, dbc, false);
        end(pool);
    }
    assert_int_equal(wefti_atomic_load_u64(&fake.opens, WEFTI_RELAXED), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_handed_over_is_not_asked_for_again),
        TEST(hung_login_blocks_nobody_who_can_be_served),
        TEST(connection_that_comes_after_its_requester_left_is_pooled),
        TEST(hung_ping_blocks_nobody_who_can_be_served),
        TEST(hung_logins_leave_a_helper_for_connections_that_are_there),
        TEST(helpers_are_added_while_all_are_busy),
        TEST(silent_connections_are_asked_one_for_each_borrower),
        TEST(failing_opens_are_paced_for_all_who_wait),
        TEST(threads_in_line_are_served_in_order_of_arrival),
        TEST(thread_that_timed_out_is_passed_over),
        TEST(full_line_refuses_at_once),
        TEST(suspended_pool_serves_again_after_resume),
        TEST(crowd_never_shares_a_connection_nor_exceeds_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
