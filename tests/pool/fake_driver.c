/* See fake_driver.h. */
#define _GNU_SOURCE
#include "fake_driver.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"

fake_faults fake;
static wefti_atomic_u64 last_number;

/* By atomic stores: a helper that a test has left behind may have looked a moment ago. Events go on counting. */
void fake_reset(void)
{
    wefti_atomic_u32 *const numbers[] = {&fake.open_status, &fake.open_failures, &fake.hang_opens,    &fake.hang_pings,
                                         &fake.ping_fails,  &fake.reset_fails,   &fake.recover_fails, &fake.hanging,
                                         &fake.open_now,    &fake.most_open,     &fake.violations};
    wefti_atomic_u64 *const counters[] = {&fake.opens, &fake.closes, &fake.pings, &fake.resets, &fake.recovers};
    static bool begun;
    if (!begun) {
        wefti_event_init(&fake.resume);
        wefti_event_init(&fake.noticed);
        begun = true;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        wefti_atomic_store_u32(numbers[i], 0, WEFTI_SEQ_CST);
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        wefti_atomic_store_u64(counters[i], 0, WEFTI_SEQ_CST);
}

void fake_let_go(void)
{
    wefti_atomic_store_u32(&fake.hang_opens, 0, WEFTI_SEQ_CST);
    wefti_atomic_store_u32(&fake.hang_pings, 0, WEFTI_SEQ_CST);
    wefti_event_signal(&fake.resume);
}

void fake_wait_hanging(uint32_t count)
{
    for (;;) {
        uint32_t prepared = wefti_event_prepare(&fake.noticed);
        if (wefti_atomic_load_u32(&fake.hanging, WEFTI_SEQ_CST) >= count)
            return;
        wefti_event_wait(&fake.noticed, prepared, WEFTI_NO_DEADLINE);
    }
}

/* Returns false when the deadline passed first. */
static bool hang_while(const wefti_atomic_u32 *flag, wefti_deadline deadline)
{
    bool hung = false, in_time = true;
    for (;;) {
        uint32_t prepared = wefti_event_prepare(&fake.resume);
        if (wefti_atomic_load_u32(flag, WEFTI_SEQ_CST) == 0 || !in_time)
            break;
        if (!hung) {
            hung = true;
            wefti_atomic_add_u32(&fake.hanging, 1, WEFTI_SEQ_CST);
            wefti_event_signal(&fake.noticed);
        }
        in_time = wefti_event_wait(&fake.resume, prepared, deadline);
    }
    if (hung)
        wefti_atomic_add_u32(&fake.hanging, UINT32_MAX, WEFTI_SEQ_CST);
    return in_time;
}

static bool take_failure(wefti_atomic_u32 *left)
{
    uint32_t n = wefti_atomic_load_u32(left, WEFTI_ACQUIRE);
    while (n != 0)
        if (wefti_atomic_cas_u32(left, &n, n - 1, WEFTI_ACQ_REL))
            return true;
    return false;
}

static weft_status fake_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    wefti_atomic_add_u64(&fake.opens, 1, WEFTI_RELAXED);
    *dbc = NULL;
    if (!hang_while(&fake.hang_opens, deadline))
        return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "login timed out");
    weft_status status = (weft_status)wefti_atomic_load_u32(&fake.open_status, WEFTI_RELAXED);
    if (status == WEFT_OK && take_failure(&fake.open_failures))
        status = WEFT_ERROR_CONNECT;
    if (status != WEFT_OK)
        return wefti_error_set(error, status, "the fake server says no");
    fake_dbc *made = wefti_calloc(1, sizeof *made);
    if (made == NULL)
        return wefti_error_memory(error);
    made->dbc.driver = target->driver;
    made->dbc.number = wefti_atomic_add_u64(&last_number, 1, WEFTI_RELAXED) + 1;
    uint32_t now = wefti_atomic_add_u32(&fake.open_now, 1, WEFTI_RELAXED) + 1;
    uint32_t most = wefti_atomic_load_u32(&fake.most_open, WEFTI_RELAXED);
    while (now > most && !wefti_atomic_cas_u32(&fake.most_open, &most, now, WEFTI_RELAXED))
        ;
    *dbc = &made->dbc;
    return WEFT_OK;
}

static void fake_close(wefti_dbc *dbc)
{
    if (dbc == NULL)
        return;
    fake_dbc *f = fake_of(dbc);
    if (wefti_atomic_load_u32(&f->holders, WEFTI_RELAXED) != 0)
        wefti_atomic_add_u32(&fake.violations, 1, WEFTI_RELAXED);
    wefti_atomic_add_u32(&fake.open_now, UINT32_MAX, WEFTI_RELAXED);
    wefti_atomic_add_u64(&fake.closes, 1, WEFTI_RELAXED);
    wefti_free(f);
}

static wefti_tx_state fake_state(wefti_dbc *dbc) { return (wefti_tx_state)wefti_atomic_load_u32(&fake_of(dbc)->tx, WEFTI_RELAXED); }

static bool fake_alive(wefti_dbc *dbc, weft_error *error)
{
    if (wefti_atomic_load_u32(&fake_of(dbc)->dead, WEFTI_RELAXED) == 0)
        return true;
    wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the fake server ended the connection");
    return false;
}

static weft_status fake_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_atomic_add_u64(&fake.pings, 1, WEFTI_RELAXED);
    if (!hang_while(&fake.hang_pings, deadline))
        return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "no answer");
    if (take_failure(&fake.ping_fails) || wefti_atomic_load_u32(&fake_of(dbc)->dead, WEFTI_RELAXED) != 0)
        return wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "gone");
    return WEFT_OK;
}

static weft_status fake_reset_connection(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)deadline;
    wefti_atomic_add_u64(&fake.resets, 1, WEFTI_RELAXED);
    if (take_failure(&fake.reset_fails))
        return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "reset failed");
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_IDLE, WEFTI_RELAXED);
    dbc->dirty = false;
    return WEFT_OK;
}

static weft_status fake_recover(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    (void)deadline;
    wefti_atomic_add_u64(&fake.recovers, 1, WEFTI_RELAXED);
    if (take_failure(&fake.recover_fails))
        return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "recover failed");
    wefti_atomic_store_u32(&fake_of(dbc)->tx, WEFTI_TX_OPEN, WEFTI_RELAXED);
    return WEFT_OK;
}

void fake_enter(wefti_dbc *dbc)
{
    if (wefti_atomic_add_u32(&fake_of(dbc)->holders, 1, WEFTI_RELAXED) != 0)
        wefti_atomic_add_u32(&fake.violations, 1, WEFTI_RELAXED);
}

void fake_leave(wefti_dbc *dbc)
{
    if (wefti_atomic_add_u32(&fake_of(dbc)->holders, UINT32_MAX, WEFTI_RELAXED) != 1)
        wefti_atomic_add_u32(&fake.violations, 1, WEFTI_RELAXED);
}

const wefti_driver fake_driver = {
    .name = "fake",
    .open = fake_open,
    .close = fake_close,
    .state = fake_state,
    .alive = fake_alive,
    .ping = fake_ping,
    .reset = fake_reset_connection,
    .recover = fake_recover,
};
const wefti_driver fake_in_process_driver = {
    .name = "fake",
    .in_process = true,
    .open = fake_open,
    .close = fake_close,
    .state = fake_state,
    .alive = fake_alive,
    .ping = fake_ping,
    .reset = fake_reset_connection,
    .recover = fake_recover,
};
const wefti_target fake_target = {.driver = &fake_driver};
const wefti_target fake_in_process_target = {.driver = &fake_in_process_driver};
