/* Reports of ranks, shares, groups and sets, each said in types and as text. */
#include "market.h"

REPORTS(groups, market, market_rows);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)
#define OF_SELLERS weft_joins(weft_join_on(Seller, weft_eq_col(Seller, id, Sale, seller_id)))
#define AMOUNTS weft_sum(weft_col(Sale, amount))

static void the_two_dearest_sales_of_each(void **state)
{
    fixture *f = *state;
    weft_cte(Ranked,
             .query =
                 weft_select(.from = weft_from(Sale), .joins = OF_SELLERS,
                             .columns = LIST(weft_put_col(Ranked, name, Seller, name), weft_put_col(Ranked, sum, Sale, amount),
                                             weft_put(Ranked, place,
                                                      weft_over(weft_row_number(), .partition_by = LIST(C(Seller, id)),
                                                                .order_by = ORDER(weft_desc(Sale, amount), weft_asc(Sale, id)))))));
    Ranked_list rows = weft_rows(f->s, Ranked, .from = weft_from(Ranked), .where = weft_le(Ranked, place, 2),
                                 .order_by = ORDER(weft_asc(Ranked, name), weft_asc(Ranked, place)));
    REPORT(f, Ranked, rows,
           "SELECT name, sum, place FROM (SELECT s.name, a.amount AS sum, row_number() OVER (PARTITION BY s.id ORDER BY a.amount + "
           "0 DESC, a.id) "
           "AS place FROM sale AS a JOIN seller AS s ON s.id = a.seller_id) AS r WHERE place <= 2 ORDER BY name, place",
           NULL, "ann|30.00|1; ann|20.00|2; ben|40.00|1; ben|10.00|2; cat|20.00|1; cat|15.00|2; dot|40.00|1; dot|12.50|2");
}

static void the_latest_sale_of_each(void **state)
{
    fixture *f = *state;
    NameDay_list rows =
        weft_rows(f->s, NameDay, .from = weft_from(Sale), .joins = OF_SELLERS,
                  .columns = LIST(weft_put_col(NameDay, name, Seller, name), weft_put_col(NameDay, day, Sale, day)),
                  .distinct_on = LIST(C(Seller, id)), .order_by = ORDER(weft_asc(Seller, id), weft_desc(Sale, day)));
    REPORT(f, NameDay, rows,
           "SELECT s.name, max(a.day) AS day FROM sale AS a JOIN seller AS s ON s.id = a.seller_id GROUP BY s.id, s.name ORDER BY "
           "s.id",
           NULL, "ann|2026-01-06; ben|2026-02-01; cat|2026-02-03; dot|2026-02-03");
}

static void who_sells_how_often_by_place(void **state)
{
    fixture *f = *state;
    const weft_expr *count = weft_count_all();
    NameCounts_list rows =
        weft_rows(f->s, NameCounts, .from = weft_from(Sale), .joins = OF_SELLERS, .group_by = LIST(C(Seller, name)),
                  .columns = LIST(weft_put_col(NameCounts, name, Seller, name), weft_put(NameCounts, a, count),
                                  weft_put(NameCounts, b, weft_over(weft_rank(), .order_by = ORDER(weft_desc_of(count)))),
                                  weft_put(NameCounts, c, weft_over(weft_dense_rank(), .order_by = ORDER(weft_desc_of(count))))),
                  .order_by = ORDER(weft_desc_of(weft_out(NameCounts, a)), weft_asc(Seller, name)));
    REPORT(f, NameCounts, rows,
           "SELECT s.name, count(*) AS a, rank() OVER (ORDER BY count(*) DESC) AS b, dense_rank() OVER (ORDER BY count(*) DESC) AS "
           "c FROM "
           "sale AS x JOIN seller AS s ON s.id = x.seller_id GROUP BY s.name ORDER BY a DESC, s.name",
           NULL, "ann|3|1|1; cat|3|1|1; ben|2|3|2; dot|2|3|2");
}

