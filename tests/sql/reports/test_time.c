/* Reports along days and hours, each said in types and as text. */
#include "market.h"

REPORTS(time, market, market_rows);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)
#define OF_SELLERS weft_joins(weft_join_on(Seller, weft_eq_col(Seller, id, Sale, seller_id)))
#define THIS_YEAR weft_ge(Sale, day, (weft_date){20454}) /* 2026-01-01 */
#define MONTH_OF(e) weft_date_trunc(e, WEFT_MONTH)

static void the_mean_of_three_as_it_moves(void **state)
{
    fixture *f = *state;
    DaySum_list rows =
        weft_rows(f->s, DaySum, .from = weft_from(Sale), .where = THIS_YEAR,
                  .order_by = ORDER(weft_asc(Sale, day), weft_asc(Sale, id)),
                  .columns = LIST(C(Sale, day), C(Sale, amount),
                                  weft_over(weft_avg(C(Sale, amount)), .order_by = ORDER(weft_asc(Sale, day), weft_asc(Sale, id)),
                                            .frame = weft_frame_rows(weft_preceding(weft_val(2)), weft_current_row))));
    REPORT(
        f, DaySum, rows,
        "SELECT day, amount AS sum, CAST(avg(amount) OVER (ORDER BY day, id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS numeric) "
        "AS more FROM "
        "sale WHERE day >= '2026-01-01' ORDER BY day, id",
        NULL,
        "2026-01-05|10.00|10.00; 2026-01-06|20.00|15.00; 2026-01-06|10.00|13.3333; 2026-02-01|40.00|23.3333; "
        "2026-02-02|20.00|23.3333; "
        "2026-02-03|5.00|21.6667; 2026-02-03|40.00|21.6667");
}

static void days_in_a_row(void **state)
{
    fixture *f = *state;
    weft_subselect_as(Day, NameDay,
                      weft_select(.from = weft_from(Sale), .distinct = true, .where = THIS_YEAR,
                                  .columns = LIST(weft_val("run"), C(Sale, day))));
    weft_cte_as(Numbered, Island,
                .query =
                    weft_select(.from = weft_from(Day),
                                .columns =
                                    LIST(C(Day, name), C(Day, day),
                                         weft_date_add(C(Day, day),
                                                       weft_op(weft_val(0), "-",
                                                               weft_over(weft_row_number(), .order_by = ORDER(weft_asc(Day, day)))),
                                                       WEFT_DAY),
                                         weft_val(0))));
    Island_list rows =
        weft_rows(f->s, Island, .from = weft_from(Numbered), .group_by = LIST(C(Numbered, name), C(Numbered, last)),
                  .columns = LIST(weft_put(Island, name, C(Numbered, name)), weft_put(Island, first, weft_min(C(Numbered, first))),
                                  weft_put(Island, last, weft_max(C(Numbered, first))), weft_put(Island, count, weft_count_all())),
                  .order_by = ORDER(weft_asc_of(weft_out(Island, first))));
    REPORT(f, Island, rows,
           f->postgres ? "SELECT 'run' AS name, min(day) AS first, max(day) AS last, count(*) FROM (SELECT day, day - "
                         "CAST(row_number() OVER (ORDER BY "
                         "day) AS integer) AS island FROM (SELECT DISTINCT day FROM sale WHERE day >= '2026-01-01') AS d) AS n "
                         "GROUP BY island ORDER "
                         "BY 2"
                       : "SELECT 'run' AS name, min(day) AS first, max(day) AS last, count(*) AS count FROM (SELECT day, "
                         "julianday(day) - row_number() "
                         "OVER (ORDER BY day) AS island FROM (SELECT DISTINCT day FROM sale WHERE day >= '2026-01-01')) GROUP BY "
                         "island ORDER BY 2",
           NULL, "run|2026-01-05|2026-01-06|2; run|2026-02-01|2026-02-03|3");
}

