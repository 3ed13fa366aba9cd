/* Migrating through a real PgBouncer in transaction mode, where a session's lock would belong to nobody. */
#define _GNU_SOURCE
#include "postgres_support.h"
#include "server.h"

#include <weft/weft.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

static weft_status upgrade(const weft_migrations *migrations)
{
    char url[600];
    weft_engine *engine = NULL;
    weft_migrate *migrate = NULL;
    snprintf(url, sizeof url, "postgresql://plain@/weft_test?host=%s&port=6432&pgbouncer=1", server.folder);
    weft_status status = weft_engine_open(&engine, url, &(weft_engine_options){.pool = {.size = 2, .timeout_ms = 60000}}, &error);
    if (status == WEFT_OK)
        status =
            weft_migrate_open(&migrate, engine, &(weft_migrate_options){.migrations = migrations, .lock_wait_ms = 120000}, &error);
    if (status == WEFT_OK)
        status = weft_migrate_upgrade(migrate, "head", &error);
    weft_migrate_close(migrate);
    weft_engine_close(engine);
    return status;
}

static void through_a_pooler_each_revision_is_applied_once(void **state)
{
    (void)state;
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            weft_status status = upgrade(&history);
            if (status != WEFT_OK)
                fprintf(stderr, "%s: %s\n", weft_status_name(status), error.message);
            _exit(status == WEFT_OK ? 0 : 1);
        }
    }
    int failed = 0;
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
    char *rows = test_database_rows(&server.database, "SELECT n FROM public.log ORDER BY n");
    assert_string_equal(rows, "0\n1\n2\n3\n4\n5");
    free(rows);
    assert_int_equal(test_database_integer(&server.database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0);
}

static void a_step_outside_of_a_transaction_wants_a_direct_connection(void **state)
{
    (void)state;
    const weft_migration outside = {.file = "o.sql",
                                    .text = "-- revision: o1\n-- parents: none\n-- up\n-- no transaction\nVACUUM;\n"};
    const weft_migrations one = {(const weft_migration *const[]){&outside}, 1};
    test_database_exec(&server.database, "DROP TABLE IF EXISTS public.weft_version");
    assert_int_equal(upgrade(&one), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "o.sql:5: a step outside of a transaction cannot be guarded through a pooler"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_a_pooler_each_revision_is_applied_once),
        cmocka_unit_test(a_step_outside_of_a_transaction_wants_a_direct_connection),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
