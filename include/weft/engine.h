/* The engine: one per database, shared by all threads. */
#ifndef WEFT_ENGINE_H
#define WEFT_ENGINE_H

#include <weft/event.h>
#include <weft/log.h>
#include <weft/model.h>
#include <weft/pool.h>
#include <weft/status.h>

WEFT_BEGIN_DECLS

typedef struct weft_engine weft_engine;

/* How PostgreSQL plans prepared statements; docs/plans.md. The URL's plan_cache_mode outranks the engine's, a statement's own .plan
 * outranks both; DEFAULT of a statement is as the engine has it. SQLite has no such choice. */
typedef enum weft_plan_mode {
    WEFT_PLAN_DEFAULT, /* as the server chooses, but for statements in which a value stands beside a column that the condition of a
                          partial index names: those are planned for their values each time */
    WEFT_PLAN_AUTO,    /* as the server chooses: for the values in the first five runs, then perhaps one plan for all values */
    WEFT_PLAN_CUSTOM,  /* plan_cache_mode=force_custom_plan: every statement is planned for its values each time */
    WEFT_PLAN_GENERIC  /* plan_cache_mode=force_generic_plan: one plan for all values */
} weft_plan_mode;

/* What weft_engine_open does about a database whose schema is not the models'; see weft_engine_check. With any but NONE it
 * connects. */
typedef enum weft_schema_check {
    WEFT_SCHEMA_NONE,
    WEFT_SCHEMA_WARN,   /* logs what differs, or why it could not look, at WARNING; never fails for it */
    WEFT_SCHEMA_REFUSE, /* WEFT_ERROR_SCHEMA where statements of the models would fail (.fatal), with a list in the message; the
                           rest is logged at WARNING. What the database has beside is fine */
    WEFT_SCHEMA_REFUSE_ANY /* the same for all but what the database has beside (WEFT_DIFFERENCE_EXTRA that is not .fatal) */
} weft_schema_check;

/* Zero is the default everywhere. */
typedef struct weft_engine_options {
    const weft_metadata *metadata; /* the models; needed for everything but text SQL; static */
    weft_pool_options pool;
    bool echo;                     /* statements to stderr (weft_log_stderr at INFO), if log is NULL */
    weft_log_callback log;
    void *log_context;
    weft_log_level log_level;      /* default WEFT_LOG_WARNING, or INFO with echo */
    bool log_values;               /* parameter values in log records, and the database's own texts, which repeat them, in errors
                                      and logs; off, values appear nowhere, nor do string literals of text SQL */
    uint32_t slow_ms;              /* statements, until their last row is read, and commands of transactions that took as long are
                                      logged at WARNING; default none */
    bool slow_explain;             /* the plan of a statement that was slow is asked for and logged at WARNING, behind a savepoint
                                      within transactions; needs .slow_ms and .log_values, for plans show values. On PostgreSQL
                                      not of streams and batches; SQLite's are of no particular values */
    bool server_messages;          /* texts that code in the database raises (RAISE of PL/pgSQL and the like) in errors and logs;
                                      off, errors say that code raised them, with SQLSTATE */
    uint64_t cache_bytes;          /* of compiled statements; default 8 MiB, floor 64 KiB */
    uint32_t prepared_statements;  /* kept prepared per connection; default 256; WEFT_NONE: never by name, for poolers in
                                      transaction mode */
    weft_guard guard;              /* of the updates of all sessions: what they require of rows that others may have changed */
    const char *application_name;  /* shown by PostgreSQL's pg_stat_activity; copied */
    weft_plan_mode plan;           /* PostgreSQL: how prepared statements are planned */
    uint32_t stream_warn_ms;       /* SQLite: a stream open for longer is logged once, with the size of the WAL, which cannot be
                                      emptied meanwhile, and where its connection was taken; default 30,000, WEFT_NONE: never */
    uint32_t timeout_ms;           /* of each statement where its session or connection sets none; default none. Not of
                                      weft_create_all and weft_drop_all */
    uint32_t commit_timeout_ms;    /* COMMIT and the commands of savepoints, where nothing else bounds them (neither .timeout_ms nor
                                      a deadline): a server that has hung is given up then, with WEFT_ERROR_OUTCOME_UNKNOWN
                                      for COMMIT; default 60,000, WEFT_NONE: never, for commits that may wait for a standby */
    /* What the database calls the schemas of the models, each perhaps in double quotes: "billing = acme_billing, sales = acme"; one
     * that is not named keeps its name. Engines with this option and the same metadata, such as one for each tenant, compile each
     * statement once for all of them. Statements, weft_create_all, checks, comparisons and migrations follow; SQL of the program's
     * own (text, .server_default, .generated and the like) is sent as it stands. On SQLite all must become "main". MISUSE: a name
     * is empty, of no model, or there twice; MODEL: two tables would be one. */
    const char *schemas;
    weft_schema_check check_schema; /* refuses a database with a schema that is wrong or too old */
    /* PostgreSQL: statements end in a comment with their call site, where it is known (of a weft_connection: where it was
     * taken), and the request's traceparent (weft_session_set_trace), in the form of sqlcommenter, for pg_stat_activity and
     * the server's log. They are then parsed and planned each time, as with .prepared_statements = WEFT_NONE. COPY and
     * commands of transactions have none. */
    bool statement_comments;
    bool figures;                   /* weft_engine_cached_statements tells runs, times and rows of each statement: two looks at
                                       the clock and a few additions that threads share, for each run */
    const weft_events *events;      /* static; NULL: nobody is told */
    void *events_context;
} weft_engine_options;

