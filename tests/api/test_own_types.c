/* Types of the program's own: an enum kept as a small integer, a struct kept as text. They are columns, optional ones, keys and
 * foreign keys, parameters, results and lists, on every path by which rows go; and what their functions refuse is an error that
 * names model and field. */
#include "base/memory.h"
#include "support/fixture.h"

#include <pthread.h>

typedef enum shade { SHADE_NONE, SHADE_DARK = 3, SHADE_LIGHT = 7 } shade;

static weft_value shade_encode(const shade *value)
{
    const bool known = *value == SHADE_NONE || *value == SHADE_DARK || *value == SHADE_LIGHT;
    return known ? weft_value_int64((int64_t)*value) : weft_value_null(WEFT_UNMAPPED);
}

static bool shade_decode(const weft_value *value, shade *to)
{
    *to = (shade)value->as.i;
    return value->as.i == SHADE_NONE || value->as.i == SHADE_DARK || value->as.i == SHADE_LIGHT;
}
WEFT_TYPE(shade, WEFT_INT16, shade_encode, shade_decode);

/* "1.20.3"; padding between its parts, which must not matter. */
typedef struct version {
    short major;
    int minor;
    char patch;
} version;

static weft_value version_encode(const version *value)
{
    char *text = weft_type_room();
    if (value->major < 0)
        return weft_value_null(WEFT_UNMAPPED);
    (void)snprintf(text, WEFT_TYPE_ROOM, "%d.%d.%d", value->major, value->minor, value->patch);
    return weft_value_text(text);
}

static bool version_decode(const weft_value *value, version *to)
{
    int major = 0, minor = 0, patch = 0;
    if (sscanf(value->as.s.data, "%d.%d.%d", &major, &minor, &patch) != 3)
        return false;
    *to = (version){(short)major, minor, (char)patch};
    return true;
}
WEFT_TYPE(version, WEFT_TEXT, version_encode, version_decode, .postgres = "VARCHAR(40)");

typedef struct tone {
    int16_t degree;
} tone;
static weft_value tone_encode(const tone *value) { return weft_value_int64(value->degree); }
static bool tone_decode(const weft_value *value, tone *to)
{
    to->degree = (int16_t)value->as.i;
    return true;
}
WEFT_TYPE(tone, WEFT_INT16, tone_encode, tone_decode);

WEFT_DECLARE(Release);
WEFT_DECLARE(Part);
WEFT_DECLARE(Paint);
struct Release {
    version number;
    shade shade;
    weft_opt_version replaces;
    weft_opt_shade accent;
    const char *name;
    Part_list parts;
};
struct Part {
    int64_t id;
    version release;
    const char *name;
    const Release *whole;
};
struct Paint {
    shade shade;
    weft_opt_tone tone;
    const char *name;
};
WEFT_MODEL(Release, "release", WEFT_COLUMN_AS(Release, number, version, .primary_key = true), WEFT_COLUMN_AS(Release, shade, shade),
           WEFT_COLUMN_AS(Release, replaces, version), WEFT_COLUMN_AS(Release, accent, shade), WEFT_COLUMN(Release, name),
           WEFT_HAS_MANY(Release, parts, Part, .back_populates = "whole", .order_by = "id"));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true),
           WEFT_COLUMN_AS(Part, release, version, .references = "release.number"), WEFT_COLUMN(Part, name),
           WEFT_BELONGS_TO(Part, whole, Release, .foreign_key = "release", .back_populates = "parts"));
WEFT_MODEL(Paint, "paint", WEFT_COLUMN_AS(Paint, shade, shade, .primary_key = true), WEFT_COLUMN_AS(Paint, tone, tone),
           WEFT_COLUMN(Paint, name));
WEFT_METADATA(models, &Release_model, &Part_model, &Paint_model);
FIXTURE_MODELS(models);

static bool same(version a, version b) { return a.major == b.major && a.minor == b.minor && a.patch == b.patch; }
static version numbered(size_t i) { return (version){(short)(i / 100), (int)(i % 100), (char)(i % 7)}; }
static const shade shades[] = {SHADE_NONE, SHADE_DARK, SHADE_LIGHT};

static Release release_of(size_t i)
{
    return (Release){.number = numbered(i),
                     .shade = shades[i % 3],
                     .replaces = {i % 2 != 0, numbered(i + 1)},
                     .accent = {i % 4 == 0, shades[(i + 1) % 3]},
                     .name = "r"};
}

