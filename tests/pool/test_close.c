/* The end of a pool: closing while threads wait and work and helpers hang, giving the handle up, cancelled threads, forked
 * children, memory that fails. */
#define _GNU_SOURCE
#include "pools.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the end ---- */

static void close_sends_the_line_home(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    wefti_dbc *dbc = take(pool), *none;
    borrower b[3];
    for (uint32_t i = 0; i < 3; i++) {
        b[i] = (borrower){.pool = pool};
        pthread_create(&b[i].thread, NULL, borrow, &b[i]);
    }
    await_announced(pool, 3);
    weft_error error = {0};
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
    const wefti_log log = {.callback = act_on_cancellation, .level = WEFT_LOG_DEBUG};
    const weft_pool_options options = {.size = 1, .max_overflow = WEFT_NONE};
    borrower b = {.pool = NULL};
    assert_int_equal(wefti_pool_open(&b.pool, &fake_in_process_target, &options, &log, NULL), WEFT_OK);
    pthread_create(&b.thread, NULL, return_while_cancelled, &b);
    pthread_join(b.thread, NULL);
    assert_int_equal(stats_of(b.pool).open, 0);
    wefti_pool_checkin(b.pool, take(b.pool), false);
    end(b.pool);
}

/* A pool one of whose helpers hangs in a login for this borrower, as in a name lookup: nothing interrupts it. */
static void open_hanging(borrower *b)
{
    *b = (borrower){.pool = open_pool(&fake_target, (weft_pool_options){0})};
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    pthread_create(&b->thread, NULL, borrow, b);
    fake_wait_hanging(1);
}

static void close_leaves_a_helper_behind_that_hangs_in_a_login(void **state)
{
    (void)state;
    borrower b;
    weft_error error = {0};
    open_hanging(&b);
    assert_int_equal(wefti_pool_close(b.pool, wefti_now_ns() + 10 * MS, &error), WEFT_ERROR_TIMEOUT); /* returns while it hangs */
    assert_non_null(strstr(error.message, "login"));
    pthread_join(b.thread, NULL);
    assert_int_equal(b.status, WEFT_ERROR_CLOSED);
    fake_let_go();
    assert_int_equal(wefti_pool_close(b.pool, wefti_now_ns() + 60000 * MS, NULL), WEFT_OK); /* waits for it the second time */
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_SEQ_CST), 0);
    wefti_pool_free(b.pool);
}

static void helper_left_behind_closes_what_it_opened_and_frees_the_pool(void **state)
{
    (void)state;
    borrower b;
    open_hanging(&b);
    (void)wefti_pool_close(b.pool, wefti_now_ns(), NULL);
    pthread_join(b.thread, NULL);
    wefti_pool_free(b.pool);
    fake_let_go(); /* under ASan: all is freed, once */
    while (wefti_atomic_load_u64(&fake.opens, WEFTI_SEQ_CST) != wefti_atomic_load_u64(&fake.closes, WEFTI_SEQ_CST))
        wefti_thread_yield();
}

typedef struct race {
    wefti_pool *pool;
    wefti_dbc *dbc;
    uint32_t how;
    wefti_atomic_u32 *go;
    pthread_t thread;
} race;

static void *return_in_a_race(void *argument)
{
    race *r = argument;
    if (r->how == 1)
        wefti_atomic_store_u32(&fake_of(r->dbc)->tx, WEFTI_TX_ACTIVE, WEFTI_RELAXED);
    while (wefti_atomic_load_u32(r->go, WEFTI_ACQUIRE) == 0)
        wefti_thread_yield();
    wefti_pool_checkin(r->pool, r->dbc, r->how == 2);
    return NULL;
}

static void connections_that_come_back_while_the_handle_is_given_up_are_closed_once(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        wefti_atomic_u32 go = WEFTI_ATOMIC_INIT(0);
        wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 3});
        race r[3];
        for (uint32_t i = 0; i < 3; i++)
            r[i] = (race){.pool = pool, .dbc = take(pool), .how = (round + i) % 3, .go = &go};
        for (uint32_t i = 0; i < 3; i++)
            pthread_create(&r[i].thread, NULL, return_in_a_race, &r[i]);
        wefti_atomic_store_u32(&go, 1, WEFTI_RELEASE);
        wefti_pool_free(pool);
        for (uint32_t i = 0; i < 3; i++)
            pthread_join(r[i].thread, NULL);
        while (wefti_atomic_load_u32(&fake.open_now, WEFTI_SEQ_CST) != 0) /* one more may be in the making by a helper */
            wefti_thread_yield();
        assert_int_equal(wefti_atomic_load_u32(&fake.violations, WEFTI_RELAXED), 0);
    }
}

static void threads_that_open_by_themselves_do_not_keep_close_beyond_its_deadline(void **state)
{
    (void)state;
    borrower b = {.pool = open_pool(&fake_in_process_target, (weft_pool_options){0})};
    weft_error error = {0};
    wefti_atomic_store_u32(&fake.hang_opens, 1, WEFTI_SEQ_CST);
    pthread_create(&b.thread, NULL, borrow, &b);
    fake_wait_hanging(1);
    assert_int_equal(wefti_pool_close(b.pool, wefti_now_ns() + 10 * MS, &error), WEFT_ERROR_TIMEOUT); /* returns while it hangs */
    fake_let_go();
    pthread_join(b.thread, NULL);
    if (b.status == WEFT_OK)
        wefti_pool_checkin(b.pool, b.dbc, false);
    assert_int_equal(wefti_pool_close(b.pool, wefti_now_ns() + 60000 * MS, &error), WEFT_OK);
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_SEQ_CST), 0);
    wefti_pool_free(b.pool);
}

static void close_waits_for_connections_that_are_out(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){.size = 2});
    borrower b = {.pool = pool, .dbc = take(pool)};
    pthread_create(&b.thread, NULL, return_later, &b);
    assert_int_equal(wefti_pool_close(pool, wefti_now_ns() + 60000 * MS, NULL), WEFT_OK);
    pthread_join(b.thread, NULL);
    assert_int_equal(wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED), 0);
    wefti_pool_free(pool);
}

static void last_connection_out_frees_the_pool_after_its_handle(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){0});
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
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){0});
    wefti_dbc *dbc = take_only(pool);
    pid_t child = fork();
    if (child == 0) {
        wefti_dbc *none;
        weft_error error = {0};
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
            weft_error error = {0};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(close_sends_the_line_home),
        TEST(cancellation_during_a_return_loses_no_slot),
        TEST(close_leaves_a_helper_behind_that_hangs_in_a_login),
        TEST(helper_left_behind_closes_what_it_opened_and_frees_the_pool),
        TEST(connections_that_come_back_while_the_handle_is_given_up_are_closed_once),
        TEST(threads_that_open_by_themselves_do_not_keep_close_beyond_its_deadline),
        TEST(close_waits_for_connections_that_are_out),
        TEST(last_connection_out_frees_the_pool_after_its_handle),
        TEST(child_of_a_fork_is_told_and_leaves_the_connections_alone),
        TEST(no_allocation_that_fails_leaves_anything_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