/* Of the cache of compiled statements. */
typedef struct weft_cache_stats {
    uint64_t hits, misses;
    uint64_t races_lost; /* compiled by two threads at once: the loser's was dropped */
    uint64_t evictions;
    uint64_t entries;
    uint64_t bytes, limit_bytes;
} weft_cache_stats;

/* Opens an engine on a URL: sqlite:///relative/path, sqlite:////absolute/path, sqlite:// (memory), or postgresql://… with
 * everything that libpq's connection strings take; docs/databases.md lists the options. Other schemes are those of drivers that
 * the program has registered (weft/driver.h). Checks the URL, the models and the
 * options; connects only on first use (weft_engine_ping connects), or at once where .check_schema says so. Fails with
 * WEFT_ERROR_URL, WEFT_ERROR_MODEL, WEFT_ERROR_MISUSE (an option out of its range), WEFT_ERROR_NO_MEMORY, WEFT_ERROR_RESOURCE
 * (no thread for the pool), and of the check WEFT_ERROR_SCHEMA or as weft_engine_check does; then *engine is NULL. The caller
 * owns the engine and ends it with weft_engine_close. options are copied and may be NULL; the metadata must stay. Any thread. A
 * child of fork opens engines of its own; on a SQLite file that its parent had open at the fork, connecting gives
 * WEFT_ERROR_FORKED. */
WEFT_API weft_status weft_engine_open(weft_engine **engine, const char *url, const weft_engine_options *options, weft_error *error);

/* Closes the engine: its sessions, registries and connections must be closed before. Waits for connections still out for up to five
 * seconds. In a child process it frees memory and leaves the parent's connections alone. NULL is allowed. Any thread, once. */
WEFT_API void weft_engine_close(weft_engine *engine);

/* As weft_engine_close, with the time to wait for connections that are out: 0 does not wait, WEFT_NONE waits without end.
 * WEFT_ERROR_TIMEOUT where some did not come back in time (they are closed when they do, and the engine's memory is kept for
 * them). */
WEFT_API weft_status weft_engine_close_within(weft_engine *engine, uint32_t timeout_ms, weft_error *error);

/* Checks a connection out, asks the server for a sign of life, returns it: all within ten seconds, and at once where the database
 * refuses and .pool.fail_fast is set. A connection that turns out to be dead is followed by another, on another host where the URL
 * has one. Fails as weft_engine_connect does (WEFT_ERROR_CONNECT, with the reason, where there is no connection and the database
 * cannot be reached), and with WEFT_ERROR_DISCONNECTED or WEFT_ERROR_TIMEOUT. Any thread. */
WEFT_API weft_status weft_engine_ping(weft_engine *engine, weft_error *error);

/* "sqlite", "postgresql", or the name of a driver that the program has registered (weft/driver.h); static. "" for NULL. Any
 * thread. */
WEFT_API const char *weft_engine_driver(const weft_engine *engine);

/* A URL that opens the same database, but for its passwords, which are hidden as "***"; a relative path of SQLite is made absolute.
 * Lives as long as the engine. "" for NULL. Any thread. */
WEFT_API const char *weft_engine_url(const weft_engine *engine);

