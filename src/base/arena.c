/* Arenas over blocks that are recycled per thread.
 *
 * A block's size is a power of two from 256 bytes to 64 KiB, header included; what does not fit gets a block of its own size.
 * Blocks given up go to the store of the thread that gives them up, one list per size. A thread may keep FREE_QUOTA bytes, and
 * more only against a budget that all threads share, taken in units of a mebibyte so that the shared counter is seldom written.
 * The store is freed when its thread ends (for the main thread: when the process exits); after that the thread's blocks go
 * straight to the allocator, so destructors that run later leak nothing. */
#include "base/arena.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/paths.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define HIDE(memory, size) __asan_poison_memory_region(memory, size)
#define SHOW(memory, size) __asan_unpoison_memory_region(memory, size)
#else
#define HIDE(memory, size) ((void)(memory), (void)(size))
#define SHOW(memory, size) ((void)(memory), (void)(size))
#endif

#define MIN_SHIFT 8
#define MAX_SHIFT 16
#define CLASS_COUNT (MAX_SHIFT - MIN_SHIFT + 1)
#define MAX_BLOCK_BYTES ((size_t)1 << MAX_SHIFT)
#define FIRST_BYTES ((size_t)1024) /* of an arena that says nothing else */
#define QUOTA_UNIT ((size_t)1 << 20)

struct wefti_arena_block {
    wefti_arena_block *older;
    size_t size_bytes;  /* whole block */
    int32_t size_class; /* -1: not recycled */
    int32_t unused[3];
};
_Static_assert(sizeof(wefti_arena_block) % 16 == 0, "the room after a block's header is aligned to 16");

typedef struct block_store {
    wefti_arena_block *lists[CLASS_COUNT];
    size_t kept_bytes;
    size_t quota_bytes; /* kept_bytes never exceeds it */
    bool registered;    /* the key's destructor will run for this thread */
    bool closed;        /* the thread is ending */
} block_store;

static _Thread_local block_store store;
static _Atomic(size_t) budget_taken; /* bytes of the shared budget in use; relaxed, it orders nothing */
static pthread_key_t store_key;
static pthread_once_t store_once = PTHREAD_ONCE_INIT;
static bool store_key_made; /* written once under store_once */

static size_t block_room(const wefti_arena_block *block) { return block->size_bytes - sizeof *block; }

static unsigned char *block_start(wefti_arena_block *block) { return (unsigned char *)block + sizeof *block; }

static void empty_store(block_store *kept)
{
    for (int i = 0; i < CLASS_COUNT; i++) {
        wefti_arena_block *block = kept->lists[i];
        kept->lists[i] = NULL;
        while (block != NULL) {
            wefti_arena_block *older = block->older;
            SHOW(block_start(block), block_room(block));
            wefti_free(block);
            block = older;
        }
    }
    if (kept->quota_bytes > WEFTI_ARENA_FREE_QUOTA_BYTES)
        atomic_fetch_sub_explicit(&budget_taken, kept->quota_bytes - WEFTI_ARENA_FREE_QUOTA_BYTES, memory_order_relaxed);
    kept->kept_bytes = 0;
    kept->quota_bytes = 0;
    kept->closed = true;
}

static void close_store(void *kept) { empty_store(kept); }

static void make_store_key(void) { store_key_made = pthread_key_create(&store_key, close_store) == 0; }

/* Threads other than the one that exits the process have ended by the key's destructor or are cut off by the exit. */
__attribute__((destructor)) static void close_store_at_exit(void) { empty_store(&store); }

static bool register_store(void)
{
    pthread_once(&store_once, make_store_key);
    if (!store_key_made || pthread_setspecific(store_key, &store) != 0)
        return false;
    store.registered = true;
    store.quota_bytes = WEFTI_ARENA_FREE_QUOTA_BYTES;
    return true;
}

static bool extend_quota(void)
{
    size_t taken = atomic_load_explicit(&budget_taken, memory_order_relaxed);
    do {
        if (taken + QUOTA_UNIT > WEFTI_ARENA_BUDGET_BYTES)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&budget_taken, &taken, taken + QUOTA_UNIT, memory_order_relaxed,
                                                    memory_order_relaxed));
    store.quota_bytes += QUOTA_UNIT;
    return true;
}

static void give_block(wefti_arena_block *block)
{
    bool keep = block->size_class >= 0 && !store.closed && (store.registered || register_store());
    if (keep && store.kept_bytes + block->size_bytes > store.quota_bytes)
        keep = store.quota_bytes + QUOTA_UNIT <= WEFTI_ARENA_THREAD_BYTES && extend_quota();
    if (!keep) {
        wefti_free(block);
        return;
    }
    block->older = store.lists[block->size_class];
    store.lists[block->size_class] = block;
    store.kept_bytes += block->size_bytes;
    HIDE(block_start(block), block_room(block));
}

static wefti_arena_block *take_block(size_t size_bytes, int32_t size_class)
{
    if (size_class >= 0 && store.lists[size_class] != NULL) {
        wefti_arena_block *block = store.lists[size_class];
        store.lists[size_class] = block->older;
        store.kept_bytes -= block->size_bytes;
        SHOW(block_start(block), block_room(block));
        return block;
    }
    wefti_arena_block *block = wefti_malloc(size_bytes);
    if (block != NULL) {
        block->size_bytes = size_bytes;
        block->size_class = size_class;
    }
    return block;
}

