/* Values that stand beside values, and what is computed from them alone, are compared by what they are, as columns are: intervals,
 * arrays, JSON and decimals, of which equal ones may have different texts. */
#include "support/fixture.h"

WEFT_DECLARE(Row);
struct Row {
    int64_t id;
    weft_interval span;
    weft_array_decimal list;
    weft_json content;
    weft_decimal number;
};
WEFT_MODEL(Row, "row_", WEFT_COLUMN(Row, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Row, span),
           WEFT_COLUMN(Row, list), WEFT_COLUMN(Row, content), WEFT_COLUMN(Row, number));
WEFT_METADATA(models, &Row_model);
FIXTURE_MODELS(models);

typedef struct Truth {
    bool is;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, is));
typedef struct Count {
    int64_t n;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, n));
typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));
typedef struct Span {
    weft_interval v;
} Span;
WEFT_ROW(Span, WEFT_FIELD(Span, v));
typedef struct List {
    weft_array_decimal v;
} List;
WEFT_ROW(List, WEFT_FIELD(List, v));
typedef struct Content {
    weft_json v;
} Content;
WEFT_ROW(Content, WEFT_FIELD(Content, v));
typedef struct Number {
    weft_decimal v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));

static const weft_decimal nine[] = {{"9.0"}}, also_nine[] = {{"9"}}, ten[] = {{"10"}};

/* Two that are equal, and a greater one, which as a text is less. */
#define SPANS \
    weft_val(((weft_interval){.months = 1})), weft_val(((weft_interval){.days = 30})), weft_val(((weft_interval){.days = 100}))
#define LISTS \
    weft_val(((weft_array_decimal){nine, 1})), weft_val(((weft_array_decimal){also_nine, 1})), \
        weft_val(((weft_array_decimal){ten, 1}))
#define CONTENTS weft_val(((weft_json){"[9.0]"})), weft_val(((weft_json){"[ 9 ]"})), weft_val(((weft_json){"[10]"}))
#define NUMBERS weft_val(((weft_decimal){"9.0"})), weft_val(((weft_decimal){"9"})), weft_val(((weft_decimal){"10"}))

static void rows_are_there(fixture *f)
{
    weft_new(f->s, Row, .id = 1, .span = {.months = 1}, .list = {nine, 1}, .content = {"[9.0]"}, .number = {"9.0"});
    weft_new(f->s, Row, .id = 2, .span = {.days = 100}, .list = {ten, 1}, .content = {"[10]"}, .number = {"10"});
    weft_new(f->s, Row, .id = 3, .span = {.days = 30}, .list = {also_nine, 1}, .content = {"[ 9]"}, .number = {"9"});
    commit_ok(f->s);
}

static const weft_rows_options *only_of(const weft_expr *columns) /* which ends behind one */
{
    static weft_rows_options kept[16];
    static size_t count;
    weft_rows_options *query = &kept[count++ % 16];
    *query = (weft_rows_options){.columns = columns};
    return query;
}

/* equal and like are equal, more is greater. */
static void are_compared(fixture *f, const char *type, const weft_expr *equal, const weft_expr *like, const weft_expr *more)
{
    const weft_rows_options *of_equal = only_of(weft_columns(equal)), *of_like = only_of(weft_columns(like)),
                            *of_more = only_of(weft_columns(more));
    const struct {
        const char *what;
        const weft_expr *e;
    } cases[] = {
        {"=", weft_op(equal, "=", like)},
        {"not <>", weft_not(weft_op(equal, "<>", like))},
        {"<", weft_op(equal, "<", more)},
        {">", weft_op(more, ">", like)},
        {"is not distinct", weft_op(equal, "IS NOT DISTINCT FROM", like)},
        {"between", weft_between(like, equal, more)},
        {"between symmetric", weft_between_symmetric(like, more, equal)},
        {"nullif", weft_null(weft_fn("nullif", equal, like))},
        {"tuple =", weft_op(weft_tuple(equal, weft_val(1)), "=", weft_tuple(like, weft_val(1)))},
        {"tuple <", weft_op(weft_tuple(equal, weft_val(1)), "<", weft_tuple(more, weft_val(0)))},
        {"tuple <=", weft_op(weft_tuple(weft_val(1), equal), "<=", weft_tuple(weft_val(1), like))},
        {"coalesce", weft_op(weft_coalesce(equal, more), "=", weft_coalesce(like, more))},
        {"coalesce of one", weft_op(weft_coalesce(equal), "=", like)},
        {"case", weft_op(weft_case(weft_op(weft_val(1), "=", weft_val(1)), equal, more), "=", like)},
        {"in", weft_in_query(equal, of_like)},
        {"not in", weft_not_in_query(equal, of_more)},
        {"= any", weft_op(equal, "=", weft_any_of(of_like))},
        {"> all", weft_op(more, ">", weft_all_of(of_like))},
        {"scalar =", weft_op(weft_scalar(of_equal), "=", weft_scalar(of_like))},
        {"scalar <", weft_op(weft_scalar(of_equal), "<", weft_scalar(of_more))},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Truth_list rows = weft_rows(f->s, Truth, .columns = weft_columns(cases[i].e));
        assert_ok(f->s);
        if (rows.count != 1 || !rows.items[0]->is)
            fail_msg("%s: %s does not hold", type, cases[i].what);
    }
}

