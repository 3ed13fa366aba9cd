/* What takes several columns, joins, orders, assignments or loaders takes one of them without a list: the statements are those of a
 * list of one. */
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
    int64_t amount;
    weft_timestamp made;
    const Shop *shop;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Shop, name),
           WEFT_HAS_MANY(Shop, sales, Sale, .foreign_key = "shop_id", .back_populates = "shop", .order_by = "id"));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true), WEFT_COLUMN(Sale, shop_id), WEFT_COLUMN(Sale, amount),
           WEFT_COLUMN(Sale, made), WEFT_BELONGS_TO(Sale, shop, Shop, .foreign_key = "shop_id", .back_populates = "sales"));
WEFT_METADATA(models, &Shop_model, &Sale_model);
FIXTURE_ROWS(models, "INSERT INTO shop (id, name) VALUES (1, 'ant'), (2, 'bee'); INSERT INTO sale (shop_id, amount, made) VALUES "
                     "(1, 5, '2026-01-01 00:00:00.000000'), (1, 7, '2026-01-02 00:00:00.000000'), (2, 9, '2026-01-02 "
                     "00:00:00.000000')");

typedef struct Pair {
    const char *name;
    int64_t amount;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, name), WEFT_FIELD(Pair, amount));
typedef struct Number {
    int64_t value;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, value));

/* Both have sent the same, and nothing failed. */
#define ALIKE(f, alone, list) \
    do { \
        char sent_[2048]; \
        test_recorder_clear((f)->recorder); \
        (void)(alone); \
        assert_ok((f)->s); \
        (void)snprintf(sent_, sizeof sent_, "%s", fixture_last_sql(f)); \
        (void)(list); \
        assert_ok((f)->s); \
        assert_string_equal(sent_, fixture_last_sql(f)); \
    } while (0)

static void a_query_takes_one_of_each(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    ALIKE(f, weft_query(s, Shop, .order_by = weft_desc(Shop, name)),
          weft_query(s, Shop, .order_by = weft_order(weft_desc(Shop, name))));
    ALIKE(f, weft_query(s, Shop, .joins = weft_join(Shop, sales), .where = weft_gt(Sale, amount, 6)),
          weft_query(s, Shop, .joins = weft_joins(weft_join(Shop, sales)), .where = weft_gt(Sale, amount, 6)));
    Shop_list shops = weft_query(s, Shop, .order_by = weft_desc(Shop, name), .load = weft_selectin(Shop, sales));
    assert_ok(s);
    assert_int_equal(shops.count, 2);
    assert_string_equal(shops.items[0]->name, "bee");
    assert_true(weft_loaded(s, Shop, shops.items[1], sales));
    assert_int_equal(shops.items[1]->sales.count, 2);
    /* A list within what is loaded, and a loader that is none. */
    assert_call(s, weft_session_clear(s), WEFT_OK);
    Sale_list sales = weft_query(s, Sale, .load = weft_load(weft_joined(Sale, shop, weft_load(weft_selectin(Shop, sales)))));
    assert_ok(s);
    assert_true(weft_loaded(s, Shop, sales.items[0]->shop, sales));
    (void)weft_query(s, Sale, .load = weft_load_when(false, weft_joined(Sale, shop)));
    assert_ok(s);
    assert_int_equal(weft_count_of(s, Shop, .joins = weft_outer_join(Shop, sales)), 3);
    const weft_join_step one = weft_join(Shop, sales), several = weft_joins(weft_join(Shop, sales));
    assert_int_equal(weft_count_of(s, Shop, .joins = one), weft_count_of(s, Shop, .joins = several));
    Shop_list named = weft_text_query(s, Shop, "SELECT * FROM shop ORDER BY id", NULL, .load = weft_selectin(Shop, sales));
    assert_ok(s);
    assert_int_equal(named.items[0]->sales.count, 2);
}

/* A list costs no level of nesting, and one without elements says nothing. */
static void lists_are_no_levels(void **state)
{
    enum { LEVELS = 16 };
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_loader *const end[] = {&weft_load_end};
    weft_loader chain[LEVELS + 1];
    const weft_loader *then[LEVELS + 1][2];
    for (int i = 0; i <= LEVELS; i++) {
        const bool of_shop = i % 2 == 0;
        chain[i] = (weft_loader){.how = WEFT_LOAD_SELECTIN,
                                 .model = of_shop ? &Shop_model : &Sale_model,
                                 .offset = of_shop ? offsetof(Shop, sales) : offsetof(Sale, shop),
                                 .then = i < LEVELS ? then[i] : end};
        then[i][0] = i < LEVELS ? &chain[i + 1] : &weft_load_end;
        then[i][1] = &weft_load_end;
    }
    chain[LEVELS - 1].then = end; /* as deep as may be */
    (void)weft_query(s, Shop, .load = &chain[0]);
    assert_ok(s);
    (void)weft_query(s, Shop, .load = weft_load(&chain[0]));
    assert_ok(s);
    weft_select *q = weft_select_new(s, Shop);
    weft_select_load(q, weft_load(&chain[0]));
    (void)weft_select_all(q, Shop);
    assert_ok(s);
    chain[LEVELS - 1].then = then[LEVELS - 1];
    (void)weft_query(s, Shop, .load = weft_load(&chain[0]));
    assert_refused(s, WEFT_ERROR_MISUSE);
    ALIKE(f, weft_query(s, Shop, .order_by = weft_order(&weft_end)), weft_query(s, Shop));
}

