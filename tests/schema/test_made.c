/* Whatever weft_create_all makes of models is what a comparison wants and the start of a server finds: nothing is to be done. */
#include "fixtures/bank.h"
#include "fixtures/kinds.h"
#include "fixtures/rules.h"
#include "fixtures/school.h"
#include "fixtures/things.h"

#include <weft/weft.h>

/* How many statements it took. */
static size_t checks_to_nothing(weft_engine *engine, test_recorder *recorder)
{
    weft_error error = {0};
    weft_difference *differences = NULL;
    size_t count = 0;
    test_recorder_clear(recorder);
    assert_int_equal(weft_engine_check(engine, &differences, &count, &error), WEFT_OK);
    for (size_t i = 0; i < count; i++)
        print_error("  %s\n", differences[i].text);
    assert_int_equal(count, 0);
    assert_null(differences);
    return test_recorder_count(recorder);
}

static size_t compares_to_nothing(const test_database *database, const weft_metadata *models)
{
    weft_error error = {0};
    weft_engine *engine = NULL;
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    char text[300];
    const char *driver = database->backend == TEST_POSTGRES ? "postgresql" : "sqlite";
    test_recorder *recorder = test_recorder_new();
    const weft_engine_options options = {.metadata = models,
                                         .log = test_recorder_log,
                                         .log_context = recorder,
                                         .log_level = WEFT_LOG_INFO};
    assert_int_equal(weft_engine_open(&engine, database->url, &options, &error), WEFT_OK);
    if (weft_create_all(engine, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(weft_schema_of_models(&wanted, models, driver, &error), WEFT_OK);
    assert_int_equal(weft_reflect(&found, engine, NULL, &error), WEFT_OK);
    if (weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        print_error("  %s\n", text);
    }
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    const size_t statements = checks_to_nothing(engine, recorder);
    assert_int_equal(weft_drop_all(engine, &error), WEFT_OK);
    weft_engine_close(engine);
    test_recorder_free(recorder);
    return statements;
}

static void what_create_all_has_made_is_no_difference(void **state)
{
    const weft_metadata *const all[] = {&things, &kinds, &bank_models, &school, &rules, &rules_of_postgres};
    (void)state;
    for (int backend = TEST_SQLITE; backend <= TEST_POSTGRES; backend++) {
        test_database database;
        test_database_open(&database, (test_backend)backend);
        const size_t statements = compares_to_nothing(&database, all[0]);
        assert_in_range(statements, 1, 9);
        const size_t count = sizeof all / sizeof all[0] - (backend == TEST_SQLITE); /* the last are PostgreSQL's */
        for (size_t i = 1; i < count; i++)                                          /* whatever the number of tables */
            assert_int_equal(compares_to_nothing(&database, all[i]), statements);
        test_database_drop(&database);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_create_all_has_made_is_no_difference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
