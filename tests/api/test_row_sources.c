/* What stands in FROM and is no SELECT: rows of the program's, series of integers and dates, functions that give rows. */
#include "support/fixture.h"

WEFT_DECLARE(Stock);
struct Stock {
    int64_t id;
    const char *sku;
    int32_t qty;
    weft_json tags;
};
WEFT_MODEL(Stock, "stock", WEFT_COLUMN(Stock, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Stock, sku),
           WEFT_COLUMN(Stock, qty), WEFT_COLUMN(Stock, tags, .nullable = true));
WEFT_METADATA(models, &Stock_model);
static const char *const rows = "INSERT INTO stock (id, sku, qty, tags) VALUES (1, 'X1', 5, '[\"a\", \"b\"]'), (2, 'X2', 0, '[]'), "
                                "(3, 'X3', 7, '[\"c\"]')";
FIXTURE_ROWS(models, rows);

typedef struct Wanted {
    const char *sku;
    int32_t qty;
} Wanted;
WEFT_ROW(Wanted, WEFT_FIELD(Wanted, sku), WEFT_FIELD(Wanted, qty));
typedef struct Missing {
    const char *sku;
    int32_t wanted;
    weft_opt_int32 there;
} Missing;
WEFT_ROW(Missing, WEFT_FIELD(Missing, sku), WEFT_FIELD(Missing, wanted), WEFT_FIELD(Missing, there));
typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));
typedef struct Small {
    int32_t n;
} Small;
WEFT_ROW(Small, WEFT_FIELD(Small, n));
typedef struct Day {
    weft_date day;
} Day;
WEFT_ROW(Day, WEFT_FIELD(Day, day));
typedef struct Tag {
    const char *value;
} Tag;
WEFT_ROW(Tag, WEFT_FIELD(Tag, value));
typedef struct Tagged {
    const char *sku, *tag;
} Tagged;
WEFT_ROW(Tagged, WEFT_FIELD(Tagged, sku), WEFT_FIELD(Tagged, tag));

typedef struct Marked {
    int64_t n;
    weft_array_int64 marks;
} Marked;
WEFT_ROW(Marked, WEFT_FIELD(Marked, n), WEFT_FIELD(Marked, marks));

/* Every type that a row may have. */
typedef struct Every {
    int64_t at;
    short small;
    weft_opt_int64 big;
    weft_opt_uint32 natural;
    bool truth;
    weft_opt_bool maybe;
    double real;
    weft_opt_float half;
    const char *text;
    char chars[8];
    weft_decimal amount;
    weft_bytes bytes;
    weft_uuid uuid;
    weft_opt_date date;
    weft_time time;
    weft_timestamp stamp;
    weft_json json;
    weft_opt_interval interval;
} Every;
WEFT_ROW(Every, WEFT_FIELD(Every, at), WEFT_FIELD(Every, small), WEFT_FIELD(Every, big), WEFT_FIELD(Every, natural),
         WEFT_FIELD(Every, truth), WEFT_FIELD(Every, maybe), WEFT_FIELD(Every, real), WEFT_FIELD(Every, half),
         WEFT_FIELD(Every, text), WEFT_FIELD(Every, chars), WEFT_FIELD(Every, amount), WEFT_FIELD(Every, bytes),
         WEFT_FIELD(Every, uuid), WEFT_FIELD(Every, date), WEFT_FIELD(Every, time), WEFT_FIELD(Every, stamp),
         WEFT_FIELD(Every, json), WEFT_FIELD(Every, interval));

#define C(M, f) weft_col(M, f)

static Missing_list missing(weft_session *s, const Wanted *list, size_t count, int least)
{
    weft_values_of(Wanted, list, count);
    Missing_list found = weft_rows(s, Missing, .from = weft_from(Wanted),
                                   .joins = weft_joins(weft_left_join_on(Stock, weft_and(weft_eq_col(Stock, sku, Wanted, sku),
                                                                                         weft_gt(Stock, qty, least)))),
                                   .columns = weft_columns(C(Wanted, sku), C(Wanted, qty), C(Stock, qty)),
                                   .where = weft_op(weft_coalesce(C(Stock, qty), weft_val(0)), "<", C(Wanted, qty)),
                                   .order_by = weft_order(weft_asc(Wanted, sku)));
    assert_ok(s);
    return found;
}

