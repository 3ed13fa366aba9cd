/* Civil time and UUIDs as text, in the proleptic Gregorian calendar and UTC.
 *
 * Years before 1 are written as PostgreSQL writes them, "0044-03-15 BC"; INT64_MAX and INT64_MIN (INT32 for dates) stand for
 * infinity and -infinity. Days are converted by the era method (400 years of 146,097 days). Parsers take exactly one form each and
 * never read past the given size. */
#include "base/text.h"

#include "base/paths.h"

#include <string.h>

#define USEC_PER_SECOND INT64_C(1000000)
#define USEC_PER_DAY (86400 * USEC_PER_SECOND)
#define MAX_YEAR 5881580 /* of int32_t days */

typedef struct reader {
    const char *at, *end;
} reader;

int64_t wefti_days_of_date(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void wefti_date_of_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

static bool read_two(reader *r, int *value)
{
    if (r->end - r->at < 2)
        return false;
    unsigned a = (unsigned)(unsigned char)r->at[0] - '0', b = (unsigned)(unsigned char)r->at[1] - '0';
    if (a > 9 || b > 9)
        return false;
    *value = (int)(a * 10 + b);
    r->at += 2;
    return true;
}

static bool skip_char(reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/* The year as written (4 to 7 digits, never 0), month and day; whether they name a day is checked when the era is known. */
static bool read_date(reader *r, int64_t *year, int *month, int *day)
{
    const char *start = r->at;
    int64_t value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < 7; r->at++)
        value = value * 10 + (*r->at - '0');
    *year = value;
    return r->at - start >= 4 && value > 0 && skip_char(r, '-') && read_two(r, month) && skip_char(r, '-') && read_two(r, day);
}

static bool read_bc(reader *r)
{
    if (r->end - r->at < 3 || memcmp(r->at, " BC", 3) != 0)
        return false;
    r->at += 3;
    return true;
}

static bool date_to_days(int64_t year, int month, int day, int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year > MAX_YEAR || year < -MAX_YEAR || month < 1 || month > 12 || day < 1)
        return false;
    if (day > lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0))
        return false;
    *days = wefti_days_of_date(year, month, day);
    return true;
}

/* "HH:MM[:SS[.f]]" with 1 to 9 digits of fraction, rounded to microseconds; 24:00:00 is the end of the day. */
static bool read_time(reader *r, int64_t *usec)
{
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!read_two(r, &hour) || !skip_char(r, ':') || !read_two(r, &minute))
        return false;
    if (skip_char(r, ':')) {
        if (!read_two(r, &second))
            return false;
        if (skip_char(r, '.')) {
            const char *start = r->at;
            int64_t scale = 100000000;
            for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && scale > 0; r->at++, scale /= 10)
                fraction += (*r->at - '0') * scale;
            if (r->at == start)
                return false;
            fraction = (fraction + 500) / 1000;
        }
    }
    if (hour > 24 || minute > 59 || second > 59 || (hour == 24 && (minute > 0 || second > 0 || fraction > 0)))
        return false;
    *usec = ((int64_t)hour * 3600 + minute * 60 + second) * USEC_PER_SECOND + fraction;
    return true;
}

/* "Z", "+hh", "+hhmm", "+hh:mm" or "+hh:mm:ss"; nothing is UTC. */
static bool read_zone(reader *r, int64_t *seconds)
{
    *seconds = 0;
    if (r->at == r->end || skip_char(r, 'Z') || skip_char(r, 'z'))
        return true;
    if (*r->at != '+' && *r->at != '-')
        return true; /* whatever follows is judged by the caller */
    int64_t sign = *r->at++ == '-' ? -1 : 1;
    int hour, minute = 0, second = 0;
    if (!read_two(r, &hour))
        return false;
    bool colon = skip_char(r, ':');
    if (colon || (r->at < r->end && *r->at >= '0' && *r->at <= '9')) {
        if (!read_two(r, &minute))
            return false;
        if (colon && skip_char(r, ':') && !read_two(r, &second))
            return false;
    }
    if (hour > 15 || minute > 59 || second > 59)
        return false;
    *seconds = sign * (hour * 3600 + minute * 60 + second);
    return true;
}

static int read_infinity(const char *data, size_t size)
{
    if (size == 8 && memcmp(data, "infinity", 8) == 0)
        return 1;
    return size == 9 && memcmp(data, "-infinity", 9) == 0 ? -1 : 0;
}

/* ---- the one form that weft writes, "YYYY-MM-DD HH:MM:SS.ffffff" of the years 1 to 9999: met once per row, so it has a way of its
 * own. Eight characters are looked at together; the first lies in the lowest byte. ---- */

