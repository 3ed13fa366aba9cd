/* INSERT … ON CONFLICT DO UPDATE with values of its own beside those of the rows: one row, several, and more than fit one
 * statement. */
#include "support/fixture.h"

WEFT_DECLARE(Counter);
typedef enum kind { SMALL, LARGE } kind;
static const char *const kinds[] = { "small", "large" };
struct Counter {
    int64_t id;
    const char *code;
    int32_t hits;
    kind kind;
};
WEFT_MODEL(Counter, "counter", WEFT_COLUMN(Counter, id, .primary_key = true), WEFT_COLUMN(Counter, code, .unique = true),
    WEFT_COLUMN(Counter, hits), WEFT_ENUM(Counter, kind, kinds));
WEFT_METADATA(models, &Counter_model);
FIXTURE_MODELS(models);

static void upsert(fixture *f, const Counter *rows, size_t count, int32_t add, uint64_t *written)
{
    weft_connection *c;
    weft_error error = { 0 };
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
        .conflict_columns = "code",
        .inserted = written,
        .set = weft_sets(weft_to(Counter, kind, LARGE),
            weft_to_expr(
                Counter, hits, weft_op(weft_op(weft_col(Counter, hits), "+", weft_excluded(Counter, hits)), "+", weft_val(add))))};
    assert_error(weft_insert_many(c, Counter, rows, count, &options, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void values_of_set_go_beside_one_row(void **state)
{
    fixture *f = *state;
    uint64_t written = 0;
    const Counter row = { .code = "a", .hits = 1 };
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
    char (*codes)[16] = calloc(COUNT, sizeof *codes);
    for (int i = 0; i < COUNT; i++) {
        snprintf(codes[i], sizeof codes[i], "c%d", i);
        rows[i] = (Counter){ .code = codes[i], .hits = 1 };
    }
    upsert(f, rows, 100, 5, &written);
    upsert(f, rows, COUNT, 5, &written);
    assert_int_equal(written, COUNT);
    assert_rows(f, "SELECT sum(hits), count(*) FROM counter WHERE kind = 'large'", "700|100");
    assert_rows(f, "SELECT count(*), sum(hits) FROM counter WHERE kind = 'small'", "12245|12245");
    free(codes);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(values_of_set_go_beside_one_row),
        ON_BOTH(values_of_set_go_beside_thousands_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
