/* Functions over windows, and aggregates with a condition of their own: what comes back is compared with loops over the same rows,
 * decimals as cents. */
#include "support/fixture.h"

#include <limits.h>

WEFT_DECLARE(Sale);
struct Sale {
    int64_t id;
    const char *region;
    weft_date day;
    int32_t pieces;
    weft_decimal amount;
    weft_opt_double score;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, region),
           WEFT_COLUMN(Sale, day), WEFT_COLUMN(Sale, pieces), WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2),
           WEFT_COLUMN(Sale, score));
WEFT_METADATA(models, &Sale_model);
FIXTURE_MODELS(models);

typedef struct Line {
    int64_t id;
    weft_opt_int64 a, b;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, id), WEFT_FIELD(Line, a), WEFT_FIELD(Line, b));
typedef struct Money {
    int64_t id;
    weft_decimal so_far, mean;
} Money;
WEFT_ROW(Money, WEFT_FIELD(Money, id), WEFT_FIELD(Money, so_far), WEFT_FIELD(Money, mean));
typedef struct Region {
    const char *region;
    int64_t big;
    weft_decimal amount;
    weft_opt_int64 place;
} Region;
WEFT_ROW(Region, WEFT_FIELD(Region, region), WEFT_FIELD(Region, big), WEFT_FIELD(Region, amount), WEFT_FIELD(Region, place));
typedef struct Neighbours {
    int64_t id;
    weft_opt_date day;
    weft_decimal amount;
    const char *region;
    weft_opt_double share;
} Neighbours;
WEFT_ROW(Neighbours, WEFT_FIELD(Neighbours, id), WEFT_FIELD(Neighbours, day), WEFT_FIELD(Neighbours, amount),
         WEFT_FIELD(Neighbours, region), WEFT_FIELD(Neighbours, share));

#define C(M, f) weft_col(M, f)
#define BY(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

typedef struct Ask {
    int32_t before;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, before));
WEFT_PARAMETERS(Ask);
WEFT_STATEMENT(moving, Line, Ask, .from = weft_from(Sale), .order_by = weft_order(weft_asc(Sale, id)),
               .columns = weft_columns(weft_col(Sale, id),
                                       weft_over(weft_sum(weft_col(Sale, pieces)), .order_by = weft_order(weft_asc(Sale, id)),
                                                 .frame = weft_frame_rows(weft_preceding(weft_param(Ask, before)),
                                                                          weft_current_row)),
                                       weft_col(Sale, pieces)));

enum { SALES = 12 };
static const char *const names[] = {"north", "south", "west"};
static int region_of(int i) { return i * 7 % 3; }
static int pieces_of(int i) { return i * 5 % 4; }
static long cents_of(int i) { return (i * 137 % 90) * 10 - 200; } /* spelt with a zero at the end */

static void add_sales(weft_session *s)
{
    char texts[SALES][16];
    for (int i = 0; i < SALES; i++) {
        const long cents = cents_of(i), absolute = cents < 0 ? -cents : cents;
        (void)snprintf(texts[i], sizeof texts[i], "%s%ld.%02ld", cents < 0 ? "-" : "", absolute / 100, absolute % 100);
        (void)weft_new(s, Sale, .id = i, .region = names[region_of(i)], .day = {i * 2}, .pieces = pieces_of(i),
                       .amount = {texts[i]}, .score = {i % 4 != 3, i / 2.0});
    }
    commit_ok(s);
}

