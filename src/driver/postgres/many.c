/* One statement for many rows of parameters: a pipeline of Bind and Execute in chunks, two chunks in flight, so that neither side
 * waits for the other and no side's buffer grows with the number of rows. Outside a transaction the whole is one transaction of
 * its own: rows are all there or none. Results come in the order of the rows; after the first failure the server skips to the end
 * of the chunk, and the chunk behind it fails as a whole. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define CHUNK_ROWS 512
#define CHUNKS_IN_FLIGHT 2

typedef struct many {
    wefti_postgres_dbc *c;
    const wefti_statement *statement;
    const wefti_array *parameters;
    size_t count;
    wefti_row_callback on_row;
    void *context;
    wefti_deadline deadline;
    uint32_t *changed_each;
    wefti_postgres_round round;
    wefti_postgres_cursor *cursor; /* decodes returned rows */
    bool columns_known;
    size_t sent, received;
    size_t chunks[CHUNKS_IN_FLIGHT]; /* rows of the chunks in flight, oldest first */
    size_t chunk_count;
    weft_status local; /* why sending stopped early: rows sent before are still received */
    weft_error local_error;
    uint64_t changed;
    bool delivered; /* on_row was called */
} many;

static weft_status encode_row(many *m, size_t row, weft_error *error)
{
    wefti_postgres_encoder *e = &m->c->encoder;
    size_t count = m->statement->parameter_count;
    weft_status status = wefti_postgres_encode_start(e, count, error);
    for (size_t i = 0; status == WEFT_OK && i < count; i++) {
        const wefti_array *column = &m->parameters[i];
        weft_value value = wefti_field_value(column->type, column->size, wefti_array_field(column, row));
        unsigned type = m->statement->parameter_types != NULL ? m->statement->parameter_types[i] : (unsigned)value.type;
        bool unended = column->type == WEFT_CHARS && value.as.s.size >= column->size;
        if ((type & WEFTI_ARRAY) != 0)
            status =
                wefti_error_set(error, WEFT_ERROR_MISUSE, "a list cannot be a parameter of a statement that runs for each row");
        else if (unended)
            status = wefti_error_set(error, WEFT_ERROR_DATA, "parameter %zu is a char array without a closing NUL", i + 1);
        else
            status = wefti_postgres_encode(e, i, type, &value, error);
    }
    if (status == WEFT_OK)
        wefti_postgres_encode_arrays_done(e);
    return status;
}

static weft_status send_chunk(many *m, weft_error *error)
{
    wefti_postgres_dbc *c = m->c;
    const wefti_postgres_encoder *e = &c->encoder;
    size_t rows = 0;
    for (; rows < CHUNK_ROWS && m->sent < m->count; rows++, m->sent++) {
        m->local = encode_row(m, m->sent, &m->local_error);
        if (m->local != WEFT_OK)
            break;
        if (wefti_pq_send_prepared(c->pg, m->round.name, (int)e->count, e->values, e->lengths, e->formats,
                                   !m->statement->as_text) != 1)
            return wefti_postgres_send_failed(c, error);
    }
    if (!wefti_postgres_send_sync(c))
        return wefti_postgres_send_failed(c, error);
    m->chunks[m->chunk_count++] = rows;
    return wefti_postgres_flush(c, m->deadline, error);
}

static weft_status deliver_rows(many *m, const PGresult *result, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (!m->columns_known) {
        status = wefti_postgres_cursor_columns(m->cursor, result, m->statement->column_types, m->statement->column_count, error);
        m->columns_known = true;
    }
    int rows = PQntuples(result);
    for (int row = 0; status == WEFT_OK && row < rows; row++) {
        status = wefti_postgres_decode_row(m->cursor, result, row, error);
        if (status == WEFT_OK && m->on_row != NULL) {
            m->delivered = true;
            status = m->on_row(m->context, m->received, m->cursor->cells, m->cursor->cursor.column_count, error);
        }
    }
    return status;
}

/* The answers of the oldest chunk. *failure: the server's refusal of row m->received. */
static weft_status receive_chunk(many *m, PGresult **failure, weft_error *error)
{
    wefti_postgres_dbc *c = m->c;
    weft_status status = WEFT_OK;
    PGresult *result = NULL;
    for (size_t i = 0; status == WEFT_OK && i < m->chunks[0]; i++) {
        status = wefti_postgres_finish_command(c, m->deadline, &result, error);
        if (status != WEFT_OK)
            return status;
        ExecStatusType state = PQresultStatus(result);
        if (state != PGRES_TUPLES_OK && state != PGRES_COMMAND_OK) {
            *failure = result;
            return WEFT_OK;
        }
        uint64_t changed = wefti_postgres_changed_rows(result);
        m->changed += changed;
        if (m->changed_each != NULL)
            m->changed_each[m->received] = (uint32_t)changed;
        status = wefti_postgres_check_tag(c, result, true, error);
        if (status == WEFT_OK && state == PGRES_TUPLES_OK)
            status = deliver_rows(m, result, error);
        PQclear(result);
        if (status == WEFT_OK)
            m->received++;
    }
    if (status != WEFT_OK)
        return status;
    status = wefti_postgres_next(c, m->deadline, &result, error); /* the sync */
    PQclear(result);
    m->chunk_count--;
    m->chunks[0] = m->chunks[1];
    return status;
}

