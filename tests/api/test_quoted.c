/* Names with blanks, commas, parentheses and quotes in lists of columns: keys, indexes, links, orders and conflicts. */
#include "support/fixture.h"

WEFT_DECLARE(Shop);
WEFT_DECLARE(Ware);
WEFT_DECLARE(Sale);
struct Shop {
    int32_t region;
    const char *name;
    Ware_list wares;
    Sale_list sales;
};
struct Ware {
    int64_t id;
    const char *title;
    Shop_list shops;
};
struct Sale {
    int64_t id;
    int32_t region;
    const char *by;
    int32_t amount;
    const Shop *shop;
};
WEFT_MODEL(Shop, "the shop", WEFT_COLUMN(Shop, region, .column = "re,gion", .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Shop, name, .column = "shop \"name\"", .primary_key = true),
           WEFT_MANY_TO_MANY(Shop, wares, Ware, .through = "sold at(\"of region\", \"of \"\"name\"\"\"; \"ware (id)\")",
                             .back_populates = "shops", .order_by = "\"the title\" DESC"),
           WEFT_HAS_MANY(Shop, sales, Sale, .foreign_key = "\"in, region\", \"sold by\"", .back_populates = "shop",
                         .order_by = "amount desc, id", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Ware, "ware", WEFT_COLUMN(Ware, id, .primary_key = true), WEFT_COLUMN(Ware, title, .column = "the title"),
           WEFT_UNIQUE(Ware, "\"the title\""),
           WEFT_MANY_TO_MANY(Ware, shops, Shop, .through = "sold at(\"ware (id)\"; \"of region\", \"of \"\"name\"\"\")",
                             .back_populates = "wares"));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true), WEFT_COLUMN(Sale, region, .column = "in, region"),
           WEFT_COLUMN(Sale, by, .column = "sold by"), WEFT_COLUMN(Sale, amount),
           WEFT_FOREIGN_KEY(Sale, "\"in, region\", \"sold by\"", "the shop(\"re,gion\", \"shop \"\"name\"\"\")",
                            .on_delete = "CASCADE"),
           WEFT_INDEX(Sale, "\"sold by\" DESC, \"in, region\""),
           WEFT_BELONGS_TO(Sale, shop, Shop, .foreign_key = "\"in, region\", \"sold by\"", .back_populates = "sales"));
WEFT_METADATA(models, &Shop_model);
FIXTURE_MODELS(models);

static void quoted_names_in_lists_make_keys_links_and_orders(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Shop *shop = weft_new(s, Shop, .region = 3, .name = "a\"b");
    Shop *other = weft_new(s, Shop, .region = 4, .name = "other");
    for (int i = 0; i < 3; i++) {
        Ware *ware = weft_new(s, Ware, .title = weft_format(s, "t%d", i));
        weft_append(s, Shop, shop, wares, Ware, ware);
        weft_append(s, Ware, ware, shops, Shop, other);
        weft_append(s, Shop, shop, sales, Sale, weft_new(s, Sale, .amount = i));
    }
    commit_ok(s);
    weft_session_clear(s);
    const weft_loader *const how[] = {weft_joined(Shop, wares), weft_selectin(Shop, wares), weft_subquery(Shop, wares)};
    for (size_t i = 0; i < 3; i++) {
        const Shop *found = weft_get(s, Shop, weft_key(Shop, .region = 3, .name = "a\"b"), .load = weft_load(how[i]));
        assert_ok(s);
        assert_non_null(found);
        assert_int_equal(found->wares.count, 3);
        assert_string_equal(found->wares.items[0]->title, "t2");
        Sale_list sales = weft_lazy(s, Shop, found, sales);
        assert_int_equal(sales.count, 3);
        assert_int_equal(sales.items[0]->amount, 2);
        assert_ptr_equal(sales.items[0]->shop, found);
        assert_int_equal(weft_lazy(s, Ware, found->wares.items[0], shops).count, 2);
        weft_session_clear(s);
    }
    assert_rows(f,
                "SELECT count(*) FROM \"sold at\" WHERE \"of region\" = 3 AND \"of \"\"name\"\"\" = 'a\"b' AND \"ware (id)\" > 0",
                "3");
    weft_delete(s, Shop, weft_get(s, Shop, weft_key(Shop, .region = 3, .name = "a\"b")));
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM \"sold at\"), (SELECT count(*) FROM sale), (SELECT count(*) FROM ware)", "3|0|3");
}

static void quoted_names_name_conflicts(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    const Ware ware = {.title = "t"};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    weft_insert_options options = {.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_columns = " \"the title\" "};
    for (int i = 0; i < 2; i++)
        assert_error(weft_insert_many(c, Ware, &ware, 1, &options, &error), WEFT_OK, &error);
    options.conflict_columns = "the title";
    assert_error(weft_insert_many(c, Ware, &ware, 1, &options, &error), WEFT_ERROR_MISUSE, &error);
    options.conflict_columns = "\"the title";
    assert_error(weft_insert_many(c, Ware, &ware, 1, &options, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT count(*) FROM ware", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(quoted_names_in_lists_make_keys_links_and_orders),
                                       ON_BOTH(quoted_names_name_conflicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
