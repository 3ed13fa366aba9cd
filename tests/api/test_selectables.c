/* SELECTs within SELECTs: scalar subqueries among expressions, subqueries and aliases in FROM. The same statement has one shape
 * wherever its parts lie, and others have others. */
#include "support/fixture.h"

WEFT_DECLARE(Shop);
WEFT_DECLARE(Sale);
struct Shop {
    int64_t id;
    const char *name;
    Sale_list sales;
};
struct Sale {
    int64_t id, shop_id;
    int32_t pieces;
    weft_decimal amount;
    weft_date day;
    const Shop *shop;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Shop, name),
           WEFT_HAS_MANY(Shop, sales, Sale, .foreign_key = "shop_id"));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, shop_id),
           WEFT_COLUMN(Sale, pieces), WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2), WEFT_COLUMN(Sale, day),
           WEFT_BELONGS_TO(Sale, shop, Shop, .foreign_key = "shop_id"));
WEFT_METADATA(models, &Shop_model, &Sale_model);
FIXTURE_MODELS(models);

typedef struct Total {
    int64_t shop_id;
    weft_decimal amount;
    int64_t pieces;
} Total;
WEFT_ROW(Total, WEFT_FIELD(Total, shop_id), WEFT_FIELD(Total, amount), WEFT_FIELD(Total, pieces));
typedef struct Named {
    const char *name;
    weft_decimal amount;
} Named;
WEFT_ROW(Named, WEFT_FIELD(Named, name), WEFT_FIELD(Named, amount));
typedef struct One {
    int64_t v;
} One;
WEFT_ROW(One, WEFT_FIELD(One, v));

#define C(M, f) weft_col(M, f)

/* Shop n has sales of 1.00 to n.00, in pieces of 10 each. */
static void add_sales(weft_session *s)
{
    static const char *const amounts[] = {"1.00", "2.00", "3.00", "4.00"};
    static const char *const names[] = {"a", "b", "c", "d"};
    for (int64_t shop = 1; shop <= 4; shop++) {
        (void)weft_new(s, Shop, .id = shop, .name = names[shop - 1]);
        for (int64_t i = 1; i <= shop; i++)
            (void)weft_new(s, Sale, .id = shop * 10 + i, .shop_id = shop, .pieces = 10, .amount = {amounts[i - 1]},
                           .day = {(int32_t)i});
    }
    commit_ok(s);
}

static void a_value_is_compared_with_what_a_select_gives(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    const weft_expr *mean = weft_scalar(weft_select(.from = weft_from(Sale), .columns = weft_columns(weft_avg(C(Sale, amount)))));
    assert_int_equal(weft_count_of(s, Sale, .where = weft_op(C(Sale, amount), "=", mean)), 3);
    assert_ok(s);
    assert_int_equal(weft_count_of(s, Sale, .where = weft_op(C(Sale, amount), ">", mean)), 3);
    Sale_list list =
        weft_query(s, Sale,
                   .where = weft_op(C(Sale, id), "=",
                                    weft_scalar(weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id)),
                                                            .where = weft_gt(Sale, pieces, 5), .limit = 1,
                                                            .order_by = weft_order(weft_desc(Sale, amount))))));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->id, 44);
    assert_string_equal(fixture_last_sql(f),
                        f->postgres ? "SELECT sale.id, sale.shop_id, sale.pieces, sale.amount, sale.day FROM sale WHERE sale.id = "
                                      "(SELECT sale_1.id FROM sale AS "
                                      "sale_1 WHERE sale_1.pieces > $1 ORDER BY sale_1.amount DESC LIMIT $2)"
                                    : "SELECT sale.id, sale.shop_id, sale.pieces, sale.amount, sale.day FROM sale WHERE sale.id = "
                                      "(SELECT sale_1.id FROM sale AS "
                                      "sale_1 WHERE sale_1.pieces > ?1 ORDER BY sale_1.amount COLLATE WEFT_DECIMAL DESC LIMIT ?2)");
    /* No row is NULL. */
    assert_int_equal(weft_count_of(s, Sale,
                                   .where = weft_null(
                                       weft_scalar(weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id)),
                                                               .where = weft_eq(Sale, id, 7))))),
                     10);
    assert_ok(s);
}

static void several_rows_are_no_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    const struct {
        int64_t below;
        weft_status wanted;
    } asked[] = {{11, WEFT_OK}, {12, WEFT_OK}, {22, WEFT_ERROR_SQL}};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        (void)weft_count_of(s, Sale,
                            .where = weft_op(C(Sale, id), "=",
                                             weft_scalar(weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id)),
                                                                     .where = weft_lt(Sale, id, asked[i].below)))));
        assert_status(s, asked[i].wanted);
        rollback_ok(s);
        (void)weft_count_of(s, Shop,
                            .where = weft_op(C(Shop, name), "=",
                                             weft_scalar(weft_select(.from = weft_from(Sale),
                                                                     .columns = weft_columns(weft_label(weft_val("a"), "letter")),
                                                                     .where = weft_lt(Sale, id, asked[i].below),
                                                                     .order_by = weft_order(weft_asc(Sale, amount))))));
        assert_status(s, asked[i].wanted);
        rollback_ok(s);
    }
}

