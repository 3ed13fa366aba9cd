/* The cache of immutable entries: bounded, raced, evicted, referenced. */
#define _GNU_SOURCE
#include "base/memory.h"
#include "base/shapecache.h"
#include "base/text.h"
#include "base/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ENTRY_BYTES 1000u

typedef struct item {
    wefti_shape_entry entry; /* first */
    char key[24];
    uint64_t check;
} item;

static wefti_atomic_u32 alive;

static void free_item(wefti_shape_entry *entry)
{
    item *i = (item *)(void *)entry;
    i->check = 0xdead;
    wefti_atomic_add_u32(&alive, UINT32_MAX, WEFTI_RELAXED);
    wefti_free(i);
}

static item *make(const char *key)
{
    item *i = wefti_calloc(1, sizeof *i);
    if (i == NULL)
        return NULL;
    snprintf(i->key, sizeof i->key, "%s", key);
    uint32_t size = (uint32_t)strlen(i->key);
    i->check = wefti_hash(i->key, size, 7);
    wefti_shape_entry_init(&i->entry, wefti_hash(i->key, size, 0), i->key, size, ENTRY_BYTES, free_item);
    wefti_atomic_add_u32(&alive, 1, WEFTI_RELAXED);
    return i;
}

static item *find(wefti_shape_cache *cache, const char *key)
{
    uint32_t size = (uint32_t)strlen(key);
    return (item *)(void *)wefti_shape_cache_find(cache, wefti_hash(key, size, 0), key, size);
}

static item *publish(wefti_shape_cache *cache, const char *key)
{
    return (item *)(void *)wefti_shape_cache_publish(cache, &make(key)->entry);
}

static wefti_shape_cache *open_cache(size_t limit)
{
    wefti_shape_cache *cache = wefti_aligned(WEFTI_CACHE_LINE, sizeof *cache);
    assert_true(wefti_shape_cache_init(cache, limit));
    return cache;
}

static void close_cache(wefti_shape_cache *cache)
{
    wefti_shape_cache_deinit(cache);
    wefti_free(cache);
    wefti_epoch_drain();
    assert_int_equal(wefti_atomic_load_u32(&alive, WEFTI_RELAXED), 0);
}

static wefti_shape_stats stats_of(wefti_shape_cache *cache)
{
    wefti_shape_stats stats;
    wefti_shape_cache_stats(cache, &stats);
    return stats;
}

static void published_entry_is_found_by_its_key(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(0);
    wefti_epoch_begin();
    assert_null(find(cache, "a"));
    item *a = publish(cache, "a");
    item *b = publish(cache, "b");
    assert_ptr_equal(find(cache, "a"), a);
    assert_ptr_equal(find(cache, "b"), b);
    assert_true(a->entry.id != b->entry.id);
    wefti_epoch_end();
    wefti_shape_stats stats = stats_of(cache);
    assert_int_equal(stats.hits, 2);
    assert_int_equal(stats.misses, 1);
    assert_int_equal(stats.entries, 2);
    assert_int_equal(stats.bytes, 2 * ENTRY_BYTES);
    close_cache(cache);
}

/* As a request does that always runs the same statements. */
static void entries_found_in_turn_are_all_counted(void **state)
{
    (void)state;
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    wefti_shape_cache *cache = open_cache(0);
    for (uint64_t period = 1; period <= 8; period++) {
        const uint64_t rounds = 12800;
        uint64_t before[8] = {0};
        wefti_epoch_begin();
        for (uint64_t i = 0; i < period; i++)
            before[i] = wefti_atomic_load_u64(&publish(cache, keys[i])->entry.hits, WEFTI_RELAXED);
        for (uint64_t i = 0; i < rounds * period; i++)
            assert_non_null(find(cache, keys[i % period]));
        for (uint64_t i = 0; i < period; i++) {
            uint64_t counted = wefti_atomic_load_u64(&publish(cache, keys[i])->entry.hits, WEFTI_RELAXED) - before[i];
            assert_in_range(counted, rounds * 3 / 4, rounds * 5 / 4);
        }
        wefti_epoch_end();
    }
    close_cache(cache);
}

