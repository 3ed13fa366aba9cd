/* Joined loads: one statement, every object once, and the query itself as it would be without them. */
#include "fixtures/store.h"

FIXTURE_ROWS(store, store_rows);

static void two_collections_in_one_statement_give_each_object_once(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                                 .load = weft_load(weft_joined(User, addresses), weft_joined(User, orders)));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(users, 7, 8, 9, 10);
    assert_ids(users.items[0]->addresses, 1);
    assert_ids(users.items[0]->orders, 5, 3, 1);
    assert_ids(users.items[1]->addresses, 2, 3, 4);
    assert_int_equal(users.items[1]->orders.count, 0);
    assert_null(users.items[1]->orders.items);
    assert_ids(users.items[2]->addresses, 5);
    assert_ids(users.items[2]->orders, 4, 2);
    assert_int_equal(users.items[3]->addresses.count, 0);
    weft_each (User, user, users) {
        assert_true(weft_loaded(f->s, User, user, addresses));
        assert_true(weft_loaded(f->s, User, user, orders));
        assert_false(weft_loaded(f->s, User, user, profile));
        weft_each (Address, address, user->addresses)
            assert_ptr_equal(address->user, user);
    }
    assert_true(weft_loaded(f->s, Address, users.items[0]->addresses.items[0], user)); /* the way back came for nothing */
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.eager_loads, 0);
}

static void a_collection_with_a_limit_limits_the_query_not_its_rows(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_desc(User, name)), .limit = 2, .offset = 2,
                                 .load = weft_load(weft_joined(User, addresses)));
    assert_true(test_recorder_count_containing(f->recorder, "FROM (SELECT") == 1);
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(users, 8, 10);
    assert_ids(users.items[0]->addresses, 2, 3, 4);
    assert_int_equal(users.items[1]->addresses.count, 0);
}

static void a_many_to_one_with_a_limit_is_a_plain_join(void **state)
{
    fixture *f = *state;
    Address_list addresses = weft_query(f->s, Address, .order_by = weft_order(weft_asc(Address, id)), .limit = 2, .offset = 4,
                                        .load = weft_load(weft_joined(Address, user)));
    assert_true(test_recorder_count_containing(f->recorder, "(SELECT") == 0);
    assert_true(test_recorder_count_containing(f->recorder, "LEFT JOIN users") == 1);
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(addresses, 5, 6);
    assert_int_equal(addresses.items[0]->user->id, 9);
    assert_null(addresses.items[1]->user);
    assert_true(weft_loaded(f->s, Address, addresses.items[1], user)); /* loaded: there is none */
    assert_null(weft_lazy(f->s, Address, addresses.items[1], user));
    assert_int_equal(fixture_statements(f), 0);
}

static void distinct_with_a_collection_is_as_without(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .joins = weft_joins(weft_join(User, addresses)), .distinct = true,
                                 .order_by = weft_order(weft_asc(User, id)), .load = weft_load(weft_joined(User, orders)));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(users, 7, 8, 9);
    assert_ids(users.items[0]->orders, 5, 3, 1);
}

static void a_join_of_the_query_does_not_narrow_what_is_loaded(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .joins = weft_joins(weft_join(User, addresses)), .where = weft_starts_with(Address, email, "ed@"),
                   .order_by = weft_order(weft_asc(User, id)), .load = weft_load(weft_joined(User, addresses)));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(users, 8); /* three rows match, one object */
    assert_ids(users.items[0]->addresses, 2, 3, 4);
}

static void a_chain_of_three_is_one_statement(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                                 .load = weft_load(weft_joined(User, orders, weft_joined(Order, address),
                                                               weft_joined(Order, items, weft_joined(Item, keywords)))));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(users, 7, 8, 9, 10);
    const User *jack = users.items[0], *fred = users.items[2];
    assert_ids(jack->orders, 5, 3, 1);
    assert_null(jack->orders.items[0]->address);
    assert_int_equal(jack->orders.items[1]->address->id, 1);
    assert_ids(jack->orders.items[2]->items, 1, 2, 3);
    assert_ids(fred->orders, 4, 2);
    assert_ids(fred->orders.items[1]->items, 1, 2, 3);
    const Item *first = fred->orders.items[1]->items.items[0];
    assert_ptr_equal(first, jack->orders.items[2]->items.items[0]); /* one object, whatever the way */
    assert_ids(first->keywords, 1, 2);                              /* by word: blue, red */
    assert_true(weft_loaded(f->s, Item, jack->orders.items[0]->items.items[0], keywords));
    assert_int_equal(jack->orders.items[0]->items.items[0]->keywords.count, 0);
}

static void one_to_one_and_its_way_back(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .load = weft_load(weft_joined(User, profile)));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(users, 7, 8, 9, 10);
    assert_string_equal(users.items[0]->profile->motto, "up");
    assert_null(users.items[1]->profile);
    assert_true(weft_loaded(f->s, User, users.items[1], profile));
    assert_ptr_equal(users.items[2]->profile->user, users.items[2]);
}

