/* The engine as the layers above see it: an open database, and connections borrowed from its pool.
 *
 * An engine is shared by all threads; after open only its pool and its statement cache change, each safe by itself. A connection
 * belongs to one thread at a time. A session embeds one and fills it with wefti_connection_acquire for a statement or for a
 * transaction; weft_engine_connect gives the same on the heap.
 *
 * A statement runs in three steps: wefti_connection_run finds its compiled form by shape (compiling it on a miss), pins it for as
 * long as the cursor is open, and sends it; wefti_connection_step gives rows; wefti_connection_finish ends it, always, and writes
 * the log record. When the database connection has the statement prepared already, none of this writes anything shared. */
#ifndef WEFTI_ENGINE_ENGINE_H
#define WEFTI_ENGINE_ENGINE_H

#include "base/clock.h"
#include "base/log.h"
#include "base/shapecache.h"
#include "driver/driver.h"
#include "engine/decode.h"
#include "pool/pool.h"
#include "sql/places.h"
#include "sql/statement.h"

#include <weft/connection.h>

struct weft_engine {
    wefti_shape_cache cache;      /* safe by itself; first: it wants 64-byte alignment */
    wefti_schema *schema;         /* const after open */
    const wefti_places *places;   /* const after open; how schemas are called; NULL: as models call them */
    struct wefti_shared *shared;  /* const after open; of engines that translate schemas: has the schema; NULL: no others */
    wefti_arena places_arena;     /* of places */
    const wefti_dialect *dialect; /* const after open */
    const wefti_capabilities *capabilities; /* const after open */
    const wefti_driver *driver;             /* const after open */
    wefti_target target;                    /* const after open */
    wefti_pool *pool;                       /* safe by itself */
    wefti_atomic_u32 definitions;           /* atomic: changes of what tables are that went through this engine: see facts.c */
    wefti_atomic_ptr tables;                /* atomic: those without a struct that were asked for: see table.c */
    wefti_atomic_u32 alterations;           /* atomic: changes after which they are read again */
    wefti_atomic_u32 detached;              /* atomic: connections taken out of the pool that are still open */
    wefti_log log;                          /* const after open */
    bool log_values;                        /* const after open */
    int64_t slow_ns;                        /* const after open; statements that took as long are logged; INT64_MAX: none */
    weft_guard guard;                       /* const after open */
    const weft_events *events;              /* const after open; NULL: nobody is told */
    void *events_context;                   /* const after open */
    bool explain;                           /* const after open; plans of slow statements are logged */
    bool comments;                          /* const after open; statements say where they come from */
    bool told;                              /* const after open; there is an event before statements */
    bool figures;                           /* const after open; of statements, beside their compiled forms */
    bool timed;                             /* const after open; somebody wants the times of statements that go well */
    uint32_t connect_timeout_ms;            /* const after open; of the pool's options, 0: its default */
    uint32_t timeout_ms;                    /* const after open; of statements, 0: none */
    uint32_t commit_timeout_ms;             /* const after open; 0: none */
    bool cache_made;                        /* const after open */
    uint64_t fork_generation;               /* const after open: another one means a child process */
    wefti_statement reserve_keys;           /* const after open; sql NULL where keys come from no sequences */
};

#define WEFTI_TRACE_BYTES 56 /* a traceparent with its NUL */

/* A session that works within the transaction of a connection of the program's; the session's memory. */
typedef struct wefti_bond {
    weft_connection *outer; /* NULL: it was closed, or there is none */
    struct wefti_bond *next, *previous;
} wefti_bond;

