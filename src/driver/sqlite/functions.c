/* What weft adds to SQLite's SQL: its collations, and the function weft_bytes, which reads hexadecimal digits: lists travel as
 * JSON, which knows no bytes, and SQLite has an unhex of its own from 3.41 on only. The other files add the rest. */
#include "driver/sqlite/sqlite.h"

#include <string.h>

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
    if (!wefti_hex_read((const char *)digits, size, bytes)) {
        sqlite3_free(bytes);
        return;
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
    int rc = sqlite3_create_collation_v2(db, "WEFT_DECIMAL", SQLITE_UTF8, NULL, wefti_sqlite_compare_decimals, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_collation_v2(db, "WEFT_INTERVAL", SQLITE_UTF8, NULL, wefti_sqlite_compare_intervals, NULL);
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
        rc = wefti_sqlite_register_json(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_arrays(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_windows(db);
    if (rc == SQLITE_OK)
        rc = wefti_sqlite_register_sorted(db);
    return rc == SQLITE_OK ? wefti_sqlite_register_guards(db) : rc;
}
