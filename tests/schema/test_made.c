/* Whatever weft_create_all makes of models is what a comparison wants: nothing is to be done. */
#include "fixtures/bank.h"
#include "fixtures/kinds.h"
#include "fixtures/school.h"
#include "fixtures/things.h"

#include <weft/weft.h>

static void compares_to_nothing(const test_database *database, const weft_metadata *models)
{
    weft_error error = {0};
    weft_engine *engine = NULL;
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    char text[300];
    const char *driver = database->backend == TEST_POSTGRES ? "postgresql" : "sqlite";
    assert_int_equal(weft_engine_open(&engine, database->url, &(weft_engine_options){.metadata = models}, &error), WEFT_OK);
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
    assert_int_equal(weft_drop_all(engine, &error), WEFT_OK);
    weft_engine_close(engine);
}

static void what_create_all_has_made_is_no_difference(void **state)
{
    const weft_metadata *const all[] = {&things, &kinds, &bank_models, &school};
    (void)state;
    for (int backend = TEST_SQLITE; backend <= TEST_POSTGRES; backend++) {
        test_database database;
        test_database_open(&database, (test_backend)backend);
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            compares_to_nothing(&database, all[i]);
        test_database_drop(&database);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_create_all_has_made_is_no_difference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
