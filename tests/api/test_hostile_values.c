/* Values and options that no careful program gives: text that is none, numbers past every end, limits below zero, pages past the
 * last row, statements of more parameters than can be sent, tables of more columns than there can be. Each is refused before
 * anything is sent, with a status that tells whose fault it was, and the session goes on after its rollback. */
#include "support/fixture.h"

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    const char *name;
    const char *note;
    char code[8];
    int16_t small;
    double real;
    weft_json doc;
    weft_decimal price;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true), WEFT_COLUMN(Thing, name),
           WEFT_COLUMN(Thing, note, .nullable = true, .length = 5), WEFT_COLUMN(Thing, code), WEFT_COLUMN(Thing, small),
           WEFT_COLUMN(Thing, real), WEFT_COLUMN(Thing, doc, .nullable = true),
           WEFT_COLUMN(Thing, price, .precision = 6, .scale = 2, .nullable = true));
WEFT_DECLARE(Word);
struct Word {
    const char *text;
    int32_t count;
};
WEFT_MODEL(Word, "word", WEFT_COLUMN(Word, text, .primary_key = true), WEFT_COLUMN(Word, count));
WEFT_METADATA(models, &Thing_model, &Word_model);
FIXTURE_MODELS(models);

static const char *const bad_texts[] = {"\xFF", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "ok \x80"};
enum { BAD_TEXTS = sizeof bad_texts / sizeof bad_texts[0] };

static void text_that_is_no_utf8_is_refused_everywhere(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (size_t i = 0; i < BAD_TEXTS; i++) {
        const char *bad = bad_texts[i];
        weft_new(s, Thing, .name = bad);
        assert_int_not_equal(weft_session_commit(s), WEFT_OK);
        assert_refused(s, WEFT_ERROR_DATA);
        Thing *thing = weft_new(s, Thing, .name = "x");
        commit_ok(s);
        weft_edit(s, Thing, thing)->note = bad;
        weft_session_flush(s);
        assert_refused(s, WEFT_ERROR_DATA);
        memcpy(weft_edit(s, Thing, thing)->code, bad, strlen(bad) < 7 ? strlen(bad) + 1 : 7);
        weft_session_flush(s);
        assert_refused(s, WEFT_ERROR_DATA);
        weft_set(s, Thing, thing, name, bad);
        weft_session_flush(s);
        assert_refused(s, WEFT_ERROR_DATA);
        assert_int_equal(weft_query(s, Thing, .where = weft_eq(Thing, name, bad)).count, 0);
        assert_refused(s, WEFT_ERROR_DATA);
        assert_int_equal(weft_query(s, Thing, .where = weft_contains(Thing, name, bad)).count, 0);
        assert_refused(s, WEFT_ERROR_DATA);
        assert_int_equal(weft_query(s, Thing, .where = weft_in(Thing, name, &bad, 1)).count, 0);
        assert_refused(s, WEFT_ERROR_DATA);
        assert_null(weft_get(s, Word, bad));
        assert_refused(s, WEFT_ERROR_DATA);
        assert_int_equal(weft_session_execute_text(s, "SELECT $1", weft_parameters(weft_value_text(bad))), WEFT_ERROR_DATA);
        assert_refused(s, WEFT_ERROR_DATA);
        weft_connection *c;
        weft_error error = {0};
        const Thing row = {.name = bad};
        assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
        assert_error(weft_insert_many(c, Thing, &row, 1, NULL, &error), WEFT_ERROR_DATA, &error);
        weft_connection_close(c);
        weft_delete(s, Thing, weft_get(s, Thing, thing->id));
        commit_ok(s);
    }
    assert_rows(f, "SELECT count(*) FROM thing", "0");
}

static void sql_that_is_no_utf8_is_refused(void **state)
{
    fixture *f = *state;
    assert_int_not_equal(weft_session_execute_text(f->s, "SELECT '\xFF'", NULL), WEFT_OK);
    rollback_ok(f->s);
    assert_int_not_equal(weft_session_execute_text(f->s, "", NULL), WEFT_OK);
    rollback_ok(f->s);
    assert_int_not_equal(weft_session_execute_text(f->s, "SELECT 1; SELECT 2", NULL), WEFT_OK);
    rollback_ok(f->s);
    assert_int_equal(weft_session_execute_text(f->s, "SELECT 1;", NULL), WEFT_OK);
    assert_int_equal(weft_session_execute_text(f->s, "-- nothing\nSELECT 1 -- more", NULL), WEFT_OK);
    commit_ok(f->s);
}

