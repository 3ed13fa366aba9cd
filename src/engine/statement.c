/* Running statements: shape, compiled form, pin, send.
 *
 * The compiled form is looked up among those that this database connection has prepared, and else, inside an epoch section, in
 * the cache. Before the section ends it is made to last until finish: where the connection has the statement prepared, its table's
 * reference is pinned, which only this thread sees; else a reference of its own is taken. Nothing is waited for, sent or called
 * back inside the section.
 *
 * cursor->held keeps what finish must let go: the pinned entry, or NULL for a reference on the compiled form; for text SQL, where
 * there is no compiled form, the statement itself. */
#include "base/epoch.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "driver/prepared.h"
#include "engine/engine_private.h"
#include "engine/shared.h"
#include "engine/facts.h"
#include "engine/table.h"

#include <string.h>

typedef struct held_text {
    wefti_statement statement;
    wefti_arena arena;
} held_text;

/* An error for callers that want none: what a failure says is noted for the transaction. Whatever fills it clears it first, and
 * clearing it here would cost more than finding a statement. */
static weft_error *clear_error(weft_error *error)
{
    error->status = WEFT_OK;
    error->message[0] = '\0';
    return error;
}

/* ---- the compiled form ---- */

typedef struct kept_form {
    const wefti_compiled *compiled;
    wefti_prepared_entry *pin; /* NULL: a reference was taken */
} kept_form;

static void keep(weft_connection *connection, wefti_compiled *compiled, kept_form *form)
{
    form->compiled = compiled;
    wefti_prepared *prepared = connection->dbc->prepared;
    form->pin = prepared != NULL ? wefti_prepared_pin(prepared, compiled->statement.id) : NULL;
    if (form->pin == NULL)
        wefti_shape_entry_retain(&compiled->entry);
    else if (compiled->entry.hash != 0)
        wefti_prepared_note(prepared, form->pin, compiled->entry.hash);
}

/* A form that this connection has prepared and met in the cache before, as long as the cache has it, too. No section is needed: the
 * table's reference keeps it, and no other thread looks at the table. */
static inline bool find_prepared(weft_connection *connection, const wefti_shape *shape, kept_form *form)
{
    wefti_prepared *prepared = connection->dbc->prepared;
    wefti_prepared_entry *entry = prepared != NULL ? wefti_prepared_recall(prepared, shape->hash) : NULL;
    if (entry == NULL)
        return false;
    wefti_compiled *compiled = wefti_compiled_of(entry->statement);
    if (compiled->entry.key_size != shape->key_size || memcmp(compiled->entry.key, shape->key, shape->key_size) != 0 ||
        wefti_shape_entry_evicted(&compiled->entry))
        return false;
    wefti_shape_cache_hit(&connection->engine->cache, &compiled->entry);
    entry->pins++;
    connection->origin = WEFT_ORIGIN_CACHED;
    *form = (kept_form){compiled, entry};
    return true;
}

static void let_go(weft_connection *connection, const wefti_compiled *compiled, wefti_prepared_entry *pin)
{
    if (pin != NULL)
        wefti_prepared_unpin(connection->dbc->prepared, pin);
    else
        wefti_shape_entry_release((wefti_shape_entry *)(uintptr_t)&compiled->entry);
}

/* Figures begin with the statement; *compiled is freed where there is no memory for them. */
static weft_status add_figures(const weft_connection *connection, wefti_compiled **compiled, weft_error *error)
{
    const char *file = connection->file != NULL ? connection->file : "";
    wefti_figures *figures = wefti_calloc(1, sizeof *figures + strlen(file) + 1);
    if (figures == NULL) {
        wefti_shape_entry_release(&(*compiled)->entry);
        *compiled = NULL;
        return wefti_error_memory(error);
    }
    memcpy(figures->file, file, strlen(file) + 1);
    figures->line = connection->line;
    (*compiled)->figures = figures;
    return WEFT_OK;
}

static __attribute__((noinline)) weft_status find_in_cache(weft_connection *connection, const wefti_statement_data *data,
                                                           const wefti_shape *shape, kept_form *form, weft_error *error)
{
    weft_engine *engine = connection->engine;
    weft_status status = WEFT_OK;
    bool hit = true, first = true;
    wefti_compiled *compiled;
    if (!wefti_epoch_begin())
        return wefti_error_memory(error);
    compiled = (wefti_compiled *)(void *)wefti_shape_cache_find(&engine->cache, shape->hash, shape->key, shape->key_size);
    if (compiled == NULL) {
        hit = false;
        status = engine->shared != NULL
                     ? wefti_shared_compile(engine->shared, engine->places, data, shape, &compiled, &first, error)
                     : wefti_compile(engine->schema, engine->dialect, data, shape, &compiled, error);
        if (status == WEFT_OK && engine->figures)
            status = add_figures(connection, &compiled, error);
        if (status == WEFT_OK)
            compiled = (wefti_compiled *)(void *)wefti_shape_cache_publish(&engine->cache, &compiled->entry);
    }
    if (status == WEFT_OK)
        keep(connection, compiled, form);
    wefti_epoch_end();
    connection->origin = hit ? WEFT_ORIGIN_CACHED : WEFT_ORIGIN_COMPILED;
    if (!hit && status == WEFT_OK)
        wefti_log_text(&engine->log, WEFT_LOG_DEBUG, WEFT_LOG_CACHE, first ? "compiled: %s" : "compiled by another engine: %s",
                       compiled->statement.sql);
    return status;
}

