/* A map from text to a pointer. Keys stand in an array of their own, so that a batch's keys can be handed to a query as they
 * are. */
#include "map.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *key)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *key != '\0'; key++) {
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    }
    return hash;
}

void map_free(Map *map)
{
    free(map->keys);
    free(map->values);
    free(map->slots);
    *map = (Map){0};
}

void map_clear(Map *map)
{
    if (map->slots != NULL) {
        memset(map->slots, 0, 2 * map->capacity * sizeof(map->slots[0]));
    }
    map->count = 0;
}

static uint32_t *slot_of(const Map *map, const char *key)
{
    size_t mask = 2 * map->capacity - 1;
    size_t at = hash_of(key) & mask;
    while (map->slots[at] != 0 && strcmp(map->keys[map->slots[at] - 1], key) != 0) {
        at = (at + 1) & mask;
    }
    return &map->slots[at];
}

static bool grow(Map *map)
{
    size_t capacity = map->capacity == 0 ? 256 : 2 * map->capacity;
    const char **keys = realloc(map->keys, capacity * sizeof(*keys));
    if (keys != NULL) {
        map->keys = keys;
    }
    const void **values = realloc(map->values, capacity * sizeof(*values));
    if (values != NULL) {
        map->values = values;
    }
    uint32_t *slots = calloc(2 * capacity, sizeof(*slots));
    if (keys == NULL || values == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    free(map->slots);
    map->slots = slots;
    map->capacity = capacity;
    for (size_t i = 0; i < map->count; i++) {
        *slot_of(map, map->keys[i]) = (uint32_t)i + 1;
    }
    return true;
}

const void **map_at(Map *map, const char *key)
{
    if (map->failed || (map->count == map->capacity && !grow(map))) {
        map->failed = true;
        map->spare = NULL;
        return &map->spare;
    }
    uint32_t *slot = slot_of(map, key);
    if (*slot == 0) {
        map->keys[map->count] = key;
        map->values[map->count] = NULL;
        *slot = (uint32_t)++map->count;
    }
    return &map->values[*slot - 1];
}
