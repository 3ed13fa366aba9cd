/* A cohort report: three CTEs that build on each other, one used twice by an alias, date arithmetic, FULL JOIN, Core without
 * objects. */
#include "shop.h"
typedef struct Month {
    int64_t customer_id;
    weft_timestamp month;
} Month;
WEFT_ROW(Month, WEFT_FIELD(Month, customer_id), WEFT_FIELD(Month, month));
typedef struct Cohort {
    weft_timestamp month;
    int64_t size, stayed;
} Cohort;
WEFT_ROW(Cohort, WEFT_FIELD(Cohort, month), WEFT_FIELD(Cohort, size), WEFT_FIELD(Cohort, stayed));
typedef struct Both {
    weft_opt_int64 a, b;
} Both;
WEFT_ROW(Both, WEFT_FIELD(Both, a), WEFT_FIELD(Both, b));
void run(weft_session *s)
{
    const weft_expr *created = weft_col(Order, created);
    weft_cte_as(First, Month,
                .query = weft_select(.from = weft_from(Order), .group_by = weft_col(Order, customer_id),
                                     .columns = weft_columns(weft_col(Order, customer_id),
                                                             weft_date_trunc(weft_min(created), WEFT_MONTH))));
    weft_cte_as(Active, Month,
                .query = weft_select(.from = weft_from(Order), .distinct = true,
                                     .columns = weft_columns(weft_col(Order, customer_id), weft_date_trunc(created, WEFT_MONTH))));
    weft_alias(Next, Active);
    Cohort_list rows =
        weft_rows(s, Cohort, .from = weft_from(First),
                  .joins =
                      weft_left_join_on(Next, weft_and(weft_eq_col(Next, customer_id, First, customer_id),
                                                       weft_eq(Next, month,
                                                               weft_date_add(weft_col(First, month), weft_val(1), WEFT_MONTH)))),
                  .columns = weft_columns(weft_col(First, month), weft_count_all(), weft_count(weft_col(Next, customer_id))),
                  .group_by = weft_col(First, month), .order_by = weft_asc(First, month));
    weft_connection *c = weft_session_connection(s);
    Both_list both;
    weft_result *result;
    weft_error error;
    if (weft_fetch(c, Both, &both, &result, &error, .from = weft_from(Stock),
                   .columns = weft_columns(weft_col(Stock, id), weft_col(Item, id)),
                   .joins = weft_joins(weft_full_join_on(Item, weft_eq_col(Item, sku, Stock, sku)),
                                       weft_left_join_on(Order, weft_eq_col(Order, id, Item, order_id)))) == WEFT_OK)
        weft_result_close(result);
    printf("%zu\n", rows.count);
}
