/* What PostgreSQL's casts, texts and JSON give, for SQLite's SQL, which converts by rules of its own: 0.1 + 0.2 as a text, 1 for
 * true, any text for a date.
 *
 * weft_text(x, type) is a value of a type as a text; weft_to_<type>(x) casts to one, from a text or another time;
 * weft_json_get(j, key) and weft_json_text(j, key) are -> and ->>, and the collation WEFT_JSON compares JSON by content in jsonb's
 * order: what is no JSON comes after all that is, by its bytes. weft_substr counts as PostgreSQL does, and weft_real_<function>(x)
 * refuses what is not defined. NULL gives NULL. */
#include "driver/sqlite/codec.h"
#include "driver/sqlite/json.h"
#include "driver/sqlite/sqlite.h"

#include "base/locale.h"
#include "base/memory.h"
#include "type/names.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FLAGS (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

static void give(sqlite3_context *context, const char *data, size_t size)
{
    sqlite3_result_text64(context, data, size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* ---- JSON ---- */

static int compare_texts(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

int wefti_sqlite_compare_json(void *context, int a_size, const void *a, int b_size, const void *b)
{
    (void)context;
    int order = compare_texts(a, (size_t)a_size, b, (size_t)b_size);
    if (order == 0)
        return 0;
    const wefti_json *x, *y;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    wefti_json_status left = wefti_json_read(&arena, a, (size_t)a_size, &x), right = wefti_json_read(&arena, b, (size_t)b_size, &y);
    if (left == WEFTI_JSON_OK && right == WEFTI_JSON_OK)
        order = wefti_json_compare(x, y);
    else if (left != right)
        order = left == WEFTI_JSON_OK ? -1 : right == WEFTI_JSON_OK ? 1 : order;
    wefti_arena_deinit(&arena);
    return order;
}

const wefti_json *wefti_sqlite_read_json(sqlite3_context *context, wefti_arena *arena, sqlite3_value *value)
{
    const wefti_json *json = NULL;
    const char *data = (const char *)sqlite3_value_text(value);
    wefti_json_status status =
        data == NULL ? WEFTI_JSON_MEMORY : wefti_json_read(arena, data, (size_t)sqlite3_value_bytes(value), &json);
    if (status == WEFTI_JSON_OK)
        return json;
    if (status == WEFTI_JSON_MEMORY)
        sqlite3_result_error_nomem(context);
    else
        wefti_sqlite_refuse(context, wefti_json_fault(status));
    return NULL;
}

void wefti_sqlite_give_json(sqlite3_context *context, wefti_arena *arena, const wefti_json *json)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    if (wefti_json_write(arena, json, &text))
        give(context, text.data, text.size);
    else
        sqlite3_result_error_nomem(context);
    wefti_text_deinit(&text);
}

static const wefti_json *find(const wefti_json *json, sqlite3_value *key)
{
    if (sqlite3_value_type(key) == SQLITE_TEXT)
        return wefti_json_member(json, (const char *)sqlite3_value_text(key), (size_t)sqlite3_value_bytes(key));
    /* What is neither array nor object is an array of one to jsonb. */
    const bool scalar = json->kind < WEFTI_JSON_ARRAY;
    int64_t at = sqlite3_value_int64(key), count = scalar ? 1 : (int64_t)json->count;
    at = at < 0 ? at + count : at;
    if (scalar)
        return at == 0 ? json : NULL;
    return json->kind == WEFTI_JSON_ARRAY && at >= 0 && at < count ? json->items[at] : NULL;
}

/* user_data: not NULL for ->>. */
static void get_json(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    wefti_arena arena;
    if (wefti_sqlite_any_null(count, arguments))
        return;
    wefti_arena_init(&arena, 0);
    const wefti_json *json = wefti_sqlite_read_json(context, &arena, arguments[0]);
    json = json != NULL ? find(json, arguments[1]) : NULL;
    if (json != NULL && sqlite3_user_data(context) == NULL)
        give(context, json->from, (size_t)(json->to - json->from));
    else if (json != NULL && json->kind == WEFTI_JSON_STRING)
        give(context, json->data, json->size);
    else if (json != NULL && json->kind != WEFTI_JSON_NULL)
        wefti_sqlite_give_json(context, &arena, json);
    wefti_arena_deinit(&arena);
}

/* ---- texts of values ---- */

/* The fewest digits that read back as the number; most: digits that are written without an exponent. */
static void write_real(sqlite3_context *context, double value, bool is_float)
{
    char form[WEFTI_DOUBLE_TEXT_SIZE], digits[32], text[48];
    const int most = is_float ? 6 : 15;
    if (isinf(value)) {
        give(context, value < 0 ? "-Infinity" : "Infinity", value < 0 ? 9 : 8);
        return;
    }
    size_t size = 0;
    for (int places = 0; places <= 16; places++) {
        size = wefti_double_write_digits(value, places, form);
        double back = wefti_double_read(form, NULL);
        if (is_float ? !((float)back < (float)value) && !((float)back > (float)value) : !(back < value) && !(back > value))
            break;
    }
    char *exponent_at = memchr(form, 'e', size);
    int exponent = 0, count = 0, at = 0;
    for (const char *c = exponent_at != NULL ? exponent_at + 1 : "0"; *c != '\0'; c++)
        exponent = *c >= '0' && *c <= '9' ? exponent * 10 + (*c - '0') : exponent;
    if (exponent_at != NULL && exponent_at[1] == '-')
        exponent = -exponent;
    for (const char *c = form; *c != '\0' && *c != 'e'; c++)
        if (*c >= '0' && *c <= '9')
            digits[count++] = *c;
    if (signbit(value))
        text[at++] = '-';
    if (exponent < -4 || exponent >= most) {
        text[at++] = digits[0];
        if (count > 1)
            text[at++] = '.';
        memcpy(text + at, digits + 1, (size_t)count - 1);
        at += count - 1;
        at +=
            snprintf(text + at, sizeof text - (size_t)at, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
    } else {
        if (exponent < 0)
            text[at++] = '0';
        for (int i = exponent < 0 ? exponent + 1 : 0; i < count || i <= exponent; i++) {
            if ((i == exponent + 1 && exponent >= 0) || (exponent < 0 && i == exponent + 1))
                text[at++] = '.';
            text[at++] = i >= 0 && i < count ? digits[i] : '0';
        }
    }
    give(context, text, (size_t)at);
}

void wefti_sqlite_show_real(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    write_real(context, sqlite3_value_double(value), type == WEFT_FLOAT);
}

/* Without zeros at the end of its fraction, and with the zone of timestamps, which is UTC. */
void wefti_sqlite_show_moment(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    char text[64];
    const char *data = (const char *)sqlite3_value_text(value);
    size_t size = data != NULL ? (size_t)sqlite3_value_bytes(value) : 0;
    const bool is_clock = size > 0 && size < sizeof text - 4 && data[size - 1] >= '0' && data[size - 1] <= '9';
    if (!is_clock) {
        sqlite3_result_value(context, value);
        return;
    }
    if (memchr(data, '.', size) != NULL) {
        while (data[size - 1] == '0')
            size--;
        size -= data[size - 1] == '.';
    }
    memcpy(text, data, size);
    memcpy(text + size, "+00", 3);
    give(context, text, size + (type == WEFT_TIMESTAMP ? 3 : 0));
}

void wefti_sqlite_show_bytes(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    wefti_text text;
    (void)type;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "\\x");
    wefti_text_add_hex(&text, sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
    if (text.failed)
        sqlite3_result_error_nomem(context);
    else
        give(context, text.data, text.size);
    wefti_text_deinit(&text);
}

void wefti_sqlite_show_bool(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    const bool truth = sqlite3_value_int64(value) != 0;
    (void)type;
    give(context, truth ? "true" : "false", truth ? 4 : 5);
}

void wefti_sqlite_show_json(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    wefti_arena arena;
    (void)type;
    wefti_arena_init(&arena, 0);
    const wefti_json *json = wefti_sqlite_read_json(context, &arena, value);
    if (json != NULL)
        wefti_sqlite_give_json(context, &arena, json);
    wefti_arena_deinit(&arena);
}

/* (x, type), the type by number. */
static void write_text(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const unsigned type = (unsigned)sqlite3_value_int(arguments[1]);
    const wefti_sqlite_codec *codec = wefti_sqlite_codec_of(type);
    if (wefti_sqlite_any_null(count, arguments))
        return;
    if (codec->show != NULL)
        codec->show(context, arguments[0], (weft_type)type);
    else
        give(context, (const char *)sqlite3_value_text(arguments[0]), (size_t)sqlite3_value_bytes(arguments[0]));
}

/* ---- casts ---- */

static const char *text_of(sqlite3_context *context, sqlite3_value *value, unsigned type, size_t *size)
{
    const int kind = sqlite3_value_type(value);
    const char *data = kind == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
    char message[128];
    *size = data != NULL ? (size_t)sqlite3_value_bytes(value) : 0;
    if (kind == SQLITE_TEXT && data == NULL) {
        sqlite3_result_error_nomem(context);
    } else if (data == NULL) {
        (void)snprintf(message, sizeof message, "there is no cast of %s to %s",
                       kind == SQLITE_BLOB      ? "binary data"
                       : kind == SQLITE_INTEGER ? "an integer"
                                                : "a floating-point number",
                       wefti_sqlite_codec_of(type)->wanted);
        wefti_sqlite_refuse(context, message);
    }
    return data;
}

void wefti_sqlite_cast_bool(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    bool truth;
    size_t size;
    if (sqlite3_value_type(value) == SQLITE_INTEGER) {
        sqlite3_result_int(context, sqlite3_value_int64(value) != 0);
        return;
    }
    const char *data = text_of(context, value, type, &size);
    if (data == NULL)
        return;
    wefti_blanks_trim(&data, &size);
    if (wefti_bool_parse(data, size, &truth))
        sqlite3_result_int(context, truth);
    else
        wefti_sqlite_refuse(context, "a text that is cast to a boolean is none");
}

static int digit_of(char c, int base)
{
    int value = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : 99;
    return value < base ? value : -1;
}

/* \x and hexadecimal digits, or the text with \\ and \ooo in it. */
static bool read_bytes(const char *data, size_t size, unsigned char *out, size_t *written)
{
    size_t at = 0, count = 0;
    if (size >= 2 && data[0] == '\\' && data[1] == 'x') {
        for (at = 2; at < size; at += 2) {
            while (at < size && strchr(" \n\t\r", data[at]) != NULL)
                at++;
            if (at == size)
                break;
            int high = digit_of(data[at], 16), low = at + 1 < size ? digit_of(data[at + 1], 16) : -1;
            if (high < 0 || low < 0)
                return false;
            out[count++] = (unsigned char)(high * 16 + low);
        }
        *written = count;
        return true;
    }
    while (at < size) {
        if (data[at] != '\\') {
            out[count++] = (unsigned char)data[at++];
        } else if (at + 1 < size && data[at + 1] == '\\') {
            out[count++] = '\\';
            at += 2;
        } else {
            int a = at + 3 < size ? digit_of(data[at + 1], 4) : -1;
            int b = a >= 0 ? digit_of(data[at + 2], 8) : -1, c = b >= 0 ? digit_of(data[at + 3], 8) : -1;
            if (c < 0)
                return false;
            out[count++] = (unsigned char)(a * 64 + b * 8 + c);
            at += 4;
        }
    }
    *written = count;
    return true;
}

void wefti_sqlite_cast_bytes(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    size_t size, written;
    if (sqlite3_value_type(value) == SQLITE_BLOB) {
        sqlite3_result_value(context, value);
        return;
    }
    const char *data = text_of(context, value, type, &size);
    unsigned char *out = data != NULL ? sqlite3_malloc64(size + 1) : NULL;
    if (data == NULL)
        return;
    if (out == NULL) {
        sqlite3_result_error_nomem(context);
    } else if (!read_bytes(data, size, out, &written)) {
        sqlite3_free(out);
        wefti_sqlite_refuse(context, "a text that is cast to bytes is malformed");
    } else {
        sqlite3_result_blob64(context, out, written, sqlite3_free);
    }
}

static void refuse_cast(sqlite3_context *context, const wefti_sqlite_codec *codec)
{
    char message[96];
    (void)snprintf(message, sizeof message, "what is cast to %s is none%s", codec->wanted,
                   codec->unkept != NULL ? ", or outside of what can be kept" : "");
    wefti_sqlite_refuse(context, message);
}

void wefti_sqlite_cast_form(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    weft_value read;
    char text[WEFTI_FORM_BYTES];
    size_t size;
    const char *data = text_of(context, value, type, &size);
    if (data == NULL)
        return;
    wefti_blanks_trim(&data, &size);
    size_t written = wefti_value_read(type, data, size, &read) ? wefti_value_form(&read, text) : 0;
    if (written > 0)
        give(context, text, written);
    else
        refuse_cast(context, &wefti_sqlite_codecs[type]);
}

void wefti_sqlite_cast_json(sqlite3_context *context, sqlite3_value *value, weft_type type)
{
    size_t size;
    wefti_arena arena;
    (void)type;
    if (text_of(context, value, type, &size) == NULL)
        return;
    wefti_arena_init(&arena, 0);
    if (wefti_sqlite_read_json(context, &arena, value) != NULL)
        sqlite3_result_value(context, value);
    wefti_arena_deinit(&arena);
}

static void cast_value(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const wefti_sqlite_codec *codec = sqlite3_user_data(context);
    if (!wefti_sqlite_any_null(count, arguments))
        codec->cast(context, arguments[0], (weft_type)(codec - wefti_sqlite_codecs));
}

/* ---- parts of texts ---- */

/* Where character number at, counted from 0, begins. */
static size_t place_of(const char *data, size_t size, int64_t at, bool bytes)
{
    size_t place = 0;
    if (bytes)
        return at < (int64_t)size ? (size_t)at : size;
    for (; at > 0 && place < size; at--)
        for (place++; place < size && ((unsigned char)data[place] & 0xc0u) == 0x80u; place++)
            ;
    return place;
}

static void cut(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (wefti_sqlite_any_null(count, arguments))
        return;
    const bool bytes = sqlite3_value_type(arguments[0]) == SQLITE_BLOB;
    const char *data = bytes ? sqlite3_value_blob(arguments[0]) : (const char *)sqlite3_value_text(arguments[0]);
    const size_t size = (size_t)sqlite3_value_bytes(arguments[0]);
    int64_t from = sqlite3_value_int64(arguments[1]), length = count > 2 ? sqlite3_value_int64(arguments[2]) : INT32_MAX, end;
    if (length < 0) {
        wefti_sqlite_refuse(context, "the length of a part of a text is negative");
        return;
    }
    if (count < 3 || __builtin_add_overflow(from, length, &end))
        end = INT64_MAX;
    from = from < 1 ? 1 : from;
    size_t first = place_of(data, size, from - 1, bytes), last = end > from ? place_of(data, size, end - 1, bytes) : first;
    if (bytes)
        sqlite3_result_blob64(context, size > 0 ? data + first : "", last - first, SQLITE_TRANSIENT);
    else
        give(context, data != NULL ? data + first : "", last - first);
}

/* ---- functions of floating-point numbers ---- */

static double log_of_ten(double x) { return log10(x); }
static double to_degrees(double x) { return x * (180.0 / 3.14159265358979323846); }
static double to_radians(double x) { return x * (3.14159265358979323846 / 180.0); }

typedef struct real_function {
    const char *name;
    double (*one)(double);
    double (*two)(double, double);
    bool vanishes; /* where it is 0 of another number, what it should be is too small */
} real_function;
static const real_function real_functions[] = {
    {"weft_real_sqrt", sqrt, NULL, false},
    {"weft_real_exp", exp, NULL, true},
    {"weft_real_ln", log, NULL, false},
    {"weft_real_log", log_of_ten, NULL, false},
    {"weft_real_sin", sin, NULL, false},
    {"weft_real_cos", cos, NULL, false},
    {"weft_real_tan", tan, NULL, false},
    {"weft_real_asin", asin, NULL, false},
    {"weft_real_acos", acos, NULL, false},
    {"weft_real_atan", atan, NULL, false},
    {"weft_real_sinh", sinh, NULL, false},
    {"weft_real_cosh", cosh, NULL, false},
    {"weft_real_tanh", tanh, NULL, false},
    {"weft_real_asinh", asinh, NULL, false},
    {"weft_real_acosh", acosh, NULL, false},
    {"weft_real_atanh", atanh, NULL, false},
    {"weft_real_degrees", to_degrees, NULL, false},
    {"weft_real_radians", to_radians, NULL, true},
    {"weft_real_cbrt", cbrt, NULL, false},
    {"weft_real_power", NULL, pow, true},
    {"weft_real_atan2", NULL, atan2, false},
};

static void compute_function(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const real_function *function = sqlite3_user_data(context);
    if (wefti_sqlite_any_null(count, arguments))
        return;
    const double a = sqlite3_value_double(arguments[0]), b = count > 1 ? sqlite3_value_double(arguments[1]) : 0;
    const double result = count > 1 ? function->two(a, b) : function->one(a);
    const bool vanishes = function->vanishes && fpclassify(result) == FP_ZERO && fpclassify(a) != FP_ZERO && !isinf(a) && !isinf(b);
    if (isnan(result) || vanishes || (isinf(result) && !isinf(a) && !isinf(b)))
        wefti_sqlite_refuse(context, "a function of numbers has no value there");
    else
        sqlite3_result_double(context, result);
}

/* ---- the value of the only row ---- */

typedef struct single {
    int64_t rows;
    sqlite3_value *value;
} single;

static void take_single(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    single *only = sqlite3_aggregate_context(context, sizeof *only);
    (void)count;
    if (only != NULL && ++only->rows > 1)
        sqlite3_result_error(context, WEFTI_SQLITE_SEVERAL_ROWS, -1);
    else if (only == NULL || (only->value = sqlite3_value_dup(arguments[0])) == NULL)
        sqlite3_result_error_nomem(context);
}

static void give_single(sqlite3_context *context)
{
    single *only = sqlite3_aggregate_context(context, 0);
    if (only == NULL || only->value == NULL)
        return;
    if (only->rows == 1)
        sqlite3_result_value(context, only->value);
    sqlite3_value_free(only->value);
}

/* ---- registering ---- */

int wefti_sqlite_register_forms(sqlite3 *db)
{
    static const struct {
        const char *name;
        int arguments;
        bool text;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"weft_json_get", 2, false, get_json}, {"weft_json_text", 2, true, get_json}, {"weft_text", 2, false, write_text},
        {"weft_substr", 2, false, cut},        {"weft_substr", 3, false, cut},
    };
    int rc = sqlite3_create_collation_v2(db, "WEFT_JSON", SQLITE_UTF8, NULL, wefti_sqlite_compare_json, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "weft_single", 1, FLAGS, NULL, NULL, take_single, give_single, NULL);
    for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, FLAGS,
                                        functions[i].text ? (void *)(uintptr_t) "text" : NULL, functions[i].function, NULL, NULL,
                                        NULL);
    for (unsigned type = 0; type < WEFT_TYPE_COUNT_ && rc == SQLITE_OK; type++) {
        char name[WEFTI_TYPE_NAME_BYTES];
        if (wefti_sqlite_codecs[type].cast != NULL)
            rc = sqlite3_create_function_v2(db, wefti_type_function("weft_to_", type, name), 1, FLAGS,
                                            (void *)(uintptr_t)&wefti_sqlite_codecs[type], cast_value, NULL, NULL, NULL);
    }
    for (size_t i = 0; i < sizeof real_functions / sizeof *real_functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, real_functions[i].name, real_functions[i].one != NULL ? 1 : 2, FLAGS,
                                        (void *)(uintptr_t)&real_functions[i], compute_function, NULL, NULL, NULL);
    return rc;
}
