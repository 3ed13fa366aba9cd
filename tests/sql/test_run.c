/* What is compiled runs: every kind of statement on both databases, and what it gives. */
#include "fixtures/hens.h"
#include "fixtures/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS(where_) \
    SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, id)), .where = (where_), \
           .order_by = WEFT_NODES(weft_asc(User, id)))

static void conditions_hold_on(place *p)
{
    int64_t ids[] = {1, 3};
    const char *names[] = {"sandy", "it's"};
    weft_opt_int32 unset = {0};
    place_fill(p);
    expect_rows(p, IDS(weft_eq(User, name, "sandy")), "1");
    expect_rows(p, IDS(weft_eq(User, age, unset)), "3");
    expect_rows(p, IDS(weft_lt(User, age, unset)), "");
    expect_rows(p, IDS(weft_ge(User, age, 30)), "1;2");
    expect_rows(p, IDS(weft_in(User, id, ids, 2)), "1;3");
    expect_rows(p, IDS(weft_in(User, id, ids, 0)), "");
    expect_rows(p, IDS(weft_not_in(User, age, (int[]){30}, 1)), "2");
    expect_rows(p, IDS(weft_not_in(User, age, (int[]){30}, 0)), "1;2;3");
    expect_rows(p, IDS(weft_in(User, name, names, 2)), "1");
    expect_rows(p, IDS(weft_like(User, name, "s%")), "1");
    expect_rows(p, IDS(weft_not_like(User, name, "S%")), "1;3");
    expect_rows(p, IDS(weft_ilike(User, name, "s%")), "1;2");
    expect_rows(p, IDS(weft_like(User, name, "s_ndy")), "1");
    expect_rows(p, IDS(weft_like(User, fullname, "100\\%\\_\\\\*")), "3");
    expect_rows(p, IDS(weft_starts_with(User, fullname, "100%_")), "3");
    expect_rows(p, IDS(weft_ends_with(User, fullname, "\\*")), "3");
    expect_rows(p, IDS(weft_contains(User, name, "on")), "2");
    expect_rows(p, IDS(weft_op(weft_lower(weft_col(User, name)), "LIKE", weft_val("s%"))), "1;2");
    expect_rows(p, IDS(weft_any(User, addresses, weft_like(Address, email, "%@x"))), "1;2");
    expect_rows(p, IDS(weft_not(weft_any(User, keywords, weft_eq(Keyword, word, "b")))), "1;3");
    expect_rows(p, IDS(weft_any(User, keywords, weft_any(Keyword, users, weft_eq(User, name, "sandy")))), "1;2");
    expect_rows(p, IDS(weft_between(weft_col(User, age), weft_val(20), weft_val(35))), "1");
    expect_rows(p, IDS(weft_between(weft_col(User, age), weft_val(35), weft_val(20))), "");
    expect_rows(p, IDS(weft_between_symmetric(weft_col(User, age), weft_val(20), weft_val(35))), "1");
    expect_rows(p, IDS(weft_between_symmetric(weft_col(User, age), weft_val(35), weft_val(20))), "1");
    expect_rows(p, IDS(weft_not(weft_between_symmetric(weft_col(User, age), weft_val(35), weft_val(20)))), "2");
    expect_rows(p, IDS(weft_between_symmetric(weft_val(3), weft_op(weft_col(User, id), "+", weft_val(1)), weft_val(2))), "2;3");
    expect_rows(p, IDS(weft_between_symmetric(weft_val(30), weft_col(User, age), weft_val(41))), "1");
    expect_rows(p, IDS(weft_op(weft_op(weft_col(User, age), "+", weft_val(1)), "=", weft_val(42))), "2");
    expect_rows(p, IDS(weft_op(weft_op(weft_col(User, age), "*", weft_val(0.5)), ">", weft_val(20.25))), "2");
    expect_rows(p, IDS(weft_op(weft_col(User, age), "IS DISTINCT FROM", weft_val(30))), "2;3");
    expect_rows(p, IDS(weft_op(weft_coalesce(weft_col(User, age), weft_val(7)), "=", weft_val(7))), "3");
    expect_rows(p,
                IDS(weft_op(weft_case(weft_lt(User, age, 35), weft_val("young"), weft_is_null(User, age), weft_val("?"),
                                      weft_val("old")),
                            "=", weft_val("old"))),
                "2");
    expect_rows(p, IDS(weft_op(weft_cast(weft_col(User, age), WEFT_TEXT), "=", weft_val("30"))), "1");
    expect_rows(p, IDS(weft_and(weft_eq(User, active, true), weft_or(weft_eq(User, id, 1), &weft_false))), "1");
    expect_rows(p, IDS(&weft_false), "");
    expect_rows(p, IDS(weft_op(weft_op(weft_col(User, name), "||", weft_val("!")), "=", weft_val("sandy!"))), "1");
}

