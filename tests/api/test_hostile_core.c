/* Core as a program meets it that reads the manual last: names with every sign that SQL has a use for, operators of words, results
 * read past their end and closed twice over, statements run on what has failed, transactions begun and ended out of turn, and every
 * call of a session made from another thread. */
#include "support/fixture.h"

#include <pthread.h>

WEFT_DECLARE(Odd);
struct Odd {
    int64_t id;
    const char *question;
    int32_t colon;
    int32_t percent;
    const char *dollar;
    weft_opt_int32 unicode;
    const char *comment;
};
WEFT_MODEL(Odd, "odd; DROP TABLE odd -- ?", WEFT_COLUMN(Odd, id, .primary_key = true),
           WEFT_COLUMN(Odd, question, .column = "what?"), WEFT_COLUMN(Odd, colon, .column = ":name"),
           WEFT_COLUMN(Odd, percent, .column = "100%s (of)"), WEFT_COLUMN(Odd, dollar, .column = "$1", .nullable = true),
           WEFT_COLUMN(Odd, unicode, .column = "größe €"), WEFT_COLUMN(Odd, comment, .column = "/* -- ' \\", .nullable = true));
WEFT_METADATA(models, &Odd_model);
FIXTURE_MODELS(models);

static void signs_of_sql_in_names_are_only_signs(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 10; i++)
        weft_new(s, Odd, .question = "a?", .colon = i, .percent = i * i, .dollar = i % 2 ? "$2" : NULL, .unicode = {i > 4, i});
    commit_ok(s);
    weft_session_clear(s);
    Odd_list found =
        weft_query(s, Odd, .where = weft_and(weft_eq(Odd, question, "a?"), weft_eq(Odd, dollar, "$2"), weft_gt(Odd, unicode, 4)),
                   .order_by = weft_order(weft_desc(Odd, percent)), .limit = 2);
    assert_ok(s);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0]->colon, 9);
    weft_edit(s, Odd, found.items[0])->comment = "*/ '; --";
    commit_ok(s);
    int64_t changed = 0;
    assert_int_equal(weft_session_update(s,
                                         weft_update_of(Odd, .set = weft_sets(weft_to(Odd, percent, 1)),
                                                        .where = weft_null(weft_col(Odd, unicode))),
                                         &changed),
                     WEFT_OK);
    assert_int_equal(changed, 5);
    assert_int_equal(weft_count_of(s, Odd, .where = weft_eq(Odd, comment, "*/ '; --")), 1);
    weft_connection *c;
    weft_result *r;
    weft_error error = {0};
    commit_ok(s);
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Odd), .order_by = weft_order(weft_asc(Odd, id))},
                                        &r, &error),
                 WEFT_OK, &error);
    assert_string_equal(weft_result_name(r, 3), "100%s (of)");
    assert_string_equal(weft_result_name(r, 5), "größe €");
    assert_null(weft_result_name(r, 7));
    weft_result_close(r);
    weft_connection_close(c);
}

static int64_t count_where(fixture *f, const weft_expr *condition)
{
    int64_t counted = weft_count_of(f->s, Odd, .where = condition);
    assert_ok(f->s);
    return counted;
}

static void null_is_counted_where_it_is_asked_for(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++)
        weft_new(f->s, Odd, .question = "q", .unicode = {i != 1, i});
    commit_ok(f->s);
    const weft_expr *column = weft_col(Odd, unicode);
    assert_int_equal(count_where(f, weft_ne(Odd, unicode, 0)), 1);
    assert_int_equal(count_where(f, weft_op(column, "IS DISTINCT FROM", weft_val(0))), 2);
    assert_int_equal(count_where(f, weft_op(column, "IS NOT DISTINCT FROM", weft_val(2))), 1);
    assert_int_equal(count_where(f, weft_not(weft_eq(Odd, unicode, 0))), 1);
    assert_int_equal(count_where(f, weft_not(weft_is_null(Odd, unicode))), 2);
    assert_int_equal(count_where(f, weft_in(Odd, unicode, (const int *)NULL, 0)), 0);
    assert_int_equal(count_where(f, weft_not_in(Odd, unicode, (const int *)NULL, 0)), 3);
    assert_int_equal(count_where(f, weft_not(weft_in(Odd, unicode, (const int *)NULL, 0))), 3);
    assert_int_equal(count_where(f, weft_eq(Odd, unicode, (weft_opt_int32){0})), 1);
    assert_int_equal(count_where(f, weft_between(column, weft_val(0), weft_val(2))), 2);
    assert_int_equal(count_where(f, weft_not(weft_between(column, weft_val(1), weft_val(2)))), 1);
    assert_int_equal(count_where(f, weft_eq(Odd, dollar, "")), 0); /* NULL is no empty text */
    assert_int_equal(count_where(f, weft_or(weft_eq(Odd, dollar, ""), weft_is_null(Odd, dollar))), 3);
}

