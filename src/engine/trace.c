/* Log records of statements. A statement with rows is logged when it ends, because only then its rows are known; what the record
 * needs is kept beside the cursor, parameters copied only where the engine shows them. Nothing is kept, and no clock read, where
 * nobody listens. */
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/engine_private.h"

#include <string.h>

typedef struct kept_trace {
    const char *sql;
    int64_t start_ns;
    size_t parameter_count;
    uint8_t origin;
    weft_value *parameters;         /* NULL: not shown */
    const wefti_compiled *compiled; /* kept by the cursor; NULL: no figures */
    weft_status status;
    weft_error *error; /* its own; NULL: none, or there was no memory for it */
} kept_trace;

typedef void (*record_event)(void *context, const weft_log_record *record);

/* The event of a record's topic; NULL: nobody is told. */
static record_event event_of(const weft_connection *connection, weft_log_topic topic)
{
    const weft_events *events = connection->engine->events;
    return __builtin_expect(events == NULL, 1) ? NULL
           : topic == WEFT_LOG_TRANSACTION     ? events->after_transaction
                                               : events->after_statement;
}

static bool is_told(const weft_connection *connection, weft_log_topic topic, weft_log_level level)
{
    return event_of(connection, topic) != NULL || wefti_log_wants(&connection->engine->log, level);
}

/* Of what began then and has ended now. */
static weft_log_level level_of(const weft_connection *connection, weft_status status, int64_t duration_ns)
{
    if (status != WEFT_OK)
        return WEFT_LOG_ERROR;
    return duration_ns >= connection->engine->slow_ns ? WEFT_LOG_WARNING : WEFT_LOG_INFO;
}

static void fill_place(const weft_connection *connection, weft_log_record *record)
{
    record->connection = connection->dbc != NULL ? connection->dbc->number : 0;
    record->file = connection->file;
    record->line = connection->line;
    record->user = connection->user;
}

static void write_record(weft_connection *connection, weft_log_record *record, int64_t start_ns, const weft_error *error)
{
    record->duration_ns = start_ns >= 0 ? wefti_now_ns() - start_ns : 0;
    record->level = level_of(connection, record->status, record->duration_ns);
    if (!is_told(connection, record->topic, record->level))
        return;
    record->message = record->level == WEFT_LOG_INFO      ? ""
                      : record->level == WEFT_LOG_WARNING ? "slow:"
                      : error != NULL                     ? error->message
                                                          : weft_status_name(record->status);
    fill_place(connection, record);
    record_event event = event_of(connection, record->topic);
    if (event != NULL)
        event(connection->engine->events_context, record);
    if (wefti_log_wants(&connection->engine->log, record->level))
        wefti_log_event(&connection->engine->log, record);
}

/* Text SQL may hold values as literals. */
const char *wefti_trace_text(const weft_connection *connection, const char *sql, wefti_arena *arena)
{
    if (connection->engine->log_values ||
        (connection->engine->events == NULL && !wefti_log_wants(&connection->engine->log, WEFT_LOG_ERROR)))
        return sql;
    wefti_text text;
    wefti_text_init(&text, 4 * WEFTI_MAX_SQL_BYTES);
    wefti_sql_add_masked(connection->driver->sql_rules(connection->dbc), sql, &text);
    const char *masked = text.failed || text.data == NULL ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return masked != NULL ? masked : "(text that is not shown: out of memory)";
}

/* Lists are shown as their length only; the rows of a batch are not shown at all (NULL). */
static bool has_array(const weft_value *parameters, size_t count)
{
    for (size_t i = 0; parameters != NULL && i < count; i++)
        if ((parameters[i].type & WEFTI_ARRAY) != 0 || wefti_type_is_array(parameters[i].type))
            return true;
    return false;
}

static weft_value shown_array(const wefti_array *array, wefti_arena *arena)
{
    const char *text = wefti_arena_printf(arena, "(%zu values)", array->count);
    return weft_value_text(text != NULL ? text : "(values)");
}

