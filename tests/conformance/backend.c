/* The connection under test, and short ways to run SQL on it. */
#include "backend.h"

#include "base/memory.h"
#include "engine/engine_private.h"

#include <stdlib.h>

/* A connection reads the statements that it keeps prepared until it is closed. */
typedef struct made_statement {
    wefti_statement statement;
    struct made_statement *older;
} made_statement;

static made_statement *statements;

static void describe(backend *b, bool server)
{
    b->timestamp_type = server ? "TIMESTAMPTZ" : "TIMESTAMP_TEXT";
    b->date_type = server ? "DATE" : "DATE_TEXT";
    b->time_type = server ? "TIME" : "TIME_TEXT";
    b->uuid_type = server ? "UUID" : "UUID_TEXT";
    b->decimal_type = server ? "NUMERIC" : "TEXT COLLATE WEFT_DECIMAL";
    b->json_type = server ? "JSON" : "JSON_TEXT";
    b->bytes_type = server ? "BYTEA" : "BLOB";
    b->double_type = server ? "DOUBLE PRECISION" : "DOUBLE";
    b->any_of = server ? "= ANY($1)" : "IN (SELECT value FROM json_each($1))";
    b->endless = server ? "SELECT count(*) FROM generate_series(1, 100000000000)"
                        : "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";
    b->any_year = b->nan = b->failed_transactions = b->server = server;
}

wefti_dbc *backend_connect(backend *b)
{
    weft_error error;
    wefti_dbc *dbc = NULL;
    if (b->driver->open(&b->target, WEFTI_NO_DEADLINE, &dbc, &error) != WEFT_OK)
        fail_msg("open: %s", error.message);
    return dbc;
}

int backend_open(void **state)
{
    static backend b;
    test_backend kind = (test_backend)(uintptr_t)*state;
    weft_error error;
    const wefti_dialect *dialect;
    b = (backend){.driver = NULL};
    describe(&b, kind == TEST_POSTGRES || kind == TEST_WIRE);
    test_database_open(&b.database, kind);
    if (wefti_database_of(b.database.url, &b.driver, &dialect, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    b.prepares = kind != TEST_LEAST && kind != TEST_WIRE;
    b.loss_code = kind == TEST_POSTGRES;
    b.column_types = kind != TEST_LEAST;
    b.resets = kind != TEST_LEAST;
    if (wefti_driver_target(b.driver, b.database.url, NULL, &b.target, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    b.dbc = backend_connect(&b);
    *state = &b;
    return 0;
}

int backend_close(void **state)
{
    backend *b = *state;
    wefti_memory_fail_after(-1, false);
    b->driver->close(b->dbc);
    b->driver->target_free(&b->target);
    test_database_drop(&b->database);
    while (statements != NULL) {
        made_statement *made = statements;
        statements = made->older;
        free(made);
    }
    return 0;
}

wefti_statement *statement_of(uint64_t id, const char *sql, uint16_t parameter_count, bool returns_rows)
{
    made_statement *made = calloc(1, sizeof *made);
    assert_non_null(made);
    made->older = statements;
    statements = made;
    made->statement = (wefti_statement){
        .id = id, .sql = sql, .sql_size = strlen(sql), .parameter_count = parameter_count, .returns_rows = returns_rows};
    return &made->statement;
}

weft_status run_on(wefti_dbc *dbc, const char *sql, const weft_value *parameters, size_t count, weft_error *error)
{
    const wefti_driver *driver = dbc->driver;
    wefti_statement *statement = statement_of(0, sql, (uint16_t)count, true);
    wefti_cursor *cursor;
    bool has_row = true;
    weft_status status = driver->execute(dbc, statement, parameters, count, false, WEFTI_NO_DEADLINE, &cursor, error);
    while (status == WEFT_OK && has_row)
        status = driver->step(cursor, &has_row, error);
    driver->finish(cursor);
    return status;
}

weft_status run(backend *b, const char *sql) { return run_on(b->dbc, sql, NULL, 0, NULL); }

void must(backend *b, const char *sql)
{
    weft_error error = {0};
    if (run_on(b->dbc, sql, NULL, 0, &error) != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
}

int64_t integer(backend *b, const char *sql)
{
    wefti_statement *statement = statement_of(0, sql, 0, true);
    wefti_cursor *cursor;
    weft_error error = {0};
    bool has_row = false;
    int64_t value = -1;
    weft_status status = b->driver->execute(b->dbc, statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error);
    if (status == WEFT_OK)
        status = b->driver->step(cursor, &has_row, &error);
    if (status != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
    if (has_row && !cursor->row[0].is_null)
        value = cursor->row[0].as.i;
    b->driver->finish(cursor);
    return value;
}
