/* How long calls wait for a server that holds its connections and does not answer, where the program says nothing of time. */
#define _GNU_SOURCE
#include "server.h"

#include "base/clock.h"

#include <weft/weft.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MS ((int64_t)WEFTI_NS_PER_MS)

static pg_server server;

static weft_engine *open_engine(weft_engine_options options)
{
    char url[1024];
    weft_engine *engine = NULL;
    weft_error error;
    options.pool.reset_timeout_ms = 300;
    pg_server_url(&server, "app", "", url, sizeof url);
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return engine;
}

static weft_connection *begin_work(weft_engine *engine, const weft_connection_options *options, pid_t *backend)
{
    weft_error error;
    weft_connection *connection = NULL;
    weft_result *result = NULL;
    int64_t pid = 0;
    if (weft_engine_connect(engine, &connection, options, &error) != WEFT_OK ||
        weft_execute_text(connection, "CREATE TEMP TABLE row_of (id int)", NULL, &error) != WEFT_OK ||
        weft_connection_query(connection, "SELECT pg_backend_pid()", NULL, &result, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &pid));
    weft_result_close(result);
    *backend = (pid_t)pid;
    return connection;
}

typedef weft_status (*last_call)(weft_connection *connection, weft_error *error);

/* What the call says while the backend stands still, in far less than for ever. */
static weft_status call_while_stopped(weft_engine *engine, last_call call, weft_error *error)
{
    pid_t backend;
    weft_connection *connection = begin_work(engine, NULL, &backend);
    if (kill(backend, SIGSTOP) != 0)
        fail_msg("cannot signal the server's process: the test must run as root or as the server's user");
    int64_t start = wefti_now_ns();
    weft_status status = call(connection, error);
    int64_t took = wefti_now_ns() - start;
    (void)kill(backend, SIGCONT); /* before anything is judged */
    weft_connection_close(connection);
    assert_true(took < 30000 * MS);
    return status;
}

static void commits_and_savepoints_end_without_a_deadline(void **state)
{
    weft_error error = {0};
    (void)state;
    weft_engine *engine = open_engine((weft_engine_options){.commit_timeout_ms = 1000});
    assert_int_equal(call_while_stopped(engine, weft_connection_savepoint, &error), WEFT_ERROR_TIMEOUT);
    assert_int_equal(call_while_stopped(engine, weft_connection_commit, &error), WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(error.outcome, WEFT_OUTCOME_UNKNOWN);
    assert_non_null(strstr(error.message, "deadline"));
    weft_engine_close(engine);
}

/* A statement's own time, the session's or the connection's, holds for its COMMIT too. */
static void the_time_that_a_program_sets_comes_first(void **state)
{
    weft_error error = {0};
    pid_t backend;
    (void)state;
    weft_engine *engine = open_engine((weft_engine_options){.commit_timeout_ms = 600000});
    weft_connection *connection = begin_work(engine, &(weft_connection_options){.timeout_ms = 1000}, &backend);
    assert_int_equal(kill(backend, SIGSTOP), 0);
    weft_status status = weft_connection_commit(connection, &error);
    (void)kill(backend, SIGCONT);
    assert_int_equal(status, WEFT_ERROR_OUTCOME_UNKNOWN);
    weft_connection_close(connection);
    weft_engine_close(engine);
}

/* How long the rollback of a session takes whose backend stands still. */
static int64_t roll_back_while_stopped(weft_engine *engine, const weft_session_options *options, uint32_t deadline_ms)
{
    weft_error error;
    weft_result *result = NULL;
    int64_t pid = 0;
    weft_session *session = weft_session_open(engine, options);
    weft_connection *connection = weft_session_connection(session);
    if (weft_connection_query(connection, "SELECT pg_backend_pid()", NULL, &result, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &pid));
    weft_result_close(result);
    assert_int_equal(weft_session_execute_text(session, "CREATE TEMP TABLE row_of (id int)", NULL), WEFT_OK);
    assert_int_equal(weft_session_set_deadline(session, deadline_ms), WEFT_OK);
    assert_int_equal(kill((pid_t)pid, SIGSTOP), 0);
    int64_t start = wefti_now_ns();
    weft_status status = weft_session_rollback(session);
    int64_t took = wefti_now_ns() - start;
    (void)kill((pid_t)pid, SIGCONT);
    assert_int_equal(status, WEFT_OK);
    weft_session_close(session);
    return took;
}

static void no_rollback_waits_long_for_a_server_that_stands_still(void **state)
{
    (void)state;
    weft_engine *engine = open_engine((weft_engine_options){0});
    assert_true(roll_back_while_stopped(engine, NULL, 200) < 4000 * MS);
    assert_true(roll_back_while_stopped(engine, &(weft_session_options){.timeout_ms = 40000}, 0) < 30000 * MS);
    weft_engine_close(engine);
}

static void an_engine_bounds_the_statements_of_all(void **state)
{
    weft_error error = {0};
    weft_connection *connection = NULL;
    (void)state;
    weft_engine *engine = open_engine((weft_engine_options){.timeout_ms = 1000});
    weft_session *session = weft_session_open(engine, NULL);
    assert_int_equal(weft_session_execute_text(session, "SELECT pg_sleep(600)", NULL), WEFT_ERROR_TIMEOUT);
    weft_session_close(session);
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, "SELECT pg_sleep(600)", NULL, &error), WEFT_ERROR_TIMEOUT);
    weft_connection_close(connection);
    session = weft_session_open(engine, &(weft_session_options){.timeout_ms = WEFT_NONE});
    assert_int_equal(weft_session_execute_text(session, "SELECT pg_sleep(1.5)", NULL), WEFT_OK);
    weft_session_close(session);
    const weft_connection_options none = {.timeout_ms = WEFT_NONE};
    assert_int_equal(weft_engine_connect(engine, &connection, &none, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, "SELECT pg_sleep(1.5)", NULL, &error), WEFT_OK);
    weft_connection_close(connection);
    weft_engine_close(engine);
}

static int start_server(void **state)
{
    (void)state;
    pg_server_start(&server, NULL, false);
    test_database_exec(&server.database, "CREATE ROLE app LOGIN");
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    pg_server_stop(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_and_savepoints_end_without_a_deadline),
        cmocka_unit_test(the_time_that_a_program_sets_comes_first),
        cmocka_unit_test(no_rollback_waits_long_for_a_server_that_stands_still),
        cmocka_unit_test(an_engine_bounds_the_statements_of_all),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
