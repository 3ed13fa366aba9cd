/* STRICT and WITHOUT ROWID tables of SQLite, as models say them: made, read, compared, built anew; PostgreSQL has them not. */
#include "support/fixture.h"

#define ITEM(M, ...) \
    WEFT_DECLARE(M); \
    struct M { \
        const char *code; \
        int32_t count; \
        bool open; \
        double weight; \
        const char *name; \
        weft_bytes data; \
        weft_timestamp made; \
        weft_date day; \
        weft_decimal price; \
        weft_uuid tag; \
        weft_opt_int64 big; \
    }; \
    WEFT_MODEL(M, "item", WEFT_OPTIONS(M, .comment = NULL, __VA_ARGS__), WEFT_COLUMN(M, code, .primary_key = true, .length = 9), \
               WEFT_COLUMN(M, count), WEFT_COLUMN(M, open), WEFT_COLUMN(M, weight), WEFT_COLUMN(M, name, .index = true), \
               WEFT_COLUMN(M, data), WEFT_COLUMN(M, made), WEFT_COLUMN(M, day), WEFT_COLUMN(M, price, .precision = 8, .scale = 2), \
               WEFT_COLUMN(M, tag), WEFT_COLUMN(M, big), WEFT_CHECK(M, "count > 0")); \
    static WEFT_METADATA(M##_models, &M##_model)
ITEM(Loose, .guard = WEFT_GUARD_CHANGED);
ITEM(Strict, .strict = true);
ITEM(Both, .strict = true, .without_rowid = true);
ITEM(Keyed, .without_rowid = true);
WEFT_DECLARE(Number);
struct Number {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Number, "number", WEFT_OPTIONS(Number, .strict = true), WEFT_COLUMN(Number, id, .primary_key = true),
           WEFT_COLUMN(Number, name));
static WEFT_METADATA(numbers, &Number_model);
WEFT_DECLARE(Counted);
struct Counted {
    int64_t id;
};
WEFT_MODEL(Counted, "counted", WEFT_OPTIONS(Counted, .without_rowid = true), WEFT_COLUMN(Counted, id, .primary_key = true));
static WEFT_METADATA(counted, &Counted_model);
FIXTURE_MODELS(Loose_models);

static const char kinds[] = "SELECT strict, wr FROM pragma_table_list WHERE name = 'item'";

static size_t bring_in_step(fixture *f, const weft_metadata *models)
{
    weft_error error = {0};
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    weft_connection *connection = NULL;
    assert_error(weft_schema_of_models(&wanted, models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    const size_t count = weft_ops_count(ops);
    for (size_t i = 0; i < count; i++) {
        char text[200];
        weft_ops_describe(ops, i, text, sizeof text);
        if (f->postgres)
            fail_msg("%s", text);
    }
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    assert_error(weft_ops_apply(ops, connection, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(connection, &error), WEFT_OK, &error);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    return count;
}

static size_t differences(fixture *f, const weft_metadata *models, char *text, size_t size)
{
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = models});
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    (void)snprintf(text, size, "%s", count > 0 ? list[0].text : "");
    weft_free(list);
    weft_engine_close(engine);
    return count;
}

static Strict row(const char *code)
{
    return (Strict){.code = code,
                    .count = 7,
                    .open = true,
                    .weight = 1.5,
                    .name = "one",
                    .data = {"\0a", 2},
                    .made = {1700000000000000},
                    .day = {19000},
                    .price = {"12.50"},
                    .tag = {{1, 2, 3}},
                    .big = weft_some(INT64_MAX)};
}

/* By weft, which reads back what it wrote. */
static void write_and_read(fixture *f, const char *code)
{
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &Strict_models});
    weft_session *s = weft_session_open(engine, NULL);
    const Strict is = row(code);
    (void)weft_session_new(s, &Strict_model, &is);
    commit_ok(s);
    weft_session_close(s);
    s = weft_session_open(engine, NULL);
    const Strict_list list =
        weft_query(s, Strict,
                   .where = weft_and(weft_eq(Strict, code, code), weft_eq(Strict, price, is.price), weft_ge(Strict, day, is.day)));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    const Strict *got = list.items[0];
    assert_true(got->open && got->count == 7 && got->weight == 1.5 && got->made.usec == is.made.usec &&
                got->big.value == INT64_MAX);
    assert_string_equal(got->name, "one");
    assert_string_equal(got->price.text, "12.50");
    assert_memory_equal(got->data.data, "\0a", 2);
    assert_memory_equal(&got->tag, &is.tag, sizeof is.tag);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void a_table_becomes_strict_with_its_rows(void **state)
{
    fixture *f = *state;
    char text[300];
    weft_session_close(f->s);
    f->s = NULL;
    write_and_read(f, "a");
    assert_int_equal(differences(f, &Loose_models, text, sizeof text), 0);
    static const struct {
        const weft_metadata *models;
        const char *kinds, *check;
        size_t steps;
    } steps[] = {
        {&Strict_models, "1|0", "item is not STRICT", 1},
        {&Both_models, "1|1", "item is not WITHOUT ROWID", 1},
        {&Loose_models, "1|1", "", 0}, /* which say nothing of it */
        {&Keyed_models, "1|1", "", 0},
        {&Strict_models, "1|1", "", 0},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const size_t told = differences(f, steps[i].models, text, sizeof text);
        if (!f->postgres)
            assert_true((told > 0) == (steps[i].steps > 0));
        if (!f->postgres && told > 0 && strstr(text, steps[i].check) == NULL && strstr(text, "item.") == NULL)
            fail_msg("%s", text);
        assert_int_equal(bring_in_step(f, steps[i].models), f->postgres ? 0 : steps[i].steps);
        assert_int_equal(bring_in_step(f, steps[i].models), 0);
        assert_int_equal(differences(f, steps[i].models, text, sizeof text), 0);
        if (!f->postgres)
            assert_rows(f, kinds, steps[i].kinds);
        char code[] = {(char)('b' + i), '\0'};
        write_and_read(f, code);
    }
    assert_rows(f, "SELECT code, count, name, price FROM item ORDER BY code",
                "a|7|one|12.50\nb|7|one|12.50\nc|7|one|12.50\nd|7|one|12.50\ne|7|one|12.50\nf|7|one|12.50");
    if (!f->postgres)
        assert_rows(f, "SELECT DISTINCT type FROM pragma_table_info('item') ORDER BY 1", "BLOB\nINTEGER\nREAL\nTEXT");
}

static void models_make_tables_of_their_kind(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    char text[300];
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &Both_models});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    if (!f->postgres)
        assert_rows(f, kinds, "1|1");
    assert_int_equal(bring_in_step(f, &Both_models), 0);
    assert_int_equal(differences(f, &Both_models, text, sizeof text), 0);
    write_and_read(f, "a");
    engine = fixture_engine(f, (weft_engine_options){.metadata = &numbers});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    const Number *one = weft_new(s, Number, .name = "a");
    commit_ok(s);
    assert_int_equal(one->id, 1);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* Values of another type stop the revision, and the table is as it was. */
static void rows_that_do_not_fit_stop_the_revision(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    weft_connection *connection = NULL;
    weft_session_close(f->s);
    f->s = NULL;
    write_and_read(f, "a");
    test_database_exec(&f->database, "UPDATE item SET count = 'many'");
    assert_error(weft_schema_of_models(&wanted, &Strict_models, "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    assert_int_not_equal(weft_ops_apply(ops, connection, &error), WEFT_OK);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    assert_rows(f, "SELECT strict, count FROM pragma_table_list, item WHERE pragma_table_list.name = 'item'", "0|many");
    assert_rows(f, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE '%item'", "1");
}

static void a_key_that_is_counted_needs_row_numbers(void **state)
{
    weft_error error = {0};
    weft_engine *engine = NULL;
    (void)state;
    assert_error(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &counted}, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_ERROR_UNSUPPORTED, &error);
    assert_non_null(strstr(error.message, "values of \"id\" that the database makes are not possible on SQLite"));
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_table_becomes_strict_with_its_rows),
        ON_BOTH(models_make_tables_of_their_kind),
        ON_SQLITE(rows_that_do_not_fit_stop_the_revision),
        cmocka_unit_test(a_key_that_is_counted_needs_row_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
