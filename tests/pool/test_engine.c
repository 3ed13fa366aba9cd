/* What the pool promises, asked through the public API. */
#define _GNU_SOURCE
#include <weft/weft.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void suspended_engine_gives_out_no_connection_until_resumed(void **state)
{
    (void)state;
    weft_engine *engine;
    weft_error error = {0};
    weft_engine_options options = {.pool = {.timeout_ms = 20}};
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &options, &error), WEFT_OK);
    weft_connection *before, *connection;
    assert_int_equal(weft_engine_connect(engine, &before, NULL, &error), WEFT_OK);
    weft_engine_suspend(engine);
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_true(stats.suspended);
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_ERROR_POOL_TIMEOUT);
    weft_connection_close(before); /* work under way ends as usual */
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_ERROR_POOL_TIMEOUT);
    weft_engine_resume(engine);
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    weft_connection_close(connection);
    weft_engine_suspend(NULL);
    weft_engine_resume(NULL);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(suspended_engine_gives_out_no_connection_until_resumed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