static inline uint64_t read_eight(const char *data, uint64_t form)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word ^ form;
}

/* Digits become 0 to 9 and separators 0 where the form fits; the highest bit of a byte is set where it does not. limit holds 0x76
 * for a digit and 0x7F for a separator: a carry comes only from a byte that does not fit itself. */
static inline uint64_t misfits(uint64_t digits, uint64_t limit)
{
    return (digits | (digits + limit)) & UINT64_C(0x8080808080808080);
}

/* The number of the two digits that begin at a byte. */
static inline unsigned two_at(uint64_t digits, int byte) { return (unsigned)((digits * 10 + (digits >> 8)) >> (8 * byte)) & 0xFF; }

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static bool read_own_form(const char *d, int64_t *usec)
{
    uint64_t date = read_eight(d, UINT64_C(0x2D30302D30303030));          /* "0000-00-" */
    uint64_t middle = read_eight(d + 8, UINT64_C(0x30303A3030203030));    /* "00 00:00" */
    uint64_t end = read_eight(d + 16, UINT64_C(0x303030302E30303A));      /* ":00.0000" */
    uint64_t fraction = read_eight(d + 18, UINT64_C(0x3030303030302E30)); /* "0.000000" */
    if ((misfits(date, UINT64_C(0x7F76767F76767676)) | misfits(middle, UINT64_C(0x76767F76767F7676)) |
         misfits(end, UINT64_C(0x767676767F76767F)) | misfits(fraction, UINT64_C(0x7676767676767F76))) != 0)
        return false;
    unsigned year = two_at(date, 0) * 100 + two_at(date, 2), month = two_at(date, 5), day = two_at(middle, 0);
    unsigned hour = two_at(middle, 3), minute = two_at(middle, 6), second = two_at(end, 1);
    if (year == 0 || month - 1 > 11 || hour > 23 || minute > 59 || second > 59 || day == 0 ||
        (day > 28 && day > days_in_month(year, month)))
        return false;
    unsigned y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    unsigned days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    unsigned micro = (two_at(fraction, 2) * 100 + two_at(fraction, 4)) * 100 + two_at(fraction, 6);
    *usec = ((int64_t)days - 719468) * USEC_PER_DAY + (int64_t)((hour * 60 + minute) * 60 + second) * USEC_PER_SECOND + micro;
    return true;
}

static inline char *put_two(char *at, unsigned value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    memcpy(at, pairs + 2 * (size_t)value, 2);
    return at + 2;
}

#define FIRST_OWN_DAY (-719162) /* 0001-01-01 */
#define LAST_OWN_DAY 2932896    /* 9999-12-31 */

/* From FIRST_OWN_DAY to LAST_OWN_DAY, in 32 bits: Neri and Schneider, "Euclidean affine functions and their application to
 * calendar algorithms". */
static char *put_own_date(char *at, int32_t days)
{
    uint32_t n = 4 * (uint32_t)(days + 719468) + 3, century = n / 146097, of_century = n % 146097 / 4;
    uint64_t product = UINT64_C(2939745) * (4 * of_century + 3);
    uint32_t of_year = (uint32_t)product / 2939745 / 4, months = 2141 * of_year + 197913;
    uint32_t late = of_year >= 306 ? 1 : 0, year = 100 * century + (uint32_t)(product >> 32) + late;
    at = put_two(put_two(at, year / 100), year % 100);
    *at++ = '-';
    at = put_two(at, (months >> 16) - 12 * late);
    *at++ = '-';
    return put_two(at, (months & 0xFFFF) / 2141 + 1);
}

WEFTI_HOT bool wefti_timestamp_parse_own(const char *data, size_t size, int64_t *usec)
{
    return size == 26 && read_own_form(data, usec);
}

bool wefti_timestamp_parse(const char *data, size_t size, int64_t *usec)
{
    if (size == 26 && read_own_form(data, usec))
        return true;
    reader r = {data, data + size};
    int64_t year, days, time, zone, value;
    int month, day;
    int infinity = read_infinity(data, size);
    if (infinity != 0) {
        *usec = infinity > 0 ? INT64_MAX : INT64_MIN;
        return true;
    }
    if (!read_date(&r, &year, &month, &day) || (!skip_char(&r, ' ') && !skip_char(&r, 'T') && !skip_char(&r, 't')))
        return false;
    if (!read_time(&r, &time) || !read_zone(&r, &zone))
        return false;
    if (read_bc(&r))
        year = 1 - year;
    if (r.at != r.end || !date_to_days(year, month, day, &days))
        return false;
    time -= zone * USEC_PER_SECOND;
    if (days < 0) { /* the first day of the range begins before it */
        days++;
        time -= USEC_PER_DAY;
    }
    if (__builtin_mul_overflow(days, USEC_PER_DAY, &value) || __builtin_add_overflow(value, time, &value))
        return false;
    *usec = value;
    return true;
}

