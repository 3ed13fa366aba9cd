/* Series by steps: numbers, dates and timestamps from one bound to another, upwards and downwards, on both databases alike and as a
 * calendar in plain C has them. */
#define _GNU_SOURCE
#include "support/fixture.h"

#include <time.h>

WEFT_DECLARE(Order);
struct Order {
    int64_t id;
    weft_timestamp created;
};
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, created));
WEFT_METADATA(models, &Order_model);
FIXTURE_ROWS(models,
             "INSERT INTO orders (id, created) VALUES (1, '2026-11-01 08:00:00.000000'), (2, '2026-11-01 23:59:59.999999'), "
             "(3, '2026-11-03 00:00:00.000000')");

typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));
typedef struct Small {
    int32_t n;
} Small;
WEFT_ROW(Small, WEFT_FIELD(Small, n));
typedef struct Day {
    weft_date day;
} Day;
WEFT_ROW(Day, WEFT_FIELD(Day, day));
typedef struct Moment {
    weft_timestamp at;
} Moment;
WEFT_ROW(Moment, WEFT_FIELD(Moment, at));
typedef struct PerDay {
    weft_timestamp day;
    int64_t orders;
} PerDay;
WEFT_ROW(PerDay, WEFT_FIELD(PerDay, day), WEFT_FIELD(PerDay, orders));

static weft_timestamp at(const char *text)
{
    weft_timestamp value;
    assert_true(weft_timestamp_parse(text, &value));
    return value;
}
static weft_date on(const char *text)
{
    weft_date value;
    assert_true(weft_date_parse(text, &value));
    return value;
}

/* Numbers: what comes, in its order as a text. */
static void assert_numbers(fixture *f, int64_t first, int64_t last, int64_t n, const char *expected)
{
    char text[256] = "";
    weft_series_step(Number, weft_val(first), weft_val(last), weft_val(n));
    Number_list list = n > 0 ? weft_rows(f->s, Number, .from = weft_from(Number), .order_by = weft_order(weft_asc(Number, n)))
                             : weft_rows(f->s, Number, .from = weft_from(Number), .order_by = weft_order(weft_desc(Number, n)));
    assert_ok(f->s);
    weft_each (Number, number, list)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), " %lld", (long long)number->n);
    assert_string_equal(text, expected);
}

static void numbers_go_by_steps(void **state)
{
    fixture *f = *state;
    assert_numbers(f, 1, 10, 3, " 1 4 7 10");
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT \"Number\".n FROM (SELECT f.v AS n FROM generate_series(CAST($1 AS bigint), CAST($2 AS bigint), CAST($3 AS "
              "bigint)) AS f(v)) AS \"Number\" ORDER BY \"Number\".n"
            : "SELECT \"Number\".n FROM (SELECT s.v AS n FROM (WITH RECURSIVE b AS MATERIALIZED (SELECT weft_integer(?1, 64) AS a, "
              "weft_integer(?2, 64) AS z, weft_integer(?3, 64) AS n, 0 AS u), s(k, v) AS (SELECT 0, weft_series_at(a, z, n, u, 0) "
              "FROM b UNION ALL SELECT s.k + 1, weft_series_at(b.a, b.z, b.n, b.u, s.k + 1) FROM s CROSS JOIN b WHERE s.v IS NOT "
              "NULL) SELECT s.v FROM s WHERE s.v IS NOT NULL) AS s) AS \"Number\" ORDER BY \"Number\".n NULLS LAST");
    assert_numbers(f, 1, 9, 3, " 1 4 7");
    assert_numbers(f, 5, 5, 7, " 5");
    assert_numbers(f, 5, 4, 7, "");
    assert_numbers(f, 5, 5, -7, " 5");
    assert_numbers(f, 10, 1, -4, " 10 6 2");
    assert_numbers(f, 1, 10, -4, "");
    assert_numbers(f, -3, 3, 2, " -3 -1 1 3");
    assert_numbers(f, INT64_MAX - 5, INT64_MAX, 4, " 9223372036854775802 9223372036854775806");
    assert_numbers(f, INT64_C(-9000000000000000000), INT64_C(9000000000000000000), INT64_C(3000000000000000000),
                   " -9000000000000000000 -6000000000000000000 -3000000000000000000 0 3000000000000000000 6000000000000000000 "
                   "9000000000000000000");
    assert_numbers(f, INT64_C(9000000000000000000), INT64_C(-9000000000000000000), INT64_C(-9000000000000000000),
                   " 9000000000000000000 0 -9000000000000000000");
    assert_numbers(f, INT64_MIN, INT64_MAX, INT64_MAX, " -9223372036854775808 -1 9223372036854775806");
    assert_numbers(f, INT64_MIN + 5, INT64_MIN, -4, " -9223372036854775803 -9223372036854775807");
    weft_series_step(Small, weft_val(1), weft_val(6), weft_val(2));
    Small_list small =
        weft_rows(f->s, Small, .from = weft_from(Small), .where = weft_gt(Small, n, 1), .order_by = weft_order(weft_asc(Small, n)));
    assert_ok(f->s);
    assert_int_equal(small.count, 2);
    assert_int_equal(small.items[1]->n, 5);
    const weft_opt_int64 none = weft_unset;
    weft_series_step_as(NoStep, Number, weft_val(1), weft_val(6), weft_val(none));
    assert_int_equal(weft_rows(f->s, Number, .from = weft_from(NoStep)).count, 0);
    weft_series_step_as(NoEnd, Number, weft_val(1), weft_val(none), weft_val(1));
    assert_int_equal(weft_rows(f->s, Number, .from = weft_from(NoEnd)).count, 0);
    assert_ok(f->s);
}

