/* Objects handled as no example shows: children moved, shared, left behind and deleted in every state, pairs told from both sides,
 * one row met by three ways, keys that change, edits in the middle of refreshes, savepoints twenty deep with failures inside, and a
 * session that fails, rolls back and goes on. After each, the rows are what was asked for and the objects are what the rows are. */
#include "support/fixture.h"

WEFT_DECLARE(Team);
WEFT_DECLARE(Player);
WEFT_DECLARE(Skill);
struct Team {
    int64_t id;
    const char *name;
    weft_opt_int64 captain_id;
    const Player *captain;
    Player_list players;
};
struct Player {
    int64_t id;
    const char *name;
    int32_t age;
    weft_opt_int64 team_id;
    const Team *team;
    Skill_list skills;
};
struct Skill {
    int64_t id;
    const char *name;
    Player_list players;
};
WEFT_MODEL(Team, "team", WEFT_COLUMN(Team, id, .primary_key = true), WEFT_COLUMN(Team, name, .unique = true),
           WEFT_COLUMN(Team, captain_id, .references = "player.id"),
           WEFT_BELONGS_TO(Team, captain, Player, .foreign_key = "captain_id"),
           WEFT_HAS_MANY(Team, players, Player, .foreign_key = "team_id", .back_populates = "team", .order_by = "id"));
WEFT_MODEL(Player, "player", WEFT_COLUMN(Player, id, .primary_key = true), WEFT_COLUMN(Player, name), WEFT_COLUMN(Player, age),
           WEFT_COLUMN(Player, team_id, .references = "team.id"),
           WEFT_BELONGS_TO(Player, team, Team, .foreign_key = "team_id", .back_populates = "players"),
           WEFT_MANY_TO_MANY(Player, skills, Skill, .through = "player_skill(player_id, skill_id)", .back_populates = "players",
                             .order_by = "name"));
WEFT_MODEL(Skill, "skill", WEFT_COLUMN(Skill, id, .primary_key = true), WEFT_COLUMN(Skill, name, .unique = true),
           WEFT_MANY_TO_MANY(Skill, players, Player, .through = "player_skill(skill_id, player_id)", .back_populates = "skills",
                             .order_by = "id"));

/* A key of text and uuid, referred to by another. */
WEFT_DECLARE(Account);
WEFT_DECLARE(Entry);
struct Account {
    const char *bank;
    weft_uuid number;
    int32_t version;
    const char *owner;
    Entry_list entries;
};
struct Entry {
    const char *bank;
    weft_uuid number;
    int32_t line;
    const char *text;
    const Account *account;
};
WEFT_MODEL(Account, "account", WEFT_COLUMN(Account, bank, .primary_key = true), WEFT_COLUMN(Account, number, .primary_key = true),
           WEFT_COLUMN(Account, version, .version = true), WEFT_COLUMN(Account, owner, .nullable = true),
           WEFT_HAS_MANY(Account, entries, Entry, .foreign_key = "bank, number", .back_populates = "account", .order_by = "line",
                         .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN));
WEFT_MODEL(Entry, "entry", WEFT_COLUMN(Entry, bank, .primary_key = true), WEFT_COLUMN(Entry, number, .primary_key = true),
           WEFT_COLUMN(Entry, line, .primary_key = true), WEFT_COLUMN(Entry, text),
           WEFT_FOREIGN_KEY(Entry, "bank, number", "account(bank, number)"),
           WEFT_BELONGS_TO(Entry, account, Account, .foreign_key = "bank, number", .back_populates = "entries"));
WEFT_METADATA(models, &Team_model, &Account_model);
FIXTURE_MODELS(models);

static Team *add_team(weft_session *s, const char *name, int players)
{
    Team *team = weft_new(s, Team, .name = name);
    for (int i = 0; i < players; i++)
        weft_append(s, Team, team, players, Player, weft_new(s, Player, .name = weft_format(s, "%s%d", name, i), .age = 20 + i));
    return team;
}

static const char all_players[] = "SELECT p.name, t.name FROM player p LEFT JOIN team t ON t.id = p.team_id ORDER BY p.id";

