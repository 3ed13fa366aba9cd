/* Migrating through a real PgBouncer in transaction mode, where a session's lock would belong to nobody: many processes at once,
 * steps outside of a transaction, and processes that stop in the middle. */
#define _GNU_SOURCE
#include "postgres_support.h"
#include "server.h"

#include <weft/weft.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROCESSES = 12, REVISIONS = 6 };

static pg_server server;
static weft_error error;
static char texts[REVISIONS][200];
static weft_migration revisions[REVISIONS];
static const weft_migration *items[REVISIONS];
static const weft_migrations history = {items, REVISIONS};

static int start(void **state)
{
    (void)state;
    pg_server_start(&server, NULL, false);
    pg_server_shell(&server, "pg_bouncer");
    test_database_exec(&server.database, "CREATE ROLE plain LOGIN; GRANT ALL ON SCHEMA public TO plain");
    for (int i = 0; i < REVISIONS; i++) {
        char parent[16] = "none";
        if (i > 0)
            snprintf(parent, sizeof parent, "r%d", i - 1);
        snprintf(texts[i], sizeof texts[i], "-- revision: r%d\n-- parents: %s\n-- up\n%s\nINSERT INTO public.log VALUES (%d);\n", i,
                 parent, i == 0 ? "CREATE TABLE public.log (n integer);" : "", i);
        revisions[i] = (weft_migration){.file = "text", .text = texts[i]};
        items[i] = &revisions[i];
    }
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pg_server_stop(&server);
    return 0;
}

static weft_status upgrade(const weft_migrate_options *options)
{
    char url[600];
    weft_engine *engine = NULL;
    weft_migrate *migrate = NULL;
    snprintf(url, sizeof url, "postgresql://plain@/weft_test?host=%s&port=6432&pgbouncer=1", server.folder);
    weft_status status = weft_engine_open(&engine, url, &(weft_engine_options){.pool = {.size = 1, .timeout_ms = 60000}}, &error);
    if (status == WEFT_OK)
        status = weft_migrate_open(&migrate, engine, options, &error);
    if (status == WEFT_OK)
        status = weft_migrate_upgrade(migrate, "head", &error);
    weft_migrate_close(migrate);
    weft_engine_close(engine);
    return status;
}

static pid_t start_process(const weft_migrate_options *options)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        weft_status status = upgrade(options);
        if (status != WEFT_OK)
            fprintf(stderr, "%s: %s\n", weft_status_name(status), error.message);
        _exit(status == WEFT_OK ? 0 : 1);
    }
    return child;
}

