/* SQL text of the program's within expressions: where it stands, what its arguments become, and what is no fragment. */
#include "support/fixture.h"

WEFT_DECLARE(Sale);
struct Sale {
    int64_t id;
    const char *region;
    int32_t pieces;
    weft_decimal amount;
    double score;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, region),
           WEFT_COLUMN(Sale, pieces), WEFT_COLUMN(Sale, amount, .precision = 10, .scale = 2), WEFT_COLUMN(Sale, score));
WEFT_METADATA(models, &Sale_model);
static const char *const filling =
    "INSERT INTO sale (id, region, pieces, amount, score) VALUES (1, 'north', 3, '10.50', 1.5), (2, 'north', 1, '9.50', 20), "
    "(3, 'south', 2, '100.00', 30.25), (4, 'it''s', 7, '7.25', 44), (5, 'south', 0, '-1.00', 50)";
FIXTURE_ROWS(models, filling);

#define C(f) weft_col(Sale, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

typedef struct Bucket {
    int64_t bucket, sales;
} Bucket;
WEFT_ROW(Bucket, WEFT_FIELD(Bucket, bucket), WEFT_FIELD(Bucket, sales));
typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));
typedef struct Money {
    weft_decimal amount;
} Money;
WEFT_ROW(Money, WEFT_FIELD(Money, amount));

static void assert_buckets(weft_session *s, Bucket_list list, const char *expected)
{
    char text[256] = "";
    assert_ok(s);
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%lld:%lld;", (long long)list.items[i]->bucket,
                       (long long)list.items[i]->sales);
    assert_string_equal(text, expected);
}

static void assert_texts(weft_session *s, Text_list list, const char *expected)
{
    char text[256] = "";
    assert_ok(s);
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s;",
                       list.items[i]->text != NULL ? list.items[i]->text : "-");
    assert_string_equal(text, expected);
}

static void each_database_has_its_text(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int run = 1; run < 3; run++) {
        const weft_expr *v = weft_arg("v", C(score)), *low = weft_arg("low", weft_val(0.0)),
                        *high = weft_arg("high", weft_val(50.0 * run));
        const weft_expr *bucket =
            weft_per_database(weft_sql(WEFT_INT64, "width_bucket(CAST(:v AS float8), :low, :high, 5)", v, low, high),
                              weft_sql(WEFT_INT64, "CAST((CAST(:v AS REAL) - :low) / (:high - :low) * 5 AS INTEGER) + 1", v, low,
                                       high));
        assert_buckets(s,
                       weft_rows(s, Bucket, .from = weft_from(Sale), .columns = LIST(bucket, weft_count_all()),
                                 .group_by = LIST(bucket), .order_by = ORDER(weft_asc_of(bucket))),
                       run == 1 ? "1:1;3:1;4:1;5:1;6:1;" : "1:1;2:2;3:2;");
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres ? "SELECT (width_bucket(CAST(sale.score AS float8), $1, $2, 5)), count(*) FROM sale GROUP BY 1 ORDER BY 1"
                    : "SELECT (CAST((CAST(sale.score AS REAL) - ?1) / (?2 - ?1) * 5 AS INTEGER) + 1), count(*) FROM sale "
                      "GROUP BY 1 ORDER BY 1 "
                      "NULLS LAST");
    assert_int_equal(fixture_cached(f), 1);
}

