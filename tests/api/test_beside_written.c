/* What stands beside a table that is written, and tables without a model: constants take the types of their columns there as
 * elsewhere, and who names them where a model belongs is told what they are. */
#include "support/fixture.h"

typedef enum mood { CALM, WILD } mood;
static const char *const moods[] = {"calm", "wild"};

WEFT_DECLARE(Ware);
struct Ware {
    int64_t id;
    const char *name;
    weft_decimal price;
    int16_t small;
    double weight;
    bool open;
    weft_date day;
    weft_timestamp at;
    weft_uuid key;
    weft_interval span;
    mood mood;
};
WEFT_MODEL(Ware, "ware", WEFT_COLUMN(Ware, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Ware, name),
           WEFT_COLUMN(Ware, price, .precision = 10, .scale = 2), WEFT_COLUMN(Ware, small), WEFT_COLUMN(Ware, weight),
           WEFT_COLUMN(Ware, open), WEFT_COLUMN(Ware, day), WEFT_COLUMN(Ware, at), WEFT_COLUMN(Ware, key), WEFT_COLUMN(Ware, span),
           WEFT_ENUM(Ware, mood, moods));
WEFT_METADATA(models, &Ware_model);
FIXTURE_MODELS(models);

WEFT_DECLARE(Stranger);
struct Stranger {
    int64_t id;
};
WEFT_MODEL(Stranger, "stranger", WEFT_COLUMN(Stranger, id, .primary_key = true));

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
#define ITEM(N, T) \
    typedef struct N { \
        T value; \
        int64_t position; \
    } N; \
    WEFT_ROW(N, WEFT_FIELD(N, value), WEFT_FIELD(N, position))
ITEM(Number, int64_t);
ITEM(Word, const char *);
ITEM(Price, weft_decimal);
ITEM(Real, double);
ITEM(Flag, bool);
ITEM(Day, weft_date);
ITEM(Stamp, weft_timestamp);
ITEM(Key, weft_uuid);
ITEM(Span, weft_interval);

static const weft_uuid keys[] = {{{1}}, {{2}}};
static const weft_date days[] = {{100}, {200}};
static const weft_timestamp stamps[] = {{1000000}, {86400000000}};
static const weft_interval spans[] = {{.months = 1}, {.days = 5}};
static const weft_decimal prices[] = {{"1.5"}, {"2.25"}};
static const char *const names[] = {"one", "two"};
static const double reals[] = {0.5, 0.1};
static const bool flags[] = {true, false};
static const int64_t numbers[] = {7, 8}, places[] = {1, 2};

static void add_wares(fixture *f)
{
    for (int i = 0; i < 2; i++)
        (void)weft_new(f->s, Ware, .id = i + 1, .name = names[i], .price = prices[i], .small = (int16_t)numbers[i],
                       .weight = reals[i], .open = flags[i], .day = days[i], .at = stamps[i], .key = keys[i], .span = spans[i],
                       .mood = (mood)i);
    commit_ok(f->s);
}

