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
    const uint16_t *columns;             /* given, ascending indexes into table->columns */
    uint16_t column_count;
    const wefti_array *arrays;           /* one for each column */
    size_t count;
    const weft_insert_options *options;  /* on_conflict and what belongs to it; NULL: a conflict is an error */
    wefti_arena *arena;                  /* for as long as the call */
    wefti_deadline deadline;             /* of all */
    uint32_t timeout_ms;                 /* of each statement; 0: none of its own */
    uint64_t written;                    /* rows inserted or updated, as the database counts them */
    weft_error *error;
} wefti_write;

/* INSERT of rows whose values are all known. More than one statement may be sent: who wants all rows or none begins a transaction
 * or opens a guard around it. */
weft_status wefti_write_rows(wefti_write *write);
/* The deadline of a statement that begins now. */
wefti_deadline wefti_write_deadline(const wefti_write *write);

/* How many rows of this many parameters one statement takes, at most `most`, beside `more` parameters; 0 or 1: no list fits. */
uint32_t wefti_write_list_rows(const weft_connection *connection, size_t width, size_t more, uint32_t most);
/* Rows to send before looking after them: arrays where they are cheap for any number, else what stays in the caches. */
static inline uint32_t wefti_write_slice_rows(const wefti_capabilities *can)
{
    return can->array_parameters_typed ? WEFTI_WRITE_ARRAY_ROWS : WEFTI_WRITE_SLICE_ROWS;
}
/* Some of the elements of an array. */
wefti_array wefti_array_part(const wefti_array *array, size_t first, size_t count);

#endif
