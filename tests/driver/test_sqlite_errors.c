/* The table of SQLite's result codes: one row per class of error, and the names that messages carry. */
#include "driver/sqlite/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_code_has_its_status(void **state)
{
    (void)state;
    static const struct {
        int code;
        const char *message;
        weft_status status;
    } rows[] = {
        {SQLITE_OK, "", WEFT_OK},
        {SQLITE_DONE, "", WEFT_OK},
        {SQLITE_ERROR, "near \"x\": syntax error", WEFT_ERROR_SQL},
        {SQLITE_ERROR, "no such table: main.t", WEFT_ERROR_NO_TABLE},
        {SQLITE_ERROR, "integer overflow", WEFT_ERROR_DATA},
        {SQLITE_ERROR, "malformed JSON", WEFT_ERROR_DATA},
        {SQLITE_ERROR, "too many SQL variables", WEFT_ERROR_LIMIT},
        {SQLITE_INTERNAL, "", WEFT_ERROR_INTERNAL},
        {SQLITE_ABORT_ROLLBACK, "", WEFT_ERROR_ROLLED_BACK},
        {SQLITE_BUSY, "", WEFT_ERROR_BUSY},
        {SQLITE_BUSY_RECOVERY, "", WEFT_ERROR_BUSY},
        {SQLITE_BUSY_SNAPSHOT, "", WEFT_ERROR_SERIALIZATION},
        {SQLITE_LOCKED, "", WEFT_ERROR_BUSY},
        {SQLITE_NOMEM, "", WEFT_ERROR_NO_MEMORY},
        {SQLITE_READONLY_DBMOVED, "", WEFT_ERROR_READ_ONLY},
        {SQLITE_INTERRUPT, "", WEFT_ERROR_CANCELLED},
        {SQLITE_IOERR_FSYNC, "", WEFT_ERROR_IO},
        {SQLITE_IOERR_NOMEM, "", WEFT_ERROR_NO_MEMORY},
        {SQLITE_IOERR_CORRUPTFS, "", WEFT_ERROR_CORRUPT},
        {SQLITE_CORRUPT, "", WEFT_ERROR_CORRUPT},
        {SQLITE_FULL, "", WEFT_ERROR_RESOURCE},
        {SQLITE_CANTOPEN, "", WEFT_ERROR_IO},
        {SQLITE_PROTOCOL, "", WEFT_ERROR_BUSY},
        {SQLITE_SCHEMA, "", WEFT_ERROR_SERIALIZATION},
        {SQLITE_TOOBIG, "", WEFT_ERROR_LIMIT},
        {SQLITE_CONSTRAINT_UNIQUE, "", WEFT_ERROR_UNIQUE},
        {SQLITE_CONSTRAINT_PRIMARYKEY, "", WEFT_ERROR_UNIQUE},
        {SQLITE_CONSTRAINT_ROWID, "", WEFT_ERROR_UNIQUE},
        {SQLITE_CONSTRAINT_FOREIGNKEY, "", WEFT_ERROR_FOREIGN_KEY},
        {SQLITE_CONSTRAINT_NOTNULL, "", WEFT_ERROR_NOT_NULL},
        {SQLITE_CONSTRAINT_CHECK, "", WEFT_ERROR_CHECK},
        {SQLITE_CONSTRAINT_TRIGGER, "", WEFT_ERROR_CONSTRAINT},
        {SQLITE_CONSTRAINT_DATATYPE, "", WEFT_ERROR_DATA},
        {SQLITE_MISMATCH, "", WEFT_ERROR_DATA},
        {SQLITE_MISUSE, "", WEFT_ERROR_INTERNAL},
        {SQLITE_NOLFS, "", WEFT_ERROR_RESOURCE},
        {SQLITE_AUTH, "", WEFT_ERROR_SQL},
        {SQLITE_RANGE, "", WEFT_ERROR_SQL},
        {SQLITE_NOTADB, "", WEFT_ERROR_CORRUPT},
        {255, "", WEFT_ERROR_INTERNAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (wefti_sqlite_status(rows[i].code, rows[i].message) != rows[i].status)
            fail_msg("code %d \"%s\" is %s", rows[i].code, rows[i].message,
                     weft_status_identifier(wefti_sqlite_status(rows[i].code, rows[i].message)));
}

static void messages_give_table_columns_and_constraint(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *table, *column, *constraint;
        weft_status status;
    } cases[] = {
        {"INSERT INTO t (a, b) VALUES (1, 2)", "t", "a, b", "", WEFT_ERROR_UNIQUE},
        {"INSERT INTO t (e) VALUES ('X')", "", "", "lower_e", WEFT_ERROR_UNIQUE},
        {"INSERT INTO t (c) VALUES (-1)", "", "", "positive", WEFT_ERROR_CHECK},
        {"INSERT INTO t (c) VALUES ('word')", "t", "c", "", WEFT_ERROR_DATA},
        {"INSERT INTO t (d) VALUES (NULL)", "t", "d", "", WEFT_ERROR_NOT_NULL},
        {"INSERT INTO t (c) VALUES (77)", "", "", "", WEFT_ERROR_CONSTRAINT},
        {"INSERT INTO missing VALUES (1)", "missing", "", "", WEFT_ERROR_NO_TABLE},
        {"SELECT abs(-9223372036854775808)", "", "", "", WEFT_ERROR_DATA},
    };
    const wefti_driver *driver = &wefti_sqlite_driver;
    wefti_target target;
    wefti_dbc *dbc;
    weft_error error = {0};
    assert_int_equal(driver->target_new("sqlite://", NULL, &target, &error), WEFT_OK);
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_OK);
    assert_int_equal(
        driver->execute_script(dbc,
                               "CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER CONSTRAINT positive CHECK (c > 0), d INTEGER NOT "
                               "NULL DEFAULT 0, e TEXT,"
                               "  UNIQUE (a, b)) STRICT;"
                               "CREATE UNIQUE INDEX lower_e ON t (lower(e));"
                               "CREATE TRIGGER no_77 BEFORE INSERT ON t WHEN new.c = 77 BEGIN SELECT RAISE(ABORT, 'not 77'); END;"
                               "INSERT INTO t (a, b, e) VALUES (1, 2, 'x')",
                               WEFTI_NO_DEADLINE, &error),
        WEFT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(&error, 0, sizeof error);
        if (driver->execute_script(dbc, cases[i].sql, WEFTI_NO_DEADLINE, &error) != cases[i].status)
            fail_msg("%s: %s %s", cases[i].sql, weft_status_identifier(error.status), error.message);
        assert_string_equal(error.table, cases[i].table);
        assert_string_equal(error.column, cases[i].column);
        assert_string_equal(error.constraint, cases[i].constraint);
        assert_true(error.native_code != 0 && error.message[0] != '\0');
    }
    driver->close(dbc);
    driver->target_free(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_status),
        cmocka_unit_test(messages_give_table_columns_and_constraint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