static void values_are_compared_without_columns(void **state)
{
    fixture *f = *state;
    are_compared(f, "intervals", SPANS);
    are_compared(f, "arrays", LISTS);
    are_compared(f, "JSON", CONTENTS);
    are_compared(f, "decimals", NUMBERS);
}

#define CASE_OF(...) CASE_OF_THREE(__VA_ARGS__)
#define CASE_OF_THREE(equal, like, more) weft_case(weft_eq(Row, id, 1), equal, weft_eq(Row, id, 2), more, like)

static void is_text(fixture *f, const char *type, const weft_expr *e, const char *expected)
{
    Text_list rows = weft_rows(f->s, Text, .from = weft_from(Row), .columns = weft_columns(e));
    assert_ok(f->s);
    if (rows.count != 1 || strcmp(rows.items[0]->text, expected) != 0)
        fail_msg("%s: %s in place of %s", type, rows.items[0]->text, expected);
}

/* Column is one of the table, e what CASE makes of values, which is the same in each row. */
static void are_ordered(fixture *f, const char *type, const weft_expr *column, const weft_expr *e)
{
    const weft_expr *both[] = {column, e}, *id = weft_cast(weft_col(Row, id), WEFT_TEXT);
    for (size_t i = 0; i < 2; i++) {
        Count_list rows = weft_rows(f->s, Count, .from = weft_from(Row), .columns = weft_columns(weft_col(Row, id)),
                                    .order_by = weft_order(weft_desc_of(both[i]), weft_asc(Row, id)));
        assert_ok(f->s);
        assert_int_equal(rows.items[0]->n, 2);
        rows = weft_rows(f->s, Count, .from = weft_from(Row), .columns = weft_columns(weft_count(weft_distinct(both[i]))));
        assert_ok(f->s);
        assert_int_equal(rows.items[0]->n, 2);
        rows = weft_rows(f->s, Count, .from = weft_from(Row),
                         .columns = weft_columns(weft_over(weft_rank(), .order_by = weft_order(weft_asc_of(both[i])))),
                         .order_by = weft_order(weft_asc(Row, id)));
        assert_ok(f->s);
        assert_true(rows.items[0]->n == 1 && rows.items[1]->n == 3 && rows.items[2]->n == 1);
        is_text(f, type, weft_ordered(weft_string_agg(id, weft_val(" ")), weft_asc_of(both[i]), weft_asc(Row, id)), "1 3 2");
        is_text(f, type, weft_ordered(weft_string_agg(id, weft_val(" ")), weft_desc_of(both[i]), weft_desc(Row, id)), "2 3 1");
    }
}

static void computed_values_are_ordered(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    are_ordered(f, "intervals", weft_col(Row, span), CASE_OF(SPANS));
    are_ordered(f, "arrays", weft_col(Row, list), CASE_OF(LISTS));
    are_ordered(f, "JSON", weft_col(Row, content), CASE_OF(CONTENTS));
    are_ordered(f, "decimals", weft_col(Row, number), CASE_OF(NUMBERS));
}

#define SETS_OF(type, R, column, equal, like, more) \
    do { \
        weft_subselect_as(All, R, \
                          weft_union(weft_select(.columns = weft_columns(equal)), weft_select(.columns = weft_columns(like)), \
                                     weft_select(.columns = weft_columns(more)))); \
        weft_subselect_as(Common, R, \
                          weft_intersect(weft_select(.columns = weft_columns(equal)), \
                                         weft_select(.columns = weft_columns(like)))); \
        weft_subselect_as(Rest, R, \
                          weft_except(weft_select(.from = weft_from(Row), .columns = weft_columns(weft_col(Row, column))), \
                                      weft_select(.columns = weft_columns(like)))); \
        const weft_model *sets[] = {weft_from(All), weft_from(Common), weft_from(Rest)}; \
        for (int i = 0; i < 3; i++) { \
            Count_list rows = weft_rows(f->s, Count, .from = sets[i], .columns = weft_columns(weft_count_all())); \
            assert_ok(f->s); \
            if (rows.items[0]->n != (i == 0 ? 2 : 1)) \
                fail_msg("%s: set %d has %d rows", type, i, (int)rows.items[0]->n); \
        } \
    } while (0)
#define SETS(...) SETS_OF(__VA_ARGS__)

static void equal_values_are_one_row_of_a_set(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    SETS("intervals", Span, span, SPANS);
    SETS("arrays", List, list, LISTS);
    SETS("JSON", Content, content, CONTENTS);
    SETS("decimals", Number, number, NUMBERS);
}

