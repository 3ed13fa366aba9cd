/* Parameters of statements that are constant data: lists for IN, every type, and what fits the columns beside them. */
#include "support/fixture.h"

WEFT_DECLARE(Customer);
WEFT_DECLARE(Order);
struct Customer {
    int64_t id;
    const char *name, *region;
    weft_opt_int32 rank;
    int level;
};
struct Order {
    int64_t id, customer_id;
    const char *state;
    weft_decimal total;
    weft_timestamp created;
};
static const char *const levels[] = {"plain", "silver", "gold"};
WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Customer, name),
           WEFT_COLUMN(Customer, region, .nullable = true), WEFT_COLUMN(Customer, rank), WEFT_ENUM(Customer, level, levels));
WEFT_MODEL(Order, "orders", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, customer_id),
           WEFT_COLUMN(Order, state), WEFT_COLUMN(Order, total, .precision = 12, .scale = 2), WEFT_COLUMN(Order, created));
WEFT_METADATA(models, &Customer_model, &Order_model);
static const char *const filling =
    "INSERT INTO customer (id, name, region, rank, level) VALUES (1, 'ada', 'north', 1, 'gold'), (2, 'bob', 'north', NULL, "
    "'plain'), "
    "(3, 'cyd', NULL, 2, 'plain'), (4, '50%', 'west', NULL, 'silver'); "
    "INSERT INTO orders (id, customer_id, state, total, created) VALUES "
    "(1, 1, 'paid', '10.50', '2026-11-01 00:00:00.000000'), (2, 1, 'paid', '9.50', '2026-11-02 00:00:00.000000'), "
    "(3, 2, 'open', '100.00', '2026-11-02 12:00:00.000000'), (4, 2, 'paid', '7.25', '2026-11-04 00:00:00.000000'), "
    "(5, 3, 'paid', '1000.00', '2026-11-05 00:00:00.000000')";
FIXTURE_ROWS(models, filling);

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
#define C(M, f) weft_col(M, f)

static weft_timestamp at(const char *text)
{
    weft_timestamp value;
    assert_true(weft_timestamp_parse(text, &value));
    return value;
}

static void assert_ids(const fixture *f, Id_list list, const char *expected)
{
    char text[200] = "";
    assert_ok(f->s);
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", i > 0 ? " " : "", (long long)list.items[i]->id);
    assert_string_equal(text, expected);
}

/* ---- lists ---- */

typedef struct Lists {
    WEFT_LIST_OF(int64_t) ids;
    WEFT_LIST_OF(const char *) names;
    WEFT_LIST_OF(int) levels;
    WEFT_LIST_OF(weft_decimal) totals;
    WEFT_LIST_OF(weft_timestamp) created;
    int64_t least;
} Lists;
WEFT_ROW(Lists, WEFT_LIST_FIELD(Lists, ids), WEFT_LIST_FIELD(Lists, names), WEFT_LIST_FIELD(Lists, levels),
         WEFT_LIST_FIELD(Lists, totals), WEFT_LIST_FIELD(Lists, created), WEFT_FIELD(Lists, least));
WEFT_PARAMETERS(Lists);
WEFT_STATEMENT(among, Id, Lists, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_and(weft_or(weft_in_param(Customer, id, Lists, ids), weft_in_param(Customer, name, Lists, names)),
                                 weft_in_param(Customer, level, Lists, levels), weft_ge_col(Customer, id, Lists, least),
                                 weft_not_in_param(Customer, id, Lists, ids)),
               .order_by = weft_order(weft_asc(Customer, id)));
WEFT_STATEMENT(orders_among, Id, Lists, .from = weft_from(Order), .columns = weft_columns(C(Order, id)),
               .where = weft_or(weft_in_param(Order, total, Lists, totals), weft_in_param(Order, created, Lists, created),
                                weft_exists_in(weft_select(.from = weft_from(Customer),
                                                           .where = weft_and(weft_eq_col(Customer, id, Order, customer_id),
                                                                             weft_in_param(Customer, name, Lists, names))))),
               .order_by = weft_order(weft_asc(Order, id)));
WEFT_STATEMENT(of_list, Id, Lists, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_op(C(Customer, id), "=", weft_param(Lists, ids)));
WEFT_STATEMENT(literal_list, Id, Lists, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_literally(weft_in_param(Customer, id, Lists, ids)));