#define C(M, f) weft_col(M, f)
/* Rows changed by an UPDATE from the items whose second one is met by the column, and which sets it to the first one. */
#define CHANGED(s, R, field) \
    changed_by(s, weft_update_of(Ware, .from = weft_from(R##_), .set = weft_sets(weft_to_expr(Ware, field, C(R##_, value))), \
                                 .where = weft_and(weft_eq_col(Ware, id, R##_, position), weft_eq_col(Ware, field, R##_, value))))

static int64_t changed_by(weft_session *s, const weft_update *update)
{
    int64_t changed = -1;
    assert_call(s, weft_session_update(s, update, &changed), WEFT_OK);
    return changed;
}

/* Every type of items: each row meets the item at its place. */
static void items_are_of_the_columns_types(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_wares(f);
    weft_unnest_as(Number_, Number, weft_val(((weft_array_int64){numbers, 2})));
    weft_unnest_as(Word_, Word, weft_val(((weft_array_text){names, 2})));
    weft_unnest_as(Price_, Price, weft_val(((weft_array_decimal){prices, 2})));
    weft_unnest_as(Real_, Real, weft_val(((weft_array_double){reals, 2})));
    weft_unnest_as(Flag_, Flag, weft_val(((weft_array_bool){flags, 2})));
    weft_unnest_as(Day_, Day, weft_val(((weft_array_date){days, 2})));
    weft_unnest_as(Stamp_, Stamp, weft_val(((weft_array_timestamp){stamps, 2})));
    weft_unnest_as(Key_, Key, weft_val(((weft_array_uuid){keys, 2})));
    weft_unnest_as(Span_, Span, weft_val(((weft_array_interval){spans, 2})));
    assert_int_equal(CHANGED(s, Number, small), 2);
    assert_int_equal(CHANGED(s, Word, name), 2);
    assert_int_equal(CHANGED(s, Price, price), 2);
    assert_int_equal(CHANGED(s, Real, weight), 2);
    assert_int_equal(CHANGED(s, Flag, open), 2);
    assert_int_equal(CHANGED(s, Day, day), 2);
    assert_int_equal(CHANGED(s, Stamp, at), 2);
    assert_int_equal(CHANGED(s, Key, key), 2);
    assert_int_equal(CHANGED(s, Span, span), 2);
    /* Constants beside them. */
    int64_t changed =
        changed_by(s, weft_update_of(Ware, .from = weft_from(Price_),
                                     .set = weft_sets(weft_to_expr(Ware, price, weft_op(C(Price_, value), "*", weft_val(2))),
                                                      weft_to(Ware, name, "set")),
                                     .where = weft_and(weft_eq(Price_, value, ((weft_decimal){"2.250"})),
                                                       weft_eq(Price_, position, 2), weft_eq_col(Ware, id, Price_, position))));
    assert_int_equal(changed, 1);
    changed = changed_by(s, weft_update_of(Ware, .from = weft_from(Day_), .set = weft_sets(weft_to(Ware, mood, WILD)),
                                           .where = weft_and(weft_eq(Day_, value, days[0]), weft_eq(Ware, mood, CALM),
                                                             weft_in(Day_, position, places, 2))));
    assert_int_equal(changed, 1);
    int64_t deleted = 0;
    assert_call(s,
                weft_session_delete_where(s,
                                          weft_delete_from(Ware, .from = weft_from(Key_),
                                                           .where = weft_and(weft_eq_col(Ware, key, Key_, value),
                                                                             weft_eq(Key_, value, keys[0]))),
                                          &deleted),
                WEFT_OK);
    assert_int_equal(deleted, 1);
    commit_ok(s);
    assert_rows(f, "SELECT id, name, price, mood FROM ware", "2|set|4.50|wild");
}

/* ---- who names them where a model belongs ---- */

static void assert_told(weft_session *s, const char *message, const char *hint)
{
    assert_message(s, message);
    if (strstr(weft_session_error(s)->hint, hint) == NULL)
        fail_msg("the hint \"%s\" does not contain \"%s\"", weft_session_error(s)->hint, hint);
    assert_refused(s, WEFT_ERROR_MODEL);
}

static void assert_none(fixture *f, const weft_model *model, const char *message, const char *hint)
{
    weft_session *s = f->s;
    const weft_expr *const set = weft_sets(weft_to_expr(Ware, name, C(Ware, name)));
    weft_connection *c;
    weft_error error = {0};
    (void)weft_session_update(s, &(weft_update){.model = model, .set = set, .all = true}, NULL);
    assert_told(s, message, hint);
    (void)weft_session_delete_where(s, &(weft_delete){.model = model, .all = true}, NULL);
    assert_told(s, message, hint);
    (void)weft_session_insert(s, &(weft_insert){.model = model}, NULL);
    assert_told(s, message, hint);
    (void)weft_session_merge_rows(s, &(weft_merge_rows){.model = model}, NULL);
    assert_told(s, message, hint);
    (void)weft_session_query(s, model, NULL);
    assert_told(s, message, hint);
    (void)weft_session_get(s, model, weft_key_int64(1), NULL);
    assert_told(s, message, hint);
    (void)weft_session_count(s, model, NULL);
    assert_told(s, message, hint);
    static const max_align_t values[64]; /* as long as any struct of these */
    assert_true(model->size <= sizeof values);
    (void)weft_session_new(s, model, values);
    assert_told(s, message, hint);
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_update(c, &(weft_update){.model = model, .set = set, .all = true}, NULL, &error), WEFT_ERROR_MODEL,
                 &error);
    assert_non_null(strstr(error.message, message));
    assert_non_null(strstr(error.hint, hint));
    assert_error(weft_connection_insert_many(c, model, &error, 1, NULL, &error), WEFT_ERROR_MODEL, &error);
    assert_non_null(strstr(error.message, message));
    assert_non_null(strstr(error.hint, hint));
    weft_connection_close(c);
}

static void what_is_no_model_is_told_what_it_is(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "CREATE TABLE legacy (id INTEGER PRIMARY KEY, name TEXT)");
    const weft_model *legacy = weft_session_table(f->s, "legacy");
    assert_ok(f->s);
    const Id list[] = {{1}};
    weft_alias(Other, Ware);
    weft_unnest_as(Items, Number, weft_val(((weft_array_int64){numbers, 2})));
    weft_values_of(Id, list, 1);
    weft_cte_as(Few, Id, .query = weft_select(.from = weft_from(Ware), .columns = weft_columns(C(Ware, id))));
    assert_none(f, legacy, "the table legacy has no model", "declare one, or write by text SQL; rows are read by weft_rows");
    assert_none(f, &Other_model, "the alias Other is no model", "name the model itself; this stands in .from and .joins");
    assert_none(f, &Items_model, "the list of an array's items Items is no model",
                "name the model itself; this stands in .from and .joins");
    assert_none(f, &Id_model, "the list of rows Id is no model", "name the model itself; this stands in .from and .joins");
    assert_none(f, &Few_model, "the CTE Few is no model", "name the model itself; this stands in .from and .joins");
    assert_none(f, &Stranger_model, "Stranger is not among the engine's models", "add &Stranger_model to the WEFT_METADATA");
}

/* Of a table without a model. */
static void columns_of_a_table_without_a_model_have_their_types(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_wares(f);
    const weft_model *ware = weft_session_table(s, "ware");
    assert_ok(s);
#define N(name) weft_named(ware, name)
    const struct {
        const char *column;
        const weft_expr *value;
    } cases[] = {{"name", weft_val("two")},
                 {"price", weft_val(prices[1])},
                 {"price", weft_val(((weft_decimal){"2.2500"}))},
                 {"small", weft_val(8)},
                 {"weight", weft_val(0.1)},
                 {"open", weft_val((bool)false)},
                 {"day", weft_val(days[1])},
                 {"at", weft_val(stamps[1])},
                 {"key", weft_val(keys[1])},
                 {"span", weft_val(spans[1])},
                 {"mood", weft_val("wild")},
                 {"day", weft_val("1970-07-20")},
                 {"key", weft_val("02000000-0000-0000-0000-000000000000")}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const weft_expr *const meets = weft_op(N(cases[i].column), "=", cases[i].value);
        const Id_list ids = weft_rows(s, Id, .from = ware, .columns = weft_columns(N("id")), .where = meets);
        assert_ok(s);
        assert_int_equal(ids.count, 1);
        assert_int_equal(ids.items[0]->id, 2);
        weft_alias(Written, Ware);
        int64_t changed = 0;
        assert_call(s,
                    weft_session_update(s,
                                        weft_update_of(Ware, .from = weft_from(Written),
                                                       .joins = {.to = ware, .on = weft_op(N("id"), "=", C(Written, id))},
                                                       .set = weft_sets(weft_to_expr(Ware, name, N("name"))),
                                                       .where = weft_and(meets, weft_eq_col(Ware, id, Written, id))),
                                        &changed),
                    WEFT_OK);
        assert_int_equal(changed, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(items_are_of_the_columns_types),
        ON_BOTH(what_is_no_model_is_told_what_it_is),
        ON_BOTH(columns_of_a_table_without_a_model_have_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
