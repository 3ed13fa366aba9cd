/* COPY ... FROM STDIN (FORMAT binary): the fastest way in. Rows are written from the structs' fields into one buffer and handed to
 * libpq in pieces, each flushed before the next, so that memory does not grow with the rows. A held-back BEGIN goes in front of the
 * statement's text, because libpq has no COPY in pipelines.
 *
 * COPY takes the bytes of a field for whatever its column is: eight bytes of text would become a number. Hence a SELECT of the same
 * columns without rows goes in front as well, in the same round trip, and tells their types; fields are written as these, or the
 * COPY is refused as UNSUPPORTED, for which an INSERT is the way. A SELECT behind the COPY may refuse it, too. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define PIECE_BYTES 65536

typedef struct copy_run {
    wefti_postgres_dbc *c;
    const wefti_array *columns;
    size_t column_count;
    wefti_deadline deadline;
    wefti_postgres_output out;
    weft_type *types; /* how each column's fields are written */
    bool refused;     /* the server has left the copy state: its error is waiting */
    bool checked;     /* a SELECT follows that says whether the rows may stay */
} copy_run;

/* The end of what stands before stop, outside quotes; NULL where stop does not occur. */
static const char *find_outside_quotes(const char *text, const char *stop)
{
    bool quoted = false;
    for (size_t size = strlen(stop); *text != '\0'; text++) {
        if (*text == '"')
            quoted = !quoted;
        if (!quoted && strncmp(text, stop, size) == 0)
            return text;
    }
    return NULL;
}

/* COPY table (columns) FROM STDIN ...: adds SELECT columns FROM table LIMIT 0. */
static bool add_probe(wefti_text *text, const char *sql)
{
    const char *from = strncmp(sql, "COPY ", 5) == 0 ? find_outside_quotes(sql, " FROM STDIN") : NULL;
    if (from == NULL)
        return false;
    const char *table = sql + 5, *open = find_outside_quotes(table, "("), *close = find_outside_quotes(table, ")");
    bool columns = open != NULL && open < from;
    if (columns && (close == NULL || close > from || open == table))
        return false;
    wefti_text_add(text, "SELECT ");
    if (columns)
        wefti_text_add_bytes(text, open + 1, (size_t)(close - open) - 1);
    else
        wefti_text_add_char(text, '*');
    wefti_text_add(text, " FROM ");
    wefti_text_add_bytes(text, table, (size_t)((columns ? open : from) - table));
    wefti_text_add(text, " LIMIT 0; ");
    return true;
}

/* As what a field of one type is written for a column of another, or WEFT_UNMAPPED where its bytes would mean something else. */
static weft_type written_as(unsigned field, Oid column)
{
    if (wefti_type_of(field)->kept == WEFTI_KEPT_BITS)
        return wefti_postgres_converts(column, (weft_type)field) ? (weft_type)field : WEFT_UNMAPPED;
    const unsigned range = wefti_type_of(field)->bound != 0 ? wefti_type_range(field) : 0;
    if (range != 0) {
        const Oid own = wefti_type_is_array(field) ? wefti_postgres_multirange_of(range) : wefti_postgres_codecs[range].element;
        return own == column ? (weft_type)field : WEFT_UNMAPPED;
    }
    if (wefti_type_is_array(field)) {
        const Oid of = wefti_postgres_item_of(column);
        const weft_type item = of != 0 ? written_as(wefti_type_of(field)->element, of) : WEFT_UNMAPPED;
        const bool alike = item != WEFT_UNMAPPED && wefti_postgres_codecs[item].element == of;
        return alike ? (weft_type)wefti_array_type(item, false) : WEFT_UNMAPPED;
    }
    const weft_type type = wefti_postgres_type_of(column);
    if (column == OID_OID || column == OID_CHAR || column == OID_JSON)
        return WEFT_UNMAPPED;
    const bool convertible = wefti_type_is_integer(type) || type == WEFT_DOUBLE || type == WEFT_TEXT;
    const bool fits = convertible ? wefti_type_of(field)->kin == wefti_type_of(type)->kin : (unsigned)type == field;
    return fits ? type : WEFT_UNMAPPED;
}

