/* Opening and closing engines, and what is asked of one as a whole.
 *
 * Opening builds everything that is constant from then on (driver, schema, options) and connects to nothing. Closing goes the other
 * way round. An engine whose connections do not come back in time stays in memory for them, on a list, so that it is not a leak to
 * those who look for leaks. */
#include "base/atomic.h"
#include "base/epoch.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "engine/check.h"
#include "engine/engine_private.h"
#include "engine/facts.h"
#include "engine/shared.h"
#include "engine/table.h"

#include <string.h>

#define CLOSE_TIMEOUT_MS 5000u
#define PING_TIMEOUT_MS 10000u
#define DEFAULT_COMMIT_MS 60000u
#define DEFAULT_CACHE_BYTES (8u << 20)
#define LEAST_CACHE_BYTES (64u << 10)

typedef struct abandoned {
    struct abandoned *next;
    weft_engine *engine;
} abandoned;
static wefti_atomic_ptr abandoned_engines;

static weft_status no_argument(const char *what, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s is NULL", what);
}

weft_status wefti_engine_given(const weft_engine *engine, weft_error *error)
{
    return engine != NULL ? WEFT_OK : no_argument("the engine", error);
}

/* ---- open ---- */

static void choose_log(weft_engine *engine, const weft_engine_options *options)
{
    engine->log = (wefti_log){.callback = options->log, .context = options->log_context, .level = options->log_level};
    if (engine->log.callback == NULL && options->echo)
        engine->log.callback = weft_log_stderr;
    if (engine->log.level == WEFT_LOG_OFF)
        engine->log.level = options->echo ? WEFT_LOG_INFO : WEFT_LOG_WARNING;
    engine->log_values = options->log_values;
    const bool slow = options->slow_ms != 0 && options->slow_ms != WEFT_NONE;
    engine->slow_ns = slow ? options->slow_ms * (int64_t)WEFTI_NS_PER_MS : INT64_MAX;
    engine->guard = options->guard;
    engine->events = options->events;
    engine->comments = options->statement_comments;
    engine->explain = options->slow_explain;
    engine->events_context = options->events_context;
    engine->figures = options->figures;
    engine->timed =
        options->figures || options->events != NULL || wefti_log_wants(&engine->log, slow ? WEFT_LOG_WARNING : WEFT_LOG_INFO);
    engine->connect_timeout_ms = options->pool.connect_timeout_ms;
}

static void choose_times(weft_engine *engine, const weft_engine_options *options)
{
    uint32_t commit = options->commit_timeout_ms;
    engine->timeout_ms = options->timeout_ms == WEFT_NONE ? 0 : options->timeout_ms;
    engine->commit_timeout_ms = commit == 0 ? DEFAULT_COMMIT_MS : commit == WEFT_NONE ? 0 : commit;
}

uint32_t wefti_engine_timeout(const weft_engine *engine, uint32_t wanted_ms)
{
    return wanted_ms == 0 ? engine->timeout_ms : wanted_ms == WEFT_NONE ? 0 : wanted_ms;
}

/* It is prepared under an id of its own, from the counter of compiled ones. */
static void make_reserve_keys(weft_engine *engine)
{
    static const uint16_t integers[2] = {WEFT_INT64, WEFT_INT64};
    const char *sql = wefti_dialect_reserve_keys_sql(engine->dialect);
    if (sql == NULL)
        return;
    wefti_shape_entry id;
    wefti_shape_entry_init(&id, 0, NULL, 0, 0, NULL);
    engine->reserve_keys = (wefti_statement){.id = id.id,
                                             .sql = sql,
                                             .sql_size = strlen(sql),
                                             .parameter_count = 2,
                                             .column_count = 1,
                                             .parameter_types = integers,
                                             .column_types = integers,
                                             .returns_rows = true,
                                             .writes = true};
}

/* Engines that translate schemas share the models' one, by which statements are found. */
static weft_status open_schema(weft_engine *engine, const weft_engine_options *options, size_t cache_bytes, weft_error *error)
{
    if (options->schemas == NULL) {
        weft_status status = wefti_schema_new(options->metadata, &engine->schema, error);
        return status == WEFT_OK ? wefti_schema_settle(engine->schema, engine->dialect, error) : status;
    }
    weft_status status = wefti_shared_open(options->metadata, engine->dialect, cache_bytes, &engine->shared, error);
    if (status != WEFT_OK)
        return status;
    engine->schema = engine->shared->schema;
    wefti_arena_init(&engine->places_arena, 0);
    return wefti_places_new(engine->schema, engine->dialect, options->schemas, &engine->places_arena, &engine->places, error);
}

