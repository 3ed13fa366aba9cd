/* Arrays of enums, kept as texts and as types of the database's own: on every path by which rows go, on both databases. */
#include "fixtures/memory.h"

typedef enum mood { CALM, CURIOUS, ODD, QUOTED, BRACED, EMPTY_NAME, NULL_NAME, MOODS } mood;
static const char *const mood_names[] = {"calm", "curious", "it's, \\odd", "say \"so\"", "{x},y", "", "NULL"};
typedef enum tint { RED, GREEN, BLUE, TINTS } tint;
static const char *const tint_names[] = {"red", "Green \"2\"", "blue, {b}"};

WEFT_DECLARE(Diary);
struct Diary {
    int64_t id;
    const char *title;
    int mood;
    weft_array_int32 moods;
    weft_array_opt_int32 maybe;
    weft_array_uint32 tints;
    weft_array_opt_uint32 gaps;
};
WEFT_MODEL(Diary, "diary", WEFT_COLUMN(Diary, id, .primary_key = true), WEFT_COLUMN(Diary, title),
           WEFT_ENUM(Diary, mood, mood_names), WEFT_ENUM(Diary, moods, mood_names),
           WEFT_ENUM(Diary, maybe, mood_names, .nullable = true), WEFT_ENUM(Diary, tints, tint_names, .native_enum = "tint"),
           WEFT_ENUM(Diary, gaps, tint_names, .native_enum = "tint", .nullable = true));
WEFT_METADATA(models, &Diary_model);
FIXTURE_MODELS(models);

#define ROWS "SELECT id, moods, maybe, tints, gaps FROM diary ORDER BY id"
#define NO_TINTS \
    { \
        (const uint32_t[]){0}, 0 \
    }
#define SOME_MOODS weft_int32s(CALM, CURIOUS)

static void arrays_go_in_as_names_and_come_back(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Diary, .title = "a", .moods = weft_int32s(CURIOUS, CALM, CURIOUS),
                   .maybe = {(const weft_opt_int32[]){weft_some(QUOTED), weft_unset, weft_some(CALM)}, 3},
                   .tints = {(const uint32_t[]){BLUE, RED}, 2}, .gaps = {(const weft_opt_uint32[]){weft_unset}, 1});
    (void)weft_new(f->s, Diary, .title = "b", .moods = {(const int32_t[]){0}, 0}, .tints = NO_TINTS);
    commit_ok(f->s);
    assert_rows(f, ROWS,
                f->postgres
                    ? "1|{curious,calm,curious}|{\"say \\\"so\\\"\",NULL,calm}|{\"blue, {b}\",red}|{NULL}\n2|{}|NULL|{}|NULL"
                    : "1|[\"curious\",\"calm\",\"curious\"]|[\"say \\\"so\\\"\",null,\"calm\"]|[\"blue, {b}\",\"red\"]|"
                      "[null]\n2|[]|NULL|[]|NULL");
    weft_session_clear(f->s);
    const Diary *diary = weft_get(f->s, Diary, 1);
    assert_ok(f->s);
    assert_int_equal(diary->moods.count, 3);
    assert_true(diary->moods.items[0] == CURIOUS && diary->moods.items[1] == CALM && diary->moods.items[2] == CURIOUS);
    assert_int_equal(diary->maybe.count, 3);
    assert_true(diary->maybe.items[0].set && diary->maybe.items[0].value == QUOTED && !diary->maybe.items[1].set);
    assert_true(diary->tints.count == 2 && diary->tints.items[0] == BLUE && diary->tints.items[1] == RED);
    assert_true(diary->gaps.count == 1 && !diary->gaps.items[0].set);
    diary = weft_get(f->s, Diary, 2);
    assert_true(diary->moods.count == 0 && diary->moods.items != NULL && diary->maybe.items == NULL && diary->gaps.items == NULL);
}

/* ---- against a plain model ---- */

typedef struct store {
    uint64_t random;
    char *at, *end;
} store;

