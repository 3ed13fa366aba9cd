/* Two servers of the test's own behind one URL, of which the first fails in the ways that nobody is told of. The service is back
 * within the time limits of the pool, closing does not wait for the dead, and nothing is left behind. */
#define _GNU_SOURCE
#include "server.h"

#include "base/clock.h"

#include <weft/weft.h>

#include <dirent.h>
#include <setjmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS (int64_t) WEFTI_NS_PER_MS
enum { SIZE = 4, STATEMENT_MS = 200, RESET_MS = 500, CONNECT_MS = 1500, MOST_PROCESSES = 64 };

static pg_server first, second;

static void both_url(const char *more, char *url, size_t size)
{
    int length = snprintf(url, size, "postgresql://weft@/weft_test?host=%s,%s&port=%d,%d&application_name=under-test%s",
                          first.folder, second.folder, first.port, second.port, more);
    assert_true(length > 0 && (size_t)length < size);
}

static weft_engine *open_engine(const char *more, weft_pool_options pool)
{
    char url[1200];
    weft_engine *engine = NULL;
    weft_error error;
    weft_engine_options options = {.pool = pool};
    both_url(more, url, sizeof url);
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return engine;
}

static weft_status ask(weft_connection *connection, const char *sql, int64_t *answer, weft_error *error)
{
    weft_result *result = NULL;
    weft_status status = weft_connection_query(connection, sql, NULL, &result, error);
    if (status == WEFT_OK && weft_result_next(result, error))
        (void)weft_result_int64(result, 0, answer);
    weft_result_close(result);
    return status;
}

#define PLACE_SQL "SELECT ('x' || substr(md5(current_setting('unix_socket_directories')), 1, 8))::bit(32)::int8"

static int64_t place_of(const pg_server *server) { return test_database_integer(&server->database, PLACE_SQL); }

static weft_status serve_once(weft_engine *engine, int64_t *place, weft_error *error)
{
    weft_connection *connection = NULL;
    weft_connection_options options = {.timeout_ms = STATEMENT_MS, .autocommit = true};
    weft_status status = weft_engine_connect(engine, &connection, &options, error);
    if (status == WEFT_OK)
        status = ask(connection, PLACE_SQL, place, error);
    weft_connection_close(connection);
    return status;
}

static void fill(weft_engine *engine)
{
    weft_connection *taken[SIZE];
    weft_error error;
    int64_t place = 0, expected = place_of(&first);
    for (int i = 0; i < SIZE; i++) {
        if (weft_engine_connect(engine, &taken[i], &(weft_connection_options){.autocommit = true}, &error) != WEFT_OK)
            fail_msg("%s", error.message);
        assert_int_equal(ask(taken[i], PLACE_SQL, &place, &error), WEFT_OK);
        assert_int_equal(place, expected);
    }
    for (int i = 0; i < SIZE; i++)
        weft_connection_close(taken[i]);
}

/* The postmaster and the sessions of the engine. */
static size_t list_processes(const pg_server *server, pid_t *processes)
{
    size_t count = 0;
    processes[count++] = pg_server_postmaster(server);
    char *rows = test_database_rows(&server->database, "SELECT pid FROM pg_stat_activity WHERE application_name = 'under-test'");
    for (char *at = rows; *at != '\0' && count < MOST_PROCESSES;) {
        long pid = strtol(at, &at, 10);
        if (pid > 0)
            processes[count++] = (pid_t)pid;
        at += *at != '\0' && (*at < '0' || *at > '9');
    }
    free(rows);
    return count;
}

static void signal_all(const pid_t *processes, size_t count, int number)
{
    for (size_t i = 0; i < count; i++)
        if (kill(processes[i], number) != 0)
            fail_msg("cannot signal the server's process %ld: the test must run as root or as the server's user",
                     (long)processes[i]);
}

static int count_entries(const char *folder)
{
    int count = 0;
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    while (readdir(opened) != NULL)
        count++;
    (void)closedir(opened);
    return count;
}

