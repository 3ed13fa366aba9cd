/* A stream that is cut or garbled in the middle, by a proxy that knows where messages begin. Whatever comes, the program is told
 * that the connection is no good, nothing crashes, no result is taken for complete that is not, and the pool replaces the
 * connection. */
#define _GNU_SOURCE
#include "postgres_support.h"
#include "proxy.h"

#include <weft/weft.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver

typedef struct place {
    test_database database;
    proxy proxy;
    weft_engine *engine;
} place;

static weft_engine *open_engine(place *p)
{
    char more[400], url[2048];
    weft_engine *engine = NULL;
    weft_error error;
    weft_engine_options options = {.pool = {.size = 1, .max_overflow = WEFT_NONE, .reset_timeout_ms = 100}};
    proxy_url(&p->proxy, more, sizeof more);
    (void)snprintf(url, sizeof url, "%s%s", p->database.url, more);
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return engine;
}

static int open_place(void **state)
{
    static place p;
    test_database_open(&p.database, TEST_POSTGRES);
    proxy_start(&p.proxy, NULL);
    p.engine = open_engine(&p);
    *state = &p;
    return 0;
}

static int close_place(void **state)
{
    place *p = *state;
    weft_engine_close(p->engine);
    proxy_stop(&p->proxy);
    test_database_drop(&p->database);
    return 0;
}

/* Runs a query and counts its rows; the second column of row i is i squared. */
static weft_status count_rows(weft_connection *connection, const char *sql, int *count, weft_error *error)
{
    weft_result *result = NULL;
    *count = 0;
    weft_status status = weft_connection_query(connection, sql, NULL, &result, error);
    if (status != WEFT_OK)
        return status;
    while (weft_result_next(result, error)) {
        int64_t i = 0, square = -1;
        if (weft_result_int64(result, 0, &i) && weft_result_int64(result, 1, &square))
            assert_int_equal(square, i * i);
        ++*count;
    }
    status = error->status;
    weft_result_close(result);
    return status;
}

static weft_connection *connect_to(place *p, uint32_t timeout_ms)
{
    weft_error error;
    weft_connection *connection = NULL;
    weft_connection_options options = {.timeout_ms = timeout_ms};
    if (weft_engine_connect(p->engine, &connection, &options, &error) != WEFT_OK)
        fail_msg("connect: %s", error.message);
    return connection;
}

/* A good answer from a connection that counts as one. */
static void expect_sound(place *p)
{
    weft_error error = {0};
    int count;
    weft_pool_stats stats;
    weft_connection *connection = connect_to(p, 20000);
    if (count_rows(connection, "SELECT i, i * i FROM generate_series(1, 7) AS i", &count, &error) != WEFT_OK)
        fail_msg("afterwards: %s", error.message);
    assert_int_equal(count, 7);
    weft_engine_pool_stats(p->engine, &stats);
    assert_int_equal(stats.open, 1);
    assert_int_equal(stats.in_use, 1);
    weft_connection_close(connection);
    weft_engine_pool_stats(p->engine, &stats);
    assert_int_equal(stats.in_use, 0);
}

#define FIFTY "SELECT i, i * i FROM generate_series(1, 50) AS i"

/* One fault in the answer to one statement; the rows that came. */
static weft_status run_with(place *p, proxy_fault fault, char type, uint32_t timeout_ms, int *count, weft_error *error)
{
    weft_connection *connection = connect_to(p, timeout_ms);
    int done = atomic_load(&p->proxy.done);
    memset(error, 0, sizeof *error);
    proxy_arm(&p->proxy, fault, type, type == 'D' ? 25 : 1);
    weft_status status = count_rows(connection, FIFTY, count, error);
    assert_int_equal(atomic_load(&p->proxy.done), done + 1);
    weft_connection_close(connection);
    return status;
}

static const char answers[] = {'1', '2', 'T', 'D', 'C', 'Z'}; /* the messages of one answer, in order */

static void a_cut_anywhere_is_a_lost_connection(void **state)
{
    place *p = *state;
    static const proxy_fault cuts[] = {PROXY_CUT, PROXY_CUT_INSIDE};
    weft_pool_stats before, after;
    for (size_t i = 0; i < PG_COUNT(cuts); i++)
        for (size_t k = 0; k < PG_COUNT(answers); k++) {
            weft_error error;
            int count;
            weft_engine_pool_stats(p->engine, &before);
            weft_status status = run_with(p, cuts[i], answers[k], 20000, &count, &error);
            if (status != WEFT_ERROR_DISCONNECTED || count != 0)
                fail_msg("cut %zu at %c: %s: %s, %d rows", i, answers[k], weft_status_name(status), error.message, count);
            assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
            assert_non_null(strstr(error.message, "lost"));
            expect_sound(p);
            weft_engine_pool_stats(p->engine, &after);
            assert_true(after.retired_broken + after.retired_generation > before.retired_broken + before.retired_generation);
        }
}

static void a_stream_that_stalls_ends_at_the_deadline(void **state)
{
    place *p = *state;
    for (size_t k = 0; k < PG_COUNT(answers); k++) {
        weft_error error;
        int count;
        weft_status status = run_with(p, PROXY_STALL, answers[k], 100, &count, &error);
        if (status != WEFT_ERROR_TIMEOUT || count != 0)
            fail_msg("stalled at %c: %s: %s, %d rows", answers[k], weft_status_name(status), error.message, count);
        expect_sound(p);
    }
}

