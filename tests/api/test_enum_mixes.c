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

#define FIND(T, e) \
    do { \
        assert_int_equal(weft_query(f->s, T, .where = (e)).count, 1); \
        assert_ok(f->s); \
    } while (0)

/* What a set operation gives beside an enum, and an enum beside what it gives. */
static void set_operations_stand_beside_enums(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_rows_options *plain = weft_select(.from = weft_from(Plain), .columns = weft_columns(PLAIN(level))),
                            *made = weft_select(.from = weft_from(Made), .columns = weft_columns(MADE(level))),
                            *named = weft_select(.from = weft_from(Plain), .columns = weft_columns(weft_label(PLAIN(level), "l"))),
                            *high = weft_select(.from = weft_from(Made), .columns = weft_columns(weft_val("high")));
    const weft_rows_options *sets[] = {
        weft_union(plain, plain),
        weft_union(plain, made),
        weft_union_all(made, named),
        weft_intersect(made, plain),
        weft_union(high, high),
        weft_union(high, plain),
        weft_union(made, made),
        weft_union(made, high),
        weft_union(weft_intersect(made, made),
                   weft_except(plain, weft_select(.from = weft_from(Made), .columns = weft_columns(weft_val("low"))))),
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        FIND(Made, weft_in_query(MADE(level), sets[i]));
        FIND(Made, weft_op(MADE(level), "=", weft_any_of(sets[i])));
        FIND(Made, weft_op(MADE(level), "=", weft_all_of(sets[i])));
        FIND(Made, weft_not(weft_not_in_query(MADE(level), sets[i])));
        FIND(Plain, weft_in_query(PLAIN(level), sets[i]));
        FIND(Plain, weft_op(PLAIN(level), "=", weft_any_of(sets[i])));
        FIND(Plain, weft_not(weft_op(PLAIN(level), "<>", weft_all_of(sets[i]))));
    }
    FIND(Made, weft_in_query(weft_tuple(MADE(id), MADE(level)),
                             weft_union(weft_select(.from = weft_from(Plain), .columns = weft_columns(PLAIN(id), PLAIN(level))),
                                        weft_select(.from = weft_from(Made), .columns = weft_columns(MADE(id), MADE(level))))));
    (void)weft_query(f->s, Made, .where = weft_in_query(MADE(level), sets[1]));
    if (f->postgres)
        assert_non_null(strstr(fixture_last_sql(f), "CAST(made.level AS text) IN (SELECT plain.level FROM plain UNION SELECT "
                                                    "CAST(made_1.level AS text) FROM made AS made_1)"));
    (void)weft_query(f->s, Made, .where = weft_in_query(MADE(level), sets[6])); /* as it is where all are of one type */
    if (f->postgres)
        assert_null(strstr(fixture_last_sql(f), "CAST("));
}

/* The first and the most frequent of an enum; between two there is none. */
static void enums_are_taken_within_groups(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    (void)weft_new(f->s, Made, .id = 2, .level = HIGH, .list = weft_int32s(LOW));
    commit_ok(f->s);
    const weft_expr *within[] = {weft_mode(weft_asc(Made, level)), weft_percentile_disc(weft_val(0.5), weft_asc(Made, level)),
                                 weft_filter(weft_mode(weft_desc(Made, level)), weft_gt(Made, id, 0))};
    for (size_t i = 0; i < 3; i++) {
        const weft_rows_options *one = weft_select(.from = weft_from(Made), .columns = weft_columns(within[i]));
        FIND(Plain, weft_op(PLAIN(level), "=", weft_scalar(one)));
        FIND(Plain, weft_op(weft_scalar(one), "=", weft_val("high")));
        FIND(Plain, weft_op(weft_coalesce(weft_scalar(one), PLAIN(level)), "=", weft_val("high")));
        FIND(Plain, weft_in_query(PLAIN(level), one));
        (void)weft_session_update(f->s,
                                  weft_update_of(Made, .set = weft_sets(weft_to(Made, level, LOW)), .where = weft_eq(Made, id, 1)),
                                  NULL);
        (void)weft_session_update(f->s,
                                  weft_update_of(Made,
                                                 .set = weft_sets(
                                                     weft_to_expr(Made, level,
                                                                  weft_scalar(weft_select(.from = weft_from(Made),
                                                                                          .columns = weft_columns(within[i]),
                                                                                          .where = weft_eq(Made, id, 2))))),
                                                 .where = weft_eq(Made, id, 1)),
                                  NULL);
        commit_ok(f->s);
        assert_rows(f, "SELECT id, level FROM made ORDER BY id", "1|high\n2|high");
    }
    const weft_expr *between[] = {weft_percentile_cont(weft_val(0.5), weft_asc(Made, level)),
                                  weft_percentile_cont(weft_val(0.5), weft_asc_of(weft_coalesce(MADE(level), MADE(level))))};
    for (size_t i = 0; i < 2; i++) {
        (void)weft_rows(f->s, Truth, .from = weft_from(Made), .columns = weft_columns(between[i]));
        assert_message(f->s, "percentile_cont takes numbers; weft_percentile_disc takes what has an order");
        assert_refused(f->s, WEFT_ERROR_TYPE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(arrays_are_compared_by_their_values), ON_BOTH(names_come_back),
                                       ON_BOTH(set_operations_stand_beside_enums), ON_BOTH(enums_are_taken_within_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
