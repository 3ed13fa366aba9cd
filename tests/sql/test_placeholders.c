/* Parameters of text SQL. */
#include "fixtures/shop.h"

#include <string.h>

static void expect_text(const wefti_dialect *dialect, const char *sql, size_t count, const char *expected, int line)
{
    wefti_arena arena;
    weft_error error = {0};
    const char *translated = NULL;
    wefti_arena_init(&arena, 0);
    weft_status status =
        wefti_text_placeholders(dialect, sql, false, &(wefti_text_parameters){.count = count}, &arena, &translated, NULL, &error);
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
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $2", false, &(wefti_text_parameters){.count = 1},
                                             &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "the SQL text names the parameter $2, but 1 is given");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $0", false, &(wefti_text_parameters){.count = 1},
                                             &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $99999999999999999999", false,
                                             &(wefti_text_parameters){.count = 1}, &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "the SQL text names the parameter $99999999999999999999, but 1 is given");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_sqlite,
                                             "SELECT $9999999999999999999999999999999999999999999999999999999999999999", false,
                                             &(wefti_text_parameters){.count = 0}, &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(
        error.message,
        "the SQL text names the parameter $999999999999999999999999999999999999999999999999999999999999999…, but 0 are given");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_postgres, "SELECT $1", false, &(wefti_text_parameters){.count = 2},
                                             &arena, &translated, NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_string_equal(error.message, "2 parameters are given, but the SQL text does not use $2");
    assert_int_equal(wefti_text_placeholders(&wefti_dialect_postgres, NULL, false, &(wefti_text_parameters){.count = 0}, &arena,
                                             &translated, NULL, &error),
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
        assert_int_equal(wefti_text_placeholders(dialects[i % 2], texts[i / 2], false, &(wefti_text_parameters){.count = 3}, &arena,
                                                 &translated, NULL, &error),
                         WEFT_ERROR_MISUSE);
        assert_string_equal(error.message, "3 parameters are given, but the SQL text does not use $2");
        wefti_arena_deinit(&arena);
    }
}

/* ---- names ---- */

#define NAMED(...) weft_parameters(__VA_ARGS__)
#define P(name) weft_parameter(name, weft_value_int64(1))

static weft_status translate(const wefti_dialect *dialect, const char *sql, const weft_values *given, wefti_arena *arena,
                             const char **translated, weft_error *error)
{
    wefti_text_parameters taken;
    weft_status status = wefti_text_parameters_take(given, arena, &taken, error);
    return status == WEFT_OK ? wefti_text_placeholders(dialect, sql, false, &taken, arena, translated, NULL, error) : status;
}