struct weft_connection {
    /* All fields are the owner thread's. */
    weft_engine *engine; /* NULL: not acquired */
    const wefti_driver *driver;
    wefti_dbc *dbc; /* NULL: given up after a loss; the next statement takes another */
    weft_connection_options options;
    struct weft_session *session; /* whose transaction it is: begin, commit and so on are refused; set by orm, or NULL */
    void *user;                   /* the session's, for log records */
    const char *trace;            /* of the request, for comments; the session's, own_trace, or NULL */
    char own_trace[WEFTI_TRACE_BYTES];
    bool in_transaction;                     /* a transaction is open as the caller sees it */
    bool begun;                              /* BEGIN was sent or is held back by the driver */
    bool failed;                             /* failure says why only a rollback is possible */
    bool lost;                               /* dbc is broken or still at a statement that was given up */
    bool borrowed;                           /* in a session, not from weft_engine_connect */
    bool detached;                           /* dbc is not the pool's any more */
    bool event;                              /* lent to an event: its dbc is another's, and never exchanged */
    bool altered;                            /* what tables are was changed, and is not committed yet */
    bool settings;                           /* with outer: what SET LOCAL changed is put back at commit */
    uint16_t savepoints;                     /* open ones, named weft_1 to weft_n; with outer, from base + 1 on */
    uint16_t base;                           /* with outer: the savepoint there that stands for BEGIN */
    weft_connection *outer;                  /* whose transaction, and dbc, this one works within; NULL: it has its own */
    weft_connection *inner;                  /* what works within this one's just now, or NULL */
    wefti_bond *bonds;                       /* of sessions that do so */
    uint64_t statements, transactions, rows; /* since acquire */
    const char *file;                        /* of the checkout; static */
    int line;
    uint8_t origin;       /* weft_log_origin of the statement that runs, or ran last */
    weft_result *results; /* open ones */
    weft_error
        failure; /* what the transaction failed by; else of its last statement that did, with status OK where there is none */
};

/* WEFT_ERROR_FORKED in a child process, else WEFT_OK. */
weft_status wefti_engine_check(const weft_engine *engine, weft_error *error);
/* comment.c: a W3C traceparent into room, "" for NULL. MISUSE, and room as it was, for a text that is none. */
weft_status wefti_trace_take(char room[WEFTI_TRACE_BYTES], const char *traceparent, weft_error *error);
/* What a session or connection asked for, or the engine's: milliseconds, 0: none. */
uint32_t wefti_engine_timeout(const weft_engine *engine, uint32_t wanted_ms);
/* MISUSE where the engine is NULL. */
weft_status wefti_engine_given(const weft_engine *engine, weft_error *error);

/* ---- life and transaction ---- */

/* The connection's transaction is that of a session of this thread, which no other one can end; 0: of nobody in particular. */
void wefti_connection_belongs_to(weft_connection *connection, uint64_t thread);
/* Checks a database connection out into the caller's memory, which need not be initialised. By the deadline or the pool's
 * timeout. options are zero; the caller may set them and session afterwards. On an error connection->engine is NULL and release
 * does nothing. */
weft_status wefti_connection_acquire(weft_engine *engine, weft_connection *connection, wefti_deadline deadline, const char *file,
                                     int line, weft_error *error);
/* within.c: the same for a session that is bound to a connection: it gets that one's dbc, begins its transaction where none is
 * open, and has savepoints for transactions. MISUSE where another one works within it, WEFT_ERROR_CLOSED where it was closed. */
weft_status wefti_connection_acquire_within(wefti_bond *bond, weft_connection *connection, wefti_deadline deadline,
                                            const char *file, int line, weft_error *error);
void wefti_bond_make(wefti_bond *bond, weft_connection *outer);
void wefti_bond_break(wefti_bond *bond); /* does nothing where there is none */
/* Closes open results, rolls back what is open, and gives the connection back (closes it when broken). Then engine is NULL. */
void wefti_connection_release(weft_connection *connection);

/* Each is a round trip at most; BEGIN may travel with the next statement. MISUSE where a transaction is open (begin) or none is.
 * After a failed statement whose transaction cannot go on, all but rollback (and, where the connection still stands,
 * savepoint_rollback) answer that failure. After a failed commit a rollback is needed, too, unless the status is
 * WEFT_ERROR_ROLLED_BACK. */
weft_status wefti_connection_begin(weft_connection *connection, const wefti_begin *begin, wefti_deadline deadline,
                                   weft_error *error);