static void assert_all(fixture *f, size_t count)
{
    weft_session_clear(f->s);
    assert_int_equal(weft_count_of(f->s, Release), count);
    for (size_t i = 0; i<count; i += count> 300 ? 97 : 1) {
        const Release wanted = release_of(i);
        const Release *found = weft_get(f->s, Release, weft_key(Release, .number = numbered(i)));
        assert_ok(f->s);
        assert_non_null(found);
        assert_true(same(found->number, wanted.number) && found->shade == wanted.shade);
        assert_true(found->replaces.set == wanted.replaces.set && found->accent.set == wanted.accent.set);
        assert_true(!wanted.replaces.set || same(found->replaces.value, wanted.replaces.value));
        assert_true(!wanted.accent.set || found->accent.value == wanted.accent.value);
    }
}

static void insert_many(fixture *f, size_t count)
{
    weft_connection *c;
    weft_error error = {0};
    Release *rows = calloc(count, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = release_of(i);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Release, rows, count, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    free(rows);
}

static void fields_come_back_one_by_one(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < 40; i++) {
        const Release release = release_of(i);
        (void)weft_session_new(f->s, &Release_model, &release);
        flush_ok(f->s);
    }
    commit_ok(f->s);
    assert_all(f, 40);
}

static void fields_come_back_from_one_flush(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < 700; i++) {
        const Release release = release_of(i);
        (void)weft_session_new(f->s, &Release_model, &release);
    }
    commit_ok(f->s);
    assert_all(f, 700);
}

static void fields_come_back_from_arrays(void **state)
{
    insert_many(*state, 200);
    assert_all(*state, 200);
}

static void fields_come_back_from_copy(void **state)
{
    insert_many(*state, 3000);
    assert_all(*state, 3000);
}

static void what_the_database_keeps_is_what_was_encoded(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Release, .number = {1, 20, 3}, .shade = SHADE_LIGHT, .replaces = weft_some({1, 19, 0}), .name = "r");
    (void)weft_new(f->s, Paint, .shade = SHADE_DARK, .name = "p");
    commit_ok(f->s);
    assert_rows(f, "SELECT number, shade, replaces, accent IS NULL FROM release",
                f->postgres ? "1.20.3|7|1.19.0|t" : "1.20.3|7|1.19.0|1");
    assert_rows(f, "SELECT shade FROM paint", "3");
}

#define COUNT_OF(...) weft_count_of(f->s, Release, .where = __VA_ARGS__)

static void conditions_take_values_of_the_type(void **state)
{
    fixture *f = *state;
    insert_many(f, 120);
    const version some[] = {numbered(3), numbered(50), {99, 0, 0}, numbered(119)};
    const shade dark[] = {SHADE_DARK, SHADE_LIGHT};
    const weft_opt_version none = weft_unset, known = weft_some(numbered(8));
    assert_int_equal(COUNT_OF(weft_eq_as(Release, number, version, numbered(17))), 1);
    assert_int_equal(COUNT_OF(weft_eq_as(Release, number, version, (version){0, 17, 3})), 1);
    assert_int_equal(COUNT_OF(weft_or(weft_eq_as(Release, number, version, numbered(17)),
                                      weft_eq_as(Release, number, version, numbered(18)),
                                      weft_eq_as(Release, number, version, numbered(19)))),
                     3);
    assert_int_equal(COUNT_OF(weft_ne_as(Release, shade, shade, SHADE_DARK)), 80);
    assert_int_equal(COUNT_OF(weft_gt_as(Release, shade, shade, SHADE_DARK)), 40);
    assert_int_equal(COUNT_OF(weft_in_as(Release, shade, shade, dark, 2)), 80);
    assert_int_equal(COUNT_OF(weft_in_as(Release, number, version, some, 4)), 3);
    assert_int_equal(COUNT_OF(weft_not_in_as(Release, number, version, some, 4)), 117);
    assert_int_equal(COUNT_OF(weft_in_as(Release, number, version, some, 0)), 0);
    assert_int_equal(COUNT_OF(weft_eq_as(Release, replaces, version, none)), 60);
    assert_int_equal(COUNT_OF(weft_eq_as(Release, replaces, version, known)), 1);
    weft_alias(Same, Release);
    assert_int_equal(COUNT_OF(weft_exists_in(
                         weft_select(.from = weft_from(Same), .where = weft_and(weft_eq_col(Same, number, Release, number),
                                                                                weft_eq_as(Same, number, version, numbered(17)))))),
                     1);
    assert_int_equal(COUNT_OF(weft_literally(weft_eq_as(Release, number, version, numbered(17)))), 1);
    assert_int_equal(COUNT_OF(weft_literally(weft_in_as(Release, number, version, some, 4))), 3);
    assert_int_equal(COUNT_OF(weft_literally(weft_in_as(Release, shade, shade, dark, 2))), 80);
    assert_ok(f->s);
    int64_t changed = 0;
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(Release,
                                                   .set = weft_sets(weft_to_as(Release, accent, shade, SHADE_LIGHT),
                                                                    weft_to_as(Release, replaces, version, none)),
                                                   .where = weft_eq_as(Release, shade, shade, SHADE_NONE)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 40);
    assert_int_equal(COUNT_OF(weft_and(weft_eq_as(Release, accent, shade, SHADE_LIGHT), weft_is_null(Release, replaces),
                                       weft_eq_as(Release, shade, shade, SHADE_NONE))),
                     40);
    assert_ok(f->s);
}

