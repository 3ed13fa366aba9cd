/* SELECT as SQL, on both dialects: joins, joined loads, owners, keys, order, limits, counts, locks. */
#include "fixtures/shop.h"

#include <string.h>

#define USER \
    "user_account.id, user_account.name, user_account.fullname, user_account.age, user_account.active, user_account.version"

static void selects_the_columns_of_the_entity(void **state)
{
    (void)state;
    expect_sql(SELECT(.from = shop_table(&User_model)), "SELECT " USER " FROM user_account", NULL);
    expect_sql(SELECT(.from = shop_table(&User_model), .distinct = true,
                      .order_by = WEFT_NODES(weft_asc(User, name), weft_desc(User, id))),
               "SELECT DISTINCT " USER " FROM user_account ORDER BY user_account.name, user_account.id DESC", NULL);
}

static void names_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    expect_sql(SELECT(.from = shop_table(&Order_model), .where = weft_eq(Order, mixed, "x")),
               "SELECT \"order\".id, \"order\".\"MixedCase\", \"order\".\"it's \"\"100%\"\" (odd)? :x\", \"order\".\"user\" FROM "
               "\"order\" "
               "WHERE \"order\".\"MixedCase\" = ?1",
               NULL);
}

static void limits_and_offsets_are_parameters(void **state)
{
    (void)state;
    const wefti_table *keyword = shop_table(&Keyword_model);
    expect_sql(SELECT(.from = keyword, .limit = 10), "SELECT keyword.id, keyword.word FROM keyword LIMIT ?1", NULL);
    expect_sql(SELECT(.from = keyword, .limit = 10, .offset = 5), "SELECT keyword.id, keyword.word FROM keyword LIMIT ?1 OFFSET ?2",
               NULL);
    expect_sql(SELECT(.from = keyword, .offset = 5), "SELECT keyword.id, keyword.word FROM keyword LIMIT -1 OFFSET ?1",
               "SELECT keyword.id, keyword.word FROM keyword OFFSET $1");
    expect_error(SELECT(.from = keyword, .limit = -1), WEFT_ERROR_MISUSE, "limit is negative");
    expect_error(SELECT(.from = keyword, .offset = -1), WEFT_ERROR_MISUSE, "offset is negative");
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_sqlite, SELECT(.from = keyword, .limit = WEFT_NONE));
    assert_int_equal(pair.shape.value_count, 1);
    assert_int_equal(pair.shape.values[0].as.i, 0);
    free_pair(&pair);
}

static void joins_follow_relationships(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model), *category = shop_table(&Category_model);
    expect_sql(SELECT(.from = user, .joins = STEPS(weft_join(User, addresses)), .where = weft_eq(Address, email, "x")),
               "SELECT " USER " FROM user_account JOIN address ON address.user_id = user_account.id WHERE address.email = ?1",
               NULL);
    expect_sql(SELECT(.from = user, .joins = STEPS(weft_outer_join(User, keywords))),
               "SELECT " USER " FROM user_account LEFT JOIN user_keyword ON user_keyword.user_id = user_account.id "
               "LEFT JOIN keyword ON keyword.id = user_keyword.keyword_id",
               NULL);
    expect_sql(SELECT(.from = shop_table(&Address_model), .joins = STEPS(weft_join(Address, user), weft_join(User, keywords))),
               "SELECT address.id, address.email, address.user_id FROM address JOIN user_account ON user_account.id = "
               "address.user_id "
               "JOIN user_keyword ON user_keyword.user_id = user_account.id JOIN keyword ON keyword.id = user_keyword.keyword_id",
               NULL);
    expect_sql(SELECT(.from = category, .joins = STEPS(weft_join_as(1, Category, parent), weft_join_from(1, 2, Category, parent)),
                      .where = weft_op(weft_col_at(2, Category, name), "=", weft_val("root"))),
               "SELECT category.id, category.name, category.parent_id FROM category JOIN category AS category_1 "
               "ON category_1.id = category.parent_id JOIN category AS category_2 ON category_2.id = category_1.parent_id "
               "WHERE category_2.name = ?1",
               NULL);
    expect_error(SELECT(.from = category, .joins = STEPS(weft_join(Category, parent))), WEFT_ERROR_MISUSE,
                 "weft_join_as(number, Category, parent)");
    expect_error(SELECT(.from = user, .joins = STEPS(weft_join(Address, user))), WEFT_ERROR_MISUSE,
                 "Address.user stands in the query");
    expect_error(SELECT(.from = user, .joins = STEPS({.model = &User_model, .offset = offsetof(User, name)})), WEFT_ERROR_MISUSE,
                 "User.name is not a relationship");
}

