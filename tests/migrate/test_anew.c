/* "-- rebuild": a table of SQLite's that a revision says anew. What refers to it and what hangs on it stays, nothing is left of one
 * that fails, and foreign keys are checked afterwards as before. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#define HEAD(id, parents) "-- revision: " id "\n-- parents: " parents "\n"

static const char hotel[] =
    HEAD("a1", "none") "-- up\n"
                       "CREATE TABLE room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, size INTEGER, old TEXT);\n"
                       "CREATE TABLE guest (id INTEGER PRIMARY KEY, room_id INTEGER REFERENCES room (id) ON DELETE CASCADE);\n"
                       "CREATE INDEX ix_room_name ON room (name) WHERE size > 0;\n"
                       "CREATE TABLE log (what TEXT);\n"
                       "CREATE TRIGGER room_changed AFTER UPDATE ON room BEGIN\n"
                       "  INSERT INTO log VALUES ('changed ' || new.id);\nEND;\n"
                       "CREATE VIEW names AS SELECT name FROM room;\n"
                       "INSERT INTO room (id, name, size) VALUES (1, 'a', 2), (7, 'b', 3), (99, 'gone', 1);\n"
                       "DELETE FROM room WHERE id = 99;\n"
                       "INSERT INTO guest VALUES (1, 1), (2, 7), (3, 7);\n";

#define NEW_ROOM \
    "-- rebuild room\n" \
    "CREATE TABLE \"room\" (id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL CHECK (size > 1), -- in metres\n" \
    "  name TEXT NOT NULL COLLATE NOCASE UNIQUE ON CONFLICT IGNORE, floor INTEGER DEFAULT 4, twice AS (size * 2));\n"
#define OLD_ROOM \
    "-- rebuild room\n" \
    "CREATE TABLE room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, size INTEGER, old TEXT);\n"

static void write_hotel(char folder[512], const char *second) { revisions_folder(folder, "1.sql", hotel, "2.sql", second, NULL); }

/* What nothing may have changed: rows and the schema. */
static char *all_of(const catalogue *c)
{
    return test_database_rows(&c->database,
                              "SELECT replace(sql, '\"', '') FROM sqlite_schema WHERE sql NOT LIKE '%weft_version%' UNION ALL "
                              "SELECT id || name || size FROM room UNION ALL SELECT id || ' ' || room_id FROM guest ORDER BY 1");
}

static void keys_are_checked(migration *m)
{
    weft_connection *connection;
    assert_int_equal(weft_engine_connect(m->engine, &connection, NULL, &m->error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, "INSERT INTO guest VALUES (50, 12345)", NULL, &m->error),
                     WEFT_ERROR_FOREIGN_KEY);
    weft_connection_close(connection);
}

