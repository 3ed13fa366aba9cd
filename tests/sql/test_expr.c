/* Conditions and expressions as SQL, on both dialects. */
#include "fixtures/shop.h"

#include <string.h>

static void compares_columns_with_values(void **state)
{
    (void)state;
    expect_where(User, weft_eq(User, name, "sandy"), "user_account.name = ?1", NULL);
    expect_where(User, weft_ne(User, name, "sandy"), "user_account.name <> ?1", NULL);
    expect_where(User, weft_and(weft_lt(User, age, 5), weft_le(User, age, 6), weft_gt(User, id, 1), weft_ge(User, id, 2)),
                 "user_account.age < ?1 AND user_account.age <= ?2 AND user_account.id > ?3 AND user_account.id >= ?4", NULL);
}

static void null_texts_and_unset_optionals_render_is_null(void **state)
{
    (void)state;
    const char *nothing = NULL;
    weft_opt_int32 unset = {0};
    expect_where(User, weft_eq(User, fullname, nothing), "user_account.fullname IS NULL", NULL);
    expect_where(User, weft_ne(User, fullname, nothing), "user_account.fullname IS NOT NULL", NULL);
    expect_where(User, weft_eq(User, age, unset), "user_account.age IS NULL", NULL);
    expect_where(User, weft_lt(User, age, unset), "user_account.age < ?1", NULL);
    expect_where(User, weft_op(weft_col(User, age), "=", weft_val(unset)), "user_account.age IS NULL", NULL);
    expect_where(User, weft_op(weft_col(User, age), "<>", weft_val(unset)), "user_account.age IS NOT NULL", NULL);
    expect_where(User, weft_op(weft_val(unset), "!=", weft_col(User, age)), "user_account.age IS NOT NULL", NULL);
    expect_where(User, weft_is_null(User, age), "user_account.age IS NULL", NULL);
    expect_where(User, weft_not_null(weft_lower(weft_col(User, name))), "lower(user_account.name) IS NOT NULL", NULL);
}

static void a_null_among_nodes_is_misuse_and_never_an_early_end(void **state)
{
    (void)state;
    const weft_expr *absent = NULL;
    expect_error(SELECT(.from = shop_table(&User_model), .where = weft_and(absent, weft_eq(User, name, "tenant"))),
                 WEFT_ERROR_MISUSE, "a NULL stands at position 1 of the list of weft_and");
    expect_error(SELECT(.from = shop_table(&User_model), .order_by = WEFT_NODES(weft_asc(User, name), absent)), WEFT_ERROR_MISUSE,
                 "position 2 of the list of weft_order");
    expect_where(User, weft_and(weft_when(false, weft_eq(User, age, 1)), weft_eq(User, name, "tenant")), "user_account.name = ?1",
                 NULL);
}

static void known_conditions_fold(void **state)
{
    (void)state;
    expect_where(User, &weft_true, "", "");
    expect_where(User, &weft_false, "false", NULL);
    expect_where(User, weft_and(&weft_true, &weft_true), "", "");
    expect_where(User, weft_and(weft_eq(User, id, 1), &weft_false), "false", NULL);
    expect_where(User, weft_or(weft_eq(User, id, 1), &weft_true), "", "");
    expect_where(User, weft_or(&weft_false, weft_eq(User, id, 1)), "user_account.id = ?1", NULL);
    expect_where(User, weft_or(&weft_false, &weft_false), "false", NULL);
    expect_where(User, weft_not(&weft_false), "", "");
    expect_where(User, weft_not(weft_and(&weft_true)), "false", NULL);
    expect_where(User, weft_and(weft_or(&weft_false, weft_and(&weft_true)), weft_eq(User, id, 1)), "user_account.id = ?1", NULL);
    expect_where(User, weft_any(User, addresses, &weft_true),
                 "EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id)", NULL);
    expect_where(User, weft_any(User, addresses, &weft_false), "false", NULL);
    expect_where(User, weft_op(weft_col(User, active), "=", &weft_true), "user_account.active = true", NULL);
}

