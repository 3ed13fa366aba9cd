/* Aggregates with distinct values, an order or a condition of their own, shares of ordered values, and where none may stand.
 * What comes back is compared with sorted arrays of the same rows. */
#include "support/fixture.h"

#include <math.h>

WEFT_DECLARE(Sale);
struct Sale {
    int64_t id;
    const char *region, *buyer;
    int32_t pieces;
    weft_decimal amount;
    weft_opt_double score;
    weft_opt_bool paid;
    weft_opt_interval took;
    weft_date day;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, region),
           WEFT_COLUMN(Sale, buyer, .nullable = true), WEFT_COLUMN(Sale, pieces),
           WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2), WEFT_COLUMN(Sale, score), WEFT_COLUMN(Sale, paid),
           WEFT_COLUMN(Sale, took), WEFT_COLUMN(Sale, day));
WEFT_METADATA(models, &Sale_model);
static const char *const filling = "INSERT INTO sale (id, region, buyer, pieces, amount, score, paid, day) VALUES "
                                   "(1, 'north', 'bob', 3, '10.00', 1.5, true, '2026-01-02'), "
                                   "(2, 'north', 'ada', 1, '9.50', 2.5, true, '2026-01-01'), "
                                   "(3, 'north', 'bob', 2, '100.00', NULL, NULL, '2026-01-03'), "
                                   "(4, 'south', NULL, 5, '7.25', 4, false, '2026-01-02'), "
                                   "(5, 'south', '', 5, '-1.00', 8, true, '2026-01-05'), "
                                   "(6, 'south', 'cyd', 4, '7.25', 16, true, '2026-01-05'), "
                                   "(7, 'west', NULL, 0, '0.00', NULL, NULL, '2026-01-09')";
FIXTURE_ROWS(models, filling);

#define C(f) weft_col(Sale, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)
#define BY_REGION .from = weft_from(Sale), .group_by = LIST(C(region)), .order_by = ORDER(weft_asc(Sale, region))

typedef struct Names {
    const char *region, *names;
} Names;
WEFT_ROW(Names, WEFT_FIELD(Names, region), WEFT_FIELD(Names, names));
typedef struct Share {
    const char *region;
    weft_opt_double value;
} Share;
WEFT_ROW(Share, WEFT_FIELD(Share, region), WEFT_FIELD(Share, value));
typedef struct Truth {
    const char *region;
    weft_opt_bool all, any;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, region), WEFT_FIELD(Truth, all), WEFT_FIELD(Truth, any));
typedef struct Middle {
    weft_decimal amount;
    weft_opt_date day;
    const char *buyer;
    weft_opt_int32 pieces;
    weft_opt_interval took;
} Middle;
WEFT_ROW(Middle, WEFT_FIELD(Middle, amount), WEFT_FIELD(Middle, day), WEFT_FIELD(Middle, buyer), WEFT_FIELD(Middle, pieces),
         WEFT_FIELD(Middle, took));

/* The rows of names as "region=names;", with - for NULL. */
static void assert_names(fixture *f, Names_list list, const char *expected)
{
    char text[512] = "";
    assert_ok(f->s);
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s=%s;", list.items[i]->region,
                       list.items[i]->names != NULL ? list.items[i]->names : "-");
    assert_string_equal(text, expected);
}

/* How long sales took, 24 hours beside a day. */
static void add_intervals(weft_session *s)
{
    static const weft_interval lengths[] = {{.usec = INT64_C(86400000000)},  {.days = 1},  {0}, {.days = 2},
                                            {.usec = INT64_C(129600000000)}, {.months = 1}};
    for (int i = 0; i < 6; i++)
        if (i != 2)
            assert_int_equal(weft_execute_update(weft_session_connection(s),
                                                 weft_update_of(Sale, .set = weft_sets(weft_to(Sale, took, lengths[i])),
                                                                .where = weft_eq(Sale, id, i + 1)),
                                                 NULL, NULL),
                             WEFT_OK);
}

static void assert_sql(fixture *f, const char *postgres, const char *sqlite)
{
    assert_string_equal(fixture_last_sql(f), f->postgres ? postgres : sqlite);
}

