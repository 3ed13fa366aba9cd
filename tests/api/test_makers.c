/* .insert_value and .update_value: what the program's functions give to columns that nobody gave a value. */
#include "support/fixture.h"

static const char *const levels[] = {"low", "high"};
typedef enum Level { LOW, HIGH } Level;

/* How often makers were called, and what they give. */
static struct {
    int64_t serial;
    bool null, wrong;
    const void *object;
    char field[40];
} maker;

static weft_value next_number(const weft_making *making)
{
    maker.object = making->object;
    snprintf(maker.field, sizeof maker.field, "%s.%s", making->model->name, making->field);
    if (maker.wrong)
        return weft_value_text("7");
    return maker.null ? weft_value_null(WEFT_INT64) : weft_value_int64(++maker.serial);
}
static weft_value who(const weft_making *making)
{
    char name[40]; /* copied at once */
    static char kept[40];
    if (making->user == NULL)
        return weft_value_null(WEFT_TEXT);
    snprintf(name, sizeof name, "%s", (const char *)making->user);
    snprintf(kept, sizeof kept, "%s!", name);
    return weft_value_text(kept);
}
static weft_value high(const weft_making *making)
{
    (void)making;
    return weft_value_int64(HIGH);
}

typedef struct Stamp {
    const char *by;
    int64_t number;
} Stamp;
WEFT_VALUE(Stamp, WEFT_COLUMN(Stamp, by, .nullable = true, .insert_value = who, .update_value = who),
           WEFT_COLUMN(Stamp, number, .update_value = next_number));

WEFT_DECLARE(Note);
struct Note {
    weft_uuid id;
    const char *text;
    int32_t first;   /* at insert */
    int64_t changes; /* at update */
    weft_timestamp created, updated;
    weft_opt_int64 maybe;
    Level level;
    Stamp stamp;
};
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true, .insert_value = weft_make_uuid7),
           WEFT_COLUMN(Note, text, .nullable = true, .unique = true), WEFT_COLUMN(Note, first, .insert_value = next_number),
           WEFT_COLUMN(Note, changes, .update_value = next_number), WEFT_COLUMN(Note, created, .insert_value = weft_make_now),
           WEFT_COLUMN(Note, updated, .insert_value = weft_make_now, .update_value = weft_make_now),
           WEFT_COLUMN(Note, maybe, .insert_value = next_number), WEFT_ENUM(Note, level, levels, .insert_value = high),
           WEFT_EMBED(Note, stamp, Stamp));
WEFT_DECLARE(Line);
struct Line {
    int64_t id;
    const char *text;
};
WEFT_MODEL(Line, "line", WEFT_COLUMN(Line, id, .primary_key = true, .not_generated = true, .insert_value = next_number),
           WEFT_COLUMN(Line, text));
WEFT_DECLARE(Pot);
WEFT_DECLARE(Leaf);
struct Pot {
    int64_t id;
    Leaf_list leaves;
};
struct Leaf {
    int64_t id;
    int64_t pot_id;
    const Pot *pot;
};
WEFT_MODEL(Pot, "pot", WEFT_COLUMN(Pot, id, .primary_key = true, .not_generated = true),
           WEFT_HAS_MANY(Pot, leaves, Leaf, .foreign_key = "pot_id", .back_populates = "pot"));
WEFT_MODEL(Leaf, "leaf", WEFT_COLUMN(Leaf, id, .primary_key = true), WEFT_COLUMN(Leaf, pot_id, .insert_value = next_number),
           WEFT_BELONGS_TO(Leaf, pot, Pot, .foreign_key = "pot_id", .back_populates = "leaves"));
WEFT_METADATA(models, &Note_model, &Line_model, &Pot_model);
FIXTURE_MODELS(models);

static void begin_at(int64_t serial)
{
    memset(&maker, 0, sizeof maker);
    maker.serial = serial;
}

static bool is_recent(weft_timestamp at)
{
    return weft_timestamp_now().usec - at.usec < 60000000 && at.usec <= weft_timestamp_now().usec;
}

