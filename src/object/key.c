/* One rule for which key a foreign key names, one equality of key values, and the searches that rest on them.
 *
 * Integer keys have their own way through the identity map (identity.c), as most keys are integers; they hash alike here. */
#include "object/key.h"

#include "base/text.h"

#include <string.h>

/* ---- values ---- */

weft_value wefti_column_value(const wefti_column *column, const void *structure)
{
    weft_value value = wefti_field_value(column->field->type, column->field->size, (const char *)structure + column->field->offset);
    if (column->enum_names != NULL && !value.is_null && (uint64_t)value.as.i < column->enum_count)
        return weft_value_text(column->enum_names[value.as.i]);
    return value;
}

bool wefti_columns_equal(const wefti_column *const *a, const void *a_struct, const wefti_column *const *b, const void *b_struct,
                         uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        weft_value x = wefti_column_value(a[i], a_struct), y = wefti_column_value(b[i], b_struct);
        if (!wefti_values_equal(&x, &y))
            return false;
    }
    return true;
}

/* ---- keys ---- */

uint32_t wefti_key_hash(const wefti_table *table, const weft_value *key)
{
    if (table->integer_key)
        return wefti_integer_hash(key[0].as.i);
    uint64_t hash = 0;
    for (uint16_t i = 0; i < table->key_count; i++)
        hash = wefti_value_hash(table->key[i]->type, &key[i], hash + i);
    return wefti_hash_mix(hash);
}

bool wefti_keys_equal(const wefti_table *table, const weft_value *a, const weft_value *b)
{
    for (uint16_t i = 0; i < table->key_count; i++)
        if (!wefti_values_match(&a[i], &b[i]))
            return false;
    return true;
}

bool wefti_key_of_struct(const wefti_table *table, const void *structure, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    bool whole = true;
    for (uint16_t i = 0; i < table->key_count; i++) {
        key[i] = wefti_column_value(table->key[i], structure);
        if (table->key[i]->field->own)
            wefti_own_hold(&key[i]);
        whole = whole && !key[i].is_null;
    }
    return whole;
}

wefti_object *wefti_key_find(weft_session *session, const wefti_table *table, const weft_value *key)
{
    return session->maps[table->index].count == 0 ? NULL : wefti_map_find(session, table, key, wefti_key_hash(table, key));
}

/* ---- keys that foreign keys name ---- */

wefti_key_pairs wefti_relation_pairs(const wefti_relation *relation)
{
    if (relation->kind == WEFT_ATTR_BELONGS_TO)
        return (wefti_key_pairs){relation->target, relation->local, relation->remote, relation->local_count};
    return (wefti_key_pairs){relation->source, relation->remote, relation->local, relation->local_count};
}

wefti_key_pairs wefti_foreign_key_pairs(const wefti_foreign_key *fk)
{
    return (wefti_key_pairs){fk->target, fk->columns, fk->target_columns, fk->count};
}

bool wefti_key_order(const wefti_key_pairs *pairs, uint16_t order[WEFTI_MAX_KEY_COLUMNS])
{
    if (pairs->count != pairs->owner->key_count)
        return false;
    for (uint16_t i = 0; i < pairs->count; i++) {
        uint16_t at = 0;
        while (at < pairs->count && pairs->referred[at] != pairs->owner->key[i])
            at++;
        if (at == pairs->count)
            return false;
        order[i] = at;
    }
    return true;
}

bool wefti_key_named(const wefti_key_pairs *pairs, const void *child, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    uint16_t order[WEFTI_MAX_KEY_COLUMNS];
    if (!wefti_key_order(pairs, order))
        return false;
    for (uint16_t i = 0; i < pairs->count; i++) {
        key[i] = wefti_column_value(pairs->child[order[i]], child);
        if (pairs->child[order[i]]->field->own)
            wefti_own_hold(&key[i]);
        if (key[i].is_null)
            return false;
    }
    return true;
}

wefti_object *wefti_key_owner(weft_session *session, const wefti_key_pairs *pairs, const void *child)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    if (session->maps[pairs->owner->index].count == 0 || !wefti_key_named(pairs, child, key))
        return NULL;
    return wefti_key_find(session, pairs->owner, key);
}

bool wefti_key_refers(const wefti_key_pairs *pairs, const void *child, const void *owner)
{
    for (uint16_t i = 0; i < pairs->count; i++) {
        const wefti_column *reference = pairs->child[i], *key = pairs->referred[i];
        const void *from = (const char *)child + reference->field->offset, *at = (const char *)owner + key->field->offset;
        if (key->field->type == WEFT_INT64 && reference->field->type == WEFT_INT64) {
            if (*(const int64_t *)at != *(const int64_t *)from)
                return false;
            continue;
        }
        weft_value a = wefti_column_value(reference, child), b = wefti_column_value(key, owner);
        if (!wefti_values_match(&a, &b))
            return false;
    }
    return true;
}

