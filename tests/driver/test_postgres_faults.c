/* What goes wrong between the PostgreSQL driver and its server: lost backends, deadlines, forks, signals, notices, memory. */
#define _GNU_SOURCE
#include "postgres_support.h"

#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver

static pg_fixture fixture;

/* A thread that ends a backend as soon as a condition on it holds. */
typedef struct killer {
    const pg_fixture *f;
    int64_t backend;
    char condition[200];
    bool cancel;
    pthread_t thread;
} killer;

static void *run_killer(void *context)
{
    killer *k = context;
    char sql[400];
    (void)snprintf(sql, sizeof sql, "EXISTS (SELECT FROM pg_stat_activity WHERE pid = %lld AND %s)", (long long)k->backend,
                   k->condition);
    pg_wait_until(k->f, sql);
    if (k->cancel) {
        (void)snprintf(sql, sizeof sql, "SELECT pg_cancel_backend(%lld)::int", (long long)k->backend);
        (void)test_database_integer(&k->f->database, sql);
    } else {
        pg_kill(k->f, k->backend);
    }
    return NULL;
}

static void start_killer(killer *k, pg_fixture *f, const char *condition)
{
    k->f = f;
    k->backend = pg_backend(f->dbc);
    (void)snprintf(k->condition, sizeof k->condition, "%s", condition);
    assert_int_equal(pthread_create(&k->thread, NULL, run_killer, k), 0);
}

static void join_killer(killer *k) { assert_int_equal(pthread_join(k->thread, NULL), 0); }

#define SLEEPING "wait_event = 'PgSleep'"

static void a_backend_killed_while_idle_is_found_dead_with_the_reason(void **state)
{
    pg_fixture *f = *state;
    assert_true(DRIVER.alive(f->dbc, &f->error));
    pg_kill(f, pg_backend(f->dbc));
    assert_false(DRIVER.alive(f->dbc, &f->error));
    assert_int_equal(f->error.status, WEFT_ERROR_DISCONNECTED);
    assert_string_equal(f->error.sqlstate, "57P01");
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_BROKEN);
    assert_int_equal(pg_try(f, "SELECT 1"), WEFT_ERROR_DISCONNECTED);
    assert_true(f->error.nothing_sent);
    assert_int_equal(DRIVER.ping(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(DRIVER.reset(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_DISCONNECTED);
}

static void a_waiting_notification_is_no_death(void **state)
{
    pg_fixture *f = *state;
    pg_run(f, "LISTEN news");
    test_database_exec(&f->database, "NOTIFY news, 'hello'");
    for (int i = 0; i < 3; i++)
        assert_true(DRIVER.alive(f->dbc, &f->error));
    assert_int_equal(DRIVER.ping(f->dbc, wefti_deadline_after_ms(10000), &f->error), WEFT_OK);
}

/* They come with the answer to ROLLBACK, a megabyte of them. */
static void notifications_that_waited_for_the_end_of_a_transaction_are_no_flood(void **state)
{
    pg_fixture *f = *state;
    pg_run(f, "LISTEN news");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "SELECT 1");
    test_database_exec(&f->database,
                       "DO $$ BEGIN FOR i IN 1..1500 LOOP PERFORM pg_notify('news', i || repeat('x', 700)); END LOOP; END $$");
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_true(DRIVER.alive(f->dbc, &f->error));
    assert_int_equal(DRIVER.ping(f->dbc, wefti_deadline_after_ms(10000), &f->error), WEFT_OK);
    assert_int_equal(pg_try(f, "SELECT 1"), WEFT_OK);
}

static const uint16_t one_int64[] = {WEFT_INT64};

static weft_status run_read(pg_fixture *f, const char *sql, wefti_deadline deadline)
{
    wefti_statement statement = {.sql = sql, .sql_size = strlen(sql), .returns_rows = true};
    wefti_cursor *cursor = NULL;
    weft_status status = DRIVER.execute(f->dbc, &statement, NULL, 0, false, deadline, &cursor, &f->error);
    DRIVER.finish(cursor);
    return status;
}

static void a_read_that_loses_its_backend_may_be_run_again(void **state)
{
    pg_fixture *f = *state;
    killer k = {0};
    start_killer(&k, f, SLEEPING);
    weft_status status = run_read(f, "SELECT pg_sleep(60)", WEFTI_NO_DEADLINE);
    join_killer(&k);
    assert_int_equal(status, WEFT_ERROR_DISCONNECTED);
    assert_true(weft_status_is_retryable(status));
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_NONE);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_BROKEN);
}