static void new_objects_have_their_values_at_once(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.user = "ada"});
    begin_at(10);
    const Note *note = weft_new(s, Note, .text = "a");
    assert_ok(s);
    assert_int_equal(note->first, 11);
    assert_int_equal(note->maybe.value, 12);
    assert_int_equal(note->changes, 0);
    assert_int_equal(note->level, HIGH);
    assert_string_equal(note->stamp.by, "ada!");
    assert_int_equal(note->id.bytes[6] >> 4, 7);
    assert_true(is_recent(note->created) && is_recent(note->updated));
    assert_ptr_equal(maker.object, note);
    assert_string_equal(maker.field, "Note.maybe");
    const Note *given = weft_new(s, Note, .text = "b", .first = 5, .maybe = {true, 0}, .stamp = {.by = "bob"}, .created = {77});
    assert_int_equal(maker.serial, 12);
    assert_int_equal(given->maybe.value, 0); /* given */
    assert_int_equal(given->created.usec, 77);
    const Note *zero = weft_new(s, Note, .text = "c", .maybe = {true, 1});
    assert_call(s, weft_set(s, Note, zero, first, 0), WEFT_OK);
    assert_call(s, weft_session_commit(s), WEFT_OK);
    assert_rows(f, "SELECT text, first, maybe, level, changes FROM note ORDER BY text",
                "a|11|12|high|0\nb|5|0|high|0\nc|0|1|high|0");
    assert_rows(f, "SELECT stamp_by FROM note ORDER BY text", "ada!\nbob\nada!");
    weft_session_close(s);
}

static void a_link_is_a_value(void **state)
{
    fixture *f = *state;
    begin_at(4);
    weft_new(f->s, Pot, .id = 5);
    const Pot *pot = weft_new(f->s, Pot, .id = 9);
    weft_new(f->s, Leaf, .pot = pot);
    weft_new(f->s, Leaf, .pot_id = 9);
    assert_int_equal(maker.serial, 4);
    weft_new(f->s, Leaf, .pot_id = 0);
    const Leaf *moved = weft_new(f->s, Leaf, .pot_id = 5);
    weft_assign(f->s, Leaf, moved, pot, Pot, pot);
    commit_ok(f->s);
    assert_rows(f, "SELECT pot_id FROM leaf ORDER BY id", "9\n9\n5\n9");
}

static void flushes_give_what_the_program_did_not_write(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.user = "eve"});
    begin_at(0);
    const Note *note =
        weft_new(s, Note, .text = "a", .first = 1, .maybe = {true, 1}, .created = {5}, .updated = {5}, .stamp = {.by = "x"});
    commit_ok(s);
    begin_at(100);
    assert_non_null(weft_edit(s, Note, note)); /* nothing changes */
    commit_ok(s);
    assert_int_equal(maker.serial, 100);
    (void)fixture_statements(f);
    weft_edit(s, Note, note)->text = "b";
    commit_ok(s);
    assert_int_equal(note->changes, 101); /* the struct has it, too */
    assert_int_equal(note->stamp.number, 102);
    assert_string_equal(note->stamp.by, "eve!");
    assert_true(is_recent(note->updated));
    assert_int_equal(note->created.usec, 5);
    assert_rows(f, "SELECT text, changes, stamp_number, stamp_by, first FROM note", "b|101|102|eve!|1");
    Note *edit = weft_edit(s, Note, note);
    edit->text = "c";
    edit->changes = 7; /* the program's own */
    commit_ok(s);
    assert_rows(f, "SELECT text, changes, stamp_number FROM note", "c|7|103");
    weft_edit(s, Note, note)->text = "d";
    flush_ok(s);
    assert_int_equal(note->changes, 104);
    rollback_ok(s);
    assert_int_equal(weft_get(s, Note, note->id)->changes, 7);
    assert_rows(f, "SELECT text, changes FROM note", "c|7");
    weft_session_close(s);
}

