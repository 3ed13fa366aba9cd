/* Rows without objects: joins, groups, cases, casts, aggregates, order of NULLs, empty and NULL lists, and patterns with special
 * characters; the same data gives the same rows on both databases. */
#include "support/fixture.h"

WEFT_DECLARE(Shop);
WEFT_DECLARE(Sale);
struct Shop {
    int64_t id;
    const char *name;
    const char *town;
    Sale_list sales;
};
struct Sale {
    int64_t id;
    weft_opt_int64 shop_id;
    const char *item;
    weft_opt_int32 amount;
    weft_decimal price;
    weft_date day;
    const Shop *shop;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Shop, name),
           WEFT_COLUMN(Shop, town, .nullable = true),
           WEFT_HAS_MANY(Shop, sales, Sale, .foreign_key = "shop_id", .back_populates = "shop"));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true), WEFT_COLUMN(Sale, shop_id, .references = "shop.id"),
           WEFT_COLUMN(Sale, item), WEFT_COLUMN(Sale, amount), WEFT_COLUMN(Sale, price), WEFT_COLUMN(Sale, day),
           WEFT_BELONGS_TO(Sale, shop, Shop, .foreign_key = "shop_id", .back_populates = "sales"));
WEFT_METADATA(models, &Shop_model);
FIXTURE_MODELS(models);

typedef struct Line {
    const char *name;
    int64_t count;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, name), WEFT_FIELD(Line, count));
typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));
typedef struct Sum {
    const char *town;
    weft_opt_int64 sum;
    weft_opt_double mean;
    int64_t kinds;
} Sum;
WEFT_ROW(Sum, WEFT_FIELD(Sum, town), WEFT_FIELD(Sum, sum), WEFT_FIELD(Sum, mean), WEFT_FIELD(Sum, kinds));

static const char *const items[] = {"100%", "1000",         "a_b",          "aXb", "back\\slash", "it's", "ITEM",
                                    "item", "\xc3\xa4pfel", "\xc3\x84PFEL", "",    "[x]*?"};
enum { ITEMS = sizeof items / sizeof items[0] };

static void fill(fixture *f)
{
    weft_session *s = f->s;
    const Shop *shops[] = {weft_new(s, Shop, .id = 1, .name = "one", .town = "Ulm"),
                           weft_new(s, Shop, .id = 2, .name = "two", .town = "Ulm"), weft_new(s, Shop, .id = 3, .name = "three"),
                           weft_new(s, Shop, .id = 4, .name = "four", .town = "Bonn")};
    for (int i = 0; i < ITEMS; i++)
        weft_new(s, Sale, .item = items[i], .amount = {i % 4 != 0, i}, .price = {i % 2 == 0 ? "10.50" : "9.5"}, .day = {i},
                 .shop = i < 9 ? shops[i % 3] : NULL);
    commit_ok(s);
    weft_session_clear(s);
}

/* The items that a condition finds, in the order of their ids. */
static void assert_items(fixture *f, const weft_expr *where, const char *expected, int line)
{
    char found[400] = "";
    weft_each (Sale, sale, weft_query(f->s, Sale, .where = where, .order_by = weft_order(weft_asc(Sale, id))))
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s|", sale->item);
    assert_ok(f->s);
    if (strcmp(found, expected) != 0)
        fail_msg("line %d: found %s instead of %s", line, found, expected);
}
#define FINDS(where, expected) assert_items(f, where, expected, __LINE__)

static void patterns_mean_the_same_on_both_databases(void **state)
{
    fixture *f = *state;
    fill(f);
    FINDS(weft_like(Sale, item, "100%"), "100%|1000|");
    FINDS(weft_like(Sale, item, "100\\%"), "100%|");
    FINDS(weft_like(Sale, item, "a_b"), "a_b|aXb|");
    FINDS(weft_like(Sale, item, "a\\_b"), "a_b|");
    FINDS(weft_like(Sale, item, "back\\\\%"), "back\\slash|");
    FINDS(weft_like(Sale, item, "item"), "item|");
    FINDS(weft_ilike(Sale, item, "item"), "ITEM|item|");
    FINDS(weft_ilike(Sale, item, "I_E%"), "ITEM|item|");
    FINDS(weft_not_like(Sale, item, "%"), "");
    FINDS(weft_like(Sale, item, ""), "|");
    FINDS(weft_like(Sale, item, "it's"), "it's|");
    FINDS(weft_like(Sale, item, "[x]*?"), "[x]*?|");
    FINDS(weft_like(Sale, item, "_pfel"), "\xc3\xa4pfel|");
    FINDS(weft_contains(Sale, item, "%"), "100%|");
    FINDS(weft_contains(Sale, item, "_"), "a_b|");
    FINDS(weft_contains(Sale, item, "\\"), "back\\slash|");
    FINDS(weft_contains(Sale, item, "'"), "it's|");
    FINDS(weft_contains(Sale, item, "*"), "[x]*?|");
    FINDS(weft_starts_with(Sale, item, "100%"), "100%|");
    FINDS(weft_starts_with(Sale, item, "a_"), "a_b|");
    FINDS(weft_starts_with(Sale, item, "IT"), "ITEM|");
    FINDS(weft_ends_with(Sale, item, "b"), "a_b|aXb|");
    FINDS(weft_ends_with(Sale, item, "\\slash"), "back\\slash|");
    FINDS(weft_ends_with(Sale, item, "%"), "100%|");
    FINDS(weft_and(weft_starts_with(Sale, item, ""), weft_lt(Sale, amount, 3)), "1000|a_b|");
}

