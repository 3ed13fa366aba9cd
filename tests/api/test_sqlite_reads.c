/* SQLite in WAL: who reads holds up no writer and becomes one only by writing; who waits for a writer waits until the deadline. */
#define _POSIX_C_SOURCE 200809L
#include "fixtures/purse.h"

#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <time.h>

FIXTURE_ROWS(purse, "INSERT INTO item (amount) VALUES (1), (2), (3)");

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static weft_connection *connect_with(fixture *f, weft_connection_options options)
{
    weft_connection *c;
    weft_error error;
    assert_error(weft_engine_connect(f->engine, &c, &options, &error), WEFT_OK, &error);
    return c;
}

/* Another session of the same engine, and another program's connection. */
static void others_can_write(fixture *f)
{
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.timeout_ms = 2000});
    weft_new(s, Item, .amount = 7);
    commit_ok(s);
    weft_session_close(s);
    test_database_exec(&f->database, "UPDATE item SET amount = amount + 1");
}

enum way { STREAM, SELECT, TEXT_QUERY, TEXT_EXECUTE, WAYS };

/* Reads in one way, and while that is not closed (a stream is at its first row), others write. */
static void read_and_let_others_write(fixture *f, weft_connection *c, int way)
{
    weft_result *result = NULL;
    weft_error error;
    weft_status status = WEFT_OK;
    if (way == STREAM || way == SELECT) {
        status = weft_connection_select(c, &(weft_rows_options){.from = weft_from(Item), .stream = way == STREAM}, &result, &error);
        assert_true(status != WEFT_OK || weft_result_next(result, &error));
    } else if (way == TEXT_QUERY) {
        status = weft_connection_query(c, "WITH i AS (SELECT * FROM item) SELECT amount FROM i", NULL, &result, &error);
    } else {
        status =
            weft_execute_text(c, "SELECT max(amount) FROM item WHERE amount > $1", weft_parameters(weft_value_int64(0)), &error);
    }
    assert_error(status, WEFT_OK, &error);
    others_can_write(f);
    weft_result_close(result);
}

static void reading_in_any_way_holds_up_no_writer(void **state)
{
    fixture *f = *state;
    weft_error error;
    for (int way = 0; way < WAYS; way++)
        for (int kind = 0; kind < 8; kind++) {
            weft_connection_options options = {.autocommit = kind % 4 == 1,
                                               .read_only = kind % 4 == 2,
                                               .isolation = kind % 4 == 3 ? WEFT_ISOLATION_SERIALIZABLE : WEFT_ISOLATION_DEFAULT};
            weft_connection *c = connect_with(f, options);
            if (kind >= 4)
                assert_error(weft_connection_begin(c, &error), WEFT_OK, &error);
            read_and_let_others_write(f, c, way);
            others_can_write(f); /* the transaction is still open */
            assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
            weft_connection_close(c);
        }
}

static void sessions_that_read_by_text_hold_up_no_writer(void **state)
{
    fixture *f = *state;
    weft_isolation levels[] = {WEFT_ISOLATION_DEFAULT, WEFT_ISOLATION_REPEATABLE_READ};
    for (size_t i = 0; i < 2; i++) {
        weft_session *s = weft_session_open(f->engine, &(weft_session_options){.isolation = levels[i]});
        assert_call(s, weft_session_execute_text(s, "SELECT count(*) FROM item", NULL), WEFT_OK);
        others_can_write(f);
        for (int way = 0; way < WAYS; way++) {
            weft_connection *c = weft_session_connection(s);
            assert_non_null(c);
            read_and_let_others_write(f, c, way);
        }
        assert_non_null(weft_first(s, Item));
        others_can_write(f);
        commit_ok(s);
        weft_session_close(s);
    }
}

