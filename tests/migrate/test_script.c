/* Scripts do in the database's own shell what the upgrade does, tables that are built anew among it; and a tenant's schema is
 * migrated alone. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#include <sys/wait.h>

#define HEAD(id, parents) "-- revision: " id "\n-- parents: " parents "\n"

static const char hotel[] =
    HEAD("a1", "none") "-- message: it's a hotel\n-- up\n"
                       "CREATE TABLE room (id integer PRIMARY KEY, name text, size integer);\n"
                       "CREATE TABLE guest (id integer PRIMARY KEY, room_id integer REFERENCES room (id)\n"
                       "  ON DELETE CASCADE);\n"
                       "CREATE INDEX ix_room_name ON room (name);\n"
                       "INSERT INTO room VALUES (1, 'a;b', 2), (7, '-- up', 3);\n"
                       "INSERT INTO guest VALUES (1, 1), (2, 7);\n-- down\nDROP TABLE guest;\nDROP TABLE room;\n";
static const char longer[] =
    HEAD("b1", "a1") "-- up sqlite\nUPDATE room SET size = 5 WHERE id = 7;\n"
                     "CREATE INDEX ix_room_size ON room (size);\n"
                     "-- rebuild room\nCREATE TABLE room (id integer PRIMARY KEY, size integer NOT NULL, name text NOT NULL);\n"
                     "-- down sqlite\n-- destructive\nDROP INDEX ix_room_size;\n"
                     "-- rebuild room\nCREATE TABLE room (id integer PRIMARY KEY, name text, size integer);\n"
                     "-- up postgresql\nUPDATE room SET size = 5 WHERE id = 7;\nCREATE INDEX ix_room_size ON room (size);\n"
                     "ALTER TABLE room ALTER COLUMN size SET NOT NULL;\nALTER TABLE room ALTER COLUMN name SET NOT NULL;\n"
                     "-- down postgresql\nDROP INDEX ix_room_size;\nALTER TABLE room ALTER COLUMN size DROP NOT NULL;\n"
                     "ALTER TABLE room ALTER COLUMN name DROP NOT NULL;\n";

/* Its exit code. */
static int in_shell(const catalogue *c, const char *script)
{
    char folder[512], path[600], command[2048];
    revisions_folder(folder, "script.sql", script, NULL);
    snprintf(path, sizeof path, "%s/script.sql", folder);
    if (c->postgres)
        snprintf(command, sizeof command, "psql -qX -v ON_ERROR_STOP=1 -f %s '%s' >/dev/null 2>&1", path, c->database.url);
    else
        snprintf(command, sizeof command, "sqlite3 -bail %s <%s >/dev/null 2>&1", c->database.place, path);
    const int status = system(command); /* NOLINT(cert-env33-c): a shell is what is tested */
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *script_of(const catalogue *c, const char *folder, const char *from, const char *to)
{
    migration m;
    char *script;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder});
    if (weft_migrate_script(m.migrate, from, to, &script, &m.error) != WEFT_OK)
        fail_msg("%s (%s)", m.error.message, m.error.hint);
    migration_close(&m);
    return script;
}

static char *state_of(const catalogue *c)
{
    return test_database_rows(
        &c->database,
        c->postgres
            ? "SELECT id || ' ' || name || ' ' || size FROM room UNION ALL SELECT id || ' ' || room_id FROM guest UNION ALL "
              "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() UNION ALL "
              "SELECT attname || attnotnull::text FROM pg_attribute WHERE attrelid = 'room'::regclass ORDER BY 1"
            : "SELECT replace(sql, '\"', '') FROM sqlite_schema UNION ALL SELECT id || ' ' || name || ' ' || size FROM "
              "room UNION ALL SELECT id || ' ' || room_id FROM guest ORDER BY 1");
}

