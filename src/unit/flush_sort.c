/* The order of rows: by tables where that suffices, else by rows.
 *
 * Tables come in the order of their foreign keys. Where a new row needs a new row of its own or of a later table
 * (self-references, cycles of foreign keys), the tables between become one component, and its rows are sorted by levels: level 0
 * needs nobody, level n somebody of level n - 1. A cycle of rows is broken at a foreign key that may be NULL for a while. Deletes
 * go the other way. */
#include "unit/flush.h"

#include "object/key.h"
#include "object/link.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX

typedef struct edge {
    uint32_t first, second;    /* rows: first comes before second */
    uint32_t next_of_first;    /* edges of the same first */
    uint32_t next_of_second;   /* edges of the same second */
    const wefti_fk_link *link; /* NULL: a key given as a value */
    const wefti_column *const *columns;
    uint16_t column_count;
    bool broken;
} edge;

typedef struct graph {
    wefti_flush *flush;
    wefti_flush_row **rows;
    uint32_t row_count;
    edge *edges;
    uint32_t edge_count, edge_capacity;
    uint32_t *out, *in; /* first edge by row, or NOBODY */
    uint32_t *missing;  /* edges in whose first is not sorted yet */
    uint32_t *stamp;
} graph;

/* ---- components ---- */

void wefti_flush_depends(wefti_flush *flush, const wefti_table *table, const wefti_table *owner)
{
    wefti_flush_table *plan = &flush->tables[table->index];
    if (owner->index < table->index)
        return;
    if (owner->index == table->index)
        plan->self_links = true;
    if (owner->index > plan->reach)
        plan->reach = owner->index;
}

/* Foreign keys given as values may name new rows, too. */
static void reach_by_values(const wefti_flush *flush, wefti_flush_table *plan)
{
    for (uint16_t i = 0; i < plan->table->foreign_key_count; i++) {
        const wefti_table *target = plan->table->foreign_keys[i].target;
        if (plan->insert_count + plan->update_count == 0 || target->index < plan->table->index ||
            flush->tables[target->index].insert_count == 0)
            continue;
        if (target == plan->table)
            plan->self_links = true;
        if (target->index > plan->reach)
            plan->reach = target->index;
    }
}

uint16_t wefti_flush_component(wefti_flush *flush, uint16_t first, bool *entangled)
{
    uint16_t last = first;
    for (uint16_t i = first; i <= last; i++) {
        wefti_flush_table *plan = &flush->tables[i];
        reach_by_values(flush, plan);
        if (plan->reach > last)
            last = plan->reach;
    }
    *entangled = last > first || flush->tables[first].self_links;
    return last;
}

/* ---- the graph ---- */

static bool graph_init(graph *g, wefti_flush *flush, uint32_t row_count)
{
    size_t size = ((size_t)row_count + 1) * sizeof(uint32_t);
    *g = (graph){.flush = flush};
    g->rows = wefti_flush_alloc(flush, ((size_t)row_count + 1) * sizeof *g->rows);
    g->out = wefti_flush_alloc(flush, size);
    g->in = wefti_flush_alloc(flush, size);
    g->missing = wefti_flush_alloc(flush, size);
    g->stamp = wefti_flush_alloc(flush, size);
    if (g->rows == NULL || g->out == NULL || g->in == NULL || g->missing == NULL || g->stamp == NULL)
        return false;
    memset(g->out, 0xFF, size);
    memset(g->in, 0xFF, size);
    memset(g->missing, 0, size);
    memset(g->stamp, 0, size);
    return true;
}

