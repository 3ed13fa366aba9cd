/* Test support: databases of one's own, a recorder of statements, and a raw way to look at rows that does not go through weft.
 * What cannot be set up ends the program with a message: a test that finds no PostgreSQL has failed, it was not skipped. */
#ifndef WEFT_TESTS_SUPPORT_H
#define WEFT_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/log.h>

/* ---- random tests ---- */

/* The number in an environment variable, or otherwise. */
uint64_t test_number(const char *name, uint64_t otherwise);
/* Where random runs begin: WEFT_TEST_SEED. */
uint64_t test_seed(uint64_t otherwise);
/* How many there are: WEFT_TEST_RUNS; one where only a seed is given. */
uint64_t test_runs(uint64_t otherwise);

/* ---- databases ---- */

/* The URL of a database of this program's own, made at the first call on the server that the environment variable WEFT_TEST_PG
 * names, and dropped when the program ends. Ends the program where the variable is not set. */
const char *test_pg_url(void);

/* The program has a server of its own: from now on its database at this URL is what test_pg_url() says, as it stands. */
void test_pg_use(const char *url);

/* The next statement that a test runs beside weft is that of a new session: the server's settings have reached it by its login. */
void test_pg_log_out(void);

/* By drivers that are registered at run time: TEST_MEMORY and TEST_LEAST (support/memory_driver.h), of which the second leaves
 * to weft what may be left to it, and TEST_WIRE (support/wire_driver.h), which is PostgreSQL. */
typedef enum test_backend { TEST_SQLITE, TEST_POSTGRES, TEST_MEMORY, TEST_LEAST, TEST_WIRE } test_backend;

/* A fresh, empty place for tables: a SQLite file in a temporary folder, a schema of the test server that the URL selects, or a
 * database in memory. */
typedef struct test_database {
    test_backend backend;
    char url[768];
    char place[256]; /* the SQLite file, its URI, or the schema's name */
    void *anchor;    /* keeps a database in memory */
} test_database;

void test_database_open(test_database *database, test_backend backend);
void test_database_drop(test_database *database);

/* Run SQL on the database beside weft, on a connection of the test's own. A failure ends the program. */
void test_database_exec(const test_database *database, const char *sql);

/* PostgreSQL: ends every other session of the database, as a server that dies does. */
void test_database_kill_others(const test_database *database);

/* The rows of a query as text: columns joined by '|', rows by '\n', NULL as "NULL". The caller frees it. */
char *test_database_rows(const test_database *database, const char *sql);

/* The first column of the first row as an integer. */
int64_t test_database_integer(const test_database *database, const char *sql);

/* A path in a temporary folder where nothing exists yet; the folder goes away when the program ends. */
void test_path_new(char *path, size_t size, const char *name);

/* Records the statements that pass a log callback, in order; any number of threads may log. */
typedef struct test_recorder test_recorder;

test_recorder *test_recorder_new(void);
void test_recorder_free(test_recorder *recorder);
void test_recorder_clear(test_recorder *recorder);
void test_recorder_log(void *recorder, const weft_log_record *record); /* a weft_log_callback */

/* Records BEGIN, COMMIT, ROLLBACK and savepoints too; off at first. */
void test_recorder_with_transactions(test_recorder *recorder, bool wanted);

size_t test_recorder_count(test_recorder *recorder);
const char *test_recorder_text(test_recorder *recorder, size_t index); /* until the next clear */
size_t test_recorder_count_containing(test_recorder *recorder, const char *part);

/* Log events of a topic that contain a text, statements apart (reports about N+1, pool and misuse). */
size_t test_recorder_messages(test_recorder *recorder, weft_log_topic topic, const char *part);

/* True where exactly these statements were recorded, in this order; else prints both lists side by side. In an expected text, "…"
 * stands for any run of characters. */
bool test_recorder_matches(test_recorder *recorder, const char *const *expected, size_t count, const char *file, int line);

/* assert_true(TEST_STATEMENTS(recorder, "SELECT …", "INSERT …")); */
#define TEST_STATEMENTS(recorder, ...) \
    test_recorder_matches((recorder), (const char *const[]){__VA_ARGS__}, \
                          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), __FILE__, __LINE__)

/* True where nothing was recorded. */
#define TEST_NO_STATEMENTS(recorder) test_recorder_matches((recorder), NULL, 0, __FILE__, __LINE__)

#endif