static void the_dearest_with_all_that_are_as_dear(void **state)
{
    fixture *f = *state;
    weft_subselect(NameSum,
                   weft_select(.from = weft_from(Sale), .joins = OF_SELLERS, .limit = 1, .with_ties = true,
                               .columns = LIST(C(Seller, name), C(Sale, amount)), .order_by = ORDER(weft_desc(Sale, amount))));
    NameSum_list rows = weft_rows(f->s, NameSum, .from = weft_from(NameSum), .order_by = ORDER(weft_asc(NameSum, name)));
    REPORT(f, NameSum, rows,
           "SELECT s.name, a.amount AS sum FROM sale AS a JOIN seller AS s ON s.id = a.seller_id WHERE a.amount + 0 = (SELECT "
           "max(amount + 0) FROM "
           "sale) ORDER BY s.name",
           NULL, "ben|40.00; dot|40.00");
}

static void what_share_each_region_has(void **state)
{
    fixture *f = *state;
    const weft_expr *share = weft_op(weft_op(weft_val(100), "*", AMOUNTS), "/", weft_over(weft_sum(AMOUNTS)));
    NameSums_list rows =
        weft_rows(f->s, NameSums, .from = weft_from(Sale), .joins = OF_SELLERS, .where = weft_eq(Sale, state, "paid"),
                  .group_by = LIST(C(Seller, region)), .order_by = ORDER(weft_asc(Seller, region)),
                  .columns = LIST(C(Seller, region), AMOUNTS, weft_fn("round", share, weft_val(2))));
    REPORT(f, NameSums, rows,
           "SELECT s.region AS name, CAST(sum(a.amount) AS numeric) AS a, CAST(round(100 * sum(a.amount) / sum(sum(a.amount)) OVER "
           "(), 2) AS numeric) AS b FROM sale AS a JOIN "
           "seller AS s ON s.id = a.seller_id WHERE a.state = 'paid' GROUP BY s.region ORDER BY s.region",
           NULL, "north|100.00|53.33; south|87.50|46.67");
}

static void products_as_their_sums_run_up(void **state)
{
    fixture *f = *state;
    NameSums_list rows = weft_rows(f->s, NameSums, .from = weft_from(Sale), .group_by = LIST(C(Sale, product)),
                                   .columns = LIST(C(Sale, product), AMOUNTS,
                                                   weft_over(weft_sum(AMOUNTS), .order_by = ORDER(weft_desc_of(AMOUNTS)))),
                                   .order_by = ORDER(weft_desc_of(AMOUNTS)));
    REPORT(f, NameSums, rows,
           "SELECT product AS name, CAST(sum(amount) AS numeric) AS a, CAST(sum(sum(amount)) OVER (ORDER BY sum(amount) DESC) AS "
           "numeric) AS b FROM sale GROUP BY product ORDER "
           "BY sum(amount) DESC",
           NULL, "pot|80.00|80.00; tea|67.50|147.50; cup|55.00|202.50");
}

typedef struct Median {
    const char *name;
    double half;
    weft_decimal most;
} Median;
WEFT_ROW(Median, WEFT_FIELD(Median, name), WEFT_FIELD(Median, half), WEFT_FIELD(Median, most));