static void a_table_is_built_anew_with_all_that_hangs_on_it(void **state)
{
    catalogue *c = *state;
    char folder[512];
    write_hotel(folder, HEAD("b1", "a1") "-- up\n" NEW_ROOM "UPDATE room SET floor = id;\n-- down\n" OLD_ROOM);
    upgrades(c, folder, "a1");
    char *before = all_of(c);
    upgrades(c, folder, "head");
    noted(c, "a1 applied 0 0\nb1 applied 0 0");
    shows(c, "SELECT id, size, name, floor, twice FROM room", "1|2|a|1|4\n7|3|b|7|6");
    shows(c, "SELECT id, room_id FROM guest", "1|1\n2|7\n3|7");
    shows(c, "SELECT replace(sql, '\"', '') FROM sqlite_schema WHERE name = 'ix_room_name'",
          "CREATE INDEX ix_room_name ON room (name) WHERE size > 0");
    shows(c, "SELECT what FROM log", "changed 1\nchanged 7"); /* the trigger is there again */
    shows(c, "SELECT name FROM names", "a\nb");
    shows(c, "SELECT name FROM sqlite_schema WHERE name LIKE '%weft_new%'", "");
    test_database_exec(&c->database,
                       "INSERT INTO room (size, name) VALUES (5, 'next'), (6, 'A')"); /* the counter and its clauses */
    shows(c, "SELECT id FROM room WHERE id > 7", "100");
    test_database_exec(&c->database, "DELETE FROM room WHERE id = 100; UPDATE sqlite_sequence SET seq = 99 WHERE name = 'room'");
    downgrades(c, folder, "a1");
    char *after = all_of(c);
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void foreign_keys_are_off_around_the_transaction_alone(void **state)
{
    catalogue *c = *state;
    char folder[512];
    weft_migrate *migrate;
    weft_engine *engine;
    weft_error error;
    write_hotel(folder, HEAD("b1", "a1") "-- up\n" NEW_ROOM);
    upgrades(c, folder, "a1");
    test_recorder *recorder = test_recorder_new();
    test_recorder_with_transactions(recorder, true);
    engine = catalogue_engine(
        c, &(weft_engine_options){.pool = {.size = 1}, .log = test_recorder_log, .log_context = recorder, .echo = true});
    assert_int_equal(weft_migrate_open(&migrate, engine, &(weft_migrate_options){.folder = folder}, &error), WEFT_OK);
    assert_int_equal(weft_migrate_upgrade(migrate, "head", &error), WEFT_OK);
    weft_migrate_close(migrate);
    size_t off = 0, on = 0, commit = 0, drop = 0, check = 0;
    for (size_t i = 0; i < test_recorder_count(recorder); i++) {
        const char *sql = test_recorder_text(recorder, i);
        off = strcmp(sql, "PRAGMA foreign_keys = OFF") == 0 ? i + 1 : off;
        on = strcmp(sql, "PRAGMA foreign_keys = ON") == 0 ? i + 1 : on;
        commit = strcmp(sql, "COMMIT") == 0 && commit <= drop ? i + 1 : commit;
        drop = strcmp(sql, "DROP TABLE \"room\"") == 0 || strcmp(sql, "DROP TABLE room") == 0 ? i + 1 : drop;
        check = strcmp(sql, "PRAGMA foreign_key_check") == 0 ? i + 1 : check;
    }
    assert_true(0 < off && off < drop && drop < check && check < commit && commit < on);
    weft_engine_close(engine);
    test_recorder_free(recorder);
}

static void what_fails_leaves_nothing_and_keys_on(void **state)
{
    static const struct {
        const char *text, *message;
        weft_status status;
    } cases[] = {
        {HEAD("b1", "a1") "-- up\nUPDATE room SET size = 1;\n" NEW_ROOM, "2.sql:6: ", WEFT_ERROR_CHECK},
        {HEAD("b1", "a1") "-- up\n-- rebuild none\nCREATE TABLE none (x);\n", "there is no table \"none\"", WEFT_ERROR_NO_TABLE},
        {HEAD("b1", "a1") "-- up\n-- rebuild room\nCREATE TABLE room (id INTEGER PRIMARY KEY);\n", "2.sql:5: ", WEFT_ERROR_SQL},
        /* The rows that refer to one that goes would have gone with it, were keys on. */
        {HEAD("b1", "a1") "-- up\n" NEW_ROOM "DELETE FROM room WHERE id = 7;\n", "2.sql: 2 rows refer to rows that are not there",
         WEFT_ERROR_CONSTRAINT},
    };
    catalogue *c = *state;
    char folder[512];
    write_hotel(folder, HEAD("b1", "a1") "-- up\n");
    upgrades(c, folder, "a1");
    char *before = all_of(c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        migration m;
        revisions_write(folder, "2.sql", cases[i].text);
        migration_open(&m, c, folder, (weft_migrate_options){.one_transaction = i % 2 == 1});
        weft_status status = weft_migrate_upgrade(m.migrate, "head", &m.error);
        if (status == WEFT_OK || strstr(m.error.message, cases[i].message) == NULL)
            fail_msg("case %zu: %s: %s", i, weft_status_name(status), m.error.message);
        if (i != 2)
            assert_int_equal(status, cases[i].status);
        keys_are_checked(&m);
        migration_close(&m);
        char *after = all_of(c);
        assert_string_equal(after, before);
        free(after);
    }
    free(before);
    noted(c, "a1 applied 0 0");
}

#define VALUES(n, r, s) \
    HEAD("a1", "none") \
    "-- up\nCREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, r TEXT, s REAL, old INTEGER);\n" \
    "INSERT INTO t VALUES (1, '7', '1.5', 2.0, 'x'), (2, NULL, NULL, NULL, NULL), (3, " n ", " r ", " s ", 1);\n"
#define NUMBERS \
    HEAD("b1", "a1") "-- up\n-- rebuild t\nCREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, r REAL, s INTEGER, old INTEGER);\n"

/* SQLite takes any value into any column, and nobody could read it there: as on PostgreSQL the change fails. */
static void what_does_not_become_a_number_is_told(void **state)
{
    static const struct {
        const char *first, *message;
    } cases[] = {
        {VALUES("'x'", "'2'", "3.0"), "t.n has a value that is no whole number"},
        {VALUES("'1.5'", "'2'", "3.0"), "t.n has a value that is no whole number"},
        {VALUES("x'37'", "'2'", "3.0"), "t.n has a value that is no whole number"},
        {VALUES("'8'", "''", "3.0"), "t.r has a value that is no number"},
        {VALUES("'8'", "'2'", "3.5"), "t.s has a value that is no whole number"},
        {VALUES("'8'", "'2'", "3.0"), NULL},
    };
    catalogue *c = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char folder[512];
        migration m;
        char *script;
        if (i > 0)
            test_database_exec(&c->database, "DROP TABLE t; DROP TABLE weft_version");
        revisions_folder(folder, "1.sql", cases[i].first, "2.sql", NUMBERS, NULL);
        upgrades(c, folder, "a1");
        migration_open(&m, c, folder, (weft_migrate_options){0});
        assert_int_equal(weft_migrate_script(m.migrate, "a1", "head", &script, &m.error), WEFT_OK);
        assert_non_null(strstr(script, "\"t.n has a value that is no whole number\""));
        assert_null(strstr(script, "t.old")); /* what was in a column of numbers before stays, whatever it is */
        weft_free(script);
        migration_close(&m);
        if (cases[i].message != NULL) {
            upgrade_fails(c, folder, "head", WEFT_ERROR_CHECK, cases[i].message);
            upgrade_fails(c, folder, "head", WEFT_ERROR_CHECK, "2.sql:5: ");
            shows(c, "SELECT typeof(n), typeof(s), old FROM t WHERE id = 1", "text|real|x");
            noted(c, "a1 applied 0 0");
        } else {
            upgrades(c, folder, "head");
            shows(c, "SELECT n, r, s, typeof(n), typeof(r), typeof(s), old FROM t ORDER BY id",
                  "7|1.5|2|integer|real|integer|x\nNULL|NULL|NULL|null|null|null|NULL\n8|2.0|3|integer|real|integer|1");
        }
    }
}

