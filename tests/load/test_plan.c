/* Which loaders are taken, and what the models add to them. */
#include "fixtures/store.h"

#include "base/memory.h"

FIXTURE_ROWS(store, store_rows);

static void fails_with_misuse(fixture *f, const char *part)
{
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
    if (strstr(weft_session_error(f->s)->message, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, weft_session_error(f->s)->message);
    assert_int_equal(test_recorder_count(f->recorder), 0); /* nothing was sent */
    assert_int_equal(weft_session_rollback(f->s), WEFT_OK);
}

static void a_loader_in_the_wrong_place_names_both_models(void **state)
{
    fixture *f = *state;
    weft_query(f->s, User, .load = weft_load(weft_joined(Order, items)));
    fails_with_misuse(f, "Order.items");
    weft_query(f->s, User, .load = weft_load(weft_joined(User, orders, weft_selectin(User, addresses))));
    fails_with_misuse(f, "where objects of Order are loaded");
    weft_query(f->s, User, .load = weft_load(weft_joined(User, name)));
    fails_with_misuse(f, "no relationship");
}

static void null_among_loaders_is_misuse(void **state)
{
    fixture *f = *state;
    bool wanted = false;
    weft_query(f->s, User, .load = weft_load(wanted ? weft_joined(User, orders) : NULL, weft_joined(User, addresses)));
    fails_with_misuse(f, "NULL stands among the loaders of User");
    weft_query(f->s, User, .load = weft_load(weft_joined(User, orders, NULL)));
    fails_with_misuse(f, "NULL stands among the loaders of Order");
    weft_query(f->s, User, .load = weft_load(weft_load_when(wanted, weft_joined(User, orders)), weft_joined(User, addresses)));
    assert_int_equal(fixture_statements(f), 1);
}

static void nesting_without_end_is_misuse(void **state)
{
    fixture *f = *state;
    weft_loader loop = *weft_joined(Node, children);
    const weft_loader *const below[] = {&loop, &weft_load_end};
    loop.then = below;
    weft_query(f->s, Node, .load = weft_load(&loop));
    fails_with_misuse(f, "nested deeper than 16");
}

static void defaults_of_the_model_load_without_being_asked(void **state)
{
    fixture *f = *state;
    Land_list lands = weft_query(f->s, Land, .order_by = weft_order(weft_asc(Land, id)));
    assert_int_equal(fixture_statements(f), 2); /* lands; towns with their houses */
    assert_ids(lands.items[0]->towns, 1, 2);
    assert_ids(lands.items[0]->towns.items[0]->houses, 1, 2);
    assert_ptr_equal(lands.items[0]->towns.items[0]->land, lands.items[0]);
    store_session(f, NULL);
    Town_list towns = weft_query(f->s, Town, .order_by = weft_order(weft_asc(Town, id)));
    assert_int_equal(fixture_statements(f), 1); /* land and houses joined; the land's towns would go back */
    assert_ids(towns, 1, 2, 3);
    assert_string_equal(towns.items[2]->land->name, "south");
    assert_ids(towns.items[0]->houses, 1, 2);
    assert_false(weft_loaded(f->s, Land, towns.items[0]->land, towns));
    store_session(f, NULL);
    const Town *ash = weft_get(f->s, Town, 1);
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(ash->land->id, 1);
    assert_ids(ash->houses, 1, 2);
}

static void a_query_overrides_the_defaults(void **state)
{
    fixture *f = *state;
    Town_list towns = weft_query(f->s, Town, .order_by = weft_order(weft_asc(Town, id)),
                                 .load = weft_load(weft_lazily(Town, houses), weft_raise(Town, land)));
    assert_true(test_recorder_count_containing(f->recorder, "JOIN") == 0);
    assert_int_equal(fixture_statements(f), 1);
    assert_false(weft_loaded(f->s, Town, towns.items[0], houses));
    assert_ids(weft_lazy(f->s, Town, towns.items[0], houses), 1, 2);
    assert_null(weft_lazy(f->s, Town, towns.items[0], land));
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_LAZY_LOAD);
    store_session(f, NULL);
    Land_list lands = weft_query(f->s, Land, .load = weft_load(weft_joined(Land, towns, weft_selectin(Town, houses))));
    assert_int_equal(fixture_statements(f), 2);
    assert_int_equal(lands.items[0]->towns.items[0]->houses.count, 2);
}

static void a_default_to_the_same_model_goes_one_step(void **state)
{
    fixture *f = *state;
    const Part *part = weft_get(f->s, Part, 3);
    assert_int_equal(fixture_statements(f), 1);
    assert_int_equal(part->whole->id, 2);
    assert_false(weft_loaded(f->s, Part, part->whole, whole));
}

static void every_failed_allocation_is_an_error_and_no_half_load(void **state)
{
    fixture *f = *state;
    for (int64_t n = 0; n < 4000; n++) {
        weft_session *s = store_session(f, NULL);
        wefti_memory_fail_after(n, false);
        User_list users =
            weft_query(s, User, .order_by = weft_order(weft_asc(User, id)),
                       .load = weft_load(weft_joined(User, orders, weft_subquery(Order, items)), weft_selectin(User, addresses)));
        const Address *address = weft_get(s, Address, 5);
        const User *fred = address == NULL ? NULL : weft_lazy(s, Address, address, user);
        const Profile *profile = weft_lazy(s, User, fred, profile);
        weft_status status = weft_session_status(s);
        bool failed = wefti_memory_fail_after(-1, false);
        if (status == WEFT_OK) {
            assert_int_equal(users.count, 4);
            assert_ids(users.items[2]->orders.items[0]->items, 1, 5);
            assert_ids(users.items[1]->addresses, 2, 3, 4);
            assert_string_equal(profile->motto, "on");
        } else {
            assert_true(failed);
            assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
            weft_each (User, user, users) /* what says that it is loaded is whole */
                if (weft_loaded(s, User, user, orders))
                    assert_int_equal(user->orders.count, user->id == 7 ? 3 : user->id == 9 ? 2 : 0);
            assert_int_equal(weft_session_rollback(s), WEFT_OK);
            assert_int_equal(weft_query(s, User).count, 4);
        }
        assert_int_equal(weft_session_rollback(s), WEFT_OK);
        if (!failed)
            return;
    }
    fail_msg("allocations never ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_loader_in_the_wrong_place_names_both_models),
        ON_BOTH(null_among_loaders_is_misuse),
        ON_BOTH(nesting_without_end_is_misuse),
        ON_BOTH(defaults_of_the_model_load_without_being_asked),
        ON_BOTH(a_query_overrides_the_defaults),
        ON_BOTH(a_default_to_the_same_model_goes_one_step),
        ON_BOTH(every_failed_allocation_is_an_error_and_no_half_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