/* The pool's figures as they are now, for dashboards; takes no lock. All zero for NULL. Any thread. */
WEFT_API void weft_engine_pool_stats(const weft_engine *engine, weft_pool_stats *stats);
/* The same of the statement cache. Any thread. */
WEFT_API void weft_engine_cache_stats(const weft_engine *engine, weft_cache_stats *stats);

/* One statement of the cache. */
typedef struct weft_cached_statement {
    const char *sql;  /* as sent */
    uint64_t hits;    /* an estimate: one hit in 64 is counted, as 64, so that counting costs readers nothing */
    uint32_t bytes;   /* its share of weft_cache_stats.bytes */
    /* With .figures of the engine's options, since the cache took it in; else 0 and NULL. A batch of rows is one run. */
    uint64_t runs, failures; /* runs that ended, and those of them that ended in an error */
    uint64_t rows;           /* given or changed */
    uint64_t time_ns, longest_ns; /* from before it was sent to its last row, for all runs and for the longest one */
    const char *file;        /* the call that brought it into the cache; NULL where that had no place */
    int line;
} weft_cached_statement;

/* The statements that the cache holds, those with the most hits first. *statements is one block, texts included, the caller's and
 * freed with weft_free; NULL where there are none. Statements that come or go meanwhile may be missed. Fails with
 * WEFT_ERROR_NO_MEMORY, WEFT_ERROR_MISUSE. Takes no lock. Any thread. */
WEFT_API weft_status weft_engine_cached_statements(const weft_engine *engine, weft_cached_statement **statements, size_t *count,
                                                   weft_error *error);

/* Where the schema of the database differs from the models. */
typedef enum weft_difference_kind {
    WEFT_DIFFERENCE_MISSING = 1, /* in the database */
    WEFT_DIFFERENCE_EXTRA,       /* in the database only */
    WEFT_DIFFERENCE_CHANGED
} weft_difference_kind;

/* One of them. Texts are never NULL; they are "" where there is nothing to say. */
typedef struct weft_difference {
    weft_difference_kind kind;
    bool fatal;                 /* statements of the models would fail, or read what nobody writes */
    const char *object;         /* "table", "view", "column", "primary key", "unique constraint", "foreign key", "check",
                                   "exclusion constraint", "index", "enum value", "sequence" */
    const char *table, *name;   /* of a table and a sequence: its own; of an enum value: the column's */
    const char *wanted, *found; /* what the models say, and what the database has: "BIGINT NOT NULL" */
    const char *text;           /* all of it as a sentence: "room has no column floor (BIGINT NOT NULL)" */
} weft_difference;

/* Compares the database with the models of the engine, for the start of a server: in a number of queries that does not depend on
 * models and tables, of the catalogue alone, in transactions that only read, so on a standby and by a role that owns nothing,
 * too. Tables are found as statements find them (PostgreSQL: by the search path). Fatal is what statements of the models need:
 * a table, a column, a primary key, a unique constraint (a unique index will do) that is missing; a column of another kind of
 * type, one that takes no NULL where the model has one, one that the models lack and that must be given a value; a default that
 * such a column needs, a generated key or a computed column that nobody makes; a value of an enum that the database refuses; a
 * sequence that is missing.
 * Not fatal, and told: other defaults, lengths, foreign keys, checks, indexes, and what the database has beside in the tables
 * of the models. Tables that no model has are not looked at. Texts (defaults, conditions, expressions) are compared as far as
 * their structure goes: whether there is one, and which columns stand in it; weft_schema_compare_on compares them. *differences
 * is one block, texts included, the fatal ones first, the caller's and freed with weft_free; NULL and 0 where there are none.
 * Fails as connecting does, and with WEFT_ERROR_MISUSE where the engine has no models. Any thread. */
WEFT_API weft_status weft_engine_check(weft_engine *engine, weft_difference **differences, size_t *count, weft_error *error);

/* Retires every pooled connection: those that are out close when they come back. NULL is allowed. Any thread. */
WEFT_API void weft_engine_invalidate(weft_engine *engine);

/* Gives no connection out until weft_engine_resume: for a failover or a maintenance of the server. Work that has a connection goes
 * on; what asks for one waits, within its deadlines (WEFT_ERROR_POOL_TIMEOUT). NULL is allowed. Any thread. */
