/* What goes ahead of a statement in its round trip: DEALLOCATE of evicted statements (each with a sync of its own, so that its
 * failure harms nobody, and only outside transactions), a BEGIN that was held back, behind a pooler the settings of the session,
 * the way of planning that it asks for, that it may only read, and the Parse of a statement that this connection has not prepared
 * yet. With none of them a statement is sent plain; with any, in libpq's pipeline mode, which is left again before the driver
 * returns.
 *
 * A handle enters the table of prepared statements only when the server has confirmed it. Where that stays in doubt, or where the
 * server still has a statement of that name, the name is not used again: names carry a serial number that grows each time. They
 * also carry a number of this process, because a pooler that nobody announced may run them on a connection where another program
 * has prepared something else. */
#include "driver/postgres/postgres.h"

#include <stdio.h>
#include <string.h>

#define DEAD_PER_ROUND 32
#define POOLER_MISSES 3 /* unknown names in a row that prove somebody else's server connection */

void wefti_postgres_evict(void *context, uint64_t id, void *handle)
{
    wefti_postgres_dbc *c = context;
    wefti_postgres_handle *dropped = handle;
    (void)id;
    if (c->dead_count == c->dead_capacity) {
        size_t capacity = c->dead_capacity != 0 ? c->dead_capacity * 2 : 8;
        void *bigger = wefti_realloc(c->dead, capacity * sizeof *c->dead);
        if (bigger != NULL) {
            c->dead = bigger;
            c->dead_capacity = capacity;
        }
    }
    /* Without memory the name stays on the server until the connection ends. */
    if (c->dead_count < c->dead_capacity)
        memcpy(c->dead[c->dead_count++], dropped->name, sizeof dropped->name);
    wefti_free(dropped);
}

void wefti_postgres_forget_all(wefti_postgres_dbc *c)
{
    wefti_prepared_clear(&c->prepared);
    c->dead_count = 0;
    c->name_serial++;
}

void wefti_postgres_forget(wefti_dbc *dbc, uint64_t statement_id)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    (void)wefti_prepared_remove(&c->prepared, statement_id);
}

/* Evicted, and still prepared on the server: within a transaction DEALLOCATE waits for its end. */
static bool is_dead(const wefti_postgres_dbc *c, const char *name)
{
    for (size_t i = 0; i < c->dead_count; i++)
        if (strcmp(c->dead[i], name) == 0)
            return true;
    return false;
}

static void write_name(const wefti_postgres_dbc *c, const wefti_statement *statement, char name[POSTGRES_NAME_SIZE])
{
    int length = snprintf(name, POSTGRES_NAME_SIZE, "w%llu_%lx%x", (unsigned long long)statement->id,
                          (unsigned long)c->config->token, (unsigned)c->dbc.owner_pid);
    if (c->name_serial > 0)
        (void)snprintf(name + length, POSTGRES_NAME_SIZE - (size_t)length, "_%lu", (unsigned long)c->name_serial);
}

static wefti_postgres_handle *new_handle(wefti_postgres_dbc *c, const wefti_statement *statement)
{
    const wefti_postgres_encoder *e = &c->encoder;
    size_t count = statement->parameter_types == NULL ? e->count : 0;
    wefti_postgres_handle *handle = wefti_calloc(1, sizeof *handle + count * sizeof handle->types[0]);
    if (handle == NULL)
        return NULL;
    write_name(c, statement, handle->name);
    if (is_dead(c, handle->name)) {
        c->name_serial++;
        write_name(c, statement, handle->name);
    }
    handle->serial = ++c->last_handle;
    handle->type_count = (uint16_t)count;
    if (count > 0)
        memcpy(handle->types, e->types, count * sizeof handle->types[0]);
    return handle;
}

/* A statement without declared types was prepared with those of its first run; later ones may differ. */
static bool types_match(const wefti_postgres_dbc *c, const wefti_statement *statement, const wefti_postgres_handle *handle)
{
    if (statement->parameter_types != NULL)
        return true;
    return handle->type_count == c->encoder.count &&
           (handle->type_count == 0 || memcmp(handle->types, c->encoder.types, handle->type_count * sizeof handle->types[0]) == 0);
}

/* Outside of a transaction settings make one of what follows, which some commands (VACUUM, CREATE DATABASE) refuse to be in; those
 * do without. */
static bool takes_settings(wefti_postgres_dbc *c, const wefti_statement *statement)
{
    return statement->id != 0 /* compiled by weft */ || wefti_sql_is_query(wefti_postgres_sql_rules(&c->dbc), statement->sql);
}

/* What must be set before the statement, and is not: for the transaction, which outside of one ends with the round trip. Statements
 * without a name are planned for their values in any case. */
