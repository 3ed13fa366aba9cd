/* Decimal numbers of any length, exactly: a whole number and how many of its digits stand after the point.
 *
 * What PostgreSQL's numeric gives, digit by digit: how many digits a sum, product or quotient has, how it is rounded, where it
 * overflows, and what becomes of NaN and the infinities. Whole numbers of up to 128 bits lie in the struct; larger ones are GMP's
 * limbs in the caller's arena. Only GMP's mpn functions are used, on memory of ours: the mpz ones end the program when memory runs
 * out. */
#ifndef WEFTI_DRIVER_SQLITE_EXACT_H
#define WEFTI_DRIVER_SQLITE_EXACT_H

#include "base/arena.h"

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#define WEFTI_EXACT_INTEGER_DIGITS 131072 /* PostgreSQL's limits of numeric: before the point */
#define WEFTI_EXACT_SCALE 16383           /* after it */

typedef enum wefti_exact_kind { WEFTI_EXACT_FINITE, WEFTI_EXACT_INFINITE, WEFTI_EXACT_NAN } wefti_exact_kind;

typedef enum wefti_exact_status {
    WEFTI_EXACT_OK,
    WEFTI_EXACT_SYNTAX,
    WEFTI_EXACT_OVERFLOW,
    WEFTI_EXACT_ZERO_DIVISOR,
    WEFTI_EXACT_MEMORY
} wefti_exact_status;

typedef struct wefti_exact {
    uint8_t kind;
    bool negative;         /* not of zero */
    int32_t scale;         /* digits after the point */
    mp_size_t count;       /* limbs in use; 0 for zero */
    mp_limb_t room[2];     /* of up to two limbs; those not in use are 0 */
    const mp_limb_t *more; /* of more; the arena's */
} wefti_exact;

/* Every result may be one of the operands. What an operation returns lives as long as the arena. */
wefti_exact_status wefti_exact_parse(wefti_arena *arena, const char *data, size_t size, wefti_exact *n);
wefti_exact wefti_exact_of_int64(int64_t value);
/* By its first digits, as PostgreSQL casts: 15 of a double, 6 of a float. */
wefti_exact_status wefti_exact_of_double(wefti_arena *arena, double value, int digits, wefti_exact *n);

wefti_exact_status wefti_exact_add(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *sum);
wefti_exact_status wefti_exact_subtract(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *difference);
wefti_exact_status wefti_exact_multiply(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *product);
wefti_exact_status wefti_exact_divide(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *quotient);
/* The quotient without its fraction; the remainder, with the sign of a. */
wefti_exact_status wefti_exact_whole_quotient(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b,
                                              wefti_exact *quotient);
wefti_exact_status wefti_exact_remainder(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *remainder);
/* To so many digits after the point, before it where scale is negative: to the nearest and halves away from zero, towards zero, or
 * to the next above or below. */
typedef enum wefti_exact_rounding {
    WEFTI_EXACT_NEAREST,
    WEFTI_EXACT_TRUNCATE,
    WEFTI_EXACT_UP,
    WEFTI_EXACT_DOWN
} wefti_exact_rounding;
wefti_exact_status wefti_exact_round(wefti_arena *arena, const wefti_exact *a, int64_t scale, wefti_exact_rounding how,
                                     wefti_exact *rounded);
/* What a column NUMERIC(precision, scale) stores of it. */
wefti_exact_status wefti_exact_store(wefti_arena *arena, const wefti_exact *a, int precision, int scale, wefti_exact *stored);

bool wefti_exact_is_zero(const wefti_exact *n);
/* Rounded; false where it does not fit. */
bool wefti_exact_int64(wefti_arena *arena, const wefti_exact *n, int64_t *value);
/* The nearest double; false without memory. */
bool wefti_exact_double(wefti_arena *arena, const wefti_exact *n, double *value);
/* Its text, with a NUL, in the arena; NULL without memory. shortest: without zeros at the end of the fraction. */
const char *wefti_exact_text(wefti_arena *arena, const wefti_exact *n, bool shortest, size_t *size);

#endif
