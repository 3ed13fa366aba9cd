/* What the files of engine share and nobody else sees. */
#ifndef WEFTI_ENGINE_ENGINE_PRIVATE_H
#define WEFTI_ENGINE_ENGINE_PRIVATE_H

#include "base/text.h"
#include "base/thread.h"
#include "engine/engine.h"

/* ---- connection.c ---- */

/* Before anything is asked of a connection: not closed, not in a child process, not failed. */
weft_status wefti_connection_not_usable(const weft_connection *connection, weft_error *error); /* says why, if it is so */
static inline weft_status wefti_connection_usable(const weft_connection *connection, weft_error *error)
{
    const bool usable = connection != NULL && connection->engine != NULL && !connection->failed &&
                        connection->engine->fork_generation == wefti_fork_generation();
    return __builtin_expect(usable, 1) ? WEFT_OK : wefti_connection_not_usable(connection, error);
}
/* Has a database connection, taking a new one where the last was lost outside a transaction. */
weft_status wefti_connection_another(weft_connection *connection, wefti_deadline deadline, weft_error *error);
static inline weft_status wefti_connection_ready(weft_connection *connection, wefti_deadline deadline, weft_error *error)
{
    const bool ready = connection->dbc != NULL && !connection->lost;
    return __builtin_expect(ready, 1) ? WEFT_OK : wefti_connection_another(connection, deadline, error);
}
/* The deadline of one statement by the connection's options. */
static inline wefti_deadline wefti_connection_deadline(const weft_connection *connection)
{
    return connection->options.timeout_ms == 0 ? WEFTI_NO_DEADLINE : wefti_deadline_after_ms(connection->options.timeout_ms);
}
/* Before a statement of the public API: begins the transaction that the first statement begins by itself. A read at the default
 * isolation only notes it. */
weft_status wefti_connection_autobegin_now(weft_connection *connection, wefti_deadline deadline, weft_error *error);
static inline weft_status wefti_connection_autobegin(weft_connection *connection, bool read, wefti_deadline deadline,
                                                     weft_error *error)
{
    if (connection->begun || connection->session != NULL || (connection->options.autocommit && !connection->in_transaction))
        return WEFT_OK;
    if (read && connection->options.isolation == WEFT_ISOLATION_DEFAULT && !connection->options.read_only) {
        connection->in_transaction = true;
        return WEFT_OK;
    }
    return wefti_connection_autobegin_now(connection, deadline, error);
}
wefti_begin wefti_connection_begin_options(const weft_connection *connection);
/* MISUSE where the transaction is a session's. */
weft_status wefti_connection_own_transaction(const weft_connection *connection, const char *call, weft_error *error);

/* A connection for the calls of an event, in the caller's memory: on the same dbc, which stays the owner's. */
void wefti_connection_lend(weft_connection *lent, const weft_connection *owner, weft_engine *engine, uint32_t timeout_ms);
/* Ends what an event left open. False: dbc is lost. */
bool wefti_connection_lent_back(weft_connection *lent);

/* ---- comment.c ---- */

/* A statement with a comment at its end, for one run. */
typedef struct wefti_commented {
    wefti_statement statement;
    wefti_text text;
    bool used;
} wefti_commented;

/* The statement, or its copy in room with a comment, where there is something to say and memory for it. */
const wefti_statement *wefti_comment_add_to(const weft_connection *connection, const wefti_statement *statement,
                                            wefti_commented *room);
static inline const wefti_statement *wefti_comment_add(const weft_connection *connection, const wefti_statement *statement,
                                                       wefti_commented *room)
{
    room->used = false;
    return __builtin_expect(connection->engine->comments, 0) ? wefti_comment_add_to(connection, statement, room) : statement;
}
static inline void wefti_comment_end(wefti_commented *room)
{
    if (__builtin_expect(room->used, 0))
        wefti_text_deinit(&room->text);
}

/* ---- explain.c ---- */

/* Logs the plan of a statement that was slow and has gone well. */
void wefti_explain_slow(weft_connection *connection, const wefti_statement *statement, const weft_value *parameters, size_t count);
void wefti_explain_without_values(weft_connection *connection, const wefti_statement *statement);