static void three_notes(weft_session *s)
{
    begin_at(0);
    for (int i = 0; i < 3; i++)
        weft_new(s, Note, .first = i + 1, .maybe = {true, 1}, .updated = {5}, .stamp = {.by = "x"});
    commit_ok(s);
}

/* Two sessions change different columns of a row: what both write by makers is no conflict, what both write themselves is. */
static void what_every_update_writes_is_no_conflict(void **state)
{
    fixture *f = *state;
    begin_at(0);
    weft_new(f->s, Note, .text = "a", .first = 1, .maybe = {true, 1});
    commit_ok(f->s);
    weft_session *one = weft_session_open(f->engine, NULL), *two = weft_session_open(f->engine, NULL);
    const Note *a = weft_first(one, Note), *b = weft_first(two, Note);
    weft_edit(one, Note, a)->text = "b";
    commit_ok(one);
    weft_edit(two, Note, b)->first = 2;
    commit_ok(two);
    assert_rows(f, "SELECT text, first, changes FROM note", "b|2|3");
    weft_session_clear(one);
    weft_session_clear(two);
    a = weft_first(one, Note);
    b = weft_first(two, Note);
    weft_edit(one, Note, a)->text = "c";
    commit_ok(one);
    weft_edit(two, Note, b)->text = "d";
    assert_int_equal(weft_session_commit(two), WEFT_ERROR_STALE);
    rollback_ok(two);
    assert_rows(f, "SELECT text, first FROM note", "c|2");
    weft_session_close(one);
    weft_session_close(two);
}

static void statements_by_condition_give_them_too(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.user = "eve"});
    three_notes(s);
    begin_at(200);
    for (int64_t i = 0; i < 3; i++) { /* compiled once */
        assert_call(s,
                    weft_session_update(
                        s, weft_update_of(Note, .set = weft_sets(weft_to(Note, maybe, i)), .where = weft_ge(Note, first, 2)), NULL),
                    WEFT_OK);
        commit_ok(s);
        assert_int_equal(maker.serial, 202 + 2 * i); /* asked once for each column */
    }
    assert_rows(f,
                "SELECT count(*), count(DISTINCT changes), max(updated) > '2020-01-01', min(changes) FROM note WHERE first >= 2 "
                "AND stamp_by = 'eve!'",
                f->postgres ? "2|1|t|205" : "2|1|1|205");
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Note,
                                                   .set = weft_sets(weft_to(Note, changes, 9),
                                                                    weft_to_expr(Note, updated, weft_col(Note, created))),
                                                   .all = true),
                                    NULL),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM note WHERE changes = 9 AND updated = created", "3");
    weft_session_close(s);
    weft_error error = {0}; /* Core has no user */
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(
        weft_execute_update(c, weft_update_of(Note, .set = weft_sets(weft_to(Note, text, "z")), .where = weft_eq(Note, first, 1)),
                            NULL, &error),
        WEFT_OK, &error);
    assert_null(maker.object);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT text, coalesce(stamp_by, 'nobody') FROM note WHERE first = 1", "z|nobody");
}

typedef struct Ask {
    int32_t first;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, first));
WEFT_PARAMETERS(Ask);
WEFT_CHANGE(touch, Ask,
            weft_updated(Note, .set = weft_sets(weft_to_expr(Note, text, weft_col(Note, text))),
                         .where = weft_eq_col(Note, first, Ask, first)));

static void constant_statements_give_them_in_each_run(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.user = "eve"});
    three_notes(s);
    begin_at(300);
    for (int32_t i = 1; i <= 3; i++) {
        int64_t changed = 0;
        assert_call(s, weft_change(s, touch, &changed, .first = i), WEFT_OK);
        assert_int_equal(changed, 1);
    }
    commit_ok(s);
    assert_rows(f, "SELECT first, changes, stamp_number, stamp_by FROM note ORDER BY first",
                "1|301|302|eve!\n2|303|304|eve!\n3|305|306|eve!");
    weft_session_close(s);
}

