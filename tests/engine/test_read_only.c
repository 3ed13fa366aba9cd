/* A connection that only reads writes nothing, whatever the statement hides, also where each statement commits by itself. */
#include "support/fixture.h"

WEFT_DECLARE(Row);
struct Row {
    int64_t id;
    int32_t n;
};
WEFT_MODEL(Row, "row_of", WEFT_COLUMN(Row, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Row, n));
WEFT_METADATA(models, &Row_model);
FIXTURE_ROWS(models, "INSERT INTO row_of (id, n) VALUES (1, 10), (2, 20)");

typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));
WEFT_PARAMETERS(Number);
WEFT_STATEMENT(noting, Number, Number, .from = weft_from(Row), .columns = weft_columns(weft_fn("note_of", weft_col(Row, n))),
               .where = weft_gt_col(Row, n, Number, n));

static weft_connection *open_reader(fixture *f, bool autocommit)
{
    weft_connection *c;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.read_only = true, .autocommit = autocommit},
                                     &error),
                 WEFT_OK, &error);
    return c;
}

static void assert_reads(weft_connection *c)
{
    weft_result *result;
    weft_error error = {0};
    int64_t sum = 0;
    assert_error(weft_connection_query(c, "WITH x AS (SELECT n FROM row_of) SELECT sum(n) FROM x", NULL, &result, &error), WEFT_OK,
                 &error);
    assert_true(weft_result_next(result, &error));
    assert_true(weft_result_int64(result, 0, &sum));
    assert_int_equal(sum, 30);
    assert_false(weft_result_next(result, &error));
    weft_result_close(result);
    assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Row), .columns = weft_columns(weft_count_all())},
                                        &result, &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    weft_result_close(result);
}

static void what_a_text_hides_is_not_written(void **state)
{
    fixture *f = *state;
    static const char *const both[] = {
        "WITH x (a) AS (SELECT 3) INSERT INTO row_of (id, n) SELECT a, a FROM x",
        "WITH x (a) AS (SELECT 1) UPDATE row_of SET n = 0 WHERE id IN (SELECT a FROM x)",
        "WITH x (a) AS (SELECT 1) DELETE FROM row_of WHERE id IN (SELECT a FROM x)",
        "/* SELECT */ WITH x (a) AS (SELECT 4) INSERT INTO row_of (id, n) SELECT a, a FROM x RETURNING id"};
    static const char *const postgres[] = {"WITH x AS (INSERT INTO row_of (id, n) VALUES (3, 3) RETURNING id) SELECT id FROM x",
                                           "WITH x AS (DELETE FROM row_of RETURNING id) SELECT count(*) FROM x",
                                           "WITH x AS (UPDATE row_of SET n = 0 RETURNING n) SELECT n FROM x",
                                           "EXPLAIN ANALYZE DELETE FROM row_of",
                                           "SELECT id INTO copy_of FROM row_of",
                                           "SELECT id FROM row_of FOR UPDATE"};
    for (int autocommit = 0; autocommit < 2; autocommit++) {
        weft_connection *c = open_reader(f, autocommit);
        const size_t count = sizeof both / sizeof both[0] + (f->postgres ? sizeof postgres / sizeof postgres[0] : 0);
        for (size_t i = 0; i < count; i++) {
            const char *sql = i < sizeof both / sizeof both[0] ? both[i] : postgres[i - sizeof both / sizeof both[0]];
            weft_result *result = NULL;
            weft_error error = {0};
            assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_ERROR_READ_ONLY, &error);
            if (!autocommit)
                assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
            assert_error(weft_connection_query(c, sql, NULL, &result, &error), WEFT_ERROR_READ_ONLY, &error);
            assert_null(result);
            if (!autocommit)
                assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
            assert_reads(c);
        }
        weft_connection_close(c);
    }
    assert_rows(f, "SELECT id, n FROM row_of ORDER BY id", "1|10\n2|20");
}

