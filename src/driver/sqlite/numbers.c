/* Functions of decimals for SQLite's SQL, which has none: it would compute with them in binary floating point.
 *
 * weft_decimal(x) reads text, an integer or a floating-point number; weft_decimal_add, _subtract, _multiply, _divide, _remainder,
 * _quotient, _abs, _sign, _round, _trunc, _ceil and _floor give what PostgreSQL's numeric gives, as text; weft_decimal_sum and _avg
 * are aggregates and window functions; weft_decimal_store(x[, precision, scale]) is what a column stores, weft_decimal_real and
 * weft_decimal_integer leave decimals. NULL gives NULL. What is no decimal is an error, and so is a floating-point number beside a
 * decimal: its digits are not those that were meant. */
#include "driver/sqlite/exact.h"
#include "driver/sqlite/sqlite.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define MAX_ROUNDING WEFTI_EXACT_SCALE /* as of PostgreSQL's round and trunc */
#define MIN_ROUNDING (-WEFTI_EXACT_INTEGER_DIGITS - 1)

typedef struct call {
    sqlite3_context *context;
    wefti_arena arena;
} call;

static call begin(sqlite3_context *context)
{
    call c = {.context = context};
    wefti_arena_init(&c.arena, 0);
    return c;
}

static void end(call *c) { wefti_arena_deinit(&c->arena); }

void wefti_sqlite_refuse(sqlite3_context *context, const char *message)
{
    sqlite3_result_error(context, message, -1);
    sqlite3_result_error_code(context, SQLITE_MISMATCH); /* keeps the message */
}

static void fail(call *c, wefti_exact_status status)
{
    switch (status) {
    case WEFTI_EXACT_OK: break;
    case WEFTI_EXACT_MEMORY: sqlite3_result_error_nomem(c->context); break;
    case WEFTI_EXACT_OVERFLOW: wefti_sqlite_refuse(c->context, "a decimal has more digits than can be kept"); break;
    case WEFTI_EXACT_ZERO_DIVISOR: wefti_sqlite_refuse(c->context, "a decimal is divided by zero"); break;
    default: wefti_sqlite_refuse(c->context, "what stands beside a decimal is no decimal"); break;
    }
}

/* False where there is nothing to compute: NULL, or an error that was told. */
/* blanks: they may stand around a text. */
static bool read_text(call *c, sqlite3_value *value, bool blanks, wefti_exact *n)
{
    const char *text;
    size_t size;
    wefti_exact_status status = WEFTI_EXACT_SYNTAX;
    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL: return false;
    case SQLITE_INTEGER: *n = wefti_exact_of_int64(sqlite3_value_int64(value)); return true;
    case SQLITE_TEXT:
        text = (const char *)sqlite3_value_text(value);
        size = (size_t)sqlite3_value_bytes(value);
        if (text != NULL && blanks)
            wefti_blanks_trim(&text, &size);
        status = text == NULL ? WEFTI_EXACT_MEMORY : wefti_exact_parse(&c->arena, text, size, n);
        break;
    default: break;
    }
    fail(c, status);
    return status == WEFTI_EXACT_OK;
}

static bool read(call *c, sqlite3_value *value, wefti_exact *n) { return read_text(c, value, false, n); }

static void give(call *c, wefti_exact_status status, const wefti_exact *n, bool shortest)
{
    size_t size = 0;
    const char *text = status == WEFTI_EXACT_OK ? wefti_exact_text(&c->arena, n, shortest, &size) : NULL;
    if (status == WEFTI_EXACT_OK && text == NULL)
        status = WEFTI_EXACT_MEMORY;
    if (status == WEFTI_EXACT_OK)
        sqlite3_result_text(c->context, text, (int)size, SQLITE_TRANSIENT);
    else
        fail(c, status);
}

/* ---- functions of one row ---- */

typedef wefti_exact_status (*binary)(wefti_arena *arena, const wefti_exact *a, const wefti_exact *b, wefti_exact *result);
typedef struct binary_function {
    const char *name;
    binary compute;
} binary_function;

static const binary_function binaries[] = {
    {"weft_decimal_add", wefti_exact_add},
    {"weft_decimal_subtract", wefti_exact_subtract},
    {"weft_decimal_multiply", wefti_exact_multiply},
    {"weft_decimal_divide", wefti_exact_divide},
    {"weft_decimal_remainder", wefti_exact_remainder},
    {"weft_decimal_quotient", wefti_exact_whole_quotient},
};

