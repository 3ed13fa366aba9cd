/* Objects that were edited and flushed, and whose rows SQL then changed in the same transaction: they are read again like any
 * other, and what was written late through an old pointer is neither lost nor taken for the database's. */
#include "fixtures/planets.h"

static Planet *flushed_planet(weft_session *s)
{
    const Planet *planet = weft_new(s, Planet, .name = "p", .mass = 1);
    commit_ok(s);
    Planet *edit = weft_edit(s, Planet, weft_get(s, Planet, planet->id));
    edit->mass = 5;
    flush_ok(s);
    return edit;
}

static void an_update_by_condition_reaches_what_was_edited_before(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = flushed_planet(s);
    const weft_update add = {.model = &Planet_model,
                             .all = true,
                             .set = weft_sets(weft_to_expr(Planet, mass, weft_op(weft_col(Planet, mass), "+", weft_val(10))))};
    assert_int_equal(weft_session_update(s, &add, NULL), WEFT_OK);
    assert_ptr_equal(weft_get(s, Planet, planet->id), planet);
    assert_int_equal(planet->mass, 15);
    weft_edit(s, Planet, planet)->mass += 1;
    assert_int_equal(weft_session_update(s, &add, NULL), WEFT_OK);
    assert_int_equal(weft_query(s, Planet).items[0]->mass, 26);
    assert_int_equal(weft_session_execute_text(s, "UPDATE planet SET mass = mass + 100, note = 'by text'", NULL), WEFT_OK);
    weft_edit(s, Planet, planet)->mass += 1;
    assert_int_equal(planet->mass, 127);
    assert_string_equal(planet->note, "by text");
    commit_ok(s);
    assert_rows(f, "SELECT mass, note FROM planet", "127|by text");
}

static void a_refresh_reaches_what_was_edited_and_flushed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = flushed_planet(s);
    weft_connection *c = weft_session_connection(s);
    assert_int_equal(weft_execute_text(c, "UPDATE planet SET note = 'from below', mass = mass + 1", NULL, NULL), WEFT_OK);
    (void)weft_query(s, Planet, .refresh = true);
    assert_int_equal(planet->mass, 6);
    assert_string_equal(planet->note, "from below");
    rollback_ok(s);
    assert_int_equal(weft_get(s, Planet, planet->id)->mass, 1);
    assert_null(planet->note);
}

static void a_write_through_an_old_pointer_stays_beside_what_sql_changed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = flushed_planet(s);
    planet->note = "late";
    assert_int_equal(weft_session_execute_text(s, "UPDATE planet SET mass = 50", NULL), WEFT_OK);
    (void)weft_query(s, Planet);
    assert_string_equal(planet->note, "late");
    commit_ok(s);
    assert_rows(f, "SELECT mass, note FROM planet", "50|late");
}

static void a_new_object_sees_what_sql_made_of_its_row(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = weft_new(s, Planet, .name = "p", .mass = 1);
    assert_int_equal(weft_session_execute_text(s, "UPDATE planet SET mass = mass + 41", NULL), WEFT_OK);
    assert_ptr_equal(weft_first(s, Planet), planet);
    assert_int_equal(planet->mass, 42);
    planet->mass++;
    commit_ok(s);
    assert_rows(f, "SELECT mass FROM planet", "43");
}

static void a_savepoint_undoes_what_was_read_again_within_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = flushed_planet(s);
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    assert_int_equal(weft_session_execute_text(s, "UPDATE planet SET mass = 50, note = 'inside'", NULL), WEFT_OK);
    assert_int_equal(weft_first(s, Planet)->mass, 50);
    assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(weft_first(s, Planet)->mass, 5);
    assert_null(planet->note);
    commit_ok(s);
    assert_rows(f, "SELECT mass, note FROM planet", "5|NULL");
}

