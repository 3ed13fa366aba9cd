/* Random work on parents and children whose keys are of every kind, against a plain model: collections loaded and not, foreign keys
 * written and relationships assigned, savepoints at every level, SQL beside objects. What memory shows, what the rows are and what
 * the model says must be one, on both databases. */
#include "fixtures/kinds.h"

FIXTURE_MODELS(kinds);

enum { PARENTS = 3, CHILDREN = 6, STEPS = 120, LEVELS = 3, NOBODY = -1 };

typedef struct world {
    int owner[CHILDREN + 1];
} world; /* of each child, NOBODY: no such row; children count from 1 */

static uint32_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

typedef struct run {
    fixture *f;
    const kind *k;
    world now, committed, saved[LEVELS];
    int level;
    uint64_t random, seed;
    int step;
} run;

static void complain(const run *r, const char *what)
{
    fail_msg("%s, seed %u, step %d: %s (%s)", r->k->name, (unsigned)r->seed, r->step, what, weft_session_error(r->f->s)->message);
}

static int random_child(run *r, bool there)
{
    int start = (int)(next(&r->random) % CHILDREN);
    for (int i = 0; i < CHILDREN; i++) {
        int id = (start + i) % CHILDREN + 1;
        if ((r->now.owner[id] != NOBODY) == there)
            return id;
    }
    return 0;
}

static void change_something(run *r)
{
    weft_session *s = r->f->s;
    const int parent = (int)(next(&r->random) % PARENTS);
    const uint32_t what = next(&r->random) % 8;
    const int id = random_child(r, what != 0);
    const void *child = id == 0 || what == 0 ? NULL : kind_child(s, r->k, id);
    if (id == 0)
        return;
    if (what != 0 && child == NULL)
        complain(r, "a child is not found");
    char sql[200];
    switch (what) {
    case 0: kind_new_child(s, r->k, id, parent); break;
    case 1: (void)weft_session_delete(s, r->k->child, child); break;
    case 2:
    case 3: r->k->set_reference(weft_session_edit(s, r->k->child, child), parent); break;
    case 4:
    case 5: (void)weft_session_link(s, r->k->child, child, r->k->owner, kind_parent(s, r->k, parent), 0); break;
    case 6: (void)weft_session_link(s, r->k->parent, kind_parent(s, r->k, parent), r->k->children, child, 1); break;
    default: /* SQL beside objects */
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE id = %d", r->k->child->table, id);
        (void)weft_session_execute_text(s, sql, NULL);
    }
    r->now.owner[id] = what == 1 || what == 7 ? NOBODY : parent;
    (void)weft_session_flush(s); /* a reference and a relationship that differ within one flush are refused */
}

static void move_in_time(run *r)
{
    weft_session *s = r->f->s;
    switch (next(&r->random) % 6) {
    case 0:
        if (r->level == LEVELS)
            return;
        (void)weft_session_savepoint(s);
        r->saved[r->level++] = r->now;
        return;
    case 1:
        if (r->level == 0)
            return;
        (void)weft_session_savepoint_rollback(s);
        r->now = r->saved[--r->level];
        return;
    case 2:
        if (r->level == 0)
            return;
        (void)weft_session_savepoint_release(s);
        r->level--;
        return;
    case 3:
        (void)weft_session_commit(s);
        r->committed = r->now;
        r->level = 0;
        return;
    case 4:
        (void)weft_session_rollback(s);
        r->now = r->committed;
        r->level = 0;
        return;
    default: (void)weft_session_flush(s);
    }
}

static void look(run *r)
{
    weft_session *s = r->f->s;
    const uint32_t how = next(&r->random);
    for (int p = 0; p < PARENTS; p++) {
        const void *parent = kind_parent(s, r->k, p);
        size_t wanted = 0, belong = 0;
        if (parent == NULL)
            complain(r, "a parent is not found");
        if (!weft_session_loaded(s, r->k->parent, parent, r->k->children) && (how >> p) % 2 == 0)
            continue; /* stays unloaded */
        parent = weft_session_lazy(s, r->k->parent, parent, r->k->children, NULL, 0);
        const weft_list list = kind_children(r->k, parent);
        for (int id = 1; id <= CHILDREN; id++)
            wanted += r->now.owner[id] == p;
        for (size_t i = 0; i < list.count; i++)
            belong += r->now.owner[((const child_head *const *)list.items)[i]->id] == p;
        if (list.count != wanted || belong != wanted)
            complain(r, "a collection is not what it should be");
    }
    for (int id = 1; id <= CHILDREN; id++) {
        const void *child = kind_child(s, r->k, id);
        if ((child == NULL) != (r->now.owner[id] == NOBODY))
            complain(r, "a child is there or not");
        if (child != NULL && weft_session_loaded(s, r->k->child, child, r->k->owner) &&
            kind_owner(r->k, child) != kind_parent(s, r->k, r->now.owner[id]))
            complain(r, "a child leads to another parent");
    }
}

static void run_one(fixture *f, const kind *k, uint64_t seed)
{
    run r = {.f = f, .k = k, .random = seed, .seed = seed};
    char sql[200];
    for (int id = 0; id <= CHILDREN; id++)
        r.now.owner[id] = NOBODY;
    for (int i = 0; i < PARENTS && seed == 1; i++)
        kind_new_parent(f->s, k, i);
    snprintf(sql, sizeof sql, "DELETE FROM %s", k->child->table);
    assert_call(f->s, weft_session_execute_text(f->s, sql, NULL), WEFT_OK);
    commit_ok(f->s);
    r.committed = r.now;
    for (r.step = 0; r.step < STEPS; r.step++) {
        if (next(&r.random) % 3 == 0)
            move_in_time(&r);
        else
            change_something(&r);
        if (weft_session_status(f->s) != WEFT_OK)
            complain(&r, "the session failed");
        look(&r);
        if (next(&r.random) % 40 == 0) { /* begins anew, with nothing loaded */
            commit_ok(f->s);
            r.committed = r.now;
            r.level = 0;
            assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
        }
    }
    commit_ok(f->s);
    int64_t rows = 0;
    for (int id = 1; id <= CHILDREN; id++)
        rows += r.now.owner[id] != NOBODY;
    snprintf(sql, sizeof sql, "SELECT count(id) FROM %s", k->child->table);
    assert_int_equal(test_database_integer(&f->database, sql), rows);
    assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    look(&r); /* read anew, the rows say the same */
}

static void random_work_on_keys_of_every_kind_is_as_the_model_says(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < kind_count; i++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            run_one(f, &all_kinds[i], seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(random_work_on_keys_of_every_kind_is_as_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
