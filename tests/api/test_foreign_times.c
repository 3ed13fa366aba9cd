/* Times, dates and timestamps that other programs wrote into a SQLite file, in the spellings of SQLite's functions and PostgreSQL's
 * output: what is read is found by equality, lists, ranges and joins; all else is refused on reading. */
#include "support/fixture.h"

WEFT_DECLARE(Moment);
WEFT_DECLARE(Mirror);
struct Moment {
    int64_t id;
    weft_opt_timestamp at;
    weft_opt_date day;
    weft_opt_time hour;
};
struct Mirror {
    int64_t id;
    weft_timestamp at;
    const Moment *moment;
};
WEFT_MODEL(Moment, "moment", WEFT_COLUMN(Moment, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Moment, at, .unique = true), WEFT_COLUMN(Moment, day), WEFT_COLUMN(Moment, hour));
WEFT_MODEL(Mirror, "mirror", WEFT_COLUMN(Mirror, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Mirror, at));
WEFT_METADATA(models, &Moment_model, &Mirror_model);
FIXTURE_MODELS(models);

static uint64_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

static const char *one_of(const char *const *list, uint32_t count) { return list[below(count)]; }
#define ONE_OF(...) one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int write_day(char *out, size_t size)
{
    static const int years[] = {0, 1, 44, 999, 1582, 1883, 1900, 1969, 1970, 1999, 2000, 2024, 2038, 9999, 10000, 12024};
    int year = below(3) == 0 ? years[below(16)] : 1990 + (int)below(60);
    int month = 1 + (int)below(12), day = 1 + (int)below(below(9) ? 28 : 31);
    switch (below(12)) {
    case 0: return snprintf(out, size, "%d-%d-%d", year, month, day);
    case 1: return snprintf(out, size, "%02d/%02d/%04d", month, day, year);
    case 2: return snprintf(out, size, "%04d%02d%02d", year, month, day);
    case 3: return snprintf(out, size, "%04d-%02d-%02d BC", year, month, day);
    default: return snprintf(out, size, "%04d-%02d-%02d", year, month, day);
    }
}

static int write_hour(char *out, size_t size)
{
    int at = snprintf(out, size, below(9) ? "%02d:%02d" : "%d:%d", (int)below(25), (int)below(60));
    if (below(8) == 0)
        return at;
    at += snprintf(out + at, size - (size_t)at, ":%02d", (int)below(below(9) ? 60 : 62));
    if (below(4) > 0)
        at += snprintf(out + at, size - (size_t)at, ".%.*s", below(3) ? 6 : (int)below(10),
                       ONE_OF("123456000", "000000000", "999999999", "120000000", "100000000"));
    return at;
}

static void write_text(char *out, size_t size, int kind)
{
    size_t at = below(40) == 0 ? (size_t)snprintf(out, size, " ") : 0;
    if (below(16) == 0) {
        snprintf(out, size, "%s",
                 ONE_OF("infinity", "-infinity", "Infinity", "epoch", "now", "", "0", "1709208000", "1709208000000", "2460370.5",
                        "2460370.0", "1.7e9", "NaN", "2024-W09-4", "2024-060", "24:00:00", "24:00:00.000000", "T12:00",
                        "2024-02-30", "2023-02-29 00:00:00.000000", "0000-00-00 00:00:00.000000", "9999-12-31 23:59:59.999999",
                        "0001-01-01 00:00:00.000000"));
        return;
    }
    if (kind != 2)
        at += (size_t)write_day(out + at, size - at);
    if (kind == 0 || (kind == 1 && below(6) == 0))
        at += (size_t)snprintf(out + at, size - at, "%s", below(5) ? " " : ONE_OF("T", "t", "  ", "_", ""));
    if (kind != 1 || below(6) == 0)
        at += (size_t)write_hour(out + at, size - at);
    if (below(4) == 0)
        snprintf(out + at, size - at, "%s",
                 ONE_OF("Z", "z", " UTC", "+00", "+00:00", "-00", "+02", "+0200", "-03:30", " +02:00", " BC", " AM", " ", "\n", "x",
                        "+15:59:59"));
}

static void put(fixture *f, const char *table, const char *column, const char *text)
{
    char sql[300];
    bool bare = strspn(text, "0123456789.") == strlen(text) && text[0] != '\0' && below(2) == 0;
    snprintf(sql, sizeof sql, "DELETE FROM moment; DELETE FROM mirror; INSERT INTO %s (id, %s) VALUES (1, %s%s%s)", table, column,
             bare ? "" : "'", text, bare ? "" : "'");
    test_database_exec(&f->database, sql);
}

static void assert_found(fixture *f, const char *text, const weft_expr *where, bool found)
{
    int64_t count = weft_count_of(f->s, Moment, .where = where);
    if (weft_session_status(f->s) != WEFT_OK || count != found)
        fail_msg("'%s': %s, found %lld times", text, weft_status_identifier(weft_session_status(f->s)), (long long)count);
}

