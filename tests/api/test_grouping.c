/* Grouping sets: what comes back is compared with loops over the rows, set by set. */
#include "support/fixture.h"

WEFT_DECLARE(Sale);
WEFT_DECLARE(Region);
WEFT_DECLARE(Total);
struct Sale {
    int64_t id;
    const char *region, *state;
    int32_t pieces;
    weft_decimal amount;
    weft_date day;
};
struct Region {
    int64_t id;
    const char *name;
    int32_t people;
};
struct Total {
    int64_t id;
    const char *region;
    weft_decimal amount;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Sale, region, .nullable = true), WEFT_COLUMN(Sale, state), WEFT_COLUMN(Sale, pieces),
           WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2), WEFT_COLUMN(Sale, day));
WEFT_MODEL(Region, "region", WEFT_COLUMN(Region, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Region, name),
           WEFT_COLUMN(Region, people));
WEFT_MODEL(Total, "total", WEFT_COLUMN(Total, id, .primary_key = true), WEFT_COLUMN(Total, region, .nullable = true),
           WEFT_COLUMN(Total, amount, .precision = 10, .scale = 2));
WEFT_METADATA(models, &Sale_model, &Region_model, &Total_model);
FIXTURE_MODELS(models);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

typedef struct Cell {
    const char *region, *state;
    weft_opt_int32 pieces;
    weft_decimal amount;
    int64_t sales;
    int32_t rest;
} Cell;
WEFT_ROW(Cell, WEFT_FIELD(Cell, region), WEFT_FIELD(Cell, state), WEFT_FIELD(Cell, pieces), WEFT_FIELD(Cell, amount),
         WEFT_FIELD(Cell, sales), WEFT_FIELD(Cell, rest));
typedef struct Line {
    const char *region;
    weft_decimal amount;
    weft_opt_int64 place;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, region), WEFT_FIELD(Line, amount), WEFT_FIELD(Line, place));
typedef struct Month {
    weft_opt_date month;
    const char *names;
} Month;
WEFT_ROW(Month, WEFT_FIELD(Month, month), WEFT_FIELD(Month, names));
typedef struct Count {
    int64_t count;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, count));

typedef struct Ask {
    const char *separator;
    int32_t least, factor;
    double share;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, separator), WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, factor), WEFT_FIELD(Ask, share));
WEFT_PARAMETERS(Ask);
typedef struct Told {
    const char *region, *states;
    int64_t sum;
    double middle;
} Told;
WEFT_ROW(Told, WEFT_FIELD(Told, region), WEFT_FIELD(Told, states), WEFT_FIELD(Told, sum), WEFT_FIELD(Told, middle));
/* As constant data, columns by the fields that they go into, in another order. */
WEFT_STATEMENT(told, Told, Ask, .from = weft_from(Sale), .group_by = LIST(weft_rollup(weft_out(Told, region))),
               .columns = LIST(weft_put(Told, middle, weft_percentile_cont(weft_param(Ask, share), weft_asc(Sale, pieces))),
                               weft_put(Told, states,
                                        weft_ordered(weft_string_agg(weft_distinct(C(Sale, state)), weft_param(Ask, separator)),
                                                     weft_asc(Sale, state))),
                               weft_put(Told, sum,
                                        weft_sql(WEFT_INT64, "CAST(sum(:p) AS bigint) * :factor", weft_arg("p", C(Sale, pieces)),
                                                 weft_arg("factor", weft_param(Ask, factor)))),
                               weft_put_col(Told, region, Sale, region)),
               .having = weft_and(weft_op(weft_count_all(), ">=", weft_param(Ask, least)),
                                  weft_op(weft_param(Ask, least), "<=",
                                          weft_all_of(weft_select(.from = weft_from(Region), .columns = LIST(C(Region, people)))))),
               .order_by = ORDER(weft_asc_of(weft_grouping(C(Sale, region))), weft_asc_of(weft_out(Told, region))));

