/* Links of many to many and of one to one: whether a collection was loaded or not, the rows are the same afterwards. */
#include "support/fixture.h"

WEFT_DECLARE(Song);
WEFT_DECLARE(Mood);
WEFT_DECLARE(Rating);
WEFT_DECLARE(Hall);
WEFT_DECLARE(Clock);
struct Song {
    int64_t id;
    const char *name;
    Mood_list moods;
    Mood_list rated;
};
struct Mood {
    int64_t id;
    const char *name;
    Song_list songs;
};
/* A link table that is a model, with a key of its own: nothing keeps a pair from standing twice. */
struct Rating {
    int64_t id;
    int64_t song_id;
    int64_t mood_id;
    weft_opt_int32 stars;
};
struct Hall {
    int64_t id;
    const char *name;
    const Clock *clock;
};
struct Clock {
    int64_t id;
    weft_opt_int64 hall_id;
    const Hall *hall;
};
WEFT_MODEL(Song, "song", WEFT_COLUMN(Song, id, .primary_key = true), WEFT_COLUMN(Song, name),
           WEFT_MANY_TO_MANY(Song, moods, Mood, .through = "song_mood(song_id, mood_id)", .back_populates = "songs"),
           WEFT_MANY_TO_MANY(Song, rated, Mood, .through = "rating(song_id, mood_id)"));
WEFT_MODEL(Mood, "mood", WEFT_COLUMN(Mood, id, .primary_key = true), WEFT_COLUMN(Mood, name),
           WEFT_MANY_TO_MANY(Mood, songs, Song, .through = "song_mood(mood_id, song_id)", .back_populates = "moods"));
WEFT_MODEL(Rating, "rating", WEFT_COLUMN(Rating, id, .primary_key = true), WEFT_COLUMN(Rating, song_id, .foreign_key = "song.id"),
           WEFT_COLUMN(Rating, mood_id, .foreign_key = "mood.id"), WEFT_COLUMN(Rating, stars));
WEFT_MODEL(Hall, "hall", WEFT_COLUMN(Hall, id, .primary_key = true), WEFT_COLUMN(Hall, name),
           WEFT_HAS_ONE(Hall, clock, Clock, .foreign_key = "hall_id", .back_populates = "hall"));
WEFT_MODEL(Clock, "clock", WEFT_COLUMN(Clock, id, .primary_key = true), WEFT_COLUMN(Clock, hall_id, .unique = true),
           WEFT_BELONGS_TO(Clock, hall, Hall, .foreign_key = "hall_id", .back_populates = "clock"));
WEFT_METADATA(songs, &Song_model, &Mood_model, &Rating_model, &Hall_model, &Clock_model);

FIXTURE_ROWS(songs, "INSERT INTO song (id, name) VALUES (1, 'a'), (2, 'b'); INSERT INTO mood (id, name) VALUES (1, 'm'), (2, 'n');"
                    "INSERT INTO hall (id, name) VALUES (1, 'old'), (2, 'new'), (3, 'none');"
                    "INSERT INTO clock (id, hall_id) VALUES (1, 1), (2, 2), (3, NULL)");

#define LINKS "SELECT song_id, mood_id FROM song_mood ORDER BY 1, 2"

/* How much memory knows of the collections before something is done. */
typedef enum knowing { KNOWS_NOTHING, KNOWS_ONE_SIDE, KNOWS_THE_OTHER, KNOWS_BOTH, KNOWINGS } knowing;

static void begin(fixture *f, knowing how, bool linked, const Song **song, const Mood **mood)
{
    rollback_ok(f->s);
    assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    test_database_exec(&f->database, "DELETE FROM song_mood");
    if (linked)
        test_database_exec(&f->database, "INSERT INTO song_mood (song_id, mood_id) VALUES (1, 1)");
    *song = weft_get(f->s, Song, 1);
    *mood = weft_get(f->s, Mood, 1);
    if (how == KNOWS_ONE_SIDE || how == KNOWS_BOTH)
        assert_int_equal(weft_lazy(f->s, Song, *song, moods).count, linked);
    if (how == KNOWS_THE_OTHER || how == KNOWS_BOTH)
        assert_int_equal(weft_lazy(f->s, Mood, *mood, songs).count, linked);
}

