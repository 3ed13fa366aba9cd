/* Helper threads: they do what may take long (name lookup, login, asking and recovering connections of a server that does not
 * answer), so that a borrower never does. They find their work in the slots themselves: a QUEUED slot says what is to be done, and
 * an EMPTY one may be connected while more threads wait than connections are being made. So there is no queue to overflow, and a
 * connection that comes up after its requester gave up is released like any other.
 *
 * A helper inside a name lookup, which nothing interrupts, when the pool closes is left behind: it holds the pool's
 * memory until it comes back, finds its slot orphaned, closes what it opened, and gives the hold up.
 *
 * Of the helpers one at least is kept from logins, and one from asking and recovering: neither kind, when it hangs, takes them all.
 *
 * After a failed attempt the next one is paced by next_attempt_ns, which an attempt moves on by compare-and-swap before it starts:
 * however many threads wait, a server that is down is tried by one helper at a time, more slowly each time, with jitter. */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#include "base/error.h"
#include "base/memory.h"

#define BACKOFF_FIRST_NS (50 * (int64_t)WEFTI_NS_PER_MS)
#define BACKOFF_DOUBLINGS 6 /* 3.2 s, cut to the longest */
#define BACKOFF_LONGEST_NS (2000 * (int64_t)WEFTI_NS_PER_MS)
#define ATTEMPT_NS (1000 * (int64_t)WEFTI_NS_PER_MS) /* while failing: an attempt that takes longer may be joined by another */

static void free_failure(wefti_epoch_entry *retirement) { wefti_free((char *)retirement - offsetof(wefti_failure, retirement)); }

void wefti_pool_note_failure(wefti_pool *pool, const weft_error *error)
{
    uint32_t row = wefti_atomic_add_u32(&pool->failures, 1, WEFTI_ACQ_REL);
    int64_t backoff = BACKOFF_FIRST_NS << (row < BACKOFF_DOUBLINGS ? row : BACKOFF_DOUBLINGS);
    if (backoff > BACKOFF_LONGEST_NS)
        backoff = BACKOFF_LONGEST_NS;
    backoff = backoff / 2 + (int64_t)(wefti_pool_random(pool) % (uint64_t)(backoff / 2 + 1));
    wefti_atomic_store_u64(&pool->next_attempt_ns, (uint64_t)(wefti_now_ns() + backoff), WEFTI_RELEASE);
    wefti_pool_count(&pool->counters.open_failures);
    wefti_failure *failure = wefti_malloc(sizeof *failure);
    if (failure != NULL) {
        wefti_error_copy(&failure->error, error);
        failure->error.status = error->status;
        wefti_failure *old = wefti_atomic_exchange_ptr(&pool->failure, failure, WEFTI_ACQ_REL); /* pairs with the load below */
        if (old != NULL)
            wefti_epoch_retire(&old->retirement, free_failure);
    }
    wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "cannot connect to %s: %s",
                   pool->target->display != NULL ? pool->target->display : "the database", error->message);
}

bool wefti_pool_last_failure(wefti_pool *pool, weft_error *error)
{
    if (!wefti_epoch_begin())
        return false;
    const wefti_failure *failure = wefti_atomic_load_ptr(&pool->failure, WEFTI_ACQUIRE);
    if (failure != NULL)
        *error = failure->error;
    wefti_epoch_end();
    return failure != NULL;
}

/* While attempts fail: whether this one's turn has come. */
static bool take_turn(wefti_pool *pool)
{
    if (wefti_atomic_load_u32(&pool->failures, WEFTI_ACQUIRE) == 0)
        return true;
    uint64_t now = (uint64_t)wefti_now_ns();
    uint64_t turn = wefti_atomic_load_u64(&pool->next_attempt_ns, WEFTI_ACQUIRE);
    return now >= turn && wefti_atomic_cas_u64(&pool->next_attempt_ns, &turn, now + (uint64_t)ATTEMPT_NS, WEFTI_ACQ_REL);
}

static bool take_spare(wefti_pool *pool)
{
    uint32_t wanted = wefti_atomic_load_u32(&pool->spare_wanted, WEFTI_ACQUIRE);
    while (wanted != 0)
        if (wefti_atomic_cas_u32(&pool->spare_wanted, &wanted, wanted - 1, WEFTI_ACQ_REL))
            return true;
    return false;
}

static uint32_t count_idle(const wefti_pool *pool)
{
    uint32_t idle = 0;
    for (uint32_t i = 0; i < pool->slot_count; i++)
        idle += wefti_atomic_load_u32(&pool->slots[i].claim, WEFTI_RELAXED) == WEFTI_CLAIM_IDLE; /* a hint */
    return idle;
}

