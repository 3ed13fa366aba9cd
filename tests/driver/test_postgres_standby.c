/* A primary and a real standby: writers find the primary, and find the standby by themselves once it was promoted. */
#define _GNU_SOURCE
#include "server.h"

#include "base/clock.h"

#include <weft/weft.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS (int64_t) WEFTI_NS_PER_MS

WEFT_DECLARE(Counter);
struct Counter {
    int64_t id;
    int64_t count;
};
WEFT_MODEL(Counter, "counter", WEFT_COLUMN(Counter, id, .primary_key = true), WEFT_COLUMN(Counter, count));
WEFT_METADATA(models, &Counter_model);

enum { THREADS = 3, AFTERWARDS = 10, BACK_WITHIN_MS = 40000 };

static pg_server primary, standby;
static weft_error error;

#define MUST(call) must((call), __LINE__)
static void must(weft_status status, int line)
{
    if (status != WEFT_OK)
        fail_msg("line %d: %s: %s (%s)", line, weft_status_name(status), error.message, error.hint);
}

static int start(void **state)
{
    (void)state;
    pg_server_start(&primary, NULL, false);
    test_database_exec(&primary.database, "CREATE TABLE public.counter (id int8 PRIMARY KEY, count int8 NOT NULL)");
    test_database_exec(&primary.database, "INSERT INTO public.counter SELECT i, 0 FROM generate_series(0, 9) AS i");
    pg_server_shell(&primary, "pg_standby");
    standby = primary;
    (void)snprintf(standby.folder, sizeof standby.folder, "%s/standby", primary.folder);
    (void)snprintf(standby.database.url, sizeof standby.database.url, "postgresql://weft@/weft_test?host=%s&port=%d",
                   standby.folder, standby.port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pg_server_stop(&primary);
    return 0;
}

/* The standby stands first in the URL. */
static weft_engine *open_engine(const char *more)
{
    char url[900];
    weft_engine *engine = NULL;
    weft_engine_options options = {
        .metadata = &models, .pool = {.size = THREADS, .max_overflow = WEFT_NONE, .timeout_ms = 20000, .connect_timeout_ms = 5000}};
    (void)snprintf(url, sizeof url, "postgresql://weft@/weft_test?host=%s,%s&port=%d%s", standby.folder, primary.folder,
                   primary.port, more);
    MUST(weft_engine_open(&engine, url, &options, &error));
    return engine;
}

static int64_t ask(weft_engine *engine, const char *sql)
{
    int64_t answer = -1;
    weft_connection *connection = NULL;
    weft_result *result = NULL;
    MUST(weft_engine_connect(engine, &connection, &(weft_connection_options){.autocommit = true}, &error));
    MUST(weft_connection_query(connection, sql, NULL, &result, &error));
    assert_true(weft_result_next(result, &error));
    assert_true(weft_result_int64(result, 0, &answer));
    weft_result_close(result);
    weft_connection_close(connection);
    return answer;
}

#define IN_RECOVERY "SELECT pg_is_in_recovery()::int"

static weft_status count_one(weft_session *s, void *context)
{
    const int64_t *id = context;
    const Counter *c = weft_get(s, Counter, *id);
    if (c == NULL)
        return weft_session_status(s) != WEFT_OK ? weft_session_status(s) : WEFT_ERROR_NOT_FOUND;
    weft_edit(s, Counter, c)->count++;
    return WEFT_OK;
}

static void writers_find_the_primary_and_readers_the_standby(void **state)
{
    (void)state;
    int64_t id = 9;
    weft_engine *writing = open_engine("&target_session_attrs=read-write");
    weft_engine *reading = open_engine("&target_session_attrs=prefer-standby");
    assert_int_equal(ask(writing, IN_RECOVERY), 0);
    assert_int_equal(ask(reading, IN_RECOVERY), 1);
    weft_session *s = weft_session_open(writing, NULL);
    assert_int_equal(weft_transact(s, count_one, &id, NULL), WEFT_OK);
    weft_session_close(s);
    pg_server_wait_until(&standby, "EXISTS (SELECT FROM public.counter WHERE id = 9 AND count = 1)");
    s = weft_session_open(reading, NULL);
    const Counter *seen = weft_get(s, Counter, 9);
    assert_non_null(seen);
    assert_int_equal(seen->count, 1);
    weft_edit(s, Counter, seen)->count++;
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_READ_ONLY);
    weft_session_close(s);
    weft_engine_close(writing);
    weft_engine_close(reading);
}

/* Findings of a thread; the main thread looks at them. */
typedef struct writer {
    weft_engine *engine;
    int64_t id;
    atomic_int done;    /* transactions that are certain */
    int unknown, after; /* in doubt; certain ones since the promotion */
    const atomic_bool *promoted;
    int64_t until;
    weft_error last;
    pthread_t thread;
} writer;

