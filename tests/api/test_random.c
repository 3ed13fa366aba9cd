/* Random sequences of what a program does with a session, beside a plain array that says what must come out: objects are made,
 * edited,
 * linked and deleted, with flushes, commits, rollbacks, savepoints and clears in between. The seed of a run that fails is printed;
 * WEFT_TEST_SEED runs that one, and WEFT_TEST_RUNS says how many. */
#include "support/fixture.h"

WEFT_DECLARE(Knot);
WEFT_DECLARE(Thread);
struct Knot {
    int64_t id;
    int32_t number;
    const char *name;
    weft_opt_int32 rank;
    weft_opt_int64 parent_id;
    const Knot *parent;
    Knot_list children;
    Thread_list threads;
};
struct Thread {
    int64_t id;
    int32_t number;
    Knot_list knots;
};
WEFT_MODEL(Knot, "knot", WEFT_COLUMN(Knot, id, .primary_key = true), WEFT_COLUMN(Knot, number, .unique = true),
           WEFT_COLUMN(Knot, name), WEFT_COLUMN(Knot, rank), WEFT_COLUMN(Knot, parent_id, .references = "knot.id"),
           WEFT_BELONGS_TO(Knot, parent, Knot, .foreign_key = "parent_id", .back_populates = "children"),
           WEFT_HAS_MANY(Knot, children, Knot, .foreign_key = "parent_id", .back_populates = "parent", .order_by = "number"),
           WEFT_MANY_TO_MANY(Knot, threads, Thread, .through = "knot_thread(knot_id; thread_id)", .back_populates = "knots",
                             .order_by = "number"));
WEFT_MODEL(Thread, "thread", WEFT_COLUMN(Thread, id, .primary_key = true), WEFT_COLUMN(Thread, number, .unique = true),
           WEFT_MANY_TO_MANY(Thread, knots, Knot, .through = "knot_thread(thread_id; knot_id)", .back_populates = "threads",
                             .order_by = "number"));
WEFT_METADATA(models, &Knot_model);
FIXTURE_MODELS(models);

enum { KNOTS = 24, THREADS = 5, DEPTH = 6, STEPS = 400, RUNS = 40, FIRST_SEED = 1190 };

/* What must be there. */
typedef struct world {
    struct {
        bool alive;
        int name, rank, parent;
        bool threads[THREADS];
    } knots[KNOTS]; /* rank, parent: -1 is NULL */
} world;

typedef struct run {
    fixture *f;
    weft_session *s;
    uint64_t random;
    world now, marks[DEPTH + 1]; /* marks[0]: at the last commit */
    int depth;
    bool has_deleted; /* since the last flush that this program asked for */
} run;

static int pick(run *r, int below)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return (int)(r->random % (uint64_t)below);
}

static const Knot *knot(run *r, int number) { return weft_first(r->s, Knot, .where = weft_eq(Knot, number, number)); }

static int pick_alive(run *r)
{
    int first = pick(r, KNOTS);
    for (int i = 0; i < KNOTS; i++)
        if (r->now.knots[(first + i) % KNOTS].alive)
            return (first + i) % KNOTS;
    return -1;
}

static void make_one(run *r, int number)
{
    int name = pick(r, 100), parent = pick(r, 2) == 0 ? pick_alive(r) : -1;
    const Knot *above = parent >= 0 ? knot(r, parent) : NULL;
    if (r->now.knots[number].alive)
        return;
    if (r->has_deleted) /* a unique value is free after the flush that deletes */
        assert_int_equal(weft_session_flush(r->s), WEFT_OK);
    r->has_deleted = false;
    weft_new(r->s, Knot, .number = number, .name = weft_format(r->s, "n%d", name), .parent = above);
    r->now.knots[number].alive = true;
    r->now.knots[number].name = name;
    r->now.knots[number].rank = -1;
    r->now.knots[number].parent = parent;
    memset(r->now.knots[number].threads, 0, sizeof r->now.knots[number].threads);
}

static void edit_one(run *r, int number)
{
    Knot *edit = weft_edit(r->s, Knot, knot(r, number));
    r->now.knots[number].name = pick(r, 100);
    r->now.knots[number].rank = pick(r, 3) - 1;
    edit->name = weft_format(r->s, "n%d", r->now.knots[number].name);
    edit->rank = (weft_opt_int32){r->now.knots[number].rank >= 0, r->now.knots[number].rank};
}

static void link_one(run *r, int number)
{
    int parent = pick(r, 4) == 0 ? -1 : pick_alive(r);
    const Knot *below = knot(r, number), *above = parent >= 0 ? knot(r, parent) : NULL;
    if (above != NULL && pick(r, 2) == 0)
        weft_append(r->s, Knot, above, children, Knot, below);
    else
        weft_assign(r->s, Knot, below, parent, Knot, above);
    r->now.knots[number].parent = parent;
}

static void tie_one(run *r, int number)
{
    int t = pick(r, THREADS);
    const Knot *k = knot(r, number);
    const Thread *thread = weft_first(r->s, Thread, .where = weft_eq(Thread, number, t));
    bool *tied = &r->now.knots[number].threads[t];
    if (pick(r, 2) == 0)
        (void)weft_lazy(r->s, Knot, k, threads);
    if (*tied)
        weft_remove(r->s, Thread, thread, knots, Knot, k);
    else
        weft_append(r->s, Knot, k, threads, Thread, thread);
    *tied = !*tied;
}

