/* The table is one array of entries linked twice by index: into hash chains by id and into one list by time of use. Nothing is
 * allocated after init, so adding cannot fail for memory. Index 0 means none; links hold index + 1. */
#include "driver/prepared.h"

#include "base/error.h"
#include "base/memory.h"

static uint32_t *bucket_of(const wefti_prepared *table, uint64_t id)
{
    return &table->buckets[(uint32_t)(id ^ (id >> 32)) & table->bucket_mask];
}

weft_status wefti_prepared_init(wefti_prepared *table, uint32_t limit, wefti_prepared_evict evict, void *context, weft_error *error)
{
    uint32_t buckets = 16;
    if (limit == 0)
        limit = 1;
    if (limit > 65536)
        limit = 65536;
    while (buckets < limit)
        buckets *= 2;
    *table = (wefti_prepared){.bucket_mask = buckets - 1, .limit = limit, .evict = evict, .context = context};
    table->entries = wefti_calloc(limit, sizeof *table->entries);
    table->buckets = wefti_calloc(buckets, sizeof *table->buckets);
    if (table->entries == NULL || table->buckets == NULL) {
        wefti_free(table->entries);
        wefti_free(table->buckets);
        *table = (wefti_prepared){0};
        return wefti_error_memory(error);
    }
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

wefti_prepared_entry *wefti_prepared_find(wefti_prepared *table, uint64_t id)
{
    wefti_prepared_entry *entry = look_up(table, id);
    if (entry != NULL && entry->newer != 0) {
        unlink_use(table, entry);
        link_newest(table, entry);
    }
    return entry;
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

wefti_prepared_entry *wefti_prepared_pin(wefti_prepared *table, uint64_t id)
{
    wefti_prepared_entry *entry = look_up(table, id);
    if (entry != NULL)
        entry->pins++;
    return entry;
}

void wefti_prepared_unpin(wefti_prepared *table, wefti_prepared_entry *entry)
{
    if (--entry->pins > 0 || !entry->unlinked)
        return;
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