static void a_lone_write_that_loses_its_backend_has_an_unknown_outcome(void **state)
{
    pg_fixture *f = *state;
    killer k = {0};
    pg_run(f, "CREATE TABLE t (id int8)");
    start_killer(&k, f, SLEEPING);
    weft_status status = pg_try(f, "INSERT INTO t SELECT 1 FROM pg_sleep(60)");
    join_killer(&k);
    assert_int_equal(status, WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_false(weft_status_is_retryable(status));
}

static void a_transaction_that_loses_its_backend_is_rolled_back(void **state)
{
    pg_fixture *f = *state;
    killer k = {0};
    pg_run(f, "CREATE TABLE t (id int8)");
    start_killer(&k, f, SLEEPING);
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "INSERT INTO t VALUES (1)");
    weft_status status = pg_try(f, "INSERT INTO t SELECT 2 FROM pg_sleep(60)");
    join_killer(&k);
    assert_int_equal(status, WEFT_ERROR_DISCONNECTED);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM t"), 0);
}

static void a_loss_seen_before_commit_is_sent_leaves_no_doubt(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "CREATE TABLE t (id int8)");
    pg_kill(f, pg_backend(f->dbc));
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_ROLLED_BACK);
}

/* COMMIT runs the trigger, which sleeps. */
static void make_slow_commit(pg_fixture *f)
{
    pg_run(f, "CREATE TABLE t (id int8)");
    pg_run(f, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END'");
    pg_run(f,
           "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "INSERT INTO t VALUES (1)");
}

static void a_backend_lost_during_commit_leaves_the_outcome_unknown(void **state)
{
    pg_fixture *f = *state;
    killer k = {0};
    make_slow_commit(f);
    start_killer(&k, f, SLEEPING);
    weft_status status = DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error);
    join_killer(&k);
    assert_int_equal(status, WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_BROKEN);
}

static void a_deadline_during_commit_leaves_the_outcome_unknown(void **state)
{
    pg_fixture *f = *state;
    int64_t backend = pg_backend(f->dbc);
    make_slow_commit(f);
    assert_int_equal(DRIVER.commit(f->dbc, wefti_deadline_after_ms(100), &f->error), WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_BROKEN);
    pg_kill(f, backend); /* it would go on to hold its locks */
}

/* The commit is done and waits for a standby that there is not: the backend ends with the row in place. */
static void a_commit_whose_answer_was_lost_may_have_happened(void **state)
{
    pg_fixture *f = *state;
    killer k = {0};
    assert_int_equal(pg_integer(f, "SELECT rolsuper::int FROM pg_roles WHERE rolname = current_user"), 1);
    pg_run(f, "SET synchronous_commit = off");
    pg_run(f, "CREATE TABLE t (id int8)");
    pg_run(f, "SET synchronous_commit = on");
    test_database_exec(&f->database, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    test_database_exec(&f->database, "SELECT pg_reload_conf()");
    pg_wait_until(f, "current_setting('synchronous_standby_names') = 'nobody'");
    start_killer(&k, f, "wait_event = 'SyncRep'");
    weft_status inserted = WEFT_OK, status = WEFT_OK;
    int64_t commits = 0;
    while (status == WEFT_OK && inserted == WEFT_OK && commits < 5000) { /* until the setting has come about */
        commits++;
        assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
        inserted = pg_try(f, "INSERT INTO t VALUES (1)");
        status = DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error);
    }
    join_killer(&k);
    test_database_exec(&f->database, "ALTER SYSTEM RESET synchronous_standby_names");
    test_database_exec(&f->database, "SELECT pg_reload_conf()");
    assert_int_equal(inserted, WEFT_OK);
    assert_int_equal(status, WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM t"), commits);
}

static void a_stream_that_loses_its_backend_never_ends_as_if_complete(void **state)
{
    pg_fixture *f = *state;
    wefti_statement series = {.sql = "SELECT generate_series(1::int8, 2000000)",
                              .returns_rows = true,
                              .column_count = 1,
                              .column_types = one_int64};
    series.sql_size = strlen(series.sql);
    int64_t backend = pg_backend(f->dbc);
    wefti_cursor *cursor = NULL;
    assert_int_equal(DRIVER.execute(f->dbc, &series, NULL, 0, true, WEFTI_NO_DEADLINE, &cursor, &f->error), WEFT_OK);
    weft_status status = WEFT_OK;
    bool has_row = true;
    for (int i = 0; status == WEFT_OK && has_row; i++) {
        if (i == 1000)
            pg_kill(f, backend);
        status = DRIVER.step(cursor, &has_row, &f->error);
    }
    assert_int_equal(status, WEFT_ERROR_DISCONNECTED);
    assert_true(cursor->row_count < 2000000);
    DRIVER.finish(cursor);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_BROKEN);
}

static void a_deadline_leaves_the_statement_to_be_recovered(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(run_read(f, "SELECT pg_sleep(60)", wefti_deadline_after_ms(50)), WEFT_ERROR_TIMEOUT);
    assert_false(f->error.nothing_sent);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_ACTIVE);
    assert_int_equal(pg_try(f, "SELECT 1"), WEFT_ERROR_MISUSE);
    assert_int_equal(DRIVER.recover(f->dbc, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(DRIVER.recover(f->dbc, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    for (int i = 0; i < 50; i++)
        pg_run(f, "SELECT 1");
}

/* Nobody cancels it: the server sees by itself that its client has closed the connection. The interval stands after weft's own in
 * the options, and wins. */
static void a_statement_whose_client_is_gone_ends_on_the_server(void **state)
{
    char gone[100];
    (void)state;
    pg_fixture_open(&fixture, NULL, "%20-cclient_connection_check_interval%3D50");
    pg_fixture *f = &fixture;
    (void)snprintf(gone, sizeof gone, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %lld)", (long long)pg_backend(f->dbc));
    assert_int_equal(run_read(f, "SELECT pg_sleep(600)", wefti_deadline_after_ms(100)), WEFT_ERROR_TIMEOUT);
    DRIVER.close(f->dbc);
    f->dbc = NULL;
    pg_wait_until(f, gone);
    pg_fixture_close(f);
}

static void the_server_is_told_to_look_after_its_clients(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(pg_integer(f, "SELECT (current_setting('client_connection_check_interval') = '5s')::int"), 1);
    /* There is nothing to keep alive of a unix socket. */
    assert_int_equal(pg_integer(f, "SELECT (inet_server_addr() IS NULL OR current_setting('tcp_keepalives_idle') = '30')::int"), 1);
}

static void a_deadline_in_a_transaction_leaves_one_that_can_only_roll_back(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement sleeping = {.id = 50,
                                       .sql = "SELECT 1::int8 FROM pg_sleep($1)",
                                       .parameter_count = 1,
                                       .column_count = 1,
                                       .parameter_types = one_int64,
                                       .column_types = one_int64,
                                       .returns_rows = true};
    sleeping.sql_size = strlen(sleeping.sql);
    weft_value minute = weft_value_int64(60);
    wefti_cursor *cursor = NULL;
    /* BEGIN, Parse and the statement in one pipeline. */
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.execute(f->dbc, &sleeping, &minute, 1, false, wefti_deadline_after_ms(50), &cursor, &f->error),
                     WEFT_ERROR_TIMEOUT);
    assert_null(cursor);
    assert_int_equal(DRIVER.recover(f->dbc, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_FAILED);
    assert_int_equal(DRIVER.rollback(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(pg_run_prepared(f, &sleeping, 0), 1);
}

static void deadlines_hold_in_pipelines_copies_and_scripts(void **state)
{
    pg_fixture *f = *state;
    int64_t ids[600] = {0};
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    static wefti_statement insert = {.id = 51,
                                     .sql = "INSERT INTO t VALUES ($1)",
                                     .sql_size = 25,
                                     .parameter_count = 1,
                                     .parameter_types = one_int64,
                                     .writes = true};
    pg_run(f, "CREATE TABLE t (id int8)");
    wefti_dbc *other = pg_connect(f), *mine = f->dbc;
    f->dbc = other;
    assert_int_equal(DRIVER.begin(other, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    f->dbc = mine;
    for (int kind = 0; kind < 3; kind++) {
        wefti_deadline deadline = wefti_deadline_after_ms(50);
        weft_status status;
        if (kind == 0)
            status = DRIVER.execute_many(mine, &insert, &column, 600, NULL, NULL, deadline, NULL, NULL, NULL, &f->error);
        else if (kind == 1)
            status = DRIVER.copy_in(mine, "COPY t FROM STDIN (FORMAT binary)", &column, 1, 600, deadline, NULL, &f->error);
        else
            status = DRIVER.execute_script(mine, "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", deadline, &f->error);
        /* The rows of a batch have a transaction of their own, whose COMMIT was not sent; the others may yet be committed. */
        assert_int_equal(status, kind == 0 ? WEFT_ERROR_TIMEOUT : WEFT_ERROR_OUTCOME_UNKNOWN);
        assert_int_equal(f->error.outcome, kind == 0 ? WEFT_OUTCOME_NONE : WEFT_OUTCOME_UNKNOWN);
        assert_int_equal(DRIVER.state(mine), WEFTI_TX_ACTIVE);
        assert_int_equal(DRIVER.recover(mine, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
        assert_int_equal(DRIVER.reset(mine, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
        assert_int_equal(DRIVER.state(mine), WEFTI_TX_IDLE);
    }
    DRIVER.close(other);
    assert_int_equal(DRIVER.execute_many(mine, &insert, &column, 600, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL, &f->error),
                     WEFT_OK);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 600);
}

/* What a deadline gave up goes on in the server: the statement waits for a lock, gets it, and commits. */
static void an_autocommit_write_past_its_deadline_has_an_unknown_outcome(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement write = {.id = 52,
                                    .sql = "INSERT INTO t VALUES ($1)",
                                    .sql_size = 25,
                                    .parameter_count = 1,
                                    .parameter_types = one_int64,
                                    .writes = true};
    static wefti_statement read = {.id = 53,
                                   .sql = "SELECT id FROM t WHERE id = $1",
                                   .sql_size = 30,
                                   .parameter_count = 1,
                                   .column_count = 1,
                                   .parameter_types = one_int64,
                                   .column_types = one_int64,
                                   .returns_rows = true};
    pg_run(f, "CREATE TABLE t (id int8)");
    wefti_dbc *other = pg_connect(f), *mine = f->dbc;
    weft_value one = weft_value_int64(1);
    wefti_cursor *cursor = NULL;
    f->dbc = other;
    assert_int_equal(DRIVER.begin(other, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    pg_run(f, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
    f->dbc = mine;
    assert_int_equal(DRIVER.execute(mine, &write, &one, 1, false, wefti_deadline_after_ms(50), &cursor, &f->error),
                     WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(f->error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_false(f->error.nothing_sent);
    assert_int_equal(DRIVER.recover(mine, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    assert_int_equal(DRIVER.execute(mine, &read, &one, 1, false, wefti_deadline_after_ms(50), &cursor, &f->error),
                     WEFT_ERROR_TIMEOUT); /* a read has nothing to be in doubt of */
    assert_int_equal(DRIVER.recover(mine, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    assert_int_equal(DRIVER.execute(mine, &write, &one, 1, false, wefti_now_ns() - 1, &cursor, &f->error), WEFT_ERROR_TIMEOUT);
    assert_true(f->error.nothing_sent);
    DRIVER.close(other);
}

static void a_copy_given_up_in_the_middle_is_recovered(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 20000 };
    static int64_t ids[COUNT];
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    pg_run(f, "CREATE TABLE t (id int8)");
    pg_run(f, "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END'");
    pg_run(f, "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()");
    assert_int_equal(DRIVER.copy_in(f->dbc, "COPY t FROM STDIN (FORMAT binary)", &column, 1, COUNT, wefti_deadline_after_ms(100),
                                    NULL, &f->error),
                     WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(DRIVER.recover(f->dbc, wefti_deadline_after_ms(20000), &f->error), WEFT_OK);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 0);
}

static void nothing_is_sent_after_the_deadline(void **state)
{
    pg_fixture *f = *state;
    assert_int_equal(run_read(f, "SELECT 1", wefti_now_ns() - 1), WEFT_ERROR_TIMEOUT);
    assert_true(f->error.nothing_sent);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
}

static void timeouts_and_cancels_of_the_server_leave_the_connection_usable(void **state)
{
    pg_fixture *f = *state;
    killer k = {.cancel = true};
    pg_run(f, "SET statement_timeout = 30");
    assert_int_equal(run_read(f, "SELECT pg_sleep(60)", WEFTI_NO_DEADLINE), WEFT_ERROR_TIMEOUT);
    assert_string_equal(f->error.sqlstate, "57014");
    pg_run(f, "SET statement_timeout = 0");
    start_killer(&k, f, SLEEPING);
    weft_status status = run_read(f, "SELECT pg_sleep(60)", WEFTI_NO_DEADLINE);
    join_killer(&k);
    assert_int_equal(status, WEFT_ERROR_CANCELLED);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
}

static void a_child_of_fork_neither_speaks_on_nor_ends_its_parents_connection(void **state)
{
    pg_fixture *f = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        weft_error error;
        bool good = !DRIVER.alive(f->dbc, &error) && error.status == WEFT_ERROR_FORKED &&
                    run_read(f, "SELECT 1", WEFTI_NO_DEADLINE) == WEFT_ERROR_FORKED && DRIVER.state(f->dbc) == WEFTI_TX_BROKEN &&
                    DRIVER.reset(f->dbc, WEFTI_NO_DEADLINE, &error) == WEFT_ERROR_FORKED;
        DRIVER.close(f->dbc);
        _exit(good ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(DRIVER.alive(f->dbc, &f->error));
    assert_int_equal(pg_integer(f, "SELECT 8"), 8);
}

static volatile sig_atomic_t pipe_signals, alarm_signals;

static void count_pipe(int signal_number)
{
    (void)signal_number;
    pipe_signals++;
}

static void count_alarm(int signal_number)
{
    (void)signal_number;
    alarm_signals++;
}

static void no_sigpipe_reaches_the_program(void **state)
{
    pg_fixture *f = *state;
    struct sigaction action = {.sa_handler = count_pipe}, before;
    assert_int_equal(sigaction(SIGPIPE, &action, &before), 0);
    pg_kill(f, pg_backend(f->dbc));
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_read(f, "SELECT 1", WEFTI_NO_DEADLINE), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
    assert_int_equal(pipe_signals, 0);
}

static void signals_neither_shorten_nor_extend_a_deadline(void **state)
{
    pg_fixture *f = *state;
    struct sigaction action = {.sa_handler = count_alarm}, before;
    struct itimerval storm = {{0, 1000}, {0, 1000}}, calm = {{0, 0}, {0, 0}};
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &storm, NULL), 0);
    weft_status slept = run_read(f, "SELECT pg_sleep(0.1)", wefti_deadline_after_ms(20000));
    int64_t start = wefti_now_ns();
    weft_status late = run_read(f, "SELECT pg_sleep(60)", wefti_deadline_after_ms(200));
    int64_t took = wefti_now_ns() - start;
    assert_int_equal(setitimer(ITIMER_REAL, &calm, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_int_equal(slept, WEFT_OK);
    assert_int_equal(late, WEFT_ERROR_TIMEOUT);
    assert_true(alarm_signals > 20);
    assert_true(took >= 200 * (int64_t)WEFTI_NS_PER_MS && took < 5000 * (int64_t)WEFTI_NS_PER_MS);
}

typedef struct seen {
    int notices, warnings;
    char last[256];
} seen;

static void see(void *context, const weft_log_record *record)
{
    seen *s = context;
    if (strstr(record->message, "noise") == NULL)
        return;
    s->notices++;
    s->warnings += record->level == WEFT_LOG_WARNING;
    (void)snprintf(s->last, sizeof s->last, "%s", record->message);
}

static void notices_are_logged_with_their_sqlstate_and_a_flood_is_cut(void **state)
{
    seen s = {0};
    wefti_log log = {.callback = see, .context = &s, .level = WEFT_LOG_DEBUG};
    wefti_driver_options options = {.log = &log, .show_raised = true};
    (void)state;
    pg_fixture_open(&fixture, &options, NULL);
    pg_fixture *f = &fixture;
    pg_run(f, "DO $$ BEGIN RAISE WARNING 'noise' USING ERRCODE = '01W01'; END $$");
    assert_int_equal(s.warnings, 1);
    assert_non_null(strstr(s.last, "01W01"));
    pg_run(f, "DO $$ BEGIN FOR i IN 1..10000 LOOP RAISE NOTICE 'noise'; END LOOP; END $$");
    assert_int_equal(s.notices, 21);
    pg_fixture_close(f);
}

/* What code in the database raises may hold values: without being asked for, only its code and its words are logged. */
static void what_a_notice_says_is_not_logged_unless_asked_for(void **state)
{
    seen s = {0};
    wefti_log log = {.callback = see, .context = &s, .level = WEFT_LOG_DEBUG};
    wefti_driver_options options = {.log = &log};
    (void)state;
    pg_fixture_open(&fixture, &options, NULL);
    pg_run(&fixture, "DO $$ BEGIN RAISE WARNING 'noise' USING ERRCODE = '01W01'; END $$");
    assert_int_equal(s.notices, 0);
    pg_fixture_close(&fixture);
}

/* One round of everything that allocates; which status it ended with. */
static weft_status use_everything(pg_fixture *f, uint64_t id)
{
    static wefti_statement statements[3];
    static const uint16_t list_type[] = {WEFT_INT64 + WEFTI_ARRAY};
    int64_t ids[] = {1, 2, 3};
    wefti_array column = {.type = WEFT_INT64, .count = 3, .base = ids, .stride = sizeof ids[0]};
    weft_value list = wefti_array_value(&column);
    wefti_dbc *dbc = NULL;
    wefti_cursor *cursor = NULL;
    statements[0] = (wefti_statement){.id = id,
                                      .sql = "SELECT unnest($1)::numeric::text",
                                      .parameter_count = 1,
                                      .parameter_types = list_type,
                                      .returns_rows = true};
    statements[1] = (wefti_statement){.id = id + 1,
                                      .sql = "INSERT INTO t VALUES ($1) RETURNING id",
                                      .parameter_count = 1,
                                      .column_count = 1,
                                      .parameter_types = one_int64,
                                      .column_types = one_int64,
                                      .returns_rows = true};
    weft_status status = DRIVER.open(&f->target, WEFTI_NO_DEADLINE, &dbc, &f->error);
    if (status == WEFT_OK)
        status = DRIVER.begin(dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error);
    if (status == WEFT_OK)
        status = DRIVER.execute(dbc, &statements[0], &list, 1, true, WEFTI_NO_DEADLINE, &cursor, &f->error);
    bool has_row = status == WEFT_OK;
    while (status == WEFT_OK && has_row)
        status = DRIVER.step(cursor, &has_row, &f->error);
    DRIVER.finish(cursor);
    if (status == WEFT_OK)
        status = DRIVER.execute_many(dbc, &statements[1], &column, 3, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL, &f->error);
    if (status == WEFT_OK)
        status = DRIVER.copy_in(dbc, "COPY t FROM STDIN (FORMAT binary)", &column, 1, 3, WEFTI_NO_DEADLINE, NULL, &f->error);
    if (status == WEFT_OK)
        status = DRIVER.execute_script(dbc, "SELECT 1; SELECT 2", WEFTI_NO_DEADLINE, &f->error);
    if (status == WEFT_OK)
        status = DRIVER.rollback(dbc, WEFTI_NO_DEADLINE, &f->error);
    DRIVER.close(dbc);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    pg_fixture *f = *state;
    pg_run(f, "CREATE TABLE t (id int8)");
    for (int forever = 0; forever < 2; forever++) {
        weft_status status = WEFT_ERROR_NO_MEMORY;
        int64_t n = 0;
        for (; status == WEFT_ERROR_NO_MEMORY && n < 1000; n++) {
            (void)wefti_memory_fail_after(n, forever != 0);
            status = use_everything(f, 100);
            (void)wefti_memory_fail_after(-1, false);
        }
        assert_int_equal(status, WEFT_OK);
        assert_true(n > 5 && n < 1000);
    }
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM t"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pg_setup, pg_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_backend_killed_while_idle_is_found_dead_with_the_reason),
        TEST(a_waiting_notification_is_no_death),
        TEST(notifications_that_waited_for_the_end_of_a_transaction_are_no_flood),
        TEST(a_read_that_loses_its_backend_may_be_run_again),
        TEST(a_lone_write_that_loses_its_backend_has_an_unknown_outcome),
        TEST(a_transaction_that_loses_its_backend_is_rolled_back),
        TEST(a_loss_seen_before_commit_is_sent_leaves_no_doubt),
        TEST(a_backend_lost_during_commit_leaves_the_outcome_unknown),
        TEST(a_deadline_during_commit_leaves_the_outcome_unknown),
        TEST(a_commit_whose_answer_was_lost_may_have_happened),
        TEST(a_stream_that_loses_its_backend_never_ends_as_if_complete),
        TEST(a_deadline_leaves_the_statement_to_be_recovered),
        cmocka_unit_test(a_statement_whose_client_is_gone_ends_on_the_server),
        TEST(the_server_is_told_to_look_after_its_clients),
        TEST(a_deadline_in_a_transaction_leaves_one_that_can_only_roll_back),
        TEST(deadlines_hold_in_pipelines_copies_and_scripts),
        TEST(an_autocommit_write_past_its_deadline_has_an_unknown_outcome),
        TEST(a_copy_given_up_in_the_middle_is_recovered),
        TEST(nothing_is_sent_after_the_deadline),
        TEST(timeouts_and_cancels_of_the_server_leave_the_connection_usable),
        TEST(a_child_of_fork_neither_speaks_on_nor_ends_its_parents_connection),
        TEST(no_sigpipe_reaches_the_program),
        TEST(signals_neither_shorten_nor_extend_a_deadline),
        cmocka_unit_test(notices_are_logged_with_their_sqlstate_and_a_flood_is_cut),
        cmocka_unit_test(what_a_notice_says_is_not_logged_unless_asked_for),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
