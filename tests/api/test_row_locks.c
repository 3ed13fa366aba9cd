/* Rows that a SELECT of columns locks: what another session may do meanwhile, what is sent, and what is refused before. */
#include "support/fixture.h"

WEFT_DECLARE(Shop);
WEFT_DECLARE(Job);
struct Shop {
    int64_t id;
    const char *name;
};
struct Job {
    int64_t id, shop_id;
    const char *state;
    weft_opt_int64 after_id;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Shop, name));
WEFT_MODEL(Job, "user", WEFT_COLUMN(Job, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Job, shop_id, .references = "shop.id"), WEFT_COLUMN(Job, state), WEFT_COLUMN(Job, after_id));
WEFT_METADATA(models, &Shop_model, &Job_model);
FIXTURE_ROWS(models, "INSERT INTO shop VALUES (1, 'north'), (2, 'south'); INSERT INTO \"user\" VALUES (1, 1, 'open', NULL), "
                     "(2, 1, 'open', 1), (3, 2, 'open', NULL), (4, 2, 'done', 3)");

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
typedef struct Ask {
    const char *state;
    int64_t rows;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, state), WEFT_FIELD(Ask, rows));
WEFT_PARAMETERS(Ask);

#define C(M, f) weft_col(M, f)
#define IDS weft_columns(C(Job, id))

WEFT_STATEMENT(take, Id, Ask, .from = weft_from(Job), .columns = weft_columns(C(Job, id)),
               .where = weft_eq_col(Job, state, Ask, state), .order_by = weft_order(weft_asc(Job, id)),
               .limit_to = weft_param(Ask, rows), .lock = WEFT_FOR_UPDATE, .skip_locked = true);

static weft_session *another(fixture *f) { return weft_session_open(f->engine, NULL); }

static Id_list free_jobs(weft_session *s, weft_lock lock)
{
    Id_list ids = weft_rows(s, Id, .from = weft_from(Job), .columns = IDS, .order_by = weft_order(weft_asc(Job, id)), .lock = lock,
                            .skip_locked = true);
    assert_ok(s);
    return ids;
}

/* What others get, by the lock that is held and the one that they want: PostgreSQL's table. */
static void each_lock_keeps_out_what_it_says(void **state)
{
    static const bool beside[5][5] = {
        [WEFT_FOR_NO_KEY_UPDATE] = {[WEFT_FOR_KEY_SHARE] = true},
        [WEFT_FOR_SHARE] = {[WEFT_FOR_SHARE] = true, [WEFT_FOR_KEY_SHARE] = true},
        [WEFT_FOR_KEY_SHARE] = {[WEFT_FOR_NO_KEY_UPDATE] = true, [WEFT_FOR_SHARE] = true, [WEFT_FOR_KEY_SHARE] = true}};
    fixture *f = *state;
    weft_session *a = f->s, *b = another(f);
    for (int held = WEFT_FOR_UPDATE; held <= WEFT_FOR_KEY_SHARE; held++)
        for (int wanted = WEFT_FOR_UPDATE; wanted <= WEFT_FOR_KEY_SHARE; wanted++) {
            Id_list ids =
                weft_rows(a, Id, .from = weft_from(Job), .columns = IDS, .where = weft_eq(Job, id, 2), .lock = (weft_lock)held);
            assert_ok(a);
            assert_int_equal(ids.count, 1);
            assert_true(weft_session_in_transaction(a));
            if (f->postgres) {
                assert_int_equal(free_jobs(b, (weft_lock)wanted).count, beside[held][wanted] ? 4 : 3);
                (void)weft_rows(b, Id, .from = weft_from(Job), .columns = IDS, .lock = (weft_lock)wanted, .no_wait = true);
                if (beside[held][wanted])
                    assert_ok(b);
                else
                    assert_refused(b, WEFT_ERROR_LOCK_TIMEOUT);
                rollback_ok(b);
            } else {
                /* Who may write is one alone; a thread that waits for its own session is told so at once. */
                (void)weft_rows(b, Id, .from = weft_from(Job), .columns = IDS, .lock = (weft_lock)wanted);
                assert_refused(b, WEFT_ERROR_MISUSE);
            }
            rollback_ok(a);
        }
    assert_int_equal(free_jobs(b, WEFT_FOR_UPDATE).count, 4);
    weft_session_close(b);
}

