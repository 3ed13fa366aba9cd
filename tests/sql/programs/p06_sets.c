/* Set operations with one order and limit over all, and IN (SELECT …), > ALL (…). */
#include "shop.h"
typedef struct Who {
    const char *name, *kind;
} Who;
WEFT_ROW(Who, WEFT_FIELD(Who, name), WEFT_FIELD(Who, kind));
void run(weft_session *s)
{
    weft_alias(E2, Employee);
    const weft_rows_options *silent =
        weft_select(.from = weft_from(Customer),
                    .columns = weft_columns(weft_put_col(Who, name, Customer, name), weft_put_value(Who, kind, "silent")),
                    .where = weft_not_in_query(weft_col(Customer, id),
                                               weft_select(.from = weft_from(Order), .columns = weft_col(Order, customer_id))));
    const weft_rows_options *best =
        weft_select(.from = weft_from(Employee),
                    .columns = weft_columns(weft_put_col(Who, name, Employee, name), weft_put_value(Who, kind, "best paid")),
                    .where = weft_ge(Employee, salary,
                                     weft_all_of(weft_select(.from = weft_from(E2), .columns = weft_col(E2, salary)))));
    weft_subselect(Who, weft_union_all(silent, best));
    Who_list rows = weft_rows(s, Who, .from = weft_from(Who), .order_by = weft_asc(Who, name), .limit = 50);
    weft_each (Who, w, rows)
        printf("%s %s\n", w->name, w->kind);
}
