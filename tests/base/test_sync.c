/* Atomic operations, events, mutexes, threads: the contract that all builds of the seam share. */
#define _GNU_SOURCE
#include "base/atomic.h"
#include "base/sync.h"
#include "base/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 4
#define ROUNDS 20000

static void compare_and_swap_tells_what_it_found(void **state)
{
    (void)state;
    wefti_atomic_u32 a = WEFTI_ATOMIC_INIT(5);
    uint32_t expected = 4;
    assert_false(wefti_atomic_cas_u32(&a, &expected, 9, WEFTI_ACQ_REL));
    assert_int_equal(expected, 5);
    assert_true(wefti_atomic_cas_u32(&a, &expected, 9, WEFTI_SEQ_CST));
    assert_int_equal(wefti_atomic_exchange_u32(&a, 1, WEFTI_ACQ_REL), 9);
    assert_int_equal(wefti_atomic_add_u32(&a, UINT32_MAX, WEFTI_RELAXED), 1);
    assert_int_equal(wefti_atomic_load_u32(&a, WEFTI_ACQUIRE), 0);
    wefti_atomic_u64 b = WEFTI_ATOMIC_INIT(UINT64_MAX);
    wefti_atomic_bump_u64(&b, 2);
    assert_true(wefti_atomic_load_u64(&b, WEFTI_RELAXED) == 1);
    int x, y;
    wefti_atomic_ptr p = WEFTI_ATOMIC_INIT(&x);
    void *at = &y;
    assert_false(wefti_atomic_cas_ptr(&p, &at, &y, WEFTI_SEQ_CST));
    assert_ptr_equal(at, &x);
    wefti_atomic_store_ptr(&p, &y, WEFTI_SEQ_CST);
    assert_ptr_equal(wefti_atomic_exchange_ptr(&p, NULL, WEFTI_ACQ_REL), &y);
}

static wefti_atomic_u64 counter;
static uint64_t plain_counter;
static wefti_mutex mutex;

static void *count(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        wefti_atomic_add_u64(&counter, 1, WEFTI_RELAXED);
        wefti_mutex_lock(&mutex);
        plain_counter++;
        wefti_mutex_unlock(&mutex);
    }
    return NULL;
}

static void no_increment_is_lost(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    wefti_mutex_init(&mutex);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    wefti_mutex_deinit(&mutex);
    assert_int_equal(wefti_atomic_load_u64(&counter, WEFTI_RELAXED), THREADS * ROUNDS);
    assert_int_equal(plain_counter, THREADS * ROUNDS);
}

/* Message passing: the release of the flag carries the plain message. Under ThreadSanitizer this fails without the seam's
 * annotations. */
static int message;
static wefti_atomic_u32 flag;

static void *receive(void *argument)
{
    for (int i = 1; i <= 1000; i++) {
        while (wefti_atomic_load_u32(&flag, WEFTI_ACQUIRE) != (uint32_t)(2 * i - 1))
            wefti_thread_yield();
        *(int *)argument += message == i;
        wefti_atomic_store_u32(&flag, (uint32_t)(2 * i), WEFTI_RELEASE);
    }
    return NULL;
}

static void release_carries_plain_memory_to_an_acquire(void **state)
{
    (void)state;
    int right = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, receive, &right);
    for (int i = 1; i <= 1000; i++) {
        message = i;
        wefti_atomic_store_u32(&flag, (uint32_t)(2 * i - 1), WEFTI_RELEASE);
        while (wefti_atomic_load_u32(&flag, WEFTI_ACQUIRE) != (uint32_t)(2 * i))
            wefti_thread_yield();
    }
    pthread_join(thread, NULL);
    assert_int_equal(right, 1000);
}

/* Dekker: of two threads that each store and then look at the other's word, at least one sees the other, in every round. */
static wefti_atomic_u32 word[2], seen[2], round_at[2];

static void *store_and_look(void *argument)
{
    size_t me = *(size_t *)argument;
    for (uint32_t i = 1; i <= 5000; i++) {
        wefti_atomic_store_u32(&round_at[me], i, WEFTI_SEQ_CST);
        while (wefti_atomic_load_u32(&round_at[1 - me], WEFTI_SEQ_CST) < i)
            wefti_thread_yield();
        wefti_atomic_store_u32(&word[me], i, WEFTI_SEQ_CST);
        bool saw = wefti_atomic_load_u32(&word[1 - me], WEFTI_SEQ_CST) >= i;
        wefti_atomic_store_u32(&seen[me], i << 1 | saw, WEFTI_SEQ_CST);
        uint32_t other;
        while ((other = wefti_atomic_load_u32(&seen[1 - me], WEFTI_SEQ_CST)) >> 1 < i)
            wefti_thread_yield();
        if (!saw && other >> 1 == i && (other & 1) == 0)
            return argument;
    }
    return NULL;
}

static void of_two_that_store_then_look_one_sees_the_other(void **state)
{
    (void)state;
    pthread_t threads[2];
    size_t number[2] = {0, 1};
    void *blind[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, store_and_look, &number[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], &blind[i]);
    assert_null(blind[0]);
    assert_null(blind[1]);
}

