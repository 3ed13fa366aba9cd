/* Computed columns as models say them: what the databases have then, what is a difference, and what is refused. */
#include "support/fixture.h"

WEFT_DECLARE(Pane);
WEFT_DECLARE(OldPane);
WEFT_DECLARE(PlainPane);
WEFT_DECLARE(BarePane);
WEFT_DECLARE(Priced);
WEFT_DECLARE(CastPrice);
struct Pane {
    int64_t id;
    int32_t width, height;
    int64_t area;
    const char *name, *low;
    weft_opt_int32 half;
};
struct OldPane {
    Pane is;
};
struct PlainPane {
    Pane is;
};
struct BarePane {
    Pane is;
};
struct Priced {
    int64_t id;
    weft_decimal price, twice;
};
struct CastPrice {
    int64_t id;
    weft_decimal price;
    double twice;
    bool high;
};

WEFT_MODEL(Pane, "pane", WEFT_COLUMN(Pane, id, .primary_key = true), WEFT_COLUMN(Pane, width), WEFT_COLUMN(Pane, height),
           WEFT_COLUMN(Pane, area, .generated = "width * height", .stored = true, .index = true), WEFT_COLUMN(Pane, name),
           WEFT_COLUMN(Pane, low, .column = "low name", .generated = "lower(name)", .comment = "in small letters"),
           WEFT_COLUMN(Pane, half, .generated = "width / 2"));
WEFT_MODEL(OldPane, "pane", WEFT_COLUMN(OldPane, is.id, .column = "id", .primary_key = true),
           WEFT_COLUMN(OldPane, is.width, .column = "width"), WEFT_COLUMN(OldPane, is.height, .column = "height"),
           WEFT_COLUMN(OldPane, is.area, .column = "area", .generated = "width + height", .stored = true, .index = true),
           WEFT_COLUMN(OldPane, is.name, .column = "name"),
           WEFT_COLUMN(OldPane, is.low, .column = "low name", .generated = "lower(name)", .comment = "in small letters"),
           WEFT_COLUMN(OldPane, is.half, .column = "half"));
WEFT_MODEL(PlainPane, "pane", WEFT_COLUMN(PlainPane, is.id, .column = "id", .primary_key = true),
           WEFT_COLUMN(PlainPane, is.width, .column = "width"), WEFT_COLUMN(PlainPane, is.height, .column = "height"),
           WEFT_COLUMN(PlainPane, is.area, .column = "area", .index = true), WEFT_COLUMN(PlainPane, is.name, .column = "name"),
           WEFT_COLUMN(PlainPane, is.low, .column = "low name"), WEFT_COLUMN(PlainPane, is.half, .column = "half"));
WEFT_MODEL(BarePane, "pane", WEFT_COLUMN(BarePane, is.id, .column = "id", .primary_key = true),
           WEFT_COLUMN(BarePane, is.width, .column = "width"), WEFT_COLUMN(BarePane, is.height, .column = "height"),
           WEFT_COLUMN(BarePane, is.name, .column = "name"));
WEFT_MODEL(Priced, "priced", WEFT_COLUMN(Priced, id, .primary_key = true), WEFT_COLUMN(Priced, price, .precision = 8, .scale = 2),
           WEFT_COLUMN(Priced, twice, .precision = 9, .scale = 2, .generated = "price * 2"));
WEFT_MODEL(CastPrice, "priced", WEFT_COLUMN(CastPrice, id, .primary_key = true),
           WEFT_COLUMN(CastPrice, price, .precision = 8, .scale = 2),
           WEFT_COLUMN(CastPrice, twice, .generated = "CAST(price AS REAL) * 2"),
           WEFT_COLUMN(CastPrice, high, .generated = "CAST(\"price\" AS REAL) > 100"));
static WEFT_METADATA(panes, &Pane_model);
static WEFT_METADATA(old_panes, &OldPane_model);
static WEFT_METADATA(plain_panes, &PlainPane_model);
static WEFT_METADATA(bare_panes, &BarePane_model);
static WEFT_METADATA(priced, &Priced_model);
static WEFT_METADATA(cast_prices, &CastPrice_model);
FIXTURE_MODELS(panes);

static void the_database_has_them_as_models_say(void **state)
{
    fixture *f = *state;
    if (f->postgres)
        assert_rows(f,
                    "SELECT attname, attgenerated, attnotnull, pg_get_expr(adbin, adrelid) FROM pg_attribute JOIN pg_attrdef ON "
                    "adrelid = attrelid AND adnum = attnum WHERE attrelid = 'pane'::regclass AND attgenerated <> '' ORDER BY "
                    "attname COLLATE \"C\"",
                    "area|s|t|(width * height)\nhalf|s|f|(width / 2)\nlow name|s|t|lower(name)");
    else
        assert_rows(f, "SELECT name, \"notnull\", hidden FROM pragma_table_xinfo('pane') WHERE hidden > 0 ORDER BY name",
                    "area|1|3\nhalf|0|2\nlow name|1|2");
}

