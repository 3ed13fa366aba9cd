/* SQLite at sizes: what statements and savepoints undo, up to five megabytes (twenty with WEFT_TEST_LONG), for every size of page,
 * journal mode and setting of a URL that moves where SQLite keeps what it must restore; rows larger than any buffer. What comes
 * back is compared. */
#include "base/error.h"
#include "driver/driver.h"
#include "support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KIB = 1024, MIB = 1024 * 1024, ROW_BYTES = 1024 };

typedef struct place {
    wefti_target target;
    wefti_dbc *dbc;
    char what[200]; /* for messages */
} place;

static void must(const place *p, const char *sql)
{
    weft_error error = {0};
    if (wefti_sqlite_driver.execute_script(p->dbc, sql, WEFTI_NO_DEADLINE, &error) != WEFT_OK)
        fail_msg("%s: %s: %s", p->what, sql, error.message);
}

static weft_status run(const place *p, const char *sql)
{
    return wefti_sqlite_driver.execute_script(p->dbc, sql, WEFTI_NO_DEADLINE, NULL);
}

/* The text of the first cell, within 200 bytes. */
static void text_of(const place *p, const char *sql, char text[200])
{
    uint16_t types[1] = {WEFT_TEXT};
    wefti_statement statement = {
        .sql = sql, .sql_size = strlen(sql), .column_count = 1, .column_types = types, .returns_rows = true};
    weft_error error = {0};
    wefti_cursor *cursor = NULL;
    bool has_row = false;
    if (wefti_sqlite_driver.execute(p->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error) != WEFT_OK ||
        wefti_sqlite_driver.step(cursor, &has_row, &error) != WEFT_OK || !has_row)
        fail_msg("%s: %s: %s", p->what, sql, error.message);
    assert_true(cursor->row[0].as.s.size < 200);
    memcpy(text, cursor->row[0].as.s.data, cursor->row[0].as.s.size);
    text[cursor->row[0].as.s.size] = '\0';
    wefti_sqlite_driver.finish(cursor);
}

static void open_place(place *p, const char *url, const char *what)
{
    weft_error error = {0};
    (void)snprintf(p->what, sizeof p->what, "%s", what);
    if (wefti_sqlite_driver.target_new(url, NULL, &p->target, &error) != WEFT_OK ||
        wefti_sqlite_driver.open(&p->target, WEFTI_NO_DEADLINE, &p->dbc, &error) != WEFT_OK)
        fail_msg("%s: %s", what, error.message);
}

/* A file whose pages have this size. */
static void open_file(place *p, unsigned page_bytes, const char *options)
{
    test_database database;
    char sql[200], url[1000], what[200];
    test_database_open(&database, TEST_SQLITE);
    (void)snprintf(sql, sizeof sql, "PRAGMA page_size=%u; VACUUM", page_bytes);
    test_database_exec(&database, sql);
    (void)snprintf(url, sizeof url, "%s?synchronous=off&%s", database.url, options);
    (void)snprintf(what, sizeof what, "pages of %u bytes, %s", page_bytes, options);
    open_place(p, url, what);
    text_of(p, "SELECT page_size || '' FROM pragma_page_size", sql);
    assert_int_equal(strtoul(sql, NULL, 10), page_bytes);
}

static void close_place(place *p)
{
    char text[200];
    text_of(p, "SELECT integrity_check FROM pragma_integrity_check", text);
    if (strcmp(text, "ok") != 0)
        fail_msg("%s: %s", p->what, text);
    wefti_sqlite_driver.close(p->dbc);
    wefti_sqlite_driver.target_free(&p->target);
}

static void fill(const place *p, unsigned bytes)
{
    char sql[400];
    (void)snprintf(sql, sizeof sql,
                   "DROP TABLE IF EXISTS t;"
                   "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n < 1000000), pad BLOB);"
                   "WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < %u) INSERT INTO t SELECT i, i, "
                   "randomblob(%d) FROM i",
                   bytes / ROW_BYTES, ROW_BYTES - 20);
    must(p, sql);
}

