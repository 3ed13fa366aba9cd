/* The scheduler finds planted mistakes, and finds none in the event, the epochs and the cache. */
#define _GNU_SOURCE
#include "base/atomic.h"
#include "base/epoch.h"
#include "base/memory.h"
#include "base/shapecache.h"
#include "base/sync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static wefti_scheduler_result explore(const char *name, wefti_scheduler_test test)
{
    wefti_scheduler_result result;
    wefti_scheduler_explore(&test, &result);
    printf("    %s: %llu schedules, %llu points, %s\n", name, (unsigned long long)result.runs, (unsigned long long)result.points,
           result.violated   ? result.reason
           : result.complete ? "complete within its bound"
                             : "stopped");
    return result;
}

/* ---- toys: right and wrong ---- */

typedef struct toy {
    wefti_atomic_u32 word, taken;
    wefti_event event;
    uint32_t holders; /* plain: one thread runs at a time */
    bool right;       /* which of the two variants */
    wefti_mutex a, b;
} toy;

static void reset_toy(void *context)
{
    toy *t = context;
    bool right = t->right;
    memset(t, 0, sizeof *t);
    t->right = right;
    wefti_event_init(&t->event);
    wefti_mutex_init(&t->a);
    wefti_mutex_init(&t->b);
}
static bool nothing_to_check(void *context) { return context != NULL; }

/* Wrong: look and take in two steps. */
static void take_slot(void *context, uint32_t number)
{
    toy *t = context;
    (void)number;
    uint32_t expected = 0;
    bool got;
    if (t->right)
        got = wefti_atomic_cas_u32(&t->taken, &expected, 1, WEFTI_ACQ_REL);
    else {
        got = wefti_atomic_load_u32(&t->taken, WEFTI_ACQUIRE) == 0;
        if (got)
            wefti_atomic_store_u32(&t->taken, 1, WEFTI_RELEASE);
    }
    if (got && t->holders++ != 0)
        wefti_scheduler_fail("a slot has two holders");
}

/* Wrong: look, then announce. */
static void wait_for_word(void *context, uint32_t number)
{
    toy *t = context;
    if (number == 0) {
        wefti_atomic_store_u32(&t->word, 1, WEFTI_RELEASE);
        wefti_event_signal(&t->event);
        return;
    }
    for (;;) {
        uint32_t prepared = 0;
        if (t->right)
            prepared = wefti_event_prepare(&t->event);
        if (wefti_atomic_load_u32(&t->word, WEFTI_ACQUIRE) != 0)
            return;
        if (!t->right)
            prepared = wefti_event_prepare(&t->event);
        wefti_event_wait(&t->event, prepared, WEFTI_NO_DEADLINE);
    }
}

/* Wrong: two mutexes in two orders. */
static void lock_both(void *context, uint32_t number)
{
    toy *t = context;
    bool swap = !t->right && number == 1;
    wefti_mutex_lock(swap ? &t->b : &t->a);
    wefti_mutex_lock(swap ? &t->a : &t->b);
    wefti_mutex_unlock(&t->a);
    wefti_mutex_unlock(&t->b);
}

static void scheduler_finds_planted_mistakes_and_passes_their_repairs(void **state)
{
    (void)state;
    const struct {
        const char *name;
        void (*body)(void *, uint32_t);
        uint32_t threads;
    } toys[] = {
        {"claim", take_slot, 3},
        {"wait", wait_for_word, 2},
        {"locks", lock_both, 2},
    };
    for (size_t i = 0; i < sizeof toys / sizeof toys[0]; i++)
        for (int right = 0; right < 2; right++) {
            static toy t[6]; /* static: a violating run leaves its threads asleep with it */
            toy *mine = &t[2 * i + (size_t)right];
            mine->right = right != 0;
            wefti_scheduler_test test = {.thread_count = toys[i].threads,
                                         .setup = reset_toy,
                                         .thread = toys[i].body,
                                         .check = nothing_to_check,
                                         .context = mine,
                                         .preemptions = 2};
            char name[60];
            snprintf(name, sizeof name, "%s, %s", toys[i].name, right ? "right" : "planted mistake");
            wefti_scheduler_result result = explore(name, test);
            assert_int_equal(result.violated, !right);
            assert_int_equal(result.complete, right);
        }
}

static void random_priorities_find_the_planted_mistake_too(void **state)
{
    (void)state;
    static toy t;
    wefti_scheduler_test test = {.thread_count = 3,
                                 .setup = reset_toy,
                                 .thread = take_slot,
                                 .check = nothing_to_check,
                                 .context = &t,
                                 .random_runs = 2000,
                                 .seed = 7};
    assert_true(explore("claim, planted mistake, random", test).violated);
}

/* ---- epochs ---- */

typedef struct node {
    wefti_epoch_entry retirement;
    uint32_t freed;
} node;

typedef struct epoch_scene {
    wefti_atomic_ptr shared;
    node nodes[3];
    bool careless; /* planted: the writer does not wait for epochs */
} epoch_scene;

static void mark_freed(wefti_epoch_entry *entry) { ((node *)(void *)entry)->freed = 1; }

static void reset_epochs(void *context)
{
    epoch_scene *s = context;
    memset(s->nodes, 0, sizeof s->nodes);
    wefti_atomic_store_ptr(&s->shared, &s->nodes[0], WEFTI_RELEASE);
}

