/* Comparing schemas where nothing is one's own: a role that may make no schema, one that may make nothing, several schemas, types
 * and functions elsewhere, and a standby. */
#define _GNU_SOURCE
#include "server.h"

#include <weft/weft.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static pg_server server;
static char standby[768];
static weft_error error;

static void sql(const char *text) { test_database_exec(&server.database, text); }

static const char made[] =
    "CREATE SCHEMA app; CREATE SCHEMA audit; CREATE SCHEMA types; "
    "CREATE TYPE types.span AS RANGE (subtype = int8); CREATE FUNCTION types.even(bigint) RETURNS boolean IMMUTABLE LANGUAGE sql "
    "AS "
    "'SELECT $1 % 2 = 0'; "
    "CREATE TYPE app.mood AS ENUM ('sad', 'glad'); "
    "CREATE TABLE app.room (id bigint PRIMARY KEY, n bigint DEFAULT 4, v varchar(9) CHECK (v IN ('a', 'b')), s types.span, "
    "m app.mood DEFAULT 'sad' CHECK (m <> 'glad'), CHECK (types.even(n))); "
    "CREATE TABLE audit.log (id bigint PRIMARY KEY REFERENCES app.room (id), t text CHECK (t <> 'x')); "
    "CREATE INDEX ix_log ON audit.log (lower(t)) WHERE t > 'a'; "
    "CREATE VIEW app.seen AS SELECT room.id, log.t FROM app.room JOIN audit.log ON log.id = room.id WHERE room.n > 0; "
    "CREATE ROLE plain LOGIN; CREATE ROLE nobody LOGIN; GRANT USAGE ON SCHEMA app, audit, types TO plain, nobody; "
    "REVOKE TEMPORARY ON DATABASE weft_test FROM PUBLIC; GRANT TEMPORARY ON DATABASE weft_test TO plain; ";

