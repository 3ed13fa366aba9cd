/* Statements through the PostgreSQL driver: round trips, preparing and forgetting, pipelines, streams, transactions. */
#define _POSIX_C_SOURCE 200809L
#include "postgres_support.h"

#include "driver/prepared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver

static int open_small_table(void **state)
{
    wefti_driver_options options = {.prepared_limit = 4};
    return pg_setup_with(state, &options, NULL);
}

static int open_unprepared(void **state) { return pg_setup_with(state, NULL, "&pgbouncer=1"); }

static int retained;

static void retain(const wefti_statement *statement)
{
    (void)statement;
    retained++;
}

static void release(const wefti_statement *statement)
{
    (void)statement;
    retained--;
}

static const uint16_t one_int64[] = {WEFT_INT64};
static const uint16_t int64_text[] = {WEFT_INT64, WEFT_TEXT};

/* One statement with one int64 parameter and one int64 column. */
static wefti_statement identity(uint64_t id, const char *sql)
{
    return (wefti_statement){.id = id,
                             .sql = sql,
                             .sql_size = strlen(sql),
                             .parameter_count = 1,
                             .column_count = 1,
                             .parameter_types = one_int64,
                             .column_types = one_int64,
                             .returns_rows = true,
                             .retain = retain,
                             .release = release};
}

#define PREPARED "SELECT count(*) FROM pg_prepared_statements"

static void a_statement_is_prepared_once_and_by_its_id(void **state)
{
    pg_fixture *f = *state;
    wefti_statement statement = identity(5, "SELECT $1 + 1");
    retained = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pg_run_prepared(f, &statement, i), i + 1);
    assert_int_equal(retained, 1);
    assert_int_equal(pg_integer(f, PREPARED " WHERE name LIKE 'w5\\_%'"), 1);
    assert_int_equal(pg_integer(f, PREPARED), 1);
    DRIVER.forget(f->dbc, 5);
    assert_int_equal(retained, 0);
    assert_int_equal(pg_integer(f, PREPARED), 0); /* the DEALLOCATE went ahead of this query */
}

static void the_least_recently_used_statement_is_evicted(void **state)
{
    pg_fixture *f = *state;
    wefti_statement statements[6];
    retained = 0;
    for (uint64_t i = 0; i < 4; i++) {
        statements[i] = identity(i + 1, "SELECT $1");
        assert_int_equal(pg_run_prepared(f, &statements[i], 7), 7);
    }
    assert_int_equal(pg_run_prepared(f, &statements[0], 1), 1);
    statements[4] = identity(5, "SELECT $1");
    assert_int_equal(pg_run_prepared(f, &statements[4], 2), 2);
    assert_int_equal(retained, 4);
    assert_int_equal(pg_integer(f, PREPARED " WHERE name LIKE 'w2\\_%'"), 0);
    assert_int_equal(pg_integer(f, PREPARED " WHERE name SIMILAR TO 'w[1345]\\_%'"), 4);
    assert_int_equal(pg_run_prepared(f, &statements[1], 3), 3);
    assert_int_equal(pg_integer(f, PREPARED), 4);
    DRIVER.close(f->dbc);
    f->dbc = NULL;
    assert_int_equal(retained, 0);
}

static void eviction_in_a_transaction_waits_for_its_end(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement statements[40];
    pg_run(f, "CREATE TABLE t (id int8)");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    for (uint64_t i = 0; i < 40; i++) {
        statements[i] = identity(i + 1, "SELECT $1");
        assert_int_equal(pg_run_prepared(f, &statements[i], 7), 7);
    }
    assert_int_equal(pg_integer(f, PREPARED), 40);
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "SELECT 1");
    pg_run(f, "SELECT 1");
    assert_int_equal(pg_integer(f, PREPARED), 4);
}