static void queries_give_their_rows_on(place *p)
{
    place_fill(p);
    const weft_expr *has_x = weft_case(weft_like(Address, email, "%@x"), weft_val("x"), weft_val("other"));
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .joins = STEPS(weft_join(User, addresses)),
                       .columns = WEFT_NODES(has_x, weft_label(weft_count_all(), "n"), weft_max(weft_col(User, age)),
                                             weft_count(weft_distinct(weft_col(User, id)))),
                       .group_by = WEFT_NODES(has_x), .having = weft_op(weft_count_all(), ">", weft_val(0)),
                       .order_by = WEFT_NODES(weft_desc_of(weft_label(weft_count_all(), "n")), weft_asc_of(has_x))),
                "x|2|41|2;other|1|30|1");
    const wefti_joined_load loads[] = {{.relation = RELATION(User, addresses), .parent = 0}};
    const wefti_statement_data *page =
        SELECT(.from = shop_table(&User_model), .beside = &(const wefti_beside){loads, 1}, .limit = 2,
               .order_by = WEFT_NODES(weft_desc_of(weft_coalesce(weft_col(User, age), weft_val(99))), weft_asc(User, id)));
    expect_rows(p, page, "3|patrick|100%_\\*|-|t|0|-|-|-;2|Spongebob|-|41|t|0|3|b@x|2");
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .count = true, .distinct = true,
                       .joins = STEPS(weft_join(User, addresses))),
                "2");
    expect_rows(p, SELECT(.from = shop_table(&User_model), .exists = true, .where = weft_eq(User, id, 1)), "1");
    expect_rows(p, SELECT(.from = shop_table(&User_model), .exists = true, .where = weft_eq(User, id, 9)), "");
    expect_rows(p, SELECT(.from = shop_table(&Keyword_model), .limit = WEFT_NONE), "");
    expect_rows(p, SELECT(.from = shop_table(&Keyword_model), .offset = 1, .order_by = WEFT_NODES(weft_asc(Keyword, id))), "2|b");
    expect_rows(p,
                SELECT(.from = shop_table(&Keyword_model), .lock = WEFT_FOR_UPDATE, .limit = 1,
                       .order_by = WEFT_NODES(weft_asc(Keyword, id))),
                "1|a");
    expect_rows(p,
                SELECT(.from = shop_table(&Keyword_model), .lock = WEFT_FOR_UPDATE,
                       .beside = &(
                           const wefti_beside){(const wefti_joined_load[]){{.relation = RELATION(Keyword, users), .parent = 0}}, 1},
                       .limit = 1, .where = weft_eq(Keyword, id, 2)),
                "2|b|2|Spongebob|-|41|t|0");
    expect_rows(p,
                SELECT(.from = shop_table(&Keyword_model), .lock = WEFT_FOR_UPDATE, .skip_locked = true,
                       .joins = STEPS(weft_outer_join(Keyword, users)), .where = weft_eq(User, id, 1)),
                "1|a");
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .distinct = true, .columns = WEFT_NODES(weft_lower(weft_col(User, name))),
                       .order_by = WEFT_NODES(weft_asc_of(weft_lower(weft_col(User, name)))), .limit = 1,
                       .where = weft_eq(User, id, 2)),
                "spongebob");
    expect_rows(p,
                SELECT(.from = shop_table(&User_model),
                       .columns = WEFT_NODES(weft_is_null(User, age), weft_op(weft_col(User, id), "<", weft_val(2)),
                                             weft_any(User, addresses, &weft_true), weft_val(5), weft_val("x"),
                                             weft_op(weft_col(User, age), "/", weft_val(2))),
                       .where = weft_eq(User, id, 1)),
                "f|t|t|5|x|15");
}

