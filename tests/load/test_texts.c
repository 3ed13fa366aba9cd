/* The statements of each strategy for each kind of relationship, word for word. "…" stands for what databases write differently:
 * placeholders, and lists of keys. */
#include "fixtures/store.h"

FIXTURE_ROWS(store, store_rows);

#define USERS "SELECT users.id, users.name FROM users"
#define ADDRESSES "SELECT addresses.id, addresses.user_id, addresses.email FROM addresses"
#define ORDERS "SELECT orders.id, orders.user_id, orders.address_id, orders.description FROM orders"
#define MEMBERS "SELECT members.group_id, members.code, members.name FROM members"
#define NODES "SELECT nodes.id, nodes.parent_id, nodes.name FROM nodes"

static void joined_loads_are_left_joins(void **state)
{
    fixture *f = *state;
    weft_query(f->s, User, .load = weft_load(weft_joined(User, addresses)));
    assert_true(TEST_STATEMENTS(f->recorder,
                                "SELECT users.id, users.name, addresses.id, addresses.user_id, addresses.email FROM users"
                                " LEFT JOIN addresses ON addresses.user_id = users.id ORDER BY users.id, addresses.id"));
    store_session(f, NULL);
    weft_query(f->s, Address, .load = weft_load(weft_joined(Address, user)));
    assert_true(TEST_STATEMENTS(f->recorder,
                                "SELECT addresses.id, addresses.user_id, addresses.email, users.id, users.name FROM addresses"
                                " LEFT JOIN users ON users.id = addresses.user_id"));
    store_session(f, NULL);
    weft_query(f->s, Item, .load = weft_load(weft_joined(Item, keywords)));
    assert_true(TEST_STATEMENTS(f->recorder,
                                "SELECT items.id, items.description, keywords.id, keywords.word FROM items"
                                " LEFT JOIN item_keywords ON item_keywords.item_id = items.id"
                                " LEFT JOIN keywords ON keywords.id = item_keywords.keyword_id ORDER BY items.id, keywords.word"));
    store_session(f, NULL);
    weft_query(f->s, User, .where = weft_gt(User, id, 7), .limit = 2, .load = weft_load(weft_joined(User, profile)));
    assert_true(TEST_STATEMENTS(f->recorder, "SELECT users.id, users.name, profiles.id, profiles.user_id, profiles.motto FROM users"
                                             " LEFT JOIN profiles ON profiles.user_id = users.id WHERE users.id > … LIMIT …"));
    store_session(f, NULL);
    weft_query(f->s, User, .order_by = weft_order(weft_asc(User, name)), .limit = 2, .load = weft_load(weft_joined(User, orders)));
    assert_true(TEST_STATEMENTS(f->recorder,
                                "SELECT users.id, users.name, orders.id, orders.user_id, orders.address_id, orders.description FROM"
                                " (SELECT users.id, users.name FROM users ORDER BY users.name LIMIT …) AS users"
                                " LEFT JOIN orders ON orders.user_id = users.id ORDER BY users.name, orders.id DESC"));
    store_session(f, NULL);
    weft_query(f->s, Node, .load = weft_load(weft_joined(Node, parent)));
    assert_true(TEST_STATEMENTS(
        f->recorder,
        "SELECT nodes.id, nodes.parent_id, nodes.name, …id, …parent_id, …name FROM nodes LEFT JOIN nodes AS … ON ….id ="
        " nodes.parent_id"));
    assert_ok(f->s);
}

