/* Deletes: cascades, orphans, what is loaded for them, and what stays of the deleted in memory. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

/* A writer with two novels; the session is empty again. */
static int64_t a_writer(fixture *f, const char *name)
{
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = name);
    weft_append(s, Writer, writer, books, Novel, weft_new(s, Novel, .title = "one"));
    weft_append(s, Writer, writer, books, Novel, weft_new(s, Novel, .title = "two"));
    commit_ok(s);
    int64_t id = writer->id;
    assert_call(s, weft_session_clear(s), WEFT_OK);
    test_recorder_clear(f->recorder);
    return id;
}

static void a_cascade_loads_and_deletes_children_first(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t id = a_writer(f, "w");
    weft_delete(s, Writer, weft_get(s, Writer, id));
    flush_ok(s);
    size_t n = test_recorder_count(f->recorder);
    assert_true(strncmp(test_recorder_text(f->recorder, 0), "SELECT", 6) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, 1), "SELECT", 6) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 2), "DELETE FROM book", 16) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 1), "DELETE FROM author", 18) == 0);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM book) + (SELECT count(*) FROM author)", "0");
}

static void children_of_many_deleted_owners_are_loaded_by_one_statement(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t ids[4];
    for (int i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%d", i);
        ids[i] = a_writer(f, name);
    }
    for (int i = 0; i < 4; i++) /* each got by itself: no cohort to load for */
        weft_delete(s, Writer, weft_get(s, Writer, ids[i]));
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(works_starting(f, "SELECT"), 1);
    assert_int_equal(works_starting(f, "DELETE FROM book"), 1);
    assert_int_equal(works_starting(f, "DELETE FROM author "), 1);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM book) + (SELECT count(*) FROM author)", "0");
}

static void an_orphan_is_deleted_and_one_that_found_an_owner_is_not(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t from = a_writer(f, "from"), to = a_writer(f, "to");
    const Writer *a = weft_get(s, Writer, from, .load = weft_load(weft_selectin(Writer, books)));
    const Writer *b = weft_get(s, Writer, to, .load = weft_load(weft_selectin(Writer, books)));
    const Novel *lost = a->books.items[0], *moved = a->books.items[1];
    weft_remove(s, Writer, a, books, Novel, lost);
    weft_remove(s, Writer, a, books, Novel, moved);
    weft_append(s, Writer, b, books, Novel, moved);
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 2); /* UPDATE of the one, DELETE of the other */
    assert_int_equal(weft_state_of(s, Novel, lost), WEFT_OBJECT_DELETED);
    assert_int_equal(a->books.count, 0);
    assert_int_equal(b->books.count, 3);
    commit_ok(s);
    assert_rows(f, "SELECT a.name, count(*) FROM book b JOIN author a ON b.author_id = a.id GROUP BY a.name", "to|3");
}

static void a_pending_orphan_leaves_without_sql(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w");
    flush_ok(s);
    test_recorder_clear(f->recorder);
    Novel *novel = weft_new(s, Novel, .title = "never");
    weft_append(s, Writer, writer, books, Novel, novel);
    weft_remove(s, Writer, writer, books, Novel, novel);
    Novel *other = weft_new(s, Novel, .title = "nor this");
    weft_delete(s, Novel, other);
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_int_equal(weft_state_of(s, Novel, novel), WEFT_OBJECT_DETACHED);
    commit_ok(s);
}

static void without_cascade_children_lose_their_owner(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = weft_new(s, Team, .name = "t");
    Player *player = weft_new(s, Player, .name = "p"), *second = weft_new(s, Player, .name = "q");
    weft_append(s, Team, team, players, Player, player);
    weft_append(s, Team, team, players, Player, second);
    commit_ok(s);
    test_recorder_clear(f->recorder);
    weft_delete(s, Team, team);
    flush_ok(s);
    size_t n = test_recorder_count(f->recorder);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 2), "UPDATE player", 13) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 1), "DELETE FROM team", 16) == 0);
    assert_false(player->team_id.set);
    assert_null(player->team);
    commit_ok(s);
    assert_rows(f, "SELECT name, team_id FROM player ORDER BY name", "p|NULL\nq|NULL");
}

static void an_owner_of_children_that_must_have_one_is_refused_before_sql(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Club *club = weft_new(s, Club, .name = "c");
    Membership *membership = weft_new(s, Membership, .person = "ann", .role = "chair");
    weft_append(s, Club, club, memberships, Membership, membership);
    commit_ok(s);
    assert_rows(f, "SELECT person, role FROM membership", "ann|chair");
    weft_delete(s, Club, club);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "membership.club_id is part of the primary key");
    assert_non_null(strstr(weft_session_error(s)->hint, "WEFT_CASCADE"));
    assert_int_equal(works_starting(f, "DELETE"), 0);
    rollback_ok(s);
    const Club *loaded = weft_get(s, Club, club->id);
    (void)weft_lazy(s, Club, loaded, memberships);
    weft_remove(s, Club, loaded, memberships, Membership, membership);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    rollback_ok(s);
}

