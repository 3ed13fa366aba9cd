/* A growing text buffer with a sticky out-of-memory flag and a maximum, and checks and conversions of text. */
#ifndef WEFTI_BASE_TEXT_H
#define WEFTI_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <weft/export.h>

typedef struct wefti_text {
    char *data;  /* NUL-terminated once anything was added; owned */
    size_t size; /* without the NUL */
    size_t capacity;
    size_t limit_bytes; /* 0: the default of limits.h */
    bool failed;        /* out of memory or over the limit; later adds do nothing */
} wefti_text;

void wefti_text_init(wefti_text *text, size_t limit_bytes);
void wefti_text_deinit(wefti_text *text);
void wefti_text_clear(wefti_text *text);
void wefti_text_add(wefti_text *text, const char *string);
void wefti_text_add_bytes(wefti_text *text, const void *data, size_t size);
void wefti_text_repeat(wefti_text *text, size_t at, size_t size); /* a part of itself */
void wefti_text_add_char(wefti_text *text, char c);
/* Whether what is added next would go on with a word of SQL. */
bool wefti_text_ends_word(const wefti_text *text);
void wefti_text_add_int(wefti_text *text, int64_t value);
void wefti_text_add_format(wefti_text *text, const char *format, ...) WEFT_PRINTF(2, 3);
void wefti_text_add_json_string(wefti_text *text, const char *data, size_t size); /* quoted and escaped */
void wefti_text_add_json_real(wefti_text *text, double value); /* as a number with a point, infinities as 9e999; not NaN */
void wefti_text_add_hex(wefti_text *text, const void *data, size_t size);
/* size digits as size / 2 bytes; false where they are no digits, or one too few. */
bool wefti_hex_read(const char *digits, size_t size, void *bytes);
char *wefti_text_take(wefti_text *text, size_t *size); /* the caller owns and wefti_free()s; NULL where failed */

/* True where the bytes are UTF-8 without NUL, surrogates or overlong forms. */
bool wefti_utf8_valid(const char *data, size_t size);
/* Copies, and says whether all of it is ASCII without NUL, as most texts are. Eight bytes are looked at together: of those below
 * 128, only a 0 has its highest bit set by taking 1 away. */
static inline bool wefti_text_copy_plain(char *to, const char *data, size_t size)
{
    typedef uint64_t pair __attribute__((vector_size(16)));
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    if (size >= sizeof(pair)) {
        pair word, seen = {0, 0};
        for (size_t at = 0;; at = size - at < 2 * sizeof word ? size - sizeof word : at + sizeof word) { /* the last one overlaps */
            memcpy(&word, data + at, sizeof word);
            memcpy(to + at, &word, sizeof word);
            seen |= word | (word - ones);
            if (at == size - sizeof word)
                return ((seen[0] | seen[1]) & highs) == 0;
        }
    }
    uint64_t first = ones, last = ones;
    if (size >= sizeof first) {
        memcpy(&first, data, sizeof first);
        memcpy(&last, data + size - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + size - sizeof last, &last, sizeof last);
        return ((first | (first - ones) | last | (last - ones)) & highs) == 0;
    }
    bool plain = true;
    for (size_t i = 0; i < size; i++) {
        to[i] = data[i];
        plain = plain && (signed char)data[i] > 0;
    }
    return plain;
}
/* How many characters valid UTF-8 has. */
size_t wefti_utf8_count(const char *data, size_t size);
/* The longest prefix of at most limit bytes that ends at a character. */
size_t wefti_utf8_cut(const char *data, size_t size, size_t limit);
/* An optional sign, digits, optional fraction, optional exponent; or NaN, Infinity, -Infinity where special is allowed. */
bool wefti_decimal_valid(const char *data, size_t size, bool special);
/* Whether NUMERIC(precision, scale) holds a valid decimal as it is: zeros at either end do not count, NaN fits and infinity does
 * not. */
bool wefti_decimal_fits(const char *data, size_t size, int precision, int scale);
/* A valid decimal with digits alone: so many of them behind the point (which are enough), or as many as it has where scale is -1;
 * NaN and the infinities as they are. False, and nothing is added: its exponent asks for more than a thousand zeros. */
bool wefti_text_add_decimal(wefti_text *text, const char *data, size_t size, int scale);
/* Whether a text is spelt as a wefti_spelling says: without plus, exponent or needless zeros. */
bool wefti_decimal_spelt(const char *data, size_t size, uint16_t spelling);
/* -1, 0, 1 by numeric value of two valid decimals, whatever their length. NaN sorts last. */
int wefti_decimal_compare(const char *a, size_t a_size, const char *b, size_t b_size);
/* The same for all spellings of one number. */
uint64_t wefti_decimal_hash(const char *data, size_t size, uint64_t seed);
/* Leaves out the blanks around a text, as PostgreSQL does where it reads a value from one. */
void wefti_blanks_trim(const char **data, size_t *size);
/* Reads a whole decimal integer; false where it is not one or does not fit. */
bool wefti_int64_parse(const char *data, size_t size, int64_t *value);
/* true, yes, on, 1, their opposites, and beginnings that only one of them has, as PostgreSQL reads them. */
bool wefti_bool_parse(const char *data, size_t size, bool *truth);

/* Civil time. All work on bounded input and need no NUL; the writers return the length and add a NUL. */
/* Days since 1970-01-01 and back; year 0 is 1 BC. */
int64_t wefti_days_of_date(int64_t year, int month, int day);
void wefti_date_of_days(int64_t days, int64_t *year, int *month, int *day);
/* Only "YYYY-MM-DD HH:MM:SS.ffffff", as weft writes the years 1 to 9999. */
bool wefti_timestamp_parse_own(const char *data, size_t size, int64_t *usec);
bool wefti_timestamp_parse(const char *data, size_t size, int64_t *usec);
bool wefti_date_parse(const char *data, size_t size, int32_t *days);
bool wefti_time_parse(const char *data, size_t size, int64_t *usec);
bool wefti_uuid_parse(const char *data, size_t size, unsigned char bytes[16]);
size_t wefti_timestamp_write(int64_t usec, char text[40]);
size_t wefti_date_write(int32_t days, char text[40]);
size_t wefti_time_write(int64_t usec, char text[40]);
size_t wefti_uuid_write(const unsigned char bytes[16], char text[37]);

/* A fast 64-bit hash of bytes, for tables in memory only (not stable between versions). */
uint64_t wefti_hash(const void *data, size_t size, uint64_t seed);

#endif
