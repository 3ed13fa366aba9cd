/* The lock-free claim: with one thread stopped at any point of the seam inside checkout or checkin, it counts as holding one
 * connection, and the others complete their cycles on the rest. Real threads; the model build's hook stops the victim at its k-th
 * atomic operation, for every k until a whole cycle passes without reaching it. */
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
    uint32_t stop_at, points;        /* victim */
    bool stopped_once;
    sem_t stopped, go_on;
    wefti_atomic_u32 done, failures; /* others */
    wefti_atomic_u64 last_done_ns;
} scene;

static void stop_at_point(void *context, wefti_model_kind kind, const void *address)
{
    scene *s = context;
    (void)kind, (void)address;
    if (++s->points != s->stop_at)
        return;
    s->stopped_once = true;
    sem_post(&s->stopped);
    sem_wait(&s->go_on);
}

static void *victim(void *argument)
{
    scene *s = argument;
    wefti_model_set_hook(stop_at_point, s);
    wefti_dbc *dbc;
    if (wefti_pool_checkout(s->pool, WEFTI_NO_DEADLINE, NULL, 0, &dbc, NULL) == WEFT_OK)
        wefti_pool_checkin(s->pool, dbc, false);
    else
        wefti_atomic_add_u32(&s->failures, 1, WEFTI_RELAXED);
    wefti_model_set_hook(NULL, NULL);
    if (!s->stopped_once)
        sem_post(&s->stopped);
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
    scene s = { .stop_at = stop_at };
    fake_reset();
    sem_init(&s.stopped, 0, 0);
    sem_init(&s.go_on, 0, 0);
    weft_pool_options options = { .size = connections, .max_overflow = WEFT_NONE, .barging_us = in_line ? WEFT_NONE : 0 };
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
    return s.stopped_once;
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
    run_all("cycle with a wait in line, 3 connections", 3, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thread_stopped_in_an_uncontended_cycle_stops_nobody),
        cmocka_unit_test(thread_stopped_in_line_or_at_a_hand_off_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
