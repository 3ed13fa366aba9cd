/* Plans of slow statements in the log; what asks for them changes nothing. */
#include "fixtures/purse.h"

FIXTURE_MODELS(purse);

typedef struct plans {
    int count, warnings;
    char last[4000], sql[300];
} plans;

static void note(void *context, const weft_log_record *record)
{
    plans *p = context;
    p->warnings += record->level == WEFT_LOG_WARNING;
    if (record->topic != WEFT_LOG_STATEMENT || strncmp(record->message, "plan of a slow statement:\n", 26) != 0)
        return;
    p->count++;
    snprintf(p->last, sizeof p->last, "%s", record->message);
    snprintf(p->sql, sizeof p->sql, "%s", record->sql);
}

static weft_engine *explaining(fixture *f, plans *p)
{
    return fixture_engine(f, (weft_engine_options){.log = note,
                                                   .log_context = p,
                                                   .log_level = WEFT_LOG_WARNING,
                                                   .slow_ms = 1,
                                                   .slow_explain = true,
                                                   .log_values = true});
}

/* Some hundred thousand rows are counted one by one: that takes a millisecond anywhere. */
static const char *const slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
                                "SELECT count(*) FROM n, item WHERE item.amount > $1";

static void a_slow_statement_is_followed_by_its_plan(void **state)
{
    fixture *f = *state;
    plans p = {0};
    weft_error error = {0};
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2)");
    weft_engine *engine = explaining(f, &p);
    weft_connection *c = NULL;
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    for (int round = 0; round < 2; round++) { /* the second time within a transaction that has written */
        if (round == 1)
            assert_error(weft_execute_text(c, "INSERT INTO item (amount) VALUES (3)", NULL, &error), WEFT_OK, &error);
        const int before = p.count;
        weft_result *result = NULL;
        assert_error(weft_connection_query(c, slow, weft_parameters(weft_value_int64(0)), &result, &error), WEFT_OK, &error);
        int64_t count = 0;
        assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &count));
        assert_int_equal(count, (2 + round) * 200000);
        weft_result_close(result);
        assert_int_equal(p.count, before + 1);
        assert_non_null(strstr(p.last, f->postgres ? "Seq Scan on item" : "SCAN item"));
        assert_non_null(strstr(p.sql, "WITH RECURSIVE n(i)"));
    }
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    weft_engine_close(engine);
    assert_rows(f, "SELECT count(*) FROM item", "3");
}

/* Objects by a session, with lists as parameters and rows that are changed: nothing is done twice. */
static void what_writes_is_explained_and_done_once(void **state)
{
    fixture *f = *state;
    plans p = {0};
    weft_engine *engine = explaining(f, &p);
    weft_session *s = weft_session_open(engine, NULL);
    enum { MANY = 20000 };
    for (int i = 0; i < MANY; i++)
        (void)weft_new(s, Item, .amount = i);
    commit_ok(s);
    p = (plans){0};
    for (int64_t round = 1; round <= 3; round++) {
        int64_t changed = 0;
        assert_call(s,
                    weft_session_update(s,
                                        weft_update_of(Item,
                                                       .set = weft_sets(weft_to_expr(
                                                           Item, amount, weft_op(weft_col(Item, amount), "+", weft_val(10)))),
                                                       .where = weft_ge(Item, amount, 0)),
                                        &changed),
                    WEFT_OK);
        assert_int_equal(changed, MANY);
        assert_int_equal(p.count, round);
        assert_non_null(strstr(p.last, f->postgres ? "Update on item" : "SCAN item"));
    }
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Item, .where = weft_ge(Item, amount, 30)), MANY);
    assert_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
    assert_rows(f, "SELECT count(*), sum(amount) FROM item", "20000|200590000");
}

static void a_plan_without_values_in_the_log_is_misuse(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine;
    const weft_engine_options wrong[] = {{.metadata = &purse, .slow_explain = true, .log_values = true},
                                         {.metadata = &purse, .slow_explain = true, .slow_ms = 5}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(weft_engine_open(&engine, f->database.url, &wrong[i], &error), WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, ".slow_explain needs"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_slow_statement_is_followed_by_its_plan),
        ON_BOTH(what_writes_is_explained_and_done_once),
        ON_BOTH(a_plan_without_values_in_the_log_is_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