static void rows_of_the_program_are_joined(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Wanted list[] = {{"X9", 12}, {"X1", 3}, {"X2", 1}, {NULL, 2}};
    const size_t before = fixture_cached(f);
    Missing_list found = missing(s, list, 3, -1);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.items[0]->sku, "X2");
    assert_true(found.items[0]->there.set && found.items[0]->there.value == 0);
    assert_string_equal(found.items[1]->sku, "X9");
    assert_int_equal(found.items[1]->wanted, 12);
    assert_false(found.items[1]->there.set);
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres ? "SELECT \"Wanted\".sku, \"Wanted\".qty, stock.qty FROM unnest($1::text[], $2::integer[]) AS \"Wanted\"(sku, "
                      "qty) LEFT JOIN stock ON stock.sku = \"Wanted\".sku AND stock.qty > $3 WHERE coalesce(stock.qty, $4) < "
                      "\"Wanted\".qty ORDER BY \"Wanted\".sku"
                    : "SELECT \"Wanted\".sku, \"Wanted\".qty, stock.qty FROM (SELECT k.value AS sku, json_extract(?2, '$[' || "
                      "k.key || ']') AS qty FROM json_each(?1) AS k) AS \"Wanted\" LEFT JOIN stock ON stock.sku = \"Wanted\".sku "
                      "AND stock.qty > ?3 WHERE coalesce(stock.qty, ?4) < \"Wanted\".qty ORDER BY \"Wanted\".sku NULLS LAST");
    /* Any number of them is the same statement. */
    assert_int_equal(missing(s, list, 4, -1).count, 3);
    assert_null(missing(s, list, 4, -1).items[2]->sku);
    assert_int_equal(missing(s, list, 0, -1).count, 0);
    assert_int_equal(missing(s, NULL, 0, -1).count, 0);
    assert_int_equal(missing(s, list, 3, 6).count, 3);
    assert_int_equal(fixture_cached(f), before + 1);
}

static void many_rows_are_one_statement(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    enum { MANY = 3000 };
    Wanted *list = calloc(MANY, sizeof *list);
    assert_non_null(list);
    int64_t sum = 0;
    for (int i = 0; i < MANY; i++) {
        list[i] = (Wanted){i % 3 == 0 ? "X1" : i % 3 == 1 ? "none" : NULL, i};
        sum += i % 3 == 0 ? i : 0;
    }
    weft_values_of(Wanted, list, MANY);
    Number_list found = weft_rows(s, Number, .from = weft_from(Stock),
                                  .joins = weft_joins(weft_join_on(Wanted, weft_eq_col(Wanted, sku, Stock, sku))),
                                  .columns = weft_columns(weft_cast(weft_sum(C(Wanted, qty)), WEFT_INT64)));
    assert_ok(s);
    assert_int_equal(found.items[0]->n, sum);
    free(list);
}

/* In a subquery, a CTE, a scalar subquery, a join beside itself under another name, with parameters all around. */
static void rows_stand_wherever_a_table_does(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Wanted list[] = {{"X1", 1}, {"X3", 3}, {"X9", 9}}, others[] = {{"X3", 30}, {"X9", 90}};
    weft_values_of(Wanted, list, 3);
    weft_values_as(Others, Wanted, others, 2);
    for (int least = 1; least < 4; least += 2) {
        weft_cte_as(Big, Wanted,
                    .query = weft_select(.from = weft_from(Wanted), .where = weft_ge(Wanted, qty, least),
                                         .columns = weft_columns(C(Wanted, sku), C(Wanted, qty))));
        weft_subselect_as(Sub, Wanted,
                          weft_select(.from = weft_from(Others), .columns = weft_columns(C(Others, sku), C(Others, qty)),
                                      .where = weft_lt(Others, qty, 1000)));
        Missing_list found =
            weft_rows(s, Missing, .from = weft_from(Big),
                      .joins = weft_joins(weft_left_join_on(Sub, weft_eq_col(Sub, sku, Big, sku))),
                      .columns = weft_columns(C(Big, sku), C(Big, qty), C(Sub, qty)),
                      .where = weft_op(C(Big, qty), "<",
                                       weft_scalar(weft_select(.from = weft_from(Wanted),
                                                               .columns = weft_columns(weft_max(C(Wanted, qty)))))),
                      .order_by = weft_order(weft_asc(Big, sku)));
        assert_ok(s);
        assert_int_equal(found.count, least == 1 ? 2 : 1);
        assert_string_equal(found.items[found.count - 1]->sku, "X3");
        assert_int_equal(found.items[found.count - 1]->there.value, 30);
    }
    /* Objects, by a join; the key of those that are written, too. */
    Stock_list stocks = weft_query(s, Stock, .joins = weft_joins(weft_join_on(Wanted, weft_eq_col(Wanted, sku, Stock, sku))),
                                   .where = weft_gt_col(Stock, qty, Wanted, qty), .order_by = weft_order(weft_asc(Stock, id)));
    assert_ok(s);
    assert_int_equal(stocks.count, 2);
    assert_string_equal(stocks.items[1]->sku, "X3");
    int64_t changed = 0;
    weft_session_update(s,
                        weft_update_of(Stock, .set = weft_sets(weft_to(Stock, qty, 100)),
                                       .where = weft_op(C(Stock, qty), "=",
                                                        weft_scalar(weft_select(.from = weft_from(Wanted), .limit = 1,
                                                                                .columns = weft_columns(C(Wanted, qty)),
                                                                                .where = weft_eq_col(Wanted, sku, Stock, sku))))),
                        &changed);
    assert_ok(s);
    assert_int_equal(changed, 0);
}

