/* Statements that say where they come from: what the server is sent, and that nothing else changes. */
#include "fixtures/purse.h"

FIXTURE_MODELS(purse);

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static weft_engine *commenting(fixture *f) { return fixture_engine(f, (weft_engine_options){.statement_comments = true}); }

typedef struct Sent {
    const char *query;
} Sent;
WEFT_ROW(Sent, WEFT_FIELD(Sent, query));

/* What the session's statement is to the server while it runs. */
static const char *own_text(weft_session *s)
{
    static char text[1000];
    Sent_list list = weft_text_rows(s, Sent, "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() -- mine", NULL);
    assert_ok(s);
    assert_int_equal(list.count, 1);
    snprintf(text, sizeof text, "%s", list.items[0]->query);
    return text;
}

static void the_server_sees_place_and_trace(void **state)
{
    fixture *f = *state;
    weft_engine *engine = commenting(f);
    weft_session *s = weft_session_open(engine, NULL);
    assert_call(s, weft_session_set_trace(s, TRACE), WEFT_OK);
    assert_null(weft_get(s, Item, 1)); /* notes its place */
    const char *text = own_text(s);
    assert_non_null(strstr(text, "-- mine\n/*"));
    assert_non_null(strstr(text, "traceparent='" TRACE "'*/"));
    rollback_ok(s); /* a transaction sees one state of the view */
    assert_call(s, weft_session_set_trace(s, NULL), WEFT_OK);
    assert_null(strstr(own_text(s), "traceparent"));
    weft_session_close(s);
    weft_engine_close(engine);
}

/* By every path on which statements go, with rows, keys and batches; nothing stays prepared. */
static void objects_and_rows_are_the_same(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        weft_engine *engine = round == 0 ? commenting(f) : fixture_engine(f, (weft_engine_options){0});
        weft_session *s = weft_session_open(engine, NULL);
        assert_call(s, weft_session_set_trace(s, TRACE), WEFT_OK);
        Item *items[600];
        for (int i = 0; i < 600; i++)
            items[i] = weft_new(s, Item, .amount = i);
        commit_ok(s);
        for (int i = 0; i < 600; i++)
            assert_true(items[i]->id > 0);
        Item_list list = weft_query(s, Item, .where = weft_lt(Item, amount, 500), .order_by = weft_order(weft_asc(Item, amount)));
        assert_int_equal(list.count, 500);
        for (size_t i = 0; i < list.count; i++)
            weft_edit(s, Item, list.items[i])->amount += 1000;
        weft_delete(s, Item, list.items[0]);
        commit_ok(s);
        assert_int_equal(weft_count_of(s, Item), 599);
        weft_session_close(s);
        weft_connection *c = NULL;
        weft_error error = {0};
        assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_set_trace(c, TRACE, &error), WEFT_OK, &error);
        weft_result *result = NULL;
        int64_t sum = 0, v = 0;
        assert_error(weft_connection_select(c,
                                            weft_select(.from = weft_from(Item), .columns = weft_columns(weft_col(Item, amount)),
                                                        .stream = true),
                                            &result, &error),
                     WEFT_OK, &error);
        while (weft_result_next(result, &error))
            sum += weft_result_int64(result, 0, &v) ? v : 0;
        weft_result_close(result);
        assert_int_equal(sum, 599 * 600 / 2 + 499 * 1000);
        if (f->postgres) {
            assert_error(weft_connection_query(c, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%item%'", NULL,
                                               &result, &error),
                         WEFT_OK, &error);
            assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &v));
            assert_int_equal(v == 0, round == 0);
            weft_result_close(result);
        }
        weft_connection_close(c);
        weft_engine_close(engine);
        test_database_exec(&f->database, "DELETE FROM item");
    }
    assert_int_equal(test_recorder_count_containing(f->recorder, "traceparent"), 0); /* logs have the trace beside */
}

static void what_is_no_traceparent_is_refused(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {"",
                                      "00",
                                      TRACE "0",
                                      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                      "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                                      "*/ DROP TABLE item; --xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
    weft_error error = {0};
    weft_connection *c = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(weft_session_set_trace(f->s, bad[i]), WEFT_ERROR_MISUSE);
        assert_message(f->s, "is no traceparent");
        rollback_ok(f->s);
        assert_int_equal(weft_connection_set_trace(c, bad[i], &error), WEFT_ERROR_MISUSE);
    }
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(the_server_sees_place_and_trace),
        ON_BOTH(objects_and_rows_are_the_same),
        ON_BOTH(what_is_no_traceparent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
