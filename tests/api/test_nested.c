/* Conditions over SELECTs: EXISTS and IN, correlated or not; LATERAL; the first rows of each. */
#include "support/fixture.h"

WEFT_DECLARE(Customer);
WEFT_DECLARE(Order);
struct Customer {
    int64_t id;
    const char *name;
    weft_decimal credit;
    weft_opt_int32 favourite;
    weft_date since;
    Order_list orders;
};
struct Order {
    int64_t id, customer_id;
    const char *state;
    weft_decimal total;
    int32_t pieces;
    weft_timestamp created;
    const Customer *customer;
};
WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Customer, name),
           WEFT_COLUMN(Customer, credit, .precision = 10, .scale = 2), WEFT_COLUMN(Customer, favourite),
           WEFT_COLUMN(Customer, since), WEFT_HAS_MANY(Customer, orders, Order, .foreign_key = "customer_id"));
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, customer_id),
           WEFT_COLUMN(Order, state), WEFT_COLUMN(Order, total, .precision = 12, .scale = 4), WEFT_COLUMN(Order, pieces),
           WEFT_COLUMN(Order, created), WEFT_BELONGS_TO(Order, customer, Customer, .foreign_key = "customer_id"));
WEFT_METADATA(models, &Customer_model, &Order_model);
FIXTURE_MODELS(models);

typedef struct Pair {
    int64_t id;
    weft_opt_int64 order;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, id), WEFT_FIELD(Pair, order));
typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));

#define C(M, f) weft_col(M, f)

/* Ada (1) has orders 1 and 2, Bob (2) 3, Cyd (3) none, Dan (4) 4, 5 and 6. */
static void add_customers(weft_session *s)
{
    static const char *const names[] = {"ada", "bob", "cyd", "dan"}, *const credits[] = {"10.00", "7.50", "3.00", "0.00"};
    static const int64_t owners[] = {1, 1, 2, 4, 4, 4};
    static const char *const totals[] = {"10", "7.5", "1", "3", "20", "20"};
    for (int i = 0; i < 4; i++)
        (void)weft_new(s, Customer, .id = i + 1, .name = names[i], .credit = {credits[i]}, .favourite = {i != 2, i + 1},
                       .since = {i});
    for (int i = 0; i < 6; i++)
        (void)weft_new(s, Order, .id = i + 1, .customer_id = owners[i], .state = i % 2 == 0 ? "paid" : "open", .total = {totals[i]},
                       .pieces = i + 2, .created = {INT64_C(86400000000) * i});
    commit_ok(s);
}

/* The ids of the customers that fulfil a condition, as digits. */
static int64_t found(weft_session *s, const weft_expr *where)
{
    Customer_list list = weft_query(s, Customer, .where = where, .order_by = weft_order(weft_asc(Customer, id)));
    assert_ok(s);
    int64_t digits = 0;
    for (size_t i = 0; i < list.count; i++)
        digits = digits * 10 + list.items[i]->id;
    return digits;
}

static void exists_sees_the_row_around_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_customers(s);
    const weft_expr *own = weft_eq_col(Order, customer_id, Customer, id);
    assert_int_equal(found(s, weft_exists_in(weft_select(.from = weft_from(Order), .where = own))), 124);
    assert_non_null(
        strstr(fixture_last_sql(f), "WHERE EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customer.id) ORDER"));
    assert_int_equal(found(s, weft_not(weft_exists_in(weft_select(.from = weft_from(Order), .where = own)))), 3);
    assert_non_null(strstr(fixture_last_sql(f), "WHERE NOT EXISTS (SELECT 1 FROM orders"));
    for (int pieces = 5; pieces < 7; pieces++)
        assert_int_equal(found(s, weft_or(weft_exists_in(weft_select(.from = weft_from(Order), .limit = 3,
                                                                     .where = weft_and(own, weft_eq(Order, pieces, pieces),
                                                                                       weft_eq(Order, state, "open")))),
                                          weft_eq(Customer, id, 3))),
                         pieces == 5 ? 34 : 3);
    /* Of one model within another, by an alias; of groups; of a set operation; of none at all. */
    weft_alias(Other, Customer);
    assert_int_equal(found(s, weft_exists_in(
                                  weft_select(.from = weft_from(Other), .where = weft_gt_col(Other, credit, Customer, credit)))),
                     234);
    assert_int_equal(found(s, weft_exists_in(weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, customer_id)),
                                                         .where = own, .group_by = weft_columns(C(Order, customer_id)),
                                                         .having = weft_op(weft_count_all(), ">", weft_val(1))))),
                     14);
    assert_int_equal(found(s, weft_exists_in(
                                  weft_union_all(weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, id)),
                                                             .where = weft_and(own, weft_eq(Order, id, 3))),
                                                 weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, id)),
                                                             .where = weft_and(own, weft_eq(Order, id, 4)))))),
                     24);
    assert_int_equal(found(s, weft_not(weft_exists_in(weft_select(.from = weft_from(Order), .where = &weft_false)))), 1234);
    /* In a column. */
    Number_list numbers =
        weft_rows(s, Number, .from = weft_from(Customer), .order_by = weft_order(weft_asc(Customer, id)),
                  .columns = weft_columns(
                      weft_case(weft_exists_in(weft_select(.from = weft_from(Order), .where = own)), weft_val(1), weft_val(0))));
    assert_ok(s);
    assert_int_equal(numbers.items[2]->n, 0);
    assert_int_equal(numbers.items[3]->n, 1);
}