/* ---- events ---- */

static wefti_event ping_event, pong_event;
static wefti_atomic_u32 ping, pong;

static void *answer(void *argument)
{
    (void)argument;
    for (uint32_t i = 1; i <= 2000; i++) {
        for (;;) {
            uint32_t prepared = wefti_event_prepare(&ping_event);
            if (wefti_atomic_load_u32(&ping, WEFTI_ACQUIRE) >= i)
                break;
            wefti_event_wait(&ping_event, prepared, WEFTI_NO_DEADLINE);
        }
        wefti_atomic_store_u32(&pong, i, WEFTI_RELEASE);
        wefti_event_signal(&pong_event);
    }
    return NULL;
}

static void no_signal_between_look_and_sleep_is_lost(void **state)
{
    (void)state;
    wefti_event_init(&ping_event);
    wefti_event_init(&pong_event);
    pthread_t thread;
    pthread_create(&thread, NULL, answer, NULL);
    for (uint32_t i = 1; i <= 2000; i++) {
        wefti_atomic_store_u32(&ping, i, WEFTI_RELEASE);
        wefti_event_signal(&ping_event);
        for (;;) {
            uint32_t prepared = wefti_event_prepare(&pong_event);
            if (wefti_atomic_load_u32(&pong, WEFTI_ACQUIRE) >= i)
                break;
            wefti_event_wait(&pong_event, prepared, WEFTI_NO_DEADLINE);
        }
    }
    pthread_join(thread, NULL);
    assert_int_equal(wefti_atomic_load_u32(&pong, WEFTI_RELAXED), 2000);
}

static void wait_ends_at_its_deadline(void **state)
{
    (void)state;
    wefti_event event;
    wefti_event_init(&event);
    int64_t start = wefti_now_ns();
    uint32_t prepared = wefti_event_prepare(&event);
    while (wefti_event_wait(&event, prepared, start + 20 * WEFTI_NS_PER_MS))
        assert_true(wefti_now_ns() - start < (int64_t)10000 * WEFTI_NS_PER_MS);
    assert_true(wefti_now_ns() - start >= 20 * WEFTI_NS_PER_MS);
    int64_t shortest = INT64_MAX; /* on a busy machine one of five is on time */
    for (int i = 0; i < 5; i++) {
        int64_t began = wefti_now_ns();
        (void)wefti_event_wait(&event, prepared, began + 2 * WEFTI_NS_PER_MS);
        int64_t passed = wefti_now_ns() - began;
        shortest = passed < shortest ? passed : shortest;
    }
    assert_true(shortest < 500 * (int64_t)WEFTI_NS_PER_MS);
    assert_false(wefti_event_wait(&event, prepared, start));
    wefti_event_signal(&event);
    assert_true(wefti_event_wait(&event, prepared, WEFTI_NO_DEADLINE));
    assert_int_not_equal(wefti_event_prepare(&event), prepared);
}

/* ---- threads ---- */

static void *give_number(void *argument)
{
    *(uint64_t *)argument = wefti_thread_number();
    return NULL;
}

static void thread_numbers_are_never_reused(void **state)
{
    (void)state;
    uint64_t last = wefti_thread_number();
    assert_true(last != 0);
    assert_true(wefti_thread_number() == last);
    for (int i = 0; i < 50; i++) {
        uint64_t number = 0;
        pthread_t thread;
        pthread_create(&thread, NULL, give_number, &number);
        pthread_join(thread, NULL);
        assert_true(number > last);
        last = number;
    }
}

static void fork_changes_the_generation_in_the_child_only(void **state)
{
    (void)state;
    wefti_fork_watch();
    uint64_t before = wefti_fork_generation();
    pid_t child = fork();
    if (child == 0)
        _exit(wefti_fork_generation() == before + 1 ? 0 : 1);
    int result = -1;
    waitpid(child, &result, 0);
    assert_int_equal(result, 0);
    assert_true(wefti_fork_generation() == before);
}

static wefti_atomic_u32 started;
static void note_start(void *context) { wefti_atomic_store_u32(context, 1, WEFTI_RELEASE); }

static void threads_of_weft_start_and_join(void **state)
{
    (void)state;
    wefti_thread thread = {0};
    wefti_thread_join(&thread); /* not started: nothing */
    assert_true(wefti_thread_start(&thread, note_start, &started, "a-name-longer-than-fifteen"));
    wefti_thread_join(&thread);
    assert_int_equal(wefti_atomic_load_u32(&started, WEFTI_ACQUIRE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_and_swap_tells_what_it_found),
        cmocka_unit_test(no_increment_is_lost),
        cmocka_unit_test(release_carries_plain_memory_to_an_acquire),
        cmocka_unit_test(of_two_that_store_then_look_one_sees_the_other),
        cmocka_unit_test(no_signal_between_look_and_sleep_is_lost),
        cmocka_unit_test(wait_ends_at_its_deadline),
        cmocka_unit_test(thread_numbers_are_never_reused),
        cmocka_unit_test(fork_changes_the_generation_in_the_child_only),
        cmocka_unit_test(threads_of_weft_start_and_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
