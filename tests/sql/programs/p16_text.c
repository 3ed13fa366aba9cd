/* Text SQL into typed lists, by the names of the columns, and into objects of the session. */
#include "shop.h"
typedef struct Count {
    int64_t customers;
    const char *region;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, customers), WEFT_FIELD(Count, region));
void run(weft_session *s)
{
    weft_each (Count, c, weft_text_rows(s, Count, "SELECT region, count(*) AS customers FROM customer GROUP BY region", NULL))
        printf("%s %lld\n", c->region, (long long)c->customers);
    Customer_list all =
        weft_text_query(s, Customer, "SELECT * FROM customer WHERE name LIKE $1", weft_parameters(weft_value_text("A%")));
    printf("%zu\n", all.count);
    Count_list rows;
    weft_result *result;
    weft_error error;
    weft_connection *c = weft_session_connection(s);
    if (weft_fetch_text(c, Count, &rows, &result, &error, "SELECT 1 AS customers, 'x' AS region", NULL) == WEFT_OK)
        weft_result_close(result);
}