static void texts_are_put_together_in_order(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_names(f,
                 weft_rows(s, Names, BY_REGION,
                           .columns =
                               LIST(C(region), weft_ordered(weft_string_agg(C(buyer), weft_val(", ")), weft_asc(Sale, amount)))),
                 "north=ada, bob, bob;south=, cyd;west=-;");
    assert_sql(
        f,
        "SELECT sale.region, string_agg(sale.buyer, $1 ORDER BY sale.amount) FROM sale GROUP BY sale.region ORDER BY sale.region",
        "SELECT sale.region, weft_string_agg_sorted('abald', sale.buyer, ?1, sale.amount) FROM sale GROUP BY sale.region ORDER BY "
        "sale.region");
    assert_names(f,
                 weft_rows(s, Names, BY_REGION,
                           .columns = LIST(C(region), weft_ordered(weft_string_agg(C(buyer), weft_val("/")),
                                                                   weft_nulls_first(weft_asc(Sale, score)), weft_desc(Sale, id)))),
                 "north=bob/bob/ada;south=/cyd;west=-;");
    assert_names(f,
                 weft_rows(s, Names, BY_REGION,
                           .columns = LIST(C(region), weft_ordered(weft_string_agg(weft_upper(C(buyer)), weft_val("+")),
                                                                   weft_desc_of(weft_op(C(pieces), "*", weft_val(2)))))),
                 "north=BOB+BOB+ADA;south=+CYD;west=-;");
    /* The separator of a row stands before it; a NULL one is none. */
    assert_names(f,
                 weft_rows(s, Names, BY_REGION,
                           .columns = LIST(C(region), weft_ordered(weft_string_agg(weft_val("x"), C(buyer)), weft_asc(Sale, id)))),
                 "north=xadaxbobx;south=xxcydx;west=x;");
    add_intervals(s);
    /* 24 hours are a day. */
    assert_names(f,
                 weft_rows(s, Names, BY_REGION,
                           .columns =
                               LIST(C(region), weft_ordered(weft_string_agg(weft_coalesce(C(buyer), weft_val("?")), weft_val(",")),
                                                            weft_desc(Sale, took), weft_asc(Sale, buyer)))),
                 "north=bob,ada,bob;south=cyd,?,;west=?;");
}

static void distinct_texts_are_put_together(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *distinct = weft_string_agg(weft_distinct(C(buyer)), weft_val(", "));
    assert_names(f, weft_rows(s, Names, BY_REGION, .columns = LIST(C(region), distinct)), "north=ada, bob;south=, cyd;west=-;");
    assert_names(f, weft_rows(s, Names, BY_REGION, .columns = LIST(C(region), weft_ordered(distinct, weft_desc(Sale, buyer)))),
                 "north=bob, ada;south=cyd, ;west=-;");
    assert_sql(
        f,
        "SELECT sale.region, string_agg(DISTINCT sale.buyer, $1 ORDER BY sale.buyer DESC) FROM sale GROUP BY sale.region ORDER BY "
        "sale.region",
        "SELECT sale.region, weft_string_agg_sorted('ubdfb', sale.buyer, ?1, sale.buyer) FROM sale GROUP BY sale.region ORDER BY "
        "sale.region");
    /* A parameter in what is distinct is one parameter, in the order as well. */
    const weft_expr *filled = weft_coalesce(C(buyer), weft_val("nobody"));
    for (int run = 0; run < 2; run++) {
        assert_names(f,
                     weft_rows(s, Names, BY_REGION,
                               .columns = LIST(C(region), weft_filter(weft_ordered(weft_string_agg(weft_distinct(filled),
                                                                                                   weft_val(run == 0 ? "-" : "+")),
                                                                                   weft_desc_of(filled)),
                                                                      weft_lt(Sale, id, 7)))),
                     run == 0 ? "north=bob-ada;south=nobody-cyd-;west=-;" : "north=bob+ada;south=nobody+cyd+;west=-;");
        assert_sql(
            f,
            "SELECT sale.region, string_agg(DISTINCT coalesce(sale.buyer, $1), $2 ORDER BY coalesce(sale.buyer, $1) DESC) FILTER "
            "(WHERE sale.id < $3) FROM sale GROUP BY sale.region ORDER BY sale.region",
            "SELECT sale.region, weft_string_agg_sorted('ubdfb', coalesce(sale.buyer, ?1), ?2, coalesce(sale.buyer, ?1)) FILTER "
            "(WHERE sale.id < ?3) FROM sale GROUP BY sale.region ORDER BY sale.region");
    }
    assert_ok(s);
    assert_int_equal(fixture_cached(f), 3);
}

