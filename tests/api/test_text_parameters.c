/* Text SQL with parameters that have names, and its rows one by one: wherever text is taken, on both databases. */
#include "support/fixture.h"

WEFT_DECLARE(Sale);
struct Sale {
    int64_t id;
    const char *code;
    weft_decimal total;
    weft_opt_int32 n;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true), WEFT_COLUMN(Sale, code),
           WEFT_COLUMN(Sale, total, .precision = 12, .scale = 2), WEFT_COLUMN(Sale, n));
WEFT_METADATA(models, &Sale_model);

enum { SALES = 2000 };
static const char rows_sql[] =
    "INSERT INTO sale (code, total, n) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000)"
    " SELECT 'c' || i, i || '.50', CASE WHEN i % 2 = 0 THEN i END FROM c";
static const char postgres_sql[] =
    "INSERT INTO sale (code, total, n) SELECT 'c' || i, i + 0.50, CASE WHEN i % 2 = 0 THEN i END FROM generate_series(1, 2000) i";
static int open_sqlite(void **state) { return fixture_open(state, TEST_SQLITE, &models, rows_sql); }
static int open_postgres(void **state) { return fixture_open(state, TEST_POSTGRES, &models, postgres_sql); }

typedef struct Line {
    weft_decimal total;
    const char *code;
    weft_opt_int32 n;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, total), WEFT_FIELD(Line, code), WEFT_FIELD(Line, n));
typedef struct Wide {
    int64_t n;
} Wide;
WEFT_ROW(Wide, WEFT_FIELD(Wide, n));

static weft_connection *connect(fixture *f, weft_connection_options options)
{
    weft_connection *c;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, &options, &error), WEFT_OK, &error);
    return c;
}

/* ---- names ---- */

static const char ask[] = "SELECT code, n, total FROM sale -- :least\n WHERE id >= :least AND (id < :limit OR code = :code) "
                          "AND code <> ':code' AND :least > CAST(0 AS bigint) ORDER BY id";
#define ASKED \
    weft_parameters(weft_parameter("limit", weft_value_int64(12)), weft_parameter("code", weft_value_text("c77")), \
                    weft_parameter("least", weft_value_int64(10)))

static void names_stand_wherever_text_is_taken(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    Line_list lines = weft_text_rows(f->s, Line, ask, ASKED);
    assert_ok(f->s);
    assert_int_equal(lines.count, 3);
    assert_string_equal(lines.items[0]->code, "c10");
    assert_string_equal(lines.items[1]->total.text, "11.50");
    assert_string_equal(lines.items[2]->code, "c77");
    static const char *const sent[] = {"SELECT code, n, total FROM sale -- :least\n WHERE id >= ?3 AND (id < ?1 OR code = ?2) AND "
                                       "code <> '***' AND ?3 > CAST(0 AS "
                                       "bigint) ORDER BY id",
                                       "SELECT code, n, total FROM sale -- :least\n WHERE id >= $3 AND (id < $1 OR code = $2) AND "
                                       "code <> '***' AND $3 > CAST(0 AS "
                                       "bigint) ORDER BY id"};
    assert_string_equal(fixture_last_sql(f), sent[f->postgres]);
    Sale_list sales = weft_text_query(f->s, Sale, "SELECT * FROM sale WHERE id = :id",
                                      weft_parameters(weft_parameter("id", weft_value_int64(5))));
    assert_ok(f->s);
    assert_int_equal(sales.count, 1);
    assert_string_equal(sales.items[0]->code, "c5");
    assert_call(f->s,
                weft_session_execute_text(f->s, "UPDATE sale SET code = :code, n = :n WHERE id = :id",
                                          weft_parameters(weft_parameter("id", weft_value_int64(5)),
                                                          weft_parameter("n", weft_value_null(WEFT_INT32)),
                                                          weft_parameter("code", weft_value_text("it's :id")))),
                WEFT_OK);
    weft_connection *c = weft_session_connection(f->s);
    weft_result *result;
    assert_error(weft_connection_query(c, "SELECT code, n FROM sale WHERE id = :id OR id = - :id",
                                       weft_parameters(weft_parameter("id", weft_value_int64(5))), &result, &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), "it's :id");
    assert_true(weft_result_value(result, 1).is_null);
    assert_false(weft_result_next(result, &error));
    weft_result_close(result);
    assert_error(weft_fetch_text(c, Line, &lines, &result, &error, ask, ASKED), WEFT_OK, &error);
    assert_int_equal(lines.count, 3);
    weft_result_close(result);
    assert_error(weft_stream_text(c, Line, &result, &error, ask, ASKED), WEFT_OK, &error);
    for (int i = 0; i < 3; i++)
        assert_true(weft_result_next(result, &error));
    assert_false(weft_result_next(result, &error));
    assert_error(error.status, WEFT_OK, &error);
    weft_result_close(result);
    assert_error(weft_execute_text(c, "DELETE FROM sale WHERE id = :id", weft_parameters(weft_parameter("id", weft_value_int64(5))),
                                   &error),
                 WEFT_OK, &error);
}

