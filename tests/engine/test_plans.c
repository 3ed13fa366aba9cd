/* How PostgreSQL plans what it runs often: statements in which a value decides about a partial index are planned for each run, all
 * others are kept, and the option and the URL say otherwise. */
#include "support/fixture.h"

WEFT_DECLARE(Job);
WEFT_DECLARE(Owner);
struct Job {
    int64_t id;
    int64_t owner;
    const char *state;
    bool hidden;
    int64_t at;
};
struct Owner {
    int64_t id;
    const char *state;
    Job_list jobs;
};
WEFT_MODEL(Job, "job", WEFT_COLUMN(Job, id, .primary_key = true), WEFT_COLUMN(Job, owner), WEFT_COLUMN(Job, state),
           WEFT_COLUMN(Job, hidden), WEFT_COLUMN(Job, at), WEFT_INDEX(Job, "owner, at", .where = "State <> 'done' AND \"at\" > 0"));
WEFT_MODEL(Owner, "owner", WEFT_COLUMN(Owner, id, .primary_key = true), WEFT_COLUMN(Owner, state),
           WEFT_HAS_MANY(Owner, jobs, Job, .foreign_key = "owner"));
WEFT_METADATA(models, &Job_model, &Owner_model);
FIXTURE_MODELS(models);

/* The SELECT, UPDATE and DELETE statements that this session's connection keeps prepared, and the runs of their generic plans. */
static int64_t kept(weft_session *s, const char *what)
{
    weft_error error;
    weft_result *result;
    weft_connection *c = weft_session_connection(s);
    char sql[200];
    int64_t number = -1;
    (void)snprintf(sql, sizeof sql, "SELECT coalesce(%s, 0)::bigint FROM pg_prepared_statements WHERE statement ~ 'job|owner'",
                   what);
    assert_error(weft_connection_query(c, sql, NULL, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &number));
    weft_result_close(result);
    return number;
}

typedef void (*statement)(weft_session *s, int64_t i);
static void by_inequality(weft_session *s, int64_t i)
{
    (void)weft_exists(s, Job, .where = weft_and(weft_ne(Job, state, "done"), weft_eq(Job, owner, i)));
}
static void by_equality(weft_session *s, int64_t i) { (void)weft_query(s, Job, .where = weft_eq(Job, state, "open"), .limit = i); }
static void by_quoted_column(weft_session *s, int64_t i) { (void)weft_count_of(s, Job, .where = weft_gt(Job, at, i)); }
static void by_list(weft_session *s, int64_t i)
{
    const char *const states[] = {"open", "new"};
    (void)weft_count_of(s, Job, .where = weft_and(weft_in(Job, state, states, 2), weft_lt(Job, id, i)));
}
static void by_pattern(weft_session *s, int64_t i)
{
    (void)weft_count_of(s, Job, .where = weft_and(weft_like(Job, state, "o%"), weft_lt(Job, id, i)));
}
static void by_operator(weft_session *s, int64_t i)
{
    (void)weft_count_of(s, Job, .where = weft_and(weft_op(weft_col(Job, state), "<>", weft_val("done")), weft_lt(Job, id, i)));
}
static void by_relationship(weft_session *s, int64_t i)
{
    (void)weft_count_of(s, Owner, .where = weft_any(Owner, jobs, weft_gt(Job, at, i)));
}
static void by_update(weft_session *s, int64_t i)
{
    (void)weft_session_update(s,
                              weft_update_of(Job, .set = weft_sets(weft_to(Job, owner, i)), .where = weft_ne(Job, state, "done")),
                              NULL);
}

static void values_that_decide_about_a_partial_index_are_planned_for_each_run(void **state)
{
    fixture *f = *state;
    static const statement statements[] = {by_inequality, by_equality, by_quoted_column, by_list,
                                           by_pattern,    by_operator, by_relationship,  by_update};
    for (size_t n = 0; n < sizeof statements / sizeof statements[0]; n++) {
        for (int64_t i = 1; i <= 8; i++)
            statements[n](f->s, i);
        assert_int_equal(kept(f->s, "count(*)"), 0);
    }
    assert_ok(f->s);
}

