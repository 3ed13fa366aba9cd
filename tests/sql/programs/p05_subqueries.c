/* Scalar and correlated subqueries, EXISTS and NOT EXISTS: customers with their last order, above the average, who bought "X1".
 * A model that a subquery names in its own FROM is that one; else the enclosing statement's: customer is correlated by itself. */
#include "shop.h"
typedef struct Last {
    const char *name;
    weft_opt_timestamp last;
} Last;
WEFT_ROW(Last, WEFT_FIELD(Last, name), WEFT_FIELD(Last, last));
void run(weft_session *s)
{
    weft_alias(All, Order);
    const weft_expr *own = weft_eq_col(Order, customer_id, Customer, id);
    Last_list rows = weft_rows(
        s, Last, .from = weft_from(Customer),
        .columns = weft_columns(weft_col(Customer, name),
                                weft_scalar(weft_select(.from = weft_from(Order), .columns = weft_max(weft_col(Order, created)),
                                                        .where = own))),
        .where = weft_and(weft_exists_in(weft_select(
                                  .from = weft_from(Order), .joins = weft_join(Order, items),
                                  .where = weft_and(own, weft_eq(Item, sku, "X1"),
                                                    weft_gt(Order, total,
                                                            weft_scalar(weft_select(.from = weft_from(All),
                                                                                    .columns = weft_avg(weft_col(All, total)))))))),
                          weft_not(weft_exists_in(
                              weft_select(.from = weft_from(Order), .where = weft_and(own, weft_eq(Order, state, "unpaid")))))));
    printf("%zu\n", rows.count);
}
