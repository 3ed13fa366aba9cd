/* See epoch.h. The thread's record is recycled at its exit; what was retired is a stack from which the reclaiming thread takes all
 * at once (push one, take all: no ABA). Sections are ck_epoch's in the ck build, of our own in the others; the rule by which an
 * entry is safe is the same code in all three, so that the scheduler explores what is shipped. ck_epoch's own reclamation is not
 * used: ck_epoch_barrier waits for sections, and ck_epoch_poll has defects that were fixed after the release that Debian 12 has.
 *
 * Why it is safe: a section reads the epoch e, announces itself (in the ck build first), and with a full fence in between reads
 * shared pointers after that. Its record says e (in the ck build perhaps late, and until then what an older section of the
 * thread had read). An entry is stamped with the epoch s read after it was unlinked and a full fence. The epoch moves from x to
 * x + 1 only when every announced section says x. A section that can know the entry read its pointer before the unlinking, so it
 * is announced to every look after the stamp (fence against fence: one of the two sees the other), and it has read an epoch no
 * later than s. So it never says s + 1, and while it lasts the epoch cannot pass s + 1: once the epoch is s + 2 no such section
 * is left. */
#define _GNU_SOURCE
#include "base/epoch.h"

#include "base/atomic.h"
#include "base/memory.h"
#include "base/thread.h"

#include <pthread.h>

#if defined(WEFTI_SYNC_CK)
#include <ck_epoch.h>
#endif

typedef struct record record;
struct record {
#if defined(WEFTI_SYNC_CK)
    ck_epoch_record_t ck; /* first: its alignment is a cache line's */
#else
    wefti_atomic_u64 section; /* 0: quiet; else twice the epoch plus one */
#endif
    wefti_atomic_u32 taken;  /* 1: some live thread's */
    uint32_t depth;          /* owner thread: nested sections */
    wefti_atomic_ptr marked; /* written by the owner thread */
    record *next;            /* const once pushed */
} WEFTI_CACHE_ALIGNED;

static WEFTI_THREAD_LOCAL record *mine;
WEFTI_THREAD_LOCAL wefti_atomic_ptr *wefti_epoch_own_mark;
const char wefti_epoch_unrecorded;

static wefti_atomic_ptr records;    /* push-only list: no record is ever freed */
static wefti_atomic_ptr retired;    /* stack of entries handed over */
static wefti_atomic_u64 reclaiming; /* fork generation + 1 of the thread at it, else 0 */
static wefti_atomic_u64 retired_count, reclaimed_count, record_count;
static wefti_epoch_entry *held;     /* by the reclaiming thread: taken from the stack, not yet safe */
static wefti_atomic_u64 unrecorded; /* marks of threads that found no memory for a record: any object's */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static bool prepared; /* const after once */

#if defined(WEFTI_SYNC_CK)

static ck_epoch_t global;

static void global_init(void) { ck_epoch_init(&global); }
static void record_init(record *r) { ck_epoch_register(&global, &r->ck, NULL); }

static void section_enter(record *r)
{
    ck_epoch_begin(&r->ck, NULL);
    ck_pr_fence_load(); /* the epoch, then pointers: missing in this release of CK, and no instruction on x86 */
}

static void section_leave(record *r)
{
    WEFTI_TSAN_RELEASE(&global); /* pairs with the acquire in may_move_on: readers are done before the memory goes */
    ck_epoch_end(&r->ck, NULL);
}

static void force_quiet(record *r) { ck_pr_store_uint(&r->ck.active, 0); }

static uint32_t read_epoch(void) { return ck_pr_load_uint(&global.epoch); }
static bool move_on(uint32_t from) { return ck_pr_cas_uint(&global.epoch, from, from + 1); }

static bool may_move_on(const record *r, uint32_t now)
{
    bool quiet = ck_pr_load_uint(&r->ck.active) == 0;
    ck_pr_fence_load(); /* pairs with the release fence in ck_epoch_end */
    WEFTI_TSAN_ACQUIRE(&global);
    return quiet || ck_pr_load_uint(&r->ck.epoch) == now;
}

#else

static wefti_atomic_u32 epoch = WEFTI_ATOMIC_INIT(4);

static void global_init(void) {}
static void record_init(record *r) { wefti_atomic_store_u64(&r->section, 0, WEFTI_RELEASE); }

static void section_enter(record *r)
{
    uint64_t now = wefti_atomic_load_u32(&epoch, WEFTI_ACQUIRE);
    wefti_atomic_store_u64(&r->section, now << 1 | 1, WEFTI_SEQ_CST);
    wefti_atomic_fence(WEFTI_SEQ_CST); /* pairs with the fence in advance: section written, then pointers read */
}

