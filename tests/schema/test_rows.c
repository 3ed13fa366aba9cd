/* Rows that operations insert: what stands in the database then is what a session would have stored, to the last byte, also where a
 * script is run by the database itself without weft. */
#include "fixtures/catalogue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

WEFT_DECLARE(Sample);
struct Sample {
    int32_t id;
    int32_t way; /* by which the row came */
    int16_t small;
    int64_t large;
    uint32_t natural;
    bool truth;
    float single;
    double real;
    const char *text;
    const char *short_text;
    weft_decimal amount, number;
    weft_bytes bytes;
    weft_timestamp moment;
    weft_date day;
    weft_time hour;
    weft_uuid uuid;
    weft_interval span;
    weft_json doc;
    weft_macaddr card;
};
WEFT_MODEL(Sample, "sample", WEFT_COLUMN(Sample, id, .primary_key = true), WEFT_COLUMN(Sample, way), WEFT_COLUMN(Sample, small),
           WEFT_COLUMN(Sample, large), WEFT_COLUMN(Sample, natural), WEFT_COLUMN(Sample, truth), WEFT_COLUMN(Sample, single),
           WEFT_COLUMN(Sample, real), WEFT_COLUMN(Sample, text, .nullable = true), WEFT_COLUMN(Sample, short_text, .length = 5),
           WEFT_COLUMN(Sample, amount, .precision = 12, .scale = 3), WEFT_COLUMN(Sample, number, .nullable = true),
           WEFT_COLUMN(Sample, bytes, .nullable = true), WEFT_COLUMN(Sample, moment), WEFT_COLUMN(Sample, day),
           WEFT_COLUMN(Sample, hour), WEFT_COLUMN(Sample, uuid), WEFT_COLUMN(Sample, span),
           WEFT_COLUMN(Sample, doc, .nullable = true), WEFT_COLUMN(Sample, card));
static WEFT_METADATA(models, &Sample_model);

static const weft_schema_column columns[] = {{.name = "way", .type = WEFT_INT32},
                                             {.name = "small", .type = WEFT_INT16},
                                             {.name = "large", .type = WEFT_INT64},
                                             {.name = "natural", .type = WEFT_UINT32},
                                             {.name = "truth", .type = WEFT_BOOL},
                                             {.name = "single", .type = WEFT_FLOAT},
                                             {.name = "real", .type = WEFT_DOUBLE},
                                             {.name = "text", .type = WEFT_TEXT},
                                             {.name = "short_text", .type = WEFT_TEXT, .length = 5},
                                             {.name = "amount", .type = WEFT_DECIMAL, .precision = 12, .scale = 3},
                                             {.name = "number", .type = WEFT_DECIMAL},
                                             {.name = "bytes", .type = WEFT_BYTES},
                                             {.name = "moment", .type = WEFT_TIMESTAMP},
                                             {.name = "day", .type = WEFT_DATE},
                                             {.name = "hour", .type = WEFT_TIME},
                                             {.name = "uuid", .type = WEFT_UUID},
                                             {.name = "span", .type = WEFT_INTERVAL},
                                             {.name = "doc", .type = WEFT_JSON},
                                             {.name = "card", .type = WEFT_MACADDR}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };
static const weft_schema_table sample = {.name = "sample", .columns = columns, .column_count = COLUMNS};

