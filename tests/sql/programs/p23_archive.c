/* A data-modifying CTE: move old orders to the archive in one statement. */
#include "shop.h"
typedef struct Moved {
    int64_t id, customer_id;
    weft_decimal total;
    weft_timestamp created;
} Moved;
WEFT_ROW(Moved, WEFT_FIELD(Moved, id), WEFT_FIELD(Moved, customer_id), WEFT_FIELD(Moved, total), WEFT_FIELD(Moved, created));
void run(weft_session *s)
{
    weft_cte(Moved, .query = weft_deleted(Order, .where = weft_lt(Order, created, (weft_timestamp){1000000}),
                                          .returning = weft_columns(weft_put_col(Moved, id, Order, id),
                                                                    weft_put_col(Moved, customer_id, Order, customer_id),
                                                                    weft_put_col(Moved, total, Order, total),
                                                                    weft_put_col(Moved, created, Order, created))));
    int64_t moved = 0;
    weft_session_insert(s,
                        weft_insert_into(Archive,
                                         .columns = weft_columns(weft_col(Archive, id), weft_col(Archive, customer_id),
                                                                 weft_col(Archive, total), weft_col(Archive, created)),
                                         .query = weft_select(.from = weft_from(Moved))),
                        &moved);
    printf("%lld\n", (long long)moved);
}
