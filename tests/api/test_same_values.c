/* What one database reads by its types and the other keeps as a text or a number: arrays of decimals, texts of arrays, infinite
 * times, JSON that is none, sums of 32 bits. Both give the same, or both name what is wrong. */
#include "support/fixture.h"

#include <math.h>

WEFT_DECLARE(Note);
struct Note {
    int64_t id;
    weft_array_decimal prices;
    weft_array_interval spans;
    weft_array_text tags;
    weft_array_int32 marks;
    weft_json doc;
    weft_opt_float size;
    weft_opt_timestamp at;
    weft_opt_time hour;
};
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Note, prices, .nullable = true), WEFT_COLUMN(Note, spans, .nullable = true),
           WEFT_COLUMN(Note, tags, .nullable = true), WEFT_COLUMN(Note, marks, .nullable = true),
           WEFT_COLUMN(Note, doc, .nullable = true), WEFT_COLUMN(Note, size), WEFT_COLUMN(Note, at), WEFT_COLUMN(Note, hour));
WEFT_METADATA(models, &Note_model);
FIXTURE_MODELS(models);

typedef struct Text {
    const char *v;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, v));
typedef struct Short {
    char v[4];
} Short;
WEFT_ROW(Short, WEFT_FIELD(Short, v));
typedef struct Spans {
    weft_array_interval v;
} Spans;
WEFT_ROW(Spans, WEFT_FIELD(Spans, v));
typedef struct Gaps {
    weft_array_opt_interval v;
} Gaps;
WEFT_ROW(Gaps, WEFT_FIELD(Gaps, v));
typedef struct Marks {
    weft_array_int32 v;
} Marks;
WEFT_ROW(Marks, WEFT_FIELD(Marks, v));
typedef struct Wide {
    weft_array_int64 v;
} Wide;
WEFT_ROW(Wide, WEFT_FIELD(Wide, v));
typedef struct Hour {
    weft_opt_time v;
} Hour;
WEFT_ROW(Hour, WEFT_FIELD(Hour, v));
typedef struct Real {
    weft_opt_double v;
} Real;
WEFT_ROW(Real, WEFT_FIELD(Real, v));
typedef struct Truth {
    weft_opt_bool v;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, v));

#define C(f) weft_col(Note, f)
#define ROWS_OF(T, e) \
    weft_rows(f->s, T, .from = weft_from(Note), .columns = weft_columns(e), .order_by = weft_order(weft_asc(Note, id)))

/* ---- arrays ---- */

/* With the digits that they were given, whichever way they go in; equal ones are found by their value. */
static void decimals_within_arrays_keep_their_digits(void **state)
{
    fixture *f = *state;
    const char *wanted = f->postgres ? "{1.50,2}" : "[\"1.50\",\"2\"]";
    const weft_array_decimal prices = {(weft_decimal[]){{"1.50"}, {"2"}}, 2}, none = {(weft_decimal[]){{NULL}}, 0},
                             odd = {(weft_decimal[]){{"+01.50"}, {"0.2e1"}}, 2};
    const weft_decimal first = {"1.50"}, second = {"2"};
    (void)weft_new(f->s, Note, .id = 1, .prices = prices);
    commit_ok(f->s);
    assert_rows(f, "SELECT prices FROM note", wanted);
    const weft_expr *const sets[] = {
        weft_to(Note, prices, prices),
        weft_to_expr(Note, prices, weft_literally(weft_val(prices))),
        weft_to(Note, prices, odd),
        weft_to_expr(Note, prices, weft_literally(weft_val(odd))),
        weft_to_expr(Note, prices, weft_array_concat(weft_val(prices), C(prices))),
        weft_to_expr(Note, prices, weft_array(weft_val(first), weft_val(second))),
        weft_to_expr(Note, prices, weft_array_append(weft_array(weft_val(first)), weft_val(second))),
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        (void)weft_session_update(f->s, weft_update_of(Note, .set = weft_sets(weft_to(Note, prices, none)), .all = true), NULL);
        (void)weft_session_update(f->s, weft_update_of(Note, .set = weft_sets(sets[i]), .all = true), NULL);
        commit_ok(f->s);
        assert_rows(f, "SELECT prices FROM note", wanted);
    }
    const Note *note = weft_get(f->s, Note, 1);
    weft_edit(f->s, Note, note)->prices = none;
    flush_ok(f->s);
    weft_edit(f->s, Note, note)->prices = prices;
    commit_ok(f->s);
    assert_rows(f, "SELECT prices FROM note", wanted);
}

