/* A type of the program's own (money, kept as integer cents): typed in the model, in conditions, in UPDATE. */
#include "shop.h"
void run(weft_session *s)
{
    Item_list dear =
        weft_query(s, Item,
                   .where = weft_and(weft_ge_as(Item, price, money, (money){10000}), weft_ne_as(Item, price, money, (money){0})));
    weft_each (Item, i, dear)
        printf("%lld\n", (long long)i->price.cents);
    weft_session_update(
        s, weft_update_of(Item, .set = weft_to_as(Item, price, money, (money){999}), .where = weft_eq(Item, sku, "X1")), NULL);
}