static Sample row(int i)
{
    static const char *const texts[] = {"", "it's a \"text\"; -- \\ and \\n", "größe 🙂\n\ttab", NULL};
    static const char *const amounts[] = {"0", "-0.00", "+12.50", "1e3", "-123456789.125", ".5", "5.", "1.5e-2"};
    static const char *const numbers[] = {"0012.3400", "-1e20", "0.000000001", "NaN", "123456789012345678901234567890.5", "1E+2"};
    static const double reals[] = {0, -0.0, 0.1, 1e300, -5e-324, 123456789.123456789, 1.0 / 3, INFINITY};
    static const int64_t moments[] = {0, 951782400123456, -62135596800000000, INT64_MAX};
    return (Sample){.small = (int16_t)(i % 2 == 0 ? INT16_MIN : 7),
                    .large = i % 2 == 0 ? INT64_MIN : INT64_MAX,
                    .natural = i % 3 == 0 ? UINT32_MAX : 5,
                    .truth = i % 2 == 0,
                    .single = (float)(i * 0.1),
                    .real = reals[i % 8],
                    .text = texts[i % 4],
                    .short_text = i % 2 == 0 ? "großé" : "'",
                    .amount = {amounts[i % 8]},
                    .number = {numbers[i % 6]},
                    .bytes = i % 3 == 0 ? (weft_bytes){0} : (weft_bytes){"\0\x80'\\x", 5},
                    .moment = {moments[i % 4]},
                    .day = {i % 2 == 0 ? -719162 : 20000},
                    .hour = {i % 2 == 0 ? 0 : 86399999999},
                    .uuid = {{(uint8_t)i, 0xff, 7}},
                    .span = {.months = i - 3, .days = -i, .usec = i * 1000001},
                    .doc = {i % 2 == 0 ? "{\"a\": [1, \"it's \\\\ x\"]}" : NULL},
                    .card = {{1, 2, 0xab, (uint8_t)i, 0, 0xff}}};
}

static void values_of(const Sample *s, weft_value values[COLUMNS])
{
    const weft_value all[COLUMNS] = {
        weft_value_int64(2),           weft_value_int64(s->small),      weft_value_int64(s->large),
        weft_value_int64(s->natural),  weft_value_bool(s->truth),       weft_value_double((double)s->single),
        weft_value_double(s->real),    weft_value_text(s->text),        weft_value_text(s->short_text),
        weft_value_decimal(s->amount), weft_value_text(s->number.text), /* a text will do */
        weft_value_bytes(s->bytes),    weft_value_timestamp(s->moment), weft_value_date(s->day),
        weft_value_time(s->hour),      weft_value_uuid(s->uuid),        weft_value_interval(s->span),
        weft_value_json(s->doc),       weft_value_macaddr(s->card)};
    memcpy(values, all, sizeof all);
}