static void a_changed_result_is_prepared_anew_outside_a_transaction(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement statement;
    statement = identity(9, "SELECT * FROM t WHERE 1 = $1");
    pg_run(f, "CREATE TABLE t (id int4)");
    pg_run(f, "INSERT INTO t VALUES (11)");
    assert_int_equal(pg_run_prepared(f, &statement, 1), 11);
    pg_run(f, "ALTER TABLE t ALTER id TYPE int8");
    assert_int_equal(pg_run_prepared(f, &statement, 1), 11);
    assert_int_equal(pg_run_prepared(f, &statement, 1), 11);

    /* The first statement of a transaction has nothing before it that could be lost: BEGIN and all is sent again. */
    pg_run(f, "ALTER TABLE t ALTER id TYPE int4");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(pg_run_prepared(f, &statement, 1), 11);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_OPEN);

    /* Later ones fail, in a way that says to run the transaction again. */
    test_database_exec(&f->database, "SELECT 1");
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "ALTER TABLE t ALTER id TYPE int8");
    weft_value one = weft_value_int64(1);
    wefti_cursor *cursor = NULL;
    weft_status status = DRIVER.execute(f->dbc, &statement, &one, 1, false, WEFTI_NO_DEADLINE, &cursor, &f->error);
    assert_int_equal(status, WEFT_ERROR_SERIALIZATION);
    assert_true(weft_status_is_retryable(status));
    assert_string_equal(f->error.sqlstate, "0A000");
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_FAILED);
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(pg_run_prepared(f, &statement, 1), 11);
}

static int64_t count_sad(pg_fixture *f, const wefti_statement *statement)
{
    weft_value sad = weft_value_text("sad");
    wefti_cursor *cursor = pg_execute(f, statement, &sad, 1);
    pg_step_row(cursor);
    int64_t count = cursor->row[0].as.i;
    DRIVER.finish(cursor);
    return count;
}

/* The parameter has the number of a type that is gone; its name is that of another one. */
static void a_type_that_was_made_anew_is_looked_up_again(void **state)
{
    pg_fixture *f = *state;
    static const uint16_t one_text[] = {WEFT_TEXT};
    static const char *const anew[] = {"ALTER TYPE mood RENAME TO old", "CREATE TYPE mood AS ENUM ('sad')",
                                       "ALTER TABLE t ALTER m TYPE mood USING m::text::mood", "DROP TYPE old"};
    static wefti_statement statement;
    statement = identity(21, "SELECT count(*) FROM t WHERE m = $1");
    statement.parameter_types = one_text;
    pg_run(f, "CREATE TYPE mood AS ENUM ('sad', 'glad')");
    pg_run(f, "CREATE TABLE t (m mood)");
    pg_run(f, "INSERT INTO t VALUES ('sad')");
    assert_int_equal(count_sad(f, &statement), 1);
    for (size_t i = 0; i < PG_COUNT(anew); i++)
        pg_run(f, anew[i]);
    assert_int_equal(count_sad(f, &statement), 1);
    assert_int_equal(count_sad(f, &statement), 1);

    /* Within a transaction that has done something: it says to run it again. */
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    for (size_t i = 0; i < PG_COUNT(anew); i++)
        pg_run(f, anew[i]);
    weft_value sad = weft_value_text("sad");
    wefti_cursor *cursor = NULL;
    assert_int_equal(DRIVER.execute(f->dbc, &statement, &sad, 1, false, WEFTI_NO_DEADLINE, &cursor, &f->error),
                     WEFT_ERROR_SERIALIZATION);
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(count_sad(f, &statement), 1);
}

static void statements_deallocated_behind_the_drivers_back_are_prepared_anew(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement a, b;
    a = identity(11, "SELECT $1");
    b = identity(12, "SELECT $1 * 2");
    static const char *const ways[] = {"DEALLOCATE ALL", "DISCARD ALL", "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"};
    for (size_t i = 0; i < PG_COUNT(ways); i++) {
        assert_int_equal(pg_run_prepared(f, &a, 4), 4);
        assert_int_equal(pg_run_prepared(f, &b, 4), 8);
        pg_run(f, ways[i]);
        assert_int_equal(pg_run_prepared(f, &a, 4), 4);
        assert_int_equal(pg_run_prepared(f, &b, 4), 8);
    }
    assert_int_equal(pg_integer(f, PREPARED), 2);
}

