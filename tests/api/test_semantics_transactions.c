/* Transactions, flushes and threads as docs/semantics.md decides them. */
#include "fixtures/planets.h"

static void a_session_that_has_read_may_write_after_another_wrote(void **state)
{
    fixture *f = *state;
    weft_session *other = weft_session_open(f->engine, NULL);
    weft_new(f->s, Planet, .name = "mars", .mass = 1);
    commit_ok(f->s);
    const Planet *planet = weft_first(f->s, Planet);
    for (int i = 0; i < 10; i++) {
        (void)weft_query(f->s, Planet);
        weft_new(other, Planet, .name = weft_format(other, "p%d", i));
        commit_ok(other);
        weft_edit(f->s, Planet, planet)->mass = i + 2;
        commit_ok(f->s);
    }
    weft_session_close(other);
    assert_rows(f, "SELECT count(*), max(mass) FROM planet", "11|11");
}

static void each_read_outside_a_transaction_sees_what_is_committed(void **state)
{
    fixture *f = *state;
    assert_int_equal(weft_count_of(f->s, Planet), 0);
    test_database_exec(&f->database, "INSERT INTO planet (name, mass) VALUES ('x', 1)");
    assert_int_equal(weft_count_of(f->s, Planet), 1);
    assert_false(weft_session_in_transaction(f->s));
}

static void a_higher_isolation_begins_with_the_first_statement_and_sees_one_state(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.isolation = WEFT_ISOLATION_REPEATABLE_READ});
    assert_int_equal(weft_count_of(s, Planet), 0);
    assert_true(weft_session_in_transaction(s));
    test_database_exec(&f->database, "INSERT INTO planet (name, mass) VALUES ('x', 1)");
    assert_int_equal(weft_count_of(s, Planet), 0);
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Planet), 1);
    weft_session_close(s);
}

static void text_and_locks_open_the_transaction(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_query(s, Planet);
    assert_false(weft_session_in_transaction(s));
    (void)weft_query(s, Planet, .for_update = true);
    assert_ok(s);
    assert_true(weft_session_in_transaction(s));
    weft_session_rollback(s);
    assert_int_equal(weft_session_execute_text(s, "SELECT 1", NULL), WEFT_OK);
    assert_true(weft_session_in_transaction(s));
    commit_ok(s);
    assert_false(weft_session_in_transaction(s));
}

static void text_sees_what_is_pending_and_autoflush_can_be_switched_off(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Planet, .name = "a");
    assert_int_equal(weft_session_execute_text(f->s, "UPDATE planet SET mass = 9", NULL), WEFT_OK);
    commit_ok(f->s);
    assert_rows(f, "SELECT mass FROM planet", "9");
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.no_autoflush = true});
    weft_new(s, Planet, .name = "b");
    assert_int_equal(weft_count_of(s, Planet), 1);
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    assert_int_equal(weft_count_of(s, Planet), 2);
    weft_session_close(s);
}

static void a_pending_delete_is_seen_by_queries_of_what_it_reaches(void **state)
{
    fixture *f = *state;
    weft_append(f->s, Planet, weft_new(f->s, Planet, .name = "mars"), moons, Moon, weft_new(f->s, Moon, .name = "phobos"));
    commit_ok(f->s);
    weft_delete(f->s, Planet, weft_first(f->s, Planet));
    assert_int_equal(weft_count_of(f->s, Moon, .where = weft_is_not_null(Moon, planet_id)), 0);
    commit_ok(f->s);
}

static weft_status hide_an_error(weft_session *s, void *context)
{
    weft_status *wanted = context;
    weft_new(s, Planet, .name = "same");
    weft_new(s, Planet, .name = "same");
    (void)weft_session_flush(s);
    return *wanted;
}

static void the_error_of_the_session_outranks_what_a_body_returns(void **state)
{
    fixture *f = *state;
    weft_status returned[] = {WEFT_OK, WEFT_ERROR_NOT_FOUND, WEFT_ERROR_STALE};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(weft_transact(f->s, hide_an_error, &returned[i], NULL), WEFT_ERROR_UNIQUE);
        assert_ok(f->s);
        assert_string_equal(weft_session_error(f->s)->table, "planet");
    }
    assert_rows(f, "SELECT count(*) FROM planet", "0");
}

static void a_timeout_of_statements_starts_anew_with_each(void **state)
{
    fixture *f = *state;
    static const char *const naps[] = {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT count(*) FROM n",
        "SELECT pg_sleep(0.05)"};
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.timeout_ms = 2000});
    for (int i = 0; i < 10; i++)
        assert_int_equal(weft_session_execute_text(s, naps[f->postgres], NULL), WEFT_OK);
    weft_session_rollback(s);
    weft_session_close(s);
}

