/* Time is never slept away here: what another process has to do is waited for by asking the server. */
#define _GNU_SOURCE
#include "postgres_support.h"

#include "base/memory.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_ok(weft_status status, const weft_error *error, const char *what)
{
    if (status != WEFT_OK)
        fail_msg("%s: %s: %s", what, weft_status_name(status), error->message);
}

void pg_fixture_open(pg_fixture *f, const wefti_driver_options *options, const char *more_url)
{
    char url[1024];
    wefti_driver_options none = {0};
    memset(f, 0, sizeof *f);
    test_database_open(&f->database, TEST_POSTGRES);
    (void)snprintf(url, sizeof url, "%s%s", f->database.url, more_url != NULL ? more_url : "");
    expect_ok(wefti_postgres_driver.target_new(url, options != NULL ? options : &none, &f->target, &f->error), &f->error, "target");
    f->dbc = pg_connect(f);
}

wefti_dbc *pg_connect(pg_fixture *f)
{
    wefti_dbc *dbc = NULL;
    expect_ok(wefti_postgres_driver.open(&f->target, wefti_deadline_after_ms(20000), &dbc, &f->error), &f->error, "open");
    return dbc;
}

void pg_fixture_close(pg_fixture *f)
{
    wefti_postgres_driver.close(f->dbc);
    wefti_postgres_driver.target_free(&f->target);
    test_database_drop(&f->database);
}

int pg_setup_with(void **state, const wefti_driver_options *options, const char *more_url)
{
    static pg_fixture fixture;
    pg_fixture_open(&fixture, options, more_url);
    *state = &fixture;
    return 0;
}

int pg_setup(void **state) { return pg_setup_with(state, NULL, NULL); }

int pg_teardown(void **state)
{
    pg_fixture_close(*state);
    return 0;
}

static wefti_statement one_off(const char *sql)
{
    return (wefti_statement){.sql = sql, .sql_size = strlen(sql), .returns_rows = true, .writes = true};
}

weft_status pg_try(pg_fixture *f, const char *sql)
{
    wefti_statement statement = one_off(sql);
    wefti_cursor *cursor = NULL;
    weft_status status = wefti_postgres_driver.execute(f->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &f->error);
    wefti_postgres_driver.finish(cursor);
    return status;
}

void pg_run(pg_fixture *f, const char *sql) { expect_ok(pg_try(f, sql), &f->error, sql); }

static int64_t integer_on(wefti_dbc *dbc, const char *sql, weft_error *error)
{
    wefti_statement statement = one_off(sql);
    wefti_cursor *cursor = NULL;
    expect_ok(wefti_postgres_driver.execute(dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, error), error, sql);
    pg_step_row(cursor);
    assert_false(cursor->row[0].is_null);
    int64_t value = cursor->row[0].as.i;
    wefti_postgres_driver.finish(cursor);
    return value;
}

int64_t pg_integer(pg_fixture *f, const char *sql) { return integer_on(f->dbc, sql, &f->error); }

int64_t pg_backend(wefti_dbc *dbc)
{
    weft_error error;
    return integer_on(dbc, "SELECT pg_backend_pid()", &error);
}

void pg_kill(const pg_fixture *f, int64_t backend)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 20000)::int", (long long)backend);
    assert_int_equal(test_database_integer(&f->database, sql), 1);
}

/* Asked anew each time: a session takes in changed settings between its statements. */
void pg_wait_until(const pg_fixture *f, const char *query)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql, "SELECT (%s)::int", query);
    for (int i = 0; test_database_integer(&f->database, sql) == 0; i++) {
        if (i == 2000) { /* ends the program: threads wait, too */
            (void)fprintf(stderr, "waited in vain for %s\n", query);
            exit(1);
        }
        test_database_exec(&f->database, "SELECT pg_sleep(0.005)");
    }
}