static void a_taken_name_leads_to_running_without_names(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement a;
    a = identity(13, "SELECT $1 + 1");
    /* Somebody else takes the name between this connection's uses of it. */
    assert_int_equal(pg_run_prepared(f, &a, 4), 5);
    pg_run(f, "CREATE FUNCTION take(name text) RETURNS void LANGUAGE plpgsql AS "
              "$$BEGIN EXECUTE 'PREPARE ' || name || ' AS SELECT 1'; END$$");
    pg_run(f, "CREATE TABLE kept AS SELECT name FROM pg_prepared_statements");
    DRIVER.forget(f->dbc, 13);
    pg_run(f, "SELECT 1");
    pg_run(f, "SELECT take(name) FROM kept");
    assert_int_equal(pg_run_prepared(f, &a, 4), 5);
    assert_int_equal(pg_run_prepared(f, &a, 5), 6);
    assert_int_equal(pg_integer(f, PREPARED), 1);
}

static void nothing_is_named_where_the_url_announces_a_pooler(void **state)
{
    pg_fixture *f = *state;
    wefti_statement a = identity(14, "SELECT $1 + 1");
    assert_int_equal(pg_run_prepared(f, &a, 4), 5);
    int64_t ids[] = {1, 2, 3};
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    pg_run(f, "CREATE TABLE t (id int8)");
    wefti_statement insert = {.id = 15,
                              .sql = "INSERT INTO t VALUES ($1)",
                              .sql_size = 25,
                              .parameter_count = 1,
                              .parameter_types = one_int64,
                              .writes = true};
    uint64_t changed = 0;
    assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, 3, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, NULL,
                                         &f->error),
                     WEFT_OK);
    assert_int_equal(changed, 3);
    assert_int_equal(pg_integer(f, PREPARED), 0);
}

static void text_parameters_take_the_type_of_their_place(void **state)
{
    pg_fixture *f = *state;
    pg_run(f, "CREATE TYPE mood AS ENUM ('sad', 'happy')");
    pg_run(f, "CREATE TABLE person (id int8, feels mood, doc jsonb, born date)");
    wefti_statement insert = {.sql = "INSERT INTO person VALUES ($1, $2, $3, $4)", .writes = true};
    weft_value values[] = {weft_value_int64(1), weft_value_text("happy"), weft_value_json((weft_json){"{}"}),
                           weft_value_text("2001-02-03")};
    insert.sql_size = strlen(insert.sql);
    wefti_cursor *cursor = pg_execute(f, &insert, values, 4);
    assert_int_equal(cursor->changed_rows, 1);
    DRIVER.finish(cursor);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM person WHERE feels = 'happy' AND born = '2001-02-03'"), 1);
}

static void one_statement_runs_with_parameters_of_changing_types(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement statement = {.id = 16, .sql = "SELECT pg_typeof($1)::text", .returns_rows = true};
    statement.sql_size = strlen(statement.sql);
    weft_value values[] = {weft_value_int64(1), weft_value_double(2.5), weft_value_bool(true), weft_value_int64(2)};
    static const char *const names[] = {"bigint", "double precision", "boolean", "bigint"};
    for (size_t i = 0; i < PG_COUNT(values); i++) {
        wefti_cursor *cursor = pg_execute(f, &statement, &values[i], 1);
        pg_step_row(cursor);
        assert_string_equal(cursor->row[0].as.s.data, names[i]);
        DRIVER.finish(cursor);
    }
}

