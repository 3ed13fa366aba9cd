/* Migrations: the cases of a catalogue of behaviours that users of Alembic know, one test each, named by their numbers there, and
 * what is better here (migrate_…). Expected is what the cases say. Those about comparing are in test_cases_drafts.c. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#include <pthread.h>
#include <sys/wait.h>

#define HEAD(id, parents) "-- revision: " id "\n-- parents: " parents "\n"
#define TABLE(name) "-- up\nCREATE TABLE " name " (x integer);\n-- down\nDROP TABLE " name ";\n"

/* aaa1 - bbb2 - ccc3
 *            \ ddd4 (feat) */
static void forked(char folder[512])
{
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql", HEAD("bbb2", "aaa1") TABLE("b"), "3.sql",
                     HEAD("ccc3", "bbb2") TABLE("c"), "4.sql", HEAD("ddd4", "bbb2") "-- labels: feat\n" TABLE("d"), NULL);
}

/* The tables of the revisions that are there: "abd". */
static void made(const catalogue *c, const char *expected)
{
    char found[8] = "", name[2] = "a";
    for (size_t size = 0; name[0] <= 'd'; name[0]++)
        if (has_table(c, name))
            found[size++] = name[0];
    assert_string_equal(found, expected);
}

#define NONE "unused" /* of a database in which nothing was ever noted there is no table of versions */
static void has_noted(const catalogue *c, const char *expected)
{
    if (strcmp(expected, NONE) == 0)
        assert_false(has_table(c, "weft_version"));
    else
        shows(c, "SELECT revision FROM weft_version ORDER BY revision", expected);
}

/* The applied revisions after which no other is applied, as the history tells it. */
static void is_at(const catalogue *c, const char *folder, const char *expected)
{
    migration m;
    const weft_revision *revisions;
    size_t count;
    char found[100] = "";
    migration_open(&m, c, folder, (weft_migrate_options){0});
    assert_int_equal(weft_migrate_history(m.migrate, true, &revisions, &count, &m.error), WEFT_OK);
    for (size_t i = 0; i < count; i++) {
        bool last = revisions[i].applied;
        for (size_t k = 0; k < count; k++)
            for (const char *const *parent = revisions[k].parents; *parent != NULL; parent++)
                last = last && !(revisions[k].applied && strcmp(*parent, revisions[i].id) == 0);
        if (last)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", revisions[i].id);
    }
    assert_string_equal(found, expected);
    migration_close(&m);
}

/* ---- A1 to A9: targets ---- */

static void case_A1_head_is_refused_where_there_are_several_and_nothing_is_applied(void **state)
{
    catalogue *c = *state;
    char folder[512];
    forked(folder);
    upgrade_fails(c, folder, "head", WEFT_ERROR_NOT_UNIQUE, "more than one head");
    upgrade_fails(c, folder, "head", WEFT_ERROR_NOT_UNIQUE, "ccc3");
    upgrade_fails(c, folder, "head", WEFT_ERROR_NOT_UNIQUE, "ddd4");
    made(c, "");
    has_noted(c, NONE);
}

static void case_A2_heads_applies_both_branches(void **state)
{
    catalogue *c = *state;
    char folder[512];
    forked(folder);
    upgrades(c, folder, "heads");
    made(c, "abcd");
    is_at(c, folder, "ccc3 ddd4 ");
    has_noted(c, "aaa1\nbbb2\nccc3\nddd4"); /* each revision, not the heads alone: what is applied is never concluded */
}

static void tell(void *user, const weft_migration *revision, bool up, const char *sql)
{
    if (sql == NULL)
        wefti_text_add_format(user, "%s%s", up ? "+" : "-", revision->id);
}

static void case_A4_base_undoes_all_in_reverse_order(void **state)
{
    catalogue *c = *state;
    char folder[512];
    wefti_text told;
    wefti_text_init(&told, 0);
    forked(folder);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.on_step = tell, .on_step_user = &told});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "heads", &m.error), WEFT_OK);
    assert_int_equal(weft_migrate_downgrade(m.migrate, "base", &m.error), WEFT_OK);
    migration_close(&m);
    assert_string_equal(told.data, "+aaa1+bbb2+ccc3+ddd4-ddd4-ccc3-bbb2-aaa1");
    wefti_text_deinit(&told);
    made(c, "");
    has_noted(c, "");
}

