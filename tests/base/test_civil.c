/* Timestamps, dates, times and UUIDs as text, to the bounds of their types. */
#include "base/text.h"

#include <weft/value.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t timestamp_of(const char *text)
{
    int64_t usec = 42;
    assert_true(wefti_timestamp_parse(text, strlen(text), &usec));
    return usec;
}

static void timestamps_are_written_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t usec;
        const char *text;
    } cases[] = {
        {0, "1970-01-01 00:00:00.000000"},
        {-1, "1969-12-31 23:59:59.999999"},
        {951782400000000, "2000-02-29 00:00:00.000000"},
        {253402300799999999, "9999-12-31 23:59:59.999999"},
        {253402300800000000, "10000-01-01 00:00:00.000000"},
        {-62135596800000000, "0001-01-01 00:00:00.000000"},
        {-62135596800000001, "0001-12-31 23:59:59.999999 BC"},
        {-63517824000000000, "0044-03-15 00:00:00.000000 BC"},
        {INT64_MAX - 1, "294247-01-10 04:00:54.775806"},
        {INT64_MIN + 1, "290309-12-21 19:59:05.224193 BC"},
        {INT64_MAX, "infinity"},
        {INT64_MIN, "-infinity"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[WEFT_TIMESTAMP_TEXT_SIZE];
        assert_int_equal(wefti_timestamp_write(cases[i].usec, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_true(timestamp_of(text) == cases[i].usec);
    }
}

static void timestamps_are_read_in_their_usual_forms(void **state)
{
    (void)state;
    int64_t noon = timestamp_of("2024-05-17 12:00:00.000000");
    static const char *const same[] = {
        "2024-05-17T12:00:00Z",      "2024-05-17 12:00",       "2024-05-17 14:00:00+02",       "2024-05-17 06:30:00.0-0530",
        "2024-05-17 17:30:00+05:30", "2024-05-17 12:00:00+00", "2024-05-17 24:00:00+12:00:00",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(timestamp_of(same[i]) == noon);
    assert_true(timestamp_of("2024-05-17 12:00:00.5") == noon + 500000);
    assert_true(timestamp_of("2024-05-17 12:00:00.0000015") == noon + 2);
}

static void what_is_no_timestamp_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2024-05-17",
        "2024-05-17 ",
        "2024-13-01 00:00",
        "2024-02-30 00:00",
        "2023-02-29 00:00",
        "1900-02-29 00:00",
        "2024-00-01 00:00",
        "2024-01-00 00:00",
        "0000-01-01 00:00",
        "24-01-01 00:00",
        "2024-1-1 00:00",
        "2024-05-17 24:00:01",
        "2024-05-17 12:60",
        "2024-05-17 12:00:60",
        "2024-05-17 12:00:00.",
        "2024-05-17 12:00:00x",
        "2024-05-17 12:00:00+16",
        "2024-05-17 12:00:00+1",
        "2024-05-17 12:00:00 AD",
        "99999999-01-01 00:00",
        "294248-01-01 00:00",
        "Infinity",
        "2024-05-17  12:00",
        "-2024-05-17 12:00",
    };
    int64_t usec = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wefti_timestamp_parse(bad[i], strlen(bad[i]), &usec));
    assert_true(usec == 42);
    const char *whole = "2024-05-17 12:00:00.123456+02:00";
    for (size_t size = 0; size < 16; size++)
        assert_false(wefti_timestamp_parse(whole, size, &usec));
}

/* The form that is read at a stroke means what the general reader takes it for: a zone sends a text to that one. */
static void the_own_form_is_read_as_any_other(void **state)
{
    (void)state;
    static const char *const forms[] = {"2024-02-29 23:59:59.999999", "1900-03-01 00:00:00.000000", "0001-01-01 01:01:01.000001",
                                        "9999-12-31 12:34:56.789012", "2000-02-28 20:08:08.080808"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        for (unsigned change = 0; change < 26 * 256; change++) {
            char text[28];
            int64_t own = 42, general = 42;
            memcpy(text, forms[i], 27);
            text[change / 256] = (char)(change % 256);
            if (strchr("+-Zz", text[change / 256]) != NULL && text[change / 256] != '\0')
                continue;
            text[26] = 'Z';
            assert_int_equal(wefti_timestamp_parse(text, 26, &own), wefti_timestamp_parse(text, 27, &general));
            assert_true(own == general);
        }
    }
}

static void every_month_of_ten_thousand_years_has_its_days(void **state)
{
    (void)state;
    int32_t expected = -719162;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
            bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            int length = lengths[month - 1] + (month == 2 && leap ? 1 : 0);
            for (int day = 1; day <= length; day += length - 1, expected += length - 1) {
                char wanted[64], text[WEFT_TIMESTAMP_TEXT_SIZE];
                (void)snprintf(wanted, sizeof wanted, "%04d-%02d-%02d 00:00:00.000000", year, month, day);
                (void)wefti_timestamp_write(expected * INT64_C(86400000000), text);
                assert_string_equal(text, wanted);
                assert_true(timestamp_of(text) == expected * INT64_C(86400000000));
            }
            expected -= length - 2;
        }
}

