/* Numbers in expressions: integers of every width and floating-point numbers compute on SQLite what they compute on PostgreSQL, and
 * what leaves the type of the result, or is divided by zero, is the same error. Random expressions are asked of both. */
#include "support/fixture.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

typedef enum kind { FIRST, SECOND } kind;
static const char *const kinds[] = {"first", "second"};
WEFT_DECLARE(Nums);
struct Nums {
    int64_t id;
    int16_t s;
    int32_t i;
    int64_t l;
    uint32_t u;
    bool b;
    kind k;
    float f;
    double d;
    weft_decimal m;
    const char *t;
};
WEFT_MODEL(Nums, "nums", WEFT_COLUMN(Nums, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Nums, s),
           WEFT_COLUMN(Nums, i), WEFT_COLUMN(Nums, l), WEFT_COLUMN(Nums, u), WEFT_COLUMN(Nums, b), WEFT_ENUM(Nums, k, kinds),
           WEFT_COLUMN(Nums, f), WEFT_COLUMN(Nums, d), WEFT_COLUMN(Nums, m), WEFT_COLUMN(Nums, t));
WEFT_METADATA(models, &Nums_model);
FIXTURE_MODELS(models);

typedef struct Exact {
    weft_decimal v;
} Exact;
WEFT_ROW(Exact, WEFT_FIELD(Exact, v));
typedef struct Whole {
    weft_opt_int64 v;
} Whole;
WEFT_ROW(Whole, WEFT_FIELD(Whole, v));
typedef struct Real {
    weft_opt_double v;
} Real;
WEFT_ROW(Real, WEFT_FIELD(Real, v));

static uint64_t seed = 5;

