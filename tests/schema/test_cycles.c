/* Tables that refer to each other in whatever cycles are dropped, rows and all: SQLite empties a table before it drops it, and
 * looks for all that the rows which go with its own refer to. */
#include "support/fixture.h"

#define MOST_TABLES 6

static const weft_metadata none;
FIXTURE_MODELS(none);

static const char *const actions[] = {"", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE SET DEFAULT",
                                      " ON DELETE CASCADE ON UPDATE CASCADE"};

static uint32_t drawn(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

/* Each table has columns for all: t2 refers to t0 by to_0, perhaps to its second key. */
static void make_tables(fixture *f, uint64_t *seed, uint32_t count, uint32_t density)
{
    char sql[1000];
    for (uint32_t t = 0; t < count; t++) {
        int size = snprintf(sql, sizeof sql, "CREATE TABLE t%u (id INTEGER PRIMARY KEY, code INTEGER UNIQUE", t);
        for (uint32_t to = 0; to < count; to++)
            size += snprintf(sql + size, sizeof sql - (size_t)size, ", to_%u INTEGER", to);
        (void)snprintf(sql + size, sizeof sql - (size_t)size, ")");
        test_database_exec(&f->database, sql);
    }
    for (uint32_t t = 0; t < count && f->postgres; t++)
        for (uint32_t to = 0; to < count; to++)
            if (drawn(seed, 100) < density) {
                (void)snprintf(sql, sizeof sql, "ALTER TABLE t%u ADD FOREIGN KEY (to_%u) REFERENCES t%u (%s)%s", t, to, to,
                               drawn(seed, 4) == 0 ? "code" : "id", actions[drawn(seed, 5)]);
                test_database_exec(&f->database, sql);
            }
}

/* SQLite says foreign keys with their tables. */
static void make_tables_of_sqlite(fixture *f, uint64_t *seed, uint32_t count, uint32_t density)
{
    char sql[2000];
    for (uint32_t t = 0; t < count; t++) {
        int size = snprintf(sql, sizeof sql, "CREATE TABLE t%u (id INTEGER PRIMARY KEY, code INTEGER UNIQUE", t);
        for (uint32_t to = 0; to < count; to++) {
            size += snprintf(sql + size, sizeof sql - (size_t)size, ", to_%u INTEGER", to);
            if (drawn(seed, 100) < density)
                size += snprintf(sql + size, sizeof sql - (size_t)size, " REFERENCES t%u (%s)%s", to,
                                 drawn(seed, 4) == 0 ? "code" : "id", actions[drawn(seed, 5)]);
        }
        (void)snprintf(sql + size, sizeof sql - (size_t)size, ")");
        test_database_exec(&f->database, sql);
    }
}

static void fill(fixture *f, uint64_t *seed, uint32_t count)
{
    char sql[300];
    for (uint32_t t = 0; t < count; t++) {
        (void)snprintf(sql, sizeof sql, "INSERT INTO t%u (id, code) VALUES (1, 1), (2, 2)", t);
        test_database_exec(&f->database, sql);
    }
    for (uint32_t t = 0; t < count; t++)
        for (uint32_t to = 0; to < count; to++) {
            (void)snprintf(sql, sizeof sql, "UPDATE t%u SET to_%u = %u WHERE id = %u", t, to, 1 + drawn(seed, 2),
                           1 + drawn(seed, 2));
            test_database_exec(&f->database, sql);
        }
}

static void drop_by_comparing(fixture *f, uint64_t seed)
{
    weft_error error = {0};
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    weft_connection *connection = NULL;
    assert_error(weft_schema_of_models(&wanted, NULL, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare(wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    if (weft_ops_apply(ops, connection, &error) != WEFT_OK || weft_connection_commit(connection, &error) != WEFT_OK)
        fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    size_t left;
    (void)weft_schema_tables(found, &left);
    assert_int_equal(left, 0);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

static void tables_in_any_cycles_are_dropped(void **state)
{
    fixture *f = *state;
    const uint64_t rounds = getenv("WEFT_TEST_LONG") != NULL ? 1000 : f->postgres ? 15 : 60;
    for (uint64_t round = 1; round <= rounds; round++) {
        uint64_t seed = round;
        const uint32_t count = 2 + drawn(&seed, MOST_TABLES - 1), density = round % 5 == 0 ? 100 : 20 + drawn(&seed, 80);
        (f->postgres ? make_tables : make_tables_of_sqlite)(f, &seed, count, density);
        if (drawn(&seed, 3) > 0)
            fill(f, &seed, count);
        drop_by_comparing(f, round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(tables_in_any_cycles_are_dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
