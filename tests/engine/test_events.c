/* What an engine tells the program of connections, statements and transactions (weft_events). */
#include "fixtures/purse.h"

FIXTURE_MODELS(purse);

typedef struct heard {
    int connected, checked_out, checked_in, before, after, transactions;
    int fail_connected, fail_checked_out, fail_checked_in; /* so many calls fail */
    weft_status with;
    bool silent;             /* they say nothing in the error */
    bool lose;               /* connected ends its own database session */
    bool leave_open;         /* they leave a transaction open */
    const char *on_connect;  /* SQL */
    const char *on_checkout; /* SQL */
    const char *refuse;      /* statements that contain it */
    char order[400];         /* one letter each */
    weft_log_record last;
    char sql[300], message[300];
} heard;

static void note(heard *h, char letter)
{
    size_t length = strlen(h->order);
    assert_true(length + 1 < sizeof h->order);
    h->order[length] = letter;
    h->order[length + 1] = '\0';
}

static weft_status answer(heard *h, int *left, weft_error *error)
{
    if (*left == 0)
        return WEFT_OK;
    --*left;
    if (!h->silent)
        snprintf(error->message, sizeof error->message, "the program says no");
    return h->with;
}

static void run(weft_connection *c, const char *sql)
{
    weft_error error = {0};
    if (sql != NULL)
        assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_OK, &error);
}

static weft_status on_connected(void *context, weft_connection *c, weft_error *error)
{
    heard *h = context;
    h->connected++;
    note(h, 'c');
    if (h->lose) {
        (void)weft_execute_text(c, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, NULL);
        assert_int_equal(weft_execute_text(c, "SELECT 1", NULL, error), WEFT_ERROR_DISCONNECTED);
        return WEFT_OK;
    }
    run(c, h->on_connect);
    if (h->leave_open) {
        assert_int_equal(weft_connection_begin(c, error), WEFT_OK);
        run(c, "INSERT INTO item (amount) VALUES (666)");
    }
    assert_int_equal(weft_connection_detach(c, error), WEFT_ERROR_MISUSE);
    memset(error, 0, sizeof *error);
    weft_connection_close(c); /* is not theirs to close */
    return answer(h, &h->fail_connected, error);
}

static weft_status on_checked_out(void *context, weft_connection *c, weft_error *error)
{
    heard *h = context;
    h->checked_out++;
    note(h, 'o');
    run(c, h->on_checkout);
    return answer(h, &h->fail_checked_out, error);
}

static weft_status on_checked_in(void *context, weft_connection *c, weft_error *error)
{
    heard *h = context;
    (void)c;
    h->checked_in++;
    note(h, 'i');
    return answer(h, &h->fail_checked_in, error);
}

static weft_status on_before(void *context, const weft_log_record *record, weft_error *error)
{
    heard *h = context;
    h->before++;
    note(h, 'b');
    snprintf(h->sql, sizeof h->sql, "%s", record->sql);
    assert_int_equal(record->duration_ns, 0);
    assert_non_null(record->message);
    if (h->refuse == NULL || strstr(record->sql, h->refuse) == NULL)
        return WEFT_OK;
    if (!h->silent)
        snprintf(error->message, sizeof error->message, "not this one");
    return h->with;
}

static void on_after(void *context, const weft_log_record *record)
{
    heard *h = context;
    h->after++;
    note(h, 'a');
    h->last = *record;
    snprintf(h->message, sizeof h->message, "%s", record->message);
    snprintf(h->sql, sizeof h->sql, "%s", record->sql);
}

static void on_transaction(void *context, const weft_log_record *record)
{
    heard *h = context;
    assert_int_equal(record->topic, WEFT_LOG_TRANSACTION);
    h->transactions++;
    note(h, record->sql[0]);
}

static const weft_events all_events = {.connected = on_connected,
                                       .checked_out = on_checked_out,
                                       .checked_in = on_checked_in,
                                       .before_statement = on_before,
                                       .after_statement = on_after,
                                       .after_transaction = on_transaction};
static const weft_events connection_events = {.connected = on_connected,
                                              .checked_out = on_checked_out,
                                              .checked_in = on_checked_in};
static const weft_events connected_only = {.connected = on_connected};

/* One connection, so that the next take is of the same. */
static weft_engine *engine_with(fixture *f, const weft_events *events, heard *h)
{
    return fixture_engine(f, (weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 3000},
                                                   .events = events,
                                                   .events_context = h});
}

static weft_connection *take(weft_engine *engine)
{
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    return c;
}