static uint64_t next(store *s)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return s->random >> 33;
}

static void *take(store *s, size_t size)
{
    void *made = s->at;
    s->at += (size + 15) / 16 * 16;
    assert_true(s->at <= s->end);
    return made;
}

enum { MOST_ITEMS = 6 };

#define FILL(field, T, null, make) \
    do { \
        const size_t n_ = next(s) % (MOST_ITEMS + 1); \
        T *items_ = (null) && next(s) % 5 == 0 ? NULL : take(s, MOST_ITEMS * sizeof(T)); \
        for (size_t i_ = 0; items_ != NULL && i_ < n_; i_++) \
            items_[i_] = make; \
        row->field.items = items_; \
        row->field.count = items_ != NULL ? n_ : 0; \
    } while (0)

static void fill(store *s, Diary *row, int64_t id)
{
    *row = (Diary){.id = id, .title = "t", .mood = (int)(next(s) % MOODS)};
    FILL(moods, int32_t, false, (int32_t)(next(s) % MOODS));
    FILL(maybe, weft_opt_int32, true, ((weft_opt_int32){next(s) % 3 != 0, (int32_t)(next(s) % MOODS)}));
    FILL(tints, uint32_t, false, (uint32_t)(next(s) % TINTS));
    FILL(gaps, weft_opt_uint32, true, ((weft_opt_uint32){next(s) % 3 != 0, (uint32_t)(next(s) % TINTS)}));
}

static Diary *filled(store *s, size_t count, uint64_t seed)
{
    const size_t size = count * 512;
    s->random = seed;
    s->at = malloc(size);
    assert_non_null(s->at);
    s->end = s->at + size;
    Diary *rows = take(s, count * sizeof *rows);
    for (size_t i = 0; i < count; i++)
        fill(s, &rows[i], (int64_t)i + 1);
    return rows;
}