static void a_script_does_in_the_shell_what_the_upgrade_does(void **state)
{
    catalogue *c = *state, other = *c;
    char folder[512];
    revisions_folder(folder, "1.sql", hotel, "2.sql", longer, NULL);
    test_database_open(&other.database, c->postgres ? TEST_POSTGRES : TEST_SQLITE);
    upgrades(c, folder, "head");
    char *wanted = state_of(c), *script = script_of(c, folder, "base", "a1"), *second = script_of(c, folder, "a1", "head");
    assert_int_equal(in_shell(&other, script), 0);
    assert_int_equal(in_shell(&other, second), 0);
    char *found = state_of(&other);
    assert_string_equal(found, wanted);
    noted(&other, "a1 applied 0 0\nb1 applied 0 0");
    upgrades(&other, folder, "head");
    weft_free(script);
    script = script_of(c, folder, "head", "a1");
    assert_int_equal(in_shell(&other, script), 0);
    noted(&other, "a1 applied 0 0");
    shows(&other, "SELECT count(*) FROM guest", "2");
    weft_free(script);
    script = script_of(c, folder, "base", "head"); /* and all of it at once */
    test_database_exec(&other.database, "DROP TABLE guest");
    test_database_exec(&other.database, "DROP TABLE room");
    test_database_exec(&other.database, "DROP TABLE weft_version");
    assert_int_equal(in_shell(&other, script), 0);
    free(found);
    found = state_of(&other);
    assert_string_equal(found, wanted);
    weft_free(script);
    weft_free(second);
    free(found);
    free(wanted);
    test_database_drop(&other.database);
}

static void a_script_that_leaves_rows_without_what_they_refer_to_fails(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", hotel, "2.sql",
                     HEAD("b1",
                          "a1") "-- up\n-- rebuild room\nCREATE TABLE room (id integer PRIMARY KEY, name text, size integer);\n"
                                "DELETE FROM room WHERE id = 7;\n",
                     NULL);
    upgrades(c, folder, "a1");
    char *script = script_of(c, folder, "a1", "head");
    assert_int_not_equal(in_shell(c, script), 0);
    noted(c, "a1 applied 0 0");
    shows(c, "SELECT count(*) FROM room", "2");
    weft_free(script);
}

static weft_status nothing(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)ops, (void)connection, (void)user, (void)error;
    return WEFT_OK;
}

static void what_cannot_be_replayed_is_told(void **state)
{
    catalogue *c = *state;
    const weft_migration first = {.file = "1.sql", .text = hotel};
    const weft_migration in_c = {.id = "x1", .parents = weft_migration_ids("a1"), .up = nothing};
    const weft_migration last = {.file = "2.sql",
                                 .text = HEAD("b1", "x1") "-- up\n-- rebuild room\nCREATE TABLE room (id integer PRIMARY KEY);\n"};
    const weft_migrations all = {(const weft_migration *const[]){&first, &in_c, &last}, 3};
    migration m;
    char *script;
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &all});
    assert_int_equal(weft_migrate_script(m.migrate, "x1", "b1", &script, &m.error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(m.error.message, "replayed"));
    assert_null(script);
    migration_close(&m);
}

/* ---- revisions in C ---- */

typedef struct seen {
    int calls, without_connection;
    char tags[200]; /* of each call */
} seen;

static void see(seen *s, const weft_ops *ops, const weft_connection *connection)
{
    const char *tag = weft_ops_tag(ops);
    s->calls++;
    s->without_connection += connection == NULL;
    snprintf(s->tags + strlen(s->tags), sizeof s->tags - strlen(s->tags), "%s;", tag != NULL ? tag : "none");
}