static void bad_options_are_misuse_and_pages_past_the_end_are_empty(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 10; i++)
        weft_new(s, Thing, .name = weft_format(s, "n%d", i));
    commit_ok(s);
    assert_int_equal(weft_query(s, Thing, .limit = -2).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query(s, Thing, .offset = -1).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query(s, Thing, .limit = INT64_MIN).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query(s, Thing, .limit = INT64_MAX).count, 10);
    assert_int_equal(weft_query(s, Thing, .offset = INT64_MAX).count, 0);
    assert_int_equal(weft_query(s, Thing, .limit = WEFT_NONE).count, 0);
    assert_int_equal(weft_query(s, Thing, .offset = 9).count, 1);
    assert_ok(s);
    int64_t total = -1;
    assert_int_equal(weft_query_page(s, Thing, &total, .limit = 4, .offset = 100).count, 0);
    assert_int_equal(total, 10);
    assert_int_equal(weft_query_page(s, Thing, &total, .limit = 4, .offset = 8, .where = weft_ne(Thing, name, "n3"),
                                     .order_by = weft_order(weft_asc(Thing, id)))
                         .count,
                     1);
    assert_int_equal(total, 9);
    assert_int_equal(weft_query_page(s, Thing, &total, .where = &weft_false).count, 0);
    assert_int_equal(total, 0);
    total = 77;
    assert_int_equal(weft_query_page(s, Thing, &total, .limit = -1).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query_page(s, Thing, NULL, .limit = 3).count, 3);
    assert_ok(s);
    weft_select *q = weft_select_new(s, Thing);
    weft_select_limit(q, -3);
    assert_int_equal(weft_select_all(q, Thing).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select_limit(q, 2);
    weft_select_offset(q, 9);
    assert_int_equal(weft_select_all(q, Thing).count, 1);
    assert_int_equal(weft_select_count(q), 10);
    assert_ok(s);
    weft_select_free(q);
}

static void numbers_past_the_ends_are_type_errors(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_int_equal(weft_count_of(s, Thing, .where = weft_eq(Thing, small, 40000)), 0);
    assert_refused(s, WEFT_ERROR_TYPE);
    assert_int_equal(weft_count_of(s, Thing, .where = weft_in(Thing, small, ((const int[]){40000, 1}), 2)), 0);
    assert_ok(s); /* a list looks for what it can find */
    weft_status status;
    static const char *const bad[] = {"", "1,5", "abc", " 1", "1 ", "--1", "1e", "0x10", "1_000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_new(s, Thing, .name = "x", .price = {bad[i]});
        if (weft_session_commit(s) == WEFT_OK)
            fail_msg("\"%s\" is taken for a decimal", bad[i]);
        status = weft_session_status(s);
        rollback_ok(s);
        assert_int_equal(weft_status_advice(status), WEFT_ADVICE_FIX_INPUT);
    }
    weft_new(s, Thing, .name = "x", .note = "äöüßé");
    commit_ok(s);
    weft_new(s, Thing, .name = "x", .note = "äöüßé!");
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_TYPE);
    assert_refused(s, WEFT_ERROR_TYPE);
    assert_rows(f, "SELECT count(*), min(note) FROM thing", "1|äöüßé");
}

static void decimals_are_never_rounded_in_silence(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char *const wrong[] = {"12345", "-10000.00", "1.255", "0.001", "1e4", "1e-3", "Infinity", "-Infinity"};
    static const char *const right[] = {"9999.99", "-9999.99", "0",   "000001.250", "1e3", "12.5e-1",
                                        "+0.10",   "-0.000",   "NaN", ".5",         "5."};
    weft_connection *c;
    weft_error error = {0};
    Thing *kept = weft_new(s, Thing, .name = "kept", .price = {"1"});
    commit_ok(s);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const weft_decimal bad = {wrong[i]};
        weft_new(s, Thing, .name = "new", .price = bad);
        assert_int_equal(weft_session_commit(s), WEFT_ERROR_TYPE);
        assert_string_equal(weft_session_error(s)->column, "price");
        rollback_ok(s);
        weft_edit(s, Thing, kept)->price = bad;
        assert_int_equal(weft_session_flush(s), WEFT_ERROR_TYPE);
        rollback_ok(s);
        const weft_update update = {.model = &Thing_model, .set = weft_sets(weft_to(Thing, price, bad)), .all = true};
        assert_int_equal(weft_session_update(s, &update, NULL), WEFT_ERROR_TYPE);
        assert_string_equal(weft_session_error(s)->column, "price");
        rollback_ok(s);
        assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
        const Thing rows[] = {{.name = "1"}, {.name = "2", .price = bad}};
        assert_error(weft_insert_many(c, Thing, rows, 2, NULL, &error), WEFT_ERROR_TYPE, &error);
        weft_connection_close(c);
        (void)weft_count_of(s, Thing, .where = weft_eq(Thing, price, bad)); /* may be looked for */
        assert_ok(s);
    }
    assert_int_equal(weft_session_update(s, weft_update_of(Thing, .set = weft_sets(weft_to(Thing, price, 10000)), .all = true),
                                         NULL),
                     WEFT_ERROR_TYPE);
    rollback_ok(s);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        weft_new(s, Thing, .name = "new", .price = {right[i]});
        commit_ok(s);
        assert_true(weft_exists(s, Thing, .where = weft_eq(Thing, price, ((const weft_decimal){right[i]}))));
    }
    assert_rows(f, "SELECT count(*) FROM thing", "12");
}

