/* Expressions built at run time. */
#include "fixtures/shop.h"

#include <string.h>

static void nodes_render_like_literals(void **state)
{
    (void)state;
    weft_builder *b = weft_builder_new();
    char name[] = "sandy";
    const weft_expr *is_sandy = weft_builder_compare(b, WEFT_EXPR_EQ, &User_model, "name", weft_value_text(name));
    memcpy(name, "XXXXX", 5);
    weft_value ids[] = {weft_value_int64(1), weft_value_int64(2)};
    const weft_expr *in = weft_builder_in(b, &User_model, "id", ids, 2);
    const weft_expr *age = weft_builder_column(b, &User_model, "age", 0);
    const weft_expr *older =
        weft_builder_node(b, WEFT_EXPR_OP, ">", (const weft_expr *[]){age, weft_builder_value(b, weft_value_int64(3))}, 2);
    const weft_expr *all = weft_builder_node(b, WEFT_EXPR_AND, NULL, (const weft_expr *[]){is_sandy, in, older}, 3);
    const weft_expr *alone[2];
    const weft_expr *order = weft_builder_list(b, (const weft_expr *[]){weft_builder_node(b, WEFT_EXPR_DESC, NULL, &age, 1)}, 1);
    const wefti_statement_data *data = SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, id)),
                                              .where = all, .order_by = wefti_items(order, alone));
    expect_sql(data,
               "SELECT user_account.id FROM user_account WHERE user_account.name = ?1 AND user_account.id IN (SELECT value "
               "FROM json_each(?2)) "
               "AND user_account.age > ?3 ORDER BY user_account.age DESC NULLS FIRST",
               "SELECT user_account.id FROM user_account WHERE user_account.name = $1 AND user_account.id = ANY($2) "
               "AND user_account.age > $3 ORDER BY user_account.age DESC");
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, data);
    assert_string_equal(pair.shape.values[0].as.s.data, "sandy");
    const wefti_array *array = (const wefti_array *)(const void *)pair.shape.values[1].as.s.data;
    assert_int_equal(wefti_field_value(array->type, array->size, wefti_array_field(array, 1)).as.i, 2);
    free_pair(&pair);
    weft_builder_free(b);
}

static void the_first_mistake_is_what_the_statement_fails_with(void **state)
{
    (void)state;
    const weft_expr *alone[2];
    weft_builder *b = weft_builder_new();
    const weft_expr *bad = weft_builder_compare(b, WEFT_EXPR_EQ, &User_model, "nmae", weft_value_text("x"));
    const weft_expr *good = weft_builder_compare(b, WEFT_EXPR_EQ, &User_model, "name", weft_value_text("x"));
    const weft_expr *all = weft_builder_node(b, WEFT_EXPR_OR, NULL, (const weft_expr *[]){bad, good}, 2);
    expect_error(SELECT(.from = shop_table(&User_model), .where = all), WEFT_ERROR_MISUSE, "User has no field \"nmae\"");
    expect_error(SELECT(.from = shop_table(&User_model), .order_by = wefti_items(weft_builder_list(b, &good, 1), alone)),
                 WEFT_ERROR_MISUSE, "nmae");
    weft_builder_free(b);
    expect_error(SELECT(.from = shop_table(&User_model), .where = weft_builder_column(NULL, &User_model, "name", 0)),
                 WEFT_ERROR_NO_MEMORY, "no builder");
}

static void names_that_are_not_trusted_are_still_checked(void **state)
{
    (void)state;
    weft_builder *b = weft_builder_new();
    const weft_expr *age = weft_builder_column(b, &User_model, "age", 0);
    const weft_expr *call = weft_builder_node(b, WEFT_EXPR_FN, "f(); DROP TABLE x", &age, 1);
    expect_error(SELECT(.from = shop_table(&User_model), .where = call), WEFT_ERROR_MISUSE, "is no name of a function");
    weft_builder_free(b);
}

static void lists_hold_values_of_one_type(void **state)
{
    (void)state;
    weft_value mixed[] = {weft_value_int64(1), weft_value_text("x")},
               with_null[] = {weft_value_int64(1), weft_value_null(WEFT_INT64)};
    weft_builder *b = weft_builder_new();
    expect_error(SELECT(.from = shop_table(&User_model), .where = weft_builder_in(b, &User_model, "id", mixed, 2)),
                 WEFT_ERROR_MISUSE, "item 2");
    weft_builder_free(b);
    b = weft_builder_new();
    expect_error(SELECT(.from = shop_table(&User_model), .where = weft_builder_in(b, &User_model, "id", with_null, 2)),
                 WEFT_ERROR_MISUSE, "item 2");
    weft_builder_free(b);
    b = weft_builder_new();
    expect_where(User, weft_builder_in(b, &User_model, "id", NULL, 0), "user_account.id IN (SELECT value FROM json_each(?1))",
                 "user_account.id = ANY($1)");
    weft_builder_free(b);
    weft_builder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_render_like_literals),
        cmocka_unit_test(the_first_mistake_is_what_the_statement_fails_with),
        cmocka_unit_test(names_that_are_not_trusted_are_still_checked),
        cmocka_unit_test(lists_hold_values_of_one_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
