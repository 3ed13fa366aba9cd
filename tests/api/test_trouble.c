/* A session in trouble: keys deleted and added again, unique values swapped, errors in the middle of a flush, deadlines, a
 * killed server
 * process, an exhausted pool, a hook that fails; each time the session is told, rolls back and goes on. */
#include "support/fixture.h"

WEFT_DECLARE(Entry);
WEFT_DECLARE(Note);
struct Entry {
    int64_t id;
    const char *code;
    const char *label;
    int32_t rank;
    Note_list notes;
};
struct Note {
    int64_t id;
    int64_t entry_id;
    const char *text;
    const Entry *entry;
};
WEFT_MODEL(Entry, "entry", WEFT_COLUMN(Entry, id, .primary_key = true), WEFT_COLUMN(Entry, code, .unique = true),
           WEFT_COLUMN(Entry, label), WEFT_COLUMN(Entry, rank), WEFT_CHECK(Entry, "rank >= 0", .name = "rank_is_positive"),
           WEFT_HAS_MANY(Entry, notes, Note, .foreign_key = "entry_id", .back_populates = "entry", .cascade = WEFT_CASCADE_ALL,
                         .order_by = "id"));
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true), WEFT_COLUMN(Note, entry_id, .references = "entry.id"),
           WEFT_COLUMN(Note, text), WEFT_BELONGS_TO(Note, entry, Entry, .foreign_key = "entry_id", .back_populates = "notes"));
WEFT_METADATA(models, &Entry_model);
FIXTURE_MODELS(models);

static void a_key_may_be_deleted_and_added_again_in_one_flush(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Entry *old = weft_new(s, Entry, .code = "a", .label = "old");
    weft_append(s, Entry, old, notes, Note, weft_new(s, Note, .text = "n"));
    commit_ok(s);
    int64_t id = old->id;
    for (int round = 0; round < 3; round++) {
        const Entry *present = weft_get(s, Entry, id);
        weft_delete(s, Entry, present);
        Entry *new = weft_new(s, Entry, .id = id, .code = "a", .label = weft_format(s, "new %d", round));
        weft_append(s, Entry, new, notes, Note, weft_new(s, Note, .text = "m"));
        commit_ok(s);
        assert_ptr_equal(weft_get(s, Entry, id), new);
    }
    assert_rows(f, "SELECT e.id - e.id, code, label, text FROM entry e JOIN note ON entry_id = e.id", "0|a|new 2|m");
}

static void unique_values_swapped_are_refused_and_go_by_a_detour(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Entry *a = weft_new(s, Entry, .code = "a", .label = "1"), *b = weft_new(s, Entry, .code = "b", .label = "2");
    commit_ok(s);
    weft_edit(s, Entry, a)->code = "b";
    weft_edit(s, Entry, b)->code = "a";
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_UNIQUE);
    assert_refused(s, WEFT_ERROR_UNIQUE);
    assert_string_equal(weft_get(s, Entry, a->id)->code, "a");
    weft_edit(s, Entry, a)->code = "?";
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    weft_edit(s, Entry, b)->code = "a";
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    weft_edit(s, Entry, a)->code = "b";
    commit_ok(s);
    assert_rows(f, "SELECT code, label FROM entry ORDER BY code", "a|2\nb|1");
}

static void an_error_in_the_middle_of_a_flush_leaves_nothing_and_may_be_repeated(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int attempt = 0; attempt < 3; attempt++) {
        for (int i = 0; i < 50; i++) {
            Entry *e = weft_new(s, Entry, .code = weft_format(s, "c%d", i), .label = "x", .rank = attempt < 2 && i == 25 ? -1 : i);
            weft_append(s, Entry, e, notes, Note, weft_new(s, Note, .text = "n"));
        }
        weft_status status = weft_session_commit(s);
        if (attempt == 2) {
            assert_ok(s);
            break;
        }
        assert_int_equal(status, WEFT_ERROR_CHECK);
        assert_string_equal(weft_session_error(s)->constraint, "rank_is_positive");
        assert_int_equal(weft_query(s, Entry).count, 0); /* sticky */
        assert_int_equal(weft_session_commit(s), WEFT_ERROR_CHECK);
        assert_refused(s, WEFT_ERROR_CHECK);
        assert_rows(f, "SELECT count(*) FROM entry", "0");
    }
    assert_rows(f, "SELECT count(*), (SELECT count(*) FROM note) FROM entry", "50|50");
}