static void a_select_takes_one_of_each(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    ALIKE(f, weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_col(Sale, amount), .order_by = weft_asc(Sale, id)),
          weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_columns(weft_col(Sale, amount)),
                    .order_by = weft_order(weft_asc(Sale, id))));
    ALIKE(f,
          weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_sum(weft_col(Sale, amount)),
                    .group_by = weft_col(Sale, shop_id), .having = weft_op(weft_count_all(), ">", weft_val(1))),
          weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_columns(weft_sum(weft_col(Sale, amount))),
                    .group_by = weft_columns(weft_col(Sale, shop_id)), .having = weft_op(weft_count_all(), ">", weft_val(1))));
    const weft_rows_options *dear = weft_select(.from = weft_from(Sale), .columns = weft_max(weft_col(Sale, amount)));
    Number_list most = weft_rows(s, Number, .from = weft_from(Shop), .joins = weft_join(Shop, sales), .columns = weft_col(Shop, id),
                                 .where = weft_op(weft_col(Sale, amount), "=", weft_scalar(dear)));
    assert_ok(s);
    assert_int_equal(most.count, 1);
    assert_int_equal(most.items[0]->value, 2);
    Number_list running = weft_rows(s, Number, .from = weft_from(Sale), .order_by = weft_asc(Sale, id),
                                    .columns = weft_over(weft_sum(weft_col(Sale, amount)), .partition_by = weft_col(Sale, shop_id),
                                                         .order_by = weft_asc(Sale, id)));
    assert_ok(s);
    assert_int_equal(running.items[1]->value, 12);
    assert_int_equal(running.items[2]->value, 9);
    Number_list first = weft_rows(s, Number, .from = weft_from(Sale), .distinct_on = weft_col(Sale, shop_id),
                                  .columns = weft_columns(weft_col(Sale, amount), weft_col(Sale, shop_id)),
                                  .order_by = weft_order(weft_asc(Sale, shop_id), weft_desc(Sale, amount)));
    (void)first;
    assert_refused(s, WEFT_ERROR_MISUSE); /* two columns for one field */
    Number_list known = weft_rows(s, Number, .from = weft_from(Shop), .columns = weft_col(Shop, id), .order_by = weft_asc(Shop, id),
                                  .where = weft_in_query(weft_col(Shop, id),
                                                         weft_select(.from = weft_from(Sale), .columns = weft_col(Sale, shop_id))));
    assert_ok(s);
    assert_int_equal(known.count, 2);
    /* Nothing is given by an empty list, too. */
    ALIKE(f, weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_col(Sale, amount), .order_by = weft_order(&weft_end)),
          weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_col(Sale, amount)));
}

static void what_writes_takes_one_of_each(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed = 0;
    ALIKE(f, weft_session_update(s, weft_update_of(Sale, .set = weft_to(Sale, amount, 1), .where = weft_eq(Sale, id, 1)), &changed),
          weft_session_update(s, weft_update_of(Sale, .set = weft_sets(weft_to(Sale, amount, 1)), .where = weft_eq(Sale, id, 1)),
                              &changed));
    assert_int_equal(changed, 1);
    Number_list ids = weft_rows_of(s, Number,
                                   weft_updated(Sale, .set = weft_to(Sale, amount, 2), .from = weft_from(Shop),
                                                .where = weft_and(weft_eq_col(Shop, id, Sale, shop_id), weft_eq(Shop, name, "bee")),
                                                .returning = weft_col(Sale, id)));
    assert_ok(s);
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0]->value, 3);
    weft_connection *c = weft_session_connection(s);
    weft_error error = {0};
    const Shop again[] = {{.id = 1, .name = "ape"}};
    assert_error(weft_insert_many(c, Shop, again, 1,
                                  &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                         .conflict_columns = "id",
                                                         .set = weft_to_expr(Shop, name, weft_excluded(Shop, name))},
                                  &error),
                 WEFT_OK, &error);
    assert_error(weft_execute_insert(c,
                                     weft_insert_into(Shop, .columns = weft_col(Shop, id),
                                                      .query = weft_select(.columns = weft_val(INT64_C(3)))),
                                     &changed, &error),
                 WEFT_ERROR_NOT_NULL, &error);
    rollback_ok(s);
    assert_rows(f, "SELECT id, name FROM shop ORDER BY id", "1|ant\n2|bee");
}

