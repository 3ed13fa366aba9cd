/* Enums that may be NULL: an optional number in C, a text or a type of its own in the database. */
#include "support/fixture.h"

typedef enum Mood { MOOD_SAD, MOOD_GLAD, MOOD_ODD } Mood;
static const char *const moods[] = {"sad", "glad", "it's"};

WEFT_DECLARE(Person);
struct Person {
    int64_t id;
    const char *name;
    weft_opt_int32 mood;   /* Mood, perhaps NULL */
    weft_opt_int32 before; /* a type of PostgreSQL's */
    weft_opt_uint32 usual; /* NOT NULL; unset is the default */
};
WEFT_MODEL(Person, "person", WEFT_COLUMN(Person, id, .primary_key = true), WEFT_COLUMN(Person, name),
           WEFT_ENUM(Person, mood, moods, .index = true), WEFT_ENUM(Person, before, moods, .native_enum = "mood"),
           WEFT_ENUM(Person, usual, moods, .not_null = true, .server_default = "'glad'"));
static WEFT_METADATA(models, &Person_model);
FIXTURE_MODELS(models);

#define SHOWN "SELECT name, mood, before, usual FROM person ORDER BY id"

static void a_value_or_none_is_stored_and_read(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Person *ann = weft_new(s, Person, .name = "Ann", .mood = weft_some(MOOD_ODD), .before = weft_some(MOOD_SAD));
    const Person *bob = weft_new(s, Person, .name = "Bob", .usual = weft_some(MOOD_SAD));
    flush_ok(s);
    assert_true(ann->usual.set);
    assert_int_equal(ann->usual.value, MOOD_GLAD);
    assert_false(bob->mood.set);
    commit_ok(s);
    assert_rows(f, SHOWN, "Ann|it's|sad|glad\nBob|NULL|NULL|sad");
    assert_call(s, weft_session_clear(s), WEFT_OK);
    ann = weft_get(s, Person, 1);
    bob = weft_get(s, Person, 2);
    assert_true(ann->mood.set && ann->before.set && !bob->mood.set && !bob->before.set);
    assert_int_equal(ann->mood.value, MOOD_ODD);
    assert_int_equal(ann->before.value, MOOD_SAD);
    assert_int_equal(bob->usual.value, MOOD_SAD);
    (void)fixture_statements(f);
    weft_edit(s, Person, ann)->mood = (weft_opt_int32)weft_some(MOOD_ODD); /* as it is */
    commit_ok(s);
    assert_int_equal(fixture_statements(f), 0);
    weft_edit(s, Person, ann)->mood = (weft_opt_int32){0};
    weft_edit(s, Person, bob)->before = (weft_opt_int32)weft_some(MOOD_GLAD);
    commit_ok(s);
    assert_rows(f, SHOWN, "Ann|NULL|sad|glad\nBob|NULL|glad|sad");
    weft_edit(s, Person, ann)->mood = (weft_opt_int32)weft_some(3);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_TYPE);
    rollback_ok(s);
    weft_edit(s, Person, ann)->usual = (weft_opt_uint32){0};
    assert_call(s, weft_session_flush(s), WEFT_ERROR_NOT_NULL);
    rollback_ok(s);
    test_database_exec(&f->database, "UPDATE person SET mood = NULL WHERE id = 1");
}

static void many_of_them_go_by_every_path(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    for (int i = 0; i < 30; i++)
        (void)weft_new(s, Person, .name = "a", .mood = {i % 3 != 0, i % 3}, .before = {i % 2 != 0, MOOD_ODD});
    commit_ok(s);
    for (int i = 0; i < 3000; i++)
        (void)weft_new(s, Person, .name = "b", .mood = {i % 3 != 0, i % 3}, .before = {i % 2 != 0, MOOD_ODD},
                       .usual = weft_some(2));
    commit_ok(s);
    weft_connection *c = NULL;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    Person rows[] = {{.name = "c"}, {.name = "c", .mood = weft_some(MOOD_GLAD), .before = weft_some(MOOD_SAD)}};
    assert_error(weft_insert_many(c, Person, rows, 2, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f,
                "SELECT count(*), count(mood), count(before), count(CASE WHEN mood = 'glad' THEN 1 END), count(CASE WHEN before = "
                "'it''s' THEN 1 END), count(CASE WHEN usual = 'glad' THEN 1 END) FROM person",
                "3032|2021|1516|1011|1515|32");
}

static void conditions_and_assignments_take_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed = 0;
    (void)weft_new(s, Person, .name = "a", .mood = weft_some(MOOD_GLAD), .before = weft_some(MOOD_GLAD));
    (void)weft_new(s, Person, .name = "b", .before = weft_some(MOOD_SAD));
    (void)weft_new(s, Person, .name = "c", .mood = weft_some(MOOD_ODD));
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Person, .where = weft_eq(Person, mood, MOOD_GLAD)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_eq(Person, before, MOOD_GLAD)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_ne(Person, mood, MOOD_GLAD)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_is_null(Person, mood)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_eq(Person, before, (weft_opt_int32){0})), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_eq(Person, mood, (weft_opt_int32)weft_some(MOOD_ODD))), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_eq_col(Person, mood, Person, before)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_in(Person, mood, ((const int[]){MOOD_GLAD, MOOD_ODD}), 2)), 2);
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Person,
                                                   .set = weft_sets(weft_to(Person, mood, MOOD_SAD),
                                                                    weft_to(Person, before, (weft_opt_int32){0})),
                                                   .where = weft_eq(Person, name, "a")),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 1);
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Person, .set = weft_sets(weft_to_expr(Person, mood, weft_col(Person, before))),
                                                   .where = weft_eq(Person, name, "b")),
                                    &changed),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f, SHOWN, "a|sad|NULL|glad\nb|sad|sad|glad\nc|it's|NULL|glad");
    const Person *a = weft_first(s, Person, .where = weft_eq(Person, name, "a"));
    weft_set(s, Person, a, mood, MOOD_GLAD);
    flush_ok(s);
    assert_int_equal(a->mood.value, MOOD_GLAD);
    weft_set(s, Person, a, mood, (weft_opt_int32){0});
    commit_ok(s);
    assert_rows(f, SHOWN, "a|NULL|NULL|glad\nb|sad|sad|glad\nc|it's|NULL|glad");
    (void)weft_count_of(s, Person, .where = weft_eq(Person, mood, 7));
    assert_refused(s, WEFT_ERROR_TYPE);
}

static void another_value_is_kept_out(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Person, .name = "a");
    commit_ok(s);
    test_database_exec(&f->database, f->postgres
                                         ? "ALTER TABLE person DROP CONSTRAINT ck_person_mood; UPDATE person SET mood = 'new'"
                                         : "PRAGMA ignore_check_constraints = ON; UPDATE person SET mood = 'new'");
    assert_null(weft_first(s, Person, .where = weft_eq(Person, name, "a")));
    assert_message(s, "the text in the database is none of the enum's 3 names");
    assert_refused(s, WEFT_ERROR_SCHEMA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_value_or_none_is_stored_and_read),
        ON_BOTH(many_of_them_go_by_every_path),
        ON_BOTH(conditions_and_assignments_take_them),
        ON_BOTH(another_value_is_kept_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
