/* The pool's life: opening, invalidating, suspending, closing, and giving the memory up. See pool.h for the contract, checkout.c
 * and slot.c for the protocol.
 *
 * Closing sets the phase, then looks: a thread in the middle of a checkin either sees the phase or has its slot seen here. What is
 * out stays its holder's; so does a slot that a helper holds in a name lookup which nothing interrupts. Once the handle is given
 * up, slots that are still out are marked ORPHANED by compare-and-swap; whoever brings one back cannot give it up, closes
 * the connection, and the last one frees the pool, after waiting for threads that are still inside checkin
 * (wefti_epoch_mark). */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#include "base/error.h"
#include "base/memory.h"

#include <pthread.h>
#include <string.h>

#define LOOK_AGAIN_NS (20 * (int64_t)WEFTI_NS_PER_MS)

static wefti_atomic_u64 last_pool_number;

uint64_t wefti_pool_random(wefti_pool *pool)
{
    /* splitmix64 over a counter; jitter needs no more. */
    uint64_t z = wefti_atomic_add_u64(&pool->random, UINT64_C(0x9e3779b97f4a7c15), WEFTI_RELAXED);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Zero takes the default, values below the floor the floor; WEFT_NONE is above every floor and stays. */
static void fill(uint32_t *option, uint32_t standard, uint32_t floor)
{
    if (*option == 0)
        *option = standard;
    if (*option < floor)
        *option = floor;
}

static weft_status fill_options(weft_pool_options *o, weft_error *error)
{
    fill(&o->size, 10, 1);
    if (o->max_overflow == 0)
        o->max_overflow = 5;
    if (o->max_overflow == WEFT_NONE)
        o->max_overflow = 0;
    if (o->size > WEFTI_MAX_POOL_SLOTS || o->max_overflow > WEFTI_MAX_POOL_SLOTS ||
        o->size + o->max_overflow > WEFTI_MAX_POOL_SLOTS)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "pool.size and pool.max_overflow together may be at most %d",
                               WEFTI_MAX_POOL_SLOTS);
    fill(&o->timeout_ms, 30000, 1);
    fill(&o->max_waiters, 1024, 1);
    if (o->max_waiters > WEFTI_POOL_MAX_WAITERS)
        o->max_waiters = WEFTI_POOL_MAX_WAITERS;
    fill(&o->connect_timeout_ms, 10000, 250);
    if (o->connect_timeout_ms == WEFT_NONE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "pool.connect_timeout_ms cannot be none: a login may hang for ever");
    fill(&o->max_lifetime_ms, 1800000, 1000);
    fill(&o->idle_timeout_ms, 600000, 1000);
    fill(&o->overflow_idle_ms, 5000, 100);
    if (o->min_idle == WEFT_NONE)
        o->min_idle = 0;
    fill(&o->keepalive_ms, 120000, 1000);
    fill(&o->ping_after_ms, 1000, 100);
    fill(&o->leak_after_ms, WEFT_NONE, 100);
    fill(&o->reset_timeout_ms, 5000, 100);
    fill(&o->helper_threads, 4, WEFTI_POOL_FIRST_HELPERS);
    if (o->helper_threads > WEFTI_POOL_MAX_HELPERS)
        o->helper_threads = WEFTI_POOL_MAX_HELPERS;
    fill(&o->barging_us, 200, 1);
    return WEFT_OK;
}

static void free_failure(wefti_epoch_entry *retirement) { wefti_free((char *)retirement - offsetof(wefti_failure, retirement)); }

static void free_pool(wefti_pool *pool)
{
    wefti_failure *failure = wefti_atomic_exchange_ptr(&pool->failure, NULL, WEFTI_ACQ_REL);
    if (failure != NULL)
        free_failure(&failure->retirement); /* nobody is in the pool any more */
    wefti_free(pool->slots);
    wefti_free(pool->places);
    wefti_free(pool->nodes);
    wefti_free(pool);
}

static weft_status allocate(wefti_pool **made, const weft_pool_options *options, weft_error *error)
{
    wefti_pool *pool = wefti_aligned(WEFTI_CACHE_LINE, sizeof *pool);
    if (pool == NULL)
        return wefti_error_memory(error);
    memset(pool, 0, sizeof *pool);
    pool->options = *options;
    pool->slot_count = options->size + options->max_overflow;
    uint32_t places = options->max_waiters;
    pool->slots = wefti_aligned(2 * WEFTI_CACHE_LINE, pool->slot_count * sizeof *pool->slots);
    pool->places = wefti_calloc(places, sizeof *pool->places);
    pool->nodes = wefti_aligned(WEFTI_CACHE_LINE, places * sizeof *pool->nodes);
    if (pool->slots == NULL || pool->places == NULL || pool->nodes == NULL) {
        free_pool(pool);
        return wefti_error_memory(error);
    }
    memset(pool->slots, 0, pool->slot_count * sizeof *pool->slots);
    for (uint32_t i = 0; i < pool->slot_count; i++)
        pool->slots[i].index = i;
    for (uint32_t i = 0; i < places; i++)
        wefti_event_init(&pool->nodes[i].event);
    wefti_event_init(&pool->work);
    wefti_event_init(&pool->tick);
    wefti_event_init(&pool->returned);
    *made = pool;
    return WEFT_OK;
}

