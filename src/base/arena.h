/* Arenas: memory given out by moving a pointer and freed together. One owner at a time. Blocks double from the first size up to
 * 64 KiB and are recycled in a small per-thread store, because pages given back to the kernel cost up to half of a bulk load. */
#ifndef WEFTI_BASE_ARENA_H
#define WEFTI_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include <weft/export.h>

typedef struct wefti_arena_block wefti_arena_block;

typedef struct wefti_arena {
    unsigned char *next, *end; /* free room of the newest block */
    wefti_arena_block *blocks; /* newest first */
    size_t used_bytes;         /* given out */
    size_t held_bytes;         /* taken from the allocator */
    size_t block_bytes;        /* size of the next block */
} wefti_arena;

typedef struct wefti_arena_mark {
    wefti_arena_block *block;
    unsigned char *next;
    size_t used_bytes;
} wefti_arena_mark;

void wefti_arena_init(wefti_arena *arena, size_t first_block_bytes); /* 0: 1 KiB, as a zeroed one; allocates nothing */
void wefti_arena_deinit(wefti_arena *arena);                         /* frees all; the arena may be used again */
void wefti_arena_end(wefti_arena_block *blocks);                     /* frees all of an arena that lies in its own blocks */
void wefti_arena_reset(wefti_arena *arena);                          /* empties, keeps the newest block */
void *wefti_arena_grow_(wefti_arena *arena, size_t size, size_t alignment);
wefti_arena_mark wefti_arena_mark_get(const wefti_arena *arena);
void wefti_arena_rewind(wefti_arena *arena, wefti_arena_mark mark); /* frees what came after the mark */

/* Uninitialised memory aligned to 16 (alloc) or to alignment, a power of two; NULL when out of memory. */
static inline void *wefti_arena_aligned(wefti_arena *arena, size_t size, size_t alignment)
{
    unsigned char *at = (unsigned char *)(((size_t)arena->next + alignment - 1) & ~(alignment - 1));
    if (arena->next == NULL || at > arena->end || size > (size_t)(arena->end - at))
        return wefti_arena_grow_(arena, size, alignment);
    arena->next = at + size;
    arena->used_bytes += size;
    return at;
}
static inline void *wefti_arena_alloc(wefti_arena *arena, size_t size) { return wefti_arena_aligned(arena, size, 16); }
void *wefti_arena_zalloc(wefti_arena *arena, size_t size); /* zeroed */
char *wefti_arena_strdup(wefti_arena *arena, const char *text);
char *wefti_arena_strndup(wefti_arena *arena, const char *text, size_t length); /* adds NUL */
void *wefti_arena_memdup(wefti_arena *arena, const void *data, size_t size);
char *wefti_arena_printf(wefti_arena *arena, const char *format, ...) WEFT_PRINTF(2, 3);

#endif
