/* Sessions that work within the transaction of a connection of the program's: their transactions are savepoints there. */
#include "fixtures/purse.h"

FIXTURE_MODELS(purse);

static weft_connection *take(fixture *f, weft_connection_options options)
{
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, &options, &error), WEFT_OK, &error);
    return c;
}

static void add(weft_session *s, int64_t amount)
{
    Item *item = weft_new(s, Item, .amount = amount);
    (void)item;
    flush_ok(s);
}

static void run(weft_connection *c, const char *sql)
{
    weft_error error = {0};
    assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_OK, &error);
}

#define OK(call) assert_error((call), WEFT_OK, &error)

static void commits_are_undone_by_the_connections_rollback(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *s = weft_session_open_on(c, NULL);
    test_recorder_with_transactions(f->recorder, true);
    add(s, 1);
    commit_ok(s);
    const Item *seen = weft_first(s, Item);
    assert_int_equal(seen->amount, 1);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM item", "0"); /* to others nothing has happened */
    weft_session_close(s);
    s = weft_session_open_on(c, NULL);
    assert_int_equal(weft_count_of(s, Item), 1);
    add(s, 2);
    commit_ok(s);
    weft_session_close(s);
    OK(weft_connection_rollback(c, &error));
    assert_rows(f, "SELECT count(*) FROM item", "0");
    assert_true(TEST_STATEMENTS(f->recorder, "BEGIN", "SAVEPOINT weft_1", "INSERT INTO item …", "RELEASE SAVEPOINT weft_1",
                                "SAVEPOINT weft_1", "SELECT …", "RELEASE SAVEPOINT weft_1", "SAVEPOINT weft_1", "SELECT …",
                                "INSERT INTO item …", "RELEASE SAVEPOINT weft_1", "ROLLBACK"));
    weft_connection_close(c);
}

static void commits_last_when_the_connection_commits(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    run(c, "INSERT INTO item (amount) VALUES (1)");
    weft_session *s = weft_session_open_on(c, NULL);
    add(s, 2);
    rollback_ok(s);
    add(s, 3);
    commit_ok(s);
    run(c, "INSERT INTO item (amount) VALUES (4)");
    add(s, 5);
    weft_session_close(s); /* rolls back */
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item ORDER BY amount", "1\n3\n4");
    weft_connection_close(c);
}

static void savepoints_of_both_nest(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    OK(weft_connection_savepoint(c, &error));
    weft_session *s = weft_session_open_on(c, NULL);
    test_recorder_with_transactions(f->recorder, true);
    test_recorder_clear(f->recorder);
    add(s, 1);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    add(s, 2);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    add(s, 3);
    assert_call(s, weft_session_savepoint_release(s), WEFT_OK);
    commit_ok(s);
    assert_true(TEST_STATEMENTS(f->recorder, "SAVEPOINT weft_2", "INSERT …", "SAVEPOINT weft_3", "INSERT …",
                                "ROLLBACK TO SAVEPOINT weft_3; RELEASE SAVEPOINT weft_3", "SAVEPOINT weft_3", "INSERT …",
                                "RELEASE SAVEPOINT weft_3", "RELEASE SAVEPOINT weft_2"));
    weft_session_close(s);
    OK(weft_connection_release(c, &error));
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item ORDER BY amount", "1\n3");
    weft_connection_close(c);
}

static void an_error_within_leaves_the_connection_whole(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    run(c, "INSERT INTO item (amount) VALUES (1)");
    weft_session *s = weft_session_open_on(c, NULL);
    add(s, 2);
    assert_int_not_equal(weft_session_execute_text(s, "INSERT INTO nowhere VALUES (1)", NULL), WEFT_OK);
    assert_int_not_equal(weft_session_commit(s), WEFT_OK);
    rollback_ok(s);
    /* a read, too */
    assert_int_not_equal(weft_session_execute_text(s, "SELECT nothing FROM item", NULL), WEFT_OK);
    rollback_ok(s);
    add(s, 3);
    commit_ok(s);
    weft_session_close(s);
    run(c, "INSERT INTO item (amount) VALUES (4)");
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item ORDER BY amount", "1\n3\n4");
    weft_connection_close(c);
}

static const char *const deferred =
    "CREATE TABLE boss (id INTEGER PRIMARY KEY); CREATE TABLE worker (id INTEGER PRIMARY KEY, boss_id INTEGER REFERENCES boss "
    "DEFERRABLE INITIALLY DEFERRED)";