static void children_move_between_loaded_unloaded_and_new_parents(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *a = add_team(s, "a", 3), *b = add_team(s, "b", 1);
    commit_ok(s);
    weft_session_clear(s);
    const Team *from = weft_first(s, Team, .where = weft_eq(Team, name, "a"), .load = weft_load(weft_selectin(Team, players)));
    const Team *to = weft_first(s, Team, .where = weft_eq(Team, name, "b"));
    const Player *first = from->players.items[0], *second = from->players.items[1], *third = from->players.items[2];
    weft_append(s, Team, to, players, Player, first); /* by the collection of the new, which is not loaded */
    weft_assign(s, Player, second, team, Team, to);   /* by the child */
    Team *new = weft_new(s, Team, .name = "c");
    weft_append(s, Team, new, players, Player, third); /* to one without a key yet */
    assert_int_equal(from->players.count, 0);
    assert_ptr_equal(first->team, to);
    assert_false(weft_loaded(s, Team, to, players));
    commit_ok(s);
    assert_rows(f, all_players, "a0|b\na1|b\na2|c\nb0|b");
    assert_int_equal(weft_lazy(s, Team, to, players).count, 3);
    assert_int_equal(weft_lazy(s, Team, from, players).count, 0);
    assert_ptr_equal(third->team, new);
    /* there and back again, and round in a circle: nothing is sent */
    weft_append(s, Team, from, players, Player, first);
    weft_append(s, Team, new, players, Player, first);
    weft_append(s, Team, to, players, Player, first);
    test_recorder_clear(f->recorder);
    commit_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "UPDATE"), 0);
    assert_rows(f, all_players, "a0|b\na1|b\na2|c\nb0|b");
    (void)a, (void)b;
}

static void a_child_told_twice_or_taken_out_twice_is_there_once(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "t", 1);
    Player *player = weft_new(s, Player, .name = "x");
    for (int i = 0; i < 3; i++)
        weft_append(s, Team, team, players, Player, player);
    assert_int_equal(team->players.count, 2);
    commit_ok(s);
    (void)weft_lazy(s, Team, team, players);
    weft_append(s, Team, team, players, Player, player);
    assert_int_equal(team->players.count, 2);
    weft_remove(s, Team, team, players, Player, player);
    assert_int_equal(team->players.count, 1);
    assert_null(player->team);
    commit_ok(s);
    assert_rows(f, all_players, "t0|t\nx|NULL");
    (void)weft_lazy(s, Team, team, players);
    weft_remove(s, Team, team, players, Player, player);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_rows(f, all_players, "t0|t\nx|NULL");
}

static void a_parent_deleted_with_children_in_every_state_leaves_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_team(s, "loaded", 2);
    add_team(s, "unloaded", 2);
    add_team(s, "moved", 2);
    commit_ok(s);
    weft_session_clear(s);
    const Team *loaded = weft_first(s, Team, .where = weft_eq(Team, name, "loaded"), .load = weft_load(weft_joined(Team, players)));
    const Team *unloaded = weft_first(s, Team, .where = weft_eq(Team, name, "unloaded"));
    const Team *moved = weft_first(s, Team, .where = weft_eq(Team, name, "moved"), .load = weft_load(weft_joined(Team, players)));
    weft_append(s, Team, loaded, players, Player, weft_new(s, Player, .name = "new"));
    const Player *saved = moved->players.items[0];
    Team *kept = weft_new(s, Team, .name = "kept");
    weft_append(s, Team, kept, players, Player, saved);
    weft_delete(s, Team, loaded);
    weft_delete(s, Team, unloaded);
    weft_delete(s, Team, moved);
    commit_ok(s);
    assert_rows(f, all_players, "loaded0|NULL\nloaded1|NULL\nunloaded0|NULL\nunloaded1|NULL\nmoved0|kept\nmoved1|NULL\nnew|NULL");
    assert_rows(f, "SELECT name FROM team", "kept");
    const Player *orphan = weft_first(s, Player, .where = weft_eq(Player, name, "moved1"));
    assert_null(orphan->team);
    assert_null(weft_lazy(s, Player, orphan, team));
    assert_ok(s);
}