static void what_half_of_the_sales_reach(void **state)
{
    fixture *f = *state;
    Median_list rows = weft_rows(f->s, Median, .from = weft_from(Sale), .joins = OF_SELLERS, .group_by = LIST(C(Seller, region)),
                                 .columns = LIST(C(Seller, region), weft_percentile_cont(weft_val(0.5), weft_asc(Sale, amount)),
                                                 weft_percentile_disc(weft_val(0.9), weft_asc(Sale, amount))),
                                 .order_by = ORDER(weft_asc(Seller, region)));
    REPORT(
        f, Median, rows,
        f->postgres
            ? "SELECT s.region AS name, percentile_cont(0.5) WITHIN GROUP (ORDER BY a.amount) AS half, percentile_disc(0.9) WITHIN "
              "GROUP (ORDER BY a.amount) AS most FROM sale AS a JOIN seller AS s ON s.id = a.seller_id GROUP BY s.region ORDER BY "
              "s.region"
            : "SELECT name, max(CASE WHEN n = 3 THEN v END) AS half, CAST(max(CASE WHEN n = 5 THEN v END) AS numeric) AS most FROM "
              "(SELECT s.region AS "
              "name, a.amount + 0.0 AS v, row_number() OVER (PARTITION BY s.region ORDER BY a.amount + 0) AS n FROM sale AS a JOIN "
              "seller AS s ON s.id = a.seller_id) GROUP BY name ORDER BY name",
        NULL, "north|20.00|40.00; south|15.00|40.00");
}

typedef struct Bucket {
    int64_t n;
} Bucket;
WEFT_ROW(Bucket, WEFT_FIELD(Bucket, n));
typedef struct Bar {
    int64_t from, count;
} Bar;
WEFT_ROW(Bar, WEFT_FIELD(Bar, from), WEFT_FIELD(Bar, count));

static void how_many_sales_are_of_each_size(void **state)
{
    fixture *f = *state;
    weft_series(Bucket, weft_val(0), weft_val(5));
    Bar_list rows =
        weft_rows(f->s, Bar, .from = weft_from(Bucket), .group_by = LIST(C(Bucket, n)), .order_by = ORDER(weft_asc(Bucket, n)),
                  .joins = weft_joins(weft_left_join_on(Sale, weft_op(weft_fn("floor", weft_op(C(Sale, amount), "/", weft_val(10))),
                                                                      "=", C(Bucket, n)))),
                  .columns = LIST(weft_op(C(Bucket, n), "*", weft_val(10)), weft_count(C(Sale, id))));
    REPORT(f, Bar, rows,
           f->postgres ? "SELECT 10 * n AS from, count(a.id) FROM generate_series(0, 5) AS n LEFT JOIN sale AS a ON floor(a.amount "
                         "/ 10) = n GROUP "
                         "BY n ORDER BY n"
                       : "WITH b(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM b WHERE n < 5) SELECT 10 * n AS \"from\", count(a.id) "
                         "AS count FROM b LEFT "
                         "JOIN sale AS a ON CAST(a.amount / 10 AS INTEGER) = n GROUP BY n ORDER BY n",
           NULL, "0|1; 10|4; 20|2; 30|1; 40|2; 50|0");
}

static const weft_expr *const states[] = {WEFT_LITERAL_TEXT("paid"), WEFT_LITERAL_TEXT("open"), WEFT_LITERAL_TEXT("void")};

static void states_as_columns(void **state)
{
    fixture *f = *state;
#define IN_STATE(i) weft_filter(weft_count_all(), weft_op(C(Sale, state), "=", states[i]))
    NameCounts_list rows =
        weft_rows(f->s, NameCounts, .from = weft_from(Sale), .joins = OF_SELLERS, .group_by = LIST(C(Seller, region)),
                  .columns = LIST(C(Seller, region), IN_STATE(0), IN_STATE(1), IN_STATE(2)),
                  .order_by = ORDER(weft_asc(Seller, region)));
    REPORT(f, NameCounts, rows,
           "SELECT s.region AS name, count(*) FILTER (WHERE a.state = 'paid') AS a, count(*) FILTER (WHERE a.state = 'open') AS b, "
           "count(*) "
           "FILTER (WHERE a.state = 'void') AS c FROM sale AS a JOIN seller AS s ON s.id = a.seller_id GROUP BY s.region ORDER BY "
           "s.region",
           NULL, "north|4|1|0; south|4|0|1");
}