/* Each database's own text of an array. */
static void text_sql_gives_arrays_as_texts(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Note, .id = 1, .tags = {(const char *[]){"a", "b c"}, 2}, .prices = {(weft_decimal[]){{"7"}}, 1});
    commit_ok(f->s);
    Text_list texts = weft_text_rows(f->s, Text, "SELECT tags AS v FROM note", NULL);
    assert_ok(f->s);
    assert_string_equal(texts.items[0]->v, f->postgres ? "{a,\"b c\"}" : "[\"a\",\"b c\"]");
    texts = weft_text_rows(f->s, Text, "SELECT spans AS v FROM note", NULL);
    assert_ok(f->s);
    assert_null(texts.items[0]->v);
    (void)weft_text_rows(f->s, Short, "SELECT tags AS v FROM note", NULL);
    assert_message(f->s, "does not fit a char[4]");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
    (void)ROWS_OF(Text, C(tags)); /* a query knows what it gives */
    assert_message(f->s, "does not fit a field of type text");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
}

static void assert_span(weft_interval span, int months, int days, int64_t usec)
{
    assert_int_equal(span.months, months);
    assert_int_equal(span.days, days);
    assert_true(span.usec == usec);
}

static void text_sql_gives_arrays_of_intervals(void **state)
{
    fixture *f = *state;
    const weft_interval kept[] = {{14, -3, 14706700000}, {0, 0, 0}, {0, 0, -1}};
    (void)weft_new(f->s, Note, .id = 1, .spans = {kept, 3});
    commit_ok(f->s);
    Spans_list spans = weft_text_rows(f->s, Spans, "SELECT spans AS v FROM note", NULL);
    assert_ok(f->s);
    assert_int_equal(spans.items[0]->v.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_span(spans.items[0]->v.items[i], kept[i].months, kept[i].days, kept[i].usec);
    Gaps_list gaps = weft_text_rows(f->s, Gaps,
                                    f->postgres ? "SELECT ARRAY['1 day', NULL, '-2 years 04:00']::interval[] AS v"
                                                : "SELECT '[\"P1D\",null,\"P-2YT4H\"]' AS v",
                                    NULL);
    assert_ok(f->s);
    assert_int_equal(gaps.items[0]->v.count, 3);
    assert_span(gaps.items[0]->v.items[0].value, 0, 1, 0);
    assert_false(gaps.items[0]->v.items[1].set);
    assert_span(gaps.items[0]->v.items[2].value, -24, 0, 14400000000);
    (void)weft_text_rows(f->s, Spans, f->postgres ? "SELECT ARRAY['1 hour', 'soon'] AS v" : "SELECT '[\"PT1H\",\"soon\"]' AS v",
                         NULL);
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
}

/* Arrays of integers of several widths, null ones too, are one column's. */
static void members_give_arrays_of_several_widths(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Note, .id = 1, .marks = weft_int32s(1, -2));
    commit_ok(f->s);
    const weft_array_int64 none = {0}, one = weft_int64s(7), large = weft_int64s(INT64_C(1) << 40);
    const weft_array_int16 small = {(const int16_t[]){1, -2}, 2};
    const weft_rows_options *own = weft_select(.from = weft_from(Note), .columns = weft_columns(C(marks)));
    weft_subselect_as(Nulls, Marks, weft_union(own, weft_select(.from = weft_from(Note), .columns = weft_columns(weft_val(none)))));
    Marks_list marks = weft_rows(f->s, Marks, .from = weft_from(Nulls), .order_by = weft_order(weft_asc(Nulls, v)));
    assert_ok(f->s);
    assert_int_equal(marks.count, 2);
    assert_int_equal(marks.items[0]->v.items[1], -2);
    assert_null(marks.items[1]->v.items);
    weft_subselect_as(Firsts, Marks,
                      weft_union(weft_select(.from = weft_from(Note), .columns = weft_columns(weft_val(one))), own,
                                 weft_select(.from = weft_from(Note), .columns = weft_columns(weft_val(small)))));
    marks = weft_rows(f->s, Marks, .from = weft_from(Firsts), .order_by = weft_order(weft_asc(Firsts, v)));
    assert_ok(f->s);
    assert_int_equal(marks.count, 2);
    assert_int_equal(marks.items[1]->v.items[0], 7);
    weft_subselect_as(Wides, Wide,
                      weft_union_all(own, weft_select(.from = weft_from(Note), .columns = weft_columns(weft_val(large)))));
    Wide_list wides = weft_rows(f->s, Wide, .from = weft_from(Wides), .order_by = weft_order(weft_asc(Wides, v)));
    assert_ok(f->s);
    assert_int_equal(wides.count, 2);
    assert_true(wides.items[1]->v.items[0] == INT64_C(1) << 40);
    weft_subselect_as(Narrow, Marks,
                      weft_union(own, weft_select(.from = weft_from(Note), .columns = weft_columns(weft_val(large)))));
    (void)weft_rows(f->s, Marks, .from = weft_from(Narrow));
    assert_refused(f->s, WEFT_ERROR_DATA);
}

