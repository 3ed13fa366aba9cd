/* Statements that write, each said in types and as text: what they leave behind, and give back, is the same. Between the two
 * everything is rolled back. */
#include "market.h"

REPORTS(changes, market, market_rows);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

typedef struct Left {
    int64_t id;
    const char *what;
} Left;
WEFT_ROW(Left, WEFT_FIELD(Left, id), WEFT_FIELD(Left, what));

#define STOCK "SELECT pieces AS id, product AS what FROM stock ORDER BY product"
#define SALES "SELECT id, product AS what FROM sale ORDER BY id"
#define ARCHIVED "SELECT id, product AS what FROM archive ORDER BY id"

static void expect_left(fixture *f, const char *sql, const char *expected)
{
    char text[4096];
    const weft_list list = weft_session_text_rows(f->s, &Left_row, sql, NULL);
    assert_ok(f->s);
    report_show(text, &Left_row, (const void *const *)(const void *)list.items, list.count);
    assert_string_equal(text, expected);
    rollback_ok(f->s);
}

/* What the typed form has left, then what the text does. */
static void expect_both(fixture *f, const char *sql, const weft_values *parameters, const char *left, const char *expected)
{
    expect_left(f, left, expected);
    weft_session_execute_text(f->s, sql, parameters);
    assert_ok(f->s);
    expect_left(f, left, expected);
}

static void deliveries_are_added_to_stock(void **state)
{
    fixture *f = *state;
    static const NameCount list[] = {{"tea", 3}, {"cup", -1}, {"pot", 4}};
    int64_t changed = 0;
    weft_values_as(Delivery, NameCount, list, 3);
    weft_session_insert(
        f->s,
        weft_insert_into(Stock, .columns = LIST(C(Stock, product), C(Stock, pieces)), .on_conflict = WEFT_CONFLICT_UPDATE,
                         .conflict_columns = "product",
                         .set =
                             weft_sets(weft_to_expr(Stock, pieces, weft_op(C(Stock, pieces), "+", weft_excluded(Stock, pieces)))),
                         .update_where = weft_op(weft_excluded(Stock, pieces), ">", weft_val(0)),
                         .query = weft_select(.from = weft_from(Delivery), .columns = LIST(C(Delivery, name), C(Delivery, count)))),
        &changed);
    assert_ok(f->s);
    assert_int_equal(changed, 2);
    expect_both(f,
                "INSERT INTO stock (product, pieces) VALUES ('tea', 3), ('cup', -1), ('pot', 4) ON CONFLICT (product) DO UPDATE "
                "SET pieces = stock.pieces + "
                "excluded.pieces WHERE excluded.pieces > 0",
                NULL, STOCK, "0|cup; 3|jug; 4|pot; 10|tea");
}

typedef struct Numbered {
    int64_t id, n;
} Numbered;
WEFT_ROW(Numbered, WEFT_FIELD(Numbered, id), WEFT_FIELD(Numbered, n));

static void sales_that_stand_twice_go(void **state)
{
    fixture *f = *state;
    int64_t gone = 0;
    weft_cte(Numbered,
             .query = weft_select(.from = weft_from(Sale),
                                  .columns = LIST(C(Sale, id), weft_over(weft_row_number(),
                                                                         .partition_by = LIST(C(Sale, product), C(Sale, amount)),
                                                                         .order_by = ORDER(weft_asc(Sale, id))))));
    weft_session_delete_where(f->s,
                              weft_delete_from(Sale,
                                               .where = weft_in_query(C(Sale, id), weft_select(.from = weft_from(Numbered),
                                                                                               .columns = LIST(C(Numbered, id)),
                                                                                               .where = weft_gt(Numbered, n, 1)))),
                              &gone);
    assert_ok(f->s);
    assert_int_equal(gone, 3);
    expect_both(f,
                "DELETE FROM sale WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY product, amount ORDER BY "
                "id) AS n FROM sale) AS d "
                "WHERE n > 1)",
                NULL, SALES, "1|tea; 2|cup; 4|pot; 6|tea; 8|tea; 9|cup; 10|tea");
}