static void several_buffered_cursors_may_be_open(void **state)
{
    pg_fixture *f = *state;
    wefti_statement series = {.sql = "SELECT g FROM generate_series(1::int8, 3) g",
                              .returns_rows = true,
                              .column_count = 1,
                              .column_types = one_int64};
    series.sql_size = strlen(series.sql);
    wefti_cursor *outer = pg_execute(f, &series, NULL, 0);
    for (int64_t i = 1; i <= 3; i++) {
        pg_step_row(outer);
        wefti_cursor *inner = pg_execute(f, &series, NULL, 0);
        for (int64_t j = 1; j <= 3; j++) {
            pg_step_row(inner);
            assert_int_equal(inner->row[0].as.i, j);
        }
        pg_step_end(inner);
        DRIVER.finish(inner);
        assert_int_equal(outer->row[0].as.i, i);
    }
    pg_step_end(outer);
    assert_int_equal(outer->row_count, 3);
    DRIVER.finish(outer);
}

static wefti_cursor *stream(pg_fixture *f, const wefti_statement *statement, int64_t parameter)
{
    weft_value value = weft_value_int64(parameter);
    wefti_cursor *cursor = NULL;
    weft_status status = DRIVER.execute(f->dbc, statement, &value, 1, true, WEFTI_NO_DEADLINE, &cursor, &f->error);
    if (status != WEFT_OK)
        fail_msg("stream: %s", f->error.message);
    return cursor;
}

static void rows_stream_one_by_one(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement series;
    series = identity(20, "SELECT g FROM generate_series(1::int8, $1) g");
    for (int run = 0; run < 4; run++) { /* prepared with it, prepared already, behind a BEGIN, within the transaction */
        if (run == 2)
            assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
        wefti_cursor *cursor = stream(f, &series, 50000);
        assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_ACTIVE);
        assert_int_equal(pg_try(f, "SELECT 1"), WEFT_ERROR_MISUSE);
        assert_true(f->error.nothing_sent);
        for (int64_t i = 1; i <= 50000; i++) {
            pg_step_row(cursor);
            assert_true(cursor->row[0].as.i == i);
        }
        pg_step_end(cursor);
        pg_step_end(cursor);
        assert_string_equal(DRIVER.column_name(cursor, 0), "g");
        DRIVER.finish(cursor);
        assert_int_equal(DRIVER.state(f->dbc), run < 2 ? WEFTI_TX_IDLE : WEFTI_TX_OPEN);
    }
    wefti_cursor *none = stream(f, &series, 0);
    pg_step_end(none);
    DRIVER.finish(none);
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
}

