/* The handles of registries: one that is closed stays closed for every thread, whatever is opened after it, and costs nothing. */
#define _GNU_SOURCE
#include <weft/weft.h>

#include "base/atomic.h"
#include "base/memory.h"

#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { THREADS = 4 };

static weft_engine *engine, *other_engine;

static weft_engine *new_engine(void)
{
    weft_engine *made;
    weft_error error = {0};
    if (weft_engine_open(&made, "sqlite://", &(weft_engine_options){.pool = {.size = 4}}, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return made;
}

static int open_engines(void **state)
{
    (void)state;
    engine = new_engine();
    other_engine = new_engine();
    return 0;
}

static int close_engines(void **state)
{
    (void)state;
    weft_engine_close(engine);
    weft_engine_close(other_engine);
    return 0;
}

static weft_scoped *open_registry(weft_engine *of)
{
    weft_scoped *registry;
    assert_int_equal(weft_scoped_open(&registry, of, NULL, NULL), WEFT_OK);
    return registry;
}

static void assert_closed(weft_scoped *registry)
{
    assert_int_equal(weft_session_status(weft_scoped_session(registry)), WEFT_ERROR_CLOSED);
    assert_null(weft_session_engine(weft_scoped_session(registry)));
    assert_int_equal(weft_session_status(weft_scoped_session_for(registry, 7)), WEFT_ERROR_CLOSED);
    weft_scoped_remove(registry);
    weft_scoped_remove_for(registry, 7);
}

static void closed_registry_stays_closed_whatever_opens_after_it(void **state)
{
    (void)state;
    enum { LATER = 1000 };
    weft_scoped *later[LATER], *closed = open_registry(engine);
    assert_int_equal(weft_session_status(weft_scoped_session(closed)), WEFT_OK);
    weft_scoped_close(closed);
    for (int i = 0; i < LATER; i++) {
        later[i] = open_registry(other_engine);
        assert_ptr_not_equal(later[i], closed);
        assert_closed(closed);
        assert_ptr_equal(weft_session_engine(weft_scoped_session(later[i])), other_engine);
        assert_closed(closed);
    }
    for (int i = 0; i < LATER; i++)
        weft_scoped_close(later[i]);
    assert_closed(closed);
}

static void many_registries_opened_and_closed_leave_memory_flat(void **state)
{
    (void)state;
#ifdef WEFTI_TSAN
    enum { ROUNDS = 5000 };
#else
    enum { ROUNDS = 100000 };
#endif
    size_t before = 0;
    for (int i = 0; i < ROUNDS; i++) {
        weft_scoped *registry = open_registry(engine);
        assert_int_equal(weft_session_status(weft_scoped_session(registry)), WEFT_OK);
        assert_int_equal(weft_session_status(weft_scoped_session_for(registry, 1)), WEFT_OK);
        weft_scoped_close(registry);
        if (i == ROUNDS / 10)
            before = mallinfo2().uordblks;
    }
    assert_true(mallinfo2().uordblks <= before + 65536);
}

static void closing_again_does_nothing_to_those_that_are_open(void **state)
{
    (void)state;
    weft_scoped *closed = open_registry(engine), *open = open_registry(engine);
    weft_session *session = weft_scoped_session(open);
    weft_session_savepoint(session);
    weft_scoped_close(closed);
    weft_scoped_close(closed);
    assert_ptr_equal(weft_scoped_session(open), session);
    weft_scoped *newest = open_registry(other_engine);
    weft_session *newer = weft_scoped_session(newest);
    weft_scoped_close(closed);
    assert_ptr_equal(weft_scoped_session(newest), newer);
    assert_ptr_equal(weft_scoped_session(open), session);
    assert_true(weft_session_in_transaction(session));
    weft_scoped_close(open);
    weft_scoped_close(newest);
}

static void sessions_of_tokens_keep_their_memory_without_the_threads_default(void **state)
{
    (void)state;
    weft_scoped *registry = open_registry(engine);
    weft_session *session = weft_scoped_session_for(registry, 1);
    weft_scoped_remove_for(registry, 1);
    weft_session *other = weft_session_open(engine, NULL); /* would get its memory */
    assert_ptr_not_equal(other, session);
    assert_ptr_equal(weft_scoped_session_for(registry, 2), session);
    assert_ptr_not_equal(weft_scoped_session(registry), session);
    weft_session_close(other);
    weft_scoped_close(registry);
}

/* ---- several threads ---- */

typedef struct crowd {
    pthread_barrier_t start;
    weft_scoped *registry;
    weft_engine *engine;
    wefti_atomic_u32 wrong;
} crowd;

static void note_wrong(crowd *c, bool right)
{
    if (!right)
        wefti_atomic_add_u32(&c->wrong, 1, WEFTI_RELAXED);
}

static void run_crowd(crowd *c, void *(*body)(void *))
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&c->start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, body, c);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&c->start);
}

static void *close_the_same(void *argument)
{
    crowd *c = argument;
    bool open = weft_session_status(weft_scoped_session(c->registry)) == WEFT_OK;
    note_wrong(c, open);
    pthread_barrier_wait(&c->start);
    weft_scoped_close(c->registry);
    note_wrong(c, weft_session_status(weft_scoped_session(c->registry)) == WEFT_ERROR_CLOSED);
    return NULL;
}