static void a_list_is_no_expression(void **state)
{
    fixture *f = *state;
    (void)weft_query(f->s, Sale, .where = weft_not(weft_columns(weft_col(Sale, id), weft_col(Sale, amount))));
    assert_status(f->s, WEFT_ERROR_MISUSE);
    assert_message(f->s, "weft_tuple");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_query(f->s, Sale, .order_by = weft_order(weft_order(weft_asc(Sale, id))));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

/* The page behind a row, whose values are of the columns' types. */
static void values_are_of_a_columns_type(void **state)
{
    fixture *f = *state;
    const weft_timestamp second = {INT64_C(1767312000000000)}; /* 2026-01-02 */
    Sale_list page = weft_query(f->s, Sale,
                                .where = weft_op(weft_tuple(weft_col(Sale, made), weft_col(Sale, id)), "<",
                                                 weft_tuple(weft_val_like(Sale, made, second), weft_val_like(Sale, id, 3))),
                                .order_by = weft_order(weft_desc(Sale, made), weft_desc(Sale, id)));
    assert_ok(f->s);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0]->amount, 7);
}

/* All fields of the row are its columns; a model's are said. */
static void a_select_of_a_row_needs_no_columns(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *both = weft_columns(weft_col(Shop, name), weft_col(Sale, amount));
    weft_cte(Pair, .query = weft_select(.from = weft_from(Shop), .joins = weft_join(Shop, sales), .columns = both));
    weft_alias(Again, Pair);
    weft_subselect_as(Whole, Pair,
                      weft_union_all(weft_select(.from = weft_from(Pair), .where = weft_lt(Pair, amount, 6)),
                                     weft_select(.from = weft_from(Again), .where = weft_gt(Again, amount, 8))));
    weft_subselect_as(Said, Pair,
                      weft_union_all(weft_select(.from = weft_from(Pair),
                                                 .columns = weft_columns(weft_col(Pair, name), weft_col(Pair, amount)),
                                                 .where = weft_lt(Pair, amount, 6)),
                                     weft_select(.from = weft_from(Again),
                                                 .columns = weft_columns(weft_col(Again, name), weft_col(Again, amount)),
                                                 .where = weft_gt(Again, amount, 8))));
    const Pair_list whole = weft_rows(s, Pair, .from = weft_from(Whole), .order_by = weft_asc(Whole, amount));
    assert_ok(s);
    const Pair_list said = weft_rows(s, Pair, .from = weft_from(Said), .order_by = weft_asc(Said, amount));
    assert_ok(s);
    assert_int_equal(whole.count, 2);
    assert_int_equal(said.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(whole.items[i]->name, i == 0 ? "ant" : "bee");
        assert_int_equal(whole.items[i]->amount, i == 0 ? 5 : 9);
        assert_string_equal(whole.items[i]->name, said.items[i]->name);
    }
    weft_subselect_as(Model, Pair, weft_select(.from = weft_from(Shop)));
    (void)weft_rows(s, Pair, .from = weft_from(Model));
    assert_message(s, "a SELECT within another says its .columns");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void steps_and_copies_take_lists(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_select *q = weft_select_new(s, Shop);
    weft_select_join(q, (weft_join_step)weft_joins(weft_join(Shop, sales)));
    weft_select_order(q, weft_order(weft_desc(Shop, name), weft_asc(Shop, id)));
    weft_select_load(q, weft_load(weft_selectin(Shop, sales)));
    Shop_list shops = weft_select_all(q, Shop);
    assert_ok(s);
    assert_int_equal(shops.count, 2);
    assert_string_equal(shops.items[0]->name, "bee");
    assert_true(weft_loaded(s, Shop, shops.items[0], sales));
    const weft_expr *kept = weft_keep(s, weft_order(weft_desc(Shop, name)));
    assert_string_equal(weft_first(s, Shop, .order_by = kept)->name, "bee");
    weft_builder *b = weft_builder_new();
    const weft_expr *names[] = {weft_builder_column(b, &Shop_model, "name", 0)};
    assert_string_equal(weft_first(s, Shop, .order_by = weft_builder_list(b, names, 1))->name, "ant");
    assert_string_equal(weft_first(s, Shop, .order_by = names[0])->name, "ant");
    weft_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(a_query_takes_one_of_each),   ON_BOTH(lists_are_no_levels),
                                       ON_BOTH(a_select_takes_one_of_each),  ON_BOTH(what_writes_takes_one_of_each),
                                       ON_BOTH(a_list_is_no_expression),     ON_BOTH(values_are_of_a_columns_type),
                                       ON_BOTH(steps_and_copies_take_lists), ON_BOTH(a_select_of_a_row_needs_no_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
