/* SELECT without FROM, and constants as columns of every kind of query: as parameters and as literals, of every type, alone, within
 * subqueries, CTEs, set operations, conditions and what is inserted. */
#include "support/fixture.h"

typedef struct All {
    int64_t l;
    int32_t i;
    int16_t s;
    uint32_t u;
    bool b;
    double d;
    float f;
    const char *t;
    weft_decimal m;
    weft_date day;
    weft_timestamp at;
    weft_time hour;
    weft_uuid uuid;
    weft_json j;
    weft_opt_int64 none;
} All;
WEFT_ROW(All, WEFT_FIELD(All, l), WEFT_FIELD(All, i), WEFT_FIELD(All, s), WEFT_FIELD(All, u), WEFT_FIELD(All, b),
         WEFT_FIELD(All, d), WEFT_FIELD(All, f), WEFT_FIELD(All, t), WEFT_FIELD(All, m), WEFT_FIELD(All, day), WEFT_FIELD(All, at),
         WEFT_FIELD(All, hour), WEFT_FIELD(All, uuid), WEFT_FIELD(All, j), WEFT_FIELD(All, none));
typedef struct One {
    int64_t v;
} One;
WEFT_ROW(One, WEFT_FIELD(One, v));
WEFT_DECLARE(Kept);
struct Kept {
    int64_t id;
    const char *name;
    weft_decimal price;
};
WEFT_MODEL(Kept, "kept", WEFT_COLUMN(Kept, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Kept, name),
           WEFT_COLUMN(Kept, price, .precision = 10, .scale = 2));
WEFT_METADATA(models, &Kept_model);
FIXTURE_MODELS(models);

static const All expected = {.l = INT64_C(1) << 40,
                             .i = -7,
                             .s = 3,
                             .u = 4000000000u,
                             .b = true,
                             .d = 0.125,
                             .f = 0.5f,
                             .t = "it's \\ €",
                             .m = {"12.50"},
                             .day = {-1},
                             .at = {-1},
                             .hour = {86399999999},
                             .uuid = {{1, 2, 3}},
                             .j = {"{\"a\": 1}"}};

static void is_expected(const All *row)
{
    assert_int_equal(row->l, expected.l);
    assert_int_equal(row->i, expected.i);
    assert_int_equal(row->s, expected.s);
    assert_int_equal(row->u, expected.u);
    assert_int_equal(row->b, expected.b);
    assert_true(row->d == expected.d); /* both are exact in binary */
    assert_true(row->f == expected.f);
    assert_string_equal(row->t, expected.t);
    assert_string_equal(row->m.text, expected.m.text);
    assert_int_equal(row->day.days, expected.day.days);
    assert_int_equal(row->at.usec, expected.at.usec);
    assert_int_equal(row->hour.usec, expected.hour.usec);
    assert_memory_equal(&row->uuid, &expected.uuid, sizeof row->uuid);
    assert_string_equal(row->j.text, expected.j.text);
    assert_false(row->none.set);
}

#define CONSTANTS(C) \
    weft_columns(C(expected.l), C(expected.i), C(expected.s), C(expected.u), C(expected.b), C(expected.d), C(expected.f), \
                 C(expected.t), C(expected.m), C(expected.day), C(expected.at), C(expected.hour), C(expected.uuid), C(expected.j), \
                 C(expected.none))

#define IS_EXPECTED(f, list, rows) \
    do { \
        All_list found_ = (list); \
        assert_ok((f)->s); \
        assert_int_equal(found_.count, (rows)); \
        for (size_t i_ = 0; i_ < found_.count; i_++) \
            is_expected(found_.items[i_]); \
    } while (0)

