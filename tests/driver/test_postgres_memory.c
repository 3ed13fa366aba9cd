/* Running out of memory inside libpq: this program's malloc is everybody's, and fails at the nth call, once or from then on. Every
 * call of the driver then ends, with an answer or with an error, and the rows that are left are those that it told of: who is told
 * that nothing was written writes again. A watchdog ends the program where a call does not end. Every seventh point, of many
 * rows' every 217th; all of them with WEFT_TEST_LONG. The program is German, and so are libpq's messages where weft does not see
 * to it. Sanitizers bring a malloc of their own: there no point is reached. */
#define _GNU_SOURCE
#include "postgres_support.h"

#include "base/memory.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver
#define ALL_OF_THE_FIRST 14   /* points are taken; calls that allocate little are looked at closely */
#define MOST_OF_THE_FIRST 150 /* later ones are those of the first rows over again */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC 1
#endif

static _Thread_local long countdown = -1; /* of this thread: -1 does not fail */
static _Thread_local bool for_ever;
static _Thread_local long failures;

#if OWN_MALLOC
static bool fails(void)
{
    if (countdown < 0)
        return false;
    if (countdown > 0) {
        countdown--;
        return false;
    }
    if (!for_ever)
        countdown = -1;
    failures++;
    errno = ENOMEM;
    return true;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails() ? NULL : __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { return fails() ? NULL : __libc_realloc(memory, size); }
#endif

static const uint16_t int64_type[] = {WEFT_INT64};

typedef struct visit {
    pg_fixture *f;
    char url[1200];
    wefti_target *target;
    wefti_dbc *dbc;
    weft_error error;
} visit;

static weft_status rows(visit *v, uint64_t id, bool stream)
{
    static wefti_statement statement;
    wefti_cursor *cursor = NULL;
    bool has_row = true;
    statement = (wefti_statement){.id = id,
                                  .sql = "SELECT generate_series(1::int8, 40)",
                                  .column_count = 1,
                                  .column_types = int64_type,
                                  .returns_rows = true};
    statement.sql_size = strlen(statement.sql);
    weft_status status = DRIVER.execute(v->dbc, &statement, NULL, 0, stream, WEFTI_NO_DEADLINE, &cursor, &v->error);
    while (status == WEFT_OK && has_row)
        status = DRIVER.step(cursor, &has_row, &v->error);
    DRIVER.finish(cursor);
    return status;
}

static weft_status insert_as(visit *v, uint64_t id)
{
    static wefti_statement kept[13]; /* what is prepared is kept by its connection */
    wefti_statement *statement = &kept[id];
    *statement = (wefti_statement){.id = id, .sql = "INSERT INTO t VALUES (7)", .sql_size = 24, .writes = true};
    wefti_cursor *cursor = NULL;
    weft_status status = DRIVER.execute(v->dbc, statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &v->error);
    DRIVER.finish(cursor);
    return status;
}

static weft_status insert(visit *v) { return insert_as(v, 0); }
static weft_status piped_insert(visit *v) { return insert_as(v, 11); }

static weft_status insert_returning(visit *v)
{
    static wefti_statement statement = {.sql = "INSERT INTO t VALUES (7) RETURNING id, 'a text that is long enough for a block'",
                                        .returns_rows = true,
                                        .writes = true};
    wefti_cursor *cursor = NULL;
    statement.sql_size = strlen(statement.sql);
    weft_status status = DRIVER.execute(v->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &v->error);
    DRIVER.finish(cursor);
    return status;
}

static weft_status commit(visit *v)
{
    weft_status status = DRIVER.begin(v->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &v->error);
    if (status == WEFT_OK)
        status = insert_as(v, 12);
    if (status == WEFT_OK)
        status = insert_as(v, 0);
    return status == WEFT_OK ? DRIVER.commit(v->dbc, WEFTI_NO_DEADLINE, &v->error) : status;
}

static weft_status insert_by_script(visit *v)
{
    return DRIVER.execute_script(v->dbc, "INSERT INTO t VALUES (7); INSERT INTO t VALUES (8)", WEFTI_NO_DEADLINE, &v->error);
}

static weft_status plain(visit *v) { return rows(v, 0, false); }
static weft_status piped(visit *v) { return rows(v, 7, false); }
static weft_status stream(visit *v) { return rows(v, 0, true); }
static weft_status piped_stream(visit *v) { return rows(v, 8, true); }

static weft_status transaction(visit *v)
{
    weft_status status = DRIVER.begin(v->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &v->error);
    if (status == WEFT_OK)
        status = rows(v, 9, false);
    return status == WEFT_OK ? DRIVER.commit(v->dbc, WEFTI_NO_DEADLINE, &v->error) : status;
}

static int64_t ids[2000];
static const wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};

