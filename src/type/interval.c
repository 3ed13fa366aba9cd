/* Intervals: their text, and their order. The text is ISO 8601 as PostgreSQL writes it, P1Y2M3DT4H5M6.789S, where each part has a
 * sign of its own and none is zero, but for PT0S. Years and months are one number, and so are hours, minutes and seconds: each
 * interval has one such text. A month is 30 days where intervals are compared, and a day 24 hours, as on PostgreSQL. */
#include "type/type.h"

#include <string.h>

#define USEC_PER_SECOND INT64_C(1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SECOND)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)

__extension__ typedef __int128 wide;

/* ---- order ---- */

static wide span(const weft_interval *interval)
{
    return ((wide)interval->months * 30 + interval->days) * USEC_PER_DAY + interval->usec;
}

int wefti_interval_compare(const weft_interval *a, const weft_interval *b)
{
    const wide x = span(a), y = span(b);
    return x < y ? -1 : x > y;
}

uint64_t wefti_interval_hash(const weft_interval *interval, uint64_t seed)
{
    const wide whole = span(interval);
    const uint64_t halves[2] = {(uint64_t)whole, (uint64_t)(whole >> 64)};
    return wefti_hash(halves, sizeof halves, seed);
}

/* ---- writing ---- */

static char *put_number(char *at, uint64_t value)
{
    char digits[20];
    int count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static char *put_part(char *at, int64_t value, char unit)
{
    if (value == 0)
        return at;
    if (value < 0)
        *at++ = '-';
    at = put_number(at, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    *at++ = unit;
    return at;
}

/* Less than a minute. */
static char *put_seconds(char *at, int64_t usec)
{
    const uint32_t rest = (uint32_t)(usec < 0 ? -usec : usec);
    uint32_t fraction = rest % (uint32_t)USEC_PER_SECOND;
    if (usec < 0)
        *at++ = '-';
    at = put_number(at, rest / (uint32_t)USEC_PER_SECOND);
    if (fraction > 0) {
        *at++ = '.';
        for (uint32_t digit = 100000; fraction > 0; fraction %= digit, digit /= 10)
            *at++ = (char)('0' + fraction / digit);
    }
    *at++ = 'S';
    return at;
}

size_t wefti_interval_write(const weft_interval *interval, char text[WEFTI_FORM_BYTES])
{
    const int64_t minutes = interval->usec / USEC_PER_MINUTE, usec = interval->usec % USEC_PER_MINUTE;
    char *at = text;
    *at++ = 'P';
    at = put_part(at, interval->months / 12, 'Y');
    at = put_part(at, interval->months % 12, 'M');
    at = put_part(at, interval->days, 'D');
    if (interval->usec != 0 || at == text + 1)
        *at++ = 'T';
    at = put_part(at, minutes / 60, 'H');
    at = put_part(at, minutes % 60, 'M');
    if (usec != 0 || at[-1] == 'T')
        at = put_seconds(at, usec);
    *at = '\0';
    return (size_t)(at - text);
}

/* ---- reading ---- */

typedef struct reader {
    const char *at, *end;
} reader;

/* What a unit adds, to which of the three numbers: of the date before the T, of the time after it. */
typedef struct unit {
    char letter;
    bool of_time;
    int number;
    int64_t factor;
} unit;
static const unit units[] = {
    {'Y', false, 0, 12},
    {'M', false, 0, 1},
    {'W', false, 1, 7},
    {'D', false, 1, 1},
    {'H', true, 2, USEC_PER_HOUR},
    {'M', true, 2, USEC_PER_MINUTE},
    {'S', true, 2, USEC_PER_SECOND},
};
enum { UNITS = sizeof units / sizeof units[0] };

static bool is_digit(const reader *r) { return r->at < r->end && *r->at >= '0' && *r->at <= '9'; }

/* The digits after the point, in millionths; at most six. */
static bool read_fraction(reader *r, int64_t *millionths)
{
    int64_t digit = 100000;
    for (*millionths = 0; is_digit(r); r->at++, digit /= 10) {
        if (digit == 0)
            return false;
        *millionths += digit * (*r->at - '0');
    }
    return digit < 100000;
}

/* A number with its unit, which must come after the last one. */
static bool read_part(reader *r, bool of_time, int *last, int64_t numbers[3])
{
    int64_t value = 0, millionths = 0;
    const bool negative = r->at < r->end && *r->at == '-';
    r->at += negative || (r->at < r->end && *r->at == '+');
    if (!is_digit(r))
        return false;
    for (; is_digit(r); r->at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, *r->at - '0', &value))
            return false; /* below zero, where there is one more */
    if (!negative && value == INT64_MIN)
        return false;
    const bool has_fraction = r->at < r->end && *r->at == '.';
    r->at += has_fraction;
    if (has_fraction && !read_fraction(r, &millionths))
        return false;
    int at = *last + 1;
    while (at < UNITS && (r->at == r->end || units[at].letter != *r->at || units[at].of_time != of_time))
        at++;
    if (at == UNITS || (has_fraction && units[at].letter != 'S'))
        return false;
    *last = at;
    r->at++;
    int64_t *number = &numbers[units[at].number];
    return !__builtin_mul_overflow(negative ? value : -value, units[at].factor, &value) &&
           !__builtin_add_overflow(value, negative ? -millionths : millionths, &value) &&
           !__builtin_add_overflow(*number, value, number);
}

bool wefti_interval_parse(const char *data, size_t size, weft_interval *interval)
{
    reader r = {data, data + size};
    int64_t numbers[3] = {0};
    int last = -1;
    bool of_time = false;
    if (size < 3 || *r.at++ != 'P')
        return false;
    while (r.at < r.end) {
        if (*r.at == 'T' && !of_time) {
            of_time = true;
            r.at++;
        }
        if (!read_part(&r, of_time, &last, numbers))
            return false;
    }
    if (numbers[0] < INT32_MIN || numbers[0] > INT32_MAX || numbers[1] < INT32_MIN || numbers[1] > INT32_MAX)
        return false;
    *interval = (weft_interval){(int32_t)numbers[0], (int32_t)numbers[1], numbers[2]};
    return true;
}

/* ---- with words, as in 1 mon -3 days 04:05:06.7 ---- */

/* One number of "1 year 2 mons -3 days -04:05:06.7": its digits, after its sign. */
static bool read_digits(const char **at, int64_t *value)
{
    const char *first = *at;
    for (*value = 0; **at >= '0' && **at <= '9'; (*at)++)
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, **at - '0', value))
            return false;
    return *at > first;
}