/* Each form that holds a constant, with nothing beside it that has a type. */
static void constants_stand_alone_on(place *p)
{
    const char *nothing = NULL;
    const weft_expr *a = weft_val("a"), *b = weft_val("b"), *null = weft_val(nothing);
    const weft_expr *json = weft_val((weft_json){"{\"k\": 5}"});
    place_fill(p);
#define GIVES(expression_, ...) \
    expect_rows(p, SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(expression_), .where = weft_eq(User, id, 1)), \
                __VA_ARGS__)
    GIVES(a, "a");
    GIVES(null, "-");
    GIVES(json, "{\"k\": 5}");
    GIVES(weft_label(a, "x"), "a");
    GIVES(weft_null(a), "f");
    GIVES(weft_null(null), "t");
    GIVES(weft_not_null(json), "t");
    GIVES(weft_op(a, "=", null), "f");
    GIVES(weft_op(a, "IS NOT", null), "t");
    GIVES(weft_coalesce(null, a), "a");
    GIVES(weft_coalesce(null, json), "{\"k\": 5}");
    GIVES(weft_fn("nullif", a, a), "-");
    GIVES(weft_case(weft_null(a), a, b), "b");
    GIVES(weft_case(weft_null(a), json, json), "{\"k\": 5}");
    GIVES(weft_case(weft_op(a, "<", b), null, null), "-");
    GIVES(weft_case(weft_between(a, a, b), weft_case(weft_op(a, "LIKE", a), a, b), null), "a");
    GIVES(weft_null(weft_case(weft_op(a, "=", b), a)), "t");
    GIVES(weft_op(a, "||", b), "ab");
    GIVES(weft_op(weft_op(a, "||", b), "||", a), "aba");
    GIVES(weft_op(a, "IS DISTINCT FROM", null), "t");
    GIVES(weft_op(json, "->>", weft_val("k")), "5");
    GIVES(weft_op(json, "=", json), "t");
    GIVES(weft_count(a), "1");
    GIVES(weft_count(weft_distinct(json)), "1");
    GIVES(weft_max(a), "a");
    GIVES(weft_upper(a), "A");
    GIVES(weft_fn("replace", a, a, b), "b");
    GIVES(weft_cast(weft_val("5"), WEFT_INT32), "5");
    GIVES(weft_cast(a, WEFT_TEXT), "a");
#undef GIVES
    expect_rows(p, IDS(weft_and(weft_eq(User, id, 1), weft_or(weft_null(null), weft_op(weft_col(User, name), "=", a)))), "1");
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(a, weft_count_all()), .group_by = WEFT_NODES(a),
                       .having = weft_not_null(a), .order_by = WEFT_NODES(weft_asc_of(a))),
                "a|3");
    expect_rows(p, SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(a), .distinct = true), "a");
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, id)), .limit = 1,
                       .order_by = WEFT_NODES(weft_asc_of(b), weft_asc(User, id))),
                "1");
    expect_rows(p,
                MODIFY(.table = shop_table(&User_model), .where = weft_eq(User, id, 1),
                       .set = WEFT_NODES(weft_to_expr(User, fullname, weft_case(weft_null(a), a, b)),
                                         weft_to_expr(User, name, weft_coalesce(null, b)))),
                "1");
    const weft_expr *const documents[] = {weft_case(weft_null(a), json, json), weft_coalesce(json, null)};
    for (size_t i = 0; i < 2; i++)
        expect_rows(p,
                    MODIFY(.table = shop_table(&Everything_model),
                           .set = WEFT_NODES(weft_to_expr(Everything, document, documents[i]))),
                    "0");
}

static void functions_of_any_type_take_constants_on(place *p)
{
    const weft_expr *a = weft_val("a"), *json = weft_val((weft_json){"{\"k\": 5}"});
    if (p->driver == &wefti_sqlite_driver) /* its parameters have the types of their values */
        return;
    place_fill(p);
    const struct {
        const weft_expr *call;
        const char *gives;
    } each[] = {{weft_fn("concat", a, weft_val(5), json), "a5{\"k\": 5}"},
                {weft_fn("concat_ws", a, a, json), "aa{\"k\": 5}"},
                {weft_fn("format", weft_val("%s-%s"), a, json), "a-{\"k\": 5}"},
                {weft_fn("jsonb_build_object", a, a), "{\"a\": \"a\"}"},
                {weft_fn("json_build_array", a, json), "[\"a\", {\"k\": 5}]"},
                {weft_fn("to_jsonb", json), "{\"k\": 5}"},
                {weft_fn("to_json", a), "\"a\""},
                {weft_fn("jsonb_agg", a), "[\"a\"]"},
                {weft_fn("jsonb_object_agg", a, json), "{\"a\": {\"k\": 5}}"},
                {weft_fn("array_to_string", weft_fn("array_agg", a), a), "a"},
                {weft_fn("num_nulls", a, json), "0"},
                {weft_cast(weft_fn("pg_typeof", a), WEFT_TEXT), "text"},
                {weft_fn("quote_literal", a), "'a'"},
                {weft_fn("pg_catalog.concat", a), "a"},
                {weft_fn("concat", weft_case(weft_null(a), a, a)), "a"},
                {weft_fn("concat", weft_coalesce(a, a)), "a"}};
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
        expect_rows(p, SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(each[i].call), .where = weft_eq(User, id, 1)),
                    each[i].gives);
}

