/* What the tests of the public interface share: an engine and a session over the models of the test program, a fresh database for
 * every test, and checks that say what the session's error was. */
#ifndef TESTS_API_API_H
#define TESTS_API_API_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "support/support.h"

typedef struct fixture {
    test_database database;
    test_recorder *recorder;
    weft_engine *engine;
    weft_session *s;
    const weft_metadata *metadata;
    bool postgres;
} fixture;

int api_open(void **state, test_backend backend, const weft_metadata *metadata);
int api_close(void **state);
/* Another engine on the same database; the options get its metadata and its recorder where they name none. */
weft_engine *api_engine(fixture *f, weft_engine_options options);

/* API_MODELS(models) gives a test program the two ways to set a test up. */
#define API_MODELS(metadata) \
    static int open_sqlite(void **state) { return api_open(state, TEST_SQLITE, &metadata); } \
    static int open_postgres(void **state) { return api_open(state, TEST_POSTGRES, &metadata); }
#define ON_BOTH(test) ON_SQLITE(test), ON_POSTGRES(test)
#define ON_SQLITE(test) { #test " (SQLite)", test, open_sqlite, api_close, NULL }
#define ON_POSTGRES(test) { #test " (PostgreSQL)", test, open_postgres, api_close, NULL }

#define assert_ok(s) api_assert_status((s), WEFT_OK, __FILE__, __LINE__)
#define assert_status(s, status) api_assert_status((s), (status), __FILE__, __LINE__)
void api_assert_status(const weft_session *s, weft_status wanted, const char *file, int line);
/* Commits, and says why where it fails. */
#define commit_ok(s) api_commit((s), __FILE__, __LINE__)
void api_commit(weft_session *s, const char *file, int line);
#define assert_error(call, wanted, error) api_assert_error((call), (wanted), (error), __FILE__, __LINE__)
void api_assert_error(weft_status status, weft_status wanted, const weft_error *error, const char *file, int line);
/* The rows of a query by another connection than weft's: columns joined by '|', rows by '\n'. */
#define assert_rows(f, sql, expected) api_assert_rows((f), (sql), (expected), __FILE__, __LINE__)
void api_assert_rows(const fixture *f, const char *sql, const char *expected, const char *file, int line);
/* The session's error has been told, and the session goes on. */
#define assert_refused(s, status) api_assert_refused((s), (status), __FILE__, __LINE__)
void api_assert_refused(weft_session *s, weft_status wanted, const char *file, int line);

#endif