/* Many names, each used in several places: more than databases look up one by one, and as many as there may be. */
static void many_names_find_their_values(void **state)
{
    fixture *f = *state;
    for (size_t count = 255; count <= 30000; count = count == 255 ? 257 : count == 257 ? 1000 : count * 30) {
        char(*names)[8] = malloc(count * sizeof *names);
        weft_value *values = malloc(2 * count * sizeof *values);
        char *sql = malloc(count * 24 + 64), *end = sql;
        assert_true(names != NULL && values != NULL && sql != NULL);
        end += snprintf(end, 64, "WITH v(a, b) AS (VALUES ");
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            const size_t k = (i * 7919) % count; /* the text names them in another order */
            (void)snprintf(names[i], sizeof *names, "p%zu", i);
            values[2 * i] = weft_value_of_name(names[i]);
            values[2 * i + 1] = weft_value_int64((int64_t)i);
            end += snprintf(end, 64, "%s(:p%zu, %zu)", i == 0 ? "" : ", ", k, k % 10);
            sum += (int64_t)(k * (k % 10));
        }
        (void)snprintf(end, 64, ") SELECT sum(a * b) AS n FROM v");
        Wide_list list = weft_text_rows(f->s, Wide, sql, (&(const weft_values){values, 2 * count}));
        assert_ok(f->s);
        assert_int_equal(list.items[0]->n, sum);
        free(names);
        free(values);
        free(sql);
    }
}

static void a_name_too_much_or_too_few_is_told(void **state)
{
    fixture *f = *state;
    (void)weft_text_rows(f->s, Wide, "SELECT :n AS n", weft_parameters(weft_parameter("m", weft_value_int64(1))));
    assert_status(f->s, WEFT_ERROR_MISUSE);
    assert_non_null(strstr(weft_session_error(f->s)->message, "the SQL text names the parameter :n, which is not given"));
    assert_non_null(strstr(weft_session_error(f->s)->hint, "given is m"));
    weft_session_rollback(f->s);
    (void)weft_text_rows(f->s, Wide, "SELECT 1 AS n", weft_parameters(weft_parameter("m", weft_value_int64(1))));
    assert_status(f->s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_error(f->s)->outcome, WEFT_OUTCOME_NONE);
    weft_session_rollback(f->s);
    (void)weft_text_rows(f->s, Wide, "SELECT :n AS n", weft_parameters(weft_value_int64(1)));
    assert_true(weft_session_status(f->s) != WEFT_OK);
}

/* ---- rows one by one ---- */

static void rows_of_text_come_one_by_one(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error = {0};
    weft_result *result;
    for (int type = 0; type < 2; type++) {
        assert_error(weft_connection_stream_text(c, type != 0 ? &Line_row : NULL,
                                                 "SELECT n, total, code FROM sale WHERE id <= $1 ORDER BY id",
                                                 weft_parameters(weft_value_int64(SALES)), &result, &error),
                     WEFT_OK, &error);
        assert_int_equal(weft_result_columns(result), 3);
        int i = 0;
        while (weft_result_next(result, &error)) {
            char code[16], total[16];
            i++;
            (void)snprintf(code, sizeof code, "c%d", i);
            (void)snprintf(total, sizeof total, "%d.50", i);
            Line line;
            if (type != 0) {
                assert_error(weft_result_into(result, &Line_row, &line, &error), WEFT_OK, &error);
            } else {
                int64_t n;
                line.n = (weft_opt_int32){.set = weft_result_int64(result, 0, &n)};
                line.n.value = line.n.set ? (int32_t)n : 0;
                line.total.text = weft_result_text(result, 1);
                line.code = weft_result_text(result, 2);
            }
            assert_string_equal(line.code, code);
            assert_string_equal(line.total.text, total);
            assert_int_equal(line.n.set, i % 2 == 0);
            assert_true(!line.n.set || line.n.value == i);
        }
        assert_error(error.status, WEFT_OK, &error);
        assert_int_equal(i, SALES);
        weft_result_close(result);
    }
    weft_connection_close(c);
}