/* ---- dates ---- */

/* A date by the C library: k times n units behind the first, months cut to their length. */
static int64_t expected_days(int64_t days, int64_t count, weft_unit unit)
{
    if (unit == WEFT_DAY || unit == WEFT_WEEK)
        return days + count * (unit == WEFT_WEEK ? 7 : 1);
    const int64_t months = count * (unit == WEFT_MONTH ? 1 : unit == WEFT_QUARTER ? 3 : 12);
    const time_t seconds = (time_t)(days * 86400);
    struct tm first, begin;
    assert_non_null(gmtime_r(&seconds, &first));
    begin = (struct tm){.tm_year = first.tm_year, .tm_mon = first.tm_mon + (int)months, .tm_mday = 1};
    const time_t month = timegm(&begin);
    struct tm next = {.tm_year = begin.tm_year, .tm_mon = begin.tm_mon + 1, .tm_mday = 1};
    const int length = (int)((timegm(&next) - month) / 86400);
    return (int64_t)month / 86400 + (first.tm_mday < length ? first.tm_mday : length) - 1;
}

static void dates_go_by_steps_as_a_calendar_has_them(void **state)
{
    fixture *f = *state;
    static const weft_unit units[] = {WEFT_DAY, WEFT_WEEK, WEFT_MONTH, WEFT_QUARTER, WEFT_YEAR};
    static const char *const firsts[] = {"2024-01-31", "2023-12-31", "2024-02-29", "1969-07-20", "2000-03-01"};
    static const int64_t steps[] = {1, 2, 5, -1, -3};
    for (size_t u = 0; u < 5; u++)
        for (size_t d = 0; d < 5; d++)
            for (size_t n = 0; n < 5; n++) {
                const weft_date first = on(firsts[d]);
                const int span = 40 + (int)(u * 200 + n * 13 + d);
                const weft_date last = {first.days + (steps[n] > 0 ? span : -span)};
                weft_series_by(Day, weft_val(first), weft_val(last), weft_val(steps[n]), units[u]);
                Day_list list = weft_rows(f->s, Day, .from = weft_from(Day),
                                          .order_by = weft_order(steps[n] > 0 ? weft_asc(Day, day) : weft_desc(Day, day)));
                assert_ok(f->s);
                size_t count = 0;
                for (;; count++) {
                    const int64_t day = expected_days(first.days, (int64_t)count * steps[n], units[u]);
                    if (steps[n] > 0 ? day > last.days : day < last.days)
                        break;
                    assert_true(count < list.count);
                    assert_int_equal(list.items[count]->day.days, day);
                }
                assert_int_equal(list.count, count);
            }
}