static void an_abandoned_stream_frees_its_connection_or_leaves_it_to_recover(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement series, endless;
    series = identity(21, "SELECT g FROM generate_series(1::int8, $1) g");
    endless = identity(22, "SELECT generate_series(1::int8, 1000000000000) WHERE $1 = 1");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    wefti_cursor *cursor = stream(f, &series, 100000);
    pg_step_row(cursor);
    DRIVER.finish(cursor);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_OPEN); /* read to its end, so that the transaction goes on */
    assert_int_equal(pg_integer(f, "SELECT 5"), 5);
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);

    cursor = stream(f, &endless, 1);
    pg_step_row(cursor);
    DRIVER.finish(cursor);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_ACTIVE);
    assert_int_equal(pg_try(f, "SELECT 1"), WEFT_ERROR_MISUSE);
    assert_int_equal(DRIVER.recover(f->dbc, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT 6"), 6);
}

static void a_stream_that_fails_ends_with_its_error(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement failing;
    failing = identity(23, "SELECT 10000 / ($1 - g) FROM generate_series(1::int8, 30000) g");
    wefti_cursor *cursor = stream(f, &failing, 20000);
    weft_status status = WEFT_OK;
    bool has_row = true;
    while (status == WEFT_OK && has_row)
        status = DRIVER.step(cursor, &has_row, &f->error);
    assert_int_equal(status, WEFT_ERROR_DATA);
    assert_string_equal(f->error.sqlstate, "22012");
    assert_int_equal(cursor->row_count, 19999);
    assert_int_equal(DRIVER.step(cursor, &has_row, &f->error), WEFT_ERROR_DATA);
    DRIVER.finish(cursor);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT 7"), 7);
}

static void begin_travels_with_the_first_statement(void **state)
{
    pg_fixture *f = *state;
    wefti_begin serializable = {.isolation = WEFTI_ISOLATION_SERIALIZABLE, .read_only = true, .deferrable = true};
    char sql[200];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE pid = %lld AND xact_start IS NOT NULL",
                   (long long)pg_backend(f->dbc));
    assert_int_equal(DRIVER.begin(f->dbc, &serializable, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_OPEN);
    assert_int_equal(test_database_integer(&f->database, sql), 0); /* nothing was sent yet */
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.begin(f->dbc, &serializable, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.begin(f->dbc, &serializable, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_MISUSE);
    assert_int_equal(pg_integer(f, "SELECT (current_setting('transaction_isolation') = 'serializable' AND "
                                   "current_setting('transaction_read_only') = 'on')::int"),
                     1);
    assert_int_equal(test_database_integer(&f->database, sql), 1);
    assert_int_equal(pg_try(f, "CREATE TABLE refused ()"), WEFT_ERROR_READ_ONLY);
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_MISUSE);
}

static void commit_of_a_failed_transaction_is_an_error_with_the_first_cause(void **state)
{
    pg_fixture *f = *state;
    pg_run(f, "CREATE TABLE t (id int8 PRIMARY KEY)");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "INSERT INTO t VALUES (1)");
    assert_int_equal(pg_try(f, "INSERT INTO t VALUES (1)"), WEFT_ERROR_UNIQUE);
    assert_string_equal(f->error.constraint, "t_pkey");
    assert_string_equal(f->error.table, "t");
    assert_null(strstr(f->error.message, "(1)"));
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_FAILED);
    assert_int_equal(pg_try(f, "SELECT 1"), WEFT_ERROR_UNIQUE); /* 25P02 names its cause */
    assert_non_null(strstr(f->error.message, "failed before"));
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_ROLLED_BACK);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_string_equal(f->error.sqlstate, "23505");
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 0);
}

static void a_constraint_checked_at_commit_is_reported_as_such(void **state)
{
    pg_fixture *f = *state;
    pg_run(f, "CREATE TABLE t (id int8 CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "INSERT INTO t VALUES (1), (1)");
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_UNIQUE);
    assert_string_equal(f->error.constraint, "late");
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
}

static void a_savepoint_brings_a_failed_transaction_back(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "SAVEPOINT s");
    assert_int_equal(pg_try(f, "SELECT nothing"), WEFT_ERROR_SQL);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_FAILED);
    pg_run(f, "ROLLBACK TO SAVEPOINT s");
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_OPEN);
    pg_run(f, "SELECT 1");
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
}

typedef struct returned {
    int64_t keys[3000];
    size_t count;
    size_t fail_at;
} returned;

static weft_status take_row(void *context, size_t index, const weft_value *row, uint16_t column_count, weft_error *error)
{
    returned *r = context;
    (void)error;
    assert_int_equal(column_count, 1);
    assert_int_equal(index, r->count);
    if (r->fail_at != 0 && index == r->fail_at)
        return WEFT_ERROR_CANCELLED;
    r->keys[r->count++] = row[0].as.i;
    return WEFT_OK;
}

static void many_rows_go_in_one_pipeline_and_give_their_rows_back(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 3000 };
    static int64_t ids[COUNT];
    static uint32_t each[COUNT];
    static returned back;
    const char *names[COUNT];
    static wefti_statement insert = {.id = 30,
                                     .sql = "INSERT INTO t (a, b) VALUES ($1, $2) RETURNING id",
                                     .parameter_count = 2,
                                     .column_count = 1,
                                     .parameter_types = int64_text,
                                     .column_types = one_int64,
                                     .returns_rows = true,
                                     .writes = true};
    insert.sql_size = strlen(insert.sql);
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = (int64_t)(COUNT - i);
        names[i] = i % 2 == 0 ? "x" : NULL;
    }
    wefti_array columns[] = {{.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]},
                             {.type = WEFT_TEXT, .base = names, .stride = sizeof names[0]}};
    uint64_t changed = 0;
    pg_run(f, "CREATE TABLE t (id bigserial, a int8 UNIQUE, b text)");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.execute_many(f->dbc, &insert, columns, COUNT, take_row, &back, WEFTI_NO_DEADLINE, &changed, each, NULL,
                                         &f->error),
                     WEFT_OK);
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(changed, COUNT);
    assert_int_equal(back.count, COUNT);
    assert_int_equal(each[COUNT - 1], 1);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t WHERE a = 3001 - id AND (b IS NULL) = (id % 2 = 0)"), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(back.keys[i], i + 1);
}

