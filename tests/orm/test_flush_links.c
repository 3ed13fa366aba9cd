/* Foreign keys and link rows. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

static void the_owner_of_a_relationship_gives_the_foreign_key(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *one = weft_new(s, Team, .name = "one"), *two = weft_new(s, Team, .name = "two");
    Player *player = weft_new(s, Player, .name = "p", .team = one);
    commit_ok(s);
    assert_int_equal(player->team_id.value, one->id);
    test_recorder_clear(f->recorder);
    weft_assign(s, Player, player, team, Team, two);
    commit_ok(s);
    assert_rows(f, "SELECT t.name FROM player p JOIN team t ON p.team_id = t.id", "two");
    weft_assign(s, Player, player, team, Team, (const Team *)NULL);
    commit_ok(s);
    assert_rows(f, "SELECT team_id FROM player", "NULL");
    weft_append(s, Team, one, players, Player, player);
    commit_ok(s);
    assert_rows(f, "SELECT t.name FROM player p JOIN team t ON p.team_id = t.id", "one");
}

static void a_foreign_key_written_alone_makes_the_relationship_follow(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *one = weft_new(s, Team, .name = "one"), *two = weft_new(s, Team, .name = "two");
    Player *player = weft_new(s, Player, .name = "p", .team = one);
    commit_ok(s);
    int64_t two_id = two->id;
    const Player *loaded = weft_get(s, Player, player->id, .load = weft_load(weft_joined(Player, team)));
    assert_ptr_equal(loaded->team, one);
    weft_edit(s, Player, loaded)->team_id = (weft_opt_int64){true, two_id};
    flush_ok(s);
    assert_ptr_equal(loaded->team, two); /* in the identity map: no statement */
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Player *again = weft_first(s, Player, .load = weft_load(weft_joined(Player, team)));
    test_database_exec(&f->database, "INSERT INTO team (id, name) VALUES (77, 'three')");
    weft_edit(s, Player, again)->team_id.value = 77;
    flush_ok(s);
    assert_false(weft_loaded(s, Player, again, team));
    assert_string_equal(weft_lazy(s, Player, again, team)->name, "three");
    commit_ok(s);
}

static void loaded_collections_follow_foreign_keys_written_alone(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *one = weft_new(s, Team, .name = "one"), *two = weft_new(s, Team, .name = "two");
    flush_ok(s);
    Player *player = weft_new(s, Player, .name = "p", .team_id = {true, one->id});
    flush_ok(s);
    assert_int_equal(one->players.count, 1);
    player->team_id.value = two->id;
    flush_ok(s);
    assert_int_equal(one->players.count, 0);
    assert_int_equal(two->players.count, 1);
    weft_delete(s, Team, two); /* finds it there */
    commit_ok(s);
    assert_rows(f, "SELECT name, team_id FROM player", "p|NULL");
}

static void a_new_object_may_be_given_its_foreign_key(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = weft_new(s, Team, .name = "t");
    flush_ok(s);
    Player *player = weft_new(s, Player, .name = "p", .team_id = {true, team->id});
    flush_ok(s);
    assert_ptr_equal(weft_lazy(s, Player, player, team), team);
    commit_ok(s);
}

static void a_relationship_and_a_foreign_key_that_differ_are_misuse(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *one = weft_new(s, Team, .name = "one"), *two = weft_new(s, Team, .name = "two");
    Player *player = weft_new(s, Player, .name = "p");
    commit_ok(s);
    player = weft_edit(s, Player, player);
    weft_assign(s, Player, player, team, Team, one);
    player->team_id = (weft_opt_int64){true, two->id};
    test_recorder_clear(f->recorder);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Player.team");
    assert_message(s, "player.team_id");
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    rollback_ok(s);
    player = weft_edit(s, Player, player);
    weft_assign(s, Player, player, team, Team, one);
    player->team_id = (weft_opt_int64){true, one->id}; /* the same: no conflict */
    commit_ok(s);
}

static void a_one_to_one_replaced_frees_the_old_before_the_new_is_inserted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Player *player = weft_new(s, Player, .name = "p");
    Badge *old = weft_new(s, Badge, .code = "old");
    weft_assign(s, Player, player, badge, Badge, old);
    commit_ok(s);
    const Player *loaded = weft_get(s, Player, player->id, .load = weft_load(weft_joined(Player, badge)));
    test_recorder_clear(f->recorder);
    weft_assign(s, Player, loaded, badge, Badge, weft_new(s, Badge, .code = "new"));
    flush_ok(s);
    size_t n = test_recorder_count(f->recorder);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 2), "UPDATE badge", 12) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 1), "INSERT INTO badge", 17) == 0);
    commit_ok(s);
    assert_rows(f, "SELECT code, player_id IS NULL FROM badge ORDER BY code", f->postgres ? "new|f\nold|t" : "new|0\nold|1");
}