/* Release: pairs with the acquire load in may_move_on, so that what the section read is done before its memory goes. */
static void section_leave(record *r) { wefti_atomic_store_u64(&r->section, 0, WEFTI_RELEASE); }

static void force_quiet(record *r) { wefti_atomic_store_u64(&r->section, 0, WEFTI_RELEASE); }

static uint32_t read_epoch(void) { return wefti_atomic_load_u32(&epoch, WEFTI_SEQ_CST); }
static bool move_on(uint32_t from) { return wefti_atomic_cas_u32(&epoch, &from, from + 1, WEFTI_SEQ_CST); }

static bool may_move_on(const record *r, uint32_t now)
{
    uint64_t section = wefti_atomic_load_u64(&r->section, WEFTI_SEQ_CST);
    return section == 0 || section >> 1 == now;
}

#endif

static bool advance(void)
{
    uint32_t now = read_epoch();
    wefti_atomic_fence(WEFTI_SEQ_CST); /* pairs with the fence in section_enter: entries unlinked, then sections looked at */
    for (record *r = wefti_atomic_load_ptr(&records, WEFTI_ACQUIRE); r != NULL; r = r->next)
        if (!may_move_on(r, now))
            return false;
    return move_on(now);
}

/* Reclaiming thread only. Epochs are compared by their distance: they wrap after some years, and what is held is looked at more
 * often. */
static void free_safe(wefti_epoch_entry *taken)
{
    while (taken != NULL) {
        wefti_epoch_entry *next = taken->next;
        taken->next = held;
        held = taken;
        taken = next;
    }
    if (held == NULL)
        return;
    for (int turn = 0; turn < 3 && advance(); turn++)
        ;
    uint32_t now = read_epoch();
    for (wefti_epoch_entry **link = &held; *link != NULL;) {
        wefti_epoch_entry *entry = *link;
        if (now - entry->epoch < 2) {
            link = &entry->next;
            continue;
        }
        *link = entry->next;
        wefti_atomic_add_u64(&reclaimed_count, 1, WEFTI_RELAXED); /* statistics */
        entry->reclaim(entry);
    }
}

/* At thread exit, also by cancellation: ends sections left open and gives the record to the next new thread. */
static void release_record(void *value)
{
    record *r = value;
    if (r->depth > 0)
        section_leave(r);
    r->depth = 0;
    wefti_atomic_store_ptr(&r->marked, NULL, WEFTI_RELEASE);
    mine = NULL;
    wefti_epoch_own_mark = NULL;
    wefti_atomic_store_u32(&r->taken, 0, WEFTI_RELEASE); /* pairs with the compare-and-swap in take_record */
}

/* In a forked child the other threads do not exist: what they left open is over, and their records are free. It runs before
 * anything else does in the child, on its only thread, so it silences nobody who lives. */
static void forget_dead_threads(void)
{
    for (record *r = wefti_atomic_load_ptr(&records, WEFTI_ACQUIRE); r != NULL; r = r->next)
        if (r != mine) {
            force_quiet(r);
            wefti_atomic_store_ptr(&r->marked, NULL, WEFTI_RELAXED);
            wefti_atomic_store_u32(&r->taken, 0, WEFTI_RELAXED); /* one thread: relaxed is enough for all three */
        }
    wefti_atomic_store_u64(&unrecorded, 0, WEFTI_RELAXED);
}

static void prepare_process(void)
{
    global_init();
    wefti_fork_watch();
    /* Without them there are no sections: begin fails as for want of memory. */
    prepared = pthread_atfork(NULL, NULL, forget_dead_threads) == 0 && pthread_key_create(&exit_key, release_record) == 0;
}

static record *take_record(void)
{
    pthread_once(&once, prepare_process);
    if (!prepared)
        return NULL;
    record *r = wefti_atomic_load_ptr(&records, WEFTI_ACQUIRE);
    for (; r != NULL; r = r->next) {
        uint32_t free = 0;
        if (wefti_atomic_load_u32(&r->taken, WEFTI_RELAXED) == 0 && wefti_atomic_cas_u32(&r->taken, &free, 1, WEFTI_ACQ_REL))
            break;
    }
    if (r == NULL) {
        r = wefti_aligned(WEFTI_CACHE_LINE, sizeof *r);
        if (r == NULL)
            return NULL;
        record_init(r);
        wefti_atomic_store_ptr(&r->marked, NULL, WEFTI_RELAXED);
        wefti_atomic_store_u32(&r->taken, 1, WEFTI_RELAXED); /* published by the push below */
        void *head = wefti_atomic_load_ptr(&records, WEFTI_RELAXED);
        do
            r->next = head;
        while (!wefti_atomic_cas_ptr(&records, &head, r, WEFTI_ACQ_REL));
        wefti_atomic_add_u64(&record_count, 1, WEFTI_RELAXED); /* statistics */
    }
    r->depth = 0;
    mine = r;
    wefti_epoch_own_mark = &r->marked;
    pthread_setspecific(exit_key, r);
    return r;
}

