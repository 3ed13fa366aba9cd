/* Random work on related objects beside a plain model of it: what is committed, and what loaded relationships show after each
 * flush, is what the model says, whatever was flushed, rolled back to a savepoint, rolled back or cleared in between. A failure
 * prints its seed; WEFT_TEST_SEED runs one, WEFT_TEST_RUNS says how many. */
#include "fixtures/works.h"

#include <inttypes.h>

FIXTURE_MODELS(works);

enum { EACH = 8, STEPS = 120, NOBODY = -1 };

/* What should be. Entities are told by their places, which are their names in the database. */
typedef struct world {
    bool teams[EACH], players[EACH], badges[EACH], writers[EACH], novels[EACH], tags[EACH], nodes[EACH];
    int player_team[EACH], badge_player[EACH], novel_writer[EACH], node_parent[EACH];
    int year[EACH];
    bool links[EACH][EACH]; /* writer, tag */
} world;

typedef struct play {
    fixture *f;
    weft_session *s;
    uint64_t random, seed;
    world now, committed, saved[4];
    int savepoints;
    const Team *teams[EACH];
    const Player *players[EACH];
    const Badge *badges[EACH];
    const Writer *writers[EACH];
    const Novel *novels[EACH];
    const Tag *tags[EACH];
    const Node *nodes[EACH];
} play;