static void case_A5_the_second_upgrade_does_nothing(void **state)
{
    catalogue *c = *state;
    char folder[512];
    wefti_text told;
    wefti_text_init(&told, 0);
    forked(folder);
    upgrades(c, folder, "ccc3");
    migration m;
    test_recorder *recorder = test_recorder_new();
    m.engine = catalogue_engine(c, &(weft_engine_options){.echo = true, .log = test_recorder_log, .log_context = recorder});
    assert_int_equal(weft_migrate_open(&m.migrate, m.engine,
                                       &(weft_migrate_options){.folder = folder, .on_step = tell, .on_step_user = &told}, &m.error),
                     WEFT_OK);
    assert_int_equal(weft_migrate_upgrade(m.migrate, "ccc3", &m.error), WEFT_OK);
    migration_close(&m);
    assert_int_equal(told.size, 0);
    wefti_text_deinit(&told);
    assert_int_equal(test_recorder_count_containing(recorder, "CREATE"), 0);
    assert_int_equal(test_recorder_count_containing(recorder, "INSERT"), 0);
    assert_int_equal(test_recorder_count_containing(recorder, "UPDATE"), 0);
    test_recorder_free(recorder);
    made(c, "abc");
    has_noted(c, "aaa1\nbbb2\nccc3");
}

static void case_A6_at_a_fork_one_on_is_refused_and_a_branch_is_not(void **state)
{
    catalogue *c = *state;
    char folder[512];
    forked(folder);
    upgrades(c, folder, "bbb2");
    upgrade_fails(c, folder, "+1", WEFT_ERROR_NOT_UNIQUE, "ccc3");
    made(c, "ab");
    upgrades(c, folder, "feat@head");
    made(c, "abd");
    has_noted(c, "aaa1\nbbb2\nddd4");
}

static void case_A8_what_is_stamped_is_not_run(void **state)
{
    catalogue *c = *state;
    char folder[512];
    forked(folder);
    stamps(c, folder, "ccc3");
    made(c, "");
    has_noted(c, "aaa1\nbbb2\nccc3");
    upgrades(c, folder, "heads");
    made(c, "d");
}

static weft_status purge(weft_migrate *migrate, const char *target, weft_error *error)
{
    return weft_migrate_stamp(migrate, target, true, error);
}

static void case_A9_an_unknown_revision_is_an_error_everywhere_and_purged(void **state)
{
    catalogue *c = *state;
    char folder[512], *text;
    migration m;
    weft_ops *ops;
    bool current = true;
    static const weft_metadata none = {0};
    forked(folder);
    upgrades(c, folder, "bbb2");
    test_database_exec(&c->database, "UPDATE weft_version SET revision = 'eee5' WHERE revision = 'bbb2'");
    upgrade_fails(c, folder, "heads", WEFT_ERROR_SCHEMA, "eee5");
    downgrade_fails(c, folder, "base", WEFT_ERROR_SCHEMA, "eee5");
    migration_does(c, folder, migration_stamp, "aaa1", WEFT_ERROR_SCHEMA, "eee5");
    migration_open(&m, c, folder, (weft_migrate_options){.models = &none});
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_false(current);
    assert_int_equal(weft_migrate_diff(m.migrate, NULL, &ops, &m.error), WEFT_ERROR_SCHEMA);
    assert_int_equal(weft_migrate_draft(m.migrate, NULL, &text, &m.error), WEFT_ERROR_SCHEMA);
    migration_close(&m);
    made(c, "ab");
    migration_does(c, folder, purge, "bbb2", WEFT_OK, NULL);
    has_noted(c, "aaa1\nbbb2");
    upgrades(c, folder, "heads");
    made(c, "abcd");
}

/* ---- A10 to A17: running, and what is noted ---- */

static void case_A10_what_a_failing_revision_leaves(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql", HEAD("bbb2", "aaa1") TABLE("b"), "3.sql",
                     HEAD("ccc3", "bbb2") "-- up\nCREATE TABLE c (x integer);\nINSERT INTO nowhere VALUES (1);\n", NULL);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.one_transaction = true});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_ERROR_NO_TABLE);
    migration_close(&m);
    made(c, "");
    has_noted(c, NONE);
    upgrade_fails(c, folder, "head", WEFT_ERROR_NO_TABLE, "3.sql:5: "); /* on SQLite, too, nothing is left of the third */
    made(c, "ab");
    has_noted(c, "aaa1\nbbb2");
}

