/* What text SQL sets on a connection under weft, and types of PostgreSQL that reach further than weft's. */
#include "support/fixture.h"

WEFT_DECLARE(Word);
struct Word {
    int64_t id;
    const char *text;
    weft_json more;
};
WEFT_MODEL(Word, "word", WEFT_COLUMN(Word, id, .primary_key = true), WEFT_COLUMN(Word, text), WEFT_COLUMN(Word, more));
WEFT_DECLARE(Moment);
struct Moment {
    int64_t id;
    weft_timestamp at;
};
WEFT_MODEL(Moment, "moment", WEFT_COLUMN(Moment, id, .primary_key = true), WEFT_COLUMN(Moment, at, .sql_type = "DATE"));
typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));
WEFT_METADATA(models, &Word_model, &Moment_model);
FIXTURE_MODELS(models);

#define UMLAUT "\xc3\xa4"

static weft_connection *connect(fixture *f)
{
    weft_error error = {0};
    weft_connection *c = NULL;
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    return c;
}

static void assert_misuse(weft_status status, const weft_error *error)
{
    assert_error(status, WEFT_ERROR_MISUSE, error);
    assert_non_null(strstr(error->message, "client_encoding"));
}

/* By another encoding the server would store other letters than were sent, and weft would read bytes that are no text. */
static void another_client_encoding_is_refused_until_it_is_set_back(void **state)
{
    static const char *const ways[] = {"SET client_encoding = 'LATIN1'", "SELECT set_config('client_encoding', 'LATIN1', false)",
                                       "SELECT change_it()"};
    fixture *f = *state;
    weft_error error = {0};
    Word rows[600];
    for (size_t i = 0; i < 600; i++)
        rows[i] = (Word){.text = UMLAUT, .more = {"{}"}};
    test_database_exec(&f->database, "INSERT INTO word (id, text, more) VALUES (-1, '" UMLAUT "', '{\"a\": \"" UMLAUT "\"}'); "
                                     "CREATE FUNCTION change_it() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN "
                                     "set_config('client_encoding', 'LATIN1', false); END $$");
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        weft_connection *c = connect(f);
        weft_result *result = NULL;
        assert_error(weft_execute_text(c, ways[way], NULL, &error), WEFT_OK, &error);
        assert_misuse(weft_connection_query(c, "SELECT text FROM word", NULL, &result, &error), &error);
        assert_misuse(weft_connection_select(c, &(weft_rows_options){.from = &Word_model}, &result, &error), &error);
        assert_misuse(weft_execute_text(c, "INSERT INTO word (text, more) VALUES ($1, '{}')",
                                        weft_parameters(weft_value_text(UMLAUT)), &error),
                      &error);
        assert_misuse(weft_insert_many(c, Word, rows, 1, NULL, &error), &error);
        assert_misuse(weft_insert_many(c, Word, rows, 600, NULL, &error), &error);
        assert_error(weft_execute_text(c, "RESET client_encoding", NULL, &error), WEFT_OK, &error);
        assert_error(weft_insert_many(c, Word, rows, 2, NULL, &error), WEFT_OK, &error);
        assert_error(weft_execute_text(c, ways[way], NULL, &error), WEFT_OK, &error);
        weft_connection_close(c);
        /* What was left behind is gone with the connection's return. */
        for (int i = 0; i < 8; i++) {
            c = connect(f);
            assert_error(weft_connection_query(c, "SELECT text FROM word", NULL, &result, &error), WEFT_OK, &error);
            while (weft_result_next(result, &error))
                assert_string_equal(weft_result_text(result, 0), UMLAUT);
            assert_error(error.status, WEFT_OK, &error);
            weft_result_close(result);
            weft_connection_close(c);
        }
    }
    assert_rows(f, "SELECT count(*), count(DISTINCT text) FROM word", "7|1");
}