static void ends_well(const pid_t *children, int count)
{
    int failed = 0;
    for (int i = 0; i < count; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
}

static void shows(const char *sql, const char *expected)
{
    char *rows = test_database_rows(&server.database, sql);
    assert_string_equal(rows, expected);
    free(rows);
}

static void through_a_pooler_each_revision_is_applied_once(void **state)
{
    (void)state;
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        children[i] = start_process(&(weft_migrate_options){.migrations = &history, .lock_wait_ms = 120000});
    ends_well(children, PROCESSES);
    shows("SELECT n FROM public.log ORDER BY n", "0\n1\n2\n3\n4\n5");
    shows("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0");
}

/* ---- steps outside of a transaction, and one process that stops in the middle ---- */

#define ONCE(n) "INSERT INTO public.done SELECT '" n "' WHERE NOT EXISTS (SELECT 1 FROM public.done WHERE what = '" n "')"

static bool stops_in_call; /* this process, once */

static weft_status note_call(weft_ops *ops, weft_connection *connection, void *user, weft_error *own)
{
    (void)ops, (void)user;
    weft_status status = weft_execute_text(connection, ONCE("call"), NULL, own);
    if (stops_in_call) {
        stops_in_call = false;
        raise(SIGSTOP);
    }
    return status;
}

static void stop_at_index(void *user, const weft_migration *revision, bool up, const char *sql)
{
    bool *stopped = user;
    (void)revision, (void)up;
    if (sql != NULL && strstr(sql, "CONCURRENTLY") != NULL && !*stopped) {
        *stopped = true;
        raise(SIGSTOP);
    }
}

static const weft_migration outside_items[] = {
    {.file = "1.sql",
     .text = "-- revision: o1\n-- parents: none\n-- up\nCREATE TABLE public.done (what text);\n"
             "INSERT INTO public.done VALUES ('o1');\n"},
    {.file = "2.sql",
     .text = "-- revision: o2\n-- parents: o1\n-- up\nINSERT INTO public.done VALUES ('o2');\n-- no transaction\n"
             "CREATE UNIQUE INDEX CONCURRENTLY ix_done ON public.done (what);\nINSERT INTO public.done VALUES ('o2 end');\n"},
    {.file = "3.sql",
     .text = "-- revision: o3\n-- parents: o2\n-- up\n-- no transaction\n-- call note\n-- no transaction\nVACUUM public.done;\n"},
    {.file = "4.sql",
     .text = "-- revision: o4\n-- parents: o3\n-- up\nINSERT INTO public.done VALUES ('o4');\n-- no transaction\n"
             "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_more ON public.done (length(what));\n"},
};
static WEFT_MIGRATIONS(outside, &outside_items[0], &outside_items[1], &outside_items[2], &outside_items[3]);
static const weft_migration_call calls[] = {{"note", note_call}, {NULL, NULL}};
static const weft_migrate_options to_outside = {.migrations = &outside, .calls = calls, .lock_wait_ms = 120000};

static void forget_outside(void)
{
    test_database_exec(&server.database, "DROP TABLE IF EXISTS public.weft_version, public.done");
    shows("SELECT count(*) FROM pg_class WHERE relname IN ('done', 'ix_done', 'ix_more')", "0");
}

static void is_whole(void)
{
    shows("SELECT what FROM public.done ORDER BY what COLLATE \"C\"", "call\no1\no2\no2 end\no4");
    shows("SELECT revision || ' ' || state || ' ' || begun FROM public.weft_version ORDER BY 1",
          "o1 applied 0\no2 applied 0\no3 applied 0\no4 applied 0");
    shows("SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = "
          "'public.done'::regclass ORDER BY 1",
          "ix_done|t\nix_more|t");
    shows("SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0");
    shows("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", "0");
}

static void pause_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&left, NULL);
}

typedef enum where { AT_INDEX, IN_CALL } where;

static pid_t stalled_now;

/* After a test that failed: nothing waits for it. */
static int end_stalled(void **state)
{
    (void)state;
    if (stalled_now > 0)
        (void)kill(stalled_now, SIGKILL);
    stalled_now = 0;
    return 0;
}

/* A process that holds the lease and stands still; it is stopped when this returns. */
static pid_t start_stalled(where at)
{
    bool stopped = false;
    weft_migrate_options options = to_outside;
    int status;
    stops_in_call = at == IN_CALL;
    if (at == AT_INDEX) {
        options.on_step = stop_at_index;
        options.on_step_user = &stopped;
    }
    pid_t child = start_process(&options);
    stops_in_call = false;
    stalled_now = child;
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
    shows("SELECT count(*) FROM public.weft_version_lease WHERE expires > clock_timestamp()", "1");
    return child;
}

static void goes_on(pid_t stalled)
{
    assert_int_equal(kill(stalled, SIGCONT), 0);
    ends_well(&stalled, 1);
    stalled_now = 0;
}

static void many_take_over(void)
{
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES - 1; i++)
        children[i] = start_process(&to_outside);
    ends_well(children, PROCESSES - 1);
    is_whole();
}

static void through_a_pooler_who_stalls_loses_the_lease(void **state)
{
    (void)state;
    for (where at = AT_INDEX; at <= IN_CALL; at++) {
        forget_outside();
        pid_t stalled = start_stalled(at);
        many_take_over();
        goes_on(stalled);
        is_whole();
        shows("SELECT count(*) FROM public.weft_version_lease", "0");
    }
}

