/* What tests with a session share: a fresh database for each test, an engine whose statements are recorded and a session over the
 * models of the test program, and checks that say what the session's error was. */
#ifndef WEFT_TESTS_FIXTURE_H
#define WEFT_TESTS_FIXTURE_H

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

/* A test program says once which models its tests use: FIXTURE_MODELS(school); and lists its tests by ON_BOTH. FIXTURE_ROWS puts
 * rows in too, by SQL that does not go through weft. */
#define FIXTURE_MODELS(metadata) FIXTURE_ROWS(metadata, NULL)
#define FIXTURE_ROWS(metadata, sql) \
    static int open_sqlite(void **state) { return fixture_open(state, TEST_SQLITE, &(metadata), (sql)); } \
    static int open_postgres(void **state) { return fixture_open(state, TEST_POSTGRES, &(metadata), (sql)); } \
    struct fixture
#define ON_SQLITE(test) \
    { \
#test " (SQLite)", test, open_sqlite, fixture_close, NULL \
    }
#define ON_POSTGRES(test) \
    { \
#test " (PostgreSQL)", test, open_postgres, fixture_close, NULL \
    }
#define ON_BOTH(test) ON_SQLITE(test), ON_POSTGRES(test)

int fixture_open(void **state, test_backend backend, const weft_metadata *metadata, const char *rows);
int fixture_close(void **state);
/* Another engine on the same database; the options get its metadata and its recorder where they name none. */
weft_engine *fixture_engine(fixture *f, weft_engine_options options);
/* The number of statements since the last call; the session must be well. */
size_t fixture_statements(fixture *f);
/* The text of the last one; and how many compiled ones the engine keeps. */
const char *fixture_last_sql(const fixture *f);
size_t fixture_cached(const fixture *f);

/* The session has not failed; has this status; a call on it returned this. */
#define assert_ok(s) assert_status((s), WEFT_OK)
#define assert_status(s, wanted) assert_error(weft_session_status(s), (wanted), weft_session_error(s))
#define assert_call(s, call, wanted) assert_error((call), (wanted), weft_session_error(s))
#define assert_error(call, wanted, error) fixture_assert_error((call), (wanted), (error), __FILE__, __LINE__)
void fixture_assert_error(weft_status status, weft_status wanted, const weft_error *error, const char *file, int line);
#define flush_ok(s) assert_call((s), weft_session_flush(s), WEFT_OK)
#define commit_ok(s) assert_call((s), weft_session_commit(s), WEFT_OK)
#define rollback_ok(s) assert_call((s), weft_session_rollback(s), WEFT_OK)
/* The session's error has been told, and the session goes on. */
#define assert_refused(s, wanted) \
    do { \
        assert_status((s), (wanted)); \
        rollback_ok(s); \
    } while (0)
#define assert_message(s, part) fixture_assert_message((s), (part), __FILE__, __LINE__)
void fixture_assert_message(const weft_session *s, const char *part, const char *file, int line);
/* The rows of a query by another connection than weft's: columns joined by '|', rows by '\n'. */
#define assert_rows(f, sql, expected) fixture_assert_rows((f), (sql), (expected), __FILE__, __LINE__)
void fixture_assert_rows(const fixture *f, const char *sql, const char *expected, const char *file, int line);

#endif