wefti_cursor *pg_execute(pg_fixture *f, const wefti_statement *statement, const weft_value *parameters, size_t count)
{
    wefti_cursor *cursor = NULL;
    expect_ok(wefti_postgres_driver.execute(f->dbc, statement, parameters, count, false, WEFTI_NO_DEADLINE, &cursor, &f->error),
              &f->error, statement->sql);
    return cursor;
}

void pg_step_row(wefti_cursor *cursor)
{
    weft_error error;
    bool has_row = false;
    expect_ok(wefti_postgres_driver.step(cursor, &has_row, &error), &error, "step");
    assert_true(has_row);
}

void pg_step_end(wefti_cursor *cursor)
{
    weft_error error;
    bool has_row = true;
    expect_ok(wefti_postgres_driver.step(cursor, &has_row, &error), &error, "step");
    assert_false(has_row);
}

int64_t pg_run_prepared(pg_fixture *f, const wefti_statement *statement, int64_t parameter)
{
    weft_value value = weft_value_int64(parameter);
    wefti_cursor *cursor = pg_execute(f, statement, &value, 1);
    pg_step_row(cursor);
    int64_t result = cursor->row[0].as.i;
    wefti_postgres_driver.finish(cursor);
    return result;
}

void scripted_server_answer(scripted_server *server, const char *bytes, size_t size)
{
    assert_true(server->count < PG_COUNT(server->answers));
    server->answers[server->count] = bytes;
    server->sizes[server->count++] = size;
}

/* The startup message has no type byte; later ones have. */
static bool read_message(int connection, bool first)
{
    unsigned char head[5], body[4096];
    size_t head_size = first ? 4 : 5;
    if (recv(connection, head, head_size, MSG_WAITALL) != (ssize_t)head_size)
        return false;
    size_t size = (size_t)head[head_size - 2] << 8 | head[head_size - 1];
    return size >= 4 && size < sizeof body && recv(connection, body, size - 4, MSG_WAITALL) == (ssize_t)(size - 4);
}

static void *serve(void *context)
{
    scripted_server *server = context;
    int connection = accept(server->listener, NULL, NULL);
    for (size_t i = 0; i < server->count && read_message(connection, i == 0); i++)
        (void)!send(connection, server->answers[i], server->sizes[i], MSG_NOSIGNAL);
    char rest[64];
    while (recv(connection, rest, sizeof rest, 0) > 0) /* until the client goes away */
        continue;
    (void)close(connection);
    return NULL;
}

int silent_server_start(char *folder, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[300];
    test_path_new(path, sizeof path, "socket"); /* for its folder: libpq gives the socket its name */
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(folder, size, "%s", path);
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", path);
    assert_true(length > 0 && (size_t)length < sizeof address.sun_path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 16), 0);
    return listener;
}

void scripted_server_start(scripted_server *server)
{
    server->listener = silent_server_start(server->folder, sizeof server->folder);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void scripted_server_stop(scripted_server *server)
{
    (void)close(server->listener);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
}

void scripted_server_url(const scripted_server *server, const char *user, char *url, size_t size)
{
    int length = snprintf(url, size, "postgresql://%s/d?host=%s&port=5432&gssencmode=disable", user, server->folder);
    assert_true(length > 0 && (size_t)length < size);
}

void test_server_address(char *host, size_t host_size, char *port, size_t port_size)
{
    PQconninfoOption *parsed = PQconninfoParse(test_pg_url(), NULL);
    assert_non_null(parsed);
    (void)snprintf(host, host_size, "/var/run/postgresql");
    (void)snprintf(port, port_size, "5432");
    for (const PQconninfoOption *o = parsed; o->keyword != NULL; o++) {
        if (o->val == NULL || o->val[0] == '\0')
            continue;
        if (strcmp(o->keyword, "host") == 0)
            (void)snprintf(host, host_size, "%s", o->val);
        else if (strcmp(o->keyword, "port") == 0)
            (void)snprintf(port, port_size, "%s", o->val);
    }
    PQconninfoFree(parsed);
}
