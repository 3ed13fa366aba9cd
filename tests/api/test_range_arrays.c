/* Arrays of ranges and of bits, which are no multiranges: items may overlap, be empty and NULL, and stay in their order. SQLite has
 * no such types and says so when the engine is opened. */
#include "support/fixture.h"

#include "base/memory.h"

WEFT_DECLARE(Plan);
struct Plan {
    int64_t id;
    weft_array_range_int32 small;
    weft_array_range_int64 large;
    weft_array_range_decimal exact;
    weft_array_range_date days;
    weft_array_range_timestamp moments;
    weft_array_bits masks;
    weft_array_opt_range_int32 gaps;
    weft_array_opt_range_timestamp hours;
    weft_multirange_int32 joined;
};
#define MAY_BE_NULL(f) WEFT_COLUMN(Plan, f, .nullable = true)
WEFT_MODEL(Plan, "plan", WEFT_COLUMN(Plan, id, .primary_key = true), MAY_BE_NULL(small), MAY_BE_NULL(large), MAY_BE_NULL(exact),
           MAY_BE_NULL(days), MAY_BE_NULL(moments), MAY_BE_NULL(masks), MAY_BE_NULL(gaps), MAY_BE_NULL(hours), MAY_BE_NULL(joined));

/* A column of whose type weft reads the text makes the server send all columns as text. */
WEFT_DECLARE(Told);
struct Told {
    int64_t id;
    weft_tsvector words;
    weft_array_range_int32 small;
    weft_array_range_int64 large;
    weft_array_range_decimal exact;
    weft_array_range_date days;
    weft_array_range_timestamp moments;
    weft_array_bits masks;
    weft_array_opt_range_int32 gaps;
    weft_array_opt_range_int64 wide;
    weft_array_opt_range_date off;
    weft_array_opt_range_timestamp hours;
    weft_multirange_int64 joined;
    weft_array_int16 shorts;
    weft_array_uint32 counts;
    weft_array_opt_uint32 some;
    weft_array_float floats;
    weft_array_bool flags;
    weft_array_bytes bytes;
    weft_array_decimal decimals;
    weft_array_json documents;
    weft_array_time times;
    weft_array_uuid uuids;
    weft_array_interval spans;
    weft_array_macaddr addresses;
    weft_array_inet hosts;
};
#define TOLD(f) WEFT_COLUMN(Told, f, .nullable = true)
WEFT_MODEL(Told, "told", WEFT_COLUMN(Told, id, .primary_key = true), TOLD(words), TOLD(small), TOLD(large), TOLD(exact), TOLD(days),
           TOLD(moments), TOLD(masks), TOLD(gaps), TOLD(wide), TOLD(off), TOLD(hours), TOLD(joined), TOLD(shorts), TOLD(counts),
           TOLD(some), TOLD(floats), TOLD(flags), TOLD(bytes), TOLD(decimals), TOLD(documents), TOLD(times), TOLD(uuids),
           TOLD(spans), TOLD(addresses), TOLD(hosts));
WEFT_METADATA(models, &Plan_model, &Told_model);
static const weft_metadata no_models = {.models = NULL, .count = 0};
FIXTURE_MODELS(no_models);

#define OF(T, ...) \
    { \
        (const T[]){__VA_ARGS__}, sizeof((const T[]){__VA_ARGS__}) / sizeof(T) \
    }
#define SMALL(...) ((weft_array_range_int32)OF(weft_range_int32, __VA_ARGS__))
#define R(a, b) \
    { \
        .lower = a, .upper = b \
    }

static weft_session *session_of(fixture *f, weft_engine **engine)
{
    weft_error error = {0};
    *engine = fixture_engine(f, (weft_engine_options){.metadata = &models});
    assert_error(weft_create_all(*engine, &error), WEFT_OK, &error);
    return weft_session_open(*engine, NULL);
}

