/* Applying revisions: each once, whole or not at all, whatever stands in the way. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#include <pthread.h>
#include <time.h>

#define HEAD(id, parents) "-- revision: " id "\n-- parents: " parents "\n"
#define LOG "CREATE TABLE log (at integer PRIMARY KEY, what text NOT NULL);\n"
#define NOTE(what) "INSERT INTO log (at, what) SELECT count(*), '" what "' FROM log;\n"

static void logged(const catalogue *c, const char *expected) { shows(c, "SELECT what FROM log ORDER BY at", expected); }

static void revisions_are_applied_and_undone_in_order(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "2.sql",
                     HEAD("b1", "a1") "-- up\n" NOTE("b1") "CREATE TABLE b (x int);\n-- down\nDROP TABLE b;\n" NOTE("no b1"),
                     "1.sql", HEAD("a1", "none") "-- up\n" LOG NOTE("a1") "-- down\nDROP TABLE log;\n", "3.sql",
                     HEAD("c1", "b1") "-- up\n" NOTE("c1") "-- down\n" NOTE("no c1"), "not.txt", "nonsense", NULL);
    upgrades(c, folder, "+2");
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
    upgrades(c, folder, "head");
    upgrades(c, folder, "head");
    logged(c, "a1\nb1\nc1");
    downgrades(c, folder, "a1");
    logged(c, "a1\nb1\nc1\nno c1\nno b1");
    noted(c, "a1 applied 0 0");
    assert_false(has_table(c, "b"));
    upgrades(c, folder, "heads");
    downgrades(c, folder, "base");
    noted(c, "");
    assert_false(has_table(c, "log"));
}

static void a_step_that_fails_leaves_nothing_of_its_revision(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG NOTE("a1"), "2.sql",
                     HEAD("b1", "a1") "-- up\nCREATE TABLE b (x int);\n\nINSERT INTO nowhere VALUES (1);\n", NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_NO_TABLE, "2.sql:6: ");
    noted(c, "a1 applied 0 0");
    assert_false(has_table(c, "b"));
    revisions_write(folder, "2.sql", HEAD("b1", "a1") "-- up\nCREATE TABLE b (x int);\n");
    upgrades(c, folder, "head");
    logged(c, "a1");
    assert_true(has_table(c, "b"));
}

static void steps_outside_of_a_transaction_go_on_where_they_stopped(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql",
                     HEAD("a1", "none") "-- up\n" LOG "-- no transaction\n" NOTE("one") NOTE("two") "-- no transaction\n" NOTE(
                         "three") "-- no transaction\nINSERT INTO nowhere VALUES (1);\n" NOTE("four"),
                     NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_NO_TABLE, "1.sql:11: ");
    noted(c, "a1 up 4 0");
    logged(c, "one\ntwo\nthree");
    downgrade_fails(c, folder, "base", WEFT_ERROR_UNSUPPORTED, "applying it was interrupted");
    revisions_write(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG "-- no transaction\n" NOTE("uno"));
    upgrade_fails(c, folder, "head", WEFT_ERROR_SCHEMA, "the text was edited");
    revisions_write(folder, "1.sql",
                    HEAD("a1", "none") "-- up\n" LOG "-- no transaction\n" NOTE("one")
                        NOTE("two") "-- no transaction\n" NOTE("three") "-- no transaction\n" NOTE("3b") NOTE("four"));
    upgrades(c, folder, "head");
    noted(c, "a1 applied 0 0");
    logged(c, "one\ntwo\nthree\n3b\nfour");
}

static void an_edited_revision_is_noticed(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, NULL);
    upgrades(c, folder, "head");
    revisions_write(folder, "1.sql", HEAD("a1", "none") "-- message: words\n\n-- up\n\n-- a comment\n" LOG);
    upgrades(c, folder, "head");
    revisions_write(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG NOTE("more"));
    upgrade_fails(c, folder, "head", WEFT_ERROR_SCHEMA, "1.sql: the text was edited since it was applied");
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){0});
    bool current = true;
    const weft_revision *revisions;
    size_t count;
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_false(current);
    assert_int_equal(weft_migrate_history(m.migrate, true, &revisions, &count, &m.error), WEFT_OK);
    assert_true(count == 1 && revisions[0].edited && revisions[0].applied && revisions[0].head);
    assert_int_equal(weft_migrate_history(m.migrate, false, &revisions, &count, &m.error), WEFT_OK);
    assert_true(count == 1 && !revisions[0].edited && !revisions[0].applied);
    migration_close(&m);
    stamps(c, folder, "head");
    upgrades(c, folder, "head");
    logged(c, "");
}

static weft_status purge(weft_migrate *migrate, const char *target, weft_error *error)
{
    return weft_migrate_stamp(migrate, target, true, error);
}

static void a_database_that_is_ahead_is_told(void **state)
{
    catalogue *c = *state;
    char folder[512], older[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG "-- down\n", "2.sql", HEAD("b1", "a1") "-- up\n", NULL);
    revisions_folder(older, "1.sql", HEAD("a1", "none") "-- up\n" LOG "-- down\n", NULL);
    upgrades(c, folder, "head");
    upgrade_fails(c, older, "head", WEFT_ERROR_SCHEMA, "the database has revision b1, which the history lacks");
    downgrade_fails(c, older, "base", WEFT_ERROR_SCHEMA, "the database has revision b1, which the history lacks");
    migration_does(c, older, migration_stamp, "head", WEFT_ERROR_SCHEMA, "revision b1");
    migration m;
    migration_open(&m, c, older, (weft_migrate_options){0});
    const weft_revision *revisions;
    size_t count;
    assert_int_equal(weft_migrate_history(m.migrate, true, &revisions, &count, &m.error), WEFT_OK);
    assert_int_equal(count, 2);
    assert_null(revisions[1].migration);
    assert_string_equal(revisions[1].id, "b1");
    migration_close(&m);
    downgrade_fails(c, folder, "a1", WEFT_ERROR_UNSUPPORTED,
                    "2.sql: there is no part \"-- down\" for this database: it cannot be undone");
    migration_does(c, older, purge, "head", WEFT_OK, NULL);
    noted(c, "a1 applied 0 0");
}

static void a_stamp_runs_nothing(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, "2.sql",
                     HEAD("b1", "a1") "-- up\nCREATE TABLE b (x int);\n", NULL);
    stamps(c, folder, "a1");
    noted(c, "a1 applied 0 0");
    stamps(c, folder, "heads");
    upgrades(c, folder, "head");
    assert_false(has_table(c, "log"));
    stamps(c, folder, "base");
    noted(c, "");
    migration_does(c, folder, migration_stamp, "z", WEFT_ERROR_NOT_FOUND, "no revision of the history is \"z\"");
}

/* ---- steps in C ---- */

