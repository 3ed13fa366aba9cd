/* Reports as a shop asks for them, each said twice: in types, and as text in the words of each database. Both give the same rows,
 * which were worked out by hand. */
#include "report.h"

WEFT_DECLARE(Customer);
WEFT_DECLARE(Order);
WEFT_DECLARE(Item);
WEFT_DECLARE(Employee);
WEFT_DECLARE(Category);
WEFT_DECLARE(Stock);
WEFT_DECLARE(Post);
struct Customer {
    int64_t id;
    const char *name, *region;
    Order_list orders;
};
struct Order {
    int64_t id, customer_id;
    const char *state;
    weft_decimal total;
    weft_date created;
    const Customer *customer;
    Item_list items;
};
struct Item {
    int64_t id, order_id;
    const char *sku;
    int32_t qty;
    weft_json extra;
};
struct Employee {
    int64_t id;
    const char *name;
    weft_opt_int64 boss_id;
    double salary;
    const Employee *boss;
};
struct Category {
    int64_t id;
    weft_opt_int64 parent_id;
    const char *name;
};
struct Stock {
    int64_t id;
    const char *sku;
    int32_t qty;
};
struct Post {
    int64_t id;
    const char *title;
    weft_array_text tags;
};
WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Customer, name),
           WEFT_COLUMN(Customer, region), WEFT_HAS_MANY(Customer, orders, Order, .foreign_key = "customer_id"));
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, customer_id),
           WEFT_COLUMN(Order, state), WEFT_COLUMN(Order, total, .precision = 12, .scale = 2), WEFT_COLUMN(Order, created),
           WEFT_BELONGS_TO(Order, customer, Customer, .foreign_key = "customer_id"),
           WEFT_HAS_MANY(Order, items, Item, .foreign_key = "order_id"));
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Item, order_id),
           WEFT_COLUMN(Item, sku), WEFT_COLUMN(Item, qty), WEFT_COLUMN(Item, extra, .nullable = true));
WEFT_MODEL(Employee, "employee", WEFT_COLUMN(Employee, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Employee, name),
           WEFT_COLUMN(Employee, boss_id), WEFT_COLUMN(Employee, salary),
           WEFT_BELONGS_TO(Employee, boss, Employee, .foreign_key = "boss_id"));
WEFT_MODEL(Category, "category", WEFT_COLUMN(Category, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Category, parent_id), WEFT_COLUMN(Category, name));
WEFT_MODEL(Stock, "stock", WEFT_COLUMN(Stock, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Stock, sku),
           WEFT_COLUMN(Stock, qty));
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Post, title),
           WEFT_COLUMN(Post, tags));
WEFT_METADATA(models, &Customer_model, &Order_model, &Item_model, &Employee_model, &Category_model, &Stock_model, &Post_model);
static const char *const filling =
    "INSERT INTO customer (id, name, region) VALUES (1, 'ada', 'north'), (2, 'bob', 'north'), (3, 'cyd', 'south'), (4, 'dan', "
    "'west'); "
    "INSERT INTO orders (id, customer_id, state, total, created) VALUES (1, 1, 'paid', '10.50', '2026-11-01'), "
    "(2, 1, 'paid', '9.50', '2026-11-02'), (3, 2, 'open', '100.00', '2026-11-02'), (4, 2, 'paid', '7.25', '2026-11-04'), "
    "(5, 3, 'paid', '1000.00', '2026-11-05'), (6, 3, 'unpaid', '3.00', '2026-11-05'); "
    "INSERT INTO item (id, order_id, sku, qty, extra) VALUES "
    "(1, 1, 'X1', 1, '{\"size\": {\"width\": 30}, \"colour\": \"red\", \"tags\": [\"c\", \"cpp\", \"old\"]}'), "
    "(2, 3, 'X1', 4, '{\"size\": {\"width\": \"12\"}, \"colour\": \"red\"}'), "
    "(3, 3, 'X2', 2, '{\"size\": null, \"colour\": \"blue\", \"tags\": [\"c\"]}'), (4, 5, 'X9', 1, NULL); "
    "INSERT INTO employee (id, name, boss_id, salary) VALUES (1, 'eve', NULL, 90), (2, 'fay', 1, 95.5), (3, 'gus', 1, 80), "
    "(4, 'hal', 3, 80.25); "
    "INSERT INTO category (id, parent_id, name) VALUES (1, NULL, 'all'), (2, 1, 'books'), (3, 2, 'maps'), (4, 1, 'toys'), "
    "(5, 3, 'sea charts'); "
    "INSERT INTO stock (id, sku, qty) VALUES (1, 'X1', 5), (2, 'X2', 0), (3, 'X3', 2)";
REPORTS(shop, models, filling);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

/* ---- the reports ---- */

typedef struct Total {
    const char *region;
    weft_decimal sales;
} Total;
WEFT_ROW(Total, WEFT_FIELD(Total, region), WEFT_FIELD(Total, sales));
typedef struct Line {
    const char *name;
    weft_decimal sales;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, name), WEFT_FIELD(Line, sales));