static void owners_and_keys_find_rows_on(place *p)
{
    int64_t ids[] = {1, 2};
    const char *codes[] = {"a", "b"};
    wefti_array keys[] = {{.type = WEFT_INT64, .count = 2, .base = ids, .stride = 8},
                          {.type = WEFT_TEXT, .count = 2, .base = codes, .stride = sizeof codes[0]}};
    wefti_among addresses = {.relation = RELATION(User, addresses), .keys = keys};
    wefti_among keywords = {.relation = RELATION(User, keywords), .keys = keys};
    wefti_among entries = {.relation = RELATION(Member, entries), .keys = keys};
    place_fill(p);
    expect_rows(p, SELECT(.from = shop_table(&Address_model), .among = &addresses), "1|sandy@x|1;2|s@y|1;3|b@x|2");
    expect_rows(p,
                SELECT(.from = shop_table(&Keyword_model), .among = &keywords, .order_by = WEFT_NODES(weft_desc(Keyword, id)),
                       .where = weft_eq(Keyword, word, "b")),
                "2|b|2");
    wefti_select users = {.from = shop_table(&User_model),
                          .where = weft_ge(User, age, 30),
                          .limit = 1,
                          .order_by = WEFT_NODES(weft_desc(User, age))};
    wefti_among page = {.relation = RELATION(User, keywords), .owners = &users};
    expect_rows(p, SELECT(.from = shop_table(&Keyword_model), .among = &page, .order_by = WEFT_NODES(weft_asc(Keyword, id))),
                "1|a|2;2|b|2");
    wefti_select distinct = {.from = shop_table(&User_model),
                             .distinct = true,
                             .order_by = WEFT_NODES(weft_asc(User, name)),
                             .limit = 5};
    wefti_among once = {.relation = RELATION(User, addresses), .owners = &distinct};
    expect_rows(p, SELECT(.from = shop_table(&Address_model), .among = &once), "1|sandy@x|1;2|s@y|1;3|b@x|2");
    const wefti_joined_load load = {.relation = RELATION(Keyword, users), .parent = 0};
    expect_rows(p,
                SELECT(.from = shop_table(&Keyword_model), .among = &keywords, .beside = &(const wefti_beside){&load, 1},
                       .limit = 1, .order_by = WEFT_NODES(weft_desc(Keyword, id))),
                "2|b|2|Spongebob|-|41|t|0|2");
    expect_rows(p,
                SELECT(.from = shop_table(&Keyword_model), .among = &(const wefti_among){.keys = keys},
                       .order_by = WEFT_NODES(weft_asc(Keyword, id))),
                "1|a;2|b");
    expect_rows(p, SELECT(.from = shop_table(&Keyword_model), .among = &(const wefti_among){.keys = keys, .one = true}), "1|a");
    const uint16_t member[] = {0, 1, 2}, entry[] = {1, 2};
    const wefti_statement_data *members =
        DML(.kind = WEFTI_INSERT, .table = shop_table(&Member_model), .columns = member, .column_count = 3);
    expect_rows_of(p, members, "1", INT(1), TEXT("a"), TEXT("one"));
    expect_rows_of(p, members, "1", INT(1), TEXT("b"), TEXT("two"));
    const wefti_statement_data *rows =
        DML(.kind = WEFTI_INSERT, .table = shop_table(&Entry_model), .columns = entry, .column_count = 2);
    expect_rows_of(p, rows, "1", INT(1), TEXT("a"));
    expect_rows_of(p, rows, "1", INT(1), TEXT("b"));
    expect_rows(p, SELECT(.from = shop_table(&Entry_model), .among = &entries), "1|1|a");
    expect_rows(p, SELECT(.from = shop_table(&Member_model), .among = &(const wefti_among){.keys = keys}), "1|a|one");
    weft_value arrays[2] = {{.type = (weft_type)(WEFT_INT64 | WEFTI_ARRAY)}, {.type = (weft_type)(WEFT_TEXT | WEFTI_ARRAY)}};
    for (size_t i = 0; i < 2; i++) {
        arrays[i].as.s.data = (const char *)(const void *)&keys[i];
        arrays[i].as.s.size = 2;
    }
    const uint16_t both[] = {0, 1};
    expect_rows_at(p, DML(.kind = WEFTI_DELETE_ARRAYS, .table = shop_table(&Member_model), .keys = both, .key_count = 2), arrays, 2,
                   "1", __FILE__, __LINE__);
}