static void a_subquery_sees_what_stands_around_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    const weft_expr *own = weft_scalar(weft_select(.from = weft_from(Sale), .columns = weft_columns(weft_sum(C(Sale, amount))),
                                                   .where = weft_op(C(Sale, shop_id), "=", C(Shop, id))));
    Named_list list = weft_rows(s, Named, .from = weft_from(Shop), .columns = weft_columns(C(Shop, name), own),
                                .where = weft_op(own, ">=", weft_val(3)), .order_by = weft_order(weft_desc_of(own)));
    assert_ok(s);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0]->name, "d");
    assert_string_equal(list.items[0]->amount.text, "10.00");
    assert_string_equal(list.items[2]->amount.text, "3.00");
    /* Under another name also its own table. */
    weft_alias(Other, Sale);
    const weft_expr *greatest =
        weft_scalar(weft_select(.from = weft_from(Other), .columns = weft_columns(weft_max(C(Other, amount))),
                                .where = weft_op(C(Other, shop_id), "=", C(Sale, shop_id))));
    assert_int_equal(weft_count_of(s, Sale, .where = weft_op(C(Sale, amount), "=", greatest)), 4);
    assert_ok(s);
    assert_non_null(strstr(fixture_last_sql(f), "FROM sale AS \"Other\" WHERE \"Other\".shop_id = sale.shop_id"));
    (void)weft_count_of(s, Sale, .where = weft_op(C(Sale, amount), "=", C(Other, amount)));
    assert_message(s, "Other stands in the query");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void a_select_stands_in_from_under_the_name_of_its_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    weft_subselect(Total,
                   weft_select(.from = weft_from(Sale),
                               .columns = weft_columns(C(Sale, shop_id), weft_sum(C(Sale, amount)), weft_sum(C(Sale, pieces))),
                               .where = weft_ge(Sale, day, (weft_date){2}), .group_by = weft_columns(C(Sale, shop_id))));
    Total_list list =
        weft_rows(s, Total, .from = weft_from(Total), .where = weft_and(weft_gt(Total, amount, 2), weft_le(Total, pieces, 20)),
                  .order_by = weft_order(weft_desc(Total, amount)));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->shop_id, 3);
    assert_string_equal(list.items[0]->amount.text, "5.00");
    assert_int_equal(list.items[0]->pieces, 20);
    if (f->postgres)
        assert_string_equal(
            fixture_last_sql(f),
            "SELECT \"Total\".shop_id, \"Total\".amount, \"Total\".pieces FROM (SELECT sale.shop_id AS shop_id, "
            "sum(sale.amount) AS amount, sum(sale.pieces) AS pieces FROM sale WHERE sale.day >= $1 GROUP BY sale.shop_id) AS "
            "\"Total\" WHERE \"Total\".amount > $2 AND \"Total\".pieces <= $3 ORDER BY \"Total\".amount DESC");
    /* Decimals equal by number, whatever their spelling, and what is computed of columns has their types. */
    assert_int_equal(weft_rows(s, Total, .from = weft_from(Total), .where = weft_eq(Total, amount, (weft_decimal){"5"})).count, 1);
    One_list sum =
        weft_rows(s, One, .from = weft_from(Total), .columns = weft_columns(weft_cast(weft_sum(C(Total, pieces)), WEFT_INT64)));
    assert_ok(s);
    assert_int_equal(sum.items[0]->v, 60);
    /* In a subquery, and with one in its condition. */
    const weft_expr *best = weft_scalar(weft_select(.from = weft_from(Total), .columns = weft_columns(weft_max(C(Total, amount)))));
    list = weft_rows(s, Total, .from = weft_from(Total), .where = weft_op(C(Total, amount), "=", best));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->shop_id, 4);
    assert_int_equal(weft_count_of(s, Shop, .where = weft_op(C(Shop, id), "<", weft_op(best, "-", weft_val(6)))), 2);
    assert_ok(s);
}

static int64_t rows_above(weft_session *s, const char *least, bool later)
{
    weft_decimal amount = {least};
    weft_date day = {later ? 3 : 1};
    weft_subselect(Total,
                   weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, shop_id), C(Sale, amount), C(Sale, pieces)),
                               .where = later ? weft_gt(Sale, day, day) : weft_ge(Sale, day, day)));
    Total_list list = weft_rows(s, Total, .from = weft_from(Total), .where = weft_gt(Total, amount, amount));
    assert_ok(s);
    return (int64_t)list.count;
}

