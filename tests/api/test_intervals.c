/* Intervals: what was stored comes back part by part, on every path, and they compare as PostgreSQL's do: a month is 30 days, a day
 * 24 hours, on SQLite as well, where they are texts. */
#include "support/fixture.h"

WEFT_DECLARE(Task);
struct Task {
    int64_t id;
    const char *name;
    weft_interval length;
    weft_opt_interval limit;
};
WEFT_MODEL(Task, "task", WEFT_COLUMN(Task, id, .primary_key = true), WEFT_COLUMN(Task, name), WEFT_COLUMN(Task, length),
           WEFT_COLUMN(Task, limit));
WEFT_METADATA(models, &Task_model);
FIXTURE_MODELS(models);

#define HOUR INT64_C(3600000000)

static const weft_interval edges[] = {
    {0, 0, 0},
    {1, 0, 0},
    {0, 30, 0},
    {0, 0, 720 * HOUR},
    {-1, 30, 0},
    {1, -30, 0},
    {14, 3, 14706789000},
    {-14, -3, -14706789000},
    {0, 0, 1},
    {0, 0, -1},
    {0, 0, -500000},
    {0, 0, 59999999},
    {0, 0, 60000000},
    {INT32_MAX, 0, 0},
    {INT32_MIN, 0, 0},
    {0, INT32_MAX, 0},
    {0, INT32_MIN, 0},
    {0, 0, INT64_MAX},
    {0, 0, INT64_MIN},
    {INT32_MAX - 1, INT32_MAX, INT64_MAX},
    {INT32_MIN + 1, INT32_MIN, INT64_MIN},
};
enum { EDGES = sizeof edges / sizeof edges[0] };

static bool same(weft_interval a, weft_interval b) { return a.months == b.months && a.days == b.days && a.usec == b.usec; }

static void an_interval_has_one_text_and_it_is_read_back(void **state)
{
    static const struct {
        weft_interval value;
        const char *text;
    } known[] = {
        {{0, 0, 0}, "PT0S"},
        {{14, 3, 14706789000}, "P1Y2M3DT4H5M6.789S"},
        {{-14, -3, -14706789000}, "P-1Y-2M-3DT-4H-5M-6.789S"},
        {{-1, 30, 0}, "P-1M30D"},
        {{0, 0, -500000}, "PT-0.5S"},
        {{0, 0, HOUR}, "PT1H"},
        {{12, 0, 1}, "P1YT0.000001S"},
        {{0, 0, INT64_MIN}, "PT-2562047788H-54.775808S"},
    };
    char text[WEFT_INTERVAL_TEXT_SIZE];
    weft_interval read = {0};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_string_equal(weft_interval_text(known[i].value, text), known[i].text);
        assert_true(weft_interval_parse(text, &read) && same(read, known[i].value));
    }
    for (size_t i = 0; i < EDGES; i++)
        assert_true(weft_interval_parse(weft_interval_text(edges[i], text), &read) && same(read, edges[i]));
    assert_true(weft_interval_parse("P2W", &read) && same(read, (weft_interval){0, 14, 0}));
    static const char *const wrong[] = {"",         "P",     "PT",           "1D",           "P1",
                                        "P1D2M",    "P1.5D", "PT1.1234567S", "P1DT",         "P1H",
                                        "PT1D",     "P1D ",  "P--1D",        "P2147483648M", "PT9223372036855S",
                                        "P1DT1H1H", "p1d",   "P1Y\xc3\xa4"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(weft_interval_parse(wrong[i], &read));
}

static void assert_stored(fixture *f, size_t count)
{
    weft_session_clear(f->s);
    Task_list found = weft_query(f->s, Task, .order_by = weft_order(weft_asc(Task, id)));
    assert_ok(f->s);
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(same(found.items[i]->length, edges[i % EDGES]));
        assert_int_equal(found.items[i]->limit.set, i % 2);
        assert_true(i % 2 == 0 || same(found.items[i]->limit.value, edges[i % EDGES]));
    }
}

static void insert_many(fixture *f, size_t count)
{
    weft_connection *c;
    weft_error error = {0};
    Task *rows = calloc(count, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = (Task){.name = "t", .length = edges[i % EDGES], .limit = {i % 2 != 0, edges[i % EDGES]}};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Task, rows, count, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    free(rows);
}

static void every_part_comes_back_one_by_one(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < EDGES; i++) {
        (void)weft_new(f->s, Task, .name = "t", .length = edges[i], .limit = {i % 2 != 0, edges[i]});
        flush_ok(f->s);
    }
    commit_ok(f->s);
    assert_stored(f, EDGES);
}

static void every_part_comes_back_from_arrays(void **state)
{
    insert_many(*state, 200);
    assert_stored(*state, 200);
}

