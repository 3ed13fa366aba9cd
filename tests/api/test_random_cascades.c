/* Random work on rows of composite keys that cascade: teams own members, members and badges own what ties them, a row with values
 * and a version of its own. By relationship, by field, by SQL; flushed or not; within savepoints. Plain data says what must be
 * there, as if every step had been flushed at once. WEFT_TEST_SEED repeats a run, WEFT_TEST_RUNS and WEFT_TEST_LONG lengthen it. */
#include "support/fixture.h"

WEFT_DECLARE(Squad);
WEFT_DECLARE(Mate);
WEFT_DECLARE(Badge);
WEFT_DECLARE(Award);
struct Squad {
    int32_t region;
    const char *code;
    const char *name;
    Mate_list mates;
};
struct Mate {
    int64_t id;
    int32_t no;
    weft_opt_int32 region;
    const char *code;
    const Squad *squad;
    Award_list awards;
};
struct Badge {
    int32_t id;
    Award_list awards;
};
struct Award {
    int64_t mate_id;
    int32_t badge_id;
    int32_t note;
    int32_t rev;
    const Mate *mate;
    const Badge *badge;
};
WEFT_MODEL(Squad, "squad", WEFT_COLUMN(Squad, region, .primary_key = true), WEFT_COLUMN(Squad, code, .primary_key = true),
           WEFT_COLUMN(Squad, name),
           WEFT_HAS_MANY(Squad, mates, Mate, .foreign_key = "region, code", .back_populates = "squad",
                         .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN));
