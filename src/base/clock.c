/* The monotonic clock behind every deadline, and the arithmetic on deadlines: computed once, compared often, never extended. */
#define _GNU_SOURCE
#include "base/clock.h"

#include "base/paths.h"

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

typedef int64_t (*clock_source)(void);

static WEFTI_HOT int64_t read_monotonic(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t read_coarse(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0)
        return read_monotonic();
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Tests replace it while threads may run: release with the acquire of wefti_now_ns. */
static _Atomic(clock_source) source = read_monotonic;

WEFTI_HOT int64_t wefti_now_ns(void) { return atomic_load_explicit(&source, memory_order_acquire)(); }

int64_t wefti_now_coarse_ns(void)
{
    clock_source present = atomic_load_explicit(&source, memory_order_acquire);
    return present == read_monotonic ? read_coarse() : present();
}

void wefti_clock_replace(int64_t (*source_ns)(void))
{
    atomic_store_explicit(&source, source_ns != NULL ? source_ns : read_monotonic, memory_order_release);
}

wefti_deadline wefti_deadline_after_ms(uint32_t ms)
{
    if (ms == 0 || ms == UINT32_MAX)
        return WEFTI_NO_DEADLINE;
    return wefti_now_ns() + (int64_t)ms * WEFTI_NS_PER_MS;
}

wefti_deadline wefti_deadline_earlier(wefti_deadline a, wefti_deadline b) { return a < b ? a : b; }

WEFTI_HOT bool wefti_deadline_passed(wefti_deadline deadline)
{
    return deadline != WEFTI_NO_DEADLINE && wefti_now_ns() >= deadline;
}

int wefti_deadline_poll_ms(wefti_deadline deadline)
{
    if (deadline == WEFTI_NO_DEADLINE)
        return -1;
    int64_t left = deadline - wefti_now_ns();
    if (left <= 0)
        return 0;
    int64_t ms = left / WEFTI_NS_PER_MS + (left % WEFTI_NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}
