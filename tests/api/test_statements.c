/* Statements as constant data: what they send and give, once for each set of parameters that are NULL, compiled once and run from
 * the struct of the parameters alone; on sessions and connections, and whatever has changed in between. */
#include "support/fixture.h"

WEFT_DECLARE(Customer);
WEFT_DECLARE(Order);
struct Customer {
    int64_t id;
    const char *name, *region;
    weft_opt_int32 rank;
    int level;
};
struct Order {
    int64_t id, customer_id;
    const char *state;
    weft_decimal total;
    weft_timestamp created;
};
static const char *const levels[] = {"plain", "silver", "gold"};
WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Customer, name),
           WEFT_COLUMN(Customer, region, .nullable = true), WEFT_COLUMN(Customer, rank), WEFT_ENUM(Customer, level, levels));
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, customer_id),
           WEFT_COLUMN(Order, state), WEFT_COLUMN(Order, total, .precision = 12, .scale = 2), WEFT_COLUMN(Order, created));
WEFT_METADATA(models, &Customer_model, &Order_model);
static const char *const filling =
    "INSERT INTO customer (id, name, region, rank, level) VALUES (1, 'ada', 'north', 1, 'gold'), (2, 'bob', 'north', NULL, "
    "'plain'), "
    "(3, 'cyd', NULL, 2, 'plain'), (4, '50%', 'west', NULL, 'silver'); "
    "INSERT INTO orders (id, customer_id, state, total, created) VALUES "
    "(1, 1, 'paid', '10.50', '2026-11-01 00:00:00.000000'), (2, 1, 'paid', '9.50', '2026-11-02 00:00:00.000000'), "
    "(3, 2, 'open', '100.00', '2026-11-02 12:00:00.000000'), (4, 2, 'paid', '7.25', '2026-11-04 00:00:00.000000'), "
    "(5, 3, 'paid', '1000.00', '2026-11-05 00:00:00.000000')";
FIXTURE_ROWS(models, filling);

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
typedef struct Named {
    const char *name;
    weft_decimal total;
} Named;
WEFT_ROW(Named, WEFT_FIELD(Named, name), WEFT_FIELD(Named, total));
typedef struct Spent {
    int64_t customer_id;
    weft_decimal total;
} Spent;
WEFT_ROW(Spent, WEFT_FIELD(Spent, customer_id), WEFT_FIELD(Spent, total));

typedef struct Ask {
    weft_timestamp since;
    weft_decimal least;
    const char *region;
    weft_opt_int64 rows, after;
    int64_t id;
    weft_opt_int32 rank;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, since), WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, region), WEFT_FIELD(Ask, rows),
         WEFT_FIELD(Ask, after), WEFT_FIELD(Ask, id), WEFT_FIELD(Ask, rank));
WEFT_PARAMETERS(Ask);

#define C(M, f) weft_col(M, f)

WEFT_CTE(Spent,
         .query = weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, customer_id), weft_sum(C(Order, total))),
                              .group_by = weft_columns(C(Order, customer_id)),
                              .where = weft_and(weft_op(C(Order, state), "=", WEFT_LITERAL_TEXT("paid")),
                                                weft_ge_col(Order, created, Ask, since))));
WEFT_STATEMENT(top_customers, Named, Ask, .from = weft_from(Customer),
               .joins = weft_joins(weft_join_on(Spent, weft_eq_col(Spent, customer_id, Customer, id))),
               .columns = weft_columns(C(Customer, name), C(Spent, total)),
               .where = weft_and(weft_ge_col(Spent, total, Ask, least), weft_eq_col(Customer, region, Ask, region)),
               .order_by = weft_order(weft_desc(Spent, total)), .limit_to = weft_param(Ask, rows));
WEFT_STATEMENT(by_region, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_ne_col(Customer, region, Ask, region), .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(page, Id, Ask, .from = weft_from(Order), .columns = weft_columns(C(Order, id)),
               .order_by = weft_order(weft_asc(Order, id)), .limit_to = weft_param(Ask, rows), .offset_by = weft_param(Ask, after));
WEFT_STATEMENT(all_ids, Id, weft_no_parameters, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .order_by = weft_order(weft_asc(Customer, id)));

static weft_timestamp at(const char *text)
{
    weft_timestamp value;
    assert_true(weft_timestamp_parse(text, &value));
    return value;
}

static void assert_ids(const fixture *f, Id_list list, const char *expected)
{
    char text[200] = "";
    assert_ok(f->s);
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i > 0 ? " " : "", (long long)list.items[i]->id);
    assert_string_equal(text, expected);
}

#define ASSERT_SQL(f, sqlite, pg) assert_string_equal(fixture_last_sql(f), (f)->postgres ? (pg) : (sqlite))

