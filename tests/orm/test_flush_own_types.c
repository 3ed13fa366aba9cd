/* Objects whose columns are of types of the program's own over every base, and of arrays, written by flushes of every size: one
 * row, lists of VALUES, arrays. A plain array of numbers says what must be in the rows. */
#include "support/fixture.h"

/* Each holds one number. */
#define NUMBER_TYPE(T, base, value_, number) \
    typedef struct T { \
        int64_t v; \
    } T; \
    static weft_value T##_encode(const T *p) { return value_; } \
    static bool T##_decode(const weft_value *given, T *p) \
    { \
        p->v = (number); \
        return true; \
    } \
    WEFT_TYPE(T, base, T##_encode, T##_decode)
NUMBER_TYPE(as_int64, WEFT_INT64, weft_value_int64(p->v), given->as.i);
NUMBER_TYPE(as_int16, WEFT_INT16, weft_value_int64(p->v), given->as.i);
NUMBER_TYPE(as_double, WEFT_DOUBLE, weft_value_double((double)p->v / 8), (int64_t)(given->as.d * 8));
NUMBER_TYPE(as_date, WEFT_DATE, ((weft_value){.type = WEFT_DATE, .as.i = p->v}), given->as.i);
NUMBER_TYPE(as_time, WEFT_TIME, ((weft_value){.type = WEFT_TIME, .as.i = p->v}), given->as.i);
NUMBER_TYPE(as_timestamp, WEFT_TIMESTAMP, ((weft_value){.type = WEFT_TIMESTAMP, .as.i = p->v}), given->as.i);
NUMBER_TYPE(as_interval, WEFT_INTERVAL, ((weft_value){.type = WEFT_INTERVAL, .as.interval = {.days = (int32_t)p->v}}),
            given->as.interval.days);
NUMBER_TYPE(as_int32, WEFT_INT32, weft_value_int64(p->v), given->as.i);
NUMBER_TYPE(as_float, WEFT_FLOAT, weft_value_double((double)p->v / 8), (int64_t)(given->as.d * 8));
NUMBER_TYPE(as_macaddr, WEFT_MACADDR,
            weft_value_macaddr((weft_macaddr){.bytes = {(unsigned char)(p->v >> 8), [5] = (unsigned char)p->v}}),
            given->as.macaddr.bytes[0] << 8 | given->as.macaddr.bytes[5]);
NUMBER_TYPE(as_uuid, WEFT_UUID, ((weft_value){.type = WEFT_UUID, .as.uuid = {{(uint8_t)(p->v >> 8), [15] = (uint8_t)p->v}}}),
            given->as.uuid.bytes[0] << 8 | given->as.uuid.bytes[15]);

/* And of those that are texts. */
#define TEXT_TYPE(T, base, format, ...) \
    typedef struct T { \
        int64_t v; \
    } T; \
    static weft_value T##_encode(const T *p) \
    { \
        char *text = weft_type_room(); \
        const int size = snprintf(text, WEFT_TYPE_ROOM, format, (long long)p->v); \
        return (weft_value){.type = (base), .as.s = {text, (size_t)size}}; \
    } \
    static bool T##_decode(const weft_value *given, T *p) \
    { \
        long long v = -1; \
        char text[32]; \
        (void)snprintf(text, sizeof text, "%.*s", (int)given->as.s.size, given->as.s.data); \
        const bool read = sscanf(text, format, &v) == 1; \
        p->v = v; \
        return read; \
    } \
    WEFT_TYPE(T, base, T##_encode, T##_decode, __VA_ARGS__)
TEXT_TYPE(as_text, WEFT_TEXT, "w%lld", .postgres = NULL);
TEXT_TYPE(as_varchar, WEFT_TEXT, "%lld", .postgres = "varchar(20)");
TEXT_TYPE(as_decimal, WEFT_DECIMAL, "%lld.5", .postgres = NULL);
TEXT_TYPE(as_json, WEFT_JSON, "{\"k\":%lld}", .postgres = NULL);
TEXT_TYPE(as_plain_json, WEFT_JSON, "{ \"k\" : %lld }", .postgres = "json");
TEXT_TYPE(as_bytes, WEFT_BYTES, "b%lld", .postgres = NULL);

#define EACH_TYPE(X) \
    X(as_int64) \
    X(as_int16) \
    X(as_double) \
    X(as_date) \
    X(as_time) \
    X(as_timestamp) X(as_interval) X(as_uuid) X(as_text) X(as_varchar) X(as_decimal) X(as_json) X(as_plain_json) X(as_bytes)
#define FIELD(T) T T##_;
#define OPTIONAL_FIELD(T) weft_opt_##T T##_or_null;
#define ARRAY_FIELD(T) weft_array_##T T##_items;
#define COLUMN(T) WEFT_COLUMN_AS(Thing, T##_, T),
#define OPTIONAL_COLUMN(T) WEFT_COLUMN_AS(Thing, T##_or_null, T),
#define ARRAY_COLUMN(T) WEFT_COLUMN_AS(Lists, T##_items, T),

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    int64_t number;
    EACH_TYPE(FIELD)
    EACH_TYPE(OPTIONAL_FIELD)
};
WEFT_DECLARE(Lists);
struct Lists {
    int64_t id;
    int64_t number;
    weft_array_int32 numbers;
    weft_array_text texts;
    weft_array_double doubles;
    EACH_TYPE(ARRAY_FIELD)
};
WEFT_MODEL(Thing, "thing", EACH_TYPE(COLUMN) EACH_TYPE(OPTIONAL_COLUMN) WEFT_COLUMN(Thing, id, .primary_key = true),
           WEFT_COLUMN(Thing, number));
WEFT_MODEL(Lists, "lists", EACH_TYPE(ARRAY_COLUMN) WEFT_COLUMN(Lists, id, .primary_key = true), WEFT_COLUMN(Lists, number),
           WEFT_COLUMN(Lists, numbers), WEFT_COLUMN(Lists, texts), WEFT_COLUMN(Lists, doubles));
WEFT_METADATA(models, &Thing_model, &Lists_model);
FIXTURE_MODELS(models);

/* Rows in one flush: on both sides of where one by one, lists of VALUES and arrays begin. */
static const size_t sizes[] = {1, 2, 3, 64, 99, 100, 101, 130, 501};
enum { MOST = 501 };

static bool agrees(bool same, const char *what)
{
    if (!same)
        print_error("%s differs\n", what);
    return same;
}

static void set_thing(Thing *thing, int64_t v)
{
    thing->number = v;
#define SET(T) thing->T##_.v = v;
#define SET_OPTIONAL(T) thing->T##_or_null = v % 3 == 0 ? (weft_opt_##T)weft_unset : (weft_opt_##T){.set = true, .value = {v}};
    EACH_TYPE(SET)
    EACH_TYPE(SET_OPTIONAL)
}

static bool is_thing(const Thing *thing, int64_t v)
{
    bool same = thing->number == v;
#define IS(T) same = agrees(thing->T##_.v == v, #T) && same;
#define IS_OPTIONAL(T) same = same && thing->T##_or_null.set == (v % 3 != 0) && (v % 3 == 0 || thing->T##_or_null.value.v == v);
    EACH_TYPE(IS)
    EACH_TYPE(IS_OPTIONAL)
    return same;
}

static void things_are(fixture *f, const int64_t *wanted, size_t count)
{
    weft_session_clear(f->s);
    Thing_list things = weft_query(f->s, Thing, .order_by = weft_asc(Thing, id));
    assert_ok(f->s);
    assert_int_equal(things.count, count);
    for (size_t i = 0; i < count; i++)
        if (!is_thing(things.items[i], wanted[i]))
            fail_msg("of %zu rows row %zu is not %lld in all its columns", count, i, (long long)wanted[i]);
}

static void fields_of_every_base_are_written(void **state)
{
    fixture *f = *state;
    int64_t wanted[MOST];
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        const size_t count = sizes[k];
        for (size_t i = 0; i < count; i++) {
            Thing thing = {0};
            set_thing(&thing, wanted[i] = (int64_t)(i + 1));
            assert_non_null(weft_session_new(f->s, &Thing_model, &thing));
        }
        commit_ok(f->s);
        things_are(f, wanted, count);
        for (int run = 0; run < 2; run++) { /* compiled anew, and found */
            Thing_list things = weft_query(f->s, Thing, .order_by = weft_asc(Thing, id));
            for (size_t i = 0; i < count; i++)
                set_thing(weft_edit(f->s, Thing, things.items[i]), wanted[i] += 1000 * (run + 1));
            commit_ok(f->s);
            things_are(f, wanted, count);
        }
        Thing_list things = weft_query(f->s, Thing);
        for (size_t i = 0; i < count; i++)
            assert_call(f->s, weft_delete(f->s, Thing, things.items[i]), WEFT_OK);
        commit_ok(f->s);
        assert_int_equal(weft_count_of(f->s, Thing), 0);
    }
}

