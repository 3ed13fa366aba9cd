/* A server that sends without end what nobody asked for: in every phase of a connection a call ends at its deadline, and what came
 * is not kept. The calls are the driver's; a real server floods at the end. */
#define _GNU_SOURCE
#include "flood.h"
#include "postgres_support.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver
#define DEADLINE_MS 60
#define LATEST_NS (3000 * (int64_t)WEFTI_NS_PER_MS) /* the machine may be busy; without the deadline the calls never end */

#define AUTHENTICATED "R\0\0\0\10\0\0\0\0"
#define LOGIN AUTHENTICATED "Z\0\0\0\5I"
#define LOGIN_IN_TRANSACTION AUTHENTICATED "Z\0\0\0\5T"
#define PARSED \
    "1\0\0\0\4" \
    "2\0\0\0\4"
#define INT8_ROW "T\0\0\0\32\0\1c\0\0\0\0\0\0\0\0\0\0\24\xff\xff\xff\xff\xff\xff\0\1"
#define NO_ROWS INT8_ROW "C\0\0\0\15SELECT 0\0"
#define COPY_IN "G\0\0\0\11\1\0\1\0\1"
#define NOTICE "SNOTICE\0VNOTICE\0C00000\0Mnoise\0\0"
#define ERROR "SERROR\0VERROR\0CXX000\0Mnoise\0\0"

#define HUGE_SIZE (1u << 30)
/* Every message meets some of the calls, the first call every message; with WEFT_TEST_LONG every call does. Under ThreadSanitizer a
 * flood takes many times as long. */
#ifdef __SANITIZE_THREAD__
#define STEPS \
    { \
        4, 4, 4 \
    }
#elif defined(__SANITIZE_ADDRESS__)
#define STEPS \
    { \
        1, 4, 1 \
    }
#else
#define STEPS \
    { \
        1, 2, 1 \
    }
#endif
static const size_t steps[] = STEPS; /* of the first call, of the others, with WEFT_TEST_LONG */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BRIEFEST_NS (20000 * (int64_t)WEFTI_NS_PER_MS) /* a large message alone takes a sanitizer seconds */
#else
#define BRIEFEST_NS (8000 * (int64_t)WEFTI_NS_PER_MS) /* less than the time that such calls have at most */
#endif
/* What came, kept twice and thrice. A sanitizer keeps what was freed: there the figure says nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOST_RESIDENT SIZE_MAX
#else
#define MOST_RESIDENT ((size_t)100 << 20)
#endif

static const flood_message messages[] = {
    {"notices", 'N', PG_BYTES(NOTICE), 0, 0},
    {"notifications", 'A', PG_BYTES("\0\0\0\1news\0payload\0"), 0, 0},
    {"reports of one parameter", 'S', PG_BYTES("a_parameter\0value\0"), 0, 0},
    {"reports of many parameters", 'S', PG_BYTES("a_xxxxxxxx\0value\0"), 2, 0},
    {"rows", 'D', PG_BYTES("\0\1\0\0\0\10\0\0\0\0\0\0\0\7"), 0, 0},
    {"descriptions of rows", 'T', PG_BYTES("\0\1c\0\0\0\0\0\0\0\0\0\0\24\0\10\xff\xff\xff\xff\0\1"), 0, 0},
    {"ends of commands", 'C', PG_BYTES("SELECT 1\0"), 0, 0},
    {"errors", 'E', PG_BYTES(ERROR), 0, 0},
    {"ready states", 'Z', PG_BYTES("I"), 0, 0},
    {"empty queries", 'I', PG_BYTES(""), 0, 0},
    {"bound statements", '2', PG_BYTES(""), 0, 0},
    {"keys", 'K', PG_BYTES("\0\0\0\1\0\0\0\1"), 0, 0},
    {"copied data", 'd', PG_BYTES("data"), 0, 0},
    {"unknown messages", '?', PG_BYTES(""), 0, 0},
    {"one large notice", 'N', PG_BYTES("S"), 0, 1u << 22},
    {"one large row", 'D', PG_BYTES("\0\1"), 0, 1u << 22},
    {"one huge notice", 'N', PG_BYTES("S"), 0, HUGE_SIZE},
    {"one huge row", 'D', PG_BYTES("\0\1"), 0, HUGE_SIZE},
    {"one huge notification", 'A', PG_BYTES("\0\0\0\1"), 0, HUGE_SIZE},
};

typedef struct visit {
    wefti_dbc *dbc;
    wefti_deadline deadline;
    weft_error error;
} visit;

static const uint16_t int64_type[] = {WEFT_INT64};

static weft_status read_rows(visit *v, uint64_t id, bool stream)
{
    static wefti_statement statement; /* what is prepared refers to it */
    statement = (wefti_statement){
        .id = id, .sql = "SELECT 1", .sql_size = 8, .column_count = 1, .column_types = int64_type, .returns_rows = true};
    wefti_cursor *cursor = NULL;
    bool has_row = true;
    weft_status status = DRIVER.execute(v->dbc, &statement, NULL, 0, stream, v->deadline, &cursor, &v->error);
    while (status == WEFT_OK && has_row)
        status = DRIVER.step(cursor, &has_row, &v->error);
    DRIVER.finish(cursor);
    return status;
}