static void objects_are_edited_and_found_by_such_keys(void **state)
{
    fixture *f = *state;
    Release *release = weft_new(f->s, Release, .number = {1, 2, 3}, .shade = SHADE_DARK, .name = "r");
    (void)weft_new(f->s, Paint, .shade = SHADE_LIGHT, .name = "p");
    for (int i = 0; i < 100; i++)
        (void)weft_new(f->s, Part, .release = {1, 2, 3}, .name = "part");
    commit_ok(f->s);
    assert_ptr_equal(weft_get(f->s, Release, weft_key(Release, .number = {1, 2, 3})), release);
    (void)fixture_statements(f);
    weft_edit(f->s, Release, release)->number = (version){1, 2, 3};
    flush_ok(f->s);
    assert_int_equal(fixture_statements(f), 0);
    Release *edited = weft_edit(f->s, Release, release);
    edited->shade = SHADE_LIGHT;
    edited->replaces = (weft_opt_version)weft_some({1, 1, 1});
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Release *found = weft_get(f->s, Release, weft_key(Release, .number = {1, 2, 3}));
    assert_true(found->shade == SHADE_LIGHT && found->replaces.set && same(found->replaces.value, (version){1, 1, 1}));
    assert_int_equal(weft_lazy(f->s, Release, found, parts).count, 100);
    assert_ptr_equal(weft_lazy(f->s, Part, found->parts.items[7], whole), found);
    const Paint *paint = weft_get(f->s, Paint, SHADE_LIGHT);
    assert_non_null(paint);
    weft_session_clear(f->s);
    Part_list parts = weft_query(f->s, Part, .load = weft_load(weft_selectin(Part, whole)));
    assert_ok(f->s);
    assert_true(parts.count == 100 && parts.items[0]->whole != NULL && same(parts.items[99]->whole->number, (version){1, 2, 3}));
    (void)paint;
}

/* A struct of less than a word, which is none of weft's. */
static void small_types_are_compared_column_with_column(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Paint);
    (void)weft_new(f->s, Paint, .shade = SHADE_NONE, .tone = weft_some({3}), .name = "a");
    (void)weft_new(f->s, Paint, .shade = SHADE_DARK, .tone = weft_some({7}), .name = "b");
    (void)weft_new(f->s, Paint, .shade = SHADE_LIGHT, .name = "c");
    commit_ok(f->s);
    const weft_expr *lower = weft_exists_in(weft_select(.from = weft_from(Other), .where = weft_lt_col(Other, tone, Paint, tone)));
    assert_int_equal(weft_count_of(f->s, Paint, .where = lower), 1);
    assert_int_equal(weft_count_of(f->s, Paint, .where = weft_eq_col(Paint, tone, Paint, tone)), 2);
    assert_int_equal(weft_count_of(f->s, Paint, .where = weft_ne_col(Paint, shade, Paint, shade)), 0);
    assert_ok(f->s);
}

typedef struct Shades {
    shade shade;
    weft_opt_version last;
    int64_t count;
} Shades;
WEFT_ROW(Shades, WEFT_FIELD_AS(Shades, shade, shade), WEFT_FIELD_AS(Shades, last, version), WEFT_FIELD(Shades, count));

