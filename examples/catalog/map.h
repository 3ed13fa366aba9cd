/* A map from text to a pointer: open addressing, keys borrowed, in order of insertion. */
#ifndef CATALOG_MAP_H
#define CATALOG_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Map {
    const char **keys;   /* count of them, in order of insertion */
    const void **values; /* of keys, at the same index */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* index + 1 into keys, or 0; 2 * capacity of them, a power of two */
    bool failed;     /* out of memory: lookups after that give a spare place that nobody reads */
    const void *spare;
} Map;

void map_free(Map *map);
void map_clear(Map *map);

/* The place of a key's value, made with NULL where the key is new. Valid until the next map_at with a new key. Never NULL. */
const void **map_at(Map *map, const char *key);

#endif