static void rows_change_on(place *p)
{
    const uint16_t columns[] = {1, 2}, name[] = {1}, keys[] = {0}, returning[] = {0, 4};
    place_fill(p);
    const wefti_statement_data *upsert =
        DML(.kind = WEFTI_INSERT, .table = shop_table(&Address_model), .columns = columns, .column_count = 2,
            .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "email",
                                 .set = weft_sets(
                                     weft_to_expr(Address, user_id, weft_op(weft_excluded(Address, user_id), "+", weft_val(1))))));
    expect_rows_of(p, upsert, "1", TEXT("b@x"), INT(2));
    expect_rows(p, SELECT(.from = shop_table(&Address_model), .where = weft_eq(Address, email, "b@x")), "3|b@x|3");
    const wefti_statement_data *skip = DML(.kind = WEFTI_INSERT, .table = shop_table(&Address_model), .columns = columns,
                                           .column_count = 2, .conflict = CONFLICT(.on_conflict = WEFT_CONFLICT_DO_NOTHING));
    expect_rows_of(p, skip, "0", TEXT("b@x"), INT(2));
    const uint16_t without_key[] = {1, 5};
    weft_value version = INT(0);
    version.type = WEFT_INT32;
    if (p->driver == &wefti_postgres_driver)
        place_must(p,
                   p->driver->execute_script(p->dbc, "SELECT setval(pg_get_serial_sequence('user_account', 'id'), 3)",
                                             WEFTI_NO_DEADLINE, &p->error),
                   "setval");
    expect_rows_of(p,
                   DML(.kind = WEFTI_INSERT, .table = shop_table(&User_model), .columns = without_key, .column_count = 2,
                       .returning = returning, .returning_count = 2),
                   "4|t", TEXT("gary"), version);
    expect_rows_of(p,
                   DML(.kind = WEFTI_UPDATE, .table = shop_table(&User_model), .columns = name, .column_count = 1, .keys = keys,
                       .key_count = 1),
                   "1", TEXT("larry"), INT(4));
    expect_rows_of(p,
                   DML(.kind = WEFTI_UPDATE_ROWS, .table = shop_table(&User_model), .columns = name, .column_count = 1,
                       .keys = keys, .key_count = 1, .row_count = 2),
                   "2", TEXT("one"), INT(1), TEXT("two"), INT(2));
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, name)),
                       .order_by = WEFT_NODES(weft_asc(User, id))),
                "one;two;patrick;larry");
    expect_rows(p,
                MODIFY(.table = shop_table(&User_model),
                       .set = WEFT_NODES(weft_to(User, fullname, (const char *)NULL),
                                         weft_to_expr(User, age,
                                                      weft_op(weft_coalesce(weft_col(User, age), weft_val(0)), "+", weft_val(1)))),
                       .where = weft_not(weft_any(User, addresses, weft_like(Address, email, "s%")))),
                "3");
    expect_rows(p,
                SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, age)),
                       .order_by = WEFT_NODES(weft_asc(User, id))),
                "30;42;1;1");
    expect_rows(p,
                MODIFY(.kind = WEFTI_MODIFY_DELETE, .table = shop_table(&Address_model),
                       .where = weft_has(Address, user, weft_eq(User, id, 3))),
                "1");
    expect_rows_of(p, DML(.kind = WEFTI_DELETE, .table = shop_table(&User_model), .keys = keys, .key_count = 1), "1", INT(4));
}

static void arrays_insert_and_update_on(place *p)
{
    if (!wefti_dialect_capabilities(p->dialect)->array_parameters_typed)
        return;
    const char *names[] = {"x", "y", "z"};
    int32_t numbers[] = {1, 2, 3};
    int64_t ids[] = {1, 2, 3};
    wefti_array columns[] = {{.type = WEFT_TEXT, .count = 3, .base = names, .stride = sizeof names[0]},
                             {.type = WEFT_INT32, .count = 3, .base = numbers, .stride = 4},
                             {.type = WEFT_INT64, .count = 3, .base = ids, .stride = 8}};
    weft_value values[3];
    for (size_t i = 0; i < 3; i++) {
        values[i] = (weft_value){.type = (weft_type)(columns[i].type | WEFTI_ARRAY)};
        values[i].as.s.data = (const char *)(const void *)&columns[i];
        values[i].as.s.size = 3;
    }
    const uint16_t given[] = {1, 5}, keys[] = {0}, returning[] = {0};
    expect_rows_at(p,
                   DML(.kind = WEFTI_INSERT_ARRAYS, .table = shop_table(&User_model), .columns = given, .column_count = 2,
                       .returning = returning, .returning_count = 1),
                   values, 2, "1;2;3", __FILE__, __LINE__);
    names[0] = "changed";
    expect_rows_at(p,
                   DML(.kind = WEFTI_UPDATE_ARRAYS, .table = shop_table(&User_model), .columns = given, .column_count = 2,
                       .keys = keys, .key_count = 1),
                   values, 3, "3", __FILE__, __LINE__);
    expect_rows(p, SELECT(.from = shop_table(&User_model), .columns = WEFT_NODES(weft_col(User, name), weft_col(User, version))),
                "changed|1;y|2;z|3");
}

