/* Sessions that leave their registry, by release or close: the thread's table forgets them, and they are the program's own. */
#include "support/fixture.h"

#include <pthread.h>

WEFT_DECLARE(Parcel);
struct Parcel {
    int64_t id;
    const char *sender;
};
WEFT_MODEL(Parcel, "parcel", WEFT_COLUMN(Parcel, id, .primary_key = true), WEFT_COLUMN(Parcel, sender));
WEFT_METADATA(post, &Parcel_model);
FIXTURE_MODELS(post);

typedef struct handover {
    weft_scoped *registry;
    uintptr_t token;
    weft_session *session; /* given up by the thread */
    weft_status released, after, again;
    bool another;
} handover;

static weft_scoped *open_registry(const fixture *f)
{
    weft_scoped *registry;
    assert_int_equal(weft_scoped_open(&registry, f->engine, NULL, NULL), WEFT_OK);
    return registry;
}

/* Leaves an object and an open transaction in the session that it gives up, and ends. */
static void *send_parcel(void *argument)
{
    handover *h = argument;
    weft_session *s = weft_scoped_session_for(h->registry, h->token);
    weft_new(s, Parcel, .sender = "thread");
    (void)weft_session_flush(s);
    h->released = weft_session_release(s);
    h->after = weft_session_status(s);
    h->session = s;
    weft_session *next = weft_scoped_session_for(h->registry, h->token);
    h->another = next != s;
    h->again = weft_session_status(next);
    return NULL;
}

static handover receive_parcel(const fixture *f, uintptr_t token)
{
    handover h = {.registry = open_registry(f), .token = token};
    pthread_t thread;
    pthread_create(&thread, NULL, send_parcel, &h);
    pthread_join(thread, NULL);
    assert_int_equal(h.released, WEFT_OK);
    assert_int_equal(h.after, WEFT_ERROR_WRONG_THREAD);
    assert_true(h.another);
    assert_int_equal(h.again, WEFT_OK);
    assert_int_equal(weft_session_adopt(h.session), WEFT_OK);
    assert_ok(h.session);
    assert_true(weft_session_in_transaction(h.session));
    return h;
}

static void released_session_belongs_to_the_thread_that_adopts_it(void **state)
{
    fixture *f = *state;
    for (uintptr_t token = 0; token < 2; token++) {
        handover h = receive_parcel(f, token);
        assert_ptr_not_equal(weft_scoped_session_for(h.registry, token), h.session);
        commit_ok(h.session);
        weft_session_close(h.session);
        weft_scoped_close(h.registry);
    }
    assert_rows(f, "SELECT count(*) FROM parcel", "2");
}

static void released_session_outlives_its_registry(void **state)
{
    fixture *f = *state;
    handover h = receive_parcel(f, 0);
    weft_scoped_close(h.registry);
    assert_int_equal(weft_session_status(weft_scoped_session(h.registry)), WEFT_ERROR_CLOSED);
    weft_new(h.session, Parcel, .sender = "adopter");
    commit_ok(h.session);
    weft_session_close(h.session);
    assert_rows(f, "SELECT sender FROM parcel ORDER BY sender", "adopter\nthread");
}

static void session_released_and_taken_back_is_the_threads_own(void **state)
{
    fixture *f = *state;
    weft_scoped *registry = open_registry(f);
    weft_session *own = weft_scoped_session(registry);
    assert_int_equal(weft_session_release(own), WEFT_OK);
    assert_int_equal(weft_session_adopt(own), WEFT_OK);
    weft_session *scoped = weft_scoped_session(registry);
    assert_ptr_not_equal(scoped, own);
    weft_new(own, Parcel, .sender = "own");
    weft_scoped_remove(registry);
    weft_scoped_close(registry);
    commit_ok(own);
    weft_session_close(own);
    assert_rows(f, "SELECT sender FROM parcel", "own");
}

static void session_closed_by_the_program_is_replaced_by_a_new_one(void **state)
{
    fixture *f = *state;
    weft_scoped *registry = open_registry(f);
    for (uintptr_t token = 0; token < 3; token++) {
        weft_session *s = weft_scoped_session_for(registry, token);
        weft_new(s, Parcel, .sender = "lost");
        weft_session_close(s);
        weft_scoped_remove_for(registry, token);
        s = weft_scoped_session_for(registry, token);
        assert_ok(s);
        assert_ptr_equal(weft_scoped_session_for(registry, token), s);
        weft_new(s, Parcel, .sender = "kept");
        commit_ok(s);
    }
    weft_scoped_close(registry);
    assert_rows(f, "SELECT sender FROM parcel", "kept\nkept\nkept");
}

static void session_kept_for_the_next_token_may_be_closed_and_released_too(void **state)
{
    fixture *f = *state;
    weft_scoped *registry = open_registry(f);
    weft_session *one = weft_scoped_session_for(registry, 1), *two = weft_scoped_session_for(registry, 2);
    weft_scoped_remove_for(registry, 1);
    weft_scoped_remove_for(registry, 2);
    weft_session_close(one);
    assert_int_equal(weft_session_release(two), WEFT_OK);
    assert_ok(weft_scoped_session_for(registry, 3));
    assert_ptr_not_equal(weft_scoped_session_for(registry, 3), two);
    assert_ptr_not_equal(weft_scoped_session_for(registry, 4), two);
    weft_scoped_close(registry);
    assert_int_equal(weft_session_adopt(two), WEFT_OK);
    weft_session_close(two);
}

static void failed_sessions_have_nothing_to_hand_over(void **state)
{
    fixture *f = *state;
    weft_scoped *registry = open_registry(f);
    weft_scoped_close(registry);
    weft_session *closed = weft_scoped_session(registry);
    assert_int_equal(weft_session_release(closed), WEFT_ERROR_CLOSED);
    weft_session_close(closed);
    assert_int_equal(weft_session_status(weft_scoped_session(registry)), WEFT_ERROR_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(released_session_belongs_to_the_thread_that_adopts_it),
        ON_BOTH(released_session_outlives_its_registry),
        ON_BOTH(session_released_and_taken_back_is_the_threads_own),
        ON_BOTH(session_closed_by_the_program_is_replaced_by_a_new_one),
        ON_BOTH(session_kept_for_the_next_token_may_be_closed_and_released_too),
        ON_BOTH(failed_sessions_have_nothing_to_hand_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
