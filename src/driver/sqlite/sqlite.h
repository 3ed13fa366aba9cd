/* The SQLite driver's own types and calls; nothing outside this folder includes it.
 *
 * A connection is opened without SQLite's mutexes and belongs to one thread at a time. Everything that waits looks at
 * wefti_sqlite_dbc.deadline: the busy handler sleeps within it, the progress handler ends a long computation at it. */
#ifndef WEFTI_DRIVER_SQLITE_SQLITE_H
#define WEFTI_DRIVER_SQLITE_SQLITE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/locale.h"
#include "base/memory.h"
#include "base/sync.h"
#include "base/text.h"
#include "driver/driver.h"
#include "driver/prepared.h"

#include <pthread.h>
#include <sqlite3.h>
#include <weft/pool.h>

#define WEFTI_SQLITE_PATH_BYTES 8192
/* What weft_single says, by which error.c knows it. */
#define WEFTI_SQLITE_SEVERAL_ROWS "a subquery that is a value gives several rows"

typedef struct wefti_sqlite_dbc wefti_sqlite_dbc;
typedef struct wefti_sqlite_place wefti_sqlite_place;

/* Who may write, and who waits to: see writers.c. */
typedef struct wefti_sqlite_writers {
    wefti_mutex mutex;
    wefti_sqlite_dbc *writer;          /* under mutex: has the turn */
    wefti_sqlite_dbc *oldest, *newest; /* under mutex: wait for it */
    int64_t nudged_ns;                 /* under mutex: when a waiter was last woken */
} wefti_sqlite_writers;

/* An open stream, on its target's list: see streams.c. All fields but the links and reported are const while it is listed. */
typedef struct wefti_sqlite_stream {
    struct wefti_sqlite_stream *next, *previous; /* under the list's mutex */
    uint64_t number;                             /* of the connection */
    int64_t since_ns;
    const char *file;
    int line;
    bool reported; /* under the list's mutex */
    bool listed;   /* owner thread */
} wefti_sqlite_stream;

typedef struct wefti_sqlite_streams {
    wefti_mutex mutex;
    wefti_sqlite_stream *first; /* under mutex */
    int64_t warn_ns;            /* const after open; 0: never */
} wefti_sqlite_streams;

typedef struct wefti_sqlite_config {
    char *filename;           /* for sqlite3_open_v2; owned */
    char *vfs;                /* NULL: the default; owned */
    const char *journal_mode; /* static; NULL: left as it is */
    const char *synchronous;  /* static */
    bool memory;
    bool read_only;
    bool immutable; /* nobody writes the file while it is open: no locks, no log */
    bool must_exist;
    bool foreign_keys;
    bool show_raised, show_all; /* as in wefti_driver_options */
    uint32_t busy_timeout_ms;
    int64_t cache_size; /* as PRAGMA cache_size takes it; 0: SQLite's default */
    int64_t mmap_size;  /* -1: SQLite's default */
    uint32_t prepared_limit;
    const wefti_atomic_u64 *evictions; /* as in wefti_driver_options */
    const wefti_log *log;
    int owner_pid;
    pthread_mutex_t open_mutex; /* connections to one file are opened one at a time: several at once meet "database is locked" */
    sqlite3 *anchor;            /* keeps a database in memory alive while the pool holds no connection */
    wefti_sqlite_writers writers;
    wefti_sqlite_streams streams;
    uint64_t known_device, known_inode, known_wal; /* under open_mutex: of the last file opened; 0: none yet */
    uint64_t looked_inode, looked_wal;             /* housekeeper: what it last saw at the path */
    wefti_atomic_u64 looks;                        /* atomic: raised where that changed */
} wefti_sqlite_config;

typedef enum wefti_sqlite_control {
    WEFTI_SQLITE_BEGIN,
    WEFTI_SQLITE_BEGIN_IMMEDIATE,
    WEFTI_SQLITE_COMMIT,
    WEFTI_SQLITE_ROLLBACK,
    WEFTI_SQLITE_PING,
    WEFTI_SQLITE_CONTROLS
} wefti_sqlite_control;

