/* The session: identity map and unit of work.
 *
 * Threads: a session, its objects, lists and selects belong to one thread at a time; another thread's call answers
 * WEFT_ERROR_WRONG_THREAD (or an empty result) and changes nothing. A NULL session answers WEFT_ERROR_MISUSE.
 * Errors are sticky: after one, calls do nothing and return the same status until weft_session_rollback (or the rollback of a
 * savepoint), so that a handler may check once, at commit. Calls that give objects or lists give NULL or an empty list both for
 * "there is none" and for "failed"; weft_session_status tells which.
 * Lifespans: objects live until they are expunged, their insertion is rolled back, or the session is cleared or closed; lists until
 * the session is cleared or closed; mutable pointers (weft_new, weft_edit) until the transaction ends.
 * Most calls are made by a macro, which checks types; the function that it calls stands below it, for programs and bindings without
 * macros: it takes the model, and untyped pointers to structs of that model. */
#ifndef WEFT_SESSION_H
#define WEFT_SESSION_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 17 "<weft/session.h>"
#endif

#include <weft/connection.h>
#include <weft/load.h>
#include <weft/statement.h>

WEFT_BEGIN_DECLS

typedef struct weft_session weft_session;
typedef struct weft_select weft_select;

typedef struct weft_session_options {
    uint32_t timeout_ms;        /* per statement; default the engine's; WEFT_NONE: none */
    weft_isolation isolation;   /* of its transactions; above READ COMMITTED they begin with the first statement, reads included */
    bool read_only;             /* flush is an error; transactions are READ ONLY. At the default isolation a SELECT needs none: on
                                   PostgreSQL it is kept from writing in its own round trip, whatever it calls */
    bool deferrable;            /* as in weft_connection_options */
    bool no_autoflush;          /* queries do not flush pending changes to their tables first */
    bool report_unloaded;       /* weft_each over a relationship that is not loaded is logged as a warning */
    bool check_writes;          /* finds writes through a pointer whose transaction has ended; costs a copy of every edited
                                   object */
    bool stale_deletes;         /* a flush that deletes a row which is gone already fails with WEFT_ERROR_STALE; else that is logged
                                   as a warning. Models with a version column always fail */
    bool unbatched_lazy;        /* weft_lazy loads for one object at a time, as other ORMs do; for comparisons */
    uint32_t n_plus_one_after;  /* loads of one relationship (or gets) from one call site that make a report; default 8; WEFT_NONE:
                                   never */
    bool keep_transaction_id;   /* as in weft_connection_options: for weft_outcome_resolve */
    weft_guard guard;           /* what its updates require of rows that others may have changed */
    weft_status (*on_begin)(weft_session *session, weft_connection *connection, void *user, weft_error *error);
                                /* called when a transaction has begun (SET LOCAL for row-level security), on its connection; a
                                   status that is no WEFT_OK fails what wanted the transaction, with the message that *error has.
                                   With it reads begin a transaction, too */
    void *user;                 /* weft_session_user gives it back; in log records */
} weft_session_options;

/* What a query selects and how it loads. weft_get takes .load, .refresh, .for_update, .lock, .skip_locked and .no_wait; others are
 * MISUSE. weft_exists and weft_count_of take .joins, .where, .distinct and .plan; what orders, limits and loads does not count
 * there, and a lock is MISUSE. */
typedef struct weft_query_options {
    const char *file_;      /* the call site, for logs and N+1 reports: filled by the macros, static, may be NULL */
    int line_;
    weft_join_step joins;   /* one, weft_join(User, addresses), or weft_joins(…) */
    const weft_expr *where;
    const weft_expr *order_by; /* one, weft_asc(User, name), or weft_order(…) */
    const weft_loader *load;   /* one, weft_selectin(User, addresses), or weft_load(…) */
    bool distinct;          /* each object once, whatever joins repeat; ordering by what each may have several of is misuse */
    bool refresh;           /* objects already in the session are overwritten with the row, except those with unflushed edits */
    bool for_update;        /* locks the rows of the query's model until the transaction ends, and shows what the lock waited for,
                               as .refresh does; SQLite takes the write lock. Pending changes are flushed first; an object of a
                               locked row with edits that were not is misuse */
    weft_lock lock;         /* in place of for_update, which is WEFT_FOR_UPDATE: a lock that lets others do more, else alike. Behind
                               WEFT_FOR_KEY_SHARE others may change the row, so that an UPDATE of the object checks as without */
    bool skip_locked;       /* with a lock (else MISUSE): leaves out what others have locked; on SQLite there is nothing to skip */
    bool no_wait;           /* with a lock (else MISUSE): a locked row is WEFT_ERROR_LOCK_TIMEOUT at once; UNSUPPORTED on SQLite */
    const weft_model *const *of; /* with a lock (else MISUSE): the rows of these joined models, too: weft_models(&Item_model). All
                               objects of the session become stale */
    int64_t limit, offset;  /* rows; limit 0: all, WEFT_NONE: none; negative is misuse */
    weft_plan_mode plan;    /* PostgreSQL: how this statement is planned, where it is not as the engine's .plan says; not those of
                               loaders; docs/plans.md */
} weft_query_options;

typedef struct weft_session_stats {
    uint64_t statements;      /* sent, without BEGIN, COMMIT and the like */
    uint64_t transactions;
    uint64_t rows;            /* fetched */
    uint64_t objects;         /* in the identity map now */
    uint64_t bytes;           /* held by objects, their text and lists now */
    uint64_t identity_hits;   /* weft_get without a statement */
    uint64_t lazy_loads;      /* statements sent by weft_lazy */
    uint64_t eager_loads;     /* statements sent by loader options, beyond the query's own */
    uint64_t n_plus_one;      /* reports made */
} weft_session_stats;

/* One call site that sends a statement per object: what, how often, from where. */
typedef struct weft_n_plus_one {
    const char *model;
    const char *field;  /* the relationship, or NULL for weft_get */
    uint64_t count;     /* statements from this place in this session since it was opened or cleared */
    const char *file;
    int line;
} weft_n_plus_one;

/* ---- life ---- */

/* A new session of an engine, owned by the calling thread, which ends it with weft_session_close before the engine closes. Never
 * NULL: without an engine (WEFT_ERROR_MISUSE), without memory (WEFT_ERROR_NO_MEMORY) or in a child process of the engine's
 * (WEFT_ERROR_FORKED) it gives a static session that has failed so for good. options are copied and may be NULL. Opens no
 * connection. */
