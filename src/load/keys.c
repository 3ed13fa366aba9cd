/* Keys of owners.
 *
 * A select-in load sends the fields of the owners as they lie in their structs. Many-to-one loads ask the identity map first, with
 * the foreign key as the target's key, and send each key that is missing once. */
#include "load/keys.h"

#include "base/memory.h"

#include <string.h>

static weft_value column_value(const wefti_object *object, const wefti_column *column)
{
    weft_value value = wefti_field_value(column->field_type, column->size, wefti_object_field(object, column->offset));
    if (column->enum_names != NULL && !value.is_null && (uint64_t)value.as.i < column->enum_count)
        return weft_value_text(column->enum_names[value.as.i]);
    return value;
}

bool wefti_load_target_key(const wefti_object *owner, const wefti_relation *relation, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    for (uint16_t i = 0; i < relation->target->key_count; i++) {
        uint16_t k = 0;
        while (k + 1 < relation->local_count && relation->remote[k] != relation->target->key[i])
            k++;
        key[i] = column_value(owner, relation->local[k]);
        if (key[i].is_null)
            return false;
    }
    return true;
}

wefti_object *wefti_load_target_find(weft_session *session, const wefti_relation *relation, const weft_value *key)
{
    wefti_object *target = wefti_map_find(session, relation->target, key, wefti_key_hash(relation->target, key));
    if (target == NULL || (wefti_object_stale(session, target) && target->change == NULL))
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

static bool same_value(const weft_value *a, const weft_value *b)
{
    switch (a->type) {
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_DECIMAL:
    case WEFT_JSON:
    case WEFT_BYTES: return a->as.s.size == b->as.s.size && memcmp(a->as.s.data, b->as.s.data, a->as.s.size) == 0;
    case WEFT_UUID: return memcmp(&a->as.uuid, &b->as.uuid, sizeof a->as.uuid) == 0;
    case WEFT_BOOL: return a->as.b == b->as.b;
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return memcmp(&a->as.d, &b->as.d, sizeof a->as.d) == 0;
    default: return a->as.i == b->as.i;
    }
}

static bool same_key(const wefti_object *a, const wefti_object *b, const wefti_relation *relation)
{
    for (uint16_t i = 0; i < relation->local_count; i++) {
        weft_value x = column_value(a, relation->local[i]), y = column_value(b, relation->local[i]);
        if (!same_value(&x, &y))
            return false;
    }
    return true;
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
        keys[i] = (wefti_array){.type = relation->local[i]->field_type, .size = relation->local[i]->size, .count = count,
                                .rows = structs, .offset = relation->local[i]->offset};
}