static void pairs_are_edited_from_both_sides_at_once(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char pairs[] = "SELECT p.name, k.name FROM player_skill JOIN player p ON p.id = player_id "
                                "JOIN skill k ON k.id = skill_id ORDER BY p.name, k.name";
    Player *p[3];
    Skill *k[3];
    for (int i = 0; i < 3; i++) {
        p[i] = weft_new(s, Player, .name = weft_format(s, "p%d", i));
        k[i] = weft_new(s, Skill, .name = weft_format(s, "k%d", i));
    }
    weft_append(s, Player, p[0], skills, Skill, k[0]);
    weft_append(s, Skill, k[0], players, Player, p[0]); /* the same pair */
    weft_append(s, Skill, k[1], players, Player, p[0]);
    weft_append(s, Player, p[1], skills, Skill, k[1]);
    commit_ok(s);
    assert_rows(f, pairs, "p0|k0\np0|k1\np1|k1");
    /* unloaded at one side, loaded at the other */
    (void)weft_lazy(s, Player, p[0], skills);
    weft_remove(s, Player, p[0], skills, Skill, k[0]);
    weft_append(s, Skill, k[0], players, Player, p[0]); /* and back */
    weft_remove(s, Skill, k[1], players, Player, p[0]); /* its collection is not loaded */
    assert_int_equal(p[0]->skills.count, 1);
    weft_append(s, Skill, k[2], players, Player, p[2]);
    weft_remove(s, Player, p[2], skills, Skill, k[2]);
    commit_ok(s);
    assert_rows(f, pairs, "p0|k0\np1|k1");
    assert_int_equal(weft_lazy(s, Skill, k[0], players).count, 1);
    assert_int_equal(weft_lazy(s, Skill, k[2], players).count, 0);
    /* a target deleted and a source deleted, each with pairs that are not loaded and one that is told anew */
    weft_session_clear(s);
    const Player *first = weft_first(s, Player, .where = weft_eq(Player, name, "p0"));
    const Skill *gone = weft_first(s, Skill, .where = weft_eq(Skill, name, "k1"));
    weft_append(s, Player, first, skills, Skill, gone);
    weft_delete(s, Skill, gone);
    weft_session_flush(s);
    if (weft_session_status(s) != WEFT_OK)
        rollback_ok(s), weft_delete(s, Skill, gone);
    commit_ok(s);
    assert_rows(f, pairs, "p0|k0");
}

static void a_row_met_by_three_ways_is_one_object(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "t", 2);
    const Player *captain = team->players.items[1];
    commit_ok(s);
    weft_assign(s, Team, team, captain, Player, captain);
    weft_append(s, Player, captain, skills, Skill, weft_new(s, Skill, .name = "k"));
    commit_ok(s);
    int64_t id = captain->id;
    weft_session_clear(s);
    const Team *found =
        weft_first(s, Team,
                   .load = weft_load(weft_joined(Team, captain, weft_selectin(Player, skills)),
                                     weft_selectin(Team, players, weft_subquery(Player, skills, weft_joined(Skill, players)))));
    assert_ok(s);
    const Player *got = weft_get(s, Player, id);
    assert_ptr_equal(found->captain, got);
    assert_ptr_equal(found->players.items[1], got);
    assert_ptr_equal(got->skills.items[0]->players.items[0], got);
    assert_ptr_equal(got->team, found);
    assert_ptr_equal(weft_first(s, Player, .where = weft_eq(Player, id, id), .refresh = true), got);
    weft_edit(s, Player, found->captain)->age = 99;
    assert_int_equal(found->players.items[1]->age, 99);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM player WHERE age = 99", "1");
}

static void a_cycle_of_two_tables_is_made_changed_and_deleted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "t", 3);
    weft_assign(s, Team, team, captain, Player, team->players.items[2]);
    commit_ok(s);
    assert_rows(f, "SELECT t.name, p.name FROM team t JOIN player p ON p.id = captain_id", "t|t2");
    weft_session_clear(s);
    const Team *found = weft_first(s, Team, .load = weft_load(weft_selectin(Team, players), weft_joined(Team, captain)));
    const Player *captain = found->captain;
    weft_assign(s, Team, found, captain, Player, found->players.items[0]);
    weft_delete(s, Player, captain);
    commit_ok(s);
    assert_rows(f, "SELECT t.name, p.name FROM team t JOIN player p ON p.id = captain_id", "t|t0");
    /* the captain goes, and nobody told the team */
    weft_delete(s, Player, weft_lazy(s, Team, found, captain));
    weft_status status = weft_session_commit(s);
    if (status != WEFT_OK) {
        assert_refused(s, WEFT_ERROR_FOREIGN_KEY);
        weft_assign(s, Team, found, captain, Player, (const Player *)NULL);
        weft_delete(s, Player, weft_first(s, Player, .where = weft_eq(Player, name, "t0")));
        commit_ok(s);
    }
    assert_rows(f, all_players, "t1|t");
    /* all of it at once */
    weft_assign(s, Team, found, captain, Player, weft_first(s, Player));
    commit_ok(s);
    weft_each (Player, player, weft_query(s, Player))
        weft_delete(s, Player, player);
    weft_delete(s, Team, found);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM team), (SELECT count(*) FROM player)", "0|0");
}

