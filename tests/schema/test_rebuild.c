/* A table of SQLite built anew: the rows that refer to it stay, and so do triggers, views, row numbers and the counter; whatever
 * happens, foreign keys are checked afterwards as before. */
#include "fixtures/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

static const char *const before[] = {
    "CREATE TABLE room (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, size INTEGER DEFAULT 3, CHECK (size > 0))",
    "CREATE TABLE guest (id INTEGER PRIMARY KEY, room_id INTEGER NOT NULL REFERENCES room (id) ON DELETE CASCADE, of TEXT)",
    "CREATE INDEX ix_room_name ON room (name)",
    "CREATE TABLE log (what TEXT)",
    "CREATE TRIGGER room_changed AFTER UPDATE ON room BEGIN INSERT INTO log VALUES ('changed ' || new.id); END",
    "CREATE VIEW names AS SELECT name FROM room",
    "INSERT INTO room (id, name) VALUES (1, 'a'), (7, 'b')",
    "INSERT INTO room (id, name) VALUES (99, 'gone')",
    "DELETE FROM room WHERE id = 99",
    "INSERT INTO guest VALUES (1, 1, 'x'), (2, 7, 'y'), (3, 7, 'z')",
    NULL,
};

static weft_engine *engine_on(const catalogue *p)
{
    for (size_t i = 0; before[i] != NULL; i++)
        test_database_exec(&p->database, before[i]);
    return catalogue_engine(p, &(weft_engine_options){.pool = {.size = 1}});
}

/* room with a name that must be there and a longer check; the caller frees it. */
static weft_ops *a_rebuild(const char *check)
{
    static const weft_schema_column columns[] = {
        {.name = "id", .type = WEFT_INT64, .identity = true},
        {.name = "name", .type = WEFT_TEXT},
        {.name = "size", .type = WEFT_INT64, .nullable = true, .server_default = "5"},
    };
    static const weft_schema_part parts[] = {{.column = "name"}};
    static const weft_schema_index indexes[] = {{.name = "ix_room_name", .parts = parts, .part_count = 1}};
    const weft_schema_constraint constraints[] = {
        {.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
        {.kind = WEFT_CONSTRAINT_CHECK, .expression = check},
    };
    const weft_schema_table room = {
        .name = "room",
        .columns = columns,
        .column_count = 3,
        .constraints = constraints,
        .constraint_count = 2,
        .indexes = indexes,
        .index_count = 1,
        .kept = NAMES("AUTOINCREMENT",
                      "CREATE TRIGGER room_changed AFTER UPDATE ON room BEGIN INSERT INTO log VALUES ('changed ' || new.id); END")};
    weft_ops *ops = weft_ops_new();
    weft_ops_rebuild_table(ops, &room, NAMES("id", "name", "size"));
    return ops;
}

static int64_t number(weft_connection *c, const char *sql)
{
    weft_result *result = NULL;
    weft_error error = {0};
    int64_t value = -1;
    if (weft_connection_query(c, sql, NULL, &result, &error) != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
    if (weft_result_next(result, &error))
        (void)weft_result_int64(result, 0, &value);
    weft_result_close(result);
    return value;
}

static void assert_keys_are_checked(weft_engine *engine)
{
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK);
    assert_int_equal(number(c, "PRAGMA foreign_keys"), 1);
    assert_int_equal(number(c, "PRAGMA legacy_alter_table"), 0);
    assert_int_equal(weft_execute_text(c, "INSERT INTO guest VALUES (50, 12345, 'nobody')", NULL, &error), WEFT_ERROR_FOREIGN_KEY);
    weft_connection_close(c);
}

static void what_refers_to_the_table_and_what_hangs_on_it_stays(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = engine_on(p);
    weft_connection *c;
    weft_error error = {0};
    weft_ops *ops = a_rebuild("size > 1");
    assert_string_equal(weft_ops_rebuilt(ops, 0), "room");
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    if (weft_ops_apply(ops, c, &error) != WEFT_OK)
        fail_msg("%s (%s)", error.message, error.hint);
    weft_connection_close(c);
    weft_ops_free(ops);
    assert_keys_are_checked(engine);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM guest"), 3);
    assert_int_equal(test_database_integer(&p->database, "SELECT sum(id) FROM room"), 8);
    assert_int_equal(test_database_integer(&p->database, "SELECT seq FROM sqlite_sequence WHERE name = 'room'"), 99);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM sqlite_master WHERE name = 'ix_room_name'"), 1);
    test_database_exec(&p->database, "UPDATE room SET name = 'c' WHERE id = 7");
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM log WHERE what = 'changed 7'"), 1);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM names"), 2);
    test_database_exec(&p->database, "INSERT INTO room (name) VALUES ('next')");
    assert_int_equal(test_database_integer(&p->database, "SELECT max(id) FROM room"), 100);
    assert_int_equal(test_database_integer(&p->database, "SELECT size FROM room WHERE id = 100"), 5);
    test_database_exec(&p->database, "PRAGMA foreign_keys = ON; DELETE FROM room WHERE id = 7");
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM guest"), 1);
    weft_engine_close(engine);
}

