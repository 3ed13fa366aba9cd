/* Values mean the same on both databases: comparison of decimals and times, case, odd text, names that are not names. */
#include "fixtures/bank.h"

static int64_t count_where(bank *b, const weft_model *from, const weft_expr *where)
{
    weft_result *result = NULL;
    int64_t count = -1;
    MUST(b,
         weft_connection_select(b->c, &(weft_rows_options){.from = from, .columns = weft_columns(weft_count_all()), .where = where},
                                &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_true(weft_result_int64(result, 0, &count));
    weft_result_close(result);
    return count;
}

static void decimals_compare_by_value(void **state)
{
    bank *b = *state;
    static const char *const amounts[] = {"9", "10", "10.00", "100", "-3", "0.5", "12345678901234.5678"};
    bank_account(b, "ada", 0);
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        MUST(b, weft_insert_many(b->c, Entry, (&(Entry){.account_id = 1, .amount = {amounts[i]}}), 1, NULL, &b->error));
    assert_int_equal(count_where(b, &Entry_model, weft_lt(Entry, amount, ((weft_decimal){"10"}))), 3);
    assert_int_equal(count_where(b, &Entry_model, weft_eq(Entry, amount, ((weft_decimal){"10.0"}))), 2);
    assert_int_equal(count_where(b, &Entry_model, weft_gt(Entry, amount, ((weft_decimal){"9.99"}))), 4);
    assert_int_equal(count_where(b, &Entry_model,
                                 weft_between(weft_col(Entry, amount), weft_val(((weft_decimal){"-10"})),
                                              weft_val(((weft_decimal){"9.0"})))),
                     3);
    assert_int_equal(count_where(b, &Entry_model, weft_ge(Entry, amount, 10)), 4);
    weft_result *result = NULL;
    MUST(b, weft_connection_select(b->c,
                                   &(weft_rows_options){.from = weft_from(Entry),
                                                        .columns = weft_columns(weft_col(Entry, amount)),
                                                        .order_by = weft_order(weft_desc(Entry, amount)),
                                                        .limit = 2},
                                   &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_string_equal(weft_result_text(result, 0), "12345678901234.5678");
    assert_true(weft_result_next(result, &b->error));
    assert_int_equal(strncmp(weft_result_text(result, 0), "100", 3), 0);
    weft_result_close(result);
}

static void a_time_made_by_the_database_is_found_by_its_value(void **state)
{
    bank *b = *state;
    weft_result *result = NULL;
    weft_timestamp opened;
    bank_account(b, "ada", 0);
    MUST(b, weft_connection_select(b->c,
                                   &(weft_rows_options){.from = weft_from(Account),
                                                        .columns = weft_columns(weft_col(Account, opened_at))},
                                   &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_true(weft_result_timestamp(result, 0, &opened));
    weft_result_close(result);
    assert_int_equal(count_where(b, &Account_model, weft_eq(Account, opened_at, opened)), 1);
    assert_int_equal(count_where(b, &Account_model, weft_gt(Account, opened_at, opened)), 0);
    assert_int_equal(count_where(b, &Account_model, weft_le(Account, opened_at, opened)), 1);
    assert_true(weft_timestamp_now().usec - opened.usec < INT64_C(60000000));
}

static void times_and_dates_keep_their_order(void **state)
{
    bank *b = *state;
    static const int64_t times[] = {-62135596800000000, -1, 0, 1, 999999, 1000000, 253402300799999999};
    for (size_t i = 0; i < 7; i++) {
        char name[8];
        snprintf(name, sizeof name, "t%zu", i);
        MUST(b,
             weft_insert_many(b->c, Account, (&(Account){.name = name, .code = "c", .opened_at = {times[i]}}), 1, NULL, &b->error));
    }
    for (size_t i = 0; i < 7; i++)
        if (times[i] != 0) /* a zero takes the default, now */
            assert_int_equal(count_where(b, &Account_model, weft_lt(Account, opened_at, ((weft_timestamp){times[i]}))),
                             i < 3    ? (int64_t)i
                             : i == 6 ? 6
                                      : (int64_t)i - 1);
    assert_int_equal(count_where(b, &Account_model, weft_eq(Account, opened_at, ((weft_timestamp){0}))), 0);
}

static void like_minds_case_and_ilike_does_not(void **state)
{
    bank *b = *state;
    bank_account(b, "Ada", 0);
    bank_account(b, "ada_1%", 0);
    bank_account(b, "bob", 0);
    assert_int_equal(count_where(b, &Account_model, weft_like(Account, name, "A%")), 1);
    assert_int_equal(count_where(b, &Account_model, weft_not_like(Account, name, "A%")), 2);
    assert_int_equal(count_where(b, &Account_model, weft_ilike(Account, name, "A%")), 2);
    assert_int_equal(count_where(b, &Account_model, weft_like(Account, name, "%\\_%\\%")), 1);
    assert_int_equal(count_where(b, &Account_model, weft_contains(Account, name, "_")), 1);
    assert_int_equal(count_where(b, &Account_model, weft_ends_with(Account, name, "%")), 1);
    assert_int_equal(count_where(b, &Account_model, weft_starts_with(Account, name, "a")), 1);
}

static void text_with_a_nul_is_refused(void **state)
{
    bank *b = *state;
    weft_value nul = weft_value_text("a");
    nul.as.s.data = "a\0b";
    nul.as.s.size = 3;
    bank_account(b, "ada", 0);
    assert_int_equal(weft_execute_text(b->c, "UPDATE account SET note = $1", weft_parameters(nul), &b->error), WEFT_ERROR_DATA);
    assert_true(b->error.nothing_sent);
    assert_true(weft_connection_in_transaction(b->c));
    MUST(b, weft_execute_text(b->c, "UPDATE account SET note = $1", weft_parameters(weft_value_text("ok")), &b->error));
}

static void run_time_names_are_checked(void **state)
{
    bank *b = *state;
    static const char *const operators[] = {"= 1; DROP TABLE account; --", "", "+ ", "'", "LIKE '%' OR 1"};
    static const char *const functions[] = {"lower(", "lower)--", "a b", "", "1x", "pg_sleep(1); --"};
    bank_account(b, "ada", 0);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        int64_t changed;
        weft_status status = weft_execute_delete(b->c,
                                                 weft_delete_from(Account, .where = weft_op_unsafe(weft_col(Account, id),
                                                                                                   operators[i], weft_val(1))),
                                                 &changed, &b->error);
        assert_int_equal(status, WEFT_ERROR_MISUSE);
    }
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        assert_int_equal(weft_execute_delete(b->c,
                                             weft_delete_from(Account, .where = weft_op(weft_fn_unsafe(functions[i],
                                                                                                       weft_col(Account, name)),
                                                                                        "=", weft_val("x"))),
                                             NULL, &b->error),
                         WEFT_ERROR_MISUSE);
    assert_int_equal(count_where(b, &Account_model,
                                 weft_op_unsafe(weft_fn_unsafe("lower", weft_col(Account, name)), "=", weft_val("ada"))),
                     1);
}

static void null_and_not_null_follow_the_value(void **state)
{
    bank *b = *state;
    const char *note = NULL;
    bank_account(b, "ada", 0);
    MUST(b, weft_insert_many(b->c, Account, (&(Account){.name = "bob", .code = "c", .note = "x", .rate = {true, 2}}), 1, NULL,
                             &b->error));
    assert_int_equal(count_where(b, &Account_model, weft_eq(Account, note, note)), 1);
    assert_int_equal(count_where(b, &Account_model, weft_ne(Account, note, note)), 1);
    note = "x";
    assert_int_equal(count_where(b, &Account_model, weft_eq(Account, note, note)), 1);
    assert_int_equal(count_where(b, &Account_model, weft_eq(Account, rate, ((weft_opt_double){0}))), 1);
    assert_int_equal(count_where(b, &Account_model, weft_eq(Account, rate, ((weft_opt_double){true, 2}))), 1);
}

static void lists_of_any_length_are_one_statement(void **state)
{
    bank *b = *state;
    weft_cache_stats before, after;
    int64_t ids[3000];
    const char *names[] = {"ada", "cyd", "x'y"};
    bank_account(b, "ada", 0);
    bank_account(b, "bob", 0);
    for (int i = 0; i < 3000; i++)
        ids[i] = 3000 - i;
    assert_int_equal(count_where(b, &Account_model, weft_in(Account, id, ids, 3000)), 2);
    weft_engine_cache_stats(b->engine, &before);
    assert_int_equal(count_where(b, &Account_model, weft_in(Account, id, ids, 1)), 0);
    assert_int_equal(count_where(b, &Account_model, weft_in(Account, id, ids, 0)), 0);
    weft_engine_cache_stats(b->engine, &after);
    assert_int_equal(after.misses, before.misses);
    assert_int_equal(count_where(b, &Account_model, weft_not_in(Account, id, ids, 0)), 2);
    assert_int_equal(count_where(b, &Account_model, weft_in(Account, name, names, 3)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(decimals_compare_by_value),          BANK_TEST(a_time_made_by_the_database_is_found_by_its_value),
        BANK_TEST(times_and_dates_keep_their_order),   BANK_TEST(like_minds_case_and_ilike_does_not),
        BANK_TEST(text_with_a_nul_is_refused),         BANK_TEST(run_time_names_are_checked),
        BANK_TEST(null_and_not_null_follow_the_value), BANK_TEST(lists_of_any_length_are_one_statement),
    };
    return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
