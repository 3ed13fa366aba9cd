/* Core: a connection, its transaction, and rows without the ORM's objects.
 *
 * Threads: a connection and its results belong to one thread at a time; the program orders a hand-over. After fork every call of
 * the child answers WEFT_ERROR_FORKED. Every status that is not WEFT_OK fills *error, where that is given; a NULL connection is
 * WEFT_ERROR_MISUSE. Statements may fail with whatever the database says, with WEFT_ERROR_TIMEOUT at the connection's .timeout_ms,
 * WEFT_ERROR_DISCONNECTED, and, before anything was sent, with WEFT_ERROR_MISUSE (malformed expressions and options),
 * WEFT_ERROR_MODEL (a model that the engine does not know), WEFT_ERROR_TYPE, WEFT_ERROR_LIMIT and WEFT_ERROR_NO_MEMORY. */
#ifndef WEFT_CONNECTION_H
#define WEFT_CONNECTION_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 13 "<weft/connection.h>"
#endif

#include <weft/engine.h>
#include <weft/expr.h>

WEFT_BEGIN_DECLS

typedef struct weft_connection weft_connection;
typedef struct weft_result weft_result;

typedef enum weft_isolation {
    WEFT_ISOLATION_DEFAULT, /* the database's: READ COMMITTED on PostgreSQL; on SQLite reads before the first write see what is
                               committed at their time, and from the first write on the transaction is the only writer */
    WEFT_ISOLATION_READ_COMMITTED,
    WEFT_ISOLATION_REPEATABLE_READ,
    WEFT_ISOLATION_SERIALIZABLE
} weft_isolation;

typedef struct weft_connection_options {
    uint32_t timeout_ms;       /* per statement; default the engine's; WEFT_NONE: none */
    weft_isolation isolation;  /* of its transactions */
    bool read_only;            /* its transactions write nothing: statements that would are WEFT_ERROR_READ_ONLY. On SQLite each
                                  reads one state of the database, whatever the isolation */
    bool deferrable;           /* of serializable transactions that only read (else MISUSE): the first statement waits until it sees
                                  a state that no other transaction can spoil; then the transaction neither fails by
                                  WEFT_ERROR_SERIALIZATION nor makes others fail: for long reports and backups. SQLite's are so
                                  by themselves */
    bool autocommit;           /* each statement commits by itself, until weft_connection_begin is called */
    bool keep_transaction_id;  /* before each COMMIT the transaction's id is asked for, so that weft_outcome_resolve can tell what
                                  became of it: one round trip more. PostgreSQL; without effect on SQLite, whose commits are never
                                  in doubt */
} weft_connection_options;

/* Parameters of text SQL, by their numbers or by their names: weft_parameters(weft_value_int64(7), weft_value_text("x")) are $1 and
 * $2; weft_parameters(weft_parameter("region", weft_value_text("north")), weft_parameter("least", weft_value_int64(7))) are :region
 * and :least, wherever and as often as the text names them outside of strings, quoted names and comments (`::` is a cast). All have
 * numbers or all have names. A parameter that the text does not use, and one that it uses and nobody gives, is MISUSE. */
typedef struct weft_values { const weft_value *items; size_t count; } weft_values;
#define weft_parameter(name, ...) weft_value_of_name(name), (__VA_ARGS__)
/* What stands before the value of a parameter that has a name: letters, digits and _, the first no digit; borrowed. Any thread. */
WEFT_API weft_value weft_value_of_name(const char *name);
#define weft_parameters(...) \
    WEFT_STRUCT_(weft_values) (const weft_value[]){ __VA_ARGS__ }, \
                   sizeof((const weft_value[]){ __VA_ARGS__ }) / sizeof(weft_value) WEFT_STRUCT_END_

/* weft_engine_connect(engine, &connection, options, &error) checks a connection out of the pool. */
#define weft_engine_connect(engine, ...) weft_engine_connect_at((engine), __FILE__, __LINE__, __VA_ARGS__)
/* What weft_engine_connect does, which fills in file and line, the call site for leak reports and logs (static, may be NULL). The
 * caller ends *connection with weft_connection_close. Fails with WEFT_ERROR_POOL_TIMEOUT, WEFT_ERROR_CONNECT, WEFT_ERROR_AUTH,
 * WEFT_ERROR_CLOSED and others of connecting; then *connection is NULL. options are copied and may be NULL. Any thread. */
WEFT_API weft_status weft_engine_connect_at(weft_engine *engine, const char *file, int line, weft_connection **connection,
                                            const weft_connection_options *options, weft_error *error);