/* Read, and found by what was read; or refused. The number of values that were read. */
static int check_timestamp(fixture *f, const char *text)
{
    const Moment *m = weft_first(f->s, Moment);
    if (m == NULL || weft_session_status(f->s) != WEFT_OK) {
        assert_refused(f->s, WEFT_ERROR_SCHEMA);
        return 0;
    }
    weft_timestamp v = m->at.value, before = {v.usec - (v.usec != INT64_MIN)}, after = {v.usec + (v.usec != INT64_MAX)};
    assert_found(f, text, weft_eq(Moment, at, v), true);
    assert_found(f, text, weft_in(Moment, at, &v, 1), true);
    assert_found(f, text, weft_not_in(Moment, at, &v, 1), false);
    assert_found(f, text, weft_ne(Moment, at, v), false);
    assert_found(f, text, weft_and(weft_ge(Moment, at, v), weft_le(Moment, at, v)), true);
    if (v.usec > INT64_MIN + 1 && v.usec < INT64_MAX - 1 && strcmp(text, "9999-12-31 23:59:59.999999") != 0 &&
        strcmp(text, "0001-01-01 00:00:00.000000") != 0) {
        assert_found(f, text, weft_and(weft_gt(Moment, at, before), weft_lt(Moment, at, after)), true);
        assert_found(f, text, weft_lt(Moment, at, before), false);
        assert_found(f, text, weft_gt(Moment, at, after), false);
    }
    weft_new(f->s, Mirror, .id = 1, .at = v); /* what weft writes joins what the other program wrote */
    commit_ok(f->s);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM moment JOIN mirror ON moment.at = mirror.at"), 1);
    return 1;
}

static int check_date(fixture *f, const char *text)
{
    const Moment *m = weft_first(f->s, Moment);
    if (m == NULL || weft_session_status(f->s) != WEFT_OK) {
        assert_refused(f->s, WEFT_ERROR_SCHEMA);
        return 0;
    }
    weft_date v = m->day.value;
    assert_found(f, text, weft_eq(Moment, day, v), true);
    assert_found(f, text, weft_in(Moment, day, &v, 1), true);
    assert_found(f, text, weft_ne(Moment, day, v), false);
    assert_found(f, text, weft_and(weft_ge(Moment, day, v), weft_le(Moment, day, v)), true);
    return 1;
}

static int check_time(fixture *f, const char *text)
{
    const Moment *m = weft_first(f->s, Moment);
    if (m == NULL || weft_session_status(f->s) != WEFT_OK) {
        assert_refused(f->s, WEFT_ERROR_SCHEMA);
        return 0;
    }
    weft_time v = m->hour.value;
    assert_found(f, text, weft_eq(Moment, hour, v), true);
    assert_found(f, text, weft_in(Moment, hour, &v, 1), true);
    assert_found(f, text, weft_ne(Moment, hour, v), false);
    assert_found(f, text, weft_and(weft_ge(Moment, hour, v), weft_le(Moment, hour, v)), true);
    return 1;
}

static void run_rounds(fixture *f, int rounds)
{
    static const char *const columns[] = {"at", "day", "hour"};
    int read[3] = {0, 0, 0};
    for (int i = 0; i < rounds; i++) {
        char text[80];
        int kind = (int)below(3);
        write_text(text, sizeof text, kind);
        put(f, "moment", columns[kind], text);
        assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
        read[kind] += kind == 0 ? check_timestamp(f, text) : kind == 1 ? check_date(f, text) : check_time(f, text);
    }
    for (int k = 0; k < 3; k++)
        assert_in_range(read[k], 1, rounds / 3); /* some of each, and far from all */
}

static void what_others_spell_is_found_or_refused(void **state)
{
    fixture *f = *state;
    seed = 11;
    run_rounds(f, getenv("WEFT_TEST_LONG") != NULL ? 20000 : 700);
}

static void in_tables_of_others_too(void **state)
{
    fixture *f = *state;
    static const char *const types[] = {"DATETIME", "TEXT", "", "NUMERIC", "BLOB", "INTEGER"};
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        char sql[300];
        snprintf(sql, sizeof sql, "DROP TABLE moment; CREATE TABLE moment (id INTEGER PRIMARY KEY, at %s, day %s, hour %s)",
                 types[t], types[t], types[t]);
        test_database_exec(&f->database, sql);
        seed = 100 + t;
        run_rounds(f, getenv("WEFT_TEST_LONG") != NULL ? 5000 : 200);
    }
}

int main(void)
{
    (void)open_postgres; /* PostgreSQL has types of its own */
    const struct CMUnitTest tests[] = {ON_SQLITE(what_others_spell_is_found_or_refused), ON_SQLITE(in_tables_of_others_too)};
    return cmocka_run_group_tests_name("foreign times", tests, NULL, NULL);
}