static void by_other_columns(weft_session *s, int64_t i)
{
    (void)weft_count_of(s, Job, .where = weft_and(weft_eq(Job, owner, i), weft_eq(Job, hidden, true)));
}
static void by_nullness(weft_session *s, int64_t i)
{
    (void)weft_count_of(s, Job, .where = weft_and(weft_is_not_null(Job, state), weft_eq(Job, id, i)));
}
static void by_key(weft_session *s, int64_t i) { (void)weft_get(s, Job, i); }
static void by_assignment(weft_session *s, int64_t i)
{
    (void)weft_session_update(s, weft_update_of(Job, .set = weft_sets(weft_to(Job, state, "x")), .where = weft_eq(Job, id, i)),
                              NULL);
}
static void of_another_table(weft_session *s, int64_t i)
{
    (void)weft_count_of(s, Owner, .where = weft_and(weft_eq(Owner, state, "x"), weft_eq(Owner, id, i)));
}

static void all_other_statements_are_kept(void **state)
{
    fixture *f = *state;
    static const statement statements[] = {by_other_columns, by_nullness, by_key, by_assignment, of_another_table};
    for (size_t n = 0; n < sizeof statements / sizeof statements[0]; n++) {
        for (int64_t i = 1; i <= 8; i++)
            statements[n](f->s, i);
        assert_int_equal(kept(f->s, "count(*)"), n + 1);
    }
    assert_ok(f->s);
}

static void check_mode(fixture *f, weft_plan_mode plan, const char *shown, int64_t statements)
{
    weft_error error;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.plan = plan});
    weft_session *s = weft_session_open(engine, NULL);
    for (int64_t i = 1; i <= 8; i++)
        by_inequality(s, i);
    assert_int_equal(kept(s, "count(*)"), statements);
    assert_int_equal(kept(s, "sum(generic_plans)"), plan == WEFT_PLAN_GENERIC ? 8 : 0);
    weft_result *result;
    assert_error(weft_connection_query(weft_session_connection(s), "SHOW plan_cache_mode", NULL, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), shown);
    weft_result_close(result);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void the_option_says_how_to_plan(void **state)
{
    check_mode(*state, WEFT_PLAN_DEFAULT, "auto", 0);
    check_mode(*state, WEFT_PLAN_CUSTOM, "force_custom_plan", 1);
    check_mode(*state, WEFT_PLAN_GENERIC, "force_generic_plan", 1);
}

static void open_with(fixture *f, const char *option, weft_status wanted)
{
    char url[1200];
    weft_error error;
    weft_engine *engine = NULL;
    (void)snprintf(url, sizeof url, "%s%c%s", f->database.url, strchr(f->database.url, '?') != NULL ? '&' : '?', option);
    assert_error(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &models, .plan = WEFT_PLAN_GENERIC}, &error),
                 wanted, &error);
    if (engine == NULL)
        return;
    weft_session *s = weft_session_open(engine, NULL);
    weft_result *result;
    assert_error(weft_connection_query(weft_session_connection(s), "SHOW plan_cache_mode", NULL, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_non_null(strstr(option, weft_result_text(result, 0)));
    weft_result_close(result);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void the_url_outranks_the_option(void **state)
{
    open_with(*state, "plan_cache_mode=force_custom_plan", WEFT_OK);
    open_with(*state, "plan_cache_mode=auto", WEFT_OK);
    open_with(*state, "plan_cache_mode=custom", WEFT_ERROR_URL);
    open_with(*state, "plan_cache_mode", WEFT_ERROR_URL);
    open_with(*state, "pgbouncer=1", WEFT_ERROR_URL);
}

static void a_mode_that_is_none_is_refused(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_engine *engine;
    const weft_engine_options options = {.metadata = &models, .plan = (weft_plan_mode)4};
    assert_error(weft_engine_open(&engine, f->database.url, &options, &error), WEFT_ERROR_MISUSE, &error);
}

/* ---- of one statement ---- */

typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));
typedef struct Ask {
    int64_t owner;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, owner));
WEFT_PARAMETERS(Ask);
WEFT_STATEMENT(jobs_of, Number, Ask, .from = weft_from(Job), .columns = weft_columns(weft_count_all()),
               .where = weft_eq_col(Job, owner, Ask, owner), .plan = WEFT_PLAN_GENERIC);