static void fragments_stand_wherever_expressions_do(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    /* A condition, with a value that stands twice, beside others. */
    const weft_expr *near = weft_sql(WEFT_BOOL, "abs(:a - :b) <= :d OR :b = 0", weft_arg("a", C(pieces)),
                                     weft_arg("b", weft_val(2)), weft_arg("d", weft_val(1)));
    assert_texts(s,
                 weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)), .order_by = ORDER(weft_asc(Sale, id)),
                           .where = weft_and(weft_gt(Sale, id, 1), near, weft_not(weft_eq(Sale, id, 5)))),
                 "north;south;");
    assert_string_equal(fixture_last_sql(f),
                        f->postgres ? "SELECT sale.region FROM sale WHERE sale.id > $1 AND (abs(sale.pieces - $2) <= $3 OR "
                                      "$2 = 0) AND NOT (sale.id = $4) ORDER BY sale.id"
                                    : "SELECT sale.region FROM sale WHERE sale.id > ?1 AND (abs(sale.pieces - ?2) <= ?3 OR "
                                      "?2 = 0) AND NOT (sale.id = ?4) ORDER BY sale.id");
    /* Its value beside others, in parentheses; what stands within it, too. */
    const weft_expr *sum =
        weft_sql(WEFT_INT32, ":a + :b", weft_arg("a", C(pieces)), weft_arg("b", weft_op(C(pieces), "-", weft_val(1))));
    assert_buckets(s,
                   weft_rows(s, Bucket, .from = weft_from(Sale),
                             .columns = LIST(C(id), weft_cast(weft_op(sum, "*", weft_val(2)), WEFT_INT64)),
                             .where = weft_op(sum, ">=", weft_val(1)), .order_by = ORDER(weft_desc_of(sum), weft_asc(Sale, id)),
                             .limit = 3),
                   "4:26;1:10;3:6;");
    /* Names in strings and quoted names, casts and times are no arguments. */
    assert_texts(s,
                 weft_rows(s, Text, .from = weft_from(Sale), .where = weft_eq(Sale, id, 4),
                           .columns = LIST(weft_sql(WEFT_TEXT, "'a:x;b,c ' || :x || \"sale\".region || ' 10:30'",
                                                    weft_arg("x", weft_val("é"))))),
                 "a:x;b,c éit's 10:30;");
    /* Within an aggregate, as one, in a window, and ordered by. */
    const weft_expr *length = weft_sql(WEFT_INT32, "length(:t)", weft_arg("t", C(region)));
    assert_buckets(s,
                   weft_rows(s, Bucket, .from = weft_from(Sale),
                             .columns =
                                 LIST(weft_sum(length), weft_sql(WEFT_INT64, "count(DISTINCT :r)", weft_arg("r", C(region))))),
                   "24:3;");
    assert_buckets(s,
                   weft_rows(s, Bucket, .from = weft_from(Sale), .order_by = ORDER(weft_asc(Sale, id)), .limit = 2,
                             .columns = LIST(C(id), weft_over(weft_count_all(), .partition_by = LIST(length)))),
                   "1:4;2:4;");
    /* In a CTE with what is declared, in a subquery, and in grouping sets as an aggregate. */
    weft_cte(Bucket, .query = weft_select(.from = weft_from(Sale), .columns = LIST(C(id), length)));
    assert_buckets(s,
                   weft_rows(s, Bucket, .from = weft_from(Bucket), .order_by = ORDER(weft_desc(Bucket, bucket)), .limit = 2,
                             .where = weft_lt(Bucket, bucket, 5)),
                   "4:4;3:5;");
    assert_buckets(s,
                   weft_rows(s, Bucket, .from = weft_from(Sale), .group_by = LIST(weft_rollup(length)),
                             .order_by = ORDER(weft_asc_of(length)),
                             .columns = LIST(weft_coalesce(length, weft_val(0)),
                                             weft_sql(WEFT_INT64, "max(:n) + min(:n)", weft_arg("n", C(id))))),
                   "4:8;5:6;0:6;");
}

static void decimals_and_writes_take_fragments(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error;
    int64_t changed = 0;
    /* A fragment of decimals orders and computes as one. */
    const weft_expr *amount =
        weft_sql(WEFT_DECIMAL, "coalesce(:a, :b)", weft_arg("a", C(amount)), weft_arg("b", weft_val((weft_decimal){"0"})));
    Money_list list = weft_rows(s, Money, .from = weft_from(Sale), .columns = LIST(weft_op(amount, "*", weft_val(2))),
                                .order_by = ORDER(weft_desc_of(amount)), .where = weft_op(amount, ">", weft_val(9)));
    assert_ok(s);
    assert_int_equal(list.count, 3);
    assert_true(strtod(list.items[0]->amount.text, NULL) == 200 && strtod(list.items[2]->amount.text, NULL) == 19);
    const weft_expr *doubled = weft_sql(WEFT_INT32, ":p * 2", weft_arg("p", C(pieces)));
    assert_error(weft_execute_update(weft_session_connection(s),
                                     weft_update_of(Sale, .set = weft_sets(weft_to_expr(Sale, pieces, doubled)),
                                                    .where = weft_sql(WEFT_BOOL, ":r LIKE :like", weft_arg("r", C(region)),
                                                                      weft_arg("like", weft_val("sou%")))),
                                     &changed, &error),
                 WEFT_OK, &error);
    assert_int_equal(changed, 2);
    commit_ok(s);
    assert_rows(f, "SELECT id, pieces FROM sale WHERE region = 'south' ORDER BY id", "3|4\n5|0");
    /* What a fragment reads is flushed before. */
    Sale *added = weft_new(s, Sale, .id = 6, .region = "east", .pieces = 1, .amount = {"1"}, .score = 1);
    assert_non_null(added);
    assert_buckets(s,
                   weft_rows(s, Bucket, .from = weft_from(Sale), .where = weft_eq(Sale, id, 6),
                             .columns = LIST(C(id), weft_sql(WEFT_INT64, "(SELECT count(*) FROM sale AS other)"))),
                   "6:6;");
}

