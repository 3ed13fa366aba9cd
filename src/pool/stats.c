/* Figures: spans are counted in buckets of powers of two microseconds; counters are summed when asked for. All relaxed: each number
 * stands for itself. */
#define _GNU_SOURCE
#include "pool/pool_private.h"

#include <string.h>

static uint32_t bucket_of(uint64_t us)
{
    uint32_t bucket = us < 2 ? 0 : 63 - (uint32_t)__builtin_clzll(us);
    return bucket < WEFT_POOL_BUCKETS ? bucket : WEFT_POOL_BUCKETS - 1;
}

void wefti_span_count(wefti_span_counts *counts, int64_t ns, bool shared)
{
    uint64_t us = ns > 0 ? (uint64_t)ns / 1000 : 0;
    uint32_t bucket = bucket_of(us);
    uint64_t max = wefti_atomic_load_u64(&counts->max_us, WEFTI_RELAXED);
    if (shared) {
        wefti_atomic_add_u64(&counts->total_us, us, WEFTI_RELAXED);
        wefti_atomic_add_u64(&counts->buckets[bucket], 1, WEFTI_RELAXED);
        while (us > max && !wefti_atomic_cas_u64(&counts->max_us, &max, us, WEFTI_RELAXED))
            ;
        return;
    }
    wefti_atomic_bump_u64(&counts->total_us, us);
    wefti_atomic_bump_u64(&counts->buckets[bucket], 1);
    if (us > max)
        wefti_atomic_store_u64(&counts->max_us, us, WEFTI_RELAXED);
}

static void add_spans(weft_histogram *histogram, const wefti_span_counts *counts)
{
    histogram->total_us += wefti_atomic_load_u64(&counts->total_us, WEFTI_RELAXED);
    uint64_t max = wefti_atomic_load_u64(&counts->max_us, WEFTI_RELAXED);
    if (max > histogram->max_us)
        histogram->max_us = max;
    for (uint32_t i = 0; i < WEFT_POOL_BUCKETS; i++) {
        uint64_t n = wefti_atomic_load_u64(&counts->buckets[i], WEFTI_RELAXED);
        histogram->buckets[i] += n;
        histogram->count += n;
    }
}

uint64_t weft_histogram_percentile(const weft_histogram *histogram, double fraction)
{
    if (histogram == NULL)
        return 0;
    double want = fraction * (double)histogram->count;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < WEFT_POOL_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double)seen >= want)
            return ((uint64_t)2 << i) < histogram->max_us ? (uint64_t)2 << i : histogram->max_us;
    }
    return histogram->max_us;
}

static void count_slot(weft_pool_stats *stats, const wefti_slot *slot)
{
    switch ((wefti_slot_state)wefti_atomic_load_u32(&slot->state, WEFTI_RELAXED)) {
    case WEFTI_SLOT_EMPTY: break;
    case WEFTI_SLOT_CONNECTING: stats->connecting++; break;
    case WEFTI_SLOT_IDLE: stats->idle++, stats->open++; break;
    case WEFTI_SLOT_IN_USE: stats->in_use++, stats->open++; break;
    case WEFTI_SLOT_RESERVED:
    case WEFTI_SLOT_DEFUNCT: stats->open++; break;
    }
    stats->checkouts += wefti_atomic_load_u64(&slot->checkouts, WEFTI_RELAXED);
    add_spans(&stats->use, &slot->use);
}

void wefti_pool_stats(wefti_pool *pool, weft_pool_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->size = pool->options.size;
    stats->max_overflow = pool->slot_count - pool->options.size;
    for (uint32_t i = 0; i < pool->slot_count; i++)
        count_slot(stats, &pool->slots[i]);
    stats->waiting = wefti_atomic_load_u32(&pool->waiting, WEFTI_RELAXED);
    stats->helpers = wefti_atomic_load_u32(&pool->helper_count, WEFTI_RELAXED);
    wefti_phase phase = wefti_pool_phase(pool);
    stats->suspended = phase == WEFTI_PHASE_SUSPENDED;
    stats->closed = phase >= WEFTI_PHASE_CLOSING;
    stats->generation = wefti_atomic_load_u64(&pool->generation, WEFTI_RELAXED);
    const wefti_pool_counters *c = &pool->counters;
    const struct {
        uint64_t *to;
        const wefti_atomic_u64 *from;
    } pairs[] = {
        {&stats->waits, &c->waits},
        {&stats->hand_offs, &c->hand_offs},
        {&stats->overtaken, &c->overtaken},
        {&stats->timeouts, &c->timeouts},
        {&stats->refused, &c->refused},
        {&stats->opened, &c->opened},
        {&stats->closed_total, &c->closed},
        {&stats->open_failures, &c->open_failures},
        {&stats->retired_lifetime, &c->retired_lifetime},
        {&stats->retired_idle, &c->retired_idle},
        {&stats->retired_generation, &c->retired_generation},
        {&stats->retired_broken, &c->retired_broken},
        {&stats->pings, &c->pings},
        {&stats->ping_failures, &c->ping_failures},
        {&stats->resets, &c->resets},
        {&stats->reset_failures, &c->reset_failures},
        {&stats->leaks, &c->leaks},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        *pairs[i].to = wefti_atomic_load_u64(pairs[i].from, WEFTI_RELAXED);
    add_spans(&stats->wait, &pool->wait);
}