WEFT_API weft_session *weft_session_open(weft_engine *engine, const weft_session_options *options);
/* A session that works within a connection's transaction, which the connection's owner ends: for tests that leave nothing
 * behind, and for libraries that take part in a caller's transaction. connection is of weft_engine_connect, used by the same
 * thread. The session's transactions are savepoints there, reads included, and begin one on the connection where none is open
 * (not in autocommit: MISUSE). Commit checks deferred constraints, also those that the connection's own statements left, and
 * releases the savepoint: rows are durable when the connection commits. One session at a time has a transaction there; another
 * one's, and commit, savepoints and streams of the connection meanwhile, are MISUSE. Rollback and close of the connection take
 * the session's transaction along, and after the close the session, rolled back, only answers WEFT_ERROR_CLOSED. .isolation of
 * the options is the connection's; any other is MISUSE. now() stands still, and locks stay until the connection's transaction
 * ends. With .on_begin, what it and others set by SET LOCAL is put back at commit (RESET ALL). Never NULL; a failed session for
 * a connection that is NULL or not of weft_engine_connect. The caller ends it with weft_session_close. */
WEFT_API weft_session *weft_session_open_on(weft_connection *connection, const weft_session_options *options);
/* Rolls back, returns the connection, frees the session with all objects, lists and selects. NULL is allowed. From a thread that
 * does not own the session it closes nothing and logs an error. A scoped session leaves its registry first. */
WEFT_API void weft_session_close(weft_session *session);
/* Rolls back what is open, frees all objects, lists and selects, forgets pending changes and the sticky error; the session goes on
 * empty. */
WEFT_API weft_status weft_session_clear(weft_session *session);
/* Makes the calling thread the owner of a session that its owner has given up by weft_session_release: what was done before the
 * release is seen here. The pointer itself travels by the program's own means (a queue, a mutex). WEFT_ERROR_WRONG_THREAD where
 * the session is still another's; WEFT_OK where it is the caller's already. Who adopts a session ends it with weft_session_close,
 * also where a registry had made it. */
WEFT_API weft_status weft_session_adopt(weft_session *session);
/* Gives the session up, with its objects and an open transaction, so that another thread may adopt it; until then every call
 * answers WEFT_ERROR_WRONG_THREAD. A scoped session leaves its registry: it is the program's own from then on, and outlives the
 * registry. */
WEFT_API weft_status weft_session_release(weft_session *session);
/* A deadline for all that follows, in milliseconds from now: what would go beyond it fails with WEFT_ERROR_TIMEOUT (rollback goes
 * through all the same, and may take a second more). 0 or WEFT_NONE takes it away; weft_scoped_remove does, too. Returns the
 * sticky status, and sets the deadline in any case. */
WEFT_API weft_status weft_session_set_deadline(weft_session *session, uint32_t timeout_ms);
/* The W3C traceparent of what follows in the session, for the engine's .statement_comments; copied; NULL: none. weft_scoped_remove
 * takes it away. MISUSE, and the session has failed, for a text that is no traceparent. */
WEFT_API weft_status weft_session_set_trace(weft_session *session, const char *traceparent);
/* The pointer given as .user, or NULL. */
WEFT_API void *weft_session_user(const weft_session *session);
/* The session's engine, borrowed; NULL for a session that could not be opened. */
WEFT_API weft_engine *weft_session_engine(const weft_session *session);

/* ---- errors ---- */

/* The sticky status: WEFT_OK when all went well. From a foreign thread WEFT_ERROR_WRONG_THREAD. */
WEFT_API weft_status weft_session_status(const weft_session *session);
/* The sticky error; never NULL; lives until the next call that changes it. From a foreign thread a static one. */
WEFT_API const weft_error *weft_session_error(const weft_session *session);

/* ---- call sites ---- */

/* Notes where the next call on the session stands, for logs, reports and figures. The macros of this header do so, also those that
 * have the name of a function, as weft_session_commit: wrappers call it for the place of their own caller. file is static and may
 * be NULL, for unknown. Gives the session, whatever it is. */
WEFT_API weft_session *weft_session_at(weft_session *session, const char *file, int line);
#define WEFT_HERE_(s) weft_session_at((s), __FILE__, __LINE__)

/* ---- transaction ---- */

/* Sends what was made, changed and deleted, ordered and batched, in the open transaction or in one begun for it, which stays open.
 * Fails with the database's status (constraints, WEFT_ERROR_TYPE for what does not fit), with WEFT_ERROR_STALE where a row that was
 * to change is gone or has another version, and with WEFT_ERROR_READ_ONLY in a read-only session. */
WEFT_API weft_status weft_session_flush(weft_session *session);
#define weft_session_flush(s) weft_session_flush(WEFT_HERE_(s))
/* Flush, COMMIT, connection back to the pool. Objects stay readable and become stale: the next query or weft_get that meets them
 * refreshes them. Mutable pointers end here. Where it fails nothing was committed, but for WEFT_ERROR_OUTCOME_UNKNOWN, where the
 * answer to COMMIT was lost; the session then waits for weft_session_rollback. */
WEFT_API weft_status weft_session_commit(weft_session *session);
#define weft_session_commit(s) weft_session_commit(WEFT_HERE_(s))
/* Flush, and the first phase of a commit in two phases: see weft_connection_prepare. For the session it is a commit: where the
 * second phase rolls back, objects find out when they are refreshed. MISUSE for a session of weft_session_open_on and within
 * weft_transact. */
WEFT_API weft_status weft_session_prepare(weft_session *session, const char *name);
#define weft_session_prepare(s, ...) weft_session_prepare(WEFT_HERE_(s), __VA_ARGS__)
/* Undoes everything since the last commit, in the database and in the objects, and clears the sticky error. Objects made since then
 * leave the session. WEFT_OK for its owner even where ROLLBACK cannot be sent, or is not answered in five seconds (a second where
 * the session's deadline has passed): the connection is closed then, which rolls back, too. WEFT_ERROR_FORKED in a child
 * process. */
WEFT_API weft_status weft_session_rollback(weft_session *session);
#define weft_session_rollback(s) weft_session_rollback(WEFT_HERE_(s))
/* Flushes and opens a savepoint, in a transaction begun for it where none is open. They nest, up to 64 deep (WEFT_ERROR_LIMIT). */
WEFT_API weft_status weft_session_savepoint(weft_session *session);
#define weft_session_savepoint(s) weft_session_savepoint(WEFT_HERE_(s))
/* Flushes and ends the innermost savepoint, keeping its changes. MISUSE where none is open. */
WEFT_API weft_status weft_session_savepoint_release(weft_session *session);
#define weft_session_savepoint_release(s) weft_session_savepoint_release(WEFT_HERE_(s))
/* Undoes everything since the innermost savepoint, in the database and in the objects, ends it, and clears the sticky error; after
 * a WEFT_ERROR_TIMEOUT as weft_connection_rollback_to does, until a second beyond the session's deadline. Fails where the
 * connection was lost (then only weft_session_rollback helps); MISUSE where no savepoint is open. */
WEFT_API weft_status weft_session_savepoint_rollback(weft_session *session);
#define weft_session_savepoint_rollback(s) weft_session_savepoint_rollback(WEFT_HERE_(s))
/* Whether BEGIN was sent (or is about to go with the next statement): reads at the default isolation need none. True within
 * weft_transact. */
