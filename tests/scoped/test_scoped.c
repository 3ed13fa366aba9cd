/* The registry over real sessions and a memory database: one session per thread and token, cleaned up however the thread ends. */
#define _GNU_SOURCE
#include <weft/weft.h>

#include "base/atomic.h"
#include "base/epoch.h"
#include "base/thread.h"

#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) /* whose shadow memory each fork copies the tables of */
#define FORKS 40
#else
#define FORKS 200
#endif

static weft_engine *engine;

static int open_engine(void **state)
{
    (void)state;
    weft_error error = {0};
    if (weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.pool = {.size = 4}}, &error) == WEFT_OK)
        return 0;
    print_error("%s\n", error.message);
    return -1;
}

static int close_engine(void **state)
{
    (void)state;
    weft_engine_close(engine);
    return 0;
}

static weft_scoped *open_registry(void)
{
    weft_scoped *registry;
    assert_int_equal(weft_scoped_open(&registry, engine, NULL, NULL), WEFT_OK);
    return registry;
}

static void thread_gets_the_same_session_until_the_registry_closes(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry();
    weft_session *session = weft_scoped_session(registry);
    assert_int_equal(weft_session_status(session), WEFT_OK);
    assert_ptr_equal(weft_session_engine(session), engine);
    assert_ptr_equal(weft_scoped_session(registry), session);
    weft_scoped_remove(registry);
    assert_ptr_equal(weft_scoped_session(registry), session); /* its memory is kept */
    assert_int_equal(weft_session_status(session), WEFT_OK);
    weft_scoped_close(registry);
}

static void *take_session(void *registry)
{
    weft_session *session = weft_scoped_session(registry);
    return weft_session_status(session) == WEFT_OK ? session : NULL;
}

static void each_thread_has_its_own_session(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry();
    weft_session *mine = weft_scoped_session(registry);
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        void *theirs;
        pthread_create(&thread, NULL, take_session, registry);
        pthread_join(thread, &theirs);
        assert_non_null(theirs);
        assert_ptr_not_equal(theirs, mine);
    }
    weft_scoped_close(registry);
}

static void any_number_of_registries_keep_apart(void **state)
{
    (void)state;
    enum { COUNT = 2000 }; /* more than there are pthread keys */
    weft_scoped *registries[COUNT];
    weft_session *sessions[COUNT];
    for (int i = 0; i < COUNT; i++) {
        registries[i] = open_registry();
        sessions[i] = weft_scoped_session(registries[i]);
        assert_int_equal(weft_session_status(sessions[i]), WEFT_OK);
    }
    for (int i = 0; i < COUNT; i++)
        assert_ptr_equal(weft_scoped_session(registries[i]), sessions[i]);
    for (int i = 0; i < COUNT; i += 2)
        weft_scoped_close(registries[i]);
    for (int i = 1; i < COUNT; i += 2)
        assert_ptr_equal(weft_scoped_session(registries[i]), sessions[i]);
    for (int i = 1; i < COUNT; i += 2)
        weft_scoped_close(registries[i]);
}

static void token_has_its_own_session_beside_the_threads_default(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry();
    weft_session *standard = weft_scoped_session(registry);
    weft_session *a = weft_scoped_session_for(registry, 1), *b = weft_scoped_session_for(registry, 2);
    assert_ptr_equal(weft_scoped_session_for(registry, 0), standard);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(a, standard);
    assert_ptr_equal(weft_scoped_session_for(registry, 1), a);
    weft_scoped_remove_for(registry, 1);
    weft_scoped_remove_for(registry, 1); /* again: nothing to do */
    assert_ptr_equal(weft_scoped_session_for(registry, 2), b);
    assert_ptr_equal(weft_scoped_session_for(registry, 3), a); /* the memory serves the next token */
    for (uintptr_t token = 10; token < 300; token++)
        assert_int_equal(weft_session_status(weft_scoped_session_for(registry, token)), WEFT_OK);
    for (uintptr_t token = 10; token < 300; token++)
        weft_scoped_remove_for(registry, token);
    assert_ptr_equal(weft_scoped_session(registry), standard);
    weft_scoped_close(registry);
}