static void stock_becomes_what_was_counted(void **state)
{
    fixture *f = *state;
    weft_subselect(NameCount,
                   weft_select(.from = weft_from(Sale), .where = weft_eq(Sale, state, "paid"), .group_by = LIST(C(Sale, product)),
                               .columns = LIST(weft_put_col(NameCount, name, Sale, product),
                                               weft_put(NameCount, count, weft_count_all()))));
    Left_list rows =
        weft_rows_of(f->s, Left,
                     weft_updated(Stock, .from = weft_from(NameCount), .where = weft_eq_col(NameCount, name, Stock, product),
                                  .set = weft_sets(weft_to_expr(Stock, pieces, C(NameCount, count))),
                                  .returning = LIST(C(Stock, pieces), C(Stock, product))));
    assert_ok(f->s);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.items[0]->id + rows.items[1]->id, 6);
    expect_both(f,
                "UPDATE stock SET pieces = c.n FROM (SELECT product, count(*) AS n FROM sale WHERE state = 'paid' GROUP BY "
                "product) AS c WHERE c.product = "
                "stock.product",
                NULL, STOCK, "3|cup; 3|jug; 3|tea");
}

static void old_sales_are_archived(void **state)
{
    fixture *f = *state;
    const weft_date day = {20454}; /* 2026-01-01 */
    int64_t count = 0;
    weft_session_insert(f->s,
                        weft_insert_into(Archive, .columns = LIST(C(Archive, id), C(Archive, product), C(Archive, amount)),
                                         .query = weft_select(.from = weft_from(Sale),
                                                              .columns = LIST(C(Sale, id), C(Sale, product), C(Sale, amount)),
                                                              .where = weft_lt(Sale, day, day))),
                        &count);
    assert_ok(f->s);
    assert_int_equal(count, 3);
    expect_both(f, "INSERT INTO archive (id, product, amount) SELECT id, product, amount FROM sale WHERE day < $1",
                weft_parameters(weft_value_date(day)), ARCHIVED, "8|tea; 9|cup; 10|tea");
}

static void sales_of_a_region_go(void **state)
{
    fixture *f = *state;
    weft_session_delete_where(f->s,
                              weft_delete_from(Sale, .from = weft_from(Seller),
                                               .where = weft_and(weft_eq_col(Seller, id, Sale, seller_id),
                                                                 weft_eq(Seller, region, "north"))),
                              NULL);
    assert_ok(f->s);
    expect_both(f,
                f->postgres
                    ? "DELETE FROM sale USING seller AS s WHERE s.id = sale.seller_id AND s.region = $1"
                    : "DELETE FROM sale WHERE EXISTS (SELECT 1 FROM seller AS s WHERE s.id = sale.seller_id AND s.region = $1)",
                weft_parameters(weft_value_text("north")), SALES, "5|cup; 6|tea; 7|pot; 9|cup; 10|tea");
}

