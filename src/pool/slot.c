/* Slots: what becomes of them, and how they pass from one owner to the next.
 *
 * wefti_slot_release is the heart of the pool. A waiting thread first stands in line (its place says WAITING, announced is counted
 * up) and then looks at the slots once more; a releasing thread first gives the slot up and then looks at the line once more. Both
 * are sequentially consistent, so at least one of the two sees the other, and no wake-up is lost. A releasing thread that sees
 * somebody in line takes the slot back by the same compare-and-swap as everybody and hands it over; when it fails to take it back,
 * whoever has it now will do the same on release. */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#include "base/error.h"

#include <pthread.h>

#define RECENT_NS (5000 * (int64_t)WEFTI_NS_PER_MS) /* the network gives a connection up later than that */

/* The oldest place in line as its word, or UINT64_MAX. Every thread in line before the look began, and still there, is seen; so a
 * hand-off never prefers a thread that came into line after another that it passes over. */
static uint64_t oldest_waiting(wefti_pool *pool, uint32_t *place)
{
    uint64_t oldest = UINT64_MAX;
    uint32_t limit = wefti_atomic_load_u32(&pool->place_limit, WEFTI_SEQ_CST);
    for (uint32_t i = 0; i < limit; i++) {
        uint64_t word = wefti_atomic_load_u64(&pool->places[i], WEFTI_SEQ_CST);
        if ((word & 15) == WEFTI_PLACE_WAITING && word < oldest) {
            oldest = word;
            *place = i;
        }
    }
    return oldest;
}

/* Linearization: the compare-and-swap of the place's word makes the waiting thread the slot's owner. A failure means that this
 * thread was served or left meanwhile, so others make progress when this one repeats. */
bool wefti_line_hand_off(wefti_pool *pool, const wefti_slot *slot)
{
    for (;;) {
        uint32_t place = 0;
        uint64_t word = oldest_waiting(pool, &place);
        if (word == UINT64_MAX)
            return false;
        uint64_t handed = (word & ~UINT64_C(0xffff)) | (uint64_t)slot->index << 4 | WEFTI_PLACE_HANDED;
        if (wefti_atomic_cas_u64(&pool->places[place], &word, handed, WEFTI_SEQ_CST)) {
            wefti_event_signal(&pool->nodes[place].event);
            wefti_pool_count(&pool->counters.hand_offs);
            return true;
        }
    }
}

void wefti_line_fail_all(wefti_pool *pool)
{
    uint32_t limit = wefti_atomic_load_u32(&pool->place_limit, WEFTI_SEQ_CST);
    for (uint32_t i = 0; i < limit; i++) {
        uint64_t word = wefti_atomic_load_u64(&pool->places[i], WEFTI_SEQ_CST);
        if ((word & 15) == WEFTI_PLACE_WAITING &&
            wefti_atomic_cas_u64(&pool->places[i], &word, (word & ~UINT64_C(0xffff)) | WEFTI_PLACE_FAILED, WEFTI_SEQ_CST))
            wefti_event_signal(&pool->nodes[i].event);
    }
}

/* The handle was given up while this slot was out (see wefti_pool_free): the last one to come back ends the pool. The claim says
 * ORPHANED for good, so nobody else finds the slot. */
static void release_orphan(wefti_pool *pool, wefti_slot *slot)
{
    if (slot->dbc != NULL)
        pool->driver->close(slot->dbc);
    slot->dbc = NULL;
    wefti_pool_drop_hold(pool);
}

bool wefti_line_is_waiting(wefti_pool *pool)
{
    uint32_t place;
    return wefti_atomic_load_u32(&pool->announced, WEFTI_SEQ_CST) != 0 && oldest_waiting(pool, &place) != UINT64_MAX;
}

uint32_t wefti_line_count_waiting(wefti_pool *pool)
{
    uint32_t count = 0, limit = wefti_atomic_load_u32(&pool->announced, WEFTI_SEQ_CST) == 0
                                    ? 0
                                    : wefti_atomic_load_u32(&pool->place_limit, WEFTI_SEQ_CST);
    for (uint32_t i = 0; i < limit; i++)
        count += (wefti_atomic_load_u64(&pool->places[i], WEFTI_SEQ_CST) & 15) == WEFTI_PLACE_WAITING;
    return count;
}

/* Looks at the line and the phase once more after a slot was given up as `rest`, taking it back as often as somebody waits for
 * it. */
