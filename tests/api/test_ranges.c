/* Ranges and multiranges as columns: what was stored comes back as PostgreSQL writes it, on every path, and equals other ways to
 * say it. SQLite has no such types and says so before anything is sent. */
#include "support/fixture.h"

#include "base/text.h"
#include "type/type.h"

WEFT_DECLARE(Span);
struct Span {
    int64_t id;
    weft_range_int32 small;
    weft_range_int64 large;
    weft_range_decimal exact;
    weft_range_date days;
    weft_range_timestamp moments;
    weft_opt_range_date perhaps;
    weft_multirange_int32 many;
    weft_multirange_int64 many_large;
    weft_multirange_decimal many_exact;
    weft_multirange_date many_days;
    weft_multirange_timestamp many_moments;
};
WEFT_MODEL(Span, "span", WEFT_COLUMN(Span, id, .primary_key = true), WEFT_COLUMN(Span, small), WEFT_COLUMN(Span, large),
           WEFT_COLUMN(Span, exact, .nullable = true), WEFT_COLUMN(Span, days), WEFT_COLUMN(Span, moments),
           WEFT_COLUMN(Span, perhaps), WEFT_COLUMN(Span, many, .nullable = true), WEFT_COLUMN(Span, many_large, .nullable = true),
           WEFT_COLUMN(Span, many_exact, .nullable = true), WEFT_COLUMN(Span, many_days, .nullable = true),
           WEFT_COLUMN(Span, many_moments, .nullable = true));

WEFT_DECLARE(Booking);
struct Booking {
    int64_t id;
    int64_t room;
    weft_range_date during;
    weft_opt_range_timestamp hours;
};
WEFT_MODEL(Booking, "booking", WEFT_COLUMN(Booking, id, .primary_key = true), WEFT_COLUMN(Booking, room),
           WEFT_COLUMN(Booking, during), WEFT_COLUMN(Booking, hours),
           WEFT_EXCLUDE(Booking, "USING gist (int8range(room, room, '[]') WITH &&, during WITH &&)", .name = "no_two_at_once"),
           WEFT_INDEX(Booking, "during", .method = "gist"));

/* Whose key is a range, and what refers to it by that. */
WEFT_DECLARE(Block);
WEFT_DECLARE(Lease);
struct Block {
    weft_range_int64 addresses;
    const char *name;
    Lease_list leases;
};
struct Lease {
    int64_t id;
    weft_range_int64 block;
    const Block *owner;
};
WEFT_MODEL(Block, "block", WEFT_COLUMN(Block, addresses, .primary_key = true), WEFT_COLUMN(Block, name),
           WEFT_HAS_MANY(Block, leases, Lease, .foreign_key = "block", .back_populates = "owner"));
WEFT_MODEL(Lease, "lease", WEFT_COLUMN(Lease, id, .primary_key = true), WEFT_COLUMN(Lease, block),
           WEFT_BELONGS_TO(Lease, owner, Block, .foreign_key = "block", .back_populates = "leases"));
/* With defaults of the database's. */
WEFT_DECLARE(Offer);
struct Offer {
    int64_t id;
    weft_range_int32 sizes;
    weft_range_date valid;
    weft_multirange_int64 codes;
    weft_range_decimal price;
    weft_opt_range_int32 twice;
};
WEFT_MODEL(Offer, "offer", WEFT_COLUMN(Offer, id, .primary_key = true), WEFT_COLUMN(Offer, sizes, .server_default = "'[1,10]'"),
           WEFT_COLUMN(Offer, valid, .server_default = "daterange('2026-01-01', NULL)"),
           WEFT_COLUMN(Offer, codes, .server_default = "'{[1,3),[3,5)}'"),
           WEFT_COLUMN(Offer, price, .server_default = "'(0,9.50]'"),
           WEFT_COLUMN(Offer, twice, .generated = "sizes * int4range(1, 5)"));
WEFT_METADATA(models, &Span_model, &Booking_model, &Block_model, &Lease_model, &Offer_model);
static const weft_metadata no_models = {.models = NULL, .count = 0};
FIXTURE_MODELS(no_models);

static weft_session *session_of(fixture *f, weft_engine **engine)
{
    weft_error error = {0};
    *engine = fixture_engine(f, (weft_engine_options){.metadata = &models});
    assert_error(weft_create_all(*engine, &error), WEFT_OK, &error);
    return weft_session_open(*engine, NULL);
}

#define DAY(n) ((weft_date){n})
#define DAYS(a, b) ((weft_range_date){.lower = {a}, .upper = {b}})