weft_status wefti_connection_commit(weft_connection *connection, wefti_deadline deadline, weft_error *error);
/* Of commands that end transactions, where a program says no time for them: nobody wants to wait for a server that has hung. */
wefti_deadline wefti_connection_bounded(const weft_connection *connection, wefti_deadline deadline);
/* twophase.c: whether such a name may be prepared on this database. UNSUPPORTED, MISUSE. */
weft_status wefti_prepare_allowed(const weft_engine *engine, const char *call, const char *name, weft_error *error);
/* The first phase of a commit in two, of a transaction that is begun for it where none is open: else as commit. */
weft_status wefti_connection_prepare(weft_connection *connection, const char *name, wefti_deadline deadline, weft_error *error);
weft_status wefti_connection_rollback(weft_connection *connection, wefti_deadline deadline, weft_error *error);
weft_status wefti_connection_savepoint(weft_connection *connection, wefti_deadline deadline, weft_error *error);
/* One of weft's own, around statements: not counted against the limit of what a program may open. */
weft_status wefti_connection_savepoint_within(weft_connection *connection, wefti_deadline deadline, weft_error *error);
weft_status wefti_connection_savepoint_release(weft_connection *connection, wefti_deadline deadline, weft_error *error);
weft_status wefti_connection_savepoint_rollback(weft_connection *connection, wefti_deadline deadline, weft_error *error);
/* The same, also where the statement before was given up at its deadline: what is left of it is ended first, until late. */
weft_status wefti_connection_savepoint_recover(weft_connection *connection, wefti_deadline late, wefti_deadline deadline,
                                               weft_error *error);

/* ---- statements ---- */

/* Runs a statement from data. SELECT and WHERE_DML take their parameters from the shape, DML from parameters (one per parameter
 * of the compiled statement, arrays as type | WEFTI_ARRAY with as.s.data pointing to a wefti_array; enums may be given as the
 * field has them). Values are borrowed until finish. Begins no transaction. On WEFT_OK *cursor and *compiled are valid until
 * wefti_connection_finish(connection, *cursor, *compiled); on an error both are NULL. */
weft_status wefti_connection_run(weft_connection *connection, const wefti_statement_data *data, const weft_value *parameters,
                                 size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                                 const wefti_compiled **compiled, weft_error *error);
/* The same of rows that go into structs, which may be read in the same call: then fill->rows are those that were read, *cursor is
 * NULL where they are all, and *ended says how the rest went where it is not. fill->type is not compared with the columns. Whoever
 * calls it has put cancellation off. */
weft_status wefti_connection_run_into(weft_connection *connection, const wefti_statement_data *data, bool stream,
                                      wefti_deadline deadline, wefti_fill *fill, wefti_cursor **cursor,
                                      const wefti_compiled **compiled, weft_status *ended, weft_error *error);
/* One-off text SQL with $1, $2, …; end it with wefti_connection_finish(connection, *cursor, NULL). Values are copied where the
 * cursor needs them longer. Text that begins, ends or names a transaction is MISUSE. */
weft_status wefti_connection_text(weft_connection *connection, const char *sql, const weft_values *parameters, bool stream,
                                  wefti_deadline deadline, wefti_cursor **cursor, weft_error *error);
/* Whether a text only reads, as far as its words say. */
bool wefti_text_reads(const weft_connection *connection, const char *sql);
/* Whether rows that the text returns are in their table afterwards, as those of UPDATE … RETURNING are. */
bool wefti_text_leaves(const weft_connection *connection, const char *sql);
/* What fills a materialized view anew, from the arena; NULL: nothing is to be done. MISUSE for any other table. */
weft_status wefti_refresh_view_sql(const weft_engine *engine, const wefti_table *table, bool concurrently, wefti_arena *arena,
                                   const char **sql, weft_error *error);
/* The SELECT of a sequence's next value, from the arena. MISUSE, UNSUPPORTED. */
weft_status wefti_next_value_sql(const weft_engine *engine, const wefti_table *table, const char *sequence, wefti_arena *arena,
                                 const char **sql, weft_error *error);