/* ---- what is sent, and what comes ---- */

static void a_report_is_constant_data_with_named_parameters(void **state)
{
    fixture *f = *state;
    const size_t before = fixture_cached(f);
    for (int round = 0; round < 3; round++) {
        Named_list top = weft_run(f->s, top_customers, .least = {round == 1 ? "10.00" : "7.00"}, .region = "north",
                                  .since = at("2026-11-01 00:00"), .rows = weft_some(round == 2 ? 1 : 5));
        assert_ok(f->s);
        assert_int_equal(top.count, round == 0 ? 2 : 1);
        assert_string_equal(top.items[0]->name, "ada");
        assert_string_equal(top.items[0]->total.text, "20.00");
        ASSERT_SQL(
            f,
            "WITH \"Spent\" AS (SELECT orders.customer_id AS customer_id, weft_decimal_sum(orders.total) AS total FROM orders "
            "WHERE "
            "orders.state = 'paid' AND orders.created >= ?1 GROUP BY orders.customer_id) SELECT customer.name, "
            "\"Spent\".total FROM customer JOIN \"Spent\" ON \"Spent\".customer_id = customer.id WHERE \"Spent\".total COLLATE "
            "WEFT_DECIMAL >= ?2 AND customer.region = ?3 ORDER BY \"Spent\".total COLLATE WEFT_DECIMAL DESC NULLS FIRST LIMIT "
            "?4",
            "WITH \"Spent\" AS (SELECT orders.customer_id AS customer_id, sum(orders.total) AS total FROM orders WHERE "
            "orders.state = 'paid' AND orders.created >= $1 GROUP BY orders.customer_id) SELECT customer.name, "
            "\"Spent\".total FROM customer JOIN \"Spent\" ON \"Spent\".customer_id = customer.id WHERE \"Spent\".total >= $2 "
            "AND customer.region = $3 ORDER BY \"Spent\".total DESC LIMIT $4");
    }
    assert_int_equal(fixture_cached(f), before + 1);
    Named_list late = weft_run(f->s, top_customers, .least = {"7.00"}, .region = "north", .since = at("2026-11-03 00:00"));
    assert_ok(f->s);
    assert_int_equal(late.count, 1);
    assert_string_equal(late.items[0]->name, "bob");
    assert_null(strstr(fixture_last_sql(f), "LIMIT"));
    assert_int_equal(fixture_cached(f), before + 2);
}

static void a_null_parameter_is_compared_as_a_null_value_is(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        assert_ids(f, weft_run(f->s, by_region, .region = "north"), "4");
        ASSERT_SQL(f, "SELECT customer.id FROM customer WHERE customer.region <> ?1 ORDER BY customer.id",
                   "SELECT customer.id FROM customer WHERE customer.region <> $1 ORDER BY customer.id");
        assert_ids(f, weft_run(f->s, by_region, .id = 3), "1 2 4");
        ASSERT_SQL(f, "SELECT customer.id FROM customer WHERE customer.region IS NOT NULL ORDER BY customer.id",
                   "SELECT customer.id FROM customer WHERE customer.region IS NOT NULL ORDER BY customer.id");
    }
    assert_int_equal(fixture_cached(f), 2);
}