static weft_status add_room(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)connection, (void)error;
    ++*(int *)user;
    weft_ops_create_table(ops, &(const weft_schema_table){.name = "room",
                                                          .columns = weft_ops_column(.name = "id", .type = WEFT_INT32),
                                                          .column_count = 1});
    weft_ops_create_index(ops, "room", weft_ops_index(.name = "ix_room", .parts = weft_ops_parts({.column = "id"})));
    return WEFT_OK;
}

static weft_status drop_room(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)connection, (void)user, (void)error;
    weft_ops_drop_table(ops, "room");
    return WEFT_OK;
}

static weft_status fill_log(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)ops, (void)user;
    return weft_execute_text(connection, NOTE("called"), NULL, error);
}

static weft_status commit_it(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)ops, (void)user;
    return weft_connection_commit(connection, error);
}

static weft_status refuse_it(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)ops, (void)connection, (void)user, (void)error;
    return WEFT_ERROR_DATA;
}

static const weft_migration room = {
    .id = "r1", .message = "rooms", .parents = weft_migration_ids("a1"), .up = add_room, .down = drop_room};
static const weft_migration text = {.file = "a.sql",
                                    .text = HEAD("a1", "none") "-- up\n" LOG "-- call fill\n-- down\nDROP TABLE log;\n"};
