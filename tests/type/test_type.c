/* The table of types: every row is whole, what a field holds comes back as it was, and equal values are one to order and hash. */
#include "type/names.h"
#include "type/type.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void every_type_has_a_whole_row(void **state)
{
    (void)state;
    for (unsigned type = WEFT_UNMAPPED + 1; type < WEFT_TYPE_COUNT_; type++) {
        const wefti_type *row = wefti_type_of(type);
        assert_non_null(row->name);
        assert_non_null(row->word);
        assert_non_null(row->nullable);
        assert_true(row->kept != WEFTI_KEPT_NOWHERE && row->align > 0);
        assert_true(row->kept != WEFTI_KEPT_PLAIN || row->size <= sizeof((weft_value){0}).as);
        assert_true(row->equal != NULL && row->compare != NULL && row->hash != NULL && row->take != NULL && row->show != NULL);
        assert_true((row->size == 0) == (type == WEFT_CHARS));
        assert_true(row->borrows ? row->optional_size == 0 : row->optional_size > 0 || type == WEFT_CHARS);
        assert_int_equal(wefti_type_of(row->kin)->kin, row->kin);
        assert_int_equal(wefti_type_of(row->item)->kept == WEFTI_KEPT_NOWHERE, 0);
        assert_ptr_equal(wefti_type_of(type | WEFT_OPT), row);
        assert_ptr_equal(wefti_type_of(type | WEFTI_ARRAY), row);
        assert_true((wefti_names_postgres[type].column != NULL) == (wefti_names_postgres[type].cast != NULL));
        assert_true((wefti_names_sqlite[type].column != NULL) == (wefti_names_sqlite[type].cast != NULL));
        assert_non_null(wefti_names_postgres[type].column);
        char function[WEFTI_TYPE_NAME_BYTES]; /* whole */
        assert_string_equal(wefti_type_function("weft_keep_", type, function) + strlen("weft_keep_"), row->name);
    }
    assert_int_equal(wefti_type_of(WEFT_UNMAPPED)->kept, WEFTI_KEPT_NOWHERE);
    assert_int_equal(wefti_type_of(WEFT_TYPE_COUNT_)->kept, WEFTI_KEPT_NOWHERE);
}

/* ---- fields ---- */

#define ROUND_TRIP(number, T, O, member, ...) \
    do { \
        const T given[] = {__VA_ARGS__}; \
        for (size_t i = 0; i < COUNT(given); i++) { \
            T plain; \
            O optional = {.set = true, .value = given[i]}, written = {0}; \
            const weft_value value = wefti_field_value(number, sizeof(T), &given[i]); \
            const weft_value same = wefti_field_value(WEFT_OPT + (number), sizeof(O), &optional); \
            assert_true(!value.is_null && value.type == (number) && wefti_values_same(&value, &same)); \
            assert_true(wefti_field_put(number, &value, &plain) && wefti_field_put(WEFT_OPT + (number), &value, &written)); \
            assert_memory_equal(&plain, &given[i], sizeof plain); \
            assert_true(written.set &&memcmp(&written.value, &given[i], sizeof(T)) == 0); \
            assert_true(wefti_field_put_null(WEFT_OPT + (number), sizeof written, &written) && !written.set); \
            assert_false(wefti_field_put_null(number, sizeof plain, &plain)); \
            assert_true(wefti_field_value(WEFT_OPT + (number), sizeof(O), &written).is_null); \
        } \
    } while (0)

