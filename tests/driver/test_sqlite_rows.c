/* Statements that take several rows at a time: fields of every type go where a value would go, and errors stay what they are. */
#include "driver/driver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct row {
    int64_t n;
    int32_t small;
    const char *text;
    double real;
    weft_timestamp at;
    weft_opt_int32 extra;
    weft_opt_int64 more;
    char code[8];
    bool yes;
} row;

enum { ROWS = 60, WIDTH = 9 };

typedef struct fixture {
    wefti_target target;
    wefti_dbc *dbc;
    row rows[ROWS];
    wefti_array arrays[WIDTH];
    wefti_statement statement; /* kept by the connection */
    weft_error error;
} fixture;

static const wefti_driver *const driver = &wefti_sqlite_driver;

static void must(fixture *f, const char *sql)
{
    if (driver->execute_script(f->dbc, sql, WEFTI_NO_DEADLINE, &f->error) != WEFT_OK)
        fail_msg("%s: %s", sql, f->error.message);
}

static int64_t integer(fixture *f, const char *sql)
{
    wefti_statement statement = {.sql = sql, .sql_size = strlen(sql), .returns_rows = true};
    wefti_cursor *cursor;
    bool has_row = false;
    if (driver->execute(f->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &f->error) != WEFT_OK)
        fail_msg("%s: %s", sql, f->error.message);
    assert_int_equal(driver->step(cursor, &has_row, &f->error), WEFT_OK);
    assert_true(has_row);
    int64_t value = cursor->row[0].as.i;
    driver->finish(cursor);
    return value;
}

static wefti_array column(const fixture *f, uint16_t type, uint16_t size, size_t offset)
{
    return (wefti_array){.type = type, .size = size, .count = ROWS, .base = f->rows, .stride = sizeof(row), .offset = offset};
}

static int open_table(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    if (driver->target_new("sqlite://", &(wefti_driver_options){0}, &f.target, &f.error) != WEFT_OK ||
        driver->open(&f.target, WEFTI_NO_DEADLINE, &f.dbc, &f.error) != WEFT_OK)
        fail_msg("%s", f.error.message);
    must(&f, "CREATE TABLE t (n INTEGER PRIMARY KEY, small, text, real, at, extra, more, code, yes)");
    for (int i = 0; i < ROWS; i++)
        f.rows[i] = (row){.n = i + 1,
                          .small = -i,
                          .text = i % 7 == 0 ? NULL : "text",
                          .real = i * 0.5,
                          .at = {i * 1000000},
                          .extra = {i % 2 == 0, i},
                          .more = {i % 3 == 0, i},
                          .code = "c",
                          .yes = i % 5 == 0};
    f.arrays[0] = column(&f, WEFT_INT64, 8, offsetof(row, n));
    f.arrays[1] = column(&f, WEFT_INT32, 4, offsetof(row, small));
    f.arrays[2] = column(&f, WEFT_TEXT, 8, offsetof(row, text));
    f.arrays[3] = column(&f, WEFT_DOUBLE, 8, offsetof(row, real));
    f.arrays[4] = column(&f, WEFT_TIMESTAMP, 8, offsetof(row, at));
    f.arrays[5] = column(&f, WEFT_INT32 + WEFT_OPT, sizeof(weft_opt_int32), offsetof(row, extra));
    f.arrays[6] = column(&f, WEFT_INT64 + WEFT_OPT, sizeof(weft_opt_int64), offsetof(row, more));
    f.arrays[7] = column(&f, WEFT_CHARS, 8, offsetof(row, code));
    f.arrays[8] = column(&f, WEFT_BOOL, 1, offsetof(row, yes));
    *state = &f;
    return 0;
}

static int close_table(void **state)
{
    fixture *f = *state;
    driver->close(f->dbc);
    driver->target_free(&f->target);
    return 0;
}

/* INSERT of three rows of nine values. */
static wefti_statement three_rows(const char *sql)
{
    static const uint16_t one[WIDTH] = {WEFT_INT64, WEFT_INT32,   WEFT_TEXT, WEFT_DOUBLE, WEFT_TIMESTAMP,
                                        WEFT_INT32, WEFT_DECIMAL, WEFT_TEXT, WEFT_BOOL};
    static uint16_t types[3 * WIDTH];
    for (int i = 0; i < 3; i++)
        memcpy(types + i * WIDTH, one, sizeof one);
    return (wefti_statement){.id = 5,
                             .sql = sql,
                             .sql_size = strlen(sql),
                             .parameter_count = 3 * WIDTH,
                             .row_count = 3,
                             .parameter_types = types,
                             .writes = true};
}