WEFT_STATEMENT(by_pair, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_op(weft_tuple(C(Customer, region), C(Customer, rank)), "=",
                                weft_tuple(weft_param(Ask, region), weft_param(Ask, rank))),
               .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(perhaps, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_and(weft_or(weft_is_null(Ask, region), weft_eq_col(Customer, region, Ask, region)),
                                 weft_or(weft_null(weft_param(Ask, rank)), weft_ge_col(Customer, rank, Ask, rank))),
               .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(ranked, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_op(weft_coalesce(C(Customer, rank), weft_param(Ask, rank)), "<", weft_param(Ask, id)),
               .order_by = weft_order(weft_asc(Customer, id)));

static void null_decides_only_where_it_is_compared(void **state)
{
    fixture *f = *state;
    assert_ids(f, weft_run(f->s, by_pair, .region = "north", .rank = weft_some(1)), "1");
    assert_ids(f, weft_run(f->s, by_pair, .region = "north"), "2");
    assert_ids(f, weft_run(f->s, by_pair, .rank = weft_some(2)), "3");
    assert_ids(f, weft_run(f->s, by_pair, .region = "west"), "4");
    assert_int_equal(fixture_cached(f), 3);
    assert_ids(f, weft_run(f->s, perhaps, .region = "north"), "1 2");
    assert_ids(f, weft_run(f->s, perhaps, .rank = weft_some(2)), "3");
    assert_ids(f, weft_run(f->s, perhaps, .region = "north", .rank = weft_some(1)), "1");
    assert_ids(f, weft_run(f->s, perhaps, .id = 0), "1 2 3 4");
    assert_int_equal(fixture_cached(f), 5);
    assert_ids(f, weft_run(f->s, ranked, .id = 2, .rank = weft_some(0)), "1 2 4");
    assert_ids(f, weft_run(f->s, ranked, .id = 2), "1");
    assert_ids(f, weft_run(f->s, ranked, .id = 2, .rank = weft_some(7)), "1");
    assert_int_equal(fixture_cached(f), 6);
}

static void limit_and_offset_are_parameters(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        assert_ids(f, weft_run(f->s, page, .rows = weft_some(2), .after = weft_some(1)), "2 3");
        ASSERT_SQL(f, "SELECT orders.id FROM orders ORDER BY orders.id LIMIT ?1 OFFSET ?2",
                   "SELECT orders.id FROM orders ORDER BY orders.id LIMIT $1 OFFSET $2");
        assert_ids(f, weft_run(f->s, page, .rows = weft_some(0)), "");
        ASSERT_SQL(f, "SELECT orders.id FROM orders ORDER BY orders.id LIMIT ?1",
                   "SELECT orders.id FROM orders ORDER BY orders.id LIMIT $1");
        assert_ids(f, weft_run(f->s, page, .after = weft_some(3)), "4 5");
        ASSERT_SQL(f, "SELECT orders.id FROM orders ORDER BY orders.id LIMIT -1 OFFSET ?1",
                   "SELECT orders.id FROM orders ORDER BY orders.id OFFSET $1");
        assert_ids(f, weft_run(f->s, page, .id = 1), "1 2 3 4 5");
    }
    (void)weft_run(f->s, page, .rows = weft_some(-1));
    assert_message(f->s, "a limit, an offset or the bound of a frame is negative");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    /* The same as values of the literal form. */
    for (int64_t n = 0; n < 3; n++) {
        Id_list list = weft_rows(f->s, Id, .from = weft_from(Order), .columns = weft_columns(C(Order, id)),
                                 .order_by = weft_order(weft_asc(Order, id)), .limit_to = weft_val(n));
        assert_ids(f, list, n == 0 ? "" : n == 1 ? "1" : "1 2");
    }
    const weft_opt_int64 all = weft_unset;
    assert_ids(f,
               weft_rows(f->s, Id, .from = weft_from(Order), .columns = weft_columns(C(Order, id)),
                         .order_by = weft_order(weft_asc(Order, id)), .limit_to = weft_val(all), .offset_by = weft_val(4)),
               "5");
    (void)weft_rows(f->s, Id, .from = weft_from(Order), .columns = weft_columns(C(Order, id)), .limit = 1, .limit_to = weft_val(1));
    assert_message(f->s, ".limit_to stands beside the other form");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Order), .columns = weft_columns(C(Order, id)), .limit_to = C(Order, id));
    assert_message(f->s, ".limit_to is a value");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Order), .columns = weft_columns(C(Order, id)), .limit_to = weft_val("3"));
    assert_message(f->s, ".limit_to is an integer");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

/* ---- where parameters may stand ---- */

WEFT_ALIAS(Other, Customer);
WEFT_CTE_AS(Paid, Spent,
            .query = weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, customer_id), C(Order, total)),
                                 .where = weft_ge_col(Order, total, Ask, least)));
WEFT_SUBSELECT_AS(Both, Id,
                  weft_union(weft_select(.from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
                                         .where = weft_eq_col(Customer, region, Ask, region)),
                             weft_select(.from = weft_from(Paid), .columns = weft_columns(C(Paid, customer_id)),
                                         .where = weft_op(C(Paid, total), "<>", weft_param(Ask, least)))));
WEFT_STATEMENT(
    nested, Id, Ask, .from = weft_from(Both), .columns = weft_columns(C(Both, id)),
    .joins = weft_joins(weft_join_on(Other, weft_and(weft_eq_col(Other, id, Both, id), weft_ge_col(Other, id, Ask, id)))),
    .where = weft_exists_in(weft_select(.from = weft_from(Paid), .where = weft_and(weft_eq_col(Paid, customer_id, Other, id),
                                                                                   weft_ge_col(Paid, total, Ask, least)))),
    .order_by = weft_order(weft_asc(Both, id)));

