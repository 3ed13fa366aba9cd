/* Every mappable type at its limits, as a field, as an optional, as a key, as a condition and in bulk: what was stored is what
 * comes
 * back, on both databases alike. */
#include "support/fixture.h"

#include <float.h>
#include <limits.h>
#include <math.h>

WEFT_DECLARE(All);
WEFT_DECLARE(Maybe);
WEFT_DECLARE(ByUuid);
WEFT_DECLARE(ByText);
WEFT_DECLARE(ByEnum);
WEFT_DECLARE(ByDay);
WEFT_DECLARE(Mixed);
WEFT_DECLARE(Part);
typedef enum colour { RED, GREEN, BLUE } colour;
static const char *const colours[] = {"red", "it's \"green\"", ""};

struct All {
    int64_t id;
    short s;
    int i;
    long l;
    long long ll;
    unsigned u;
    bool b;
    float f;
    double d;
    const char *text;
    char chars[8];
    weft_bytes bytes;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid uuid;
    weft_decimal amount;
    weft_json doc;
    colour colour;
};
struct Maybe {
    int64_t id;
    weft_opt_int16 s;
    weft_opt_int32 i;
    weft_opt_int64 l;
    weft_opt_uint32 u;
    weft_opt_bool b;
    weft_opt_float f;
    weft_opt_double d;
    const char *text;
    weft_bytes bytes;
    weft_opt_timestamp at;
    weft_opt_date day;
    weft_opt_time hour;
    weft_opt_uuid uuid;
    weft_decimal amount;
    weft_json doc;
};
struct ByUuid {
    weft_uuid id;
    const char *name;
};
struct ByText {
    const char *code;
    const char *name;
};
struct ByEnum {
    colour colour;
    const char *name;
};
struct ByDay {
    weft_date day;
    const char *name;
};
struct Mixed {
    int64_t a;
    const char *b;
    weft_date c;
    const char *name;
    Part_list parts;
};
struct Part {
    int64_t id;
    int64_t a;
    const char *b;
    weft_date c;
    const Mixed *whole;
};

WEFT_MODEL(All, "everything", WEFT_COLUMN(All, id, .primary_key = true), WEFT_COLUMN(All, s), WEFT_COLUMN(All, i),
           WEFT_COLUMN(All, l), WEFT_COLUMN(All, ll), WEFT_COLUMN(All, u), WEFT_COLUMN(All, b), WEFT_COLUMN(All, f),
           WEFT_COLUMN(All, d), WEFT_COLUMN(All, text), WEFT_COLUMN(All, chars), WEFT_COLUMN(All, bytes), WEFT_COLUMN(All, at),
           WEFT_COLUMN(All, day), WEFT_COLUMN(All, hour), WEFT_COLUMN(All, uuid), WEFT_COLUMN(All, amount), WEFT_COLUMN(All, doc),
           WEFT_ENUM(All, colour, colours));
WEFT_MODEL(Maybe, "maybe", WEFT_COLUMN(Maybe, id, .primary_key = true), WEFT_COLUMN(Maybe, s), WEFT_COLUMN(Maybe, i),
           WEFT_COLUMN(Maybe, l), WEFT_COLUMN(Maybe, u), WEFT_COLUMN(Maybe, b), WEFT_COLUMN(Maybe, f), WEFT_COLUMN(Maybe, d),
           WEFT_COLUMN(Maybe, text, .nullable = true), WEFT_COLUMN(Maybe, bytes, .nullable = true), WEFT_COLUMN(Maybe, at),
           WEFT_COLUMN(Maybe, day), WEFT_COLUMN(Maybe, hour), WEFT_COLUMN(Maybe, uuid),
           WEFT_COLUMN(Maybe, amount, .nullable = true), WEFT_COLUMN(Maybe, doc, .nullable = true));
