/* weft_transact: what is repeated, what is returned, and what the session is afterwards. */
#define _POSIX_C_SOURCE 200809L
#include "fixtures/works.h"

#include <pthread.h>

FIXTURE_MODELS(works);

typedef struct run {
    fixture *f;
    int runs;
    int conflicts; /* runs that somebody interferes with */
    weft_status answer;
} run;

static weft_status rename_doc(weft_session *s, void *context)
{
    run *r = context;
    const Doc *doc = weft_get(s, Doc, 1);
    if (++r->runs <= r->conflicts)
        test_database_exec(&r->f->database, "UPDATE doc SET version = version + 1");
    if (doc == NULL)
        return WEFT_ERROR_NOT_FOUND;
    weft_edit(s, Doc, doc)->title = weft_format(s, "run %d", r->runs);
    return r->answer;
}

static void a_doc(fixture *f)
{
    weft_new(f->s, Doc, .title = "doc");
    commit_ok(f->s);
    test_recorder_clear(f->recorder);
}

static void the_body_is_committed_when_it_returns_ok(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    a_doc(f);
    assert_call(f->s, weft_transact(f->s, rename_doc, &r, NULL), WEFT_OK);
    assert_int_equal(r.runs, 1);
    assert_false(weft_session_in_transaction(f->s));
    assert_rows(f, "SELECT title, version FROM doc", "run 1|2");
}

static void what_the_body_returns_rolls_back_and_is_returned(void **state)
{
    fixture *f = *state;
    run r = {.f = f, .answer = WEFT_ERROR_NOT_FOUND};
    a_doc(f);
    assert_int_equal(weft_transact(f->s, rename_doc, &r, NULL), WEFT_ERROR_NOT_FOUND);
    assert_int_equal(r.runs, 1);
    assert_ok(f->s);
    assert_rows(f, "SELECT title FROM doc", "doc");
}

static void a_conflict_runs_the_body_again(void **state)
{
    fixture *f = *state;
    run r = {.f = f, .conflicts = 3};
    a_doc(f);
    assert_call(f->s, weft_transact(f->s, rename_doc, &r, NULL), WEFT_OK);
    assert_int_equal(r.runs, 4);
    assert_rows(f, "SELECT title, version FROM doc", "run 4|5");
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "attempt"), 3);
}

static void conflicts_beyond_the_attempts_are_returned_with_their_details(void **state)
{
    fixture *f = *state;
    run r = {.f = f, .conflicts = 100};
    a_doc(f);
    assert_int_equal(weft_transact(f->s, rename_doc, &r, &(weft_transact_options){.attempts = 2}), WEFT_ERROR_STALE);
    assert_int_equal(r.runs, 2);
    assert_message(f->s, "UPDATE doc");
    assert_ok(f->s); /* clean: it may be used at once */
    r.conflicts = 0;
    assert_call(f->s, weft_transact(f->s, rename_doc, &r, NULL), WEFT_OK);
    assert_rows(f, "SELECT title FROM doc", "run 3");
}

static void the_time_for_all_attempts_is_bounded(void **state)
{
    fixture *f = *state;
    run r = {.f = f, .conflicts = 1000000};
    a_doc(f);
    weft_status status = weft_transact(f->s, rename_doc, &r, &(weft_transact_options){.attempts = 1000000, .timeout_ms = 50});
    assert_true(status == WEFT_ERROR_STALE || status == WEFT_ERROR_TIMEOUT);
    assert_true(r.runs >= 1 && r.runs < 10000);
    commit_ok(f->s);
}

/* Also by the last wait, and not a few times only: others come and go meanwhile. */
static void nobody_gives_up_before_the_time_is_over(void **state)
{
    fixture *f = *state;
    run r = {.f = f, .conflicts = 1000000};
    struct timespec begin, end;
    a_doc(f);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &begin), 0);
    weft_status status = weft_transact(f->s, rename_doc, &r, &(weft_transact_options){.timeout_ms = 2000});
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
    assert_true(status == WEFT_ERROR_STALE || status == WEFT_ERROR_TIMEOUT);
    assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >= 1999);
    assert_true(r.runs >= 32);
    if (status == WEFT_ERROR_TIMEOUT)
        assert_true(weft_session_error(f->s)->hint[0] != '\0');
}

static weft_status duplicate(weft_session *s, void *context)
{
    run *r = context;
    r->runs++;
    weft_new(s, Tag, .word = "same");
    weft_new(s, Tag, .word = "same");
    weft_session_flush(s);
    return WEFT_ERROR_NOT_FOUND; /* the session's error outranks it */
}