/* Whether keys of a column may be counted on from the greatest: see keys.c. */
typedef struct wefti_sqlite_counted {
    const char *column;
    bool counts;
} wefti_sqlite_counted;
enum { WEFTI_SQLITE_COUNTED = 32 };

/* All fields: owner thread, unless said otherwise. */
struct wefti_sqlite_dbc {
    wefti_dbc base;
    sqlite3 *db;
    wefti_sqlite_place *place;   /* where the file is noted; NULL: in memory */
    wefti_sqlite_config *config; /* read only, but for writers and open_mutex */
    wefti_prepared prepared;     /* of wefti_sqlite_run */
    sqlite3_stmt *control[WEFTI_SQLITE_CONTROLS];
    wefti_deadline deadline; /* of the call that is running */
    int64_t busy_until_ns;
    uint64_t jitter;
    uint32_t open_cursors;
    bool in_transaction;      /* begun by begin(); SQLite may have ended it: see sqlite3_get_autocommit */
    bool begin_pending;       /* begin was held back: see wefti_begin.lazily */
    bool wal;                 /* readers and the writer do not wait for each other */
    wefti_begin begin;        /* where begin_pending */
    uint64_t wal_inode;       /* of the write-ahead log; 0: there is none to look for */
    uint64_t looks_seen;      /* of config->looks */
    uint32_t calls_unchecked; /* since the file was last looked for */
    bool query_only;
    bool has_old_decimals; /* a table was seen whose decimals compare by collation, however they are spelt */
    bool broken;
    bool judging;             /* text SQL is being prepared: see authorizer.c */
    bool refused;             /* it was transaction control */
    bool has_turn;            /* to write */
    int64_t waiting_since_ns; /* for the turn; under the writers' mutex, as is the next */
    wefti_sqlite_dbc *next_writer;
    wefti_event turn;          /* any thread */
    sqlite3_stmt *versions[2]; /* of the schema, and of what is temporary */
    int64_t counted_version;
    wefti_sqlite_counted counted[WEFTI_SQLITE_COUNTED];
};

/* Where a column's values go that are read into structs, and how: see fill.c. */
typedef struct wefti_sqlite_slot {
    uint32_t offset; /* of the value in the row */
    uint32_t field;  /* of the field, where an optional one has its flag */
    uint16_t type;   /* of the field */
    uint8_t how;     /* wefti_sqlite_how; BY_CELL: no value goes by it */
    bool has_flag;
    bool null_is_clear; /* NULL leaves the field zeroed */
} wefti_sqlite_slot;

/* A statement made ready, and its cursor. Kept in the prepared table, or freed by finish where entry is NULL. */
typedef struct wefti_sqlite_run {
    wefti_cursor cursor;
    wefti_sqlite_dbc *dbc;
    sqlite3_stmt *stmt;
    wefti_prepared_entry *entry;
    wefti_deadline deadline;
    sqlite3_int64 total_changes_before;
    weft_value *row;            /* cursor.row; follows this struct in its block */
    uint16_t *column_types;     /* WEFT_UNMAPPED: by what the row holds */
    uint16_t *column_spellings; /* as in wefti_statement */
    wefti_sqlite_slot *slots;   /* of columns; set for the rows of one cursor */
    uint16_t *parameter_order;  /* parameter that goes to each place, for "$n" placeholders; NULL: the same order */
    unsigned char *copies;      /* text of parameters while rows are pulled; owned */
    size_t copies_capacity;
    uint16_t column_count;
    uint16_t parameter_count; /* that the text needs */
    uint16_t place_count;     /* sqlite3_bind_parameter_count */
    bool writes;
    bool uses_json; /* see wefti_sqlite_run_step */
    /* Of one execution: */
    bool pending; /* a row was stepped to and is not yet read */
    bool done;
    bool is_reset;  /* since it ended or failed */
    bool took_turn; /* to write, for this statement alone */
    bool checked;   /* the number of columns was compared since the run began */
    bool has_slots;
    bool told; /* the key of its row */
    wefti_sqlite_stream stream;

    /* Of an INSERT that tells the key of its row: see keys.c. */
    const char *told_table, *told_column; /* the statement's; NULL: it tells none */
    sqlite3_stmt *lookup;                 /* of the key by the rowid */
    const char *rowid_name;               /* that no column has; static */
    int64_t told_value;
    int told_compiled; /* how often the statement was compiled when rowid_is_key was found; 0: never */
    bool rowid_is_key;
    bool tells_by_row; /* it has a RETURNING of the driver's own; told_value is what that gave */
    bool outdated;     /* must not be run again */

    wefti_arena arrays; /* of the present row */
    int last_array;     /* the column of the last of them: one that is not behind it is another row's */
} wefti_sqlite_run;

