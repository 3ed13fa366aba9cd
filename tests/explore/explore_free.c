/* The end of a pool under the scheduler: connections come back while the handle is given up. Checked in every schedule:
 * each connection is closed once, and all of them (under ASan also: the memory is freed once, and nobody touches it after). */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SOME_TIME_NS ((int64_t)1000 * WEFTI_NS_PER_MS)

typedef struct scene {
    const char *name;
    uint32_t returns; /* threads that return one connection each; one more gives the handle up */
    const wefti_target *target;
    bool discard;
    uint32_t preemptions;
    /* of one run */
    wefti_pool *pool;
    wefti_dbc *out[2];
} scene;

static wefti_dbc connections[2];
static uint32_t opened, closed[2];

static weft_status take_one(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    (void)deadline, (void)error;
    connections[opened] = (wefti_dbc){.driver = target->driver, .number = opened + 1};
    *dbc = &connections[opened++];
    return WEFT_OK;
}
static void close_one(wefti_dbc *dbc)
{
    if (dbc == NULL || closed[dbc - connections]++ != 0)
        wefti_scheduler_fail("a connection was closed that is closed");
}
static wefti_tx_state is_idle(wefti_dbc *dbc) { return dbc->dirty ? WEFTI_TX_OPEN : WEFTI_TX_IDLE; }
static bool stands(wefti_dbc *dbc, weft_error *error) { return dbc != NULL || error == NULL; }
static weft_status is_well(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)dbc, (void)deadline, (void)error;
    return WEFT_OK;
}
#define DRIVER(process) \
    { \
        .name = "counted", .in_process = (process), .open = take_one, .close = close_one, .state = is_idle, .alive = stands, \
        .ping = is_well, .reset = is_well, .recover = is_well \
    }
static const wefti_driver with_helpers = DRIVER(false), in_process = DRIVER(true);
static const wefti_target helper_target = {.driver = &with_helpers}, own_target = {.driver = &in_process};

static int64_t stopped_clock(void) { return SOME_TIME_NS; }

static void prepare(void *context)
{
    scene *s = context;
    memset(closed, 0, sizeof closed);
    opened = 0;
    weft_pool_options options = {.size = 2, .max_overflow = WEFT_NONE, .ping_after_ms = WEFT_NONE, .max_lifetime_ms = WEFT_NONE};
    wefti_pool_open_unattended(&s->pool, s->target, &options, NULL, NULL);
    wefti_atomic_store_u64(&s->pool->clock_ns, (uint64_t)SOME_TIME_NS, WEFTI_RELAXED);
    for (uint32_t i = 0; i < s->returns; i++) {
        wefti_slot_claim(&s->pool->slots[i], WEFTI_CLAIM_EMPTY);
        wefti_slot_open(s->pool, &s->pool->slots[i], WEFTI_NO_DEADLINE, NULL);
        wefti_slot_set_state(&s->pool->slots[i], WEFTI_SLOT_IN_USE);
        s->out[i] = s->pool->slots[i].dbc;
    }
}

static void play(void *context, uint32_t number)
{
    scene *s = context;
    if (number == s->returns)
        wefti_pool_free(s->pool);
    else
        wefti_pool_checkin(s->pool, s->out[number], s->discard);
}

static bool all_are_closed(void *context)
{
    const scene *s = context;
    for (uint32_t i = 0; i < s->returns; i++)
        if (closed[i] != 1)
            return false;
    return true;
}

static void connections_that_come_back_at_the_end_are_closed_once(void **state)
{
    (void)state;
    static scene scenes[] = {
        {.name = "free, 1 return", .returns = 1, .target = &helper_target, .preemptions = 3},
        {.name = "free, 1 return, in process", .returns = 1, .target = &own_target, .preemptions = 3},
        {.name = "free, 1 discard", .returns = 1, .target = &helper_target, .discard = true, .preemptions = 3},
        {.name = "free, 1 discard, in process", .returns = 1, .target = &own_target, .discard = true, .preemptions = 3},
        {.name = "free, 2 returns", .returns = 2, .target = &helper_target, .preemptions = 2},
        {.name = "free, 2 discards", .returns = 2, .target = &helper_target, .discard = true, .preemptions = 2},
        {.name = "free, 2 discards, in process", .returns = 2, .target = &own_target, .discard = true, .preemptions = 2},
    };
    wefti_clock_replace(stopped_clock);
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        scene *s = &scenes[i];
        wefti_scheduler_test test = {.thread_count = s->returns + 1,
                                     .setup = prepare,
                                     .thread = play,
                                     .check = all_are_closed,
                                     .context = s,
                                     .preemptions = s->preemptions,
                                     .max_runs = 60000};
        wefti_scheduler_result result;
        wefti_scheduler_explore(&test, &result);
        printf("    %s: %llu schedules, %llu points, %s\n", s->name, (unsigned long long)result.runs,
               (unsigned long long)result.points, result.complete ? "complete within its bound" : "stopped");
        if (result.violated)
            print_error("%s: %s\n", s->name, result.reason);
        assert_false(result.violated);
    }
    wefti_clock_replace(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_that_come_back_at_the_end_are_closed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
