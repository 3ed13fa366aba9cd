/* The driver interface: what pool and engine know of a database. Three implementations: sqlite/, postgres/, and user/, which
 * calls the tables of functions that programs register (weft/driver.h).
 *
 * A wefti_dbc is one connection. It belongs to one thread at a time; handing it over is the pool's business. No call blocks past
 * its deadline, except open and close, which may block in name resolution and login and are therefore called on the pool's helper
 * threads when a caller must not wait for them, as ping and recover are. Nothing here knows SQL dialects, tables or the ORM. */
#ifndef WEFTI_DRIVER_DRIVER_H
#define WEFTI_DRIVER_DRIVER_H

#include "base/atomic.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/split.h"
#include "base/thread.h"
#include "type/type.h"

#include <weft/engine.h>
#include <weft/status.h>
#include <weft/value.h>

typedef struct wefti_driver wefti_driver;
struct wefti_prepared_entry; /* see driver/prepared.h */

typedef enum wefti_tx_state {
    WEFTI_TX_IDLE,
    WEFTI_TX_ACTIVE, /* a statement is running or was given up: recover or discard */
    WEFTI_TX_OPEN,   /* in a transaction (also one whose BEGIN is still to be sent) */
    WEFTI_TX_FAILED, /* in a transaction that can only roll back */
    WEFTI_TX_BROKEN  /* connection lost or of unknown state: discard */
} wefti_tx_state;

/* What all drivers say of a text that holds more than one statement. */
#define WEFTI_SEVERAL_STATEMENTS "one statement is run at a time: there is text after the first"

typedef enum wefti_isolation { /* the values of weft_isolation */
                               WEFTI_ISOLATION_DEFAULT,
                               WEFTI_ISOLATION_READ_COMMITTED,
                               WEFTI_ISOLATION_REPEATABLE_READ,
                               WEFTI_ISOLATION_SERIALIZABLE
} wefti_isolation;

typedef struct wefti_begin {
    wefti_isolation isolation;
    bool read_only;
    bool deferrable;
    bool for_write; /* SQLite: BEGIN IMMEDIATE; else a deferred BEGIN */
    bool lazily;  /* SQLite: held back until a statement writes, which makes it BEGIN IMMEDIATE; statements that only read go before
                       it, each by itself, or where isolation or one_state ask for it in a deferred transaction */
    bool keep_id; /* COMMIT asks for the transaction's id first, and tells it where the outcome is unknown */
    bool one_state; /* with lazily: what is read is one state of the database, and a write on top of an older one is refused */
} wefti_begin;

/* One connection; drivers embed it as their first member. */
typedef struct wefti_dbc {
    const wefti_driver *driver; /* const after open */
    uint64_t number;            /* unique in this process, for logs; const after open */
    const wefti_log *log;       /* const after open */
    int64_t opened_ns;          /* const after open */
    int owner_pid;              /* process that opened it; another never speaks on it */
    bool silent;                /* owner thread: lost without a word (the network gave up): others may be, without a sign */
    bool misplaced;             /* owner thread: its server is no longer one that the target asks for, as are others of it */
    bool dirty;                 /* owner thread: session state was changed by text SQL; reset must clear it */
    bool only_reads;            /* owner thread: who has it wants what a statement hides kept from writing, also outside of a
                                   transaction; taken back with the connection. Only where the driver reads_alone */
    bool greeted;               /* owner thread, engine's: its session is set up; reset takes that back where it clears the state */
    wefti_deadline finish_by;   /* owner thread: nobody waits longer for the rest of a stream that is ended; 0: as it says itself */
    void *user;                 /* pool's or engine's */
    const char *file;           /* owner thread: where the connection was taken, for reports about its streams; static, or NULL */
    int line;                   /* owner thread */
    wefti_atomic_u64 thread;    /* owner thread writes: whose session's transaction it runs, which no other thread can end; or 0 */
    void *facts;                /* engine's: what it knows of tables on this connection; freed at close */
    struct wefti_prepared *prepared; /* what is kept prepared, or NULL; const after open: the engine pins in it what it reads */
} wefti_dbc;

/* Rows of one running statement. row holds column_count cells, valid until the next step or finish. One cursor may be open per
 * connection on PostgreSQL (the driver buffers or refuses clearly); SQLite allows several. */
typedef struct wefti_cursor {
    wefti_dbc *dbc;
    uint16_t column_count;
    const weft_value *row;
    uint64_t changed_rows;            /* rows matched by INSERT, UPDATE, DELETE once finished stepping */
    uint64_t row_count;               /* rows that have come so far: those stepped, or with holds_results all */
    void *held, *trace;               /* engine's: what keeps the statement alive, what is logged at finish; set after execute */
    const wefti_statement *statement; /* engine's, likewise: whose failure would be logged; NULL: it was, or is none of its own */
} wefti_cursor;

