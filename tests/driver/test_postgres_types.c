/* Values through the PostgreSQL driver: every type and its NULL, extremes, lists, COPY, and results whose types weft is not told.
 */
#define _POSIX_C_SOURCE 200809L
#include "postgres_support.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver

static bool same_value(const weft_value *a, const weft_value *b)
{
    if (a->type != b->type || a->is_null != b->is_null)
        return false;
    if (a->is_null)
        return true;
    switch (a->type) {
    case WEFT_BOOL: return a->as.b == b->as.b;
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return (isnan(a->as.d) && isnan(b->as.d)) || !(a->as.d < b->as.d || a->as.d > b->as.d);
    case WEFT_UUID: return memcmp(&a->as.uuid, &b->as.uuid, 16) == 0;
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_BYTES:
    case WEFT_DECIMAL:
    case WEFT_JSON: return a->as.s.size == b->as.s.size && memcmp(a->as.s.data, b->as.s.data, a->as.s.size) == 0;
    default: return a->as.i == b->as.i;
    }
}

static weft_value integer(weft_type type, int64_t v) { return (weft_value){.type = type, .as.i = v}; }

static weft_value real(weft_type type, double v) { return (weft_value){.type = type, .as.d = v}; }

static weft_value text(weft_type type, const char *v) { return (weft_value){.type = type, .as.s = {v, strlen(v)}}; }

/* SELECT $1::type, prepared, gives back what was sent. */
static void round_trip(pg_fixture *f, const char *sql_type, weft_value value)
{
    static uint64_t next_id = 1000;
    char sql[80];
    (void)snprintf(sql, sizeof sql, "SELECT $1::%s", sql_type);
    uint16_t type = (uint16_t)value.type;
    wefti_statement statement = {.id = next_id++,
                                 .sql = sql,
                                 .sql_size = strlen(sql),
                                 .parameter_count = 1,
                                 .column_count = 1,
                                 .parameter_types = &type,
                                 .column_types = &type,
                                 .returns_rows = true};
    for (int run = 0; run < 2; run++) {
        wefti_cursor *cursor = pg_execute(f, &statement, &value, 1);
        pg_step_row(cursor);
        if (!same_value(&cursor->row[0], &value))
            fail_msg("%s: a value came back changed (type %d)", sql_type, (int)value.type);
        pg_step_end(cursor);
        DRIVER.finish(cursor);
    }
    DRIVER.forget(f->dbc, statement.id);
}

static void every_type_comes_back_as_it_was_sent(void **state)
{
    pg_fixture *f = *state;
    static const struct {
        const char *sql;
        weft_type type;
        int64_t v;
    } integers[] = {
        {"int2", WEFT_INT16, INT16_MIN},
        {"int2", WEFT_INT16, INT16_MAX},
        {"int4", WEFT_INT32, INT32_MIN},
        {"int4", WEFT_INT32, INT32_MAX},
        {"int8", WEFT_INT64, INT64_MIN},
        {"int8", WEFT_INT64, INT64_MAX},
        {"int8", WEFT_UINT32, UINT32_MAX},
        {"int8", WEFT_UINT32, 0},
        {"timestamptz", WEFT_TIMESTAMP, 0},
        {"timestamptz", WEFT_TIMESTAMP, -1},
        {"timestamptz", WEFT_TIMESTAMP, INT64_MAX},
        {"timestamptz", WEFT_TIMESTAMP, INT64_MIN},
        {"timestamp", WEFT_TIMESTAMP, 253402300799999999},
        {"timestamptz", WEFT_TIMESTAMP, -210866803200000000},
        {"date", WEFT_DATE, 0},
        {"date", WEFT_DATE, -2440588},
        {"date", WEFT_DATE, INT32_MAX},
        {"date", WEFT_DATE, INT32_MIN},
        {"time", WEFT_TIME, 0},
        {"time", WEFT_TIME, 86400000000},
    };
    for (size_t i = 0; i < PG_COUNT(integers); i++)
        round_trip(f, integers[i].sql, integer(integers[i].type, integers[i].v));
    static const double reals[] = {0.0, -0.0, 1.5, -DBL_MAX, DBL_MIN, 5e-324, (double)INFINITY, -(double)INFINITY, (double)NAN};
    for (size_t i = 0; i < PG_COUNT(reals); i++)
        round_trip(f, "float8", real(WEFT_DOUBLE, reals[i]));
    round_trip(f, "float4", real(WEFT_FLOAT, (double)FLT_MAX));
    round_trip(f, "float4", real(WEFT_FLOAT, (double)1.1f));
    round_trip(f, "bool", weft_value_bool(true));
    round_trip(f, "bool", weft_value_bool(false));
    static const char *const texts[] = {"", "a", "O'Reilly \\ \"q\" $1 -- ;", "\xc3\xa9\xf0\x9f\x90\x98", "  spaces  "};
    for (size_t i = 0; i < PG_COUNT(texts); i++)
        round_trip(f, "text", text(WEFT_TEXT, texts[i]));
    round_trip(f, "varchar(10)", text(WEFT_TEXT, "ten bytes!"));
    round_trip(f, "jsonb", text(WEFT_JSON, "{\"a\": [1, null]}"));
    round_trip(f, "json", text(WEFT_JSON, "{\"a\":[1,  2]}"));
    round_trip(f, "bytea", weft_value_bytes((weft_bytes){"\0\xff\\x", 4}));
    round_trip(f, "bytea", weft_value_bytes((weft_bytes){"", 0}));
    round_trip(f, "uuid", weft_value_uuid((weft_uuid){{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255}}));
}

