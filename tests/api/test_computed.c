/* An expression stands wherever a value of a column's type does: the statements are those of weft_op and weft_to_expr, the rows
 * those of the SQL, whatever the type of the column, and wherever in a statement the condition stands. */
#include "support/fixture.h"

typedef struct cents {
    int64_t value;
} cents;
static weft_value cents_encode(const cents *c) { return weft_value_int64(c->value); }
static bool cents_decode(const weft_value *value, cents *to)
{
    to->value = value->as.i;
    return true;
}
WEFT_TYPE(cents, WEFT_INT64, cents_encode, cents_decode);

WEFT_DECLARE(Shop);
WEFT_DECLARE(Sale);
struct Shop {
    int64_t id;
    const char *name;
    Sale_list sales;
};
struct Sale {
    int64_t id, shop_id;
    int pieces;
    double weight;
    weft_decimal total;
    weft_opt_int32 rating;
    weft_opt_bool gift;
    const char *what, *prefix;
    weft_date day;
    weft_timestamp made;
    weft_opt_time at;
    weft_uuid code;
    weft_bytes blob;
    weft_json extra;
    cents price;
    const Shop *shop;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Shop, name),
           WEFT_HAS_MANY(Shop, sales, Sale, .foreign_key = "shop_id", .back_populates = "shop", .order_by = "id"));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, shop_id),
           WEFT_COLUMN(Sale, pieces), WEFT_COLUMN(Sale, weight), WEFT_COLUMN(Sale, total, .precision = 10, .scale = 2),
           WEFT_COLUMN(Sale, rating), WEFT_COLUMN(Sale, gift), WEFT_COLUMN(Sale, what), WEFT_COLUMN(Sale, prefix),
           WEFT_COLUMN(Sale, day), WEFT_COLUMN(Sale, made), WEFT_COLUMN(Sale, at), WEFT_COLUMN(Sale, code),
           WEFT_COLUMN(Sale, blob, .nullable = true), WEFT_COLUMN(Sale, extra, .nullable = true),
           WEFT_COLUMN_AS(Sale, price, cents),
           WEFT_BELONGS_TO(Sale, shop, Shop, .foreign_key = "shop_id", .back_populates = "sales"));
WEFT_METADATA(models, &Shop_model, &Sale_model);
#define CODE(n) "'00000000-0000-0000-0000-00000000000" n "'"
FIXTURE_ROWS(
    models,
    "INSERT INTO shop (id, name) VALUES (1, 'ant'), (2, 'bee'); INSERT INTO sale (id, shop_id, pieces, weight, total, rating, "
    "gift, what, prefix, day, made, at, code, price) VALUES "
    "(1, 1, 5, 1.5, '10.00', 1, NULL, 'teapot', 'tea', '2026-01-31', '2026-02-28 00:00:00.000000', '10:00:00.000000', " CODE(
        "1") ", 500), "
             "(2, 1, 7, 2.5, '30.00', NULL, NULL, 'mug', '%ug', '2026-02-01', '2026-02-01 00:00:00.000000', NULL, " CODE(
                 "1") ", 700), "
                      "(3, 2, 9, 9.0, '20.00', 9, NULL, 'a_b', '_b', '2026-03-01', '2026-04-01 00:00:00.000000', NULL, " CODE(
                          "3") ", 100)");

typedef struct Number {
    int64_t value;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, value));
typedef struct Priced {
    int64_t shop_id;
    weft_decimal total;
} Priced;
WEFT_ROW(Priced, WEFT_FIELD(Priced, shop_id), WEFT_FIELD(Priced, total));

/* The numbers of the sales for which a condition holds, one digit each. */
static const char *sales_where(fixture *f, const weft_expr *condition)
{
    static char digits[8];
    const Number_list found = weft_rows(f->s, Number, .from = weft_from(Sale), .columns = weft_col(Sale, id), .where = condition,
                                        .order_by = weft_asc(Sale, id));
    assert_ok(f->s);
    size_t size = 0;
    weft_each (Number, n, found)
        digits[size++] = (char)('0' + n->value);
    digits[size] = '\0';
    return digits;
}

/* Both conditions find these, by the same statement. */
static void assert_alike(fixture *f, const weft_expr *computed, const weft_expr *said, const char *expected)
{
    char sent[2048];
    assert_string_equal(sales_where(f, computed), expected);
    (void)snprintf(sent, sizeof sent, "%s", fixture_last_sql(f));
    const size_t cached = fixture_cached(f);
    assert_string_equal(sales_where(f, said), expected);
    assert_string_equal(fixture_last_sql(f), sent);
    assert_int_equal(fixture_cached(f), cached); /* one shape */
}

