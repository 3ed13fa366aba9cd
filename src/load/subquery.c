/* By the statement that gave the owners, as a subquery; owners that came without one are loaded by their keys. */
#include "load/strategy.h"

weft_status wefti_load_by_subquery(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                                   const wefti_select *select)
{
    if (select == NULL)
        return wefti_load_by_keys(walk, node, owners, NULL);
    const wefti_among filter = {.relation = node->relation, .owners = select};
    return wefti_load_part(walk, node, owners, &filter);
}
