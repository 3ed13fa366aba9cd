/* The pool under the scheduler: every schedule of small cases up to a number of forced switches, and seeded random
 * priorities for larger ones. Checked in every schedule: a connection has one holder, all who wait are served (a lost wake-up
 * leaves threads that cannot go on), slots and counters agree at the end, and as many connections were closed as opened. Prints the
 * schedules explored. */
#define _GNU_SOURCE
#include "fake_driver.h"
#include "pool/pool_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_NS ((int64_t)3600 * 1000 * WEFTI_NS_PER_MS)

typedef enum act {
    CYCLE,
    CYCLE_TWICE,
    CYCLE_OR_TIME_OUT,
    DISCARD,
    DETACH,
    BROKEN,
    CLOSE_POOL,
    SUSPEND,
    HELP,
    INVALIDATE,
    KEEP_HOUSE
} act;

typedef struct scene {
    const char *name;
    uint32_t threads, slots, warm; /* warm: connections idle at the start */
    uint32_t overflow;             /* of the slots, those above the pool's size; idle ones are retired at once */
    bool helpers;                  /* connections are opened by the thread that helps */
    act acts[4];
    uint32_t preemptions;
    uint64_t max_runs, random_runs;
    /* of one run */
    wefti_pool *pool;
    uint32_t served, refused, timed_out; /* under the scheduler one thread runs at a time */
    uint32_t done;
} scene;

static int64_t model_clock(void) { return HOUR_NS * (1 + (int64_t)wefti_scheduler_time_outs()); }

static void prepare(void *context)
{
    scene *s = context;
    fake_reset();
    s->served = s->refused = s->timed_out = s->done = 0;
    weft_pool_options options = {.size = s->slots - s->overflow,
                                 .max_overflow = s->overflow != 0 ? s->overflow : WEFT_NONE,
                                 .overflow_idle_ms = 1,
                                 .idle_timeout_ms = WEFT_NONE,
                                 .keepalive_ms = WEFT_NONE,
                                 .max_waiters = 4,
                                 .barging_us = WEFT_NONE,
                                 .ping_after_ms = WEFT_NONE,
                                 .max_lifetime_ms = WEFT_NONE};
    wefti_pool_open_unattended(&s->pool, s->helpers ? &fake_target : &fake_in_process_target, &options, NULL, NULL);
    s->pool->options.timeout_ms = 0;                                              /* no deadline but the caller's */
    wefti_atomic_store_u64(&s->pool->clock_ns, (uint64_t)HOUR_NS, WEFTI_RELAXED); /* ticking, as when a housekeeper is at work */
    for (uint32_t i = 0; i < s->warm; i++) {
        wefti_slot_claim(&s->pool->slots[i], WEFTI_CLAIM_EMPTY);
        wefti_slot_open(s->pool, &s->pool->slots[i], WEFTI_NO_DEADLINE, NULL);
        wefti_slot_release(s->pool, &s->pool->slots[i]);
    }
}

static void cycle(scene *s, act how)
{
    wefti_dbc *dbc;
    wefti_deadline deadline = how == CYCLE_OR_TIME_OUT ? model_clock() + HOUR_NS / 2 : WEFTI_NO_DEADLINE;
    weft_status status = wefti_pool_checkout(s->pool, deadline, NULL, 0, &dbc, NULL);
    if (status != WEFT_OK) {
        s->refused += status == WEFT_ERROR_CLOSED;
        s->timed_out += status == WEFT_ERROR_POOL_TIMEOUT;
        if (status != WEFT_ERROR_CLOSED && status != WEFT_ERROR_POOL_TIMEOUT)
            wefti_scheduler_fail("a checkout failed for no reason");
        return;
    }
    s->served++;
    fake_enter(dbc);
    wefti_scheduler_point(WEFTI_SCHEDULER_LOAD, dbc); /* others may run while it is held */
    if (how == BROKEN)
        wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_BROKEN, WEFTI_RELAXED);
    fake_leave(dbc);
    if (how == DETACH) {
        wefti_pool_detach(s->pool, dbc);
        fake_driver.close(dbc);
    } else
        wefti_pool_checkin(s->pool, dbc, how == DISCARD);
}

static bool do_queued_work(scene *s)
{
    bool worked = false;
    for (uint32_t i = 0; i < s->pool->slot_count; i++)
        if (wefti_slot_claim(&s->pool->slots[i], WEFTI_CLAIM_QUEUED)) {
            wefti_slot_work(s->pool, &s->pool->slots[i]);
            worked = true;
        }
    return worked;
}

