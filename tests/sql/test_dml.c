/* INSERT, UPDATE, DELETE and COPY as SQL, on both dialects. */
#include "fixtures/shop.h"

static uint16_t index_of(const weft_model *model, const char *name)
{
    return wefti_table_column_named(shop_table(model), name)->index;
}

static void inserts_rows(void **state)
{
    (void)state;
    const wefti_table *address = shop_table(&Address_model);
    const uint16_t columns[] = {1, 2}, returning[] = {0};
    expect_sql(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2),
               "INSERT INTO address (email, user_id) VALUES (?1, ?2)", NULL);
    expect_sql(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2, .returning = returning,
                   .returning_count = 1),
               "INSERT INTO address (email, user_id) VALUES (?1, ?2) RETURNING address.id", NULL);
    expect_sql(DML(.kind = WEFTI_INSERT, .table = address), "INSERT INTO address DEFAULT VALUES", NULL);
    expect_sql(DML(.kind = WEFTI_INSERT_ROWS, .table = address, .columns = columns, .column_count = 2, .row_count = 2),
               "INSERT INTO address (email, user_id) VALUES (?1, ?2), (?3, ?4)", NULL);
}

static void inserts_arrays_in_their_order(void **state)
{
    (void)state;
    const uint16_t columns[] = {1, 2}, returning[] = {0};
    const wefti_statement_data *data = DML(.kind = WEFTI_INSERT_ARRAYS, .table = shop_table(&Address_model), .columns = columns,
                                           .column_count = 2, .returning = returning, .returning_count = 1);
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, data);
    assert_string_equal(pair.compiled->statement.sql, "INSERT INTO address (email, user_id) SELECT c1, c2 FROM "
                                                      "unnest($1::text[], $2::bigint[]) "
                                                      "WITH ORDINALITY AS v(c1, c2, n) ORDER BY n RETURNING address.id");
    assert_int_equal(pair.compiled->statement.parameter_types[1], WEFT_INT64 | WEFTI_ARRAY);
    assert_true(pair.compiled->statement.returns_rows);
    assert_true(pair.compiled->statement.writes);
    assert_int_equal(pair.compiled->statement.column_types[0], WEFT_INT64);
    free_pair(&pair);
    weft_error error;
    wefti_shape shape;
    assert_int_equal(wefti_shape_init(&shape, shop_schema(), &wefti_dialect_sqlite, data, &error), WEFT_ERROR_UNSUPPORTED);
    wefti_shape_deinit(&shape);
}

static void conflicts_do_nothing_or_update(void **state)
{
    (void)state;
    const wefti_table *address = shop_table(&Address_model);
    const uint16_t columns[] = {1, 2};
    expect_sql(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2,
                   .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_DO_NOTHING)),
               "INSERT INTO address (email, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", NULL);
    expect_sql(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2,
                   .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "email",
                                        .set = weft_sets(weft_to_expr(Address, user_id, weft_excluded(Address, user_id)),
                                                         weft_to(Address, email, "z")))),
               "INSERT INTO address (email, user_id) VALUES (?1, ?2) ON CONFLICT (email) DO UPDATE SET user_id = "
               "excluded.user_id, email = ?3",
               NULL);
    expect_sql(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2,
                   .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "email",
                                        .set = weft_sets(weft_to_expr(Address, user_id,
                                                                      weft_op(weft_col(Address, user_id), "+", weft_val(1)))))),
               "INSERT INTO address (email, user_id) VALUES (?1, ?2) ON CONFLICT (email) DO UPDATE SET user_id = "
               "weft_keep_int64(weft_integer_add(address.user_id, ?3, 64), 'address.user_id')",
               "INSERT INTO address (email, user_id) VALUES ($1, $2) ON CONFLICT (email) DO UPDATE SET user_id = address.user_id "
               "+ $3");
    expect_error(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2,
                     .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_UPDATE, .set = weft_sets(weft_to(Address, email, "z")))),
                 WEFT_ERROR_MISUSE, "without .conflict_columns");
    expect_error(DML(.kind = WEFTI_INSERT, .table = address, .columns = columns, .column_count = 2,
                     .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_columns = "mail")),
                 WEFT_ERROR_MISUSE, "has no column \"mail\"");
}

