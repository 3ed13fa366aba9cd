/* The pool from inside: slots, the line of waiting threads, and the functions that the pool's files share.
 *
 * A slot's claim word alone decides who owns it: EMPTY, IDLE and QUEUED are up for a compare-and-swap to OWNED; an owner gives it
 * up by a compare-and-swap back, which fails only where the pool's handle was given up meanwhile (ORPHANED, which stays).
 * Everything else in the slot, its state included, is the owner's to write; others read it only as a hint or a statistic, which is
 * why those fields are atomics with relaxed access. */
#ifndef WEFTI_POOL_POOL_PRIVATE_H
#define WEFTI_POOL_POOL_PRIVATE_H

#include "pool/pool.h"

#include "base/atomic.h"
#include "base/epoch.h"
#include "base/limits.h"
#include "base/sync.h"
#include "base/thread.h"

#define WEFTI_POOL_MAX_WAITERS 4096u
#define WEFTI_POOL_MAX_HELPERS 16u
#define WEFTI_POOL_FIRST_HELPERS 3u /* started with the pool, and the least there may be: see helper.c */
#define WEFTI_POOL_TICK_NS (100 * (int64_t)WEFTI_NS_PER_MS)

typedef enum wefti_claim {
    WEFTI_CLAIM_EMPTY,
    WEFTI_CLAIM_IDLE,
    WEFTI_CLAIM_QUEUED,
    WEFTI_CLAIM_OWNED,
    WEFTI_CLAIM_ORPHANED
} wefti_claim;

typedef enum wefti_slot_state {
    WEFTI_SLOT_EMPTY,
    WEFTI_SLOT_CONNECTING,
    WEFTI_SLOT_IDLE,
    WEFTI_SLOT_IN_USE,
    WEFTI_SLOT_RESERVED,
    WEFTI_SLOT_DEFUNCT
} wefti_slot_state;

/* What a helper does with a QUEUED slot. */
typedef enum wefti_work { WEFTI_WORK_CLOSE, WEFTI_WORK_PING, WEFTI_WORK_RECOVER } wefti_work;

typedef struct wefti_span_counts { /* a histogram being counted */
    wefti_atomic_u64 total_us, max_us, buckets[WEFT_POOL_BUCKETS];
} wefti_span_counts;

typedef struct wefti_slot {
    wefti_atomic_u32 claim;         /* atomic: wefti_claim */
    wefti_atomic_u32 state;         /* owner writes: wefti_slot_state */
    wefti_dbc *dbc;                 /* owner */
    uint64_t generation;            /* owner: the pool's when it was opened */
    wefti_atomic_u32 work;          /* owner writes: wefti_work, for the helper that claims it from QUEUED; a hint before that */
    wefti_atomic_u64 work_until_ns; /* owner writes, as work: a connection that is to be recovered is closed then */
    uint32_t index;                 /* const after open */
    wefti_atomic_u64 used_ns;       /* owner writes: when it last came back, by the pool's ticking clock */
    wefti_atomic_u64 checkouts;     /* owner writes */
    wefti_atomic_u64 out_ns;        /* owner writes: when it was given out; 0 when not measured or not out */
    wefti_atomic_ptr file;          /* owner writes: where, for leak reports */
    wefti_atomic_u32 line;
    wefti_atomic_u64 thread;
    wefti_atomic_u64 opened_ns;                              /* owner writes */
    wefti_atomic_u64 expires_ns;                             /* owner writes */
    wefti_atomic_u64 asked_ns;                               /* owner writes: when the server last answered */
    uint64_t leak_reported;                                  /* housekeeper: the checkout (by count) already reported */
    wefti_span_counts use;                                   /* owner writes */
} __attribute__((aligned(2 * WEFTI_CACHE_LINE))) wefti_slot; /* two lines: the prefetcher fetches them in pairs */

/* A place in line. The word is ticket << 16 | slot << 4 | wefti_place: tickets are never reused, so a compare-and-swap on it cannot
 * take one waiting thread for another. */
