/* Epochs: nothing is freed under a reader, everything is freed in the end, dead threads hold nothing up. */
#define _GNU_SOURCE
#include "base/atomic.h"
#include "base/epoch.h"
#include "base/memory.h"
#include "base/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct thing {
    wefti_epoch_entry retirement;
    wefti_atomic_u32 freed;
    uint64_t value, twice;
} thing;

static void mark_freed(wefti_epoch_entry *entry) { wefti_atomic_store_u32(&((thing *)(void *)entry)->freed, 1, WEFTI_RELEASE); }
static void free_thing(wefti_epoch_entry *entry) { wefti_free(entry); }

static bool is_freed(thing *t) { return wefti_atomic_load_u32(&t->freed, WEFTI_ACQUIRE) != 0; }

static int wait_for(pid_t child)
{
    int result = -1;
    waitpid(child, &result, 0);
    return result;
}

/* First of all: the process has not used epochs yet. */
static void process_without_a_key_left_has_no_sections(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        pthread_key_t first, key;
        bool right = pthread_key_create(&first, NULL) == 0 && pthread_setspecific(first, &first) == 0;
        while (pthread_key_create(&key, NULL) == 0)
            ;
        right = right && !wefti_epoch_begin() && !wefti_epoch_active();
        thing t = {0};
        wefti_epoch_retire(&t.retirement, mark_freed);
        wefti_epoch_drain();
        _exit(right && is_freed(&t) && pthread_getspecific(first) == &first ? 0 : 1);
    }
    assert_int_equal(wait_for(child), 0);
}

#ifndef WEFTI_TSAN /* which refuses threads in a forked child */
static void *reclaim_here(void *argument)
{
    for (int i = 0; i < 5; i++)
        wefti_epoch_reclaim();
    return argument;
}

static void reclaim_on_another_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, reclaim_here, NULL);
    pthread_join(thread, NULL);
}

/* The thread that reclaims first in a child is the housekeeper of a new engine. */
static void sections_of_a_forked_child_protect(void **state)
{
    (void)state;
    assert_true(wefti_epoch_begin());
    wefti_epoch_end();
    pid_t child = fork();
    if (child == 0) {
        static thing first, second, third;
        bool right = true;
        for (int i = 0; i < 2; i++) {
            thing *t = i == 0 ? &first : &second;
            right = right && wefti_epoch_begin();
            const void *outer = wefti_epoch_mark(t);
            wefti_epoch_retire(&t->retirement, mark_freed);
            reclaim_on_another_thread();
            right = right && !is_freed(t) && wefti_atomic_load_ptr(wefti_epoch_own_mark, WEFTI_RELAXED) == t;
            wefti_epoch_unmark(outer);
            wefti_epoch_end();
        }
        wefti_epoch_retire(&third.retirement, mark_freed);
        wefti_epoch_drain();
        _exit(right && is_freed(&first) && is_freed(&second) && is_freed(&third) ? 0 : 1);
    }
    assert_int_equal(wait_for(child), 0);
}
#endif

static void entry_is_kept_while_a_section_lasts(void **state)
{
    (void)state;
    thing t = {0};
    assert_true(wefti_epoch_begin());
    assert_true(wefti_epoch_begin());
    wefti_epoch_retire(&t.retirement, mark_freed);
    wefti_epoch_end();
    assert_true(wefti_epoch_active());
    assert_false(is_freed(&t));
    wefti_epoch_end();
    assert_false(wefti_epoch_active());
    wefti_epoch_drain();
    assert_true(is_freed(&t));
}

typedef struct reader {
    pthread_t thread;
    wefti_atomic_u32 inside, leave;
} reader;

static void *stay_inside(void *argument)
{
    reader *r = argument;
    wefti_epoch_begin();
    wefti_atomic_store_u32(&r->inside, 1, WEFTI_RELEASE);
    while (wefti_atomic_load_u32(&r->leave, WEFTI_ACQUIRE) == 0)
        wefti_thread_yield();
    wefti_epoch_end();
    return NULL;
}