/* What lies idle will be found by those who wait: it counts as coming. Above size, connections are opened only for threads that
 * stand in line and have not been served: what comes back within the barging window is cheaper. */
static bool more_wanted(wefti_pool *pool, uint32_t connecting)
{
    uint32_t open = wefti_atomic_load_u32(&pool->open_count, WEFTI_SEQ_CST);
    if (open >= pool->slot_count)
        return false;
    /* In this order: what was opened has been handed over, or lies idle, before `connecting` was read without it; and a thread that
     * waits or seeks has not taken what was idle before. Whoever passes those in line and takes that from them tells the helpers
     * (claim_passing). Below size only between a claim and its count may a helper connect once too often; that connection is not
     * lost, just early. */
    if (open >= pool->options.size) {
        uint32_t ready = connecting + wefti_pool_count_ready(pool);
        return wefti_line_count_waiting(pool) > ready;
    }
    uint32_t coming = connecting + count_idle(pool);
    return wefti_atomic_load_u32(&pool->seeking, WEFTI_SEQ_CST) > coming || take_spare(pool);
}

/* Whether so many helpers at one kind of work are all but one of them. */
static bool is_kinds_share_taken(const wefti_pool *pool, uint32_t at_it)
{
    uint32_t helpers = wefti_atomic_load_u32(&pool->helper_count, WEFTI_ACQUIRE);
    return helpers > 1 && at_it + 1 >= helpers;
}

bool wefti_pool_begin_connecting(wefti_pool *pool)
{
    if (wefti_pool_phase(pool) > WEFTI_PHASE_SUSPENDED)
        return false;
    uint32_t connecting = wefti_atomic_add_u32(&pool->connecting, 1, WEFTI_SEQ_CST);
    if (!is_kinds_share_taken(pool, connecting) && more_wanted(pool, connecting) && take_turn(pool))
        return true;
    wefti_atomic_add_u32(&pool->connecting, UINT32_MAX, WEFTI_SEQ_CST);
    return false;
}

void wefti_pool_connect_one(wefti_pool *pool)
{
    wefti_slot *slot = NULL;
    for (uint32_t i = 0; i < pool->slot_count && slot == NULL; i++)
        if (wefti_slot_claim(&pool->slots[i], WEFTI_CLAIM_EMPTY))
            slot = &pool->slots[i];
    weft_status status = WEFT_OK;
    if (slot != NULL) {
        /* Once more after the claim: a closing thread sets the phase and then looks at the claims, so it either waits for this slot
         * or this thread does not begin a login. */
        if (wefti_pool_phase(pool) <= WEFTI_PHASE_SUSPENDED)
            status = wefti_slot_open(pool, slot, WEFTI_NO_DEADLINE, NULL);
        if (slot->dbc != NULL && wefti_pool_phase(pool) >= WEFTI_PHASE_CLOSING)
            wefti_slot_close(pool, slot);
        else
            wefti_slot_release(pool, slot);
    }
    wefti_atomic_add_u32(&pool->connecting, UINT32_MAX, WEFTI_SEQ_CST); /* after the release: it counts until somebody has it */
    /* Threads that come into line later look at `hopeless` after they have announced themselves. */
    if (status != WEFT_OK && wefti_atomic_load_u32(&pool->hopeless, WEFTI_SEQ_CST) != 0 &&
        wefti_atomic_load_u32(&pool->live, WEFTI_SEQ_CST) == 0)
        wefti_line_fail_all(pool);
}

/* One queued slot of the kinds that may be done now. Who ends long work looks again, so what is left for others is found. */
static bool work_on_queued(wefti_pool *pool, bool also_long)
{
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        wefti_slot *slot = &pool->slots[i];
        if (wefti_atomic_load_u32(&slot->claim, WEFTI_RELAXED) != WEFTI_CLAIM_QUEUED) /* a hint */
            continue;
        bool is_long = wefti_work_is_long((wefti_work)wefti_atomic_load_u32(&slot->work, WEFTI_RELAXED)); /* a hint, too */
        if ((is_long && !also_long) || !wefti_slot_claim(slot, WEFTI_CLAIM_QUEUED))
            continue;
        wefti_slot_work(pool, slot);
        return true;
    }
    return false;
}

static bool work_once(wefti_pool *pool)
{
    if (work_on_queued(pool, false))
        return true;
    uint32_t at_it = wefti_atomic_add_u32(&pool->long_work, 1, WEFTI_SEQ_CST);
    bool worked = !is_kinds_share_taken(pool, at_it) && work_on_queued(pool, true);
    wefti_atomic_add_u32(&pool->long_work, UINT32_MAX, WEFTI_SEQ_CST);
    if (worked)
        return true;
    if (!wefti_pool_begin_connecting(pool))
        return false;
    wefti_pool_connect_one(pool);
    return true;
}

