/* Connections and their transactions: what begins one, what ends it, and what is left after an error. */
#include "fixtures/bank.h"

#define BALANCE(b) test_database_integer(&(b)->database, "SELECT coalesce(sum(balance), 0) FROM account")

static void first_write_begins_and_close_rolls_back_once(void **state)
{
    bank *b = *state;
    assert_false(weft_connection_in_transaction(b->c));
    bank_account(b, "ada", 10);
    assert_true(weft_connection_in_transaction(b->c));
    weft_connection_close(b->c);
    b->c = NULL;
    assert_true(TEST_STATEMENTS(b->recorder, "BEGIN", "INSERT INTO account …", "ROLLBACK"));
    assert_int_equal(BALANCE(b), 0);
}

static void commit_makes_rows_visible(void **state)
{
    bank *b = *state;
    bank_account(b, "ada", 10);
    assert_int_equal(BALANCE(b), 0);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(BALANCE(b), 10);
    assert_false(weft_connection_in_transaction(b->c));
}

static void commit_of_nothing_is_well(void **state)
{
    bank *b = *state;
    MUST(b, weft_connection_commit(b->c, &b->error));
    MUST(b, weft_connection_rollback(b->c, &b->error));
    assert_true(TEST_NO_STATEMENTS(b->recorder));
}

static void reads_send_no_begin_but_count_as_a_transaction(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    MUST(b,
         weft_connection_select(b->c, &(weft_rows_options){.from = &Account_model, .columns = weft_columns(weft_col(Account, id))},
                                &result, &b->error));
    weft_result_close(result);
    assert_true(weft_connection_in_transaction(b->c));
    assert_int_equal(weft_connection_begin(b->c, &b->error), WEFT_ERROR_MISUSE);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_true(TEST_STATEMENTS(b->recorder, "SELECT …"));
    MUST(b, weft_connection_begin(b->c, &b->error));
}

