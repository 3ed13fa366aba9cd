/* Values of one type beside another: integers beside decimals in every operator, times beside times, lists of what no field holds,
 * values of no type. Both databases give the same answer or, where one cannot, it says so before anything is sent. */
#include "support/fixture.h"

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    int16_t small;
    int32_t n;
    int64_t big;
    uint32_t natural;
    weft_decimal price, any;
    weft_opt_double real;
    weft_date day;
    weft_timestamp at;
    weft_time hour;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Thing, small),
           WEFT_COLUMN(Thing, n), WEFT_COLUMN(Thing, big), WEFT_COLUMN(Thing, natural),
           WEFT_COLUMN(Thing, price, .precision = 10, .scale = 2), WEFT_COLUMN(Thing, any), WEFT_COLUMN(Thing, real),
           WEFT_COLUMN(Thing, day), WEFT_COLUMN(Thing, at), WEFT_COLUMN(Thing, hour));
WEFT_METADATA(models, &Thing_model);
FIXTURE_MODELS(models);

#define COL(f) weft_col(Thing, f)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void add_things(weft_session *s)
{
    static const char *const prices[] = {"0.00", "1.00", "1.50", "2.00", "-3.00"};
    static const char *const any[] = {"0", "1.000", "2", "1.5", "3e0"};
    for (int i = 0; i < 5; i++)
        (void)weft_new(s, Thing, .id = i, .small = (int16_t)i, .n = i, .big = i, .natural = (unsigned)i, .price = {prices[i]},
                       .any = {any[i]}, .day = {i}, .at = {i * INT64_C(86400000000)}, .hour = {i});
    commit_ok(s);
}

/* Hundredths of the two columns, by plain arithmetic. */
static const int price_of[] = {0, 100, 150, 200, -300}, any_of[] = {0, 100, 200, 150, 300};

static bool holds(const char *op, int a, int b)
{
    switch (op[0]) {
    case '=': return a == b;
    case '<': return op[1] == '>' ? a != b : op[1] == '=' ? a <= b : a < b;
    case '>': return a > b;
    default: return strcmp(op, "IS DISTINCT FROM") == 0 ? a != b : a == b;
    }
}

/* weft_op takes names that stand in the program; a binding makes the node. */
static int64_t count_by(weft_session *s, const weft_expr *left, const char *op, const weft_expr *right)
{
    const weft_expr *const args[] = {left, right, &weft_end};
    const weft_expr node = {.op = WEFT_EXPR_OP, .name = op, .args = args};
    return weft_count_of(s, Thing, .where = &node);
}