static void compute_binary(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const binary_function *function = sqlite3_user_data(context);
    call c = begin(context);
    wefti_exact a, b, result = {0};
    if (read(&c, arguments[0], &a) && read(&c, arguments[1], &b))
        give(&c, function->compute(&c.arena, &a, &b, &result), &result, false);
    end(&c);
}

typedef struct rounding {
    const char *name;
    int least, most;
    wefti_exact_rounding how;
} rounding;

static const rounding roundings[] = {
    {"weft_decimal_round", 1, 2, WEFTI_EXACT_NEAREST},
    {"weft_decimal_trunc", 1, 2, WEFTI_EXACT_TRUNCATE},
    {"weft_decimal_ceil", 1, 1, WEFTI_EXACT_UP},
    {"weft_decimal_floor", 1, 1, WEFTI_EXACT_DOWN},
};

static void compute_rounding(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const rounding *function = sqlite3_user_data(context);
    call c = begin(context);
    wefti_exact n;
    int64_t scale = 0;
    bool known = count < 2 || sqlite3_value_type(arguments[1]) != SQLITE_NULL;
    if (count > 1)
        scale = sqlite3_value_int64(arguments[1]);
    scale = scale < MIN_ROUNDING ? MIN_ROUNDING : scale > MAX_ROUNDING ? MAX_ROUNDING : scale;
    if (known && read(&c, arguments[0], &n))
        give(&c, wefti_exact_round(&c.arena, &n, scale, function->how, &n), &n, false);
    end(&c);
}

static void compute_abs(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    call c = begin(context);
    wefti_exact n;
    if (read(&c, arguments[0], &n)) {
        n.negative = false;
        give(&c, WEFTI_EXACT_OK, &n, false);
    }
    end(&c);
}

static void compute_sign(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    call c = begin(context);
    wefti_exact n, sign;
    if (read(&c, arguments[0], &n)) {
        sign = wefti_exact_of_int64(wefti_exact_is_zero(&n) ? 0 : n.negative ? -1 : 1);
        give(&c, WEFTI_EXACT_OK, n.kind == WEFTI_EXACT_NAN ? &n : &sign, false);
    }
    end(&c);
}

/* CAST(x AS decimal): (x), or (x, digits of a floating-point number). */
static void convert(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const int given = count > 1 ? sqlite3_value_int(arguments[1]) : 15, digits = given < 1 || given > 17 ? 15 : given;
    call c = begin(context);
    wefti_exact n;
    if (sqlite3_value_type(arguments[0]) == SQLITE_FLOAT)
        give(&c, wefti_exact_of_double(&c.arena, sqlite3_value_double(arguments[0]), digits, &n), &n, false);
    else if (read_text(&c, arguments[0], true, &n)) /* a cast */
        give(&c, WEFTI_EXACT_OK, &n, false);
    end(&c);
}

/* It is greater than any, or vanishes. */
static bool leaves_doubles(const wefti_exact *n, double value)
{
    return n->kind == WEFTI_EXACT_FINITE && (isinf(value) || (fpclassify(value) == FP_ZERO && !wefti_exact_is_zero(n)));
}

static void convert_to_real(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    call c = begin(context);
    wefti_exact n;
    double value = 0;
    if (sqlite3_value_type(arguments[0]) == SQLITE_FLOAT)
        sqlite3_result_double(context, sqlite3_value_double(arguments[0]));
    else if (!read(&c, arguments[0], &n))
        ;
    else if (n.kind == WEFTI_EXACT_NAN)
        wefti_sqlite_refuse(context, "SQLite has no NaN");
    else if (!wefti_exact_double(&c.arena, &n, &value))
        sqlite3_result_error_nomem(context);
    else if (leaves_doubles(&n, value))
        wefti_sqlite_refuse(context, "a decimal does not fit a floating-point number of 64 bits");
    else
        sqlite3_result_double(context, value);
    end(&c);
}

static void convert_to_integer(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    call c = begin(context);
    wefti_exact n;
    int64_t value;
    if (read(&c, arguments[0], &n)) {
        if (wefti_exact_int64(&c.arena, &n, &value))
            sqlite3_result_int64(context, value);
        else
            wefti_sqlite_refuse(context, "a decimal does not fit an integer");
    }
    end(&c);
}

