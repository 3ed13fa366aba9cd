/* Decimals between their text and PostgreSQL's binary numeric: a count of base-10000 digits, the weight of the first, a sign and
 * the number of decimal digits shown (utils/adt/numeric.c, numeric_send). Arrays and COPY need the binary form. Exact: no
 * floating point anywhere. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define SIGN_NEGATIVE 0x4000
#define SIGN_NAN 0xC000
#define SIGN_INFINITY 0xD000
#define SIGN_MINUS_INFINITY 0xF000
#define MAX_SCALE 16383    /* NUMERIC_MAX_DISPLAY_SCALE's field */
#define MAX_INTEGER 131072 /* digits before the point */

static size_t put_special(uint16_t sign, unsigned char *to)
{
    memset(to, 0, 8);
    wefti_postgres_put16(to + 4, sign);
    return 8;
}

/* The decimal digits without point and the place of the point among them. */
typedef struct decimal_parts {
    const char *digits; /* may contain the point */
    size_t size;
    int64_t point; /* digits before the point, exponent applied */
    int64_t count; /* digits */
    int64_t scale; /* digits after the point */
    bool negative;
} decimal_parts;

static bool split(const char *text, size_t size, decimal_parts *parts)
{
    size_t i = 0;
    *parts = (decimal_parts){0};
    if (i < size && (text[i] == '+' || text[i] == '-'))
        parts->negative = text[i++] == '-';
    parts->digits = text + i;
    int64_t after = -1;
    for (; i < size && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '.') {
            after = 0;
        } else {
            parts->count++;
            after += after >= 0;
        }
    }
    parts->size = (size_t)(text + i - parts->digits);
    int64_t exponent = 0;
    if (i < size) {
        i++;
        i += text[i] == '+';
        if (!wefti_int64_parse(text + i, size - i, &exponent) || exponent > 2 * MAX_INTEGER || exponent < -2 * MAX_INTEGER)
            return false;
    }
    if (after < 0)
        after = 0;
    parts->point = parts->count - after + exponent;
    parts->scale = after - exponent > 0 ? after - exponent : 0;
    return parts->point <= MAX_INTEGER && parts->scale <= MAX_SCALE;
}

size_t wefti_postgres_numeric_encode(const char *text, size_t size, unsigned char *to)
{
    if (!wefti_decimal_valid(text, size, true))
        return 0;
    const char *word = text + (*text == '-' || *text == '+');
    if (*word == 'N' || *word == 'n')
        return put_special(SIGN_NAN, to);
    if (*word == 'I' || *word == 'i')
        return put_special(*text == '-' ? SIGN_MINUS_INFINITY : SIGN_INFINITY, to);
    decimal_parts parts;
    if (!split(text, size, &parts))
        return 0;
    /* Groups of four start at multiples of four from the point. */
    int64_t weight = (parts.point > 0 ? (parts.point + 3) / 4 : -(-parts.point / 4)) - 1;
    int64_t place = (weight + 1) * 4 - parts.point; /* leading zeros of the first group */
    unsigned group = 0, groups = 0, last_used = 0;
    bool started = false;
    int64_t filled = place;
    unsigned char *out = to + 8;
    for (size_t i = 0; i <= parts.size; i++) {
        bool end = i == parts.size;
        if (end ? filled == 0 : parts.digits[i] == '.')
            continue;
        do {
            group = group * 10 + (end ? 0 : (unsigned)(parts.digits[i] - '0'));
            if (++filled < 4)
                continue;
            if (group != 0 || started) {
                wefti_postgres_put16(out + (size_t)2 * groups++, (uint16_t)group);
                last_used = group != 0 ? groups : last_used;
                started = true;
            } else {
                weight--;
            }
            group = 0;
            filled = 0;
        } while (end && filled != 0);
    }
    if (last_used == 0)
        weight = 0;
    wefti_postgres_put16(to, (uint16_t)last_used);
    wefti_postgres_put16(to + 2, (uint16_t)(int16_t)weight);
    wefti_postgres_put16(to + 4, parts.negative && last_used != 0 ? SIGN_NEGATIVE : 0);
    wefti_postgres_put16(to + 6, (uint16_t)parts.scale);
    return 8 + (size_t)2 * last_used;
}

static unsigned get16(const char *p) { return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1]; }

static weft_status give_word(const char *word, const char **text, size_t *text_size)
{
    *text = word;
    *text_size = strlen(word);
    return WEFT_OK;
}

/* Digit group of a power of 10000, zero outside what was sent. */
static unsigned group_at(const char *data, unsigned groups, int64_t first_weight, int64_t weight)
{
    int64_t index = first_weight - weight;
    return index >= 0 && index < groups ? get16(data + 8 + 2 * index) : 0;
}

static char *put_group(char *to, unsigned group, unsigned width)
{
    const unsigned powers[] = {1000, 100, 10, 1};
    for (unsigned i = 0; i < width; i++)
        *to++ = (char)('0' + group / powers[i] % 10);
    return to;
}

weft_status wefti_postgres_numeric_decode(const char *data, size_t size, wefti_arena *arena, const char **text, size_t *text_size)
{
    if (size < 8)
        return WEFT_ERROR_DATA;
    unsigned groups = get16(data), sign = get16(data + 4), scale = get16(data + 6);
    int64_t weight = (int16_t)get16(data + 2);
    if (sign == SIGN_NAN)
        return give_word("NaN", text, text_size);
    if (sign == SIGN_INFINITY || sign == SIGN_MINUS_INFINITY)
        return give_word(sign == SIGN_INFINITY ? "Infinity" : "-Infinity", text, text_size);
    if (size != 8 + (size_t)2 * groups || scale > MAX_SCALE || (sign != 0 && sign != SIGN_NEGATIVE))
        return WEFT_ERROR_DATA;
    size_t room = (weight > 0 ? (size_t)weight + 1 : 1) * 4 + scale + 8;
    char *start = wefti_arena_aligned(arena, room, 1), *to = start;
    if (start == NULL)
        return WEFT_ERROR_NO_MEMORY;
    if (sign == SIGN_NEGATIVE)
        *to++ = '-';
    char *integer = to;
    for (int64_t w = weight > 0 ? weight : 0; w >= 0; w--)
        to = put_group(to, group_at(data, groups, weight, w), 4);
    size_t zeros = strspn((*to = '\0', integer), "0");
    if (zeros == (size_t)(to - integer))
        zeros--;
    memmove(integer, integer + zeros, (size_t)(to - integer) - zeros);
    to -= zeros;
    if (scale > 0)
        *to++ = '.';
    for (unsigned written = 0; written < scale; written += 4) {
        unsigned width = scale - written < 4 ? scale - written : 4;
        to = put_group(to, group_at(data, groups, weight, -1 - (int64_t)(written / 4)), width);
    }
    *to = '\0';
    *text = start;
    *text_size = (size_t)(to - start);
    return WEFT_OK;
}
