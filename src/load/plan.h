/* What is to be loaded, as a tree: loaders of a query and the models' defaults, checked and merged. */
#ifndef WEFTI_LOAD_PLAN_H
#define WEFTI_LOAD_PLAN_H

#include "orm/orm.h"

typedef struct wefti_load_node wefti_load_node;

/* The relationships of the objects at one place of the tree. */
typedef struct wefti_load_level {
    wefti_load_node *nodes;
    uint64_t raise;            /* relationships that weft_lazy must refuse: bit = wefti_relation.index */
} wefti_load_level;

struct wefti_load_node {
    const wefti_relation *relation;
    weft_load_how how;         /* LAZY and RAISE are kept too: they hide the model's default */
    wefti_load_level below;    /* of the objects that the relationship leads to */
    wefti_load_node *next;
};

/* Whether the model of a table asks for relationships to be loaded with it. */
bool wefti_load_has_defaults(const wefti_table *table);

/* Fills level with the loaders (may be NULL) and the defaults of table; arrived: the relationship by which these objects are
 * reached, or NULL. Nodes lie in the arena. Loaders that do not fit where they stand, a NULL among them and nesting that is too
 * deep are MISUSE; the session fails then. */
weft_status wefti_load_plan(weft_session *session, wefti_arena *arena, const wefti_table *table, const weft_loader *const *loaders,
                            const wefti_relation *arrived, wefti_load_level *level);
/* Whether a pending change touches a table that the plan will read, at any depth. */
bool wefti_load_reads_dirty(const weft_session *session, const wefti_load_level *level);

#endif