static void errors_that_no_repetition_helps_are_returned_at_once(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    assert_int_equal(weft_transact(f->s, duplicate, &r, NULL), WEFT_ERROR_UNIQUE);
    assert_int_equal(r.runs, 1);
    assert_message(f->s, "tag");
    assert_rows(f, "SELECT count(*) FROM tag", "0");
}

static void a_session_with_changes_or_an_open_transaction_is_misuse(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    a_doc(f);
    weft_new(f->s, Tag, .word = "pending");
    assert_int_equal(weft_transact(f->s, rename_doc, &r, NULL), WEFT_ERROR_MISUSE);
    rollback_ok(f->s);
    weft_new(f->s, Tag, .word = "flushed");
    flush_ok(f->s);
    assert_int_equal(weft_transact(f->s, rename_doc, &r, NULL), WEFT_ERROR_MISUSE);
    rollback_ok(f->s);
    assert_int_equal(r.runs, 0);
}

static void as_a_savepoint_it_undoes_only_itself(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    run r = {.f = f};
    a_doc(f);
    weft_new(s, Tag, .word = "before");
    assert_int_equal(weft_transact(s, duplicate, &r, &(weft_transact_options){.savepoint = true}), WEFT_ERROR_UNIQUE);
    assert_ok(s);
    assert_call(s, weft_transact(s, rename_doc, &r, &(weft_transact_options){.savepoint = true}), WEFT_OK);
    assert_true(weft_session_in_transaction(s));
    commit_ok(s);
    assert_rows(f, "SELECT word FROM tag", "before");
    assert_rows(f, "SELECT title FROM doc", "run 2");
}

/* The ways of a body to meet a conflict and to give it back without the session having an error in the end. */
static weft_status rename_in_transact(weft_session *s, void *context)
{
    return weft_transact(s, rename_doc, context, &(weft_transact_options){.savepoint = true});
}

static weft_status rename_in_savepoint(weft_session *s, void *context)
{
    weft_session_savepoint(s);
    rename_doc(s, context);
    weft_status status = weft_session_savepoint_release(s);
    if (status != WEFT_OK)
        weft_session_savepoint_rollback(s);
    return status;
}

static weft_status rename_two_deep(weft_session *s, void *context)
{
    return weft_transact(s, rename_in_savepoint, context, &(weft_transact_options){.savepoint = true});
}

static weft_status rename_by_text(weft_session *s, void *context)
{
    run *r = context;
    char sql[64];
    weft_error error = {0};
    weft_connection *c = weft_session_connection(s);
    weft_execute_text(c, "SELECT count(*) FROM doc", NULL, &error);
    if (++r->runs <= r->conflicts)
        test_database_exec(&r->f->database, "UPDATE doc SET version = version + 1");
    snprintf(sql, sizeof sql, "UPDATE doc SET version = version + 1, title = 'run %d'", r->runs);
    return weft_execute_text(c, sql, NULL, &error);
}

static weft_status rename_by_text_in_transact(weft_session *s, void *context)
{
    return weft_transact(s, rename_by_text, context, &(weft_transact_options){.savepoint = true});
}

static void a_conflict_that_the_body_gives_back_runs_it_again(void **state)
{
    fixture *f = *state;
    weft_status (*const bodies[])(weft_session *, void *) = {rename_in_transact, rename_in_savepoint, rename_two_deep,
                                                             rename_by_text, rename_by_text_in_transact};
    a_doc(f);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        run r = {.f = f, .conflicts = 2};
        weft_session_clear(f->s);
        test_database_exec(&f->database, "UPDATE doc SET title = 'doc', version = 1");
        weft_transact_options options = {.isolation = i < 3 ? WEFT_ISOLATION_DEFAULT : WEFT_ISOLATION_REPEATABLE_READ};
        assert_call(f->s, weft_transact(f->s, bodies[i], &r, &options), WEFT_OK);
        assert_int_equal(r.runs, 3);
        assert_rows(f, "SELECT title, version FROM doc", "run 3|4");
    }
}

static weft_status rename_what_is_gone(weft_session *s, void *context)
{
    run *r = context;
    weft_connection *c = weft_session_connection(s);
    const Doc *doc = weft_get(s, Doc, 1);
    if (++r->runs == 1)
        weft_execute_text(c, "DELETE FROM doc", NULL, NULL);
    weft_edit(s, Doc, doc)->title = weft_format(s, "run %d", r->runs);
    return WEFT_OK;
}