typedef enum wefti_place {
    WEFTI_PLACE_FREE,    /* nobody's */
    WEFTI_PLACE_TAKEN,   /* some thread's, which is not in line */
    WEFTI_PLACE_WAITING, /* in line: a connection may be handed to it */
    WEFTI_PLACE_LOOKING, /* in line, about to claim a slot that it has seen: nothing is handed to it, so that a thread never holds
                            two */
    WEFTI_PLACE_HANDED,  /* slot is the waiting thread's */
    WEFTI_PLACE_FAILED   /* the pool closed, or connecting failed for good */
} wefti_place;

typedef struct wefti_node {
    wefti_event event;
} WEFTI_CACHE_ALIGNED wefti_node;

/* How a helper thread ends: by its own swap to ENDED, after which it touches nothing of the pool and can be joined at once; or,
 * where the closing thread swapped it to LEFT because it is still inside a call that nothing interrupts, by giving up a hold on the
 * pool. */
typedef enum wefti_helper_state { WEFTI_HELPER_RUNNING, WEFTI_HELPER_ENDED, WEFTI_HELPER_LEFT } wefti_helper_state;

typedef struct wefti_helper {
    wefti_pool *pool;       /* const after start */
    wefti_atomic_u32 state; /* atomic: wefti_helper_state */
    wefti_thread thread;
} wefti_helper;

typedef enum wefti_phase { WEFTI_PHASE_OPEN, WEFTI_PHASE_SUSPENDED, WEFTI_PHASE_CLOSING, WEFTI_PHASE_STOPPED } wefti_phase;

/* The last connect error, replaced as a whole and read in an epoch section. */
typedef struct wefti_failure {
    wefti_epoch_entry retirement;
    weft_error error;
} wefti_failure;

typedef struct wefti_pool_counters { /* atomic; changed on rare paths only */
    wefti_atomic_u64 waits, hand_offs, overtaken, timeouts, refused, opened, closed, open_failures;
    wefti_atomic_u64 retired_lifetime, retired_idle, retired_generation, retired_broken;
    wefti_atomic_u64 pings, ping_failures, resets, reset_failures, leaks;
} wefti_pool_counters;

struct wefti_pool {
    /* Read by every checkout and checkin, written rarely. */
    const wefti_driver *driver; /* const after open, as is all up to options */
    wefti_slot *slots;
    uint32_t slot_count;
    uint64_t number; /* of this pool in this process, never reused */
    uint64_t fork_generation;
    bool sited;             /* checkouts note their site and time, for leak reports or the histogram of use */
    bool measured;          /* they read the exact clock, for the histogram */
    bool inline_work;       /* opening, asking and closing happen on the thread that meets the need */
    bool attended;          /* the pool has its threads */
    uint64_t ping_after_ns; /* UINT64_MAX: never */
    const wefti_target *target;
    const wefti_log *log;
    weft_pool_options options; /* with the defaults filled in */
    wefti_atomic_u32 phase;
    wefti_atomic_u64 generation;
    wefti_atomic_u64 clock_ns; /* written by the housekeeper every tick; 0: it does not tick, read the clock */

    /* The line. announced is read by every checkin. */
    WEFTI_CACHE_ALIGNED wefti_atomic_u32 announced; /* threads in place WAITING, give or take those about to leave */
    WEFTI_CACHE_ALIGNED wefti_atomic_u32 waiting;   /* threads in the slow path */
    wefti_atomic_u32 seeking;                       /* of these, those that own no slot: the need for connections */
    wefti_atomic_u32 place_limit;                   /* places ever used: those beyond need no look */
    wefti_atomic_u64 tickets;
    wefti_atomic_u64 *places; /* options.max_waiters words */
    wefti_node *nodes;

