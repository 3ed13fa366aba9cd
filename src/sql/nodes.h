/* Finding nodes that are no longer what the program wrote, for programs compiled with WEFT_CHECK_NODES (the default without
 * NDEBUG).
 *
 * Public functions that take nodes begin with WEFTI_NODES_ENTER, because only there the stack below is known to be nobody's; where
 * the nodes are first looked at, wefti_nodes_check follows. Both cost one load in programs that do not check. */
#ifndef WEFTI_SQL_NODES_H
#define WEFTI_SQL_NODES_H

#include "base/atomic.h"

#include <weft/connection.h>
#include <weft/expr.h>
#include <weft/load.h>
#include <weft/status.h>

extern wefti_atomic_u32 wefti_nodes_watched; /* set for good by the first node that is noted; nothing else is published by it */

static inline bool wefti_nodes_watching(void)
{
    return __builtin_expect(wefti_atomic_load_u32(&wefti_nodes_watched, WEFTI_RELAXED) != 0, 0);
}

/* frame: of the public function that was called. */
void wefti_nodes_enter(const void *frame);
#define WEFTI_NODES_ENTER \
    do { \
        if (wefti_nodes_watching()) \
            wefti_nodes_enter(__builtin_frame_address(0)); \
    } while (0)

/* What a call was given; any may be NULL. */
typedef struct wefti_node_roots {
    const weft_rows_options *query;
    const weft_write *write; /* itself may lie anywhere */
    const weft_model *from;
    const weft_expr *where, *having, *lists[4];
    const weft_join_step *joins;
    const weft_loader *load;
    const weft_insert_options *conflict; /* itself may lie anywhere, those of .otherwise not */
} wefti_node_roots;

/* WEFT_ERROR_MISUSE where a node, list, join or loader lies in the frame of a function that has returned, or where one literal that
 * a loop made several times stands several times in a list. error may be NULL. */
weft_status wefti_nodes_check(const wefti_node_roots *roots, weft_error *error);

#endif
