/* A whole program without a macro of weft, as a binding in another language would make it: models, queries and changes are plain
 * data
 * and plain functions. */
#include "support/fixture.h"

typedef struct user user;
typedef struct address address;
struct user {
    int64_t id;
    const char *name;
    int32_t age;
    weft_list addresses;
};
struct address {
    int64_t id;
    const char *email;
    int64_t user_id;
    const user *owner;
};
extern const weft_model user_model, address_model;

static const weft_attr user_attrs[] = {
    {.kind = WEFT_ATTR_COLUMN,
     .field = "id",
     .offset = offsetof(user, id),
     .size = sizeof(int64_t),
     .field_type = WEFT_INT64,
     .primary_key = true},
    {.kind = WEFT_ATTR_COLUMN, .field = "name", .offset = offsetof(user, name), .size = sizeof(char *), .field_type = WEFT_TEXT},
    {.kind = WEFT_ATTR_COLUMN, .field = "age", .offset = offsetof(user, age), .size = sizeof(int32_t), .field_type = WEFT_INT32},
    {.kind = WEFT_ATTR_HAS_MANY,
     .field = "addresses",
     .offset = offsetof(user, addresses),
     .size = sizeof(weft_list),
     .target = &address_model,
     .foreign_key = "user_id",
     .back_populates = "owner",
     .order_by = "email",
     .cascade = WEFT_CASCADE_ALL},
};
static const weft_attr address_attrs[] = {
    {.kind = WEFT_ATTR_COLUMN,
     .field = "id",
     .offset = offsetof(address, id),
     .size = sizeof(int64_t),
     .field_type = WEFT_INT64,
     .primary_key = true},
    {.kind = WEFT_ATTR_COLUMN,
     .field = "email",
     .offset = offsetof(address, email),
     .size = sizeof(char *),
     .field_type = WEFT_TEXT,
     .unique = true},
    {.kind = WEFT_ATTR_COLUMN,
     .field = "user_id",
     .offset = offsetof(address, user_id),
     .size = sizeof(int64_t),
     .field_type = WEFT_INT64,
     .references = "app_user.id"},
    {.kind = WEFT_ATTR_BELONGS_TO,
     .field = "owner",
     .offset = offsetof(address, owner),
     .size = sizeof(void *),
     .target = &user_model,
     .foreign_key = "user_id",
     .back_populates = "addresses"},
};
const weft_model user_model = {"user", "app_user", sizeof(user), user_attrs, 4, NULL};
const weft_model address_model = {"address", "address", sizeof(address), address_attrs, 4, NULL};
static const weft_model *const all_models[] = {&user_model, &address_model};
static const weft_metadata models = {.models = all_models, .count = 2};

static int open_sqlite(void **state) { return fixture_open(state, TEST_SQLITE, &models, NULL); }
static int open_postgres(void **state) { return fixture_open(state, TEST_POSTGRES, &models, NULL); }

static void store(weft_session *s, const char *name, int32_t age, const char *const *emails, size_t count)
{
    user values = {.name = name, .age = age};
    user *u = weft_session_new(s, &user_model, &values);
    for (size_t i = 0; i < count; i++) {
        address a = {.email = emails[i]};
        const address *made = weft_session_new(s, &address_model, &a);
        assert_int_equal(weft_session_link(s, &user_model, u, offsetof(user, addresses), made, 1), WEFT_OK);
    }
}

