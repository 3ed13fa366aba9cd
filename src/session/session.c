/* The session's life: open, close, clear, hand over; commit, rollback and savepoints. */
#include "session/session.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "unit/unit.h"

#include <string.h>

enum { LONGEST_ROLLBACK_MS = 5000, LATE_ROLLBACK_MS = 1000 /* beyond the session's deadline */ };

/* ---- sessions that stand for an error ---- */

static weft_session no_memory = {
    .failed_static = true,
    .error = {.status = WEFT_ERROR_NO_MEMORY, .nothing_sent = true, .message = "out of memory: the session could not be opened"},
};
static weft_session no_engine = {
    .failed_static = true,
    .error = {.status = WEFT_ERROR_MISUSE,
              .nothing_sent = true,
              .message = "this session has no engine: weft_session_open was given NULL",
              .hint = "check the status of weft_engine_open"},
};
static weft_session no_connection = {
    .failed_static = true,
    .error = {.status = WEFT_ERROR_MISUSE,
              .nothing_sent = true,
              .message = "this session has no connection: weft_session_open_on was given NULL, or one that is closed",
              .hint = "check the status of weft_engine_connect"},
};
static weft_session closed = {
    .failed_static = true,
    .error = {.status = WEFT_ERROR_CLOSED, .nothing_sent = true, .message = "the registry or engine of this session is closed"},
};
static weft_session forked = {
    .failed_static = true,
    .error = {.status = WEFT_ERROR_FORKED,
              .nothing_sent = true,
              .message = "this engine was opened before fork",
              .hint = "open a new engine in the child process"},
};

weft_session *wefti_session_failed(weft_status status)
{
    return status == WEFT_ERROR_CLOSED ? &closed : status == WEFT_ERROR_FORKED ? &forked : &no_memory;
}

/* ---- life ---- */

weft_session *weft_session_open(weft_engine *engine, const weft_session_options *options)
{
    if (engine == NULL)
        return &no_engine;
    if (engine->fork_generation != wefti_fork_generation())
        return &forked;
    weft_session *session = wefti_calloc(1, sizeof *session);
    wefti_map *maps = session == NULL ? NULL : wefti_calloc((size_t)engine->schema->table_count + 1, sizeof *maps);
    if (maps == NULL) {
        wefti_free(session);
        return &no_memory;
    }
    session->engine = engine;
    session->schema = engine->schema;
    if (options != NULL)
        session->options = *options;
    session->options.timeout_ms = wefti_engine_timeout(engine, session->options.timeout_ms);
    session->isolation = session->options.isolation;
    session->read_only = session->options.read_only;
    session->asks = session->read_only || session->options.on_begin != NULL || session->options.deferrable;
    session->deadline = WEFTI_NO_DEADLINE;
    session->generation = 1;
    session->mark = 1;
    session->hold = 1;
    session->maps = maps;
    wefti_arena_init(&session->lists, 1024);
    wefti_arena_init(&session->work, 1024);
    /* Relaxed: nobody else has the pointer yet. */
    wefti_atomic_store_u64(&session->owner, wefti_thread_number(), WEFTI_RELAXED);
    if ((unsigned)session->options.guard > WEFT_GUARD_NONE) {
        (void)wefti_session_fail(session, WEFT_ERROR_MISUSE, "the session's .guard is %d, which is no weft_guard",
                                 (int)session->options.guard);
        session->options.guard = WEFT_GUARD_CHANGED;
    }
    return session;
}

weft_session *weft_session_open_on(weft_connection *connection, const weft_session_options *options)
{
    if (connection == NULL || connection->engine == NULL)
        return &no_connection;
    weft_session *session = weft_session_open(connection->engine, options);
    if (session->failed_static)
        return session;
    session->is_bound = session->asks = true;
    if (connection->session == NULL && !connection->event) {
        wefti_bond_make(&session->bond, connection);
        return session;
    }
    (void)wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_session_open_on was given %s connection",
                             connection->event ? "an event's" : "a session's own");
    wefti_error_hint(&session->error, "give it one that weft_engine_connect made");
    return session;
}

static void free_selects(weft_session *session)
{
    while (session->selects != NULL)
        weft_select_free(session->selects);
}