static void decimals_are_exact(void **state)
{
    pg_fixture *f = *state;
    static const char *const decimals[] = {
        "0",         "1",
        "-1",        "10000",
        "9999",      "12345678901234567890123456789012345678901234567890.000000000000000000000000000000000001",
        "0.0001",    "-0.00001234",
        "100000000", "0.10",
        "-12.50",    "99999999.9999",
        "NaN",       "Infinity",
        "-Infinity", "1000000000000.0"};
    for (size_t i = 0; i < PG_COUNT(decimals); i++)
        round_trip(f, "numeric", text(WEFT_DECIMAL, decimals[i]));
}

/* A decimal of up to 40 digits, perhaps with point, exponent, sign and zeros to spare. */
static void random_decimal(char *to, size_t size, unsigned *seed)
{
    unsigned before = (unsigned)rand_r(seed) % 21, after = (unsigned)rand_r(seed) % 21, zeros = (unsigned)rand_r(seed) % 4;
    size_t used = 0;
    if (rand_r(seed) % 2 == 0)
        to[used++] = rand_r(seed) % 2 == 0 ? '-' : '+';
    for (unsigned i = 0; i <= before; i++)
        to[used++] = (char)(i < zeros * 4 ? '0' : '0' + rand_r(seed) % 10);
    if (after > 0)
        to[used++] = '.';
    for (unsigned i = 0; i < after; i++)
        to[used++] = (char)(zeros == 3 ? '0' : '0' + rand_r(seed) % 10);
    to[used] = '\0';
    if (rand_r(seed) % 3 == 0)
        (void)snprintf(to + used, size - used, "e%d", rand_r(seed) % 61 - 30);
}

