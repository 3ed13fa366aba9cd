/* Loads see one state of the data while other threads change it.
 *
 * Halls have shelves, shelves have cards and tags. Writers move cards between shelves, move value between cards and toggle tags;
 * each transaction also keeps the shelves' own counts and totals. Cards and value are conserved. Readers load the whole graph by
 * every strategy: joined in one statement at the default isolation, the others at REPEATABLE READ, where several statements see one
 * snapshot. Every read checks each shelf against its own counts, both directions of each relationship, and the conserved sums.
 *
 *   stress_load [--database URL] [--threads N] [--seconds N] [--seed N]
 */
#define _POSIX_C_SOURCE 200809L
#include <weft/weft.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/support.h"

enum { HALLS = 3, SHELVES = 12, CARDS = 96, TAGS = 6, VALUE_EACH = 100, MOST_THREADS = 64, BUCKETS = 40 * 8 };

WEFT_DECLARE(Hall);
WEFT_DECLARE(Shelf);
WEFT_DECLARE(Card);
WEFT_DECLARE(Tag);

struct Hall {
    int64_t id;
    Shelf_list shelves;
};

struct Shelf {
    int64_t id;
    int64_t hall_id;
    int64_t card_count, total, tag_count;
    const Hall *hall;
    Card_list cards;
    Tag_list tags;
};

struct Card {
    int64_t id;
    int64_t shelf_id;
    int64_t value;
    const Shelf *shelf;
};

struct Tag {
    int64_t id;
    Shelf_list shelves;
};

WEFT_MODEL(Hall, "stress_hall",
    WEFT_COLUMN(Hall, id, .primary_key = true, .not_generated = true),
    WEFT_HAS_MANY(Hall, shelves, Shelf, .foreign_key = "hall_id", .back_populates = "hall", .order_by = "id"));

WEFT_MODEL(Shelf, "stress_shelf",
    WEFT_COLUMN(Shelf, id, .primary_key = true, .not_generated = true),
    WEFT_COLUMN(Shelf, hall_id, .references = "stress_hall.id"),
    WEFT_COLUMN(Shelf, card_count),
    WEFT_COLUMN(Shelf, total),
    WEFT_COLUMN(Shelf, tag_count),
    WEFT_BELONGS_TO(Shelf, hall, Hall, .foreign_key = "hall_id", .back_populates = "shelves"),
    WEFT_HAS_MANY(Shelf, cards, Card, .foreign_key = "shelf_id", .back_populates = "shelf", .order_by = "id"),
    WEFT_MANY_TO_MANY(Shelf, tags, Tag, .through = "stress_shelf_tag(shelf_id, tag_id)", .back_populates = "shelves"));

WEFT_MODEL(Card, "stress_card",
    WEFT_COLUMN(Card, id, .primary_key = true, .not_generated = true),
    WEFT_COLUMN(Card, shelf_id, .references = "stress_shelf.id", .index = true),
    WEFT_COLUMN(Card, value),
    WEFT_BELONGS_TO(Card, shelf, Shelf, .foreign_key = "shelf_id", .back_populates = "cards"));

WEFT_MODEL(Tag, "stress_tag",
    WEFT_COLUMN(Tag, id, .primary_key = true, .not_generated = true),
    WEFT_MANY_TO_MANY(Tag, shelves, Shelf, .through = "stress_shelf_tag(tag_id, shelf_id)", .back_populates = "tags"));

WEFT_METADATA(stress_models, &Hall_model, &Shelf_model, &Card_model, &Tag_model);

typedef enum strategy { JOINED, JOINED_UP, SELECTIN, SUBQUERY, LAZY, MIXED, STRATEGIES } strategy;
static const char *const strategy_names[] = {"joined", "joined upwards", "select-in", "subquery", "lazy", "mixed"};

typedef struct worker {
    pthread_t thread;
    int number;
    bool writes;
    uint64_t random;
    uint64_t reads[STRATEGIES], objects, commits, given_up;
    uint64_t latency[BUCKETS]; /* eighths of powers of two of nanoseconds */
} worker;