static void whoever_has_closed_a_registry_finds_it_closed(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        crowd c = {.registry = open_registry(engine)};
        run_crowd(&c, close_the_same);
        assert_int_equal(wefti_atomic_load_u32(&c.wrong, WEFTI_RELAXED), 0);
    }
}

static void *open_use_and_close(void *argument)
{
    crowd *c = argument;
    pthread_barrier_wait(&c->start);
    for (int i = 0; i < 300; i++) {
        weft_scoped *mine = NULL;
        note_wrong(c, weft_scoped_open(&mine, c->engine, NULL, NULL) == WEFT_OK);
        note_wrong(c, weft_session_engine(weft_scoped_session(mine)) == c->engine);
        note_wrong(c, weft_session_status(weft_scoped_session(c->registry)) == WEFT_OK);
        note_wrong(c, weft_session_status(weft_scoped_session_for(mine, (uintptr_t)i + 1)) == WEFT_OK);
        weft_scoped_close(mine);
        note_wrong(c, weft_session_status(weft_scoped_session(mine)) == WEFT_ERROR_CLOSED);
    }
    return NULL;
}

static void threads_open_and_close_at_once_and_the_engine_closes_after(void **state)
{
    (void)state;
    crowd c = {.engine = new_engine()};
    c.registry = open_registry(c.engine);
    run_crowd(&c, open_use_and_close);
    weft_scoped_close(c.registry);
    weft_engine_close(c.engine);
    assert_int_equal(wefti_atomic_load_u32(&c.wrong, WEFTI_RELAXED), 0);
    assert_closed(c.registry);
}

/* Each allocation of a thread's first uses fails in turn: the call says so, and the next one succeeds. */
static void *use_without_memory(void *argument)
{
    crowd *c = argument;
    bool failed = true;
    for (int64_t n = 0; failed; n++) {
        weft_scoped *mine = NULL;
        (void)wefti_memory_fail_after(n, false);
        weft_status status = weft_scoped_open(&mine, c->engine, NULL, NULL);
        weft_status one = status != WEFT_OK ? status : weft_session_status(weft_scoped_session_for(mine, 1));
        weft_scoped_remove_for(mine, 1);
        weft_status standard = status != WEFT_OK ? status : weft_session_status(weft_scoped_session(mine));
        failed = wefti_memory_fail_after(-1, false);
        note_wrong(c, status == WEFT_OK || (status == WEFT_ERROR_NO_MEMORY && mine == NULL));
        note_wrong(c, (one == WEFT_OK || one == WEFT_ERROR_NO_MEMORY) && (standard == WEFT_OK || standard == WEFT_ERROR_NO_MEMORY));
        note_wrong(c, failed || (one == WEFT_OK && standard == WEFT_OK));
        if (mine != NULL)
            note_wrong(c, weft_session_status(weft_scoped_session(mine)) == WEFT_OK);
        weft_scoped_close(mine);
    }
    return NULL;
}

static void without_memory_calls_fail_and_the_next_succeed(void **state)
{
    (void)state;
    crowd c = {.engine = engine};
    run_crowd(&c, use_without_memory);
    assert_int_equal(wefti_atomic_load_u32(&c.wrong, WEFTI_RELAXED), 0);
}

typedef struct meeting {
    weft_scoped *first, *second;
    sem_t held, closed;
    bool right;
} meeting;

/* Holds sessions of tokens, too, and makes its next call on another registry: that one closes what is stale. */
static void *hold_sessions_through_a_close(void *argument)
{
    meeting *m = argument;
    weft_session_savepoint(weft_scoped_session(m->first));
    for (uintptr_t token = 1; token < 100; token++)
        (void)weft_scoped_session_for(token % 2 == 0 ? m->first : m->second, token);
    sem_post(&m->held);
    sem_wait(&m->closed);
    weft_session *left = weft_scoped_session(m->second);
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    m->right = weft_session_status(left) == WEFT_OK && stats.in_use == 0 &&
               weft_session_status(weft_scoped_session(m->first)) == WEFT_ERROR_CLOSED;
    return NULL;
}

static void next_call_on_any_registry_closes_what_is_stale(void **state)
{
    (void)state;
    meeting m = {.first = open_registry(engine), .second = open_registry(other_engine)};
    pthread_t thread;
    sem_init(&m.held, 0, 0);
    sem_init(&m.closed, 0, 0);
    pthread_create(&thread, NULL, hold_sessions_through_a_close, &m);
    sem_wait(&m.held);
    weft_scoped_close(m.first);
    sem_post(&m.closed);
    pthread_join(thread, NULL);
    assert_true(m.right);
    weft_scoped_close(m.second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_registry_stays_closed_whatever_opens_after_it),
        cmocka_unit_test(many_registries_opened_and_closed_leave_memory_flat),
        cmocka_unit_test(closing_again_does_nothing_to_those_that_are_open),
        cmocka_unit_test(sessions_of_tokens_keep_their_memory_without_the_threads_default),
        cmocka_unit_test(whoever_has_closed_a_registry_finds_it_closed),
        cmocka_unit_test(threads_open_and_close_at_once_and_the_engine_closes_after),
        cmocka_unit_test(without_memory_calls_fail_and_the_next_succeed),
        cmocka_unit_test(next_call_on_any_registry_closes_what_is_stale),
    };
    return cmocka_run_group_tests(tests, open_engines, close_engines);
}