static void in_compares_by_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_customers(s);
    const weft_rows_options *owners = weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, customer_id)));
    assert_int_equal(found(s, weft_in_query(C(Customer, id), owners)), 124);
    assert_non_null(strstr(fixture_last_sql(f), "WHERE customer.id IN (SELECT orders.customer_id FROM orders) ORDER"));
    assert_int_equal(found(s, weft_not_in_query(C(Customer, id), owners)), 3);
    /* Decimals of other scales; integers and decimals; a date beside timestamps. */
    assert_int_equal(found(s, weft_in_query(C(Customer, credit),
                                            weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, total))))),
                     123);
    assert_int_equal(found(s, weft_in_query(C(Customer, id),
                                            weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, total))))),
                     13);
    assert_int_equal(found(s, weft_in_query(C(Customer, credit),
                                            weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, pieces))))),
                     3);
    assert_int_equal(found(s, weft_in_query(C(Customer, since),
                                            weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, created)),
                                                        .where = weft_gt(Order, id, 2)))),
                     34);
    assert_int_equal(found(s, weft_in_query(weft_val(3),
                                            weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, total)),
                                                        .where = weft_eq_col(Order, customer_id, Customer, id)))),
                     4);
    for (int least = 1; least < 6; least += 4)
        assert_int_equal(found(s, weft_and(weft_in_query(weft_op(C(Customer, id), "+", weft_val(1)),
                                                         weft_select(.from = weft_from(Order),
                                                                     .columns = weft_columns(C(Order, pieces)),
                                                                     .where = weft_gt(Order, pieces, least))),
                                           weft_ne(Customer, name, "bob"))),
                         least == 1 ? 134 : 0);
    /* NULL among them: NOT IN is true of nothing. */
    const weft_rows_options *favourites = weft_select(.from = weft_from(Customer), .columns = weft_columns(C(Customer, favourite)));
    weft_alias(Other, Customer);
    Number_list none = weft_rows(s, Number, .from = weft_from(Other), .columns = weft_columns(C(Other, id)),
                                 .where = weft_not_in_query(weft_op(C(Other, id), "+", weft_val(100)), favourites));
    assert_int_equal(none.count, 0);
    /* A set operation, and what is not flushed yet. */
    (void)weft_new(s, Order, .id = 9, .customer_id = 3, .state = "new", .total = {"1"});
    assert_int_equal(found(s, weft_in_query(C(Customer, id),
                                            weft_except(owners, weft_select(.from = weft_from(Order),
                                                                            .columns = weft_columns(C(Order, customer_id)),
                                                                            .where = weft_eq(Order, state, "open"))))),
                     23);
}

static void what_is_kept_lives_on(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_customers(s);
    const weft_expr *kept;
    weft_builder *builder = weft_builder_new();
    {
        kept = weft_keep(s, weft_in_query(C(Customer, id),
                                          weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, customer_id)),
                                                      .where = weft_eq(Order, state, "open"))));
    }
    const weft_expr *built =
        weft_builder_query(builder, WEFT_EXPR_EXISTS,
                           weft_select(.from = weft_from(Order), .where = weft_eq_col(Order, customer_id, Customer, id)), NULL);
    assert_int_equal(found(s, weft_and(kept, built)), 14);
    weft_builder_free(builder);
}

static void a_lateral_subquery_sees_what_stands_before_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_customers(s);
    for (int64_t least = 1; least < 6; least += 4) {
        weft_lateral(Number,
                     weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, id)),
                                 .where = weft_and(weft_eq_col(Order, customer_id, Customer, id), weft_ge(Order, id, least)),
                                 .order_by = weft_order(weft_desc(Order, created)), .limit = 2));
        Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id), C(Number, n)),
                                    .joins = weft_joins(weft_left_join_on(Number, &weft_true)), .where = weft_gt(Customer, id, 1),
                                    .order_by = weft_order(weft_asc(Customer, id), weft_asc(Number, n)));
        if (!f->postgres) {
            assert_message(s, "sqlite has no lateral subqueries such as Number: number the rows by weft_row_number in a weft_cte");
            assert_refused(s, WEFT_ERROR_UNSUPPORTED);
            continue;
        }
        assert_ok(s);
        assert_int_equal(pairs.count, 4);
        assert_true(pairs.items[0]->order.set == (least == 1));
        assert_false(pairs.items[1]->order.set);
        assert_int_equal(pairs.items[2]->order.value, 5);
        assert_int_equal(pairs.items[3]->order.value, 6);
        assert_string_equal(
            fixture_last_sql(f),
            "SELECT customer.id, \"Number\".n FROM customer LEFT JOIN LATERAL (SELECT orders.id AS n FROM orders WHERE "
            "orders.customer_id = customer.id AND orders.id >= $1 ORDER BY orders.created DESC LIMIT $2) AS \"Number\" "
            "ON true WHERE customer.id > $3 ORDER BY customer.id, \"Number\".n");
    }
}

