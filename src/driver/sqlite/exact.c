/* Exact decimals: see exact.h. Magnitudes first, then signs and scales, then the operations. */
#include "driver/sqlite/exact.h"

#include "base/locale.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_LIMBS 2
#define SMALL_DIGITS 38         /* that always fit 128 bits */
#define MIN_SIGNIFICANT 16      /* PostgreSQL's NUMERIC_MIN_SIG_DIGITS */
#define MAX_DIVISION_SCALE 1000 /* NUMERIC_MAX_DISPLAY_SCALE */
#define GROUP 4                 /* decimal digits of one of PostgreSQL's */

_Static_assert(GMP_NUMB_BITS == 64, "limbs of 64 bits without nails");

__extension__ typedef unsigned __int128 wide;

/* ---- magnitudes ---- */

static const mp_limb_t *limbs_of(const wefti_exact *n) { return n->count > SMALL_LIMBS ? n->more : n->room; }

static bool is_small(const wefti_exact *n) { return n->count <= SMALL_LIMBS; }

static wide wide_of(const wefti_exact *n) { return (wide)n->room[1] << 64 | n->room[0]; }

static void set_wide(wefti_exact *n, wide value)
{
    n->room[0] = (mp_limb_t)value;
    n->room[1] = (mp_limb_t)(value >> 64);
    n->count = n->room[1] != 0 ? 2 : n->room[0] != 0 ? 1 : 0;
    n->more = NULL;
}

static void set_limbs(wefti_exact *n, const mp_limb_t *limbs, mp_size_t count)
{
    while (count > 0 && limbs[count - 1] == 0)
        count--;
    if (count > SMALL_LIMBS) {
        n->count = count;
        n->more = limbs;
        return;
    }
    set_wide(n, (count > 1 ? (wide)limbs[1] << 64 : 0) | (count > 0 ? limbs[0] : 0));
}

static mp_limb_t *new_limbs(wefti_arena *arena, mp_size_t count)
{
    return wefti_arena_alloc(arena, (size_t)(count + 1) * sizeof(mp_limb_t));
}