static void workers_take_jobs_that_no_other_has(void **state)
{
    fixture *f = *state;
    weft_session *a = f->s, *b = another(f);
    for (int run = 0; run < 2; run++) {
        Id_list one = weft_run(a, take, .state = "open", .rows = 1);
        assert_ok(a);
        assert_int_equal(one.items[0]->id, 1);
        if (f->postgres) {
            Id_list two = weft_run(b, take, .state = "open", .rows = 5);
            assert_ok(b);
            assert_int_equal(two.count, 2);
            assert_int_equal(two.items[0]->id, 2);
            assert_string_equal(fixture_last_sql(f),
                                "SELECT \"user\".id FROM \"user\" WHERE \"user\".state = $1 ORDER BY \"user\".id "
                                "LIMIT $2 FOR UPDATE SKIP LOCKED");
            rollback_ok(b);
        }
        rollback_ok(a);
    }
    /* In one statement, within what it writes, by a subselect and by IN. */
    for (int how = 0; how < 2; how++) {
        weft_alias(Free, Job);
        weft_subselect_as(Next, Id,
                          weft_select(.from = weft_from(Free), .columns = weft_columns(C(Free, id)),
                                      .where = weft_eq(Free, state, "open"), .order_by = weft_order(weft_asc(Free, id)), .limit = 1,
                                      .lock = WEFT_FOR_UPDATE, .skip_locked = true));
        Id_list taken =
            how == 0
                ? weft_rows_of(a, Id,
                               weft_updated(Job, .set = weft_sets(weft_to(Job, state, "taken")), .from = weft_from(Next),
                                            .where = weft_eq_col(Next, id, Job, id), .returning = IDS))
                : weft_rows_of(a, Id,
                               weft_updated(Job, .set = weft_sets(weft_to(Job, state, "taken")),
                                            .where = weft_in_query(C(Job, id), Next_model.selectable->query), .returning = IDS));
        assert_ok(a);
        assert_int_equal(taken.count, 1);
        assert_int_equal(taken.items[0]->id, how + 1);
        if (f->postgres) {
            Id_list rest = weft_run(b, take, .state = "open", .rows = 5);
            assert_int_equal(rest.count, 3 - 1 - how);
            rollback_ok(b);
        }
    }
    rollback_ok(a);
    weft_session_close(b);
}

/* Of joins the rows of .from, and those that .of names; of a subselect or CTE those that it locks itself. */
static void what_is_locked_is_said(void **state)
{
    fixture *f = *state;
    weft_session *a = f->s, *b = another(f);
    weft_alias(Before, Job);
    weft_cte_as(Few, Id,
                .query = weft_select(.from = weft_from(Job), .columns = IDS, .where = weft_le(Job, id, 2), .lock = WEFT_FOR_SHARE));
    const Shop *shop = weft_get(a, Shop, 1);
    for (int how = 0; how < 5; how++) {
        const weft_join_step joins = weft_joins(weft_join_on(Shop, weft_eq_col(Shop, id, Job, shop_id)),
                                                weft_left_join_on(Before, weft_eq_col(Before, id, Job, after_id)));
        if (how < 3)
            (void)weft_rows(a, Id, .from = weft_from(Job), .columns = IDS, .joins = joins, .where = weft_eq(Job, id, 2),
                            .lock = WEFT_FOR_UPDATE,
                            .of = how == 0   ? NULL
                                  : how == 1 ? weft_models(&Shop_model)
                                             : weft_models(&Job_model, &Shop_model));
        else if (how == 3)
            (void)weft_rows(a, Id, .from = weft_from(Few), .columns = IDS,
                            .joins = weft_joins(weft_join_on(Job, weft_eq_col(Job, id, Few, id)),
                                                weft_join_on(Shop, weft_eq_col(Shop, id, Job, shop_id))),
                            .lock = WEFT_FOR_UPDATE, .of = weft_models(&Shop_model));
        else
            (void)weft_rows(a, Id, .from = weft_from(Few), .columns = weft_columns(C(Few, id)), .where = weft_eq(Few, id, 2));
        assert_ok(a);
        assert_true(weft_session_in_transaction(a));
        if (f->postgres) {
            static const int jobs[] = {3, 3, 3, 2, 2}, shops[] = {2, 1, 1, 1, 2};
            static const char *const ends[] = {" FOR UPDATE OF \"user\"", " FOR UPDATE OF \"user\", shop",
                                               " FOR UPDATE OF \"user\", shop", " FOR UPDATE OF shop", "\"Few\".id = $2"};
            const char *sql = fixture_last_sql(f);
            assert_string_equal(sql + strlen(sql) - strlen(ends[how]), ends[how]);
            assert_int_equal(free_jobs(b, WEFT_FOR_UPDATE).count, jobs[how]);
            assert_int_equal(weft_rows(b, Id, .from = weft_from(Shop), .columns = weft_columns(C(Shop, id)),
                                       .lock = WEFT_FOR_UPDATE, .skip_locked = true)
                                 .count,
                             shops[how]);
            rollback_ok(b);
            /* Objects that were read before are read again. */
            test_database_exec(&f->database, how == 0 ? "UPDATE shop SET name = 'now' WHERE id = 1" : "SELECT 1");
            if (how == 0)
                assert_string_equal(weft_get(a, Shop, 1)->name, "now");
        }
        rollback_ok(a);
    }
    (void)shop;
    weft_session_close(b);
}