static void *end_at_once(void *context) { return context; }

/* After one has come and gone, for a sanitizer may start a thread of its own with the first. */
static int count_threads(void)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, end_at_once, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return count_entries("/proc/self/task");
}

/* A thread that was joined may be listed for another moment. */
static int count_threads_beyond(int before)
{
    int beyond = 0;
    wefti_deadline deadline = wefti_deadline_after_ms(5000);
    do
        beyond = count_entries("/proc/self/task") - before;
    while (beyond > 0 && !wefti_deadline_passed(deadline));
    return beyond;
}

static void a_server_that_stops_answering_gives_way_to_the_next(void **state)
{
    pid_t stopped[MOST_PROCESSES];
    weft_error error = {0};
    int64_t place = 0, expected = place_of(&second);
    (void)state;
    int threads = count_threads(), descriptors = count_entries("/proc/self/fd");
    weft_engine *engine = open_engine("", (weft_pool_options){.size = SIZE,
                                                              .max_overflow = WEFT_NONE,
                                                              .timeout_ms = 10000,
                                                              .reset_timeout_ms = RESET_MS,
                                                              .connect_timeout_ms = CONNECT_MS});
    fill(engine);
    size_t count = list_processes(&first, stopped);
    assert_int_equal(count, SIZE + 1);
    signal_all(stopped, count, SIGSTOP);
    int64_t start = wefti_now_ns();
    weft_status status = WEFT_ERROR_TIMEOUT;
    for (int i = 0; i < 2 * SIZE && status != WEFT_OK; i++)
        status = serve_once(engine, &place, &error);
    int64_t back = wefti_now_ns() - start;
    weft_status more = WEFT_OK;
    for (int i = 0; i < 20 && more == WEFT_OK; i++)
        more = serve_once(engine, &place, &error);
    start = wefti_now_ns();
    weft_status closed = weft_engine_close_within(engine, 1000, NULL);
    int64_t closing = wefti_now_ns() - start;
    int threads_left = count_threads_beyond(threads), left = count_entries("/proc/self/fd") - descriptors;
    signal_all(stopped, count, SIGCONT); /* before anything is judged */
    assert_int_equal(status, WEFT_OK);
    assert_int_equal(more, WEFT_OK);
    assert_int_equal(place, expected);
    print_message("back after %lld ms, closed in %lld ms\n", (long long)(back / MS), (long long)(closing / MS));
    assert_true(back < (SIZE * STATEMENT_MS + RESET_MS + CONNECT_MS + 2000) * MS);
    assert_int_equal(closed, WEFT_OK);
    assert_true(closing < 3000 * MS);
    assert_int_equal(threads_left, 0);
    assert_int_equal(left, 0);
    pg_server_wait_until(&first, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'under-test')");
}

/* The connections are as good as new, so the pool itself has no doubt of them. */
static void a_ping_passes_by_connections_that_are_dead(void **state)
{
    pid_t stopped[MOST_PROCESSES];
    weft_error error = {0};
    int64_t place = 0, expected = place_of(&second);
    (void)state;
    weft_engine *engine = open_engine("", (weft_pool_options){.size = SIZE,
                                                              .max_overflow = WEFT_NONE,
                                                              .reset_timeout_ms = RESET_MS,
                                                              .connect_timeout_ms = CONNECT_MS});
    fill(engine);
    test_database_exec(&first.database, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                                        "WHERE application_name = 'under-test'");
    assert_int_equal(weft_engine_ping(engine, &error), WEFT_OK);
    assert_int_equal(error.status, WEFT_OK);
    fill(engine);
    size_t count = list_processes(&first, stopped);
    signal_all(stopped, count, SIGSTOP);
    int64_t start = wefti_now_ns();
    weft_status status = weft_engine_ping(engine, &error), served = serve_once(engine, &place, &error);
    int64_t back = wefti_now_ns() - start;
    signal_all(stopped, count, SIGCONT);
    weft_engine_close(engine);
    assert_int_equal(status, WEFT_OK);
    assert_int_equal(served, WEFT_OK);
    assert_int_equal(place, expected);
    assert_true(back < (SIZE * RESET_MS + CONNECT_MS + 4000) * MS);
}

