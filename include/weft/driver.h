/* Drivers of a program's own: a table of functions by which weft reaches a database that it has no driver for (a relative of
 * SQLite, a server that speaks PostgreSQL's SQL, a proxy, a recorder), registered while the program runs. docs/drivers.md has a
 * whole one.
 *
 * The database is spoken to in the SQL of one of weft's dialects, which the driver names: "sqlite" or "postgresql". What weft
 * needs beside the functions here (transactions, savepoints, batches, scripts, prepared statements and their limit, keys of new
 * rows, checks of values) it makes of them itself, so that a driver may be open, close, execute, step, finish and column_name
 * alone.
 *
 * Threads: a connection belongs to one thread at a time, and so do its rows; weft hands it over between calls with a barrier.
 * Several connections are opened, used and closed at once by several threads, among them threads of weft's own, which have all
 * signals blocked. No function is called in a child of fork for what its parent has opened. execute and step run in the C
 * locale.
 *
 * Errors: a function that fails returns a status and fills error, which is never NULL and comes empty, by weft_driver_error. A
 * text in it must hold no values of parameters or rows and no password. WEFT_ERROR_DISCONNECTED, PROTOCOL, IO, CORRUPT and
 * INTERNAL say that the connection is of no use any more: nothing but finish, unprepare and close is called on it from then on.
 * After any other the connection must stand. What the program should do follows from the status: constraints (UNIQUE,
 * FOREIGN_KEY, NOT_NULL, CHECK, CONSTRAINT), SERIALIZATION, DEADLOCK, BUSY (run it again), NO_TABLE, SQL, DATA, READ_ONLY,
 * TIMEOUT (the deadline has passed, and the statement has ended), NO_MEMORY. An error of the database that ended its transaction
 * says so by error->outcome = WEFT_OUTCOME_ROLLED_BACK.
 *
 * Values: of the C types of weft_value. Texts are UTF-8 without NUL, and end with a NUL that their size does not count. */
#ifndef WEFT_DRIVER_H
#define WEFT_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/export.h>
#include <weft/status.h>
#include <weft/value.h>

WEFT_BEGIN_DECLS

/* No deadline. Any other is nanoseconds of CLOCK_MONOTONIC, after which a call should not wait longer. */
#define WEFT_DRIVER_NO_DEADLINE INT64_MAX

/* What one engine connects to. Lives as long as the engine. */
typedef struct weft_driver_target {
    const char *url;         /* as weft_engine_open was given it */
    const char *application; /* .application_name of its options, or NULL */
    void *context;           /* weft_driver.context */
} weft_driver_target;

/* A statement that is prepared or run. Texts and arrays live until execute returns, those of a prepared one until unprepare. */
typedef struct weft_driver_statement {
    /* One statement, UTF-8. Placeholders are ?1, ?2 … in the SQL of "sqlite", $1, $2 … in that of "postgresql", and each number
     * may stand in several places; a ? without a number takes the next value. */
    const char *sql;
    size_t sql_size; /* without the NUL at its end */
    /* The weft_type of each value that execute is given, whatever form it comes in, with WEFT_ARRAY for arrays: 8-byte integers for
     * lists of any; WEFT_UNMAPPED where the place in the statement says it. NULL: of no parameter it is known. */
    const uint16_t *parameter_types;
    uint16_t parameter_count;
    uint16_t column_count;        /* of column_types */
    const uint16_t *column_types; /* what weft will take the cells as; NULL: as they come */
    bool writes;                  /* may change the database */
    bool own_text;                /* the program's own SQL */
    bool stream;                  /* the rows are read one by one, perhaps slowly: they should not be kept in memory */
} weft_driver_statement;

/* One run of a statement and the rows that it gives. weft's memory, from execute to finish. */
typedef struct weft_driver_rows {
    void *connection; /* set by weft, as the next three */
    void *prepared;   /* what prepare gave; NULL: the statement is not prepared */
    const weft_driver_statement *statement;
    int64_t deadline;      /* of execute and of all steps */
    void *state;           /* the driver's own */
    uint16_t column_count; /* set by execute: cells of a row; 0: it gives no rows, and has been run to its end */
    uint64_t changed_rows; /* rows that it inserted, updated or deleted: set when it has been run to its end */
} weft_driver_rows;

