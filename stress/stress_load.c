/* Loads see one state of the data while other threads change it.
 *
 * Halls have shelves, shelves have cards and tags. Writers move cards between shelves, move value between cards and toggle tags;
 * each transaction also keeps the shelves' own counts and totals. Cards and value are conserved. Readers load the whole graph by
 * every strategy: joined in one statement at the default isolation, the others at REPEATABLE READ, where several statements see one
 * snapshot. Every read checks each shelf against its own counts, both directions of each relationship, and the conserved sums.
 *
 *   stress_load [--database URL] [--threads N] [--seconds N] [--seed N]
 */
#include <weft/weft.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "database.h"
#include "measure.h"

enum { HALLS = 3, SHELVES = 12, CARDS = 96, TAGS = 6, VALUE_EACH = 100 };

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

WEFT_MODEL(Hall, "stress_hall", WEFT_COLUMN(Hall, id, .primary_key = true, .not_generated = true),
           WEFT_HAS_MANY(Hall, shelves, Shelf, .foreign_key = "hall_id", .back_populates = "hall", .order_by = "id"));

WEFT_MODEL(Shelf, "stress_shelf", WEFT_COLUMN(Shelf, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Shelf, hall_id, .references = "stress_hall.id"), WEFT_COLUMN(Shelf, card_count), WEFT_COLUMN(Shelf, total),
           WEFT_COLUMN(Shelf, tag_count), WEFT_BELONGS_TO(Shelf, hall, Hall, .foreign_key = "hall_id", .back_populates = "shelves"),
           WEFT_HAS_MANY(Shelf, cards, Card, .foreign_key = "shelf_id", .back_populates = "shelf", .order_by = "id"),
           WEFT_MANY_TO_MANY(Shelf, tags, Tag, .through = "stress_shelf_tag(shelf_id, tag_id)", .back_populates = "shelves"));

WEFT_MODEL(Card, "stress_card", WEFT_COLUMN(Card, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Card, shelf_id, .references = "stress_shelf.id", .index = true), WEFT_COLUMN(Card, value),
           WEFT_BELONGS_TO(Card, shelf, Shelf, .foreign_key = "shelf_id", .back_populates = "cards"));

WEFT_MODEL(Tag, "stress_tag", WEFT_COLUMN(Tag, id, .primary_key = true, .not_generated = true),
           WEFT_MANY_TO_MANY(Tag, shelves, Shelf, .through = "stress_shelf_tag(tag_id, shelf_id)", .back_populates = "tags"));

WEFT_METADATA(stress_models, &Hall_model, &Shelf_model, &Card_model, &Tag_model);

typedef enum strategy { JOINED, JOINED_UP, SELECTIN, SUBQUERY, LAZY, MIXED, STRATEGIES } strategy;
static const char *const strategy_names[] = {"joined", "joined upwards", "select-in", "subquery", "lazy", "mixed"};

typedef struct worker {
    bool writes;
    uint64_t random;
    uint64_t reads[STRATEGIES], objects, commits, given_up;
    stress_latency latency;
} worker;

static weft_engine *engine;

/* ---- writers ---- */

typedef struct change {
    worker *w;
    int64_t from, to, tag;
    int kind;
    bool back;
} change;

static const Shelf *lock_shelf(weft_session *s, int64_t id)
{
    return weft_get(s, Shelf, id, .for_update = true, .load = weft_load(weft_selectin(Shelf, cards), weft_selectin(Shelf, tags)));
}

static void move_card(weft_session *s, const change *c, const Shelf *from, const Shelf *to)
{
    if (from->cards.count == 0)
        return;
    const Card *card = from->cards.items[stress_random(&c->w->random) % from->cards.count];
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
    const Card *a = from->cards.items[stress_random(&c->w->random) % from->cards.count], *b = to->cards.items[0];
    int64_t amount = stress_pick(&c->w->random, 5);
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
    change c = {.w = w,
                .from = stress_pick(&w->random, SHELVES),
                .to = stress_pick(&w->random, SHELVES),
                .tag = stress_pick(&w->random, TAGS),
                .kind = (int)(stress_random(&w->random) % 3),
                .back = stress_random(&w->random) % 16 == 0};
    weft_status status = weft_transact(s, change_shelves, &c, &(weft_transact_options){.attempts = 100});
    if (status == WEFT_OK)
        w->commits++;
    else if (status == WEFT_ERROR_NOT_FOUND && c.back)
        w->commits += 0;
    else if (weft_status_is_retryable(status))
        w->given_up++;
    else
        stress_broken("a writer failed: %s: %s", weft_status_name(status), weft_session_error(s)->message);
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
            return stress_broken("%s: card %" PRId64 " is in shelf %" PRId64 " but refers to %" PRId64, how, card->id, shelf->id,
                                 card->shelf_id),
                   false;
    }
    size_t count = shelf->cards.count, tags = shelf->tags.count;
    if ((int64_t)count != shelf->card_count || total != shelf->total || (int64_t)tags != shelf->tag_count)
        return stress_broken("%s: shelf %" PRId64 " says %" PRId64 " cards, value %" PRId64 ", %" PRId64
                             " tags; loaded %zu, %" PRId64 ", %zu",
                             how, shelf->id, shelf->card_count, shelf->total, shelf->tag_count, count, total, tags),
               false;
    *cards += (int64_t)shelf->cards.count;
    *value += total;
    return true;
}

