/* Commits in two phases: the transaction of a connection is prepared, and any connection to its database ends it later. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"

#include <string.h>

#define LONGEST_NAME 199u /* bytes: PostgreSQL's GIDSIZE less its end */

weft_status wefti_prepare_allowed(const weft_engine *engine, const char *call, const char *name, weft_error *error)
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

weft_status weft_connection_prepare(weft_connection *connection, const char *name, weft_error *error)
{
    static const char call[] = "weft_connection_prepare";
    weft_status status = wefti_connection_own_transaction(connection, call, error);
    if (status == WEFT_OK && connection->engine != NULL)
        status = wefti_prepare_allowed(connection->engine, call, name, error);
    if (status == WEFT_OK && connection->engine != NULL && connection->options.autocommit && !connection->in_transaction) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s without an open transaction", call);
        wefti_error_hint(error, "call weft_connection_begin first: the connection is in autocommit");
        return WEFT_ERROR_MISUSE;
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
    const wefti_deadline deadline =
        engine->commit_timeout_ms != 0 ? wefti_deadline_after_ms(engine->commit_timeout_ms) : WEFTI_NO_DEADLINE;
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

typedef struct waiting {
    weft_prepared *items;
    size_t count, capacity;
    wefti_arena arena;
} waiting;

static weft_status take_row(waiting *w, const weft_result *result, weft_error *error)
{
    if (w->count == w->capacity) {
        const size_t capacity = w->capacity != 0 ? 2 * w->capacity : 8;
        void *bigger = wefti_realloc(w->items, capacity * sizeof *w->items);
        if (bigger == NULL)
            return wefti_error_memory(error);
        w->items = bigger;
        w->capacity = capacity;
    }
    const char *name = weft_result_text(result, 0), *owner = weft_result_text(result, 2);
    weft_prepared item = {.name = wefti_arena_strdup(&w->arena, name != NULL ? name : ""),
                          .owner = wefti_arena_strdup(&w->arena, owner != NULL ? owner : "")};
    if (item.name == NULL || item.owner == NULL)
        return wefti_error_memory(error);
    (void)weft_result_timestamp(result, 1, &item.since);
    w->items[w->count++] = item;
    return WEFT_OK;
}

static const char *put(char **room, const char *text)
{
    const size_t size = strlen(text) + 1;
    char *at = memcpy(*room, text, size);
    *room += size;
    return at;
}

/* One block of the items and their texts. */
static weft_status join(const waiting *w, weft_prepared **items, weft_error *error)
{
    size_t size = w->count * sizeof **items;
    for (size_t i = 0; i < w->count; i++)
        size += strlen(w->items[i].name) + strlen(w->items[i].owner) + 2;
    if (w->count == 0)
        return WEFT_OK;
    weft_prepared *all = wefti_malloc(size);
    if (all == NULL)
        return wefti_error_memory(error);
    char *room = (char *)(all + w->count);
    for (size_t i = 0; i < w->count; i++) {
        all[i] = w->items[i];
        all[i].name = put(&room, w->items[i].name);
        all[i].owner = put(&room, w->items[i].owner);
    }
    *items = all;
    return WEFT_OK;
}

static weft_status read_rows(weft_connection *connection, waiting *w, weft_error *error)
{
    weft_result *result = NULL;
    weft_status status = weft_connection_query(connection, connection->driver->prepared_sql, NULL, &result, error);
    if (status != WEFT_OK)
        return status;
    weft_error local;
    if (error == NULL)
        error = &local;
    wefti_error_clear(error);
    while (status == WEFT_OK && weft_result_next(result, error))
        status = take_row(w, result, error);
    weft_result_close(result);
    return status != WEFT_OK ? status : error->status;
}

weft_status weft_engine_prepared(weft_engine *engine, weft_prepared **items, size_t *count, weft_error *error)
{
    static const char call[] = "weft_engine_prepared";
    weft_connection *connection;
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK && (items == NULL || count == NULL))
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: a pointer to fill is NULL", call);
    if (status != WEFT_OK)
        return status;
    *items = NULL;
    *count = 0;
    status = wefti_prepare_allowed(engine, call, "x", error);
    if (status == WEFT_OK)
        status = weft_engine_connect_at(engine, NULL, 0, &connection, &(weft_connection_options){.autocommit = true}, error);
    if (status != WEFT_OK)
        return status;
    waiting w = {.items = NULL};
    wefti_arena_init(&w.arena, 0);
    status = read_rows(connection, &w, error);
    weft_connection_close(connection);
    if (status == WEFT_OK)
        status = join(&w, items, error);
    if (status == WEFT_OK)
        *count = w.count;
    wefti_arena_deinit(&w.arena);
    wefti_free(w.items);
    return status;
}