static void every_type_comes_back_as_it_was(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Every list[3] = {
        {.at = 1,
         .small = -32768,
         .big = {true, INT64_MIN},
         .natural = {true, UINT32_MAX},
         .truth = true,
         .maybe = {true, false},
         .real = 0.1,
         .half = {true, 0.5f},
         .text = "0012",
         .chars = "abc",
         .amount = {"-12.3400"},
         .bytes = {"\0\x01'\xff", 4},
         .uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
         .date = {true, {-3}},
         .time = {86399999999},
         .stamp = {1},
         .json = {"{\"a\": [1, null, \"x\"]}"},
         .interval = {true, {.months = 1, .days = -2, .usec = 3}}},
        {.at = 2},
        {.at = 3,
         .big = {true, INT64_MAX},
         .real = 1e300,
         .text = "\"'\\ \xc3\xa4",
         .chars = "",
         .amount = {"1e3"},
         .json = {"\"s\""},
         .bytes = {"", 0},
         .half = {true, -1.0e-3f},
         .stamp = {1234567890123456}},
    };
    weft_values_of(Every, list, 3);
    for (int run = 0; run < 2; run++) {
        Every_list found = weft_rows(s, Every, .from = weft_from(Every), .order_by = weft_order(weft_asc(Every, at)));
        assert_ok(s);
        assert_int_equal(found.count, 3);
        for (size_t i = 0; i < 3; i++) {
            const Every *a = &list[i], *b = found.items[i];
            assert_int_equal(a->small, b->small);
            assert_true(a->big.set == b->big.set && a->big.value == b->big.value);
            assert_true(a->natural.set == b->natural.set && a->natural.value == b->natural.value);
            assert_true(a->truth == b->truth && a->maybe.set == b->maybe.set && a->maybe.value == b->maybe.value);
            assert_true(a->real == b->real && a->half.set == b->half.set && a->half.value == b->half.value);
            assert_true((a->text == NULL) == (b->text == NULL) && (a->text == NULL || strcmp(a->text, b->text) == 0));
            assert_string_equal(a->chars, b->chars);
            assert_true((a->bytes.data == NULL) == (b->bytes.data == NULL) && a->bytes.size == b->bytes.size);
            assert_true(a->bytes.size == 0 || memcmp(a->bytes.data, b->bytes.data, a->bytes.size) == 0);
            assert_memory_equal(&a->uuid, &b->uuid, sizeof a->uuid);
            assert_true(a->date.set == b->date.set && a->date.value.days == b->date.value.days);
            assert_true(a->time.usec == b->time.usec && a->stamp.usec == b->stamp.usec);
            assert_true((a->json.text == NULL) == (b->json.text == NULL));
            assert_true(a->interval.set == b->interval.set && a->interval.value.months == b->interval.value.months);
        }
        assert_string_equal(found.items[0]->amount.text, "-12.3400");
        assert_string_equal(found.items[2]->amount.text, "1000");
        assert_null(found.items[1]->amount.text);
        assert_string_equal(found.items[0]->json.text, "{\"a\": [1, null, \"x\"]}");
    }
    /* Compared by value with parameters. */
    Number_list ids = weft_rows(s, Number, .from = weft_from(Every), .columns = weft_columns(C(Every, at)),
                                .where = weft_and(weft_eq(Every, amount, ((weft_decimal){"-12.34"})), weft_eq(Every, real, 0.1),
                                                  weft_eq(Every, uuid, list[0].uuid), weft_eq(Every, bytes, list[0].bytes),
                                                  weft_eq(Every, stamp, list[0].stamp), weft_eq(Every, truth, true)));
    assert_ok(s);
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0]->n, 1);
}