/* What a column holds: with the digits of its scale, or without zeros at the end. */
static void store(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    call c = begin(context);
    wefti_exact n;
    if (sqlite3_value_type(arguments[0]) == SQLITE_FLOAT) { /* PostgreSQL casts when it assigns */
        wefti_exact_status status = wefti_exact_of_double(&c.arena, sqlite3_value_double(arguments[0]), 15, &n);
        if (status == WEFTI_EXACT_OK && count > 1)
            status = wefti_exact_store(&c.arena, &n, sqlite3_value_int(arguments[1]), sqlite3_value_int(arguments[2]), &n);
        give(&c, status, &n, count == 1);
    } else if (read(&c, arguments[0], &n)) {
        wefti_exact_status status =
            count == 1 ? WEFTI_EXACT_OK
                       : wefti_exact_store(&c.arena, &n, sqlite3_value_int(arguments[1]), sqlite3_value_int(arguments[2]), &n);
        give(&c, status, &n, count == 1);
    }
    end(&c);
}

weft_status wefti_sqlite_spell_decimal(wefti_arena *arena, const char *data, size_t size, uint16_t spelling, const char **text,
                                       size_t *text_size)
{
    wefti_exact n, stored;
    wefti_exact_status status = wefti_exact_parse(arena, data, size, &n);
    bool shortest = spelling != WEFTI_SPELLING_ANY;
    int scale = (int)spelling - WEFTI_SPELLING_FIRST_SCALE;
    if (status == WEFTI_EXACT_OK && scale >= 0 && wefti_decimal_fits(data, size, WEFTI_EXACT_INTEGER_DIGITS + scale, scale)) {
        status = wefti_exact_round(arena, &n, scale, WEFTI_EXACT_TRUNCATE, &stored);
        n = stored;
        shortest = false;
    }
    *text = status == WEFTI_EXACT_OK ? wefti_exact_text(arena, &n, shortest, text_size) : NULL;
    return *text != NULL                                                    ? WEFT_OK
           : status == WEFTI_EXACT_OVERFLOW || status == WEFTI_EXACT_SYNTAX ? WEFT_ERROR_TYPE
                                                                            : WEFT_ERROR_NO_MEMORY;
}

bool wefti_sqlite_decimal_double(const char *data, size_t size, double *value)
{
    wefti_arena arena;
    wefti_exact n;
    wefti_arena_init(&arena, 0);
    bool good = wefti_exact_parse(&arena, data, size, &n) == WEFTI_EXACT_OK && wefti_exact_double(&arena, &n, value);
    wefti_arena_deinit(&arena);
    return good;
}

bool wefti_sqlite_decimal_int64(const char *data, size_t size, int64_t *value)
{
    wefti_arena arena;
    wefti_exact n;
    wefti_arena_init(&arena, 0);
    bool good = wefti_exact_parse(&arena, data, size, &n) == WEFTI_EXACT_OK && wefti_exact_int64(&arena, &n, value);
    wefti_arena_deinit(&arena);
    return good;
}

/* ---- aggregates ---- */

/* The sum of what is in the group or window. Its scale is the largest that was ever met, that of the result the largest of what is
 * in: how many numbers have which scale is counted. */
typedef struct total {
    int64_t count, nans, infinities[2]; /* count: of all; [1]: the negative ones */
    wefti_exact sum;                    /* of the finite ones */
    mp_limb_t *limbs;                   /* where sum.more points; of wefti_malloc */
    mp_size_t capacity;
    uint64_t *scales; /* of wefti_malloc */
    size_t scale_count;
} total;

static void free_total(total *t)
{
    wefti_free(t->limbs);
    wefti_free(t->scales);
    t->limbs = NULL;
    t->scales = NULL;
}

static bool keep_sum(total *t, const wefti_exact *sum)
{
    if (sum->count > 2) {
        if (sum->count > t->capacity) {
            mp_limb_t *limbs = wefti_realloc(t->limbs, (size_t)sum->count * 2 * sizeof *limbs);
            if (limbs == NULL)
                return false;
            t->limbs = limbs;
            t->capacity = sum->count * 2;
        }
        memmove(t->limbs, sum->more, (size_t)sum->count * sizeof *t->limbs);
    }
    t->sum = *sum;
    t->sum.more = sum->count > 2 ? t->limbs : NULL;
    return true;
}

static bool count_scale(total *t, int32_t scale, bool in)
{
    size_t needed = (size_t)scale + 1;
    if (needed > t->scale_count) {
        uint64_t *scales = wefti_realloc(t->scales, (needed + 8) * sizeof *scales);
        if (scales == NULL)
            return false;
        memset(scales + t->scale_count, 0, (needed + 8 - t->scale_count) * sizeof *scales);
        t->scales = scales;
        t->scale_count = needed + 8;
    }
    t->scales[scale] += in ? 1 : (uint64_t)-1;
    return true;
}

