/* Select-in loads: one statement per relationship and level, whatever the number of objects. */
#include "fixtures/store.h"

FIXTURE_ROWS(store, store_rows);

static void a_limit_of_the_query_needs_no_join(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .limit = 2, .offset = 1,
                                 .load = weft_load(weft_selectin(User, addresses)));
    assert_true(test_recorder_count_containing(f->recorder, "JOIN") == 0 ||
                test_recorder_count_containing(f->recorder, "json_each") == 1);
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users, 8, 9);
    assert_ids(users.items[0]->addresses, 2, 3, 4);
    assert_ids(users.items[1]->addresses, 5);
    assert_ptr_equal(users.items[1]->addresses.items[0]->user, users.items[1]);
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.eager_loads, 1);
    assert_int_equal(stats.statements, 2);
}

static void many_owners_are_one_statement(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database,
                       f->database.backend == TEST_POSTGRES
                           ? "INSERT INTO users (id, name) SELECT i, 'u' FROM generate_series(1001, 1625) i;"
                             "INSERT INTO addresses (id, user_id, email) SELECT i, i, 'a' FROM generate_series(1001, 1625) i"
                           : "WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 1625)"
                             " INSERT INTO users (id, name) SELECT i, 'u' FROM n;"
                             "WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 1625)"
                             " INSERT INTO addresses (id, user_id, email) SELECT i, i, 'a' FROM n");
    User_list users = weft_query(f->s, User, .where = weft_gt(User, id, 1000), .load = weft_load(weft_selectin(User, addresses)));
    assert_int_equal(users.count, 625);
    assert_int_equal(fixture_statements(f), 2);
    weft_each (User, user, users) {
        assert_int_equal(user->addresses.count, 1);
        assert_int_equal(user->addresses.items[0]->id, user->id);
    }
}

static void keys_beyond_a_bound_go_in_parts(void **state)
{
    fixture *f = *state;
    test_database_exec(
        &f->database, f->database.backend == TEST_POSTGRES
                          ? "INSERT INTO members (group_id, code, name) SELECT i, 'c' || i, 'm' FROM generate_series(1001, 3500) i;"
                            "INSERT INTO entries (id, group_id, code) SELECT i, i, 'c' || i FROM generate_series(1001, 3500) i"
                          : "WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 3500)"
                            " INSERT INTO members (group_id, code, name) SELECT i, 'c' || i, 'm' FROM n;"
                            "WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 3500)"
                            " INSERT INTO entries (id, group_id, code) SELECT i, i, 'c' || i FROM n");
    Member_list members =
        weft_query(f->s, Member, .where = weft_gt(Member, group_id, 1000), .load = weft_load(weft_selectin(Member, entries)));
    assert_int_equal(members.count, 2500);
    assert_int_equal(fixture_statements(f), 3);
    weft_each (Member, member, members) {
        assert_int_equal(member->entries.count, 1);
        assert_int_equal(member->entries.items[0]->id, member->group_id);
    }
}

static void a_many_to_one_asks_for_each_key_once(void **state)
{
    fixture *f = *state;
    Address_list addresses =
        weft_query(f->s, Address, .order_by = weft_order(weft_asc(Address, id)), .load = weft_load(weft_selectin(Address, user)));
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.rows, 6 + 3);
    assert_int_equal(fixture_statements(f), 2);
    assert_int_equal(addresses.items[0]->user->id, 7);
    assert_ptr_equal(addresses.items[1]->user, addresses.items[2]->user);
    assert_null(addresses.items[5]->user);
    assert_true(weft_loaded(f->s, Address, addresses.items[5], user));
    assert_null(weft_lazy(f->s, Address, addresses.items[5], user));
    assert_int_equal(fixture_statements(f), 0);
}

static void what_the_session_has_is_not_asked_for(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User);
    assert_int_equal(fixture_statements(f), 1);
    Address_list addresses =
        weft_query(f->s, Address, .order_by = weft_order(weft_asc(Address, id)), .load = weft_load(weft_selectin(Address, user)));
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(addresses.items[4]->user->id, 9);
    assert_int_equal(users.count, 4);
    store_session(f, NULL);
    weft_get(f->s, User, 8);
    addresses =
        weft_query(f->s, Address, .order_by = weft_order(weft_asc(Address, id)), .load = weft_load(weft_selectin(Address, user)));
    assert_int_equal(fixture_statements(f), 3);
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.rows, 1 + 6 + 2); /* 7 and 9 only */
}