static void one_text_is_one_statement_wherever_it_lies(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    assert_int_equal(rows_above(s, "1.50", false), 6);
    size_t before = fixture_cached(f);
    assert_int_equal(rows_above(s, "2.50", false), 3);
    volatile char room[3000]; /* the same on another place of the stack */
    room[0] = 0;
    assert_int_equal(rows_above(s, "3.50", false), 1);
    assert_int_equal(fixture_cached(f), before);
    assert_int_equal(rows_above(s, "0.50", true), 1);
    assert_int_equal(fixture_cached(f), before + 1);
    (void)room[0];
}

static void types_of_a_subquery_are_those_of_its_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    (void)fixture_statements(f);
    {
        weft_subselect(Total,
                       weft_select(.from = weft_from(Shop), .columns = weft_columns(C(Shop, name), weft_val(1), weft_val(2))));
        (void)weft_rows(s, Total, .from = weft_from(Total));
        assert_message(s, "Total.shop_id");
        assert_refused(s, WEFT_ERROR_TYPE);
    }
    {
        weft_subselect(Total, weft_select(.from = weft_from(Shop), .columns = weft_columns(C(Shop, id))));
        (void)weft_rows(s, Total, .from = weft_from(Total));
        assert_message(s, "fewer columns");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    {
        weft_subselect(One, weft_select(.from = weft_from(Shop), .columns = weft_columns(C(Shop, id), C(Shop, name))));
        (void)weft_rows(s, One, .from = weft_from(One));
        assert_message(s, "more columns");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    (void)weft_count_of(s, Shop,
                        .where = weft_op(C(Shop, name), "=",
                                         weft_scalar(weft_select(.from = weft_from(Sale),
                                                                 .columns = weft_columns(weft_max(C(Sale, pieces)))))));
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Shop,
                        .where = weft_op(C(Shop, id), "=",
                                         weft_scalar(weft_select(.from = weft_from(Sale),
                                                                 .columns = weft_columns(C(Sale, id), C(Sale, pieces))))));
    assert_message(s, "one column");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
    /* Constants and other numbers become what the field is. */
    weft_subselect(Total, weft_select(.from = weft_from(Shop),
                                      .columns = weft_columns(weft_val(7), C(Shop, id), weft_op(C(Shop, id), "*", weft_val(2)))));
    Total_list list = weft_rows(s, Total, .from = weft_from(Total), .where = weft_eq(Total, amount, (weft_decimal){"4.0"}));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->shop_id, 7);
    assert_int_equal(list.items[0]->pieces, 8);
}

static void pending_changes_are_written_before_a_subquery_reads_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    (void)weft_new(s, Sale, .id = 99, .shop_id = 1, .pieces = 500, .amount = {"9.00"}, .day = {9});
    assert_int_equal(weft_count_of(s, Shop,
                                   .where = weft_op(weft_scalar(weft_select(.from = weft_from(Sale),
                                                                            .columns = weft_columns(weft_max(C(Sale, pieces))))),
                                                    "=", weft_val(500))),
                     4);
    assert_ok(s);
    weft_edit(s, Sale, weft_get(s, Sale, 99))->pieces = 600;
    weft_subselect(One, weft_select(.from = weft_from(Sale), .columns = weft_columns(weft_max(C(Sale, pieces)))));
    One_list list = weft_rows(s, One, .from = weft_from(One));
    assert_ok(s);
    assert_int_equal(list.items[0]->v, 600);
    weft_session_update(s,
                        weft_update_of(Sale, .set = weft_sets(weft_to(Sale, pieces, 1)),
                                       .where =
                                           weft_op(C(Sale, pieces), "=",
                                                   weft_scalar(weft_select(.from = weft_from(Sale),
                                                                           .columns = weft_columns(weft_max(C(Sale, pieces))))))),
                        NULL);
    assert_ok(s);
    assert_rows(f, "SELECT 1", "1");
    commit_ok(s);
    assert_rows(f, "SELECT pieces FROM sale WHERE id = 99", "1");
}

static void a_kept_subquery_outlives_its_block(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sales(s);
    weft_builder *b = weft_builder_new();
    const weft_expr *kept;
    {
        const weft_expr *least = weft_scalar(
            weft_select(.from = weft_from(Sale), .columns = weft_columns(weft_max(C(Sale, id))), .where = weft_lt(Sale, id, 40)));
        kept = weft_builder_keep(b, weft_op(C(Sale, id), "=", least));
    }
    assert_int_equal(weft_count_of(s, Sale, .where = kept), 1);
    assert_ok(s);
    weft_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_value_is_compared_with_what_a_select_gives),
        ON_BOTH(several_rows_are_no_value),
        ON_BOTH(a_subquery_sees_what_stands_around_it),
        ON_BOTH(a_select_stands_in_from_under_the_name_of_its_rows),
        ON_BOTH(one_text_is_one_statement_wherever_it_lies),
        ON_BOTH(types_of_a_subquery_are_those_of_its_rows),
        ON_BOTH(pending_changes_are_written_before_a_subquery_reads_them),
        ON_BOTH(a_kept_subquery_outlives_its_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
