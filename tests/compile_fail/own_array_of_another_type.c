/* expect: weft_array_money|money_(array_)?value|struct money|not compatible with any (association|generic) */
/* variants: 5 */
#include <weft/weft.h>

typedef struct money {
    int64_t cents;
} money;
static weft_value money_encode(const money *value) { return weft_value_int64(value->cents); }
static bool money_decode(const weft_value *value, money *to)
{
    to->cents = value->as.i;
    return true;
}
WEFT_TYPE(money, WEFT_INT64, money_encode, money_decode);

WEFT_DECLARE(Bill);
struct Bill {
    int64_t id;
    money price;
    weft_array_money prices;
    weft_array_int64 numbers;
};
#if VARIANT == 5 && !defined(CORRECT)
WEFT_MODEL(Bill, "bill", WEFT_COLUMN(Bill, id, .primary_key = true), WEFT_COLUMN_AS(Bill, numbers, money));
#else
WEFT_MODEL(Bill, "bill", WEFT_COLUMN(Bill, id, .primary_key = true), WEFT_COLUMN_AS(Bill, price, money),
           WEFT_COLUMN_AS(Bill, prices, money), WEFT_COLUMN(Bill, numbers));
#endif

const Bill *first(weft_session *s, weft_array_money prices);
const Bill *first(weft_session *s, weft_array_money prices)
{
#ifdef CORRECT
    return weft_first(s, Bill,
                      .where =
                          weft_and(weft_array_has_as(Bill, prices, money, ((money){5})), weft_eq_as(Bill, prices, money, prices),
                                   weft_array_contains_as(Bill, prices, money, prices),
                                   weft_eq_as(Bill, price, money, ((money){5}))));
#elif VARIANT == 1
    return weft_first(s, Bill, .where = weft_array_has_as(Bill, prices, money, 5));
#elif VARIANT == 2
    return weft_first(s, Bill, .where = weft_array_contains_as(Bill, prices, money, weft_int64s(5)));
#elif VARIANT == 3
    return weft_first(s, Bill, .where = weft_eq_as(Bill, price, money, prices));
#elif VARIANT == 4
    return weft_first(s, Bill, .where = weft_eq_as(Bill, prices, money, ((money){5})));
#else
    return prices.count > 0 ? weft_first(s, Bill) : NULL;
#endif
}