static unsigned below(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

static int64_t whole(void)
{
    static const int64_t ends[] = {INT16_MIN,  INT16_MAX,        INT32_MIN,           INT32_MAX, INT64_MIN, INT64_MAX,
                                   UINT32_MAX, INT64_C(1) << 53, INT64_C(3037000500), 46341,     182};
    return below(3) == 0 ? ends[below(sizeof ends / sizeof ends[0])] : (int64_t)below(9) - 4;
}

enum { ROWS = 24 };

static void open_pair(fixture *pair[2], void *places[2])
{
    static const double reals[] = {0, 0.5, 1.5, 2.5, -0.5, -2.5, 0.1, 1e300, -1e300, 1e-300, 3, -7.25, DBL_MAX};
    static const float floats[] = {0, 0.5f, -1.5f, 0.1f, 1e30f, 1e-30f, 7, FLT_MAX};
    static const char *const texts[] = {"12", " 7 ", "x", "", "1.5", "-3", "99999", "9223372036854775808", "1e2", "+5"};
    assert_int_equal(open_sqlite(&places[0]), 0);
    assert_int_equal(open_postgres(&places[1]), 0);
    pair[0] = places[0];
    pair[1] = places[1];
    for (int64_t id = 1; id <= ROWS; id++) {
        int16_t s = (int16_t)whole();
        int32_t i = (int32_t)whole();
        int64_t l = whole();
        uint32_t u = (uint32_t)whole();
        double d = reals[below(sizeof reals / sizeof reals[0])];
        float f = floats[below(sizeof floats / sizeof floats[0])];
        const char *t = texts[below(sizeof texts / sizeof texts[0])];
        bool b = below(2) == 0;
        for (int p = 0; p < 2; p++)
            (void)weft_new(pair[p]->s, Nums, .id = id, .s = s, .i = i, .l = l, .u = u, .b = b, .k = b ? FIRST : SECOND, .f = f,
                           .d = d, .m = {b ? "2.5" : "-7"}, .t = t);
    }
    commit_ok(pair[0]->s);
    commit_ok(pair[1]->s);
}

static void close_pair(void *places[2])
{
    (void)fixture_close(&places[0]);
    (void)fixture_close(&places[1]);
}

/* One value, or an error, as a text. */
static void tell(fixture *f, const weft_expr *e, const weft_expr *where, bool real, char told[200])
{
    weft_status status;
    told[0] = '\0';
    if (real) {
        Real_list list = weft_rows(f->s, Real, .from = weft_from(Nums), .columns = weft_columns(e), .where = where);
        for (size_t i = 0; i < list.count && i < 4; i++)
            (void)snprintf(told + strlen(told), 200 - strlen(told), list.items[i]->v.set ? "%.17g " : "NULL ",
                           list.items[i]->v.value + 0.0 /* -0 is 0 */);
    } else {
        Exact_list list = weft_rows(f->s, Exact, .from = weft_from(Nums), .columns = weft_columns(e), .where = where);
        for (size_t i = 0; i < list.count && i < 4; i++)
            (void)snprintf(told + strlen(told), 200 - strlen(told), "%s ",
                           list.items[i]->v.text != NULL ? list.items[i]->v.text : "NULL");
    }
    status = weft_session_status(f->s);
    if (status == WEFT_OK)
        return;
    (void)snprintf(told, 200, "%s", weft_status_identifier(status));
    rollback_ok(f->s);
}

static size_t answers, errors;

static void assert_alike(fixture *pair[2], const char *what, const weft_expr *e, const weft_expr *where, bool real)
{
    char told[2][200];
    for (int p = 0; p < 2; p++)
        tell(pair[p], e, where, real, told[p]);
    if (strcmp(told[0], told[1]) != 0)
        fail_msg("%s: SQLite %s, PostgreSQL %s: %s", what, told[0], told[1],
                 test_recorder_text(pair[0]->recorder, test_recorder_count(pair[0]->recorder) - 1));
    errors += strncmp(told[0], "WEFT_", 5) == 0;
    answers += strncmp(told[0], "WEFT_", 5) != 0;
}

/* A random expression of integers, or with floating-point numbers among them. */
static const weft_expr *expression(weft_builder *b, bool real, int depth)
{
    static const char *const columns[] = {"s", "i", "l", "u", "d", "f"};
    static const char *const operators[] = {"+", "-", "*", "/", "%"};
    const weft_expr *args[4];
    unsigned what = below(depth > 0 ? 10 : 4);
    if (what < 3)
        return weft_builder_column(b, &Nums_model, columns[below(real ? 6 : 4)], 0);
    if (what == 3)
        return weft_builder_value(b, real && below(2) == 0 ? weft_value_double((double)below(8) / 4)
                                                           : weft_value_int64(below(2) == 0 ? below(6) : whole()));
    if (what < 8) {
        do {
            args[0] = expression(b, real, depth - 1);
            args[1] = expression(b, real, depth - 1);
        } while (args[0]->op == WEFT_EXPR_VALUE && args[1]->op == WEFT_EXPR_VALUE);
        return weft_builder_node(b, WEFT_EXPR_OP, operators[below(real ? 4 : 5)], args, 2);
    }
    args[0] = expression(b, real, depth - 1);
    if (what == 8 && args[0]->op != WEFT_EXPR_VALUE)
        return weft_builder_node(b, WEFT_EXPR_FN, below(2) == 0 || !real ? "abs" : "round", args, 1);
    args[0] = weft_builder_node(b, WEFT_EXPR_IS_NOT_NULL, NULL, args, 1);
    args[1] = weft_builder_column(b, &Nums_model, columns[below(4)], 0);
    args[2] = expression(b, false, depth - 1); /* floats among integers are floats on PostgreSQL alone */
    return weft_builder_node(b, WEFT_EXPR_CASE, NULL, args, 3);
}

static void numbers_compute_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    const int rounds = getenv("WEFT_TEST_LONG") != NULL ? 20000 : 500;
    for (int round = 0; round < rounds; round++) {
        char what[60];
        weft_builder *b = weft_builder_new();
        (void)snprintf(what, sizeof what, "seed %llu", (unsigned long long)seed);
        bool real = below(2) == 0;
        const weft_expr *e = expression(b, real, 3), *where = weft_eq(Nums, id, 1 + below(ROWS));
        assert_alike(pair, what, e, where, real);
        weft_builder_free(b);
    }
    if (answers < 20 || errors < 20)
        fail_msg("%zu answers, %zu errors", answers, errors);
    close_pair(places);
}

