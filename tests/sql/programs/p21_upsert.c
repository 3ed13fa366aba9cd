/* Upsert with conditions; MERGE from a list. */
#include "shop.h"
typedef struct Delivery {
    const char *sku;
    int qty;
} Delivery;
WEFT_ROW(Delivery, WEFT_FIELD(Delivery, sku), WEFT_FIELD(Delivery, qty));
void run(weft_session *s)
{
    weft_error error;
    const Stock rows[] = {{.sku = "X1", .qty = 4}};
    weft_insert_many(weft_session_connection(s), Stock, rows, 1,
                     (&(const weft_insert_options){
                         .on_conflict = WEFT_CONFLICT_UPDATE,
                         .conflict_columns = "sku",
                         .where = weft_op(weft_excluded(Stock, qty), ">", weft_val(0)),
                         .set = weft_to_expr(Stock, qty, weft_op(weft_col(Stock, qty), "+", weft_excluded(Stock, qty)))}),
                     &error);
    const Delivery list[] = {{"X1", 3}, {"X2", -9}};
    weft_values_of(Delivery, list, 2);
    const weft_expr *sum = weft_op(weft_col(Stock, qty), "+", weft_col(Delivery, qty));
    int64_t changed;
    weft_session_merge_rows(
        s,
        weft_merge_into(Stock, .from = weft_from(Delivery), .on = weft_eq_col(Stock, sku, Delivery, sku),
                        .steps = weft_steps(weft_matched_delete(weft_op(sum, "<=", weft_val(0))),
                                            weft_matched_update(NULL, weft_to(Stock, qty, sum)),
                                            weft_not_matched_insert(weft_gt(Delivery, qty, 0),
                                                                    weft_sets(weft_to(Stock, sku, weft_col(Delivery, sku)),
                                                                              weft_to(Stock, qty, weft_col(Delivery, qty)))))),
        &changed);
}