static void fragments_are_kept_built_and_literal(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *kept;
    {
        kept = weft_keep(s, weft_sql(WEFT_TEXT, "upper(:t)", weft_arg("t", weft_op(C(region), "||", weft_val("!")))));
    }
    assert_texts(s, weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(kept), .where = weft_eq(Sale, id, 1)), "NORTH!;");
    weft_builder *builder = weft_builder_new();
    const weft_expr *built = weft_builder_sql(builder, WEFT_TEXT, "lower(:t) || :u", (const char *const[]){"u", "t"},
                                              (const weft_expr *const[]){weft_val("?"), C(region)}, 2);
    assert_texts(s, weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(built), .where = weft_eq(Sale, id, 1)), "north?;");
    weft_builder_free(builder);
    (void)weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)),
                    .where = weft_literally(weft_sql(WEFT_BOOL, ":a > :b", weft_arg("a", C(id)), weft_arg("b", weft_val(3)))));
    assert_ok(s);
    assert_string_equal(fixture_last_sql(f), f->postgres ? "SELECT sale.region FROM sale WHERE (sale.id > '3'::integer)"
                                                         : "SELECT sale.region FROM sale WHERE (sale.id > 3)");
    /* The text and the arguments are in the key, values are not. */
    const size_t before = fixture_cached(f);
    for (int run = 0; run < 3; run++) {
        assert_texts(s,
                     weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)),
                               .where = weft_sql(WEFT_BOOL, ":a = :b", weft_arg("a", C(id)), weft_arg("b", weft_val(run)))),
                     run == 0 ? "" : "north;");
        assert_texts(s,
                     weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)),
                               .where = weft_sql(WEFT_BOOL, ":a = :b", weft_arg("b", weft_val(run)), weft_arg("a", C(pieces)))),
                     run == 0   ? "south;"
                     : run == 1 ? "north;"
                                : "south;");
        (void)weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)),
                        .where = weft_sql(WEFT_BOOL, ":a > :b", weft_arg("a", C(id)), weft_arg("b", weft_val(run))));
    }
    assert_ok(s);
    assert_int_equal(fixture_cached(f), before + 3);
    /* A value is never text. */
    assert_texts(s,
                 weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)),
                           .where =
                               weft_sql(WEFT_BOOL, ":a = :b", weft_arg("a", C(region)), weft_arg("b", weft_val("' OR 1 = 1 --")))),
                 "");
}

typedef struct Paper {
    weft_json paper;
} Paper;
WEFT_ROW(Paper, WEFT_FIELD(Paper, paper));

/* A value that is JSON is JSON wherever the text names it, and its NULL, too; twice: compiled anew, and found. */
static void json_is_an_argument(void **state)
{
    fixture *f = *state;
    for (int run = 0; run < 3; run++) {
        const weft_expr *v = weft_arg("v", weft_val(((weft_json){run == 2 ? NULL : "[7]"})));
        const weft_expr *const texts[] = {weft_sql(WEFT_JSON, ":v", v), weft_sql(WEFT_JSON, "coalesce(:v, :v)", v),
                                          weft_sql(WEFT_JSON, "(SELECT :v)", v), weft_sql(WEFT_JSON, "nullif(:v, NULL)", v),
                                          weft_sql(WEFT_JSON, "CASE WHEN :v IS NULL THEN :v ELSE :v END", v)};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            Paper_list list = weft_rows(f->s, Paper, .columns = texts[i]);
            assert_ok(f->s);
            assert_int_equal(list.count, 1);
            const char *paper = list.items[0]->paper.text;
            assert_true(run == 2 ? paper == NULL : paper != NULL && strcmp(paper, "[7]") == 0);
        }
    }
}