/* connection.c: ends on the server what was given up at its deadline, so that its transaction can go back to a savepoint; waits
 * until the deadline, five seconds at most. False: the connection is no good any more, or nothing was given up. */
bool wefti_connection_recovers(weft_connection *connection, wefti_deadline deadline);

/* ---- within.c: transactions within others, for connections with an outer one ---- */

weft_status wefti_within_begin(weft_connection *connection, const wefti_begin *begin, wefti_deadline deadline, weft_error *error);
weft_status wefti_within_commit(weft_connection *connection, wefti_deadline deadline, weft_error *error);
void wefti_within_roll_back(weft_connection *connection, wefti_deadline deadline);
/* Gives the dbc back to the outer one; what happened to it there is told. */
void wefti_within_leave(weft_connection *connection);
/* MISUSE where another's transaction is open within this one's. */
weft_status wefti_within_free(const weft_connection *connection, const char *call, weft_error *error);
/* This one's transaction ends, and with it the one within. */
void wefti_within_cut(weft_connection *outer);
/* It is closed: the sessions that are bound to it are told. */
void wefti_within_close(weft_connection *outer);
/* connection.c: runs a command of savepoints. */
weft_status wefti_connection_run_savepoint(weft_connection *connection, const char *sql, wefti_deadline deadline,
                                           weft_error *error);

/* ---- events.c; only where engine->events is not NULL ---- */

/* Of a connection that was just checked out. *discard: it is to be closed, where the status is not WEFT_OK; *again: another may be
 * tried. */
weft_status wefti_events_taken(weft_connection *connection, weft_engine *engine, wefti_deadline deadline, bool *discard,
                               bool *again, weft_error *error);
/* The error of an event, which may have said nothing of it: status. */
weft_status wefti_event_failed(weft_status status, const char *event, weft_error *its, weft_error *error);
/* Of one that is to be checked in, whole and idle. True: it is to be closed. */
bool wefti_events_returned(weft_connection *connection);

/* ---- text.c ---- */

typedef struct wefti_text_class {
    bool empty;       /* white space and comments */
    bool reads;       /* writes nothing, but for what functions do */
    bool writes;      /* certainly writes */
    bool transaction; /* BEGIN, COMMIT and the like */
    bool dirties;     /* may leave something behind in the database session */
    bool defines;     /* may change what tables are, or which ones names mean */
    bool alters;      /* may change what tables are */
} wefti_text_class;

/* What a text statement is to this database, by its first words. */
wefti_text_class wefti_text_classify(const wefti_dialect *dialect, const char *sql);

/* ---- bind.c ---- */

/* True where values for the column must be looked at before they are sent. */
static inline bool wefti_column_needs_bind(const wefti_column *column)
{
    return column != NULL && (wefti_column_is_turned(column) || column->field->own || column->length > 0 || column->precision > 0);
}
/* Makes a value fit its column: an enum's number becomes its name, the length of a text and the digits of a decimal are checked.
 * What must be made is taken from the arena; NULL where nothing can be, as of keys. */
weft_status wefti_bind_value(const wefti_column *column, weft_value *value, wefti_arena *arena, weft_error *error);
/* The same for a list; what must be made is taken from the arena. */
weft_status wefti_bind_array(const wefti_column *column, wefti_array *array, wefti_arena *arena, weft_error *error);

/* ---- constants.c ---- */

/* Columns of a batch that have the same value in every row; the values must outlive them. UNSUPPORTED for lists. */
weft_status wefti_constant_columns(const weft_value *values, size_t count, wefti_arena *arena, wefti_array *columns,
                                   weft_error *error);

/* ---- trace.c: log records of statements ---- */

/* Tells who listens that a statement will be sent. WEFT_OK, or it must not be: the error is set, with .nothing_sent. */
weft_status wefti_trace_tell_before(const weft_connection *connection, const char *sql, const weft_value *parameters,
                                    size_t parameter_count, weft_error *error);
