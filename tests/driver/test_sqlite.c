/* What is SQLite's own: URLs, files and memory, waiting for locks, what a file may hold, and what becomes of a transaction after
 * errors. */
#define _POSIX_C_SOURCE 200809L
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "driver/driver.h"
#include "support/support.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const wefti_driver *const driver = &wefti_sqlite_driver;

static wefti_target target_of(const char *format, const char *path)
{
    char url[600];
    wefti_target target;
    weft_error error = {0};
    (void)snprintf(url, sizeof url, "sqlite:///%s%s", path, format);
    if (driver->target_new(url, NULL, &target, &error) != WEFT_OK)
        fail_msg("%s: %s", url, error.message);
    return target;
}

static wefti_target new_file(const char *options)
{
    char path[512];
    test_path_new(path, sizeof path, "t.db");
    return target_of(options, path);
}

static wefti_dbc *connect_to(const wefti_target *target)
{
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    if (driver->open(target, WEFTI_NO_DEADLINE, &dbc, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return dbc;
}

static weft_status run(wefti_dbc *dbc, const char *sql, weft_error *error)
{
    return driver->execute_script(dbc, sql, WEFTI_NO_DEADLINE, error);
}

static void must(wefti_dbc *dbc, const char *sql)
{
    weft_error error = {0};
    if (run(dbc, sql, &error) != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
}

/* The first cell of a query, with an expected type; its text, if it has one, is copied. */
static weft_status cell(wefti_dbc *dbc, const char *sql, weft_type type, weft_value *value, char *text, weft_error *error)
{
    uint16_t types[1] = {(uint16_t)type};
    wefti_statement statement = {
        .sql = sql, .sql_size = strlen(sql), .column_count = 1, .column_types = types, .returns_rows = true};
    wefti_cursor *cursor;
    bool has_row = false;
    weft_status status = driver->execute(dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, error);
    if (status == WEFT_OK)
        status = driver->step(cursor, &has_row, error);
    if (status == WEFT_OK && has_row) {
        *value = cursor->row[0];
        if (text != NULL)
            memcpy(text, value->as.s.data, value->as.s.size + 1);
    }
    driver->finish(cursor);
    return status;
}

static int64_t integer(wefti_dbc *dbc, const char *sql)
{
    weft_value value = {0};
    weft_error error = {0};
    if (cell(dbc, sql, WEFT_INT64, &value, NULL, &error) != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
    return value.as.i;
}

static void bad_urls_are_refused_with_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        const char *url, *part;
    } cases[] = {
        {"sqlite://host/file.db", "names no host"},
        {"sqlite:file.db", "names no host"},
        {"sqlite:///a.db?colour=red", "\"colour\""},
        {"sqlite:///a.db?mode=x", "ro, rw, rwc"},
        {"sqlite:///a.db?busy_timeout=-1", "number"},
        {"sqlite:///a.db?synchronous=maybe", "normal"},
        {"sqlite:///a%0.db", "%-escape"},
        {"sqlite:///a%00.db", "%-escape"},
        {"sqlite:///a.db?foreign_keys=perhaps", "on or off"},
        {"sqlite:///a.db?cache_size=99999999999", "number"},
        {"sqlite://?mode=ro", "read-only"},
        {"sqlite:///a.db?journal_mode=", "wal, delete"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wefti_target target;
        weft_error error = {0};
        assert_int_equal(driver->target_new(cases[i].url, NULL, &target, &error), WEFT_ERROR_URL);
        if (strstr(error.message, cases[i].part) == NULL)
            fail_msg("%s gave \"%s\"", cases[i].url, error.message);
        assert_null(target.config);
    }
}

static void a_missing_folder_and_a_missing_file_are_named(void **state)
{
    (void)state;
    weft_error error;
    wefti_dbc *dbc = NULL;
    wefti_target target = target_of("", "/nonexistent-folder/t.db");
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_ERROR_IO);
    assert_null(dbc);
    assert_non_null(strstr(error.message, "/nonexistent-folder/t.db"));
    assert_true(error.hint[0] != '\0');
    driver->target_free(&target);
    target = new_file("?mode=rw");
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_ERROR_IO);
    driver->target_free(&target);
}

static void settings_of_a_connection_are_those_promised(void **state)
{
    (void)state;
    wefti_target target = new_file("?cache_size=-4000&mmap_size=0");
    wefti_dbc *dbc = connect_to(&target);
    char text[64];
    weft_value value;
    assert_int_equal(cell(dbc, "PRAGMA journal_mode", WEFT_TEXT, &value, text, NULL), WEFT_OK);
    assert_string_equal(text, "wal");
    assert_int_equal(integer(dbc, "PRAGMA foreign_keys"), 1);
    assert_int_equal(integer(dbc, "PRAGMA synchronous"), 1);
    assert_int_equal(integer(dbc, "PRAGMA trusted_schema"), 0);
    assert_int_equal(integer(dbc, "PRAGMA cache_size"), -4000);
    assert_int_equal(run(dbc, "PRAGMA writable_schema=1; DELETE FROM sqlite_schema", NULL), WEFT_ERROR_SQL);
    driver->close(dbc);
    driver->target_free(&target);
    target = new_file("?journal_mode=delete&synchronous=full&foreign_keys=off");
    dbc = connect_to(&target);
    assert_int_equal(integer(dbc, "PRAGMA foreign_keys"), 0);
    assert_int_equal(integer(dbc, "PRAGMA synchronous"), 2);
    driver->close(dbc);
    driver->target_free(&target);
}

static void memory_is_one_database_for_all_connections_of_a_target(void **state)
{
    (void)state;
    wefti_target first, second;
    weft_error error;
    assert_int_equal(driver->target_new("sqlite://", NULL, &first, &error), WEFT_OK);
    assert_int_equal(driver->target_new("sqlite:///:memory:", NULL, &second, &error), WEFT_OK);
    wefti_dbc *a = connect_to(&first), *b = connect_to(&first), *other = connect_to(&second);
    must(a, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (41); UPDATE t SET n = n + 1");
    assert_int_equal(integer(b, "SELECT n FROM t"), 42);
    assert_int_equal(run(other, "SELECT n FROM t", &error), WEFT_ERROR_NO_TABLE);
    assert_string_equal(error.table, "t");
    driver->close(a);
    driver->close(b);
    a = connect_to(&first); /* the anchor kept it */
    assert_int_equal(integer(a, "SELECT n FROM t"), 42);
    driver->close(a);
    driver->close(other);
    driver->target_free(&first);
    driver->target_free(&second);
}

static void read_only_connections_do_not_write(void **state)
{
    (void)state;
    char path[512];
    weft_error error;
    test_path_new(path, sizeof path, "t.db");
    wefti_target target = target_of("", path), reading = target_of("?mode=ro", path);
    wefti_dbc *writer = connect_to(&target);
    must(writer, "CREATE TABLE t (n INTEGER)");
    wefti_dbc *reader = connect_to(&reading);
    assert_int_equal(integer(reader, "SELECT count(*) FROM t"), 0);
    assert_int_equal(run(reader, "INSERT INTO t VALUES (1)", &error), WEFT_ERROR_READ_ONLY);
    assert_int_equal(driver->begin(writer, &(wefti_begin){.read_only = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(run(writer, "INSERT INTO t VALUES (1)", &error), WEFT_ERROR_READ_ONLY);
    assert_int_equal(driver->commit(writer, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(writer, "INSERT INTO t VALUES (1)");
    driver->close(reader);
    driver->close(writer);
    driver->target_free(&target);
    driver->target_free(&reading);
}

static void a_removed_file_is_noticed_by_ping(void **state)
{
    (void)state;
    char path[512];
    weft_error error;
    test_path_new(path, sizeof path, "t.db");
    wefti_target target = target_of("", path);
    wefti_dbc *dbc = connect_to(&target);
    must(dbc, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(driver->ping(dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(driver->ping(dbc, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(driver->state(dbc), WEFTI_TX_BROKEN);
    driver->close(dbc);
    driver->target_free(&target);
}

typedef struct opener {
    const wefti_target *target;
    pthread_barrier_t *barrier;
    weft_status status;
    char message[200];
} opener;

static void *open_and_write(void *context)
{
    opener *o = context;
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    pthread_barrier_wait(o->barrier);
    o->status = driver->open(o->target, WEFTI_NO_DEADLINE, &dbc, &error);
    if (o->status == WEFT_OK)
        o->status = run(dbc, "CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (1)", &error);
    (void)snprintf(o->message, sizeof o->message, "%.190s", error.message);
    driver->close(dbc);
    return NULL;
}

static void many_threads_open_a_new_file_at_once(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    char path[512];
    test_path_new(path, sizeof path, "t.db");
    /* Two targets, as two engines of a process would have: their openings are not serialised by weft. */
    wefti_target targets[2] = {target_of("", path), target_of("", path)};
    pthread_barrier_t barrier;
    pthread_t threads[COUNT];
    opener openers[COUNT];
    pthread_barrier_init(&barrier, NULL, COUNT);
    for (int i = 0; i < COUNT; i++) {
        openers[i] = (opener){.target = &targets[i % 2], .barrier = &barrier};
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_write, &openers[i]), 0);
    }
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < COUNT; i++)
        if (openers[i].status != WEFT_OK)
            fail_msg("%s", openers[i].message);
    wefti_dbc *dbc = connect_to(&targets[0]);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t"), COUNT);
    driver->close(dbc);
    pthread_barrier_destroy(&barrier);
    driver->target_free(&targets[0]);
    driver->target_free(&targets[1]);
}

static void a_second_writer_waits_for_its_timeout_or_deadline(void **state)
{
    (void)state;
    char path[512];
    weft_error error;
    test_path_new(path, sizeof path, "t.db");
    wefti_target patient = target_of("?busy_timeout=100000", path), hasty = target_of("?busy_timeout=20", path);
    wefti_dbc *holder = connect_to(&patient), *a = connect_to(&patient), *b = connect_to(&hasty);
    must(holder, "CREATE TABLE t (n INTEGER)");
    wefti_begin write = {.for_write = true};
    assert_int_equal(driver->begin(holder, &write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    int64_t start = wefti_now_ns();
    assert_int_equal(driver->begin(b, &write, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_BUSY);
    assert_true(wefti_now_ns() - start >= 20 * WEFTI_NS_PER_MS);
    assert_true(error.nothing_sent && error.hint[0] != '\0');
    start = wefti_now_ns();
    assert_int_equal(driver->begin(a, &write, wefti_deadline_after_ms(30), &error), WEFT_ERROR_TIMEOUT);
    assert_true(wefti_now_ns() - start >= 30 * WEFTI_NS_PER_MS);
    assert_true(wefti_now_ns() - start < 5000 * (int64_t)WEFTI_NS_PER_MS);
    assert_int_equal(driver->state(a), WEFTI_TX_IDLE);
    assert_int_equal(driver->commit(holder, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(driver->begin(b, &write, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(driver->state(b), WEFTI_TX_OPEN);
    driver->close(holder);
    driver->close(a);
    driver->close(b);
    driver->target_free(&patient);
    driver->target_free(&hasty);
}

typedef struct writer {
    const wefti_target *target;
    wefti_deadline deadline;
    int transactions;
    weft_status status;
    char message[200];
} writer;

/* Reads and writes in transactions; a step of an odd number writes outside of one. */
static void *count_up(void *context)
{
    static const wefti_statement update = {
        .id = 1,
        .sql = "UPDATE t SET n = n + 1 RETURNING n",
        .sql_size = 34,
        .returns_rows = true,
        .writes = true,
    };
    writer *w = context;
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    w->status = driver->open(w->target, WEFTI_NO_DEADLINE, &dbc, &error);
    for (int i = 0; i < w->transactions && w->status == WEFT_OK; i++) {
        bool alone = i % 2 == 1;
        if (!alone)
            w->status = driver->begin(dbc, &(wefti_begin){.for_write = true}, w->deadline, &error);
        if (w->status == WEFT_OK) {
            wefti_cursor *cursor;
            bool has_row = true;
            w->status = driver->execute(dbc, &update, NULL, 0, false, w->deadline, &cursor, &error);
            while (w->status == WEFT_OK && has_row)
                w->status = driver->step(cursor, &has_row, &error);
            driver->finish(cursor);
        }
        if (!alone && w->status == WEFT_OK)
            w->status = driver->commit(dbc, WEFTI_NO_DEADLINE, &error);
    }
    (void)snprintf(w->message, sizeof w->message, "%.190s", error.message);
    driver->close(dbc);
    return NULL;
}

static void writers_of_a_process_take_turns(void **state)
{
    (void)state;
    enum { COUNT = 8, EACH = 60 };
    wefti_target target = new_file("?busy_timeout=100000");
    wefti_dbc *dbc = connect_to(&target);
    writer writers[COUNT];
    pthread_t threads[COUNT];
    must(dbc, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
    for (int i = 0; i < COUNT; i++) {
        writers[i] = (writer){.target = &target, .deadline = WEFTI_NO_DEADLINE, .transactions = EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &writers[i]), 0);
    }
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < COUNT; i++)
        if (writers[i].status != WEFT_OK)
            fail_msg("%s", writers[i].message);
    assert_int_equal(integer(dbc, "SELECT n FROM t"), COUNT * EACH);
    driver->close(dbc);
    driver->target_free(&target);
}

static void text_sql_that_ends_a_transaction_gives_the_turn_back(void **state)
{
    (void)state;
    wefti_target target = new_file("?busy_timeout=100");
    wefti_dbc *a = connect_to(&target), *b = connect_to(&target);
    weft_error error;
    wefti_statement rollback = {.sql = "ROLLBACK", .sql_size = 8};
    for (int i = 0; i < 2; i++) {
        wefti_cursor *cursor = NULL;
        assert_int_equal(driver->begin(a, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
        if (i == 0)
            must(a, "COMMIT");
        else
            assert_int_equal(driver->execute(a, &rollback, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
        driver->finish(cursor);
        assert_int_equal(driver->state(a), WEFTI_TX_IDLE);
        assert_int_equal(driver->begin(b, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
        assert_int_equal(driver->begin(a, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_BUSY);
        assert_int_equal(driver->rollback(b, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    }
    driver->close(a);
    driver->close(b);
    driver->target_free(&target);
}

static void waiting_writers_give_up_at_their_deadline_and_the_others_go_on(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    wefti_target target = new_file("?busy_timeout=100000");
    wefti_dbc *holder = connect_to(&target);
    weft_error error;
    writer writers[COUNT];
    pthread_t threads[COUNT];
    must(holder, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
    assert_int_equal(driver->begin(holder, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    for (int i = 0; i < COUNT; i++) {
        wefti_deadline deadline = i % 2 == 0 ? wefti_deadline_after_ms(40) : WEFTI_NO_DEADLINE;
        writers[i] = (writer){.target = &target, .deadline = deadline, .transactions = 1};
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &writers[i]), 0);
    }
    for (int i = 0; i < COUNT; i += 2) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].status, WEFT_ERROR_TIMEOUT);
    }
    driver->close(holder); /* in its transaction: the turn is free again */
    for (int i = 1; i < COUNT; i += 2) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].status, WEFT_OK);
    }
    holder = connect_to(&target);
    assert_int_equal(integer(holder, "SELECT n FROM t"), COUNT / 2);
    driver->close(holder);
    driver->target_free(&target);
}

static void writing_on_an_old_snapshot_must_run_again(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *a = connect_to(&target), *b = connect_to(&target);
    weft_error error;
    must(a, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(driver->begin(a, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(a, "SELECT count(*) FROM t"), 0);
    must(b, "INSERT INTO t VALUES (1)");
    assert_int_equal(integer(a, "SELECT count(*) FROM t"), 0);
    assert_int_equal(run(a, "INSERT INTO t VALUES (2)", &error), WEFT_ERROR_SERIALIZATION);
    assert_int_equal(driver->rollback(a, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(a, "INSERT INTO t VALUES (2)");
    driver->close(a);
    driver->close(b);
    driver->target_free(&target);
}

static void a_full_database_ends_the_transaction(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_error error;
    must(dbc, "CREATE TABLE t (n BLOB); PRAGMA max_page_count=20");
    assert_int_equal(driver->begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(dbc, "INSERT INTO t VALUES (zeroblob(100))");
    assert_int_equal(run(dbc, "INSERT INTO t VALUES (zeroblob(1000000))", &error), WEFT_ERROR_RESOURCE);
    if (driver->state(dbc) == WEFTI_TX_FAILED) { /* SQLite rolled back by itself */
        assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
        weft_value value;
        assert_int_equal(cell(dbc, "SELECT 1", WEFT_INT64, &value, NULL, &error), WEFT_ERROR_ROLLED_BACK);
        assert_int_equal(driver->commit(dbc, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_ROLLED_BACK);
        assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    } else {
        assert_int_equal(driver->rollback(dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    }
    assert_int_equal(driver->state(dbc), WEFTI_TX_IDLE);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t"), 0);
    driver->close(dbc);
    driver->target_free(&target);
}

static void a_rollback_by_the_database_fails_the_transaction(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_error error;
    weft_value value;
    must(dbc, "CREATE TABLE t (n INTEGER UNIQUE ON CONFLICT ROLLBACK)");
    assert_int_equal(driver->begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(dbc, "INSERT INTO t VALUES (1)");
    assert_int_equal(run(dbc, "INSERT INTO t VALUES (1)", &error), WEFT_ERROR_UNIQUE);
    assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_int_equal(driver->state(dbc), WEFTI_TX_FAILED);
    assert_int_equal(cell(dbc, "SELECT 1", WEFT_INT64, &value, NULL, &error), WEFT_ERROR_ROLLED_BACK);
    assert_int_equal(driver->commit(dbc, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_ROLLED_BACK);
    assert_int_equal(driver->state(dbc), WEFTI_TX_IDLE);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t"), 0);
    driver->close(dbc);
    driver->target_free(&target);
}

static void cells_of_the_wrong_kind_name_column_and_kind(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    static const struct {
        const char *sql;
        weft_type type;
        const char *part;
    } cases[] = {
        {"SELECT 'abc' AS age", WEFT_INT32, "\"age\" holds text where it should hold a 32-bit integer"},
        {"SELECT x'00' AS age", WEFT_DOUBLE, "holds binary data where it should hold a number"},
        {"SELECT 70000 AS age", WEFT_INT16, "does not fit"},
        {"SELECT 1.5 AS age", WEFT_INT64, "holds a floating-point number"},
        {"SELECT 2 AS age", WEFT_BOOL, "does not fit"},
        {"SELECT -1 AS age", WEFT_UINT32, "does not fit"},
        {"SELECT 1 AS age", WEFT_TEXT, "holds an integer where it should hold text"},
        {"SELECT 'x' AS age", WEFT_BYTES, "holds text where it should hold binary data"},
        {"SELECT '2024-02-30' AS age", WEFT_DATE, "a date"},
        {"SELECT 'soon' AS age", WEFT_TIMESTAMP, "a timestamp"},
        {"SELECT '25:00' AS age", WEFT_TIME, "a time"},
        {"SELECT 'no' AS age", WEFT_UUID, "a UUID"},
        {"SELECT 'ten' AS age", WEFT_DECIMAL, "a decimal"},
        {"SELECT CAST(x'ff' AS TEXT) AS age", WEFT_TEXT, "not UTF-8"},
        {"SELECT CAST(x'610062' AS TEXT) AS age", WEFT_TEXT, "NUL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_value value;
        weft_error error = {0};
        assert_int_equal(cell(dbc, cases[i].sql, cases[i].type, &value, NULL, &error), WEFT_ERROR_DATA);
        assert_string_equal(error.column, "age");
        if (strstr(error.message, cases[i].part) == NULL)
            fail_msg("%s gave \"%s\"", cases[i].sql, error.message);
    }
    driver->close(dbc);
    driver->target_free(&target);
}

static void decimals_sort_by_value_in_their_collation(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_value value;
    char text[200];
    must(dbc, "CREATE TABLE t (n TEXT COLLATE WEFT_DECIMAL); CREATE UNIQUE INDEX i ON t (n);"
              "INSERT INTO t VALUES ('10'), ('9.5'), ('-3'), ('-20'), ('NaN'), ('1e2'), ('junk'), ('0.10')");
    assert_int_equal(cell(dbc, "SELECT group_concat(n, ' ') FROM (SELECT n FROM t ORDER BY n)", WEFT_TEXT, &value, text, NULL),
                     WEFT_OK);
    assert_string_equal(text, "-20 -3 0.10 9.5 10 1e2 NaN junk");
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t WHERE n = '100.0'"), 1);
    assert_int_equal(run(dbc, "INSERT INTO t VALUES ('0.1')", NULL), WEFT_ERROR_UNIQUE);
    driver->close(dbc);
    driver->target_free(&target);
}

static void numbered_parameters_go_where_their_number_says(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_value parameters[2] = {weft_value_text("first"), weft_value_text("second")};
    static const char *const texts[] = {"SELECT $2 || '-' || $1 || '-' || $2", "SELECT ?2 || '-' || ?1 || '-' || ?2"};
    for (int i = 0; i < 2; i++) {
        wefti_statement statement = {.sql = texts[i], .sql_size = strlen(texts[i]), .parameter_count = 2, .returns_rows = true};
        wefti_cursor *cursor;
        bool has_row;
        weft_error error;
        assert_int_equal(driver->execute(dbc, &statement, parameters, 2, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
        assert_int_equal(driver->step(cursor, &has_row, &error), WEFT_OK);
        assert_string_equal(cursor->row[0].as.s.data, "second-first-second");
        driver->finish(cursor);
        assert_int_equal(driver->execute(dbc, &statement, parameters, 1, false, WEFTI_NO_DEADLINE, &cursor, &error),
                         WEFT_ERROR_MISUSE);
        assert_null(cursor);
    }
    weft_error error;
    assert_int_equal(cell(dbc, "SELECT :name", WEFT_TEXT, parameters, NULL, &error), WEFT_ERROR_SQL);
    assert_int_equal(cell(dbc, "SELECT 1; SELECT 2", WEFT_INT64, parameters, NULL, &error), WEFT_ERROR_SQL);
    assert_int_equal(cell(dbc, "SELECT 1 ; -- a comment\n /* another */ ;", WEFT_INT64, parameters, NULL, &error), WEFT_OK);
    assert_int_equal(cell(dbc, " -- nothing", WEFT_INT64, parameters, NULL, &error), WEFT_ERROR_SQL);
    driver->close(dbc);
    driver->target_free(&target);
}

static void a_changed_table_is_noticed_by_prepared_statements(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *a = connect_to(&target), *b = connect_to(&target);
    weft_error error;
    must(a, "CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1)");
    wefti_statement star = {.id = 1, .sql = "SELECT * FROM t", .sql_size = 15, .returns_rows = true};
    wefti_statement named = {.id = 2, .sql = "SELECT x FROM t", .sql_size = 15, .returns_rows = true};
    for (int round = 0; round < 2; round++) {
        wefti_cursor *cursor;
        bool has_row = false;
        assert_int_equal(driver->execute(a, &star, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error),
                         round == 0 ? WEFT_OK : WEFT_ERROR_SQL);
        driver->finish(cursor);
        assert_int_equal(driver->execute(a, &named, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
        assert_int_equal(driver->step(cursor, &has_row, &error), WEFT_OK);
        assert_true(has_row && cursor->row[0].as.i == 1);
        driver->finish(cursor);
        must(b, round == 0 ? "ALTER TABLE t ADD COLUMN y INTEGER" : "SELECT 1");
    }
    driver->close(a);
    driver->close(b);
    driver->target_free(&target);
}

static void a_damaged_file_is_reported_and_the_connection_given_up(void **state)
{
    (void)state;
    char path[512];
    char noise[8192];
    weft_error error;
    wefti_dbc *dbc = NULL;
    test_path_new(path, sizeof path, "t.db");
    memset(noise, 'z', sizeof noise);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, noise, sizeof noise) == (ssize_t)sizeof noise);
    close(fd);
    wefti_target target = target_of("", path);
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_ERROR_CORRUPT);
    assert_null(dbc);
    driver->target_free(&target);
}

static void a_forked_child_does_not_touch_the_parents_connection(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_error error;
    must(dbc, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(driver->begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(dbc, "INSERT INTO t VALUES (1)");
    pid_t child = fork();
    if (child == 0) {
        weft_status status = run(dbc, "SELECT 1", &error);
        bool broken = driver->state(dbc) == WEFTI_TX_BROKEN && !driver->alive(dbc, &error);
        driver->close(dbc);
        _exit(status == WEFT_ERROR_FORKED && broken ? 0 : 1);
    }
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    assert_int_equal(driver->commit(dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t"), 1);
    driver->close(dbc);
    driver->target_free(&target);
}

/* What a fresh target of a child says to opening this path, and to a write where it opens. */
static weft_status open_and_insert(const char *path)
{
    wefti_target target = target_of("", path);
    wefti_dbc *dbc = NULL;
    weft_error error = {0};
    weft_status status = driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error);
    if (status == WEFT_OK)
        status = run(dbc, "CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (2)", &error);
    if (status == WEFT_ERROR_FORKED && (strstr(error.message, path) == NULL || error.hint[0] == '\0'))
        status = WEFT_ERROR_INTERNAL;
    driver->close(dbc);
    driver->target_free(&target);
    return status;
}

static weft_status in_a_child(weft_status (*call)(const char *path), const char *path)
{
    pid_t child = fork();
    if (child == 0)
        _exit((int)call(path));
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    return (weft_status)WEXITSTATUS(result);
}

static weft_status grandchild_opens(const char *path) { return in_a_child(open_and_insert, path); }

static weft_status child_opens_before_its_child(const char *path)
{
    wefti_target target = target_of("", path);
    wefti_dbc *dbc = connect_to(&target);
    weft_status status = in_a_child(open_and_insert, path);
    driver->close(dbc);
    driver->target_free(&target);
    return status == WEFT_OK ? in_a_child(open_and_insert, path) : status;
}

static void a_forked_child_is_refused_the_files_its_ancestors_have_open(void **state)
{
    char path[512], other[512], alias[512];
    (void)state;
    test_path_new(path, sizeof path, "t.db");
    test_path_new(other, sizeof other, "other.db");
    test_path_new(alias, sizeof alias, "alias.db");
    assert_int_equal(symlink(path, alias), 0);
    wefti_target target = target_of("", path), memory = target_of("", ":memory:");
    wefti_dbc *dbc = connect_to(&target), *second = connect_to(&target), *in_memory = connect_to(&memory);
    weft_error error;
    must(dbc, "CREATE TABLE t (n INTEGER)");
    assert_int_equal(driver->begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    must(dbc, "INSERT INTO t VALUES (1)");
    assert_int_equal(in_a_child(open_and_insert, path), WEFT_ERROR_FORKED);
    assert_int_equal(in_a_child(open_and_insert, alias), WEFT_ERROR_FORKED);
    assert_int_equal(in_a_child(grandchild_opens, path), WEFT_ERROR_FORKED);
    assert_int_equal(in_a_child(open_and_insert, other), WEFT_OK);
    assert_int_equal(in_a_child(open_and_insert, ":memory:"), WEFT_OK);
    assert_int_equal(in_a_child(child_opens_before_its_child, other), WEFT_ERROR_FORKED);
    assert_int_equal(driver->commit(dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    driver->close(dbc);
    assert_int_equal(in_a_child(open_and_insert, path), WEFT_ERROR_FORKED); /* the second connection is open still */
    driver->close(second);
    assert_int_equal(in_a_child(open_and_insert, path), WEFT_OK);
    dbc = connect_to(&target);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t"), 2);
    driver->close(dbc);
    driver->close(in_memory);
    driver->target_free(&memory);
    driver->target_free(&target);
}

static void hundreds_of_open_files_are_noted_and_a_replaced_file_is_another(void **state)
{
    enum { FILES = 150 };
    static wefti_target targets[FILES];
    static wefti_dbc *open[FILES];
    static char paths[FILES][512];
    (void)state;
    for (int i = 0; i < FILES; i++) {
        test_path_new(paths[i], sizeof paths[i], "t.db");
        targets[i] = target_of("", paths[i]);
        open[i] = connect_to(&targets[i]);
    }
    assert_int_equal(in_a_child(open_and_insert, paths[0]), WEFT_ERROR_FORKED);
    assert_int_equal(in_a_child(open_and_insert, paths[FILES - 1]), WEFT_ERROR_FORKED);
    assert_int_equal(unlink(paths[FILES - 1]), 0);
    assert_int_equal(in_a_child(open_and_insert, paths[FILES - 1]), WEFT_OK);
    for (int i = 0; i < FILES; i++) {
        driver->close(open[i]);
        driver->target_free(&targets[i]);
    }
    assert_int_equal(in_a_child(open_and_insert, paths[0]), WEFT_OK);
}

static void text_sql_leftovers_are_cleared_or_refused_at_reset(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_error error;
    must(dbc, "PRAGMA foreign_keys=off; PRAGMA synchronous=off; BEGIN; CREATE TABLE t (n INTEGER)");
    dbc->dirty = true;
    assert_int_equal(driver->reset(dbc, WEFTI_NO_DEADLINE, &error), WEFT_OK);
    assert_int_equal(integer(dbc, "PRAGMA foreign_keys"), 1);
    assert_int_equal(integer(dbc, "PRAGMA synchronous"), 1);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM sqlite_schema"), 0);
    assert_false(dbc->dirty);
    must(dbc, "CREATE TEMP TABLE left_behind (n INTEGER)");
    dbc->dirty = true;
    assert_int_equal(driver->reset(dbc, WEFTI_NO_DEADLINE, &error), WEFT_ERROR_MISUSE);
    driver->close(dbc);
    driver->target_free(&target);
}

static weft_status note_key(void *context, size_t index, const weft_value *row, uint16_t column_count, weft_error *error)
{
    (void)error;
    assert_int_equal(column_count, 1);
    ((int64_t *)context)[index] = row[0].as.i;
    return WEFT_OK;
}

static void a_batch_of_inserts_tells_each_generated_key(void **state)
{
    (void)state;
    wefti_target target = new_file("");
    wefti_dbc *dbc = connect_to(&target);
    weft_error error = {0};
    int64_t values[5] = {10, 20, 30, 40, 50}, keys[5] = {0};
    uint32_t each[5];
    uint64_t changed;
    size_t failed = 99;
    must(dbc, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER UNIQUE)");
    wefti_statement insert = {.id = 9,
                              .sql = "INSERT INTO t (n) VALUES (?1)",
                              .sql_size = 29,
                              .parameter_count = 1,
                              .writes = true,
                              .told_table = "t",
                              .told_column = "id"};
    wefti_array column = {.type = WEFT_INT64, .count = 5, .base = values, .stride = sizeof *values};
    assert_int_equal(driver->execute_many(dbc, &insert, &column, 5, note_key, keys, WEFTI_NO_DEADLINE, &changed, each, &failed,
                                          &error),
                     WEFT_OK);
    for (int i = 0; i < 5; i++)
        assert_true(keys[i] == i + 1 && each[i] == 1);
    assert_int_equal(changed, 5);
    values[0] = 60;
    values[1] = 30;
    assert_int_equal(driver->execute_many(dbc, &insert, &column, 5, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, &failed, &error),
                     WEFT_ERROR_UNIQUE);
    assert_int_equal(failed, 1);
    assert_int_equal(changed, 0);
    assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_int_equal(integer(dbc, "SELECT count(*) FROM t"), 5);
    driver->close(dbc);
    driver->target_free(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_urls_are_refused_with_what_is_allowed),
        cmocka_unit_test(a_missing_folder_and_a_missing_file_are_named),
        cmocka_unit_test(settings_of_a_connection_are_those_promised),
        cmocka_unit_test(memory_is_one_database_for_all_connections_of_a_target),
        cmocka_unit_test(read_only_connections_do_not_write),
        cmocka_unit_test(a_removed_file_is_noticed_by_ping),
        cmocka_unit_test(many_threads_open_a_new_file_at_once),
        cmocka_unit_test(a_second_writer_waits_for_its_timeout_or_deadline),
        cmocka_unit_test(writers_of_a_process_take_turns),
        cmocka_unit_test(text_sql_that_ends_a_transaction_gives_the_turn_back),
        cmocka_unit_test(waiting_writers_give_up_at_their_deadline_and_the_others_go_on),
        cmocka_unit_test(writing_on_an_old_snapshot_must_run_again),
        cmocka_unit_test(a_full_database_ends_the_transaction),
        cmocka_unit_test(a_rollback_by_the_database_fails_the_transaction),
        cmocka_unit_test(cells_of_the_wrong_kind_name_column_and_kind),
        cmocka_unit_test(decimals_sort_by_value_in_their_collation),
        cmocka_unit_test(numbered_parameters_go_where_their_number_says),
        cmocka_unit_test(a_changed_table_is_noticed_by_prepared_statements),
        cmocka_unit_test(a_damaged_file_is_reported_and_the_connection_given_up),
        cmocka_unit_test(a_forked_child_does_not_touch_the_parents_connection),
        cmocka_unit_test(a_forked_child_is_refused_the_files_its_ancestors_have_open),
        cmocka_unit_test(hundreds_of_open_files_are_noted_and_a_replaced_file_is_another),
        cmocka_unit_test(text_sql_leftovers_are_cleared_or_refused_at_reset),
        cmocka_unit_test(a_batch_of_inserts_tells_each_generated_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