/* What a comparison of these models with the database finds is done; how much it was. */
static size_t bring_in_step(fixture *f, const weft_metadata *models, const char *expected)
{
    char all[4000] = "", text[400];
    weft_error error = {0};
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    weft_connection *connection = NULL;
    assert_error(weft_schema_of_models(&wanted, models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    const size_t count = weft_ops_count(ops);
    for (size_t i = 0; i < count; i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s\n", text);
    }
    if (expected != NULL)
        assert_string_equal(all, expected);
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    assert_error(weft_ops_apply(ops, connection, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(connection, &error), WEFT_OK, &error);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    return count;
}

static void each_change_of_a_computed_column_is_a_difference(void **state)
{
    fixture *f = *state;
    weft_session_close(f->s);
    f->s = NULL;
    bring_in_step(f, &panes, "");
    test_database_exec(&f->database, "INSERT INTO pane (width, height, name) VALUES (3, 4, 'A'), (30, 40, 'B')");
    assert_true(bring_in_step(f, &old_panes, NULL) > 0); /* another text, and one that becomes plain */
    bring_in_step(f, &old_panes, "");
    assert_rows(f, "SELECT area, half, \"low name\" FROM pane ORDER BY id", f->postgres ? "7|1|a\n70|15|b" : "7|1|a\n70|15|b");
    assert_true(bring_in_step(f, &panes, NULL) > 0);
    bring_in_step(f, &panes, "");
    assert_rows(f, "SELECT area, half, \"low name\" FROM pane ORDER BY id", "12|1|a\n1200|15|b");
    the_database_has_them_as_models_say(state);
    assert_true(bring_in_step(f, &plain_panes, NULL) > 0); /* plain ones keep what was computed */
    bring_in_step(f, &plain_panes, "");
    assert_rows(f, "SELECT area, half, \"low name\" FROM pane ORDER BY id", "12|1|a\n1200|15|b");
    test_database_exec(&f->database, "UPDATE pane SET area = 5, half = NULL WHERE id = 1");
    assert_true(bring_in_step(f, &panes, NULL) > 0);
    bring_in_step(f, &panes, "");
    assert_rows(f, "SELECT area, half, \"low name\" FROM pane ORDER BY id", "12|1|a\n1200|15|b");
    assert_true(bring_in_step(f, &bare_panes, NULL) > 0); /* dropped */
    bring_in_step(f, &bare_panes, "");
    assert_rows(f, "SELECT * FROM pane ORDER BY id", "1|3|4|A\n2|30|40|B");
    assert_true(bring_in_step(f, &panes, NULL) > 0); /* added, one that is kept among them */
    bring_in_step(f, &panes, "");
    assert_rows(f, "SELECT area, half, \"low name\" FROM pane ORDER BY id", "12|1|a\n1200|15|b");
    the_database_has_them_as_models_say(state);
}

static void a_blank_more_is_no_difference(void **state)
{
    fixture *f = *state;
    weft_session_close(f->s);
    f->s = NULL;
    if (f->postgres)
        test_database_exec(&f->database, "ALTER TABLE pane DROP half; ALTER TABLE pane ADD half integer GENERATED ALWAYS AS "
                                         "(( \"width\"  /2 )) STORED");
    else
        test_database_exec(&f->database, "ALTER TABLE pane DROP half; ALTER TABLE pane ADD half integer AS ((width  /2))");
    bring_in_step(f, &panes, "");
}

static void a_check_at_the_start_knows_them(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    weft_session_close(f->s);
    f->s = NULL;
    bring_in_step(f, &plain_panes, NULL);
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 3); /* the index on one of them is no difference of its own */
    for (size_t i = 0; i < 3; i++) {
        assert_true(list[i].fatal); /* nobody computes it */
        assert_string_equal(list[i].name, ((const char *const[]){"area", "low name", "half"})[i]);
    }
    assert_non_null(strstr(list[0].text, "computed as width * height"));
    weft_free(list);
}

/* Decimals are texts on sqlite. */
static void decimals_are_computed_where_they_are_numbers(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = NULL;
    const weft_status status = weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &priced}, &error);
    if (!f->postgres) {
        assert_int_equal(status, WEFT_ERROR_UNSUPPORTED);
        assert_non_null(strstr(error.message, "Priced.twice: decimals are texts on sqlite"));
        assert_string_equal(error.column, "twice");
    } else {
        assert_error(status, WEFT_OK, &error);
        assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
        weft_session *s = weft_session_open(engine, NULL);
        const Priced *row = weft_new(s, Priced, .price = {"2.25"});
        flush_ok(s);
        assert_string_equal(row->twice.text, "4.50");
        commit_ok(s);
        weft_session_close(s);
        assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
        weft_engine_close(engine);
    }
    engine = fixture_engine(f, (weft_engine_options){.metadata = &cast_prices});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    const CastPrice *row = weft_new(s, CastPrice, .price = {"99.5"}), *other = weft_new(s, CastPrice, .price = {"1000"});
    flush_ok(s);
    assert_true(row->twice == 199.0 && !row->high);
    assert_true(other->twice == 2000.0 && other->high);
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_database_has_them_as_models_say),
        ON_BOTH(each_change_of_a_computed_column_is_a_difference),
        ON_BOTH(a_blank_more_is_no_difference),
        ON_BOTH(a_check_at_the_start_knows_them),
        ON_BOTH(decimals_are_computed_where_they_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
