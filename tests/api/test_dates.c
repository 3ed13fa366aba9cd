/* Units later, truncated dates, parts and differences: both databases against a plain calendar that counts day by day, and
 * the edges of what dates can be. */
#include "support/fixture.h"

#include <stdio.h>

WEFT_DECLARE(Event);
struct Event {
    int64_t id;
    weft_opt_date day;
    weft_opt_timestamp at;
    weft_opt_int64 n;
};
WEFT_MODEL(Event, "event", WEFT_COLUMN(Event, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Event, day),
           WEFT_COLUMN(Event, at), WEFT_COLUMN(Event, n));
WEFT_METADATA(models, &Event_model);
FIXTURE_MODELS(models);

typedef struct Parts {
    weft_opt_int64 of_day, of_at;
    weft_opt_date day;
    weft_opt_timestamp at;
} Parts;
WEFT_ROW(Parts, WEFT_FIELD(Parts, of_day), WEFT_FIELD(Parts, of_at), WEFT_FIELD(Parts, day), WEFT_FIELD(Parts, at));
typedef struct Added {
    weft_opt_date day;
    weft_opt_timestamp at;
    weft_opt_int64 between;
} Added;
WEFT_ROW(Added, WEFT_FIELD(Added, day), WEFT_FIELD(Added, at), WEFT_FIELD(Added, between));
typedef struct Number {
    weft_opt_int64 v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));
typedef struct Moment {
    weft_opt_timestamp at;
    weft_opt_date day;
} Moment;
WEFT_ROW(Moment, WEFT_FIELD(Moment, at), WEFT_FIELD(Moment, day));

#define C(f) weft_col(Event, f)
#define USEC_PER_DAY INT64_C(86400000000)

/* ---- a plain calendar: from 1970-01-01, a Thursday, day by day ---- */

typedef struct plain {
    int64_t year; /* 0 is 1 BC */
    int month, day, weekday, week;
} plain;

static bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int month_length(int64_t year, int month)
{
    return month == 2 ? 28 + is_leap(year) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int64_t first_of_year(int64_t year)
{
    int64_t days = 0;
    for (int64_t y = 1970; y < year; y++)
        days += 365 + is_leap(y);
    for (int64_t y = 1969; y >= year; y--)
        days -= 365 + is_leap(y);
    return days;
}

static int weekday_of(int64_t days) { return (int)(((days % 7) + 7 + 3) % 7) + 1; }

static int64_t days_of(int64_t year, int month, int day)
{
    int64_t days = first_of_year(year);
    for (int m = 1; m < month; m++)
        days += month_length(year, m);
    return days + day - 1;
}

/* The Monday of the week that has January 4. */
static int64_t first_week(int64_t year)
{
    const int64_t fourth = days_of(year, 1, 4);
    return fourth - (weekday_of(fourth) - 1);
}

static plain plain_of(int64_t days)
{
    plain p = {.year = 1970 + days / 366};
    while (first_of_year(p.year + 1) <= days)
        p.year++;
    while (first_of_year(p.year) > days)
        p.year--;
    int64_t left = days - first_of_year(p.year);
    for (p.month = 1; left >= month_length(p.year, p.month); p.month++)
        left -= month_length(p.year, p.month);
    p.day = (int)left + 1;
    p.weekday = weekday_of(days);
    int64_t year = p.year + 1;
    while (first_week(year) > days)
        year--;
    p.week = (int)((days - first_week(year)) / 7) + 1;
    return p;
}

static int64_t floored(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

static int64_t plain_part(int64_t days, int64_t usec, weft_unit unit)
{
    const plain p = plain_of(days);
    switch (unit) {
    case WEFT_SECOND: return usec / 1000000 % 60;
    case WEFT_MINUTE: return usec / 60000000 % 60;
    case WEFT_HOUR: return usec / INT64_C(3600000000);
    case WEFT_DAY: return p.day;
    case WEFT_WEEK: return p.week;
    case WEFT_MONTH: return p.month;
    case WEFT_QUARTER: return (p.month - 1) / 3 + 1;
    case WEFT_YEAR: return p.year > 0 ? p.year : p.year - 1;
    default: return p.weekday;
    }
}

/* Counted from midnight 1970. */
static int64_t plain_trunc(int64_t at, weft_unit unit)
{
    static const int64_t lengths[] = {0, 1000000, 60000000, INT64_C(3600000000), USEC_PER_DAY};
    const int64_t days = floored(at, USEC_PER_DAY);
    const plain p = plain_of(days);
    if (unit <= WEFT_DAY)
        return floored(at, lengths[unit]) * lengths[unit];
    return USEC_PER_DAY * (unit == WEFT_WEEK      ? days - (p.weekday - 1)
                           : unit == WEFT_MONTH   ? days - (p.day - 1)
                           : unit == WEFT_QUARTER ? days_of(p.year, (p.month - 1) / 3 * 3 + 1, 1)
                                                  : days_of(p.year, 1, 1));
}

static int64_t plain_add(int64_t at, int64_t n, weft_unit unit)
{
    static const int64_t lengths[] = {0, 1000000, 60000000, INT64_C(3600000000), USEC_PER_DAY, 7 * USEC_PER_DAY};
    if (unit <= WEFT_WEEK)
        return at + n * lengths[unit];
    const int64_t days = floored(at, USEC_PER_DAY);
    plain p = plain_of(days);
    for (int64_t months = n * (unit == WEFT_MONTH     ? 1
                               : unit == WEFT_QUARTER ? 3
                                                      : 12);
         months != 0; months += months > 0 ? -1 : 1) {
        p.month += months > 0 ? 1 : -1;
        p.year += p.month > 12 ? 1 : p.month < 1 ? -1 : 0;
        p.month = p.month > 12 ? 1 : p.month < 1 ? 12 : p.month;
    }
    const int length = month_length(p.year, p.month);
    return (days_of(p.year, p.month, p.day < length ? p.day : length) * USEC_PER_DAY) + (at - days * USEC_PER_DAY);
}

/* By counting units on from the earlier one while the later is not passed: of months on the day, even where there is none. */
static int64_t plain_diff(int64_t later, int64_t earlier, weft_unit unit)
{
    if (later < earlier)
        return -plain_diff(earlier, later, unit);
    if (unit <= WEFT_WEEK) {
        static const int64_t lengths[] = {0, 1000000, 60000000, INT64_C(3600000000), USEC_PER_DAY, 7 * USEC_PER_DAY};
        return (later - earlier) / lengths[unit];
    }
    const int64_t a = floored(later, USEC_PER_DAY), b = floored(earlier, USEC_PER_DAY);
    const plain p = plain_of(a), q = plain_of(b);
    int64_t months = 0;
    for (plain at = q; at.year < p.year || (at.year == p.year && at.month < p.month); months++) {
        at.year += at.month == 12;
        at.month = at.month == 12 ? 1 : at.month + 1;
    }
    if (p.day < q.day || (p.day == q.day && later - a * USEC_PER_DAY < earlier - b * USEC_PER_DAY))
        months--;
    return months / (unit == WEFT_MONTH ? 1 : unit == WEFT_QUARTER ? 3 : 12);
}

/* ---- rows ---- */

enum { EVENTS = 60 };

static Event events[EVENTS];
static uint64_t drawn;

static int64_t draw(int64_t below)
{
    drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((drawn >> 33) % (uint64_t)below);
}

static void add_events(fixture *f)
{
    static const int64_t days[] = {0, -1, 59, 58, 789, 10957, 11016, 19782, 19812, -719162, -719163, -719528, 2932896, 364, 365};
    drawn = test_seed(7);
    for (size_t i = 0; i < EVENTS; i++) {
        const int64_t edge = i < sizeof days / sizeof days[0] ? days[i] : draw(80000) - 40000;
        const int64_t day = f->postgres || edge >= -719162 ? edge : edge + 1000; /* SQLite's begin with the year 1 */
        const int64_t usec = i % 5 == 0 ? 0 : i % 5 == 1 ? USEC_PER_DAY - 1 : draw(86400) * 1000000 + draw(1000000);
        events[i] = (Event){.id = (int64_t)i + 1,
                            .day = {true, {(int32_t)day}},
                            .at = {true, {day * USEC_PER_DAY + usec}},
                            .n = {true, draw(60) - 30}};
    }
    weft_connection *c;
    weft_error error;
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Event, events, EVENTS, NULL, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void parts_and_beginnings_are_those_of_the_calendar(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_events(f);
    for (int unit = WEFT_SECOND; unit <= WEFT_WEEKDAY; unit++) {
        const weft_unit beginning = unit == WEFT_WEEKDAY ? WEFT_DAY : (weft_unit)unit;
        Parts_list rows = weft_rows(s, Parts, .from = weft_from(Event),
                                    .columns = weft_columns(weft_date_part(C(day), unit), weft_date_part(C(at), unit),
                                                            weft_date_trunc(C(day), beginning), weft_date_trunc(C(at), beginning)),
                                    .order_by = weft_order(weft_asc(Event, id)));
        assert_ok(s);
        assert_int_equal(rows.count, EVENTS);
        for (size_t i = 0; i < EVENTS; i++) {
            const int64_t at = events[i].at.value.usec, day = events[i].day.value.days;
            if (rows.items[i]->of_day.value != plain_part(day, 0, (weft_unit)unit) ||
                rows.items[i]->of_at.value != plain_part(day, at - day * USEC_PER_DAY, (weft_unit)unit) ||
                rows.items[i]->day.value.days * USEC_PER_DAY != plain_trunc(day * USEC_PER_DAY, beginning) ||
                rows.items[i]->at.value.usec != plain_trunc(at, beginning))
                fail_msg("unit %d, day %lld, at %lld: %lld %lld %d %lld", unit, (long long)day, (long long)at,
                         (long long)rows.items[i]->of_day.value, (long long)rows.items[i]->of_at.value,
                         rows.items[i]->day.value.days, (long long)rows.items[i]->at.value.usec);
        }
    }
}

static void units_later_and_between_are_those_of_the_calendar(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const int64_t fixed = INT64_C(1709210096000000); /* 2024-02-29 12:34:56 */
    add_events(f);
    for (int unit = WEFT_SECOND; unit <= WEFT_YEAR; unit++) {
        Added_list rows =
            weft_rows(s, Added, .from = weft_from(Event),
                      .columns = weft_columns(weft_date_add(C(day), C(n), unit < WEFT_DAY ? WEFT_DAY : unit),
                                              weft_date_add(C(at), C(n), unit),
                                              weft_date_diff(C(at), weft_val((weft_timestamp){fixed}), unit)),
                      .where = weft_between(weft_col(Event, day), weft_val((weft_date){-700000}), weft_val((weft_date){2900000})),
                      .order_by = weft_order(weft_asc(Event, id)));
        assert_ok(s);
        for (size_t i = 0, row = 0; i < EVENTS; i++) {
            const int64_t at = events[i].at.value.usec, day = events[i].day.value.days, n = events[i].n.value;
            if (day < -700000 || day > 2900000)
                continue;
            const Added *got = rows.items[row++];
            if (got->day.value.days * USEC_PER_DAY !=
                    plain_add(day * USEC_PER_DAY, n, unit < WEFT_DAY ? WEFT_DAY : (weft_unit)unit) ||
                got->at.value.usec != plain_add(at, n, (weft_unit)unit) ||
                got->between.value != plain_diff(at, fixed, (weft_unit)unit))
                fail_msg("unit %d, day %lld, at %lld, n %lld: %d %lld %lld, not %lld", unit, (long long)day, (long long)at,
                         (long long)n, got->day.value.days, (long long)got->at.value.usec, (long long)got->between.value,
                         (long long)plain_diff(at, fixed, (weft_unit)unit));
        }
        /* A date and a timestamp, either way round, and each with itself. */
        Number_list pairs =
            weft_rows(s, Number, .from = weft_from(Event), .columns = weft_columns(weft_date_diff(C(day), C(at), unit)),
                      .order_by = weft_order(weft_asc(Event, id)));
        assert_ok(s);
        for (size_t i = 0; i < EVENTS; i++)
            assert_int_equal(pairs.items[i]->v.value,
                             plain_diff(events[i].day.value.days * USEC_PER_DAY, events[i].at.value.usec, (weft_unit)unit));
    }
}

static void nothing_and_infinity(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Event, .id = 1);
    (void)weft_new(s, Event, .id = 2, .day = {true, {INT32_MAX}}, .at = {true, {INT64_MIN}}, .n = {true, 3});
    commit_ok(s);
    for (int unit = WEFT_DAY; unit <= WEFT_YEAR; unit++) {
        Parts_list rows = weft_rows(s, Parts, .from = weft_from(Event),
                                    .columns = weft_columns(weft_date_part(C(day), unit), weft_date_part(C(at), unit),
                                                            weft_date_add(weft_date_trunc(C(day), unit), C(n), unit),
                                                            weft_date_add(weft_date_trunc(C(at), unit), weft_val(2), unit)),
                                    .order_by = weft_order(weft_asc(Event, id)));
        assert_ok(s);
        assert_false(rows.items[0]->of_day.set || rows.items[0]->of_at.set || rows.items[0]->day.set || rows.items[0]->at.set);
        assert_false(rows.items[1]->of_day.set || rows.items[1]->of_at.set);
        assert_int_equal(rows.items[1]->day.value.days, INT32_MAX);
        assert_int_equal(rows.items[1]->at.value.usec, INT64_MIN);
    }
    Number_list none = weft_rows(s, Number, .from = weft_from(Event),
                                 .columns = weft_columns(weft_date_diff(C(at), C(day), WEFT_DAY)), .where = weft_eq(Event, id, 1));
    assert_ok(s);
    assert_false(none.items[0]->v.set);
    for (int unit = WEFT_DAY; unit <= WEFT_YEAR; unit += 2) {
        (void)weft_rows(s, Number, .from = weft_from(Event), .columns = weft_columns(weft_date_diff(C(at), C(day), unit)),
                        .where = weft_eq(Event, id, 2));
        assert_refused(s, WEFT_ERROR_DATA);
        (void)weft_rows(s, Moment, .from = weft_from(Event),
                        .columns = weft_columns(weft_date_add(weft_val((weft_timestamp){0}), weft_val(400000000000), unit), C(day)),
                        .where = weft_eq(Event, id, 2));
        assert_refused(s, WEFT_ERROR_DATA);
    }
}

static void dates_stand_in_conditions_groups_and_assignments(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed;
    add_events(f);
    Number_list rows = weft_rows(s, Number, .from = weft_from(Event), .columns = weft_columns(weft_count_all()),
                                 .where = weft_and(weft_op(weft_date_part(C(day), WEFT_YEAR), "=", weft_val(1970)),
                                                   weft_op(weft_date_trunc(C(at), WEFT_YEAR), "=", weft_val((weft_timestamp){0}))));
    assert_ok(s);
    int64_t expected = 0;
    for (size_t i = 0; i < EVENTS; i++)
        expected += events[i].day.value.days >= 0 && events[i].day.value.days < 365;
    assert_true(expected > 3);
    assert_int_equal(rows.items[0]->v.value, expected);
    assert_string_equal(fixture_last_sql(f),
                        f->postgres
                            ? "SELECT count(*) FROM event WHERE CAST(NULLIF(NULLIF(extract(year FROM event.day), 'Infinity'), "
                              "'-Infinity') AS bigint) = $1 AND date_trunc('year', event.at) = $2"
                            : "SELECT count(*) FROM event WHERE weft_date_part(event.day, 8) = ?1 AND weft_date_trunc(event.at, "
                              "8) = ?2");
    const weft_expr *const month = weft_date_trunc(C(day), WEFT_MONTH);
    Moment_list months = weft_rows(s, Moment, .from = weft_from(Event), .columns = weft_columns(weft_max(C(at)), month),
                                   .group_by = weft_columns(month), .order_by = weft_order(weft_asc_of(month)), .limit = 3);
    assert_ok(s);
    assert_int_equal(months.count, 3);
    assert_true(months.items[0]->day.value.days < months.items[1]->day.value.days);
    assert_call(s,
                weft_session_update(
                    s,
                    weft_update_of(Event,
                                   .set = weft_sets(weft_to_expr(Event, day, weft_date_add(C(day), weft_val(1), WEFT_MONTH)),
                                                    weft_to_expr(Event, n, weft_date_diff(weft_now(), C(at), WEFT_YEAR))),
                                   .where = weft_eq(Event, id, 1)),
                    &changed),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f,
                f->postgres ? "SELECT day, CAST(n > 50 AS integer) FROM event WHERE id = 1"
                            : "SELECT day, n > 50 FROM event WHERE id = 1",
                "1970-02-01|1");
    Moment_list today =
        weft_rows(s, Moment, .from = weft_from(Event), .columns = weft_columns(weft_now(), weft_today()), .limit = 1);
    assert_ok(s);
    assert_int_equal(floored(today.items[0]->at.value.usec, USEC_PER_DAY), today.items[0]->day.value.days);
    assert_true(today.items[0]->day.value.days > 20000);
    /* Built at run time, and kept. */
    weft_builder *builder = weft_builder_new();
    const weft_expr *one =
        weft_builder_date(builder, WEFT_EXPR_DATE_PART, WEFT_QUARTER, weft_builder_column(builder, &Event_model, "day", 0), NULL);
    const weft_expr *two =
        weft_builder_date(builder, WEFT_EXPR_DATE_ADD, WEFT_QUARTER, weft_builder_column(builder, &Event_model, "day", 0),
                          weft_builder_value(builder, weft_value_int64(1)));
    rows = weft_rows(s, Number, .from = weft_from(Event), .columns = weft_columns(weft_date_part(two, WEFT_QUARTER)),
                     .where = weft_and(weft_op(one, "=", weft_val(4)), weft_gt(Event, id, 15)), .limit = 1);
    assert_ok(s);
    assert_int_equal(rows.items[0]->v.value, 1);
    weft_builder_free(builder);
}

static void what_is_no_date_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_events(f);
    (void)fixture_statements(f);
    const struct {
        const weft_expr *node;
        weft_status status;
        const char *says;
    } wrong[] = {
        {weft_date_trunc(C(id), WEFT_DAY), WEFT_ERROR_TYPE, "weft_date_trunc"},
        {weft_date_part(weft_val("2024-01-01"), WEFT_DAY), WEFT_ERROR_TYPE, "weft_date_part"},
        {weft_date_diff(C(at), C(n), WEFT_DAY), WEFT_ERROR_TYPE, "weft_date_diff"},
        {weft_date_add(C(day), weft_val(1), WEFT_HOUR), WEFT_ERROR_TYPE, "hour"},
        {weft_date_add(C(day), weft_val(1.5), WEFT_DAY), WEFT_ERROR_TYPE, "integer"},
        {weft_date_add(C(day), C(at), WEFT_DAY), WEFT_ERROR_TYPE, "integer"},
        {weft_date_trunc(C(day), WEFT_WEEKDAY), WEFT_ERROR_MISUSE, "WEFT_WEEKDAY"},
        {weft_date_trunc(C(day), 77), WEFT_ERROR_MISUSE, "77"},
        {weft_date_part(C(day), 0), WEFT_ERROR_MISUSE, "weft_unit"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)weft_rows(s, Number, .from = weft_from(Event), .columns = weft_columns(wrong[i].node));
        assert_message(s, wrong[i].says);
        assert_refused(s, wrong[i].status);
    }
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(parts_and_beginnings_are_those_of_the_calendar),
        ON_BOTH(units_later_and_between_are_those_of_the_calendar),
        ON_BOTH(nothing_and_infinity),
        ON_BOTH(dates_stand_in_conditions_groups_and_assignments),
        ON_BOTH(what_is_no_date_is_refused),
    };
    return cmocka_run_group_tests_name("dates", tests, NULL, NULL);
}
