/* Dependency order: tables that are referred to come before those that refer to them.
 *
 * A foreign key lies in a cycle where its target leads back to its table (references of a table to itself do not count). Cycles are
 * broken at nullable keys first, so that rows too can be written in this order as far as possible. Otherwise the order of the
 * metadata stays. */
#include "sql/schema_build.h"

#include "base/error.h"

#include <string.h>

typedef struct order {
    wefti_build *build;
    bool *seen;
    uint32_t *stack;
} order;

/* Whether `to` can be reached from `from` along foreign keys. */
static bool reaches(order *o, const wefti_table *from, const wefti_table *to)
{
    memset(o->seen, 0, o->build->table_count * sizeof *o->seen);
    uint32_t depth = 0;
    o->stack[depth++] = from->index;
    o->seen[from->index] = true;
    while (depth > 0) {
        const wefti_table *table = o->build->tables[o->stack[--depth]];
        if (table == to)
            return true;
        for (uint16_t i = 0; i < table->foreign_key_count; i++) {
            uint16_t next = table->foreign_keys[i].target->index;
            if (!o->seen[next]) {
                o->seen[next] = true;
                o->stack[depth++] = next;
            }
        }
    }
    return false;
}

static bool is_nullable(const wefti_foreign_key *key)
{
    for (uint16_t i = 0; i < key->count; i++)
        if (key->columns[i]->nullable)
            return true;
    return false;
}

/* How much a table still waits for: 0 nothing, 1 nullable keys in cycles, 2 keys in cycles, 3 others. */
static int waits_for(const wefti_table *table, const bool *placed)
{
    int most = 0;
    for (uint16_t i = 0; i < table->foreign_key_count; i++) {
        const wefti_foreign_key *key = &table->foreign_keys[i];
        if (key->target == table || placed[key->target->index])
            continue;
        int weight = !key->in_cycle ? 3 : is_nullable(key) ? 1 : 2;
        most = weight > most ? weight : most;
    }
    return most;
}

static void place_all(order *o, const wefti_table **out)
{
    wefti_build *build = o->build;
    bool *placed = o->seen;
    memset(placed, 0, build->table_count * sizeof *placed);
    for (uint32_t done = 0; done < build->table_count; done++) {
        uint32_t best = 0;
        int best_wait = 4;
        for (uint32_t t = 0; t < build->table_count && best_wait > 0; t++) {
            int wait = placed[t] ? 4 : waits_for(build->tables[t], placed);
            if (wait < best_wait) {
                best = t;
                best_wait = wait;
            }
        }
        placed[best] = true;
        out[done] = build->tables[best];
    }
}

weft_status wefti_build_order(wefti_build *build)
{
    uint32_t count = build->table_count;
    const wefti_table **out = wefti_arena_zalloc(build->arena, (count + 1u) * sizeof *out);
    order o = { .build = build };
    o.seen = wefti_arena_zalloc(build->arena, (count + 1u) * sizeof *o.seen);
    o.stack = wefti_arena_zalloc(build->arena, (count + 1u) * sizeof *o.stack);
    if (out == NULL || o.seen == NULL || o.stack == NULL)
        return wefti_error_memory(build->error);
    if (count > UINT16_MAX)
        return wefti_build_error(build, NULL, NULL, "too many tables");
    for (uint32_t t = 0; t < count; t++)
        build->tables[t]->index = (uint16_t)t;
    for (uint32_t t = 0; t < count; t++)
        for (uint16_t i = 0; i < build->tables[t]->foreign_key_count; i++) {
            wefti_foreign_key *key = (wefti_foreign_key *)(uintptr_t)&build->tables[t]->foreign_keys[i];
            key->in_cycle = key->target != build->tables[t] && reaches(&o, key->target, build->tables[t]);
        }
    place_all(&o, out);
    for (uint32_t t = 0; t < count; t++)
        wefti_build_own(out[t])->index = (uint16_t)t;
    build->schema->tables = out;
    build->schema->table_count = (uint16_t)count;
    return WEFT_OK;
}