static void what_a_function_hides_is_not_written(void **state)
{
    fixture *f = *state;
    weft_connection *c = open_reader(f, true);
    weft_result *result = NULL;
    weft_error error = {0};
    test_database_exec(&f->database, "CREATE SEQUENCE counter_of");
    assert_error(weft_connection_query(c, "SELECT nextval('counter_of')", NULL, &result, &error), WEFT_ERROR_READ_ONLY, &error);
    assert_error(weft_connection_select(c,
                                        &(weft_rows_options){.from = weft_from(Row),
                                                             .columns = weft_columns(weft_fn("nextval", weft_val("counter_of")))},
                                        &result, &error),
                 WEFT_ERROR_READ_ONLY, &error);
    assert_reads(c);
    weft_connection_close(c);
}

#define WRITES weft_op(weft_fn("note_of", weft_col(Row, n)), ">", weft_val(0))

/* Of a session that begins no transaction for them. */
static void assert_nothing_writes(weft_session *s)
{
    (void)weft_rows(s, Number, .from = weft_from(Row), .columns = weft_columns(weft_fn("nextval", weft_val("counter_of"))));
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    assert_int_equal(weft_query(s, Row, .where = weft_gt(Row, n, 0)).count, 2);
    assert_non_null(weft_get(s, Row, 2, .refresh = true));
    (void)weft_query(s, Row, .where = WRITES);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    (void)weft_query(s, Row, .where = WRITES, .limit = 1, .order_by = weft_asc(Row, id), .plan = WEFT_PLAN_GENERIC);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    (void)weft_count_of(s, Row, .where = WRITES);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    (void)weft_exists(s, Row, .where = WRITES);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    (void)weft_run(s, noting, .n = 0);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    const weft_model *view = weft_session_table(s, "noting");
    (void)weft_rows(s, Number, .from = view, .columns = weft_columns(weft_named(view, "n")));
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    assert_int_equal(weft_count_of(s, Row), 2);
    assert_ok(s);
    assert_false(weft_session_in_transaction(s));
}

/* Nor do others feel it who have the connection afterwards, in which the statements are prepared. */
static void what_a_session_calls_is_not_written(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database,
                       "CREATE SEQUENCE counter_of; "
                       "CREATE FUNCTION note_of(int) RETURNS int LANGUAGE plpgsql AS $$BEGIN INSERT INTO row_of VALUES ($1, 0); "
                       "RETURN $1; END$$; CREATE VIEW noting AS SELECT id, note_of(n) AS n FROM row_of WHERE n > 0");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE}});
    for (int round = 0; round < 3; round++) {
        weft_session *s = weft_session_open(engine, &(weft_session_options){.read_only = true});
        assert_nothing_writes(s);
        if (round == 1) { /* closed in the middle of nothing, and after an error */
            (void)weft_query(s, Row, .where = WRITES);
            assert_status(s, WEFT_ERROR_READ_ONLY);
        }
        weft_session_close(s);
        s = weft_session_open(engine, NULL);
        assert_int_equal(weft_query(s, Row, .where = weft_and(weft_gt(Row, n, 0), WRITES)).count, 2);
        assert_ok(s);
        assert_int_equal(weft_count_of(s, Row), 4);
        assert_call(s, weft_session_execute_text(s, "DELETE FROM row_of WHERE n = 0", NULL), WEFT_OK);
        commit_ok(s);
        weft_session_close(s);
    }
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM row_of"), 2);
    assert_int_equal(test_database_integer(&f->database, "SELECT nextval('counter_of')"), 1);
    weft_engine_close(engine);
}

static void a_setting_of_a_reader_lasts(void **state)
{
    fixture *f = *state;
    weft_connection *c = open_reader(f, true);
    weft_result *result = NULL;
    weft_error error = {0};
    assert_error(weft_execute_text(c, "SET application_name = 'reader'", NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_query(c, "SHOW application_name", NULL, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), "reader");
    weft_result_close(result);
    assert_error(weft_connection_begin(c, &error), WEFT_OK, &error); /* none was left open */
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_a_text_hides_is_not_written),
        ON_POSTGRES(what_a_function_hides_is_not_written),
        ON_POSTGRES(what_a_session_calls_is_not_written),
        ON_POSTGRES(a_setting_of_a_reader_lasts),
    };
    return cmocka_run_group_tests_name("read only", tests, NULL, NULL);
}