static void arithmetic_means_the_same_on_both(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Odd, .question = "q", .colon = -7, .percent = 2);
    commit_ok(f->s);
    const weft_expr *a = weft_col(Odd, colon), *b = weft_col(Odd, percent);
    assert_int_equal(count_where(f, weft_op(weft_op(a, "/", b), "=", weft_val(-3))), 1);
    assert_int_equal(count_where(f, weft_op(weft_op(a, "%", b), "=", weft_val(-1))), 1);
    assert_int_equal(count_where(f, weft_op(weft_op(a, "-", weft_op(b, "-", weft_val(1))), "=", weft_val(-8))), 1);
    assert_int_equal(count_where(f, weft_op(weft_op(weft_op(a, "-", b), "*", weft_val(2)), "=", weft_val(-18))), 1);
    assert_int_equal(count_where(f, weft_op(weft_op(weft_col(Odd, question), "||", weft_val("x")), "=", weft_val("qx"))), 1);
    assert_int_equal(count_where(f, weft_op(weft_cast(a, WEFT_DOUBLE), "<", weft_val(-6.5))), 1);
    (void)weft_count_of(f->s, Odd, .where = weft_op(weft_op(a, "/", weft_op(b, "-", b)), "=", weft_val(0)));
    weft_status status = weft_session_status(f->s); /* SQLite gives NULL, PostgreSQL an error of data */
    assert_true(status == WEFT_OK || status == WEFT_ERROR_DATA);
    rollback_ok(f->s);
}