static void parameters_stand_in_everything_that_a_statement_consists_of(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        assert_ids(f, weft_run(f->s, nested, .region = "north", .least = {"7.25"}, .id = 1), "1 2 3");
        assert_ids(f, weft_run(f->s, nested, .region = "north", .least = {"50"}, .id = 1), "2 3");
        assert_ids(f, weft_run(f->s, nested, .region = "north", .least = {"50"}, .id = 3), "3");
        assert_ids(f, weft_run(f->s, nested, .least = {"1000"}, .id = 1), "3");
    }
    assert_int_equal(fixture_cached(f), 2);
    (void)weft_run(f->s, nested, .region = "north", .least = {"7.25"}, .id = 1);
    ASSERT_SQL(
        f,
        "WITH \"Paid\" AS (SELECT orders.customer_id AS customer_id, orders.total AS total FROM orders WHERE orders.total "
        "COLLATE WEFT_DECIMAL >= ?2) SELECT \"Both\".id FROM (SELECT customer.id AS id FROM customer WHERE customer.region = "
        "?1 UNION SELECT \"Paid\".customer_id AS id FROM \"Paid\" WHERE \"Paid\".total COLLATE WEFT_DECIMAL <> ?3) AS "
        "\"Both\" JOIN customer AS \"Other\" ON \"Other\".id = \"Both\".id AND \"Other\".id >= ?4 WHERE EXISTS (SELECT 1 FROM "
        "\"Paid\" WHERE \"Paid\".customer_id = \"Other\".id AND \"Paid\".total COLLATE WEFT_DECIMAL >= ?5) ORDER BY "
        "\"Both\".id NULLS LAST",
        "WITH \"Paid\" AS (SELECT orders.customer_id AS customer_id, orders.total AS total FROM orders WHERE orders.total "
        ">= $2) SELECT \"Both\".id FROM (SELECT customer.id AS id FROM customer WHERE customer.region = "
        "$1 UNION SELECT \"Paid\".customer_id AS id FROM \"Paid\" WHERE \"Paid\".total <> $3) AS "
        "\"Both\" JOIN customer AS \"Other\" ON \"Other\".id = \"Both\".id AND \"Other\".id >= $4 WHERE EXISTS (SELECT 1 FROM "
        "\"Paid\" WHERE \"Paid\".customer_id = \"Other\".id AND \"Paid\".total >= $5) ORDER BY \"Both\".id");
}

typedef struct Step {
    int64_t id;
} Step;
WEFT_ROW(Step, WEFT_FIELD(Step, id));
WEFT_SERIES(Step, weft_param(Ask, id), weft_param(Ask, after));
WEFT_STATEMENT(counted, Id, Ask, .from = weft_from(Step), .columns = weft_columns(C(Step, id)),
               .order_by = weft_order(weft_asc(Step, id)));
typedef struct Count {
    int64_t n;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, n));
WEFT_CTE(Count,
         .query = weft_union_all(weft_select(.from = weft_from(Customer), .columns = weft_columns(weft_min(C(Customer, id)))),
                                 weft_select(.from = weft_from(Count),
                                             .columns = weft_columns(weft_op(C(Count, n), "+", weft_param(Ask, after))),
                                             .where = weft_op(C(Count, n), "<", weft_param(Ask, id)))));
WEFT_STATEMENT(climbed, Id, Ask, .from = weft_from(Count), .columns = weft_columns(C(Count, n)),
               .order_by = weft_order(weft_asc(Count, n)));
WEFT_STATEMENT(summed, Id, Ask, .from = weft_from(Customer),
               .columns = weft_columns(weft_over(weft_sum(C(Customer, id)), .order_by = weft_order(weft_asc(Customer, id)),
                                                 .frame = weft_frame_rows(weft_preceding(weft_param(Ask, id)), weft_current_row))),
               .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(plain, Id, Ask, .columns = weft_columns(weft_sql(WEFT_INT64, ":n * 2 + :n", weft_arg("n", weft_param(Ask, id)))));
WEFT_STATEMENT(grouped, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(weft_count_all()),
               .group_by = weft_columns(weft_rollup(C(Customer, region))),
               .having = weft_op(weft_count_all(), ">", weft_param(Ask, id)),
               .order_by = weft_order(weft_asc_of(weft_count_all())));
WEFT_STATEMENT(beyond_all, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_op(C(Customer, id), ">",
                                weft_all_of(weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, customer_id)),
                                                        .where = weft_lt_col(Order, total, Ask, least)))),
               .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(chosen, Id, Ask, .from = weft_from(Customer),
               .columns = weft_columns(weft_case(weft_eq_col(Customer, region, Ask, region), weft_param(Ask, id), C(Customer, id))),
               .order_by = weft_order(weft_asc(Customer, id)));

