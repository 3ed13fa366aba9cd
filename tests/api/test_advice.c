/* Whose fault it is: a row that the model does not fit is the schema's, a value that does not fit is the input's. */
#include "support/fixture.h"

WEFT_DECLARE(Part);
struct Part {
    int64_t id;
    int32_t weight;
    const char *name;
};
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true), WEFT_COLUMN(Part, weight),
           WEFT_COLUMN(Part, name, .length = 8));
WEFT_METADATA(models, &Part_model);
FIXTURE_MODELS(models);

static void assert_advice(fixture *f, weft_status status, weft_advice advice)
{
    assert_status(f->s, status);
    assert_int_equal(weft_status_advice(weft_session_status(f->s)), advice);
    rollback_ok(f->s);
}

/* The table as somebody else left it. */
static void remake(fixture *f, const char *weight, const char *row)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "DROP TABLE part; CREATE TABLE part (id INTEGER PRIMARY KEY, weight %s, name TEXT); INSERT INTO part VALUES %s",
             weight, row);
    test_database_exec(&f->database, sql);
    weft_engine_invalidate(f->engine);
}

static void rows_that_the_model_does_not_fit_are_the_schemas_fault(void **state)
{
    fixture *f = *state;
    const struct {
        const char *weight, *row;
    } tables[] = {{"INTEGER", "(1, NULL, 'x')"}, {"BIGINT", "(1, 5000000000, 'x')"}, {"TEXT", "(1, 'heavy', 'x')"}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        remake(f, tables[i].weight, tables[i].row);
        (void)weft_query(f->s, Part);
        assert_advice(f, WEFT_ERROR_SCHEMA, WEFT_ADVICE_FIX_SCHEMA);
        (void)weft_get(f->s, Part, 1);
        assert_advice(f, WEFT_ERROR_SCHEMA, WEFT_ADVICE_FIX_SCHEMA);
        weft_session_clear(f->s);
    }
}

static void values_that_do_not_fit_are_the_inputs_fault(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Part, .weight = 1, .name = "far too long");
    (void)weft_session_flush(f->s);
    assert_advice(f, WEFT_ERROR_TYPE, WEFT_ADVICE_FIX_INPUT);
    weft_new(f->s, Part, .weight = 1, .name = "\xff");
    (void)weft_session_flush(f->s);
    assert_advice(f, WEFT_ERROR_DATA, WEFT_ADVICE_FIX_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_that_the_model_does_not_fit_are_the_schemas_fault),
        ON_BOTH(values_that_do_not_fit_are_the_inputs_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