/* What the text gives is of the type that is said: SQLite computes decimals in floating point, and spells times its own way. */
static void what_a_text_gives_is_compared_as_its_type(void **state)
{
    fixture *f = *state;
    const weft_expr *twice = weft_sql(WEFT_DECIMAL, "abs(:a) * 2", weft_arg("a", C(amount)));
    const weft_expr *second = weft_per_database(weft_sql(WEFT_TIMESTAMP, "to_timestamp(:n)", weft_arg("n", C(pieces))),
                                                weft_sql(WEFT_TIMESTAMP, "datetime(:n, 'unixepoch')", weft_arg("n", C(pieces))));
    const weft_expr *day = weft_per_database(weft_sql(WEFT_DATE, "DATE '1970-01-01' + :n", weft_arg("n", C(pieces))),
                                             weft_sql(WEFT_DATE, "julianday('1970-01-01') + :n", weft_arg("n", C(pieces))));
    const weft_expr *mark = weft_per_database(weft_sql(WEFT_UUID, "'0A000000-0000-0000-0000-000000000000'::uuid"),
                                              weft_sql(WEFT_UUID, "'0A000000-0000-0000-0000-000000000000'"));
    const struct {
        const weft_expr *condition;
        int64_t count;
    } cases[] = {
        {weft_op(twice, "=", weft_val((weft_decimal){"21"})), 1},
        {weft_op(twice, "<", weft_val((weft_decimal){"19.00"})), 2},
        {weft_op(twice, ">", C(amount)), 5},
        {weft_op(weft_val((weft_decimal){"2.00"}), "=", twice), 1},
        {weft_between(twice, weft_val((weft_decimal){"14.5"}), weft_val((weft_decimal){"21.0"})), 3},
        {weft_op(second, "=", weft_val((weft_timestamp){3000000})), 1},
        {weft_op(second, "<", weft_val((weft_timestamp){2000000})), 2},
        {weft_op(mark, "=", weft_val((weft_uuid){{10}})), 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t count = -1;
        assert_call(f->s,
                    weft_scalar_into(f->s, &count, .from = weft_from(Sale), .columns = weft_count_all(),
                                     .where = cases[i].condition),
                    WEFT_OK);
        if (count != cases[i].count)
            fail_msg("condition %zu: %d rows", i, (int)count);
    }
    weft_decimal most;
    assert_call(f->s, weft_scalar_into(f->s, &most, .from = weft_from(Sale), .columns = weft_max(twice)), WEFT_OK);
    assert_string_equal(most.text, f->postgres ? "200.00" : "200");
    Money_list sorted =
        weft_rows(f->s, Money, .from = weft_from(Sale), .columns = LIST(C(amount)), .order_by = ORDER(weft_asc_of(twice)));
    assert_ok(f->s);
    assert_string_equal(sorted.items[0]->amount.text, "-1.00");
    assert_string_equal(sorted.items[4]->amount.text, "100.00");
    /* What is none is told, and never equal to nothing in silence. */
    int64_t count;
    (void)weft_scalar_into(f->s, &count, .from = weft_from(Sale), .columns = weft_count_all(),
                           .where = weft_op(weft_sql(WEFT_DECIMAL, "lower(:r)", weft_arg("r", C(region))), "=",
                                            weft_val((weft_decimal){"1"})));
    assert_true(weft_session_status(f->s) == (f->postgres ? WEFT_ERROR_SQL : WEFT_ERROR_DATA));
    assert_call(f->s, weft_session_rollback(f->s), WEFT_OK);
    if (!f->postgres) {
        (void)weft_scalar_into(f->s, &count, .from = weft_from(Sale), .columns = weft_count_all(),
                               .where = weft_op(day, "=", weft_val((weft_date){3})));
        assert_status(f->s, WEFT_ERROR_DATA);
        assert_non_null(strstr(weft_session_error(f->s)->message, "there is no cast of a floating-point number to a date"));
        assert_call(f->s, weft_session_rollback(f->s), WEFT_OK);
    }
}

static void refused(weft_session *s, const weft_expr *e, weft_status status, const char *message)
{
    (void)weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(e));
    assert_message(s, message);
    assert_refused(s, status);
}

/* What SELECT knows and an expression does not cannot change the statement around it. */
static void a_text_of_several_things_is_no_expression(void **state)
{
    fixture *f = *state;
    static const char *const texts[] = {"1 union select 2", "1=0 union select 7", "distinct 1", "1 as x",      "1 n", "*", "1 and",
                                        "1 from sale",      "1 where 1=1",        "1 limit 1",  "1 order by 1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const weft_expr *e = weft_sql_unsafe(WEFT_INT32, texts[i]);
        (void)weft_rows(f->s, Text, .columns = LIST(e));
        assert_true(weft_session_status(f->s) != WEFT_OK);
        rollback_ok(f->s);
        (void)weft_rows(f->s, Text, .from = weft_from(Sale), .columns = LIST(C(region)), .where = e);
        assert_true(weft_session_status(f->s) != WEFT_OK);
        rollback_ok(f->s);
    }
}

