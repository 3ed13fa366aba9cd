/* Statements of a connection: SELECT into results and structs, UPDATE, DELETE, text SQL, and how values come back. */
#include "fixtures/bank.h"

typedef struct Total {
    const char *name;
    int64_t entries;
    double sum;
} Total;
WEFT_ROW(Total, WEFT_FIELD(Total, name), WEFT_FIELD(Total, entries), WEFT_FIELD(Total, sum));

typedef struct Plain {
    int64_t balance;
} Plain;
WEFT_ROW(Plain, WEFT_FIELD(Plain, balance));

typedef struct Narrow {
    short balance;
    char name[4];
    weft_opt_double rate;
} Narrow;
WEFT_ROW(Narrow, WEFT_FIELD(Narrow, balance), WEFT_FIELD(Narrow, name), WEFT_FIELD(Narrow, rate));

static void three_accounts(bank *b)
{
    bank_account(b, "ada", 10);
    bank_account(b, "bob", 20);
    bank_account(b, "cyd", 30);
    MUST(b, weft_connection_commit(b->c, &b->error));
    test_recorder_clear(b->recorder);
}

static void select_gives_rows_by_typed_getters(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    int64_t balance = 0;
    double rate = 1.5;
    three_accounts(b);
    MUST(b, weft_connection_select(b->c,
                                   &(weft_rows_options){.from = &Account_model,
                                                        .columns = weft_columns(weft_col(Account, name), weft_col(Account, balance),
                                                                                weft_col(Account, rate)),
                                                        .where = weft_ge(Account, balance, 20),
                                                        .order_by = weft_order(weft_desc(Account, name))},
                                   &result, &b->error));
    assert_int_equal(weft_result_columns(result), 3);
    assert_string_equal(weft_result_name(result, 0), "name");
    assert_null(weft_result_name(result, 3));
    assert_true(weft_result_value(result, 0).is_null);
    assert_true(weft_result_next(result, &b->error));
    assert_string_equal(weft_result_text(result, 0), "cyd");
    assert_true(weft_result_int64(result, 1, &balance));
    assert_int_equal(balance, 30);
    assert_false(weft_result_double(result, 2, &rate));
    assert_true(rate > 1.4);
    assert_false(weft_result_int64(result, 0, &balance));
    assert_true(weft_result_next(result, &b->error));
    assert_string_equal(weft_result_text(result, 0), "bob");
    for (int i = 0; i < 2; i++) {
        assert_false(weft_result_next(result, &b->error));
        assert_int_equal(b->error.status, WEFT_OK);
    }
    weft_result_close(result);
    assert_true(TEST_STATEMENTS(b->recorder, b->server ? "SELECT account.name, account.balance, account.rate FROM account WHERE "
                                                         "account.balance >= $1 ORDER BY account.name DESC"
                                                       : "SELECT account.name, account.balance, account.rate FROM account WHERE "
                                                         "account.balance >= ?1 ORDER BY account.name DESC"));
}

