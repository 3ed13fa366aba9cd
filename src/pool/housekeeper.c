/* The housekeeper: one thread per pool that decides and never blocks on a connection. Every tick it moves the pool's clock on,
 * retires what is too old, idle or of a lost generation, has quiet connections asked, opens some ahead, reports connections that
 * stay out, adds a helper when all are busy, and frees what the epochs have let go of. It takes idle slots by the same
 * compare-and-swap as everybody. When nothing has been checked out for a while it stops ticking (clock 0) and wakes once a second
 * or less; the first checkout that finds the clock stopped reads the real one and wakes it. */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#define QUIET_TICKS 20
#define SLOW_LOOK_NS (1000 * (int64_t)WEFTI_NS_PER_MS)

typedef enum attention { NOTHING, RETIRE_GENERATION, RETIRE_LIFETIME, RETIRE_IDLE, RETIRE_BROKEN, ASK } attention;

uint64_t wefti_pool_clock_start(wefti_pool *pool)
{
    uint64_t stopped = 0, now = (uint64_t)wefti_now_ns();
    if (pool->attended && wefti_atomic_cas_u64(&pool->clock_ns, &stopped, now, WEFTI_ACQ_REL))
        wefti_event_signal(&pool->tick);
    return now;
}

static uint64_t idle_for(uint64_t now, uint64_t since) { return now > since ? now - since : 0; }

static bool set_and_past(uint64_t span_ns, uint32_t limit_ms)
{
    return limit_ms != WEFT_NONE && span_ns >= (uint64_t)limit_ms * WEFTI_NS_PER_MS;
}

/* What there is in one round, less what the round retires. */
typedef struct house_round {
    uint64_t now;
    uint32_t idle;   /* connections at rest, those being asked included */
    uint32_t excess; /* connections above options.size */
    bool look;       /* a connection was found broken: look whether the server has closed others */
} house_round;

/* What an idle slot needs. Reads the owner's fields: a hint before the slot is claimed, exact after. */
static attention look_at(wefti_pool *pool, const wefti_slot *slot, uint64_t generation, const house_round *round)
{
    uint64_t now = round->now;
    uint64_t used = wefti_atomic_load_u64(&slot->used_ns, WEFTI_RELAXED);
    uint64_t asked = wefti_atomic_load_u64(&slot->asked_ns, WEFTI_RELAXED);
    uint64_t idle = idle_for(now, used);
    if (generation != wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE))
        return RETIRE_GENERATION;
    if (now >= wefti_atomic_load_u64(&slot->expires_ns, WEFTI_RELAXED))
        return RETIRE_LIFETIME;
    if (round->excess > 0 && set_and_past(idle, pool->options.overflow_idle_ms))
        return RETIRE_IDLE;
    if (round->idle > pool->options.min_idle && set_and_past(idle, pool->options.idle_timeout_ms))
        return RETIRE_IDLE;
    uint64_t quiet = asked > used ? idle_for(now, asked) : idle;
    return set_and_past(quiet, pool->options.keepalive_ms) ? ASK : NOTHING;
}

/* Each slot is looked at once: of two counts taken one after the other, one would count as overflow what a helper has closed since,
 * and a connection that the pool is to keep would be retired for it. */
static void count_slots(const wefti_pool *pool, house_round *round)
{
    uint32_t standing = 0;
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        uint32_t state = wefti_atomic_load_u32(&pool->slots[i].state, WEFTI_ACQUIRE);
        standing += state != WEFTI_SLOT_EMPTY && state != WEFTI_SLOT_DEFUNCT;
        round->idle += state == WEFTI_SLOT_IDLE || state == WEFTI_SLOT_RESERVED;
    }
    round->excess = standing > pool->options.size ? standing - pool->options.size : 0;
}

/* Reads what has arrived, without a round trip. */
static bool stands(wefti_pool *pool, const wefti_slot *slot)
{
    weft_error gone = {0};
    if (pool->driver->alive(slot->dbc, &gone))
        return true;
    wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL, "connection %llu was lost while idle: %s",
                   (unsigned long long)slot->dbc->number, gone.message);
    return false;
}