static unsigned dice(play *p, unsigned sides)
{
    p->random ^= p->random >> 12;
    p->random ^= p->random << 25;
    p->random ^= p->random >> 27;
    return (unsigned)((p->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % sides;
}

/* WEFT_TEST_SHOW shows what is done. */
static void tell(const char *format, ...) WEFT_PRINTF(1, 2);
static void tell(const char *format, ...)
{
    va_list arguments;
    if (getenv("WEFT_TEST_SHOW") == NULL)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static const char *name_of(play *p, int i) { return weft_format(p->s, "%d", i); }

static void check(play *p, bool right, const char *what, int i)
{
    if (right)
        return;
    fprintf(stderr, "seed %" PRIu64 ": %s %d; %s\n", p->seed, what, i, weft_session_error(p->s)->message);
    fail();
}

/* The object of a place: the pointer that is known, or by a query, which flushes. */
#define GETTER(T, field, column, all) \
    static const T *get_##field(play *p, int i) \
    { \
        if (p->all[i] == NULL) \
            p->all[i] = weft_first(p->s, T, .where = weft_eq(T, column, name_of(p, i))); \
        check(p, p->all[i] != NULL, "there is no " #T, i); \
        return p->all[i]; \
    }
GETTER(Team, team, name, teams)
GETTER(Player, player, name, players)
GETTER(Badge, badge, code, badges)
GETTER(Writer, writer, name, writers)
GETTER(Novel, novel, title, novels)
GETTER(Tag, tag, word, tags)
GETTER(Node, node, name, nodes)

static int pick(play *p, const bool *alive, bool wanted)
{
    int start = (int)dice(p, EACH);
    for (int i = 0; i < EACH; i++)
        if (alive[(start + i) % EACH] == wanted)
            return (start + i) % EACH;
    return NOBODY;
}

static bool is_below(const play *p, int node, int top)
{
    for (; node != NOBODY; node = p->now.node_parent[node])
        if (node == top)
            return true;
    return false;
}

/* ---- steps ---- */

static void make(play *p)
{
    world *w = &p->now;
    const Writer *writer;
    int i, other;
    switch (dice(p, 7)) {
    case 0:
        if ((i = pick(p, w->teams, false)) != NOBODY)
            p->teams[i] = weft_new(p->s, Team, .name = name_of(p, i)), w->teams[i] = true, tell("new team %d", i);
        break;
    case 1:
        if ((i = pick(p, w->players, false)) == NOBODY)
            break;
        other = dice(p, 2) ? pick(p, w->teams, true) : NOBODY;
        p->players[i] = weft_new(p->s, Player, .name = name_of(p, i), .team = other == NOBODY ? NULL : get_team(p, other));
        w->players[i] = true, w->player_team[i] = other;
        tell("new player %d of %d", i, other);
        break;
    case 2:
        if ((i = pick(p, w->badges, false)) != NOBODY)
            p->badges[i] = weft_new(p->s, Badge, .code = name_of(p, i)), w->badges[i] = true, w->badge_player[i] = NOBODY;
        break;
    case 3:
        if ((i = pick(p, w->writers, false)) != NOBODY) {
            p->writers[i] = weft_new(p->s, Writer, .name = name_of(p, i)), w->writers[i] = true;
            tell("new writer %d", i);
            memset(w->links[i], 0, sizeof w->links[i]);
        }
        break;
    case 4:
        if ((i = pick(p, w->novels, false)) == NOBODY || (other = pick(p, w->writers, true)) == NOBODY)
            break;
        writer = get_writer(p, other); /* before there is a novel without one */
        p->novels[i] = weft_new(p->s, Novel, .title = name_of(p, i));
        weft_append(p->s, Writer, writer, books, Novel, p->novels[i]);
        w->novels[i] = true, w->novel_writer[i] = other, w->year[i] = 0;
        tell("new novel %d of %d", i, other);
        break;
    case 5:
        if ((i = pick(p, w->tags, false)) == NOBODY)
            break;
        p->tags[i] = weft_new(p->s, Tag, .word = name_of(p, i)), w->tags[i] = true;
        for (int k = 0; k < EACH; k++)
            w->links[k][i] = false;
        break;
    default:
        if ((i = pick(p, w->nodes, false)) == NOBODY)
            break;
        other = dice(p, 3) ? pick(p, w->nodes, true) : NOBODY;
        p->nodes[i] = weft_new(p->s, Node, .name = name_of(p, i));
        if (other != NOBODY)
            weft_append(p->s, Node, get_node(p, other), children, Node, p->nodes[i]);
        w->nodes[i] = true, w->node_parent[i] = other;
    }
}

static void join_team(play *p)
{
    world *w = &p->now;
    int i = pick(p, w->players, true), team = pick(p, w->teams, true), before;
    if (i == NOBODY)
        return;
    const Player *player = get_player(p, i);
    before = w->player_team[i];
    if (team == NOBODY || dice(p, 4) == 0) {
        if (before != NOBODY && dice(p, 2))
            weft_remove(p->s, Team, get_team(p, before), players, Player, player);
        else
            weft_assign(p->s, Player, player, team, Team, (const Team *)NULL);
        tell("player %d leaves %d", i, before);
        w->player_team[i] = NOBODY;
        return;
    }
    const Team *to = get_team(p, team);
    if (dice(p, 6) == 0) { /* by the key alone, where there is one and nothing else is pending */
        check(p, weft_session_flush(p->s) == WEFT_OK, "flush before a key", i);
        weft_edit(p->s, Player, player)->team_id = (weft_opt_int64){true, to->id};
        check(p, weft_session_flush(p->s) == WEFT_OK, "flush after a key", i);
    } else if (dice(p, 2)) {
        weft_append(p->s, Team, to, players, Player, player);
    } else {
        weft_assign(p->s, Player, player, team, Team, to);
    }
    w->player_team[i] = team;
    tell("player %d from %d to %d", i, before, team);
}

static void give_badge(play *p)
{
    world *w = &p->now;
    int i = pick(p, w->badges, true), player = pick(p, w->players, true);
    if (i == NOBODY || player == NOBODY)
        return;
    const Badge *badge = get_badge(p, i);
    const Player *to = get_player(p, player);
    (void)weft_lazy(p->s, Player, to, badge); /* who has one gives it back */
    weft_assign(p->s, Player, to, badge, Badge, badge);
    for (int k = 0; k < EACH; k++)
        if (w->badges[k] && w->badge_player[k] == player)
            w->badge_player[k] = NOBODY;
    w->badge_player[i] = player;
    check(p, weft_session_flush(p->s) == WEFT_OK, "flush of a badge", i); /* unique values move one at a time */
}

static void move_novel(play *p)
{
    world *w = &p->now;
    int i = pick(p, w->novels, true), to = pick(p, w->writers, true);
    if (i == NOBODY || to == NOBODY)
        return;
    const Novel *novel = get_novel(p, i);
    const Writer *from = get_writer(p, w->novel_writer[i]), *writer = get_writer(p, to);
    if (dice(p, 4) == 0) {
        weft_remove(p->s, Writer, from, books, Novel, novel); /* an orphan */
        w->novels[i] = false;
        p->novels[i] = NULL;
        tell("orphan %d of %d", i, w->novel_writer[i]);
        return;
    }
    if (dice(p, 3) == 0)
        weft_remove(p->s, Writer, from, books, Novel, novel);
    weft_append(p->s, Writer, writer, books, Novel, novel);
    tell("novel %d from %d to %d", i, w->novel_writer[i], to);
    w->novel_writer[i] = to;
}

static void link_tag(play *p)
{
    world *w = &p->now;
    int writer = pick(p, w->writers, true), tag = pick(p, w->tags, true);
    if (writer == NOBODY || tag == NOBODY)
        return;
    const Writer *a = get_writer(p, writer);
    const Tag *b = get_tag(p, tag);
    if (w->links[writer][tag])
        dice(p, 2) ? weft_remove(p->s, Writer, a, tags, Tag, b) : weft_remove(p->s, Tag, b, authors, Writer, a);
    else
        dice(p, 2) ? weft_append(p->s, Writer, a, tags, Tag, b) : weft_append(p->s, Tag, b, authors, Writer, a);
    w->links[writer][tag] = !w->links[writer][tag];
}

static void move_node(play *p)
{
    world *w = &p->now;
    int i = pick(p, w->nodes, true), to = pick(p, w->nodes, true);
    if (i == NOBODY)
        return;
    const Node *node = get_node(p, i);
    if (is_below(p, to, i)) {
        weft_assign(p->s, Node, node, parent, Node, (const Node *)NULL);
        w->node_parent[i] = NOBODY;
        return;
    }
    weft_append(p->s, Node, get_node(p, to), children, Node, node);
    w->node_parent[i] = to;
}

static void delete_below(play *p, int top)
{
    world *w = &p->now;
    for (int i = 0; i < EACH; i++)
        if (w->nodes[i] && w->node_parent[i] == top)
            delete_below(p, i);
    w->nodes[top] = false;
    p->nodes[top] = NULL;
}

static void delete_something(play *p)
{
    world *w = &p->now;
    unsigned what = dice(p, 7);
    int i;
    switch (what) {
    case 0:
        if ((i = pick(p, w->teams, true)) == NOBODY)
            return;
        weft_delete(p->s, Team, get_team(p, i));
        tell("delete team %d", i);
        w->teams[i] = false, p->teams[i] = NULL;
        for (int k = 0; k < EACH; k++)
            w->player_team[k] = w->player_team[k] == i ? NOBODY : w->player_team[k];
        break;
    case 1:
        if ((i = pick(p, w->players, true)) == NOBODY)
            return;
        weft_delete(p->s, Player, get_player(p, i));
        tell("delete player %d", i);
        w->players[i] = false, p->players[i] = NULL;
        for (int k = 0; k < EACH; k++)
            w->badge_player[k] = w->badge_player[k] == i ? NOBODY : w->badge_player[k];
        break;
    case 2:
        if ((i = pick(p, w->badges, true)) != NOBODY)
            weft_delete(p->s, Badge, get_badge(p, i)), w->badges[i] = false, p->badges[i] = NULL;
        break;
    case 3:
        if ((i = pick(p, w->writers, true)) == NOBODY)
            return;
        weft_delete(p->s, Writer, get_writer(p, i));
        tell("delete writer %d", i);
        w->writers[i] = false, p->writers[i] = NULL;
        for (int k = 0; k < EACH; k++)
            if (w->novels[k] && w->novel_writer[k] == i)
                w->novels[k] = false, p->novels[k] = NULL;
        break;
    case 4:
        if ((i = pick(p, w->novels, true)) != NOBODY)
            weft_delete(p->s, Novel, get_novel(p, i)), w->novels[i] = false, p->novels[i] = NULL;
        break;
    case 5:
        if ((i = pick(p, w->tags, true)) != NOBODY)
            weft_delete(p->s, Tag, get_tag(p, i)), w->tags[i] = false, p->tags[i] = NULL;
        break;
    default:
        if ((i = pick(p, w->nodes, true)) == NOBODY)
            return;
        weft_delete(p->s, Node, get_node(p, i));
        delete_below(p, i);
    }
    if (dice(p, 2) || what == 2 || what == 3 || what == 5) /* a unique value is free once its row is deleted, not before */
        check(p, weft_session_flush(p->s) == WEFT_OK, "flush of a delete", 0);
}

static void load_something(play *p)
{
    world *w = &p->now;
    int i;
    if ((i = pick(p, w->teams, true)) != NOBODY && dice(p, 3) == 0)
        (void)weft_lazy(p->s, Team, get_team(p, i), players), tell("load players of %d", i);
    if ((i = pick(p, w->players, true)) != NOBODY && dice(p, 3) == 0)
        (void)weft_lazy(p->s, Player, get_player(p, i), team), tell("load team of %d", i);
    if ((i = pick(p, w->writers, true)) != NOBODY && dice(p, 3) == 0)
        (void)weft_lazy(p->s, Writer, get_writer(p, i), books);
    if ((i = pick(p, w->writers, true)) != NOBODY && dice(p, 3) == 0)
        (void)weft_lazy(p->s, Writer, get_writer(p, i), tags);
    if ((i = pick(p, w->tags, true)) != NOBODY && dice(p, 3) == 0)
        (void)weft_lazy(p->s, Tag, get_tag(p, i), authors);
    if ((i = pick(p, w->nodes, true)) != NOBODY && dice(p, 3) == 0)
        (void)weft_lazy(p->s, Node, get_node(p, i), children);
    if ((i = pick(p, w->novels, true)) != NOBODY) {
        Novel *novel = weft_edit(p->s, Novel, get_novel(p, i));
        novel->year = (weft_opt_int32){true, w->year[i] = (int)dice(p, 3)};
    }
}

/* ---- checks ---- */

static void check_collections(play *p)
{
    world *w = &p->now;
    for (int i = 0; i < EACH; i++) {
        const Team *team = w->teams[i] ? p->teams[i] : NULL;
        if (team == NULL || !weft_loaded(p->s, Team, team, players))
            continue;
        size_t count = 0;
        for (int k = 0; k < EACH; k++)
            count += w->players[k] && w->player_team[k] == i;
        check(p, team->players.count == count, "players of the team", i);
        weft_each (Player, player, team->players)
            check(p, w->player_team[strtol(player->name, NULL, 10)] == i, "a player of another team than", i);
    }
    for (int i = 0; i < EACH; i++) {
        const Writer *writer = w->writers[i] ? p->writers[i] : NULL;
        size_t count = 0;
        for (int k = 0; k < EACH; k++)
            count += w->tags[k] && w->links[i][k];
        if (writer == NULL || !weft_loaded(p->s, Writer, writer, tags))
            continue;
        check(p, writer->tags.count == count, "tags of the writer", i);
        weft_each (Tag, tag, writer->tags)
            check(p, w->links[i][strtol(tag->word, NULL, 10)], "a tag that is not of the writer", i);
    }
    for (int i = 0; i < EACH; i++) {
        const Node *node = w->nodes[i] ? p->nodes[i] : NULL;
        if (node == NULL || !weft_loaded(p->s, Node, node, children))
            continue;
        size_t count = 0;
        for (int k = 0; k < EACH; k++)
            count += w->nodes[k] && w->node_parent[k] == i;
        check(p, node->children.count == count, "children of the node", i);
    }
}

static void add_line(char *text, size_t size, const char *format, ...) WEFT_PRINTF(3, 4);
static void add_line(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static void check_table(play *p, const char *sql, const char *expected)
{
    char *rows = test_database_rows(&p->f->database, sql);
    size_t size = strlen(rows);
    if (size > 0 && rows[size - 1] == '\n')
        rows[size - 1] = '\0';
    if (strcmp(rows, expected) != 0) {
        fprintf(stderr, "seed %" PRIu64 ": %s gave\n%s\ninstead of\n%s\n", p->seed, sql, rows, expected);
        fail();
    }
    free(rows);
}

static void check_database(play *p)
{
    const world *w = &p->committed;
    char players[512] = "", badges[512] = "", novels[512] = "", links[2048] = "", nodes[512] = "";
    for (int i = 0; i < EACH; i++) {
        if (w->players[i])
            add_line(players, sizeof players, "%s%d|%d", players[0] ? "\n" : "", i, w->player_team[i]);
        if (w->badges[i])
            add_line(badges, sizeof badges, "%s%d|%d", badges[0] ? "\n" : "", i, w->badge_player[i]);
        if (w->novels[i])
            add_line(novels, sizeof novels, "%s%d|%d|%d", novels[0] ? "\n" : "", i, w->novel_writer[i], w->year[i]);
        if (w->nodes[i])
            add_line(nodes, sizeof nodes, "%s%d|%d", nodes[0] ? "\n" : "", i, w->node_parent[i]);
        for (int k = 0; k < EACH; k++)
            if (w->writers[i] && w->tags[k] && w->links[i][k])
                add_line(links, sizeof links, "%s%d|%d", links[0] ? "\n" : "", i, k);
    }
    check_table(p, "SELECT p.name, coalesce(t.name, '-1') FROM player p LEFT JOIN team t ON p.team_id = t.id ORDER BY p.name",
                players);
    check_table(p, "SELECT b.code, coalesce(p.name, '-1') FROM badge b LEFT JOIN player p ON b.player_id = p.id ORDER BY b.code",
                badges);
    check_table(p, "SELECT b.title, a.name, coalesce(b.year, 0) FROM book b JOIN author a ON b.author_id = a.id ORDER BY b.title",
                novels);
    check_table(p, "SELECT n.name, coalesce(p.name, '-1') FROM node n LEFT JOIN node p ON n.parent_id = p.id ORDER BY n.name",
                nodes);
    check_table(p,
                "SELECT a.name, t.word FROM author_tag l JOIN author a ON l.author_id = a.id JOIN tag t ON l.tag_id = t.id "
                "ORDER BY a.name, t.word",
                links);
}

/* ---- a play ---- */

static void forget_objects(play *p)
{
    memset(p->teams, 0, sizeof p->teams);
    memset(p->players, 0, sizeof p->players);
    memset(p->badges, 0, sizeof p->badges);
    memset(p->writers, 0, sizeof p->writers);
    memset(p->novels, 0, sizeof p->novels);
    memset(p->tags, 0, sizeof p->tags);
    memset(p->nodes, 0, sizeof p->nodes);
}

static void end_something(play *p)
{
    unsigned how = dice(p, 8);
    tell("%s", how < 2    ? "commit"
               : how == 2 ? "rollback"
               : how < 5  ? "savepoint"
               : how == 5 ? "back to it"
               : how == 6 ? "release"
                          : "flush");
    switch (how) {
    case 0:
    case 1:
        check(p, weft_session_commit(p->s) == WEFT_OK, "commit", 0);
        p->committed = p->now;
        p->savepoints = 0;
        check_database(p);
        break;
    case 2:
        check(p, weft_session_rollback(p->s) == WEFT_OK, "rollback", 0);
        p->now = p->committed;
        p->savepoints = 0;
        forget_objects(p);
        check_database(p);
        break;
    case 3:
    case 4:
        if (p->savepoints == 4)
            return;
        check(p, weft_session_savepoint(p->s) == WEFT_OK, "savepoint", 0);
        p->saved[p->savepoints++] = p->now;
        check_collections(p);
        break;
    case 5:
        if (p->savepoints == 0)
            return;
        check(p, weft_session_savepoint_rollback(p->s) == WEFT_OK, "rollback to a savepoint", 0);
        p->now = p->saved[--p->savepoints];
        forget_objects(p);
        break;
    case 6:
        if (p->savepoints == 0)
            return;
        check(p, weft_session_savepoint_release(p->s) == WEFT_OK, "release", 0);
        p->savepoints--;
        check_collections(p);
        break;
    default: check(p, weft_session_flush(p->s) == WEFT_OK, "flush", 0); check_collections(p);
    }
}

static void step(play *p)
{
    unsigned what = dice(p, 24);
    if (what < 7)
        make(p);
    else if (what < 10)
        join_team(p);
    else if (what < 11)
        give_badge(p);
    else if (what < 13)
        move_novel(p);
    else if (what < 16)
        link_tag(p);
    else if (what < 18)
        move_node(p);
    else if (what < 20)
        delete_something(p);
    else if (what < 22)
        load_something(p);
    else
        end_something(p);
    check(p, weft_session_status(p->s) == WEFT_OK, "the session failed in step", (int)what);
}

static void run_play(fixture *f, uint64_t seed)
{
    play *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->f = f;
    p->s = f->s;
    p->seed = seed;
    p->random = seed * 1000003u + 17;
    for (int i = 0; i < STEPS; i++) {
        step(p);
        if (dice(p, 40) == 0) { /* a session that begins anew */
            check(p, weft_session_commit(p->s) == WEFT_OK, "last commit", 0);
            p->committed = p->now;
            p->savepoints = 0;
            check_database(p);
            weft_session_clear(p->s);
            forget_objects(p);
        }
    }
    check(p, weft_session_commit(p->s) == WEFT_OK, "last commit", 0);
    p->committed = p->now;
    check_database(p);
    free(p);
    weft_session_clear(f->s);
    test_database_exec(&f->database,
                       "DELETE FROM author_tag; DELETE FROM badge; DELETE FROM player; DELETE FROM team; DELETE FROM book;"
                       "DELETE FROM author; DELETE FROM tag; UPDATE node SET parent_id = NULL; DELETE FROM node");
}

static void random_work_ends_as_a_plain_model_of_it(void **state)
{
    fixture *f = *state;
    uint64_t first = test_seed(1), runs = test_runs(15);
    for (uint64_t seed = first; seed < first + runs; seed++)
        run_play(f, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(random_work_ends_as_a_plain_model_of_it),
    };
    return cmocka_run_group_tests_name("random flush", tests, NULL, NULL);
}