static void text_that_reads_keeps_no_state_and_no_lock(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_connection *c = connect_with(f, (weft_connection_options){.timeout_ms = 1000});
    for (int round = 0; round < 3; round++) {
        weft_result *result;
        int64_t seen = 0, there = test_database_integer(&f->database, "SELECT sum(amount) FROM item");
        assert_error(weft_connection_query(c, "SELECT sum(amount) FROM item", NULL, &result, &error), WEFT_OK, &error);
        assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &seen));
        assert_int_equal(seen, there);
        weft_result_close(result);
        others_can_write(f);
    }
    assert_error(weft_execute_text(c, "UPDATE item SET amount = 0", NULL, &error), WEFT_OK, &error); /* upon the newest state */
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    assert_int_not_equal(test_database_integer(&f->database, "SELECT sum(amount) FROM item"), 0);
    assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_text(c, "UPDATE item SET amount = 0", NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT sum(amount) FROM item", "0");
    weft_connection_close(c);
}

static void a_write_upon_an_older_state_is_a_serialization_failure(void **state)
{
    fixture *f = *state;
    for (int kind = 0; kind < 4; kind++) { /* autocommit, default, begun, serializable */
        weft_error error;
        weft_result *result;
        weft_connection *c = connect_with(f, (weft_connection_options){.autocommit = kind == 0,
                                                                       .timeout_ms = 10000,
                                                                       .isolation = kind == 3 ? WEFT_ISOLATION_SERIALIZABLE
                                                                                              : WEFT_ISOLATION_DEFAULT});
        if (kind == 2)
            assert_error(weft_connection_begin(c, &error), WEFT_OK, &error);
        assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Item), .stream = true}, &result, &error),
                     WEFT_OK, &error);
        assert_true(weft_result_next(result, &error));
        others_can_write(f);
        int64_t start = now_ms();
        assert_error(weft_execute_update(c, weft_update_of(Item, .set = weft_sets(weft_to(Item, amount, -1)), .all = true), NULL,
                                         &error),
                     WEFT_ERROR_SERIALIZATION, &error);
        assert_true(now_ms() - start < 5000);
        weft_result_close(result);
        assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
        assert_error(weft_execute_text(c, "UPDATE item SET amount = -1 WHERE id = 1", NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        weft_connection_close(c);
    }
}

static void a_stream_goes_on_while_its_own_connection_writes(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_result *result;
    int rows = 0;
    weft_connection *c = connect_with(f, (weft_connection_options){.timeout_ms = 1000});
    assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Item), .stream = true}, &result, &error), WEFT_OK,
                 &error);
    for (; weft_result_next(result, &error); rows++)
        if (rows < 2)
            assert_error(weft_execute_text(c, "UPDATE item SET amount = 50 WHERE id = 3", NULL, &error), WEFT_OK, &error);
    assert_int_equal(error.status, WEFT_OK);
    assert_int_equal(rows, 3);
    weft_result_close(result);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT amount FROM item WHERE id = 3", "50");
    weft_connection_close(c);
}

/* ---- waiting for a writer of another program ---- */

typedef struct holder {
    const char *path;
    pthread_barrier_t holds;
    const char *end; /* COMMIT or ROLLBACK, after some work */
    int rc;
} holder;

static void *hold_the_lock(void *context)
{
    holder *h = context;
    sqlite3 *db;
    h->rc = sqlite3_open(h->path, &db);
    (void)sqlite3_busy_timeout(db, 10000);
    if (h->rc == SQLITE_OK)
        h->rc = sqlite3_exec(db, "BEGIN IMMEDIATE; UPDATE item SET amount = amount + 1", NULL, NULL, NULL);
    pthread_barrier_wait(&h->holds);
    if (h->rc == SQLITE_OK)
        h->rc =
            sqlite3_exec(db,
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT sum(i) FROM n",
                         NULL, NULL, NULL);
    if (h->rc == SQLITE_OK)
        h->rc = sqlite3_exec(db, h->end, NULL, NULL, NULL);
    (void)sqlite3_close(db);
    return NULL;
}

/* Reads in a transaction above the default isolation, and writes rows while the holder has the lock. */
static weft_status read_then_write(fixture *f, int rows, const char *end, uint32_t timeout_ms)
{
    holder h = {.path = f->database.place, .end = end};
    pthread_t thread;
    weft_session *s =
        weft_session_open(f->engine, &(weft_session_options){.isolation = WEFT_ISOLATION_SERIALIZABLE, .timeout_ms = timeout_ms});
    assert_int_equal(weft_count_of(s, Item), test_database_integer(&f->database, "SELECT count(*) FROM item"));
    pthread_barrier_init(&h.holds, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, hold_the_lock, &h), 0);
    pthread_barrier_wait(&h.holds);
    for (int i = 0; i < rows; i++)
        weft_new(s, Item, .amount = i);
    weft_status status = weft_session_commit(s);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&h.holds);
    assert_int_equal(h.rc, SQLITE_OK);
    weft_session_close(s);
    return status;
}