static inline weft_status find_compiled(weft_connection *connection, const wefti_statement_data *data, const wefti_shape *shape,
                                        kept_form *form, weft_error *error)
{
    return find_prepared(connection, shape, form) ? WEFT_OK : find_in_cache(connection, data, shape, form, error);
}

/* Before a statement is looked at: a connection to run it on. */
static weft_status enter(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK && __builtin_expect(connection->results != NULL, 0))
        status = wefti_streams_refuse(connection, error);
    return status != WEFT_OK ? status : wefti_connection_ready(connection, deadline, error);
}

static WEFTI_COLD weft_status read_only_error(weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_READ_ONLY, "a statement that writes, on a connection opened with .read_only = true");
    return wefti_error_unsent(WEFT_ERROR_READ_ONLY, error);
}

/* ---- parameters of DML ---- */

/* The parameters with enums as names and lengths checked; *bound is parameters itself where there is nothing to do. `more` follow
 * them that are bound already: the values of ON CONFLICT DO UPDATE SET. */
static weft_status bind_parameters(const wefti_compiled *compiled, const weft_value *parameters, size_t count,
                                   const weft_value *more, size_t more_count, wefti_arena *arena, const weft_value **bound,
                                   weft_error *error)
{
    weft_value *copy = NULL;
    weft_status status = WEFT_OK;
    *bound = parameters;
    if (count + more_count != compiled->statement.parameter_count)
        return wefti_error_set(error, WEFT_ERROR_INTERNAL, "%zu parameters for a statement of %u", count + more_count,
                               (unsigned)compiled->statement.parameter_count);
    if (more_count > 0) {
        if ((copy = wefti_arena_alloc(arena, (count + more_count) * sizeof *copy)) == NULL)
            return wefti_error_memory(error);
        if (count > 0)
            memcpy(copy, parameters, count * sizeof *copy);
        memcpy(copy + count, more, more_count * sizeof *copy);
    }
    for (size_t i = 0; i < count && status == WEFT_OK; i++) {
        const wefti_column *column = compiled->parameter_columns != NULL ? compiled->parameter_columns[i] : NULL;
        if (!wefti_column_needs_bind(column) || parameters[i].is_null)
            continue;
        if (copy == NULL && (copy = wefti_arena_memdup(arena, parameters, count * sizeof *copy)) == NULL)
            return wefti_error_memory(error);
        if ((parameters[i].type & WEFTI_ARRAY) == 0) {
            status = wefti_bind_value(column, &copy[i], arena, error);
            continue;
        }
        wefti_array *array = wefti_arena_memdup(arena, wefti_value_array(&parameters[i]), sizeof *array);
        if (array == NULL)
            return wefti_error_memory(error);
        status = wefti_bind_array(column, array, arena, error);
        copy[i] = wefti_array_value(array);
    }
    if (copy != NULL)
        *bound = copy;
    return status;
}

/* The same for arrays that are parameters row by row. */
static weft_status bind_columns(const wefti_compiled *compiled, const wefti_array *arrays, size_t count, size_t rows,
                                wefti_arena *arena, const wefti_array **bound, weft_error *error)
{
    wefti_array *copy = NULL;
    *bound = arrays;
    for (size_t i = 0; i < count; i++) {
        const wefti_column *column = compiled->parameter_columns != NULL ? compiled->parameter_columns[i] : NULL;
        if (!wefti_column_needs_bind(column))
            continue;
        if (copy == NULL && (copy = wefti_arena_memdup(arena, arrays, count * sizeof *copy)) == NULL)
            return wefti_error_memory(error);
        copy[i].count = rows;
        weft_status status = wefti_bind_array(column, &copy[i], arena, error);
        if (status != WEFT_OK)
            return status;
    }
    if (copy != NULL)
        *bound = copy;
    return WEFT_OK;
}

/* ---- run ---- */

