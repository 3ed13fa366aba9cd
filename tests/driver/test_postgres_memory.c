/* Running out of memory inside libpq: this program's malloc is everybody's, and fails at the nth call, once or from then on. Every
 * call of the driver then ends, with an answer or with an error. A watchdog ends the program where one does not. Every seventh
 * point, of many rows' every 217th; all of them with WEFT_TEST_LONG. Sanitizers bring a malloc of their own: there no point is
 * reached. */
#define _GNU_SOURCE
#include "postgres_support.h"

#include "base/memory.h"

#include <errno.h>
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
} calls[] = {
    {"parse", parse, false},
    {"log in", log_in, false},
    {"plain", plain, true},
    {"piped", piped, true},
    {"stream", stream, true},
    {"piped stream", piped_stream, true},
    {"transaction", transaction, true},
    {"many", many, true},
    {"copy", copy, true},
    {"script", script, true},
    {"ping", ping, true},
    {"reset", reset, true},
    {"recover", recover, true},
};

/* May a call that met a failed allocation end so? Where libpq lost its place the connection is given up. */
static bool may_end(const struct call *call, weft_status status)
{
    if (status == WEFT_OK || status == WEFT_ERROR_NO_MEMORY)
        return true;
    return call->run != parse && status != WEFT_ERROR_MISUSE && status != WEFT_ERROR_URL;
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
    if (!may_end(call, status))
        fail_msg("%s, allocation %ld%s: %s: %s", call->name, n, forever ? " and all later ones" : "", weft_status_name(status),
                 v->error.message);
    if (failures == 0 && status != WEFT_OK)
        fail_msg("%s: %s: %s", call->name, weft_status_name(status), v->error.message);
    if (call->connects)
        DRIVER.close(v->dbc);
    return failures;
}

static long next_point(long n)
{
    if (getenv("WEFT_TEST_LONG") != NULL || n < ALL_OF_THE_FIRST)
        return n + 1;
    return n + (n < MOST_OF_THE_FIRST ? 7 : 217);
}

static void no_call_hangs_where_libpq_runs_out_of_memory(void **state)
{
    static pg_fixture f;
    visit v = {.f = &f};
    (void)state;
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
        cmocka_unit_test(no_call_hangs_where_libpq_runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