static void days_go_up_to_the_last(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *first, *last;
        size_t count;
    } cases[] = {{"2024-02-27", "2024-03-01", 4},
                 {"2024-03-01", "2024-03-01", 1},
                 {"2024-03-02", "2024-03-01", 0},
                 {"9999-12-30", "9999-12-31", 2},
                 {"1969-12-31", "1970-01-01", 2}};
    const weft_opt_date none = weft_unset;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        weft_series(Day, weft_val(on(cases[c].first)), weft_val(on(cases[c].last)));
        Day_list list = weft_rows(f->s, Day, .from = weft_from(Day), .order_by = weft_order(weft_asc(Day, day)));
        assert_ok(f->s);
        assert_int_equal(list.count, cases[c].count);
        for (size_t i = 0; i < list.count; i++)
            assert_int_equal(list.items[i]->day.days, on(cases[c].first).days + (int)i);
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT \"Day\".day FROM (SELECT b.a + f.v AS day FROM (SELECT CAST($1 AS date) AS a, CAST($2 AS date) AS z) AS b "
              "CROSS JOIN LATERAL generate_series(0, b.z - b.a) AS f(v)) AS \"Day\" ORDER BY \"Day\".day"
            : "SELECT \"Day\".day FROM (SELECT s.v AS day FROM (WITH RECURSIVE b AS MATERIALIZED (SELECT weft_to_date(?1) AS a, "
              "weft_to_date(?2) AS z, 1 AS n, 4 AS u), s(k, v) AS (SELECT 0, weft_series_at(a, z, n, u, 0) FROM b UNION ALL SELECT "
              "s.k + 1, weft_series_at(b.a, b.z, b.n, b.u, s.k + 1) FROM s CROSS JOIN b WHERE s.v IS NOT NULL) SELECT s.v FROM s "
              "WHERE s.v IS NOT NULL) AS s) AS \"Day\" ORDER BY \"Day\".day NULLS LAST");
    weft_series_as(NoEnd, Day, weft_val(on("2024-03-01")), weft_val(none));
    assert_int_equal(weft_rows(f->s, Day, .from = weft_from(NoEnd)).count, 0);
    assert_ok(f->s);
}

static void timestamps_go_by_steps(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *first, *last;
        int64_t n;
        weft_unit unit;
        const char *expected[6];
    } cases[] = {
        {"2026-11-01 22:30", "2026-11-02 01:00", 1, WEFT_HOUR, {"2026-11-01 22:30", "2026-11-01 23:30", "2026-11-02 00:30"}},
        {"2026-11-01 00:00:59.5",
         "2026-11-01 00:00:50",
         -3,
         WEFT_SECOND,
         {"2026-11-01 00:00:59.5", "2026-11-01 00:00:56.5", "2026-11-01 00:00:53.5", "2026-11-01 00:00:50.5"}},
        {"1969-12-31 23:59", "1970-01-01 00:29", 15, WEFT_MINUTE, {"1969-12-31 23:59", "1970-01-01 00:14", "1970-01-01 00:29"}},
        {"2024-01-31 12:00",
         "2024-04-30 12:00",
         1,
         WEFT_MONTH,
         {"2024-01-31 12:00", "2024-02-29 12:00", "2024-03-31 12:00", "2024-04-30 12:00"}},
        {"2024-01-31 12:00", "2024-04-30 11:59", 1, WEFT_MONTH, {"2024-01-31 12:00", "2024-02-29 12:00", "2024-03-31 12:00"}},
        {"2024-03-31 00:00",
         "2023-12-31 00:00",
         -1,
         WEFT_MONTH,
         {"2024-03-31 00:00", "2024-02-29 00:00", "2024-01-31 00:00", "2023-12-31 00:00"}},
        {"2020-02-29 06:00", "2026-01-01 00:00", 2, WEFT_YEAR, {"2020-02-29 06:00", "2022-02-28 06:00", "2024-02-29 06:00"}},
        {"2024-01-31 00:00", "2023-12-31 00:00", 1, WEFT_MONTH, {NULL}},
        {"2024-01-31 00:00", "2024-01-30 23:59", 1, WEFT_DAY, {NULL}},
        {"2024-01-31 00:00", "2024-01-31 00:00", -1, WEFT_QUARTER, {"2024-01-31 00:00"}},
        {"2024-01-01 00:00", "2024-01-29 00:00", 2, WEFT_WEEK, {"2024-01-01 00:00", "2024-01-15 00:00", "2024-01-29 00:00"}},
        {"9999-12-30 00:00", "9999-12-31 23:59", 1, WEFT_DAY, {"9999-12-30 00:00", "9999-12-31 00:00"}},
        {"9999-11-30 00:00", "9999-12-31 00:00", 1, WEFT_MONTH, {"9999-11-30 00:00", "9999-12-30 00:00"}},
        {"0001-02-01 00:00", "0001-01-01 00:00", -1, WEFT_MONTH, {"0001-02-01 00:00", "0001-01-01 00:00"}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const bool up = cases[c].n > 0;
        weft_series_by(Moment, weft_val(at(cases[c].first)), weft_val(at(cases[c].last)), weft_val(cases[c].n), cases[c].unit);
        Moment_list list = weft_rows(f->s, Moment, .from = weft_from(Moment),
                                     .order_by = weft_order(up ? weft_asc(Moment, at) : weft_desc(Moment, at)));
        assert_ok(f->s);
        size_t count = 0;
        for (; count < 6 && cases[c].expected[count] != NULL; count++) {
            assert_true(count < list.count);
            assert_true(list.items[count]->at.usec == at(cases[c].expected[count]).usec);
        }
        assert_int_equal(list.count, count);
    }
}