static void results_end_and_end_again(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_result *r, *other;
    weft_error error = {0};
    int64_t n = 77;
    for (int i = 0; i < 3; i++)
        weft_new(f->s, Odd, .question = "q", .colon = i);
    commit_ok(f->s);
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_query(c, "SELECT id, id FROM \"odd; DROP TABLE odd -- ?\"", NULL, &r, &error), WEFT_OK, &error);
    assert_false(weft_result_int64(r, 0, &n)); /* before the first row */
    assert_int_equal(n, 77);
    for (int i = 0; i < 3; i++)
        assert_true(weft_result_next(r, &error));
    for (int i = 0; i < 3; i++) {
        assert_false(weft_result_next(r, &error));
        assert_int_equal(error.status, WEFT_OK);
        assert_false(weft_result_int64(r, 0, &n));
        assert_true(weft_result_value(r, 0).is_null);
    }
    assert_int_equal(weft_result_columns(r), 2);
    weft_connection_close(c); /* with a result open */
    assert_false(weft_result_next(r, &error));
    weft_result_close(r);
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Odd), .stream = true}, &r, &error), WEFT_OK,
                 &error);
    assert_true(weft_result_next(r, &error));
    weft_status status = weft_connection_query(c, "SELECT 1", NULL, &other, &error);
    assert_true(status == WEFT_OK || (f->postgres && status == WEFT_ERROR_MISUSE));
    if (status == WEFT_OK)
        weft_result_close(other);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    assert_false(weft_result_next(r, &error));
    assert_int_equal(error.status, WEFT_ERROR_CLOSED);
    weft_result_close(r);
    assert_error(weft_execute_text(c, "INSERT INTO nowhere VALUES (1)", NULL, &error), WEFT_ERROR_NO_TABLE, &error);
    (void)weft_connection_rollback(c, &error);
    assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void transactions_out_of_turn_are_told(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_release(c, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_rollback_to(c, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_error(weft_connection_begin(c, &error), WEFT_OK, &error);
    assert_error(weft_connection_begin(c, &error), WEFT_ERROR_MISUSE, &error);
    for (int i = 0; i < 20; i++) {
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        assert_error(weft_execute_text(c, "INSERT INTO nowhere VALUES (1)", NULL, &error), WEFT_ERROR_NO_TABLE, &error);
        assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
    }
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_false(weft_connection_in_transaction(c));
    assert_error(weft_connection_release(c, &error), WEFT_ERROR_MISUSE, &error);
    static const char *const forbidden[] = {"BEGIN",       "  commit",          "ROLLBACK",        "/* x */ END",
                                            "SAVEPOINT a", "start transaction", "-- c\nRELEASE a", "ABORT"};
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        weft_status status = weft_execute_text(c, forbidden[i], NULL, &error);
        assert_true(status == WEFT_ERROR_MISUSE || status == WEFT_ERROR_SQL);
        (void)weft_connection_rollback(c, &error);
    }
    weft_connection_close(c);
    weft_connection_close(NULL);
}

typedef struct stranger {
    fixture *f;
    const Odd *odd;
    weft_select *select;
    int wrong, calls;
} stranger;

static void note(stranger *x, weft_status status)
{
    x->calls++;
    x->wrong += status == WEFT_ERROR_WRONG_THREAD;
}

/* No assertion here: they end the thread's process. */
static void *call_everything(void *context)
{
    stranger *x = context;
    weft_session *s = x->f->s;
    const Odd *odd = x->odd;
    int64_t n = 5;
    weft_status status = WEFT_OK;
    note(x, weft_session_flush(s));
    note(x, weft_session_commit(s));
    note(x, weft_session_rollback(s));
    note(x, weft_session_savepoint(s));
    note(x, weft_session_savepoint_release(s));
    note(x, weft_session_savepoint_rollback(s));
    note(x, weft_session_clear(s));
    note(x, weft_session_adopt(s));
    note(x, weft_session_release(s));
    note(x, weft_session_set_deadline(s, 1));
    note(x, weft_session_status(s));
    note(x, weft_session_error(s)->status);
    note(x, weft_session_set(s, &Odd_model, odd, offsetof(Odd, colon), weft_value_int64(9)));
    note(x, weft_delete(s, Odd, odd));
    note(x, weft_refresh(s, Odd, odd));
    note(x, weft_expunge(s, Odd, odd));
    note(x, weft_session_update(s, weft_update_of(Odd, .set = weft_sets(weft_to(Odd, colon, 9)), .all = true), &n));
    note(x, weft_session_delete_where(s, weft_delete_from(Odd, .all = true), &n));
    note(x, weft_session_execute_text(s, "SELECT 1", NULL));
    note(x, weft_transact(s, NULL, NULL, NULL));
    (void)weft_one(s, Odd, &status);
    note(x, status);
    x->calls += 12;
    x->wrong += weft_session_connection(s) == NULL;
    x->wrong += weft_query(s, Odd).count == 0;
    x->wrong += weft_first(s, Odd) == NULL;
    x->wrong += weft_get(s, Odd, odd->id) == NULL;
    x->wrong += weft_count_of(s, Odd) <= 0;
    x->wrong += !weft_exists(s, Odd);
    x->wrong += !weft_session_in_transaction(s);
    x->wrong += weft_state_of(s, Odd, odd) == WEFT_OBJECT_NONE;
    x->wrong += weft_select_all(x->select, Odd).count == 0;
    x->wrong += weft_get_many(s, Odd, ((const long[]){1}), 1).count <= 1;
    Odd *scratch = weft_new(s, Odd, .question = "stranger");
    x->wrong += scratch != NULL;
    weft_edit(s, Odd, odd)->colon = 9;
    weft_session_stats stats;
    weft_session_stats_get(s, &stats);
    x->wrong += stats.statements == 0 && n == 5;
    weft_select_where(x->select, &weft_false);
    weft_select_limit(x->select, 1);
    weft_select_free(x->select);
    weft_session_close(s);
    (void)weft_text(s, "x");
    return NULL;
}

static void every_call_from_another_thread_is_told_and_changes_nothing(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 3; i++)
        weft_new(s, Odd, .question = "q", .colon = i);
    commit_ok(s);
    stranger x = {.f = f, .odd = weft_first(s, Odd), .select = weft_select_new(s, Odd)};
    weft_edit(s, Odd, x.odd)->percent = 4;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, call_everything, &x), 0);
    pthread_join(thread, NULL);
    assert_int_equal(x.wrong, x.calls);
    assert_ok(s);
    assert_int_equal(weft_select_all(x.select, Odd).count, 3);
    commit_ok(s);
    assert_rows(f, "SELECT sum(\":name\"), sum(\"100%s (of)\"), count(*) FROM \"odd; DROP TABLE odd -- ?\"", "3|4|3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(signs_of_sql_in_names_are_only_signs), ON_BOTH(null_is_counted_where_it_is_asked_for),
        ON_BOTH(arithmetic_means_the_same_on_both),    ON_BOTH(results_end_and_end_again),
        ON_BOTH(transactions_out_of_turn_are_told),    ON_BOTH(every_call_from_another_thread_is_told_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
