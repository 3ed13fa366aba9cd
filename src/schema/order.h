/* Dependency order: what is referred to comes before what refers to it. */
#ifndef WEFTI_SCHEMA_ORDER_H
#define WEFTI_SCHEMA_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* A foreign key of the table `from`. */
typedef struct wefti_edge {
    uint32_t from, to;
    bool nullable; /* a row may go without it */
    bool in_cycle; /* set by wefti_order: it leads back to its table by way of others */
} wefti_edge;

/* Fills order with the numbers of the tables (0 to count - 1), referred-to ones first, and sets in_cycle of each edge. edges are
 * sorted by from. False when out of memory. */
bool wefti_order(wefti_arena *arena, uint32_t count, wefti_edge *edges, uint32_t edge_count, uint32_t *order);

#endif
