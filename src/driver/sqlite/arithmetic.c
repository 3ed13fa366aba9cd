/* Numbers in expressions as PostgreSQL computes them. SQLite makes a floating-point number of an integer that overflows, NULL of
 * what is divided by zero, and any number of a text that is cast to one. weft_integer_<operation>(a, b, bits) and
 * weft_real_<operation>(a, b, bits) give what the operation gives in numbers of so many bits, or an error; bits are 16, 32 or 64,
 * and 32 or 64. weft_integer(x, bits) and weft_real(x, bits) are casts. NULL gives NULL. weft_real(x) reads a constant of a
 * statement's text to the last bit, which SQLite's reader of numbers may miss. */
#include "driver/sqlite/sqlite.h"

#include "base/text.h"

#include "base/locale.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void refuse_bits(sqlite3_context *context, int bits, const char *kind)
{
    char message[64];
    (void)snprintf(message, sizeof message, "the result does not fit %s of %d bits", kind, bits);
    wefti_sqlite_refuse(context, message);
}

/* ---- integers ---- */

static bool fits(int64_t value, int bits)
{
    return bits == 64 || (value >= -(INT64_C(1) << (bits - 1)) && value < INT64_C(1) << (bits - 1));
}

static void give_integer(sqlite3_context *context, int64_t value, bool overflow, int bits)
{
    if (overflow || !fits(value, bits))
        refuse_bits(context, bits, "an integer");
    else
        sqlite3_result_int64(context, value);
}

/* False where there is nothing to compute: NULL, or an error that was told. */
static bool read_integers(sqlite3_context *context, sqlite3_value **arguments, int count, int64_t values[2])
{
    for (int i = 0; i < count; i++)
        if (sqlite3_value_type(arguments[i]) == SQLITE_NULL)
            return false;
    for (int i = 0; i < count; i++) {
        if (sqlite3_value_type(arguments[i]) != SQLITE_INTEGER) {
            wefti_sqlite_refuse(context, "what stands beside an integer is none");
            return false;
        }
        values[i] = sqlite3_value_int64(arguments[i]);
    }
    return true;
}

/* By the remainder of the width; what leaves it is cut off. */
static int64_t shift(int64_t value, int64_t by, bool left, int bits)
{
    /* PostgreSQL computes numbers of 16 bits in 32, and cuts them then. */
    const unsigned places = (unsigned)by & (bits == 64 ? 63u : 31u);
    if (!left)
        return value >> places;
    const uint64_t shifted = (uint64_t)value << places;
    return bits == 16 ? (int16_t)(uint16_t)shifted : bits == 32 ? (int32_t)(uint32_t)shifted : (int64_t)shifted;
}

/* user_data: the operation's character. */
static void compute_integers(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    int64_t v[2], result = 0;
    int bits = sqlite3_value_int(arguments[2]);
    bool overflow = false;
    (void)count;
    if (!read_integers(context, arguments, 2, v))
        return;
    char operation = *(const char *)sqlite3_user_data(context);
    if ((operation == '/' || operation == '%') && v[1] == 0) {
        wefti_sqlite_refuse(context, "an integer is divided by zero");
        return;
    }
    switch (operation) {
    case '+': overflow = __builtin_add_overflow(v[0], v[1], &result); break;
    case '-': overflow = __builtin_sub_overflow(v[0], v[1], &result); break;
    case '*': overflow = __builtin_mul_overflow(v[0], v[1], &result); break;
    case '/':
        overflow = v[0] == INT64_MIN && v[1] == -1;
        result = overflow ? 0 : v[0] / v[1];
        break;
    case '<':
    case '>': result = shift(v[0], v[1], operation == '<', bits); break;
    default: result = v[1] == -1 ? 0 : v[0] % v[1]; break;
    }
    give_integer(context, result, overflow, bits);
}

static void compute_absolute(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    int64_t v[2];
    (void)count;
    if (!read_integers(context, arguments, 1, v))
        return;
    bool overflow = v[0] == INT64_MIN;
    give_integer(context, overflow ? 0 : v[0] < 0 ? -v[0] : v[0], overflow, sqlite3_value_int(arguments[1]));
}

static void cast_integer(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    int bits = sqlite3_value_int(arguments[1]);
    int64_t value = 0;
    (void)count;
    const char *data;
    size_t size;
    double real;
    switch (sqlite3_value_type(arguments[0])) {
    case SQLITE_NULL: return;
    case SQLITE_INTEGER: give_integer(context, sqlite3_value_int64(arguments[0]), false, bits); return;
    case SQLITE_FLOAT:
        real = wefti_sqlite_round_half_even(sqlite3_value_double(arguments[0]));
        if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0))
            refuse_bits(context, bits, "an integer");
        else
            give_integer(context, (int64_t)real, false, bits);
        return;
    default:
        data = (const char *)sqlite3_value_text(arguments[0]);
        size = data != NULL ? (size_t)sqlite3_value_bytes(arguments[0]) : 0;
        if (data == NULL) {
            sqlite3_result_error_nomem(context);
            return;
        }
        wefti_blanks_trim(&data, &size);
        if (!wefti_int64_parse(data, size, &value))
            wefti_sqlite_refuse(context, "a text that is cast to an integer is none");
        else
            give_integer(context, value, false, bits);
    }
}

/* ---- floating-point numbers ---- */