static void only_null_keys_send_nothing(void **state)
{
    fixture *f = *state;
    Address_list addresses =
        weft_query(f->s, Address, .where = weft_is_null(Address, user_id), .load = weft_load(weft_selectin(Address, user)));
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(addresses.count, 1);
    assert_true(weft_loaded(f->s, Address, addresses.items[0], user));
}

static void many_to_many_leaves_the_owners_table_out(void **state)
{
    fixture *f = *state;
    Order_list orders =
        weft_query(f->s, Order, .order_by = weft_order(weft_asc(Order, id)), .load = weft_load(weft_selectin(Order, items)));
    const char *second = test_recorder_text(f->recorder, 1);
    assert_non_null(second);
    assert_non_null(strstr(second, "order_items"));
    assert_null(strstr(second, "orders"));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(orders, 1, 2, 3, 4, 5);
    assert_ids(orders.items[0]->items, 1, 2, 3);
    assert_ids(orders.items[1]->items, 1, 2, 3);
    assert_ids(orders.items[2]->items, 3, 4, 5);
    assert_ids(orders.items[3]->items, 1, 5);
    assert_ids(orders.items[4]->items, 5);
    assert_ptr_equal(orders.items[0]->items.items[0], orders.items[3]->items.items[0]);
}

static void paths_cost_a_statement_each(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                   .load = weft_load(weft_selectin(User, orders, weft_selectin(Order, items, weft_selectin(Item, keywords))),
                                     weft_selectin(User, addresses)));
    assert_int_equal(fixture_statements(f), 5);
    assert_ids(users.items[0]->orders, 5, 3, 1);
    assert_ids(users.items[0]->orders.items[2]->items, 1, 2, 3);
    assert_ids(users.items[0]->orders.items[2]->items.items[0]->keywords, 1, 2);
    assert_ids(users.items[2]->orders.items[1]->items, 1, 2, 3);
    assert_ids(users.items[1]->addresses, 2, 3, 4);
    weft_each (User, user, users)
        weft_each (Order, order, user->orders)
            assert_true(weft_loaded(f->s, Order, order, items));
}

static void a_join_below_goes_with_the_level_above(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                   .load = weft_load(weft_selectin(User, orders, weft_joined(Order, address), weft_joined(Order, items))));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[0]->orders, 5, 3, 1); /* each once, though joined items multiply the rows */
    assert_int_equal(users.items[0]->orders.items[1]->address->id, 1);
    assert_ids(users.items[0]->orders.items[2]->items, 1, 2, 3);
    assert_ids(users.items[2]->orders, 4, 2);
}

static void below_a_join_the_keys_of_the_joined_are_used(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                                 .load = weft_load(weft_joined(User, orders, weft_selectin(Order, items))));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[2]->orders.items[0]->items, 1, 5);
    assert_ids(users.items[0]->orders.items[1]->items, 3, 4, 5);
}

static void a_join_below_objects_in_memory_becomes_a_statement(void **state)
{
    fixture *f = *state;
    weft_query(f->s, User);
    fixture_statements(f);
    Address_list addresses = weft_query(f->s, Address, .order_by = weft_order(weft_asc(Address, id)),
                                        .load = weft_load(weft_selectin(Address, user, weft_joined(User, profile))));
    assert_int_equal(fixture_statements(f), 2);
    assert_string_equal(addresses.items[0]->user->profile->motto, "up");
    assert_null(addresses.items[1]->user->profile);
    assert_true(weft_loaded(f->s, User, addresses.items[1]->user, profile));
}