/* Rolls an open transaction back and returns the connection to the pool; results that are still open answer WEFT_ERROR_CLOSED
 * (close them). Does nothing for NULL and for the connection of a session. */
WEFT_API void weft_connection_close(weft_connection *connection);

/* Takes the database connection out of the pool for good: it stays with this weft_connection, and weft_connection_close ends it
 * instead of giving it back; the pool may open another in its place. For what needs a database session of its own for long: LISTEN,
 * advisory locks, settings that no reset shall undo. If it is lost later, the next statement takes another from the pool. The
 * engine must stay open as long: until then weft_engine_close_within answers WEFT_ERROR_TIMEOUT. WEFT_ERROR_MISUSE on a session's
 * connection. Detaching twice is WEFT_OK. */
WEFT_API weft_status weft_connection_detach(weft_connection *connection, weft_error *error);

/* The W3C traceparent of what follows on the connection, for the engine's .statement_comments; copied; NULL: none. MISUSE for a
 * text that is no traceparent. A session's connection has the session's. */
WEFT_API weft_status weft_connection_set_trace(weft_connection *connection, const char *traceparent, weft_error *error);

/* Begins a transaction, which the first statement does by itself (unless autocommit): MISUSE where one is open. At the default
 * isolation that statement sends no BEGIN where it is a SELECT from data, until something else needs one; the transaction counts as
 * open all the same. On SQLite a transaction that was begun by this call reads one state of the database, and its first write is
 * WEFT_ERROR_SERIALIZATION where another one has committed since: roll back and run it again. After an error that the transaction
 * cannot survive (on PostgreSQL any, on SQLite few), every call but rollback and rollback_to answers that error again, and commit
 * rolls back. Text SQL that begins or ends transactions is MISUSE, and so are these calls on the connection of a session. */
WEFT_API weft_status weft_connection_begin(weft_connection *connection, weft_error *error);
/* Commits. WEFT_ERROR_ROLLED_BACK where the transaction had failed, WEFT_ERROR_OUTCOME_UNKNOWN where the answer was lost; after any
 * other error nothing is committed and weft_connection_rollback is due. Nothing to commit is WEFT_OK. */
WEFT_API weft_status weft_connection_commit(weft_connection *connection, weft_error *error);
/* The first phase of a commit in two phases, for a transaction that is one with others elsewhere; PostgreSQL, whose
 * max_prepared_transactions must be set. The transaction leaves the connection and waits under the name, through restarts of the
 * server, with its locks, until weft_engine_commit_prepared or weft_engine_rollback_prepared: what is forgotten blocks others
 * and VACUUM, so note the name durably before, and look through weft_engine_prepared after a crash. Fails as
 * weft_connection_commit does, and then nothing waits, but for WEFT_ERROR_OUTCOME_UNKNOWN; of deferred constraints, too.
 * MISUSE for a name that is empty, longer than 199 bytes or taken, and in a session's transaction; WEFT_ERROR_UNSUPPORTED on
 * SQLite, and where temporary tables were used. A transaction that did nothing is prepared like any other. */
WEFT_API weft_status weft_connection_prepare(weft_connection *connection, const char *name, weft_error *error);
/* Undoes the transaction, whatever its state. WEFT_OK even where ROLLBACK cannot be sent: the database connection is closed then,
 * which rolls back, too, and the next statement takes another. Nothing to undo is WEFT_OK. */
WEFT_API weft_status weft_connection_rollback(weft_connection *connection, weft_error *error);
/* Opens a savepoint, in a transaction begun for it where none is open (MISUSE with autocommit). Savepoints nest, up to 64 deep
 * (WEFT_ERROR_LIMIT), and each is ended by release or rollback_to, which concern the innermost one. */
WEFT_API weft_status weft_connection_savepoint(weft_connection *connection, weft_error *error);
/* Ends the innermost savepoint, keeping its changes. MISUSE where none is open. */
WEFT_API weft_status weft_connection_release(weft_connection *connection, weft_error *error);
/* Undoes everything since the innermost savepoint and ends it; a transaction that failed since then goes on, also after a
 * WEFT_ERROR_TIMEOUT: what still runs on the server is ended first, which takes another login there and is waited for, at most five
 * seconds (never behind a pooler: there the transaction is lost). Streams that are open end, on SQLite those from before the
 * savepoint, too. MISUSE where none is open. */
WEFT_API weft_status weft_connection_rollback_to(weft_connection *connection, weft_error *error);
/* Whether a transaction is open, BEGIN sent or not; false for NULL. */
WEFT_API bool weft_connection_in_transaction(const weft_connection *connection);