static void commit_checks_what_is_deferred_and_leaves_it_so(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_database_exec(&f->database, deferred);
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *s = weft_session_open_on(c, NULL);
    assert_call(s, weft_session_execute_text(s, "INSERT INTO worker VALUES (1, 7)", NULL), WEFT_OK);
    assert_call(s, weft_session_commit(s), WEFT_ERROR_FOREIGN_KEY);
    rollback_ok(s);
    for (int round = 0; round < 2; round++) { /* child first: still deferred, after a failed and after a good commit */
        char sql[100];
        snprintf(sql, sizeof sql, "INSERT INTO worker VALUES (%d, %d)", 10 + round, round);
        assert_call(s, weft_session_execute_text(s, sql, NULL), WEFT_OK);
        snprintf(sql, sizeof sql, "INSERT INTO boss VALUES (%d)", round);
        assert_call(s, weft_session_execute_text(s, sql, NULL), WEFT_OK);
        commit_ok(s);
    }
    weft_session_close(s);
    run(c, "INSERT INTO worker VALUES (20, 20)");
    run(c, "INSERT INTO boss VALUES (20)");
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT id FROM worker ORDER BY id", "10\n11\n20");
    weft_connection_close(c);
}

static void one_session_at_a_time_has_a_transaction(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *one = weft_session_open_on(c, NULL), *two = weft_session_open_on(c, NULL);
    add(one, 1);
    assert_null(weft_get(two, Item, 1));
    assert_message(two, "another session while a session's transaction, begun at ");
    assert_refused(two, WEFT_ERROR_MISUSE);
    assert_null(weft_get(one, Item, 77)); /* calls that send know their place */
    assert_null(weft_get(two, Item, 1));
    assert_status(two, WEFT_ERROR_MISUSE);
    assert_message(two, "test_bound.c");
    rollback_ok(two);
    assert_int_equal(weft_connection_commit(c, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "weft_connection_commit while a session's transaction, begun at "));
    assert_int_equal(weft_connection_savepoint(c, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_release(c, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_rollback_to(c, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_begin(c, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_detach(c, &error), WEFT_ERROR_MISUSE);
    commit_ok(one);
    add(two, 2);
    commit_ok(two);
    assert_int_equal(weft_count_of(one, Item), 2);
    commit_ok(one);
    weft_session_close(one);
    weft_session_close(two);
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item ORDER BY amount", "1\n2");
    weft_connection_close(c);
}

static void rollback_of_the_connection_ends_what_is_within(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *s = weft_session_open_on(c, NULL);
    add(s, 1);
    OK(weft_connection_rollback(c, &error));
    assert_call(s, weft_session_commit(s), WEFT_ERROR_ROLLED_BACK);
    rollback_ok(s);
    add(s, 2); /* in another one */
    commit_ok(s);
    OK(weft_connection_commit(c, &error));
    add(s, 3);
    OK(weft_connection_rollback(c, &error));
    assert_null(weft_get(s, Item, 1));
    assert_status(s, WEFT_ERROR_ROLLED_BACK);
    assert_message(s, "must be rolled back");
    weft_session_close(s);
    assert_rows(f, "SELECT amount FROM item", "2");
    weft_connection_close(c);
}

static void a_closed_connection_is_told(void **state)
{
    fixture *f = *state;
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *open = weft_session_open_on(c, NULL), *idle = weft_session_open_on(c, NULL);
    add(open, 1);
    weft_connection_close(c);
    assert_call(open, weft_session_commit(open), WEFT_ERROR_ROLLED_BACK);
    rollback_ok(open);
    weft_session *both[] = {open, idle};
    for (int i = 0; i < 2; i++) {
        assert_null(weft_get(both[i], Item, 1));
        assert_refused(both[i], WEFT_ERROR_CLOSED);
        weft_session_close(both[i]);
    }
    assert_rows(f, "SELECT count(*) FROM item", "0");
}

static void a_lost_connection_is_lost_to_both(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *s = weft_session_open_on(c, NULL);
    add(s, 1);
    test_database_kill_others(&f->database);
    assert_null(weft_first(s, Item, .where = weft_eq(Item, amount, 9)));
    assert_status(s, WEFT_ERROR_DISCONNECTED);
    rollback_ok(s);
    assert_null(weft_first(s, Item));
    assert_status(s, WEFT_ERROR_DISCONNECTED);
    assert_message(s, "must be rolled back");
    rollback_ok(s);
    OK(weft_connection_rollback(c, &error));
    add(s, 2);
    commit_ok(s);
    weft_session_close(s);
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "2");
    weft_connection_close(c);
}

static void a_session_that_only_reads(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0});
    run(c, "INSERT INTO item (amount) VALUES (1)");
    weft_session *s = weft_session_open_on(c, &(weft_session_options){.read_only = true});
    for (int round = 0; round < 3; round++) {
        assert_int_equal(weft_count_of(s, Item), 1);
        assert_call(s, weft_session_execute_text(s, "DELETE FROM item", NULL), WEFT_ERROR_READ_ONLY);
        rollback_ok(s);
        if (round == 1) {
            assert_int_equal(weft_count_of(s, Item), 1);
            commit_ok(s);
        }
        run(c, "UPDATE item SET amount = amount + 1"); /* the connection may */
    }
    weft_session_close(s);
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "4");
    weft_connection_close(c);
}