enum { SALES = 14, MOST = 256 };
static const char *const regions[] = {"north", "south", NULL};
static const char *const states[] = {"open", "paid"};
static const char *region_of(int i) { return regions[i % 3]; }
static const char *state_of(int i) { return states[i * 7 % 5 % 2]; }
static int pieces_of(int i) { return i * 5 % 4; }
static int cents_of(int i) { return i * 317 % 90 * 10 - 200; }

static void add_sales(weft_session *s)
{
    char texts[SALES][16];
    for (int i = 0; i < SALES; i++) {
        const int cents = cents_of(i), absolute = cents < 0 ? -cents : cents;
        (void)snprintf(texts[i], sizeof texts[i], "%s%d.%02d", cents < 0 ? "-" : "", absolute / 100, absolute % 100);
        (void)weft_new(s, Sale, .id = i + 1, .region = region_of(i), .state = state_of(i), .pieces = pieces_of(i),
                       .amount = {texts[i]}, .day = {i * 9});
    }
    (void)weft_new(s, Region, .id = 1, .name = "north", .people = 7);
    (void)weft_new(s, Region, .id = 2, .name = "south", .people = 9);
    commit_ok(s);
}

/* ---- a plain model: keys are bits, 1 region, 2 state, 4 pieces ---- */

typedef struct group {
    char text[96];
} group;

static int compare_groups(const void *a, const void *b) { return strcmp(((const group *)a)->text, ((const group *)b)->text); }