static void lists_may_be_empty_or_hold_null(void **state)
{
    fixture *f = *state;
    fill(f);
    const char *const some[] = {"ITEM", "it's", "none"};
    const char *const with_null[] = {"ITEM", NULL};
    const int amounts[] = {1, 2, 3};
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_in(Sale, item, some, 0)), 0);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_not_in(Sale, item, some, 0)), ITEMS);
    /* Also where the column is NULL: nothing is excluded. */
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_not_in(Sale, amount, amounts, 0)), ITEMS);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_not(weft_in(Sale, item, some, 0))), ITEMS);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_in(Sale, item, some, 3)), 2);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_not_in(Sale, item, some, 3)), ITEMS - 2);
    /* SQL's NULL: a row whose column is NULL is in neither. */
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_in(Sale, amount, amounts, 3)), 3);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_not_in(Sale, amount, amounts, 3)), ITEMS - 3 - 3);
    assert_ok(f->s);
    int64_t in = weft_count_of(f->s, Sale, .where = weft_in(Sale, item, with_null, 2));
    weft_status status = weft_session_status(f->s);
    weft_session_rollback(f->s);
    int64_t out = weft_count_of(f->s, Sale, .where = weft_not_in(Sale, item, with_null, 2));
    assert_int_equal(weft_session_status(f->s), status);
    assert_true(status == WEFT_OK ? in == 1 && out == 0 : in == 0 && out == 0);
    weft_session_rollback(f->s);
}

static void groups_joins_and_aggregates_agree(void **state)
{
    fixture *f = *state;
    fill(f);
    Line_list lines = weft_rows(f->s, Line, .from = weft_from(Shop), .joins = weft_joins(weft_outer_join(Shop, sales)),
                                .columns = weft_columns(weft_label(weft_upper(weft_col(Shop, name)), "shop"),
                                                        weft_label(weft_count(weft_col(Sale, id)), "sales")),
                                .group_by = weft_columns(weft_col(Shop, name)),
                                .having = weft_op(weft_count(weft_col(Sale, id)), "<", weft_val(4)),
                                .order_by = weft_order(weft_desc_of(weft_count(weft_col(Sale, id))), weft_asc(Shop, name)));
    assert_ok(f->s);
    assert_int_equal(lines.count, 4);
    assert_string_equal(lines.items[0]->name, "ONE");
    assert_int_equal(lines.items[0]->count, 3);
    assert_string_equal(lines.items[3]->name, "FOUR");
    assert_int_equal(lines.items[3]->count, 0);
    Sum_list sums =
        weft_rows(f->s, Sum, .from = weft_from(Shop), .joins = weft_joins(weft_join(Shop, sales)),
                  .columns = weft_columns(weft_coalesce(weft_col(Shop, town), weft_val("?")), weft_sum(weft_col(Sale, amount)),
                                          weft_cast(weft_avg(weft_col(Sale, amount)), WEFT_DOUBLE),
                                          weft_count(weft_distinct(weft_col(Sale, price)))),
                  .where = weft_between(weft_col(Sale, day), weft_val(((weft_date){0})), weft_val(((weft_date){8}))),
                  .group_by = weft_columns(weft_col(Shop, town)), .order_by = weft_order(weft_nulls_first(weft_asc(Shop, town))));
    assert_ok(f->s);
    assert_int_equal(sums.count, 2);
    assert_string_equal(sums.items[0]->town, "?");
    assert_true(sums.items[0]->sum.set && sums.items[0]->sum.value == 7);
    assert_true(sums.items[0]->mean.set && sums.items[0]->mean.value == 3.5);
    assert_string_equal(sums.items[1]->town, "Ulm");
    assert_int_equal(sums.items[1]->sum.value, 1 + 3 + 6 + 7);
    assert_int_equal(sums.items[1]->kinds, 2);
    /* An expression with values in it is grouped by as the same node, or as its label. */
    const weft_expr *who = weft_label(weft_case(weft_is_null(Sale, shop_id), weft_val("nobody"), weft_lt(Sale, shop_id, 2),
                                                weft_val("first"), weft_val("others")),
                                      "who");
    Line_list cases = weft_rows(f->s, Line, .from = weft_from(Sale), .columns = weft_columns(who, weft_count_all()),
                                .group_by = weft_columns(who), .order_by = weft_order(weft_asc_of(weft_count_all())));
    if (weft_session_status(f->s) == WEFT_OK) {
        assert_int_equal(cases.count, 3);
        assert_int_equal(cases.items[0]->count + cases.items[1]->count + cases.items[2]->count, ITEMS);
        assert_string_equal(cases.items[2]->name, "others");
    } else {
        fail_msg("case: %s", weft_session_error(f->s)->message);
    }
}