static void every_type_goes_through_conditions_on(place *p)
{
    const wefti_table *table = shop_table(&Everything_model);
    uint16_t all[17];
    for (uint16_t i = 0; i < 17; i++)
        all[i] = i;
    assert_int_equal(table->column_count, 17);
    weft_uuid id = {{1, 2, 3}}, ids[] = {{{9}}, id};
    weft_value values[17] = {weft_value_uuid(id),
                             INT(-3),
                             INT(70000),
                             INT(INT64_C(1) << 40),
                             INT(4000000000),
                             weft_value_double(0.5),
                             weft_value_double(1e100),
                             weft_value_bool(true),
                             TEXT("a'b"),
                             TEXT("c"),
                             weft_value_bytes((weft_bytes){"\0\1", 2}),
                             weft_value_timestamp((weft_timestamp){1000001}),
                             weft_value_date((weft_date){20000}),
                             weft_value_time((weft_time){5000000}),
                             weft_value_decimal((weft_decimal){"10.50"}),
                             weft_value_json((weft_json){"{\"a\": 1}"}),
                             TEXT("it's blue")};
    const uint16_t types[] = {WEFT_UUID, WEFT_INT16, WEFT_INT32, WEFT_INT64, WEFT_UINT32, WEFT_FLOAT};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        values[i].type = (weft_type)types[i];
    expect_rows_at(p, DML(.kind = WEFTI_INSERT, .table = table, .columns = all, .column_count = 17), values, 17, "1", __FILE__,
                   __LINE__);
#define FOUND(where_) expect_rows(p, SELECT(.from = table, .count = true, .where = (where_)), "1")
    FOUND(weft_and(weft_eq(Everything, id, id), weft_eq(Everything, small, -3), weft_eq(Everything, medium, 70000),
                   weft_eq(Everything, large, INT64_C(1) << 40), weft_eq(Everything, unsigned_number, 4000000000u)));
    FOUND(weft_and(weft_eq(Everything, real, 0.5f), weft_gt(Everything, precise, 1e99), weft_eq(Everything, flag, true),
                   weft_eq(Everything, text, "a'b"), weft_eq(Everything, code, "c")));
    FOUND(weft_eq(Everything, data, ((weft_bytes){"\0\1", 2})));
    FOUND(weft_eq(Everything, at, ((weft_timestamp){1000001})));
    FOUND(weft_and(weft_lt(Everything, day, ((weft_date){20001})), weft_ge(Everything, hour, ((weft_time){4999999}))));
    FOUND(weft_and(weft_gt(Everything, price, (weft_decimal){"9.5"}), weft_eq(Everything, price, (weft_decimal){"10.5"}),
                   weft_lt(Everything, price, 11)));
    FOUND(weft_eq(Everything, colour, BLUE));
    FOUND(weft_in(Everything, colour, ((int[]){RED, BLUE}), 2));
    FOUND(weft_in(Everything, id, ids, 2));
    FOUND(weft_in(Everything, small, ((short[]){1, -3}), 2));
    FOUND(weft_in(Everything, precise, ((double[]){1e100}), 1));
    FOUND(weft_in(Everything, day, ((weft_date[]){{20000}}), 1));
    FOUND(weft_in(Everything, at, ((weft_timestamp[]){{5}, {1000001}}), 2));
    expect_rows(p,
                SELECT(.from = table,
                       .columns = WEFT_NODES(weft_max(weft_col(Everything, price)), weft_min(weft_col(Everything, medium)),
                                             weft_max(weft_col(Everything, colour)))),
                "10.50|70000|it's blue");
}

