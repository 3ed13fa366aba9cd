/* Results of the public API, shared by the files of engine that make and read them. */
#ifndef WEFTI_ENGINE_RESULT_H
#define WEFTI_ENGINE_RESULT_H

#include "engine/engine_private.h"

typedef struct wefti_buffered_row {
    struct wefti_buffered_row *next;
    weft_value cells[];
} wefti_buffered_row;

/* Rows either come from the open cursor, or were copied into the arena when the statement ran: where the driver does not hold
 * results in memory, so that an unread result keeps no transaction open, and outlives commit, on every database. */
struct weft_result {
    weft_connection *connection;  /* NULL: nothing is open on it any more */
    weft_result *next, *previous; /* connection->results */
    wefti_cursor *cursor;         /* NULL: buffered or ended */
    const wefti_compiled *compiled;
    const weft_value *row;    /* the present one, or NULL */
    wefti_buffered_row *rows; /* not yet read */
    const char **names;       /* of buffered columns; arena */
    const char *ended;        /* why the connection ended it early; static */
    weft_status failed;       /* what its rows ended with, where they did */
    uint64_t changed;
    uint16_t column_count;
    bool stream;
    bool done;                 /* a stream that gave its last row, or failed */
    bool kept;                 /* a stream whose rows were taken into memory */
    bool alone;                /* a stream in a transaction of its own, which ends with it */
    const char *of;            /* a stream: its model; static */
    wefti_arena arena;         /* the result lies in it, too: a small one takes one block */
    wefti_arena made;          /* what weft_result_into made of the present row's cells: arrays, and texts of what is none */
    void *items;               /* of weft_connection_fetch, where they are many; owned */
    const weft_row_type *type; /* whose fields take the columns of their names; NULL: none */
    const uint16_t *places;    /* with type: of each field the column; arena */
};

/* The fields of a struct take the columns of their names: what weft_result_into reads then. MISUSE where they differ. */
weft_status wefti_result_name_fields(weft_result *result, const weft_row_type *type, weft_error *error);

/* Takes an open cursor over, also where it fails: the cursor is finished then. */
weft_status wefti_result_new(weft_connection *connection, wefti_cursor *cursor, const wefti_compiled *compiled, bool stream,
                             weft_result **result, weft_error *error);
/* A result of rows that go into structs of its arena, and what reads them: nothing is open on it yet. NULL: no memory. */
weft_result *wefti_result_for(const weft_row_type *type, wefti_fill *fill);
/* The connection ends it before anything that would pull its cursor away. */
static inline void wefti_result_link(weft_connection *connection, weft_result *result)
{
    result->connection = connection;
    result->next = connection->results;
    if (connection->results != NULL)
        connection->results->previous = result;
    connection->results = result;
}
/* Of a linked one: reads what of the cursor's rows is not in fill yet, and ends it, whatever happens. ended: why the reading of
 * them has ended already. by_name: a field is the column of its name. */
weft_status wefti_result_fetch(weft_result *result, wefti_cursor *cursor, const wefti_compiled *compiled, wefti_fill *fill,
                               bool by_name, weft_status ended, weft_error *error);
/* Takes the rest of a stream's rows into memory; the present row stays what it is. */
weft_status wefti_result_keep(weft_result *result, weft_error *error);

/* ---- streams.c ---- */

/* Ends the transaction that was begun for a stream alone, see weft_connection_options.read_only. */
void wefti_stream_end_alone(weft_result *result);

#endif