/* The command, by an argument line for a shell: its exit code, and what it says, on both outputs. */
static int command(const catalogue *c, const char *folder, const char *arguments, char said[1000])
{
    char line[2500];
    snprintf(line, sizeof line, "WEFT_URL='%s' WEFT_FOLDER='%s' " WEFT_PROGRAM " %s 2>&1", c->database.url, folder, arguments);
    FILE *out = popen(line, "r"); /* NOLINT(cert-env33-c): a program is what is tested */
    assert_non_null(out);
    said[fread(said, 1, 999, out)] = '\0';
    const int status = pclose(out);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void case_A12_a_script_that_undoes_wants_from_and_to(void **state)
{
    catalogue *c = *state;
    char folder[512], said[1000];
    forked(folder);
    assert_int_equal(command(c, folder, "downgrade --sql base", said), 2);
    if (strstr(said, "FROM:TO") == NULL)
        fail_msg("%s", said);
    assert_int_equal(command(c, folder, "downgrade --sql ccc3:bbb2", said), 0);
    assert_non_null(strstr(said, "DROP TABLE c;"));
    assert_null(strstr(said, "DROP TABLE b;"));
    made(c, "");
}

static void case_A13_a_row_that_stands_twice_or_not_at_all_is_an_error(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql",
                     HEAD("bbb2", "aaa1") "-- up\nCREATE TABLE b (x integer);\n-- down\nDROP TABLE b;\n"
                                          "DELETE FROM weft_version WHERE revision = 'bbb2';\n",
                     NULL);
    upgrades(c, folder, "head");
    downgrade_fails(c, folder, "aaa1", WEFT_ERROR_SCHEMA, "0 found");
    made(c, "ab"); /* undone with the rest */
    has_noted(c, "aaa1\nbbb2");
    test_database_exec(&c->database, "ALTER TABLE weft_version RENAME TO kept");
    test_database_exec(&c->database, "CREATE TABLE weft_version AS SELECT * FROM kept UNION ALL SELECT * FROM kept");
    test_database_exec(&c->database, "DELETE FROM weft_version WHERE revision = 'aaa1'");
    downgrade_fails(c, folder, "base", WEFT_ERROR_SCHEMA, "2 found");
    upgrade_fails(c, folder, "head", WEFT_ERROR_SCHEMA, "bbb2");
    made(c, "ab");
    test_database_exec(&c->database, "DROP TABLE kept");
}

/* Opening fails with these in its message. */
static void is_no_history(const catalogue *c, const char *folder, const char *const *parts)
{
    weft_error error = {0};
    weft_migrate *migrate;
    weft_engine *engine = catalogue_engine(c, NULL);
    assert_int_equal(weft_migrate_open(&migrate, engine, &(weft_migrate_options){.folder = folder}, &error), WEFT_ERROR_DATA);
    assert_null(migrate);
    for (; *parts != NULL; parts++)
        if (strstr(error.message, *parts) == NULL)
            fail_msg("%s is not in: %s", *parts, error.message);
    weft_engine_close(engine);
}

static void case_A14_circles_and_loops_are_told_with_their_revisions(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("aaa1", "ccc3") TABLE("a"), "2.sql", HEAD("bbb2", "aaa1") TABLE("b"), "3.sql",
                     HEAD("ccc3", "bbb2") TABLE("c"), NULL);
    is_no_history(c, folder, NAMES("circle", "aaa1", "bbb2", "ccc3"));
    revisions_folder(folder, "1.sql", HEAD("aaa1", "aaa1") TABLE("a"), NULL);
    is_no_history(c, folder, NAMES("aaa1", "its own parent"));
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") "-- depends-on: bbb2\n" TABLE("a"), "2.sql",
                     HEAD("bbb2", "none") "-- depends-on: aaa1\n" TABLE("b"), NULL);
    is_no_history(c, folder, NAMES("circle", "aaa1", "bbb2"));
    made(c, "");
}

static void case_A17_current_is_a_check_for_scripts(void **state)
{
    catalogue *c = *state;
    char folder[512], said[1000];
    forked(folder);
    assert_int_equal(command(c, folder, "current --check", said), 4);
    upgrades(c, folder, "ccc3");
    assert_int_equal(command(c, folder, "current --check", said), 4);
    upgrades(c, folder, "heads");
    assert_int_equal(command(c, folder, "current --check", said), 0);
}

/* ---- A28 to A34: operations ---- */