static void a_table_full_of_pinned_statements_still_lets_others_run(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 3000 };
    static wefti_statement pinned[4], insert, other;
    static int64_t ids[COUNT];
    wefti_prepared_entry *pins[4];
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    uint64_t changed = 0;
    pg_run(f, "CREATE TABLE t (a int8)");
    insert = identity(6, "INSERT INTO t VALUES ($1)");
    insert.returns_rows = false;
    insert.column_count = 0;
    insert.writes = true;
    other = identity(7, "SELECT $1 + 3");
    for (size_t i = 0; i < 4; i++) {
        pinned[i] = identity(i + 1, "SELECT $1");
        assert_int_equal(pg_run_prepared(f, &pinned[i], 7), 7);
        pins[i] = wefti_prepared_pin(f->dbc->prepared, i + 1);
        assert_non_null(pins[i]);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, COUNT, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, NULL,
                                             &f->error),
                         WEFT_OK);
        assert_int_equal(changed, COUNT);
        assert_int_equal(pg_run_prepared(f, &other, 4), 7);
    }
    for (size_t i = 0; i < 4; i++)
        wefti_prepared_unpin(f->dbc->prepared, pins[i]);
    assert_int_equal(pg_integer(f, PREPARED), 4);
}

static void a_failure_among_many_rows_names_the_row_and_undoes_all(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 3000 };
    static int64_t ids[COUNT];
    static returned back;
    static wefti_statement insert = {.id = 31,
                                     .sql = "INSERT INTO t VALUES ($1) RETURNING a",
                                     .parameter_count = 1,
                                     .column_count = 1,
                                     .parameter_types = one_int64,
                                     .column_types = one_int64,
                                     .returns_rows = true,
                                     .writes = true};
    insert.sql_size = strlen(insert.sql);
    for (size_t i = 0; i < COUNT; i++)
        ids[i] = (int64_t)i;
    static const size_t places[] = {1, 511, 512, 700, 1500, COUNT - 1};
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    pg_run(f, "CREATE TABLE t (a int8 UNIQUE)");
    for (size_t p = 0; p < PG_COUNT(places); p++) {
        size_t failed = 0;
        memset(&back, 0, sizeof back);
        ids[places[p]] = 0;
        assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, COUNT, take_row, &back, WEFTI_NO_DEADLINE, NULL, NULL,
                                             &failed, &f->error),
                         WEFT_ERROR_UNIQUE);
        assert_int_equal(failed, places[p]);
        assert_int_equal(back.count, places[p]);
        assert_int_equal(f->error.outcome, WEFT_OUTCOME_ROLLED_BACK);
        assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
        ids[places[p]] = (int64_t)places[p];
    }
    size_t failed = 0;
    memset(&back, 0, sizeof back);
    back.fail_at = 100;
    assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, COUNT, take_row, &back, WEFTI_NO_DEADLINE, NULL, NULL, &failed,
                                         &f->error),
                     WEFT_ERROR_CANCELLED);
    assert_int_equal(failed, 100);
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    ids[7] = 0;
    assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, COUNT, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, &failed,
                                         &f->error),
                     WEFT_ERROR_UNIQUE);
    assert_int_equal(failed, 7);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_FAILED);
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 0);
}