WEFT_MODEL(Mate, "mate", WEFT_COLUMN(Mate, id, .primary_key = true), WEFT_COLUMN(Mate, no), WEFT_COLUMN(Mate, region),
           WEFT_COLUMN(Mate, code, .nullable = true), WEFT_FOREIGN_KEY(Mate, "region, code", "squad(region, code)"),
           WEFT_BELONGS_TO(Mate, squad, Squad, .foreign_key = "region, code", .back_populates = "mates"),
           WEFT_HAS_MANY(Mate, awards, Award, .foreign_key = "mate_id", .back_populates = "mate", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Badge, "badge", WEFT_COLUMN(Badge, id, .primary_key = true, .not_generated = true),
           WEFT_HAS_MANY(Badge, awards, Award, .foreign_key = "badge_id", .back_populates = "badge", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Award, "award", WEFT_COLUMN(Award, mate_id, .primary_key = true, .references = "mate.id"),
           WEFT_COLUMN(Award, badge_id, .primary_key = true, .references = "badge.id"), WEFT_COLUMN(Award, note),
           WEFT_COLUMN(Award, rev, .version = true),
           WEFT_BELONGS_TO(Award, mate, Mate, .foreign_key = "mate_id", .back_populates = "awards"),
           WEFT_BELONGS_TO(Award, badge, Badge, .foreign_key = "badge_id", .back_populates = "awards"));
WEFT_METADATA(models, &Squad_model, &Mate_model, &Badge_model, &Award_model);
FIXTURE_MODELS(models);

enum { SQUADS = 4, MATES = 8, BADGES = 3, DEPTH = 4, STEPS = 120, NONE = -1 };

typedef struct plain {
    int squads[SQUADS]; /* its name; NONE: not there */
    int keys[SQUADS];   /* the code changes: "a0", "a1", … */
    struct {
        bool there;
        int squad;
    } mates[MATES];
    bool badges[BADGES];
    int awards[MATES][BADGES]; /* their notes, or NONE */
} plain;

typedef struct world {
    fixture *f;
    weft_session *s;
    plain now, before, saved[DEPTH];
    int64_t ids[MATES]; /* 0: not known */
    const Mate *mates[MATES];
    int depth, step;
    bool named; /* some mate has named its squad by its fields, perhaps not flushed yet */
    uint64_t random, seed;
    char last[12][80];
} world;

static int roll(world *w, int below)
{
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((w->random >> 33) % (uint64_t)below);
}

static void tell(world *w, const char *format, ...) WEFT_PRINTF(2, 3);
static void tell(world *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(w->last[w->step++ % 12], sizeof w->last[0], format, arguments);
    va_end(arguments);
}

static void complain(const world *w, int line)
{
    for (int i = w->step < 12 ? 0 : w->step - 12; i < w->step; i++)
        print_message("  %s\n", w->last[i % 12]);
    fail_msg("line %d, seed %llu, step %d: %s: %s", line, (unsigned long long)w->seed, w->step,
             weft_status_name(weft_session_status(w->s)), weft_session_error(w->s)->message);
}
#define EXPECT(w, condition) ((condition) ? (void)0 : complain((w), __LINE__))
#define CALL(w, call) EXPECT(w, (call) == WEFT_OK)

static const char *code_of(world *w, int squad) { return weft_format(w->s, "a%d", w->now.keys[squad]); }

static const Squad *squad(world *w, int no)
{
    const Squad *found = weft_get(w->s, Squad, weft_key(Squad, .region = no, .code = code_of(w, no)));
    EXPECT(w, found != NULL);
    return found;
}

static const Mate *mate(world *w, int no)
{
    const Mate *found = w->mates[no];
    if (found == NULL || roll(w, 3) == 0)
        found = weft_first(w->s, Mate, .where = weft_eq(Mate, no, no));
    EXPECT(w, found != NULL && found->no == no);
    w->mates[no] = found;
    w->ids[no] = found->id;
    return found;
}

static const Award *award(world *w, int m, int b)
{
    const Mate *of = mate(w, m);
    if (of->id == 0)
        CALL(w, weft_session_flush(w->s));
    const Award *found =
        roll(w, 2) == 0 ? weft_get(w->s, Award, weft_key(Award, .mate_id = of->id, .badge_id = b))
                        : weft_first(w->s, Award, .where = weft_and(weft_eq(Award, mate_id, of->id), weft_eq(Award, badge_id, b)));
    EXPECT(w, found != NULL);
    return found;
}

static int any_squad(world *w)
{
    for (int i = 0, first = roll(w, SQUADS); i < SQUADS; i++)
        if (w->now.squads[(first + i) % SQUADS] != NONE)
            return (first + i) % SQUADS;
    return NONE;
}

static int any_mate(world *w)
{
    for (int i = 0, first = roll(w, MATES); i < MATES; i++)
        if (w->now.mates[(first + i) % MATES].there)
            return (first + i) % MATES;
    return NONE;
}

static void lose_mate(world *w, int no)
{
    w->now.mates[no].there = false;
    w->mates[no] = NULL;
    for (int b = 0; b < BADGES; b++)
        w->now.awards[no][b] = NONE;
}

/* ---- steps ---- */

static void turn_squad(world *w)
{
    int no = roll(w, SQUADS), name = roll(w, 100);
    tell(w, "%s squad %d", w->now.squads[no] == NONE ? "make" : "delete", no);
    if (w->now.squads[no] == NONE) {
        (void)weft_new(w->s, Squad, .region = no, .code = code_of(w, no), .name = weft_format(w->s, "n%d", name));
        w->now.squads[no] = name;
        if (roll(w, 2) == 0)
            CALL(w, weft_session_flush(w->s));
        return;
    }
    if (w->named) /* who names a key by fields alone names a new one that takes the row over in the same flush */
        CALL(w, weft_session_flush(w->s));
    w->named = false;
    weft_delete(w->s, Squad, squad(w, no));
    w->now.squads[no] = NONE;
    for (int i = 0; i < MATES; i++)
        if (w->now.mates[i].there && w->now.mates[i].squad == no)
            lose_mate(w, i);
    if (roll(w, 2) == 0) /* a new one takes its row over where this is not flushed */
        CALL(w, weft_session_flush(w->s));
}

static void rename_squad(world *w)
{
    int no = any_squad(w), name = roll(w, 100);
    bool key = true;
    for (int i = 0; i < MATES; i++)
        key = key && !(w->now.mates[i].there && w->now.mates[i].squad == no);
    if (no == NONE)
        return;
    CALL(w, weft_session_flush(w->s));
    const Squad *found = squad(w, no);
    key = key && roll(w, 2) == 0;
    tell(w, "squad %d gets another name%s", no, key ? " and key" : "");
    Squad *edited = weft_edit(w->s, Squad, found);
    edited->name = weft_format(w->s, "n%d", name);
    w->now.squads[no] = name;
    if (!key)
        return;
    w->now.keys[no]++;
    edited->code = code_of(w, no);
    CALL(w, weft_session_flush(w->s));
}

static void make_mate(world *w)
{
    int no = roll(w, MATES), of = roll(w, 4) > 0 ? any_squad(w) : NONE, way = roll(w, 3);
    if (w->now.mates[no].there)
        return;
    tell(w, "make mate %d of squad %d, way %d", no, of, way);
    const Squad *owner = of != NONE ? squad(w, of) : NULL;
    Mate *made = NULL;
    if (owner == NULL)
        made = weft_new(w->s, Mate, .no = no);
    else if (way == 0)
        made = weft_new(w->s, Mate, .no = no, .squad = owner);
    else if (way == 1)
        made = weft_new(w->s, Mate, .no = no, .region = weft_some(of), .code = code_of(w, of));
    else {
        made = weft_new(w->s, Mate, .no = no);
        weft_append(w->s, Squad, owner, mates, Mate, made);
    }
    w->mates[no] = made;
    w->named = w->named || way == 1;
    w->now.mates[no].there = true;
    w->now.mates[no].squad = of;
    if (way == 1 && roll(w, 2) == 0)
        CALL(w, weft_session_flush(w->s));
}

static void move_mate(world *w)
{
    int no = any_mate(w), to = any_squad(w), way = roll(w, 4);
    if (no == NONE)
        return;
    CALL(w, weft_session_flush(w->s));
    int from = w->now.mates[no].squad;
    const Mate *m = mate(w, no);
    tell(w, "mate %d from squad %d to %d, way %d", no, from, to, way);
    if (way == 0 && from != NONE) { /* an orphan goes */
        weft_remove(w->s, Squad, squad(w, from), mates, Mate, m);
        lose_mate(w, no);
        return;
    }
    if (to == NONE)
        return;
    if (way == 1)
        weft_append(w->s, Squad, squad(w, to), mates, Mate, m);
    else if (way == 2)
        weft_assign(w->s, Mate, m, squad, Squad, squad(w, to));
    else {
        Mate *edited = weft_edit(w->s, Mate, m);
        edited->region = (weft_opt_int32)weft_some(to);
        edited->code = code_of(w, to);
        w->named = true;
    }
    w->now.mates[no].squad = to;
}

static void drop_mate(world *w)
{
    int no = any_mate(w);
    if (no == NONE)
        return;
    tell(w, "delete mate %d", no);
    weft_delete(w->s, Mate, mate(w, no));
    lose_mate(w, no);
}

static void turn_badge(world *w)
{
    int b = roll(w, BADGES);
    tell(w, "%s badge %d", w->now.badges[b] ? "delete" : "make", b);
    if (w->now.badges[b])
        weft_delete(w->s, Badge, weft_get(w->s, Badge, b));
    else
        (void)weft_new(w->s, Badge, .id = b);
    w->now.badges[b] = !w->now.badges[b];
    for (int i = 0; i < MATES; i++)
        w->now.awards[i][b] = NONE;
    if (roll(w, 2) == 0 || !w->now.badges[b])
        CALL(w, weft_session_flush(w->s));
}

static void turn_award(world *w)
{
    int m = any_mate(w), b = roll(w, BADGES), note = roll(w, 1000), way = roll(w, 4);
    if (m == NONE || !w->now.badges[b])
        return;
    tell(w, "award of mate %d, badge %d, way %d (was %d)", m, b, way, w->now.awards[m][b]);
    if (w->now.awards[m][b] != NONE && way < 2) {
        weft_edit(w->s, Award, award(w, m, b))->note = note;
        w->now.awards[m][b] = note;
        return;
    }
    if (w->now.awards[m][b] != NONE) {
        weft_delete(w->s, Award, award(w, m, b));
        w->now.awards[m][b] = NONE;
        if (way == 2)
            return;
    }
    const Mate *of = mate(w, m);
    const Badge *badge = weft_get(w->s, Badge, b);
    EXPECT(w, badge != NULL || way == 3);
    if (badge == NULL || way == 3 || of->id != 0) {
        CALL(w, of->id != 0 ? WEFT_OK : weft_session_flush(w->s));
        (void)weft_new(w->s, Award, .mate_id = of->id, .badge_id = b, .note = note);
    } else {
        (void)weft_new(w->s, Award, .mate = of, .badge = badge, .note = note);
    }
    w->now.awards[m][b] = note;
}

static void change_by_sql(world *w)
{
    int b = roll(w, BADGES), way = roll(w, 3);
    int64_t changed = 0, wanted = 0;
    tell(w, "awards of badge %d by SQL, way %d", b, way);
    if (way == 0)
        CALL(w, weft_session_execute_text(w->s, "UPDATE award SET note = note + 1 WHERE badge_id = $1",
                                          weft_parameters(weft_value_int64(b))));
    else if (way == 1)
        CALL(w, weft_session_update(w->s,
                                    weft_update_of(Award, .set = weft_sets(weft_to(Award, note, 5)),
                                                   .where = weft_eq(Award, badge_id, b)),
                                    &changed));
    else
        CALL(w, weft_session_delete_where(w->s, weft_delete_from(Award, .where = weft_eq(Award, badge_id, b)), &changed));
    for (int i = 0; i < MATES; i++)
        if (w->now.awards[i][b] != NONE) {
            wanted++;
            w->now.awards[i][b] = way == 0 ? w->now.awards[i][b] + 1 : way == 1 ? 5 : NONE;
        }
    EXPECT(w, way == 0 || changed == wanted);
}

static void read_again(world *w)
{
    int no = any_mate(w), b = roll(w, BADGES);
    if (no == NONE)
        return;
    CALL(w, weft_session_flush(w->s));
    tell(w, "refresh mate %d, lose its award of badge %d", no, b);
    const Mate *m = mate(w, no);
    const Award *lost = w->now.awards[no][b] != NONE ? award(w, no, b) : NULL;
    CALL(w, weft_refresh(w->s, Mate, m));
    if (lost == NULL)
        return;
    CALL(w, weft_session_execute_text(w->s, "DELETE FROM award WHERE mate_id = $1 AND badge_id = $2",
                                      weft_parameters(weft_value_int64(m->id), weft_value_int64(b))));
    EXPECT(w, weft_refresh(w->s, Award, lost) == WEFT_ERROR_NOT_FOUND);
    w->now.awards[no][b] = NONE;
}

/* ---- what must be there ---- */

static void check_mate(world *w, const Mate *m)
{
    int of = w->now.mates[m->no].squad, awards = 0;
    EXPECT(w, w->now.mates[m->no].there && m->region.set == (of != NONE) && (of == NONE || m->region.value == of));
    EXPECT(w, of == NONE ? m->code == NULL || m->region.set == false : strcmp(m->code, code_of(w, of)) == 0);
    const Squad *owner = weft_lazy(w->s, Mate, m, squad);
    EXPECT(w, (owner != NULL ? owner->region : NONE) == of);
    weft_each (Award, a, weft_lazy(w->s, Mate, m, awards)) {
        EXPECT(w, a->note == w->now.awards[m->no][a->badge_id]);
        awards++;
    }
    for (int b = 0; b < BADGES; b++)
        awards -= w->now.awards[m->no][b] != NONE;
    EXPECT(w, awards == 0);
}

static void look(world *w)
{
    int squads = 0, mates = 0;
    tell(w, "look");
    CALL(w, weft_session_flush(w->s));
    int how = roll(w, 3);
    const weft_loader *const loads[] = {weft_selectin(Squad, mates), weft_joined(Squad, mates), weft_lazily(Squad, mates)};
    weft_each (Squad, q, weft_query(w->s, Squad, .load = weft_load(loads[how]))) {
        int count = 0;
        EXPECT(w, w->now.squads[q->region] == strtol(q->name + 1, NULL, 10) && strcmp(q->code, code_of(w, q->region)) == 0);
        weft_each (Mate, m, weft_lazy(w->s, Squad, q, mates)) {
            EXPECT(w, w->now.mates[m->no].there);
            EXPECT(w, w->now.mates[m->no].squad == q->region);
            EXPECT(w, weft_lazy(w->s, Mate, m, squad) == q);
            count++;
        }
        for (int i = 0; i < MATES; i++)
            count -= w->now.mates[i].there && w->now.mates[i].squad == q->region;
        EXPECT(w, count == 0);
        squads++;
    }
    weft_each (Mate, m, weft_query(w->s, Mate)) {
        check_mate(w, m);
        mates++;
    }
    for (int i = 0; i < SQUADS; i++)
        squads -= w->now.squads[i] != NONE;
    for (int i = 0; i < MATES; i++)
        mates -= w->now.mates[i].there;
    EXPECT(w, squads == 0 && mates == 0);
    for (int b = 0; b < BADGES; b++) {
        const Badge *badge = weft_get(w->s, Badge, b);
        EXPECT(w, (badge != NULL) == w->now.badges[b]);
        int count = badge != NULL ? (int)weft_lazy(w->s, Badge, badge, awards).count : 0;
        for (int i = 0; i < MATES; i++)
            count -= w->now.awards[i][b] != NONE;
        EXPECT(w, count == 0);
    }
}

static void compare_rows(world *w)
{
    char wanted[MATES * BADGES * 24] = "";
    for (int m = 0; m < MATES; m++)
        for (int b = 0; b < BADGES; b++)
            if (w->now.mates[m].there && w->now.awards[m][b] != NONE)
                (void)snprintf(wanted + strlen(wanted), 24, "%s%d|%d|%d", wanted[0] == '\0' ? "" : "\n", m, b, w->now.awards[m][b]);
    char *found = test_database_rows(&w->f->database,
                                     "SELECT m.no, a.badge_id, a.note FROM award a JOIN mate m ON m.id = a.mate_id ORDER BY 1, 2");
    if (strcmp(found, wanted) != 0) {
        print_message("found:\n%s\nwanted:\n%s\n", found, wanted);
        complain(w, __LINE__);
    }
    free(found);
    wanted[0] = '\0';
    for (int m = 0; m < MATES; m++)
        if (w->now.mates[m].there && w->now.mates[m].squad != NONE)
            (void)snprintf(wanted + strlen(wanted), 24, "%s%d|%d", wanted[0] == '\0' ? "" : "\n", m, w->now.mates[m].squad);
    found =
        test_database_rows(&w->f->database,
                           "SELECT m.no, s.region FROM mate m JOIN squad s ON s.region = m.region AND s.code = m.code ORDER BY 1");
    EXPECT(w, strcmp(found, wanted) == 0);
    free(found);
}

/* ---- time ---- */

static void forget(world *w)
{
    memset(w->ids, 0, sizeof w->ids);
    memset(w->mates, 0, sizeof w->mates);
}

static void end_transaction(world *w, bool undo)
{
    tell(w, undo ? "rollback" : "commit");
    CALL(w, undo ? weft_session_rollback(w->s) : weft_session_commit(w->s));
    if (roll(w, 3) == 0)
        CALL(w, weft_session_clear(w->s));
    w->depth = 0;
    if (undo)
        w->now = w->before;
    w->before = w->now;
    forget(w);
    compare_rows(w);
}

static void move_in_time(world *w)
{
    int what = roll(w, 6);
    if (what < 2) {
        end_transaction(w, what == 0);
    } else if (what < 4 && w->depth < DEPTH) {
        tell(w, "savepoint");
        CALL(w, weft_session_savepoint(w->s));
        w->saved[w->depth++] = w->now;
    } else if (w->depth > 0) {
        tell(w, what == 4 ? "release" : "rollback to");
        CALL(w, what == 4 ? weft_session_savepoint_release(w->s) : weft_session_savepoint_rollback(w->s));
        w->depth--;
        if (what != 4) {
            w->now = w->saved[w->depth];
            forget(w);
        }
    }
}

static void run(fixture *f, uint64_t seed)
{
    static void (*const steps[])(world *) = {turn_squad, turn_squad, rename_squad, make_mate,     make_mate,
                                             make_mate,  move_mate,  move_mate,    drop_mate,     turn_badge,
                                             turn_award, turn_award, turn_award,   change_by_sql, read_again,
                                             look,       look,       move_in_time, move_in_time,  move_in_time};
    world w = {.f = f, .s = weft_session_open(f->engine, NULL), .random = seed, .seed = seed};
    for (int i = 0; i < SQUADS; i++)
        w.now.squads[i] = NONE;
    memset(w.now.awards, 0xFF, sizeof w.now.awards);
    w.before = w.now;
    for (int i = 0; i < STEPS; i++) {
        steps[roll(&w, sizeof steps / sizeof steps[0])](&w);
        EXPECT(&w, weft_session_status(w.s) == WEFT_OK);
    }
    look(&w);
    end_transaction(&w, false);
    weft_session_close(w.s);
    test_database_exec(&f->database, "DELETE FROM award; DELETE FROM mate; DELETE FROM squad; DELETE FROM badge");
}

static void what_cascades_is_what_plain_data_says(void **state)
{
    uint64_t first = test_seed(1), runs = test_runs(getenv("WEFT_TEST_LONG") != NULL ? 1000 : 30);
    for (uint64_t seed = first; seed < first + runs; seed++)
        run(*state, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(what_cascades_is_what_plain_data_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