static weft_status choose_types(copy_run *copy, const PGresult *probe, weft_error *error)
{
    if ((size_t)PQnfields(probe) != copy->column_count)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "COPY of %zu lists into %d columns", copy->column_count, PQnfields(probe));
    for (size_t i = 0; i < copy->column_count; i++) {
        copy->types[i] = written_as(copy->columns[i].type & ~(unsigned)WEFT_OPT, PQftype(probe, (int)i));
        if (copy->types[i] == WEFT_UNMAPPED) {
            (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "COPY cannot convert the values of column \"%s\" to its type",
                                  PQfname(probe, (int)i));
            if (error != NULL)
                wefti_error_field(error->sqlstate, sizeof error->sqlstate, "0A000");
            return WEFT_ERROR_UNSUPPORTED;
        }
    }
    return WEFT_OK;
}

static weft_status send_start(copy_run *copy, const char *sql, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    wefti_text text;
    weft_status status = WEFT_OK;
    wefti_text_init(&text, 0);
    wefti_postgres_add_begin(c, &text);
    if (!add_probe(&text, sql))
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement is not COPY table (columns) FROM STDIN");
    wefti_text_add(&text, sql);
    if (status == WEFT_OK && text.failed)
        status = wefti_error_memory(error);
    if (status == WEFT_OK && wefti_pq_send_query(c->pg, text.data) != 1)
        status = wefti_postgres_send_failed(c, error);
    wefti_text_deinit(&text);
    return status;
}

/* Up to the point where the server wants data. local: why the fields do not fit its columns. */
static weft_status start_copy(copy_run *copy, bool begin, PGresult **failure, weft_status *local, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    weft_status status = wefti_postgres_flush(c, copy->deadline, error);
    for (int step = begin ? 0 : 1; status == WEFT_OK && step < 3; step++) { /* BEGIN, the probe, COPY */
        static const ExecStatusType expected[] = {PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_COPY_IN};
        PGresult *result = NULL;
        status = wefti_postgres_next(c, copy->deadline, &result, error);
        if (status == WEFT_OK && result == NULL)
            status = wefti_postgres_lost(c, error);
        if (status == WEFT_OK && PQresultStatus(result) != expected[step]) {
            *failure = result;
            return WEFT_OK;
        }
        if (status == WEFT_OK && step == 1)
            *local = choose_types(copy, result, error);
        PQclear(result);
    }
    return status;
}

