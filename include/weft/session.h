/* The session: identity map and unit of work. It, its objects and its lists belong to one thread at a time; another thread's call
 * answers WEFT_ERROR_WRONG_THREAD and changes nothing. Errors are sticky: after one, calls do nothing and return the same status
 * until weft_session_rollback (or the rollback of a savepoint), so that a handler may check once, at commit. */
#ifndef WEFT_SESSION_H
#define WEFT_SESSION_H

#include <weft/connection.h>
#include <weft/load.h>

WEFT_BEGIN_DECLS

typedef struct weft_session weft_session;
typedef struct weft_select weft_select;

typedef struct weft_session_options {
    uint32_t timeout_ms;        /* per statement; default none */
    weft_isolation isolation;
    bool read_only;             /* flush is an error; transactions are READ ONLY */
    bool no_autoflush;          /* queries do not flush pending changes to their tables first */
    bool report_unloaded;       /* weft_each over a relationship that is not loaded is logged as a warning */
    bool check_writes;          /* finds writes through a pointer whose transaction has ended; costs a copy of every edited
                                   object */
    bool unbatched_lazy;        /* weft_lazy loads for one object at a time, as other ORMs do; for comparisons */
    uint32_t n_plus_one_after;  /* loads of one relationship (or gets) from one call site that make a report; default 8; WEFT_NONE:
                                   never */
    weft_status (*on_begin)(weft_session *session, weft_connection *connection, void *user, weft_error *error);
                                /* called when a transaction has begun (SET LOCAL for row-level security) */
    void *user;                 /* weft_session_user gives it back */
} weft_session_options;