static void every_day_of_two_eras_goes_there_and_back(void **state)
{
    (void)state;
    for (int32_t days = -146097 - 800000; days <= 146097; days += 1 + (days < -146097 ? 371 : 0)) {
        char text[WEFT_TIMESTAMP_TEXT_SIZE];
        int32_t again = 0;
        size_t size = wefti_date_write(days, text);
        assert_true(wefti_date_parse(text, size, &again));
        assert_int_equal(again, days);
    }
}

static void dates_reach_their_bounds(void **state)
{
    (void)state;
    static const int32_t bounds[] = {INT32_MIN, INT32_MIN + 1, -719163, -719162, 2932896, 2932897, INT32_MAX - 1, INT32_MAX};
    static const char *const texts[] = {"-infinity",  "5877642-06-24 BC", "0001-12-31 BC", "0001-01-01",
                                        "9999-12-31", "10000-01-01",      "5881580-07-10", "infinity"};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        char text[WEFT_TIMESTAMP_TEXT_SIZE];
        weft_date again;
        weft_date_text((weft_date){bounds[i]}, text);
        assert_string_equal(text, texts[i]);
        assert_true(weft_date_parse(text, &again));
        assert_int_equal(again.days, bounds[i]);
    }
    weft_date date = {7};
    assert_false(weft_date_parse("5881580-07-12", &date) || weft_date_parse("2024-01-01 ", &date) || weft_date_parse(NULL, &date));
    assert_int_equal(date.days, 7);
}

static void times_cover_the_day_and_its_end(void **state)
{
    (void)state;
    static const int64_t usecs[] = {0, 1, 45296123456, 86399999999, 86400000000};
    static const char *const texts[] = {"00:00:00.000000", "00:00:00.000001", "12:34:56.123456", "23:59:59.999999",
                                        "24:00:00.000000"};
    for (size_t i = 0; i < sizeof usecs / sizeof *usecs; i++) {
        char text[WEFT_TIMESTAMP_TEXT_SIZE];
        weft_time again;
        assert_string_equal(weft_time_text((weft_time){usecs[i]}, text), texts[i]);
        assert_true(weft_time_parse(text, &again));
        assert_true(again.usec == usecs[i]);
    }
    weft_time time;
    assert_true(weft_time_parse("07:05", &time) && time.usec == INT64_C(25500000000));
    assert_false(weft_time_parse("24:00:00.000001", &time) || weft_time_parse("7:05", &time) ||
                 weft_time_parse("07:05:00Z", &time));
}

static void uuids_are_written_read_and_random(void **state)
{
    (void)state;
    char text[WEFT_UUID_TEXT_SIZE];
    weft_uuid a, b;
    assert_true(weft_uuid_parse("00112233-4455-6677-8899-AABBCCDDEEFF", &a));
    assert_true(weft_uuid_parse("00112233445566778899aabbccddeeff", &b));
    assert_memory_equal(&a, &b, sizeof a);
    assert_string_equal(weft_uuid_text(a, text), "00112233-4455-6677-8899-aabbccddeeff");
    assert_false(weft_uuid_parse("00112233-4455-6677-8899-aabbccddeef", &a) ||
                 weft_uuid_parse("0011223344-55-6677-8899-aabbccddeeff", &a) ||
                 weft_uuid_parse("g0112233445566778899aabbccddeeff", &a) || weft_uuid_parse(NULL, &a));
    a = weft_uuid_random();
    b = weft_uuid_random();
    assert_memory_not_equal(&a, &b, sizeof a);
    weft_uuid_text(a, text);
    assert_int_equal(text[14], '4');
    assert_non_null(strchr("89ab", text[19]));
}

static void now_is_after_the_year_2024(void **state)
{
    (void)state;
    assert_true(weft_timestamp_now().usec > timestamp_of("2024-01-01 00:00:00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamps_are_written_and_read_back),
        cmocka_unit_test(timestamps_are_read_in_their_usual_forms),
        cmocka_unit_test(what_is_no_timestamp_is_refused),
        cmocka_unit_test(the_own_form_is_read_as_any_other),
        cmocka_unit_test(every_month_of_ten_thousand_years_has_its_days),
        cmocka_unit_test(every_day_of_two_eras_goes_there_and_back),
        cmocka_unit_test(dates_reach_their_bounds),
        cmocka_unit_test(times_cover_the_day_and_its_end),
        cmocka_unit_test(uuids_are_written_read_and_random),
        cmocka_unit_test(now_is_after_the_year_2024),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
