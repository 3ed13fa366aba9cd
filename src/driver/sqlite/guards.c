/* What expressions store. A column of SQLite takes anything, and an expression may give what its field cannot hold: 32768 for 16
 * bits, a floating-point number where integers overflowed, another spelling of a time. weft_keep_<type>(x, 'table.column', ...)
 * gives the value as PostgreSQL's assignment would make it, in the one text that comparisons find, or an error. It stands in weft's
 * statements and not in CHECK constraints: so it holds for tables that weft did not create, and rows that are bound pay nothing. */
#include "driver/sqlite/codec.h"
#include "type/names.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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

void wefti_sqlite_keep_integer(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    int64_t value = 0;
    char problem[64];
    const wefti_type *row = wefti_type_of(type);
    (void)count;
    if (!read_integer(arguments[0], &value)) {
        refuse(context, arguments, "the value is no integer that fits its column");
    } else if (value < row->least || value > row->greatest) {
        (void)snprintf(problem, sizeof problem, "the value does not fit %d bits%s", row->size * 8,
                       row->least < 0 ? "" : " without sign");
        refuse(context, arguments, problem);
    } else {
        sqlite3_result_int64(context, value);
    }
}

void wefti_sqlite_keep_bool(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    int64_t value = sqlite3_value_type(arguments[0]) == SQLITE_INTEGER ? sqlite3_value_int64(arguments[0]) : 2;
    (void)count;
    (void)type;
    if (value == 0 || value == 1)
        sqlite3_result_int64(context, value);
    else
        refuse(context, arguments, "the value is neither true nor false");
}

void wefti_sqlite_keep_real(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    int kind = sqlite3_value_type(arguments[0]);
    double value = sqlite3_value_double(arguments[0]);
    bool good = kind == SQLITE_INTEGER || kind == SQLITE_FLOAT;
    const char *text = kind == SQLITE_TEXT ? (const char *)sqlite3_value_text(arguments[0]) : NULL;
    (void)count;
    if (text != NULL)
        good = wefti_sqlite_decimal_double(text, (size_t)sqlite3_value_bytes(arguments[0]), &value) && !isnan(value);
    const bool leaves = text != NULL && wefti_sqlite_leaves_doubles(text, value);
    const bool vanishes = fpclassify((float)value) == FP_ZERO && fpclassify(value) != FP_ZERO;
    if (!good)
        refuse(context, arguments, "the value is no number");
    else if (leaves && type == WEFT_DOUBLE)
        refuse(context, arguments, "the number is out of the range of a double");
    else if (leaves || (type == WEFT_FLOAT && ((isfinite(value) && fabs(value) > (double)FLT_MAX) || vanishes)))
        refuse(context, arguments, "the number is out of the range of a float");
    else
        sqlite3_result_double(context, type == WEFT_FLOAT ? (double)(float)value : value);
}

/* ---- texts ---- */

/* Blanks behind the last character that there is room for make no text too long, by SQL's rule: without them. False where it is. */
static bool cut_blanks(const char *data, size_t *size, size_t limit)
{
    const size_t count = wefti_utf8_count(data, *size);
    size_t more = count > limit ? count - limit : 0;
    for (; more > 0 && *size > 0 && data[*size - 1] == ' '; more--)
        (*size)--;
    return more == 0;
}

/* The third argument: how many characters the column takes; 0: any number. */
void wefti_sqlite_keep_text(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    int limit = count > 2 ? sqlite3_value_int(arguments[2]) : 0;
    (void)type;
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
    else if (limit > 0 && !cut_blanks(data, &size, (size_t)limit))
        refuse(context, arguments, "the text is longer than the column");
    else
        sqlite3_result_text64(context, data, size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* The arguments from the third on: the names. */
static void keep_enum(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (count < 2 || sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
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

void wefti_sqlite_keep_bytes(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    (void)count;
    (void)type;
    if (sqlite3_value_type(arguments[0]) == SQLITE_BLOB)
        sqlite3_result_value(context, arguments[0]);
    else
        refuse(context, arguments, "the value is no binary data");
}

void wefti_sqlite_keep_json(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    (void)count;
    (void)type;
    if (sqlite3_value_type(arguments[0]) == SQLITE_TEXT)
        sqlite3_result_value(context, arguments[0]);
    else
        refuse(context, arguments, "the value is no JSON text");
}

/* ---- texts of values ---- */

void wefti_sqlite_keep_form(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type)
{
    weft_value value;
    char text[WEFTI_FORM_BYTES];
    const char *data = sqlite3_value_type(arguments[0]) == SQLITE_TEXT ? (const char *)sqlite3_value_text(arguments[0]) : NULL;
    (void)count;
    if (data == NULL || !wefti_value_read(type, data, (size_t)sqlite3_value_bytes(arguments[0]), &value)) {
        refuse(context, arguments, wefti_sqlite_codec_of(type)->no_form);
        return;
    }
    const size_t size = wefti_value_form(&value, text);
    if (size == 0)
        refuse(context, arguments, "the time is outside the years 1 to 9999, or the day");
    else
        sqlite3_result_text(context, text, (int)size, SQLITE_TRANSIENT);
}

/* ---- registering ---- */

static void keep(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const wefti_sqlite_codec *codec = sqlite3_user_data(context);
    if (count >= 2 && sqlite3_value_type(arguments[0]) != SQLITE_NULL)
        codec->keep(context, count, arguments, (weft_type)(codec - wefti_sqlite_codecs));
}

int wefti_sqlite_register_guards(sqlite3 *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int rc = sqlite3_create_function_v2(db, "weft_keep_enum", -1, flags, NULL, keep_enum, NULL, NULL, NULL);
    for (unsigned type = 0; type < WEFT_TYPE_COUNT_ && rc == SQLITE_OK; type++) {
        const wefti_sqlite_codec *codec = &wefti_sqlite_codecs[type];
        char name[WEFTI_TYPE_NAME_BYTES];
        if (codec->keep != NULL)
            rc = sqlite3_create_function_v2(db, wefti_type_function("weft_keep_", type, name), -1, flags, (void *)(uintptr_t)codec,
                                            keep, NULL, NULL, NULL);
    }
    return rc;
}