static void customers_of_regions_that_sell_much(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_cte(Total, .query = weft_select(.from = weft_from(Customer), .joins = weft_joins(weft_join(Customer, orders)),
                                         .columns = LIST(C(Customer, region), weft_sum(C(Order, total))),
                                         .where = weft_eq(Order, state, "paid"), .group_by = LIST(C(Customer, region))));
    Line_list lines = weft_rows(s, Line, .from = weft_from(Customer),
                                .joins = weft_joins(weft_join_on(Total, weft_eq_col(Total, region, Customer, region))),
                                .columns = LIST(C(Customer, name), C(Total, sales)), .where = weft_gt(Total, sales, 27),
                                .order_by = ORDER(weft_desc(Total, sales), weft_asc(Customer, name)), .limit = 10);
    REPORT(f, Line, lines,
           f->postgres
               ? "WITH t AS (SELECT c.region, sum(o.total) AS sales FROM customer AS c JOIN orders AS o ON o.customer_id = c.id "
                 "WHERE o.state = $1 GROUP BY c.region) SELECT c.name, t.sales FROM customer AS c JOIN t ON t.region = c.region "
                 "WHERE t.sales > $2 ORDER BY t.sales DESC, c.name LIMIT 10"
               : "WITH t AS (SELECT c.region, weft_decimal_sum(o.total) AS sales FROM customer AS c JOIN orders AS o ON "
                 "o.customer_id = c.id WHERE o.state = $1 GROUP BY c.region) SELECT c.name, t.sales FROM customer AS c JOIN t "
                 "ON t.region = c.region WHERE t.sales COLLATE WEFT_DECIMAL > $2 ORDER BY t.sales COLLATE WEFT_DECIMAL DESC, "
                 "c.name LIMIT 10",
           weft_parameters(weft_value_text("paid"), weft_value_decimal((weft_decimal){"27"})), "cyd|1000.00; ada|27.25; bob|27.25");
}

typedef struct Node {
    int64_t id;
    const char *name;
    int32_t depth;
} Node;
WEFT_ROW(Node, WEFT_FIELD(Node, id), WEFT_FIELD(Node, name), WEFT_FIELD(Node, depth));

static void a_category_with_all_below_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_cte(Node,
             .query = weft_union_all(
                 weft_select(.from = weft_from(Category), .columns = LIST(C(Category, id), C(Category, name), weft_val(0)),
                             .where = weft_eq(Category, id, 2)),
                 weft_select(.from = weft_from(Category),
                             .joins = weft_joins(weft_join_on(Node, weft_eq_col(Category, parent_id, Node, id))),
                             .columns = LIST(C(Category, id), C(Category, name), weft_op(C(Node, depth), "+", weft_val(1))))));
    Node_list nodes = weft_rows(s, Node, .from = weft_from(Node), .where = weft_le(Node, depth, 5),
                                .order_by = ORDER(weft_asc(Node, depth), weft_asc(Node, name)));
    REPORT(f, Node, nodes,
           "WITH RECURSIVE n(id, name, depth) AS (SELECT id, name, 0 FROM category WHERE id = 2 UNION ALL SELECT c.id, c.name, "
           "n.depth + 1 FROM category AS c JOIN n ON c.parent_id = n.id) SELECT * FROM n ORDER BY depth, name",
           NULL, "2|books|0; 3|maps|1; 5|sea charts|2");
}

typedef struct Pair {
    const char *name, *boss;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, name), WEFT_FIELD(Pair, boss));

static void who_earns_more_than_the_boss(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Employee);
    Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Employee), .joins = weft_joins(weft_join_to(Employee, boss, Boss)),
                                .columns = LIST(C(Employee, name), C(Boss, name)),
                                .where = weft_gt_col(Employee, salary, Boss, salary), .order_by = ORDER(weft_asc(Boss, name)));
    REPORT(f, Pair, pairs,
           "SELECT e.name, b.name AS boss FROM employee AS e JOIN employee AS b ON e.boss_id = b.id WHERE e.salary > b.salary "
           "ORDER BY b.name",
           NULL, "fay|eve; hal|gus");
    Employee_list staff = weft_query(s, Employee, .joins = weft_joins(weft_join_to(Employee, boss, Boss)),
                                     .where = weft_eq(Boss, name, "eve"), .order_by = ORDER(weft_asc(Employee, id)));
    assert_ok(s);
    assert_int_equal(staff.count, 2);
    assert_string_equal(staff.items[1]->name, "gus");
}

typedef struct Run {
    const char *region;
    weft_decimal total, so_far;
    int64_t rank;
    weft_decimal near;
} Run;
WEFT_ROW(Run, WEFT_FIELD(Run, region), WEFT_FIELD(Run, total), WEFT_FIELD(Run, so_far), WEFT_FIELD(Run, rank),
         WEFT_FIELD(Run, near));

static void sales_as_they_run_by_region(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_window_of(by_region, .partition_by = LIST(C(Customer, region)), .order_by = ORDER(weft_desc(Order, total)));
    const weft_expr *total = C(Order, total);
    Run_list runs = weft_rows(s, Run, .from = weft_from(Order), .joins = weft_joins(weft_join(Order, customer)),
                              .columns = LIST(C(Customer, region), total,
                                              weft_over(weft_sum(total), .partition_by = LIST(C(Customer, region)),
                                                        .order_by = ORDER(weft_asc(Order, id)),
                                                        .frame = weft_frame_rows(weft_unbounded_preceding, weft_current_row)),
                                              weft_over_window(weft_rank(), by_region),
                                              weft_over(weft_avg(total), .order_by = ORDER(weft_asc(Order, id)),
                                                        .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row))),
                              .order_by = ORDER(weft_asc(Customer, region), weft_asc(Order, id)));
    REPORT(f, Run, runs,
           f->postgres
               ? "SELECT c.region, o.total, sum(o.total) OVER (PARTITION BY c.region ORDER BY o.id ROWS UNBOUNDED PRECEDING) AS "
                 "so_far, rank() OVER w AS rank, avg(o.total) OVER (ORDER BY o.id ROWS 1 PRECEDING) AS near FROM orders AS o JOIN "
                 "customer AS c ON o.customer_id = c.id WINDOW w AS (PARTITION BY c.region ORDER BY o.total DESC) ORDER BY "
                 "c.region, o.id"
               : "SELECT c.region, o.total, weft_decimal_sum(o.total) OVER (PARTITION BY c.region ORDER BY o.id ROWS UNBOUNDED "
                 "PRECEDING) AS so_far, rank() OVER w AS rank, weft_decimal_avg(o.total) OVER (ORDER BY o.id ROWS 1 PRECEDING) "
                 "AS near FROM orders AS o JOIN customer AS c ON o.customer_id = c.id WINDOW w AS (PARTITION BY c.region ORDER "
                 "BY o.total COLLATE WEFT_DECIMAL DESC) ORDER BY c.region, o.id",
           NULL,
           "north|10.50|10.50|2|10.50; north|9.50|20.00|3|10.00; north|100.00|120.00|1|54.75; "
           "north|7.25|127.25|4|53.625; south|1000.00|1000.00|1|503.625; south|3.00|1003.00|2|501.50");
}