static inline bool wefti_trace_tells_before(const weft_connection *connection)
{
    return __builtin_expect(connection->engine->told, 0);
}
static inline weft_status wefti_trace_before(const weft_connection *connection, const char *sql, const weft_value *parameters,
                                             size_t parameter_count, weft_error *error)
{
    return wefti_trace_tells_before(connection) ? wefti_trace_tell_before(connection, sql, parameters, parameter_count, error)
                                                : WEFT_OK;
}
/* Time of the start of a statement, or -1 where nobody wants to know. */
static inline int64_t wefti_trace_start(const weft_connection *connection)
{
    return __builtin_expect(connection->engine->timed, 0) ? wefti_now_ns() : -1;
}
/* What of text SQL is logged: its strings are masked where values are not shown. From arena, or sql itself. */
const char *wefti_trace_text(const weft_connection *connection, const char *sql, wefti_arena *arena);
void wefti_trace_statement(weft_connection *connection, const char *sql, const weft_value *parameters, size_t parameter_count,
                           uint64_t row_count, int64_t start_ns, weft_status status, const weft_error *error);
void wefti_trace_transaction(weft_connection *connection, const char *sql, int64_t start_ns, weft_status status,
                             const weft_error *error);
/* Keeps what the record of an open cursor needs; NULL where nobody listens. compiled: whose figures are kept, or NULL. */
void *wefti_trace_keep(weft_connection *connection, const wefti_compiled *compiled, const char *sql, const weft_value *parameters,
                       size_t parameter_count, int64_t start_ns);
/* The statement of an open cursor has failed: its record says so, now or at finish. */
void wefti_trace_failed(weft_connection *connection, wefti_cursor *cursor, weft_status status, const weft_error *error);
/* A run of a statement that began then has ended now. */
void wefti_figures_add(const wefti_compiled *compiled, int64_t start_ns, uint64_t row_count, weft_status status);
void wefti_trace_finish(weft_connection *connection, void *trace, uint64_t row_count);
/* Whether a statement that began then has taken so long that its plan is wanted. */
bool wefti_trace_wants_plan(const weft_connection *connection, int64_t start_ns);
bool wefti_trace_kept_wants_plan(const weft_connection *connection, const void *trace);
void wefti_trace_plan(const weft_connection *connection, const char *sql, const char *plan);

/* ---- create.c ---- */

/* Adds a statement to the wefti_text that is the context: a wefti_ddl_callback. */
weft_status wefti_script_append(void *script, const char *sql, weft_error *error);

/* ---- databases.c ---- */

/* Who opens a URL, and the SQL that is spoken there. WEFT_ERROR_URL. */
weft_status wefti_database_of(const char *url, const wefti_driver **driver, const wefti_dialect **dialect, weft_error *error);
/* By a scheme of the database's URLs; NULL, with MISUSE, where there is none. */
const wefti_dialect *wefti_engine_dialect(const char *database, weft_error *error);

/* ---- statement.c ---- */

/* Runs text that is weft's own (savepoints, DDL), logged under topic STATEMENT or TRANSACTION. */
weft_status wefti_connection_script(weft_connection *connection, const char *sql, weft_log_topic topic, wefti_deadline deadline,
                                    weft_error *error);

/* ---- result.c ---- */

typedef enum wefti_results_which {
    WEFTI_RESULTS_STREAMS, /* those that hold the connection up */
    WEFTI_RESULTS_OPEN,    /* all with a cursor */
    WEFTI_RESULTS_ALL
} wefti_results_which;

/* Ends results of a connection; later calls on them answer why, a static text. */
void wefti_results_end(weft_connection *connection, wefti_results_which which, const char *why);

/* ---- streams.c ---- */

/* MISUSE, with nothing sent, where a stream is open and the connection can do nothing beside it. */
weft_status wefti_streams_refuse(weft_connection *connection, weft_error *error);
/* The same whether it could or not. */
weft_status wefti_streams_refuse_any(const weft_connection *connection, weft_error *error);
/* Before a statement that writes: open streams keep the rows that they would have given. *holder is to be let go after it. */
weft_status wefti_streams_keep(weft_connection *connection, wefti_cursor **holder, weft_error *error);
static inline void wefti_streams_let_go(weft_connection *connection, wefti_cursor **holder)
{
    if (*holder != NULL)
        connection->driver->finish(*holder);
    *holder = NULL;
}

/* ---- execute.c ---- */

/* The table of a model; MISUSE for NULL, MODEL where the engine does not know it. */
weft_status wefti_connection_table(const weft_connection *connection, const weft_model *model, const wefti_table **table,
                                   weft_error *error);

#endif
