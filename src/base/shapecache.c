/* See shapecache.h. An open-addressing table of pointers to entries, at most half full. One writer at a time, under the mutex, puts
 * an entry into a free place (a release store: the linearization point of publish), or overwrites it with a tombstone (of evict).
 * Readers probe from the hash's place until an empty one; they look at each place once (an acquire load that pairs with the
 * writer's release), so an entry that is there during the whole search is found. A place that held an entry never becomes empty
 * again in the same table, or a search under way could stop short of what lies behind; when tombstones and entries fill half of it
 * the writer publishes a fresh table and retires the old one.
 *
 * Memory: find runs in an epoch section. An evicted entry was reachable until the tombstone was stored, so sections that found it
 * began before; the cache's reference is dropped by the reclaim callback, after they have all ended. */
#define _GNU_SOURCE
#include "base/shapecache.h"

#include "base/memory.h"
#include "base/paths.h"
#include "base/thread.h"

#include <string.h>

#define DEFAULT_LIMIT_BYTES ((size_t)16 << 20)
#define FIRST_PLACES 64
#define SAMPLE_BITS 6 /* one hit in 64 is counted by its entry, as 64 */

/* Which hits of a stripe those are: multiples of the golden ratio are spread evenly (Knuth, volume 3, 6.4), so that a thread that
 * always runs the same few statements in turn has each of them counted. */
static bool is_sample(uint64_t hit) { return (hit + 1) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SAMPLE_BITS) == 0; }

typedef struct table {
    wefti_epoch_entry retirement;
    size_t mask;
    size_t used; /* by the writer: places that are not empty */
    wefti_atomic_ptr places[];
} table;

static char tombstone_object;
#define TOMBSTONE ((void *)&tombstone_object)

static wefti_atomic_u64 last_id;

static table *table_new(size_t places)
{
    table *t = wefti_calloc(1, sizeof *t + places * sizeof t->places[0]);
    if (t != NULL)
        t->mask = places - 1;
    return t;
}

static void free_table(wefti_epoch_entry *retirement) { wefti_free((char *)retirement - offsetof(table, retirement)); }

static void drop_cache_reference(wefti_epoch_entry *retirement)
{
    void *entry = (char *)retirement - offsetof(wefti_shape_entry, retirement);
    wefti_shape_entry_release(entry);
}

bool wefti_shape_cache_init(wefti_shape_cache *cache, size_t limit_bytes)
{
    memset(cache, 0, sizeof *cache);
    cache->limit_bytes = limit_bytes != 0 ? limit_bytes : DEFAULT_LIMIT_BYTES;
    table *t = table_new(FIRST_PLACES);
    if (t == NULL)
        return false;
    wefti_fork_watch();
    cache->fork_generation = wefti_fork_generation();
    wefti_mutex_init(&cache->writer);
    wefti_atomic_store_ptr(&cache->table, t, WEFTI_RELEASE);
    return true;
}

void wefti_shape_entry_init(wefti_shape_entry *entry, uint64_t hash, const void *key, uint32_t key_size, uint32_t size_bytes,
                            wefti_shape_free free_entry)
{
    memset(entry, 0, sizeof *entry);
    entry->hash = hash;
    entry->key = key;
    entry->key_size = key_size;
    entry->size_bytes = size_bytes;
    entry->free_entry = free_entry;
    entry->id = wefti_atomic_add_u64(&last_id, 1, WEFTI_RELAXED) + 1; /* only uniqueness matters */
    wefti_atomic_store_u32(&entry->refs, 1, WEFTI_RELAXED);           /* published by the place's release store */
}

void wefti_shape_entry_retain(wefti_shape_entry *entry)
{
    /* Relaxed: the caller's section or reference keeps the entry alive already. */
    wefti_atomic_add_u32(&entry->refs, 1, WEFTI_RELAXED);
}

void wefti_shape_entry_release(wefti_shape_entry *entry)
{
    /* Each user's last look at the entry comes before the free by the one who drops the last reference. */
    if (wefti_atomic_drop_u32(&entry->refs))
        entry->free_entry(entry);
}

static bool matches(const wefti_shape_entry *entry, uint64_t hash, const void *key, uint32_t key_size)
{
    return entry->hash == hash && entry->key_size == key_size && memcmp(entry->key, key, key_size) == 0;
}

static wefti_shape_entry *probe(table *t, uint64_t hash, const void *key, uint32_t key_size)
{
    for (size_t i = (size_t)hash & t->mask;; i = (i + 1) & t->mask) {
        void *at = wefti_atomic_load_ptr(&t->places[i], WEFTI_ACQUIRE); /* pairs with the release store in insert */
        if (at == NULL)
            return NULL;
        if (at != TOMBSTONE && matches(at, hash, key, key_size))
            return at;
    }
}