static void days_between_without_a_sale(void **state)
{
    fixture *f = *state;
    weft_cte_as(Next, Island,
                .query = weft_select(.from = weft_from(Sale), .where = THIS_YEAR,
                                     .columns = LIST(weft_val("gap"), C(Sale, day),
                                                     weft_over(weft_lead(C(Sale, day)), .order_by = ORDER(weft_asc(Sale, day))),
                                                     weft_val(0))));
    Island_list rows = weft_rows(f->s, Island, .from = weft_from(Next),
                                 .columns = LIST(C(Next, name), C(Next, first), C(Next, last),
                                                 weft_date_diff(C(Next, last), C(Next, first), WEFT_DAY)),
                                 .where = weft_op(weft_date_diff(C(Next, last), C(Next, first), WEFT_DAY), ">", weft_val(1)));
    REPORT(f, Island, rows,
           f->postgres ? "SELECT 'gap' AS name, day AS first, next AS last, CAST(next - day AS bigint) AS count FROM (SELECT day, "
                         "lead(day) OVER "
                         "(ORDER BY day) AS next FROM sale WHERE day >= '2026-01-01') AS n WHERE next - day > 1"
                       : "SELECT 'gap' AS name, day AS first, next AS last, CAST(julianday(next) - julianday(day) AS INTEGER) AS "
                         "count FROM (SELECT day, "
                         "lead(day) OVER (ORDER BY day) AS next FROM sale WHERE day >= '2026-01-01') WHERE julianday(next) - "
                         "julianday(day) > 1",
           NULL, "gap|2026-01-06|2026-02-01|26");
}

static void months_beside_those_of_the_year_before(void **state)
{
    fixture *f = *state;
    weft_cte(DaySum, .query = weft_select(.from = weft_from(Sale), .group_by = LIST(weft_out(DaySum, day)),
                                          .columns = LIST(weft_put(DaySum, day, MONTH_OF(C(Sale, day))),
                                                          weft_put(DaySum, sum, weft_sum(C(Sale, amount))),
                                                          weft_put(DaySum, more, weft_max(C(Sale, amount))))));
    weft_alias(Before, DaySum);
    DaySum_list rows =
        weft_rows(f->s, DaySum, .from = weft_from(DaySum), .order_by = ORDER(weft_asc(DaySum, day)),
                  .joins = weft_joins(
                      weft_join_on(Before, weft_op(C(Before, day), "=", weft_date_add(C(DaySum, day), weft_val(-1), WEFT_YEAR)))),
                  .columns = LIST(C(DaySum, day), C(DaySum, sum), C(Before, sum)));
    REPORT(f, DaySum, rows,
           f->postgres ? "WITH m AS (SELECT CAST(date_trunc('month', day) AS date) AS day, sum(amount) AS sum FROM sale GROUP BY "
                         "1) SELECT m.day, m.sum, "
                         "b.sum AS more FROM m JOIN m AS b ON b.day = m.day - interval '1 year' ORDER BY m.day"
                       : "WITH m AS (SELECT strftime('%Y-%m-01', day) AS day, sum(amount) AS sum FROM sale GROUP BY 1) SELECT "
                         "m.day, CAST(m.sum AS TEXT) "
                         "AS sum, CAST(b.sum AS TEXT) AS more FROM m JOIN m AS b ON b.day = date(m.day, '-1 year') ORDER BY m.day",
           NULL, "2026-01-01|40.00|30.00; 2026-02-01|105.00|27.50");
}

static void sums_that_begin_anew_each_month(void **state)
{
    fixture *f = *state;
    weft_window_of(by_month, .partition_by = LIST(MONTH_OF(C(Sale, day))),
                   .order_by = ORDER(weft_asc(Sale, day), weft_asc(Sale, id)));
    DaySum_list rows =
        weft_rows(f->s, DaySum, .from = weft_from(Sale), .where = THIS_YEAR,
                  .order_by = ORDER(weft_asc(Sale, day), weft_asc(Sale, id)),
                  .columns = LIST(C(Sale, day), C(Sale, amount), weft_over_window(weft_sum(C(Sale, amount)), by_month)));
    REPORT(
        f, DaySum, rows,
        f->postgres ? "SELECT day, amount AS sum, sum(amount) OVER (PARTITION BY date_trunc('month', day) ORDER BY day, id) AS "
                      "more FROM sale WHERE day "
                      ">= '2026-01-01' ORDER BY day, id"
                    : "SELECT day, amount AS sum, CAST(sum(amount) OVER (PARTITION BY substr(day, 1, 7) ORDER BY day, id) AS TEXT) "
                      "AS more FROM sale "
                      "WHERE day >= '2026-01-01' ORDER BY day, id",
        NULL,
        "2026-01-05|10.00|10.00; 2026-01-06|20.00|30.00; 2026-01-06|10.00|40.00; 2026-02-01|40.00|40.00; 2026-02-02|20.00|60.00; "
        "2026-02-03|5.00|65.00; 2026-02-03|40.00|105.00");
}

typedef struct Step {
    const char *person;
    weft_timestamp at;
    weft_opt_timestamp before;
} Step;
WEFT_ROW(Step, WEFT_FIELD(Step, person), WEFT_FIELD(Step, at), WEFT_FIELD(Step, before));

