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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(values_that_decide_about_a_partial_index_are_planned_for_each_run),
        ON_POSTGRES(all_other_statements_are_kept),
        ON_POSTGRES(the_option_says_how_to_plan),
        ON_POSTGRES(the_url_outranks_the_option),
        ON_BOTH(a_mode_that_is_none_is_refused),
    };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
