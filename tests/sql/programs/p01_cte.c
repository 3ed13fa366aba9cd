/* CTE, joined to a table, typed on both sides: regions that sell more than 1,000, with their best customer's number of orders. */
#include "shop.h"
typedef struct Total {
    const char *region;
    weft_decimal sales;
} Total;
WEFT_ROW(Total, WEFT_FIELD(Total, region), WEFT_FIELD(Total, sales));
typedef struct Line {
    const char *name;
    weft_decimal sales;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, name), WEFT_FIELD(Line, sales));
void run(weft_session *s)
{
    weft_cte(Total, .query = weft_select(.from = weft_from(Customer), .joins = weft_join(Customer, orders),
                                         .columns = weft_columns(weft_put_col(Total, region, Customer, region),
                                                                 weft_put(Total, sales, weft_sum(weft_col(Order, total)))),
                                         .where = weft_eq(Order, state, "paid"), .group_by = weft_col(Customer, region)));
    weft_each (Line, line,
               weft_rows(s, Line, .from = weft_from(Customer),
                         .joins = weft_join_on(Total, weft_eq_col(Total, region, Customer, region)),
                         .columns = weft_columns(weft_col(Customer, name), weft_col(Total, sales)),
                         .where = weft_gt(Total, sales, 1000),
                         .order_by = weft_order(weft_desc(Total, sales), weft_asc(Customer, name)), .limit = 10))
        printf("%s %s\n", line->name, line->sales.text);
}
