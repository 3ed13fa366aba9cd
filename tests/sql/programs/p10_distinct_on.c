/* DISTINCT ON, and FILTER, ORDER BY and DISTINCT within aggregates, HAVING. */
#include "shop.h"
typedef struct Newest {
    int64_t customer_id;
    weft_decimal total;
} Newest;
WEFT_ROW(Newest, WEFT_FIELD(Newest, customer_id), WEFT_FIELD(Newest, total));
typedef struct Region {
    const char *region;
    int64_t paid;
    const char *names;
} Region;
WEFT_ROW(Region, WEFT_FIELD(Region, region), WEFT_FIELD(Region, paid), WEFT_FIELD(Region, names));
void run(weft_session *s)
{
    Newest_list newest = weft_rows(s, Newest, .from = weft_from(Order),
                                   .columns = weft_columns(weft_col(Order, customer_id), weft_col(Order, total)),
                                   .distinct_on = weft_col(Order, customer_id),
                                   .order_by = weft_order(weft_asc(Order, customer_id), weft_desc(Order, created)));
    const weft_expr *paid = weft_filter(weft_count_all(), weft_eq(Order, state, "paid"));
    Region_list regions =
        weft_rows(s, Region, .from = weft_from(Order), .joins = weft_join(Order, customer),
                  .columns =
                      weft_columns(weft_put_col(Region, region, Customer, region), weft_put(Region, paid, paid),
                                   weft_put(Region, names,
                                            weft_ordered(weft_string_agg(weft_distinct(weft_col(Customer, name)), weft_val(", ")),
                                                         weft_asc(Customer, name)))),
                  .group_by = weft_col(Customer, region), .having = weft_op(paid, ">", weft_val(3)));
    printf("%zu %zu\n", newest.count, regions.count);
}