/* target.c */
weft_status wefti_sqlite_target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error);
void wefti_sqlite_target_free(wefti_target *target);

/* open.c */
void wefti_sqlite_add_escaped(wefti_text *text, const char *path); /* a path as it stands in a URL */
weft_status wefti_sqlite_open_file(const wefti_sqlite_config *config, sqlite3 **db, weft_error *error);

/* connect.c */
weft_status wefti_sqlite_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error);
void wefti_sqlite_close(wefti_dbc *dbc);
wefti_tx_state wefti_sqlite_state(wefti_dbc *dbc);
bool wefti_sqlite_alive(wefti_dbc *dbc, weft_error *error);
weft_status wefti_sqlite_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_sqlite_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_sqlite_recover(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);

/* At the path, where no tick of the housekeeper comes first: a look costs a third of a short SELECT. */
enum { WEFTI_SQLITE_CALLS_BETWEEN_LOOKS = 256 };
/* Something changed at the path since this connection last looked at it. */
static inline bool wefti_sqlite_is_news(const wefti_sqlite_dbc *c)
{
    return wefti_atomic_load_u64(&c->config->looks, WEFTI_RELAXED) != c->looks_seen; /* still_there reads it again */
}

/* control.c: what every call begins with.
 * Sets the deadline of the call that begins. Fails where the connection is another process's, unusable, or the deadline has passed;
 * nothing was done then. */
weft_status wefti_sqlite_enter(wefti_sqlite_dbc *c, wefti_deadline deadline, weft_error *error);
/* The same, with its usual end first. */
static inline weft_status wefti_sqlite_enter_soon(wefti_sqlite_dbc *c, wefti_deadline deadline, weft_error *error)
{
    const bool usual = c->base.owner_pid == wefti_process_id() && !c->broken && deadline == WEFTI_NO_DEADLINE &&
                       c->calls_unchecked + 1 < WEFTI_SQLITE_CALLS_BETWEEN_LOOKS && !wefti_sqlite_is_news(c);
    if (__builtin_expect(!usual, 0))
        return wefti_sqlite_enter(c, deadline, error);
    c->calls_unchecked++;
    c->deadline = deadline;
    c->busy_until_ns = 0;
    return WEFT_OK;
}
int wefti_sqlite_step_again(wefti_sqlite_dbc *c, sqlite3_stmt *stmt, int rc); /* the rest of the next one */
/* sqlite3_step of a statement that has given no row yet: waits where SQLite does not, because a read transaction is open. */
static inline int wefti_sqlite_first_step(wefti_sqlite_dbc *c, sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    return __builtin_expect((rc & 0xff) != SQLITE_BUSY, 1) ? rc : wefti_sqlite_step_again(c, stmt, rc);
}
weft_status wefti_sqlite_control_run(wefti_sqlite_dbc *c, wefti_sqlite_control which, weft_error *error);

/* files.c: notes that a file is open, where it exists and is not noted yet; *place is given back by end, after the file was closed
 * and by the same process only. WEFT_ERROR_FORKED where an ancestor had the file open when it forked. */
weft_status wefti_sqlite_file_note(const wefti_sqlite_config *config, wefti_sqlite_place **place, weft_error *error);
void wefti_sqlite_file_end(wefti_sqlite_place *place);
/* Notes the log of a connection that was just opened. */
void wefti_sqlite_wal_note(wefti_sqlite_dbc *c);
/* DISCONNECTED, and the connection is broken, where the file is no more what its path names; see files.c. */
weft_status wefti_sqlite_still_there(wefti_sqlite_dbc *c, weft_error *error);
/* The housekeeper's look at the path. */
void wefti_sqlite_look(wefti_sqlite_config *config);
/* Before and after a connection is opened, under open_mutex. */
weft_status wefti_sqlite_file_expected(wefti_sqlite_config *config, weft_error *error);
void wefti_sqlite_file_known(const wefti_sqlite_dbc *c);
/* The same when the engine is opened. */
void wefti_sqlite_file_exists(wefti_sqlite_config *config);