static void link_rows_are_written_once_for_both_sides(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "a");
    Tag *x = weft_new(s, Tag, .word = "x"), *y = weft_new(s, Tag, .word = "y");
    weft_append(s, Writer, writer, tags, Tag, x);
    weft_append(s, Tag, x, authors, Writer, writer);
    weft_append(s, Tag, y, authors, Writer, writer);
    flush_ok(s);
    assert_int_equal(works_starting(f, "INSERT INTO author_tag"), 1);
    assert_int_equal(fixture_statements(f), 3);
    weft_remove(s, Writer, writer, tags, Tag, x);
    flush_ok(s);
    assert_int_equal(works_starting(f, "DELETE FROM author_tag"), 1);
    assert_int_equal(fixture_statements(f), 1);
    weft_append(s, Writer, writer, tags, Tag, x);
    weft_remove(s, Tag, x, authors, Writer, writer);
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder)); /* came and went */
    commit_ok(s);
    assert_rows(f, "SELECT t.word FROM author_tag l JOIN tag t ON l.tag_id = t.id", "y");
}

static void a_link_row_that_is_gone_is_stale_and_one_that_is_there_stays_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "a");
    Tag *x = weft_new(s, Tag, .word = "x"), *y = weft_new(s, Tag, .word = "y");
    weft_append(s, Writer, writer, tags, Tag, x);
    weft_append(s, Writer, writer, tags, Tag, y);
    commit_ok(s);
    const Writer *loaded = weft_get(s, Writer, writer->id, .load = weft_load(weft_selectin(Writer, tags)));
    assert_int_equal(loaded->tags.count, 2);
    test_database_exec(&f->database, "DELETE FROM author_tag");
    weft_remove(s, Writer, loaded, tags, Tag, x);
    weft_remove(s, Writer, loaded, tags, Tag, y);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    assert_message(s, "author_tag");
    rollback_ok(s);
    assert_int_equal(loaded->tags.count, 2);
    test_database_exec(&f->database, "INSERT INTO author_tag (author_id, tag_id) VALUES (1, 1)");
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Writer *unloaded = weft_first(s, Writer);
    weft_append(s, Writer, unloaded, tags, Tag, weft_get(s, Tag, 1));
    weft_remove(s, Writer, unloaded, tags, Tag, weft_get(s, Tag, 2));
    commit_ok(s);
    assert_rows(f, "SELECT author_id, tag_id FROM author_tag", "1|1");
}

static void a_new_owner_that_is_deleted_again_leaves_its_new_children_without_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = weft_new(s, Team, .name = "t");
    Player *player = weft_new(s, Player, .name = "p", .team = team);
    weft_delete(s, Team, team);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 1);
    assert_null(player->team);
    Writer *writer = weft_new(s, Writer, .name = "w");
    weft_append(s, Writer, writer, books, Novel, weft_new(s, Novel, .title = "n"));
    weft_delete(s, Writer, writer);
    commit_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder)); /* the cascade takes the new novel, too */
    assert_rows(f, "SELECT name, team_id FROM player", "p|NULL");
}

static void a_child_of_a_composite_key_follows_its_owner(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Place *place = weft_new(s, Place, .region = 3, .code = "c", .name = "n");
    Visit *visit = weft_new(s, Visit, .day = "monday");
    weft_append(s, Place, place, visits, Visit, visit);
    commit_ok(s);
    assert_int_equal(visit->region.value, 3);
    assert_string_equal(visit->code, "c");
    const Place *loaded =
        weft_get(s, Place, weft_key(Place, .region = 3, .code = "c"), .load = weft_load(weft_selectin(Place, visits)));
    weft_remove(s, Place, loaded, visits, Visit, visit);
    commit_ok(s);
    assert_rows(f, "SELECT region, code, day FROM visit", "NULL|NULL|monday");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_owner_of_a_relationship_gives_the_foreign_key),
        ON_BOTH(a_foreign_key_written_alone_makes_the_relationship_follow),
        ON_BOTH(loaded_collections_follow_foreign_keys_written_alone),
        ON_BOTH(a_new_object_may_be_given_its_foreign_key),
        ON_BOTH(a_relationship_and_a_foreign_key_that_differ_are_misuse),
        ON_BOTH(a_one_to_one_replaced_frees_the_old_before_the_new_is_inserted),
        ON_BOTH(link_rows_are_written_once_for_both_sides),
        ON_BOTH(a_link_row_that_is_gone_is_stale_and_one_that_is_there_stays_one),
        ON_BOTH(a_new_owner_that_is_deleted_again_leaves_its_new_children_without_one),
        ON_BOTH(a_child_of_a_composite_key_follows_its_owner),
    };
    return cmocka_run_group_tests_name("links of flush", tests, NULL, NULL);
}
