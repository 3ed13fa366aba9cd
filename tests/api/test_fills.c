/* Rows into plain structs, whatever the database holds: what weft_fetch and weft_rows give, which have short ways for most types,
 * is what reading the same row cell by cell gives, and so is what they refuse. */
#include "support/fixture.h"

WEFT_DECLARE(Cells);
struct Cells {
    int64_t id;
    weft_opt_int64 big;
    weft_opt_int32 number;
    weft_opt_int16 small;
    weft_opt_uint32 whole;
    weft_opt_double precise;
    weft_opt_float real;
    weft_opt_bool flag;
    const char *text;
    weft_opt_timestamp at;
    weft_opt_date day;
    weft_decimal amount;
    weft_bytes data;
};
WEFT_MODEL(Cells, "cells", WEFT_COLUMN(Cells, id, .primary_key = true), WEFT_COLUMN(Cells, big), WEFT_COLUMN(Cells, number),
           WEFT_COLUMN(Cells, small), WEFT_COLUMN(Cells, whole), WEFT_COLUMN(Cells, precise), WEFT_COLUMN(Cells, real),
           WEFT_COLUMN(Cells, flag), WEFT_COLUMN(Cells, text, .nullable = true), WEFT_COLUMN(Cells, at), WEFT_COLUMN(Cells, day),
           WEFT_COLUMN(Cells, amount, .nullable = true), WEFT_COLUMN(Cells, data, .nullable = true));
WEFT_METADATA(models, &Cells_model);
FIXTURE_MODELS(models);

/* The types a field may have: the bytes that are compared, and where they lie. */
typedef struct kind {
    int type;
    size_t size, at, compared;
} kind;
#define PLAIN(type, T) \
    { \
        type, sizeof(T), 0, sizeof(T) \
    }
#define OPTIONAL(type, T) \
    { \
        type + WEFT_OPT, sizeof(T), offsetof(T, value), sizeof((T){0}.value) \
    }
static const kind kinds[] = {
    PLAIN(WEFT_INT64, int64_t),
    PLAIN(WEFT_INT32, int32_t),
    PLAIN(WEFT_INT16, int16_t),
    PLAIN(WEFT_UINT32, uint32_t),
    PLAIN(WEFT_DOUBLE, double),
    PLAIN(WEFT_FLOAT, float),
    PLAIN(WEFT_BOOL, bool),
    PLAIN(WEFT_TIMESTAMP, weft_timestamp),
    PLAIN(WEFT_DATE, weft_date),
    PLAIN(WEFT_BYTES, weft_bytes),
    PLAIN(WEFT_TEXT, const char *),
    PLAIN(WEFT_DECIMAL, const char *),
    OPTIONAL(WEFT_INT64, weft_opt_int64),
    OPTIONAL(WEFT_INT32, weft_opt_int32),
    OPTIONAL(WEFT_INT16, weft_opt_int16),
    OPTIONAL(WEFT_UINT32, weft_opt_uint32),
    OPTIONAL(WEFT_DOUBLE, weft_opt_double),
    OPTIONAL(WEFT_FLOAT, weft_opt_float),
    OPTIONAL(WEFT_BOOL, weft_opt_bool),
    OPTIONAL(WEFT_TIMESTAMP, weft_opt_timestamp),
    OPTIONAL(WEFT_DATE, weft_opt_date),
};
enum { KINDS = sizeof kinds / sizeof *kinds };
static bool is_text(const kind *k) { return k->type == WEFT_TEXT || k->type == WEFT_DECIMAL; }

/* A row: the key, a field of any kind, and the key once more. */
typedef struct row {
    int64_t id;
    union field {
        int64_t aligned;
        const char *text;
        weft_bytes data;
        unsigned char bytes[32];
    } field;
    int64_t last;
} row;

static void make_type(const kind *k, weft_row_type *type, weft_attr fields[3])
{
    const weft_attr id = {
        .kind = WEFT_ATTR_COLUMN, .field = "id", .offset = offsetof(row, id), .size = sizeof(int64_t), .field_type = WEFT_INT64};
    fields[0] = fields[1] = fields[2] = id;
    fields[1].field = "field";
    fields[1].offset = offsetof(row, field);
    fields[1].size = k->size;
    fields[1].field_type = k->type;
    fields[2].field = "last";
    fields[2].offset = offsetof(row, last);
    *type = (weft_row_type){"Row", sizeof(row), fields, 3};
}

static void assert_alike(const kind *k, const row *a, const row *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->last, b->last);
    if (is_text(k)) {
        assert_true((a->field.text == NULL) == (b->field.text == NULL));
        if (a->field.text != NULL)
            assert_string_equal(a->field.text, b->field.text);
    } else if (k->type == WEFT_BYTES) {
        assert_int_equal(a->field.data.size, b->field.data.size);
        if (a->field.data.size > 0)
            assert_memory_equal(a->field.data.data, b->field.data.data, a->field.data.size);
    } else {
        assert_memory_equal(a->field.bytes + k->at, b->field.bytes + k->at, k->compared);
        assert_true(k->at == 0 || a->field.bytes[0] == b->field.bytes[0]);
    }
}

