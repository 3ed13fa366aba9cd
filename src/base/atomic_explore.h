/* atomic.h for the explore build. Included by atomic.h only. Every operation first tells the scheduler, which may run another
 * thread (see scheduler.h), and is then sequentially consistent whatever order was asked for: the scheduler explores
 * interleavings, not the reorderings of weak memory; those are ThreadSanitizer's part, on the C11 build. */
#include "base/scheduler.h"

typedef struct {
    uint32_t value;
} wefti_atomic_u32;
typedef struct {
    uint64_t value;
} wefti_atomic_u64;
typedef struct {
    void *value;
} wefti_atomic_ptr;

#define WEFTI_ATOMIC_DEFINE_(X, T) \
    WEFTI_INLINE T wefti_atomic_load_##X(const wefti_atomic_##X *a, wefti_order order) \
    { \
        wefti_scheduler_point(order == WEFTI_RELAXED ? WEFTI_SCHEDULER_RELAXED : WEFTI_SCHEDULER_LOAD, a); \
        return __atomic_load_n(&a->value, __ATOMIC_SEQ_CST); \
    } \
    WEFTI_INLINE void wefti_atomic_store_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        wefti_scheduler_point(order == WEFTI_RELAXED ? WEFTI_SCHEDULER_RELAXED : WEFTI_SCHEDULER_STORE, a); \
        __atomic_store_n(&a->value, v, __ATOMIC_SEQ_CST); \
    } \
    WEFTI_INLINE T wefti_atomic_exchange_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        (void)order; \
        wefti_scheduler_point(WEFTI_SCHEDULER_RMW, a); \
        return __atomic_exchange_n(&a->value, v, __ATOMIC_SEQ_CST); \
    } \
    WEFTI_INLINE bool wefti_atomic_cas_##X(wefti_atomic_##X *a, T *expected, T desired, wefti_order order) \
    { \
        (void)order; \
        wefti_scheduler_point(WEFTI_SCHEDULER_RMW, a); \
        return __atomic_compare_exchange_n(&a->value, expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    }
#define WEFTI_ATOMIC_DEFINE_ADD_(X, T) \
    WEFTI_INLINE T wefti_atomic_add_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        wefti_scheduler_point(order == WEFTI_RELAXED ? WEFTI_SCHEDULER_RELAXED : WEFTI_SCHEDULER_RMW, a); \
        return __atomic_fetch_add(&a->value, v, __ATOMIC_SEQ_CST); \
    }

WEFTI_ATOMIC_DEFINE_(u32, uint32_t)
WEFTI_ATOMIC_DEFINE_(u64, uint64_t)
WEFTI_ATOMIC_DEFINE_(ptr, void *)
WEFTI_ATOMIC_DEFINE_ADD_(u32, uint32_t)
WEFTI_ATOMIC_DEFINE_ADD_(u64, uint64_t)

#undef WEFTI_ATOMIC_DEFINE_
#undef WEFTI_ATOMIC_DEFINE_ADD_

WEFTI_INLINE bool wefti_atomic_drop_u32(wefti_atomic_u32 *a) { return wefti_atomic_add_u32(a, UINT32_MAX, WEFTI_ACQ_REL) == 1; }

WEFTI_INLINE void wefti_atomic_fence(wefti_order order)
{
    (void)order;
    wefti_scheduler_point(WEFTI_SCHEDULER_FENCE, NULL); /* all operations are in one total order already */
}

WEFTI_INLINE void wefti_atomic_pause(void) { wefti_scheduler_pause(); }