static void through_a_pooler_who_is_killed_is_followed(void **state)
{
    (void)state;
    for (where at = AT_INDEX; at <= IN_CALL; at++) {
        forget_outside();
        pid_t stalled = start_stalled(at);
        assert_int_equal(kill(stalled, SIGKILL), 0);
        assert_int_equal(waitpid(stalled, NULL, 0), stalled);
        stalled_now = 0;
        many_take_over();
    }
}

/* A process of its own, in whose transaction `sql` stays: a process with threads may not fork further ones. */
static FILE *start_session(const char *user, const char *sql)
{
    char command[700];
    snprintf(command, sizeof command, "psql -qX -v ON_ERROR_STOP=1 -h '%s' -p %d -U %s weft_test", server.folder, server.port,
             user);
    FILE *session = popen(command, "w");
    assert_non_null(session);
    assert_true(fprintf(session, "BEGIN; %s;\nSELECT 'begun' \\g /dev/null\n", sql) > 0);
    assert_int_equal(fflush(session), 0);
    while (test_database_integer(&server.database, "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND "
                                                   "query LIKE 'SELECT ''begun''%'") == 0)
        pause_ms(20);
    return session;
}

static void end_session(FILE *session, const char *sql)
{
    assert_true(fprintf(session, "%s;\n", sql) > 0);
    assert_int_equal(pclose(session), 0);
}

/* The server still builds an index for a process that is gone: nobody drops it, and when it is done it is not built twice. */
static void through_a_pooler_a_statement_that_outlives_its_process_is_waited_for(void **state)
{
    (void)state;
    pid_t others[3];
    forget_outside();
    pid_t stalled = start_stalled(AT_INDEX);
    FILE *writer = start_session("plain", "INSERT INTO public.done VALUES ('not yet')");
    assert_int_equal(kill(stalled, SIGCONT), 0);
    while (test_database_integer(&server.database, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX "
                                                   "CONCURRENTLY%' AND wait_event_type = 'Lock'") == 0)
        pause_ms(20);
    assert_int_equal(kill(stalled, SIGKILL), 0);
    assert_int_equal(waitpid(stalled, NULL, 0), stalled);
    stalled_now = 0;
    test_database_exec(&server.database,
                       "CREATE TABLE IF NOT EXISTS public.index_was AS SELECT 'public.ix_done'::regclass::oid AS o");
    for (int i = 0; i < 3; i++)
        others[i] = start_process(&to_outside);
    pause_ms(8000); /* beyond the lease: one of them looks at the index again and again */
    for (int i = 0; i < 3; i++)
        assert_int_equal(waitpid(others[i], NULL, WNOHANG), 0);
    end_session(writer, "ROLLBACK");
    ends_well(others, 3);
    is_whole();
    shows("SELECT count(*) FROM public.index_was WHERE o = 'public.ix_done'::regclass::oid", "1");
    test_database_exec(&server.database, "DROP TABLE public.index_was");
}

/* A step that takes longer than the lease: it is renewed meanwhile. */
static void through_a_pooler_a_long_step_is_run_once(void **state)
{
    (void)state;
    static const weft_migration slow = {
        .file = "slow.sql",
        .text = "-- revision: s1\n-- parents: none\n-- up\nCREATE TABLE public.done (what text);\n-- no transaction\n"
                "INSERT INTO public.done SELECT 'slow' FROM pg_sleep(7);\n"};
    const weft_migrations one = {(const weft_migration *const[]){&slow}, 1};
    const weft_migrate_options options = {.migrations = &one, .lock_wait_ms = 60000};
    pid_t children[3];
    forget_outside();
    for (int i = 0; i < 3; i++)
        children[i] = start_process(&options);
    ends_well(children, 3);
    shows("SELECT what FROM public.done", "slow");
    shows("SELECT revision || ' ' || state FROM public.weft_version", "s1 applied");
}

