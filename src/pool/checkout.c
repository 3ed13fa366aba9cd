/* Checkout and checkin. The uncontended path is one compare-and-swap to take the thread's last slot and one to give it back, each
 * on the slot's own cache line; what else it reads is written rarely.
 *
 * A thread that finds nothing idle takes a ticket. For a short window (options.barging_us) it keeps looking by itself, and may be
 * overtaken; connections held for microseconds are thus passed on without a switch of threads. Then it stands in line: from now on
 * connections that come back are handed to the lowest ticket, and nobody who comes later overtakes it, except onto a slot that was
 * given up before it stood there. It leaves the line by a compare-and-swap on its place, so that it is either served or gone, not
 * both; if the swap fails it has been handed a slot, which is then its own whatever the clock says. Before it claims a slot that it
 * has seen idle it takes itself out of the hand-off in the same way: a thread never holds two. As slots that come back meanwhile
 * are left idle, where others may take them, it does so a few times only; then it stays in the hand-off and has the housekeeper
 * hand over what it sees. So it cannot be passed for ever. */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#include "base/error.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NAP_NS \
    (100 * (int64_t)WEFTI_NS_PER_MS) /* a thread in line looks around this often, should whoever hands over to it be
                                                   stopped between the hand-over and the wake */
#define LAST_SLOTS 4u
#define LOOKS_MOST 4u /* slots seen idle that a thread in line tries for by itself; then the housekeeper hands them over */

/* The slots that the thread had last, by pool. */
static WEFTI_THREAD_LOCAL struct {
    uint64_t pool;
    uint32_t slot;
} last_slots[LAST_SLOTS];

/* One checkout that has to wait. */
typedef struct visit {
    uint32_t place;
    uint64_t ticket;
    int64_t start_ns;
    wefti_deadline deadline;
    weft_error *error;
} visit;

WEFTI_INLINE bool past(uint64_t now_ns, uint64_t then_ns, uint64_t span_ns)
{
    return now_ns > then_ns && now_ns - then_ns >= span_ns;
}

/* Whether an idle connection must be asked before it is given out. Exact for the owner, a hint for others. */
static bool is_quiet(const wefti_pool *pool, const wefti_slot *slot, uint64_t clock_ns)
{
    return past(clock_ns, wefti_atomic_load_u64(&slot->used_ns, WEFTI_RELAXED), pool->ping_after_ns) &&
           past(clock_ns, wefti_atomic_load_u64(&slot->asked_ns, WEFTI_RELAXED), pool->ping_after_ns);
}

/* Quiet connections are asked one for each thread that seeks: were all of them asked at once, and the network silent, the helpers
 * would have nothing else to do for many time limits. */
static bool enough_are_asked(wefti_pool *pool)
{
    uint32_t asking = wefti_atomic_load_u32(&pool->asking, WEFTI_SEQ_CST);
    return asking != 0 && asking >= wefti_atomic_load_u32(&pool->seeking, WEFTI_SEQ_CST);
}

/* Whether claim_idle would try this slot. */
static bool looks_idle(wefti_pool *pool, const wefti_slot *slot, uint64_t clock_ns)
{
    return wefti_atomic_load_u32(&slot->claim, WEFTI_SEQ_CST) == WEFTI_CLAIM_IDLE &&
           (pool->inline_work || !is_quiet(pool, slot, clock_ns) || !enough_are_asked(pool));
}

uint32_t wefti_pool_count_ready(wefti_pool *pool)
{
    uint32_t ready = 0;
    uint64_t clock_ns = wefti_pool_clock(pool);
    for (uint32_t i = 0; i < pool->slot_count; i++)
        ready += looks_idle(pool, &pool->slots[i], clock_ns);
    return ready;
}

static __attribute__((noinline)) wefti_slot *claim_idle(wefti_pool *pool, uint32_t first)
{
    uint32_t count = pool->slot_count;
    uint64_t clock_ns = wefti_pool_clock(pool);
    for (uint32_t i = 0, at = first; i < count; i++) {
        wefti_slot *slot = &pool->slots[at];
        if (looks_idle(pool, slot, clock_ns) && wefti_slot_claim(slot, WEFTI_CLAIM_IDLE))
            return slot;
        if (++at == count)
            at = 0;
    }
    return NULL;
}