static void one_statement(weft_engine *engine, const char *sql)
{
    weft_connection *c = take(engine);
    weft_error error = {0};
    assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void events_come_in_order(void **state)
{
    fixture *f = *state;
    heard h = {0};
    weft_engine *engine = engine_with(f, &all_events, &h);
    one_statement(engine, "INSERT INTO item (amount) VALUES (1)");
    assert_string_equal(h.order, "coBbaCi");
    weft_engine_close(engine);
}

/* In the order of the letters: BEGIN is sent with the statement or before it, and told when it was asked for. */
static void a_transaction_is_told_from_begin_to_end(void **state)
{
    fixture *f = *state;
    heard h = {0};
    weft_engine *engine = engine_with(f, &all_events, &h);
    weft_connection *c = take(engine);
    assert_int_equal(weft_connection_begin(c, NULL), WEFT_OK);
    run(c, "INSERT INTO item (amount) VALUES (1)");
    assert_int_equal(weft_connection_savepoint(c, NULL), WEFT_OK);
    assert_int_equal(weft_connection_rollback_to(c, NULL), WEFT_OK);
    assert_int_equal(weft_connection_rollback(c, NULL), WEFT_OK);
    weft_connection_close(c);
    assert_string_equal(h.order, "coBbaSRRi");
    assert_int_equal(h.transactions, 4);
    assert_rows(f, "SELECT count(*) FROM item", "0");
    weft_engine_close(engine);
}

static void what_connected_sets_stays_for_all_borrowers(void **state)
{
    fixture *f = *state;
    const char *const set = f->postgres ? "SET work_mem = '777kB'" : "PRAGMA cache_size = 777";
    const char *const ask = f->postgres ? "SELECT setting FROM pg_settings WHERE name = 'work_mem'" : "PRAGMA cache_size";
    heard h = {.on_connect = set};
    weft_engine *engine = engine_with(f, &connection_events, &h);
    for (int round = 0; round < 4; round++) {
        weft_connection *c = take(engine);
        weft_result *result = NULL;
        weft_error error = {0};
        assert_error(weft_connection_query(c, ask, NULL, &result, &error), WEFT_OK, &error);
        assert_true(weft_result_next(result, &error));
        int64_t number = 0;
        if (f->postgres)
            number = strtoll(weft_result_text(result, 0), NULL, 10);
        else
            assert_true(weft_result_int64(result, 0, &number));
        assert_int_equal(number, 777);
        weft_result_close(result);
        if (round == 2) /* what a borrower leaves behind is cleared, and the session set up anew */
            run(c, f->postgres ? "SET work_mem = '999kB'" : "PRAGMA cache_size = 999");
        weft_connection_close(c);
    }
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, 1);
    assert_int_equal(h.checked_out, 4);
    assert_int_equal(h.checked_in, 4);
    assert_string_equal(h.order, f->postgres ? "coioioicoi" : "coicoicoicoi"); /* a PRAGMA that asks counts as one that sets */
    weft_engine_close(engine);
}

static void an_error_of_connected_is_that_of_the_call_and_costs_no_place(void **state)
{
    fixture *f = *state;
    heard h = {.fail_connected = 2, .with = WEFT_ERROR_MISUSE};
    weft_engine *engine = engine_with(f, &connected_only, &h);
    weft_connection *c = (weft_connection *)f;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_ERROR_MISUSE);
    assert_null(c);
    assert_string_equal(error.message, "the program says no");
    h.silent = true;
    weft_session *s = weft_session_open(engine, NULL);
    assert_null(weft_get(s, Item, 1));
    assert_status(s, WEFT_ERROR_MISUSE);
    assert_message(s, "the event connected failed: misuse");
    rollback_ok(s);
    assert_null(weft_get(s, Item, 1));
    assert_ok(s);
    weft_session_close(s);
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, 3);
    assert_int_equal(stats.in_use, 0);
    assert_int_equal(h.connected, 3);
    weft_engine_close(engine);
}

static void a_session_lost_in_connected_is_an_error_and_not_exchanged(void **state)
{
    fixture *f = *state;
    heard h = {.lose = true};
    weft_engine *engine = engine_with(f, &connected_only, &h);
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_ERROR_DISCONNECTED);
    assert_string_equal(error.message, "the connection was lost in the event connected");
    assert_int_equal(h.connected, 1);
    h.lose = false;
    one_statement(engine, "INSERT INTO item (amount) VALUES (1)");
    weft_engine_close(engine);
}