static void lists_are_parameters_of_one_text(void **state)
{
    fixture *f = *state;
    static const int64_t ids[] = {1, 3, 99};
    static const char *const names[] = {"bob", "50%", NULL, "nobody"};
    static const int all[] = {0, 1, 2}, none[] = {2}, wrong[] = {0, 7};
    const weft_decimal totals[] = {{"100"}, {"9.5"}};
    const weft_timestamp times[] = {at("2026-11-04 00:00")};
    enum { MANY = 3000 };
    static int64_t many[MANY];
    for (int i = 0; i < MANY; i++)
        many[i] = i + 5;
    for (int round = 0; round < 2; round++) {
        assert_ids(f, weft_run(f->s, among, .names = {names, 4}, .levels = {all, 3}), "2 4");
        assert_ids(f, weft_run(f->s, among, .ids = {ids, 3}, .names = {names, 4}, .levels = {all, 3}), "2 4");
        assert_ids(f, weft_run(f->s, among, .ids = {many, MANY}, .names = {names, 4}, .levels = {all, 3}, .least = 3), "4");
        assert_ids(f, weft_run(f->s, among, .names = {names, 4}, .levels = {none, 1}), "");
        assert_ids(f, weft_run(f->s, among, .names = {names, 1}, .levels = {all, 1}), "2");
        assert_ids(f, weft_run(f->s, among, .levels = {all, 3}), "");
        assert_ids(f, weft_run(f->s, orders_among, .totals = {totals, 2}), "2 3");
        assert_ids(f, weft_run(f->s, orders_among, .totals = {totals, 1}, .created = {times, 1}, .names = {names, 0}), "3 4");
        assert_ids(f, weft_run(f->s, orders_among, .names = {names, 2}), "3 4");
    }
    assert_int_equal(fixture_cached(f), 2);
    (void)weft_run(f->s, among, .names = {names, 4}, .levels = {wrong, 2});
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_run(f->s, among, .names = {NULL, 4}, .levels = {all, 3});
    assert_message(f->s, "among: the items of Lists.names are NULL");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_run(f->s, of_list, .ids = {ids, 1});
    assert_message(f->s, "the parameter Lists.ids is a list, which weft_in_param takes");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_run(f->s, literal_list, .ids = {ids, 1});
    assert_message(f->s, "the parameter Lists.ids stands within weft_literally");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    /* Such a struct is read into by nobody. */
    (void)weft_rows(f->s, Lists, .from = weft_from(Customer),
                    .columns = weft_columns(C(Customer, id), C(Customer, id), C(Customer, id), C(Customer, id), C(Customer, id),
                                            C(Customer, id)));
    assert_status(f->s, WEFT_ERROR_SCHEMA);
    rollback_ok(f->s);
}

/* ---- every type ---- */

typedef struct kelvin {
    int64_t milli;
} kelvin;
static weft_value kelvin_encode(const kelvin *value)
{
    return value->milli < 0 ? weft_value_text("below zero") : weft_value_int64(value->milli);
}
static bool kelvin_decode(const weft_value *value, kelvin *made)
{
    made->milli = value->as.i;
    return true;
}
WEFT_TYPE(kelvin, WEFT_INT64, kelvin_encode, kelvin_decode);
typedef struct tag {
    char text[8];
} tag;
static weft_value tag_encode(const tag *value)
{
    char *room = weft_type_room();
    (void)snprintf(room, WEFT_TYPE_ROOM, "tag:%s", value->text);
    return weft_value_text(room);
}
static bool tag_decode(const weft_value *value, tag *made)
{
    (void)snprintf(made->text, sizeof made->text, "%s", value->as.s.data + 4);
    return true;
}
WEFT_TYPE(tag, WEFT_TEXT, tag_encode, tag_decode);