static void objects_are_made_found_changed_and_deleted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    store(s, "ann", 30, (const char *const[]){"b@x", "a@x"}, 2);
    store(s, "bob", 40, (const char *const[]){"c@x"}, 1);
    commit_ok(s);
    weft_session_clear(s);

    weft_builder *b = weft_builder_new();
    const weft_expr *conditions[] = {weft_builder_compare(b, WEFT_EXPR_GE, &user_model, "age", weft_value_int64(30)),
                                     weft_builder_compare(b, WEFT_EXPR_STARTS_WITH, &user_model, "name", weft_value_text("a"))};
    const weft_expr *where = weft_builder_node(b, WEFT_EXPR_AND, NULL, conditions, 2);
    const weft_expr *name = weft_builder_column(b, &user_model, "name", 0);
    const weft_expr *order = weft_builder_node(b, WEFT_EXPR_DESC, NULL, &name, 1);
    const weft_loader *const no_more[] = {&weft_load_end};
    const weft_loader addresses = {.how = WEFT_LOAD_SELECTIN,
                                   .model = &user_model,
                                   .offset = offsetof(user, addresses),
                                   .then = no_more};
    weft_query_options query = {.where = where, .order_by = weft_builder_list(b, &order, 1), .load = &addresses};
    weft_list found = weft_session_query(s, &user_model, &query);
    assert_ok(s);
    assert_int_equal(found.count, 1);
    const user *ann = ((const user *const *)found.items)[0];
    assert_int_equal(ann->addresses.count, 2);
    const address *first = ((const address *const *)ann->addresses.items)[0];
    assert_string_equal(first->email, "a@x");
    assert_ptr_equal(first->owner, ann);

    const user *bob = weft_session_first(s, &user_model, &(weft_query_options){.order_by = weft_builder_list(b, &order, 1)});
    user *edited = weft_session_edit(s, &user_model, ann);
    edited->age = 31;
    assert_int_equal(weft_session_set(s, &user_model, ann, offsetof(user, name), weft_value_text("anna")), WEFT_OK);
    assert_int_equal(weft_session_link(s, &user_model, ann, offsetof(user, addresses), first, -1), WEFT_OK);
    assert_int_equal(weft_session_link(s, &address_model, first, offsetof(address, owner), bob, 0), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT name, age, email FROM app_user u JOIN address ON user_id = u.id ORDER BY email",
                "bob|40|a@x\nanna|31|b@x\nbob|40|c@x");

    const void *again = weft_session_get(s, &user_model, weft_key_int64(ann->id), NULL);
    assert_ptr_equal(again, ann);
    const user *lazy = weft_session_lazy(s, &user_model, bob, offsetof(user, addresses), NULL, 0);
    assert_int_equal(lazy->addresses.count, 2);
    weft_value ids[] = {weft_value_int64(ann->id), weft_value_int64(-1)};
    assert_int_equal(weft_session_count(s, &user_model,
                                        &(weft_query_options){.where = weft_builder_in(b, &user_model, "id", ids, 2)}),
                     1);
    assert_int_equal(weft_session_count(s, &user_model,
                                        &(weft_query_options){.where = weft_builder_in(b, &user_model, "id", NULL, 0)}),
                     0);
    assert_true(weft_session_exists(s, &user_model, NULL));
    assert_int_equal(weft_session_delete(s, &user_model, bob), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), (SELECT count(*) FROM address) FROM app_user", "1|1");
    weft_builder_free(b);
}

