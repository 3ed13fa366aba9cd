/* The concurrency seam, part one: atomic operations with explicit orders. The only doors to Concurrency Kit are this folder's
 * files.
 *
 * Three builds give the same contract, chosen by CMake's WEFT_SYNC:
 *   ck     Concurrency Kit's ck_pr, which ThreadSanitizer cannot see: the wrappers carry its annotations.
 *   c11    <stdatomic.h>: exact under ThreadSanitizer, portable.
 *   explore  sequentially consistent, and every operation is a point at which the scheduler of scheduler.h may run another thread.
 *
 * The contract is C11's. WEFTI_SEQ_CST gives one total order over all operations of that order, which the pool's and the epochs'
 * announce-then-look protocols rest on. A caller that uses WEFTI_RELAXED or a fence says in a comment what it pairs with. */
#ifndef WEFTI_BASE_ATOMIC_H
#define WEFTI_BASE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(WEFTI_SYNC_CK) && !defined(WEFTI_SYNC_C11) && !defined(WEFTI_SYNC_EXPLORE)
#define WEFTI_SYNC_CK
#endif

typedef enum wefti_order { WEFTI_RELAXED, WEFTI_ACQUIRE, WEFTI_RELEASE, WEFTI_ACQ_REL, WEFTI_SEQ_CST } wefti_order;

#define WEFTI_CACHE_LINE 64
#define WEFTI_CACHE_ALIGNED __attribute__((aligned(WEFTI_CACHE_LINE)))
#define WEFTI_INLINE static inline __attribute__((always_inline))

/* Happens-before edges that ThreadSanitizer cannot see by itself. A release names the later acquire of the same address. */
#if defined(__SANITIZE_THREAD__)
#define WEFTI_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFTI_TSAN 1
#endif
#endif
#ifdef WEFTI_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define WEFTI_TSAN_ACQUIRE(address) __tsan_acquire((void *)(uintptr_t)(address))
#define WEFTI_TSAN_RELEASE(address) __tsan_release((void *)(uintptr_t)(address))
#else
#define WEFTI_TSAN_ACQUIRE(address) ((void)(address))
#define WEFTI_TSAN_RELEASE(address) ((void)(address))
#endif

/* Each build defines, for u32, u64 and ptr (void *):
 *   T    wefti_atomic_load_X(const wefti_atomic_X *, order)
 *   void wefti_atomic_store_X(wefti_atomic_X *, T, order)
 *   T    wefti_atomic_exchange_X(wefti_atomic_X *, T, order)                       the value before
 *   bool wefti_atomic_cas_X(wefti_atomic_X *, T *expected, T desired, order)       never fails without reason; on failure
 *                                                                                  *expected is what was there, read as acquire
 * for u32 and u64:
 *   T    wefti_atomic_add_X(wefti_atomic_X *, T, order)                            the value before; wraps
 * for u32, counts of who holds something:
 *   bool wefti_atomic_drop_u32(wefti_atomic_u32 *)                                 one less. True for the last, who sees what all
 *                                                                                  others have done and may free the count;
 *                                                                                  these touch it no more
 * and
 *   void wefti_atomic_fence(order)
 *   void wefti_atomic_pause(void)                                                  inside a short retry loop
 *
 * The atomic types are structs, zero is a valid initial value, and WEFTI_ATOMIC_INIT(v) another. */
#define WEFTI_ATOMIC_INIT(v) \
    { \
        v \
    }

#if defined(WEFTI_SYNC_CK)
#include "base/atomic_ck.h"
#elif defined(WEFTI_SYNC_C11)
#include "base/atomic_c11.h"
#else
#include "base/atomic_explore.h"
#endif

/* Counters that one thread writes and others read: no locked instruction. The value is exact for the writer and at most one
 * update old for readers; relaxed because nothing else is published through it. */
WEFTI_INLINE void wefti_atomic_bump_u64(wefti_atomic_u64 *counter, uint64_t by)
{
    wefti_atomic_store_u64(counter, wefti_atomic_load_u64(counter, WEFTI_RELAXED) + by, WEFTI_RELAXED);
}

#endif