/* ---- statements as data ---- */

/* What is made of the rows of several SELECTs. */
typedef enum weft_set_op {
    WEFT_SET_NONE, /* a SELECT */
    WEFT_UNION,
    WEFT_UNION_ALL,
    WEFT_INTERSECT,
    WEFT_EXCEPT,
    WEFT_SET_END_ /* weft_select_end */
} weft_set_op;

/* What others may do meanwhile with the rows that a SELECT locks until the transaction ends: with WEFT_FOR_UPDATE nothing but read
 * them; with WEFT_FOR_NO_KEY_UPDATE refer to them by foreign keys, too; with WEFT_FOR_SHARE read and share-lock them; with
 * WEFT_FOR_KEY_SHARE all but delete them and change their keys. */
typedef enum weft_lock {
    WEFT_LOCK_NONE,
    WEFT_FOR_UPDATE,
    WEFT_FOR_NO_KEY_UPDATE,
    WEFT_FOR_SHARE,
    WEFT_FOR_KEY_SHARE
} weft_lock;

/* SELECT of columns, or of a model's columns where .columns is NULL. To group or order by an expression with values in it, give
 * the same node (or its weft_label) in .columns and there: written a second time it would be another expression to PostgreSQL. */
struct weft_rows_options {
    int zero_;
    const weft_model *from; /* a model, or a selectable: weft_from(Total); NULL with .columns: one row, from no table */
    weft_join_step joins;   /* one, weft_join(User, addresses), or weft_joins(…) */
    const weft_expr *columns, *group_by, *order_by; /* each one node, or weft_columns(…), weft_order(…). With groups: what they
                                                       have one of; else MISUSE */
    const weft_expr *where, *having;
    bool distinct;
    int64_t limit, offset; /* rows; limit 0: all, WEFT_NONE: none; negative is misuse */
    /* The same as values, for parameters of a WEFT_STATEMENT: .limit_to = weft_param(Ask, rows). 0 is no row, NULL is all. */
    const weft_expr *limit_to, *offset_by;
    bool stream;           /* rows arrive one by one and are not held in memory */
    weft_set_op set_op;    /* of weft_union and its like, which have members and nothing else */
    const weft_rows_options *const *members; /* ends with &weft_select_end */
    /* Of the rows that are equal in these the first, by .order_by, which begins with them (else MISUSE). */
    const weft_expr *distinct_on;
    /* With .limit and .order_by: rows behind the last one that are equal to it in the order come, too. */
    bool with_ties;
    /* Locks the rows of .from, a table, until the transaction ends, and those of the joined tables that .of names:
     * weft_models(&Item_model); where .from is none, the latter alone. Of what is joined by an outer join, of groups, DISTINCT,
     * aggregates and windows no rows can be locked, and neither in a set operation: MISUSE. It stands in the SELECT that is run, in
     * a weft_subselect, weft_lateral or weft_cte of its .from, .joins or .with, and anywhere in a statement that writes. Objects
     * of a session are stale after it. It is no stream, and in autocommit outside of a transaction MISUSE. SQLite has no locks of
     * rows: there the transaction takes the right to write, so that .skip_locked finds nothing to skip, and .no_wait is
     * WEFT_ERROR_UNSUPPORTED. */
    weft_lock lock;
    const weft_model *const *of;
    bool skip_locked; /* leaves rows out that others have locked */
    bool no_wait;     /* a row that another has locked is WEFT_ERROR_LOCK_TIMEOUT at once */
    const weft_model *const *with; /* CTEs to run though nothing refers to them: weft_with(weft_from(Moved)) */
    const weft_write *write;       /* of weft_inserted, weft_updated and weft_deleted, which have nothing else */
    weft_plan_mode plan;   /* PostgreSQL: how this statement is planned, where not as the engine's .plan says; docs/plans.md */
};
/* Models, for .of: weft_models(&Item_model, &Shop_model). */
#define weft_models(...) ((const weft_model *const[]){ __VA_ARGS__, (const weft_model *)0 })
/* Ends a list of members; the macros of set operations put it there. Constant. */
WEFT_API extern const weft_rows_options weft_select_end;
/* A SELECT for weft_scalar and weft_subselect, as weft_rows takes it: weft_select(.from = weft_from(Sale), .columns = …). */
#define weft_select(...) WEFT_STRUCT_(weft_rows_options) __VA_ARGS__, .zero_ = 0 WEFT_STRUCT_END_

