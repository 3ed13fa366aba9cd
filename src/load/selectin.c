/* By keys: one statement for the owners' keys, or several where they are many. Also for what a joined load could not reach: owners
 * that were in memory before, and those below a relationship that came without a statement. */
#include "load/strategy.h"

#include "base/memory.h"
#include "load/keys.h"

static weft_status load_keys(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners)
{
    const void **structs = wefti_malloc(owners->count * sizeof *structs);
    if (structs == NULL)
        return wefti_session_fail_memory(walk->session);
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    wefti_load_key_arrays(node->relation, owners->items, owners->count, structs, keys);
    const wefti_among filter = {.relation = node->relation, .keys = keys};
    weft_status status = wefti_load_part(walk, node, owners, &filter);
    wefti_free(structs);
    return status;
}

static weft_status load_parts(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners)
{
    const size_t most = node->relation->local_count == 1 ? WEFTI_MAX_LOAD_KEYS : WEFTI_MAX_LOAD_COMPOSITE_KEYS;
    weft_status status = WEFT_OK;
    for (size_t at = 0; at < owners->count && status == WEFT_OK; at += most) {
        size_t left = owners->count - at, count = left < most ? left : most;
        const wefti_load_objects part = {.items = owners->items + at, .count = count};
        status = load_keys(walk, node, &part);
    }
    return status;
}

weft_status wefti_load_by_keys(wefti_load_walk *walk, const wefti_load_node *node, const wefti_load_objects *owners,
                               const wefti_select *select)
{
    (void)select;
    if (node->relation->kind != WEFT_ATTR_BELONGS_TO)
        return load_parts(walk, node, owners);
    weft_session *session = walk->session; /* many owners may refer to one target */
    wefti_load_objects distinct = {0};
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < owners->count && status == WEFT_OK; i++)
        if (!wefti_load_objects_add(session, &distinct, owners->items[i]))
            status = session->error.status;
    if (status == WEFT_OK)
        status = wefti_load_distinct(session, node->relation, &distinct);
    if (status == WEFT_OK)
        status = load_parts(walk, node, &distinct);
    wefti_load_objects_free(&distinct);
    return status;
}