WEFTI_INLINE uint32_t first_slot(const wefti_pool *pool)
{
    uint32_t at = (uint32_t)(pool->number % LAST_SLOTS);
    return last_slots[at].pool == pool->number ? last_slots[at].slot : (uint32_t)(wefti_thread_number() % pool->slot_count);
}

/* The owner of an idle slot decides whether it can be given out; if not, the slot goes to be asked or closed. */
static bool is_usable(wefti_pool *pool, wefti_slot *slot)
{
    if (slot->generation != wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE)) {
        wefti_pool_count(&pool->counters.retired_generation);
        wefti_slot_queue(pool, slot, WEFTI_WORK_CLOSE);
        return false;
    }
    if (is_quiet(pool, slot, wefti_pool_clock(pool))) {
        wefti_slot_queue(pool, slot, WEFTI_WORK_PING);
        return false;
    }
    return true;
}

static __attribute__((noinline)) void note_time(const wefti_pool *pool, wefti_slot *slot)
{
    int64_t now_ns = pool->measured ? wefti_now_ns() : wefti_now_coarse_ns();
    wefti_atomic_store_u64(&slot->out_ns, (uint64_t)now_ns, WEFTI_RELAXED);
}

WEFTI_INLINE void give_out(wefti_pool *pool, wefti_slot *slot, const char *file, int line, wefti_dbc **dbc)
{
    wefti_slot_set_state(slot, WEFTI_SLOT_IN_USE);
    wefti_atomic_bump_u64(&slot->checkouts, 1);
    uint32_t at = (uint32_t)(pool->number % LAST_SLOTS);
    if (last_slots[at].pool != pool->number || last_slots[at].slot != slot->index) {
        last_slots[at].pool = pool->number;
        last_slots[at].slot = slot->index;
    }
    *dbc = slot->dbc;
    /* Relaxed: for leak reports, which compare the count of checkouts before and after they read these, and for threads that look
     * for what is their own. */
    wefti_atomic_store_ptr(&slot->file, (void *)(uintptr_t)file, WEFTI_RELAXED);
    wefti_atomic_store_u32(&slot->line, (uint32_t)line, WEFTI_RELAXED);
    wefti_atomic_store_u64(&slot->thread, (uint64_t)wefti_thread_system_number(), WEFTI_RELAXED);
    if (pool->sited)
        note_time(pool, slot);
}

/* ---- the line ---- */

static bool take_place(wefti_pool *pool, visit *v)
{
    for (uint32_t i = 0; i < pool->options.max_waiters; i++) {
        uint64_t free = WEFTI_PLACE_FREE;
        if (wefti_atomic_load_u64(&pool->places[i], WEFTI_RELAXED) != free || /* a hint */
            !wefti_atomic_cas_u64(&pool->places[i], &free, WEFTI_PLACE_TAKEN, WEFTI_ACQ_REL))
            continue;
        uint32_t limit = wefti_atomic_load_u32(&pool->place_limit, WEFTI_RELAXED);
        while (limit < i + 1 && !wefti_atomic_cas_u32(&pool->place_limit, &limit, i + 1, WEFTI_SEQ_CST))
            wefti_atomic_pause();
        v->place = i;
        return true;
    }
    return false;
}

static wefti_slot *collect_handed(wefti_pool *pool, visit *v, uint64_t word)
{
    wefti_atomic_store_u64(&pool->places[v->place], WEFTI_PLACE_TAKEN, WEFTI_RELEASE);
    wefti_atomic_add_u32(&pool->announced, UINT32_MAX, WEFTI_SEQ_CST);
    return &pool->slots[word >> 4 & 0xfff];
}