/* The rows of two or more SELECTs, for weft_subselect: those of any (each once, or with weft_union_all as often as they come),
 * those of all, or those of the first that no other has; rows are equal where all columns are, NULL beside NULL too. Members may
 * have their own .order_by, .limit and .offset, and may be set operations. What selects from it orders and limits all rows:
 * weft_subselect(Who, weft_union_all(weft_select(…), weft_select(…))); weft_rows(s, Who, .from = weft_from(Who), .limit = 9). */
#define weft_union(...) WEFT_SET_(WEFT_UNION, __VA_ARGS__)
#define weft_union_all(...) WEFT_SET_(WEFT_UNION_ALL, __VA_ARGS__)
#define weft_intersect(...) WEFT_SET_(WEFT_INTERSECT, __VA_ARGS__)
#define weft_except(...) WEFT_SET_(WEFT_EXCEPT, __VA_ARGS__)
#define WEFT_SET_(o, ...) (&(const weft_rows_options){ \
    .set_op = (o), .members = (const weft_rows_options *const[]){ __VA_ARGS__, &weft_select_end } })

/* What an INSERT does with a row that a unique key refuses. */
typedef enum weft_conflict {
    WEFT_CONFLICT_ERROR,      /* WEFT_ERROR_UNIQUE */
    WEFT_CONFLICT_DO_NOTHING, /* leaves the row out */
    WEFT_CONFLICT_UPDATE /* .conflict_columns or .conflict_key say which conflict, .set what is done */
} weft_conflict;

typedef struct weft_insert_options {
    weft_conflict on_conflict;
    const char *conflict_columns;         /* "email" or "group_id, code". DO_NOTHING without it and .conflict_key: any conflict */
    const weft_expr *set;                 /* weft_to_expr(User, name, weft_excluded(User, name)), or weft_sets(…) */
    uint64_t *inserted;                   /* where not NULL: rows inserted or updated */
    const weft_expr *conflict_where;      /* of a partial unique index on .conflict_columns: the condition that it has */
    const weft_expr *where;               /* UPDATE: changed are rows for which it holds; others stay and do not count */
    const char *conflict_key; /* instead of .conflict_columns: the name of a unique constraint or index, or of the primary key. One
                                 that the models have is said by its columns, expressions and condition, on both databases: so
                                 this is how a unique index on lower(email) is met. Another one PostgreSQL looks for itself
                                 (ON CONSTRAINT); SQLite cannot: UNSUPPORTED */
    const struct weft_insert_options *otherwise; /* of a row without that conflict: the next clause, for another key, and so on; the
                                                    last may take every conflict. Without .inserted. SQLite's: PostgreSQL takes one
                                                    clause, and more are UNSUPPORTED there */
} weft_insert_options;

/* .from is a model or selectable whose rows stand beside those of .model, .joins what is joined to it: .set and .where may name all
 * of them. A row of .model that meets several of theirs is written once, and which one it gets is the database's choice. .model
 * itself can only stand there as a weft_alias, and .joins cannot name it. .returning are columns of the rows that were written, as
 * they are now (of DELETE: as they were), in no certain order; see weft_updated. On SQLite it names columns of .model alone. */
typedef struct weft_delete {
    const weft_model *model;
    const weft_expr *where;
    bool all; /* must be true to delete without .where, and false with one */
    const weft_model *from;
    weft_join_step joins;
    const weft_expr *returning;
    weft_plan_mode plan; /* as of weft_rows_options */
} weft_delete;

typedef struct weft_update {
    const weft_model *model;
    const weft_expr *set;
    const weft_expr *where;
    bool all; /* must be true to update without .where, and false with one */
    const weft_model *from;
    weft_join_step joins;
    const weft_expr *returning;
    weft_plan_mode plan; /* as of weft_rows_options */
} weft_update;

/* The rows of a SELECT into a table, in its order: the query's columns go into .columns, weft_columns(weft_col(M, f), …), by their
 * places, and must be of their kinds. What .columns leaves out gets the database's default, a version begins at 1. The query is
 * a SELECT; a set operation stands in its FROM, by weft_subselect. With WEFT_CONFLICT_UPDATE it gives one row for each key at most:
 * of two that conflict with each other SQLite inserts the first and updates it by the second, and on PostgreSQL they are
 * WEFT_ERROR_SQL (group them). */
