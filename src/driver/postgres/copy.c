/* COPY ... FROM STDIN (FORMAT binary): the fastest way in. Rows are written from the structs' fields into one buffer and handed to
 * libpq in pieces, each flushed before the next, so that memory does not grow with the rows. A held-back BEGIN goes in front of the
 * statement's text, because libpq has no COPY in pipelines. */
#include "driver/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 65536

typedef struct copy_run {
    wefti_postgres_dbc *c;
    const wefti_array *columns;
    size_t column_count;
    wefti_deadline deadline;
    wefti_postgres_output out;
    bool refused; /* the server has left the copy state: its error is waiting */
} copy_run;

static weft_status start_copy(copy_run *copy, const char *sql, PGresult **failure, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    bool begin = c->begin_pending;
    wefti_text text;
    wefti_text_init(&text, 0);
    if (begin) {
        char begin_sql[128];
        wefti_postgres_begin_sql(&c->begin, begin_sql);
        wefti_text_add(&text, begin_sql);
        wefti_text_add(&text, "; ");
    }
    wefti_text_add(&text, sql);
    if (text.failed) {
        wefti_text_deinit(&text);
        return wefti_error_memory(error);
    }
    int sent = PQsendQuery(c->pg, text.data);
    wefti_text_deinit(&text);
    if (sent != 1)
        return wefti_postgres_send_failed(c, error);
    c->begin_pending = false;
    weft_status status = wefti_postgres_flush(c, copy->deadline, error);
    PGresult *result = NULL;
    for (int expected = begin ? 2 : 1; status == WEFT_OK && expected > 0; expected--) {
        PQclear(result);
        status = wefti_postgres_next(c, copy->deadline, &result, error);
        if (status == WEFT_OK && result == NULL)
            status = wefti_postgres_lost(c, error);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            break;
    }
    if (status == WEFT_OK && PQresultStatus(result) != PGRES_COPY_IN) {
        *failure = result;
        result = NULL;
    }
    PQclear(result);
    return status;
}

static weft_status send_piece(copy_run *copy, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    for (;;) {
        int sent = PQputCopyData(c->pg, (const char *)copy->out.data, (int)copy->out.size);
        weft_status status = WEFT_OK;
        if (sent < 0) {
            copy->refused = true;
            if (PQstatus(c->pg) == CONNECTION_BAD) {
                c->broken = true;
                return wefti_postgres_lost(c, error);
            }
            return WEFT_OK;
        }
        status = wefti_postgres_flush(c, copy->deadline, error);
        if (status != WEFT_OK)
            return status;
        if (sent > 0)
            break;
    }
    copy->out.size = 0;
    return WEFT_OK;
}

static weft_status send_rows(copy_run *copy, size_t count, weft_error *error)
{
    static const unsigned char header[19] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0};
    wefti_postgres_output *out = &copy->out;
    if (!wefti_postgres_reserve(out, PIECE_BYTES + 4096))
        return wefti_error_memory(error);
    memcpy(out->data, header, sizeof header);
    out->size = sizeof header;
    for (size_t row = 0; row < count && !copy->refused; row++) {
        if (!wefti_postgres_reserve(out, 2))
            return wefti_error_memory(error);
        wefti_postgres_put16(out->data + out->size, (uint16_t)copy->column_count);
        out->size += 2;
        for (size_t i = 0; i < copy->column_count; i++) {
            const wefti_array *column = &copy->columns[i];
            weft_status status = wefti_postgres_put_field(out, column->type & ~(unsigned)WEFT_OPT, column, row, error);
            if (status != WEFT_OK)
                return status;
        }
        if (out->size >= PIECE_BYTES) {
            weft_status status = send_piece(copy, error);
            if (status != WEFT_OK)
                return status;
        }
    }
    if (!wefti_postgres_reserve(out, 2))
        return wefti_error_memory(error);
    wefti_postgres_put16(out->data + out->size, UINT16_MAX); /* the end */
    out->size += 2;
    return copy->refused ? WEFT_OK : send_piece(copy, error);
}

/* Ends the copy, in order or with a reason for the server to refuse it, and reads the answer. */
static weft_status end_copy(copy_run *copy, bool whole, PGresult **result, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    weft_status status = WEFT_OK;
    if (!copy->refused) {
        int ended = PQputCopyEnd(c->pg, whole ? NULL : "a row could not be encoded");
        if (ended < 0 && PQstatus(c->pg) == CONNECTION_BAD)
            return wefti_postgres_send_failed(c, error);
        status = wefti_postgres_flush(c, copy->deadline, error);
    }
    return status == WEFT_OK ? wefti_postgres_finish_command(c, copy->deadline, result, error) : status;
}

/* Everything after the server accepted the statement. */
static weft_status run_copy(copy_run *copy, size_t count, uint64_t *copied, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    PGresult *result = NULL;
    weft_error later;
    weft_status status = send_rows(copy, count, error);
    if (status != WEFT_OK) {
        if (!c->broken && !c->given_up)
            (void)end_copy(copy, false, &result, &later);
    } else {
        status = end_copy(copy, true, &result, error);
        if (status == WEFT_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
            status = wefti_postgres_result_error(c, result, error);
        else if (status == WEFT_OK)
            *copied = strtoull(PQcmdTuples(result), NULL, 10);
    }
    PQclear(result);
    return status;
}

weft_status wefti_postgres_copy_in(wefti_dbc *dbc, const char *sql, const wefti_array *columns, size_t column_count, size_t count,
                                   wefti_deadline deadline, uint64_t *copied, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    copy_run copy = {.c = c, .columns = columns, .column_count = column_count, .deadline = deadline};
    PGresult *failure = NULL;
    uint64_t rows = 0;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    if (column_count > WEFTI_MAX_COLUMNS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "COPY of %zu columns", column_count);
    bool in_transaction = c->begin_pending || wefti_postgres_in_transaction(c);
    c->notice_count = 0;
    status = start_copy(&copy, sql, &failure, error);
    if (status == WEFT_OK && failure == NULL) {
        status = run_copy(&copy, count, &rows, error);
    } else if (status == WEFT_OK) {
        PGresult *rest = NULL;
        weft_error later;
        while (wefti_postgres_next(c, deadline, &rest, &later) == WEFT_OK && rest != NULL)
            PQclear(rest);
        status = PQresultStatus(failure) == PGRES_FATAL_ERROR
                     ? wefti_postgres_result_error(c, failure, error)
                     : wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement is not COPY ... FROM STDIN");
    }
    PQclear(failure);
    wefti_free(copy.out.data);
    if (copied != NULL)
        *copied = rows;
    if (status == WEFT_OK) {
        c->transaction_failed = false;
        return WEFT_OK;
    }
    return wefti_postgres_outcome(c, in_transaction, true, status, error);
}
