/* A statement is compiled once for all values of a shape: a null has the type that it would have if it were set, whichever comes
 * first. And what stands within an expression says nothing of how its result is compared. */
#include "support/fixture.h"

WEFT_DECLARE(Item);
struct Item {
    int64_t id;
    int16_t small;
    int32_t number;
    weft_decimal price;
    weft_timestamp at;
    weft_date day;
    const char *name;
    weft_array_opt_int64 list;
    weft_array_text tags;
    weft_interval span;
    weft_json content;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Item, small),
           WEFT_COLUMN(Item, number), WEFT_COLUMN(Item, price), WEFT_COLUMN(Item, at), WEFT_COLUMN(Item, day),
           WEFT_COLUMN(Item, name), WEFT_COLUMN(Item, list), WEFT_COLUMN(Item, tags), WEFT_COLUMN(Item, span),
           WEFT_COLUMN(Item, content));
WEFT_DECLARE(Part);
struct Part {
    int64_t id;
    int64_t item_id;
    weft_opt_date day;
};
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Part, item_id),
           WEFT_COLUMN(Part, day));
WEFT_METADATA(models, &Item_model, &Part_model);
FIXTURE_MODELS(models);

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
typedef struct Truth {
    weft_opt_bool is;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, is));
typedef struct Group {
    const char *key;
    int64_t count;
} Group;
WEFT_ROW(Group, WEFT_FIELD(Group, key), WEFT_FIELD(Group, count));
typedef struct Moment {
    weft_timestamp v;
} Moment;
WEFT_ROW(Moment, WEFT_FIELD(Moment, v));
typedef struct Number {
    weft_decimal v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));
typedef struct Span {
    weft_opt_interval v;
} Span;
WEFT_ROW(Span, WEFT_FIELD(Span, v));
typedef struct Integers {
    weft_array_opt_int64 v;
} Integers;
WEFT_ROW(Integers, WEFT_FIELD(Integers, v));
typedef struct Decimals {
    weft_array_decimal v;
} Decimals;
WEFT_ROW(Decimals, WEFT_FIELD(Decimals, v));
typedef struct Moments {
    weft_array_timestamp v;
} Moments;
WEFT_ROW(Moments, WEFT_FIELD(Moments, v));

/* Numbers are 10, 20, … 60, prices 0.5, 1.5, …, days one after the other and times their midnights. */
static void rows_are_there(fixture *f)
{
    static char prices[6][8], names[6][8];
    static weft_opt_int64 lists[6][2];
    for (int k = 1; k <= 6; k++) {
        snprintf(prices[k - 1], sizeof prices[0], "%d.5", k - 1);
        snprintf(names[k - 1], sizeof names[0], "%.*s", k, "abcdefg");
        lists[k - 1][0] = (weft_opt_int64)weft_some(k);
        (void)weft_new(f->s, Item, .id = k, .small = (int16_t)k, .number = 10 * k, .price = {prices[k - 1]},
                       .at = {(int64_t)(19000 + k) * 86400000000}, .day = {19000 + k}, .name = names[k - 1],
                       .list = {lists[k - 1], 2}, .tags = weft_texts("x", "[ 1]"), .span = {.days = k}, .content = {"[1.0]"});
        (void)weft_new(f->s, Part, .id = k, .item_id = k, .day = weft_some((weft_date){19000 + k}));
    }
    commit_ok(f->s);
}

static void finds(fixture *f, const weft_expr *condition, const char *expected)
{
    char found[32] = "";
    const Id_list rows = weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_col(Item, id), .where = condition,
                                   .order_by = weft_asc(Item, id));
    assert_ok(f->s);
    weft_each (Id, row, rows)
        (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d", *found != '\0' ? " " : "", (int)row->id);
    assert_string_equal(found, expected);
}