static void texts_run_along_windows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *texts = weft_string_agg(C(buyer), weft_val(","));
    assert_names(f,
                 weft_rows(s, Names, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                           .columns = LIST(C(region), weft_over(texts, .order_by = ORDER(weft_asc(Sale, id))))),
                 "north=bob;north=bob,ada;north=bob,ada,bob;south=bob,ada,bob;south=bob,ada,bob,;south=bob,ada,bob,,cyd;"
                 "west=bob,ada,bob,,cyd;");
    assert_names(f,
                 weft_rows(s, Names, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                           .columns =
                               LIST(C(region), weft_over(texts, .order_by = ORDER(weft_asc(Sale, id)),
                                                         .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row)))),
                 "north=bob;north=bob,ada;north=ada,bob;south=bob;south=;south=,cyd;west=cyd;");
    Truth_list truths =
        weft_rows(s, Truth, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                  .columns = LIST(C(region),
                                  weft_over(weft_filter(weft_bool_and(C(paid)), weft_ne(Sale, id, 5)),
                                            .order_by = ORDER(weft_asc(Sale, id)),
                                            .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row)),
                                  weft_over(weft_bool_or(C(paid)), .order_by = ORDER(weft_asc(Sale, id)),
                                            .frame = weft_frame_rows(weft_current_row, weft_following(weft_val(1))))));
    assert_ok(s);
    for (size_t i = 0; i < truths.count; i++) {
        bool seen = false, both = true, some = false, seen_any = false;
        static const int paid[] = {1, 1, -1, 0, 1, 1, -1};
        for (size_t j = i > 0 ? i - 1 : 0; j <= i; j++)
            if (paid[j] >= 0 && j != 4) {
                seen = true;
                both = both && paid[j] == 1;
            }
        for (size_t j = i; j <= i + 1 && j < 7; j++)
            if (paid[j] >= 0) {
                seen_any = true;
                some = some || paid[j] == 1;
            }
        assert_int_equal(truths.items[i]->all.set, seen);
        assert_true(!seen || truths.items[i]->all.value == both);
        assert_int_equal(truths.items[i]->any.set, seen_any);
        assert_true(!seen_any || truths.items[i]->any.value == some);
    }
}

static void truths_are_joined(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Truth_list list =
        weft_rows(s, Truth, BY_REGION, .columns = LIST(C(region), weft_bool_and(C(paid)), weft_bool_or(weft_gt(Sale, pieces, 4))),
                  .having = weft_not_null(weft_every(weft_ge(Sale, pieces, 0))));
    assert_ok(s);
    assert_sql(
        f,
        "SELECT sale.region, bool_and(sale.paid), bool_or(sale.pieces > $1) FROM sale GROUP BY sale.region HAVING "
        "every(sale.pieces >= $2) IS NOT NULL ORDER BY sale.region",
        "SELECT sale.region, min(sale.paid), max(sale.pieces > ?1) FROM sale GROUP BY sale.region HAVING min(sale.pieces >= ?2) "
        "IS NOT NULL ORDER BY sale.region");
    assert_int_equal(list.count, 3);
    assert_true(list.items[0]->all.set && list.items[0]->all.value && list.items[0]->any.set && !list.items[0]->any.value);
    assert_true(list.items[1]->all.set && !list.items[1]->all.value && list.items[1]->any.value);
    assert_true(!list.items[2]->all.set && list.items[2]->any.set && !list.items[2]->any.value);
    /* As conditions. */
    Names_list whole =
        weft_rows(s, Names, BY_REGION, .columns = LIST(C(region), weft_min(C(buyer))), .having = weft_bool_and(C(paid)));
    assert_names(f, whole, "north=ada;");
    whole = weft_rows(s, Names, BY_REGION, .columns = LIST(C(region), weft_val("x")), .having = weft_not(weft_bool_and(C(paid))));
    assert_names(f, whole, "south=x;");
}

