/* Arenas and the allocator's failure switch. */
#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_aligned_and_apart(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    unsigned char *pieces[500];
    for (size_t i = 0; i < 500; i++) {
        size_t alignment = (size_t)1 << (i % 8);
        pieces[i] = wefti_arena_aligned(&arena, 1 + i * 7, alignment);
        assert_non_null(pieces[i]);
        assert_int_equal((size_t)pieces[i] % alignment, 0);
        memset(pieces[i], (int)(i & 255), 1 + i * 7);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t j = 0; j < 1 + i * 7; j++)
            assert_int_equal(pieces[i][j], i & 255);
    assert_true(arena.held_bytes >= arena.used_bytes);
    wefti_arena_deinit(&arena);
    assert_int_equal(arena.held_bytes, 0);
    assert_non_null(wefti_arena_alloc(&arena, 10));
    wefti_arena_deinit(&arena);
}

static void large_pieces_get_their_own_block(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 256);
    char *big = wefti_arena_alloc(&arena, 1000000);
    memset(big, 1, 1000000);
    char *aligned = wefti_arena_aligned(&arena, 100000, 4096);
    assert_int_equal((size_t)aligned % 4096, 0);
    assert_null(wefti_arena_alloc(&arena, SIZE_MAX - 8));
    assert_non_null(wefti_arena_alloc(&arena, 1));
    wefti_arena_deinit(&arena);
}

static void rewind_gives_back_what_came_after_the_mark(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    wefti_arena_mark empty = wefti_arena_mark_get(&arena);
    char *first = wefti_arena_strdup(&arena, "kept");
    wefti_arena_mark mark = wefti_arena_mark_get(&arena);
    size_t used = arena.used_bytes, held = arena.held_bytes;
    for (int i = 0; i < 100; i++)
        assert_non_null(wefti_arena_zalloc(&arena, 5000));
    wefti_arena_rewind(&arena, mark);
    assert_int_equal(arena.used_bytes, used);
    assert_int_equal(arena.held_bytes, held);
    assert_string_equal(first, "kept");
    char *again = wefti_arena_printf(&arena, "%s-%d", "text", 5);
    assert_string_equal(again, "text-5");
    wefti_arena_rewind(&arena, empty);
    assert_int_equal(arena.held_bytes, 0);
    wefti_arena_deinit(&arena);
}

static void reset_keeps_the_newest_block_only(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    wefti_arena_reset(&arena);
    for (int i = 0; i < 1000; i++)
        assert_non_null(wefti_arena_alloc(&arena, 500));
    wefti_arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_int_equal(arena.held_bytes, 65536);
    wefti_arena_mark mark = wefti_arena_mark_get(&arena);
    assert_non_null(wefti_arena_alloc(&arena, 60000));
    assert_ptr_equal(arena.blocks, mark.block);
    wefti_arena_deinit(&arena);
}

static void blocks_are_recycled_within_a_thread(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 65536);
    void *first = wefti_arena_alloc(&arena, 100);
    wefti_arena_deinit(&arena);
    wefti_arena_init(&arena, 65536);
    wefti_memory_fail_after(0, true); /* nothing may be asked of the allocator */
    void *second = wefti_arena_alloc(&arena, 100);
    assert_false(wefti_memory_fail_after(-1, false));
    assert_ptr_equal(first, second);
    wefti_arena_deinit(&arena);
}

static pthread_key_t late_key;

static void use_arena_late(void *memory)
{
    (void)memory;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    (void)wefti_arena_alloc(&arena, 3000);
    wefti_arena_deinit(&arena);
}

static void *fill_and_free(void *keep)
{
    wefti_arena arena;
    pthread_setspecific(late_key, &late_key);
    wefti_arena_init(&arena, 0);
    for (int i = 0; i < *(int *)keep; i++)
        if (wefti_arena_alloc(&arena, 60000) == NULL)
            break;
    wefti_arena_deinit(&arena);
    return NULL;
}

/* LeakSanitizer is the judge: what a thread keeps is freed at its exit, also when destructors of the program run after ours. */
static void threads_free_their_blocks_at_exit(void **state)
{
    (void)state;
    int blocks = 700; /* more than a thread's free quota */
    assert_int_equal(pthread_key_create(&late_key, use_arena_late), 0);
    for (int round = 0; round < 20; round++) {
        pthread_t threads[4];
        for (int i = 0; i < 4; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, fill_and_free, &blocks), 0);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
    pthread_key_delete(late_key);
}

static void failing_allocations_leave_the_arena_usable(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    for (int64_t n = 0; n < 20; n++) {
        wefti_memory_fail_after(n, n % 2 == 0);
        for (int i = 0; i < 10; i++)
            (void)wefti_arena_alloc(&arena, 70000 + (size_t)n * 1000);
        wefti_memory_fail_after(-1, false);
        assert_non_null(wefti_arena_alloc(&arena, 70000));
    }
    wefti_arena_deinit(&arena);
}

static void *fails_elsewhere(void *result)
{
    void *memory = wefti_malloc(1);
    *(bool *)result = memory == NULL;
    wefti_free(memory);
    return NULL;
}

static void the_failure_switch_is_per_thread_and_counts_down(void **state)
{
    (void)state;
    bool other_failed = true;
    pthread_t thread;
    wefti_memory_fail_after(1, false);
    assert_int_equal(pthread_create(&thread, NULL, fails_elsewhere, &other_failed), 0);
    pthread_join(thread, NULL);
    assert_false(other_failed);
    void *first = wefti_malloc(1), *second = wefti_calloc(1, 1), *third = wefti_aligned(64, 1);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    assert_int_equal((size_t)third % 64, 0);
    assert_true(wefti_memory_fail_after(0, true));
    assert_null(wefti_realloc(NULL, 5));
    assert_null(wefti_strdup("x"));
    assert_true(wefti_memory_fail_after(-1, false));
    assert_null(wefti_strdup(NULL));
    wefti_free(first);
    wefti_free(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_apart),
        cmocka_unit_test(large_pieces_get_their_own_block),
        cmocka_unit_test(rewind_gives_back_what_came_after_the_mark),
        cmocka_unit_test(reset_keeps_the_newest_block_only),
        cmocka_unit_test(blocks_are_recycled_within_a_thread),
        cmocka_unit_test(threads_free_their_blocks_at_exit),
        cmocka_unit_test(failing_allocations_leave_the_arena_usable),
        cmocka_unit_test(the_failure_switch_is_per_thread_and_counts_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
