/* Connections and transactions as users of other mappers know them: the cases of a catalogue of behaviours, one test each, named by
 * their numbers there (case_T…). Where weft deliberately differs, the test says how and checks the better behaviour. */
#include "fixtures/purse.h"

#include <stdatomic.h>

FIXTURE_MODELS(purse);

static weft_connection *take(weft_engine *engine, const weft_connection_options *options)
{
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_error(weft_engine_connect(engine, &c, options, &error), WEFT_OK, &error);
    return c;
}

static weft_status add(weft_connection *c, int64_t amount, weft_error *error)
{
    memset(error, 0, sizeof *error);
    return weft_execute_text(c, "INSERT INTO item (amount) VALUES ($1)", weft_parameters(weft_value_int64(amount)), error);
}

#define OK(call) assert_error((call), WEFT_OK, &error)

static void case_T1_begin_in_a_transaction_is_an_error(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f->engine, NULL);
    OK(add(c, 1, &error));
    assert_int_equal(weft_connection_begin(c, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "a transaction is open already"));
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "1");
    weft_connection_close(c);
}

static void case_T2_a_savepoint_takes_back_what_came_after_it(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f->engine, NULL);
    OK(add(c, 1, &error));
    OK(weft_connection_savepoint(c, &error));
    OK(add(c, 2, &error));
    OK(weft_connection_rollback_to(c, &error));
    OK(add(c, 3, &error));
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item ORDER BY amount", "1\n3");
    weft_connection_close(c);
}

static void case_T4_a_lost_connection_in_a_transaction_asks_for_a_rollback(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f->engine, NULL);
    OK(add(c, 1, &error));
    weft_session_rollback(f->s);
    test_database_kill_others(&f->database);
    assert_int_equal(add(c, 2, &error), WEFT_ERROR_DISCONNECTED);
    assert_true(weft_connection_in_transaction(c));
    assert_int_equal(add(c, 3, &error), WEFT_ERROR_DISCONNECTED);
    assert_non_null(strstr(error.message, "must be rolled back"));
    assert_true(error.nothing_sent);
    OK(weft_connection_rollback(c, &error));
    assert_false(weft_connection_in_transaction(c));
    OK(add(c, 4, &error)); /* on another connection, without a word */
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "4");
    /* A commit instead of the rollback says that nothing stays, and ends the transaction, too. */
    OK(add(c, 5, &error));
    test_database_kill_others(&f->database);
    assert_int_equal(add(c, 6, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(weft_connection_commit(c, &error), WEFT_ERROR_ROLLED_BACK);
    assert_false(weft_connection_in_transaction(c));
    assert_rows(f, "SELECT amount FROM item", "4");
    weft_connection_close(c);
}

static const char *const deferred = "CREATE TABLE boss (id INTEGER PRIMARY KEY); CREATE TABLE worker (id INTEGER PRIMARY KEY, "
                                    "boss_id INTEGER REFERENCES boss DEFERRABLE INITIALLY DEFERRED)";

static void case_T5_after_a_failed_commit_only_a_rollback_goes(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_database_exec(&f->database, deferred);
    weft_connection *c = take(f->engine, NULL);
    OK(weft_execute_text(c, "INSERT INTO worker VALUES (1, 7)", NULL, &error));
    assert_int_equal(weft_connection_commit(c, &error), WEFT_ERROR_FOREIGN_KEY);
    assert_true(weft_connection_in_transaction(c));
    assert_int_equal(add(c, 1, &error), WEFT_ERROR_FOREIGN_KEY);
    assert_non_null(strstr(error.message, "must be rolled back"));
    assert_int_equal(weft_connection_commit(c, &error), WEFT_ERROR_ROLLED_BACK);
    OK(add(c, 2, &error));
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "2");
    assert_rows(f, "SELECT count(*) FROM worker", "0");
    weft_connection_close(c);
}

