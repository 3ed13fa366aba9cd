/* Drivers that programs register: what weft asks of a driver, made of the few functions of weft/driver.h. Nothing outside this
 * folder includes it.
 *
 * What a driver says is not trusted: statuses, columns, cells are looked at, so that a mistake is an error that names the
 * driver. */
#ifndef WEFTI_DRIVER_USER_USER_H
#define WEFTI_DRIVER_USER_USER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "driver/driver.h"
#include "driver/prepared.h"

#include <weft/driver.h>

typedef struct wefti_user_driver {
    wefti_driver base; /* as pool and engine see it */
    weft_driver own;   /* members that the program was not compiled with are zero */
    const wefti_spoken *spoken;
    const char *schemes[2]; /* where it names none */
} wefti_user_driver;

typedef struct wefti_user_target {
    weft_driver_target given;
    const wefti_user_driver *driver;
    const wefti_log *log;
    const wefti_atomic_u64 *evictions; /* as in wefti_driver_options */
    uint32_t prepared_limit;
    bool no_prepare;
    char *url, *application; /* owned */
    int owner_pid;
} wefti_user_target;

/* All fields: owner thread. */
typedef struct wefti_user_dbc {
    wefti_dbc base;
    const wefti_user_driver *driver;
    const wefti_user_target *target;
    void *connection;
    wefti_prepared prepared; /* of wefti_user_run */
    weft_error error;        /* what the driver's functions fill; clear between calls */
    wefti_begin begin;       /* where begin_pending */
    uint32_t open_rows;
    bool in_transaction; /* begun by begin() */
    bool begin_pending;  /* begin was held back: see wefti_begin.lazily */
    bool failed;         /* it can only be rolled back */
    bool unsure;         /* whether it is still open: a rollback that is refused has done its work */
    bool reading_only;   /* to be undone at its end */
    bool broken;
} wefti_user_dbc;

/* A statement and its cursor. Kept in the prepared table, or freed by finish where entry is NULL. */
typedef struct wefti_user_run {
    wefti_cursor cursor;
    wefti_user_dbc *dbc;
    const wefti_statement *statement;
    weft_driver_statement given; /* what the driver is told of it */
    weft_driver_rows rows;
    void *prepared; /* the driver's */
    wefti_prepared_entry *entry;
    char *sql;          /* where it is not the statement's; owned */
    weft_value *row;    /* cursor.row; owned */
    uint16_t row_room;  /* cells */
    wefti_arena values; /* parameters */
    wefti_arena cells;  /* what cells of the present row are made to */
    weft_value told;
    bool open;    /* the driver's finish is due */
    bool pending; /* a row was stepped to and is not yet read */
    bool done;
    bool has_told;
} wefti_user_run;

/* connect.c */
weft_status wefti_user_target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error);
void wefti_user_target_free(wefti_target *target);
weft_status wefti_user_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error);
void wefti_user_close(wefti_dbc *dbc);
bool wefti_user_alive(wefti_dbc *dbc, weft_error *error);
weft_status wefti_user_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_user_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);

/* call.c: around each call of a driver's function, which gets &c->error.
 * Fails where the connection is another process's, unusable, or the deadline has passed; nothing was done then. */
weft_status wefti_user_enter(wefti_user_dbc *c, wefti_deadline deadline, weft_error *error);
/* What a driver's function has answered: its status, or INTERNAL where that is none; fills error from c->error. */
weft_status wefti_user_answered(wefti_user_dbc *c, weft_status status, weft_error *error);
/* The same before there is a connection. */
weft_status wefti_user_judge(const wefti_user_driver *driver, weft_status status, weft_error *error);
/* One statement of weft's own, whose rows nobody wants. */
weft_status wefti_user_say(wefti_user_dbc *c, const char *sql, wefti_deadline deadline, weft_error *error);
/* Several. */
weft_status wefti_user_say_all(wefti_user_dbc *c, const char *sql, wefti_deadline deadline, weft_error *error);

/* transaction.c */
wefti_tx_state wefti_user_state(wefti_dbc *dbc);
weft_status wefti_user_begin(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error);
/* A BEGIN that was held back, before a statement. */
weft_status wefti_user_begin_for(wefti_user_dbc *c, bool writes, wefti_deadline deadline, weft_error *error);
weft_status wefti_user_begin_now(wefti_user_dbc *c, const wefti_begin *begin, bool writes, wefti_deadline deadline,
                                 weft_error *error);
weft_status wefti_user_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_user_rollback(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_user_settle(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error);
weft_status wefti_user_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error);
/* A statement has ended well: one that failed a transaction was undone, if there was one. writer: weft's own text, which may have
 * ended the transaction. */
void wefti_user_went_well(wefti_user_dbc *c, bool own_text);

/* run.c */
weft_status wefti_user_run_acquire(wefti_user_dbc *c, const wefti_statement *statement, wefti_user_run **run, weft_error *error);
void wefti_user_run_end(wefti_user_run *run);     /* its rows */
void wefti_user_run_release(wefti_user_run *run); /* the same, and gives it back */
void wefti_user_run_evict(void *context, uint64_t id, void *handle);
/* From parameters to the first row, which is pending, or to the end. */
weft_status wefti_user_run_start(wefti_user_run *run, const weft_value *parameters, size_t count, bool stream,
                                 wefti_deadline deadline, weft_error *error);
weft_status wefti_user_run_next(wefti_user_run *run, bool *has_row, weft_error *error);
weft_status wefti_user_execute(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters,
                               size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                               weft_error *error);
weft_status wefti_user_step(wefti_cursor *cursor, bool *has_row, weft_error *error);
void wefti_user_finish(wefti_cursor *cursor);
weft_status wefti_user_told_key(wefti_cursor *cursor, weft_value *key, bool *told, weft_error *error);

/* many.c */
weft_status wefti_user_execute_many(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters, size_t count,
                                    wefti_row_callback on_row, void *context, wefti_deadline deadline, uint64_t *changed,
                                    uint32_t *changed_each, size_t *failed, weft_error *error);
weft_status wefti_user_execute_script(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error);

/* cells.c: the row that the driver has filled as what the statement takes. */
weft_status wefti_user_read_row(wefti_user_run *run, weft_error *error);

/* columns.c; own_type: what the driver says of a column without a wanted type. */
const char *wefti_user_column_name(wefti_cursor *cursor, uint16_t column);
weft_type wefti_user_column_type(wefti_cursor *cursor, uint16_t column);
weft_type wefti_user_own_type(wefti_user_run *run, uint16_t column);

#endif