/* A statement was sent, shown so: what its record needs, and its plan where all of it is over already. */
static void note_start(weft_connection *connection, const wefti_compiled *compiled, const wefti_statement *statement,
                       const char *shown, const weft_value *parameters, size_t count, bool stream, int64_t start,
                       wefti_cursor *cursor)
{
    cursor->trace = wefti_trace_keep(connection, compiled, shown, parameters, count, start);
    if (!stream && connection->driver->holds_results && wefti_trace_wants_plan(connection, start))
        wefti_explain_slow(connection, statement, parameters, count);
}

static __attribute__((noinline)) weft_status execute_commented(weft_connection *connection, const wefti_statement *statement,
                                                               const weft_value *parameters, size_t count, bool stream,
                                                               wefti_deadline deadline, wefti_cursor **cursor, weft_error *error)
{
    wefti_commented commented;
    const wefti_statement *sent = wefti_comment_add(connection, statement, &commented);
    weft_status status = connection->driver->execute(connection->dbc, sent, parameters, count, stream, deadline, cursor, error);
    wefti_comment_end(&commented);
    return status;
}

/* One run of a statement: what wefti_connection_run was given, and the form that was found. */
typedef struct run {
    weft_connection *connection;
    const wefti_statement_data *data;
    const weft_value *parameters;
    size_t parameter_count;
    bool stream;
    wefti_deadline deadline;
    wefti_fill *fill;   /* NULL: the rows are nobody's yet */
    weft_status *ended; /* with fill */
    wefti_cursor **cursor;
    weft_error *error;
    kept_form form;
} run;

/* Nothing was open when it failed. */
static weft_status send_failed(const run *r, const weft_value *parameters, size_t count, int64_t start, weft_status status)
{
    wefti_figures_add(r->form.compiled, start, 0, status);
    wefti_trace_statement(r->connection, r->form.compiled->statement.sql, parameters, count, 0, start, status, r->error);
    return wefti_connection_failed(r->connection, status, r->error);
}

/* Whether one call of the driver does it all. */
static inline bool is_fetched(const run *r)
{
    const wefti_prepared_entry *pin = r->form.pin;
    return r->fill != NULL && pin != NULL && pin->fetched && !pin->busy && !r->stream &&
           r->fill->type->field_count == r->form.compiled->statement.column_count;
}

/* The record of a statement whose rows have all come. */
static __attribute__((noinline)) void note_fetched(const run *r, const weft_value *parameters, size_t count, int64_t start)
{
    weft_connection *connection = r->connection;
    const wefti_statement *statement = &r->form.compiled->statement;
    void *trace = wefti_trace_keep(connection, r->form.compiled, statement->sql, parameters, count, start);
    const bool plan = trace != NULL && wefti_trace_kept_wants_plan(connection, trace);
    if (trace != NULL)
        wefti_trace_finish(connection, trace, r->fill->count);
    if (plan)
        wefti_explain_without_values(connection, statement);
}

static inline weft_status fetch(const run *r, const weft_value *parameters, size_t count)
{
    weft_connection *connection = r->connection;
    const int64_t start = wefti_trace_start(connection);
    const weft_status status =
        connection->driver->fetch(connection->dbc, r->form.pin, parameters, count, r->deadline, r->fill, r->cursor, r->error);
    connection->statements++;
    if (__builtin_expect(status == WEFT_OK, 1)) {
        connection->rows += r->fill->count;
        if (start >= 0)
            note_fetched(r, parameters, count, start);
        return WEFT_OK;
    }
    if (*r->cursor == NULL)
        return send_failed(r, parameters, count, start, status);
    (*r->cursor)->statement = &r->form.compiled->statement;
    if (start >= 0)
        note_start(connection, r->form.compiled, &r->form.compiled->statement, r->form.compiled->statement.sql, parameters, count,
                   false, start, *r->cursor);
    *r->ended = r->fill->refused ? status : wefti_connection_step_failed(connection, *r->cursor, status, r->error);
    return WEFT_OK;
}

static __attribute__((noinline)) weft_status send_told(const run *r, const weft_value *parameters, size_t count)
{
    weft_connection *connection = r->connection;
    const wefti_statement *statement = &r->form.compiled->statement;
    wefti_cursor *holder = NULL;
    if (wefti_trace_before(connection, statement->sql, parameters, count, r->error) != WEFT_OK)
        return r->error->status;
    if (is_fetched(r))
        return fetch(r, parameters, count);
    if (statement->writes && connection->results != NULL && wefti_streams_keep(connection, &holder, r->error) != WEFT_OK)
        return r->error->status;
    int64_t start = wefti_trace_start(connection);
    weft_status status =
        __builtin_expect(connection->engine->comments, 0)
            ? execute_commented(connection, statement, parameters, count, r->stream, r->deadline, r->cursor, r->error)
            : connection->driver->execute(connection->dbc, statement, parameters, count, r->stream, r->deadline, r->cursor,
                                          r->error);
    wefti_streams_let_go(connection, &holder);
    connection->statements++;
    if (status != WEFT_OK)
        return send_failed(r, parameters, count, start, status);
    (*r->cursor)->statement = statement;
    if (start >= 0)
        note_start(connection, r->form.compiled, statement, statement->sql, parameters, count, r->stream, start, *r->cursor);
    return WEFT_OK;
}