static void *write_on(void *context)
{
    writer *w = context;
    weft_session *s = weft_session_open(w->engine, NULL);
    while (w->after < AFTERWARDS && wefti_now_ns() < w->until) {
        bool before = !atomic_load(w->promoted);
        weft_status status = weft_transact(s, count_one, &w->id, NULL);
        if (status == WEFT_OK) {
            (void)atomic_fetch_add(&w->done, 1);
            w->after += !before;
        } else {
            w->unknown += status == WEFT_ERROR_OUTCOME_UNKNOWN;
            w->last = *weft_session_error(s);
        }
    }
    weft_session_close(s);
    return NULL;
}

static void service_is_back_by_itself_once_the_standby_was_promoted(void **state)
{
    (void)state;
    writer writers[THREADS];
    atomic_bool promoted = false;
    weft_engine *engine = open_engine("&target_session_attrs=read-write");
    int64_t until = wefti_now_ns() + BACK_WITHIN_MS * MS;
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (writer){.engine = engine, .id = i, .promoted = &promoted, .until = until};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    }
    pg_server_wait_until(&primary, "(SELECT min(count) FROM public.counter WHERE id < 3) >= 5");
    pg_server_shell(&primary, "pg_control stop --mode=fast"); /* sends the standby all that was committed */
    pg_server_shell(&standby, "pg_control promote");
    atomic_store(&promoted, true);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        char sql[80];
        (void)snprintf(sql, sizeof sql, "SELECT count FROM public.counter WHERE id = %d", i);
        int64_t counted = test_database_integer(&standby.database, sql);
        int done = atomic_load(&writers[i].done);
        if (writers[i].after < AFTERWARDS)
            fail_msg("writer %d did not come back: %s", i, writers[i].last.message);
        if (counted < done || counted > done + writers[i].unknown)
            fail_msg("writer %d: %d certain, %d in doubt, %lld counted", i, done, writers[i].unknown, (long long)counted);
    }
    assert_int_equal(ask(engine, IN_RECOVERY), 0);
    weft_engine_close(engine);
}

/* What the old primary called a transaction may be another one's name on the new. */
static void the_new_primary_does_not_answer_for_the_old(void **state)
{
    (void)state;
    weft_outcome outcome = WEFT_OUTCOME_NONE;
    weft_engine *engine = open_engine("&target_session_attrs=read-write");
    weft_transaction_id id = {.id = (uint64_t)ask(engine, "SELECT pg_current_xact_id()::text::int8"),
                              .server = (uint64_t)ask(engine, "SELECT system_identifier FROM pg_control_system()"),
                              .timeline = 2};
    MUST(weft_outcome_resolve(engine, id, 20000, &outcome, &error));
    assert_int_equal(outcome, WEFT_OUTCOME_COMMITTED);
    id.timeline = 1;
    assert_int_equal(weft_outcome_resolve(engine, id, 20000, &outcome, &error), WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(outcome, WEFT_OUTCOME_UNKNOWN);
    weft_engine_close(engine);
}

/* The models' key is counted, and the table's is not. */
static void a_server_that_starts_on_a_standby_is_told_what_differs(void **state)
{
    (void)state;
    weft_engine *engine = NULL;
    weft_engine_options options = {.metadata = &models};
    weft_difference *list = NULL;
    size_t count = 0;
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    test_database_exec(&primary.database,
                       "ALTER TABLE public.counter ADD COLUMN more int8 DEFAULT 5 + 5, ADD CHECK (count < 10 ^ 9)");
    for (int i = 0;
         i < 400 && test_database_integer(&standby.database, "SELECT count(*) FROM pg_attribute WHERE attname = 'more'") == 0; i++)
        test_database_exec(&standby.database, "SELECT pg_sleep(0.05)");
    MUST(weft_engine_open(&engine, standby.database.url, &options, &error));
    assert_int_equal(ask(engine, "SELECT pg_is_in_recovery()::int::int8"), 1);
    MUST(weft_engine_check(engine, &list, &count, &error));
    assert_int_equal(count, 3);
    assert_true(list[0].fatal);
    assert_string_equal(list[0].text, "counter.id is BIGINT NOT NULL instead of BIGINT NOT NULL generated");
    assert_string_equal(list[1].text, "counter.more (BIGINT DEFAULT (5 + 5)) is in no model");
    weft_free(list);
    MUST(weft_schema_of_models(&wanted, &models, "postgresql", &error));
    MUST(weft_reflect(&found, engine, NULL, &error));
    MUST(weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error));
    assert_true(weft_ops_count(ops) > 0);
    weft_ops_free(ops);
    weft_schema_free(wanted);
    weft_schema_free(found);
    weft_engine_close(engine);
    options.check_schema = WEFT_SCHEMA_REFUSE;
    assert_int_equal(weft_engine_open(&engine, standby.database.url, &options, &error), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(error.message, "counter.id is BIGINT NOT NULL instead of"));
    assert_null(engine);
    test_database_exec(&primary.database, "ALTER TABLE public.counter DROP COLUMN more, DROP CONSTRAINT counter_count_check");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_starts_on_a_standby_is_told_what_differs),
        cmocka_unit_test(writers_find_the_primary_and_readers_the_standby),
        cmocka_unit_test(service_is_back_by_itself_once_the_standby_was_promoted),
        cmocka_unit_test(the_new_primary_does_not_answer_for_the_old),
    };
    return cmocka_run_group_tests_name("standby", tests, start, stop);
}
