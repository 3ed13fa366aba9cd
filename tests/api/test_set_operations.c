/* Set operations in FROM: UNION, UNION ALL, INTERSECT and EXCEPT of SELECTs that may have an order and a limit of their own. */
#include "support/fixture.h"

WEFT_DECLARE(Sale);
WEFT_DECLARE(Refund);
struct Sale {
    int64_t id;
    int32_t pieces;
    const char *place;
    weft_decimal amount;
};
struct Refund {
    int64_t id, pieces;
    const char *place;
    weft_decimal amount;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, pieces),
           WEFT_COLUMN(Sale, place), WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2));
WEFT_MODEL(Refund, "refund", WEFT_COLUMN(Refund, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Refund, pieces),
           WEFT_COLUMN(Refund, place, .nullable = true), WEFT_COLUMN(Refund, amount, .precision = 10, .scale = 4));
WEFT_METADATA(models, &Sale_model, &Refund_model);
FIXTURE_MODELS(models);

typedef struct Move {
    const char *place;
    weft_decimal amount;
    int64_t pieces;
} Move;
WEFT_ROW(Move, WEFT_FIELD(Move, place), WEFT_FIELD(Move, amount), WEFT_FIELD(Move, pieces));
typedef struct Amount {
    weft_decimal v;
} Amount;
WEFT_ROW(Amount, WEFT_FIELD(Amount, v));
typedef struct Number {
    int64_t v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));
typedef struct Word {
    const char *v;
} Word;
WEFT_ROW(Word, WEFT_FIELD(Word, v));

#define C(M, f) weft_col(M, f)
#define SOLD weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, amount)))
#define GIVEN_BACK weft_select(.from = weft_from(Refund), .columns = weft_columns(C(Refund, amount)))

/* Sales of 1.00, 2.00, 2.00 and 3.00; refunds of 2.0000, 3.5000 and 3.0000, whose texts are others. */
static void add_moves(weft_session *s)
{
    static const char *const sold[] = {"1.00", "2.00", "2.00", "3.00"}, *const given[] = {"2.0000", "3.5000", "3.0000"};
    for (int64_t i = 0; i < 4; i++)
        (void)weft_new(s, Sale, .id = i + 1, .pieces = (int32_t)i, .place = i % 2 == 0 ? "here" : "there", .amount = {sold[i]});
    for (int64_t i = 0; i < 3; i++)
        (void)weft_new(s, Refund, .id = i + 1, .pieces = -i, .place = i == 0 ? "here" : NULL, .amount = {given[i]});
    commit_ok(s);
}