#define COL(f) weft_col(Sale, f)
#define ALIKE(f, m, macro, o, e, expected) assert_alike((f), macro(Sale, m, e), weft_op(COL(m), o, e), (expected))

static void columns_of_every_type_are_compared(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Sale);
    ALIKE(f, pieces, weft_gt, ">", weft_op(COL(shop_id), "*", weft_val(4)), "123");
    ALIKE(f, id, weft_eq, "=", COL(shop_id), "1");
    ALIKE(f, weight, weft_ge, ">=", COL(pieces), "3");
    ALIKE(f, total, weft_lt, "<", weft_op(COL(pieces), "*", weft_val(5)), "123");
    ALIKE(f, total, weft_le, "<=", weft_op(COL(total), "+", weft_val(0)), "123");
    ALIKE(f, rating, weft_eq, "=", COL(id), "1");
    ALIKE(f, rating, weft_ne, "<>", COL(id), "3");
    ALIKE(f, gift, weft_eq, "=", weft_gt(Sale, pieces, 5), "");
    ALIKE(f, what, weft_eq, "=", weft_lower(COL(what)), "123");
    ALIKE(f, what, weft_gt, ">", COL(prefix), "123");
    ALIKE(f, day, weft_lt, "<", COL(made), "13");
    ALIKE(f, made, weft_eq, "=", weft_date_add(weft_date_trunc(COL(made), WEFT_MONTH), weft_val(27), WEFT_DAY), "1");
    ALIKE(f, day, weft_eq, "=", weft_date_add(COL(day), weft_val(0), WEFT_DAY), "123");
    ALIKE(f, at, weft_le, "<=", COL(at), "1");
    ALIKE(f, code, weft_eq, "=",
          weft_scalar(weft_select(.from = weft_from(Other), .columns = weft_col(Other, code), .where = weft_eq(Other, id, 1))),
          "12");
    ALIKE(f, blob, weft_ne, "<>", COL(blob), "");
    ALIKE(f, rating, weft_eq, "=", weft_val((weft_opt_int32){0}), "2"); /* IS NULL */
    ALIKE(f, pieces, weft_eq, "=", weft_literal(7), "2");
    assert_alike(f, weft_gt_as(Sale, price, cents, weft_op(COL(pieces), "*", weft_val(90))),
                 weft_op(COL(price), ">", weft_op(COL(pieces), "*", weft_val(90))), "12");
    assert_alike(f, weft_not(weft_eq_as(Sale, price, cents, COL(price))), weft_not(weft_op(COL(price), "=", COL(price))), "");
}