static void totals_run_along_the_order(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    for (int before = 0; before < 4; before++) {
        Line_list lines = weft_run(s, moving, .before = before);
        assert_ok(s);
        for (int i = 0; i < SALES; i++) {
            int sum = 0;
            for (int k = i; k >= 0 && k >= i - before; k--)
                sum += pieces_of(k);
            assert_int_equal(lines.items[i]->a.value, sum);
        }
    }
    weft_window_of(by_day, .partition_by = BY(C(Sale, region)), .order_by = ORDER(weft_asc(Sale, day)));
    for (int least = 0; least < 6; least += 5) {
        Money_list list =
            weft_rows(s, Money, .from = weft_from(Sale), .where = weft_ge(Sale, id, least), .order_by = ORDER(weft_asc(Sale, id)),
                      .columns = weft_columns(C(Sale, id), weft_over_window(weft_sum(C(Sale, amount)), by_day),
                                              weft_over(weft_avg(C(Sale, amount)), .order_by = ORDER(weft_asc(Sale, id)),
                                                        .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row))));
        assert_ok(s);
        assert_int_equal(list.count, SALES - least);
        for (int i = least; i < SALES; i++) {
            long sum = 0;
            for (int j = least; j <= i; j++)
                sum += region_of(j) == region_of(i) ? cents_of(j) : 0;
            const Money *row = list.items[i - least];
            assert_int_equal(row->id, i);
            assert_true(strtod(row->so_far.text, NULL) == (double)sum / 100);
            assert_true(strtod(row->mean.text, NULL) ==
                        (double)(i > least ? cents_of(i) + cents_of(i - 1) : 2 * cents_of(i)) / 200);
        }
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres ? "SELECT sale.id, sum(sale.amount) OVER (PARTITION BY sale.region ORDER BY sale.day), avg(sale.amount) OVER "
                      "(ORDER BY sale.id ROWS BETWEEN $1 PRECEDING AND CURRENT ROW) FROM sale WHERE sale.id >= $2 ORDER BY sale.id"
                    : "SELECT sale.id, weft_decimal_sum(sale.amount) OVER (PARTITION BY sale.region ORDER BY sale.day), "
                      "weft_decimal_avg(sale.amount) OVER (ORDER BY sale.id ROWS BETWEEN ?1 PRECEDING AND CURRENT ROW) FROM sale "
                      "WHERE sale.id >= ?2 ORDER BY sale.id");
}

static void places_count_what_comes_before(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    weft_window_of(by_pieces, .partition_by = BY(C(Sale, region)), .order_by = ORDER(weft_desc(Sale, pieces)));
    Line_list ranks = weft_rows(s, Line, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                                .columns = weft_columns(C(Sale, id), weft_over_window(weft_rank(), by_pieces),
                                                        weft_over_window(weft_dense_rank(), by_pieces)));
    Line_list numbers =
        weft_rows(s, Line, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                  .columns =
                      weft_columns(C(Sale, id),
                                   weft_over(weft_row_number(), .order_by = ORDER(weft_asc(Sale, amount), weft_asc(Sale, id))),
                                   weft_over(weft_ntile(weft_val(5)), .order_by = ORDER(weft_asc(Sale, id)))));
    assert_ok(s);
    for (int i = 0; i < SALES; i++) {
        int rank = 1, dense = 1, number = 1;
        bool seen[4] = {false};
        for (int j = 0; j < SALES; j++) {
            number += cents_of(j) < cents_of(i) || (cents_of(j) == cents_of(i) && j < i);
            if (region_of(j) != region_of(i) || pieces_of(j) <= pieces_of(i))
                continue;
            rank++;
            dense += !seen[pieces_of(j)];
            seen[pieces_of(j)] = true;
        }
        assert_int_equal(ranks.items[i]->a.value, rank);
        assert_int_equal(ranks.items[i]->b.value, dense);
        assert_int_equal(numbers.items[i]->a.value, number); /* decimals by value, not as texts */
        assert_int_equal(numbers.items[i]->b.value, i < 6 ? i / 3 + 1 : (i - 6) / 2 + 3);
    }
}

/* Every frame of rows from -2 to 2 and without ends, of groups and of ranges. */
static void frames_hold_what_loops_find(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    for (int unit = WEFT_FRAME_ROWS; unit <= WEFT_FRAME_GROUPS; unit++)
        for (int from = -2; from <= 2; from++)
            for (int to = from; to <= 2; to++) {
                const weft_window w = {.order_by =
                                           unit == WEFT_FRAME_ROWS ? ORDER(weft_asc(Sale, id)) : ORDER(weft_asc(Sale, pieces)),
                                       .frame = {.unit = (weft_frame_unit)unit,
                                                 .from = {(weft_bound_kind)from, from == -1 || from == 1 ? weft_val(1) : NULL},
                                                 .to = {(weft_bound_kind)to, to == -1 || to == 1 ? weft_val(2) : NULL}}};
                if (from == 2 || to == -2)
                    continue;
                Line_list list = weft_rows(s, Line, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                                           .columns = weft_columns(C(Sale, id), weft_over_window(weft_sum(C(Sale, pieces)), w),
                                                                   weft_over_window(weft_count_all(), w)));
                assert_ok(s);
                const int first = from == -2 ? -99 : from == -1 ? -1 : from, last = to == 2 ? 99 : to == -1 ? -2 : to == 1 ? 2 : 0;
                for (int i = 0; i < SALES; i++) {
                    int64_t sum = 0, count = 0;
                    for (int j = 0; j < SALES; j++) {
                        /* All of 0 to 3 pieces occur: a group's number is its value. */
                        const int distance = unit == WEFT_FRAME_ROWS ? j - i : pieces_of(j) - pieces_of(i);
                        if (distance < first || distance > last)
                            continue;
                        sum += pieces_of(j);
                        count++;
                    }
                    assert_int_equal(list.items[i]->b.value, count);
                    assert_true(list.items[i]->a.set == (count > 0) && (count == 0 || list.items[i]->a.value == sum));
                }
            }
}