static weft_status many(visit *v)
{
    static wefti_statement insert = {.id = 10,
                                     .sql = "INSERT INTO t VALUES ($1) RETURNING id",
                                     .sql_size = 38,
                                     .parameter_count = 1,
                                     .column_count = 1,
                                     .parameter_types = int64_type,
                                     .column_types = int64_type,
                                     .returns_rows = true,
                                     .writes = true};
    return DRIVER.execute_many(v->dbc, &insert, &column, 530, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL, &v->error);
}

static weft_status copy(visit *v)
{
    return DRIVER.copy_in(v->dbc, "COPY t FROM STDIN (FORMAT binary)", &column, 1, 2000, WEFTI_NO_DEADLINE, NULL, &v->error);
}

static weft_status script(visit *v) { return DRIVER.execute_script(v->dbc, "SELECT 1; SELECT 2", WEFTI_NO_DEADLINE, &v->error); }

static weft_status ping(visit *v) { return DRIVER.ping(v->dbc, WEFTI_NO_DEADLINE, &v->error); }

static weft_status reset(visit *v)
{
    v->dbc->dirty = true;
    return DRIVER.reset(v->dbc, WEFTI_NO_DEADLINE, &v->error);
}

static weft_status recover(visit *v)
{
    wefti_statement statement = {.sql = "SELECT pg_sleep(60)", .sql_size = 19, .returns_rows = true};
    wefti_cursor *cursor = NULL;
    long left = countdown;
    countdown = -1; /* the statement itself is to reach the server */
    weft_status status = DRIVER.execute(v->dbc, &statement, NULL, 0, false, wefti_deadline_after_ms(20), &cursor, &v->error);
    DRIVER.finish(cursor);
    countdown = left;
    return status == WEFT_ERROR_TIMEOUT ? DRIVER.recover(v->dbc, wefti_deadline_after_ms(5000), &v->error) : status;
}

static weft_status log_in(visit *v)
{
    wefti_dbc *dbc = NULL;
    weft_status status = DRIVER.open(v->target, WEFTI_NO_DEADLINE, &dbc, &v->error);
    DRIVER.close(dbc);
    return status;
}

static weft_status parse(visit *v)
{
    wefti_target target = {0};
    weft_status status = DRIVER.target_new(v->url, NULL, &target, &v->error);
    if (status == WEFT_OK)
        DRIVER.target_free(&target);
    return status;
}

static const struct call {
    const char *name;
    weft_status (*run)(visit *v);
    bool connects;
    int64_t rows; /* that it writes */
} calls[] = {
    {"parse", parse, false, 0},
    {"log in", log_in, false, 0},
    {"plain", plain, true, 0},
    {"piped", piped, true, 0},
    {"stream", stream, true, 0},
    {"piped stream", piped_stream, true, 0},
    {"insert", insert, true, 1},
    {"piped insert", piped_insert, true, 1},
    {"insert returning", insert_returning, true, 1},
    {"commit", commit, true, 2},
    {"insert by script", insert_by_script, true, 2},
    {"transaction", transaction, true, 0},
    {"many", many, true, 530},
    {"copy", copy, true, 2000},
    {"script", script, true, 0},
    {"ping", ping, true, 0},
    {"reset", reset, true, 0},
    {"recover", recover, true, 0},
};

