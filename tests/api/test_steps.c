/* Selects put together step by step have all that the literal forms have: the same statements, objects and rows. */
#include "support/fixture.h"

WEFT_DECLARE(Shop);
WEFT_DECLARE(Sale);
struct Shop {
    int64_t id;
    const char *name;
    Sale_list sales;
};
struct Sale {
    int64_t id, shop_id, amount;
    const Shop *shop;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Shop, name),
           WEFT_HAS_MANY(Shop, sales, Sale, .foreign_key = "shop_id", .back_populates = "shop", .order_by = "id"));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true), WEFT_COLUMN(Sale, shop_id), WEFT_COLUMN(Sale, amount),
           WEFT_BELONGS_TO(Sale, shop, Shop, .foreign_key = "shop_id", .back_populates = "sales"));
WEFT_METADATA(models, &Shop_model, &Sale_model);
FIXTURE_ROWS(models, "INSERT INTO shop (id, name) VALUES (1, 'ant'), (2, 'bee'), (3, 'cow'); INSERT INTO sale (shop_id, amount) "
                     "VALUES (1, 5), (1, 7), (2, 9), (2, 1), (2, 2)");

typedef struct Total {
    const char *name;
    int64_t total;
} Total;
WEFT_ROW(Total, WEFT_FIELD(Total, name), WEFT_FIELD(Total, total));
typedef struct Pair {
    int64_t id;
    const char *name;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, id), WEFT_FIELD(Pair, name));

static void sent_alike(const fixture *f, char sent[2048])
{
    assert_ok(f->s);
    if (sent[0] == '\0')
        (void)snprintf(sent, 2048, "%s", fixture_last_sql(f));
    else
        assert_string_equal(fixture_last_sql(f), sent);
}

