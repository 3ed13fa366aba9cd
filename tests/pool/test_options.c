/* The pool's options and figures, for which no connection is opened. */
#include "fake_driver.h"
#include "pool/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void sizes_out_of_range_are_misuse(void **state)
{
    (void)state;
    wefti_pool *pool;
    weft_error error = {0};
    weft_pool_options options = {.size = 1020, .max_overflow = 5};
    assert_int_equal(wefti_pool_open(&pool, &fake_target, &options, NULL, &error), WEFT_ERROR_MISUSE);
    assert_null(pool);
    options = (weft_pool_options){.size = WEFT_NONE};
    assert_int_equal(wefti_pool_open(&pool, &fake_target, &options, NULL, &error), WEFT_ERROR_MISUSE);
}

static void percentiles_come_from_the_buckets(void **state)
{
    (void)state;
    weft_histogram h = {.count = 100, .max_us = 1000};
    h.buckets[3] = 90; /* [8, 16) */
    h.buckets[9] = 10; /* [512, 1024) */
    assert_int_equal(weft_histogram_percentile(&h, 0.5), 16);
    assert_int_equal(weft_histogram_percentile(&h, 0.99), 1000);
    assert_int_equal(weft_histogram_percentile(&(weft_histogram){0}, 0.5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_out_of_range_are_misuse),
        cmocka_unit_test(percentiles_come_from_the_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
