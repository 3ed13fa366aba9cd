/* Epoch reclamation, one per process: readers of shared immutable structures enter a section, writers unlink what nobody new may
 * find and retire it, and a housekeeper frees it once every section that might have seen it has ended.
 *
 * A section is a few instructions on the thread's own record: no lock, no shared write. It must not contain I/O, waiting or user
 * callbacks, because nothing retired is freed while it lasts. Sections nest. Records are made on a thread's first section and
 * recycled when it exits. In the ck build sections are ck_epoch's. */
#ifndef WEFTI_BASE_EPOCH_H
#define WEFTI_BASE_EPOCH_H

#include "base/atomic.h"
#include "base/thread.h"

/* Embedded in what is retired. */
typedef struct wefti_epoch_entry wefti_epoch_entry;
struct wefti_epoch_entry {
    wefti_epoch_entry *next; /* list of its stage of retirement */
    void (*reclaim)(wefti_epoch_entry *entry);
    uint32_t epoch; /* of retirement */
};

/* Begin and end of a section of the calling thread. begin returns false where a first section found no memory for the thread's
 * record: the caller is then in no section, must not touch protected structures, and must not call end. */
bool wefti_epoch_begin(void);
void wefti_epoch_end(void);
/* True inside a section of the calling thread: for assertions. */
bool wefti_epoch_active(void);

/* Hands over what has been unlinked: reclaim(entry) runs once no section can know it, on the thread that calls
 * wefti_epoch_reclaim. Lock-free and without allocation; from inside a section or outside; any thread. */
void wefti_epoch_retire(wefti_epoch_entry *entry, void (*reclaim)(wefti_epoch_entry *entry));

/* Advances the epoch as far as sections allow and frees what can be freed; never waits for a section. Returns how many entries are
 * still held back (approximate under concurrency). Housekeepers call it; if another thread is at it, returns at once. Must not be
 * called from inside a section. */
size_t wefti_epoch_reclaim(void);

/* Calls wefti_epoch_reclaim until nothing retired before the call is left. Only where no thread stays in a section: closing,
 * tests. Must not be called from inside a section. */
void wefti_epoch_drain(void);

/* Presence: one mark per thread, for calls that give away, in their middle, the last thing that keeps an object from being freed (a
 * pool's checkin gives the connection back and then looks for waiting threads). The thread marks the object before it gives away
 * and unmarks it as its last act. The freer, having seen what was given away, waits until nobody marks the object. Two stores to
 * the thread's own record; the order between mark and look comes from the atomic operation that gives away (at least a release,
 * read by an acquire of the freer's). mark returns what unmark takes: calls nest (a log callback that uses another engine), and
 * while the inner one lasts the outer object must be kept by what has not been given away yet. */
extern WEFTI_THREAD_LOCAL wefti_atomic_ptr *wefti_epoch_own_mark; /* in the thread's record; NULL before its first use */
extern const char wefti_epoch_unrecorded;                         /* its address stands for a mark made without a record */
const void *wefti_epoch_mark_first(const void *object);
void wefti_epoch_unmark_unrecorded(void);

WEFTI_INLINE const void *wefti_epoch_mark(const void *object)
{
    wefti_atomic_ptr *mark = wefti_epoch_own_mark;
    if (mark == NULL)
        return wefti_epoch_mark_first(object);
    const void *outer = wefti_atomic_load_ptr(mark, WEFTI_RELAXED); /* this thread's own */
    /* Relaxed: the freer comes to look after it has acquired what this thread releases next. */
    wefti_atomic_store_ptr(mark, (void *)(uintptr_t)object, WEFTI_RELAXED);
    return outer;
}

WEFTI_INLINE void wefti_epoch_unmark(const void *outer)
{
    if (outer == &wefti_epoch_unrecorded) /* also where the thread has got a record since */
        wefti_epoch_unmark_unrecorded();
    else
        /* Pairs with the acquire load in wefti_epoch_await_unmarked. */
        wefti_atomic_store_ptr(wefti_epoch_own_mark, (void *)(uintptr_t)outer, WEFTI_RELEASE);
}
void wefti_epoch_await_unmarked(const void *object);

typedef struct wefti_epoch_stats {
    uint64_t retired;   /* handed over so far */
    uint64_t reclaimed; /* freed so far */
    uint64_t records;   /* thread records ever made: follows the most threads alive at once, not their total */
} wefti_epoch_stats;
void wefti_epoch_stats_get(wefti_epoch_stats *stats);

#endif