static void what_an_event_leaves_open_is_rolled_back(void **state)
{
    fixture *f = *state;
    heard h = {.leave_open = true, .on_connect = "INSERT INTO item (amount) VALUES (5)"};
    weft_engine *engine = engine_with(f, &connected_only, &h);
    one_statement(engine, "INSERT INTO item (amount) VALUES (1)");
    assert_rows(f, "SELECT amount FROM item ORDER BY amount", "1\n5");
    weft_engine_close(engine);
}

/* Three in all, as SQLAlchemy's pool tries. */
static void checked_out_may_take_a_connection_for_lost(void **state)
{
    fixture *f = *state;
    heard h = {.fail_checked_out = 2, .with = WEFT_ERROR_DISCONNECTED};
    weft_engine *engine = engine_with(f, &connection_events, &h);
    one_statement(engine, "INSERT INTO item (amount) VALUES (1)");
    assert_string_equal(h.order, "cococoi");
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, 3);
    h.fail_checked_out = 100;
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(h.fail_checked_out, 97);
    h.fail_checked_out = 1; /* any other error gives it back whole */
    h.with = WEFT_ERROR_READ_ONLY;
    weft_engine_pool_stats(engine, &stats);
    const uint64_t opened = stats.opened;
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_ERROR_READ_ONLY);
    one_statement(engine, "INSERT INTO item (amount) VALUES (2)");
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, opened + 1);
    assert_int_equal(stats.in_use, 0);
    weft_engine_close(engine);
}

static void an_error_of_checked_in_closes_the_connection(void **state)
{
    fixture *f = *state;
    heard h = {.fail_checked_in = 1, .with = WEFT_ERROR_MISUSE};
    weft_engine *engine = engine_with(f, &connection_events, &h);
    one_statement(engine, "INSERT INTO item (amount) VALUES (1)");
    one_statement(engine, "INSERT INTO item (amount) VALUES (2)");
    assert_string_equal(h.order, "coicoi");
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_POOL, "is closed, for checked_in failed: the program says no"),
                     1);
    assert_rows(f, "SELECT amount FROM item ORDER BY 1", "1\n2");
    weft_engine_close(engine);
}

/* By every path on which statements go: one by one, in batches, as text, loads, and what creates tables. */
static void a_statement_that_is_refused_is_not_sent(void **state)
{
    fixture *f = *state;
    heard h = {.refuse = "DELETE", .with = WEFT_ERROR_READ_ONLY};
    weft_engine *engine = engine_with(f, &all_events, &h);
    weft_connection *c = take(engine);
    weft_error error = {0};
    run(c, "INSERT INTO item (amount) VALUES (1)");
    assert_int_equal(weft_execute_text(c, "DELETE FROM item", NULL, &error), WEFT_ERROR_READ_ONLY);
    assert_string_equal(error.message, "not this one");
    assert_true(error.nothing_sent);
    assert_int_equal(weft_execute_delete(c, weft_delete_from(Item, .all = true), NULL, &error), WEFT_ERROR_READ_ONLY);
    h.refuse = "INSERT";
    const Item rows[3] = {{.amount = 1}, {.amount = 2}, {.amount = 3}};
    assert_int_equal(weft_insert_many(c, Item, rows, 3, NULL, &error), WEFT_ERROR_READ_ONLY);
    h.refuse = "FROM item";
    h.silent = true;
    weft_result *result = NULL;
    assert_int_equal(
        weft_connection_select(c, &(weft_rows_options){.from = &Item_model, .columns = weft_columns(weft_col(Item, amount))},
                               &result, &error),
        WEFT_ERROR_READ_ONLY);
    assert_string_equal(error.message, "the event before_statement failed: read-only");
    h.refuse = NULL; /* the transaction goes on as if nothing had been asked */
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT amount FROM item", "1");
    h.refuse = "item";
    h.silent = false;
    weft_session *s = weft_session_open(engine, NULL);
    Item *items[300];
    for (int i = 0; i < 300; i++)
        items[i] = weft_new(s, Item, .amount = i);
    (void)items;
    assert_call(s, weft_session_commit(s), WEFT_ERROR_READ_ONLY);
    assert_message(s, "not this one");
    rollback_ok(s);
    h.refuse = NULL;
    Item *kept = weft_new(s, Item, .amount = 9);
    (void)kept;
    commit_ok(s);
    weft_session_close(s);
    assert_rows(f, "SELECT amount FROM item ORDER BY 1", "1\n9");
    h.refuse = "CREATE";
    assert_int_equal(weft_drop_all(engine, &error), WEFT_OK);
    assert_int_equal(weft_create_all(engine, &error), WEFT_ERROR_READ_ONLY);
    assert_non_null(strstr(error.message, "not this one"));
    weft_engine_close(engine);
}