WEFT_CHANGE(free_jobs, Ask,
            weft_updated(Job, .set = weft_sets(weft_to_expr(Job, at, weft_col(Job, id))),
                         .where = weft_eq_col(Job, owner, Ask, owner), .plan = WEFT_PLAN_GENERIC));

static void show_mode(weft_session *s, const char *wanted)
{
    weft_error error;
    weft_result *result;
    assert_error(weft_connection_query(weft_session_connection(s), "SHOW plan_cache_mode", NULL, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), wanted);
    weft_result_close(result);
}

static void objects_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    assert_int_equal(weft_query(s, Job, .where = weft_eq(Job, owner, 297 + i), .plan = plan).count, i == 3);
}
static void rows_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    const Number_list rows = weft_rows(s, Number, .from = weft_from(Job), .columns = weft_columns(weft_col(Job, owner)),
                                       .where = weft_eq(Job, owner, 297 + i), .plan = plan);
    assert_int_equal(rows.count, i == 3);
}
static void count_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    assert_int_equal(weft_count_of(s, Job, .where = weft_eq(Job, owner, 297 + i), .plan = plan), i == 3);
}
static void update_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    int64_t changed = -1;
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Job, .set = weft_sets(weft_to(Job, hidden, true)),
                                                   .where = weft_eq(Job, owner, 297 + i), .plan = plan),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, i == 3);
}
static void delete_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    int64_t changed = -1;
    assert_call(s,
                weft_session_delete_where(s, weft_delete_from(Job, .where = weft_eq(Job, owner, 400 + i), .plan = plan), &changed),
                WEFT_OK);
    assert_int_equal(changed, 0);
}
static void insert_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    int64_t changed = -1;
    const weft_insert *insert =
        weft_insert_into(Owner, .columns = weft_columns(weft_col(Owner, state)),
                         .query = weft_select(.from = weft_from(Job), .columns = weft_columns(weft_col(Job, state)),
                                              .where = weft_eq(Job, owner, 297 + i)),
                         .plan = plan);
    assert_call(s, weft_session_insert(s, insert, &changed), WEFT_OK);
    assert_int_equal(changed, i == 3);
}
static void constant_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    (void)plan;
    const Number_list rows = weft_run(s, jobs_of, .owner = 297 + i);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->n, i == 3);
}
static void change_as(weft_session *s, int64_t i, weft_plan_mode plan)
{
    int64_t changed = -1;
    (void)plan;
    assert_call(s, weft_change(s, free_jobs, &changed, .owner = 297 + i), WEFT_OK);
    assert_int_equal(changed, i == 3);
}
static void (*const planned[])(weft_session *, int64_t, weft_plan_mode) = {objects_as, rows_as,   count_as,    update_as,
                                                                           delete_as,  insert_as, constant_as, change_as};
enum { CONSTANT = 6 };

static void a_statement_says_how_it_is_planned(void **state)
{
    fixture *f = *state;
    test_database_exec(
        &f->database,
        "INSERT INTO owner (id, state) VALUES (300, 'z'); INSERT INTO job (owner, state, hidden, at) VALUES (300, 'x', false, 1)");
    for (size_t n = 0; n < sizeof planned / sizeof planned[0]; n++)
        for (int way = 0; way < 4; way++) { /* every run a transaction, one transaction; on engines of both kinds */
            const bool opposite = way >= 2;
            if (n >= CONSTANT && opposite)
                continue;
            weft_engine *engine =
                fixture_engine(f, (weft_engine_options){.pool.size = 1, .plan = opposite ? WEFT_PLAN_GENERIC : WEFT_PLAN_DEFAULT});
            weft_session *s = weft_session_open(engine, NULL);
            for (int64_t i = 1; i <= 8; i++) {
                planned[n](s, i, opposite ? WEFT_PLAN_CUSTOM : WEFT_PLAN_GENERIC);
                if (way % 2 == 0)
                    commit_ok(s);
                else if (f->postgres && i == 4) /* what comes between is planned as ever */
                    show_mode(s, opposite ? "force_generic_plan" : "auto");
            }
            if (f->postgres) {
                assert_int_equal(kept(s, "count(*)"), 1);
                assert_int_equal(kept(s, "sum(generic_plans)"), opposite ? 0 : 8);
                assert_int_equal(kept(s, "sum(custom_plans)"), opposite ? 8 : 0);
                show_mode(s, opposite ? "force_generic_plan" : "auto");
            }
            rollback_ok(s);
            weft_session_close(s);
            weft_engine_close(engine);
        }
}

