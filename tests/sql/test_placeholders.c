/* Parameters of text SQL. */
#include "fixtures/shop.h"

#include <string.h>

static void expect_text(const wefti_dialect *dialect, const char *sql, size_t count, const char *expected, int line)
{
    wefti_arena arena;
    weft_error error = {0};
    const char *translated = NULL;
    wefti_arena_init(&arena, 0);
    weft_status status = wefti_text_placeholders(dialect, sql, false, count, &arena, &translated, NULL, &error);
    if (status != WEFT_OK) {
        print_error("%s\n", error.message);
        _fail(__FILE__, line);
    }
    _assert_string_equal(translated, expected, __FILE__, line);
    wefti_arena_deinit(&arena);
}
#define expect_both(sql, count, sqlite) \
    do { \
        expect_text(&wefti_dialect_sqlite, sql, count, sqlite, __LINE__); \
        expect_text(&wefti_dialect_postgres, sql, count, sql, __LINE__); \
    } while (0)

static void parameters_get_the_sign_of_the_dialect(void **state)
{
    (void)state;
    expect_both("SELECT $1, $2 + $1 FROM t WHERE x=$3", 3, "SELECT ?1, ?2 + ?1 FROM t WHERE x=?3");
    expect_both("SELECT 1", 0, "SELECT 1");
    expect_both("$1", 1, "?1");
}

static void what_is_quoted_stays(void **state)
{
    (void)state;
    expect_both("SELECT '$1', 'it''s $2', \"a $3\"\"b\", $1 -- $4\n, $2 /* $5 */", 2,
                "SELECT '$1', 'it''s $2', \"a $3\"\"b\", ?1 -- $4\n, ?2 /* $5 */");
    expect_text(&wefti_dialect_postgres, "SELECT $$ $1 $$, $tag$ $2 $x$ $tag$, $1, a$1, E'\\' $9' /* /* $7 */ $8 */", 1,
                "SELECT $$ $1 $$, $tag$ $2 $x$ $tag$, $1, a$1, E'\\' $9' /* /* $7 */ $8 */", __LINE__);
    expect_text(&wefti_dialect_sqlite, "SELECT [$1], `$2`, $1, '\\', $2", 2, "SELECT [$1], `$2`, ?1, '\\', ?2", __LINE__);
    expect_text(&wefti_dialect_postgres, "SELECT a[$1]", 1, "SELECT a[$1]", __LINE__);
    expect_both("SELECT 'open $1", 0, "SELECT 'open $1");
    expect_both("SELECT 1 /* open $1", 0, "SELECT 1 /* open $1");
}

static void numbers_must_match_the_parameters(void **state)
{
    (void)state;
    wefti_arena arena;
    weft_error error = {0};
    const char *translated;
    wefti_arena_init(&arena, 0);
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $2", false, 1, &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "the SQL text names the parameter $2, but 1 is given");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $0", false, 1, &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $99999999999999999999", false, 1, &arena, &translated,
                                             NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "the SQL text names the parameter $99999999999999999999, but 1 is given");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $999999999999999999999999", false, 0, &arena,
                                             &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "the SQL text names the parameter $99999999999999999999999…, but 0 are given");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_postgres, "SELECT $1", false, 2, &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "2 parameters are given, but the SQL text does not use $2");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_postgres, NULL, false, 0, &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    wefti_arena_deinit(&arena);
}

static void a_parameter_that_is_given_must_be_used(void **state)
{
    (void)state;
    static const char *const texts[] = {"SELECT $1, $3", "SELECT $3, $1, $1", "SELECT $1, '$2', $3", "SELECT $3, $1 -- $2"};
    const wefti_dialect *const dialects[] = {&wefti_dialect_sqlite, &wefti_dialect_postgres};
    for (size_t i = 0; i < 2 * sizeof texts / sizeof *texts; i++) {
        wefti_arena arena;
        weft_error error = {0};
        const char *translated;
        wefti_arena_init(&arena, 0);
        assert_int_equal(wefti_text_placeholders(dialects[i % 2], texts[i / 2], false, 3, &arena, &translated, NULL, &error),
                         WEFT_ERROR_MISUSE);
        assert_string_equal(error.message, "3 parameters are given, but the SQL text does not use $2");
        wefti_arena_deinit(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_get_the_sign_of_the_dialect),
        cmocka_unit_test(what_is_quoted_stays),
        cmocka_unit_test(numbers_must_match_the_parameters),
        cmocka_unit_test(a_parameter_that_is_given_must_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
