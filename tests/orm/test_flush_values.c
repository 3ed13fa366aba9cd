/* Foreign keys that only a field says, no relationship: what is deleted and made in the same flush counts for them, too. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

static Team *a_team(fixture *f)
{
    Team *team = weft_new(f->s, Team, .name = "t");
    commit_ok(f->s);
    return team;
}

static void a_field_that_names_what_is_deleted_is_as_good_as_a_link(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = a_team(f), *gone = a_team(f);
    Player *moved = weft_new(s, Player, .name = "moved", .team_id = weft_some(team->id));
    Player *stays = weft_new(s, Player, .name = "stays", .team_id = weft_some(team->id));
    commit_ok(s);
    Player *by_field = weft_new(s, Player, .name = "field", .team_id = weft_some(gone->id));
    Player *by_link = weft_new(s, Player, .name = "link", .team = gone);
    weft_edit(s, Player, moved)->team_id = (weft_opt_int64)weft_some(gone->id);
    weft_delete(s, Team, gone);
    Player *after = weft_new(s, Player, .name = "after", .team_id = weft_some(gone->id));
    flush_ok(s);
    assert_false(by_field->team_id.set || by_link->team_id.set || moved->team_id.set || after->team_id.set);
    assert_true(stays->team_id.set);
    commit_ok(s);
    assert_rows(f, "SELECT name, team_id IS NULL FROM player WHERE team_id IS NOT NULL", f->postgres ? "stays|f" : "stays|0");
    assert_rows(f, "SELECT count(*) FROM player", "5");
    assert_rows(f, "SELECT count(*) FROM team", "1");
}

static void a_rollback_gives_the_field_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = a_team(f);
    Player *player = weft_new(s, Player, .name = "p");
    commit_ok(s);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_edit(s, Player, player)->team_id = (weft_opt_int64)weft_some(team->id);
    weft_delete(s, Team, team);
    flush_ok(s);
    assert_false(player->team_id.set);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(weft_state_of(s, Team, team), WEFT_OBJECT_PERSISTENT);
    weft_edit(s, Player, player)->team_id = (weft_opt_int64)weft_some(team->id);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM player p JOIN team t ON p.team_id = t.id", "1");
}

static void cascades_reach_who_names_the_owner_by_a_field(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w"), *other = weft_new(s, Writer, .name = "x");
    Place *place = weft_new(s, Place, .region = 1, .code = "a", .name = "p");
    Node *root = weft_new(s, Node, .name = "root");
    flush_ok(s);
    Novel *moved = weft_new(s, Novel, .title = "moved", .author_id = other->id);
    commit_ok(s);
    Novel *novel = weft_new(s, Novel, .title = "never", .author_id = writer->id);
    weft_edit(s, Novel, moved)->author_id = writer->id;
    Visit *visit = weft_new(s, Visit, .day = "d", .region = weft_some(1), .code = "a");
    Visit *elsewhere = weft_new(s, Visit, .day = "e", .code = "a");
    Node *leaf = weft_new(s, Node, .name = "leaf", .parent_id = weft_some(root->id));
    Node *below = weft_new(s, Node, .name = "below", .parent = leaf);
    weft_delete(s, Writer, writer);
    weft_delete(s, Place, place);
    weft_delete(s, Node, root);
    flush_ok(s);
    assert_int_equal(weft_state_of(s, Novel, novel), WEFT_OBJECT_DETACHED);
    assert_int_equal(weft_state_of(s, Novel, moved), WEFT_OBJECT_DELETED);
    assert_int_equal(weft_state_of(s, Visit, visit), WEFT_OBJECT_DETACHED);
    assert_int_equal(weft_state_of(s, Visit, elsewhere), WEFT_OBJECT_PERSISTENT);
    assert_int_equal(weft_state_of(s, Node, below), WEFT_OBJECT_DETACHED);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM book) + (SELECT count(*) FROM node) + (SELECT count(*) FROM place)", "0");
    assert_rows(f, "SELECT day FROM visit", "e");
}

static void who_must_have_an_owner_is_refused_by_name_before_sql(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Club *club = weft_new(s, Club, .name = "c"), *other = weft_new(s, Club, .name = "o");
    commit_ok(s);
    int64_t id = club->id;
    weft_delete(s, Club, club);
    (void)weft_new(s, Membership, .club_id = id, .person = "ann", .role = "chair");
    test_recorder_clear(f->recorder);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "membership.club_id is part of the primary key");
    assert_message(s, "Club, which is to be deleted, takes Membership from its owner");
    assert_int_equal(works_starting(f, "INSERT") + works_starting(f, "DELETE"), 0);
    rollback_ok(s);
    Membership *member = weft_new(s, Membership, .club_id = other->id, .person = "bob", .role = "clerk");
    commit_ok(s);
    weft_edit(s, Membership, member)->club_id = id;
    weft_delete(s, Club, weft_get(s, Club, id));
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "which is to be deleted");
    rollback_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM club) + (SELECT count(*) FROM membership)", "3");
}

static void a_field_names_the_new_object_that_takes_the_key_over(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = a_team(f);
    Place *place = weft_new(s, Place, .region = 1, .code = "a", .name = "old");
    commit_ok(s);
    int64_t id = team->id;
    weft_delete(s, Team, team);
    weft_delete(s, Place, place);
    Player *player = weft_new(s, Player, .name = "p", .team_id = weft_some(id));
    (void)weft_new(s, Visit, .day = "d", .region = weft_some(1), .code = "a");
    (void)weft_new(s, Team, .id = id, .name = "new");
    (void)weft_new(s, Place, .region = 1, .code = "a", .name = "new");
    commit_ok(s);
    assert_true(player->team_id.set);
    assert_rows(f, "SELECT t.name, p.name FROM team t JOIN player p ON p.team_id = t.id", "new|p");
    assert_rows(f, "SELECT p.name, v.day FROM place p JOIN visit v ON v.region = p.region AND v.code = p.code", "new|d");
}

static void who_takes_a_key_over_is_found_by_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Place *place = weft_new(s, Place, .region = 1, .code = "a", .name = "old");
    Team *team = a_team(f), *other = a_team(f);
    int64_t id = team->id;
    weft_delete(s, Place, place);
    weft_delete(s, Team, team);
    test_recorder_clear(f->recorder);
    assert_null(weft_get(s, Team, id));
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    Place *new_place = weft_new(s, Place, .region = 1, .code = "a", .name = "new");
    Team *new_team = weft_new(s, Team, .id = id, .name = "new");
    assert_ptr_equal(weft_get(s, Team, id), new_team);
    assert_ptr_equal(weft_get(s, Place, weft_key(Place, .region = 1, .code = "a")), new_place);
    weft_delete(s, Team, weft_get(s, Team, id));
    weft_delete(s, Team, other);
    Team *last = weft_new(s, Team, .id = id, .name = "last");
    assert_ptr_equal(weft_get(s, Team, id), last);
    assert_null(weft_get(s, Team, other->id));
    assert_call(s, weft_session_execute_text(s, "DELETE FROM team", NULL), WEFT_OK);
    Team *again = weft_new(s, Team, .id = id, .name = "again"); /* beside an object whose row SQL deleted */
    assert_ptr_equal(weft_get(s, Team, id), again);
    commit_ok(s);
    assert_rows(f, "SELECT name FROM team", "again");
    assert_rows(f, "SELECT name FROM place", "new");
}