static void what_does_not_fit_is_misuse(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f, (weft_connection_options){0}), *automatic = take(f, (weft_connection_options){.autocommit = true});
    weft_session *s = weft_session_open_on(NULL, NULL);
    assert_status(s, WEFT_ERROR_MISUSE);
    assert_message(s, "weft_session_open_on was given NULL");
    weft_session_close(s);
    s = weft_session_open_on(c, &(weft_session_options){.isolation = WEFT_ISOLATION_SERIALIZABLE});
    assert_null(weft_get(s, Item, 1));
    assert_message(s, "the isolation is that of the connection to which the session is bound");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_session_close(s);
    s = weft_session_open_on(automatic, NULL);
    assert_null(weft_get(s, Item, 1));
    assert_message(s, "in autocommit without a transaction");
    assert_refused(s, WEFT_ERROR_MISUSE);
    OK(weft_connection_begin(automatic, &error));
    assert_null(weft_get(s, Item, 1));
    commit_ok(s);
    weft_connection *own = weft_session_connection(s);
    assert_non_null(own);
    weft_session *third = weft_session_open_on(own, NULL);
    for (int i = 0; i < 2; i++) {
        assert_null(weft_get(third, Item, 1));
        assert_int_equal(weft_session_status(third), i == 0 ? WEFT_ERROR_MISUSE : WEFT_ERROR_CLOSED);
        if (i == 0)
            assert_message(third, "weft_session_open_on was given a session's own connection");
        rollback_ok(third);
    }
    weft_session_close(third);
    weft_session_close(s);
    weft_connection_close(c);
    weft_connection_close(automatic);
}

static void a_stream_of_the_connection_is_in_the_way(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2), (3)");
    weft_connection *c = take(f, (weft_connection_options){0});
    weft_session *s = weft_session_open_on(c, NULL);
    weft_result *stream = NULL;
    OK(weft_connection_select(c,
                              weft_select(.from = weft_from(Item), .columns = weft_columns(weft_col(Item, amount)), .stream = true),
                              &stream, &error));
    assert_true(weft_result_next(stream, &error));
    assert_int_equal(weft_count_of(s, Item), 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_result_close(stream);
    add(s, 4);
    assert_int_equal(weft_connection_select(c,
                                            weft_select(.from = weft_from(Item), .columns = weft_columns(weft_col(Item, amount)),
                                                        .stream = true),
                                            &stream, &error),
                     WEFT_ERROR_MISUSE);
    commit_ok(s);
    weft_session_close(s);
    weft_connection_close(c);
}

static weft_status set_tenant(weft_session *session, weft_connection *connection, void *user, weft_error *error)
{
    (void)session, (void)user;
    return weft_execute_text(connection, "SET LOCAL app.tenant = 'seven'", NULL, error);
}

static void what_on_begin_set_does_not_reach_the_next_session(void **state)
{
    fixture *f = *state;
    weft_connection *c = take(f, (weft_connection_options){0});
    const char *const ask = "INSERT INTO item (amount) SELECT 1 WHERE coalesce(current_setting('app.tenant', true), '') = 'seven'";
    for (int commit = 0; commit < 2; commit++) {
        weft_session *s = weft_session_open_on(c, &(weft_session_options){.on_begin = set_tenant});
        assert_call(s, weft_session_execute_text(s, ask, NULL), WEFT_OK);
        assert_int_equal(weft_count_of(s, Item), 1);
        if (commit) {
            commit_ok(s);
        } else {
            rollback_ok(s);
        }
        weft_session_close(s);
        s = weft_session_open_on(c, NULL);
        assert_call(s, weft_session_execute_text(s, ask, NULL), WEFT_OK);
        assert_int_equal(weft_count_of(s, Item), commit);
        rollback_ok(s);
        weft_session_close(s);
    }
    weft_connection_close(c);
}

