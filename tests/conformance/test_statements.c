/* Running statements: rows changed, batches, prepared statements and their eviction, streams, scripts, deadlines. */
#include "backend.h"

#include <stdio.h>

static void changed_rows_are_those_of_the_statement(void **state)
{
    backend *b = *state;
    static const struct {
        const char *sql;
        uint64_t changed;
    } cases[] = {
        {"CREATE TABLE t (n INTEGER)", 0},
        {"INSERT INTO t VALUES (1), (2), (3)", 3},
        {"UPDATE t SET n = n", 3},
        {"UPDATE t SET n = 5 WHERE n > 100", 0},
        {"DELETE FROM t WHERE n = 1", 1},
        {"CREATE INDEX i ON t (n)", 0},
        {"INSERT INTO t SELECT 9 WHERE 1 = 0", 0},
        {"DELETE FROM t", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wefti_statement *statement = statement_of(0, cases[i].sql, 0, false);
        wefti_cursor *cursor;
        weft_error error = {0};
        statement->writes = true;
        if (b->driver->execute(b->dbc, statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error) != WEFT_OK)
            fail_msg("%s: %s", cases[i].sql, error.message);
        assert_int_equal(cursor->changed_rows, cases[i].changed);
        b->driver->finish(cursor);
    }
}

static void returned_rows_of_a_write_are_read_and_it_is_kept(void **state)
{
    backend *b = *state;
    must(b, "CREATE TABLE t (n INTEGER)");
    wefti_statement *insert = statement_of(11, "INSERT INTO t VALUES (1), (2), (3) RETURNING n", 0, true);
    insert->writes = true;
    wefti_cursor *cursor;
    bool has_row = true;
    weft_error error = {0};
    assert_int_equal(b->driver->execute(b->dbc, insert, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    int rows = 0;
    while (b->driver->step(cursor, &has_row, &error) == WEFT_OK && has_row)
        rows++;
    assert_int_equal(rows, 3);
    assert_int_equal(cursor->changed_rows, 3);
    b->driver->finish(cursor);
    assert_int_equal(b->driver->execute(b->dbc, insert, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
    b->driver->finish(cursor); /* in the middle of its rows */
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 6);
}

static uint32_t retained, released;

static void count_retain(const wefti_statement *statement)
{
    (void)statement;
    retained++;
}

static void count_release(const wefti_statement *statement)
{
    (void)statement;
    released++;
}

static void prepared_statements_are_bounded_and_released(void **state)
{
    backend *b = *state;
    enum { COUNT = 40 };
    static char texts[COUNT][40];
    static wefti_statement statements[COUNT];
    wefti_driver_options options = {.prepared_limit = 8};
    wefti_target target;
    wefti_dbc *dbc;
    weft_error error = {0};
    retained = released = 0;
    assert_int_equal(wefti_driver_target(b->driver, b->database.url, &options, &target, &error), WEFT_OK);
    assert_int_equal(b->driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_OK);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "SELECT %d + $1", i);
        statements[i] = *statement_of(1000 + (uint64_t)i, texts[i], 1, true);
        statements[i].retain = count_retain;
        statements[i].release = count_release;
    }
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < COUNT; i += 1 + round) {
            weft_value one = weft_value_int64(1);
            wefti_cursor *cursor;
            bool has_row;
            if (b->driver->execute(dbc, &statements[i], &one, 1, false, WEFTI_NO_DEADLINE, &cursor, &error) != WEFT_OK)
                fail_msg("%s", error.message);
            assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
            assert_true(has_row && cursor->row[0].as.i == i + 1);
            b->driver->finish(cursor);
            assert_true(retained - released <= 8);
        }
    if (b->driver->forget != NULL)
        b->driver->forget(dbc, statements[COUNT - 1].id);
    b->driver->close(dbc);
    assert_int_equal(retained, released);
    assert_true(b->prepares ? retained > COUNT : retained == 0);
    b->driver->target_free(&target);
}

typedef struct seen {
    size_t count;
    int64_t sum;
    bool in_order;
    size_t last;
} seen;

static weft_status see_row(void *context, size_t index, const weft_value *row, uint16_t column_count, weft_error *error)
{
    seen *s = context;
    (void)error;
    assert_int_equal(column_count, 1);
    s->in_order = s->in_order && (s->count == 0 || index == s->last + 1);
    s->last = index;
    s->count++;
    s->sum += row[0].as.i;
    return WEFT_OK;
}

static void a_batch_runs_once_per_row_of_parameters(void **state)
{
    backend *b = *state;
    enum { COUNT = 3000 };
    static struct {
        int64_t n;
        const char *name;
        weft_opt_int32 extra;
    } rows[COUNT];
    static uint32_t each[COUNT];
    static const uint16_t types[] = {WEFT_INT64, WEFT_TEXT, WEFT_INT32};
    seen s = {.in_order = true};
    uint64_t changed = 0;
    size_t failed = 0;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n BIGINT, name TEXT, extra INTEGER)");
    for (int i = 0; i < COUNT; i++) {
        rows[i].n = i;
        rows[i].name = i % 3 == 0 ? NULL : "name";
        rows[i].extra = (weft_opt_int32){i % 2 == 0, i};
    }
    wefti_array parameters[3] = {
        {.type = WEFT_INT64, .count = COUNT, .base = &rows[0].n, .stride = sizeof rows[0]},
        {.type = WEFT_TEXT, .count = COUNT, .base = &rows[0].name, .stride = sizeof rows[0]},
        {.type = WEFT_INT32 + WEFT_OPT, .count = COUNT, .base = &rows[0].extra, .stride = sizeof rows[0]},
    };
    wefti_statement *insert = statement_of(21, "INSERT INTO t VALUES ($1, $2, $3) RETURNING n", 3, true);
    insert->writes = true;
    insert->parameter_types = types;
    weft_status status =
        b->driver->execute_many(b->dbc, insert, parameters, COUNT, see_row, &s, WEFTI_NO_DEADLINE, &changed, each, &failed, &error);
    if (status != WEFT_OK)
        fail_msg("%s", error.message);
    assert_true(s.count == COUNT && s.in_order && s.sum == (int64_t)COUNT * (COUNT - 1) / 2);
    assert_int_equal(changed, COUNT);
    assert_int_equal(integer(b, "SELECT count(*) FROM t WHERE name IS NULL"), COUNT / 3);
    assert_int_equal(integer(b, "SELECT sum(extra) FROM t WHERE extra = n"), (COUNT / 2) * (COUNT / 2 - 1));
    wefti_statement *update = statement_of(22, "UPDATE t SET name = $2 WHERE n = $1", 2, false);
    update->writes = true;
    rows[5].n = -1; /* no such row */
    status =
        b->driver->execute_many(b->dbc, update, parameters, 10, NULL, NULL, WEFTI_NO_DEADLINE, &changed, each, &failed, &error);
    assert_int_equal(status, WEFT_OK);
    assert_int_equal(changed, 9);
    assert_true(each[4] == 1 && each[5] == 0 && each[6] == 1);
}

