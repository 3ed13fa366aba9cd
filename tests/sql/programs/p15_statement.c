/* A statement as constant data at file scope, run with named, typed parameters: it cannot dangle, and no tree is walked. */
#include "shop.h"
typedef struct Spent {
    int64_t customer_id;
    weft_decimal total;
} Spent;
WEFT_ROW(Spent, WEFT_FIELD(Spent, customer_id), WEFT_FIELD(Spent, total));
typedef struct Top {
    const char *name;
    weft_decimal total;
} Top;
WEFT_ROW(Top, WEFT_FIELD(Top, name), WEFT_FIELD(Top, total));
typedef struct Ask {
    weft_timestamp since;
    weft_decimal least;
    const char *region;
    int64_t rows;
    weft_opt_int32 unused;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, since), WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, region), WEFT_FIELD(Ask, rows),
         WEFT_FIELD(Ask, unused));
WEFT_PARAMETERS(Ask);
WEFT_CTE(Spent, .query = weft_select(.from = weft_from(Order),
                                     .columns = weft_columns(weft_put_col(Spent, customer_id, Order, customer_id),
                                                             weft_put(Spent, total, weft_sum(weft_col(Order, total)))),
                                     .group_by = weft_col(Order, customer_id),
                                     .where = weft_and(weft_op(weft_col(Order, state), "=", WEFT_LITERAL_TEXT("paid")),
                                                       weft_ge_col(Order, created, Ask, since))));
WEFT_STATEMENT(top_customers, Top, Ask, .from = weft_from(Customer),
               .joins = weft_join_on(Spent, weft_eq_col(Spent, customer_id, Customer, id)),
               .columns = weft_columns(weft_put_col(Top, name, Customer, name), weft_put_col(Top, total, Spent, total)),
               .where = weft_and(weft_ge_col(Spent, total, Ask, least), weft_eq_col(Customer, region, Ask, region)),
               .order_by = weft_desc(Spent, total), .limit_to = weft_param(Ask, rows));
void run(weft_session *s)
{
    Top_list top = weft_run(s, top_customers, .least = {"100.00"}, .region = "north", .rows = 5, .unused = weft_some(3));
    weft_each (Top, t, top)
        printf("%s %s\n", t->name, t->total.text);
}