static int start(void **state)
{
    (void)state;
    pg_server_start(&server, NULL, false);
    sql(made);
    pg_server_shell(&server, "pg_standby");
    pg_server_shell(&server, "pg_bouncer");
    (void)snprintf(standby, sizeof standby,
                   "postgresql://weft@/weft_test?host=%s/standby&port=%d&options=-csearch_path%%3Dapp,types", server.folder,
                   server.port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pg_server_stop(&server);
    return 0;
}

static weft_engine *engine_at(const char *url)
{
    weft_engine *engine = NULL;
    if (weft_engine_open(&engine, url, NULL, &error) != WEFT_OK)
        fail_msg("%s: %s", url, error.message);
    return engine;
}

static weft_engine *engine_of(const char *user)
{
    char url[768];
    pg_server_url(&server, user, "&options=-csearch_path%3Dapp,types", url, sizeof url);
    return engine_at(url);
}

/* Dropped and made again as models would have it, by another spelling: what was read with changed texts. */
typedef struct spelling {
    const char *found, *wanted;
} spelling;

static weft_schema *reflect(weft_engine *engine)
{
    weft_schema *schema = NULL;
    const weft_reflect_options options = {.schemas = NAMES("app", "audit")};
    if (weft_reflect(&schema, engine, &options, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return schema;
}

static void respell(const char **text, bool otherwise)
{
    static const spelling all[] = {{"(v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])",
                                    "v in ('a','b')"},
                                   {"m <> 'glad'::app.mood", "m != 'glad'"},
                                   {"types.even(n)", "even( n )"},
                                   {"t <> 'x'::text", "t<>'x'"},
                                   {"lower(t)", "LOWER (t)"},
                                   {"t > 'a'::text", "t>'a'"},
                                   {"4", "'4'"},
                                   {"'sad'::app.mood", "'sad'"}};
    for (size_t i = 0; *text != NULL && i < sizeof all / sizeof all[0]; i++)
        if (strcmp(*text, all[i].found) == 0) {
            *text = otherwise && i == 3 ? "t<>'y'" : all[i].wanted;
            return;
        }
    if (*text != NULL && strstr(*text, "room.n > 0") != NULL)
        *text = "select room.id, log.t from room join audit.log on log.id=room.id where room.n>0";
    else if (*text != NULL)
        fail_msg("no other spelling of %s", *text);
}

/* What the models of this database would say: the structs of another reading, with texts that are spelt otherwise. */
static weft_schema *wanted_of(weft_engine *engine, bool otherwise)
{
    size_t count;
    weft_schema *schema = reflect(engine);
    const weft_schema_table *tables = weft_schema_tables(schema, &count);
    assert_int_equal(count, 3);
    for (size_t t = 0; t < count; t++) {
        weft_schema_table *table = (weft_schema_table *)(uintptr_t)&tables[t];
        for (size_t i = 0; i < table->column_count; i++)
            respell((const char **)(uintptr_t)&table->columns[i].server_default, otherwise);
        for (size_t i = 0; i < table->constraint_count; i++)
            respell((const char **)(uintptr_t)&table->constraints[i].expression, otherwise);
        for (size_t i = 0; i < table->index_count; i++) {
            respell((const char **)(uintptr_t)&table->indexes[i].where, otherwise);
            for (size_t k = 0; k < table->indexes[i].part_count; k++)
                respell((const char **)(uintptr_t)&table->indexes[i].parts[k].expression, otherwise);
        }
        if (table->kind == WEFT_RELATION_TABLE)
            continue;
        respell(&table->definition, otherwise);
    }
    return schema;
}

/* How many operations there are. */
static void differs(weft_engine *engine, bool otherwise, size_t expected, const char *note)
{
    char text[300];
    weft_ops *ops = NULL;
    weft_schema *wanted = wanted_of(engine, otherwise), *found = reflect(engine);
    if (weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    if (weft_ops_count(ops) != expected)
        for (size_t i = 0; i < weft_ops_count(ops); i++) {
            weft_ops_describe(ops, i, text, sizeof text);
            print_error("  %s\n", text);
        }
    assert_int_equal(weft_ops_count(ops), expected);
    if (note == NULL)
        assert_null(weft_ops_note(ops));
    else
        assert_string_equal(weft_ops_note(ops), note);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

static void several_schemas_are_built_apart(void **state)
{
    (void)state;
    weft_engine *engine = engine_of("weft");
    const int64_t before = test_database_integer(&server.database, "SELECT count(*) FROM pg_namespace");
    differs(engine, false, 0, NULL);
    differs(engine, true, 2, NULL);
    assert_int_equal(test_database_integer(&server.database, "SELECT count(*) FROM pg_namespace"), before);
    weft_engine_close(engine);
}

static void a_role_that_may_make_no_schema_has_temporary_tables(void **state)
{
    (void)state;
    weft_engine *engine = engine_of("plain");
    sql("BEGIN; LOCK TABLE app.room, audit.log IN ACCESS EXCLUSIVE MODE");
    differs(engine, false, 0, NULL);
    differs(engine, true, 2, NULL);
    sql("COMMIT");
    weft_engine_close(engine);
}

static void a_role_that_may_make_nothing_compares_structure(void **state)
{
    (void)state;
    weft_engine *engine = engine_of("nobody");
    differs(engine, true, 0, "the role may make neither schemas nor temporary tables");
    weft_engine_close(engine);
}

static void a_standby_compares_structure(void **state)
{
    (void)state;
    weft_engine *engine = engine_at(standby), *primary = engine_of("weft");
    differs(engine, true, 0, "the database is read-only");
    weft_ops *ops = NULL; /* and asks another for the texts */
    weft_schema *wanted = wanted_of(engine, true), *found = reflect(engine);
    assert_int_equal(weft_schema_compare_on(primary, wanted, found, NULL, &ops, &error), WEFT_OK);
    assert_int_equal(weft_ops_count(ops), 2);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
    weft_engine_close(primary);
}

/* All of it is one transaction, and what it sets ends with that. */
static void behind_a_pooler_the_next_one_finds_a_clean_session(void **state)
{
    (void)state;
    char url[600];
    weft_engine *engine = NULL;
    weft_ops *ops = NULL;
    size_t count;
    sql("CREATE TABLE public.t (id bigint PRIMARY KEY, n bigint CHECK (n > 0))");
    snprintf(url, sizeof url, "postgresql://weft@/weft_test?host=%s&port=6432&pgbouncer=1", server.folder);
    assert_int_equal(weft_engine_open(&engine, url, NULL, &error), WEFT_OK);
    weft_schema *wanted = NULL, *found = NULL;
    assert_int_equal(weft_reflect(&wanted, engine, NULL, &error), WEFT_OK);
    assert_int_equal(weft_reflect(&found, engine, NULL, &error), WEFT_OK);
    const weft_schema_table *table = weft_schema_tables(wanted, &count);
    assert_int_equal(count, 1);
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].kind == WEFT_CONSTRAINT_CHECK)
            ((weft_schema_constraint *)(uintptr_t)&table->constraints[i])->expression = "n>0";
    if (weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    assert_int_equal(weft_ops_count(ops), 0);
    assert_null(weft_ops_note(ops));
    weft_connection *connection = NULL;
    weft_result *result = NULL;
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    assert_int_equal(weft_connection_query(connection, "SHOW search_path", NULL, &result, &error), WEFT_OK);
    assert_true(weft_result_next(result, &error));
    const char *path = weft_result_text(result, 0);
    assert_non_null(path);
    assert_string_equal(path, "\"$user\", public");
    weft_result_close(result);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
    sql("DROP TABLE public.t");
}

/* ---- the start of a server ---- */

WEFT_DECLARE(Seen);
WEFT_DECLARE(Plan);
struct Seen {
    int64_t id;
    const char *t;
};
struct Plan {
    int64_t id;
    const char *tag;
    int64_t seen_id;
};
WEFT_MODEL(Seen, "seen_by_all", WEFT_COLUMN(Seen, id, .primary_key = true), WEFT_COLUMN(Seen, t, .nullable = true));
WEFT_MODEL(Plan, "plan", WEFT_COLUMN(Plan, id, .primary_key = true), WEFT_COLUMN(Plan, tag, .sql_type = "label"),
           WEFT_COLUMN(Plan, seen_id, .references = "seen_by_all.id"));
WEFT_METADATA(models, &Seen_model, &Plan_model);

/* A table is found in the second schema of the path, a type in the third. */
static void start_of_a_server(const char *user, const char *host, size_t expected, const char *first)
{
    char url[1024];
    weft_engine *engine = NULL;
    weft_difference *list = NULL;
    size_t count = 0;
    (void)snprintf(url, sizeof url, "postgresql://%s@/weft_test?host=%s&port=%d&options=-csearch_path%%3Dapp,audit,types", user,
                   host, server.port);
    assert_int_equal(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &models}, &error), WEFT_OK);
    if (weft_engine_check(engine, &list, &count, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    if (count != expected)
        for (size_t i = 0; i < count; i++)
            print_error("  %s\n", list[i].text);
    assert_int_equal(count, expected);
    const bool fatal = expected > 0 && list[0].fatal;
    if (expected > 0)
        assert_string_equal(list[0].text, first);
    weft_free(list);
    weft_engine_close(engine);
    engine = NULL;
    const weft_engine_options strict = {.metadata = &models, .check_schema = WEFT_SCHEMA_REFUSE};
    assert_int_equal(weft_engine_open(&engine, url, &strict, &error), fatal ? WEFT_ERROR_SCHEMA : WEFT_OK);
    weft_engine_close(engine);
}

static void in_every_place(size_t expected, const char *first)
{
    char host[300];
    (void)snprintf(host, sizeof host, "%s/standby", server.folder);
    start_of_a_server("weft", server.folder, expected, first);
    start_of_a_server("reader", server.folder, expected, first);
    const int64_t now = test_database_integer(&server.database, "SELECT pg_current_wal_insert_lsn() - '0/0'");
    char query[120];
    (void)snprintf(query, sizeof query, "SELECT count(*) = 1 FROM pg_stat_replication WHERE replay_lsn - '0/0' >= %lld",
                   (long long)now);
    pg_server_wait_until(&server, query);
    start_of_a_server("reader", host, expected, first);
}

static void the_start_of_a_server_looks_where_statements_do(void **state)
{
    (void)state;
    sql("CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA app, audit, types TO reader; CREATE DOMAIN types.label AS text; "
        "CREATE TABLE audit.seen_by_all (id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, t text); "
        "CREATE TABLE types.seen_by_all (id text); CREATE TABLE public.plan (id text); "
        "CREATE TABLE app.plan (id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, tag types.label NOT NULL, "
        "seen_id bigint NOT NULL REFERENCES audit.seen_by_all (id)); GRANT SELECT ON audit.seen_by_all, app.plan TO reader");
    in_every_place(0, "");
    sql("ALTER TABLE audit.seen_by_all DROP COLUMN t; ALTER TABLE app.plan DROP CONSTRAINT plan_seen_id_fkey");
    in_every_place(2, "seen_by_all has no column t (TEXT)");
    sql("DROP TABLE audit.seen_by_all, types.seen_by_all; "
        "CREATE VIEW app.seen_by_all AS SELECT id, 'x'::text AS t FROM audit.log"); /* to read it is enough */
    in_every_place(1, "plan has no foreign key fk_plan_seen_id (seen_id)");
    sql("DROP VIEW app.seen_by_all");
    in_every_place(2, "there is no table seen_by_all");
}

/* Somebody applies revisions meanwhile: tables and views come and go under the reader's hands, which is no error of either. */
static atomic_bool done;

static void *change_all_the_time(void *unused)
{
    (void)unused;
    while (!atomic_load(&done)) {
        sql("CREATE TABLE app.plan (id bigint PRIMARY KEY, n bigint CHECK (n > 0)); CREATE INDEX ON app.plan (abs(n)) WHERE n > 3; "
            "CREATE VIEW app.seen_by_all AS SELECT id, 'x'::text AS t FROM app.plan");
        sql("DROP VIEW app.seen_by_all"); /* one lock at a time: a deadlock would end one of the two, perhaps this one */
        sql("DROP TABLE app.plan");
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return NULL;
}

static void what_comes_and_goes_while_it_is_read_is_no_error(void **state)
{
    (void)state;
    char url[600];
    pthread_t thread;
    weft_engine *engine = NULL;
    sql("DROP TABLE IF EXISTS app.plan CASCADE; DROP VIEW IF EXISTS app.seen_by_all");
    pg_server_url(&server, "weft", "&options=-csearch_path%3Dapp,audit,types", url, sizeof url);
    assert_int_equal(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &models}, &error), WEFT_OK);
    assert_int_equal(pthread_create(&thread, NULL, change_all_the_time, NULL), 0);
    for (int i = 0; i < 60; i++) {
        weft_difference *list = NULL;
        weft_schema *schema = NULL;
        size_t count = 0;
        if (weft_engine_check(engine, &list, &count, &error) != WEFT_OK || weft_reflect(&schema, engine, NULL, &error) != WEFT_OK)
            fail_msg("%s: %s", weft_status_name(error.status), error.message);
        weft_free(list);
        weft_schema_free(schema);
    }
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_schemas_are_built_apart),
        cmocka_unit_test(a_role_that_may_make_no_schema_has_temporary_tables),
        cmocka_unit_test(a_role_that_may_make_nothing_compares_structure),
        cmocka_unit_test(a_standby_compares_structure),
        cmocka_unit_test(behind_a_pooler_the_next_one_finds_a_clean_session),
        cmocka_unit_test(the_start_of_a_server_looks_where_statements_do),
        cmocka_unit_test(what_comes_and_goes_while_it_is_read_is_no_error),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
