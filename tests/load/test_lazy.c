/* Lazy loads: for all objects that came together, once; what refuses them, and what reports them. */
#include "fixtures/store.h"

FIXTURE_ROWS(store, store_rows);

static void one_statement_serves_all_that_came_together(void **state)
{
    fixture *f = *state;
    User_list users = weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)));
    assert_false(weft_loaded(f->s, User, users.items[0], orders));
    size_t orders = 0;
    weft_each (User, user, users)
        weft_each (Order, order, weft_lazy(f->s, User, user, orders)) {
            assert_ptr_equal(order->user, user);
            orders++;
        }
    assert_int_equal(orders, 5);
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[0]->orders, 5, 3, 1);
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.lazy_loads, 1);
    assert_int_equal(stats.n_plus_one, 0);
}

static void levels_of_a_loop_cost_a_statement_each(void **state)
{
    fixture *f = *state;
    size_t keywords = 0;
    User_list users = weft_query(f->s, User);
    weft_each (User, user, users)
        weft_each (Order, order, weft_lazy(f->s, User, user, orders))
            weft_each (Item, item, weft_lazy(f->s, Order, order, items))
                weft_each (Keyword, keyword, weft_lazy(f->s, Item, item, keywords))
                    keywords += keyword->word != NULL;
    assert_int_equal(keywords, 2 + 1 + 1 + 2 + 1 + 1 + 1 + 2);
    assert_int_equal(fixture_statements(f), 4);
}

static void a_null_key_sends_nothing(void **state)
{
    fixture *f = *state;
    const Address *nobodys = weft_get(f->s, Address, 6);
    fixture_statements(f);
    assert_null(weft_lazy(f->s, Address, nobodys, user));
    assert_true(weft_loaded(f->s, Address, nobodys, user));
    assert_int_equal(fixture_statements(f), 0);
}

static void a_known_target_sends_nothing(void **state)
{
    fixture *f = *state;
    const User *jack = weft_get(f->s, User, 7);
    const Address *address = weft_get(f->s, Address, 1);
    fixture_statements(f);
    assert_ptr_equal(weft_lazy(f->s, Address, address, user), jack);
    assert_int_equal(fixture_statements(f), 0);
}

static void what_was_linked_meanwhile_is_in_the_collection(void **state)
{
    fixture *f = *state;
    weft_session *s = store_session(f, &(weft_session_options){.no_autoflush = true});
    const User *ed = weft_get(s, User, 8), *jack = weft_get(s, User, 7);
    const Address *address = weft_get(s, Address, 1);
    fixture_statements(f);
    weft_assign(s, Address, address, user, User, ed);
    assert_int_equal(fixture_statements(f), 0);
    assert_false(weft_loaded(s, User, ed, addresses));
    Address_list addresses = weft_lazy(s, User, ed, addresses);
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(addresses.count, 4);
    assert_ptr_equal(addresses.items[3], address);
    assert_int_equal(weft_lazy(s, User, jack, addresses).count, 0);
    assert_ok(s);
}

static void a_flush_goes_first_where_rows_are_concerned(void **state)
{
    fixture *f = *state;
    const User *ed = weft_get(f->s, User, 8);
    weft_new(f->s, Address, .email = "new@ed.com", .user_id = {true, 8}, .id = 50);
    fixture_statements(f);
    assert_ids(weft_lazy(f->s, User, ed, addresses), 2, 3, 4, 50);
    assert_int_equal(fixture_statements(f), 2);
    weft_edit(f->s, User, ed)->name = "edward";
    assert_null(weft_lazy(f->s, User, ed, profile)); /* profiles are not concerned */
    assert_int_equal(fixture_statements(f), 1);
}

static void the_way_back_is_not_loaded_again(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Land_list lands = weft_query(s, Land, .order_by = weft_order(weft_asc(Land, id)), .load = weft_load(weft_lazily(Land, towns)));
    assert_int_equal(fixture_statements(f), 1);
    Town_list towns = weft_lazy(s, Land, lands.items[0], towns); /* whose land is joined by default: known here */
    const char *sql = test_recorder_text(f->recorder, 0);
    assert_non_null(sql);
    assert_null(strstr(sql, "lands"));
    assert_int_equal(fixture_statements(f), 1);
    assert_ids(towns, 1, 2);
    assert_ptr_equal(towns.items[0]->land, lands.items[0]);
    assert_true(weft_loaded(s, Town, towns.items[0], houses)); /* the other default came along */
    assert_ids(towns.items[0]->houses, 1, 2);
}