static void composite_keys_go_as_pairs(void **state)
{
    fixture *f = *state;
    Member_list members = weft_query(f->s, Member, .order_by = weft_order(weft_asc(Member, group_id), weft_asc(Member, code)),
                                     .load = weft_load(weft_selectin(Member, entries), weft_selectin(Member, badges)));
    assert_int_equal(fixture_statements(f), 3);
    assert_int_equal(members.count, 3);
    assert_ids(members.items[0]->entries, 1, 3, 4);
    assert_int_equal(members.items[1]->entries.count, 0);
    assert_ids(members.items[2]->entries, 2);
    assert_ids(members.items[0]->badges, 1, 2);
    assert_ids(members.items[2]->badges, 2);
    store_session(f, NULL);
    Entry_list entries =
        weft_query(f->s, Entry, .order_by = weft_order(weft_asc(Entry, id)), .load = weft_load(weft_selectin(Entry, member)));
    assert_int_equal(fixture_statements(f), 2);
    assert_string_equal(entries.items[0]->member->name, "ann");
    assert_string_equal(entries.items[1]->member->name, "cid");
    assert_ptr_equal(entries.items[2]->member, entries.items[0]->member);
    assert_null(entries.items[4]->member); /* a part of the key is NULL */
    assert_null(entries.items[5]->member);
    store_session(f, NULL);
    Badge_list badges =
        weft_query(f->s, Badge, .order_by = weft_order(weft_asc(Badge, id)), .load = weft_load(weft_selectin(Badge, members)));
    assert_int_equal(fixture_statements(f), 2);
    assert_int_equal(badges.items[0]->members.count, 1);
    assert_int_equal(badges.items[1]->members.count, 2);
}

static void one_to_one_takes_the_first_of_several_and_warns(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .load = weft_load(weft_selectin(User, profile)));
    assert_int_equal(fixture_statements(f), 2);
    assert_string_equal(users.items[0]->profile->motto, "up");
    assert_ptr_equal(users.items[0]->profile->user, users.items[0]);
    assert_null(users.items[1]->profile);
    assert_true(weft_loaded(f->s, User, users.items[1], profile));
    test_database_exec(&f->database, "INSERT INTO profiles (id, user_id, motto) VALUES (5, 7, 'again')");
    static const int how[] = {WEFT_LOAD_SELECTIN, WEFT_LOAD_JOINED, WEFT_LOAD_LAZY};
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        store_session(f, NULL);
        const weft_loader *loader = how[i] == WEFT_LOAD_SELECTIN ? weft_selectin(User, profile)
                                    : how[i] == WEFT_LOAD_JOINED ? weft_joined(User, profile)
                                                                 : &weft_load_none;
        users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .load = weft_load(loader));
        assert_int_equal(users.count, 4);
        assert_non_null(weft_lazy(f->s, User, users.items[0], profile));
        assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "User.profile: several rows refer to User"), 1);
        assert_ok(f->s);
    }
}

static void trees_go_down_and_up(void **state)
{
    fixture *f = *state;
    Node_list roots =
        weft_query(f->s, Node, .where = weft_is_null(Node, parent_id), .order_by = weft_order(weft_asc(Node, id)),
                   .load = weft_load(weft_selectin(Node, children, weft_selectin(Node, children, weft_selectin(Node, children)))));
    assert_int_equal(fixture_statements(f), 4);
    assert_ids(roots.items[0]->children, 2, 3, 4);
    assert_ids(roots.items[0]->children.items[0]->children, 5, 6);
    assert_ids(roots.items[0]->children.items[0]->children.items[0]->children, 7);
    assert_true(weft_loaded(f->s, Node, roots.items[1], children));
    store_session(f, NULL);
    Node_list leaves = weft_query(f->s, Node, .where = weft_eq(Node, id, 7),
                                  .load = weft_load(weft_selectin(Node, parent, weft_selectin(Node, parent))));
    assert_int_equal(fixture_statements(f), 3);
    assert_int_equal(leaves.items[0]->parent->parent->id, 2);
    store_session(f, NULL);
    Node_list all = weft_query(f->s, Node, .order_by = weft_order(weft_asc(Node, id)),
                               .load = weft_load(weft_selectin(Node, parent), weft_selectin(Node, children)));
    assert_int_equal(fixture_statements(f), 2); /* all parents are there */
    assert_ids(all.items[1]->children, 5, 6);
    assert_ptr_equal(all.items[6]->parent, all.items[4]);
}