static bool same(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

static bool are_one_group(int i, int j, unsigned set)
{
    return ((set & 1) == 0 || same(region_of(i), region_of(j))) && ((set & 2) == 0 || same(state_of(i), state_of(j))) &&
           ((set & 4) == 0 || pieces_of(i) == pieces_of(j));
}

static void write_group(group *g, const char *region, const char *state, int pieces, long cents, long count, long rest)
{
    (void)snprintf(g->text, sizeof g->text, "%s|%s|%d|%ld|%ld|%ld", region != NULL ? region : "-", state != NULL ? state : "-",
                   pieces, cents, count, rest);
}

/* Of sales with at least so many pieces; the groups of which there are more than few. */
static size_t expect(group groups[MOST], const unsigned *sets, size_t set_count, int least, long few)
{
    size_t count = 0;
    for (size_t s = 0; s < set_count; s++) {
        const unsigned set = sets[s];
        bool any = false;
        for (int i = 0; i < SALES; i++) {
            long cents = 0, sales = 0;
            bool first = pieces_of(i) >= least;
            for (int j = 0; j < SALES; j++) {
                if (pieces_of(j) < least || !are_one_group(i, j, set))
                    continue;
                first = first && j >= i;
                cents += cents_of(j);
                sales++;
            }
            any = any || first;
            if (first && sales > few)
                write_group(&groups[count++], (set & 1) != 0 ? region_of(i) : NULL, (set & 2) != 0 ? state_of(i) : NULL,
                            (set & 4) != 0 ? pieces_of(i) : -1, cents, sales,
                            ((set & 1) == 0) * 4 + ((set & 2) == 0) * 2 + ((set & 4) == 0));
        }
        if (!any && set == 0 && few < 0)
            write_group(&groups[count++], NULL, NULL, -1, 0, 0, 7);
    }
    qsort(groups, count, sizeof *groups, compare_groups);
    return count;
}

#define KEYS C(Sale, region), C(Sale, state), C(Sale, pieces)
#define CELLS \
    LIST(KEYS, weft_coalesce(weft_sum(C(Sale, amount)), weft_val((weft_decimal){"0.00"})), weft_count_all(), weft_grouping(KEYS))

static void check(weft_session *s, const weft_expr *group_by, const unsigned *sets, size_t set_count)
{
    group expected[MOST], found[MOST];
    static const int leasts[] = {0, 2, 9};
    for (int least = 0; least < 3; least++)
        for (long few = -1; few < 4; few += 2) {
            const size_t count = expect(expected, sets, set_count, leasts[least], few);
            Cell_list list =
                weft_rows(s, Cell, .from = weft_from(Sale), .columns = CELLS, .group_by = group_by,
                          .where = weft_ge(Sale, pieces, leasts[least]), .having = weft_op(weft_count_all(), ">", weft_val(few)));
            assert_ok(s);
            assert_int_equal(list.count, count);
            for (size_t i = 0; i < count; i++) {
                const Cell *cell = list.items[i];
                const double amount = strtod(cell->amount.text, NULL) * 100;
                write_group(&found[i], cell->region, cell->state, cell->pieces.set ? cell->pieces.value : -1,
                            (long)(amount < 0 ? amount - 0.5 : amount + 0.5), (long)cell->sales, cell->rest);
            }
            qsort(found, count, sizeof *found, compare_groups);
            for (size_t i = 0; i < count; i++)
                assert_string_equal(found[i].text, expected[i].text);
        }
}
#define CHECK(group_by, ...) \
    check(s, group_by, (const unsigned[]){__VA_ARGS__}, sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static void every_set_has_its_groups(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    const size_t before = fixture_cached(f);
    CHECK(LIST(weft_rollup(KEYS)), 7, 3, 1, 0);
    CHECK(LIST(weft_cube(KEYS)), 0, 1, 2, 3, 4, 5, 6, 7);
    CHECK(LIST(weft_grouping_sets(weft_tuple(C(Sale, region), C(Sale, pieces)), C(Sale, state), weft_nothing)), 5, 2, 0);
    CHECK(LIST(weft_grouping_sets(weft_rollup(C(Sale, region), C(Sale, state)), weft_cube(C(Sale, pieces)),
                                  weft_grouping_sets(weft_nothing))),
          3, 1, 0, 4, 0, 0);
    CHECK(LIST(C(Sale, state), weft_rollup(C(Sale, region), C(Sale, pieces))), 7, 3, 2);
    CHECK(LIST(weft_rollup(C(Sale, region)), weft_cube(C(Sale, state), C(Sale, pieces))), 7, 5, 3, 1, 6, 4, 2, 0);
    CHECK(LIST(weft_rollup(weft_tuple(C(Sale, region), C(Sale, state)), C(Sale, pieces))), 7, 3, 0);
    /* A key that stands twice is one, and its sets are as many as without. */
    CHECK(LIST(weft_rollup(C(Sale, region), C(Sale, state), C(Sale, region), C(Sale, pieces))), 7, 3, 3, 1, 0);
    CHECK(LIST(weft_rollup(C(Sale, region), C(Sale, region)), C(Sale, state), C(Sale, pieces)), 7, 7, 6);
    CHECK(LIST(weft_cube(C(Sale, region), C(Sale, region)), C(Sale, state), C(Sale, pieces)), 7, 7, 7, 6);
    CHECK(LIST(weft_grouping_sets(weft_tuple(C(Sale, region), C(Sale, region)), C(Sale, region)), C(Sale, state), C(Sale, pieces)),
          7, 7);
    CHECK(LIST(weft_grouping_sets(C(Sale, region), C(Sale, region), weft_tuple(KEYS))), 1, 1, 7);
    CHECK(LIST(weft_tuple(C(Sale, region), C(Sale, state)), C(Sale, pieces)), 7);
    assert_int_equal(fixture_cached(f), before + 13); /* whatever the values */
}

static void the_statements_are_these(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    (void)weft_rows(s, Line, .from = weft_from(Sale),
                    .columns = LIST(C(Sale, region), weft_filter(weft_sum(C(Sale, amount)), weft_eq(Sale, state, "paid")),
                                    weft_grouping(C(Sale, region))),
                    .where = weft_gt(Sale, id, 0), .group_by = LIST(weft_rollup(C(Sale, region))),
                    .having = weft_op(weft_count_all(), ">", weft_val(1)), .order_by = ORDER(weft_asc(Sale, region)), .limit = 9);
    assert_ok(s);
    assert_string_equal(fixture_last_sql(f),
                        f->postgres
                            ? "SELECT sale.region, sum(sale.amount) FILTER (WHERE sale.state = $1), grouping(sale.region) FROM "
                              "sale WHERE sale.id > $2 "
                              "GROUP BY ROLLUP (sale.region) HAVING count(*) > $3 ORDER BY sale.region LIMIT $4"
                            : "SELECT weft_groups.k1, weft_groups.a1, weft_groups.a2 FROM (SELECT sale.region AS k1, "
                              "weft_decimal_sum(sale.amount) FILTER "
                              "(WHERE sale.state = ?1) AS a1, 0 AS a2, count(*) AS a3 FROM sale WHERE sale.id > ?2 GROUP BY "
                              "sale.region UNION ALL SELECT "
                              "NULL AS k1, weft_decimal_sum(sale.amount) FILTER (WHERE sale.state = ?1) AS a1, 1 AS a2, count(*) "
                              "AS a3 FROM sale WHERE "
                              "sale.id > ?2) AS weft_groups WHERE weft_groups.a3 > ?3 ORDER BY weft_groups.k1 NULLS LAST LIMIT ?4");
}

/* The rows of regions and totals as "region=cents/place;". */
static void assert_lines(weft_session *s, Line_list list, const char *expected)
{
    char text[512] = "";
    assert_ok(s);
    for (size_t i = 0; i < list.count; i++) {
        const double amount = list.items[i]->amount.text != NULL ? strtod(list.items[i]->amount.text, NULL) * 100 : 0;
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s=%ld/%ld;",
                       list.items[i]->region != NULL ? list.items[i]->region : "-",
                       (long)(amount < 0 ? amount - 0.5 : amount + 0.5),
                       list.items[i]->place.set ? (long)list.items[i]->place.value : -1);
    }
    assert_string_equal(text, expected);
}

static long sum_of(const char *region, bool all)
{
    long cents = 0;
    for (int i = 0; i < SALES; i++)
        cents += all || same(region_of(i), region) ? cents_of(i) : 0;
    return cents;
}

static void orders_limits_and_windows_go_over_all_groups(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    char expected[512];
    add_sales(s);
    const long north = sum_of("north", false), south = sum_of("south", false), none = sum_of(NULL, false), all = sum_of(NULL, true);
    const weft_expr *sum = weft_sum(C(Sale, amount)), *rest = weft_grouping(C(Sale, region));
    (void)snprintf(expected, sizeof expected, "north=%ld/0;south=%ld/0;-=%ld/0;-=%ld/1;", north, south, none, all);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Sale), .columns = LIST(C(Sale, region), sum, rest),
                           .group_by = LIST(weft_rollup(C(Sale, region))),
                           .order_by = ORDER(weft_asc_of(rest), weft_asc(Sale, region))),
                 expected);
    (void)snprintf(expected, sizeof expected, "-=%ld/0;", none);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Sale), .columns = LIST(C(Sale, region), sum, rest), .limit = 1, .offset = 2,
                           .group_by = LIST(weft_rollup(C(Sale, region))),
                           .order_by = ORDER(weft_asc_of(rest), weft_asc(Sale, region))),
                 expected);
    /* A place among the groups of its set, a sum over all, and a share by what is no column. */
    int place_north = 1 + (south > north) + (none > north), place_south = 1 + (north > south) + (none > south);
    int place_none = 1 + (north > none) + (south > none);
    (void)snprintf(expected, sizeof expected, "north=%ld/%d;south=%ld/%d;-=%ld/%d;-=%ld/1;", north, place_north, south, place_south,
                   none, place_none, all);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Sale), .group_by = LIST(weft_rollup(C(Sale, region))),
                           .columns =
                               LIST(C(Sale, region), sum,
                                    weft_over(weft_rank(), .partition_by = LIST(rest), .order_by = ORDER(weft_desc_of(sum)))),
                           .order_by = ORDER(weft_asc_of(rest), weft_nulls_last(weft_asc(Sale, region)))),
                 expected);
    /* HAVING leaves the named regions, before the windows see them. */
    int named = 0;
    for (int i = 0; i < SALES; i++)
        named += region_of(i) != NULL;
    (void)snprintf(expected, sizeof expected, "south=%ld/%d;", south + north, named);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Sale), .group_by = LIST(weft_rollup(C(Sale, region))), .limit = 1,
                           .columns = LIST(C(Sale, region), weft_over(weft_sum(sum)), weft_over(weft_sum(weft_count_all()))),
                           .order_by = ORDER(weft_desc(Sale, region)), .having = weft_not_null(C(Sale, region))),
                 expected);
}

