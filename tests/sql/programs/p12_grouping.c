/* Grouping sets: sales by region and state, by region, and in all. */
#include "shop.h"
typedef struct Cell {
    const char *region, *state;
    weft_decimal sales;
    int rest;
} Cell;
WEFT_ROW(Cell, WEFT_FIELD(Cell, region), WEFT_FIELD(Cell, state), WEFT_FIELD(Cell, sales), WEFT_FIELD(Cell, rest));
void run(weft_session *s)
{
    const weft_expr *region = weft_col(Customer, region), *state = weft_col(Order, state);
    const weft_expr *columns = weft_columns(region, state, weft_sum(weft_col(Order, total)), weft_grouping(region));
    Cell_list a = weft_rows(s, Cell, .from = weft_from(Order), .joins = weft_join(Order, customer), .columns = columns,
                            .group_by = weft_rollup(region, state));
    Cell_list b = weft_rows(s, Cell, .from = weft_from(Order), .joins = weft_join(Order, customer), .columns = columns,
                            .group_by = weft_grouping_sets(weft_tuple(region, state), region, weft_nothing));
    printf("%zu %zu\n", a.count, b.count);
}