/* The amounts that a set operation gives, in cents, in their order. */
static void assert_cents(weft_session *s, const weft_rows_options *query, const int *cents, size_t count)
{
    weft_subselect(Amount, query);
    for (int run = 0; run < 2; run++) { /* compiled, and from the cache */
        Amount_list list = weft_rows(s, Amount, .from = weft_from(Amount), .order_by = weft_order(weft_asc(Amount, v)));
        assert_ok(s);
        assert_int_equal(list.count, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal((int)(strtod(list.items[i]->v.text, NULL) * 100 + 0.5), cents[i]);
    }
}
#define CENTS(s, query, ...) assert_cents((s), (query), (const int[]){__VA_ARGS__}, sizeof(const int[]){__VA_ARGS__} / sizeof(int))

static void rows_are_equal_where_their_values_are(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_moves(s);
    CENTS(s, weft_union(SOLD, GIVEN_BACK), 100, 200, 300, 350);
    CENTS(s, weft_union_all(SOLD, GIVEN_BACK), 100, 200, 200, 200, 300, 300, 350);
    CENTS(s, weft_intersect(SOLD, GIVEN_BACK), 200, 300);
    CENTS(s, weft_except(SOLD, GIVEN_BACK), 100);
    CENTS(s, weft_except(GIVEN_BACK, SOLD), 350);
    /* A member of another operation: its rows are compared, too, and INTERSECT binds no tighter. */
    CENTS(s, weft_union(weft_union_all(SOLD, SOLD), weft_intersect(GIVEN_BACK, SOLD), GIVEN_BACK), 100, 200, 300, 350);
    CENTS(s, weft_intersect(weft_union(SOLD, GIVEN_BACK), GIVEN_BACK), 200, 300, 350);
    CENTS(s, weft_union_all(GIVEN_BACK, weft_except(SOLD, GIVEN_BACK)), 100, 200, 300, 350);
    CENTS(s, weft_except(weft_union_all(SOLD, GIVEN_BACK), weft_union(SOLD, SOLD)), 350);
    /* Whole numbers beside decimals are decimals. */
    const weft_rows_options *pieces = weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, pieces)));
    CENTS(s, weft_intersect(pieces, GIVEN_BACK), 200, 300);
    CENTS(s, weft_except(weft_union_all(pieces, pieces), SOLD), 0);
    CENTS(s,
          weft_union(weft_select(.from = weft_from(Sale), .columns = weft_columns(weft_cast(weft_val("2.000"), WEFT_DECIMAL))),
                     SOLD),
          100, 200, 300);
    /* NULL equals NULL. */
    weft_subselect(Word, weft_union(weft_select(.from = weft_from(Refund), .columns = weft_columns(C(Refund, place))),
                                    weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, place)))));
    assert_int_equal(weft_rows(s, Word, .from = weft_from(Word)).count, 3);
    assert_int_equal(weft_rows(s, Word, .from = weft_from(Word), .where = weft_eq(Word, v, "there")).count, 1);
    assert_int_equal(weft_rows(s, Word, .from = weft_from(Word), .where = weft_is_null(Word, v)).count, 1);
    assert_ok(s);
}

static void a_member_has_an_order_and_a_limit_of_its_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_moves(s);
    weft_subselect(Move, weft_union_all(weft_select(.from = weft_from(Sale),
                                                    .columns = weft_columns(C(Sale, place), C(Sale, amount), C(Sale, pieces)),
                                                    .order_by = weft_order(weft_desc(Sale, amount)), .limit = 1),
                                        weft_select(.from = weft_from(Refund),
                                                    .columns = weft_columns(C(Refund, place), C(Refund, amount), C(Refund, pieces)),
                                                    .where = weft_gt(Refund, id, 1))));
    for (int run = 0; run < 2; run++) {
        Move_list list = weft_rows(s, Move, .from = weft_from(Move), .where = weft_lt(Move, amount, 100),
                                   .order_by = weft_order(weft_desc(Move, amount), weft_desc(Move, pieces)), .limit = 2);
        assert_ok(s);
        assert_int_equal(list.count, 2);
        assert_int_equal(list.items[0]->pieces, -1);
        assert_null(list.items[0]->place);
        assert_int_equal(list.items[1]->pieces, 3);
        assert_string_equal(list.items[1]->place, "there");
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT \"Move\".place, \"Move\".amount, \"Move\".pieces FROM ((SELECT sale.place AS place, sale.amount AS amount, "
              "CAST(sale.pieces AS bigint) AS pieces FROM sale ORDER BY sale.amount DESC LIMIT $1) UNION ALL SELECT refund.place "
              "AS place, "
              "refund.amount AS amount, refund.pieces AS pieces FROM refund WHERE refund.id > $2) AS \"Move\" WHERE "
              "\"Move\".amount < $3 ORDER BY \"Move\".amount DESC, \"Move\".pieces DESC LIMIT $4"
            : "SELECT \"Move\".place, \"Move\".amount, \"Move\".pieces FROM (SELECT * FROM (SELECT sale.place AS place, "
              "sale.amount AS amount, weft_integer(sale.pieces, 64) AS pieces FROM sale ORDER BY sale.amount COLLATE WEFT_DECIMAL "
              "DESC LIMIT ?1) "
              "UNION ALL SELECT refund.place AS place, refund.amount AS amount, refund.pieces AS pieces FROM refund WHERE "
              "refund.id > ?2) AS \"Move\" WHERE \"Move\".amount COLLATE WEFT_DECIMAL < ?3 ORDER BY \"Move\".amount COLLATE "
              "WEFT_DECIMAL DESC NULLS FIRST, \"Move\".pieces DESC NULLS FIRST LIMIT ?4");
    /* Only an offset, in the second member; values by wholes through what stands around the limit. */
    const weft_rows_options *late = weft_select(.from = weft_from(Refund), .columns = weft_columns(C(Refund, amount)),
                                                .order_by = weft_order(weft_asc(Refund, id)), .offset = 1);
    CENTS(s, weft_union_all(SOLD, late), 100, 200, 200, 300, 300, 350);
    CENTS(s, weft_union(late, SOLD), 100, 200, 300, 350);
    CENTS(s, weft_intersect(late, SOLD), 300);
    CENTS(s, weft_except(SOLD, late), 100, 200);
}