/* When to look again without being told: only while a failed attempt is to be repeated for somebody. */
static wefti_deadline next_look(wefti_pool *pool)
{
    if (wefti_atomic_load_u32(&pool->failures, WEFTI_ACQUIRE) == 0 ||
        (wefti_atomic_load_u32(&pool->seeking, WEFTI_SEQ_CST) == 0 &&
         wefti_atomic_load_u32(&pool->spare_wanted, WEFTI_ACQUIRE) == 0))
        return WEFTI_NO_DEADLINE;
    return (wefti_deadline)wefti_atomic_load_u64(&pool->next_attempt_ns, WEFTI_ACQUIRE) + WEFTI_NS_PER_MS;
}

static void help(wefti_pool *pool)
{
    for (;;) {
        uint32_t prepared = wefti_event_prepare(&pool->work);
        if (wefti_pool_phase(pool) == WEFTI_PHASE_STOPPED)
            return;
        wefti_atomic_add_u32(&pool->busy_helpers, 1, WEFTI_RELAXED); /* a hint for the housekeeper, as below */
        bool worked = work_once(pool);
        wefti_atomic_add_u32(&pool->busy_helpers, UINT32_MAX, WEFTI_RELAXED);
        if (!worked)
            wefti_event_wait(&pool->work, prepared, next_look(pool));
    }
}

static void helper_main(void *context)
{
    wefti_helper *helper = context;
    wefti_pool *pool = helper->pool;
    help(pool);
    wefti_event_signal(&pool->returned);
    uint32_t running = WEFTI_HELPER_RUNNING; /* the swap pairs with that in leave_behind */
    if (!wefti_atomic_cas_u32(&helper->state, &running, WEFTI_HELPER_ENDED, WEFTI_ACQ_REL))
        wefti_pool_drop_hold(pool);
}

bool wefti_helper_start(wefti_pool *pool)
{
    uint32_t count = wefti_atomic_load_u32(&pool->helper_count, WEFTI_RELAXED);
    wefti_helper *helper = &pool->helpers[count];
    helper->pool = pool;
    wefti_atomic_store_u32(&helper->state, WEFTI_HELPER_RUNNING, WEFTI_RELAXED); /* ordered by the creation of the thread */
    if (!wefti_thread_start(&helper->thread, helper_main, helper, "weft-helper"))
        return false;
    wefti_atomic_store_u32(&pool->helper_count, count + 1, WEFTI_RELEASE);
    return true;
}

void wefti_helpers_ask_to_stop(wefti_pool *pool)
{
    uint32_t count = wefti_atomic_load_u32(&pool->helper_count, WEFTI_ACQUIRE);
    for (uint32_t i = 0; i < count; i++)
        wefti_thread_ask_to_stop(&pool->helpers[i].thread);
}

static bool has_ended(const wefti_helper *helper)
{
    return wefti_atomic_load_u32(&helper->state, WEFTI_ACQUIRE) == WEFTI_HELPER_ENDED;
}

/* The hold is taken first: the helper may give it up the moment it is swapped. */
static bool leave_behind(wefti_pool *pool, wefti_helper *helper)
{
    uint32_t running = WEFTI_HELPER_RUNNING;
    wefti_atomic_add_u32(&pool->holds, 1, WEFTI_ACQ_REL);
    if (wefti_atomic_cas_u32(&helper->state, &running, WEFTI_HELPER_LEFT, WEFTI_ACQ_REL)) /* pairs with the swap in helper_main */
        return true;
    wefti_atomic_add_u32(&pool->holds, UINT32_MAX, WEFTI_ACQ_REL); /* ended meanwhile; the handle's hold is still there */
    return false;
}

uint32_t wefti_helpers_end(wefti_pool *pool, wefti_deadline deadline)
{
    uint32_t count = wefti_atomic_load_u32(&pool->helper_count, WEFTI_ACQUIRE), left = 0;
    for (uint32_t i = 0; i < count; i++) {
        wefti_helper *helper = &pool->helpers[i];
        while (!has_ended(helper) && !wefti_deadline_passed(deadline)) {
            uint32_t prepared = wefti_event_prepare(&pool->returned);
            if (!has_ended(helper))
                wefti_event_wait(&pool->returned, prepared, wefti_deadline_earlier(deadline, wefti_now_ns() + WEFTI_NS_PER_MS));
        }
        if (!has_ended(helper) && leave_behind(pool, helper)) {
            wefti_thread_leave(&helper->thread);
            left++;
        } else
            wefti_thread_join(&helper->thread);
    }
    wefti_atomic_store_u32(&pool->helper_count, 0, WEFTI_RELAXED);
    return left;
}