static void other_rows_lend_their_values(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    weft_window_of(by_id, .order_by = ORDER(weft_asc(Sale, id)));
    weft_window_of(all, .order_by = ORDER(weft_asc(Sale, id)),
                   .frame = weft_frame_rows(weft_unbounded_preceding, weft_unbounded_following));
    for (int run = 0; run < 2; run++) {
        Neighbours_list list =
            weft_rows(s, Neighbours, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                      .columns = weft_columns(C(Sale, id), weft_over_window(weft_lag(C(Sale, day)), by_id),
                                              weft_over_window(weft_lead(C(Sale, amount), weft_val(2), weft_val(0)), by_id),
                                              weft_over_window(weft_nth_value(C(Sale, region), weft_val(2)), all),
                                              weft_over_window(weft_percent_rank(), by_id)));
        assert_ok(s);
        for (int i = 0; i < SALES; i++) {
            const Neighbours *row = list.items[i];
            assert_true(row->day.set == (i > 0) && (i == 0 || row->day.value.days == (i - 1) * 2));
            assert_true(strtod(row->amount.text, NULL) == (i + 2 < SALES ? (double)cents_of(i + 2) / 100 : 0.0));
            assert_string_equal(row->region, names[region_of(1)]);
            assert_true(row->share.value == i / (SALES - 1.0));
        }
    }
    Neighbours_list list =
        weft_rows(s, Neighbours, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                  .columns = weft_columns(C(Sale, id), weft_over_window(weft_first_value(C(Sale, day)), all),
                                          weft_over_window(weft_last_value(C(Sale, amount)), all),
                                          weft_over_window(weft_lag(C(Sale, region), weft_val(1), weft_val("none")), by_id),
                                          weft_over_window(weft_max(C(Sale, score)), all)));
    assert_ok(s);
    for (int i = 0; i < SALES; i++) {
        assert_int_equal(list.items[i]->day.value.days, 0);
        assert_true(strtod(list.items[i]->amount.text, NULL) == (double)cents_of(SALES - 1) / 100);
        assert_string_equal(list.items[i]->region, i == 0 ? "none" : names[region_of(i - 1)]);
        assert_true(list.items[i]->share.value == 5.0);
    }
    /* The least and greatest of decimals by value. */
    Money_list ends = weft_rows(s, Money, .from = weft_from(Sale), .limit = 1,
                                .columns = weft_columns(C(Sale, id), weft_over_window(weft_min(C(Sale, amount)), all),
                                                        weft_over_window(weft_max(C(Sale, amount)), all)));
    assert_ok(s);
    assert_string_equal(ends.items[0]->so_far.text, "-2.00");
    assert_string_equal(ends.items[0]->mean.text, "4.70");
}