static void rows_of_columns_group_and_order(void **state)
{
    (void)state;
    const weft_expr *domain = weft_fn("split", weft_col(Address, email), weft_val("@"));
    const weft_expr *count = weft_count(weft_col(User, id));
    const wefti_statement_data *data =
        SELECT(.from = shop_table(&User_model), .joins = STEPS(weft_join(User, addresses)),
               .columns = WEFT_NODES(domain, weft_label(count, "users"), weft_count_all(), weft_max(weft_col(User, age)),
                                     weft_sum(weft_col(User, age)), weft_count(weft_distinct(weft_col(User, name)))),
               .where = weft_or(weft_is_null(User, fullname), weft_op(weft_col(User, age), ">=", weft_val(21))),
               .group_by = WEFT_NODES(domain), .having = weft_op(count, ">", weft_val(3)),
               .order_by = WEFT_NODES(weft_desc_of(weft_label(count, "users")), weft_asc_of(domain)));
    expect_sql(data,
               "SELECT split(address.email, ?1), count(user_account.id) AS users, count(*), max(user_account.age), "
               "sum(user_account.age), count(DISTINCT user_account.name) FROM user_account "
               "JOIN address ON address.user_id = user_account.id WHERE user_account.fullname IS NULL OR user_account.age "
               ">= ?2 "
               "GROUP BY 1 HAVING count(user_account.id) > ?3 ORDER BY users DESC NULLS FIRST, 1 NULLS LAST",
               "SELECT split(address.email, $1), count(user_account.id) AS users, count(*), max(user_account.age), "
               "sum(user_account.age), count(DISTINCT user_account.name) FROM user_account "
               "JOIN address ON address.user_id = user_account.id WHERE user_account.fullname IS NULL OR user_account.age "
               ">= $2 GROUP BY 1 HAVING count(user_account.id) > $3 ORDER BY users DESC, 1");
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, data);
    const uint16_t types[] = {WEFT_UNMAPPED, WEFT_INT64, WEFT_INT64, WEFT_INT32, WEFT_UNMAPPED, WEFT_INT64};
    assert_int_equal(pair.compiled->statement.column_count, 6);
    assert_memory_equal(pair.compiled->statement.column_types, types, sizeof types);
    const uint16_t parameters[] = {WEFT_TEXT, WEFT_INT32, WEFT_INT64};
    assert_memory_equal(pair.compiled->statement.parameter_types, parameters, sizeof parameters);
    assert_int_equal(pair.compiled->entity_count, 0);
    free_pair(&pair);
    const weft_expr *word = weft_label(weft_lower(weft_col(Keyword, word)), "word");
    expect_sql(SELECT(.from = shop_table(&Keyword_model), .columns = WEFT_NODES(word, weft_count_all()),
                      .group_by = WEFT_NODES(word), .order_by = WEFT_NODES(weft_asc_of(word))),
               "SELECT lower(keyword.word) AS word, count(*) FROM keyword GROUP BY 1 ORDER BY word NULLS LAST",
               "SELECT lower(keyword.word) AS word, count(*) FROM keyword GROUP BY 1 ORDER BY word");
    expect_sql(SELECT(.from = shop_table(&Keyword_model), .order_by = WEFT_NODES(weft_nulls_last(weft_desc(Keyword, word)))),
               "SELECT keyword.id, keyword.word FROM keyword ORDER BY keyword.word DESC NULLS LAST", NULL);
}

