/* Arrays of enums of the database's own beside arrays and items of enums that are texts: by values, in every operator and node
 * that takes both. */
#include "support/fixture.h"

typedef enum level { LOW, MID, HIGH } level;
static const char *const levels[] = {"low", "mid", "high"};

WEFT_DECLARE(Made);
WEFT_DECLARE(Plain);
struct Made {
    int64_t id;
    int level;
    weft_array_int32 list;
};
struct Plain {
    int64_t id;
    int level;
    weft_array_int32 list;
};
WEFT_MODEL(Made, "made", WEFT_COLUMN(Made, id, .primary_key = true, .not_generated = true),
           WEFT_ENUM(Made, level, levels, .native_enum = "grade"), WEFT_ENUM(Made, list, levels, .native_enum = "grade"));
WEFT_MODEL(Plain, "plain", WEFT_COLUMN(Plain, id, .primary_key = true, .not_generated = true), WEFT_ENUM(Plain, level, levels),
           WEFT_ENUM(Plain, list, levels));
WEFT_METADATA(models, &Made_model, &Plain_model);
FIXTURE_MODELS(models);

typedef struct Truth {
    bool v;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, v));
typedef struct Names {
    weft_array_text v;
} Names;
WEFT_ROW(Names, WEFT_FIELD(Names, v));

#define MADE(f) weft_col(Made, f)
#define PLAIN(f) weft_col(Plain, f)
#define BESIDE .from = weft_from(Made), .joins = weft_joins(weft_join_on(Plain, weft_eq_col(Made, id, Plain, id)))

static void rows_are_there(fixture *f)
{
    (void)weft_new(f->s, Made, .id = 1, .level = HIGH, .list = weft_int32s(HIGH, LOW));
    (void)weft_new(f->s, Plain, .id = 1, .level = HIGH, .list = weft_int32s(HIGH, LOW));
    commit_ok(f->s);
}

static void arrays_are_compared_by_their_values(void **state)
{
    fixture *f = *state;
    const weft_expr *made = MADE(list), *plain = PLAIN(list), *one = weft_val(1);
    const weft_rows_options *of_plain = weft_select(.from = weft_from(Plain), .columns = weft_columns(PLAIN(list))),
                            *levels_of = weft_select(.from = weft_from(Plain), .columns = weft_columns(PLAIN(level)));
    rows_are_there(f);
    const weft_expr *true_[] = {
        weft_op(made, "=", plain),
        weft_op(plain, "=", made),
        weft_op(made, "IS NOT DISTINCT FROM", plain),
        weft_between(made, plain, plain),
        weft_op(weft_tuple(made, one), "<", weft_tuple(plain, weft_val(2))),
        weft_array_contains_of(made, plain),
        weft_array_contains_of(plain, made),
        weft_array_overlaps_of(made, plain),
        weft_array_has_of(made, PLAIN(level)),
        weft_array_has_of(plain, MADE(level)),
        weft_array_has_of(made, MADE(level)),
        weft_op(weft_array_append(made, MADE(level)), "<>", plain),
        weft_op(weft_array_remove(made, PLAIN(level)), "<>", made),
        weft_op(weft_array_concat(made, plain), "<>", made),
        weft_op(weft_array_item(made, one), "=", PLAIN(level)),
        weft_op(weft_array_item(plain, one), "=", MADE(level)),
        weft_op(weft_array_item(made, one), "=", weft_array_item(plain, one)),
        weft_op(weft_array_item(made, one), "=", weft_val("high")),
        weft_op(weft_array_item(weft_array(PLAIN(level), MADE(level)), weft_val(2)), "=", weft_val("high")),
        weft_op(weft_case(weft_eq(Made, id, 1), weft_array_item(made, one), PLAIN(level)), "=", weft_val("high")),
    };
    for (size_t i = 0; i < sizeof true_ / sizeof true_[0]; i++) {
        Truth_list rows = weft_rows(f->s, Truth, BESIDE, .columns = weft_columns(true_[i]));
        if (weft_session_status(f->s) != WEFT_OK)
            fail_msg("case %zu: %s", i, weft_session_error(f->s)->message);
        if (rows.count != 1 || !rows.items[0]->v)
            fail_msg("case %zu does not hold", i);
    }
    const weft_expr *among[] = {weft_in_query(made, of_plain), weft_op(made, "=", weft_any_of(of_plain)),
                                weft_in_query(weft_array_item(made, one), levels_of)};
    for (size_t i = 0; i < sizeof among / sizeof among[0]; i++) {
        Truth_list rows = weft_rows(f->s, Truth, .from = weft_from(Made), .columns = weft_columns(among[i]));
        assert_ok(f->s);
        assert_true(rows.count == 1 && rows.items[0]->v);
    }
}

static void names_come_back(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *choices[] = {weft_coalesce(MADE(list), PLAIN(list)), weft_coalesce(MADE(list), MADE(list)),
                                  weft_case(weft_eq(Made, id, 2), MADE(list), PLAIN(list)),
                                  weft_array_remove(weft_array_append(MADE(list), PLAIN(level)), weft_val("mid"))};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        Names_list rows = weft_rows(f->s, Names, BESIDE, .columns = weft_columns(choices[i]));
        assert_ok(f->s);
        const weft_array_text *names = &rows.items[0]->v;
        assert_int_equal(names->count, i == 3 ? 3 : 2);
        assert_string_equal(names->items[0], "high");
        assert_string_equal(names->items[1], "low");
    }
    /* Where all are of one type the statement casts nothing. */
    (void)weft_rows(f->s, Truth, BESIDE, .columns = weft_columns(weft_array_has_of(MADE(list), MADE(level))));
    assert_ok(f->s);
    assert_null(strstr(fixture_last_sql(f), "CAST"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(arrays_are_compared_by_their_values), ON_BOTH(names_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