/* Leaves the line. NULL: nothing was handed over. */
static wefti_slot *leave_line(wefti_pool *pool, visit *v)
{
    uint64_t word = v->ticket << 16 | WEFTI_PLACE_WAITING;
    if (wefti_atomic_cas_u64(&pool->places[v->place], &word, WEFTI_PLACE_TAKEN, WEFTI_SEQ_CST) ||
        (word & 15) == WEFTI_PLACE_FAILED) {
        wefti_atomic_store_u64(&pool->places[v->place], WEFTI_PLACE_TAKEN, WEFTI_RELEASE);
        wefti_atomic_add_u32(&pool->announced, UINT32_MAX, WEFTI_SEQ_CST);
        return NULL;
    }
    return collect_handed(pool, v, word);
}

/* An idle slot, or an empty one where this thread may connect itself. */
static wefti_slot *claim_any(wefti_pool *pool)
{
    if (wefti_pool_phase(pool) != WEFTI_PHASE_OPEN)
        return NULL;
    wefti_slot *slot = claim_idle(pool, first_slot(pool));
    if (slot != NULL || !pool->inline_work || wefti_pool_is_paced(pool))
        return slot;
    for (uint32_t i = 0; i < pool->slot_count; i++)
        if (wefti_slot_claim(&pool->slots[i], WEFTI_CLAIM_EMPTY))
            return &pool->slots[i];
    return NULL;
}

/* Whether claim_any might find something. A load only: a thread in line claims nothing while a slot may be handed to it. */
static bool may_find(wefti_pool *pool)
{
    if (wefti_pool_phase(pool) != WEFTI_PHASE_OPEN)
        return false;
    uint64_t clock_ns = wefti_pool_clock(pool);
    bool opens = pool->inline_work && !wefti_pool_is_paced(pool);
    for (uint32_t i = 0; i < pool->slot_count; i++)
        if (looks_idle(pool, &pool->slots[i], clock_ns) ||
            (opens && wefti_atomic_load_u32(&pool->slots[i].claim, WEFTI_SEQ_CST) == WEFTI_CLAIM_EMPTY))
            return true;
    return false;
}

static void ask_for_connection(wefti_pool *pool)
{
    if (!pool->inline_work && wefti_atomic_load_u32(&pool->open_count, WEFTI_SEQ_CST) < pool->slot_count)
        wefti_event_signal(&pool->work);
}

/* claim_any by a thread that does not stand in line: counts where it passes those who do, for whom another one is opened then. */
static wefti_slot *claim_passing(wefti_pool *pool)
{
    bool passes = wefti_line_is_waiting(pool);
    wefti_slot *slot = claim_any(pool);
    if (slot != NULL && passes) {
        wefti_pool_count(&pool->counters.overtaken);
        ask_for_connection(pool);
    }
    return slot;
}

/* The window in which this thread may be overtaken. While nobody stands in line it yields rather than sleeps: those that hold
 * connections then run, and what they give back is found at once, where a sleep of this length takes twice as long. Behind a line
 * connections are handed over and there is nothing to be found soon: it sleeps the window out. */
static wefti_slot *barge(wefti_pool *pool, const visit *v)
{
    int64_t window_ns = pool->options.barging_us == WEFT_NONE ? 0 : (int64_t)pool->options.barging_us * 1000;
    wefti_deadline end = wefti_deadline_earlier(v->start_ns + window_ns, v->deadline);
    if (window_ns == 0)
        return NULL;
    for (;;) {
        wefti_slot *slot = claim_passing(pool);
        if (slot != NULL || wefti_pool_phase(pool) != WEFTI_PHASE_OPEN || wefti_now_ns() >= end)
            return slot;
        wefti_event *own = &pool->nodes[v->place].event;                 /* signalled by nobody until this thread stands in line */
        if (wefti_atomic_load_u32(&pool->announced, WEFTI_RELAXED) != 0) /* a hint */
            wefti_event_wait(own, wefti_event_prepare(own), end);
        else
            wefti_thread_yield();
    }
}

static bool is_hopeless(wefti_pool *pool)
{
    return wefti_atomic_load_u32(&pool->hopeless, WEFTI_SEQ_CST) != 0 && wefti_atomic_load_u32(&pool->live, WEFTI_SEQ_CST) == 0 &&
           wefti_atomic_load_u32(&pool->connecting, WEFTI_SEQ_CST) == 0 &&
           (uint64_t)wefti_now_ns() < wefti_atomic_load_u64(&pool->next_attempt_ns, WEFTI_ACQUIRE);
}

