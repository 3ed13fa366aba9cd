/* Objects, text and lists as docs/semantics.md decides them. */
#include "fixtures/planets.h"

static void models_reached_from_another_translation_unit_are_taken_in(void **state)
{
    fixture *f = *state;
    weft_append(f->s, Planet, weft_new(f->s, Planet, .name = "mars"), moons, Moon, weft_new(f->s, Moon, .name = "phobos"));
    commit_ok(f->s);
    assert_rows(f, "SELECT p.name, m.name FROM planet p JOIN moon m ON planet_id = p.id", "mars|phobos");
}

static void a_select_run_as_another_model_is_misuse(void **state)
{
    fixture *f = *state;
    weft_select *q = weft_select_new(f->s, Planet);
    assert_int_equal(weft_select_all(q, Moon).count, 0);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    assert_null(weft_select_first(q, Moon));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_select_all(q, Planet).count, 0);
    assert_ok(f->s);
    weft_select_free(q);
}

static void one_buffer_names_many_objects(void **state)
{
    fixture *f = *state;
    char name[16];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "p%d", i);
        weft_new(f->s, Planet, .name = name);
    }
    commit_ok(f->s);
    weft_each (Planet, planet, weft_query(f->s, Planet, .order_by = weft_order(weft_asc(Planet, id)))) {
        snprintf(name, sizeof name, "q%d", planet->mass);
        weft_edit(f->s, Planet, planet)->note = weft_text(f->s, name);
    }
    memset(name, '!', sizeof name - 1);
    commit_ok(f->s);
    assert_rows(f, "SELECT count(DISTINCT name), min(note), max(note) FROM planet", "5|q0|q0");
}

static void a_failed_session_gives_objects_that_are_never_flushed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *kept = weft_new(s, Planet, .name = "earth");
    commit_ok(s);
    (void)weft_session_execute_text(s, "SELECT nothing FROM nowhere", NULL);
    assert_int_not_equal(weft_session_status(s), WEFT_OK);
    Planet *scratch = weft_new(s, Planet, .name = "x");
    assert_non_null(scratch);
    scratch->name = "y";
    scratch->mass = 3;
    weft_edit(s, Planet, kept)->name = "lost";
    weft_edit(s, Planet, scratch)->name = "z";
    weft_append(s, Planet, scratch, moons, Moon, weft_new(s, Moon, .name = "m"));
    weft_delete(s, Planet, kept);
    assert_int_equal(weft_query(s, Planet).count, 0);
    weft_session_rollback(s);
    assert_string_equal(kept->name, "earth");
    weft_append(s, Planet, scratch, moons, Moon, scratch->moons.count == 0 ? weft_new(s, Moon, .name = "kept") : NULL);
    assert_ok(s);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM planet), name, planet_id FROM moon", "1|kept|NULL");
    assert_rows(f, "SELECT name FROM planet", "earth");
}

static void text_that_a_refresh_supersedes_stays_valid_until_the_transaction_ends(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Planet *planet = weft_new(s, Planet, .name = "old name that is long enough to be freed");
    commit_ok(s);
    planet = weft_get(s, Planet, planet->id);
    const char *old = planet->name;
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    assert_int_equal(weft_session_execute_text(s, "UPDATE planet SET name = 'new name that is long enough as well'", NULL),
                     WEFT_OK);
    assert_ptr_equal(weft_get(s, Planet, planet->id), planet);
    assert_string_equal(planet->name, "new name that is long enough as well");
    assert_string_equal(old, "old name that is long enough to be freed");
    commit_ok(s);
}

static void a_refresh_leaves_unflushed_edits_alone(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.no_autoflush = true});
    Planet *a = weft_new(s, Planet, .name = "a"), *b = weft_new(s, Planet, .name = "b");
    commit_ok(s);
    (void)weft_query(s, Planet);
    weft_edit(s, Planet, a)->mass = 7;
    test_database_exec(&f->database, "UPDATE planet SET mass = 1 WHERE name = 'b'");
    Planet_list all = weft_query(s, Planet, .refresh = true, .order_by = weft_order(weft_asc(Planet, id)));
    assert_int_equal(all.count, 2);
    assert_int_equal(a->mass, 7);
    assert_int_equal(b->mass, 1);
    commit_ok(s);
    weft_session_close(s);
    assert_rows(f, "SELECT mass FROM planet ORDER BY id", "7\n1");
}

