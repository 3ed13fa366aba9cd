/* A table of 200 columns, half of them optional: every way of writing and reading takes it. */
#include "support/fixture.h"

#define TENS(X, p) X(p##0) X(p##1) X(p##2) X(p##3) X(p##4) X(p##5) X(p##6) X(p##7) X(p##8) X(p##9)
#define HUNDRED(X, p) \
    TENS(X, p##0) \
    TENS(X, p##1) TENS(X, p##2) TENS(X, p##3) TENS(X, p##4) TENS(X, p##5) TENS(X, p##6) TENS(X, p##7) TENS(X, p##8) TENS(X, p##9)

WEFT_DECLARE(Wide);
#define NUMBER(c) weft_opt_int32 c;
#define TEXT(c) const char *c;
struct Wide {
    int64_t id;
    HUNDRED(NUMBER, n)
    HUNDRED(TEXT, t)
};
#define NUMBER_COLUMN(c) WEFT_COLUMN(Wide, c),
#define TEXT_COLUMN(c) WEFT_COLUMN(Wide, c, .nullable = true),
WEFT_MODEL(Wide, "wide", HUNDRED(NUMBER_COLUMN, n) HUNDRED(TEXT_COLUMN, t) WEFT_COLUMN(Wide, id, .primary_key = true));
WEFT_METADATA(models, &Wide_model);
FIXTURE_MODELS(models);

/* Row i gives the columns whose number is a multiple of i, so that many rows have columns of their own. */
static Wide row(int i)
{
    Wide w = {.id = 0};
    weft_opt_int32 *numbers = &w.n00;
    const char **texts = &w.t00;
    for (int c = 0; c < 100; c += i) {
        numbers[c] = (weft_opt_int32){true, i * c};
        texts[c] = "text";
    }
    return w;
}

static void assert_row(const Wide *w, int i)
{
    const Wide expected = row(i);
    const weft_opt_int32 *numbers = &w->n00, *wanted = &expected.n00;
    const char *const *texts = &w->t00, *const *wanted_texts = &expected.t00;
    for (int c = 0; c < 100; c++) {
        assert_true(numbers[c].set == wanted[c].set && numbers[c].value == wanted[c].value);
        assert_true((texts[c] == NULL) == (wanted_texts[c] == NULL));
    }
}

static void a_table_of_two_hundred_columns_is_written_and_read(void **state)
{
    enum { COUNT = 60 };
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 1; i <= COUNT; i++) {
        Wide values = row(i);
        (void)weft_session_new(s, &Wide_model, &values);
    }
    commit_ok(s);
    weft_session_clear(s);
    int i = 0;
    weft_each (Wide, w, weft_query(s, Wide, .order_by = weft_order(weft_asc(Wide, id))))
        assert_row(w, ++i);
    assert_int_equal(i, COUNT);
    weft_each (Wide, w, weft_query(s, Wide)) {
        Wide *edit = weft_edit(s, Wide, w);
        Wide values = row(1 + (int)(w->id % 7));
        values.id = w->id;
        *edit = values;
    }
    commit_ok(s);
    weft_session_clear(s);
    weft_each (Wide, w, weft_query(s, Wide))
        assert_row(w, 1 + (int)(w->id % 7));
    weft_connection *c;
    weft_error error = {0};
    Wide *rows = calloc(2000, sizeof *rows);
    for (int k = 0; k < 2000; k++)
        rows[k] = row(1 + k % 3);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Wide, rows, 2000, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    free(rows);
    assert_int_equal(weft_count_of(s, Wide), 2000 + COUNT);
    assert_ok(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(a_table_of_two_hundred_columns_is_written_and_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