static void *check_owner(void *session)
{
    return weft_session_status(session) == WEFT_ERROR_WRONG_THREAD && weft_session_flush(session) == WEFT_ERROR_WRONG_THREAD
               ? session
               : NULL;
}

static void foreign_thread_is_told_so(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry();
    weft_session *mine = weft_scoped_session(registry);
    pthread_t thread;
    void *answered;
    pthread_create(&thread, NULL, check_owner, mine);
    pthread_join(thread, &answered);
    assert_ptr_equal(answered, mine);
    assert_int_equal(weft_session_status(mine), WEFT_OK);
    weft_scoped_close(registry);
}

/* ---- closing while threads live ---- */

typedef struct meeting {
    weft_scoped *registry;
    sem_t has_session, closed;
    weft_status after;
    weft_status other_after;
    weft_scoped *other;
} meeting;

static void *live_through_close(void *argument)
{
    meeting *m = argument;
    weft_session *before = weft_scoped_session(m->registry);
    m->after = weft_session_status(before);
    sem_post(&m->has_session);
    sem_wait(&m->closed);
    m->after = weft_session_status(weft_scoped_session(m->registry));
    weft_scoped_remove(m->registry);
    m->other_after = weft_session_status(weft_scoped_session(m->other));
    return NULL;
}

static void close_while_threads_live_makes_their_next_call_fail(void **state)
{
    (void)state;
    meeting m = {.registry = open_registry(), .other = open_registry()};
    sem_init(&m.has_session, 0, 0);
    sem_init(&m.closed, 0, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, live_through_close, &m);
    sem_wait(&m.has_session);
    weft_scoped_close(m.registry);
    sem_post(&m.closed);
    pthread_join(thread, NULL);
    assert_int_equal(m.after, WEFT_ERROR_CLOSED);
    assert_int_equal(m.other_after, WEFT_OK);
    assert_int_equal(weft_session_status(weft_scoped_session(NULL)), WEFT_ERROR_CLOSED);
    weft_scoped_close(m.other);
    weft_scoped_close(NULL);
}

static wefti_atomic_u32 churn_stop, churn_wrong;
static wefti_atomic_ptr churn_registry;

static void *use_what_is_there(void *argument)
{
    (void)argument;
    while (wefti_atomic_load_u32(&churn_stop, WEFTI_RELAXED) == 0) {
        weft_scoped *registry = wefti_atomic_load_ptr(&churn_registry, WEFTI_ACQUIRE);
        weft_status status = weft_session_status(weft_scoped_session(registry));
        if (status != WEFT_OK && status != WEFT_ERROR_CLOSED)
            wefti_atomic_add_u32(&churn_wrong, 1, WEFTI_RELAXED);
        weft_scoped_remove(registry);
    }
    return NULL;
}

static void registries_may_come_and_go_under_threads_at_work(void **state)
{
    (void)state;
    pthread_t threads[3];
    wefti_atomic_store_ptr(&churn_registry, open_registry(), WEFTI_RELEASE);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, use_what_is_there, NULL);
    for (int i = 0; i < 300; i++) {
        weft_scoped *new = open_registry();
        weft_scoped_close(wefti_atomic_exchange_ptr(&churn_registry, new, WEFTI_ACQ_REL));
        wefti_thread_yield();
    }
    wefti_atomic_store_u32(&churn_stop, 1, WEFTI_RELAXED);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    weft_scoped_close(wefti_atomic_load_ptr(&churn_registry, WEFTI_ACQUIRE));
    assert_int_equal(wefti_atomic_load_u32(&churn_wrong, WEFTI_RELAXED), 0);
}

/* ---- ends of threads ---- */

static void *hold_connection_and(void *argument)
{
    weft_session *session = weft_scoped_session(argument);
    weft_session_savepoint(session); /* opens the transaction: a connection is out */
    return session;
}

static _Noreturn void *hold_connection_and_exit(void *argument) { pthread_exit(hold_connection_and(argument)); }