/* In one statement, where the database has such; else in two. */
static void void_sales_move_to_the_archive(void **state)
{
    fixture *f = *state;
    const weft_expr *gone = weft_eq(Sale, state, "void");
    const weft_rows_options *query;
    weft_cte(NameSum, .query = weft_deleted(Sale, .where = gone, .returning = LIST(C(Sale, product), C(Sale, amount))));
    query = weft_select(.from = weft_from(NameSum), .columns = LIST(weft_val(99), C(NameSum, name), C(NameSum, sum)));
    weft_session_insert(f->s,
                        weft_insert_into(Archive, .columns = LIST(C(Archive, id), C(Archive, product), C(Archive, amount)),
                                         .query = query),
                        NULL);
    if (!f->postgres) {
        assert_message(f->s, "sqlite has no CTEs that write");
        assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
        query =
            weft_select(.from = weft_from(Sale), .columns = LIST(weft_val(99), C(Sale, product), C(Sale, amount)), .where = gone);
        weft_session_insert(f->s,
                            weft_insert_into(Archive, .columns = LIST(C(Archive, id), C(Archive, product), C(Archive, amount)),
                                             .query = query),
                            NULL);
        weft_session_delete_where(f->s, weft_delete_from(Sale, .where = gone), NULL);
    }
    assert_ok(f->s);
    assert_int_equal(weft_count_of(f->s, Sale), 9);
    expect_both(f,
                f->postgres ? "WITH m AS (DELETE FROM sale WHERE state = 'void' RETURNING product, amount) INSERT INTO archive "
                              "(id, product, amount) SELECT "
                              "99, product, amount FROM m"
                            : "INSERT INTO archive (id, product, amount) SELECT 99, product, amount FROM sale WHERE state = 'void'",
                NULL, ARCHIVED, "99|tea");
}

static void the_next_open_sale_is_taken(void **state)
{
    fixture *f = *state;
    weft_alias(Open, Sale);
    weft_subselect_as(Next, Numbered,
                      weft_select(.from = weft_from(Open), .columns = LIST(C(Open, id), weft_val(1)),
                                  .where = weft_eq(Open, state, "open"), .order_by = ORDER(weft_asc(Open, day)), .limit = 1,
                                  .lock = WEFT_FOR_UPDATE, .skip_locked = true));
    Left_list rows =
        weft_rows_of(f->s, Left,
                     weft_updated(Sale, .set = weft_sets(weft_to(Sale, product, "taken")), .from = weft_from(Next),
                                  .where = weft_eq_col(Next, id, Sale, id), .returning = LIST(C(Sale, id), C(Sale, product))));
    assert_ok(f->s);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->id, 3);
    expect_both(
        f,
        f->postgres
            ? "UPDATE sale SET product = 'taken' WHERE id = (SELECT id FROM sale WHERE state = 'open' ORDER BY day LIMIT 1 FOR "
              "UPDATE SKIP LOCKED)"
            : "UPDATE sale SET product = 'taken' WHERE id = (SELECT id FROM sale WHERE state = 'open' ORDER BY day LIMIT 1)",
        NULL, "SELECT id, product AS what FROM sale WHERE product = 'taken'", "3|taken");
}

/* A report as rows of a table that no struct describes. */
static void a_table_without_a_struct_is_reported(void **state)
{
    fixture *f = *state;
    test_database_exec(
        &f->database,
        "CREATE TABLE legacy_audit (actor varchar(20), n integer); INSERT INTO legacy_audit VALUES ('ann', 4), ('ann', 5), "
        "('cat', 1), ('nobody', 7)");
    const weft_schema_table table = {.name = "legacy_audit",
                                     .columns = (const weft_schema_column[]){{.name = "actor", .type = WEFT_TEXT},
                                                                             {.name = "n", .type = WEFT_INT32}},
                                     .column_count = 2};
    weft_builder *b = weft_builder_new();
    const weft_model *audit = weft_builder_table(b, &table);
    const weft_expr *actor = weft_builder_column(b, audit, "actor", 0);
    NameCount_list rows =
        weft_rows(f->s, NameCount, .from = audit, .joins = weft_joins(weft_join_on(Seller, weft_op(C(Seller, name), "=", actor))),
                  .columns = LIST(actor, weft_sum(weft_builder_column(b, audit, "n", 0))), .group_by = LIST(actor),
                  .order_by = ORDER(weft_asc_of(actor)));
    REPORT(f, NameCount, rows,
           "SELECT l.actor AS name, sum(l.n) AS count FROM legacy_audit AS l JOIN seller AS s ON s.name = l.actor GROUP BY l.actor "
           "ORDER BY l.actor",
           NULL, "ann|9; cat|1");
    weft_builder_free(b);
}