typedef struct Every {
    short i16;
    int i32;
    long i64;
    unsigned u32;
    bool yes;
    float real;
    double wide;
    const char *text;
    char chars[8];
    weft_bytes bytes;
    weft_decimal decimal;
    weft_json json;
    weft_timestamp stamp;
    weft_date day;
    weft_time time;
    weft_uuid uuid;
    weft_interval span;
    weft_macaddr mac;
    weft_opt_int16 oi16;
    weft_opt_int32 oi32;
    weft_opt_int64 oi64;
    weft_opt_uint32 ou32;
    weft_opt_bool oyes;
    weft_opt_float oreal;
    weft_opt_double owide;
    weft_opt_timestamp ostamp;
    weft_opt_date oday;
    weft_opt_time otime;
    weft_opt_uuid ouuid;
    weft_opt_interval ospan;
    weft_opt_macaddr omac;
    kelvin warmth;
    tag first, second;
} Every;
#define F(f) WEFT_FIELD(Every, f)
WEFT_ROW(Every, F(i16), F(i32), F(i64), F(u32), F(yes), F(real), F(wide), F(text), F(chars), F(bytes), F(decimal), F(json),
         F(stamp), F(day), F(time), F(uuid), F(span), F(mac), F(oi16), F(oi32), F(oi64), F(ou32), F(oyes), F(oreal), F(owide),
         F(ostamp), F(oday), F(otime), F(ouuid), F(ospan), F(omac), WEFT_FIELD_AS(Every, warmth, kelvin),
         WEFT_FIELD_AS(Every, first, tag), WEFT_FIELD_AS(Every, second, tag));
WEFT_PARAMETERS(Every);
#define P(f) weft_param(Every, f)
#define CAST(f, type) weft_cast(P(f), type)
WEFT_STATEMENT(echoed, Every, Every, .from = weft_from(Customer),
               .columns = weft_columns(CAST(i16, WEFT_INT16), CAST(i32, WEFT_INT32), CAST(i64, WEFT_INT64), CAST(u32, WEFT_UINT32),
                                       CAST(yes, WEFT_BOOL), CAST(real, WEFT_FLOAT), CAST(wide, WEFT_DOUBLE), CAST(text, WEFT_TEXT),
                                       CAST(chars, WEFT_TEXT), CAST(bytes, WEFT_BYTES), CAST(decimal, WEFT_DECIMAL),
                                       CAST(json, WEFT_JSON), CAST(stamp, WEFT_TIMESTAMP), CAST(day, WEFT_DATE),
                                       CAST(time, WEFT_TIME), CAST(uuid, WEFT_UUID), CAST(span, WEFT_INTERVAL),
                                       CAST(mac, WEFT_MACADDR), CAST(oi16, WEFT_INT16), CAST(oi32, WEFT_INT32),
                                       CAST(oi64, WEFT_INT64), CAST(ou32, WEFT_UINT32), CAST(oyes, WEFT_BOOL),
                                       CAST(oreal, WEFT_FLOAT), CAST(owide, WEFT_DOUBLE), CAST(ostamp, WEFT_TIMESTAMP),
                                       CAST(oday, WEFT_DATE), CAST(otime, WEFT_TIME), CAST(ouuid, WEFT_UUID),
                                       CAST(ospan, WEFT_INTERVAL), CAST(omac, WEFT_MACADDR), CAST(warmth, WEFT_INT64),
                                       CAST(first, WEFT_TEXT), CAST(second, WEFT_TEXT)),
               .where = weft_op(C(Customer, id), "=", WEFT_LITERAL_INT(1)));