static void what_cannot_be_locked_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Before, Job);
    weft_cte_as(Few, Id, .query = weft_select(.from = weft_from(Job), .columns = IDS));
    const weft_join_step left = weft_joins(weft_left_join_on(Before, weft_eq_col(Before, id, Job, after_id)));
    const weft_rows_options *const within =
        weft_select(.from = weft_from(Before), .columns = weft_columns(C(Before, id)), .lock = WEFT_FOR_UPDATE);
    weft_subselect_as(Both, Id, weft_union_all(within, weft_select(.from = weft_from(Job), .columns = IDS)));
    const struct {
        const weft_rows_options *query;
        const char *message;
    } cases[] = {
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_SHARE, .distinct = true),
         "has .distinct, whose rows"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_SHARE, .distinct_on = IDS),
         "has .distinct_on, whose"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_SHARE, .group_by = IDS), "has .group_by, whose rows"},
        {weft_select(.from = weft_from(Job), .columns = weft_columns(weft_count_all()), .lock = WEFT_FOR_SHARE),
         "has an aggregate, whose"},
        {weft_select(.from = weft_from(Job),
                     .columns = weft_columns(weft_over(weft_row_number(), .order_by = weft_order(weft_asc(Job, id)))),
                     .lock = WEFT_FOR_SHARE),
         "has weft_over, whose rows"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .joins = left, .lock = WEFT_FOR_UPDATE,
                     .of = weft_models(&Before_model)),
         "Before is on the side of an outer join that may have no row"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE,
                     .joins = weft_joins(weft_right_join_on(Before, weft_eq_col(Before, id, Job, after_id)))),
         "Job is on the side of an outer join that may have no row, whose rows cannot be locked: join the other way round"},
        {weft_select(.from = weft_from(Few), .columns = weft_columns(C(Few, id)), .lock = WEFT_FOR_UPDATE),
         "the CTE Few has no rows to be locked"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE, .of = weft_models(&Shop_model)),
         ".of names Shop, which the query does not join"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .of = weft_models(&Job_model)),
         ".of says what is locked, and nothing is: set .lock"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .no_wait = true), ".no_wait says what is locked"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE, .no_wait = true, .skip_locked = true),
         "exclude each other"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE, .limit = 1, .with_ties = true,
                     .skip_locked = true, .order_by = weft_order(weft_asc(Job, state))),
         ".skip_locked and .with_ties exclude each other"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .where = weft_in_query(C(Job, id), within)),
         "a SELECT within an expression has .lock"},
        {weft_select(.from = weft_from(Both), .columns = weft_columns(C(Both, id))), "a member of weft_union_all has .lock"},
        {weft_select(.columns = weft_columns(weft_val(1)), .lock = WEFT_FOR_UPDATE), "a SELECT without .from has no rows to lock"},
        {weft_select(.from = weft_from(Job), .columns = IDS, .lock = (weft_lock)7), "7 is no weft_lock"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)weft_rows_of(s, Id, cases[i].query);
        assert_message(s, cases[i].message);
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    if (!f->postgres) {
        (void)weft_rows(s, Id, .from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE, .no_wait = true);
        assert_message(s, "sqlite has no locks of rows");
        assert_refused(s, WEFT_ERROR_UNSUPPORTED);
        (void)weft_query(s, Job, .for_update = true, .no_wait = true);
        assert_message(s, "sqlite has no locks of rows");
        assert_refused(s, WEFT_ERROR_UNSUPPORTED);
    }
    assert_int_equal(fixture_statements(f), 0);
}

