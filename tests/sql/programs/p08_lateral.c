/* LATERAL: the three last orders of every customer. */
#include "shop.h"
typedef struct Recent {
    int64_t id;
    weft_decimal total;
} Recent;
WEFT_ROW(Recent, WEFT_FIELD(Recent, id), WEFT_FIELD(Recent, total));
typedef struct Out {
    const char *name;
    weft_opt_int64 id;
    weft_decimal total;
} Out;
WEFT_ROW(Out, WEFT_FIELD(Out, name), WEFT_FIELD(Out, id), WEFT_FIELD(Out, total));
void run(weft_session *s)
{
    weft_lateral(Recent, weft_select(.from = weft_from(Order), .columns = weft_columns(weft_col(Order, id), weft_col(Order, total)),
                                     .where = weft_eq_col(Order, customer_id, Customer, id), .order_by = weft_desc(Order, created),
                                     .limit = 3));
    weft_each (Out, o,
               weft_rows(s, Out, .from = weft_from(Customer), .joins = weft_left_join_on(Recent, &weft_true),
                         .columns = weft_columns(weft_col(Customer, name), weft_col(Recent, id), weft_col(Recent, total)),
                         .order_by = weft_asc(Customer, name)))
        printf("%s %s\n", o->name, o->total.text);
}