static void a_field_may_name_what_the_same_flush_makes(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Spot *first = weft_new(s, Spot, .id = 1);
    Hen *hen = weft_new(s, Hen, .id = 1, .name = "h");
    Player *player = weft_new(s, Player, .name = "p");
    commit_ok(s);
    weft_edit(s, Spot, first)->after_id = (weft_opt_int64)weft_some(2); /* a row of its own table, made later */
    (void)weft_new(s, Spot, .id = 3, .after_id = weft_some(2));
    (void)weft_new(s, Spot, .id = 2);
    weft_edit(s, Hen, hen)->egg_id = (weft_opt_int64)weft_some(7);
    (void)weft_new(s, Egg, .id = 7, .colour = "blue", .hen_id = weft_some(8));
    (void)weft_new(s, Hen, .id = 8, .name = "i", .egg_id = weft_some(7));
    weft_edit(s, Player, player)->team_id = (weft_opt_int64)weft_some(5);
    (void)weft_new(s, Team, .id = 5, .name = "t");
    commit_ok(s);
    assert_rows(f, "SELECT id, after_id FROM spot ORDER BY id", "1|2\n2|NULL\n3|2");
    assert_rows(f, "SELECT id, egg_id FROM hen ORDER BY id", "1|7\n8|7");
    assert_rows(f, "SELECT id, hen_id FROM egg", "7|8");
    assert_rows(f, "SELECT team_id FROM player", "5");
}

static void what_no_object_knows_is_for_the_database_to_refuse(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = a_team(f);
    assert_call(s, weft_session_execute_text(s, "DELETE FROM team", NULL), WEFT_OK);
    (void)weft_new(s, Player, .name = "p", .team_id = weft_some(team->id));
    assert_call(s, weft_session_flush(s), WEFT_ERROR_FOREIGN_KEY);
    rollback_ok(s);
    Team *pending = weft_new(s, Team, .id = 99, .name = "never");
    weft_delete(s, Team, pending);
    (void)weft_new(s, Player, .name = "p", .team_id = weft_some(99));
    assert_call(s, weft_session_flush(s), WEFT_ERROR_FOREIGN_KEY);
    rollback_ok(s);
    assert_rows(f, "SELECT count(*) FROM player", "0");
}

/* What a row gives up and another takes in the same flush: primary keys and rows that nothing refers to, nothing else. */
static void unique_values_change_hands_in_one_flush_only_where_documented(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *a = weft_new(s, Writer, .name = "a"), *b = weft_new(s, Writer, .name = "b");
    commit_ok(s);
    weft_edit(s, Writer, a)->name = "b";
    weft_edit(s, Writer, b)->name = "a";
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
    weft_delete(s, Writer, a);
    (void)weft_new(s, Writer, .name = "a");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
    weft_delete(s, Writer, weft_get(s, Writer, a->id));
    flush_ok(s);
    (void)weft_new(s, Writer, .name = "a");
    commit_ok(s);
    Writer *again = weft_new(s, Writer, .id = b->id, .name = "b"); /* the row of b goes on */
    weft_delete(s, Writer, b);
    commit_ok(s);
    assert_int_equal(again->id, b->id);
    assert_rows(f, "SELECT name FROM author ORDER BY name", "a\nb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_field_that_names_what_is_deleted_is_as_good_as_a_link),
        ON_BOTH(a_rollback_gives_the_field_back),
        ON_BOTH(cascades_reach_who_names_the_owner_by_a_field),
        ON_BOTH(who_must_have_an_owner_is_refused_by_name_before_sql),
        ON_BOTH(a_field_names_the_new_object_that_takes_the_key_over),
        ON_BOTH(who_takes_a_key_over_is_found_by_it),
        ON_BOTH(a_field_may_name_what_the_same_flush_makes),
        ON_BOTH(what_no_object_knows_is_for_the_database_to_refuse),
        ON_BOTH(unique_values_change_hands_in_one_flush_only_where_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