typedef struct Last {
    const char *name;
    weft_date last;
} Last;
WEFT_ROW(Last, WEFT_FIELD(Last, name), WEFT_FIELD(Last, last));

/* Who bought "X1" in an order above the average, and has nothing unpaid. */
static void customers_by_what_they_bought(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Small, Order);
    const weft_expr *own = weft_eq_col(Order, customer_id, Customer, id);
    Last_list rows = weft_rows(
        s, Last, .from = weft_from(Customer),
        .columns = LIST(C(Customer, name), weft_scalar(weft_select(.from = weft_from(Order),
                                                                   .columns = LIST(weft_max(C(Order, created))), .where = own))),
        .where = weft_and(
            weft_exists_in(weft_select(.from = weft_from(Order), .joins = weft_joins(weft_join(Order, items)),
                                       .where = weft_and(own, weft_eq(Item, sku, "X1"),
                                                         weft_op(C(Order, total), ">",
                                                                 weft_scalar(weft_select(.from = weft_from(Small),
                                                                                         .columns = LIST(weft_avg(C(Small, total))),
                                                                                         .where = weft_lt(Small, total, 500))))))),
            weft_not(
                weft_exists_in(weft_select(.from = weft_from(Order), .where = weft_and(own, weft_eq(Order, state, "unpaid")))))));
    REPORT(f, Last, rows,
           f->postgres
               ? "SELECT c.name, (SELECT max(o.created) FROM orders AS o WHERE o.customer_id = c.id) AS last FROM customer AS c "
                 "WHERE EXISTS (SELECT 1 FROM orders AS o JOIN item AS i ON i.order_id = o.id WHERE o.customer_id = c.id AND "
                 "i.sku = 'X1' AND o.total > (SELECT avg(total) FROM orders WHERE total < 500)) AND NOT EXISTS (SELECT 1 FROM "
                 "orders AS o WHERE o.customer_id = c.id AND o.state = 'unpaid')"
               : "SELECT c.name, (SELECT max(o.created) FROM orders AS o WHERE o.customer_id = c.id) AS last FROM customer AS c "
                 "WHERE EXISTS (SELECT 1 FROM orders AS o JOIN item AS i ON i.order_id = o.id WHERE o.customer_id = c.id AND "
                 "i.sku = 'X1' AND o.total COLLATE WEFT_DECIMAL > (SELECT weft_decimal_avg(total) FROM orders WHERE total COLLATE "
                 "WEFT_DECIMAL < '500')) AND NOT EXISTS (SELECT 1 FROM orders AS o WHERE o.customer_id = c.id AND o.state = "
                 "'unpaid')",
           NULL, "bob|2026-11-04");
}

typedef struct Who {
    const char *name, *kind;
} Who;
WEFT_ROW(Who, WEFT_FIELD(Who, name), WEFT_FIELD(Who, kind));

static void the_silent_and_the_best_paid(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(E2, Employee);
    weft_subselect(
        Who,
        weft_union_all(
            weft_select(.from = weft_from(Customer), .columns = LIST(C(Customer, name), weft_val("silent")),
                        .where = weft_not_in_query(C(Customer, id),
                                                   weft_select(.from = weft_from(Order), .columns = LIST(C(Order, customer_id))))),
            weft_select(.from = weft_from(Employee), .columns = LIST(C(Employee, name), weft_val("best paid")),
                        .where = weft_op(C(Employee, salary),
                                         ">=", weft_all_of(weft_select(.from = weft_from(E2), .columns = LIST(C(E2, salary))))))));
    Who_list rows = weft_rows(s, Who, .from = weft_from(Who), .order_by = ORDER(weft_asc(Who, name)), .limit = 50);
    REPORT(f, Who, rows,
           "SELECT name, 'silent' AS kind FROM customer WHERE id NOT IN (SELECT customer_id FROM orders) UNION ALL SELECT name, "
           "'best paid' "
           "FROM employee WHERE salary >= (SELECT max(salary) FROM employee) ORDER BY name LIMIT 50",
           NULL, "dan|silent; fay|best paid");
}

typedef struct Wanted {
    const char *sku;
    int32_t qty;
} Wanted;
WEFT_ROW(Wanted, WEFT_FIELD(Wanted, sku), WEFT_FIELD(Wanted, qty));
typedef struct Missing {
    const char *sku;
    int32_t wanted;
    weft_opt_int32 there;
} Missing;
WEFT_ROW(Missing, WEFT_FIELD(Missing, sku), WEFT_FIELD(Missing, wanted), WEFT_FIELD(Missing, there));

static void what_a_list_wants_and_stock_has_not(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Wanted list[] = {{"X1", 3}, {"X2", 1}, {"X9", 12}};
    weft_values_of(Wanted, list, 3);
    Missing_list rows = weft_rows(s, Missing, .from = weft_from(Wanted),
                                  .joins = weft_joins(weft_left_join_on(Stock, weft_eq_col(Stock, sku, Wanted, sku))),
                                  .columns = LIST(C(Wanted, sku), C(Wanted, qty), C(Stock, qty)),
                                  .where = weft_op(weft_coalesce(C(Stock, qty), weft_val(0)), "<", C(Wanted, qty)),
                                  .order_by = ORDER(weft_asc(Wanted, sku)));
    REPORT(f, Missing, rows,
           "WITH w(sku, qty) AS (VALUES ('X1', 3), ('X2', 1), ('X9', 12)) SELECT w.sku, w.qty AS wanted, s.qty AS there FROM w "
           "LEFT JOIN "
           "stock AS s ON s.sku = w.sku WHERE coalesce(s.qty, 0) < w.qty ORDER BY w.sku",
           NULL, "X2|1|0; X9|12|-");
}