/* Why a checkout gets nothing, as far as that is known without the clock. */
static weft_status reason_to_leave(wefti_pool *pool, weft_error *error)
{
    if (wefti_pool_phase(pool) >= WEFTI_PHASE_CLOSING)
        return wefti_error_set(error, WEFT_ERROR_CLOSED, "the connection pool is closed");
    weft_error failure;
    if (is_hopeless(pool) && wefti_pool_last_failure(pool, &failure)) {
        failure.nothing_sent = true;
        wefti_error_copy(error, &failure);
        return failure.status;
    }
    return WEFT_OK;
}

/* A thread that waits for a second connection while it holds one. The slot's words are its owner's: this thread's, where it is. */
static void hint_held(wefti_pool *pool, weft_error *error)
{
    uint64_t self = (uint64_t)wefti_thread_system_number();
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        wefti_slot *slot = &pool->slots[i];
        if (wefti_atomic_load_u32(&slot->state, WEFTI_ACQUIRE) != WEFTI_SLOT_IN_USE ||
            wefti_atomic_load_u64(&slot->thread, WEFTI_RELAXED) != self)
            continue;
        const char *file = wefti_atomic_load_ptr(&slot->file, WEFTI_RELAXED);
        wefti_error_hint(error,
                         "this thread itself took a connection at %s:%u that it has not given back: two at once from one "
                         "pool can wait for each other for ever; work in one session, or end its transaction first",
                         file != NULL ? file : "an unknown place", wefti_atomic_load_u32(&slot->line, WEFTI_RELAXED));
        return;
    }
    wefti_error_hint(error, "hold connections for shorter, or raise pool.size");
}

static weft_status time_out(wefti_pool *pool, const visit *v)
{
    wefti_pool_count(&pool->counters.timeouts);
    weft_error failure = {0};
    bool failing = wefti_atomic_load_u32(&pool->failures, WEFTI_ACQUIRE) != 0 && wefti_pool_last_failure(pool, &failure);
    /* Without any connection the pool is not what there is too little of. A login that got no answer may yet get one. */
    if (failing && failure.status != WEFT_ERROR_TIMEOUT && wefti_atomic_load_u32(&pool->live, WEFTI_RELAXED) == 0) {
        failure.nothing_sent = true;
        wefti_error_copy(v->error, &failure);
        return failure.status;
    }
    weft_status status = wefti_error_set(v->error, WEFT_ERROR_POOL_TIMEOUT,
                                         "no connection became free within %lld ms (%u of %u open, %u threads waiting)%s%s",
                                         (long long)((wefti_now_ns() - v->start_ns) / WEFTI_NS_PER_MS),
                                         wefti_atomic_load_u32(&pool->live, WEFTI_RELAXED), pool->slot_count,
                                         wefti_atomic_load_u32(&pool->waiting, WEFTI_RELAXED),
                                         failing ? "; last connect error: " : "", failing ? failure.message : "");
    if (v->error != NULL) {
        v->error->nothing_sent = true;
        if (failing)
            memcpy(v->error->sqlstate, failure.sqlstate, sizeof failure.sqlstate);
        else
            hint_held(pool, v->error);
    }
    return status;
}

/* With .timeout_ms = WEFT_NONE: there is nothing to wait for but connections in use. */
static bool only_busy_ones(wefti_pool *pool)
{
    if (pool->options.timeout_ms != WEFT_NONE)
        return false;
    for (uint32_t i = 0; i < pool->slot_count; i++)
        if (wefti_atomic_load_u32(&pool->slots[i].state, WEFTI_RELAXED) != WEFTI_SLOT_IN_USE) /* a hint: either answer is right */
            return false;
    return true;
}

static wefti_deadline nap_until(wefti_deadline deadline, int64_t now)
{
#if defined(WEFTI_SYNC_EXPLORE)
    if (wefti_scheduler_is_thread())
        return deadline; /* explorations must not be spared a lost wake-up */
#endif
    return wefti_deadline_earlier(deadline, now + NAP_NS);
}

