/* One statement of constant data, run by many threads at once on a shared engine and on engines that come and go, gives each thread
 * what its own parameters ask for.
 *
 * The shared database has rows that say their owner and their number. Each thread runs the same statements with parameters of its
 * own (some of them NULL, which makes another text), on the shared engine, whose cache is cleared again and again, and on an engine
 * of its own with other rows, which it closes and opens anew. Every row that comes must be one that was asked for, and none may
 * lack.
 *
 *   stress_statements [--database URL] [--threads N] [--seconds N] [--seed N]
 */
#include <weft/weft.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "database.h"
#include "measure.h"

enum { OWNERS = 16, NUMBERS = 8 };

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    weft_opt_int64 owner;
    int64_t number;
    const char *name;
};
WEFT_MODEL(Thing, "stress_thing", WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Thing, owner),
           WEFT_COLUMN(Thing, number), WEFT_COLUMN(Thing, name));
static WEFT_METADATA(stress_models, &Thing_model);

typedef struct Found {
    int64_t number;
    const char *name;
} Found;
WEFT_ROW(Found, WEFT_FIELD(Found, number), WEFT_FIELD(Found, name));
typedef struct Ask {
    weft_opt_int64 owner;
    int64_t from;
    weft_opt_int64 rows;
    const char *suffix;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, owner), WEFT_FIELD(Ask, from), WEFT_FIELD(Ask, rows), WEFT_FIELD(Ask, suffix));
WEFT_PARAMETERS(Ask);
WEFT_CTE_AS(Own, Found,
            .query = weft_select(.from = weft_from(Thing),
                                 .columns = weft_columns(weft_col(Thing, number),
                                                         weft_op(weft_col(Thing, name), "||", weft_param(Ask, suffix))),
                                 .where = weft_eq_col(Thing, owner, Ask, owner)));
WEFT_STATEMENT(own_things, Found, Ask, .from = weft_from(Own), .where = weft_ge_col(Own, number, Ask, from),
               .order_by = weft_order(weft_asc(Own, number)), .limit_to = weft_param(Ask, rows));
WEFT_STATEMENT(plain_things, Found, Ask, .from = weft_from(Thing),
               .columns = weft_columns(weft_col(Thing, number), weft_col(Thing, name)),
               .where = weft_and(weft_eq_col(Thing, owner, Ask, owner), weft_ge_col(Thing, number, Ask, from)),
               .order_by = weft_order(weft_asc(Thing, number)));

typedef struct worker {
    uint64_t random, runs, opened;
} worker;

static weft_engine *engine;

/* Owner 0 is NULL. */
static bool fill(weft_session *s, const char *prefix)
{
    char name[64];
    for (int64_t owner = 0; owner < OWNERS; owner++)
        for (int64_t number = 1; number <= NUMBERS; number++) {
            (void)snprintf(name, sizeof name, "%s%" PRId64 ".%" PRId64, prefix, owner, number);
            (void)weft_new(s, Thing, .id = owner * NUMBERS + number, .owner = {owner != 0, owner}, .number = number, .name = name);
            if (weft_session_flush(s) != WEFT_OK)
                return false;
        }
    return true;
}

static void check(weft_session *s, worker *w, const char *prefix)
{
    char suffix[32], expected[128];
    const int64_t owner = stress_pick(&w->random, OWNERS) - 1, from = stress_pick(&w->random, NUMBERS + 1);
    const int64_t most = stress_pick(&w->random, NUMBERS);
    const bool limited = stress_random(&w->random) % 3 != 0, plain = stress_random(&w->random) % 4 == 0;
    (void)snprintf(suffix, sizeof suffix, "-%" PRIu64, stress_random(&w->random));
    const Ask ask = {.owner = {owner != 0, owner}, .from = from, .rows = {limited, most}, .suffix = suffix};
    const weft_list list = weft_session_run(s, plain ? &plain_things_statement : &own_things_statement, &ask);
    const Found_list found = Found_list_of(list);
    size_t count = (size_t)(NUMBERS + 1 - from);
    if (limited && !plain && count > (size_t)most)
        count = (size_t)most;
    if (weft_session_status(s) != WEFT_OK) {
        stress_broken("a run failed: %s", weft_session_error(s)->message);
        return;
    }
    if (found.count != count)
        stress_broken("%zu rows instead of %zu", found.count, count);
    for (size_t i = 0; i < found.count; i++) {
        (void)snprintf(expected, sizeof expected, "%s%" PRId64 ".%" PRId64 "%s", prefix, owner, from + (int64_t)i,
                       plain ? "" : suffix);
        if (found.items[i]->number != from + (int64_t)i || strcmp(found.items[i]->name, expected) != 0)
            stress_broken("%" PRId64 " \"%s\" instead of \"%s\"", found.items[i]->number, found.items[i]->name, expected);
    }
    (void)weft_session_commit(s);
    w->runs++;
}

static weft_engine *open_own(worker *w, weft_session **session)
{
    weft_engine *own = NULL;
    weft_error error;
    if (weft_engine_open(&own, "sqlite://", &(weft_engine_options){.metadata = &stress_models, .pool = {.size = 1}}, &error) !=
            WEFT_OK ||
        weft_create_all(own, &error) != WEFT_OK) {
        stress_broken("an engine of a thread's own: %s", error.message);
        return NULL;
    }
    *session = weft_session_open(own, NULL);
    if (!fill(*session, "own ") || weft_session_commit(*session) != WEFT_OK)
        stress_broken("rows of a thread's own: %s", weft_session_error(*session)->message);
    w->opened++;
    return own;
}

static void *work(void *context)
{
    worker *w = context;
    weft_session *shared = weft_session_open(engine, NULL), *session = NULL;
    weft_engine *own = NULL;
    while (!atomic_load(&stress_stop)) {
        if (own == NULL && (own = open_own(w, &session)) == NULL)
            break;
        for (int i = 0; i < 50 && !atomic_load(&stress_stop); i++) {
            check(shared, w, "");
            check(session, w, "own ");
        }
        if (stress_random(&w->random) % 4 == 0)
            weft_engine_clear_cache(engine);
        if (stress_random(&w->random) % 2 == 0) {
            weft_session_close(session);
            weft_engine_close(own);
            own = NULL;
        }
    }
    if (own != NULL) {
        weft_session_close(session);
        weft_engine_close(own);
    }
    weft_session_close(shared);
    return NULL;
}

int main(int count, char **arguments)
{
    stress_options options = {.threads = 4, .seconds = 5};
    if (!stress_database_start(&engine, &options, count, arguments, &stress_models))
        return 2;
    weft_session *s = weft_session_open(engine, NULL);
    if (!fill(s, "") || !stress_database_commit(s))
        return 2;
    static worker workers[STRESS_MOST_THREADS];
    for (int i = 0; i < options.threads; i++)
        workers[i].random = options.seed + (uint64_t)i * 1000003;
    stress_run(&options, work, workers, sizeof workers[0]);
    uint64_t runs = 0, opened = 0;
    for (int i = 0; i < options.threads; i++) {
        runs += workers[i].runs;
        opened += workers[i].opened;
    }
    printf("runs %" PRIu64 " (%.0f/s), engines opened %" PRIu64 "\n", runs, (double)runs / options.seconds, opened);
    if (runs == 0)
        stress_broken("nothing was run");
    stress_database_end(engine);
    puts(stress_broken_count() == 0 ? "every run gave what its parameters asked for" : "the invariant broke");
    return stress_broken_count() == 0 ? 0 : 1;
}