static const weft_migration own = {.file = "b.sql",
                                   .text = HEAD("b1", "r1") "-- up\n-- call up\n-- down\n-- call down\n",
                                   .up = fill_log,
                                   .down = fill_log};
static WEFT_MIGRATIONS(mixed, &room, &text, &own);
static const weft_migration_call calls[] = {{"fill", fill_log}, {NULL, NULL}};

static void note_step(void *user, const weft_migration *revision, bool up, const char *sql)
{
    wefti_text_add_format(user, "%s %s %s\n", up ? "up" : "down", revision->id, sql != NULL ? sql : revision->message);
}

static void each_step_is_told_before_it_is_run(void **state)
{
    catalogue *c = *state;
    char folder[512];
    wefti_text told;
    wefti_text_init(&told, 0);
    revisions_folder(folder, "1.sql",
                     "-- message: one\n" HEAD("a1", "none") "-- up\nCREATE TABLE a (x int);\n-- down\nDROP TABLE a;\n", "2.sql",
                     HEAD("b1", "a1") "-- up\nDELETE FROM a;\n-- no transaction\nINSERT INTO nowhere VALUES (1);\n", NULL);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.on_step = note_step, .on_step_user = &told});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_ERROR_NO_TABLE);
    assert_int_equal(weft_migrate_upgrade(m.migrate, "a1", &m.error), WEFT_OK);
    migration_close(&m);
    assert_string_equal(
        told.data, "up a1 one\nup a1 CREATE TABLE a (x int)\nup b1 \nup b1 DELETE FROM a\nup b1 INSERT INTO nowhere VALUES (1)\n");
    wefti_text_deinit(&told);
}

static void functions_and_files_are_one_history(void **state)
{
    catalogue *c = *state;
    migration m;
    int times = 0;
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &mixed, .calls = calls, .user = &times});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    assert_int_equal(times, 1);
    assert_true(has_table(c, "room") && has_table(c, "ix_room"));
    logged(c, "called\ncalled");
    assert_int_equal(weft_migrate_downgrade(m.migrate, "a1", &m.error), WEFT_OK);
    assert_false(has_table(c, "room"));
    logged(c, "called\ncalled\ncalled");
    migration_close(&m);
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &mixed, .user = &times});
    assert_int_equal(weft_migrate_downgrade(m.migrate, "base", &m.error), WEFT_OK);
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(m.error.message, "a.sql:5: this program has no step of that name"));
    assert_false(has_table(c, "log"));
    migration_close(&m);
}

static void functions_without_a_transaction_go_on_where_they_stopped(void **state)
{
    catalogue *c = *state;
    int times = 0;
    const weft_migration outside = {.id = "r1", .up = add_room, .down = drop_room, .no_transaction = true};
    const weft_migrations one = {(const weft_migration *const[]){&outside}, 1};
    test_database_exec(&c->database, "CREATE TABLE other (id integer)");
    test_database_exec(&c->database, "CREATE INDEX ix_room ON other (id)");
    migration m;
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &one, .user = &times});
    assert_int_not_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    noted(c, "r1 up 1 0");
    test_database_exec(&c->database, "DROP INDEX ix_room");
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    noted(c, "r1 applied 0 0");
    assert_true(has_table(c, "ix_room"));
    assert_int_equal(weft_migrate_downgrade(m.migrate, "base", &m.error), WEFT_OK);
    noted(c, "");
    migration_close(&m);
}