static bool add_edge(graph *g, edge e)
{
    if (g->edge_count == g->edge_capacity) {
        uint32_t capacity = g->edge_capacity == 0 ? 64 : g->edge_capacity * 2;
        edge *grown = wefti_flush_alloc(g->flush, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        if (g->edge_count > 0)
            memcpy(grown, g->edges, g->edge_count * sizeof *grown);
        g->edges = grown;
        g->edge_capacity = capacity;
    }
    e.next_of_first = g->out[e.first];
    e.next_of_second = g->in[e.second];
    g->out[e.first] = g->in[e.second] = g->edge_count;
    g->missing[e.second]++;
    g->edges[g->edge_count++] = e;
    return true;
}

/* The object's row of the table in the graph, or NOBODY: change->row is i + 1 for row i. */
static uint32_t row_of(const graph *g, const wefti_table *table, const wefti_object *object)
{
    uint32_t row = object->change == NULL ? 0 : object->change->row;
    return row != 0 && row <= g->row_count && g->rows[row - 1]->object == object && g->rows[row - 1]->table == table ? row - 1
                                                                                                                     : NOBODY;
}

static bool can_be_null(const edge *e)
{
    for (uint16_t i = 0; i < e->column_count; i++)
        if (e->columns[i]->nullable && !e->columns[i]->primary_key)
            return true;
    return false;
}

/* From a row that is left, back along edges until a row comes again: a cycle. Gives the edge of it that may wait, else NOBODY. */
static uint32_t find_weak_edge(graph *g, uint32_t start, uint32_t *on_cycle)
{
    uint32_t row = start, *via = g->stamp;
    memset(via, 0xFF, g->row_count * sizeof *via);
    for (;;) {
        uint32_t e = g->in[row];
        while (g->edges[e].broken || g->missing[g->edges[e].first] == 0)
            e = g->edges[e].next_of_second;
        if (via[row] != NOBODY)
            break;
        via[row] = e;
        row = g->edges[e].first;
    }
    *on_cycle = row;
    uint32_t at = row;
    do {
        if (can_be_null(&g->edges[via[at]]))
            return via[at];
        at = g->edges[via[at]].first;
    } while (at != row);
    return NOBODY;
}

/* Kahn's algorithm by levels. on_weak decides about a broken edge; false ends the sort. */
static bool sort_levels(graph *g, uint32_t *order, uint32_t *levels, uint32_t *level_count, bool (*on_weak)(graph *g, edge *e),
                        bool (*on_cycle)(graph *g, uint32_t row))
{
    uint32_t done = 0, level_start = 0, level_end = 0, cursor = 0;
    *level_count = 0;
    for (uint32_t i = 0; i < g->row_count; i++)
        if (g->missing[i] == 0)
            order[done++] = i;
    level_end = done;
    for (;;) {
        if (level_end > level_start)
            levels[(*level_count)++] = level_end;
        for (uint32_t i = level_start; i < level_end; i++)
            for (uint32_t e = g->out[order[i]]; e != NOBODY; e = g->edges[e].next_of_first)
                if (!g->edges[e].broken && --g->missing[g->edges[e].second] == 0)
                    order[done++] = g->edges[e].second;
        level_start = level_end;
        level_end = done;
        if (done == g->row_count && level_start == done)
            return true;
        if (level_end > level_start)
            continue;
        while (g->missing[cursor] == 0)
            cursor++;
        uint32_t on = NOBODY, weak = find_weak_edge(g, cursor, &on);
        if (weak == NOBODY && !on_cycle(g, on))
            return false;
        if (weak == NOBODY)
            weak = g->in[on];
        while (g->edges[weak].broken || g->missing[g->edges[weak].first] == 0)
            weak = g->edges[weak].next_of_second;
        if (!on_weak(g, &g->edges[weak]))
            return false;
        g->edges[weak].broken = true;
        if (--g->missing[g->edges[weak].second] == 0)
            order[done++] = g->edges[weak].second;
        level_end = done;
    }
}

static int compare_indexes(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Within a level rows keep their order: by table, then as they were made. */
static weft_status finish_sort(graph *g, bool (*on_weak)(graph *g, edge *e), bool (*on_cycle)(graph *g, uint32_t row),
                               wefti_flush_row ***rows, uint32_t **levels, uint32_t *level_count)
{
    wefti_flush *flush = g->flush;
    uint32_t *order = wefti_flush_alloc(flush, ((size_t)g->row_count + 1) * sizeof *order);
    *levels = wefti_flush_alloc(flush, ((size_t)g->row_count + 1) * sizeof **levels);
    *rows = wefti_flush_alloc(flush, ((size_t)g->row_count + 1) * sizeof **rows);
    if (order == NULL || *levels == NULL || *rows == NULL || !sort_levels(g, order, *levels, level_count, on_weak, on_cycle))
        return flush->session->error.status;
    for (uint32_t i = 0, start = 0; i < *level_count; start = (*levels)[i++])
        qsort(order + start, (*levels)[i] - start, sizeof *order, compare_indexes);
    for (uint32_t i = 0; i < g->row_count; i++)
        (*rows)[i] = g->rows[order[i]];
    return WEFT_OK;
}

/* ---- inserts ---- */

/* New rows whose key the program gave, by key: foreign keys given as values are looked up here. */
typedef struct key_index {
    uint32_t *slots;
    uint32_t mask;
} key_index;

static bool key_given(const wefti_flush_row *row)
{
    const wefti_table *table = row->table;
    for (uint16_t i = 0; i < table->key_count; i++)
        if (!wefti_flush_has(row->set->bits, table->key[i]->index))
            return false;
    return true;
}

static bool index_keys(graph *g, key_index *index)
{
    uint32_t slots = 16;
    while (slots < g->row_count * 2)
        slots *= 2;
    index->mask = slots - 1;
    index->slots = wefti_flush_alloc(g->flush, slots * sizeof *index->slots);
    if (index->slots == NULL)
        return false;
    memset(index->slots, 0xFF, slots * sizeof *index->slots);
    for (uint32_t i = 0; i < g->row_count; i++) {
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        if (!key_given(g->rows[i]))
            continue;
        wefti_object_key(g->rows[i]->object, key);
        uint32_t at = wefti_key_hash(g->rows[i]->table, key) & index->mask;
        while (index->slots[at] != NOBODY)
            at = (at + 1) & index->mask;
        index->slots[at] = i;
    }
    return true;
}

static uint32_t find_key(const graph *g, const key_index *index, const wefti_table *table, const weft_value *key)
{
    for (uint32_t at = wefti_key_hash(table, key) & index->mask; index->slots[at] != NOBODY; at = (at + 1) & index->mask) {
        const wefti_flush_row *row = g->rows[index->slots[at]];
        weft_value own[WEFTI_MAX_KEY_COLUMNS];
        if (row->table != table)
            continue;
        wefti_object_key(row->object, own);
        if (wefti_keys_equal(table, own, key))
            return index->slots[at];
    }
    return NOBODY;
}

static bool add_value_edges(graph *g, const key_index *index, uint32_t row)
{
    const wefti_object *object = g->rows[row]->object;
    const wefti_table *table = g->rows[row]->table;
    for (uint16_t i = 0; i < table->foreign_key_count; i++) {
        const wefti_foreign_key *fk = &table->foreign_keys[i];
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        const wefti_key_pairs pairs = wefti_foreign_key_pairs(fk);
        if (wefti_change_links(object->change, fk->columns[0]) || !wefti_key_named(&pairs, wefti_object_struct(object), key))
            continue;
        uint32_t owner = find_key(g, index, fk->target, key);
        if (owner == NOBODY || owner == row)
            continue;
        if (!add_edge(g, (edge){.first = owner, .second = row, .columns = fk->columns, .column_count = fk->count}))
            return false;
    }
    return true;
}

static bool add_link_edges(graph *g, uint32_t row)
{
    for (const wefti_fk_link *link = g->rows[row]->change->links; link != NULL; link = link->next) {
        const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
        uint32_t owner = link->owner == NULL ? NOBODY : row_of(g, pairs.owner, link->owner);
        if (owner == NOBODY || (owner == row && !g->rows[row]->waits))
            continue;
        edge e = {.first = owner, .second = row, .link = link};
        e.columns = pairs.child;
        e.column_count = pairs.count;
        if (!add_edge(g, e))
            return false;
    }
    return true;
}

static bool defer_insert_key(graph *g, edge *e)
{
    wefti_flush *flush = g->flush;
    wefti_flush_deferred *deferred = wefti_flush_alloc(flush, sizeof *deferred);
    wefti_flush_row *row = g->rows[e->second];
    if (deferred == NULL)
        return false;
    *deferred = (wefti_flush_deferred){
        .next = flush->deferred, .row = row, .link = e->link, .columns = e->columns, .column_count = e->column_count};
    if (e->link == NULL) {
        void *wanted = wefti_arena_memdup(&flush->arena, wefti_object_struct(row->object), row->table->mapper->size);
        if (wanted == NULL) {
            wefti_session_fail_memory(flush->session);
            return false;
        }
        deferred->wanted = wanted;
    }
    if (wefti_flush_touch(flush, row->object) == NULL)
        return false;
    for (uint16_t i = 0; i < e->column_count; i++)
        if (e->columns[i]->nullable && !e->columns[i]->primary_key)
            wefti_flush_clear(e->columns[i], wefti_object_struct(row->object));
    flush->deferred = deferred;
    return true;
}

static bool refuse_cycle(graph *g, uint32_t row)
{
    const char *path = "";
    uint32_t at = row, steps = 0;
    do {
        const edge *e = &g->edges[g->stamp[at]];
        const char *longer =
            wefti_arena_printf(&g->flush->arena, "%s%s.%s -> ", path, e->columns[0]->table->name, e->columns[0]->name);
        path = longer == NULL ? path : longer;
        at = e->first;
    } while (at != row && ++steps < 8);
    wefti_session_fail(g->flush->session, WEFT_ERROR_MISUSE,
                       "flush: new rows refer to each other in a cycle, and no foreign key in it may be NULL: %s%s", path,
                       g->rows[at]->table->name);
    return false;
}

weft_status wefti_flush_sort_inserts(wefti_flush *flush, uint16_t first, uint16_t last, wefti_flush_row ***rows, uint32_t **levels,
                                     uint32_t *level_count)
{
    uint32_t count = 0;
    graph g;
    key_index index;
    for (uint16_t t = first; t <= last; t++)
        count += flush->tables[t].insert_count;
    if (!graph_init(&g, flush, count))
        return flush->session->error.status;
    for (uint16_t t = first; t <= last; t++)
        for (uint32_t i = 0; i < flush->tables[t].insert_count; i++) {
            g.rows[g.row_count++] = &flush->tables[t].inserts[i];
            g.rows[g.row_count - 1]->change->row = g.row_count;
        }
    if (!index_keys(&g, &index))
        return flush->session->error.status;
    for (uint32_t i = 0; i < count; i++)
        if (!add_link_edges(&g, i) || !add_value_edges(&g, &index, i))
            return flush->session->error.status;
    return finish_sort(&g, defer_insert_key, refuse_cycle, rows, levels, level_count);
}

/* ---- deletes ---- */

/* Deletes go from the last table to the first: a foreign key to the same or a later table makes one component of all between. */
uint16_t wefti_flush_delete_component(wefti_flush *flush, uint16_t last, bool *entangled)
{
    uint16_t first = last;
    *entangled = false;
    for (int t = last; t >= 0; t--) {
        const wefti_flush_table *plan = &flush->tables[t];
        for (uint16_t i = 0; plan->delete_count > 0 && i < plan->table->foreign_key_count; i++) {
            const wefti_flush_table *target = &flush->tables[plan->table->foreign_keys[i].target->index];
            if (target < plan || target < &flush->tables[first] || target > &flush->tables[last] || target->delete_count == 0 ||
                (target == plan && plan->delete_count < 2))
                continue;
            *entangled = true;
            first = (uint16_t)t;
        }
    }
    return first;
}

static bool add_delete_edges(graph *g, uint32_t row)
{
    wefti_flush *flush = g->flush;
    const wefti_table *table = g->rows[row]->table;
    for (uint16_t i = 0; i < table->foreign_key_count; i++) {
        const wefti_foreign_key *fk = &table->foreign_keys[i];
        const wefti_key_pairs pairs = wefti_foreign_key_pairs(fk);
        const wefti_object *owner = wefti_key_owner(flush->session, &pairs, g->rows[row]->old);
        uint32_t at = owner == NULL ? NOBODY : row_of(g, pairs.owner, owner);
        if (at == NOBODY || at == row)
            continue;
        if (!add_edge(g, (edge){.first = row, .second = at, .columns = fk->columns, .column_count = fk->count}))
            return false;
    }
    return true;
}

/* The edge runs from the child, whose foreign key is taken away first. */
static bool take_key_before(graph *g, edge *e)
{
    if (!can_be_null(e))
        return true; /* the database may have a way: ON DELETE, or constraints checked at the end */
    wefti_flush *flush = g->flush;
    wefti_flush_deferred *deferred = wefti_flush_alloc(flush, sizeof *deferred);
    if (deferred == NULL)
        return false;
    *deferred = (wefti_flush_deferred){.next = flush->deferred,
                                       .row = g->rows[e->first],
                                       .columns = e->columns,
                                       .column_count = e->column_count};
    flush->deferred = deferred;
    return true;
}

static bool let_cycle_be(graph *g, uint32_t row)
{
    (void)g;
    (void)row;
    return true;
}

weft_status wefti_flush_sort_deletes(wefti_flush *flush, uint16_t first, uint16_t last, wefti_flush_row ***rows, uint32_t **levels,
                                     uint32_t *level_count, wefti_flush_deferred **before)
{
    uint32_t count = 0;
    graph g;
    for (uint16_t t = first; t <= last; t++)
        count += flush->tables[t].delete_count;
    if (!graph_init(&g, flush, count))
        return flush->session->error.status;
    for (int t = last; t >= (int)first; t--)
        for (uint32_t i = 0; i < flush->tables[t].delete_count; i++) {
            g.rows[g.row_count++] = &flush->tables[t].deletes[i];
            g.rows[g.row_count - 1]->change->row = g.row_count;
        }
    for (uint32_t i = 0; i < count; i++)
        if (!add_delete_edges(&g, i))
            return flush->session->error.status;
    flush->deferred = NULL;
    weft_status status = finish_sort(&g, take_key_before, let_cycle_be, rows, levels, level_count);
    *before = flush->deferred;
    return status;
}