/* places.c: *places gets the column of each field, by their names, from the arena. MISUSE where the names do not match. */
weft_status wefti_cursor_places(wefti_cursor *cursor, const weft_row_type *type, wefti_arena *arena, const uint16_t **places,
                                weft_error *error);
/* The same for a table: places gets column_count of them, WEFTI_NO_PLACE where the result lacks the column; it may have others.
 * MISUSE for a name that two columns have, and for one that every object needs and no column has. */
weft_status wefti_cursor_columns(wefti_cursor *cursor, const wefti_table *table, uint16_t *places, weft_error *error);
/* Ends a statement, also in the middle of its rows. cursor may be NULL. */
void wefti_connection_finish(weft_connection *connection, wefti_cursor *cursor, const wefti_compiled *compiled);

/* Runs a row-wise DML statement for count rows: value p of row i is field i of parameters[p]. The statement takes one row, or
 * row_count of them on databases without array_parameters_typed: count is a multiple then. See wefti_driver.execute_many. */
weft_status wefti_connection_run_many(weft_connection *connection, const wefti_dml *dml, const wefti_array *parameters,
                                      size_t count, wefti_row_callback on_row, void *context, wefti_deadline deadline,
                                      uint64_t *changed, uint32_t *changed_each, size_t *failed, weft_error *error);
/* COPY of count rows; columns: one array per column of the statement. UNSUPPORTED on databases without it. check: a SELECT of one
 * bool, run under COPY's locks in the same round trip; where it is not true, COPY is refused and must be rolled back. May be NULL.
 * */
weft_status wefti_connection_copy(weft_connection *connection, const wefti_dml *dml, const char *check, const wefti_array *columns,
                                  size_t count, wefti_deadline deadline, uint64_t *copied, weft_error *error);
/* Takes the next count values of a sequence in one statement. UNSUPPORTED where capabilities->sequences is false. */
weft_status wefti_connection_reserve_keys(weft_connection *connection, int64_t sequence, size_t count, int64_t *keys,
                                          wefti_deadline deadline, weft_error *error);

/* What a row is refused as, of the status that one of its fields gave. DATA is of decoders of the program's types; by all else the
 * struct and the row differ, and the input is not to blame. */
static inline weft_status wefti_refused_as(weft_status status)
{
    return status == WEFT_ERROR_NO_MEMORY || status == WEFT_ERROR_DATA ? status : WEFT_ERROR_SCHEMA;
}

/* Notes an error of a running statement: whether the transaction can go on. Returns status. */
weft_status wefti_connection_failed(weft_connection *connection, weft_status status, weft_error *error);
/* The same of a row: what was stored and cannot be read is no fault of the input, but of schema or model. */
weft_status wefti_connection_step_failed(weft_connection *connection, wefti_cursor *cursor, weft_status status, weft_error *error);

static inline weft_status wefti_connection_step(weft_connection *connection, wefti_cursor *cursor, bool *has_row, weft_error *error)
{
    weft_status status = connection->driver->step(cursor, has_row, error);
    return __builtin_expect(status == WEFT_OK, 1) ? WEFT_OK : wefti_connection_step_failed(connection, cursor, status, error);
}

/* The same into a struct. places: the column of each field; NULL: they stand in its order, which alone the driver can do. Where
 * fill->refused is set, the statement has not failed. */
weft_status wefti_connection_step_cells(weft_connection *connection, wefti_cursor *cursor, const uint16_t *places, wefti_fill *fill,
                                        bool *has_row, weft_error *error);
static inline weft_status wefti_connection_step_into(weft_connection *connection, wefti_cursor *cursor, const uint16_t *places,
                                                     wefti_fill *fill, bool *has_row, weft_error *error)
{
    if (places != NULL || connection->driver->step_into == NULL)
        return wefti_connection_step_cells(connection, cursor, places, fill, has_row, error);
    weft_status status = connection->driver->step_into(cursor, fill, has_row, error);
    return __builtin_expect(status == WEFT_OK || fill->refused, 1)
               ? status
               : wefti_connection_step_failed(connection, cursor, status, error);
}

#endif