static void a_function_that_fails_or_commits_is_refused(void **state)
{
    catalogue *c = *state;
    for (int i = 0; i < 2; i++) {
        const weft_migration bad = {.id = "r1", .up = i == 0 ? commit_it : refuse_it};
        const weft_migrations one = {(const weft_migration *const[]){&bad}, 1};
        migration m;
        migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &one});
        assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), i == 0 ? WEFT_ERROR_MISUSE : WEFT_ERROR_DATA);
        assert_non_null(strstr(m.error.message, i == 0 ? "migration r1, up: a step in C began or ended" : "the step in C failed"));
        bool current = true;
        assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
        assert_false(current);
        migration_close(&m);
    }
}

/* ---- leave and scripts ---- */

static void without_an_engine_nothing_is_asked(void **state)
{
    (void)state;
    char folder[512], *script;
    weft_migrate *migrate;
    weft_error error;
    const weft_revision *revisions;
    size_t count;
    bool current;
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, NULL);
    assert_int_equal(weft_migrate_open(&migrate, NULL, &(weft_migrate_options){.folder = folder}, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_migrate_open(&migrate, NULL, &(weft_migrate_options){.folder = folder, .driver = "postgresql"}, &error),
                     WEFT_OK);
    assert_int_equal(weft_migrate_history(migrate, false, &revisions, &count, &error), WEFT_OK);
    assert_int_equal(count, 1);
    assert_int_equal(weft_migrate_script(migrate, "base", "head", &script, &error), WEFT_OK);
    assert_non_null(strstr(script, "INSERT INTO \"weft_version\""));
    weft_free(script);
    assert_int_equal(weft_migrate_history(migrate, true, &revisions, &count, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_migrate_is_current(migrate, &current, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_migrate_upgrade(migrate, "head", &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_migrate_stamp(migrate, "head", false, &error), WEFT_ERROR_MISUSE);
    weft_migrate_close(migrate);
}

static void what_destroys_needs_leave(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, "2.sql",
                     HEAD("b1", "a1") "-- up\n-- destructive\nDROP TABLE log;\n", NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_UNSUPPORTED, "2.sql:5: this step destroys data");
    assert_false(has_table(c, "log"));
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){0});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_ERROR_UNSUPPORTED);
    assert_true(weft_migrate_needs_leave(m.migrate));
    assert_int_equal(weft_migrate_upgrade(m.migrate, "a1", &m.error), WEFT_OK);
    assert_false(weft_migrate_needs_leave(m.migrate));
    migration_close(&m);
    migration_open(&m, c, folder, (weft_migrate_options){.allow_destructive = true});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    migration_close(&m);
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
}

static void all_revisions_may_be_one_transaction(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, "2.sql", HEAD("b1", "a1") "-- up\n" NOTE("b1"), "3.sql",
                     HEAD("c1", "b1") "-- up\nINSERT INTO nowhere VALUES (1);\n", NULL);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.one_transaction = true});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_ERROR_NO_TABLE);
    assert_false(has_table(c, "log"));
    assert_int_equal(weft_migrate_upgrade(m.migrate, "b1", &m.error), WEFT_OK);
    migration_close(&m);
    logged(c, "b1");
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
}

static void a_script_does_the_same(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", "-- message: it's the log\n" HEAD("a1", "none") "-- up\n" LOG "-- down\nDROP TABLE log;\n",
                     "2.sql",
                     HEAD("b1", "a1") "-- up\n" NOTE("b1") "-- no transaction\n" NOTE("b2")
                         NOTE("b3") "-- down\nDELETE FROM log;\n",
                     NULL);
    migration m;
    char *script;
    migration_open(&m, c, folder, (weft_migrate_options){0});
    assert_int_equal(weft_migrate_script(m.migrate, "base", "head", &script, &m.error), WEFT_OK);
    assert_int_equal(strncmp(script, "-- base to head, for ", 21), 0);
    test_database_exec(&c->database, script);
    weft_free(script);
    logged(c, "b1\nb2\nb3");
    bool current = false;
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_true(current);
    assert_int_equal(weft_migrate_script(m.migrate, "head", "a1", &script, &m.error), WEFT_OK);
    test_database_exec(&c->database, script);
    weft_free(script);
    logged(c, "");
    noted(c, "a1 applied 0 0");
    assert_int_equal(weft_migrate_script(m.migrate, "base", "zz", &script, &m.error), WEFT_ERROR_NOT_FOUND);
    assert_null(script);
    migration_close(&m);
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &mixed, .calls = calls});
    assert_int_equal(weft_migrate_script(m.migrate, "base", "head", &script, &m.error), WEFT_ERROR_UNSUPPORTED);
    migration_close(&m);
}