static void every_part_comes_back_from_copy(void **state)
{
    insert_many(*state, 3000);
    assert_stored(*state, 3000);
}

/* A month, 30 days and 720 hours; a bit less, and a bit more. */
static void make_months(fixture *f)
{
    static const weft_interval lengths[] = {{1, 0, 0}, {0, 30, 0}, {0, 0, 720 * HOUR}, {0, 29, 24 * HOUR - 1}, {1, 0, 1}};
    static const char *const names[] = {"month", "days", "hours", "less", "more"};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        (void)weft_new(f->s, Task, .name = names[i], .length = lengths[i], .limit = weft_some(lengths[(i + 1) % 3]));
    commit_ok(f->s);
    weft_session_clear(f->s);
}

#define COUNT_OF(...) weft_count_of(f->s, Task, .where = __VA_ARGS__)

static void intervals_of_one_length_are_equal(void **state)
{
    fixture *f = *state;
    const weft_interval days = {.days = 30}, items[] = {{.months = 2}, {.usec = 720 * HOUR}};
    make_months(f);
    assert_int_equal(COUNT_OF(weft_eq(Task, length, days)), 3);
    assert_int_equal(COUNT_OF(weft_ne(Task, length, days)), 2);
    assert_int_equal(COUNT_OF(weft_lt(Task, length, days)), 1);
    assert_int_equal(COUNT_OF(weft_le(Task, length, days)), 4);
    assert_int_equal(COUNT_OF(weft_gt(Task, length, days)), 1);
    assert_int_equal(COUNT_OF(weft_ge(Task, length, days)), 4);
    assert_int_equal(COUNT_OF(weft_in(Task, length, items, 2)), 3);
    assert_int_equal(COUNT_OF(weft_not_in(Task, length, items, 2)), 2);
    assert_int_equal(COUNT_OF(weft_op(weft_col(Task, length), "=", weft_val(days))), 3);
    assert_int_equal(COUNT_OF(weft_op(weft_val(days), ">", weft_col(Task, length))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_col(Task, length), "=", weft_col(Task, limit))), 3);
    assert_int_equal(COUNT_OF(weft_between(weft_col(Task, length), weft_val(days), weft_val(days))), 3);
    assert_int_equal(COUNT_OF(weft_op(weft_fn("coalesce", weft_col(Task, limit), weft_col(Task, length)), "=", weft_val(days))), 5);
    assert_int_equal(COUNT_OF(weft_literally(weft_eq(Task, length, days))), 3);
    const weft_interval more = {.days = 30, .usec = 1}, less = {.days = 30, .usec = -1};
    assert_int_equal(COUNT_OF(weft_literally(weft_eq(Task, length, more))), 1);
    assert_int_equal(COUNT_OF(weft_literally(weft_eq(Task, length, less))), 1);
    assert_int_equal(COUNT_OF(weft_literally(weft_in(Task, length, items, 2))), 3);
    assert_ok(f->s);
}

typedef struct Length {
    weft_interval length;
    int64_t count;
} Length;
WEFT_ROW(Length, WEFT_FIELD(Length, length), WEFT_FIELD(Length, count));
typedef struct Extremes {
    weft_opt_interval least, greatest;
} Extremes;
WEFT_ROW(Extremes, WEFT_FIELD(Extremes, least), WEFT_FIELD(Extremes, greatest));

static void they_are_ordered_and_grouped_by_length(void **state)
{
    fixture *f = *state;
    make_months(f);
    Task_list ordered = weft_query(f->s, Task, .order_by = weft_order(weft_asc(Task, length), weft_asc(Task, id)));
    assert_ok(f->s);
    static const char *const names[] = {"less", "month", "days", "hours", "more"};
    for (size_t i = 0; i < ordered.count; i++)
        assert_string_equal(ordered.items[i]->name, names[i]);
    Length_list groups =
        weft_rows(f->s, Length, .from = weft_from(Task), .columns = weft_columns(weft_col(Task, length), weft_count_all()),
                  .group_by = weft_columns(weft_col(Task, length)), .order_by = weft_order(weft_asc(Task, length)));
    assert_ok(f->s);
    assert_int_equal(groups.count, 3);
    assert_int_equal(groups.items[1]->count, 3);
    Extremes_list extremes = weft_rows(f->s, Extremes, .from = weft_from(Task),
                                       .columns = weft_columns(weft_min(weft_col(Task, length)), weft_max(weft_col(Task, length))));
    assert_ok(f->s);
    assert_true(same(extremes.items[0]->least.value, (weft_interval){0, 29, 24 * HOUR - 1}));
    assert_true(same(extremes.items[0]->greatest.value, (weft_interval){1, 0, 1}));
}

