/* Every allocation of a flush fails once: the session tells NO_MEMORY, a rollback restores it, and the work succeeds when
 * repeated. */
#include "fixtures/works.h"

#include "base/memory.h"

FIXTURE_MODELS(works);

typedef weft_status (*scenario)(fixture *f);

/* Objects of the scenarios' start. */
static int64_t writer_id, team_id, root_id;

static void prepare(fixture *f)
{
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w");
    for (int i = 0; i < 3; i++)
        weft_append(s, Writer, writer, books, Novel, weft_new(s, Novel, .title = "t"));
    weft_append(s, Writer, writer, tags, Tag, weft_new(s, Tag, .word = "x"));
    Team *team = weft_new(s, Team, .name = "t");
    weft_append(s, Team, team, players, Player, weft_new(s, Player, .name = "p"));
    Node *root = weft_new(s, Node, .name = "root");
    weft_append(s, Node, root, children, Node, weft_new(s, Node, .name = "leaf"));
    commit_ok(s);
    writer_id = writer->id;
    team_id = team->id;
    root_id = root->id;
    assert_call(s, weft_session_clear(s), WEFT_OK);
}

/* Every kind of statement in one flush. */
static weft_status change_everything(fixture *f)
{
    weft_session *s = f->s;
    const Writer *writer =
        weft_get(s, Writer, writer_id, .load = weft_load(weft_selectin(Writer, books), weft_selectin(Writer, tags)));
    const Team *team = weft_get(s, Team, team_id);
    const Node *root = weft_get(s, Node, root_id);
    if (writer == NULL || team == NULL || root == NULL)
        return weft_session_status(s);
    weft_edit(s, Writer, writer)->name = "renamed";
    weft_remove(s, Writer, writer, books, Novel, writer->books.items[0]);
    weft_append(s, Writer, writer, books, Novel, weft_new(s, Novel, .title = "new"));
    weft_remove(s, Writer, writer, tags, Tag, writer->tags.items[0]);
    weft_append(s, Writer, writer, tags, Tag, weft_new(s, Tag, .word = "y"));
    weft_delete(s, Team, team);
    weft_append(s, Node, weft_new(s, Node, .name = "new root"), children, Node, root);
    Hen *hen = weft_new(s, Hen, .name = "h");
    Egg *egg = weft_new(s, Egg, .colour = "c", .hen = hen);
    weft_assign(s, Hen, hen, egg, Egg, egg);
    for (int i = 0; i < 70; i++)
        weft_new(s, Spot, .id = 0);
    weft_new(s, Setting, .mood = GLAD);
    return weft_session_flush(s);
}

static void check_unchanged(fixture *f)
{
    assert_rows(f,
                "SELECT (SELECT name FROM author), (SELECT count(*) FROM book), (SELECT count(*) FROM team), "
                "(SELECT count(*) FROM node), "
                "(SELECT count(*) FROM hen), (SELECT count(*) FROM spot), (SELECT word FROM tag)",
                "w|3|1|2|0|0|x");
}

static void every_failing_allocation_is_told_and_undone(void **state)
{
    fixture *f = *state;
    prepare(f);
    int64_t failures = 0;
    for (int64_t n = 0;; n++) {
        wefti_memory_fail_after(n, false);
        weft_status status = change_everything(f);
        bool failed = wefti_memory_fail_after(-1, false);
        if (!failed) {
            assert_call(f->s, status, WEFT_OK);
            break;
        }
        failures++;
        if (status != WEFT_OK && status != WEFT_ERROR_NO_MEMORY)
            fprintf(stderr, "allocation %lld: %s\n", (long long)n, weft_session_error(f->s)->message);
        assert_true(status == WEFT_OK || status == WEFT_ERROR_NO_MEMORY); /* a log record or a cache entry may be done without */
        rollback_ok(f->s);
        check_unchanged(f);
        if (n % 3 == 0)
            assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    }
    assert_true(failures > 20);
    commit_ok(f->s);
    assert_rows(f,
                "SELECT (SELECT name FROM author), (SELECT count(*) FROM book), (SELECT count(*) FROM team), "
                "(SELECT count(*) FROM node), "
                "(SELECT count(*) FROM hen), (SELECT count(*) FROM spot), (SELECT count(*) FROM author_tag)",
                "renamed|3|0|3|1|70|1");
    assert_rows(f, "SELECT name, team_id FROM player", "p|NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_failing_allocation_is_told_and_undone),
    };
    return cmocka_run_group_tests_name("memory of flush", tests, NULL, NULL);
}