static inline wefti_shape_stripe *own_stripe(wefti_shape_cache *cache)
{
    return &cache->stripes[wefti_thread_number() % WEFTI_SHAPE_STRIPES];
}

WEFTI_HOT void wefti_shape_cache_hit(wefti_shape_cache *cache, wefti_shape_entry *entry)
{
    /* All relaxed: counts and a hint, nothing is published through them. */
    if (wefti_atomic_load_u32(&entry->visited, WEFTI_RELAXED) == 0)
        wefti_atomic_store_u32(&entry->visited, 1, WEFTI_RELAXED);
    if (is_sample(wefti_atomic_add_u64(&own_stripe(cache)->hits, 1, WEFTI_RELAXED)))
        wefti_atomic_add_u64(&entry->hits, UINT64_C(1) << SAMPLE_BITS, WEFTI_RELAXED);
}

wefti_shape_entry *wefti_shape_cache_find(wefti_shape_cache *cache, uint64_t hash, const void *key, uint32_t key_size)
{
    table *t = wefti_atomic_load_ptr(&cache->table, WEFTI_ACQUIRE); /* pairs with the release store in replace_table */
    wefti_shape_entry *entry = probe(t, hash, key, key_size);
    if (entry != NULL)
        wefti_shape_cache_hit(cache, entry);
    else
        wefti_atomic_add_u64(&own_stripe(cache)->misses, 1, WEFTI_RELAXED); /* a count, too */
    return entry;
}

/* Writer only. The table has an empty place. */
static void insert(table *t, wefti_shape_entry *entry)
{
    size_t i = (size_t)entry->hash & t->mask;
    void *at;
    while ((at = wefti_atomic_load_ptr(&t->places[i], WEFTI_RELAXED)) != NULL && at != TOMBSTONE) /* relaxed: writers' own stores */
        i = (i + 1) & t->mask;
    t->used += at == NULL;
    wefti_atomic_store_ptr(&t->places[i], entry, WEFTI_RELEASE); /* pairs with the acquire load in probe */
}

/* Writer only. Copies the entries to a table in which they fill at most a quarter. */
static bool replace_table(wefti_shape_cache *cache, table *old)
{
    size_t places = FIRST_PLACES;
    while (places < 4 * (wefti_atomic_load_u64(&cache->entries, WEFTI_RELAXED) + 1))
        places *= 2;
    table *new = table_new(places);
    if (new == NULL)
        return false;
    for (size_t i = 0; i <= old->mask; i++) {
        void *at = wefti_atomic_load_ptr(&old->places[i], WEFTI_RELAXED);
        if (at != NULL && at != TOMBSTONE)
            insert(new, at);
    }
    cache->hand = 0;
    wefti_atomic_store_ptr(&cache->table, new, WEFTI_RELEASE); /* pairs with the acquire load in find */
    wefti_epoch_retire(&old->retirement, free_table);
    return true;
}

/* Writer only. The tombstone is stored first: from then on nobody new finds the entry, and it may be retired. */
static void evict(wefti_shape_cache *cache, table *t, size_t place)
{
    wefti_shape_entry *entry = wefti_atomic_load_ptr(&t->places[place], WEFTI_RELAXED);
    wefti_atomic_store_ptr(&t->places[place], TOMBSTONE, WEFTI_SEQ_CST);
    wefti_atomic_bump_u64(&cache->entries, (uint64_t)-1);
    wefti_atomic_bump_u64(&cache->bytes, 0 - (uint64_t)entry->size_bytes);
    wefti_atomic_store_u32(&entry->evicted, 1, WEFTI_RELAXED);
    /* Release: who sees the count (an acquire load in wefti_prepared) sees the mark. */
    wefti_atomic_store_u64(&cache->evictions, wefti_atomic_load_u64(&cache->evictions, WEFTI_RELAXED) + 1, WEFTI_RELEASE);
    wefti_epoch_retire(&entry->retirement, drop_cache_reference);
}

/* Writer only. The clock goes round: a visited entry loses its mark and stays, an unvisited one goes. The newcomer goes last. */
static void evict_to_limit(wefti_shape_cache *cache, const wefti_shape_entry *newcomer)
{
    table *t = wefti_atomic_load_ptr(&cache->table, WEFTI_RELAXED);
    size_t steps = 0, most = 2 * (t->mask + 1);
    while (wefti_atomic_load_u64(&cache->bytes, WEFTI_RELAXED) > cache->limit_bytes) {
        size_t place = cache->hand;
        cache->hand = (place + 1) & t->mask;
        wefti_shape_entry *entry = wefti_atomic_load_ptr(&t->places[place], WEFTI_RELAXED);
        bool last_resort = ++steps > most;
        if (entry == NULL || (void *)entry == TOMBSTONE || (entry == newcomer && !last_resort))
            continue;
        if (!last_resort && wefti_atomic_load_u32(&entry->visited, WEFTI_RELAXED) != 0)
            wefti_atomic_store_u32(&entry->visited, 0, WEFTI_RELAXED);
        else
            evict(cache, t, place);
    }
}