static void look_again(wefti_pool *pool, wefti_slot *slot, wefti_claim rest)
{
    bool useful = rest == WEFTI_CLAIM_IDLE || (pool->inline_work && !wefti_pool_is_paced(pool));
    while (useful && wefti_pool_phase(pool) == WEFTI_PHASE_OPEN && wefti_line_is_waiting(pool)) {
        if (!wefti_slot_claim(slot, rest))
            break; /* its new owner will look at the line */
        if (wefti_line_hand_off(pool, slot))
            return;
        if (!wefti_slot_give_up(slot, rest)) {
            release_orphan(pool, slot);
            return;
        }
    }
    if (wefti_pool_phase(pool) >= WEFTI_PHASE_CLOSING)
        wefti_event_signal(&pool->returned);
    if (rest == WEFTI_CLAIM_EMPTY && !pool->inline_work && wefti_atomic_load_u32(&pool->waiting, WEFTI_SEQ_CST) != 0)
        wefti_event_signal(&pool->work); /* room for a new connection */
}

WEFTI_HOT void wefti_slot_leave(wefti_pool *pool, wefti_slot *slot)
{
    if (!wefti_slot_give_up(slot, WEFTI_CLAIM_IDLE))
        release_orphan(pool, slot);
    else if (wefti_atomic_load_u32(&pool->announced, WEFTI_SEQ_CST) != 0 || wefti_pool_phase(pool) != WEFTI_PHASE_OPEN)
        look_again(pool, slot, WEFTI_CLAIM_IDLE);
}

void wefti_slot_release(wefti_pool *pool, wefti_slot *slot)
{
    bool connected = slot->dbc != NULL;
    /* An empty slot helps a thread in line only if that thread connects itself, and not before the next attempt's time. */
    bool useful = connected || (pool->inline_work && !wefti_pool_is_paced(pool));
    wefti_claim rest = connected ? WEFTI_CLAIM_IDLE : WEFTI_CLAIM_EMPTY;
    wefti_slot_set_state(slot, connected ? WEFTI_SLOT_IDLE : WEFTI_SLOT_EMPTY);
    if (useful && wefti_atomic_load_u32(&pool->announced, WEFTI_ACQUIRE) != 0 && wefti_pool_phase(pool) == WEFTI_PHASE_OPEN &&
        wefti_line_hand_off(pool, slot))
        return;
    if (!wefti_slot_give_up(slot, rest))
        release_orphan(pool, slot);
    else
        look_again(pool, slot, rest);
}

bool wefti_pool_is_paced(wefti_pool *pool)
{
    return wefti_atomic_load_u32(&pool->failures, WEFTI_ACQUIRE) != 0 &&
           (uint64_t)wefti_now_ns() < wefti_atomic_load_u64(&pool->next_attempt_ns, WEFTI_ACQUIRE);
}

static bool is_hopeless(const wefti_pool *pool, weft_status status)
{
    if (pool->options.fail_fast)
        return true;
    if (pool->driver->in_process)
        return status != WEFT_ERROR_BUSY && status != WEFT_ERROR_LOCK_TIMEOUT;
    weft_advice advice = weft_status_advice(status);
    return advice != WEFT_ADVICE_RETRY && advice != WEFT_ADVICE_WAIT && status != WEFT_ERROR_RESOURCE && status != WEFT_ERROR_IO &&
           status != WEFT_ERROR_NO_MEMORY;
}

static void set_times(wefti_pool *pool, wefti_slot *slot)
{
    uint64_t now = (uint64_t)wefti_now_ns();
    uint64_t life = (uint64_t)pool->options.max_lifetime_ms * WEFTI_NS_PER_MS;
    uint64_t expires = UINT64_MAX;
    if (pool->options.max_lifetime_ms != WEFT_NONE)
        expires = now + life - wefti_pool_random(pool) % (life / 10 + 1);
    /* Relaxed: the housekeeper's hints; it looks again once it owns the slot. */
    wefti_atomic_store_u64(&slot->expires_ns, expires, WEFTI_RELAXED);
    wefti_atomic_store_u64(&slot->opened_ns, now, WEFTI_RELAXED);
    wefti_atomic_store_u64(&slot->asked_ns, now, WEFTI_RELAXED);
    wefti_atomic_store_u64(&slot->used_ns, now, WEFTI_RELAXED);
}

