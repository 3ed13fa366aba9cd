/* A month's calendar with the days that have no orders: a series in FROM, date_trunc, a left join. */
#include "shop.h"
typedef struct Day {
    weft_timestamp day;
} Day;
WEFT_ROW(Day, WEFT_FIELD(Day, day));
typedef struct PerDay {
    weft_timestamp day;
    int64_t orders;
} PerDay;
WEFT_ROW(PerDay, WEFT_FIELD(PerDay, day), WEFT_FIELD(PerDay, orders));
void run(weft_session *s)
{
    weft_timestamp first, last;
    if (!weft_timestamp_parse("2026-11-01 00:00", &first) || !weft_timestamp_parse("2026-11-30 00:00", &last))
        return;
    weft_series_by(Day, weft_val(first), weft_val(last), weft_val(1), WEFT_DAY);
    PerDay_list days = weft_rows(s, PerDay, .from = weft_from(Day),
                                 .joins = weft_left_join_on(Order, weft_op(weft_date_trunc(weft_col(Order, created), WEFT_DAY), "=",
                                                                           weft_col(Day, day))),
                                 .columns = weft_columns(weft_col(Day, day), weft_count(weft_col(Order, id))),
                                 .group_by = weft_col(Day, day), .order_by = weft_asc(Day, day));
    weft_each (PerDay, d, days)
        printf("%lld\n", (long long)d->orders);
}