static void a_row_that_cannot_be_encoded_stops_the_pipeline_cleanly(void **state)
{
    pg_fixture *f = *state;
    const char *names[700];
    static const uint16_t text_type[] = {WEFT_TEXT};
    static wefti_statement insert = {
        .id = 32, .sql = "INSERT INTO t VALUES ($1)", .parameter_count = 1, .parameter_types = text_type, .writes = true};
    insert.sql_size = strlen(insert.sql);
    for (size_t i = 0; i < 700; i++)
        names[i] = i == 600 ? "\xff" : "fine";
    wefti_array column = {.type = WEFT_TEXT, .base = names, .stride = sizeof names[0]};
    size_t failed = 0;
    pg_run(f, "CREATE TABLE t (a text)");
    assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, 700, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, &failed,
                                         &f->error),
                     WEFT_ERROR_DATA);
    assert_int_equal(failed, 600);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 0);
}

static void many_rows_survive_a_changed_plan(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement insert = {.id = 33,
                                     .sql = "INSERT INTO t VALUES ($1) RETURNING *",
                                     .parameter_count = 1,
                                     .column_count = 1,
                                     .parameter_types = one_int64,
                                     .column_types = one_int64,
                                     .returns_rows = true,
                                     .writes = true};
    insert.sql_size = strlen(insert.sql);
    int64_t ids[] = {1, 2, 3};
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    uint64_t changed = 0;
    pg_run(f, "CREATE TABLE t (a int4)");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(DRIVER.execute_many(f->dbc, &insert, &column, 3, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, NULL,
                                             &f->error),
                         WEFT_OK);
        assert_int_equal(changed, 3);
        pg_run(f, i == 0 ? "ALTER TABLE t ALTER a TYPE int8" : "DISCARD ALL");
        if (i == 1) { /* DISCARD ALL has reset search_path to the connection's own */
            assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 6);
        }
    }
}

static void a_script_runs_its_statements_or_none(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(DRIVER.execute_script(f->dbc, "CREATE TABLE a (id int8); INSERT INTO a VALUES (1); SELECT * FROM a;",
                                           WEFTI_NO_DEADLINE, &f->error),
                     WEFT_OK);
    assert_true(f->dbc->dirty);
    assert_int_equal(DRIVER.execute_script(f->dbc, "INSERT INTO a VALUES (2); SELECT 1/0; INSERT INTO a VALUES (3)",
                                           WEFTI_NO_DEADLINE, &f->error),
                     WEFT_ERROR_DATA);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM a"), 1);
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.execute_script(f->dbc, "INSERT INTO a VALUES (2)", WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_OPEN);
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM a"), 1);
}

/* What reads values of some types calls such a text a mistake of the SQL, or one of its own. */
static void a_text_that_is_none_of_its_type_is_data(void **state)
{
    pg_fixture *f = *state;
    static const char *const wrong[][2] = {{"tsvector", "'"},      {"tsvector", "a:b"}, {"tsquery", "a &"}, {"tsquery", "& a"},
                                           {"hstore", "a=>"},      {"hstore", "=>"},    {"hstore", "\"a"},  {"jsonb", "{"},
                                           {"int8range", "[5,1)"}, {"inet", "x"},       {"uuid", "x"}};
    pg_run(f, "CREATE EXTENSION hstore");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char sql[60];
        wefti_statement statement = identity(0, "");
        snprintf(sql, sizeof sql, "SELECT $1::%s::text", wrong[i][0]);
        statement.sql = sql;
        statement.sql_size = strlen(sql);
        statement.parameter_types = statement.column_types = &int64_text[1];
        const weft_value value = weft_value_text(wrong[i][1]);
        wefti_cursor *cursor = NULL;
        weft_status status = DRIVER.execute(f->dbc, &statement, &value, 1, false, WEFTI_NO_DEADLINE, &cursor, &f->error);
        if (status != WEFT_ERROR_DATA)
            print_message("%s: %s\n", wrong[i][0], f->error.message);
        assert_int_equal(status, WEFT_ERROR_DATA);
        assert_null(strstr(f->error.message, "syntax error"));
        DRIVER.finish(cursor);
    }
    assert_int_equal(pg_try(f, "SELEC 1"), WEFT_ERROR_SQL);
}

