/* Carrying a plan out, level by level. */
#ifndef WEFTI_LOAD_WALK_H
#define WEFTI_LOAD_WALK_H

#include "load/fill.h"
#include "load/plan.h"

typedef struct wefti_load_walk {
    weft_session *session;
    wefti_arena *arena;
    uint64_t older; /* objects of cohorts up to this number are overwritten, each once; 0: no refresh */
    uint64_t *sent; /* counts statements */
} wefti_load_walk;

/* Loads what the level says for these objects (each once), and below it for what they lead to. select: the one that gave the
 * objects, without row locks and joined loads, or NULL: then subquery loads go by keys. */
weft_status wefti_load_level_walk(wefti_load_walk *walk, const wefti_load_level *level, const wefti_load_objects *objects,
                                  const wefti_select *select);
/* The same for one relationship. */
weft_status wefti_load_node_walk(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *objects,
                                 const wefti_select *select);

#endif