static void rows_of_insert_many_get_theirs(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    static const size_t sizes[] = {1, 3, 600, 17000};
    static Line lines[17000];
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    begin_at(0);
    int64_t sum = 0;
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        for (size_t i = 0; i < sizes[n]; i++)
            lines[i] = (Line){.text = "x"};
        lines[0].id = -1 - (int64_t)n; /* given */
        assert_error(weft_insert_many(c, Line, lines, sizes[n], NULL, &error), WEFT_OK, &error);
        assert_int_equal(lines[sizes[n] - 1].id, sizes[n] > 1 ? 0 : -1 - (int64_t)n); /* the caller's are his */
        sum += (int64_t)sizes[n] - 1;
        assert_int_equal(maker.serial, sum);
    }
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    char wanted[60];
    snprintf(wanted, sizeof wanted, "%d|%d|-4|%d", (int)sum + 4, (int)sum + 4, (int)sum);
    assert_rows(f, "SELECT count(*), count(DISTINCT id), min(id), max(id) FROM line", wanted);
    Note notes[2] = {{.text = "k", .level = LOW}, {.text = "l", .updated = {6}}};
    begin_at(40);
    assert_error(weft_insert_many(c, Note, notes, 2, NULL, &error), WEFT_OK, &error);
    begin_at(50);
    const weft_insert_options upsert = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                        .conflict_columns = "text",
                                        .set = weft_sets(weft_to(Note, level, HIGH))};
    assert_error(weft_insert_many(c, Note, notes, 2, &upsert, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT text, first, maybe, level FROM note ORDER BY text", "k|41|42|high\nl|43|44|high");
    assert_rows(f, "SELECT count(*) FROM note WHERE changes > 50 AND stamp_number > 50 AND updated > '2020-01-01'", "2");
    weft_connection_close(c);
}

static void what_makers_cannot_give_is_refused(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_session *s = f->s;
    begin_at(0);
    maker.null = true;
    (void)weft_new(s, Note, .text = "a");
    assert_message(s, "Note.first: .insert_value gave NULL to a column that is NOT NULL");
    assert_refused(s, WEFT_ERROR_NOT_NULL);
    begin_at(0);
    maker.wrong = true;
    (void)weft_new(s, Note, .text = "a");
    assert_message(s, "Note.first: .insert_value gave a value of another type than the column's");
    assert_refused(s, WEFT_ERROR_TYPE);
    begin_at(INT32_MAX);
    (void)weft_new(s, Note, .text = "a");
    assert_message(s, "Note.first");
    assert_refused(s, WEFT_ERROR_TYPE);
    begin_at(0);
    maker.null = true;
    (void)fixture_statements(f);
    assert_int_equal(weft_session_update(s, weft_update_of(Note, .set = weft_sets(weft_to(Note, text, "x")), .all = true), NULL),
                     WEFT_ERROR_NOT_NULL);
    rollback_ok(s);
    assert_int_equal(fixture_statements(f), 0);
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    Line lines[2] = {{.id = 1, .text = "a"}, {.text = "b"}};
    assert_error(weft_insert_many(c, Line, lines, 2, NULL, &error), WEFT_ERROR_NOT_NULL, &error);
    assert_non_null(strstr(error.message, "row 1: Line.id"));
    assert_true(error.nothing_sent);
    weft_connection_close(c);
    assert_rows(f, "SELECT (SELECT count(*) FROM line) + (SELECT count(*) FROM note)", "0");
    const weft_insert *insert =
        weft_insert_into(Line, .columns = weft_columns(weft_col(Line, text)),
                         .query = weft_select(.from = weft_from(Note), .columns = weft_columns(weft_col(Note, text))));
    assert_int_equal(weft_session_insert(s, insert, NULL), WEFT_ERROR_MISUSE);
    assert_message(s, "leaves id out, whose .insert_value");
    rollback_ok(s);
    if (!f->postgres)
        return;
    assert_int_equal(
        weft_session_merge_rows(s,
                                weft_merge_into(Line, .from = weft_from(Note), .on = weft_eq_col(Line, text, Note, text),
                                                .steps = weft_steps(weft_not_matched_insert(NULL, weft_to(Line, text, "x")))),
                                NULL),
        WEFT_ERROR_MISUSE);
    assert_message(s, "leaves id out, whose .insert_value");
    rollback_ok(s);
}

#define BAD(name, ...) \
    WEFT_DECLARE(name); \
    struct name { \
        int64_t id; \
        int64_t n; \
    }; \
    WEFT_MODEL(name, "bad", __VA_ARGS__); \
    WEFT_METADATA(models_of_##name, &name##_model)
BAD(MadeKey, WEFT_COLUMN(MadeKey, id, .primary_key = true, .insert_value = next_number), WEFT_COLUMN(MadeKey, n));
BAD(MovedKey, WEFT_COLUMN(MovedKey, id, .primary_key = true, .not_generated = true, .update_value = next_number),
    WEFT_COLUMN(MovedKey, n));
BAD(Computed, WEFT_COLUMN(Computed, id, .primary_key = true),
    WEFT_COLUMN(Computed, n, .generated = "id + 1", .insert_value = next_number));
BAD(Versioned, WEFT_COLUMN(Versioned, id, .primary_key = true),
    WEFT_COLUMN(Versioned, n, .version = true, .update_value = next_number));
WEFT_DECLARE(Part);
struct Part {
    weft_uuid id;
    const char *text;
};
WEFT_MODEL(Part, "note", WEFT_COLUMN(Part, id, .primary_key = true), WEFT_COLUMN(Part, text, .nullable = true),
           WEFT_OPTIONS(Part, .view_of = &Note_model));
WEFT_METADATA(models_of_Part, &Note_model, &Part_model);

static void models_that_cannot_be_are_refused(void **state)
{
    fixture *f = *state;
    static const struct {
        const weft_metadata *metadata;
        const char *part;
    } bad[] = {{&models_of_MadeKey, "set .not_generated"},
               {&models_of_MovedKey, "a key stays as it is"},
               {&models_of_Computed, "computed, counted or a version"},
               {&models_of_Versioned, "computed, counted or a version"},
               {&models_of_Part, "has an .update_value in Note"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        weft_engine *engine;
        weft_error error = {0};
        assert_error(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = bad[i].metadata}, &error),
                     WEFT_ERROR_MODEL, &error);
        if (strstr(error.message, bad[i].part) == NULL)
            fail_msg("%s does not say: %s", error.message, bad[i].part);
    }
}

static void uuids_of_time_are_in_order(void **state)
{
    (void)state;
    weft_uuid last = {{0}};
    int ordered = 0;
    for (int i = 0; i < 1000; i++) {
        const weft_uuid next = weft_make_uuid7(NULL).as.uuid;
        assert_int_equal(next.bytes[6] >> 4, 7);
        assert_int_equal(next.bytes[8] >> 6, 2);
        ordered += memcmp(last.bytes, next.bytes, 8) <= 0; /* the random rest may be less within 250 ns */
        assert_memory_not_equal(last.bytes, next.bytes, 16);
        last = next;
    }
    assert_int_equal(ordered, 1000);
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | last.bytes[i];
    assert_in_range(weft_timestamp_now().usec / 1000 - (int64_t)ms, 0, 60000);
    assert_int_equal(weft_make_uuid(NULL).as.uuid.bytes[6] >> 4, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(new_objects_have_their_values_at_once),
        ON_BOTH(a_link_is_a_value),
        ON_BOTH(flushes_give_what_the_program_did_not_write),
        ON_BOTH(what_every_update_writes_is_no_conflict),
        ON_BOTH(statements_by_condition_give_them_too),
        ON_BOTH(constant_statements_give_them_in_each_run),
        ON_BOTH(rows_of_insert_many_get_theirs),
        ON_BOTH(what_makers_cannot_give_is_refused),
        ON_BOTH(models_that_cannot_be_are_refused),
        cmocka_unit_test(uuids_of_time_are_in_order),
    };
    return cmocka_run_group_tests_name("makers", tests, NULL, NULL);
}