static void reset_rolls_back_and_clears_what_text_sql_changed(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement a;
    a = identity(40, "SELECT $1");
    assert_int_equal(pg_run_prepared(f, &a, 1), 1);
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "CREATE TABLE t (id int8)");
    pg_run(f, "SET TimeZone = 'Asia/Tokyo'");
    assert_int_equal(DRIVER.reset(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, PREPARED), 1);
    pg_run(f, "SET TimeZone = 'Asia/Tokyo'");
    f->dbc->dirty = true;
    assert_int_equal(DRIVER.reset(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_false(f->dbc->dirty);
    assert_int_equal(pg_integer(f, "SELECT (current_setting('TimeZone') = 'UTC')::int"), 1);
    assert_int_equal(pg_integer(f, PREPARED), 0);
    assert_int_equal(pg_run_prepared(f, &a, 2), 2);
}

static void copy_as_a_statement_is_refused(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(pg_try(f, "COPY (SELECT 1) TO STDOUT"), WEFT_ERROR_MISUSE);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_BROKEN);
}

static void what_a_server_is_too_old_for_is_not_sent(void **state)
{
    pg_fixture *f = *state;
    weft_error error = {0};
    wefti_cursor *cursor;
    static wefti_statement statement; /* the connection keeps it */
    statement = identity(90, "SELECT $1::int8");
    const weft_value value = weft_value_int64(1);
    statement.least_server = 990000;
    assert_int_equal(DRIVER.execute(f->dbc, &statement, &value, 1, false, WEFTI_NO_DEADLINE, &cursor, &error),
                     WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "and the statement needs 99"));
    statement.least_server = 100000;
    assert_int_equal(DRIVER.execute(f->dbc, &statement, &value, 1, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    DRIVER.finish(cursor);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pg_setup, pg_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_statement_is_prepared_once_and_by_its_id),
        cmocka_unit_test_setup_teardown(the_least_recently_used_statement_is_evicted, open_small_table, pg_teardown),
        cmocka_unit_test_setup_teardown(eviction_in_a_transaction_waits_for_its_end, open_small_table, pg_teardown),
        TEST(a_changed_result_is_prepared_anew_outside_a_transaction),
        TEST(a_type_that_was_made_anew_is_looked_up_again),
        TEST(statements_deallocated_behind_the_drivers_back_are_prepared_anew),
        TEST(a_taken_name_leads_to_running_without_names),
        cmocka_unit_test_setup_teardown(nothing_is_named_where_the_url_announces_a_pooler, open_unprepared, pg_teardown),
        TEST(text_parameters_take_the_type_of_their_place),
        TEST(one_statement_runs_with_parameters_of_changing_types),
        TEST(several_buffered_cursors_may_be_open),
        TEST(rows_stream_one_by_one),
        TEST(an_abandoned_stream_frees_its_connection_or_leaves_it_to_recover),
        TEST(a_stream_that_fails_ends_with_its_error),
        TEST(begin_travels_with_the_first_statement),
        TEST(commit_of_a_failed_transaction_is_an_error_with_the_first_cause),
        TEST(a_constraint_checked_at_commit_is_reported_as_such),
        TEST(a_savepoint_brings_a_failed_transaction_back),
        TEST(many_rows_go_in_one_pipeline_and_give_their_rows_back),
        cmocka_unit_test_setup_teardown(a_table_full_of_pinned_statements_still_lets_others_run, open_small_table, pg_teardown),
        TEST(a_failure_among_many_rows_names_the_row_and_undoes_all),
        TEST(a_row_that_cannot_be_encoded_stops_the_pipeline_cleanly),
        TEST(many_rows_survive_a_changed_plan),
        TEST(a_script_runs_its_statements_or_none),
        TEST(a_text_that_is_none_of_its_type_is_data),
        TEST(reset_rolls_back_and_clears_what_text_sql_changed),
        TEST(copy_as_a_statement_is_refused),
        TEST(what_a_server_is_too_old_for_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