/* A helper thread's work, until all others are done. */
static void help(scene *s)
{
    while (s->done + 1 < s->threads) {
        bool worked = do_queued_work(s);
        if (wefti_pool_begin_connecting(s->pool)) {
            wefti_pool_connect_one(s->pool);
            worked = true;
        }
        if (!worked)
            wefti_scheduler_pause();
    }
    do_queued_work(s);
}

static void play(void *context, uint32_t number)
{
    scene *s = context;
    act how = s->acts[number];
    if (how == CLOSE_POOL)
        wefti_pool_close(s->pool, WEFTI_NO_DEADLINE, NULL);
    else if (how == INVALIDATE)
        wefti_pool_invalidate(s->pool);
    else if (how == SUSPEND) {
        wefti_pool_suspend(s->pool);
        wefti_pool_resume(s->pool);
    } else if (how == HELP)
        help(s);
    else if (how == KEEP_HOUSE) {
        wefti_pool_keep_house(s->pool, model_clock() + HOUR_NS);
        wefti_pool_keep_house(s->pool, model_clock() + HOUR_NS);
    } else {
        cycle(s, how);
        if (how == CYCLE_TWICE)
            cycle(s, how);
    }
    s->done++;
}

static bool settled(void *context)
{
    scene *s = context;
    weft_pool_stats stats;
    wefti_pool_stats(s->pool, &stats);
    bool right = wefti_atomic_load_u32(&fake.violations, WEFTI_RELAXED) == 0;
    right = right && wefti_atomic_load_u32(&fake.most_open, WEFTI_RELAXED) <= s->slots + (s->acts[0] == DETACH);
    right = right && stats.in_use == 0 && stats.waiting == 0 && stats.idle == stats.open && stats.connecting == 0;
    right = right && wefti_atomic_load_u32(&s->pool->announced, WEFTI_RELAXED) == 0;
    right = right && wefti_atomic_load_u32(&s->pool->open_count, WEFTI_RELAXED) == stats.open;
    right = right && wefti_atomic_load_u32(&s->pool->live, WEFTI_RELAXED) == stats.open;
    right = right && (s->overflow == 0 || stats.open == s->slots - s->overflow);
    for (uint32_t i = 0; i < 4; i++)
        right = right && wefti_atomic_load_u64(&s->pool->places[i], WEFTI_RELAXED) == WEFTI_PLACE_FREE;
    for (uint32_t i = 0; i < s->threads; i++)
        if (s->acts[i] == CLOSE_POOL)
            right = right && stats.open == 0;
    right = right && wefti_pool_close(s->pool, WEFTI_NO_DEADLINE, NULL) == WEFT_OK;
    wefti_pool_free(s->pool);
    return right && wefti_atomic_load_u32(&fake.open_now, WEFTI_RELAXED) == 0;
}

static void explore(scene s)
{
    wefti_clock_replace(model_clock);
    wefti_scheduler_test test = {.thread_count = s.threads,
                                 .setup = prepare,
                                 .thread = play,
                                 .check = settled,
                                 .context = &s,
                                 .preemptions = s.preemptions,
                                 .max_runs = s.max_runs,
                                 .random_runs = s.random_runs,
                                 .seed = 20};
    wefti_scheduler_result result;
    wefti_scheduler_explore(&test, &result);
    printf("    %s: %llu schedules, %llu points, longest %u, %s\n", s.name, (unsigned long long)result.runs,
           (unsigned long long)result.points, result.depth,
           s.random_runs != 0 ? "random priorities"
           : result.complete  ? "complete within its bound"
                              : "stopped at its limit");
    if (result.violated)
        print_error("%s: %s\n  schedule: %s\n", s.name, result.reason, result.schedule);
    assert_false(result.violated);
    assert_true(s.random_runs != 0 || s.max_runs != 0 || result.complete);
    wefti_clock_replace(NULL);
}

static void connection_has_one_holder_and_none_waits_for_ever(void **state)
{
    (void)state;
    explore((scene){.name = "2 threads, 1 connection",
                    .threads = 2,
                    .slots = 1,
                    .warm = 1,
                    .acts = {CYCLE_TWICE, CYCLE_TWICE},
                    .preemptions = 3});
    explore((scene){
        .name = "3 threads, 1 connection", .threads = 3, .slots = 1, .warm = 1, .acts = {CYCLE, CYCLE, CYCLE}, .preemptions = 2});
    explore((scene){
        .name = "3 threads, 2 connections", .threads = 3, .slots = 2, .warm = 2, .acts = {CYCLE, CYCLE, CYCLE}, .preemptions = 2});
    explore((scene){.name = "2 threads connect themselves", .threads = 2, .slots = 1, .acts = {CYCLE, CYCLE}, .preemptions = 3});
}