static sem_t reached;
#if defined(__SANITIZE_ADDRESS__)
void __asan_handle_no_return(void);
#endif

/* AddressSanitizer does not see a cancelled thread's frames go, and later takes its stack for poisoned. */
static void forget_frames(void *argument)
{
    (void)argument;
#if defined(__SANITIZE_ADDRESS__)
    __asan_handle_no_return();
#endif
}

static void *hold_connection_and_sleep(void *argument)
{
    hold_connection_and(argument);
    sem_post(&reached);
    sem_t never;
    sem_init(&never, 0, 0);
    pthread_cleanup_push(forget_frames, NULL);
    for (;;)
        sem_wait(&never); /* a cancellation point */
    pthread_cleanup_pop(0);
}

static void thread_that_ends_gives_its_connection_back(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry();
    pthread_t thread;
    void *(*bodies[])(void *) = {hold_connection_and, hold_connection_and_exit, hold_connection_and_sleep};
    sem_init(&reached, 0, 0);
    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, bodies[i], registry);
        if (i == 2) {
            sem_wait(&reached);
            weft_pool_stats out;
            weft_engine_pool_stats(engine, &out);
            assert_int_equal(out.in_use, 1);
            pthread_cancel(thread);
        }
        pthread_join(thread, NULL);
        weft_pool_stats stats;
        weft_engine_pool_stats(engine, &stats);
        assert_int_equal(stats.in_use, 0);
    }
    weft_scoped_close(registry);
}

static void many_short_threads_leave_memory_flat(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry();
    size_t before = 0;
    wefti_epoch_stats epochs;
#if defined(WEFTI_TSAN) || defined(__SANITIZE_ADDRESS__)
    const int rounds = 2000;
#else
    const int rounds = getenv("WEFT_TEST_LONG") != NULL ? 50000 : 10000;
#endif
    for (int i = 0; i < rounds; i++) {
        pthread_t thread;
        void *session;
        pthread_create(&thread, NULL, take_session, registry);
        pthread_join(thread, &session);
        assert_non_null(session);
        if (i == rounds / 10)
            before = mallinfo2().uordblks;
    }
    size_t after = mallinfo2().uordblks;
    wefti_epoch_stats_get(&epochs);
    assert_true(after <= before + 65536);
    assert_true(epochs.records < 40);
    weft_scoped_close(registry);
}

static wefti_atomic_u32 forks_done;

static void *open_and_close_registries(void *argument)
{
    (void)argument;
    while (wefti_atomic_load_u32(&forks_done, WEFTI_ACQUIRE) == 0)
        weft_scoped_close(open_registry());
    return NULL;
}

static void child_forked_while_registries_open_and_close_opens_its_own(void **state)
{
    (void)state;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, open_and_close_registries, NULL);
    int result = 0;
    for (int i = 0; i < FORKS && result == 0; i++) {
        pid_t child = fork();
        if (child == 0) {
            weft_scoped *registry;
            alarm(20);
            _exit(weft_scoped_open(&registry, engine, NULL, NULL) == WEFT_OK ? 0 : 1);
        }
        waitpid(child, &result, 0);
    }
    wefti_atomic_store_u32(&forks_done, 1, WEFTI_RELEASE);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(result, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thread_gets_the_same_session_until_the_registry_closes),
        cmocka_unit_test(each_thread_has_its_own_session),
        cmocka_unit_test(any_number_of_registries_keep_apart),
        cmocka_unit_test(token_has_its_own_session_beside_the_threads_default),
        cmocka_unit_test(foreign_thread_is_told_so),
        cmocka_unit_test(close_while_threads_live_makes_their_next_call_fail),
        cmocka_unit_test(registries_may_come_and_go_under_threads_at_work),
        cmocka_unit_test(thread_that_ends_gives_its_connection_back),
        cmocka_unit_test(many_short_threads_leave_memory_flat),
        cmocka_unit_test(child_forked_while_registries_open_and_close_opens_its_own),
    };
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
