/* Columns by the fields that they go into: in any order, in results, subqueries, set operations and what writes; and the mistakes
 * that names make visible. */
#include "support/fixture.h"

WEFT_DECLARE(Customer);
WEFT_DECLARE(Order);
struct Customer {
    int64_t id;
    const char *name, *region;
};
struct Order {
    int64_t id, customer_id;
    const char *state;
    weft_decimal total;
};
WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Customer, name),
           WEFT_COLUMN(Customer, region));
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, customer_id),
           WEFT_COLUMN(Order, state), WEFT_COLUMN(Order, total, .precision = 12, .scale = 2));
WEFT_METADATA(models, &Customer_model, &Order_model);
FIXTURE_ROWS(models,
             "INSERT INTO customer (id, name, region) VALUES (1, 'ada', 'north'), (2, 'bob', 'north'), (3, 'cyd', 'south'); "
             "INSERT INTO orders (id, customer_id, state, total) VALUES (1, 1, 'paid', '10.50'), (2, 1, 'paid', '9.50'), "
             "(3, 2, 'open', '100.00'), (4, 3, 'paid', '7.25')");

/* Fields of one type, which places would mix up. */
typedef struct Line {
    const char *region, *name;
    weft_decimal total;
    int64_t rank, orders;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, region), WEFT_FIELD(Line, name), WEFT_FIELD(Line, total), WEFT_FIELD(Line, rank),
         WEFT_FIELD(Line, orders));
typedef struct Sales {
    weft_decimal total;
    int64_t customer_id;
} Sales;
/* Listed otherwise than they lie. */
WEFT_ROW(Sales, WEFT_FIELD(Sales, customer_id), WEFT_FIELD(Sales, total));
typedef struct Pair {
    const char *a, *b;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, a), WEFT_FIELD(Pair, b));
typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));

#define C(M, f) weft_col(M, f)

static void assert_line(const Line *line, const char *region, const char *name, const char *total, int64_t rank, int64_t orders)
{
    assert_string_equal(line->region, region);
    assert_string_equal(line->name, name);
    assert_true(strtod(line->total.text, NULL) == strtod(total, NULL));
    assert_int_equal(line->rank, rank);
    assert_int_equal(line->orders, orders);
}

static void columns_go_into_the_fields_that_they_name(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int round = 0; round < 2; round++) {
        Line_list lines =
            weft_rows(s, Line, .from = weft_from(Order),
                      .joins = weft_joins(weft_join_on(Customer, weft_eq_col(Customer, id, Order, customer_id))),
                      .columns = weft_columns(weft_put(Line, total, weft_sum(C(Order, total))),
                                              weft_put(Line, orders, weft_count_all()), weft_put_col(Line, name, Customer, name),
                                              weft_put_value(Line, rank, 7 + round), weft_put_col(Line, region, Customer, region)),
                      .group_by = weft_columns(weft_out(Line, region), C(Customer, name)),
                      .order_by = weft_order(weft_desc_of(weft_out(Line, total))));
        assert_ok(s);
        assert_int_equal(lines.count, 3);
        assert_line(lines.items[0], "north", "bob", "100", 7 + round, 1);
        assert_line(lines.items[1], "north", "ada", "20", 7 + round, 2);
        assert_line(lines.items[2], "south", "cyd", "7.25", 7 + round, 1);
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT customer.region AS region, customer.name AS name, sum(orders.total) AS total, $1 AS rank, count(*) AS orders "
              "FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY 1, customer.name ORDER BY total DESC"
            : "SELECT customer.region AS region, customer.name AS name, weft_decimal_sum(orders.total) AS total, ?1 AS rank, "
              "count(*) AS orders FROM orders JOIN customer ON customer.id = orders.customer_id GROUP BY 1, customer.name ORDER "
              "BY total COLLATE WEFT_DECIMAL DESC NULLS FIRST");
    assert_int_equal(fixture_cached(f), 1);
}