static weft_status send_piece(copy_run *copy, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    for (int refused = 0;; refused++) {
        int sent = wefti_pq_put_copy(c->pg, (const char *)copy->out.data, (int)copy->out.size);
        weft_status status = WEFT_OK;
        (void)wefti_pq_is_busy(c->pg); /* as in wefti_postgres_flush */
        if (sent < 0) {
            copy->refused = true;
            if (PQstatus(c->pg) == CONNECTION_BAD) {
                c->broken = true;
                c->server_spoke = true; /* PQputCopyData reads answers, too */
                return wefti_postgres_lost(c, error);
            }
            return WEFT_OK;
        }
        status = wefti_postgres_flush(c, copy->deadline, error);
        if (status != WEFT_OK)
            return status;
        if (sent > 0)
            break;
        if (refused > 0) /* all that was before it is sent: there is no memory for it */
            return wefti_error_memory(error);
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
            weft_status status = wefti_postgres_put_field(out, copy->types[i], column, row, error);
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

/* What comes after an error. */
static weft_status drain(copy_run *copy, weft_error *error)
{
    for (;;) {
        PGresult *rest = NULL;
        weft_status status = wefti_postgres_next(copy->c, copy->deadline, &rest, error);
        if (status != WEFT_OK || rest == NULL)
            return status;
        PQclear(rest);
    }
}

/* Ends the copy, in order or with a reason for the server to refuse it, and reads the answer. */
static weft_status end_copy(copy_run *copy, bool whole, PGresult **result, PGresult **check, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    weft_status status = WEFT_OK;
    if (!copy->refused) {
        int ended = wefti_pq_end_copy(c->pg, whole ? NULL : "a row could not be encoded");
        if (ended < 0 && PQstatus(c->pg) == CONNECTION_BAD)
            return wefti_postgres_send_failed(c, error);
        if (ended == 0 || (ended < 0 && wefti_postgres_is_memory(PQerrorMessage(c->pg)))) {
            c->broken = c->unsent = true; /* the server waits for an end that cannot be written */
            return wefti_error_memory(error);
        }
        status = wefti_postgres_flush(c, copy->deadline, error);
    }
    if (status != WEFT_OK || !whole || !copy->checked || copy->refused)
        return status == WEFT_OK ? wefti_postgres_finish_command(c, copy->deadline, result, error) : status;
    status = wefti_postgres_next(c, copy->deadline, result, error);
    if (status != WEFT_OK || *result == NULL)
        return status != WEFT_OK ? status : wefti_postgres_lost(c, error);
    return PQresultStatus(*result) == PGRES_COMMAND_OK ? wefti_postgres_finish_command(c, copy->deadline, check, error)
                                                       : drain(copy, error);
}

/* Whether the rows may stay. */
static weft_status judge_check(const copy_run *copy, const PGresult *check, weft_error *error)
{
    bool holds = PQresultStatus(check) == PGRES_TUPLES_OK && PQntuples(check) == 1 && PQnfields(check) == 1 &&
                 strcmp(PQgetvalue(check, 0, 0), "t") == 0;
    if (holds || !copy->checked)
        return WEFT_OK;
    if (PQresultStatus(check) == PGRES_FATAL_ERROR)
        return wefti_postgres_result_error(copy->c, check, error);
    (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                          "COPY would store other rows than INSERT: the table has rules or triggers");
    if (error != NULL)
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, "0A000");
    return WEFT_ERROR_UNSUPPORTED;
}

/* Everything after the server accepted the statement. local: an error that already forbids to send rows. */
static weft_status run_copy(copy_run *copy, size_t count, weft_status local, uint64_t *copied, weft_error *error)
{
    wefti_postgres_dbc *c = copy->c;
    PGresult *result = NULL, *check = NULL;
    weft_error later;
    c->copying = true;
    c->copy_bytes = 0;
    weft_status status = local == WEFT_OK ? send_rows(copy, count, error) : local;
    c->copying = false;
    if (status != WEFT_OK) {
        if (!c->broken && !c->given_up)
            (void)end_copy(copy, false, &result, &check, &later);
    } else {
        status = end_copy(copy, true, &result, &check, error);
        if (status == WEFT_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
            status = wefti_postgres_result_error(c, result, error);
        else if (status == WEFT_OK)
            *copied = wefti_postgres_row_count(result);
        if (status == WEFT_OK)
            status = judge_check(copy, check, error);
    }
    PQclear(check);
    PQclear(result);
    return status;
}

/* sent holds no constants, and no row had been sent. */
static weft_status not_started(copy_run *copy, const PGresult *failure, const char *sent, weft_error *error)
{
    PGresult *rest = NULL;
    weft_error later;
    while (wefti_postgres_next(copy->c, copy->deadline, &rest, &later) == WEFT_OK && rest != NULL)
        PQclear(rest);
    if (PQresultStatus(failure) == PGRES_FATAL_ERROR) {
        weft_status status = wefti_postgres_statement_error(copy->c, failure, sent, true, error);
        if (error != NULL)
            error->position = 0; /* it counts in what was sent, BEGIN and the SELECT included */
        return status;
    }
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement is not COPY table (columns) FROM STDIN");
}

weft_status wefti_postgres_copy_in(wefti_dbc *dbc, const char *sql, const wefti_array *columns, size_t column_count, size_t count,
                                   wefti_deadline deadline, uint64_t *copied, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    copy_run copy = {.c = c,
                     .columns = columns,
                     .column_count = column_count,
                     .deadline = deadline,
                     .checked = find_outside_quotes(sql, "; SELECT ") != NULL};
    PGresult *failure = NULL;
    uint64_t rows = 0;
    weft_status status = wefti_postgres_usable(c, deadline, error), local = WEFT_OK;
    if (status == WEFT_OK)
        status = wefti_postgres_check_encoding(c, NULL, error);
    if (copied != NULL)
        *copied = 0;
    if (status != WEFT_OK)
        return status;
    if (column_count == 0 || column_count > WEFTI_MAX_COLUMNS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "COPY of %zu columns", column_count);
    copy.types = wefti_calloc(column_count, sizeof *copy.types);
    if (copy.types == NULL)
        return wefti_error_memory(error);
    bool begin = c->begin_pending, in_transaction = begin || wefti_postgres_in_transaction(c);
    c->notice_count = 0;
    status = send_start(&copy, sql, error);
    if (status == WEFT_OK) {
        c->begin_pending = false;
        status = start_copy(&copy, begin, &failure, &local, error);
        if (status == WEFT_OK)
            status = failure == NULL ? run_copy(&copy, count, local, &rows, error) : not_started(&copy, failure, sql, error);
        if (status == WEFT_OK)
            c->transaction_failed = false;
        else
            status = wefti_postgres_outcome(c, in_transaction, true, status, error);
    }
    PQclear(failure);
    wefti_free(copy.out.data);
    wefti_free(copy.types);
    if (copied != NULL)
        *copied = rows;
    return status;
}