static void decimals_in_lists_are_what_their_text_says(void **state)
{
    enum { COUNT = 4000 };
    pg_fixture *f = *state;
    static char texts[COUNT][80];
    static const char *pointers[COUNT];
    static const uint16_t types[] = {WEFT_DECIMAL + WEFTI_ARRAY, WEFT_TEXT + WEFTI_ARRAY};
    unsigned seed = 20240229;
    for (size_t i = 0; i < COUNT; i++) {
        random_decimal(texts[i], sizeof texts[i], &seed);
        pointers[i] = texts[i];
    }
    wefti_array lists[] = {{.type = WEFT_DECIMAL, .count = COUNT, .base = pointers, .stride = sizeof pointers[0]},
                           {.type = WEFT_TEXT, .count = COUNT, .base = pointers, .stride = sizeof pointers[0]}};
    weft_value parameters[] = {wefti_array_value(&lists[0]), wefti_array_value(&lists[1])};
    wefti_statement compare = {.parameter_count = 2,
                               .parameter_types = types,
                               .returns_rows = true,
                               .sql = "SELECT n, t::numeric, t FROM unnest($1, $2) AS u (n, t) WHERE n::text <> t::numeric::text"};
    compare.sql_size = strlen(compare.sql);
    wefti_cursor *cursor = pg_execute(f, &compare, parameters, 2);
    bool has_row = false;
    assert_int_equal(DRIVER.step(cursor, &has_row, &f->error), WEFT_OK);
    if (has_row)
        fail_msg("%s arrived as %s", cursor->row[2].as.s.data, cursor->row[0].as.s.data);
    DRIVER.finish(cursor);

    /* And back: what is decoded from binary is the server's own text. */
    static const uint16_t columns[] = {WEFT_DECIMAL, WEFT_TEXT};
    wefti_statement back = {.parameter_count = 1,
                            .parameter_types = types,
                            .column_count = 2,
                            .column_types = columns,
                            .returns_rows = true,
                            .sql = "SELECT n, n::text FROM unnest($1) AS u (n)"};
    back.sql_size = strlen(back.sql);
    cursor = pg_execute(f, &back, parameters, 1);
    for (size_t i = 0; i < COUNT; i++) {
        pg_step_row(cursor);
        assert_string_equal(cursor->row[0].as.s.data, cursor->row[1].as.s.data);
        assert_int_equal(cursor->row[0].as.s.size, strlen(cursor->row[0].as.s.data));
    }
    DRIVER.finish(cursor);
}

static void null_comes_back_as_null_of_every_type(void **state)
{
    pg_fixture *f = *state;
    static const struct {
        const char *sql;
        weft_type type;
    } types[] = {{"int2", WEFT_INT16},    {"int4", WEFT_INT32},
                 {"int8", WEFT_INT64},    {"int8", WEFT_UINT32},
                 {"bool", WEFT_BOOL},     {"float4", WEFT_FLOAT},
                 {"float8", WEFT_DOUBLE}, {"text", WEFT_TEXT},
                 {"bytea", WEFT_BYTES},   {"timestamptz", WEFT_TIMESTAMP},
                 {"date", WEFT_DATE},     {"time", WEFT_TIME},
                 {"uuid", WEFT_UUID},     {"numeric", WEFT_DECIMAL},
                 {"jsonb", WEFT_JSON}};
    for (size_t i = 0; i < PG_COUNT(types); i++)
        round_trip(f, types[i].sql, weft_value_null(types[i].type));
}

/* Runs a one-column query that expects a type. */
static weft_status query_as(pg_fixture *f, const char *sql, weft_type type, weft_value *value, char copy[128])
{
    uint16_t types[] = {(uint16_t)type};
    wefti_statement statement = {
        .sql = sql, .sql_size = strlen(sql), .column_count = 1, .column_types = types, .returns_rows = true};
    wefti_cursor *cursor = NULL;
    weft_status status = DRIVER.execute(f->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &f->error);
    if (status != WEFT_OK)
        return status;
    bool has_row = false;
    status = DRIVER.step(cursor, &has_row, &f->error);
    if (status == WEFT_OK) {
        assert_true(has_row);
        *value = cursor->row[0];
        if (type == WEFT_TEXT || type == WEFT_DECIMAL)
            (void)snprintf(copy, 128, "%s", value->as.s.data);
    }
    DRIVER.finish(cursor);
    return status;
}