static void order_of_null_is_as_asked(void **state)
{
    fixture *f = *state;
    fill(f);
    const weft_expr *orders[] = {weft_order(weft_nulls_first(weft_asc(Shop, town)), weft_asc(Shop, id)),
                                 weft_order(weft_nulls_last(weft_asc(Shop, town)), weft_asc(Shop, id)),
                                 weft_order(weft_nulls_first(weft_desc(Shop, town)), weft_desc(Shop, id)),
                                 weft_order(weft_nulls_last(weft_desc_of(weft_lower(weft_col(Shop, town)))), weft_asc(Shop, id))};
    const int64_t expected[][4] = {{3, 4, 1, 2}, {4, 1, 2, 3}, {3, 2, 1, 4}, {1, 2, 4, 3}};
    for (int i = 0; i < 4; i++) {
        Shop_list shops = weft_query(f->s, Shop, .order_by = orders[i]);
        assert_ok(f->s);
        for (int k = 0; k < 4; k++)
            assert_int_equal(shops.items[k]->id, expected[i][k]);
    }
}

static void casts_and_functions_give_their_type(void **state)
{
    fixture *f = *state;
    fill(f);
    Text_list texts =
        weft_rows(f->s, Text, .from = weft_from(Sale), .columns = weft_columns(weft_cast(weft_col(Sale, amount), WEFT_TEXT)),
                  .where = weft_eq(Sale, amount, 3));
    assert_ok(f->s);
    assert_int_equal(texts.count, 1);
    assert_string_equal(texts.items[0]->text, "3");
    texts = weft_rows(f->s, Text, .from = weft_from(Sale), .distinct = true,
                      .columns = weft_columns(weft_lower(weft_col(Sale, item))), .where = weft_ilike(Sale, item, "item"));
    assert_ok(f->s);
    assert_int_equal(texts.count, 1);
    texts = weft_rows(f->s, Text, .from = weft_from(Sale), .columns = weft_columns(weft_col(Sale, item)),
                      .order_by = weft_order(weft_asc(Sale, id)), .limit = 2, .offset = 1);
    assert_int_equal(texts.count, 2);
    assert_string_equal(texts.items[0]->text, items[1]);
    assert_int_equal(
        weft_rows(f->s, Text, .from = weft_from(Sale), .columns = weft_columns(weft_col(Sale, item)), .limit = WEFT_NONE).count, 0);
    assert_ok(f->s);
    (void)weft_rows(f->s, Text, .from = weft_from(Sale), .columns = weft_columns(weft_col(Sale, item)), .limit = -1);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Line, .from = weft_from(Sale), .columns = weft_columns(weft_col(Sale, item)));
    assert_true(weft_session_status(f->s) == WEFT_ERROR_MISUSE || weft_session_status(f->s) == WEFT_ERROR_TYPE);
    weft_session_rollback(f->s);
    /* Decimals are compared by value. */
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_gt(Sale, price, ((weft_decimal){"9.50"}))), 6);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_eq(Sale, price, ((weft_decimal){"9.500"}))), 6);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_gt(Sale, price, 9)), 12);
    assert_int_equal(weft_count_of(f->s, Sale, .where = weft_gt(Sale, price, 10)), 6);
    assert_ok(f->s);
}

static void updates_and_deletes_by_condition_reach_objects(void **state)
{
    fixture *f = *state;
    fill(f);
    const Sale *sale = weft_first(f->s, Sale, .where = weft_eq(Sale, item, "item"));
    int64_t changed = 0;
    assert_int_equal(
        weft_session_update(f->s,
                            weft_update_of(Sale, .where = weft_like(Sale, item, "i%"),
                                           .set = weft_sets(weft_to(Sale, item, "it's \"new\""),
                                                            weft_to_expr(Sale, amount,
                                                                         weft_op(weft_coalesce(weft_col(Sale, amount), weft_val(0)),
                                                                                 "+", weft_val(1))))),
                            &changed),
        WEFT_OK);
    assert_int_equal(changed, 2);
    assert_int_equal(weft_refresh(f->s, Sale, sale), WEFT_OK);
    assert_string_equal(sale->item, "it's \"new\"");
    assert_int_equal(weft_session_delete_where(f->s, weft_delete_from(Sale, .where = weft_eq(Sale, id, sale->id)), &changed),
                     WEFT_OK);
    assert_int_equal(changed, 1);
    assert_int_equal(weft_refresh(f->s, Sale, sale), WEFT_ERROR_NOT_FOUND);
    assert_ok(f->s);
    commit_ok(f->s);
    assert_int_equal(weft_session_delete_where(f->s, weft_delete_from(Sale, .all = false), &changed), WEFT_ERROR_MISUSE);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    assert_rows(f, "SELECT count(*) FROM sale", "11");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(patterns_mean_the_same_on_both_databases), ON_BOTH(lists_may_be_empty_or_hold_null),
        ON_BOTH(groups_joins_and_aggregates_agree),        ON_BOTH(order_of_null_is_as_asked),
        ON_BOTH(casts_and_functions_give_their_type),      ON_BOTH(updates_and_deletes_by_condition_reach_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