static void parameters_stand_in_series_recursion_windows_and_columns(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        assert_ids(f, weft_run(f->s, counted, .id = 3, .after = weft_some(6)), "3 4 5 6");
        assert_ids(f, weft_run(f->s, counted, .id = 3), "");
        assert_ids(f, weft_run(f->s, climbed, .id = 7, .after = weft_some(3)), "1 4 7");
        assert_ids(f, weft_run(f->s, climbed, .id = 5, .after = weft_some(2)), "1 3 5");
        assert_ids(f, weft_run(f->s, summed, .id = 1), "1 3 5 7");
        assert_ids(f, weft_run(f->s, summed, .id = 2), "1 3 6 9");
        assert_ids(f, weft_run(f->s, plain, .id = 5), "15");
        assert_ids(f, weft_run(f->s, plain, .id = 7), "21");
        assert_ids(f, weft_run(f->s, grouped, .id = 0), "1 1 2 4");
        assert_ids(f, weft_run(f->s, grouped, .id = 1), "2 4");
        assert_ids(f, weft_run(f->s, beyond_all, .least = {"10"}), "3 4");
        assert_ids(f, weft_run(f->s, beyond_all, .least = {"1"}), "1 2 3 4");
        assert_ids(f, weft_run(f->s, chosen, .id = 90, .region = "north"), "90 90 3 4");
        assert_ids(f, weft_run(f->s, chosen, .id = 90), "1 2 90 4");
        assert_ids(f, weft_run(f->s, all_ids), "1 2 3 4");
    }
    assert_int_equal(fixture_cached(f), 9);
}