/* A value that is an array, as its text. */
static weft_value shown_value(const weft_value *value, wefti_arena *arena)
{
    if (value->is_null || !wefti_type_is_array(value->type))
        return *value;
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_value_show(&text, value);
    const char *kept = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return weft_value_text(kept != NULL ? kept : "(an array)");
}

static const weft_value *shown_parameters(const weft_value *parameters, size_t count, wefti_arena *arena)
{
    if (count == 0 || !has_array(parameters, count))
        return parameters;
    weft_value *shown = wefti_arena_alloc(arena, count * sizeof *shown);
    for (size_t i = 0; shown != NULL && i < count; i++)
        shown[i] = (parameters[i].type & WEFTI_ARRAY) != 0 ? shown_array(wefti_value_array(&parameters[i]), arena)
                                                           : shown_value(&parameters[i], arena);
    return shown;
}

weft_status wefti_trace_tell_before(const weft_connection *connection, const char *sql, const weft_value *parameters,
                                    size_t parameter_count, weft_error *error)
{
    const weft_engine *engine = connection->engine;
    wefti_arena arena;
    weft_error its;
    wefti_error_clear(&its);
    wefti_arena_init(&arena, 0);
    weft_log_record record = {.level = WEFT_LOG_INFO,
                              .topic = WEFT_LOG_STATEMENT,
                              .message = "",
                              .sql = sql,
                              .parameters = engine->log_values ? shown_parameters(parameters, parameter_count, &arena) : NULL,
                              .parameter_count = parameter_count,
                              .origin = (weft_log_origin)connection->origin};
    fill_place(connection, &record);
    weft_status status = engine->events->before_statement(engine->events_context, &record, &its);
    wefti_arena_deinit(&arena);
    if (status == WEFT_OK)
        return WEFT_OK;
    its.nothing_sent = true;
    return wefti_event_failed(status, "before_statement", &its, error);
}

void wefti_trace_statement(weft_connection *connection, const char *sql, const weft_value *parameters, size_t parameter_count,
                           uint64_t row_count, int64_t start_ns, weft_status status, const weft_error *error)
{
    const int64_t duration_ns = start_ns >= 0 && connection->engine->slow_ns != INT64_MAX ? wefti_now_ns() - start_ns : 0;
    if (!is_told(connection, WEFT_LOG_STATEMENT, level_of(connection, status, duration_ns)))
        return;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    weft_log_record record = {.topic = WEFT_LOG_STATEMENT,
                              .sql = sql,
                              .parameter_count = parameter_count,
                              .row_count = row_count,
                              .status = status,
                              .origin = (weft_log_origin)connection->origin};
    if (connection->engine->log_values)
        record.parameters = shown_parameters(parameters, parameter_count, &arena);
    write_record(connection, &record, start_ns, error);
    wefti_arena_deinit(&arena);
}

void wefti_trace_transaction(weft_connection *connection, const char *sql, int64_t start_ns, weft_status status,
                             const weft_error *error)
{
    weft_log_record record = {.topic = WEFT_LOG_TRANSACTION, .sql = sql, .status = status};
    write_record(connection, &record, start_ns, error);
}

/* Values and their texts in one block; sql lives as long as the cursor. */
void *wefti_trace_keep(weft_connection *connection, const wefti_compiled *compiled, const char *sql, const weft_value *parameters,
                       size_t parameter_count, int64_t start_ns)
{
    if (start_ns < 0)
        return NULL;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const weft_value *shown = connection->engine->log_values ? shown_parameters(parameters, parameter_count, &arena) : NULL;
    size_t text_bytes = 0, shown_count = shown != NULL ? parameter_count : 0;
    for (size_t i = 0; i < shown_count; i++)
        if (!shown[i].is_null && wefti_type_has_content(shown[i].type))
            text_bytes += shown[i].as.s.size + 1;
    kept_trace *trace = wefti_malloc(sizeof *trace + shown_count * sizeof(weft_value) + text_bytes);
    if (trace != NULL) {
        *trace = (kept_trace){.sql = sql,
                              .start_ns = start_ns,
                              .parameter_count = parameter_count,
                              .compiled = compiled,
                              .origin = connection->origin};
        trace->parameters = shown != NULL ? (weft_value *)(trace + 1) : NULL;
        char *room = (char *)(trace + 1) + shown_count * sizeof(weft_value);
        for (size_t i = 0; i < shown_count; i++) {
            trace->parameters[i] = shown[i];
            if (shown[i].is_null || !wefti_type_has_content(shown[i].type))
                continue;
            memcpy(room, shown[i].as.s.data, shown[i].as.s.size);
            room[shown[i].as.s.size] = '\0';
            trace->parameters[i].as.s.data = room;
            room += shown[i].as.s.size + 1;
        }
    }
    wefti_arena_deinit(&arena);
    return trace;
}

