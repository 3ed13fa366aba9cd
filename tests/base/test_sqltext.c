/* SQL text in tokens: where literals begin and end on each database, and what of a text may be shown. */
#include "base/memory.h"
#include "base/sqltext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const wefti_sql_rules *const postgres = &wefti_sql_rules_postgres, *const sqlite = &wefti_sql_rules_sqlite,
                                    *const backslashes = &wefti_sql_rules_postgres_backslashes;

static void assert_masked(const wefti_sql_rules *rules, const char *sql, const char *expected)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_sql_add_masked(rules, sql, &text);
    assert_string_equal(text.data, expected);
    wefti_text_deinit(&text);
}

static void strings_end_where_each_database_ends_them(void **state)
{
    (void)state;
    assert_masked(postgres, "SELECT 'a', 'it''s', '' FROM t", "SELECT '***', '***', '***' FROM t");
    assert_masked(postgres, "SELECT E'a\\'b', x", "SELECT '***', x");
    assert_masked(postgres, "SELECT 'a\\', x", "SELECT '***', x");
    assert_masked(backslashes, "SELECT 'a\\', x', y", "SELECT '***', y");
    assert_masked(postgres, "SELECT E'a'\n  'b\\'c', x", "SELECT '***', x");
    assert_masked(postgres, "SELECT 'a' -- more\n'b', x", "SELECT '***', x");
    assert_masked(postgres, "SELECT 'a' 'b'", "SELECT '***' '***'");
    assert_masked(postgres, "SELECT U&'d\\0061t', b'01', X'1f', n'x', U&\"d\\0061t\"",
                  "SELECT '***', '***', '***', '***', U&\"d\\0061t\"");
    assert_masked(postgres, "SELECT name'x'", "SELECT name'***'");
    assert_masked(postgres, "DO $$BEGIN RAISE 'x'; END$$", "DO '***'");
    assert_masked(postgres, "SELECT $a$ $b$ $$ $a$, $1, a$b$, \xc3\xa4$c$", "SELECT '***', $1, a$b$, \xc3\xa4$c$");
    assert_masked(postgres, "SELECT 'never closed", "SELECT '***'");
    assert_masked(postgres, "SELECT $x$never closed", "SELECT '***'");
    assert_masked(sqlite, "SELECT 'a\\', x'00ff', [a'b], `c'd`, \"e'f\" FROM t",
                  "SELECT '***', '***', [a'b], `c'd`, \"e'f\" FROM t");
    assert_masked(sqlite, "SELECT $$x$$, :a, @b, ?1, ?", "SELECT $$x$$, :a, @b, ?1, ?");
    assert_masked(sqlite, "SELECT e'x'", "SELECT e'***'");
}

static void comments_hide_quotes_as_each_database_nests_them(void **state)
{
    (void)state;
    assert_masked(postgres, "/* 'a */ 'b', -- 'c\n 'd'", "/* 'a */ '***', -- 'c\n '***'");
    assert_masked(postgres, "/* /* ' */ 'a' */ 'b'", "/* /* ' */ 'a' */ '***'");
    assert_masked(sqlite, "/* /* ' */ 'a' */ 'b'", "/* /* ' */ '***' */ '***'");
    assert_masked(postgres, "-- '\r'a'", "-- '\r'***'");
    assert_masked(sqlite, "-- '\r'a'", "-- '\r'a'");
    assert_masked(sqlite, "/* 'a", "/* 'a");
}

static void constants_are_told_from_names_and_parameters(void **state)
{
    static const char *const without[] = {"", "SELECT a1, b_2 FROM t$3 WHERE c = $4", "SELECT \"1\" /* 2 */ -- '3'", "a.b"};
    static const char *const with[] = {"SELECT 1", "x = .5", "LIMIT 10", "'x'", "E'x'", "f(1e-3)", "$$x$$", "a > -7"};
    (void)state;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        assert_false(wefti_sql_has_literal(postgres, without[i]));
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        assert_true(wefti_sql_has_literal(postgres, with[i]));
    assert_false(wefti_sql_has_literal(sqlite, "SELECT [1], ?2, $3 FROM `4`"));
    assert_true(wefti_sql_has_literal(sqlite, "SELECT x'00'"));
}