/* How a transaction begins. */
typedef struct weft_driver_begin {
    int isolation; /* a weft_isolation */
    bool read_only;
    bool deferrable;
    bool for_write;  /* it may write */
    bool writes_now; /* its first statement does */
} weft_driver_begin;

typedef enum weft_driver_state {
    WEFT_DRIVER_IDLE,   /* in no transaction */
    WEFT_DRIVER_OPEN,   /* in a transaction */
    WEFT_DRIVER_FAILED, /* in one that can only be rolled back, as a whole or to a savepoint */
    WEFT_DRIVER_LOST    /* of no use any more */
} weft_driver_state;

/* A driver. Functions are NULL where their comment says what weft does then; whatever is not set must be zero. */
typedef struct weft_driver {
    size_t size;                /* sizeof(weft_driver): tells which members the program was compiled with */
    const char *name;           /* in errors, and of weft_engine_driver: letters, digits, '-', '_', '.', '+'; "memory" */
    const char *const *schemes; /* of URLs, ends with NULL: lower-case letters, digits, '-', '.', '+'. NULL: the name alone */
    const char *dialect;        /* whose SQL the database understands: "sqlite" or "postgresql" */
    const char *example;        /* a URL, for hints; or NULL */
    void *context;              /* the driver's own, in weft_driver_target */

    bool in_process;        /* opening and pinging take microseconds: threads of the program do it, and no others */
    bool several_rows;      /* a connection may have several weft_driver_rows open; false: one at a time */
    bool typed_values;      /* parameters come as the values they are. false: as plain ones, in the form that the dialect keeps them
                               in: INT64, DOUBLE, TEXT and BYTES, and BOOL for "postgresql", where arrays are texts like {1,2};
                               for "sqlite" booleans are 0 and 1, arrays JSON texts. Lists of IN and of batches are texts in any
                               case */
    uint32_t most_parameters; /* of one statement; 0: 32,766 for "sqlite", 65,535 for "postgresql" */

    /* Looks at a URL when an engine is opened, without connecting. WEFT_ERROR_URL where it is wrong. NULL: any will do. */
    weft_status (*check_url)(const weft_driver_target *target, weft_error *error);
    /* Connects by the deadline, and gives what the other functions are called with. WEFT_ERROR_CONNECT, AUTH, TIMEOUT. */
    weft_status (*open)(const weft_driver_target *target, int64_t deadline, void **connection, weft_error *error);
    /* Ends a connection: its rows have ended, its prepared statements are gone. Never fails. */
    void (*close)(void *connection);

    /* Runs the statement. Value i is that of placeholder i + 1; values live until execute returns. On WEFT_OK finish is called
     * in any case, otherwise never. Fills rows->state, column_count, and changed_rows where there are no columns. It must refuse
     * more than one statement, but for one without a meaning behind the last semicolon. */
    weft_status (*execute)(weft_driver_rows *rows, const weft_value *parameters, size_t parameter_count, weft_error *error);
    /* The next row into cells, column_count of them, with *has_row; or *has_row false at the end, and then each time. What cells
     * point to lives until the next call for these rows. A cell may be of another type than the column's: an integer that is a
     * bool, a text that is a time; what cannot be taken is an error that names the column. */
    weft_status (*step)(weft_driver_rows *rows, weft_value *cells, bool *has_row, weft_error *error);
    /* Ends the rows, perhaps before their end; those of a statement that writes are read to their end before. */
    void (*finish)(weft_driver_rows *rows);
    /* The name of a column, which lives until finish. */
    const char *(*column_name)(weft_driver_rows *rows, uint16_t column);
    /* What a column is where the program has not said what it takes it for. NULL, or WEFT_UNMAPPED: as its cells are. */
    weft_type (*column_type)(weft_driver_rows *rows, uint16_t column);

    /* Makes a statement ready that will be run often, and gives it back: at most .prepared_statements of the engine's options
     * are kept at a time. One is run once at a time; meanwhile weft runs it unprepared. Both or neither; NULL: none is prepared. */
    weft_status (*prepare)(void *connection, const weft_driver_statement *statement, void **prepared, weft_error *error);
    void (*unprepare)(void *connection, void *prepared);

    /* Transactions: all three or none. NULL: by the words of the dialect, run by execute. After rollback, which may come at any
     * time, no transaction is open. A commit that failed has rolled back, unless state says otherwise; where its answer was lost
     * (WEFT_ERROR_DISCONNECTED), weft makes WEFT_ERROR_OUTCOME_UNKNOWN of it. */
    weft_status (*begin)(void *connection, const weft_driver_begin *options, int64_t deadline, weft_error *error);
    weft_status (*commit)(void *connection, int64_t deadline, weft_error *error);
    weft_status (*rollback)(void *connection, int64_t deadline, weft_error *error);
    /* Without a round trip. NULL: weft remembers what it began and ended, and that with "postgresql" an error fails a
     * transaction. */
    weft_driver_state (*state)(void *connection);

    /* Asks the database for a sign of life. NULL: SELECT 1. */
    weft_status (*ping)(void *connection, int64_t deadline, weft_error *error);
    /* Without a round trip: whether the connection still stands, with the reason in error. NULL: it does. */
    bool (*alive)(void *connection, weft_error *error);
    /* Takes back what SQL of the program's own may have set for the session (settings, temporary tables, locks), outside of
     * transactions. NULL: a connection on which that may have happened is closed instead. */
    weft_status (*reset)(void *connection, int64_t deadline, weft_error *error);
    /* Several statements, without parameters and rows. NULL: weft cuts the text, and runs one after the other. */
    weft_status (*script)(void *connection, const char *sql, int64_t deadline, weft_error *error);
} weft_driver;