weft_status wefti_pool_open_unattended(wefti_pool **made, const wefti_target *target, const weft_pool_options *options,
                                       const wefti_log *log, weft_error *error)
{
    *made = NULL;
    weft_pool_options filled = options != NULL ? *options : (weft_pool_options){0};
    wefti_pool *pool = NULL;
    weft_status status = fill_options(&filled, error);
    if (status == WEFT_OK)
        status = allocate(&pool, &filled, error);
    if (status != WEFT_OK)
        return status;
    wefti_fork_watch();
    pool->driver = target->driver;
    pool->target = target;
    pool->log = log;
    pool->inline_work = target->driver->in_process;
    pool->measured = filled.use_histogram;
    pool->sited = filled.leak_after_ms != WEFT_NONE || pool->measured;
    pool->ping_after_ns = filled.ping_after_ms == WEFT_NONE ? UINT64_MAX : (uint64_t)filled.ping_after_ms * WEFTI_NS_PER_MS;
    pool->fork_generation = wefti_fork_generation();
    wefti_atomic_store_u32(&pool->holds, 1, WEFTI_RELAXED);                       /* published with the handle */
    pool->number = wefti_atomic_add_u64(&last_pool_number, 1, WEFTI_RELAXED) + 1; /* only uniqueness matters */
    wefti_atomic_store_u64(&pool->random, (uint64_t)wefti_now_ns() ^ pool->number << 32, WEFTI_RELAXED);
    *made = pool;
    return WEFT_OK;
}

weft_status wefti_pool_open(wefti_pool **made, const wefti_target *target, const weft_pool_options *options, const wefti_log *log,
                            weft_error *error)
{
    weft_status status = wefti_pool_open_unattended(made, target, options, log, error);
    if (status != WEFT_OK)
        return status;
    wefti_pool *pool = *made;
    pool->attended = true;
    bool started = true;
    for (uint32_t i = 0; started && !pool->inline_work && i < WEFTI_POOL_FIRST_HELPERS; i++)
        started = wefti_helper_start(pool);
    if (started && wefti_thread_start(&pool->housekeeper, wefti_housekeeper_main, pool, "weft-keeper")) /* now it starts helpers */
        return WEFT_OK;
    wefti_pool_free(pool);
    *made = NULL;
    return wefti_error_set(error, WEFT_ERROR_RESOURCE, "the connection pool cannot start its threads");
}

void wefti_pool_invalidate(wefti_pool *pool)
{
    wefti_atomic_add_u64(&pool->generation, 1, WEFTI_ACQ_REL);
    wefti_event_signal(&pool->tick);
}

void wefti_pool_suspend(wefti_pool *pool)
{
    uint32_t open = WEFTI_PHASE_OPEN;
    wefti_atomic_cas_u32(&pool->phase, &open, WEFTI_PHASE_SUSPENDED, WEFTI_SEQ_CST);
}

void wefti_pool_resume(wefti_pool *pool)
{
    uint32_t suspended = WEFTI_PHASE_SUSPENDED;
    if (!wefti_atomic_cas_u32(&pool->phase, &suspended, WEFTI_PHASE_OPEN, WEFTI_SEQ_CST))
        return;
    /* Threads came into line while nothing was handed out: pass on what lies idle. Whoever comes into line from here on finds it
     * itself. */
    for (uint32_t i = 0; i < pool->slot_count; i++)
        if (wefti_slot_claim(&pool->slots[i], WEFTI_CLAIM_IDLE) ||
            (pool->inline_work && wefti_slot_claim(&pool->slots[i], WEFTI_CLAIM_EMPTY)))
            wefti_slot_release(pool, &pool->slots[i]);
    wefti_event_signal(&pool->work);
}

/* Closes what nobody holds; returns how many slots are not empty yet. */
static uint32_t sweep(wefti_pool *pool)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        wefti_slot *slot = &pool->slots[i];
        if (wefti_slot_claim(slot, WEFTI_CLAIM_IDLE) || wefti_slot_claim(slot, WEFTI_CLAIM_QUEUED))
            wefti_slot_close(pool, slot);
        left += wefti_atomic_load_u32(&slot->claim, WEFTI_SEQ_CST) != WEFTI_CLAIM_EMPTY;
    }
    return left;
}

/* Threads leave at once, but for one that opens a connection itself. Their last touch of the pool is the count, so they do not
 * signal: this thread naps. Returns how many are still there at the deadline. */
