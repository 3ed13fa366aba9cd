/* A server that lies: what the PostgreSQL driver makes of answers that no server should give. Every case ends with an error or with
 * well-formed cells, never with a crash, a hang or bytes from outside the message. */
#define _GNU_SOURCE
#include "postgres_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver
#define LOGIN "R\0\0\0\10\0\0\0\0Z\0\0\0\5I"
#define READY "Z\0\0\0\5I"
#define PARSED \
    "1\0\0\0\4" \
    "2\0\0\0\4"

/* RowDescription of one binary column "c" of this type. */
#define ROW_OF(oid_high, oid_low) "T\0\0\0\32\0\1c\0\0\0\0\0\0\0\0\0" oid_high oid_low "\xff\xff\xff\xff\xff\xff\0\1"
#define INT8_ROW ROW_OF("\0", "\24")
#define NUMERIC_ROW ROW_OF("\6", "\244")
#define JSONB_ROW ROW_OF("\16", "\332")
#define BOOL_ROW ROW_OF("\0", "\20")
#define SELECTED "C\0\0\0\15SELECT 1\0"

typedef struct lie {
    const char *name;
    weft_type expected;
    const char *bytes;
    size_t size;
} lie;

static const lie lies[] = {
    {"an int8 of three bytes", WEFT_INT64, PG_BYTES(PARSED INT8_ROW "D\0\0\0\15\0\1\0\0\0\3abc" SELECTED READY)},
    {"an int8 of no bytes", WEFT_INT64, PG_BYTES(PARSED INT8_ROW "D\0\0\0\12\0\1\0\0\0\0" SELECTED READY)},
    {"a bool of no bytes", WEFT_BOOL, PG_BYTES(PARSED BOOL_ROW "D\0\0\0\12\0\1\0\0\0\0" SELECTED READY)},
    {"a numeric of two bytes", WEFT_DECIMAL, PG_BYTES(PARSED NUMERIC_ROW "D\0\0\0\14\0\1\0\0\0\2ab" SELECTED READY)},
    {"a numeric that promises more digits than it has", WEFT_DECIMAL,
     PG_BYTES(PARSED NUMERIC_ROW "D\0\0\0\22\0\1\0\0\0\10\177\377\0\0\0\0\0\0" SELECTED READY)},
    {"a numeric of an unknown sign", WEFT_DECIMAL,
     PG_BYTES(PARSED NUMERIC_ROW "D\0\0\0\22\0\1\0\0\0\10\0\0\0\0\1\2\0\0" SELECTED READY)},
    {"a jsonb of another version", WEFT_JSON, PG_BYTES(PARSED JSONB_ROW "D\0\0\0\15\0\1\0\0\0\3\2{}" SELECTED READY)},
    {"an empty jsonb", WEFT_JSON, PG_BYTES(PARSED JSONB_ROW "D\0\0\0\12\0\1\0\0\0\0" SELECTED READY)},
    {"a row of two columns where one was described", WEFT_INT64,
     PG_BYTES(PARSED INT8_ROW "D\0\0\0\16\0\2\377\377\377\377\377\377\377\377" SELECTED READY)},
    {"a row that ends before its value", WEFT_INT64, PG_BYTES(PARSED INT8_ROW "D\0\0\0\15\0\1\0\0\0\10abc" SELECTED READY)},
    {"a row without a description", WEFT_INT64, PG_BYTES(PARSED "D\0\0\0\12\0\1\0\0\0\0" SELECTED READY)},
    {"a description of another number of columns", WEFT_INT64,
     PG_BYTES(PARSED "T\0\0\0\6\0\0"
                     "C\0\0\0\15SELECT 0\0" READY)},
    {"an error without fields", WEFT_INT64, PG_BYTES("E\0\0\0\5\0" READY)},
    {"an error that is cut off", WEFT_INT64, PG_BYTES("E\0\0\0\60SERROR\0")},
    {"a ready state and nothing else", WEFT_INT64, PG_BYTES(READY)},
    {"an unknown message", WEFT_INT64, PG_BYTES("?\0\0\0\4" READY)},
    {"a message of negative length", WEFT_INT64, PG_BYTES("D\200\0\0\0" READY)},
    {"the end of the line in the middle of a row", WEFT_INT64, PG_BYTES(PARSED INT8_ROW "D\0\0\0\22\0\1\0\0")},
};

static weft_status run_against(const lie *told, bool stream, weft_error *error)
{
    static const uint16_t int64_type[] = {WEFT_INT64};
    scripted_server server = {0};
    char url[600];
    wefti_target target;
    wefti_dbc *dbc = NULL;
    wefti_cursor *cursor = NULL;
    uint16_t column = (uint16_t)told->expected;
    wefti_statement statement = {.sql = "SELECT $1",
                                 .sql_size = 9,
                                 .parameter_count = 1,
                                 .column_count = 1,
                                 .parameter_types = int64_type,
                                 .column_types = &column,
                                 .returns_rows = true};
    weft_value one = weft_value_int64(1);
    scripted_server_answer(&server, PG_BYTES(LOGIN));
    scripted_server_answer(&server, told->bytes, told->size);
    scripted_server_start(&server);
    scripted_server_url(&server, "u@", url, sizeof url);
    assert_int_equal(DRIVER.target_new(url, NULL, &target, error), WEFT_OK);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(10000), &dbc, error), WEFT_OK);
    weft_status status = DRIVER.execute(dbc, &statement, &one, 1, stream, wefti_deadline_after_ms(300), &cursor, error);
    bool has_row = true;
    while (status == WEFT_OK && has_row)
        status = DRIVER.step(cursor, &has_row, error);
    DRIVER.finish(cursor);
    DRIVER.close(dbc);
    DRIVER.target_free(&target);
    scripted_server_stop(&server);
    return status;
}

static void no_lie_of_a_server_is_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PG_COUNT(lies); i++)
        for (int stream = 0; stream < 2; stream++) {
            weft_error error = {0};
            weft_status status = run_against(&lies[i], stream != 0, &error);
            if (status == WEFT_OK)
                fail_msg("%s was believed", lies[i].name);
            assert_int_equal(error.status, status);
            assert_true(error.message[0] != '\0');
        }
}

static void the_truth_is_believed(void **state)
{
    static const lie truth = {"an int8", WEFT_INT64,
                              PG_BYTES(PARSED INT8_ROW "D\0\0\0\22\0\1\0\0\0\10\0\0\0\0\0\0\0\7" SELECTED READY)};
    weft_error error;
    (void)state;
    assert_int_equal(run_against(&truth, false, &error), WEFT_OK);
    assert_int_equal(run_against(&truth, true, &error), WEFT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_believed),
        cmocka_unit_test(no_lie_of_a_server_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
