/* Trusted SQL where the builder has nothing, with named arguments that are nodes; another text per database. The fragment is one
 * expression of the type that is said; a value named twice is one parameter. */
#include "shop.h"
typedef struct Bucket {
    int64_t bucket, orders;
} Bucket;
WEFT_ROW(Bucket, WEFT_FIELD(Bucket, bucket), WEFT_FIELD(Bucket, orders));
void run(weft_session *s)
{
    const weft_expr *v = weft_arg("v", weft_col(Order, total)), *low = weft_arg("low", weft_val(0.0)),
                    *high = weft_arg("high", weft_val(500.0));
    const weft_expr *bucket =
        weft_per_database(weft_sql(WEFT_INT64, "width_bucket(CAST(:v AS float8), :low, :high, 5)", v, low, high),
                          weft_sql(WEFT_INT64, "CAST((CAST(:v AS REAL) - :low) / (:high - :low) * 5 AS INTEGER) + 1", v, low,
                                   high));
    weft_each (Bucket, b,
               weft_rows(s, Bucket, .from = weft_from(Order), .group_by = bucket, .order_by = weft_asc_of(weft_out(Bucket, bucket)),
                         .columns = weft_columns(weft_put(Bucket, bucket, bucket), weft_put(Bucket, orders, weft_count_all()))))
        printf("%lld %lld\n", (long long)b->bucket, (long long)b->orders);
}