/* A reader of numbers that misses a bit would find others. */
static void real_numbers_keep_every_bit(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    enum { MANY = 400 };
    static Every list[MANY];
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < MANY; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        const uint64_t bits = (seed & 0x800fffffffffffffu) | (uint64_t)(1023 - 200 + (int)(seed >> 52) % 400) << 52;
        list[i] = (Every){.at = i};
        memcpy(&list[i].real, &bits, sizeof bits);
    }
    weft_values_of(Every, list, MANY);
    Every_list found = weft_rows(s, Every, .from = weft_from(Every), .order_by = weft_order(weft_asc(Every, at)));
    assert_ok(s);
    for (int i = 0; i < MANY; i++)
        assert_true(found.items[i]->real == list[i].real);
}

static void a_series_has_all_between_its_bounds(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int64_t first = 5; first < 8; first++) {
        weft_series(Number, weft_val(first), weft_val(6));
        Number_list found = weft_rows(s, Number, .from = weft_from(Number), .order_by = weft_order(weft_asc(Number, n)));
        assert_ok(s);
        assert_int_equal(found.count, first > 6 ? 0 : 7 - first);
        assert_true(first > 6 || found.items[0]->n == first);
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT \"Number\".n FROM (SELECT f.v AS n FROM generate_series(CAST($1 AS bigint), CAST($2 AS bigint)) AS f(v)) "
              "AS \"Number\" ORDER BY \"Number\".n"
            : "SELECT \"Number\".n FROM (SELECT s.v AS n FROM (WITH RECURSIVE s(v, z) AS (SELECT b.a, b.z FROM (SELECT "
              "weft_integer(?1, 64) AS a, weft_integer(?2, 64) AS z) AS b WHERE b.a <= b.z UNION ALL SELECT s.v + 1, s.z "
              "FROM s WHERE s.v < s.z) SELECT s.v FROM s) AS s) AS \"Number\" ORDER BY \"Number\".n NULLS LAST");
    weft_series(Small, weft_scalar(weft_select(.from = weft_from(Stock), .columns = weft_columns(weft_max(C(Stock, id))))),
                weft_val(5));
    assert_int_equal(weft_rows(s, Small, .from = weft_from(Small)).count, 3);
    weft_series_as(Nothing, Small, weft_val((weft_opt_int32){0}), weft_val(5));
    assert_int_equal(weft_rows(s, Small, .from = weft_from(Nothing)).count, 0);
    weft_series_as(Edge, Number, weft_val(INT64_MAX - 1), weft_val(INT64_MAX));
    assert_int_equal(weft_rows(s, Number, .from = weft_from(Edge)).count, 2);
    assert_ok(s);
    /* The numbers that are missing, and a change that is not flushed yet. */
    (void)weft_new(s, Stock, .id = 9, .sku = "X9");
    weft_series_as(Ids, Number, weft_val(1),
                   weft_scalar(weft_select(.from = weft_from(Stock), .columns = weft_columns(weft_max(C(Stock, id))))));
    Number_list gaps = weft_rows(s, Number, .from = weft_from(Ids), .columns = weft_columns(C(Ids, n)),
                                 .joins = weft_joins(weft_left_join_on(Stock, weft_eq_col(Stock, id, Ids, n))),
                                 .where = weft_is_null(Stock, id), .order_by = weft_order(weft_asc(Ids, n)));
    assert_ok(s);
    assert_int_equal(gaps.count, 5);
    assert_int_equal(gaps.items[4]->n, 8);
}