static void the_first_row_of_each_is_left(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_customers(s);
    for (int run = 0; run < 2; run++) {
        Pair_list pairs =
            weft_rows(s, Pair, .from = weft_from(Order), .columns = weft_columns(C(Order, customer_id), C(Order, id)),
                      .distinct_on = weft_columns(C(Order, customer_id)),
                      .order_by = weft_order(weft_asc(Order, customer_id), weft_desc(Order, total), weft_asc(Order, id)));
        assert_ok(s);
        assert_int_equal(pairs.count, 3);
        assert_int_equal(pairs.items[0]->order.value, 1);
        assert_int_equal(pairs.items[2]->order.value, 5);
        assert_string_equal(
            fixture_last_sql(f),
            f->postgres ? "SELECT DISTINCT ON (orders.customer_id) orders.customer_id, orders.id FROM orders ORDER BY "
                          "orders.customer_id, orders.total DESC, orders.id"
                        : "SELECT weft_1 AS customer_id, weft_2 AS id FROM (SELECT *, row_number() OVER (PARTITION BY weft_1 "
                          "ORDER BY weft_1, weft_order_2 COLLATE WEFT_DECIMAL DESC, weft_2) AS weft_first FROM (SELECT "
                          "orders.customer_id AS weft_1, orders.id AS weft_2, orders.total AS weft_order_2 FROM orders)) WHERE "
                          "weft_first = 1 ORDER BY weft_1, weft_order_2 COLLATE WEFT_DECIMAL DESC, weft_2");
        /* Another list is another statement. */
        pairs = weft_rows(s, Pair, .from = weft_from(Order), .columns = weft_columns(C(Order, customer_id), C(Order, id)),
                          .distinct_on = weft_columns(C(Order, state)),
                          .order_by = weft_order(weft_asc(Order, state), weft_asc(Order, id)));
        assert_ok(s);
        assert_int_equal(pairs.count, 2);
    }
    /* Another way to say it. */
    weft_cte(Pair,
             .query =
                 weft_select(.from = weft_from(Order),
                             .columns =
                                 weft_columns(C(Order, id),
                                              weft_over(weft_row_number(), .partition_by = weft_columns(C(Order, customer_id)),
                                                        .order_by = weft_order(weft_desc(Order, total), weft_asc(Order, id))))));
    Number_list first = weft_rows(s, Number, .from = weft_from(Pair), .columns = weft_columns(C(Pair, id)),
                                  .where = weft_eq(Pair, order, 1), .order_by = weft_order(weft_asc(Pair, id)));
    assert_ok(s);
    assert_int_equal(first.count, 3);
    assert_int_equal(first.items[2]->n, 5);
}

static void mistakes_name_the_query(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const struct {
        const weft_expr *where;
        const char *message;
        weft_status status;
    } cases[] = {
        {weft_exists_in(NULL), "weft_exists_in has no query", WEFT_ERROR_MISUSE},
        {weft_in_query(C(Customer, id), NULL), "weft_in_query has no query", WEFT_ERROR_MISUSE},
        {weft_in_query(C(Customer, id), weft_select(.from = weft_from(Order))), "the query of weft_in_query has one column",
         WEFT_ERROR_MISUSE},
        {weft_in_query(C(Customer, name), weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, id)))),
         "IN has a text on its left and a number on its right", WEFT_ERROR_TYPE},
        {weft_exists_in(weft_select(.where = weft_eq(Order, id, 1))), "a SELECT has no .from", WEFT_ERROR_MISUSE},
        {&(const weft_expr){.op = WEFT_EXPR_IN_QUERY, .query = weft_select(.from = weft_from(Order))}, "weft_in_query",
         WEFT_ERROR_MISUSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)weft_query(s, Customer, .where = cases[i].where);
        assert_message(s, cases[i].message);
        assert_refused(s, cases[i].status);
    }
    (void)weft_rows(s, Number, .from = weft_from(Order), .columns = weft_columns(C(Order, id)), .distinct = true,
                    .distinct_on = weft_columns(C(Order, id)));
    assert_message(s, ".distinct and .distinct_on exclude each other");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(exists_sees_the_row_around_it), ON_BOTH(in_compares_by_value),
        ON_BOTH(what_is_kept_lives_on),         ON_BOTH(a_lateral_subquery_sees_what_stands_before_it),
        ON_BOTH(the_first_row_of_each_is_left), ON_BOTH(mistakes_name_the_query),
    };
    return cmocka_run_group_tests_name("nested", tests, NULL, NULL);
}
