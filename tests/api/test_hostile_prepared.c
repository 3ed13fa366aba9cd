/* More statements than a connection keeps prepared, also within one transaction: those that were forgotten are prepared again. */
#include "fixtures/planets.h"

enum { SHAPES = 12 };

/* A statement of its own for every i. */
static int64_t count_by_shape(weft_session *s, int i)
{
    const weft_expr *term = weft_ge(Planet, mass, 0), *terms[SHAPES + 2];
    for (int k = 0; k <= i; k++)
        terms[k] = term;
    terms[i + 1] = &weft_end;
    return weft_count_of(s, Planet, .where = &(const weft_expr){.op = WEFT_EXPR_AND, .args = terms});
}

static void statements_beyond_the_prepared_ones_go_on_within_a_transaction(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.prepared_statements = 4, .pool = {.size = 1}});
    weft_session *s = weft_session_open(engine, NULL);
    for (int round = 0; round < 3; round++) {
        weft_new(s, Planet, .name = weft_format(s, "p%d", round));
        flush_ok(s);
        for (int i = 0; i < 3 * SHAPES; i++)
            assert_int_equal(count_by_shape(s, i % SHAPES), round + 1);
        assert_ok(s);
        commit_ok(s);
        for (int i = 0; i < 5 * SHAPES; i++)
            assert_int_equal(count_by_shape(s, i * 5 % SHAPES), round + 1);
        assert_ok(s);
    }
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_GENERAL, "pooler"), 0);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void a_thousand_shapes_in_one_transaction_are_run_twice(void **state)
{
    enum { MANY = 1000 };
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Planet, .name = "p", .mass = MANY);
    flush_ok(s);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) {
            weft_expr bits[10];
            const weft_expr *terms[11];
            for (int b = 0; b < 10; b++) {
                bits[b] = *((i >> b & 1) != 0 ? weft_ge(Planet, mass, b) : weft_gt(Planet, mass, b));
                terms[b] = &bits[b];
            }
            terms[10] = &weft_end;
            assert_int_equal(weft_count_of(s, Planet, .where = &(const weft_expr){.op = WEFT_EXPR_AND, .args = terms}), 1);
        }
    assert_ok(s);
    commit_ok(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(statements_beyond_the_prepared_ones_go_on_within_a_transaction),
        ON_BOTH(a_thousand_shapes_in_one_transaction_are_run_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