static int compare_doubles(const void *a, const void *b)
{
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* By sorting, and the place in proportion. */
static double between(const double *values, size_t count, double share, bool descending)
{
    double sorted[8];
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    for (size_t i = 0; descending && i < count / 2; i++) {
        const double other = sorted[i];
        sorted[i] = sorted[count - 1 - i];
        sorted[count - 1 - i] = other;
    }
    const double place = share * (double)(count - 1);
    const size_t low = (size_t)place;
    return low + 1 < count ? sorted[low] + (place - (double)low) * (sorted[low + 1] - sorted[low]) : sorted[low];
}

static void shares_lie_between_values(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const double north[] = {10, 9.5, 100}, south[] = {7.25, -1, 7.25}, scores[2][3] = {{1.5, 2.5, 0}, {4, 8, 16}};
    static const double shares[] = {0, 0.1, 0.5, 0.75, 1};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        for (int down = 0; down < 2; down++) {
            Share_list list =
                weft_rows(s, Share, BY_REGION,
                          .columns = LIST(C(region), weft_percentile_cont(weft_val(shares[i]), down ? weft_desc(Sale, amount)
                                                                                                    : weft_asc(Sale, amount))));
            assert_ok(s);
            assert_int_equal(list.count, 3);
            assert_true(fabs(list.items[0]->value.value - between(north, 3, shares[i], down)) < 1e-9);
            assert_true(fabs(list.items[1]->value.value - between(south, 3, shares[i], down)) < 1e-9);
            list = weft_rows(s, Share, BY_REGION,
                             .columns = LIST(C(region), weft_percentile_cont(weft_val(shares[i]), down ? weft_desc(Sale, score)
                                                                                                       : weft_asc(Sale, score))));
            assert_ok(s);
            assert_true(fabs(list.items[0]->value.value - between(scores[0], 2, shares[i], down)) < 1e-9);
            assert_true(fabs(list.items[1]->value.value - between(scores[1], 3, shares[i], down)) < 1e-9);
            assert_false(list.items[2]->value.set);
        }
    assert_int_equal(fixture_cached(f), 4);
    (void)weft_rows(s, Share, BY_REGION, .columns = LIST(C(region), weft_percentile_cont(weft_val(1.5), weft_asc(Sale, score))));
    assert_refused(s, WEFT_ERROR_DATA);
}

static void values_stand_at_a_share(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_intervals(s);
    Middle_list list =
        weft_rows(s, Middle, .from = weft_from(Sale),
                  .columns = LIST(weft_percentile_disc(weft_val(0.5), weft_asc(Sale, amount)),
                                  weft_percentile_disc(weft_val(0.0), weft_desc(Sale, day)), weft_mode(weft_asc(Sale, buyer)),
                                  weft_mode(weft_desc(Sale, pieces)), weft_percentile_disc(weft_val(1), weft_asc(Sale, took))));
    assert_ok(s);
    assert_sql(
        f,
        "SELECT percentile_disc($1) WITHIN GROUP (ORDER BY sale.amount), percentile_disc($2) WITHIN GROUP (ORDER BY sale.day "
        "DESC), "
        "mode() WITHIN GROUP (ORDER BY sale.buyer), mode() WITHIN GROUP (ORDER BY sale.pieces DESC), percentile_disc($3) WITHIN "
        "GROUP (ORDER BY sale.took) FROM sale",
        "SELECT weft_percentile_disc('ald', ?1, sale.amount), weft_percentile_disc('dfb', ?2, sale.day), weft_mode('alb', "
        "sale.buyer), weft_mode('dfb', sale.pieces), weft_percentile_disc('ali', ?3, sale.took COLLATE WEFT_INTERVAL) FROM sale");
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0]->amount.text, "7.25"); /* by value: -1, 0, 7.25, 7.25, 9.5, 10, 100 */
    assert_int_equal(list.items[0]->day.value.days, 20454 + 8);
    assert_string_equal(list.items[0]->buyer, "bob");
    assert_int_equal(list.items[0]->pieces.value, 5);
    assert_int_equal(list.items[0]->took.value.months, 1);
    /* Of no rows, in a subquery, in HAVING, and with FILTER. */
    list = weft_rows(s, Middle, .from = weft_from(Sale), .where = weft_eq(Sale, id, 0),
                     .columns = LIST(weft_percentile_disc(weft_val(0.5), weft_asc(Sale, amount)), weft_mode(weft_asc(Sale, day)),
                                     weft_string_agg(C(buyer), weft_val("")), weft_mode(weft_asc(Sale, pieces)),
                                     weft_mode(weft_asc(Sale, took))));
    assert_ok(s);
    assert_true(list.items[0]->amount.text == NULL && !list.items[0]->day.set && list.items[0]->buyer == NULL &&
                !list.items[0]->pieces.set);
    weft_cte(Names,
             .query =
                 weft_select(.from = weft_from(Sale), .group_by = LIST(C(region)),
                             .columns = LIST(C(region), weft_filter(weft_mode(weft_asc(Sale, buyer)), weft_gt(Sale, id, 1))),
                             .having = weft_op(weft_percentile_cont(weft_val(0.5), weft_asc(Sale, pieces)), ">", weft_val(1))));
    assert_names(f, weft_rows(s, Names, .from = weft_from(Names), .order_by = ORDER(weft_asc(Names, region))), "north=ada;south=;");
}

