/* The identity map: one object per row and session.
 *
 * One open-addressing table per mapped table, of object pointers with the hash beside; the key is read from the object's struct.
 * A removed slot becomes a tombstone, and tables that are mostly tombstones are rebuilt when they would grow. */
#include "object/key.h"

#include "base/memory.h"

#include <string.h>

enum { FIRST_SLOTS = 16 };

enum { TAG_FREE, TAG_TOMBSTONE, TAG_OBJECT };

static wefti_object tombstone;

static uint32_t tag_of(uint32_t hash) { return hash < TAG_OBJECT ? hash + TAG_OBJECT : hash; }

uint32_t wefti_hash_mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(x >> 32);
}

/* Eight keys that follow each other lie together: rows mostly come in the order of their keys, and a map of many objects is larger
 * than the caches. Keys at a distance are mixed as any. */
static inline uint32_t integer_hash(int64_t key)
{
    uint32_t group = wefti_hash_mix((uint64_t)key >> 3);
    return group << 3 | (((uint32_t)key + (group >> 29)) & 7);
}

uint32_t wefti_integer_hash(int64_t key) { return integer_hash(key); }

/* Where to look after slot i: the same place of the next group of eight, so that a full group pushes another on as a whole; once
 * all were seen, the next place. Slots are a power of two, 16 or more. */
static inline uint32_t next_slot(uint32_t i, uint32_t mask, uint32_t *home)
{
    i = (i + 8) & mask;
    if (__builtin_expect(i == *home, 0))
        i = *home = (i & ~7u) | ((i + 1) & 7);
    return i;
}

void wefti_session_age_views(weft_session *session)
{
    for (uint16_t t = 0; t < session->schema->table_count; t++) {
        const wefti_map *map = &session->maps[t];
        for (uint32_t i = 0; wefti_table_is_view(session->schema->tables[t]) && map->slots != NULL && i <= map->mask; i++)
            if (map->slots[i] != NULL && map->slots[i] != &tombstone)
                map->slots[i]->generation = 0; /* stale, whatever weft_transact keeps */
    }
}

void wefti_object_key(const wefti_object *object, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    (void)wefti_key_of_struct(object->table, wefti_object_struct(object), key);
}

static __attribute__((noinline)) int64_t narrow_key(const wefti_field *mapped, const void *field)
{
    return wefti_field_value(mapped->type, mapped->size, field).as.i;
}

/* mapped: the key's only field. */
static inline int64_t integer_key(const wefti_field *mapped, const wefti_object *object)
{
    const void *field = wefti_object_field(object, mapped->offset);
    return mapped->type == WEFT_INT64 ? *(const int64_t *)field : narrow_key(mapped, field);
}

uint32_t wefti_object_hash(const wefti_object *object)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    if (object->table->integer_key)
        return integer_hash(integer_key(object->table->key[0]->field, object));
    wefti_object_key(object, key);
    return wefti_key_hash(object->table, key);
}

static bool has_key(const wefti_object *object, const weft_value *key)
{
    for (uint16_t i = 0; i < object->table->key_count; i++) {
        weft_value own = wefti_column_value(object->table->key[i], wefti_object_struct(object));
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
    const wefti_field *mapped = table->key[0]->field;
    uint32_t tag = tag_of(hash), home = hash & map->mask, i = home;
    for (; map->tags[i] != TAG_FREE; i = next_slot(i, map->mask, &home))
        if (map->tags[i] == tag && integer_key(mapped, map->slots[i]) == key)
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
    session->mapped = true;
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
    session->mapped = true;
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