#define SAME(field, is) \
    do { \
        assert_int_equal(a->field.items == NULL, b->field.items == NULL); \
        assert_int_equal(a->field.count, b->field.count); \
        for (size_t i_ = 0; i_ < a->field.count; i_++) \
            if (!(is)) \
                fail_msg("row %d: item %zu of " #field, (int)a->id, i_); \
    } while (0)
#define PLAIN(field) SAME(field, a->field.items[i_] == b->field.items[i_])
#define OPTION(field) \
    SAME(field, a->field.items[i_].set == b->field.items[i_].set && \
                    (!a->field.items[i_].set || a->field.items[i_].value == b->field.items[i_].value))

static void assert_same(const Diary *a, const Diary *b)
{
    assert_true(a->id == b->id && a->mood == b->mood);
    PLAIN(moods);
    OPTION(maybe);
    PLAIN(tints);
    OPTION(gaps);
}

static void assert_stored(fixture *f, const Diary *rows, size_t count)
{
    weft_session_clear(f->s);
    Diary_list list = weft_query(f->s, Diary, .order_by = weft_order(weft_asc(Diary, id)));
    assert_ok(f->s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_same(&rows[i], list.items[i]);
}

static void insert_many(fixture *f, const Diary *rows, size_t count)
{
    weft_error error = {0};
    weft_connection *connection = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(connection, Diary, rows, count, NULL, &error), WEFT_OK, &error);
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
    weft_connection_close(connection);
}

static void add_rows(fixture *f, const Diary *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *weft_new(f->s, Diary, .id = rows[i].id) = rows[i];
    commit_ok(f->s);
}

/* Objects one by one, of one flush, and rows of lists, VALUES and COPY. */
static void rows_of_every_path_come_back(void **state)
{
    fixture *f = *state;
    static const size_t counts[] = {1, 65, 600, 3000};
    for (size_t c = 0; c < 4; c++) {
        store s;
        Diary *rows = filled(&s, counts[c], c + 1);
        insert_many(f, rows, counts[c]);
        assert_stored(f, rows, counts[c]);
        test_database_exec(&f->database, "DELETE FROM diary");
        weft_session_clear(f->s);
        add_rows(f, rows, counts[c] < 600 ? counts[c] : 600);
        assert_stored(f, rows, counts[c] < 600 ? counts[c] : 600);
        test_database_exec(&f->database, "DELETE FROM diary");
        free(rows);
    }
}

static void edits_are_written(void **state)
{
    fixture *f = *state;
    static const size_t counts[] = {1, 65};
    for (size_t c = 0; c < 2; c++) {
        store s, t;
        Diary *rows = filled(&s, counts[c], 7), *others = filled(&t, counts[c], 8);
        insert_many(f, rows, counts[c]);
        Diary_list list = weft_query(f->s, Diary, .order_by = weft_order(weft_asc(Diary, id)));
        for (size_t i = 0; i < list.count; i++)
            *weft_edit(f->s, Diary, list.items[i]) = others[i];
        commit_ok(f->s);
        assert_stored(f, others, counts[c]);
        free(rows);
        free(others);
        test_database_exec(&f->database, "DELETE FROM diary");
        weft_session_clear(f->s);
    }
}

static void an_array_may_be_long(void **state)
{
    fixture *f = *state;
    enum { LONG = 20000 };
    int32_t *items = malloc(LONG * sizeof *items);
    assert_non_null(items);
    for (int i = 0; i < LONG; i++)
        items[i] = i % MOODS;
    (void)weft_new(f->s, Diary, .title = "long", .moods = {items, LONG}, .tints = NO_TINTS);
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Diary *diary = weft_get(f->s, Diary, 1);
    assert_int_equal(diary->moods.count, LONG);
    for (int i = 0; i < LONG; i++)
        assert_int_equal(diary->moods.items[i], i % MOODS);
    free(items);
}

/* ---- edits ---- */

static void equal_arrays_are_no_edits_and_copies_are_kept(void **state)
{
    fixture *f = *state;
    int32_t items[] = {CALM, ODD};
    const Diary *diary = weft_new(f->s, Diary, .title = "a", .moods = {items, 2}, .tints = NO_TINTS);
    commit_ok(f->s);
    diary = weft_first(f->s, Diary);
    (void)fixture_statements(f);
    weft_edit(f->s, Diary, diary)->moods = weft_int32s(CALM, ODD);
    commit_ok(f->s);
    assert_int_equal(fixture_statements(f), 0);
    items[1] = BRACED;
    assert_int_equal(diary->moods.items[1], ODD);
    weft_edit(f->s, Diary, diary)->moods = (weft_array_int32){items, 2};
    flush_ok(f->s);
    items[1] = CALM;
    assert_int_equal(diary->moods.items[1], BRACED);
    rollback_ok(f->s);
    assert_int_equal(diary->moods.items[1], ODD);
    assert_rows(f, "SELECT moods FROM diary", f->postgres ? "{calm,\"it's, \\\\odd\"}" : "[\"calm\",\"it's, \\\\odd\"]");
}

/* What another transaction has changed since is not overwritten: the names stand in the condition. */
static void stale_arrays_are_told(void **state)
{
    fixture *f = *state;
    const Diary *diary = weft_new(f->s, Diary, .title = "a", .moods = SOME_MOODS, .tints = {(const uint32_t[]){RED}, 1});
    commit_ok(f->s);
    diary = weft_first(f->s, Diary);
    test_database_exec(&f->database, f->postgres ? "UPDATE diary SET moods = '{calm}'" : "UPDATE diary SET moods = '[\"calm\"]'");
    weft_edit(f->s, Diary, diary)->moods = weft_int32s(ODD);
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_STALE);
    rollback_ok(f->s);
    weft_edit(f->s, Diary, diary)->tints = (weft_array_uint32){(const uint32_t[]){BLUE, GREEN}, 2};
    commit_ok(f->s);
    assert_rows(f, "SELECT tints FROM diary",
                f->postgres ? "{\"blue, {b}\",\"Green \\\"2\\\"\"}" : "[\"blue, {b}\",\"Green \\\"2\\\"\"]");
}

