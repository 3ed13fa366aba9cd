/* Arithmetic of dates and timestamps for SQLite's SQL, by the rules that PostgreSQL has in UTC; the last argument is a weft_unit.
 *
 * weft_date_add(t, n, unit) and weft_date_trunc(t, unit) give what t is, a date or a timestamp, weft_date_part(t, unit) and
 * weft_date_diff(later, earlier, unit) integers. weft_time_of(t) is the time of day of a timestamp, NULL of infinity.
 * weft_series_at(first, last, step, unit, k) is the k-th of a series of them, or of integers where the unit is 0. NULL gives NULL;
 * what is neither a date nor a timestamp, or leaves their range, is refused. */
#include "driver/sqlite/sqlite.h"

#include "base/text.h"
#include "type/type.h"

#include <weft/expr.h>

#define FLAGS (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)
#define USEC_PER_SECOND INT64_C(1000000)
#define USEC_PER_DAY (86400 * USEC_PER_SECOND)

typedef struct moment {
    bool date; /* days alone */
    int sign;  /* of infinity; else 0 */
    int64_t days, usec;
} moment;

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

static bool read_moment(sqlite3_context *context, sqlite3_value *value, moment *m)
{
    const char *data = (const char *)sqlite3_value_text(value);
    const size_t size = (size_t)sqlite3_value_bytes(value);
    int32_t days = 0;
    int64_t usec = 0;
    *m = (moment){0};
    if (data == NULL) {
        sqlite3_result_error_nomem(context);
        return false;
    }
    m->date = wefti_date_parse(data, size, &days);
    if (m->date) {
        m->sign = days == INT32_MAX ? 1 : days == INT32_MIN ? -1 : 0;
        m->days = days;
        return true;
    }
    if (!wefti_timestamp_parse(data, size, &usec)) {
        wefti_sqlite_refuse(context, "what should be a date or a timestamp is none");
        return false;
    }
    m->sign = usec == INT64_MAX ? 1 : usec == INT64_MIN ? -1 : 0;
    m->days = floor_div(usec, USEC_PER_DAY);
    m->usec = usec - m->days * USEC_PER_DAY;
    return true;
}

/* What is not infinite may not come to be it by its number. */
static bool value_of(const moment *m, weft_value *value)
{
    const int64_t most = m->date ? INT32_MAX : INT64_MAX, least = m->date ? INT32_MIN : INT64_MIN;
    *value = (weft_value){.type = m->date ? WEFT_DATE : WEFT_TIMESTAMP};
    if (m->sign != 0) {
        value->as.i = m->sign > 0 ? most : least;
        return true;
    }
    if (m->date)
        value->as.i = m->days;
    else if (__builtin_mul_overflow(m->days, USEC_PER_DAY, &value->as.i) ||
             __builtin_add_overflow(value->as.i, m->usec, &value->as.i))
        return false;
    return value->as.i > least && value->as.i < most;
}

