/* The registry under the scheduler: whoever begins a call after a close has returned finds the registry closed, whichever
 * of two closers was the first, and a session of a registry that closed meanwhile is gone with its thread's next call. */
#define _GNU_SOURCE
#include <weft/weft.h>

#include "base/scheduler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct scene {
    weft_engine *engine, *other_engine;
    weft_scoped *registry, *other;
    bool closed; /* a close of the registry has returned; plain, as other: one thread runs at a time */
} scene;

static weft_engine *new_engine(void)
{
    weft_engine *made;
    weft_error error = {0};
    if (weft_engine_open(&made, "sqlite://", NULL, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return made;
}

static void open_scene(void *context)
{
    scene *s = context;
    s->closed = false;
    s->other = NULL;
    if (weft_scoped_open(&s->registry, s->engine, NULL, NULL) != WEFT_OK)
        wefti_scheduler_fail("the registry does not open");
}

static bool close_scene(void *context)
{
    scene *s = context;
    weft_scoped_close(s->registry);
    weft_scoped_close(s->other);
    return true;
}

static void get(scene *s, uintptr_t token)
{
    bool closed = s->closed;
    weft_session *session = weft_scoped_session_for(s->registry, token);
    weft_status status = weft_session_status(session);
    if (closed && status != WEFT_ERROR_CLOSED)
        wefti_scheduler_fail("a call after a close gave a live session");
    if (status == WEFT_OK ? weft_session_engine(session) != s->engine : status != WEFT_ERROR_CLOSED)
        wefti_scheduler_fail("the session is neither the registry's nor closed");
}

static void close_it(scene *s)
{
    weft_scoped_close(s->registry);
    s->closed = true;
    get(s, 0);
}

/* Threads serve many runs, which must begin alike: with an empty table. */
static void leave_nothing(scene *s)
{
    weft_scoped_close(s->other);
    close_it(s);
}

static void use_or_close(void *context, uint32_t number)
{
    scene *s = context;
    if (number == 0) {
        get(s, 0);
        get(s, 0);
        if (s->other != NULL && weft_session_engine(weft_scoped_session(s->other)) != s->other_engine)
            wefti_scheduler_fail("another registry's session is not its own");
        get(s, 0);
        leave_nothing(s);
        return;
    }
    close_it(s);
    weft_scoped *other;
    if (number == 1 && weft_scoped_open(&other, s->other_engine, NULL, NULL) == WEFT_OK)
        s->other = other;
}

static void use_tokens_or_close(void *context, uint32_t number)
{
    scene *s = context;
    if (number != 0) {
        get(s, 0);
        close_it(s);
        return;
    }
    get(s, 1);
    weft_scoped_remove_for(s->registry, 1);
    get(s, 0);
    get(s, 2);
    leave_nothing(s);
}

static void explore(const char *name, wefti_scheduler_test test)
{
    wefti_scheduler_result result;
    wefti_scheduler_explore(&test, &result);
    printf("    %s: %llu schedules, %llu points, %s\n", name, (unsigned long long)result.runs, (unsigned long long)result.points,
           result.violated   ? result.reason
           : result.complete ? "complete within its bound"
                             : "stopped");
    assert_false(result.violated);
}

static void calls_after_a_close_find_the_registry_closed(void **state)
{
    (void)state;
    scene s = {.engine = new_engine(), .other_engine = new_engine()};
    wefti_scheduler_test test = {
        .thread_count = 3, .setup = open_scene, .thread = use_or_close, .check = close_scene, .context = &s, .preemptions = 3};
    explore("registry, a user and 2 closers", test);
    test.thread = use_tokens_or_close;
    test.thread_count = 2;
    test.preemptions = 4;
    explore("registry, tokens and a closer", test);
    test.thread_count = 4;
    test.random_runs = 5000;
    test.seed = 11;
    explore("registry, tokens and 3 closers, random", test);
    weft_engine_close(s.engine);
    weft_engine_close(s.other_engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_after_a_close_find_the_registry_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