typedef struct Recent {
    int64_t customer_id, id, place;
} Recent;
WEFT_ROW(Recent, WEFT_FIELD(Recent, customer_id), WEFT_FIELD(Recent, id), WEFT_FIELD(Recent, place));
typedef struct Newest {
    const char *name;
    weft_opt_int64 id;
} Newest;
WEFT_ROW(Newest, WEFT_FIELD(Newest, name), WEFT_FIELD(Newest, id));

static void the_newest_order_of_every_customer(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const char *sql =
        "WITH r AS (SELECT customer_id, id, row_number() OVER (PARTITION BY customer_id ORDER BY created DESC, id DESC) AS n "
        "FROM orders) SELECT c.name, r.id FROM customer AS c LEFT JOIN r ON r.customer_id = c.id AND r.n = 1 ORDER BY c.name";
    const char *expected = "ada|2; bob|4; cyd|6; dan|-";
    weft_cte(Recent,
             .query = weft_select(.from = weft_from(Order),
                                  .columns = LIST(C(Order, customer_id), C(Order, id),
                                                  weft_over(weft_row_number(), .partition_by = LIST(C(Order, customer_id)),
                                                            .order_by = ORDER(weft_desc(Order, created), weft_desc(Order, id))))));
    Newest_list rows =
        weft_rows(s, Newest, .from = weft_from(Customer), .columns = LIST(C(Customer, name), C(Recent, id)),
                  .order_by = ORDER(weft_asc(Customer, name)),
                  .joins = weft_joins(weft_left_join_on(Recent, weft_and(weft_eq_col(Recent, customer_id, Customer, id),
                                                                         weft_eq(Recent, place, 1)))));
    REPORT(f, Newest, rows, sql, NULL, expected);
    if (!f->postgres)
        return;
    weft_lateral_as(One, Wanted,
                    weft_select(.from = weft_from(Order), .columns = LIST(C(Order, state), C(Order, id)), .limit = 1,
                                .where = weft_eq_col(Order, customer_id, Customer, id),
                                .order_by = ORDER(weft_desc(Order, created), weft_desc(Order, id))));
    rows = weft_rows(s, Newest, .from = weft_from(Customer), .joins = weft_joins(weft_left_join_on(One, &weft_true)),
                     .columns = LIST(C(Customer, name), C(One, qty)), .order_by = ORDER(weft_asc(Customer, name)));
    REPORT(f, Newest, rows, sql, NULL, expected);
}

typedef struct Day {
    weft_date day;
} Day;
WEFT_ROW(Day, WEFT_FIELD(Day, day));
typedef struct PerDay {
    weft_date day;
    int64_t orders;
} PerDay;
WEFT_ROW(PerDay, WEFT_FIELD(PerDay, day), WEFT_FIELD(PerDay, orders));

static void days_with_and_without_orders(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_date first, last;
    assert_true(weft_date_parse("2026-11-01", &first));
    assert_true(weft_date_parse("2026-11-05", &last));
    weft_series(Day, weft_val(first), weft_val(last));
    PerDay_list days = weft_rows(s, PerDay, .from = weft_from(Day),
                                 .joins = weft_joins(weft_left_join_on(Order, weft_eq_col(Order, created, Day, day))),
                                 .columns = LIST(C(Day, day), weft_count(C(Order, id))), .group_by = LIST(C(Day, day)),
                                 .order_by = ORDER(weft_asc(Day, day)));
    REPORT(f, PerDay, days,
           f->postgres
               ? "SELECT CAST(d AS date) AS day, count(o.id) AS orders FROM generate_series(timestamp '2026-11-01', '2026-11-05', "
                 "'1 day') AS d LEFT JOIN orders AS o ON o.created = d GROUP BY d ORDER BY d"
               : "WITH RECURSIVE d(day) AS (VALUES ('2026-11-01') UNION ALL SELECT date(day, '+1 day') FROM d WHERE day < "
                 "'2026-11-05') SELECT d.day, count(o.id) AS orders FROM d LEFT JOIN orders AS o ON o.created = d.day GROUP BY "
                 "d.day ORDER BY d.day",
           NULL, "2026-11-01|1; 2026-11-02|2; 2026-11-03|0; 2026-11-04|1; 2026-11-05|2");
}

typedef struct Region {
    const char *region;
    int64_t paid, others;
} Region;
WEFT_ROW(Region, WEFT_FIELD(Region, region), WEFT_FIELD(Region, paid), WEFT_FIELD(Region, others));

static void regions_by_what_is_paid(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *paid = weft_filter(weft_count_all(), weft_eq(Order, state, "paid"));
    Region_list rows =
        weft_rows(s, Region, .from = weft_from(Order), .joins = weft_joins(weft_join(Order, customer)),
                  .columns = LIST(C(Customer, region), paid, weft_filter(weft_count_all(), weft_ne(Order, state, "paid"))),
                  .group_by = LIST(C(Customer, region)), .having = weft_op(paid, ">", weft_val(0)),
                  .order_by = ORDER(weft_asc(Customer, region)));
    REPORT(f, Region, rows,
           "SELECT c.region, sum(CASE WHEN o.state = 'paid' THEN 1 ELSE 0 END) AS paid, sum(CASE WHEN o.state <> 'paid' THEN 1 "
           "ELSE 0 END) "
           "AS others FROM orders AS o JOIN customer AS c ON o.customer_id = c.id GROUP BY c.region ORDER BY c.region",
           NULL, "north|3|1; south|1|1");
}