static void subqueries_and_their_members_too(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_cte(Sales, .query = weft_select(.from = weft_from(Order),
                                         .columns = weft_columns(weft_put(Sales, total, weft_sum(C(Order, total))),
                                                                 weft_put_col(Sales, customer_id, Order, customer_id)),
                                         .group_by = weft_columns(weft_out(Sales, customer_id))));
    Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Customer),
                                .joins = weft_joins(weft_join_on(Sales, weft_eq_col(Sales, customer_id, Customer, id))),
                                .columns = weft_columns(weft_put(Pair, b, weft_cast(C(Sales, total), WEFT_TEXT)),
                                                        weft_put_col(Pair, a, Customer, name)),
                                .where = weft_gt(Sales, total, 10), .order_by = weft_order(weft_asc_of(weft_out(Pair, a))));
    assert_ok(s);
    assert_int_equal(pairs.count, 2);
    assert_string_equal(pairs.items[0]->a, "ada");
    assert_string_equal(pairs.items[0]->b, "20.00");
    assert_string_equal(pairs.items[1]->a, "bob");
    weft_subselect_as(
        Both, Pair,
        weft_union(weft_select(.from = weft_from(Customer), .columns = weft_columns(weft_put_col(Pair, b, Customer, name),
                                                                                    weft_put_col(Pair, a, Customer, region))),
                   weft_select(.from = weft_from(Order),
                               .columns = weft_columns(weft_put_value(Pair, a, "order"), weft_put_col(Pair, b, Order, state)))));
    pairs = weft_rows(s, Pair, .from = weft_from(Both), .order_by = weft_order(weft_asc(Both, a), weft_asc(Both, b)));
    assert_ok(s);
    assert_int_equal(pairs.count, 5);
    assert_string_equal(pairs.items[0]->a, "north");
    assert_string_equal(pairs.items[0]->b, "ada");
    assert_string_equal(pairs.items[2]->a, "order");
    assert_string_equal(pairs.items[2]->b, "open");
    pairs = weft_rows(s, Pair, .from = weft_from(Order), .distinct = true,
                      .columns = weft_columns(weft_put_col(Pair, b, Order, state), weft_put_value(Pair, a, "x")),
                      .order_by = weft_order(weft_desc_of(weft_out(Pair, b))));
    assert_ok(s);
    assert_int_equal(pairs.count, 2);
    assert_string_equal(pairs.items[0]->b, "paid");
}

typedef struct Ask {
    weft_decimal least;
    const char *region;
    int64_t rows;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, region), WEFT_FIELD(Ask, rows));
WEFT_PARAMETERS(Ask);
WEFT_CTE_AS(Paid, Sales,
            .query = weft_select(.from = weft_from(Order),
                                 .columns = weft_columns(weft_put(Sales, total, weft_sum(C(Order, total))),
                                                         weft_put_col(Sales, customer_id, Order, customer_id)),
                                 .where = weft_op(C(Order, state), "=", WEFT_LITERAL_TEXT("paid")),
                                 .group_by = weft_columns(C(Order, customer_id))));
WEFT_STATEMENT(best, Line, Ask, .from = weft_from(Customer),
               .joins = weft_joins(weft_join_on(Paid, weft_eq_col(Paid, customer_id, Customer, id))),
               .columns = weft_columns(weft_put_col(Line, total, Paid, total), weft_put_col(Line, rank, Ask, rows),
                                       weft_put_col(Line, region, Ask, region), weft_put_col(Line, name, Customer, name),
                                       weft_put(Line, orders, WEFT_LITERAL_INT(4))),
               .where = weft_and(weft_ge_col(Paid, total, Ask, least), weft_eq_col(Customer, region, Ask, region)),
               .order_by = weft_order(weft_desc(Paid, total)), .limit_to = weft_param(Ask, rows));
WEFT_STATEMENT_OF(renamed, Pair, Ask,
                  weft_updated(Customer, .set = weft_sets(weft_to_param(Customer, region, Ask, region)),
                               .where = weft_eq_col(Customer, id, Ask, rows),
                               .returning = weft_columns(weft_put_col(Pair, b, Customer, region),
                                                         weft_put_col(Pair, a, Customer, name))));