static void ten_thousand_objects_go_in_one_flush(void **state)
{
    enum { COUNT = 10000 };
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < COUNT / 2; i++) {
        Entry *e = weft_new(s, Entry, .code = weft_format(s, "c%d", i), .label = "x", .rank = i);
        weft_new(s, Note, .text = weft_format(s, "n%d", i), .entry = e);
    }
    commit_ok(s);
    assert_true(!f->postgres || test_recorder_count(f->recorder) < 200);
    assert_rows(f, "SELECT count(*) FROM entry JOIN note ON entry_id = entry.id AND substr(code, 2) = substr(text, 2)", "5000");
    weft_each (Entry, e, weft_query(s, Entry))
        weft_edit(s, Entry, e)->rank = e->rank + 1;
    commit_ok(s);
    assert_rows(f, "SELECT sum(rank) FROM entry", "12502500");
    weft_each (Entry, e, weft_query(s, Entry))
        weft_delete(s, Entry, e);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), (SELECT count(*) FROM note) FROM entry", "0|0");
}

static void thousands_of_savepoints_come_and_go(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Entry *e = weft_new(s, Entry, .code = "a", .label = "x");
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    for (int i = 0; i < 5000; i++) {
        weft_session_savepoint(s);
        weft_edit(s, Entry, e)->rank = i;
        if (i % 2 == 0)
            weft_session_savepoint_release(s);
        else
            weft_session_savepoint_rollback(s);
        assert_ok(s);
        assert_int_equal(e->rank, i - i % 2);
    }
    commit_ok(s);
    assert_rows(f, "SELECT rank FROM entry", "4998");
    int depth = 0;
    while (weft_session_savepoint(s) == WEFT_OK)
        depth++;
    assert_true(depth >= 8);
    assert_refused(s, WEFT_ERROR_LIMIT);
    assert_int_equal(weft_session_savepoint_release(s), WEFT_ERROR_MISUSE);
    weft_session_rollback(s);
}

static void a_savepoint_around_each_row_keeps_the_good_ones(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int refused = 0;
    for (int i = 0; i < 30; i++) {
        weft_session_savepoint(s);
        weft_new(s, Entry, .code = weft_format(s, "c%d", i % 20), .label = "x", .rank = i);
        if (weft_session_flush(s) == WEFT_OK) {
            weft_session_savepoint_release(s);
        } else {
            assert_status(s, WEFT_ERROR_UNIQUE);
            weft_session_savepoint_rollback(s);
            refused++;
        }
    }
    commit_ok(s);
    assert_int_equal(refused, 10);
    assert_rows(f, "SELECT count(*), max(rank) FROM entry", "20|19");
}

static const char slow_sql[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n";

static void a_deadline_ends_a_query_and_the_session_goes_on(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Entry, .code = "a", .label = "x");
    assert_int_equal(weft_session_set_deadline(s, 60), WEFT_OK);
    assert_int_equal(weft_session_execute_text(s, f->postgres ? "SELECT pg_sleep(30)" : slow_sql, NULL), WEFT_ERROR_TIMEOUT);
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_TIMEOUT);
    assert_refused(s, WEFT_ERROR_TIMEOUT);
    assert_int_equal(weft_query(s, Entry).count, 0); /* the deadline is still there */
    assert_refused(s, WEFT_ERROR_TIMEOUT);
    weft_new(s, Entry, .code = "b", .label = "x");
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_TIMEOUT);
    assert_refused(s, WEFT_ERROR_TIMEOUT);
    assert_int_equal(weft_session_set_deadline(s, 0), WEFT_OK);
    weft_new(s, Entry, .code = "c", .label = "x");
    commit_ok(s);
    assert_rows(f, "SELECT code FROM entry", "c");
}