static inline weft_status send(const run *r, const weft_value *parameters, size_t count)
{
    return is_fetched(r) && !wefti_trace_tells_before(r->connection) ? fetch(r, parameters, count)
                                                                     : send_told(r, parameters, count);
}

static __attribute__((noinline)) weft_status bind_dml_and_send(const run *r, wefti_shape *shape)
{
    const wefti_compiled *compiled = r->form.compiled;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const weft_value *bound = r->parameters;
    weft_status status = wefti_shape_bind(shape, compiled, r->error);
    if (status == WEFT_OK)
        status = bind_parameters(compiled, r->parameters, r->parameter_count, shape->values, shape->value_count, &arena, &bound,
                                 r->error);
    if (status == WEFT_OK)
        status = send(r, bound, r->parameter_count + shape->value_count);
    else
        (void)wefti_error_unsent(status, r->error);
    wefti_arena_deinit(&arena);
    return status;
}

static inline weft_status bind_and_send(const run *r, wefti_shape *shape)
{
    const wefti_compiled *compiled = r->form.compiled;
    weft_status status = WEFT_OK;
    if (r->data->kind == WEFTI_KIND_DML)
        return bind_dml_and_send(r, shape);
    if (r->data->kind == WEFTI_KIND_CONSTANT)
        status = wefti_constant_values(shape, compiled, r->data->of.constant, r->error);
    if (status == WEFT_OK)
        status = wefti_shape_bind(shape, compiled, r->error);
    return status != WEFT_OK ? wefti_error_unsent(status, r->error) : send(r, shape->values, shape->value_count);
}

/* FOR UPDATE alone writes nothing that anybody could see. */
static bool writes_rows(const wefti_statement_data *data)
{
    return data->kind == WEFTI_KIND_QUERY      ? false
           : data->kind == WEFTI_KIND_SELECT   ? (data->of.select->effects & WEFTI_WRITES) != 0
           : data->kind == WEFTI_KIND_CONSTANT ? (data->of.constant->effects & WEFTI_WRITES) != 0
                                               : true;
}

static inline __attribute__((always_inline)) weft_status run_statement(run *r, const wefti_compiled **compiled)
{
    weft_connection *connection = r->connection;
    wefti_shape shape;
    *r->cursor = NULL;
    *compiled = NULL;
    weft_status status = enter(connection, r->deadline, r->error);
    if (status != WEFT_OK)
        return status;
    shape.user = connection->user;
    status = wefti_shape_init(&shape, connection->engine->schema, connection->engine->dialect, r->data, r->error);
    if (status == WEFT_OK)
        status = find_compiled(connection, r->data, &shape, &r->form, r->error);
    if (status == WEFT_OK && connection->options.read_only && r->form.compiled->statement.writes && writes_rows(r->data)) {
        let_go(connection, r->form.compiled, r->form.pin);
        status = read_only_error(r->error);
    }
    if (status != WEFT_OK) {
        wefti_shape_deinit(&shape);
        return wefti_error_unsent(status, r->error);
    }
    status = bind_and_send(r, &shape);
    wefti_shape_deinit(&shape);
    if (status != WEFT_OK || *r->cursor == NULL) {
        let_go(connection, r->form.compiled, r->form.pin);
        *r->cursor = NULL;
        return status;
    }
    (*r->cursor)->held = r->form.pin;
    *compiled = r->form.compiled;
    return WEFT_OK;
}

/* Whatever becomes of it, the transaction notes what went wrong. */
static __attribute__((noinline)) weft_status run_unheard(run *r, const wefti_compiled **compiled)
{
    weft_error local;
    r->error = clear_error(&local);
    return run_statement(r, compiled);
}

weft_status wefti_connection_run(weft_connection *connection, const wefti_statement_data *data, const weft_value *parameters,
                                 size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                                 const wefti_compiled **compiled, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    run r = {.connection = connection,
             .data = data,
             .parameters = parameters,
             .parameter_count = parameter_count,
             .stream = stream,
             .deadline = deadline,
             .cursor = cursor,
             .error = error};
    return __builtin_expect(error != NULL, 1) ? run_statement(&r, compiled) : run_unheard(&r, compiled);
}