static char *script_of(const catalogue *c, const weft_ops *ops)
{
    weft_error error = {0};
    char *script = NULL;
    if (weft_ops_script(ops, c->postgres ? "postgresql" : "sqlite", &script, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return script;
}

static weft_engine *create(const catalogue *c)
{
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, &(weft_engine_options){.metadata = &models, .check_schema = WEFT_SCHEMA_NONE});
    if (weft_create_all(engine, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return engine;
}

enum { ROWS = 24 };

/* SQLite keeps no moments beyond its years, and no NaN of its own among decimals' texts is another one. */
static void rows_are_those_that_a_session_stores(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = create(c);
    weft_session *s = weft_session_open(engine, NULL);
    weft_ops *ops = weft_ops_new();
    weft_value *values = calloc((size_t)ROWS * COLUMNS, sizeof *values);
    assert_non_null(s);
    assert_non_null(values);
    for (int i = 0; i < ROWS; i++) {
        Sample one = row(i);
        one.way = 1;
        *weft_edit(s, Sample, weft_new(s, Sample, .way = 1)) = one;
    }
    if (weft_session_commit(s) != WEFT_OK)
        fail_msg("%s", weft_session_error(s)->message);
    Sample rows[ROWS];
    for (int i = 0; i < ROWS; i++) {
        rows[i] = row(i);
        values_of(&rows[i], values + (size_t)i * COLUMNS);
    }
    weft_ops_insert(ops, &sample, &(weft_values){values, (size_t)ROWS * COLUMNS});
    memset(rows, 0, sizeof rows);
    memset(values, 0, (size_t)ROWS * COLUMNS * sizeof *values); /* they were copied */
    char *script = script_of(c, ops);
    test_database_exec(&c->database, script); /* by the database's own library */
    weft_free(script);
    test_database_exec(&c->database, "UPDATE sample SET way = 3 WHERE way = 2");
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    char sql[400];
    shows(c, "SELECT way, count(*) FROM sample GROUP BY way ORDER BY way", "1|24\n2|24\n3|24");
    for (int way = 2; way <= 3; way++)
        for (size_t k = 1; k < COLUMNS; k++) {
            const char *name = columns[k].name;
            (void)snprintf(sql, sizeof sql,
                           c->postgres ? "SELECT count(*) FROM sample a JOIN sample b ON b.id = a.id + (SELECT min(id) FROM sample "
                                         "WHERE way = %d) - 1 WHERE a.way = 1 AND b.%s::text IS NOT DISTINCT FROM a.%s::text"
                                       : "SELECT count(*) FROM sample a JOIN sample b ON b.id = a.id + (SELECT min(id) FROM sample "
                                         "WHERE way = %d) - 1 WHERE a.way = 1 AND b.%s IS a.%s AND typeof(b.%s) = typeof(a.%s)",
                           way, name, name, name, name);
            char wanted[8];
            (void)snprintf(wanted, sizeof wanted, "%d", ROWS);
            catalogue_shows(c, sql, wanted, name, way);
        }
    free(values);
    weft_ops_free(ops);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- numbers ---- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 11 ^ *state << 40;
}

WEFT_DECLARE(Real);
struct Real {
    int32_t id;
    double value;
};
WEFT_MODEL(Real, "real_number", WEFT_COLUMN(Real, id, .primary_key = true), WEFT_COLUMN(Real, value));
static WEFT_METADATA(reals, &Real_model);

static void every_double_comes_back_as_it_was(void **state)
{
    enum { MOST = 3000 };
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, &(weft_engine_options){.metadata = &reals, .check_schema = WEFT_SCHEMA_NONE});
    assert_int_equal(weft_create_all(engine, &error), WEFT_OK);
    weft_value *values = calloc(2 * MOST, sizeof *values);
    assert_non_null(values);
    uint64_t random = 20261130;
    for (int i = 0; i < MOST; i++) {
        double value;
        uint64_t bits = next_random(&random);
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value) || i % 3 == 0)
            value = (double)(int64_t)(bits % 2000000) / (i % 2 == 0 ? 1000.0 : 7.0);
        values[2 * i] = weft_value_int64(i + 1);
        values[2 * i + 1] = weft_value_double(value);
    }
    static const weft_schema_column both[] = {{.name = "id", .type = WEFT_INT32, .identity = true},
                                              {.name = "value", .type = WEFT_DOUBLE}};
    const weft_schema_table table = {.name = "real_number", .columns = both, .column_count = 2};
    weft_ops *ops = weft_ops_new();
    weft_ops_insert(ops, &table, &(weft_values){values, 2 * MOST});
    char *script = script_of(c, ops);
    size_t statements = 0;
    for (const char *at = script; (at = strstr(at, "INSERT INTO real_number (id, value) VALUES")) != NULL; at++)
        statements++;
    assert_true(statements >= MOST / 500 && statements < MOST / 10);
    test_database_exec(&c->database, script);
    weft_free(script);
    weft_session *s = weft_session_open(engine, NULL);
    const Real_list list = weft_query(s, Real, .order_by = weft_order(weft_asc(Real, id)));
    assert_int_equal(list.count, MOST);
    for (size_t i = 0; i < MOST; i++)
        if (memcmp(&list.items[i]->value, &values[2 * i + 1].as.d, sizeof(double)) != 0)
            fail_msg("%zu: %.17g is %.17g", i, values[2 * i + 1].as.d, list.items[i]->value);
    /* The next key lies behind them. */
    const Real *more = weft_new(s, Real, .value = 1);
    assert_int_equal(weft_session_commit(s), WEFT_OK);
    assert_int_equal(more->id, MOST + 1);
    free(values);
    weft_ops_free(ops);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void a_counter_that_is_ahead_stays(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    test_database_exec(&c->database, c->postgres ? "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)"
                                                 : "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n int)");
    test_database_exec(&c->database, "INSERT INTO t (n) VALUES (1), (2), (3), (4), (5)");
    test_database_exec(&c->database, "DELETE FROM t WHERE n > 1");
    static const weft_schema_column both[] = {{.name = "id", .type = WEFT_INT32, .identity = true, .identity_always = true},
                                              {.name = "n", .type = WEFT_INT32}};
    const weft_schema_table table = {.name = "t", .columns = both, .column_count = 2};
    weft_ops *ops = weft_ops_new();
    weft_ops_insert(ops, &table, weft_parameters(weft_value_int64(3), weft_value_int64(30)));
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    test_database_exec(&c->database, "INSERT INTO t (n) VALUES (6)");
    shows(c, "SELECT id, n FROM t ORDER BY id", "1|1\n3|30\n6|6");
    weft_ops_free(ops);
    weft_engine_close(engine);
}

static void a_sequence_of_a_default_goes_on_behind_them(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    test_database_exec(&c->database, "CREATE TABLE t (id serial PRIMARY KEY, n int)");
    weft_schema *schema = catalogue_reflect(engine);
    weft_ops *ops = weft_ops_new();
    weft_ops_insert(ops, weft_schema_find_table(schema, NULL, "t"),
                    weft_parameters(weft_value_int64(7), weft_value_null(WEFT_INT32), weft_value_int64(9), weft_value_int64(1)));
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    test_database_exec(&c->database, "INSERT INTO t (n) VALUES (6)");
    shows(c, "SELECT id, n FROM t ORDER BY id", "7|NULL\n9|1\n10|6");
    weft_ops_free(ops);
    weft_schema_free(schema);
    weft_engine_close(engine);
}

/* ---- what else columns have ---- */

static void names_enums_and_arrays_are_written(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    test_database_exec(&c->database, "CREATE TYPE \"Mood\" AS ENUM ('it''s', 'glad')");
    test_database_exec(&c->database, "CREATE TABLE \"Or\"\"der; --\" (\"select\" \"Mood\", \"a b\" int[], texts text[], net inet, "
                                     "c char(3), r tsrange)");
    static const int32_t numbers[] = {1, -2, 3};
    static const char *const words[] = {"it's", "\"q\", \\", NULL};
    static const weft_schema_column all[] = {{.name = "select", .enum_type = "Mood"},
                                             {.name = "a b", .type = WEFT_INT32, .array = true},
                                             {.name = "texts", .type = WEFT_TEXT, .array = true},
                                             {.name = "net", .type = WEFT_INET},
                                             {.name = "c", .sql_type = "character(3)"},
                                             {.name = "r", .sql_type = "tsrange"}};
    const weft_schema_table table = {.name = "Or\"der; --", .columns = all, .column_count = 6};
    weft_ops *ops = weft_ops_new();
    weft_ops_insert(ops, &table,
                    weft_parameters(weft_value_text("it's"), weft_value_array_int32((weft_array_int32){numbers, 3}),
                                    weft_value_array_text((weft_array_text){words, 3}), weft_value_inet((weft_inet){"10.0.0.0/8"}),
                                    weft_value_text("ab"), weft_value_text("[2026-01-01,2026-02-01)")));
    char described[100];
    weft_ops_describe(ops, 0, described, sizeof described);
    assert_string_equal(described, "insert 1 rows into Or\"der; --");
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    shows(c, "SELECT \"select\", \"a b\", texts[1], texts[2], texts[3], net, c, lower(r)::date FROM \"Or\"\"der; --\"",
          "it's|{1,-2,3}|it's|\"q\", \\|NULL|10.0.0.0/8|ab |2026-01-01");
    weft_ops_free(ops);
    weft_engine_close(engine);
}

/* As the session stores them, so that they are found by equality. */
static void arrays_are_json_on_sqlite(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    test_database_exec(&c->database,
                       "CREATE TABLE kept (n NUMBER_ARRAY_TEXT, d NUMBER_ARRAY_TEXT, t TEXT_ARRAY_TEXT, m DECIMAL_ARRAY_TEXT, "
                       "day DATE_ARRAY_TEXT, b BYTES_ARRAY_TEXT, ok NUMBER_ARRAY_TEXT, none TEXT_ARRAY_TEXT)");
    static const weft_schema_column all[] = {
        {.name = "n", .type = WEFT_INT32, .array = true},  {.name = "d", .type = WEFT_DOUBLE, .array = true},
        {.name = "t", .type = WEFT_TEXT, .array = true},   {.name = "m", .type = WEFT_DECIMAL, .array = true},
        {.name = "day", .type = WEFT_DATE, .array = true}, {.name = "b", .type = WEFT_BYTES, .array = true},
        {.name = "ok", .type = WEFT_BOOL, .array = true},  {.name = "none", .type = WEFT_TEXT, .array = true}};
    static const weft_opt_int32 numbers[] = {{true, 1}, {false, 0}, {true, -2}};
    static const double some[] = {1, 0.1, -1e300};
    static const char *const words[] = {"it's", "\"q\", \\", NULL, "\n"};
    static const weft_decimal decimals[] = {{"1.50"}, {"007"}};
    static const weft_date days[] = {{0}, {INT32_MAX}};
    static const weft_bytes bytes[] = {{"\0\xff", 2}, {"", 0}};
    static const bool truths[] = {true, false};
    const weft_schema_table table = {.name = "kept", .columns = all, .column_count = 8};
    weft_ops *ops = weft_ops_new();
    weft_ops_insert(
        ops, &table,
        weft_parameters(weft_value_array_opt_int32((weft_array_opt_int32){numbers, 3}),
                        weft_value_array_double((weft_array_double){some, 3}), weft_value_array_text((weft_array_text){words, 4}),
                        weft_value_array_decimal((weft_array_decimal){decimals, 2}),
                        weft_value_array_date((weft_array_date){days, 2}), weft_value_array_bytes((weft_array_bytes){bytes, 2}),
                        weft_value_array_bool((weft_array_bool){truths, 2}), weft_value_array_text((weft_array_text){words, 0})));
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    shows(c, "SELECT * FROM kept",
          "[1,null,-2]|[1.0,0.10000000000000001,-1.0000000000000001e+300]|[\"it's\",\"\\\"q\\\", "
          "\\\\\",null,\"\\u000a\"]|[\"1.50\",\"7\"]|[\"1970-01-01\",\"infinity\"]|"
          "[\"00ff\",\"\"]|[true,false]|[]");
    weft_connection *connection;
    weft_result *result;
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    const weft_values given = {(const weft_value[]){weft_value_array_double((weft_array_double){some, 3}),
                                                    weft_value_array_decimal((weft_array_decimal){decimals, 2}),
                                                    weft_value_array_text((weft_array_text){words, 4}),
                                                    weft_value_array_bytes((weft_array_bytes){bytes, 2})},
                               4};
    assert_int_equal(
        weft_connection_query(connection,
                              "SELECT count(*) FROM kept WHERE d = $1 AND m = $2 COLLATE WEFT_ARRAY_DECIMAL AND t = $3 AND b = $4",
                              &given, &result, &error),
        WEFT_OK);
    int64_t found = 0;
    assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &found));
    assert_int_equal(found, 1);
    weft_result_close(result);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_engine_close(engine);
}