static void delete_one(run *r, int number)
{
    weft_delete(r->s, Knot, knot(r, number));
    r->now.knots[number].alive = false;
    r->has_deleted = true;
    for (int i = 0; i < KNOTS; i++)
        if (r->now.knots[i].parent == number)
            r->now.knots[i].parent = -1;
}

static void check_knot(run *r, const Knot *k)
{
    const int n = k->number;
    assert_true(r->now.knots[n].alive);
    assert_string_equal(k->name, weft_format(r->s, "n%d", r->now.knots[n].name));
    assert_int_equal(k->rank.set ? k->rank.value : -1, r->now.knots[n].rank);
    assert_int_equal(k->parent != NULL ? k->parent->number : -1, r->now.knots[n].parent);
    int children = 0, threads = 0;
    for (int i = 0; i < KNOTS; i++)
        children += r->now.knots[i].alive && r->now.knots[i].parent == n;
    for (int t = 0; t < THREADS; t++)
        threads += r->now.knots[n].threads[t];
    assert_int_equal(k->children.count, children);
    assert_int_equal(k->threads.count, threads);
    weft_each (Knot, child, k->children)
        assert_int_equal(r->now.knots[child->number].parent, n);
    weft_each (Thread, thread, k->threads)
        assert_true(r->now.knots[n].threads[thread->number]);
}

static void check_all(run *r)
{
    const weft_loader *const how[] = {weft_joined(Knot, children), weft_selectin(Knot, children), weft_subquery(Knot, children)};
    const weft_loader *const ties[] = {weft_joined(Knot, threads), weft_selectin(Knot, threads), weft_subquery(Knot, threads)};
    int first = pick(r, 3), second = pick(r, 3);
    Knot_list all = weft_query(r->s, Knot, .load = weft_load(how[first], ties[second], weft_selectin(Knot, parent)));
    assert_ok(r->s);
    size_t alive = 0;
    for (int i = 0; i < KNOTS; i++)
        alive += r->now.knots[i].alive;
    assert_int_equal(all.count, alive);
    weft_each (Knot, k, all)
        check_knot(r, k);
}

static void end_something(run *r)
{
    switch (pick(r, 6)) {
    case 0:
        commit_ok(r->s);
        r->depth = 0;
        r->marks[0] = r->now;
        break;
    case 1:
        assert_int_equal(weft_session_rollback(r->s), WEFT_OK);
        r->depth = 0;
        r->now = r->marks[0];
        break;
    case 2:
        if (r->depth < DEPTH) {
            assert_int_equal(weft_session_savepoint(r->s), WEFT_OK);
            r->marks[++r->depth] = r->now;
        }
        break;
    case 3:
        if (r->depth > 0) {
            assert_int_equal(weft_session_savepoint_release(r->s), WEFT_OK);
            r->depth--;
        }
        break;
    case 4:
        if (r->depth > 0) {
            assert_int_equal(weft_session_savepoint_rollback(r->s), WEFT_OK);
            r->now = r->marks[r->depth--];
        }
        break;
    default:
        weft_session_clear(r->s);
        r->depth = 0;
        r->now = r->marks[0];
    }
    assert_ok(r->s);
}

static void take_step(run *r)
{
    int number = pick_alive(r), what = pick(r, 20);
    if (what < 5 || number < 0)
        make_one(r, pick(r, KNOTS));
    else if (what < 8)
        edit_one(r, number);
    else if (what < 11)
        link_one(r, number);
    else if (what < 14)
        tie_one(r, number);
    else if (what < 15)
        delete_one(r, number);
    else if (what < 16)
        assert_int_equal(weft_session_flush(r->s), WEFT_OK);
    else if (what < 18)
        check_all(r);
    else
        end_something(r);
    assert_ok(r->s);
}

static void run_one(fixture *f, uint64_t seed)
{
    run *r = calloc(1, sizeof *r);
    r->f = f;
    r->s = f->s;
    r->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    for (int i = 0; i < KNOTS; i++)
        r->now.knots[i].parent = r->now.knots[i].rank = -1;
    weft_session_clear(f->s);
    test_database_exec(&f->database, "DELETE FROM knot_thread");
    test_database_exec(&f->database, "UPDATE knot SET parent_id = NULL");
    test_database_exec(&f->database, "DELETE FROM knot");
    r->marks[0] = r->now;
    for (int step = 0; step < STEPS; step++)
        take_step(r);
    check_all(r);
    commit_ok(r->s);
    weft_session_clear(r->s);
    check_all(r);
    free(r);
}

static uint64_t running_seed;

/* The seed matters only where a run fails. */
static int tell_seed(void **state)
{
    if (running_seed != 0)
        print_message("the last seed was %llu\n", (unsigned long long)running_seed);
    return fixture_close(state);
}

static void random_changes_give_what_plain_data_says(void **state)
{
    fixture *f = *state;
    uint64_t first = test_seed(FIRST_SEED), runs = test_runs(RUNS);
    for (int i = 0; i < THREADS; i++)
        weft_new(f->s, Thread, .number = i);
    commit_ok(f->s);
    for (uint64_t seed = first; seed < first + runs; seed++) {
        running_seed = seed;
        run_one(f, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"random_changes_give_what_plain_data_says (SQLite)", random_changes_give_what_plain_data_says, open_sqlite, tell_seed,
         NULL},
        {"random_changes_give_what_plain_data_says (PostgreSQL)", random_changes_give_what_plain_data_says, open_postgres,
         tell_seed, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