/* ---- infinity ---- */

static void infinity_has_no_time_of_day(void **state)
{
    fixture *f = *state;
    const weft_timestamp ever = {INT64_MAX}, never = {INT64_MIN}, once = {86400000000 + 3600000000};
    (void)weft_new(f->s, Note, .id = 1, .at = weft_some(ever), .hour = weft_some({1}));
    (void)weft_new(f->s, Note, .id = 2, .at = weft_some(once), .hour = weft_some({1}));
    (void)weft_new(f->s, Note, .id = 3, .at = weft_some(never), .hour = weft_some({1}));
    commit_ok(f->s);
    for (int kind = 0; kind < 2; kind++) {
        Hour_list hours = ROWS_OF(Hour, kind == 0 ? weft_cast(C(at), WEFT_TIME)
                                                  : weft_cast(weft_case(weft_is_not_null(Note, at), C(at)), WEFT_TIME));
        assert_ok(f->s);
        assert_int_equal(hours.count, 3);
        assert_false(hours.items[0]->v.set);
        assert_true(hours.items[1]->v.set && hours.items[1]->v.value.usec == 3600000000);
        assert_false(hours.items[2]->v.set);
    }
    Hour_list hours = ROWS_OF(Hour, weft_cast(weft_val(ever), WEFT_TIME));
    assert_ok(f->s);
    assert_false(hours.items[0]->v.set);
    (void)weft_session_update(f->s, weft_update_of(Note, .set = weft_sets(weft_to_expr(Note, hour, C(at))), .all = true), NULL);
    commit_ok(f->s);
    assert_rows(f, f->postgres ? "SELECT id, hour FROM note ORDER BY id" : "SELECT id, substr(hour, 1, 8) FROM note ORDER BY id",
                "1|NULL\n2|01:00:00\n3|NULL");
    (void)ROWS_OF(Hour, weft_cast(weft_cast(weft_val("infinity"), WEFT_TEXT), WEFT_TIME)); /* a text is no timestamp */
    assert_refused(f->s, WEFT_ERROR_DATA);
}

/* ---- JSON ---- */

static void a_text_beside_json_is_json(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Note, .id = 1, .doc = {"{\"a\": [1, 2]}"});
    commit_ok(f->s);
    const weft_json bad = {"{a"}, good = {"{ \"a\":[1,2.0] }"}, bads[] = {{"3"}, bad}, goods[] = {{"3"}, good};
    const weft_expr *const refused[] = {
        weft_eq(Note, doc, bad),
        weft_ne(Note, doc, bad),
        weft_lt(Note, doc, bad),
        weft_in(Note, doc, bads, 2),
        weft_not_in(Note, doc, bads, 2),
        weft_literally(weft_eq(Note, doc, bad)),
        weft_literally(weft_in(Note, doc, bads, 2)),
        weft_op(C(doc), "=", weft_val("{a")),
        weft_op(weft_val("{a"), "<", C(doc)),
        weft_op(C(doc), "IS DISTINCT FROM", weft_val(bad)),
        weft_op(C(doc), "=", weft_any_item(bads, 2)),
        weft_op(C(doc), ">=", weft_all_items(bads, 2)),
        weft_op(weft_json_get(C(doc), "$.a"), "=", weft_val("{a")),
        weft_between(C(doc), weft_val("{a"), weft_val("3")),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        (void)weft_query(f->s, Note, .where = refused[i]);
        assert_refused(f->s, WEFT_ERROR_DATA);
    }
    const weft_expr *const found[] = {
        weft_eq(Note, doc, good),
        weft_in(Note, doc, goods, 2),
        weft_literally(weft_eq(Note, doc, good)),
        weft_literally(weft_in(Note, doc, goods, 2)),
        weft_op(C(doc), "=", weft_val("{\"a\":[1,2]}")),
        weft_op(C(doc), "=", weft_any_item(goods, 2)),
        weft_op(weft_json_get(C(doc), "$.a"), "=", weft_val("[1,2]")),
        weft_op(weft_coalesce(C(doc), weft_val("3")), "=", C(doc)),
    };
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        assert_int_equal(weft_query(f->s, Note, .where = found[i]).count, 1);
        assert_ok(f->s);
    }
    (void)weft_query(f->s, Note, .where = found[0]);
    if (!f->postgres)
        assert_non_null(strstr(fixture_last_sql(f), "note.doc COLLATE WEFT_JSON = weft_to_json(?1)"));
    const weft_json null = {NULL};
    assert_int_equal(weft_query(f->s, Note, .where = weft_eq(Note, doc, null)).count, 0);
    assert_ok(f->s);
}

