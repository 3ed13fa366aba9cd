/* VALUES from an array of structs, joined: which of a price list's articles are missing in stock. */
#include "shop.h"
typedef struct Wanted {
    const char *sku;
    int qty;
} Wanted;
WEFT_ROW(Wanted, WEFT_FIELD(Wanted, sku), WEFT_FIELD(Wanted, qty));
typedef struct Missing {
    const char *sku;
    int wanted;
    weft_opt_int32 there;
} Missing;
WEFT_ROW(Missing, WEFT_FIELD(Missing, sku), WEFT_FIELD(Missing, wanted), WEFT_FIELD(Missing, there));
void run(weft_session *s)
{
    const Wanted list[] = {{"X1", 3}, {"X2", 1}, {"X9", 12}};
    weft_values_of(Wanted, list, 3);
    Missing_list rows =
        weft_rows(s, Missing, .from = weft_from(Wanted), .joins = weft_left_join_on(Stock, weft_eq_col(Stock, sku, Wanted, sku)),
                  .columns = weft_columns(weft_col(Wanted, sku), weft_col(Wanted, qty), weft_col(Stock, qty)),
                  .where = weft_op(weft_coalesce(weft_col(Stock, qty), WEFT_LITERAL_INT(0)), "<", weft_col(Wanted, qty)));
    weft_each (Missing, m, rows)
        printf("%s %d %d\n", m->sku, m->wanted, m->there.set ? m->there.value : 0);
}