static void fetch_fills_structs_that_the_result_owns(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    Total_list totals;
    Account account = {.name = "ada", .code = "c"};
    MUST(b, weft_insert_many(b->c, Account, &account, 1, NULL, &b->error));
    Entry entries[] = {{.account_id = 1, .amount = {"1.5"}}, {.account_id = 1, .amount = {"2.25"}}};
    MUST(b, weft_insert_many(b->c, Entry, entries, 2, NULL, &b->error));
    MUST(b, weft_fetch(b->c, Total, &totals, &result, &b->error, .from = weft_from(Account),
                       .columns = weft_columns(weft_col(Account, name), weft_count_all(),
                                               weft_cast(weft_sum(weft_col(Account, balance)), WEFT_DOUBLE)),
                       .group_by = weft_columns(weft_col(Account, name))));
    assert_int_equal(totals.count, 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    weft_each (Total, total, totals) {
        assert_string_equal(total->name, "ada");
        assert_int_equal(total->entries, 1);
    }
    weft_result_close(result);
    MUST(b, weft_fetch(b->c, Total, &totals, &result, &b->error, .from = weft_from(Account),
                       .columns = weft_columns(weft_col(Account, name), weft_count_all(),
                                               weft_cast(weft_sum(weft_col(Account, balance)), WEFT_DOUBLE)),
                       .where = weft_eq(Account, name, "nobody"), .group_by = weft_columns(weft_col(Account, name))));
    assert_int_equal(totals.count, 0);
    weft_result_close(result);
}

static void a_null_or_a_value_too_large_names_its_column(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    Plain plain = {77};
    Narrow narrow = {.balance = 5};
    bank_account(b, "a long name", 70000);
    MUST(b,
         weft_connection_query(b->c, "SELECT max(balance) AS most FROM account WHERE name = 'nobody'", NULL, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_int_equal(weft_result_into(result, &Plain_row, &plain, &b->error), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(b->error.message, "Plain.balance"));
    assert_non_null(strstr(b->error.message, "weft_opt_int64"));
    assert_string_equal(b->error.column, "most");
    assert_int_equal(plain.balance, 77);
    weft_result_close(result);
    weft_rows_options options = {.from = &Account_model,
                                 .columns =
                                     weft_columns(weft_col(Account, balance), weft_col(Account, name), weft_col(Account, rate))};
    MUST(b, weft_connection_select(b->c, &options, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_int_equal(weft_result_into(result, &Narrow_row, &narrow, &b->error), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(b->error.message, "out of the range of int16"));
    assert_int_equal(narrow.balance, 5);
    assert_int_equal(weft_result_into(result, &Plain_row, &plain, &b->error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(b->error.message, "gives 3 columns, but Plain has 1"));
    weft_result_close(result);
    MUST(b, weft_execute_update(b->c, weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, 7)), .all = true), NULL,
                                &b->error));
    MUST(b, weft_connection_select(b->c, &options, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_int_equal(weft_result_into(result, &Narrow_row, &narrow, &b->error), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(b->error.message, "does not fit a char[4]"));
    weft_result_close(result);
}

static void every_type_comes_back_as_it_went(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    static const unsigned char receipt[] = {0, 1, 0, 255};
    Account account = {.id = 5,
                       .name = "ada",
                       .code = "1234567",
                       .kind = KIND_SAVING,
                       .rate = {true, 0.1},
                       .opened_at = {-1},
                       .rank = {true, -3},
                       .frozen = true};
    Entry entry = {.id = INT64_MAX,
                   .account_id = 5,
                   .amount = {"-123456789012.3400"},
                   .booked = {-1},
                   .receipt = {receipt, 4},
                   .details = {"{\"a\": [1, null]}"},
                   .at = {true, {86399999999}},
                   .part = -32768,
                   .weight = 0.5f,
                   .serial = 4294967295u};
    (void)weft_uuid_parse("00112233-4455-6677-8899-aabbccddeeff", &entry.reference);
    MUST(b, weft_insert_many(b->c, Account, &account, 1, NULL, &b->error));
    MUST(b, weft_insert_many(b->c, Entry, &entry, 1, NULL, &b->error));
    MUST(b, weft_connection_select(b->c, &(weft_rows_options){.from = &Entry_model}, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    weft_value cell = weft_result_value(result, 0);
    assert_int_equal(cell.type, WEFT_INT64);
    assert_true(cell.as.i == INT64_MAX);
    assert_string_equal(weft_result_text(result, 2), "-123456789012.3400");
    assert_int_equal(weft_result_value(result, 3).as.i, -1);
    weft_uuid uuid;
    assert_true(weft_result_uuid(result, 4, &uuid));
    assert_memory_equal(&uuid, &entry.reference, sizeof uuid);
    cell = weft_result_value(result, 5);
    assert_int_equal(cell.as.s.size, 4);
    assert_memory_equal(cell.as.s.data, receipt, 4);
    assert_string_equal(weft_result_text(result, 6), "{\"a\": [1, null]}");
    assert_true(weft_result_value(result, 7).as.i == 86399999999);
    assert_int_equal(weft_result_value(result, 8).as.i, -32768);
    assert_true(weft_result_value(result, 9).as.d == 0.5);
    assert_true(weft_result_value(result, 10).as.i == 4294967295);
    weft_result_close(result);
    MUST(b, weft_connection_select(b->c, &(weft_rows_options){.from = &Account_model}, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_string_equal(weft_result_text(result, 2), "1234567");
    assert_string_equal(weft_result_text(result, 3), "saving");
    weft_timestamp opened;
    assert_true(weft_result_timestamp(result, 6, &opened));
    assert_true(opened.usec == -1);
    bool frozen = false;
    assert_true(weft_result_bool(result, 9, &frozen));
    assert_true(frozen);
    weft_result_close(result);
}

static void update_and_delete_count_matched_rows(void **state)
{
    bank *b = *state;
    int64_t count = -1;
    three_accounts(b);
    MUST(b,
         weft_execute_update(b->c,
                             weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, 10), weft_to(Account, note, "x")),
                                            .where = weft_le(Account, balance, 20)),
                             &count, &b->error));
    assert_int_equal(count, 2);
    MUST(b, weft_execute_update(b->c,
                                weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, 10)),
                                               .where = weft_eq(Account, name, "ada")),
                                &count, &b->error));
    assert_int_equal(count, 1);
    MUST(b, weft_execute_delete(b->c, weft_delete_from(Account, .where = weft_eq(Account, name, "bob")), &count, &b->error));
    assert_int_equal(count, 1);
    MUST(b, weft_execute_delete(b->c, weft_delete_from(Account, .where = weft_eq(Account, name, "bob")), &count, &b->error));
    assert_int_equal(count, 0);
    MUST(b, weft_connection_commit(b->c, &b->error));
    ROWS(b, "SELECT name, balance, note FROM account ORDER BY name", "ada|10|x\ncyd|30|NULL");
}

static void update_and_delete_of_all_rows_must_be_asked_for(void **state)
{
    bank *b = *state;
    int64_t count = 0;
    three_accounts(b);
    assert_int_equal(weft_execute_delete(b->c, weft_delete_from(Account, .where = NULL), &count, &b->error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(b->error.message, "account without .where"));
    assert_non_null(strstr(b->error.hint, ".all = true"));
    assert_int_equal(weft_execute_update(b->c, weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, 1))), NULL,
                                         &b->error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_update(b->c, weft_update_of(Account, .all = true), NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_true(TEST_NO_STATEMENTS(b->recorder));
    MUST(b, weft_execute_delete(b->c, weft_delete_from(Account, .all = true), &count, &b->error));
    assert_int_equal(count, 3);
}

static void a_null_in_a_list_is_misuse_and_never_an_early_end(void **state)
{
    bank *b = *state;
    const char *name = NULL;
    three_accounts(b);
    assert_int_equal(weft_execute_delete(b->c,
                                         weft_delete_from(Account,
                                                          .where = weft_and(weft_gt(Account, balance, 0),
                                                                            name != NULL ? weft_eq(Account, name, name) : NULL,
                                                                            weft_eq(Account, frozen, true))),
                                         NULL, &b->error),
                     WEFT_ERROR_MISUSE);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    int64_t count = 0;
    MUST(b, weft_execute_delete(b->c,
                                weft_delete_from(Account, .where = weft_and(weft_when(name != NULL, weft_eq(Account, name, name)),
                                                                            weft_eq(Account, balance, 10))),
                                &count, &b->error));
    assert_int_equal(count, 1);
}

static void numeric_options_tell_none_from_all(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    Plain_list rows;
    three_accounts(b);
    weft_rows_options options = {.from = &Account_model,
                                 .columns = weft_columns(weft_col(Account, balance)),
                                 .order_by = weft_order(weft_asc(Account, balance))};
    static const struct {
        int64_t limit, offset;
        size_t rows;
    } cases[] = {{0, 0, 3}, {2, 0, 2}, {WEFT_NONE, 0, 0}, {0, 1, 2}, {1, 2, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        options.limit = cases[i].limit;
        options.offset = cases[i].offset;
        MUST(b, weft_connection_fetch(b->c, &Plain_row, &options, &result, (weft_list *)(void *)&rows, &b->error));
        assert_int_equal(rows.count, cases[i].rows);
        weft_result_close(result);
    }
    options.limit = -1;
    assert_int_equal(weft_connection_select(b->c, &options, &result, &b->error), WEFT_ERROR_MISUSE);
    assert_null(result);
}

static void text_takes_numbered_parameters_on_every_database(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    three_accounts(b);
    MUST(b, weft_execute_text(b->c, "UPDATE account SET note = $2, balance = balance + $1 WHERE name = $3 AND 'a$4' <> $2",
                              weft_parameters(weft_value_int64(5), weft_value_text("it's \"$1\""), weft_value_text("bob")),
                              &b->error));
    MUST(b, weft_connection_query(b->c, "SELECT note, balance FROM account WHERE name = $1",
                                  weft_parameters(weft_value_text("bob")), &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_string_equal(weft_result_text(result, 0), "it's \"$1\"");
    int64_t balance = 0;
    assert_true(weft_result_int64(result, 1, &balance));
    assert_int_equal(balance, 25);
    weft_result_close(result);
    MUST(b, weft_connection_query(b->c, "DELETE FROM account WHERE balance > $1", weft_parameters(weft_value_int64(20)), &result,
                                  &b->error));
    assert_false(weft_result_next(result, &b->error));
    assert_int_equal(weft_result_changed(result), 2);
    weft_result_close(result);
    assert_int_equal(weft_execute_text(b->c, "DELETE FROM account WHERE balance > $2", weft_parameters(weft_value_int64(1)),
                                       &b->error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_text(b->c, NULL, NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_text(b->c, "", NULL, &b->error), WEFT_ERROR_MISUSE);
}

static void several_results_may_be_open_and_outlive_the_commit(void **state)
{
    bank *b = *state;
    weft_result *outer = NULL, *inner = NULL;
    int64_t sum = 0, id = 0, count = 0;
    three_accounts(b);
    weft_rows_options options = {.from = &Account_model,
                                 .columns = weft_columns(weft_col(Account, id)),
                                 .order_by = weft_order(weft_asc(Account, id))};
    MUST(b, weft_connection_select(b->c, &options, &outer, &b->error));
    while (weft_result_next(outer, &b->error)) {
        assert_true(weft_result_int64(outer, 0, &id));
        MUST(b, weft_connection_select(b->c, &options, &inner, &b->error));
        while (weft_result_next(inner, &b->error))
            count++;
        weft_result_close(inner);
        MUST(b, weft_execute_update(b->c,
                                    weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, id)),
                                                   .where = weft_eq(Account, id, id)),
                                    NULL, &b->error));
        MUST(b, weft_connection_commit(b->c, &b->error));
        sum += id;
    }
    assert_int_equal(b->error.status, WEFT_OK);
    weft_result_close(outer);
    assert_int_equal(count, 9);
    assert_int_equal(sum, test_database_integer(&b->database, "SELECT sum(balance) FROM account"));
}

static void a_stream_gives_rows_one_by_one_and_ends_anywhere(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    three_accounts(b);
    weft_rows_options options = {.from = &Account_model,
                                 .columns = weft_columns(weft_col(Account, name)),
                                 .order_by = weft_order(weft_asc(Account, name)),
                                 .stream = true};
    for (int wanted = 0; wanted <= 3; wanted++) {
        MUST(b, weft_connection_select(b->c, &options, &result, &b->error));
        for (int i = 0; i < wanted; i++)
            assert_true(weft_result_next(result, &b->error));
        weft_result_close(result);
        bank_account(b, (const char *const[]){"d", "e", "f", "g"}[wanted], 0);
    }
    MUST(b, weft_connection_select(b->c, &options, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    MUST(b, weft_connection_rollback(b->c, &b->error));
    assert_false(weft_result_next(result, &b->error));
    assert_int_equal(b->error.status, WEFT_ERROR_CLOSED);
    assert_non_null(strstr(b->error.message, "rolled back"));
    weft_result_close(result);
}

static void closing_the_connection_ends_its_results(void **state)
{
    bank *b = *state;
    weft_result *results[2] = {NULL, NULL};
    three_accounts(b);
    weft_rows_options options = {.from = &Account_model, .columns = weft_columns(weft_col(Account, name))};
    MUST(b, weft_connection_select(b->c, &options, &results[0], &b->error));
    MUST(b, weft_connection_select(b->c, &options, &results[1], &b->error));
    assert_true(weft_result_next(results[0], &b->error));
    weft_connection_close(b->c);
    b->c = NULL;
    for (int i = 0; i < 2; i++) {
        assert_false(weft_result_next(results[i], &b->error));
        assert_int_equal(b->error.status, WEFT_ERROR_CLOSED);
        assert_true(weft_result_value(results[i], 0).is_null);
        weft_result_close(results[i]);
    }
}

static void errors_name_constraint_table_and_column(void **state)
{
    bank *b = *state;
    three_accounts(b);
    Account account = {.name = "ada", .code = "c"};
    assert_int_equal(weft_insert_many(b->c, Account, &account, 1, NULL, &b->error), WEFT_ERROR_UNIQUE);
    assert_string_equal(b->error.table, "account");
    assert_true(b->server ? strstr(b->error.constraint, "name") != NULL : strcmp(b->error.column, "name") == 0);
    assert_null(strstr(b->error.message, "ada"));
    MUST(b, weft_connection_rollback(b->c, &b->error));
    account = (Account){.code = "c"};
    assert_int_equal(weft_insert_many(b->c, Account, &account, 1, NULL, &b->error), WEFT_ERROR_NOT_NULL);
    assert_string_equal(b->error.table, "account");
    assert_string_equal(b->error.column, "name");
    MUST(b, weft_connection_rollback(b->c, &b->error));
    account = (Account){.name = "dan", .balance = -2000};
    assert_int_equal(weft_insert_many(b->c, Account, &account, 1, NULL, &b->error), WEFT_ERROR_CHECK);
    assert_string_equal(b->error.constraint, "ck_account_balance");
    MUST(b, weft_connection_rollback(b->c, &b->error));
    Entry entry = {.account_id = 99, .amount = {"1"}};
    assert_int_equal(weft_insert_many(b->c, Entry, &entry, 1, NULL, &b->error), WEFT_ERROR_FOREIGN_KEY);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    assert_int_equal(weft_execute_text(b->c, "SELECT * FROM nowhere", NULL, &b->error), WEFT_ERROR_NO_TABLE);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    test_database_exec(&b->database, "DROP TABLE entry");
    assert_int_equal(weft_execute_delete(b->c, weft_delete_from(Entry, .all = true), NULL, &b->error), WEFT_ERROR_NO_TABLE);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    assert_int_equal(weft_execute_text(b->c, "SELEC 1", NULL, &b->error), WEFT_ERROR_SQL);
}

static void values_appear_neither_in_errors_nor_in_logs(void **state)
{
    bank *b = *state;
    Account account = {.name = "topsecret", .code = "hidden1", .note = "classified"};
    for (int i = 0; i < 2; i++)
        (void)weft_insert_many(b->c, Account, &account, 1, NULL, &b->error);
    assert_int_equal(b->error.status, WEFT_ERROR_UNIQUE);
    const char *const secrets[] = {"topsecret", "hidden1", "classified"};
    for (size_t i = 0; i < 3; i++) {
        assert_null(strstr(b->error.message, secrets[i]));
        assert_null(strstr(b->error.hint, secrets[i]));
        assert_int_equal(test_recorder_count_containing(b->recorder, secrets[i]), 0);
    }
}

static void a_model_of_another_engine_is_named(void **state)
{
    bank *b = *state;
    static const weft_attr attrs[] = {
        {.kind = WEFT_ATTR_COLUMN, .field = "id", .size = 8, .field_type = WEFT_INT64, .primary_key = true}};
    static const weft_model stranger = {.name = "Stranger", .table = "stranger", .size = 8, .attrs = attrs, .attr_count = 1};
    assert_int_equal(weft_execute_delete(b->c, &(weft_delete){.model = &stranger, .all = true}, NULL, &b->error), WEFT_ERROR_MODEL);
    assert_non_null(strstr(b->error.message, "Stranger"));
    assert_int_equal(weft_execute_delete(b->c, &(weft_delete){.all = true}, NULL, &b->error), WEFT_ERROR_MISUSE);
}

static void the_same_shape_is_compiled_once(void **state)
{
    bank *b = *state;
    weft_cache_stats before, after;
    for (int64_t i = 0; i < 50; i++) {
        weft_engine_cache_stats(b->engine, &before);
        MUST(b, weft_execute_update(b->c,
                                    weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, i)),
                                                   .where = weft_eq(Account, id, i)),
                                    NULL, &b->error));
        weft_engine_cache_stats(b->engine, &after);
        assert_int_equal(after.misses - before.misses, i == 0);
        assert_int_equal(after.hits - before.hits, i != 0);
    }
    weft_engine_clear_cache(b->engine);
    weft_engine_cache_stats(b->engine, &after);
    assert_int_equal(after.entries, 0);
    MUST(b, weft_execute_update(b->c,
                                weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, 1)),
                                               .where = weft_eq(Account, id, 1)),
                                NULL, &b->error));
}

static void cached_statements_are_listed_by_their_hits(void **state)
{
    bank *b = *state;
    weft_engine_clear_cache(b->engine);
    weft_cached_statement *statements;
    size_t count;
    MUST(b, weft_engine_cached_statements(b->engine, &statements, &count, &b->error));
    assert_null(statements);
    assert_int_equal(count, 0);
    for (int64_t i = 0; i < 3000; i++)
        MUST(b, weft_execute_delete(b->c, weft_delete_from(Account, .where = weft_eq(Account, id, i)), NULL, &b->error));
    MUST(b, weft_execute_update(b->c,
                                weft_update_of(Account, .set = weft_sets(weft_to(Account, balance, 1)),
                                               .where = weft_eq(Account, id, 1)),
                                NULL, &b->error));
    MUST(b, weft_engine_cached_statements(b->engine, &statements, &count, &b->error));
    assert_int_equal(count, 2);
    assert_non_null(strstr(statements[0].sql, "DELETE FROM"));
    assert_non_null(strstr(statements[1].sql, "UPDATE"));
    assert_in_range(statements[0].hits, 2000, 4000);
    weft_cache_stats stats;
    weft_engine_cache_stats(b->engine, &stats);
    assert_int_equal(statements[0].bytes + statements[1].bytes, stats.bytes);
    weft_engine_clear_cache(b->engine);
    assert_non_null(strstr(statements[0].sql, "DELETE FROM")); /* a copy */
    weft_free(statements);
    assert_int_equal(weft_engine_cached_statements(b->engine, NULL, &count, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_cached_statements(NULL, &statements, &count, &b->error), WEFT_ERROR_MISUSE);
}

static void a_cleared_cache_does_not_pull_an_open_statement_away(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    three_accounts(b);
    weft_rows_options options = {.from = &Account_model, .columns = weft_columns(weft_col(Account, name)), .stream = true};
    MUST(b, weft_connection_select(b->c, &options, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    weft_engine_clear_cache(b->engine);
    assert_true(weft_result_next(result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_false(weft_result_next(result, &b->error));
    weft_result_close(result);
}

static void what_failed_to_be_made_is_refused_and_not_followed(void **state)
{
    bank *b = *state;
    Plain plain;
    weft_result *result = NULL;
    assert_int_equal(weft_execute_text(NULL, "SELECT 1", NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(b->error.message, "connection is NULL"));
    assert_int_equal(weft_execute_delete(NULL, weft_delete_from(Account, .all = true), NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_select(NULL, &(weft_rows_options){.from = &Account_model}, &result, &b->error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_begin(NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_commit(NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_rollback(NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_update(b->c, NULL, NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_delete(b->c, NULL, NULL, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_select(b->c, NULL, &result, &b->error), WEFT_ERROR_MISUSE);
    assert_null(result);
    assert_false(weft_result_next(result, &b->error));
    assert_int_equal(b->error.status, WEFT_ERROR_MISUSE);
    assert_null(weft_result_text(result, 0));
    assert_int_equal(weft_result_columns(result), 0);
    assert_int_equal(weft_result_into(result, &Plain_row, &plain, &b->error), WEFT_ERROR_MISUSE);
    assert_false(weft_connection_in_transaction(NULL));
    weft_result_close(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(select_gives_rows_by_typed_getters),
        BANK_TEST(fetch_fills_structs_that_the_result_owns),
        BANK_TEST(a_null_or_a_value_too_large_names_its_column),
        BANK_TEST(every_type_comes_back_as_it_went),
        BANK_TEST(update_and_delete_count_matched_rows),
        BANK_TEST(update_and_delete_of_all_rows_must_be_asked_for),
        BANK_TEST(a_null_in_a_list_is_misuse_and_never_an_early_end),
        BANK_TEST(numeric_options_tell_none_from_all),
        BANK_TEST(text_takes_numbered_parameters_on_every_database),
        BANK_TEST(several_results_may_be_open_and_outlive_the_commit),
        BANK_TEST(a_stream_gives_rows_one_by_one_and_ends_anywhere),
        BANK_TEST(closing_the_connection_ends_its_results),
        BANK_TEST(errors_name_constraint_table_and_column),
        BANK_TEST(values_appear_neither_in_errors_nor_in_logs),
        BANK_TEST(a_model_of_another_engine_is_named),
        BANK_TEST(the_same_shape_is_compiled_once),
        BANK_TEST(cached_statements_are_listed_by_their_hits),
        BANK_TEST(what_failed_to_be_made_is_refused_and_not_followed),
        BANK_TEST(a_cleared_cache_does_not_pull_an_open_statement_away),
    };
    return cmocka_run_group_tests_name("statements", tests, NULL, NULL);
}