static void check_halls(weft_session *s, worker *w, const Hall_list *halls, const char *how)
{
    int64_t shelves = 0, cards = 0, value = 0;
    if (weft_session_status(s) != WEFT_OK) {
        if (!weft_status_is_retryable(weft_session_status(s)))
            stress_broken("a reader failed: %s: %s", how, weft_session_error(s)->message);
        return;
    }
    weft_each (Hall, hall, *halls)
        weft_each (Shelf, shelf, hall->shelves) {
            shelves++;
            if (shelf->hall != hall && shelf->hall != NULL) {
                stress_broken("%s: shelf %" PRId64 " refers to another hall", how, shelf->id);
                return;
            }
            if (!check_shelf(shelf, how, &cards, &value))
                return;
        }
    if (halls->count != HALLS || shelves != SHELVES || cards != CARDS || value != CARDS * VALUE_EACH)
        stress_broken("%s: %zu halls, %" PRId64 " shelves, %" PRId64 " cards, value %" PRId64, how, halls->count, shelves, cards,
                      value);
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
            stress_broken("joined upwards: card %" PRId64 " has no shelf or hall", card->id);
            return;
        }
        counts[card->shelf->id]++;
    }
    weft_each (Card, card, cards)
        if (counts[card->shelf->id] != card->shelf->card_count) {
            stress_broken("joined upwards: shelf %" PRId64 " says %" PRId64 " cards, %" PRId64 " refer to it", card->shelf->id,
                          card->shelf->card_count, counts[card->shelf->id]);
            return;
        }
    if (cards.count != CARDS || value != CARDS * VALUE_EACH)
        stress_broken("joined upwards: %zu cards, value %" PRId64, cards.count, value);
    w->objects += cards.count;
}

static void read_once(worker *w, weft_session *single, weft_session *snapshot)
{
    strategy how = (strategy)(stress_random(&w->random) % STRATEGIES);
    weft_session *s = how == JOINED || how == JOINED_UP ? single : snapshot;
    const weft_expr *order = weft_order(weft_asc(Hall, id));
    Hall_list halls = {NULL, 0};
    switch (how) {
    case JOINED:
        halls = weft_query(s, Hall, .order_by = order,
                           .load = weft_load(weft_joined(Hall, shelves, weft_joined(Shelf, cards), weft_joined(Shelf, tags))));
        break;
    case SELECTIN:
        halls =
            weft_query(s, Hall, .order_by = order,
                       .load = weft_load(weft_selectin(Hall, shelves, weft_selectin(Shelf, cards), weft_selectin(Shelf, tags))));
        break;
    case SUBQUERY:
        halls =
            weft_query(s, Hall, .order_by = order, .limit = HALLS,
                       .load = weft_load(weft_subquery(Hall, shelves, weft_subquery(Shelf, cards), weft_subquery(Shelf, tags))));
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
    case STRATEGIES: check_cards(s, w); break;
    }
    if (how != JOINED_UP)
        check_halls(s, w, &halls, strategy_names[how]);
    w->reads[how]++;
    weft_session_rollback(s); /* objects stay and are stale: the next load refreshes them */
    if (stress_random(&w->random) % 4 == 0)
        weft_session_clear(s);
}

static void *work(void *context)
{
    worker *w = context;
    weft_session *single = weft_session_open(engine, NULL);
    weft_session *snapshot = weft_session_open(engine, &(weft_session_options){.isolation = WEFT_ISOLATION_REPEATABLE_READ});
    while (!atomic_load(&stress_stop)) {
        int64_t began = stress_now_ns();
        if (w->writes)
            write_once(w, single);
        else
            read_once(w, single, snapshot);
        stress_latency_count(&w->latency, stress_now_ns() - began);
    }
    weft_session_close(single);
    weft_session_close(snapshot);
    return NULL;
}

/* ---- the run ---- */

static bool fill_tables(void)
{
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
    return stress_database_commit(s);
}

static void print_result(const worker *workers, const stress_options *options)
{
    stress_latency reading = {{0}}, writing = {{0}};
    uint64_t reads[STRATEGIES] = {0}, all = 0, objects = 0, commits = 0, given_up = 0;
    for (int i = 0; i < options->threads; i++) {
        stress_latency_add(workers[i].writes ? &writing : &reading, &workers[i].latency);
        for (int k = 0; k < STRATEGIES; k++)
            reads[k] += workers[i].reads[k], all += workers[i].reads[k];
        objects += workers[i].objects;
        commits += workers[i].commits;
        given_up += workers[i].given_up;
    }
    printf("reads %" PRIu64 " (%.0f/s, %" PRIu64 " objects):", all, (double)all / options->seconds, objects);
    for (int k = 0; k < STRATEGIES; k++)
        printf(" %s %" PRIu64, strategy_names[k], reads[k]);
    printf("\ncommits %" PRIu64 " (%.0f/s), given up after 100 attempts %" PRIu64 "\n", commits, (double)commits / options->seconds,
           given_up);
    stress_latency_print("read", &reading);
    stress_latency_print("write", &writing);
    if (all == 0 || commits == 0)
        stress_broken("nothing was read, or nothing was written");
}

int main(int count, char **arguments)
{
    stress_options options = {.threads = 4, .seconds = 5};
    if (!stress_database_start(&engine, &options, count, arguments, &stress_models) || !fill_tables())
        return 2;
    static worker workers[STRESS_MOST_THREADS];
    for (int i = 0; i < options.threads; i++) {
        workers[i].writes = i % 2 == 1;
        workers[i].random = options.seed + (uint64_t)i * 1000003;
    }
    stress_run(&options, work, workers, sizeof workers[0]);
    print_result(workers, &options);
    stress_database_end(engine);
    puts(stress_broken_count() == 0 ? "every load saw one state of the data" : "the invariant broke");
    return stress_broken_count() == 0 ? 0 : 1;
}
