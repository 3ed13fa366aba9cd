/* expect: weft_(integer|field_that)|weft_(value_)?(range|date|decimal|timestamp) */
/* variants: 6 */
#include <weft/weft.h>

WEFT_DECLARE(Stay);
struct Stay {
    int64_t id;
    weft_range_date during;
    weft_opt_range_int32 beds;
    weft_range_decimal price;
    weft_multirange_timestamp open;
};
WEFT_MODEL(Stay, "stay", WEFT_COLUMN(Stay, id, .primary_key = true), WEFT_COLUMN(Stay, during), WEFT_COLUMN(Stay, beds),
           WEFT_COLUMN(Stay, price), WEFT_COLUMN(Stay, open));

const Stay *first(weft_session *s);
const Stay *first(weft_session *s)
{
#ifdef CORRECT
    const weft_expr *has =
        weft_and(weft_range_has(Stay, during, (weft_date){5}), weft_range_has(Stay, beds, 3L),
                 weft_range_has(Stay, price, (weft_decimal){"1.5"}), weft_range_has(Stay, open, (weft_timestamp){0}));
    const weft_range_timestamp hour = {.upper = {5}};
    return weft_first(s, Stay,
                      .where = weft_and(has, weft_range_overlaps(Stay, open, hour),
                                        weft_range_within(Stay, open, ((weft_multirange_timestamp){&hour, 1})),
                                        weft_eq(Stay, beds, ((weft_range_int32){.upper = 5})),
                                        weft_ne(Stay, price, (weft_range_decimal){"[1,2)"})));
#elif VARIANT == 1
    return weft_first(s, Stay, .where = weft_range_has(Stay, during, 5));
#elif VARIANT == 2
    return weft_first(s, Stay, .where = weft_range_has(Stay, beds, 1.5));
#elif VARIANT == 3
    return weft_first(s, Stay, .where = weft_range_overlaps(Stay, during, ((weft_range_timestamp){.upper = {5}})));
#elif VARIANT == 4
    return weft_first(s, Stay, .where = weft_range_has(Stay, id, 5));
#elif VARIANT == 5
    return weft_first(s, Stay, .where = weft_eq(Stay, beds, ((weft_range_int64){.upper = 5})));
#else
    return weft_first(s, Stay, .where = weft_range_has(Stay, open, (weft_date){5}));
#endif
}
