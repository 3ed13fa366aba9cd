/* The order of the tables: by schema/order.h, with the foreign keys of the models. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "schema/order.h"

static bool is_nullable(const wefti_foreign_key *key)
{
    for (uint16_t i = 0; i < key->count; i++)
        if (key->columns[i]->nullable)
            return true;
    return false;
}

/* The foreign keys as edges, table by table; *count of them. NULL when out of memory. */
static wefti_edge *make_edges(const wefti_build *build, uint32_t *count)
{
    *count = 0;
    for (uint32_t t = 0; t < build->table_count; t++)
        *count += build->tables[t]->foreign_key_count;
    wefti_edge *edges = wefti_arena_alloc(build->arena, (*count + 1u) * sizeof *edges), *edge = edges;
    for (uint32_t t = 0; edges != NULL && t < build->table_count; t++)
        for (uint16_t i = 0; i < build->tables[t]->foreign_key_count; i++) {
            const wefti_foreign_key *key = &build->tables[t]->foreign_keys[i];
            *edge++ = (wefti_edge){.from = t, .to = key->target->index, .nullable = is_nullable(key)};
        }
    return edges;
}

weft_status wefti_build_order(wefti_build *build)
{
    uint32_t count = build->table_count, edge_count;
    if (count > UINT16_MAX)
        return wefti_build_error(build, NULL, NULL, "too many tables");
    for (uint32_t t = 0; t < count; t++)
        build->tables[t]->index = (uint16_t)t;
    const wefti_table **out = wefti_arena_zalloc(build->arena, (count + 1u) * sizeof *out);
    uint32_t *order = wefti_arena_zalloc(build->arena, (count + 1u) * sizeof *order);
    wefti_edge *edges = make_edges(build, &edge_count), *edge = edges;
    if (out == NULL || order == NULL || edges == NULL || !wefti_order(build->arena, count, edges, edge_count, order))
        return wefti_error_memory(build->error);
    for (uint32_t t = 0; t < count; t++)
        for (uint16_t i = 0; i < build->tables[t]->foreign_key_count; i++)
            ((wefti_foreign_key *)(uintptr_t)&build->tables[t]->foreign_keys[i])->in_cycle = (edge++)->in_cycle;
    for (uint32_t t = 0; t < count; t++) {
        out[t] = build->tables[order[t]];
        wefti_build_own(out[t])->index = (uint16_t)t;
    }
    build->schema->tables = out;
    build->schema->table_count = (uint16_t)count;
    return WEFT_OK;
}
