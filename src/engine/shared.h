/* What engines of the same models share that translate schemas: the models' schema, and statements compiled once, with marks where
 * schemas stand. An engine's own cache holds them with its names. */
#ifndef WEFTI_ENGINE_SHARED_H
#define WEFTI_ENGINE_SHARED_H

#include "base/shapecache.h"
#include "sql/places.h"
#include "sql/statement.h"

typedef struct wefti_shared {
    wefti_shape_cache cache; /* safe by itself; first: it wants 64-byte alignment */
    wefti_schema *schema;    /* const */
    const weft_metadata *metadata;
    const wefti_dialect *dialect;
    uint64_t fork_generation;
    uint32_t users; /* guarded by the mutex of all, as is the next */
    struct wefti_shared *next;
    bool cache_made;
} wefti_shared;

/* Of these models on such a database: one for all engines of a process that are open. Locks. */
weft_status wefti_shared_open(const weft_metadata *metadata, const wefti_dialect *dialect, size_t cache_bytes,
                              wefti_shared **shared, weft_error *error);
void wefti_shared_close(wefti_shared *shared);
/* The statement with the engine's names; compiled unless one of the engines has done so. Inside an epoch section. *first: this was
 * the one. */
weft_status wefti_shared_compile(wefti_shared *shared, const wefti_places *places, const wefti_statement_data *data,
                                 const wefti_shape *shape, wefti_compiled **compiled, bool *first, weft_error *error);

#endif