static weft_status moods_up(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    static const weft_schema_column columns[] = {
        {.name = "id", .type = WEFT_INT32, .identity = true},
        {.name = "name", .type = WEFT_TEXT},
        {.name = "weight", .type = WEFT_DECIMAL, .precision = 6, .scale = 2, .nullable = true}};
    static const char *const key[] = {"id", NULL};
    static const weft_schema_constraint constraints[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = key}};
    static const weft_schema_table moods = {
        .name = "mood", .columns = columns, .column_count = 3, .constraints = constraints, .constraint_count = 1};
    (void)error;
    see(user, ops, connection);
    weft_ops_create_table(ops, &moods);
    weft_ops_insert(ops, &moods,
                    weft_parameters(weft_value_int64(1), weft_value_text("it's; -- sad"), weft_value_text("1.5"),
                                    weft_value_int64(7), weft_value_text("größe\\"), weft_value_null(WEFT_DECIMAL)));
    return WEFT_OK;
}

static weft_status moods_down(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)error;
    see(user, ops, connection);
    weft_ops_drop_table(ops, "mood");
    return WEFT_OK;
}

#define MOODS \
    HEAD("m2", "m1") \
    "-- up sqlite\n-- rebuild mood\nCREATE TABLE mood (id INTEGER PRIMARY KEY, name TEXT NOT NULL, weight " \
    "DECIMAL_TEXT(6, 2), more INTEGER NOT NULL DEFAULT 3);\n-- down sqlite\n-- rebuild mood\nCREATE TABLE mood (id " \
    "INTEGER PRIMARY KEY, name TEXT NOT NULL, weight DECIMAL_TEXT(6, 2));\n-- up postgresql\nALTER TABLE mood ADD more " \
    "integer NOT NULL DEFAULT 3;\n-- down postgresql\nALTER TABLE mood DROP more;\n"

static void revisions_of_operations_are_in_scripts(void **state)
{
    catalogue *c = *state, other = *c;
    seen all = {0};
    const weft_migration first = {.id = "m1", .up = moods_up, .down = moods_down, .operations_only = true};
    const weft_migration second = {.file = "2.sql", .text = MOODS};
    const weft_migrations both = {(const weft_migration *const[]){&first, &second}, 2};
    const weft_migrate_options options = {.migrations = &both, .user = &all, .tag = "release 7", .allow_destructive = true};
    static const char rows[] = "SELECT id, name, weight, more FROM mood ORDER BY id";
    migration m;
    char *up = NULL, *down = NULL, *half = NULL;
    test_database_open(&other.database, c->postgres ? TEST_POSTGRES : TEST_SQLITE);
    migration_open(&m, c, NULL, options);
    if (weft_migrate_script(m.migrate, "base", "head", &up, &m.error) != WEFT_OK ||
        weft_migrate_script(m.migrate, "head", "base", &down, &m.error) != WEFT_OK ||
        weft_migrate_script(m.migrate, "m1", "head", &half, &m.error) != WEFT_OK)
        fail_msg("%s", m.error.message);
    assert_int_equal(all.calls, all.without_connection);
    assert_non_null(strstr(up, "INSERT INTO mood (id, name, weight) VALUES (1, 'it''s; -- sad', '1.5"));
    assert_non_null(strstr(down, "-- destructive\nDROP TABLE mood;\n"));
    all = (seen){0};
    if (weft_migrate_upgrade(m.migrate, "head", &m.error) != WEFT_OK)
        fail_msg("%s", m.error.message);
    assert_int_equal(all.calls, 1);
    assert_int_equal(all.without_connection, 0);
    assert_string_equal(all.tags, "release 7;");
    migration_close(&m);
    static const char expected[] = "1|it's; -- sad|1.50|3\n7|größe\\|NULL|3";
    shows(c, rows, expected);
    assert_int_equal(in_shell(&other, up), 0);
    shows(&other, rows, expected);
    noted(&other, "m1 applied 0 0\nm2 applied 0 0");
    test_database_exec(&other.database, "INSERT INTO mood (name) VALUES ('next')");
    shows(&other, "SELECT id FROM mood WHERE name = 'next'", "8");
    assert_int_equal(in_shell(&other, down), 0);
    assert_false(has_table(&other, "mood"));
    migration_open(&m, &other, NULL, (weft_migrate_options){.migrations = &both, .user = &all});
    all = (seen){0};
    assert_int_equal(weft_migrate_upgrade(m.migrate, "m1", &m.error), WEFT_OK);
    assert_string_equal(all.tags, "none;");
    migration_close(&m);
    assert_int_equal(in_shell(&other, half), 0);
    shows(&other, rows, expected);
    weft_free(half);
    weft_free(down);
    weft_free(up);
    test_database_drop(&other.database);
}

