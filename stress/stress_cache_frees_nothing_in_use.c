/* Churn of the statement cache: threads look up shapes of a set larger than its limit, publish what is missing, keep some beyond
 * their section, and clear the cache now and then. Checked on every look: the entry is the one asked for and its bytes are
 * whole, inside the section and as long as it is kept; while it runs the cache stays within its limit; at the end every entry
 * made was freed, once.
 *
 *   stress_cache_frees_nothing_in_use [--threads N] [--seconds N] [--seed N]
 */
#define _GNU_SOURCE
#include "base/memory.h"
#include "base/shapecache.h"
#include "base/text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"

enum { SHAPES = 3000, KEPT = 32, FILLER = 40, ENTRY_BYTES = 512, LIMIT_BYTES = 512 * 800 };

typedef struct shape {
    wefti_shape_entry entry; /* first */
    uint64_t number;
    uint64_t filler[FILLER]; /* number in every place */
} shape;

typedef struct worker {
    pthread_t thread;
    uint64_t random, looks, made, kept;
    shape *keep[KEPT];
    stress_latency latency;
} worker;

static wefti_shape_cache *cache;
static wefti_atomic_u64 made, freed;

static void free_shape(wefti_shape_entry *entry)
{
    shape *s = (shape *)(void *)entry;
    memset(s->filler, 0xdd, sizeof s->filler);
    wefti_atomic_add_u64(&freed, 1, WEFTI_RELAXED);
    wefti_free(s);
}

static void check(const shape *s, uint64_t number, const char *when)
{
    for (int i = 0; i < FILLER; i++)
        if (s->filler[i] != number) {
            stress_broken("an entry %s is not whole", when);
            return;
        }
}

static shape *make(uint64_t number)
{
    shape *s = wefti_malloc(sizeof *s);
    if (s == NULL)
        return NULL;
    s->number = number;
    for (int i = 0; i < FILLER; i++)
        s->filler[i] = number;
    wefti_shape_entry_init(&s->entry, wefti_hash(&number, sizeof number, 0), &s->number, sizeof s->number, ENTRY_BYTES, free_shape);
    wefti_atomic_add_u64(&made, 1, WEFTI_RELAXED);
    return s;
}

/* Half of the looks go to a twentieth of the shapes, as in a program. */
static uint64_t pick(worker *w)
{
    bool popular = stress_pick(&w->random, 2) == 1;
    return (uint64_t)stress_pick(&w->random, popular ? SHAPES / 20 : SHAPES);
}

static void look(worker *w)
{
    uint64_t number = pick(w);
    bool keep = stress_pick(&w->random, 8) == 1;
    int64_t start = stress_now_ns();
    if (!wefti_epoch_begin())
        return;
    shape *s = (shape *)(void *)wefti_shape_cache_find(cache, wefti_hash(&number, sizeof number, 0), &number, sizeof number);
    if (s == NULL) {
        shape *new = make(number);
        w->made++;
        s = new == NULL ? NULL : (shape *)(void *)wefti_shape_cache_publish(cache, &new->entry);
    }
    if (s != NULL) {
        check(s, number, "in its section");
        if (keep)
            wefti_shape_entry_retain(&s->entry);
    }
    wefti_epoch_end();
    stress_latency_count(&w->latency, stress_now_ns() - start);
    w->looks++;
    if (s == NULL || !keep)
        return;
    shape **place = &w->keep[w->kept++ % KEPT];
    if (*place != NULL) {
        check(*place, (*place)->number, "that is kept");
        wefti_shape_entry_release(&(*place)->entry);
    }
    *place = s;
}

static void *work(void *argument)
{
    worker *w = argument;
    while (!atomic_load(&stress_stop)) {
        look(w);
        if (w->looks % 512 == 0)
            wefti_epoch_reclaim();
        if (w->looks % 65536 == 0)
            wefti_shape_cache_clear(cache);
        if (w->looks % 1024 == 0) {
            wefti_shape_stats stats;
            wefti_shape_cache_stats(cache, &stats);
            if (stats.bytes > LIMIT_BYTES + ENTRY_BYTES) /* a writer may be between adding and evicting */
                stress_broken("the cache holds %" PRIu64 " bytes", stats.bytes);
        }
    }
    for (int i = 0; i < KEPT; i++)
        if (w->keep[i] != NULL) {
            check(w->keep[i], w->keep[i]->number, "that is kept");
            wefti_shape_entry_release(&w->keep[i]->entry);
        }
    return NULL;
}

int main(int argc, char **argv)
{
    stress_options options = {.threads = 8, .seconds = 5};
    if (!stress_options_read(&options, argc, argv))
        return 2;
    cache = wefti_aligned(WEFTI_CACHE_LINE, sizeof *cache);
    if (cache == NULL || !wefti_shape_cache_init(cache, LIMIT_BYTES))
        return 2;
    static worker workers[STRESS_MOST_THREADS];
    for (int i = 0; i < options.threads; i++) {
        workers[i].random = options.seed + (uint64_t)i;
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    stress_wait(options.seconds);
    worker sum = {0};
    for (int i = 0; i < options.threads; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.looks += workers[i].looks;
        sum.made += workers[i].made;
        stress_latency_add(&sum.latency, &workers[i].latency);
    }
    wefti_shape_stats stats;
    wefti_shape_cache_stats(cache, &stats);
    wefti_shape_cache_deinit(cache);
    wefti_free(cache);
    wefti_epoch_drain();
    printf("%" PRIu64 " looks, %.0f a second, %.1f%% hits, %" PRIu64 " made, %" PRIu64 " races lost, %" PRIu64 " evicted\n",
           sum.looks, (double)sum.looks / options.seconds, 100.0 * (double)stats.hits / (double)(stats.hits + stats.misses),
           sum.made, stats.races_lost, stats.evictions);
    stress_latency_print("look", &sum.latency);
    uint64_t all = wefti_atomic_load_u64(&made, WEFTI_RELAXED), gone = wefti_atomic_load_u64(&freed, WEFTI_RELAXED);
    if (all != gone)
        stress_broken("%" PRIu64 " entries made, %" PRIu64 " freed", all, gone);
    if (stats.insertions - stats.evictions != stats.entries)
        stress_broken("%" PRIu64 " put in, %" PRIu64 " evicted, %" PRIu64 " there", stats.insertions, stats.evictions,
                      stats.entries);
    return stress_broken_count() == 0 ? 0 : 1;
}