/* The place of a connection that is to be recovered is free at the end of its time, also while every helper is busy. */
static void close_overdue(wefti_pool *pool, wefti_slot *slot, uint64_t now)
{
    if (wefti_atomic_load_u32(&slot->claim, WEFTI_RELAXED) != WEFTI_CLAIM_QUEUED || /* a hint */
        wefti_atomic_load_u64(&slot->work_until_ns, WEFTI_RELAXED) > now || !wefti_slot_claim(slot, WEFTI_CLAIM_QUEUED))
        return;
    bool overdue = wefti_atomic_load_u32(&slot->work, WEFTI_RELAXED) == WEFTI_WORK_RECOVER &&
                   wefti_atomic_load_u64(&slot->work_until_ns, WEFTI_RELAXED) <= now;
    if (overdue)
        wefti_slot_close(pool, slot);
    else if (wefti_slot_give_up(slot, WEFTI_CLAIM_QUEUED))
        wefti_event_signal(&pool->work);
}

static void attend(wefti_pool *pool, wefti_slot *slot, house_round *round)
{
    if (wefti_atomic_load_u32(&slot->claim, WEFTI_ACQUIRE) != WEFTI_CLAIM_IDLE)
        return;
    /* A look without owning the slot; only its generation, which is not atomic, must wait. */
    uint64_t current = wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE);
    bool generation_moved = current != pool->kept_generation;
    if (!generation_moved && !round->look && look_at(pool, slot, current, round) == NOTHING)
        return;
    if (!wefti_slot_claim(slot, WEFTI_CLAIM_IDLE))
        return;
    attention need = look_at(pool, slot, slot->generation, round);
    if (need == NOTHING && round->look && !stands(pool, slot))
        need = RETIRE_BROKEN;
    if (need == NOTHING) {
        wefti_slot_release(pool, slot);
        return;
    }
    if (need != ASK) {
        round->idle--;
        round->excess -= round->excess > 0;
    }
    if (need == RETIRE_GENERATION)
        wefti_pool_count(&pool->counters.retired_generation);
    else if (need == RETIRE_LIFETIME)
        wefti_pool_count(&pool->counters.retired_lifetime);
    else if (need == RETIRE_IDLE)
        wefti_pool_count(&pool->counters.retired_idle);
    else if (need == RETIRE_BROKEN)
        wefti_pool_count(&pool->counters.retired_broken);
    wefti_slot_queue(pool, slot, need == ASK ? WEFTI_WORK_PING : WEFTI_WORK_CLOSE);
}

/* A seqlock without the lock: the count of checkouts before and after says whether the fields belong together. */
static void report_leak(wefti_pool *pool, wefti_slot *slot, uint64_t now)
{
    uint64_t checkout = wefti_atomic_load_u64(&slot->checkouts, WEFTI_ACQUIRE);
    uint64_t out = wefti_atomic_load_u64(&slot->out_ns, WEFTI_ACQUIRE);
    if (out == 0 || checkout == slot->leak_reported || !set_and_past(idle_for(now, out), pool->options.leak_after_ms))
        return;
    const char *file = wefti_atomic_load_ptr(&slot->file, WEFTI_ACQUIRE);
    uint32_t line = wefti_atomic_load_u32(&slot->line, WEFTI_ACQUIRE);
    uint64_t thread = wefti_atomic_load_u64(&slot->thread, WEFTI_ACQUIRE);
    if (wefti_atomic_load_u64(&slot->checkouts, WEFTI_ACQUIRE) != checkout ||
        wefti_atomic_load_u64(&slot->out_ns, WEFTI_ACQUIRE) != out)
        return;
    char name[WEFTI_THREAD_NAME_SIZE];
    wefti_thread_name((int)thread, name);
    slot->leak_reported = checkout;
    wefti_pool_count(&pool->counters.leaks);
    wefti_log_text(pool->log, WEFT_LOG_WARNING, WEFT_LOG_POOL,
                   "a connection has been out for %llu ms: checked out by thread %llu (%s) at %s:%u",
                   (unsigned long long)(idle_for(now, out) / WEFTI_NS_PER_MS), (unsigned long long)thread,
                   name[0] != '\0' ? name : "ended", file != NULL ? file : "(unknown)", line);
}

static void open_ahead(wefti_pool *pool, uint32_t idle)
{
    uint32_t goal = pool->options.min_idle < pool->options.size ? pool->options.min_idle : pool->options.size;
    uint32_t coming = idle + wefti_atomic_load_u32(&pool->connecting, WEFTI_ACQUIRE);
    uint32_t wanted = coming < goal ? goal - coming : 0;
    wefti_atomic_store_u32(&pool->spare_wanted, wanted, WEFTI_RELEASE);
    if (wanted == 0)
        return;
    if (!pool->inline_work)
        wefti_event_signal(&pool->work);
    else
        while (wefti_pool_begin_connecting(pool))
            wefti_pool_connect_one(pool);
}