WEFTI_HOT weft_status wefti_connection_run_into(weft_connection *connection, const wefti_statement_data *data, bool stream,
                                                wefti_deadline deadline, wefti_fill *fill, wefti_cursor **cursor,
                                                const wefti_compiled **compiled, weft_status *ended, weft_error *error)
{
    run r = {.connection = connection,
             .data = data,
             .stream = stream,
             .deadline = deadline,
             .fill = fill,
             .ended = ended,
             .cursor = cursor,
             .error = error};
    *ended = WEFT_OK;
    return __builtin_expect(error != NULL, 1) ? run_statement(&r, compiled) : run_unheard(&r, compiled);
}

static void free_text(held_text *text)
{
    wefti_arena_deinit(&text->arena);
    wefti_free(text);
}

void wefti_connection_finish(weft_connection *connection, wefti_cursor *cursor, const wefti_compiled *compiled)
{
    WEFTI_NOT_CANCELLED;
    if (cursor == NULL)
        return;
    void *held = cursor->held;
    uint64_t rows = cursor->row_count > 0 ? cursor->row_count : cursor->changed_rows;
    connection->rows += cursor->row_count;
    bool plan = false;
    if (__builtin_expect(cursor->trace != NULL, 0)) {
        plan = !connection->driver->holds_results && wefti_trace_kept_wants_plan(connection, cursor->trace);
        wefti_trace_finish(connection, cursor->trace, rows);
    }
    connection->driver->finish(cursor);
    if (__builtin_expect(connection->altered, 0) && !connection->begun)
        wefti_connection_outdate_tables(connection);
    if (plan)
        wefti_explain_without_values(connection, compiled != NULL ? &compiled->statement : &((held_text *)held)->statement);
    if (compiled != NULL) {
        let_go(connection, compiled, held);
    } else if (held != NULL) {
        free_text(held);
    }
}

/* ---- text ---- */

static weft_status check_text(weft_connection *connection, const char *sql, const wefti_text_class *class, weft_error *error)
{
    if (sql == NULL || class->empty)
        return wefti_error_unsent(wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text is empty"), error);
    if (class->transaction) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "a text statement begins, ends or names a transaction");
        wefti_error_hint(
            error, "use weft_connection_begin, weft_connection_commit, weft_connection_rollback or weft_connection_savepoint: "
                   "they keep the connection's state");
        return wefti_error_unsent(WEFT_ERROR_MISUSE, error);
    }
    return connection->options.read_only && class->writes ? read_only_error(error) : WEFT_OK;
}

static weft_status take_parameters(const weft_connection *connection, const weft_values *given, wefti_arena *arena,
                                   wefti_text_parameters *taken, weft_error *error)
{
    const weft_status status = wefti_text_parameters_take(given, arena, taken, error);
    if (status != WEFT_OK || connection->driver->parameter_limit == NULL)
        return status;
    const size_t most = connection->driver->parameter_limit(connection->dbc);
    return taken->count <= most
               ? WEFT_OK
               : wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters are given, at most %zu are allowed", taken->count, most);
}

static held_text *make_text(weft_connection *connection, const char *sql, const weft_values *given, wefti_text_parameters *taken,
                            bool reads, weft_status *status, weft_error *error)
{
    const char *translated = NULL;
    wefti_parameter_order order = {NULL, 0};
    held_text *text = wefti_calloc(1, sizeof *text);
    if (text == NULL) {
        *status = wefti_error_memory(error);
        return NULL;
    }
    wefti_arena_init(&text->arena, 0);
    bool backslashes = connection->driver->backslashes != NULL && connection->driver->backslashes(connection->dbc);
    *status = take_parameters(connection, given, &text->arena, taken, error);
    if (*status == WEFT_OK)
        *status =
            wefti_text_placeholders(connection->engine->dialect, sql, backslashes, taken, &text->arena, &translated, &order, error);
    /* The caller's text may be gone before the cursor. */
    if (*status == WEFT_OK && translated == sql && (translated = wefti_arena_strdup(&text->arena, sql)) == NULL)
        *status = wefti_error_memory(error);
    if (*status != WEFT_OK) {
        free_text(text);
        return NULL;
    }
    text->statement = (wefti_statement){.sql = translated,
                                        .sql_size = strlen(translated),
                                        .parameter_count = (uint16_t)taken->count,
                                        .parameter_order = order.parameters,
                                        .place_count = order.place_count,
                                        .returns_rows = true,
                                        .writes = !reads,
                                        .text = true};
    return text;
}