static void orders_of_sums_change_nothing(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Share_list list =
        weft_rows(s, Share, .from = weft_from(Sale),
                  .columns =
                      LIST(weft_val("all"), weft_ordered(weft_sum(C(score)), weft_asc_of(weft_op(C(pieces), "+", weft_val(1))))),
                  .where = weft_lt(Sale, id, 6));
    assert_ok(s);
    assert_true(list.items[0]->value.value == 16);
    assert_sql(f, "SELECT $1, sum(sale.score ORDER BY sale.pieces + $2) FROM sale WHERE sale.id < $3",
               "SELECT ?1, sum(sale.score) FROM sale WHERE sale.id < ?2");
}

/* ---- mistakes ---- */

static void refused(weft_session *s, const weft_expr *e, weft_status status, const char *message)
{
    (void)weft_rows(s, Names, .from = weft_from(Sale), .group_by = LIST(C(region)), .columns = LIST(C(region), e));
    assert_message(s, message);
    assert_refused(s, status);
}

static void mistakes_say_what_to_write(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const weft_expr *texts = weft_string_agg(C(buyer), weft_val(","));
    refused(s, weft_ordered(C(buyer), weft_asc(Sale, id)), WEFT_ERROR_MISUSE, "weft_ordered takes an aggregate");
    refused(s, weft_count(weft_distinct(weft_tuple(C(buyer), C(region)))), WEFT_ERROR_MISUSE, "weft_distinct takes one value");
    refused(s, weft_ordered(weft_sum(C(score)), weft_asc_of(weft_sum(C(score)))), WEFT_ERROR_MISUSE,
            "sum is an aggregate, and stands in");
    refused(s, weft_ordered(weft_count(weft_distinct(C(buyer))), weft_asc(Sale, id)), WEFT_ERROR_MISUSE,
            "is ordered by what is distinct, or not at all");
    refused(s, weft_ordered(weft_sum(C(score)), weft_asc_of(weft_op(C(score), "+", C(buyer)))), WEFT_ERROR_TYPE, "+ has");
    refused(s, weft_ordered(weft_filter(texts, weft_gt(Sale, id, 1)), weft_asc(Sale, id)), WEFT_ERROR_MISUSE,
            "weft_filter stands around it");
    refused(s, weft_ordered(weft_string_agg(weft_distinct(C(buyer)), weft_val(",")), weft_asc(Sale, id)), WEFT_ERROR_MISUSE,
            "ordered by what is distinct");
    refused(s, weft_over(weft_ordered(texts, weft_asc(Sale, id))), WEFT_ERROR_MISUSE, "weft_ordered stands in no window");
    refused(s, weft_ordered(weft_count_all(), weft_asc(Sale, id)), WEFT_ERROR_MISUSE, "weft_ordered takes an aggregate");
    refused(s, weft_ordered(weft_upper(C(region)), weft_asc(Sale, id)), WEFT_ERROR_MISUSE, "weft_ordered takes an aggregate");
    refused(s, weft_filter(weft_upper(C(region)), weft_gt(Sale, id, 1)), WEFT_ERROR_MISUSE, "weft_filter takes an aggregate");
    refused(s, weft_over(weft_filter(weft_rank(), weft_gt(Sale, id, 1)), .order_by = ORDER(weft_asc(Sale, region))),
            WEFT_ERROR_MISUSE, "weft_filter takes an aggregate");
    refused(s, weft_over(weft_upper(C(region))), WEFT_ERROR_MISUSE, "weft_over takes an aggregate or a function of windows");
    refused(s, weft_over(weft_count(weft_distinct(C(region)))), WEFT_ERROR_MISUSE, "weft_distinct stands in no window");
    refused(s, weft_over(weft_mode(weft_asc(Sale, region))), WEFT_ERROR_MISUSE, "weft_within_group stands in no window");
    refused(s, weft_string_agg(C(pieces), weft_val(",")), WEFT_ERROR_TYPE, "string_agg takes no number");
    refused(s, weft_bool_and(C(pieces)), WEFT_ERROR_TYPE, "bool_and takes no number");
    refused(s, weft_percentile_cont(weft_val(0.5), weft_asc(Sale, buyer)), WEFT_ERROR_TYPE, "percentile_cont takes numbers");
    refused(s, weft_percentile_disc(weft_val((weft_date){1}), weft_asc(Sale, buyer)), WEFT_ERROR_TYPE,
            "takes a number from 0 to 1");
    refused(s, weft_percentile_disc(C(score), weft_asc(Sale, buyer)), WEFT_ERROR_MISUSE, "columns names Sale.score");
    refused(s, weft_within_group(weft_fn("mode", weft_val(1)), weft_asc(Sale, buyer)), WEFT_ERROR_MISUSE, "more than 0 operands");
    refused(s, weft_within_group(C(id), weft_asc(Sale, buyer)), WEFT_ERROR_MISUSE, "weft_within_group takes a function");
    refused(s, weft_fn("percentile_cont", weft_val(0.5)), WEFT_ERROR_MISUSE, "put it into weft_within_group");
    if (!f->postgres) {
        refused(s, weft_within_group(weft_fn("rank", weft_val(5)), weft_asc(Sale, pieces)), WEFT_ERROR_UNSUPPORTED,
                "sqlite has no rank within a group");
        refused(s, weft_ordered(weft_fn("json_group_array", C(buyer)), weft_asc(Sale, id)), WEFT_ERROR_UNSUPPORTED,
                "sqlite orders no rows within json_group_array");
        refused(s, weft_percentile_cont(weft_val(0.5), weft_asc(Sale, took)), WEFT_ERROR_UNSUPPORTED,
                "sqlite has no percentile_cont of intervals");
    }
    assert_int_equal(fixture_statements(f), 0);
}

