/* Shapes: what must give the same one, what must not, and how values are made to fit. */
#include "fixtures/shop.h"

#include <stdlib.h>
#include <string.h>

/* What is noted without the walk is what the walk notes, to the byte. */
static void is_as_walked(const wefti_shape *shape, const wefti_statement_data *data)
{
    wefti_shape walked;
    weft_error error;
    assert_int_equal(wefti_shape_walk(&walked, shop_schema(), &wefti_dialect_sqlite, data, &error), WEFT_OK);
    assert_int_equal(walked.key_size, shape->key_size);
    assert_memory_equal(walked.key, shape->key, walked.key_size);
    assert_true(walked.hash == shape->hash);
    assert_int_equal(walked.value_count, shape->value_count);
    for (uint32_t i = 0; i < walked.value_count; i++)
        assert_int_equal(walked.values[i].type, shape->values[i].type);
    wefti_shape_deinit(&walked);
}

static bool same_shape(const wefti_statement_data *a, const wefti_statement_data *b)
{
    wefti_shape first, second;
    weft_error error;
    assert_int_equal(wefti_shape_init(&first, shop_schema(), &wefti_dialect_sqlite, a, &error), WEFT_OK);
    assert_int_equal(wefti_shape_init(&second, shop_schema(), &wefti_dialect_sqlite, b, &error), WEFT_OK);
    is_as_walked(&first, a);
    is_as_walked(&second, b);
    bool same = first.key_size == second.key_size && memcmp(first.key, second.key, first.key_size) == 0;
    assert_int_equal(same, first.hash == second.hash);
    wefti_shape_deinit(&first);
    wefti_shape_deinit(&second);
    return same;
}

#define WHERE(e) SELECT(.from = shop_table(&User_model), .where = (e))

static void values_are_not_part_of_the_shape(void **state)
{
    (void)state;
    int64_t ids[] = {1, 2, 3, 4, 5};
    assert_true(same_shape(WHERE(weft_eq(User, name, "a")), WHERE(weft_eq(User, name, "b"))));
    assert_true(same_shape(WHERE(weft_in(User, id, ids, 1)), WHERE(weft_in(User, id, ids, 5))));
    assert_true(same_shape(WHERE(weft_in(User, id, ids, 0)), WHERE(weft_in(User, id, ids, 5))));
    assert_true(
        same_shape(SELECT(.from = shop_table(&User_model), .limit = 5), SELECT(.from = shop_table(&User_model), .limit = 900)));
    assert_true(same_shape(SELECT(.from = shop_table(&User_model), .limit = 5),
                           SELECT(.from = shop_table(&User_model), .limit = WEFT_NONE)));
    assert_true(
        same_shape(WHERE(weft_op(weft_col(User, age), ">", weft_val(1))), WHERE(weft_op(weft_col(User, age), ">", weft_val(2)))));
    assert_true(same_shape(WHERE(weft_starts_with(User, name, "a")), WHERE(weft_starts_with(User, name, "%%"))));
}

static void equal_trees_at_other_addresses_have_one_shape(void **state)
{
    (void)state;
    char operator[2][4] = {"||", "||"}, function[2][8] = {"lower", "lower"};
    const weft_expr *columns[2] = {weft_col(User, name), weft_col(User, name)};
    const wefti_statement_data *a =
        WHERE(weft_null(weft_op_unsafe(weft_fn_unsafe(function[0], columns[0]), operator[0], weft_val("x"))));
    const wefti_statement_data *b =
        WHERE(weft_null(weft_op_unsafe(weft_fn_unsafe(function[1], columns[1]), operator[1], weft_val("y"))));
    assert_true(same_shape(a, b));
    memcpy(function[1], "upper", 6);
    assert_false(same_shape(a, b));
}

static void absent_terms_have_the_shape_of_their_absence(void **state)
{
    (void)state;
    assert_true(same_shape(WHERE(weft_and(weft_when(false, weft_eq(User, age, 1)), weft_eq(User, name, "x"))),
                           WHERE(weft_and(weft_eq(User, name, "y")))));
    assert_false(same_shape(WHERE(weft_and(weft_when(true, weft_eq(User, age, 1)), weft_eq(User, name, "x"))),
                            WHERE(weft_and(weft_eq(User, name, "y")))));
}