static weft_status rename_what_is_gone_in_transact(weft_session *s, void *context)
{
    return weft_transact(s, rename_what_is_gone, context, &(weft_transact_options){.savepoint = true});
}

static void a_stale_row_of_a_savepoint_runs_the_body_again(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    a_doc(f);
    assert_call(f->s, weft_transact(f->s, rename_what_is_gone_in_transact, &r, NULL), WEFT_OK);
    assert_int_equal(r.runs, 2);
    assert_rows(f, "SELECT title FROM doc", "run 2");
}

static weft_status duplicate_by_text(weft_session *s, void *context)
{
    run *r = context;
    r->runs++;
    weft_session_savepoint(s);
    weft_status status = weft_execute_text(weft_session_connection(s), "INSERT INTO tag(word) VALUES ('a'), ('a')", NULL, NULL);
    weft_session_savepoint_rollback(s);
    return r->answer != WEFT_OK ? r->answer : status;
}

/* Neither what no repetition helps, nor a status that it did not meet. */
static void what_else_the_body_gives_back_is_returned_at_once(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    assert_int_equal(weft_transact(f->s, duplicate_by_text, &r, NULL), WEFT_ERROR_UNIQUE);
    assert_int_equal(r.runs, 1);
    r.answer = WEFT_ERROR_SERIALIZATION;
    assert_int_equal(weft_transact(f->s, duplicate_by_text, &r, NULL), WEFT_ERROR_SERIALIZATION);
    assert_int_equal(r.runs, 2);
    assert_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM tag", "0");
}

static weft_status add_team(weft_session *s, void *context)
{
    run *r = context;
    r->runs++;
    weft_new(s, Team, .name = "t");
    return WEFT_OK;
}

static void an_unknown_outcome_is_never_repeated(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    test_database_exec(
        &f->database,
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); "
        "PERFORM pg_sleep(5); RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON team DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()");
    weft_status status = weft_transact(f->s, add_team, &r, NULL);
    assert_int_equal(status, WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(r.runs, 1);
    assert_ok(f->s);
    test_database_exec(&f->database, "DROP TRIGGER die ON team");
    assert_call(f->s, weft_transact(f->s, add_team, &r, NULL), WEFT_OK);
    assert_rows(f, "SELECT count(*) FROM team", "1");
}

static weft_status conflict_serialized(weft_session *s, void *context)
{
    run *r = context;
    const Item *item = weft_get(s, Item, "x");
    if (++r->runs == 1)
        test_database_exec(&r->f->database, "UPDATE item SET count = 10");
    if (item != NULL)
        weft_edit(s, Item, item)->count = item->count + 1;
    return WEFT_OK;
}

static void a_serialization_failure_is_repeated(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    weft_new(f->s, Item, .code = "x", .label = "l");
    commit_ok(f->s);
    assert_call(f->s,
                weft_transact(f->s, conflict_serialized, &r, &(weft_transact_options){.isolation = WEFT_ISOLATION_SERIALIZABLE}),
                WEFT_OK);
    assert_int_equal(r.runs, 2);
    assert_rows(f, "SELECT count FROM item", "11");
}

/* Renames within a savepoint, and either hands on what that fails by or copes. */
static weft_status rename_within(weft_session *s, void *context)
{
    run *r = context;
    weft_status status = weft_transact(s, rename_doc, r, &(weft_transact_options){.savepoint = true});
    return r->answer == WEFT_OK ? status : WEFT_OK;
}

static void what_a_savepoint_fails_by_repeats_the_body_that_hands_it_on(void **state)
{
    fixture *f = *state;
    run r = {.f = f, .conflicts = 2};
    a_doc(f);
    assert_call(f->s, weft_transact(f->s, rename_within, &r, NULL), WEFT_OK);
    assert_int_equal(r.runs, 3);
    assert_rows(f, "SELECT title, version FROM doc", "run 3|4");
    r = (run){.f = f, .answer = WEFT_ERROR_NOT_FOUND}; /* of the program's own: nothing that another attempt would mend */
    assert_call(f->s, weft_transact(f->s, rename_within, &r, NULL), WEFT_OK);
    assert_int_equal(r.runs, 1);
    assert_rows(f, "SELECT title, version FROM doc", "run 3|4");
}

static weft_status lose_connection(weft_session *s, void *context)
{
    run *r = context;
    weft_result *result = NULL;
    weft_error error;
    int64_t pid = 0;
    weft_new(s, Team, .name = "t");
    weft_connection *connection = weft_session_connection(s); /* after a flush */
    if (weft_connection_query(connection, "SELECT pg_backend_pid()", NULL, &result, &error) != WEFT_OK)
        return error.status;
    if (weft_result_next(result, &error))
        weft_result_int64(result, 0, &pid);
    weft_result_close(result);
    if (++r->runs == 1) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 5000)", (long long)pid);
        test_database_exec(&r->f->database, sql);
    }
    return WEFT_OK;
}

