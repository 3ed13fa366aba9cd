/* A lease on migrating, for steps outside of a transaction through a pooler in transaction mode: no lock lives as long as such a
 * step there. Whoever takes it does so in a transaction under the lock, and renews it on another connection as long as the step
 * runs. Who stalls loses it by the server's clock, and finds that out before anything is noted: each note is written in a
 * transaction which holds the lease's row, so that nobody can take it meanwhile. The statement itself may be met twice. */
#define _GNU_SOURCE
#include "migrate/migrate.h"

#include "base/error.h"
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <weft/migrate.h>

#define RENEW_MS 1000 /* a fifth of what the dialect's statements ask for */

/* The statement with the name of the table. *found: it gave a row. */
static weft_status run_sql(weft_migrate *m, weft_connection *connection, const char *sql, const weft_values *parameters,
                           bool *found, weft_error *error)
{
    wefti_text text;
    weft_result *rows = NULL;
    const char *name = strchr(sql, '%');
    wefti_text_init(&text, 0);
    wefti_text_add_bytes(&text, sql, (size_t)(name - sql));
    wefti_text_add(&text, m->lease_table);
    wefti_text_add(&text, name + 1);
    weft_status status =
        text.failed ? wefti_error_memory(error) : weft_connection_query(connection, text.data, parameters, &rows, error);
    if (status == WEFT_OK && found != NULL)
        *found = weft_result_next(rows, NULL);
    weft_result_close(rows);
    wefti_text_deinit(&text);
    if (status != WEFT_OK)
        wefti_error_prefix(error, "the lease in %s", m->lease_table);
    return status;
}

static weft_status taken(const weft_migrate *m, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_BUSY, "another process has the lease in %s", m->lease_table);
}

weft_status wefti_lease_look(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    weft_result *rows;
    if (m->dialect->lease == NULL)
        return WEFT_OK;
    weft_status status =
        weft_connection_query(connection, m->dialect->exists_sql, weft_parameters(weft_value_text(m->lease_table)), &rows, error);
    if (status != WEFT_OK)
        return status;
    bool there = weft_result_next(rows, NULL);
    weft_result_close(rows);
    if (there)
        status = run_sql(m, connection, m->dialect->lease->look, weft_parameters(weft_value_text(m->lease.owner)), &there, error);
    return status == WEFT_OK && there ? taken(m, error) : status;
}

weft_status wefti_lease_take(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    unsigned char bytes[16];
    bool won = false;
    if (*m->lease.owner == '\0') {
        if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
            return wefti_error_set(error, WEFT_ERROR_RESOURCE, "there are no random bytes to name the owner of a lease");
        for (size_t i = 0; i < sizeof bytes; i++)
            (void)snprintf(m->lease.owner + 2 * i, 3, "%02x", bytes[i]);
    }
    weft_status status = run_sql(m, connection, m->dialect->lease->create, NULL, NULL, error);
    if (status == WEFT_OK)
        status = run_sql(m, connection, m->dialect->lease->take, weft_parameters(weft_value_text(m->lease.owner)), &won, error);
    return status == WEFT_OK && !won ? taken(m, error) : status;
}

static bool pause_for(const wefti_lease *lease, int ms)
{
    for (int slept = 0; slept < ms && wefti_atomic_load_u32(&lease->over, WEFTI_ACQUIRE) == 0; slept += 20) {
        struct timespec left = {.tv_nsec = 20 * WEFTI_NS_PER_MS};
        (void)nanosleep(&left, NULL);
    }
    return wefti_atomic_load_u32(&lease->over, WEFTI_ACQUIRE) == 0;
}

/* An error is none here: where the lease is lost for it, the next note finds out. */
static void renew(void *context)
{
    weft_migrate *m = context;
    while (pause_for(&m->lease, RENEW_MS))
        (void)run_sql(m, m->lease.connection, m->dialect->lease->keep, weft_parameters(weft_value_text(m->lease.owner)), NULL,
                      NULL);
}

weft_status wefti_lease_keep(weft_migrate *m, weft_error *error)
{
    wefti_lease *lease = &m->lease;
    weft_status status = weft_engine_connect(m->engine, &lease->connection,
                                             &(weft_connection_options){.timeout_ms = 2 * RENEW_MS, .autocommit = true}, error);
    if (status == WEFT_OK) /* it is the migration's own, and no request's */
        status = weft_connection_detach(lease->connection, error);
    wefti_atomic_store_u32(&lease->over, 0, WEFTI_RELEASE);
    if (status == WEFT_OK && !wefti_thread_start(&lease->thread, renew, m, "weft-lease"))
        status = wefti_error_set(error, WEFT_ERROR_RESOURCE, "there is no thread to renew a lease");
    return status;
}

weft_status wefti_lease_fence(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    bool mine = false;
    weft_status status =
        run_sql(m, connection, m->dialect->lease->fence, weft_parameters(weft_value_text(m->lease.owner)), &mine, error);
    if (status == WEFT_OK && !mine)
        status = wefti_error_set(error, WEFT_ERROR_BUSY, "the lease in %s was lost: this process has stood still for too long",
                                 m->lease_table);
    return status;
}

void wefti_lease_end(weft_migrate *m)
{
    wefti_lease *lease = &m->lease;
    wefti_atomic_store_u32(&lease->over, 1, WEFTI_RELEASE);
    wefti_thread_join(&lease->thread);
    if (lease->connection != NULL)
        (void)run_sql(m, lease->connection, m->dialect->lease->end, weft_parameters(weft_value_text(lease->owner)), NULL, NULL);
    weft_connection_close(lease->connection);
    lease->connection = NULL;
}