static void what_a_field_holds_comes_back(void **state)
{
    (void)state;
    ROUND_TRIP(WEFT_INT16, int16_t, weft_opt_int16, i, INT16_MIN, -1, 0, 1, INT16_MAX);
    ROUND_TRIP(WEFT_RANGE_INT32, weft_range_int32, weft_opt_range_int32, range_int32, {.lower = 1, .upper = 5},
               {.lower = INT32_MIN, .no_upper = true}, {.no_lower = true, .upper = 7}, {.empty = true},
               {.lower = 1, .upper = INT32_MAX, .upper_closed = true});
    ROUND_TRIP(WEFT_RANGE_INT64, weft_range_int64, weft_opt_range_int64, range_int64, {.lower = INT64_MIN, .upper = INT64_MAX},
               {.no_lower = true, .no_upper = true});
    ROUND_TRIP(WEFT_RANGE_DATE, weft_range_date, weft_opt_range_date, range_date, {.lower = {-1}, .upper = {1}},
               {.lower = {INT32_MIN}, .upper = {INT32_MAX}, .upper_closed = true});
    ROUND_TRIP(WEFT_RANGE_TIMESTAMP, weft_range_timestamp, weft_opt_range_timestamp, range_timestamp,
               {.lower = {1}, .upper = {5}, .lower_open = true, .upper_closed = true}, {.lower = {INT64_MIN}, .no_upper = true});
    ROUND_TRIP(WEFT_INTERVAL, weft_interval, weft_opt_interval, interval, {0, 0, 0}, {INT32_MIN, INT32_MAX, INT64_MIN},
               {1, -30, 5});
    ROUND_TRIP(WEFT_INT32, int32_t, weft_opt_int32, i, INT32_MIN, -1, 0, 1, INT32_MAX);
    ROUND_TRIP(WEFT_INT64, int64_t, weft_opt_int64, i, INT64_MIN, -1, 0, 1, INT64_MAX);
    ROUND_TRIP(WEFT_UINT32, uint32_t, weft_opt_uint32, i, 0, 1, INT32_MAX, UINT32_C(1) << 31, UINT32_MAX);
    ROUND_TRIP(WEFT_BOOL, bool, weft_opt_bool, b, false, true);
    ROUND_TRIP(WEFT_FLOAT, float, weft_opt_float, d, 0, -0.0F, 1.5F, FLT_MAX, FLT_MIN, INFINITY);
    ROUND_TRIP(WEFT_DOUBLE, double, weft_opt_double, d, 0, -0.0, 1.5, DBL_MAX, DBL_MIN, -(double)INFINITY);
    ROUND_TRIP(WEFT_TIMESTAMP, weft_timestamp, weft_opt_timestamp, i, {INT64_MIN}, {0}, {INT64_MAX});
    ROUND_TRIP(WEFT_DATE, weft_date, weft_opt_date, i, {INT32_MIN}, {0}, {INT32_MAX});
    ROUND_TRIP(WEFT_TIME, weft_time, weft_opt_time, i, {0}, {INT64_C(86400000000)});
    ROUND_TRIP(WEFT_MACADDR, weft_macaddr, weft_opt_macaddr, macaddr, {{0}}, {{1, 2, 3, 4, 5, 255}});
    ROUND_TRIP(WEFT_UUID, weft_uuid, weft_opt_uuid, uuid, {{0}}, {{1, 2, 255}});
}

static void a_number_beyond_its_field_is_refused_and_nothing_written(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        int64_t value;
        bool fits;
    } given[] = {{WEFT_INT16, 32767, true},
                 {WEFT_INT16, 32768, false},
                 {WEFT_INT16, -32769, false},
                 {WEFT_INT32, INT64_C(2147483648), false},
                 {WEFT_INT32, INT32_MIN, true},
                 {WEFT_UINT32, -1, false},
                 {WEFT_UINT32, INT64_C(4294967296), false},
                 {WEFT_UINT32, INT64_C(4294967295), true},
                 {WEFT_INT64, INT64_MIN, true}};
    for (size_t i = 0; i < COUNT(given); i++) {
        unsigned char field[16], before[16];
        memset(field, 0x5a, sizeof field);
        memset(before, 0x5a, sizeof before);
        const weft_value value = weft_value_int64(given[i].value);
        assert_int_equal(wefti_field_put(given[i].type, &value, field), given[i].fits);
        assert_int_equal(memcmp(field, before, sizeof field) == 0, !given[i].fits);
        memset(field, 0x5a, sizeof field);
        assert_int_equal(wefti_field_put((WEFT_OPT + given[i].type), &value, field), given[i].fits);
        assert_int_equal(memcmp(field, before, sizeof field) == 0, !given[i].fits);
    }
    float small = 1;
    const weft_value huge = weft_value_double(1e300);
    assert_false(wefti_field_put(WEFT_FLOAT, &huge, &small));
    assert_true(small >= 1 && small <= 1);
}