static void closing_does_not_wait_for_a_server_that_is_stopped(void **state)
{
    pid_t stopped[MOST_PROCESSES];
    weft_error error = {0};
    int64_t place = 0;
    (void)state;
    int threads = count_threads(), descriptors = count_entries("/proc/self/fd");
    weft_engine *engine = open_engine(
        "", (weft_pool_options){.size = SIZE, .max_overflow = WEFT_NONE, .reset_timeout_ms = 60000, .connect_timeout_ms = 60000});
    fill(engine);
    size_t count = list_processes(&first, stopped);
    signal_all(stopped, count, SIGSTOP);
    weft_status status = serve_once(engine, &place, &error); /* a helper is to recover it, with a minute's time */
    int64_t start = wefti_now_ns();
    weft_status closed = weft_engine_close_within(engine, 500, NULL);
    int64_t closing = wefti_now_ns() - start;
    int threads_left = count_threads_beyond(threads), left = count_entries("/proc/self/fd") - descriptors;
    signal_all(stopped, count, SIGCONT);
    assert_int_equal(status, WEFT_ERROR_TIMEOUT);
    assert_int_equal(closed, WEFT_OK);
    assert_true(closing < 2000 * MS);
    assert_int_equal(threads_left, 0);
    assert_int_equal(left, 0);
}

static weft_status write_once(weft_engine *engine, bool autocommit, weft_error *error)
{
    weft_connection *connection = NULL;
    weft_status status = weft_engine_connect(engine, &connection, &(weft_connection_options){.autocommit = autocommit}, error);
    if (status == WEFT_OK)
        status = weft_execute_text(connection, "INSERT INTO public.notes VALUES (1)", NULL, error);
    if (status == WEFT_OK && !autocommit)
        status = weft_connection_commit(connection, error);
    weft_connection_close(connection);
    return status;
}

static void set_read_only(pg_server *server, const char *value)
{
    char sql[100];
    (void)snprintf(sql, sizeof sql, "ALTER SYSTEM SET default_transaction_read_only = %s", value);
    test_database_exec(&server->database, "SET default_transaction_read_only = off");
    test_database_exec(&server->database, sql);
    test_database_exec(&server->database, "SELECT pg_reload_conf()");
    (void)snprintf(sql, sizeof sql, "current_setting('default_transaction_read_only') = '%s'", value);
    pg_server_wait_until(server, sql);
}

/* All connections are to the first server; one write that it refuses is enough for all of them. */
static void a_server_that_became_read_only_gives_way_to_the_next(void **state)
{
    (void)state;
    for (int autocommit = 0; autocommit < 2; autocommit++) {
        weft_error error = {0};
        weft_pool_stats stats;
        test_database_exec(&first.database, "CREATE TABLE IF NOT EXISTS public.notes (id int8)");
        test_database_exec(&second.database, "DROP TABLE IF EXISTS public.notes; CREATE TABLE public.notes (id int8)");
        weft_engine *engine = open_engine("&target_session_attrs=read-write", (weft_pool_options){.size = SIZE});
        fill(engine);
        assert_int_equal(write_once(engine, autocommit != 0, &error), WEFT_OK);
        set_read_only(&first, "on");
        weft_status status;
        int64_t before = 0;
        do { /* until the server's sessions have read the setting */
            before = test_database_integer(&first.database, "SELECT count(*) FROM public.notes");
            status = write_once(engine, autocommit != 0, &error);
        } while (status == WEFT_OK && test_database_integer(&first.database, "SELECT count(*) FROM public.notes") > before);
        assert_int_equal(status, WEFT_ERROR_DISCONNECTED);
        assert_true(weft_status_is_retryable(status));
        assert_string_equal(error.sqlstate, "25006");
        assert_non_null(strstr(error.message, "read-only"));
        for (int i = 0; i < 3; i++)
            if (write_once(engine, autocommit != 0, &error) != WEFT_OK)
                fail_msg("%s", error.message);
        assert_int_equal(test_database_integer(&second.database, "SELECT count(*) FROM public.notes"), 3);
        weft_engine_pool_stats(engine, &stats);
        assert_int_equal(stats.generation, 1);
        weft_engine_close(engine);
        set_read_only(&first, "off");
        test_database_exec(&first.database, "SET default_transaction_read_only = off");
    }
}

