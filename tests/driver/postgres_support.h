/* One PostgreSQL connection through the driver, in a schema of its own, and short ways to run statements on it. */
#ifndef WEFT_TESTS_DRIVER_POSTGRES_SUPPORT_H
#define WEFT_TESTS_DRIVER_POSTGRES_SUPPORT_H

#include <pthread.h>

#include "driver/driver.h"
#include "support/support.h"

typedef struct pg_fixture {
    test_database database;
    wefti_target target;
    wefti_dbc *dbc;
    weft_error error; /* of the last call through this header */
} pg_fixture;

/* Options for the driver and more of the URL ("&pgbouncer=1") may be NULL. */
void pg_fixture_open(pg_fixture *f, const wefti_driver_options *options, const char *more_url);
void pg_fixture_close(pg_fixture *f);
/* The same as setup and teardown of a cmocka test, whose state the fixture is. */
int pg_setup(void **state);
int pg_setup_with(void **state, const wefti_driver_options *options, const char *more_url);
int pg_teardown(void **state);
wefti_dbc *pg_connect(pg_fixture *f); /* another connection to the same target */

/* One-off text without parameters; the status, with its error in f->error. */
weft_status pg_try(pg_fixture *f, const char *sql);
/* The same, and the test fails where it does not work. */
void pg_run(pg_fixture *f, const char *sql);
/* The first cell of the first row of one-off text as an integer. */
int64_t pg_integer(pg_fixture *f, const char *sql);
/* The backend's process id, asked on the connection itself. */
int64_t pg_backend(wefti_dbc *dbc);
/* From a connection beside weft: ends the backend, and waits until it is gone. */
void pg_kill(const pg_fixture *f, int64_t backend);
/* Waits, from a connection beside weft, until the query gives true. */
void pg_wait_until(const pg_fixture *f, const char *query);

/* Runs a statement and expects it to work. */
wefti_cursor *pg_execute(pg_fixture *f, const wefti_statement *statement, const weft_value *parameters, size_t count);
/* Steps once and expects a row, or expects none. */
void pg_step_row(wefti_cursor *cursor);
void pg_step_end(wefti_cursor *cursor);
/* Runs a prepared statement of one row and one column and gives its integer. */
int64_t pg_run_prepared(pg_fixture *f, const wefti_statement *statement, int64_t parameter);

/* A server on a unix socket that answers each message of its one client with the next of its answers, and then listens on. */
typedef struct scripted_server {
    char folder[300];
    int listener;
    const char *answers[8];
    size_t sizes[8];
    size_t count;
    pthread_t thread;
} scripted_server;

void scripted_server_answer(scripted_server *server, const char *bytes, size_t size); /* bytes are borrowed */
void scripted_server_start(scripted_server *server);
void scripted_server_stop(scripted_server *server); /* after the client has gone */
/* user: "" or "name:password@". */
void scripted_server_url(const scripted_server *server, const char *user, char *url, size_t size);
#define PG_BYTES(text) (text), sizeof(text) - 1

/* A socket on which a client can connect and nobody ever answers; to be closed. folder is the host of a URL, its port 5432. */
int silent_server_start(char *folder, size_t size);
/* Where the test server listens, as libpq takes it: a folder or a name, and a port. */
void test_server_address(char *host, size_t host_size, char *port, size_t port_size);

#define PG_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