static void select_in_loads_go_by_keys(void **state)
{
    fixture *f = *state;
    weft_query(f->s, User, .load = weft_load(weft_selectin(User, addresses), weft_selectin(User, profile)));
    assert_true(TEST_STATEMENTS(f->recorder, USERS, ADDRESSES " WHERE addresses.user_id …(…) ORDER BY addresses.id",
                                "SELECT profiles.id, profiles.user_id, profiles.motto FROM profiles WHERE profiles.user_id …(…)"));
    store_session(f, NULL);
    weft_query(f->s, Address, .load = weft_load(weft_selectin(Address, user)));
    assert_true(TEST_STATEMENTS(f->recorder, ADDRESSES, USERS " WHERE users.id …(…)"));
    store_session(f, NULL);
    weft_query(f->s, Order, .load = weft_load(weft_selectin(Order, items)));
    assert_true(TEST_STATEMENTS(
        f->recorder, ORDERS,
        "SELECT items.id, items.description, order_items.order_id FROM items JOIN order_items ON order_items.item_id = items.id"
        " WHERE order_items.order_id …(…) ORDER BY items.id"));
    store_session(f, NULL);
    weft_query(f->s, Member, .load = weft_load(weft_selectin(Member, entries)));
    assert_true(TEST_STATEMENTS(
        f->recorder, MEMBERS,
        "SELECT entries.id, entries.group_id, entries.code FROM entries WHERE (entries.group_id, entries.code) IN (SELECT …)"
        " ORDER BY entries.id"));
    store_session(f, NULL);
    weft_query(f->s, Node, .where = weft_eq(Node, id, 5),
               .load = weft_load(weft_selectin(Node, children), weft_selectin(Node, parent)));
    assert_true(TEST_STATEMENTS(f->recorder, NODES " WHERE nodes.id = …", NODES " WHERE nodes.parent_id …(…) ORDER BY nodes.id",
                                NODES " WHERE nodes.id …(…)"));
    assert_ok(f->s);
}

static void subquery_loads_repeat_the_query(void **state)
{
    fixture *f = *state;
    weft_query(f->s, User, .where = weft_ne(User, name, "jack"), .order_by = weft_order(weft_asc(User, name)), .limit = 2,
               .load = weft_load(weft_subquery(User, addresses)));
    assert_true(
        TEST_STATEMENTS(f->recorder, USERS " WHERE users.name <> … ORDER BY users.name LIMIT …",
                        ADDRESSES
                        " WHERE addresses.user_id IN (SELECT users.id FROM users WHERE users.name <> … ORDER BY users.name LIMIT …)"
                        " ORDER BY addresses.id"));
    store_session(f, NULL);
    weft_query(f->s, Address, .load = weft_load(weft_subquery(Address, user)));
    assert_true(TEST_STATEMENTS(f->recorder, ADDRESSES, USERS " WHERE users.id IN (SELECT addresses.user_id FROM addresses)"));
    store_session(f, NULL);
    weft_query(f->s, User,
               .load = weft_load(weft_joined(User, profile, weft_subquery(Profile, user)),
                                 weft_subquery(User, orders, weft_subquery(Order, items))));
    assert_true(TEST_STATEMENTS(
        f->recorder, "SELECT users.id, users.name, profiles.… FROM users LEFT JOIN profiles …",
        ORDERS " WHERE orders.user_id IN (SELECT users.id FROM users) ORDER BY orders.id DESC",
        "SELECT items.id, items.description, order_items.order_id FROM items JOIN order_items ON order_items.item_id = items.id"
        " WHERE order_items.order_id IN (SELECT orders.id FROM orders WHERE orders.user_id IN (SELECT users.id FROM users))"
        " ORDER BY items.id"));
    assert_ok(f->s);
}

static void lazy_loads_are_select_in_loads(void **state)
{
    fixture *f = *state;
    const User *jack = weft_get(f->s, User, 7);
    assert_int_equal(weft_lazy(f->s, User, jack, orders).count, 3);
    assert_true(
        TEST_STATEMENTS(f->recorder, USERS " WHERE users.id = …", ORDERS " WHERE orders.user_id …(…) ORDER BY orders.id DESC"));
    test_recorder_clear(f->recorder);
    User_list users = weft_query(f->s, User);
    assert_int_equal(weft_lazy(f->s, User, users.items[3], orders).count, 0);
    assert_true(TEST_STATEMENTS(f->recorder, USERS, ORDERS " WHERE orders.user_id …(…) ORDER BY orders.id DESC"));
    assert_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(joined_loads_are_left_joins),
        ON_BOTH(select_in_loads_go_by_keys),
        ON_BOTH(subquery_loads_repeat_the_query),
        ON_BOTH(lazy_loads_are_select_in_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