static void safe_conversions_are_made_and_others_refused(void **state)
{
    pg_fixture *f = *state;
    weft_value v;
    char copy[128];
    assert_int_equal(query_as(f, "SELECT 7::int2", WEFT_INT64, &v, copy), WEFT_OK);
    assert_int_equal(v.as.i, 7);
    assert_int_equal(query_as(f, "SELECT 70000::int8", WEFT_INT32, &v, copy), WEFT_OK);
    assert_int_equal(query_as(f, "SELECT 70000::int8", WEFT_INT16, &v, copy), WEFT_ERROR_DATA);
    assert_int_equal(query_as(f, "SELECT (-1)::int4", WEFT_UINT32, &v, copy), WEFT_ERROR_DATA);
    assert_string_equal(f->error.column, "int4");
    assert_int_equal(query_as(f, "SELECT sum(x) FROM (VALUES (1::int8), (41)) t(x)", WEFT_INT64, &v, copy), WEFT_OK);
    assert_int_equal(v.as.i, 42);
    assert_int_equal(query_as(f, "SELECT 1.5::numeric", WEFT_INT64, &v, copy), WEFT_ERROR_DATA);
    assert_int_equal(query_as(f, "SELECT 1.5::numeric", WEFT_DOUBLE, &v, copy), WEFT_OK);
    assert_true(v.as.d > 1.49 && v.as.d < 1.51);
    assert_int_equal(query_as(f, "SELECT 1e300::float8", WEFT_FLOAT, &v, copy), WEFT_ERROR_DATA);
    assert_int_equal(query_as(f, "SELECT 5::int4", WEFT_DOUBLE, &v, copy), WEFT_OK);
    assert_int_equal(query_as(f, "SELECT 5::int4", WEFT_TEXT, &v, copy), WEFT_OK);
    assert_string_equal(copy, "5");
    assert_int_equal(query_as(f, "SELECT '2024-02-29'::date", WEFT_TEXT, &v, copy), WEFT_OK);
    assert_string_equal(copy, "2024-02-29");
    assert_int_equal(query_as(f, "SELECT 'x'::text", WEFT_INT64, &v, copy), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(f->error.message, "(text) that is not read as int64"));
    assert_null(strstr(f->error.hint, "to text"));
    assert_int_equal(query_as(f, "SELECT interval '1 day'", WEFT_TEXT, &v, copy), WEFT_OK);
    assert_string_equal(copy, "P1D");
    assert_int_equal(query_as(f, "SELECT point '(1,2)'", WEFT_TEXT, &v, copy), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(f->error.hint, "cast"));
    assert_int_equal(query_as(f, "SELECT 1, 2", WEFT_INT64, &v, copy), WEFT_ERROR_SCHEMA);
    pg_run(f, "CREATE TYPE mood AS ENUM ('sad', 'happy')");
    assert_int_equal(query_as(f, "SELECT 'happy'::mood", WEFT_TEXT, &v, copy), WEFT_OK);
    assert_string_equal(copy, "happy");
}

static void parameters_of_the_wrong_kind_or_range_are_refused_before_sending(void **state)
{
    pg_fixture *f = *state;
    static const uint16_t types[] = {WEFT_INT16};
    wefti_statement statement = {
        .sql = "SELECT $1", .sql_size = 9, .parameter_count = 1, .parameter_types = types, .returns_rows = true};
    static const uint16_t text_types[] = {WEFT_TEXT};
    wefti_statement text_statement = statement;
    text_statement.parameter_types = text_types;
    wefti_cursor *cursor = NULL;
    weft_value bad[] = {weft_value_int64(40000), text(WEFT_TEXT, "x"), weft_value_double(1.0)};
    for (size_t i = 0; i < PG_COUNT(bad); i++) {
        assert_int_equal(DRIVER.execute(f->dbc, &statement, &bad[i], 1, false, WEFTI_NO_DEADLINE, &cursor, &f->error),
                         WEFT_ERROR_TYPE);
        assert_true(f->error.nothing_sent);
        assert_null(cursor);
    }
    weft_value texts[] = {{.type = WEFT_TEXT, .as.s = {"a\0b", 3}},
                          {.type = WEFT_TEXT, .as.s = {"\xff", 1}},
                          {.type = WEFT_TEXT, .as.s = {"\xed\xa0\x80", 3}}};
    for (size_t i = 0; i < PG_COUNT(texts); i++)
        assert_int_equal(DRIVER.execute(f->dbc, &text_statement, &texts[i], 1, false, WEFTI_NO_DEADLINE, &cursor, &f->error),
                         WEFT_ERROR_DATA);
    assert_int_equal(DRIVER.execute(f->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &f->error), WEFT_ERROR_MISUSE);
    weft_value huge = {.type = WEFT_BYTES, .as.s = {"", (size_t)1 << 30}};
    statement.parameter_types = NULL;
    assert_int_equal(DRIVER.execute(f->dbc, &statement, &huge, 1, false, WEFTI_NO_DEADLINE, &cursor, &f->error), WEFT_ERROR_LIMIT);
    assert_int_equal(pg_integer(f, "SELECT 1"), 1);
}