/* ---- what is none of them ---- */

static void numbers_that_are_none_are_told(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const Diary rows[2] = {{.id = 1, .title = "a", .moods = SOME_MOODS, .tints = NO_TINTS},
                           {.id = 2, .title = "b", .moods = weft_int32s(CALM, MOODS), .tints = NO_TINTS}};
    (void)weft_new(f->s, Diary, .title = "a", .moods = weft_int32s(CALM, CURIOUS, -1), .tints = NO_TINTS);
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_TYPE);
    assert_message(f->s, "diary.moods: item 3 of the array is none of the enum's 7 values");
    assert_string_equal(weft_session_error(f->s)->column, "moods");
    assert_string_equal(weft_session_error(f->s)->table, "diary");
    rollback_ok(f->s);
    weft_connection *connection = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_int_equal(weft_insert_many(connection, Diary, rows, 2, NULL, &error), WEFT_ERROR_TYPE);
    assert_non_null(strstr(error.message, "diary.moods: item 2 of the array"));
    weft_connection_close(connection);
    (void)weft_count_of(f->s, Diary, .where = weft_array_has(Diary, moods, MOODS));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, Diary, .where = weft_array_contains(Diary, moods, weft_int32s(CALM, 99)));
    assert_message(f->s, "diary.moods: the value has as item 2 none of the enum's");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, Diary, .where = weft_op(weft_col(Diary, moods), "=", weft_val(weft_texts("calm", "nosuch"))));
    assert_message(f->s, "item 2");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void texts_that_are_none_are_told(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Diary, .title = "a", .moods = SOME_MOODS, .tints = NO_TINTS);
    commit_ok(f->s);
    weft_session_clear(f->s);
    if (f->postgres) {
        assert_int_equal(weft_session_execute_text(f->s, "UPDATE diary SET moods = '{calm,nosuch}'", NULL), WEFT_ERROR_CHECK);
        rollback_ok(f->s);
        assert_call(f->s, weft_session_execute_text(f->s, "ALTER TABLE diary DROP CONSTRAINT ck_diary_moods", NULL), WEFT_OK);
        commit_ok(f->s);
    }
    test_database_exec(&f->database, f->postgres ? "UPDATE diary SET moods = '{calm,nosuch}'"
                                                 : "UPDATE diary SET moods = '[\"calm\",\"nosuch\"]'");
    assert_null(weft_get(f->s, Diary, 1));
    assert_message(f->s, "diary.moods");
    assert_message(f->s, "item 2 of the array is none of the enum's 7 names");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
    test_database_exec(&f->database, f->postgres ? "UPDATE diary SET moods = '{calm,curious,NULL}'"
                                                 : "UPDATE diary SET moods = '[\"calm\",\"curious\",null]'");
    assert_null(weft_get(f->s, Diary, 1));
    assert_message(f->s, "item 3 of the array is NULL");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
}

/* ---- conditions ---- */

#define COUNT_OF(...) weft_count_of(f->s, Diary, .where = __VA_ARGS__)
#define TINTS_OF(...) ((weft_array_uint32){(const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4})

static void add_diaries(fixture *f)
{
    (void)weft_new(f->s, Diary, .title = "a", .mood = CALM, .moods = weft_int32s(CALM, CURIOUS), .tints = TINTS_OF(RED, BLUE));
    (void)weft_new(f->s, Diary, .title = "b", .mood = ODD, .moods = weft_int32s(CURIOUS), .tints = TINTS_OF(BLUE));
    (void)weft_new(f->s, Diary, .title = "c", .moods = {(const int32_t[]){0}, 0}, .tints = NO_TINTS);
    commit_ok(f->s);
}