/* Where rows go that are read into structs: field i is what cell i holds. A driver stores by itself what it can store as the engine
 * would, and hands the other cells to put. */
typedef struct wefti_fill {
    const weft_row_type *type; /* with as many fields as the cursor has columns */
    wefti_arena *arena;        /* of rows and their texts */
    void *row;                 /* the present one, from the arena */
    bool refused;              /* a row could not be made of the cells, or kept: the statement has not failed */
    size_t field;              /* refused: at which it was; without memory for the row, field_count */
    weft_status (*put)(const struct wefti_fill *fill, size_t field, const weft_value *cell, weft_error *error);
    /* The rows so far; grow makes room for one more, at least. */
    const void **rows;
    size_t count, capacity;
    bool (*grow)(struct wefti_fill *fill);
    void *owner; /* grow's */
} wefti_fill;

/* Adds the present row to the others. */
static inline bool wefti_fill_keep(wefti_fill *fill)
{
    if (__builtin_expect(fill->count == fill->capacity, 0) && !fill->grow(fill))
        return false;
    fill->rows[fill->count++] = fill->row;
    return true;
}

/* Told of each returned row of execute_many: index of the parameter row, and its cells. Where the statement tells keys, it is told
 * the key of each row that was inserted: one cell of WEFT_INT64. */
typedef weft_status (*wefti_row_callback)(void *context, size_t index, const weft_value *row, uint16_t column_count,
                                          weft_error *error);

/* What an error of the database means to those above, whatever its code there. */
typedef enum wefti_meaning {
    WEFTI_MEANS_NAME_TAKEN,  /* a table, an index or a type of the name is there already */
    WEFTI_MEANS_NAMES_MOVED, /* the same, or one has gone: others may have been at it at the same time */
    WEFTI_MEANS_ROW_TWICE,   /* one statement would have updated a row twice */
    WEFTI_MEANS_NO_COPY,     /* COPY was refused where INSERT may be allowed all the same */
    WEFTI_MEANS_SOURCE_GONE  /* what keys were to be taken from has gone */
} wefti_meaning;

/* Options of a URL that are the driver's own; parsed once per engine. Passwords stay inside. */
typedef struct wefti_target {
    const wefti_driver *driver;
    char *display; /* for logs and errors: password hidden; owned */
    void *config;  /* driver's; owned */
} wefti_target;

typedef struct wefti_driver_options {
    const wefti_log *log;
    uint32_t prepared_limit; /* statements kept prepared per connection; 0: 256 */
    weft_plan_mode plan;
    bool no_prepare;                   /* never name statements (poolers in transaction mode) */
    const char *application;           /* application_name on PostgreSQL, or NULL */
    bool show_raised;                  /* texts raised by code in the database may be shown */
    bool show_all;                     /* every text of the database, with the values in it */
    uint32_t stream_warn_ms;           /* SQLite: as in weft_engine_options */
    const wefti_atomic_u64 *evictions; /* counts the statements that became evicted: see driver/prepared.h; outlives the target.
                                          NULL: none do */
} wefti_driver_options;

/* What is said to any database that understands the SQL of this driver's: for the drivers of programs, which send it. */
typedef struct wefti_spoken {
    const wefti_split_rules *cut;
    bool text_forms;    /* types that it lacks are texts, of which one spelling alone is found by comparisons */
    bool errors_fail;   /* after an error a transaction can only be rolled back */
    bool scripts_set;   /* scripts may change settings of the session that outlast them */
    bool reads_unbegun; /* of a transaction that begins lazily, statements that only read may go before it */
    size_t most_parameters;
    void (*begin_sql)(const wefti_begin *begin, bool writes, char sql[128]);
    /* What a column of a declaration holds that is none of weft's own; WEFT_UNMAPPED: that cannot be known. NULL: where it says no
     * type of weft's it is a text for clients. */
    weft_type (*type_declared)(const char *declaration);
    const char *only_read, *read_write; /* around a transaction that only reads, or NULL: BEGIN says it */
    const char *settle, *settle_all;    /* as .settle does, without and with settings; NULL: it is left to COMMIT */
    const char *no_writes, *writes;     /* as .allow_writes does; the second NULL: it ends by itself */
    /* One parameter, checked and fitted to what the statement takes, as a value of a type that every client library has; what is
     * made is the arena's, texts that are taken as they are stay the caller's. */
    weft_status (*plain)(const wefti_statement *statement, const weft_value *parameters, size_t index, wefti_arena *arena,
                         weft_value *plain, weft_error *error);
} wefti_spoken;

