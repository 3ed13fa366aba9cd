/* A driver without a database: connections are structs, faults are switched on by the test. Thread-safe; it checks that no
 * connection is used by two threads at once and that none is used after its close. */
#ifndef TESTS_POOL_FAKE_DRIVER_H
#define TESTS_POOL_FAKE_DRIVER_H

#include "driver/driver.h"

#include "base/atomic.h"
#include "base/sync.h"

typedef struct fake_dbc {
    wefti_dbc dbc;
    wefti_atomic_u32 holders; /* tests count themselves in and out */
    wefti_atomic_u32 tx;      /* wefti_tx_state */
    wefti_atomic_u32 dead;    /* alive and ping fail */
    wefti_atomic_u32 closed;
} fake_dbc;

typedef struct fake_faults {
    wefti_atomic_u32 open_status;   /* weft_status that open gives while not 0 */
    wefti_atomic_u32 open_failures; /* so many opens fail with WEFT_ERROR_CONNECT */
    wefti_atomic_u32 hang_opens;    /* 1: open waits for `resume` */
    wefti_atomic_u32 hang_pings;
    wefti_atomic_u32 ping_fails;
    wefti_atomic_u32 reset_fails;
    wefti_atomic_u32 recover_fails;
    wefti_event resume;  /* fake_let_go */
    wefti_event noticed; /* moved on when a call hangs */
    wefti_atomic_u32 hanging;
    wefti_atomic_u64 opens, closes, pings, resets, recovers;
    wefti_atomic_u32 open_now; /* connections that exist */
    wefti_atomic_u32 most_open;
    wefti_atomic_u32 violations; /* use after close, two users */
} fake_faults;

extern fake_faults fake;
extern const wefti_driver fake_driver; /* opens on helpers */
extern const wefti_driver fake_in_process_driver;
extern const wefti_target fake_target;
extern const wefti_target fake_in_process_target;

void fake_reset(void);
void fake_let_go(void);                 /* what hangs goes on */
void fake_wait_hanging(uint32_t count); /* until so many calls hang */
static inline fake_dbc *fake_of(wefti_dbc *dbc) { return (fake_dbc *)(void *)dbc; }
/* Around a use of a checked-out connection: counts a violation if another thread is in it. */
void fake_enter(wefti_dbc *dbc);
void fake_leave(wefti_dbc *dbc);

#endif