static void the_greatest_interval_is_no_text(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    Span_list rows = weft_rows(f->s, Span, .from = weft_from(Row), .columns = weft_columns(weft_max(CASE_OF(SPANS))));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->v.days, 100);
}

/* As PostgreSQL does, also where a double would be infinite or nothing. */
static void numbers_that_no_double_is_are_refused(void **state)
{
    fixture *f = *state;
    const weft_decimal large = {"1e400"}, small = {"1e-400"};
    const weft_expr *cases[] = {
        weft_cast(weft_val(large), WEFT_DOUBLE),
        weft_cast(weft_val(small), WEFT_DOUBLE),
        weft_cast(weft_val("1e400"), WEFT_DOUBLE),
        weft_cast(weft_val("-1e-400"), WEFT_DOUBLE),
        weft_op(weft_val(large), "*", weft_val(1.0)),
        weft_op(weft_val(large), ">", weft_val(1.0)),
        weft_fn("exp", weft_val(-1000.0)),
        weft_fn("power", weft_val(10.0), weft_val(-400.0)),
        weft_cast(weft_val(small), WEFT_FLOAT),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)weft_rows(f->s, Text, .columns = weft_columns(weft_cast(cases[i], WEFT_TEXT)));
        assert_refused(f->s, WEFT_ERROR_DATA);
    }
    const weft_expr *fine[] = {weft_cast(weft_val("0e-400"), WEFT_DOUBLE),
                               weft_cast(weft_val((weft_decimal){"0.000"}), WEFT_DOUBLE),
                               weft_fn("power", weft_val(0.0), weft_val(3.0)), weft_cast(weft_val(" -0.0 "), WEFT_DOUBLE)};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        Truth_list rows = weft_rows(f->s, Truth, .columns = weft_columns(weft_op(fine[i], "=", weft_val(0.0))));
        assert_ok(f->s);
        assert_true(rows.items[0]->is);
    }
    if (f->postgres)
        return; /* earlier minor versions of the server round to 2000 places at most */
    Count_list rows =
        weft_rows(f->s, Count,
                  .columns = weft_columns(
                      weft_fn("length", weft_cast(weft_fn("round", weft_val((weft_decimal){"1.5"}), weft_val(3000)), WEFT_TEXT))));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->n, 3002);
}

/* Not each integer of 64 bits is a double. */
static void large_integers_become_doubles_beside_them(void **state)
{
    fixture *f = *state;
    const weft_expr *real = weft_val(9007199254740992.0), *whole = weft_val(INT64_C(9007199254740993));
    const weft_expr *chosen = weft_case(weft_op(weft_val(1), "=", weft_val(1)), real, whole);
    const weft_expr *cases[] = {weft_op(real, "=", whole), weft_between(real, whole, whole), weft_between(whole, real, real),
                                weft_between_symmetric(real, whole, whole), weft_op(chosen, "=", whole)};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Truth_list rows = weft_rows(f->s, Truth, .columns = weft_columns(cases[i]));
        assert_ok(f->s);
        if (rows.count != 1 || !rows.items[0]->is)
            fail_msg("case %zu does not hold", i);
    }
}

static void texts_are_read_as_what_else_gives(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    Count_list rows = weft_rows(f->s, Count, .from = weft_from(Row), .columns = weft_columns(weft_count_all()),
                                .where = weft_op(weft_case(weft_eq(Row, id, 1), weft_val("09.00"), weft_col(Row, number)), "=",
                                                 weft_val((weft_decimal){"9"})));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->n, 2);
}

/* What stands in for a row before the first is a decimal: all are. */
static void what_stands_in_decides_about_the_type(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    Number_list rows =
        weft_rows(f->s, Number, .from = weft_from(Row), .order_by = weft_order(weft_asc(Row, id)),
                  .columns = weft_columns(weft_over(weft_lag(weft_col(Row, id), weft_val(1), weft_val((weft_decimal){"0.5"})),
                                                    .order_by = weft_order(weft_asc(Row, id)))));
    assert_ok(f->s);
    assert_string_equal(rows.items[0]->v.text, "0.5");
    assert_string_equal(rows.items[1]->v.text, "1");
    (void)weft_rows(f->s, Text, .from = weft_from(Row),
                    .columns = weft_columns(weft_over(weft_lag(weft_now(), weft_val(1), weft_today()))));
    assert_message(f->s, "lag has a timestamp on its left and a date on its right");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(values_are_compared_without_columns),   ON_BOTH(computed_values_are_ordered),
        ON_BOTH(equal_values_are_one_row_of_a_set),     ON_BOTH(the_greatest_interval_is_no_text),
        ON_BOTH(numbers_that_no_double_is_are_refused), ON_BOTH(large_integers_become_doubles_beside_them),
        ON_BOTH(texts_are_read_as_what_else_gives),     ON_BOTH(what_stands_in_decides_about_the_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
