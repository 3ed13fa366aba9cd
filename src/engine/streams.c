/* Open streams whose connection is wanted for something else.
 *
 * A driver with one cursor for a connection cannot do it: the call is MISUSE, names the stream, and leaves the transaction as it
 * was, for nothing was sent. Elsewhere reading goes on beside the stream, and a statement that writes first takes the rest of the
 * stream's rows into memory: what rows a half-read SELECT gives of tables that change under it is undefined, and a loop that
 * updates what it reads might never end. The write is still held to the state that the stream was reading. */
#include "base/error.h"
#include "base/thread.h"
#include "engine/result.h"

#include <string.h>

static weft_result *first_open(const weft_connection *connection)
{
    weft_result *result = connection->results;
    while (result != NULL && !(result->stream && result->cursor != NULL && !result->done))
        result = result->next;
    return result;
}

weft_status wefti_streams_refuse(weft_connection *connection, weft_error *error)
{
    return connection->driver->one_cursor ? wefti_streams_refuse_any(connection, error) : WEFT_OK;
}

weft_status wefti_streams_refuse_any(const weft_connection *connection, weft_error *error)
{
    const weft_result *open = first_open(connection);
    if (open == NULL)
        return WEFT_OK;
    const char *of = open->of != NULL ? open->of : "rows";
    if (connection->file != NULL)
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE,
                              "a stream of %s is open on this connection, taken at %s:%d, and has rows that were not read", of,
                              connection->file, connection->line);
    else
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "a stream of %s is open on this connection and has rows that were not read",
                              of);
    wefti_error_hint(error, "read it to its end or call weft_result_close first, or read its rows without .stream");
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}

/* Holds the state of the database that the streams read: a transaction that only read lets go of it with the last of them. */
static weft_status hold_state(weft_connection *connection, wefti_cursor **holder, weft_error *error)
{
    const char *sql = connection->driver->state_sql;
    bool has_row;
    if (sql == NULL)
        return WEFT_OK;
    const wefti_statement statement = {.sql = sql, .sql_size = strlen(sql), .returns_rows = true, .text = true};
    weft_status status = connection->driver->execute(connection->dbc, &statement, NULL, 0, true, WEFTI_NO_DEADLINE, holder, error);
    return status == WEFT_OK ? connection->driver->step(*holder, &has_row, error) : status;
}

weft_status wefti_streams_keep(weft_connection *connection, wefti_cursor **holder, weft_error *error)
{
    *holder = NULL;
    if (first_open(connection) == NULL)
        return WEFT_OK;
    weft_status status = hold_state(connection, holder, error);
    for (weft_result *result = connection->results; result != NULL && status == WEFT_OK; result = result->next)
        if (result->stream && result->cursor != NULL && !result->done)
            status = wefti_result_keep(result, error);
    if (status != WEFT_OK)
        wefti_streams_let_go(connection, holder);
    return status;
}

void wefti_stream_end_alone(weft_result *result)
{
    weft_connection *connection = result->connection;
    if (!result->alone || connection == NULL)
        return;
    result->alone = false;
    weft_result *other = first_open(connection);
    if (other != NULL && other != result) {
        other->alone = true; /* it reads in the same transaction */
        return;
    }
    if (connection->in_transaction && wefti_connection_commit(connection, wefti_connection_deadline(connection), NULL) != WEFT_OK)
        (void)wefti_connection_rollback(connection, wefti_connection_deadline(connection), NULL);
}