static weft_status builds_anew(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    static const weft_schema_column column = {.name = "id", .type = WEFT_INT64};
    static const char *const columns[] = {"id", NULL};
    (void)connection, (void)user, (void)error;
    weft_ops_rebuild_table(ops, &(weft_schema_table){.name = "room", .columns = &column, .column_count = 1}, columns);
    return WEFT_OK;
}

static void other_steps_in_c_are_in_no_script(void **state)
{
    catalogue *c = *state;
    const weft_migration plain = {.id = "x1", .up = nothing},
                         apart = {.id = "x1", .up = nothing, .operations_only = true, .no_transaction = true},
                         anew = {.id = "x1", .up = builds_anew, .operations_only = true};
    const weft_migration *const each[] = {&plain, &apart, &anew};
    for (int i = 0; i < 3; i++) {
        const weft_migrations one = {&each[i], 1};
        migration m;
        char *script;
        migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &one});
        assert_int_equal(weft_migrate_script(m.migrate, "base", "x1", &script, &m.error), WEFT_ERROR_UNSUPPORTED);
        assert_non_null(strstr(m.error.message, i < 2 ? ".operations_only" : "build a table anew"));
        assert_null(script);
        migration_close(&m);
    }
}

static weft_status says_nothing(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)ops, (void)connection, (void)user, (void)error;
    return WEFT_ERROR_DATA;
}

/* An error that nobody has filled yet is no reason, and none may be wanted. */
static void a_step_that_fails_may_say_nothing(void **state)
{
    catalogue *c = *state;
    const weft_migration silent = {.id = "x1", .up = says_nothing, .operations_only = true};
    const weft_migration *const each[] = {&silent};
    const weft_migrations one = {each, 1};
    migration m;
    char *script;
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &one});
    memset(&m.error, 0x7e, sizeof m.error);
    assert_int_equal(weft_migrate_script(m.migrate, "base", "x1", &script, &m.error), WEFT_ERROR_DATA);
    assert_non_null(strstr(m.error.message, "the step in C failed"));
    assert_int_equal(weft_migrate_script(m.migrate, "base", "x1", &script, NULL), WEFT_ERROR_DATA);
    assert_null(script);
    memset(&m.error, 0x7e, sizeof m.error);
    assert_int_equal(weft_migrate_upgrade(m.migrate, "x1", &m.error), WEFT_ERROR_DATA);
    assert_non_null(strstr(m.error.message, "the step in C failed"));
    assert_int_equal(weft_migrate_upgrade(m.migrate, "x1", NULL), WEFT_ERROR_DATA);
    migration_close(&m);
}

/* ---- stamps ---- */