#define ROOMS \
    HEAD("aaa1", "none") \
    "-- up\nCREATE TABLE floor (id integer PRIMARY KEY);\nINSERT INTO floor VALUES (1);\n" \
    "CREATE TABLE room (id integer PRIMARY KEY, name text UNIQUE, size integer CHECK (size > 0), floor_id integer REFERENCES " \
    "floor (id), CONSTRAINT named CHECK (size < 1000));\nCREATE INDEX ix_room ON room (size DESC);\n" \
    "CREATE TABLE guest (room_id integer REFERENCES room (id) ON DELETE CASCADE);\n" \
    "INSERT INTO room VALUES (1, 'a', 20, 1);\nINSERT INTO guest VALUES (1), (1);\n"

static void fails(const catalogue *c, const char *sql, weft_status wanted)
{
    weft_error error = {0};
    weft_connection *connection;
    weft_engine *engine = catalogue_engine(c, NULL);
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, sql, NULL, &error), wanted);
    weft_connection_close(connection);
    weft_engine_close(engine);
}

/* A column gets another name and another one is added, with all that the table has and what refers to it. */
static void case_A28_a_table_of_SQLite_is_built_anew_with_all_it_has(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", ROOMS, "2.sql",
                     HEAD("bbb2", "aaa1") "-- up\nALTER TABLE room RENAME COLUMN name TO label;\n-- rebuild room\n"
                                          "CREATE TABLE room (id integer PRIMARY KEY, label text UNIQUE, size integer NOT NULL "
                                          "CHECK (size > 0), floor_id integer REFERENCES floor (id), level integer NOT NULL "
                                          "DEFAULT 3, CONSTRAINT named CHECK (size < 1000));\n",
                     NULL);
    upgrades(c, folder, "head");
    shows(c, "SELECT id, label, size, floor_id, level FROM room", "1|a|20|1|3");
    shows(c, "SELECT count(*) FROM guest", "2"); /* dropping the old table would have deleted them */
    shows(c, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%tmp%' OR name LIKE '%weft_new%'", "0");
    shows(c, "SELECT sql FROM sqlite_schema WHERE name = 'ix_room'", "CREATE INDEX ix_room ON room (size DESC)");
    fails(c, "INSERT INTO room (label, size) VALUES ('a', 1)", WEFT_ERROR_UNIQUE);
    fails(c, "INSERT INTO room (label, size) VALUES ('b', 0)", WEFT_ERROR_CHECK); /* the one without a name */
    fails(c, "INSERT INTO room (label, size) VALUES ('b', 1000)", WEFT_ERROR_CHECK);
    fails(c, "INSERT INTO room (label, size, floor_id) VALUES ('b', 1, 9)", WEFT_ERROR_FOREIGN_KEY);
}

/* Views and triggers, which go with the old table there; and no copy of the table need be written down for a script. */
static void migrate_what_stands_on_a_table_stays_also_by_a_script(void **state)
{
    catalogue *c = *state;
    char folder[512], *script;
    migration m;
    revisions_folder(folder, "1.sql",
                     ROOMS "CREATE TABLE log (what text);\nCREATE VIEW names AS SELECT name FROM room;\n"
                           "CREATE TRIGGER noted AFTER INSERT ON room BEGIN INSERT INTO log VALUES (new.name); END;\n",
                     "2.sql",
                     HEAD("bbb2", "aaa1") "-- up\n-- rebuild room\nCREATE TABLE room (id integer PRIMARY KEY, name text NOT NULL, "
                                          "size integer, floor_id integer REFERENCES floor (id));\n",
                     NULL);
    upgrades(c, folder, "aaa1");
    for (int by_script = 0; by_script < 2; by_script++) {
        migration_open(&m, c, folder, (weft_migrate_options){0});
        if (by_script) {
            assert_int_equal(weft_migrate_script(m.migrate, "aaa1", "head", &script, &m.error), WEFT_OK);
            test_database_exec(&c->database, script);
            weft_free(script);
        } else {
            assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
        }
        migration_close(&m);
        test_database_exec(&c->database, "INSERT INTO room (name, size) VALUES ('b', 1)");
        shows(c, "SELECT name FROM names ORDER BY name", by_script ? "a\nb\nb" : "a\nb");
        shows(c, "SELECT what FROM log", by_script ? "b\nb" : "b");
        shows(c, "SELECT count(*) FROM guest", "2");
        fails(c, "INSERT INTO room (name) VALUES (NULL)", WEFT_ERROR_NOT_NULL);
        has_noted(c, "aaa1\nbbb2");
        stamps(c, folder, "aaa1");
    }
}

