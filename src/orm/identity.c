/* The identity map: one object per row and session.
 *
 * One open-addressing table per mapped table, of object pointers with the hash beside; the key is read from the object's struct.
 * A removed slot becomes a tombstone, and tables that are mostly tombstones are rebuilt when they would grow. */
#include "orm/orm.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

enum { FIRST_SLOTS = 16 };

enum { TAG_FREE, TAG_TOMBSTONE, TAG_OBJECT };

static wefti_object tombstone;

static uint32_t tag_of(uint32_t hash)
{
    return hash < TAG_OBJECT ? hash + TAG_OBJECT : hash;
}

static uint32_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(x >> 32);
}

/* Eight keys that follow each other lie together: rows mostly come in the order of their keys, and a map of many objects is larger
 * than the caches. Keys at a distance are mixed as any. */
static uint32_t integer_hash(int64_t key)
{
    uint32_t group = mix((uint64_t)key >> 3);
    return group << 3 | (((uint32_t)key + (group >> 29)) & 7);
}

/* Where to look after slot i: the same place of the next group of eight, so that a full group pushes another on as a whole; once
 * all were seen, the next place. Slots are a power of two, 16 or more. */
static inline uint32_t next_slot(uint32_t i, uint32_t mask, uint32_t *home)
{
    i = (i + 8) & mask;
    if (__builtin_expect(i == *home, 0))
        i = *home = (i & ~7u) | ((i + 1) & 7);
    return i;
}

static uint64_t value_hash(const weft_value *value, uint64_t seed)
{
    if (value->is_null)
        return seed * 31 + 1;
    switch (value->type) {
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_DECIMAL:
    case WEFT_JSON:
    case WEFT_BYTES: return wefti_hash(value->as.s.data, value->as.s.size, seed);
    case WEFT_UUID: return wefti_hash(value->as.uuid.bytes, sizeof value->as.uuid.bytes, seed);
    case WEFT_BOOL: return seed * 31 + (value->as.b ? 3u : 2u);
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return wefti_hash(&value->as.d, sizeof value->as.d, seed);
    default: return wefti_hash(&value->as.i, sizeof value->as.i, seed);
    }
}

uint32_t wefti_key_hash(const wefti_table *table, const weft_value *key)
{
    if (table->integer_key)
        return integer_hash(key[0].as.i);
    uint64_t hash = 0;
    for (uint16_t i = 0; i < table->key_count; i++)
        hash = value_hash(&key[i], hash + i);
    return mix(hash);
}

bool wefti_values_equal(const weft_value *a, const weft_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null && b->is_null;
    switch (a->type) {
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_DECIMAL:
    case WEFT_JSON:
    case WEFT_BYTES: return a->as.s.size == b->as.s.size && memcmp(a->as.s.data, b->as.s.data, a->as.s.size) == 0;
    case WEFT_UUID: return memcmp(a->as.uuid.bytes, b->as.uuid.bytes, sizeof a->as.uuid.bytes) == 0;
    case WEFT_BOOL: return a->as.b == b->as.b;
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return memcmp(&a->as.d, &b->as.d, sizeof a->as.d) == 0;
    default: return a->as.i == b->as.i;
    }
}

weft_value wefti_object_value(const wefti_object *object, const wefti_column *column)
{
    weft_value value = wefti_field_value(column->field_type, column->size, wefti_object_field(object, column->offset));
    if (column->enum_names != NULL && !value.is_null && (uint64_t)value.as.i < column->enum_count)
        return weft_value_text(column->enum_names[value.as.i]);
    return value;
}

void wefti_object_key(const wefti_object *object, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    for (uint16_t i = 0; i < object->table->key_count; i++)
        key[i] = wefti_object_value(object, object->table->key[i]);
}

static __attribute__((noinline)) int64_t narrow_key(const wefti_column *column, const void *field)
{
    return wefti_field_value(column->field_type, column->size, field).as.i;
}

static inline int64_t integer_key(const wefti_object *object)
{
    const wefti_column *column = object->table->key[0];
    const void *field = wefti_object_field(object, column->offset);
    return column->field_type == WEFT_INT64 ? *(const int64_t *)field : narrow_key(column, field);
}

uint32_t wefti_object_hash(const wefti_object *object)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    if (object->table->integer_key)
        return integer_hash(integer_key(object));
    wefti_object_key(object, key);
    return wefti_key_hash(object->table, key);
}

static bool has_key(const wefti_object *object, const weft_value *key)
{
    for (uint16_t i = 0; i < object->table->key_count; i++) {
        weft_value own = wefti_object_value(object, object->table->key[i]);
        if (!wefti_values_equal(&own, &key[i]))
            return false;
    }
    return true;
}