static weft_uuid uuid_of(unsigned char last)
{
    weft_uuid uuid = {{1, 2, 3, 0}};
    uuid.bytes[15] = last;
    return uuid;
}

static void keys_of_text_and_uuid_relate_and_cascade(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (unsigned char i = 0; i < 4; i++) {
        Account *account = weft_new(s, Account, .bank = i % 2 ? "it's" : "Bänk", .number = uuid_of(i / 2), .owner = "o");
        for (int line = 0; line < 3; line++)
            weft_append(s, Account, account, entries, Entry, weft_new(s, Entry, .line = line, .text = "x"));
    }
    commit_ok(s);
    weft_session_clear(s);
    const weft_loader *const how[] = {weft_joined(Account, entries), weft_selectin(Account, entries),
                                      weft_subquery(Account, entries)};
    for (size_t i = 0; i < 3; i++) {
        size_t lines = 0;
        weft_each (Account, account,
                   weft_query(s, Account, .load = weft_load(how[i]), .order_by = weft_order(weft_desc(Account, number)),
                              .limit = 3))
            weft_each (Entry, entry, account->entries) {
                assert_ptr_equal(entry->account, account);
                lines++;
            }
        assert_ok(s);
        assert_int_equal(lines, 9);
        weft_session_clear(s);
    }
    const Account *account = weft_get(s, Account, weft_key(Account, .bank = "it's", .number = uuid_of(1)));
    assert_non_null(account);
    const Entry *line = weft_get(s, Entry, weft_key(Entry, .bank = "it's", .number = uuid_of(1), .line = 2));
    assert_ptr_equal(weft_lazy(s, Entry, line, account), account);
    assert_null(weft_get(s, Account, weft_key(Account, .bank = "it's", .number = uuid_of(9))));
    assert_ok(s);
    /* an entry whose key holds its owner's cannot change owners but by a new row */
    const Account *other = weft_get(s, Account, weft_key(Account, .bank = "Bänk", .number = uuid_of(0)));
    const Entry *entry = weft_lazy(s, Account, account, entries).items[0];
    weft_remove(s, Account, account, entries, Entry, entry);
    commit_ok(s); /* an orphan */
    assert_rows(f, "SELECT count(*) FROM entry", "11");
    weft_delete(s, Account, other);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), (SELECT count(*) FROM account) FROM entry", "8|3");
}

static void a_version_moves_on_and_tells_who_came_late(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s, *other = weft_session_open(f->engine, NULL);
    Account *account = weft_new(s, Account, .bank = "b", .number = uuid_of(1), .owner = "first");
    commit_ok(s);
    assert_int_equal(account->version, 1);
    const Account *seen = weft_first(other, Account);
    weft_edit(s, Account, account)->owner = "second";
    commit_ok(s);
    assert_int_equal(account->version, 2);
    weft_edit(other, Account, seen)->owner = "late";
    assert_int_equal(weft_session_commit(other), WEFT_ERROR_STALE);
    assert_true(weft_status_is_retryable(weft_session_status(other)));
    rollback_ok(other);
    seen = weft_first(other, Account);
    assert_string_equal(seen->owner, "second");
    weft_edit(other, Account, seen)->owner = "third";
    commit_ok(other);
    weft_delete(s, Account, account); /* stale since the commit, but known to be version 2 */
    weft_status status = weft_session_commit(s);
    if (status != WEFT_OK) {
        assert_refused(s, WEFT_ERROR_STALE);
        assert_rows(f, "SELECT owner, version FROM account", "third|3");
    }
    /* an edit that changes nothing, and one that is set back, count nothing */
    seen = weft_first(other, Account);
    if (seen != NULL) {
        weft_edit(other, Account, seen)->owner = "third";
        commit_ok(other);
        assert_rows(f, "SELECT owner, version FROM account", "third|3");
    }
    weft_session_close(other);
}

