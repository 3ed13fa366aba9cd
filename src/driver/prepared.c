/* The table is one array of entries linked twice by index: into hash chains by id and into one list by time of use. Nothing is
 * allocated after init, so adding cannot fail for memory. Index 0 means none; links hold index + 1. */
#include "driver/prepared.h"

#include "base/error.h"
#include "base/memory.h"

static uint32_t *bucket_of(const wefti_prepared *table, uint64_t id)
{
    return &table->buckets[(uint32_t)(id ^ (id >> 32)) & table->bucket_mask];
}

#define SWEEP_LOOKS 8  /* entries that one step of a sweep looks at, */
#define SWEEP_DROPS 32 /* beside those that it drops: adding has paid for each of them */
#define NEVER_SWEPT UINT64_MAX

static const wefti_atomic_u64 no_evictions;

weft_status wefti_prepared_init(wefti_prepared *table, uint32_t limit, const wefti_atomic_u64 *evictions,
                                wefti_prepared_evict evict, void *context, weft_error *error)
{
    uint32_t buckets = 16;
    if (limit == 0)
        limit = 1;
    if (limit > 65536)
        limit = 65536;
    while (buckets < limit)
        buckets *= 2;
    *table = (wefti_prepared){.bucket_mask = buckets - 1,
                              .limit = limit,
                              .evict = evict,
                              .context = context,
                              .evictions = evictions != NULL ? evictions : &no_evictions};
    table->entries = wefti_calloc(limit, sizeof *table->entries);
    table->buckets = wefti_calloc((size_t)2 * buckets, sizeof *table->buckets);
    if (table->entries == NULL || table->buckets == NULL) {
        wefti_free(table->entries);
        wefti_free(table->buckets);
        *table = (wefti_prepared){0};
        return wefti_error_memory(error);
    }
    table->noted = table->buckets + buckets;
    for (uint32_t i = 0; i < limit; i++)
        table->entries[i].older = i + 1 < limit ? i + 2 : 0;
    table->unused = 1;
    return WEFT_OK;
}

void wefti_prepared_deinit(wefti_prepared *table)
{
    if (table->entries != NULL)
        wefti_prepared_clear(table);
    wefti_free(table->entries);
    wefti_free(table->buckets);
    *table = (wefti_prepared){0};
}

static void unlink_use(wefti_prepared *table, wefti_prepared_entry *entry)
{
    if (entry->newer != 0)
        table->entries[entry->newer - 1].older = entry->older;
    else
        table->newest = entry->older;
    if (entry->older != 0)
        table->entries[entry->older - 1].newer = entry->newer;
    else
        table->oldest = entry->newer;
}

static void link_newest(wefti_prepared *table, wefti_prepared_entry *entry)
{
    uint32_t link = (uint32_t)(entry - table->entries) + 1;
    entry->newer = 0;
    entry->older = table->newest;
    if (table->newest != 0)
        table->entries[table->newest - 1].newer = link;
    else
        table->oldest = link;
    table->newest = link;
}

static wefti_prepared_entry *look_up(const wefti_prepared *table, uint64_t id)
{
    if (table->entries == NULL)
        return NULL;
    for (uint32_t link = *bucket_of(table, id); link != 0; link = table->entries[link - 1].chain)
        if (table->entries[link - 1].id == id)
            return &table->entries[link - 1];
    return NULL;
}

/* The entry is unlinked before the callbacks run, so they may use the table. */
static void drop(wefti_prepared *table, wefti_prepared_entry *entry)
{
    uint32_t link = (uint32_t)(entry - table->entries) + 1;
    wefti_prepared_entry dropped = *entry;
    uint32_t *at = bucket_of(table, entry->id);
    while (*at != link)
        at = &table->entries[*at - 1].chain;
    *at = entry->chain;
    unlink_use(table, entry);
    table->count--;
    if (dropped.pins > 0) {
        *entry = (wefti_prepared_entry){.statement = dropped.statement, .pins = dropped.pins, .unlinked = true};
    } else {
        *entry = (wefti_prepared_entry){.older = table->unused};
        table->unused = link;
    }
    table->evict(table->context, dropped.id, dropped.handle);
    if (dropped.pins == 0 && dropped.statement->release != NULL)
        dropped.statement->release(dropped.statement);
}

static bool is_evicted(const wefti_statement *statement) { return statement->evicted != NULL && statement->evicted(statement); }