typedef struct Cell {
    const char *region, *product;
    int64_t count;
} Cell;
WEFT_ROW(Cell, WEFT_FIELD(Cell, region), WEFT_FIELD(Cell, product), WEFT_FIELD(Cell, count));

static void by_region_by_product_and_in_all(void **state)
{
    fixture *f = *state;
    const weft_expr *region = C(Seller, region), *product = C(Sale, product);
    Cell_list rows =
        weft_rows(f->s, Cell, .from = weft_from(Sale), .joins = OF_SELLERS,
                  .group_by = LIST(weft_grouping_sets(region, product, weft_nothing)),
                  .columns = LIST(region, product, weft_count_all()),
                  .order_by = ORDER(weft_asc_of(weft_grouping(region, product)), weft_asc_of(region), weft_asc_of(product)));
    REPORT(
        f, Cell, rows,
        f->postgres
            ? "SELECT s.region, a.product, count(*) FROM sale AS a JOIN seller AS s ON s.id = a.seller_id GROUP BY GROUPING SETS "
              "(s.region, a.product, ()) ORDER BY grouping(s.region, a.product), s.region, a.product"
            : "SELECT region, product, count FROM (SELECT 1 AS g, s.region, NULL AS product, count(*) AS count FROM sale AS a JOIN "
              "seller AS s ON s.id = a.seller_id GROUP BY s.region UNION ALL SELECT 2, NULL, product, count(*) FROM sale GROUP BY "
              "product "
              "UNION ALL SELECT 3, NULL, NULL, count(*) FROM sale) ORDER BY g, region, product",
        NULL, "north|-|5; south|-|5; -|cup|3; -|pot|2; -|tea|5; -|-|10");
}

static void what_is_above_the_mean_of_its_region(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Sale);
    weft_alias(Neighbour, Seller);
    const weft_rows_options *mean =
        weft_select(.from = weft_from(Other),
                    .joins = weft_joins(weft_join_on(Neighbour, weft_eq_col(Neighbour, id, Other, seller_id))),
                    .columns = LIST(weft_avg(C(Other, amount))), .where = weft_eq_col(Neighbour, region, Seller, region));
    NameSum_list rows =
        weft_rows(f->s, NameSum, .from = weft_from(Sale), .joins = OF_SELLERS, .columns = LIST(C(Seller, name), C(Sale, amount)),
                  .where = weft_op(C(Sale, amount), ">", weft_scalar(mean)), .order_by = ORDER(weft_asc(Seller, name)));
    REPORT(f, NameSum, rows,
           "SELECT s.name, a.amount AS sum FROM sale AS a JOIN seller AS s ON s.id = a.seller_id WHERE a.amount + 0 > (SELECT "
           "avg(b.amount) FROM "
           "sale AS b JOIN seller AS t ON t.id = b.seller_id WHERE t.region = s.region) ORDER BY s.name",
           NULL, "ann|30.00; ben|40.00; cat|20.00; dot|40.00");
}

static void the_second_highest(void **state)
{
    fixture *f = *state;
    NameSum_list rows =
        weft_rows(f->s, NameSum,
                  .columns =
                      LIST(weft_val("second"),
                           weft_scalar(weft_select(.from = weft_from(Sale), .distinct = true, .columns = LIST(C(Sale, amount)),
                                                   .order_by = ORDER(weft_desc(Sale, amount)), .limit = 1, .offset = 1))));
    REPORT(f, NameSum, rows,
           "SELECT 'second' AS name, (SELECT amount FROM sale GROUP BY amount ORDER BY amount + 0 DESC LIMIT 1 OFFSET 1) AS sum",
           NULL, "second|30.00");
}