static void passive_deletes_leave_unloaded_children_to_the_database(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int loaded = 0; loaded < 2; loaded++) {
        Shelf *shelf = weft_new(s, Shelf, .name = "s");
        for (int i = 0; i < 3; i++)
            weft_append(s, Shelf, shelf, tomes, Tome, weft_new(s, Tome, .id = 0));
        commit_ok(s);
        int64_t id = shelf->id;
        assert_call(s, weft_session_clear(s), WEFT_OK);
        const Shelf *again = weft_get(s, Shelf, id);
        if (loaded)
            (void)weft_lazy(s, Shelf, again, tomes);
        test_recorder_clear(f->recorder);
        weft_delete(s, Shelf, again);
        flush_ok(s);
        assert_int_equal(fixture_statements(f), loaded ? 2 : 1);
        commit_ok(s);
        assert_rows(f, "SELECT count(*) FROM tome", "0");
    }
}

/* What was loaded in an earlier transaction may be somebody else's by now. */
static void stale_children_are_looked_up_again_before_a_cascade(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t from = a_writer(f, "from"), to = a_writer(f, "to");
    const Writer *writer = weft_get(s, Writer, from, .load = weft_load(weft_selectin(Writer, books)));
    assert_int_equal(writer->books.count, 2);
    Shelf *shelf = weft_new(s, Shelf, .name = "s"), *other = weft_new(s, Shelf, .name = "t");
    weft_append(s, Shelf, shelf, tomes, Tome, weft_new(s, Tome, .id = 0));
    commit_ok(s);
    char sql[120];
    snprintf(sql, sizeof sql, "UPDATE book SET author_id = %d WHERE title = 'one' AND author_id = %d", (int)to, (int)from);
    test_database_exec(&f->database, sql);
    snprintf(sql, sizeof sql, "UPDATE tome SET shelf_id = %d", (int)other->id);
    test_database_exec(&f->database, sql);
    weft_delete(s, Writer, writer);
    weft_delete(s, Shelf, shelf);
    commit_ok(s);
    assert_rows(f, "SELECT title, author_id FROM book ORDER BY id", "one|2\none|2\ntwo|2");
    assert_rows(f, "SELECT count(*) FROM tome", "1");
}

static void a_tree_is_deleted_from_its_leaves(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node *root = weft_new(s, Node, .name = "root"), *branch = weft_new(s, Node, .name = "branch"),
         *leaf = weft_new(s, Node, .name = "leaf");
    weft_append(s, Node, root, children, Node, branch);
    weft_append(s, Node, branch, children, Node, leaf);
    weft_append(s, Node, branch, children, Node, weft_new(s, Node, .name = "leaf 2"));
    commit_ok(s);
    int64_t id = root->id;
    assert_call(s, weft_session_clear(s), WEFT_OK);
    weft_delete(s, Node, weft_get(s, Node, id));
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(works_starting(f, "SELECT"), 3);
    assert_int_equal(works_starting(f, "DELETE"), 3);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM node", "0");
}

static void a_new_object_takes_over_the_row_of_a_deleted_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t id = a_writer(f, "old");
    const Writer *old = weft_get(s, Writer, id);
    weft_delete(s, Writer, old);
    Writer *new = weft_new(s, Writer, .id = id, .name = "new");
    weft_append(s, Writer, new, books, Novel, weft_new(s, Novel, .title = "three"));
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(works_starting(f, "UPDATE author"), 1);
    assert_int_equal(works_starting(f, "INSERT INTO author"), 0);
    assert_int_equal(works_starting(f, "DELETE FROM author "), 0);
    assert_int_equal(weft_state_of(s, Writer, old), WEFT_OBJECT_DELETED);
    assert_ptr_equal(weft_get(s, Writer, id), new);
    assert_rows(f, "SELECT name FROM author", "old");
    rollback_ok(s);
    assert_ptr_equal(weft_get(s, Writer, id), old);
    weft_delete(s, Writer, old);
    new = weft_new(s, Writer, .id = id, .name = "new");
    weft_append(s, Writer, new, books, Novel, weft_new(s, Novel, .title = "three"));
    commit_ok(s);
    assert_rows(f, "SELECT a.name, b.title FROM author a JOIN book b ON b.author_id = a.id", "new|three");
}

static void a_row_taken_over_goes_on_from_its_version(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Doc *doc = weft_new(s, Doc, .title = "old", .version = 7);
    commit_ok(s);
    weft_delete(s, Doc, doc);
    Doc *new = weft_new(s, Doc, .id = doc->id, .title = "new");
    commit_ok(s);
    assert_int_equal(new->version, 8);
    assert_rows(f, "SELECT title, version FROM doc", "new|8");
}