/* ---- mistakes ---- */

static void refused(const catalogue *c, const weft_schema_column *column, weft_value value, weft_status status, const char *part)
{
    weft_error error = {0};
    char *script = NULL;
    const weft_schema_table table = {.name = "room", .columns = column, .column_count = 1};
    weft_ops *ops = weft_ops_new();
    weft_ops_insert(ops, &table, &(weft_values){&value, 1});
    const weft_status got = weft_ops_script(ops, c->postgres ? "postgresql" : "sqlite", &script, &error);
    if (got != status || strstr(error.message, part) == NULL)
        fail_msg("%s: %s beside %s", weft_status_name(got), error.message, part);
    assert_null(script);
    weft_ops_free(ops);
}
#define REFUSED(status, part, value, ...) \
    refused(c, &(const weft_schema_column){.name = "n", __VA_ARGS__}, (value), (status), (part))

static void mistakes_name_the_column(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value is out of the range", weft_value_int64(32768), .type = WEFT_INT16);
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value is out of the range", weft_value_int64(-1), .type = WEFT_UINT32);
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value is of another type", weft_value_text("x"), .type = WEFT_INT32);
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value is of another type", weft_value_text("2026-02-30"), .type = WEFT_DATE);
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value has more digits", weft_value_text("1.234"), .type = WEFT_DECIMAL, .precision = 5,
            .scale = 2);
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value is of another type", weft_value_text("1,5"), .type = WEFT_DECIMAL);
    REFUSED(WEFT_ERROR_TYPE, "room.n: the value is longer", weft_value_text("größer"), .type = WEFT_TEXT, .length = 5);
    REFUSED(WEFT_ERROR_DATA, "room.n: the value is not UTF-8", weft_value_text("\xff"), .type = WEFT_TEXT);
    REFUSED(WEFT_ERROR_MISUSE, "room.n is computed", weft_value_int64(1), .type = WEFT_INT32, .generated = "1");
    if (!c->postgres) {
        static const double beyond[] = {1, (double)NAN};
        static const weft_inet nets[] = {{"::1"}};
        REFUSED(WEFT_ERROR_UNSUPPORTED, "room.n: the value is of a type that SQLite", weft_value_inet((weft_inet){"::1"}),
                .type = WEFT_INET);
        REFUSED(WEFT_ERROR_UNSUPPORTED, "room.n: the value is no number", weft_value_double((double)NAN), .type = WEFT_DOUBLE);
        REFUSED(WEFT_ERROR_UNSUPPORTED, "room.n: the value holds what is no number",
                weft_value_array_double((weft_array_double){beyond, 2}), .type = WEFT_DOUBLE, .array = true);
        REFUSED(WEFT_ERROR_UNSUPPORTED, "room.n: the value is of a type that SQLite",
                weft_value_array_inet((weft_array_inet){nets, 1}), .type = WEFT_INET, .array = true);
    }
    const weft_schema_column column = {.name = "n", .type = WEFT_INT32};
    const weft_schema_table table = {.name = "room", .columns = &column, .column_count = 1}, bare = {.name = "room"};
    const struct {
        const weft_schema_table *table;
        const weft_values *values;
    } wrong[] = {{NULL, weft_parameters(weft_value_int64(1))}, {&table, NULL}, {&bare, weft_parameters(weft_value_int64(1))}};
    for (size_t i = 0; i < 3; i++) {
        weft_ops *ops = weft_ops_new();
        weft_ops_insert(ops, wrong[i].table, wrong[i].values);
        assert_int_equal(weft_ops_status(ops, &error), WEFT_ERROR_MISUSE);
        weft_ops_free(ops);
    }
    weft_ops *ops = weft_ops_new();
    const weft_schema_column two[] = {{.name = "a", .type = WEFT_INT32}, {.name = "b", .type = WEFT_INT32}};
    weft_ops_insert(ops, &(const weft_schema_table){.name = "room", .columns = two, .column_count = 2},
                    weft_parameters(weft_value_int64(1), weft_value_int64(2), weft_value_int64(3)));
    assert_int_equal(weft_ops_status(ops, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "3 values for 2 columns"));
    weft_ops_free(ops);
    ops = weft_ops_new();
    weft_ops_insert(ops, &table, &(weft_values){0}); /* no rows are nothing */
    char *script = script_of(c, ops);
    assert_string_equal(script, "");
    weft_free(script);
    weft_ops_free(ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_are_those_that_a_session_stores),
        ON_BOTH(every_double_comes_back_as_it_was),
        ON_BOTH(a_counter_that_is_ahead_stays),
        ON_POSTGRES(a_sequence_of_a_default_goes_on_behind_them),
        ON_POSTGRES(names_enums_and_arrays_are_written),
        ON_SQLITE(arrays_are_json_on_sqlite),
        ON_BOTH(mistakes_name_the_column),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