static void constants_of_every_type_are_rows(void **state)
{
    fixture *f = *state;
    IS_EXPECTED(f, weft_rows(f->s, All, .columns = CONSTANTS(weft_val)), 1);
    IS_EXPECTED(f, weft_rows(f->s, All, .columns = CONSTANTS(weft_literal)), 1);
    assert_null(strstr(fixture_last_sql(f), "FROM"));
    IS_EXPECTED(f, weft_rows(f->s, All, .columns = CONSTANTS(weft_val), .where = weft_op(weft_val(1), "<", weft_val(2))), 1);
    IS_EXPECTED(f, weft_rows(f->s, All, .columns = CONSTANTS(weft_val), .where = weft_op(weft_val(1), ">", weft_val(2))), 0);
    IS_EXPECTED(f, weft_rows(f->s, All, .columns = CONSTANTS(weft_val), .limit = WEFT_NONE), 0);
    IS_EXPECTED(f, weft_rows(f->s, All, .columns = CONSTANTS(weft_val), .distinct = true), 1);
}

static void constants_stand_within_subqueries_and_ctes(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Kept, .id = 1, .name = "a", .price = {"1.00"});
    (void)weft_new(f->s, Kept, .id = 2, .name = "b", .price = {"2.00"});
    commit_ok(f->s);
    for (int from = 0; from < 2; from++) {
        const weft_model *table = from == 1 ? &Kept_model : NULL;
        const size_t rows = from == 1 ? 2 : 1;
        {
            weft_subselect(All, weft_select(.from = table, .columns = CONSTANTS(weft_val)));
            IS_EXPECTED(f, weft_rows(f->s, All, .from = weft_from(All)), rows);
        }
        {
            weft_subselect(All, weft_select(.from = table, .columns = CONSTANTS(weft_literal)));
            IS_EXPECTED(f, weft_rows(f->s, All, .from = weft_from(All), .where = weft_eq(All, i, expected.i)), rows);
        }
        {
            weft_cte(All, .query = weft_select(.from = table, .columns = CONSTANTS(weft_literal), .limit = 5));
            IS_EXPECTED(f, weft_rows(f->s, All, .from = weft_from(All), .where = weft_eq(All, m, expected.m)), rows);
        }
        {
            weft_subselect(All, weft_union_all(weft_select(.from = table, .columns = CONSTANTS(weft_literal), .limit = 1),
                                               weft_select(.columns = CONSTANTS(weft_val)),
                                               weft_select(.columns = CONSTANTS(weft_literal),
                                                           .where = weft_op(weft_literal(2), ">", weft_val(1)))));
            IS_EXPECTED(f, weft_rows(f->s, All, .from = weft_from(All)), 3);
        }
    }
}

/* Literals and values of other widths and kinds than the field's. */
static void constants_become_what_their_field_is(void **state)
{
    fixture *f = *state;
    weft_subselect(One, weft_union_all(weft_select(.columns = weft_columns(weft_literal((short)1)), .limit = 1),
                                       weft_select(.columns = weft_columns(weft_label(weft_literal(2), "named"))),
                                       weft_select(.columns = weft_columns(weft_literally(weft_op(weft_val(1), "+", weft_val(2))))),
                                       weft_select(.columns = weft_columns(weft_literal(((weft_decimal){"4.00"})))),
                                       weft_select(.columns = weft_columns(weft_val(5u)))));
    One_list rows = weft_rows(f->s, One, .from = weft_from(One), .order_by = weft_order(weft_asc(One, v)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 5);
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(rows.items[i]->v, i + 1);
}

static void nothing_is_selected_from_in_every_place(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Kept, .id = 1, .name = "a", .price = {"1.00"});
    commit_ok(f->s);
    const weft_rows_options *const one = weft_select(.columns = weft_columns(weft_val((int64_t)1)));
    assert_int_equal(weft_count_of(f->s, Kept, .where = weft_op(weft_col(Kept, id), "=", weft_scalar(one))), 1);
    assert_int_equal(weft_count_of(f->s, Kept, .where = weft_in_query(weft_col(Kept, id), one)), 1);
    assert_int_equal(weft_count_of(f->s, Kept, .where = weft_not_in_query(weft_col(Kept, id), one)), 0);
    assert_int_equal(weft_count_of(f->s, Kept, .where = weft_exists_in(one)), 1);
    /* correlated: names what stands around it */
    assert_int_equal(weft_count_of(f->s, Kept,
                                   .where = weft_exists_in(
                                       weft_select(.columns = weft_columns(weft_val(1)), .where = weft_eq(Kept, name, "a")))),
                     1);
    assert_int_equal(weft_count_of(f->s, Kept,
                                   .where = weft_exists_in(
                                       weft_select(.columns = weft_columns(weft_val(1)), .where = weft_eq(Kept, name, "b")))),
                     0);
    One_list rows = weft_rows(f->s, One,
                              .columns = weft_columns(weft_scalar(
                                  weft_select(.from = weft_from(Kept), .columns = weft_columns(weft_max(weft_col(Kept, id)))))));
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->v, 1);
    int64_t inserted = 0;
    assert_call(f->s,
                weft_session_insert(
                    f->s,
                    weft_insert_into(Kept, .columns = weft_columns(weft_col(Kept, id), weft_col(Kept, name), weft_col(Kept, price)),
                                     .query = weft_select(.columns = weft_columns(weft_val((int64_t)2), weft_literal("it's"),
                                                                                  weft_val(3)))),
                    &inserted),
                WEFT_OK);
    assert_int_equal(inserted, 1);
    /* a row that is there already stays as it is */
    assert_call(f->s,
                weft_session_insert(
                    f->s,
                    weft_insert_into(Kept, .columns = weft_columns(weft_col(Kept, id), weft_col(Kept, name), weft_col(Kept, price)),
                                     .query =
                                         weft_select(.columns = weft_columns(weft_val((int64_t)2), weft_val("again"), weft_val(9))),
                                     .on_conflict = WEFT_CONFLICT_DO_NOTHING),
                    &inserted),
                WEFT_OK);
    assert_int_equal(inserted, 0);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, name, price FROM kept ORDER BY id", "1|a|1.00\n2|it's|3.00");
}