/* Cell by cell, which borrows from the cells. */
static weft_status read_by_cells(weft_connection *c, const weft_rows_options *query, const weft_row_type *type, row *to,
                                 weft_result **result, weft_error *error)
{
    *to = (row){0};
    weft_status status = weft_connection_select(c, query, result, error);
    if (status != WEFT_OK)
        return status;
    if (!weft_result_next(*result, error))
        return error->status;
    return weft_result_into(*result, type, to, error);
}

static bool same_error(const weft_error *a, const weft_error *b)
{
    return strcmp(a->message, b->message) == 0 && strcmp(a->column, b->column) == 0;
}

/* True where the row could be read. What is not prepared yet is run in another way than what is: each is done several times. */
static bool check(fixture *f, weft_connection *c, const weft_expr *column, const kind *k, const char *literal)
{
    weft_row_type type;
    weft_attr fields[3];
    weft_result *cells = NULL, *fetched = NULL;
    weft_list rows;
    weft_error wanted = {0}, error = {0};
    row by_cells;
    const weft_rows_options query = {.from = weft_from(Cells),
                                     .columns = weft_columns(weft_col(Cells, id), column, weft_col(Cells, id))};
    make_type(k, &type, fields);
    const weft_status status = read_by_cells(c, &query, &type, &by_cells, &cells, &wanted);
    for (int again = 0; again < 3; again++) {
        const weft_status found = weft_connection_fetch(c, &type, &query, &fetched, &rows, &error);
        if (found != status || !same_error(&error, &wanted))
            fail_msg("%s as %d, run %d: %s \"%s\", by cells %s \"%s\"", literal, k->type, again, weft_status_identifier(found),
                     error.message, weft_status_identifier(status), wanted.message);
        const weft_list listed = weft_session_rows(f->s, &type, &query);
        assert_int_equal(weft_session_status(f->s), status);
        if (status == WEFT_OK) {
            assert_int_equal(rows.count, 1);
            assert_int_equal(listed.count, 1);
            assert_alike(k, ((const row *const *)rows.items)[0], &by_cells);
            assert_alike(k, ((const row *const *)listed.items)[0], &by_cells);
        }
        weft_result_close(fetched);
        (void)weft_session_rollback(f->s);
    }
    weft_result_close(cells);
    return status == WEFT_OK;
}

static const char *const literals[] = {
    "NULL",
    "0",
    "1",
    "2",
    "-1",
    "32768",
    "-32769",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "1.5",
    "16777217.0",
    "1e300",
    "9007199254740993",
    "true",
    "'text'",
    "''",
    "'12'",
    "'12.50'",
    "'2024-02-29 12:34:56.789012'",
    "'2023-02-29 12:34:56.789012'",
    "'2024-02-29'",
    "'2024-02-29T12:34:56Z'",
    "'\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80'",
    "'a text of sixteen, and more than that \xc3\xa4'",
    "x'00ff'",
    "CAST(x'c328' AS TEXT)",
    "CAST(x'6100' AS TEXT)",
    "CAST(x'61626364656667686970ff71727374757677787980' AS TEXT)",
    "CAST(x'616263646566676869707172737475767778798000' AS TEXT)",
};

static void fields_hold_what_their_cells_say(void **state)
{
    fixture *f = *state;
    static const char *const names[] = {"big",  "number", "small", "whole", "precise", "real",
                                        "flag", "text",   "at",    "day",   "amount",  "data"};
    const weft_expr *const columns[] = {weft_col(Cells, big),   weft_col(Cells, number),  weft_col(Cells, small),
                                        weft_col(Cells, whole), weft_col(Cells, precise), weft_col(Cells, real),
                                        weft_col(Cells, flag),  weft_col(Cells, text),    weft_col(Cells, at),
                                        weft_col(Cells, day),   weft_col(Cells, amount),  weft_col(Cells, data)};
    enum { COLUMNS = sizeof names / sizeof *names, FIRST_TEXT = 7 };
    weft_connection *c;
    weft_error error = {0};
    size_t read = 0, refused = 0;
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t column = 0; column < COLUMNS; column++)
        for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
            char sql[200];
            snprintf(sql, sizeof sql, "INSERT INTO cells (id, \"%s\") VALUES (1, %s)", names[column], literals[i]);
            assert_error(weft_execute_text(c, "DELETE FROM cells", NULL, &error), WEFT_OK, &error);
            if (weft_execute_text(c, sql, NULL, &error) != WEFT_OK)
                continue; /* the database does not hold that there */
            for (size_t k = 0; k < KINDS; k++) {
                /* Into texts other values than texts are made, which cells that are borrowed from cannot be. */
                if (is_text(&kinds[k]) && strcmp(names[column], "text") != 0)
                    continue;
                const bool is_read = check(f, c, columns[column], &kinds[k], sql);
                read += is_read;
                refused += !is_read;
            }
        }
    assert_true(read > 100 && refused > 500);
    weft_connection_close(c);
}

