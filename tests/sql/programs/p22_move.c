/* INSERT … SELECT, UPDATE … FROM, DELETE … USING, with RETURNING into a typed list. */
#include "shop.h"
typedef struct Sold {
    const char *sku;
    int qty;
} Sold;
WEFT_ROW(Sold, WEFT_FIELD(Sold, sku), WEFT_FIELD(Sold, qty));
void run(weft_session *s)
{
    int64_t n;
    weft_session_insert(s,
                        weft_insert_into(Archive,
                                         .columns = weft_columns(weft_col(Archive, id), weft_col(Archive, customer_id),
                                                                 weft_col(Archive, total), weft_col(Archive, created)),
                                         .query =
                                             weft_select(.from = weft_from(Order),
                                                         .columns = weft_columns(weft_col(Order, id), weft_col(Order, customer_id),
                                                                                 weft_col(Order, total), weft_col(Order, created)),
                                                         .where = weft_lt(Order, created, weft_timestamp_now()))),
                        &n);
    weft_subselect(Sold, weft_select(.from = weft_from(Item), .group_by = weft_col(Item, sku),
                                     .columns = weft_columns(weft_put_col(Sold, sku, Item, sku),
                                                             weft_put(Sold, qty, weft_sum(weft_col(Item, qty))))));
    Sold_list left = weft_rows_of(s, Sold,
                                  weft_updated(Stock, .from = weft_from(Sold), .where = weft_eq_col(Stock, sku, Sold, sku),
                                               .set = weft_to(Stock, qty, weft_op(weft_col(Stock, qty), "-", weft_col(Sold, qty))),
                                               .returning = weft_columns(weft_col(Stock, sku), weft_col(Stock, qty))));
    weft_session_delete_where(s,
                              weft_delete_from(Item, .from = weft_from(Order),
                                               .where =
                                                   weft_and(weft_eq_col(Item, order_id, Order, id), weft_eq(Order, state, "void"))),
                              &n);
    printf("%zu\n", left.count);
}