/* What is certain for garbage: never a crash, never fewer rows as if they were all, and a sound connection afterwards. */
static void garbled_messages_harm_one_statement_at_most(void **state)
{
    place *p = *state;
    static const proxy_fault faults[] = {PROXY_SHORT, PROXY_LONG, PROXY_TYPE, PROXY_FIELDS, PROXY_TWICE};
    for (size_t i = 0; i < PG_COUNT(faults); i++)
        for (size_t k = 0; k < PG_COUNT(answers); k++) {
            weft_error error;
            int count;
            weft_status status = run_with(p, faults[i], answers[k], 300, &count, &error);
            bool known = status == WEFT_ERROR_DISCONNECTED || status == WEFT_ERROR_PROTOCOL || status == WEFT_ERROR_TIMEOUT;
            if (!known && !(status == WEFT_OK && count >= 50))
                fail_msg("fault %d at %c: %s: %s, %d rows", (int)faults[i], answers[k], weft_status_name(status), error.message,
                         count);
            expect_sound(p);
        }
}

static void a_length_that_cannot_be_is_found_at_once(void **state)
{
    place *p = *state;
    static const char types[] = {'C', 'Z', '1'}; /* none of these may be long */
    for (size_t k = 0; k < PG_COUNT(types); k++) {
        weft_error error;
        int count;
        weft_status status = run_with(p, PROXY_LONG, types[k], 60000, &count, &error);
        if (status != WEFT_ERROR_DISCONNECTED && status != WEFT_ERROR_PROTOCOL)
            fail_msg("%c: %s: %s", types[k], weft_status_name(status), error.message);
        expect_sound(p);
    }
}

static void a_commit_whose_answer_is_cut_off_has_an_unknown_outcome(void **state)
{
    place *p = *state;
    weft_error error = {0};
    test_database_exec(&p->database, "CREATE TABLE t (id int8)");
    weft_connection *connection = connect_to(p, 20000);
    assert_int_equal(weft_execute_text(connection, "INSERT INTO t VALUES (1)", NULL, &error), WEFT_OK);
    proxy_arm(&p->proxy, PROXY_CUT, 'C', 1);
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_false(weft_status_is_retryable(error.status));
    weft_connection_close(connection);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM t"), 1); /* and here it was committed */
    expect_sound(p);
}

static void a_login_that_is_cut_off_is_tried_again(void **state)
{
    place *p = *state;
    static const char messages[] = {'R', 'S', 'K', 'Z'};
    static const proxy_fault faults[] = {PROXY_CUT, PROXY_CUT_INSIDE, PROXY_SHORT, PROXY_TYPE};
    for (size_t i = 0; i < PG_COUNT(faults); i++)
        for (size_t k = 0; k < PG_COUNT(messages); k++) {
            weft_pool_stats stats;
            weft_engine_close(p->engine);
            p->engine = open_engine(p);
            proxy_arm(&p->proxy, faults[i], messages[k], 1);
            expect_sound(p);
            weft_engine_pool_stats(p->engine, &stats);
            if (stats.open_failures != 1)
                fail_msg("fault %d at %c: %llu failures", (int)faults[i], messages[k], (unsigned long long)stats.open_failures);
        }
}

/* Rows that were given out stay good; the end never comes as if it were one. */
static void rows_that_stream_end_with_an_error(void **state)
{
    place *p = *state;
    static const proxy_fault faults[] = {PROXY_CUT, PROXY_CUT_INSIDE, PROXY_SHORT, PROXY_FIELDS, PROXY_STALL};
    char more[400];
    proxy_url(&p->proxy, more, sizeof more);
    for (size_t i = 0; i < PG_COUNT(faults); i++) {
        pg_fixture f;
        wefti_statement statement = {.sql = FIFTY, .sql_size = strlen(FIFTY), .returns_rows = true};
        wefti_cursor *cursor = NULL;
        bool has_row = true;
        int rows = 0;
        pg_fixture_open(&f, NULL, more);
        proxy_arm(&p->proxy, faults[i], 'D', 25);
        weft_status status = DRIVER.execute(f.dbc, &statement, NULL, 0, true, wefti_deadline_after_ms(500), &cursor, &f.error);
        while (status == WEFT_OK && has_row) {
            status = DRIVER.step(cursor, &has_row, &f.error);
            rows += status == WEFT_OK && has_row;
        }
        if (status == WEFT_OK || rows >= 50)
            fail_msg("fault %d: %d rows as if they were all", (int)faults[i], rows);
        DRIVER.finish(cursor);
        assert_int_not_equal(DRIVER.state(f.dbc), WEFTI_TX_IDLE);
        pg_fixture_close(&f);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)
    const struct CMUnitTest tests[] = {
        TEST(a_cut_anywhere_is_a_lost_connection),
        TEST(a_stream_that_stalls_ends_at_the_deadline),
        TEST(garbled_messages_harm_one_statement_at_most),
        TEST(a_length_that_cannot_be_is_found_at_once),
        TEST(a_commit_whose_answer_is_cut_off_has_an_unknown_outcome),
        TEST(a_login_that_is_cut_off_is_tried_again),
        TEST(rows_that_stream_end_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