static void what_is_linked_or_not_comes_to_the_same_whatever_is_loaded(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    /* + appends, - removes, from the song; p and m the same from the mood; | flushes; the last + or - decides */
    static const char *const scripts[] = {"+",   "-",   "++",   "--",   "+p",    "-m",    "+-",   "-+",  "+m",
                                          "-p",  "p-",  "m+",   "+-+",  "-+-",   "+|+",   "-|-",  "+|-", "-|+",
                                          "+|m", "-|p", "+-|+", "-+|-", "p|m|p", "m|p|m", "+|-+", "-|+-"};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        for (int linked = 0; linked < 2; linked++)
            for (knowing how = 0; how < KNOWINGS; how++) {
                const Song *song;
                const Mood *mood;
                bool wanted = linked != 0;
                begin(f, how, linked != 0, &song, &mood);
                for (const char *step = scripts[i]; *step != '\0'; step++) {
                    if (*step == '|')
                        weft_session_flush(s);
                    else if (*step == '+' || *step == '-')
                        weft_session_link(s, &Song_model, song, offsetof(Song, moods), mood, *step == '+' ? 1 : -1);
                    else
                        weft_session_link(s, &Mood_model, mood, offsetof(Mood, songs), song, *step == 'p' ? 1 : -1);
                    wanted = *step == '|' ? wanted : *step == '+' || *step == 'p';
                }
                weft_status status = weft_session_commit(s);
                char *rows = test_database_rows(&f->database, LINKS);
                bool right = status == WEFT_OK && strcmp(rows, wanted ? "1|1" : "") == 0;
                if (!right)
                    fail_msg("%s, %slinked, knowing %d: %s, rows \"%s\"", scripts[i], linked ? "" : "not ", (int)how,
                             weft_session_error(s)->message, rows);
                free(rows);
                assert_int_equal(weft_lazy(s, Song, song, moods).count, wanted);
                assert_int_equal(weft_lazy(s, Mood, mood, songs).count, wanted);
            }
}

/* What is pending shows in a collection that is loaded meanwhile, and is undone with the savepoint. */
static void links_of_unloaded_collections_follow_savepoints(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int linked = 0; linked < 2; linked++)
        for (int how = -1; how <= 1; how += 2) {
            const Song *song;
            const Mood *mood;
            begin(f, KNOWS_NOTHING, linked != 0, &song, &mood);
            assert_call(s, weft_session_savepoint(s), WEFT_OK);
            assert_call(s, weft_session_link(s, &Song_model, song, offsetof(Song, moods), mood, how), WEFT_OK);
            assert_call(s, weft_session_savepoint(s), WEFT_OK);
            assert_int_equal(weft_lazy(s, Song, song, moods).count, how > 0);
            assert_call(s, weft_session_link(s, &Song_model, song, offsetof(Song, moods), mood, -how), WEFT_OK);
            assert_int_equal(song->moods.count, how < 0);
            flush_ok(s);
            assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
            assert_int_equal(weft_lazy(s, Song, song, moods).count, how > 0);
            assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
            assert_int_equal(weft_lazy(s, Song, song, moods).count, linked);
            assert_int_equal(weft_lazy(s, Mood, mood, songs).count, linked);
            commit_ok(s);
            assert_rows(f, LINKS, linked ? "1|1" : "");
        }
}

static void new_objects_are_linked_to_those_whose_collections_nobody_loaded(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Song *song = weft_get(s, Song, 1);
    Mood *fresh = weft_new(s, Mood, .id = 50, .name = "new");
    weft_append(s, Mood, fresh, songs, Song, song);
    weft_append(s, Song, song, moods, Mood, fresh);
    weft_append(s, Song, song, moods, Mood, weft_get(s, Mood, 2));
    weft_remove(s, Song, song, moods, Mood, weft_get(s, Mood, 1));
    commit_ok(s);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM song_mood WHERE song_id = 1"), 2);
    assert_int_equal(weft_lazy(s, Song, song, moods).count, 2);
}

static void as_many_links_as_go_by_any_way_are_made_once(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const int counts[] = {2, 64, 500, 700};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        rollback_ok(s);
        assert_call(s, weft_session_clear(s), WEFT_OK);
        test_database_exec(&f->database, "DELETE FROM song_mood; DELETE FROM mood WHERE id > 2");
        const int n = counts[c];
        for (int i = 0; i < n; i++)
            weft_new(s, Mood, .id = 100 + i, .name = "many");
        commit_ok(s);
        test_database_exec(&f->database, "INSERT INTO song_mood (song_id, mood_id) SELECT 1, id FROM mood WHERE id % 3 = 0");
        const Song *song = weft_get(s, Song, 1);
        for (int i = 0; i < n; i++)
            weft_append(s, Song, song, moods, Mood, weft_get(s, Mood, 100 + i));
        commit_ok(s);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM song_mood"), n);
        test_database_exec(&f->database, "DELETE FROM song_mood WHERE mood_id % 2 = 0");
        for (int i = 0; i < n; i++)
            weft_remove(s, Song, song, moods, Mood, weft_get(s, Mood, 100 + i));
        commit_ok(s);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM song_mood"), 0);
    }
}

