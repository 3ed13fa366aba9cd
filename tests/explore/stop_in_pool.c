/* The lock-free claim: with one thread stopped at any point of the seam inside checkout or checkin, it counts as holding one
 * connection, and the others complete their cycles on the rest. Real threads; the explore build's hook stops the victim at its k-th
 * atomic operation, for every k until a whole cycle passes without reaching it. A second kind of run stops it at two points and
 * gives one connection back at each: whatever it has found and been handed in between, it may keep one only. */
#define _GNU_SOURCE
#include "fake_driver.h"
#include "pool/pool_private.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CYCLES 10000u
#define OTHERS 3u
#define LONG_ENOUGH_NS ((int64_t)60000 * WEFTI_NS_PER_MS)

typedef struct scene {
    wefti_pool *pool;
    uint32_t stop_at[2], points, stops; /* victim */
    sem_t stopped, go_on;
    wefti_atomic_u32 done, failures; /* others */
    wefti_atomic_u64 last_done_ns;
} scene;

static void stop_at_point(void *context, wefti_scheduler_kind kind, const void *address)
{
    scene *s = context;
    (void)kind, (void)address;
    if (s->stops == 2 || ++s->points != s->stop_at[s->stops])
        return;
    s->stops++;
    sem_post(&s->stopped);
    sem_wait(&s->go_on);
}

static void *victim(void *argument)
{
    scene *s = argument;
    wefti_scheduler_set_hook(stop_at_point, s);
    wefti_dbc *dbc;
    if (wefti_pool_checkout(s->pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, NULL) == WEFT_OK)
        wefti_pool_checkin(s->pool, dbc, false);
    else
        wefti_atomic_add_u32(&s->failures, 1, WEFTI_RELAXED);
    wefti_scheduler_set_hook(NULL, NULL);
    sem_post(&s->stopped); /* whoever waits for a stop that does not come */
    return NULL;
}

static void *other(void *argument)
{
    scene *s = argument;
    for (uint32_t i = 0; i < CYCLES; i++) {
        wefti_dbc *dbc;
        if (wefti_pool_checkout(s->pool, wefti_now_ns() + LONG_ENOUGH_NS, NULL, 0, &dbc, NULL) != WEFT_OK) {
            wefti_atomic_add_u32(&s->failures, 1, WEFTI_RELAXED);
            break;
        }
        fake_enter(dbc);
        if (i % 64 == 0)
            wefti_thread_yield(); /* so that the others come into line */
        fake_leave(dbc);
        wefti_pool_checkin(s->pool, dbc, false);
    }
    wefti_atomic_add_u32(&s->done, 1, WEFTI_RELEASE);
    return NULL;
}

/* Returns whether the victim reached its point. */
static bool run(uint32_t connections, bool in_line, uint32_t stop_at)
{
    scene s = {.stop_at = {stop_at}};
    fake_reset();
    sem_init(&s.stopped, 0, 0);
    sem_init(&s.go_on, 0, 0);
    weft_pool_options options = {.size = connections, .max_overflow = WEFT_NONE, .barging_us = in_line ? WEFT_NONE : 0};
    assert_int_equal(wefti_pool_open(&s.pool, &fake_in_process_target, &options, NULL, NULL), WEFT_OK);
    wefti_dbc *held[8];
    for (uint32_t i = 0; i < connections; i++)
        assert_int_equal(wefti_pool_checkout(s.pool, WEFTI_NO_DEADLINE, NULL, 0, &held[i], NULL), WEFT_OK);
    pthread_t victim_thread, threads[OTHERS];
    if (!in_line)
        for (uint32_t i = 0; i < connections; i++)
            wefti_pool_checkin(s.pool, held[i], false);
    pthread_create(&victim_thread, NULL, victim, &s);
    if (in_line) { /* it finds nothing; give back once it stands in line or is stopped on the way there */
        while (wefti_atomic_load_u32(&s.pool->announced, WEFTI_SEQ_CST) == 0 && sem_trywait(&s.stopped) != 0)
            wefti_thread_yield();
        for (uint32_t i = 0; i < connections; i++)
            wefti_pool_checkin(s.pool, held[i], false);
    } else
        sem_wait(&s.stopped);
    for (uint32_t i = 0; i < OTHERS; i++)
        pthread_create(&threads[i], NULL, other, &s);
    for (uint32_t i = 0; i < OTHERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wefti_atomic_load_u32(&s.done, WEFTI_ACQUIRE), OTHERS);
    assert_int_equal(wefti_atomic_load_u32(&s.failures, WEFTI_RELAXED), 0);
    sem_post(&s.go_on);
    pthread_join(victim_thread, NULL);
    assert_int_equal(wefti_atomic_load_u32(&s.failures, WEFTI_RELAXED), 0);
    assert_int_equal(wefti_atomic_load_u32(&fake.violations, WEFTI_RELAXED), 0);
    assert_int_equal(wefti_pool_close(s.pool, wefti_now_ns() + LONG_ENOUGH_NS, NULL), WEFT_OK);
    wefti_pool_free(s.pool);
    return s.stops != 0;
}

