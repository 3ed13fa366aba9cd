/* What expressions store. A column of SQLite takes anything, and an expression may give what its field cannot hold: 32768 for 16
 * bits, a floating-point number where integers overflowed, another spelling of a time. weft_keep_<type>(x, 'table.column', ...)
 * gives the value as PostgreSQL's assignment would make it, in the one text that comparisons find, or an error. It stands in weft's
 * statements and not in CHECK constraints: so it holds for tables that weft did not create, and rows that are bound pay nothing. */
#include "driver/sqlite/sqlite.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define USEC_PER_DAY INT64_C(86400000000)

static void refuse(sqlite3_context *context, sqlite3_value **arguments, const char *problem)
{
    const char *name = (const char *)sqlite3_value_text(arguments[1]);
    char message[256];
    (void)snprintf(message, sizeof message, "%.128s: %s", name != NULL ? name : "?", problem);
    wefti_sqlite_refuse(context, message);
}

/* ---- numbers ---- */

static bool read_integer(sqlite3_value *value, int64_t *integer)
{
    double real;
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: *integer = sqlite3_value_int64(value); return true;
    case SQLITE_FLOAT:
        real = wefti_sqlite_round_half_even(sqlite3_value_double(value));
        if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0))
            return false;
        *integer = (int64_t)real;
        return true;
    case SQLITE_TEXT:
        return sqlite3_value_text(value) != NULL &&
            wefti_sqlite_decimal_int64((const char *)sqlite3_value_text(value), (size_t)sqlite3_value_bytes(value), integer);
    default: return false;
    }
}

static void keep_integer(sqlite3_context *context, sqlite3_value **arguments, weft_type type)
{
    int64_t value = 0;
    if (!read_integer(arguments[0], &value))
        refuse(context, arguments, "the value is no integer that fits its column");
    else if ((type == WEFT_INT16 && (value < INT16_MIN || value > INT16_MAX)) ||
             (type == WEFT_INT32 && (value < INT32_MIN || value > INT32_MAX)) ||
             (type == WEFT_UINT32 && (value < 0 || value > UINT32_MAX)))
        refuse(context, arguments, type == WEFT_INT16   ? "the value does not fit 16 bits"
                                   : type == WEFT_INT32 ? "the value does not fit 32 bits"
                                                        : "the value does not fit 32 bits without sign");
    else
        sqlite3_result_int64(context, value);
}

static void keep_bool(sqlite3_context *context, sqlite3_value **arguments)
{
    int64_t value = sqlite3_value_type(arguments[0]) == SQLITE_INTEGER ? sqlite3_value_int64(arguments[0]) : 2;
    if (value == 0 || value == 1)
        sqlite3_result_int64(context, value);
    else
        refuse(context, arguments, "the value is neither true nor false");
}

static void keep_real(sqlite3_context *context, sqlite3_value **arguments, weft_type type)
{
    int kind = sqlite3_value_type(arguments[0]);
    double value = sqlite3_value_double(arguments[0]);
    bool good = kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
    const char *text = kind == SQLITE_TEXT ? (const char *)sqlite3_value_text(arguments[0]) : NULL;
    if (text != NULL)
        good = wefti_sqlite_decimal_double(text, (size_t)sqlite3_value_bytes(arguments[0]), &value) && !isnan(value);
    if (!good)
        refuse(context, arguments, "the value is no number");
    else if (type == WEFT_FLOAT && isfinite(value) && fabs(value) > (double)FLT_MAX)
        refuse(context, arguments, "the number is out of the range of a float");
    else
        sqlite3_result_double(context, type == WEFT_FLOAT ? (double)(float)value : value);
}

/* ---- texts ---- */

static size_t count_characters(const char *data, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)data[i] & 0xC0u) != 0x80u;
    return count;
}