static void a_savepoint_undoes_what_only_sql_changed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Planet *planet = weft_new(s, Planet, .name = "p", .mass = 1);
    commit_ok(s);
    assert_int_equal(weft_get(s, Planet, planet->id)->mass, 1);
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    assert_int_equal(weft_session_update(s, weft_update_of(Planet, .set = weft_sets(weft_to(Planet, mass, 50)), .all = true), NULL),
                     WEFT_OK);
    assert_int_equal(weft_get(s, Planet, planet->id)->mass, 50);
    assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(weft_get(s, Planet, planet->id)->mass, 1);
    weft_edit(s, Planet, planet)->mass += 1;
    commit_ok(s);
    assert_rows(f, "SELECT mass FROM planet", "2");
}

static void a_savepoint_that_sent_no_sql_of_its_own_reads_nothing_again(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *a = weft_new(s, Planet, .name = "a"), *b = weft_new(s, Planet, .name = "b");
    commit_ok(s);
    assert_int_equal(weft_query(s, Planet).count, 2);
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    weft_edit(s, Planet, a)->mass = 9;
    assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
    test_recorder_clear(f->recorder);
    assert_int_equal(weft_get(s, Planet, a->id)->mass, 0);
    assert_int_equal(weft_get(s, Planet, b->id)->mass, 0);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
}

static void a_pointer_from_before_a_refresh_may_still_be_written_through(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = flushed_planet(s);
    planet->mass = 77;
    assert_int_equal(weft_refresh(s, Planet, planet), WEFT_OK);
    assert_int_equal(planet->mass, 5);
    planet->mass = 6;
    commit_ok(s);
    assert_rows(f, "SELECT mass FROM planet", "6");
}

static void many_edits_flushes_and_readings_stay_flat(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *planet = flushed_planet(s);
    weft_session_stats before, after;
    for (int i = 0; i < 400; i++) {
        if (i == 100)
            weft_session_stats_get(s, &before);
        weft_edit(s, Planet, planet)->mass += 1;
        assert_int_equal(weft_session_execute_text(s, "UPDATE planet SET mass = mass + 1", NULL), WEFT_OK);
        (void)weft_get(s, Planet, planet->id);
    }
    weft_session_stats_get(s, &after);
    assert_int_equal(planet->mass, 805);
    assert_true(after.bytes - before.bytes < 200000);
    commit_ok(s);
    assert_rows(f, "SELECT mass FROM planet", "805");
}

enum { ROWS = 4, DEPTH = 5, STEPS = 400 };

/* What the masses are, by a model that knows nothing of objects: one array per open savepoint, and the committed one. */
typedef struct masses {
    int of[ROWS];
} masses;
typedef struct play {
    fixture *f;
    uint64_t random;
    const Planet *planets[ROWS];
    Planet *mutable[ROWS]; /* in this transaction */
    masses now, committed, saved[DEPTH];
    int depth;
} play;

static int pick(play *p, int below)
{
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    return (int)((p->random >> 33) % (unsigned)below);
}

static void end_transaction(play *p, bool keep)
{
    if (keep)
        p->committed = p->now;
    p->now = p->committed;
    p->depth = 0;
    memset(p->mutable, 0, sizeof p->mutable);
}

static void write_one(play *p)
{
    int i = pick(p, ROWS);
    if (p->mutable[i] == NULL || pick(p, 2) == 0)
        p->mutable[i] = weft_edit(p->f->s, Planet, p->planets[i]);
    p->now.of[i] = pick(p, 3) == 0 ? p->mutable[i] -> mass + 1 : pick(p, 1000);
    p->mutable[i] -> mass = p->now.of[i];
}

static void write_by_sql(play *p)
{
    weft_session *s = p->f->s;
    int add = pick(p, 100), least = pick(p, 500);
    const weft_update update = {.model = &Planet_model,
                                .where = weft_ge(Planet, mass, least),
                                .set = weft_sets(weft_to_expr(Planet, mass, weft_op(weft_col(Planet, mass), "+", weft_val(add))))};
    if (pick(p, 2) == 0)
        weft_session_update(s, &update, NULL);
    else
        weft_session_execute_text(s, "UPDATE planet SET mass = mass + $1 WHERE mass >= $2",
                                  weft_parameters(weft_value_int64(add), weft_value_int64(least)));
    for (int i = 0; i < ROWS; i++)
        p->now.of[i] += p->now.of[i] >= least ? add : 0;
}