    /* Connecting. */
    WEFTI_CACHE_ALIGNED wefti_atomic_u32 open_count; /* slots not EMPTY */
    wefti_atomic_u32 live;                           /* slots with a connection */
    wefti_atomic_u32 connecting;
    wefti_atomic_u32 asking;       /* connections queued or being asked whether they still stand */
    wefti_atomic_u32 long_work;    /* helpers that ask or recover */
    wefti_atomic_u32 spare_wanted; /* connections to open ahead, for min_idle */
    wefti_atomic_u32 failures;     /* connect attempts that failed in a row */
    wefti_atomic_u32 hopeless;     /* 1: the last one failed for a reason that time does not mend */
    wefti_atomic_u64 next_attempt_ns;
    wefti_atomic_u32 look_wanted; /* 1: a connection was found broken since the housekeeper last looked at the idle ones */
    wefti_atomic_ptr failure;     /* epoch: wefti_failure */
    wefti_event work;             /* helpers sleep here */
    wefti_event tick;             /* the housekeeper sleeps here */
    wefti_event returned;         /* a closing thread sleeps here */
    wefti_atomic_u32 busy_helpers, helper_count;
    wefti_atomic_u64 random;
    wefti_atomic_u32 holds; /* on the memory: the handle's, and once it is given up those of helpers left behind and of
                                          connections that are out */
    wefti_thread housekeeper;
    wefti_helper helpers[WEFTI_POOL_MAX_HELPERS]; /* housekeeper starts, closer joins */

    uint64_t quiet_checkouts; /* housekeeper: checkouts at the last tick */
    uint32_t quiet_ticks;     /* housekeeper */
    uint64_t kept_generation; /* housekeeper: idle connections of older ones are gone */

    wefti_pool_counters counters;
    wefti_span_counts wait;
};

/* ---- slot.c: states, opening, closing, giving back ---- */

/* The one place where a state is written. Relaxed: what the owner publishes travels with the claim word. */
WEFTI_INLINE void wefti_slot_set_state(wefti_slot *slot, wefti_slot_state state)
{
    wefti_atomic_store_u32(&slot->state, (uint32_t)state, WEFTI_RELAXED);
}

/* The one way to give a slot up. False: it was orphaned, and stays so; the caller ends it. Release, and sequentially consistent for
 * the look at the line that follows. */
WEFTI_INLINE bool wefti_slot_give_up(wefti_slot *slot, wefti_claim to)
{
    uint32_t owned = WEFTI_CLAIM_OWNED;
    return wefti_atomic_cas_u32(&slot->claim, &owned, (uint32_t)to, WEFTI_SEQ_CST);
}

/* The one way to become a slot's owner. */
WEFTI_INLINE bool wefti_slot_claim(wefti_slot *slot, wefti_claim from)
{
    uint32_t expected = (uint32_t)from;
    /* The load only spares other claimants the cache line. Sequentially consistent both: a thread in line looks here after it has
     * announced itself; acquire pairs with the swap by which the slot was given up. */
    return wefti_atomic_load_u32(&slot->claim, WEFTI_SEQ_CST) == expected &&
           wefti_atomic_cas_u32(&slot->claim, &expected, WEFTI_CLAIM_OWNED, WEFTI_SEQ_CST);
}
/* Gives an owned slot up, as IDLE with its connection or as EMPTY without: hands it to the oldest in line who can use it, or leaves
 * it. */
