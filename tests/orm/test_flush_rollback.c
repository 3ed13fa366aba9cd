/* What rollback and savepoints restore after a flush, also after one that failed in the middle. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

static void a_new_object_leaves_with_the_rollback_and_keeps_its_values(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = weft_new(s, Team, .name = "t");
    flush_ok(s);
    int64_t id = team->id;
    assert_ptr_equal(weft_get(s, Team, id), team);
    rollback_ok(s);
    assert_int_equal(weft_state_of(s, Team, team), WEFT_OBJECT_DETACHED);
    assert_string_equal(team->name, "t");
    assert_null(weft_get(s, Team, id));
    assert_rows(f, "SELECT count(*) FROM team", "0");
}

static void a_failed_flush_restores_everything(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = weft_new(s, Team, .name = "t");
    Tag *taken = weft_new(s, Tag, .word = "taken"), *doomed = weft_new(s, Tag, .word = "doomed");
    Player *player = weft_new(s, Player, .name = "p", .team = team);
    commit_ok(s);
    (void)taken;
    weft_edit(s, Team, team)->name = "changed";
    weft_assign(s, Player, player, team, Team, (const Team *)NULL);
    weft_delete(s, Tag, doomed);
    Tag *second = weft_new(s, Tag, .word = "taken");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    for (int i = 0; i < 5; i++)
        assert_call(s, weft_session_commit(s), WEFT_ERROR_UNIQUE);
    assert_message(s, "flush: INSERT INTO tag");
    rollback_ok(s);
    assert_string_equal(team->name, "t");
    assert_true(player->team_id.set && player->team_id.value == team->id);
    assert_int_equal(weft_state_of(s, Tag, doomed), WEFT_OBJECT_PERSISTENT);
    assert_int_equal(weft_state_of(s, Tag, second), WEFT_OBJECT_DETACHED);
    weft_edit(s, Team, team)->name = "changed";
    commit_ok(s);
    assert_rows(f, "SELECT name FROM team", "changed");
    assert_rows(f, "SELECT count(*) FROM tag", "2");
}

static void a_delete_and_a_key_change_are_undone_together(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *a = weft_new(s, Item, .code = "a", .label = "1"), *b = weft_new(s, Item, .code = "b", .label = "2");
    commit_ok(s);
    weft_delete(s, Item, a);
    flush_ok(s);
    weft_edit(s, Item, b)->code = "a";
    flush_ok(s);
    assert_ptr_equal(weft_get(s, Item, "a"), b);
    rollback_ok(s);
    assert_ptr_equal(weft_get(s, Item, "a"), a);
    assert_ptr_equal(weft_get(s, Item, "b"), b);
    assert_string_equal(a->label, "1");
    assert_rows(f, "SELECT code, label FROM item ORDER BY code", "a|1\nb|2");
}

static void a_savepoint_takes_back_what_came_after_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *one = weft_new(s, Team, .name = "one"), *gone = weft_new(s, Team, .name = "gone");
    commit_ok(s);
    weft_edit(s, Team, one)->name = "before";
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    assert_rows(f, "SELECT name FROM team ORDER BY name", "gone\none"); /* flushed, not committed */
    weft_edit(s, Team, one)->name = "after";
    weft_delete(s, Team, gone);
    Team *new = weft_new(s, Team, .name = "new");
    flush_ok(s);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_string_equal(one->name, "before");
    assert_int_equal(weft_state_of(s, Team, new), WEFT_OBJECT_DETACHED);
    assert_int_equal(weft_state_of(s, Team, gone), WEFT_OBJECT_PERSISTENT);
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    commit_ok(s);
    assert_rows(f, "SELECT name FROM team ORDER BY name", "before\ngone");
}

static void a_savepoint_takes_back_writes_through_older_pointers(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *new = weft_new(s, Team, .name = "new"), *other = weft_new(s, Team, .name = "other");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    new->name = "unflushed";
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_string_equal(new->name, "new");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    new->name = "flushed";
    weft_edit(s, Team, other)->name = "edited";
    flush_ok(s);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_string_equal(new->name, "new");
    assert_string_equal(other->name, "other");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    other->name = "written";
    weft_edit(s, Team, other)->name = "edited";
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_string_equal(other->name, "other");
    new->name = "last";
    commit_ok(s);
    assert_rows(f, "SELECT name FROM team ORDER BY name", "last\nother");
}

static void a_released_savepoint_still_ends_with_the_transaction(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    Team *team = weft_new(s, Team, .name = "t");
    assert_call(s, weft_session_savepoint_release(s), WEFT_OK);
    int64_t id = team->id;
    assert_true(id != 0);
    rollback_ok(s);
    assert_null(weft_get(s, Team, id));
    assert_rows(f, "SELECT count(*) FROM team", "0");
}