static uint32_t send_line_home(wefti_pool *pool, wefti_deadline deadline)
{
    uint32_t waiting;
    while ((waiting = wefti_atomic_load_u32(&pool->waiting, WEFTI_SEQ_CST)) != 0) {
        wefti_line_fail_all(pool);
        if (wefti_deadline_passed(deadline))
            break;
        uint32_t prepared = wefti_event_prepare(&pool->returned);
        wefti_event_wait(&pool->returned, prepared, wefti_deadline_earlier(deadline, wefti_now_ns() + WEFTI_NS_PER_MS));
    }
    return waiting;
}

static void stop_threads(wefti_pool *pool, wefti_deadline deadline)
{
    wefti_atomic_store_u32(&pool->phase, WEFTI_PHASE_STOPPED, WEFTI_SEQ_CST);
    wefti_event_signal(&pool->work);
    wefti_event_signal(&pool->tick);
    wefti_thread_join(&pool->housekeeper); /* first: it starts helpers */
    wefti_helpers_ask_to_stop(pool);
    uint32_t left = wefti_helpers_end(pool, deadline);
    if (left != 0)
        wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL,
                       "%u helper threads are still inside a name lookup; they end when it does", left);
}

/* From open or suspended; a pool that closes or has stopped stays as it is. */
static void set_closing(wefti_pool *pool)
{
    uint32_t phase = (uint32_t)wefti_pool_phase(pool);
    while (phase < WEFTI_PHASE_CLOSING && !wefti_atomic_cas_u32(&pool->phase, &phase, WEFTI_PHASE_CLOSING, WEFTI_SEQ_CST))
        wefti_atomic_pause();
}

weft_status wefti_pool_close(wefti_pool *pool, wefti_deadline deadline, weft_error *error)
{
    if (pool->fork_generation != wefti_fork_generation())
        return wefti_error_set(error, WEFT_ERROR_FORKED, "this engine was opened before fork");
    int cancel_state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    set_closing(pool);
    wefti_helpers_ask_to_stop(pool);
    uint32_t waiting = send_line_home(pool, deadline), left;
    for (;;) {
        uint32_t prepared = wefti_event_prepare(&pool->returned);
        left = sweep(pool);
        if (left == 0 || wefti_deadline_passed(deadline))
            break;
        wefti_event_wait(&pool->returned, prepared, wefti_deadline_earlier(deadline, wefti_now_ns() + LOOK_AGAIN_NS));
    }
    if (wefti_pool_phase(pool) != WEFTI_PHASE_STOPPED) {
        /* With every slot empty a helper has nothing left that takes time. Else it may be one that holds a slot: it gets until the
         * deadline, and long enough to notice that it is to stop. */
        wefti_deadline grace = wefti_now_ns() + 4 * WEFTI_STOP_LOOK_NS;
        stop_threads(pool, left == 0 ? WEFTI_NO_DEADLINE : deadline > grace ? deadline : grace);
        left = sweep(pool);
    }
    waiting = waiting != 0 ? send_line_home(pool, wefti_now_ns()) : 0;
    pthread_setcancelstate(cancel_state, NULL);
    if (left == 0 && waiting == 0)
        return WEFT_OK;
    if (left == 0)
        return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "%u threads are still opening a connection", waiting);
    return wefti_error_set(error, WEFT_ERROR_TIMEOUT,
                           "%u connections are still out or in the middle of a login; they will be closed when they come back",
                           left);
}

void wefti_pool_drop_hold(wefti_pool *pool)
{
    if (!wefti_atomic_drop_u32(&pool->holds))
        return;
    wefti_epoch_await_unmarked(pool);
    free_pool(pool);
}

/* In a child the parent's threads and holders do not exist: close the descriptors of what lay idle, leave the rest as it is. */
static void abandon_in_child(wefti_pool *pool)
{
    for (uint32_t i = 0; i < pool->slot_count; i++)
        if (wefti_atomic_load_u32(&pool->slots[i].claim, WEFTI_ACQUIRE) == WEFTI_CLAIM_IDLE)
            pool->driver->close(pool->slots[i].dbc);
    free_pool(pool);
}

void wefti_pool_free(wefti_pool *pool)
{
    if (pool == NULL)
        return;
    if (pool->fork_generation != wefti_fork_generation()) {
        abandon_in_child(pool);
        return;
    }
    wefti_pool_close(pool, wefti_now_ns(), NULL);
    (void)send_line_home(pool, WEFTI_NO_DEADLINE);
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        uint32_t owned = WEFTI_CLAIM_OWNED;
        wefti_atomic_add_u32(&pool->holds, 1, WEFTI_ACQ_REL); /* first, for whoever brings it back the moment it is swapped */
        if (!wefti_atomic_cas_u32(&pool->slots[i].claim, &owned, WEFTI_CLAIM_ORPHANED, WEFTI_SEQ_CST))
            wefti_atomic_add_u32(&pool->holds, UINT32_MAX, WEFTI_ACQ_REL);
    }
    sweep(pool); /* what was given up as idle or queued between the last sweep and here */
    wefti_pool_drop_hold(pool);
}
