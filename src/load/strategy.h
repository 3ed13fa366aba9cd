/* How each strategy loads: a row per weft_load_how, and the functions that rows share. A new strategy is a file with its function
 * and a row in strategy.c. */
#ifndef WEFTI_LOAD_STRATEGY_H
#define WEFTI_LOAD_STRATEGY_H

#include "load/walk.h"

typedef struct wefti_load_strategy {
    bool eager;    /* loads with the query; else hides what the model says */
    bool joins;    /* its rows come in the statement of their owners, see statement.c; load serves those it did not reach */
    bool refuses;  /* weft_lazy is an error afterwards */
    uint8_t locks; /* weft_load_how in the place of this one where the query locks rows */
    /* Loads node's relationship for owners that do not have it, each once. select: the statement that gave them, or NULL. */
    weft_status (*load)(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                        const wefti_select *select);
} wefti_load_strategy;

/* NULL for a number that is none. */
const wefti_load_strategy *wefti_load_strategy_of(weft_load_how how);

weft_status wefti_load_by_keys(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                               const wefti_select *select);
weft_status wefti_load_by_subquery(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                                   const wefti_select *select);

/* One statement for the owners that the filter says, and its rows in their relationships. owners: all of them, each once. */
weft_status wefti_load_part(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                            const wefti_among *filter);

#endif