static void aggregates_have_conditions(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    for (int least = 1; least < 3; least++) {
        const weft_expr *big = weft_filter(weft_count_all(), weft_ge(Sale, pieces, least));
        Region_list list =
            weft_rows(s, Region, .from = weft_from(Sale), .group_by = BY(C(Sale, region)),
                      .columns = weft_columns(C(Sale, region), big,
                                              weft_filter(weft_sum(C(Sale, amount)),
                                                          weft_and(weft_ge(Sale, pieces, least), weft_lt(Sale, id, 9))),
                                              weft_filter(weft_max(C(Sale, pieces)), &weft_false)),
                      .having = weft_op(big, ">", weft_val(1)), .order_by = ORDER(weft_desc_of(big), weft_asc(Sale, region)));
        assert_ok(s);
        for (size_t r = 0; r < list.count; r++) {
            int64_t count = 0;
            long sum = 0;
            for (int i = 0; i < SALES; i++) {
                const bool fits = strcmp(names[region_of(i)], list.items[r]->region) == 0 && pieces_of(i) >= least;
                count += fits;
                sum += fits && i < 9 ? cents_of(i) : 0;
            }
            assert_true(count > 1);
            assert_int_equal(list.items[r]->big, count);
            assert_true(strtod(list.items[r]->amount.text, NULL) == (double)sum / 100);
            assert_false(list.items[r]->place.set);
        }
        assert_int_equal(list.count, 3);
    }
    if (f->postgres)
        assert_string_equal(fixture_last_sql(f),
                            "SELECT sale.region, count(*) FILTER (WHERE sale.pieces >= $1), sum(sale.amount) FILTER (WHERE "
                            "sale.pieces >= $2 AND sale.id < $3), max(sale.pieces) FILTER (WHERE false) FROM sale GROUP BY "
                            "sale.region HAVING count(*) FILTER (WHERE sale.pieces >= $4) > $5 ORDER BY 2 DESC, sale.region");
    /* What is known leaves nothing behind, and one without groups is one row. */
    Line_list one =
        weft_rows(s, Line, .from = weft_from(Sale),
                  .columns = weft_columns(
                      weft_filter(weft_count_all(), &weft_true), weft_filter(weft_count(C(Sale, score)), weft_gt(Sale, id, 3)),
                      weft_scalar(weft_select(.from = weft_from(Sale),
                                              .columns = weft_columns(weft_filter(weft_count_all(), weft_eq(Sale, pieces, 0)))))));
    assert_ok(s);
    assert_null(strstr(fixture_last_sql(f), "true"));
    assert_int_equal(one.items[0]->id, SALES);
    assert_int_equal(one.items[0]->a.value, 6);
    assert_int_equal(one.items[0]->b.value, 3);
}

/* Of each region the two best, by a CTE; windows over groups, and of what a condition leaves. */
static void windows_stand_in_reports(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    for (int most = 1; most < 3; most++) {
        weft_cte_as(Best, Line,
                    .query = weft_select(.from = weft_from(Sale),
                                         .columns = weft_columns(C(Sale, id),
                                                                 weft_over(weft_row_number(), .partition_by = BY(C(Sale, region)),
                                                                           .order_by = ORDER(weft_desc(Sale, amount))),
                                                                 weft_over(weft_filter(weft_count_all(), weft_gt(Sale, pieces, 1)),
                                                                           .partition_by = BY(C(Sale, region))))));
        Line_list best =
            weft_rows(s, Line, .from = weft_from(Best), .where = weft_le(Best, a, most), .order_by = ORDER(weft_asc(Best, id)));
        assert_ok(s);
        assert_int_equal(best.count, 3 * most);
        for (size_t b = 0; b < best.count; b++) {
            int better = 0, many = 0;
            for (int i = 0; i < SALES; i++) {
                better += region_of(i) == region_of((int)best.items[b]->id) && cents_of(i) > cents_of((int)best.items[b]->id);
                many += region_of(i) == region_of((int)best.items[b]->id) && pieces_of(i) > 1;
            }
            assert_int_equal(best.items[b]->a.value, better + 1);
            assert_int_equal(best.items[b]->b.value, many);
        }
    }
    Region_list regions =
        weft_rows(s, Region, .from = weft_from(Sale), .group_by = BY(C(Sale, region)), .order_by = ORDER(weft_asc(Sale, region)),
                  .columns = weft_columns(C(Sale, region), weft_count_all(),
                                          weft_over(weft_sum(weft_sum(C(Sale, amount))), .order_by = ORDER(weft_asc(Sale, region))),
                                          weft_over(weft_rank(), .order_by = ORDER(weft_desc_of(weft_sum(C(Sale, amount)))))));
    assert_ok(s);
    assert_int_equal(regions.count, 3);
    long sums[3] = {0}, total = 0;
    for (int i = 0; i < SALES; i++)
        sums[region_of(i)] += cents_of(i);
    for (int r = 0; r < 3; r++) {
        total += sums[r];
        assert_true(strtod(regions.items[r]->amount.text, NULL) == (double)total / 100);
        assert_int_equal(regions.items[r]->place.value, 1 + (sums[(r + 1) % 3] > sums[r]) + (sums[(r + 2) % 3] > sums[r]));
    }
    /* Ordered by one. */
    Line_list ordered =
        weft_rows(s, Line, .from = weft_from(Sale), .columns = weft_columns(C(Sale, id), C(Sale, id), C(Sale, id)),
                  .order_by = ORDER(weft_asc_of(weft_over(weft_row_number(), .order_by = ORDER(weft_desc(Sale, id))))));
    assert_ok(s);
    assert_int_equal(ordered.items[0]->id, SALES - 1);
}