static void texts_are_looked_into(void **state)
{
    fixture *f = *state;
    const weft_expr *prefix = COL(prefix);
    /* What is looked for is taken as it is, whatever stands in it. */
    assert_string_equal(sales_where(f, weft_starts_with(Sale, what, prefix)), "1");
    assert_string_equal(fixture_last_sql(f),
                        f->postgres ? "SELECT sale.id FROM sale WHERE strpos(sale.what, sale.prefix) = 1 ORDER BY sale.id"
                                    : "SELECT sale.id FROM sale WHERE instr(sale.what, sale.prefix) = 1 ORDER BY sale.id");
    assert_string_equal(sales_where(f, weft_contains(Sale, what, prefix)), "13");
    assert_string_equal(sales_where(f, weft_not(weft_contains(Sale, what, weft_upper(prefix)))), "123");
    assert_string_equal(sales_where(f, weft_ends_with(Sale, what, prefix)), "3");
    assert_string_equal(fixture_last_sql(f),
                        f->postgres
                            ? "SELECT sale.id FROM sale WHERE substr(sale.what, length(sale.what) - length(sale.prefix) + 1) "
                              "= sale.prefix ORDER BY sale.id"
                            : "SELECT sale.id FROM sale WHERE weft_substr(sale.what, weft_integer_add(weft_integer_subtract("
                              "length(sale.what), length(sale.prefix), 32), 1, 32)) = sale.prefix ORDER BY sale.id");
    assert_string_equal(sales_where(f, weft_ends_with(Sale, prefix, COL(what))), ""); /* longer than what it would end */
    const weft_expr *nothing = weft_lower(weft_literal(""));
    assert_string_equal(sales_where(f, weft_ends_with(Sale, what, nothing)), "123");
    assert_string_equal(sales_where(f, weft_starts_with(Sale, what, nothing)), "123");
    assert_string_equal(sales_where(f, weft_contains(Sale, what, nothing)), "123");
    /* Values are what they are by themselves. */
    assert_string_equal(sales_where(f, weft_starts_with(Sale, what, weft_val("t"))), "1");
    assert_string_equal(sales_where(f, weft_contains(Sale, what, weft_val("_"))), "3");
    assert_string_equal(sales_where(f, weft_ends_with(Sale, prefix, weft_literal("%ug"))), "2");
    assert_alike(f, weft_like(Sale, what, weft_val("t%")), weft_op(COL(what), "LIKE", weft_val("t%")), "1");
    assert_alike(f, weft_not_like(Sale, what, weft_val("t%")), weft_op(COL(what), "NOT LIKE", weft_val("t%")), "23");
    assert_alike(f, weft_ilike(Sale, what, weft_op(COL(prefix), "||", weft_val("%"))),
                 weft_op(COL(what), "ILIKE", weft_op(COL(prefix), "||", weft_val("%"))), "12");
    (void)weft_count_of(f->s, Sale, .where = weft_starts_with(Sale, what, COL(pieces)));
    assert_message(f->s, "weft_starts_with: what stands beside Sale.what is no text; cast it to WEFT_TEXT");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void it_may_stand_everywhere(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Other, Sale);
    const weft_expr *mean = weft_scalar(weft_select(.from = weft_from(Other), .columns = weft_avg(weft_col(Other, total)),
                                                    .where = weft_eq_col(Other, shop_id, Sale, shop_id)));
    assert_alike(f, weft_gt(Sale, total, mean), weft_op(COL(total), ">", mean),
                 "2"); /* more than the mean of its shop, 20 and 20 */
    assert_alike(f, weft_literally(weft_eq(Sale, pieces, weft_op(COL(shop_id), "+", weft_val(7)))),
                 weft_literally(weft_op(COL(pieces), "=", weft_op(COL(shop_id), "+", weft_val(7)))), "3");
    assert_alike(f, weft_ge(Sale, pieces, weft_all_of(weft_select(.from = weft_from(Other), .columns = weft_col(Other, pieces)))),
                 weft_op(COL(pieces), ">=", weft_all_of(weft_select(.from = weft_from(Other), .columns = weft_col(Other, pieces)))),
                 "3");
    assert_alike(f, weft_any(Sale, shop, weft_eq(Shop, id, weft_fn("length", weft_val("ab")))),
                 weft_any(Sale, shop, weft_op(weft_col(Shop, id), "=", weft_fn("length", weft_val("ab")))), "3");
    /* Joins, groups with their conditions, filters. */
    Number_list found =
        weft_rows(s, Number, .from = weft_from(Shop), .joins = weft_join_on(Sale, weft_eq(Sale, shop_id, weft_col(Shop, id))),
                  .columns = weft_filter(weft_count_all(), weft_lt(Sale, pieces, weft_op(COL(id), "*", weft_val(4)))),
                  .group_by = weft_col(Shop, id), .having = weft_gt(Shop, id, weft_op(weft_count_all(), "-", weft_val(2))),
                  .order_by = weft_asc(Shop, id));
    assert_ok(s);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0]->value, 1);
    assert_int_equal(found.items[1]->value, 1);
    /* A condition that is a key of groups. */
    const weft_expr *heavy = weft_gt(Sale, weight, COL(id));
    found = weft_rows(s, Number, .from = weft_from(Sale), .group_by = heavy,
                      .columns = weft_case(heavy, weft_count_all(), weft_op(weft_count_all(), "*", weft_val(10))),
                      .order_by = weft_asc_of(heavy));
    assert_ok(s);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0]->value, 3);
    /* What is no key within it is found, and so are aggregates. */
    (void)weft_rows(s, Number, .from = weft_from(Sale), .group_by = COL(shop_id),
                    .columns = weft_case(weft_gt(Sale, shop_id, COL(pieces)), weft_literal(1), weft_literal(2)));
    assert_message(s, "names Sale.pieces, of which a group may have several");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Number, .from = weft_from(Sale), .columns = COL(id), .where = weft_gt(Sale, pieces, weft_max(COL(pieces))));
    assert_message(s, "max is an aggregate, and stands in a condition on rows");
    assert_refused(s, WEFT_ERROR_MISUSE);
    /* Rows of a subquery, and of grouping sets. */
    weft_cte(Priced, .query = weft_select(.from = weft_from(Sale), .columns = weft_columns(COL(shop_id), weft_sum(COL(total))),
                                          .group_by = COL(shop_id)));
    found = weft_rows(s, Number, .from = weft_from(Priced), .columns = weft_col(Priced, shop_id),
                      .where = weft_eq(Priced, total, weft_op(weft_col(Priced, shop_id), "*", weft_val(10))));
    assert_ok(s);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0]->value, 2); /* 40 of the first shop, 20 of the second */
    found = weft_rows(s, Number, .from = weft_from(Sale), .columns = weft_count_all(), .group_by = weft_rollup(COL(shop_id)),
                      .having = weft_ge(Sale, shop_id, weft_count_all()));
    assert_ok(s);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0]->value, 1);
}