static void joined_loads_add_columns_and_order(void **state)
{
    (void)state;
    const wefti_joined_load loads[] = {{.relation = RELATION(User, addresses), .parent = 0},
                                       {.relation = RELATION(User, keywords), .parent = 0}};
    const wefti_statement_data *data =
        SELECT(.from = shop_table(&User_model), .beside = &(const wefti_beside){loads, 2}, .where = weft_eq(User, name, "x"));
    expect_sql(data,
               "SELECT " USER ", address.id, address.email, address.user_id, keyword.id, keyword.word FROM user_account "
               "LEFT JOIN address ON address.user_id = user_account.id LEFT JOIN user_keyword ON user_keyword.user_id = "
               "user_account.id "
               "LEFT JOIN keyword ON keyword.id = user_keyword.keyword_id WHERE user_account.name = ?1 "
               "ORDER BY user_account.id, address.id",
               NULL);
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_sqlite, data);
    assert_int_equal(pair.compiled->entity_count, 3);
    assert_ptr_equal(pair.compiled->entities[0].table, shop_table(&User_model));
    assert_int_equal(pair.compiled->entities[1].first, 6);
    assert_int_equal(pair.compiled->entities[2].first, 9);
    assert_int_equal(pair.compiled->statement.column_count, 11);
    free_pair(&pair);
    const wefti_joined_load nested[] = {{.relation = RELATION(Address, user), .parent = 0},
                                        {.relation = RELATION(User, profile), .parent = 1},
                                        {.relation = RELATION(User, addresses), .parent = 1}};
    expect_sql(SELECT(.from = shop_table(&Address_model), .beside = &(const wefti_beside){nested, 2}, .limit = 3,
                      .joins = STEPS(weft_join(Address, user)), .where = weft_eq(User, name, "x")),
               "SELECT address.id, address.email, address.user_id, user_account_1.id, user_account_1.name, "
               "user_account_1.fullname, "
               "user_account_1.age, user_account_1.active, user_account_1.version, profile.user_id, profile.text FROM address "
               "JOIN user_account ON user_account.id = address.user_id "
               "LEFT JOIN user_account AS user_account_1 ON user_account_1.id = address.user_id "
               "LEFT JOIN profile ON profile.user_id = user_account_1.id WHERE user_account.name = ?1 LIMIT ?2",
               NULL);
}

static void limits_apply_to_entities_and_not_to_joined_rows(void **state)
{
    (void)state;
    const wefti_joined_load load = {.relation = RELATION(User, addresses), .parent = 0};
    expect_sql(
        SELECT(.from = shop_table(&User_model), .beside = &(const wefti_beside){&load, 1}, .limit = 2, .offset = 1,
               .where = weft_eq(User, name, "x"),
               .order_by = WEFT_NODES(weft_desc(User, name), weft_asc_of(weft_op(weft_col(User, age), "+", weft_val(1))))),
        "SELECT " USER ", address.id, address.email, address.user_id FROM (SELECT " USER
        ", weft_integer_add(user_account.age, ?1, 32) AS "
        "weft_order_2 "
        "FROM user_account WHERE user_account.name = ?2 ORDER BY user_account.name DESC, weft_order_2 NULLS LAST LIMIT ?3 OFFSET "
        "?4) AS user_account "
        "LEFT JOIN address ON address.user_id = user_account.id ORDER BY user_account.name DESC, "
        "user_account.weft_order_2 NULLS LAST, address.id",
        "SELECT " USER ", address.id, address.email, address.user_id FROM (SELECT " USER ", user_account.age + $1 AS "
        "weft_order_2 "
        "FROM user_account WHERE user_account.name = $2 ORDER BY user_account.name DESC, weft_order_2 LIMIT $3 OFFSET $4) "
        "AS user_account "
        "LEFT JOIN address ON address.user_id = user_account.id ORDER BY user_account.name DESC, "
        "user_account.weft_order_2, address.id");
    expect_sql(
        SELECT(.from = shop_table(&Address_model), .distinct = true, .joins = STEPS(weft_outer_join(Address, user)),
               .order_by = WEFT_NODES(weft_asc(User, name), weft_asc(Address, id))),
        "SELECT address.id, address.email, address.user_id FROM (SELECT DISTINCT address.id, address.email, address.user_id, "
        "user_account.name AS weft_order_1 FROM address LEFT JOIN user_account ON user_account.id = address.user_id "
        "ORDER BY weft_order_1 NULLS LAST, address.id) AS address ORDER BY address.weft_order_1 NULLS LAST, address.id",
        "SELECT address.id, address.email, address.user_id FROM (SELECT DISTINCT address.id, address.email, address.user_id, "
        "user_account.name AS weft_order_1 FROM address LEFT JOIN user_account ON user_account.id = address.user_id "
        "ORDER BY weft_order_1, address.id) AS address ORDER BY address.weft_order_1, address.id");
    wefti_array keys = {.type = WEFT_INT64, .count = 1, .base = &(int64_t){1}, .stride = 8};
    wefti_among owners = {.relation = RELATION(Keyword, users), .keys = &keys};
    const wefti_statement_data *data =
        SELECT(.from = shop_table(&User_model), .among = &owners, .beside = &(const wefti_beside){&load, 1}, .limit = 2);
    expect_sql(data,
               "SELECT " USER ", address.id, address.email, address.user_id, user_account.weft_owner_1 FROM (SELECT " USER
               ", user_keyword.keyword_id AS weft_owner_1 FROM user_account JOIN user_keyword ON user_keyword.user_id = "
               "user_account.id "
               "WHERE user_keyword.keyword_id IN (SELECT value FROM json_each(?1)) LIMIT ?2) AS user_account "
               "LEFT JOIN address ON address.user_id = user_account.id ORDER BY user_account.id, address.id",
               "SELECT " USER ", address.id, address.email, address.user_id, user_account.weft_owner_1 FROM (SELECT " USER
               ", user_keyword.keyword_id AS weft_owner_1 FROM user_account JOIN user_keyword ON user_keyword.user_id = "
               "user_account.id "
               "WHERE user_keyword.keyword_id = ANY($1) LIMIT $2) AS user_account "
               "LEFT JOIN address ON address.user_id = user_account.id ORDER BY user_account.id, address.id");
}

