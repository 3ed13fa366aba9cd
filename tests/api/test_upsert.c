/* INSERT … ON CONFLICT DO UPDATE with values of its own beside those of the rows: one row, several, and more than fit one
 * statement. */
#include "support/fixture.h"

WEFT_DECLARE(Counter);
typedef enum kind { SMALL, LARGE } kind;
static const char *const kinds[] = {"small", "large"};
struct Counter {
    int64_t id;
    const char *code;
    int32_t hits;
    kind kind;
};
WEFT_MODEL(Counter, "counter", WEFT_COLUMN(Counter, id, .primary_key = true), WEFT_COLUMN(Counter, code, .unique = true),
           WEFT_COLUMN(Counter, hits), WEFT_ENUM(Counter, kind, kinds));

/* Keys of other types: one column, and several. */
WEFT_DECLARE(Day);
struct Day {
    int64_t id;
    weft_date day;
    weft_uuid mark;
    weft_decimal price;
    const char *word;
    int32_t hits;
    const char *note;
};
WEFT_MODEL(Day, "day", WEFT_COLUMN(Day, id, .primary_key = true), WEFT_COLUMN(Day, day), WEFT_COLUMN(Day, mark),
           WEFT_COLUMN(Day, price, .precision = 12, .scale = 2), WEFT_COLUMN(Day, word), WEFT_COLUMN(Day, hits),
           WEFT_COLUMN(Day, note, .server_default = "'none'"), WEFT_UNIQUE(Day, "day"), WEFT_UNIQUE(Day, "mark"),
           WEFT_UNIQUE(Day, "price"), WEFT_UNIQUE(Day, "word, day"));
WEFT_METADATA(models, &Counter_model, &Day_model);
FIXTURE_MODELS(models);