weft_status wefti_slot_open(wefti_pool *pool, wefti_slot *slot, wefti_deadline deadline, weft_error *error)
{
    wefti_slot_set_state(slot, WEFTI_SLOT_CONNECTING);
    wefti_atomic_add_u32(&pool->open_count, 1, WEFTI_SEQ_CST);
    slot->generation = wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE); /* before connecting: a loss meanwhile retires it */
    wefti_deadline limit = wefti_deadline_earlier(deadline, wefti_deadline_after_ms(pool->options.connect_timeout_ms));
    weft_error local = {0};
    wefti_dbc *dbc = NULL;
    weft_status status = pool->driver->open(pool->target, limit, &dbc, &local);
    if (status != WEFT_OK) {
        local.status = status;
        wefti_slot_set_state(slot, WEFTI_SLOT_EMPTY);
        wefti_atomic_add_u32(&pool->open_count, UINT32_MAX, WEFTI_SEQ_CST);
        wefti_atomic_store_u32(&pool->hopeless, is_hopeless(pool, status), WEFTI_SEQ_CST);
        if (status != WEFT_ERROR_CLOSED) /* given up because the pool closes */
            wefti_pool_note_failure(pool, &local);
        wefti_error_copy(error, &local);
        return status;
    }
    dbc->user = slot;
    slot->dbc = dbc;
    set_times(pool, slot);
    wefti_atomic_add_u32(&pool->live, 1, WEFTI_SEQ_CST);
    wefti_atomic_store_u32(&pool->failures, 0, WEFTI_RELEASE);
    wefti_atomic_store_u32(&pool->hopeless, 0, WEFTI_SEQ_CST);
    wefti_pool_count(&pool->counters.opened);
    wefti_log_text(pool->log, WEFT_LOG_INFO, WEFT_LOG_POOL, "connection %llu opened to %s", (unsigned long long)dbc->number,
                   pool->target->display != NULL ? pool->target->display : "");
    return WEFT_OK;
}

void wefti_slot_close(wefti_pool *pool, wefti_slot *slot)
{
    wefti_slot_set_state(slot, WEFTI_SLOT_DEFUNCT);
    uint64_t number = slot->dbc->number;
    pool->driver->close(slot->dbc);
    slot->dbc = NULL;
    wefti_atomic_add_u32(&pool->live, UINT32_MAX, WEFTI_SEQ_CST);
    wefti_atomic_add_u32(&pool->open_count, UINT32_MAX, WEFTI_SEQ_CST);
    wefti_pool_count(&pool->counters.closed);
    wefti_log_text(pool->log, WEFT_LOG_INFO, WEFT_LOG_POOL, "connection %llu closed", (unsigned long long)number);
    wefti_slot_release(pool, slot);
}

static void queue_or_work(wefti_pool *pool, wefti_slot *slot, wefti_work work)
{
    wefti_atomic_store_u32(&slot->work, (uint32_t)work, WEFTI_RELAXED); /* published by the claim word, as is the next */
    wefti_atomic_store_u64(&slot->work_until_ns, (uint64_t)wefti_deadline_after_ms(pool->options.reset_timeout_ms), WEFTI_RELAXED);
    if (work == WEFTI_WORK_PING)
        wefti_atomic_add_u32(&pool->asking, 1, WEFTI_SEQ_CST);
    wefti_slot_set_state(slot, work == WEFTI_WORK_PING ? WEFTI_SLOT_RESERVED : WEFTI_SLOT_DEFUNCT);
    if (pool->inline_work) {
        wefti_slot_work(pool, slot);
        return;
    }
    if (!wefti_slot_give_up(slot, WEFTI_CLAIM_QUEUED)) {
        release_orphan(pool, slot);
        return;
    }
    /* Stopped: the helpers may be gone. Either the closing thread's sweep, which comes after it has set the phase, finds the slot
     * queued, or this load finds the phase set. */
    if (wefti_pool_phase(pool) == WEFTI_PHASE_STOPPED) {
        if (wefti_slot_claim(slot, WEFTI_CLAIM_QUEUED))
            wefti_slot_close(pool, slot);
        return;
    }
    wefti_event_signal(&pool->work);
}

/* Not to be cancelled: closing and its log record may be cancellation points, and the slot would have no owner any more. */
void wefti_slot_queue(wefti_pool *pool, wefti_slot *slot, wefti_work work)
{
    int cancel_state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    queue_or_work(pool, slot, work);
    pthread_setcancelstate(cancel_state, NULL);
}

static bool answers(wefti_pool *pool, wefti_slot *slot)
{
    weft_error error = {0};
    int64_t since = wefti_now_ns();
    wefti_pool_count(&pool->counters.pings);
    wefti_deadline deadline = wefti_deadline_after_ms(pool->options.reset_timeout_ms);
    bool alive = pool->driver->alive(slot->dbc, &error);
    weft_status status = alive ? pool->driver->ping(slot->dbc, deadline, &error) : WEFT_ERROR_DISCONNECTED;
    if (status == WEFT_OK) {
        wefti_atomic_store_u64(&slot->asked_ns, (uint64_t)wefti_now_ns(), WEFTI_RELAXED); /* not a use: it may idle out */
        return true;
    }
    wefti_pool_count(&pool->counters.ping_failures);
    wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "connection %llu was lost while idle: %s",
                   (unsigned long long)slot->dbc->number, error.message[0] != 0 ? error.message : "no answer");
    wefti_slot_note_broken(pool, slot);
    if (status == WEFT_ERROR_TIMEOUT)
        wefti_slot_note_silent(pool, slot, (uint64_t)since);
    return false;
}

