/* See pools.h. */
#define _GNU_SOURCE
#include "pools.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

int64_t fake_now;
int64_t read_fake_clock(void) { return fake_now; }

int set_up(void **state)
{
    (void)state;
    fake_reset();
    fake_now = 1000 * 1000 * MS;
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    wefti_clock_replace(NULL);
    wefti_epoch_drain();
    return wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED) == 0 && wefti_atomic_load_u32(&fake.violations, WEFTI_RELAXED) == 0
               ? 0
               : -1;
}

wefti_pool *open_pool(const wefti_target *target, weft_pool_options options)
{
    wefti_pool *pool;
    weft_error error = {0};
    assert_int_equal(wefti_pool_open(&pool, target, &options, NULL, &error), WEFT_OK);
    return pool;
}

wefti_pool *open_timed(weft_pool_options options)
{
    wefti_pool *pool;
    weft_error error = {0};
    wefti_clock_replace(read_fake_clock);
    assert_int_equal(wefti_pool_open_unattended(&pool, &fake_in_process_target, &options, NULL, &error), WEFT_OK);
    wefti_atomic_store_u64(&pool->clock_ns, (uint64_t)fake_now, WEFTI_RELAXED); /* it ticks, so that the short paths are taken */
    return pool;
}

wefti_dbc *take(wefti_pool *pool)
{
    wefti_dbc *dbc;
    weft_error error = {0};
    weft_status status = wefti_pool_checkout(pool, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &dbc, &error);
    if (status != WEFT_OK)
        print_error("%s\n", error.message);
    assert_int_equal(status, WEFT_OK);
    return dbc;
}

wefti_dbc *take_only(wefti_pool *pool)
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

void end(wefti_pool *pool)
{
    assert_int_equal(wefti_pool_close(pool, wefti_now_ns() + 10000 * MS, NULL), WEFT_OK);
    wefti_pool_free(pool);
}

weft_pool_stats stats_of(wefti_pool *pool)
{
    weft_pool_stats stats;
    wefti_pool_stats(pool, &stats);
    return stats;
}

void tick(wefti_pool *pool, int64_t ms)
{
    fake_now += ms * MS;
    wefti_atomic_store_u64(&pool->clock_ns, (uint64_t)fake_now, WEFTI_RELAXED);
}

void pass_time(wefti_pool *pool, int64_t ms)
{
    tick(pool, ms);
    wefti_pool_keep_house(pool, fake_now);
}

void *borrow(void *argument)
{
    borrower *b = argument;
    b->status = wefti_pool_checkout(b->pool, WEFTI_NO_DEADLINE, NULL, 0, &b->dbc, NULL);
    if (b->next != NULL)
        b->order = wefti_atomic_add_u32(b->next, 1, WEFTI_ACQ_REL);
    if (b->status == WEFT_OK && b->next != NULL)
        wefti_pool_checkin(b->pool, b->dbc, false);
    return NULL;
}

void await_announced(wefti_pool *pool, uint32_t count)
{
    while (wefti_atomic_load_u32(&pool->announced, WEFTI_SEQ_CST) != count)
        wefti_thread_yield();
}
