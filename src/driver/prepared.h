/* The statements that one connection keeps prepared: a bounded table from statement id to the driver's handle, least recently used
 * out first, and evicted ones before them. Owner thread of the connection only. The table retains each statement once while it has
 * it. */
#ifndef WEFTI_DRIVER_PREPARED_H
#define WEFTI_DRIVER_PREPARED_H

#include "driver/driver.h"

typedef struct wefti_prepared_entry {
    uint64_t id;
    uint64_t mark; /* see wefti_prepared_note; 0: none */
    void *handle;  /* the driver's */
    const wefti_statement *statement;
    bool busy;                    /* in use by an open cursor: never evicted */
    bool fetched;                 /* the driver's: its fetch may run the statement */
    bool unlinked;                /* dropped while pinned: the reference goes with the last pin */
    uint32_t pins;                /* readers of the statement above the driver: see wefti_prepared_pin */
    uint32_t newer, older, chain; /* index + 1, 0 ends */
} wefti_prepared_entry;

/* Disposes of a handle; called once for each handle that was added. */
typedef void (*wefti_prepared_evict)(void *context, uint64_t id, void *handle);

typedef struct wefti_prepared {
    wefti_prepared_entry *entries; /* limit of them; owned */
    uint32_t *buckets;             /* index + 1 of the first entry; owned */
    uint32_t *noted;               /* index + 1 of the entry that was noted last, by the low bits of its mark; with buckets */
    uint32_t bucket_mask;
    uint32_t limit, count;
    uint32_t used;                   /* entries from this index on were never in use */
    uint32_t newest, oldest, unused; /* index + 1 */
    wefti_prepared_evict evict;
    void *context;
    const wefti_atomic_u64 *evictions; /* borrowed: grows when statements become evicted */
    uint64_t swept;                    /* of evictions: what became evicted up to then is gone from the table */
    uint64_t sweep_from;               /* of evictions, when the sweep under way began */
    uint32_t sweep_at;                 /* index of the entry it looks at next; 0: none is under way */
    bool sweep_left;                   /* it had to leave an evicted entry, or one came in behind it */
} wefti_prepared;

/* Statements follow evictions lazily. Their maker marks those it gives up (wefti_statement.evicted), then adds to *evictions; find
 * compares that with what it was when the last sweep began, which is one load of a word that seldom changes. Where they differ,
 * each find, and each sweep called when a connection is returned, moves a sweep over the entries on by a few, so that whatever was
 * evicted is gone after as many of them as the table has entries, over eight. Entries that are busy or pinned are left for the next
 * sweep. */
void wefti_prepared_sweep(wefti_prepared *table);

/* What find does of an entry that is known. */
void wefti_prepared_touch(wefti_prepared *table, wefti_prepared_entry *entry);
static inline void wefti_prepared_use(wefti_prepared *table, wefti_prepared_entry *entry)
{
    /* Relaxed: the sweep loads it again, and later is soon enough to learn of an eviction. */
    if (__builtin_expect(entry->newer != 0 || wefti_atomic_load_u64(table->evictions, WEFTI_RELAXED) != table->swept, 0))
        wefti_prepared_touch(table, entry);
}

/* Pins lend the table's reference to a reader of the statement: adding never evicts a pinned entry, and one that is dropped all
 * the same (remove, clear) keeps its reference until it is unpinned. pin gives NULL where the id is not there. */
wefti_prepared_entry *wefti_prepared_pin(wefti_prepared *table, uint64_t id);
void wefti_prepared_unpin_last(wefti_prepared *table, wefti_prepared_entry *entry); /* the rest of the next one */
static inline void wefti_prepared_unpin(wefti_prepared *table, wefti_prepared_entry *entry)
{
    if (--entry->pins == 0 && __builtin_expect(entry->unlinked, 0))
        wefti_prepared_unpin_last(table, entry);
}

/* By which those above find an entry again without knowing its id: recall gives the one that was noted last under the mark, which
 * is not 0, or NULL. Two of one mark are told apart by who has noted them. */
static inline void wefti_prepared_note(wefti_prepared *table, wefti_prepared_entry *entry, uint64_t mark)
{
    entry->mark = mark;
    table->noted[mark & table->bucket_mask] = (uint32_t)(entry - table->entries) + 1;
}
static inline wefti_prepared_entry *wefti_prepared_recall(const wefti_prepared *table, uint64_t mark)
{
    const uint32_t link = table->entries != NULL && mark != 0 ? table->noted[mark & table->bucket_mask] : 0;
    return link != 0 && table->entries[link - 1].mark == mark ? &table->entries[link - 1] : NULL;
}

/* evictions may be NULL: nothing is ever evicted. */
weft_status wefti_prepared_init(wefti_prepared *table, uint32_t limit, const wefti_atomic_u64 *evictions,
                                wefti_prepared_evict evict, void *context, weft_error *error);
void wefti_prepared_deinit(wefti_prepared *table); /* evicts all, busy or not; nothing may be pinned */
/* The entry of an id, now the most recently used, or NULL. Valid until the next find, add, remove, sweep or clear. */
wefti_prepared_entry *wefti_prepared_find(wefti_prepared *table, uint64_t id);
/* Adds a handle for statement->id, which must not be there, evicting the oldest entry that is not busy where the table is full.
 * NULL where all are busy: the caller keeps the handle. */
wefti_prepared_entry *wefti_prepared_add(wefti_prepared *table, const wefti_statement *statement, void *handle);
/* Evicts one; false where it is not there. */
bool wefti_prepared_remove(wefti_prepared *table, uint64_t id);
/* Evicts all, busy or not. */
void wefti_prepared_clear(wefti_prepared *table);

#endif