static void arrays_are_searched(void **state)
{
    fixture *f = *state;
    add_diaries(f);
    assert_int_equal(COUNT_OF(weft_array_has(Diary, moods, CURIOUS)), 2);
    assert_int_equal(COUNT_OF(weft_array_has(Diary, tints, BLUE)), 2);
    assert_int_equal(COUNT_OF(weft_array_has_of(weft_col(Diary, tints), weft_val("red"))), 1);
    assert_int_equal(COUNT_OF(weft_array_contains(Diary, moods, weft_int32s(CALM))), 1);
    assert_int_equal(COUNT_OF(weft_array_contains(Diary, tints, TINTS_OF(BLUE, RED))), 1);
    assert_int_equal(COUNT_OF(weft_array_within(Diary, moods, weft_int32s(CURIOUS, ODD))), 2);
    assert_int_equal(COUNT_OF(weft_array_within(Diary, tints, TINTS_OF(BLUE))), 2);
    assert_int_equal(COUNT_OF(weft_array_overlaps(Diary, moods, weft_int32s(CALM, ODD))), 1);
    assert_int_equal(COUNT_OF(weft_array_overlaps(Diary, tints, TINTS_OF(GREEN, RED))), 1);
    assert_int_equal(COUNT_OF(weft_eq(Diary, moods, weft_int32s(CALM, CURIOUS))), 1);
    assert_int_equal(COUNT_OF(weft_ne(Diary, tints, TINTS_OF(RED, BLUE))), 2);
    assert_int_equal(COUNT_OF(weft_op(weft_array_length(weft_col(Diary, moods)), "=", weft_val(1))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_array_item(weft_col(Diary, moods), weft_val(2)), "=", weft_val("curious"))), 1);
    assert_int_equal(COUNT_OF(weft_array_has_of(weft_col(Diary, moods), weft_col(Diary, mood))), 1);
    assert_int_equal(COUNT_OF(weft_eq_col(Diary, moods, Diary, moods)), 3);
    assert_int_equal(COUNT_OF(weft_array_has_of(weft_array_append(weft_col(Diary, moods), weft_val(ODD)), weft_val(ODD))), 3);
    assert_int_equal(COUNT_OF(weft_is_null(Diary, maybe)), 3);
    assert_ok(f->s);
    if (f->postgres) {
        assert_int_equal(COUNT_OF(weft_array_contains_of(weft_col(Diary, moods), weft_literally(weft_val(weft_int32s(CALM))))), 1);
        assert_int_equal(COUNT_OF(weft_array_contains_of(weft_col(Diary, tints), weft_literally(weft_val(TINTS_OF(BLUE))))), 2);
    }
    assert_ok(f->s);
}

static void arrays_are_changed_by_statements(void **state)
{
    fixture *f = *state;
    add_diaries(f);
    weft_session_update(
        f->s,
        weft_update_of(Diary,
                       .set = weft_sets(weft_to_expr(Diary, moods, weft_array_append(weft_col(Diary, moods), weft_val(BRACED))),
                                        weft_to_expr(Diary, tints,
                                                     weft_array_concat(weft_col(Diary, tints), weft_val(TINTS_OF(GREEN))))),
                       .where = weft_lt(Diary, id, 3)),
        NULL);
    weft_session_update(
        f->s,
        weft_update_of(Diary,
                       .set =
                           weft_sets(weft_to_expr(Diary, tints, weft_array_remove(weft_col(Diary, tints), weft_val(BLUE))),
                                     weft_to(Diary, maybe, ((weft_array_opt_int32){(const weft_opt_int32[]){weft_some(ODD)}, 1}))),
                       .where = weft_eq(Diary, id, 1)),
        NULL);
    weft_session_update(f->s,
                        weft_update_of(Diary,
                                       .set = weft_sets(weft_to_expr(Diary, tints, weft_array(weft_val("red"), weft_val("red"))),
                                                        weft_to_expr(Diary, moods, weft_array(weft_col(Diary, mood)))),
                                       .where = weft_eq(Diary, id, 3)),
                        NULL);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, moods, maybe, tints FROM diary ORDER BY id",
                f->postgres
                    ? "1|{calm,curious,\"{x},y\"}|{\"it's, \\\\odd\"}|{red,\"Green \\\"2\\\"\"}\n"
                      "2|{curious,\"{x},y\"}|NULL|{\"blue, {b}\",\"Green \\\"2\\\"\"}\n3|{calm}|NULL|{red,red}"
                    : "1|[\"calm\",\"curious\",\"{x},y\"]|[\"it's, \\\\odd\"]|[\"red\",\"Green \\\"2\\\"\"]\n"
                      "2|[\"curious\",\"{x},y\"]|NULL|[\"blue, {b}\",\"Green \\\"2\\\"\"]\n3|[\"calm\"]|NULL|[\"red\",\"red\"]");
    weft_session_update(
        f->s,
        weft_update_of(Diary, .set = weft_sets(weft_to_expr(Diary, moods, weft_array(weft_val("calm"), weft_col(Diary, title)))),
                       .where = weft_eq(Diary, id, 1)),
        NULL);
    assert_refused(f->s, WEFT_ERROR_CHECK);
}