/* ---- sums of 32 bits ---- */

static double only_real(fixture *f, const weft_expr *e)
{
    Real_list list = weft_rows(f->s, Real, .from = weft_from(Note), .columns = weft_columns(e));
    assert_ok(f->s);
    assert_int_equal(list.count, 1);
    assert_true(list.items[0]->v.set);
    return list.items[0]->v.value;
}

static void is_real(fixture *f, const weft_expr *e, double wanted) { assert_true(fabs(only_real(f, e) - wanted) <= 0); }

static void sums_of_floats_have_32_bits(void **state)
{
    fixture *f = *state;
    static const float sizes[] = {16777216.0f, 0.1f, 1.0f, 1.0f, 3.0f};
    for (int i = 0; i < 5; i++)
        (void)weft_new(f->s, Note, .id = i + 1, .size = weft_some(sizes[i]));
    (void)weft_new(f->s, Note, .id = 6);
    commit_ok(f->s);
    is_real(f, weft_sum(C(size)), 16777220.0); /* 16777216 + 1 is 16777216 there, and + 3 is 16777220 */
    is_real(f, weft_filter(weft_sum(C(size)), weft_lt(Note, id, 5)), 16777216.0);
    is_real(f, weft_sum(weft_op(C(size), "*", weft_val(1.0f))), 16777220.0);
    is_real(f, weft_avg(C(size)), (16777216.0 + (double)0.1f + 1 + 1 + 3) / 5);
    Text_list texts =
        ROWS_OF(Text, weft_cast(weft_scalar(weft_select(.from = weft_from(Note), .columns = weft_columns(weft_sum(C(size))))),
                                WEFT_TEXT));
    assert_ok(f->s);
    assert_string_equal(texts.items[0]->v, "1.677722e+07");
    static const double running[] = {16777216, 16777216, 16777216, 16777216, 16777220, 16777220},
                        framed[] = {16777216, 16777216, (double)(0.1f + 1.0f), 2, 4, 3};
    Real_list list = ROWS_OF(Real, weft_over(weft_sum(C(size)), .order_by = weft_order(weft_asc(Note, id))));
    assert_ok(f->s);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(list.items[i]->v.value - running[i]) <= 0);
    list = ROWS_OF(Real, weft_over(weft_sum(C(size)), .order_by = weft_order(weft_asc(Note, id)),
                                   .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row)));
    assert_ok(f->s);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(list.items[i]->v.value - framed[i]) <= 0);
    list =
        ROWS_OF(Real, weft_over(weft_filter(weft_sum(C(size)), weft_gt(Note, id, 6)), .order_by = weft_order(weft_asc(Note, id))));
    assert_ok(f->s);
    assert_false(list.items[0]->v.set);
}

static void sums_beyond_32_bits_are_told(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++)
        (void)weft_new(f->s, Note, .id = i + 1, .size = weft_some(3e38f));
    commit_ok(f->s);
    (void)ROWS_OF(Real, weft_scalar(weft_select(.from = weft_from(Note), .columns = weft_columns(weft_sum(C(size))))));
    assert_refused(f->s, WEFT_ERROR_DATA);
    (void)ROWS_OF(Real, weft_over(weft_sum(C(size)), .order_by = weft_order(weft_asc(Note, id)),
                                  .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row)));
    assert_refused(f->s, WEFT_ERROR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(decimals_within_arrays_keep_their_digits),
        ON_BOTH(text_sql_gives_arrays_as_texts),
        ON_BOTH(text_sql_gives_arrays_of_intervals),
        ON_BOTH(members_give_arrays_of_several_widths),
        ON_BOTH(infinity_has_no_time_of_day),
        ON_BOTH(a_text_beside_json_is_json),
        ON_BOTH(sums_of_floats_have_32_bits),
        ON_BOTH(sums_beyond_32_bits_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
