/* Decimal numbers as text: syntax and comparison by value.
 *
 * A number is reduced to its sign, its first significant digit and the power of ten of that digit; digits are then compared in
 * place, so "1e100000000" costs no more than "1". */
#include "base/text.h"

#include "base/rowarray.h"

#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_text(const char *data, size_t size, const char *word)
{
    return size == strlen(word) && memcmp(data, word, size) == 0;
}

static size_t skip_digits(const char *data, size_t size, size_t at)
{
    while (at < size && is_digit(data[at]))
        at++;
    return at;
}

bool wefti_decimal_valid(const char *data, size_t size, bool special)
{
    if (special && (is_text(data, size, "NaN") || is_text(data, size, "Infinity") || is_text(data, size, "-Infinity")))
        return true;
    size_t start = size > 0 && (data[0] == '-' || data[0] == '+') ? 1 : 0;
    size_t at = skip_digits(data, size, start);
    size_t digits = at - start;
    if (at < size && data[at] == '.') {
        size_t fraction = at + 1;
        at = skip_digits(data, size, fraction);
        digits += at - fraction;
    }
    if (digits == 0)
        return false;
    if (at < size && (data[at] == 'e' || data[at] == 'E')) {
        at++;
        if (at < size && (data[at] == '-' || data[at] == '+'))
            at++;
        size_t end = skip_digits(data, size, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == size;
}

enum { MOST_ZEROS = 1000 }; /* that an exponent is written out with */

typedef struct number {
    int rank;           /* -2 -Infinity, -1 negative, 0 zero, 1 positive, 2 Infinity, 3 NaN */
    const char *digits; /* from the first digit that is not 0; may hold one '.' */
    size_t size;
    int64_t power; /* of ten, of the first digit */
} number;

static int64_t read_exponent(const char *data, size_t size)
{
    bool negative = size > 0 && data[0] == '-';
    int64_t value = 0;
    for (size_t i = size > 0 && !is_digit(data[0]) ? 1 : 0; i < size && value < INT64_MAX / 100; i++)
        value = value * 10 + (data[i] - '0');
    return negative ? -value : value;
}

static number reduce(const char *data, size_t size)
{
    if (is_text(data, size, "NaN"))
        return (number){.rank = 3};
    if (is_text(data, size, "Infinity"))
        return (number){.rank = 2};
    if (is_text(data, size, "-Infinity"))
        return (number){.rank = -2};
    bool negative = size > 0 && data[0] == '-';
    size_t at = size > 0 && (data[0] == '-' || data[0] == '+') ? 1 : 0;
    size_t end = at;
    while (end < size && data[end] != 'e' && data[end] != 'E')
        end++;
    size_t point = at;
    while (point < end && data[point] != '.')
        point++;
    while (at < end && (data[at] == '0' || data[at] == '.'))
        at++;
    if (at == end)
        return (number){.rank = 0};
    int64_t power = at < point ? (int64_t)(point - at) - 1 : -(int64_t)(at - point);
    int64_t exponent = end < size ? read_exponent(data + end + 1, size - end - 1) : 0;
    return (number){.rank = negative ? -1 : 1, .digits = data + at, .size = end - at, .power = power + exponent};
}

/* The digit at *at, past a point; '0' beyond the end. */
static char next_digit(const number *n, size_t *at)
{
    if (*at < n->size && n->digits[*at] == '.')
        (*at)++;
    return *at < n->size ? n->digits[(*at)++] : '0';
}

static int compare_digits(const number *a, const number *b)
{
    size_t i = 0, j = 0;
    while (i < a->size || j < b->size) {
        char x = next_digit(a, &i), y = next_digit(b, &j);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

int wefti_decimal_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    number x = reduce(a, a_size), y = reduce(b, b_size);
    if (x.rank != y.rank)
        return x.rank < y.rank ? -1 : 1;
    if (x.rank != 1 && x.rank != -1)
        return 0;
    int magnitude = x.power != y.power ? (x.power < y.power ? -1 : 1) : compare_digits(&x, &y);
    return x.rank * magnitude;
}

/* Digits up to the last one that is not 0. */
static int64_t count_significant(const number *n)
{
    int64_t count = 0, significant = 0;
    for (size_t at = 0; at < n->size;) {
        char digit = next_digit(n, &at);
        count++;
        significant = digit != '0' ? count : significant;
    }
    return significant;
}

bool wefti_decimal_fits(const char *data, size_t size, int precision, int scale)
{
    number n = reduce(data, size);
    if (n.rank == 0 || n.rank == 3)
        return true;
    if (n.rank == 2 || n.rank == -2)
        return false;
    return n.power < precision - scale && n.power - (count_significant(&n) - 1) >= -scale;
}

bool wefti_text_add_decimal(wefti_text *text, const char *data, size_t size, int scale)
{
    const number n = reduce(data, size);
    if (n.rank == 2 || n.rank == -2 || n.rank == 3) {
        wefti_text_add_bytes(text, data, size);
        return true;
    }
    const int64_t before = n.rank == 0 ? 0 : n.power + 1, significant = count_significant(&n);
    const int64_t needed = significant > before ? significant - before : 0, behind = scale >= 0 ? scale : needed;
    if (before > (int64_t)size + MOST_ZEROS || needed > (int64_t)size + MOST_ZEROS)
        return false;
    size_t at = 0;
    wefti_text_add(text, n.rank < 0 ? "-" : "");
    wefti_text_add(text, before <= 0 ? "0" : "");
    for (int64_t i = 0; i < before; i++)
        wefti_text_add_char(text, next_digit(&n, &at));
    wefti_text_add(text, behind > 0 ? "." : "");
    for (int64_t i = 0; i < behind; i++)
        wefti_text_add_char(text, i < -before ? '0' : next_digit(&n, &at));
    return true;
}

bool wefti_decimal_spelt(const char *data, size_t size, uint16_t spelling)
{
    if (is_text(data, size, "NaN") || is_text(data, size, "Infinity") || is_text(data, size, "-Infinity"))
        return true;
    size_t start = size > 0 && data[0] == '-' ? 1 : 0, point = skip_digits(data, size, start), fraction = 0;
    if (point == start || (data[start] == '0' && point > start + 1))
        return false;
    if (point < size) {
        fraction = skip_digits(data, size, point + 1) - (point + 1);
        if (data[point] != '.' || fraction == 0 || point + 1 + fraction != size)
            return false;
    }
    if (start == 1 && reduce(data, size).rank == 0)
        return false;
    if (spelling == WEFTI_SPELLING_ANY)
        return true;
    if (spelling == WEFTI_SPELLING_SHORTEST)
        return fraction == 0 || data[size - 1] != '0';
    return fraction == (size_t)spelling - WEFTI_SPELLING_FIRST_SCALE;
}

uint64_t wefti_decimal_hash(const char *data, size_t size, uint64_t seed)
{
    number n = reduce(data, size);
    uint64_t hash = seed * 31 + (uint64_t)(n.rank + 2);
    if (n.rank != 1 && n.rank != -1)
        return hash;
    hash = hash * 31 + (uint64_t)n.power;
    uint64_t zeros = 0;
    for (size_t at = 0; at < n.size;) {
        char digit = next_digit(&n, &at);
        if (digit == '0') { /* those at the end mean nothing */
            zeros++;
            continue;
        }
        for (; zeros > 0; zeros--)
            hash *= 31;
        hash = hash * 31 + (uint64_t)(digit - '0');
    }
    return hash;
}
