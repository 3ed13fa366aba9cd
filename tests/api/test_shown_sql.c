/* The text of a query that is not run: what the engine sends for it, and with its values in the text the same rows. */
#include "support/fixture.h"

typedef enum phase { OPEN, DONE } phase;
static const char *const phases[] = {"open", "it's done"};
WEFT_DECLARE(Sale);
struct Sale {
    int64_t id;
    const char *code;
    weft_decimal total;
    weft_opt_int32 n;
    double weight;
    weft_date day;
    weft_timestamp at;
    weft_uuid mark;
    bool paid;
    phase state;
    weft_bytes raw;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, code),
           WEFT_COLUMN(Sale, total, .precision = 12, .scale = 2), WEFT_COLUMN(Sale, n), WEFT_COLUMN(Sale, weight),
           WEFT_COLUMN(Sale, day), WEFT_COLUMN(Sale, at), WEFT_COLUMN(Sale, mark), WEFT_COLUMN(Sale, paid),
           WEFT_ENUM(Sale, state, phases), WEFT_COLUMN(Sale, raw));
WEFT_METADATA(models, &Sale_model);
FIXTURE_MODELS(models);

typedef struct Line {
    int64_t id;
    const char *code;
    weft_decimal total;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, id), WEFT_FIELD(Line, code), WEFT_FIELD(Line, total));

#define C(f) weft_col(Sale, f)
#define LINE weft_columns(C(id), C(code), C(total))

static void add_sales(fixture *f)
{
    for (int i = 1; i <= 40; i++) {
        char code[16], total[16];
        (void)snprintf(code, sizeof code, "it's %d%%", i);
        (void)snprintf(total, sizeof total, "%d.50", i * 10);
        weft_new(f->s, Sale, .id = i, .code = code, .total = {total}, .n = {.set = i % 2 == 0, .value = i}, .weight = i / 4.0,
                 .day = {19000 + i}, .at = {INT64_C(1000000) * i}, .mark = {{(uint8_t)i}}, .paid = i % 3 == 0,
                 .state = i % 4 == 0 ? DONE : OPEN, .raw = {"\0\x01", 2});
    }
    assert_call(f->s, weft_session_commit(f->s), WEFT_OK);
}

static char *shown(fixture *f, const weft_rows_options *query, bool literally)
{
    char *sql = NULL;
    weft_error error = {0};
    assert_error(weft_engine_sql(f->engine, query, literally, &sql, &error), WEFT_OK, &error);
    assert_non_null(sql);
    return sql;
}

/* All cells as one text. */
static char *told(weft_result *result)
{
    weft_error error = {0};
    char *text = calloc(1, 1 << 16), *end = text;
    assert_non_null(text);
    while (weft_result_next(result, &error))
        for (uint16_t i = 0; i < weft_result_columns(result); i++) {
            int64_t number;
            const char *cell = weft_result_text(result, i);
            if (weft_result_int64(result, i, &number))
                end += snprintf(end, 64, "%lld ", (long long)number);
            else
                end += snprintf(end, 64, "%s ", cell != NULL ? cell : "NULL");
        }
    assert_error(error.status, WEFT_OK, &error);
    weft_result_close(result);
    return text;
}

static void compare(fixture *f, const weft_rows_options *query)
{
    weft_error error = {0};
    weft_connection *c;
    weft_result *result;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    const size_t cached = fixture_cached(f);
    char *sql = shown(f, query, false), *literal = shown(f, query, true);
    assert_int_equal(fixture_cached(f), cached);
    assert_error(weft_connection_select(c, query, &result, &error), WEFT_OK, &error);
    char *typed = told(result);
    assert_string_equal(fixture_last_sql(f), sql);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    const weft_status status = weft_connection_query(c, literal, NULL, &result, &error);
    if (status != WEFT_OK)
        print_error("%s\n%s\n", literal, error.message);
    assert_int_equal(status, WEFT_OK);
    char *plain = told(result);
    if (strcmp(typed, plain) != 0)
        print_error("%s\n", literal);
    assert_string_equal(typed, plain);
    assert_true(typed[0] != '\0');
    free(typed);
    free(plain);
    weft_free(sql);
    weft_free(literal);
    weft_connection_close(c);
}