/* ---- in C ---- */

static weft_status room_anew(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    static const weft_schema_column columns[] = {{.name = "id", .type = WEFT_INT64, .identity = true},
                                                 {.name = "name", .type = WEFT_TEXT}};
    const weft_schema_constraint key[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = (const char *const[]){"id", NULL}}};
    ++*(int *)user;
    weft_ops_rebuild_table(
        ops, &(weft_schema_table){.name = "room", .columns = columns, .column_count = 2, .constraints = key, .constraint_count = 1},
        NAMES("id", "name"));
    return weft_execute_text(connection, "INSERT INTO log VALUES ('in C')", NULL, error);
}

static void a_list_in_c_builds_a_table_anew(void **state)
{
    catalogue *c = *state;
    int times = 0;
    const weft_migration first = {.file = "1.sql", .text = hotel};
    const weft_migration no_view = {.file = "2.sql", .text = HEAD("b1", "a1") "-- up\nDROP INDEX ix_room_name;\n"};
    const weft_migration plain = {.id = "c1", .parents = weft_migration_ids("b1"), .up = room_anew};
    const weft_migration outside = {.id = "c1", .parents = weft_migration_ids("b1"), .up = room_anew, .no_transaction = true};
    const weft_migrations wrong = {(const weft_migration *const[]){&first, &no_view, &outside}, 3};
    const weft_migrations right = {(const weft_migration *const[]){&first, &no_view, &plain}, 3};
    migration m;
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &wrong, .user = &times});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(m.error.message, "within a transaction only"));
    migration_close(&m);
    test_database_exec(&c->database, "DELETE FROM log");
    migration_open(&m, c, NULL, (weft_migrate_options){.migrations = &right, .user = &times});
    if (weft_migrate_upgrade(m.migrate, "head", &m.error) != WEFT_OK)
        fail_msg("%s (%s)", m.error.message, m.error.hint);
    keys_are_checked(&m);
    migration_close(&m);
    shows(c, "SELECT what FROM log", "in C"); /* what it did in the transaction that was given up is undone */
    shows(c, "SELECT * FROM room", "1|a\n7|b");
    shows(c, "SELECT count(*) FROM guest", "3");
}

static void all_in_one_transaction_are_built_anew(void **state)
{
    catalogue *c = *state;
    char folder[512];
    migration m;
    write_hotel(folder, HEAD("b1", "a1") "-- up\n" NEW_ROOM);
    revisions_write(folder, "3.sql", HEAD("c1", "b1") "-- up\n" OLD_ROOM);
    migration_open(&m, c, folder, (weft_migrate_options){.one_transaction = true});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), WEFT_OK);
    keys_are_checked(&m);
    migration_close(&m);
    shows(c, "SELECT id, name, size FROM room", "1|a|2\n7|b|3");
    shows(c, "SELECT count(*) FROM guest", "3");
}

/* Row numbers are those of what refers to them from without: a table without a key of its own keeps them. */
static void row_numbers_stay(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql",
                     HEAD("a1",
                          "none") "-- up\nCREATE TABLE t (x, y);\nINSERT INTO t (rowid, x, y) VALUES (5, 'a', 1), (9, 'b', 2);\n",
                     "2.sql", HEAD("b1", "a1") "-- up\n-- rebuild t\nCREATE TABLE t (y, x TEXT PRIMARY KEY);\n", NULL);
    upgrades(c, folder, "head");
    shows(c, "SELECT rowid, x, y FROM t", "5|a|1\n9|b|2");
}

static void a_part_of_the_other_database_is_passed_over(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, "1.sql", HEAD("a1", "none") "-- up sqlite\n-- rebuild t\nCREATE TABLE t (x);\n-- up postgresql\n",
                     NULL);
    upgrades(c, folder, "head");
    noted(c, "a1 applied 0 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(a_table_is_built_anew_with_all_that_hangs_on_it), ON_SQLITE(foreign_keys_are_off_around_the_transaction_alone),
        ON_SQLITE(what_fails_leaves_nothing_and_keys_on),           ON_SQLITE(a_list_in_c_builds_a_table_anew),
        ON_SQLITE(what_does_not_become_a_number_is_told),           ON_SQLITE(a_list_in_c_builds_a_table_anew),
        ON_SQLITE(all_in_one_transaction_are_built_anew),           ON_SQLITE(row_numbers_stay),
        ON_POSTGRES(a_part_of_the_other_database_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
