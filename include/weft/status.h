/* Statuses and errors: one X-macro gives the enum, the names and what a caller should do. */
#ifndef WEFT_STATUS_H
#define WEFT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/export.h>

WEFT_BEGIN_DECLS

/* What a caller can do about a status. */
typedef enum weft_advice {
    WEFT_ADVICE_NONE,        /* nothing went wrong, or "not there" */
    WEFT_ADVICE_RETRY,       /* run the whole transaction again */
    WEFT_ADVICE_FIX_INPUT,   /* the data breaks a rule of the schema */
    WEFT_ADVICE_WAIT,        /* load or a deadline: later may work */
    WEFT_ADVICE_FIX_PROGRAM, /* a mistake in the calling program */
    WEFT_ADVICE_ENVIRONMENT, /* memory, disk, configuration, server */
    WEFT_ADVICE_FIX_SCHEMA   /* the database's tables or rows are not what the models say: migrate, repair, or correct the models */
} weft_advice;

/* X(identifier, name, advice) */
#define WEFT_STATUS_LIST(X) \
    X(WEFT_OK, "ok", NONE) \
    X(WEFT_ERROR_NOT_FOUND, "not found", NONE) \
    X(WEFT_ERROR_NOT_UNIQUE, "more than one row", FIX_INPUT) \
    X(WEFT_ERROR_MISUSE, "misuse", FIX_PROGRAM) \
    X(WEFT_ERROR_WRONG_THREAD, "wrong thread", FIX_PROGRAM) \
    X(WEFT_ERROR_CLOSED, "closed", FIX_PROGRAM) \
    X(WEFT_ERROR_FORKED, "used after fork", FIX_PROGRAM) \
    X(WEFT_ERROR_UNSUPPORTED, "unsupported", FIX_PROGRAM) \
    X(WEFT_ERROR_LIMIT, "limit exceeded", FIX_INPUT) \
    X(WEFT_ERROR_URL, "bad database URL", ENVIRONMENT) \
    X(WEFT_ERROR_MODEL, "bad model", FIX_PROGRAM) \
    X(WEFT_ERROR_TYPE, "value does not fit its type", FIX_INPUT) \
    X(WEFT_ERROR_DATA, "data error", FIX_INPUT) \
    X(WEFT_ERROR_SQL, "SQL error", FIX_PROGRAM) \
    X(WEFT_ERROR_NO_TABLE, "no such table", ENVIRONMENT) \
    X(WEFT_ERROR_UNIQUE, "unique constraint", FIX_INPUT) \
    X(WEFT_ERROR_FOREIGN_KEY, "foreign key constraint", FIX_INPUT) \
    X(WEFT_ERROR_NOT_NULL, "not null constraint", FIX_INPUT) \
    X(WEFT_ERROR_CHECK, "check constraint", FIX_INPUT) \
    X(WEFT_ERROR_CONSTRAINT, "constraint", FIX_INPUT) \
    X(WEFT_ERROR_SCHEMA, "schema and models differ", FIX_SCHEMA) \
    X(WEFT_ERROR_STALE, "row changed or gone", RETRY) \
    X(WEFT_ERROR_SERIALIZATION, "serialization failure", RETRY) \
    X(WEFT_ERROR_DEADLOCK, "deadlock", RETRY) \
    X(WEFT_ERROR_BUSY, "database busy", RETRY) \
    X(WEFT_ERROR_LOCK_TIMEOUT, "lock not available", WAIT) \
    X(WEFT_ERROR_DISCONNECTED, "connection lost", RETRY) \
    X(WEFT_ERROR_CONNECT, "cannot connect", WAIT) \
    X(WEFT_ERROR_AUTH, "login refused", ENVIRONMENT) \
    X(WEFT_ERROR_TIMEOUT, "deadline passed", WAIT) \
    X(WEFT_ERROR_CANCELLED, "cancelled", WAIT) \
    X(WEFT_ERROR_POOL_TIMEOUT, "no connection became free", WAIT) \
    X(WEFT_ERROR_READ_ONLY, "read-only", ENVIRONMENT) \
    X(WEFT_ERROR_ROLLED_BACK, "transaction was rolled back", RETRY) \
    X(WEFT_ERROR_OUTCOME_UNKNOWN, "outcome of the commit unknown", ENVIRONMENT) \
    X(WEFT_ERROR_LAZY_LOAD, "relationship not loaded", FIX_PROGRAM) \
    X(WEFT_ERROR_NO_MEMORY, "out of memory", ENVIRONMENT) \
    X(WEFT_ERROR_RESOURCE, "out of a resource", ENVIRONMENT) \
    X(WEFT_ERROR_IO, "input/output error", ENVIRONMENT) \
    X(WEFT_ERROR_CORRUPT, "database damaged", ENVIRONMENT) \
    X(WEFT_ERROR_PROTOCOL, "protocol error", ENVIRONMENT) \
    X(WEFT_ERROR_INTERNAL, "internal error", FIX_PROGRAM)

