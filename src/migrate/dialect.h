/* What databases have each for itself when they are migrated: how scripts are cut, how one migrates at a time, and the spelling of
 * the table of versions. Private to migrate. */
#ifndef WEFTI_MIGRATE_DIALECT_H
#define WEFTI_MIGRATE_DIALECT_H

#include "base/arena.h"
#include "base/split.h"

#include <weft/connection.h>

struct wefti_op;

/* Whether a statement that was begun without a transaction, and perhaps not ended, is to be run. */
typedef enum wefti_again { WEFTI_AGAIN_RUN, WEFTI_AGAIN_DONE } wefti_again;

/* A CREATE TABLE, cut. */
typedef struct wefti_table_text {
    char *table;         /* its name, without quotes */
    const char *columns; /* what follows the name, from the parenthesis on */
} wefti_table_text;

/* Of a lease on migrating, a row of a table of its own; %: the table's name in SQL, $1: who wants it. */
typedef struct wefti_lease_sql {
    const char *create;
    const char *look;              /* a row where somebody else has it */
    const char *take, *keep, *end; /* take: a row where it was to be had */
    const char *fence;             /* a row where it is held, and cannot be taken before the transaction ends */
} wefti_lease_sql;

typedef struct wefti_migrate_dialect {
    const char *name;             /* "postgresql" */
    const wefti_split_rules *cut; /* scripts */
    bool keeps_connection;        /* a database connection is taken out of the pool: its settings and locks go with it */
    bool schemas;
    const char *exists_sql; /* $1: the table's name in SQL; a row where it is there */
    const char *schema_sql; /* $1: a schema's name; a row where it is there. NULL: there are none */
    const char *create_sql; /* %: the table's name in SQL */
    const char *now_sql;
    const char *cast; /* the sign behind an expression, before the type it is cast to; NULL: none */
    const char *script_begin;
    const char *shell; /* that runs a script and ends at the first error */
    /* In scripts, around a transaction in which tables are built anew; the end commits, and fails where rows refer to none. */
    const char *script_anew_begin, *script_anew_end;
    const char *replay_url;       /* a database of one's own, empty and soon gone, in which a history is replayed; NULL: none */
    const char *schema_set_sql;   /* $1: the schema in which unqualified names are; $2: of the transaction alone */
    const char *schema_script;    /* the same in scripts, before the schema's name in SQL */
    const char *const *settings;  /* of a connection that migrates; $1: of its transaction alone. End with NULL */
    const char *lock_timeout_sql; /* $1: of the transaction alone; $2: the milliseconds as text. NULL: none */
    const char
        *own_lock_timeout_sql; /* the same where none was asked for: shorter than the server waits before it looks for deadlocks */
    const char *no_lock_timeout_sql; /* outside of transactions */
    /* Whether a statement outside of a transaction asks for a lock of a table for which others queue, and not CONCURRENTLY: one
     * that is cancelled then leaves an index that is invalid. NULL: none does. */
    bool (*queues)(const char *sql);
    const char *lock_sql, *unlock_sql; /* $1: the key. NULL: each transaction is a lock */
    const char *transaction_lock_sql;  /* the same until the transaction ends: for connections through a pooler */
    const char *process_sql;           /* the number of the server's process */
    const wefti_lease_sql *lease;      /* for steps outside of a transaction through a pooler; NULL: there are none */
    const char *file_sql; /* gives the database's file, which is locked while steps run outside of transactions; or NULL */
    /* Looks in the catalogue what there is of a statement that runs outside of a transaction, and removes what is broken. begun: it
     * was begun before, and may have been ended. In a transaction, if one is open. */
    weft_status (*look_again)(weft_connection *connection, wefti_arena *arena, const char *sql, bool begun, wefti_again *again,
                              weft_error *error);
    /* For tables that are built anew; NULL: they are altered in place. False: the statement is none that makes a table of the
     * database by its columns, or (with the table NULL) no memory. */
    bool (*cut_table)(wefti_arena *arena, const char *sql, wefti_table_text *text);
    /* The operation that makes the table so, with all that it has beside. The texts are those of cut_table; what the operation
     * points to is in the arena. Within the transaction that will run it. */
    weft_status (*rebuild)(weft_connection *connection, wefti_arena *arena, const wefti_table_text *text, struct wefti_op *op,
                           weft_error *error);
} wefti_migrate_dialect;

extern const wefti_migrate_dialect wefti_migrate_postgres, wefti_migrate_sqlite;
extern const wefti_migrate_dialect *const wefti_migrate_dialects[]; /* all, end with NULL */

/* By name, or NULL. size: of the name. */
const wefti_migrate_dialect *wefti_migrate_dialect_of(const char *name, size_t size);

#endif