bool wefti_epoch_begin(void)
{
    record *r = mine;
    if (r == NULL && (r = take_record()) == NULL)
        return false;
    if (r->depth++ == 0)
        section_enter(r);
    return true;
}

void wefti_epoch_end(void)
{
    record *r = mine;
    if (--r->depth == 0)
        section_leave(r);
}

bool wefti_epoch_active(void) { return mine != NULL && mine->depth > 0; }

void wefti_epoch_retire(wefti_epoch_entry *entry, void (*reclaim)(wefti_epoch_entry *entry))
{
    entry->reclaim = reclaim;
    wefti_atomic_fence(WEFTI_SEQ_CST); /* the unlinking, then the stamp: see the argument above */
    entry->epoch = read_epoch();
    wefti_atomic_add_u64(&retired_count, 1, WEFTI_RELAXED); /* statistics, and the goal of wefti_epoch_drain */
    void *head = wefti_atomic_load_ptr(&retired, WEFTI_RELAXED);
    do
        entry->next = head;
    while (!wefti_atomic_cas_ptr(&retired, &head, entry, WEFTI_ACQ_REL)); /* pairs with the exchange in wefti_epoch_reclaim */
}

size_t wefti_epoch_reclaim(void)
{
    pthread_once(&once, prepare_process);
    uint64_t token = wefti_fork_generation() + 1;
    uint64_t seen = wefti_atomic_load_u64(&reclaiming, WEFTI_RELAXED);
    if (seen != token && wefti_atomic_cas_u64(&reclaiming, &seen, token, WEFTI_ACQ_REL)) {
        free_safe(wefti_atomic_exchange_ptr(&retired, NULL, WEFTI_ACQ_REL));
        wefti_atomic_store_u64(&reclaiming, 0, WEFTI_RELEASE); /* pairs with the next reclaimer's compare-and-swap */
    }
    uint64_t freed = wefti_atomic_load_u64(&reclaimed_count, WEFTI_RELAXED);
    uint64_t all = wefti_atomic_load_u64(&retired_count, WEFTI_RELAXED);
    return all > freed ? (size_t)(all - freed) : 0;
}

void wefti_epoch_drain(void)
{
    uint64_t goal = wefti_atomic_load_u64(&retired_count, WEFTI_RELAXED);
    while (wefti_atomic_load_u64(&reclaimed_count, WEFTI_RELAXED) < goal) {
        wefti_epoch_reclaim();
        wefti_thread_yield();
    }
}

const void *wefti_epoch_mark_first(const void *object)
{
    record *r = take_record();
    if (r == NULL) {
        wefti_atomic_add_u64(&unrecorded, 1, WEFTI_RELAXED); /* ordered as the store in wefti_epoch_mark */
        return &wefti_epoch_unrecorded;
    }
    wefti_atomic_store_ptr(&r->marked, (void *)(uintptr_t)object, WEFTI_RELAXED);
    return NULL;
}

void wefti_epoch_unmark_unrecorded(void)
{
    wefti_atomic_add_u64(&unrecorded, UINT64_MAX, WEFTI_RELEASE); /* pairs with the acquire load in wefti_epoch_await_unmarked */
}

void wefti_epoch_await_unmarked(const void *object)
{
    for (record *r = wefti_atomic_load_ptr(&records, WEFTI_ACQUIRE); r != NULL; r = r->next)
        while (r != mine && wefti_atomic_load_ptr(&r->marked, WEFTI_ACQUIRE) == object)
            wefti_thread_yield();
    while (wefti_atomic_load_u64(&unrecorded, WEFTI_ACQUIRE) != 0)
        wefti_thread_yield();
}

void wefti_epoch_stats_get(wefti_epoch_stats *stats)
{
    stats->retired = wefti_atomic_load_u64(&retired_count, WEFTI_RELAXED);
    stats->reclaimed = wefti_atomic_load_u64(&reclaimed_count, WEFTI_RELAXED);
    stats->records = wefti_atomic_load_u64(&record_count, WEFTI_RELAXED);
}