static void a_deadline_ends_with_the_request(void **state)
{
    fixture *f = *state;
    weft_scoped *registry;
    assert_int_equal(weft_scoped_open(&registry, f->engine, NULL, NULL), WEFT_OK);
    weft_session *s = weft_scoped_session(registry);
    assert_int_equal(weft_session_set_deadline(s, 1), WEFT_OK);
    while (weft_session_execute_text(s, "SELECT 1", NULL) == WEFT_OK)
        continue;
    assert_status(s, WEFT_ERROR_TIMEOUT);
    weft_scoped_remove(registry);
    s = weft_scoped_session(registry);
    assert_ok(s);
    assert_int_equal(weft_session_execute_text(s, "SELECT 1", NULL), WEFT_OK);
    weft_scoped_remove(registry);
    weft_scoped_close(registry);
}

static void options_tell_nothing_from_all(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 3; i++)
        weft_new(s, Planet, .name = weft_format(s, "p%d", i));
    commit_ok(s);
    assert_int_equal(weft_query(s, Planet, .limit = 0).count, 3);
    assert_int_equal(weft_query(s, Planet, .limit = WEFT_NONE).count, 0);
    assert_int_equal(weft_query(s, Planet, .limit = 2, .offset = 2).count, 1);
    assert_int_equal(weft_query(s, Planet, .offset = 3).count, 0);
    assert_int_equal(weft_query(s, Planet, .limit = INT64_MAX, .offset = INT64_MAX).count, 0);
    assert_ok(s);
    int64_t total = 0;
    assert_int_equal(weft_query_page(s, Planet, &total, .limit = 2).count, 2);
    assert_int_equal(total, 3);
    assert_int_equal(weft_query_page(s, Planet, &total, .limit = WEFT_NONE).count, 0);
    assert_ok(s);
    assert_int_equal(weft_query(s, Planet, .limit = -1).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query(s, Planet, .offset = INT64_MIN).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select *q = weft_select_new(s, Planet);
    weft_select_limit(q, -5);
    assert_int_equal(weft_select_all(q, Planet).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select_free(q);
}

static void every_option_of_an_engine_at_its_limits(void **state)
{
    fixture *f = *state;
    const weft_engine_options extremes[] = {
        {.metadata = f->metadata,
         .cache_bytes = 1,
         .prepared_statements = 1,
         .pool = {.size = 1,
                  .max_overflow = WEFT_NONE,
                  .timeout_ms = 1,
                  .max_waiters = 1,
                  .connect_timeout_ms = 1,
                  .max_lifetime_ms = 1,
                  .idle_timeout_ms = 1,
                  .overflow_idle_ms = 1,
                  .min_idle = 1,
                  .keepalive_ms = 1,
                  .ping_after_ms = 1,
                  .leak_after_ms = 1,
                  .reset_timeout_ms = 1,
                  .helper_threads = 1,
                  .barging_us = 1}},
        {.metadata = f->metadata,
         .cache_bytes = UINT64_MAX,
         .prepared_statements = WEFT_NONE,
         .application_name = "",
         .pool = {.size = 1000,
                  .max_overflow = 24,
                  .timeout_ms = WEFT_NONE,
                  .max_waiters = 4096,
                  .max_lifetime_ms = WEFT_NONE,
                  .idle_timeout_ms = WEFT_NONE,
                  .keepalive_ms = WEFT_NONE,
                  .ping_after_ms = WEFT_NONE,
                  .barging_us = WEFT_NONE,
                  .helper_threads = 16,
                  .use_histogram = true}},
        {.metadata = f->metadata,
         .application_name = "it's a \"name\" \\ with everything and much longer than the sixty-three bytes it may have",
         .pool = {.timeout_ms = UINT32_MAX - 1, .connect_timeout_ms = UINT32_MAX - 1, .max_lifetime_ms = UINT32_MAX - 1}},
    };
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++) {
        weft_engine *engine;
        weft_error error = {0};
        assert_error(weft_engine_open(&engine, f->database.url, &extremes[i], &error), WEFT_OK, &error);
        weft_session *s = weft_session_open(engine, NULL);
        if (i > 0) { /* a millisecond may be too short for a login */
            weft_new(s, Planet, .name = weft_format(s, "p%zu", i));
            commit_ok(s);
            assert_int_equal(weft_query(s, Planet).count, i);
        } else {
            (void)weft_query(s, Planet);
        }
        weft_session_close(s);
        weft_engine_close(engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_session_that_has_read_may_write_after_another_wrote),
        ON_BOTH(each_read_outside_a_transaction_sees_what_is_committed),
        ON_BOTH(a_higher_isolation_begins_with_the_first_statement_and_sees_one_state),
        ON_BOTH(text_and_locks_open_the_transaction),
        ON_BOTH(text_sees_what_is_pending_and_autoflush_can_be_switched_off),
        ON_BOTH(a_pending_delete_is_seen_by_queries_of_what_it_reaches),
        ON_BOTH(the_error_of_the_session_outranks_what_a_body_returns),
        ON_BOTH(a_timeout_of_statements_starts_anew_with_each),
        ON_BOTH(a_deadline_ends_with_the_request),
        ON_BOTH(options_tell_nothing_from_all),
        ON_BOTH(every_option_of_an_engine_at_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