static void revisions_are_noted_where_it_is_said(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, NULL);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.version_table = "odd \"name\""});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    migration_close(&m);
    shows(c, "SELECT revision FROM \"odd \"\"name\"\"\"", "a1");
    weft_engine *engine;
    weft_migrate *migrate;
    weft_error error;
    assert_int_equal(weft_engine_open(&engine, c->database.url, NULL, &error), WEFT_OK);
    weft_migrate_options with_schema = {.folder = folder, .version_schema = "ver sions"};
    weft_status opened = weft_migrate_open(&migrate, engine, &with_schema, &error);
    if (c->postgres) {
        assert_int_equal(opened, WEFT_OK);
        assert_int_not_equal(weft_migrate_upgrade(migrate, "head", &error), WEFT_OK);
        assert_non_null(strstr(error.message, "making \"ver sions\".\"weft_version\""));
        test_database_exec(&c->database, "DROP TABLE log; CREATE SCHEMA \"ver sions\"");
        assert_int_equal(weft_migrate_upgrade(migrate, "head", &error), WEFT_OK);
        shows(c, "SELECT revision FROM \"ver sions\".weft_version", "a1");
        test_database_exec(&c->database, "DROP SCHEMA \"ver sions\" CASCADE");
    } else {
        assert_int_equal(opened, WEFT_ERROR_UNSUPPORTED);
        assert_null(migrate);
    }
    weft_migrate_close(migrate);
    weft_engine_close(engine);
}

static void a_revision_for_the_other_database_is_refused(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG, NULL);
    revisions_write(folder, "2.sql",
                    c->postgres ? HEAD("b1", "a1") "-- up sqlite\n" NOTE("b1") : HEAD("b1", "a1") "-- up postgresql\n" NOTE("b1"));
    upgrade_fails(c, folder, "head", WEFT_ERROR_UNSUPPORTED, "2.sql: there is no part \"-- up\" for this database");
    assert_false(has_table(c, "log"));
}

/* ---- PostgreSQL's own ---- */

static void a_new_value_of_an_enum_is_committed_before_its_use(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(
        folder, "1.sql",
        HEAD("a1", "none") "-- up postgresql\nCREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE a (m mood);\n"
                           "ALTER TYPE mood ADD VALUE 'glad';\nINSERT INTO a VALUES ('glad');\nINSERT INTO nowhere VALUES (1);\n",
        NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_NO_TABLE, "1.sql:8: ");
    noted(c, "a1 up 3 0");
    revisions_write(folder, "1.sql",
                    HEAD("a1", "none") "-- up postgresql\nCREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE a (m mood);\n"
                                       "ALTER TYPE mood ADD VALUE 'glad';\nINSERT INTO a VALUES ('glad');\n");
    upgrades(c, folder, "head");
    shows(c, "SELECT m::text FROM a", "glad");
}