/* Claims what was seen from the line. While the place says LOOKING nothing is handed to this thread; the others may leave a slot
 * idle meanwhile, so the caller looks again after WAITING is back. NULL: nothing was got, or the place does not wait any more. */
static wefti_slot *claim_from_line(wefti_pool *pool, const visit *v)
{
    uint64_t ticket = v->ticket << 16, word = ticket | WEFTI_PLACE_WAITING;
    if (!wefti_atomic_cas_u64(&pool->places[v->place], &word, ticket | WEFTI_PLACE_LOOKING, WEFTI_SEQ_CST))
        return NULL;
    wefti_slot *slot = claim_any(pool);
    if (slot == NULL) {
        wefti_atomic_store_u64(&pool->places[v->place], ticket | WEFTI_PLACE_WAITING, WEFTI_SEQ_CST);
        return NULL;
    }
    wefti_atomic_store_u64(&pool->places[v->place], WEFTI_PLACE_TAKEN, WEFTI_RELEASE);
    wefti_atomic_add_u32(&pool->announced, UINT32_MAX, WEFTI_SEQ_CST);
    return slot;
}

/* Stands in line until a slot is this thread's, or there is a reason to leave. */
static weft_status stand_in_line(wefti_pool *pool, visit *v, wefti_slot **taken)
{
    wefti_node *node = &pool->nodes[v->place];
    uint32_t looks = 0;
    wefti_atomic_store_u64(&pool->places[v->place], v->ticket << 16 | WEFTI_PLACE_WAITING, WEFTI_SEQ_CST);
    wefti_atomic_add_u32(&pool->announced, 1, WEFTI_SEQ_CST); /* before the look below: see slot.c */
    for (;;) {
        uint32_t prepared = wefti_event_prepare(&node->event);
        uint64_t word = wefti_atomic_load_u64(&pool->places[v->place], WEFTI_SEQ_CST);
        if ((word & 15) == WEFTI_PLACE_HANDED) {
            *taken = collect_handed(pool, v, word);
            return WEFT_OK;
        }
        weft_status status = reason_to_leave(pool, v->error);
        bool waiting = status == WEFT_OK && (word & 15) == WEFTI_PLACE_WAITING;
        bool seen = waiting && may_find(pool);
        if (seen && (looks++ < LOOKS_MOST || !pool->attended)) {
            *taken = claim_from_line(pool, v);
            if (*taken != NULL)
                return WEFT_OK;
            continue; /* somebody else has it, or this thread was handed one */
        }
        if (seen)
            wefti_event_signal(&pool->tick); /* after the look: the housekeeper sees the slot, or its new owner this thread */
        int64_t now = only_busy_ones(pool) ? v->deadline : wefti_now_ns();
        if (waiting && now < v->deadline) {
            ask_for_connection(pool);
            wefti_event_wait(&node->event, prepared, nap_until(v->deadline, now));
            continue;
        }
        *taken = leave_line(pool, v);
        if (*taken != NULL)
            return WEFT_OK;
        if (status == WEFT_OK && now >= v->deadline)
            return time_out(pool, v);
        return status; /* WEFT_OK: told to leave for a reason that has gone, start again */
    }
}

/* Until a slot is this thread's, with a connection or to be connected by it; WEFT_OK with none: look at the reasons again. */
static weft_status seek_slot(wefti_pool *pool, visit *v, wefti_slot **taken)
{
    wefti_atomic_add_u32(&pool->seeking, 1, WEFTI_SEQ_CST); /* before the helpers are told */
    weft_status status = WEFT_OK;
    *taken = claim_passing(pool);
    if (*taken == NULL) {
        ask_for_connection(pool);
        *taken = barge(pool, v);
    }
    if (*taken == NULL)
        status = stand_in_line(pool, v, taken);
    wefti_atomic_add_u32(&pool->seeking, UINT32_MAX, WEFTI_SEQ_CST);
    return status;
}