#define SUM "SELECT count(*) || ' ' || sum(n) || ' ' || sum(unicode(hex(pad)) + id * length(pad)) FROM t"

/* Every row is changed and changed back: by a statement that fails at its last row, by a savepoint, by the transaction; and at last
 * changed to stay. */
static void undo_all(const place *p, unsigned bytes)
{
    char before[200], after[200];
    fill(p, bytes);
    text_of(p, SUM, before);
    must(p, "BEGIN");
    must(p, "UPDATE t SET n = n + 1");
    if (run(p, "UPDATE t SET n = CASE WHEN id = (SELECT max(id) FROM t) THEN 1000000 ELSE n + 1 END, pad = zeroblob(1000)") !=
        WEFT_ERROR_CHECK)
        fail_msg("%s, %u bytes: a statement that breaks a check at its last row", p->what, bytes);
    must(p, "UPDATE t SET n = n - 1");
    text_of(p, SUM, after);
    assert_string_equal(before, after);
    must(p, "SAVEPOINT s; UPDATE t SET n = n + 1; SAVEPOINT inner; UPDATE t SET pad = zeroblob(1000); ROLLBACK TO inner");
    must(p, "DELETE FROM t WHERE id % 2 = 0; ROLLBACK TO s; RELEASE s");
    text_of(p, SUM, after);
    if (strcmp(before, after) != 0)
        fail_msg("%s, %u bytes: %s is not %s", p->what, bytes, after, before);
    must(p, "UPDATE t SET n = 1; COMMIT; BEGIN; SAVEPOINT s; UPDATE t SET n = 2; ROLLBACK");
    text_of(p, "SELECT min(n) || ' ' || max(n) FROM t", after);
    assert_string_equal(after, "1 1");
}

static const unsigned sizes[] = {MIB / 2, MIB - 4 * KIB, MIB, MIB + 64 * KIB, 2 * MIB, 5 * MIB};

static void what_is_undone_may_be_of_any_size(void **state)
{
    (void)state;
    place p;
    open_file(&p, 4096, "journal_mode=wal");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        undo_all(&p, sizes[i]);
    if (getenv("WEFT_TEST_LONG") != NULL)
        undo_all(&p, 20 * MIB);
    close_place(&p);
}

static void what_is_undone_in_memory_may_be_of_any_size(void **state)
{
    (void)state;
    place p;
    open_place(&p, "sqlite://", "memory");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        undo_all(&p, sizes[i]);
    if (getenv("WEFT_TEST_LONG") != NULL)
        undo_all(&p, 20 * MIB);
    close_place(&p);
}

static void pages_of_every_size_are_restored(void **state)
{
    (void)state;
    for (unsigned page_bytes = 512; page_bytes <= 65536; page_bytes *= 2) {
        place p;
        open_file(&p, page_bytes, "journal_mode=wal");
        undo_all(&p, MIB);
        undo_all(&p, 2 * MIB + 128 * KIB);
        close_place(&p);
    }
}

static void every_journal_mode_restores_pages(void **state)
{
    (void)state;
    static const char *const options[] = {"journal_mode=delete", "journal_mode=truncate", "journal_mode=persist",
                                          "journal_mode=memory"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        place p;
        open_file(&p, i % 2 == 0 ? 65536 : 1024, options[i]);
        undo_all(&p, MIB);
        undo_all(&p, 2 * MIB + 128 * KIB);
        close_place(&p);
    }
}

static void settings_of_memory_do_not_decide_what_can_be_undone(void **state)
{
    (void)state;
    static const char *const options[] = {"cache_size=10", "cache_size=-65536", "mmap_size=268435456",
                                          "cache_size=10&journal_mode=delete&mmap_size=1048576"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        place p;
        open_file(&p, 4096, options[i]);
        undo_all(&p, MIB + 64 * KIB);
        undo_all(&p, 2 * MIB + 128 * KIB);
        close_place(&p);
    }
}

