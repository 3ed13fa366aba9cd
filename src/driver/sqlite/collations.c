/* The collation WEFT_DECIMAL, by which decimals kept as text compare by value; text that is no decimal sorts after all decimals, by
 * bytes: the order stays total whatever a column holds. The same of WEFT_INTERVAL for intervals, of which equal ones may have
 * different texts, as on PostgreSQL; it stands in statements, never in tables. */
#include "driver/sqlite/sqlite.h"

#include <string.h>

int wefti_sqlite_compare_decimals(void *context, int a_size, const void *a, int b_size, const void *b)
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

int wefti_sqlite_compare_intervals(void *context, int a_size, const void *a, int b_size, const void *b)
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
