/* The table of the pool's knobs in README.md tells the defaults that a pool has. */
#include "pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pool/pool_private.h"

/* A knob by its name; "off" and WEFT_NONE are one. */
static uint32_t knob(const weft_pool_options *o, const char *name)
{
    const struct {
        const char *name;
        uint32_t value;
    } knobs[] = {
        {"size", o->size},
        {"max_overflow", o->max_overflow},
        {"timeout_ms", o->timeout_ms},
        {"max_waiters", o->max_waiters},
        {"connect_timeout_ms", o->connect_timeout_ms},
        {"max_lifetime_ms", o->max_lifetime_ms},
        {"idle_timeout_ms", o->idle_timeout_ms},
        {"ping_after_ms", o->ping_after_ms},
        {"keepalive_ms", o->keepalive_ms},
        {"leak_after_ms", o->leak_after_ms},
        {"use_histogram", o->use_histogram ? 1 : WEFT_NONE},
        {"min_idle", o->min_idle},
        {"overflow_idle_ms", o->overflow_idle_ms},
        {"reset_timeout_ms", o->reset_timeout_ms},
        {"helper_threads", o->helper_threads},
        {"barging_us", o->barging_us},
    };
    for (size_t i = 0; i < sizeof knobs / sizeof knobs[0]; i++)
        if (strcmp(knobs[i].name, name) == 0)
            return knobs[i].value;
    fail_msg("README.md tells of a knob %s, which is none", name);
    return 0;
}

/* The next number of a cell, whose thousands have commas; "off" goes on for all that follow. */
static uint32_t next_number(const char **cell)
{
    char digits[32];
    size_t count = 0;
    while (**cell == ' ')
        ++*cell;
    if (strncmp(*cell, "off", 3) == 0)
        return WEFT_NONE;
    for (; (**cell >= '0' && **cell <= '9') || (**cell == ',' && (*cell)[1] != ' '); ++*cell)
        if (**cell != ',' && count < sizeof digits - 1)
            digits[count++] = **cell;
    digits[count] = '\0';
    assert_true(count > 0);
    *cell += **cell == ',';
    return (uint32_t)strtoul(digits, NULL, 10);
}

/* A row's first cell has the names of knobs between backquotes, its second as many numbers. */
static size_t check_row(const weft_pool_options *options, char *row)
{
    char *second = strchr(row + 1, '|');
    size_t count = 0;
    assert_non_null(second);
    *second = '\0';
    const char *numbers = second + 1;
    for (char *name = strchr(row, '`'), *end; name != NULL; name = strchr(end + 1, '`'), count++) {
        end = strchr(++name, '`');
        assert_non_null(end);
        *end = '\0';
        assert_int_equal(next_number(&numbers), knob(options, name));
    }
    return count;
}

static void the_readme_tells_the_pools_defaults(void **state)
{
    (void)state;
    wefti_pool *pool = open_pool(&fake_target, (weft_pool_options){0});
    FILE *readme = fopen(WEFT_README, "r");
    char line[1000];
    bool within = false;
    size_t knobs = 0;
    assert_non_null(readme);
    while (fgets(line, sizeof line, readme) != NULL) {
        if (strncmp(line, "| Knob", 6) == 0)
            within = true;
        else if (line[0] != '|')
            within = false;
        else if (within && strncmp(line, "| `", 3) == 0)
            knobs += check_row(&pool->options, line);
    }
    fclose(readme);
    assert_int_equal(knobs, 16);
    end(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_readme_tells_the_pools_defaults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