typedef struct Word {
    const char *value;
    int64_t position;
} Word;
WEFT_ROW(Word, WEFT_FIELD(Word, value), WEFT_FIELD(Word, position));
typedef struct Shown {
    const char *title;
    weft_array_text moods, tints;
} Shown;
WEFT_ROW(Shown, WEFT_FIELD(Shown, title), WEFT_FIELD(Shown, moods), WEFT_FIELD(Shown, tints));

/* In rows without a model they are the texts. */
static void results_hold_names(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Diary);
    add_diaries(f);
    weft_unnest(Word, weft_col(Diary, tints));
    Word_list words = weft_rows(f->s, Word, .from = weft_from(Diary), .joins = weft_joins(weft_cross_join(Word)),
                                .columns = weft_columns(weft_col(Word, value), weft_col(Word, position)),
                                .order_by = weft_order(weft_asc(Diary, id), weft_asc(Word, position)));
    assert_ok(f->s);
    assert_int_equal(words.count, 3);
    assert_string_equal(words.items[1]->value, "blue, {b}");
    assert_int_equal(words.items[1]->position, 2);
    Shown_list shown = weft_rows(f->s, Shown, .from = weft_from(Diary),
                                 .columns = weft_columns(weft_col(Diary, title), weft_col(Diary, moods), weft_col(Diary, tints)),
                                 .order_by = weft_order(weft_asc(Diary, id)));
    assert_ok(f->s);
    assert_int_equal(shown.count, 3);
    assert_string_equal(shown.items[0]->moods.items[1], "curious");
    assert_string_equal(shown.items[1]->tints.items[0], "blue, {b}");
    shown = weft_text_rows(f->s, Shown, "SELECT tints, title, moods FROM diary ORDER BY id", NULL);
    assert_ok(f->s);
    assert_string_equal(shown.items[0]->tints.items[1], "blue, {b}");
    shown = weft_rows(f->s, Shown, .from = weft_from(Diary),
                      .columns = weft_columns(weft_val("x"),
                                              weft_array_of(weft_select(.from = weft_from(Other),
                                                                        .columns = weft_columns(weft_col(Other, mood)),
                                                                        .order_by = weft_order(weft_asc(Other, id)))),
                                              weft_array_append(weft_col(Diary, tints), weft_val(RED))),
                      .order_by = weft_order(weft_asc(Diary, id)));
    assert_ok(f->s);
    assert_string_equal(shown.items[0]->moods.items[0], "calm");
    assert_string_equal(shown.items[1]->tints.items[1], "red");
}

typedef struct Want {
    weft_array_int32 moods;
    int32_t mood;
} Want;
WEFT_ROW(Want, WEFT_FIELD(Want, moods), WEFT_FIELD(Want, mood));
WEFT_PARAMETERS(Want);
typedef struct Found {
    int64_t id;
} Found;
WEFT_ROW(Found, WEFT_FIELD(Found, id));
WEFT_STATEMENT(with_moods, Found, Want, .from = weft_from(Diary), .columns = weft_columns(weft_col(Diary, id)),
               .where = weft_and(weft_array_contains_of(weft_col(Diary, moods), weft_param(Want, moods)),
                                 weft_array_has_of(weft_col(Diary, moods), weft_param(Want, mood))));