static void give_moment(sqlite3_context *context, const moment *m)
{
    char text[WEFTI_FORM_BYTES];
    weft_value value;
    const size_t size = value_of(m, &value) ? wefti_value_form(&value, text) : 0;
    if (size > 0)
        sqlite3_result_text64(context, text, size, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        wefti_sqlite_refuse(context, "a date or timestamp lies outside the years 1 to 9999");
}

static int64_t seconds_of(int unit)
{
    static const int64_t seconds[] = {0, 1, 60, 3600, 86400, 604800};
    return unit <= WEFT_WEEK ? seconds[unit] : 0;
}

static int months_of(int unit) { return unit == WEFT_MONTH ? 1 : unit == WEFT_QUARTER ? 3 : 12; }

static int length_of(int64_t year, int month)
{
    return (int)(wefti_days_of_date(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) -
                 wefti_days_of_date(year, month, 1));
}

static bool add_months(moment *m, int64_t months)
{
    int64_t year, all;
    int month, day;
    wefti_date_of_days(m->days, &year, &month, &day);
    if (__builtin_add_overflow(year * 12 + month - 1, months, &all) || all > INT64_C(120000) || all < 0)
        return false;
    year = floor_div(all, 12);
    month = (int)(all - year * 12) + 1;
    const int length = length_of(year, month);
    m->days = wefti_days_of_date(year, month, day < length ? day : length);
    return true;
}

static bool add_seconds(moment *m, int64_t count, int64_t seconds)
{
    int64_t usec;
    if (seconds % 86400 == 0)
        return !__builtin_mul_overflow(count, seconds / 86400, &usec) && !__builtin_add_overflow(m->days, usec, &m->days);
    if (__builtin_mul_overflow(count, seconds * USEC_PER_SECOND, &usec))
        return false;
    const int64_t days = floor_div(usec, USEC_PER_DAY);
    m->usec += usec - days * USEC_PER_DAY;
    m->days += days + m->usec / USEC_PER_DAY;
    m->usec %= USEC_PER_DAY;
    return true;
}

static void add(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    moment m;
    if (wefti_sqlite_any_null(count, arguments) || !read_moment(context, arguments[0], &m))
        return;
    const int64_t n = sqlite3_value_int64(arguments[1]);
    const int unit = sqlite3_value_int(arguments[2]);
    int64_t months;
    const bool done = m.sign != 0             ? true
                      : seconds_of(unit) != 0 ? add_seconds(&m, n, seconds_of(unit))
                                              : !__builtin_mul_overflow(n, months_of(unit), &months) && add_months(&m, months);
    if (!done)
        wefti_sqlite_refuse(context, "a date or timestamp lies outside the years 1 to 9999");
    else
        give_moment(context, &m);
}

static void trunc_to(moment *m, int unit)
{
    int64_t year;
    int month, day;
    if (unit < WEFT_DAY) {
        m->usec -= m->usec % (seconds_of(unit) * USEC_PER_SECOND);
        return;
    }
    m->usec = 0;
    if (unit == WEFT_WEEK)
        m->days -= ((m->days + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    if (unit < WEFT_MONTH)
        return;
    wefti_date_of_days(m->days, &year, &month, &day);
    month = unit == WEFT_MONTH ? month : unit == WEFT_QUARTER ? (month - 1) / 3 * 3 + 1 : 1;
    m->days = wefti_days_of_date(year, month, 1);
}

static void trunc_moment(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    moment m;
    if (wefti_sqlite_any_null(count, arguments) || !read_moment(context, arguments[0], &m))
        return;
    if (m.sign == 0)
        trunc_to(&m, sqlite3_value_int(arguments[1]));
    give_moment(context, &m);
}

/* Of the year that has the week's Thursday. */
static int64_t week_of(int64_t days)
{
    int64_t year;
    int month, day;
    const int64_t thursday = days - ((days + 3) % 7 + 7) % 7 + 3;
    wefti_date_of_days(thursday, &year, &month, &day);
    return (thursday - wefti_days_of_date(year, 1, 1)) / 7 + 1;
}

static void part(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    moment m;
    int64_t year, result = 0;
    int month, day;
    if (wefti_sqlite_any_null(count, arguments) || !read_moment(context, arguments[0], &m) || m.sign != 0)
        return;
    wefti_date_of_days(m.days, &year, &month, &day);
    switch (sqlite3_value_int(arguments[1])) {
    case WEFT_SECOND: result = m.usec / USEC_PER_SECOND % 60; break;
    case WEFT_MINUTE: result = m.usec / USEC_PER_SECOND / 60 % 60; break;
    case WEFT_HOUR: result = m.usec / USEC_PER_SECOND / 3600; break;
    case WEFT_DAY: result = day; break;
    case WEFT_WEEK: result = week_of(m.days); break;
    case WEFT_MONTH: result = month; break;
    case WEFT_QUARTER: result = (month + 2) / 3; break;
    case WEFT_YEAR: result = year > 0 ? year : year - 1; break; /* there is no year 0 */
    default: result = ((m.days + 3) % 7 + 7) % 7 + 1;
    }
    sqlite3_result_int64(context, result);
}

static int compare(const moment *a, const moment *b)
{
    return a->days != b->days ? (a->days > b->days) - (a->days < b->days) : (a->usec > b->usec) - (a->usec < b->usec);
}

/* a is not before b. */
static int64_t months_between(const moment *a, const moment *b)
{
    int64_t year_a, year_b;
    int month_a, month_b, day_a, day_b;
    wefti_date_of_days(a->days, &year_a, &month_a, &day_a);
    wefti_date_of_days(b->days, &year_b, &month_b, &day_b);
    return (year_a - year_b) * 12 + month_a - month_b - (day_a < day_b || (day_a == day_b && a->usec < b->usec) ? 1 : 0);
}

static void diff(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    moment a, b;
    if (wefti_sqlite_any_null(count, arguments) || !read_moment(context, arguments[0], &a) ||
        !read_moment(context, arguments[1], &b))
        return;
    if (a.sign != 0 || b.sign != 0) {
        wefti_sqlite_refuse(context, "there is no difference to infinity");
        return;
    }
    const int unit = sqlite3_value_int(arguments[2]);
    const bool forward = compare(&a, &b) >= 0;
    const moment *later = forward ? &a : &b, *earlier = forward ? &b : &a;
    int64_t result;
    if (seconds_of(unit) == 0) {
        result = months_between(later, earlier) / months_of(unit);
    } else { /* in seconds and what is left: the microseconds may be more than 64 bits hold */
        const int64_t usec = later->usec - earlier->usec, seconds = floor_div(usec, USEC_PER_SECOND);
        result = ((later->days - earlier->days) * 86400 + seconds) / seconds_of(unit);
    }
    sqlite3_result_int64(context, forward ? result : -result);
}

/* Infinity has none. */
static void time_of(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    moment m;
    char text[WEFTI_FORM_BYTES];
    if (wefti_sqlite_any_null(count, arguments) || !read_moment(context, arguments[0], &m) || m.sign != 0)
        return;
    const size_t size = wefti_value_form(&(weft_value){.type = WEFT_TIME, .as.i = m.usec}, text);
    sqlite3_result_text64(context, text, size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* ---- series ---- */

/* The k-th number of a series; false where it lies behind the last. From end to end there may be more than an int64_t counts. */
static bool number_at(int64_t a, int64_t z, int64_t n, int64_t k, int64_t *v)
{
    const uint64_t step = n > 0 ? (uint64_t)n : UINT64_C(0) - (uint64_t)n;
    const uint64_t span = n > 0 ? (uint64_t)z - (uint64_t)a : (uint64_t)a - (uint64_t)z;
    if ((n > 0 ? a > z : a < z) || (uint64_t)k > span / step)
        return false;
    *v = (int64_t)((uint64_t)a + (uint64_t)n * (uint64_t)k); /* as it wraps, it lies between the ends */
    return true;
}

static bool moment_at(moment *m, const moment *z, int64_t n, int unit, int64_t k)
{
    weft_value value;
    int64_t count;
    const bool months = seconds_of(unit) == 0;
    if (__builtin_mul_overflow(n, k, &count) || (months && __builtin_mul_overflow(count, months_of(unit), &count)))
        return false;
    if (months ? !add_months(m, count) : !add_seconds(m, count, seconds_of(unit)))
        return false;
    return value_of(m, &value) && (n > 0 ? compare(m, z) <= 0 : compare(m, z) >= 0);
}

/* (first, last, step, unit, k): the k-th of a series, or NULL behind its end. */
static void series_at(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (wefti_sqlite_any_null(count, arguments))
        return;
    const int64_t n = sqlite3_value_int64(arguments[2]), k = sqlite3_value_int64(arguments[4]);
    const int unit = sqlite3_value_int(arguments[3]);
    int64_t v;
    moment m, z;
    if (n == 0) {
        wefti_sqlite_refuse(context, "the step of a series is zero");
    } else if (unit == 0) {
        if (number_at(sqlite3_value_int64(arguments[0]), sqlite3_value_int64(arguments[1]), n, k, &v))
            sqlite3_result_int64(context, v);
    } else if (read_moment(context, arguments[0], &m) && read_moment(context, arguments[1], &z)) {
        if (m.sign != 0 || z.sign != 0)
            wefti_sqlite_refuse(context, "a series begins and ends at dates that are not infinite");
        else if (moment_at(&m, &z, n, unit, k))
            give_moment(context, &m);
    }
}

int wefti_sqlite_register_dates(sqlite3 *db)
{
    static const struct {
        const char *name;
        int arguments;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"weft_date_add", 3, add},   {"weft_date_trunc", 2, trunc_moment}, {"weft_date_part", 2, part},
                     {"weft_date_diff", 3, diff}, {"weft_time_of", 1, time_of},         {"weft_series_at", 5, series_at}};
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, FLAGS, NULL, functions[i].function, NULL,
                                        NULL, NULL);
    return rc;
}