static void add_helper(wefti_pool *pool)
{
    uint32_t count = wefti_atomic_load_u32(&pool->helper_count, WEFTI_RELAXED);
    if (!pool->attended || pool->inline_work || count >= pool->options.helper_threads ||
        wefti_atomic_load_u32(&pool->busy_helpers, WEFTI_RELAXED) < count)
        return;
    bool needed = wefti_atomic_load_u32(&pool->seeking, WEFTI_RELAXED) != 0;
    for (uint32_t i = 0; i < pool->slot_count && !needed; i++)
        needed = wefti_atomic_load_u32(&pool->slots[i].claim, WEFTI_RELAXED) == WEFTI_CLAIM_QUEUED;
    if (needed)
        wefti_helper_start(pool);
}

/* Threads in line leave to this one what they have seen idle and not got a few times: taken like any other and released, it goes to
 * the oldest. An in-process pool's empty slots likewise, for a thread in line to connect. */
static void serve_line(wefti_pool *pool)
{
    for (uint32_t i = 0; i < pool->slot_count && wefti_line_is_waiting(pool); i++)
        if (wefti_slot_claim(&pool->slots[i], WEFTI_CLAIM_IDLE) ||
            (pool->inline_work && wefti_slot_claim(&pool->slots[i], WEFTI_CLAIM_EMPTY)))
            wefti_slot_release(pool, &pool->slots[i]);
}

void wefti_pool_keep_house(wefti_pool *pool, int64_t now_ns)
{
    uint64_t now = (uint64_t)now_ns;
    if (wefti_pool_phase(pool) >= WEFTI_PHASE_CLOSING)
        return;
    uint64_t generation = wefti_atomic_load_u64(&pool->generation, WEFTI_ACQUIRE);
    uint32_t wanted = 1;
    house_round round = {.now = now, .look = wefti_atomic_cas_u32(&pool->look_wanted, &wanted, 0, WEFTI_ACQ_REL)};
    count_slots(pool, &round);
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        close_overdue(pool, &pool->slots[i], now);
        attend(pool, &pool->slots[i], &round);
        if (pool->options.leak_after_ms != WEFT_NONE)
            report_leak(pool, &pool->slots[i], now);
    }
    pool->kept_generation = generation;
    if (pool->target->driver->tend != NULL)
        pool->target->driver->tend(pool->target, now_ns);
    serve_line(pool);
    open_ahead(pool, round.idle);
    add_helper(pool);
    wefti_epoch_reclaim();
}

static bool is_quiet(wefti_pool *pool)
{
    uint64_t checkouts = 0;
    for (uint32_t i = 0; i < pool->slot_count; i++)
        checkouts += wefti_atomic_load_u64(&pool->slots[i].checkouts, WEFTI_RELAXED);
    bool same = checkouts == pool->quiet_checkouts && wefti_atomic_load_u32(&pool->waiting, WEFTI_RELAXED) == 0;
    pool->quiet_checkouts = checkouts;
    pool->quiet_ticks = same ? pool->quiet_ticks + 1 : 0;
    return pool->quiet_ticks >= QUIET_TICKS;
}

void wefti_housekeeper_main(void *context)
{
    wefti_pool *pool = context;
    for (;;) {
        uint32_t prepared = wefti_event_prepare(&pool->tick);
        if (wefti_pool_phase(pool) == WEFTI_PHASE_STOPPED)
            return;
        int64_t now = wefti_now_ns();
        bool woken = wefti_atomic_load_u64(&pool->clock_ns, WEFTI_ACQUIRE) != 0 && pool->quiet_ticks >= QUIET_TICKS;
        if (woken)
            pool->quiet_ticks = 0; /* by the first checkout after a quiet time */
        bool quiet = is_quiet(pool);
        wefti_atomic_store_u64(&pool->clock_ns, quiet ? 0 : (uint64_t)now, WEFTI_RELEASE);
        wefti_pool_keep_house(pool, now);
        wefti_event_wait(&pool->tick, prepared, now + (quiet ? SLOW_LOOK_NS : WEFTI_POOL_TICK_NS));
    }
}