static void parentheses_follow_precedence(void **state)
{
    (void)state;
    const weft_expr *a = weft_eq(User, id, 1), *b = weft_eq(User, id, 2), *c = weft_eq(User, id, 3);
    expect_where(User, weft_and(a, weft_or(b, c)), "user_account.id = ?1 AND (user_account.id = ?2 OR user_account.id = ?3)", NULL);
    expect_where(User, weft_or(a, weft_and(b, c)), "user_account.id = ?1 OR user_account.id = ?2 AND user_account.id = ?3", NULL);
    expect_where(User, weft_not(weft_or(a, b)), "NOT (user_account.id = ?1 OR user_account.id = ?2)", NULL);
    expect_where(User, weft_and(weft_not(a), b), "NOT (user_account.id = ?1) AND user_account.id = ?2", NULL);
    const weft_expr *age = weft_col(User, age), *two = weft_val(2);
    expect_where(User, weft_not_null(weft_op(weft_op(age, "+", two), "*", two)),
                 "weft_integer_multiply(weft_integer_add(user_account.age, ?1, 32), ?2, 32) IS NOT NULL",
                 "(user_account.age + $1) * $2 IS NOT NULL");
    expect_where(User, weft_not_null(weft_op(age, "+", weft_op(age, "*", two))),
                 "weft_integer_add(user_account.age, weft_integer_multiply(user_account.age, ?1, 32), 32) IS NOT NULL",
                 "user_account.age + user_account.age * $1 IS NOT NULL");
    expect_where(User, weft_not_null(weft_op(age, "-", weft_op(age, "-", two))),
                 "weft_integer_subtract(user_account.age, weft_integer_subtract(user_account.age, ?1, 32), 32) IS NOT NULL",
                 "user_account.age - (user_account.age - $1) IS NOT NULL");
    expect_where(User, weft_not_null(weft_op(weft_op(age, "-", age), "-", two)),
                 "weft_integer_subtract(weft_integer_subtract(user_account.age, user_account.age, 32), ?1, 32) IS NOT NULL",
                 "user_account.age - user_account.age - $1 IS NOT NULL");
    expect_where(User, weft_op(weft_op(age, "<", two), "=", weft_col(User, active)),
                 "(user_account.age < ?1) = user_account.active", NULL);
    expect_where(User, weft_op(weft_op(weft_col(User, name), "||", weft_val("x")), "=", weft_val("yx")),
                 "user_account.name || ?1 = ?2", NULL);
    expect_where(User, weft_null(weft_op(weft_op(age, "+", two), "||", weft_val("x"))),
                 "(weft_integer_add(user_account.age, ?1, 32)) || ?2 IS NULL", "(user_account.age + $1) || $2 IS NULL");
    expect_where(User, weft_null(weft_op(age, "+", two)), "weft_integer_add(user_account.age, ?1, 32) IS NULL",
                 "user_account.age + $1 IS NULL");
    expect_where(User, weft_not(weft_null(age)), "NOT (user_account.age IS NULL)", NULL);
}

static void lists_are_one_parameter_of_any_length(void **state)
{
    (void)state;
    int64_t ids[] = {1, 2, 3};
    const char *names[] = {"a", "b"};
    expect_where(User, weft_in(User, id, ids, 3), "user_account.id IN (SELECT value FROM json_each(?1))",
                 "user_account.id = ANY($1)");
    expect_where(User, weft_in(User, id, ids, 0), "user_account.id IN (SELECT value FROM json_each(?1))",
                 "user_account.id = ANY($1)");
    expect_where(User, weft_not_in(User, name, names, 2), "user_account.name NOT IN (SELECT value FROM json_each(?1))",
                 "user_account.name <> ALL($1)");
}

static void like_knows_case_everywhere(void **state)
{
    (void)state;
    expect_where(User, weft_like(User, name, "s%"), "user_account.name GLOB ?1", "user_account.name LIKE $1");
    expect_where(User, weft_not_like(User, name, "s%"), "user_account.name NOT GLOB ?1", "user_account.name NOT LIKE $1");
    expect_where(User, weft_ilike(User, name, "s%"), "user_account.name LIKE ?1 ESCAPE '\\'", "user_account.name ILIKE $1");
    expect_where(User, weft_starts_with(User, name, "s"), "user_account.name GLOB ?1", "user_account.name LIKE $1");
    expect_where(User, weft_op(weft_lower(weft_col(User, name)), "LIKE", weft_val("s%")), "lower(user_account.name) GLOB ?1",
                 "lower(user_account.name) LIKE $1");
}