static void lists_of_queries_live_until_the_session_is_cleared(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 100; i++)
        weft_new(s, Planet, .name = weft_format(s, "p%d", i));
    commit_ok(s);
    Planet_list first = weft_query(s, Planet, .order_by = weft_order(weft_asc(Planet, id)));
    for (int i = 0; i < 50; i++) {
        (void)weft_query(s, Planet, .limit = i + 1);
        weft_edit(s, Planet, first.items[i])->mass = i;
        commit_ok(s);
    }
    for (size_t i = 0; i < 100; i++)
        assert_string_equal(first.items[i]->name, weft_format(s, "p%d", (int)i));
}

static void deleted_expunged_and_rolled_back_objects_stay_readable(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Planet *gone = weft_new(s, Planet, .name = "gone"), *out = weft_new(s, Planet, .name = "out");
    commit_ok(s);
    weft_delete(s, Planet, gone);
    weft_expunge(s, Planet, out);
    const Planet *never = weft_new(s, Planet, .name = "never");
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    assert_int_equal(weft_state_of(s, Planet, gone), WEFT_OBJECT_DELETED);
    assert_string_equal(gone->name, "gone");
    assert_string_equal(out->name, "out");
    weft_session_rollback(s);
    assert_string_equal(gone->name, "gone");
    assert_string_equal(never->name, "never");
    assert_int_equal(weft_state_of(s, Planet, gone), WEFT_OBJECT_PERSISTENT);
}

static void the_side_that_changed_wins_and_both_that_differ_are_an_error(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Planet *mars = weft_new(s, Planet, .name = "mars"), *earth = weft_new(s, Planet, .name = "earth");
    Moon *moon = weft_new(s, Moon, .name = "moon", .planet = mars);
    commit_ok(s);
    weft_edit(s, Moon, moon)->planet_id.value = earth->id;
    commit_ok(s);
    assert_rows(f, "SELECT planet.name FROM moon JOIN planet ON planet_id = planet.id", "earth");
    weft_assign(s, Moon, moon, planet, Planet, mars);
    commit_ok(s);
    assert_rows(f, "SELECT planet.name FROM moon JOIN planet ON planet_id = planet.id", "mars");
    weft_assign(s, Moon, moon, planet, Planet, earth);
    weft_edit(s, Moon, moon)->planet_id = (weft_opt_int64){true, mars->id + 1000};
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void unset_and_null_values_ask_for_null(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Planet, .name = "a");
    weft_new(s, Planet, .name = "b", .note = "n");
    weft_new(s, Moon, .name = "m");
    commit_ok(s);
    for (int i = 0; i < 2; i++) { /* the second time the statements are in the cache */
        const char *note = i == 0 ? "n" : NULL;
        assert_string_equal(weft_first(s, Planet, .where = weft_eq(Planet, note, note))->name, i == 0 ? "b" : "a");
        note = i == 0 ? NULL : "n";
        assert_int_equal(weft_count_of(s, Planet, .where = weft_ne(Planet, note, note)), i == 0 ? 1 : 0);
        assert_int_equal(weft_count_of(s, Moon, .where = weft_eq(Moon, planet_id, ((weft_opt_int64){i == 0, 1}))), i);
    }
    assert_ok(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(models_reached_from_another_translation_unit_are_taken_in),
        ON_BOTH(a_select_run_as_another_model_is_misuse),
        ON_BOTH(one_buffer_names_many_objects),
        ON_BOTH(a_failed_session_gives_objects_that_are_never_flushed),
        ON_BOTH(text_that_a_refresh_supersedes_stays_valid_until_the_transaction_ends),
        ON_BOTH(a_refresh_leaves_unflushed_edits_alone),
        ON_BOTH(lists_of_queries_live_until_the_session_is_cleared),
        ON_BOTH(deleted_expunged_and_rolled_back_objects_stay_readable),
        ON_BOTH(the_side_that_changed_wins_and_both_that_differ_are_an_error),
        ON_BOTH(unset_and_null_values_ask_for_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