static void expressions_of_every_kind_are_built(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 10; i++)
        store(s, weft_format(s, "u%d", i), i * 10, (const char *const[]){weft_format(s, "%d@x", i)}, 1);
    commit_ok(s);
    weft_builder *b = weft_builder_new();
    const weft_expr *age = weft_builder_column(b, &user_model, "age", 0), *name = weft_builder_column(b, &user_model, "name", 0);
    const weft_expr *ten = weft_builder_value(b, weft_value_int64(10)), *fifty = weft_builder_value(b, weft_value_int64(50));
    const weft_expr *between = weft_builder_node(b, WEFT_EXPR_BETWEEN, NULL, (const weft_expr *const[]){age, ten, fifty}, 3);
    const weft_expr *sum = weft_builder_node(b, WEFT_EXPR_OP, "+", (const weft_expr *const[]){age, ten}, 2);
    const weft_expr *large = weft_builder_node(b, WEFT_EXPR_OP, ">=", (const weft_expr *const[]){sum, fifty}, 2);
    const weft_expr *negated = weft_builder_node(b, WEFT_EXPR_NOT, NULL, &large, 1);
    const weft_expr *both = weft_builder_node(b, WEFT_EXPR_AND, NULL, (const weft_expr *const[]){between, negated}, 2);
    assert_int_equal(weft_session_count(s, &user_model, &(weft_query_options){.where = both}), 3);
    assert_ok(s);
    const weft_expr *either = weft_builder_node(b, WEFT_EXPR_OR, NULL, (const weft_expr *const[]){both, &weft_false, large}, 3);
    assert_int_equal(weft_session_count(s, &user_model, &(weft_query_options){.where = either}), 9);
    const weft_expr *upper = weft_builder_node(b, WEFT_EXPR_FN, "upper", &name, 1);
    const weft_expr *is =
        weft_builder_node(b, WEFT_EXPR_OP, "=", (const weft_expr *const[]){upper, weft_builder_value(b, weft_value_text("U7"))}, 2);
    assert_int_equal(weft_session_count(s, &user_model, &(weft_query_options){.where = is}), 1);
    assert_ok(s);
    /* Rows by typed getters. */
    const weft_expr *kind = weft_builder_node(b, WEFT_EXPR_CASE, NULL,
                                              (const weft_expr *const[]){large, weft_builder_value(b, weft_value_text("large")),
                                                                         weft_builder_value(b, weft_value_text("small"))},
                                              3);
    const weft_expr *label = weft_builder_node(b, WEFT_EXPR_LABEL, "kind", &kind, 1);
    const weft_expr *star = &weft_star, *count = weft_builder_node(b, WEFT_EXPR_FN, "count", &star, 1);
    const weft_expr *most = weft_builder_node(b, WEFT_EXPR_FN, "max", &age, 1),
                    *text = weft_builder_node(b, WEFT_EXPR_CAST, NULL, &most, 1);
    (void)text; /* without a type: told when it is used */
    const weft_expr *by_count = weft_builder_node(b, WEFT_EXPR_ASC, NULL, &count, 1);
    weft_connection *c = weft_session_connection(s);
    weft_result *r;
    weft_error error = {0};
    assert_error(weft_connection_select(
                     c,
                     &(weft_rows_options){.from = &user_model,
                                          .columns = weft_builder_list(b, (const weft_expr *const[]){label, count, most}, 3),
                                          .group_by = weft_builder_list(b, &label, 1),
                                          .order_by = weft_builder_list(b, &by_count, 1)},
                     &r, &error),
                 WEFT_OK, &error);
    assert_int_equal(weft_result_columns(r), 3);
    int64_t number = 0;
    assert_true(weft_result_next(r, &error));
    assert_string_equal(weft_result_text(r, 0), "small");
    assert_true(weft_result_int64(r, 1, &number) && number == 4);
    assert_true(weft_result_next(r, &error));
    assert_string_equal(weft_result_text(r, 0), "large");
    assert_true(weft_result_int64(r, 2, &number) && number == 90);
    assert_false(weft_result_next(r, &error));
    weft_result_close(r);
    /* UPDATE and DELETE. */
    const weft_expr *set = weft_builder_compare(b, WEFT_EXPR_SET, &user_model, "name", weft_value_text("x"));
    weft_update update = {.model = &user_model, .set = weft_builder_list(b, &set, 1), .where = both};
    int64_t changed = 0;
    assert_error(weft_execute_update(c, &update, &changed, &error), WEFT_OK, &error);
    assert_int_equal(changed, 3);
    commit_ok(s);
    weft_builder_free(b);
}

static void a_select_is_assembled_by_calls(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    store(s, "ann", 30, (const char *const[]){"a@x"}, 1);
    store(s, "bob", 40, NULL, 0);
    commit_ok(s);
    weft_builder *b = weft_builder_new();
    weft_select *q = weft_select_open(s, &user_model);
    weft_select_join(q, (weft_join_step){.model = &user_model, .offset = offsetof(user, addresses), .outer = true});
    weft_select_where(q, weft_builder_compare(b, WEFT_EXPR_EQ, &address_model, "email", weft_value_null(WEFT_TEXT)));
    weft_builder_free(b); /* the select has copied it */
    assert_int_equal(weft_select_count(q), 1);
    const user *bob = weft_select_run_first(q, &user_model);
    assert_string_equal(bob->name, "bob");
    weft_select_limit(q, 1);
    weft_select_offset(q, 1);
    assert_int_equal(weft_select_run(q, &user_model).count, 0);
    assert_ok(s);
    weft_select_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(objects_are_made_found_changed_and_deleted),
        ON_BOTH(expressions_of_every_kind_are_built),
        ON_BOTH(a_select_is_assembled_by_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