typedef struct Buyers {
    const char *region;
    int64_t paid;
    const char *names;
} Buyers;
WEFT_ROW(Buyers, WEFT_FIELD(Buyers, region), WEFT_FIELD(Buyers, paid), WEFT_FIELD(Buyers, names));

static void regions_with_the_names_of_buyers(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *paid = weft_filter(weft_count_all(), weft_eq(Order, state, "paid"));
    Buyers_list rows = weft_rows(s, Buyers, .from = weft_from(Order), .joins = weft_joins(weft_join(Order, customer)),
                                 .columns = LIST(C(Customer, region), paid,
                                                 weft_ordered(weft_string_agg(weft_distinct(C(Customer, name)), weft_val(", ")),
                                                              weft_desc(Customer, name))),
                                 .group_by = LIST(C(Customer, region)), .having = weft_op(paid, ">", weft_val(1)));
    REPORT(
        f, Buyers, rows,
        f->postgres
            ? "SELECT c.region, count(*) FILTER (WHERE o.state = 'paid') AS paid, string_agg(DISTINCT c.name, ', ' ORDER BY "
              "c.name DESC) AS names FROM orders AS o JOIN customer AS c ON o.customer_id = c.id GROUP BY c.region HAVING "
              "count(*) FILTER (WHERE o.state = 'paid') > 1"
            : "SELECT region, sum(paid) AS paid, group_concat(name, ', ') AS names FROM (SELECT c.region, c.name, count(*) FILTER "
              "(WHERE o.state = 'paid') AS paid FROM orders AS o JOIN customer AS c ON o.customer_id = c.id GROUP BY c.region, "
              "c.name ORDER BY c.name DESC) GROUP BY region HAVING sum(paid) > 1",
        NULL, "north|3|bob, ada");
}

typedef struct Cell {
    const char *region, *state;
    weft_decimal sales;
    int32_t rest;
} Cell;
WEFT_ROW(Cell, WEFT_FIELD(Cell, region), WEFT_FIELD(Cell, state), WEFT_FIELD(Cell, sales), WEFT_FIELD(Cell, rest));

static void sales_by_region_and_state_by_region_and_in_all(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *region = C(Customer, region), *of_state = C(Order, state), *rest = weft_grouping(region, of_state);
    const weft_expr *both[] = {LIST(weft_rollup(region, of_state)),
                               LIST(weft_grouping_sets(weft_tuple(region, of_state), region, weft_nothing))};
    for (int i = 0; i < 2; i++) {
        Cell_list cells = weft_rows(s, Cell, .from = weft_from(Order), .joins = weft_joins(weft_join(Order, customer)),
                                    .columns = LIST(region, of_state, weft_sum(C(Order, total)), rest), .group_by = both[i],
                                    .order_by = ORDER(weft_asc_of(rest), weft_asc_of(region), weft_asc_of(of_state)));
        REPORT(
            f, Cell, cells,
            f->postgres
                ? "SELECT c.region, o.state, sum(o.total) AS sales, grouping(c.region, o.state) AS rest FROM orders AS o JOIN "
                  "customer AS c ON o.customer_id = c.id GROUP BY ROLLUP (c.region, o.state) ORDER BY 4, 1, 2"
                : "SELECT c.region, o.state, weft_decimal_sum(o.total) AS sales, 0 AS rest FROM orders AS o JOIN customer AS c ON "
                  "o.customer_id = c.id GROUP BY c.region, o.state UNION ALL SELECT c.region, NULL, weft_decimal_sum(o.total), 1 "
                  "FROM orders AS o JOIN customer AS c ON o.customer_id = c.id GROUP BY c.region UNION ALL SELECT NULL, NULL, "
                  "weft_decimal_sum(o.total), 3 FROM orders AS o ORDER BY 4, 1, 2",
            NULL,
            "north|open|100.00|0; north|paid|27.25|0; south|paid|1000.00|0; south|unpaid|3.00|0; north|-|127.25|1; "
            "south|-|1003.00|1; -|-|1130.25|3");
    }
}

typedef struct Bucket {
    int64_t bucket, orders;
} Bucket;
WEFT_ROW(Bucket, WEFT_FIELD(Bucket, bucket), WEFT_FIELD(Bucket, orders));

static void orders_by_what_they_are_worth(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *v = weft_arg("v", C(Order, total)), *low = weft_arg("low", weft_val(0.0)),
                    *high = weft_arg("high", weft_val(500.0));
    const weft_expr *bucket =
        weft_per_database(weft_sql(WEFT_INT64, "width_bucket(CAST(:v AS float8), :low, :high, 5)", v, low, high),
                          weft_sql(WEFT_INT64, "min(CAST((CAST(:v AS REAL) - :low) / (:high - :low) * 5 AS INTEGER), 5) + 1", v,
                                   low, high));
    Bucket_list buckets = weft_rows(s, Bucket, .from = weft_from(Order), .columns = LIST(bucket, weft_count_all()),
                                    .group_by = LIST(bucket), .order_by = ORDER(weft_asc_of(bucket)));
    REPORT(
        f, Bucket, buckets,
        "SELECT CASE WHEN CAST(total AS REAL) < 100 THEN 1 WHEN CAST(total AS REAL) < 200 THEN 2 ELSE 6 END AS bucket, count(*) AS "
        "orders FROM orders GROUP BY 1 ORDER BY 1",
        NULL, "1|4; 2|1; 6|1");
}

typedef struct Both {
    weft_opt_int64 stock, item, customer;
} Both;
WEFT_ROW(Both, WEFT_FIELD(Both, stock), WEFT_FIELD(Both, item), WEFT_FIELD(Both, customer));