/* Conditions put together in blocks and loops. */
static void conditions_outlive_their_blocks(void **state)
{
    fixture *f = *state;
    const char *const wanted[] = {"paid", "open"};
    const weft_expr *where = &weft_true, *any = &weft_false;
    WEFT_ROOM(room, 2048);
    if (f->s != NULL) {
        const weft_decimal least = {"15"};
        where = weft_keep(f->s, weft_ge(Sale, amount, least));
    }
    for (size_t i = 0; i < 2; i++)
        any = weft_keep(&room, weft_or(any, weft_eq(Sale, state, wanted[i])));
    NameSum_list rows =
        weft_rows(f->s, NameSum, .from = weft_from(Sale), .columns = LIST(C(Sale, product), C(Sale, amount)),
                  .where = weft_and(where, any), .order_by = ORDER(weft_desc(Sale, amount), weft_asc(Sale, id)), .limit = 4);
    REPORT(f, NameSum, rows,
           "SELECT product AS name, amount AS sum FROM sale WHERE amount + 0 >= 15 AND state IN ('paid', 'open') ORDER BY amount + "
           "0 DESC, id LIMIT 4",
           NULL, "pot|40.00; pot|40.00; tea|30.00; cup|20.00");
}

/* MERGE, where the database has it, against the three statements that it stands for. */
static void stock_is_merged_with_a_count(void **state)
{
    fixture *f = *state;
    static const NameCount list[] = {{"tea", 5}, {"cup", 0}, {"mug", 2}};
    weft_values_as(Counted, NameCount, list, 3);
    weft_session_execute_text(f->s, "DELETE FROM stock WHERE product = 'cup'", NULL);
    weft_session_execute_text(f->s, "UPDATE stock SET pieces = 5 WHERE product = 'tea'", NULL);
    weft_session_execute_text(f->s, "INSERT INTO stock (product, pieces) VALUES ('mug', 2)", NULL);
    assert_ok(f->s);
    expect_left(f, STOCK, "3|jug; 2|mug; 5|tea");
    weft_session_merge_rows(
        f->s,
        weft_merge_into(Stock, .from = weft_from(Counted), .on = weft_eq_col(Counted, name, Stock, product),
                        .steps = weft_steps(weft_matched_delete(weft_eq(Counted, count, 0)),
                                            weft_matched_update(NULL, weft_to_expr(Stock, pieces, C(Counted, count))),
                                            weft_not_matched_insert(NULL, weft_to_expr(Stock, product, C(Counted, name)),
                                                                    weft_to_expr(Stock, pieces, C(Counted, count))))),
        NULL);
    if (!f->postgres) {
        assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
        return;
    }
    expect_both(
        f,
        "MERGE INTO stock USING (VALUES ('tea', 5), ('cup', 0), ('mug', 2)) AS c(product, n) ON c.product = stock.product WHEN "
        "MATCHED AND n = 0 THEN "
        "DELETE WHEN MATCHED THEN UPDATE SET pieces = n WHEN NOT MATCHED THEN INSERT (product, pieces) VALUES (c.product, n)",
        NULL, STOCK, "3|jug; 2|mug; 5|tea");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REPORT_ON_BOTH(deliveries_are_added_to_stock),
        REPORT_ON_BOTH(sales_that_stand_twice_go),
        REPORT_ON_BOTH(stock_becomes_what_was_counted),
        REPORT_ON_BOTH(old_sales_are_archived),
        REPORT_ON_BOTH(sales_of_a_region_go),
        REPORT_ON_BOTH(void_sales_move_to_the_archive),
        REPORT_ON_BOTH(the_next_open_sale_is_taken),
        REPORT_ON_BOTH(a_table_without_a_struct_is_reported),
        REPORT_ON_BOTH(conditions_outlive_their_blocks),
        REPORT_ON_BOTH(stock_is_merged_with_a_count),
    };
    return cmocka_run_group_tests_name("reports_changes", tests, NULL, NULL);
}