/* What another one left: an index that is not valid, and the note that it was begun. */
static void leave_a_broken_index(void)
{
    forget_outside();
    assert_int_equal(upgrade(&to_outside), WEFT_OK);
    test_database_exec(&server.database, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.ix_more'::regclass");
    test_database_exec(&server.database, "DELETE FROM public.weft_version WHERE revision = 'o4'");
    test_database_exec(&server.database, "DELETE FROM public.done WHERE what = 'o4'");
}

static void through_a_pooler_a_broken_index_is_built_again(void **state)
{
    (void)state;
    leave_a_broken_index();
    assert_int_equal(upgrade(&to_outside), WEFT_OK);
    is_whole();
}

/* Who looks while the index is still being built, and waits for its end, finds it whole. */
static void through_a_pooler_an_index_that_gets_whole_meanwhile_is_kept(void **state)
{
    (void)state;
    leave_a_broken_index();
    test_database_exec(&server.database, "CREATE TABLE public.index_was AS SELECT 'public.ix_more'::regclass::oid AS o");
    FILE *builder = start_session("weft", "LOCK TABLE public.done IN SHARE UPDATE EXCLUSIVE MODE; "
                                          "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'public.ix_more'::regclass");
    pid_t other = start_process(&to_outside);
    while (test_database_integer(&server.database, "SELECT count(*) FROM pg_locks WHERE relation = 'public.done'::regclass AND NOT "
                                                   "granted") == 0)
        pause_ms(1);
    end_session(builder, "COMMIT");
    ends_well(&other, 1);
    is_whole();
    shows("SELECT count(*) FROM public.index_was WHERE o = 'public.ix_more'::regclass::oid", "1");
    test_database_exec(&server.database, "DROP TABLE public.index_was");
}

/* A direct connection keeps away while somebody holds the lease through a pooler. */
static void a_direct_connection_minds_the_lease(void **state)
{
    (void)state;
    char url[600];
    weft_engine *engine = NULL;
    weft_migrate *migrate = NULL;
    weft_migrate_options options = to_outside;
    options.lock_wait_ms = 300;
    forget_outside();
    pid_t stalled = start_stalled(AT_INDEX);
    snprintf(url, sizeof url, "postgresql://plain@/weft_test?host=%s&port=%d", server.folder, server.port);
    assert_int_equal(weft_engine_open(&engine, url, &(weft_engine_options){.pool = {.size = 1}}, &error), WEFT_OK);
    assert_int_equal(weft_migrate_open(&migrate, engine, &options, &error), WEFT_OK);
    if (weft_migrate_upgrade(migrate, "head", &error) != WEFT_ERROR_BUSY)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    assert_int_equal(weft_migrate_stamp(migrate, "head", false, &error), WEFT_ERROR_BUSY);
    goes_on(stalled);
    is_whole();
    assert_int_equal(weft_migrate_upgrade(migrate, "head", &error), WEFT_OK);
    weft_migrate_close(migrate);
    weft_engine_close(engine);
}

static void in_a_tenants_schema_a_step_outside_wants_a_direct_connection(void **state)
{
    (void)state;
    weft_migrate_options options = to_outside;
    options.schema = "tenant";
    test_database_exec(&server.database, "CREATE SCHEMA tenant AUTHORIZATION plain");
    assert_int_equal(upgrade(&options), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "2.sql:6: a step outside of a transaction cannot be run in a tenant's schema"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_a_pooler_each_revision_is_applied_once),
        cmocka_unit_test_teardown(through_a_pooler_who_stalls_loses_the_lease, end_stalled),
        cmocka_unit_test_teardown(through_a_pooler_who_is_killed_is_followed, end_stalled),
        cmocka_unit_test_teardown(through_a_pooler_a_statement_that_outlives_its_process_is_waited_for, end_stalled),
        cmocka_unit_test(through_a_pooler_a_long_step_is_run_once),
        cmocka_unit_test(through_a_pooler_a_broken_index_is_built_again),
        cmocka_unit_test(through_a_pooler_an_index_that_gets_whole_meanwhile_is_kept),
        cmocka_unit_test_teardown(a_direct_connection_minds_the_lease, end_stalled),
        cmocka_unit_test(in_a_tenants_schema_a_step_outside_wants_a_direct_connection),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
