/* Transactions: by the driver's functions, or by the words of the dialect. Where the driver does not tell the database's state,
 * what was begun and ended is remembered, and after an error what the dialect says of errors. */
#include "driver/user/user.h"

/* What the driver says; false: it says nothing. */
static bool ask_state(wefti_user_dbc *c, weft_driver_state *state)
{
    if (c->driver->own.state == NULL || c->broken)
        return false;
    *state = c->driver->own.state(c->connection);
    c->broken = *state == WEFT_DRIVER_LOST || (unsigned)*state > WEFT_DRIVER_LOST;
    return !c->broken;
}

wefti_tx_state wefti_user_state(wefti_dbc *dbc)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    weft_driver_state state;
    if (c->broken || c->base.owner_pid != wefti_process_id())
        return WEFTI_TX_BROKEN;
    if (c->begin_pending)
        return WEFTI_TX_OPEN;
    if (!ask_state(c, &state)) {
        const wefti_tx_state open = c->failed ? WEFTI_TX_FAILED : WEFTI_TX_OPEN;
        return c->broken ? WEFTI_TX_BROKEN : c->in_transaction ? open : WEFTI_TX_IDLE;
    }
    if (state != WEFT_DRIVER_IDLE)
        return state == WEFT_DRIVER_OPEN ? WEFTI_TX_OPEN : WEFTI_TX_FAILED;
    return c->in_transaction ? WEFTI_TX_FAILED : WEFTI_TX_IDLE; /* FAILED: the database has rolled it back on an error */
}

void wefti_user_went_well(wefti_user_dbc *c, bool own_text)
{
    weft_driver_state state;
    if (c->driver->spoken->errors_fail)
        c->failed = false; /* only what goes back to a savepoint is done in a failed transaction */
    if (!own_text && c->in_transaction && ask_state(c, &state) && state == WEFT_DRIVER_IDLE)
        c->in_transaction = c->failed = false;
}

static weft_status read_only(wefti_user_dbc *c, bool on, wefti_deadline deadline, weft_error *error)
{
    const char *sql = on ? c->driver->spoken->only_read : c->driver->spoken->read_write;
    if (sql == NULL || c->reading_only == on)
        return WEFT_OK;
    weft_status status = wefti_user_say(c, sql, deadline, error);
    if (status == WEFT_OK)
        c->reading_only = on;
    return status;
}

static weft_status send_begin(wefti_user_dbc *c, const wefti_begin *begin, bool writes, wefti_deadline deadline, weft_error *error)
{
    const weft_driver *own = &c->driver->own;
    char sql[128];
    if (own->begin != NULL) {
        const weft_driver_begin options = {.isolation = (int)begin->isolation,
                                           .read_only = begin->read_only,
                                           .deferrable = begin->deferrable,
                                           .for_write = (writes || begin->for_write) && !begin->read_only,
                                           .writes_now = writes && !begin->read_only};
        return wefti_user_answered(c, own->begin(c->connection, &options, deadline, &c->error), error);
    }
    c->driver->spoken->begin_sql(begin, writes || begin->for_write, sql);
    weft_status status = begin->read_only ? read_only(c, true, deadline, error) : WEFT_OK;
    return status == WEFT_OK ? wefti_user_say(c, sql, deadline, error) : status;
}

weft_status wefti_user_begin_now(wefti_user_dbc *c, const wefti_begin *begin, bool writes, wefti_deadline deadline,
                                 weft_error *error)
{
    weft_status status = send_begin(c, begin, writes, deadline, error);
    if (status == WEFT_OK) {
        c->in_transaction = true;
        c->failed = c->unsure = false;
        return WEFT_OK;
    }
    if (!c->broken)
        (void)read_only(c, false, WEFTI_NO_DEADLINE, NULL);
    if (error != NULL)
        error->nothing_sent = true;
    return status;
}