/* Those that came, whether the program looked at them or not; of a stream those that it took. */
static void rows_that_nobody_looked_at_were_read(void **state)
{
    fixture *f = *state;
    heard h = {0};
    weft_error error = {0};
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2), (3)");
    weft_engine *engine = engine_with(f, &all_events, &h);
    weft_connection *c = take(engine);
    const weft_rows_options query = {.from = &Item_model, .columns = weft_columns(weft_col(Item, amount))};
    for (int way = 0; way < 4; way++)
        for (int looks = 0; looks < 4; looks++) {
            weft_rows_options select = query;
            select.stream = way == 2;
            weft_result *result = NULL;
            assert_error(way == 0 ? weft_connection_query(c, "SELECT amount FROM item", NULL, &result, &error)
                         : way == 3
                             ? weft_connection_query(c, "UPDATE item SET amount = amount RETURNING amount", NULL, &result, &error)
                             : weft_connection_select(c, &select, &result, &error),
                         WEFT_OK, &error);
            for (int i = 0; i < looks; i++)
                assert_true(weft_result_next(result, &error));
            weft_result_close(result);
            assert_int_equal(h.last.row_count, way == 2 ? looks : 3);
            assert_int_equal(h.last.status, WEFT_OK);
        }
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    weft_engine_close(engine);
}

/* Whatever the log's level; with the rows, the time and the status. */
static void a_statement_is_told_when_its_last_row_was_read(void **state)
{
    fixture *f = *state;
    heard h = {0};
    weft_error error = {0};
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2), (3)");
    weft_engine *engine;
    const weft_engine_options options = {.metadata = &purse,
                                         .log_level = WEFT_LOG_ERROR,
                                         .events = &all_events,
                                         .events_context = &h};
    assert_error(weft_engine_open(&engine, f->database.url, &options, &error), WEFT_OK, &error);
    weft_connection *c = take(engine);
    weft_result *result = NULL;
    assert_error(weft_connection_select(
                     c, &(weft_rows_options){.from = &Item_model, .columns = weft_columns(weft_col(Item, amount)), .stream = true},
                     &result, &error),
                 WEFT_OK, &error);
    assert_int_equal(h.before, 1);
    assert_int_equal(h.after, 0);
    while (weft_result_next(result, &error)) {
    }
    weft_result_close(result);
    assert_int_equal(h.after, 1);
    assert_int_equal(h.last.row_count, 3);
    assert_true(h.last.duration_ns > 0);
    assert_int_equal(h.last.status, WEFT_OK);
    assert_true(h.last.connection != 0);
    assert_int_not_equal(weft_execute_text(c, "SELECT nothing FROM nowhere WHERE x = 'secret'", NULL, &error), WEFT_OK);
    assert_int_equal(h.after, 2);
    assert_int_not_equal(h.last.status, WEFT_OK);
    assert_true(h.message[0] != '\0');
    assert_null(strstr(h.sql, "secret")); /* no log wants it, and still no value is shown */
    weft_connection_close(c);
    weft_engine_close(engine);
}

static void values_are_told_where_the_engine_shows_them(void **state)
{
    fixture *f = *state;
    for (int shown = 0; shown < 2; shown++) {
        heard h = {0};
        weft_engine *engine =
            fixture_engine(f, (weft_engine_options){.log_values = shown == 1, .events = &all_events, .events_context = &h});
        weft_connection *c = take(engine);
        weft_error error = {0};
        assert_error(weft_execute_text(c, "INSERT INTO item (amount) VALUES ($1)", weft_parameters(weft_value_int64(7)), &error),
                     WEFT_OK, &error);
        assert_int_equal(h.last.parameter_count, 1);
        assert_int_equal(h.last.parameters != NULL, shown == 1);
        weft_connection_close(c);
        weft_engine_close(engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(events_come_in_order),
        ON_BOTH(a_transaction_is_told_from_begin_to_end),
        ON_BOTH(what_connected_sets_stays_for_all_borrowers),
        ON_BOTH(an_error_of_connected_is_that_of_the_call_and_costs_no_place),
        ON_POSTGRES(a_session_lost_in_connected_is_an_error_and_not_exchanged),
        ON_BOTH(what_an_event_leaves_open_is_rolled_back),
        ON_BOTH(checked_out_may_take_a_connection_for_lost),
        ON_BOTH(an_error_of_checked_in_closes_the_connection),
        ON_BOTH(a_statement_that_is_refused_is_not_sent),
        ON_BOTH(rows_that_nobody_looked_at_were_read),
        ON_BOTH(a_statement_is_told_when_its_last_row_was_read),
        ON_BOTH(values_are_told_where_the_engine_shows_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