/* Everywhere that has none, and on both databases before anything is sent. */
static void aggregates_and_windows_have_their_places(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error;
    (void)fixture_statements(f);
    const weft_expr *sum = weft_sum(C(pieces)), *rank = weft_over(weft_rank(), .order_by = ORDER(weft_asc(Sale, id)));
    const weft_expr *const both[] = {weft_op(sum, ">", weft_val(1)), weft_op(rank, ">", weft_val(1))};
    for (int i = 0; i < 2; i++) {
        const char *name =
            i == 0 ? "sum is an aggregate, and stands in a condition on rows" : "weft_over stands in a condition on rows";
        (void)weft_rows(s, Names, .from = weft_from(Sale), .columns = LIST(C(region), C(buyer)), .where = both[i]);
        assert_message(s, name);
        assert_refused(s, WEFT_ERROR_MISUSE);
        weft_alias(Other, Sale);
        (void)weft_rows(s, Names, .from = weft_from(Sale), .columns = LIST(C(region), C(buyer)),
                        .joins = weft_joins(weft_join_on(Other, both[i])));
        assert_message(s, name);
        assert_refused(s, WEFT_ERROR_MISUSE);
        const weft_expr *value = i == 0 ? sum : rank;
        (void)weft_rows(s, Names, .from = weft_from(Sale), .columns = LIST(weft_val("x"), weft_val("y")), .group_by = LIST(value));
        assert_message(s, "stands in .group_by");
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_rows(s, Share, .from = weft_from(Sale), .columns = LIST(weft_val("x"), value), .group_by = LIST(value));
        assert_message(s, "stands in .group_by");
        assert_refused(s, WEFT_ERROR_MISUSE);
        refused(s, weft_max(value), WEFT_ERROR_MISUSE, "stands in an aggregate");
        refused(s, weft_filter(weft_count_all(), both[i]), WEFT_ERROR_MISUSE, "stands in the condition of weft_filter");
        refused(s, weft_ordered(weft_string_agg(C(buyer), weft_val(",")), weft_asc_of(value)), WEFT_ERROR_MISUSE,
                "stands in an aggregate");
        const weft_expr *assigned = weft_cast(value, WEFT_INT32);
        assert_int_equal(weft_execute_update(weft_session_connection(s),
                                             weft_update_of(Sale, .set = weft_sets(weft_to_expr(Sale, pieces, assigned)),
                                                            .all = true),
                                             NULL, &error),
                         WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, "stands in .set"));
        assert_int_equal(weft_execute_update(weft_session_connection(s),
                                             weft_update_of(Sale, .set = weft_sets(weft_to(Sale, pieces, 1)), .where = both[i]),
                                             NULL, &error),
                         WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, name));
        assert_int_equal(weft_execute_delete(weft_session_connection(s), weft_delete_from(Sale, .where = both[i]), NULL, &error),
                         WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, name));
        (void)weft_query(s, Sale, .where = both[i]);
        assert_message(s, name);
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    (void)weft_rows(s, Names, BY_REGION, .columns = LIST(C(region), weft_min(C(buyer))),
                    .having = weft_op(weft_over(weft_rank(), .order_by = ORDER(weft_asc(Sale, region))), ">", weft_val(1)));
    assert_message(s, "weft_over stands in .having");
    assert_refused(s, WEFT_ERROR_MISUSE);
    refused(s, weft_over(weft_sum(weft_over(weft_rank(), .order_by = ORDER(weft_asc(Sale, region))))), WEFT_ERROR_MISUSE,
            "weft_over stands in a window");
    refused(s, weft_row_number(), WEFT_ERROR_MISUSE, "row_number is a function of windows: put it into weft_over");
    assert_int_equal(fixture_statements(f), 0);
}