typedef struct weft_insert {
    const weft_model *model;
    const weft_expr *columns;
    const weft_rows_options *query;
    weft_conflict on_conflict; /* this and the next four as in weft_insert_options */
    const char *conflict_columns;
    const weft_expr *set;
    const weft_expr *conflict_where;
    const weft_expr *update_where; /* .where there */
    const weft_expr *returning; /* of .model; a row that on_conflict leaves as it is gives none */
    weft_plan_mode plan;               /* as of weft_rows_options, whose own stays out of .query */
    const char *conflict_key; /* this and the next one as in weft_insert_options */
    const weft_insert_options *otherwise;
} weft_insert;

/* What MERGE does with a row of .from: the first of .steps whose kind fits and whose condition holds, and nothing where there is
 * none. Kinds are rows that meet one of .model by .on, and rows that meet none. */
typedef enum weft_merge_action {
    WEFT_MERGE_END_, /* weft_steps puts it there */
    WEFT_MERGE_UPDATE, /* of a row that is met: .set */
    WEFT_MERGE_DELETE,
    WEFT_MERGE_KEEP,   /* nothing is done with the row that is met */
    WEFT_MERGE_INSERT, /* where none is met: .set are the columns of the new row */
    WEFT_MERGE_LEAVE   /* nothing is inserted */
} weft_merge_action;
typedef struct weft_merge_step {
    weft_merge_action action;
    const weft_expr *when;       /* a condition beside, or NULL */
    const weft_expr *set; /* of UPDATE and INSERT */
} weft_merge_step;

/* MERGE, of PostgreSQL from version 15 on: the rows of a model or selectable (.from) into a table, in one statement:
 *
 *     weft_merge_into(Stock, .from = weft_from(Delivery), .on = weft_eq_col(Stock, sku, Delivery, sku), .steps = weft_steps(
 *         weft_matched_delete(weft_le(Delivery, qty, 0)),
 *         weft_matched_update(NULL, weft_to(Stock, qty, weft_op(weft_col(Stock, qty), "+", weft_col(Delivery, qty)))),
 *         weft_not_matched_insert(NULL, weft_to(Stock, sku, weft_col(Delivery, sku)),
 *                                 weft_to(Stock, qty, weft_col(Delivery, qty)))))
 *
 * .on and the steps of rows that are met name columns of both, those of an INSERT of .from alone. A column that an INSERT leaves
 * out gets the database's default, a version begins at 1 and is counted on by UPDATE. Two rows of .from that meet one row to be
 * changed are an error of the database's, as is a row that another transaction inserts meanwhile (WEFT_ERROR_UNIQUE): where that
 * may be, .on_conflict of an INSERT is the better way. Servers before 15 and SQLite have no MERGE: WEFT_ERROR_UNSUPPORTED. */
typedef struct weft_merge_rows {
    const weft_model *model;
    const weft_model *from; /* not .model itself, but an alias of it */
    const weft_expr *on;
    const weft_merge_step *steps;
    weft_plan_mode plan; /* as of weft_rows_options */
} weft_merge_rows;
#define weft_steps(...) ((const weft_merge_step[]){ __VA_ARGS__, { .action = WEFT_MERGE_END_ } })
/* The first argument is a condition, or NULL; then come assignments, or weft_sets of them. */
#define weft_matched_update(condition, ...) { .action = WEFT_MERGE_UPDATE, .when = (condition), .set = weft_sets(__VA_ARGS__) }
#define weft_matched_delete(condition) { .action = WEFT_MERGE_DELETE, .when = (condition) }
#define weft_matched_nothing(condition) { .action = WEFT_MERGE_KEEP, .when = (condition) }
#define weft_not_matched_insert(condition, ...) { .action = WEFT_MERGE_INSERT, .when = (condition), .set = weft_sets(__VA_ARGS__) }
#define weft_not_matched_nothing(condition) { .action = WEFT_MERGE_LEAVE, .when = (condition) }

struct weft_write {
    const weft_insert *insert;
    const weft_update *update;
    const weft_delete *delete_;
    const weft_merge_rows *merge;
};

/* For weft_execute_delete, weft_execute_update and weft_execute_insert: weft_delete_from(User, .where = …), weft_update_of(User,
 * .set = weft_sets(weft_to(User, active, false)), .where = …), weft_insert_into(Archive, .columns = …, .query = weft_select(…));
 * they live to the end of their block. */
