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
        ON_POSTGRES(one_tenant_is_migrated_alone),
        ON_SQLITE(without_schemas_there_are_no_tenants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