static void owners_restrict_collections_by_their_keys(void **state)
{
    (void)state;
    int64_t ids[] = {1, 2};
    const char *codes[] = {"a", "b"};
    wefti_array keys[] = {{.type = WEFT_INT64, .count = 2, .base = ids, .stride = 8},
                          {.type = WEFT_TEXT, .count = 2, .base = codes, .stride = sizeof codes[0]}};
    wefti_among addresses = {.relation = RELATION(User, addresses), .keys = keys};
    wefti_among keywords = {.relation = RELATION(User, keywords), .keys = keys};
    wefti_among user = {.relation = RELATION(Address, user), .keys = keys};
    wefti_among entries = {.relation = RELATION(Member, entries), .keys = keys};
    const wefti_statement_data *has_many = SELECT(.from = shop_table(&Address_model), .among = &addresses);
    expect_sql(has_many,
               "SELECT address.id, address.email, address.user_id FROM address WHERE address.user_id IN (SELECT value "
               "FROM json_each(?1)) "
               "ORDER BY address.id",
               "SELECT address.id, address.email, address.user_id FROM address WHERE address.user_id = ANY($1) ORDER BY "
               "address.id");
    const wefti_statement_data *many =
        SELECT(.from = shop_table(&Keyword_model), .among = &keywords, .where = weft_ne(Keyword, word, "x"));
    expect_sql(many,
               "SELECT keyword.id, keyword.word, user_keyword.user_id FROM keyword JOIN user_keyword ON "
               "user_keyword.keyword_id = keyword.id "
               "WHERE user_keyword.user_id IN (SELECT value FROM json_each(?1)) AND keyword.word <> ?2",
               "SELECT keyword.id, keyword.word, user_keyword.user_id FROM keyword JOIN user_keyword ON user_keyword.keyword_id "
               "= keyword.id "
               "WHERE user_keyword.user_id = ANY($1) AND keyword.word <> $2");
    expect_sql(SELECT(.from = shop_table(&User_model), .among = &user),
               "SELECT " USER " FROM user_account WHERE user_account.id IN "
               "(SELECT value FROM json_each(?1))",
               "SELECT " USER " FROM user_account WHERE user_account.id = ANY($1)");
    expect_sql(SELECT(.from = shop_table(&Entry_model), .among = &entries),
               "SELECT entry.id, entry.member_group, entry.member_code FROM entry WHERE (entry.member_group, entry.member_code) IN "
               "(SELECT k.value, json_extract(?2, '$[' || k.key || ']') FROM json_each(?1) AS k)",
               "SELECT entry.id, entry.member_group, entry.member_code FROM entry WHERE (entry.member_group, entry.member_code) IN "
               "(SELECT * FROM unnest($1::bigint[], $2::text[]))");
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_postgres, has_many);
    assert_int_equal(pair.compiled->owner_count, 1);
    assert_int_equal(pair.compiled->owner_columns[0], 2);
    assert_int_equal(pair.compiled->statement.parameter_types[0], WEFT_INT64 | WEFTI_ARRAY);
    assert_ptr_equal(pair.shape.values[0].as.s.data, keys);
    free_pair(&pair);
    compile_pair(&pair, &wefti_dialect_postgres, many);
    assert_int_equal(pair.compiled->owner_columns[0], 2);
    assert_int_equal(pair.compiled->statement.column_count, 3);
    free_pair(&pair);
}