static void edits_stay_in_the_middle_of_every_refresh(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "t", 3);
    commit_ok(s);
    Player_list players = weft_query(s, Player, .order_by = weft_order(weft_asc(Player, id)));
    test_database_exec(&f->database,
                       "UPDATE player SET name = 'from outside'; UPDATE player SET age = 70 WHERE id > (SELECT min(id) "
                       "FROM player)");
    weft_edit(s, Player, players.items[0])->age = 50;
    (void)weft_query(s, Team, .load = weft_load(weft_selectin(Team, players)), .refresh = true); /* flushes first */
    assert_int_equal(players.items[0]->age, 50);
    assert_string_equal(players.items[0]->name, "from outside");
    assert_int_equal(players.items[1]->age, 70);
    weft_edit(s, Player, players.items[0])->age = 52;
    assert_int_equal(weft_refresh(s, Player, players.items[0]), WEFT_OK); /* asked for by name: edits are discarded */
    assert_int_equal(players.items[0]->age, 50);
    weft_edit(s, Player, players.items[0])->age = 51;
    (void)weft_lazy(s, Team, team, players);
    assert_int_equal(players.items[0]->age, 51);
    commit_ok(s);
    assert_rows(f, "SELECT age, name FROM player ORDER BY id", "51|from outside\n70|from outside\n70|from outside");
    test_database_exec(&f->database, "DELETE FROM player WHERE age = 51");
    assert_int_equal(weft_refresh(s, Player, players.items[0]), WEFT_ERROR_NOT_FOUND);
    assert_ok(s);
    weft_edit(s, Player, players.items[0])->age = 1;
    (void)weft_session_commit(s);
    rollback_ok(s);
    assert_int_equal(weft_lazy(s, Team, team, players).count, 2);
    assert_ok(s);
}

static void savepoints_twenty_deep_fail_and_go_on(void **state)
{
    enum { DEPTH = 20 };
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "base", 1);
    for (int depth = 0; depth < DEPTH; depth++) {
        assert_int_equal(weft_session_savepoint(s), WEFT_OK);
        weft_edit(s, Team, team)->name = weft_format(s, "depth %d", depth);
        Player *player = weft_new(s, Player, .name = weft_format(s, "p%d", depth), .age = depth, .team = team);
        assert_int_equal(weft_session_flush(s), WEFT_OK);
        assert_int_equal(weft_session_savepoint(s), WEFT_OK); /* a failure in one of its own */
        weft_edit(s, Player, player)->age = -1;
        weft_new(s, Team, .name = weft_format(s, "depth %d", depth));
        assert_int_equal(weft_session_flush(s), WEFT_ERROR_UNIQUE);
        assert_int_equal(weft_session_savepoint(s), WEFT_ERROR_UNIQUE);
        assert_int_equal(weft_session_savepoint_release(s), WEFT_ERROR_UNIQUE);
        assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
        assert_ok(s);
        assert_int_equal(player->age, depth);
    }
    for (int depth = DEPTH - 1; depth >= 0; depth--) {
        if (depth % 3 == 0) {
            assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
            if (depth > 0)
                assert_string_equal(team->name, weft_format(s, "depth %d", depth - 1));
        } else {
            assert_int_equal(weft_session_savepoint_release(s), WEFT_OK);
        }
    }
    assert_int_equal(weft_session_savepoint_release(s), WEFT_ERROR_MISUSE);
    rollback_ok(s);
    assert_rows(f, "SELECT count(*) FROM team", "0");
}

static void released_savepoints_keep_what_their_depth_kept(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "base", 0);
    for (int depth = 0; depth < 20; depth++) {
        assert_int_equal(weft_session_savepoint(s), WEFT_OK);
        weft_new(s, Player, .name = weft_format(s, "p%02d", depth), .team = team);
    }
    for (int depth = 19; depth >= 0; depth--)
        assert_int_equal(depth == 10 ? weft_session_savepoint_rollback(s) : weft_session_savepoint_release(s), WEFT_OK);
    assert_int_equal(weft_lazy(s, Team, team, players).count, 10);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), max(p.name) FROM player p JOIN team t ON t.id = team_id", "10|p09");
    assert_int_equal(weft_lazy(s, Team, team, players).count, 10);
}