/* The third argument: how many characters the column takes; 0: any number. */
static void keep_text(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    int limit = count > 2 ? sqlite3_value_int(arguments[2]) : 0;
    if (sqlite3_value_type(arguments[0]) == SQLITE_BLOB) {
        refuse(context, arguments, "binary data is no text");
        return;
    }
    const char *data = (const char *)sqlite3_value_text(arguments[0]);
    size_t size = (size_t)sqlite3_value_bytes(arguments[0]);
    if (data == NULL)
        sqlite3_result_error_nomem(context);
    else if (!wefti_utf8_valid(data, size))
        refuse(context, arguments, "the text is not UTF-8 or contains a NUL");
    else if (limit > 0 && count_characters(data, size) > (size_t)limit)
        refuse(context, arguments, "the text is longer than the column");
    else
        sqlite3_result_text64(context, data, size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* The arguments from the third on: the names. */
static void keep_enum(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const char *data = (const char *)sqlite3_value_text(arguments[0]);
    int size = sqlite3_value_bytes(arguments[0]);
    for (int i = 2; i < count && data != NULL; i++)
        if (sqlite3_value_bytes(arguments[i]) == size && memcmp(sqlite3_value_text(arguments[i]), data, (size_t)size) == 0) {
            sqlite3_result_value(context, arguments[0]);
            return;
        }
    refuse(context, arguments, "the value is none of the enum's names");
    sqlite3_result_error_code(context, SQLITE_CONSTRAINT_CHECK); /* as the CHECK of a table that weft made */
}

static bool read_form(weft_type type, const char *data, size_t size, weft_value *value)
{
    int64_t usec;
    int32_t days;
    bool is_date = wefti_date_parse(data, size, &days), is_timestamp = wefti_timestamp_parse(data, size, &usec);
    *value = (weft_value){.type = type};
    switch (type) {
    case WEFT_TIMESTAMP:
        if (is_date && !is_timestamp)
            usec = (int64_t)days * USEC_PER_DAY; /* days of 32 bits stay within 64 */
        value->as.i = usec = is_date || is_timestamp ? usec : 0;
        return is_date || is_timestamp;
    case WEFT_DATE:
        if (!is_date && is_timestamp)
            days = (int32_t)((usec - (usec % USEC_PER_DAY + USEC_PER_DAY) % USEC_PER_DAY) / USEC_PER_DAY);
        value->as.i = is_date || is_timestamp ? days : 0;
        return is_date || is_timestamp;
    case WEFT_TIME:
        if (wefti_time_parse(data, size, &value->as.i))
            return true;
        value->as.i = is_timestamp ? (usec % USEC_PER_DAY + USEC_PER_DAY) % USEC_PER_DAY : 0;
        return is_timestamp && usec != INT64_MAX && usec != INT64_MIN;
    default: return wefti_uuid_parse(data, size, value->as.uuid.bytes);
    }
}

static void keep_form(sqlite3_context *context, sqlite3_value **arguments, weft_type type)
{
    weft_value value;
    char text[40];
    const char *data = sqlite3_value_type(arguments[0]) == SQLITE_TEXT ? (const char *)sqlite3_value_text(arguments[0]) : NULL;
    size_t size = data != NULL ? (size_t)sqlite3_value_bytes(arguments[0]) : 0;
    if (data == NULL || !read_form(type, data, size, &value)) {
        refuse(context, arguments, type == WEFT_UUID ? "the value is no UUID" : "the value is no time of the column's type");
        return;
    }
    size = wefti_moment_write(&value, text);
    if (size == 0)
        refuse(context, arguments, "the time is outside the years 1 to 9999, or the day");
    else
        sqlite3_result_text(context, text, (int)size, SQLITE_TRANSIENT);
}

/* ---- registering ---- */

typedef struct guard { const char *name; weft_type type; } guard;

static const guard guards[] = {
    {"weft_keep_int16", WEFT_INT16}, {"weft_keep_int32", WEFT_INT32}, {"weft_keep_int64", WEFT_INT64},
    {"weft_keep_uint32", WEFT_UINT32}, {"weft_keep_bool", WEFT_BOOL}, {"weft_keep_float", WEFT_FLOAT},
    {"weft_keep_double", WEFT_DOUBLE}, {"weft_keep_text", WEFT_TEXT}, {"weft_keep_enum", WEFT_CHARS},
    {"weft_keep_bytes", WEFT_BYTES}, {"weft_keep_timestamp", WEFT_TIMESTAMP}, {"weft_keep_date", WEFT_DATE},
    {"weft_keep_time", WEFT_TIME}, {"weft_keep_uuid", WEFT_UUID}, {"weft_keep_json", WEFT_JSON},
};

static void keep(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const guard *g = sqlite3_user_data(context);
    int kind = count >= 2 ? sqlite3_value_type(arguments[0]) : SQLITE_NULL;
    if (kind == SQLITE_NULL)
        return;
    switch (g->type) {
    case WEFT_INT16: case WEFT_INT32: case WEFT_INT64: case WEFT_UINT32: keep_integer(context, arguments, g->type); break;
    case WEFT_BOOL: keep_bool(context, arguments); break;
    case WEFT_FLOAT: case WEFT_DOUBLE: keep_real(context, arguments, g->type); break;
    case WEFT_TEXT: keep_text(context, count, arguments); break;
    case WEFT_CHARS: keep_enum(context, count, arguments); break;
    case WEFT_BYTES: case WEFT_JSON:
        if (kind == (g->type == WEFT_BYTES ? SQLITE_BLOB : SQLITE_TEXT))
            sqlite3_result_value(context, arguments[0]);
        else
            refuse(context, arguments, g->type == WEFT_BYTES ? "the value is no binary data" : "the value is no JSON text");
        break;
    default: keep_form(context, arguments, g->type); break;
    }
}

int wefti_sqlite_register_guards(sqlite3 *db)
{
    int rc = SQLITE_OK, flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    for (size_t i = 0; i < sizeof guards / sizeof *guards && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, guards[i].name, -1, flags, (void *)(uintptr_t)&guards[i], keep, NULL, NULL, NULL);
    return rc;
}
