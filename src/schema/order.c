/* Dependency order: tables that are referred to come before those that refer to them.
 *
 * A foreign key lies in a cycle where its target leads back to its table (references of a table to itself do not count): where both
 * are of one strongly connected component, found by Tarjan's algorithm (SIAM Journal on Computing 1, 1972) without recursion.
 * Cycles are broken at nullable keys first, so that rows too can be written in this order as far as possible. Otherwise the order
 * that was given stays: of the tables that wait for the least the first one is placed, by one heap for each degree of waiting.
 * Tables by the thousand cost little more than their number. */
#include "schema/order.h"

/* How much a table still waits for: nothing, nullable keys in cycles, keys in cycles, others. */
enum { WAITS_FOR_NOTHING, WAITS_FOR_NULLABLE, WAITS_FOR_CYCLE, WAITS_FOR_OTHERS, DEGREES };

typedef struct referrer {
    uint32_t table;
    uint32_t next; /* index + 1 of the next key with the same target */
    uint8_t degree;
} referrer;

typedef struct heap {
    uint32_t *tables; /* the least first */
    uint32_t count;
} heap;

typedef struct order {
    wefti_arena *arena;
    uint32_t count, key_count;
    wefti_edge *edges;
    uint32_t *first_edge; /* by table; one more behind the last */

    /* Components. Numbers begin with 1; 0: not met yet. */
    uint32_t *number, *lowest, *component, *next_key;
    uint32_t *path, *open; /* stacks: of the walk, and of tables whose component is not closed */
    uint32_t path_size, open_size, met, components;

    /* Placing. */
    uint32_t (*waits)[DEGREES]; /* by table: how many keys of each degree are not satisfied */
    uint32_t *referrers_of;     /* by table: index + 1 of the first */
    referrer *referrers;
    heap heaps[DEGREES];
    bool *placed;
} order;

/* ---- components ---- */

static void enter(order *o, uint32_t table)
{
    o->number[table] = o->lowest[table] = ++o->met;
    o->path[o->path_size++] = table;
    o->open[o->open_size++] = table;
}

static void leave(order *o, uint32_t table)
{
    o->path_size--;
    if (o->path_size > 0) {
        uint32_t parent = o->path[o->path_size - 1];
        if (o->lowest[table] < o->lowest[parent])
            o->lowest[parent] = o->lowest[table];
    }
    if (o->lowest[table] != o->number[table])
        return;
    o->components++;
    uint32_t member;
    do {
        member = o->open[--o->open_size];
        o->component[member] = o->components;
    } while (member != table);
}

static void walk_from(order *o, uint32_t first)
{
    enter(o, first);
    while (o->path_size > 0) {
        uint32_t table = o->path[o->path_size - 1];
        if (o->next_key[table] == o->first_edge[table + 1]) {
            leave(o, table);
            continue;
        }
        uint32_t next = o->edges[o->next_key[table]++].to;
        if (o->number[next] == 0)
            enter(o, next);
        else if (o->component[next] == 0 && o->number[next] < o->lowest[table])
            o->lowest[table] = o->number[next];
    }
}

static void mark_cycles(order *o)
{
    for (uint32_t t = 0; t < o->count; t++)
        if (o->number[t] == 0)
            walk_from(o, t);
    for (uint32_t i = 0; i < o->key_count; i++) {
        wefti_edge *edge = &o->edges[i];
        edge->in_cycle = edge->to != edge->from && o->component[edge->to] == o->component[edge->from];
    }
}

/* ---- placing ---- */

static void push(heap *h, uint32_t table)
{
    uint32_t at = h->count++;
    for (; at > 0 && h->tables[(at - 1) / 2] > table; at = (at - 1) / 2)
        h->tables[at] = h->tables[(at - 1) / 2];
    h->tables[at] = table;
}