/* settings.c: what is set on every new connection, and set again after text SQL may have changed it. */
weft_status wefti_sqlite_apply_settings(wefti_sqlite_dbc *c, weft_error *error);
weft_status wefti_sqlite_exec(wefti_sqlite_dbc *c, const char *sql, weft_error *error);

/* busy.c */
int wefti_sqlite_busy(void *dbc, int count);
int wefti_sqlite_progress(void *dbc);

/* writers.c: the turn to write among the connections of a target. take waits until the deadline of the call or the busy timeout;
 * give does nothing where c has no turn. */
void wefti_sqlite_writers_init(wefti_sqlite_writers *writers);
void wefti_sqlite_writers_deinit(wefti_sqlite_writers *writers);
weft_status wefti_sqlite_turn_take(wefti_sqlite_dbc *c, weft_error *error);
void wefti_sqlite_turn_give(wefti_sqlite_dbc *c);

/* streams.c: begin where rows will come one by one and the caller decides when; end where stream.listed */
void wefti_sqlite_streams_init(wefti_sqlite_streams *streams, uint32_t warn_ms);
void wefti_sqlite_streams_deinit(wefti_sqlite_streams *streams);
void wefti_sqlite_stream_begin(wefti_sqlite_run *run);
void wefti_sqlite_stream_end(wefti_sqlite_run *run);
void wefti_sqlite_tend(const wefti_target *target, int64_t now_ns);

/* authorizer.c: set when the connection is opened; text is prepared so that refused says whether it was transaction control */
void wefti_sqlite_authorize(wefti_sqlite_dbc *c);
int wefti_sqlite_prepare_text(wefti_sqlite_dbc *c, const wefti_statement *statement, sqlite3_stmt **stmt, const char **tail);
weft_status wefti_sqlite_text_refused(weft_error *error);

/* keys.c. Where a table has no rowid, a statement that tells a key is prepared with RETURNING. */
bool wefti_sqlite_key_needs_row(wefti_sqlite_dbc *c, const wefti_statement *statement);
int wefti_sqlite_prepare_told(wefti_sqlite_dbc *c, const wefti_statement *statement, unsigned flags, sqlite3_stmt **stmt,
                              const char **tail);
void wefti_sqlite_note_told(wefti_sqlite_run *run); /* at the row that its RETURNING gives */
/* The key of the row that the run has just inserted; *told false where it inserted none. */
weft_status wefti_sqlite_run_told(wefti_sqlite_run *run, weft_value *key, bool *told, weft_error *error);
weft_status wefti_sqlite_told_key(wefti_cursor *cursor, weft_value *key, bool *told, weft_error *error);
bool wefti_sqlite_counts_rows(wefti_dbc *dbc, const char *table);
bool wefti_sqlite_counts_keys(wefti_dbc *dbc, const char *table, const char *column);

/* functions.c: the collation of decimals and SQL functions. */
int wefti_sqlite_register(sqlite3 *db);
/* collations.c, and forms.c of JSON: collations; context is not used. */
int wefti_sqlite_compare_decimals(void *context, int a_size, const void *a, int b_size, const void *b);
int wefti_sqlite_compare_intervals(void *context, int a_size, const void *a, int b_size, const void *b);
int wefti_sqlite_compare_json(void *context, int a_size, const void *a, int b_size, const void *b);

/* numbers.c: functions of decimals, and their texts. WEFTI_SPELLING_SCALE of a value that needs more digits keeps those. */
int wefti_sqlite_register_numbers(sqlite3 *db);
/* A valid decimal as it is spelt; NULL with WEFT_ERROR_TYPE where it has more digits than a decimal may, or without memory. From
 * the arena. */
weft_status wefti_sqlite_spell_decimal(wefti_arena *arena, const char *data, size_t size, uint16_t spelling, const char **text,
                                       size_t *text_size);