static void what_is_in_stock_and_what_was_sold(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Both_list rows = weft_rows(s, Both, .from = weft_from(Stock), .columns = LIST(C(Stock, id), C(Item, id), C(Order, customer_id)),
                               .joins = weft_joins(weft_full_join_on(Item, weft_eq_col(Item, sku, Stock, sku)),
                                                   weft_left_join_on(Order, weft_and(weft_eq_col(Order, id, Item, order_id),
                                                                                     weft_gt(Order, total, 50)))),
                               .order_by = ORDER(weft_asc(Stock, id), weft_asc(Item, id)));
    REPORT(f, Both, rows,
           f->postgres
               ? "SELECT s.id AS stock, i.id AS item, o.customer_id AS customer FROM stock AS s FULL JOIN item AS i ON i.sku = "
                 "s.sku LEFT JOIN orders AS o ON o.id = i.order_id AND o.total > 50 ORDER BY s.id, i.id"
               : "SELECT s.id AS stock, i.id AS item, o.customer_id AS customer FROM stock AS s LEFT JOIN item AS i ON i.sku = "
                 "s.sku LEFT JOIN orders AS o ON o.id = i.order_id AND o.total COLLATE WEFT_DECIMAL > '50' UNION ALL SELECT NULL, "
                 "i.id, o.customer_id FROM item AS i LEFT JOIN orders AS o ON o.id = i.order_id AND o.total COLLATE WEFT_DECIMAL "
                 "> '50' WHERE i.sku NOT IN (SELECT sku FROM stock) ORDER BY 1 NULLS LAST, 2",
           NULL, "1|1|-; 1|2|2; 2|3|2; 3|-|-; -|4|3");
}

static void months_with_and_without_orders(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_date first, last;
    assert_true(weft_date_parse("2026-10-01", &first));
    assert_true(weft_date_parse("2026-12-31", &last));
    weft_series_by(Day, weft_val(first), weft_val(last), weft_val(1), WEFT_MONTH);
    PerDay_list months =
        weft_rows(s, PerDay, .from = weft_from(Day),
                  .joins = weft_joins(
                      weft_left_join_on(Order, weft_op(weft_date_trunc(C(Order, created), WEFT_MONTH), "=", C(Day, day)))),
                  .columns = LIST(C(Day, day), weft_count(C(Order, id))), .group_by = LIST(C(Day, day)),
                  .order_by = ORDER(weft_asc(Day, day)));
    REPORT(f, PerDay, months,
           f->postgres
               ? "SELECT CAST(d AS date) AS day, count(o.id) AS orders FROM generate_series(timestamp '2026-10-01', '2026-12-31', "
                 "'1 month') AS d LEFT JOIN orders AS o ON date_trunc('month', o.created) = d GROUP BY d ORDER BY d"
               : "WITH RECURSIVE d(day) AS (VALUES ('2026-10-01') UNION ALL SELECT date(day, '+1 month') FROM d WHERE day < "
                 "'2026-12-01') SELECT d.day, count(o.id) AS orders FROM d LEFT JOIN orders AS o ON date(o.created, 'start of "
                 "month') = d.day GROUP BY d.day ORDER BY d.day",
           NULL, "2026-10-01|0; 2026-11-01|6; 2026-12-01|0");
}

typedef struct Spent {
    int64_t customer_id;
    weft_decimal total;
} Spent;
WEFT_ROW(Spent, WEFT_FIELD(Spent, customer_id), WEFT_FIELD(Spent, total));
typedef struct Ask {
    weft_date since;
    weft_decimal least;
    const char *region;
    int64_t rows;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, since), WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, region), WEFT_FIELD(Ask, rows));
WEFT_PARAMETERS(Ask);
WEFT_CTE(Spent, .query = weft_select(.from = weft_from(Order), .columns = LIST(C(Order, customer_id), weft_sum(C(Order, total))),
                                     .where = weft_and(weft_op(C(Order, state), "=", WEFT_LITERAL_TEXT("paid")),
                                                       weft_ge_col(Order, created, Ask, since)),
                                     .group_by = LIST(C(Order, customer_id))));
WEFT_STATEMENT(top_customers, Line, Ask, .from = weft_from(Customer),
               .joins = weft_joins(weft_join_on(Spent, weft_eq_col(Spent, customer_id, Customer, id))),
               .columns = LIST(C(Customer, name), C(Spent, total)),
               .where = weft_and(weft_ge_col(Spent, total, Ask, least), weft_eq_col(Customer, region, Ask, region)),
               .order_by = ORDER(weft_desc(Spent, total)), .limit_to = weft_param(Ask, rows));

static void the_best_customers_of_a_region(void **state)
{
    fixture *f = *state;
    const char *sql = f->postgres
                          ? "SELECT c.name, sum(o.total) AS sales FROM customer AS c JOIN orders AS o ON o.customer_id = c.id AND "
                            "o.state = 'paid' AND o.created >= $1 WHERE c.region = $3 GROUP BY c.id, c.name HAVING "
                            "sum(o.total) >= $2 ORDER BY 2 DESC LIMIT $4"
                          : "SELECT c.name, weft_decimal_sum(o.total) AS sales FROM customer AS c JOIN orders AS o ON "
                            "o.customer_id = c.id AND o.state = 'paid' AND o.created >= $1 WHERE c.region = $3 GROUP BY "
                            "c.id, c.name HAVING weft_decimal_sum(o.total) COLLATE WEFT_DECIMAL >= $2 ORDER BY 2 COLLATE "
                            "WEFT_DECIMAL DESC LIMIT $4";
    weft_date early, late;
    assert_true(weft_date_parse("2026-11-01", &early));
    assert_true(weft_date_parse("2026-11-02", &late));
    for (int64_t n = 0; n < 3; n++) {
        const Ask ask = {.since = n < 2 ? early : late, .least = {"7"}, .region = "north", .rows = n + 1};
        Line_list lines = Line_list_of(weft_session_run(f->s, &top_customers_statement, &ask));
        REPORT(f, Line, lines, sql,
               weft_parameters(weft_value_date(ask.since), weft_value_decimal(ask.least), weft_value_text(ask.region),
                               weft_value_int64(ask.rows)),
               n == 0   ? "ada|20.00"
               : n == 1 ? "ada|20.00; bob|7.25"
                        : "ada|9.50; bob|7.25");
    }
}

