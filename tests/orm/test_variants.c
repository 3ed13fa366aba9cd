/* Keys that differ for the program and are one for the database, written in one flush; links that stand twice or are gone. */
#include "support/fixture.h"

WEFT_DECLARE(Person);
WEFT_DECLARE(Phone);
WEFT_DECLARE(Song);
WEFT_DECLARE(Mood);
struct Person {
    const char *name;
    const char *note;
    Phone_list phones;
};
struct Phone {
    int64_t id;
    const char *person_name;
    const Person *person;
};
struct Song {
    int64_t id;
    Mood_list moods;
};
struct Mood {
    int64_t id;
    Song_list songs;
};
WEFT_MODEL(Person, "person", WEFT_COLUMN(Person, name, .primary_key = true, .sql_type = "loose_text"),
           WEFT_COLUMN(Person, note, .nullable = true),
           WEFT_HAS_MANY(Person, phones, Phone, .foreign_key = "person_name", .back_populates = "person",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Phone, "phone", WEFT_COLUMN(Phone, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Phone, person_name, .sql_type = "loose_text"),
           WEFT_BELONGS_TO(Phone, person, Person, .foreign_key = "person_name", .back_populates = "phones"));
WEFT_MODEL(Song, "song", WEFT_COLUMN(Song, id, .primary_key = true, .not_generated = true),
           WEFT_MANY_TO_MANY(Song, moods, Mood, .through = "song_mood(song_id, mood_id)", .back_populates = "songs"));
WEFT_MODEL(Mood, "mood", WEFT_COLUMN(Mood, id, .primary_key = true, .not_generated = true),
           WEFT_MANY_TO_MANY(Mood, songs, Song, .through = "song_mood(mood_id, song_id)", .back_populates = "moods"));
WEFT_METADATA(people, &Person_model, &Phone_model);
WEFT_METADATA(songs, &Song_model, &Mood_model);
FIXTURE_MODELS(songs);

/* ---- one key in two spellings ---- */

typedef struct hall {
    weft_engine *engine;
    weft_session *s;
} hall;

static void open_people(fixture *f, hall *h)
{
    /* On PostgreSQL: equal whatever the case. */
    if (f->postgres)
        test_database_exec(&f->database, "CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', "
                                         "deterministic = false); CREATE DOMAIN loose_text AS text COLLATE no_case");
    test_database_exec(
        &f->database,
        f->postgres
            ? "CREATE TABLE person (name loose_text PRIMARY KEY, note text); CREATE TABLE phone (id bigint PRIMARY KEY, "
              "person_name loose_text NOT NULL REFERENCES person)"
            : "CREATE TABLE person (name TEXT COLLATE NOCASE PRIMARY KEY, note TEXT); CREATE TABLE phone (id INTEGER PRIMARY KEY, "
              "person_name TEXT COLLATE NOCASE NOT NULL REFERENCES person)");
    h->engine = fixture_engine(f, (weft_engine_options){.metadata = &people});
    h->s = weft_session_open(h->engine, NULL);
}

static void close_people(hall *h)
{
    weft_session_close(h->s);
    weft_engine_close(h->engine);
}

static void a_key_may_be_given_up_and_taken_in_another_case_at_once(void **state)
{
    fixture *f = *state;
    hall h;
    open_people(f, &h);
    for (int order = 0; order < 2; order++)
        for (int count = 1; count <= 130; count += 129) {
            char sql[200];
            test_database_exec(&f->database, "DELETE FROM person");
            assert_call(h.s, weft_session_clear(h.s), WEFT_OK);
            for (int i = 0; i < count; i++)
                weft_new(h.s, Person, .name = weft_format(h.s, "ann%d", i), .note = "old");
            commit_ok(h.s);
            Person_list all = weft_query(h.s, Person);
            for (size_t i = 0; i < all.count; i++) {
                if (order == 0)
                    weft_delete(h.s, Person, all.items[i]);
                weft_new(h.s, Person, .name = weft_format(h.s, "ANN%d", (int)i), .note = "new");
                if (order == 1)
                    weft_delete(h.s, Person, all.items[i]);
            }
            commit_ok(h.s);
            snprintf(sql, sizeof sql, "SELECT count(*) FROM person WHERE note = 'new' AND %s LIKE 'ANN%%'",
                     f->postgres ? "name COLLATE \"C\"" : "name");
            assert_int_equal(test_database_integer(&f->database, sql), count);
            assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM person"), count);
            const Person *found = weft_get(h.s, Person, "aNn0");
            assert_ok(h.s);
            assert_string_equal(found->note, "new");
        }
    close_people(&h);
}

static void children_go_over_to_the_one_who_takes_the_key(void **state)
{
    fixture *f = *state;
    hall h;
    open_people(f, &h);
    weft_new(h.s, Person, .name = "ann", .note = "old");
    weft_new(h.s, Phone, .id = 1, .person_name = "ANN");
    weft_new(h.s, Phone, .id = 2, .person_name = "ann");
    commit_ok(h.s);
    const Person *old = weft_get(h.s, Person, "Ann", .load = weft_load(weft_selectin(Person, phones)));
    assert_int_equal(old->phones.count, 2);
    weft_delete(h.s, Person, old);
    Person *taker = weft_new(h.s, Person, .name = "ANN", .note = "new");
    weft_new(h.s, Phone, .id = 3, .person = taker);
    commit_ok(h.s);
    assert_rows(f, "SELECT id FROM phone", "3");
    assert_rows(f, "SELECT note FROM person", "new");
    assert_call(h.s, weft_session_clear(h.s), WEFT_OK);
    assert_int_equal(weft_lazy(h.s, Person, weft_get(h.s, Person, "ann"), phones).count, 1);
    close_people(&h);
}

static void a_key_changes_its_case_in_place(void **state)
{
    fixture *f = *state;
    hall h;
    open_people(f, &h);
    weft_new(h.s, Person, .name = "ann", .note = "a");
    commit_ok(h.s);
    weft_edit(h.s, Person, weft_get(h.s, Person, "ann"))->name = "Ann";
    commit_ok(h.s);
    assert_rows(f, "SELECT name FROM person", "Ann");
    assert_string_equal(weft_get(h.s, Person, "ANN")->name, "Ann");
    close_people(&h);
}

/* ---- links ---- */

static void a_doubled_link_does_not_hide_a_missing_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    test_database_exec(&f->database, "DROP TABLE song_mood; CREATE TABLE song_mood (song_id BIGINT, mood_id BIGINT);"
                                     "INSERT INTO song (id) VALUES (1); INSERT INTO mood (id) VALUES (1), (2), (3)");
    for (int what = 0; what < 3; what++) {
        test_database_exec(&f->database, "DELETE FROM song_mood;"
                                         "INSERT INTO song_mood (song_id, mood_id) VALUES (1, 1), (1, 2), (1, 3)");
        assert_call(s, weft_session_clear(s), WEFT_OK);
        const Song *song = weft_get(s, Song, 1, .load = weft_load(weft_selectin(Song, moods)));
        assert_int_equal(song->moods.count, 3);
        if (what > 0)
            test_database_exec(&f->database, "INSERT INTO song_mood (song_id, mood_id) VALUES (1, 1)");
        if (what > 1)
            test_database_exec(&f->database, "DELETE FROM song_mood WHERE mood_id = 2");
        for (int m = 1; m <= 3; m++)
            weft_remove(s, Song, song, moods, Mood, weft_get(s, Mood, m));
        assert_call(s, weft_session_flush(s), what < 2 ? WEFT_OK : WEFT_ERROR_STALE);
        if (what < 2)
            commit_ok(s);
        else
            rollback_ok(s);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM song_mood"), what < 2 ? 0 : 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_key_may_be_given_up_and_taken_in_another_case_at_once),
        ON_BOTH(children_go_over_to_the_one_who_takes_the_key),
        ON_BOTH(a_key_changes_its_case_in_place),
        ON_BOTH(a_doubled_link_does_not_hide_a_missing_one),
    };
    return cmocka_run_group_tests_name("variants", tests, NULL, NULL);
}