static void constant_statements_and_what_writes_too(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int round = 0; round < 2; round++) {
        Line_list lines = weft_run(s, best, .least = {"7"}, .region = round == 0 ? "north" : "south", .rows = 3);
        assert_ok(s);
        assert_int_equal(lines.count, 1);
        if (round == 0)
            assert_line(lines.items[0], "north", "ada", "20", 3, 4);
        else
            assert_line(lines.items[0], "south", "cyd", "7.25", 3, 4);
    }
    assert_int_equal(fixture_cached(f), 1);
    Pair_list pairs = weft_run(s, renamed, .region = "west", .rows = 2);
    assert_ok(s);
    assert_int_equal(pairs.count, 1);
    assert_string_equal(pairs.items[0]->a, "bob");
    assert_string_equal(pairs.items[0]->b, "west");
    weft_connection *c = weft_session_connection(s);
    weft_result *result = NULL;
    weft_error error;
    assert_error(weft_fetch(c, Pair, &pairs, &result, &error, .from = weft_from(Customer), .where = weft_eq(Customer, id, 3),
                            .columns =
                                weft_columns(weft_put_col(Pair, b, Customer, region), weft_put_col(Pair, a, Customer, name))),
                 WEFT_OK, &error);
    assert_string_equal(pairs.items[0]->a, "cyd");
    assert_string_equal(pairs.items[0]->b, "south");
    weft_result_close(result);
}

WEFT_STATEMENT(mixed_up, Id, Ask, .from = weft_from(Customer), .columns = weft_columns(weft_put_col(Pair, a, Customer, name)));

static void mistakes_are_told_by_their_fields(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
#define REFUSED(message, R, ...) \
    do { \
        (void)weft_rows(s, R, .from = weft_from(Customer), .columns = weft_columns(__VA_ARGS__)); \
        assert_message(s, message); \
        assert_refused(s, WEFT_ERROR_MISUSE); \
    } while (0)
    const weft_expr *a = weft_put_col(Pair, a, Customer, name), *b = weft_put_col(Pair, b, Customer, name);
    for (int round = 0; round < 2; round++) {
        REFUSED("no weft_put gives Pair.b", Pair, a);
        REFUSED("weft_put gives Pair.a twice", Pair, a, b, a);
        REFUSED("weft_put of Pair stands beside a column without", Pair, a, C(Customer, name));
        REFUSED("weft_put of Pair stands beside one of Id", Pair, a, b, weft_put_col(Id, id, Customer, id));
        REFUSED("the columns are put into Pair by weft_put, and its rows are read into Id", Id, a, b);
    }
    weft_subselect(Id, weft_select(.from = weft_from(Customer), .columns = weft_columns(a, b)));
    (void)weft_rows(s, Id, .from = weft_from(Id));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Pair, .from = weft_from(Customer), .columns = weft_columns(C(Customer, name), C(Customer, name)),
                    .order_by = weft_order(weft_asc_of(weft_out(Pair, a))));
    assert_message(s, "weft_out names a, which no weft_put of the query gives");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_run(s, mixed_up, .rows = 1);
    assert_message(s, "the columns are put into Pair");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_error error;
    weft_result *result = NULL;
    Id_list ids;
    weft_connection *c = weft_session_connection(s);
    assert_error(weft_fetch(c, Id, &ids, &result, &error, .from = weft_from(Customer), .columns = weft_columns(a, b)),
                 WEFT_ERROR_MISUSE, &error);
    assert_error(weft_fetch_run(c, mixed_up, &ids, &result, &error, .rows = 1), WEFT_ERROR_MISUSE, &error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(columns_go_into_the_fields_that_they_name),
        ON_BOTH(subqueries_and_their_members_too),
        ON_BOTH(constant_statements_and_what_writes_too),
        ON_BOTH(mistakes_are_told_by_their_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