static void a_deadline_ends_a_flush_that_waits_for_a_lock(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Entry *e = weft_new(s, Entry, .code = "a", .label = "x");
    commit_ok(s);
    weft_session *other = weft_session_open(f->engine, NULL);
    weft_edit(other, Entry, weft_get(other, Entry, e->id))->label = "other";
    assert_int_equal(weft_session_flush(other), WEFT_OK);
    weft_session_set_deadline(s, 100);
    weft_edit(s, Entry, e)->label = "mine";
    weft_status status = weft_session_flush(s);
    /* On SQLite a thread that waits for its own session is told so at once. */
    assert_true(f->postgres ? status == WEFT_ERROR_TIMEOUT || status == WEFT_ERROR_LOCK_TIMEOUT : status == WEFT_ERROR_MISUSE);
    weft_session_rollback(s);
    weft_session_set_deadline(s, 0);
    assert_string_equal(e->label, "x");
    commit_ok(other);
    weft_session_close(other);
    weft_edit(s, Entry, e)->label = "mine";
    commit_ok(s);
    assert_rows(f, "SELECT label FROM entry", "mine");
}

static void a_killed_server_process_costs_one_transaction(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Entry, .code = "kept", .label = "x");
    commit_ok(s);
    for (int round = 0; round < 3; round++) {
        weft_new(s, Entry, .code = "lost", .label = "x");
        assert_int_equal(weft_session_flush(s), WEFT_OK);
        test_database_exec(&f->database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
                                         "datname = current_database() AND query LIKE '%entry%' AND state LIKE 'idle in%'");
        weft_new(s, Entry, .code = "lost too", .label = "x");
        assert_int_equal(weft_session_commit(s), WEFT_ERROR_DISCONNECTED);
        assert_true(weft_status_is_retryable(weft_session_status(s)));
        assert_int_equal(weft_session_error(s)->outcome, WEFT_OUTCOME_ROLLED_BACK);
        assert_refused(s, WEFT_ERROR_DISCONNECTED);
        assert_int_equal(weft_query(s, Entry).count, 1);
        assert_ok(s);
    }
    weft_new(s, Entry, .code = "after", .label = "x");
    commit_ok(s);
    assert_rows(f, "SELECT code FROM entry ORDER BY 1", "after\nkept");
}

static void an_exhausted_pool_says_what_it_waited_for(void **state)
{
    fixture *f = *state;
    weft_engine *engine =
        fixture_engine(f, (weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 1000}});
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    weft_session *s = weft_session_open(engine, NULL);
    assert_int_equal(weft_query(s, Entry).count, 0);
    assert_status(s, WEFT_ERROR_POOL_TIMEOUT);
    assert_non_null(strstr(weft_session_error(s)->message, "1"));
    assert_int_equal(weft_status_advice(weft_session_status(s)), WEFT_ADVICE_WAIT);
    assert_refused(s, WEFT_ERROR_POOL_TIMEOUT);
    weft_new(s, Entry, .code = "a", .label = "x");
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_POOL_TIMEOUT);
    weft_session_rollback(s);
    weft_connection_close(c);
    weft_new(s, Entry, .code = "a", .label = "x");
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
}

typedef struct hook {
    int calls, fail_at;
} hook;

static weft_status count_begins(weft_session *session, weft_connection *connection, void *user, weft_error *error)
{
    hook *h = user;
    assert_ptr_equal(weft_session_user(session), user);
    if (++h->calls == h->fail_at) {
        (void)error;
        return WEFT_ERROR_DATA;
    }
    return weft_execute_text(connection, "SELECT 1", NULL, error);
}

static weft_status broken_hook(weft_session *session, weft_connection *connection, void *user, weft_error *error)
{
    (void)session;
    (void)user;
    return weft_execute_text(connection, "SELECT nothing FROM nowhere", NULL, error);
}

