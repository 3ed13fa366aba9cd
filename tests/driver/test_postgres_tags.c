/* The command tag of a statement that was not sent as transaction control: a lexer that missed it is found out by the answer. */
#define _POSIX_C_SOURCE 200809L
#include "postgres_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver

static weft_status run_text(wefti_dbc *dbc, const char *sql, weft_error *error)
{
    wefti_statement text = {.sql = sql, .sql_size = strlen(sql), .returns_rows = true, .writes = true, .text = true};
    wefti_cursor *cursor;
    weft_status status = DRIVER.execute(dbc, &text, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, error);
    DRIVER.finish(cursor);
    return status;
}

/* inside: statements of the transaction went before, so that the text is sent plain; else BEGIN goes with it in a pipeline. */
static void expect_found_out(pg_fixture *f, const char *sql, bool inside, weft_outcome outcome, int rows)
{
    weft_error error = {0};
    wefti_dbc *dbc = pg_connect(f);
    pg_run(f, "DELETE FROM t");
    assert_int_equal(DRIVER.begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    if (inside) {
        assert_int_equal(run_text(dbc, "INSERT INTO t VALUES (1)", &error), WEFT_OK);
        assert_int_equal(DRIVER.execute_script(dbc, "SAVEPOINT a", WEFTI_NO_DEADLINE, &error), WEFT_OK);
    }
    assert_int_equal(run_text(dbc, sql, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(error.outcome, outcome);
    assert_int_equal(DRIVER.state(dbc), WEFTI_TX_BROKEN);
    assert_int_not_equal(run_text(dbc, "INSERT INTO t VALUES (2)", &error), WEFT_OK);
    assert_int_not_equal(DRIVER.commit(dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    DRIVER.close(dbc);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), rows);
}

static void transaction_control_is_told_by_its_tag_and_ends_the_connection(void **state)
{
    pg_fixture *f = *state;
    static const struct {
        const char *sql;
        weft_outcome outcome;
        int rows;
    } texts[] = {
        {"COMMIT", WEFT_OUTCOME_COMMITTED, 1},           {"END", WEFT_OUTCOME_COMMITTED, 1},
        {"COMMIT AND CHAIN", WEFT_OUTCOME_COMMITTED, 1}, {"ROLLBACK", WEFT_OUTCOME_ROLLED_BACK, 0},
        {"ROLLBACK TO a", WEFT_OUTCOME_ROLLED_BACK, 0},  {"ROLLBACK AND CHAIN", WEFT_OUTCOME_ROLLED_BACK, 0},
        {"RELEASE a", WEFT_OUTCOME_ROLLED_BACK, 0},      {"SAVEPOINT b", WEFT_OUTCOME_ROLLED_BACK, 0},
        {"BEGIN", WEFT_OUTCOME_ROLLED_BACK, 0},          {"START TRANSACTION", WEFT_OUTCOME_ROLLED_BACK, 0},
    };
    pg_run(f, "CREATE TABLE t (n integer)");
    for (size_t i = 0; i < PG_COUNT(texts); i++)
        expect_found_out(f, texts[i].sql, true, texts[i].outcome, texts[i].rows);
    expect_found_out(f, "COMMIT", false, WEFT_OUTCOME_COMMITTED, 0);
    expect_found_out(f, "COMMIT AND CHAIN", false, WEFT_OUTCOME_COMMITTED, 0);
    expect_found_out(f, "ROLLBACK", false, WEFT_OUTCOME_ROLLED_BACK, 0);
    expect_found_out(f, "SAVEPOINT b", false, WEFT_OUTCOME_ROLLED_BACK, 0);
}

static void prepared_statements_are_believed_no_more_than_text(void **state)
{
    static const uint16_t no_types[1] = {0};
    pg_fixture *f = *state;
    weft_error error = {0};
    wefti_cursor *cursor;
    wefti_dbc *dbc = pg_connect(f);
    wefti_statement statement = {.id = 77, .sql = "COMMIT", .sql_size = 6, .parameter_types = no_types, .writes = true};
    assert_int_equal(DRIVER.begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(run_text(dbc, "SELECT 1", &error), WEFT_OK);
    assert_int_equal(DRIVER.execute(dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(DRIVER.state(dbc), WEFTI_TX_BROKEN);
    DRIVER.close(dbc);
    dbc = pg_connect(f);
    assert_int_equal(DRIVER.begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    size_t failed;
    assert_int_equal(DRIVER.execute_many(dbc, &statement, NULL, 3, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, &failed, &error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(DRIVER.state(dbc), WEFTI_TX_BROKEN);
    DRIVER.close(dbc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(transaction_control_is_told_by_its_tag_and_ends_the_connection, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(prepared_statements_are_believed_no_more_than_text, pg_setup, pg_teardown),
    };
    return cmocka_run_group_tests_name("command tags", tests, NULL, NULL);
}