static void a_flush_that_failed_is_undone_and_the_good_part_is_sent_again(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *a = add_team(s, "a", 2), *b = add_team(s, "b", 1);
    commit_ok(s);
    for (int round = 0; round < 5; round++) {
        weft_edit(s, Team, a)->name = "changed";
        weft_append(s, Team, b, players, Player, weft_lazy(s, Team, a, players).items[0]);
        weft_new(s, Team, .name = "b"); /* twice */
        assert_int_equal(weft_session_flush(s), WEFT_ERROR_UNIQUE);
        assert_int_equal(weft_session_commit(s), WEFT_ERROR_UNIQUE);
        assert_null(weft_get(s, Team, a->id));
        assert_int_equal(weft_query(s, Team).count, 0);
        rollback_ok(s);
        assert_string_equal(a->name, "a");
        assert_int_equal(weft_lazy(s, Team, a, players).count, 2);
        assert_int_equal(weft_lazy(s, Team, b, players).count, 1);
        assert_ptr_equal(a->players.items[0]->team, a);
    }
    weft_edit(s, Team, a)->name = "changed";
    weft_append(s, Team, b, players, Player, a->players.items[0]);
    commit_ok(s);
    assert_rows(f, all_players, "a0|b\na1|changed\nb0|b");
}

static void what_left_the_session_may_come_again(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *team = add_team(s, "t", 2);
    commit_ok(s);
    const Player *out = weft_lazy(s, Team, team, players).items[0];
    int64_t id = out->id;
    weft_edit(s, Player, out)->age = 77; /* dropped with it */
    weft_expunge(s, Player, out);
    assert_int_equal(weft_state_of(s, Player, out), WEFT_OBJECT_DETACHED);
    const Player *again = weft_get(s, Player, id);
    assert_non_null(again);
    assert_ptr_not_equal(again, out);
    assert_int_equal(again->age, 20);
    assert_int_equal(weft_lazy(s, Team, team, players).count, 2);
    weft_edit(s, Player, out)->age = 78; /* it is not of this session */
    assert_refused(s, WEFT_ERROR_MISUSE);
    again = weft_get(s, Player, id);
    weft_expunge(s, Player, weft_new(s, Player, .name = "never"));
    weft_expunge(s, Team, team);
    commit_ok(s);
    assert_rows(f, all_players, "t0|t\nt1|t");
    assert_ptr_not_equal(weft_lazy(s, Player, again, team), team);
    assert_string_equal(again->team->name, "t");
}

static void a_primary_key_follows_and_is_followed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Account *account = weft_new(s, Account, .bank = "old", .number = uuid_of(1), .owner = "o");
    commit_ok(s);
    weft_edit(s, Account, account)->bank = "new";
    commit_ok(s);
    assert_ptr_equal(weft_get(s, Account, weft_key(Account, .bank = "new", .number = uuid_of(1))), account);
    assert_null(weft_get(s, Account, weft_key(Account, .bank = "old", .number = uuid_of(1))));
    assert_ok(s);
    /* a row with children refuses to change its key: they refer to it */
    weft_append(s, Account, account, entries, Entry, weft_new(s, Entry, .line = 1, .text = "x"));
    commit_ok(s);
    weft_edit(s, Account, account)->bank = "newer";
    weft_status status = weft_session_commit(s);
    assert_int_not_equal(status, WEFT_OK);
    rollback_ok(s);
    assert_string_equal(account->bank, "new");
    assert_ptr_equal(weft_get(s, Account, weft_key(Account, .bank = "new", .number = uuid_of(1))), account);
    assert_rows(f, "SELECT bank FROM entry", "new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(children_move_between_loaded_unloaded_and_new_parents),
        ON_BOTH(a_child_told_twice_or_taken_out_twice_is_there_once),
        ON_BOTH(a_parent_deleted_with_children_in_every_state_leaves_them),
        ON_BOTH(pairs_are_edited_from_both_sides_at_once),
        ON_BOTH(a_row_met_by_three_ways_is_one_object),
        ON_BOTH(a_cycle_of_two_tables_is_made_changed_and_deleted),
        ON_BOTH(keys_of_text_and_uuid_relate_and_cascade),
        ON_BOTH(a_version_moves_on_and_tells_who_came_late),
        ON_BOTH(edits_stay_in_the_middle_of_every_refresh),
        ON_BOTH(savepoints_twenty_deep_fail_and_go_on),
        ON_BOTH(released_savepoints_keep_what_their_depth_kept),
        ON_BOTH(a_flush_that_failed_is_undone_and_the_good_part_is_sent_again),
        ON_BOTH(what_left_the_session_may_come_again),
        ON_BOTH(a_primary_key_follows_and_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
