/* Conditions put together across blocks: weft_keep copies a tree where it must outlive its block (session, builder or a room of
 * the caller's); single joins, orders and loaders need no list. */
#include "shop.h"
void run(weft_session *s)
{
    const char *name = "Ada", *states[] = {"paid", "sent"};
    const weft_expr *where = &weft_true, *any = &weft_false;
    WEFT_ROOM(room, 2048);
    if (name != NULL) {
        where = weft_keep(s, weft_eq(Customer, name, name));
    }
    for (size_t i = 0; i < 2; i++)
        any = weft_keep(&room, weft_or(any, weft_eq(Order, state, states[i])));
    Customer_list list =
        weft_query(s, Customer, .joins = weft_join(Customer, orders), .where = weft_and(where, any),
                   .order_by = weft_asc(Customer, name), .load = weft_selectin(Customer, orders, weft_joined(Order, items)));
    printf("%zu\n", list.count);
}