static void a_stamp_is_a_script_too(void **state)
{
    static const struct {
        const char *target, *noted;
        bool purge;
    } stamps[] = {{"a1", "a1 applied 0 0", false},
                  {"a2, b1", "a1 applied 0 0\na2 applied 0 0\nb1 applied 0 0", false},
                  {"b1,a1", "a1 applied 0 0\nb1 applied 0 0", false},
                  {"heads", "a1 applied 0 0\na2 applied 0 0\nb1 applied 0 0", true},
                  {"base", "", true}};
    catalogue *c = *state, other = *c;
    char folder[512];
    migration m;
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- message: it's\n-- up\nCREATE TABLE one (id integer);\n", "2.sql",
                     HEAD("a2", "a1") "-- up\nCREATE TABLE two (id integer);\n", "3.sql",
                     HEAD("b1", "none") "-- up\nCREATE TABLE three (id integer);\n", NULL);
    test_database_open(&other.database, c->postgres ? TEST_POSTGRES : TEST_SQLITE);
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        char *script = NULL;
        migration_open(&m, c, folder, (weft_migrate_options){.folder = folder});
        if (weft_migrate_stamp(m.migrate, stamps[i].target, stamps[i].purge, &m.error) != WEFT_OK ||
            weft_migrate_stamp_script(m.migrate, stamps[i].target, stamps[i].purge, &script, &m.error) != WEFT_OK)
            fail_msg("%s", m.error.message);
        migration_close(&m);
        assert_int_equal(in_shell(&other, script), 0);
        noted(c, stamps[i].noted);
        noted(&other, stamps[i].noted);
        assert_false(has_table(&other, "one"));
        weft_free(script);
        if (i == 2) /* what a newer program has noted */
            test_database_exec(&other.database, "UPDATE weft_version SET revision = 'zz' WHERE revision = 'a1'");
    }
    const char *const wrong[] = {"+1", "a1,", "a1, nowhere", ""};
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder});
    for (size_t i = 0; i < 4; i++) {
        char *script;
        assert_int_not_equal(weft_migrate_stamp_script(m.migrate, wrong[i], false, &script, &m.error), WEFT_OK);
        assert_null(script);
    }
    migration_close(&m);
    test_database_drop(&other.database);
}

/* ---- folders ---- */

static void several_folders_are_one_history(void **state)
{
    catalogue *c = *state;
    char first[512], second[512], third[512];
    migration m;
    bool current = false;
    revisions_folder(first, "1.sql", HEAD("f1", "none") "-- up\nCREATE TABLE one (id integer);\n-- down\nDROP TABLE one;\n", NULL);
    revisions_folder(second, "1.sql", HEAD("f2", "f1") "-- up\nCREATE TABLE two (id integer);\n-- down\nDROP TABLE two;\n", NULL);
    revisions_folder(third, "z.sql", HEAD("f3", "f2") "-- up\nCREATE TABLE three (id integer);\n-- down\nDROP TABLE three;\n",
                     NULL);
    const char *const more[] = {third, second, NULL}, *const twice[] = {first, NULL}, *const gone[] = {"/nowhere/at/all", NULL};
    migration_open(&m, c, NULL, (weft_migrate_options){.folder = first, .folders = more});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    noted(c, "f1 applied 0 0\nf2 applied 0 0\nf3 applied 0 0");
    assert_int_equal(weft_migrate_downgrade(m.migrate, "f1", &m.error), WEFT_OK);
    assert_true(has_table(c, "one") && !has_table(c, "two") && !has_table(c, "three"));
    migration_close(&m);
    const char *const all[] = {first, second, third, NULL};
    migration_open(&m, c, NULL, (weft_migrate_options){.folders = all}); /* without a first one */
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_false(current);
    migration_close(&m);
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_migrate *migrate;
    weft_error error = {0};
    assert_int_equal(weft_migrate_open(&migrate, engine, &(weft_migrate_options){.folder = first, .folders = twice}, &error),
                     WEFT_ERROR_DATA);
    assert_non_null(strstr(error.message, "are both revision f1"));
    assert_int_equal(weft_migrate_open(&migrate, engine, &(weft_migrate_options){.folder = first, .folders = gone}, &error),
                     WEFT_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    weft_engine_close(engine);
}

/* ---- tenants ---- */

WEFT_DECLARE(TenantRoom);
struct TenantRoom {
    int32_t id;
    const char *name;
};
WEFT_MODEL(TenantRoom, "room", WEFT_COLUMN(TenantRoom, id, .primary_key = true), WEFT_COLUMN(TenantRoom, name));
static WEFT_METADATA(models, &TenantRoom_model);

static const char rooms[] =
    HEAD("a1", "none") "-- up\n"
                       "CREATE TABLE room (id integer GENERATED BY DEFAULT AS IDENTITY, name text NOT NULL,\n"
                       "  CONSTRAINT pk_room PRIMARY KEY (id));\n-- down\nDROP TABLE room;\n";

static weft_status tenant(const catalogue *c, const char *folder, const char *schema, migration_call *call, const char *target,
                          weft_error *error)
{
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .schema = schema});
    weft_status status = call(m.migrate, target, &m.error);
    *error = m.error;
    migration_close(&m);
    return status;
}