static void integers_equal_decimals_by_number(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char *const ops[] = {"=", "<>", "<", "<=", ">", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
    add_things(s);
    const weft_expr *const integers[] = {COL(small), COL(n), COL(big), COL(natural)};
    const weft_expr *const decimals[] = {COL(price), COL(any)};
    for (size_t k = 0; k < COUNT(ops); k++)
        for (size_t i = 0; i < COUNT(integers); i++)
            for (size_t d = 0; d < 2; d++) {
                const int *value = d == 0 ? price_of : any_of;
                int wanted = 0, back = 0, whole = 0;
                for (int row = 0; row < 5; row++) {
                    wanted += holds(ops[k], 100 * row, value[row]);
                    back += holds(ops[k], value[row], 100 * row);
                    whole += holds(ops[k], 100 * row, 300);
                }
                const weft_decimal three = {d == 0 ? "3.0" : "3"};
                assert_int_equal(count_by(s, integers[i], ops[k], decimals[d]), wanted);
                assert_int_equal(count_by(s, decimals[d], ops[k], integers[i]), back);
                assert_int_equal(count_by(s, integers[i], ops[k], weft_val(three)), whole);
                assert_int_equal(count_by(s, integers[i], ops[k], weft_literal(three)), whole);
                assert_ok(s);
            }
}

static void decimals_beside_floating_point_numbers_are_these(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_things(s);
    weft_edit(s, Thing, weft_get(s, Thing, 2))->real = (weft_opt_double)weft_some(7.25);
    commit_ok(s);
    const weft_expr *const asked[] = {weft_coalesce(COL(real), COL(price)), weft_coalesce(COL(price), COL(real)),
                                      weft_case(weft_is_null(Thing, real), COL(price), COL(real)),
                                      weft_case(weft_not_null(COL(real)), COL(real), COL(price))};
    for (size_t i = 0; i < COUNT(asked); i++) {
        const double second = i == 1 ? 1.5 : 7.25;
        assert_int_equal(weft_count_of(s, Thing, .where = weft_op(asked[i], "=", weft_val(1.0))), 1);
        assert_int_equal(weft_count_of(s, Thing, .where = weft_op(asked[i], "=", weft_val(second))), 1);
        assert_int_equal(weft_count_of(s, Thing, .where = weft_op(asked[i], "<", weft_val(0))), 1);
        assert_int_equal(weft_count_of(s, Thing, .where = weft_op(asked[i], "=", COL(n))), 2);
        assert_ok(s);
    }
    assert_int_equal(weft_count_of(s, Thing, .where = weft_null(weft_fn("nullif", COL(price), weft_val(1.5)))), 1);
    assert_ok(s);
}

static void times_of_two_kinds_meet_alike(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_things(s);
    const struct {
        const weft_expr *where;
        int64_t rows;
    } asked[] = {
        {weft_between(COL(at), COL(day), COL(day)), 5},
        {weft_op(COL(at), "IS DISTINCT FROM", COL(day)), 0},
        {weft_op(COL(day), "=", COL(at)), 5},
        {weft_op(weft_cast(COL(at), WEFT_DATE), "=", COL(day)), 5},
        {weft_op(weft_cast(COL(at), WEFT_DATE), "=", weft_val((weft_date){2})), 1},
        {weft_op(weft_cast(COL(day), WEFT_TIMESTAMP), "=", COL(at)), 5},
        {weft_op(weft_cast(COL(at), WEFT_TIME), "=", weft_val((weft_time){0})), 5},
    };
    for (size_t i = 0; i < COUNT(asked); i++) {
        const int64_t rows = weft_count_of(s, Thing, .where = asked[i].where);
        assert_ok(s);
        assert_int_equal(rows, asked[i].rows);
    }
    assert_int_equal(weft_count_of(s, Thing, .where = weft_op(weft_cast(COL(at), WEFT_TIMESTAMP), "=", COL(at))), 5);
    const weft_expr *within = weft_between(COL(day), weft_val((weft_date){1}), weft_val((weft_date){3}));
    assert_int_equal(weft_count_of(s, Thing, .where = within), 3);
    assert_ok(s);
}

static void lists_hold_only_what_a_field_holds(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_things(s);
    const weft_time beyond[] = {{0}, {INT64_C(86400000001)}}, before[] = {{-1}};
    (void)weft_count_of(s, Thing, .where = weft_in(Thing, hour, beyond, 2));
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Thing, .where = weft_not_in(Thing, hour, before, 1));
    assert_refused(s, WEFT_ERROR_TYPE);
    const struct {
        const char *field;
        weft_value item;
    } items[] = {{"small", weft_value_int64(32768)},
                 {"n", weft_value_int64(INT64_C(4294967299))},
                 {"natural", weft_value_int64(-1)},
                 {"day", {.type = WEFT_DATE, .as.i = INT64_C(1) << 40}}};
    for (size_t i = 0; i < COUNT(items); i++) {
        weft_builder *b = weft_builder_new();
        (void)weft_count_of(s, Thing, .where = weft_builder_in(b, &Thing_model, items[i].field, &items[i].item, 1));
        assert_refused(s, WEFT_ERROR_TYPE);
        weft_builder_free(b);
    }
    assert_int_equal(weft_count_of(s, Thing, .where = weft_in(Thing, hour, ((weft_time[]){{0}, {3}}), 2)), 2);
    assert_ok(s);
}

static void values_of_no_type_are_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const int types[] = {WEFT_TYPE_COUNT_, 31, 32, 64, 94, 255, 1000, -1};
    for (size_t i = 0; i < COUNT(types); i++) {
        const weft_value odd = {.type = (weft_type)types[i], .as.i = 1};
        const weft_expr value = {.op = WEFT_EXPR_VALUE, .value = odd};
        const weft_expr same = {.op = WEFT_EXPR_EQ, .model = &Thing_model, .offset = offsetof(Thing, n), .value = odd};
        const weft_expr list = {.op = WEFT_EXPR_IN, .model = &Thing_model, .offset = offsetof(Thing, n), .value = odd};
        (void)fixture_statements(f);
        (void)weft_session_execute_text(s, "SELECT $1", weft_parameters(odd));
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_count_of(s, Thing, .where = weft_op(COL(n), "=", &value));
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_count_of(s, Thing, .where = weft_literally(weft_op(COL(n), "=", &value)));
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_count_of(s, Thing, .where = &same);
        assert_refused(s, WEFT_ERROR_MISUSE);
        if (types[i] > 31 || types[i] < 0) {
            (void)weft_count_of(s, Thing, .where = &list);
            assert_refused(s, WEFT_ERROR_MISUSE);
        }
        assert_int_equal(fixture_statements(f), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(integers_equal_decimals_by_number), ON_BOTH(decimals_beside_floating_point_numbers_are_these),
        ON_BOTH(times_of_two_kinds_meet_alike),     ON_BOTH(lists_hold_only_what_a_field_holds),
        ON_BOTH(values_of_no_type_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