/* Objects, lists and maps; the transaction has ended. keep: maps and arenas keep a little memory for the next use. */
static WEFTI_HOT void free_objects(weft_session *session, bool keep)
{
    wefti_watch_free(session);
    free_selects(session);
    session->released_count = session->released_before_count = 0;
    session->open_batch = NULL;
    while (session->batches != NULL) {
        session->batches->refs = 1;
        wefti_batch_unref(session->batches);
    }
    for (uint16_t i = 0; (session->mapped || !keep) && i < session->schema->table_count; i++) {
        wefti_map *map = &session->maps[i];
        if (keep && map->slots != NULL && map->mask < 1024) {
            memset(map->slots, 0, ((size_t)map->mask + 1) * (sizeof *map->slots + sizeof *map->tags));
            *map = (wefti_map){.slots = map->slots, .tags = map->tags, .mask = map->mask};
            continue;
        }
        wefti_free(map->slots);
        *map = (wefti_map){0};
    }
    session->mapped = false;
    session->stats.objects = 0;
    session->site_count = 0;
    session->column_sets = NULL;
    if (keep)
        wefti_arena_reset(&session->lists);
    else
        wefti_arena_deinit(&session->lists);
}

/* Rolls back without restoring: the objects are about to go. */
static void abandon_transaction(weft_session *session)
{
    if (session->connected)
        wefti_session_release(session);
    session->connected = false;
    session->in_transaction = false;
    wefti_session_end_transaction(session);
}

static void free_session(weft_session *session)
{
    abandon_transaction(session);
    wefti_bond_break(&session->bond);
    free_objects(session, false);
    wefti_arena_deinit(&session->work);
    if (session->markers != NULL) {
        size_t total = 0;
        for (uint16_t i = 0; i < session->schema->table_count; i++)
            total += session->schema->tables[i]->relation_count;
        for (size_t i = 0; i < total; i++)
            wefti_free(session->markers[i]);
    }
    wefti_free(session->markers);
    wefti_free(session->maps);
    wefti_free(session->released);
    wefti_free(session->released_before);
    wefti_free(session->pairs);
    wefti_free(session->journal);
    wefti_free(session->holds);
    wefti_free(session->sites);
    wefti_free(session->report);
    wefti_free(session);
}

bool wefti_session_keep(weft_session *session, wefti_session_keeper *keeper)
{
    if (session->failed_static)
        return false;
    session->keeper = keeper;
    return true;
}

static void leave_keeper(weft_session *session)
{
    wefti_session_keeper *keeper = session->keeper;
    session->keeper = NULL;
    if (keeper != NULL)
        keeper->forget(keeper, session);
}

void weft_session_close(weft_session *session)
{
    if (session == NULL || session->failed_static)
        return;
    if (!wefti_session_is_owned(session)) {
        wefti_log_text(&session->engine->log, WEFT_LOG_ERROR, WEFT_LOG_ORM,
                       "weft_session_close from a thread that does not own the session");
        return;
    }
    leave_keeper(session);
    wefti_watch_check(session);
    free_session(session);
}

WEFTI_HOT weft_status weft_session_clear(weft_session *session)
{
    if (!wefti_session_is_owned(session))
        return weft_session_status(session);
    abandon_transaction(session);
    free_objects(session, true);
    if (session->error.status != WEFT_OK)
        wefti_error_clear(&session->error);
    return WEFT_OK;
}

void wefti_session_recycle(weft_session *session)
{
    if (!wefti_session_is_owned(session))
        return;
    wefti_watch_check(session);
    abandon_transaction(session);
    free_objects(session, true);
    if (session->error.status != WEFT_OK)
        wefti_error_clear(&session->error);
    session->deadline = WEFTI_NO_DEADLINE;
    session->trace[0] = '\0';
    session->isolation = session->options.isolation;
    session->read_only = session->options.read_only;
    memset(&session->stats, 0, sizeof session->stats);
}

weft_status weft_session_adopt(weft_session *session)
{
    if (session == NULL || session->failed_static)
        return weft_session_status(session);
    uint64_t self = wefti_thread_number();
    uint64_t expected = 0;
    /* Acquire pairs with the release in weft_session_release: what the former owner did to the session is seen here. */
    if (wefti_atomic_cas_u64(&session->owner, &expected, self, WEFTI_ACQ_REL)) {
        if (session->connected)
            wefti_connection_belongs_to(&session->connection, self);
        return WEFT_OK;
    }
    return expected == self ? WEFT_OK : WEFT_ERROR_WRONG_THREAD;
}

