/* Reports that climb trees and graphs, each said in types and as text. */
#include "market.h"

REPORTS(trees, market, market_rows);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

static void sellers_with_the_way_down_to_them(void **state)
{
    fixture *f = *state;
    weft_cte(Link, .query = weft_union_all(
                       weft_select(.from = weft_from(Seller), .where = weft_is_null(Seller, boss_id),
                                   .columns = LIST(C(Seller, id), C(Seller, boss_id), weft_val(0), C(Seller, name))),
                       weft_select(.from = weft_from(Seller),
                                   .joins = weft_joins(weft_join_on(Link, weft_eq_col(Link, id, Seller, boss_id))),
                                   .columns = LIST(C(Seller, id), C(Seller, boss_id), weft_op(C(Link, depth), "+", weft_val(1)),
                                                   weft_op(weft_op(C(Link, path), "||", weft_val("/")), "||", C(Seller, name))))));
    Link_list rows = weft_rows(f->s, Link, .from = weft_from(Link), .order_by = ORDER(weft_asc(Link, path)));
    REPORT(f, Link, rows,
           "WITH RECURSIVE l AS (SELECT id, boss_id AS up, CAST(0 AS bigint) AS depth, name AS path FROM seller WHERE boss_id IS "
           "NULL UNION ALL SELECT "
           "s.id, s.boss_id, l.depth + 1, l.path || '/' || s.name FROM seller AS s JOIN l ON l.id = s.boss_id) SELECT id, up, "
           "depth, path FROM l ORDER BY "
           "path",
           NULL, "1|-|0|ann; 2|1|1|ann/ben; 3|1|1|ann/cat; 4|3|2|ann/cat/dot; 5|-|0|eli");
}

static void what_a_bike_is_made_of(void **state)
{
    fixture *f = *state;
    weft_cte_as(Needed, NameCount,
                .query =
                    weft_union_all(weft_select(.from = weft_from(Piece), .columns = LIST(C(Piece, part), C(Piece, pieces)),
                                               .where = weft_eq(Piece, whole, "bike")),
                                   weft_select(.from = weft_from(Piece),
                                               .columns = LIST(C(Piece, part), weft_op(C(Piece, pieces), "*", C(Needed, count))),
                                               .joins =
                                                   weft_joins(weft_join_on(Needed, weft_eq_col(Needed, name, Piece, whole))))));
    NameCount_list rows =
        weft_rows(f->s, NameCount, .from = weft_from(Needed), .group_by = LIST(C(Needed, name)),
                  .order_by = ORDER(weft_asc(Needed, name)), .columns = LIST(C(Needed, name), weft_sum(C(Needed, count))));
    REPORT(f, NameCount, rows,
           "WITH RECURSIVE n AS (SELECT part, pieces FROM part WHERE whole = $1 UNION ALL SELECT p.part, p.pieces * n.pieces FROM "
           "part AS p JOIN n ON "
           "n.part = p.whole) SELECT part AS name, sum(pieces) AS count FROM n GROUP BY part ORDER BY part",
           weft_parameters(weft_value_text("bike")), "frame|1; screw|60; spoke|56; tyre|2; wheel|2");
}

typedef struct Under {
    int64_t boss, seller;
} Under;
WEFT_ROW(Under, WEFT_FIELD(Under, boss), WEFT_FIELD(Under, seller));

/* Everybody with everybody below, and with themselves. */
#define ALL_UNDER \
    weft_cte(Under, .query = weft_union_all(weft_select(.from = weft_from(Seller), .columns = LIST(C(Seller, id), C(Seller, id))), \
                                            weft_select(.from = weft_from(Seller), .columns = LIST(C(Under, boss), C(Seller, id)), \
                                                        .joins = weft_joins( \
                                                            weft_join_on(Under, weft_eq_col(Under, seller, Seller, boss_id))))))
#define UNDER_AS_TEXT \
    "WITH RECURSIVE u(boss, seller) AS (SELECT id, id FROM seller UNION ALL SELECT u.boss, s.id FROM seller AS s JOIN u ON " \
    "u.seller = s.boss_id) "