/* As numbers, whether the database keeps them as numbers or as texts. */
static void decimals_compare_as_numbers_on(place *p)
{
    const wefti_table *table = shop_table(&Everything_model);
    const weft_expr *price = weft_col(Everything, price);
    const char *const prices[] = {"9.5", "10.50", "100", "-3"};
    for (int i = 0; i < 4; i++) {
        char sql[512];
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO everything (id, small, medium, large, unsigned_number, real, precise, flag, text, code, "
                       "day, hour, price, colour) VALUES ('00000000-0000-0000-0000-00000000000%d', %d, 0, 0, 0, 0, 0, true, '', "
                       "'', "
                       "'2020-01-01', '10:00:00.000000', '%s', 'red')",
                       i, i, prices[i]);
        place_must(p, p->driver->execute_script(p->dbc, sql, WEFTI_NO_DEADLINE, &p->error), sql);
    }
#define SMALL(where_, order_) \
    SELECT(.from = table, .columns = WEFT_NODES(weft_col(Everything, small)), .where = (where_), .order_by = WEFT_NODES(order_))
    const weft_expr *by_small = weft_asc(Everything, small), *or_zero = weft_coalesce(price, weft_val(0));
    const weft_decimal low = {"9.75"}, twenty = {"20.5"};
    expect_rows(p, SMALL(weft_gt(Everything, price, low), by_small), "1;2");
    expect_rows(p, SMALL(weft_op(or_zero, ">", weft_val(low)), by_small), "1;2");
    expect_rows(p, SMALL(weft_op(or_zero, "=", weft_val(((weft_decimal){"10.5"}))), by_small), "1");
    expect_rows(p, SMALL(weft_between(or_zero, weft_val(9), weft_val(11)), by_small), "0;1");
    expect_rows(p, SMALL(weft_op(weft_op(price, "*", weft_val(2)), ">", weft_val(twenty)), by_small), "1;2");
    expect_rows(p, SMALL(weft_op(weft_op(price, "*", weft_val(2)), ">", weft_val(20)), by_small), "1;2");
    expect_rows(p, SMALL(weft_op(weft_op(price, "+", weft_val(low)), "<", price), by_small), "");
    expect_rows(p, SMALL(&weft_true, weft_asc(Everything, price)), "3;0;1;2");
    expect_rows(p, SMALL(&weft_true, weft_desc_of(or_zero)), "2;1;0;3");
    expect_rows(p, SMALL(weft_in(Everything, small, ((short[]){0, 1}), 2), weft_desc_of(weft_op(price, "-", weft_val(low)))),
                "1;0");
    expect_rows(p,
                SELECT(.from = table, .columns = WEFT_NODES(weft_count_all()), .group_by = WEFT_NODES(weft_col(Everything, flag)),
                       .having = weft_op(weft_sum(price), ">", weft_val(((weft_decimal){"116.5"})))),
                "4");
    expect_rows(p, SELECT(.from = table, .columns = WEFT_NODES(weft_max(price), weft_min(price))),
                p->dialect == &wefti_dialect_sqlite ? "100|-3" : "100.00|-3.00");
    expect_rows(p,
                SELECT(.from = table, .columns = WEFT_NODES(weft_label(or_zero, "p")), .limit = 1,
                       .order_by = WEFT_NODES(weft_desc_of(weft_label(or_zero, "p")))),
                p->dialect == &wefti_dialect_sqlite ? "100" : "100.00");
}

/* The first row of a statement; the caller finishes the cursor. */
static wefti_cursor *first_row(place *p, const char *sql, const weft_value *values, size_t count)
{
    wefti_cursor *cursor = NULL;
    bool has_row = false;
    const uint16_t integers[] = {WEFT_INT64, WEFT_INT64};
    wefti_statement statement = {.sql = sql,
                                 .sql_size = strlen(sql),
                                 .parameter_count = (uint16_t)count,
                                 .column_count = 1,
                                 .parameter_types = integers,
                                 .column_types = integers,
                                 .returns_rows = true};
    place_must(p, p->driver->execute(p->dbc, &statement, values, count, false, WEFTI_NO_DEADLINE, &cursor, &p->error), sql);
    place_must(p, p->driver->step(cursor, &has_row, &p->error), "step");
    assert_true(has_row);
    return cursor;
}