/* Until a usable connection is this thread's. */
static weft_status wait_for_slot(wefti_pool *pool, visit *v, wefti_slot **taken)
{
    for (;;) {
        weft_status status = reason_to_leave(pool, v->error);
        if (status != WEFT_OK)
            return status;
        wefti_slot *slot;
        status = seek_slot(pool, v, &slot);
        if (status != WEFT_OK)
            return status;
        if (slot == NULL)
            continue;
        if (slot->dbc != NULL) {
            if (is_usable(pool, slot)) {
                *taken = slot;
                return WEFT_OK;
            }
        } else {
            weft_error failure = {0}; /* the caller's is filled only if the checkout fails */
            status = wefti_slot_open(pool, slot, v->deadline, &failure);
            if (status == WEFT_OK) {
                *taken = slot;
                return WEFT_OK;
            }
            wefti_slot_release(pool, slot);
            if (wefti_atomic_load_u32(&pool->hopeless, WEFTI_SEQ_CST) != 0 &&
                wefti_atomic_load_u32(&pool->live, WEFTI_SEQ_CST) == 0) {
                wefti_error_copy(v->error, &failure);
                return status;
            }
        }
        if (wefti_deadline_passed(v->deadline))
            return time_out(pool, v);
    }
}

static weft_status refuse(wefti_pool *pool, weft_error *error)
{
    wefti_pool_count(&pool->counters.refused);
    weft_status status = wefti_error_set(error, WEFT_ERROR_POOL_TIMEOUT, "no connection is free and %u threads wait already",
                                         pool->options.max_waiters);
    if (error != NULL)
        error->nothing_sent = true;
    return status;
}

static wefti_deadline patience(const wefti_pool *pool, wefti_deadline deadline)
{
    if (pool->options.timeout_ms == WEFT_NONE)
        return wefti_deadline_earlier(deadline, wefti_deadline_after_ms(pool->options.connect_timeout_ms));
    return wefti_deadline_earlier(deadline, wefti_deadline_after_ms(pool->options.timeout_ms));
}

static __attribute__((noinline)) weft_status checkout_slow(wefti_pool *pool, wefti_deadline deadline, wefti_slot **taken,
                                                           weft_error *error)
{
    visit v = {.start_ns = wefti_now_ns(), .deadline = patience(pool, deadline), .error = error};
    if (only_busy_ones(pool)) {
        wefti_pool_count(&pool->counters.waits);
        return time_out(pool, &v);
    }
    /* Counted before the phase is read: a closing thread sets the phase and then waits for the count to fall to zero. */
    wefti_atomic_add_u32(&pool->waiting, 1, WEFTI_SEQ_CST);
    weft_status status;
    int cancel_state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    if (take_place(pool, &v)) {
        v.ticket = wefti_atomic_add_u64(&pool->tickets, 1, WEFTI_RELAXED) + 1; /* unique and growing is all that is asked */
        status = wait_for_slot(pool, &v, taken);
        wefti_atomic_store_u64(&pool->places[v.place], WEFTI_PLACE_FREE, WEFTI_RELEASE);
    } else
        status = refuse(pool, error);
    wefti_pool_count(&pool->counters.waits);
    wefti_span_count(&pool->wait, wefti_now_ns() - v.start_ns, true);
    pthread_setcancelstate(cancel_state, NULL);
    wefti_atomic_add_u32(&pool->waiting, UINT32_MAX, WEFTI_SEQ_CST); /* last touch of the pool, unless a slot is held */
    return status;
}

/* Whatever is not the thread's own last slot, idle and fresh. */
static __attribute__((noinline)) weft_status checkout_other(wefti_pool *pool, wefti_deadline deadline, const char *file, int line,
                                                            wefti_dbc **dbc, weft_error *error)
{
    *dbc = NULL;
    if (pool->fork_generation != wefti_fork_generation())
        return wefti_error_set(error, WEFT_ERROR_FORKED, "this engine was opened before fork: open another one in the child");
    wefti_slot *slot = NULL;
    if (wefti_pool_phase(pool) == WEFTI_PHASE_OPEN) {
        bool passes = wefti_line_is_waiting(pool);
        slot = claim_idle(pool, first_slot(pool));
        if (slot != NULL && passes)
            wefti_pool_count(&pool->counters.overtaken);
        if (slot != NULL && !is_usable(pool, slot))
            slot = NULL;
    }
    if (slot == NULL) {
        weft_status status = checkout_slow(pool, deadline, &slot, error);
        if (status != WEFT_OK)
            return status;
    }
    give_out(pool, slot, file, line, dbc);
    return WEFT_OK;
}

