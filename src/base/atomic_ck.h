/* atomic.h over Concurrency Kit's ck_pr. Included by atomic.h only.
 *
 * ck_pr's loads and stores are single instructions with a compiler barrier; its read-modify-write operations are locked and so full
 * barriers on x86. The fences below supply the rest of the order on weaker machines and cost nothing under TSO, where only a
 * sequentially consistent store needs an instruction: it is done as an exchange. ThreadSanitizer sees none of this, so each
 * operation announces its release before it and its acquire after it, on the address operated on. */
#include <ck_pr.h>

typedef struct {
    uint32_t value;
} wefti_atomic_u32;
typedef struct {
    uint64_t value;
} wefti_atomic_u64;
typedef struct {
    void *value;
} wefti_atomic_ptr;

#ifdef CK_MD_TSO
#define WEFTI_CK_BEFORE_SEQ_LOAD_() ((void)0)
#define WEFTI_CK_AROUND_SEQ_RMW_() ((void)0)
#else
#define WEFTI_CK_BEFORE_SEQ_LOAD_() ck_pr_fence_memory()
#define WEFTI_CK_AROUND_SEQ_RMW_() ck_pr_fence_memory()
#endif

WEFTI_INLINE bool wefti_order_acquires(wefti_order order)
{
    return order == WEFTI_ACQUIRE || order == WEFTI_ACQ_REL || order == WEFTI_SEQ_CST;
}
WEFTI_INLINE bool wefti_order_releases(wefti_order order)
{
    return order == WEFTI_RELEASE || order == WEFTI_ACQ_REL || order == WEFTI_SEQ_CST;
}
/* Before a store or read-modify-write: everything earlier is visible first. Pairs with wefti_ck_after of whoever reads the
 * value. */
WEFTI_INLINE void wefti_ck_before(const void *address, wefti_order order)
{
    if (wefti_order_releases(order)) {
        WEFTI_TSAN_RELEASE(address);
        ck_pr_fence_release();
    }
    if (order == WEFTI_SEQ_CST)
        WEFTI_CK_AROUND_SEQ_RMW_();
}
/* After a load or read-modify-write: nothing later happens first. Pairs with wefti_ck_before of whoever wrote the value. */
WEFTI_INLINE void wefti_ck_after(const void *address, wefti_order order)
{
    if (order == WEFTI_SEQ_CST)
        WEFTI_CK_AROUND_SEQ_RMW_();
    if (wefti_order_acquires(order)) {
        ck_pr_fence_acquire();
        WEFTI_TSAN_ACQUIRE(address);
    }
}

#define WEFTI_ATOMIC_DEFINE_(X, T, CK) \
    WEFTI_INLINE T wefti_atomic_load_##X(const wefti_atomic_##X *a, wefti_order order) \
    { \
        if (order == WEFTI_SEQ_CST) \
            WEFTI_CK_BEFORE_SEQ_LOAD_(); \
        T v = ck_pr_load_##CK(&a->value); \
        wefti_ck_after(a, order == WEFTI_SEQ_CST ? WEFTI_ACQUIRE : order); \
        return v; \
    } \
    WEFTI_INLINE T wefti_atomic_exchange_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        wefti_ck_before(a, order); \
        T old = ck_pr_fas_##CK(&a->value, v); \
        wefti_ck_after(a, order); \
        return old; \
    } \
    WEFTI_INLINE void wefti_atomic_store_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        if (order == WEFTI_SEQ_CST) { \
            (void)wefti_atomic_exchange_##X(a, v, order); \
            return; \
        } \
        wefti_ck_before(a, order); \
        ck_pr_store_##CK(&a->value, v); \
    } \
    WEFTI_INLINE bool wefti_atomic_cas_##X(wefti_atomic_##X *a, T *expected, T desired, wefti_order order) \
    { \
        T seen; \
        wefti_ck_before(a, order); \
        bool done = ck_pr_cas_##CK##_value(&a->value, *expected, desired, &seen); \
        wefti_ck_after(a, order == WEFTI_RELEASE ? WEFTI_ACQ_REL : order); \
        if (!done) \
            *expected = seen; \
        return done; \
    }
#define WEFTI_ATOMIC_DEFINE_ADD_(X, T, CK) \
    WEFTI_INLINE T wefti_atomic_add_##X(wefti_atomic_##X *a, T v, wefti_order order) \
    { \
        wefti_ck_before(a, order); \
        T old = ck_pr_faa_##CK(&a->value, v); \
        wefti_ck_after(a, order); \
        return old; \
    }

WEFTI_ATOMIC_DEFINE_(u32, uint32_t, 32)
WEFTI_ATOMIC_DEFINE_(u64, uint64_t, 64)
WEFTI_ATOMIC_DEFINE_ADD_(u32, uint32_t, 32)
WEFTI_ATOMIC_DEFINE_ADD_(u64, uint64_t, 64)

/* The annotation of acquiring is a touch, too: of the last holder's alone. */
WEFTI_INLINE bool wefti_atomic_drop_u32(wefti_atomic_u32 *a)
{
    wefti_ck_before(a, WEFTI_RELEASE);
    const bool last = ck_pr_faa_32(&a->value, UINT32_MAX) == 1;
    if (last)
        wefti_ck_after(a, WEFTI_ACQUIRE);
    return last;
}

/* CK's pointer operations take void * targets. */
#define ck_pr_load_weftip(target) ck_pr_load_ptr(target)
#define ck_pr_store_weftip(target, v) ck_pr_store_ptr(target, v)
#define ck_pr_fas_weftip(target, v) ck_pr_fas_ptr(target, v)
#define ck_pr_cas_weftip_value(target, old, new, seen) ck_pr_cas_ptr_value(target, old, new, seen)
WEFTI_ATOMIC_DEFINE_(ptr, void *, weftip)
#undef ck_pr_load_weftip
#undef ck_pr_store_weftip
#undef ck_pr_fas_weftip
#undef ck_pr_cas_weftip_value
#undef WEFTI_ATOMIC_DEFINE_
#undef WEFTI_ATOMIC_DEFINE_ADD_

/* A sequentially consistent fence is the machine's full one; pairs with another such fence between a store and a load. */
WEFTI_INLINE void wefti_atomic_fence(wefti_order order)
{
    if (order == WEFTI_SEQ_CST)
        ck_pr_fence_memory();
    else if (order == WEFTI_ACQUIRE)
        ck_pr_fence_acquire();
    else if (order != WEFTI_RELAXED) {
        ck_pr_fence_acquire();
        ck_pr_fence_release();
    }
}

WEFTI_INLINE void wefti_atomic_pause(void) { ck_pr_stall(); }