WEFT_API bool weft_session_in_transaction(const weft_session *session);

typedef struct weft_transact_options {
    weft_isolation isolation; /* of this transaction; by default the session's */
    uint32_t attempts;     /* at most; default: as many as the time allows */
    uint32_t timeout_ms;   /* a deadline for all attempts together; default none */
    bool savepoint;        /* run as a savepoint of the open transaction: no retry, and the other options do not apply */
    bool read_only;        /* the body only reads: flush is an error, and on SQLite others write meanwhile */
} weft_transact_options;

/* Runs the body in a transaction and commits; runs it again, after a short random wait, where the session's error is one
 * that weft_status_is_retryable (serialization, deadlock, busy, stale row, connection lost before COMMIT), for ten seconds, or
 * until the deadline where the session or .timeout_ms sets one. The body must be repeatable. context is handed to it; options may
 * be NULL.
 * The body's reads belong to its transaction; on SQLite its first statement takes the right to write, unless .read_only, so that
 * bodies run one after the other. What the body returns ends the transaction: WEFT_OK commits, anything else rolls back and is
 * returned, unless the session has an error of its own, which outranks it; where it returns what a savepoint within it failed by,
 * or a call on weft_session_connection, it fails by that, and is run again as for its own. An unknown outcome is never retried, and
 * neither is WEFT_ERROR_STALE of an object that the program had read before the call and that was not stale then: it keeps what was
 * read through all attempts, for the program may have decided upon it. Once the body was called the session is clean afterwards; of
 * an error that ended it the details (message, table, constraint) stay readable by weft_session_error, with the status WEFT_OK.
 * MISUSE where the session has pending changes or an open transaction, unless .savepoint; and where the body itself committed or
 * rolled back (what it did after that is rolled back), with .savepoint also where it ended the savepoint: then the session has
 * failed, for only its whole transaction can be undone. */
WEFT_API weft_status weft_transact(weft_session *session, weft_status (*body)(weft_session *session, void *context), void *context,
                                   const weft_transact_options *options);
#define weft_transact(s, ...) weft_transact(WEFT_HERE_(s), __VA_ARGS__)

/* ---- objects ---- */

/* A key by its C type, as weft_get's macro makes it of an integer (or a value of an enum), a text, a uuid, or of
 * weft_key(Member, .group_id = 3, .code = "x") for a composite key and for one of another type (date, bytes). */
typedef struct weft_key_value {
    int kind; /* 0 integer, 1 text, 2 uuid, 3 struct, 4 an integer above INT64_MAX */
    int64_t i;
    const void *p;
    weft_uuid u;
} weft_key_value;
/* A key of one integer column, or the number of an enum's value. Any thread. */
WEFT_API weft_key_value weft_key_int64(int64_t key);
/* The same of an unsigned integer; one above INT64_MAX is WEFT_ERROR_TYPE in the call that takes it. Any thread. */
WEFT_API weft_key_value weft_key_uint64(uint64_t key);
/* A key of one text, decimal or JSON column; borrowed until the call that takes it returns. NULL finds no row. Any thread. */
WEFT_API weft_key_value weft_key_text(const char *key);
/* A key of one UUID column. Any thread. */
WEFT_API weft_key_value weft_key_uuid(weft_uuid key);
/* The key that a struct of the model holds in its key fields, whatever their number and types; borrowed until the call that takes
 * it returns; NULL is MISUSE there. Any thread. */
WEFT_API weft_key_value weft_key_struct(const void *key);
#define weft_key(M, ...) WEFT_STRUCT_(M) __VA_ARGS__ WEFT_STRUCT_END_
#define WEFT_KEY_OF(M, k) \
    _Generic((k), char: weft_key_int64, signed char: weft_key_int64, unsigned char: weft_key_int64, short: weft_key_int64, \
        unsigned short: weft_key_int64, int: weft_key_int64, unsigned: weft_key_int64, long: weft_key_int64, \
        unsigned long: weft_key_uint64, long long: weft_key_int64, unsigned long long: weft_key_uint64, char *: weft_key_text, \
        const char *: weft_key_text, weft_uuid: weft_key_uuid, \
        M *: weft_key_struct, const M *: weft_key_struct)(k)

#define WEFT_AT_ .file_ = __FILE__, .line_ = __LINE__