static void move_savepoints(play *p)
{
    weft_session *s = p->f->s;
    int how = pick(p, 3);
    if (how == 0 && p->depth < DEPTH) {
        weft_session_savepoint(s);
        p->saved[p->depth++] = p->now;
    } else if (how == 1 && p->depth > 0) {
        weft_session_savepoint_release(s);
        p->depth--;
    } else if (p->depth > 0) {
        weft_session_savepoint_rollback(s);
        p->now = p->saved[--p->depth];
    }
}

static void read_some(play *p)
{
    weft_session *s = p->f->s;
    int i = pick(p, ROWS), how = pick(p, 5);
    if (how == 0)
        (void)weft_query(s, Planet, .refresh = true);
    else if (how == 1)
        (void)weft_get(s, Planet, p->planets[i]->id, .for_update = true);
    else if (how == 2)
        (void)weft_lazy(s, Planet, p->planets[i], moons);
    else if (how == 3)
        (void)weft_get_many(s, Planet, ((const long[]){p->planets[i]->id, p->planets[0]->id}), 2);
    else if (weft_session_flush(s) == WEFT_OK)
        (void)weft_refresh(s, Planet, p->planets[i]);
}

static void step(play *p)
{
    weft_session *s = p->f->s;
    int what = pick(p, 20);
    if (what < 7)
        write_one(p);
    else if (what < 10)
        write_by_sql(p);
    else if (what < 14)
        move_savepoints(p);
    else if (what < 18)
        read_some(p);
    else {
        bool keep = what == 18;
        assert_int_equal(keep ? weft_session_commit(s) : weft_session_rollback(s), WEFT_OK);
        end_transaction(p, keep);
    }
    assert_ok(s);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(weft_get(s, Planet, p->planets[i]->id)->mass, p->now.of[i]);
}

static void objects_and_sql_agree_whatever_is_done(void **state)
{
    fixture *f = *state;
    play p = {.f = f};
    for (int i = 0; i < ROWS; i++)
        p.planets[i] = weft_new(f->s, Planet, .name = weft_format(f->s, "p%d", i));
    commit_ok(f->s);
    for (uint64_t seed = 1; seed <= 25; seed++) {
        p.random = seed * 2654435761u;
        for (int i = 0; i < STEPS; i++)
            step(&p);
        commit_ok(f->s);
        end_transaction(&p, true);
        char expected[64];
        snprintf(expected, sizeof expected, "%d\n%d\n%d\n%d", p.now.of[0], p.now.of[1], p.now.of[2], p.now.of[3]);
        assert_rows(f, "SELECT mass FROM planet ORDER BY name", expected);
        assert_int_equal(weft_session_execute_text(f->s, "UPDATE planet SET mass = 0", NULL), WEFT_OK); /* no number grows out of
                                                                                                           range */
        commit_ok(f->s);
        memset(&p.now, 0, sizeof p.now);
        end_transaction(&p, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_update_by_condition_reaches_what_was_edited_before),
        ON_BOTH(a_refresh_reaches_what_was_edited_and_flushed),
        ON_BOTH(a_write_through_an_old_pointer_stays_beside_what_sql_changed),
        ON_BOTH(a_new_object_sees_what_sql_made_of_its_row),
        ON_BOTH(a_savepoint_undoes_what_was_read_again_within_it),
        ON_BOTH(a_savepoint_undoes_what_only_sql_changed),
        ON_BOTH(a_savepoint_that_sent_no_sql_of_its_own_reads_nothing_again),
        ON_BOTH(a_pointer_from_before_a_refresh_may_still_be_written_through),
        ON_BOTH(many_edits_flushes_and_readings_stay_flat),
        ON_BOTH(objects_and_sql_agree_whatever_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