/* May a call that met a failed allocation end so? Where libpq lost its place the connection is given up. */
static bool may_end(const struct call *call, weft_status status)
{
    if (status == WEFT_OK || status == WEFT_ERROR_NO_MEMORY)
        return true;
    if (call->run == parse)
        return false;
    return status == WEFT_ERROR_DISCONNECTED || (status == WEFT_ERROR_CONNECT && (call->run == log_in || call->run == recover)) ||
           (status == WEFT_ERROR_OUTCOME_UNKNOWN && (call->rows > 0 || call->run == script || call->run == transaction));
}

/* After the connection has ended: the rows are those that the call told of. */
static void look_at_rows(visit *v, const struct call *call, weft_status status, const char *point)
{
    int64_t rows = pg_integer(v->f, "SELECT count(*) FROM t");
    bool written = status == WEFT_OK || v->error.outcome == WEFT_OUTCOME_COMMITTED;
    bool unknown = status == WEFT_ERROR_OUTCOME_UNKNOWN;
    if (unknown ? rows != 0 && rows != call->rows : rows != (written ? call->rows : 0))
        fail_msg("%s: %s, outcome %d: %s: %lld rows are there", point, weft_status_name(status), (int)v->error.outcome,
                 v->error.message, (long long)rows);
    if (rows != 0)
        pg_run(v->f, "DELETE FROM t");
}

/* A backend that has lost its client may still be at work, or rolling back. */
static void wait_until_gone(const visit *v, int64_t backend)
{
    char query[100];
    (void)snprintf(query, sizeof query, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %lld)", (long long)backend);
    pg_wait_until(v->f, query);
}

static long run_point(visit *v, const struct call *call, long n, bool forever)
{
    if (call->connects)
        v->dbc = pg_connect(v->f);
    memset(&v->error, 0, sizeof v->error);
    (void)alarm(30); /* the watchdog: its signal ends the program */
    failures = 0;
    for_ever = forever;
    countdown = n;
    weft_status status = call->run(v);
    countdown = -1;
    (void)alarm(0);
    char point[100];
    (void)snprintf(point, sizeof point, "%s, allocation %ld%s", call->name, n, forever ? " and all later ones" : "");
    if (!may_end(call, status))
        fail_msg("%s: %s: %s", point, weft_status_name(status), v->error.message);
    if (failures == 0 && status != WEFT_OK)
        fail_msg("%s: %s: %s", call->name, weft_status_name(status), v->error.message);
    if (call->connects) {
        int64_t backend = DRIVER.server_process(v->dbc);
        DRIVER.close(v->dbc);
        if (status != WEFT_OK && call->rows > 0)
            wait_until_gone(v, backend);
    }
    if (call->rows > 0)
        look_at_rows(v, call, status, point);
    return failures;
}

static long next_point(long n)
{
    if (getenv("WEFT_TEST_LONG") != NULL || n < ALL_OF_THE_FIRST)
        return n + 1;
    return n + (n < MOST_OF_THE_FIRST ? 7 : 217);
}

static void no_call_hangs_or_lies_where_libpq_runs_out_of_memory(void **state)
{
    static pg_fixture f;
    visit v = {.f = &f};
    (void)state;
    assert_non_null(setlocale(LC_ALL, "de_DE.UTF-8")); /* scripts/test makes it */
    pg_fixture_open(&f, NULL, NULL);
    v.target = &f.target;
    (void)snprintf(v.url, sizeof v.url, "%s", f.database.url);
    pg_run(&f, "CREATE TABLE t (id int8)");
    for (size_t i = 0; i < PG_COUNT(calls); i++)
        for (int forever = 0; forever < 2; forever++) {
            long n = 0, points = 0;
            for (; run_point(&v, &calls[i], n, forever != 0) > 0; n = next_point(n))
                points++;
            if (OWN_MALLOC && points == 0)
                fail_msg("%s: no allocation was reached", calls[i].name);
            print_message("%s: %ld points\n", calls[i].name, points);
        }
    pg_fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_hangs_or_lies_where_libpq_runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