static void functions_casts_and_cases_render(void **state)
{
    (void)state;
    expect_where(User, weft_op(weft_coalesce(weft_col(User, age), weft_val(0)), ">", weft_val(3)),
                 "coalesce(user_account.age, ?1) > ?2", NULL);
    expect_where(User, weft_between(weft_col(User, age), weft_val(1), weft_val(2)), "user_account.age BETWEEN ?1 AND ?2", NULL);
    const weft_expr *symmetric = weft_between_symmetric(weft_col(User, age), weft_val(1), weft_val(2));
    expect_where(User, symmetric, "user_account.age BETWEEN ?1 AND ?2 OR user_account.age BETWEEN ?2 AND ?1",
                 "user_account.age BETWEEN SYMMETRIC $1 AND $2");
    expect_where(User, weft_and(symmetric, weft_lt(User, id, 3)),
                 "(user_account.age BETWEEN ?1 AND ?2 OR user_account.age BETWEEN ?2 AND ?1) AND user_account.id < ?3",
                 "user_account.age BETWEEN SYMMETRIC $1 AND $2 AND user_account.id < $3");
    expect_where(User, weft_not(symmetric), "NOT (user_account.age BETWEEN ?1 AND ?2 OR user_account.age BETWEEN ?2 AND ?1)",
                 "NOT (user_account.age BETWEEN SYMMETRIC $1 AND $2)");
    expect_where(User, weft_op(weft_cast(weft_col(User, name), WEFT_INT64), "=", weft_val(5)),
                 "weft_integer(user_account.name, 64) = ?1", "CAST(user_account.name AS bigint) = $1");
    expect_where(User, weft_op(weft_case(weft_lt(User, age, 18), weft_val("young"), weft_val("old")), "=", weft_val("old")),
                 "CASE WHEN user_account.age < ?1 THEN ?2 ELSE ?3 END = ?4", NULL);
    expect_where(User, weft_op(weft_fn("pg_catalog.length", weft_col(User, name)), ">", weft_val(3)),
                 "pg_catalog.length(user_account.name) > ?1", NULL);
}

/* PostgreSQL gives no type to a constant that stands beside nothing with one: texts and JSON, which are sent without, are cast
 * there, and nowhere else, because a cast would keep them from becoming an enum's value or a citext. */
static void constants_that_no_place_types_are_cast(void **state)
{
    (void)state;
    const char *nothing = NULL;
    const weft_expr *a = weft_val("a"), *json = weft_val((weft_json){"{}"}), *name = weft_col(User, name);
    expect_where(User, weft_null(a), "?1 IS NULL", "CAST($1 AS text) IS NULL");
    expect_where(User, weft_op(a, "<>", weft_val(nothing)), "?1 IS NOT NULL", "CAST($1 AS text) IS NOT NULL");
    expect_where(User, weft_null(weft_val(5)), "?1 IS NULL", "$1 IS NULL");
    expect_where(User, weft_null(weft_fn("concat", name, a, weft_val(5))), "concat(user_account.name, ?1, ?2) IS NULL",
                 "concat(user_account.name, CAST($1 AS text), $2) IS NULL");
    expect_where(User, weft_null(weft_fn("pg_catalog.to_jsonb", json)), "pg_catalog.to_jsonb(?1) IS NULL",
                 "pg_catalog.to_jsonb(CAST($1 AS jsonb)) IS NULL");
    expect_where(User, weft_op(weft_fn("num_nulls", weft_distinct(a)), ">", weft_val(0)), "num_nulls(DISTINCT ?1) > ?2",
                 "num_nulls(DISTINCT CAST($1 AS text)) > $2");
    expect_where(User, weft_null(weft_op(json, "->>", a)), "weft_json_text(?1, ?2) IS NULL", "CAST($1 AS jsonb) ->> $2 IS NULL");
    expect_where(Everything, weft_op(weft_col(Everything, document), "@>", json), "everything.document @> weft_to_json(?1)",
                 "everything.document @> $1");
    expect_where(User, weft_op(weft_coalesce(a, weft_val(nothing)), "=", weft_case(weft_null(name), a, weft_val("b"))),
                 "coalesce(?1, ?2) = CASE WHEN user_account.name IS NULL THEN ?3 ELSE ?4 END", NULL);
    expect_where(User, weft_null(weft_coalesce(json, json)), "coalesce(?1, ?2) IS NULL",
                 "coalesce(CAST($1 AS jsonb), CAST($2 AS jsonb)) IS NULL");
    expect_where(User, weft_op(weft_fn("to_char", weft_col(User, id), a), "=", a), "to_char(user_account.id, ?1) = ?2", NULL);
}