#define COL(f) weft_col(Nums, f)
#define EACH(e, real) \
    for (int64_t id_ = 1; id_ <= ROWS; id_++) \
    assert_alike(pair, #e, e, weft_eq(Nums, id, id_), real)
#define ALL(e, real) assert_alike(pair, #e, e, NULL, real)

static void casts_round_and_refuse_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    EACH(weft_cast(COL(d), WEFT_INT64), false);
    EACH(weft_cast(COL(d), WEFT_INT16), false);
    EACH(weft_cast(COL(f), WEFT_INT32), false);
    EACH(weft_cast(COL(d), WEFT_FLOAT), true);
    EACH(weft_cast(COL(l), WEFT_INT32), false);
    EACH(weft_cast(COL(l), WEFT_DOUBLE), true);
    EACH(weft_cast(COL(m), WEFT_INT16), false);
    EACH(weft_cast(COL(m), WEFT_DOUBLE), true);
    EACH(weft_cast(COL(t), WEFT_INT32), false);
    EACH(weft_cast(COL(t), WEFT_INT64), false);
    EACH(weft_cast(COL(t), WEFT_DOUBLE), true);
    EACH(weft_fn("round", COL(d)), true);
    EACH(weft_fn("round", COL(i)), true);
    EACH(weft_op(weft_cast(COL(s), WEFT_INT64), "*", COL(i)), false);
    EACH(weft_fn("mod", COL(l), COL(s)), false);
    EACH(weft_op(COL(m), "/", COL(d)), true);
    close_pair(places);
}

static void sums_of_integers_are_exact(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int p = 0; p < 2; p++) {
        (void)weft_new(pair[p]->s, Nums, .id = 101, .l = INT64_MAX, .s = INT16_MAX, .i = INT32_MAX, .u = UINT32_MAX, .m = {"1"},
                       .t = "");
        (void)weft_new(pair[p]->s, Nums, .id = 102, .l = INT64_MAX, .s = INT16_MAX, .i = INT32_MAX, .u = UINT32_MAX, .m = {"1"},
                       .t = "");
        commit_ok(pair[p]->s);
        Exact_list sum = weft_rows(pair[p]->s, Exact, .from = weft_from(Nums), .columns = weft_columns(weft_sum(COL(l))),
                                   .where = weft_gt(Nums, id, 100));
        assert_ok(pair[p]->s);
        assert_string_equal(sum.items[0]->v.text, "18446744073709551614");
        Whole_list fits = weft_rows(pair[p]->s, Whole, .from = weft_from(Nums), .columns = weft_columns(weft_sum(COL(l))),
                                    .where = weft_eq(Nums, id, 101));
        assert_ok(pair[p]->s);
        assert_true(fits.items[0]->v.set && fits.items[0]->v.value == INT64_MAX);
        fits = weft_rows(pair[p]->s, Whole, .from = weft_from(Nums), .columns = weft_columns(weft_sum(COL(l))),
                         .where = weft_eq(Nums, id, 999));
        assert_ok(pair[p]->s);
        assert_false(fits.items[0]->v.set);
        Real_list mean = weft_rows(pair[p]->s, Real, .from = weft_from(Nums), .columns = weft_columns(weft_avg(COL(s))),
                                   .where = weft_gt(Nums, id, 100));
        assert_ok(pair[p]->s);
        assert_true(mean.items[0]->v.set && mean.items[0]->v.value > 32766.9 && mean.items[0]->v.value < 32767.1);
        (void)weft_rows(pair[p]->s, Whole, .from = weft_from(Nums), .columns = weft_columns(weft_sum(COL(l))),
                        .where = weft_gt(Nums, id, 100));
        assert_refused(pair[p]->s, WEFT_ERROR_SCHEMA);
        Exact_list ordered = weft_rows(pair[p]->s, Exact, .from = weft_from(Nums), .columns = weft_columns(weft_sum(COL(l))),
                                       .where = weft_gt(Nums, id, 100), .group_by = weft_columns(COL(id)),
                                       .having = weft_op(weft_sum(COL(l)), ">", weft_val(INT64_MAX - 1)),
                                       .order_by = weft_order(weft_desc_of(weft_sum(COL(l)))));
        assert_ok(pair[p]->s);
        assert_int_equal(ordered.count, 2);
        Exact_list all = weft_rows(pair[p]->s, Exact, .from = weft_from(Nums), .columns = weft_columns(weft_sum(COL(l))),
                                   .where = weft_gt(Nums, id, 100), .having = weft_op(weft_sum(COL(l)), ">", weft_val(9)));
        assert_ok(pair[p]->s);
        assert_int_equal(all.count, 1);
        assert_int_equal(weft_count_of(pair[p]->s, Nums, .where = weft_op(COL(id), "=", weft_op(weft_val(102), "-", weft_val(1)))),
                         1);
    }
    ALL(weft_sum(COL(s)), false);
    ALL(weft_sum(COL(i)), false);
    ALL(weft_sum(COL(u)), false);
    ALL(weft_sum(COL(l)), false);
    ALL(weft_avg(COL(s)), false);
    ALL(weft_avg(COL(l)), false);
    ALL(weft_sum(weft_distinct(COL(l))), false);
    ALL(weft_sum(weft_op(COL(s), "*", COL(i))), false);
    ALL(weft_sum(weft_op(COL(l), "*", weft_val(2))), false);
    ALL(weft_op(weft_sum(COL(l)), "+", weft_sum(COL(l))), false);
    ALL(weft_op(weft_sum(COL(s)), "/", weft_count_all()), false);
    ALL(weft_op(weft_sum(COL(l)), "/", weft_count_all()), false);
    ALL(weft_op(weft_max(COL(s)), "+", weft_min(COL(s))), false);
    ALL(weft_op(weft_max(COL(l)), "-", weft_min(COL(l))), false);
    close_pair(places);
}