static void owners_may_be_the_query_that_gave_them(void **state)
{
    (void)state;
    wefti_select users = {.from = shop_table(&User_model), .where = weft_eq(User, name, "x")};
    wefti_select page = users, distinct = users;
    page.limit = 3;
    page.order_by = WEFT_NODES(weft_asc(User, name));
    distinct.distinct = true;
    wefti_among all = {.relation = RELATION(User, addresses), .owners = &users};
    wefti_among some = {.relation = RELATION(User, keywords), .owners = &page};
    wefti_among once = {.relation = RELATION(User, addresses), .owners = &distinct};
    expect_sql(SELECT(.from = shop_table(&Address_model), .among = &all, .where = weft_ne(Address, email, "y")),
               "SELECT address.id, address.email, address.user_id FROM address WHERE address.user_id IN (SELECT user_account.id "
               "FROM user_account "
               "WHERE user_account.name = ?1) AND address.email <> ?2 ORDER BY address.id",
               NULL);
    expect_sql(SELECT(.from = shop_table(&Keyword_model), .among = &some),
               "SELECT keyword.id, keyword.word, user_keyword.user_id FROM keyword JOIN user_keyword ON user_keyword.keyword_id "
               "= keyword.id "
               "WHERE user_keyword.user_id IN (SELECT user_account.id FROM user_account WHERE user_account.name = ?1 "
               "ORDER BY user_account.name LIMIT ?2)",
               NULL);
    expect_sql(SELECT(.from = shop_table(&Address_model), .among = &once),
               "SELECT address.id, address.email, address.user_id FROM address WHERE address.user_id IN (SELECT owners.id FROM "
               "(SELECT DISTINCT " USER " FROM user_account WHERE user_account.name = ?1) AS owners) ORDER BY address.id",
               NULL);
    wefti_select addresses = {.from = shop_table(&Address_model), .among = &all};
    wefti_among deep = {.relation = RELATION(Address, user), .owners = &addresses};
    expect_sql(SELECT(.from = shop_table(&User_model), .among = &deep),
               "SELECT " USER " FROM user_account WHERE user_account.id IN (SELECT address.user_id FROM address WHERE "
               "address.user_id IN "
               "(SELECT user_account.id FROM user_account WHERE user_account.name = ?1))",
               NULL);
}

static void keys_select_by_primary_key(void **state)
{
    (void)state;
    int64_t id = 7;
    const Member member = {.group_id = 3, .code = "x"};
    wefti_array one = {.type = WEFT_INT64, .count = 1, .base = &id, .stride = 8};
    wefti_array both[] = {{.type = WEFT_INT64, .count = 1, .base = &member, .offset = offsetof(Member, group_id)},
                          {.type = WEFT_TEXT, .count = 1, .base = &member, .offset = offsetof(Member, code)}};
    expect_sql(SELECT(.from = shop_table(&Keyword_model), .among = &(const wefti_among){.keys = &one, .one = true}),
               "SELECT keyword.id, keyword.word FROM keyword WHERE keyword.id = ?1", NULL);
    expect_sql(SELECT(.from = shop_table(&Keyword_model), .among = &(const wefti_among){.keys = &one}),
               "SELECT keyword.id, keyword.word FROM keyword WHERE keyword.id IN (SELECT value FROM json_each(?1))",
               "SELECT keyword.id, keyword.word FROM keyword WHERE keyword.id = ANY($1)");
    expect_sql(SELECT(.from = shop_table(&Member_model), .among = &(const wefti_among){.keys = both, .one = true},
                      .where = weft_ne(Member, name, "x")),
               "SELECT member.group_id, member.code, member.name FROM member WHERE member.group_id = ?1 AND member.code = ?2 AND "
               "member.name <> ?3",
               NULL);
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_sqlite,
                 SELECT(.from = shop_table(&Category_model), .among = &(const wefti_among){.keys = &one, .one = true}));
    assert_int_equal(pair.compiled->statement.parameter_types[0], WEFT_INT32);
    assert_int_equal(wefti_shape_bind(&pair.shape, pair.compiled, NULL), WEFT_OK);
    assert_int_equal(pair.shape.values[0].type, WEFT_INT32);
    assert_int_equal(pair.shape.values[0].as.i, 7);
    free_pair(&pair);
}

