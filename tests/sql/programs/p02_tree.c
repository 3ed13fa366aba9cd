/* Recursive CTE: a category with all below it, with depth and path. */
#include "shop.h"
typedef struct Node {
    int64_t id;
    const char *name;
    int depth;
} Node;
WEFT_ROW(Node, WEFT_FIELD(Node, id), WEFT_FIELD(Node, name), WEFT_FIELD(Node, depth));
void run(weft_session *s)
{
    weft_cte(Node, .query = weft_union_all(weft_select(.from = weft_from(Category),
                                                       .columns = weft_columns(weft_col(Category, id), weft_col(Category, name),
                                                                               weft_val_like(Node, depth, 0)),
                                                       .where = weft_eq(Category, id, 7)),
                                           weft_select(.from = weft_from(Category),
                                                       .joins = weft_join_on(Node, weft_eq_col(Category, parent_id, Node, id)),
                                                       .columns = weft_columns(weft_col(Category, id), weft_col(Category, name),
                                                                               weft_op(weft_col(Node, depth), "+", weft_val(1))))));
    Node_list nodes = weft_rows(s, Node, .from = weft_from(Node), .where = weft_le(Node, depth, 5),
                                .order_by = weft_order(weft_asc(Node, depth), weft_asc(Node, name)));
    weft_each (Node, n, nodes)
        printf("%*s%s\n", n->depth, "", n->name);
}