/* There it is the program's own choice. */
static void a_transaction_that_was_begun_to_read_keeps_its_connection(void **state)
{
    weft_error error = {0};
    weft_pool_stats stats;
    weft_connection *connection;
    (void)state;
    weft_engine *engine =
        open_engine("&target_session_attrs=read-write", (weft_pool_options){.size = 1, .max_overflow = WEFT_NONE});
    assert_int_equal(weft_engine_connect(engine, &connection, &(weft_connection_options){.read_only = true}, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, "INSERT INTO public.notes VALUES (1)", NULL, &error), WEFT_ERROR_READ_ONLY);
    weft_connection_close(connection);
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.generation, 0);
    assert_int_equal(stats.idle, 1);
    weft_engine_close(engine);
}

static void refusal_of_every_host_is_told_with_its_reason(void **state)
{
    (void)state;
    for (int fast = 0; fast < 2; fast++) {
        weft_engine *engine = NULL;
        weft_error error = {0};
        weft_engine_options options = {.pool = {.timeout_ms = fast != 0 ? 600000 : 300, .fail_fast = fast != 0}};
        assert_int_equal(weft_engine_open(&engine, "postgresql://u@/d?host=/nonexistent/a,/nonexistent/b", &options, &error),
                         WEFT_OK);
        int64_t start = wefti_now_ns();
        assert_int_equal(weft_engine_ping(engine, &error), WEFT_ERROR_CONNECT);
        assert_non_null(strstr(error.message, "/nonexistent/a"));
        assert_non_null(strstr(error.message, "/nonexistent/b"));
        assert_true(error.nothing_sent);
        assert_true(wefti_now_ns() - start < 9000 * MS);
        weft_engine_close(engine);
    }
}

static void a_server_without_tls_is_told_at_the_first_attempt(void **state)
{
    weft_engine *engine = NULL;
    weft_error error = {0};
    weft_connection *connection;
    char url[600];
    (void)state;
    pg_server tcp;
    pg_server_start(&tcp, NULL, true);
    (void)snprintf(url, sizeof url, "postgresql://weft@127.0.0.1:%d/weft_test?sslmode=require", tcp.port);
    assert_int_equal(weft_engine_open(&engine, url, &(weft_engine_options){.pool = {.timeout_ms = 600000}}, &error), WEFT_OK);
    weft_status status = weft_engine_connect(engine, &connection, NULL, &error);
    weft_engine_close(engine);
    pg_server_stop(&tcp);
    assert_int_equal(status, WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.hint, "sslmode"));
}

static int start_both(void **state)
{
    (void)state;
    pg_server_start(&first, NULL, false);
    pg_server_start(&second, NULL, false);
    return 0;
}

static int stop_both(void **state)
{
    (void)state;
    pg_server_stop(&second);
    pg_server_stop(&first);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_stops_answering_gives_way_to_the_next),
        cmocka_unit_test(a_ping_passes_by_connections_that_are_dead),
        cmocka_unit_test(closing_does_not_wait_for_a_server_that_is_stopped),
        cmocka_unit_test(a_server_that_became_read_only_gives_way_to_the_next),
        cmocka_unit_test(a_transaction_that_was_begun_to_read_keeps_its_connection),
        cmocka_unit_test(refusal_of_every_host_is_told_with_its_reason),
        cmocka_unit_test(a_server_without_tls_is_told_at_the_first_attempt),
    };
    return cmocka_run_group_tests(tests, start_both, stop_both);
}