static void an_object_without_a_row_has_nothing(void **state)
{
    fixture *f = *state;
    User *fresh = weft_new(f->s, User, .name = "new");
    assert_int_equal(weft_lazy(f->s, User, fresh, addresses).count, 0);
    assert_true(weft_loaded(f->s, User, fresh, addresses));
    const User *jack = weft_get(f->s, User, 7);
    fixture_statements(f);
    Address *address = weft_new(f->s, Address, .email = "x", .user_id = {true, 7});
    assert_ptr_equal(weft_lazy(f->s, Address, address, user), jack); /* known by its key */
    assert_int_equal(fixture_statements(f), 0);
}

static void a_query_may_refuse_lazy_loads(void **state)
{
    fixture *f = *state;
    User_list users =
        weft_query(f->s, User, .order_by = weft_order(weft_asc(User, id)),

                   .load = weft_load(weft_raise(User, orders), weft_selectin(User, addresses, weft_raise(Address, user))));
    assert_int_equal(fixture_statements(f), 2);
    assert_ids(users.items[0]->addresses, 1);
    assert_ptr_equal(weft_lazy(f->s, Address, users.items[0]->addresses.items[0], user), users.items[0]); /* is there */
    assert_null(weft_lazy(f->s, User, users.items[1], profile));
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(weft_lazy(f->s, User, users.items[0], orders).count, 0);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_LAZY_LOAD);
    assert_non_null(strstr(weft_session_error(f->s)->message, "User.orders"));
    assert_int_equal(weft_session_rollback(f->s), WEFT_OK);
    Order_list orders = weft_query(f->s, Order, .load = weft_load(weft_joined(Order, user, weft_raise(User, profile))));
    assert_int_equal(orders.count, 5);
    assert_ok(f->s);
}

static void a_model_may_refuse_lazy_loads(void **state)
{
    fixture *f = *state;
    const Part *part = weft_get(f->s, Part, 2);
    assert_int_equal(weft_lazy(f->s, Part, part, parts).count, 0);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_LAZY_LOAD);
    assert_non_null(strstr(weft_session_error(f->s)->message, "the model"));
    assert_int_equal(weft_session_rollback(f->s), WEFT_OK);
    part = weft_get(f->s, Part, 2, .load = weft_load(weft_selectin(Part, parts)));
    assert_ids(part->parts, 3, 4);
    assert_ids(weft_lazy(f->s, Part, part, parts), 3, 4); /* loaded is loaded */
    assert_ok(f->s);
}

static void a_statement_per_object_is_reported_with_its_place(void **state)
{
    fixture *f = *state;
    weft_session *s = store_session(f, &(weft_session_options){.unbatched_lazy = true, .n_plus_one_after = 3});
    User_list users = weft_query(s, User);
    int line = 0;
    weft_each (User, user, users) {
        line = __LINE__ + 1;
        assert_true(weft_lazy(s, User, user, orders).count < 4);
    }
    assert_int_equal(fixture_statements(f), 1 + 4);
    const weft_n_plus_one *items = NULL;
    assert_int_equal(weft_session_n_plus_one(s, &items), 1);
    assert_string_equal(items[0].model, "User");
    assert_string_equal(items[0].field, "orders");
    assert_int_equal(items[0].count, 4);
    assert_int_equal(items[0].line, line);
    assert_non_null(strstr(items[0].file, "test_lazy.c"));
    weft_session_stats stats;
    weft_session_stats_get(s, &stats);
    assert_int_equal(stats.n_plus_one, 1);
    assert_int_equal(stats.lazy_loads, 4);
}

static void a_loop_over_what_is_not_loaded_is_reported(void **state)
{
    fixture *f = *state;
    weft_session *s = store_session(f, &(weft_session_options){.report_unloaded = true});
    const User *jack = weft_get(s, User, 7), *chuck = weft_get(s, User, 10);
    weft_each (Address, address, jack->addresses)
        fail_msg("%s", address->email);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "User.addresses is not loaded"), 1);
    assert_int_equal(weft_lazy(s, User, jack, addresses).count, 1);
    assert_int_equal(weft_lazy(s, User, chuck, addresses).count, 0);
    weft_each (Address, address, chuck->addresses) /* empty, but loaded */
        fail_msg("%s", address->email);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "is not loaded"), 1);
    User_list users = weft_query(s, User, .load = weft_load(weft_joined(User, orders), weft_selectin(User, addresses)));
    weft_each (User, user, users) {
        weft_each (Order, order, user->orders)
            assert_ptr_equal(order->user, user);
        weft_each (Address, address, user->addresses)
            assert_ptr_equal(address->user, user);
    }
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "is not loaded"), 1);
}