static void values_of_conflict_set_follow_the_rows(void **state)
{
    (void)state;
    const uint16_t columns[] = {1, 2};
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres,
                 DML(.kind = WEFTI_INSERT, .table = shop_table(&User_model), .columns = columns, .column_count = 2,
                     .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id",
                                          .set = weft_sets(weft_to(User, age, 5)))));
    assert_int_equal(pair.compiled->statement.parameter_count, 3);
    assert_int_equal(pair.shape.value_count, 1);
    assert_int_equal(wefti_shape_bind(&pair.shape, pair.compiled, NULL), WEFT_OK);
    assert_int_equal(pair.shape.values[0].type, WEFT_INT32);
    free_pair(&pair);
}

static void updates_and_deletes_by_key(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model), *member = shop_table(&Member_model);
    const uint16_t columns[] = {index_of(&User_model, "name"), index_of(&User_model, "version")};
    const uint16_t keys[] = {0, index_of(&User_model, "version")}, both[] = {0, 1};
    expect_sql(DML(.kind = WEFTI_UPDATE, .table = user, .columns = columns, .column_count = 2, .keys = keys, .key_count = 2),
               "UPDATE user_account SET name = ?1, version = ?2 WHERE id = ?3 AND version = ?4", NULL);
    expect_sql(DML(.kind = WEFTI_DELETE, .table = user, .keys = keys, .key_count = 1), "DELETE FROM user_account WHERE id = ?1",
               NULL);
    expect_sql(DML(.kind = WEFTI_DELETE_ARRAYS, .table = user, .keys = keys, .key_count = 1),
               "DELETE FROM user_account WHERE id IN (SELECT value FROM json_each(?1))",
               "DELETE FROM user_account WHERE id = ANY($1)");
    expect_sql(DML(.kind = WEFTI_DELETE_ARRAYS, .table = member, .keys = both, .key_count = 2),
               "DELETE FROM member WHERE (group_id, code) IN (SELECT k.value, json_extract(?2, '$[' || k.key || ']') FROM "
               "json_each(?1) AS k)",
               "DELETE FROM member WHERE (group_id, code) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))");
}

static void updates_many_rows_in_one_statement(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    const uint16_t columns[] = {1, 3}, keys[] = {0};
    expect_sql(DML(.kind = WEFTI_UPDATE_ROWS, .table = user, .columns = columns, .column_count = 2, .keys = keys, .key_count = 1,
                   .row_count = 2),
               "UPDATE user_account SET name = v.column1, age = v.column2 FROM (VALUES (?1, ?2, ?3), (?4, ?5, ?6)) AS v "
               "WHERE user_account.id = v.column3",
               "UPDATE user_account SET name = v.column1, age = v.column2 FROM (VALUES ($1::text, $2::integer, $3::bigint), ($4, "
               "$5, $6)) AS v "
               "WHERE user_account.id = v.column3");
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres,
                 DML(.kind = WEFTI_UPDATE_ARRAYS, .table = user, .columns = columns, .column_count = 2, .keys = keys,
                     .key_count = 1));
    assert_string_equal(pair.compiled->statement.sql, "UPDATE user_account SET name = v.c1, age = v.c2 FROM unnest($1::text[], "
                                                      "$2::integer[], "
                                                      "$3::bigint[]) AS v(c1, c2, c3) WHERE user_account.id = v.c3");
    free_pair(&pair);
}

static void copies_where_the_database_can(void **state)
{
    (void)state;
    const uint16_t columns[] = {1, 2};
    const wefti_statement_data *data =
        DML(.kind = WEFTI_COPY, .table = shop_table(&Order_model), .columns = columns, .column_count = 2);
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, data);
    assert_string_equal(pair.compiled->statement.sql,
                        "COPY \"order\" (\"MixedCase\", \"it's \"\"100%\"\" (odd)? :x\") FROM STDIN (FORMAT binary)");
    assert_int_equal(pair.compiled->statement.parameter_count, 0);
    free_pair(&pair);
}