static void groups_stand_in_other_queries(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    char expected[512];
    add_sales(s);
    const long north = sum_of("north", false), south = sum_of("south", false), all = sum_of(NULL, true);
    const weft_rows_options *groups =
        weft_select(.from = weft_from(Sale), .group_by = LIST(weft_rollup(C(Sale, region))),
                    .columns = LIST(C(Sale, region), weft_sum(C(Sale, amount)), weft_grouping(C(Sale, region))));
    (void)snprintf(expected, sizeof expected, "north=%ld/0;south=%ld/0;", north, south);
    weft_subselect(Line, groups);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Line), .where = weft_is_not_null(Line, region),
                           .order_by = ORDER(weft_asc(Line, region))),
                 expected);
    weft_cte_as(Lines, Line, .query = groups);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Lines),
                           .joins = weft_joins(weft_join_on(Region, weft_eq_col(Region, name, Lines, region))),
                           .columns = LIST(C(Region, name), C(Lines, amount), C(Lines, place)),
                           .order_by = ORDER(weft_asc(Region, name))),
                 expected);
    weft_subselect_as(Both, Line,
                      weft_union_all(groups, groups,
                                     weft_select(.from = weft_from(Region),
                                                 .columns = LIST(C(Region, name), weft_val((weft_decimal){"1"}), weft_val(5)))));
    (void)snprintf(expected, sizeof expected, "-=%ld/1;-=%ld/1;", all, all);
    assert_lines(s, weft_rows(s, Line, .from = weft_from(Both), .where = weft_eq(Both, place, 1)), expected);
}