static weft_engine *engine;
static uint64_t seed;
static int seconds = 5;
static pthread_barrier_t start;
static atomic_bool stop;
static atomic_int broken;
static pthread_mutex_t print = PTHREAD_MUTEX_INITIALIZER;

static void breaks(const char *format, ...) WEFT_PRINTF(1, 2);
static void breaks(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&print);
    if (atomic_fetch_add(&broken, 1) < 20) {
        fputs("BROKEN: ", stdout);
        vprintf(format, arguments);
        putchar('\n');
    }
    pthread_mutex_unlock(&print);
    va_end(arguments);
    atomic_store(&stop, true);
}

static uint64_t next_random(worker *w)
{
    uint64_t x = w->random += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}
static int64_t pick(worker *w, int64_t count) { return (int64_t)(next_random(w) % (uint64_t)count) + 1; }

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void count_latency(worker *w, int64_t ns)
{
    uint64_t value = ns < 8 ? 8 : (uint64_t)ns;
    unsigned power = 63u - (unsigned)__builtin_clzll(value);
    size_t bucket = power * 8 + (value >> (power - 3) & 7);
    w->latency[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

/* ---- writers ---- */

typedef struct change { worker *w; int64_t from, to, tag; int kind; bool back; } change;

static const Shelf *lock_shelf(weft_session *s, int64_t id)
{
    return weft_get(s, Shelf, id, .for_update = true, .load = weft_load(weft_selectin(Shelf, cards), weft_selectin(Shelf, tags)));
}

static void move_card(weft_session *s, const change *c, const Shelf *from, const Shelf *to)
{
    if (from->cards.count == 0)
        return;
    const Card *card = from->cards.items[next_random(c->w) % from->cards.count];
    Shelf *f = weft_edit(s, Shelf, from), *t = weft_edit(s, Shelf, to);
    weft_assign(s, Card, card, shelf, Shelf, to);
    f->card_count--;
    t->card_count++;
    f->total -= card->value;
    t->total += card->value;
}

static void move_value(weft_session *s, const change *c, const Shelf *from, const Shelf *to)
{
    if (from->cards.count == 0 || to->cards.count == 0)
        return;
    const Card *a = from->cards.items[next_random(c->w) % from->cards.count], *b = to->cards.items[0];
    int64_t amount = pick(c->w, 5);
    weft_edit(s, Card, a)->value -= amount;
    weft_edit(s, Card, b)->value += amount;
    weft_edit(s, Shelf, from)->total -= amount;
    weft_edit(s, Shelf, to)->total += amount;
}

static void toggle_tag(weft_session *s, const change *c, const Shelf *shelf)
{
    const Tag *tag = weft_get(s, Tag, c->tag);
    bool there = false;
    weft_each (Tag, own, shelf->tags)
        there |= own == tag;
    if (there)
        weft_remove(s, Shelf, shelf, tags, Tag, tag);
    else
        weft_append(s, Shelf, shelf, tags, Tag, tag);
    weft_edit(s, Shelf, shelf)->tag_count += there ? -1 : 1;
}

/* Shelves are locked in the order of their keys, so that writers do not wait in a circle. */
static weft_status change_shelves(weft_session *s, void *context)
{
    const change *c = context;
    const Shelf *first = lock_shelf(s, c->from < c->to ? c->from : c->to);
    const Shelf *second = c->from == c->to ? first : lock_shelf(s, c->from < c->to ? c->to : c->from);
    if (first == NULL || second == NULL)
        return weft_session_status(s);
    const Shelf *from = c->from < c->to ? first : second, *to = c->from < c->to ? second : first;
    if (c->kind == 0 && from != to)
        move_card(s, c, from, to);
    else if (c->kind == 1)
        move_value(s, c, from, to);
    else
        toggle_tag(s, c, from);
    if (c->back)
        return WEFT_ERROR_NOT_FOUND; /* everything is undone */
    return WEFT_OK;
}

static void write_once(worker *w, weft_session *s)
{
    change c = {.w = w, .from = pick(w, SHELVES), .to = pick(w, SHELVES), .tag = pick(w, TAGS), .kind = (int)(next_random(w) % 3),
                .back = next_random(w) % 16 == 0};
    weft_status status = weft_transact(s, change_shelves, &c, &(weft_transact_options){.attempts = 100});
    if (status == WEFT_OK)
        w->commits++;
    else if (status == WEFT_ERROR_NOT_FOUND && c.back)
        w->commits += 0;
    else if (weft_status_is_retryable(status))
        w->given_up++;
    else
        breaks("a writer failed: %s: %s", weft_status_name(status), weft_session_error(s)->message);
    weft_session_rollback(s);
    weft_session_clear(s);
}

/* ---- readers ---- */

static bool check_shelf(const Shelf *shelf, const char *how, int64_t *cards, int64_t *value)
{
    int64_t total = 0;
    weft_each (Card, card, shelf->cards) {
        total += card->value;
        if (card->shelf_id != shelf->id || (card->shelf != NULL && card->shelf != shelf))
            return breaks("%s: card %" PRId64 " is in shelf %" PRId64 " but refers to %" PRId64, how, card->id, shelf->id,
                          card->shelf_id), false;
    }
    size_t count = shelf->cards.count, tags = shelf->tags.count;
    if ((int64_t)count != shelf->card_count || total != shelf->total || (int64_t)tags != shelf->tag_count)
        return breaks("%s: shelf %" PRId64 " says %" PRId64 " cards, value %" PRId64 ", %" PRId64
                      " tags; loaded %zu, %" PRId64 ", %zu", how, shelf->id, shelf->card_count, shelf->total, shelf->tag_count,
                      count, total, tags), false;
    *cards += (int64_t)shelf->cards.count;
    *value += total;
    return true;
}

static void check_halls(weft_session *s, worker *w, const Hall_list *halls, const char *how)
{
    int64_t shelves = 0, cards = 0, value = 0;
    if (weft_session_status(s) != WEFT_OK) {
        if (!weft_status_is_retryable(weft_session_status(s)))
            breaks("a reader failed: %s: %s", how, weft_session_error(s)->message);
        return;
    }
    weft_each (Hall, hall, *halls)
        weft_each (Shelf, shelf, hall->shelves) {
            shelves++;
            if (shelf->hall != hall && shelf->hall != NULL) {
                breaks("%s: shelf %" PRId64 " refers to another hall", how, shelf->id);
                return;
            }
            if (!check_shelf(shelf, how, &cards, &value))
                return;
        }
    if (halls->count != HALLS || shelves != SHELVES || cards != CARDS || value != CARDS * VALUE_EACH)
        breaks("%s: %zu halls, %" PRId64 " shelves, %" PRId64 " cards, value %" PRId64, how, halls->count, shelves, cards, value);
    w->objects += (uint64_t)(halls->count + (size_t)shelves + (size_t)cards);
}

static void load_lazily(weft_session *s, const Hall_list *halls)
{
    weft_each (Hall, hall, *halls)
        weft_each (Shelf, shelf, weft_lazy(s, Hall, hall, shelves))
            if (weft_lazy(s, Shelf, shelf, cards).count + weft_lazy(s, Shelf, shelf, tags).count == 0)
                continue;
}

/* From the cards up: all of a shelf's cards must agree on it. */
static void check_cards(weft_session *s, worker *w)
{
    Card_list cards = weft_query(s, Card, .load = weft_load(weft_joined(Card, shelf, weft_joined(Shelf, hall))));
    int64_t counts[SHELVES + 1] = {0}, value = 0;
    if (weft_session_status(s) != WEFT_OK)
        return;
    weft_each (Card, card, cards) {
        value += card->value;
        if (card->shelf == NULL || card->shelf->id != card->shelf_id || card->shelf->hall == NULL) {
            breaks("joined upwards: card %" PRId64 " has no shelf or hall", card->id);
            return;
        }
        counts[card->shelf->id]++;
    }
    weft_each (Card, card, cards)
        if (counts[card->shelf->id] != card->shelf->card_count) {
            breaks("joined upwards: shelf %" PRId64 " says %" PRId64 " cards, %" PRId64 " refer to it", card->shelf->id,
                   card->shelf->card_count, counts[card->shelf->id]);
            return;
        }
    if (cards.count != CARDS || value != CARDS * VALUE_EACH)
        breaks("joined upwards: %zu cards, value %" PRId64, cards.count, value);
    w->objects += cards.count;
}

static void read_once(worker *w, weft_session *single, weft_session *snapshot)
{
    strategy how = (strategy)(next_random(w) % STRATEGIES);
    weft_session *s = how == JOINED || how == JOINED_UP ? single : snapshot;
    const weft_expr *const *order = weft_order(weft_asc(Hall, id));
    Hall_list halls = {NULL, 0};
    switch (how) {
    case JOINED:
        halls = weft_query(s, Hall, .order_by = order,
                           .load = weft_load(weft_joined(Hall, shelves, weft_joined(Shelf, cards), weft_joined(Shelf, tags))));
        break;
    case SELECTIN:
        halls = weft_query(s, Hall, .order_by = order,
                           .load = weft_load(weft_selectin(Hall, shelves, weft_selectin(Shelf, cards),
                                                           weft_selectin(Shelf, tags))));
        break;
    case SUBQUERY:
        halls = weft_query(s, Hall, .order_by = order, .limit = HALLS,
                           .load = weft_load(weft_subquery(Hall, shelves, weft_subquery(Shelf, cards),
                                                           weft_subquery(Shelf, tags))));
        break;
    case MIXED:
        halls = weft_query(s, Hall, .order_by = order,
                           .load = weft_load(weft_joined(Hall, shelves, weft_subquery(Shelf, cards), weft_selectin(Shelf, tags))));
        break;
    case LAZY:
        halls = weft_query(s, Hall, .order_by = order);
        load_lazily(s, &halls);
        break;
    case JOINED_UP:
    case STRATEGIES:
        check_cards(s, w);
        break;
    }
    if (how != JOINED_UP)
        check_halls(s, w, &halls, strategy_names[how]);
    w->reads[how]++;
    weft_session_rollback(s); /* objects stay and are stale: the next load refreshes them */
    if (next_random(w) % 4 == 0)
        weft_session_clear(s);
}

static void *work(void *context)
{
    worker *w = context;
    weft_session *single = weft_session_open(engine, NULL);
    weft_session *snapshot = weft_session_open(engine, &(weft_session_options){.isolation = WEFT_ISOLATION_REPEATABLE_READ});
    pthread_barrier_wait(&start);
    while (!atomic_load(&stop)) {
        int64_t began = now_ns();
        if (w->writes)
            write_once(w, single);
        else
            read_once(w, single, snapshot);
        count_latency(w, now_ns() - began);
    }
    weft_session_close(single);
    weft_session_close(snapshot);
    return NULL;
}

/* ---- the run ---- */

static void print_latency(const char *what, const worker *workers, int count, bool writes)
{
    uint64_t sums[BUCKETS] = {0}, total = 0, seen = 0;
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 1.0};
    for (int i = 0; i < count; i++)
        for (int b = 0; b < BUCKETS && workers[i].writes == writes; b++)
            sums[b] += workers[i].latency[b], total += workers[i].latency[b];
    printf("%s latency µs:", what);
    for (size_t b = 0, next = 0; b < BUCKETS && next < 5; b++) {
        seen += sums[b];
        while (next < 5 && total > 0 && (double)seen >= shares[next] * (double)total)
            printf(" p%g %.0f", 100 * shares[next], (double)((UINT64_C(8) + b % 8 + 1) << (b / 8 - 3)) / 1000.0), next++;
    }
    putchar('\n');
}

static bool fill_tables(weft_error *error)
{
    if (weft_drop_all(engine, error) != WEFT_OK || weft_create_all(engine, error) != WEFT_OK)
        return false;
    weft_session *s = weft_session_open(engine, NULL);
    for (int64_t i = 1; i <= HALLS; i++)
        weft_new(s, Hall, .id = i);
    for (int64_t i = 1; i <= TAGS; i++)
        weft_new(s, Tag, .id = i);
    for (int64_t i = 1; i <= SHELVES; i++)
        weft_new(s, Shelf, .id = i, .hall_id = (i - 1) % HALLS + 1, .card_count = CARDS / SHELVES,
                 .total = CARDS / SHELVES * VALUE_EACH);
    for (int64_t i = 1; i <= CARDS; i++)
        weft_new(s, Card, .id = i, .shelf_id = (i - 1) % SHELVES + 1, .value = VALUE_EACH);
    weft_status status = weft_session_commit(s);
    *error = *weft_session_error(s);
    weft_session_close(s);
    return status == WEFT_OK;
}

static void print_result(const worker *workers, int count, double elapsed)
{
    uint64_t reads[STRATEGIES] = {0}, all = 0, objects = 0, commits = 0, given_up = 0;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < STRATEGIES; k++)
            reads[k] += workers[i].reads[k], all += workers[i].reads[k];
        objects += workers[i].objects;
        commits += workers[i].commits;
        given_up += workers[i].given_up;
    }
    printf("reads %" PRIu64 " (%.0f/s, %" PRIu64 " objects):", all, (double)all / elapsed, objects);
    for (int k = 0; k < STRATEGIES; k++)
        printf(" %s %" PRIu64, strategy_names[k], reads[k]);
    printf("\ncommits %" PRIu64 " (%.0f/s), given up after 100 attempts %" PRIu64 "\n", commits, (double)commits / elapsed,
           given_up);
    print_latency("read", workers, count, false);
    print_latency("write", workers, count, true);
    if (all == 0 || commits == 0)
        breaks("nothing was read, or nothing was written");
}