/* Makes the URLs of the driver's schemes known to weft_engine_open, for as long as the process runs: there is no way back, for
 * engines may be open, and whoever unloads a library must not register drivers in it. The struct is copied; what it points to
 * must stay. Fails with WEFT_ERROR_MISUSE where something is missing, misspelt, or a name or scheme is another driver's, weft's
 * own among them, with WEFT_ERROR_UNSUPPORTED where it sets members that this library does not know, and with
 * WEFT_ERROR_NO_MEMORY. Any thread, at any time; in a race for one name or scheme one wins. */
WEFT_API weft_status weft_driver_register(const weft_driver *driver, weft_error *error);

/* Fills error and returns status; the message is formatted as by printf and cut to fit. The errors of open, say, begin with what
 * could not be done. Any thread. */
WEFT_API weft_status weft_driver_error(weft_error *error, weft_status status, const char *format, ...) WEFT_PRINTF(3, 4);
/* Adds what of the schema refused; each may be NULL. Programs, and weft_upsert, tell constraints by it. Any thread. */
WEFT_API void weft_driver_error_names(weft_error *error, const char *constraint, const char *table, const char *column);
/* The same with a SQLSTATE of five characters, and the status that weft gives to it: "23505" is WEFT_ERROR_UNIQUE. Returns that.
 * Drivers of "postgresql" set it: what exists already, or went away meanwhile, is known by it. Any thread. */
WEFT_API weft_status weft_driver_error_sqlstate(weft_error *error, const char *sqlstate, const char *format, ...) WEFT_PRINTF(3, 4);
/* Milliseconds until a deadline, rounded up, as poll(2) takes them: -1 for none, 0 where it has passed. Any thread. */
WEFT_API int weft_driver_left_ms(int64_t deadline);

/* ---- for databases that are a sqlite3 handle ---- */

/* Statements in the SQL of "sqlite" call functions and collations of weft's: exact decimals, times, JSON, arrays
 * (docs/databases.md lists them). This adds them to a sqlite3 *, of the library that weft is linked with, on each connection
 * that is opened. On a database that has neither, what needs them fails with its own "no such function" or "no such collation
 * sequence"; the rest works. Fails with WEFT_ERROR_NO_MEMORY or as the handle says. The handle's thread. */
WEFT_API weft_status weft_driver_sqlite_functions(void *sqlite3_handle, weft_error *error);
/* The status and the text of a failure that sqlite3_errmsg tells: code is the result, sql the statement's text, and NULL where
 * it was none's, such as opening. running: it was being stepped; texts that may hold values are left out then. Names of tables,
 * columns and constraints are read from it. Returns the status. The handle's thread. */
WEFT_API weft_status weft_driver_sqlite_error(void *sqlite3_handle, int code, const char *sql, bool running, weft_error *error);
/* What a column declared so holds ("TIMESTAMP_TEXT", "BIGINT"), by the words of the dialect; WEFT_UNMAPPED for NULL and for
 * others: what sqlite3_column_decltype says. Any thread. */
WEFT_API weft_type weft_driver_sqlite_type(const char *declaration);

WEFT_END_DECLS

#endif
