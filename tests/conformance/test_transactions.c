/* Errors have the same status everywhere; transactions end as they are told to; a connection that is lost says so. */
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>

static const wefti_begin for_write = {.for_write = true};

static weft_error failing(backend *b, const char *sql)
{
    weft_error error = {0};
    assert_int_not_equal(run_on(b->dbc, sql, NULL, 0, &error), WEFT_OK);
    return error;
}

static void errors_have_the_same_status_everywhere(void **state)
{
    backend *b = *state;
    must(b, "CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    must(b, "CREATE TABLE child (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, age INTEGER CONSTRAINT adult CHECK (age "
            ">= 18), "
            "parent_id INTEGER REFERENCES parent (id))");
    must(b, "INSERT INTO child VALUES (1, 'ann', 20, NULL)");
    static const struct {
        const char *sql;
        weft_status status;
        const char *table, *column, *constraint;
    } cases[] = {
        {"INSERT INTO child VALUES (1, 'bob', 20, NULL)", WEFT_ERROR_UNIQUE, "child", NULL, NULL},
        {"INSERT INTO child VALUES (2, 'ann', 20, NULL)", WEFT_ERROR_UNIQUE, "child", NULL, NULL},
        {"INSERT INTO child VALUES (3, NULL, 20, NULL)", WEFT_ERROR_NOT_NULL, "child", "name", NULL},
        {"INSERT INTO child VALUES (4, 'eve', 5, NULL)", WEFT_ERROR_CHECK, NULL, NULL, "adult"},
        {"INSERT INTO child VALUES (5, 'tom', 20, 77)", WEFT_ERROR_FOREIGN_KEY, NULL, NULL, NULL},
        {"SELECT * FROM missing", WEFT_ERROR_NO_TABLE, NULL, NULL, NULL},
        {"SELECT missing FROM child", WEFT_ERROR_SQL, NULL, NULL, NULL},
        {"SELEKT 1", WEFT_ERROR_SQL, NULL, NULL, NULL},
        {"SELECT 1; SELECT 2", WEFT_ERROR_SQL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_error error = failing(b, cases[i].sql);
        if (error.status != cases[i].status)
            fail_msg("%s gave %s: %s", cases[i].sql, weft_status_identifier(error.status), error.message);
        assert_true(error.message[0] != '\0');
        if (cases[i].table != NULL)
            assert_string_equal(error.table, cases[i].table);
        if (cases[i].column != NULL)
            assert_string_equal(error.column, cases[i].column);
        if (cases[i].constraint != NULL)
            assert_string_equal(error.constraint, cases[i].constraint);
        assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    }
    assert_int_equal(integer(b, "SELECT count(*) FROM child"), 1);
}

static void values_never_appear_in_errors(void **state)
{
    backend *b = *state;
    must(b, "CREATE TABLE t (secret TEXT UNIQUE)");
    weft_value value = weft_value_text("canary-value");
    weft_error error = {0};
    assert_int_equal(run_on(b->dbc, "INSERT INTO t VALUES ($1)", &value, 1, &error), WEFT_OK);
    assert_int_equal(run_on(b->dbc, "INSERT INTO t VALUES ($1)", &value, 1, &error), WEFT_ERROR_UNIQUE);
    assert_null(strstr(error.message, "canary"));
    assert_null(strstr(error.hint, "canary"));
}

static void commit_keeps_and_rollback_drops(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(b->driver->begin(b->dbc, &for_write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_OPEN);
    must(b, "INSERT INTO t VALUES (1)");
    assert_int_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(b->driver->begin(b->dbc, &for_write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (2)");
    assert_int_equal(b->driver->rollback(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(b->driver->rollback(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 1);
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM t"), 1);
}

static void an_empty_transaction_commits(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    for (int isolation = WEFTI_ISOLATION_DEFAULT; isolation <= WEFTI_ISOLATION_SERIALIZABLE; isolation++) {
        wefti_begin begin = {.isolation = (wefti_isolation)isolation, .read_only = isolation % 2 == 0};
        assert_int_equal(b->driver->begin(b->dbc, &begin, WEFTI_NO_DEADLINE, &error), WEFT_OK);
        if (isolation > 1)
            assert_int_equal(integer(b, "SELECT 3"), 3);
        assert_int_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    }
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
}

static void a_read_only_transaction_does_not_write(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(b->driver->begin(b->dbc, &(wefti_begin){.read_only = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(failing(b, "INSERT INTO t VALUES (1)").status, WEFT_ERROR_READ_ONLY);
    assert_int_equal(b->driver->rollback(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (1)");
}

static void savepoints_undo_a_part(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n INTEGER PRIMARY KEY)");
    assert_int_equal(b->driver->begin(b->dbc, &for_write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (1)");
    must(b, "SAVEPOINT one");
    must(b, "INSERT INTO t VALUES (2)");
    assert_int_equal(failing(b, "INSERT INTO t VALUES (2)").status, WEFT_ERROR_UNIQUE);
    assert_int_equal(b->driver->state(b->dbc), b->failed_transactions ? WEFTI_TX_FAILED : WEFTI_TX_OPEN);
    must(b, "ROLLBACK TO SAVEPOINT one");
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_OPEN);
    must(b, "INSERT INTO t VALUES (3)");
    must(b, "RELEASE SAVEPOINT one");
    assert_int_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(b, "SELECT sum(n) FROM t"), 4);
}

static void commit_of_a_failed_transaction_is_no_success(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n INTEGER PRIMARY KEY)");
    assert_int_equal(b->driver->begin(b->dbc, &for_write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (1)");
    assert_int_equal(failing(b, "INSERT INTO t VALUES (1)").status, WEFT_ERROR_UNIQUE);
    if (b->failed_transactions) {
        assert_int_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_ROLLED_BACK);
        assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
        assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
    } else {
        assert_int_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
        assert_int_equal(integer(b, "SELECT count(*) FROM t"), 1);
    }
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
}

static void reset_rolls_back_what_is_open(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(b->driver->begin(b->dbc, &for_write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (1)");
    assert_int_equal(b->driver->reset(b->dbc, wefti_deadline_after_ms(10000), &error), WEFT_OK);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
    b->dbc->dirty = true;
    assert_int_equal(b->driver->reset(b->dbc, wefti_deadline_after_ms(10000), &error), b->resets ? WEFT_OK : WEFT_ERROR_MISUSE);
    assert_int_equal(b->dbc->dirty, !b->resets);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
}

static void two_writers_of_one_row_do_not_both_win(void **state)
{
    backend *b = *state;
    wefti_dbc *other = backend_connect(b);
    weft_error error = {0};
    must(b, "CREATE TABLE t (n INTEGER)");
    must(b, "INSERT INTO t VALUES (0)");
    wefti_begin begin = {.for_write = true, .isolation = WEFTI_ISOLATION_SERIALIZABLE};
    assert_int_equal(b->driver->begin(b->dbc, &begin, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "UPDATE t SET n = n + 1");
    weft_status status = b->driver->begin(other, &begin, wefti_deadline_after_ms(50), &error);
    if (status == WEFT_OK) {
        wefti_statement *update = statement_of(0, "UPDATE t SET n = n + 1", 0, false);
        wefti_cursor *cursor;
        update->writes = true;
        status = b->driver->execute(other, update, NULL, 0, false, wefti_deadline_after_ms(50), &cursor, &error);
    }
    assert_int_equal(status, WEFT_ERROR_TIMEOUT);
    assert_int_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    (void)b->driver->recover(other, wefti_deadline_after_ms(10000), &error);
    b->driver->close(other);
    assert_int_equal(integer(b, "SELECT n FROM t"), 1);
}

/* Ends the connection's server process from outside and waits until it is gone. */
static void kill_connection(backend *b)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 10000)", (long long)integer(b, "SELECT pg_backend_pid()"));
    free(test_database_rows(&b->database, sql));
}

static void a_killed_idle_connection_is_noticed_without_a_round_trip(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    if (!b->server)
        return;
    kill_connection(b);
    assert_false(b->driver->alive(b->dbc, &error));
    assert_int_equal(error.status, WEFT_ERROR_DISCONNECTED);
    assert_string_equal(error.sqlstate, b->loss_code ? "57P01" : "");
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_BROKEN);
    assert_int_equal(run_on(b->dbc, "SELECT 1", NULL, 0, &error), WEFT_ERROR_DISCONNECTED);
    assert_true(error.nothing_sent);
}

static void a_connection_killed_in_a_transaction_rolls_it_back(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    if (!b->server)
        return;
    must(b, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(b->driver->begin(b->dbc, &for_write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (1)");
    kill_connection(b);
    assert_int_equal(run_on(b->dbc, "INSERT INTO t VALUES (2)", NULL, 0, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_BROKEN);
    assert_int_not_equal(b->driver->commit(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM t"), 0);
}

static void a_connection_killed_in_a_statement_is_lost(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    if (!b->server)
        return;
    assert_int_equal(run_on(b->dbc, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, 0, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_BROKEN);
    assert_false(b->driver->alive(b->dbc, &error));
}

#define TRANSACTION_TESTS(kind) \
    BACKEND_TEST(errors_have_the_same_status_everywhere, kind), BACKEND_TEST(values_never_appear_in_errors, kind), \
        BACKEND_TEST(commit_keeps_and_rollback_drops, kind), BACKEND_TEST(an_empty_transaction_commits, kind), \
        BACKEND_TEST(a_read_only_transaction_does_not_write, kind), BACKEND_TEST(savepoints_undo_a_part, kind), \
        BACKEND_TEST(commit_of_a_failed_transaction_is_no_success, kind), BACKEND_TEST(reset_rolls_back_what_is_open, kind), \
        BACKEND_TEST(two_writers_of_one_row_do_not_both_win, kind), \
        BACKEND_TEST(a_killed_idle_connection_is_noticed_without_a_round_trip, kind), \
        BACKEND_TEST(a_connection_killed_in_a_transaction_rolls_it_back, kind), \
        BACKEND_TEST(a_connection_killed_in_a_statement_is_lost, kind)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TRANSACTION_TESTS(TEST_SQLITE)};
    const struct CMUnitTest postgres[] = {TRANSACTION_TESTS(TEST_POSTGRES)};
    const struct CMUnitTest memory[] = {TRANSACTION_TESTS(TEST_MEMORY)};
    const struct CMUnitTest least[] = {TRANSACTION_TESTS(TEST_LEAST)};
    const struct CMUnitTest wire[] = {TRANSACTION_TESTS(TEST_WIRE)};
    int failed = cmocka_run_group_tests_name("transactions on SQLite", sqlite, NULL, NULL);
    failed += cmocka_run_group_tests_name("transactions on PostgreSQL", postgres, NULL, NULL);
    failed += cmocka_run_group_tests_name("transactions with a driver of the program's own", memory, NULL, NULL);
    failed += cmocka_run_group_tests_name("transactions with the least of a driver", least, NULL, NULL);
    return failed + cmocka_run_group_tests_name("transactions with a driver of the program's own on PostgreSQL", wire, NULL, NULL);
}