bool wefti_date_parse(const char *data, size_t size, int32_t *days)
{
    reader r = {data, data + size};
    int64_t year, value;
    int month, day;
    int infinity = read_infinity(data, size);
    if (infinity != 0) {
        *days = infinity > 0 ? INT32_MAX : INT32_MIN;
        return true;
    }
    if (!read_date(&r, &year, &month, &day))
        return false;
    if (read_bc(&r))
        year = 1 - year;
    if (r.at != r.end || !date_to_days(year, month, day, &value) || value > INT32_MAX || value < INT32_MIN)
        return false;
    *days = (int32_t)value;
    return true;
}

bool wefti_time_parse(const char *data, size_t size, int64_t *usec)
{
    reader r = {data, data + size};
    int64_t value;
    if (!read_time(&r, &value) || r.at != r.end)
        return false;
    *usec = value;
    return true;
}

static char *put_digits(char *at, int64_t value, int width)
{
    char digits[20];
    int count = 0;
    while (value > 0 || count < width) {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    }
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static char *put_word(char *at, const char *word)
{
    size_t size = strlen(word);
    memcpy(at, word, size);
    return at + size;
}

/* Returns whether the year is before 1 and needs " BC" after the rest. */
static bool put_date(char **at, int64_t days)
{
    int64_t year;
    int month, day;
    if (days >= FIRST_OWN_DAY && days <= LAST_OWN_DAY) {
        *at = put_own_date(*at, (int32_t)days);
        return false;
    }
    wefti_date_of_days(days, &year, &month, &day);
    bool bc = year <= 0;
    *at = put_digits(*at, bc ? 1 - year : year, 4);
    *(*at)++ = '-';
    *at = put_digits(*at, month, 2);
    *(*at)++ = '-';
    *at = put_digits(*at, day, 2);
    return bc;
}

/* From 0 to the end of the day. */
static char *put_time(char *at, int64_t usec)
{
    uint32_t seconds = (uint32_t)(usec / USEC_PER_SECOND), micro = (uint32_t)(usec % USEC_PER_SECOND);
    at = put_two(at, seconds / 3600);
    *at++ = ':';
    at = put_two(at, seconds / 60 % 60);
    *at++ = ':';
    at = put_two(at, seconds % 60);
    *at++ = '.';
    at = put_two(at, micro / 10000);
    at = put_two(at, micro / 100 % 100);
    return put_two(at, micro % 100);
}

static size_t finish_text(char *text, char *at)
{
    *at = '\0';
    return (size_t)(at - text);
}

size_t wefti_timestamp_write(int64_t usec, char text[40])
{
    char *at = text;
    if (usec == INT64_MAX || usec == INT64_MIN)
        return finish_text(text, put_word(text, usec > 0 ? "infinity" : "-infinity"));
    int64_t days = usec / USEC_PER_DAY - (usec % USEC_PER_DAY < 0 ? 1 : 0);
    int64_t time = usec % USEC_PER_DAY + (usec % USEC_PER_DAY < 0 ? USEC_PER_DAY : 0);
    bool bc = put_date(&at, days);
    *at++ = ' ';
    at = put_time(at, time);
    return finish_text(text, bc ? put_word(at, " BC") : at);
}

size_t wefti_date_write(int32_t days, char text[40])
{
    char *at = text;
    if (days == INT32_MAX || days == INT32_MIN)
        return finish_text(text, put_word(text, days > 0 ? "infinity" : "-infinity"));
    bool bc = put_date(&at, days);
    return finish_text(text, bc ? put_word(at, " BC") : at);
}

size_t wefti_time_write(int64_t usec, char text[40])
{
    return finish_text(text, put_time(text, usec < 0 ? 0 : usec > USEC_PER_DAY ? USEC_PER_DAY : usec));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool wefti_uuid_parse(const char *data, size_t size, unsigned char bytes[16])
{
    if (size != 36 && size != 32)
        return false;
    unsigned char result[16];
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (size == 36 && (i == 4 || i == 6 || i == 8 || i == 10) && data[at++] != '-')
            return false;
        int high = hex_digit(data[at]), low = hex_digit(data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        result[i] = (unsigned char)(high * 16 + low);
        at += 2;
    }
    memcpy(bytes, result, 16);
    return true;
}

size_t wefti_uuid_write(const unsigned char bytes[16], char text[37])
{
    static const char hex[] = "0123456789abcdef";
    char *at = text;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    return finish_text(text, at);
}