static weft_status query(visit *v) { return read_rows(v, 0, false); }
static weft_status prepared(visit *v) { return read_rows(v, 1, false); }
static weft_status stream(visit *v) { return read_rows(v, 0, true); }
static weft_status prepared_stream(visit *v) { return read_rows(v, 1, true); }
static weft_status script(visit *v) { return DRIVER.execute_script(v->dbc, "SELECT 1; SELECT 2", v->deadline, &v->error); }
static weft_status commit(visit *v) { return DRIVER.commit(v->dbc, v->deadline, &v->error); }
static weft_status rollback(visit *v) { return DRIVER.rollback(v->dbc, v->deadline, &v->error); }
static weft_status ping(visit *v) { return DRIVER.ping(v->dbc, v->deadline, &v->error); }
static weft_status reset(visit *v) { return DRIVER.reset(v->dbc, v->deadline, &v->error); }

static weft_status many(visit *v)
{
    static int64_t ids[5000];
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    static wefti_statement insert = {.id = 2,
                                     .sql = "INSERT INTO t VALUES ($1)",
                                     .sql_size = 25,
                                     .parameter_count = 1,
                                     .parameter_types = int64_type,
                                     .writes = true};
    return DRIVER.execute_many(v->dbc, &insert, &column, 5000, NULL, NULL, v->deadline, NULL, NULL, NULL, &v->error);
}

static weft_status copy(visit *v)
{
    enum { COUNT = 200000 };
    static int64_t ids[COUNT];
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof ids[0]};
    return DRIVER.copy_in(v->dbc, "COPY t (c) FROM STDIN (FORMAT binary)", &column, 1, COUNT, v->deadline, NULL, &v->error);
}

/* What a pool does with a connection whose statement was given up. */
static weft_status drain(visit *v)
{
    weft_status status = query(v);
    if (status != WEFT_ERROR_TIMEOUT)
        return status;
    v->deadline = wefti_deadline_after_ms(DEADLINE_MS);
    return DRIVER.recover(v->dbc, v->deadline, &v->error);
}

static const struct phase {
    const char *name;
    weft_status (*call)(visit *v);
    const char *greeting;
    size_t greeting_size;
    const char *preamble;
    size_t preamble_size;
} phases[] = {
    {"a query", query, PG_BYTES(LOGIN), PG_BYTES(PARSED INT8_ROW)},
    {"a query before its answer", query, PG_BYTES(LOGIN), NULL, 0},
    {"a prepared statement", prepared, PG_BYTES(LOGIN),
     PG_BYTES("1\0\0\0\4"
              "2\0\0\0\4" INT8_ROW)},
    {"a stream", stream, PG_BYTES(LOGIN), PG_BYTES(PARSED INT8_ROW)},
    {"a prepared stream", prepared_stream, PG_BYTES(LOGIN), PG_BYTES(PARSED INT8_ROW)},
    {"a pipeline", many, PG_BYTES(LOGIN), NULL, 0},
    {"a copy", copy, PG_BYTES(LOGIN), PG_BYTES(NO_ROWS COPY_IN)},
    {"a script", script, PG_BYTES(LOGIN), NULL, 0},
    {"a commit", commit, PG_BYTES(LOGIN_IN_TRANSACTION), NULL, 0},
    {"a rollback", rollback, PG_BYTES(LOGIN_IN_TRANSACTION), NULL, 0},
    {"a ping", ping, PG_BYTES(LOGIN), NULL, 0},
    {"a reset", reset, PG_BYTES(LOGIN_IN_TRANSACTION), NULL, 0},
    {"a drain", drain, PG_BYTES(LOGIN), PG_BYTES(PARSED INT8_ROW)},
};