/* The savepoint went with the transaction: its end is silent, and a next one needs the rollback first. */
static void case_T6_the_savepoint_of_a_lost_connection(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f->engine, NULL);
    OK(add(c, 1, &error));
    OK(weft_connection_savepoint(c, &error));
    weft_session_rollback(f->s);
    test_database_kill_others(&f->database);
    assert_int_equal(add(c, 2, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(weft_connection_rollback_to(c, &error), WEFT_ERROR_DISCONNECTED);
    assert_non_null(strstr(error.message, "must be rolled back"));
    assert_int_equal(weft_connection_savepoint(c, &error), WEFT_ERROR_DISCONNECTED);
    OK(weft_connection_rollback(c, &error));
    OK(add(c, 3, &error));
    OK(weft_connection_savepoint(c, &error));
    OK(weft_connection_release(c, &error));
    OK(weft_connection_commit(c, &error));
    assert_rows(f, "SELECT amount FROM item", "3");
    weft_connection_close(c);
}

/* A level is an option of connections and sessions; there is no such option of a statement that could be given (case T8). */
static void case_T8_and_T9_a_level_is_the_connections_and_ends_with_its_return(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE}});
    const char *const ask = "SHOW transaction_isolation";
    const struct {
        weft_isolation isolation;
        const char *said;
    } steps[] = {{WEFT_ISOLATION_DEFAULT, "read committed"},
                 {WEFT_ISOLATION_SERIALIZABLE, "serializable"},
                 {WEFT_ISOLATION_DEFAULT, "read committed"},
                 {WEFT_ISOLATION_REPEATABLE_READ, "repeatable read"},
                 {WEFT_ISOLATION_DEFAULT, "read committed"}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        weft_connection *c = take(engine, &(weft_connection_options){.isolation = steps[i].isolation});
        weft_result *result = NULL;
        OK(add(c, 1, &error));
        OK(weft_connection_query(c, ask, NULL, &result, &error));
        assert_true(weft_result_next(result, &error));
        assert_string_equal(weft_result_text(result, 0), steps[i].said);
        weft_result_close(result);
        weft_connection_close(c);
    }
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, 1);
    weft_engine_close(engine);
}

/* SQLite's level beyond the default reads one state: who has read before another wrote cannot write. */
static void case_T9_on_SQLite_a_level_ends_with_its_connection(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE}});
    for (int strict = 1; strict >= 0; strict--) {
        weft_connection *c =
            take(engine, &(weft_connection_options){.isolation = strict ? WEFT_ISOLATION_SERIALIZABLE : WEFT_ISOLATION_DEFAULT});
        weft_result *result = NULL;
        OK(weft_connection_query(c, "SELECT count(*) FROM item", NULL, &result, &error));
        weft_result_close(result);
        test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1)");
        assert_error(add(c, 2, &error), strict ? WEFT_ERROR_SERIALIZATION : WEFT_OK, &error);
        weft_connection_close(c);
    }
    weft_engine_close(engine);
}

/* SQLAlchemy forgets the level at a reconnection; options of a weft_connection are its own, whatever becomes of its session. */
/* What the server makes of it, by connection and by session; where it says nothing it is refused. */
static void a_deferrable_transaction_is_serializable_and_reads(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const weft_connection_options wrong[] = {{.deferrable = true},
                                             {.deferrable = true, .read_only = true},
                                             {.deferrable = true, .isolation = WEFT_ISOLATION_SERIALIZABLE}};
    for (size_t i = 0; i < 3; i++) {
        weft_connection *none = NULL;
        assert_int_equal(weft_engine_connect(f->engine, &none, &wrong[i], &error), WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, ".deferrable"));
    }
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.deferrable = true, .read_only = true});
    assert_null(weft_get(s, Item, 1));
    assert_message(s, ".deferrable");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_session_close(s);
    test_recorder_with_transactions(f->recorder, true);
    weft_connection *c =
        take(f->engine,
             &(weft_connection_options){.deferrable = true, .read_only = true, .isolation = WEFT_ISOLATION_SERIALIZABLE});
    weft_result *result = NULL;
    OK(weft_connection_query(c, f->postgres ? "SHOW transaction_deferrable" : "SELECT 'on'", NULL, &result, &error));
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), "on");
    weft_result_close(result);
    assert_error(add(c, 1, &error), WEFT_ERROR_READ_ONLY, &error);
    weft_connection_close(c);
    assert_int_equal(test_recorder_count_containing(f->recorder, "BEGIN SERIALIZABLE READ ONLY DEFERRABLE"), 1);
    s = weft_session_open(f->engine,
                          &(weft_session_options){.deferrable = true, .read_only = true, .isolation = WEFT_ISOLATION_SERIALIZABLE});
    assert_int_equal(weft_count_of(s, Item), 0);
    commit_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "BEGIN SERIALIZABLE READ ONLY DEFERRABLE"), 2);
    weft_session_close(s);
}

static void case_T10_a_level_outlives_the_loss_of_the_connection(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f->engine, &(weft_connection_options){.isolation = WEFT_ISOLATION_SERIALIZABLE});
    weft_session_rollback(f->s);
    OK(add(c, 1, &error));
    test_database_kill_others(&f->database);
    assert_int_equal(add(c, 2, &error), WEFT_ERROR_DISCONNECTED);
    OK(weft_connection_rollback(c, &error));
    weft_result *result = NULL;
    OK(weft_connection_query(c, "SHOW transaction_isolation", NULL, &result, &error));
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), "serializable");
    weft_result_close(result);
    weft_connection_close(c);
}

static void case_T12_closing_within_a_transaction_rolls_back_once(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = take(f->engine, NULL);
    test_recorder_with_transactions(f->recorder, true);
    OK(weft_connection_begin(c, &error));
    OK(add(c, 1, &error));
    weft_connection_close(c);
    assert_true(TEST_STATEMENTS(f->recorder, "BEGIN", "INSERT …", "ROLLBACK"));
    assert_rows(f, "SELECT count(*) FROM item", "0");
}