static void results_have_them(void **state)
{
    fixture *f = *state;
    insert_many(f, 30);
    Shades_list rows =
        weft_rows(f->s, Shades, .from = weft_from(Release),
                  .columns = weft_columns(weft_col(Release, shade), weft_max(weft_col(Release, replaces)), weft_count_all()),
                  .group_by = weft_columns(weft_col(Release, shade)), .order_by = weft_order(weft_asc(Release, shade)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(rows.items[i]->shade == shades[i] && rows.items[i]->count == 10 && rows.items[i]->last.set);
}

static void rows_of_the_program_have_them(void **state)
{
    fixture *f = *state;
    insert_many(f, 30);
    const Shades list[] = {{SHADE_DARK, weft_some({1, 2, 3}), 1},
                           {SHADE_LIGHT, {.set = false}, 2},
                           {SHADE_NONE, weft_some({1, 9, 0}), 3}};
    weft_values_of(Shades, list, 3);
    const Shades_list back = weft_rows(f->s, Shades, .from = weft_from(Shades), .order_by = weft_asc(Shades, count));
    assert_ok(f->s);
    assert_int_equal(back.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(back.items[i]->shade == list[i].shade && back.items[i]->last.set == list[i].last.set &&
                    (!list[i].last.set || same(back.items[i]->last.value, list[i].last.value)));
    const Shades_list met = weft_rows(f->s, Shades, .from = weft_from(Shades),
                                      .joins = weft_join_on(Release, weft_eq_col(Release, shade, Shades, shade)),
                                      .columns = weft_columns(weft_col(Shades, shade), weft_col(Shades, last), weft_count_all()),
                                      .where = weft_eq_as(Shades, last, version, list[0].last.value),
                                      .group_by = weft_columns(weft_col(Shades, shade), weft_col(Shades, last)));
    assert_ok(f->s);
    assert_int_equal(met.count, 1);
    assert_true(met.items[0]->shade == SHADE_DARK && met.items[0]->count == 10);
    const Shades wrong[] = {{(shade)5, {.set = false}, 1}};
    weft_values_as(Wrong, Shades, wrong, 1);
    (void)weft_rows(f->s, Shades, .from = weft_from(Wrong));
    assert_message(f->s, "a parameter has as item 1 what the encoder of shade refuses");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void what_an_encoder_refuses_names_model_and_field(void **state)
{
    fixture *f = *state;
    const version wrong[] = {numbered(1), {-1, 0, 0}};
    (void)weft_new(f->s, Release, .number = {1, 0, 0}, .shade = (shade)5, .name = "r");
    assert_int_not_equal(weft_session_flush(f->s), WEFT_OK);
    assert_message(f->s, "Release.shade");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    for (size_t i = 0; i < 100; i++)
        (void)weft_new(f->s, Release, .number = {1, (int)i, 0}, .replaces = weft_some({i == 77 ? -1 : 1, 0, 0}), .name = "r");
    assert_int_not_equal(weft_session_flush(f->s), WEFT_OK);
    assert_message(f->s, "Release.replaces");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    for (int run = 0; run < 2; run++) { /* compiled anew, and found */
        assert_int_equal(COUNT_OF(weft_eq_as(Release, number, version, wrong[0])), 0);
        assert_ok(f->s);
        (void)COUNT_OF(weft_eq_as(Release, number, version, wrong[1]));
        assert_message(f->s, "Release.number");
        assert_refused(f->s, WEFT_ERROR_TYPE);
        (void)COUNT_OF(weft_in_as(Release, number, version, wrong, 2));
        assert_message(f->s, "Release.number");
        assert_refused(f->s, WEFT_ERROR_TYPE);
    }
    (void)COUNT_OF(weft_literally(weft_in_as(Release, number, version, wrong, 2)));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_null(weft_get(f->s, Release, weft_key(Release, .number = {-1, 0, 0})));
    assert_message(f->s, "Release.number");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_rows(f, "SELECT count(*) FROM release", "0");
}

typedef struct Painted {
    shade shade;
} Painted;
WEFT_ROW(Painted, WEFT_FIELD_AS(Painted, shade, shade));

static void what_a_decoder_refuses_names_model_and_field(void **state)
{
    fixture *f = *state;
    assert_call(f->s, weft_session_execute_text(f->s, "INSERT INTO paint (shade, name) VALUES (4, 'p')", NULL), WEFT_OK);
    commit_ok(f->s);
    (void)weft_query(f->s, Paint);
    assert_message(f->s, "Paint.shade");
    assert_refused(f->s, WEFT_ERROR_DATA);
    (void)weft_rows(f->s, Painted, .from = weft_from(Paint), .columns = weft_columns(weft_col(Paint, shade)));
    assert_message(f->s, "Painted.shade");
    assert_refused(f->s, WEFT_ERROR_DATA);
    weft_connection *c;
    weft_result *result;
    Painted_list list;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_fetch(c, Painted, &list, &result, &error, .from = weft_from(Paint),
                            .columns = weft_columns(weft_col(Paint, shade))),
                 WEFT_ERROR_DATA, &error);
    assert_non_null(strstr(error.message, "Painted.shade"));
    weft_connection_close(c);
}

static void a_codec_that_cannot_be_is_told_at_open(void **state)
{
    static const weft_codec no_type = {.name = "none",
                                       .size = 4,
                                       .stored = WEFT_UNMAPPED,
                                       .encode_ = shade_encode_,
                                       .decode_ = shade_decode_,
                                       .nullable_ = "weft_opt_none",
                                       .align_ = 4,
                                       .optional_size_ = 8,
                                       .optional_at_ = 4};
    static const weft_attr attrs[] = {
        {.kind = WEFT_ATTR_COLUMN, .field = "shade", .size = 4, .codec = &no_type, .primary_key = true}};
    static const weft_model model = {.name = "Odd", .table = "odd", .size = 4, .attrs = attrs, .attr_count = 1};
    WEFT_METADATA(odd, &model);
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    const weft_engine_options options = {.metadata = &odd};
    assert_error(weft_engine_open(&engine, f->database.url, &options, &error), WEFT_ERROR_MODEL, &error);
    assert_non_null(strstr(error.message, "none"));
}

/* A type of the database itself, whose number it alone knows: texts take the type of their place, arrays are cast to it. */
typedef struct mood {
    char name[8];
} mood;
static weft_value mood_encode(const mood *value) { return weft_value_text(value->name); }
static bool mood_decode(const weft_value *value, mood *to)
{
    *to = (mood){{0}};
    memcpy(to->name, value->as.s.data, value->as.s.size < 7 ? value->as.s.size : 7);
    return value->as.s.size < 8;
}
WEFT_TYPE(mood, WEFT_TEXT, mood_encode, mood_decode, .postgres = "mood");
WEFT_DECLARE(Day);
struct Day {
    int64_t id;
    mood mood;
    weft_opt_mood before;
};
WEFT_MODEL(Day, "day", WEFT_COLUMN(Day, id, .primary_key = true), WEFT_COLUMN_AS(Day, mood, mood),
           WEFT_COLUMN_AS(Day, before, mood));
WEFT_METADATA(days, &Day_model);

static void a_type_of_the_database_takes_them(void **state)
{
    static const char *const names[] = {"sad", "ok", "happy"};
    enum { COUNT = 3000 };
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    static Day rows[COUNT];
    if (f->postgres)
        assert_call(f->s, weft_session_execute_text(f->s, "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')", NULL), WEFT_OK);
    commit_ok(f->s);
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &days});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(rows[i].mood.name, sizeof rows[i].mood.name, "%s", names[i % 3]);
        rows[i].before = (weft_opt_mood){i % 2 == 0, rows[i].mood};
    }
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Day, rows, 100, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Day, rows, COUNT, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    const mood sad = {"sad"}, some[] = {{"happy"}, {"ok"}};
    for (int i = 0; i < 70; i++)
        (void)weft_new(s, Day, .mood = sad);
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Day, .where = weft_eq_as(Day, mood, mood, sad)), 1000 + 34 + 70);
    assert_int_equal(weft_count_of(s, Day, .where = weft_in_as(Day, mood, mood, some, 2)), 2000 + 66);
    assert_int_equal(weft_count_of(s, Day, .where = weft_literally(weft_in_as(Day, mood, mood, some, 2))), 2000 + 66);
    Day_list found =
        weft_query(s, Day, .where = weft_is_not_null(Day, before), .order_by = weft_order(weft_asc(Day, id)), .limit = 3);
    assert_ok(s);
    assert_string_equal(found.items[1]->before.value.name, "happy");
    for (size_t i = 0; i < found.count; i++)
        weft_edit(s, Day, found.items[i])->mood = some[0];
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* More of them than a thread's room holds, in one row; and links between such keys. */
WEFT_DECLARE(Wide);
struct Wide {
    version key, a[12];
    Wide_list near;
};
#define WIDE(i) WEFT_COLUMN_AS(Wide, a[i], version, .column = "a" #i)
WEFT_MODEL(Wide, "wide", WEFT_COLUMN_AS(Wide, key, version, .primary_key = true), WIDE(0), WIDE(1), WIDE(2), WIDE(3), WIDE(4),
           WIDE(5), WIDE(6), WIDE(7), WIDE(8), WIDE(9), WIDE(10), WIDE(11),
           WEFT_MANY_TO_MANY(Wide, near, Wide, .through = "wide_near(from_key, to_key)"));