static void who_has_sold_nothing(void **state)
{
    fixture *f = *state;
    const char *text = "SELECT name FROM seller WHERE id NOT IN (SELECT seller_id FROM sale)";
    weft_subselect_as(Silent, Bucket,
                      weft_except(weft_select(.from = weft_from(Seller), .columns = LIST(C(Seller, id))),
                                  weft_select(.from = weft_from(Sale), .columns = LIST(C(Sale, seller_id)))));
    for (int how = 0; how < 4; how++) {
        Name_list rows =
            how == 0   ? weft_rows(f->s, Name, .from = weft_from(Seller), .columns = LIST(C(Seller, name)),
                                   .where = weft_not(weft_exists_in(
                                       weft_select(.from = weft_from(Sale), .where = weft_eq_col(Sale, seller_id, Seller, id)))))
            : how == 1 ? weft_rows(f->s, Name, .from = weft_from(Seller), .columns = LIST(C(Seller, name)),
                                   .where = weft_not_in_query(C(Seller, id), weft_select(.from = weft_from(Sale),
                                                                                         .columns = LIST(C(Sale, seller_id)))))
            : how == 2 ? weft_rows(f->s, Name, .from = weft_from(Seller), .columns = LIST(C(Seller, name)),
                                   .joins = weft_joins(weft_left_join_on(Sale, weft_eq_col(Sale, seller_id, Seller, id))),
                                   .where = weft_is_null(Sale, id))
                       : weft_rows(f->s, Name, .from = weft_from(Silent), .columns = LIST(C(Seller, name)),
                                   .joins = weft_joins(weft_join_on(Seller, weft_eq_col(Seller, id, Silent, n))));
        REPORT(f, Name, rows, text, NULL, "eli");
    }
}

static void what_is_sold_and_in_stock(void **state)
{
    fixture *f = *state;
    const weft_rows_options *sold = weft_select(.from = weft_from(Sale), .columns = LIST(C(Sale, product))),
                            *there = weft_select(.from = weft_from(Stock), .columns = LIST(C(Stock, product)));
    weft_subselect_as(Both, Name, weft_intersect(sold, there));
    weft_subselect_as(Unsold, Name, weft_except(there, sold));
    Name_list rows = weft_rows(f->s, Name, .from = weft_from(Both), .order_by = ORDER(weft_asc(Both, name)));
    REPORT(f, Name, rows, "SELECT product AS name FROM sale INTERSECT SELECT product FROM stock ORDER BY 1", NULL, "cup; tea");
    rows = weft_rows(f->s, Name, .from = weft_from(Unsold));
    REPORT(f, Name, rows, "SELECT product AS name FROM stock EXCEPT SELECT product FROM sale", NULL, "jug");
}

static void the_page_after_a_sale(void **state)
{
    fixture *f = *state;
    NameSum_list rows = weft_rows(f->s, NameSum, .from = weft_from(Sale), .columns = LIST(C(Sale, product), C(Sale, amount)),
                                  .where = weft_op(weft_tuple(C(Sale, amount), C(Sale, id)), ">",
                                                   weft_tuple(weft_val(((weft_decimal){"10"})), weft_val(1))),
                                  .order_by = ORDER(weft_asc(Sale, amount), weft_asc(Sale, id)), .limit = 3);
    REPORT(f, NameSum, rows,
           "SELECT product AS name, amount AS sum FROM sale WHERE amount + 0 > 10 OR (amount + 0 = 10 AND id > $1) ORDER BY amount "
           "+ 0, id LIMIT 3",
           weft_parameters(weft_value_int64(1)), "tea|10.00; tea|12.50; cup|15.00");
}

typedef struct Pair {
    const char *name, *other;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, name), WEFT_FIELD(Pair, other));

static void what_each_region_sells_most_often(void **state)
{
    fixture *f = *state;
    Pair_list rows = weft_rows(f->s, Pair, .from = weft_from(Sale), .joins = OF_SELLERS, .group_by = LIST(C(Seller, region)),
                               .columns = LIST(C(Seller, region), weft_mode(weft_asc(Sale, product))),
                               .order_by = ORDER(weft_asc(Seller, region)));
    REPORT(f, Pair, rows,
           "SELECT r.region AS name, (SELECT a.product FROM sale AS a JOIN seller AS s ON s.id = a.seller_id WHERE s.region = "
           "r.region GROUP BY "
           "a.product ORDER BY count(*) DESC, a.product LIMIT 1) AS other FROM (SELECT DISTINCT region FROM seller) AS r WHERE "
           "r.region <> 'west' "
           "ORDER BY r.region",
           NULL, "north|tea; south|cup");
}