/* SQLite forgets the filter of min and max where rows leave the frame. */
static void least_and_greatest_mind_their_filter(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    for (int most = 1; most < 4; most++) {
        weft_window_of(near, .order_by = ORDER(weft_asc(Sale, id)),
                       .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_following(weft_val(1))));
        const weft_expr *few = weft_lt(Sale, pieces, most);
        Line_list list =
            weft_rows(s, Line, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)),
                      .columns =
                          weft_columns(C(Sale, id), weft_over_window(weft_filter(weft_max(C(Sale, pieces)), few), near),
                                       weft_cast(weft_over_window(weft_filter(weft_min(C(Sale, amount)), few), near), WEFT_INT64)));
        assert_ok(s);
        for (int i = 0; i < SALES; i++) {
            int greatest = -1;
            long least = LONG_MAX;
            for (int j = i > 0 ? i - 1 : 0; j <= i + 1 && j < SALES; j++) {
                if (pieces_of(j) >= most)
                    continue;
                greatest = pieces_of(j) > greatest ? pieces_of(j) : greatest;
                least = cents_of(j) < least ? cents_of(j) : least;
            }
            assert_int_equal(list.items[i]->a.set, greatest >= 0);
            assert_true(greatest < 0 || list.items[i]->a.value == greatest);
            assert_true(greatest < 0 || labs(least - 100 * (long)list.items[i]->b.value) <= 50);
        }
    }
}

static void windows_are_kept_and_built(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    const weft_expr *kept;
    {
        kept = weft_keep(s, weft_over(weft_sum(C(Sale, pieces)), .partition_by = BY(C(Sale, region)),
                                      .order_by = ORDER(weft_asc(Sale, id)),
                                      .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_following(weft_val(1)))));
    }
    weft_builder *builder = weft_builder_new();
    const weft_expr *sum = weft_builder_node(builder, WEFT_EXPR_FN, "sum",
                                             (const weft_expr *[]){weft_builder_column(builder, &Sale_model, "pieces", 0)}, 1);
    const weft_expr *built = weft_builder_over(builder, sum, &(weft_window){.partition_by = BY(C(Sale, region))});
    Line_list list = weft_rows(s, Line, .from = weft_from(Sale), .columns = weft_columns(C(Sale, id), kept, built),
                               .order_by = ORDER(weft_asc(Sale, id)));
    assert_ok(s);
    for (int i = 0; i < SALES; i++) {
        int64_t near = 0, all = 0;
        for (int j = 0; j < SALES; j++) {
            near += region_of(j) == region_of(i) && j >= i - 3 && j <= i + 3 ? pieces_of(j) : 0; /* every third is of the region */
            all += region_of(j) == region_of(i) ? pieces_of(j) : 0;
        }
        assert_int_equal(list.items[i]->a.value, near);
        assert_int_equal(list.items[i]->b.value, all);
    }
    weft_builder_free(builder);
    const size_t before = fixture_cached(f);
    for (int run = 0; run < 4; run++) {
        (void)weft_rows(s, Line, .from = weft_from(Sale),
                        .columns =
                            weft_columns(C(Sale, id), C(Sale, id),
                                         weft_over(weft_count_all(), .order_by = ORDER(weft_asc(Sale, id)),
                                                   .frame = weft_frame_rows(weft_preceding(weft_val(run)), weft_current_row))));
        (void)weft_rows(s, Line, .from = weft_from(Sale),
                        .columns =
                            weft_columns(C(Sale, id), C(Sale, id),
                                         weft_over(weft_count_all(), .order_by = ORDER(weft_asc(Sale, id)),
                                                   .frame = weft_frame_rows(weft_current_row, weft_following(weft_val(run))))));
        (void)weft_rows(s, Line, .from = weft_from(Sale),
                        .columns = weft_columns(C(Sale, id), C(Sale, id),
                                                weft_over(weft_count_all(), .order_by = ORDER(weft_asc(Sale, id)))));
        (void)weft_rows(s, Line, .from = weft_from(Sale),
                        .columns =
                            weft_columns(C(Sale, id), C(Sale, id), weft_over(weft_count_all(), .partition_by = BY(C(Sale, id)))));
    }
    assert_ok(s);
    assert_int_equal(fixture_cached(f), before + 4);
}

