/* Arrays: an item, an overlap, a length, an update; ARRAY(SELECT …). */
#include "shop.h"
typedef struct Ids {
    const char *name;
    weft_array_int64 ids;
} Ids;
WEFT_ROW(Ids, WEFT_FIELD(Ids, name), WEFT_FIELD(Ids, ids));
void run(weft_session *s)
{
    const char *wanted[] = {"c", "sql"};
    const weft_array_text tags = {wanted, 2};
    Post_list posts = weft_query(s, Post,
                                 .where = weft_and(weft_array_has(Post, tags, "orm"), weft_array_overlaps(Post, tags, tags),
                                                   weft_op(weft_array_length(weft_col(Post, tags)), "<", weft_val(5))));
    weft_session_update(s, weft_update_of(Post, .set = weft_to(Post, tags, tags), .where = weft_eq(Post, id, 3)), NULL);
    Ids_list ids =
        weft_rows(s, Ids, .from = weft_from(Customer),
                  .columns = weft_columns(weft_col(Customer, name),
                                          weft_array_of(weft_select(.from = weft_from(Order), .columns = weft_col(Order, id),
                                                                    .where = weft_eq_col(Order, customer_id, Customer, id)))));
    weft_each (Ids, i, ids)
        for (size_t n = 0; n < i->ids.count; n++)
            printf("%lld\n", (long long)i->ids.items[n]);
    printf("%zu\n", posts.count);
}