static void an_error_within_a_savepoint_ends_with_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Tag, .word = "x");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_new(s, Tag, .word = "x");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    weft_new(s, Tag, .word = "y");
    commit_ok(s);
    assert_rows(f, "SELECT word FROM tag ORDER BY word", "x\ny");
}

static void many_rows_of_a_savepoint_go_with_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *kept = weft_new(s, Team, .name = "kept");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    for (int i = 0; i < 700; i++)
        weft_new(s, Team, .name = "gone");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    for (int i = 0; i < 700; i++)
        weft_new(s, Team, .name = "gone, too");
    assert_call(s, weft_session_savepoint_release(s), WEFT_OK);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    for (int i = 0; i < 600; i++)
        weft_new(s, Team, .name = "more");
    commit_ok(s);
    assert_rows(f, "SELECT name, count(*) FROM team GROUP BY name ORDER BY name", "kept|1\nmore|600");
    assert_ptr_equal(weft_get(s, Team, kept->id), kept);
}

static void a_load_that_missed_rows_of_a_savepoint_goes_with_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w");
    Novel *novel = weft_new(s, Novel, .title = "n");
    Tag *tag = weft_new(s, Tag, .word = "t");
    weft_append(s, Writer, writer, books, Novel, novel);
    weft_append(s, Writer, writer, tags, Tag, tag);
    commit_ok(s);
    int64_t id = writer->id;
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Writer *again = weft_get(s, Writer, id);
    const Novel *one = weft_first(s, Novel);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_delete(s, Novel, one);
    weft_delete(s, Tag, weft_first(s, Tag));
    flush_ok(s);
    assert_int_equal(weft_lazy(s, Writer, again, books).count, 0);
    assert_int_equal(weft_lazy(s, Writer, again, tags).count, 0);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(weft_lazy(s, Writer, again, books).count, 1);
    assert_int_equal(weft_lazy(s, Writer, again, tags).count, 1);
    weft_delete(s, Writer, again);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM book", "0");
}

static void links_are_restored_with_their_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w");
    Tag *tag = weft_new(s, Tag, .word = "x");
    Novel *novel = weft_new(s, Novel, .title = "n");
    weft_append(s, Writer, writer, tags, Tag, tag);
    weft_append(s, Writer, writer, books, Novel, novel);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_remove(s, Writer, writer, tags, Tag, tag);
    weft_remove(s, Writer, writer, books, Novel, novel);
    flush_ok(s);
    assert_int_equal(writer->tags.count + writer->books.count, 0);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(writer->tags.count, 1);
    assert_int_equal(writer->books.count, 1);
    assert_ptr_equal(writer->books.items[0], novel);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM author_tag) + (SELECT count(*) FROM book)", "2");
}

static void a_new_object_with_the_key_of_a_loaded_one_is_not_unique(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *item = weft_new(s, Item, .code = "x", .label = "one");
    commit_ok(s);
    assert_ptr_equal(weft_get(s, Item, "x"), item);
    weft_new(s, Item, .code = "x", .label = "two");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
    assert_ptr_equal(weft_get(s, Item, "x"), item);
    test_database_exec(&f->database, "DELETE FROM item"); /* somebody deletes the row: then the new one takes the place */
    Item *other = weft_new(s, Item, .code = "x", .label = "three");
    commit_ok(s);
    assert_ptr_equal(weft_get(s, Item, "x"), other);
    assert_int_equal(weft_state_of(s, Item, item), WEFT_OBJECT_DETACHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_new_object_leaves_with_the_rollback_and_keeps_its_values),
        ON_BOTH(a_failed_flush_restores_everything),
        ON_BOTH(a_delete_and_a_key_change_are_undone_together),
        ON_BOTH(a_savepoint_takes_back_what_came_after_it),
        ON_BOTH(a_savepoint_takes_back_writes_through_older_pointers),
        ON_BOTH(a_released_savepoint_still_ends_with_the_transaction),
        ON_BOTH(an_error_within_a_savepoint_ends_with_it),
        ON_BOTH(many_rows_of_a_savepoint_go_with_it),
        ON_BOTH(a_load_that_missed_rows_of_a_savepoint_goes_with_it),
        ON_BOTH(links_are_restored_with_their_rows),
        ON_BOTH(a_new_object_with_the_key_of_a_loaded_one_is_not_unique),
    };
    return cmocka_run_group_tests_name("rollback of flush", tests, NULL, NULL);
}