weft_status wefti_connection_text(weft_connection *connection, const char *sql, const weft_values *parameters, bool stream,
                                  wefti_deadline deadline, wefti_cursor **cursor, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_error local;
    if (error == NULL)
        error = clear_error(&local);
    *cursor = NULL;
    weft_status status = enter(connection, deadline, error);
    if (status != WEFT_OK)
        return status;
    wefti_text_class class = wefti_text_classify(connection->engine->dialect, sql != NULL ? sql : "");
    status = check_text(connection, sql, &class, error);
    if (status != WEFT_OK)
        return status;
    wefti_text_parameters taken;
    held_text *text = make_text(connection, sql, parameters, &taken, class.reads, &status, error);
    if (text == NULL)
        return wefti_error_unsent(status, error);
    const weft_value *values = taken.values;
    const size_t count = taken.count;
    connection->origin = WEFT_ORIGIN_TEXT;
    if (wefti_trace_tells_before(connection)) {
        const char *shown = wefti_trace_text(connection, text->statement.sql, &text->arena);
        status = wefti_trace_before(connection, shown, values, count, error);
        if (status != WEFT_OK) {
            free_text(text);
            return status;
        }
    }
    if (class.dirties)
        connection->dbc->dirty = true;
    if (class.defines)
        wefti_key_facts_outdate(connection->engine);
    connection->altered = connection->altered || class.alters;
    wefti_cursor *holder = NULL;
    int64_t start = wefti_trace_start(connection);
    if (!class.reads && connection->results != NULL)
        status = wefti_streams_keep(connection, &holder, error);
    if (status == WEFT_OK) {
        status = execute_commented(connection, &text->statement, values, count, stream, deadline, cursor, error);
    }
    wefti_streams_let_go(connection, &holder);
    connection->statements++;
    if (status != WEFT_OK) {
        const char *shown = wefti_trace_text(connection, text->statement.sql, &text->arena);
        wefti_trace_statement(connection, shown, values, count, 0, start, status, error);
        free_text(text);
        *cursor = NULL;
        return wefti_connection_failed(connection, status, error);
    }
    (*cursor)->held = text;
    (*cursor)->statement = &text->statement;
    if (start >= 0)
        note_start(connection, NULL, &text->statement, wefti_trace_text(connection, text->statement.sql, &text->arena), values,
                   count, stream, start, *cursor);
    return WEFT_OK;
}

weft_status wefti_connection_step_cells(weft_connection *connection, wefti_cursor *cursor, const uint16_t *places, wefti_fill *fill,
                                        bool *has_row, weft_error *error)
{
    weft_status status = wefti_connection_step(connection, cursor, has_row, error);
    if (status != WEFT_OK || !*has_row)
        return status;
    fill->field = fill->type->field_count;
    fill->row = wefti_arena_zalloc(fill->arena, fill->type->size);
    status = fill->row == NULL ? wefti_error_memory(error)
                               : wefti_decode_struct(fill->type, places, cursor->row, fill->row, fill->arena, &fill->field, error);
    fill->refused = status != WEFT_OK;
    return status;
}

weft_status wefti_connection_step_failed(weft_connection *connection, wefti_cursor *cursor, weft_status status, weft_error *error)
{
    bool from_database = error != NULL && (error->sqlstate[0] != '\0' || error->native_code != 0);
    if (status == WEFT_ERROR_DATA && error != NULL && !from_database)
        status = error->status = WEFT_ERROR_SCHEMA;
    status = wefti_connection_failed(connection, status, error);
    wefti_trace_failed(connection, cursor, status, error);
    return status;
}