static void other_threads_section_keeps_it_and_never_blocks_reclaim(void **state)
{
    (void)state;
    thing t = {0};
    reader r = {0};
    pthread_create(&r.thread, NULL, stay_inside, &r);
    while (wefti_atomic_load_u32(&r.inside, WEFTI_ACQUIRE) == 0)
        wefti_thread_yield();
    wefti_epoch_retire(&t.retirement, mark_freed);
    for (int i = 0; i < 100; i++)
        assert_true(wefti_epoch_reclaim() >= 1);
    assert_false(is_freed(&t));
    wefti_atomic_store_u32(&r.leave, 1, WEFTI_RELEASE);
    pthread_join(r.thread, NULL);
    wefti_epoch_drain();
    assert_true(is_freed(&t));
}

static void *leave_open(void *argument)
{
    wefti_epoch_begin();
    return argument;
}

static void section_left_open_by_a_dead_thread_holds_nothing_up(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_create(&thread, NULL, leave_open, NULL);
    pthread_join(thread, NULL);
    thing t = {0};
    wefti_epoch_retire(&t.retirement, mark_freed);
    wefti_epoch_drain();
    assert_true(is_freed(&t));
}

static void *visit(void *argument)
{
    wefti_epoch_begin();
    wefti_epoch_end();
    return argument;
}

static void records_of_dead_threads_are_recycled(void **state)
{
    (void)state;
    wefti_epoch_stats before, after;
    wefti_epoch_stats_get(&before);
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, visit, NULL);
        pthread_join(thread, NULL);
    }
    wefti_epoch_stats_get(&after);
    assert_true(after.records <= before.records + 1);
}

static void first_section_without_memory_says_so(void **state)
{
    (void)state;
    /* This thread has a record by now: fresh threads take it over only when it ends. */
    assert_true(wefti_epoch_begin());
    wefti_memory_fail_after(0, true);
    assert_true(wefti_epoch_begin());
    wefti_epoch_end();
    wefti_memory_fail_after(-1, false);
    wefti_epoch_end();
}

/* Readers check a pair that writers replace; a freed one would be caught by ASan, a torn one by the check. */
#define READERS 3
static wefti_atomic_ptr shared;
static wefti_atomic_u32 stop, torn;

static void *read_on(void *argument)
{
    (void)argument;
    while (wefti_atomic_load_u32(&stop, WEFTI_RELAXED) == 0) {
        wefti_epoch_begin();
        const thing *t = wefti_atomic_load_ptr(&shared, WEFTI_ACQUIRE);
        for (int i = 0; i < 10; i++)
            if (t->twice != 2 * t->value)
                wefti_atomic_add_u32(&torn, 1, WEFTI_RELAXED);
        wefti_epoch_end();
    }
    return NULL;
}

static void readers_never_see_a_freed_thing(void **state)
{
    (void)state;
    pthread_t threads[READERS];
    thing *t = wefti_calloc(1, sizeof *t);
    wefti_atomic_store_ptr(&shared, t, WEFTI_RELEASE);
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, read_on, NULL);
    for (uint64_t i = 1; i <= 20000; i++) {
        thing *new = wefti_calloc(1, sizeof *new);
        new->value = i;
        new->twice = 2 * i;
        thing *old = wefti_atomic_exchange_ptr(&shared, new, WEFTI_ACQ_REL);
        wefti_epoch_retire(&old->retirement, free_thing);
        if (i % 64 == 0)
            wefti_epoch_reclaim();
    }
    wefti_atomic_store_u32(&stop, 1, WEFTI_RELAXED);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    wefti_epoch_drain();
    wefti_free(wefti_atomic_exchange_ptr(&shared, NULL, WEFTI_ACQ_REL));
    assert_int_equal(wefti_atomic_load_u32(&torn, WEFTI_RELAXED), 0);
    wefti_epoch_stats stats;
    wefti_epoch_stats_get(&stats);
    assert_true(stats.retired == stats.reclaimed);
}

static wefti_atomic_u32 marked, gone_ahead;
static int object;