static void any_is_exists_over_the_relationship(void **state)
{
    (void)state;
    expect_where(User, weft_any(User, addresses, weft_eq(Address, email, "x")),
                 "EXISTS (SELECT 1 FROM address WHERE address.user_id = user_account.id AND address.email = ?1)", NULL);
    expect_where(User, weft_any(User, keywords, weft_eq(Keyword, word, "x")),
                 "EXISTS (SELECT 1 FROM user_keyword JOIN keyword ON keyword.id = user_keyword.keyword_id "
                 "WHERE user_keyword.user_id = user_account.id AND keyword.word = ?1)",
                 NULL);
    expect_where(Address, weft_has(Address, user, weft_any(User, addresses, weft_eq(Address, email, "x"))),
                 "EXISTS (SELECT 1 FROM user_account WHERE user_account.id = address.user_id AND EXISTS (SELECT 1 FROM address "
                 "AS address_1 "
                 "WHERE address_1.user_id = user_account.id AND address_1.email = ?1))",
                 NULL);
    expect_where(Category, weft_not(weft_any(Category, children, weft_eq(Category, name, "x"))),
                 "NOT EXISTS (SELECT 1 FROM category AS category_1 WHERE category_1.parent_id = category.id AND category_1.name "
                 "= ?1)",
                 NULL);
    expect_where(Member, weft_any(Member, entries, weft_or(weft_gt(Entry, id, 5), weft_lt(Entry, id, 2))),
                 "EXISTS (SELECT 1 FROM entry WHERE entry.member_group = member.group_id AND entry.member_code = member.code "
                 "AND (entry.id > ?1 OR entry.id < ?2))",
                 NULL);
}