static void a_null_has_its_type(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_decimal none = {NULL}, one = {"1"};
    for (int turn = 0; turn < 3; turn++) { /* what comes first makes no difference, nor what is known then */
        weft_engine_clear_cache(f->engine);
        for (int i = 0; i < 3; i++) {
            const weft_decimal number = (turn + i) % 3 == 0 ? none : one;
            finds(f, weft_op(weft_op(weft_coalesce(weft_col(Item, number), weft_val(number)), "/", weft_val(4)), ">", weft_val(2)),
                  "1 2 3 4 5 6"); /* 10 / 4 is 2.5 and no integer */
            const weft_opt_date day = (turn + i) % 3 == 0 ? (weft_opt_date)weft_unset : (weft_opt_date)weft_some((weft_date){1});
            const Moment_list rows =
                weft_rows(f->s, Moment, .from = weft_from(Item), .columns = weft_coalesce(weft_col(Item, at), weft_val(day)),
                          .order_by = weft_asc(Item, id));
            assert_ok(f->s);
            assert_int_equal(rows.items[0]->v.usec, INT64_C(19001) * 86400000000);
            (void)weft_rows(f->s, Truth, .from = weft_from(Item),
                            .columns = weft_op(weft_col(Item, small), "IS DISTINCT FROM", weft_val(day)));
            assert_refused(f->s, WEFT_ERROR_TYPE);
            (void)weft_rows(f->s, Truth, .from = weft_from(Item), .columns = weft_coalesce(weft_col(Item, small), weft_val(day)));
            assert_message(f->s, "coalesce has a number and a date; cast one of them");
            assert_refused(f->s, WEFT_ERROR_TYPE);
        }
    }
}

static void is_open(fixture *f, const weft_expr *e, bool open, bool otherwise)
{
    const Truth_list rows = weft_rows(f->s, Truth, .columns = e);
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->is.set, !open);
    if (!open)
        assert_int_equal(rows.items[0]->is.value, otherwise);
}

static void a_null_is_compared_with_rows(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    for (int rows = 0; rows < 2; rows++) {
        const weft_rows_options *days =
            weft_select(.from = weft_from(Part), .columns = weft_col(Part, day), .where = weft_gt(Part, id, rows == 1 ? 0 : 10));
        const weft_expr *none = weft_val((weft_opt_date)weft_unset), *any = weft_any_of(days), *all = weft_all_of(days);
        const weft_expr *anys[] = {weft_op(none, "=", any), weft_op(none, "<>", any), weft_op(none, "!=", any),
                                   weft_op(none, "<", any)},
                        *alls[] = {weft_op(none, "=", all), weft_op(none, "<>", all), weft_op(none, "!=", all),
                                   weft_op(none, "<", all)};
        for (int i = 0; i < 4; i++) { /* of no rows ANY is false, and ALL true */
            is_open(f, anys[i], rows == 1, false);
            is_open(f, alls[i], rows == 1, true);
        }
    }
}

/* SQLite takes the COLLATE of an operand for that of what the operand stands in. */
static void what_stands_within_says_nothing_of_the_result(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *conditions[] = {weft_gt(Item, price, (weft_decimal){"3"}), weft_eq(Item, list, weft_col(Item, list)),
                                     weft_gt(Item, span, (weft_interval){.days = 3}),
                                     weft_op(weft_col(Item, content), "=", weft_val((weft_json){"[1]"}))};
    const char *groups[] = {"1:3 1.0:3", "1.0:6", "1:3 1.0:3", "1.0:6"};
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        char found[64] = "";
        const weft_expr *all = i % 2 == 0 ? conditions[i] : weft_and(conditions[i], weft_gt(Item, id, 0));
        const weft_expr *key = weft_case(all, weft_val("1.0"), weft_val("1"));
        const Group_list rows = weft_rows(f->s, Group, .from = weft_from(Item), .columns = weft_columns(key, weft_count_all()),
                                          .group_by = key, .order_by = weft_asc_of(weft_count_all()));
        assert_ok(f->s);
        size_t ones = 0, others = 0;
        weft_each (Group, row, rows) {
            ones += strcmp(row->key, "1") == 0 ? (size_t)row->count : 0;
            others += strcmp(row->key, "1.0") == 0 ? (size_t)row->count : 0;
        }
        snprintf(found, sizeof found, ones > 0 ? "1:%zu 1.0:%zu" : "1.0:%zu", ones > 0 ? ones : others, others);
        assert_string_equal(found, groups[i]);
        finds(f, weft_op(key, "=", weft_val("1")), ones > 0 ? "1 2 3" : "");
        finds(f, weft_op(weft_lower(weft_coalesce(key, weft_val("x"))), "=", weft_val("1")), ones > 0 ? "1 2 3" : "");
        finds(f, weft_op(weft_fn("nullif", key, weft_val("1")), "=", weft_val("1.0")), ones > 0 ? "4 5 6" : "1 2 3 4 5 6");
    }
    finds(f, weft_op(weft_array_item(weft_col(Item, tags), weft_val(2)), "=", weft_val("[1]")), "");
    finds(f, weft_op(weft_array_item(weft_col(Item, tags), weft_val(2)), "=", weft_val("[ 1]")), "1 2 3 4 5 6");
}

