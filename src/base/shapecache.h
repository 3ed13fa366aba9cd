/* A cache of immutable entries keyed by bytes, read without a lock: the compiled statements of an engine, keyed by shape.
 *
 * Use, by the layer that compiles:
 *
 *     typedef struct compiled { wefti_shape_entry entry; ...; } compiled;       entry first
 *
 *     if (!wefti_epoch_begin()) ... out of memory ...
 *     compiled *c = (compiled *)wefti_shape_cache_find(&cache, hash, key, key_size);
 *     if (c == NULL) {
 *         c = compile(...);                                                      no lock is held
 *         wefti_shape_entry_init(&c->entry, hash, c->key, key_size, size_bytes, free_compiled);
 *         c = (compiled *)wefti_shape_cache_publish(&cache, &c->entry);          perhaps another thread's
 *     }
 *     if (the connection has not prepared c->entry.id)
 *         wefti_shape_entry_retain(&c->entry);                                   keeps it beyond the section
 *     wefti_epoch_end();                                                         before any I/O
 *
 * What keeps an entry alive: inside the section in which it was found, the section; beyond it, references. A connection holds one
 * for each statement it keeps prepared, so running a prepared statement writes nothing shared; it gives up the references of
 * evicted entries by and by (driver/prepared.h). Eviction unlinks an entry and gives
 * up the cache's own reference only after every section that can have found it has ended; hence retain may always be called on what
 * was found in the present section, and an entry is freed when its last reference goes, by whoever drops it.
 *
 * Bounded in bytes: publishing evicts by second chance. A hit sets the entry's visited mark when it is clear, which is the only
 * shared write of the hit path and rare; hit counts are kept in stripes by thread, and per entry by samples of one in 64. */
#ifndef WEFTI_BASE_SHAPECACHE_H
#define WEFTI_BASE_SHAPECACHE_H

#include "base/atomic.h"
#include "base/epoch.h"
#include "base/sync.h"

typedef struct wefti_shape_entry wefti_shape_entry;
typedef struct wefti_shape_cache wefti_shape_cache;
typedef void (*wefti_shape_free)(wefti_shape_entry *entry);

struct wefti_shape_entry {
    uint64_t hash;   /* const from init on, as are the next five */
    const void *key; /* lives as long as the entry; usually inside its memory */
    uint32_t key_size;
    uint32_t size_bytes;         /* what the entry costs the cache's limit, its own struct included */
    uint64_t id;                 /* never reused in this process */
    wefti_shape_free free_entry; /* frees the memory; any thread, no section or lock held */
    wefti_atomic_u32 visited;    /* atomic: set by readers, cleared by the evicting writer */
    wefti_atomic_u32 refs;       /* atomic: the cache's one and the users' */
    wefti_atomic_u32 evicted;    /* atomic: set once, by the evicting writer */
    wefti_atomic_u64 hits;       /* atomic: sampled */
    wefti_epoch_entry retirement;
};

#define WEFTI_SHAPE_STRIPES 32

typedef struct wefti_shape_stripe {
    wefti_atomic_u64 hits, misses;
} WEFTI_CACHE_ALIGNED wefti_shape_stripe;

struct wefti_shape_cache {
    wefti_atomic_ptr table; /* epoch: replaced when it grows */
    size_t limit_bytes;     /* const after init, as is the next */
    uint64_t fork_generation;
    wefti_atomic_u64 evictions; /* atomic: written under the mutex; here, among what seldom changes, for those who follow it */
    wefti_shape_stripe stripes[WEFTI_SHAPE_STRIPES];
    wefti_mutex writer;                                      /* guards the following, and all changes of the table */
    size_t hand;                                             /* of the eviction clock: a place in the table */
    wefti_atomic_u64 entries, bytes, races_lost, insertions; /* written under the mutex, read without */
};

typedef struct wefti_shape_stats {
    uint64_t hits, misses;
    uint64_t insertions, races_lost, evictions;
    uint64_t entries, bytes, limit_bytes;
} wefti_shape_stats;

/* limit_bytes 0: 16 MiB. Returns false when out of memory. The cache must lie at a 64-byte aligned address (a member of a struct
 * from wefti_aligned, or static). */
bool wefti_shape_cache_init(wefti_shape_cache *cache, size_t limit_bytes);
/* Empties it and frees the table. No thread may use the cache any more; entries with references live on. */
void wefti_shape_cache_deinit(wefti_shape_cache *cache);

/* The entry, or NULL. Inside a section of the caller, and valid until that section ends. Lock-free. */
wefti_shape_entry *wefti_shape_cache_find(wefti_shape_cache *cache, uint64_t hash, const void *key, uint32_t key_size);

/* Counts a hit of an entry that its user has kept and found by itself, as find does of those that it finds. */
void wefti_shape_cache_hit(wefti_shape_cache *cache, wefti_shape_entry *entry);

/* Fills the header of a new entry: one reference (which publish hands to the cache), a new id. */
void wefti_shape_entry_init(wefti_shape_entry *entry, uint64_t hash, const void *key, uint32_t key_size, uint32_t size_bytes,
                            wefti_shape_free free_entry);

/* Puts the entry in, unless an equal one is there: then the newcomer is freed, the race counted, and the present one returned.
 * Inside a section of the caller; the result is valid until it ends. Never fails: what cannot be kept (out of memory, larger than
 * the limit) is returned all the same and freed after the section unless somebody retains it. Writers take turns; readers go on. */
wefti_shape_entry *wefti_shape_cache_publish(wefti_shape_cache *cache, wefti_shape_entry *entry);

/* One more user; inside the section in which the entry was found or published, or by one who has a reference already. */
void wefti_shape_entry_retain(wefti_shape_entry *entry);
/* One user less. Any thread. The last one frees the entry. */
void wefti_shape_entry_release(wefti_shape_entry *entry);

/* Whether the cache has given the entry up; never taken back. By one who has a reference. Whoever keeps entries beyond the cache
 * follows evictions by cache->evictions: while an acquire load of it gives the value it gave before an earlier look at what is
 * kept, nothing of that has been evicted since. */
static inline bool wefti_shape_entry_evicted(const wefti_shape_entry *entry)
{
    /* Relaxed: ordered by the count of evictions, see evict. */
    return wefti_atomic_load_u32(&entry->evicted, WEFTI_RELAXED) != 0;
}

/* Evicts everything. */
void wefti_shape_cache_clear(wefti_shape_cache *cache);

void wefti_shape_cache_stats(wefti_shape_cache *cache, wefti_shape_stats *stats);
/* Calls visit for each entry, inside a section; visit must not block. Entries that come or go meanwhile may be missed. */
void wefti_shape_cache_each(wefti_shape_cache *cache, void (*visit)(void *context, const wefti_shape_entry *entry), void *context);

#endif