/* What a query selects and how it loads; also, in part, for weft_get. */
typedef struct weft_query_options {
    const char *file_;
    int line_;
    const weft_join_step *joins;
    const weft_expr *where;
    const weft_expr *const *order_by;
    const weft_loader *const *load;
    bool distinct;
    bool refresh;           /* objects already in the session are overwritten with the row, except those with unflushed edits */
    bool for_update;        /* locks the rows until the transaction ends; SQLite takes the write lock */
    bool skip_locked;       /* with for_update, on PostgreSQL */
    bool no_wait;
    int64_t limit, offset;  /* rows; limit 0: all, WEFT_NONE: none; negative is misuse */
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

/* A new session of an engine, owned by the calling thread. Never NULL but in the last resort of no memory for a failed session: one
 * is kept ready statically, whose calls answer WEFT_ERROR_NO_MEMORY. options may be NULL. Opens no connection. */
WEFT_API weft_session *weft_session_open(weft_engine *engine, const weft_session_options *options);
/* Rolls back, returns the connection, frees all objects and lists. NULL is allowed. */
WEFT_API void weft_session_close(weft_session *session);
/* Frees all objects and lists, after a rollback where a transaction is open; the session goes on empty. */
WEFT_API weft_status weft_session_clear(weft_session *session);
/* Makes the calling thread the owner. The former owner must have stopped using it, and the hand-over must be ordered by the program
 * (a mutex, a queue, a join): weft checks the owner, it does not order memory for the objects. */
WEFT_API weft_status weft_session_adopt(weft_session *session);
/* Gives the session up so that another thread may adopt it; until then every call answers WEFT_ERROR_WRONG_THREAD. */
WEFT_API weft_status weft_session_release(weft_session *session);
/* Deadline for all that follows, in milliseconds from now; 0 takes it away; weft_scoped_remove ends it too. */
WEFT_API weft_status weft_session_set_deadline(weft_session *session, uint32_t timeout_ms);
WEFT_API void *weft_session_user(const weft_session *session);
WEFT_API weft_engine *weft_session_engine(const weft_session *session);

/* ---- errors ---- */

/* The sticky status: WEFT_OK when all went well. From a foreign thread WEFT_ERROR_WRONG_THREAD. */
WEFT_API weft_status weft_session_status(const weft_session *session);
/* The sticky error; never NULL; lives until the next call that changes it. From a foreign thread a static one. */
WEFT_API const weft_error *weft_session_error(const weft_session *session);

/* ---- transaction ---- */

/* Sends what was made, changed and deleted, ordered and batched. */
WEFT_API weft_status weft_session_flush(weft_session *session);
/* Flush, COMMIT, connection back to the pool. Objects stay readable and become stale: the next query or weft_get that meets them
 * refreshes them. Mutable pointers end here. WEFT_ERROR_OUTCOME_UNKNOWN where the answer to COMMIT was lost. */
WEFT_API weft_status weft_session_commit(weft_session *session);
/* Undoes everything since the last commit, in the database and in the objects, and clears the sticky error. */
WEFT_API weft_status weft_session_rollback(weft_session *session);
/* Flushes and opens a savepoint; they nest. */
WEFT_API weft_status weft_session_savepoint(weft_session *session);
/* Ends the innermost savepoint, keeping its changes. */
WEFT_API weft_status weft_session_savepoint_release(weft_session *session);
/* Undoes everything since the innermost savepoint, ends it, and clears a sticky error raised within it. */
WEFT_API weft_status weft_session_savepoint_rollback(weft_session *session);
/* Whether BEGIN was sent (or is about to go with the next statement). */
WEFT_API bool weft_session_in_transaction(const weft_session *session);

typedef struct weft_transact_options {
    weft_isolation isolation;
    uint32_t attempts;     /* at most; default 5 */
    uint32_t timeout_ms;   /* for all attempts together; default none */
    bool savepoint;        /* run as a savepoint of the open transaction: no retry */
} weft_transact_options;

/* Runs the body in a transaction and commits; runs it again, after a short random wait that grows, where the database asks for a
 * retry (serialization, deadlock, busy, stale row, connection lost before COMMIT). The body must be repeatable. What it returns
 * ends the transaction: WEFT_OK commits, anything else rolls back and is returned, unless the session has an error of its own,
 * which outranks it. An unknown outcome is never retried. Afterwards the session is clean in any case; of an error that ended it
 * the details (message, table, constraint) stay readable by weft_session_error, with the status WEFT_OK. MISUSE where the session
 * has pending changes or an open transaction, unless .savepoint. */
WEFT_API weft_status weft_transact(weft_session *session, weft_status (*body)(weft_session *session, void *context), void *context,
                                   const weft_transact_options *options);

/* ---- objects ---- */

/* A key by its C type: an integer, text, uuid, a value of an enum, or weft_key(Member, .group_id = 3, .code = "x") for a composite
 * one and for one of another type (date, bytes). */
typedef struct weft_key_value {
    int kind; /* 0 integer, 1 text, 2 uuid, 3 struct */
    int64_t i;
    const void *p;
    weft_uuid u;
} weft_key_value;
WEFT_API weft_key_value weft_key_int64(int64_t key);
WEFT_API weft_key_value weft_key_text(const char *key);
WEFT_API weft_key_value weft_key_uuid(weft_uuid key);
WEFT_API weft_key_value weft_key_struct(const void *key);
#define weft_key(M, ...) (&(const M){ __VA_ARGS__ })
#define WEFT_KEY_OF(M, k) \
    _Generic((k), short: weft_key_int64, int: weft_key_int64, unsigned: weft_key_int64, long: weft_key_int64, \
        long long: weft_key_int64, char *: weft_key_text, const char *: weft_key_text, weft_uuid: weft_key_uuid, \
        M *: weft_key_struct, const M *: weft_key_struct)(k)

#define WEFT_AT_ .file_ = __FILE__, .line_ = __LINE__

/* The object with this key, from the identity map or the database; NULL where there is none or the session failed. Lives until it
 * is expunged or the session is cleared or closed. weft_get(s, User, 7, .load = …). */
#define weft_get(s, M, ...) WEFT_GET_(s, M, __VA_ARGS__, WEFT_AT_)
#define WEFT_GET_(s, M, k, ...) \
    ((const M *)weft_session_get((s), &M##_model, WEFT_KEY_OF(M, k), &(const weft_query_options){ __VA_ARGS__ }))
WEFT_API const void *weft_session_get(weft_session *session, const weft_model *model, weft_key_value key,
                                      const weft_query_options *options);

/* Several by key in one statement; items[i] is NULL where keys[i] has no row. keys: an array of the primary key's C type (single
 * columns: int16, int32, int64, text, uuid). */
#define weft_get_many(s, M, keys, n) WEFT_GET_MANY_(s, M, keys, n)
#define WEFT_GET_MANY_(s, M, keys, n) M##_list_of(weft_session_get_many((s), &M##_model, WEFT_KEYS_OF(keys, n), __FILE__, __LINE__))
#define WEFT_KEYS_OF(keys, n) \
    _Generic((keys), const short *: weft_items_int16, short *: weft_items_int16, const int *: weft_items_int32, \
        int *: weft_items_int32, \
        const long *: weft_items_long, long *: weft_items_long, const long long *: weft_items_int64, \
        long long *: weft_items_int64, \
        const char **: weft_items_text, const char *const *: weft_items_text, weft_uuid *: weft_items_uuid, \
        const weft_uuid *: weft_items_uuid)((keys), (n))
WEFT_API weft_list weft_session_get_many(weft_session *session, const weft_model *model, weft_value keys, const char *file,
                                         int line);

/* Objects by query; an empty list where there are none or the session failed. Lists live until the session is cleared or closed.
 * weft_query(s, User, .where = …, .order_by = weft_order(…), .load = weft_load(…), .limit = 10). */
#define weft_query(s, ...) WEFT_QUERY_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_QUERY_(s, M, ...) M##_list_of(weft_session_query((s), &M##_model, &(const weft_query_options){ __VA_ARGS__ }))
WEFT_API weft_list weft_session_query(weft_session *session, const weft_model *model, const weft_query_options *options);
/* As weft_query, and *total gets the number of rows without limit and offset. */
#define weft_query_page(s, M, ...) WEFT_QUERY_PAGE_(s, M, __VA_ARGS__, WEFT_AT_)
#define WEFT_QUERY_PAGE_(s, M, total, ...) \
    M##_list_of(weft_session_query_page((s), &M##_model, (total), &(const weft_query_options){ __VA_ARGS__ }))
WEFT_API weft_list weft_session_query_page(weft_session *session, const weft_model *model, int64_t *total,
                                           const weft_query_options *options);
/* The first, or NULL. */
#define weft_first(s, ...) WEFT_FIRST_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_FIRST_(s, M, ...) ((const M *)weft_session_first((s), &M##_model, &(const weft_query_options){ __VA_ARGS__ }))
WEFT_API const void *weft_session_first(weft_session *session, const weft_model *model, const weft_query_options *options);
/* The only one; otherwise NULL with *status (nullable) WEFT_ERROR_NOT_FOUND or WEFT_ERROR_NOT_UNIQUE. Neither is sticky. */
#define weft_one(s, M, ...) WEFT_ONE_(s, M, __VA_ARGS__, WEFT_AT_)
#define WEFT_ONE_(s, M, status, ...) \
    ((const M *)weft_session_one((s), &M##_model, (status), &(const weft_query_options){ __VA_ARGS__ }))
WEFT_API const void *weft_session_one(weft_session *session, const weft_model *model, weft_status *status,
                                      const weft_query_options *options);
#define weft_exists(s, ...) WEFT_EXISTS_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_EXISTS_(s, M, ...) weft_session_exists((s), &M##_model, &(const weft_query_options){ __VA_ARGS__ })
WEFT_API bool weft_session_exists(weft_session *session, const weft_model *model, const weft_query_options *options);
#define weft_count_of(s, ...) WEFT_COUNT_OF_(s, __VA_ARGS__, WEFT_AT_)
#define WEFT_COUNT_OF_(s, M, ...) weft_session_count((s), &M##_model, &(const weft_query_options){ __VA_ARGS__ })
WEFT_API int64_t weft_session_count(weft_session *session, const weft_model *model, const weft_query_options *options);

/* A new object with these fields, inserted at the next flush; text and bytes are copied at the call; relationship fields given are
 * linked at both sides. Never NULL: a session that cannot give one gives a scratch object that is never flushed. The pointer may be
 * written through until the transaction ends; then the object goes on as a loaded one. */
#define weft_new(s, M, ...) ((M *)weft_session_new((s), &M##_model, &(const M){ __VA_ARGS__ }))
WEFT_API void *weft_session_new(weft_session *session, const weft_model *model, const void *values);
/* The mutable pointer to a loaded object, which is compared with what was loaded at flush. A stale object is reloaded first. Text
 * assigned through it is borrowed until the next flush, which copies it; weft_text copies at once. A write through a pointer from
 * before the last flush goes with the next flush or commit; a query that should see it needs weft_edit again (or
 * weft_session_flush). Never NULL, as weft_new. */
#define weft_edit(s, M, o) ((M *)weft_session_edit((s), &M##_model, WEFT_SAME(M, o)))
WEFT_API void *weft_session_edit(weft_session *session, const weft_model *model, const void *object);
/* Stores any value in a field, zero and NULL included, also where zero would let a default fire. */
#define weft_set(s, M, o, f, v) \
    weft_session_set((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f), WEFT_VALUE_LIKE(((M *)0)->f, v))
#define weft_set_null(s, M, o, f) \
    weft_session_set((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f) + 0 * sizeof(((M *)0)->f), weft_value_null(WEFT_UNMAPPED))
WEFT_API weft_status weft_session_set(weft_session *session, const weft_model *model, const void *object, size_t offset,
                                      weft_value value);
/* Deletes the object's row at the next flush, with what its cascades say. NULL deletes nothing. */
#define weft_delete(s, M, o) weft_session_delete((s), &M##_model, WEFT_SAME(M, o))
WEFT_API weft_status weft_session_delete(weft_session *session, const weft_model *model, const void *object);
/* A copy of a text in the session's memory: lives until the transaction ends. NULL gives NULL; out of memory gives "" and a failed
 * session. */
WEFT_API const char *weft_text(weft_session *session, const char *text);
/* Printf into the session's memory, as weft_text. */
WEFT_API const char *weft_format(weft_session *session, const char *format, ...) WEFT_PRINTF(2, 3);

/* Links. append and remove work on collections, assign on single relationships (x may be NULL there: weft_assign(s, A, a, user,
 * User, (const User *)NULL)). The other side and the foreign key follow; an unloaded side takes the change in when it loads. */
#define weft_append(s, M, o, f, T, x) WEFT_LINK_(1, s, M, o, f, T##_list, T, x)
#define weft_remove(s, M, o, f, T, x) WEFT_LINK_(-1, s, M, o, f, T##_list, T, x)
#define weft_assign(s, M, o, f, T, x) WEFT_LINK_(0, s, M, o, f, const T *, T, x)
#define WEFT_LINK_(how, s, M, o, f, F, T, x) \
    weft_session_link((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, F: 1)), WEFT_SAME(T, \
        x), (how))
WEFT_API weft_status weft_session_link(weft_session *session, const weft_model *model, const void *object, size_t offset,
                                       const void *other, int how);

/* A relationship, loaded now if it is not: for all objects that were loaded together with this one, in one statement. A stale
 * object is refreshed first, together with those that were loaded with it. Gives the field:
 * weft_each (Address, a, weft_lazy(s, User, user, addresses)). Empty or NULL where the load fails or object is NULL. */
#define weft_lazy(s, M, o, f) \
    (((const M *)weft_session_lazy((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f), __FILE__, __LINE__))->f)
WEFT_API const void *weft_session_lazy(weft_session *session, const weft_model *model, const void *object, size_t offset,
                                       const char *file, int line);
/* Whether a relationship is loaded. */
#define weft_loaded(s, M, o, f) weft_session_loaded((s), &M##_model, WEFT_SAME(M, o), offsetof(M, f))
WEFT_API bool weft_session_loaded(const weft_session *session, const weft_model *model, const void *object, size_t offset);

/* Reloads an object now, discarding unflushed edits; WEFT_ERROR_NOT_FOUND (not sticky) where its row is gone. */
#define weft_refresh(s, M, o) weft_session_refresh((s), &M##_model, WEFT_SAME(M, o))
WEFT_API weft_status weft_session_refresh(weft_session *session, const weft_model *model, const void *object);
/* Takes an object out of the session; pending changes to it are dropped. Readable until the transaction ends. */
#define weft_expunge(s, M, o) weft_session_expunge((s), &M##_model, WEFT_SAME(M, o))
WEFT_API weft_status weft_session_expunge(weft_session *session, const weft_model *model, const void *object);

typedef enum weft_object_state {
    WEFT_OBJECT_NONE,       /* not of this session, or scratch */
    WEFT_OBJECT_PENDING,    /* new, not inserted yet */
    WEFT_OBJECT_PERSISTENT, /* has a row */
    WEFT_OBJECT_DELETED,    /* delete was asked for or flushed */
    WEFT_OBJECT_DETACHED    /* expunged */
} weft_object_state;
#define weft_state_of(s, M, o) weft_session_state_of((s), &M##_model, WEFT_SAME(M, o))
WEFT_API weft_object_state weft_session_state_of(const weft_session *session, const weft_model *model, const void *object);

/* ---- queries assembled step by step: nodes and text are copied at each call ---- */

/* A query of one model; belongs to the session and ends with it, with weft_session_clear, with weft_scoped_remove or with
 * weft_select_free. Never NULL, as weft_new. */
#define weft_select_new(s, M) weft_select_open((s), &M##_model)
WEFT_API weft_select *weft_select_open(weft_session *session, const weft_model *model);
/* ANDed with the conditions before. */
WEFT_API void weft_select_where(weft_select *select, const weft_expr *condition);
/* Adds to the order. */
WEFT_API void weft_select_order(weft_select *select, const weft_expr *order);
/* Adds a loader. */
WEFT_API void weft_select_load(weft_select *select, const weft_loader *loader);
/* Adds a join: weft_select_join(q, (weft_join_step)weft_join(User, addresses)). */
WEFT_API void weft_select_join(weft_select *select, weft_join_step join);
WEFT_API void weft_select_limit(weft_select *select, int64_t limit);
WEFT_API void weft_select_offset(weft_select *select, int64_t offset);
WEFT_API void weft_select_distinct(weft_select *select, bool distinct);
/* Runs it; a select of another model is MISUSE. It may be run again, also with more conditions. */
#define weft_select_all(q, M) M##_list_of(weft_select_run((q), &M##_model))
WEFT_API weft_list weft_select_run(weft_select *select, const weft_model *model);
#define weft_select_first(q, M) ((const M *)weft_select_run_first((q), &M##_model))
WEFT_API const void *weft_select_run_first(weft_select *select, const weft_model *model);
WEFT_API int64_t weft_select_count(weft_select *select);
/* NULL is allowed. */
WEFT_API void weft_select_free(weft_select *select);

/* ---- Core from a session ---- */

/* Rows into plain structs, in the session's transaction; the list lives as query lists do. */
#define weft_rows(s, ...) WEFT_ROWS_(s, __VA_ARGS__, .zero_ = 0)
#define WEFT_ROWS_(s, R, ...) R##_list_of(weft_session_rows((s), &R##_row, &(const weft_rows_options){ __VA_ARGS__ }))
WEFT_API weft_list weft_session_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *options);
/* UPDATE and DELETE by condition in the session's transaction, after a flush; objects of the model in the session become stale
 * (deleted rows: their objects are found gone at the next refresh). changed may be NULL. */
WEFT_API weft_status weft_session_update(weft_session *session, const weft_update *update, int64_t *changed);
WEFT_API weft_status weft_session_delete_where(weft_session *session, const weft_delete *delete_, int64_t *deleted);
/* Text SQL in the session's transaction, after a flush; all objects become stale. */
WEFT_API weft_status weft_session_execute_text(weft_session *session, const char *sql, const weft_values *parameters);
/* The connection of the session's transaction, begun if it is not; the session keeps it. NULL where that fails. Objects become
 * stale. */
WEFT_API weft_connection *weft_session_connection(weft_session *session);

/* ---- figures ---- */

/* What the session has done since it was opened (scoped sessions: since their last remove). All zero from a foreign thread. */
WEFT_API void weft_session_stats_get(const weft_session *session, weft_session_stats *stats);
/* The call sites that sent a statement per object, most frequent first; lives until the next call on the session. */
WEFT_API size_t weft_session_n_plus_one(const weft_session *session, const weft_n_plus_one **items);

WEFT_END_DECLS

#endif
