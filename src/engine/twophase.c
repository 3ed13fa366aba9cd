/* Commits in two phases: the transaction of a connection is prepared, and any connection to its database ends it later. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"

#include <string.h>

#define LONGEST_NAME 199u /* bytes: PostgreSQL's GIDSIZE less its end */

static weft_status check_name(const weft_engine *engine, const char *call, const char *name, weft_error *error)
{
    if (engine->driver->prepare == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: %s does not commit in two phases", call, engine->driver->name);
        wefti_error_hint(error, "where it is one of several databases, commit the others in two phases and this one between them");
        return WEFT_ERROR_UNSUPPORTED;
    }
    if (name == NULL || name[0] == '\0')
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: the transaction needs a name", call);
    if (strlen(name) > LONGEST_NAME)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: the name has %zu bytes, at most %u are allowed", call, strlen(name),
                               LONGEST_NAME);
    return WEFT_OK;
}

weft_status wefti_prepare_allowed(const weft_engine *engine, const char *call, const char *name, weft_error *error)
{
    return wefti_error_unsent(check_name(engine, call, name, error), error);
}

weft_status weft_connection_prepare(weft_connection *connection, const char *name, weft_error *error)
{
    static const char call[] = "weft_connection_prepare";
    weft_status status = wefti_connection_own_transaction(connection, call, error);
    if (status == WEFT_OK && connection->engine != NULL)
        status = wefti_prepare_allowed(connection->engine, call, name, error);
    if (status == WEFT_OK && connection->engine != NULL && connection->options.autocommit && !connection->in_transaction) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s without an open transaction", call);
        wefti_error_hint(error, "call weft_connection_begin first: the connection is in autocommit");
        return wefti_error_unsent(WEFT_ERROR_MISUSE, error);
    }
    return status != WEFT_OK ? status : wefti_connection_prepare(connection, name, wefti_connection_deadline(connection), error);
}

/* ---- the second phase ---- */

static weft_status end_prepared(weft_engine *engine, const char *call, const char *name, bool commit, weft_error *error)
{
    weft_connection connection;
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK)
        status = wefti_prepare_allowed(engine, call, name, error);
    if (status == WEFT_OK)
        status = wefti_connection_acquire(engine, &connection, WEFTI_NO_DEADLINE, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    const wefti_deadline deadline = wefti_connection_bounded(&connection, WEFTI_NO_DEADLINE);
    const int64_t start = wefti_trace_start(&connection);
    status = wefti_connection_ready(&connection, deadline, error);
    if (status == WEFT_OK) {
        status = connection.driver->end_prepared(connection.dbc, name, commit, deadline, error);
        wefti_trace_transaction(&connection, commit ? "COMMIT PREPARED" : "ROLLBACK PREPARED", start, status, error);
        if (status != WEFT_OK)
            (void)wefti_connection_failed(&connection, status, error);
    }
    wefti_connection_release(&connection);
    return status;
}

weft_status weft_engine_commit_prepared(weft_engine *engine, const char *name, weft_error *error)
{
    return end_prepared(engine, "weft_engine_commit_prepared", name, true, error);
}

weft_status weft_engine_rollback_prepared(weft_engine *engine, const char *name, weft_error *error)
{
    return end_prepared(engine, "weft_engine_rollback_prepared", name, false, error);
}

/* ---- the list ---- */

WEFT_ROW(weft_prepared, WEFT_FIELD(weft_prepared, name), WEFT_FIELD(weft_prepared, since), WEFT_FIELD(weft_prepared, owner));

static const char *put(char **room, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *at = memcpy(*room, text, size);
    *room += size;
    return at;
}

/* One block of the items and their texts. */
static weft_status join(const weft_prepared_list *rows, weft_prepared **items, size_t *count, weft_error *error)
{
    size_t size = rows->count * sizeof **items;
    for (size_t i = 0; i < rows->count; i++)
        size += strlen(rows->items[i]->name) + strlen(rows->items[i]->owner) + 2;
    if (rows->count == 0)
        return WEFT_OK;
    weft_prepared *all = wefti_malloc(size);
    if (all == NULL)
        return wefti_error_memory(error);
    char *room = (char *)(all + rows->count);
    for (size_t i = 0; i < rows->count; i++)
        all[i] = (weft_prepared){.name = put(&room, rows->items[i]->name),
                                 .since = rows->items[i]->since,
                                 .owner = put(&room, rows->items[i]->owner)};
    *items = all;
    *count = rows->count;
    return WEFT_OK;
}

weft_status weft_engine_prepared(weft_engine *engine, weft_prepared **items, size_t *count, weft_error *error)
{
    static const char call[] = "weft_engine_prepared";
    weft_connection *connection;
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK && (items == NULL || count == NULL))
        status = wefti_error_unsent(wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: a pointer to fill is NULL", call), error);
    if (status != WEFT_OK)
        return status;
    *items = NULL;
    *count = 0;
    status = wefti_prepare_allowed(engine, call, "x", error);
    if (status == WEFT_OK)
        status = weft_engine_connect_at(engine, NULL, 0, &connection, &(weft_connection_options){.autocommit = true}, error);
    if (status != WEFT_OK)
        return status;
    weft_prepared_list rows;
    weft_result *result;
    status = weft_fetch_text(connection, weft_prepared, &rows, &result, error, engine->driver->prepared_sql, NULL);
    if (status == WEFT_OK)
        status = join(&rows, items, count, error);
    weft_result_close(result);
    weft_connection_close(connection);
    return status;
}
