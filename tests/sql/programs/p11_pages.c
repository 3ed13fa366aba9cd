/* Keyset paging by a row value, typed by the columns. */
#include "shop.h"
static Post_list page(weft_session *s, const Post *after)
{
    return weft_query(s, Post,
                      .where = weft_when(after != NULL, weft_op(weft_tuple(weft_col(Post, created), weft_col(Post, id)), "<",
                                                                weft_tuple(weft_val_like(Post, created, after->created),
                                                                           weft_val_like(Post, id, after->id)))),
                      .order_by = weft_order(weft_desc(Post, created), weft_desc(Post, id)), .limit = 20);
}
void run(weft_session *s)
{
    Post_list first = page(s, NULL);
    if (first.count > 0)
        page(s, first.items[first.count - 1]);
}