static wide power_of_ten(unsigned exponent)
{
    wide power = 1;
    for (; exponent >= 16; exponent -= 16)
        power *= UINT64_C(10000000000000000);
    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

/* From digits of value 0 to 9, without zeros before them. */
static bool set_digits(wefti_arena *arena, const unsigned char *digits, size_t count, wefti_exact *n)
{
    if (count <= SMALL_DIGITS) {
        wide value = 0;
        for (size_t i = 0; i < count; i++)
            value = value * 10 + digits[i];
        set_wide(n, value);
        return true;
    }
    mp_limb_t *limbs = new_limbs(arena, (mp_size_t)(count / 19 + 2));
    if (limbs == NULL)
        return false;
    set_limbs(n, limbs, mpn_set_str(limbs, digits, count, 10));
    return true;
}

/* Its decimal digits, of value 0 to 9; none for zero. */
static unsigned char *digits_of(wefti_arena *arena, const wefti_exact *n, size_t *count)
{
    size_t size = (size_t)n->count * 20 + 2;
    unsigned char *digits = wefti_arena_alloc(arena, size);
    if (digits == NULL)
        return NULL;
    if (is_small(n)) {
        unsigned char *at = digits + size;
        for (wide value = wide_of(n); value > 0; value /= 10)
            *--at = (unsigned char)(value % 10);
        *count = (size_t)(digits + size - at);
        return at;
    }
    mp_limb_t *copy = new_limbs(arena, n->count + 1);
    if (copy == NULL)
        return NULL;
    mpn_copyi(copy, n->more, n->count);
    *count = mpn_get_str(digits, 10, copy, n->count);
    while (*count > 0 && *digits == 0) {
        digits++;
        (*count)--;
    }
    return digits;
}

static bool multiply_magnitudes(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *product)
{
    wide value;
    if (is_small(a) && is_small(b) && !__builtin_mul_overflow(wide_of(a), wide_of(b), &value)) {
        set_wide(product, value);
        return true;
    }
    const wefti_exact *more = a->count >= b->count ? a : b, *less = more == a ? b : a;
    if (less->count == 0) {
        set_wide(product, 0);
        return true;
    }
    mp_size_t count = more->count + less->count;
    mp_limb_t *limbs = new_limbs(arena, count);
    if (limbs == NULL)
        return false;
    (void)mpn_mul(limbs, limbs_of(more), more->count, limbs_of(less), less->count);
    set_limbs(product, limbs, count);
    return true;
}

static bool set_power_of_ten(wefti_arena *arena, size_t exponent, wefti_exact *power)
{
    *power = (wefti_exact){0};
    if (exponent <= SMALL_DIGITS) {
        set_wide(power, power_of_ten((unsigned)exponent));
        return true;
    }
    unsigned char *digits = wefti_arena_zalloc(arena, exponent + 1);
    if (digits == NULL)
        return false;
    digits[0] = 1;
    return set_digits(arena, digits, exponent + 1, power);
}

/* Appends zeros: the value stays where the scale grows with them. */
static bool append_zeros(wefti_arena *arena, const wefti_exact *n, size_t zeros, wefti_exact *result)
{
    wefti_exact power;
    if (result != n)
        *result = *n;
    if (zeros == 0 || n->count == 0)
        return true;
    return set_power_of_ten(arena, zeros, &power) && multiply_magnitudes(arena, n, &power, result);
}

static int compare_magnitudes(const wefti_exact *a, const wefti_exact *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return a->count > 0 ? mpn_cmp(limbs_of(a), limbs_of(b), a->count) : 0;
}

static bool add_magnitudes(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *sum)
{
    wide value;
    if (is_small(a) && is_small(b) && !__builtin_add_overflow(wide_of(a), wide_of(b), &value)) {
        set_wide(sum, value);
        return true;
    }
    const wefti_exact *more = a->count >= b->count ? a : b, *less = more == a ? b : a;
    mp_size_t count = more->count;
    mp_limb_t *limbs = new_limbs(arena, count + 1);
    if (limbs == NULL)
        return false;
    if (less->count > 0) {
        limbs[count] = mpn_add(limbs, limbs_of(more), count, limbs_of(less), less->count);
    } else {
        mpn_copyi(limbs, limbs_of(more), count);
        limbs[count] = 0;
    }
    set_limbs(sum, limbs, count + 1);
    return true;
}

/* more is not less than less. */
static bool subtract_magnitudes(wefti_arena *arena, const wefti_exact *more, const wefti_exact *less, wefti_exact *difference)
{
    if (is_small(more)) {
        set_wide(difference, wide_of(more) - wide_of(less));
        return true;
    }
    mp_limb_t *limbs = new_limbs(arena, more->count);
    if (limbs == NULL)
        return false;
    if (less->count > 0)
        (void)mpn_sub(limbs, limbs_of(more), more->count, limbs_of(less), less->count);
    else
        mpn_copyi(limbs, limbs_of(more), more->count);
    set_limbs(difference, limbs, more->count);
    return true;
}

/* By a divisor that is not zero. Results may not be the operands. */
static bool divide_magnitudes(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *quotient,
                              wefti_exact *remainder)
{
    if (is_small(a) && is_small(b)) {
        set_wide(quotient, wide_of(a) / wide_of(b));
        set_wide(remainder, wide_of(a) % wide_of(b));
        return true;
    }
    if (a->count < b->count) {
        set_wide(quotient, 0);
        remainder->count = a->count;
        memcpy(remainder->room, a->room, sizeof a->room);
        remainder->more = a->more;
        return true;
    }
    mp_limb_t *q = new_limbs(arena, a->count - b->count + 1), *r = new_limbs(arena, b->count);
    if (q == NULL || r == NULL)
        return false;
    mpn_tdiv_qr(q, r, 0, limbs_of(a), a->count, limbs_of(b), b->count);
    set_limbs(quotient, q, a->count - b->count + 1);
    set_limbs(remainder, r, b->count);
    return true;
}

/* ---- checks ---- */

bool wefti_exact_is_zero(const wefti_exact *n) { return n->kind == WEFTI_EXACT_FINITE && n->count == 0; }

/* -1, 0 or 1. */
static int sign_of(const wefti_exact *n) { return wefti_exact_is_zero(n) ? 0 : n->negative ? -1 : 1; }

static wefti_exact special(wefti_exact_kind kind, bool negative)
{
    return (wefti_exact){.kind = (uint8_t)kind, .negative = negative};
}

/* Zero has no sign, and there are limits before the point. */
static wefti_exact_status finish(wefti_arena *arena, wefti_exact *n)
{
    size_t digits = 0;
    if (n->count == 0)
        n->negative = false;
    if (n->count <= WEFTI_EXACT_INTEGER_DIGITS / 20)
        return WEFTI_EXACT_OK;
    if (digits_of(arena, n, &digits) == NULL)
        return WEFTI_EXACT_MEMORY;
    return digits > WEFTI_EXACT_INTEGER_DIGITS + (size_t)n->scale ? WEFTI_EXACT_OVERFLOW : WEFTI_EXACT_OK;
}

/* ---- reading ---- */

static bool is_word(const char *data, size_t size, const char *word)
{
    return size == strlen(word) && memcmp(data, word, size) == 0;
}

static int64_t read_exponent(const char *data, size_t size)
{
    bool negative = size > 0 && data[0] == '-';
    int64_t value = 0;
    for (size_t i = size > 0 && (data[0] == '-' || data[0] == '+') ? 1 : 0; i < size && value < 100000000; i++)
        value = value * 10 + (data[i] - '0');
    return negative ? -value : value;
}

/* The digits of a valid number from the first that is not 0, as values, with room for the zeros that an exponent appends. */
static wefti_exact_status read_digits(wefti_arena *arena, const char *data, size_t size, wefti_exact *n)
{
    size_t end = 0, fraction = 0, count = 0;
    bool after_point = false;
    while (end < size && data[end] != 'e' && data[end] != 'E')
        end++;
    unsigned char *digits = wefti_arena_alloc(arena, end + 1);
    if (digits == NULL)
        return WEFTI_EXACT_MEMORY;
    for (size_t i = 0; i < end; i++) {
        if (data[i] == '.') {
            after_point = true;
            continue;
        }
        fraction += after_point;
        if (count > 0 || data[i] != '0')
            digits[count++] = (unsigned char)(data[i] - '0');
    }
    int64_t exponent = end < size ? read_exponent(data + end + 1, size - end - 1) : 0;
    int64_t scale = (int64_t)fraction - exponent, before = (int64_t)count - scale;
    if (scale > WEFTI_EXACT_SCALE || (count > 0 && before > WEFTI_EXACT_INTEGER_DIGITS))
        return WEFTI_EXACT_OVERFLOW;
    n->scale = scale > 0 ? (int32_t)scale : 0;
    if (!set_digits(arena, digits, count, n))
        return WEFTI_EXACT_MEMORY;
    return scale >= 0 || append_zeros(arena, n, (size_t)-scale, n) ? WEFTI_EXACT_OK : WEFTI_EXACT_MEMORY;
}

wefti_exact_status wefti_exact_parse(wefti_arena *arena, const char *data, size_t size, wefti_exact *n)
{
    *n = (wefti_exact){0};
    if (is_word(data, size, "NaN")) {
        n->kind = WEFTI_EXACT_NAN;
        return WEFTI_EXACT_OK;
    }
    bool negative = size > 0 && data[0] == '-';
    size_t sign = size > 0 && (negative || data[0] == '+') ? 1 : 0;
    if (is_word(data + sign, size - sign, "Infinity") && (negative || sign == 0)) {
        *n = special(WEFTI_EXACT_INFINITE, negative);
        return WEFTI_EXACT_OK;
    }
    if (!wefti_decimal_valid(data, size, false))
        return WEFTI_EXACT_SYNTAX;
    wefti_exact_status status = read_digits(arena, data + sign, size - sign, n);
    n->negative = negative && n->count > 0;
    return status;
}

wefti_exact wefti_exact_of_int64(int64_t value)
{
    wefti_exact n = {.negative = value < 0};
    set_wide(&n, value < 0 ? (wide)0 - (wide)value : (wide)value);
    if (value < 0)
        set_wide(&n, (wide)((uint64_t)0 - (uint64_t)value));
    return n;
}

wefti_exact_status wefti_exact_of_double(wefti_arena *arena, double value, int digits, wefti_exact *n)
{
    char text[WEFTI_DOUBLE_TEXT_SIZE];
    if (isnan(value) || isinf(value)) {
        *n = special(isnan(value) ? WEFTI_EXACT_NAN : WEFTI_EXACT_INFINITE, value < 0);
        return WEFTI_EXACT_OK;
    }
    size_t size = wefti_double_write_digits(value, digits - 1, text);
    wefti_exact_status status = wefti_exact_parse(arena, text, size, n);
    size_t length;
    const char *shortest = status == WEFTI_EXACT_OK ? wefti_exact_text(arena, n, true, &length) : NULL;
    if (status != WEFTI_EXACT_OK)
        return status;
    return shortest != NULL ? wefti_exact_parse(arena, shortest, length, n) : WEFTI_EXACT_MEMORY;
}

/* ---- sums ---- */

static bool align(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *x, wefti_exact *y)
{
    int32_t scale = a->scale > b->scale ? a->scale : b->scale;
    bool good = append_zeros(arena, a, (size_t)(scale - a->scale), x) && append_zeros(arena, b, (size_t)(scale - b->scale), y);
    x->scale = y->scale = scale;
    return good;
}

/* Where one of them is no finite number; sign: of b, turned for a difference. */
static wefti_exact add_special(const wefti_exact *a, const wefti_exact *b, bool b_negative)
{
    if (a->kind == WEFTI_EXACT_NAN || b->kind == WEFTI_EXACT_NAN)
        return special(WEFTI_EXACT_NAN, false);
    if (a->kind == WEFTI_EXACT_INFINITE && b->kind == WEFTI_EXACT_INFINITE && a->negative != b_negative)
        return special(WEFTI_EXACT_NAN, false);
    return special(WEFTI_EXACT_INFINITE, a->kind == WEFTI_EXACT_INFINITE ? a->negative : b_negative);
}

static wefti_exact_status add_signed(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, bool b_negative,
                                     wefti_exact *sum)
{
    if (a->kind != WEFTI_EXACT_FINITE || b->kind != WEFTI_EXACT_FINITE) {
        *sum = add_special(a, b, b_negative);
        return WEFTI_EXACT_OK;
    }
    wefti_exact x, y, result = {0};
    if (!align(arena, a, b, &x, &y))
        return WEFTI_EXACT_MEMORY;
    x.negative = a->negative;
    y.negative = b_negative;
    result.scale = x.scale;
    int order = compare_magnitudes(&x, &y);
    bool same = x.negative == y.negative, good;
    result.negative = same || order >= 0 ? x.negative : y.negative;
    good = same         ? add_magnitudes(arena, &x, &y, &result)
           : order >= 0 ? subtract_magnitudes(arena, &x, &y, &result)
                        : subtract_magnitudes(arena, &y, &x, &result);
    *sum = result;
    return good ? finish(arena, sum) : WEFTI_EXACT_MEMORY;
}

wefti_exact_status wefti_exact_add(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *sum)
{
    return add_signed(arena, a, b, b->negative, sum);
}

wefti_exact_status wefti_exact_subtract(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *difference)
{
    return add_signed(arena, a, b, !b->negative, difference);
}

/* ---- rounding ---- */

/* Takes digits off the end of a finite number's magnitude. */
static bool drop_digits(wefti_arena *arena, const wefti_exact *n, size_t digits, wefti_exact_rounding how, wefti_exact *result)
{
    wefti_exact power, quotient = *n, remainder = {0}, twice = {0}, one = wefti_exact_of_int64(1);
    if (!set_power_of_ten(arena, digits, &power) || !divide_magnitudes(arena, n, &power, &quotient, &remainder))
        return false;
    bool away = remainder.count > 0 && ((how == WEFTI_EXACT_UP && !n->negative) || (how == WEFTI_EXACT_DOWN && n->negative));
    if (how == WEFTI_EXACT_NEAREST) {
        if (!add_magnitudes(arena, &remainder, &remainder, &twice))
            return false;
        away = compare_magnitudes(&twice, &power) >= 0;
    }
    if (away && !add_magnitudes(arena, &quotient, &one, &quotient))
        return false;
    *result = quotient;
    return true;
}

wefti_exact_status wefti_exact_round(wefti_arena *arena, const wefti_exact *a, int64_t scale, wefti_exact_rounding how,
                                     wefti_exact *rounded)
{
    wefti_exact result = *a;
    bool good = true;
    if (a->kind != WEFTI_EXACT_FINITE) {
        *rounded = *a;
        return WEFTI_EXACT_OK;
    }
    if (scale >= a->scale)
        good = append_zeros(arena, a, (size_t)(scale - a->scale), &result);
    else
        good = drop_digits(arena, a, (size_t)(a->scale - scale), how, &result);
    if (good && scale < 0)
        good = append_zeros(arena, &result, (size_t)-scale, &result);
    result.scale = scale > 0 ? (int32_t)scale : 0;
    *rounded = result;
    return good ? finish(arena, rounded) : WEFTI_EXACT_MEMORY;
}

wefti_exact_status wefti_exact_store(wefti_arena *arena, const wefti_exact *a, int precision, int scale, wefti_exact *stored)
{
    size_t digits = 0;
    if (a->kind == WEFTI_EXACT_INFINITE)
        return WEFTI_EXACT_OVERFLOW;
    wefti_exact_status status = wefti_exact_round(arena, a, scale, WEFTI_EXACT_NEAREST, stored);
    if (status != WEFTI_EXACT_OK || stored->kind != WEFTI_EXACT_FINITE)
        return status;
    if (digits_of(arena, stored, &digits) == NULL)
        return WEFTI_EXACT_MEMORY;
    return digits > (size_t)precision ? WEFTI_EXACT_OVERFLOW : WEFTI_EXACT_OK;
}

/* ---- products and quotients ---- */

wefti_exact_status wefti_exact_multiply(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *product)
{
    wefti_exact result = {.scale = a->scale + b->scale, .negative = a->negative != b->negative};
    if (a->kind != WEFTI_EXACT_FINITE || b->kind != WEFTI_EXACT_FINITE) {
        bool none = a->kind == WEFTI_EXACT_NAN || b->kind == WEFTI_EXACT_NAN || sign_of(a) == 0 || sign_of(b) == 0;
        *product = special(none ? WEFTI_EXACT_NAN : WEFTI_EXACT_INFINITE, !none && sign_of(a) * sign_of(b) < 0);
        return WEFTI_EXACT_OK;
    }
    if (!multiply_magnitudes(arena, a, b, &result))
        return WEFTI_EXACT_MEMORY;
    wefti_exact_status status = finish(arena, &result);
    if (status == WEFTI_EXACT_OK && result.scale > WEFTI_EXACT_SCALE)
        status = wefti_exact_round(arena, &result, WEFTI_EXACT_SCALE, WEFTI_EXACT_NEAREST, &result);
    *product = result;
    return status;
}

/* The first of PostgreSQL's digits of four, and its place. */
static bool leading_group(wefti_arena *arena, const wefti_exact *n, int *group, int *weight)
{
    size_t count = 0;
    const unsigned char *digits = digits_of(arena, n, &count);
    *group = *weight = 0;
    if (digits == NULL)
        return false;
    if (count == 0)
        return true;
    int exponent = (int)count - 1 - n->scale; /* of the first digit */
    *weight = exponent >= 0 ? exponent / GROUP : -((GROUP - 1 - exponent) / GROUP);
    int wanted = exponent - *weight * GROUP + 1;
    for (int i = 0; i < wanted; i++)
        *group = *group * 10 + ((size_t)i < count ? digits[i] : 0);
    return true;
}

static bool division_scale(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, int *scale)
{
    int a_group, a_weight, b_group, b_weight;
    if (!leading_group(arena, a, &a_group, &a_weight) || !leading_group(arena, b, &b_group, &b_weight))
        return false;
    int weight = a_weight - b_weight - (a_group <= b_group ? 1 : 0);
    int wanted = MIN_SIGNIFICANT - weight * GROUP;
    wanted = a->scale > wanted ? a->scale : wanted;
    wanted = b->scale > wanted ? b->scale : wanted;
    *scale = wanted < 0 ? 0 : wanted > MAX_DIVISION_SCALE ? MAX_DIVISION_SCALE : wanted;
    return true;
}

static wefti_exact_status divide_special(const wefti_exact *a, const wefti_exact *b, wefti_exact *quotient)
{
    if (a->kind == WEFTI_EXACT_NAN || b->kind == WEFTI_EXACT_NAN) {
        *quotient = special(WEFTI_EXACT_NAN, false);
    } else if (a->kind == WEFTI_EXACT_INFINITE) {
        if (b->kind == WEFTI_EXACT_FINITE && b->count == 0)
            return WEFTI_EXACT_ZERO_DIVISOR;
        *quotient = b->kind == WEFTI_EXACT_INFINITE ? special(WEFTI_EXACT_NAN, false)
                                                    : special(WEFTI_EXACT_INFINITE, a->negative != b->negative);
    } else {
        *quotient = (wefti_exact){0};
    }
    return WEFTI_EXACT_OK;
}

/* a / b with so many digits after the point. */
static wefti_exact_status divide_to(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, int scale,
                                    wefti_exact_rounding how, wefti_exact *quotient)
{
    wefti_exact x, y, result = {.scale = scale, .negative = a->negative != b->negative}, remainder = {0}, twice = {0};
    int64_t shift = (int64_t)scale + b->scale - a->scale;
    if (!append_zeros(arena, a, shift > 0 ? (size_t)shift : 0, &x) || !append_zeros(arena, b, shift < 0 ? (size_t)-shift : 0, &y) ||
        !divide_magnitudes(arena, &x, &y, &result, &remainder))
        return WEFTI_EXACT_MEMORY;
    if (how == WEFTI_EXACT_NEAREST) {
        wefti_exact one = wefti_exact_of_int64(1);
        if (!add_magnitudes(arena, &remainder, &remainder, &twice) ||
            (compare_magnitudes(&twice, &y) >= 0 && !add_magnitudes(arena, &result, &one, &result)))
            return WEFTI_EXACT_MEMORY;
    }
    *quotient = result;
    return finish(arena, quotient);
}

wefti_exact_status wefti_exact_divide(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *quotient)
{
    int scale;
    if (a->kind != WEFTI_EXACT_FINITE || b->kind != WEFTI_EXACT_FINITE)
        return divide_special(a, b, quotient);
    if (b->count == 0)
        return WEFTI_EXACT_ZERO_DIVISOR;
    if (!division_scale(arena, a, b, &scale))
        return WEFTI_EXACT_MEMORY;
    return divide_to(arena, a, b, scale, WEFTI_EXACT_NEAREST, quotient);
}

wefti_exact_status wefti_exact_whole_quotient(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *quotient)
{
    if (a->kind != WEFTI_EXACT_FINITE || b->kind != WEFTI_EXACT_FINITE)
        return divide_special(a, b, quotient);
    return b->count == 0 ? WEFTI_EXACT_ZERO_DIVISOR : divide_to(arena, a, b, 0, WEFTI_EXACT_TRUNCATE, quotient);
}

wefti_exact_status wefti_exact_remainder(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *remainder)
{
    if (a->kind != WEFTI_EXACT_FINITE || b->kind != WEFTI_EXACT_FINITE) {
        bool is_nan = a->kind == WEFTI_EXACT_NAN || b->kind == WEFTI_EXACT_NAN;
        if (!is_nan && a->kind == WEFTI_EXACT_INFINITE && wefti_exact_is_zero(b))
            return WEFTI_EXACT_ZERO_DIVISOR;
        *remainder = is_nan || a->kind == WEFTI_EXACT_INFINITE ? special(WEFTI_EXACT_NAN, false) : *a;
        return WEFTI_EXACT_OK;
    }
    if (b->count == 0)
        return WEFTI_EXACT_ZERO_DIVISOR;
    wefti_exact x, y, quotient = {0}, result;
    if (!align(arena, a, b, &x, &y))
        return WEFTI_EXACT_MEMORY;
    result = (wefti_exact){.scale = x.scale, .negative = a->negative};
    if (!divide_magnitudes(arena, &x, &y, &quotient, &result))
        return WEFTI_EXACT_MEMORY;
    *remainder = result;
    return finish(arena, remainder);
}

/* ---- writing ---- */

const char *wefti_exact_text(wefti_arena *arena, const wefti_exact *n, bool shortest, size_t *size)
{
    if (n->kind != WEFTI_EXACT_FINITE) {
        const char *word = n->kind == WEFTI_EXACT_NAN ? "NaN" : n->negative ? "-Infinity" : "Infinity";
        *size = strlen(word);
        return word;
    }
    size_t count = 0, scale = (size_t)n->scale;
    const unsigned char *digits = digits_of(arena, n, &count);
    char *text = wefti_arena_alloc(arena, count + scale + 4), *at = text;
    if (digits == NULL || text == NULL)
        return NULL;
    size_t kept = scale; /* digits after the point that are written */
    while (shortest && kept > 0 && (scale - kept >= count || digits[count - 1 - (scale - kept)] == 0))
        kept--;
    if (n->negative)
        *at++ = '-';
    if (count <= scale)
        *at++ = '0';
    for (size_t i = 0; i + scale < count; i++)
        *at++ = (char)('0' + digits[i]);
    if (kept > 0)
        *at++ = '.';
    for (size_t i = 0; i < kept; i++) {
        size_t place = count + i; /* of the digit, were there scale zeros before the first */
        *at++ = place < scale ? '0' : (char)('0' + digits[place - scale]);
    }
    *at = '\0';
    *size = (size_t)(at - text);
    return text;
}

bool wefti_exact_int64(wefti_arena *arena, const wefti_exact *n, int64_t *value)
{
    wefti_exact whole;
    if (n->kind != WEFTI_EXACT_FINITE || wefti_exact_round(arena, n, 0, WEFTI_EXACT_NEAREST, &whole) != WEFTI_EXACT_OK ||
        whole.count > 1)
        return false;
    uint64_t magnitude = whole.room[0];
    if (magnitude > (uint64_t)INT64_MAX + (whole.negative ? 1 : 0))
        return false;
    *value = whole.negative ? (int64_t)((uint64_t)0 - magnitude) : (int64_t)magnitude;
    return true;
}

/* wefti_double_read reads to the nearest. */
bool wefti_exact_double(wefti_arena *arena, const wefti_exact *n, double *value)
{
    size_t size;
    if (n->kind != WEFTI_EXACT_FINITE) {
        *value = n->kind == WEFTI_EXACT_NAN ? (double)NAN : n->negative ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    wefti_exact whole = *n;
    whole.scale = 0;
    const char *text = wefti_exact_text(arena, &whole, false, &size);
    char *scaled = text != NULL ? wefti_arena_alloc(arena, size + 16) : NULL;
    if (scaled == NULL)
        return false;
    (void)snprintf(scaled, size + 16, "%se-%d", text, (int)n->scale);
    *value = wefti_double_read(scaled, NULL);
    return true;
}