static void upsert(fixture *f, const Counter *rows, size_t count, int32_t add, uint64_t *written)
{
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                   .conflict_columns = "code",
                                   .inserted = written,
                                   .set = weft_sets(weft_to(Counter, kind, LARGE),
                                                    weft_to_expr(Counter, hits,
                                                                 weft_op(weft_op(weft_col(Counter, hits), "+",
                                                                                 weft_excluded(Counter, hits)),
                                                                         "+", weft_val(add))))};
    assert_error(weft_insert_many(c, Counter, rows, count, &options, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void values_of_set_go_beside_one_row(void **state)
{
    fixture *f = *state;
    uint64_t written = 0;
    const Counter row = {.code = "a", .hits = 1};
    upsert(f, &row, 1, 10, &written);
    assert_rows(f, "SELECT code, hits, kind FROM counter", "a|1|small");
    upsert(f, &row, 1, 10, &written);
    assert_int_equal(written, 1);
    assert_rows(f, "SELECT code, hits, kind FROM counter", "a|12|large");
}

static void values_of_set_go_beside_thousands_of_rows(void **state)
{
    enum { COUNT = 12345 };
    fixture *f = *state;
    uint64_t written = 0;
    Counter *rows = calloc(COUNT, sizeof *rows);
    char(*codes)[16] = calloc(COUNT, sizeof *codes);
    for (int i = 0; i < COUNT; i++) {
        snprintf(codes[i], sizeof codes[i], "c%d", i);
        rows[i] = (Counter){.code = codes[i], .hits = 1};
    }
    upsert(f, rows, 100, 5, &written);
    upsert(f, rows, COUNT, 5, &written);
    assert_int_equal(written, COUNT);
    assert_rows(f, "SELECT sum(hits), count(*) FROM counter WHERE kind = 'large'", "700|100");
    assert_rows(f, "SELECT count(*), sum(hits) FROM counter WHERE kind = 'small'", "12245|12245");
    free(codes);
    free(rows);
}

/* ---- one key twice ---- */

static uint32_t random_state;
static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static const int sizes[] = {2, 3, 49, 50, 51, 64, 499, 500, 501, 2000};
enum { SIZES = sizeof sizes / sizeof sizes[0], MOST = 2000, KEYS = 700 };

static Day days[MOST];
static char texts[MOST][24];

/* Row i has a random one of `keys` keys, the same in all its columns. */
static void fill_days(int count, int keys)
{
    for (int i = 0; i < count; i++) {
        int key = (int)(next_random() % (uint32_t)keys);
        snprintf(texts[i], sizeof texts[i], "%d.%02d", key, key % 100);
        days[i] = (Day){.day = {key},
                        .mark = {{(unsigned char)(key >> 8), (unsigned char)key, 7}},
                        .price = {texts[i]},
                        .word = texts[i],
                        .hits = 1 + i % 5,
                        .note = next_random() % 3 == 0 ? "given" : NULL};
    }
}

/* By hits what the rows must be, in the order of their keys. */
static void assert_days(const fixture *f, const int32_t *hits, const char *what)
{
    char *rows = test_database_rows(&f->database, "SELECT word, hits FROM day ORDER BY day"), *at = rows;
    for (int key = 0; key < KEYS; key++) {
        char line[64];
        if (hits[key] == 0)
            continue;
        int size = snprintf(line, sizeof line, "%d.%02d|%d", key, key % 100, hits[key]);
        if (strncmp(at, line, (size_t)size) != 0) {
            print_error("%s: key %d is\n  %.60s\n  where it must be %s\n", what, key, at, line);
            free(rows);
            fail();
        }
        at += size + (at[size] == '\n');
    }
    assert_int_equal(*at, '\0');
    free(rows);
}

static void a_key_twice_in_one_batch_is_updated_twice(void **state)
{
    static const char *const columns[] = {"day", "mark", "price", "word, day"};
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    random_state = 17;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++)
        for (int n = 0; n < SIZES; n++) {
            static int32_t hits[KEYS];
            int keys = sizes[n] < 2 * KEYS ? sizes[n] / 2 + 1 : KEYS;
            uint64_t written = 0;
            memset(hits, 0, sizeof hits);
            for (int batch = 0; batch < 2; batch++) {
                fill_days(sizes[n], keys);
                for (int i = 0; i < sizes[n]; i++)
                    hits[days[i].day.days] =
                        hits[days[i].day.days] == 0 ? days[i].hits : 2 * hits[days[i].day.days] % 1000 + days[i].hits + 3;
                weft_insert_options options = {
                    .on_conflict = WEFT_CONFLICT_UPDATE,
                    .conflict_columns = columns[k],
                    .inserted = &written,
                    .set = weft_sets(
                        weft_to_expr(Day, hits,
                                     weft_op(weft_op(weft_op(weft_op(weft_val(2), "*", weft_col(Day, hits)), "%", weft_val(1000)),
                                                     "+", weft_excluded(Day, hits)),
                                             "+", weft_val(3))))};
                assert_error(weft_insert_many(c, Day, days, (size_t)sizes[n], &options, &error), WEFT_OK, &error);
                assert_int_equal(written, sizes[n]);
            }
            assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
            assert_days(f, hits, columns[k]);
            test_database_exec(&f->database, "DELETE FROM day");
        }
    weft_connection_close(c);
}

static void of_a_key_twice_in_one_batch_the_first_stays(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    random_state = 18;
    assert_int_equal(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK);
    for (int n = 0; n < SIZES; n++) {
        static int32_t hits[KEYS];
        uint64_t written = 0, expected = 0;
        memset(hits, 0, sizeof hits);
        fill_days(sizes[n], sizes[n] / 2 < KEYS ? sizes[n] / 2 + 1 : KEYS);
        for (int i = 0; i < sizes[n]; i++)
            if (hits[days[i].day.days] == 0) {
                hits[days[i].day.days] = days[i].hits;
                expected++;
            }
        assert_error(weft_insert_many(c, Day, days, (size_t)sizes[n],
                                      &(weft_insert_options){.on_conflict = WEFT_CONFLICT_DO_NOTHING, .inserted = &written},
                                      &error),
                     WEFT_OK, &error);
        assert_int_equal(written, expected);
        assert_days(f, hits, "the first");
        test_database_exec(&f->database, "DELETE FROM day");
    }
    weft_connection_close(c);
}

/* What is equal for the database, though its bytes differ, is one key. */
static void keys_that_only_the_database_takes_for_equal_are_one(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    test_database_exec(&f->database, "ALTER TABLE counter ALTER code TYPE CHAR(8)");
    const Counter rows[] = {{.code = "a", .hits = 1}, {.code = "a ", .hits = 2}, {.code = "b", .hits = 3}};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
    upsert(f, rows, 1, 0, NULL);
    weft_insert_options options = {
        .on_conflict = WEFT_CONFLICT_UPDATE,
        .conflict_columns = "code",
        .set = weft_sets(weft_to_expr(Counter, hits, weft_op(weft_col(Counter, hits), "+", weft_excluded(Counter, hits))))};
    assert_error(weft_insert_many(c, Counter, rows, 3, &options, &error), WEFT_OK, &error);
    assert_error(weft_connection_release(c, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT trim(code), hits FROM counter ORDER BY code", "a|4\nb|3");
    weft_connection_close(c);
}

/* Values of every type stand in SET beside rows that go one by one. */
static void values_of_every_type_go_beside_rows_one_by_one(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    Day rows[] = {{.day = {1}, .mark = {{1}}, .price = {"1.00"}, .word = "a", .hits = 1},
                  {.day = {1}, .mark = {{1}}, .price = {"1.00"}, .word = "a", .hits = 2}};
    weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                   .conflict_columns = "day",
                                   .set = weft_sets(weft_to(Day, mark, ((weft_uuid){{9, 9}})),
                                                    weft_to(Day, price, (weft_decimal){"12.34"}), weft_to(Day, word, "changed"),
                                                    weft_to(Day, hits, 77), weft_to(Day, note, (const char *)NULL),
                                                    weft_to(Day, day, (weft_date){2}))};
    test_database_exec(&f->database, f->postgres ? "ALTER TABLE day ALTER note DROP NOT NULL" : "SELECT 1");
    weft_insert_options without_note = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                        .conflict_columns = "day",
                                        .set =
                                            weft_sets(weft_to(Day, mark, ((weft_uuid){{9, 9}})),
                                                      weft_to(Day, price, (weft_decimal){"12.34"}), weft_to(Day, word, "changed"),
                                                      weft_to(Day, hits, 77), weft_to(Day, day, (weft_date){2}))};
    assert_error(weft_insert_many(c, Day, rows, 2, f->postgres ? &options : &without_note, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT mark, price, word, hits, day FROM day",
                "09090000-0000-0000-0000-000000000000|12.34|changed|77|1970-01-03");
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(values_of_set_go_beside_one_row),
        ON_BOTH(values_of_set_go_beside_thousands_of_rows),
        ON_BOTH(a_key_twice_in_one_batch_is_updated_twice),
        ON_BOTH(of_a_key_twice_in_one_batch_the_first_stays),
        ON_POSTGRES(keys_that_only_the_database_takes_for_equal_are_one),
        ON_BOTH(values_of_every_type_go_beside_rows_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