static void run(worker *workers, int count)
{
    pthread_barrier_init(&start, NULL, (unsigned)count + 1);
    for (int i = 0; i < count; i++) {
        workers[i].number = i;
        workers[i].writes = i % 2 == 1;
        workers[i].random = seed * 1000003u + (uint64_t)i;
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    pthread_barrier_wait(&start);
    int64_t began = now_ns(), end = began + (int64_t)seconds * 1000000000;
    while (!atomic_load(&stop) && now_ns() < end)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    print_result(workers, count, (double)(now_ns() - began) / 1e9);
    pthread_barrier_destroy(&start);
}

int main(int argc, char **argv)
{
    char path[256], url[512];
    int threads = 4;
    test_path_new(path, sizeof path, "stress.db");
    snprintf(url, sizeof url, "sqlite:///%s", path);
    seed = (uint64_t)now_ns();
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--database") == 0 || strcmp(argv[i], "--url") == 0)
            snprintf(url, sizeof url, "%s", argv[i + 1]);
        else if (strcmp(argv[i], "--threads") == 0)
            threads = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else
            return fprintf(stderr, "stress_load: unknown option %s\n", argv[i]), 2;
    }
    threads = threads < 2 ? 2 : threads > MOST_THREADS ? MOST_THREADS : threads;
    printf("stress_load: seed %" PRIu64 ", %d threads, %d s\n", seed, threads, seconds);
    static worker workers[MOST_THREADS];
    weft_error error = {0};
    weft_engine_options options = {.metadata = &stress_models, .pool = {.size = (uint32_t)threads + 2, .timeout_ms = 30000}};
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK || !fill_tables(&error))
        return fprintf(stderr, "stress_load: %s\n", error.message), 2;
    run(workers, threads);
    weft_pool_stats pool;
    weft_engine_pool_stats(engine, &pool);
    if (pool.in_use != 0)
        breaks("%u connections did not come back", pool.in_use);
    if (atomic_load(&broken) == 0)
        weft_drop_all(engine, &error);
    weft_engine_close(engine);
    printf(atomic_load(&broken) == 0 ? "held\n" : "%d violations\n", atomic_load(&broken));
    return atomic_load(&broken) == 0 ? 0 : 1;
}