weft_status wefti_connection_script(weft_connection *connection, const char *sql, weft_log_topic topic, wefti_deadline deadline,
                                    weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_error local;
    if (error == NULL)
        error = clear_error(&local);
    wefti_cursor *holder = NULL;
    weft_status status = connection->results != NULL ? wefti_streams_refuse(connection, error) : WEFT_OK;
    connection->origin = WEFT_ORIGIN_TEXT;
    if (status == WEFT_OK && topic != WEFT_LOG_TRANSACTION)
        status = wefti_trace_before(connection, sql, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    if (topic != WEFT_LOG_TRANSACTION && connection->results != NULL)
        status = wefti_streams_keep(connection, &holder, error);
    int64_t start = wefti_trace_start(connection);
    bool dirty = connection->dbc->dirty;
    if (status == WEFT_OK)
        status = connection->driver->execute_script(connection->dbc, sql, deadline, error);
    wefti_streams_let_go(connection, &holder);
    if (topic == WEFT_LOG_TRANSACTION && status == WEFT_OK)
        connection->dbc->dirty = dirty; /* a savepoint leaves nothing behind when its transaction has ended */
    if (topic != WEFT_LOG_TRANSACTION) {
        wefti_key_facts_outdate(connection->engine);
        wefti_engine_outdate_tables(connection->engine);
    }
    if (topic == WEFT_LOG_TRANSACTION)
        wefti_trace_transaction(connection, sql, start, status, error);
    else
        wefti_trace_statement(connection, sql, NULL, 0, 0, start, status, error);
    return status == WEFT_OK ? WEFT_OK : wefti_connection_failed(connection, status, error);
}

/* ---- many rows ---- */

static weft_status take_constants(const wefti_shape *shape, wefti_arena *arena, wefti_array **more, size_t *more_count,
                                  weft_error *error)
{
    *more_count = shape->value_count;
    *more = wefti_arena_alloc(arena, shape->value_count * sizeof **more);
    weft_value *values = wefti_arena_memdup(arena, shape->values, shape->value_count * sizeof *values);
    if (*more == NULL || values == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < shape->value_count; i++) /* the shape's memory goes */
        if (!values[i].is_null &&
            (values[i].type == WEFT_BYTES || values[i].type == WEFT_BITS || wefti_type_is_array(values[i].type))) {
            void *kept = wefti_arena_alloc(arena, wefti_value_room(&values[i]));
            if (kept == NULL)
                return wefti_error_memory(error);
            values[i] = wefti_value_copied(values[i], kept);
        }
    return wefti_constant_columns(values, shape->value_count, arena, *more, error);
}

/* The columns of the rows, and behind them those of the values that the statement holds. */
static weft_status add_constants(const wefti_array *columns, size_t count, const wefti_array *more, size_t more_count,
                                 wefti_arena *arena, const wefti_array **all, weft_error *error)
{
    wefti_array *joined = wefti_arena_alloc(arena, (count + more_count) * sizeof *joined);
    if (joined == NULL)
        return wefti_error_memory(error);
    if (count > 0)
        memcpy(joined, columns, count * sizeof *joined);
    memcpy(joined + count, more, more_count * sizeof *joined);
    *all = joined;
    return WEFT_OK;
}

/* Finds the compiled form of a row-wise statement. more, where not NULL, takes the values that it holds beside those of its rows,
 * as columns from the arena. */
static weft_status find_dml(weft_connection *connection, const wefti_dml *dml, kept_form *form, wefti_arena *arena,
                            wefti_array **more, size_t *more_count, weft_error *error)
{
    wefti_shape shape;
    wefti_statement_data data = {.kind = WEFTI_KIND_DML, .of.dml = dml};
    shape.user = connection->user;
    weft_status status = wefti_shape_init(&shape, connection->engine->schema, connection->engine->dialect, &data, error);
    if (status == WEFT_OK)
        status = find_compiled(connection, &data, &shape, form, error);
    if (status == WEFT_OK && more != NULL && shape.value_count > 0) {
        status = wefti_shape_bind(&shape, form->compiled, error);
        if (status == WEFT_OK)
            status = take_constants(&shape, arena, more, more_count, error);
        if (status != WEFT_OK)
            let_go(connection, form->compiled, form->pin);
    }
    wefti_shape_deinit(&shape);
    if (status == WEFT_OK && connection->options.read_only) {
        let_go(connection, form->compiled, form->pin);
        status = read_only_error(error);
    }
    return status == WEFT_OK ? WEFT_OK : wefti_error_unsent(status, error);
}

weft_status wefti_connection_run_many(weft_connection *connection, const wefti_dml *dml, const wefti_array *parameters,
                                      size_t count, wefti_row_callback on_row, void *context, wefti_deadline deadline,
                                      uint64_t *changed, uint32_t *changed_each, size_t *failed, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    kept_form form;
    uint64_t sum = 0;
    size_t failed_at = 0;
    weft_error local;
    if (error == NULL)
        error = clear_error(&local);
    weft_status status = enter(connection, deadline, error);
    if (status != WEFT_OK)
        return status;
    wefti_arena arena;
    wefti_array *more = NULL;
    size_t more_count = 0;
    wefti_arena_init(&arena, 0);
    status = find_dml(connection, dml, &form, &arena, wefti_conflict_updates(dml->conflict) ? &more : NULL, &more_count, error);
    if (status != WEFT_OK) {
        wefti_arena_deinit(&arena);
        return status;
    }
    const wefti_statement *statement = &form.compiled->statement;
    const wefti_array *bound = parameters;
    size_t array_count = statement->parameter_count / (statement->row_count > 1 ? statement->row_count : 1) - more_count;
    status = bind_columns(form.compiled, parameters, array_count, count, &arena, &bound, error);
    if (status == WEFT_OK && more_count > 0)
        status = add_constants(bound, array_count, more, more_count, &arena, &bound, error);
    wefti_cursor *holder = NULL;
    if (status == WEFT_OK)
        status = wefti_trace_before(connection, statement->sql, NULL, statement->parameter_count, error);
    if (status == WEFT_OK && connection->results != NULL)
        status = wefti_streams_keep(connection, &holder, error);
    if (status == WEFT_OK) {
        int64_t start = wefti_trace_start(connection);
        wefti_commented commented;
        status = connection->driver->execute_many(connection->dbc, wefti_comment_add(connection, statement, &commented), bound,
                                                  count, on_row, context, deadline, &sum, changed_each, &failed_at, error);
        wefti_comment_end(&commented);
        wefti_streams_let_go(connection, &holder);
        connection->statements++;
        wefti_figures_add(form.compiled, start, sum, status);
        wefti_trace_statement(connection, statement->sql, NULL, statement->parameter_count, sum, start, status, error);
        if (status != WEFT_OK)
            (void)wefti_connection_failed(connection, status, error);
    } else {
        (void)wefti_error_unsent(status, error);
    }
    wefti_arena_deinit(&arena);
    let_go(connection, form.compiled, form.pin);
    if (changed != NULL)
        *changed = sum;
    if (failed != NULL)
        *failed = failed_at;
    return status;
}

weft_status wefti_connection_copy(weft_connection *connection, const wefti_dml *dml, const char *check, const wefti_array *columns,
                                  size_t count, wefti_deadline deadline, uint64_t *copied, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    kept_form form;
    weft_error local;
    *copied = 0;
    if (error == NULL)
        error = clear_error(&local);
    if (connection->engine != NULL && connection->driver->copy_in == NULL)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "the database has no COPY");
    weft_status status = enter(connection, deadline, error);
    if (status == WEFT_OK)
        status = find_dml(connection, dml, &form, NULL, NULL, NULL, error);
    if (status != WEFT_OK)
        return status;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const wefti_statement *statement = &form.compiled->statement;
    wefti_array *bound = wefti_arena_memdup(&arena, columns, (dml->column_count > 0u ? dml->column_count : 1u) * sizeof *columns);
    const char *sql = check == NULL ? statement->sql : wefti_arena_printf(&arena, "%s; %s", statement->sql, check);
    status = bound != NULL && sql != NULL ? WEFT_OK : wefti_error_memory(error);
    for (uint16_t i = 0; i < dml->column_count && status == WEFT_OK; i++) {
        bound[i].count = count;
        status = wefti_bind_array(&dml->table->columns[dml->columns[i]], &bound[i], &arena, error);
    }
    if (status == WEFT_OK)
        status = wefti_trace_before(connection, statement->sql, NULL, 0, error);
    if (status == WEFT_OK) {
        int64_t start = wefti_trace_start(connection);
        status = connection->driver->copy_in(connection->dbc, sql, bound, dml->column_count, count, deadline, copied, error);
        connection->statements++;
        wefti_figures_add(form.compiled, start, *copied, status);
        wefti_trace_statement(connection, statement->sql, NULL, 0, *copied, start, status, error);
        if (status != WEFT_OK)
            (void)wefti_connection_failed(connection, status, error);
    } else {
        (void)wefti_error_unsent(status, error);
    }
    wefti_arena_deinit(&arena);
    let_go(connection, form.compiled, form.pin);
    return status;
}

