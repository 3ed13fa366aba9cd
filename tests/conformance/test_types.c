/* Every type goes to the database and comes back the same, NULL and extremes included; what is no text is refused; lists are
 * lists. */
#include "backend.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* SELECTs a parameter back from a column of its type: cells of a table, not of an expression. */
static weft_status round_trip(backend *b, const char *sql_type, weft_type type, const weft_value *in, weft_value *out, char *text,
                              weft_error *error)
{
    char sql[200];
    uint16_t types[1] = {(uint16_t)type};
    weft_value parameter = *in;
    wefti_cursor *cursor;
    bool has_row = false;
    (void)run(b, "DROP TABLE IF EXISTS round_trip");
    (void)snprintf(sql, sizeof sql, "CREATE TABLE round_trip (v %s)", sql_type);
    must(b, sql);
    wefti_statement *insert = statement_of(0, "INSERT INTO round_trip VALUES ($1)", 1, false);
    insert->parameter_types = types;
    insert->writes = true;
    wefti_statement *select = statement_of(0, "SELECT v FROM round_trip", 0, true);
    select->column_types = types;
    select->column_count = 1;
    weft_status status = b->driver->execute(b->dbc, insert, &parameter, 1, false, WEFTI_NO_DEADLINE, &cursor, error);
    if (status != WEFT_OK)
        return status;
    assert_int_equal(cursor->changed_rows, 1);
    b->driver->finish(cursor);
    status = b->driver->execute(b->dbc, select, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, error);
    if (status == WEFT_OK)
        status = b->driver->step(cursor, &has_row, error);
    if (status == WEFT_OK) {
        assert_true(has_row);
        *out = cursor->row[0];
        if (text != NULL && !out->is_null) {
            memcpy(text, out->as.s.data, out->as.s.size);
            text[out->as.s.size] = '\0';
        }
    }
    b->driver->finish(cursor);
    return status;
}

static void check_same(backend *b, const char *sql_type, weft_value in)
{
    static char text[100000];
    weft_value out = {0};
    weft_error error = {0};
    weft_type type = in.type;
    text[0] = '\0';
    bool textual = type == WEFT_TEXT || type == WEFT_BYTES || type == WEFT_DECIMAL || type == WEFT_JSON;
    if (round_trip(b, sql_type, type, &in, &out, textual ? text : NULL, &error) != WEFT_OK)
        fail_msg("%s: %s", sql_type, error.message);
    assert_int_equal(out.is_null, in.is_null);
    assert_int_equal(out.type, type);
    if (in.is_null)
        return;
    if (textual) {
        assert_int_equal(out.as.s.size, in.as.s.size);
        assert_memory_equal(text, in.as.s.data, in.as.s.size);
    } else if (type == WEFT_DOUBLE || type == WEFT_FLOAT) {
        assert_true(isnan(in.as.d) ? isnan(out.as.d) : out.as.d == in.as.d);
    } else if (type == WEFT_BOOL) {
        assert_int_equal(out.as.b, in.as.b);
    } else if (type == WEFT_UUID) {
        assert_memory_equal(out.as.uuid.bytes, in.as.uuid.bytes, 16);
    } else {
        assert_true(out.as.i == in.as.i);
    }
}

static weft_value of_int(weft_type type, int64_t i) { return (weft_value){.type = type, .as.i = i}; }

static void integers_come_back_to_their_bounds(void **state)
{
    backend *b = *state;
    static const int64_t values[] = {0, 1, -1, INT16_MAX, INT16_MIN, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (values[i] >= INT16_MIN && values[i] <= INT16_MAX)
            check_same(b, "SMALLINT", of_int(WEFT_INT16, values[i]));
        if (values[i] >= INT32_MIN && values[i] <= INT32_MAX)
            check_same(b, "INTEGER", of_int(WEFT_INT32, values[i]));
        if (values[i] >= 0 && values[i] <= UINT32_MAX)
            check_same(b, "BIGINT", of_int(WEFT_UINT32, values[i]));
        check_same(b, "BIGINT", of_int(WEFT_INT64, values[i]));
    }
    check_same(b, "BOOLEAN", weft_value_bool(true));
    check_same(b, "BOOLEAN", weft_value_bool(false));
}