static void *mark_object(void *argument)
{
    (void)argument;
    const void *outer = wefti_epoch_mark(&object);
    wefti_atomic_store_u32(&marked, 1, WEFTI_RELEASE);
    while (wefti_atomic_load_u32(&gone_ahead, WEFTI_ACQUIRE) == 0)
        wefti_thread_yield();
    wefti_atomic_store_u32(&marked, 0, WEFTI_RELEASE);
    wefti_epoch_unmark(outer);
    return NULL;
}

static void *let_it_go(void *argument)
{
    (void)argument;
    wefti_atomic_store_u32(&gone_ahead, 1, WEFTI_RELEASE);
    return NULL;
}

static void marked_object_is_waited_for(void **state)
{
    (void)state;
    pthread_t holder, opener;
    pthread_create(&holder, NULL, mark_object, NULL);
    while (wefti_atomic_load_u32(&marked, WEFTI_ACQUIRE) == 0)
        wefti_thread_yield();
    pthread_create(&opener, NULL, let_it_go, NULL);
    wefti_epoch_await_unmarked(&object);
    assert_int_equal(wefti_atomic_load_u32(&marked, WEFTI_ACQUIRE), 0);
    pthread_join(holder, NULL);
    pthread_join(opener, NULL);
}

static void marks_nest(void **state)
{
    (void)state;
    int inner_object;
    const void *outer = wefti_epoch_mark(&object);
    const void *inner = wefti_epoch_mark(&inner_object);
    assert_ptr_equal(inner, &object);
    wefti_epoch_unmark(inner);
    assert_ptr_equal(wefti_atomic_load_ptr(wefti_epoch_own_mark, WEFTI_RELAXED), &object);
    wefti_epoch_unmark(outer);
    assert_null(wefti_atomic_load_ptr(wefti_epoch_own_mark, WEFTI_RELAXED));
}

static void *mark_without_memory(void *argument)
{
    wefti_atomic_u32 *failed = argument;
    wefti_memory_fail_after(0, true);
    const void *outer = wefti_epoch_mark(&object);
    wefti_memory_fail_after(-1, false);
    wefti_atomic_store_u32(failed, outer == &wefti_epoch_unrecorded, WEFTI_RELEASE);
    if (wefti_epoch_begin()) /* memory came back meanwhile */
        wefti_epoch_end();
    wefti_epoch_unmark(outer);
    return NULL;
}

static void mark_made_without_memory_is_taken_away_again(void **state)
{
    (void)state;
    pthread_t thread;
    wefti_atomic_u32 failed = WEFTI_ATOMIC_INIT(0);
    reader holders[READERS + 8];
    memset(holders, 0, sizeof holders);
    for (int i = 0; i < READERS + 8; i++) { /* no record of an ended thread is left to be taken */
        pthread_create(&holders[i].thread, NULL, stay_inside, &holders[i]);
        while (wefti_atomic_load_u32(&holders[i].inside, WEFTI_ACQUIRE) == 0)
            wefti_thread_yield();
    }
    pthread_create(&thread, NULL, mark_without_memory, &failed);
    pthread_join(thread, NULL);
    assert_int_equal(wefti_atomic_load_u32(&failed, WEFTI_ACQUIRE), 1);
    wefti_epoch_await_unmarked(&object); /* returns */
    for (int i = 0; i < READERS + 8; i++) {
        wefti_atomic_store_u32(&holders[i].leave, 1, WEFTI_RELEASE);
        pthread_join(holders[i].thread, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(process_without_a_key_left_has_no_sections),
#ifndef WEFTI_TSAN
        cmocka_unit_test(sections_of_a_forked_child_protect),
#endif
        cmocka_unit_test(entry_is_kept_while_a_section_lasts),
        cmocka_unit_test(other_threads_section_keeps_it_and_never_blocks_reclaim),
        cmocka_unit_test(section_left_open_by_a_dead_thread_holds_nothing_up),
        cmocka_unit_test(records_of_dead_threads_are_recycled),
        cmocka_unit_test(first_section_without_memory_says_so),
        cmocka_unit_test(readers_never_see_a_freed_thing),
        cmocka_unit_test(marked_object_is_waited_for),
        cmocka_unit_test(marks_nest),
        cmocka_unit_test(mark_made_without_memory_is_taken_away_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