static void a_connection_lost_before_commit_is_repeated(void **state)
{
    fixture *f = *state;
    run r = {.f = f};
    weft_status status = weft_transact(f->s, lose_connection, &r, NULL);
    if (status == WEFT_OK) { /* the loss was seen before COMMIT was sent */
        assert_int_equal(r.runs, 2);
        assert_rows(f, "SELECT count(*) FROM team", "1");
    } else {
        assert_int_equal(status, WEFT_ERROR_OUTCOME_UNKNOWN);
        assert_int_equal(r.runs, 1);
    }
}

/* ---- what the body reads, and what it ended itself ---- */

typedef struct adding {
    fixture *f;
    int runs;
    const Doc *before;
    int how;
} adding;

static weft_status write_upon_what_was_read_before(weft_session *s, void *context)
{
    adding *a = context;
    if (++a->runs == 1)
        weft_new(s, Tag, .word = "flushed first");
    weft_edit(s, Doc, a->before)->title = weft_format(s, "%s, then mine", a->before->title);
    return WEFT_OK;
}

static void what_was_read_before_the_call_is_never_read_again_in_silence(void **state)
{
    fixture *f = *state;
    a_doc(f);
    adding a = {.f = f, .before = weft_get(f->s, Doc, 1)};
    test_database_exec(&f->database, "UPDATE doc SET title = 'theirs'");
    assert_int_equal(weft_transact(f->s, write_upon_what_was_read_before, &a, NULL), WEFT_ERROR_STALE);
    assert_int_equal(a.runs, 1);
    assert_non_null(strstr(weft_session_error(f->s)->hint, "before weft_transact"));
    assert_rows(f, "SELECT title FROM doc", "theirs");
    assert_rows(f, "SELECT count(*) FROM tag", "0");
    assert_call(f->s, weft_transact(f->s, rename_doc, &(run){.f = f}, NULL), WEFT_OK); /* which reads it in the body */
    assert_rows(f, "SELECT title FROM doc", "run 1");
}

static weft_status end_it(weft_session *s, void *context)
{
    adding *a = context;
    a->runs++;
    weft_new(s, Tag, .word = "inside");
    switch (a->how) {
    case 0: (void)weft_session_commit(s); break;
    case 1: (void)weft_session_rollback(s); break;
    case 2: (void)weft_session_clear(s); break;
    default: (void)weft_session_savepoint_rollback(s); break;
    }
    weft_new(s, Tag, .word = "afterwards");
    return WEFT_OK;
}

static void a_body_that_ends_its_transaction_itself_is_misuse(void **state)
{
    fixture *f = *state;
    for (int how = 0; how < 3; how++) {
        adding a = {.f = f, .how = how};
        test_database_exec(&f->database, "DELETE FROM tag");
        assert_int_equal(weft_transact(f->s, end_it, &a, NULL), WEFT_ERROR_MISUSE);
        assert_int_equal(a.runs, 1);
        assert_ok(f->s);
        assert_message(f->s, "its transaction");
        assert_rows(f, "SELECT word FROM tag", how == 0 ? "inside" : "");
    }
    for (int how = 0; how < 4; how++) {
        adding a = {.f = f, .how = how};
        test_database_exec(&f->database, "DELETE FROM tag");
        weft_new(f->s, Tag, .word = "before");
        assert_int_equal(weft_transact(f->s, end_it, &a, &(weft_transact_options){.savepoint = true}), WEFT_ERROR_MISUSE);
        assert_refused(f->s, WEFT_ERROR_MISUSE); /* only the whole transaction can be undone */
        assert_rows(f, "SELECT word FROM tag WHERE word = 'afterwards'", "");
    }
}

static weft_status commit_by_text(weft_session *s, void *context)
{
    (void)context;
    weft_new(s, Tag, .word = "inside");
    (void)weft_session_execute_text(s, "COMMIT", NULL);
    return WEFT_OK;
}

static weft_status nest(weft_session *s, void *context)
{
    adding *a = context;
    return weft_transact(s, commit_by_text, NULL, &(weft_transact_options){.savepoint = a->how == 1});
}