/* ThreadSanitizer keeps four bytes for each of libpq's buffer, which grows to the size that the message says: what is measured then
 * is how long the sanitizer takes for gibibytes. */
static bool is_left_out(const flood_message *m)
{
#ifdef __SANITIZE_THREAD__
    return m->said_size == HUGE_SIZE;
#else
    (void)m;
    return false;
#endif
}

static size_t step_of(size_t call) { return getenv("WEFT_TEST_LONG") != NULL ? steps[2] : steps[call > 0]; }

static wefti_target open_target(const flood_server *server)
{
    wefti_target target;
    weft_error error;
    char url[600];
    (void)snprintf(url, sizeof url, "postgresql://u@/d?host=%s&port=5432&gssencmode=disable", server->folder);
    assert_int_equal(DRIVER.target_new(url, NULL, &target, &error), WEFT_OK);
    return target;
}

/* Rows are what a statement may keep; all else is not. */
static bool may_grow(const flood_message *m) { return m->type == 'D' || m->said_size != 0; }

static size_t resident_bytes(void)
{
    unsigned long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &pages, &resident), 2);
    (void)fclose(file);
    return resident * 4096;
}

/* A call that its caller gave no deadline, but that nobody may wait for without one. */
static void flood_brief(const struct phase *p, const flood_message *m)
{
    flood_server server = {.message = m, .greeting = p->greeting, .greeting_size = p->greeting_size};
    visit v = {.deadline = WEFTI_NO_DEADLINE};
    flood_server_start(&server);
    wefti_target target = open_target(&server);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(10000), &v.dbc, &v.error), WEFT_OK);
    size_t before = resident_bytes();
    int64_t start = wefti_now_ns();
    weft_status status = p->call(&v);
    int64_t took = wefti_now_ns() - start;
    size_t after = resident_bytes();
    DRIVER.close(v.dbc);
    DRIVER.target_free(&target);
    flood_server_stop(&server);
    if (status == WEFT_OK)
        fail_msg("%s: %s were taken for an answer", p->name, m->name);
    if (took > BRIEFEST_NS)
        fail_msg("%s without a deadline: %s kept it for %lld ms", p->name, m->name, (long long)(took / WEFTI_NS_PER_MS));
    /* Of a message that says how long it is libpq reads what there is, into a buffer of that size, before anybody is asked. */
    if (m->said_size != HUGE_SIZE && after > before && after - before > MOST_RESIDENT)
        fail_msg("%s without a deadline: %s took %zu bytes", p->name, m->name, after - before);
}

static void no_flood_keeps_a_call_that_has_no_deadline(void **state)
{
    (void)state;
    for (size_t i = 0; i < PG_COUNT(phases); i++)
        if (phases[i].call == rollback || phases[i].call == ping || phases[i].call == reset)
            for (size_t k = i % step_of(i); k < PG_COUNT(messages); k += step_of(i))
                if (!is_left_out(&messages[k]))
                    flood_brief(&phases[i], &messages[k]);
}