static void mistakes_say_what_to_write(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const weft_expr *a = weft_arg("a", C(id));
    refused(s, weft_sql(WEFT_TEXT, ":b", a), WEFT_ERROR_MISUSE, "names :b, which no weft_arg has");
    refused(s, weft_sql(WEFT_TEXT, "':a'", a), WEFT_ERROR_MISUSE, "does not name :a");
    refused(s, weft_sql(WEFT_TEXT, ":a", a, weft_arg("a", C(region))), WEFT_ERROR_MISUSE, "two arguments of one name");
    refused(s, weft_sql(WEFT_TEXT, ":a", C(id)), WEFT_ERROR_MISUSE, "an argument that is no weft_arg");
    refused(s, weft_sql(WEFT_TEXT, ":a", weft_arg("a b", C(id))), WEFT_ERROR_MISUSE, "an argument that is no weft_arg");
    refused(s, weft_sql(WEFT_TEXT, " \n"), WEFT_ERROR_MISUSE, "weft_sql has no text");
    refused(s, weft_sql(WEFT_TEXT, "lower(:a", a), WEFT_ERROR_MISUSE, "parentheses that do not fit");
    refused(s, weft_sql(WEFT_TEXT, ":a) FROM sale; DELETE FROM sale", a), WEFT_ERROR_MISUSE, "parentheses that do not fit");
    refused(s, weft_sql(WEFT_TEXT, ":a; DELETE", a), WEFT_ERROR_MISUSE, "has a semicolon");
    refused(s, weft_sql(WEFT_TEXT, ":a, 1", a), WEFT_ERROR_MISUSE, "a comma outside of parentheses");
    refused(s, weft_sql(WEFT_TEXT, ":a -- all", a), WEFT_ERROR_MISUSE, "has a comment");
    refused(s, weft_sql(WEFT_TEXT, ":a /* all", a), WEFT_ERROR_MISUSE, "has a comment");
    refused(s, weft_sql(WEFT_TEXT, ":a || 'x", a), WEFT_ERROR_MISUSE, "a string that nothing closes");
    refused(s, weft_sql(WEFT_TEXT, ":a || $1", a), WEFT_ERROR_MISUSE, "a parameter of the database's");
    refused(s, weft_sql((weft_type)200, ":a", a), WEFT_ERROR_MISUSE, "is no weft_type");
    refused(s, a, WEFT_ERROR_MISUSE, "weft_arg");
    refused(s, weft_op(weft_sql(WEFT_TEXT, "lower(:a)", a), "+", weft_val(1)), WEFT_ERROR_TYPE, "cast one of them");
    refused(s, weft_case(weft_sql(WEFT_INT32, ":a", a), weft_val("x")), WEFT_ERROR_TYPE,
            "a number stands where a condition is expected");
    (void)weft_rows(s, Text, .from = weft_from(Sale), .columns = LIST(C(region)),
                    .where = weft_sql(WEFT_BOOL, ":a > 1", weft_arg("a", weft_sum(C(id)))));
    assert_message(s, "sum is an aggregate, and stands in a condition on rows");
    assert_refused(s, WEFT_ERROR_MISUSE);
    refused(s, &(const weft_expr){.op = WEFT_EXPR_PER_DATABASE, .args = WEFT_NODES(C(id))}, WEFT_ERROR_MISUSE,
            "weft_per_database has only 1");
    if (!f->postgres)
        refused(s, weft_sql(WEFT_INET, "host(:a)", a), WEFT_ERROR_UNSUPPORTED, "");
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(each_database_has_its_text),
        ON_BOTH(fragments_stand_wherever_expressions_do),
        ON_BOTH(decimals_and_writes_take_fragments),
        ON_BOTH(fragments_are_kept_built_and_literal),
        ON_BOTH(mistakes_say_what_to_write),
        ON_BOTH(a_text_of_several_things_is_no_expression),
        ON_BOTH(json_is_an_argument),
        ON_BOTH(what_a_text_gives_is_compared_as_its_type),
    };
    return cmocka_run_group_tests_name("fragments", tests, NULL, NULL);
}
