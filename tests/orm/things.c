/* The models of things.h. */
#include "things.h"

static const char *const hues[] = { "red", "green", "blue" };

#define COLUMN(...) WEFT_COLUMN(Thing, __VA_ARGS__)
WEFT_MODEL(Thing, "thing", COLUMN(id, .primary_key = true), COLUMN(small), COLUMN(number), COLUMN(whole), COLUMN(big), COLUMN(flag),
    COLUMN(real), COLUMN(precise), COLUMN(text, .nullable = true), COLUMN(code), COLUMN(data, .nullable = true), COLUMN(at),
    COLUMN(day), COLUMN(hour), COLUMN(uuid), COLUMN(amount, .nullable = true), COLUMN(json, .nullable = true),
    WEFT_ENUM(Thing, hue, hues), COLUMN(maybe_small), COLUMN(maybe_number), COLUMN(maybe_whole), COLUMN(maybe_big),
    COLUMN(maybe_flag), COLUMN(maybe_real), COLUMN(maybe_precise), COLUMN(maybe_at), COLUMN(maybe_day), COLUMN(maybe_hour),
    COLUMN(maybe_uuid));
WEFT_MODEL(Careful, "careful",
    WEFT_OPTIONS(Careful, .guard = WEFT_GUARD_LOADED),
    WEFT_COLUMN(Careful, id, .primary_key = true), WEFT_COLUMN(Careful, a), WEFT_COLUMN(Careful, b));
WEFT_MODEL(Careless, "careless",
    WEFT_COLUMN(Careless, id, .primary_key = true), WEFT_COLUMN(Careless, a), WEFT_COLUMN(Careless, b),
    WEFT_OPTIONS(Careless, .guard = WEFT_GUARD_NONE));
WEFT_MODEL(Mixed, "mixed",
    WEFT_COLUMN(Mixed, id, .primary_key = true), WEFT_COLUMN(Mixed, plain),
    WEFT_COLUMN(Mixed, always, .guard = WEFT_GUARD_LOADED), WEFT_COLUMN(Mixed, never, .guard = WEFT_GUARD_NONE));
WEFT_MODEL(Counted, "counted",
    WEFT_COLUMN(Counted, id, .primary_key = true), WEFT_COLUMN(Counted, a), WEFT_COLUMN(Counted, b),
    WEFT_COLUMN(Counted, version, .version = true));
WEFT_METADATA(things, &Thing_model, &Careful_model, &Careless_model, &Mixed_model, &Counted_model);

#define UUID_A "'0a0b0c0d-0000-4000-8000-0000000000ff'"
#define UUID_B "'0a0b0c0d-0000-4000-8000-0000000000fe'"
#define AT_A "2024-02-29 12:00:00.000001"
#define AT_B "2024-02-29 12:00:00.000002"
#define ROW(f, a, b, c) { #f, offsetof(Thing, f), { a, a }, { b, b }, c }
#define ROW_BY(f, a, a_sqlite, b, b_sqlite, c) { #f, offsetof(Thing, f), { a, a_sqlite }, { b, b_sqlite }, c }
#define INTEGER(v) { .type = WEFT_INT64, .as.i = (v) }
#define REAL(v) { .type = WEFT_DOUBLE, .as.d = (v) }
#define BOOLEAN(v) { .type = WEFT_BOOL, .as.b = (v) }
#define STRING(t, v) { .type = (t), .as.s = { (v), sizeof(v) - 1 } }
#define MOMENT(t, v) { .type = (t), .as.i = (v) }
#define IDENTITY { .type = WEFT_UUID, .as.uuid = { { 1, 2, 3 } } }
#define NONE(t) { .type = (t), .is_null = true }