/* Dates reach to the year 5874897, timestamps to 294276: what lies between is an error, and no moment of the past. */
static void dates_beyond_all_timestamps_are_no_timestamps(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *date;
        weft_status status;
        const char *text;
    } dates[] = {{"294246-12-31", WEFT_OK, "294246-12-31 00:00:00.000000"},
                 {"294278-01-01", WEFT_ERROR_SCHEMA, NULL},
                 {"5874897-12-31", WEFT_ERROR_SCHEMA, NULL},
                 {"584554-01-01", WEFT_ERROR_SCHEMA, NULL},
                 {"infinity", WEFT_OK, "infinity"},
                 {"-infinity", WEFT_OK, "-infinity"},
                 {"4713-11-24 BC", WEFT_OK, "4713-11-24 00:00:00.000000 BC"},
                 {"0001-01-01", WEFT_OK, "0001-01-01 00:00:00.000000"}};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        char sql[120], text[WEFT_TIMESTAMP_TEXT_SIZE];
        snprintf(sql, sizeof sql, "DELETE FROM moment; INSERT INTO moment (id, at) VALUES (1, '%s')", dates[i].date);
        test_database_exec(&f->database, sql);
        weft_session *s = weft_session_open(f->engine, NULL);
        Moment_list moments = weft_query(s, Moment);
        if (!f->postgres) { /* a text that is a date is no timestamp there */
            assert_int_equal(weft_session_status(s) == WEFT_OK, strstr(dates[i].date, "infinity") != NULL);
        } else if (dates[i].status == WEFT_OK) {
            assert_ok(s);
            assert_int_equal(moments.count, 1);
            assert_string_equal(weft_timestamp_text(moments.items[0]->at, text), dates[i].text);
        } else {
            assert_status(s, dates[i].status);
        }
        weft_session_close(s);
    }
}

/* A variable of the program's own, set for a transaction or a session, decides about no table: what is known of keys stays known,
 * as it does not after a search path. One that ends with the transaction leaves nothing to be cleared. */
static void variables_of_the_program_cost_nothing(void **state)
{
    static const struct {
        const char *sql;
        bool asked, cleared;
    } cases[] = {
        {"SELECT set_config('app.tenant', $1, true)", false, false},
        {"select pg_catalog.set_config ( 'app.tenant' , $1 , TRUE )", false, false},
        {"SELECT set_config('app.tenant', $1, false)", false, true},
        {"SELECT set_config('app.a', $1, true), set_config('app.b', $1, true)", false, false},
        {"SELECT set_config('app.a', set_config('app.b', $1, true), true)", false, true}, /* whose value is no one token */
        {"SELECT set_config('app.a', $1, true), set_config('work_mem', '64MB', true)", true, false},
        {"SELECT set_config('search_path', $1, true)", true, false},
        {"SELECT set_config(a, $1, true) FROM (VALUES ('app.x')) AS v(a)", true, false},
        {"SELECT set_config($1, '1', true) WHERE 'set_config(''app.x'', 1, true)' <> $1 AND false", true, true},
        {"SELECT \"set_config\"('app.tenant', $1, true)", true, true},
        {"SET app.tenant = '1'", false, true},
        {"SET LOCAL app.tenant = '1'", false, false},
        {"SET SESSION app.tenant TO '1'", false, true},
        {"SET LOCAL work_mem = '64MB'", true, false},
    };
    fixture *f = *state;
    weft_engine *engine =
        fixture_engine(f, (weft_engine_options){.log = test_recorder_log, .log_context = f->recorder, .log_level = WEFT_LOG_DEBUG});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_session *s = weft_session_open(engine, NULL);
        for (int k = 0; k < 3; k++)
            (void)weft_new(s, Word, .text = "before", .more = {"{}"});
        assert_call(s, weft_session_flush(s), WEFT_OK);
        const bool takes = strchr(cases[i].sql, '$') != NULL;
        assert_call(s,
                    weft_session_execute_text(s, cases[i].sql, takes ? weft_parameters(weft_value_text(f->database.place)) : NULL),
                    WEFT_OK);
        test_recorder_clear(f->recorder);
        for (int k = 0; k < 3; k++)
            (void)weft_new(s, Word, .text = "after", .more = {"{}"});
        assert_call(s, weft_session_flush(s), WEFT_OK);
        assert_true(test_recorder_count_containing(f->recorder, "INSERT INTO word") == 1);
        const size_t asked = test_recorder_messages(f->recorder, WEFT_LOG_CACHE, "the catalogue is asked");
        if (asked != (cases[i].asked ? 1 : 0))
            fail_msg("%s: the catalogue was asked %zu times", cases[i].sql, asked);
        const Number_list process = weft_text_rows(s, Number, "SELECT pg_backend_pid() AS n", NULL);
        assert_ok(s);
        const int64_t id = process.items[0]->n;
        rollback_ok(s);
        weft_session_close(s);
        char sql[120];
        snprintf(sql, sizeof sql, "SELECT query LIKE 'DISCARD ALL%%' FROM pg_stat_activity WHERE pid = %d", (int)id);
        char *cleared = test_database_rows(&f->database, sql);
        if (strcmp(cleared, cases[i].cleared ? "t" : "f") != 0)
            fail_msg("%s: cleared: %s", cases[i].sql, cleared);
        free(cleared);
    }
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(another_client_encoding_is_refused_until_it_is_set_back),
        ON_POSTGRES(variables_of_the_program_cost_nothing),
        ON_BOTH(dates_beyond_all_timestamps_are_no_timestamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