static void a_hook_that_fails_fails_the_transaction_and_only_it(void **state)
{
    fixture *f = *state;
    hook h = {.fail_at = 2};
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.on_begin = count_begins, .user = &h});
    weft_new(s, Entry, .code = "a", .label = "x");
    commit_ok(s);
    weft_new(s, Entry, .code = "b", .label = "x");
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_DATA);
    assert_refused(s, WEFT_ERROR_DATA);
    weft_new(s, Entry, .code = "c", .label = "x");
    commit_ok(s);
    assert_int_equal(h.calls, 3);
    weft_session_close(s);
    s = weft_session_open(f->engine, &(weft_session_options){.on_begin = broken_hook});
    for (int i = 0; i < 3; i++) {
        assert_int_equal(weft_query(s, Entry).count, 0);
        assert_int_not_equal(weft_session_status(s), WEFT_OK);
        weft_session_rollback(s);
        assert_ok(s);
    }
    weft_session_close(s);
    weft_pool_stats stats;
    weft_engine_pool_stats(f->engine, &stats);
    assert_int_equal(stats.in_use, 0);
    assert_rows(f, "SELECT code FROM entry ORDER BY 1", "a\nc");
}

typedef struct nest {
    int depth;
} nest;

static weft_status nested_failing(weft_session *s, void *context)
{
    nest *n = context;
    int depth = n->depth++;
    weft_new(s, Entry, .code = weft_format(s, "d%d", depth), .label = "x");
    if (depth < 4)
        (void)weft_transact(s, nested_failing, n, &(weft_transact_options){.savepoint = true});
    return depth >= 3 ? WEFT_ERROR_STALE : WEFT_OK;
}

static weft_status plain_nested(weft_session *s, void *context)
{
    (void)context;
    weft_new(s, Entry, .code = "p", .label = "x");
    return weft_transact(s, nested_failing, context, NULL);
}

static void transactions_nest_as_savepoints(void **state)
{
    fixture *f = *state;
    nest n = {0};
    assert_int_equal(weft_transact(f->s, nested_failing, &n, NULL), WEFT_OK);
    assert_ok(f->s);
    assert_rows(f, "SELECT code FROM entry ORDER BY 1", "d0\nd1\nd2");
    n.depth = 0;
    assert_int_equal(weft_transact(f->s, plain_nested, &n, NULL), WEFT_ERROR_MISUSE);
    assert_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM entry", "3");
}

static void values_appear_neither_in_errors_nor_in_logs_of_sessions(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Entry, .code = "secret-42", .label = "secret-42");
    commit_ok(s);
    weft_new(s, Entry, .code = "secret-42", .label = "secret-42");
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_UNIQUE);
    const weft_error *e = weft_session_error(s);
    assert_null(strstr(e->message, "secret"));
    assert_null(strstr(e->hint, "secret"));
    weft_session_rollback(s);
    (void)weft_query(s, Entry, .where = weft_and(weft_eq(Entry, code, "secret-42"), weft_contains(Entry, label, "secret")));
    weft_values values = {(const weft_value[]){weft_value_text("secret-42")}, 1};
    assert_int_not_equal(weft_session_execute_text(s, "SELECT 1 FROM entry WHERE rank = $1 / 0 AND no_column = $1", &values),
                         WEFT_OK);
    assert_null(strstr(weft_session_error(s)->message, "secret"));
    weft_session_rollback(s);
    weft_edit(s, Entry, weft_first(s, Entry))->rank = -4242;
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_CHECK);
    assert_null(strstr(weft_session_error(s)->message, "4242"));
    weft_session_rollback(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "secret"), 0);
    for (int topic = WEFT_LOG_STATEMENT; topic <= WEFT_LOG_GENERAL; topic++)
        assert_int_equal(test_recorder_messages(f->recorder, (weft_log_topic)topic, "secret"), 0);
}

