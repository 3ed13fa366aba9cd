/* Text buffers, UTF-8, decimals, integers and hashing. */
#include "base/memory.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void buffer_collects_every_kind_of_piece(void **state)
{
    (void)state;
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "a");
    wefti_text_add_char(&text, 'b');
    wefti_text_add_int(&text, INT64_MIN);
    wefti_text_add_int(&text, 0);
    wefti_text_add_format(&text, "<%d>", 7);
    wefti_text_add_hex(&text, "\x01\xfe", 2);
    wefti_text_add_bytes(&text, "", 0);
    assert_string_equal(text.data, "ab-92233720368547758080<7>01fe");
    assert_int_equal(text.size, strlen(text.data));
    size_t size;
    char *taken = wefti_text_take(&text, &size);
    assert_int_equal(size, strlen(taken));
    wefti_free(taken);
    assert_null(text.data);
    taken = wefti_text_take(&text, &size);
    assert_string_equal(taken, "");
    wefti_free(taken);
}

static void buffer_stops_at_its_limit_and_stays_failed(void **state)
{
    (void)state;
    wefti_text text;
    wefti_text_init(&text, 10);
    wefti_text_add(&text, "0123456789");
    assert_false(text.failed);
    wefti_text_add(&text, "x");
    assert_true(text.failed);
    assert_string_equal(text.data, "0123456789");
    assert_null(wefti_text_take(&text, NULL));
    wefti_text_add_hex(&text, "abcdef", 6);
    assert_true(text.failed);
    wefti_text_clear(&text);
    assert_false(text.failed);
    wefti_text_deinit(&text);
}

static void buffer_survives_failing_allocations(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        wefti_text text;
        wefti_text_init(&text, 0);
        wefti_memory_fail_after(n, false);
        for (int i = 0; i < 100; i++)
            wefti_text_add(&text, "ten bytes.");
        bool failed = wefti_memory_fail_after(-1, false);
        assert_int_equal(failed, text.failed);
        if (!failed)
            assert_int_equal(text.size, 1000);
        wefti_text_deinit(&text);
        if (!failed)
            break;
    }
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    wefti_text text;
    wefti_text_init(&text, 0);
    const char data[] = "a\"b\\c\n\x01\xc3\xa4";
    wefti_text_add_json_string(&text, data, sizeof data - 1);
    assert_string_equal(text.data, "\"a\\\"b\\\\c\\u000a\\u0001\xc3\xa4\"");
    wefti_text_deinit(&text);
}

static void utf8_accepts_text_and_refuses_what_is_not(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "plain",
        "long enough for the fast path \xc3\xa4 and after it",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xc2\x80",
        "\xe0\xa0\x80",
        "\xf0\x90\x80\x80",
    };
    static const char *const bad[] = {
        "\x80",
        "\xc3",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "eight ok\xe2\x82",
        "\xe2\x82 ",
        "\xf0\x9f\x98",
        "\xc3\xc3",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(wefti_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wefti_utf8_valid(bad[i], strlen(bad[i])));
    for (size_t size = 1; size < 40; size++)
        for (size_t at = 0; at < size; at++) {
            char text[40];
            memset(text, 'x', sizeof text);
            text[at] = '\0';
            assert_false(wefti_utf8_valid(text, size));
            text[at] = '\xc3';
            assert_false(wefti_utf8_valid(text, size));
            text[at + 1] = '\xa4';
            assert_true(wefti_utf8_valid(text, size) == (at + 1 < size));
        }
}

/* Every length, with every byte at every place. */
static void copies_know_what_is_plain(void **state)
{
    (void)state;
    enum { MOST = 70 };
    for (size_t size = 0; size <= MOST; size++)
        for (size_t at = 0; at < size + 1; at++)
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[MOST], copy[MOST + 1];
                memset(text, 0x01, sizeof text); /* the least that is plain */
                if (at < size)
                    text[at] = (char)byte;
                memset(copy, '#', sizeof copy);
                assert_true(wefti_text_copy_plain(copy, text, size) == (at == size || (byte > 0 && byte < 128)));
                assert_true(memcmp(copy, text, size) == 0 && copy[size] == '#');
            }
}

static void utf8_is_cut_at_characters(void **state)
{
    (void)state;
    const char *text = "a\xe2\x82\xac"
                       "b";
    assert_int_equal(wefti_utf8_cut(text, 5, 5), 5);
    assert_int_equal(wefti_utf8_cut(text, 5, 4), 4);
    assert_int_equal(wefti_utf8_cut(text, 5, 3), 1);
    assert_int_equal(wefti_utf8_cut(text, 5, 2), 1);
    assert_int_equal(wefti_utf8_cut(text, 5, 1), 1);
    assert_int_equal(wefti_utf8_cut(text, 5, 0), 0);
}

static bool valid(const char *text, bool special) { return wefti_decimal_valid(text, strlen(text), special); }