WEFT_MODEL(ByUuid, "by_uuid", WEFT_COLUMN(ByUuid, id, .primary_key = true), WEFT_COLUMN(ByUuid, name));
WEFT_MODEL(ByText, "by_text", WEFT_COLUMN(ByText, code, .primary_key = true), WEFT_COLUMN(ByText, name));
WEFT_MODEL(ByEnum, "by_enum", WEFT_ENUM(ByEnum, colour, colours, .primary_key = true), WEFT_COLUMN(ByEnum, name));
WEFT_MODEL(ByDay, "by_day", WEFT_COLUMN(ByDay, day, .primary_key = true), WEFT_COLUMN(ByDay, name));
WEFT_MODEL(Mixed, "mixed", WEFT_COLUMN(Mixed, a, .primary_key = true), WEFT_COLUMN(Mixed, b, .primary_key = true),
           WEFT_COLUMN(Mixed, c, .primary_key = true), WEFT_COLUMN(Mixed, name),
           WEFT_HAS_MANY(Mixed, parts, Part, .foreign_key = "a, b, c", .back_populates = "whole", .order_by = "id"));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true), WEFT_COLUMN(Part, a), WEFT_COLUMN(Part, b),
           WEFT_COLUMN(Part, c), WEFT_FOREIGN_KEY(Part, "a, b, c", "mixed(a, b, c)"),
           WEFT_BELONGS_TO(Part, whole, Mixed, .foreign_key = "a, b, c", .back_populates = "parts"));
WEFT_METADATA(models, &All_model, &Maybe_model, &ByUuid_model, &ByText_model, &ByEnum_model, &ByDay_model, &Mixed_model);
FIXTURE_MODELS(models);

#define DIGITS_40 "1234567890123456789012345678901234567890"
static const unsigned char zeros[] = {0, 1, 0, 255, 0, 0};

/* Dates from 0001 to 9999, which both databases keep. */
static All least_values(void)
{
    return (All){.s = INT16_MIN,
                 .i = INT32_MIN,
                 .l = LONG_MIN,
                 .ll = LLONG_MIN,
                 .u = 0,
                 .b = false,
                 .f = -FLT_MAX,
                 .d = -DBL_MAX,
                 .text = "",
                 .chars = "",
                 .bytes = {"", 0},
                 .at = {-62135596800000000},
                 .day = {-719162},
                 .hour = {0},
                 .uuid = {{0}},
                 .amount = {"-" DIGITS_40 "." DIGITS_40 "1"},
                 .doc = {"null"},
                 .colour = RED};
}