void wefti_arena_init(wefti_arena *arena, size_t first_block_bytes)
{
    size_t size = (size_t)1 << MIN_SHIFT;
    size_t wanted = first_block_bytes > 0 ? first_block_bytes : FIRST_BYTES;
    while (size < wanted && size < MAX_BLOCK_BYTES)
        size *= 2;
    *arena = (wefti_arena){.block_bytes = size};
}

WEFTI_HOT void wefti_arena_end(wefti_arena_block *blocks)
{
    while (blocks != NULL) {
        wefti_arena_block *older = blocks->older;
        give_block(blocks);
        blocks = older;
    }
}

void wefti_arena_deinit(wefti_arena *arena)
{
    wefti_arena_block *blocks = arena->blocks;
    *arena = (wefti_arena){.block_bytes = arena->block_bytes};
    wefti_arena_end(blocks);
}

WEFTI_HOT void wefti_arena_reset(wefti_arena *arena)
{
    wefti_arena_block *newest = arena->blocks;
    if (newest == NULL)
        return;
    wefti_arena_block *block = newest->older;
    while (block != NULL) {
        wefti_arena_block *older = block->older;
        give_block(block);
        block = older;
    }
    newest->older = NULL;
    arena->next = block_start(newest);
    arena->end = (unsigned char *)newest + newest->size_bytes;
    arena->held_bytes = newest->size_bytes;
    arena->used_bytes = 0;
}

/* Of a zeroed arena, where the thread has kept such a block. */
static inline void *take_first(wefti_arena *arena, size_t size)
{
    const size_t block_bytes = FIRST_BYTES;
    wefti_arena_block *block = store.lists[__builtin_ctzll(block_bytes) - MIN_SHIFT];
    if (block == NULL)
        return NULL;
    block = take_block(block_bytes, __builtin_ctzll(block_bytes) - MIN_SHIFT);
    block->older = NULL;
    *arena = (wefti_arena){.next = block_start(block) + size,
                           .end = (unsigned char *)block + block_bytes,
                           .blocks = block,
                           .used_bytes = size,
                           .held_bytes = block_bytes,
                           .block_bytes = 2 * block_bytes};
    return block_start(block);
}

WEFTI_HOT void *wefti_arena_grow_(wefti_arena *arena, size_t size, size_t alignment)
{
    void *first;
    if (arena->block_bytes == 0 && size <= FIRST_BYTES - sizeof(wefti_arena_block) && alignment <= 16 &&
        (first = take_first(arena, size)) != NULL)
        return first;
    size_t slack = alignment > 16 ? alignment : 0;
    if (size > SIZE_MAX - sizeof(wefti_arena_block) - slack)
        return NULL;
    size_t needed = size + slack + sizeof(wefti_arena_block);
    size_t block_bytes = arena->block_bytes > 0 ? arena->block_bytes : FIRST_BYTES;
    while (block_bytes < needed && block_bytes < MAX_BLOCK_BYTES)
        block_bytes *= 2;
    bool regular = needed <= block_bytes;
    wefti_arena_block *block = regular ? take_block(block_bytes, __builtin_ctzll(block_bytes) - MIN_SHIFT) : take_block(needed, -1);
    if (block == NULL)
        return NULL;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = block_start(block);
    arena->end = (unsigned char *)block + block->size_bytes;
    arena->held_bytes += block->size_bytes;
    if (regular)
        arena->block_bytes = block_bytes < MAX_BLOCK_BYTES ? block_bytes * 2 : MAX_BLOCK_BYTES;
    unsigned char *at = (unsigned char *)(((size_t)arena->next + alignment - 1) & ~(alignment - 1));
    arena->next = at + size;
    arena->used_bytes += size;
    return at;
}

wefti_arena_mark wefti_arena_mark_get(const wefti_arena *arena)
{
    return (wefti_arena_mark){.block = arena->blocks, .next = arena->next, .used_bytes = arena->used_bytes};
}

void wefti_arena_rewind(wefti_arena *arena, wefti_arena_mark mark)
{
    while (arena->blocks != mark.block) {
        wefti_arena_block *block = arena->blocks;
        arena->blocks = block->older;
        arena->held_bytes -= block->size_bytes;
        give_block(block);
    }
    arena->next = mark.next;
    arena->end = mark.block != NULL ? (unsigned char *)mark.block + mark.block->size_bytes : NULL;
    arena->used_bytes = mark.used_bytes;
}

void *wefti_arena_zalloc(wefti_arena *arena, size_t size)
{
    void *memory = wefti_arena_alloc(arena, size);
    return memory != NULL ? memset(memory, 0, size) : NULL;
}

char *wefti_arena_strdup(wefti_arena *arena, const char *text)
{
    return text != NULL ? wefti_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *wefti_arena_strndup(wefti_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = wefti_arena_aligned(arena, length + 1, 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *wefti_arena_memdup(wefti_arena *arena, const void *data, size_t size)
{
    void *copy = wefti_arena_alloc(arena, size);
    if (copy != NULL && size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *wefti_arena_printf(wefti_arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length >= 0 ? wefti_arena_aligned(arena, (size_t)length + 1, 1) : NULL;
    if (text != NULL)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}