static weft_status one_more(weft_session *s, void *context)
{
    int *calls = context;
    ++*calls;
    Item *item = weft_new(s, Item, .amount = *calls);
    (void)item;
    return weft_session_flush(s);
}

/* The first two INSERTs meet a lock. */
static weft_status busy_twice(void *context, const weft_log_record *record, weft_error *error)
{
    int *left = context;
    if (*left == 0 || strstr(record->sql, "INSERT") == NULL)
        return WEFT_OK;
    --*left;
    snprintf(error->message, sizeof error->message, "somebody else writes");
    return WEFT_ERROR_BUSY;
}

static void transact_takes_back_whole_attempts(void **state)
{
    static const weft_events events = {.before_statement = busy_twice};
    fixture *f = *state;
    weft_error error = {0};
    int calls = 0, left = 2;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.events = &events, .events_context = &left});
    weft_connection *c = NULL;
    OK(weft_engine_connect(engine, &c, NULL, &error));
    weft_session *s = weft_session_open_on(c, NULL);
    assert_call(s, weft_transact(s, one_more, &calls, NULL), WEFT_OK);
    assert_int_equal(calls, 3);
    /* the transaction around it has failed: it cannot be helped by trying again */
    left = 100000;
    assert_int_not_equal(weft_execute_text(c, "nonsense", NULL, &error), WEFT_OK);
    const weft_status status = weft_transact(s, one_more, &calls, &(weft_transact_options){.attempts = 5});
    assert_int_equal(status, f->postgres ? WEFT_ERROR_SQL : WEFT_ERROR_BUSY);
    assert_int_equal(calls, f->postgres ? 4 : 8);
    left = 0;
    weft_session_close(s);
    weft_connection_close(c);
    weft_engine_close(engine);
    assert_rows(f, "SELECT count(*) FROM item", "0");
}

static void a_transaction_that_SQLite_ended_is_noticed(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_database_exec(&f->database, "CREATE TABLE only (n INTEGER UNIQUE); INSERT INTO only VALUES (1)");
    weft_connection *c = take(f, (weft_connection_options){0});
    run(c, "INSERT INTO item (amount) VALUES (1)");
    weft_session *s = weft_session_open_on(c, NULL);
    add(s, 2);
    assert_call(s, weft_session_execute_text(s, "INSERT OR ROLLBACK INTO only VALUES (1)", NULL), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
    assert_null(weft_get(s, Item, 1));
    assert_refused(s, WEFT_ERROR_ROLLED_BACK);
    assert_int_equal(weft_execute_text(c, "INSERT INTO item (amount) VALUES (3)", NULL, &error), WEFT_ERROR_ROLLED_BACK);
    assert_int_equal(weft_connection_commit(c, &error), WEFT_ERROR_ROLLED_BACK);
    add(s, 4);
    commit_ok(s);
    weft_session_close(s);
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "4");
    weft_connection_close(c);
}

/* ---- beside a plain model ---- */

enum { DEPTH = 4, MOST = 400 };

/* What is there by what was done, in plain sums: of what is committed, of the connection's transaction, of the session's. */
typedef struct sums {
    weft_connection *c;
    weft_session *s;
    int64_t committed, pending, inner;
    int64_t pending_at[DEPTH], inner_at[DEPTH]; /* when each open savepoint was opened */
    int savepoints, inner_savepoints;
    bool open; /* the session's transaction */
} sums;

static void end_inner(sums *m, int64_t kept)
{
    m->pending += kept;
    m->inner = 0;
    m->inner_savepoints = 0;
    m->open = false;
}

static void step_session(sums *m, unsigned what, int64_t amount)
{
    weft_session *s = m->s;
    if (what < 3) {
        add(s, amount);
        m->open = true;
        m->inner += amount;
    } else if (what == 3) {
        commit_ok(s);
        end_inner(m, m->inner);
    } else if (what == 4) {
        rollback_ok(s);
        end_inner(m, 0);
    } else if (what == 5 && m->inner_savepoints < DEPTH) {
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
        m->open = true;
        m->inner_at[m->inner_savepoints++] = m->inner;
    } else if (what == 6 && m->inner_savepoints > 0) {
        assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
        m->inner = m->inner_at[--m->inner_savepoints];
    } else if (what == 7 && m->inner_savepoints > 0) {
        assert_call(s, weft_session_savepoint_release(s), WEFT_OK);
        m->inner_savepoints--;
    }
}

