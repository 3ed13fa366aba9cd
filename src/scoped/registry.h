/* The registries that are open: what all threads share of the scoped sessions. A registry is a number that is never used again; the
 * handle of the program is that number. */
#ifndef WEFTI_SCOPED_REGISTRY_H
#define WEFTI_SCOPED_REGISTRY_H

#include "base/atomic.h"

#include <weft/session.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct wefti_registry {
    weft_engine *engine;
    weft_session_options options;
} wefti_registry;

/* How many registries were closed so far: those counted are not found by who has read it (acquire). On a line of its own, because
 * every getter reads it and only closing writes it. */
struct wefti_registry_count {
    wefti_atomic_u64 closings;
} WEFTI_CACHE_ALIGNED;
extern struct wefti_registry_count wefti_registry_count;

/* Gives an open registry its number, from 1 to UINTPTR_MAX - 1. NO_MEMORY; LIMIT where no number is left. Any thread. */
weft_status wefti_registry_open(const wefti_registry *registry, uintptr_t *number, weft_error *error);
/* False where no registry of this number is open; else a copy of it, where one is wanted. Takes a lock. Any thread. */
bool wefti_registry_find(uintptr_t number, wefti_registry *copy);
/* Does nothing where no registry of this number is open. When it returns the registry is closed to every thread. Any thread. */
void wefti_registry_close(uintptr_t number);

#endif