static void subqueries_name_keys(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    char expected[512];
    add_sales(s);
    const long north = sum_of("north", false), south = sum_of("south", false);
    /* Subqueries that name a key, in columns, in HAVING and within an aggregate. */
    (void)snprintf(expected, sizeof expected, "north=%ld/7;south=%ld/9;", north, south);
    const weft_expr *own = weft_eq_col(Region, name, Sale, region);
    assert_lines(s,
                 weft_rows(s, Line, .from = weft_from(Sale), .group_by = LIST(weft_cube(C(Sale, region))),
                           .columns = LIST(C(Sale, region), weft_sum(C(Sale, amount)),
                                           weft_scalar(weft_select(.from = weft_from(Region),
                                                                   .columns = LIST(weft_max(C(Region, people))), .where = own))),
                           .having = weft_exists_in(
                               weft_select(.from = weft_from(Region), .where = weft_and(own, weft_gt(Region, people, 1)))),
                           .order_by = ORDER(weft_asc(Sale, region))),
                 expected);
    Count_list counted =
        weft_rows(s, Count, .from = weft_from(Sale), .group_by = LIST(weft_grouping_sets(weft_nothing)),
                  .columns = LIST(weft_sum(
                      weft_case(weft_exists_in(weft_select(.from = weft_from(Region), .where = own)), weft_val(1), weft_val(0)))));
    assert_ok(s);
    assert_int_equal(counted.count, 1);
    assert_int_equal(counted.items[0]->count, 10);
    /* An aggregate beside ALL of a subquery, and of a list; a key beside a value. */
    const int most[] = {5, 4};
    counted =
        weft_rows(s, Count, .from = weft_from(Sale), .group_by = LIST(weft_rollup(C(Sale, region))),
                  .columns = LIST(weft_count_all()),
                  .having =
                      weft_and(weft_op(weft_count_all(), ">=", weft_all_items(most, 2)), weft_eq(Sale, region, "north"),
                               weft_op(weft_count_all(), "<",
                                       weft_any_of(weft_select(.from = weft_from(Region), .columns = LIST(C(Region, people)))))));
    assert_ok(s);
    assert_int_equal(counted.count, 1);
    assert_int_equal(counted.items[0]->count, 5);
    /* A query of groups within one of groups. */
    weft_alias(Other, Sale);
    counted = weft_rows(s, Count, .from = weft_from(Sale), .group_by = LIST(weft_rollup(C(Sale, region))),
                        .order_by = ORDER(weft_desc_of(weft_count_all())), .limit = 1,
                        .columns = LIST(
                            weft_scalar(weft_select(.from = weft_from(Other), .group_by = LIST(weft_rollup(C(Other, region))),
                                                    .columns = LIST(weft_count_all()),
                                                    .having = weft_and(weft_op(weft_grouping(C(Other, region)), "=", weft_val(1)),
                                                                       weft_null(C(Other, region))),
                                                    .limit = 1))));
    assert_ok(s);
    assert_int_equal(counted.items[0]->count, SALES);
    /* What is inserted, and what is written by it. */
    int64_t rows = 0;
    assert_int_equal(weft_execute_insert(weft_session_connection(s),
                                         weft_insert_into(Total, .columns = LIST(C(Total, region), C(Total, amount)),
                                                          .query = weft_select(.from = weft_from(Sale),
                                                                               .group_by = LIST(weft_rollup(C(Sale, region))),
                                                                               .columns = LIST(C(Sale, region),
                                                                                               weft_sum(C(Sale, amount))))),
                                         &rows, NULL),
                     WEFT_OK);
    assert_int_equal(rows, 4);
    commit_ok(s);
    (void)snprintf(expected, sizeof expected, "2|%ld.%02ld", north / 100, north % 100);
    assert_rows(f, "SELECT (SELECT count(*) FROM total WHERE region IS NULL), amount FROM total WHERE region = 'north'", expected);
}