/* What the arrays of one row point to. */
typedef struct items {
    int32_t numbers[2];
    const char *texts[2];
    double doubles[2];
#define ITEMS(T) T T##_[2];
    EACH_TYPE(ITEMS)
} items;

static void set_lists(Lists *lists, items *i, int64_t v)
{
    const size_t count = (size_t)v % 3;
    lists->number = v;
    *i = (items){.numbers = {(int32_t)v, 1}, .texts = {"a", "b"}, .doubles = {(double)v, 0.5}};
    lists->numbers = (weft_array_int32){i->numbers, count};
    lists->texts = (weft_array_text){i->texts, count};
    lists->doubles = (weft_array_double){i->doubles, count};
#define SET_ITEMS(T) \
    i->T##_[0].v = v; \
    i->T##_[1].v = v + 1; \
    lists->T##_items = (weft_array_##T){i->T##_, count};
    EACH_TYPE(SET_ITEMS)
}

static bool is_lists(const Lists *lists, int64_t v)
{
    const size_t count = (size_t)v % 3;
    bool same = lists->number == v && lists->numbers.count == count && lists->texts.count == count && lists->doubles.count == count;
    for (size_t i = 0; same && i < count; i++)
        same = lists->numbers.items[i] == (i == 0 ? (int32_t)v : 1) && strcmp(lists->texts.items[i], i == 0 ? "a" : "b") == 0 &&
               lists->doubles.items[i] == (i == 0 ? (double)v : 0.5);
#define IS_ITEMS(T) \
    same = agrees(lists->T##_items.count == count, #T) && same; \
    for (size_t i = 0; same && i < count; i++) \
        same = agrees(lists->T##_items.items[i].v == v + (int64_t)i, #T);
    EACH_TYPE(IS_ITEMS)
    return same;
}

static void lists_are(fixture *f, const int64_t *wanted, size_t count)
{
    weft_session_clear(f->s);
    Lists_list lists = weft_query(f->s, Lists, .order_by = weft_asc(Lists, id));
    assert_ok(f->s);
    assert_int_equal(lists.count, count);
    for (size_t i = 0; i < count; i++)
        if (!is_lists(lists.items[i], wanted[i]))
            fail_msg("of %zu rows row %zu is not %lld in all its columns", count, i, (long long)wanted[i]);
}

static void arrays_of_every_base_are_written(void **state)
{
    fixture *f = *state;
    int64_t wanted[MOST];
    items *kept = calloc(MOST, sizeof *kept);
    assert_non_null(kept);
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        const size_t count = sizes[k];
        for (size_t i = 0; i < count; i++) {
            Lists lists = {0};
            set_lists(&lists, &kept[i], wanted[i] = (int64_t)(i + 1));
            assert_non_null(weft_session_new(f->s, &Lists_model, &lists));
        }
        commit_ok(f->s);
        lists_are(f, wanted, count);
        for (int run = 0; run < 2; run++) {
            Lists_list lists = weft_query(f->s, Lists, .order_by = weft_asc(Lists, id));
            for (size_t i = 0; i < count; i++)
                set_lists(weft_edit(f->s, Lists, lists.items[i]), &kept[i], wanted[i] += 1000 * (run + 1));
            commit_ok(f->s);
            lists_are(f, wanted, count);
        }
        Lists_list lists = weft_query(f->s, Lists);
        for (size_t i = 0; i < count; i++)
            assert_call(f->s, weft_delete(f->s, Lists, lists.items[i]), WEFT_OK);
        commit_ok(f->s);
        assert_int_equal(weft_count_of(f->s, Lists), 0);
    }
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(fields_of_every_base_are_written),
        ON_BOTH(arrays_of_every_base_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