static void give_real(sqlite3_context *context, double value, int bits)
{
    if (isnan(value))
        wefti_sqlite_refuse(context, "the result is NaN, which SQLite has not");
    else
        sqlite3_result_double(context, bits == 32 ? (double)(float)value : value);
}

static void compute_reals(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    for (int i = 0; i < 2; i++)
        if (sqlite3_value_type(arguments[i]) == SQLITE_NULL)
            return;
    double a = sqlite3_value_double(arguments[0]), b = sqlite3_value_double(arguments[1]), result = 0;
    int bits = sqlite3_value_int(arguments[2]);
    char operation = *(const char *)sqlite3_user_data(context);
    if (operation == '/' && fpclassify(b) == FP_ZERO) {
        wefti_sqlite_refuse(context, "a number is divided by zero");
        return;
    }
    result = operation == '+' ? a + b : operation == '-' ? a - b : operation == '*' ? a * b : a / b;
    double kept = bits == 32 && fabs(result) > (double)FLT_MAX && (double)(float)result > (double)FLT_MAX ? INFINITY : result;
    kept = bits == 32 ? (double)(float)kept : kept;
    bool vanishes = (operation == '*' || operation == '/') && fpclassify(kept) == FP_ZERO && fpclassify(a) != FP_ZERO &&
                    fpclassify(b) != FP_ZERO && !(operation == '/' && isinf(b));
    if ((isinf(kept) && !isinf(a) && !isinf(b)) || vanishes)
        refuse_bits(context, bits, "a floating-point number");
    else
        give_real(context, kept, bits);
}

bool wefti_sqlite_leaves_doubles(const char *text, double value)
{
    const bool nonzero = strcspn(text, "123456789") < strcspn(text, "eEpP"); /* by a digit before the exponent */
    return strpbrk(text, "nN") == NULL && (isinf(value) || (fpclassify(value) == FP_ZERO && nonzero));
}

static void cast_real(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    int bits = count > 1 ? sqlite3_value_int(arguments[1]) : 64;
    double value = sqlite3_value_double(arguments[0]);
    char text[64];
    bool leaves = false; /* the range of doubles */
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    if (sqlite3_value_type(arguments[0]) == SQLITE_TEXT) {
        const char *data = (const char *)sqlite3_value_text(arguments[0]);
        size_t size = data != NULL ? (size_t)sqlite3_value_bytes(arguments[0]) : 0;
        char *end = text;
        wefti_blanks_trim(&data, &size);
        if (size > 0 && size < sizeof text) {
            memcpy(text, data, size);
            text[size] = '\0';
            value = wefti_double_read(text, &end);
            leaves = wefti_sqlite_leaves_doubles(text, value);
        }
        if (end != text + size || size == 0 || size >= sizeof text) {
            wefti_sqlite_refuse(context, "a text that is cast to a number is none");
            return;
        }
    }
    bool vanishes = fpclassify((float)value) == FP_ZERO && fpclassify(value) != FP_ZERO;
    if (leaves || (bits == 32 && ((!isinf(value) && fabs(value) > (double)FLT_MAX) || vanishes)))
        refuse_bits(context, bits, "a floating-point number");
    else
        give_real(context, value, bits);
}

static void round_real(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    if (sqlite3_value_type(arguments[0]) != SQLITE_NULL)
        sqlite3_result_double(context, wefti_sqlite_round_half_even(sqlite3_value_double(arguments[0])));
}

double wefti_sqlite_round_half_even(double value)
{
    if (!(value > -4503599627370496.0 && value < 4503599627370496.0))
        return value;
    int64_t whole = (int64_t)value;
    double rest = value - (double)whole;
    bool is_odd = whole % 2 != 0;
    if (rest > 0.5 || (rest >= 0.5 && is_odd))
        whole++;
    else if (rest < -0.5 || (rest <= -0.5 && is_odd))
        whole--;
    return __builtin_copysign((double)whole, value);
}

/* ---- registering ---- */

int wefti_sqlite_register_arithmetic(sqlite3 *db)
{
    static const char operations[] = "+-*/%<>";
    static const struct {
        const char *name;
        int arguments;
        const char *operation;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"weft_integer_add", 3, &operations[0], compute_integers},
        {"weft_integer_subtract", 3, &operations[1], compute_integers},
        {"weft_integer_multiply", 3, &operations[2], compute_integers},
        {"weft_integer_divide", 3, &operations[3], compute_integers},
        {"weft_integer_remainder", 3, &operations[4], compute_integers},
        {"weft_integer_shift_left", 3, &operations[5], compute_integers},
        {"weft_integer_shift_right", 3, &operations[6], compute_integers},
        {"weft_integer_abs", 2, NULL, compute_absolute},
        {"weft_integer", 2, NULL, cast_integer},
        {"weft_real_add", 3, &operations[0], compute_reals},
        {"weft_real_subtract", 3, &operations[1], compute_reals},
        {"weft_real_multiply", 3, &operations[2], compute_reals},
        {"weft_real_divide", 3, &operations[3], compute_reals},
        {"weft_real", 1, NULL, cast_real},
        {"weft_real", 2, NULL, cast_real},
        {"weft_real_round", 1, NULL, round_real},
    };
    int rc = SQLITE_OK, flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, flags,
                                        (void *)(uintptr_t)functions[i].operation, functions[i].function, NULL, NULL, NULL);
    return rc;
}