static void names_of_operators_and_functions_are_checked(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    const char *const bad[] = {"= 1; DROP TABLE x; --", "", "--", "=/*", "UNION SELECT", "a1", " =", "IS  NOT", "COLLATE", "; "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_error(SELECT(.from = user, .where = weft_op_unsafe(weft_col(User, age), bad[i], weft_val(1))), WEFT_ERROR_MISUSE,
                     "is no operator");
    const char *const functions[] = {"f(", "", "1f", "a b", "f.", "x;"};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        expect_error(SELECT(.from = user, .where = weft_null(weft_fn_unsafe(functions[i], weft_val(1)))), WEFT_ERROR_MISUSE,
                     "is no name of a function");
}

static void lists_of_bytes_are_read_from_digits_where_lists_are_json(void **state)
{
    (void)state;
    const weft_bytes items[] = {{"x", 1}};
    expect_where(Everything, weft_in(Everything, data, items, 1),
                 "everything.data IN (SELECT weft_bytes(value) FROM json_each(?1))", "everything.data = ANY($1)");
    expect_where(Everything, weft_not_in(Everything, data, items, 1),
                 "everything.data NOT IN (SELECT weft_bytes(value) FROM json_each(?1))", "everything.data <> ALL($1)");
}

static void what_stands_in_the_wrong_place_is_misuse(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    const weft_expr zero = {0};
    expect_error(SELECT(.from = user, .where = &zero), WEFT_ERROR_MISUSE, "a node is zero");
    expect_error(SELECT(.from = user, .where = weft_and(&zero)), WEFT_ERROR_MISUSE, "a node is zero");
    expect_error(SELECT(.from = user, .where = weft_asc(User, name)), WEFT_ERROR_MISUSE, "weft_asc");
    expect_error(SELECT(.from = user, .where = weft_null(&weft_star)), WEFT_ERROR_MISUSE, "outside of count(*)");
    expect_error(SELECT(.from = user, .where = &weft_end), WEFT_ERROR_MISUSE, "weft_end");
    expect_error(SELECT(.from = user, .where = &(weft_expr){.op = WEFT_EXPR_AND}), WEFT_ERROR_MISUSE,
                 "the list of weft_and is NULL");
    expect_error(SELECT(.from = user, .where = &(weft_expr){.op = 200}), WEFT_ERROR_MISUSE, "op 200");
    expect_error(SELECT(.from = user, .where = weft_null(weft_excluded(User, name))), WEFT_ERROR_MISUSE, "weft_excluded");
}

static void what_an_aggregate_has_before_its_values_stands_there_alone(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    const weft_expr *id = weft_col(User, id), *distinct = weft_distinct(id), *absent = NULL;
    const weft_expr *order = weft_asc(User, id), *sum = weft_sum(id);
    static const char *const words[] = {"coalesce", "greatest", "least", "nullif", "trim"};
#define IS_MISUSE(said, ...) expect_error(SELECT(.from = user, .columns = WEFT_NODES(__VA_ARGS__)), WEFT_ERROR_MISUSE, said)
    IS_MISUSE("weft_distinct is the first argument of an aggregate", distinct);
    IS_MISUSE("weft_distinct is the first argument of an aggregate", id, weft_label(distinct, "d"));
    IS_MISUSE("weft_distinct is the first argument of an aggregate", weft_op(distinct, "+", id));
    IS_MISUSE("weft_distinct is the first argument of an aggregate", weft_fn("count", id, distinct));
    IS_MISUSE("weft_distinct is the first argument of an aggregate", weft_fn("floor", distinct));
    IS_MISUSE("weft_distinct is the first argument of an aggregate", weft_fn("lower", distinct));
    IS_MISUSE("weft_distinct is the first argument of an aggregate", weft_fn("count", weft_distinct(distinct)));
    IS_MISUSE("weft_distinct is the first argument of an aggregate", weft_fn("count", weft_lower(id), weft_op(distinct, "+", id)));
    IS_MISUSE("outside of count(*)", weft_fn("count", &weft_star, id));
    IS_MISUSE("outside of count(*)", weft_fn("string_agg", &weft_star, id));
    IS_MISUSE("outside of count(*)", weft_fn("trim", &weft_star));
    IS_MISUSE("outside of count(*)", weft_fn("coalesce", &weft_star));
    IS_MISUSE("outside of count(*)", weft_fn("pg_catalog.max", &weft_star));
    IS_MISUSE("weft_ordered takes an aggregate", weft_ordered(weft_fn("string_agg", &weft_end), order));
    IS_MISUSE("NULL stands at position 1", weft_ordered(weft_fn("string_agg", absent, id), order));
    IS_MISUSE("NULL stands at position 1", sum, weft_filter(absent, weft_eq(User, id, 1)));
    IS_MISUSE("weft_over takes an aggregate", sum,
              weft_over(weft_filter(absent, weft_eq(User, id, 1)), .order_by = weft_order(order)));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const weft_expr nothing = {.op = WEFT_EXPR_FN, .name = words[i], .args = WEFT_NODES(&weft_end)};
        const weft_expr no_aggregate = {.op = WEFT_EXPR_FN, .name = words[i], .args = WEFT_NODES(distinct, id)};
        IS_MISUSE(words[i], &nothing);
        IS_MISUSE("is none", &no_aggregate);
    }
    IS_MISUSE("nullif takes two arguments", weft_fn("nullif", id));
    IS_MISUSE("nullif takes two arguments", weft_fn("nullif", id, id, id));
#undef IS_MISUSE
    expect_sql(SELECT(.from = user, .columns = WEFT_NODES(weft_fn("count", weft_distinct(weft_lower(weft_col(User, name)))),
                                                          weft_fn("count", &weft_star))),
               "SELECT count(DISTINCT lower(user_account.name)), count(*) FROM user_account", NULL);
}