weft_status weft_session_release(weft_session *session)
{
    if (!wefti_session_is_owned(session))
        return weft_session_status(session);
    leave_keeper(session);
    session->transacting = false; /* weft_transact of this thread has lost the session */
    session->called = 0;
    if (session->connected)
        wefti_connection_belongs_to(&session->connection, 0);
    wefti_atomic_store_u64(&session->owner, 0, WEFTI_RELEASE);
    return WEFT_OK;
}

weft_status weft_session_set_deadline(weft_session *session, uint32_t timeout_ms)
{
    if (!wefti_session_is_owned(session))
        return weft_session_status(session);
    session->deadline = wefti_deadline_after_ms(timeout_ms);
    return session->error.status;
}

weft_status weft_session_set_trace(weft_session *session, const char *traceparent)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    weft_error error;
    if (wefti_trace_take(session->trace, traceparent, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error);
    return WEFT_OK;
}

void *weft_session_user(const weft_session *session) { return session == NULL ? NULL : session->options.user; }

weft_engine *weft_session_engine(const weft_session *session) { return session == NULL ? NULL : session->engine; }

static void leave_transaction(weft_session *session)
{
    session->in_transaction = false;
    wefti_session_disconnect(session);
}

/* ---- transaction ---- */

/* Commands of transactions are sent from where this call stands, not from where the connection was taken. */
static weft_connection *connection_here(weft_session *session)
{
    session->connection.file = session->file;
    session->connection.line = session->line;
    return &session->connection;
}

/* name: of a transaction that is prepared; NULL: it commits. */
static weft_status end_keeping(weft_session *session, const char *call, const char *name)
{
    if (session->flushing)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s inside a flush", call);
    if (!wefti_watch_check(session))
        return session->error.status;
    session->committing = true;
    weft_status flushed = wefti_session_flush(session);
    session->committing = false;
    if (flushed != WEFT_OK)
        return session->error.status;
    if (name != NULL && wefti_session_connect(session, true) != WEFT_OK)
        return session->error.status;
    if (session->in_transaction) {
        weft_connection *connection = connection_here(session);
        wefti_deadline deadline = wefti_session_deadline(session);
        const weft_status status = name != NULL ? wefti_connection_prepare(connection, name, deadline, &session->error)
                                                : wefti_connection_commit(connection, deadline, &session->error);
        if (status != WEFT_OK)
            return session->error.status;
        leave_transaction(session);
    }
    wefti_session_end_transaction(session);
    return WEFT_OK;
}

weft_status(weft_session_commit)(weft_session *session)
{
    return wefti_session_enter(session) ? end_keeping(session, "weft_session_commit", NULL) : weft_session_status(session);
}

weft_status(weft_session_prepare)(weft_session *session, const char *name)
{
    static const char call[] = "weft_session_prepare";
    weft_error error = {0};
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    if (session->is_bound)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s: the transaction is that of a connection, whose owner ends it",
                                  call);
    if (session->transacting)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s: weft_transact ends its transaction by itself", call);
    if (wefti_prepare_allowed(session->engine, call, name, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error);
    return end_keeping(session, call, name);
}

weft_status(weft_session_flush)(weft_session *session)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    return wefti_watch_check(session) ? wefti_session_flush(session) : session->error.status;
}

/* For what must be done whatever the time is. */
static wefti_deadline recovery_deadline(const weft_session *session)
{
    wefti_deadline late = wefti_deadline_after_ms(LATE_ROLLBACK_MS);
    return wefti_deadline_earlier(wefti_deadline_after_ms(LONGEST_ROLLBACK_MS),
                                  session->deadline > late ? session->deadline : late);
}

/* ROLLBACK is sent whatever the time is, and waited for so long; then the connection is closed, which rolls back, too. The
 * connection is given back even where that fails. One that is bound has no connection to give back: see recovery_deadline. */
static wefti_deadline rollback_deadline(const weft_session *session)
{
    uint32_t ms = session->options.timeout_ms;
    return ms != 0 && ms < LONGEST_ROLLBACK_MS ? wefti_deadline_earlier(wefti_deadline_after_ms(ms), recovery_deadline(session))
                                               : recovery_deadline(session);
}