/* An aggregate of the columns around a subquery belongs to the SELECT around it. */
static void subqueries_have_places_of_their_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Other, Sale);
    const weft_expr *most = weft_scalar(weft_select(.from = weft_from(Other), .columns = LIST(weft_max(weft_col(Other, pieces)))));
    assert_names(f,
                 weft_rows(s, Names, .from = weft_from(Sale), .columns = LIST(C(region), C(buyer)),
                           .where = weft_op(C(pieces), "=", most), .order_by = ORDER(weft_asc(Sale, id))),
                 "south=-;south=;");
    Names_list above =
        weft_rows(s, Names, BY_REGION, .columns = LIST(C(region), weft_max(C(buyer))),
                  .having = weft_exists_in(
                      weft_select(.from = weft_from(Other), .where = weft_op(weft_col(Other, pieces), ">", weft_max(C(pieces))))));
    if (f->postgres) {
        assert_names(f, above, "north=bob;west=-;");
    } else {
        assert_message(s, "max of columns around a subquery stands in its condition");
        assert_refused(s, WEFT_ERROR_UNSUPPORTED);
    }
    Share_list sums = weft_rows(s, Share, BY_REGION,
                                .columns = LIST(C(region), weft_cast(weft_over(weft_sum(weft_sum(C(pieces)))), WEFT_DOUBLE)));
    assert_ok(s);
    assert_true(sums.count == 3 && sums.items[0]->value.value == 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(texts_are_put_together_in_order),
        ON_BOTH(distinct_texts_are_put_together),
        ON_BOTH(texts_run_along_windows),
        ON_BOTH(truths_are_joined),
        ON_BOTH(shares_lie_between_values),
        ON_BOTH(values_stand_at_a_share),
        ON_BOTH(orders_of_sums_change_nothing),
        ON_BOTH(mistakes_say_what_to_write),
        ON_BOTH(aggregates_and_windows_have_their_places),
        ON_BOTH(subqueries_have_places_of_their_own),
    };
    return cmocka_run_group_tests_name("aggregates", tests, NULL, NULL);
}
