/* One connection of a driver, on a database of its own, for tests that are the same for every driver. Tests ask what a backend can
 * do, never its name. SQL is written with $1 placeholders, which both drivers number. */
#ifndef WEFT_TESTS_BACKEND_H
#define WEFT_TESTS_BACKEND_H

#include "base/error.h"
#include "driver/driver.h"
#include "support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct backend {
    const wefti_driver *driver;
    test_database database;
    wefti_target target;
    wefti_dbc *dbc;
    /* What differs: */
    const char *timestamp_type, *date_type, *time_type, *uuid_type, *decimal_type, *json_type, *bytes_type, *double_type, *any_of;
    const char *endless;      /* a statement that runs for many seconds */
    bool any_year;            /* timestamps before year 1 and after 9999 */
    bool nan;                 /* doubles may be NaN */
    bool failed_transactions; /* an error leaves the transaction failed */
    bool server;              /* connections can be killed from outside */
    bool prepares;            /* keeps statements prepared */
    bool loss_code;           /* tells by which SQLSTATE a server ended the connection */
    bool column_types;        /* tells the type of a column that nobody asked for */
    bool resets;              /* takes back what the program's SQL may have set; else such a connection is closed */
} backend;

/* cmocka's setup and teardown; the initial state is a test_backend cast to a pointer. */
int backend_open(void **state);
int backend_close(void **state);
#define BACKEND_TEST(function, kind) \
    cmocka_unit_test_prestate_setup_teardown(function, backend_open, backend_close, (void *)(uintptr_t)(kind))

wefti_dbc *backend_connect(backend *b);

/* A statement of text with its own id (0: not kept), for parameters of their own types. It lives until the backend is closed. */
wefti_statement *statement_of(uint64_t id, const char *sql, uint16_t parameter_count, bool returns_rows);

/* Runs text SQL with parameters, counting the rows; the error is the backend's last. */
weft_status run_on(wefti_dbc *dbc, const char *sql, const weft_value *parameters, size_t count, weft_error *error);
weft_status run(backend *b, const char *sql);
void must(backend *b, const char *sql);
/* The first column of the first row as an integer; -1 where there is none. */
int64_t integer(backend *b, const char *sql);

#endif