static void many_to_many_from_both_sides(void **state)
{
    fixture *f = *state;
    Item_list items = weft_query(f->s, Item, .order_by = weft_order(weft_asc(Item, id)),
                                 .load = weft_load(weft_joined(Item, orders), weft_joined(Item, keywords)));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(items, 1, 2, 3, 4, 5);
    assert_ids(items.items[0]->orders, 1, 2, 4);
    assert_ids(items.items[0]->keywords, 1, 2);
    assert_ids(items.items[4]->orders, 3, 4, 5);
    assert_int_equal(items.items[4]->keywords.count, 0);
}

static void a_tree_two_levels_down_and_one_up(void **state)
{
    fixture *f = *state;
    Node_list roots = weft_query(f->s, Node, .where = weft_is_null(Node, parent_id), .order_by = weft_order(weft_asc(Node, id)),
                                 .load = weft_load(weft_joined(Node, children, weft_joined(Node, children))));
    assert_true(test_recorder_count_containing(f->recorder, "LEFT JOIN") == 1);
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(roots, 1, 8);
    assert_ids(roots.items[0]->children, 2, 3, 4);
    assert_ids(roots.items[0]->children.items[0]->children, 5, 6);
    assert_int_equal(roots.items[0]->children.items[1]->children.count, 0);
    assert_ptr_equal(roots.items[0]->children.items[2]->parent, roots.items[0]);
    const Node *five = roots.items[0]->children.items[0]->children.items[0];
    assert_false(weft_loaded(f->s, Node, five, children)); /* level 3 was not asked for */
    assert_ids(weft_lazy(f->s, Node, five, children), 7);
    assert_int_equal(fixture_statements(f), 1);
    store_session(f, NULL);
    Node_list all = weft_query(f->s, Node, .order_by = weft_order(weft_asc(Node, id)),
                               .load = weft_load(weft_joined(Node, parent, weft_joined(Node, parent))));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(all, 1, 2, 3, 4, 5, 6, 7, 8);
    assert_int_equal(all.items[6]->parent->parent->id, 2);
    assert_null(all.items[0]->parent);
    assert_ptr_equal(all.items[1]->parent, all.items[0]);
}

static void composite_keys_join_by_all_columns(void **state)
{
    fixture *f = *state;
    Member_list members = weft_query(f->s, Member, .order_by = weft_order(weft_asc(Member, group_id), weft_asc(Member, code)),
                                     .load = weft_load(weft_joined(Member, entries), weft_joined(Member, badges)));
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(members.count, 3);
    assert_ids(members.items[0]->entries, 1, 3, 4);
    assert_ids(members.items[0]->badges, 1, 2);
    assert_int_equal(members.items[1]->entries.count, 0);
    assert_ids(members.items[2]->entries, 2);
    assert_ids(members.items[2]->badges, 2);
    assert_ptr_equal(members.items[2]->entries.items[0]->member, members.items[2]);
}

static void what_is_loaded_keeps_its_pending_changes(void **state)
{
    fixture *f = *state;
    weft_session *s = store_session(f, &(weft_session_options){.no_autoflush = true});
    const User *ed = weft_get(s, User, 8, .load = weft_load(weft_joined(User, addresses)));
    const Address *gone = ed->addresses.items[0];
    Address *fresh = weft_new(s, Address, .email = "new@ed.com");
    weft_remove(s, User, ed, addresses, Address, gone);
    weft_append(s, User, ed, addresses, Address, fresh);
    User_list users = weft_query(s, User, .where = weft_eq(User, id, 8), .load = weft_load(weft_joined(User, addresses)));
    assert_ptr_equal(users.items[0], ed);
    assert_int_equal(ed->addresses.count, 3);
    assert_ptr_equal(ed->addresses.items[2], fresh);
    const User *again =
        weft_first(s, User, .where = weft_eq(User, id, 8), .refresh = true, .load = weft_load(weft_joined(User, addresses)));
    assert_ptr_equal(again, ed);
    assert_int_equal(ed->addresses.count, 3);
    assert_ok(s);
}

static void pending_links_are_merged_into_a_joined_collection(void **state)
{
    fixture *f = *state;
    weft_session *s = store_session(f, &(weft_session_options){.no_autoflush = true});
    const User *ed = weft_get(s, User, 8), *jack = weft_get(s, User, 7);
    const Address *moves = weft_get(s, Address, 3);
    Address *fresh = weft_new(s, Address, .email = "new@ed.com", .user = ed);
    weft_assign(s, Address, moves, user, User, jack);
    assert_false(weft_loaded(s, User, ed, addresses));
    weft_query(s, User, .load = weft_load(weft_joined(User, addresses)));
    assert_int_equal(ed->addresses.count, 3);
    assert_int_equal(ed->addresses.items[1]->id, 4);
    assert_ptr_equal(ed->addresses.items[2], fresh);
    assert_ids(jack->addresses, 1, 3);
    assert_ok(s);
}