static void text_is_read_up_to_its_end_and_no_further(void **state)
{
    (void)state;
    const char *none = NULL, *word = "word";
    const char full[4] = {'f', 'u', 'l', 'l'}, part[4] = "ab";
    const weft_bytes bytes = {"a\0b", 3}, empty = {"", 0}, missing = {0};
    assert_true(wefti_field_value(WEFT_TEXT, sizeof none, &none).is_null);
    assert_int_equal(wefti_field_value(WEFT_DECIMAL, sizeof word, &word).as.s.size, 4);
    assert_int_equal(wefti_field_value(WEFT_CHARS, sizeof full, full).as.s.size, 4);
    assert_int_equal(wefti_field_value(WEFT_CHARS, sizeof part, part).as.s.size, 2);
    assert_int_equal(wefti_field_value(WEFT_CHARS, sizeof part, part).type, WEFT_TEXT);
    assert_int_equal(wefti_field_value(WEFT_BYTES, sizeof bytes, &bytes).as.s.size, 3);
    assert_false(wefti_field_value(WEFT_BYTES, sizeof empty, &empty).is_null);
    assert_true(wefti_field_value(WEFT_BYTES, sizeof missing, &missing).is_null);
}

/* ---- values ---- */

static weft_value text_of(weft_type type, const char *text)
{
    weft_value value = weft_value_text(text);
    value.type = type;
    return value;
}

static void check_pair(const weft_value *a, const weft_value *b, bool equal)
{
    const int order = wefti_values_compare(a, b), back = wefti_values_compare(b, a);
    assert_int_equal(wefti_values_equal(a, b), equal);
    assert_int_equal(wefti_values_equal(b, a), equal);
    assert_int_equal(order == 0, equal);
    assert_true((order < 0) == (back > 0) && (order > 0) == (back < 0));
    if (equal && !a->is_null)
        assert_true(wefti_value_hash((unsigned)a->type, a, 7) == wefti_value_hash((unsigned)b->type, b, 7));
    assert_false(wefti_values_same(a, b) && !equal);
}

/* Values that are listed with one letter are equal, all others are not. */
static void equality_order_and_hash_agree(void **state)
{
    (void)state;
    double quiet = (double)NAN, other;
    uint64_t bits;
    memcpy(&bits, &quiet, sizeof bits);
    bits ^= 0x8000000000000001u;
    memcpy(&other, &bits, sizeof other);
    const struct {
        char group;
        weft_value value;
    } given[] = {{'a', weft_value_double(0)},
                 {'a', weft_value_double(-0.0)},
                 {'b', weft_value_double(quiet)},
                 {'b', weft_value_double(other)},
                 {'c', weft_value_double((double)INFINITY)},
                 {'d', weft_value_double(1)}};
    const struct {
        char group;
        weft_value value;
    } decimals[] = {{'a', text_of(WEFT_DECIMAL, "1.5")},    {'a', text_of(WEFT_DECIMAL, "1.50")},
                    {'a', text_of(WEFT_DECIMAL, "+1.5e0")}, {'b', text_of(WEFT_DECIMAL, "-1.5")},
                    {'c', text_of(WEFT_DECIMAL, "0")},      {'c', text_of(WEFT_DECIMAL, "-0.00")},
                    {'d', text_of(WEFT_DECIMAL, "15")},     {'d', text_of(WEFT_DECIMAL, "1.5e1")}};
    const struct {
        char group;
        weft_value value;
    } texts[] = {{'a', weft_value_text("")},
                 {'b', weft_value_text("a")},
                 {'c', weft_value_text("ab")},
                 {'d', weft_value_text("b")},
                 {'b', text_of(WEFT_CHARS, "a")}};
    for (size_t i = 0; i < COUNT(given); i++)
        for (size_t j = 0; j < COUNT(given); j++)
            check_pair(&given[i].value, &given[j].value, given[i].group == given[j].group);
    for (size_t i = 0; i < COUNT(decimals); i++)
        for (size_t j = 0; j < COUNT(decimals); j++)
            check_pair(&decimals[i].value, &decimals[j].value, decimals[i].group == decimals[j].group);
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t j = 0; j < COUNT(texts); j++)
            check_pair(&texts[i].value, &texts[j].value, texts[i].group == texts[j].group);
    const weft_value null = weft_value_null(WEFT_INT64), one = weft_value_int64(1);
    check_pair(&null, &null, true);
    check_pair(&null, &one, false);
    assert_false(wefti_values_match(&null, &null));
}

