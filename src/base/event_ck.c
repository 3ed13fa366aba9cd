/* The event of sync.h over Concurrency Kit's ck_ec, in its many-producers form. CK keeps time through our clock, so that tests
 * which replace the clock rule it, and sleeps through a futex for what is left until the deadline: the kernel sees only spans of
 * the monotonic clock. libck's slow paths are not seen by ThreadSanitizer; the pair release (signal) and acquire (prepare, wait) on
 * the event's address says what they order. */
#define _GNU_SOURCE
#include "base/sync.h"

#if defined(WEFTI_SYNC_CK)

#include <ck_ec.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct ck_ec32) == sizeof(wefti_event), "wefti_event is the storage of a ck_ec32");

#define NS_PER_S 1000000000

static struct timespec to_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static int64_t from_timespec(const struct timespec *time)
{
    if (time->tv_sec >= INT64_MAX / NS_PER_S)
        return WEFTI_NO_DEADLINE;
    return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

static int read_clock(const struct ck_ec_ops *ops, struct timespec *out)
{
    (void)ops;
    *out = to_timespec(wefti_now_ns());
    return 0;
}

/* CK sleeps for initial_wait_ns at first, however near the deadline is: the present wait's own deadline ends the sleep. */
static _Thread_local wefti_deadline sleep_until;

static void sleep_on(const struct ck_ec_wait_state *state, const uint32_t *address, uint32_t expected,
                     const struct timespec *deadline)
{
    (void)state;
    struct timespec rest;
    const struct timespec *timeout = NULL;
    int64_t at = wefti_deadline_earlier(deadline == NULL ? WEFTI_NO_DEADLINE : from_timespec(deadline), sleep_until);
    if (at != WEFTI_NO_DEADLINE) {
        int64_t ns = at - wefti_now_ns();
        if (ns <= 0)
            return;
        rest = to_timespec(ns);
        timeout = &rest;
    }
    syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, timeout, NULL, 0);
}

static void wake_all(const struct ck_ec_ops *ops, const uint32_t *address)
{
    (void)ops;
    syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static void sleep_on_64(const struct ck_ec_wait_state *state, const uint64_t *address, uint64_t expected,
                        const struct timespec *deadline)
{
    (void)state, (void)address, (void)expected, (void)deadline; /* only 32-bit events are made */
}

static void wake_all_64(const struct ck_ec_ops *ops, const uint64_t *address) { (void)ops, (void)address; }

static const struct ck_ec_ops ops = {
    .gettime = read_clock,
    .wait32 = sleep_on,
    .wake32 = wake_all,
    .wait64 = sleep_on_64,
    .wake64 = wake_all_64,
    .busy_loop_iter = 30,        /* about a microsecond: what a wake costs anyway */
    .initial_wait_ns = NS_PER_S, /* CK's repeated short sleeps serve its single-producer form, which is not used */
};
static const struct ck_ec_mode mode = {.ops = &ops, .single_producer = false};

void wefti_event_init(wefti_event *event) { ck_ec32_init((struct ck_ec32 *)(void *)event, 0); }

uint32_t wefti_event_prepare(const wefti_event *event)
{
    uint32_t value = ck_ec32_value((const struct ck_ec32 *)(const void *)event);
    WEFTI_TSAN_ACQUIRE(event);
    return value;
}

bool wefti_event_wait(wefti_event *event, uint32_t prepared, wefti_deadline deadline)
{
    struct timespec at = to_timespec(deadline);
    sleep_until = deadline;
    int timed_out = ck_ec32_wait((struct ck_ec32 *)(void *)event, &mode, prepared, deadline == WEFTI_NO_DEADLINE ? NULL : &at);
    WEFTI_TSAN_ACQUIRE(event);
    return timed_out == 0;
}

void wefti_event_signal(wefti_event *event)
{
    WEFTI_TSAN_RELEASE(event);
    ck_ec32_inc((struct ck_ec32 *)(void *)event, &mode);
}

#else
typedef int wefti_event_is_elsewhere;
#endif