static uint8_t plan_due(const wefti_postgres_dbc *c, const wefti_statement *statement, bool named, bool fresh)
{
    const uint8_t now = fresh ? 0 : c->plan_now;
    const bool own = named && statement->plan != WEFT_PLAN_DEFAULT && statement->plan != c->config->plan &&
                     !(statement->plan == WEFT_PLAN_AUTO && c->config->plan == WEFT_PLAN_DEFAULT);
    if (own)
        return now == statement->plan ? 0 : statement->plan;
    return now == 0 || now == WEFTI_POSTGRES_PLAN_BACK ? 0 : WEFTI_POSTGRES_PLAN_BACK;
}

static const char *plan_sql(uint8_t plan)
{
    switch (plan) {
    case WEFT_PLAN_AUTO: return "SELECT pg_catalog.set_config('plan_cache_mode', 'auto', true)";
    case WEFT_PLAN_CUSTOM: return "SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true)";
    case WEFT_PLAN_GENERIC: return "SELECT pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)";
    default: return "SET LOCAL plan_cache_mode TO DEFAULT";
    }
}

weft_status wefti_postgres_round_open(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round,
                                      weft_error *error)
{
    bool idle = PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    /* A plan for the values of each run: the server makes one for a statement without a name, and for one with a name only in its
     * first five runs. */
    bool replan = statement->replan && statement->plan == WEFT_PLAN_DEFAULT && c->config->replan;
    bool named = statement->id != 0 && !statement->nameless && !replan && !c->config->no_prepare &&
                 !atomic_load_explicit(&c->config->pooler_seen, memory_order_relaxed);
    *round = (wefti_postgres_round){.begin = c->begin_pending, .in_transaction = c->begin_pending || !idle};
    if (named) {
        const wefti_prepared_entry *entry = wefti_prepared_find(&c->prepared, statement->id);
        if (entry == NULL) {
            round->handle = new_handle(c, statement);
            if (round->handle == NULL)
                return wefti_error_memory(error);
            round->handle_new = round->parse = true;
            round->name = round->handle->name;
        } else if (types_match(c, statement, entry->handle)) {
            round->handle = entry->handle;
            round->name = round->handle->name;
        }
    }
    if (round->name == NULL) { /* prepared all the same: an error then tells whether the text or its values were refused */
        round->name = "";
        round->parse = true;
    }
    if (idle && c->dead_count > 0) /* find adds to them */
        round->dead = c->dead_count < DEAD_PER_ROUND ? c->dead_count : DEAD_PER_ROUND;
    round->settings = wefti_postgres_pooled(c) && (round->in_transaction ? c->settings_due : takes_settings(c, statement));
    if (__builtin_expect((statement->plan | c->plan_now | c->dbc.only_reads) != 0, 0)) {
        round->plan = plan_due(c, statement, named, idle || c->begin_pending);
        round->reads = c->dbc.only_reads && !round->in_transaction;
    }
    round->piped = round->dead > 0 || round->begin || round->parse || round->settings || round->plan != 0 || round->reads;
    return WEFT_OK;
}

void wefti_postgres_round_abandon(wefti_postgres_dbc *c, wefti_postgres_round *round)
{
    if (round->handle_loose) {
        wefti_postgres_evict(c, 0, round->handle);
    } else if (round->handle_new) {
        wefti_free(round->handle);
        c->name_serial++;
    } else {
        return;
    }
    round->handle = NULL;
    round->name = "";
    round->handle_new = round->handle_loose = false;
}

static bool send_text(wefti_postgres_dbc *c, const char *sql) { return wefti_pq_send_text(c->pg, sql) == 1; }

weft_status wefti_postgres_round_send(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round,
                                      weft_error *error)
{
    char sql[128];
    bool sent = true;
    if (!round->piped)
        return WEFT_OK;
    if (wefti_pq_enter_pipeline(c->pg) != 1)
        return wefti_postgres_send_failed(c, error);
    for (size_t i = 0; sent && i < round->dead; i++) {
        (void)snprintf(sql, sizeof sql, "DEALLOCATE %s", c->dead[i]);
        sent = send_text(c, sql) && wefti_postgres_send_sync(c);
    }
    if (sent && round->begin) {
        wefti_postgres_begin_sql(&c->begin, sql);
        sent = send_text(c, sql);
        c->begin_pending = false;
    }
    if (sent && round->settings)
        sent = send_text(c, WEFTI_POSTGRES_SETTINGS);
    if (sent && round->plan != 0)
        sent = send_text(c, plan_sql(round->plan));
    if (sent && round->reads)
        sent = send_text(c, "SELECT pg_catalog.set_config('transaction_read_only', 'on', true)");
    if (sent && round->parse)
        sent = wefti_pq_send_prepare(c->pg, round->name, statement->sql, (int)c->encoder.count, c->encoder.types) == 1;
    return sent ? WEFT_OK : wefti_postgres_send_failed(c, error);
}