static void decimals_are_recognised(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-1", "+1.5", "12.", ".5", "1e5", "1.2E-30", "00012.500"};
    static const char *const bad[] = {"", "-", ".", "e5", "1e", "1e+", "1.2.3", " 1", "1 ", "0x10", "--1", "1,5", "nan"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(valid(good[i], false));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(valid(bad[i], true));
    assert_true(valid("NaN", true) && valid("Infinity", true) && valid("-Infinity", true));
    assert_false(valid("NaN", false) || valid("Infinity", false));
}

static int compare(const char *a, const char *b) { return wefti_decimal_compare(a, strlen(a), b, strlen(b)); }

static void decimals_compare_by_value(void **state)
{
    (void)state;
    static const char *const ascending[] = {
        "-Infinity",
        "-1e400",
        "-100",
        "-12.5",
        "-1",
        "-0.5",
        "0",
        "1e-400",
        "0.09",
        "0.1",
        "0.10000000001",
        "1",
        "1.5",
        "9",
        "10",
        "99.99",
        "100",
        "123456789012345678901234567890.1",
        "123456789012345678901234567890.2",
        "1e999999999",
        "Infinity",
        "NaN",
    };
    size_t count = sizeof ascending / sizeof *ascending;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            assert_int_equal(compare(ascending[i], ascending[j]), i < j ? -1 : i > j ? 1 : 0);
    assert_int_equal(compare("1.50", "1.5"), 0);
    assert_int_equal(compare("0015e-1", "1.5"), 0);
    assert_int_equal(compare("-0", "0.000"), 0);
    assert_int_equal(compare("+7", "7."), 0);
    assert_int_equal(compare("0.001e3", "1"), 0);
    assert_int_equal(compare(".5", "0.5"), 0);
}

static void is_written(const char *decimal, size_t size, int scale, const char *wanted)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    assert_int_equal(wefti_text_add_decimal(&text, decimal, size, scale), wanted != NULL);
    assert_string_equal(text.data != NULL ? text.data : "", wanted != NULL ? wanted : "");
    assert_true(wanted == NULL || wanted[0] > '9' || wanted[0] == '-' ||
                wefti_decimal_compare(decimal, size, wanted, strlen(wanted)) == 0);
    wefti_text_deinit(&text);
}

static void decimals_are_written_in_digits(void **state)
{
    (void)state;
    static const struct {
        const char *decimal;
        int scale;
        const char *wanted;
    } cases[] = {{"0", -1, "0"},
                 {"-0.00", -1, "0"},
                 {"-0.00", 3, "0.000"},
                 {"+12.50", -1, "12.5"},
                 {"12.50", 4, "12.5000"},
                 {".5", -1, "0.5"},
                 {"5.", 0, "5"},
                 {"-00120", 1, "-120.0"},
                 {"1e3", -1, "1000"},
                 {"1.25e1", -1, "12.5"},
                 {"125E-5", -1, "0.00125"},
                 {"-125e-3", 5, "-0.12500"},
                 {"12.34e-1", 3, "1.234"},
                 {"1e2000", 0, NULL},
                 {"1e-2000", -1, NULL},
                 {"1e999999999999999999999", -1, NULL},
                 {"NaN", 2, "NaN"},
                 {"Infinity", 2, "Infinity"},
                 {"-Infinity", -1, "-Infinity"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        is_written(cases[i].decimal, strlen(cases[i].decimal), cases[i].scale, cases[i].wanted);
    }
    char plain[5001];
    memset(plain, '7', 5000);
    plain[2500] = '.';
    plain[5000] = '\0';
    is_written(plain, 5000, -1, plain);
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(wefti_utf8_count("", 0), 0);
    assert_int_equal(wefti_utf8_count("größe", strlen("größe")), 5);
    assert_int_equal(wefti_utf8_count("a€𝄞", strlen("a€𝄞")), 3);
}

static void integers_are_read_to_their_bounds(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(wefti_int64_parse("9223372036854775807", 19, &value) && value == INT64_MAX);
    assert_true(wefti_int64_parse("-9223372036854775808", 20, &value) && value == INT64_MIN);
    assert_true(wefti_int64_parse("+12", 3, &value) && value == 12);
    assert_false(wefti_int64_parse("9223372036854775808", 19, &value));
    assert_false(wefti_int64_parse("-9223372036854775809", 20, &value));
    assert_false(wefti_int64_parse("", 0, &value) || wefti_int64_parse("-", 1, &value) || wefti_int64_parse("1x", 2, &value));
}

static void hash_depends_on_every_byte_size_and_seed(void **state)
{
    (void)state;
    unsigned char data[64] = {0};
    for (size_t size = 0; size <= sizeof data; size++) {
        uint64_t hash = wefti_hash(data, size, 1);
        assert_true(hash == wefti_hash(data, size, 1));
        assert_true(hash != wefti_hash(data, size, 2));
        if (size < sizeof data)
            assert_true(hash != wefti_hash(data, size + 1, 1));
        for (size_t i = 0; i < size; i++) {
            data[i] ^= 0x10;
            assert_true(hash != wefti_hash(data, size, 1));
            data[i] ^= 0x10;
        }
    }
}

static void hash_spreads_small_keys(void **state)
{
    (void)state;
    unsigned buckets[256] = {0};
    for (uint64_t key = 0; key < 25600; key++)
        buckets[wefti_hash(&key, sizeof key, 0) & 255]++;
    for (int i = 0; i < 256; i++)
        assert_in_range(buckets[i], 50, 170);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_collects_every_kind_of_piece),
        cmocka_unit_test(buffer_stops_at_its_limit_and_stays_failed),
        cmocka_unit_test(buffer_survives_failing_allocations),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(utf8_accepts_text_and_refuses_what_is_not),
        cmocka_unit_test(copies_know_what_is_plain),
        cmocka_unit_test(utf8_is_cut_at_characters),
        cmocka_unit_test(decimals_are_recognised),
        cmocka_unit_test(decimals_compare_by_value),
        cmocka_unit_test(decimals_are_written_in_digits),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(integers_are_read_to_their_bounds),
        cmocka_unit_test(hash_depends_on_every_byte_size_and_seed),
        cmocka_unit_test(hash_spreads_small_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