typedef struct Width {
    const char *sku;
    weft_opt_int64 width;
} Width;
WEFT_ROW(Width, WEFT_FIELD(Width, sku), WEFT_FIELD(Width, width));
typedef struct Tag {
    const char *value;
} Tag;
WEFT_ROW(Tag, WEFT_FIELD(Tag, value));
typedef struct Tagged {
    const char *sku, *tag;
} Tagged;
WEFT_ROW(Tagged, WEFT_FIELD(Tagged, sku), WEFT_FIELD(Tagged, tag));

static void what_is_said_of_items(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *extra = C(Item, extra);
    Width_list widths = weft_rows(s, Width, .from = weft_from(Item),
                                  .columns = LIST(C(Item, sku), weft_json_value(extra, "$.size.width", WEFT_INT64)),
                                  .where = weft_and(weft_json_has(extra, "$.size"),
                                                    weft_op(weft_json_text(extra, "$.colour"), "<>", weft_val("green"))),
                                  .order_by = ORDER(weft_asc(Item, id)));
    REPORT(f, Width, widths,
           f->postgres
               ? "SELECT sku, CAST(extra->'size'->>'width' AS bigint) AS width FROM item WHERE extra ? 'size' AND "
                 "extra->>'colour' <> $1 ORDER BY id"
               : "SELECT sku, CAST(json_extract(extra, '$.size.width') AS INTEGER) AS width FROM item WHERE json_type(extra, "
                 "'$.size') IS NOT NULL AND json_extract(extra, '$.colour') <> $1 ORDER BY id",
           weft_parameters(weft_value_text("green")), "X1|30; X1|12; X2|-");
    weft_json_each(Tag, weft_json_get(extra, "$.tags"));
    Tagged_list tags = weft_rows(s, Tagged, .from = weft_from(Item), .joins = weft_joins(weft_cross_join(Tag)),
                                 .columns = LIST(C(Item, sku), C(Tag, value)), .where = weft_like(Tag, value, "c%"),
                                 .order_by = ORDER(weft_asc(Item, id), weft_asc(Tag, value)));
    REPORT(f, Tagged, tags,
           f->postgres
               ? "SELECT i.sku, t.tag FROM item AS i CROSS JOIN LATERAL jsonb_array_elements_text(i.extra->'tags') AS t(tag) "
                 "WHERE t.tag LIKE 'c%' ORDER BY i.id, t.tag"
               : "SELECT i.sku, t.value AS tag FROM item AS i CROSS JOIN json_each(i.extra, '$.tags') AS t WHERE t.value GLOB "
                 "'c*' ORDER BY i.id, t.value",
           NULL, "X1|c; X1|cpp; X2|c");
}

typedef struct Open {
    int64_t id;
    const char *state;
} Open;
WEFT_ROW(Open, WEFT_FIELD(Open, id), WEFT_FIELD(Open, state));

/* The constant stands in the text, so that an index on what is not paid serves it. */
static void what_is_not_paid_yet(void **state)
{
    fixture *f = *state;
    for (int64_t customer = 2; customer < 4; customer++) {
        Open_list rows =
            weft_rows(f->s, Open, .from = weft_from(Order), .columns = LIST(C(Order, id), C(Order, state)),
                      .where = weft_and(weft_literally(weft_ne(Order, state, "paid")), weft_eq(Order, customer_id, customer)),
                      .order_by = ORDER(weft_asc(Order, id)));
        assert_non_null(strstr(fixture_last_sql(f), "orders.state <> 'paid' AND orders.customer_id = "));
        REPORT(f, Open, rows, "SELECT id, state FROM orders WHERE state <> 'paid' AND customer_id = $1 ORDER BY id",
               weft_parameters(weft_value_int64(customer)), customer == 2 ? "3|open" : "6|unpaid");
    }
}

typedef struct Active {
    int64_t customer_id;
    weft_date day;
} Active;
WEFT_ROW(Active, WEFT_FIELD(Active, customer_id), WEFT_FIELD(Active, day));
typedef struct Cohort {
    weft_date day;
    int64_t size, stayed;
} Cohort;
WEFT_ROW(Cohort, WEFT_FIELD(Cohort, day), WEFT_FIELD(Cohort, size), WEFT_FIELD(Cohort, stayed));