static void a_char_array_without_an_end_is_told(void **state)
{
    fixture *f = *state;
    Thing *thing = weft_new(f->s, Thing, .name = "x");
    memset(thing->code, 'c', sizeof thing->code); /* no NUL */
    weft_status status = weft_session_commit(f->s);
    if (status == WEFT_OK) {
        assert_rows(f, "SELECT code FROM thing", "cccccccc");
        return;
    }
    assert_int_equal(weft_status_advice(status), WEFT_ADVICE_FIX_INPUT);
    rollback_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM thing", "0");
}

static void a_statement_of_too_many_parameters_is_refused_and_a_list_is_not(void **state)
{
    enum { COUNT = 65536 };
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Thing, .name = "n7");
    commit_ok(s);
    weft_builder *b = weft_builder_new();
    const weft_expr **terms = calloc(COUNT, sizeof *terms);
    /* lists of 4,000, because one list is bounded */
    const weft_expr *parts[17];
    size_t part = 0;
    for (size_t i = 0; i < COUNT; i += 4000) {
        size_t n = COUNT - i < 4000 ? COUNT - i : 4000;
        for (size_t k = 0; k < n; k++)
            terms[k] = weft_builder_compare(b, WEFT_EXPR_EQ, &Thing_model, "small", weft_value_int64((int64_t)(i + k) % 1000));
        parts[part++] = weft_builder_node(b, WEFT_EXPR_OR, NULL, terms, n);
    }
    const weft_expr *all = weft_builder_node(b, WEFT_EXPR_OR, NULL, parts, part);
    assert_int_equal(weft_query(s, Thing, .where = all).count, 0);
    assert_refused(s, WEFT_ERROR_LIMIT);
    free(terms);
    weft_builder_free(b);
    char(*texts)[8] = calloc(100000, sizeof *texts);
    const char **names = calloc(100000, sizeof *names);
    for (int i = 0; i < 100000; i++) {
        snprintf(texts[i], sizeof texts[i], "n%d", i);
        names[i] = texts[i];
    }
    assert_int_equal(weft_count_of(s, Thing, .where = weft_in(Thing, name, names, 100000)), 1);
    assert_int_equal(weft_count_of(s, Thing, .where = weft_not_in(Thing, name, names + 8, 99992)), 1);
    assert_ok(s);
    free(texts);
    free(names);
}

/* A model of as many columns as asked for. */
static weft_status open_wide(fixture *f, size_t columns, weft_error *error)
{
    char(*names)[8] = calloc(columns, sizeof *names);
    weft_attr *attrs = calloc(columns, sizeof *attrs);
    for (size_t i = 0; i < columns; i++) {
        snprintf(names[i], sizeof names[i], "c%zu", i);
        attrs[i] = (weft_attr){.kind = WEFT_ATTR_COLUMN,
                               .field = names[i],
                               .offset = i * sizeof(int64_t),
                               .size = sizeof(int64_t),
                               .field_type = WEFT_INT64,
                               .primary_key = i == 0};
    }
    weft_model model = {.name = "Wide", .table = "wide", .size = columns * sizeof(int64_t), .attrs = attrs, .attr_count = columns};
    const weft_model *list[] = {&model};
    weft_metadata metadata = {.models = list, .count = 1};
    weft_engine *engine = NULL;
    weft_status status = weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &metadata}, error);
    if (status == WEFT_OK)
        status = weft_create_all(engine, error);
    weft_engine_close(engine);
    free(names);
    free(attrs);
    return status;
}