/* The nearest double of a decimal; false where there is none, or no memory. */
bool wefti_sqlite_decimal_double(const char *data, size_t size, double *value);
/* Whether the text of a number, which was read as value, says a finite one that no double is: too great, or too small but not 0. */
bool wefti_sqlite_leaves_doubles(const char *text, double value);
/* Rounded; false where it is no decimal or does not fit. */
bool wefti_sqlite_decimal_int64(const char *data, size_t size, int64_t *value);
/* guards.c: what expressions store. */
int wefti_sqlite_register_guards(sqlite3 *db);
int wefti_sqlite_register_arithmetic(sqlite3 *db);
int wefti_sqlite_register_forms(sqlite3 *db);
/* arrays.c: arrays, which are JSON texts here, and their collations. */
int wefti_sqlite_register_arrays(sqlite3 *db);
int wefti_sqlite_compare_arrays(void *context, int a_size, const void *a, int b_size, const void *b); /* context: the items' type */
int wefti_sqlite_register_dates(sqlite3 *db);
int wefti_sqlite_register_json(sqlite3 *db);
int wefti_sqlite_register_windows(sqlite3 *db);
int wefti_sqlite_register_sorted(sqlite3 *db);
/* To the nearest integer, of two to the even one, as PostgreSQL does. Above 2^52 there are no others. */
double wefti_sqlite_round_half_even(double value);
/* Ends a function with an error of WEFT_ERROR_DATA. The message holds no value. */
void wefti_sqlite_refuse(sqlite3_context *context, const char *message);
/* The JSON of an argument, from the arena; NULL: the function has failed. And JSON as a function's result. */
const struct wefti_json *wefti_sqlite_read_json(sqlite3_context *context, wefti_arena *arena, sqlite3_value *value);
void wefti_sqlite_give_json(sqlite3_context *context, wefti_arena *arena, const struct wefti_json *json);
static inline bool wefti_sqlite_any_null(int count, sqlite3_value **arguments)
{
    for (int i = 0; i < count; i++)
        if (sqlite3_value_type(arguments[i]) == SQLITE_NULL)
            return true;
    return false;
}

/* transaction.c */
weft_status wefti_sqlite_begin(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error);
weft_status wefti_sqlite_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_sqlite_rollback(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_sqlite_settle(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error);
weft_status wefti_sqlite_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error);
/* Before a statement runs: begins what was held back, if this statement needs it. */
weft_status wefti_sqlite_begin_pending(wefti_sqlite_dbc *c, bool writes, weft_error *error);
static inline weft_status wefti_sqlite_begin_for(wefti_sqlite_dbc *c, bool writes, weft_error *error)
{
    return __builtin_expect(c->begin_pending, 0) ? wefti_sqlite_begin_pending(c, writes, error) : WEFT_OK;
}
/* After scripts that succeeded: they may have ended the transaction on purpose. */
void wefti_sqlite_transaction_check(wefti_sqlite_dbc *c);

/* error.c: fills error from the connection's last failure (rc as returned) and notes what it means for the connection. */
weft_status wefti_sqlite_compile_error(wefti_sqlite_dbc *c, int rc, const char *sql, weft_error *error); /* of sqlite3_prepare */
weft_status wefti_sqlite_run_error(wefti_sqlite_dbc *c, int rc, const char *sql, weft_error *error);     /* of a statement's step */
weft_status wefti_sqlite_error(wefti_sqlite_dbc *c, int rc, weft_error *error);                          /* of any other call */
/* The status alone, without a connection. */
weft_status wefti_sqlite_status(int extended_code, const char *message);
/* The same for a handle that has no connection yet. */
weft_status wefti_sqlite_handle_error(sqlite3 *db, int rc, weft_error *error);
/* The same as of a connection's statement, with nothing in it that may be a value. */
weft_status wefti_sqlite_shown_error(sqlite3 *db, int rc, const char *sql, bool running, weft_error *error);

/* run.c: making statements ready */
weft_status wefti_sqlite_run_acquire(wefti_sqlite_dbc *c, const wefti_statement *statement, wefti_sqlite_run **run,
                                     weft_error *error);