/* Unused entries have no statement; unlinked ones wait for their last pin. */
static bool sweep_one(wefti_prepared *table, wefti_prepared_entry *entry, const wefti_prepared_entry *found)
{
    if (entry->statement == NULL || entry->unlinked || !is_evicted(entry->statement))
        return false;
    if (entry->busy || entry->pins > 0 || entry == found) {
        table->sweep_left = true;
        return false;
    }
    drop(table, entry);
    return true;
}

/* A sweep that had to leave something is followed by another, at the same price as if there had been evictions. Out of line: find
 * is a few instructions as long as there are none. */
static __attribute__((noinline)) void move_sweep(wefti_prepared *table, const wefti_prepared_entry *found)
{
    uint32_t looks = 0, drops = 0;
    if (table->sweep_at == 0) {
        /* Acquire, pairs with the release store of who counts evictions: the marks of those that are counted are seen. */
        table->sweep_from = wefti_atomic_load_u64(table->evictions, WEFTI_ACQUIRE);
        table->sweep_left = false;
    }
    while (table->sweep_at < table->used && looks < SWEEP_LOOKS && drops < SWEEP_DROPS) {
        if (sweep_one(table, &table->entries[table->sweep_at++], found))
            drops++;
        else
            looks++;
    }
    if (table->sweep_at < table->used)
        return;
    table->sweep_at = 0;
    table->swept = table->sweep_left ? NEVER_SWEPT : table->sweep_from;
}

/* Relaxed: the sweep loads it again, and later is soon enough to learn of an eviction. */
static bool nothing_evicted(const wefti_prepared *table)
{
    return __builtin_expect(wefti_atomic_load_u64(table->evictions, WEFTI_RELAXED) == table->swept, 1);
}

void wefti_prepared_sweep(wefti_prepared *table)
{
    if (table->entries != NULL && !nothing_evicted(table))
        move_sweep(table, NULL);
}

void wefti_prepared_touch(wefti_prepared *table, wefti_prepared_entry *entry)
{
    if (entry->newer != 0) {
        unlink_use(table, entry);
        link_newest(table, entry);
    }
    if (!nothing_evicted(table))
        move_sweep(table, entry);
}

wefti_prepared_entry *wefti_prepared_find(wefti_prepared *table, uint64_t id)
{
    if (table->entries == NULL)
        return NULL;
    wefti_prepared_entry *entry = look_up(table, id);
    if (entry != NULL)
        wefti_prepared_use(table, entry);
    else
        wefti_prepared_sweep(table);
    return entry;
}

wefti_prepared_entry *wefti_prepared_pin(wefti_prepared *table, uint64_t id)
{
    wefti_prepared_entry *entry = look_up(table, id);
    if (entry != NULL)
        entry->pins++;
    return entry;
}

void wefti_prepared_unpin_last(wefti_prepared *table, wefti_prepared_entry *entry)
{
    const wefti_statement *statement = entry->statement;
    *entry = (wefti_prepared_entry){.older = table->unused};
    table->unused = (uint32_t)(entry - table->entries) + 1;
    if (statement->release != NULL)
        statement->release(statement);
}

wefti_prepared_entry *wefti_prepared_add(wefti_prepared *table, const wefti_statement *statement, void *handle)
{
    if (table->unused == 0) {
        uint32_t link = table->oldest;
        while (link != 0 && (table->entries[link - 1].busy || table->entries[link - 1].pins > 0))
            link = table->entries[link - 1].newer;
        if (link == 0)
            return NULL;
        drop(table, &table->entries[link - 1]);
    }
    uint32_t link = table->unused;
    wefti_prepared_entry *entry = &table->entries[link - 1];
    table->unused = entry->older;
    if (link > table->used)
        table->used = link;
    if (is_evicted(statement)) { /* it may have been counted already */
        table->sweep_left = true;
        table->swept = NEVER_SWEPT;
    }
    uint32_t *bucket = bucket_of(table, statement->id);
    *entry = (wefti_prepared_entry){.id = statement->id, .handle = handle, .statement = statement, .chain = *bucket};
    *bucket = link;
    link_newest(table, entry);
    table->count++;
    if (statement->retain != NULL)
        statement->retain(statement);
    return entry;
}

bool wefti_prepared_remove(wefti_prepared *table, uint64_t id)
{
    wefti_prepared_entry *entry = look_up(table, id);
    if (entry == NULL)
        return false;
    drop(table, entry);
    return true;
}

void wefti_prepared_clear(wefti_prepared *table)
{
    while (table->oldest != 0)
        drop(table, &table->entries[table->oldest - 1]);
}
