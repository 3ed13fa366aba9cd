/* The concurrency seam, part two: sleeping and rare locks.
 *
 * wefti_event is an event count: a number that signal moves on, and on which threads sleep until it has moved. A waiter reads it
 * (prepare), looks whether what it waits for is there, and only then sleeps (wait) on the number it read; a signal between the two
 * makes wait return at once, so none is lost. The signaller changes the state first and signals after. In the ck build it is a
 * ck_ec32. Signalling without a sleeper makes no system call.
 *
 * wefti_mutex is for rare paths (one writer of the statement cache); never held across I/O, callbacks or a wait. */
#ifndef WEFTI_BASE_SYNC_H
#define WEFTI_BASE_SYNC_H

#include "base/atomic.h"
#include "base/clock.h"

#include <pthread.h>

#if defined(WEFTI_SYNC_CK)
typedef struct wefti_event {
    uint32_t counter;
} wefti_event; /* the storage of a ck_ec32 */
#else
typedef struct wefti_event {
    wefti_atomic_u32 counter;
} wefti_event; /* twice the count; bit 0: somebody sleeps */
#endif

void wefti_event_init(wefti_event *event);
/* Acquire: what was written before the last signal is seen after it. */
uint32_t wefti_event_prepare(const wefti_event *event);
/* Sleeps until the event has moved on from `prepared` (true) or the deadline has passed (false). May also return true early. */
bool wefti_event_wait(wefti_event *event, uint32_t prepared, wefti_deadline deadline);
/* Release: moves the event on and wakes all who sleep on it. */
void wefti_event_signal(wefti_event *event);

typedef struct wefti_mutex {
    pthread_mutex_t mutex;
#if defined(WEFTI_SYNC_EXPLORE)
    bool held; /* under the scheduler one thread runs at a time */
#endif
} wefti_mutex;

void wefti_mutex_init(wefti_mutex *mutex);
void wefti_mutex_deinit(wefti_mutex *mutex);
void wefti_mutex_lock(wefti_mutex *mutex);
void wefti_mutex_unlock(wefti_mutex *mutex);

#endif