static void counts_and_existence_ignore_order(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    expect_sql(SELECT(.from = user, .count = true, .where = weft_eq(User, name, "x"), .limit = 5,
                      .order_by = WEFT_NODES(weft_asc(User, name))),
               "SELECT count(*) FROM user_account WHERE user_account.name = ?1", NULL);
    expect_sql(SELECT(.from = user, .count = true, .distinct = true, .joins = STEPS(weft_join(User, addresses))),
               "SELECT count(*) FROM (SELECT DISTINCT " USER " FROM user_account JOIN address ON address.user_id = "
               "user_account.id) AS counted",
               NULL);
    expect_sql(SELECT(.from = user, .exists = true, .where = weft_eq(User, name, "x")),
               "SELECT 1 FROM user_account WHERE user_account.name = ?1 LIMIT 1", NULL);
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_sqlite, SELECT(.from = user, .count = true, .distinct = true));
    assert_int_equal(pair.compiled->statement.column_count, 1);
    assert_int_equal(pair.compiled->statement.column_types[0], WEFT_INT64);
    assert_int_equal(pair.compiled->entity_count, 0);
    free_pair(&pair);
}

static void locks_are_rendered_where_rows_can_be_locked(void **state)
{
    (void)state;
    const wefti_table *keyword = shop_table(&Keyword_model);
    const wefti_joined_load load = {.relation = RELATION(Keyword, users), .parent = 0};
    expect_sql(SELECT(.from = keyword, .lock = WEFT_FOR_UPDATE), "SELECT keyword.id, keyword.word FROM keyword",
               "SELECT keyword.id, keyword.word FROM keyword FOR UPDATE");
    expect_sql(SELECT(.from = keyword, .lock = WEFT_FOR_UPDATE, .skip_locked = true, .limit = 1),
               "SELECT keyword.id, keyword.word FROM keyword LIMIT ?1",
               "SELECT keyword.id, keyword.word FROM keyword LIMIT $1 FOR UPDATE SKIP LOCKED");
    expect_sql(SELECT(.from = keyword, .lock = WEFT_FOR_UPDATE, .skip_locked = true,
                      .joins = STEPS(weft_outer_join(Keyword, users))),
               "SELECT keyword.id, keyword.word FROM keyword LEFT JOIN user_keyword ON user_keyword.keyword_id = keyword.id "
               "LEFT JOIN user_account ON user_account.id = user_keyword.user_id",
               "SELECT keyword.id, keyword.word FROM keyword LEFT JOIN user_keyword ON user_keyword.keyword_id = keyword.id "
               "LEFT JOIN user_account ON user_account.id = user_keyword.user_id FOR UPDATE OF keyword SKIP LOCKED");
    expect_sql(SELECT(.from = keyword, .lock = WEFT_FOR_UPDATE, .beside = &(const wefti_beside){&load, 1}, .limit = 1),
               "SELECT keyword.id, keyword.word, " USER " FROM (SELECT keyword.id, keyword.word FROM keyword LIMIT ?1) AS keyword "
               "LEFT JOIN user_keyword ON user_keyword.keyword_id = keyword.id LEFT JOIN user_account ON user_account.id = "
               "user_keyword.user_id",
               "SELECT keyword.id, keyword.word, " USER " FROM (SELECT keyword.id, keyword.word FROM keyword LIMIT $1 FOR "
               "UPDATE) AS keyword "
               "LEFT JOIN user_keyword ON user_keyword.keyword_id = keyword.id LEFT JOIN user_account ON user_account.id = "
               "user_keyword.user_id");
    expect_error(SELECT(.from = keyword, .lock = WEFT_FOR_UPDATE, .distinct = true), WEFT_ERROR_MISUSE, "cannot be locked");
    compiled_pair pair;
    compile_pair(&pair, &wefti_dialect_sqlite, SELECT(.from = keyword, .lock = WEFT_FOR_UPDATE));
    assert_true(pair.compiled->statement.writes);
    assert_true(pair.compiled->statement.returns_rows);
    free_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selects_the_columns_of_the_entity),
        cmocka_unit_test(names_are_quoted_where_they_must_be),
        cmocka_unit_test(limits_and_offsets_are_parameters),
        cmocka_unit_test(joins_follow_relationships),
        cmocka_unit_test(rows_of_columns_group_and_order),
        cmocka_unit_test(joined_loads_add_columns_and_order),
        cmocka_unit_test(limits_apply_to_entities_and_not_to_joined_rows),
        cmocka_unit_test(owners_restrict_collections_by_their_keys),
        cmocka_unit_test(owners_may_be_the_query_that_gave_them),
        cmocka_unit_test(keys_select_by_primary_key),
        cmocka_unit_test(counts_and_existence_ignore_order),
        cmocka_unit_test(locks_are_rendered_where_rows_can_be_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
