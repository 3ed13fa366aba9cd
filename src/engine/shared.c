/* The models of engines that translate schemas, resolved once, and their statements, compiled once: see shared.h. */
#include "engine/shared.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/sync.h"
#include "base/thread.h"

#include <string.h>

static wefti_mutex mutex = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static wefti_shared *all; /* guarded by the mutex */

static void free_shared(wefti_shared *shared)
{
    if (shared->cache_made)
        wefti_shape_cache_deinit(&shared->cache);
    wefti_schema_free(shared->schema);
    wefti_free(shared);
}

static weft_status make(const weft_metadata *metadata, const wefti_dialect *dialect, size_t cache_bytes, wefti_shared **shared,
                        weft_error *error)
{
    wefti_shared *made = wefti_aligned(_Alignof(wefti_shared), sizeof *made);
    if (made == NULL)
        return wefti_error_memory(error);
    memset(made, 0, sizeof *made);
    made->metadata = metadata;
    made->dialect = dialect;
    made->fork_generation = wefti_fork_generation();
    weft_status status = wefti_schema_new_translated(metadata, dialect, &made->schema, error);
    if (status == WEFT_OK && !(made->cache_made = wefti_shape_cache_init(&made->cache, cache_bytes)))
        status = wefti_error_memory(error);
    if (status != WEFT_OK) {
        free_shared(made);
        made = NULL;
    }
    *shared = made;
    return status;
}

/* A child process has engines of its own. */
weft_status wefti_shared_open(const weft_metadata *metadata, const wefti_dialect *dialect, size_t cache_bytes,
                              wefti_shared **shared, weft_error *error)
{
    weft_status status = WEFT_OK;
    wefti_mutex_lock(&mutex);
    wefti_shared *found = all;
    while (found != NULL &&
           (found->metadata != metadata || found->dialect != dialect || found->fork_generation != wefti_fork_generation()))
        found = found->next;
    if (found == NULL && (status = make(metadata, dialect, cache_bytes, &found, error)) == WEFT_OK) {
        found->next = all;
        all = found;
    }
    if (status == WEFT_OK)
        found->users++;
    wefti_mutex_unlock(&mutex);
    *shared = found;
    return status;
}

void wefti_shared_close(wefti_shared *shared)
{
    wefti_mutex_lock(&mutex);
    const bool last = --shared->users == 0;
    wefti_shared **at = &all;
    while (last && *at != shared)
        at = &(*at)->next;
    if (last)
        *at = shared->next;
    wefti_mutex_unlock(&mutex);
    if (last)
        free_shared(shared);
}

weft_status wefti_shared_compile(wefti_shared *shared, const wefti_places *places, const wefti_statement_data *data,
                                 const wefti_shape *shape, wefti_compiled **compiled, bool *first, weft_error *error)
{
    wefti_compiled *found =
        (wefti_compiled *)(void *)wefti_shape_cache_find(&shared->cache, shape->hash, shape->key, shape->key_size);
    *first = found == NULL;
    if (found == NULL) {
        const weft_status status = wefti_compile(shared->schema, shared->dialect, data, shape, &found, error);
        if (status != WEFT_OK)
            return status;
        const uint64_t id = found->entry.id;
        found = (wefti_compiled *)(void *)wefti_shape_cache_publish(&shared->cache, &found->entry);
        *first = found->entry.id == id; /* else another thread's, and this one is gone */
    }
    return wefti_compiled_translate(found, places, compiled, error);
}