void wefti_trace_finish(weft_connection *connection, void *kept, uint64_t row_count)
{
    kept_trace *trace = kept;
    if (trace == NULL)
        return;
    weft_log_record record = {.topic = WEFT_LOG_STATEMENT,
                              .sql = trace->sql,
                              .parameters = trace->parameters,
                              .parameter_count = trace->parameter_count,
                              .row_count = row_count,
                              .status = trace->status,
                              .origin = (weft_log_origin)trace->origin};
    if (trace->compiled != NULL)
        wefti_figures_add(trace->compiled, trace->start_ns, row_count, trace->status);
    write_record(connection, &record, trace->start_ns, trace->error);
    wefti_free(trace->error);
    wefti_free(trace);
}

/* Where nobody wanted to know when it began, nothing was kept, and the failure is told at once. */
void wefti_trace_failed(weft_connection *connection, wefti_cursor *cursor, weft_status status, const weft_error *error)
{
    const wefti_statement *statement = cursor->statement;
    kept_trace *trace = cursor->trace;
    cursor->statement = NULL; /* once */
    if (statement == NULL)
        return;
    if (trace != NULL) {
        trace->status = status;
        if (error != NULL && (trace->error = wefti_malloc(sizeof *error)) != NULL)
            *trace->error = *error;
        return;
    }
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const char *shown = statement->text ? wefti_trace_text(connection, statement->sql, &arena) : statement->sql;
    wefti_trace_statement(connection, shown, NULL, statement->parameter_count, cursor->row_count, -1, status, error);
    wefti_arena_deinit(&arena);
}

/* ---- figures ---- */

void wefti_figures_add(const wefti_compiled *compiled, int64_t start_ns, uint64_t row_count, weft_status status)
{
    wefti_figures *figures = compiled->figures;
    if (figures == NULL || start_ns < 0)
        return;
    const uint64_t took = (uint64_t)(wefti_now_ns() - start_ns);
    (void)wefti_atomic_add_u64(&figures->runs, 1, WEFTI_RELAXED);
    (void)wefti_atomic_add_u64(&figures->rows, row_count, WEFTI_RELAXED);
    (void)wefti_atomic_add_u64(&figures->time_ns, took, WEFTI_RELAXED);
    if (status != WEFT_OK)
        (void)wefti_atomic_add_u64(&figures->failures, 1, WEFTI_RELAXED);
    uint64_t longest = wefti_atomic_load_u64(&figures->longest_ns, WEFTI_RELAXED);
    while (took > longest && !wefti_atomic_cas_u64(&figures->longest_ns, &longest, took, WEFTI_RELAXED))
        continue;
}

bool wefti_trace_wants_plan(const weft_connection *connection, int64_t start_ns)
{
    const weft_engine *engine = connection->engine;
    return engine->explain && start_ns >= 0 && wefti_now_ns() - start_ns >= engine->slow_ns;
}

bool wefti_trace_kept_wants_plan(const weft_connection *connection, const void *trace)
{
    return wefti_trace_wants_plan(connection, ((const kept_trace *)trace)->start_ns);
}

void wefti_trace_plan(const weft_connection *connection, const char *sql, const char *plan)
{
    weft_log_record record = {.level = WEFT_LOG_WARNING, .topic = WEFT_LOG_STATEMENT, .message = plan, .sql = sql};
    fill_place(connection, &record);
    wefti_log_event(&connection->engine->log, &record);
}
