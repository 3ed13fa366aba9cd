/* What goes wrong outside: connections that die, statements that take too long, memory that runs out. */
#include "fixtures/bank.h"

#include "base/memory.h"

static int64_t backend_of(bank *b, weft_connection *c)
{
    weft_result *result = NULL;
    int64_t pid = 0;
    MUST(b, weft_connection_query(c, "SELECT pg_backend_pid()", NULL, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_true(weft_result_int64(result, 0, &pid));
    weft_result_close(result);
    return pid;
}

/* The server tells the client when the backend is gone for good. */
static void kill_backend(bank *b, int64_t pid)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 5000)", (long long)pid);
    free(test_database_rows(&b->database, sql));
}

static void a_backend_killed_in_a_transaction_ends_it_and_the_next_goes_on(void **state)
{
    bank *b = *state;
    bank_account(b, "ada", 1);
    kill_backend(b, backend_of(b, b->c));
    assert_int_equal(weft_execute_text(b->c, "UPDATE account SET balance = 2", NULL, &b->error), WEFT_ERROR_DISCONNECTED);
    assert_true(weft_status_is_retryable(b->error.status));
    assert_int_equal(weft_execute_text(b->c, "SELECT 1", NULL, &b->error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(weft_connection_savepoint(b->c, &b->error), WEFT_ERROR_DISCONNECTED);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    bank_account(b, "bob", 2);
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name FROM account", "bob");
}

static void a_commit_after_the_loss_reports_the_rollback(void **state)
{
    bank *b = *state;
    bank_account(b, "ada", 1);
    kill_backend(b, backend_of(b, b->c));
    assert_int_equal(weft_execute_text(b->c, "SELECT 1", NULL, &b->error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(weft_connection_commit(b->c, &b->error), WEFT_ERROR_ROLLED_BACK);
    bank_account(b, "bob", 2);
    MUST(b, weft_connection_commit(b->c, &b->error));
}

/* A trigger that waits for COMMIT ends its own backend there: the client cannot know how far the server came. */
static void a_loss_during_commit_leaves_the_outcome_unknown(void **state)
{
    bank *b = *state;
    test_database_exec(&b->database, "CREATE FUNCTION end_backend() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                                     "pg_terminate_backend(pg_backend_pid()); "
                                     "RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON account DEFERRABLE "
                                     "INITIALLY DEFERRED FOR EACH ROW "
                                     "EXECUTE FUNCTION end_backend()");
    bank_account(b, "ada", 1);
    assert_int_equal(weft_connection_commit(b->c, &b->error), WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(b->error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_false(weft_status_is_retryable(b->error.status));
    assert_int_equal(weft_execute_text(b->c, "SELECT 1", NULL, &b->error), WEFT_ERROR_OUTCOME_UNKNOWN);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    MUST(b, weft_execute_text(b->c, "DROP TRIGGER at_commit ON account", NULL, &b->error));
    bank_account(b, "bob", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name FROM account", "bob");
}

static void a_backend_killed_between_statements_of_autocommit_costs_one_error(void **state)
{
    bank *b = *state;
    weft_connection_close(b->c);
    b->c = bank_connect(b, &(weft_connection_options){.autocommit = true});
    kill_backend(b, backend_of(b, b->c));
    assert_int_equal(weft_execute_text(b->c, "SELECT 1", NULL, &b->error), WEFT_ERROR_DISCONNECTED);
    MUST(b, weft_execute_text(b->c, "SELECT 1", NULL, &b->error));
}

static void a_backend_killed_while_idle_in_the_pool_is_not_noticed(void **state)
{
    bank *b = *state;
    int64_t pid = backend_of(b, b->c);
    weft_connection_close(b->c);
    kill_backend(b, pid);
    for (int i = 0; i < 4; i++) {
        b->c = bank_connect(b, NULL);
        assert_int_not_equal(backend_of(b, b->c), pid);
        weft_connection_close(b->c);
    }
    b->c = NULL;
}

static void a_statement_past_its_deadline_leaves_the_pool_usable(void **state)
{
    bank *b = *state;
    weft_connection *slow = bank_connect(b, &(weft_connection_options){.timeout_ms = 800});
    const char *endless = b->server ? "SELECT pg_sleep(60)"
                                    : "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    assert_int_equal(weft_execute_text(slow, endless, NULL, &b->error), WEFT_ERROR_TIMEOUT);
    MUST(b, weft_connection_rollback(slow, &b->error));
    MUST(b, weft_execute_text(slow, "SELECT 1", NULL, &b->error));
    weft_connection_close(slow);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
}

static void invalidated_connections_are_replaced(void **state)
{
    bank *b = *state;
    int64_t pid = backend_of(b, b->c);
    weft_engine_invalidate(b->engine);
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    weft_connection_close(b->c);
    b->c = bank_connect(b, NULL);
    assert_int_not_equal(backend_of(b, b->c), pid);
}

/* One request: read, write, bulk, commit. */
static weft_status work(bank *b, weft_connection *c, weft_error *error)
{
    weft_result *result = NULL;
    Account accounts[60];
    char names[60][16];
    for (int i = 0; i < 60; i++) {
        snprintf(names[i], sizeof names[i], "m%d", i);
        accounts[i] = (Account){.name = names[i], .code = "c", .rank = {i % 2 != 0, i}};
    }
    (void)b;
    weft_status status = weft_insert_many(c, Account, accounts, 60, NULL, error);
    if (status == WEFT_OK)
        status = weft_connection_select(c, &(weft_rows_options){.from = &Account_model, .where = weft_like(Account, name, "m%")},
                                        &result, error);
    while (status == WEFT_OK && weft_result_next(result, error))
        continue;
    if (status == WEFT_OK && error->status != WEFT_OK)
        status = error->status;
    weft_result_close(result);
    if (status == WEFT_OK)
        status = weft_execute_delete(c, weft_delete_from(Account, .all = true), NULL, error);
    if (status == WEFT_OK)
        status = weft_execute_text(c, "UPDATE account SET balance = $1", weft_parameters(weft_value_int64(1)), error);
    return status == WEFT_OK ? weft_connection_commit(c, error) : status;
}

static void running_out_of_memory_anywhere_is_an_error_and_no_more(void **state)
{
    bank *b = *state;
    for (int way = 0; way < 4; way++) {
        bool forever = way % 2 != 0, cold = way >= 2;
        bool failed = true;
        int64_t n = 0;
        for (; failed; n++) {
            weft_connection *c = NULL;
            weft_error error = {0};
            if (cold)
                weft_engine_clear_cache(b->engine);
            (void)wefti_memory_fail_after(n, forever);
            weft_status status = weft_engine_connect(b->engine, &c, NULL, &error);
            if (status == WEFT_OK)
                status = work(b, c, &error);
            failed = wefti_memory_fail_after(-1, false);
            if (status != WEFT_OK && !failed)
                fail_msg("allocation %lld: %s", (long long)n, error.message);
            if (status != WEFT_OK && status != WEFT_ERROR_NO_MEMORY)
                print_message("allocation %lld of %s: %s: %s\n", (long long)n, forever ? "all" : "one", weft_status_name(status),
                              error.message);
            weft_connection_close(c);
            assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 0);
        }
        assert_true(n > 5);
    }
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
}

static void opening_without_memory_leaves_nothing_behind(void **state)
{
    bank *b = *state;
    bool failed = true;
    for (int64_t n = 0; failed; n++) {
        weft_engine *engine = NULL;
        weft_error error = {0};
        (void)wefti_memory_fail_after(n, false);
        weft_status status = weft_engine_open(&engine, b->database.url, &(weft_engine_options){.metadata = &bank_models}, &error);
        failed = wefti_memory_fail_after(-1, false);
        assert_true(status == WEFT_OK || (failed && engine == NULL));
        weft_engine_close(engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_SERVER_TEST(a_backend_killed_in_a_transaction_ends_it_and_the_next_goes_on),
        BANK_SERVER_TEST(a_commit_after_the_loss_reports_the_rollback),
        BANK_SERVER_TEST(a_loss_during_commit_leaves_the_outcome_unknown),
        BANK_SERVER_TEST(a_backend_killed_between_statements_of_autocommit_costs_one_error),
        BANK_SERVER_TEST(a_backend_killed_while_idle_in_the_pool_is_not_noticed),
        BANK_TEST(a_statement_past_its_deadline_leaves_the_pool_usable),
        BANK_SERVER_TEST(invalidated_connections_are_replaced),
        BANK_TEST(running_out_of_memory_anywhere_is_an_error_and_no_more),
        BANK_TEST(opening_without_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