static void an_index_that_was_broken_off_is_built_again(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\nCREATE TABLE a (x int);\nINSERT INTO a VALUES (1), (1);\n",
                     "2.sql",
                     HEAD("b1", "a1") "-- up\n-- no transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I x\" ON a (x);\n"
                                      "-- down\n-- no transaction\nDROP INDEX CONCURRENTLY \"I x\";\n",
                     NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_UNIQUE, "2.sql:5: ");
    noted(c, "a1 applied 0 0\nb1 up 0 0");
    shows(c, "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('\"I x\"')", "0");
    test_database_exec(&c->database, "DELETE FROM a WHERE ctid = '(0,1)'");
    /* What a crash leaves: an index that is not valid, and the note that it was begun. */
    test_database_exec(&c->database, "CREATE UNIQUE INDEX \"I x\" ON a (x)");
    test_database_exec(&c->database, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass('\"I x\"')");
    test_database_exec(&c->database, "UPDATE weft_version SET begun = 1 WHERE revision = 'b1'");
    upgrades(c, folder, "head");
    shows(c, "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('\"I x\"')", "t");
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
    /* The crash came after its end: it is there, and is not built twice; and the same when it is dropped. */
    test_database_exec(&c->database,
                       "UPDATE weft_version SET state = 'up', begun = 1, checksum = 'cbf29ce484222325' WHERE revision = 'b1'");
    upgrades(c, folder, "head");
    test_database_exec(&c->database,
                       "UPDATE weft_version SET state = 'down', begun = 1, checksum = 'cbf29ce484222325' WHERE revision = 'b1'");
    test_database_exec(&c->database, "DROP INDEX \"I x\"");
    downgrades(c, folder, "a1");
    noted(c, "a1 applied 0 0");
}

static void a_lock_that_does_not_come_is_tried_again(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG NOTE("a1"), "2.sql",
                     HEAD("b1", "a1") "-- up\n" NOTE("b1") "ALTER TABLE log ADD COLUMN more integer;\n", NULL);
    upgrades(c, folder, "a1");
    weft_engine *engine;
    weft_connection *holder;
    migration m;
    if (!c->postgres)
        snprintf(c->database.url + strlen(c->database.url), 32, "?busy_timeout=100");
    migration_open(&m, c, folder, (weft_migrate_options){.lock_wait_ms = 1500, .lock_timeout_ms = 100});
    assert_int_equal(weft_engine_open(&engine, c->database.url, NULL, &m.error), WEFT_OK);
    assert_int_equal(weft_engine_connect(engine, &holder, NULL, &m.error), WEFT_OK);
    assert_int_equal(weft_execute_text(holder,
                                       c->postgres ? "LOCK TABLE log IN ACCESS SHARE MODE" : "INSERT INTO log VALUES (9, 'x')",
                                       NULL, &m.error),
                     WEFT_OK);
    weft_status status = weft_migrate_upgrade(m.migrate, "head", &m.error);
    assert_true(status == WEFT_ERROR_LOCK_TIMEOUT || status == WEFT_ERROR_BUSY);
    weft_connection_close(holder);
    weft_engine_close(engine);
    logged(c, "a1");
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    logged(c, "a1\nb1");
    migration_close(&m);
}

typedef struct upgrading {
    const catalogue *c;
    const char *folder;
    weft_status status;
    int times; /* that the revision was begun */
} upgrading;

static void count_begins(void *user, const weft_migration *revision, bool up, const char *sql)
{
    (void)revision, (void)up;
    ((upgrading *)user)->times += sql == NULL;
}

static void *upgrade_in_thread(void *context)
{
    upgrading *work = context;
    migration m;
    migration_open(&m, work->c, work->folder, (weft_migrate_options){.on_step = count_begins, .on_step_user = work});
    work->status = weft_migrate_upgrade(m.migrate, "head", &m.error);
    migration_close(&m);
    return NULL;
}

static void pause_ms(long ms)
{
    struct timespec left = {.tv_nsec = ms * 1000000};
    nanosleep(&left, NULL);
}

/* A request reads one table and then another, the revision changes them the other way round: each waits for the other. The one
 * that gives way is the revision, which comes again, though the request has waited longer. */