static void structure_is_part_of_the_shape(void **state)
{
    (void)state;
    const char *nothing = NULL;
    const weft_expr *a = weft_eq(User, name, "x"), *b = weft_eq(User, fullname, "x"), *c = weft_eq(User, age, 1);
    const wefti_statement_data *const all[] = {
        WHERE(a),
        WHERE(b),
        WHERE(c),
        WHERE(weft_eq(User, fullname, nothing)),
        WHERE(weft_ne(User, fullname, nothing)),
        WHERE(weft_ne(User, name, "x")),
        WHERE(weft_like(User, name, "x")),
        WHERE(weft_ilike(User, name, "x")),
        WHERE(weft_and(a, b)),
        WHERE(weft_or(a, b)),
        SELECT(.from = shop_table(&User_model), .where = a, .limit = 5),
        SELECT(.from = shop_table(&User_model), .where = a, .offset = 5),
        SELECT(.from = shop_table(&User_model), .where = a, .distinct = true),
        SELECT(.from = shop_table(&User_model), .where = a, .count = true),
        SELECT(.from = shop_table(&User_model), .where = a, .exists = true),
        SELECT(.from = shop_table(&User_model), .where = a, .lock = WEFT_FOR_UPDATE),
        SELECT(.from = shop_table(&User_model), .where = a, .order_by = WEFT_NODES(weft_asc(User, id))),
        WHERE(weft_and(b, a)),
        WHERE(weft_and(weft_or(a, b), c)),
        WHERE(weft_and(weft_or(a), b, c)),
        WHERE(weft_and(a, b, c)),
        WHERE(weft_not(a)),
        WHERE(weft_any(User, addresses, &weft_true)),
        WHERE(weft_any(User, keywords, &weft_true)),
        WHERE(weft_op(weft_col(User, age), "<", weft_val(1))),
        WHERE(weft_op(weft_col(User, age), "<=", weft_val(1))),
        WHERE(weft_between(weft_col(User, age), weft_val(1), weft_val(2))),
        WHERE(weft_between_symmetric(weft_col(User, age), weft_val(1), weft_val(2))),
        WHERE(weft_op(weft_val(1), "<", weft_col(User, age))),
        WHERE(weft_op(weft_col(User, age), "<", weft_val(1.0))),
        WHERE(weft_op(weft_col_at(1, User, age), "<", weft_val(1))),
        WHERE(weft_null(weft_cast(weft_col(User, age), WEFT_TEXT))),
        WHERE(weft_null(weft_cast(weft_col(User, age), WEFT_INT16))),
        WHERE(&weft_false),
        SELECT(.from = shop_table(&User_model)),
        SELECT(.from = shop_table(&Keyword_model)),
        SELECT(.from = shop_table(&User_model), .limit = 1),
        SELECT(.from = shop_table(&User_model), .offset = 1),
        SELECT(.from = shop_table(&User_model), .limit = 1, .offset = 1),
        SELECT(.from = shop_table(&User_model), .distinct = true),
        SELECT(.from = shop_table(&User_model), .count = true),
        SELECT(.from = shop_table(&User_model), .exists = true),
        SELECT(.from = shop_table(&User_model), .lock = WEFT_FOR_UPDATE),
        SELECT(.from = shop_table(&User_model), .lock = WEFT_FOR_UPDATE, .no_wait = true),
        SELECT(.from = shop_table(&User_model), .order_by = WEFT_NODES(weft_asc(User, name))),
        SELECT(.from = shop_table(&User_model), .order_by = WEFT_NODES(weft_desc(User, name))),
        SELECT(.from = shop_table(&User_model), .order_by = WEFT_NODES(weft_nulls_first(weft_desc(User, name)))),
        SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, name))),
        SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, name), weft_col(User, id))),
        SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_label(weft_col(User, name), "n"))),
        SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_label(weft_col(User, name), "m"))),
        SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, name)),
               .group_by = WEFT_NODES(weft_col(User, name))),
        SELECT(.from = shop_table(&User_model), .joins = STEPS(weft_join(User, addresses))),
        SELECT(.from = shop_table(&User_model), .joins = STEPS(weft_outer_join(User, addresses))),
        SELECT(.from = shop_table(&User_model), .joins = STEPS(weft_join_as(2, User, addresses))),
    };
    size_t count = sizeof all / sizeof all[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (same_shape(all[i], all[j])) {
                print_error("statements %zu and %zu have the same shape\n", j, i);
                fail();
            }
}

static void conditions_of_columns_and_order_do_not_run_into_each_other(void **state)
{
    (void)state;
    const weft_expr *name = weft_col(User, name), *id = weft_col(User, id);
    assert_false(
        same_shape(SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(name, id), .order_by = WEFT_NODES(name)),
                   SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(name), .order_by = WEFT_NODES(id, name))));
    assert_false(
        same_shape(SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(name), .having = weft_is_null(User, age)),
                   SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(name), .where = weft_is_null(User, age))));
}

