/* See sync.h. The event of the ck build is in event_ck.c, of the others in event_futex.c. Mutexes are pthread's, except under the
 * scheduler, where a lock held by a thread that is not running must block in the scheduler and not in the kernel. */
#define _GNU_SOURCE
#include "base/sync.h"

#if defined(WEFTI_SYNC_C11) && defined(WEFTI_TSAN)
wefti_atomic_u32 wefti_atomic_fence_word;
#endif

void wefti_mutex_init(wefti_mutex *mutex)
{
    pthread_mutex_init(&mutex->mutex, NULL);
#if defined(WEFTI_SYNC_EXPLORE)
    mutex->held = false;
#endif
}

void wefti_mutex_deinit(wefti_mutex *mutex) { pthread_mutex_destroy(&mutex->mutex); }

#if defined(WEFTI_SYNC_EXPLORE)
void wefti_mutex_lock(wefti_mutex *mutex)
{
    if (!wefti_scheduler_is_thread()) {
        pthread_mutex_lock(&mutex->mutex);
        return;
    }
    wefti_scheduler_point(WEFTI_SCHEDULER_RMW, mutex);
    while (mutex->held)
        wefti_scheduler_block(mutex, false);
    mutex->held = true;
}

void wefti_mutex_unlock(wefti_mutex *mutex)
{
    if (!wefti_scheduler_is_thread()) {
        pthread_mutex_unlock(&mutex->mutex);
        return;
    }
    wefti_scheduler_point(WEFTI_SCHEDULER_RMW, mutex);
    mutex->held = false;
    wefti_scheduler_wake(mutex);
}
#else
void wefti_mutex_lock(wefti_mutex *mutex) { pthread_mutex_lock(&mutex->mutex); }

void wefti_mutex_unlock(wefti_mutex *mutex) { pthread_mutex_unlock(&mutex->mutex); }
#endif