weft_status(weft_session_rollback)(weft_session *session)
{
    if (!wefti_session_enter_failed(session))
        return weft_session_status(session);
    if (session->engine->fork_generation != wefti_fork_generation())
        return WEFT_ERROR_FORKED;
    if (session->connected && session->in_transaction) {
        weft_error ignored;
        if (wefti_connection_rollback(connection_here(session),
                                      session->is_bound ? recovery_deadline(session) : rollback_deadline(session),
                                      &ignored) != WEFT_OK)
            wefti_log_text(&session->engine->log, WEFT_LOG_WARNING, WEFT_LOG_ORM, "rollback: %s; the connection is discarded",
                           ignored.message);
    }
    leave_transaction(session);
    wefti_error_clear(&session->error);
    wefti_watch_undo(session);
    wefti_journal_undo(session, 0);
    wefti_session_end_transaction(session);
    return session->error.status;
}

weft_status(weft_session_savepoint)(weft_session *session)
{
    if (!wefti_session_enter(session) || wefti_session_flush(session) != WEFT_OK)
        return weft_session_status(session);
    if (session->savepoint_count == WEFTI_MAX_SAVEPOINTS)
        return wefti_session_fail(session, WEFT_ERROR_LIMIT, "more than %d savepoints are open", WEFTI_MAX_SAVEPOINTS);
    if (wefti_session_connect(session, true) != WEFT_OK)
        return session->error.status;
    if (wefti_connection_savepoint(&session->connection, wefti_session_deadline(session), &session->error) != WEFT_OK)
        return session->error.status;
    session->savepoints[session->savepoint_count++] = (wefti_savepoint){
        .serial = ++session->savepoint_serial,
        .journal_count = session->journal_count,
        .generation = session->generation,
        .hold_count = session->hold_count,
    };
    session->mark++;
    return WEFT_OK;
}

weft_status(weft_session_savepoint_release)(weft_session *session)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    if (session->savepoint_count == 0)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_session_savepoint_release without an open savepoint");
    if (wefti_session_flush(session) != WEFT_OK)
        return session->error.status;
    if (wefti_connection_savepoint_release(connection_here(session), wefti_session_deadline(session), &session->error) != WEFT_OK)
        return session->error.status;
    if (--session->savepoint_count == 0)
        session->hold_count = 0;
    return WEFT_OK;
}

weft_status(weft_session_savepoint_rollback)(weft_session *session)
{
    if (!wefti_session_enter_failed(session))
        return weft_session_status(session);
    if (session->savepoint_count == 0)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_session_savepoint_rollback without an open savepoint");
    weft_error error = {0};
    if (session->error.status != WEFT_OK)
        session->undone = session->error;
    else if (session->connection.failed)
        session->undone = session->connection.failure;
    if (wefti_connection_savepoint_recover(connection_here(session), recovery_deadline(session), wefti_session_deadline(session),
                                           &error) != WEFT_OK) {
        wefti_error_clear(&session->error);
        return wefti_session_fail_with(session, &error);
    }
    wefti_error_clear(&session->error);
    const wefti_savepoint *savepoint = &session->savepoints[--session->savepoint_count];
    wefti_journal_undo(session, savepoint->journal_count);
    wefti_holds_undo(session, savepoint->hold_count);
    session->mark++;
    if (session->generation != savepoint->generation || session->schema->has_views || session->schema->reads_views)
        wefti_session_age(session); /* objects were read after SQL, or after writes through other models, that are undone now */
    for (uint16_t i = 0; i < session->schema->table_count; i++)
        session->maps[i].dirty = false;
    return session->error.status;
}

bool weft_session_in_transaction(const weft_session *session)
{
    return wefti_session_is_owned(session) && (session->in_transaction || session->transacting);
}

weft_connection *(weft_session_connection)(weft_session *session)
{
    if (!wefti_session_enter(session) || wefti_session_flush(session) != WEFT_OK ||
        wefti_session_connect_for_text(session) != WEFT_OK)
        return NULL;
    wefti_session_age(session);
    return &session->connection;
}

void weft_session_stats_get(const weft_session *session, weft_session_stats *stats)
{
    if (stats == NULL)
        return;
    memset(stats, 0, sizeof *stats);
    if (!wefti_session_is_owned(session))
        return;
    *stats = session->stats;
    if (session->connected) {
        stats->statements += session->connection.statements;
        stats->rows += session->connection.rows;
    }
    stats->bytes = session->lists.held_bytes + session->work.held_bytes;
    for (const wefti_batch *batch = session->batches; batch != NULL; batch = batch->next)
        stats->bytes += batch->arena.held_bytes;
    for (uint16_t i = 0; i < session->schema->table_count; i++)
        stats->bytes +=
            session->maps[i].slots == NULL ? 0 : ((size_t)session->maps[i].mask + 1) * (sizeof(void *) + sizeof(uint32_t));
}