/* What stands after the hours: ":05:06.7", as microseconds. */
static bool read_clock(const char **at, uint64_t hours, uint64_t *usec)
{
    int64_t minutes = 0, seconds = 0;
    uint64_t digit = 100000;
    if (*(*at)++ != ':' || !read_digits(at, &minutes) || *(*at)++ != ':' || !read_digits(at, &seconds))
        return false;
    if (hours > INT64_MAX / 3600000000 || minutes > 59 || seconds > 59)
        return false;
    *usec = ((hours * 60 + (uint64_t)minutes) * 60 + (uint64_t)seconds) * 1000000;
    if (**at == '.')
        for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, digit /= 10)
            *usec += digit * (uint64_t)(**at - '0');
    return true;
}

static bool add_units(const char **at, int64_t number, weft_interval *interval)
{
    static const struct {
        const char *word;
        int32_t months, days;
    } words[] = {{"year", 12, 0}, {"mon", 1, 0}, {"day", 0, 1}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t size = strlen(words[i].word);
        if (strncmp(*at, words[i].word, size) != 0)
            continue;
        *at += size;
        *at += **at == 's';
        int64_t months, days;
        return !__builtin_mul_overflow(number, words[i].months, &months) &&
               !__builtin_add_overflow(interval->months, months, &interval->months) &&
               !__builtin_mul_overflow(number, words[i].days, &days) &&
               !__builtin_add_overflow(interval->days, days, &interval->days);
    }
    return false;
}

static bool read_with_words(const char *at, weft_interval *interval)
{
    for (*interval = (weft_interval){0}; *at != '\0'; at += *at == ' ') {
        int64_t number = 0;
        uint64_t usec = 0;
        const bool negative = *at == '-';
        at += *at == '-' || *at == '+';
        if (!read_digits(&at, &number))
            return false;
        if (*at == ':') {
            if (!read_clock(&at, (uint64_t)number, &usec))
                return false;
            if (usec > (uint64_t)INT64_MAX + negative)
                return false;
            interval->usec = (int64_t)(negative ? 0 - usec : usec);
        } else if (*at++ != ' ' || !add_units(&at, negative ? -number : number, interval)) {
            return false;
        }
    }
    return true;
}

bool wefti_interval_read(const char *data, size_t size, weft_interval *interval)
{
    return data[0] == 'P' ? wefti_interval_parse(data, size, interval) : size > 0 && read_with_words(data, interval);
}

/* ---- for programs ---- */

char *weft_interval_text(weft_interval value, char text[WEFT_INTERVAL_TEXT_SIZE])
{
    (void)wefti_interval_write(&value, text);
    return text;
}

bool weft_interval_parse(const char *text, weft_interval *value)
{
    return text != NULL && value != NULL && wefti_interval_parse(text, strlen(text), value);
}