void wefti_slot_release(wefti_pool *pool, wefti_slot *slot);
/* The same for a sound connection while nobody was seen in line: one swap, two looks. The state is set already. */
void wefti_slot_leave(wefti_pool *pool, wefti_slot *slot);
/* Connects an owned empty slot, on the calling thread. */
weft_status wefti_slot_open(wefti_pool *pool, wefti_slot *slot, wefti_deadline deadline, weft_error *error);
/* Closes the connection of an owned slot on the calling thread; the slot is released empty. */
void wefti_slot_close(wefti_pool *pool, wefti_slot *slot);
/* Has a helper do it; without helpers it is done at once. The slot is not the caller's any more. */
void wefti_slot_queue(wefti_pool *pool, wefti_slot *slot, wefti_work work);
/* Whether work may have to wait for a server. */
WEFTI_INLINE bool wefti_work_is_long(wefti_work work) { return work != WEFTI_WORK_CLOSE; }
/* While opening fails: whether the next attempt's time has not come. */
bool wefti_pool_is_paced(wefti_pool *pool);
/* Does an owned slot's work. */
void wefti_slot_work(wefti_pool *pool, wefti_slot *slot);
/* A connection was found broken: counts it, and has the idle ones looked at. Where it was lost without a word, as below. */
void wefti_slot_note_broken(wefti_pool *pool, const wefti_slot *slot);
/* A connection had no answer since then: retires its generation, unless another of it that was open then has been heard of. */
void wefti_slot_note_silent(wefti_pool *pool, const wefti_slot *slot, uint64_t since_ns);
/* Its server is the wrong one by now: retires its generation. */
void wefti_slot_note_misplaced(wefti_pool *pool, const wefti_slot *slot);
/* Hands an owned slot to the oldest thread in line; false where nobody stands there. Lock-free. */
bool wefti_line_hand_off(wefti_pool *pool, const wefti_slot *slot);
/* Whether somebody stands in line who has not been served yet. */
bool wefti_line_is_waiting(wefti_pool *pool);
/* How many do: announced also counts those who have been served and are still to wake. */
uint32_t wefti_line_count_waiting(wefti_pool *pool);
/* Tells everybody in line to leave. */
void wefti_line_fail_all(wefti_pool *pool);

/* ---- helper.c ---- */

bool wefti_helper_start(wefti_pool *pool);
/* After the phase is STOPPED: joins the helpers that end by the deadline, leaves the others behind and returns how many. */
uint32_t wefti_helpers_end(wefti_pool *pool, wefti_deadline deadline);
/* Has them give up what they wait for, as far as that can be interrupted. */
void wefti_helpers_ask_to_stop(wefti_pool *pool);
/* How many idle connections a borrower would try: not those that must be asked first while enough are being asked. */
uint32_t wefti_pool_count_ready(wefti_pool *pool);
/* Whether a connection should be opened now; if so, counts the caller as connecting. */
bool wefti_pool_begin_connecting(wefti_pool *pool);
/* Opens one on an empty slot and releases it; call after begin_connecting said so. */
void wefti_pool_connect_one(wefti_pool *pool);
void wefti_pool_note_failure(wefti_pool *pool, const weft_error *error);
/* Copies the last connect error; false where there is none. */
bool wefti_pool_last_failure(wefti_pool *pool, weft_error *error);

/* ---- housekeeper.c ---- */

void wefti_housekeeper_main(void *pool);
/* One round at time now: retire, ask, open ahead, report leaks. Tests call it with their own clock. */
void wefti_pool_keep_house(wefti_pool *pool, int64_t now_ns);
/* The pool's clock: the last tick, or the real time where it does not tick (which starts it). */
uint64_t wefti_pool_clock_start(wefti_pool *pool);
WEFTI_INLINE uint64_t wefti_pool_clock(wefti_pool *pool)
{
    /* Relaxed: a time, by which nothing else is published. */
    uint64_t clock = wefti_atomic_load_u64(&pool->clock_ns, WEFTI_RELAXED);
    return clock != 0 ? clock : wefti_pool_clock_start(pool);
}

/* ---- pool.c, stats.c ---- */

/* wefti_pool_open without threads: explorations and tests drive the work themselves. */
weft_status wefti_pool_open_unattended(wefti_pool **pool, const wefti_target *target, const weft_pool_options *options,
                                       const wefti_log *log, weft_error *error);
void wefti_span_count(wefti_span_counts *counts, int64_t ns, bool shared);
WEFTI_INLINE void wefti_pool_count(wefti_atomic_u64 *counter) { wefti_atomic_add_u64(counter, 1, WEFTI_RELAXED); } /* statistics */
uint64_t wefti_pool_random(wefti_pool *pool);
/* One hold on the pool's memory less; the last frees it. The caller touches the pool no more. */
void wefti_pool_drop_hold(wefti_pool *pool);

WEFTI_INLINE wefti_phase wefti_pool_phase(const wefti_pool *pool)
{
    return (wefti_phase)wefti_atomic_load_u32(&pool->phase, WEFTI_SEQ_CST);
}

#endif