static void parameters_of_every_type_come_back(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 4; round++) {
        const bool set = round % 2 == 1;
        const Every given = {.i16 = -7,
                             .i32 = round,
                             .i64 = round < 2 ? 5 : INT64_MAX,
                             .u32 = 4000000000u,
                             .yes = set,
                             .real = 0.5f,
                             .wide = 0.1,
                             .text = set ? "it's" : NULL,
                             .chars = "abc",
                             .bytes = {"a\0b", 3},
                             .decimal = {"12.50"},
                             .json = {"{\"a\": 1}"},
                             .stamp = {1234567890123456},
                             .day = {-3},
                             .time = {86399000000},
                             .uuid = {{1, 2, 3}},
                             .span = {1, 2, 3000000},
                             .mac = {{8, 0, 43, 1, 2, 3}},
                             .oi16 = {set, 1},
                             .oi32 = {set, 2},
                             .oi64 = {set, 3},
                             .ou32 = {set, 4},
                             .oyes = {set, true},
                             .oreal = {set, 1.5f},
                             .owide = {set, 2.5},
                             .ostamp = {set, {1}},
                             .oday = {set, {2}},
                             .otime = {set, {3}},
                             .ouuid = {set, {{9}}},
                             .ospan = {set, {4, 5, 6}},
                             .omac = {set, {{7}}},
                             .warmth = {300},
                             .first = {"x"},
                             .second = {"y"}};
        const weft_list list = weft_session_run(f->s, &echoed_statement, &given);
        assert_ok(f->s);
        assert_int_equal(list.count, 1);
        const Every *e = ((const Every *const *)list.items)[0];
        assert_int_equal(e->i16, -7);
        assert_int_equal(e->i32, round);
        assert_true(e->i64 == given.i64);
        assert_int_equal(e->u32, 4000000000u);
        assert_int_equal(e->yes, set);
        assert_true(e->real == 0.5f && e->wide == 0.1);
        assert_true(set ? strcmp(e->text, "it's") == 0 : e->text == NULL);
        assert_string_equal(e->chars, "abc");
        assert_int_equal(e->bytes.size, 3);
        assert_memory_equal(e->bytes.data, "a\0b", 3);
        assert_string_equal(e->decimal.text, "12.50");
        assert_string_equal(e->json.text, "{\"a\": 1}");
        assert_true(e->stamp.usec == given.stamp.usec && e->day.days == -3 && e->time.usec == given.time.usec);
        assert_memory_equal(&e->uuid, &given.uuid, sizeof given.uuid);
        assert_true(e->span.months == 1 && e->span.days == 2 && e->span.usec == 3000000);
        assert_memory_equal(&e->mac, &given.mac, sizeof given.mac);
        assert_true(e->oi16.set == set && e->oi32.set == set && e->oi64.set == set && e->ou32.set == set && e->oyes.set == set);
        assert_true(e->oreal.set == set && e->owide.set == set && e->ostamp.set == set && e->oday.set == set &&
                    e->otime.set == set);
        assert_true(e->ouuid.set == set && e->ospan.set == set && e->omac.set == set);
        assert_true(!set || (e->oi64.value == 3 && e->owide.value == 2.5 && e->oday.value.days == 2 && e->ospan.value.months == 4));
        assert_int_equal(e->warmth.milli, 300);
        assert_string_equal(e->first.text, "x");
        assert_string_equal(e->second.text, "y");
    }
    assert_int_equal(fixture_cached(f), 1);
    (void)weft_run(f->s, echoed, .warmth = {-1});
    assert_message(f->s, "the encoder of its type refused the parameter Every.warmth");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

typedef struct Level {
    int level;
    short rank;
} Level;
WEFT_ROW(Level, WEFT_FIELD(Level, level), WEFT_FIELD(Level, rank));
WEFT_PARAMETERS(Level);
WEFT_STATEMENT(of_level, Id, Level, .from = weft_from(Customer), .columns = weft_columns(C(Customer, id)),
               .where = weft_eq_col(Customer, level, Level, level), .order_by = weft_order(weft_asc(Customer, id)));
WEFT_CHANGE(raise_rank, Level,
            weft_updated(Customer,
                         .set = weft_sets(weft_to_expr(Customer, rank, weft_param(Level, rank)),
                                          weft_to_param(Customer, level, Level, level)),
                         .where = weft_op(C(Customer, id), "=", WEFT_LITERAL_INT(2))));

static void parameters_fit_their_columns(void **state)
{
    fixture *f = *state;
    assert_ids(f, weft_run(f->s, of_level, .level = 0), "2 3");
    assert_ids(f, weft_run(f->s, of_level, .level = 2), "1");
    assert_ids(f, weft_run(f->s, of_level, .level = 1), "4");
    (void)weft_run(f->s, of_level, .level = 3);
    assert_message(f->s, "customer.level: the value is none of the enum's");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    int64_t changed = 0;
    assert_call(f->s, weft_change(f->s, raise_rank, &changed, .level = 2, .rank = 12), WEFT_OK);
    assert_int_equal(changed, 1);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, rank, level FROM customer WHERE id = 2", "2|12|gold");
}

WEFT_DECLARE(Listed);
struct Listed {
    int64_t id;
    WEFT_LIST_OF(int64_t) ids;
};
WEFT_MODEL(Listed, "listed", WEFT_COLUMN(Listed, id, .primary_key = true), WEFT_LIST_FIELD(Listed, ids));
WEFT_METADATA(listed, &Listed_model);

static void a_list_is_no_column(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error;
    assert_error(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &listed}, &error), WEFT_ERROR_MODEL,
                 &error);
    assert_non_null(strstr(error.message, "WEFT_LIST_FIELD belongs to WEFT_PARAMETERS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(lists_are_parameters_of_one_text),
        ON_BOTH(parameters_of_every_type_come_back),
        ON_BOTH(parameters_fit_their_columns),
        ON_BOTH(a_list_is_no_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
