/* Every allocation of a driver fails in turn, once and for good: the call answers WEFT_ERROR_NO_MEMORY, leaks nothing, and the
 * connection works afterwards. */
#include "backend.h"

#include "base/memory.h"

#include <stdio.h>

#define MOST_ALLOCATIONS 2000

/* One run of a connection's life; WEFT_OK, or the first error. */
static weft_status live(backend *b, weft_error *error)
{
    wefti_target target;
    wefti_dbc *dbc = NULL;
    weft_status status =
        wefti_driver_target(b->driver, b->database.url, &(wefti_driver_options){.prepared_limit = 4}, &target, error);
    if (status != WEFT_OK)
        return status;
    status = b->driver->open(&target, WEFTI_NO_DEADLINE, &dbc, error);
    b->driver->close(dbc);
    b->driver->target_free(&target);
    return status;
}

static void opening_survives_every_failing_allocation(void **state)
{
    backend *b = *state;
    for (int forever = 0; forever < 2; forever++) {
        int64_t n = 0;
        for (;; n++) {
            weft_error error = {0};
            assert_true(n < MOST_ALLOCATIONS);
            wefti_memory_fail_after(n, forever);
            weft_status status = live(b, &error);
            bool failed = wefti_memory_fail_after(-1, false);
            if (status != WEFT_OK)
                assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
            if (!failed)
                break;
        }
        assert_true(n > 2);
    }
}

static weft_status skip_row(void *context, size_t index, const weft_value *row, uint16_t column_count, weft_error *error)
{
    (void)context;
    (void)index;
    (void)row;
    (void)column_count;
    (void)error;
    return WEFT_OK;
}

/* Statements of every kind; ids are new in each round, so that they are prepared each time. */
static weft_status work(backend *b, uint64_t id, weft_error *error)
{
    static const char *texts[] = {"one", "two", "three"};
    wefti_array array = {.type = WEFT_TEXT, .count = 3, .base = texts, .stride = sizeof *texts};
    weft_value row[] = {weft_value_text("a text that is copied"), weft_value_decimal((weft_decimal){"12.5"}),
                        weft_value_timestamp((weft_timestamp){5})};
    weft_value list = wefti_array_value(&array);
    static const uint16_t list_type[] = {WEFT_TEXT + WEFTI_ARRAY};
    wefti_statement *insert = statement_of(id, "INSERT INTO t VALUES ($1, $2, $3) RETURNING s", 3, true);
    wefti_statement *any = statement_of(id + 1,
                                        b->server ? "SELECT s FROM t WHERE s = ANY($1)"
                                                  : "SELECT s FROM t WHERE s IN (SELECT value FROM json_each($1))",
                                        1, true);
    wefti_statement *many = statement_of(id + 2, "INSERT INTO t (s) VALUES ($1)", 1, false);
    const struct {
        const wefti_statement *statement;
        const weft_value *parameters;
        size_t count;
    } runs[] = {{insert, row, 3}, {any, &list, 1}};
    any->parameter_types = list_type;
    insert->writes = many->writes = true;
    weft_status status = b->driver->begin(b->dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, error);
    for (size_t i = 0; i < 2 && status == WEFT_OK; i++) {
        wefti_cursor *cursor;
        bool has_row = true;
        status = b->driver->execute(b->dbc, runs[i].statement, runs[i].parameters, runs[i].count, false, WEFTI_NO_DEADLINE, &cursor,
                                    error);
        while (status == WEFT_OK && has_row)
            status = b->driver->step(cursor, &has_row, error);
        b->driver->finish(cursor);
    }
    if (status == WEFT_OK)
        status = b->driver->execute_many(b->dbc, many, &array, 3, skip_row, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL, error);
    return status;
}

static void statements_survive_every_failing_allocation(void **state)
{
    backend *b = *state;
    uint64_t id = 5000;
    char sql[200];
    (void)snprintf(sql, sizeof sql, "CREATE TABLE t (s TEXT, d %s, at %s)", b->decimal_type, b->timestamp_type);
    must(b, sql);
    for (int forever = 0; forever < 2; forever++) {
        int64_t n = 0;
        for (;; n++, id += 3) {
            weft_error error = {0};
            assert_true(n < MOST_ALLOCATIONS);
            wefti_memory_fail_after(n, forever);
            weft_status status = work(b, id, &error);
            bool failed = wefti_memory_fail_after(-1, false);
            if (status != WEFT_OK && status != WEFT_ERROR_NO_MEMORY)
                fail_msg("allocation %d: %s", (int)n, error.message);
            assert_true(failed || status == WEFT_OK);
            if (b->driver->state(b->dbc) == WEFTI_TX_BROKEN || b->driver->rollback(b->dbc, WEFTI_NO_DEADLINE, &error) != WEFT_OK) {
                b->driver->close(b->dbc); /* a driver may give the connection up, but must say so */
                b->dbc = backend_connect(b);
            }
            assert_int_equal(integer(b, "SELECT count(*) FROM t"), 0);
            if (!failed)
                break;
        }
        assert_true(n > 0 || forever); /* the second time, a driver may have all the memory it needs */
    }
}

#define MEMORY_TESTS(kind) \
    BACKEND_TEST(opening_survives_every_failing_allocation, kind), BACKEND_TEST(statements_survive_every_failing_allocation, kind)

int main(void)
{
    const struct CMUnitTest sqlite[] = {MEMORY_TESTS(TEST_SQLITE)};
    const struct CMUnitTest postgres[] = {MEMORY_TESTS(TEST_POSTGRES)};
    const struct CMUnitTest memory[] = {MEMORY_TESTS(TEST_MEMORY)};
    const struct CMUnitTest least[] = {MEMORY_TESTS(TEST_LEAST)};
    const struct CMUnitTest wire[] = {MEMORY_TESTS(TEST_WIRE)};
    int failed = cmocka_run_group_tests_name("failing allocations on SQLite", sqlite, NULL, NULL);
    failed += cmocka_run_group_tests_name("failing allocations on PostgreSQL", postgres, NULL, NULL);
    failed += cmocka_run_group_tests_name("failing allocations with a driver of the program's own", memory, NULL, NULL);
    failed += cmocka_run_group_tests_name("failing allocations with the least of a driver", least, NULL, NULL);
    return failed +
           cmocka_run_group_tests_name("failing allocations with a driver of the program's own on PostgreSQL", wire, NULL, NULL);
}