static void two_thousand_columns_are_refused_at_open(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    assert_error(open_wide(f, 2000, &error), WEFT_ERROR_MODEL, &error);
    assert_non_null(strstr(error.message, "1600"));
    memset(&error, 0, sizeof error);
    assert_error(open_wide(f, 1000, &error), WEFT_OK, &error);
}

static void a_text_of_a_megabyte_is_looked_for_edited_and_a_key(void **state)
{
    enum { SIZE = 1 << 20 };
    fixture *f = *state;
    weft_session *s = f->s;
    char *text = malloc(SIZE + 1);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)(i % 80 == 79 ? '\n' : ' ' + i % 94);
    text[SIZE] = '\0';
    const Thing *thing = weft_new(s, Thing, .name = text, .doc = {"{}"});
    commit_ok(s);
    weft_session_clear(s);
    thing = weft_first(s, Thing, .where = weft_eq(Thing, name, text));
    assert_ok(s);
    assert_non_null(thing);
    assert_string_equal(thing->name, text);
    (void)weft_count_of(s, Thing, .where = weft_starts_with(Thing, name, text));
    if (f->postgres)
        assert_ok(s);
    else
        assert_refused(s, WEFT_ERROR_LIMIT); /* SQLite's patterns end at 50,000 bytes */
    assert_int_equal(weft_count_of(s, Thing, .where = weft_in(Thing, name, (const char *const *)&text, 1)), 1);
    text[SIZE / 2] = '!';
    weft_edit(s, Thing, thing)->name = text;
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM thing WHERE length(name) = 1048576", "1");
    weft_new(s, Word, .text = text);
    weft_status status = weft_session_commit(s); /* an index of PostgreSQL takes no such key */
    if (f->postgres) {
        assert_int_not_equal(status, WEFT_OK);
        rollback_ok(s);
    } else {
        assert_int_equal(status, WEFT_OK);
        assert_non_null(weft_get(s, Word, text));
        weft_session_clear(s);
        assert_non_null(weft_get(s, Word, text));
    }
    free(text);
}

static void zero_rows_are_no_error_anywhere(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed = 77;
    weft_status status = WEFT_OK;
    assert_int_equal(weft_query(s, Thing).count, 0);
    assert_null(weft_first(s, Thing));
    assert_null(weft_one(s, Thing, &status));
    assert_int_equal(status, WEFT_ERROR_NOT_FOUND);
    assert_false(weft_exists(s, Thing));
    assert_int_equal(weft_count_of(s, Thing), 0);
    assert_null(weft_get(s, Thing, 1));
    assert_int_equal(weft_get_many(s, Thing, (const long *)NULL, 0).count, 0);
    assert_int_equal(weft_session_update(s, weft_update_of(Thing, .set = weft_sets(weft_to(Thing, small, 1)), .all = true),
                                         &changed),
                     WEFT_OK);
    assert_int_equal(changed, 0);
    changed = 77;
    assert_int_equal(weft_session_delete_where(s, weft_delete_from(Thing, .all = true), &changed), WEFT_OK);
    assert_int_equal(changed, 0);
    weft_each (Thing, thing, weft_query(s, Thing))
        fail_msg("%s", thing->name);
    commit_ok(s);
    weft_connection *c;
    weft_result *r;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    const Thing *none = NULL;
    assert_error(weft_insert_many(c, Thing, none, 0, NULL, &error), WEFT_OK, &error);
    for (int stream = 0; stream < 2; stream++) {
        assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Thing), .stream = stream}, &r, &error),
                     WEFT_OK, &error);
        assert_int_equal(weft_result_columns(r), 8);
        assert_false(weft_result_next(r, &error));
        assert_int_equal(error.status, WEFT_OK);
        assert_false(weft_result_next(r, &error));
        assert_int_equal(error.status, WEFT_OK);
        weft_result_close(r);
    }
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(text_that_is_no_utf8_is_refused_everywhere),
        ON_BOTH(sql_that_is_no_utf8_is_refused),
        ON_BOTH(bad_options_are_misuse_and_pages_past_the_end_are_empty),
        ON_BOTH(numbers_past_the_ends_are_type_errors),
        ON_BOTH(decimals_are_never_rounded_in_silence),
        ON_BOTH(a_char_array_without_an_end_is_told),
        ON_BOTH(a_statement_of_too_many_parameters_is_refused_and_a_list_is_not),
        ON_BOTH(two_thousand_columns_are_refused_at_open),
        ON_BOTH(a_text_of_a_megabyte_is_looked_for_edited_and_a_key),
        ON_BOTH(zero_rows_are_no_error_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