/* Results that fill their first places for pointers, and those that need more. */
static void rows_of_any_number_come_whole(void **state)
{
    fixture *f = *state;
    weft_row_type type;
    weft_attr fields[3];
    make_type(&kinds[10], &type, fields);
    for (int64_t count = 0, next = 0; count <= 70; count++) {
        const weft_rows_options query = {.from = weft_from(Cells),
                                         .columns = weft_columns(weft_col(Cells, id), weft_col(Cells, text), weft_col(Cells, big)),
                                         .order_by = weft_order(weft_asc(Cells, id))};
        weft_connection *c;
        weft_result *result;
        weft_list rows;
        weft_error error = {0};
        assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_fetch(c, &type, &query, &result, &rows, &error), WEFT_OK, &error);
        assert_int_equal(rows.count, count);
        weft_connection_close(c); /* the rows are the result's */
        for (size_t i = 0; i < rows.count; i++) {
            const row *got = ((const row *const *)rows.items)[i];
            char text[80];
            memset(text, 'x', sizeof text);
            text[i] = '\0';
            assert_int_equal(got->last, i);
            assert_string_equal(got->field.text, text);
        }
        weft_result_close(result);
        char text[80];
        memset(text, 'x', sizeof text);
        text[next] = '\0';
        weft_new(f->s, Cells, .big = {true, next++}, .text = text);
        commit_ok(f->s);
    }
}

static void fill_table(fixture *f, int64_t count)
{
    for (int64_t i = 1; i <= count; i++)
        weft_new(f->s, Cells, .id = i, .big = {true, 10 * i}, .text = "any");
    commit_ok(f->s);
}

typedef struct Pair {
    int64_t id, big;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, id), WEFT_FIELD(Pair, big));

/* SQLite alone holds a text in a column of integers. Rows before it are dropped with it, and the statement has not failed: the
 * connection and its transaction go on. */
static void a_row_that_is_refused_ends_its_result_alone(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0}, first = {0};
    fill_table(f, 40);
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_text(c, "UPDATE cells SET big = 'none' WHERE id = 30", NULL, &error), WEFT_OK, &error);
    for (int i = 0; i < 4; i++) {
        weft_result *result;
        Pair_list pairs;
        assert_int_equal(weft_fetch(c, Pair, &pairs, &result, &error, .from = weft_from(Cells),
                                    .columns = weft_columns(weft_col(Cells, id), weft_col(Cells, big)),
                                    .where = weft_le(Cells, id, 35 + i)),
                         WEFT_ERROR_SCHEMA);
        assert_null(result);
        assert_non_null(strstr(error.message, "column \"big\" holds text where it should hold an integer"));
        assert_string_equal(error.column, "big");
        assert_true(i == 0 || same_error(&error, &first));
        first = error;
        assert_error(weft_fetch(c, Pair, &pairs, &result, &error, .from = weft_from(Cells),
                                .columns = weft_columns(weft_col(Cells, id), weft_col(Cells, big)),
                                .where = weft_le(Cells, id, 20 + i)),
                     WEFT_OK, &error);
        assert_int_equal(pairs.count, 20 + i);
        assert_int_equal(pairs.items[19]->big, 200);
        weft_result_close(result);
    }
    assert_true(weft_connection_in_transaction(c));
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

/* However a statement is found again, each run is one hit, and what the cache has given up is compiled anew. */
static void each_run_counts_as_a_hit_until_the_cache_is_cleared(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    fill_table(f, 3);
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    for (int round = 0; round < 3; round++) {
        weft_cache_stats before, after;
        weft_engine_cache_stats(f->engine, &before);
        for (int64_t i = 0; i < 5; i++) {
            weft_result *result;
            Pair_list pairs;
            assert_error(weft_fetch(c, Pair, &pairs, &result, &error, .from = weft_from(Cells),
                                    .columns = weft_columns(weft_col(Cells, id), weft_col(Cells, big)),
                                    .where = weft_eq(Cells, id, i)),
                         WEFT_OK, &error);
            assert_int_equal(pairs.count, i >= 1 && i <= 3);
            assert_true(pairs.count == 0 || pairs.items[0]->big == 10 * i);
            weft_result_close(result);
        }
        weft_engine_cache_stats(f->engine, &after);
        assert_int_equal(after.misses - before.misses, 1);
        assert_int_equal(after.hits - before.hits, 4);
        assert_int_equal(after.entries - before.entries, 1);
        weft_engine_clear_cache(f->engine);
    }
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(fields_hold_what_their_cells_say),
        ON_BOTH(rows_of_any_number_come_whole),
        ON_SQLITE(a_row_that_is_refused_ends_its_result_alone),
        ON_BOTH(each_run_counts_as_a_hit_until_the_cache_is_cleared),
    };
    return cmocka_run_group_tests_name("rows into structs", tests, NULL, NULL);
}