static void what_is_no_stream_is_refused_before_it_runs(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error = {0};
    weft_result *result = NULL;
    static const char *const writes[] = {"DELETE FROM sale", "UPDATE sale SET n = 1 RETURNING n", "CREATE TABLE other (id int)",
                                         "WITH x AS (SELECT 1) INSERT INTO sale (code, total) SELECT 'x', '1' FROM x RETURNING n"};
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        assert_error(weft_connection_stream_text(c, NULL, writes[i], NULL, &result, &error), WEFT_ERROR_MISUSE, &error);
        assert_null(result);
        assert_non_null(strstr(error.message, "a text that may write is no stream"));
        assert_non_null(strstr(error.hint, "weft_connection_query"));
    }
    static const struct {
        const char *sql, *message;
    } fields[] = {{"SELECT n, total FROM sale", "the statement gives no column for Line.code"},
                  {"SELECT n, total, code, id FROM sale", "no field of Line is called id"},
                  {"SELECT n, total, code, code FROM sale", "are both called code"}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        assert_error(weft_stream_text(c, Line, &result, &error, fields[i].sql, NULL), WEFT_ERROR_MISUSE, &error);
        assert_null(result);
        assert_non_null(strstr(error.message, fields[i].message));
    }
    assert_error(weft_stream_text(c, Line, &result, &error, "COMMIT", NULL), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_stream_text(c, Line, &result, &error, " -- nothing", NULL), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_stream_text(c, Line, &result, &error, NULL, NULL), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_stream_text(c, Line, NULL, &error, "SELECT 1", NULL), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_stream_text(NULL, Line, &result, &error, "SELECT 1", NULL), WEFT_ERROR_MISUSE, &error);
    /* The connection is as it was. */
    assert_error(weft_stream_text(c, Wide, &result, &error, "SELECT count(*) AS n FROM sale", NULL), WEFT_OK, &error);
    Wide wide;
    assert_true(weft_result_next(result, &error));
    assert_error(weft_result_into(result, &Wide_row, &wide, &error), WEFT_OK, &error);
    assert_int_equal(wide.n, SALES);
    assert_error(weft_result_into(result, &Line_row, &wide, &error), WEFT_ERROR_MISUSE, &error);
    weft_result_close(result);
    weft_connection_close(c);
}

static void a_row_that_does_not_fit_names_its_field(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error = {0};
    weft_result *result;
    assert_error(weft_stream_text(c, Line, &result, &error, "SELECT id AS n, code AS total, code FROM sale ORDER BY id", NULL),
                 WEFT_OK, &error);
    Line line;
    assert_true(weft_result_next(result, &error));
    assert_error(weft_result_into(result, &Line_row, &line, &error), WEFT_ERROR_SCHEMA, &error);
    assert_non_null(strstr(error.message, "column 2 (total) into Line.total"));
    weft_result_close(result);
    weft_connection_close(c);
}

