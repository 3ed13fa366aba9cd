/* atomic.h over <stdatomic.h>. Included by atomic.h only. */
#include <stdatomic.h>

typedef struct {
    _Atomic uint32_t value;
} wefti_atomic_u32;
typedef struct {
    _Atomic uint64_t value;
} wefti_atomic_u64;
typedef struct {
    _Atomic(void *) value;
} wefti_atomic_ptr;

WEFTI_INLINE memory_order wefti_order_c11(wefti_order order)
{
    return order == WEFTI_RELAXED   ? memory_order_relaxed
           : order == WEFTI_ACQUIRE ? memory_order_acquire
           : order == WEFTI_RELEASE ? memory_order_release
           : order == WEFTI_ACQ_REL ? memory_order_acq_rel
                                    : memory_order_seq_cst;
}
/* A failed compare-and-swap is a load: never a release. */
WEFTI_INLINE memory_order wefti_order_failed(wefti_order order)
{
    return order == WEFTI_SEQ_CST ? memory_order_seq_cst : order == WEFTI_RELAXED ? memory_order_relaxed : memory_order_acquire;
}

#define WEFTI_ATOMIC_DEFINE_(X, T) \
    WEFTI_INLINE T wefti_atomic_load_##X(const wefti_atomic_##X *a, wefti_order order) \
    { \
        return atomic_load_explicit(&((wefti_atomic_##X *)(uintptr_t)a)->value, wefti_order_c11(order)); \
    } \
    WEFTI_INLINE void wefti_atomic_store_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        atomic_store_explicit(&a->value, v, wefti_order_c11(order)); \
    } \
    WEFTI_INLINE T wefti_atomic_exchange_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        return atomic_exchange_explicit(&a->value, v, wefti_order_c11(order)); \
    } \
    WEFTI_INLINE bool wefti_atomic_cas_##X(wefti_atomic_##X *a, T *expected, T desired, wefti_order order) \
    { \
        return atomic_compare_exchange_strong_explicit(&a->value, expected, desired, wefti_order_c11(order), \
                                                       wefti_order_failed(order)); \
    }
#define WEFTI_ATOMIC_DEFINE_ADD_(X, T) \
    WEFTI_INLINE T wefti_atomic_add_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        return atomic_fetch_add_explicit(&a->value, v, wefti_order_c11(order)); \
    }

WEFTI_ATOMIC_DEFINE_(u32, uint32_t)
WEFTI_ATOMIC_DEFINE_(u64, uint64_t)
WEFTI_ATOMIC_DEFINE_(ptr, void *)
WEFTI_ATOMIC_DEFINE_ADD_(u32, uint32_t)
WEFTI_ATOMIC_DEFINE_ADD_(u64, uint64_t)

#undef WEFTI_ATOMIC_DEFINE_
#undef WEFTI_ATOMIC_DEFINE_ADD_

WEFTI_INLINE bool wefti_atomic_drop_u32(wefti_atomic_u32 *a) { return wefti_atomic_add_u32(a, UINT32_MAX, WEFTI_ACQ_REL) == 1; }

/* ThreadSanitizer knows no fences: there a read-modify-write of one word that all fences share stands for them. */
#ifdef WEFTI_TSAN
extern wefti_atomic_u32 wefti_atomic_fence_word;
WEFTI_INLINE void wefti_atomic_fence(wefti_order order)
{
    (void)order;
    (void)atomic_fetch_add_explicit(&wefti_atomic_fence_word.value, 0, memory_order_seq_cst);
}
#else
WEFTI_INLINE void wefti_atomic_fence(wefti_order order) { atomic_thread_fence(wefti_order_c11(order)); }
#endif

WEFTI_INLINE void wefti_atomic_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}