static void keys_are_expressions(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    const weft_expr *month = weft_date_trunc(C(Sale, day), WEFT_MONTH);
    for (int run = 0; run < 2; run++) {
        Month_list list =
            weft_rows(s, Month, .from = weft_from(Sale), .group_by = LIST(weft_rollup(month)),
                      .order_by = ORDER(weft_asc_of(month)),
                      .columns =
                          LIST(month, weft_ordered(weft_string_agg(weft_distinct(C(Sale, state)), weft_val(run == 0 ? "," : "+")),
                                                   weft_desc(Sale, state))),
                      .having = weft_op(month, "<>", weft_val((weft_date){31})));
        assert_ok(s);
        assert_int_equal(list.count, 3); /* January, March, April; of all months <> is NULL */
        assert_int_equal(list.items[0]->month.value.days, 0);
        assert_int_equal(list.items[1]->month.value.days, 59);
        assert_string_equal(list.items[0]->names, run == 0 ? "paid,open" : "paid+open");
    }
    const weft_expr *large = weft_case(weft_literally(weft_gt(Sale, pieces, 1)), weft_literal("large"), weft_literal("small"));
    Line_list list =
        weft_rows(s, Line, .from = weft_from(Sale), .group_by = LIST(weft_rollup(weft_label(large, "size"))),
                  .columns = LIST(weft_label(large, "size"), weft_percentile_disc(weft_val(0.0), weft_asc(Sale, amount)),
                                  weft_cast(weft_count(weft_distinct(C(Sale, pieces))), WEFT_INT64)),
                  .order_by = ORDER(weft_asc_of(weft_label(large, "size"))));
    int least[2] = {0, 0}, both = 0;
    for (int i = 0; i < SALES; i++) {
        int *of = &least[pieces_of(i) <= 1];
        *of = cents_of(i) < *of ? cents_of(i) : *of;
        both = cents_of(i) < both ? cents_of(i) : both;
    }
    char expected[128];
    (void)snprintf(expected, sizeof expected, "large=%d/2;small=%d/2;-=%d/4;", least[0], least[1], both);
    assert_lines(s, list, expected);
    assert_int_equal(fixture_cached(f) > 0, true);
}