static void names_become_numbers(void **state)
{
    (void)state;
    static const char *const texts[][3] = {
        {"SELECT :b, :a, :b", "SELECT $2, $1, $2", "SELECT ?2, ?1, ?2"},
        {":a:b", "$1 $2", "?1 ?2"},
        {"SELECT ':a', \":b\", 1 -- :a\n, :a /* :b */, :b", "SELECT ':a', \":b\", 1 -- :a\n, $1 /* :b */, $2",
         "SELECT ':a', \":b\", 1 -- :a\n, ?1 /* :b */, ?2"},
        {"SELECT :a::text, x::b, :b :: int", "SELECT $1::text, x::b, $2 :: int", "SELECT ?1::text, x::b, ?2 :: int"},
        {"SELECT x[1: b], :a, x[:b: a]", "SELECT x[1: b], $1, x[$2: a]", NULL /* names in brackets */},
        {"SELECT :a, [:a], `:b`, :b", NULL, "SELECT ?1, [:a], `:b`, ?2"},
        {"SELECT :a, :b, x := 1, y[1:2]", "SELECT $1, $2, x := 1, y[1:2]", "SELECT ?1, ?2, x := 1, y[1:2]"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int k = 0; k < 2; k++) {
            if (texts[i][1 + k] == NULL)
                continue;
            wefti_arena arena;
            weft_error error = {0};
            const char *translated;
            wefti_arena_init(&arena, 0);
            const weft_status status = translate(k == 0 ? &wefti_dialect_postgres : &wefti_dialect_sqlite, texts[i][0],
                                                 NAMED(P("a"), P("b")), &arena, &translated, &error);
            if (status != WEFT_OK)
                print_error("%s: %s\n", texts[i][0], error.message);
            assert_int_equal(status, WEFT_OK);
            assert_string_equal(translated, texts[i][1 + k]);
            wefti_arena_deinit(&arena);
        }
}

static void names_must_be_those_that_are_given(void **state)
{
    (void)state;
    const struct {
        const char *sql, *message;
        const weft_values *given;
    } cases[] = {
        {"SELECT :a, :c", "the SQL text names the parameter :c, which is not given", NAMED(P("a"), P("b"))},
        {"SELECT :a, :ab", "the SQL text names the parameter :ab, which is not given", NAMED(P("a"), P("b"))},
        {"SELECT :a, :B", "the SQL text names the parameter :B, which is not given", NAMED(P("a"), P("b"))},
        {"SELECT :a, ':b'", "the parameter b is given, but the SQL text does not use :b", NAMED(P("a"), P("b"))},
        {"SELECT :b", "the parameter a is given, but the SQL text does not use :a", NAMED(P("b"), P("a"))},
        {"SELECT :a, $1", "the SQL text names the parameter $1, which is not given", NAMED(P("a"))},
        {"SELECT :a, :b", "the parameter a is given twice", NAMED(P("a"), P("b"), P("a"))},
        {"SELECT :a", "some parameters of the SQL text have names, and others do not", NAMED(P("a"), weft_value_int64(2))},
        {"SELECT :a", "some parameters of the SQL text have names, and others do not",
         NAMED(weft_value_int64(2), weft_value_of_name("a"))},
        {"SELECT :a", "some parameters of the SQL text have names, and others do not",
         NAMED(weft_value_of_name("a"), weft_value_of_name("b"))},
        {"SELECT :a", "some parameters of the SQL text have names, and others do not",
         NAMED(weft_value_int64(1), weft_value_int64(1), P("a"))},
        {"SELECT :a", "weft_parameter: \":a\" is no name of a parameter; letters, digits and _ are, a letter first",
         NAMED(P(":a"))},
        {"SELECT :a", "weft_parameter: \"1\" is no name of a parameter; letters, digits and _ are, a letter first", NAMED(P("1"))},
        {"SELECT :a", "weft_parameter: \"\" is no name of a parameter; letters, digits and _ are, a letter first", NAMED(P(""))},
        {"SELECT :a", "weft_parameter: \"(null)\" is no name of a parameter; letters, digits and _ are, a letter first",
         NAMED(P(NULL))},
        {"SELECT :a", "the type of parameter 1 is 4000, which is no weft_type",
         NAMED(weft_parameter("a", ((weft_value){.type = (weft_type)4000})))},
        {"SELECT $1", "the parameters are NULL and counted", &(const weft_values){NULL, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wefti_arena arena;
        weft_error error = {0};
        const char *translated;
        wefti_arena_init(&arena, 0);
        assert_int_equal(translate(&wefti_dialect_postgres, cases[i].sql, cases[i].given, &arena, &translated, &error),
                         WEFT_ERROR_MISUSE);
        assert_string_equal(error.message, cases[i].message);
        wefti_arena_deinit(&arena);
    }
}

/* Before any of them is looked at. */
static void too_many_are_refused_by_their_number(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        wefti_arena arena;
        weft_error error = {0};
        wefti_text_parameters taken;
        wefti_arena_init(&arena, 0);
        const weft_value one = named ? weft_value_of_name("a") : weft_value_int64(1);
        const weft_values given = {&one, (size_t)(1 + named) * (WEFTI_MAX_PARAMETERS + 1)};
        assert_int_equal(wefti_text_parameters_take(&given, &arena, &taken, &error), WEFT_ERROR_LIMIT);
        assert_non_null(strstr(error.message, "parameters are given, at most"));
        wefti_arena_deinit(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_numbers),
        cmocka_unit_test(too_many_are_refused_by_their_number),
        cmocka_unit_test(names_must_be_those_that_are_given),
        cmocka_unit_test(parameters_get_the_sign_of_the_dialect),
        cmocka_unit_test(what_is_quoted_stays),
        cmocka_unit_test(numbers_must_match_the_parameters),
        cmocka_unit_test(a_parameter_that_is_given_must_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