static void open_mistakes_are_told(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_error error = {0};
    char url[900];
    snprintf(url, sizeof url, "%s%csize=5", f->database.url, f->postgres ? '&' : '?');
    assert_int_equal(weft_engine_open(&engine, url, NULL, &error), WEFT_ERROR_URL);
    assert_non_null(strstr(error.message, "size"));
    assert_null(engine);
    snprintf(url, sizeof url, "%s", f->postgres ? "postgresql://nobody_at_all:s3cret@/none" : "sqlite:////no/such/folder/x.db");
    if (f->postgres)
        snprintf(url, sizeof url, "postgresql://nobody_at_all:s3cret@/none?%s", strchr(test_pg_url(), '?') + 1);
    assert_error(weft_engine_open(&engine, url, NULL, &error), WEFT_OK, &error);
    assert_null(strstr(weft_engine_url(engine), "s3cret"));
    weft_status status = weft_engine_ping(engine, &error);
    assert_true(status == WEFT_ERROR_AUTH || status == WEFT_ERROR_CONNECT || status == WEFT_ERROR_IO);
    assert_null(strstr(error.message, "s3cret"));
    weft_session *s = weft_session_open(engine, NULL);
    assert_int_not_equal(weft_session_execute_text(s, "SELECT 1", NULL), WEFT_OK);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void a_connection_may_come_back_after_its_engine_was_closed(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 2}});
    weft_connection *c;
    weft_result *r;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_int_equal(weft_connection_query(c, "SELECT 7", NULL, &r, &error), WEFT_OK);
    assert_int_equal(weft_engine_close_within(engine, 10, &error), WEFT_ERROR_TIMEOUT);
    int64_t seven = 0;
    assert_true(weft_result_next(r, &error) && weft_result_int64(r, 0, &seven) && seven == 7);
    weft_result_close(r);
    weft_connection_close(c);
}

static void log_everything(void *context, const weft_log_record *record)
{
    test_recorder_log(context, record);
    assert_non_null(record->message);
}

static void a_log_of_everything_with_values_shows_them_where_asked(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.log = log_everything,
                                                                  .log_context = f->recorder,
                                                                  .log_level = WEFT_LOG_DEBUG,
                                                                  .log_values = true,
                                                                  .pool = {.leak_after_ms = 1}});
    weft_session *s = weft_session_open(engine, &(weft_session_options){.check_writes = true, .report_unloaded = true});
    for (int i = 0; i < 200; i++) {
        Entry *e = weft_new(s, Entry, .code = weft_format(s, "c%d", i), .label = "x");
        weft_append(s, Entry, e, notes, Note, weft_new(s, Note, .text = "n"));
        if (i % 10 == 0)
            commit_ok(s);
        if (i % 7 == 0)
            weft_session_clear(s);
        (void)weft_first(s, Entry, .where = weft_eq(Entry, rank, i), .load = weft_load(weft_selectin(Entry, notes)));
    }
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
    assert_true(test_recorder_count(f->recorder) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_key_may_be_deleted_and_added_again_in_one_flush),
        ON_BOTH(unique_values_swapped_are_refused_and_go_by_a_detour),
        ON_BOTH(an_error_in_the_middle_of_a_flush_leaves_nothing_and_may_be_repeated),
        ON_BOTH(ten_thousand_objects_go_in_one_flush),
        ON_BOTH(thousands_of_savepoints_come_and_go),
        ON_BOTH(a_savepoint_around_each_row_keeps_the_good_ones),
        ON_BOTH(a_deadline_ends_a_query_and_the_session_goes_on),
        ON_BOTH(a_deadline_ends_a_flush_that_waits_for_a_lock),
        ON_POSTGRES(a_killed_server_process_costs_one_transaction),
        ON_BOTH(an_exhausted_pool_says_what_it_waited_for),
        ON_BOTH(a_hook_that_fails_fails_the_transaction_and_only_it),
        ON_BOTH(transactions_nest_as_savepoints),
        ON_BOTH(values_appear_neither_in_errors_nor_in_logs_of_sessions),
        ON_BOTH(open_mistakes_are_told),
        ON_BOTH(a_connection_may_come_back_after_its_engine_was_closed),
        ON_BOTH(a_log_of_everything_with_values_shows_them_where_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