static void a_series_of_dates_has_every_day(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_date first, last;
    assert_true(weft_date_parse("2024-02-27", &first));
    assert_true(weft_date_parse("2024-03-02", &last));
    weft_series(Day, weft_val(first), weft_val(last));
    Day_list days = weft_rows(s, Day, .from = weft_from(Day), .order_by = weft_order(weft_desc(Day, day)));
    assert_ok(s);
    assert_int_equal(days.count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(days.items[i]->day.days, last.days - i);
    assert_int_equal(
        weft_rows(s, Day, .from = weft_from(Day), .columns = weft_columns(C(Day, day)), .where = weft_gt(Day, day, first)).count,
        4);
    weft_series_as(None, Day, weft_val(last), weft_val(first));
    assert_int_equal(weft_rows(s, Day, .from = weft_from(None)).count, 0);
    assert_ok(s);
}

static void a_function_gives_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    if (f->postgres) {
        weft_table_fn(Number, weft_fn("generate_series", weft_val(2), weft_val(4)));
        assert_int_equal(weft_rows(s, Number, .from = weft_from(Number), .where = weft_gt(Number, n, 2)).count, 2);
        assert_ok(s);
        assert_string_equal(
            fixture_last_sql(f),
            "SELECT \"Number\".n FROM LATERAL (SELECT CAST(f.c1 AS bigint) AS n FROM generate_series($1, $2) AS f(c1)) "
            "AS \"Number\" WHERE \"Number\".n > $3");
    }
    weft_table_fn(Tag, f->postgres ? weft_fn("jsonb_array_elements_text", C(Stock, tags)) : weft_fn("json_each", C(Stock, tags)));
    for (int64_t most = 1; most < 4; most += 2) {
        Tagged_list tags = weft_rows(s, Tagged, .from = weft_from(Stock), .joins = weft_joins(weft_cross_join(Tag)),
                                     .columns = weft_columns(C(Stock, sku), C(Tag, value)), .where = weft_le(Stock, id, most),
                                     .order_by = weft_order(weft_asc(Tag, value)));
        assert_ok(s);
        assert_int_equal(tags.count, most == 1 ? 2 : 3);
        assert_string_equal(tags.items[1]->tag, "b");
        assert_string_equal(tags.items[tags.count - 1]->sku, most == 1 ? "X1" : "X3");
    }
    weft_table_fn_as(Elements, Tag, weft_fn("jsonb_array_elements_text", C(Stock, tags)));
    (void)weft_rows(s, Tagged, .from = weft_from(Stock), .joins = weft_joins(weft_cross_join(Elements)),
                    .columns = weft_columns(C(Stock, sku), C(Elements, value)));
    if (f->postgres) {
        assert_ok(s);
    } else {
        assert_message(s, "sqlite has no function jsonb_array_elements_text: call json_each here");
        assert_refused(s, WEFT_ERROR_UNSUPPORTED);
    }
}

static void mistakes_name_the_source(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const Wanted list[] = {{"X1", 1}};
    weft_values_as(Absent, Wanted, (const Wanted *)NULL, 2);
    (void)weft_rows(s, Wanted, .from = weft_from(Absent));
    assert_message(s, "the list of rows Absent is NULL");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_series_as(Texts, Tag, weft_val(1), weft_val(2));
    (void)weft_rows(s, Tag, .from = weft_from(Texts));
    assert_message(s, "the series Texts has a row of one field");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_table_fn_as(Column, Number, C(Stock, id));
    (void)weft_rows(s, Number, .from = weft_from(Column));
    assert_message(s, "the function Column is no weft_fn");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_series_as(Outer, Number, C(Stock, id), weft_val(2));
    (void)weft_rows(s, Number, .from = weft_from(Stock), .joins = weft_joins(weft_cross_join(Outer)),
                    .columns = weft_columns(C(Outer, n)));
    assert_message(s, "Stock.id stands in a subquery or series in FROM, which sees nothing of what stands beside it");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_values_of(Wanted, list, 1);
    weft_alias(Again, Wanted);
    (void)weft_rows(s, Wanted, .from = weft_from(Again));
    assert_message(s, "Again is an alias of no model, no table and no weft_cte");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Number, .from = weft_from(Stock), .columns = weft_columns(C(Stock, id)),
                    .where = weft_literally(weft_op(C(Stock, qty), "=",
                                                    weft_scalar(weft_select(.from = weft_from(Wanted), .limit = 1,
                                                                            .columns = weft_columns(C(Wanted, qty)))))));
    assert_message(s, "Wanted: rows of the program's are parameters");
    assert_refused(s, WEFT_ERROR_MISUSE);
    const Marked marked[] = {{1, {NULL, 0}}};
    weft_values_of(Marked, marked, 1);
    (void)weft_rows(s, Marked, .from = weft_from(Marked));
    assert_message(s, "Marked.marks: rows of the program's have no arrays; insert them into a table, or give them as JSON");
    assert_refused(s, WEFT_ERROR_UNSUPPORTED);
    const Every wrong[] = {{.at = 1, .amount = {"much"}}};
    weft_values_of(Every, wrong, 1);
    (void)weft_rows(s, Every, .from = weft_from(Every));
    assert_message(s, "is no decimal number");
    assert_refused(s, WEFT_ERROR_TYPE);
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_of_the_program_are_joined),   ON_BOTH(many_rows_are_one_statement),
        ON_BOTH(rows_stand_wherever_a_table_does), ON_BOTH(every_type_comes_back_as_it_was),
        ON_BOTH(real_numbers_keep_every_bit),      ON_BOTH(a_series_has_all_between_its_bounds),
        ON_BOTH(a_series_of_dates_has_every_day),  ON_BOTH(a_function_gives_rows),
        ON_BOTH(mistakes_name_the_source),
    };
    return cmocka_run_group_tests_name("row_sources", tests, NULL, NULL);
}