/* Whether the row is in the session already or not. */
static void how_it_is_locked_needs_a_lock(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int present = 0; present < 2; present++)
        for (int how = 0; how < 3; how++) {
            const weft_query_options options = {.skip_locked = how == 0,
                                                .no_wait = how == 1,
                                                .of = how == 2 ? weft_models(&Job_model) : NULL};
            const char *const message = how == 0   ? ".skip_locked says what is locked, and nothing is: set .for_update, too"
                                        : how == 1 ? ".no_wait says what is locked, and nothing is"
                                                   : ".of says what is locked, and nothing is";
            for (int reader = 0; reader < 7; reader++) {
                weft_status status = WEFT_OK;
                int64_t total = 0;
                if (present)
                    assert_non_null(weft_get(s, Job, 1));
                switch (reader) {
                case 0: assert_null(weft_session_get(s, &Job_model, weft_key_int64(1), &options)); break;
                case 1: assert_int_equal(weft_session_query(s, &Job_model, &options).count, 0); break;
                case 2: assert_null(weft_session_first(s, &Job_model, &options)); break;
                case 3: assert_null(weft_session_one(s, &Job_model, &status, &options)); break;
                case 4: assert_false(weft_session_exists(s, &Job_model, &options)); break;
                case 5: assert_int_equal(weft_session_count(s, &Job_model, &options), 0); break;
                default: assert_int_equal(weft_session_query_page(s, &Job_model, &total, &options).count, 0);
                }
                assert_message(s, message);
                assert_refused(s, WEFT_ERROR_MISUSE);
            }
            weft_select *select = weft_select_new(s, Job);
            weft_select_lock(select, WEFT_LOCK_NONE, how == 0, how == 1);
            if (how == 2)
                weft_select_lock_of(select, &Job_model);
            assert_int_equal(weft_select_run(select, &Job_model).count, 0);
            assert_message(s, message);
            assert_refused(s, WEFT_ERROR_MISUSE);
        }
    assert_null(weft_get(s, Job, 1, .for_update = true, .of = weft_models(&Shop_model)));
    assert_message(s, "weft_get takes no .of");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_non_null(weft_get(s, Job, 1, .for_update = true, .skip_locked = true));
    rollback_ok(s);
}

/* A number names no rows; a page of locked ones is counted all the same. */
static void numbers_lock_nothing(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t total = 0;
    assert_false(weft_exists(s, Job, .for_update = true));
    assert_message(s, "weft_exists locks no rows: leave .for_update and .lock out");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_count_of(s, Job, .lock = WEFT_FOR_SHARE), 0);
    assert_message(s, "weft_count_of locks no rows");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select *select = weft_select_new(s, Job);
    weft_select_for_update(select, false, false);
    assert_false(weft_select_exists(select));
    assert_refused(s, WEFT_ERROR_MISUSE);
    Job_list page = weft_query_page(s, Job, &total, .limit = 2, .order_by = weft_asc(Job, id), .for_update = true);
    assert_ok(s);
    assert_int_equal(page.count, 2);
    assert_int_equal(total, 4);
    rollback_ok(s);
}

static void connections_lock_within_their_transactions(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    for (int how = 0; how < 3; how++) {
        weft_connection *c;
        weft_result *result = NULL;
        Id_list ids = {NULL, 0};
        const weft_connection_options options = {.autocommit = how == 1, .read_only = how == 2};
        assert_error(weft_engine_connect(f->engine, &c, &options, &error), WEFT_OK, &error);
        weft_status status =
            weft_fetch(c, Id, &ids, &result, &error, .from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE);
        assert_error(status, how == 1 ? WEFT_ERROR_MISUSE : how == 2 ? WEFT_ERROR_READ_ONLY : WEFT_OK, &error);
        weft_result_close(result);
        if (how == 0) {
            assert_true(weft_connection_in_transaction(c));
            if (f->postgres)
                assert_int_equal(free_jobs(f->s, WEFT_FOR_KEY_SHARE).count, 0);
            rollback_ok(f->s);
            status =
                weft_connection_select(c,
                                       weft_select(.from = weft_from(Job), .columns = IDS, .stream = true, .lock = WEFT_FOR_UPDATE),
                                       &result, &error);
            assert_error(status, WEFT_ERROR_MISUSE, &error);
        } else if (how == 1) {
            assert_non_null(strstr(error.message, "in autocommit outside of a transaction"));
            assert_int_equal(weft_connection_begin(c, &error), WEFT_OK);
            status = weft_fetch(c, Id, &ids, &result, &error, .from = weft_from(Job), .columns = IDS, .lock = WEFT_FOR_UPDATE);
            assert_error(status, WEFT_OK, &error);
            weft_result_close(result);
        }
        (void)weft_connection_rollback(c, &error);
        weft_connection_close(c);
    }
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.read_only = true});
    (void)weft_run(s, take, .state = "open", .rows = 1);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    weft_session_close(s);
}