static void visits_half_an_hour_apart(void **state)
{
    fixture *f = *state;
    weft_cte(Step, .query = weft_select(.from = weft_from(Click),
                                        .columns = LIST(C(Click, person), C(Click, at),
                                                        weft_over(weft_lag(C(Click, at)), .partition_by = LIST(C(Click, person)),
                                                                  .order_by = ORDER(weft_asc(Click, at))))));
    NameCount_list rows =
        weft_rows(f->s, NameCount, .from = weft_from(Step), .group_by = LIST(C(Step, person)),
                  .order_by = ORDER(weft_asc(Step, person)), .columns = LIST(C(Step, person), weft_count_all()),
                  .where = weft_or(weft_is_null(Step, before),
                                   weft_op(weft_date_diff(C(Step, at), C(Step, before), WEFT_MINUTE), ">", weft_val(30))));
    REPORT(f, NameCount, rows,
           f->postgres
               ? "SELECT person AS name, count(*) FROM (SELECT person, at - lag(at) OVER (PARTITION BY person ORDER BY at) AS "
                 "pause FROM visit) "
                 "AS v WHERE pause IS NULL OR pause > interval '30 minutes' GROUP BY person ORDER BY person"
               : "SELECT person AS name, count(*) AS count FROM (SELECT person, (julianday(at) - julianday(lag(at) OVER (PARTITION "
                 "BY person "
                 "ORDER BY at))) * 1440 AS pause FROM visit) WHERE pause IS NULL OR pause > 30.5 GROUP BY person ORDER BY person",
           NULL, "ada|2; bob|2; cyd|1");
}

typedef struct Way {
    const char *person;
    weft_opt_timestamp seen, taken, paid;
} Way;
WEFT_ROW(Way, WEFT_FIELD(Way, person), WEFT_FIELD(Way, seen), WEFT_FIELD(Way, taken), WEFT_FIELD(Way, paid));

#define FIRST_OF(what) weft_filter(weft_min(C(Click, at)), weft_eq(Click, kind, what))
#define WAYS \
    weft_cte(Way, .query = weft_select(.from = weft_from(Click), .group_by = LIST(C(Click, person)), \
                                       .columns = LIST(C(Click, person), FIRST_OF("view"), FIRST_OF("cart"), FIRST_OF("pay"))))
#define WAYS_AS_TEXT \
    "WITH w AS (SELECT person, min(CASE WHEN kind = 'view' THEN at END) AS seen, min(CASE WHEN kind = 'cart' THEN at END) AS " \
    "taken, min(CASE WHEN kind " \
    "= 'pay' THEN at END) AS paid FROM visit GROUP BY person) "

static void how_far_they_come(void **state)
{
    fixture *f = *state;
    WAYS;
    NameCounts_list rows = weft_rows(f->s, NameCounts, .from = weft_from(Way),
                                     .columns = LIST(weft_val("all"), weft_count(C(Way, seen)),
                                                     weft_filter(weft_count_all(), weft_gt_col(Way, taken, Way, seen)),
                                                     weft_filter(weft_count_all(), weft_and(weft_gt_col(Way, taken, Way, seen),
                                                                                            weft_gt_col(Way, paid, Way, taken)))));
    REPORT(f, NameCounts, rows,
           WAYS_AS_TEXT "SELECT 'all' AS name, count(seen) AS a, count(CASE WHEN taken > seen THEN 1 END) AS b, count(CASE WHEN "
                        "taken > seen AND paid > "
                        "taken THEN 1 END) AS c FROM w",
           NULL, "all|3|2|1");
}

static void how_long_it_takes_to_pay(void **state)
{
    fixture *f = *state;
    WAYS;
    NameCount_list rows = weft_rows(f->s, NameCount, .from = weft_from(Way), .where = weft_is_not_null(Way, paid),
                                    .order_by = ORDER(weft_asc(Way, person)),
                                    .columns = LIST(C(Way, person), weft_date_diff(C(Way, paid), C(Way, seen), WEFT_MINUTE)));
    REPORT(f, NameCount, rows,
           f->postgres ? WAYS_AS_TEXT
               "SELECT person AS name, CAST(extract(epoch FROM paid - seen) / 60 AS bigint) AS count FROM w WHERE paid IS NOT NULL "
               "ORDER BY person"
                       : WAYS_AS_TEXT
               "SELECT person AS name, CAST(round((julianday(paid) - julianday(seen)) * 1440) AS INTEGER) AS count FROM w WHERE "
               "paid IS NOT NULL ORDER BY person",
           NULL, "ada|20; cyd|1");
}