struct wefti_driver {
    const char *name;           /* "sqlite", "postgresql" */
    const char *dialect;        /* whose SQL it is: the name of a driver of weft's own */
    const wefti_spoken *spoken; /* of weft's own */
    const char *const *schemes; /* URL schemes, ends with NULL */
    const char *example;        /* a URL, for hints */
    bool one_cursor;            /* only one open cursor per connection */
    bool holds_results; /* without stream, rows are in memory when execute returns, independent of parameters and statement */
    bool reads_alone;   /* heeds dbc->only_reads */
    bool in_process;    /* open and ping cost microseconds and need no helper */

    /* A SELECT that, until it is finished, holds the state of the database that was read; NULL: with one_cursor none is needed. */
    const char *state_sql;
    /* Whether an error of this driver's says so. NULL: never. */
    bool (*means)(const weft_error *error, wefti_meaning meaning);

    /* Parses and checks a URL without connecting. Called by wefti_driver_target. */
    weft_status (*target_new)(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error);
    void (*target_free)(wefti_target *target);

    /* Connects. May block (name resolution), though it stops at the deadline where the system allows. */
    weft_status (*open)(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error);
    /* Ends the connection politely, or by closing descriptors only where another process opened it. dbc may be NULL. */
    void (*close)(wefti_dbc *dbc);
    wefti_tx_state (*state)(wefti_dbc *dbc);
    /* The number of the server's process as its login told: behind a pooler it may be another one. NULL: there is none. */
    int64_t (*server_process)(const wefti_dbc *dbc);
    /* No round trip: reads what has arrived and says whether the connection still stands; the reason goes to error. */
    bool (*alive)(wefti_dbc *dbc, weft_error *error);
    weft_status (*ping)(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
    /* Before going back to the pool: rolls back what is open, clears changed session state. An error means: close it. */
    weft_status (*reset)(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
    /* Cancels and drains a connection in WEFTI_TX_ACTIVE, by another one; an error means: close it. On helper threads, and where a
     * program goes back to a savepoint. */
    weft_status (*recover)(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);

    /* BEGIN may be held back and sent with the next statement in one round trip. */
    weft_status (*begin)(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error);
    /* WEFT_ERROR_ROLLED_BACK where the server answered ROLLBACK; WEFT_ERROR_OUTCOME_UNKNOWN where no answer came. */
    weft_status (*commit)(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
    weft_status (*rollback)(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
    /* The first phase of a commit in two, as commit does otherwise: the transaction leaves this connection and waits under its
     * name. NULL, as the next two are then: the database has none. */
    weft_status (*prepare)(wefti_dbc *dbc, const char *name, wefti_deadline deadline, weft_error *error);
    /* The second phase, outside of transactions, from any connection to the same database. WEFT_ERROR_NOT_FOUND: no such name. */
    weft_status (*end_prepared)(wefti_dbc *dbc, const char *name, bool commit, wefti_deadline deadline, weft_error *error);
    const char *prepared_sql; /* those of the connection's database: columns name, since, owner; oldest first */
    /* What COMMIT does beside keeping rows, for one that is a savepoint's release: fails where a deferred constraint does not hold,
     * each of which keeps its mode; settings: what SET LOCAL changed is put back. Within a transaction. */
    weft_status (*settle)(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error);
    /* Whether what follows may write, in the transaction that is open: false lasts until the savepoint ends that was opened last,
     * or until true is said, which is to be said in any case. */
    weft_status (*allow_writes)(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error);
    /* What became of a transaction whose id was kept, outside of any transaction: WEFT_OUTCOME_NONE where it still runs;
     * WEFT_ERROR_OUTCOME_UNKNOWN where the server cannot know. NULL: commits are never in doubt. */
    weft_status (*resolve)(wefti_dbc *dbc, const weft_transaction_id *id, wefti_deadline deadline, weft_outcome *outcome,
                           weft_error *error);

    /* Runs one statement and gives its cursor; rows are pulled by step. On error *cursor is NULL. For statements without rows the
     * cursor is finished already and only changed_rows matters; finish it all the same. stream: rows arrive one by one (libpq's
     * single-row mode) and are not buffered; without it the driver chooses. */
    weft_status (*execute)(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters, size_t parameter_count,
                           bool stream, wefti_deadline deadline, wefti_cursor **cursor, weft_error *error);
    weft_status (*step)(wefti_cursor *cursor, bool *has_row, weft_error *error);
    /* The same into a struct, with the same fill for all rows of a cursor; cursor->row is not for use then. NULL: the driver has no
     * way of its own, step and fill->put do. */
    weft_status (*step_into)(wefti_cursor *cursor, wefti_fill *fill, bool *has_row, weft_error *error);
    /* What execute, step_into for each row and finish do, in one call, for a statement that is prepared as entry, which is .fetched
     * and not busy. Parameters need not outlive it. *cursor is NULL where all rows are in fill, and where execute would have
     * failed; else step_into has failed, and it is to be finished. NULL: nothing is .fetched. */
    weft_status (*fetch)(wefti_dbc *dbc, struct wefti_prepared_entry *entry, const weft_value *parameters, size_t parameter_count,
                         wefti_deadline deadline, wefti_fill *fill, wefti_cursor **cursor, weft_error *error);
    /* Name and type (as reported; WEFT_UNMAPPED when unknown) of a column; texts live until finish. */
    const char *(*column_name)(wefti_cursor *cursor, uint16_t column);
    weft_type (*column_type)(wefti_cursor *cursor, uint16_t column);
    /* Ends the statement, also in the middle of its rows. cursor may be NULL. */
    void (*finish)(wefti_cursor *cursor);

    /* Runs one statement count times, parameter p of run i being field i of parameters[p]: one pipeline on PostgreSQL, a loop on
     * SQLite. On databases without pipelines a statement may take row_count rows at a time: count is then a multiple of it, there
     * are fewer arrays than parameters, and on_row and changed_each are NULL. changed gives the sum; changed_each, where not NULL,
     * the rows changed by each run. Stops at the first error and names the index in *failed. */
    weft_status (*execute_many)(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters, size_t count,
                                wefti_row_callback on_row, void *context, wefti_deadline deadline, uint64_t *changed,
                                uint32_t *changed_each, size_t *failed, weft_error *error);
    /* Several statements separated by semicolons, without parameters or rows (migrations, DDL scripts). */
    weft_status (*execute_script)(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error);
    /* COPY ... FROM STDIN (FORMAT binary): NULL on databases without it. sql is the whole COPY statement. Where "; SELECT …"
     * follows it, which gives one bool under the locks that COPY took, and that is not true, COPY is refused: UNSUPPORTED, SQLSTATE
     * 0A000, and what it stored is to be rolled back. */
    weft_status (*copy_in)(wefti_dbc *dbc, const char *sql, const wefti_array *columns, size_t column_count, size_t count,
                           wefti_deadline deadline, uint64_t *copied, weft_error *error);
    /* After execute of a statement that tells keys (told_column): the key of the row that it inserted; *told false where a trigger
     * or a view took the row. SQLite; NULL elsewhere: use RETURNING. */
    weft_status (*told_key)(wefti_cursor *cursor, weft_value *key, bool *told, weft_error *error);
    /* Whether changed_rows counts what is inserted into the table; NULL: always. */
    bool (*counts_rows)(wefti_dbc *dbc, const char *table);
    /* Whether the integers above the greatest value of the key's column are the keys that the database would make, and no trigger
     * takes any of them, for as long as the transaction lasts. NULL: never. */
    bool (*counts_keys)(wefti_dbc *dbc, const char *table, const char *column);
    /* Forgets prepared statements of evicted entries: drops at most a few per call. May be NULL. */
    void (*forget)(wefti_dbc *dbc, uint64_t statement_id);
    /* Whether backslashes escape in plain strings of this connection's SQL, as it is set now. NULL: never. */
    bool (*backslashes)(wefti_dbc *dbc);
    /* How text is cut into tokens on this connection. */
    const wefti_sql_rules *(*sql_rules)(wefti_dbc *dbc);
    /* The pool's housekeeper calls it now and then, for what the driver wants to look at beside all calls. May be NULL. */
    void (*tend)(const wefti_target *target, int64_t now_ns);
    /* Limit of parameters in one statement on this connection. */
    size_t (*parameter_limit)(wefti_dbc *dbc);
};

static inline bool wefti_driver_means(const wefti_driver *driver, const weft_error *error, wefti_meaning meaning)
{
    return driver->means != NULL && error != NULL && driver->means(error, meaning);
}

/* A target of this driver; target is zero where it fails. */
static inline weft_status wefti_driver_target(const wefti_driver *driver, const char *url, const wefti_driver_options *options,
                                              wefti_target *target, weft_error *error)
{
    *target = (wefti_target){.driver = driver};
    return driver->target_new(url, options, target, error);
}

/* user/: what a program registers as a driver, and speaks the SQL of one of the speakers, which end with NULL. *made is freed by
 * free where it is not kept. MISUSE, UNSUPPORTED, NO_MEMORY. */
struct weft_driver;
weft_status wefti_user_driver_new(const struct weft_driver *given, const wefti_driver *const *speakers, const wefti_driver **made,
                                  weft_error *error);
void wefti_user_driver_free(const wefti_driver *driver);

extern const wefti_driver wefti_sqlite_driver;
extern const wefti_driver wefti_postgres_driver;

/* The number of the next connection of this process. */
uint64_t wefti_dbc_next_number(void);

#endif