static void conditions_and_orders_compute_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    const weft_expr *const conditions[] = {weft_op(weft_op(COL(l), "+", weft_val(1)), ">", weft_val(0)),
                                           weft_op(weft_op(COL(s), "*", COL(s)), ">", weft_val(4)),
                                           weft_op(weft_op(COL(i), "/", COL(s)), "=", weft_val(0)),
                                           weft_op(weft_op(COL(u), "-", COL(i)), ">=", weft_val(0)),
                                           weft_op(weft_op(weft_val(0), "-", COL(l)), "<", weft_val(0)),
                                           weft_between(weft_op(COL(i), "+", COL(u)), weft_val(-5), weft_val(9)),
                                           weft_op(weft_fn("abs", COL(i)), "<", weft_val(5)),
                                           weft_op(weft_op(COL(d), "*", COL(f)), ">", weft_val(1)),
                                           weft_op(weft_op(COL(s), "%", weft_val(2)), "=", weft_val(-1))};
    for (size_t c = 0; c < sizeof conditions / sizeof conditions[0]; c++)
        for (int64_t id = 1; id <= ROWS; id++)
            assert_alike(pair, "a condition", COL(id), weft_and(weft_eq(Nums, id, id), conditions[c]), false);
    close_pair(places);
}

/* ---- what is stored ---- */

static weft_status update(weft_session *s, const weft_expr *set)
{
    weft_session_update(s, weft_update_of(Nums, .set = weft_sets(set), .where = weft_eq(Nums, id, 1)), NULL);
    weft_status status = weft_session_status(s);
    rollback_ok(s);
    return status;
}

static weft_status upsert(fixture *f, const weft_expr *set, size_t count)
{
    static Nums rows[600];
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (size_t i = 0; i < count; i++)
        rows[i] = (Nums){.id = i == 0 ? 1 : 1000 + (int64_t)i, .m = {"1"}, .t = ""};
    weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id", .set = weft_sets(set)};
    weft_status status = weft_insert_many(c, Nums, rows, count, &options, &error);
    (void)weft_connection_rollback(c, &error);
    weft_connection_close(c);
    return status;
}

typedef struct assignment {
    const char *what;
    const weft_expr *set;
    weft_status wanted;
} assignment;