static void what_is_shown_is_what_is_sent(void **state)
{
    fixture *f = *state;
    add_sales(f);
    static const int32_t numbers[] = {3, 4, 5, 99};
    static const Line lines[] = {{1, "a'b", {"1.5"}}, {2, NULL, {"2.50"}}};
    weft_values_of(Line, lines, 2);
    weft_cte_as(Big, Line,
                .query =
                    weft_select(.from = weft_from(Sale), .columns = LINE, .where = weft_gt(Sale, total, (weft_decimal){"300.5"})));
    weft_subselect_as(Both, Line,
                      weft_union_all(weft_select(.from = weft_from(Sale), .columns = LINE, .where = weft_lt(Sale, id, 4)),
                                     weft_select(.from = weft_from(Sale), .columns = LINE, .order_by = weft_desc(Sale, id),
                                                 .limit = 2)));
    const weft_expr *size = weft_case(weft_gt(Sale, n, 20), weft_val("much"), weft_val("lit'tle"));
    const weft_rows_options *queries[] = {
        weft_select(.from = weft_from(Sale), .columns = LINE, .where = weft_eq(Sale, code, "it's 7%")),
        weft_select(.from = weft_from(Sale), .columns = LINE, .order_by = weft_asc(Sale, id), .limit = 3, .offset = 5),
        weft_select(.from = weft_from(Sale), .columns = LINE, .order_by = weft_asc(Sale, id), .offset = 38),
        weft_select(.from = weft_from(Sale), .columns = LINE,
                    .where = weft_and(weft_contains(Sale, code, "7%"), weft_ge(Sale, weight, 1.75), weft_eq(Sale, paid, false)),
                    .order_by = weft_asc(Sale, id)),
        weft_select(.from = weft_from(Sale), .columns = LINE, .where = weft_in(Sale, n, numbers, 4),
                    .order_by = weft_asc(Sale, id)),
        weft_select(.from = weft_from(Sale), .columns = LINE,
                    .where =
                        weft_or(weft_eq(Sale, day, (weft_date){19005}), weft_eq(Sale, at, (weft_timestamp){7000000}),
                                weft_eq(Sale, mark, (weft_uuid){{9}}), weft_and(weft_eq(Sale, state, DONE), weft_lt(Sale, id, 9))),
                    .order_by = weft_asc(Sale, id)),
        weft_select(.from = weft_from(Sale), .columns = LINE,
                    .where = weft_and(weft_eq(Sale, raw, (weft_bytes){"\0\x01", 2}), weft_eq(Sale, id, 3))),
        weft_select(.from = weft_from(Sale), .columns = weft_columns(weft_count_all(), size), .group_by = size,
                    .order_by = weft_asc_of(weft_count_all())),
        weft_select(.from = weft_from(Big), .columns = weft_columns(weft_count_all(), weft_max(weft_col(Big, total)))),
        weft_select(.from = weft_from(Both), .columns = weft_columns(weft_col(Both, id), weft_col(Both, total)),
                    .order_by = weft_asc(Both, id)),
        weft_select(.columns = weft_columns(weft_val(5), weft_val("x\\'y"), weft_val(true))),
        weft_deleted(Sale, .where = weft_eq(Sale, id, 11), .returning = weft_columns(C(id), C(code))),
        weft_updated(Sale, .set = weft_sets(weft_to(Sale, code, "n'ew"), weft_to(Sale, total, (weft_decimal){"1.5"})),
                     .where = weft_eq(Sale, id, 12), .returning = LINE),
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        compare(f, queries[i]);
    /* Rows of the program's are parameters, and no text. */
    const weft_rows_options *rows = weft_select(.from = weft_from(Line), .columns = weft_col(Line, id));
    weft_error error = {0};
    char *sql = shown(f, rows, false);
    weft_free(sql);
    assert_error(weft_engine_sql(f->engine, rows, true, &sql, &error), WEFT_ERROR_MISUSE, &error);
    assert_null(sql);
}

static void what_cannot_be_shown_is_told(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    char *sql = (char *)1;
    assert_error(weft_engine_sql(f->engine, NULL, false, &sql, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_engine_sql(f->engine, weft_select(.from = weft_from(Sale)), false, NULL, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_engine_sql(NULL, weft_select(.from = weft_from(Sale)), false, &sql, &error), WEFT_ERROR_MISUSE, &error);
    assert_null(sql);
    assert_error(weft_engine_sql(f->engine, weft_select(.from = weft_from(Sale), .columns = C(id), .limit = -5), false, &sql,
                                 &error),
                 WEFT_ERROR_MISUSE, &error);
    assert_null(sql);
    assert_error(weft_engine_sql(f->engine,
                                 weft_select(.from = weft_from(Sale), .columns = LINE, .where = weft_eq(Sale, code, "a\xff")), true,
                                 &sql, &error),
                 WEFT_ERROR_DATA, &error);
    assert_null(sql);
    assert_int_equal(weft_engine_sql(f->engine, weft_select(.from = weft_from(Sale), .columns = C(id), .limit = -5), false, &sql,
                                     NULL),
                     WEFT_ERROR_MISUSE);
    sql = shown(f, weft_select(.from = weft_from(Sale), .columns = C(id), .where = weft_eq(Sale, code, "secret")), false);
    assert_null(strstr(sql, "secret"));
    weft_free(sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(what_is_shown_is_what_is_sent), ON_BOTH(what_cannot_be_shown_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