static void a_range_goes_in_and_comes_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    (void)weft_new(s, Span, .small = {.lower = 1, .upper = 5}, .large = {.lower = INT64_MIN, .upper = INT64_MAX},
                   .exact = {"[0.50,12345678901234567890.123456789)"}, .days = {.lower = {0}, .upper = {31}},
                   .moments = {.lower = {0}, .upper = {1}, .upper_closed = true}, .perhaps = weft_some({.no_upper = true}),
                   .many = {(weft_range_int32[]){{.lower = 5, .upper = 7}, {.lower = 1, .upper = 2, .upper_closed = true}}, 2},
                   .many_exact = {(weft_range_decimal[]){{"(1.5,2]"}, {"[3,)"}}, 2});
    commit_ok(s);
    assert_rows(f, "SELECT small, large, exact, days, moments, perhaps, many, many_large, many_exact FROM span",
                "[1,5)|[-9223372036854775808,9223372036854775807)|[0.50,12345678901234567890.123456789)|[1970-01-01,1970-02-01)|"
                "[\"1970-01-01 00:00:00+00\",\"1970-01-01 00:00:00.000001+00\"]|[1970-01-01,)|{[1,3),[5,7)}|NULL|{(1.5,2],[3,)}");
    weft_session_clear(s);
    const Span *span = weft_get(s, Span, 1);
    assert_ok(s);
    assert_int_equal(span->small.lower, 1);
    assert_int_equal(span->small.upper, 5);
    assert_true(span->large.lower == INT64_MIN && span->large.upper == INT64_MAX && !span->large.upper_closed);
    assert_string_equal(span->exact.text, "[0.50,12345678901234567890.123456789)");
    assert_int_equal(span->days.upper.days, 31);
    assert_true(span->moments.upper.usec == 1 && span->moments.upper_closed && !span->moments.lower_open);
    assert_true(span->perhaps.set && !span->perhaps.value.no_lower && span->perhaps.value.no_upper);
    assert_int_equal(span->many.count, 2);
    assert_true(span->many.items[0].lower == 1 && span->many.items[0].upper == 3 && span->many.items[1].upper == 7);
    assert_null(span->many_large.items);
    assert_string_equal(span->many_exact.items[1].text, "[3,)");
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- every way that rows go, at the edges of what there is ---- */

#define I32(...) ((weft_range_int32){__VA_ARGS__})
#define OPEN .lower_open = true
#define CLOSED .upper_closed = true

/* What is given for row i, and what the server keeps; the rows of a Span hold case i of each. */
static const struct {
    weft_range_int32 given;
    const char *kept;
} smalls[] = {
    {{.lower = 1, .upper = 5}, "[1,5)"},
    {{.lower = 1, .upper = 5, CLOSED}, "[1,6)"},
    {{.lower = 1, .upper = 5, OPEN, CLOSED}, "[2,6)"},
    {{.lower = 3, .upper = 3}, "empty"},
    {{.lower = 3, .upper = 3, CLOSED}, "[3,4)"},
    {{.lower = 3, .upper = 4, OPEN}, "empty"},
    {{.lower = INT32_MIN, .upper = INT32_MAX}, "[-2147483648,2147483647)"},
    {{.no_lower = true, .lower = 9, .upper = 5}, "(,5)"},
    {{.lower = 5, .no_upper = true, CLOSED}, "[5,)"},
    {{.no_lower = true, .no_upper = true}, "(,)"},
    {{.empty = true, .lower = 8, .upper = 2}, "empty"},
};
static const struct {
    weft_range_int64 given;
    const char *kept;
} larges[] = {
    {{.lower = INT64_MIN, .upper = INT64_MAX}, "[-9223372036854775808,9223372036854775807)"},
    {{.lower = -5, .upper = 5, OPEN, CLOSED}, "[-4,6)"},
    {{.lower = INT64_MAX, .no_upper = true}, "[9223372036854775807,)"},
    {{.upper = 0, .no_lower = true, CLOSED}, "(,1)"},
    {{0}, "empty"},
};
static const char *const exacts[][2] = {
    {"[0.50,2.25)", "[0.50,2.25)"},
    {" ( 1 , 2 ] ", "(1,2]"},
    {"[1,1]", "[1,1]"},
    {"(1,1.0)", "empty"},
    {"(,)", "(,)"},
    {"[,10]", "(,10]"},
    {"[-123456789012345678901234567890.123456789012345678901234567890,1e30]",
     "[-123456789012345678901234567890.123456789012345678901234567890,1000000000000000000000000000000]"},
    {"EMPTY", "empty"},
    {"[\"1.5\",2)", "[1.5,2)"},
    {"[-Infinity,NaN]", "[-Infinity,NaN]"},
    {NULL, "NULL"},
};
static const struct {
    weft_range_date given;
    const char *kept;
} days[] = {
    {{.lower = {0}, .upper = {31}}, "[1970-01-01,1970-02-01)"},
    {{.lower = {-1}, .upper = {0}, CLOSED}, "[1969-12-31,1970-01-02)"},
    {{.lower = {INT32_MIN}, .upper = {INT32_MAX}, CLOSED}, "[-infinity,infinity]"},
    {{.lower = {0}, .upper = {INT32_MAX}}, "[1970-01-01,infinity)"},
    {{.lower = {-800000}, .no_upper = true}, "[\"0222-09-04 BC\",)"},
    {{.lower = {5}, .upper = {6}, OPEN}, "empty"},
};
static const struct {
    weft_range_timestamp given;
    const char *kept;
} moments[] = {
    {{.lower = {0}, .upper = {1}}, "[\"1970-01-01 00:00:00+00\",\"1970-01-01 00:00:00.000001+00\")"},
    {{.lower = {0}, .upper = {1}, OPEN, CLOSED}, "(\"1970-01-01 00:00:00+00\",\"1970-01-01 00:00:00.000001+00\"]"},
    {{.lower = {INT64_MIN}, .upper = {INT64_MAX}, CLOSED}, "[-infinity,infinity]"},
    {{.lower = {-1}, .upper = {-1}, CLOSED}, "[\"1969-12-31 23:59:59.999999+00\",\"1969-12-31 23:59:59.999999+00\"]"},
    {{.lower = {-1}, .upper = {-1}}, "empty"},
    {{.no_lower = true, .upper = {INT64_MAX}}, "(,infinity)"},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define CASE(array, i) ((array)[(i) % COUNT(array)])

enum { FEW = 66, MANY = 3000 };

static const char *exact_of(size_t i) { return CASE(exacts, i)[0]; }

static Span *spans(size_t count)
{
    Span *rows = calloc(count, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count; i++) {
        rows[i] = (Span){.id = (int64_t)i + 1,
                         .small = CASE(smalls, i).given,
                         .large = CASE(larges, i).given,
                         .exact = {exact_of(i)},
                         .days = CASE(days, i).given,
                         .moments = CASE(moments, i).given,
                         .perhaps = {i % 3 != 0, CASE(days, i + 1).given},
                         .many = {&CASE(smalls, i).given, i % 4 == 3 ? 0 : 1},
                         .many_large = {i % 2 != 0 ? &CASE(larges, i).given : NULL, i % 2},
                         .many_days = {&CASE(days, i).given, 1},
                         .many_moments = {&CASE(moments, i).given, 1}};
    }
    static const weft_range_decimal some[] = {{"[7,9)"}, {"[1.50,2)"}, {"[2,3]"}};
    for (size_t i = 0; i < count; i++)
        rows[i].many_exact = (weft_multirange_decimal){i % 5 != 0 ? some : NULL, i % 5 != 0 ? i % 4 : 0};
    return rows;
}

static void add_multirange(wefti_text *text, const char *range)
{
    wefti_text_add_format(text, "|{%s}", strcmp(range, "empty") != 0 ? range : "");
}

/* By another connection than weft's, whose texts are the server's. */
static void assert_kept(fixture *f, size_t count)
{
    static const char *const some[] = {"{}", "{[7,9)}", "{[1.50,2),[7,9)}", "{[1.50,3],[7,9)}"};
    wefti_text text;
    wefti_text_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        const char *exact = CASE(exacts, i)[1];
        wefti_text_add_format(&text, "%s%zu|%s|%s|%s|%s|%s|%s", i > 0 ? "\n" : "", i + 1, CASE(smalls, i).kept,
                              CASE(larges, i).kept, exact, CASE(days, i).kept, CASE(moments, i).kept,
                              i % 3 != 0 ? CASE(days, i + 1).kept : "NULL");
        add_multirange(&text, i % 4 == 3 ? "empty" : CASE(smalls, i).kept);
        if (i % 2 != 0)
            add_multirange(&text, CASE(larges, i).kept);
        else
            wefti_text_add(&text, "|NULL");
        wefti_text_add_format(&text, "|%s", i % 5 != 0 ? some[i % 4] : "NULL");
        add_multirange(&text, CASE(days, i).kept);
        add_multirange(&text, CASE(moments, i).kept);
    }
    assert_rows(f,
                "SELECT id, small, large, exact, days, moments, perhaps, many, many_large, many_exact, many_days, many_moments "
                "FROM span ORDER BY id",
                text.data);
    wefti_text_deinit(&text);
}