static void unknown_results_are_read_by_their_reported_types(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement statement = {
        /* static: the connection refers to it until it is closed */
        .id = 77,
        .returns_rows = true,
        .sql = "SELECT 1::int2, 2::int4, 3::int8, true, 1.5::float8, 'x'::text, '\\x00ff'::bytea, "
               "'2024-05-06 07:08:09+02'::timestamptz, "
               "'2024-02-29'::date, '10:11:12.5'::time, '00010203-0405-0607-0809-0a0b0c0d0eff'::uuid, 12.50::numeric, "
               "'{\"a\":1}'::jsonb, "
               "'infinity'::timestamptz, '-infinity'::date, NULL::int4 AS nothing"};
    statement.sql_size = strlen(statement.sql);
    static const weft_type expected[] = {WEFT_INT16, WEFT_INT32,     WEFT_INT64, WEFT_BOOL, WEFT_DOUBLE, WEFT_TEXT,
                                         WEFT_BYTES, WEFT_TIMESTAMP, WEFT_DATE,  WEFT_TIME, WEFT_UUID,   WEFT_DECIMAL,
                                         WEFT_JSON,  WEFT_TIMESTAMP, WEFT_DATE,  WEFT_INT32};
    for (int run = 0; run < 3; run++) { /* text first, then binary */
        wefti_cursor *cursor = pg_execute(f, &statement, NULL, 0);
        assert_int_equal(cursor->column_count, PG_COUNT(expected));
        pg_step_row(cursor);
        const weft_value *row = cursor->row;
        for (uint16_t i = 0; i < cursor->column_count; i++) {
            assert_int_equal(row[i].type, expected[i]);
            assert_int_equal(DRIVER.column_type(cursor, i), expected[i]);
        }
        assert_int_equal(row[2].as.i, 3);
        assert_true(row[3].as.b);
        assert_int_equal(row[6].as.s.size, 2);
        assert_memory_equal(row[6].as.s.data, "\0\xff", 2);
        assert_int_equal(row[7].as.i, INT64_C(1714972089000000));
        assert_int_equal(row[8].as.i, 19782);
        assert_int_equal(row[9].as.i, INT64_C(36672500000));
        assert_int_equal(row[10].as.uuid.bytes[15], 255);
        assert_string_equal(row[11].as.s.data, "12.50");
        assert_true(row[13].as.i == INT64_MAX);
        assert_true(row[14].as.i == INT32_MIN);
        assert_true(row[15].is_null);
        assert_string_equal(DRIVER.column_name(cursor, 15), "nothing");
        DRIVER.finish(cursor);
    }
}

static void types_without_a_decoder_are_text_where_nothing_is_expected(void **state)
{
    pg_fixture *f = *state;
    static wefti_statement statement = {.id = 78,
                                        .sql = "SELECT point '(1,2)', ARRAY[1,2], macaddr8 '08:00:2b:01:02:03:04:05'",
                                        .returns_rows = true};
    statement.sql_size = strlen(statement.sql);
    for (int run = 0; run < 2; run++) {
        wefti_cursor *cursor = pg_execute(f, &statement, NULL, 0);
        pg_step_row(cursor);
        assert_string_equal(cursor->row[0].as.s.data, "(1,2)");
        assert_string_equal(cursor->row[1].as.s.data, "{1,2}");
        assert_string_equal(cursor->row[2].as.s.data, "08:00:2b:01:02:03:04:05");
        assert_int_equal(DRIVER.column_type(cursor, 0), WEFT_UNMAPPED);
        DRIVER.finish(cursor);
    }
}

typedef struct thing {
    int64_t id;
    int32_t small;
    short tiny;
    unsigned plain;
    bool flag;
    float single;
    double number;
    const char *name;
    char code[8];
    weft_bytes blob;
    weft_timestamp at;
    weft_date day;
    weft_time time;
    weft_uuid key;
    weft_decimal price;
    weft_json doc;
    weft_opt_int32 maybe;
} thing;

#define FIELD(f, t) \
    { \
        .type = (t), .size = sizeof(((thing *)0)->f), .base = things, .stride = sizeof(thing), .offset = offsetof(thing, f) \
    }