typedef enum weft_status {
#define WEFT_STATUS_ENUM_(identifier, name, advice) identifier,
    WEFT_STATUS_LIST(WEFT_STATUS_ENUM_)
#undef WEFT_STATUS_ENUM_
    WEFT_STATUS_COUNT_
} weft_status;

/* What is known about the transaction in which an error happened. */
typedef enum weft_outcome {
    WEFT_OUTCOME_NONE,        /* no transaction was concerned, or it goes on */
    WEFT_OUTCOME_ROLLED_BACK, /* certainly not committed */
    WEFT_OUTCOME_COMMITTED,   /* certainly committed */
    WEFT_OUTCOME_UNKNOWN      /* COMMIT was sent and its answer lost; weft_outcome_resolve may find out */
} weft_outcome;

/* A transaction by the names that PostgreSQL gives it, for weft_outcome_resolve. All zero: none was kept. */
typedef struct weft_transaction_id {
    uint64_t id;       /* the transaction's own; 0: it had none before its COMMIT, for it had written nothing */
    uint64_t server;   /* the system identifier of its database cluster */
    uint32_t timeline; /* of that cluster: another one since a standby took over */
} weft_transaction_id;

/* Fixed size, caller-owned; filling one never allocates. Texts are cut at the end of a character to fit.
 *
 * Message, hint and names hold no values of parameters or rows and no passwords, whatever the database says and in which language
 * it says it: after a statement's text has been accepted, weft uses the database's codes and names and words of its own, unless
 * the engine was opened with .log_values or .server_messages. The values of a row that was changed by another transaction are in
 * read and found, for the program. */
typedef struct weft_error {
    weft_status status;
    weft_outcome outcome;
    bool nothing_sent;   /* the failed call certainly sent nothing to the database */
    char sqlstate[6];    /* PostgreSQL's SQLSTATE, or "" */
    int native_code;     /* sqlite3 extended result code, or errno, or 0 */
    char constraint[64]; /* when the database names it, else "" */
    char table[64];
    char column[64];
    char schema[64];     /* PostgreSQL: of the table or type */
    char datatype[64];   /* PostgreSQL: of the value, where it is a domain's, for instance */
    char routine[64];    /* PostgreSQL: the function of the server's source that refused */
    weft_transaction_id transaction; /* WEFT_ERROR_OUTCOME_UNKNOWN: of the commit, where .keep_transaction_id asked for it */
    int position;        /* of the character in the statement's text at which the database stopped, from 1; 0: it does not say */
    char read[64];       /* WEFT_ERROR_STALE: what was read of column, as text ("NULL" where it held none), cut to fit, and "" where
                            no column is known: the row is gone, or several were written at once */
    char found[64];      /* WEFT_ERROR_STALE: what column holds now */
    char message[512];
    char hint[256];      /* what to do about it, or "" */
} weft_error;

/* The status's name in words, such as "unique constraint"; a static text, for any value. Any thread. */
WEFT_API const char *weft_status_name(weft_status status);

/* The status's identifier, such as "WEFT_ERROR_UNIQUE"; a static text, for any value. Any thread. */
WEFT_API const char *weft_status_identifier(weft_status status);

/* What a caller can do about a status. Any thread. */
WEFT_API weft_advice weft_status_advice(weft_status status);

/* True where running the whole transaction again may succeed (serialization, deadlock, busy, stale row, connection lost
 * before COMMIT). False for WEFT_ERROR_OUTCOME_UNKNOWN: that may have happened. Any thread. */
WEFT_API bool weft_status_is_retryable(weft_status status);

/* True for the violations of constraints: unique, foreign key, not null, check and others. Any thread. */
WEFT_API bool weft_status_is_constraint(weft_status status);

WEFT_END_DECLS

#endif
