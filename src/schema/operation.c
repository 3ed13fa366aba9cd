/* Lists of operations. */
#include "schema/operation.h"

#include <string.h>

void wefti_ops_init(wefti_ops *ops)
{
    *ops = (wefti_ops){0};
    wefti_arena_init(&ops->arena, 4096);
}

void wefti_ops_deinit(wefti_ops *ops) { wefti_arena_deinit(&ops->arena); }

void wefti_ops_add(wefti_ops *ops, const wefti_op *op)
{
    if (ops->count == ops->capacity) {
        size_t capacity = ops->capacity > 0 ? 2 * ops->capacity : 16;
        wefti_op *items = wefti_arena_alloc(&ops->arena, capacity * sizeof *items);
        if (items == NULL) {
            ops->failed = true;
            return;
        }
        if (ops->count > 0)
            memcpy(items, ops->items, ops->count * sizeof *items);
        ops->items = items;
        ops->capacity = capacity;
    }
    ops->items[ops->count++] = *op;
}