#define PLACES "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define NUMBERED \
    "($1, $2, $3, $4, $5, $6, $7, $8, $9), ($10, $11, $12, $13, $14, $15, $16, $17, $18), " \
    "($19, $20, $21, $22, $23, $24, $25, $26, $27)"

static weft_status insert(fixture *f, const char *sql, size_t count, uint64_t *changed, size_t *failed)
{
    f->statement = three_rows(sql);
    memset(&f->error, 0, sizeof f->error);
    return driver->execute_many(f->dbc, &f->statement, f->arrays, count, NULL, NULL, WEFTI_NO_DEADLINE, changed, NULL, failed,
                                &f->error);
}

static void check_rows(fixture *f)
{
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE small = 1 - n AND real = (n - 1) * 0.5 AND code = 'c'"), ROWS);
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE text IS NULL"), 9);
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE text = 'text'"), ROWS - 9);
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE extra = n - 1 AND n % 2 = 1"), ROWS / 2);
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE extra IS NULL"), ROWS / 2);
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE more = CAST(n - 1 AS TEXT) AND n % 3 = 1"), ROWS / 3);
    assert_int_equal(integer(f, "SELECT count(*) FROM t WHERE at = strftime('%Y-%m-%d %H:%M:%S.000000', n - 1, 'unixepoch')"),
                     ROWS);
    assert_int_equal(integer(f, "SELECT sum(yes) FROM t"), 12);
}

static void every_row_goes_in_with_its_own_fields(void **state)
{
    fixture *f = *state;
    uint64_t changed = 0;
    assert_int_equal(insert(f, "INSERT INTO t VALUES " PLACES ", " PLACES ", " PLACES, ROWS, &changed, NULL), WEFT_OK);
    assert_int_equal(changed, ROWS);
    check_rows(f);
}

static void numbered_places_take_the_fields_of_their_numbers(void **state)
{
    fixture *f = *state;
    uint64_t changed = 0;
    assert_int_equal(insert(f, "INSERT INTO t VALUES " NUMBERED, ROWS, &changed, NULL), WEFT_OK);
    assert_int_equal(changed, ROWS);
    check_rows(f);
}

static void a_row_that_fails_names_the_first_of_its_statement_and_undoes_all(void **state)
{
    fixture *f = *state;
    uint64_t changed = 9;
    size_t failed = 0;
    f->rows[31].n = 4;
    assert_int_equal(insert(f, "INSERT INTO t VALUES " PLACES ", " PLACES ", " PLACES, ROWS, &changed, &failed), WEFT_ERROR_UNIQUE);
    assert_int_equal(failed, 30);
    assert_int_equal(changed, 0);
    assert_int_equal(integer(f, "SELECT count(*) FROM t"), 0);
}

static void what_cannot_be_stored_is_refused_in_any_row(void **state)
{
    fixture *f = *state;
    f->rows[7].real = NAN;
    assert_int_equal(insert(f, "INSERT INTO t VALUES " PLACES ", " PLACES ", " PLACES, ROWS, NULL, NULL), WEFT_ERROR_DATA);
    f->rows[7].real = 0;
    f->rows[8].text = "bad \xff";
    assert_int_equal(insert(f, "INSERT INTO t VALUES " PLACES ", " PLACES ", " PLACES, ROWS, NULL, NULL), WEFT_ERROR_DATA);
    f->rows[8].text = "good";
    f->rows[59].at.usec = INT64_MAX - 1;
    assert_int_equal(insert(f, "INSERT INTO t VALUES " PLACES ", " PLACES ", " PLACES, ROWS, NULL, NULL), WEFT_ERROR_TYPE);
    assert_int_equal(integer(f, "SELECT count(*) FROM t"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_row_goes_in_with_its_own_fields, open_table, close_table),
        cmocka_unit_test_setup_teardown(numbered_places_take_the_fields_of_their_numbers, open_table, close_table),
        cmocka_unit_test_setup_teardown(a_row_that_fails_names_the_first_of_its_statement_and_undoes_all, open_table, close_table),
        cmocka_unit_test_setup_teardown(what_cannot_be_stored_is_refused_in_any_row, open_table, close_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