static void parameters_are_numbers(void **state)
{
    fixture *f = *state;
    add_diaries(f);
    Found_list found = weft_run(f->s, with_moods, .moods = weft_int32s(CURIOUS), .mood = CALM);
    assert_ok(f->s);
    assert_int_equal(found.count, 1);
    found = weft_run(f->s, with_moods, .moods = weft_int32s(CURIOUS), .mood = CURIOUS);
    assert_int_equal(found.count, 2);
    (void)weft_run(f->s, with_moods, .moods = weft_int32s(CURIOUS, -3), .mood = CURIOUS);
    assert_message(f->s, "item 2");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    weft_builder *builder = weft_builder_new();
    const weft_expr *where =
        weft_builder_compare(builder, WEFT_EXPR_EQ, &Diary_model, "moods", weft_value_array_int32(weft_int32s(CURIOUS)));
    assert_int_equal(COUNT_OF(where), 1);
    weft_builder_free(builder);
    assert_ok(f->s);
}

static void conflicts_are_updated(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    const Diary rows[2] = {{.id = 1, .title = "a", .moods = SOME_MOODS, .tints = NO_TINTS},
                           {.id = 2, .title = "b", .moods = weft_int32s(ODD), .tints = TINTS_OF(GREEN)}};
    const weft_insert_options options = {
        .on_conflict = WEFT_CONFLICT_UPDATE,
        .conflict_columns = "id",
        .set = weft_sets(weft_to_expr(Diary, moods, weft_array_concat(weft_col(Diary, moods), weft_excluded(Diary, moods))),
                         weft_to_expr(Diary, tints, weft_excluded(Diary, tints)))};
    assert_int_equal(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK);
    for (int round = 0; round < 2; round++)
        assert_error(weft_insert_many(c, Diary, rows, 2, &options, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id, moods, tints FROM diary ORDER BY id",
                f->postgres ? "1|{calm,curious,calm,curious}|{}\n2|{\"it's, \\\\odd\",\"it's, \\\\odd\"}|{\"Green \\\"2\\\"\"}"
                            : "1|[\"calm\",\"curious\",\"calm\",\"curious\"]|[]\n2|[\"it's, \\\\odd\",\"it's, \\\\odd\"]|[\"Green "
                              "\\\"2\\\"\"]");
}

/* ---- tables ---- */

static void tables_say_what_items_may_be(void **state)
{
    fixture *f = *state;
    if (f->postgres)
        assert_rows(
            f,
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'diary'::regclass AND attnum "
            "> 3 ORDER BY attnum",
            "moods|text[]\nmaybe|text[]\ntints|tint[]\ngaps|tint[]");
    else
        assert_rows(f, "SELECT name, type FROM pragma_table_info('diary') WHERE cid > 2",
                    "moods|TEXT_ARRAY_TEXT\nmaybe|TEXT_ARRAY_TEXT\ntints|TEXT_ARRAY_TEXT\ngaps|TEXT_ARRAY_TEXT");
    weft_error error = {0};
    weft_schema *wanted = NULL, *given = NULL;
    weft_ops *ops = NULL;
    weft_difference *differences = NULL;
    size_t count = 1;
    assert_error(weft_engine_check(f->engine, &differences, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_schema_of_models(&wanted, &models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&given, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, given, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(given);
    weft_schema_free(wanted);
    (void)weft_drop_all(f->engine, &error);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error);
}

/* Another enum of the models is a revision's: the CHECK and the type's values are compared, and rows live through it. */
static const char *const more_names[] = {"calm", "curious", "it's, \\odd", "say \"so\"", "{x},y", "", "NULL", "new"};
static const char *const more_tints[] = {"red", "Green \"2\"", "blue, {b}", "new"};
WEFT_DECLARE(Later);
struct Later {
    int64_t id;
    const char *title;
    int mood;
    weft_array_int32 moods;
    weft_array_opt_int32 maybe;
    weft_array_uint32 tints;
    weft_array_opt_uint32 gaps;
};
WEFT_MODEL(Later, "diary", WEFT_COLUMN(Later, id, .primary_key = true), WEFT_COLUMN(Later, title),
           WEFT_ENUM(Later, mood, mood_names), WEFT_ENUM(Later, moods, more_names),
           WEFT_ENUM(Later, maybe, mood_names, .nullable = true), WEFT_ENUM(Later, tints, more_tints, .native_enum = "tint"),
           WEFT_ENUM(Later, gaps, more_tints, .native_enum = "tint", .nullable = true));
WEFT_METADATA(later_models, &Later_model);

static void other_names_are_a_revision(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_schema *wanted = NULL, *given = NULL;
    weft_ops *ops = NULL;
    add_diaries(f);
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &later_models});
    assert_error(weft_schema_of_models(&wanted, &later_models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&given, engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(engine, wanted, given, NULL, &ops, &error), WEFT_OK, &error);
    if (f->postgres)
        assert_true(weft_ops_count(ops) > 0);
    else
        assert_int_equal(weft_ops_count(ops), 0);
    weft_connection *c = NULL;
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_ops_apply(ops, c, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    weft_ops_free(ops);
    weft_schema_free(given);
    weft_schema_free(wanted);
    weft_session *s = weft_session_open(engine, NULL);
    const Later *later = weft_get(s, Later, 1);
    assert_ok(s);
    weft_edit(s, Later, later)->moods = weft_int32s(CURIOUS, 7);
    weft_edit(s, Later, later)->tints = TINTS_OF(3, BLUE);
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
    assert_rows(f, "SELECT moods, tints FROM diary WHERE id = 1",
                f->postgres ? "{curious,new}|{new,\"blue, {b}\"}" : "[\"curious\",\"new\"]|[\"new\",\"blue, {b}\"]");
}

/* ---- without memory ---- */

static weft_status work(fixture *f, weft_session **session)
{
    weft_session *s = *session = weft_session_open(f->engine, NULL);
    const weft_array_int32 calm = weft_int32s(CALM);
    for (int i = 0; i < 3; i++)
        (void)weft_new(s, Diary, .title = "t", .moods = weft_int32s(i, ODD), .tints = TINTS_OF(RED, BLUE));
    if (weft_session_commit(s) != WEFT_OK)
        return weft_session_status(s);
    weft_each (Diary, diary,
               weft_query(s, Diary,
                          .where = weft_and(weft_array_has(Diary, moods, ODD), weft_gt(Diary, moods, weft_int32s(CALM)),
                                            weft_array_contains(Diary, tints, TINTS_OF(BLUE)))))
        weft_edit(s, Diary, diary)->moods = calm;
    (void)weft_session_flush(s);
    (void)weft_session_rollback(s);
    return weft_session_status(s);
}

static void every_allocation_may_fail(void **state) { fixture_fail_each_allocation(*state, work, "diary", "3"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(arrays_go_in_as_names_and_come_back),
        ON_BOTH(rows_of_every_path_come_back),
        ON_BOTH(edits_are_written),
        ON_BOTH(an_array_may_be_long),
        ON_BOTH(equal_arrays_are_no_edits_and_copies_are_kept),
        ON_BOTH(stale_arrays_are_told),
        ON_BOTH(numbers_that_are_none_are_told),
        ON_BOTH(texts_that_are_none_are_told),
        ON_BOTH(arrays_are_searched),
        ON_BOTH(arrays_are_changed_by_statements),
        ON_BOTH(results_hold_names),
        ON_BOTH(parameters_are_numbers),
        ON_BOTH(conflicts_are_updated),
        ON_BOTH(tables_say_what_items_may_be),
        ON_BOTH(other_names_are_a_revision),
        ON_BOTH(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
