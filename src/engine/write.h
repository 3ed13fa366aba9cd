/* The one way to write many rows: COPY, arrays, lists of VALUES or one by one, whichever is the best that the database has and the
 * rows allow. The Core insert and the unit of work describe their rows by arrays over the structs and call it; thresholds, limits
 * and the savepoint that guards a statement which may fail stand here and nowhere else. */
#ifndef WEFTI_ENGINE_WRITE_H
#define WEFTI_ENGINE_WRITE_H

#include "engine/engine.h"

#define WEFTI_WRITE_COPY_ROWS 500      /* from here COPY is worth its extra round trips */
#define WEFTI_WRITE_ARRAY_ROWS 16384u  /* of one statement with arrays: bounds the memory of its message */
#define WEFTI_WRITE_LIST_ROWS 50u      /* of one INSERT from a list of VALUES: more save little and make the text longer */
#define WEFTI_WRITE_UPDATE_ROWS 100u   /* of one UPDATE from a list of VALUES */
#define WEFTI_WRITE_SLICE_ROWS 2000u   /* sent, then finished while the caches still have them; whole lists of VALUES */
#define WEFTI_WRITE_NUMBERED_ROWS 64u  /* under triggers: from here to guard and number rows is cheaper than to send each */
#define WEFTI_WRITE_KEY_BLOCK_ROWS 64u /* without sequences: from here a block of keys is cheaper than asking for each */

/* ---- guard ---- */

/* A savepoint around statements of weft's own, within the caller's transaction. It does not count among the savepoints that a
 * program may open. After keep, undo or fail the connection has the savepoints that it had before open. */
typedef struct wefti_guard {
    weft_connection *connection;
    uint16_t depth; /* savepoints before */
    bool open;      /* false: outside a transaction there is nothing to guard */
} wefti_guard;

weft_status wefti_guard_open(wefti_guard *guard, weft_connection *connection, wefti_deadline deadline, weft_error *error);
weft_status wefti_guard_keep(wefti_guard *guard, wefti_deadline deadline, weft_error *error);
/* What happened since open is undone, and a transaction that failed since then goes on. */
weft_status wefti_guard_undo(wefti_guard *guard, wefti_deadline deadline, weft_error *error);
/* After an error that the caller will hear of: a transaction that goes on forgets what happened since open; one that has failed
 * stays so, for what is undone next undoes this savepoint, too. */
void wefti_guard_fail(wefti_guard *guard);

/* ---- rows ---- */

typedef struct wefti_write {
    weft_connection *connection;
    const wefti_table *table;
    const uint16_t *columns; /* given, ascending indexes into table->columns */
    uint16_t column_count;
    const wefti_array *arrays; /* one for each column */
    size_t count;
    const weft_insert_options *options; /* on_conflict and what belongs to it; NULL: a conflict is an error */
    bool whole;                         /* a row that the database does not store is an error */
    bool respelled;                     /* a given key may come back in another spelling than it was sent in */
    const uint16_t *returning;          /* columns to give back: those of the key, then others. Not with options */
    uint16_t returning_count;
    wefti_row_callback on_row; /* is told them for each row, by its place among all; once more where it was told in vain */
    weft_status (*on_slice)(void *context, size_t first, size_t count, weft_error *error); /* these rows are in the database */
    void *context;
    wefti_arena *arena;      /* for as long as the call */
    wefti_deadline deadline; /* of all */
    uint32_t timeout_ms;     /* of each statement; 0: none of its own */
    uint64_t written;        /* rows inserted or updated, as the database counts them */
    weft_error *error;

    /* Own use. */
    size_t first;  /* of a slice: its place among all rows */
    int64_t *keys; /* of its rows, where they are known before they are sent */
    bool no_copy;  /* it was refused once */
} wefti_write;

/* INSERT of rows. More than one statement may be sent: who wants all rows or none begins a transaction or opens a guard around it.
 * A row's generated key is the row's own whatever the order in which the database makes keys. */
weft_status wefti_write_rows(wefti_write *write);

/* How many rows of this many parameters one statement takes, at most `most`, beside `more` parameters; 0 or 1: no list fits. */
uint32_t wefti_write_list_rows(const weft_connection *connection, size_t width, size_t more, uint32_t most);
/* Rows to send before looking after them: arrays where they are cheap for any number, else what stays in the caches. */
static inline uint32_t wefti_write_slice_rows(const wefti_capabilities *can)
{
    return can->array_parameters_typed ? WEFTI_WRITE_ARRAY_ROWS : WEFTI_WRITE_SLICE_ROWS;
}
/* Some of the elements of an array. */
wefti_array wefti_array_part(const wefti_array *array, size_t first, size_t count);

/* ---- between write.c and write_keys.c ---- */

/* The deadline of a statement that begins now. */
wefti_deadline wefti_write_deadline(const wefti_write *write);
wefti_dml wefti_write_dml(const wefti_write *write, wefti_dml_kind kind, uint32_t row_count);
/* From the arena; NULL: no memory, and the error says so. */
/* A field of a row as a value that lasts as long as the write; one of no type where there is no memory, with the error set. */
weft_value wefti_write_value(wefti_write *write, const wefti_array *array, size_t row);
void *wefti_write_room(const wefti_write *write, size_t count, size_t size);
/* Rows of which everything is known. keys: they include keys that the database was asked for, which nobody may replace. *done
 * false:
 * it could not be made sure that nobody does, and no row was stored. */
weft_status wefti_write_known(wefti_write *write, bool keys, bool *done);
/* Keys for all rows, before they are cut into slices: in write->keys, where that is worth it. */
weft_status wefti_write_take_block(wefti_write *write);
/* Where the database has made keys of rows of which nothing came back: whether the column's type holds them. */
weft_status wefti_write_check_keys(const wefti_write *write);
/* Whether the generated key of its rows is left to the database. */
bool wefti_write_leaves_key(const wefti_write *write);
/* Whether the database may make keys that the column's type does not hold: then rows are to be undone after they were stored. */
bool wefti_key_may_outgrow(const weft_connection *connection, const wefti_table *table);
/* A slice of rows of which something comes back. */
weft_status wefti_write_returning(wefti_write *write);
/* The error where `stored` rows of a slice were stored. */
weft_status wefti_write_lost(const wefti_write *write, uint64_t stored);

/* Whether COPY may be tried: a driver of the program's own has none, whatever its database. */
static inline bool wefti_write_copies(const wefti_write *write)
{
    return write->connection->engine->capabilities->copy && write->connection->driver->copy_in != NULL;
}

#endif