WEFT_METADATA(wide, &Wide_model);

static void assert_wide(weft_session *s, int row, int step)
{
    const Wide *found = weft_get(s, Wide, weft_key(Wide, .key = numbered((size_t)row)));
    assert_ok(s);
    for (int i = 0; i < 12; i++)
        assert_true(same(found->a[i], (version){(short)row, i + step, 0}));
}

static void one_row_may_have_many(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &wide});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    Wide *rows[3];
    for (int row = 0; row < 3; row++) {
        rows[row] = weft_new(s, Wide, .key = numbered((size_t)row));
        for (int i = 0; i < 12; i++)
            rows[row]->a[i] = (version){(short)row, i, 0};
        flush_ok(s);
    }
    commit_ok(s);
    weft_session_clear(s);
    for (int row = 0; row < 3; row++)
        assert_wide(s, row, 0);
    for (int row = 0; row < 3; row++) {
        Wide *edited = weft_edit(s, Wide, weft_get(s, Wide, weft_key(Wide, .key = numbered((size_t)row))));
        for (int i = 0; i < 12; i++)
            edited->a[i] = (version){(short)row, i + 5, 0};
        flush_ok(s);
    }
    const Wide *first = weft_get(s, Wide, weft_key(Wide, .key = numbered(0)));
    for (size_t row = 1; row < 3; row++)
        assert_call(s, weft_append(s, Wide, first, near, Wide, weft_get(s, Wide, weft_key(Wide, .key = numbered(row)))), WEFT_OK);
    commit_ok(s);
    weft_session_clear(s);
    for (int row = 0; row < 3; row++)
        assert_wide(s, row, 5);
    first = weft_get(s, Wide, weft_key(Wide, .key = numbered(0)));
    assert_int_equal(weft_lazy(s, Wide, first, near).count, 2);
    assert_call(s, weft_remove(s, Wide, first, near, Wide, first->near.items[0]), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM wide_near", "1");
    weft_delete(s, Wide, first);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM wide", "2");
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- a thread's first encodings, without memory ---- */

typedef struct first_use {
    weft_engine *engine;
    int64_t allocations; /* that pass */
    bool failed, got, found;
    weft_status status;
} first_use;

static void *use_first(void *context)
{
    first_use *u = context;
    weft_session *s = weft_session_open(u->engine, NULL);
    (void)weft_count_of(s, Part);
    wefti_memory_fail_after(u->allocations, false);
    u->found = weft_first(s, Release, .where = weft_eq_as(Release, replaces, version, numbered(1))) != NULL;
    u->got = weft_get(s, Release, weft_key(Release, .number = numbered(1))) != NULL;
    u->failed = wefti_memory_fail_after(-1, false);
    u->status = weft_session_status(s);
    weft_session_close(s);
    return NULL;
}

static void a_thread_without_memory_for_its_encodings_says_so(void **state)
{
    fixture *f = *state;
    insert_many(f, 3);
    first_use u = {.engine = f->engine, .failed = true};
    for (; u.failed; u.allocations++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, use_first, &u), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        if (u.status != WEFT_OK && u.status != WEFT_ERROR_NO_MEMORY)
            fail_msg("allocation %lld: %s", (long long)u.allocations, weft_status_name(u.status));
        assert_true(u.status != WEFT_OK || (u.got && !u.found));
    }
    assert_int_equal(u.status, WEFT_OK);
    assert_true(u.allocations > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(fields_come_back_one_by_one),
        ON_BOTH(fields_come_back_from_one_flush),
        ON_BOTH(fields_come_back_from_arrays),
        ON_BOTH(fields_come_back_from_copy),
        ON_BOTH(what_the_database_keeps_is_what_was_encoded),
        ON_BOTH(conditions_take_values_of_the_type),
        ON_BOTH(objects_are_edited_and_found_by_such_keys),
        ON_BOTH(small_types_are_compared_column_with_column),
        ON_BOTH(results_have_them),
        ON_BOTH(what_an_encoder_refuses_names_model_and_field),
        ON_BOTH(what_a_decoder_refuses_names_model_and_field),
        ON_BOTH(rows_of_the_program_have_them),
        ON_BOTH(one_row_may_have_many),
        ON_BOTH(a_type_of_the_database_takes_them),
        ON_SQLITE(a_codec_that_cannot_be_is_told_at_open),
        ON_BOTH(a_thread_without_memory_for_its_encodings_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