WEFT_STATEMENT(named_so, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_and(weft_starts_with_param(Customer, name, Ask, region), weft_ge_col(Customer, id, Ask, id)));
WEFT_STATEMENT(ended_so, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_ends_with_param(Customer, name, Ask, region));
WEFT_STATEMENT(with_it, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_contains_param(Customer, name, Ask, region), .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(unlike_it, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_and(weft_not_like_param(Customer, name, Ask, region),
                                 weft_not(weft_like_param(Customer, name, Ask, region))),
               .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(ilike_it, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_and(weft_ilike_param(Customer, name, Ask, region),
                                 weft_op(C(Customer, name), "ILIKE", weft_param(Ask, region))));

static void patterns_are_parameters(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        assert_ids(f, weft_run(f->s, named_so, .region = "a"), "1");
        assert_ids(f, weft_run(f->s, named_so, .region = "5_"), "");
        assert_ids(f, weft_run(f->s, named_so, .region = "50%"), "4");
        assert_ids(f, weft_run(f->s, named_so, .region = "50", .id = 5), "");
        assert_ids(f, weft_run(f->s, ended_so, .region = "%"), "4");
        assert_ids(f, weft_run(f->s, with_it, .region = "d"), "1 3");
        assert_ids(f, weft_run(f->s, with_it, .id = 1), "");
        assert_ids(f, weft_run(f->s, unlike_it, .region = "%d%"), "2 4");
        assert_ids(f, weft_run(f->s, ilike_it, .region = "A%"), "1");
    }
    (void)weft_run(f->s, ilike_it, .region = "a\\");
    assert_message(f->s, "is a pattern that ends with its escape character");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

/* ---- what writes ---- */

typedef struct Move {
    int64_t id;
    const char *name, *region;
    weft_opt_int32 rank;
} Move;
WEFT_ROW(Move, WEFT_FIELD(Move, id), WEFT_FIELD(Move, name), WEFT_FIELD(Move, region), WEFT_FIELD(Move, rank));
WEFT_PARAMETERS(Move);
WEFT_CHANGE(move_customer, Move,
            weft_updated(Customer,
                         .set = weft_sets(weft_to_param(Customer, region, Move, region), weft_to_param(Customer, rank, Move, rank)),
                         .where = weft_eq_col(Customer, id, Move, id)));
WEFT_STATEMENT_OF(dropped, Id, Move,
                  weft_deleted(Order, .where = weft_eq_col(Order, customer_id, Move, id), .returning = weft_columns(C(Order, id))));
WEFT_CHANGE(copy_customer, Move,
            weft_inserted(Customer,
                          .columns = weft_columns(C(Customer, id), C(Customer, name), C(Customer, region), C(Customer, rank),
                                                  C(Customer, level)),
                          .query = weft_select(.from = weft_from(Customer),
                                               .columns = weft_columns(weft_op(C(Customer, id), "+", WEFT_LITERAL_INT(10)),
                                                                       weft_param(Move, name), C(Customer, region),
                                                                       weft_param(Move, rank), C(Customer, level)),
                                               .where = weft_eq_col(Customer, id, Move, id)),
                          .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id",
                          .set = weft_sets(weft_to_expr(Customer, name, weft_param(Move, name)))));
WEFT_STATEMENT(customers_in, Id, Move, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_eq_col(Customer, region, Move, region), .order_by = weft_order(weft_asc(Customer, id)));

static void statements_that_write_take_parameters(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed = 0;
    const Customer *ada = weft_get(s, Customer, 1);
    assert_string_equal(ada->region, "north");
    assert_call(s, weft_change(s, move_customer, &changed, .id = 1, .region = "south", .rank = weft_some(9)), WEFT_OK);
    ASSERT_SQL(f, "UPDATE customer SET region = ?1, rank = ?2 WHERE customer.id = ?3",
               "UPDATE customer SET region = $1, rank = $2 WHERE customer.id = $3");
    assert_int_equal(changed, 1);
    assert_string_equal(weft_get(s, Customer, 1)->region, "south");
    assert_int_equal(ada->rank.value, 9);
    assert_call(s, weft_change(s, move_customer, NULL, .id = 1), WEFT_OK);
    assert_null(weft_get(s, Customer, 1)->region);
    assert_call(s, weft_change(s, copy_customer, &changed, .id = 3, .name = "cyd 2", .rank = weft_some(5)), WEFT_OK);
    assert_int_equal(changed, 1);
    assert_call(s, weft_change(s, copy_customer, &changed, .id = 3, .name = "cyd 3"), WEFT_OK);
    Id_list gone = weft_run(s, dropped, .id = 1);
    assert_ok(s);
    assert_int_equal(gone.count, 2);
    commit_ok(s);
    assert_rows(f, "SELECT id, name, region, rank, level FROM customer WHERE id IN (1, 13) ORDER BY id",
                "1|ada|NULL|NULL|gold\n13|cyd 3|NULL|5|plain");
    assert_rows(f, "SELECT id FROM orders ORDER BY id", "3\n4\n5");
}

static void what_waits_is_written_before(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Customer, .id = 9, .name = "zoe", .region = "north", .level = 1);
    assert_ids(f, weft_run(f->s, customers_in, .region = "north"), "1 2 9");
    (void)weft_new(f->s, Order, .id = 9, .customer_id = 9, .state = "open", .total = {"1"});
    Id_list gone = weft_run(f->s, dropped, .id = 9);
    assert_ids(f, gone, "9");
    rollback_ok(f->s);
}

/* ---- connections ---- */

static weft_connection *connect(fixture *f, const weft_connection_options *options)
{
    weft_connection *c = NULL;
    weft_error error;
    assert_error(weft_engine_connect(f->engine, &c, options, &error), WEFT_OK, &error);
    return c;
}

WEFT_STATEMENT(streamed, Id, Ask, .from = weft_from(Order), .columns = weft_columns(C(Order, id)),
               .where = weft_ge_col(Order, id, Ask, id), .order_by = weft_order(weft_asc(Order, id)), .stream = true);

static void connections_run_them(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_result *result = NULL;
    Id_list rows;
    int64_t changed = 0, id = 0;
    weft_connection *c = connect(f, NULL);
    for (int round = 0; round < 2; round++) {
        assert_error(weft_fetch_run(c, page, &rows, &result, &error, .rows = weft_some(2)), WEFT_OK, &error);
        assert_ids(f, rows, "1 2");
        weft_result_close(result);
        assert_error(weft_fetch_run(c, all_ids, &rows, &result, &error), WEFT_OK, &error);
        assert_int_equal(rows.count, 4);
        weft_result_close(result);
        assert_error(weft_open_run(c, streamed, &result, &error, .id = 4), WEFT_OK, &error);
        for (int64_t expected = 4; weft_result_next(result, &error); expected++) {
            assert_true(weft_result_int64(result, 0, &id));
            assert_int_equal(id, expected);
        }
        assert_error(error.status, WEFT_OK, &error);
        assert_int_equal(id, 5);
        weft_result_close(result);
        assert_error(weft_open_run(c, page, &result, &error, .after = weft_some(4)), WEFT_OK, &error);
        assert_true(weft_result_next(result, &error));
        assert_false(weft_result_next(result, &error));
        weft_result_close(result);
        assert_error(weft_execute_run(c, move_customer, &changed, &error, .id = 1 + round, .region = "east"), WEFT_OK, &error);
        assert_int_equal(changed, 1);
    }
    assert_error(weft_fetch_run(c, dropped, &rows, &result, &error, .id = 3), WEFT_OK, &error);
    assert_int_equal(rows.count, 1);
    weft_result_close(result);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id FROM customer WHERE region = 'east' ORDER BY id", "1\n2");

    c = connect(f, &(weft_connection_options){.read_only = true});
    assert_error(weft_fetch_run(c, page, &rows, &result, &error, .rows = weft_some(1)), WEFT_OK, &error);
    weft_result_close(result);
    assert_error(weft_execute_run(c, move_customer, NULL, &error, .id = 1), WEFT_ERROR_READ_ONLY, &error);
    assert_error(weft_fetch_run(c, dropped, &rows, &result, &error, .id = 3), WEFT_ERROR_READ_ONLY, &error);
    assert_null(result);
    weft_connection_close(c);

    c = connect(f, &(weft_connection_options){.autocommit = true});
    assert_error(weft_execute_run(c, move_customer, NULL, &error, .id = 4, .region = "east"), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id FROM customer WHERE region = 'east' ORDER BY id", "1\n2\n4");
}

static void calls_that_do_not_fit_are_misuse(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_result *result = NULL;
    weft_list rows;
    weft_connection *c = connect(f, NULL);
    assert_error(weft_connection_fetch_run(c, &move_customer_statement, &(Move){0}, &result, &rows, &error), WEFT_ERROR_MISUSE,
                 &error);
    assert_error(weft_connection_execute_run(c, &page_statement, &(Ask){0}, NULL, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_execute_run(c, NULL, NULL, NULL, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_fetch_run(c, &page_statement, NULL, &result, &rows, &error), WEFT_ERROR_MISUSE, &error);
    assert_non_null(strstr(error.message, "page was given no parameters: it takes a Ask"));
    assert_error(weft_connection_fetch_run(NULL, &page_statement, &(Ask){0}, &result, &rows, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_run(c, &page_statement, &(Ask){0}, NULL, &error), WEFT_ERROR_MISUSE, &error);
    weft_connection_close(c);
    (void)weft_session_run(f->s, &move_customer_statement, &(Move){0});
    assert_message(f->s, "move_customer gives no rows: it is run by weft_change");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_session_change(f->s, &page_statement, &(Ask){0}, NULL);
    assert_message(f->s, "page gives rows: it is run by weft_run");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

/* ---- mistakes ---- */

WEFT_STATEMENT(of_another, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_eq_col(Customer, region, Move, region));
WEFT_STATEMENT(of_none, Id, weft_no_parameters, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_eq_col(Customer, region, Move, region));
WEFT_STATEMENT(written_out, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_literally(weft_eq_col(Customer, region, Ask, region)));
WEFT_STATEMENT(from_it, Id, Ask, .from = weft_from(Ask), .columns = weft_columns(C(Ask, id)));
WEFT_STATEMENT(set_it, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(weft_any(Ask, region, &weft_true)));
WEFT_STATEMENT(of_mixed_types, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_op(C(Customer, id), "=", weft_param(Ask, since)));
WEFT_STATEMENT(two_for_one, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id), C(Customer, name)));
WEFT_CHANGE(no_change, Ask, weft_select(.from = weft_from(Customer), .columns = weft_columns(C(Customer, id))));

static void mistakes_are_told(void **state)
{
    static const struct {
        const weft_statement *statement;
        weft_status status;
        const char *message;
    } cases[] = {
        {&of_another_statement, WEFT_ERROR_MISUSE, "of_another has a parameter of Move, and is run with those of Ask"},
        {&of_none_statement, WEFT_ERROR_MISUSE, "of_none has a parameter of Move, and is run with those of weft_no_parameters"},
        {&written_out_statement, WEFT_ERROR_MISUSE, "the parameter Ask.region stands within weft_literally"},
        {&from_it_statement, WEFT_ERROR_MISUSE, "the set of parameters Ask stands in no FROM"},
        {&set_it_statement, WEFT_ERROR_MISUSE, "a field of Ask stands where a column of a table is expected"},
        {&of_mixed_types_statement, WEFT_ERROR_TYPE, "timestamp"},
        {&two_for_one_statement, WEFT_ERROR_MISUSE, "the query gives 2 columns and Id has 1 field"},
    };
    fixture *f = *state;
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            (void)weft_session_run(f->s, cases[i].statement, &(Ask){0});
            assert_message(f->s, cases[i].message);
            assert_refused(f->s, cases[i].status);
        }
    (void)weft_change(f->s, no_change, NULL, .id = 1);
    assert_message(f->s, "no_change is no weft_inserted, weft_updated or weft_deleted");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
                    .where = weft_eq_col(Customer, region, Ask, region));
    assert_message(f->s, "Ask.region is a parameter, which has a value only in a WEFT_STATEMENT");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
                    .where = weft_starts_with_param(Customer, region, Ask, region));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
                    .limit_to = weft_param(Ask, id));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

static void parameters_are_64_at_most(void **state)
{
    fixture *f = *state;
    enum { MANY = 65 };
    weft_attr fields[MANY];
    int values[MANY] = {0};
    for (size_t i = 0; i < MANY; i++)
        fields[i] = (weft_attr){
            .kind = WEFT_ATTR_COLUMN, .field = "n", .offset = i * sizeof(int), .size = sizeof(int), .field_type = WEFT_INT32};
    weft_row_type row = {.name = "Many", .size = sizeof values, .fields = fields, .field_count = MANY};
    weft_statement_state notes = {{0}};
    const weft_statement many = {
        .name = "many", .query = all_ids_statement.query, .row = &Id_row, .parameters = &row, .state = &notes};
    (void)weft_session_run(f->s, &many, values);
    assert_message(f->s, "many has 65 parameters; a statement may have 64");
    assert_refused(f->s, WEFT_ERROR_LIMIT);
    row.field_count = 64;
    assert_int_equal(weft_session_run(f->s, &many, values).count, 4);
    assert_ok(f->s);
}

/* ---- the same address, other engines ---- */

static void a_statement_that_lies_where_another_was_is_another(void **state)
{
    fixture *f = *state;
    /* What a library that was unloaded leaves, and another one is loaded to: memory that begins anew. */
    static struct library {
        weft_statement_state notes;
        weft_statement statement;
        weft_rows_options query;
    } memory;
    for (int round = 0; round < 3; round++) {
        memset(&memory, 0, sizeof memory);
        memory.query = *(round == 1 ? page_statement : by_region_statement).query;
        memory.statement = round == 1 ? page_statement : by_region_statement;
        memory.statement.query = &memory.query;
        memory.statement.state = &memory.notes;
        weft_list list = weft_session_run(f->s, &memory.statement, &(Ask){.region = "north"});
        assert_ids(f, Id_list_of(list), round == 1 ? "1 2 3 4 5" : "4");
    }
}

static void engines_come_and_go(void **state)
{
    fixture *f = *state;
    assert_ids(f, weft_run(f->s, by_region, .region = "north"), "4");
    for (int round = 0; round < 3; round++) {
        weft_error error;
        weft_connection *c = NULL;
        weft_result *result = NULL;
        Id_list rows;
        weft_engine *other = fixture_engine(f, (weft_engine_options){0});
        assert_error(weft_engine_connect(other, &c, NULL, &error), WEFT_OK, &error);
        assert_error(weft_fetch_run(c, by_region, &rows, &result, &error, .region = "west"), WEFT_OK, &error);
        assert_int_equal(rows.count, 2);
        weft_result_close(result);
        weft_connection_close(c);
        weft_engine_close(other);
        assert_ids(f, weft_run(f->s, by_region, .region = "north"), "4");
    }
}

static void a_small_cache_turns_over(void **state)
{
    fixture *f = *state;
    weft_cache_stats stats;
    weft_engine *small = fixture_engine(f, (weft_engine_options){.cache_bytes = 65536});
    weft_session *s = weft_session_open(small, NULL);
    for (int round = 0; round < 60; round++) {
        Id_list list = weft_run(s, by_region, .region = "north");
        assert_ok(s);
        assert_int_equal(list.count, 1);
        list = weft_run(s, page, .rows = weft_some(round % 3), .after = {round % 2 == 0, 1});
        assert_ok(s);
        assert_int_equal(list.count, round % 3);
        list = weft_run(s, climbed, .id = 7, .after = weft_some(3));
        assert_int_equal(list.count, 3);
        list = weft_run(s, nested, .region = round % 2 == 0 ? "north" : NULL, .least = {"50"}, .id = 1);
        assert_ok(s);
        assert_int_equal(list.count, 2);
        for (int i = 0; i < 20; i++)
            (void)weft_rows(s, Id, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
                            .where = weft_op(C(Customer, id), "=", weft_literal(100 * round + i)));
        assert_ok(s);
    }
    weft_session_close(s);
    weft_engine_cache_stats(small, &stats);
    assert_true(stats.evictions > 0);
    weft_engine_close(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_report_is_constant_data_with_named_parameters),
        ON_BOTH(a_null_parameter_is_compared_as_a_null_value_is),
        ON_BOTH(null_decides_only_where_it_is_compared),
        ON_BOTH(limit_and_offset_are_parameters),
        ON_BOTH(parameters_stand_in_everything_that_a_statement_consists_of),
        ON_BOTH(parameters_stand_in_series_recursion_windows_and_columns),
        ON_BOTH(patterns_are_parameters),
        ON_BOTH(statements_that_write_take_parameters),
        ON_BOTH(what_waits_is_written_before),
        ON_BOTH(connections_run_them),
        ON_BOTH(calls_that_do_not_fit_are_misuse),
        ON_BOTH(mistakes_are_told),
        ON_BOTH(parameters_are_64_at_most),
        ON_BOTH(a_statement_that_lies_where_another_was_is_another),
        ON_BOTH(engines_come_and_go),
        ON_BOTH(a_small_cache_turns_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