static void compiles_with_distinct(const weft_expr *aggregate, const weft_expr *grouped)
{
    static const wefti_dialect *const dialects[] = {&wefti_dialect_sqlite, &wefti_dialect_postgres};
    const weft_expr *const *const set = WEFT_NODES(weft_rollup(grouped));
    for (int i = 0; i < 4; i++) {
        const wefti_select select = {.from = shop_table(&Everything_model),
                                     .columns = WEFT_NODES(grouped, aggregate),
                                     .group_by = i < 2 ? WEFT_NODES(grouped) : set,
                                     .having = weft_not_null(aggregate)};
        const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
        weft_error error = {0};
        wefti_shape shape;
        wefti_compiled *compiled = NULL;
        weft_status status = wefti_shape_init(&shape, shop_schema(), dialects[i % 2], &data, &error);
        if (status == WEFT_OK)
            status = wefti_compile(shop_schema(), dialects[i % 2], &data, &shape, &compiled, &error);
        if (status != WEFT_OK && strstr(error.message, "weft_distinct") != NULL)
            fail_msg("%s", error.message);
        wefti_compiled_free(compiled);
        wefti_shape_deinit(&shape);
    }
}

/* Where an aggregate has a weft_distinct, it is taken, however the database's own words for it are put. */
static void aggregates_of_every_type_take_distinct_values(void **state)
{
    (void)state;
    static const char *const names[] = {"count",     "sum",      "avg",      "min",   "max",
                                        "array_agg", "json_agg", "bool_and", "every", "stddev"};
    const weft_expr *const *all =
        WEFT_NODES(weft_col(Everything, id), weft_col(Everything, small), weft_col(Everything, unsigned_number),
                   weft_col(Everything, real), weft_col(Everything, precise), weft_col(Everything, flag),
                   weft_col(Everything, text), weft_col(Everything, code), weft_col(Everything, data), weft_col(Everything, at),
                   weft_col(Everything, day), weft_col(Everything, hour), weft_col(Everything, price),
                   weft_col(Everything, document), weft_col(Everything, colour));
    for (; *all != &weft_end; all++) {
        const weft_expr *distinct = weft_distinct(*all), *grouped = weft_col(Everything, medium);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            const weft_expr call = {.op = WEFT_EXPR_FN, .name = names[i], .args = WEFT_NODES(distinct)};
            compiles_with_distinct(&call, grouped);
            compiles_with_distinct(weft_filter(&call, weft_not_null(*all)), grouped);
            compiles_with_distinct(weft_op(&call, "=", &call), grouped);
        }
        const weft_expr *joined = weft_string_agg(distinct, weft_val(", "));
        compiles_with_distinct(joined, grouped);
        compiles_with_distinct(weft_ordered(joined, weft_desc_of(*all)), grouped);
        compiles_with_distinct(weft_filter(weft_ordered(joined, weft_desc_of(*all)), weft_not_null(*all)), grouped);
    }
}

/* Whether there is a row, without columns: the two passes of the compiler see the same values. */
static void exists_asks_for_no_columns(void **state)
{
    (void)state;
    const weft_expr *name = weft_asc(Address, email);
    expect_error(SELECT(.from = shop_table(&User_model),
                        .where = weft_exists_in(weft_select(.from = weft_from(Address), .distinct_on = weft_order(weft_val(1))))),
                 WEFT_ERROR_MISUSE, ".distinct_on needs .columns");
    expect_where(User, weft_exists_in(weft_select(.from = weft_from(Address), .order_by = name, .limit = 2, .with_ties = true)),
                 "EXISTS (SELECT 1 FROM address LIMIT ?1)", NULL);
}