static weft_status open_parts(weft_engine *engine, const char *url, const weft_engine_options *options, weft_error *error)
{
    uint64_t cache_bytes = options->cache_bytes == 0 ? DEFAULT_CACHE_BYTES : options->cache_bytes;
    wefti_driver_options driver_options = {.log = &engine->log,
                                           .application = options->application_name,
                                           .show_raised = options->server_messages || options->log_values,
                                           .show_all = options->log_values,
                                           .evictions = &engine->cache.evictions,
                                           .stream_warn_ms = options->stream_warn_ms,
                                           .no_prepare = options->prepared_statements == WEFT_NONE,
                                           .plan = options->plan,
                                           .prepared_limit =
                                               options->prepared_statements == WEFT_NONE ? 0 : options->prepared_statements};
    choose_log(engine, options);
    choose_times(engine, options);
    weft_status status = wefti_database_of(url, &engine->driver, &engine->dialect, error);
    engine->capabilities = status == WEFT_OK ? wefti_dialect_capabilities(engine->dialect) : NULL;
    engine->comments = status == WEFT_OK && engine->comments && !engine->driver->in_process;
    engine->told = engine->events != NULL && engine->events->before_statement != NULL;
    if (status == WEFT_OK && (unsigned)options->plan > WEFT_PLAN_GENERIC)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, ".plan is %d, which is no weft_plan_mode", (int)options->plan);
    if (status == WEFT_OK && options->slow_explain && (engine->slow_ns == INT64_MAX || !engine->log_values))
        status = wefti_error_set(error, WEFT_ERROR_MISUSE,
                                 ".slow_explain needs .slow_ms, which says what is slow, and .log_values, for plans show values");
    if (status == WEFT_OK && (unsigned)options->check_schema > WEFT_SCHEMA_REFUSE_ANY)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, ".check_schema is %d, which is no weft_schema_check",
                                 (int)options->check_schema);
    if (status == WEFT_OK)
        status = open_schema(engine, options, (size_t)cache_bytes, error);
    if (status == WEFT_OK)
        make_reserve_keys(engine);
    if (status == WEFT_OK)
        status = wefti_driver_target(engine->driver, url, &driver_options, &engine->target, error);
    if (status == WEFT_OK) {
        bool made =
            wefti_shape_cache_init(&engine->cache, cache_bytes < LEAST_CACHE_BYTES ? LEAST_CACHE_BYTES : (size_t)cache_bytes);
        engine->cache_made = made;
        status = made ? WEFT_OK : wefti_error_memory(error);
    }
    if (status == WEFT_OK)
        status = wefti_pool_open(&engine->pool, &engine->target, &options->pool, &engine->log, error);
    return status;
}

static void free_engine(weft_engine *engine)
{
    wefti_pool_free(engine->pool);
    if (engine->cache_made)
        wefti_shape_cache_deinit(&engine->cache);
    wefti_engine_free_tables(engine);
    if (engine->target.driver != NULL)
        engine->driver->target_free(&engine->target);
    if (engine->shared != NULL) {
        wefti_shared_close(engine->shared);
        wefti_arena_deinit(&engine->places_arena);
    } else {
        wefti_schema_free(engine->schema);
    }
    wefti_free(engine);
    (void)wefti_epoch_reclaim();
}

weft_status weft_engine_open(weft_engine **engine, const char *url, const weft_engine_options *options, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    static const weft_engine_options defaults;
    if (engine == NULL)
        return no_argument("weft_engine_open: the pointer to the engine", error);
    *engine = NULL;
    weft_engine *made = wefti_aligned(_Alignof(weft_engine), sizeof *made);
    if (made == NULL)
        return wefti_error_memory(error);
    memset(made, 0, sizeof *made);
    wefti_fork_watch();
    made->fork_generation = wefti_fork_generation();
    options = options != NULL ? options : &defaults;
    weft_status status = open_parts(made, url, options, error);
    if (status != WEFT_OK) {
        free_engine(made);
        return status;
    }
    status = wefti_engine_check_schema(made, options->check_schema, error);
    if (status != WEFT_OK) {
        weft_engine_close(made);
        return status;
    }
    *engine = made;
    return WEFT_OK;
}

/* ---- close ---- */

static void abandon(weft_engine *engine)
{
    abandoned *entry = wefti_malloc(sizeof *entry);
    if (entry == NULL)
        return;
    entry->engine = engine;
    void *head = wefti_atomic_load_ptr(&abandoned_engines, WEFTI_ACQUIRE);
    do
        entry->next = head;
    while (!wefti_atomic_cas_ptr(&abandoned_engines, &head, entry, WEFTI_ACQ_REL));
}