static void what_stands_at_a_place_is_shown_unless_it_is_a_literal(void **state)
{
    const char *sql = "SELECT \"\xc3\xa4 b\", 'x y', $1 FROM usr LIMIT 7";
    (void)state;
    assert_int_equal(wefti_sql_token_at(postgres, sql, 0), 6);
    assert_int_equal(wefti_sql_token_at(postgres, sql, wefti_sql_offset(sql, 8)), 6);
    assert_int_equal(wefti_sql_token_at(postgres, sql, wefti_sql_offset(sql, 15)), 0); /* the string */
    assert_int_equal(wefti_sql_token_at(postgres, sql, wefti_sql_offset(sql, 18)), 0); /* within it */
    assert_int_equal(wefti_sql_token_at(postgres, sql, (size_t)(strstr(sql, "$1") - sql)), 2);
    assert_int_equal(wefti_sql_token_at(postgres, sql, (size_t)(strstr(sql, "usr") - sql)), 3);
    assert_int_equal(wefti_sql_token_at(postgres, sql, (size_t)(strstr(sql, "7") - sql)), 0);
    assert_int_equal(wefti_sql_token_at(postgres, sql, strlen(sql)), 0);
    assert_int_equal(wefti_sql_token_at(postgres, sql, strlen(sql) + 9), 0);
    assert_int_equal(wefti_sql_token_at(postgres, "usr.\"a b\" = 7", 0), 9);
    assert_int_equal(wefti_sql_token_at(postgres, "usr.at.x.7", 0), 8);
    assert_int_equal(wefti_sql_token_at(postgres, "usr.'x'", 0), 3);
    assert_int_equal(wefti_sql_offset(sql, 1), 0);
    for (int position = 1; position < 30; position++)
        assert_int_equal(wefti_sql_position(sql, wefti_sql_offset(sql, position)), position);
}

/* Whatever the bytes: every token ends behind its beginning, and the text is all of them. */
static void any_bytes_are_cut_to_their_end(void **state)
{
    static const char letters[] = "aE$'\"\\-/*[]`0.;\n\rU&x1:@? ";
    uint64_t seed = 20261;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char sql[24];
        size_t size = 0;
        for (; size < sizeof sql - 1; size++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            sql[size] = letters[(seed >> 33) % (sizeof letters - 1)];
        }
        sql[size] = '\0';
        const wefti_sql_rules *rules = round % 3 == 0 ? postgres : round % 3 == 1 ? sqlite : backslashes;
        const char *at = sql;
        for (;;) {
            const char *start = at;
            if (wefti_sql_next(rules, &at) == WEFTI_SQL_END)
                break;
            assert_true(at > start && at <= sql + size);
        }
        assert_ptr_equal(at, sql + size);
    }
}

static void what_reads_or_writes_rows_is_a_query(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "SELECT 1",           " \n(select 1)", "/* of /* mine */ */ -- and\nWith x AS (SELECT 1) TABLE x",
        "((VALUES (1)))",     "merge INTO t",  "TABLE t",
        "update t SET a = 1", "DELETE FROM t", "insert INTO t DEFAULT VALUES"};
    static const char *const others[] = {
        "",          "VACUUM",           "SELECTED", "\"SELECT\" 1", "'SELECT'", "-- SELECT", "CREATE TABLE t (a int)",
        "SET x = 1", "EXPLAIN SELECT 1", "()"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        assert_true(wefti_sql_is_query(&wefti_sql_rules_postgres, queries[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(wefti_sql_is_query(&wefti_sql_rules_postgres, others[i]));
    assert_true(wefti_sql_is_query(&wefti_sql_rules_sqlite, "\xef\xbb\xbfSELECT 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_end_where_each_database_ends_them),
        cmocka_unit_test(comments_hide_quotes_as_each_database_nests_them),
        cmocka_unit_test(constants_are_told_from_names_and_parameters),
        cmocka_unit_test(what_stands_at_a_place_is_shown_unless_it_is_a_literal),
        cmocka_unit_test(any_bytes_are_cut_to_their_end),
        cmocka_unit_test(what_reads_or_writes_rows_is_a_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