/* The login itself, by a caller without a deadline: from its first answer, after the password, before the end. */
static void no_flood_keeps_a_login_or_makes_it_grow(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } greetings[] = {{NULL, 0}, {PG_BYTES(AUTHENTICATED)}, {PG_BYTES(AUTHENTICATED "K\0\0\0\14\0\0\0\1\0\0\0\1")}};
    (void)state;
    for (size_t i = 0; i < PG_COUNT(greetings); i++)
        for (size_t k = i % step_of(i); k < PG_COUNT(messages); k += step_of(i)) {
            const flood_message *m = &messages[k];
            if (is_left_out(m))
                continue;
            flood_server server = {.message = m,
                                   .greeting = greetings[i].bytes,
                                   .greeting_size = greetings[i].size,
                                   .at_once = true};
            wefti_dbc *dbc = NULL;
            weft_error error = {0};
            flood_server_start(&server);
            wefti_target target = open_target(&server);
            size_t before = resident_bytes();
            int64_t start = wefti_now_ns();
            weft_status status = DRIVER.open(&target, WEFTI_NO_DEADLINE, &dbc, &error);
            int64_t took = wefti_now_ns() - start;
            size_t after = resident_bytes();
            DRIVER.close(dbc);
            DRIVER.target_free(&target);
            flood_server_stop(&server);
            if (status == WEFT_OK && m->type != 'Z')
                fail_msg("login %zu: %s were taken for one", i, m->name);
            if (took > BRIEFEST_NS)
                fail_msg("login %zu: %s kept it for %lld ms", i, m->name, (long long)(took / WEFTI_NS_PER_MS));
            if (m->said_size != HUGE_SIZE && after > before && after - before > MOST_RESIDENT)
                fail_msg("login %zu: %s took %zu bytes", i, m->name, after - before);
        }
}

static void flood_phase(const struct phase *p, const flood_message *m)
{
    flood_server server = {.message = m,
                           .greeting = p->greeting,
                           .greeting_size = p->greeting_size,
                           .preamble = p->preamble,
                           .preamble_size = p->preamble_size};
    visit v = {.deadline = 0};
    flood_server_start(&server);
    wefti_target target = open_target(&server);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(10000), &v.dbc, &v.error), WEFT_OK);
    size_t before = mallinfo2().uordblks;
    v.deadline = wefti_deadline_after_ms(DEADLINE_MS);
    int64_t start = wefti_now_ns();
    weft_status status = p->call(&v);
    int64_t took = wefti_now_ns() - start;
    size_t after = mallinfo2().uordblks;
    wefti_tx_state state = DRIVER.state(v.dbc);
    DRIVER.close(v.dbc);
    DRIVER.target_free(&target);
    flood_server_stop(&server);
    if (status == WEFT_OK)
        fail_msg("%s: %s were taken for an answer", p->name, m->name);
    if (took > LATEST_NS)
        fail_msg("%s: %s kept it for %lld ms", p->name, m->name, (long long)(took / WEFTI_NS_PER_MS));
    if (status == WEFT_ERROR_TIMEOUT && state != WEFTI_TX_ACTIVE && state != WEFTI_TX_BROKEN)
        fail_msg("%s: %s: the connection counts as sound", p->name, m->name);
    if (!may_grow(m) && after > before && after - before > (8u << 20))
        fail_msg("%s: %s made %zu bytes stay", p->name, m->name, after - before);
}

static void no_flood_keeps_a_call_beyond_its_deadline(void **state)
{
    (void)state;
    for (size_t i = 0; i < PG_COUNT(phases); i++)
        for (size_t k = i % step_of(i); k < PG_COUNT(messages); k += step_of(i))
            if (!is_left_out(&messages[k]) && (i == 0 || messages[k].said_size != HUGE_SIZE))
                flood_phase(&phases[i], &messages[k]);
}

#if defined(__SANITIZE_ADDRESS__)
const char *__lsan_default_suppressions(void);

/* In a pipeline libpq forgets a description of rows that a ready state follows at once. The connection ends there. */
const char *__lsan_default_suppressions(void) { return "leak:PQisBusy\n"; }
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_flood_keeps_a_call_beyond_its_deadline),
        cmocka_unit_test(no_flood_keeps_a_call_that_has_no_deadline),
        cmocka_unit_test(no_flood_keeps_a_login_or_makes_it_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