static void case_A29_a_new_column_alone_is_an_ALTER_TABLE(void **state)
{
    catalogue *c = *state;
    weft_error error;
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_ops *ops = weft_ops_new();
    char *script = NULL;
    test_database_exec(&c->database, "CREATE TABLE room (id integer PRIMARY KEY)");
    weft_ops_add_column(ops, "room", weft_ops_column(.name = "floor", .type = WEFT_INT32, .nullable = true));
    assert_int_equal(weft_ops_script(ops, c->postgres ? "postgresql" : "sqlite", &script, &error), WEFT_OK);
    assert_string_equal(script, "ALTER TABLE room ADD COLUMN floor INTEGER;\n");
    assert_int_equal(catalogue_apply(engine, ops, &error), WEFT_OK);
    weft_free(script);
    weft_ops_free(ops);
    weft_engine_close(engine);
}

static void case_A30_what_SQLite_cannot_alter_is_refused_and_the_way_is_named(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        weft_error error = {0};
        weft_ops *ops = weft_ops_new();
        char *script = NULL;
        if (i == 0)
            weft_ops_alter_column(ops, "room", "name", .set_not_null = true);
        else if (i == 1)
            weft_ops_add_constraint(ops, "room",
                                    weft_ops_constraint(.kind = WEFT_CONSTRAINT_CHECK, .name = "k", .expression = "size > 0"));
        else
            weft_ops_drop_constraint(ops, "room", "k");
        assert_int_equal(weft_ops_script(ops, "sqlite", &script, &error), WEFT_ERROR_UNSUPPORTED);
        assert_null(script);
        if (strstr(error.hint, "weft_ops_rebuild_table") == NULL && strstr(error.hint, "-- rebuild") == NULL)
            fail_msg("%d: %s (%s)", i, error.message, error.hint);
        weft_ops_free(ops);
    }
}

static void case_A32_type_null_default_and_name_are_altered_in_this_order(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_ops *ops = weft_ops_new();
    char *script = NULL;
    test_database_exec(&c->database, "CREATE TABLE room (size integer)");
    test_database_exec(&c->database, "INSERT INTO room VALUES (1)");
    weft_ops_alter_column(ops, "room", "size", .type = "bigint", .set_not_null = true, .set_default = "7");
    weft_ops_rename_column(ops, "room", "size", "area");
    assert_int_equal(weft_ops_script(ops, "postgresql", &script, &error), WEFT_OK);
    const char *order[] = {"ALTER COLUMN size TYPE bigint", "ALTER COLUMN size SET NOT NULL", "ALTER COLUMN size SET DEFAULT 7",
                           "RENAME COLUMN size TO area"};
    const char *at = script;
    for (size_t i = 0; i < 4; i++)
        if ((at = strstr(at, order[i])) == NULL)
            fail_msg("%s stands not in its place: %s", order[i], script);
    weft_free(script);
    assert_int_equal(catalogue_apply(engine, ops, &error), WEFT_OK);
    weft_ops_free(ops);
    test_database_exec(&c->database, "INSERT INTO room DEFAULT VALUES");
    shows(c, "SELECT area, pg_typeof(area) FROM room ORDER BY area", "1|bigint\n7|bigint");
    fails(c, "INSERT INTO room VALUES (NULL)", WEFT_ERROR_NOT_NULL);
    weft_engine_close(engine);
}

static void case_A33_a_script_commits_before_a_step_outside_of_transactions(void **state)
{
    catalogue *c = *state;
    char folder[512], *script;
    migration m;
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql",
                     HEAD("bbb2", "aaa1") "-- up\nCREATE TABLE b (x integer);\n-- no transaction\n"
                                          "CREATE INDEX CONCURRENTLY ix ON b (x);\nCREATE TABLE c (x integer);\n",
                     NULL);
    migration_open(&m, c, folder, (weft_migrate_options){0});
    assert_int_equal(weft_migrate_script(m.migrate, "base", "head", &script, &m.error), WEFT_OK);
    const char *const order[] = {"BEGIN",  "CREATE TABLE b", "COMMIT;", "CREATE INDEX CONCURRENTLY ix ON b (x)",
                                 "BEGIN;", "CREATE TABLE c", "COMMIT;"};
    const char *at = strstr(script, "CREATE TABLE a");
    assert_non_null(at);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if ((at = strstr(at, order[i])) == NULL)
            fail_msg("%s stands not in its place: %s", order[i], script);
    const char *outside = strstr(script, "CREATE INDEX CONCURRENTLY"), *last = NULL;
    for (at = script; (at = strstr(at, "BEGIN;")) != NULL && at < outside; at++)
        last = at;
    assert_true(last != NULL && strstr(last, "COMMIT;") < outside); /* no transaction is open there */
    weft_free(script);
    migration_close(&m);
}