/* Two connections, both out; the victim is stopped on its way into the line and once more later, and gets one back each time.
 * Returns at how many of the points it stopped. */
static uint32_t run_twice_stopped(uint32_t first, uint32_t second)
{
    scene s = {.stop_at = {first, second}};
    fake_reset();
    sem_init(&s.stopped, 0, 0);
    sem_init(&s.go_on, 0, 0);
    weft_pool_options options = {.size = 2, .max_overflow = WEFT_NONE, .barging_us = WEFT_NONE};
    assert_int_equal(wefti_pool_open_unattended(&s.pool, &fake_in_process_target, &options, NULL, NULL), WEFT_OK);
    wefti_atomic_store_u64(&s.pool->clock_ns, (uint64_t)wefti_now_ns(), WEFTI_RELAXED);
    wefti_dbc *held[2], *another;
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(wefti_pool_checkout(s.pool, WEFTI_NO_DEADLINE, NULL, 0, &held[i], NULL), WEFT_OK);
    pthread_t thread;
    pthread_create(&thread, NULL, victim, &s);
    bool sleeps = false; /* in line, its points not reached */
    while (!sleeps && sem_trywait(&s.stopped) != 0) {
        sleeps = wefti_atomic_load_u64(&s.pool->places[0], WEFTI_SEQ_CST) % 16 == WEFTI_PLACE_WAITING && s.points < first &&
                 wefti_atomic_load_u32(&s.pool->announced, WEFTI_SEQ_CST) != 0;
        wefti_thread_yield();
    }
    wefti_pool_checkin(s.pool, held[0], false);
    if (!sleeps) {
        sem_post(&s.go_on);
        sem_wait(&s.stopped);
    }
    wefti_pool_checkin(s.pool, held[1], false);
    assert_int_equal(wefti_pool_checkout(s.pool, wefti_now_ns() + LONG_ENOUGH_NS, NULL, 0, &another, NULL), WEFT_OK);
    wefti_pool_checkin(s.pool, another, false);
    sem_post(&s.go_on);
    sem_post(&s.go_on);
    pthread_join(thread, NULL);
    assert_int_equal(wefti_atomic_load_u32(&s.failures, WEFTI_RELAXED), 0);
    assert_int_equal(wefti_pool_close(s.pool, wefti_now_ns() + LONG_ENOUGH_NS, NULL), WEFT_OK);
    wefti_pool_free(s.pool);
    return s.stops;
}

static void run_all(const char *name, uint32_t connections, bool in_line)
{
    uint32_t point = 1;
    while (run(connections, in_line, point))
        point++;
    printf("    %s: stopped at each of %u points, %u x %u cycles by the others each time\n", name, point - 1, OTHERS, CYCLES);
    assert_true(point > 10);
}

static void thread_stopped_in_an_uncontended_cycle_stops_nobody(void **state)
{
    (void)state;
    run_all("uncontended cycle, 2 connections", 2, false);
}

static void thread_stopped_in_line_or_at_a_hand_off_stops_nobody(void **state)
{
    (void)state;
    run_all("cycle with a wait in line, 2 connections", 2, true);
}

static void thread_stopped_with_a_connection_is_handed_no_other(void **state)
{
    (void)state;
    uint32_t pairs = 0;
    for (uint32_t first = 1, stops = 1; stops > 0; first++) {
        stops = 0;
        for (uint32_t second = first + 1, reached = 2; reached == 2; second++, pairs++) {
            reached = run_twice_stopped(first, second);
            stops = reached > stops ? reached : stops;
        }
    }
    printf("    cycle with a wait in line, 2 connections: stopped at each of %u pairs of points\n", pairs);
    assert_true(pairs > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thread_stopped_in_an_uncontended_cycle_stops_nobody),
        cmocka_unit_test(thread_stopped_in_line_or_at_a_hand_off_stops_nobody),
        cmocka_unit_test(thread_stopped_with_a_connection_is_handed_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