static void step_connection(sums *m, unsigned what, int64_t amount)
{
    weft_error error = {0};
    char sql[100];
    if (what < 10) { /* where the session is: it goes with its savepoint */
        snprintf(sql, sizeof sql, "INSERT INTO item (amount) VALUES (%d)", (int)amount);
        run(m->c, sql);
        *(m->open ? &m->inner : &m->pending) += amount;
    } else if (what < 12 && !m->open && m->savepoints < DEPTH) {
        OK(weft_connection_savepoint(m->c, &error));
        m->pending_at[m->savepoints++] = m->pending;
    } else if (what == 12 && !m->open && m->savepoints > 0) {
        OK(weft_connection_rollback_to(m->c, &error));
        m->pending = m->pending_at[--m->savepoints];
    } else if (what == 13 && !m->open) {
        OK(weft_connection_commit(m->c, &error));
        m->committed += m->pending;
        m->pending = m->savepoints = 0;
    } else if (what == 14 && amount % 4 == 0) { /* the session's goes, too */
        OK(weft_connection_rollback(m->c, &error));
        if (m->open)
            rollback_ok(m->s);
        end_inner(m, 0);
        m->pending = m->savepoints = 0;
    }
}

static int64_t seen(sums *m)
{
    int64_t sum = 0;
    Item_list all = weft_query(m->s, Item);
    assert_ok(m->s);
    for (size_t i = 0; i < all.count; i++)
        sum += all.items[i]->amount;
    m->open = true;
    return sum;
}

/* Amounts are added by the connection and by the session, at any depth of savepoints; each end keeps or drops a level. */
static void random_steps(fixture *f, uint64_t seed)
{
    sums m = {.c = take(f, (weft_connection_options){0})};
    m.s = weft_session_open_on(m.c, NULL);
    uint64_t x = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    test_database_exec(&f->database, "DELETE FROM item");
    for (int step = 0; step < MOST; step++) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const int64_t amount = (int64_t)(x >> 40 & 0xff);
        const unsigned what = (unsigned)(x >> 33 & 15);
        if (what < 8)
            step_session(&m, what, amount);
        else if (what < 15)
            step_connection(&m, what, amount);
        else
            assert_int_equal(seen(&m), m.committed + m.pending + m.inner);
        const int64_t there = test_database_integer(&f->database, "SELECT coalesce(sum(amount), 0) FROM item");
        if (there != m.committed)
            fail_msg("seed %llu, step %d: others see %lld instead of %lld", (unsigned long long)seed, step, (long long)there,
                     (long long)m.committed);
    }
    weft_session_close(m.s);
    weft_connection_close(m.c);
}

static void random_levels_keep_what_a_plain_model_keeps(void **state)
{
    fixture *f = *state;
    const uint64_t first = test_seed(1), runs = test_runs(6);
    for (uint64_t seed = first; seed < first + runs; seed++)
        random_steps(f, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(commits_are_undone_by_the_connections_rollback),
        ON_BOTH(commits_last_when_the_connection_commits),
        ON_BOTH(savepoints_of_both_nest),
        ON_BOTH(an_error_within_leaves_the_connection_whole),
        ON_BOTH(commit_checks_what_is_deferred_and_leaves_it_so),
        ON_BOTH(one_session_at_a_time_has_a_transaction),
        ON_BOTH(rollback_of_the_connection_ends_what_is_within),
        ON_BOTH(a_closed_connection_is_told),
        ON_POSTGRES(a_lost_connection_is_lost_to_both),
        ON_BOTH(a_session_that_only_reads),
        ON_BOTH(what_does_not_fit_is_misuse),
        ON_BOTH(a_stream_of_the_connection_is_in_the_way),
        ON_POSTGRES(what_on_begin_set_does_not_reach_the_next_session),
        ON_BOTH(transact_takes_back_whole_attempts),
        ON_SQLITE(a_transaction_that_SQLite_ended_is_noticed),
        ON_BOTH(random_levels_keep_what_a_plain_model_keeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