static All greatest_values(void)
{
    return (All){.s = INT16_MAX,
                 .i = INT32_MAX,
                 .l = LONG_MAX,
                 .ll = LLONG_MAX,
                 .u = UINT32_MAX,
                 .b = true,
                 .f = FLT_MAX,
                 .d = DBL_MAX,
                 .text = "it's \"quoted\"; DROP TABLE everything; -- \xf0\x9f\x90\x98 %_\\",
                 .chars = "1234567",
                 .bytes = {zeros, sizeof zeros},
                 .at = {253402300799999999},
                 .day = {2932896},
                 .hour = {86399999999},
                 .uuid = {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
                 .amount = {"0.0000000000000000000000000000000000000001"},
                 .doc = {"{\"a\": [1, \"\xc3\xa4\"]}"},
                 .colour = BLUE};
}

static void assert_same(const All *a, const All *b)
{
    assert_int_equal(a->s, b->s);
    assert_int_equal(a->i, b->i);
    assert_true(a->l == b->l && a->ll == b->ll && a->u == b->u && a->b == b->b);
    assert_true(memcmp(&a->f, &b->f, sizeof a->f) == 0 && memcmp(&a->d, &b->d, sizeof a->d) == 0);
    assert_string_equal(a->text, b->text);
    assert_string_equal(a->chars, b->chars);
    assert_non_null(a->bytes.data);
    assert_int_equal(a->bytes.size, b->bytes.size);
    assert_memory_equal(a->bytes.data, b->bytes.data, a->bytes.size);
    assert_true(a->at.usec == b->at.usec);
    assert_int_equal(a->day.days, b->day.days);
    assert_true(a->hour.usec == b->hour.usec);
    assert_memory_equal(&a->uuid, &b->uuid, 16);
    assert_string_equal(a->amount.text, b->amount.text);
    assert_string_equal(a->doc.text, b->doc.text);
    assert_int_equal(a->colour, b->colour);
}

static void every_type_at_its_limits_comes_back(void **state)
{
    fixture *f = *state;
    const All values[] = {least_values(), greatest_values()};
    int64_t ids[2];
    for (int i = 0; i < 2; i++) {
        All *made = weft_session_new(f->s, &All_model, &values[i]);
        assert_int_equal(weft_session_flush(f->s), weft_session_status(f->s));
        assert_ok(f->s);
        ids[i] = made->id;
    }
    commit_ok(f->s);
    weft_session_clear(f->s);
    for (int i = 0; i < 2; i++) {
        const All *found = weft_get(f->s, All, ids[i]);
        assert_ok(f->s);
        assert_same(found, &values[i]);
    }
    /* As conditions. */
    const All *v = &values[1];
    assert_int_equal(weft_count_of(f->s, All,
                                   .where =
                                       weft_and(weft_eq(All, s, v->s), weft_eq(All, i, v->i), weft_eq(All, l, v->l),
                                                weft_eq(All, ll, v->ll), weft_eq(All, u, v->u), weft_eq(All, b, true),
                                                weft_eq(All, d, v->d), weft_eq(All, text, v->text), weft_eq(All, chars, "1234567"),
                                                weft_eq(All, bytes, v->bytes), weft_eq(All, at, v->at), weft_eq(All, day, v->day),
                                                weft_eq(All, hour, v->hour), weft_eq(All, uuid, v->uuid),
                                                weft_eq(All, amount, v->amount), weft_eq(All, colour, BLUE))),
                     1);
    assert_ok(f->s);
    assert_int_equal(weft_count_of(f->s, All, .where = weft_eq(All, f, v->f)), 1);
    assert_int_equal(weft_count_of(f->s, All, .where = weft_lt(All, amount, ((weft_decimal){"-1"}))), 1);
    assert_int_equal(weft_count_of(f->s, All, .where = weft_gt(All, u, 2147483647)), 1);
    assert_ok(f->s);
    /* Edited into each other. */
    const All *first = weft_get(f->s, All, ids[0]);
    All *edited = weft_edit(f->s, All, first);
    int64_t id = edited->id;
    *edited = values[1];
    edited->id = id;
    commit_ok(f->s);
    weft_session_clear(f->s);
    assert_same(weft_get(f->s, All, ids[0]), &values[1]);
}

static void every_type_goes_in_bulk(void **state)
{
    enum { COUNT = 3000 };
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    All *rows = calloc(COUNT, sizeof *rows);
    for (int i = 0; i < COUNT; i++) {
        rows[i] = i % 2 == 0 ? least_values() : greatest_values();
        rows[i].i = i;
    }
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, All, rows, COUNT, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, All, rows, 2, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    All_list found = weft_query(f->s, All, .order_by = weft_order(weft_asc(All, id)), .limit = COUNT);
    assert_ok(f->s);
    for (size_t i = 0; i < found.count; i++)
        assert_same(found.items[i], &rows[i]);
    /* The unit of work sends many in one statement, too. */
    weft_session_clear(f->s);
    for (int i = 0; i < COUNT; i++)
        (void)weft_session_new(f->s, &All_model, &rows[i]);
    commit_ok(f->s);
    weft_session_clear(f->s);
    All_list again = weft_query(f->s, All, .order_by = weft_order(weft_desc(All, id)), .limit = COUNT);
    assert_ok(f->s);
    assert_int_equal(again.count, COUNT);
    for (size_t i = 0; i < again.count; i++)
        assert_same(again.items[i], &rows[COUNT - 1 - i]);
    free(rows);
}

static void optionals_are_null_or_any_value(void **state)
{
    fixture *f = *state;
    Maybe *none = weft_new(f->s, Maybe, .id = 0);
    Maybe *zero = weft_new(f->s, Maybe, .s = {true, 0}, .i = {true, 0}, .l = {true, 0}, .u = {true, 0}, .b = {true, false},
                           .f = {true, 0}, .d = {true, -0.0}, .text = "", .bytes = {"", 0}, .at = {true, {0}}, .day = {true, {0}},
                           .hour = {true, {86400000000}}, .uuid = {true, {{0}}}, .amount = {"0"}, .doc = {"null"});
    commit_ok(f->s);
    int64_t none_id = none->id, zero_id = zero->id;
    weft_session_clear(f->s);
    const Maybe *n = weft_get(f->s, Maybe, none_id), *z = weft_get(f->s, Maybe, zero_id);
    assert_ok(f->s);
    assert_false(n->s.set || n->i.set || n->l.set || n->u.set || n->b.set || n->f.set || n->d.set || n->at.set || n->day.set ||
                 n->hour.set || n->uuid.set);
    assert_true(n->text == NULL && n->bytes.data == NULL && n->amount.text == NULL && n->doc.text == NULL);
    assert_true(z->s.set && z->i.set && z->l.set && z->u.set && z->b.set && z->f.set && z->d.set && z->at.set && z->day.set &&
                z->hour.set && z->uuid.set);
    assert_true(z->text != NULL && z->bytes.data != NULL && z->bytes.size == 0);
    assert_string_equal(z->doc.text, "null");
    assert_true(z->hour.value.usec == 86400000000);
    assert_int_equal(weft_count_of(f->s, Maybe,
                                   .where = weft_and(weft_eq(Maybe, i, n->i), weft_eq(Maybe, text, n->text),
                                                     weft_eq(Maybe, uuid, n->uuid), weft_eq(Maybe, at, n->at),
                                                     weft_eq(Maybe, amount, n->amount), weft_eq(Maybe, bytes, n->bytes),
                                                     weft_is_null(Maybe, doc))),
                     1);
    assert_int_equal(weft_count_of(f->s, Maybe, .where = weft_ne(Maybe, hour, n->hour)), 1);
    /* Every column to NULL and back. */
    Maybe *edit = weft_edit(f->s, Maybe, z), copy = *edit;
    *edit = (Maybe){.id = zero_id};
    commit_ok(f->s);
    assert_rows(
        f,
        "SELECT count(*) FROM maybe WHERE s IS NULL AND i IS NULL AND u IS NULL AND f IS NULL AND text IS NULL AND bytes IS NULL "
        "AND at IS NULL AND day IS NULL AND hour IS NULL AND uuid IS NULL AND amount IS NULL AND doc IS NULL",
        "2");
    *weft_edit(f->s, Maybe, z) = copy;
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM maybe WHERE s = 0 AND text = '' AND amount IS NOT NULL AND doc IS NOT NULL", "1");
}

static void keys_of_every_kind_find_their_rows(void **state)
{
    fixture *f = *state;
    weft_uuid uuid = weft_uuid_random();
    weft_date day = {-719162};
    weft_new(f->s, ByUuid, .id = uuid, .name = "u");
    weft_new(f->s, ByText, .code = "", .name = "empty");
    weft_new(f->s, ByText, .code = "it's", .name = "quote");
    weft_new(f->s, ByEnum, .colour = RED, .name = "r");
    weft_new(f->s, ByEnum, .colour = GREEN, .name = "g");
    weft_new(f->s, ByDay, .day = day, .name = "d");
    commit_ok(f->s);
    weft_session_clear(f->s);
    assert_string_equal(weft_get(f->s, ByUuid, uuid)->name, "u");
    assert_string_equal(weft_get(f->s, ByText, "")->name, "empty");
    assert_string_equal(weft_get(f->s, ByText, "it's")->name, "quote");
    assert_null(weft_get(f->s, ByText, "its"));
    assert_ok(f->s);
    const ByEnum *green = weft_get(f->s, ByEnum, weft_key(ByEnum, .colour = GREEN));
    assert_ok(f->s);
    assert_string_equal(green->name, "g");
    assert_string_equal(weft_get(f->s, ByDay, weft_key(ByDay, .day = day))->name, "d");
    weft_uuid uuids[] = {weft_uuid_random(), uuid, uuid};
    ByUuid_list found = weft_get_many(f->s, ByUuid, uuids, 3);
    assert_int_equal(found.count, 3);
    assert_null(found.items[0]);
    assert_ptr_equal(found.items[1], found.items[2]);
    const char *codes[] = {"it's", NULL, ""};
    ByText_list texts = weft_get_many(f->s, ByText, codes, 3);
    assert_ok(f->s);
    assert_int_equal(texts.count, 3);
    assert_string_equal(texts.items[0]->name, "quote");
    assert_null(texts.items[1]);
    assert_string_equal(texts.items[2]->name, "empty");
    weft_delete(f->s, ByEnum, green);
    weft_edit(f->s, ByText, texts.items[2])->name = "changed";
    commit_ok(f->s);
    assert_rows(f, "SELECT colour FROM by_enum", "red");
    assert_rows(f, "SELECT name FROM by_text WHERE code = ''", "changed");
    assert_null(weft_session_get(f->s, &ByUuid_model, weft_key_struct(NULL), NULL));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

static void values_of_an_enum_are_keys_one_by_one_and_together(void **state)
{
    fixture *f = *state;
    weft_new(f->s, ByEnum, .colour = RED, .name = "r");
    weft_new(f->s, ByEnum, .colour = BLUE, .name = "b");
    const int keys[] = {BLUE, GREEN, RED, BLUE};
    const unsigned none[] = {RED, 3};
    for (int i = 0; i < 3; i++) { /* pending, known, unknown */
        ByEnum_list found = weft_get_many(f->s, ByEnum, keys, 4);
        assert_ok(f->s);
        assert_int_equal(found.count, 4);
        assert_string_equal(found.items[0]->name, "b");
        assert_null(found.items[1]);
        assert_string_equal(found.items[2]->name, "r");
        assert_ptr_equal(found.items[3], found.items[0]);
        assert_ptr_equal(weft_get(f->s, ByEnum, BLUE), found.items[0]);
        commit_ok(f->s);
        if (i == 1)
            weft_session_clear(f->s);
    }
    assert_int_equal(weft_get_many(f->s, ByEnum, none, 2).count, 0);
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_null(weft_get(f->s, ByEnum, 3));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_null(weft_get(f->s, ByEnum, -1));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_int_equal(weft_get_many(f->s, ByDay, keys, 4).count, 0);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

static void composite_keys_of_mixed_types_relate(void **state)
{
    fixture *f = *state;
    for (int a = 1; a <= 2; a++)
        for (int b = 0; b < 2; b++)
            for (int c = 0; c < 2; c++) {
                Mixed *whole = weft_new(f->s, Mixed, .a = a, .b = b == 0 ? "" : "x'y", .c = {c}, .name = "m");
                for (int i = 0; i < 3; i++)
                    weft_append(f->s, Mixed, whole, parts, Part, weft_new(f->s, Part, .id = 0));
            }
    commit_ok(f->s);
    assert_ok(f->s);
    weft_session_clear(f->s);
    const Mixed *one = weft_get(f->s, Mixed, weft_key(Mixed, .a = 2, .b = "x'y", .c = {1}));
    assert_non_null(one);
    assert_int_equal(weft_lazy(f->s, Mixed, one, parts).count, 3);
    const weft_loader *const how[] = {weft_joined(Mixed, parts), weft_selectin(Mixed, parts), weft_subquery(Mixed, parts)};
    for (int i = 0; i < 3; i++) {
        weft_session_clear(f->s);
        Mixed_list all = weft_query(f->s, Mixed, .load = weft_load(how[i]), .order_by = weft_order(weft_asc(Mixed, a)));
        assert_ok(f->s);
        assert_int_equal(all.count, 8);
        weft_each (Mixed, whole, all) {
            assert_int_equal(whole->parts.count, 3);
            weft_each (Part, part, whole->parts)
                assert_true(part->a == whole->a && strcmp(part->b, whole->b) == 0 && part->c.days == whole->c.days);
        }
    }
    weft_each (Part, part, weft_query(f->s, Part))
        weft_delete(f->s, Part, part);
    weft_each (Mixed, whole, weft_query(f->s, Mixed))
        weft_delete(f->s, Mixed, whole);
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM mixed", "0");
}

static void a_megabyte_of_text_and_bytes_comes_back(void **state)
{
    enum { SIZE = 1 << 20 };
    fixture *f = *state;
    char *text = malloc(SIZE + 1);
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)(i % 97 == 0 ? '\'' : 'a' + (int)(i % 26));
    text[SIZE] = '\0';
    Maybe *big = weft_new(f->s, Maybe, .text = text, .bytes = {text, SIZE});
    commit_ok(f->s);
    int64_t id = big->id;
    weft_session_clear(f->s);
    const Maybe *found = weft_get(f->s, Maybe, id);
    assert_ok(f->s);
    assert_string_equal(found->text, text);
    assert_int_equal(found->bytes.size, SIZE);
    assert_memory_equal(found->bytes.data, text, SIZE);
    assert_int_equal(weft_count_of(f->s, Maybe, .where = weft_eq(Maybe, text, text)), 1);
    text[SIZE / 2] = '!';
    weft_edit(f->s, Maybe, found)->text = text;
    commit_ok(f->s);
    assert_rows(f, "SELECT length(text) FROM maybe WHERE text LIKE '%!%'", "1048576");
    free(text);
}

static void what_does_not_fit_is_refused_alike(void **state)
{
    fixture *f = *state;
    All bad[] = {least_values(), least_values(), least_values(), least_values(), least_values()};
    bad[0].text = "bad \xff utf8";
    bad[1].amount.text = "12,5";
    bad[2].doc.text = "{";
    bad[3].colour = (colour)7;
    bad[4].hour.usec = 86400000001;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)weft_session_new(f->s, &All_model, &bad[i]);
        weft_status status = weft_session_commit(f->s);
        if (i == 2 && !f->postgres) { /* SQLite keeps JSON as the text that it is */
            assert_int_equal(status, WEFT_OK);
            assert_int_equal(weft_session_execute_text(f->s, "DELETE FROM everything", NULL), WEFT_OK);
            commit_ok(f->s);
            continue;
        }
        if (status != WEFT_ERROR_TYPE && status != WEFT_ERROR_DATA)
            fail_msg("%zu: %s: %s", i, weft_status_identifier(status), weft_session_error(f->s)->message);
        weft_session_rollback(f->s);
        assert_ok(f->s);
    }
    All nulls = least_values();
    nulls.text = NULL;
    (void)weft_session_new(f->s, &All_model, &nulls);
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_NOT_NULL);
    weft_session_rollback(f->s);
    nulls = least_values();
    nulls.bytes.data = NULL;
    (void)weft_session_new(f->s, &All_model, &nulls);
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_NOT_NULL);
    weft_session_rollback(f->s);
    assert_rows(f, "SELECT count(*) FROM everything", "0");
}