static void samples_are_of_tables(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    if (!f->postgres) {
        weft_sampled(Some, Job, weft_sample_system(weft_val(50.0)));
        (void)weft_rows(s, Id, .from = weft_from(Some), .columns = weft_columns(C(Some, id)));
        assert_message(s, "sqlite takes no samples of tables, as Some is one");
        assert_refused(s, WEFT_ERROR_UNSUPPORTED);
        assert_int_equal(fixture_statements(f), 0);
        return;
    }
    test_database_exec(&f->database, "INSERT INTO \"user\" SELECT i, 1, 'more', NULL FROM generate_series(10, 5009) AS i");
    for (int run = 0; run < 2; run++) {
        const double share = run == 0 ? 10 : 40;
        weft_sampled(Some, Job, weft_sample_bernoulli(weft_val(share), weft_val(7)));
        weft_sampled(Same, Job, weft_sample_bernoulli(weft_val(share), weft_val(7)));
        Id_list some = weft_rows(s, Id, .from = weft_from(Some), .columns = weft_columns(C(Some, id)),
                                 .where = weft_eq(Some, state, "more"), .order_by = weft_order(weft_asc(Some, id)));
        assert_ok(s);
        assert_in_range(some.count, (size_t)(share * 40), (size_t)(share * 60));
        Id_list both =
            weft_rows(s, Id, .from = weft_from(Job), .columns = weft_columns(C(Job, id)), .where = weft_eq(Job, state, "more"),
                      .joins = weft_joins(weft_join_on(Same, weft_eq_col(Same, id, Job, id))),
                      .order_by = weft_order(weft_asc(Job, id)));
        assert_ok(s);
        assert_string_equal(fixture_last_sql(f),
                            "SELECT \"user\".id FROM \"user\" JOIN \"user\" AS \"Same\" TABLESAMPLE BERNOULLI ($1) "
                            "REPEATABLE ($2) ON \"Same\".id = \"user\".id WHERE \"user\".state = $3 ORDER BY \"user\".id");
        assert_int_equal(both.count, some.count);
        for (size_t i = 0; i < some.count; i++)
            assert_int_equal(both.items[i]->id, some.items[i]->id);
    }
    assert_int_equal(fixture_cached(f), 2);
    weft_sampled(Pages, Job, weft_sample_system(weft_val(100)));
    Id_list all = weft_rows(s, Id, .from = weft_from(Pages), .columns = weft_columns(weft_count_all()),
                            .where = weft_eq(Pages, state, "more"));
    assert_ok(s);
    assert_int_equal(all.items[0]->id, 5000);
    weft_sampled(None, Job, weft_fn("random", weft_val(1)));
    (void)weft_rows(s, Id, .from = weft_from(None), .columns = weft_columns(C(None, id)));
    assert_message(s, "is sampled by something else");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_sampled(Much, Job, weft_sample_system(weft_val(200)));
    (void)weft_rows(s, Id, .from = weft_from(Much), .columns = weft_columns(C(Much, id)));
    assert_refused(s, WEFT_ERROR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_lock_keeps_out_what_it_says),
        ON_BOTH(workers_take_jobs_that_no_other_has),
        ON_BOTH(what_is_locked_is_said),
        ON_BOTH(what_cannot_be_locked_is_refused),
        ON_BOTH(how_it_is_locked_needs_a_lock),
        ON_BOTH(numbers_lock_nothing),
        ON_BOTH(connections_lock_within_their_transactions),
        ON_BOTH(samples_are_of_tables),
    };
    return cmocka_run_group_tests_name("row_locks", tests, NULL, NULL);
}