static void entry_is_found_behind_the_place_of_an_evicted_one(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(ENTRY_BYTES); /* one at a time */
    item *i[2] = {make("first"), make("second")};
    wefti_epoch_begin();
    for (int k = 0; k < 2; k++) { /* the same place */
        wefti_shape_entry_init(&i[k]->entry, 5, i[k]->key, (uint32_t)strlen(i[k]->key), ENTRY_BYTES, free_item);
        wefti_shape_cache_publish(cache, &i[k]->entry);
    }
    assert_null(wefti_shape_cache_find(cache, 5, "first", 5));
    assert_ptr_equal(wefti_shape_cache_find(cache, 5, "second", 6), &i[1]->entry);
    wefti_epoch_end();
    assert_int_equal(stats_of(cache).evictions, 1);
    close_cache(cache);
}

static void loser_of_a_race_uses_the_winners_entry(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(0);
    wefti_epoch_begin();
    item *winner = publish(cache, "same");
    assert_ptr_equal(publish(cache, "same"), winner);
    wefti_epoch_end();
    assert_int_equal(wefti_atomic_load_u32(&alive, WEFTI_RELAXED), 1);
    assert_int_equal(stats_of(cache).races_lost, 1);
    close_cache(cache);
}

static void unvisited_entries_are_evicted_before_visited_ones(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(10 * ENTRY_BYTES);
    char key[24];
    wefti_epoch_begin();
    publish(cache, "hot");
    for (int i = 0; i < 500; i++) {
        assert_non_null(find(cache, "hot"));
        snprintf(key, sizeof key, "cold %d", i);
        publish(cache, key);
        assert_true(stats_of(cache).bytes <= 10 * ENTRY_BYTES);
    }
    assert_non_null(find(cache, "hot"));
    wefti_epoch_end();
    assert_int_equal(stats_of(cache).evictions, 491);
    close_cache(cache);
}

static void all_of_many_entries_are_found(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache((size_t)1 << 30);
    char key[24];
    wefti_epoch_begin();
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "shape %d", i);
        publish(cache, key);
    }
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "shape %d", i);
        item *found = find(cache, key);
        assert_non_null(found);
        assert_string_equal(found->key, key);
    }
    wefti_epoch_end();
    close_cache(cache);
}

static void referenced_entry_outlives_eviction_and_cache(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(0);
    wefti_epoch_begin();
    item *kept = publish(cache, "kept");
    wefti_shape_entry_retain(&kept->entry);
    wefti_epoch_end();
    wefti_shape_cache_clear(cache);
    wefti_epoch_drain();
    assert_int_equal(wefti_atomic_load_u32(&alive, WEFTI_RELAXED), 1);
    assert_string_equal(kept->key, "kept");
    wefti_shape_cache_deinit(cache);
    wefti_free(cache);
    wefti_shape_entry_release(&kept->entry);
    assert_int_equal(wefti_atomic_load_u32(&alive, WEFTI_RELAXED), 0);
    wefti_epoch_drain();
}

static void evicted_entry_may_be_retained_within_the_section_that_found_it(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(0);
    wefti_epoch_begin();
    item *found = publish(cache, "found");
    wefti_shape_cache_clear(cache); /* another thread's, say */
    wefti_epoch_reclaim();
    wefti_shape_entry_retain(&found->entry);
    wefti_epoch_end();
    wefti_epoch_drain();
    assert_string_equal(found->key, "found");
    wefti_shape_entry_release(&found->entry);
    close_cache(cache);
}

static void entry_larger_than_the_limit_serves_its_section_only(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(ENTRY_BYTES / 2);
    wefti_epoch_begin();
    item *large = publish(cache, "large");
    assert_string_equal(large->key, "large");
    assert_null(find(cache, "large"));
    wefti_epoch_end();
    assert_int_equal(stats_of(cache).entries, 0);
    close_cache(cache);
}

static void table_without_memory_to_grow_goes_on(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache((size_t)1 << 30);
    char key[24];
    wefti_epoch_begin();
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%d", i);
        item *i_made = make(key);
        wefti_memory_fail_after(0, true);
        item *published = (item *)(void *)wefti_shape_cache_publish(cache, &i_made->entry);
        wefti_memory_fail_after(-1, false);
        assert_string_equal(published->key, key);
    }
    assert_null(find(cache, "no such key")); /* an empty place is left, so that searches end */
    wefti_epoch_end();
    close_cache(cache);
}