/* The own slot is this thread's, but needs a closer look. */
static __attribute__((noinline)) weft_status checkout_stale(wefti_pool *pool, wefti_slot *slot, wefti_deadline deadline,
                                                            const char *file, int line, wefti_dbc **dbc, weft_error *error)
{
    if (!is_usable(pool, slot))
        return checkout_other(pool, deadline, file, line, dbc, error);
    give_out(pool, slot, file, line, dbc);
    return WEFT_OK;
}

WEFTI_HOT weft_status wefti_pool_checkout(wefti_pool *pool, wefti_deadline deadline, const char *file, int line, wefti_dbc **dbc,
                                          weft_error *error)
{
    uint32_t at = (uint32_t)(pool->number % LAST_SLOTS);
    /* A relaxed look at the phase would do: suspend and close act on what they find later as well. */
    if (last_slots[at].pool != pool->number || pool->fork_generation != wefti_fork_generation() ||
        wefti_pool_phase(pool) != WEFTI_PHASE_OPEN || wefti_atomic_load_u32(&pool->announced, WEFTI_RELAXED) != 0)
        return checkout_other(pool, deadline, file, line, dbc, error);
    wefti_slot *slot = &pool->slots[last_slots[at].slot];
    if (!wefti_slot_claim(slot, WEFTI_CLAIM_IDLE))
        return checkout_other(pool, deadline, file, line, dbc, error);
    /* The owner decides whether it can be given out. */
    uint64_t clock_ns = wefti_atomic_load_u64(&pool->clock_ns, WEFTI_RELAXED);
    if (clock_ns == 0 || slot->generation != wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE) ||
        past(clock_ns, wefti_atomic_load_u64(&slot->used_ns, WEFTI_RELAXED), pool->ping_after_ns))
        return checkout_stale(pool, slot, deadline, file, line, dbc, error);
    give_out(pool, slot, file, line, dbc);
    return WEFT_OK;
}

/* ---- checkin ---- */

typedef enum verdict { KEEP, CLOSE, RECOVER } verdict;

/* Makes the connection fit for the next user; on the returning thread, which owns it. */
static verdict clean(wefti_pool *pool, wefti_slot *slot)
{
    wefti_tx_state state = pool->driver->state(slot->dbc);
    if (state == WEFTI_TX_BROKEN) {
        wefti_slot_note_broken(pool, slot);
        return CLOSE;
    }
    if (state == WEFTI_TX_ACTIVE)
        return RECOVER;
    if (state == WEFTI_TX_IDLE && !slot->dbc->dirty)
        return KEEP;
    weft_error error = {0};
    wefti_pool_count(&pool->counters.resets);
    weft_status status = pool->driver->reset(slot->dbc, wefti_deadline_after_ms(pool->options.reset_timeout_ms), &error);
    bool fit = status == WEFT_OK && pool->driver->state(slot->dbc) == WEFTI_TX_IDLE;
    if (!fit) {
        wefti_pool_count(&pool->counters.reset_failures);
        wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "connection %llu could not be reset and is closed: %s",
                       (unsigned long long)slot->dbc->number, error.message);
        if (pool->driver->state(slot->dbc) == WEFTI_TX_BROKEN)
            wefti_slot_note_broken(pool, slot);
    }
    return fit ? KEEP : CLOSE;
}