/* What was read says what was given, in the server's form: both are the same value. */
#define SAME(T, a, b) \
    do { \
        const weft_value a_ = weft_value_##T(a), b_ = weft_value_##T(b); \
        assert_true(wefti_values_equal(&a_, &b_) && wefti_values_compare(&a_, &b_) == 0); \
        assert_true(wefti_value_hash(a_.type, &a_, 7) == wefti_value_hash(b_.type, &b_, 7)); \
    } while (0)

static void assert_read(const Span *row, size_t i)
{
    assert_int_equal(row->id, i + 1);
    SAME(range_int32, row->small, CASE(smalls, i).given);
    SAME(range_int64, row->large, CASE(larges, i).given);
    SAME(range_decimal, row->exact, ((weft_range_decimal){exact_of(i)}));
    SAME(range_date, row->days, CASE(days, i).given);
    SAME(range_timestamp, row->moments, CASE(moments, i).given);
    assert_int_equal(row->perhaps.set, i % 3 != 0);
    assert_false(row->small.upper_closed);
    const size_t smalls_kept = i % 4 != 3 && strcmp(CASE(smalls, i).kept, "empty") != 0;
    assert_true(row->many.items != NULL && row->many.count == smalls_kept);
    assert_int_equal(row->many_large.items != NULL, i % 2);
    assert_int_equal(row->many_exact.items != NULL, i % 5 != 0);
    if (row->many_exact.count > 1)
        assert_string_equal(row->many_exact.items[1].text, "[7,9)");
    if (smalls_kept > 0)
        SAME(range_int32, row->many.items[0], CASE(smalls, i).given);
    assert_int_equal(row->many_moments.count, strcmp(CASE(moments, i).kept, "empty") != 0);
    if (row->many_moments.count > 0)
        SAME(range_timestamp, row->many_moments.items[0], CASE(moments, i).given);
}