static void one_tenant_is_migrated_alone(void **state)
{
    catalogue *c = *state;
    char folder[512], one[64], two[64];
    weft_error error;
    revisions_folder(folder, "1.sql", rooms, NULL);
    snprintf(one, sizeof one, "One'%.20s", c->database.place); /* of this test alone, and a name that wants quotes */
    snprintf(two, sizeof two, "two_%.20s", c->database.place);
    wefti_text sql;
    wefti_text_init(&sql, 0);
    wefti_text_add_format(&sql, "CREATE SCHEMA \"%s\"; CREATE SCHEMA \"%s\"", one, two);
    test_database_exec(&c->database, sql.data);
    assert_int_equal(tenant(c, folder, one, weft_migrate_upgrade, "head", &error), WEFT_OK);
    assert_false(has_table(c, "room"));
    assert_false(has_table(c, "weft_version"));
    assert_int_equal(tenant(c, folder, "nobody", weft_migrate_upgrade, "head", &error), WEFT_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "nobody"));
    migration m;
    weft_ops *ops;
    bool current = false;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .schema = one, .models = &models});
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_true(current);
    if (weft_migrate_diff(m.migrate, NULL, &ops, &m.error) != WEFT_OK)
        fail_msg("%s", m.error.message);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    migration_close(&m);
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .schema = two});
    char *script;
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_false(current);
    assert_int_equal(weft_migrate_script(m.migrate, "base", "head", &script, &m.error), WEFT_OK);
    assert_int_equal(in_shell(c, script), 0);
    weft_free(script);
    assert_int_equal(weft_migrate_is_current(m.migrate, &current, &m.error), WEFT_OK);
    assert_true(current);
    migration_close(&m);
    assert_int_equal(tenant(c, folder, one, weft_migrate_downgrade, "base", &error), WEFT_OK);
    wefti_text_clear(&sql);
    wefti_text_add_format(&sql, "SELECT count(*) FROM pg_tables WHERE tablename = 'room' AND schemaname IN ('%.3s''%s', '%s')", one,
                          one + 4, two);
    shows(c, sql.data, "1");
    wefti_text_clear(&sql);
    wefti_text_add_format(&sql, "DROP SCHEMA \"%s\" CASCADE; DROP SCHEMA \"%s\" CASCADE", one, two);
    test_database_exec(&c->database, sql.data);
    wefti_text_deinit(&sql);
}

static void without_schemas_there_are_no_tenants(void **state)
{
    catalogue *c = *state;
    char folder[512];
    weft_error error = {0};
    weft_migrate *migrate;
    revisions_folder(folder, "1.sql", rooms, NULL);
    weft_engine *engine = catalogue_engine(c, NULL);
    const weft_migrate_options options = {.folder = folder, .schema = "one"};
    assert_int_equal(weft_migrate_open(&migrate, engine, &options, &error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.hint, "file"));
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_script_does_in_the_shell_what_the_upgrade_does),
        ON_SQLITE(a_script_that_leaves_rows_without_what_they_refer_to_fails),
        ON_SQLITE(what_cannot_be_replayed_is_told),
        ON_BOTH(revisions_of_operations_are_in_scripts),
        ON_BOTH(other_steps_in_c_are_in_no_script),
        ON_BOTH(a_step_that_fails_may_say_nothing),
        ON_BOTH(a_stamp_is_a_script_too),
        ON_BOTH(several_folders_are_one_history),
        ON_POSTGRES(one_tenant_is_migrated_alone),
        ON_SQLITE(without_schemas_there_are_no_tenants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