/* max(a.x) within a subquery of other rows would make one row of all that are around it. */
static void aggregates_of_the_rows_around_are_refused(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_rows_options *largest = weft_select(.from = weft_from(Part), .columns = weft_max(weft_col(Item, number)),
                                                   .where = weft_eq_col(Part, item_id, Item, id));
    (void)weft_rows(f->s, Group, .from = weft_from(Item), .columns = weft_columns(weft_col(Item, name), weft_scalar(largest)));
    assert_message(f->s, "max of columns around a subquery is an aggregate of the SELECT around, which has no groups");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_col(Item, id),
                    .where = weft_op(weft_scalar(largest), ">", weft_val(10)));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_col(Item, id),
                    .where =
                        weft_exists_in(weft_select(.from = weft_from(Part), .columns = weft_val(1), .group_by = weft_col(Part, id),
                                                   .having = weft_op(weft_max(weft_col(Item, number)), ">", weft_val(10)))));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    finds(f,
          weft_op(weft_scalar(weft_select(.from = weft_from(Part), .where = weft_eq_col(Part, item_id, Item, id),
                                          .columns = weft_max(weft_op(weft_col(Item, number), "+", weft_col(Part, item_id))))),
                  ">", weft_val(40)),
          "4 5 6");
    (void)weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_fn("trim", &weft_star));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

static void arrays_come_from_anywhere(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_alias(Other, Item);
    const weft_rows_options *second =
        weft_select(.from = weft_from(Other), .columns = weft_col(Other, list), .where = weft_eq(Other, id, 2));
    finds(f, weft_array_has_of(weft_scalar(second), weft_col(Item, id)), "2");
    finds(f, weft_array_has_of(weft_scalar(second), weft_val(2)), "1 2 3 4 5 6");
    const weft_expr *some = weft_gt(Item, id, 2);
    Integers_list rows = weft_rows(f->s, Integers, .from = weft_from(Item), .where = weft_eq(Item, id, 3),
                                   .columns = weft_case(some, weft_val(weft_int64s(1)), weft_val(weft_int64s(2))));
    assert_ok(f->s);
    assert_true(rows.items[0]->v.count == 1 && rows.items[0]->v.items[0].value == 1);
    rows = weft_rows(f->s, Integers, .columns = weft_coalesce(weft_val(weft_int64s(4, 5))));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->v.items[1].value, 5);
    rows = weft_rows(f->s, Integers, .from = weft_from(Item), .where = weft_eq(Item, id, 6),
                     .columns = weft_array(weft_col(Item, small), weft_op(weft_col(Item, number), "*", weft_val(10000)),
                                           weft_col(Item, id)));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->v.items[1].value, 600000);
    const Decimals_list prices = weft_rows(f->s, Decimals, .from = weft_from(Item), .where = weft_eq(Item, id, 2),
                                           .columns = weft_array(weft_col(Item, number), weft_col(Item, price)));
    assert_ok(f->s);
    assert_string_equal(prices.items[0]->v.items[0].text, "20");
    assert_string_equal(prices.items[0]->v.items[1].text, "1.5");
    const Moments_list times = weft_rows(f->s, Moments, .from = weft_from(Item), .where = weft_eq(Item, id, 2),
                                         .columns = weft_array(weft_col(Item, day), weft_col(Item, at)));
    assert_ok(f->s);
    assert_int_equal(times.items[0]->v.items[0].usec, times.items[0]->v.items[1].usec);
    (void)weft_rows(f->s, Moments, .from = weft_from(Item), .columns = weft_array(weft_col(Item, day), weft_col(Item, name)));
    assert_message(f->s, "weft_array has items of type date and of type text; cast one of them");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_col(Item, id),
                    .where = weft_null(weft_fn("nullif", weft_col(Item, list), weft_array(weft_col(Item, small)))));
    assert_message(f->s, "nullif has an array of int64 values and one of int16 values; cast one of them");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    finds(f, weft_between(weft_val(weft_texts("a")), weft_val(weft_texts("Z")), weft_col(Item, tags)), "1 2 3 4 5 6");
    finds(f, weft_between(weft_val((weft_json){"1"}), weft_val((weft_json){"1.0"}), weft_col(Item, content)), "1 2 3 4 5 6");
    finds(f, weft_between_symmetric(weft_val(weft_texts("a")), weft_col(Item, tags), weft_val(weft_texts("Z"))), "1 2 3 4 5 6");
    weft_subselect(Id, weft_select(.from = weft_from(Item), .columns = weft_col(Item, id)));
    rows = weft_rows(f->s, Integers, .columns = weft_array_of(weft_select(.from = weft_from(Id), .columns = weft_col(Id, id))));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->v.count, 6);
}