/* Beside an open stream of text what is said of other streams holds. */
static void other_statements_beside_a_stream_of_text(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error = {0};
    weft_result *result, *other;
    assert_error(weft_stream_text(c, Line, &result, &error, "SELECT n, total, code FROM sale ORDER BY id", NULL), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    weft_status status = weft_execute_text(c, "UPDATE sale SET code = 'changed'", NULL, &error);
    if (f->postgres) {
        assert_error(status, WEFT_ERROR_MISUSE, &error);
        assert_non_null(strstr(error.message, "text SQL"));
        assert_error(weft_stream_text(c, Line, &other, &error, "SELECT n, total, code FROM sale", NULL), WEFT_ERROR_MISUSE, &error);
    } else {
        assert_error(status, WEFT_OK, &error);
        assert_error(weft_stream_text(c, Line, &other, &error, "SELECT n, total, code FROM sale", NULL), WEFT_OK, &error);
        assert_true(weft_result_next(other, &error));
        assert_string_equal(weft_result_text(other, 2), "changed");
        weft_result_close(other);
    }
    int rows = 1;
    Line line;
    while (weft_result_next(result, &error)) {
        assert_error(weft_result_into(result, &Line_row, &line, &error), WEFT_OK, &error);
        assert_true(line.code[0] == 'c' && line.code[1] != 'h');
        rows++;
    }
    assert_error(error.status, WEFT_OK, &error);
    assert_int_equal(rows, SALES);
    weft_result_close(result);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void a_stream_of_text_may_have_a_transaction_of_its_own(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true, .read_only = true});
    weft_error error = {0};
    weft_result *result;
    for (int ended = 0; ended < 2; ended++) {
        assert_error(weft_stream_text(c, Line, &result, &error, "SELECT n, total, code FROM sale ORDER BY id", NULL), WEFT_OK,
                     &error);
        for (int i = 0; i < (ended ? SALES : 3); i++)
            assert_true(weft_result_next(result, &error));
        weft_result_close(result);
        assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error);
    }
    weft_connection_close(c);
    c = connect(f, (weft_connection_options){.autocommit = true});
    assert_error(weft_stream_text(c, Line, &result, &error, "SELECT n, total, code FROM sale ORDER BY id", NULL), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    weft_connection_close(c);
    assert_false(weft_result_next(result, &error));
    assert_error(error.status, WEFT_ERROR_CLOSED, &error);
    weft_result_close(result);
}

/* ---- what is given ---- */

typedef struct Cell {
    int64_t value;
} Cell;
WEFT_ROW(Cell, WEFT_FIELD(Cell, value));

typedef struct cents {
    int64_t value;
} cents;
static weft_value cents_encode(const cents *c)
{
    return c->value < 0 ? weft_value_null(WEFT_UNMAPPED) : weft_value_int64(c->value);
}
static bool cents_decode(const weft_value *value, cents *c)
{
    c->value = value->as.i;
    return true;
}
WEFT_TYPE(cents, WEFT_INT64, cents_encode, cents_decode);

static const char *first_cell(weft_connection *c, const char *sql, const weft_values *parameters, weft_error *error)
{
    static char text[64];
    weft_result *result = NULL;
    text[0] = '\0';
    *error = (weft_error){0};
    if (weft_connection_query(c, sql, parameters, &result, error) == WEFT_OK && weft_result_next(result, error)) {
        const weft_value v = weft_result_value(result, 0);
        if (v.type == WEFT_TEXT)
            (void)snprintf(text, sizeof text, "%.*s", (int)v.as.s.size, v.as.s.data);
        else
            (void)snprintf(text, sizeof text, "%lld", (long long)v.as.i);
    }
    weft_result_close(result);
    return text;
}

static void lists_are_no_parameters_and_arrays_of_own_types_are(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true});
    weft_error error;
    static const long long numbers[] = {1, 2};
    static const char *const texts[] = {"a", "b"};
    const weft_value lists[] = {weft_items_int64(numbers, 2), weft_items_text(texts, 2)};
    for (int i = 0; i < 2; i++) {
        (void)first_cell(c, "SELECT 1 WHERE 1 IN (:v)", weft_parameters(weft_parameter("v", lists[i])), &error);
        assert_error(error.status, WEFT_ERROR_MISUSE, &error);
        assert_non_null(strstr(error.message, "parameter 1 of the SQL text is a list"));
        assert_non_null(strstr(error.hint, "weft_value_array_int64"));
        (void)first_cell(c, "SELECT 1 WHERE 1 IN ($1)", weft_parameters(lists[i]), &error);
        assert_error(error.status, WEFT_ERROR_MISUSE, &error);
    }
    cents some[] = {{1}, {5}};
    const char *among =
        f->postgres ? "SELECT 7 WHERE 5 = ANY(CAST(:v AS bigint[]))" : "SELECT 7 WHERE 5 IN (SELECT value FROM json_each(:v))";
    assert_string_equal(first_cell(c, among, weft_parameters(weft_parameter("v", weft_type_array(&cents_codec, false, some, 2))),
                                   &error),
                        "7");
    assert_error(error.status, WEFT_OK, &error);
    some[1].value = -1;
    (void)first_cell(c, among, weft_parameters(weft_parameter("v", weft_type_array(&cents_codec, false, some, 2))), &error);
    assert_error(error.status, WEFT_ERROR_TYPE, &error);
    weft_connection_close(c);
}