#define weft_delete_from(M, ...) WEFT_STRUCT_(weft_delete) .model = &M##_model, __VA_ARGS__ WEFT_STRUCT_END_
#define weft_update_of(M, ...) WEFT_STRUCT_(weft_update) .model = &M##_model, __VA_ARGS__ WEFT_STRUCT_END_
#define weft_insert_into(M, ...) WEFT_STRUCT_(weft_insert) .model = &M##_model, __VA_ARGS__ WEFT_STRUCT_END_
#define weft_merge_into(M, ...) WEFT_STRUCT_(weft_merge_rows) .model = &M##_model, __VA_ARGS__ WEFT_STRUCT_END_
/* The same as a query, whose rows are those of .returning: for weft_rows_of, weft_fetch_of and, on PostgreSQL, weft_cte (on SQLite
 * that is UNSUPPORTED): weft_rows_of(s, Id, weft_deleted(Job, .where = …, .returning = weft_columns(weft_col(Job, id)))).
 * A CTE that writes stands in .from, in .joins or in .with of the SELECT that is run or inserted, in .from of a statement that
 * writes, or in a CTE there. All see the rows as they were before the statement. */
#define weft_deleted(M, ...) WEFT_WRITE_(.delete_ = weft_delete_from(M, __VA_ARGS__))
#define weft_updated(M, ...) WEFT_WRITE_(.update = weft_update_of(M, __VA_ARGS__))
#define weft_inserted(M, ...) WEFT_WRITE_(.insert = weft_insert_into(M, __VA_ARGS__))
/* For WEFT_CHANGE: it gives no rows. */
#define weft_merged(M, ...) WEFT_WRITE_(.merge = weft_merge_into(M, __VA_ARGS__))
#define WEFT_WRITE_(...) (&(const weft_rows_options){ .write = &(const weft_write){ __VA_ARGS__ } })
#define weft_with(...) ((const weft_model *const[]){ __VA_ARGS__, NULL })