/* Sends and receives; the pipeline is still open afterwards. */
static weft_status stream_chunks(many *m, PGresult **failure, weft_error *error)
{
    bool started = false;
    for (;;) {
        weft_status status = WEFT_OK;
        while (status == WEFT_OK && m->local == WEFT_OK && m->sent < m->count && m->chunk_count < CHUNKS_IN_FLIGHT)
            status = send_chunk(m, error);
        if (status == WEFT_OK && !started)
            status = wefti_postgres_round_receive(m->c, m->statement, &m->round, m->deadline, failure, error);
        started = true;
        if (status == WEFT_OK && *failure == NULL && m->chunk_count > 0)
            status = receive_chunk(m, failure, error);
        if (status != WEFT_OK || *failure != NULL || (m->chunk_count == 0 && (m->sent == m->count || m->local != WEFT_OK)))
            return status;
    }
}

/* Leaves the pipeline whatever happened; the first error stays. */
static weft_status close_pipeline(many *m, weft_status status, weft_error *error)
{
    weft_error later;
    if (m->c->broken || m->c->given_up)
        return status;
    weft_status left = wefti_postgres_pipeline_leave(m->c, m->deadline, status == WEFT_OK ? error : &later);
    return status == WEFT_OK ? left : status;
}

static weft_status run_once(many *m, bool may_repeat, bool *again, weft_error *error)
{
    wefti_postgres_dbc *c = m->c;
    PGresult *failure = NULL;
    *again = false;
    weft_status status = wefti_postgres_round_open(c, m->statement, &m->round, error);
    if (status != WEFT_OK)
        return status;
    m->round.piped = true;
    status = wefti_postgres_round_send(c, m->statement, &m->round, error);
    if (status == WEFT_OK)
        status = stream_chunks(m, &failure, error);
    status = close_pipeline(m, status, error);
    wefti_postgres_round_abandon(c, &m->round);
    if (status == WEFT_OK && failure != NULL) {
        bool rerun = wefti_postgres_may_rerun(c, m->statement, failure, &m->round);
        if (rerun && may_repeat && !m->delivered && !c->broken) {
            *again = true;
            status = wefti_postgres_rewind(c, &m->round, m->deadline, error);
        } else {
            status = wefti_postgres_statement_error(c, failure, m->statement->sql, m->round.parse_failed, error);
        }
    } else if (status == WEFT_OK && m->local != WEFT_OK) {
        wefti_error_copy(error, &m->local_error);
        status = m->local;
    } else if (status == WEFT_OK) {
        c->missing_names = 0;
        c->transaction_failed = false;
    }
    PQclear(failure);
    return status;
}

static void start(many *m)
{
    m->sent = m->received = m->chunk_count = 0;
    m->local = WEFT_OK;
    m->changed = 0;
    m->columns_known = false;
}

/* Ends the transaction that was begun for these rows alone. */
static weft_status end_own(many *m, weft_status status, weft_error *error)
{
    weft_error later;
    if (status == WEFT_OK)
        return wefti_postgres_commit(&m->c->dbc, m->deadline, error);
    if (!m->c->broken && !m->c->given_up)
        (void)wefti_postgres_rollback(&m->c->dbc, m->deadline, &later);
    if (error != NULL && !m->c->given_up)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return status;
}

weft_status wefti_postgres_execute_many(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters,
                                        size_t count, wefti_row_callback on_row, void *context, wefti_deadline deadline,
                                        uint64_t *changed, uint32_t *changed_each, size_t *failed, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    many m = {.c = c,
              .statement = statement,
              .parameters = parameters,
              .count = count,
              .on_row = on_row,
              .context = context,
              .deadline = deadline,
              .changed_each = changed_each};
    bool again = false;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status == WEFT_OK)
        status = wefti_postgres_check_encoding(c, statement, error);
    if (changed != NULL)
        *changed = 0;
    if (failed != NULL)
        *failed = 0;
    if (status != WEFT_OK || count == 0)
        return status;
    status = encode_row(&m, 0, error); /* the parameters' types are needed to prepare */
    if (status == WEFT_OK)
        status = wefti_postgres_cursor_new(c, statement->column_count, &m.cursor, error);
    if (status != WEFT_OK)
        return status;
    bool own = !c->begin_pending && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    if (own)
        status = wefti_postgres_begin(dbc, &(wefti_begin){.for_write = true}, deadline, error);
    c->notice_count = 0;
    if (status == WEFT_OK)
        status = run_once(&m, true, &again, error);
    if (again && status == WEFT_OK) {
        start(&m);
        status = encode_row(&m, 0, error);
        if (status == WEFT_OK)
            status = run_once(&m, false, &again, error);
    }
    wefti_postgres_finish(&m.cursor->cursor);
    if (status != WEFT_OK && m.local == WEFT_OK)
        status = wefti_postgres_outcome(c, true, statement->writes, status, error);
    if (failed != NULL)
        *failed = m.received;
    if (own)
        status = end_own(&m, status, error);
    if (changed != NULL)
        *changed = m.changed;
    return status;
}