static void refused(weft_session *s, const weft_expr *e, weft_status status, const char *message)
{
    (void)weft_rows(s, Line, .from = weft_from(Sale), .columns = weft_columns(C(Sale, id), e, C(Sale, id)));
    assert_message(s, message);
    assert_refused(s, status);
}

static void mistakes_say_what_to_write(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const weft_expr *pieces = C(Sale, pieces), *one = weft_val(1);
    refused(s, weft_over(pieces, .order_by = ORDER(weft_asc(Sale, id))), WEFT_ERROR_MISUSE, "weft_over takes an aggregate");
    refused(s, weft_filter(pieces, &weft_true), WEFT_ERROR_MISUSE, "weft_filter takes an aggregate");
    refused(s, weft_over(weft_filter(weft_count_all(), pieces)), WEFT_ERROR_TYPE, "stands where a condition is expected");
    refused(s, &(const weft_expr){.op = WEFT_EXPR_OVER, .args = WEFT_NODES(weft_rank())}, WEFT_ERROR_MISUSE,
            "weft_over has no window");
    refused(s, weft_over(weft_rank(), .frame = weft_frame_rows(weft_current_row, weft_preceding(one))), WEFT_ERROR_MISUSE,
            "ends before it begins");
    refused(s, weft_over(weft_rank(), .frame = weft_frame_rows(weft_preceding(NULL), weft_current_row)), WEFT_ERROR_MISUSE,
            "has a bound that is none");
    refused(s, weft_over(weft_rank(), .frame = weft_frame_groups(weft_current_row, weft_current_row)), WEFT_ERROR_MISUSE,
            "needs a window with .order_by");
    refused(s, weft_over(weft_sum(pieces), .frame = weft_frame_range(weft_preceding(one), weft_current_row)), WEFT_ERROR_MISUSE,
            "one expression in .order_by");
    refused(s,
            weft_over(weft_sum(pieces), .order_by = ORDER(weft_asc(Sale, id)),
                      .frame = weft_frame_rows(weft_preceding(weft_val(-1)), weft_current_row)),
            WEFT_ERROR_MISUSE, "the bound of a frame is negative");
    refused(s,
            weft_over(weft_sum(pieces), .order_by = ORDER(weft_asc(Sale, id)),
                      .frame = weft_frame_groups(weft_current_row, weft_following(weft_literal(-2)))),
            WEFT_ERROR_MISUSE, "the bound of a frame is negative");
    refused(s,
            weft_over(weft_sum(pieces), .order_by = ORDER(weft_asc(Sale, score)),
                      .frame = weft_frame_range(weft_preceding(weft_val(-0.5)), weft_current_row)),
            WEFT_ERROR_MISUSE, "the bound of a frame is negative");
    refused(s,
            weft_over(weft_sum(pieces), .order_by = ORDER(weft_asc(Sale, id)),
                      .frame = weft_frame_rows(weft_preceding(weft_val((weft_opt_int64){0})), weft_current_row)),
            WEFT_ERROR_MISUSE, "the bound of a frame is NULL");
    (void)weft_run(s, moving, .before = -3);
    assert_message(s, "the bound of a frame is negative");
    assert_refused(s, WEFT_ERROR_MISUSE);
    refused(s, weft_over(weft_lag(C(Sale, region), one, one), .order_by = ORDER(weft_asc(Sale, id))), WEFT_ERROR_TYPE,
            "lag has a text on its left and a number on its right");
    (void)weft_rows(s, Line, .from = weft_from(Sale), .group_by = BY(C(Sale, region)),
                    .columns = weft_columns(weft_count_all(), weft_over(weft_sum(pieces)), one));
    assert_message(s, "columns names Sale.pieces, of which a group may have several");
    assert_refused(s, WEFT_ERROR_MISUSE);
    if (!f->postgres)
        refused(s,
                weft_over(weft_count_all(), .order_by = ORDER(weft_asc(Sale, amount)),
                          .frame = weft_frame_range(weft_preceding(one), weft_current_row)),
                WEFT_ERROR_UNSUPPORTED, "a range by distance is ordered by an integer or a floating-point number");
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(totals_run_along_the_order),           ON_BOTH(places_count_what_comes_before),
        ON_BOTH(frames_hold_what_loops_find),          ON_BOTH(other_rows_lend_their_values),
        ON_BOTH(aggregates_have_conditions),           ON_BOTH(windows_stand_in_reports),
        ON_BOTH(least_and_greatest_mind_their_filter), ON_BOTH(windows_are_kept_and_built),
        ON_BOTH(mistakes_say_what_to_write),
    };
    return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