static void groups_are_told_by_constant_statements(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    for (int factor = 1; factor < 4; factor++) {
        Told_list list = weft_run(s, told, .separator = factor == 2 ? "+" : ", ", .least = 5, .factor = factor, .share = 0.5);
        assert_ok(s);
        assert_int_equal(list.count, 3); /* of four; NULL stands for few */
        for (size_t i = 0; i < list.count; i++) {
            long sum = 0, count = 0;
            int pieces[SALES];
            for (int j = 0; j < SALES; j++)
                if (i == 2 || same(region_of(j), regions[i])) {
                    sum += pieces_of(j);
                    pieces[count++] = pieces_of(j);
                }
            for (long a = 0; a < count; a++) /* in order */
                for (long b = a + 1; b < count; b++)
                    if (pieces[b] < pieces[a]) {
                        const int other = pieces[a];
                        pieces[a] = pieces[b];
                        pieces[b] = other;
                    }
            assert_true(i == 2 ? list.items[i]->region == NULL : same(list.items[i]->region, regions[i]));
            assert_int_equal(list.items[i]->sum, sum * factor);
            assert_string_equal(list.items[i]->states, factor == 2 ? "open+paid" : "open, paid");
            assert_true(list.items[i]->middle ==
                        (count % 2 == 1 ? pieces[count / 2] : (pieces[count / 2 - 1] + pieces[count / 2]) / 2.0));
        }
    }
    Told_list none = weft_run(s, told, .separator = "", .least = 8, .factor = 1, .share = 0);
    assert_ok(s);
    assert_int_equal(none.count, 0);
}

/* As many as there may be: every second one has the same two groups for each key. */
static void a_cube_of_eight_keys_has_256_sets(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Sale, .id = 1, .region = "a", .state = "b", .pieces = 3, .amount = {"1.00"}, .day = {5});
    (void)weft_new(s, Sale, .id = 2, .region = "a", .state = "c", .pieces = 3, .amount = {"2.00"}, .day = {5});
    commit_ok(s);
    const weft_expr *region = C(Sale, region);
    const weft_expr *keys =
        weft_cube(KEYS, C(Sale, amount), C(Sale, day), weft_upper(region), weft_lower(region), weft_fn("length", region));
    Count_list list = weft_rows(s, Count, .from = weft_from(Sale), .group_by = keys, .columns = LIST(weft_count_all()));
    assert_ok(s);
    size_t ones = 0, twos = 0;
    for (size_t i = 0; i < list.count; i++)
        *(list.items[i]->count == 1 ? &ones : &twos) += 1;
    assert_int_equal(twos, 64); /* neither state nor amount */
    assert_int_equal(ones, 2 * 192);
}