/* Days have room for five million years, microseconds for 294,246. */
static void a_date_beyond_timestamps_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        bool fits;
    } given[] = {{"294246-12-31", true},   {"294247-01-10", true},  {"294247-01-11", false}, {"294277-01-01", false},
                 {"5000000-01-01", false}, {"4714-11-24 BC", true}, {"infinity", true},      {"-infinity", true}};
    for (size_t i = 0; i < COUNT(given); i++) {
        weft_value value, day;
        assert_int_equal(wefti_value_read(WEFT_TIMESTAMP, given[i].date, strlen(given[i].date), &value), given[i].fits);
        if (!given[i].fits || strstr(given[i].date, "infinity") != NULL)
            continue;
        assert_true(wefti_value_read(WEFT_DATE, given[i].date, strlen(given[i].date), &day));
        assert_true(value.as.i == day.as.i * INT64_C(86400000000));
    }
}

static void a_value_is_taken_as_another_type_only_whole(void **state)
{
    (void)state;
    const struct {
        uint16_t type;
        weft_value from;
        const char *shown;
    } given[] = {{WEFT_INT64, text_of(WEFT_DECIMAL, "12"), "12"},
                 {WEFT_INT64, text_of(WEFT_DECIMAL, "12.5"), NULL},
                 {WEFT_INT64, weft_value_text("12"), NULL},
                 {WEFT_INT64, weft_value_double(12), NULL},
                 {WEFT_INT32, weft_value_int64(INT64_MAX), "9223372036854775807"},
                 {WEFT_DOUBLE, weft_value_int64(3), "3"},
                 {WEFT_DOUBLE, text_of(WEFT_DECIMAL, "0.25"), "0.25"},
                 {WEFT_DOUBLE, weft_value_text("0.25"), NULL},
                 {WEFT_BOOL, weft_value_int64(1), "true"},
                 {WEFT_BOOL, weft_value_int64(2), NULL},
                 {WEFT_DATE, weft_value_text("2024-02-29"), "2024-02-29"},
                 {WEFT_DATE, weft_value_text("2023-02-29"), NULL},
                 {WEFT_DATE, weft_value_int64(3), NULL},
                 {WEFT_TIME, weft_value_text("12:34:56"), "12:34:56.000000"},
                 {WEFT_TIMESTAMP, weft_value_date((weft_date){0}), NULL},
                 {WEFT_DECIMAL, weft_value_text("1e3"), "1e3"},
                 {WEFT_DECIMAL, weft_value_text("one"), NULL},
                 {WEFT_BYTES, weft_value_text("x"), NULL},
                 {WEFT_TEXT, text_of(WEFT_JSON, "{}"), "{}"},
                 {WEFT_UUID, weft_value_text("no"), NULL},
                 {WEFT_MACADDR, weft_value_text("0800.2B01.0203"), "08:00:2b:01:02:03"},
                 {WEFT_MACADDR, weft_value_text("08:00:2b:01:02"), NULL},
                 {WEFT_UNMAPPED, weft_value_int64(1), NULL},
                 {WEFT_INT64, weft_value_null(WEFT_INT64), NULL}};
    for (size_t i = 0; i < COUNT(given); i++) {
        weft_value taken;
        const bool possible = wefti_value_take(given[i].type, &given[i].from, &taken);
        assert_int_equal(possible, given[i].shown != NULL);
        if (!possible)
            continue;
        wefti_text text;
        wefti_text_init(&text, 0);
        wefti_value_show(&text, &taken);
        assert_int_equal(taken.type, given[i].type);
        assert_string_equal(text.data, given[i].shown);
        wefti_text_deinit(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_whole_row),
        cmocka_unit_test(what_a_field_holds_comes_back),
        cmocka_unit_test(a_number_beyond_its_field_is_refused_and_nothing_written),
        cmocka_unit_test(text_is_read_up_to_its_end_and_no_further),
        cmocka_unit_test(equality_order_and_hash_agree),
        cmocka_unit_test(a_date_beyond_timestamps_is_none),
        cmocka_unit_test(a_value_is_taken_as_another_type_only_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