static void a_body_that_commits_by_text_or_nests_is_misuse(void **state)
{
    fixture *f = *state;
    assert_int_equal(weft_transact(f->s, commit_by_text, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_transact(f->s, nest, &(adding){.how = 0}, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_transact(f->s, nest, &(adding){.how = 1}, NULL), WEFT_ERROR_MISUSE);
    assert_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM tag", "0");
}

static weft_status look_only(weft_session *s, void *context)
{
    fixture *f = context;
    if (!weft_session_in_transaction(s) || weft_get(s, Doc, 1) == NULL || weft_count_of(s, Doc) != 1)
        return WEFT_ERROR_NOT_FOUND;
    test_database_exec(&f->database, "UPDATE doc SET title = 'written meanwhile'");
    return WEFT_OK;
}

static void a_body_that_only_reads_lets_others_write(void **state)
{
    fixture *f = *state;
    a_doc(f);
    assert_call(f->s, weft_transact(f->s, look_only, f, &(weft_transact_options){.read_only = true}), WEFT_OK);
    assert_rows(f, "SELECT title FROM doc", "written meanwhile");
    assert_int_equal(weft_transact(f->s, rename_doc, &(run){.f = f}, &(weft_transact_options){.read_only = true}),
                     WEFT_ERROR_READ_ONLY);
    assert_call(f->s, weft_transact(f->s, rename_doc, &(run){.f = f}, NULL), WEFT_OK);
}

typedef struct counter {
    fixture *f;
    weft_engine *engine;
    int done;
} counter;

static weft_status add_one(weft_session *s, void *context)
{
    (void)context;
    const Item *item = weft_get(s, Item, "x");
    if (item == NULL)
        return WEFT_ERROR_NOT_FOUND;
    weft_edit(s, Item, item)->count += 1;
    return WEFT_OK;
}

static void *add_many(void *context)
{
    counter *c = context;
    weft_session *s = weft_session_open(c->engine, NULL);
    for (int i = 0; i < 15; i++)
        c->done += weft_transact(s, add_one, NULL, NULL) == WEFT_OK;
    weft_session_close(s);
    return NULL;
}

static void eight_threads_on_one_row_all_get_through(void **state)
{
    enum { THREADS = 8 };
    fixture *f = *state;
    counter counters[THREADS];
    pthread_t threads[THREADS];
    weft_new(f->s, Item, .code = "x", .label = "l");
    commit_ok(f->s);
    weft_engine *engine = fixture_engine(f, (weft_engine_options){0});
    for (int i = 0; i < THREADS; i++) {
        counters[i] = (counter){f, engine, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &counters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(counters[i].done, 15);
    weft_engine_close(engine);
    assert_rows(f, "SELECT count FROM item", "120");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_body_is_committed_when_it_returns_ok),
        ON_BOTH(what_the_body_returns_rolls_back_and_is_returned),
        ON_POSTGRES(a_conflict_runs_the_body_again),
        ON_POSTGRES(conflicts_beyond_the_attempts_are_returned_with_their_details),
        ON_POSTGRES(the_time_for_all_attempts_is_bounded),
        ON_POSTGRES(nobody_gives_up_before_the_time_is_over),
        ON_BOTH(errors_that_no_repetition_helps_are_returned_at_once),
        ON_POSTGRES(a_conflict_that_the_body_gives_back_runs_it_again),
        ON_BOTH(a_stale_row_of_a_savepoint_runs_the_body_again),
        ON_BOTH(what_else_the_body_gives_back_is_returned_at_once),
        ON_BOTH(a_session_with_changes_or_an_open_transaction_is_misuse),
        ON_BOTH(as_a_savepoint_it_undoes_only_itself),
        ON_BOTH(what_was_read_before_the_call_is_never_read_again_in_silence),
        ON_BOTH(a_body_that_ends_its_transaction_itself_is_misuse),
        ON_BOTH(a_body_that_commits_by_text_or_nests_is_misuse),
        ON_BOTH(a_body_that_only_reads_lets_others_write),
        ON_BOTH(eight_threads_on_one_row_all_get_through),
        {"an_unknown_outcome_is_never_repeated", an_unknown_outcome_is_never_repeated, open_postgres, fixture_close, NULL},
        {"a_serialization_failure_is_repeated", a_serialization_failure_is_repeated, open_postgres, fixture_close, NULL},
        {"a_connection_lost_before_commit_is_repeated", a_connection_lost_before_commit_is_repeated, open_postgres, fixture_close,
         NULL},
        ON_POSTGRES(what_a_savepoint_fails_by_repeats_the_body_that_hands_it_on),
    };
    return cmocka_run_group_tests_name("transact", tests, NULL, NULL);
}