static void no_rows_are_one_group_of_all(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Cell_list list = weft_rows(s, Cell, .from = weft_from(Sale), .columns = CELLS, .group_by = LIST(weft_cube(KEYS)));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_true(list.items[0]->region == NULL && list.items[0]->sales == 0 && list.items[0]->rest == 7);
    list = weft_rows(s, Cell, .from = weft_from(Sale), .group_by = LIST(weft_rollup(KEYS)), .distinct = true,
                     .columns = LIST(KEYS, weft_literal((weft_decimal){"1"}), weft_cast(weft_grouping(C(Sale, region)), WEFT_INT64),
                                     weft_grouping(KEYS)));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->sales, 1);
    add_sales(s);
    Count_list counted = weft_rows(s, Count, .from = weft_from(Sale), .group_by = LIST(weft_cube(KEYS)), .distinct = true,
                                   .columns = LIST(weft_cast(weft_grouping(KEYS), WEFT_INT64)));
    assert_ok(s);
    assert_int_equal(counted.count, 8);
}

static void mistakes_say_what_to_write(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const weft_expr *region = C(Sale, region);
    const struct {
        const weft_expr *group, *column;
        weft_status status;
        const char *message;
    } mistakes[] = {
        {weft_rollup(region), C(Sale, state), WEFT_ERROR_MISUSE, "columns names Sale.state, of which a group may have several"},
        {weft_rollup(region, C(Sale, id)), C(Sale, state), WEFT_ERROR_MISUSE, "columns names Sale.state"},
        {weft_rollup(weft_coalesce(region, weft_val("x"))), weft_count_all(), WEFT_ERROR_MISUSE,
         "put weft_literally around values"},
        {weft_rollup(weft_sum(C(Sale, pieces))), region, WEFT_ERROR_MISUSE, "an aggregate or a window in it"},
        {weft_rollup(weft_literal(1)), weft_count_all(), WEFT_ERROR_MISUSE, "is a constant"},
        {weft_rollup(weft_rollup(region)), region, WEFT_ERROR_MISUSE, "stands where a key does"},
        {weft_cube(weft_nothing), weft_count_all(), WEFT_ERROR_MISUSE, "weft_nothing belongs into weft_grouping_sets"},
        {weft_rollup(region), weft_grouping(C(Sale, state)), WEFT_ERROR_MISUSE, "weft_grouping names what is no key"},
        {region, weft_grouping(region), WEFT_ERROR_MISUSE, "of a query with weft_rollup"},
        {weft_cube(KEYS, C(Sale, id), C(Sale, amount), C(Sale, day), weft_upper(region), weft_lower(region),
                   weft_fn("length", region)),
         region, WEFT_ERROR_LIMIT, "weft_cube has more than 8 parts"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        (void)weft_rows(s, Line, .from = weft_from(Sale), .group_by = LIST(mistakes[i].group),
                        .columns = LIST(region, mistakes[i].column, weft_count_all()));
        assert_message(s, mistakes[i].message);
        assert_refused(s, mistakes[i].status);
    }
    (void)weft_rows(s, Count, .from = weft_from(Sale), .group_by = LIST(weft_rollup(region)), .columns = LIST(weft_count_all()),
                    .where = weft_op(weft_grouping(region), "=", weft_val(0)));
    assert_message(s, "weft_grouping stands in .columns, .having or .order_by");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Count, .from = weft_from(Sale), .columns = LIST(weft_rollup(region)));
    assert_message(s, "weft_rollup (op 94) stands where a value or condition is expected");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_set_has_its_groups),
        ON_BOTH(the_statements_are_these),
        ON_BOTH(orders_limits_and_windows_go_over_all_groups),
        ON_BOTH(groups_stand_in_other_queries),
        ON_BOTH(subqueries_name_keys),
        ON_BOTH(keys_are_expressions),
        ON_BOTH(groups_are_told_by_constant_statements),
        ON_BOTH(a_cube_of_eight_keys_has_256_sets),
        ON_BOTH(no_rows_are_one_group_of_all),
        ON_BOTH(mistakes_say_what_to_write),
    };
    return cmocka_run_group_tests_name("grouping", tests, NULL, NULL);
}