static void updates_and_deletes_by_condition(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    expect_sql(MODIFY(.kind = WEFTI_MODIFY_DELETE, .table = user, .where = weft_lt(User, id, 5)),
               "DELETE FROM user_account WHERE user_account.id < ?1", NULL);
    expect_sql(
        MODIFY(.table = user,
               .set = WEFT_NODES(weft_to(User, name, "x"), weft_to_expr(User, age, weft_op(weft_col(User, age), "+", weft_val(1)))),
               .where = weft_any(User, addresses, weft_eq(Address, email, "y"))),
        "UPDATE user_account SET name = ?1, age = weft_keep_int32(weft_integer_add(user_account.age, ?2, 32), 'user_account.age'), "
        "version = CASE WHEN user_account.version >= 2147483647 THEN 1 ELSE user_account.version + 1 END WHERE EXISTS (SELECT 1 "
        "FROM address WHERE address.user_id = user_account.id AND address.email = ?3)",
        "UPDATE user_account SET name = $1, age = user_account.age + $2, "
        "version = CASE WHEN user_account.version >= 2147483647 THEN 1 ELSE user_account.version + 1 END WHERE EXISTS (SELECT 1 "
        "FROM address WHERE address.user_id = user_account.id AND address.email = $3)");
    expect_sql(MODIFY(.table = user, .set = WEFT_NODES(weft_to(User, fullname, (const char *)NULL))),
               "UPDATE user_account SET fullname = ?1, version = CASE WHEN user_account.version >= 2147483647 THEN 1 ELSE "
               "user_account.version "
               "+ 1 END",
               NULL);
    expect_sql(MODIFY(.table = user, .set = WEFT_NODES(weft_to(User, version, 7))), "UPDATE user_account SET version = ?1", NULL);
    expect_error(MODIFY(.table = user, .set = WEFT_NODES(weft_eq(User, name, "x"))), WEFT_ERROR_MISUSE, "is no assignment");
    expect_error(MODIFY(.table = user, .set = WEFT_NODES(weft_to(Address, email, "x"))), WEFT_ERROR_MISUSE,
                 "is not a column of \"user_account\"");
    expect_error(MODIFY(.table = user, .set = (const weft_expr *const[]){&weft_end}), WEFT_ERROR_MISUSE, "is empty");
    expect_error(MODIFY(.table = user, .set = WEFT_NODES(weft_to(User, name, "a name that is longer than thirty characters"))),
                 WEFT_ERROR_TYPE, "user_account.name: the value is longer than the column");
}

static void decimals_are_computed_by_functions_where_the_database_has_none(void **state)
{
    (void)state;
    const weft_expr *twice = weft_op(weft_col(Everything, price), "*", weft_val(2));
    const wefti_statement_data *data =
        MODIFY(.table = shop_table(&Everything_model), .set = WEFT_NODES(weft_to_expr(Everything, price, twice)));
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, data);
    assert_string_equal(pair.compiled->statement.sql, "UPDATE everything SET price = everything.price * $1");
    free_pair(&pair);
    compile_pair(&pair, &wefti_dialect_sqlite, data);
    assert_string_equal(pair.compiled->statement.sql,
                        "UPDATE everything SET price = weft_decimal_store(weft_decimal_multiply(everything.price, ?1), 12, 2)");
    free_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserts_rows),
        cmocka_unit_test(inserts_arrays_in_their_order),
        cmocka_unit_test(conflicts_do_nothing_or_update),
        cmocka_unit_test(values_of_conflict_set_follow_the_rows),
        cmocka_unit_test(updates_and_deletes_by_key),
        cmocka_unit_test(updates_many_rows_in_one_statement),
        cmocka_unit_test(copies_where_the_database_can),
        cmocka_unit_test(updates_and_deletes_by_condition),
        cmocka_unit_test(decimals_are_computed_by_functions_where_the_database_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
