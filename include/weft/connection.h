/* Core: a connection, its transaction, and rows without the ORM's objects. One thread at a time. */
#ifndef WEFT_CONNECTION_H
#define WEFT_CONNECTION_H

#include <weft/engine.h>
#include <weft/expr.h>

WEFT_BEGIN_DECLS

typedef struct weft_connection weft_connection;
typedef struct weft_result weft_result;

typedef enum weft_isolation {
    WEFT_ISOLATION_DEFAULT, /* the database's: READ COMMITTED on PostgreSQL; every SQLite transaction is serializable */
    WEFT_ISOLATION_READ_COMMITTED,
    WEFT_ISOLATION_REPEATABLE_READ,
    WEFT_ISOLATION_SERIALIZABLE
} weft_isolation;

typedef struct weft_connection_options {
    uint32_t timeout_ms;       /* per statement; default none */
    weft_isolation isolation;  /* of its transactions */
    bool read_only;            /* its transactions write nothing */
    bool autocommit;           /* no transaction unless weft_connection_begin is called */
} weft_connection_options;

/* Parameters of text SQL: weft_parameters(weft_value_int64(7), weft_value_text("x")). */
typedef struct weft_values { const weft_value *items; size_t count; } weft_values;
#define weft_parameters(...) \
    (&(const weft_values){ (const weft_value[]){ __VA_ARGS__ }, sizeof((const weft_value[]){ __VA_ARGS__ }) / sizeof(weft_value) })

/* weft_engine_connect(engine, &connection, options, &error) checks a connection out of the pool. The caller closes it. Fails
 * with WEFT_ERROR_POOL_TIMEOUT, WEFT_ERROR_CONNECT, WEFT_ERROR_AUTH and others of connecting. options may be NULL. Any thread;
 * the connection then belongs to one thread at a time. */
#define weft_engine_connect(engine, ...) weft_engine_connect_at((engine), __FILE__, __LINE__, __VA_ARGS__)
WEFT_API weft_status weft_engine_connect_at(weft_engine *engine, const char *file, int line, weft_connection **connection,
                                            const weft_connection_options *options, weft_error *error);
/* Rolls an open transaction back and returns the connection to the pool; results that are still open answer WEFT_ERROR_CLOSED
 * (close them). NULL is allowed. */
WEFT_API void weft_connection_close(weft_connection *connection);

/* The first statement begins a transaction by itself (unless autocommit); begin does it explicitly: MISUSE where one is open. At
 * the default isolation BEGIN is not sent for a SELECT from data until something else needs it; the transaction counts as open
 * all the same. After an error that the transaction cannot survive, every call but rollback (and rollback_to) answers that error
 * again. Text SQL that begins or ends transactions is MISUSE. */
WEFT_API weft_status weft_connection_begin(weft_connection *connection, weft_error *error);
/* WEFT_ERROR_ROLLED_BACK where the transaction had failed, WEFT_ERROR_OUTCOME_UNKNOWN where the answer was lost. Nothing to
 * commit is WEFT_OK. */
WEFT_API weft_status weft_connection_commit(weft_connection *connection, weft_error *error);
WEFT_API weft_status weft_connection_rollback(weft_connection *connection, weft_error *error);
/* Opens a savepoint; savepoints nest, and each is ended by release or rollback_to, which concern the innermost one. */
WEFT_API weft_status weft_connection_savepoint(weft_connection *connection, weft_error *error);
WEFT_API weft_status weft_connection_release(weft_connection *connection, weft_error *error);
WEFT_API weft_status weft_connection_rollback_to(weft_connection *connection, weft_error *error);
/* Whether a transaction is open. */
WEFT_API bool weft_connection_in_transaction(const weft_connection *connection);

/* ---- statements as data ---- */

/* SELECT of columns, or of a model's columns where .columns is NULL. To group or order by an expression with values in it, give
 * the same node (or its weft_label) in .columns and there: written a second time it would be another expression to PostgreSQL. */
typedef struct weft_rows_options {
    int zero_;
    const weft_model *from;
    const weft_join_step *joins;
    const weft_expr *const *columns, *const *group_by, *const *order_by;
    const weft_expr *where, *having;
    bool distinct;
    int64_t limit, offset; /* rows; limit 0: all, WEFT_NONE: none; negative is misuse */
    bool stream;           /* rows arrive one by one and are not held in memory */
} weft_rows_options;

typedef enum weft_conflict {
    WEFT_CONFLICT_ERROR,
    WEFT_CONFLICT_DO_NOTHING,
    WEFT_CONFLICT_UPDATE /* .conflict_columns say which conflict, .set what is done */
} weft_conflict;

typedef struct weft_insert_options {
    weft_conflict on_conflict;
    const char *conflict_columns;         /* "email" or "group_id, code"; DO_NOTHING: any conflict where NULL */
    const weft_expr *const *set;          /* weft_sets(weft_to_expr(User, name, weft_excluded(User, name))) */
    uint64_t *inserted;                   /* where not NULL: rows inserted or updated */
} weft_insert_options;

typedef struct weft_delete {
    const weft_model *model;
    const weft_expr *where;
    bool all; /* must be true to delete without .where */
} weft_delete;