#define FIELDS \
    { \
        FIELD(id, WEFT_INT64), FIELD(small, WEFT_INT32), FIELD(tiny, WEFT_INT16), FIELD(plain, WEFT_UINT32), \
            FIELD(flag, WEFT_BOOL), FIELD(single, WEFT_FLOAT), FIELD(number, WEFT_DOUBLE), FIELD(name, WEFT_TEXT), \
            FIELD(code, WEFT_CHARS), FIELD(blob, WEFT_BYTES), FIELD(at, WEFT_TIMESTAMP), FIELD(day, WEFT_DATE), \
            FIELD(time, WEFT_TIME), FIELD(key, WEFT_UUID), FIELD(price, WEFT_DECIMAL), FIELD(doc, WEFT_JSON), \
            FIELD(maybe, WEFT_OPT + WEFT_INT32) \
    }

static const char things_sql[] =
    "CREATE TABLE thing (id int8, small int4, tiny int2, plain int8, flag bool, single float4, number float8, "
    "name text, code varchar(7), "
    "blob bytea, at timestamptz, day date, time time, key uuid, price numeric(12,2), doc jsonb, maybe int4)";

static void fill(thing *things, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        things[i] = (thing){.id = (int64_t)i,
                            .small = -(int32_t)i,
                            .tiny = (short)i,
                            .plain = 4000000000u,
                            .flag = i % 2 == 0,
                            .single = 0.5f,
                            .number = 1.0 / 3,
                            .name = i % 3 == 0 ? NULL : "O'Neil \xc3\xa9",
                            .code = "abc",
                            .blob = {"\0\1\2", 3},
                            .at = {INT64_C(1700000000123456)},
                            .day = {19782},
                            .time = {1},
                            .price = {i == 0 ? "-0.05" : "1234567.89"},
                            .doc = {"{\"k\": [1]}"},
                            .maybe = {.set = i % 2 == 1, .value = 9}};
        things[i].key.bytes[15] = (unsigned char)i;
    }
}

static void check_things(pg_fixture *f, int64_t count)
{
    char sql[600];
    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM thing WHERE small = -id AND tiny = id AND plain = 4000000000 AND flag = (id %% 2 = 0) AND "
        "single = 0.5 AND number = 1.0::float8 / 3 AND (name IS NULL) = (id %% 3 = 0) AND coalesce(name, 'O''Neil \xc3\xa9') = "
        "'O''Neil \xc3\xa9' AND code = 'abc' AND blob = '\\x000102' AND at = '2023-11-14 22:13:20.123456+00' AND "
        "day = '2024-02-29' AND time = '00:00:00.000001' AND right(key::text, 2) = lpad(to_hex(id), 2, '0') AND "
        "price = CASE id WHEN 0 THEN -0.05 ELSE 1234567.89 END AND doc->'k'->>0 = '1' AND "
        "(maybe IS NULL) = (id %% 2 = 0) AND coalesce(maybe, 9) = 9");
    assert_int_equal(pg_integer(f, sql), count);
}

static void lists_of_every_type_go_as_arrays(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 7 };
    thing things[COUNT];
    wefti_array columns[] = FIELDS;
    weft_value parameters[PG_COUNT(columns)];
    static uint16_t types[PG_COUNT(columns)];
    fill(things, COUNT);
    for (size_t i = 0; i < PG_COUNT(columns); i++) {
        columns[i].count = COUNT;
        types[i] = (uint16_t)((columns[i].type & ~WEFT_OPT) | WEFTI_ARRAY);
        parameters[i] = wefti_array_value(&columns[i]);
    }
    static wefti_statement insert = {
        .id = 80,
        .parameter_count = PG_COUNT(columns),
        .parameter_types = types,
        .writes = true,
        .sql =
            "INSERT INTO thing SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"};
    insert.sql_size = strlen(insert.sql);
    pg_run(f, things_sql);
    wefti_cursor *cursor = pg_execute(f, &insert, parameters, PG_COUNT(columns));
    assert_int_equal(cursor->changed_rows, COUNT);
    DRIVER.finish(cursor);
    check_things(f, COUNT);
    for (size_t i = 0; i < PG_COUNT(columns); i++)
        columns[i].count = 0;
    cursor = pg_execute(f, &insert, parameters, PG_COUNT(columns));
    assert_int_equal(cursor->changed_rows, 0);
    DRIVER.finish(cursor);
}

