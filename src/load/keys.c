/* Keys of owners.
 *
 * A select-in load sends the fields of the owners as they lie in their structs. Many-to-one loads ask the identity map first, with
 * the foreign key as the target's key, and send each key that is missing once. */
#include "load/keys.h"

#include "base/memory.h"
#include "object/key.h"

#include <string.h>

bool wefti_load_target_key(const wefti_object *owner, const wefti_relation *relation, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    const wefti_key_pairs pairs = wefti_relation_pairs(relation);
    return wefti_key_named(&pairs, wefti_object_struct(owner), key);
}

wefti_object *wefti_load_target_find(weft_session *session, const wefti_relation *relation, const weft_value *key)
{
    wefti_object *target = wefti_key_find(session, relation->target, key);
    if (target == NULL || wefti_object_outdated(session, target))
        return NULL;
    return target;
}

bool wefti_load_target_set(weft_session *session, wefti_object *owner, const wefti_relation *relation, const wefti_object *target)
{
    if (!wefti_load_may_miss(session, owner, relation) || (target != NULL && !wefti_load_may_lead_to(session, owner, target)))
        return false;
    *(const void **)wefti_object_field(owner, relation->offset) = target == NULL ? NULL : wefti_object_struct(target);
    owner->loaded |= UINT64_C(1) << relation->index;
    return true;
}

static bool same_key(const wefti_object *a, const wefti_object *b, const wefti_relation *relation)
{
    return wefti_columns_equal(relation->local, wefti_object_struct(a), relation->local, wefti_object_struct(b),
                               relation->local_count);
}

weft_status wefti_load_distinct(weft_session *session, const wefti_relation *relation, wefti_load_objects *owners)
{
    size_t slot_count = 16;
    if (owners->count < 2)
        return WEFT_OK;
    while (slot_count < owners->count * 2)
        slot_count *= 2;
    wefti_object **slots = wefti_calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return wefti_session_fail_memory(session);
    size_t count = 0;
    for (size_t i = 0; i < owners->count; i++) {
        wefti_object *owner = owners->items[i];
        weft_value key[WEFTI_MAX_KEY_COLUMNS];
        wefti_load_target_key(owner, relation, key);
        size_t at = wefti_key_hash(relation->target, key) & (slot_count - 1);
        while (slots[at] != NULL && !same_key(slots[at], owner, relation))
            at = (at + 1) & (slot_count - 1);
        if (slots[at] != NULL)
            continue;
        slots[at] = owner;
        owners->items[count++] = owner;
    }
    owners->count = count;
    wefti_free(slots);
    return WEFT_OK;
}

void wefti_load_key_arrays(const wefti_relation *relation, wefti_object *const *owners, size_t count, const void **structs,
                           wefti_array keys[WEFTI_MAX_KEY_COLUMNS])
{
    for (size_t i = 0; i < count; i++)
        structs[i] = wefti_object_struct(owners[i]);
    for (uint16_t i = 0; i < relation->local_count; i++)
        keys[i] = (wefti_array){.type = relation->local[i]->field->type,
                                .size = relation->local[i]->field->size,
                                .count = count,
                                .rows = structs,
                                .offset = relation->local[i]->field->offset};
}