static void deleted_objects_leave_the_loaded_collections_of_others(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t id = a_writer(f, "w");
    const Writer *writer = weft_get(s, Writer, id, .load = weft_load(weft_selectin(Writer, books), weft_selectin(Writer, tags)));
    Tag *tag = weft_new(s, Tag, .word = "x"), *kept = weft_new(s, Tag, .word = "y");
    weft_append(s, Writer, writer, tags, Tag, tag);
    weft_append(s, Writer, writer, tags, Tag, kept);
    flush_ok(s);
    const Novel *first = writer->books.items[0];
    Novel_list before = writer->books;
    weft_delete(s, Novel, first);
    weft_delete(s, Tag, tag);
    flush_ok(s);
    assert_int_equal(writer->books.count, 1);
    assert_ptr_not_equal(writer->books.items[0], first);
    assert_int_equal(before.count, 2);
    assert_ptr_equal(before.items[0], first);
    assert_int_equal(writer->tags.count, 1);
    assert_ptr_equal(writer->tags.items[0], kept);
    rollback_ok(s);
    assert_int_equal(writer->books.count, 2);
}

static void link_rows_of_deleted_objects_go_with_them_on_either_side(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *a = weft_new(s, Writer, .name = "a"), *b = weft_new(s, Writer, .name = "b");
    Tag *x = weft_new(s, Tag, .word = "x"), *y = weft_new(s, Tag, .word = "y");
    weft_append(s, Writer, a, tags, Tag, x);
    weft_append(s, Writer, a, tags, Tag, y);
    weft_append(s, Tag, x, authors, Writer, b);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM author_tag", "3");
    int64_t a_id = a->id, x_id = x->id;
    assert_call(s, weft_session_clear(s), WEFT_OK);
    weft_delete(s, Tag, weft_get(s, Tag, x_id));
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 2); /* nothing was loaded for it */
    weft_delete(s, Writer, weft_get(s, Writer, a_id));
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM author_tag", "0");
    assert_rows(f, "SELECT name FROM author", "b");
}

static void composite_keys_cascade_and_are_deleted_together(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int region = 1; region <= 2; region++)
        for (int i = 0; i < 2; i++) {
            Place *place = weft_new(s, Place, .region = region, .code = i == 0 ? "a" : "b", .name = "p");
            weft_append(s, Place, place, visits, Visit, weft_new(s, Visit, .day = "monday"));
            weft_append(s, Place, place, visits, Visit, weft_new(s, Visit, .day = "friday"));
        }
    commit_ok(s);
    assert_rows(f, "SELECT region, code, count(*) FROM visit GROUP BY region, code ORDER BY region, code",
                "1|a|2\n1|b|2\n2|a|2\n2|b|2");
    assert_call(s, weft_session_clear(s), WEFT_OK);
    Place_list places = weft_query(s, Place, .where = weft_ne(Place, code, "b"));
    weft_each (Place, place, places)
        weft_delete(s, Place, place);
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 3);
    commit_ok(s);
    assert_rows(f, "SELECT region, code, count(*) FROM visit GROUP BY region, code ORDER BY region, code", "1|b|2\n2|b|2");
}

static void a_unique_value_freed_by_a_delete_is_not_free_in_the_same_flush(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Tag *tag = weft_new(s, Tag, .word = "x");
    commit_ok(s);
    weft_delete(s, Tag, tag);
    weft_new(s, Tag, .word = "x");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    assert_message(s, "flush: INSERT INTO tag");
    rollback_ok(s);
    weft_delete(s, Tag, tag);
    flush_ok(s);
    weft_new(s, Tag, .word = "x");
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM tag", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_cascade_loads_and_deletes_children_first),
        ON_BOTH(children_of_many_deleted_owners_are_loaded_by_one_statement),
        ON_BOTH(an_orphan_is_deleted_and_one_that_found_an_owner_is_not),
        ON_BOTH(a_pending_orphan_leaves_without_sql),
        ON_BOTH(without_cascade_children_lose_their_owner),
        ON_BOTH(an_owner_of_children_that_must_have_one_is_refused_before_sql),
        ON_BOTH(passive_deletes_leave_unloaded_children_to_the_database),
        ON_BOTH(stale_children_are_looked_up_again_before_a_cascade),
        ON_BOTH(a_tree_is_deleted_from_its_leaves),
        ON_BOTH(a_new_object_takes_over_the_row_of_a_deleted_one),
        ON_BOTH(a_row_taken_over_goes_on_from_its_version),
        ON_BOTH(deleted_objects_leave_the_loaded_collections_of_others),
        ON_BOTH(link_rows_of_deleted_objects_go_with_them_on_either_side),
        ON_BOTH(composite_keys_cascade_and_are_deleted_together),
        ON_BOTH(a_unique_value_freed_by_a_delete_is_not_free_in_the_same_flush),
    };
    return cmocka_run_group_tests_name("deletes of flush", tests, NULL, NULL);
}