static void a_refresh_takes_new_children_in(void **state)
{
    fixture *f = *state;
    const User *ed = weft_get(f->s, User, 8, .load = weft_load(weft_joined(User, addresses)));
    assert_int_equal(ed->addresses.count, 3);
    Address_list before = ed->addresses;
    test_database_exec(&f->database, "INSERT INTO addresses (id, user_id, email) VALUES (20, 8, 'late')");
    weft_query(f->s, User, .load = weft_load(weft_joined(User, addresses)));
    assert_ids(ed->addresses, 2, 3, 4); /* memory is kept */
    weft_query(f->s, User, .refresh = true, .load = weft_load(weft_joined(User, addresses)));
    assert_ids(ed->addresses, 2, 3, 4, 20);
    assert_ids(before, 2, 3, 4); /* a list in the program's hands never changes */
    test_database_exec(&f->database, "DELETE FROM addresses WHERE id = 20");
    commit_ok(f->s);
    weft_query(f->s, User, .load = weft_load(weft_joined(User, addresses)));
    assert_ids(ed->addresses, 2, 3, 4); /* stale objects are loaded anew */
    assert_ok(f->s);
}

static void collections_that_multiply_stay_linear(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database,
                       f->database.backend == TEST_POSTGRES
                           ? "INSERT INTO addresses (id, user_id, email) SELECT i, 10, 'a' FROM generate_series(1001, 1200) i;"
                             "INSERT INTO orders (id, user_id, description) SELECT i, 10, 'o' FROM generate_series(1001, 1200) i"
                           : "WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
                             " INSERT INTO addresses (id, user_id, email) SELECT i, 10, 'a' FROM n;"
                             "WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
                             " INSERT INTO orders (id, user_id, description) SELECT i, 10, 'o' FROM n");
    weft_session_stats before, after;
    weft_session_stats_get(f->s, &before);
    const User *chuck = weft_get(f->s, User, 10, .load = weft_load(weft_joined(User, addresses), weft_joined(User, orders)));
    weft_session_stats_get(f->s, &after);
    assert_int_equal(after.rows - before.rows, 200 * 200);
    assert_int_equal(chuck->addresses.count, 200);
    assert_int_equal(chuck->orders.count, 200);
    assert_int_equal(chuck->orders.items[0]->id, 1200);
    assert_true(after.bytes - before.bytes < 256 * 1024); /* what is kept follows the objects, not the rows */
}

static void joins_beyond_the_bound_become_statements(void **state)
{
    fixture *f = *state;
    enum { CHAIN = 12 };
    weft_loader down[CHAIN], up[CHAIN];
    const weft_loader *then[2 * CHAIN][4];
    for (size_t i = CHAIN; i-- > 0;) { /* at each level down three more joins: to the parent, and to its parents */
        up[i] = *weft_joined(Node, parent);
        down[i] = *weft_joined(Node, children);
        const weft_loader **below = then[i], **above = then[CHAIN + i];
        size_t count = 0;
        if (i + 1 < CHAIN)
            below[count++] = &down[i + 1];
        below[count++] = &up[i];
        below[count] = &weft_load_end;
        above[0] = i + 1 < CHAIN ? &up[i + 1] : &weft_load_end;
        above[1] = &weft_load_end;
        down[i].then = below;
        up[i].then = above;
    }
    Node_list roots = weft_query(f->s, Node, .where = weft_is_null(Node, parent_id), .order_by = weft_order(weft_asc(Node, id)),
                                 .load = weft_load(&down[0]));
    assert_ok(f->s);
    assert_ids(roots, 1, 8);
    assert_ids(roots.items[0]->children.items[0]->children.items[0]->children, 7);
    assert_true(weft_loaded(f->s, Node, roots.items[0]->children.items[0]->children.items[0]->children.items[0], children));
    assert_true(fixture_statements(f) < 5);
}

static void a_loader_named_twice_is_one_join(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                                 .load = weft_load(weft_joined(User, orders, weft_joined(Order, items)),
                                                   weft_joined(User, orders, weft_selectin(Order, address))));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[0]->orders.items[2]->items, 1, 2, 3);
    assert_int_equal(users.items[0]->orders.items[2]->address->id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(two_collections_in_one_statement_give_each_object_once),
        ON_BOTH(a_collection_with_a_limit_limits_the_query_not_its_rows),
        ON_BOTH(a_many_to_one_with_a_limit_is_a_plain_join),
        ON_BOTH(distinct_with_a_collection_is_as_without),
        ON_BOTH(a_join_of_the_query_does_not_narrow_what_is_loaded),
        ON_BOTH(a_chain_of_three_is_one_statement),
        ON_BOTH(one_to_one_and_its_way_back),
        ON_BOTH(many_to_many_from_both_sides),
        ON_BOTH(a_tree_two_levels_down_and_one_up),
        ON_BOTH(composite_keys_join_by_all_columns),
        ON_BOTH(what_is_loaded_keeps_its_pending_changes),
        ON_BOTH(pending_links_are_merged_into_a_joined_collection),
        ON_BOTH(a_refresh_takes_new_children_in),
        ON_BOTH(collections_that_multiply_stay_linear),
        ON_BOTH(joins_beyond_the_bound_become_statements),
        ON_BOTH(a_loader_named_twice_is_one_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