/* What is pending is flushed where a subquery would see it, and a statement that reads no table flushes nothing. */
static void it_flushes_what_it_reads(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Kept, .id = 1, .name = "a", .price = {"1.00"});
    (void)weft_rows(f->s, One, .columns = weft_columns(weft_val((int64_t)1)));
    assert_int_equal(test_recorder_count(f->recorder), 1);
    One_list rows = weft_rows(f->s, One,
                              .columns = weft_columns(
                                  weft_scalar(weft_select(.from = weft_from(Kept), .columns = weft_columns(weft_count_all())))));
    assert_int_equal(test_recorder_count(f->recorder), 3);
    assert_int_equal(rows.items[0]->v, 1);
    assert_ok(f->s);
}

static void by_connection_as_rows_and_as_a_stream(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    weft_result *result = NULL;
    One_list rows;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_fetch(c, One, &rows, &result, &error, .columns = weft_columns(weft_val((int64_t)5))), WEFT_OK, &error);
    assert_int_equal(rows.items[0]->v, 5);
    weft_result_close(result);
    assert_error(weft_connection_select(c, weft_select(.columns = weft_columns(weft_val((int64_t)6)), .stream = true), &result,
                                        &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    int64_t v = 0;
    assert_true(weft_result_int64(result, 0, &v));
    assert_int_equal(v, 6);
    if (f->postgres) { /* the message of what waits for a stream names it */
        assert_int_equal(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, "no table"));
    }
    weft_result_close(result);
    weft_connection_close(c);
}

static void mistakes_are_told(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Kept);
    const struct {
        const weft_rows_options *query;
        const char *message;
    } cases[] = {
        {weft_select(.where = weft_eq(Kept, id, 1)), "a SELECT has no .from"},
        {weft_select(.columns = weft_columns(weft_val(1)), .joins = weft_joins(weft_cross_join(Other))),
         "a SELECT has .joins and no .from"},
        {weft_select(.columns = weft_columns(weft_col(Kept, id))), "Kept"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)weft_rows_of(f->s, One, cases[i].query);
        assert_message(f->s, cases[i].message);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
    }
    assert_true(TEST_NO_STATEMENTS(f->recorder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(constants_of_every_type_are_rows),
        ON_BOTH(constants_stand_within_subqueries_and_ctes),
        ON_BOTH(constants_become_what_their_field_is),
        ON_BOTH(nothing_is_selected_from_in_every_place),
        ON_BOTH(it_flushes_what_it_reads),
        ON_BOTH(by_connection_as_rows_and_as_a_stream),
        ON_BOTH(mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