static void how_many_are_below(void **state)
{
    fixture *f = *state;
    ALL_UNDER;
    NameCount_list rows = weft_rows(f->s, NameCount, .from = weft_from(Under),
                                    .joins = weft_joins(weft_join_on(Seller, weft_eq_col(Seller, id, Under, boss))),
                                    .where = weft_ne_col(Under, boss, Under, seller), .group_by = LIST(C(Seller, name)),
                                    .columns = LIST(C(Seller, name), weft_count_all()), .order_by = ORDER(weft_asc(Seller, name)));
    REPORT(f, NameCount, rows,
           UNDER_AS_TEXT "SELECT s.name, count(*) AS count FROM u JOIN seller AS s ON s.id = u.boss WHERE u.boss <> u.seller GROUP "
                         "BY s.name ORDER BY s.name",
           NULL, "ann|3; cat|1");
}

static void what_bosses_sell_with_all_below(void **state)
{
    fixture *f = *state;
    ALL_UNDER;
    NameSum_list rows = weft_rows(f->s, NameSum, .from = weft_from(Under),
                                  .joins = weft_joins(weft_join_on(Seller, weft_eq_col(Seller, id, Under, boss)),
                                                      weft_left_join_on(Sale, weft_eq_col(Sale, seller_id, Under, seller))),
                                  .group_by = LIST(C(Seller, name)), .order_by = ORDER(weft_asc(Seller, name)),
                                  .columns = LIST(C(Seller, name), weft_coalesce(weft_sum(C(Sale, amount)), weft_val(0))));
    REPORT(f, NameSum, rows,
           UNDER_AS_TEXT "SELECT s.name, CAST(coalesce(sum(a.amount), 0) AS numeric) AS sum FROM u JOIN seller AS s ON s.id = "
                         "u.boss LEFT JOIN sale AS a ON "
                         "a.seller_id = u.seller GROUP BY s.name ORDER BY s.name",
           NULL, "ann|202.50; ben|50.00; cat|92.50; dot|52.50; eli|0.00");
}

typedef struct Pair {
    const char *name, *root;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, name), WEFT_FIELD(Pair, root));

static void who_is_above_all(void **state)
{
    fixture *f = *state;
    ALL_UNDER;
    weft_alias(Root, Seller);
    Pair_list rows =
        weft_rows(f->s, Pair, .from = weft_from(Under),
                  .joins = weft_joins(weft_join_on(Root, weft_and(weft_eq_col(Root, id, Under, boss), weft_is_null(Root, boss_id))),
                                      weft_join_on(Seller, weft_eq_col(Seller, id, Under, seller))),
                  .columns = LIST(C(Seller, name), C(Root, name)), .order_by = ORDER(weft_asc(Seller, name)));
    REPORT(f, Pair, rows,
           UNDER_AS_TEXT "SELECT s.name, r.name AS root FROM u JOIN seller AS r ON r.id = u.boss AND r.boss_id IS NULL JOIN seller "
                         "AS s ON s.id = u.seller "
                         "ORDER BY s.name",
           NULL, "ann|ann; ben|ann; cat|ann; dot|ann; eli|eli");
}

/* A graph with a circle: who can be reached, each once. */
static void what_can_be_reached(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "INSERT INTO part (id, whole, part, pieces) VALUES (9, 'screw', 'wheel', 1)");
    weft_cte_as(Reached, Name,
                .query =
                    weft_union(weft_select(.columns = LIST(weft_val("wheel"))),
                               weft_select(.from = weft_from(Piece), .columns = LIST(C(Piece, part)),
                                           .joins = weft_joins(weft_join_on(Reached, weft_eq_col(Reached, name, Piece, whole))))));
    Name_list rows = weft_rows(f->s, Name, .from = weft_from(Reached), .order_by = ORDER(weft_asc(Reached, name)));
    REPORT(f, Name, rows,
           "WITH RECURSIVE r AS (SELECT $1 AS name UNION SELECT p.part FROM part AS p JOIN r ON r.name = p.whole) SELECT name FROM "
           "r ORDER BY name",
           weft_parameters(weft_value_text("wheel")), "screw; spoke; tyre; wheel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_ON_BOTH(sellers_with_the_way_down_to_them),
        REPORT_ON_BOTH(what_a_bike_is_made_of),
        REPORT_ON_BOTH(how_many_are_below),
        REPORT_ON_BOTH(what_bosses_sell_with_all_below),
        REPORT_ON_BOTH(who_is_above_all),
        REPORT_ON_BOTH(what_can_be_reached),
    };
    return cmocka_run_group_tests_name("reports_trees", tests, NULL, NULL);
}