static void a_text_with_ctes_is_a_stream_where_it_reads(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error = {0};
    weft_result *result;
    assert_error(weft_stream_text(
                     c, Line, &result, &error,
                     "WITH q AS (SELECT n, total, code, id FROM sale) SELECT n, total, code FROM q WHERE id > :least ORDER BY id",
                     weft_parameters(weft_parameter("least", weft_value_int64(0)))),
                 WEFT_OK, &error);
    int rows = 0;
    while (weft_result_next(result, &error))
        rows++;
    assert_error(error.status, WEFT_OK, &error);
    assert_int_equal(rows, SALES);
    weft_result_close(result);
    static const char *const writing[] = {
        "WITH q AS (SELECT 1) DELETE FROM sale",
        "WITH q AS (SELECT 1 AS n) SELECT n, 1 AS total, 'a' AS code FROM q; DROP TABLE sale",
        "WITH q AS (DELETE FROM sale RETURNING n, total, code) SELECT n, total, code FROM q",
        "WITH q AS (SELECT n, total, code FROM sale) SELECT n, total, code FROM q FOR UPDATE",
    };
    for (size_t i = 0; i < sizeof writing / sizeof writing[0]; i++) {
        assert_error(weft_stream_text(c, Line, &result, &error, writing[i], NULL), WEFT_ERROR_MISUSE, &error);
        assert_non_null(strstr(error.message, "with WITH and names nothing that writes"));
    }
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

static void names_may_stand_right_behind_words(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true});
    weft_error error;
    const weft_values *given = weft_parameters(weft_parameter("v", weft_value_text("q")));
    assert_string_equal(first_cell(c, "SELECT CASE WHEN 1 = 1 AND:v='q' THEN:v ELSE:v END", given, &error), "q");
    assert_string_equal(first_cell(c, "SELECT:v||'z'", given, &error), "qz");
    assert_error(error.status, WEFT_OK, &error);
    /* Glued to its word, the condition would be the name of the table. */
    const weft_values *never = weft_parameters(weft_parameter("b", weft_value_bool(false)));
    char all[16];
    (void)snprintf(all, sizeof all, "%d", SALES);
    assert_error(weft_execute_text(c, "DELETE FROM sale WHERE:b", never, &error), WEFT_OK, &error);
    assert_string_equal(first_cell(c, "SELECT count(*) FROM sale WHERE:b", never, &error), "0");
    assert_string_equal(first_cell(c, "SELECT count(*) FROM (SELECT id FROM sale LIMIT:n) AS s",
                                   weft_parameters(weft_parameter("n", weft_value_int64(2))), &error),
                        "2");
    assert_string_equal(first_cell(c, "SELECT count(*) FROM sale", NULL, &error), all);
    weft_connection_close(c);
    Cell_list cells = weft_rows(f->s, Cell,
                                .columns = weft_sql(WEFT_INT64, "CASE WHEN:a = 2 AND:a<3 THEN:b ELSE:a END",
                                                    weft_arg("a", weft_val(2)), weft_arg("b", weft_val(9))));
    assert_ok(f->s);
    assert_true(cells.count == 1 && cells.items[0]->value == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(names_stand_wherever_text_is_taken),
        ON_BOTH(many_names_find_their_values),
        ON_BOTH(a_name_too_much_or_too_few_is_told),
        ON_BOTH(rows_of_text_come_one_by_one),
        ON_BOTH(what_is_no_stream_is_refused_before_it_runs),
        ON_BOTH(a_row_that_does_not_fit_names_its_field),
        ON_BOTH(lists_are_no_parameters_and_arrays_of_own_types_are),
        ON_BOTH(names_may_stand_right_behind_words),
        ON_BOTH(a_text_with_ctes_is_a_stream_where_it_reads),
        ON_BOTH(other_statements_beside_a_stream_of_text),
        ON_BOTH(a_stream_of_text_may_have_a_transaction_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