wefti_object *wefti_map_find(weft_session *session, const wefti_table *table, const weft_value *key, uint32_t hash)
{
    if (table->integer_key)
        return wefti_map_find_integer(session, table, key->as.i, &hash);
    wefti_map *map = &session->maps[table->index];
    if (map->count == 0)
        return NULL;
    uint32_t home = hash & map->mask;
    for (uint32_t i = home, tag = tag_of(hash);; i = next_slot(i, map->mask, &home)) {
        if (map->tags[i] == TAG_FREE) {
            map->missed_hash = hash;
            map->missed_at = i;
            return NULL;
        }
        if (map->tags[i] == tag && has_key(map->slots[i], key))
            return map->slots[i];
    }
}

wefti_object *wefti_map_find_integer(weft_session *session, const wefti_table *table, int64_t key, uint32_t *hash_of_key)
{
    wefti_map *map = &session->maps[table->index];
    uint32_t hash = *hash_of_key = integer_hash(key);
    if (map->count == 0)
        return NULL;
    uint32_t tag = tag_of(hash), home = hash & map->mask, i = home;
    for (; map->tags[i] != TAG_FREE; i = next_slot(i, map->mask, &home))
        if (map->tags[i] == tag && integer_key(map->slots[i]) == key)
            return map->slots[i];
    map->missed_hash = hash;
    map->missed_at = i;
    return NULL;
}

static bool rebuild(weft_session *session, wefti_map *map, uint32_t more)
{
    uint32_t slots = FIRST_SLOTS;
    while (slots < (map->count + more) * 2)
        slots *= 2;
    wefti_object **grown = wefti_calloc(slots, sizeof *grown + sizeof *map->tags);
    if (grown == NULL) {
        wefti_session_fail_memory(session);
        return false;
    }
    uint32_t *tags = (uint32_t *)(void *)(grown + slots);
    for (uint32_t i = 0; map->slots != NULL && i <= map->mask; i++) {
        if (map->tags[i] < TAG_OBJECT)
            continue;
        wefti_object *object = map->slots[i];
        uint32_t tag = map->tags[i], hash = tag == TAG_OBJECT || tag == TAG_OBJECT + 1 ? object->hash : tag;
        uint32_t at = hash & (slots - 1), home = at;
        while (tags[at] != TAG_FREE)
            at = next_slot(at, slots - 1, &home);
        grown[at] = object;
        tags[at] = tag;
    }
    wefti_free(map->slots);
    map->slots = grown;
    map->tags = tags;
    map->mask = slots - 1;
    map->missed_at = UINT32_MAX;
    map->used = map->count;
    return true;
}

bool wefti_map_insert(weft_session *session, wefti_object *object)
{
    return wefti_map_insert_hashed(session, object, wefti_object_hash(object));
}

bool wefti_map_insert_hashed(weft_session *session, wefti_object *object, uint32_t hash)
{
    wefti_map *map = &session->maps[object->table->index];
    if ((map->slots == NULL || (map->used + 1) * 4 > (map->mask + 1) * 3) && !rebuild(session, map, 1))
        return false;
    object->hash = hash;
    bool looked_for = map->missed_hash == hash && map->missed_at <= map->mask && map->tags[map->missed_at] == TAG_FREE;
    uint32_t home = hash & map->mask, i = looked_for ? map->missed_at : home;
    while (map->tags[i] >= TAG_OBJECT)
        i = next_slot(i, map->mask, &home);
    if (map->tags[i] == TAG_FREE)
        map->used++;
    map->tags[i] = tag_of(hash);
    map->slots[i] = object;
    map->count++;
    object->mapped = true;
    session->stats.objects++;
    return true;
}

bool wefti_map_reserve(weft_session *session, const wefti_table *table, uint32_t more)
{
    wefti_map *map = &session->maps[table->index];
    return (map->slots != NULL && (map->used + more) * 4 <= (map->mask + 1) * 3) || rebuild(session, map, more);
}

void wefti_map_remove(weft_session *session, wefti_object *object)
{
    if (!object->mapped)
        return;
    wefti_map *map = &session->maps[object->table->index];
    uint32_t home = object->hash & map->mask, i = home;
    while (map->slots[i] != object)
        i = next_slot(i, map->mask, &home);
    map->slots[i] = &tombstone;
    map->tags[i] = TAG_TOMBSTONE;
    map->count--;
    object->mapped = false;
    session->stats.objects--;
}