static void a_list_is_widened_to_the_type_of_its_statement(void **state)
{
    pg_fixture *f = *state;
    static const int32_t keys[] = {3, 5, 5};
    static const uint16_t types[] = {WEFT_INT64 + WEFTI_ARRAY};
    static const uint16_t columns[] = {WEFT_INT64};
    wefti_array list = {.type = WEFT_INT32, .count = 3, .base = keys, .stride = sizeof keys[0]};
    static wefti_statement select = {.id = 81,
                                     .sql = "SELECT count(*) FROM generate_series(1::int8, 10) g WHERE g = ANY($1)",
                                     .parameter_count = 1,
                                     .column_count = 1,
                                     .parameter_types = types,
                                     .column_types = columns,
                                     .returns_rows = true};
    select.sql_size = strlen(select.sql);
    weft_value parameter = wefti_array_value(&list);
    wefti_cursor *cursor = pg_execute(f, &select, &parameter, 1);
    pg_step_row(cursor);
    assert_int_equal(cursor->row[0].as.i, 2);
    DRIVER.finish(cursor);
}

static void copy_writes_every_type(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 100 };
    static thing things[COUNT];
    wefti_array columns[] = FIELDS;
    uint64_t copied = 0;
    fill(things, COUNT);
    pg_run(f, things_sql);
    assert_int_equal(DRIVER.copy_in(f->dbc, "COPY thing FROM STDIN (FORMAT binary)", columns, PG_COUNT(columns), COUNT,
                                    WEFTI_NO_DEADLINE, &copied, &f->error),
                     WEFT_OK);
    assert_int_equal(copied, COUNT);
    check_things(f, COUNT);
}