static void large_statements_grow_beyond_their_inline_room(void **state)
{
    (void)state;
    weft_expr nodes[300];
    const weft_expr *list[301];
    int64_t ids[] = {1, 2};
    for (size_t i = 0; i < 300; i++) {
        nodes[i] = i % 2 == 0 ? *weft_eq(User, id, (int64_t)i) : *weft_in(User, id, ids, 2);
        list[i] = &nodes[i];
    }
    list[300] = &weft_end;
    const weft_expr all = {.op = WEFT_EXPR_OR, .args = list};
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, WHERE(&all));
    assert_int_equal(pair.shape.value_count, 300);
    for (uint32_t i = 0; i < 300; i++) {
        if (i % 2 == 0) {
            assert_int_equal(pair.shape.values[i].as.i, i);
            continue;
        }
        const wefti_array *array = (const wefti_array *)(const void *)pair.shape.values[i].as.s.data;
        assert_int_equal(array->count, 2);
        assert_ptr_equal(array->base, ids);
    }
    free_pair(&pair);
}

/* ---- values ---- */

static weft_value bound(const wefti_dialect *dialect, const weft_expr *where, const weft_model *model, weft_status expected,
                        weft_error *error)
{
    compiled_pair pair;
    compile_pair(&pair, dialect, SELECT(.from = shop_table(model), .where = where));
    weft_status status = wefti_shape_bind(&pair.shape, pair.compiled, error);
    if (status != expected)
        print_error("%s\n", error->message);
    assert_int_equal(status, expected);
    weft_value value = pair.shape.values[0];
    static char text[64];
    if (status == WEFT_OK && (value.type == WEFT_TEXT || value.type == WEFT_DECIMAL) && !value.is_null) {
        assert_true(value.as.s.size < sizeof text);
        memcpy(text, value.as.s.data, value.as.s.size + 1);
        assert_int_equal(strlen(text), value.as.s.size);
        value.as.s.data = text;
    }
    if (status == WEFT_OK)
        assert_int_equal(value.type, pair.compiled->statement.parameter_types[0]);
    free_pair(&pair);
    return value;
}

static void expect_text(const wefti_dialect *dialect, const weft_model *model, const weft_expr *where, const char *expected)
{
    weft_error error = {0};
    assert_string_equal(bound(dialect, where, model, WEFT_OK, &error).as.s.data, expected);
}

static void patterns_are_escaped_for_their_dialect(void **state)
{
    (void)state;
    const wefti_dialect *sqlite = &wefti_dialect_sqlite, *postgres = &wefti_dialect_postgres;
    expect_text(sqlite, &User_model, weft_like(User, name, "a%_*?[\\%\\\\"), "a*?[*][?][[]%\\");
    expect_text(postgres, &User_model, weft_like(User, name, "a%_*"), "a%_*");
    expect_text(sqlite, &User_model, weft_starts_with(User, name, "50%_*["), "50%_[*][[]*");
    expect_text(postgres, &User_model, weft_starts_with(User, name, "50%_\\"), "50\\%\\_\\\\%");
    expect_text(sqlite, &User_model, weft_ends_with(User, name, "?"), "*[?]");
    expect_text(postgres, &User_model, weft_ends_with(User, name, "%"), "%\\%");
    expect_text(sqlite, &User_model, weft_contains(User, name, "x"), "*x*");
    expect_text(postgres, &User_model, weft_contains(User, name, "x"), "%x%");
    weft_error error = {0};
    (void)bound(sqlite, weft_like(User, name, "x\\"), &User_model, WEFT_ERROR_TYPE, &error);
    assert_non_null(strstr(error.message, "ends with its escape character"));
}

static void integers_are_checked_against_their_column(void **state)
{
    (void)state;
    const wefti_dialect *d = &wefti_dialect_postgres;
    weft_error error = {0};
    assert_int_equal(bound(d, weft_eq(Everything, small, 32767), &Everything_model, WEFT_OK, &error).type, WEFT_INT16);
    (void)bound(d, weft_eq(Everything, small, 32768), &Everything_model, WEFT_ERROR_TYPE, &error);
    assert_string_equal(error.message, "everything.small: the value does not fit 16 bits");
    assert_string_equal(error.table, "everything");
    assert_string_equal(error.column, "small");
    (void)bound(d, weft_eq(Everything, medium, INT64_C(1) << 31), &Everything_model, WEFT_ERROR_TYPE, &error);
    (void)bound(d, weft_eq(Everything, unsigned_number, -1), &Everything_model, WEFT_ERROR_TYPE, &error);
    assert_int_equal(bound(d, weft_eq(Everything, unsigned_number, UINT32_MAX), &Everything_model, WEFT_OK, &error).as.i,
                     UINT32_MAX);
    assert_int_equal(bound(d, weft_eq(Everything, real, 2), &Everything_model, WEFT_OK, &error).type, WEFT_FLOAT);
}

