/* Subquery loads: the query that gave the owners stands inside the statement, with its limit. */
#include "fixtures/store.h"

FIXTURE_ROWS(store, store_rows);

static void the_limit_holds_inside(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .limit = 2, .offset = 1,
                                 .load = weft_load(weft_subquery(User, addresses)));
    const char *second = test_recorder_text(f->recorder, 1);
    assert_non_null(second);
    assert_non_null(strstr(second, "LIMIT"));
    assert_non_null(strstr(second, "(SELECT"));
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.rows, 2 + 4);
    assert_int_equal(stats.eager_loads, 1);
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users, 8, 9);
    assert_ids(users.items[0]->addresses, 2, 3, 4);
    assert_ids(users.items[1]->addresses, 5);
    assert_ptr_equal(users.items[0]->addresses.items[2]->user, users.items[0]);
}

static void conditions_and_joins_hold_inside(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .joins = weft_joins(weft_join(User, addresses)),
                                 .where = weft_and(weft_contains(Address, email, "@"), weft_ne(User, name, "jack")),
                                 .order_by = weft_order(weft_asc(User, name)), .load = weft_load(weft_subquery(User, orders)));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users, 8, 9);
    assert_int_equal(users.items[0]->orders.count, 0);
    assert_ids(users.items[1]->orders, 4, 2);
}

static void it_nests(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .limit = 3,
                   .load = weft_load(weft_subquery(User, orders, weft_subquery(Order, items, weft_subquery(Item, keywords)))));
    assert_int_equal(fixture_statements(f), 4);
    assert_ids(users.items[0]->orders, 5, 3, 1);
    assert_ids(users.items[0]->orders.items[2]->items, 1, 2, 3);
    assert_ids(users.items[0]->orders.items[2]->items.items[0]->keywords, 1, 2);
    assert_ids(users.items[2]->orders.items[0]->items, 1, 5);
}

static void it_mixes_with_the_others(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                   .load = weft_load(weft_joined(User, orders, weft_subquery(Order, items, weft_joined(Item, keywords))),
                                     weft_selectin(User, addresses)));
    assert_int_equal(fixture_statements(f), 3);
    assert_ids(users.items[0]->orders.items[2]->items, 1, 2, 3);
    assert_ids(users.items[0]->orders.items[2]->items.items[0]->keywords, 1, 2);
    assert_ids(users.items[1]->addresses, 2, 3, 4);
    store_session(f, NULL);
    users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),
                       .load = weft_load(weft_selectin(User, orders, weft_subquery(Order, items))));
    assert_int_equal(fixture_statements(f), 3);
    assert_ids(users.items[2]->orders.items[1]->items, 1, 2, 3);
}

static void single_ends(void **state)
{
    fixture *f = *state;
    Address_list addresses = weft_query(f->s, Address, .order_by = weft_order(weft_asc(Address, id)),
                                        .load = weft_load(weft_subquery(Address, user, weft_subquery(User, profile))));
    assert_int_equal(fixture_statements(f), 3);
    assert_string_equal(addresses.items[0]->user->profile->motto, "up");
    assert_null(addresses.items[1]->user->profile);
    assert_ptr_equal(addresses.items[1]->user, addresses.items[3]->user);
    assert_null(addresses.items[5]->user);
}

static void composite_keys(void **state)
{
    fixture *f = *state;
    Member_list members = weft_query(f->s, Member, .order_by = weft_order(weft_asc(Member, group_id), weft_asc(Member, code)),
                                     .limit = 2, .load = weft_load(weft_subquery(Member, entries), weft_subquery(Member, badges)));
    assert_int_equal(fixture_statements(f), 3);
    assert_ids(members.items[0]->entries, 1, 3, 4);
    assert_ids(members.items[0]->badges, 1, 2);
    assert_int_equal(members.items[1]->badges.count, 0);
    store_session(f, NULL);
    Entry_list entries =
        weft_query(f->s, Entry, .order_by = weft_order(weft_asc(Entry, id)), .load = weft_load(weft_subquery(Entry, member)));
    assert_int_equal(fixture_statements(f), 2);
    assert_string_equal(entries.items[1]->member->name, "cid");
    assert_null(entries.items[4]->member);
}

static void trees(void **state)
{
    fixture *f = *state;
    Node_list roots = weft_query(f->s, Node, .where = weft_is_null(Node, parent_id), .order_by = weft_order(weft_asc(Node, id)),
                                 .limit = 1, .load = weft_load(weft_subquery(Node, children, weft_subquery(Node, children))));
    assert_int_equal(fixture_statements(f), 3);
    assert_ids(roots, 1);
    assert_ids(roots.items[0]->children, 2, 3, 4);
    assert_ids(roots.items[0]->children.items[0]->children, 5, 6);
}

static void below_weft_get(void **state)
{
    fixture *f = *state;
    const User *fred = weft_get(f->s, User, 9, .load = weft_load(weft_subquery(User, orders, weft_subquery(Order, items))));
    assert_int_equal(fixture_statements(f), 3);
    assert_ids(fred->orders, 4, 2);
    assert_ids(fred->orders.items[0]->items, 1, 5);
}

static void row_locks_stay_with_the_query(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)), .for_update = true, .limit = 1,
                                 .load = weft_load(weft_subquery(User, orders)));
    assert_true(test_recorder_count_containing(f->recorder, "FOR UPDATE") <= 1);
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[0]->orders, 5, 3, 1);
    assert_true(weft_session_in_transaction(f->s));
    commit_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_limit_holds_inside),
        ON_BOTH(conditions_and_joins_hold_inside),
        ON_BOTH(it_nests),
        ON_BOTH(it_mixes_with_the_others),
        ON_BOTH(single_ends),
        ON_BOTH(composite_keys),
        ON_BOTH(trees),
        ON_BOTH(below_weft_get),
        ON_BOTH(row_locks_stay_with_the_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