static uint32_t pop(heap *h)
{
    uint32_t least = h->tables[0], last = h->tables[--h->count], at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->tables[child + 1] < h->tables[child])
            child++;
        if (last <= h->tables[child])
            break;
        h->tables[at] = h->tables[child];
        at = child;
    }
    h->tables[at] = last;
    return least;
}

static int degree_of(const order *o, uint32_t table)
{
    int degree = WAITS_FOR_OTHERS;
    while (degree > WAITS_FOR_NOTHING && o->waits[table][degree] == 0)
        degree--;
    return degree;
}

static void note_keys(order *o)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < o->key_count; i++) {
        const wefti_edge *edge = &o->edges[i];
        if (edge->to == edge->from)
            continue;
        uint8_t degree = !edge->in_cycle ? WAITS_FOR_OTHERS : edge->nullable ? WAITS_FOR_NULLABLE : WAITS_FOR_CYCLE;
        uint32_t *first = &o->referrers_of[edge->to];
        o->referrers[k] = (referrer){edge->from, *first, degree};
        *first = ++k;
        o->waits[edge->from][degree]++;
    }
}

/* The first of the tables that wait for the least. A table lies in the heap of each degree that it ever had: all but one are passed
 * over. */
static uint32_t next_table(order *o)
{
    for (int degree = 0;; degree++)
        while (o->heaps[degree].count > 0) {
            uint32_t table = pop(&o->heaps[degree]);
            if (!o->placed[table] && degree_of(o, table) == degree)
                return table;
        }
}

static void place_all(order *o, uint32_t *out)
{
    note_keys(o);
    for (uint32_t t = 0; t < o->count; t++)
        push(&o->heaps[degree_of(o, t)], t);
    for (uint32_t done = 0; done < o->count; done++) {
        uint32_t table = next_table(o);
        o->placed[table] = true;
        out[done] = table;
        for (uint32_t k = o->referrers_of[table]; k != 0; k = o->referrers[k - 1].next) {
            const referrer *from = &o->referrers[k - 1];
            int before = degree_of(o, from->table);
            o->waits[from->table][from->degree]--;
            int now = degree_of(o, from->table);
            if (now != before && !o->placed[from->table])
                push(&o->heaps[now], from->table);
        }
    }
}

/* ---- all ---- */

static uint32_t *numbers(order *o, bool *failed)
{
    uint32_t *made = wefti_arena_zalloc(o->arena, (o->count + 1u) * sizeof *made);
    *failed = *failed || made == NULL;
    return made;
}

static bool make_room(order *o)
{
    bool failed = false;
    o->first_edge = numbers(o, &failed);
    o->number = numbers(o, &failed);
    o->lowest = numbers(o, &failed);
    o->component = numbers(o, &failed);
    o->next_key = numbers(o, &failed);
    o->path = numbers(o, &failed);
    o->open = numbers(o, &failed);
    o->referrers_of = numbers(o, &failed);
    for (int degree = 0; degree < DEGREES; degree++)
        o->heaps[degree].tables = numbers(o, &failed);
    o->waits = wefti_arena_zalloc(o->arena, (o->count + 1u) * sizeof *o->waits);
    o->referrers = wefti_arena_zalloc(o->arena, (o->key_count + 1u) * sizeof *o->referrers);
    o->placed = wefti_arena_zalloc(o->arena, o->count + 1u);
    return !failed && o->waits != NULL && o->referrers != NULL && o->placed != NULL;
}

bool wefti_order(wefti_arena *arena, uint32_t count, wefti_edge *edges, uint32_t edge_count, uint32_t *order_of)
{
    order o = {.arena = arena, .count = count, .key_count = edge_count, .edges = edges};
    if (!make_room(&o))
        return false;
    for (uint32_t t = 0, i = 0; t <= count; t++) {
        while (i < edge_count && edges[i].from < t)
            i++;
        o.first_edge[t] = i;
        if (t < count)
            o.next_key[t] = i;
    }
    mark_cycles(&o);
    place_all(&o, order_of);
    return true;
}