static void averages_of_lengths_are_decimals(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *averages[] = {weft_avg(weft_fn("length", weft_col(Item, name))),
                                   weft_avg(weft_op(weft_fn("length", weft_col(Item, name)), "*", weft_val(1))),
                                   weft_avg(weft_array_length(weft_col(Item, tags)))};
    for (size_t i = 0; i < sizeof averages / sizeof averages[0]; i++) {
        const Number_list rows = weft_rows(f->s, Number, .from = weft_from(Item), .columns = averages[i]);
        assert_ok(f->s);
        assert_string_equal(rows.items[0]->v.text, i < 2 ? "3.5000000000000000" : "2.0000000000000000");
    }
    const weft_expr *wrong[] = {weft_sum(weft_col(Item, day)), weft_avg(weft_col(Item, at))};
    for (size_t i = 0; i < 2; i++) {
        (void)weft_rows(f->s, Number, .from = weft_from(Item), .columns = wrong[i]);
        assert_refused(f->s, WEFT_ERROR_TYPE);
    }
    (void)weft_rows(f->s, Number, .from = weft_from(Item),
                    .columns = weft_op(weft_cast(weft_col(Item, number), WEFT_DOUBLE), "%", weft_val(2.0)));
    assert_message(f->s, "there is no % of floating-point numbers; cast them");
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
}

static void is_decimal(fixture *f, const weft_expr *e, const char *expected)
{
    const Number_list rows = weft_rows(f->s, Number, .from = weft_from(Item), .columns = e, .where = weft_eq(Item, id, 3));
    assert_ok(f->s);
    assert_string_equal(rows.items[0]->v.text, expected);
}

static void fails(fixture *f, const weft_expr *e)
{
    (void)weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_col(Item, id), .where = weft_op(e, ">", weft_val(0)));
    assert_refused(f->s, WEFT_ERROR_DATA);
}

/* What is an integer on PostgreSQL is one on SQLite, whatever has made it. */
static void integers_are_integers_everywhere(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *number = weft_col(Item, number), *length = weft_fn("length", weft_col(Item, name)),
                    *item = weft_array_item(weft_col(Item, list), weft_val(1)), *most = weft_val(INT64_MAX);
    fails(f, weft_op(item, "+", most));
    fails(f, weft_op(length, "*", most));
    fails(f, weft_op(weft_array_length(weft_col(Item, list)), "/", weft_op(number, "-", number)));
    fails(f, weft_op(weft_val("7"), "/", weft_op(number, "-", number)));
    fails(f,
          weft_op(weft_fn("nullif", weft_col(Item, small), weft_op(weft_col(Item, id), "+", weft_val(100))), "+", weft_val(32767)));
    is_decimal(f, weft_fn("round", number, weft_val(-1)), "30");
    is_decimal(f, weft_fn("round", weft_op(number, "+", weft_val(5)), weft_val(-1)), "40");
    is_decimal(f, weft_fn("trunc", weft_op(number, "*", weft_val(-5)), weft_val(-2)), "-100");
    finds(f, weft_op(weft_op(weft_val("7"), "/", weft_col(Item, id)), "=", weft_val(2)), "3");
}