static void copy_of_many_rows_and_its_errors_leave_the_connection_usable(void **state)
{
    pg_fixture *f = *state;
    enum { COUNT = 200000 };
    int64_t *ids = malloc(COUNT * sizeof *ids);
    assert_non_null(ids);
    for (size_t i = 0; i < COUNT; i++)
        ids[i] = (int64_t)i;
    wefti_array column = {.type = WEFT_INT64, .base = ids, .stride = sizeof *ids};
    uint64_t copied = 0;
    const char *sql = "COPY number (id) FROM STDIN (FORMAT binary)";
    pg_run(f, "CREATE TABLE number (id int8 PRIMARY KEY)");
    assert_int_equal(DRIVER.begin(f->dbc, &(wefti_begin){0}, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(DRIVER.copy_in(f->dbc, sql, &column, 1, COUNT, WEFTI_NO_DEADLINE, &copied, &f->error), WEFT_OK);
    assert_int_equal(copied, COUNT);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_OPEN);
    assert_int_equal(DRIVER.commit(f->dbc, WEFTI_NO_DEADLINE, &f->error), WEFT_OK);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM number"), COUNT);

    assert_int_equal(DRIVER.copy_in(f->dbc, sql, &column, 1, COUNT, WEFTI_NO_DEADLINE, &copied, &f->error), WEFT_ERROR_UNIQUE);
    assert_string_equal(f->error.constraint, "number_pkey");
    assert_int_equal(copied, 0);
    assert_int_equal(DRIVER.copy_in(f->dbc, "COPY nowhere FROM STDIN (FORMAT binary)", &column, 1, 1, WEFTI_NO_DEADLINE, NULL,
                                    &f->error),
                     WEFT_ERROR_NO_TABLE);
    assert_int_equal(DRIVER.copy_in(f->dbc, "SELECT 1", &column, 1, 1, WEFTI_NO_DEADLINE, NULL, &f->error), WEFT_ERROR_MISUSE);
    const char *bad = "\xff";
    wefti_array text_column = {.type = WEFT_TEXT, .base = &bad, .stride = sizeof bad};
    pg_run(f, "CREATE TABLE word (t text)");
    assert_int_equal(DRIVER.copy_in(f->dbc, "COPY word (t) FROM STDIN (FORMAT binary)", &text_column, 1, 1, WEFTI_NO_DEADLINE, NULL,
                                    &f->error),
                     WEFT_ERROR_DATA);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM number"), COUNT);
    free(ids);
}

static void copy_converts_to_the_columns_types_or_refuses(void **state)
{
    pg_fixture *f = *state;
    static const int64_t wide[] = {-3, 70000};
    static const char *const words[] = {"12345678", "abcd"};
    static const float halves[] = {0.5f, 1.5f};
    wefti_array numbers = {.type = WEFT_INT64, .base = wide, .stride = sizeof wide[0]};
    wefti_array texts = {.type = WEFT_TEXT, .base = words, .stride = sizeof words[0]};
    wefti_array reals = {.type = WEFT_FLOAT, .base = halves, .stride = sizeof halves[0]};
    pg_run(f, "CREATE TYPE mood AS ENUM ('abcd')");
    pg_run(f, "CREATE TABLE \"o\"\"dd (t) FROM STDIN\" (\"a (b)\" int4, small int2, wide int8, "
              "real8 float8, mood mood, doc json, at timestamptz)");
#define COPY_TO(column, list, count) \
    DRIVER.copy_in(f->dbc, "COPY \"o\"\"dd (t) FROM STDIN\" (" column ") FROM STDIN (FORMAT binary)", &(list), 1, (count), \
                   WEFTI_NO_DEADLINE, NULL, &f->error)
    assert_int_equal(COPY_TO("\"a (b)\"", numbers, 2), WEFT_OK);
    assert_int_equal(COPY_TO("small", numbers, 1), WEFT_OK);
    assert_int_equal(COPY_TO("small", numbers, 2), WEFT_ERROR_DATA); /* 70000 */
    assert_int_equal(COPY_TO("real8", reals, 2), WEFT_OK);
    /* Eight bytes of text are no int8, nor a moment; four are no enum here: an INSERT knows how to cast. */
    assert_int_equal(COPY_TO("wide", texts, 1), WEFT_ERROR_UNSUPPORTED);
    assert_string_equal(f->error.sqlstate, "0A000");
    assert_int_equal(COPY_TO("at", texts, 1), WEFT_ERROR_UNSUPPORTED);
    assert_int_equal(COPY_TO("at", numbers, 1), WEFT_ERROR_UNSUPPORTED);
    assert_int_equal(COPY_TO("mood", texts, 2), WEFT_ERROR_UNSUPPORTED);
    assert_int_equal(COPY_TO("doc", texts, 1), WEFT_ERROR_UNSUPPORTED);
    assert_int_equal(COPY_TO("small, wide", numbers, 1), WEFT_ERROR_MISUSE);
    assert_int_equal(COPY_TO("nothing", numbers, 1), WEFT_ERROR_SQL);
    assert_int_equal(DRIVER.state(f->dbc), WEFTI_TX_IDLE);
    assert_int_equal(pg_integer(f, "SELECT count(*) FROM \"o\"\"dd (t) FROM STDIN\""), 5);
    assert_int_equal(pg_integer(f, "SELECT sum(\"a (b)\") FROM \"o\"\"dd (t) FROM STDIN\""), 69997);
}

static void the_binary_form_of_a_foreign_type_is_not_taken_for_text(void **state)
{
    pg_fixture *f = *state;
    weft_value v;
    char copy[128];
    pg_run(f, "CREATE TYPE pair AS (a int4, b text)");
    assert_int_equal(query_as(f, "SELECT ROW(-1, 'x')::pair", WEFT_TEXT, &v, copy), WEFT_ERROR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_type_comes_back_as_it_was_sent, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(decimals_are_exact, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(decimals_in_lists_are_what_their_text_says, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(null_comes_back_as_null_of_every_type, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(safe_conversions_are_made_and_others_refused, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(parameters_of_the_wrong_kind_or_range_are_refused_before_sending, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(unknown_results_are_read_by_their_reported_types, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(types_without_a_decoder_are_text_where_nothing_is_expected, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(lists_of_every_type_go_as_arrays, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(a_list_is_widened_to_the_type_of_its_statement, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(copy_writes_every_type, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(copy_of_many_rows_and_its_errors_leave_the_connection_usable, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(copy_converts_to_the_columns_types_or_refuses, pg_setup, pg_teardown),
        cmocka_unit_test_setup_teardown(the_binary_form_of_a_foreign_type_is_not_taken_for_text, pg_setup, pg_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