/* ---- what only the database knows ---- */

/* What a range or bits are as a field; a key has fewer columns than this. */
static const void *own_field(const weft_value *value)
{
    static _Thread_local weft_range_int64 rooms[2 * WEFTI_MAX_KEY_COLUMNS];
    static _Thread_local unsigned next;
    void *room = &rooms[next++ % (2 * WEFTI_MAX_KEY_COLUMNS)];
    (void)wefti_field_put((unsigned)value->type, value, room);
    return room;
}

void wefti_key_array_of(const wefti_type *row, unsigned type, const weft_value *value, wefti_array *array)
{
    const bool any_text = wefti_type_is_text(type) && row->content == NULL;
    *array = (wefti_array){.type = any_text ? (uint16_t)WEFT_TEXT : row->item, .count = 1, .base = &value->as.i};
    switch ((wefti_kept)row->kept) {
    case WEFTI_KEPT_BOOL: array->base = &value->as.b; break;
    case WEFTI_KEPT_REAL: array->base = &value->as.d; break;
    case WEFTI_KEPT_PLAIN: array->base = &value->as; break;
    case WEFTI_KEPT_RANGE:
    case WEFTI_KEPT_BITS: array->base = own_field(value); break;
    case WEFTI_KEPT_BYTES: array->base = &value->as.s; break;
    case WEFTI_KEPT_TEXT:
    case WEFTI_KEPT_CHARS: array->base = &value->as.s.data; break;
    default: break;
    }
}

static bool is_spelled(const wefti_column *column)
{
    return (column->type == WEFT_TEXT && column->enum_names == NULL) || column->type == WEFT_JSON;
}

bool wefti_key_is_respelled(const wefti_table *table)
{
    for (uint16_t i = 0; i < table->key_count; i++) {
        const wefti_column *column = table->key[i];
        if (wefti_type_of(column->type)->content != NULL || column->type == WEFT_JSON ||
            (is_spelled(column) && column->sql_type != NULL))
            return true;
    }
    return false;
}

bool wefti_key_is_spelling(const wefti_table *table)
{
    for (uint16_t i = 0; !table->integer_key && i < table->key_count; i++)
        if (is_spelled(table->key[i]))
            return true;
    return false;
}

bool wefti_key_is_spelled(const wefti_key_pairs *pairs)
{
    for (uint16_t i = 0; i < pairs->count; i++)
        if (is_spelled(pairs->referred[i]))
            return true;
    return false;
}

bool wefti_key_is_loose(const wefti_key_pairs *pairs)
{
    for (uint16_t i = 0; i < pairs->count; i++)
        if (is_spelled(pairs->referred[i]) && (pairs->referred[i]->sql_type != NULL || pairs->referred[i]->type == WEFT_JSON))
            return true;
    return false;
}

static weft_status keep_owner(void *context, wefti_object *const *objects, const weft_value *cells, const wefti_compiled *compiled)
{
    (void)cells, (void)compiled;
    *(wefti_object **)context = objects[0];
    return WEFT_OK;
}

weft_status wefti_key_ask_values(weft_session *session, const wefti_table *table, const weft_value *key, wefti_object **object)
{
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    for (uint16_t i = 0; i < table->key_count; i++)
        wefti_key_array(table->key[i], &key[i], &keys[i]);
    const wefti_among among = {.keys = keys, .one = true};
    const wefti_select select = {.from = table, .left_out = table->mapper->deferred, .among = &among};
    *object = NULL;
    return wefti_session_fetch(session, &select, 0, keep_owner, object);
}

weft_status wefti_key_ask(weft_session *session, const wefti_key_pairs *pairs, const void *child, wefti_object **owner)
{
    uint16_t order[WEFTI_MAX_KEY_COLUMNS];
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    *owner = NULL;
    if (!wefti_key_order(pairs, order))
        return WEFT_OK;
    for (uint16_t i = 0; i < pairs->count; i++) {
        const wefti_column *column = pairs->child[order[i]];
        weft_value value = wefti_column_value(column, child);
        if (value.is_null)
            return WEFT_OK;
        keys[i] = (wefti_array){
            .type = column->field->type, .size = column->field->size, .count = 1, .base = child, .offset = column->field->offset};
    }
    const wefti_among among = {.keys = keys, .one = true};
    const wefti_select select = {.from = pairs->owner, .left_out = pairs->owner->mapper->deferred, .among = &among};
    return wefti_session_fetch(session, &select, 0, keep_owner, owner);
}

wefti_object *wefti_key_owner_asked(weft_session *session, const wefti_key_pairs *pairs, const void *child)
{
    wefti_object *owner = wefti_key_owner(session, pairs, child);
    if (owner != NULL || session->maps[pairs->owner->index].count == 0 || !wefti_key_is_loose(pairs))
        return owner;
    (void)wefti_key_ask(session, pairs, child, &owner);
    return owner;
}