static void numbers_that_are_none_come_back(void **state)
{
    fixture *f = *state;
    Maybe *infinite = weft_new(f->s, Maybe, .d = {true, INFINITY}, .f = {true, -INFINITY});
    commit_ok(f->s);
    int64_t id = infinite->id;
    weft_session_clear(f->s);
    const Maybe *found = weft_get(f->s, Maybe, id);
    assert_true(isinf(found->d.value) && isinf(found->f.value) && found->f.value < 0);
    /* SQLite has no NaN: it is refused there and not stored as NULL. */
    weft_new(f->s, Maybe, .d = {true, NAN});
    weft_status status = weft_session_commit(f->s);
    if (f->postgres)
        assert_int_equal(status, WEFT_OK);
    else
        assert_int_not_equal(status, WEFT_OK);
    weft_session_rollback(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_type_at_its_limits_comes_back),
        ON_BOTH(every_type_goes_in_bulk),
        ON_BOTH(optionals_are_null_or_any_value),
        ON_BOTH(keys_of_every_kind_find_their_rows),
        ON_BOTH(values_of_an_enum_are_keys_one_by_one_and_together),
        ON_BOTH(composite_keys_of_mixed_types_relate),
        ON_BOTH(a_megabyte_of_text_and_bytes_comes_back),
        ON_BOTH(what_does_not_fit_is_refused_alike),
        ON_BOTH(numbers_that_are_none_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
