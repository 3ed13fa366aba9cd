/* Decimals in SQLite's SQL give what PostgreSQL's numeric gives, digit by digit: random numbers of every length, and the special
 * ones, through every function on both databases. A third opinion on sums, products and remainders is GMP's, by whole numbers. */
#include "support/support.h"

#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include <cmocka.h>

static test_database places[2];
static weft_engine *engines[2];
static weft_connection *connections[2]; /* SQLite, PostgreSQL */

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        weft_error error = {0};
        test_database_open(&places[i], i == 0 ? TEST_SQLITE : TEST_POSTGRES);
        if (weft_engine_open(&engines[i], places[i].url, NULL, &error) != WEFT_OK ||
            weft_engine_connect(engines[i], &connections[i], &(weft_connection_options){.autocommit = true}, &error) != WEFT_OK) {
            print_error("%s\n", error.message);
            return -1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        weft_connection_close(connections[i]);
        weft_engine_close(engines[i]);
        test_database_drop(&places[i]);
    }
    return 0;
}

static uint64_t seed = 20240229;

static unsigned below(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

/* Digits with repeated nines and zeros, where carries are. */
static void add_digits(char *text, size_t *at, unsigned count)
{
    while (count > 0) {
        unsigned run = below(4) == 0 ? 1 + below(count) : 1, kind = below(3);
        for (; run > 0 && count > 0; run--, count--)
            text[(*at)++] = (char)('0' + (kind == 0 ? 0 : kind == 1 ? 9 : below(10)));
    }
}

static void random_number(char *text, unsigned longest)
{
    size_t at = 0;
    unsigned whole = below(longest) + 1, fraction = below(3) == 0 ? 0 : below(longest);
    if (below(3) == 0)
        text[at++] = '-';
    if (below(6) == 0)
        whole = 1;
    add_digits(text, &at, whole);
    if (fraction > 0) {
        text[at++] = '.';
        add_digits(text, &at, fraction);
    }
    text[at] = '\0';
}

/* The rows' only texts, separated by commas; or the error's status. */
static char *answer(int place, const char *sql)
{
    weft_error error = {0};
    weft_result *result = NULL;
    size_t capacity = 1 << 16, size = 0;
    char *all = malloc(capacity);
    if (all == NULL)
        abort();
    all[0] = '\0';
    weft_status status = weft_connection_query(connections[place], sql, NULL, &result, &error);
    while (status == WEFT_OK && weft_result_next(result, &error)) {
        for (uint16_t i = 0; i < weft_result_columns(result); i++) {
            weft_value v = weft_result_value(result, i);
            const char *text = v.is_null ? "NULL" : v.type == WEFT_INT64 || v.type == WEFT_INT32 ? "integer" : v.as.s.data;
            size_t length = strlen(text);
            while (size + length + 2 > capacity)
                capacity *= 2;
            all = realloc(all, capacity);
            if (all == NULL)
                abort();
            memcpy(all + size, text, length);
            size += length;
            all[size++] = ',';
            all[size] = '\0';
        }
    }
    if (status == WEFT_OK)
        status = error.status;
    weft_result_close(result);
    if (status != WEFT_OK)
        (void)snprintf(all, capacity, "%s", weft_status_identifier(status));
    return all;
}

/* PostgreSQL's expression of $a and $b, and SQLite's. */
static const char *const pairs[][2] = {
    {"%s::numeric + %s::numeric", "weft_decimal_add(%s, %s)"},
    {"%s::numeric - %s::numeric", "weft_decimal_subtract(%s, %s)"},
    {"%s::numeric * %s::numeric", "weft_decimal_multiply(%s, %s)"},
    {"%s::numeric / %s::numeric", "weft_decimal_divide(%s, %s)"},
    {"%s::numeric %% %s::numeric", "weft_decimal_remainder(%s, %s)"},
    {"div(%s::numeric, %s::numeric)", "weft_decimal_quotient(%s, %s)"},
    {"sign(%s::numeric) + abs(%s::numeric)", "weft_decimal_add(weft_decimal_sign(%s), weft_decimal_abs(%s))"},
    {"ceil(%s::numeric) + floor(%s::numeric)", "weft_decimal_add(weft_decimal_ceil(%s), weft_decimal_floor(%s))"},
    {"round(%s::numeric, 3) + trunc(%s::numeric, 2)", "weft_decimal_add(weft_decimal_round(%s, 3), weft_decimal_trunc(%s, 2))"},
    {"round(%s::numeric, -2) + trunc(%s::numeric)", "weft_decimal_add(weft_decimal_round(%s, -2), weft_decimal_trunc(%s))"},
    {"CASE WHEN %s::numeric < %s::numeric THEN 'less' ELSE 'not' END",
     "CASE WHEN %s COLLATE WEFT_DECIMAL < %s THEN 'less' ELSE 'not' END"},
};

static void compare_pair(const char *a, const char *b)
{
    size_t room = strlen(a) + strlen(b) + 400;
    char *sql = malloc(room), *quoted_a = malloc(room), *quoted_b = malloc(room);
    if (sql == NULL || quoted_a == NULL || quoted_b == NULL)
        abort();
    (void)snprintf(quoted_a, room, "'%s'", a);
    (void)snprintf(quoted_b, room, "'%s'", b);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *answers[2];
        for (int place = 0; place < 2; place++) {
            char format[200];
            (void)snprintf(format, sizeof format, place == 0 ? "SELECT %s" : "SELECT (%s)::text", pairs[i][1 - place]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(sql, room, format, quoted_a, quoted_b);
#pragma GCC diagnostic pop
            answers[place] = answer(place, sql);
        }
        if (strcmp(answers[0], answers[1]) != 0)
            fail_msg("%s of %.200s and %.200s: SQLite %.300s, PostgreSQL %.300s", pairs[i][1], a, b, answers[0], answers[1]);
        free(answers[0]);
        free(answers[1]);
    }
    free(sql);
    free(quoted_a);
    free(quoted_b);
}

static void special_numbers_compute_alike(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0",
        "0.00",
        "1",
        "-1",
        "0.5",
        "-0.5",
        "1.50",
        "2.5",
        "-2.5",
        "9.995",
        "99999999",
        "10000",
        "0.0001",
        "1e20",
        "1E-20",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "-170141183460469231731687303715884105728",
        "99999999999999999999999999999999999999.99",
        "NaN",
        "Infinity",
        "-Infinity",
        "+7.",
        ".25",
        "0e5",
        "12345678901234567890123456789",
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            compare_pair(numbers[i], numbers[j]);
}

static void numbers_of_every_length_compute_alike(void **state)
{
    (void)state;
    static const unsigned lengths[] = {3, 9, 20, 40, 80};
    for (unsigned round = 0; round < 150; round++) {
        char a[200], b[200];
        unsigned length = lengths[round % 5];
        random_number(a, length);
        random_number(b, lengths[below(5)]);
        compare_pair(a, b);
    }
}

static void numbers_of_thousands_of_digits_compute_alike(void **state)
{
    (void)state;
    static char a[12000], b[12000];
    for (unsigned round = 0; round < 6; round++) {
        random_number(a, 5000);
        random_number(b, round % 2 == 0 ? 5000 : 700);
        compare_pair(a, b);
    }
}

/* Whole numbers: the remainder and the quotient make up the dividend, as GMP computes it. */
static void whole_numbers_agree_with_gmp(void **state)
{
    (void)state;
    mpz_t a, b, c;
    mpz_inits(a, b, c, NULL);
    for (unsigned round = 0; round < 60; round++) {
        char x[400] = "", y[400] = "", sql[1700], wanted[2000];
        size_t at = 0;
        add_digits(x, &at, 1 + below(150));
        x[at] = '\0';
        at = 0;
        y[at++] = (char)('1' + below(9));
        add_digits(y, &at, below(120));
        y[at] = '\0';
        (void)mpz_set_str(a, x, 10);
        (void)mpz_set_str(b, y, 10);
        mpz_mul(c, a, b);
        mpz_add(c, c, a);
        mpz_tdiv_r(a, a, b);
        (void)gmp_snprintf(wanted, sizeof wanted, "%Zd,%Zd,", c, a);
        (void)snprintf(sql, sizeof sql,
                       "SELECT weft_decimal_add(weft_decimal_multiply('%s', '%s'), '%s'), "
                       "weft_decimal_remainder('%s', '%s')",
                       x, y, x, x, y);
        char *got = answer(0, sql);
        assert_string_equal(got, wanted);
        free(got);
    }
    mpz_clears(a, b, c, NULL);
}

static void sums_and_averages_agree(void **state)
{
    (void)state;
    static const char *const queries[2][4] = {
        {"SELECT g, weft_decimal_sum(n), weft_decimal_avg(n), count(n), min(n COLLATE WEFT_DECIMAL), max(n COLLATE WEFT_DECIMAL) "
         "FROM t GROUP BY g ORDER BY g",
         "SELECT weft_decimal_sum(DISTINCT n COLLATE WEFT_DECIMAL), weft_decimal_avg(DISTINCT n COLLATE WEFT_DECIMAL) FROM t",
         "SELECT weft_decimal_sum(n) OVER (ORDER BY i ROWS 3 PRECEDING), weft_decimal_avg(n) OVER (ORDER BY i ROWS 3 PRECEDING) "
         "FROM t ORDER BY i",
         "SELECT n FROM t WHERE n IS NOT NULL ORDER BY n COLLATE WEFT_DECIMAL, i"},
        {"SELECT g, sum(n), avg(n), count(n), min(n), max(n) FROM t GROUP BY g ORDER BY g",
         "SELECT sum(DISTINCT n), avg(DISTINCT n) FROM t",
         "SELECT sum(n) OVER (ORDER BY i ROWS 3 PRECEDING), avg(n) OVER (ORDER BY i ROWS 3 PRECEDING) FROM t ORDER BY i",
         "SELECT n FROM t WHERE n IS NOT NULL ORDER BY n, i"},
    };
    for (unsigned round = 0; round < 12; round++) {
        weft_error error = {0};
        static char rows[200000];
        (void)snprintf(rows, sizeof rows, "INSERT INTO t SELECT v.column1, v.column2, CAST(v.column3 AS NUMERIC) FROM (VALUES ");
        size_t at = strlen(rows);
        for (unsigned i = 0; i < 120; i++) {
            char number[300];
            random_number(number, round < 6 ? 6 : 60);
            if (round % 4 == 3 && below(12) == 0)
                (void)snprintf(number, sizeof number, "%s", below(2) == 0 ? "Infinity" : below(2) == 0 ? "-Infinity" : "NaN");
            bool null = below(12) == 0;
            at += (size_t)snprintf(rows + at, sizeof rows - at, "%s(%u, %u, %s%s%s)", i > 0 ? ", " : "", i, below(5),
                                   null ? "" : "'", null ? "NULL" : number, null ? "" : "'");
        }
        (void)snprintf(rows + at, sizeof rows - at, ") AS v");
        for (int place = 0; place < 2; place++) {
            if (place == 0) /* of the same length */
                memcpy(strstr(rows, "CAST(v.column3 AS NUMERIC)"), "weft_decimal(v.column3)   ", 26);
            else
                memcpy(strstr(rows, "weft_decimal(v.column3)   "), "CAST(v.column3 AS NUMERIC)", 26);
            (void)weft_execute_text(connections[place], "DROP TABLE IF EXISTS t", NULL, &error);
            if (weft_execute_text(connections[place],
                                  place == 0 ? "CREATE TABLE t (i INTEGER, g INTEGER, n DECIMAL_TEXT)"
                                             : "CREATE TABLE t (i INTEGER, g INTEGER, n NUMERIC)",
                                  NULL, &error) != WEFT_OK ||
                weft_execute_text(connections[place], rows, NULL, &error) != WEFT_OK)
                fail_msg("%s", error.message);
        }
        for (size_t q = 0; q < 4; q++) {
            char *lite = answer(0, queries[0][q]), *pg = answer(1, queries[1][q]);
            if (strcmp(lite, pg) != 0)
                fail_msg("round %u: %s:\n%.1500s\nbut PostgreSQL\n%.1500s", round, queries[0][q], lite, pg);
            free(lite);
            free(pg);
        }
    }
}

static void what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "SELECT weft_decimal_add('1', 'x')",
        "SELECT weft_decimal_add('1', 0.5)",
        "SELECT weft_decimal_add(x'31', '1')",
        "SELECT weft_decimal('1 1')",
        "SELECT weft_decimal_add('1 ', 1)",
        "SELECT weft_decimal('1e200000')",
        "SELECT weft_decimal('1e-20000')",
        "SELECT weft_decimal('')",
        "SELECT weft_decimal_divide('1', '0.00')",
        "SELECT weft_decimal_remainder('1', 0)",
        "SELECT weft_decimal_store('99.995', 4, 2)",
        "SELECT weft_decimal_store('Infinity', 4, 2)",
        "SELECT weft_decimal_integer('9223372036854775807.5')",
        "SELECT weft_decimal_sum(column1) FROM (VALUES ('1'), (1.5))",
        "SELECT weft_decimal_real('NaN')",
        "SELECT weft_decimal_real('1e400')",
        "SELECT weft_decimal_real('-1e-400')",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *got = answer(0, bad[i]);
        if (strcmp(got, "WEFT_ERROR_DATA") != 0)
            fail_msg("%s: %s", bad[i], got);
        free(got);
    }
    char *got = answer(0, "SELECT weft_decimal_add('1', NULL), weft_decimal_store('1.500'), weft_decimal_store('100', 5, 2), "
                          "weft_decimal_store('-0.005', 5, 2), weft_decimal(5), weft_decimal(0.1), weft_decimal(1e300), "
                          "weft_decimal_real('1e300') > 1e299, weft_decimal_store('0.000'), weft_decimal_store('1200')");
    assert_true(strncmp(got, "NULL,1.5,100.00,-0.01,5,0.1,1000000", 35) == 0);
    assert_non_null(strstr(got, ",integer,0,1200,"));
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_numbers_compute_alike),
        cmocka_unit_test(numbers_of_every_length_compute_alike),
        cmocka_unit_test(numbers_of_thousands_of_digits_compute_alike),
        cmocka_unit_test(whole_numbers_agree_with_gmp),
        cmocka_unit_test(sums_and_averages_agree),
        cmocka_unit_test(what_is_no_decimal_is_refused),
    };
    (void)test_pg_url();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