static void what_is_set_may_be_computed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t n = 0;
    const weft_expr *more = weft_op(COL(pieces), "+", weft_val(1));
    char sent[2048];
    assert_call(s,
                weft_session_update(
                    s, weft_update_of(Sale, .set = weft_to_expr(Sale, pieces, more), .where = weft_eq(Sale, id, weft_val(1))), &n),
                WEFT_OK);
    (void)snprintf(sent, sizeof sent, "%s", fixture_last_sql(f));
    const size_t cached = fixture_cached(f);
    assert_call(s,
                weft_session_update(
                    s, weft_update_of(Sale, .set = weft_to(Sale, pieces, more), .where = weft_eq(Sale, id, weft_val(1))), &n),
                WEFT_OK);
    assert_string_equal(fixture_last_sql(f), sent);
    assert_int_equal(fixture_cached(f), cached);
    assert_int_equal(n, 1);
    assert_call(s,
                weft_session_update(
                    s,
                    weft_update_of(Sale,
                                   .set = weft_sets(weft_to(Sale, total, weft_op(COL(pieces), "*", weft_val(2))),
                                                    weft_to(Sale, what, weft_upper(COL(what))),
                                                    weft_to(Sale, day, weft_date_add(COL(day), weft_val(1), WEFT_MONTH)),
                                                    weft_to(Sale, rating, COL(shop_id)),
                                                    weft_to_as(Sale, price, cents, weft_op(COL(price), "/", weft_literal(100)))),
                                   .where = weft_le(Sale, id, COL(shop_id))),
                    &n),
                WEFT_OK);
    assert_int_equal(n, 1);
    commit_ok(s);
    assert_rows(f, "SELECT pieces, total, what, day, rating, price FROM sale WHERE id = 1", "7|14.00|TEAPOT|2026-02-28|1|5");
    assert_call(s,
                weft_session_delete_where(
                    s, weft_delete_from(Sale, .where = weft_gt(Sale, pieces, weft_op(COL(id), "*", weft_val(3)))), &n),
                WEFT_OK);
    assert_int_equal(n, 2);
    const Shop row[] = {{.id = 2, .name = "cow"}, {.id = 3, .name = "dog"}};
    weft_error error;
    assert_error(weft_insert_many(weft_session_connection(s), Shop, row, 2,
                                  (&(const weft_insert_options){
                                      .on_conflict = WEFT_CONFLICT_UPDATE,
                                      .conflict_columns = "id",
                                      .set = weft_to(Shop, name, weft_op(weft_col(Shop, name), "||", weft_excluded(Shop, name))),
                                      .where = weft_ne(Shop, name, weft_excluded(Shop, name))}),
                                  &error),
                 WEFT_OK, &error);
    commit_ok(s);
    assert_rows(f, "SELECT id, name FROM shop ORDER BY id", "1|ant\n2|beecow\n3|dog");
    assert_rows(f, "SELECT id FROM sale", "3");
}

/* What a session has not written yet is written before a condition that reads it. */
static void it_is_looked_into_before_a_query(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Shop *shop = weft_get(s, Shop, 2);
    weft_edit(s, Shop, shop)->name = "zebra";
    const weft_expr *names = weft_scalar(weft_select(.from = weft_from(Shop), .columns = weft_max(weft_col(Shop, name))));
    assert_string_equal(sales_where(f, weft_lt(Sale, what, names)), "123");
    test_recorder_clear(f->recorder);
    assert_ok(s);
}