/* Neighbours, so that nothing short of exactness tells them apart. */
const thing_column thing_columns[] = {
    ROW(small, "-1", "1", INTEGER(2)),
    ROW(number, "2147483647", "2147483646", INTEGER(2)),
    ROW(whole, "4294967295", "4294967294", INTEGER(2)),
    ROW(big, "9223372036854775807", "9223372036854775806", INTEGER(2)),
    ROW_BY(flag, "false", "0", "true", "1", BOOLEAN(true)),
    ROW(real, "1.5", "'1.5000001'", REAL(2)),
    ROW(precise, "0.1", "0.10000000000000002", REAL(2)),
    ROW(text, "'Straße'", "'straße'", STRING(WEFT_TEXT, "third")),
    ROW(text, "'a'", "'a '", STRING(WEFT_TEXT, "third")),
    ROW(text, "NULL", "''", STRING(WEFT_TEXT, "third")),
    ROW(text, "''", "NULL", STRING(WEFT_TEXT, "third")),
    ROW(text, "'there'", "NULL", NONE(WEFT_TEXT)),
    ROW(code, "''", "' '", STRING(WEFT_TEXT, "third")),
    ROW(code, "'abc'", "'ABC'", STRING(WEFT_TEXT, "third")),
    ROW_BY(data, "'\\x00ff'", "x'00ff'", "'\\x00ff00'", "x'00ff00'", STRING(WEFT_BYTES, "third")),
    ROW_BY(data, "'\\x'", "x''", "NULL", "NULL", STRING(WEFT_BYTES, "third")),
    ROW_BY(data, "NULL", "NULL", "'\\x'", "x''", STRING(WEFT_BYTES, "third")),
    ROW(at, "'" AT_A "'", "'" AT_B "'", MOMENT(WEFT_TIMESTAMP, 1)),
    ROW(day, "'2024-02-29'", "'2024-03-01'", MOMENT(WEFT_DATE, 1)),
    ROW(hour, "'23:59:59.999999'", "'23:59:59.999998'", MOMENT(WEFT_TIME, 1)),
    ROW(uuid, UUID_A, UUID_B, IDENTITY),
    ROW_BY(amount, "1.50", "'1.5'", "1.51", "'1.51'", STRING(WEFT_DECIMAL, "3")),
    ROW_BY(amount, "0", "'0'", "NULL", "NULL", STRING(WEFT_DECIMAL, "3")),
    ROW_BY(amount, "123456789012345678901234567890.1", "'123456789012345678901234567890.1'", "123456789012345678901234567890.2",
        "'123456789012345678901234567890.2'", STRING(WEFT_DECIMAL, "3")),
    ROW(json, "'{\"a\": 1}'", "'{\"a\": 2}'", STRING(WEFT_JSON, "{\"a\": 3}")),
    ROW(json, "NULL", "'null'", STRING(WEFT_JSON, "{\"a\": 3}")),
    ROW(hue, "'red'", "'green'", INTEGER(BLUE)),
    ROW(maybe_small, "NULL", "0", INTEGER(2)),
    ROW(maybe_number, "0", "NULL", INTEGER(2)),
    ROW(maybe_whole, "NULL", "0", INTEGER(2)),
    ROW(maybe_big, "0", "NULL", INTEGER(2)),
    ROW_BY(maybe_flag, "NULL", "NULL", "false", "0", BOOLEAN(true)),
    ROW_BY(maybe_flag, "false", "0", "NULL", "NULL", BOOLEAN(true)),
    ROW(maybe_real, "NULL", "0", REAL(2)),
    ROW(maybe_precise, "0", "NULL", REAL(2)),
    ROW(maybe_at, "NULL", "'1970-01-01 00:00:00.000000'", MOMENT(WEFT_TIMESTAMP, 1)),
    ROW(maybe_day, "'1970-01-01'", "NULL", MOMENT(WEFT_DATE, 1)),
    ROW(maybe_hour, "NULL", "'00:00:00.000000'", MOMENT(WEFT_TIME, 1)),
    ROW(maybe_uuid, UUID_A, "NULL", NONE(WEFT_UUID)),
};
const size_t thing_column_count = sizeof thing_columns / sizeof thing_columns[0];

void things_put(fixture *f, const char *column, const char *sql, const char *where)
{
    char update[512];
    snprintf(update, sizeof update, "UPDATE thing SET %s = %s%s%s", column, sql, where != NULL ? " WHERE " : "",
        where != NULL ? where : "");
    test_database_exec(&f->database, update);
}

static int fill_sql(const fixture *f, int n, char *sql, size_t size)
{
    return snprintf(sql, size,
        "DELETE FROM thing; WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < %d) INSERT "
        "INTO thing (id, small, number, whole, big, flag, real, precise, code, at, day, hour, uuid, hue) SELECT i, 0, 0, 0, 0, %s, "
        "0, 0, "
        "'', %s, %s, %s, %s, 'red' FROM k",
        n, f->postgres ? "false" : "0", f->postgres ? "timestamptz '" AT_A "'" : "'" AT_A "'",
        f->postgres ? "date '2024-02-29'" : "'2024-02-29'", f->postgres ? "time '12:00'" : "'12:00:00.000000'",
        f->postgres ? "uuid " UUID_A : UUID_A);
}

void things_fill_with(fixture *f, int n, const char *column, const char *value)
{
    char sql[1400];
    int used = fill_sql(f, n, sql, sizeof sql);
    snprintf(sql + used, sizeof sql - (size_t)used, "; UPDATE thing SET %s = %s", column, value);
    test_database_exec(&f->database, sql);
    weft_session_clear(f->s);
}

void things_fill(fixture *f, int n)
{
    char sql[900];
    fill_sql(f, n, sql, sizeof sql);
    test_database_exec(&f->database, sql);
    weft_session_clear(f->s);
}