weft_status wefti_user_begin(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error)
{
    static const wefti_begin plain;
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    if (options == NULL)
        options = &plain;
    weft_status status = wefti_user_enter(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (wefti_user_state(dbc) != WEFTI_TX_IDLE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "a transaction is open already");
    if (!options->lazily)
        return wefti_user_begin_now(c, options, options->for_write, deadline, error);
    c->begin = *options;
    c->begin_pending = true;
    return WEFT_OK;
}

/* One that may write does so from its beginning: two that have read and then write may wait for each other in vain. */
weft_status wefti_user_begin_for(wefti_user_dbc *c, bool writes, wefti_deadline deadline, weft_error *error)
{
    if (!c->begin_pending)
        return WEFT_OK;
    const wefti_begin begin = c->begin;
    const bool one_state = begin.one_state || begin.isolation > WEFTI_ISOLATION_READ_COMMITTED || begin.read_only;
    if (c->driver->spoken->reads_unbegun && !writes && !one_state)
        return WEFT_OK;
    c->begin_pending = false;
    weft_status status = wefti_user_begin_now(c, &begin, writes, deadline, error);
    c->begin_pending = status != WEFT_OK && !c->broken;
    return status;
}

/* Nothing is open any more. */
static void end(wefti_user_dbc *c)
{
    c->in_transaction = c->failed = c->unsure = false;
    if (c->reading_only && !c->broken && read_only(c, false, WEFTI_NO_DEADLINE, NULL) != WEFT_OK)
        c->broken = true; /* the next transaction could not write */
}

static weft_status outcome_unknown(wefti_user_dbc *c, weft_error *error)
{
    char reason[300] = "";
    c->broken = true;
    if (error != NULL)
        wefti_error_field(reason, sizeof reason, error->message);
    (void)wefti_error_set(error, WEFT_ERROR_OUTCOME_UNKNOWN, "COMMIT was sent and its answer did not come: %s", reason);
    wefti_error_hint(error, "the transaction may have been committed; look before running it again");
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_UNKNOWN;
    return WEFT_ERROR_OUTCOME_UNKNOWN;
}

static weft_status refuse_failed(wefti_dbc *dbc, weft_error *error)
{
    (void)wefti_user_rollback(dbc, WEFTI_NO_DEADLINE, NULL);
    (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "the transaction was rolled back, because a statement of it had failed");
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return WEFT_ERROR_ROLLED_BACK;
}

weft_status wefti_user_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    const weft_driver *own = &c->driver->own;
    weft_error local;
    if (error == NULL)
        error = &local;
    weft_status status = wefti_user_enter(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (c->begin_pending) {
        c->begin_pending = false;
        return WEFT_OK;
    }
    const wefti_tx_state state = wefti_user_state(dbc);
    if (state == WEFTI_TX_IDLE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "no transaction is open");
    if (state == WEFTI_TX_FAILED)
        return refuse_failed(dbc, error);
    c->in_transaction = false; /* what went wrong on the way says nothing of its outcome */
    status = own->commit != NULL ? wefti_user_answered(c, own->commit(c->connection, deadline, &c->error), error)
                                 : wefti_user_say(c, "COMMIT", deadline, error);
    c->in_transaction = true;
    if (status == WEFT_OK) {
        end(c);
        return WEFT_OK;
    }
    if (c->broken || status == WEFT_ERROR_TIMEOUT)
        return outcome_unknown(c, error);
    c->unsure = true;
    if (own->state != NULL && own->state(c->connection) == WEFT_DRIVER_IDLE) {
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
        end(c);
    } else if (own->state == NULL) {
        c->failed = true;
    }
    return status;
}

weft_status wefti_user_rollback(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    const weft_driver *own = &c->driver->own;
    weft_driver_state said;
    weft_status status = wefti_user_enter(c, WEFTI_NO_DEADLINE, error); /* it is wanted most when the deadline has passed */
    if (status != WEFT_OK)
        return status;
    c->begin_pending = false;
    const bool tells = ask_state(c, &said);
    if (tells ? said != WEFT_DRIVER_IDLE : c->in_transaction) {
        const bool unsure = c->unsure && !tells;
        status = own->rollback != NULL ? wefti_user_answered(c, own->rollback(c->connection, deadline, &c->error), error)
                                       : wefti_user_say(c, "ROLLBACK", deadline, error);
        if (status != WEFT_OK && !c->broken && unsure)
            status = WEFT_OK;
    }
    if (status == WEFT_OK)
        end(c);
    return status;
}

weft_status wefti_user_settle(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    const char *sql = settings ? c->driver->spoken->settle_all : c->driver->spoken->settle;
    weft_status status = wefti_user_enter(c, deadline, error);
    return status == WEFT_OK && sql != NULL ? wefti_user_say_all(c, sql, deadline, error) : status;
}

weft_status wefti_user_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    const char *sql = allowed ? c->driver->spoken->writes : c->driver->spoken->no_writes;
    weft_status status = wefti_user_enter(c, deadline, error);
    return status == WEFT_OK && sql != NULL ? wefti_user_say_all(c, sql, deadline, error) : status;
}