static void case_A34_an_id_that_stands_twice_and_a_parent_that_is_missing_name_the_files(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql", HEAD("aaa1", "none") TABLE("b"), NULL);
    is_no_history(c, folder, NAMES("1.sql", "2.sql", "aaa1"));
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql", HEAD("bbb2", "zzz9") TABLE("b"), NULL);
    is_no_history(c, folder, NAMES("2.sql", "zzz9"));
    made(c, "");
}

/* ---- what is better ---- */

static void migrate_one_back_from_two_heads_is_refused(void **state)
{
    catalogue *c = *state;
    char folder[512];
    forked(folder);
    upgrades(c, folder, "heads");
    downgrade_fails(c, folder, "-1", WEFT_ERROR_NOT_UNIQUE, "more than one revision");
    made(c, "abcd");
    downgrades(c, folder, "feat@-1");
    made(c, "abc");
}

static void migrate_a_beginning_that_several_ids_have_lists_them(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("ab12", "none") TABLE("a"), "2.sql", HEAD("ab34", "ab12") TABLE("b"), NULL);
    upgrade_fails(c, folder, "ab", WEFT_ERROR_NOT_UNIQUE, "ab12");
    upgrade_fails(c, folder, "ab", WEFT_ERROR_NOT_UNIQUE, "ab34");
    upgrades(c, folder, "ab3");
    made(c, "ab");
}

static void migrate_what_a_branch_needs_of_another_comes_first(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("aaa1", "none") TABLE("a"), "2.sql", HEAD("bbb2", "aaa1") TABLE("b"), "3.sql",
                     HEAD("ccc3", "none") "-- labels: shop\n-- depends-on: aaa1\n" TABLE("c"), NULL);
    upgrades(c, folder, "shop@head");
    made(c, "ac");
    has_noted(c, "aaa1\nccc3");
    upgrades(c, folder, "heads");
    downgrades(c, folder, "base");
    made(c, "");
}

static void migrate_a_merge_is_split_again_when_it_is_undone(void **state)
{
    catalogue *c = *state;
    char folder[512];
    forked(folder);
    revisions_write(folder, "5.sql", HEAD("eee5", "ccc3, ddd4") "-- up\n-- down\n");
    upgrades(c, folder, "head");
    is_at(c, folder, "eee5 ");
    downgrades(c, folder, "-1");
    is_at(c, folder, "ccc3 ddd4 ");
    downgrades(c, folder, "feat@-1");
    is_at(c, folder, "ccc3 ");
    made(c, "abc");
}

typedef struct mover {
    const catalogue *c;
    const char *folder;
    weft_error error;
    weft_status status;
} mover;

static void *move_often(void *context)
{
    mover *own = context;
    weft_engine *engine = NULL;
    weft_migrate *migrate = NULL;
    own->status = weft_engine_open(&engine, own->c->database.url, &(weft_engine_options){.pool = {.size = 1}}, &own->error);
    if (own->status == WEFT_OK)
        own->status = weft_migrate_open(&migrate, engine, &(weft_migrate_options){.folder = own->folder}, &own->error);
    for (int round = 0; round < 5 && own->status == WEFT_OK; round++) {
        own->status = weft_migrate_upgrade(migrate, "heads", &own->error);
        if (own->status == WEFT_OK)
            own->status = weft_migrate_downgrade(migrate, "base", &own->error);
    }
    weft_migrate_close(migrate);
    weft_engine_close(engine);
    return NULL;
}