static wefti_exact_status count_number(call *c, total *t, const wefti_exact *n, bool in)
{
    int64_t one = in ? 1 : -1;
    t->count += one;
    if (n->kind == WEFTI_EXACT_NAN) {
        t->nans += one;
        return WEFTI_EXACT_OK;
    }
    if (n->kind == WEFTI_EXACT_INFINITE) {
        t->infinities[n->negative] += one;
        return WEFTI_EXACT_OK;
    }
    wefti_exact sum;
    wefti_exact_status status =
        in ? wefti_exact_add(&c->arena, &t->sum, n, &sum) : wefti_exact_subtract(&c->arena, &t->sum, n, &sum);
    if (status != WEFTI_EXACT_OK)
        return status;
    return count_scale(t, n->scale, in) && keep_sum(t, &sum) ? WEFTI_EXACT_OK : WEFTI_EXACT_MEMORY;
}

static void change(sqlite3_context *context, sqlite3_value *argument, bool in)
{
    call c = begin(context);
    wefti_exact n;
    total *t = sqlite3_aggregate_context(context, sizeof *t);
    if (t == NULL)
        sqlite3_result_error_nomem(context);
    else if (read(&c, argument, &n))
        fail(&c, count_number(&c, t, &n, in));
    end(&c);
}

static void step(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    change(context, arguments[0], true);
}

static void inverse(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    change(context, arguments[0], false);
}

static wefti_exact_status total_of(call *c, const total *t, wefti_exact *sum)
{
    if (t->nans > 0 || (t->infinities[0] > 0 && t->infinities[1] > 0)) {
        *sum = (wefti_exact){.kind = WEFTI_EXACT_NAN};
        return WEFTI_EXACT_OK;
    }
    if (t->infinities[0] + t->infinities[1] > 0) {
        *sum = (wefti_exact){.kind = WEFTI_EXACT_INFINITE, .negative = t->infinities[1] > 0};
        return WEFTI_EXACT_OK;
    }
    size_t scale = t->scale_count;
    while (scale > 0 && t->scales[scale - 1] == 0)
        scale--;
    return wefti_exact_round(&c->arena, &t->sum, scale > 0 ? (int64_t)scale - 1 : 0, WEFTI_EXACT_TRUNCATE, sum);
}

static void value(sqlite3_context *context)
{
    const bool *average = sqlite3_user_data(context);
    const total *t = sqlite3_aggregate_context(context, 0);
    if (t == NULL || t->count == 0)
        return; /* NULL, as of no rows */
    call c = begin(context);
    wefti_exact sum, count = wefti_exact_of_int64(t->count);
    wefti_exact_status status = total_of(&c, t, &sum);
    if (status == WEFTI_EXACT_OK && *average)
        status = wefti_exact_divide(&c.arena, &sum, &count, &sum);
    give(&c, status, &sum, false);
    end(&c);
}

static void final(sqlite3_context *context)
{
    total *t = sqlite3_aggregate_context(context, 0);
    value(context);
    if (t != NULL)
        free_total(t);
}

/* ---- registering ---- */

#define FLAGS (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

int wefti_sqlite_register_numbers(sqlite3 *db)
{
    static bool sums = false, averages = true;
    static const struct {
        const char *name;
        int arguments;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } plain[] = {
        {"weft_decimal", 1, convert},
        {"weft_decimal", 2, convert},
        {"weft_decimal_abs", 1, compute_abs},
        {"weft_decimal_sign", 1, compute_sign},
        {"weft_decimal_real", 1, convert_to_real},
        {"weft_decimal_integer", 1, convert_to_integer},
        {"weft_decimal_store", 1, store},
        {"weft_decimal_store", 3, store},
    };
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof plain / sizeof *plain && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, plain[i].name, plain[i].arguments, FLAGS, NULL, plain[i].function, NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, binaries[i].name, 2, FLAGS, (void *)(uintptr_t)&binaries[i], compute_binary, NULL, NULL,
                                        NULL);
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++)
        for (int count = roundings[i].least; count <= roundings[i].most && rc == SQLITE_OK; count++)
            rc = sqlite3_create_function_v2(db, roundings[i].name, count, FLAGS, (void *)(uintptr_t)&roundings[i], compute_rounding,
                                            NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_window_function(db, "weft_decimal_sum", 1, FLAGS, &sums, step, final, value, inverse, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_window_function(db, "weft_decimal_avg", 1, FLAGS, &averages, step, final, value, inverse, NULL);
    return rc;
}