static void the_same_relationship_is_not_loaded_twice(void **state)
{
    fixture *f = *state;
    weft_query(f->s, User, .where = weft_eq(User, id, 7), .load = weft_load(weft_selectin(User, addresses)));
    fixture_statements(f);
    test_database_exec(&f->database, "UPDATE addresses SET user_id = 8 WHERE id = 1");
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .load = weft_load(weft_selectin(User, addresses)));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[0]->addresses, 1); /* as it was loaded */
    const Address *moved = users.items[1]->addresses.items[0];
    assert_int_equal(moved->id, 1);
    assert_ptr_equal(moved->user, users.items[0]); /* memory says so until it is refreshed */
    assert_int_equal(moved->user_id.value, 7);
}

static void keys_and_loads_by_weft_get(void **state)
{
    fixture *f = *state;
    const User *jack = weft_get(f->s, User, 7, .load = weft_load(weft_joined(User, addresses), weft_selectin(User, orders)));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(jack->addresses, 1);
    assert_ids(jack->orders, 5, 3, 1);
    assert_ptr_equal(weft_get(f->s, User, 7, .load = weft_load(weft_joined(User, addresses), weft_joined(User, profile))), jack);
    assert_int_equal(fixture_statements(f), 1);
    assert_string_equal(jack->profile->motto, "up");
    assert_null(weft_get(f->s, User, 99, .load = weft_load(weft_selectin(User, orders))));
    assert_int_equal(fixture_statements(f), 1);
}

static void an_empty_result_ends_there(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .where = weft_lt(User, id, 0),
                                 .load = weft_load(weft_selectin(User, orders, weft_subquery(Order, items))));
    assert_int_equal(users.count, 0);
    assert_null(users.items);
    assert_int_equal(fixture_statements(f), 1);
}

static void refresh_reaches_what_is_loaded_with_it(void **state)
{
    fixture *f = *state;
    const User *ed = weft_get(f->s, User, 8, .load = weft_load(weft_selectin(User, addresses)));
    test_database_exec(&f->database, "UPDATE addresses SET email = 'changed' WHERE id = 3");
    weft_query(f->s, User, .load = weft_load(weft_selectin(User, addresses)));
    assert_string_equal(ed->addresses.items[1]->email, "ed@bettyboop.com");
    weft_query(f->s, User, .refresh = true, .load = weft_load(weft_selectin(User, addresses)));
    assert_string_equal(ed->addresses.items[1]->email, "changed");
    Node_list all = weft_query(f->s, Node, .refresh = true, .order_by = weft_order(weft_asc(Node, id)),
                               .load = weft_load(weft_joined(Node, parent), weft_selectin(Node, children)));
    assert_ptr_equal(all.items[6]->parent, all.items[4]);
    assert_true(weft_loaded(f->s, Node, all.items[0], parent));
    assert_ids(all.items[1]->children, 5, 6);
    assert_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_limit_of_the_query_needs_no_join),
        ON_BOTH(many_owners_are_one_statement),
        ON_BOTH(keys_beyond_a_bound_go_in_parts),
        ON_BOTH(a_many_to_one_asks_for_each_key_once),
        ON_BOTH(what_the_session_has_is_not_asked_for),
        ON_BOTH(only_null_keys_send_nothing),
        ON_BOTH(many_to_many_leaves_the_owners_table_out),
        ON_BOTH(paths_cost_a_statement_each),
        ON_BOTH(a_join_below_goes_with_the_level_above),
        ON_BOTH(below_a_join_the_keys_of_the_joined_are_used),
        ON_BOTH(a_join_below_objects_in_memory_becomes_a_statement),
        ON_BOTH(composite_keys_go_as_pairs),
        ON_BOTH(one_to_one_takes_the_first_of_several_and_warns),
        ON_BOTH(trees_go_down_and_up),
        ON_BOTH(the_same_relationship_is_not_loaded_twice),
        ON_BOTH(keys_and_loads_by_weft_get),
        ON_BOTH(an_empty_result_ends_there),
        ON_BOTH(refresh_reaches_what_is_loaded_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