static void assert_all_read(weft_session *s, size_t count)
{
    weft_session_clear(s);
    Span_list list = weft_query(s, Span, .order_by = weft_order(weft_asc(Span, id)));
    assert_ok(s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_read(list.items[i], i);
    list = weft_text_query(s, Span, "SELECT * FROM span ORDER BY id", NULL); /* as texts */
    assert_ok(s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_read(list.items[i], i);
}

static void objects_come_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    Span *rows = spans(FEW);
    for (size_t i = 0; i < FEW; i++) {
        Span *span = weft_new(s, Span, .id = 0);
        *span = rows[i];
        if (i < 20)
            flush_ok(s); /* one row, the others many */
    }
    commit_ok(s);
    free(rows);
    assert_kept(f, FEW);
    assert_all_read(s, FEW);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void rows_of_lists_and_copy_come_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    Span *rows = spans(MANY);
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Span, rows, FEW, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Span, rows + FEW, MANY - FEW, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    free(rows);
    assert_kept(f, MANY);
    assert_all_read(s, MANY);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void edits_are_written(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (size_t i = 0; i < FEW; i++)
        (void)weft_new(s, Span, .id = (int64_t)i + 1, .small = {.lower = 77, .upper = 78});
    commit_ok(s);
    Span *rows = spans(FEW);
    Span_list list = weft_query(s, Span, .order_by = weft_order(weft_asc(Span, id)));
    for (size_t i = 0; i < FEW; i++)
        *weft_edit(s, Span, list.items[i]) = rows[i];
    commit_ok(s);
    free(rows);
    assert_kept(f, FEW);
    for (size_t i = 0; i < FEW; i++) /* copies of the session's own */
        assert_string_equal(list.items[i]->exact.text != NULL ? list.items[i]->exact.text : "-",
                            exact_of(i) != NULL ? exact_of(i) : "-");
    assert_all_read(s, FEW);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void another_way_to_say_it_is_no_edit(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    (void)weft_new(s, Span, .small = {.lower = 1, .upper = 5}, .exact = {"[1,2)"}, .days = DAYS(0, 2));
    commit_ok(s);
    weft_session_clear(s);
    Span *span = weft_edit(s, Span, weft_first(s, Span));
    test_recorder_clear(f->recorder);
    span->small = I32(.lower = 0, .upper = 4, OPEN, CLOSED);
    span->days = (weft_range_date){.lower = {0}, .upper = {1}, CLOSED};
    span->moments = (weft_range_timestamp){.empty = true};
    flush_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "UPDATE"), 0);
    span->small = I32(.lower = 0, .upper = 5);
    span->perhaps = (weft_opt_range_date)weft_some({.no_lower = true, .upper = {0}});
    commit_ok(s);
    assert_rows(f, "SELECT small, days, moments, perhaps FROM span", "[0,5)|[1970-01-01,1970-01-03)|empty|(,1970-01-01)");
    span = weft_edit(s, Span, weft_first(s, Span));
    span->perhaps.set = false;
    span->exact.text = NULL;
    commit_ok(s);
    assert_rows(f, "SELECT perhaps IS NULL, exact IS NULL FROM span", "t|t");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void optionals_stand_in_conditions_and_assignments(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    const weft_opt_range_date week = weft_some({.lower = {0}, .upper = {7}}), none = weft_unset;
    int64_t count = 0;
    (void)weft_new(s, Span, .perhaps = week);
    (void)weft_new(s, Span, .small = {.empty = true});
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Span, .where = weft_eq(Span, perhaps, week)), 1);
    assert_int_equal(weft_count_of(s, Span, .where = weft_eq(Span, perhaps, none)), 1);
    assert_int_equal(weft_count_of(s, Span, .where = weft_range_overlaps(Span, perhaps, week)), 1);
    assert_int_equal(weft_count_of(s, Span, .where = weft_range_overlaps(Span, perhaps, none)), 0);
    assert_int_equal(weft_count_of(s, Span, .where = weft_range_within(Span, perhaps, week.value)), 1);
    assert_call(s,
                weft_session_update(s, weft_update_of(Span, .set = weft_sets(weft_to(Span, perhaps, none)), .all = true), &count),
                WEFT_OK);
    assert_int_equal(weft_count_of(s, Span, .where = weft_is_null(Span, perhaps)), 2);
    assert_call(s,
                weft_session_update(s, weft_update_of(Span, .set = weft_sets(weft_to(Span, perhaps, week)), .all = true), &count),
                WEFT_OK);
    assert_int_equal(weft_count_of(s, Span, .where = weft_eq(Span, perhaps, week.value)), 2);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- keys ---- */

static void a_range_is_a_key(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    (void)weft_new(s, Block, .addresses = {.lower = 1, .upper = 9, CLOSED}, .name = "a");
    const Block *open = weft_new(s, Block, .addresses = {.no_upper = true, .lower = 5}, .name = "b");
    commit_ok(s);
    assert_ptr_equal(weft_get(s, Block, weft_key(Block, .addresses = {.lower = 4, .no_upper = true, OPEN})), open);
    weft_session_clear(s);
    const Block *block = weft_get(s, Block, weft_key(Block, .addresses = {.lower = 1, .upper = 10}));
    assert_ok(s);
    assert_string_equal(block->name, "a");
    weft_edit(s, Block, block)->name = "c";
    weft_delete(s, Block, weft_get(s, Block, weft_key(Block, .addresses = {.lower = 5, .no_upper = true})));
    commit_ok(s);
    assert_rows(f, "SELECT addresses, name FROM block", "[1,10)|c");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void rows_refer_to_others_by_a_range(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (int i = 0; i < 6; i++) {
        Block *block = weft_new(s, Block, .addresses = {.lower = 10 * i, .upper = 10 * i + 9, CLOSED}, .name = "b");
        for (int k = 0; k < i; k++)
            weft_append(s, Block, block, leases, Lease, weft_new(s, Lease, .id = 0));
    }
    (void)weft_new(s, Lease, .block = {.lower = -1, .upper = 9, OPEN, CLOSED}); /* of the first */
    commit_ok(s);
    assert_rows(f, "SELECT block, count(*) FROM lease GROUP BY 1 ORDER BY 1",
                "[0,10)|1\n[10,20)|1\n[20,30)|2\n[30,40)|3\n[40,50)|4\n[50,60)|5");
    for (int way = 0; way < 3; way++) {
        weft_session_clear(s);
        Block_list list = weft_query(s, Block, .order_by = weft_order(weft_asc(Block, addresses)),
                                     .load = way == 0   ? weft_load(weft_selectin(Block, leases))
                                             : way == 1 ? weft_load(weft_joined(Block, leases))
                                                        : NULL);
        assert_ok(s);
        assert_int_equal(list.count, 6);
        for (size_t i = 0; i < 6; i++) {
            const Lease_list leases = way < 2 ? list.items[i]->leases : weft_lazy(s, Block, list.items[i], leases);
            assert_int_equal(leases.count, i > 0 ? i : 1);
        }
        assert_ok(s);
    }
    Lease_list leases = weft_query(s, Lease, .load = weft_load(weft_joined(Lease, owner)));
    assert_ok(s);
    for (size_t i = 0; i < leases.count; i++)
        assert_true(leases.items[i]->owner != NULL && leases.items[i]->owner->addresses.lower == leases.items[i]->block.lower);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- conditions and expressions ---- */

static weft_session *bookings(fixture *f, weft_engine **engine)
{
    weft_session *s = session_of(f, engine);
    (void)weft_new(s, Booking, .room = 1, .during = DAYS(0, 10));
    (void)weft_new(s, Booking, .room = 1, .during = DAYS(10, 12), .hours = weft_some({.lower = {0}, .upper = {5}}));
    (void)weft_new(s, Booking, .room = 2, .during = {.lower = {5}, .no_upper = true});
    (void)weft_new(s, Booking, .room = 3, .during = {.empty = true});
    commit_ok(s);
    return s;
}

/* The numbers of the bookings that a condition finds, as digits. */
static int found(weft_session *s, const weft_expr *where)
{
    int digits = 0;
    Booking_list list = weft_query(s, Booking, .where = where, .order_by = weft_order(weft_asc(Booking, id)));
    assert_ok(s);
    for (size_t i = 0; i < list.count; i++)
        digits = digits * 10 + (int)list.items[i]->id;
    return digits;
}

static void ranges_are_searched(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = bookings(f, &engine);
    assert_int_equal(found(s, weft_range_has(Booking, during, DAY(7))), 13);
    assert_non_null(strstr(fixture_last_sql(f), "during @> $1"));
    assert_int_equal(found(s, weft_range_has(Booking, hours, ((weft_timestamp){4}))), 2);
    assert_int_equal(found(s, weft_range_contains(Booking, during, DAYS(10, 11))), 23);
    assert_int_equal(found(s, weft_range_within(Booking, during, DAYS(0, 12))), 124);
    assert_non_null(strstr(fixture_last_sql(f), "during <@ $1"));
    assert_int_equal(found(s, weft_range_overlaps(Booking, during, DAYS(9, 11))), 123);
    assert_int_equal(found(s, weft_range_before(Booking, during, DAYS(10, 11))), 1);
    assert_int_equal(found(s, weft_range_after(Booking, during, DAYS(0, 5))), 23);
    assert_int_equal(found(s, weft_range_not_beyond(Booking, during, DAYS(0, 12))), 12);
    assert_int_equal(found(s, weft_range_not_before(Booking, during, DAYS(5, 6))), 23);
    assert_int_equal(found(s, weft_range_adjacent(Booking, during, DAYS(12, 13))), 2);
    assert_int_equal(found(s, weft_eq(Booking, during, ((weft_range_date){.lower = {0}, .upper = {9}, CLOSED}))), 1);
    assert_int_equal(found(s, weft_ne(Booking, during, DAYS(0, 10))), 234);
    assert_int_equal(found(s, weft_lt(Booking, during, DAYS(5, 6))), 14); /* an empty one is least */
    assert_int_equal(found(s, weft_is_null(Booking, hours)), 134);
    const weft_range_date two[] = {DAYS(1, 2), DAYS(11, 12)};
    assert_int_equal(found(s, weft_range_overlaps(Booking, during, ((weft_multirange_date){two, 2}))), 123);
    assert_non_null(strstr(fixture_last_sql(f), "during && $1"));
    assert_int_equal(found(s, weft_range_is_empty(weft_col(Booking, during))), 4);
    assert_int_equal(found(s, weft_range_no_upper(weft_col(Booking, during))), 3);
    assert_int_equal(found(s, weft_and(weft_range_lower_closed(weft_col(Booking, during)),
                                       weft_not(weft_range_upper_closed(weft_col(Booking, during))),
                                       weft_not(weft_range_no_lower(weft_col(Booking, during))))),
                     123);
    assert_int_equal(found(s, weft_op(weft_range_lower(weft_col(Booking, during)), "=", weft_val(DAY(5)))), 3);
    const weft_expr *both = weft_range_intersection(weft_col(Booking, during), weft_val(DAYS(0, 6)));
    assert_int_equal(found(s, weft_op(weft_range_upper(both), "=", weft_val(DAY(6)))), 13);
    assert_non_null(strstr(fixture_last_sql(f), "upper(booking.during * $1) = $2"));
    (void)weft_count_of(s, Booking,
                        .where = weft_range_is_empty(weft_range_union(weft_col(Booking, during), weft_val(DAYS(40, 41)))));
    assert_refused(s, WEFT_ERROR_DATA); /* they would be two */
    weft_session_close(s);
    weft_engine_close(engine);
}

static void literals_are_ranges(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = bookings(f, &engine);
    assert_int_equal(found(s, weft_literally(weft_range_overlaps(Booking, during, DAYS(9, 11)))), 123);
    assert_non_null(strstr(fixture_last_sql(f), "'[1970-01-10,1970-01-12)'::daterange"));
    assert_int_equal(found(s, weft_literally(weft_range_overlaps(Booking, during, DAYS(11, 12)))), 23); /* another text */
    assert_int_equal(found(s, weft_literally(weft_eq(Booking, during, ((weft_range_date){.empty = true})))), 4);
    const weft_range_timestamp hours = {.lower = {-1}, .upper = {INT64_MAX}, CLOSED};
    assert_int_equal(found(s, weft_literally(weft_range_within(Booking, hours, hours))), 2);
    assert_non_null(strstr(fixture_last_sql(f), "'[\"1969-12-31 23:59:59.999999+00\",infinity]'::tstzrange"));
    const weft_range_timestamp two[] = {{.lower = {0}, .upper = {1}}, {.lower = {3}, .no_upper = true}};
    assert_int_equal(found(s, weft_literally(weft_range_overlaps(Booking, hours, ((weft_multirange_timestamp){two, 2})))), 2);
    weft_session_close(s);
    weft_engine_close(engine);
}

typedef struct Gathered {
    int64_t room;
    weft_multirange_date all;
    weft_opt_range_date common;
    weft_range_date merged;
    weft_opt_date first;
} Gathered;
WEFT_ROW(Gathered, WEFT_FIELD(Gathered, room), WEFT_FIELD(Gathered, all), WEFT_FIELD(Gathered, common),
         WEFT_FIELD(Gathered, merged), WEFT_FIELD(Gathered, first));

static void groups_are_gathered(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = bookings(f, &engine);
    (void)weft_new(s, Booking, .room = 1, .during = DAYS(20, 22));
    flush_ok(s);
    const weft_expr *during = weft_col(Booking, during);
    Gathered_list rows =
        weft_rows(s, Gathered, .from = weft_from(Booking),
                  .columns = weft_columns(weft_col(Booking, room), weft_range_agg(during), weft_range_intersect_agg(during),
                                          weft_multirange_merge(weft_range_agg(during)), weft_min(weft_range_lower(during))),
                  .group_by = weft_columns(weft_col(Booking, room)), .order_by = weft_order(weft_asc(Booking, room)));
    assert_ok(s);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.items[0]->all.count, 2);
    assert_int_equal(rows.items[0]->all.items[0].upper.days, 12);
    assert_int_equal(rows.items[0]->all.items[1].lower.days, 20);
    assert_true(rows.items[0]->common.set && rows.items[0]->common.value.empty);
    assert_true(rows.items[0]->merged.lower.days == 0 && rows.items[0]->merged.upper.days == 22);
    assert_true(rows.items[0]->first.set && rows.items[0]->first.value.days == 0);
    assert_true(rows.items[1]->all.items[0].no_upper && rows.items[1]->merged.no_upper);
    assert_true(rows.items[2]->all.items != NULL && rows.items[2]->all.count == 0 && !rows.items[2]->first.set);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void ranges_are_changed_by_statements(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = bookings(f, &engine);
    weft_session_update(s,
                        weft_update_of(Booking,
                                       .set = weft_sets(weft_to(Booking, during, DAYS(1, 2)),
                                                        weft_to(Booking, hours, ((weft_range_timestamp){.empty = true}))),
                                       .where = weft_eq(Booking, id, 1)),
                        NULL);
    weft_session_update(s,
                        weft_update_of(Booking,
                                       .set = weft_sets(
                                           weft_to_expr(Booking, during,
                                                        weft_range_difference(weft_col(Booking, during), weft_val(DAYS(11, 12))))),
                                       .where = weft_eq(Booking, id, 2)),
                        NULL);
    weft_session_update(s,
                        weft_update_of(Booking,
                                       .set = weft_sets(weft_to_expr(
                                           Booking, during, weft_range_merge(weft_col(Booking, during), weft_val(DAYS(3, 4))))),
                                       .where = weft_eq(Booking, id, 4)),
                        NULL);
    commit_ok(s);
    assert_rows(f, "SELECT during, hours FROM booking WHERE id <> 3 ORDER BY id",
                "[1970-01-02,1970-01-03)|empty\n[1970-01-11,1970-01-12)|[\"1970-01-01 00:00:00+00\",\"1970-01-01 "
                "00:00:00.000005+00\")\n[1970-01-04,1970-01-05)|NULL");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void no_room_is_booked_twice(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = bookings(f, &engine);
    (void)weft_new(s, Booking, .room = 1, .during = DAYS(9, 10));
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    assert_message(s, "no_two_at_once");
    rollback_ok(s);
    (void)weft_new(s, Booking, .room = 1, .during = DAYS(12, 13));
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM booking", "5");
    weft_session_close(s);
    weft_engine_close(engine);
}

typedef struct Given {
    weft_range_date days;
    weft_range_decimal exact;
    weft_multirange_int32 many;
    weft_opt_range_int64 none;
    weft_range_int64 wide;
    weft_range_timestamp local;
    const char *shown;
} Given;
WEFT_ROW(Given, WEFT_FIELD(Given, days), WEFT_FIELD(Given, exact), WEFT_FIELD(Given, many), WEFT_FIELD(Given, none),
         WEFT_FIELD(Given, wide), WEFT_FIELD(Given, local), WEFT_FIELD(Given, shown));

static void text_sql_takes_and_gives_ranges(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    const weft_range_int32 ranges[] = {{.lower = 5, .upper = 6}, {.lower = 1, .upper = 3}};
    for (int i = 0; i < 3; i++) { /* later runs are prepared */
        const Given_list rows = weft_text_rows(
            s, Given,
            "SELECT $1 AS days, $2 AS exact, $3 AS many, $4 AS none, int4range(1, 3) AS wide, tsrange('-infinity', "
            "'1970-01-01 00:00:01') AS local, $1::text AS shown",
            weft_parameters(weft_value_range_date(DAYS(0, 3)), weft_value_range_decimal((weft_range_decimal){"(1,2.50]"}),
                            weft_value_multirange_int32((weft_multirange_int32){ranges, 2}), weft_value_null(WEFT_RANGE_INT64)));
        assert_ok(s);
        assert_int_equal(rows.count, 1);
        const Given *row = rows.items[0];
        assert_true(row->days.lower.days == 0 && row->days.upper.days == 3);
        assert_string_equal(row->exact.text, "(1,2.50]");
        assert_true(row->many.count == 2 && row->many.items[0].lower == 1 && row->many.items[1].upper == 6);
        assert_false(row->none.set);
        assert_true(row->wide.lower == 1 && row->wide.upper == 3);
        assert_true(row->local.lower.usec == INT64_MIN && row->local.upper.usec == 1000000);
        assert_string_equal(row->shown, "[1970-01-01,1970-01-04)");
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- what is refused ---- */

static void what_is_no_range_is_refused(void **state)
{
    static const char *const wrong[] = {"", "[1,2", "1,2", "[1;2]", "[a,b]", "[1,2,3]", "[1,2)x", "[\"1,2)", "{[1,2)}", "empt"};
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        weft_decimal_bounds bounds;
        char room[16];
        assert_false(weft_range_decimal_parse((weft_range_decimal){wrong[i]}, room, &bounds));
        (void)weft_new(s, Span, .exact = {wrong[i]});
        assert_int_not_equal(weft_session_flush(s), WEFT_OK);
        assert_refused(s, WEFT_ERROR_DATA);
        assert_int_equal(weft_count_of(s, Span, .where = weft_eq(Span, exact, ((weft_range_decimal){wrong[i]}))), 0);
        assert_refused(s, WEFT_ERROR_DATA);
    }
    (void)weft_new(s, Span, .small = {.lower = 5, .upper = 1});
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    assert_refused(s, WEFT_ERROR_DATA);
    (void)weft_new(s, Span, .large = {.lower = 5, .upper = 4, CLOSED}); /* not the empty one that [5,5) is */
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    assert_refused(s, WEFT_ERROR_DATA);
    (void)weft_new(s, Span, .small = {.lower = 5, .upper = INT32_MAX, CLOSED});
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    rollback_ok(s);
    (void)weft_new(s, Span, .many_exact = {(const weft_range_decimal[]){{"[1,2)"}, {NULL}}, 2});
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    assert_refused(s, WEFT_ERROR_DATA);
    test_recorder_clear(f->recorder);
    (void)weft_count_of(s, Span, .where = weft_range_overlaps_of(weft_col(Span, small), weft_col(Span, large)));
    assert_message(s, "range of int32");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Span, .where = weft_range_is_empty(weft_range_union(weft_col(Span, small), weft_col(Span, many))));
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Span, .where = weft_range_overlaps_of(weft_col(Span, id), weft_col(Span, large)));
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Span, .where = weft_range_has_of(weft_col(Span, small), weft_col(Booking, during)));
    assert_refused(s, WEFT_ERROR_TYPE);
    const weft_expr odd = {.op = WEFT_EXPR_RANGE_TEST,
                           .name = "; DROP",
                           .args = WEFT_NODES(weft_col(Span, small), weft_col(Span, small))};
    (void)weft_count_of(s, Span, .where = &odd);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void the_parts_of_a_range_of_decimals(void **state)
{
    weft_decimal_bounds bounds;
    char room[32];
    (void)state;
    assert_true(weft_range_decimal_parse((weft_range_decimal){"(1.50,\"2\"]"}, room, &bounds));
    assert_string_equal(bounds.lower.text, "1.50");
    assert_string_equal(bounds.upper.text, "2");
    assert_true(bounds.lower_open && bounds.upper_closed && !bounds.empty);
    assert_true(weft_range_decimal_parse((weft_range_decimal){"[,7)"}, room, &bounds));
    assert_true(bounds.lower.text == NULL && strcmp(bounds.upper.text, "7") == 0 && !bounds.lower_open);
    assert_true(weft_range_decimal_parse((weft_range_decimal){"[1,1.0)"}, room, &bounds));
    assert_true(bounds.empty && bounds.lower.text == NULL);
    assert_false(weft_range_decimal_parse((weft_range_decimal){NULL}, room, &bounds));
}

/* ---- the schema ---- */

static void the_schema_is_read_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    weft_error error = {0};
    assert_rows(f,
                "SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
                "'span'::regclass AND attnum > 1",
                "int4range int8range numrange daterange tstzrange daterange int4multirange int8multirange nummultirange "
                "datemultirange tstzmultirange");
    weft_schema *wanted = NULL, *given = NULL;
    weft_ops *ops = NULL;
    weft_difference *differences = NULL;
    size_t count = 0;
    assert_error(weft_engine_check(engine, &differences, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_schema_of_models(&wanted, &models, "postgresql", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&given, engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(engine, wanted, given, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(wanted);
    weft_schema_free(given);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void the_database_gives_defaults(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    const Offer *offer = weft_new(s, Offer, .id = 0);
    (void)weft_new(s, Offer, .sizes = {.empty = true}, .codes = {&(weft_range_int64){.lower = 7, .no_upper = true}, 1});
    commit_ok(s);
    assert_rows(f, "SELECT sizes, valid, codes, price, twice FROM offer ORDER BY id",
                "[1,11)|[2026-01-01,)|{[1,5)}|(0,9.50]|[1,5)\nempty|[2026-01-01,)|{[7,)}|(0,9.50]|empty");
    offer = weft_get(s, Offer, offer->id);
    assert_ok(s);
    assert_true(offer->sizes.lower == 1 && offer->sizes.upper == 11 && offer->valid.no_upper);
    assert_true(offer->codes.count == 1 && offer->codes.items[0].upper == 5);
    assert_string_equal(offer->price.text, "(0,9.50]");
    assert_true(offer->twice.set && offer->twice.value.upper == 5);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void log_values(void *context, const weft_log_record *record)
{
    wefti_text *text = context;
    for (size_t i = 0; record->sql != NULL && i < record->parameter_count; i++) {
        wefti_text_add(text, i > 0 ? ", " : "");
        wefti_value_show(text, &record->parameters[i]);
    }
}

static void logs_show_ranges(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    wefti_text text;
    wefti_text_init(&text, 0);
    weft_engine_options options = {.metadata = &models, .log = log_values, .log_context = &text, .log_level = WEFT_LOG_INFO};
    options.log_values = true;
    assert_error(weft_engine_open(&engine, f->database.url, &options, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    wefti_text_clear(&text);
    (void)weft_count_of(s, Span,
                        .where = weft_and(weft_range_overlaps(Span, small, I32(.lower = 1, .upper = 5, CLOSED)),
                                          weft_range_overlaps(Span, moments, CASE(moments, 1).given),
                                          weft_eq(Span, exact, (weft_range_decimal){"(1,2.5]"}),
                                          weft_range_within(Span, many, ((weft_multirange_int32){&smalls[0].given, 1}))));
    assert_ok(s);
    assert_string_equal(text.data,
                        "[1,6), (\"1970-01-01 00:00:00.000000+00\",\"1970-01-01 00:00:00.000001+00\"], (1,2.5], {[1,5)}");
    weft_session_close(s);
    weft_engine_close(engine);
    wefti_text_deinit(&text);
}

static void sqlite_says_which_field_it_cannot_keep(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    weft_status status = weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &models}, &error);
    assert_error(status, WEFT_ERROR_UNSUPPORTED, &error);
    assert_null(engine);
    assert_non_null(strstr(error.message, "Span.small"));
    assert_non_null(strstr(error.message, "range"));
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    const weft_range_int32 range = {.lower = 1, .upper = 2};
    const weft_value values[] = {weft_value_range_int32(range), weft_value_range_decimal((weft_range_decimal){"[1,2)"}),
                                 weft_value_multirange_int32((weft_multirange_int32){&range, 1})};
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_error(weft_execute_text(c, "SELECT $1", &(weft_values){&values[i], 1}, &error), WEFT_ERROR_UNSUPPORTED, &error);
        assert_non_null(strstr(error.message, "range"));
    }
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(a_range_goes_in_and_comes_back),
        ON_POSTGRES(objects_come_back),
        ON_POSTGRES(rows_of_lists_and_copy_come_back),
        ON_POSTGRES(edits_are_written),
        ON_POSTGRES(another_way_to_say_it_is_no_edit),
        ON_POSTGRES(optionals_stand_in_conditions_and_assignments),
        ON_POSTGRES(a_range_is_a_key),
        ON_POSTGRES(rows_refer_to_others_by_a_range),
        ON_POSTGRES(ranges_are_searched),
        ON_POSTGRES(literals_are_ranges),
        ON_POSTGRES(groups_are_gathered),
        ON_POSTGRES(ranges_are_changed_by_statements),
        ON_POSTGRES(no_room_is_booked_twice),
        ON_POSTGRES(text_sql_takes_and_gives_ranges),
        ON_POSTGRES(what_is_no_range_is_refused),
        ON_POSTGRES(the_schema_is_read_back),
        ON_POSTGRES(the_database_gives_defaults),
        ON_POSTGRES(logs_show_ranges),
        ON_SQLITE(sqlite_says_which_field_it_cannot_keep),
        cmocka_unit_test(the_parts_of_a_range_of_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
