/* The event of sync.h for the c11 and explore builds: a counter whose low bit says that somebody sleeps, and a futex on it. The
 * sleeper sets the bit by compare-and-swap on the value it has just seen, so a signal in between changes the word and the futex
 * does not sleep. Under the scheduler sleeping and waking are the scheduler's. */
#define _GNU_SOURCE
#include "base/sync.h"

#if !defined(WEFTI_SYNC_CK)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000

void wefti_event_init(wefti_event *event) { wefti_atomic_store_u32(&event->counter, 0, WEFTI_RELEASE); }

uint32_t wefti_event_prepare(const wefti_event *event)
{
    /* Acquire: pairs with the release in wefti_event_signal. */
    return wefti_atomic_load_u32(&event->counter, WEFTI_ACQUIRE) >> 1;
}

static void sleep_on(wefti_event *event, uint32_t expected, wefti_deadline deadline)
{
    struct timespec rest;
    const struct timespec *timeout = NULL;
    if (deadline != WEFTI_NO_DEADLINE) {
        int64_t ns = deadline - wefti_now_ns();
        if (ns <= 0)
            return;
        rest = (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
        timeout = &rest;
    }
    syscall(SYS_futex, (void *)&event->counter, FUTEX_WAIT_PRIVATE, expected, timeout, NULL, 0);
}

bool wefti_event_wait(wefti_event *event, uint32_t prepared, wefti_deadline deadline)
{
    for (;;) {
        uint32_t seen = wefti_atomic_load_u32(&event->counter, WEFTI_ACQUIRE);
        if (seen >> 1 != prepared)
            return true;
#if defined(WEFTI_SYNC_EXPLORE)
        if (wefti_scheduler_is_thread()) {
            if (!wefti_scheduler_block(event, deadline != WEFTI_NO_DEADLINE))
                return false;
            continue;
        }
#endif
        if (wefti_deadline_passed(deadline))
            return false;
        if ((seen & 1) == 0 && !wefti_atomic_cas_u32(&event->counter, &seen, seen | 1, WEFTI_ACQ_REL))
            continue;
        sleep_on(event, seen | 1, deadline);
    }
}

void wefti_event_signal(wefti_event *event)
{
    uint32_t seen = wefti_atomic_load_u32(&event->counter, WEFTI_RELAXED); /* a stale value only costs a turn of the loop */
    while (!wefti_atomic_cas_u32(&event->counter, &seen, (seen + 2) & ~UINT32_C(1), WEFTI_ACQ_REL))
        wefti_atomic_pause();
#if defined(WEFTI_SYNC_EXPLORE)
    if (wefti_scheduler_is_thread()) {
        wefti_scheduler_wake(event);
        return;
    }
#endif
    if ((seen & 1) != 0)
        syscall(SYS_futex, (void *)&event->counter, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

#else
typedef int wefti_event_is_elsewhere;
#endif