static void arrays_go_in_and_come_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    (void)weft_new(s, Plan,
                   .small = OF(weft_range_int32, R(5, 9), R(1, 6), {.empty = true}, {.lower = 3, .upper = 3, .upper_closed = true}),
                   .large = OF(weft_range_int64, {.lower = INT64_MIN, .no_upper = true}),
                   .exact = OF(weft_range_decimal, {"(0.50,2]"}, {NULL}),
                   .days = OF(weft_range_date, {.lower = {0}, .upper = {31}}),
                   .moments = OF(weft_range_timestamp, {.lower = {0}, .upper = {1}}),
                   .masks = OF(weft_bits, {"\xa0", 4}, {NULL, 0}, {"", 0}),
                   .gaps = OF(weft_opt_range_int32, weft_some(R(1, 2)), weft_unset),
                   .hours = OF(weft_opt_range_timestamp, weft_unset, weft_some({.no_lower = true, .upper = {0}})),
                   .joined = {(const weft_range_int32[]){R(5, 9), R(1, 6)}, 2});
    (void)weft_new(s, Plan, .small = {(const weft_range_int32[]){{0}}, 0});
    commit_ok(s);
    assert_rows(
        f, "SELECT small, large, exact, days, masks, gaps, joined FROM plan ORDER BY id",
        "{\"[5,9)\",\"[1,6)\",empty,\"[3,4)\"}|{\"[-9223372036854775808,)\"}|{\"(0.50,2]\",NULL}|{\"[1970-01-01,1970-02-01)\"}|"
        "{1010,NULL,\"\"}|{\"[1,2)\",NULL}|{[1,9)}\n{}|NULL|NULL|NULL|NULL|NULL|NULL");
    assert_rows(f,
                "SELECT count(*) FROM plan WHERE moments[1] = tstzrange('1970-01-01 00:00:00Z', '1970-01-01 00:00:00.000001Z') AND "
                "hours[1] IS NULL AND hours[2] = tstzrange(NULL, '1970-01-01 00:00:00Z')",
                "1");
    weft_session_clear(s);
    const Plan *plan = weft_get(s, Plan, 1);
    assert_ok(s);
    assert_int_equal(plan->small.count, 4);
    assert_true(plan->small.items[0].lower == 5 && plan->small.items[1].upper == 6 && plan->small.items[2].empty);
    assert_true(plan->large.items[0].lower == INT64_MIN && plan->large.items[0].no_upper);
    assert_string_equal(plan->exact.items[0].text, "(0.50,2]");
    assert_null(plan->exact.items[1].text);
    assert_int_equal(plan->days.items[0].upper.days, 31);
    assert_true(plan->moments.items[0].upper.usec == 1);
    assert_true(plan->masks.count == 3 && plan->masks.items[0].count == 4 && weft_bits_at(plan->masks.items[0], 2));
    assert_true(plan->masks.items[1].data == NULL && plan->masks.items[2].data != NULL && plan->masks.items[2].count == 0);
    assert_true(plan->gaps.items[0].set && plan->gaps.items[0].value.upper == 2 && !plan->gaps.items[1].set);
    assert_true(!plan->hours.items[0].set && plan->hours.items[1].value.no_lower);
    assert_int_equal(plan->joined.count, 1);
    plan = weft_get(s, Plan, 2);
    assert_true(plan->small.count == 0 && plan->small.items != NULL && plan->masks.items == NULL);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void arrays_come_back_as_text(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (int words = 0; words < 2; words++)
        (void)weft_new(s, Told, .words = {words != 0 ? "'cat':3 'sat':1" : NULL},
                       .small = OF(weft_range_int32, R(5, 9), {.empty = true}, {.no_lower = true, .upper = 7}),
                       .large = OF(weft_range_int64, R(1, 3), {.lower = INT64_MIN, .no_upper = true}),
                       .exact = OF(weft_range_decimal, {"(0.50,2]"}, {NULL}),
                       .days = OF(weft_range_date, {.lower = {0}, .upper = {31}}),
                       .moments = OF(weft_range_timestamp, {.lower = {0}, .upper = {1}}),
                       .masks = OF(weft_bits, {"\xa0", 4}, {NULL, 0}, {"", 0}, {"\xff\x80", 9}),
                       .gaps = OF(weft_opt_range_int32, weft_some(R(1, 2)), weft_unset),
                       .wide = OF(weft_opt_range_int64, weft_unset, weft_some(R(-4, INT64_MAX))),
                       .off = OF(weft_opt_range_date, weft_some({.lower = {7}, .upper = {9}}), weft_unset),
                       .hours = OF(weft_opt_range_timestamp, weft_unset, weft_some({.no_lower = true, .upper = {0}})),
                       .joined = {(const weft_range_int64[]){R(5, 9), R(1, 6)}, 2}, .shorts = OF(int16_t, INT16_MIN, 3),
                       .counts = OF(uint32_t, UINT32_MAX, 0), .some = OF(weft_opt_uint32, weft_some(UINT32_MAX), weft_unset),
                       .floats = OF(float, 0.125f, -3), .flags = OF(bool, true, false),
                       .bytes = OF(weft_bytes, {"\\x", 2}, {NULL, 0}), .decimals = OF(weft_decimal, {"1.50"}, {NULL}),
                       .documents = OF(weft_json, {"{\"a\": 1}"}, {NULL}), .times = OF(weft_time, {1}),
                       .uuids = OF(weft_uuid, {{1, 2, 3}}), .spans = OF(weft_interval, {1, -2, 3}),
                       .addresses = OF(weft_macaddr, {{1, 2, 3, 4, 5, 6}}), .hosts = OF(weft_inet, {"10.0.0.1"}, {NULL}));
    commit_ok(s);
    for (int path = 0; path < 2; path++) {
        weft_session_clear(s);
        const Told_list all = path == 0 ? weft_query(s, Told, .order_by = weft_asc(Told, id))
                                        : weft_query(s, Told, .where = weft_gt(Told, id, 0), .order_by = weft_asc(Told, id));
        assert_ok(s);
        assert_int_equal(all.count, 2);
        for (size_t i = 0; i < 2; i++) {
            const Told *t = all.items[i];
            assert_true((t->words.text == NULL) == (i == 0));
            assert_true(t->small.count == 3 && t->small.items[0].lower == 5 && t->small.items[0].upper == 9);
            assert_true(t->small.items[1].empty && t->small.items[2].no_lower && t->small.items[2].upper == 7);
            assert_true(t->large.items[0].lower == 1 && t->large.items[0].upper == 3);
            assert_true(t->large.items[1].lower == INT64_MIN && t->large.items[1].no_upper);
            assert_string_equal(t->exact.items[0].text, "(0.50,2]");
            assert_null(t->exact.items[1].text);
            assert_true(t->days.items[0].lower.days == 0 && t->days.items[0].upper.days == 31);
            assert_true(t->moments.items[0].lower.usec == 0 && t->moments.items[0].upper.usec == 1);
            assert_true(t->masks.count == 4 && t->masks.items[0].count == 4 && weft_bits_at(t->masks.items[0], 2));
            assert_true(!weft_bits_at(t->masks.items[0], 1) && t->masks.items[1].data == NULL && t->masks.items[2].count == 0);
            assert_true(t->masks.items[3].count == 9 && weft_bits_at(t->masks.items[3], 8));
            assert_true(t->gaps.items[0].set && t->gaps.items[0].value.upper == 2 && !t->gaps.items[1].set);
            assert_true(!t->wide.items[0].set && t->wide.items[1].value.lower == -4 && t->wide.items[1].value.upper == INT64_MAX);
            assert_true(t->off.items[0].set && t->off.items[0].value.upper.days == 9 && !t->off.items[1].set);
            assert_true(!t->hours.items[0].set && t->hours.items[1].value.no_lower);
            assert_true(t->joined.count == 1 && t->joined.items[0].lower == 1 && t->joined.items[0].upper == 9);
            assert_true(t->shorts.items[0] == INT16_MIN && t->counts.items[0] == UINT32_MAX && t->counts.items[1] == 0);
            assert_true(t->some.items[0].set && t->some.items[0].value == UINT32_MAX && !t->some.items[1].set);
            assert_true(t->floats.items[0] > 0.12f && t->floats.items[1] < -2 && t->flags.items[0] && !t->flags.items[1]);
            assert_true(t->bytes.items[0].size == 2 && t->bytes.items[1].data == NULL);
            assert_string_equal(t->decimals.items[0].text, "1.50");
            assert_string_equal(t->documents.items[0].text, "{\"a\": 1}");
            assert_true(t->times.items[0].usec == 1 && t->uuids.items[0].bytes[2] == 3 && t->spans.items[0].days == -2);
            assert_true(t->addresses.items[0].bytes[5] == 6);
            assert_string_equal(t->hosts.items[0].text, "10.0.0.1");
        }
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- every path ---- */

enum { MOST = 3000, ITEMS = 3 };

static Plan *plans(size_t count, int shift, void **memory)
{
    typedef struct items {
        weft_range_int32 small[ITEMS];
        weft_range_timestamp moments[ITEMS];
        weft_range_decimal exact[ITEMS];
        weft_bits masks[ITEMS];
        weft_opt_range_int32 gaps[ITEMS];
    } items;
    static const char *const exact[] = {"[0.5,1.25)", NULL, "empty", "(,7]", "[-3,)"};
    static const weft_bits masks[] = {{"\xff\x80", 9}, {NULL, 0}, {"\x40", 3}, {"", 0}};
    Plan *rows = calloc(count, sizeof *rows);
    items *all = calloc(count, sizeof *all);
    assert_true(rows != NULL && all != NULL);
    for (size_t i = 0; i < count; i++) {
        const int n = (int)i + shift;
        for (int k = 0; k < ITEMS; k++) {
            all[i].small[k] = (weft_range_int32){.lower = n - k, .upper = n + 5, .no_upper = (n + k) % 4 == 0};
            if (all[i].small[k].no_upper)
                all[i].small[k].upper = 0;
            all[i].moments[k] =
                (weft_range_timestamp){.lower = {n}, .upper = {n + 10}, .lower_open = k == 1, .upper_closed = k == 2};
            all[i].exact[k] = (weft_range_decimal){exact[(n + k) % 5]};
            all[i].masks[k] = masks[(n + k) % 4];
            all[i].gaps[k] = (weft_opt_range_int32){(n + k) % 3 != 0, R(k, 100 + n)};
        }
        rows[i] = (Plan){.id = (int64_t)i + 1,
                         .small = {all[i].small, (size_t)(n % (ITEMS + 1))},
                         .exact = {all[i].exact, ITEMS},
                         .masks = {n % 7 == 0 ? NULL : all[i].masks, n % 7 == 0 ? 0 : ITEMS},
                         .moments = {all[i].moments, ITEMS},
                         .gaps = {all[i].gaps, (size_t)(n % (ITEMS + 1))}};
    }
    *memory = all;
    return rows;
}

static bool same_bits(weft_bits a, weft_bits b)
{
    bool same = (a.data == NULL) == (b.data == NULL) && a.count == b.count;
    for (size_t i = 0; same && i < a.count; i++)
        same = weft_bits_at(a, i) == weft_bits_at(b, i);
    return same;
}

static void assert_stored(weft_session *s, const Plan *rows, size_t count)
{
    weft_session_clear(s);
    Plan_list list = weft_query(s, Plan, .order_by = weft_order(weft_asc(Plan, id)));
    assert_ok(s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++) {
        const Plan *a = &rows[i], *b = list.items[i];
        assert_true(a->small.count == b->small.count && a->exact.count == b->exact.count && a->masks.count == b->masks.count);
        assert_true(a->moments.count == b->moments.count && a->gaps.count == b->gaps.count);
        assert_true((a->masks.items == NULL) == (b->masks.items == NULL));
        for (size_t k = 0; k < a->small.count; k++)
            assert_memory_equal(&a->small.items[k], &b->small.items[k], sizeof a->small.items[k]);
        for (size_t k = 0; k < a->moments.count; k++)
            assert_memory_equal(&a->moments.items[k], &b->moments.items[k], sizeof a->moments.items[k]);
        for (size_t k = 0; k < a->exact.count; k++) {
            const char *x = a->exact.items[k].text, *y = b->exact.items[k].text;
            assert_true(x == NULL || y == NULL ? x == y : strcmp(x, y) == 0);
        }
        for (size_t k = 0; k < a->masks.count; k++)
            assert_true(same_bits(a->masks.items[k], b->masks.items[k]));
        for (size_t k = 0; k < a->gaps.count; k++)
            assert_true(a->gaps.items[k].set == b->gaps.items[k].set &&
                        (!a->gaps.items[k].set || a->gaps.items[k].value.upper == b->gaps.items[k].value.upper));
    }
}

static void rows_of_every_path_come_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_error error = {0};
    weft_session *s = session_of(f, &engine);
    static const size_t counts[] = {1, 65, 600, MOST};
    for (size_t c = 0; c < 4; c++) {
        void *memory, *more;
        Plan *rows = plans(counts[c], 0, &memory), *others = plans(counts[c], 1, &more);
        weft_connection *connection = NULL;
        assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
        assert_error(weft_insert_many(connection, Plan, rows, counts[c], NULL, &error), WEFT_OK, &error);
        assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
        weft_connection_close(connection);
        assert_stored(s, rows, counts[c]);
        Plan_list list = weft_query(s, Plan, .order_by = weft_order(weft_asc(Plan, id)));
        for (size_t i = 0; i < list.count && counts[c] < 600; i++)
            *weft_edit(s, Plan, list.items[i]) = others[i];
        commit_ok(s);
        assert_stored(s, counts[c] < 600 ? others : rows, counts[c]);
        commit_ok(s);
        test_database_exec(&f->database, "DELETE FROM plan");
        weft_session_clear(s);
        free(rows);
        free(memory);
        free(others);
        free(more);
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- the rest ---- */

#define COUNT_OF(...) weft_count_of(s, Plan, .where = __VA_ARGS__)

typedef struct Item {
    weft_range_int32 value;
    int64_t position;
} Item;
WEFT_ROW(Item, WEFT_FIELD(Item, value), WEFT_FIELD(Item, position));
typedef struct Shown {
    weft_array_range_int32 small;
    weft_array_bits masks;
} Shown;
WEFT_ROW(Shown, WEFT_FIELD(Shown, small), WEFT_FIELD(Shown, masks));

static void arrays_are_searched_changed_and_taken_apart(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    const Plan *plan = weft_new(s, Plan, .small = OF(weft_range_int32, R(1, 6), R(5, 9)), .masks = OF(weft_bits, {"\xa0", 4}));
    (void)weft_new(s, Plan, .small = OF(weft_range_int32, R(5, 9)),
                   .gaps = OF(weft_opt_range_int32, weft_some(R(1, 2)), weft_unset));
    commit_ok(s);
    assert_int_equal(COUNT_OF(weft_array_has(Plan, small, ((weft_range_int32){.lower = 5, .upper = 8, .upper_closed = true}))), 2);
    assert_int_equal(COUNT_OF(weft_array_has(Plan, masks, ((weft_bits){"\xaf", 4}))), 1);
    assert_int_equal(COUNT_OF(weft_array_has(Plan, gaps, ((weft_range_int32)R(1, 2)))), 1);
    assert_int_equal(COUNT_OF(weft_array_contains(Plan, small, SMALL(R(1, 6)))), 1);
    assert_int_equal(COUNT_OF(weft_array_within(Plan, small, SMALL(R(5, 9), R(7, 8)))), 1);
    assert_int_equal(COUNT_OF(weft_array_overlaps(Plan, small, SMALL(R(5, 9)))), 2);
    assert_int_equal(COUNT_OF(weft_eq(Plan, small, SMALL(R(1, 6), R(5, 9)))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_array_length(weft_col(Plan, small)), "=", weft_val(1))), 1);
    assert_int_equal(COUNT_OF(weft_array_contains_of(weft_col(Plan, small), weft_literally(weft_val(SMALL(R(1, 6)))))), 1);
    assert_ok(s);
    plan = weft_get(s, Plan, plan->id);
    weft_edit(s, Plan, plan)->small = SMALL({.lower = 1, .upper = 5, .upper_closed = true}, R(5, 9)); /* says the same */
    flush_ok(s);
    assert_int_equal(COUNT_OF(weft_eq(Plan, small, SMALL(R(1, 6), R(5, 9)))), 1);
    weft_session_update(s,
                        weft_update_of(Plan,
                                       .set = weft_sets(weft_to_expr(Plan, small,
                                                                     weft_array_append(weft_col(Plan, small),
                                                                                       weft_val((weft_range_int32)R(0, 1))))),
                                       .where = weft_eq(Plan, id, 2)),
                        NULL);
    commit_ok(s);
    assert_rows(f, "SELECT small FROM plan ORDER BY id", "{\"[1,6)\",\"[5,9)\"}\n{\"[5,9)\",\"[0,1)\"}");
    weft_unnest(Item, weft_col(Plan, small));
    Item_list items = weft_rows(s, Item, .from = weft_from(Plan), .joins = weft_joins(weft_cross_join(Item)),
                                .columns = weft_columns(weft_col(Item, value), weft_col(Item, position)),
                                .order_by = weft_order(weft_asc(Plan, id), weft_asc(Item, position)));
    assert_ok(s);
    assert_int_equal(items.count, 4);
    assert_true(items.items[3]->value.lower == 0 && items.items[3]->position == 2);
    Shown_list shown =
        weft_rows(s, Shown, .from = weft_from(Plan), .columns = weft_columns(weft_col(Plan, small), weft_col(Plan, masks)),
                  .order_by = weft_order(weft_asc(Plan, id)));
    assert_ok(s);
    assert_true(shown.items[0]->small.items[1].lower == 5 && shown.items[0]->masks.items[0].count == 4);
    shown = weft_text_rows(s, Shown, "SELECT masks, small FROM plan ORDER BY id", NULL);
    assert_ok(s);
    assert_true(shown.items[0]->small.items[1].lower == 5 && weft_bits_at(shown.items[0]->masks.items[0], 2));
    (void)weft_new(s, Plan, .small = OF(weft_range_int32, R(5, 1)));
    assert_call(s, weft_session_flush(s), WEFT_ERROR_DATA);
    rollback_ok(s);
    assert_call(s, weft_session_execute_text(s, "UPDATE plan SET small = '{\"[1,2)\",NULL}'", NULL), WEFT_OK);
    commit_ok(s);
    weft_session_clear(s);
    assert_null(weft_get(s, Plan, 1));
    assert_message(s, "item 2 of the array is NULL");
    assert_refused(s, WEFT_ERROR_SCHEMA);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void the_schema_is_read_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    weft_error error = {0};
    weft_schema *wanted = NULL, *given = NULL;
    weft_ops *ops = NULL;
    weft_difference *differences = NULL;
    size_t count = 1;
    assert_rows(f,
                "SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
                "'plan'::regclass AND attnum > 1",
                "int4range[] int8range[] numrange[] daterange[] tstzrange[] bit varying[] int4range[] tstzrange[] int4multirange");
    assert_error(weft_engine_check(engine, &differences, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_schema_of_models(&wanted, &models, "postgresql", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&given, engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(engine, wanted, given, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(given);
    weft_schema_free(wanted);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void there_are_none_on_sqlite(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &models}, &error),
                     WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "Plan.small: "));
    assert_non_null(strstr(error.message, "has no type for such array values"));
    assert_null(engine);
    assert_false(f->postgres);
}

/* ---- without memory ---- */

static weft_status work(weft_engine *engine, weft_session **session)
{
    weft_session *s = *session = weft_session_open(engine, NULL);
    const weft_array_bits others = OF(weft_bits, {"\xff\xff", 12}, {NULL, 0});
    for (int i = 0; i < 3; i++)
        (void)weft_new(s, Plan, .small = OF(weft_range_int32, R(i, 7)), .masks = OF(weft_bits, {"\xa0", 4}),
                       .exact = OF(weft_range_decimal, {"[1,2)"}));
    if (weft_session_commit(s) != WEFT_OK)
        return weft_session_status(s);
    weft_each (Plan, plan, weft_query(s, Plan, .where = weft_array_has(Plan, masks, ((weft_bits){"\xaf", 4}))))
        weft_edit(s, Plan, plan)->masks = others;
    (void)weft_session_flush(s);
    (void)weft_text_rows(s, Shown, "SELECT small, masks FROM plan", NULL);
    (void)weft_session_rollback(s);
    return weft_session_status(s);
}

static void every_allocation_may_fail(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    bool failed = true;
    int64_t n = 0;
    weft_session_close(session_of(f, &engine));
    for (; failed; n++) {
        weft_session *s = NULL;
        wefti_memory_fail_after(n, false);
        const weft_status done = work(engine, &s);
        failed = wefti_memory_fail_after(-1, false);
        weft_session_close(s);
        if (!failed && done != WEFT_OK)
            fail_msg("without a failed allocation: %s", weft_status_name(done));
        if (done != WEFT_OK && done != WEFT_ERROR_NO_MEMORY && done != WEFT_ERROR_OUTCOME_UNKNOWN)
            fail_msg("allocation %lld: %s", (long long)n, weft_status_name(done));
        test_database_exec(&f->database, "DELETE FROM plan");
    }
    assert_true(n > 20);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(arrays_go_in_and_come_back),   ON_POSTGRES(arrays_come_back_as_text),
        ON_POSTGRES(rows_of_every_path_come_back), ON_POSTGRES(arrays_are_searched_changed_and_taken_apart),
        ON_POSTGRES(the_schema_is_read_back),      ON_SQLITE(there_are_none_on_sqlite),
        ON_POSTGRES(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