static void trees_many_to_many_and_composite_keys(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node_list nodes = weft_query(s, Node, .order_by = weft_order(weft_asc(Node, id)));
    assert_ids(weft_lazy(s, Node, nodes.items[0], children), 2, 3, 4);
    assert_ids(nodes.items[1]->children, 5, 6);
    assert_ptr_equal(weft_lazy(s, Node, nodes.items[6], parent), nodes.items[4]);
    assert_int_equal(fixture_statements(f), 2);
    const Item *item = weft_get(s, Item, 1);
    assert_ids(weft_lazy(s, Item, item, keywords), 1, 2);
    assert_ids(weft_lazy(s, Item, item, orders), 1, 2, 4);
    const Member *ann = weft_get(s, Member, weft_key(Member, .group_id = 1, .code = "a"));
    assert_ids(weft_lazy(s, Member, ann, entries), 1, 3, 4);
    assert_ids(weft_lazy(s, Member, ann, badges), 1, 2);
    assert_ptr_equal(ann->entries.items[1]->member, ann);
    assert_ok(s);
}

/* Memory of objects that a rollback took away is given back when the next transaction ends: nothing may lead to them. */
static void a_rollback_takes_loads_of_what_it_undoes_away(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const User *ed = weft_get(s, User, 8);
    weft_new(s, Address, .id = 50, .email = "new", .user_id = {true, 8});
    assert_int_equal(weft_lazy(s, User, ed, addresses).count, 4); /* flushed, then loaded */
    assert_int_equal(weft_session_rollback(s), WEFT_OK);
    assert_false(weft_loaded(s, User, ed, addresses));
    assert_int_equal(ed->addresses.count, 0);
    assert_ids(weft_lazy(s, User, ed, addresses), 2, 3, 4);
    s = store_session(f, &(weft_session_options){.no_autoflush = true});
    const User *chuck = weft_get(s, User, 10);
    Address *pending = weft_new(s, Address, .id = 51, .email = "pending", .user = chuck);
    assert_int_equal(weft_lazy(s, User, chuck, addresses).count, 1);
    assert_ptr_equal(chuck->addresses.items[0], pending);
    assert_int_equal(weft_session_rollback(s), WEFT_OK);
    assert_int_equal(chuck->addresses.count, 0);
    s = store_session(f, NULL);
    const Item *item = weft_get(s, Item, 4);
    Keyword *fresh = weft_new(s, Keyword, .id = 50, .word = "fresh");
    weft_append(s, Item, item, keywords, Keyword, fresh);
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    weft_query(s, Item, .load = weft_load(weft_selectin(Item, keywords)));
    assert_int_equal(item->keywords.count, 1);
    assert_int_equal(weft_session_rollback(s), WEFT_OK);
    assert_int_equal(item->keywords.count, 0);
    User *owner = weft_new(s, User, .name = "owner");
    const Address *address = weft_get(s, Address, 6);
    weft_edit(s, Address, address)->user_id = (weft_opt_int64){true, 11};
    owner->id = 11;
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    assert_ptr_equal(weft_lazy(s, Address, address, user), owner);
    assert_int_equal(weft_session_rollback(s), WEFT_OK);
    assert_false(weft_loaded(s, Address, address, user));
    assert_null(address->user);
    assert_ok(s);
}

static void a_failed_session_and_null_give_an_empty_place(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_int_equal(weft_lazy(s, User, (const User *)NULL, addresses).count, 0);
    const User *jack = weft_get(s, User, 7);
    test_database_exec(&f->database, "DROP TABLE profiles");
    assert_null(weft_lazy(s, User, jack, profile));
    assert_int_not_equal(weft_session_status(s), WEFT_OK);
    assert_int_equal(weft_lazy(s, User, jack, addresses).count, 0);
    assert_int_equal(weft_session_rollback(s), WEFT_OK);
    assert_false(weft_loaded(s, User, jack, profile)); /* a failure is no "none" */
    assert_int_equal(weft_lazy(s, User, jack, addresses).count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(one_statement_serves_all_that_came_together),
        ON_BOTH(levels_of_a_loop_cost_a_statement_each),
        ON_BOTH(a_null_key_sends_nothing),
        ON_BOTH(a_known_target_sends_nothing),
        ON_BOTH(what_was_linked_meanwhile_is_in_the_collection),
        ON_BOTH(a_flush_goes_first_where_rows_are_concerned),
        ON_BOTH(the_way_back_is_not_loaded_again),
        ON_BOTH(an_object_without_a_row_has_nothing),
        ON_BOTH(a_query_may_refuse_lazy_loads),
        ON_BOTH(a_model_may_refuse_lazy_loads),
        ON_BOTH(a_statement_per_object_is_reported_with_its_place),
        ON_BOTH(a_loop_over_what_is_not_loaded_is_reported),
        ON_BOTH(trees_many_to_many_and_composite_keys),
        ON_BOTH(a_rollback_takes_loads_of_what_it_undoes_away),
        ON_BOTH(a_failed_session_and_null_give_an_empty_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