/* AUTO of a statement takes back what weft does by itself. */
static void a_statement_may_be_left_to_the_server(void **state)
{
    fixture *f = *state;
    for (int64_t i = 1; i <= 8; i++)
        (void)weft_exists(f->s, Job, .where = weft_and(weft_ne(Job, state, "done"), weft_eq(Job, owner, i)),
                          .plan = WEFT_PLAN_AUTO);
    assert_int_equal(kept(f->s, "count(*)"), 1);
    show_mode(f->s, "auto");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.plan = WEFT_PLAN_CUSTOM});
    weft_session *s = weft_session_open(engine, NULL);
    for (int64_t i = 1; i <= 8; i++)
        (void)weft_exists(s, Job, .where = weft_eq(Job, owner, i), .plan = WEFT_PLAN_AUTO);
    assert_true(kept(s, "sum(custom_plans)") <= 8);
    assert_true(kept(s, "sum(generic_plans)") >= 1);
    show_mode(s, "force_custom_plan");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void savepoints_put_the_mode_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Owner, .state = "y");
    objects_as(s, 1, WEFT_PLAN_GENERIC);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    show_mode(s, "auto");
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK); /* generic again */
    show_mode(s, "auto");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    objects_as(s, 2, WEFT_PLAN_GENERIC);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK); /* auto again */
    objects_as(s, 4, WEFT_PLAN_GENERIC);
    objects_as(s, 5, WEFT_PLAN_GENERIC);
    assert_int_equal(kept(s, "sum(generic_plans)"), 4);
    assert_int_equal(weft_session_execute_text(s, "SELECT 1 / 0", NULL), WEFT_ERROR_DATA);
    rollback_ok(s);
    objects_as(s, 6, WEFT_PLAN_GENERIC);
    commit_ok(s);
    show_mode(s, "auto");
}

static void the_mode_belongs_to_the_statement_that_is_run(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
#define REFUSED(part) \
    do { \
        assert_message(s, part); \
        assert_refused(s, WEFT_ERROR_MISUSE); \
        assert_int_equal(fixture_statements(f), 0); \
    } while (0)
    (void)fixture_statements(f);
    (void)weft_query(s, Job, .plan = (weft_plan_mode)4);
    REFUSED("4 is no weft_plan_mode");
    (void)weft_rows(s, Number, .from = weft_from(Job), .columns = weft_columns(weft_col(Job, id)), .plan = (weft_plan_mode)77);
    REFUSED("77 is no weft_plan_mode");
    (void)weft_session_update(s, weft_update_of(Job, .set = weft_sets(weft_to(Job, at, 1)), .all = true, .plan = (weft_plan_mode)4),
                              NULL);
    REFUSED("4 is no weft_plan_mode");
    weft_subselect(Number,
                   weft_select(.from = weft_from(Job), .columns = weft_columns(weft_col(Job, id)), .plan = WEFT_PLAN_CUSTOM));
    (void)weft_rows(s, Number, .from = weft_from(Number), .columns = weft_columns(weft_col(Number, n)));
    REFUSED(".plan belongs to the statement that is run");
    (void)weft_session_insert(s,
                              weft_insert_into(Owner, .columns = weft_columns(weft_col(Owner, state)),
                                               .query = weft_select(.from = weft_from(Job),
                                                                    .columns = weft_columns(weft_col(Job, state)),
                                                                    .plan = WEFT_PLAN_CUSTOM)),
                              NULL);
    REFUSED(".plan belongs to weft_insert_into");
#undef REFUSED
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(values_that_decide_about_a_partial_index_are_planned_for_each_run),
        ON_POSTGRES(all_other_statements_are_kept),
        ON_POSTGRES(the_option_says_how_to_plan),
        ON_POSTGRES(the_url_outranks_the_option),
        ON_BOTH(a_mode_that_is_none_is_refused),
        ON_BOTH(a_statement_says_how_it_is_planned),
        ON_POSTGRES(a_statement_may_be_left_to_the_server),
        ON_POSTGRES(savepoints_put_the_mode_back),
        ON_BOTH(the_mode_belongs_to_the_statement_that_is_run),
    };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
