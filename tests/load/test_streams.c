/* Rows that come while the database still looks for more: an error among them leaves nothing that looks like a whole result. */
#include "fixtures/store.h"

FIXTURE_ROWS(store, store_rows);

enum { MANY = 10000, BAD = 5000 };

/* Users become a view of many rows, one of which cannot be computed unless it is left out. */
static void make_users_many(fixture *f, const char *bad_name)
{
    char sql[640];
    test_database_exec(&f->database, f->postgres ? "DROP TABLE users CASCADE" : "DROP TABLE users");
    if (f->postgres)
        (void)snprintf(sql, sizeof sql,
                       "CREATE VIEW users AS SELECT n AS id, CASE WHEN n = %d THEN %s ELSE 'name ' || n END AS name"
                       " FROM generate_series(1::bigint, %d) AS n",
                       BAD, bad_name, MANY);
    else
        (void)snprintf(sql, sizeof sql,
                       "CREATE VIEW users AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)"
                       " SELECT n AS id, CASE WHEN n = %d THEN %s ELSE 'name ' || n END AS name FROM c",
                       MANY, BAD, bad_name);
    test_database_exec(&f->database, sql);
}

static const char *failing_name(const fixture *f)
{
    return f->postgres ? "(1 / (n - 5000))::text" : "abs(n - 5001 - 9223372036854775807)";
}

static void check_all_but_the_bad(fixture *f)
{
    User_list users = weft_query(f->s, User, .where = weft_ne(User, id, BAD), .order_by = weft_order(weft_asc(User, id)));
    assert_ok(f->s);
    assert_int_equal(users.count, MANY - 1);
    weft_each (User, user, users) {
        char name[32];
        (void)snprintf(name, sizeof name, "name %lld", (long long)user->id);
        assert_string_equal(user->name, name);
    }
    assert_int_equal(users.items[MANY - 2]->id, MANY);
}

static void an_error_among_rows_gives_no_list(void **state)
{
    fixture *f = *state;
    make_users_many(f, failing_name(f));
    User_list users = weft_query(f->s, User);
    assert_int_equal(users.count, 0);
    assert_null(users.items);
    assert_refused(f->s, WEFT_ERROR_DATA);
    check_all_but_the_bad(f);
}

static void an_error_among_rows_gives_no_part_of_a_collection(void **state)
{
    fixture *f = *state;
    make_users_many(f, failing_name(f));
    User_list users = weft_query(f->s, User, .load = weft_load(weft_joined(User, addresses)));
    assert_int_equal(users.count, 0);
    assert_refused(f->s, WEFT_ERROR_DATA);
    const User *ed = weft_get(f->s, User, 8);
    assert_non_null(ed);
    assert_false(weft_loaded(f->s, User, ed, addresses));
    assert_ids(weft_lazy(f->s, User, ed, addresses), 2, 3, 4);
    check_all_but_the_bad(f);
}

static void an_error_among_rows_fails_the_transaction_around_it(void **state)
{
    fixture *f = *state;
    make_users_many(f, failing_name(f));
    weft_new(f->s, Item, .id = 60, .description = "new");
    flush_ok(f->s);
    assert_int_equal(weft_query(f->s, User).count, 0);
    assert_call(f->s, weft_session_commit(f->s), WEFT_ERROR_DATA);
    assert_refused(f->s, WEFT_ERROR_DATA);
    assert_rows(f, "SELECT count(*) FROM items", "5");
    weft_new(f->s, Item, .id = 60, .description = "new");
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM items", "6");
}

static void rows_may_come_with_the_beginning_of_a_transaction(void **state)
{
    fixture *f = *state;
    make_users_many(f, "'name ' || n");
    store_session(f, &(weft_session_options){.isolation = WEFT_ISOLATION_SERIALIZABLE});
    User_list users = weft_query(f->s, User);
    assert_ok(f->s);
    assert_int_equal(users.count, MANY);
    assert_int_equal(weft_query(f->s, Item).count, 5);
    commit_ok(f->s);
    users = weft_query(f->s, User, .limit = MANY - 1);
    assert_int_equal(users.count, MANY - 1);
    commit_ok(f->s);
}

static void a_connection_lost_among_rows_gives_no_list(void **state)
{
    fixture *f = *state;
    weft_pool_stats stats;
    make_users_many(f, "pg_terminate_backend(pg_backend_pid())::text");
    User_list users = weft_query(f->s, User, .load = weft_load(weft_selectin(User, addresses)));
    assert_int_equal(users.count, 0);
    assert_refused(f->s, WEFT_ERROR_DISCONNECTED);
    check_all_but_the_bad(f);
    weft_engine_pool_stats(f->engine, &stats);
    assert_int_equal(stats.in_use, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_error_among_rows_gives_no_list),
        ON_BOTH(an_error_among_rows_gives_no_part_of_a_collection),
        ON_BOTH(an_error_among_rows_fails_the_transaction_around_it),
        ON_BOTH(rows_may_come_with_the_beginning_of_a_transaction),
        ON_POSTGRES(a_connection_lost_among_rows_gives_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