static void keys_come_from_the_sequence(place *p, const char *sql)
{
    char of_table[200];
    (void)snprintf(of_table, sizeof of_table, "SELECT pg_get_serial_sequence('\"%s\"', '%s')::regclass::oid::bigint",
                   shop_table(&Order_model)->name, shop_table(&Order_model)->generated->name);
    wefti_cursor *cursor = first_row(p, of_table, NULL, 0);
    const weft_value wanted[] = {INT(3), cursor->row[0]};
    p->driver->finish(cursor);
    cursor = first_row(p, sql, wanted, 2);
    for (int64_t i = 1; i <= 3; i++) {
        bool has_row = true;
        if (i > 1)
            place_must(p, p->driver->step(cursor, &has_row, &p->error), "step");
        assert_true(has_row);
        assert_int_equal(cursor->row[0].as.i, i);
    }
    p->driver->finish(cursor);
}

static void schemas_are_created_once_and_dropped_on(place *p)
{
    place_must(p, wefti_ddl_create_all(shop_schema(), p->dialect, NULL, place_emit, p, &p->error), "create again");
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    wefti_statement list = {.sql = wefti_table_list_sql(p->dialect, NULL, shop_schema(), &arena), .returns_rows = true};
    list.sql_size = strlen(list.sql);
    wefti_cursor *cursor = NULL;
    place_must(p, p->driver->execute(p->dbc, &list, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &p->error), "table list");
    bool has_row = true;
    size_t found = 0;
    for (place_must(p, p->driver->step(cursor, &has_row, &p->error), "step"); has_row;
         place_must(p, p->driver->step(cursor, &has_row, &p->error), "step")) {
        char name[128];
        (void)snprintf(name, sizeof name, "%.*s", (int)cursor->row[2].as.s.size, cursor->row[2].as.s.data);
        found += wefti_schema_table_named(shop_schema(), name) != NULL;
    }
    p->driver->finish(cursor);
    wefti_arena_deinit(&arena);
    assert_int_equal(found, shop_schema()->table_count);
    const char *sql = wefti_dialect_reserve_keys_sql(p->dialect);
    assert_int_equal(sql != NULL, wefti_dialect_capabilities(p->dialect)->sequences);
    if (sql != NULL)
        keys_come_from_the_sequence(p, sql);
}

/* ---- cycles ---- */

static void cycles_with_rows_are_created_and_dropped_on(place *p)
{
    wefti_schema *schema;
    place_must(p, wefti_schema_new(&hens, &schema, &p->error), "schema");
    place_must(p, wefti_ddl_create_all(schema, p->dialect, NULL, place_emit, p, &p->error), "create");
    place_must(p, p->driver->begin(p->dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &p->error), "begin");
    place_must(p,
               place_emit(p,
                          "INSERT INTO hen (id) VALUES (1); INSERT INTO egg (id, hen_id) VALUES (5, 1); UPDATE hen SET egg_id = 5",
                          &p->error),
               "rows");
    place_must(p, p->driver->commit(p->dbc, WEFTI_NO_DEADLINE, &p->error), "commit");
    place_must(p, p->driver->begin(p->dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &p->error), "begin");
    place_must(p, wefti_ddl_drop_all(schema, p->dialect, NULL, place_emit, p, &p->error), "drop");
    place_must(p, p->driver->commit(p->dbc, WEFTI_NO_DEADLINE, &p->error), "commit");
    wefti_schema_free(schema);
}

#define ON_BOTH(name) \
    static void name(void **state) \
    { \
        (void)state; \
        for (int b = 0; b < 2; b++) { \
            place p; \
            place_open(&p, b == 0 ? TEST_SQLITE : TEST_POSTGRES); \
            name##_on(&p); \
            place_close(&p); \
        } \
    }

ON_BOTH(conditions_hold)
ON_BOTH(queries_give_their_rows)
ON_BOTH(constants_stand_alone)
ON_BOTH(functions_of_any_type_take_constants)
ON_BOTH(owners_and_keys_find_rows)
ON_BOTH(rows_change)
ON_BOTH(arrays_insert_and_update)
ON_BOTH(every_type_goes_through_conditions)
ON_BOTH(decimals_compare_as_numbers)
ON_BOTH(schemas_are_created_once_and_dropped)
ON_BOTH(cycles_with_rows_are_created_and_dropped)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold),
        cmocka_unit_test(queries_give_their_rows),
        cmocka_unit_test(constants_stand_alone),
        cmocka_unit_test(functions_of_any_type_take_constants),
        cmocka_unit_test(owners_and_keys_find_rows),
        cmocka_unit_test(rows_change),
        cmocka_unit_test(arrays_insert_and_update),
        cmocka_unit_test(every_type_goes_through_conditions),
        cmocka_unit_test(decimals_compare_as_numbers),
        cmocka_unit_test(schemas_are_created_once_and_dropped),
        cmocka_unit_test(cycles_with_rows_are_created_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