static void copies_have_all_of_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    WEFT_ROOM(room, 4096);
    const weft_expr *where = NULL, *kept = NULL;
    for (int i = 0; i < 2; i++) {
        char text[] = "teapot";
        where = weft_keep(s, weft_eq(Sale, what, weft_lower(weft_val(text))));
        kept = weft_keep(&room, weft_eq(Sale, what, weft_lower(weft_val(text))));
        memset(text, 'x', sizeof text - 1);
    }
    assert_string_equal(sales_where(f, where), "1");
    assert_string_equal(sales_where(f, kept), "1");
    weft_builder *b = weft_builder_new();
    const weft_expr *pieces = weft_builder_column(b, &Sale_model, "pieces", 0);
    assert_string_equal(sales_where(f, weft_builder_compare(b, WEFT_EXPR_LT, &Sale_model, "weight", weft_value_of_expr(pieces))),
                        "12");
    assert_string_equal(sales_where(f, weft_builder_keep(b, weft_eq(Sale, id, COL(shop_id)))), "1");
    weft_builder_free(b);
    weft_select *q = weft_select_new(s, Sale);
    {
        weft_select_where(q, weft_eq(Sale, id, weft_op(COL(shop_id), "+", weft_val(1))));
    }
    const Sale_list sales = weft_select_all(q, Sale);
    assert_ok(s);
    assert_int_equal(sales.count, 2);
}

static const weft_expr *nothing_there(void) { return NULL; }

static void what_is_wrong_is_said(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_count_of(s, Sale, .where = weft_gt(Sale, total, nothing_there()));
    assert_message(s, "weft_gt: the expression beside Sale.total is NULL");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_subselect(Priced, weft_select(.from = weft_from(Sale), .columns = weft_columns(COL(shop_id), COL(total))));
    (void)weft_rows(s, Number, .from = weft_from(Priced), .columns = weft_col(Priced, shop_id),
                    .where = weft_eq(Priced, total, nothing_there()));
    assert_message(s, "weft_eq: the expression beside Priced.total is NULL");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_session_update(s, weft_update_of(Sale, .set = weft_to(Sale, pieces, nothing_there()), .where = weft_gt(Sale, id, 0)),
                              NULL);
    assert_message(s, "weft_to: the expression beside Sale.pieces is NULL");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Sale, .where = weft_contains(Sale, what, nothing_there()));
    assert_message(s, "weft_contains: the expression beside Sale.what is NULL");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Sale, .where = weft_eq(Sale, pieces, COL(what)));
    assert_message(s, "= has a number on its left and a text on its right; cast one of them");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_session_update(s, weft_update_of(Sale, .set = weft_to(Sale, pieces, COL(day)), .where = weft_gt(Sale, id, 0)), NULL);
    assert_message(s, "pieces");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Sale, .where = weft_eq(Sale, pieces, weft_columns(COL(id), COL(pieces))));
    assert_message(s, "weft_columns, weft_order or weft_sets stands where one expression is expected");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Sale, .where = weft_eq(Sale, shop, COL(id)));
    assert_message(s, "shop");
    assert_refused(s, WEFT_ERROR_MISUSE);
    /* By functions, where macros do not compile. */
    const Sale *sale = weft_get(s, Sale, 1);
    assert_non_null(sale);
    (void)weft_session_set(s, &Sale_model, sale, offsetof(Sale, pieces), weft_value_of_expr(COL(id)));
    assert_message(s, "Sale.pieces");
    assert_message(s, "weft_update_of");
    assert_refused(s, WEFT_ERROR_MISUSE);
    const weft_expr crafted[] = {
        {.op = WEFT_EXPR_IN, .model = &Sale_model, .offset = offsetof(Sale, id), .value = weft_value_of_expr(COL(id))},
        {.op = WEFT_EXPR_VALUE, .value = weft_value_of_expr(COL(id))},
        {.op = WEFT_EXPR_ANY_OF, .value = weft_value_of_expr(COL(id))}};
    (void)weft_count_of(s, Sale, .where = &crafted[0]);
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Number, .from = weft_from(Sale), .columns = &crafted[1]);
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Sale, .where = weft_op(COL(id), "=", &crafted[2]));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_text_rows(s, Number, "SELECT $1 AS value", weft_parameters(weft_value_of_expr(COL(id))));
    assert_refused(s, WEFT_ERROR_MISUSE);
    /* One that contains itself. */
    weft_expr self = {.op = WEFT_EXPR_EQ, .model = &Sale_model, .offset = offsetof(Sale, gift)};
    self.value = weft_value_of_expr(&self);
    (void)weft_count_of(s, Sale, .where = &self);
    assert_message(s, "nested deeper");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(columns_of_every_type_are_compared),
                                       ON_BOTH(texts_are_looked_into),
                                       ON_BOTH(it_may_stand_everywhere),
                                       ON_BOTH(what_is_set_may_be_computed),
                                       ON_BOTH(it_is_looked_into_before_a_query),
                                       ON_BOTH(copies_have_all_of_it),
                                       ON_BOTH(what_is_wrong_is_said)};
    return cmocka_run_group_tests_name("expressions as values", tests, NULL, NULL);
}
