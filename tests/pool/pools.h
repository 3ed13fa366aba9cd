/* What the tests of the pool share: pools over the fake driver, with threads of their own or with a clock of the test's, and a
 * thread that borrows. */
#ifndef TESTS_POOL_POOLS_H
#define TESTS_POOL_POOLS_H

#include "fake_driver.h"
#include "pool/pool_private.h"

#include <pthread.h>

#define MS ((int64_t)WEFTI_NS_PER_MS)

/* Around each test; tear_down fails where a connection is left open or was used by two threads at once. */
int set_up(void **state);
int tear_down(void **state);
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

wefti_pool *open_pool(const wefti_target *target, weft_pool_options options);
/* Closes a pool that must be whole, and frees it. */
void end(wefti_pool *pool);
/* A pool without threads whose clock is fake_now: tick moves it on; pass_time also keeps house once. */
extern int64_t fake_now;
int64_t read_fake_clock(void);
wefti_pool *open_timed(weft_pool_options options);
void tick(wefti_pool *pool, int64_t ms);
void pass_time(wefti_pool *pool, int64_t ms);

wefti_dbc *take(wefti_pool *pool);
/* Takes a connection and sees to it that no other exists: a helper may have opened one more than was needed. */
wefti_dbc *take_only(wefti_pool *pool);
weft_pool_stats stats_of(wefti_pool *pool);

typedef struct borrower {
    wefti_pool *pool;
    weft_status status;
    wefti_dbc *dbc;
    uint32_t order;
    wefti_atomic_u32 *next; /* where given: draws `order` when served, and returns the connection at once */
    pthread_t thread;
} borrower;
void *borrow(void *argument);

/* Until so many threads stand in line. */
void await_announced(wefti_pool *pool, uint32_t count);

#endif