static void a_calendar_has_the_days_without_orders(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        const weft_timestamp first = at("2026-11-01 00:00"), last = at(round == 0 ? "2026-11-04 00:00" : "2026-11-02 12:00");
        weft_series_by(Moment, weft_val(first), weft_val(last), weft_val(1), WEFT_DAY);
        PerDay_list days =
            weft_rows(f->s, PerDay, .from = weft_from(Moment),
                      .joins = weft_joins(weft_left_join_on(Order, weft_op(weft_date_trunc(weft_col(Order, created), WEFT_DAY), "=",
                                                                           weft_col(Moment, at)))),
                      .columns = weft_columns(weft_col(Moment, at), weft_count(weft_col(Order, id))),
                      .group_by = weft_columns(weft_col(Moment, at)), .order_by = weft_order(weft_asc(Moment, at)));
        assert_ok(f->s);
        static const int64_t counts[] = {2, 0, 1, 0};
        assert_int_equal(days.count, round == 0 ? 4 : 2);
        for (size_t i = 0; i < days.count; i++) {
            assert_true(days.items[i]->day.usec == first.usec + (int64_t)i * 86400000000);
            assert_int_equal(days.items[i]->orders, counts[i]);
        }
    }
    if (f->postgres)
        assert_string_equal(
            fixture_last_sql(f),
            "SELECT \"Moment\".at, count(orders.id) FROM (SELECT v.v AS at FROM (SELECT CAST($1 AS timestamptz) AS a, CAST($2 AS "
            "timestamptz) AS z, CAST($3 AS bigint) AS n) AS b CROSS JOIN LATERAL generate_series(0, CAST(trunc(CAST(extract(epoch "
            "FROM "
            "(b.z - b.a)) / (b.n * 86400) AS double precision)) AS bigint)) AS f(k) CROSS JOIN LATERAL (SELECT b.a + f.k * b.n * "
            "interval '1 day' AS v) AS v WHERE CASE WHEN b.n > 0 THEN v.v <= b.z ELSE v.v >= b.z END) AS \"Moment\" LEFT JOIN "
            "orders "
            "ON date_trunc('day', orders.created) = \"Moment\".at GROUP BY \"Moment\".at ORDER BY \"Moment\".at");
}

typedef struct Ask {
    weft_date first, last;
    int64_t n;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, first), WEFT_FIELD(Ask, last), WEFT_FIELD(Ask, n));