static void case_T13_one_first_and_none(void **state)
{
    fixture *f = *state;
    weft_status status;
    assert_null(weft_one(f->s, Item, &status));
    assert_int_equal(status, WEFT_ERROR_NOT_FOUND);
    assert_ok(f->s); /* that there is none is an answer */
    assert_null(weft_first(f->s, Item));
    assert_ok(f->s);
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2)");
    assert_null(weft_one(f->s, Item, &status));
    assert_int_equal(status, WEFT_ERROR_NOT_UNIQUE);
    assert_ok(f->s);
    const Item *first = weft_first(f->s, Item, .order_by = weft_order(weft_desc(Item, amount)));
    assert_non_null(first);
    assert_int_equal(first->amount, 2);
    const Item *one = weft_one(f->s, Item, &status, .where = weft_eq(Item, amount, 1));
    assert_int_equal(status, WEFT_OK);
    assert_int_equal(one->amount, 1);
}

static void case_T14_a_result_after_its_end(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_result *result = NULL;
    weft_connection *c = take(f->engine, NULL);
    OK(add(c, 1, &error));
    OK(weft_connection_query(c, "SELECT amount FROM item", NULL, &result, &error));
    assert_true(weft_result_next(result, &error));
    for (int i = 0; i < 3; i++) { /* read to its end: no rows, and no error */
        memset(&error, 0x7f, sizeof error);
        assert_false(weft_result_next(result, &error));
        assert_int_equal(error.status, WEFT_OK);
    }
    weft_result_close(result);
    weft_result *open = NULL;
    OK(weft_connection_select(
        c, &(weft_rows_options){.from = &Item_model, .columns = weft_columns(weft_col(Item, amount)), .stream = true}, &open,
        &error));
    weft_connection_close(c);
    assert_false(weft_result_next(open, &error)); /* ended by somebody else: an error */
    assert_int_equal(error.status, WEFT_ERROR_CLOSED);
    weft_result_close(open);
}

/* Helpers of the pool write records, too. */
static void look_for_secret(void *context, const weft_log_record *record)
{
    if (strstr(record->message, "s3cr3t") != NULL || (record->sql != NULL && strstr(record->sql, "s3cr3t") != NULL) ||
        record->parameters != NULL)
        atomic_store((atomic_bool *)context, true);
}

static void case_T16_neither_errors_nor_logs_hold_values(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    atomic_bool found = false;
    test_database_exec(&f->database, "CREATE TABLE word (word TEXT UNIQUE)");
    weft_engine *engine =
        fixture_engine(f, (weft_engine_options){.log = look_for_secret, .log_context = &found, .log_level = WEFT_LOG_DEBUG});
    weft_connection *c = take(engine, NULL);
    const weft_values *values = weft_parameters(weft_value_text("s3cr3t"));
    OK(weft_execute_text(c, "INSERT INTO word VALUES ($1)", values, &error));
    assert_int_equal(weft_execute_text(c, "INSERT INTO word VALUES ($1)", values, &error), WEFT_ERROR_UNIQUE);
    assert_null(strstr(error.message, "s3cr3t"));
    assert_null(strstr(error.hint, "s3cr3t"));
    OK(weft_connection_rollback(c, &error));
    assert_int_not_equal(weft_execute_text(c, "INSERT INTO item (amount, nothing) VALUES (1, 's3cr3t')", NULL, &error), WEFT_OK);
    assert_null(strstr(error.message, "s3cr3t"));
    weft_connection_close(c);
    weft_engine_close(engine);
    assert_false(atomic_load(&found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(case_T1_begin_in_a_transaction_is_an_error),
        ON_BOTH(case_T2_a_savepoint_takes_back_what_came_after_it),
        ON_POSTGRES(case_T4_a_lost_connection_in_a_transaction_asks_for_a_rollback),
        ON_BOTH(case_T5_after_a_failed_commit_only_a_rollback_goes),
        ON_POSTGRES(case_T6_the_savepoint_of_a_lost_connection),
        ON_POSTGRES(case_T8_and_T9_a_level_is_the_connections_and_ends_with_its_return),
        ON_SQLITE(case_T9_on_SQLite_a_level_ends_with_its_connection),
        ON_BOTH(a_deferrable_transaction_is_serializable_and_reads),
        ON_POSTGRES(case_T10_a_level_outlives_the_loss_of_the_connection),
        ON_BOTH(case_T12_closing_within_a_transaction_rolls_back_once),
        ON_BOTH(case_T13_one_first_and_none),
        ON_BOTH(case_T14_a_result_after_its_end),
        ON_BOTH(case_T16_neither_errors_nor_logs_hold_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
