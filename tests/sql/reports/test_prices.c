/* Reports of articles whose price is of a type of the program's own, page by page, and of text SQL alone. */
#include "report.h"

typedef struct money {
    int64_t cents;
} money;
static weft_value money_encode(const money *value) { return weft_value_int64(value->cents); }
static bool money_decode(const weft_value *value, money *to)
{
    to->cents = value->as.i;
    return true;
}
WEFT_TYPE(money, WEFT_INT64, money_encode, money_decode);

WEFT_DECLARE(Article);
struct Article {
    int64_t id;
    const char *sku, *maker;
    money price;
    weft_date since;
};
WEFT_MODEL(Article, "article", WEFT_COLUMN(Article, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Article, sku),
           WEFT_COLUMN(Article, maker), WEFT_COLUMN_AS(Article, price, money), WEFT_COLUMN(Article, since));
WEFT_METADATA(shelf, &Article_model);
static const char *const shelf_rows =
    "INSERT INTO article (id, sku, maker, price, since) VALUES (1, 'nail', 'ayr', 99, '2026-01-01'), (2, 'saw', 'ayr', 12000, "
    "'2026-01-03'), (3, 'glue', 'bru', 0, '2026-01-03'), (4, 'drill', 'cox', 45000, '2026-01-02'), (5, 'lamp', 'bru', 10000, "
    "'2026-01-03')";
REPORTS(prices, shelf, shelf_rows);

typedef struct Price {
    const char *sku;
    int64_t cents;
} Price;
WEFT_ROW(Price, WEFT_FIELD(Price, sku), WEFT_FIELD(Price, cents));
typedef struct Count {
    int64_t articles;
    const char *maker;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, articles), WEFT_FIELD(Count, maker));

static void what_costs_a_hundred(void **state)
{
    fixture *f = *state;
    const weft_expr *dear =
        weft_and(weft_ge_as(Article, price, money, (money){10000}), weft_ne_as(Article, price, money, (money){45000}));
    Article_list articles = weft_query(f->s, Article, .where = dear, .order_by = weft_order(weft_asc(Article, id)));
    assert_ok(f->s);
    assert_int_equal(articles.count, 2);
    assert_int_equal(articles.items[0]->price.cents, 12000);
    Price_list prices = weft_rows(f->s, Price, .from = weft_from(Article),
                                  .columns = weft_columns(weft_col(Article, sku), weft_col(Article, price)), .where = dear,
                                  .order_by = weft_order(weft_asc(Article, id)));
    REPORT(f, Price, prices, "SELECT sku, price AS cents FROM article WHERE price >= $1 AND price <> $2 ORDER BY id",
           weft_parameters(weft_value_int64(10000), weft_value_int64(45000)), "saw|12000; lamp|10000");
}

static void a_price_is_cut(void **state)
{
    fixture *f = *state;
    int64_t changed = 0;
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(Article, .set = weft_sets(weft_to_as(Article, price, money, (money){999})),
                                                   .where = weft_eq(Article, maker, "bru")),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 2);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, price FROM article ORDER BY id", "1|99\n2|12000\n3|999\n4|45000\n5|999");
}

/* One after the last of the page before, of those that are there since the same day, too. */
static Price_list page_after(fixture *f, const weft_date *since, int64_t id)
{
    return weft_rows(f->s, Price, .from = weft_from(Article),
                     .columns = weft_columns(weft_col(Article, sku), weft_col(Article, id)),
                     .where = weft_when(since != NULL,
                                        weft_op(weft_tuple(weft_col(Article, since), weft_col(Article, id)), "<",
                                                weft_tuple(weft_val(since != NULL ? *since : (weft_date){0}), weft_val(id)))),
                     .order_by = weft_order(weft_desc(Article, since), weft_desc(Article, id)), .limit = 2);
}

static void articles_page_by_page(void **state)
{
    fixture *f = *state;
    const weft_date third = {20456}; /* 2026-01-03 */
    const Price_list first = page_after(f, NULL, 0);
    REPORT(f, Price, first, "SELECT sku, id AS cents FROM article ORDER BY since DESC, id DESC LIMIT 2", NULL, "lamp|5; glue|3");
    const Price_list second = page_after(f, &third, 3);
    REPORT(f, Price, second,
           "SELECT sku, id AS cents FROM article WHERE (since, id) < ($1, $2) ORDER BY since DESC, id DESC LIMIT 2",
           weft_parameters(weft_value_date(third), weft_value_int64(3)), "saw|2; drill|4");
}

/* As written, by the names of the columns; into objects of the session, too; and on a connection. */
static void makers_by_their_articles(void **state)
{
    static const char sql[] = "SELECT maker, count(*) AS articles FROM article GROUP BY maker ORDER BY maker";
    fixture *f = *state;
    Count_list counts =
        weft_rows(f->s, Count, .from = weft_from(Article), .columns = weft_columns(weft_count_all(), weft_col(Article, maker)),
                  .group_by = weft_columns(weft_col(Article, maker)), .order_by = weft_order(weft_asc(Article, maker)));
    REPORT(f, Count, counts, sql, NULL, "2|ayr; 2|bru; 1|cox");
    Article_list articles = weft_text_query(f->s, Article, "SELECT * FROM article WHERE sku LIKE $1 ORDER BY id",
                                            weft_parameters(weft_value_text("%l%")));
    assert_ok(f->s);
    assert_int_equal(articles.count, 4);
    assert_int_equal(articles.items[3]->price.cents, 10000);
    assert_ptr_equal(articles.items[3], weft_get(f->s, Article, 5));
    Count_list rows;
    weft_result *result;
    weft_error error = {0};
    weft_connection *c = weft_session_connection(f->s);
    assert_non_null(c);
    assert_error(weft_fetch_text(c, Count, &rows, &result, &error, sql, NULL), WEFT_OK, &error);
    assert_int_equal(rows.count, 3);
    assert_string_equal(rows.items[2]->maker, "cox");
    weft_result_close(result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {REPORT_ON_BOTH(what_costs_a_hundred), REPORT_ON_BOTH(a_price_is_cut),
                                       REPORT_ON_BOTH(articles_page_by_page), REPORT_ON_BOTH(makers_by_their_articles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