static void how_many_pairs_there_are(void **state)
{
    fixture *f = *state;
    weft_subselect_as(Different, NameCount,
                      weft_select(.from = weft_from(Sale), .distinct = true,
                                  .columns = LIST(C(Sale, product), C(Sale, seller_id))));
    NameCount_list rows =
        weft_rows(f->s, NameCount, .from = weft_from(Different), .columns = LIST(weft_val("all"), weft_count_all()));
    REPORT(f, NameCount, rows, "SELECT 'all' AS name, count(*) AS count FROM (SELECT DISTINCT product, seller_id FROM sale) AS d",
           NULL, "all|8");
}

static void who_sells_more_than_the_boss(void **state)
{
    fixture *f = *state;
    weft_cte(Ranked, .query = weft_select(.from = weft_from(Sale), .group_by = LIST(C(Seller, name), C(Seller, id)),
                                          .joins = OF_SELLERS, .columns = LIST(C(Seller, name), AMOUNTS, C(Seller, id))));
    weft_alias(Above, Ranked);
    NameSums_list rows = weft_rows(f->s, NameSums, .from = weft_from(Ranked),
                                   .joins = weft_joins(weft_join_on(Seller, weft_eq_col(Seller, id, Ranked, place)),
                                                       weft_join_on(Above, weft_eq_col(Above, place, Seller, boss_id))),
                                   .columns = LIST(C(Ranked, name), C(Ranked, sum), C(Above, sum)),
                                   .where = weft_gt_col(Ranked, sum, Above, sum), .order_by = ORDER(weft_asc(Ranked, name)));
    REPORT(f, NameSums, rows,
           "WITH t AS (SELECT s.id, s.name, s.boss_id, sum(a.amount) AS sum FROM sale AS a JOIN seller AS s ON s.id = a.seller_id "
           "GROUP BY s.id, "
           "s.name, s.boss_id) SELECT t.name, CAST(t.sum AS numeric) AS a, CAST(b.sum AS numeric) AS b FROM t JOIN t AS b ON b.id "
           "= t.boss_id WHERE t.sum > b.sum ORDER BY t.name",
           NULL, "dot|52.50|40.00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_ON_BOTH(the_two_dearest_sales_of_each),
        REPORT_ON_BOTH(the_latest_sale_of_each),
        REPORT_ON_BOTH(who_sells_how_often_by_place),
        REPORT_ON_BOTH(the_dearest_with_all_that_are_as_dear),
        REPORT_ON_BOTH(what_share_each_region_has),
        REPORT_ON_BOTH(products_as_their_sums_run_up),
        REPORT_ON_BOTH(what_half_of_the_sales_reach),
        REPORT_ON_BOTH(how_many_sales_are_of_each_size),
        REPORT_ON_BOTH(states_as_columns),
        REPORT_ON_BOTH(by_region_by_product_and_in_all),
        REPORT_ON_BOTH(what_is_above_the_mean_of_its_region),
        REPORT_ON_BOTH(the_second_highest),
        REPORT_ON_BOTH(who_has_sold_nothing),
        REPORT_ON_BOTH(what_is_sold_and_in_stock),
        REPORT_ON_BOTH(the_page_after_a_sale),
        REPORT_ON_BOTH(what_each_region_sells_most_often),
        REPORT_ON_BOTH(how_many_pairs_there_are),
        REPORT_ON_BOTH(who_sells_more_than_the_boss),
    };
    return cmocka_run_group_tests_name("reports_groups", tests, NULL, NULL);
}