/* Rows are distinct as what they are: whole numbers and texts are stored alike, and equal intervals may have several texts. */
static void distinct_rows_are_inserted(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    int64_t count = 0;
    weft_session_insert(
        f->s,
        weft_insert_into(Part, .columns = weft_columns(weft_col(Part, id), weft_col(Part, item_id)),
                         .query = weft_select(.from = weft_from(Item), .distinct = true,
                                              .columns = weft_columns(weft_op(weft_op(weft_col(Item, id), "/", weft_val(4)), "+",
                                                                              weft_val(100)),
                                                                      weft_val(7)))),
        &count);
    assert_ok(f->s);
    assert_int_equal(count, 2);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, item_id FROM part WHERE id >= 100 ORDER BY id", "100|7\n101|7");
    if (f->postgres)
        return;
    weft_session_insert(
        f->s,
        weft_insert_into(Item, .columns = weft_columns(weft_col(Item, id), weft_col(Item, span)),
                         .query = weft_select(.from = weft_from(Item), .distinct = true,
                                              .columns = weft_columns(weft_op(weft_col(Item, id), "+", weft_val(50)),
                                                                      weft_coalesce(weft_col(Item, span), weft_col(Item, span))))),
        &count);
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
}

static void sets_of_several_types_are_compared_as_one(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_rows_options *both = weft_union(weft_select(.from = weft_from(Item), .columns = weft_col(Item, price)),
                                               weft_select(.from = weft_from(Item), .columns = weft_col(Item, number)));
    const weft_expr *ways[] = {weft_in_query(weft_col(Item, number), both),
                               weft_op(weft_col(Item, number), "=", weft_any_of(both))};
    for (int i = 0; i < 2; i++) {
        const Id_list rows = weft_rows(f->s, Id, .from = weft_from(Item), .columns = weft_col(Item, id), .where = ways[i]);
        assert_ok(f->s);
        assert_int_equal(rows.count, 6);
    }
    const weft_rows_options *same = weft_union(weft_select(.from = weft_from(Item), .columns = weft_col(Item, id)),
                                               weft_select(.from = weft_from(Part), .columns = weft_col(Part, item_id)));
    finds(f, weft_op(weft_col(Item, id), "=", weft_any_of(same)), "1 2 3 4 5 6");
    finds(f, weft_op(weft_col(Item, id), "<>", weft_all_of(same)), "");
    const weft_rows_options *none = weft_select(.from = weft_from(Part), .columns = weft_literally(weft_val((weft_decimal){NULL})));
    finds(f, weft_in_query(weft_col(Item, price), none), "");
    finds(f, weft_op(weft_col(Item, price), "<>", weft_any_of(none)), "");
    const weft_rows_options *spans = weft_union(weft_except(weft_select(.columns = weft_val((weft_opt_interval)weft_unset)),
                                                            weft_select(.columns = weft_val(((weft_interval){.days = 30})))),
                                                weft_select(.columns = weft_val(((weft_interval){.months = 1}))),
                                                weft_select(.columns = weft_val(((weft_interval){.days = 30}))));
    weft_subselect(Span, spans);
    const Span_list found = weft_rows(f->s, Span, .from = weft_from(Span));
    assert_ok(f->s);
    assert_int_equal(found.count, 2); /* NULL, and a month, which is 30 days */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_null_has_its_type),
        ON_BOTH(a_null_is_compared_with_rows),
        ON_BOTH(what_stands_within_says_nothing_of_the_result),
        ON_BOTH(aggregates_of_the_rows_around_are_refused),
        ON_BOTH(arrays_come_from_anywhere),
        ON_BOTH(averages_of_lengths_are_decimals),
        ON_BOTH(integers_are_integers_everywhere),
        ON_BOTH(distinct_rows_are_inserted),
        ON_BOTH(sets_of_several_types_are_compared_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