static void columns_of_models_that_are_not_in_the_query_are_misuse(void **state)
{
    (void)state;
    const wefti_table *user = shop_table(&User_model);
    expect_error(SELECT(.from = user, .where = weft_eq(Address, email, "x")), WEFT_ERROR_MISUSE,
                 "Address.email stands in the query, but Address is neither what it selects from nor joined");
    expect_error(SELECT(.from = user, .where = weft_null(weft_col_at(3, User, name))), WEFT_ERROR_MISUSE,
                 "no join gives User that number");
    const weft_expr beside = {.op = WEFT_EXPR_COLUMN, .model = &User_model, .offset = 3}, nothing = {.op = WEFT_EXPR_COLUMN};
    expect_error(SELECT(.from = user, .where = weft_null(&beside)), WEFT_ERROR_MISUSE, "is not a column");
    expect_error(SELECT(.from = user, .where = weft_null(&nothing)), WEFT_ERROR_MISUSE, "no model");
    static const weft_attr attrs[] = {{.kind = WEFT_ATTR_COLUMN, .field = "id", .size = 8, .field_type = WEFT_INT64}};
    static const weft_model stranger = {"Stranger", "stranger", 8, attrs, 1, NULL};
    const weft_expr strange = {.op = WEFT_EXPR_COLUMN, .model = &stranger};
    expect_error(SELECT(.from = user, .where = weft_null(&strange)), WEFT_ERROR_MODEL,
                 "Stranger.id: the model is not part of the engine's metadata");
}

static void trees_that_are_too_deep_or_contain_themselves_are_misuse(void **state)
{
    (void)state;
    weft_expr loop = {.op = WEFT_EXPR_NOT};
    const weft_expr *args[] = {&loop, &weft_end};
    loop.args = args;
    expect_error(SELECT(.from = shop_table(&User_model), .where = &loop), WEFT_ERROR_MISUSE, "nested deeper than 64");
    const weft_expr *leaf = weft_eq(User, id, 1);
    weft_expr levels[60];
    const weft_expr *lists[60][3];
    for (size_t i = 0; i < 60; i++) {
        lists[i][0] = lists[i][1] = i > 0 ? &levels[i - 1] : leaf;
        lists[i][2] = &weft_end;
        levels[i] = (weft_expr){.op = WEFT_EXPR_OR, .args = lists[i]};
    }
    expect_error(SELECT(.from = shop_table(&User_model), .where = &levels[59]), WEFT_ERROR_LIMIT, "more than 65536 nodes");
    const weft_expr *endless[4200];
    for (size_t i = 0; i < 4200; i++)
        endless[i] = &weft_true;
    expect_error(SELECT(.from = shop_table(&User_model), .where = &(weft_expr){.op = WEFT_EXPR_AND, .args = endless}),
                 WEFT_ERROR_MISUSE, "does not end with &weft_end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_columns_with_values),
        cmocka_unit_test(null_texts_and_unset_optionals_render_is_null),
        cmocka_unit_test(a_null_among_nodes_is_misuse_and_never_an_early_end),
        cmocka_unit_test(known_conditions_fold),
        cmocka_unit_test(parentheses_follow_precedence),
        cmocka_unit_test(lists_are_one_parameter_of_any_length),
        cmocka_unit_test(like_knows_case_everywhere),
        cmocka_unit_test(functions_casts_and_cases_render),
        cmocka_unit_test(constants_that_no_place_types_are_cast),
        cmocka_unit_test(any_is_exists_over_the_relationship),
        cmocka_unit_test(names_of_operators_and_functions_are_checked),
        cmocka_unit_test(lists_of_bytes_are_read_from_digits_where_lists_are_json),
        cmocka_unit_test(what_stands_in_the_wrong_place_is_misuse),
        cmocka_unit_test(what_an_aggregate_has_before_its_values_stands_there_alone),
        cmocka_unit_test(aggregates_of_every_type_take_distinct_values),
        cmocka_unit_test(exists_asks_for_no_columns),
        cmocka_unit_test(columns_of_models_that_are_not_in_the_query_are_misuse),
        cmocka_unit_test(trees_that_are_too_deep_or_contain_themselves_are_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