static void expressions_store_what_their_column_holds_in_every_width(void **state)
{
    fixture *f = *state;
#define ADD(e, n) weft_op(e, "+", weft_val(n))
#define WIDE(c) weft_cast(COL(c), WEFT_INT64)
#define SETS(c, e, wanted) \
    { \
#c " = " #e, weft_to_expr(Nums, c, e), wanted \
    }
    const assignment assignments[] = {
        SETS(s, ADD(COL(s), 1), WEFT_ERROR_DATA),
        SETS(s, ADD(WIDE(s), 1), WEFT_ERROR_DATA),
        SETS(s, COL(i), WEFT_ERROR_DATA),
        SETS(s, weft_op(weft_val(0), "-", WIDE(l)), WEFT_ERROR_DATA),
        SETS(s, ADD(COL(s), -1), WEFT_OK),
        SETS(s, COL(d), WEFT_ERROR_DATA),
        SETS(i, ADD(COL(i), 1), WEFT_ERROR_DATA),
        SETS(i, ADD(WIDE(i), 1), WEFT_ERROR_DATA),
        SETS(i, COL(l), WEFT_ERROR_DATA),
        SETS(i, weft_op(COL(i), "*", COL(s)), WEFT_ERROR_DATA),
        SETS(i, COL(s), WEFT_OK),
        SETS(i, COL(u), WEFT_ERROR_DATA),
        SETS(l, ADD(COL(l), 1), WEFT_ERROR_DATA),
        SETS(l, weft_op(COL(l), "*", COL(l)), WEFT_ERROR_DATA),
        SETS(l, COL(d), WEFT_ERROR_DATA),
        SETS(l, ADD(COL(l), -1), WEFT_OK),
        SETS(l, COL(u), WEFT_OK),
        SETS(l, weft_op(COL(l), "/", weft_val(0)), WEFT_ERROR_DATA),
        SETS(u, ADD(COL(u), 1), WEFT_ERROR_DATA),
        SETS(u, weft_op(COL(u), "-", COL(l)), WEFT_ERROR_DATA),
        SETS(u, COL(l), WEFT_ERROR_DATA),
        SETS(u, weft_op(weft_val(0), "-", weft_val(1)), WEFT_ERROR_DATA),
        SETS(u, weft_op(COL(u), "-", weft_val(1)), WEFT_OK),
        SETS(u, COL(s), WEFT_OK),
        SETS(u, weft_case(weft_not_null(COL(t)), weft_op(weft_val(5), "-", weft_val(6)), weft_val(1)), WEFT_ERROR_DATA),
        SETS(u, COL(m), WEFT_ERROR_DATA),
        SETS(u, weft_val(-1), WEFT_ERROR_TYPE),
        SETS(s, weft_val(32768), WEFT_ERROR_TYPE),
        SETS(b, COL(i), WEFT_ERROR_TYPE),
        SETS(b, ADD(COL(i), 1), WEFT_ERROR_TYPE),
        SETS(b, weft_op(COL(i), ">", weft_val(1)), WEFT_OK),
        SETS(i, COL(b), WEFT_ERROR_TYPE),
        SETS(i, weft_op(COL(i), ">", weft_val(1)), WEFT_ERROR_TYPE),
        SETS(i, COL(t), WEFT_ERROR_TYPE),
        SETS(s, weft_lower(COL(t)), WEFT_ERROR_TYPE),
        SETS(b, COL(t), WEFT_ERROR_TYPE),
        SETS(d, weft_lower(COL(t)), WEFT_ERROR_TYPE),
        SETS(k, weft_op(COL(t), "||", weft_val("x")), WEFT_ERROR_CHECK),
        SETS(k, weft_lower(weft_val("SECOND")), WEFT_OK),
        SETS(f, weft_op(COL(f), "*", weft_val(10.0)), WEFT_ERROR_DATA),
        SETS(f, COL(d), WEFT_ERROR_DATA),
    };
    (void)weft_new(f->s, Nums, .id = 1, .s = INT16_MAX, .i = INT32_MAX, .l = INT64_MAX, .u = UINT32_MAX, .f = 3e38F, .d = 1e300,
                   .m = {"-5"}, .t = "t");
    commit_ok(f->s);
    for (size_t i = 0; i < sizeof assignments / sizeof assignments[0]; i++) {
        const assignment *a = &assignments[i];
        const weft_status got[] = {update(f->s, a->set), upsert(f, a->set, 1), upsert(f, a->set, 5), upsert(f, a->set, 600)};
        for (size_t way = 0; way < sizeof got / sizeof got[0]; way++)
            if (got[way] != a->wanted)
                fail_msg("%s, way %zu: %s", a->what, way, weft_status_identifier(got[way]));
    }
    weft_session_clear(f->s);
    const Nums *row = weft_get(f->s, Nums, 1);
    assert_ok(f->s);
    assert_true(row->s == INT16_MAX && row->i == INT32_MAX && row->l == INT64_MAX && row->u == UINT32_MAX);
    assert_int_equal(weft_count_of(f->s, Nums), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_compute_alike),
        cmocka_unit_test(casts_round_and_refuse_alike),
        cmocka_unit_test(sums_of_integers_are_exact),
        cmocka_unit_test(conditions_and_orders_compute_alike),
        ON_BOTH(expressions_store_what_their_column_holds_in_every_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