static void rows_larger_than_every_buffer_come_and_go(void **state)
{
    (void)state;
    static const unsigned bytes[] = {128 * KIB - 1, 128 * KIB, 128 * KIB + 1, MIB, 16 * MIB + 1};
    for (size_t i = 0; i < 2; i++) {
        place p;
        char sql[300], text[200], wanted[200];
        open_file(&p, i == 0 ? 4096 : 65536, i == 0 ? "journal_mode=wal" : "journal_mode=delete");
        must(&p, "CREATE TABLE big (id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
        for (size_t j = 0; j < sizeof bytes / sizeof *bytes; j++) {
            (void)snprintf(sql, sizeof sql,
                           "INSERT INTO big VALUES (1, randomblob(%u)); SAVEPOINT s; UPDATE big SET data = zeroblob(%u);"
                           "ROLLBACK TO s; UPDATE big SET data = CAST(data || x'01' AS BLOB); RELEASE s",
                           bytes[j], bytes[j] + 5);
            must(&p, sql);
            (void)snprintf(wanted, sizeof wanted, "%u 1", bytes[j] + 1);
            text_of(&p, "SELECT length(data) || ' ' || (hex(substr(data, -1)) = '01' AND data <> zeroblob(length(data))) FROM big",
                    text);
            assert_string_equal(text, wanted);
            must(&p, "DELETE FROM big");
        }
        close_place(&p);
    }
}

/* Sorting that does not fit in memory goes to files of SQLite's own. */
static void sorts_larger_than_memory_are_right(void **state)
{
    (void)state;
    place p;
    char text[200];
    open_file(&p, 4096, "cache_size=10");
    fill(&p, 5 * MIB);
    text_of(&p, "SELECT count(*) || '' FROM (SELECT pad, lag(pad) OVER (ORDER BY pad) AS before FROM t) WHERE before > pad", text);
    assert_string_equal(text, "0");
    must(&p, "CREATE INDEX big_index ON t (pad, n)");
    close_place(&p);
}

/* What weft sets for the whole process must hold for the program's own use of SQLite, too. */
static void connections_beside_weft_can_undo_as_much(void **state)
{
    (void)state;
    place p;
    open_place(&p, "sqlite://", "memory"); /* SQLite is set up by now */
    test_database database;
    test_database_open(&database, TEST_SQLITE);
    test_database_exec(&database, "CREATE TABLE t (id INTEGER PRIMARY KEY, pad BLOB); WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL "
                                  "SELECT i + 1 FROM i WHERE i < 3000) INSERT INTO t SELECT i, randomblob(1000) FROM i;"
                                  "BEGIN; UPDATE t SET pad = randomblob(1000); SAVEPOINT s; UPDATE t SET pad = zeroblob(1000);"
                                  "ROLLBACK TO s; COMMIT");
    assert_int_equal(test_database_integer(&database, "SELECT count(*) FROM t WHERE pad = zeroblob(1000)"), 0);
    test_database_drop(&database);
    close_place(&p);
}

/* weft sets SQLite up before anything else uses it in this process: afterwards SQLite refuses to be told. */
static int set_up(void **state)
{
    (void)state;
    wefti_target target;
    if (wefti_sqlite_driver.target_new("sqlite://", NULL, &target, NULL) != WEFT_OK)
        return -1;
    wefti_sqlite_driver.target_free(&target);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_undone_may_be_of_any_size),
        cmocka_unit_test(what_is_undone_in_memory_may_be_of_any_size),
        cmocka_unit_test(pages_of_every_size_are_restored),
        cmocka_unit_test(every_journal_mode_restores_pages),
        cmocka_unit_test(settings_of_memory_do_not_decide_what_can_be_undone),
        cmocka_unit_test(rows_larger_than_every_buffer_come_and_go),
        cmocka_unit_test(sorts_larger_than_memory_are_right),
        cmocka_unit_test(connections_beside_weft_can_undo_as_much),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
