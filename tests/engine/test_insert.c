/* Many rows at once: how they are grouped and sent, and what happens to keys, defaults and conflicts. */
#include "fixtures/bank.h"

static Account *many_accounts(size_t count)
{
    Account *accounts = calloc(count, sizeof *accounts);
    char *names = calloc(count, 24);
    assert_non_null(accounts);
    assert_non_null(names);
    for (size_t i = 0; i < count; i++) {
        snprintf(names + 24 * i, 24, "n%06zu", i);
        accounts[i] =
            (Account){.name = names + 24 * i, .code = "c", .balance = (int64_t)i, .kind = i % 2 ? KIND_SAVING : KIND_CHECKING};
    }
    return accounts;
}

static void free_accounts(Account *accounts)
{
    free((char *)(uintptr_t)accounts[0].name);
    free(accounts);
}

static void keys_and_defaults_are_left_to_the_database(void **state)
{
    bank *b = *state;
    uint64_t inserted = 0;
    Account accounts[] = {{.name = "ada", .code = "a"}, {.name = "bob", .code = "b"}};
    MUST(b, weft_insert_many(b->c, Account, accounts, 2, &(weft_insert_options){.inserted = &inserted}, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(inserted, 2);
    assert_int_equal(accounts[0].id, 0);
    ROWS(b, "SELECT id, name, rank, rate, note, kind FROM account ORDER BY id",
         "1|ada|7|NULL|NULL|checking\n2|bob|7|NULL|NULL|checking");
    assert_int_equal(test_database_integer(&b->database,
                                           b->server ? "SELECT count(*) FROM account WHERE opened_at > now() - interval '1 hour'"
                                                     : "SELECT count(*) FROM account WHERE opened_at > datetime('now', '-1 hour')"),
                     2);
}

static void rows_that_give_other_columns_go_in_groups(void **state)
{
    bank *b = *state;
    Account accounts[] = {
        {.name = "a", .code = "c", .rank = {true, 0}}, {.name = "b", .code = "c"},
        {.id = 70, .name = "c", .code = "c"},          {.name = "d", .code = "c", .rank = {true, 1}},
        {.name = "e", .code = "c", .opened_at = {1}},
    };
    MUST(b, weft_insert_many(b->c, Account, accounts, 5, NULL, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(test_recorder_count_containing(b->recorder, "INSERT"), 4);
    ROWS(b, "SELECT name, rank FROM account ORDER BY name", "a|0\nb|7\nc|7\nd|1\ne|7");
    assert_int_equal(test_database_integer(&b->database, "SELECT id FROM account WHERE name = 'c'"), 70);
}

static void a_large_array_takes_few_statements(void **state)
{
    bank *b = *state;
    uint64_t inserted = 0;
    Account *accounts = many_accounts(2530);
    MUST(b, weft_insert_many(b->c, Account, accounts, 2530, &(weft_insert_options){.inserted = &inserted}, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(inserted, 2530);
    ROWS(b, "SELECT count(*), count(DISTINCT name), sum(balance) FROM account", "2530|2530|3199185");
    if (b->server)
        assert_true(
            TEST_STATEMENTS(b->recorder, "BEGIN", "SAVEPOINT weft_1", "COPY account (…", "RELEASE SAVEPOINT weft_1", "COMMIT"));
    else
        assert_int_equal(test_recorder_count_containing(b->recorder, "INSERT"), 2); /* 50 lists of rows, then what is left */
    test_recorder_clear(b->recorder);
    for (size_t i = 0; i < 2530; i++)
        accounts[i].balance = -(int64_t)i % 1000;
    MUST(b,
         weft_insert_many(b->c, Account, accounts, 2530,
                          &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                 .conflict_columns = "name",
                                                 .set = weft_sets(weft_to_expr(Account, balance, weft_excluded(Account, balance))),
                                                 .inserted = &inserted},
                          &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(inserted, 2530);
    if (b->server)
        assert_int_equal(test_recorder_count_containing(b->recorder, "INSERT"), 1);
    ROWS(b, "SELECT count(*), min(balance) FROM account", "2530|-999");
    free_accounts(accounts);
}

static void conflicts_may_be_ignored(void **state)
{
    bank *b = *state;
    uint64_t inserted = 9;
    bank_account(b, "bob", 1);
    Account accounts[] = {{.name = "ada", .code = "c"}, {.name = "bob", .code = "c"}, {.name = "cyd", .code = "c"}};
    MUST(b, weft_insert_many(b->c, Account, accounts, 3,
                             &(weft_insert_options){.on_conflict = WEFT_CONFLICT_DO_NOTHING, .inserted = &inserted}, &b->error));
    assert_int_equal(inserted, 2);
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 3, &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE},
                                      &b->error),
                     WEFT_ERROR_MISUSE);
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name, balance FROM account ORDER BY name", "ada|0\nbob|1\ncyd|0");
}

static void values_that_do_not_fit_are_refused_before_sending(void **state)
{
    bank *b = *state;
    Account *accounts = many_accounts(600);
    accounts[599].name = "123456789012345678901";
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 600, NULL, &b->error), WEFT_ERROR_TYPE);
    assert_string_equal(b->error.column, "name");
    assert_non_null(strstr(b->error.message, "20 characters"));
    MUST(b, weft_connection_rollback(b->c, &b->error));
    accounts[599].name = "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4";
    accounts[598].kind = (account_kind)2;
    assert_int_equal(weft_insert_many(b->c, Account, accounts + 598, 1, NULL, &b->error), WEFT_ERROR_TYPE);
    assert_string_equal(b->error.column, "kind");
    MUST(b, weft_insert_many(b->c, Account, accounts + 599, 1, NULL, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(test_database_integer(&b->database, "SELECT length(name) FROM account"), 11);
    free_accounts(accounts);
}

static void text_with_invalid_bytes_is_refused_on_both(void **state)
{
    bank *b = *state;
    Account account = {.name = "bad\xff", .code = "c"};
    assert_int_equal(weft_insert_many(b->c, Account, &account, 1, NULL, &b->error), WEFT_ERROR_DATA);
}

static void autocommit_inserts_all_rows_or_none(void **state)
{
    bank *b = *state;
    weft_connection_close(b->c);
    b->c = bank_connect(b, &(weft_connection_options){.autocommit = true});
    Account *accounts = many_accounts(120);
    accounts[119].name = accounts[0].name;
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 120, NULL, &b->error), WEFT_ERROR_UNIQUE);
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 0);
    assert_false(weft_connection_in_transaction(b->c));
    MUST(b, weft_insert_many(b->c, Account, accounts, 119, NULL, &b->error));
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 119);
    free_accounts(accounts);
}