static void a_row_that_the_new_table_refuses_changes_nothing(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = engine_on(p);
    weft_connection *c;
    weft_error error = {0};
    char *schema = test_database_rows(&p->database, "SELECT sql FROM sqlite_master ORDER BY name");
    for (int within = 0; within < 2; within++) {
        weft_ops *ops = a_rebuild("size > 3");
        assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
        if (within)
            assert_int_equal(weft_ops_prepare(ops, c, &error), WEFT_OK);
        assert_int_equal(weft_ops_apply(ops, c, &error), WEFT_ERROR_CHECK);
        assert_int_equal(weft_connection_rollback(c, &error), WEFT_OK);
        if (within)
            assert_int_equal(weft_ops_settle(ops, c, &error), WEFT_OK);
        weft_connection_close(c);
        weft_ops_free(ops);
        assert_keys_are_checked(engine);
        char *now = test_database_rows(&p->database, "SELECT sql FROM sqlite_master ORDER BY name");
        assert_string_equal(now, schema);
        free(now);
        assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM guest, room"), 6);
    }
    free(schema);
    weft_engine_close(engine);
}

static void within_a_transaction_it_wants_to_be_prepared(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = engine_on(p);
    weft_connection *c;
    weft_error error = {0};
    weft_ops *ops = a_rebuild("size > 1");
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_int_equal(weft_connection_begin(c, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(c, "INSERT INTO log VALUES ('x')", NULL, &error), WEFT_OK);
    assert_int_equal(weft_ops_prepare(ops, c, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_ops_apply(ops, c, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.hint, "weft_ops_prepare"));
    assert_int_equal(weft_connection_rollback(c, &error), WEFT_OK);
    assert_int_equal(weft_ops_prepare(ops, c, &error), WEFT_OK);
    assert_int_equal(weft_connection_begin(c, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(c, "INSERT INTO log VALUES ('with it')", NULL, &error), WEFT_OK);
    assert_int_equal(weft_ops_apply(ops, c, &error), WEFT_OK);
    assert_int_equal(weft_connection_commit(c, &error), WEFT_OK);
    assert_int_equal(weft_ops_settle(ops, c, &error), WEFT_OK);
    weft_connection_close(c);
    weft_ops_free(ops);
    assert_keys_are_checked(engine);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM guest"), 3);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM log"), 1);
    weft_engine_close(engine);
}

static void who_forgets_to_settle_leaves_no_connection_without_keys(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = engine_on(p);
    weft_connection *c;
    weft_error error = {0};
    weft_ops *ops = a_rebuild("size > 1");
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_int_equal(weft_ops_prepare(ops, c, &error), WEFT_OK);
    weft_connection_close(c);
    weft_ops_free(ops);
    assert_keys_are_checked(engine);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(what_refers_to_the_table_and_what_hangs_on_it_stays),
        ON_SQLITE(a_row_that_the_new_table_refuses_changes_nothing),
        ON_SQLITE(within_a_transaction_it_wants_to_be_prepared),
        ON_SQLITE(who_forgets_to_settle_leaves_no_connection_without_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
