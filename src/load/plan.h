/* What is to be loaded, as a tree: loaders of a query and the models' defaults, checked and merged. */
#ifndef WEFTI_LOAD_PLAN_H
#define WEFTI_LOAD_PLAN_H

#include "load/load.h"

struct wefti_load_node {
    const wefti_relation *relation;
    weft_load_how how;      /* LAZY and RAISE are kept too: they hide the model's default */
    wefti_load_level below; /* of the objects that the relationship leads to */
    wefti_load_node *next;
};

/* Adds to level, which is empty, what the loaders (may be NULL) and the defaults of table say. Nodes lie in the arena. Loaders that
 * do not fit where they stand, a NULL among them and nesting that is too deep are MISUSE; the session fails then. */
weft_status wefti_load_plan(weft_session *session, wefti_arena *arena, const wefti_table *table, const weft_loader *const *loaders,
                            wefti_load_level *level);
/* The same for one relationship, which is loaded by select-in, and the defaults of what it leads to. */
weft_status wefti_load_plan_relation(weft_session *session, wefti_arena *arena, const wefti_relation *relation,
                                     wefti_load_level *level);
/* Whether a pending change touches a table that the plan will read, at any depth. */
bool wefti_load_level_reads_dirty(const weft_session *session, const wefti_load_level *level);

#endif