/* The rows before the one that fails went in an earlier statement. */
static void rows_that_fail_leave_nothing_in_a_transaction_that_goes_on(void **state)
{
    bank *b = *state;
    bank_account(b, "first", 1);
    Account *accounts = many_accounts(120);
    accounts[119].name = accounts[0].name;
    if (b->server) /* there an error ends the transaction, but for a savepoint */
        MUST(b, weft_connection_savepoint(b->c, &b->error));
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 120, NULL, &b->error), WEFT_ERROR_UNIQUE);
    if (b->server)
        MUST(b, weft_connection_rollback_to(b->c, &b->error));
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 120, NULL, &b->error), WEFT_ERROR_UNIQUE);
    MUST(b, weft_connection_rollback_to(b->c, &b->error));
    MUST(b, weft_insert_many(b->c, Account, accounts + 1, 2, NULL, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 3);
    free_accounts(accounts);
}

static void no_rows_send_nothing(void **state)
{
    bank *b = *state;
    uint64_t inserted = 5;
    Account account = {0};
    MUST(b, weft_insert_many(b->c, Account, &account, 0, &(weft_insert_options){.inserted = &inserted}, &b->error));
    assert_int_equal(inserted, 0);
    assert_true(TEST_NO_STATEMENTS(b->recorder));
}

static void copy_falls_back_to_arrays_under_row_level_security(void **state)
{
    bank *b = *state;
    weft_error error;
    uint64_t inserted = 0;
    char sql[1400];
    snprintf(sql, sizeof sql,
             "DO $$ BEGIN CREATE ROLE weft_rls; EXCEPTION WHEN duplicate_object THEN NULL; WHEN unique_violation THEN NULL; END $$;"
             "GRANT USAGE ON SCHEMA \"%s\" TO weft_rls; GRANT ALL ON ALL TABLES IN SCHEMA \"%s\" TO weft_rls;"
             "GRANT ALL ON ALL SEQUENCES IN SCHEMA \"%s\" TO weft_rls;"
             "ALTER TABLE account ENABLE ROW LEVEL SECURITY; CREATE POLICY every ON account USING (true)",
             b->database.place, b->database.place, b->database.place);
    test_database_exec(&b->database, sql);
    MUST(b, weft_execute_text(b->c, "SET LOCAL ROLE weft_rls", NULL, &b->error));
    Account *accounts = many_accounts(700);
    weft_status status = weft_insert_many(b->c, Account, accounts, 700, &(weft_insert_options){.inserted = &inserted}, &error);
    if (status != WEFT_OK)
        print_error("%s\n", error.message);
    assert_int_equal(status, WEFT_OK);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(inserted, 700);
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 700);
    assert_true(TEST_STATEMENTS(b->recorder, "BEGIN", "SET LOCAL …", "SAVEPOINT weft_1", "COPY …", "ROLLBACK TO SAVEPOINT weft_1…",
                                "INSERT INTO account …", "COMMIT"));
    free_accounts(accounts);
}

static void a_failed_copy_fails_the_transaction_like_any_statement(void **state)
{
    bank *b = *state;
    Account *accounts = many_accounts(600);
    accounts[599].name = accounts[1].name;
    MUST(b, weft_connection_savepoint(b->c, &b->error));
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 600, NULL, &b->error), WEFT_ERROR_UNIQUE);
    assert_int_equal(weft_insert_many(b->c, Account, accounts, 1, NULL, &b->error), WEFT_ERROR_UNIQUE);
    MUST(b, weft_connection_rollback_to(b->c, &b->error));
    MUST(b, weft_insert_many(b->c, Account, accounts, 1, NULL, &b->error));
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 1);
    free_accounts(accounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(keys_and_defaults_are_left_to_the_database),
        BANK_TEST(rows_that_give_other_columns_go_in_groups),
        BANK_TEST(a_large_array_takes_few_statements),
        BANK_TEST(conflicts_may_be_ignored),
        BANK_TEST(values_that_do_not_fit_are_refused_before_sending),
        BANK_TEST(text_with_invalid_bytes_is_refused_on_both),
        BANK_TEST(autocommit_inserts_all_rows_or_none),
        BANK_TEST(rows_that_fail_leave_nothing_in_a_transaction_that_goes_on),
        BANK_TEST(no_rows_send_nothing),
        BANK_SERVER_TEST(copy_falls_back_to_arrays_under_row_level_security),
        BANK_SERVER_TEST(a_failed_copy_fails_the_transaction_like_any_statement),
    };
    return cmocka_run_group_tests_name("bulk inserts", tests, NULL, NULL);
}