/* 30 days are stored as such, though they equal the month that was there. */
static void an_edit_keeps_the_parts(void **state)
{
    fixture *f = *state;
    Task *task = weft_new(f->s, Task, .name = "t", .length = {.months = 1});
    commit_ok(f->s);
    weft_edit(f->s, Task, task)->length = (weft_interval){.days = 30};
    weft_edit(f->s, Task, task)->limit = (weft_opt_interval)weft_some({.usec = -1});
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Task *found = weft_first(f->s, Task);
    assert_true(same(found->length, (weft_interval){.days = 30}) && found->limit.set && found->limit.value.usec == -1);
    weft_edit(f->s, Task, found)->limit = (weft_opt_interval)weft_unset;
    commit_ok(f->s);
    weft_session_clear(f->s);
    assert_false(weft_first(f->s, Task)->limit.set);
}

static void updates_by_condition_store_them(void **state)
{
    fixture *f = *state;
    make_months(f);
    const weft_interval month = {.months = 1}, short_one = {.usec = 5};
    int64_t changed = 0;
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(Task,
                                                   .set = weft_sets(weft_to(Task, length, short_one),
                                                                    weft_to_expr(Task, limit, weft_col(Task, length))),
                                                   .where = weft_eq(Task, length, month)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 3);
    commit_ok(f->s);
    weft_session_clear(f->s);
    Task_list found = weft_query(f->s, Task, .where = weft_eq(Task, length, short_one), .order_by = weft_order(weft_asc(Task, id)));
    assert_int_equal(found.count, 3);
    assert_true(same(found.items[0]->limit.value, month) && same(found.items[1]->limit.value, (weft_interval){.days = 30}));
}

static void text_sql_gives_intervals(void **state)
{
    fixture *f = *state;
    insert_many(f, EDGES);
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (int run = 0; run < 4; run++) { /* in text and in binary form */
        weft_result *result = NULL;
        assert_error(weft_connection_query(c, "SELECT length FROM task ORDER BY id", NULL, &result, &error), WEFT_OK, &error);
        for (size_t i = 0; weft_result_next(result, &error); i++) {
            const weft_value cell = weft_result_value(result, 0);
            assert_int_equal(cell.type, WEFT_INTERVAL);
            assert_true(same(cell.as.interval, edges[i]));
        }
        weft_result_close(result);
    }
    weft_connection_close(c);
}

/* What SQLite cannot do, it says. */
static void sqlite_computes_nothing_with_them(void **state)
{
    fixture *f = *state;
    const weft_interval day = {.days = 1};
    make_months(f);
    (void)COUNT_OF(weft_op(weft_op(weft_col(Task, length), "+", weft_val(day)), ">", weft_val(day)));
    if (f->postgres) {
        assert_ok(f->s);
        return;
    }
    assert_message(f->s, "interval");
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
    (void)weft_rows(f->s, Extremes, .from = weft_from(Task),
                    .columns = weft_columns(weft_sum(weft_col(Task, length)), weft_max(weft_col(Task, length))));
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
}

WEFT_DECLARE(Slot);
struct Slot {
    weft_interval length;
    const char *name;
};
WEFT_MODEL(Slot, "slot", WEFT_COLUMN(Slot, length, .primary_key = true), WEFT_COLUMN(Slot, name));
WEFT_METADATA(keyed, &Slot_model);

static void sqlite_takes_none_as_key(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    weft_status status = weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &keyed}, &error);
    if (f->postgres) {
        assert_error(status, WEFT_OK, &error);
    } else {
        assert_error(status, WEFT_ERROR_UNSUPPORTED, &error);
        assert_non_null(strstr(error.message, "Slot.length"));
        assert_string_equal(error.column, "length");
    }
    weft_engine_close(engine);
}

static void one_of_another_spelling_is_told_on_sqlite(void **state)
{
    fixture *f = *state;
    const char *sql = "INSERT INTO task (name, length) VALUES ('t', 'P30D'), ('t', 'P1M0D')";
    assert_call(f->s, weft_session_execute_text(f->s, sql, NULL), WEFT_OK);
    commit_ok(f->s);
    (void)weft_query(f->s, Task);
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_has_one_text_and_it_is_read_back),
        ON_BOTH(every_part_comes_back_one_by_one),
        ON_BOTH(every_part_comes_back_from_arrays),
        ON_BOTH(every_part_comes_back_from_copy),
        ON_BOTH(intervals_of_one_length_are_equal),
        ON_BOTH(they_are_ordered_and_grouped_by_length),
        ON_BOTH(an_edit_keeps_the_parts),
        ON_BOTH(updates_by_condition_store_them),
        ON_BOTH(text_sql_gives_intervals),
        ON_BOTH(sqlite_computes_nothing_with_them),
        ON_BOTH(sqlite_takes_none_as_key),
        ON_SQLITE(one_of_another_spelling_is_told_on_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