static void above_the_default_isolation_a_writer_waits_for_another(void **state)
{
    fixture *f = *state;
    static const int rows[] = {1, 2, 70, 600};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_then_write(f, rows[i], "ROLLBACK", 30000), WEFT_OK);
        assert_int_equal(read_then_write(f, rows[i], "COMMIT", 30000), WEFT_ERROR_SERIALIZATION);
    }
    assert_rows(f, "SELECT count(*) FROM item", "676");
}

/* The lock is never given back: what ends the wait, and not before its time. */
static void the_wait_for_a_writer_ends_at_the_deadline_or_the_busy_timeout(void **state)
{
    fixture *f = *state;
    sqlite3 *db;
    char url[900];
    weft_error error;
    weft_engine *engine;
    (void)snprintf(url, sizeof url, "%s?busy_timeout=300", f->database.url);
    assert_error(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &purse}, &error), WEFT_OK, &error);
    assert_int_equal(sqlite3_open(f->database.place, &db), SQLITE_OK);
    for (int kind = 0; kind < 12; kind++) {
        weft_isolation isolation = kind % 2 == 0 ? WEFT_ISOLATION_DEFAULT : WEFT_ISOLATION_SERIALIZABLE;
        uint32_t timeout_ms = kind % 4 < 2 ? 0 : 150;
        weft_session *s = weft_session_open(engine, &(weft_session_options){.isolation = isolation, .timeout_ms = timeout_ms});
        (void)weft_count_of(s, Item);
        assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
        int64_t start = now_ms();
        if (kind < 4)
            for (int i = 0; i < 100; i++)
                weft_new(s, Item, .amount = 1);
        else if (kind < 8)
            (void)weft_session_execute_text(s, "UPDATE item SET amount = 1", NULL);
        else
            (void)weft_session_update(s, weft_update_of(Item, .set = weft_sets(weft_to(Item, amount, 1)), .all = true), NULL);
        (void)weft_session_flush(s);
        int64_t waited = now_ms() - start;
        assert_status(s, timeout_ms != 0 ? WEFT_ERROR_TIMEOUT : WEFT_ERROR_BUSY);
        assert_true(waited >= (timeout_ms != 0 ? 149 : 299));
        assert_true(waited < 3000);
        weft_session_close(s);
        assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    }
    (void)sqlite3_close(db);
    weft_engine_close(engine);
}

/* ---- reports ---- */

static void a_stream_that_stays_open_is_reported_with_the_wal_and_its_site(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_result *result;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.stream_warn_ms = 20});
    weft_connection *c;
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Item), .stream = true}, &result, &error), WEFT_OK,
                 &error);
    assert_true(weft_result_next(result, &error));
    for (int64_t until = now_ms() + 20000;
         test_recorder_messages(f->recorder, WEFT_LOG_GENERAL, "a stream of SQLite has been open") == 0 && now_ms() < until;)
        assert_true(sched_yield() == 0);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_GENERAL, "test_sqlite_reads.c:"), 1);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_GENERAL, "the WAL has"), 1);
    weft_result_close(result);
    weft_connection_close(c);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(reading_in_any_way_holds_up_no_writer),
        ON_BOTH(sessions_that_read_by_text_hold_up_no_writer),
        ON_BOTH(text_that_reads_keeps_no_state_and_no_lock),
        ON_SQLITE(a_write_upon_an_older_state_is_a_serialization_failure),
        ON_SQLITE(a_stream_goes_on_while_its_own_connection_writes),
        ON_SQLITE(above_the_default_isolation_a_writer_waits_for_another),
        ON_SQLITE(the_wait_for_a_writer_ends_at_the_deadline_or_the_busy_timeout),
        ON_SQLITE(a_stream_that_stays_open_is_reported_with_the_wal_and_its_site),
    };
    return cmocka_run_group_tests_name("SQLite's readers and writers", tests, NULL, NULL);
}