WEFT_API void weft_engine_suspend(weft_engine *engine);
/* Serves those who wait, in order of arrival, and goes on as before. NULL is allowed. Any thread. */
WEFT_API void weft_engine_resume(weft_engine *engine);

/* The second phase of what weft_connection_prepare or weft_session_prepare began: commits, or rolls back, the transaction that
 * waits under this name in the engine's database, from any process. WEFT_ERROR_NOT_FOUND where none does (again);
 * WEFT_ERROR_OUTCOME_UNKNOWN where the answer was lost: ask again, until it is found or gone. Otherwise fails as
 * weft_engine_connect does. WEFT_ERROR_UNSUPPORTED on SQLite. Any thread. */
WEFT_API weft_status weft_engine_commit_prepared(weft_engine *engine, const char *name, weft_error *error);
WEFT_API weft_status weft_engine_rollback_prepared(weft_engine *engine, const char *name, weft_error *error);

/* A transaction that waits for its second phase. */
typedef struct weft_prepared {
    const char *name;
    weft_timestamp since;
    const char *owner; /* the role that prepared it */
} weft_prepared;
/* All that wait in the engine's database, whoever prepared them, oldest first. *items is one block, texts included, the caller's
 * and freed with weft_free; NULL where there are none. WEFT_ERROR_UNSUPPORTED on SQLite. Any thread. */
WEFT_API weft_status weft_engine_prepared(weft_engine *engine, weft_prepared **items, size_t *count, weft_error *error);

/* What became of a transaction whose COMMIT failed with WEFT_ERROR_OUTCOME_UNKNOWN: id is the error's .transaction, kept where the
 * session or connection was opened with .keep_transaction_id. Asks on a connection of the pool (never on the one that was lost),
 * again and again while the transaction is still running or the server is away, for at most timeout_ms (0: ten seconds).
 * WEFT_OK: *outcome is WEFT_OUTCOME_COMMITTED or WEFT_OUTCOME_ROLLED_BACK, for certain. Else it is WEFT_OUTCOME_UNKNOWN, with
 * WEFT_ERROR_TIMEOUT where the transaction was still running in the end (it may still commit: ask again later, or end its backend),
 * WEFT_ERROR_OUTCOME_UNKNOWN where the server cannot know (too long ago, before a standby took over, another cluster, a transaction
 * without an id), WEFT_ERROR_MISUSE where no id was kept, WEFT_ERROR_UNSUPPORTED on SQLite, where no commit is ever in doubt, and
 * as weft_engine_connect fails. The id may be stored, and asked for by another process. Any thread. */
WEFT_API weft_status weft_outcome_resolve(weft_engine *engine, weft_transaction_id id, uint32_t timeout_ms, weft_outcome *outcome,
                                          weft_error *error);

/* Empties the statement cache; statements in flight finish, and connections forget the ones they keep prepared as they run others.
 * What was read of tables (weft_session_table) is read again: for changes of the schema that did not go through this engine. NULL
 * is allowed. Any thread. */
WEFT_API void weft_engine_clear_cache(weft_engine *engine);

/* Creates the tables of the models that do not exist yet, with their constraints and indexes and the sequences that their defaults
 * name (nextval('…')), in the order of their foreign keys, in one transaction. Existing tables are left as they are. Several
 * processes may do so at once. WEFT_OK means that every table is there, and every index of those that were made: where something
 * else has the name of one (a sequence, an index, a type), it is an error (WEFT_ERROR_SCHEMA on PostgreSQL). Fails as
 * weft_engine_connect does and with what the database says. Any thread. */
WEFT_API weft_status weft_create_all(weft_engine *engine, weft_error *error);

/* Drops the tables of the models that exist, with all their rows, in reverse order, in one transaction; tables that refer to each
 * other, too, whatever their foreign keys are called there; then the sequences that their defaults name, which nobody else may draw
 * from. Fails as weft_create_all. Any thread. */
WEFT_API weft_status weft_drop_all(weft_engine *engine, weft_error *error);

/* The statements of weft_create_all as one script, for all tables; connects to nothing. *script is the caller's and freed with
 * weft_free. Any thread. */
WEFT_API weft_status weft_create_script(weft_engine *engine, char **script, weft_error *error);

/* Frees memory that weft gave to the caller. NULL is allowed. Any thread. */
WEFT_API void weft_free(void *memory);

WEFT_END_DECLS

#endif