/* ---- keys ---- */

static weft_status read_keys(weft_connection *connection, wefti_cursor *cursor, size_t count, int64_t *keys, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    size_t have = 0;
    for (;;) {
        bool has_row = false;
        weft_status status = wefti_connection_step(connection, cursor, &has_row, error);
        if (status != WEFT_OK)
            return status;
        if (!has_row)
            break;
        if (have == count || !wefti_cell_int64(&cursor->row[0], &keys[have]))
            return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "the sequence gave something else than %zu numbers", count);
        have++;
    }
    return have == count ? WEFT_OK
                         : wefti_error_set(error, WEFT_ERROR_PROTOCOL, "the sequence gave %zu numbers instead of %zu", have, count);
}

weft_status wefti_connection_reserve_keys(weft_connection *connection, int64_t sequence, size_t count, int64_t *keys,
                                          wefti_deadline deadline, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    weft_error local;
    if (error == NULL)
        error = clear_error(&local);
    weft_status status = enter(connection, deadline, error);
    if (status != WEFT_OK)
        return status;
    const wefti_statement *statement = &connection->engine->reserve_keys;
    if (statement->sql == NULL)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "this database has no sequences to take keys from");
    const weft_value wanted[] = {weft_value_int64((int64_t)count), weft_value_int64(sequence)};
    connection->origin = WEFT_ORIGIN_TEXT;
    status = wefti_trace_before(connection, statement->sql, wanted, 2, error);
    if (status != WEFT_OK)
        return status;
    int64_t start = wefti_trace_start(connection);
    status = connection->driver->execute(connection->dbc, statement, wanted, 2, false, deadline, &cursor, error);
    connection->statements++;
    if (status == WEFT_OK) {
        status = read_keys(connection, cursor, count, keys, error);
        connection->driver->finish(cursor);
    }
    wefti_trace_statement(connection, statement->sql, wanted, 2, status == WEFT_OK ? count : 0, start, status, error);
    return status == WEFT_OK ? WEFT_OK : wefti_connection_failed(connection, status, error);
}