static void count_entry(void *context, const wefti_shape_entry *entry)
{
    (void)entry;
    ++*(int *)context;
}

static void each_visits_all_entries(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(0);
    wefti_epoch_begin();
    publish(cache, "a");
    publish(cache, "b");
    publish(cache, "c");
    wefti_epoch_end();
    int count = 0;
    wefti_shape_cache_each(cache, count_entry, &count);
    assert_int_equal(count, 3);
    close_cache(cache);
}

/* ---- threads ---- */

#define KEYS 64
static wefti_atomic_u32 wrong;

static void *use_cache(void *argument)
{
    wefti_shape_cache *cache = argument;
    uint64_t random = wefti_thread_number() * UINT64_C(0x9e3779b97f4a7c15);
    item *held[4] = {0};
    for (int i = 0; i < 4000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        char key[24];
        snprintf(key, sizeof key, "key %d", (int)(random >> 40) % KEYS);
        wefti_epoch_begin();
        item *found = find(cache, key);
        if (found == NULL)
            found = publish(cache, key);
        if (strcmp(found->key, key) != 0 || found->check != wefti_hash(key, (uint32_t)strlen(key), 7))
            wefti_atomic_add_u32(&wrong, 1, WEFTI_RELAXED);
        item **slot = &held[i % 4];
        if (i % 8 == 0)
            wefti_shape_entry_retain(&found->entry);
        wefti_epoch_end();
        if (i % 8 != 0)
            continue;
        if (*slot != NULL) {
            if ((*slot)->check == 0xdead)
                wefti_atomic_add_u32(&wrong, 1, WEFTI_RELAXED);
            wefti_shape_entry_release(&(*slot)->entry);
        }
        *slot = found;
        if (i % 256 == 0)
            wefti_epoch_reclaim();
        if (i % 1024 == 0)
            wefti_shape_cache_clear(cache);
    }
    for (int i = 0; i < 4; i++)
        if (held[i] != NULL)
            wefti_shape_entry_release(&held[i]->entry);
    return NULL;
}

static void threads_find_and_publish_and_evict_at_once(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(20 * ENTRY_BYTES);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use_cache, cache);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wefti_atomic_load_u32(&wrong, WEFTI_RELAXED), 0);
    wefti_shape_stats stats = stats_of(cache);
    assert_true(stats.bytes <= 20 * ENTRY_BYTES);
    assert_int_equal(stats.insertions - stats.evictions, stats.entries);
    close_cache(cache);
}

static void cache_is_ended_in_a_child_forked_while_a_writer_was_at_it(void **state)
{
    (void)state;
    wefti_shape_cache *cache = open_cache(0);
    assert_true(wefti_epoch_begin());
    assert_non_null(publish(cache, "a"));
    wefti_epoch_end();
    wefti_mutex_lock(&cache->writer); /* as a thread that is not there in the child */
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        wefti_shape_cache_deinit(cache);
        _exit(0);
    }
    wefti_mutex_unlock(&cache->writer);
    int result = -1;
    waitpid(child, &result, 0);
    assert_int_equal(result, 0);
    close_cache(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_entry_is_found_by_its_key),
        cmocka_unit_test(loser_of_a_race_uses_the_winners_entry),
        cmocka_unit_test(entries_found_in_turn_are_all_counted),
        cmocka_unit_test(entry_is_found_behind_the_place_of_an_evicted_one),
        cmocka_unit_test(unvisited_entries_are_evicted_before_visited_ones),
        cmocka_unit_test(all_of_many_entries_are_found),
        cmocka_unit_test(referenced_entry_outlives_eviction_and_cache),
        cmocka_unit_test(evicted_entry_may_be_retained_within_the_section_that_found_it),
        cmocka_unit_test(entry_larger_than_the_limit_serves_its_section_only),
        cmocka_unit_test(table_without_memory_to_grow_goes_on),
        cmocka_unit_test(each_visits_all_entries),
        cmocka_unit_test(cache_is_ended_in_a_child_forked_while_a_writer_was_at_it),
        cmocka_unit_test(threads_find_and_publish_and_evict_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