typedef struct Weekday {
    int64_t day, count;
} Weekday;
WEFT_ROW(Weekday, WEFT_FIELD(Weekday, day), WEFT_FIELD(Weekday, count));

static void sales_by_weekday(void **state)
{
    fixture *f = *state;
    const weft_expr *weekday = weft_date_part(C(Sale, day), WEFT_WEEKDAY);
    Weekday_list rows = weft_rows(f->s, Weekday, .from = weft_from(Sale), .group_by = LIST(weekday),
                                  .columns = LIST(weekday, weft_count_all()), .order_by = ORDER(weft_asc_of(weekday)));
    REPORT(f, Weekday, rows,
           f->postgres ? "SELECT CAST(extract(isodow FROM day) AS bigint) AS day, count(*) FROM sale GROUP BY 1 ORDER BY 1"
                       : "SELECT (strftime('%w', day) + 6) % 7 + 1 AS day, count(*) AS count FROM sale GROUP BY 1 ORDER BY 1",
           NULL, "1|2; 2|5; 3|1; 5|1; 7|1");
}

static void the_first_and_the_last_of_each(void **state)
{
    fixture *f = *state;
    weft_window_of(all, .partition_by = LIST(C(Seller, id)), .order_by = ORDER(weft_asc(Sale, day), weft_asc(Sale, id)),
                   .frame = weft_frame_rows(weft_unbounded_preceding, weft_unbounded_following));
    NameSums_list rows = weft_rows(f->s, NameSums, .from = weft_from(Sale), .joins = OF_SELLERS, .distinct = true,
                                   .order_by = ORDER(weft_asc(Seller, name)),
                                   .columns = LIST(C(Seller, name), weft_over_window(weft_first_value(C(Sale, amount)), all),
                                                   weft_over_window(weft_last_value(C(Sale, amount)), all)));
    REPORT(f, NameSums, rows,
           "SELECT DISTINCT s.name, first_value(a.amount) OVER w AS a, last_value(a.amount) OVER w AS b FROM sale AS a JOIN seller "
           "AS s ON s.id = "
           "a.seller_id WINDOW w AS (PARTITION BY s.id ORDER BY a.day, a.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED "
           "FOLLOWING) ORDER BY s.name",
           NULL, "ann|30.00|20.00; ben|10.00|40.00; cat|15.00|5.00; dot|12.50|40.00");
}

static void bookings_that_overlap(void **state)
{
    fixture *f = *state;
    weft_alias(Later, Booking);
    const weft_expr *last = weft_case(weft_lt_col(Booking, ends, Later, ends), C(Booking, ends), C(Later, ends));
    NameCounts_list rows = weft_rows(
        f->s, NameCounts, .from = weft_from(Booking),
        .joins = weft_joins(
            weft_join_on(Later, weft_and(weft_eq_col(Later, room, Booking, room), weft_gt_col(Later, id, Booking, id),
                                         weft_lt_col(Later, begins, Booking, ends), weft_lt_col(Booking, begins, Later, ends)))),
        .columns = LIST(C(Booking, room), C(Booking, id), C(Later, id), weft_date_diff(last, C(Later, begins), WEFT_DAY)));
    REPORT(f, NameCounts, rows,
           f->postgres
               ? "SELECT a.room AS name, a.id AS a, b.id AS b, CAST(least(a.ends, b.ends) - b.begins AS bigint) AS c FROM booking "
                 "AS a JOIN booking "
                 "AS b ON b.room = a.room AND b.id > a.id AND (a.begins, a.ends) OVERLAPS (b.begins, b.ends)"
               : "SELECT a.room AS name, a.id AS a, b.id AS b, CAST(julianday(min(a.ends, b.ends)) - julianday(b.begins) AS "
                 "INTEGER) AS c FROM "
                 "booking AS a JOIN booking AS b ON b.room = a.room AND b.id > a.id AND b.begins < a.ends AND a.begins < b.ends",
           NULL, "red|1|2|1");
}

