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

/* The same words on both databases, with constants in the text and without, whatever the first statement is. */
static void a_text_of_several_statements_is_the_programs_fault(void **state)
{
    fixture *f = *state;
    static const char *const texts[] = {"SELECT 1; SELECT 2", "SELECT id FROM part; DELETE FROM part",
                                        "CREATE TABLE more (n INTEGER); CREATE TABLE again (n INTEGER)",
                                        "INSERT INTO part VALUES (1, 2, 'x; y'); SELECT 1 -- ;"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_not_equal(weft_session_execute_text(f->s, texts[i], NULL), WEFT_OK);
        assert_string_equal(weft_session_error(f->s)->message, "one statement is run at a time: there is text after the first");
        assert_advice(f, WEFT_ERROR_SQL, WEFT_ADVICE_FIX_PROGRAM);
    }
    assert_call(f->s, weft_session_execute_text(f->s, "INSERT INTO part VALUES (1, 2, 'a;b'); -- ; that was all", NULL), WEFT_OK);
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM part", "a;b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_that_the_model_does_not_fit_are_the_schemas_fault),
        ON_BOTH(values_that_do_not_fit_are_the_inputs_fault),
        ON_BOTH(a_text_of_several_statements_is_the_programs_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
