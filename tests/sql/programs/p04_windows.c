/* Windows: running total and rank by region, a named window, a frame of seven days. */
#include "shop.h"
typedef struct Run {
    const char *region;
    weft_decimal total, so_far;
    int64_t rank;
    weft_decimal week;
} Run;
WEFT_ROW(Run, WEFT_FIELD(Run, region), WEFT_FIELD(Run, total), WEFT_FIELD(Run, so_far), WEFT_FIELD(Run, rank),
         WEFT_FIELD(Run, week));
void run(weft_session *s)
{
    weft_window_of(by_region, .partition_by = weft_col(Customer, region), .order_by = weft_desc(Order, total));
    const weft_expr *total = weft_col(Order, total);
    Run_list rows =
        weft_rows(s, Run, .from = weft_from(Order), .joins = weft_join(Order, customer),
                  .columns = weft_columns(weft_col(Customer, region), total,
                                          weft_over(weft_sum(total), .partition_by = weft_col(Customer, region),
                                                    .order_by = weft_asc(Order, created),
                                                    .frame = weft_frame_rows(weft_unbounded_preceding, weft_current_row)),
                                          weft_over_window(weft_rank(), by_region),
                                          weft_over(weft_avg(total), .order_by = weft_asc(Order, created),
                                                    .frame = weft_frame_rows(weft_preceding(weft_val(6)), weft_current_row))),
                  .order_by = weft_order(weft_asc(Customer, region), weft_asc(Order, created)));
    weft_each (Run, r, rows)
        printf("%s %s %s %lld\n", r->region, r->total.text, r->so_far.text, (long long)r->rank);
}