static size_t numbers(weft_session *s, int kind, int64_t least, bool third)
{
    const weft_rows_options *a =
        weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id)), .where = weft_ge(Sale, id, least));
    const weft_rows_options *b = weft_select(.from = weft_from(Refund), .columns = weft_columns(C(Refund, id)));
    weft_subselect(Number, kind == 0   ? third ? weft_union(a, b, a) : weft_union(a, b)
                             : kind == 1 ? weft_union_all(a, b)
                           : kind == 2 ? weft_intersect(a, b)
                                       : weft_except(a, b));
    Number_list list = weft_rows(s, Number, .from = weft_from(Number));
    assert_ok(s);
    return list.count;
}

static void each_operation_is_a_statement_of_its_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_moves(s);
    const size_t before = fixture_cached(f);
    for (int64_t least = 1; least <= 4; least++) {
        const size_t a = (size_t)(5 - least);
        assert_int_equal(numbers(s, 0, least, false), 4);
        assert_int_equal(numbers(s, 0, least, true), 4);
        assert_int_equal(numbers(s, 1, least, false), a + 3);
        assert_int_equal(numbers(s, 2, least, false), a - 1);
        assert_int_equal(numbers(s, 3, least, false), 1);
    }
    assert_int_equal(fixture_cached(f), before + 5);
}

static void mistakes_name_the_operation(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_rows_options *id = weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id)));
    (void)fixture_statements(f);
    const struct {
        const weft_rows_options *query;
        const char *message;
        weft_status status;
    } asked[] = {
        {weft_union(id), "weft_union has two members or more, and was given 1", WEFT_ERROR_MISUSE},
        {weft_except(id, NULL), "member 2 of weft_except is NULL", WEFT_ERROR_MISUSE},
        {weft_intersect(id, weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, place)))), "Number.v",
         WEFT_ERROR_TYPE},
        {weft_intersect(id, weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id), C(Sale, place)))),
         "more columns", WEFT_ERROR_MISUSE},
        {weft_select(.set_op = WEFT_UNION, .members = weft_union(id, id)->members, .limit = 2), "order and limit what selects",
         WEFT_ERROR_MISUSE},
        {weft_select(.set_op = (weft_set_op)9, .members = weft_union(id, id)->members), "9 is no set operation", WEFT_ERROR_MISUSE},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        weft_subselect(Number, asked[i].query);
        (void)weft_rows(s, Number, .from = weft_from(Number));
        assert_message(s, asked[i].message);
        assert_refused(s, asked[i].status);
    }
    (void)weft_rows(s, Number, .set_op = WEFT_UNION, .members = weft_union(id, id)->members);
    assert_message(s, "weft_subselect");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Sale, .where = weft_op(C(Sale, id), "=", weft_scalar(weft_union(id, id))));
    assert_message(s, "weft_scalar takes no set operation");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_rows_options endless = {.set_op = WEFT_UNION};
    const weft_rows_options *const members[] = {id, &endless, &weft_select_end};
    endless.members = members;
    weft_subselect(Number, &endless);
    (void)weft_rows(s, Number, .from = weft_from(Number));
    assert_message(s, "contains itself");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