static weft_status receive_dead(wefti_postgres_dbc *c, size_t count, wefti_deadline deadline, weft_error *error)
{
    weft_status status = WEFT_OK;
    for (size_t i = 0; status == WEFT_OK && i < count; i++) {
        PGresult *result = NULL;
        status = wefti_postgres_finish_command(c, deadline, &result, error);
        PQclear(result);
        result = NULL;
        if (status == WEFT_OK)
            status = wefti_postgres_next(c, deadline, &result, error); /* the sync */
        PQclear(result);
    }
    if (status == WEFT_OK && count > 0) {
        c->dead_count -= count;
        memmove(c->dead, c->dead + count, c->dead_count * sizeof *c->dead);
    }
    return status;
}

/* One preliminary; false in *done where the server refused it, with its result in *failure. */
static weft_status receive_one(wefti_postgres_dbc *c, wefti_deadline deadline, bool *done, PGresult **failure, weft_error *error)
{
    PGresult *result = NULL;
    weft_status status = wefti_postgres_finish_command(c, deadline, &result, error);
    *done = status == WEFT_OK && (PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK);
    if (status == WEFT_OK && !*done)
        *failure = result;
    else
        PQclear(result);
    return status;
}

static void keep_handle(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round)
{
    if (!round->handle_new)
        return;
    round->handle_new = false;
    round->handle_loose = wefti_prepared_add(&c->prepared, statement, round->handle) == NULL;
}

weft_status wefti_postgres_round_receive(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round,
                                         wefti_deadline deadline, PGresult **failure, weft_error *error)
{
    bool done = true;
    *failure = NULL;
    weft_status status = receive_dead(c, round->dead, deadline, error);
    if (status == WEFT_OK && round->begin)
        status = receive_one(c, deadline, &done, failure, error);
    if (status == WEFT_OK && done && round->settings) {
        status = receive_one(c, deadline, &done, failure, error);
        c->settings_due = c->settings_due && !(status == WEFT_OK && done);
    }
    if (status == WEFT_OK && done && round->plan != 0) {
        status = receive_one(c, deadline, &done, failure, error);
        c->plan_now = !round->in_transaction ? 0 : status == WEFT_OK && done ? round->plan : WEFTI_POSTGRES_PLAN_UNSURE;
    }
    if (status == WEFT_OK && done && round->reads)
        status = receive_one(c, deadline, &done, failure, error);
    if (status == WEFT_OK && done && round->parse) {
        status = receive_one(c, deadline, &done, failure, error);
        round->parse_failed = status == WEFT_OK && !done;
        if (status == WEFT_OK && done)
            keep_handle(c, statement, round);
    }
    return status;
}

static void see_pooler(wefti_postgres_dbc *c)
{
    if (!atomic_exchange_explicit(&c->config->pooler_seen, true, memory_order_relaxed))
        wefti_log_text(&c->config->log, WEFT_LOG_WARNING, WEFT_LOG_GENERAL,
                       "PostgreSQL: named statements are lost or taken, as behind a pooler in transaction mode; "
                       "going on without names (say pgbouncer=1 in the URL)");
}

bool wefti_postgres_may_rerun(wefti_postgres_dbc *c, const wefti_statement *statement, const PGresult *failure,
                              const wefti_postgres_round *round)
{
    if (!wefti_postgres_stale_plan(failure) || round->name == NULL)
        return false;
    const char *sqlstate = PQresultErrorField(failure, PG_DIAG_SQLSTATE);
    if (strcmp(sqlstate, "26000") == 0) {
        wefti_postgres_forget_all(c); /* DEALLOCATE ALL or DISCARD ALL, most likely */
        if (++c->missing_names >= POOLER_MISSES)
            see_pooler(c);
    } else if (strcmp(sqlstate, "42P05") == 0) {
        see_pooler(c); /* weft has never used the name */
        c->name_serial++;
    } else {
        (void)wefti_prepared_remove(&c->prepared, statement->id);
        c->name_serial++;
    }
    return !round->in_transaction || round->begin;
}

weft_status wefti_postgres_rewind(wefti_postgres_dbc *c, const wefti_postgres_round *round, wefti_deadline deadline,
                                  weft_error *error)
{
    if (!round->begin)
        return WEFT_OK;
    weft_status status = wefti_postgres_brief(c, "ROLLBACK", deadline, error);
    if (status == WEFT_OK)
        c->begin_pending = c->settings_due = true;
    return status;
}