/* What each execution begins with. */
static inline void wefti_sqlite_run_start(wefti_sqlite_run *run)
{
    if (run->entry != NULL)
        run->entry->busy = true;
    run->dbc->open_cursors++;
    run->cursor.column_count = run->column_count;
    run->cursor.row = run->row;
    run->cursor.changed_rows = run->cursor.row_count = 0;
    run->cursor.held = run->cursor.trace = NULL;
    run->cursor.statement = NULL;
    run->pending = run->done = run->is_reset = run->took_turn = run->checked = run->has_slots = run->told = false;
    run->total_changes_before = run->writes ? sqlite3_total_changes64(run->dbc->db) : 0;
}
void wefti_sqlite_run_release(wefti_sqlite_run *run);
void wefti_sqlite_run_evict(void *context, uint64_t id, void *handle);
/* Rows changed since it began: sqlite3_changes64 keeps its value over statements that change none. */
static inline uint64_t wefti_sqlite_run_changes(const wefti_sqlite_run *run)
{
    sqlite3 *db = run->dbc->db;
    return run->writes && sqlite3_total_changes64(db) != run->total_changes_before ? (uint64_t)sqlite3_changes64(db) : 0;
}
bool wefti_sqlite_uses_json(const char *sql);
/* sqlite3_step. SQLite's JSON reads numbers by strtod where it is not built from the amalgamation, as Debian does: under a locale
 * with a decimal comma 2.5 would be 2. */
int wefti_sqlite_run_step_json(const wefti_sqlite_run *run, bool first);
static inline int wefti_sqlite_run_step(const wefti_sqlite_run *run, bool first)
{
    if (__builtin_expect(run->uses_json, 0))
        return wefti_sqlite_run_step_json(run, first);
    return first ? wefti_sqlite_first_step(run->dbc, run->stmt) : sqlite3_step(run->stmt);
}

/* statement.c */
weft_status wefti_sqlite_execute(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters,
                                 size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                                 weft_error *error);
weft_status wefti_sqlite_step(wefti_cursor *cursor, bool *has_row, weft_error *error);
weft_status wefti_sqlite_step_into(wefti_cursor *cursor, wefti_fill *fill, bool *has_row, weft_error *error);
weft_status wefti_sqlite_fetch(wefti_dbc *dbc, wefti_prepared_entry *entry, const weft_value *parameters, size_t parameter_count,
                               wefti_deadline deadline, wefti_fill *fill, wefti_cursor **cursor, weft_error *error);
void wefti_sqlite_finish(wefti_cursor *cursor);
const char *wefti_sqlite_column_name(wefti_cursor *cursor, uint16_t column);
weft_type wefti_sqlite_column_type(wefti_cursor *cursor, uint16_t column);

/* many.c */
weft_status wefti_sqlite_execute_many(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters, size_t count,
                                      wefti_row_callback on_row, void *context, wefti_deadline deadline, uint64_t *changed,
                                      uint32_t *changed_each, size_t *failed, weft_error *error);
weft_status wefti_sqlite_execute_script(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error);

/* bind.c: copy says that text must outlive the call. */
weft_status wefti_sqlite_bind_all(wefti_sqlite_run *run, const wefti_statement *statement, const weft_value *parameters, bool copy,
                                  weft_error *error);

/* The same for rows of fields, from the first of the rows that one run takes; text is not copied. */
weft_status wefti_sqlite_bind_rows(wefti_sqlite_run *run, const wefti_statement *statement, const wefti_array *arrays, size_t first,
                                   weft_error *error);

/* One parameter as SQLite would be given it: see wefti_spoken. */
weft_status wefti_sqlite_plain(const wefti_statement *statement, const weft_value *parameters, size_t index, wefti_arena *arena,
                               weft_value *plain, weft_error *error);

/* read.c: the cells of the row the statement stands on. */
weft_status wefti_sqlite_read_row(wefti_sqlite_run *run, weft_error *error);
/* One of them. */
weft_status wefti_sqlite_read_cell(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
/* fill.c: the row as a struct. */
weft_status wefti_sqlite_read_into(wefti_sqlite_run *run, wefti_fill *fill, weft_error *error);
/* declared.c: the type a declaration stands for, or WEFT_UNMAPPED. */
weft_type wefti_sqlite_declared_type(const char *declaration);

#endif