static void rows_by_steps(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    char sent[2048] = "";
    weft_select *q = weft_select_new(s, Shop);
    weft_select_join(q, (weft_join_step)weft_join(Shop, sales));
    weft_select_columns(q, weft_col(Shop, name));
    weft_select_columns(q, weft_columns(weft_sum(weft_col(Sale, amount))));
    weft_select_group(q, weft_col(Shop, name));
    weft_select_having(q, weft_op(weft_count_all(), ">", weft_val(1)));
    weft_select_having(q, weft_op(weft_sum(weft_col(Sale, amount)), "<", weft_val(1000)));
    weft_select_where(q, weft_gt(Sale, amount, 1));
    weft_select_order(q, weft_desc(Shop, name));
    weft_select_limit(q, 5);
    Total_list totals = weft_select_rows(q, Total);
    sent_alike(f, sent);
    assert_int_equal(totals.count, 2);
    assert_string_equal(totals.items[0]->name, "bee");
    assert_int_equal(totals.items[0]->total, 11);
    assert_int_equal(totals.items[1]->total, 12);
    (void)weft_rows(s, Total, .from = weft_from(Shop), .joins = weft_join(Shop, sales),
                    .columns = weft_columns(weft_col(Shop, name), weft_sum(weft_col(Sale, amount))),
                    .group_by = weft_col(Shop, name),
                    .having = weft_and(weft_op(weft_count_all(), ">", weft_val(1)),
                                       weft_op(weft_sum(weft_col(Sale, amount)), "<", weft_val(1000))),
                    .where = weft_and(weft_gt(Sale, amount, 1)), .order_by = weft_desc(Shop, name), .limit = 5);
    sent_alike(f, sent);
    /* Again, with one condition more. */
    weft_select_where(q, weft_eq(Shop, name, "ant"));
    assert_int_equal(weft_select_rows(q, Total).count, 1);
    assert_ok(s);
    (void)weft_select_all(q, Shop);
    assert_message(s, "weft_select_columns");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void the_first_of_each_and_ties(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_select *q = weft_select_new(s, Sale);
    weft_select_columns(q, weft_columns(weft_col(Sale, amount), weft_literal("x")));
    weft_select_distinct_on(q, weft_col(Sale, shop_id));
    weft_select_order(q, weft_order(weft_asc(Sale, shop_id), weft_desc(Sale, amount)));
    Pair_list first = weft_select_rows(q, Pair);
    assert_ok(s);
    assert_int_equal(first.count, 2);
    assert_int_equal(first.items[0]->id, 7);
    assert_int_equal(first.items[1]->id, 9);
    weft_select *ties = weft_select_new(s, Sale);
    weft_select_columns(ties, weft_columns(weft_col(Sale, shop_id), weft_literal("x")));
    weft_select_order(ties, weft_asc(Sale, shop_id));
    weft_select_limit(ties, 1);
    weft_select_with_ties(ties, true);
    assert_int_equal(weft_select_rows(ties, Pair).count, 2);
    assert_ok(s);
    (void)weft_select_first(ties, Sale);
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void of_a_selectable_and_of_a_models_columns(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_cte(Total, .query = weft_select(.from = weft_from(Shop), .joins = weft_outer_join(Shop, sales),
                                         .columns = weft_columns(weft_col(Shop, name), weft_count(weft_col(Sale, id))),
                                         .group_by = weft_col(Shop, name)));
    weft_select *q = weft_select_new(s, Total);
    weft_select_where(q, weft_lt(Total, total, 3));
    weft_select_order(q, weft_asc(Total, name));
    Total_list few = weft_select_rows(q, Total);
    assert_ok(s);
    assert_int_equal(few.count, 2);
    assert_string_equal(few.items[1]->name, "cow");
    assert_int_equal(few.items[1]->total, 0);
    assert_int_equal(weft_select_count(q), 0);
    assert_message(s, "selectable");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select *plain = weft_select_new(s, Shop);
    weft_select_order(plain, weft_asc(Shop, id));
    Pair_list pairs = weft_select_rows(plain, Pair);
    assert_ok(s);
    assert_int_equal(pairs.count, 3);
    assert_string_equal(pairs.items[2]->name, "cow");
    weft_select_load(plain, weft_selectin(Shop, sales));
    (void)weft_select_rows(plain, Pair);
    assert_message(s, "loaders");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void one_some_and_pages(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_status status = WEFT_OK;
    int64_t total = 0;
    weft_select *q = weft_select_new(s, Shop);
    weft_select_order(q, weft_asc(Shop, id));
    weft_select_limit(q, 2);
    Shop_list page = weft_select_page(q, Shop, &total);
    assert_ok(s);
    assert_int_equal(page.count, 2);
    assert_int_equal(total, 3);
    weft_select *bee = weft_select_new(s, Shop);
    weft_select_where(bee, weft_eq(Shop, name, "bee"));
    assert_true(weft_select_exists(bee));
    const Shop *one = weft_select_one(bee, Shop, &status);
    assert_int_equal(status, WEFT_OK);
    assert_int_equal(one->id, 2);
    test_database_exec(&f->database, "UPDATE shop SET name = 'bug' WHERE id = 2");
    weft_select *two = weft_select_new(s, Shop);
    weft_select_where(two, weft_eq(Shop, id, 2));
    assert_string_equal(weft_select_one(two, Shop, NULL)->name, "bee");
    weft_select_refresh(two, true);
    weft_select_plan(two, WEFT_PLAN_CUSTOM);
    assert_string_equal(weft_select_one(two, Shop, NULL)->name, "bug");
    assert_ok(s);
    weft_select_where(two, weft_eq(Shop, name, "no"));
    assert_false(weft_select_exists(two));
    assert_null(weft_select_one(two, Shop, &status));
    assert_int_equal(status, WEFT_ERROR_NOT_FOUND);
    assert_ok(s);
    (void)weft_select_one(two, Sale, &status);
    assert_int_equal(status, WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void rows_of_joined_models_are_locked(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_select *q = weft_select_new(s, Sale);
    weft_select_join(q, (weft_join_step)weft_join(Sale, shop));
    weft_select_lock(q, WEFT_FOR_SHARE, false, false);
    weft_select_lock_of(q, &Shop_model);
    assert_int_equal(weft_select_all(q, Sale).count, 5);
    assert_ok(s);
    if (f->postgres)
        assert_non_null(strstr(fixture_last_sql(f), " FOR SHARE OF sale, shop"));
    rollback_ok(s);
    q = weft_select_new(s, Sale);
    weft_select_lock_of(q, NULL);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select_columns(weft_select_new(s, Sale), NULL);
    assert_refused(s, WEFT_ERROR_MISUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(rows_by_steps), ON_BOTH(the_first_of_each_and_ties),
                                       ON_BOTH(of_a_selectable_and_of_a_models_columns), ON_BOTH(one_some_and_pages),
                                       ON_BOTH(rows_of_joined_models_are_locked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