typedef struct weft_update {
    const weft_model *model;
    const weft_expr *const *set;
    const weft_expr *where;
    bool all; /* must be true to update without .where */
} weft_update;

#define weft_delete_from(M, ...) (&(const weft_delete){ .model = &M##_model, __VA_ARGS__ })
#define weft_update_of(M, ...) (&(const weft_update){ .model = &M##_model, __VA_ARGS__ })

/* weft_insert_many(c, User, rows, count, options, &error) inserts count structs, in as few statements as the database allows:
 * all of them or none. Generated keys that are zero are left to the database, and columns with a default where the field says
 * nothing (NULL, unset, a zero that .zero_is_unset allows or that is a time or UUID). The structs are not changed and not
 * tracked. options may be NULL. */
#define weft_insert_many(c, M, rows, ...) weft_connection_insert_many((c), &M##_model, WEFT_SAME(M, rows), __VA_ARGS__)
WEFT_API weft_status weft_connection_insert_many(weft_connection *connection, const weft_model *model, const void *rows,
                                                 size_t count, const weft_insert_options *options, weft_error *error);
/* changed and deleted may be NULL. An UPDATE or DELETE without .where needs .all = true. */
WEFT_API weft_status weft_execute_update(weft_connection *connection, const weft_update *update, int64_t *changed,
                                         weft_error *error);
WEFT_API weft_status weft_execute_delete(weft_connection *connection, const weft_delete *delete_, int64_t *deleted,
                                         weft_error *error);
/* Text SQL without rows; $1, $2, … are the parameters on every database. parameters may be NULL. The text is trusted. */
WEFT_API weft_status weft_execute_text(weft_connection *connection, const char *sql, const weft_values *parameters,
                                       weft_error *error);

/* ---- results ---- */

/* Runs a SELECT; the caller closes the result. Without .stream its rows are in memory, and it outlives commit. With .stream it ends
 * with the transaction, and on PostgreSQL the connection runs nothing else until it is closed. */
WEFT_API weft_status weft_connection_select(weft_connection *connection, const weft_rows_options *options, weft_result **result,
                                            weft_error *error);
/* Text SQL with or without rows. */
WEFT_API weft_status weft_connection_query(weft_connection *connection, const char *sql, const weft_values *parameters,
                                           weft_result **result, weft_error *error);
/* All rows of a SELECT into an array of structs that the result owns; the caller closes it. */
#define weft_fetch(c, R, rows, result, error, ...) \
    WEFT_FETCH_(c, R, rows, result, error, __VA_ARGS__, .zero_ = 0)
#define WEFT_FETCH_(c, R, rows, result, error, ...) \
    weft_connection_fetch((c), &R##_row, &(const weft_rows_options){ __VA_ARGS__ }, (result), \
                          (weft_list *)(void *)WEFT_SAME(R##_list, rows), (error))
WEFT_API weft_status weft_connection_fetch(weft_connection *connection, const weft_row_type *type, const weft_rows_options *options,
                                           weft_result **result, weft_list *rows, weft_error *error);

/* The next row: true; after the last one, or on an error, false; the error says which. */
WEFT_API bool weft_result_next(weft_result *result, weft_error *error);
WEFT_API uint16_t weft_result_columns(const weft_result *result);
/* A column's name, or NULL past the last; lives until close. */
WEFT_API const char *weft_result_name(const weft_result *result, uint16_t column);
/* A cell of the present row; text and bytes live until the next row. A column that is not there is an unmapped NULL. */
WEFT_API weft_value weft_result_value(const weft_result *result, uint16_t column);
/* Typed getters: false, and *out unchanged, where the cell is NULL or of another kind (integers convert where they fit). */
WEFT_API bool weft_result_int64(const weft_result *result, uint16_t column, int64_t *out);
WEFT_API bool weft_result_double(const weft_result *result, uint16_t column, double *out);
WEFT_API bool weft_result_bool(const weft_result *result, uint16_t column, bool *out);
WEFT_API bool weft_result_date(const weft_result *result, uint16_t column, weft_date *out);
WEFT_API bool weft_result_time(const weft_result *result, uint16_t column, weft_time *out);
WEFT_API bool weft_result_timestamp(const weft_result *result, uint16_t column, weft_timestamp *out);
WEFT_API bool weft_result_uuid(const weft_result *result, uint16_t column, weft_uuid *out);
/* The data of a binary or text cell; it lives until the next row. */
WEFT_API bool weft_result_bytes(const weft_result *result, uint16_t column, weft_bytes *out);
/* The text of a text, decimal or JSON cell, or NULL. */
WEFT_API const char *weft_result_text(const weft_result *result, uint16_t column);
/* Reads the present row into a struct described by WEFT_ROW; text points into the row. WEFT_ERROR_TYPE names a column that does
 * not fit. */
WEFT_API weft_status weft_result_into(const weft_result *result, const weft_row_type *type, void *row, weft_error *error);
/* Rows changed by INSERT, UPDATE or DELETE. */
WEFT_API uint64_t weft_result_changed(const weft_result *result);
/* Ends the statement, also in the middle. NULL is allowed. */
WEFT_API void weft_result_close(weft_result *result);

WEFT_END_DECLS

#endif
