/* Decimals that refer to decimals of another scale: one value, whatever the digits behind it. */
#include "support/fixture.h"

WEFT_DECLARE(Rate);
WEFT_DECLARE(Use);
WEFT_DECLARE(Deep);
struct Rate {
    weft_decimal amount;
    const char *note;
    Use_list uses;
};
struct Use {
    int64_t id;
    weft_decimal rate_amount;
    weft_decimal unsized;
    const Rate *rate;
};
struct Deep {
    weft_decimal amount; /* a key that refers to a key */
    const Rate *rate;
};
WEFT_MODEL(Rate, "rate", WEFT_COLUMN(Rate, amount, .primary_key = true, .precision = 8, .scale = 2),
           WEFT_COLUMN(Rate, note, .nullable = true),
           WEFT_HAS_MANY(Rate, uses, Use, .foreign_key = "rate_amount", .back_populates = "rate"));
WEFT_MODEL(Use, "use_of", WEFT_COLUMN(Use, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Use, rate_amount, .precision = 10, .scale = 4),
           WEFT_COLUMN(Use, unsized, .nullable = true, .references = "rate.amount"),
           WEFT_BELONGS_TO(Use, rate, Rate, .foreign_key = "rate_amount", .back_populates = "uses"));
WEFT_MODEL(Deep, "deep", WEFT_COLUMN(Deep, amount, .primary_key = true, .precision = 6, .scale = 1),
           WEFT_BELONGS_TO(Deep, rate, Rate, .foreign_key = "amount"));
WEFT_METADATA(models, &Rate_model, &Use_model, &Deep_model);
FIXTURE_MODELS(models);

static void a_value_refers_whatever_its_scale(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char *const spelt[] = {"1.5", "1.50", "1.5000", "01.500", "15e-1"};
    weft_new(s, Rate, .amount = {"1.5"}, .note = "a");
    weft_new(s, Rate, .amount = {"20"});
    commit_ok(s);
    for (int i = 0; i < 5; i++)
        weft_new(s, Use, .id = i, .rate_amount = {spelt[i]}, .unsized = {i % 2 ? "20.0" : NULL});
    weft_new(s, Deep, .amount = {"1.5"});
    commit_ok(s);
    for (int how = 0; how < 4; how++) {
        const weft_loader *load = how == 0   ? weft_load(weft_joined(Rate, uses))
                                  : how == 1 ? weft_load(weft_selectin(Rate, uses))
                                  : how == 2 ? weft_load(weft_subquery(Rate, uses))
                                             : NULL;
        assert_call(s, weft_session_clear(s), WEFT_OK);
        Rate_list rates = weft_query(s, Rate, .load = load, .where = weft_eq(Rate, note, "a"));
        assert_ok(s);
        assert_int_equal(weft_lazy(s, Rate, rates.items[0], uses).count, 5);
        assert_ptr_equal(weft_lazy(s, Use, weft_get(s, Use, 3), rate), rates.items[0]);
        assert_ptr_equal(weft_lazy(s, Deep, weft_get(s, Deep, "1.50"), rate), rates.items[0]);
        assert_int_equal(weft_count_of(s, Rate, .where = weft_any(Rate, uses, weft_eq(Use, id, 2))), 1);
        assert_int_equal(weft_count_of(s, Use, .joins = weft_joins(weft_join(Use, rate)), .where = weft_eq(Rate, note, "a")), 5);
        assert_int_equal(weft_count_of(s, Use, .where = weft_eq(Use, rate_amount, (weft_decimal){"1.500"})), 5);
        const weft_decimal both[] = {{"1.5"}, {"7"}};
        assert_int_equal(weft_count_of(s, Use, .where = weft_in(Use, rate_amount, both, 2)), 5);
    }
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM use_of JOIN rate ON rate_amount = amount"), 5);
}

static void a_value_that_no_row_has_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Rate, .amount = {"1.5"});
    weft_new(s, Use, .id = 1, .rate_amount = {"1.5"});
    commit_ok(s);
    static const char *const missing[] = {"1.4", "1.5001", "1.55", "15"};
    for (int i = 0; i < 4; i++) {
        weft_new(s, Use, .id = 2, .rate_amount = {missing[i]});
        assert_call(s, weft_session_flush(s), WEFT_ERROR_FOREIGN_KEY);
        rollback_ok(s);
    }
    weft_delete(s, Rate, weft_get(s, Rate, "1.50"));
    assert_int_equal(weft_session_flush(s) == WEFT_OK, false);
    rollback_ok(s);
    weft_connection *c;
    weft_error error = {0};
    int64_t changed = 0;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_update(c,
                                     weft_update_of(Use,
                                                    .set = weft_sets(weft_to_expr(
                                                        Use, rate_amount, weft_op(weft_col(Use, rate_amount), "*", weft_val(1)))),
                                                    .all = true),
                                     &changed, &error),
                 WEFT_OK, &error);
    assert_int_equal(changed, 1);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void many_rows_refer_on_every_path(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 600; i++)
        weft_new(s, Rate, .amount = {weft_format(s, "%d.5", i)});
    commit_ok(s);
    for (int i = 0; i < 600; i++)
        weft_new(s, Use, .id = i, .rate_amount = {weft_format(s, "%d.50", i)});
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    Rate_list rates = weft_query(s, Rate, .load = weft_load(weft_selectin(Rate, uses)));
    assert_ok(s);
    assert_int_equal(rates.count, 600);
    weft_each (Rate, rate, rates)
        assert_int_equal(rate->uses.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_value_refers_whatever_its_scale),
        ON_BOTH(a_value_that_no_row_has_is_refused),
        ON_BOTH(many_rows_refer_on_every_path),
    };
    return cmocka_run_group_tests_name("scales", tests, NULL, NULL);
}
