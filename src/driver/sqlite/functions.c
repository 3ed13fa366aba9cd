/* What weft adds to SQLite's SQL: the collation WEFT_DECIMAL, by which decimals kept as text compare by value. Text that is no
 * decimal sorts after all decimals, by bytes: the order stays total whatever a column holds. */
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

int wefti_sqlite_register(sqlite3 *db)
{
    return sqlite3_create_collation_v2(db, "WEFT_DECIMAL", SQLITE_UTF8, NULL, compare_decimals, NULL);
}
