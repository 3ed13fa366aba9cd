/* Values at the edges of what their places take: both databases take them, or both name what is wrong and what mends it. */
#include "support/fixture.h"

#include <math.h>

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    weft_decimal count;
    bool good;
    weft_array_text tags;
    weft_array_decimal prices;
    const char *code, *codes;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Thing, count, .precision = 20, .scale = 0), WEFT_COLUMN(Thing, good),
           WEFT_COLUMN(Thing, tags, .nullable = true), WEFT_COLUMN(Thing, prices, .nullable = true),
           WEFT_COLUMN(Thing, code, .length = 5, .nullable = true),
           WEFT_COLUMN(Thing, codes, .sql_type = "char(3)[]", .nullable = true));
WEFT_METADATA(models, &Thing_model);
FIXTURE_MODELS(models);

typedef struct Text {
    const char *v;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, v));

#define COL(f) weft_col(Thing, f)
#define BY_ID(fn) weft_over(fn, .order_by = weft_order(weft_asc(Thing, id)))
#define AS_TEXT(e) weft_columns(weft_cast(e, WEFT_TEXT))

static void things_are_there(fixture *f)
{
    (void)weft_new(f->s, Thing, .id = 1, .count = {"18446744073709551615"}, .good = true, .code = "abc",
                   .tags = {(const char *[]){"a", "b'c"}, 2}, .prices = {(weft_decimal[]){{"9.0"}}, 1});
    (void)weft_new(f->s, Thing, .id = 2, .count = {"5"}, .code = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
    commit_ok(f->s);
}

static void are_found(fixture *f, const weft_expr *where, const char *expected)
{
    char found[8] = "";
    weft_each (Thing, thing, weft_query(f->s, Thing, .where = where, .order_by = weft_order(weft_asc(Thing, id))))
        (void)strncat(found, thing->id == 1 ? "1" : "2", 1);
    assert_ok(f->s);
    assert_string_equal(found, expected);
}

/* A decimal holds what no integer of weft's does, in lists as by itself. */
static void lists_beside_decimals_hold_numbers_above_int64(void **state)
{
    fixture *f = *state;
    things_are_there(f);
    const unsigned long long large[] = {UINT64_MAX, 7};
    are_found(f, weft_in(Thing, count, large, 2), "1");
    are_found(f, weft_not_in(Thing, count, large, 2), "2");
    are_found(f, weft_literally(weft_in(Thing, count, large, 2)), "1");
    are_found(f, weft_op(COL(count), "=", weft_any_item(large, 2)), "1");
    are_found(f, weft_op(weft_op(COL(count), "+", weft_val(2)), "=", weft_any_item(large, 2)), "2");
    are_found(f, weft_op(COL(count), "<", weft_all_items(large, 1)), "2");
    (void)weft_query(f->s, Thing, .where = weft_in(Thing, id, large, 2));
    assert_message(f->s, "thing.id: a number above 9223372036854775807");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_query(f->s, Thing, .where = weft_op(COL(id), "=", weft_any_item(large, 2)));
    assert_message(f->s, "has a number above 9223372036854775807");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void is_refused(fixture *f, const weft_expr *e, const char *message, const char *hint, weft_status status)
{
    (void)weft_rows(f->s, Text, .from = weft_from(Thing), .columns = AS_TEXT(e));
    assert_status(f->s, status);
    if (message != NULL)
        assert_message(f->s, message);
    if (hint != NULL)
        assert_string_equal(weft_session_error(f->s)->hint, hint);
    rollback_ok(f->s);
}

static void functions_say_what_they_take(void **state)
{
    fixture *f = *state;
    things_are_there(f);
    const weft_expr *below = weft_op(weft_val(1), "-", weft_val(2));
    weft_alias(Other, Thing);
    const weft_rows_options query = {.from = weft_from(Other), .columns = weft_columns(weft_col(Other, id))};
    const weft_expr *several = weft_scalar(&query);
    is_refused(f, BY_ID(weft_ntile(weft_val(0))), "ntile", "give it a number of parts above zero", WEFT_ERROR_DATA);
    is_refused(f, BY_ID(weft_ntile(below)), "ntile", "give it a number of parts above zero", WEFT_ERROR_DATA);
    is_refused(f, BY_ID(weft_nth_value(COL(id), weft_val(0))), "nth_value", "rows are counted from 1 on", WEFT_ERROR_DATA);
    is_refused(f,
               weft_over(weft_sum(COL(id)), .order_by = weft_order(weft_asc(Thing, id)),
                         .frame = weft_frame_rows(weft_preceding(below), weft_current_row)),
               "frame", NULL, WEFT_ERROR_DATA);
    is_refused(f, several, "a subquery", "limit it to one row (.limit = 1), or take an aggregate of what it gives", WEFT_ERROR_SQL);
}

static void what_is_no_number_is_no_integer(void **state)
{
    fixture *f = *state;
    things_are_there(f);
    const weft_decimal none[] = {{"NaN"}, {"Infinity"}, {"-Infinity"}};
    const weft_type types[] = {WEFT_INT16, WEFT_INT32, WEFT_INT64, WEFT_UINT32};
    for (int i = 0; i < 3; i++)
        for (int t = 0; t < 4; t++)
            is_refused(f, weft_cast(weft_val(none[i]), types[t]), NULL, NULL, WEFT_ERROR_DATA);
    is_refused(f, weft_cast(weft_val((double)NAN), WEFT_INT64), NULL, NULL, WEFT_ERROR_DATA);
    is_refused(f, weft_cast(weft_val((double)INFINITY), WEFT_INT64), NULL, NULL, WEFT_ERROR_DATA);
}

static void is_of_type(fixture *f, const weft_expr *e, weft_type type)
{
    weft_error error = {0};
    weft_connection *connection = NULL;
    weft_result *result = NULL;
    size_t rows = 0;
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_error(weft_connection_select(connection, weft_select(.from = weft_from(Thing), .columns = weft_columns(e)), &result,
                                        &error),
                 WEFT_OK, &error);
    for (; weft_result_next(result, &error); rows++) {
        const weft_value cell = weft_result_value(result, 0);
        if (cell.type != type && !cell.is_null)
            fail_msg("a cell has the type %d in place of %d", (int)cell.type, (int)type);
    }
    assert_true(rows > 0);
    weft_result_close(result);
    weft_connection_close(connection);
}

/* A row without a struct has cells of the types that PostgreSQL gives. */
static void choices_of_constants_have_their_type(void **state)
{
    fixture *f = *state;
    things_are_there(f);
    const weft_expr *yes = weft_val((bool)1), *no = weft_val((bool)0), *first = weft_eq(Thing, id, 1);
    const weft_expr *truths[] = {weft_case(first, yes, no),
                                 weft_case(first, yes),
                                 weft_case(first, no, COL(good)),
                                 weft_case(first, weft_gt(Thing, id, 0), no),
                                 weft_coalesce(yes, no),
                                 weft_fn("nullif", yes, no),
                                 weft_case(first, weft_case(first, yes, no), no)};
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        is_of_type(f, truths[i], WEFT_BOOL);
    is_of_type(f, BY_ID(weft_lag(COL(good), weft_val(1), yes)), WEFT_BOOL);
    is_of_type(f, BY_ID(weft_lead(weft_case(first, yes, no), weft_val(1), yes)), WEFT_BOOL);
    is_of_type(f, weft_within_group(weft_fn("mode"), weft_asc_of(COL(good))), WEFT_BOOL);
    is_of_type(f, weft_within_group(weft_fn("mode"), weft_asc_of(weft_case(first, yes, no))), WEFT_BOOL);
    is_of_type(f, weft_case(first, weft_val(((weft_macaddr){{1}}))), WEFT_MACADDR);
    is_of_type(f, weft_coalesce(weft_val(((weft_json){"1"})), weft_val(((weft_json){"2"}))), WEFT_JSON);
    is_of_type(f, weft_case(first, weft_val(((weft_uuid){{1}}))), WEFT_UUID);
}

static void json_may_be_nested_too_deep(void **state)
{
    fixture *f = *state;
    enum { DEPTH = 1000 };
    char deep[2 * DEPTH + 1];
    memset(deep, '[', DEPTH);
    memset(deep + DEPTH, ']', DEPTH);
    deep[2 * DEPTH] = '\0';
    things_are_there(f);
    const weft_expr *json = weft_val(((weft_json){deep}));
    const weft_expr *cases[] = {weft_json_get(json, "$[0]"), weft_json_kind(json, "$"), weft_cast(weft_val(deep), WEFT_JSON)};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (!f->postgres) {
            is_refused(f, cases[i], "JSON is nested deeper than 512 levels", NULL, WEFT_ERROR_DATA);
        } else {
            (void)weft_rows(f->s, Text, .from = weft_from(Thing), .columns = AS_TEXT(cases[i]));
            assert_ok(f->s);
        }
    is_refused(f, weft_cast(weft_val("[1"), WEFT_JSON), f->postgres ? NULL : "what should be JSON is none", NULL, WEFT_ERROR_DATA);
}

static void arrays_are_literals(void **state)
{
    fixture *f = *state;
    things_are_there(f);
    const weft_expr *tags = weft_val(((weft_array_text){(const char *[]){"a", "b'c"}, 2})),
                    *prices = weft_val(((weft_array_decimal){(weft_decimal[]){{"9.00"}}, 1})),
                    *numbers = weft_val(((weft_array_int32){(int32_t[]){1, -2}, 2})),
                    *moments = weft_val(((weft_array_timestamp){(weft_timestamp[]){{0}}, 1}));
    are_found(f, weft_literally(weft_op(COL(tags), "=", tags)), "1");
    assert_non_null(strstr(fixture_last_sql(f), "b''c"));
    are_found(f, weft_literally(weft_op(COL(prices), "=", prices)), "1");
    are_found(f, weft_literally(weft_array_contains_of(tags, COL(tags))), "1");
    are_found(f, weft_op(weft_array_length(weft_literally(numbers)), "=", weft_val(2)), "12");
    are_found(f, weft_op(weft_array_item(weft_literally(numbers), weft_val(2)), "=", weft_val(-2)), "12");
    are_found(f, weft_op(weft_array_item(weft_literally(moments), weft_val(1)), "=", weft_val(((weft_timestamp){0}))), "12");
    const weft_expr *nan = weft_array_length(weft_literally(weft_val(((weft_array_double){(double[]){NAN}, 1}))));
    if (!f->postgres)
        is_refused(f, nan, "a literal: an array holds what is no number", NULL, WEFT_ERROR_DATA);
}

/* By SQL's rule blanks at the end make no text too long for a column; a value that is given is not cut. */
static void blanks_make_no_text_too_long(void **state)
{
    fixture *f = *state;
    things_are_there(f);
    (void)weft_session_update(f->s,
                              weft_update_of(Thing,
                                             .set = weft_sets(weft_to_expr(Thing, code, weft_op(COL(code), "||", weft_val("   ")))),
                                             .all = true),
                              NULL);
    assert_ok(f->s);
    commit_ok(f->s);
    assert_rows(f, "SELECT code || '|' FROM thing ORDER BY id", "abc  |\n\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9|");
    (void)weft_session_update(f->s,
                              weft_update_of(Thing,
                                             .set = weft_sets(weft_to_expr(Thing, code, weft_op(COL(code), "||", weft_val(" x ")))),
                                             .all = true),
                              NULL);
    assert_refused(f->s, WEFT_ERROR_DATA);
    (void)weft_session_update(f->s, weft_update_of(Thing, .set = weft_sets(weft_to(Thing, code, "abcdef")), .all = true), NULL);
    assert_message(f->s, "thing.code: the value is longer than the column");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

/* The length of the type that a model names is the column's business: items are not cut to one character. */
static void items_of_a_length_keep_it(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Thing, .id = 1, .count = {"1"}, .codes = "{abc,de}");
    (void)weft_new(f->s, Thing, .id = 2, .count = {"1"}, .codes = "{abc}");
    commit_ok(f->s);
    assert_rows(f, "SELECT codes FROM thing ORDER BY id", f->postgres ? "{abc,\"de \"}\n{abc}" : "{abc,de}\n{abc}");
    are_found(f, weft_eq(Thing, codes, "{abc}"), "2");
    weft_each (Thing, thing, weft_query(f->s, Thing))
        weft_edit(f->s, Thing, thing)->codes = "{xyz}";
    commit_ok(f->s);
    assert_rows(f, "SELECT codes FROM thing ORDER BY id", "{xyz}\n{xyz}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(lists_beside_decimals_hold_numbers_above_int64),
        ON_BOTH(functions_say_what_they_take),
        ON_BOTH(what_is_no_number_is_no_integer),
        ON_BOTH(choices_of_constants_have_their_type),
        ON_BOTH(json_may_be_nested_too_deep),
        ON_BOTH(arrays_are_literals),
        ON_BOTH(blanks_make_no_text_too_long),
        ON_BOTH(items_of_a_length_keep_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
