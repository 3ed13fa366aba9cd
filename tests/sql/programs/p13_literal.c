/* A literal in the text, so that the partial index on state <> 'done' is used by PostgreSQL's generic plan. */
#include "shop.h"
void run(weft_session *s)
{
    size_t customer = 7; /* size_t is taken */
    Order_list open =
        weft_query(s, Order,
                   .where = weft_and(weft_literally(weft_ne(Order, state, "done")), weft_eq(Order, customer_id, customer)));
    printf("%zu\n", open.count);
}