weft_status weft_engine_close_within(weft_engine *engine, uint32_t timeout_ms, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_status status = WEFT_OK;
    if (engine == NULL)
        return WEFT_OK;
    bool child = wefti_engine_check(engine, NULL) != WEFT_OK;
    if (!child)
        status = wefti_pool_close(engine->pool, timeout_ms == 0 ? wefti_now_ns() : wefti_deadline_after_ms(timeout_ms), error);
    uint32_t detached = wefti_atomic_load_u32(&engine->detached, WEFTI_ACQUIRE);
    if (status == WEFT_OK && !child && detached != 0)
        status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "%u detached connections are still open; close them first", detached);
    if (status != WEFT_OK) {
        abandon(engine);
        return status;
    }
    free_engine(engine);
    return WEFT_OK;
}

void weft_engine_close(weft_engine *engine) { (void)weft_engine_close_within(engine, CLOSE_TIMEOUT_MS, NULL); }

/* ---- questions ---- */

static weft_status ask_one(weft_engine *engine, wefti_deadline deadline, weft_error *error)
{
    weft_connection connection;
    weft_status status = wefti_connection_acquire(engine, &connection, deadline, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    status = wefti_pool_ask(engine->pool, connection.dbc, deadline, error);
    if (status != WEFT_OK)
        (void)wefti_connection_failed(&connection, status, error);
    wefti_connection_release(&connection);
    return status;
}

static bool is_of_one_connection(const weft_engine *engine, weft_status status)
{
    return (status == WEFT_ERROR_DISCONNECTED || status == WEFT_ERROR_TIMEOUT) && !engine->driver->in_process;
}

/* A dead connection says little of the database: others may be alive, or another host. At most as many as the pool has. */
static weft_status ask_others(weft_engine *engine, wefti_deadline deadline, weft_status status)
{
    weft_pool_stats stats;
    wefti_pool_stats(engine->pool, &stats);
    for (uint32_t left = stats.size + stats.max_overflow;
         left > 0 && is_of_one_connection(engine, status) && !wefti_deadline_passed(deadline); left--)
        status = ask_one(engine, deadline, NULL);
    return status;
}

weft_status weft_engine_ping(weft_engine *engine, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_deadline deadline = wefti_deadline_after_ms(PING_TIMEOUT_MS);
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK)
        status = ask_one(engine, deadline, error);
    if (status == WEFT_OK || engine == NULL || ask_others(engine, deadline, status) != WEFT_OK)
        return status;
    wefti_error_clear(error);
    return WEFT_OK;
}

const char *weft_engine_driver(const weft_engine *engine) { return engine != NULL ? engine->driver->name : ""; }

const char *weft_engine_url(const weft_engine *engine) { return engine != NULL ? engine->target.display : ""; }

void weft_engine_pool_stats(const weft_engine *engine, weft_pool_stats *stats)
{
    if (stats != NULL)
        *stats = (weft_pool_stats){.size = 0};
    if (engine != NULL && stats != NULL)
        wefti_pool_stats(engine->pool, stats);
}

void weft_engine_cache_stats(const weft_engine *engine, weft_cache_stats *stats)
{
    wefti_shape_stats shapes;
    if (stats != NULL)
        *stats = (weft_cache_stats){.hits = 0};
    if (engine == NULL || stats == NULL)
        return;
    wefti_shape_cache_stats((wefti_shape_cache *)(uintptr_t)&engine->cache, &shapes);
    *stats = (weft_cache_stats){.hits = shapes.hits,
                                .misses = shapes.misses,
                                .races_lost = shapes.races_lost,
                                .evictions = shapes.evictions,
                                .entries = shapes.entries,
                                .bytes = shapes.bytes,
                                .limit_bytes = shapes.limit_bytes};
}

void weft_engine_invalidate(weft_engine *engine)
{
    if (engine != NULL && wefti_engine_check(engine, NULL) == WEFT_OK)
        wefti_pool_invalidate(engine->pool);
}

void weft_engine_suspend(weft_engine *engine)
{
    if (engine != NULL && wefti_engine_check(engine, NULL) == WEFT_OK)
        wefti_pool_suspend(engine->pool);
}

void weft_engine_resume(weft_engine *engine)
{
    if (engine != NULL && wefti_engine_check(engine, NULL) == WEFT_OK)
        wefti_pool_resume(engine->pool);
}

void weft_engine_clear_cache(weft_engine *engine)
{
    if (engine == NULL || wefti_engine_check(engine, NULL) != WEFT_OK)
        return;
    wefti_shape_cache_clear(&engine->cache);
    wefti_key_facts_outdate(engine);
    wefti_engine_outdate_tables(engine);
}

void weft_free(void *memory) { wefti_free(memory); }