/* The object with this key, from the identity map or the database: weft_get(s, User, 7, .load = …). */
#define weft_get(s, M, ...) WEFT_GET_(s, M, __VA_ARGS__, WEFT_AT_)
#define WEFT_GET_(s, M, k, ...) \
    ((const M *)weft_session_get((s), &M##_model, WEFT_KEY_OF(M, k), WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_get does, without types. Pending changes of the model's table are flushed first where the object is not in the session.
 * NULL where there is no row, where the object is to be deleted, or where the session failed: WEFT_ERROR_MISUSE for a key of
 * another type or number of columns, WEFT_ERROR_TYPE for a number that is none of an enum's values, WEFT_ERROR_MODEL for a model
 * that the engine does not know. options may be NULL. */
WEFT_API const void *weft_session_get(weft_session *session, const weft_model *model, weft_key_value key,
                                      const weft_query_options *options);

/* Several by key, in one statement for those that are not in the session: weft_get_many(s, User, ids, count). keys is an array of
 * the C type of the primary key, which must be a single column: integers (short, int, long, long long, unsigned from
 * 32 bits on; values of an enum are such), texts or uuids. */
#define weft_get_many(s, M, keys, n) WEFT_GET_MANY_(s, M, keys, n)
#define WEFT_GET_MANY_(s, M, keys, n) M##_list_of(weft_session_get_many((s), &M##_model, WEFT_KEYS_OF(keys, n), __FILE__, __LINE__))
#define WEFT_KEYS_OF(keys, n) \
    _Generic((keys), const char **: weft_items_text, const char *const *: weft_items_text, weft_uuid *: weft_items_uuid, \
        const weft_uuid *: weft_items_uuid, default: WEFT_KEYS_OF_INTEGERS_(keys))((keys), (n))
#define WEFT_KEYS_OF_INTEGERS_(keys) \
    _Generic((keys), const short *: weft_items_int16, short *: weft_items_int16, const int *: weft_items_int32, \
        int *: weft_items_int32, const unsigned *: weft_items_uint32, unsigned *: weft_items_uint32, \
        const long *: weft_items_long, \
        long *: weft_items_long, const unsigned long *: weft_items_ulong, unsigned long *: weft_items_ulong, \
        const long long *: weft_items_int64, long long *: weft_items_int64, const unsigned long long *: weft_items_uint64, \
        unsigned long long *: weft_items_uint64, default: weft_items_of_no_known_type)
/* What weft_get_many does, with keys from the weft_items_… of integers, of texts or of uuids; others are MISUSE, and so is a model
 * with a composite key. WEFT_ERROR_TYPE for a key above INT64_MAX and for one that is none of an enum's values. The list has an
 * item for each key, in their order; NULL where a key has no row. Empty where the session failed. file (static, may be NULL) and
 * line: the call site. */
WEFT_API weft_list weft_session_get_many(weft_session *session, const weft_model *model, weft_value keys, const char *file,
                                         int line);

/* Objects by query: weft_query(s, User, .where = …, .order_by = weft_order(…), .load = weft_load(…), .limit = 10). Pending changes
 * that it could see are flushed first (unless no_autoflush). An object that is in the session already is given as it is there;
 * a stale one is refreshed. */
#define weft_query(s, ...) WEFT_QUERY_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_QUERY_(s, M, ...) \
    M##_list_of(weft_session_query((s), &M##_model, WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_query does; the items are pointers to structs of the model. Each object stands once, also where joins repeat its row.
 * WEFT_ERROR_MISUSE for a malformed expression or a negative limit. options may be NULL: all rows. */
WEFT_API weft_list weft_session_query(weft_session *session, const weft_model *model, const weft_query_options *options);
/* As weft_query, and *total gets the number of rows without limit and offset: weft_query_page(s, User, &total, .limit = 20). */
#define weft_query_page(s, M, ...) WEFT_QUERY_PAGE_(s, M, __VA_ARGS__, WEFT_AT_)
#define WEFT_QUERY_PAGE_(s, M, total, ...) \
    M##_list_of(weft_session_query_page((s), &M##_model, (total), WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_query_page does, in two statements, which outside a transaction may see two states. total may be NULL; it is 0 where
 * the session failed. options may be NULL. */
WEFT_API weft_list weft_session_query_page(weft_session *session, const weft_model *model, int64_t *total,
                                           const weft_query_options *options);
/* The first, or NULL: weft_first(s, User, .where = …, .order_by = …). */
#define weft_first(s, ...) WEFT_FIRST_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_FIRST_(s, M, ...) \
    ((const M *)weft_session_first((s), &M##_model, WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_first does: a query with limit 1. options may be NULL. */
WEFT_API const void *weft_session_first(weft_session *session, const weft_model *model, const weft_query_options *options);
/* The only one: weft_one(s, User, &status, .where = …). */
#define weft_one(s, M, ...) WEFT_ONE_(s, M, __VA_ARGS__, WEFT_AT_)
#define WEFT_ONE_(s, M, status, ...) \
    ((const M *)weft_session_one((s), &M##_model, (status), WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_one does: a query with limit 2 (a smaller one stays). Where there is not exactly one object it gives NULL, and *status
 * is WEFT_ERROR_NOT_FOUND or WEFT_ERROR_NOT_UNIQUE; neither is sticky. Else *status is the session's. status and options may be
 * NULL. */
WEFT_API const void *weft_session_one(weft_session *session, const weft_model *model, weft_status *status,
                                      const weft_query_options *options);
/* Whether there is such a row: weft_exists(s, User, .where = …). */
#define weft_exists(s, ...) WEFT_EXISTS_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_EXISTS_(s, M, ...) weft_session_exists((s), &M##_model, WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_)
/* What weft_exists does; limit and offset do not count, and a lock is MISUSE. false also where the session failed. options may be
 * NULL. */
WEFT_API bool weft_session_exists(weft_session *session, const weft_model *model, const weft_query_options *options);
/* The number of such rows: weft_count_of(s, User, .where = …). */
#define weft_count_of(s, ...) WEFT_COUNT_OF_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_COUNT_OF_(s, M, ...) \
    weft_session_count((s), &M##_model, WEFT_STRUCT_(weft_query_options) __VA_ARGS__ WEFT_STRUCT_END_)
/* What weft_count_of does; limit and offset do not count, a lock is MISUSE, and rows that joins repeat count each time unless
 * .distinct. 0 also where the session failed. options may be NULL. */
WEFT_API int64_t weft_session_count(weft_session *session, const weft_model *model, const weft_query_options *options);

/* A new object with these fields, inserted at the next flush; text and bytes are copied at the call; relationship fields given are
 * linked at both sides. Never NULL: a session that cannot give one gives a scratch object that is never flushed. The pointer may be
 * written through until the transaction ends; then the object goes on as a loaded one. Keys that the database makes ascend in the
 * order of these calls among the objects of a flush that leave the same columns to .server_default: they are inserted together. */
#define weft_new(s, M, ...) ((M *)weft_session_new((s), &M##_model, WEFT_STRUCT_(M) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_new does: values is a struct of the model, read at the call. Mutable until the transaction ends. */
WEFT_API void *weft_session_new(weft_session *session, const weft_model *model, const void *values);
/* The mutable pointer to a loaded object, which is compared with what was loaded at flush. A stale object is reloaded first. What
 * another transaction has written since the object was read is not overwritten: the flush is WEFT_ERROR_STALE where a column that
 * is to be written holds something else by now (.guard says more or less than that). What rests on other columns stays open: after
 * if (a->balance >= 10) weft_edit(s, Account, a)->approved = true; the balance may have become 0 meanwhile, and approved is written
 * all the same. Lock the row (.for_update), or check all columns (WEFT_GUARD_LOADED), or use a version column or a higher isolation
 * where that matters. Text
 * assigned through it is borrowed until the next flush, which copies it; weft_text copies at once. A write through a pointer from
 * before the last flush goes with the next flush or commit; a query that should see it needs weft_edit again (or
 * weft_session_flush). Columns that are not loaded and whose fields do not show it (all but texts, bytes, decimals and JSON) are
 * loaded first, for all objects that were loaded together: else a zero that is written could not be told from none. Never NULL, as
 * weft_new. */
#define weft_edit(s, M, o) ((M *)weft_session_edit((s), &M##_model, WEFT_SAME(M, o)))
/* What weft_edit does. object NULL gives a scratch object and no error. MISUSE for an object of another session or model or one
 * that has left the session; WEFT_ERROR_STALE where a stale object's row is gone. */
WEFT_API void *weft_session_edit(weft_session *session, const weft_model *model, const void *object);
/* Stores any value in a field, zero and NULL included, also where zero would let a default fire: weft_set(s, User, u, age, 0). A
 * column that is not loaded is written without being read. */
#define weft_set(s, M, o, f, ...) \
    weft_session_set((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f), WEFT_VALUE_LIKE(((M *)0)->f, __VA_ARGS__))
#define weft_set_null(s, M, o, f) \
    weft_session_set((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f) + 0 * sizeof(((M *)0)->f), weft_value_null(WEFT_UNMAPPED))
/* What weft_set and weft_set_null do; offset is the field's. The value is copied. WEFT_ERROR_TYPE where it does not fit the column,
 * WEFT_ERROR_NOT_NULL for NULL where that is not allowed, MISUSE for a field that is no column; otherwise as weft_session_edit. */
WEFT_API weft_status weft_session_set(weft_session *session, const weft_model *model, const void *object, size_t offset,
                                      weft_value value);
/* Deletes the object's row at the next flush, with what its cascades say: weft_delete(s, User, user). Who names it by a
 * relationship or by the field of a foreign key, even if only since, loses it then. */
#define weft_delete(s, M, o) weft_session_delete((s), &M##_model, WEFT_SAME(M, o))
/* What weft_delete does. NULL deletes nothing. The object stays readable until the transaction after its deletion ends. */
WEFT_API weft_status weft_session_delete(weft_session *session, const weft_model *model, const void *object);
/* A copy of a text in the session's memory: lives until the transaction ends. NULL gives NULL; a failed session gives "", and so
 * does one that has no memory for it, which then has failed. */
WEFT_API const char *weft_text(weft_session *session, const char *text);
/* Printf into the session's memory, as weft_text. */
WEFT_API const char *weft_format(weft_session *session, const char *format, ...) WEFT_PRINTF(2, 3);

/* Links. append and remove work on collections, assign on single relationships (x may be NULL there: weft_assign(s, A, a, user,
 * User, (const User *)NULL)). The other side and the foreign key follow; an unloaded side takes the change in when it loads. Of
 * many to many, appending what is linked already and removing what is not are no changes, whether the collection is loaded or not:
 * a link is one row however often it is made. Who gets a single child (WEFT_HAS_ONE) gives up the one before, which is loaded where
 * need be. */
#define weft_append(s, M, o, f, T, x) WEFT_LINK_(1, s, M, o, f, T##_list, T, x)
#define weft_remove(s, M, o, f, T, x) WEFT_LINK_(-1, s, M, o, f, T##_list, T, x)
#define weft_assign(s, M, o, f, T, x) WEFT_LINK_(0, s, M, o, f, const T *, T, x)
#define WEFT_LINK_(how, s, M, o, f, F, T, x) \
    weft_session_link((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, F: 1)), WEFT_SAME(T, \
        x), (how))
/* What weft_append (how 1), weft_remove (-1) and weft_assign (0) do; offset is the relationship's field, other an object of its
 * target, NULL only with how 0. MISUSE for a view-only relationship, for the wrong kind of call, for weft_remove of what is not
 * there (of a one-to-many), and where the foreign key was set to another row. */
WEFT_API weft_status weft_session_link(weft_session *session, const weft_model *model, const void *object, size_t offset,
                                       const void *other, int how);

/* A relationship, loaded now if it is not: for all objects that were loaded together with this one, in one statement. A stale
 * object is refreshed first, together with those that were loaded with it. Gives the field:
 * weft_each (Address, a, weft_lazy(s, User, user, addresses)). Empty or NULL where the load fails or object is NULL. It may also
 * stand alone, to load. A column that was not loaded (.deferred, or left out by a loader) is loaded likewise, with those of its
 * .group: weft_lazy(s, Article, article, body). (Reading the field as volatile keeps compilers from warning about that; its value
 * has the field's type.) */
#define weft_lazy(s, M, o, f) \
    (*&((const volatile M *)weft_session_lazy((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f), __FILE__, __LINE__))->f)
/* What weft_lazy does, but that it gives the object, whose field at offset is loaded then; where that fails, or object is NULL, an
 * empty scratch object. WEFT_ERROR_LAZY_LOAD where the model or the query forbids it. file (static, may be NULL) and line: the call
 * site, for N+1 reports. */
WEFT_API const void *weft_session_lazy(weft_session *session, const weft_model *model, const void *object, size_t offset,
                                       const char *file, int line);
/* Whether a relationship or a column is loaded: weft_loaded(s, User, user, addresses). A column that was written to counts as
 * loaded. */
#define weft_loaded(s, M, o, f) weft_session_loaded((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f))
/* What weft_loaded does; false for whatever is not an object of the model. Sends nothing; answers in a failed session, too. */
WEFT_API bool weft_session_loaded(const weft_session *session, const weft_model *model, const void *object, size_t offset);

/* Reloads an object now, discarding unflushed edits: weft_refresh(s, User, user). */
#define weft_refresh(s, M, o) weft_session_refresh(WEFT_HERE_(s), &M##_model, WEFT_SAME(M, o))
/* What weft_refresh does. WEFT_ERROR_NOT_FOUND, not sticky, where the row is gone; MISUSE for an object that was not inserted
 * yet. */
WEFT_API weft_status weft_session_refresh(weft_session *session, const weft_model *model, const void *object);
/* Takes an object out of the session; pending changes to it are dropped: weft_expunge(s, User, user). */
#define weft_expunge(s, M, o) weft_session_expunge((s), &M##_model, WEFT_SAME(M, o))
/* What weft_expunge does. The object stays readable until the transaction after that ends. MISUSE where pending objects refer to
 * this one and it is new itself. */
WEFT_API weft_status weft_session_expunge(weft_session *session, const weft_model *model, const void *object);

typedef enum weft_object_state {
    WEFT_OBJECT_NONE,       /* not of this session, or scratch */
    WEFT_OBJECT_PENDING,    /* new, not inserted yet */
    WEFT_OBJECT_PERSISTENT, /* has a row */
    WEFT_OBJECT_DELETED,    /* delete was asked for or flushed */
    WEFT_OBJECT_DETACHED    /* expunged */
} weft_object_state;
/* What the session knows of an object: weft_state_of(s, User, user). */
#define weft_state_of(s, M, o) weft_session_state_of((s), &M##_model, WEFT_SAME(M, o))
/* What weft_state_of does. Sends nothing; answers in a failed session, too. */
WEFT_API weft_object_state weft_session_state_of(const weft_session *session, const weft_model *model, const void *object);

/* ---- queries assembled step by step: nodes and text are copied at each call ---- */

/* A query, put together by the calls below, which fail the session where they are given NULL or memory ends: weft_select *q =
 * weft_select_new(s, User); if (name != NULL) weft_select_where(q, weft_eq(User, name, name)). It has all that weft_query and
 * weft_rows take, but .stream, and .limit_to and .offset_by, which are numbers here; it is run for objects of its model
 * (weft_select_all and its like) or for rows (weft_select_rows). */
#define weft_select_new(s, M) weft_select_open((s), &M##_model)
/* What weft_select_new does; a selectable, which must live as long, gives rows only. The select belongs to the session and ends
 * with it, with weft_session_clear, with weft_scoped_remove or with weft_select_free. Never NULL: in a failed session one that does
 * nothing. */
WEFT_API weft_select *weft_select_open(weft_session *session, const weft_model *model);
/* ANDed with the conditions before. */
WEFT_API void weft_select_where(weft_select *select, const weft_expr *condition);
/* Adds to the order: one, or weft_order(…). */
WEFT_API void weft_select_order(weft_select *select, const weft_expr *order);
/* Adds a loader, or those of weft_load(…). */
WEFT_API void weft_select_load(weft_select *select, const weft_loader *loader);
/* Adds a join: weft_select_join(q, (weft_join_step)weft_join(User, addresses)). */
WEFT_API void weft_select_join(weft_select *select, weft_join_step join);
/* The most rows: 0 is all, WEFT_NONE none; a negative number is MISUSE when the select runs. */
WEFT_API void weft_select_limit(weft_select *select, int64_t limit);
/* How many rows to pass over. */
WEFT_API void weft_select_offset(weft_select *select, int64_t offset);
/* Equal rows once. */
WEFT_API void weft_select_distinct(weft_select *select, bool distinct);
/* Locks the rows of its model, as .for_update does, with .skip_locked or .no_wait. */
WEFT_API void weft_select_for_update(weft_select *select, bool skip_locked, bool no_wait);
/* The same by another lock, as .lock does. */
WEFT_API void weft_select_lock(weft_select *select, weft_lock lock, bool skip_locked, bool no_wait);
/* Adds a joined model whose rows are locked, too, as .of does. */
WEFT_API void weft_select_lock_of(weft_select *select, const weft_model *model);
/* Objects that are in the session are overwritten with the row, as by .refresh. */
WEFT_API void weft_select_refresh(weft_select *select, bool refresh);
/* PostgreSQL: how it is planned, as .plan says. */
WEFT_API void weft_select_plan(weft_select *select, weft_plan_mode plan);
/* For weft_select_rows: adds columns, keys of groups, and what is distinct of the rows in their order, each one or several by
 * weft_columns(…); a condition on groups, ANDed with those before; whether rows as high as the last one come along. */
WEFT_API void weft_select_columns(weft_select *select, const weft_expr *columns);
WEFT_API void weft_select_group(weft_select *select, const weft_expr *keys);
WEFT_API void weft_select_distinct_on(weft_select *select, const weft_expr *columns);
WEFT_API void weft_select_having(weft_select *select, const weft_expr *condition);
WEFT_API void weft_select_with_ties(weft_select *select, bool with_ties);
/* For weft_select_rows: a CTE to run though nothing refers to it, as .with of weft_rows: weft_select_with(q, weft_from(Moved)).
 * It is not copied: it must live until the select has run. */
WEFT_API void weft_select_with(weft_select *select, const weft_model *cte);
/* As weft_session_at, for the next run of the select. */
WEFT_API weft_select *weft_select_at(weft_select *select, const char *file, int line);
#define WEFT_SELECT_HERE_(q) weft_select_at((q), __FILE__, __LINE__)
/* Runs it: User_list users = weft_select_all(q, User). */
#define weft_select_all(q, M) M##_list_of(weft_select_run(WEFT_SELECT_HERE_(q), &M##_model))
/* What weft_select_all does: as weft_session_query. A select of another model is MISUSE. It may be run again, also with more
 * conditions. */
WEFT_API weft_list weft_select_run(weft_select *select, const weft_model *model);
/* Runs it for its first object, or NULL. */
#define weft_select_first(q, M) ((const M *)weft_select_run_first(WEFT_SELECT_HERE_(q), &M##_model))
/* What weft_select_first does: as weft_session_first. */
WEFT_API const void *weft_select_run_first(weft_select *select, const weft_model *model);
/* Runs it for the only object; what weft_one says of none and of several. */
#define weft_select_one(q, M, status) ((const M *)weft_select_run_one(WEFT_SELECT_HERE_(q), &M##_model, (status)))
/* What weft_select_one does: as weft_session_one. */
WEFT_API const void *weft_select_run_one(weft_select *select, const weft_model *model, weft_status *status);
/* Runs it for a page, and *total gets the number of objects without limit and offset: User_list page = weft_select_page(q, User,
 * &total). */
#define weft_select_page(q, M, total) M##_list_of(weft_select_run_page(WEFT_SELECT_HERE_(q), &M##_model, (total)))
/* What weft_select_page does: as weft_session_query_page. */
WEFT_API weft_list weft_select_run_page(weft_select *select, const weft_model *model, int64_t *total);
/* Runs it for rows into plain structs that WEFT_ROW describes: Count_list counts = weft_select_rows(q, Count). Without
 * weft_select_columns they are the model's columns. */
#define weft_select_rows(q, R) R##_list_of(weft_select_run_rows(WEFT_SELECT_HERE_(q), &R##_row))
/* What weft_select_rows does: as weft_session_rows. MISUSE with loaders or .refresh, which are for objects. */
WEFT_API weft_list weft_select_run_rows(weft_select *select, const weft_row_type *type);
/* Runs it for the one value that its one column has in its one row, as weft_scalar_into does: weft_select_scalar(q, &paid). */
#define weft_select_scalar(q, out) weft_select_run_scalar(WEFT_SELECT_HERE_(q), WEFT_SCALAR_(out))
/* What weft_select_scalar does. */
WEFT_API weft_status weft_select_run_scalar(weft_select *select, const weft_attr *value, void *out);
/* Whether it has an object, as weft_session_exists. */
WEFT_API bool weft_select_exists(weft_select *select);
#define weft_select_exists(q) weft_select_exists(WEFT_SELECT_HERE_(q))
/* The number of its objects, as weft_session_count. */
WEFT_API int64_t weft_select_count(weft_select *select);
#define weft_select_count(q) weft_select_count(WEFT_SELECT_HERE_(q))
/* Frees it before its session does. NULL is allowed. */
WEFT_API void weft_select_free(weft_select *select);

/* A copy of a tree, or of a list such as weft_order gives, in the memory of owner, for nodes that outlive the block or function
 * that they are written in: `where = weft_keep(s, weft_eq(User, name, name));`. owner is a session (the copy lives until its
 * transaction ends), a weft_builder (until it is freed) or a weft_room. Never NULL: what could not be copied makes the statement
 * fail that it becomes part of. */
#define weft_keep(owner, e) \
    _Generic((owner), weft_session *: weft_session_keep, weft_builder *: weft_builder_keep, \
        weft_room *: weft_room_keep)((owner), (e))
/* What weft_keep calls for a session. */
WEFT_API const weft_expr *weft_session_keep(weft_session *session, const weft_expr *expr);

/* ---- Core from a session ---- */

/* Rows into plain structs that WEFT_ROW describes, in the session's transaction where one is open:
 * weft_rows(s, Count, .from = weft_from(User), .columns = weft_columns(…), .group_by = weft_columns(…)). */
#define weft_rows(s, ...) WEFT_ROWS_(s, __VA_ARGS__, .zero_ = 0)
#define WEFT_ROWS_(s, R, ...) \
    R##_list_of(weft_session_rows(WEFT_HERE_(s), &R##_row, WEFT_STRUCT_(weft_rows_options) __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_rows does: the structs and their text live as query lists do. Pending changes that it could see are flushed first;
 * .stream does not apply. MISUSE where the numbers of columns and fields differ, WEFT_ERROR_SCHEMA where a value does not
 * fit. */
WEFT_API weft_list weft_session_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *options);
/* The value of a query that gives one row of one column, into a C variable of any type that a field may have:
 *
 *     int64_t orders;
 *     weft_scalar_into(s, &orders, .from = weft_from(Order), .columns = weft_count_all());
 *
 * NULL, which MAX of no rows is, goes into a weft_opt_… variable or one that points to text; any other is WEFT_ERROR_SCHEMA.
 * WEFT_ERROR_NOT_FOUND where there is no row and WEFT_ERROR_NOT_UNIQUE where there are several; neither is sticky, and the
 * variable stays as it was. Else the status is the session's, as of weft_rows. Text and arrays live as query lists do.
 * weft_scalar_of takes a query made elsewhere, or one that writes, as weft_rows_of does. */
#define weft_scalar_into(s, out, ...) WEFT_SCALAR_INTO_(s, out, __VA_ARGS__, .zero_ = 0)
#define WEFT_SCALAR_INTO_(s, out, ...) \
    weft_session_scalar(WEFT_HERE_(s), WEFT_SCALAR_(out), WEFT_STRUCT_(weft_rows_options) __VA_ARGS__ WEFT_STRUCT_END_)
#define weft_scalar_of(s, out, query) weft_session_scalar(WEFT_HERE_(s), WEFT_SCALAR_(out), (query))
/* The same into a variable of a type of the program's own: weft_scalar_as(s, money, &price, .from = …). */
#define weft_scalar_as(s, T, out, ...) WEFT_SCALAR_AS_(s, T, out, __VA_ARGS__, .zero_ = 0)
#define WEFT_SCALAR_AS_(s, T, out, ...) \
    weft_session_scalar(WEFT_HERE_(s), WEFT_SCALAR_IN_(out, WEFT_OWN_FIELD_(*(out), T), .codec = &T##_codec), \
                        WEFT_STRUCT_(weft_rows_options) __VA_ARGS__ WEFT_STRUCT_END_)
#define WEFT_SCALAR_(out) WEFT_SCALAR_IN_(out, WEFT_MAPPED_TYPE_(*(out)), .zero_ = 0)
#define WEFT_SCALAR_IN_(out, type, more) \
    (&(const weft_attr){ .kind = WEFT_ATTR_COLUMN, .field = "value", .size = sizeof *(out), .field_type = (type), more }), \
    _Generic(1 ? (out) : (void *)(size_t)1, void *: (out)) /* nothing const */
/* What weft_scalar_into does; value describes *out. */
WEFT_API weft_status weft_session_scalar(weft_session *session, const weft_attr *value, void *out,
                                         const weft_rows_options *options);
/* A table or view that no struct describes, as the database has it, to stand in FROM and in joins beside models; its columns are
 * weft_named(t, "column"), with the types that it has:
 *
 *     const weft_model *audit = weft_session_table(s, "legacy_audit");
 *     Actor_list rows = weft_rows(s, Actor, .from = audit, .columns = weft_columns(weft_named(audit, "actor"), weft_count_all()),
 *                                 .group_by = weft_named(audit, "actor"));
 *
 * It is read once, by a connection of its own from the pool, and kept by the engine for all sessions and threads; it lives as
 * long as the engine, and asking again costs a comparison of names. After text SQL of this engine that begins with CREATE, ALTER
 * or DROP, its own changes of schemas and weft_engine_clear_cache it is read again when it is next asked for: where it has
 * changed that gives another one, and the one before stays what it was. What a transaction has made and not committed is not
 * seen, nor are temporary tables, nor before the engine's next such text what others or a DO block have changed. A
 * column of a type that weft does not have is read, and compared with constants, as a text: one of PostgreSQL's own, whose server
 * wants weft_cast(weft_named(t, "c"), WEFT_TEXT) where it stands beside texts or in functions of them; and on SQLite one that is
 * declared as no number and otherwise than weft declares its own (DATETIME, or nothing at all, as what a view computes), of which
 * weft_cast(weft_named(t, "i"), WEFT_INT64) reads numbers. name is as the database spells it, of the schema that it looks in first.
 * NULL, and the session fails, with WEFT_ERROR_NOT_FOUND where there is none, with WEFT_ERROR_MISUSE for a NULL name, and as
 * connecting does. */
WEFT_API const weft_model *weft_session_table(weft_session *session, const char *name);
/* The same of a query made elsewhere, or of one that writes, whose .returning the rows are: weft_rows_of(s, Id, weft_updated(Job,
 * .set = …, .where = …, .returning = weft_columns(weft_col(Job, id)))). What writes is preceded by a flush, and makes all objects
 * of the session stale. */
#define weft_rows_of(s, R, query) R##_list_of(weft_session_rows(WEFT_HERE_(s), &R##_row, (query)))
/* Runs a statement that WEFT_STATEMENT has made, with its parameters by name: Top_list list = weft_run(s, top, .least = {"100.00"},
 * .rows = 5). Apart from its parameters as weft_rows_of; an engine compiles it once and looks at nothing but the parameters
 * afterwards. */
#define weft_run(s, ...) WEFT_RUN_(s, __VA_ARGS__, )
#define WEFT_RUN_(s, q, ...) q##_list_of(weft_session_run(WEFT_HERE_(s), &q##_statement, WEFT_GIVEN_(q, __VA_ARGS__)))
/* What weft_run does, without types; see weft_connection_fetch_run. */
WEFT_API weft_list weft_session_run(weft_session *session, const weft_statement *statement, const void *parameters);
/* Runs what WEFT_CHANGE has made, as weft_session_update and its like do: weft_change(s, close_jobs, &changed, .state = "closed").
 * changed (rows) may be NULL. */
#define weft_change(s, q, ...) WEFT_CHANGE_RUN_(s, q, __VA_ARGS__, )
#define WEFT_CHANGE_RUN_(s, q, changed, ...) \
    weft_session_change(WEFT_HERE_(s), &q##_statement, WEFT_GIVEN_(q, __VA_ARGS__), (changed))
/* What weft_change does, without types. */
WEFT_API weft_status weft_session_change(weft_session *session, const weft_statement *statement, const void *parameters,
                                         int64_t *changed);
/* UPDATE by condition in the session's transaction, after a flush: weft_session_update(s, weft_update_of(User, .set = …, .where =
 * …), &changed). All objects of the session become stale. Either .where or .all = true, both or neither is MISUSE. changed (rows)
 * may be NULL. */
WEFT_API weft_status weft_session_update(weft_session *session, const weft_update *update, int64_t *changed);
#define weft_session_update(s, ...) weft_session_update(WEFT_HERE_(s), __VA_ARGS__)
/* DELETE by condition, likewise: weft_session_delete_where(s, weft_delete_from(User, .where = …), &deleted). Cascades of the models
 * do not take part; objects whose rows are gone are found so at their next refresh. deleted may be NULL. */
WEFT_API weft_status weft_session_delete_where(weft_session *session, const weft_delete *delete_, int64_t *deleted);
#define weft_session_delete_where(s, ...) weft_session_delete_where(WEFT_HERE_(s), __VA_ARGS__)
/* INSERT of a SELECT's rows, likewise: weft_session_insert(s, weft_insert_into(Archive, .columns = …, .query = weft_select(…)),
 * &inserted). inserted (rows inserted or updated) may be NULL. */
WEFT_API weft_status weft_session_insert(weft_session *session, const weft_insert *insert, int64_t *inserted);
#define weft_session_insert(s, ...) weft_session_insert(WEFT_HERE_(s), __VA_ARGS__)
/* MERGE, likewise: weft_session_merge_rows(s, weft_merge_into(Stock, .from = …, .on = …, .steps = weft_steps(…)), &changed). */
WEFT_API weft_status weft_session_merge_rows(weft_session *session, const weft_merge_rows *merge, int64_t *changed);
#define weft_session_merge_rows(s, ...) weft_session_merge_rows(WEFT_HERE_(s), __VA_ARGS__)
/* Fills a materialized view anew in the session's transaction, after a flush: weft_refresh_view(s, Sales, false). All objects
 * become stale. */
#define weft_refresh_view(s, M, concurrently) weft_session_refresh_view(WEFT_HERE_(s), &M##_model, (concurrently))
/* What weft_refresh_view does; see weft_connection_refresh_view. */
WEFT_API weft_status weft_session_refresh_view(weft_session *session, const weft_model *model, bool concurrently);
/* The next value of a sequence that the model declares, without a flush: weft_take_value(s, Invoice, "invoice_number", &number). */
#define weft_take_value(s, M, sequence, value) weft_session_next_value(WEFT_HERE_(s), &M##_model, "" sequence, (value))
/* What weft_take_value does; see weft_connection_next_value. */
WEFT_API weft_status weft_session_next_value(weft_session *session, const weft_model *model, const char *sequence, int64_t *value);
/* Text SQL in the session's transaction, after a flush; all objects become stale. $1, $2, …, or :name, are the parameters on every
 * database (weft_parameters); parameters may be NULL. The text is trusted; one that begins or ends transactions is MISUSE. Rows
 * that it gives are dropped: for those there is weft_text_rows. */
WEFT_API weft_status weft_session_execute_text(weft_session *session, const char *sql, const weft_values *parameters);
#define weft_session_execute_text(s, ...) weft_session_execute_text(WEFT_HERE_(s), __VA_ARGS__)
/* Rows of text SQL into plain structs that WEFT_ROW describes, after a flush, in the session's transaction:
 * Count_list counts = weft_text_rows(s, Count, "SELECT …", weft_parameters(…)). A field takes the column of its name; the order of
 * the columns does not matter, nor does the case of letters where no column has just that name. parameters may be NULL. MISUSE
 * names a field without a column, a column without a field, and a name that two columns have; WEFT_ERROR_SCHEMA a value that does
 * not fit. The structs and their text live as query lists do. Where the text writes (INSERT … RETURNING), all objects become
 * stale. */
#define weft_text_rows(s, R, sql, parameters) R##_list_of(weft_session_text_rows(WEFT_HERE_(s), &R##_row, (sql), (parameters)))
/* What weft_text_rows does, without types. */
WEFT_API weft_list weft_session_text_rows(weft_session *session, const weft_row_type *type, const char *sql,
                                          const weft_values *parameters);
/* The value of text SQL that gives one row of one column, whatever that is called; else as weft_scalar_into:
 * weft_text_scalar(s, &size, "SELECT pg_database_size(:name)", weft_parameters(weft_parameter("name", weft_value_text(name)))). */
#define weft_text_scalar(s, out, sql, parameters) \
    weft_session_text_scalar(WEFT_HERE_(s), WEFT_SCALAR_(out), (sql), (parameters))
/* What weft_text_scalar does; value describes *out. */
WEFT_API weft_status weft_session_text_scalar(weft_session *session, const weft_attr *value, void *out, const char *sql,
                                              const weft_values *parameters);
/* How weft_text_query loads. */
typedef struct weft_text_query_options {
    const weft_values *parameters; /* weft_parameters(…), or NULL */
    const weft_loader *load;       /* relationships, one or weft_load(…); columns are those of the text */
    bool refresh;                  /* as of weft_query_options; a text with FOR UPDATE needs it to show what the lock waited for */
    const char *file_;             /* the call site: filled by the macro, static, may be NULL */
    int line_;
} weft_text_query_options;
/* Objects from text SQL, after a flush, in the session's transaction; the parameters stand after the text, NULL where there are
 * none: weft_text_query(s, User, "SELECT * FROM users WHERE name LIKE $1", weft_parameters(weft_value_text("A%"))). A column of the
 * model takes the result's column of its name (.column), as fields do of weft_text_rows; others of the result are passed over, for
 * a table may have more of them than the model. The columns of keys, foreign keys and versions must be there (MISUSE names the one
 * that is not); what else the text leaves out is not loaded, see weft_lazy. Objects are those of weft_query: each once, as they are
 * in the session where they are there, with relationships by .load = weft_load(…), joined ones by a statement after it. A text that
 * writes makes all objects stale, those excepted that INSERT, UPDATE, MERGE or REPLACE … RETURNING * returns. WEFT_ERROR_SCHEMA for
 * a value that does not fit, WEFT_ERROR_DATA for a row without a key. */
#define weft_text_query(s, M, sql, ...) WEFT_TEXT_QUERY_(s, M, sql, __VA_ARGS__, WEFT_AT_)
#define WEFT_TEXT_QUERY_(s, M, sql, ...) \
    M##_list_of(weft_session_text_query((s), &M##_model, (sql), \
                                        WEFT_STRUCT_(weft_text_query_options) .parameters = __VA_ARGS__ WEFT_STRUCT_END_))
/* What weft_text_query does; the items are pointers to structs of the model. options may be NULL. */
WEFT_API weft_list weft_session_text_query(weft_session *session, const weft_model *model, const char *sql,
                                           const weft_text_query_options *options);
/* The connection of the session's transaction, after a flush, begun if it is not: for the calls of connection.h. It is the
 * session's until the transaction ends, and so are commit, rollback and savepoints (MISUSE on the connection). NULL where that
 * fails. Objects become stale. */
WEFT_API weft_connection *weft_session_connection(weft_session *session);
#define weft_session_connection(s) weft_session_connection(WEFT_HERE_(s))

/* ---- figures ---- */

/* What the session has done since it was opened (scoped sessions: since their last remove), into *stats. All zero from a foreign
 * thread. */
WEFT_API void weft_session_stats_get(const weft_session *session, weft_session_stats *stats);
/* The call sites that sent a statement per object at least n_plus_one_after times, most frequent first: their number, and the
 * items, which live until the next call on the session. */
WEFT_API size_t weft_session_n_plus_one(const weft_session *session, const weft_n_plus_one **items);

WEFT_END_DECLS

#endif