wefti_shape_entry *wefti_shape_cache_publish(wefti_shape_cache *cache, wefti_shape_entry *entry)
{
    wefti_mutex_lock(&cache->writer);
    table *t = wefti_atomic_load_ptr(&cache->table, WEFTI_RELAXED);
    wefti_shape_entry *present = probe(t, entry->hash, entry->key, entry->key_size);
    if (present != NULL) {
        wefti_atomic_bump_u64(&cache->races_lost, 1);
        wefti_mutex_unlock(&cache->writer);
        wefti_shape_entry_release(entry);
        return present;
    }
    bool room = 2 * (t->used + 1) <= t->mask + 1;
    if (!room && replace_table(cache, t)) {
        t = wefti_atomic_load_ptr(&cache->table, WEFTI_RELAXED);
        room = true;
    }
    if (!room && t->used < t->mask) /* no memory for a larger table: fill this one further, but keep an empty place */
        room = true;
    if (room) {
        wefti_atomic_bump_u64(&cache->entries, 1);
        wefti_atomic_bump_u64(&cache->bytes, entry->size_bytes);
        wefti_atomic_bump_u64(&cache->insertions, 1);
        insert(t, entry);
        evict_to_limit(cache, entry);
    } else
        wefti_epoch_retire(&entry->retirement, drop_cache_reference);
    wefti_mutex_unlock(&cache->writer);
    return entry;
}

/* By the writer, or by whoever ends the cache. */
static void evict_all(wefti_shape_cache *cache)
{
    table *t = wefti_atomic_load_ptr(&cache->table, WEFTI_RELAXED);
    for (size_t i = 0; i <= t->mask; i++) {
        void *at = wefti_atomic_load_ptr(&t->places[i], WEFTI_RELAXED);
        if (at != NULL && at != TOMBSTONE)
            evict(cache, t, i);
    }
}

void wefti_shape_cache_clear(wefti_shape_cache *cache)
{
    wefti_mutex_lock(&cache->writer);
    evict_all(cache);
    wefti_mutex_unlock(&cache->writer);
}

void wefti_shape_cache_deinit(wefti_shape_cache *cache)
{
    table *t = wefti_atomic_load_ptr(&cache->table, WEFTI_RELAXED);
    if (t == NULL)
        return;
    evict_all(cache); /* without the mutex: in a forked child it may be held, by a thread that is not there */
    wefti_atomic_store_ptr(&cache->table, NULL, WEFTI_RELAXED);
    wefti_epoch_retire(&t->retirement, free_table);
    if (cache->fork_generation == wefti_fork_generation())
        wefti_mutex_deinit(&cache->writer);
    if (!wefti_epoch_active())
        wefti_epoch_reclaim();
}

void wefti_shape_cache_stats(wefti_shape_cache *cache, wefti_shape_stats *stats)
{
    *stats = (wefti_shape_stats){.limit_bytes = cache->limit_bytes};
    for (size_t i = 0; i < WEFTI_SHAPE_STRIPES; i++) {
        stats->hits += wefti_atomic_load_u64(&cache->stripes[i].hits, WEFTI_RELAXED);
        stats->misses += wefti_atomic_load_u64(&cache->stripes[i].misses, WEFTI_RELAXED);
    }
    stats->insertions = wefti_atomic_load_u64(&cache->insertions, WEFTI_RELAXED);
    stats->races_lost = wefti_atomic_load_u64(&cache->races_lost, WEFTI_RELAXED);
    stats->evictions = wefti_atomic_load_u64(&cache->evictions, WEFTI_RELAXED);
    stats->entries = wefti_atomic_load_u64(&cache->entries, WEFTI_RELAXED);
    stats->bytes = wefti_atomic_load_u64(&cache->bytes, WEFTI_RELAXED);
}

void wefti_shape_cache_each(wefti_shape_cache *cache, void (*visit)(void *context, const wefti_shape_entry *entry), void *context)
{
    if (!wefti_epoch_begin())
        return;
    table *t = wefti_atomic_load_ptr(&cache->table, WEFTI_ACQUIRE);
    for (size_t i = 0; i <= t->mask; i++) {
        void *at = wefti_atomic_load_ptr(&t->places[i], WEFTI_ACQUIRE);
        if (at != NULL && at != TOMBSTONE)
            visit(context, at);
    }
    wefti_epoch_end();
}