static bool is_retired(wefti_pool *pool, wefti_slot *slot, uint64_t clock_ns)
{
    if (slot->generation != wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE)) {
        wefti_pool_count(&pool->counters.retired_generation);
        return true;
    }
    if (clock_ns >= wefti_atomic_load_u64(&slot->expires_ns, WEFTI_RELAXED)) {
        wefti_pool_count(&pool->counters.retired_lifetime);
        return true;
    }
    return wefti_pool_phase(pool) >= WEFTI_PHASE_CLOSING;
}

static __attribute__((noinline)) void end_use(const wefti_pool *pool, wefti_slot *slot)
{
    uint64_t out = wefti_atomic_load_u64(&slot->out_ns, WEFTI_RELAXED);
    wefti_atomic_store_u64(&slot->out_ns, 0, WEFTI_RELAXED);
    if (pool->measured)
        wefti_span_count(&slot->use, wefti_now_ns() - (int64_t)out, false);
}

/* Whatever is not the plain return of a sound connection. Not to be cancelled: the reset waits, records are written to logs, and
 * the slot is nobody's to give up but this thread's. */
static __attribute__((noinline)) void checkin_slow(wefti_pool *pool, wefti_slot *slot, bool discard)
{
    int cancel_state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    if (pool->sited)
        end_use(pool, slot);
    verdict v = discard || slot->dbc->misplaced ? CLOSE : clean(pool, slot);
    if (slot->dbc->misplaced)
        wefti_slot_note_misplaced(pool, slot);
    if (discard && pool->driver->state(slot->dbc) == WEFTI_TX_BROKEN) /* its user saw it break: that counts as a loss too */
        wefti_slot_note_broken(pool, slot);
    uint64_t clock_ns = wefti_pool_clock(pool);
    if (v == KEEP && is_retired(pool, slot, clock_ns))
        v = CLOSE;
    if (v == KEEP) {
        wefti_atomic_store_u64(&slot->used_ns, clock_ns, WEFTI_RELAXED);
        wefti_slot_release(pool, slot);
    } else
        wefti_slot_queue(pool, slot, v == RECOVER ? WEFTI_WORK_RECOVER : WEFTI_WORK_CLOSE);
    pthread_setcancelstate(cancel_state, NULL);
}

WEFTI_HOT void wefti_pool_checkin(wefti_pool *pool, wefti_dbc *dbc, bool discard)
{
    if (dbc == NULL || pool->fork_generation != wefti_fork_generation())
        return; /* in a child: the parent's connection is not touched, its memory stays */
    wefti_slot *slot = dbc->user;
    const void *outer = wefti_epoch_mark(pool); /* from the moment the slot is given up, nothing else keeps the pool */
    uint64_t clock_ns = wefti_atomic_load_u64(&pool->clock_ns, WEFTI_RELAXED);
    bool plain = !discard && !dbc->dirty && clock_ns != 0 && clock_ns < wefti_atomic_load_u64(&slot->expires_ns, WEFTI_RELAXED) &&
                 slot->generation == wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE) &&
                 wefti_pool_phase(pool) == WEFTI_PHASE_OPEN && wefti_atomic_load_u32(&pool->announced, WEFTI_SEQ_CST) == 0 &&
                 pool->driver->state(dbc) == WEFTI_TX_IDLE;
    if (plain) {
        if (pool->sited)
            end_use(pool, slot);
        wefti_atomic_store_u64(&slot->used_ns, clock_ns, WEFTI_RELAXED);
        wefti_slot_set_state(slot, WEFTI_SLOT_IDLE);
        wefti_slot_leave(pool, slot);
    } else
        checkin_slow(pool, slot, discard);
    wefti_epoch_unmark(outer);
}

void wefti_pool_detach(wefti_pool *pool, wefti_dbc *dbc)
{
    wefti_slot *slot = dbc->user;
    const void *outer = wefti_epoch_mark(pool);
    if (pool->sited)
        end_use(pool, slot);
    dbc->user = NULL;
    slot->dbc = NULL;
    wefti_atomic_add_u32(&pool->live, UINT32_MAX, WEFTI_SEQ_CST);
    wefti_atomic_add_u32(&pool->open_count, UINT32_MAX, WEFTI_SEQ_CST);
    wefti_slot_release(pool, slot);
    wefti_epoch_unmark(outer);
}
