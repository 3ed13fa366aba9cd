/* Tens of thousands of parameters: what they cost grows with their number and no faster, and what is too many is told before any
 * work. */
#define _POSIX_C_SOURCE 200809L
#include "fixtures/bank.h"

#include <time.h>

typedef struct long_text {
    char *sql;
    weft_value *values;
    size_t count;
} long_text;

/* SELECT … IN ($a, $b, …): parameter i of n stands in the place that step says. */
static long_text make_text(size_t count, size_t step, const char *more)
{
    size_t size = count * 8 + 200;
    long_text text = {.sql = malloc(size), .values = calloc(count, sizeof *text.values), .count = count};
    assert_true(text.sql != NULL && text.values != NULL);
    size_t at = (size_t)snprintf(text.sql, size, "INSERT INTO number SELECT 7 WHERE 7 IN (");
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(text.sql + at, size - at, "%s$%zu", i == 0 ? "" : ",", i * step % count + 1);
        text.values[i] = weft_value_int64(1000 + (int64_t)i);
    }
    (void)snprintf(text.sql + at, size - at, ")%s", more);
    return text;
}

static weft_status run_text(bank *b, const long_text *text)
{
    return weft_execute_text(b->c, text->sql, &(weft_values){text->values, text->count}, &b->error);
}

static void free_text(long_text *text)
{
    free(text->sql);
    free(text->values);
}

static void create_numbers(bank *b) { test_database_exec(&b->database, "CREATE TABLE number (n BIGINT)"); }

/* Each parameter, wherever it stands, is the one that its number says: only the one in the middle holds the 7. */
static void parameters_in_any_order_keep_their_numbers(void **state)
{
    bank *b = *state;
    static const size_t counts[] = {3, 255, 256, 257, 5000}, steps[] = {1, 7, 11};
    create_numbers(b);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            char more[64];
            snprintf(more, sizeof more, " AND $%zu = 7 AND $1 = 1000", counts[c] / 2 + 1);
            long_text text = make_text(counts[c], steps[s], more);
            text.values[counts[c] / 2] = weft_value_int64(7);
            MUST(b, run_text(b, &text));
            MUST(b, weft_connection_commit(b->c, &b->error));
            ROWS(b, "SELECT n FROM number", "7");
            test_database_exec(&b->database, "DELETE FROM number");
            free_text(&text);
        }
}

static double seconds_for(bank *b, size_t count)
{
    struct timespec from, to;
    long_text text = make_text(count, 1, "");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    MUST(b, run_text(b, &text));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    free_text(&text);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Twenty times as many may cost a hundred times as much, for noise; by the square it would be four hundred in each attempt. */
static void the_cost_of_parameters_grows_with_their_number(void **state)
{
    bank *b = *state;
    create_numbers(b);
    (void)seconds_for(b, 1000);
    bool in_proportion = false;
    for (int attempt = 0; attempt < 5 && !in_proportion; attempt++) {
        double few = seconds_for(b, 1600) + seconds_for(b, 1600) + seconds_for(b, 1600), many = seconds_for(b, 32000);
        in_proportion = many < 100 * (few / 3) + 0.05;
    }
    assert_true(in_proportion);
}

static void parameters_beyond_the_limit_are_told_before_any_work(void **state)
{
    bank *b = *state;
    create_numbers(b);
    static const size_t counts[] = {65536, 70000};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        char message[80];
        long_text text = make_text(counts[c], 1, "");
        assert_int_equal(run_text(b, &text), WEFT_ERROR_LIMIT);
        snprintf(message, sizeof message, "%zu parameters are given, at most 65535 are allowed", counts[c]);
        assert_string_equal(b->error.message, message);
        assert_true(b->error.nothing_sent);
        free_text(&text);
    }
    MUST(b, weft_connection_rollback(b->c, &b->error));
}

static void placeholders_of_another_kind_are_no_parameters(void **state)
{
    bank *b = *state;
    create_numbers(b);
    long_text text = make_text(300, 1, " AND ? = 1");
    assert_int_equal(run_text(b, &text), WEFT_ERROR_SQL);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    free_text(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(parameters_in_any_order_keep_their_numbers),
        BANK_TEST(the_cost_of_parameters_grows_with_their_number),
        BANK_TEST(parameters_beyond_the_limit_are_told_before_any_work),
        BANK_TEST(placeholders_of_another_kind_are_no_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