/* Between the look and the flush somebody else made the link: it is there once, and nothing failed. */
static void a_link_that_another_made_meanwhile_is_there_once(void **state)
{
    fixture *f = *state;
    const Song *song;
    const Mood *mood;
    begin(f, KNOWS_BOTH, false, &song, &mood);
    test_database_exec(&f->database, "INSERT INTO song_mood (song_id, mood_id) VALUES (1, 1)");
    weft_append(f->s, Song, song, moods, Mood, mood);
    commit_ok(f->s);
    assert_rows(f, LINKS, "1|1");
}

static void a_link_that_stands_twice_is_one_and_goes_as_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    test_database_exec(&f->database, "DROP TABLE song_mood; CREATE TABLE song_mood (song_id BIGINT, mood_id BIGINT)");
    for (int model = 0; model < 2; model++) {
        const char *table = model ? "rating" : "song_mood";
        const size_t field = model ? offsetof(Song, rated) : offsetof(Song, moods);
        char sql[200];
        snprintf(sql, sizeof sql, "INSERT INTO %s (song_id, mood_id) VALUES (1, 1), (1, 1), (1, 2)", table);
        test_database_exec(&f->database, sql);
        static const int loads[] = {WEFT_LOAD_SELECTIN, WEFT_LOAD_SUBQUERY, WEFT_LOAD_JOINED, WEFT_LOAD_LAZY};
        for (int i = 0; i < 4; i++) {
            const weft_loader *const ends[] = {&weft_load_end};
            const weft_loader loader = {.how = loads[i], .model = &Song_model, .offset = field, .then = ends};
            assert_call(s, weft_session_clear(s), WEFT_OK);
            const void *song = weft_session_get(s, &Song_model, weft_key_int64(1), &(const weft_query_options){.load = &loader});
            song = weft_session_lazy(s, &Song_model, song, field, NULL, 0);
            assert_int_equal(((const weft_list *)(const void *)((const char *)song + field))->count, 2);
        }
        const Song *song = weft_get(s, Song, 1);
        const Mood *mood = weft_get(s, Mood, 1);
        assert_call(s, weft_session_link(s, &Song_model, song, field, mood, 1), WEFT_OK);
        commit_ok(s);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
        assert_int_equal(test_database_integer(&f->database, sql), 3);
        song = weft_session_lazy(s, &Song_model, song, field, NULL, 0);
        assert_call(s, weft_session_link(s, &Song_model, song, field, mood, -1), WEFT_OK);
        commit_ok(s);
        assert_int_equal(test_database_integer(&f->database, sql), 1);
        assert_call(s, weft_session_clear(s), WEFT_OK);
        song = weft_get(s, Song, 1);
        assert_call(s, weft_session_link(s, &Song_model, song, field, weft_get(s, Mood, 1), 1), WEFT_OK);
        commit_ok(s);
        assert_int_equal(test_database_integer(&f->database, sql), 2);
    }
}

/* The clock of the hall before, and the hall's clock before, are given up, loaded or not. */
static void a_single_child_replaces_the_one_before_whatever_is_loaded(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int way = 0; way < 6; way++) {
        rollback_ok(s);
        assert_call(s, weft_session_clear(s), WEFT_OK);
        test_database_exec(&f->database, "DELETE FROM clock; INSERT INTO clock (id, hall_id) VALUES (1, 1), (2, 2), (3, NULL)");
        const Hall *hall = weft_get(s, Hall, 1);
        const Clock *clock = weft_get(s, Clock, way < 4 ? 2 : 3);
        if (way % 2 == 1)
            assert_non_null(weft_lazy(s, Hall, hall, clock));
        if (way / 2 % 2 == 0)
            weft_assign(s, Hall, hall, clock, Clock, clock);
        else
            weft_assign(s, Clock, clock, hall, Hall, hall);
        commit_ok(s);
        assert_rows(f, "SELECT id, hall_id FROM clock ORDER BY 1", way < 4 ? "1|NULL\n2|1\n3|NULL" : "1|NULL\n2|2\n3|1");
        assert_ptr_equal(weft_lazy(s, Hall, hall, clock), clock);
    }
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Hall *hall = weft_get(s, Hall, 2);
    const Clock *fresh = weft_new(s, Clock, .id = 50, .hall = hall);
    commit_ok(s);
    assert_ptr_equal(weft_lazy(s, Hall, hall, clock), fresh);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM clock WHERE hall_id = 2"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_linked_or_not_comes_to_the_same_whatever_is_loaded),
        ON_BOTH(links_of_unloaded_collections_follow_savepoints),
        ON_BOTH(new_objects_are_linked_to_those_whose_collections_nobody_loaded),
        ON_BOTH(as_many_links_as_go_by_any_way_are_made_once),
        ON_BOTH(a_link_that_another_made_meanwhile_is_there_once),
        ON_BOTH(a_link_that_stands_twice_is_one_and_goes_as_one),
        ON_BOTH(a_single_child_replaces_the_one_before_whatever_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