/* Who came first on a day, and how many of them came again on the next. */
static void who_comes_again(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *created = C(Order, created);
    weft_cte_as(First, Active,
                .query = weft_select(.from = weft_from(Order), .group_by = LIST(weft_out(Active, customer_id)),
                                     .columns = LIST(weft_put(Active, day, weft_date_trunc(weft_min(created), WEFT_DAY)),
                                                     weft_put_col(Active, customer_id, Order, customer_id))));
    weft_cte(Active, .query = weft_select(.from = weft_from(Order), .distinct = true,
                                          .columns = LIST(weft_put_col(Active, customer_id, Order, customer_id),
                                                          weft_put_col(Active, day, Order, created))));
    weft_alias(Next, Active);
    Cohort_list rows =
        weft_rows(s, Cohort, .from = weft_from(First),
                  .joins = weft_joins(
                      weft_left_join_on(Next,
                                        weft_and(weft_eq_col(Next, customer_id, First, customer_id),
                                                 weft_op(C(Next, day), "=", weft_date_add(C(First, day), weft_val(1), WEFT_DAY))))),
                  .columns = LIST(weft_put(Cohort, stayed, weft_count(C(Next, customer_id))),
                                  weft_put(Cohort, size, weft_count_all()), weft_put_col(Cohort, day, First, day)),
                  .group_by = LIST(C(First, day)), .order_by = ORDER(weft_asc(First, day)));
    REPORT(f, Cohort, rows,
           f->postgres
               ? "WITH f AS (SELECT customer_id, min(created) AS day FROM orders GROUP BY 1), a AS (SELECT DISTINCT customer_id, "
                 "created AS day FROM orders) SELECT f.day, count(*) AS size, count(a.customer_id) AS stayed FROM f LEFT JOIN a "
                 "ON a.customer_id = f.customer_id AND a.day = f.day + 1 GROUP BY f.day ORDER BY f.day"
               : "WITH f AS (SELECT customer_id, min(created) AS day FROM orders GROUP BY 1), a AS (SELECT DISTINCT customer_id, "
                 "created AS day FROM orders) SELECT f.day, count(*) AS size, count(a.customer_id) AS stayed FROM f LEFT JOIN a "
                 "ON a.customer_id = f.customer_id AND a.day = date(f.day, '+1 day') GROUP BY f.day ORDER BY f.day",
           NULL, "2026-11-01|1|1; 2026-11-02|1|0; 2026-11-05|1|0");
}

typedef struct Ids {
    const char *name;
    weft_array_int64 ids;
} Ids;
WEFT_ROW(Ids, WEFT_FIELD(Ids, name), WEFT_FIELD(Ids, ids));

/* Posts by their tags, and the numbers of what every customer has ordered. */
static void posts_by_tags_and_orders_of_customers(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_array_text tags = weft_texts("c", "sql");
    (void)weft_new(s, Post, .id = 1, .title = "a", .tags = weft_texts("orm", "c"));
    (void)weft_new(s, Post, .id = 2, .title = "b", .tags = weft_texts("orm"));
    (void)weft_new(s, Post, .id = 3, .title = "c", .tags = weft_texts("sql", "c", "orm", "d", "e"));
    flush_ok(s);
    Post_list posts = weft_query(s, Post,
                                 .where = weft_and(weft_array_has(Post, tags, "orm"), weft_array_overlaps(Post, tags, tags),
                                                   weft_op(weft_array_length(C(Post, tags)), "<", weft_val(5))));
    assert_ok(s);
    assert_non_null(strstr(fixture_last_sql(f), f->postgres
                                                    ? "$1 = ANY (post.tags) AND post.tags && $2 AND cardinality(post.tags) < $3"
                                                    : "weft_array_has(post.tags COLLATE WEFT_ARRAY_TEXT, ?1, 8) AND "
                                                      "weft_array_overlaps(post.tags COLLATE WEFT_ARRAY_TEXT, ?2, 8) AND "
                                                      "weft_array_length(post.tags COLLATE WEFT_ARRAY_TEXT) < ?3"));
    assert_int_equal(posts.count, 1);
    assert_true(posts.items[0]->id == 1);
    assert_int_equal(weft_session_update(
                         s, weft_update_of(Post, .set = weft_sets(weft_to(Post, tags, tags)), .where = weft_eq(Post, id, 3)), NULL),
                     WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT tags FROM post WHERE id = 3", f->postgres ? "{c,sql}" : "[\"c\",\"sql\"]");
    Ids_list ids = weft_rows(s, Ids, .from = weft_from(Customer), .order_by = ORDER(weft_asc(Customer, id)),
                             .columns = LIST(C(Customer, name),
                                             weft_array_of(weft_select(.from = weft_from(Order), .columns = LIST(C(Order, id)),
                                                                       .where = weft_eq_col(Order, customer_id, Customer, id),
                                                                       .order_by = ORDER(weft_asc(Order, id))))));
    REPORT(f, Ids, ids,
           f->postgres ? "SELECT c.name, ARRAY(SELECT o.id FROM orders AS o WHERE o.customer_id = c.id ORDER BY o.id) AS ids FROM "
                         "customer AS c "
                         "ORDER BY c.id"
                       : "SELECT c.name, (SELECT json_group_array(o.id) FROM (SELECT id FROM orders WHERE customer_id = c.id "
                         "ORDER BY id) AS o) "
                         "AS ids FROM customer AS c ORDER BY c.id",
           NULL, "ada|1,2; bob|3,4; cyd|5,6; dan|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_ON_BOTH(customers_of_regions_that_sell_much),
        REPORT_ON_BOTH(a_category_with_all_below_it),
        REPORT_ON_BOTH(who_earns_more_than_the_boss),
        REPORT_ON_BOTH(sales_as_they_run_by_region),
        REPORT_ON_BOTH(customers_by_what_they_bought),
        REPORT_ON_BOTH(the_silent_and_the_best_paid),
        REPORT_ON_BOTH(what_a_list_wants_and_stock_has_not),
        REPORT_ON_BOTH(the_newest_order_of_every_customer),
        REPORT_ON_BOTH(days_with_and_without_orders),
        REPORT_ON_BOTH(regions_by_what_is_paid),
        REPORT_ON_BOTH(what_is_in_stock_and_what_was_sold),
        REPORT_ON_BOTH(regions_with_the_names_of_buyers),
        REPORT_ON_BOTH(months_with_and_without_orders),
        REPORT_ON_BOTH(the_best_customers_of_a_region),
        REPORT_ON_BOTH(what_is_said_of_items),
        REPORT_ON_BOTH(what_is_not_paid_yet),
        REPORT_ON_BOTH(orders_by_what_they_are_worth),
        REPORT_ON_BOTH(sales_by_region_and_state_by_region_and_in_all),
        REPORT_ON_BOTH(who_comes_again),
        REPORT_ON_BOTH(posts_by_tags_and_orders_of_customers),
    };
    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