static void pending_changes_are_written_before_any_member_reads_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_moves(s);
    (void)weft_new(s, Refund, .id = 9, .pieces = 1, .amount = {"9"});
    CENTS(s, weft_except(GIVEN_BACK, SOLD), 350, 900);
}

static void a_kept_set_operation_outlives_its_block(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_moves(s);
    weft_subselect(Number, weft_union_all(weft_select(.from = weft_from(Sale), .columns = weft_columns(C(Sale, id))),
                                          weft_select(.from = weft_from(Refund), .columns = weft_columns(C(Refund, id)))));
    weft_builder *b = weft_builder_new();
    const weft_expr *kept;
    {
        const weft_expr *most =
            weft_scalar(weft_select(.from = weft_from(Number), .columns = weft_columns(weft_max(C(Number, v)))));
        kept = weft_builder_keep(b, weft_op(C(Sale, id), "=", most));
    }
    Sale_list list = weft_query(s, Sale, .where = kept);
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->id, 4);
    weft_builder_free(b);
}

typedef struct Doubles {
    weft_array_double v;
} Doubles;
WEFT_ROW(Doubles, WEFT_FIELD(Doubles, v));
typedef struct Decimals {
    weft_array_decimal v;
} Decimals;
WEFT_ROW(Decimals, WEFT_FIELD(Decimals, v));

/* Arrays whose items are of another type than the field's: PostgreSQL casts them; on SQLite numbers are the same texts, and what is
 * not is refused before it is compared. */
static void arrays_are_widened_or_refused(void **state)
{
    fixture *f = *state;
    add_moves(f->s);
    const weft_expr *ints = weft_val(((weft_array_int32){(int32_t[]){1, 2}, 2})), *none = weft_val(((weft_array_int64){NULL, 0}));
    const weft_expr *doubles = weft_val(((weft_array_double){(double[]){1, 2.5}, 2}));
    const weft_rows_options *one = weft_select(.from = weft_from(Sale), .columns = ints, .limit = 1);
    for (int run = 0; run < 2; run++) {
        weft_subselect(Doubles, weft_union(one, weft_select(.columns = doubles), weft_select(.columns = none)));
        Doubles_list list = weft_rows(f->s, Doubles, .from = weft_from(Doubles), .order_by = weft_asc(Doubles, v));
        assert_ok(f->s);
        assert_int_equal(list.count, 3);
        size_t items = 0;
        double sum = 0;
        for (size_t i = 0; i < list.count; i++)
            for (size_t k = 0; k < list.items[i]->v.count; k++, items++)
                sum += list.items[i]->v.items[k];
        assert_true(items == 4 && sum == 6.5);
    }
    weft_subselect(Decimals,
                   weft_intersect(one,
                                  weft_select(.columns = weft_val(((weft_array_decimal){(weft_decimal[]){{"1"}, {"2.0"}}, 2})))));
    Decimals_list list = weft_rows(f->s, Decimals, .from = weft_from(Decimals));
    if (f->postgres) {
        assert_ok(f->s);
        assert_int_equal(list.count, 1);
        return;
    }
    assert_message(f->s, "Decimals.v is an array of decimal, and its query gives one of integer");
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_are_equal_where_their_values_are),
        ON_BOTH(a_member_has_an_order_and_a_limit_of_its_own),
        ON_BOTH(each_operation_is_a_statement_of_its_own),
        ON_BOTH(mistakes_name_the_operation),
        ON_BOTH(pending_changes_are_written_before_any_member_reads_them),
        ON_BOTH(a_kept_set_operation_outlives_its_block),
        ON_BOTH(arrays_are_widened_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