static void begin_twice_is_misuse(void **state)
{
    bank *b = *state;
    MUST(b, weft_connection_begin(b->c, &b->error));
    assert_int_equal(weft_connection_begin(b->c, &b->error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(b->error.message, "open already"));
    assert_true(b->error.nothing_sent);
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(BALANCE(b), 1);
}

static void savepoint_rolls_back_to_where_it_was_opened(void **state)
{
    bank *b = *state;
    bank_account(b, "one", 1);
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    bank_account(b, "two", 2);
    MUST(b, weft_connection_rollback_to(b->c, &b->error));
    bank_account(b, "three", 4);
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name FROM account ORDER BY name", "one\nthree");
    assert_true(TEST_STATEMENTS(b->recorder, "BEGIN", "INSERT …", "SAVEPOINT weft_1", "INSERT …",
                                "ROLLBACK TO SAVEPOINT weft_1; RELEASE SAVEPOINT weft_1", "INSERT …", "COMMIT"));
}

/* Else what is prepared would go with each transaction that has one. */
static void savepoints_leave_nothing_to_reset(void **state)
{
    bank *b = *state;
    weft_pool_stats before, after;
    MUST(b, weft_connection_rollback(b->c, &b->error));
    weft_connection_close(b->c);
    weft_engine_pool_stats(b->engine, &before);
    b->c = bank_connect(b, NULL);
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    bank_account(b, "bob", 2);
    MUST(b, weft_connection_rollback_to(b->c, &b->error));
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    bank_account(b, "cyd", 5);
    MUST(b, weft_connection_release(b->c, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    weft_connection_close(b->c);
    b->c = NULL;
    weft_engine_pool_stats(b->engine, &after);
    assert_int_equal(after.resets, before.resets);
    assert_int_equal(BALANCE(b), 6);
    b->c = bank_connect(b, NULL);
}

static void savepoints_nest(void **state)
{
    bank *b = *state;
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    bank_account(b, "one", 1);
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    bank_account(b, "two", 2);
    MUST(b, weft_connection_release(b->c, &b->error));
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    bank_account(b, "four", 4);
    MUST(b, weft_connection_rollback_to(b->c, &b->error));
    MUST(b, weft_connection_release(b->c, &b->error));
    assert_int_equal(weft_connection_release(b->c, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_rollback_to(b->c, &b->error), WEFT_ERROR_MISUSE);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(BALANCE(b), 3);
}

static void too_many_savepoints_are_refused(void **state)
{
    bank *b = *state;
    for (int i = 0; i < 64; i++)
        MUST(b, weft_connection_savepoint(b->c, &b->error));
    assert_int_equal(weft_connection_savepoint(b->c, &b->error), WEFT_ERROR_LIMIT);
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(BALANCE(b), 1);
}

static weft_status add_account(bank *b, const char *name)
{
    Account account = {.name = name, .code = "c"};
    return weft_insert_many(b->c, Account, &account, 1, NULL, &b->error);
}

static void a_failed_transaction_answers_its_cause_until_rollback(void **state)
{
    bank *b = *state;
    MUST(b, add_account(b, "ada"));
    assert_int_equal(add_account(b, "ada"), WEFT_ERROR_UNIQUE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(add_account(b, "bob"), WEFT_ERROR_UNIQUE);
        assert_non_null(strstr(b->error.message, "must be rolled back"));
        assert_true(b->error.nothing_sent);
    }
    assert_int_equal(weft_connection_savepoint(b->c, &b->error), WEFT_ERROR_UNIQUE);
    assert_int_equal(weft_connection_begin(b->c, &b->error), WEFT_ERROR_UNIQUE);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    MUST(b, add_account(b, "bob"));
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name FROM account", "bob");
}

static void commit_of_a_failed_transaction_says_it_was_rolled_back(void **state)
{
    bank *b = *state;
    MUST(b, add_account(b, "ada"));
    assert_int_equal(add_account(b, "ada"), WEFT_ERROR_UNIQUE);
    assert_int_equal(weft_connection_commit(b->c, &b->error), WEFT_ERROR_ROLLED_BACK);
    assert_int_equal(b->error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_false(weft_connection_in_transaction(b->c));
    MUST(b, add_account(b, "bob"));
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name FROM account", "bob");
}

static void an_error_inside_a_savepoint_is_undone_by_its_rollback(void **state)
{
    bank *b = *state;
    MUST(b, add_account(b, "ada"));
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    assert_int_equal(add_account(b, "ada"), WEFT_ERROR_UNIQUE);
    MUST(b, weft_connection_rollback_to(b->c, &b->error));
    MUST(b, add_account(b, "bob"));
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name FROM account ORDER BY name", "ada\nbob");
}

static void a_constraint_checked_at_commit_fails_the_commit(void **state)
{
    bank *b = *state;
    test_database_exec(&b->database, "CREATE TABLE parent (id integer PRIMARY KEY)");
    test_database_exec(&b->database, "CREATE TABLE child (parent_id integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)");
    MUST(b, weft_execute_text(b->c, "INSERT INTO child VALUES (1)", NULL, &b->error));
    assert_int_equal(weft_connection_commit(b->c, &b->error), WEFT_ERROR_FOREIGN_KEY);
    assert_true(weft_connection_in_transaction(b->c));
    assert_int_equal(weft_execute_text(b->c, "INSERT INTO parent VALUES (1)", NULL, &b->error), WEFT_ERROR_FOREIGN_KEY);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    MUST(b, weft_execute_text(b->c, "INSERT INTO parent VALUES (2)", NULL, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT (SELECT count(*) FROM child), (SELECT max(id) FROM parent)", "0|2");
}

static void autocommit_makes_each_statement_its_own(void **state)
{
    bank *b = *state;
    weft_connection_close(b->c);
    b->c = bank_connect(b, &(weft_connection_options){.autocommit = true});
    bank_account(b, "ada", 1);
    assert_false(weft_connection_in_transaction(b->c));
    assert_int_equal(BALANCE(b), 1);
    assert_int_equal(add_account(b, "ada"), WEFT_ERROR_UNIQUE);
    MUST(b, add_account(b, "bob"));
    assert_int_equal(weft_connection_savepoint(b->c, &b->error), WEFT_ERROR_MISUSE);
    MUST(b, weft_connection_begin(b->c, &b->error));
    bank_account(b, "cyd", 5);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    assert_int_equal(BALANCE(b), 1);
}

typedef struct Misread {
    int64_t name;
} Misread;
WEFT_ROW(Misread, WEFT_FIELD(Misread, name));

/* Who is told that it failed and not that it was done would do it again. */
static void autocommit_tells_that_a_statement_was_done_whose_rows_do_not_fit(void **state)
{
    bank *b = *state;
    Misread_list rows;
    weft_result *result;
    weft_connection_close(b->c);
    b->c = bank_connect(b, &(weft_connection_options){.autocommit = true});
    bank_account(b, "ada", 1);
    b->error = (weft_error){0};
    assert_int_equal(weft_fetch_text(b->c, Misread, &rows, &result, &b->error,
                                     "UPDATE account SET balance = balance + 1 RETURNING name", NULL),
                     WEFT_ERROR_SCHEMA);
    bool postgres = strcmp(weft_engine_driver(b->engine), "postgresql") == 0;
    assert_int_equal(b->error.outcome, postgres ? WEFT_OUTCOME_COMMITTED : WEFT_OUTCOME_UNKNOWN);
    assert_int_equal(BALANCE(b), 2);
}

typedef struct Exact {
    weft_decimal d;
} Exact;
WEFT_ROW(Exact, WEFT_FIELD(Exact, d));

static void a_value_of_another_type_comes_with_the_way_out(void **state)
{
    bank *b = *state;
    Exact_list exact;
    Misread_list misread;
    weft_result *result;
    assert_int_equal(weft_fetch_text(b->c, Exact, &exact, &result, &b->error, "SELECT CAST(1.5 AS double precision) AS d", NULL),
                     WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(b->error.hint, "weft_decimal_sum"));
    assert_int_equal(weft_fetch_text(b->c, Misread, &misread, &result, &b->error, "SELECT 'ada' AS name", NULL), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(b->error.hint, "convert the column"));
}

static void read_only_writes_nothing(void **state)
{
    bank *b = *state;
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    weft_connection *reader = bank_connect(b, &(weft_connection_options){.read_only = true});
    Account account = {.name = "bob", .code = "c"};
    assert_int_equal(weft_insert_many(reader, Account, &account, 1, NULL, &b->error), WEFT_ERROR_READ_ONLY);
    assert_int_equal(weft_execute_delete(reader, weft_delete_from(Account, .all = true), NULL, &b->error), WEFT_ERROR_READ_ONLY);
    MUST(b, weft_connection_rollback(reader, &b->error));
    assert_int_equal(weft_execute_text(reader, "DELETE FROM account", NULL, &b->error), WEFT_ERROR_READ_ONLY);
    MUST(b, weft_connection_rollback(reader, &b->error));
    weft_connection_close(reader);
    reader = bank_connect(b, &(weft_connection_options){.read_only = true, .autocommit = true});
    assert_int_equal(weft_execute_text(reader, " delete FROM account", NULL, &b->error), WEFT_ERROR_READ_ONLY);
    MUST(b, weft_execute_text(reader, "SELECT 1", NULL, &b->error));
    weft_connection_close(reader);
    assert_int_equal(BALANCE(b), 1);
}

static void isolation_is_asked_for_at_begin(void **state)
{
    bank *b = *state;
    weft_connection *c = bank_connect(b, &(weft_connection_options){.isolation = WEFT_ISOLATION_SERIALIZABLE, .read_only = true});
    weft_result *result = NULL;
    MUST(b, weft_connection_select(c, &(weft_rows_options){.from = &Account_model, .columns = weft_columns(weft_col(Account, id))},
                                   &result, &b->error));
    weft_result_close(result);
    if (b->server) {
        MUST(b,
             weft_connection_query(c, "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')",
                                   NULL, &result, &b->error));
        assert_true(weft_result_next(result, &b->error));
        assert_string_equal(weft_result_text(result, 0), "serializable");
        assert_string_equal(weft_result_text(result, 1), "on");
        weft_result_close(result);
    }
    assert_string_equal(test_recorder_text(b->recorder, 0), "BEGIN SERIALIZABLE READ ONLY");
    weft_connection_close(c);
}

static void text_that_names_a_transaction_is_misuse(void **state)
{
    bank *b = *state;
    static const char *const texts[] = {
        "BEGIN", " commit", "-- x\n ROLLBACK TO a", "/* a /* b */ */ savepoint a", "START TRANSACTION", "PREPARE TRANSACTION 'x'",
        ";END"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(weft_execute_text(b->c, texts[i], NULL, &b->error), WEFT_ERROR_MISUSE);
        assert_non_null(strstr(b->error.hint, "weft_connection_commit"));
    }
    assert_false(weft_connection_in_transaction(b->c));
    assert_true(TEST_NO_STATEMENTS(b->recorder));
}

static void session_state_of_text_does_not_reach_the_next_borrower(void **state)
{
    bank *b = *state;
    weft_connection_close(b->c);
    b->c = bank_connect(b, &(weft_connection_options){.autocommit = true});
    MUST(b, weft_execute_text(b->c, "SET application_name = 'left behind'", NULL, &b->error));
    weft_connection_close(b->c);
    for (int i = 0; i < 3; i++) {
        weft_result *result = NULL;
        b->c = bank_connect(b, NULL);
        MUST(b, weft_connection_query(b->c, "SELECT current_setting('application_name')", NULL, &result, &b->error));
        assert_true(weft_result_next(result, &b->error));
        assert_string_not_equal(weft_result_text(result, 0), "left behind");
        weft_result_close(result);
        weft_connection_close(b->c);
    }
    b->c = NULL;
}

static weft_pool_stats stats_of(const bank *b)
{
    weft_pool_stats stats;
    weft_engine_pool_stats(b->engine, &stats);
    return stats;
}

static void detached_connection_leaves_the_pool_and_ends_with_its_handle(void **state)
{
    bank *b = *state;
    bank_account(b, "ada", 10); /* in the middle of a transaction, which goes on */
    MUST(b, weft_connection_detach(b->c, &b->error));
    MUST(b, weft_connection_detach(b->c, &b->error));
    weft_pool_stats stats = stats_of(b);
    while (stats.connecting > 0) /* one that was asked for before may still come */
        stats = stats_of(b);
    assert_int_equal(stats.open + 1, stats.opened - stats.closed_total);
    assert_int_equal(stats_of(b).in_use, 0);
    bank_account(b, "bob", 5);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(BALANCE(b), 15);
    uint64_t returned = stats_of(b).closed_total;
    weft_connection_close(b->c);
    b->c = NULL;
    assert_int_equal(stats_of(b).closed_total, returned); /* not the pool's any more */
    assert_int_equal(stats_of(b).in_use, 0);
    assert_int_equal(weft_connection_detach(NULL, &b->error), WEFT_ERROR_MISUSE);
}

static void engine_is_not_freed_under_a_detached_connection(void **state)
{
    bank *b = *state;
    MUST(b, weft_connection_detach(b->c, &b->error));
    assert_int_equal(weft_engine_close_within(b->engine, 1000, &b->error), WEFT_ERROR_TIMEOUT);
    assert_non_null(strstr(b->error.message, "1 detached"));
    bank_account(b, "ada", 10);
    weft_connection_close(b->c); /* rolls back */
    b->c = NULL;
    b->engine = NULL;
    assert_int_equal(BALANCE(b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(first_write_begins_and_close_rolls_back_once),
        BANK_TEST(commit_makes_rows_visible),
        BANK_TEST(commit_of_nothing_is_well),
        BANK_TEST(reads_send_no_begin_but_count_as_a_transaction),
        BANK_TEST(begin_twice_is_misuse),
        BANK_TEST(savepoint_rolls_back_to_where_it_was_opened),
        BANK_TEST(savepoints_leave_nothing_to_reset),
        BANK_TEST(savepoints_nest),
        BANK_TEST(too_many_savepoints_are_refused),
        BANK_SERVER_TEST(a_failed_transaction_answers_its_cause_until_rollback),
        BANK_SERVER_TEST(commit_of_a_failed_transaction_says_it_was_rolled_back),
        BANK_TEST(an_error_inside_a_savepoint_is_undone_by_its_rollback),
        BANK_TEST(a_constraint_checked_at_commit_fails_the_commit),
        BANK_TEST(a_value_of_another_type_comes_with_the_way_out),
        BANK_TEST(autocommit_makes_each_statement_its_own),
        BANK_TEST(autocommit_tells_that_a_statement_was_done_whose_rows_do_not_fit),
        BANK_TEST(read_only_writes_nothing),
        BANK_TEST(isolation_is_asked_for_at_begin),
        BANK_TEST(text_that_names_a_transaction_is_misuse),
        BANK_SERVER_TEST(session_state_of_text_does_not_reach_the_next_borrower),
        BANK_TEST(detached_connection_leaves_the_pool_and_ends_with_its_handle),
        BANK_TEST(engine_is_not_freed_under_a_detached_connection),
    };
    return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