static void thread_that_times_out_takes_nothing_with_it(void **state)
{
    (void)state;
    explore((scene){.name = "1 waits with a deadline",
                    .threads = 2,
                    .slots = 1,
                    .warm = 1,
                    .acts = {CYCLE, CYCLE_OR_TIME_OUT},
                    .preemptions = 3});
    explore((scene){.name = "1 of 2 waits with a deadline",
                    .threads = 3,
                    .slots = 1,
                    .warm = 1,
                    .acts = {CYCLE, CYCLE_OR_TIME_OUT, CYCLE},
                    .preemptions = 2});
}

static void emptied_slot_serves_the_line(void **state)
{
    (void)state;
    explore((scene){.name = "discard", .threads = 3, .slots = 1, .warm = 1, .acts = {DISCARD, CYCLE, CYCLE}, .preemptions = 2});
    explore((scene){.name = "detach", .threads = 2, .slots = 1, .warm = 1, .acts = {DETACH, CYCLE}, .preemptions = 3});
    explore((scene){.name = "two broken", .threads = 3, .slots = 2, .warm = 2, .acts = {BROKEN, BROKEN, CYCLE}, .preemptions = 2});
    explore(
        (scene){.name = "invalidate", .threads = 3, .slots = 1, .warm = 1, .acts = {CYCLE, CYCLE, INVALIDATE}, .preemptions = 2});
}

static void close_meets_threads_at_work_and_in_line(void **state)
{
    (void)state;
    explore((scene){.name = "close, 1 thread", .threads = 2, .slots = 1, .warm = 1, .acts = {CYCLE, CLOSE_POOL}, .preemptions = 3});
    explore((scene){
        .name = "close, 2 threads", .threads = 3, .slots = 1, .warm = 1, .acts = {CYCLE, CYCLE, CLOSE_POOL}, .preemptions = 2});
}

static void suspend_and_resume_strand_nobody(void **state)
{
    (void)state;
    explore((scene){
        .name = "suspend, 2 threads", .threads = 3, .slots = 1, .warm = 1, .acts = {CYCLE, CYCLE, SUSPEND}, .preemptions = 2});
}

static void helpers_connections_reach_the_line(void **state)
{
    (void)state;
    explore(
        (scene){.name = "helper opens for 1", .threads = 2, .slots = 1, .helpers = true, .acts = {CYCLE, HELP}, .preemptions = 2});
    explore((scene){
        .name = "helper opens for 2", .threads = 3, .slots = 1, .helpers = true, .acts = {CYCLE, CYCLE, HELP}, .preemptions = 1});
    explore((scene){.name = "helper replaces a discarded one",
                    .threads = 3,
                    .slots = 1,
                    .warm = 1,
                    .helpers = true,
                    .acts = {DISCARD, CYCLE, HELP},
                    .preemptions = 1});
}

/* What is being closed is no overflow any more, at whatever moment its count is taken. */
static void house_retires_the_overflow_and_no_more(void **state)
{
    (void)state;
    explore((scene){.name = "house and helper, 1 above 1",
                    .threads = 2,
                    .slots = 2,
                    .warm = 2,
                    .overflow = 1,
                    .helpers = true,
                    .acts = {KEEP_HOUSE, HELP},
                    .preemptions = 2});
    explore((scene){.name = "house and helper, 2 above 1",
                    .threads = 2,
                    .slots = 3,
                    .warm = 3,
                    .overflow = 2,
                    .helpers = true,
                    .acts = {KEEP_HOUSE, HELP},
                    .random_runs = 4000});
}

static void random_schedules_of_four_threads_hold_the_same(void **state)
{
    (void)state;
    explore((scene){.name = "4 threads, 2 connections, random",
                    .threads = 4,
                    .slots = 2,
                    .warm = 2,
                    .acts = {CYCLE_TWICE, CYCLE_TWICE, DISCARD, CYCLE_OR_TIME_OUT},
                    .random_runs = 4000});
    explore((scene){.name = "3 threads and close, random",
                    .threads = 4,
                    .slots = 2,
                    .warm = 1,
                    .acts = {CYCLE_TWICE, BROKEN, CYCLE_OR_TIME_OUT, CLOSE_POOL},
                    .random_runs = 4000});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_has_one_holder_and_none_waits_for_ever),
        cmocka_unit_test(thread_that_times_out_takes_nothing_with_it),
        cmocka_unit_test(emptied_slot_serves_the_line),
        cmocka_unit_test(close_meets_threads_at_work_and_in_line),
        cmocka_unit_test(suspend_and_resume_strand_nobody),
        cmocka_unit_test(helpers_connections_reach_the_line),
        cmocka_unit_test(house_retires_the_overflow_and_no_more),
        cmocka_unit_test(random_schedules_of_four_threads_hold_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