WEFT_PARAMETERS(Ask);
typedef struct Due {
    weft_date day;
} Due;
WEFT_ROW(Due, WEFT_FIELD(Due, day));
WEFT_SERIES_BY(Due, weft_param(Ask, first), weft_param(Ask, last), weft_param(Ask, n), WEFT_MONTH);
WEFT_CTE_AS(Late, Day,
            .query = weft_select(.from = weft_from(Due), .columns = weft_columns(weft_col(Due, day)),
                                 .where = weft_op(weft_col(Due, day), ">", weft_param(Ask, first))));
WEFT_STATEMENT(late_days, Day, Ask, .from = weft_from(Late), .order_by = weft_order(weft_asc(Late, day)));

static void series_stand_in_constant_statements_and_ctes(void **state)
{
    fixture *f = *state;
    for (int64_t n = 1; n < 4; n++) {
        Day_list days = weft_run(f->s, late_days, .first = on("2024-01-31"), .last = on("2024-05-30"), .n = n);
        assert_ok(f->s);
        assert_int_equal(days.count, n == 1 ? 3 : 1);
        assert_int_equal(days.items[0]->day.days, on(n == 1 ? "2024-02-29" : n == 2 ? "2024-03-31" : "2024-04-30").days);
    }
    assert_int_equal(fixture_cached(f), 1);
}

static void what_makes_no_series_is_told(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_date day = on("2024-01-31"), forever = {INT32_MAX};
    const weft_timestamp moment = at("2024-01-31 00:00"), ever = {INT64_MAX};
#define REFUSED(status, message, M, ...) \
    do { \
        __VA_ARGS__; \
        (void)weft_rows(s, M, .from = weft_from(M)); \
        if ((message) != NULL) \
            assert_message(s, (message)); \
        assert_refused(s, (status)); \
    } while (0)
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Number, weft_series_step(Number, weft_val(1), weft_val(5), weft_val(0)));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series_by(Day, weft_val(day), weft_val(day), weft_val(0), WEFT_DAY));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series_by(Day, weft_val(day), weft_val(day), weft_val(0), WEFT_MONTH));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series_by(Day, weft_val(day), weft_val(forever), weft_val(1), WEFT_DAY));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day,
            weft_series_by(Day, weft_val(day), weft_val(forever), weft_val(1), WEFT_YEAR));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Moment,
            weft_series_by(Moment, weft_val(ever), weft_val(moment), weft_val(-1), WEFT_HOUR));
    const weft_date never = {INT32_MIN};
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series(Day, weft_val(day), weft_val(forever)));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series(Day, weft_val(never), weft_val(day)));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series(Day, weft_val(forever), weft_val(day)));
    REFUSED(WEFT_ERROR_DATA, (const char *)NULL, Day, weft_series(Day, weft_val(forever), weft_val(forever)));
    REFUSED(WEFT_ERROR_TYPE, "has steps of days and longer", Day,
            weft_series_by(Day, weft_val(day), weft_val(day), weft_val(1), WEFT_HOUR));
    REFUSED(WEFT_ERROR_MISUSE, "of dates has a step in a unit: weft_series_by", Day,
            weft_series_step(Day, weft_val(day), weft_val(day), weft_val(1)));
    REFUSED(WEFT_ERROR_MISUSE, "of integers has steps without a unit: weft_series_step", Number,
            weft_series_by(Number, weft_val(1), weft_val(2), weft_val(1), WEFT_DAY));
    REFUSED(WEFT_ERROR_MISUSE, "of timestamps has a step: weft_series_by", Moment,
            weft_series(Moment, weft_val(moment), weft_val(moment)));
    REFUSED(WEFT_ERROR_MISUSE, "has a unit that cannot be added", Day,
            weft_series_by(Day, weft_val(day), weft_val(day), weft_val(1), WEFT_WEEKDAY));
    REFUSED(WEFT_ERROR_MISUSE, "has a unit that cannot be added", Day,
            weft_series_by(Day, weft_val(day), weft_val(day), weft_val(1), -3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(numbers_go_by_steps),
        ON_BOTH(dates_go_by_steps_as_a_calendar_has_them),
        ON_BOTH(days_go_up_to_the_last),
        ON_BOTH(timestamps_go_by_steps),
        ON_BOTH(a_calendar_has_the_days_without_orders),
        ON_BOTH(series_stand_in_constant_statements_and_ctes),
        ON_BOTH(what_makes_no_series_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
