/* What weft adds to SQLite's SQL.
 *
 * The collation WEFT_DECIMAL, by which decimals kept as text compare by value; text that is no decimal sorts after all decimals,
 * by bytes: the order stays total whatever a column holds. The same of WEFT_INTERVAL for intervals, of which equal ones may have
 * different texts, as on PostgreSQL; it stands in statements, never in tables. The function weft_bytes, which reads hexadecimal
 * digits: lists travel as JSON, which knows no bytes, and SQLite has an unhex of its own from 3.41 on only. */
#include "driver/sqlite/sqlite.h"

#include <string.h>

static int compare_decimals(void *context, int a_size, const void *a, int b_size, const void *b)
{
    (void)context;
    size_t left = (size_t)a_size, right = (size_t)b_size;
    bool a_valid = wefti_decimal_valid(a, left, true), b_valid = wefti_decimal_valid(b, right, true);
    if (a_valid && b_valid)
        return wefti_decimal_compare(a, left, b, right);
    if (a_valid != b_valid)
        return a_valid ? -1 : 1;
    size_t common = left < right ? left : right;
    int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (left > right) - (left < right);
}

static int compare_intervals(void *context, int a_size, const void *a, int b_size, const void *b)
{
    (void)context;
    weft_interval left, right;
    const size_t a_bytes = (size_t)a_size, b_bytes = (size_t)b_size, common = a_bytes < b_bytes ? a_bytes : b_bytes;
    const bool a_valid = wefti_interval_parse(a, a_bytes, &left), b_valid = wefti_interval_parse(b, b_bytes, &right);
    if (a_valid && b_valid)
        return wefti_interval_compare(&left, &right);
    if (a_valid != b_valid)
        return a_valid ? -1 : 1;
    const int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int digit_value(unsigned char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    unsigned char lower = digit | 0x20u;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* NULL for NULL and for what is no even number of digits. */
static void read_bytes(sqlite3_context *context, int argument_count, sqlite3_value **arguments)
{
    (void)argument_count;
    const unsigned char *digits = sqlite3_value_text(arguments[0]);
    size_t size = digits != NULL ? (size_t)sqlite3_value_bytes(arguments[0]) : 1;
    if (size % 2 != 0)
        return;
    unsigned char *bytes = sqlite3_malloc64(size / 2 + 1);
    if (bytes == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    for (size_t i = 0; i < size / 2; i++) {
        int high = digit_value(digits[2 * i]), low = digit_value(digits[2 * i + 1]);
        if (high < 0 || low < 0) {
            sqlite3_free(bytes);
            return;
        }
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    sqlite3_result_blob64(context, bytes, size / 2, sqlite3_free);
}

/* A pattern of LIKE whose last backslash escapes nothing: it stands for itself. */
static void close_pattern(sqlite3_context *context, int argument_count, sqlite3_value **arguments)
{
    (void)argument_count;
    const char *pattern = (const char *)sqlite3_value_text(arguments[0]);
    size_t size = pattern != NULL ? (size_t)sqlite3_value_bytes(arguments[0]) : 0, escapes = 0;
    while (escapes < size && pattern[size - 1 - escapes] == '\\')
        escapes++;
    if (escapes % 2 == 0) {
        sqlite3_result_value(context, arguments[0]);
        return;
    }
    char *closed = sqlite3_malloc64(size + 2);
    if (closed == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    memcpy(closed, pattern, size);
    closed[size] = '\\';
    sqlite3_result_text64(context, closed, size + 1, sqlite3_free, SQLITE_UTF8);
}

int wefti_sqlite_register(sqlite3 *db)
{
    int rc = sqlite3_create_collation_v2(db, "WEFT_DECIMAL", SQLITE_UTF8, NULL, compare_decimals, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_collation_v2(db, "WEFT_INTERVAL", SQLITE_UTF8, NULL, compare_intervals, NULL);
    if (rc != SQLITE_OK)
        return rc;
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    rc = sqlite3_create_function_v2(db, "weft_bytes", 1, flags, NULL, read_bytes, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "weft_pattern", 1, flags, NULL, close_pattern, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_arithmetic(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_numbers(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_forms(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_dates(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_windows(db);
    return rc == SQLITE_OK ? wefti_sqlite_register_guards(db) : rc;
}