static void constants_take_the_type_of_the_other_operand(void **state)
{
    (void)state;
    const wefti_dialect *d = &wefti_dialect_postgres;
    weft_error error = {0};
    assert_int_equal(bound(d, weft_op(weft_col(Everything, small), "<", weft_val(21)), &Everything_model, WEFT_OK, &error).type,
                     WEFT_INT16);
    assert_int_equal(bound(d, weft_op(weft_val(21), "<", weft_col(Everything, precise)), &Everything_model, WEFT_OK, &error).type,
                     WEFT_DOUBLE);
    assert_int_equal(
        bound(d, weft_between(weft_col(Everything, large), weft_val(21), weft_val(22)), &Everything_model, WEFT_OK, &error).type,
        WEFT_INT64);
    assert_int_equal(bound(d, weft_op(weft_op(weft_col(Everything, medium), "/", weft_val(2.5)), ">", weft_val(1)),
                           &Everything_model, WEFT_OK, &error)
                         .type,
                     WEFT_DOUBLE);
    assert_int_equal(bound(d, weft_null(weft_fn("f", weft_val(5))), &Everything_model, WEFT_OK, &error).type, WEFT_INT32);
    assert_int_equal(bound(d, weft_null(weft_fn("f", weft_val(INT64_C(1) << 40))), &Everything_model, WEFT_OK, &error).type,
                     WEFT_INT64);
}

static void enums_are_sent_by_name(void **state)
{
    (void)state;
    const wefti_dialect *d = &wefti_dialect_sqlite;
    weft_error error = {0};
    expect_text(d, &Everything_model, weft_eq(Everything, colour, BLUE), "it's blue");
    expect_text(d, &Everything_model, weft_op(weft_col(Everything, colour), "=", weft_val(GREEN)), "green");
    (void)bound(d, weft_eq(Everything, colour, 3), &Everything_model, WEFT_ERROR_TYPE, &error);
    assert_string_equal(error.message, "everything.colour: the value is none of the enum's");
    int wanted[] = {RED, BLUE};
    compiled_pair pair;
    compile_pair(&pair, d, SELECT(.from = shop_table(&Everything_model), .where = weft_in(Everything, colour, wanted, 2)));
    assert_int_equal(wefti_shape_bind(&pair.shape, pair.compiled, &error), WEFT_OK);
    const wefti_array *names = (const wefti_array *)(const void *)pair.shape.values[0].as.s.data;
    assert_int_equal(names->type, WEFT_TEXT);
    assert_string_equal(wefti_field_value(names->type, 0, wefti_array_field(names, 1)).as.s.data, "it's blue");
    free_pair(&pair);
}

static void decimals_are_texts(void **state)
{
    (void)state;
    weft_error error = {0};
    expect_text(&wefti_dialect_sqlite, &Everything_model, weft_gt(Everything, price, -5), "-5");
    expect_text(&wefti_dialect_postgres, &Everything_model, weft_gt(Everything, price, (weft_decimal){"12.50"}), "12.50");
    (void)bound(&wefti_dialect_postgres, weft_gt(Everything, price, (weft_decimal){"12,50"}), &Everything_model, WEFT_ERROR_TYPE,
                &error);
    assert_string_equal(error.message, "everything.price: the value is no decimal number");
}

static void values_of_another_kind_are_type_errors(void **state)
{
    (void)state;
    weft_builder *builder = weft_builder_new();
    const weft_expr *text = weft_builder_compare(builder, WEFT_EXPR_EQ, &User_model, "age", weft_value_text("x"));
    expect_error(SELECT(.from = shop_table(&User_model), .where = text), WEFT_ERROR_TYPE, "user_account.age");
    weft_value items[] = {weft_value_text("x")};
    const weft_expr *in = weft_builder_in(builder, &User_model, "age", items, 1);
    expect_error(SELECT(.from = shop_table(&User_model), .where = in), WEFT_ERROR_TYPE, "user_account.age");
    weft_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_not_part_of_the_shape),
        cmocka_unit_test(equal_trees_at_other_addresses_have_one_shape),
        cmocka_unit_test(absent_terms_have_the_shape_of_their_absence),
        cmocka_unit_test(structure_is_part_of_the_shape),
        cmocka_unit_test(conditions_of_columns_and_order_do_not_run_into_each_other),
        cmocka_unit_test(large_statements_grow_beyond_their_inline_room),
        cmocka_unit_test(patterns_are_escaped_for_their_dialect),
        cmocka_unit_test(integers_are_checked_against_their_column),
        cmocka_unit_test(constants_take_the_type_of_the_other_operand),
        cmocka_unit_test(enums_are_sent_by_name),
        cmocka_unit_test(decimals_are_texts),
        cmocka_unit_test(values_of_another_kind_are_type_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