/* Within what is left since the connection came back: slots that wait for a helper meanwhile do not take longer for it. */
static bool recovers(wefti_pool *pool, wefti_slot *slot)
{
    wefti_deadline until = (wefti_deadline)wefti_atomic_load_u64(&slot->work_until_ns, WEFTI_RELAXED);
    if (wefti_deadline_passed(until))
        return false;
    weft_status status = pool->driver->recover(slot->dbc, until, NULL);
    if (status == WEFT_OK)
        status = pool->driver->reset(slot->dbc, until, NULL);
    if (status == WEFT_ERROR_TIMEOUT)
        wefti_slot_note_silent(pool, slot, (uint64_t)until - (uint64_t)pool->options.reset_timeout_ms * WEFTI_NS_PER_MS);
    return status == WEFT_OK && pool->driver->state(slot->dbc) == WEFTI_TX_IDLE;
}

void wefti_slot_work(wefti_pool *pool, wefti_slot *slot)
{
    bool keep = false;
    wefti_work work = (wefti_work)wefti_atomic_load_u32(&slot->work, WEFTI_RELAXED);
    bool current = slot->generation == wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE); /* else there is nothing to ask */
    if (work == WEFTI_WORK_PING) {
        keep = current && answers(pool, slot);
        wefti_atomic_add_u32(&pool->asking, UINT32_MAX, WEFTI_SEQ_CST);
    } else if (work == WEFTI_WORK_RECOVER && current) {
        keep = recovers(pool, slot);
    }
    if (keep && slot->generation == wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE) &&
        wefti_pool_phase(pool) < WEFTI_PHASE_CLOSING)
        wefti_slot_release(pool, slot);
    else
        wefti_slot_close(pool, slot);
}

/* By the counter, not by the clock: connections of the lost generation that come back later do not retire those that were opened
 * since. */
static void retire_generation(wefti_pool *pool, const wefti_slot *slot, const char *why)
{
    uint64_t lost = slot->generation;
    if (wefti_atomic_cas_u64(&pool->generation, &lost, lost + 1, WEFTI_ACQ_REL)) {
        wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "%s: all connections opened before are retired", why);
        wefti_event_signal(&pool->tick);
    }
}

void wefti_slot_note_broken(wefti_pool *pool, const wefti_slot *slot)
{
    wefti_pool_count(&pool->counters.retired_broken);
    if (slot->dbc->silent)
        wefti_slot_note_silent(pool, slot, (uint64_t)(wefti_now_ns() - RECENT_NS));
    /* What a server closes, it tells each connection: nothing follows from one for the others but that they are looked at. */
    wefti_atomic_store_u32(&pool->look_wanted, 1, WEFTI_RELEASE); /* pairs with the swap in the housekeeper */
    wefti_event_signal(&pool->tick);
}

/* A server that is stopped, or cut off, tells nobody. */
void wefti_slot_note_silent(wefti_pool *pool, const wefti_slot *slot, uint64_t since_ns)
{
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        const wefti_slot *other = &pool->slots[i];
        uint64_t used = wefti_atomic_load_u64(&other->used_ns, WEFTI_RELAXED); /* hints: either answer is right */
        uint64_t asked = wefti_atomic_load_u64(&other->asked_ns, WEFTI_RELAXED);
        if (other != slot && wefti_atomic_load_u64(&other->opened_ns, WEFTI_RELAXED) <= since_ns &&
            (used > since_ns || asked > since_ns))
            return;
    }
    retire_generation(pool, slot, "the server does not answer");
}

void wefti_slot_note_misplaced(wefti_pool *pool, const wefti_slot *slot)
{
    retire_generation(pool, slot, "the server is no longer one that the URL asks for");
}

weft_status wefti_pool_ask(wefti_pool *pool, wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    if (pool->driver->in_process)
        return pool->driver->ping(dbc, deadline, error);
    int64_t since = wefti_now_ns();
    wefti_deadline until = wefti_deadline_earlier(deadline, wefti_deadline_after_ms(pool->options.reset_timeout_ms));
    weft_status status = pool->driver->ping(dbc, until, error);
    if (status == WEFT_ERROR_TIMEOUT)
        wefti_slot_note_silent(pool, dbc->user, (uint64_t)since);
    return status;
}