static void a_batch_names_the_row_that_failed(void **state)
{
    backend *b = *state;
    int64_t values[20];
    size_t failed = 99;
    uint64_t changed = 0;
    weft_error error = {0};
    must(b, "CREATE TABLE t (n BIGINT PRIMARY KEY)");
    for (int i = 0; i < 20; i++)
        values[i] = i == 13 ? 4 : i;
    wefti_array parameter = {.type = WEFT_INT64, .count = 20, .base = values, .stride = sizeof *values};
    wefti_statement *insert = statement_of(23, "INSERT INTO t VALUES ($1)", 1, false);
    insert->writes = true;
    assert_int_equal(b->driver->begin(b->dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(b->driver->execute_many(b->dbc, insert, &parameter, 20, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, &failed,
                                             &error),
                     WEFT_ERROR_UNIQUE);
    assert_int_equal(failed, 13);
    assert_int_equal(b->driver->rollback(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
    assert_int_equal(b->driver->execute_many(b->dbc, insert, &parameter, 0, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, &failed,
                                             &error),
                     WEFT_OK);
    assert_int_equal(changed, 0);
}

static void a_batch_outside_a_transaction_is_all_or_nothing(void **state)
{
    backend *b = *state;
    int64_t values[3000];
    weft_error error = {0};
    must(b, "CREATE TABLE t (n BIGINT PRIMARY KEY)");
    for (int i = 0; i < 3000; i++)
        values[i] = i == 2999 ? 0 : i;
    wefti_array parameter = {.type = WEFT_INT64, .count = 3000, .base = values, .stride = sizeof *values};
    wefti_statement *insert = statement_of(25, "INSERT INTO t VALUES ($1)", 1, false);
    insert->writes = true;
    assert_int_equal(b->driver->execute_many(b->dbc, insert, &parameter, 3000, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL,
                                             &error),
                     WEFT_ERROR_UNIQUE);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
    values[2999] = 2999;
    assert_int_equal(b->driver->execute_many(b->dbc, insert, &parameter, 3000, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL,
                                             &error),
                     WEFT_OK);
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM t"), 3000);
}

static void a_batch_refuses_a_bad_text_and_names_its_row(void **state)
{
    backend *b = *state;
    const char *texts[] = {"good", "also good", "bad \xff", "good"};
    size_t failed = 99;
    weft_error error = {0};
    must(b, "CREATE TABLE t (s TEXT)");
    wefti_array parameter = {.type = WEFT_TEXT, .count = 4, .base = texts, .stride = sizeof *texts};
    wefti_statement *insert = statement_of(24, "INSERT INTO t VALUES ($1)", 1, false);
    insert->writes = true;
    assert_int_equal(b->driver->begin(b->dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(b->driver->execute_many(b->dbc, insert, &parameter, 4, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, &failed,
                                             &error),
                     WEFT_ERROR_DATA);
    assert_int_equal(failed, 2);
    assert_int_equal(b->driver->rollback(b->dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
}

static void a_stream_gives_all_rows_and_may_be_left_early(void **state)
{
    backend *b = *state;
    wefti_statement *select =
        statement_of(31, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) SELECT n FROM c", 0,
                     true);
    wefti_cursor *cursor;
    bool has_row = true;
    weft_error error = {0};
    int64_t sum = 0;
    assert_int_equal(b->driver->execute(b->dbc, select, NULL, 0, true, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    while (b->driver->step(cursor, &has_row, &error) == WEFT_OK && has_row)
        sum += cursor->row[0].as.i;
    assert_true(sum == INT64_C(20000) * 20001 / 2);
    b->driver->finish(cursor);
    assert_int_equal(b->driver->execute(b->dbc, select, NULL, 0, true, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
    b->driver->finish(cursor);
    if (b->driver->state(b->dbc) == WEFTI_TX_ACTIVE)
        assert_int_equal(b->driver->recover(b->dbc, wefti_deadline_after_ms(10000), &error), WEFT_OK);
    assert_int_equal(integer(b, "SELECT 5"), 5);
}

static void results_stay_apart_while_several_are_open(void **state)
{
    backend *b = *state;
    if (b->driver->one_cursor)
        return;
    wefti_statement *select =
        statement_of(41, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT n * $1 FROM c", 1,
                     true);
    wefti_cursor *cursors[3];
    weft_error error = {0};
    bool has_row;
    for (int i = 0; i < 3; i++) {
        weft_value factor = weft_value_int64(i + 1);
        assert_int_equal(b->driver->execute(b->dbc, select, &factor, 1, false, WEFTI_NO_DEADLINE, &cursors[i], &error), WEFT_OK);
    }
    for (int row = 1; row <= 5; row++)
        for (int i = 0; i < 3; i++) {
            assert_int_equal(b->driver->step(cursors[i], &has_row, &error), WEFT_OK);
            assert_true(has_row && cursors[i]->row[0].as.i == row * (i + 1));
        }
    for (int i = 0; i < 3; i++)
        b->driver->finish(cursors[i]);
}

static void a_script_runs_statement_by_statement(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    assert_int_equal(b->driver->execute_script(b->dbc,
                                               "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);",
                                               WEFTI_NO_DEADLINE, &error),
                     WEFT_OK);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 2);
    assert_int_equal(b->driver->execute_script(b->dbc, "", WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(b->driver->execute_script(b->dbc, "SELECT 1; SELEKT 2", WEFTI_NO_DEADLINE, &error), WEFT_ERROR_SQL);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 2);
}

static void an_endless_statement_meets_its_deadline(void **state)
{
    backend *b = *state;
    wefti_statement *endless = statement_of(0, b->endless, 0, true);
    wefti_cursor *cursor;
    weft_error error = {0};
    bool has_row = false;
    int64_t start = wefti_now_ns();
    weft_status status = b->driver->execute(b->dbc, endless, NULL, 0, false, wefti_deadline_after_ms(60), &cursor, &error);
    if (status == WEFT_OK)
        status = b->driver->step(cursor, &has_row, &error);
    b->driver->finish(cursor);
    int64_t passed = wefti_now_ns() - start;
    assert_int_equal(status, WEFT_ERROR_TIMEOUT);
    assert_true(passed >= 60 * (int64_t)WEFTI_NS_PER_MS && passed < 5000 * (int64_t)WEFTI_NS_PER_MS);
    wefti_tx_state after = b->driver->state(b->dbc);
    assert_true(after == WEFTI_TX_ACTIVE || after == WEFTI_TX_IDLE);
    assert_int_equal(b->driver->recover(b->dbc, wefti_deadline_after_ms(20000), &error), WEFT_OK);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(integer(b, "SELECT 7"), 7);
}

static void a_deadline_in_a_transaction_keeps_nothing_of_it(void **state)
{
    backend *b = *state;
    char sql[300];
    weft_error error = {0};
    wefti_cursor *cursor;
    bool has_row;
    must(b, "CREATE TABLE t (n BIGINT)");
    (void)snprintf(sql, sizeof sql, "INSERT INTO t SELECT * FROM (%s) AS endless", b->endless);
    assert_int_equal(b->driver->begin(b->dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(b, "INSERT INTO t VALUES (1)");
    wefti_statement *endless = statement_of(0, sql, 0, false);
    endless->writes = true;
    weft_status status = b->driver->execute(b->dbc, endless, NULL, 0, false, wefti_deadline_after_ms(60), &cursor, &error);
    if (status == WEFT_OK)
        status = b->driver->step(cursor, &has_row, &error);
    b->driver->finish(cursor);
    assert_int_equal(status, WEFT_ERROR_TIMEOUT);
    assert_int_not_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(b->driver->recover(b->dbc, wefti_deadline_after_ms(20000), &error), WEFT_OK);
    assert_int_equal(b->driver->reset(b->dbc, wefti_deadline_after_ms(20000), &error), WEFT_OK);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
}

static void a_passed_deadline_sends_nothing(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    wefti_statement *statement = statement_of(0, "CREATE TABLE never (n INTEGER)", 0, false);
    wefti_cursor *cursor;
    assert_int_equal(b->driver->execute(b->dbc, statement, NULL, 0, false, wefti_now_ns() - 1, &cursor, &error),
                     WEFT_ERROR_TIMEOUT);
    assert_null(cursor);
    assert_true(error.nothing_sent);
    assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    assert_int_equal(run(b, "SELECT * FROM never"), WEFT_ERROR_NO_TABLE);
}

static void ping_and_alive_say_that_it_stands(void **state)
{
    backend *b = *state;
    weft_error error = {0};
    assert_true(b->driver->alive(b->dbc, &error));
    assert_int_equal(b->driver->ping(b->dbc, wefti_deadline_after_ms(10000), &error), WEFT_OK);
    assert_int_equal(b->driver->reset(b->dbc, wefti_deadline_after_ms(10000), &error), WEFT_OK);
    assert_true(b->driver->parameter_limit(b->dbc) >= 999);
    b->driver->finish(NULL);
}

#define STATEMENT_TESTS(kind) \
    BACKEND_TEST(changed_rows_are_those_of_the_statement, kind), \
        BACKEND_TEST(returned_rows_of_a_write_are_read_and_it_is_kept, kind), \
        BACKEND_TEST(prepared_statements_are_bounded_and_released, kind), \
        BACKEND_TEST(a_batch_runs_once_per_row_of_parameters, kind), BACKEND_TEST(a_batch_names_the_row_that_failed, kind), \
        BACKEND_TEST(a_batch_refuses_a_bad_text_and_names_its_row, kind), \
        BACKEND_TEST(a_batch_outside_a_transaction_is_all_or_nothing, kind), \
        BACKEND_TEST(a_stream_gives_all_rows_and_may_be_left_early, kind), \
        BACKEND_TEST(results_stay_apart_while_several_are_open, kind), BACKEND_TEST(a_script_runs_statement_by_statement, kind), \
        BACKEND_TEST(an_endless_statement_meets_its_deadline, kind), \
        BACKEND_TEST(a_deadline_in_a_transaction_keeps_nothing_of_it, kind), BACKEND_TEST(a_passed_deadline_sends_nothing, kind), \
        BACKEND_TEST(ping_and_alive_say_that_it_stands, kind)

int main(void)
{
    const struct CMUnitTest sqlite[] = {STATEMENT_TESTS(TEST_SQLITE)};
    const struct CMUnitTest postgres[] = {STATEMENT_TESTS(TEST_POSTGRES)};
    const struct CMUnitTest memory[] = {STATEMENT_TESTS(TEST_MEMORY)};
    const struct CMUnitTest least[] = {STATEMENT_TESTS(TEST_LEAST)};
    const struct CMUnitTest wire[] = {STATEMENT_TESTS(TEST_WIRE)};
    int failed = cmocka_run_group_tests_name("statements on SQLite", sqlite, NULL, NULL);
    failed += cmocka_run_group_tests_name("statements on PostgreSQL", postgres, NULL, NULL);
    failed += cmocka_run_group_tests_name("statements with a driver of the program's own", memory, NULL, NULL);
    failed += cmocka_run_group_tests_name("statements with the least of a driver", least, NULL, NULL);
    return failed + cmocka_run_group_tests_name("statements with a driver of the program's own on PostgreSQL", wire, NULL, NULL);
}