static void integers_are_not_narrowed_silently(void **state)
{
    backend *b = *state;
    uint16_t narrow[1] = {WEFT_INT16};
    wefti_statement *select = statement_of(0, "SELECT v FROM wide", 0, true);
    wefti_cursor *cursor;
    weft_error error = {0};
    bool has_row;
    must(b, "CREATE TABLE wide (v BIGINT)");
    must(b, "INSERT INTO wide VALUES (40000)");
    select->column_types = narrow;
    select->column_count = 1;
    weft_status status = b->driver->execute(b->dbc, select, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error);
    if (status == WEFT_OK)
        status = b->driver->step(cursor, &has_row, &error);
    b->driver->finish(cursor);
    assert_int_equal(status, WEFT_ERROR_DATA);
    assert_string_equal(error.column, "v");
}

static void parameters_fit_what_the_statement_takes_or_are_refused(void **state)
{
    backend *b = *state;
    static const struct {
        weft_type wanted;
        weft_value given;
        weft_status status;
    } cases[] = {
        {WEFT_INT16, {.type = WEFT_INT64, .as.i = 32767}, WEFT_OK},
        {WEFT_INT16, {.type = WEFT_INT64, .as.i = 32768}, WEFT_ERROR_TYPE},
        {WEFT_INT32, {.type = WEFT_INT64, .as.i = INT64_MIN}, WEFT_ERROR_TYPE},
        {WEFT_UINT32, {.type = WEFT_INT32, .as.i = -1}, WEFT_ERROR_TYPE},
        {WEFT_INT64, {.type = WEFT_INT16, .as.i = 5}, WEFT_OK},
        {WEFT_DOUBLE, {.type = WEFT_INT32, .as.i = 5}, WEFT_OK},
        {WEFT_FLOAT, {.type = WEFT_DOUBLE, .as.d = 1e300}, WEFT_ERROR_TYPE},
        {WEFT_DECIMAL, {.type = WEFT_INT64, .as.i = -12}, WEFT_OK},
        {WEFT_DECIMAL, {.type = WEFT_TEXT, .as.s = {"12.5", 4}}, WEFT_OK},
        {WEFT_TEXT, {.type = WEFT_INT64, .as.i = 5}, WEFT_ERROR_TYPE},
        {WEFT_INT64, {.type = WEFT_TEXT, .as.s = {"5", 1}}, WEFT_ERROR_TYPE},
        {WEFT_INT64, {.type = WEFT_DOUBLE, .as.d = 5}, WEFT_ERROR_TYPE},
        {WEFT_BOOL, {.type = WEFT_INT32, .as.i = 1}, WEFT_ERROR_TYPE},
        {WEFT_DATE, {.type = WEFT_TIMESTAMP, .as.i = 1}, WEFT_ERROR_TYPE},
        {WEFT_UUID, {.type = WEFT_BYTES, .as.s = {"0123456789abcdef", 16}}, WEFT_ERROR_TYPE},
        {WEFT_BYTES, {.type = WEFT_TEXT, .as.s = {"x", 1}}, WEFT_ERROR_TYPE},
        {WEFT_INT16, {.type = WEFT_TEXT, .is_null = true}, WEFT_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t types[1] = {(uint16_t)cases[i].wanted};
        wefti_statement *select = statement_of(0, "SELECT $1", 1, true);
        wefti_cursor *cursor;
        weft_error error = {0};
        select->parameter_types = types;
        weft_status status = b->driver->execute(b->dbc, select, &cases[i].given, 1, false, WEFTI_NO_DEADLINE, &cursor, &error);
        b->driver->finish(cursor);
        if (status != cases[i].status)
            fail_msg("case %zu: %s %s", i, weft_status_identifier(status), error.message);
    }
}

static void doubles_come_back_bit_for_bit(void **state)
{
    backend *b = *state;
    static const double values[] = {
        0, 1.5, -1e300, 0.1, DBL_MIN, DBL_MAX, -DBL_MAX, 5e-324, (double)INFINITY, -(double)INFINITY, 12345678901234567890.0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check_same(b, b->double_type, weft_value_double(values[i]));
    weft_value single = weft_value_double((double)1.1f);
    single.type = WEFT_FLOAT;
    check_same(b, "REAL", single);
    weft_value nan = weft_value_double((double)NAN), out;
    if (b->nan)
        check_same(b, b->double_type, nan);
    else
        assert_int_equal(round_trip(b, b->double_type, WEFT_DOUBLE, &nan, &out, NULL, NULL), WEFT_ERROR_DATA);
}

static void texts_and_bytes_come_back(void **state)
{
    backend *b = *state;
    static char large[70000];
    memset(large, 'x', sizeof large - 1);
    check_same(b, "TEXT", weft_value_text(""));
    check_same(b, "TEXT", weft_value_text("it's \"quoted\" \\ $1 -- ; \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n\t"));
    check_same(b, "TEXT", weft_value_text(large));
    check_same(b, b->bytes_type, weft_value_bytes((weft_bytes){"", 0}));
    check_same(b, b->bytes_type, weft_value_bytes((weft_bytes){"\x00\xff\x00'", 4}));
    check_same(b, b->bytes_type, weft_value_bytes((weft_bytes){large, sizeof large}));
    check_same(b, b->json_type, weft_value_json((weft_json){"{\"a\": [1, null, \"\\u00e4\"]}"}));
}

static void decimals_come_back_exactly(void **state)
{
    backend *b = *state;
    static const char *const values[] = {"0",
                                         "1",
                                         "-1",
                                         "12.50",
                                         "0.0001",
                                         "-0.0100",
                                         "123456789012345678901234567890.123456789",
                                         "9999",
                                         "10000",
                                         "100000000",
                                         "0.00000000000000000001",
                                         "NaN"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        check_same(b, b->decimal_type, weft_value_decimal((weft_decimal){values[i]}));
    weft_value bad = weft_value_decimal((weft_decimal){"12,5"}), out;
    assert_int_equal(round_trip(b, b->decimal_type, WEFT_DECIMAL, &bad, &out, NULL, NULL), WEFT_ERROR_DATA);
}

static void times_come_back_to_the_microsecond(void **state)
{
    backend *b = *state;
    static const int64_t usecs[] = {0, 1, -1, 253402300799999999, -62135596800000000, 1717171717123456, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof usecs / sizeof *usecs; i++)
        check_same(b, b->timestamp_type, of_int(WEFT_TIMESTAMP, usecs[i]));
    static const int32_t days[] = {0, 1, -1, 2932896, -719162, 19000, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        check_same(b, b->date_type, of_int(WEFT_DATE, days[i]));
    static const int64_t times[] = {0, 1, 45296123456, 86399999999, 86400000000};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        check_same(b, b->time_type, of_int(WEFT_TIME, times[i]));
}

static void years_beyond_four_digits_come_back_or_are_refused(void **state)
{
    backend *b = *state;
    static const int64_t usecs[] = {-62135596800000001, 253402300800000000};
    for (size_t i = 0; i < 2; i++) {
        weft_value in = of_int(WEFT_TIMESTAMP, usecs[i]), out;
        weft_value day = of_int(WEFT_DATE, i == 0 ? -719163 : 2932897);
        if (b->any_year) {
            check_same(b, b->timestamp_type, in);
            check_same(b, b->date_type, day);
        } else {
            assert_int_equal(round_trip(b, b->timestamp_type, WEFT_TIMESTAMP, &in, &out, NULL, NULL), WEFT_ERROR_TYPE);
            assert_int_equal(round_trip(b, b->date_type, WEFT_DATE, &day, &out, NULL, NULL), WEFT_ERROR_TYPE);
        }
    }
    weft_value far = of_int(WEFT_TIMESTAMP, INT64_MIN + 1), out;
    assert_int_equal(round_trip(b, b->timestamp_type, WEFT_TIMESTAMP, &far, &out, NULL, NULL), WEFT_ERROR_TYPE);
    weft_value late = of_int(WEFT_TIME, INT64_C(86400000001));
    assert_int_equal(round_trip(b, b->time_type, WEFT_TIME, &late, &out, NULL, NULL), WEFT_ERROR_TYPE);
}

static void uuids_come_back(void **state)
{
    backend *b = *state;
    check_same(b, b->uuid_type, weft_value_uuid((weft_uuid){{0}}));
    check_same(b, b->uuid_type, weft_value_uuid(weft_uuid_random()));
}

/* Longer than any value of fixed size. */
static void bits_come_back(void **state)
{
    backend *b = *state;
    char raw[300];
    memset(raw, 0x5a, sizeof raw);
    weft_value in = weft_value_bits((weft_bits){raw, sizeof raw * 8 - 3}), out = {0};
    weft_error error = {0};
    raw[sizeof raw - 1] = 0x58;
    if (!b->server)
        return; /* there are none */
    char copy[sizeof raw + 1];
    if (round_trip(b, "VARBIT", WEFT_BITS, &in, &out, copy, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(out.as.s.size, sizeof raw);
    assert_int_equal(out.ends_, 3);
    assert_memory_equal(copy, raw, sizeof raw);
}

static void nulls_of_every_type_come_back(void **state)
{
    backend *b = *state;
    check_same(b, "SMALLINT", weft_value_null(WEFT_INT16));
    check_same(b, "INTEGER", weft_value_null(WEFT_INT32));
    check_same(b, "BIGINT", weft_value_null(WEFT_INT64));
    check_same(b, "BIGINT", weft_value_null(WEFT_UINT32));
    check_same(b, "BOOLEAN", weft_value_null(WEFT_BOOL));
    check_same(b, "REAL", weft_value_null(WEFT_FLOAT));
    check_same(b, b->double_type, weft_value_null(WEFT_DOUBLE));
    check_same(b, "TEXT", weft_value_text(NULL));
    check_same(b, b->bytes_type, weft_value_null(WEFT_BYTES));
    check_same(b, b->timestamp_type, weft_value_null(WEFT_TIMESTAMP));
    check_same(b, b->date_type, weft_value_null(WEFT_DATE));
    check_same(b, b->time_type, weft_value_null(WEFT_TIME));
    check_same(b, b->uuid_type, weft_value_null(WEFT_UUID));
    check_same(b, b->decimal_type, weft_value_null(WEFT_DECIMAL));
    check_same(b, b->json_type, weft_value_null(WEFT_JSON));
}

static void what_is_no_text_is_refused_before_it_is_sent(void **state)
{
    backend *b = *state;
    static const struct {
        const char *data;
        size_t size;
    } texts[] = {{"a\0b", 3}, {"\xff", 1}, {"\xc3", 1}, {"ok \xed\xa0\x80", 6}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        weft_value in = {.type = WEFT_TEXT}, out;
        weft_error error = {0};
        in.as.s.data = texts[i].data;
        in.as.s.size = texts[i].size;
        assert_int_equal(round_trip(b, "TEXT", WEFT_TEXT, &in, &out, NULL, &error), WEFT_ERROR_DATA);
        assert_true(error.nothing_sent);
        assert_int_equal(b->driver->state(b->dbc), WEFTI_TX_IDLE);
    }
}

static void unknown_result_types_are_as_the_database_reports(void **state)
{
    backend *b = *state;
    char sql[400];
    (void)snprintf(sql, sizeof sql, "CREATE TABLE kinds (i BIGINT, t TEXT, d %s, o BOOLEAN, at %s, u %s, raw %s)", b->double_type,
                   b->timestamp_type, b->uuid_type, b->bytes_type);
    must(b, sql);
    weft_value values[] = {weft_value_int64(7),
                           weft_value_text("seven"),
                           weft_value_double(7.5),
                           weft_value_bool(true),
                           weft_value_timestamp((weft_timestamp){7}),
                           weft_value_uuid((weft_uuid){{7}}),
                           weft_value_bytes((weft_bytes){"\x07", 1})};
    weft_error error = {0};
    if (run_on(b->dbc, "INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $7)", values, 7, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    wefti_statement *select = statement_of(0, "SELECT i, t, d, o, at AS moment, u, raw FROM kinds", 0, true);
    wefti_cursor *cursor;
    bool has_row;
    static const weft_type types[] = {WEFT_INT64, WEFT_TEXT, WEFT_DOUBLE, WEFT_BOOL, WEFT_TIMESTAMP, WEFT_UUID, WEFT_BYTES};
    assert_int_equal(b->driver->execute(b->dbc, select, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    assert_int_equal(cursor->column_count, 7);
    assert_string_equal(b->driver->column_name(cursor, 0), "i");
    assert_string_equal(b->driver->column_name(cursor, 4), "moment");
    assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
    assert_true(has_row);
    for (uint16_t i = 0; i < 7; i++) {
        if (!b->column_types)
            continue;
        assert_int_equal(b->driver->column_type(cursor, i), types[i]);
        assert_int_equal(cursor->row[i].type, types[i]);
    }
    assert_true(cursor->row[0].as.i == 7);
    assert_memory_equal(cursor->row[1].as.s.data, "seven", 5);
    assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
    assert_false(has_row);
    assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
    assert_false(has_row);
    assert_int_equal(cursor->row_count, 1);
    b->driver->finish(cursor);
}

static int64_t count_any(backend *b, const char *column, wefti_array *array)
{
    char sql[200];
    weft_value parameter = wefti_array_value(array);
    uint16_t types[1] = {(uint16_t)((array->type & ~WEFT_OPT) | WEFTI_ARRAY)};
    weft_error error = {0};
    wefti_cursor *cursor;
    bool has_row = false;
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM lists WHERE %s %s", column, b->any_of);
    wefti_statement *statement = statement_of(0, sql, 1, true);
    statement->parameter_types = types;
    weft_status status = b->driver->execute(b->dbc, statement, &parameter, 1, false, WEFTI_NO_DEADLINE, &cursor, &error);
    if (status == WEFT_OK)
        status = b->driver->step(cursor, &has_row, &error);
    if (status != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
    int64_t count = cursor->row[0].as.i;
    b->driver->finish(cursor);
    return count;
}

static void lists_are_one_parameter(void **state)
{
    backend *b = *state;
    char sql[300];
    (void)snprintf(sql, sizeof sql, "CREATE TABLE lists (i BIGINT, t TEXT, d %s, u %s, day %s)", b->double_type, b->uuid_type,
                   b->date_type);
    must(b, sql);
    weft_uuid uuid = weft_uuid_random();
    weft_value row[] = {weft_value_int64(INT64_MAX), weft_value_text("it's \"x\"\\"), weft_value_double(0.1), weft_value_uuid(uuid),
                        weft_value_date((weft_date){19000})};
    assert_int_equal(run_on(b->dbc, "INSERT INTO lists VALUES ($1, $2, $3, $4, $5)", row, 5, NULL), WEFT_OK);
    int64_t integers[] = {1, INT64_MAX, 3};
    const char *texts[] = {"a", NULL, "it's \"x\"\\"};
    weft_opt_double doubles[] = {{false, 0}, {true, 0.1}};
    weft_uuid uuids[] = {{{0}}, uuid};
    weft_date dates[] = {{19000}};
    struct {
        char code[12];
    } codes[] = {{"it's \"x\"\\"}, {"other"}};
    assert_int_equal(count_any(b, "i", &(wefti_array){.type = WEFT_INT64, .count = 3, .base = integers, .stride = 8}), 1);
    assert_int_equal(count_any(b, "i", &(wefti_array){.type = WEFT_INT64, .count = 1, .base = integers, .stride = 8}), 0);
    assert_int_equal(count_any(b, "i", &(wefti_array){.type = WEFT_INT64, .count = 0}), 0);
    assert_int_equal(count_any(b, "t", &(wefti_array){.type = WEFT_TEXT, .count = 3, .base = texts, .stride = sizeof *texts}), 1);
    assert_int_equal(count_any(b, "t",
                               &(wefti_array){.type = WEFT_CHARS, .size = 12, .count = 2, .base = codes, .stride = sizeof *codes}),
                     1);
    assert_int_equal(
        count_any(b, "d", &(wefti_array){.type = WEFT_DOUBLE + WEFT_OPT, .count = 2, .base = doubles, .stride = sizeof *doubles}),
        1);
    assert_int_equal(count_any(b, "u", &(wefti_array){.type = WEFT_UUID, .count = 2, .base = uuids, .stride = 16}), 1);
    assert_int_equal(count_any(b, "day", &(wefti_array){.type = WEFT_DATE, .count = 1, .base = dates, .stride = sizeof *dates}), 1);
    const void *rows[] = {&integers[2], &integers[1]};
    assert_int_equal(count_any(b, "i", &(wefti_array){.type = WEFT_INT64, .count = 2, .rows = rows}), 1);
}

/* A struct with a field of every type, and its columns as a batch of parameters. */
typedef struct every {
    int16_t small;
    int32_t number;
    int64_t large;
    uint32_t natural;
    bool flag;
    float single;
    double real;
    const char *text;
    char code[8];
    weft_bytes raw;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid uuid;
    weft_decimal price;
    weft_json document;
    weft_opt_int16 opt_small;
    weft_opt_int32 opt_number;
    weft_opt_int64 opt_large;
    weft_opt_uint32 opt_natural;
    weft_opt_bool opt_flag;
    weft_opt_float opt_single;
    weft_opt_double opt_real;
    weft_opt_timestamp opt_at;
    weft_opt_date opt_day;
    weft_opt_time opt_hour;
    weft_opt_uuid opt_uuid;
} every;

enum { EVERY_COLUMNS = 27, EVERY_ROWS = 40 };

#define EVERY_FIELD(rows, field) \
    { \
        .type = WEFT_TYPE_OF((rows)[0].field), .size = sizeof(rows)[0].field, .count = EVERY_ROWS, .base = (rows), \
        .stride = sizeof(rows)[0], .offset = offsetof(every, field) \
    }

static void fill_rows(every *rows)
{
    for (int i = 0; i < EVERY_ROWS; i++) {
        bool set = i % 2 == 0;
        rows[i] = (every){
            .small = (int16_t)-i,
            .number = i,
            .large = INT64_C(5000000000) + i,
            .natural = UINT32_MAX - (uint32_t)i,
            .flag = set,
            .single = 0.5f,
            .real = i + 0.25,
            .text = set ? "text" : NULL,
            .code = "abc",
            .raw = {set ? "\x00\x01" : NULL, 2},
            .at = {INT64_C(1700000000000000) + i},
            .day = {19000 + i},
            .hour = {i},
            .uuid = {{(unsigned char)i}},
            .price = {"12.50"},
            .document = {"[1]"},
            .opt_small = {set, 1},
            .opt_number = {set, 2},
            .opt_large = {set, 3},
            .opt_natural = {set, 4},
            .opt_flag = {set, true},
            .opt_single = {set, 1.5f},
            .opt_real = {set, 2.5},
            .opt_at = {set, {7}},
            .opt_day = {set, {8}},
            .opt_hour = {set, {9}},
            .opt_uuid = {set, {{1}}},
        };
    }
}

static void create_every(backend *b)
{
    const char *kinds[16] = {"SMALLINT",     "INTEGER",    "BIGINT",        "BIGINT",      "BOOLEAN",         "REAL",
                             b->double_type, "TEXT",       "TEXT",          b->bytes_type, b->timestamp_type, b->date_type,
                             b->time_type,   b->uuid_type, b->decimal_type, b->json_type};
    static const int opt_kinds[11] = {0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13};
    char sql[1500] = "CREATE TABLE every (";
    for (int i = 0; i < EVERY_COLUMNS; i++) {
        size_t used = strlen(sql);
        (void)snprintf(sql + used, sizeof sql - used, "%sc%d %s", i > 0 ? ", " : "", i, kinds[i < 16 ? i : opt_kinds[i - 16]]);
    }
    (void)snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ")");
    must(b, sql);
}

static void insert_every(backend *b, const wefti_array *parameters, uint16_t *types)
{
    char sql[1500] = "INSERT INTO every VALUES (";
    weft_error error = {0};
    for (int i = 0; i < EVERY_COLUMNS; i++) {
        types[i] = (uint16_t)(parameters[i].type & ~WEFT_OPT);
        (void)snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "%s$%d", i > 0 ? ", " : "", i + 1);
    }
    (void)snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ")");
    wefti_statement *insert = statement_of(0, sql, EVERY_COLUMNS, false);
    insert->parameter_types = types;
    insert->writes = true;
    if (b->driver->execute_many(b->dbc, insert, parameters, EVERY_ROWS, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL, &error) !=
        WEFT_OK)
        fail_msg("%s", error.message);
}

static void check_cell(const weft_value *got, const weft_value *wanted, uint16_t type)
{
    assert_int_equal(got->is_null, wanted->is_null);
    if (wanted->is_null)
        return;
    if (type == WEFT_DOUBLE || type == WEFT_FLOAT)
        assert_true(got->as.d == wanted->as.d);
    else if (type == WEFT_BOOL)
        assert_int_equal(got->as.b, wanted->as.b);
    else if (type == WEFT_UUID)
        assert_memory_equal(&got->as.uuid, &wanted->as.uuid, 16);
    else if (type >= WEFT_TEXT && (type <= WEFT_BYTES || type >= WEFT_DECIMAL))
        assert_memory_equal(got->as.s.data, wanted->as.s.data, wanted->as.s.size);
    else
        assert_true(got->as.i == wanted->as.i);
}

static void fields_of_every_type_are_parameters_of_a_batch(void **state)
{
    backend *b = *state;
    static every rows[EVERY_ROWS];
    uint16_t types[EVERY_COLUMNS];
    weft_error error = {0};
    wefti_cursor *cursor;
    bool has_row;
    wefti_array parameters[EVERY_COLUMNS] = {
        EVERY_FIELD(rows, small),     EVERY_FIELD(rows, number),     EVERY_FIELD(rows, large),     EVERY_FIELD(rows, natural),
        EVERY_FIELD(rows, flag),      EVERY_FIELD(rows, single),     EVERY_FIELD(rows, real),      EVERY_FIELD(rows, text),
        EVERY_FIELD(rows, code),      EVERY_FIELD(rows, raw),        EVERY_FIELD(rows, at),        EVERY_FIELD(rows, day),
        EVERY_FIELD(rows, hour),      EVERY_FIELD(rows, uuid),       EVERY_FIELD(rows, price),     EVERY_FIELD(rows, document),
        EVERY_FIELD(rows, opt_small), EVERY_FIELD(rows, opt_number), EVERY_FIELD(rows, opt_large), EVERY_FIELD(rows, opt_natural),
        EVERY_FIELD(rows, opt_flag),  EVERY_FIELD(rows, opt_single), EVERY_FIELD(rows, opt_real),  EVERY_FIELD(rows, opt_at),
        EVERY_FIELD(rows, opt_day),   EVERY_FIELD(rows, opt_hour),   EVERY_FIELD(rows, opt_uuid),
    };
    fill_rows(rows);
    create_every(b);
    insert_every(b, parameters, types);
    wefti_statement *select = statement_of(0, "SELECT * FROM every ORDER BY c1", 0, true);
    select->column_types = types;
    select->column_count = EVERY_COLUMNS;
    assert_int_equal(b->driver->execute(b->dbc, select, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error), WEFT_OK);
    for (size_t i = 0; i < EVERY_ROWS; i++) {
        assert_int_equal(b->driver->step(cursor, &has_row, &error), WEFT_OK);
        assert_true(has_row);
        for (size_t c = 0; c < EVERY_COLUMNS; c++) {
            weft_value wanted = wefti_field_value(parameters[c].type, parameters[c].size, wefti_array_field(&parameters[c], i));
            check_cell(&cursor->row[c], &wanted, types[c]);
        }
    }
    b->driver->finish(cursor);
}

#define TYPE_TESTS(kind) \
    BACKEND_TEST(integers_come_back_to_their_bounds, kind), BACKEND_TEST(integers_are_not_narrowed_silently, kind), \
        BACKEND_TEST(parameters_fit_what_the_statement_takes_or_are_refused, kind), \
        BACKEND_TEST(doubles_come_back_bit_for_bit, kind), BACKEND_TEST(texts_and_bytes_come_back, kind), \
        BACKEND_TEST(decimals_come_back_exactly, kind), BACKEND_TEST(times_come_back_to_the_microsecond, kind), \
        BACKEND_TEST(years_beyond_four_digits_come_back_or_are_refused, kind), BACKEND_TEST(uuids_come_back, kind), \
        BACKEND_TEST(bits_come_back, kind), BACKEND_TEST(nulls_of_every_type_come_back, kind), \
        BACKEND_TEST(what_is_no_text_is_refused_before_it_is_sent, kind), \
        BACKEND_TEST(unknown_result_types_are_as_the_database_reports, kind), BACKEND_TEST(lists_are_one_parameter, kind), \
        BACKEND_TEST(fields_of_every_type_are_parameters_of_a_batch, kind)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TYPE_TESTS(TEST_SQLITE)};
    const struct CMUnitTest postgres[] = {TYPE_TESTS(TEST_POSTGRES)};
    const struct CMUnitTest memory[] = {TYPE_TESTS(TEST_MEMORY)};
    const struct CMUnitTest least[] = {TYPE_TESTS(TEST_LEAST)};
    const struct CMUnitTest wire[] = {TYPE_TESTS(TEST_WIRE)};
    int failed = cmocka_run_group_tests_name("types on SQLite", sqlite, NULL, NULL);
    failed += cmocka_run_group_tests_name("types on PostgreSQL", postgres, NULL, NULL);
    failed += cmocka_run_group_tests_name("types with a driver of the program's own", memory, NULL, NULL);
    failed += cmocka_run_group_tests_name("types with the least of a driver", least, NULL, NULL);
    return failed + cmocka_run_group_tests_name("types with a driver of the program's own on PostgreSQL", wire, NULL, NULL);
}