static void read_or_replace(void *context, uint32_t number)
{
    epoch_scene *s = context;
    if (number == 0) {
        wefti_epoch_begin();
        node *n = wefti_atomic_load_ptr(&s->shared, WEFTI_ACQUIRE);
        for (int i = 0; i < 2; i++) {
            wefti_scheduler_point(WEFTI_SCHEDULER_LOAD, n); /* others may run between two looks */
            if (n->freed)
                wefti_scheduler_fail("a reader saw a freed entry");
        }
        wefti_epoch_end();
    } else {
        node *old = wefti_atomic_exchange_ptr(&s->shared, &s->nodes[number], WEFTI_ACQ_REL);
        if (s->careless)
            old->freed = 1;
        else {
            wefti_epoch_retire(&old->retirement, mark_freed);
            wefti_epoch_reclaim();
        }
    }
}

static bool all_freed(void *context)
{
    epoch_scene *s = context;
    wefti_epoch_drain();
    return s->nodes[0].freed == 1;
}

static void reader_sees_no_freed_entry(void **state)
{
    (void)state;
    static epoch_scene right;
    wefti_scheduler_test test = {.thread_count = 3,
                                 .setup = reset_epochs,
                                 .thread = read_or_replace,
                                 .check = all_freed,
                                 .context = &right,
                                 .preemptions = 2,
                                 .max_runs = 60000};
    assert_false(explore("epochs, reader and 2 writers", test).violated);
}

/* Last of all: the violating run leaves its reader asleep in a section, and nothing is reclaimed any more. */
static void entry_freed_too_early_is_found(void **state)
{
    (void)state;
    static epoch_scene careless = {.careless = true};
    wefti_scheduler_test test = {.thread_count = 3,
                                 .setup = reset_epochs,
                                 .thread = read_or_replace,
                                 .check = nothing_to_check,
                                 .context = &careless,
                                 .preemptions = 2};
    assert_true(explore("epochs, planted early free", test).violated);
}

/* ---- the cache ---- */

typedef struct shape {
    wefti_shape_entry entry; /* first */
    uint32_t freed;
    char key[4];
} shape;

typedef struct cache_scene {
    wefti_shape_cache cache;
    shape shapes[4];
} cache_scene;

static cache_scene *scene_of_free;

static void note_free(wefti_shape_entry *entry)
{
    shape *s = (shape *)(void *)entry;
    if (s->freed++ != 0)
        wefti_scheduler_fail("an entry was freed twice");
}

static void reset_cache(void *context)
{
    cache_scene *s = context;
    scene_of_free = s;
    memset(s->shapes, 0, sizeof s->shapes);
    wefti_shape_cache_init(&s->cache, 250);
}

static shape *publish_shape(cache_scene *s, uint32_t number, const char *key)
{
    shape *made = &s->shapes[number];
    snprintf(made->key, sizeof made->key, "%s", key);
    wefti_shape_entry_init(&made->entry, (uint64_t)key[0], made->key, 1, 100, note_free);
    return (shape *)(void *)wefti_shape_cache_publish(&s->cache, &made->entry);
}

/* Threads 0 and 1 look for one shape, make it on a miss, keep it beyond the section and let go; thread 2 evicts. */
static void use_or_evict(void *context, uint32_t number)
{
    cache_scene *s = context;
    if (number == 2) {
        wefti_shape_cache_clear(&s->cache);
        wefti_epoch_reclaim();
        return;
    }
    wefti_epoch_begin();
    shape *found = (shape *)(void *)wefti_shape_cache_find(&s->cache, 'k', "k", 1);
    if (found == NULL)
        found = publish_shape(s, number, "k");
    if (found->freed)
        wefti_scheduler_fail("a reader saw a freed entry");
    wefti_shape_entry_retain(&found->entry);
    wefti_epoch_end();
    wefti_scheduler_point(WEFTI_SCHEDULER_LOAD, found);
    if (found->freed)
        wefti_scheduler_fail("an entry in use was freed");
    wefti_shape_entry_release(&found->entry);
}

static bool cache_settled(void *context)
{
    cache_scene *s = context;
    wefti_shape_stats stats;
    wefti_shape_cache_stats(&s->cache, &stats);
    wefti_shape_cache_deinit(&s->cache);
    wefti_epoch_drain();
    bool right = stats.entries <= 1 && stats.insertions - stats.evictions == stats.entries;
    for (int i = 0; i < 2; i++)
        right = right && s->shapes[i].freed == (s->shapes[i].entry.id != 0);
    return right;
}

static void cache_frees_each_entry_once_and_none_in_use(void **state)
{
    (void)state;
    static cache_scene *s;
    s = wefti_aligned(WEFTI_CACHE_LINE, sizeof *s);
    memset(s, 0, sizeof *s);
    wefti_scheduler_test test = {.thread_count = 2,
                                 .setup = reset_cache,
                                 .thread = use_or_evict,
                                 .check = cache_settled,
                                 .context = s,
                                 .preemptions = 3,
                                 .max_runs = 60000};
    assert_false(explore("cache, 2 users", test).violated);
    test.thread_count = 3;
    test.preemptions = 2;
    assert_false(explore("cache, 2 users and eviction", test).violated);
    test.random_runs = 5000;
    assert_false(explore("cache, 2 users and eviction, random", test).violated);
    wefti_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scheduler_finds_planted_mistakes_and_passes_their_repairs),
        cmocka_unit_test(random_priorities_find_the_planted_mistake_too),
        cmocka_unit_test(reader_sees_no_freed_entry),
        cmocka_unit_test(cache_frees_each_entry_once_and_none_in_use),
        cmocka_unit_test(entry_freed_too_early_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