static void a_request_is_not_what_a_deadlock_ends(void **state)
{
    catalogue *c = *state;
    char folder[512];
    pthread_t thread;
    weft_error error = {0};
    weft_connection *request;
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up\nCREATE TABLE a (x int);\nCREATE TABLE b (x int);\n", "2.sql",
                     HEAD("b1",
                          "a1") "-- up\nALTER TABLE b ADD COLUMN y int;\nSELECT pg_sleep(0.3);\nALTER TABLE a ADD COLUMN y int;\n",
                     NULL);
    upgrades(c, folder, "a1");
    test_database_exec(&c->database, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''1s''', "
                                     "current_database()); END $$");
    weft_engine *engine = catalogue_engine(c, NULL);
    assert_int_equal(weft_engine_connect(engine, &request, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(request, "SELECT * FROM a", NULL, &error), WEFT_OK);
    upgrading work = {.c = c, .folder = folder};
    assert_int_equal(pthread_create(&thread, NULL, upgrade_in_thread, &work), 0);
    while (test_database_integer(&c->database, "SELECT count(*) FROM pg_locks WHERE relation = to_regclass('b') AND mode = "
                                               "'AccessExclusiveLock' AND granted") == 0)
        pause_ms(5);
    if (weft_execute_text(request, "SELECT * FROM b", NULL, &error) != WEFT_OK)
        print_error("the request: %s\n", error.message);
    assert_int_equal(error.status, WEFT_OK);
    assert_int_equal(weft_connection_commit(request, &error), WEFT_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(work.status, WEFT_OK);
    assert_int_equal(work.times, 2);
    weft_connection_close(request);
    weft_engine_close(engine);
    test_database_exec(&c->database, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET deadlock_timeout', current_database()); "
                                     "END $$");
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
}

/* ---- steps outside of a transaction beside requests ---- */

typedef struct beside {
    const catalogue *c;
    char folder[512];
    weft_engine *engine;
    weft_connection *request; /* that holds a lock */
    uint32_t wait_ms;
    weft_status status;
    int runs; /* of the statement outside */
    pthread_t thread;
} beside;

static void count_runs(void *user, const weft_migration *revision, bool up, const char *sql)
{
    (void)up;
    ((beside *)user)->runs += sql != NULL && strcmp(revision->id, "b1") == 0;
}

static void *upgrade_beside(void *context)
{
    beside *b = context;
    migration m;
    const weft_migrate_options options = {.on_step = count_runs,
                                          .on_step_user = b,
                                          .lock_timeout_ms = 100,
                                          .lock_wait_ms = b->wait_ms};
    migration_open(&m, b->c, b->folder, options);
    b->status = weft_migrate_upgrade(m.migrate, "head", &m.error);
    migration_close(&m);
    return NULL;
}

/* A statement beside a request that has the lock. */
static void begin_beside(beside *b, const catalogue *c, const char *statement, const char *lock, uint32_t wait_ms)
{
    char file[300];
    weft_error error = {0};
    *b = (beside){.c = c, .wait_ms = wait_ms};
    snprintf(file, sizeof file, HEAD("b1", "a1") "-- up\n-- no transaction\n%s;\n", statement);
    revisions_folder(b->folder, "1.sql", HEAD("a1", "none") "-- up\n" LOG NOTE("a1"), "2.sql", file, NULL);
    upgrades(c, b->folder, "a1");
    b->engine = catalogue_engine(c, NULL);
    assert_int_equal(weft_engine_connect(b->engine, &b->request, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(b->request, lock, NULL, &error), WEFT_OK);
    assert_int_equal(pthread_create(&b->thread, NULL, upgrade_beside, b), 0);
}

static void end_request(beside *b)
{
    weft_connection_close(b->request);
    weft_engine_close(b->engine);
}

static void end_beside(beside *b)
{
    weft_connection_rollback(b->request, NULL);
    assert_int_equal(pthread_join(b->thread, NULL), 0);
    end_request(b);
}

static void forget_log(const catalogue *c) { test_database_exec(&c->database, "DROP TABLE log; DROP TABLE weft_version"); }

/* It gives way to whoever comes behind it, and comes again; then it is done once. */
static void a_step_outside_of_a_transaction_gives_way(void **state)
{
    catalogue *c = *state;
    beside b;
    begin_beside(&b, c, "ALTER TABLE log ADD COLUMN more integer", "LOCK TABLE log IN ACCESS SHARE MODE", 20000);
    for (int i = 0; i < 20; i++) { /* each is let past after a tenth of a second at most */
        char *rows = test_database_rows(&c->database, "SET statement_timeout = '5s'; SELECT count(*) FROM log");
        assert_string_equal(rows, "1");
        free(rows);
        pause_ms(50);
    }
    end_beside(&b);
    assert_int_equal(b.status, WEFT_OK);
    assert_true(b.runs > 1);
    forget_log(c);
    begin_beside(&b, c, "ALTER TABLE log ADD COLUMN more integer", "LOCK TABLE log IN ACCESS SHARE MODE", 500);
    assert_int_equal(pthread_join(b.thread, NULL), 0); /* it gives up while the request has the lock still */
    noted(c, "a1 applied 0 0\nb1 up 0 0");             /* and nothing is begun */
    end_request(&b);
    assert_int_equal(b.status, WEFT_ERROR_LOCK_TIMEOUT);
    upgrades(c, b.folder, "head");
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
}

/* What is concurrent waits for as long as it takes, for else it would leave an invalid index; so do rows. */
static void a_concurrent_step_and_rows_wait(void **state)
{
    catalogue *c = *state;
    static const char *const cases[][2] = {
        {"CREATE INDEX CONCURRENTLY ix_log ON log (what)", "LOCK TABLE log IN ROW EXCLUSIVE MODE"},
        {"REINDEX TABLE CONCURRENTLY log", "LOCK TABLE log IN ROW EXCLUSIVE MODE"},
        {"UPDATE log SET what = 'b1'", "SELECT * FROM log FOR UPDATE"},
        {"DO $$ BEGIN UPDATE log SET what = 'b1'; END $$", "SELECT * FROM log FOR UPDATE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        beside b;
        begin_beside(&b, c, cases[i][0], cases[i][1], 300);
        pause_ms(900);
        end_beside(&b);
        if (b.status != WEFT_OK || b.runs != 1)
            fail_msg("%s: %s after %d runs", cases[i][0], weft_status_name(b.status), b.runs);
        shows(c, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0");
        forget_log(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(revisions_are_applied_and_undone_in_order),
        ON_BOTH(a_step_that_fails_leaves_nothing_of_its_revision),
        ON_BOTH(steps_outside_of_a_transaction_go_on_where_they_stopped),
        ON_BOTH(an_edited_revision_is_noticed),
        ON_BOTH(a_database_that_is_ahead_is_told),
        ON_BOTH(a_stamp_runs_nothing),
        ON_BOTH(each_step_is_told_before_it_is_run),
        ON_BOTH(functions_and_files_are_one_history),
        ON_BOTH(functions_without_a_transaction_go_on_where_they_stopped),
        ON_BOTH(a_function_that_fails_or_commits_is_refused),
        cmocka_unit_test(without_an_engine_nothing_is_asked),
        ON_BOTH(what_destroys_needs_leave),
        ON_BOTH(all_revisions_may_be_one_transaction),
        ON_BOTH(a_script_does_the_same),
        ON_BOTH(revisions_are_noted_where_it_is_said),
        ON_BOTH(a_revision_for_the_other_database_is_refused),
        ON_POSTGRES(a_new_value_of_an_enum_is_committed_before_its_use),
        ON_POSTGRES(an_index_that_was_broken_off_is_built_again),
        ON_BOTH(a_lock_that_does_not_come_is_tried_again),
        ON_POSTGRES(a_request_is_not_what_a_deadlock_ends),
        ON_POSTGRES(a_step_outside_of_a_transaction_gives_way),
        ON_POSTGRES(a_concurrent_step_and_rows_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