static void how_many_bookings_there_are_at_once(void **state)
{
    fixture *f = *state;
    weft_cte_as(Change, Island,
                .query =
                    weft_union_all(weft_select(.from = weft_from(Booking), .columns = LIST(C(Booking, room), C(Booking, begins),
                                                                                           C(Booking, begins), weft_val(1))),
                                   weft_select(.from = weft_from(Booking), .columns = LIST(C(Booking, room), C(Booking, ends),
                                                                                           C(Booking, ends), weft_val(-1)))));
    weft_cte_as(Running, NameCount,
                .query =
                    weft_select(.from = weft_from(Change),
                                .columns = LIST(C(Change, name),
                                                weft_over(weft_sum(C(Change, count)), .partition_by = LIST(C(Change, name)),
                                                          .order_by = ORDER(weft_asc(Change, first), weft_asc(Change, count)),
                                                          .frame = weft_frame_rows(weft_unbounded_preceding, weft_current_row)))));
    NameCount_list rows =
        weft_rows(f->s, NameCount, .from = weft_from(Running), .group_by = LIST(C(Running, name)),
                  .order_by = ORDER(weft_asc(Running, name)), .columns = LIST(C(Running, name), weft_max(C(Running, count))));
    REPORT(f, NameCount, rows,
           "WITH c AS (SELECT room, begins AS day, 1 AS n FROM booking UNION ALL SELECT room, ends, -1 FROM booking), r AS (SELECT "
           "room, sum(n) OVER "
           "(PARTITION BY room ORDER BY day, n ROWS UNBOUNDED PRECEDING) AS n FROM c) SELECT room AS name, max(n) AS count FROM r "
           "GROUP BY room ORDER BY "
           "room",
           NULL, "red|2; tan|1");
}

typedef struct Hour {
    weft_timestamp hour;
} Hour;
WEFT_ROW(Hour, WEFT_FIELD(Hour, hour));
typedef struct Busy {
    weft_timestamp hour;
    int64_t visits, people;
} Busy;
WEFT_ROW(Busy, WEFT_FIELD(Busy, hour), WEFT_FIELD(Busy, visits), WEFT_FIELD(Busy, people));

static void hours_with_and_without_visits(void **state)
{
    fixture *f = *state;
    const weft_timestamp eight = {1772352000000000}, noon = {1772366400000000}; /* 2026-03-01 08:00 and 12:00 */
    weft_series_by(Hour, weft_val(eight), weft_val(noon), weft_val(1), WEFT_HOUR);
    Busy_list rows =
        weft_rows(f->s, Busy, .from = weft_from(Hour), .group_by = LIST(C(Hour, hour)), .order_by = ORDER(weft_asc(Hour, hour)),
                  .joins =
                      weft_joins(weft_left_join_on(Click, weft_op(weft_date_trunc(C(Click, at), WEFT_HOUR), "=", C(Hour, hour)))),
                  .columns = LIST(C(Hour, hour), weft_count(C(Click, id)), weft_count(weft_distinct(C(Click, person)))));
    REPORT(f, Busy, rows,
           f->postgres ? "SELECT h AS hour, count(v.id) AS visits, count(DISTINCT v.person) AS people FROM "
                         "generate_series(timestamptz '2026-03-01 "
                         "08:00+00', timestamptz '2026-03-01 12:00+00', interval '1 hour') AS h LEFT JOIN visit AS v ON v.at >= h "
                         "AND v.at < h + interval "
                         "'1 hour' GROUP BY h ORDER BY h"
                       : "WITH h(hour) AS (SELECT '2026-03-01 08:00:00.000000' UNION ALL SELECT datetime(hour, '+1 hour') || "
                         "'.000000' FROM h WHERE hour "
                         "< '2026-03-01 12') SELECT hour, count(v.id) AS visits, count(DISTINCT v.person) AS people FROM h LEFT "
                         "JOIN visit AS v ON "
                         "substr(v.at, 1, 13) = substr(hour, 1, 13) GROUP BY hour ORDER BY hour",
           NULL, "2026-03-01 08:00|0|0; 2026-03-01 09:00|5|2; 2026-03-01 10:00|2|1; 2026-03-01 11:00|1|1; 2026-03-01 12:00|0|0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_ON_BOTH(the_mean_of_three_as_it_moves),
        REPORT_ON_BOTH(days_in_a_row),
        REPORT_ON_BOTH(days_between_without_a_sale),
        REPORT_ON_BOTH(months_beside_those_of_the_year_before),
        REPORT_ON_BOTH(sums_that_begin_anew_each_month),
        REPORT_ON_BOTH(visits_half_an_hour_apart),
        REPORT_ON_BOTH(how_far_they_come),
        REPORT_ON_BOTH(how_long_it_takes_to_pay),
        REPORT_ON_BOTH(sales_by_weekday),
        REPORT_ON_BOTH(the_first_and_the_last_of_each),
        REPORT_ON_BOTH(bookings_that_overlap),
        REPORT_ON_BOTH(how_many_bookings_there_are_at_once),
        REPORT_ON_BOTH(hours_with_and_without_visits),
    };
    return cmocka_run_group_tests_name("reports_time", tests, NULL, NULL);
}