/* weft_insert_many(c, User, rows, count, options, &error) inserts count structs, in as few statements as the database allows. */
#define weft_insert_many(c, M, rows, ...) \
    weft_connection_insert_many((c), &M##_model, WEFT_STRICT_ + WEFT_SAME(M, rows) + WEFT_STRICT_END_, __VA_ARGS__)
/* What weft_insert_many does, without types: rows is an array of structs of the model. Generated keys that are zero are left to the
 * database, and columns with a default where the field says nothing (NULL, unset, a zero that .zero_is_unset allows or that is a
 * time or UUID). All rows are inserted or none: several statements run in a savepoint or transaction of their own where the open
 * one would survive the error. The structs are not changed and not tracked: a version that is zero there is stored as 1, as a flush
 * does. Keys that the database makes ascend in the order of the rows that leave the same columns out. No rows are WEFT_OK. options
 * may be NULL. With .on_conflict rows are written in their order: of a key that stands twice, DO_NOTHING keeps the first row, and
 * UPDATE inserts the first and updates it by the second, on every database; .inserted counts both. */
WEFT_API weft_status weft_connection_insert_many(weft_connection *connection, const weft_model *model, const void *rows,
                                                 size_t count, const weft_insert_options *options, weft_error *error);
/* UPDATE by condition: weft_execute_update(c, weft_update_of(User, .set = …, .where = …), &changed, &error). Without .where it
 * needs .all = true. *changed gets the number of rows; changed may be NULL. */
WEFT_API weft_status weft_execute_update(weft_connection *connection, const weft_update *update, int64_t *changed,
                                         weft_error *error);
/* DELETE by condition: weft_execute_delete(c, weft_delete_from(User, .where = …), &deleted, &error). Without .where it needs
 * .all = true. *deleted gets the number of rows; deleted may be NULL. */
WEFT_API weft_status weft_execute_delete(weft_connection *connection, const weft_delete *delete_, int64_t *deleted,
                                         weft_error *error);
/* INSERT of a SELECT's rows: weft_execute_insert(c, weft_insert_into(Archive, …), &inserted, &error). *inserted gets the number of
 * rows inserted or updated; inserted may be NULL. */
WEFT_API weft_status weft_execute_insert(weft_connection *connection, const weft_insert *insert, int64_t *inserted,
                                         weft_error *error);
/* MERGE: weft_execute_merge(c, weft_merge_into(Stock, …), &changed, &error). *changed, which may be NULL, gets the number of rows
 * inserted, updated and deleted. */
WEFT_API weft_status weft_execute_merge(weft_connection *connection, const weft_merge_rows *merge, int64_t *changed,
                                        weft_error *error);
/* Fills a materialized view with the rows that its SELECT gives now: weft_connection_refresh_view(c, &Sales_model, false, &error).
 * Readers wait meanwhile, but not with concurrently, which needs a unique index of columns on the view, and rows in it. There is
 * nothing to do where the database has a plain view in its place (SQLite). MISUSE for a model of anything else. */
WEFT_API weft_status weft_connection_refresh_view(weft_connection *connection, const weft_model *model, bool concurrently,
                                                  weft_error *error);
/* The next value of a sequence that the model declares (WEFT_SEQUENCE), as weft_next_value says it in statements:
 * weft_connection_next_value(c, &Invoice_model, "invoice_number", &number, &error). It is taken whatever becomes of the
 * transaction. MISUSE where the model declares no such sequence, UNSUPPORTED on SQLite. */
WEFT_API weft_status weft_connection_next_value(weft_connection *connection, const weft_model *model, const char *sequence,
                                                int64_t *value, weft_error *error);
/* One statement of text SQL, whose rows, if it gives any, are dropped; $1, $2, … are the parameters on every database, and each
 * that is given must be used (MISUSE). parameters may be NULL. The text is trusted; transaction control in it is MISUSE. */
WEFT_API weft_status weft_execute_text(weft_connection *connection, const char *sql, const weft_values *parameters,
                                       weft_error *error);

/* ---- results ---- */

/* Runs a SELECT; the caller ends *result with weft_result_close. Without .stream its rows are in memory, and it outlives commit.
 * With .stream it ends with the transaction, and its rows are those of the state in which it began. On PostgreSQL the connection
 * (a session's, too) runs nothing else until the last row was read or the stream closed: MISUSE, which names the stream and leaves
 * the transaction as it is; commit, rollback and close end it. On SQLite other statements run; one that writes takes the rows that
 * are left into memory, and is WEFT_ERROR_SERIALIZATION where others have committed since the stream began. With .autocommit and
 * .read_only the stream has a transaction of its own, which may only read and ends with it. On an error *result is NULL. */
WEFT_API weft_status weft_connection_select(weft_connection *connection, const weft_rows_options *options, weft_result **result,
                                            weft_error *error);
/* One statement of text SQL with or without rows, as weft_execute_text; the caller ends *result with weft_result_close. Its rows
 * are in memory. On an error *result is NULL; in autocommit error->outcome says where the statement was done all the same, and only
 * its rows could not be given. */
WEFT_API weft_status weft_connection_query(weft_connection *connection, const char *sql, const weft_values *parameters,
                                           weft_result **result, weft_error *error);
/* weft_fetch(c, Count, &rows, &result, &error, .from = …, .columns = …) reads all rows of a SELECT into structs: rows is a
 * Count_list of WEFT_ROW's. */
#define weft_fetch(c, R, rows, result, error, ...) \
    WEFT_FETCH_(c, R, rows, result, error, __VA_ARGS__, .zero_ = 0)
#define WEFT_FETCH_(c, R, rows, result, error, ...) \
    weft_connection_fetch((c), &R##_row, WEFT_STRUCT_(weft_rows_options) __VA_ARGS__ WEFT_STRUCT_END_, (result), \
                          (weft_list *)(void *)WEFT_SAME(R##_list, rows), (error))
/* What weft_fetch does, without types: *rows gets pointers to structs of the row type, which with their text belong to *result; the
 * caller ends it with weft_result_close. WEFT_ERROR_SCHEMA where a column does not fit its field. On an error *rows is empty
 * and *result NULL. */
WEFT_API weft_status weft_connection_fetch(weft_connection *connection, const weft_row_type *type, const weft_rows_options *options,
                                           weft_result **result, weft_list *rows, weft_error *error);
/* The same of a query made elsewhere, or of one that writes: weft_fetch_of(c, Id, &rows, &result, &error, weft_deleted(Job, …)). */
#define weft_fetch_of(c, R, rows, result, error, query) \
    weft_connection_fetch((c), &R##_row, (query), (result), (weft_list *)(void *)WEFT_SAME(R##_list, rows), (error))
/* The text that the engine sends for a query, or for one that writes (weft_deleted and its like, with rows or without), which is
 * not sent: to be logged, compared in tests, or looked at in psql. Its values are placeholders; with literally they stand in it,
 * quoted as weft_literally does it, so that it runs in psql (SQLite's may call functions of weft's, and runs on its connections),
 * and it should not go where values should not; weft_values_of, whose rows are parameters in any case, is MISUSE then, and a list
 * of weft_any_item UNSUPPORTED. The caller ends *sql with weft_free; on an error it is NULL. Any thread. */
WEFT_API weft_status weft_engine_sql(weft_engine *engine, const weft_rows_options *query, bool literally, char **sql,
                                     weft_error *error);

/* weft_fetch_text(c, Count, &rows, &result, &error, "SELECT …", parameters): the rows of text SQL, each field from the column of
 * its name. The order of the columns does not matter, nor does the case of letters where no column has just that name. parameters
 * may be NULL. */
#define weft_fetch_text(c, R, rows, result, error, sql, parameters) \
    weft_connection_fetch_text((c), &R##_row, (sql), (parameters), (result), \
                               (weft_list *)(void *)WEFT_SAME(R##_list, rows), (error))
/* What weft_fetch_text does, without types; as weft_connection_fetch otherwise. MISUSE names a field without a column, a column
 * without a field, and a name that two columns have. */
WEFT_API weft_status weft_connection_fetch_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                                const weft_values *parameters, weft_result **result, weft_list *rows,
                                                weft_error *error);

/* weft_stream_text(c, Count, &result, &error, "SELECT …", parameters): the rows of text SQL one by one, not held in memory, for
 * weft_result_next and weft_result_into(result, &Count_row, …), whose fields then take the columns of their names as those of
 * weft_fetch_text do. What weft_connection_select says of streams holds; the caller ends *result with weft_result_close. */
#define weft_stream_text(c, R, result, error, sql, parameters) \
    weft_connection_stream_text((c), &R##_row, (sql), (parameters), (result), (error))
/* What weft_stream_text does; type may be NULL: the cells are read by their numbers. A text that does not begin as one that reads
 * is MISUSE, and so is one whose columns are not the fields. On an error *result is NULL. */
WEFT_API weft_status weft_connection_stream_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                                 const weft_values *parameters, weft_result **result, weft_error *error);

/* The next row: true; after the last one, or on an error, false; error->status says which, also when it is asked again.
 * WEFT_ERROR_CLOSED where the result has ended with its transaction or connection. */
WEFT_API bool weft_result_next(weft_result *result, weft_error *error);
/* The number of columns, also before the first row; 0 for NULL. */
WEFT_API uint16_t weft_result_columns(const weft_result *result);
/* A column's name, or NULL past the last; lives until close. */
WEFT_API const char *weft_result_name(const weft_result *result, uint16_t column);
/* The number of the first column of the name, also before the first row; -1: there is none, or one of the two is NULL. */
WEFT_API int weft_result_find(const weft_result *result, const char *name);
/* A cell of the present row; text and bytes live until the next row. A column that is not there, and any before the first row or
 * after the last, is an unmapped NULL. */
WEFT_API weft_value weft_result_value(const weft_result *result, uint16_t column);
/* An integer cell, or a decimal one that is whole and in range (PostgreSQL's sums). Like all typed getters: false, and *out
 * unchanged, where the cell is NULL or of another kind. */
WEFT_API bool weft_result_int64(const weft_result *result, uint16_t column, int64_t *out);
/* A real, integer or decimal cell. */
WEFT_API bool weft_result_double(const weft_result *result, uint16_t column, double *out);
/* A bool, or an integer that is 0 or 1. */
WEFT_API bool weft_result_bool(const weft_result *result, uint16_t column, bool *out);
/* A date, or a text that reads as one. */
WEFT_API bool weft_result_date(const weft_result *result, uint16_t column, weft_date *out);
/* A time of day, or a text that reads as one. */
WEFT_API bool weft_result_time(const weft_result *result, uint16_t column, weft_time *out);
/* A timestamp, or a text that reads as one. */
WEFT_API bool weft_result_timestamp(const weft_result *result, uint16_t column, weft_timestamp *out);
/* A UUID, a text that reads as one, or 16 bytes. */
WEFT_API bool weft_result_uuid(const weft_result *result, uint16_t column, weft_uuid *out);
/* The data of a binary or text cell; it lives until the next row. */
WEFT_API bool weft_result_bytes(const weft_result *result, uint16_t column, weft_bytes *out);
/* The text of a text, decimal or JSON cell, or NULL; it lives until the next row. */
WEFT_API const char *weft_result_text(const weft_result *result, uint16_t column);
/* Reads the present row into a struct described by WEFT_ROW (&Count_row), the columns in the order of the fields, or by their names
 * where weft_stream_text was told the type; text and arrays live until the next row. The status names a column that does not fit
 * (WEFT_ERROR_SCHEMA); MISUSE where there is no row. */
WEFT_API weft_status weft_result_into(const weft_result *result, const weft_row_type *type, void *row, weft_error *error);
/* Rows changed by INSERT, UPDATE or DELETE; 0 for NULL. */
WEFT_API uint64_t weft_result_changed(const weft_result *result);
/* Ends the statement, also in the middle, and frees the result with all that it owns. NULL is allowed. */
WEFT_API void weft_result_close(weft_result *result);

WEFT_END_DECLS

#endif