/* Two databases by two threads of one program, each with a history of its own. */
static void migrate_threads_of_one_program_do_not_meet(void **state)
{
    catalogue *c = *state, other = *c;
    char folder[512], short_one[512];
    pthread_t threads[2];
    forked(folder);
    revisions_folder(short_one, "1.sql", HEAD("fff6", "none") TABLE("a"), NULL);
    test_database_open(&other.database, c->postgres ? TEST_SQLITE : TEST_POSTGRES);
    other.postgres = !c->postgres;
    mover movers[2] = {{.c = c, .folder = folder}, {.c = &other, .folder = short_one}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, move_often, &movers[i]), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (movers[i].status != WEFT_OK)
            fail_msg("%d: %s", i, movers[i].error.message);
        made(movers[i].c, "");
        has_noted(movers[i].c, "");
    }
    test_database_drop(&other.database);
}

/* Replicas that start together: there nothing keeps them from each other. Many processes: test_together.c. */
static void migrate_threads_of_one_database_wait_for_each_other(void **state)
{
    catalogue *c = *state;
    char folder[512];
    pthread_t threads[4];
    mover movers[4];
    forked(folder);
    for (int i = 0; i < 4; i++) {
        movers[i] = (mover){.c = c, .folder = folder};
        assert_int_equal(pthread_create(&threads[i], NULL, move_often, &movers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (movers[i].status != WEFT_OK)
            fail_msg("%d: %s", i, movers[i].error.message);
    }
    made(c, "");
    has_noted(c, "");
}

/* There by hand, in SQL of one's own. */
static void migrate_enum_types_have_operations(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_ops *ops = weft_ops_new();
    weft_ops_create_enum(ops, "mood", weft_ops_names("sad", "glad"));
    weft_ops_create_table(ops, &(const weft_schema_table){.name = "a",
                                                          .columns = weft_ops_column(.name = "m", .enum_type = "mood"),
                                                          .column_count = 1});
    weft_ops_add_enum_value(ops, "mood", "fine", "glad");
    weft_ops_rename_enum_value(ops, "mood", "sad", "blue");
    weft_status status = catalogue_apply(engine, ops, &error);
    weft_ops_free(ops);
    if (c->postgres) {
        assert_int_equal(status, WEFT_OK);
        shows(c, "SELECT array_to_string(enum_range(NULL::mood), ' ')", "blue fine glad");
        test_database_exec(&c->database, "INSERT INTO a VALUES ('fine')");
    } else {
        assert_int_equal(status, WEFT_ERROR_UNSUPPORTED);
        made(c, "");
    }
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(case_A1_head_is_refused_where_there_are_several_and_nothing_is_applied),
        ON_BOTH(case_A2_heads_applies_both_branches),
        ON_BOTH(case_A4_base_undoes_all_in_reverse_order),
        ON_BOTH(case_A5_the_second_upgrade_does_nothing),
        ON_BOTH(case_A6_at_a_fork_one_on_is_refused_and_a_branch_is_not),
        ON_BOTH(case_A8_what_is_stamped_is_not_run),
        ON_BOTH(case_A9_an_unknown_revision_is_an_error_everywhere_and_purged),
        ON_BOTH(case_A10_what_a_failing_revision_leaves),
        ON_BOTH(case_A12_a_script_that_undoes_wants_from_and_to),
        ON_BOTH(case_A13_a_row_that_stands_twice_or_not_at_all_is_an_error),
        ON_BOTH(case_A14_circles_and_loops_are_told_with_their_revisions),
        ON_BOTH(case_A17_current_is_a_check_for_scripts),
        ON_SQLITE(case_A28_a_table_of_SQLite_is_built_anew_with_all_it_has),
        ON_BOTH(case_A29_a_new_column_alone_is_an_ALTER_TABLE),
        ON_SQLITE(case_A30_what_SQLite_cannot_alter_is_refused_and_the_way_is_named),
        ON_POSTGRES(case_A32_type_null_default_and_name_are_altered_in_this_order),
        ON_POSTGRES(case_A33_a_script_commits_before_a_step_outside_of_transactions),
        ON_BOTH(case_A34_an_id_that_stands_twice_and_a_parent_that_is_missing_name_the_files),
        ON_SQLITE(migrate_what_stands_on_a_table_stays_also_by_a_script),
        ON_BOTH(migrate_one_back_from_two_heads_is_refused),
        ON_BOTH(migrate_a_beginning_that_several_ids_have_lists_them),
        ON_BOTH(migrate_what_a_branch_needs_of_another_comes_first),
        ON_BOTH(migrate_a_merge_is_split_again_when_it_is_undone),
        ON_BOTH(migrate_threads_of_one_program_do_not_meet),
        ON_BOTH(migrate_threads_of_one_database_wait_for_each_other),
        ON_BOTH(migrate_enum_types_have_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
