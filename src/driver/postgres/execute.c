/* Running one statement. The usual case, a prepared statement inside or outside a transaction, is one send, one wait and one result
 * without allocation of weft's own; what has to go ahead of it shares its round trip (pipeline.c). A plan that no longer fits is
 * prepared anew once, where nothing of the transaction can have been lost by that. */
#include "driver/postgres/postgres.h"

#include <string.h>

/* One attempt to run a statement. */
typedef struct attempt {
    const wefti_statement *statement;
    bool stream;
    wefti_deadline deadline;
    wefti_postgres_round round;
    PGresult *result;
    wefti_postgres_cursor *cursor; /* made before anything is sent: running out of memory then has no effect */
} attempt;

static weft_status encode_parameters(wefti_postgres_dbc *c, const wefti_statement *statement, const weft_value *parameters,
                                     size_t count, weft_error *error)
{
    wefti_postgres_encoder *e = &c->encoder;
    if (statement->parameter_types != NULL && count != statement->parameter_count)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%zu parameters were given to a statement that takes %u", count,
                               (unsigned)statement->parameter_count);
    weft_status status = wefti_postgres_encode_start(e, count, error);
    for (size_t i = 0; status == WEFT_OK && i < count; i++) {
        unsigned type = statement->parameter_types != NULL ? statement->parameter_types[i] : (unsigned)parameters[i].type;
        if ((type & WEFTI_PLACED) != 0)
            status = wefti_postgres_encode_placed(e, i, wefti_value_array(&parameters[i]), error);
        else if ((type & WEFTI_ARRAY) != 0)
            status = wefti_postgres_encode_array(e, i, type & ~(unsigned)(WEFTI_ARRAY | WEFT_OPT),
                                                 wefti_value_array(&parameters[i]), error);
        else
            status = wefti_postgres_encode(e, i, type, &parameters[i], error);
    }
    if (status == WEFT_OK)
        wefti_postgres_encode_arrays_done(e);
    else if (error != NULL)
        error->nothing_sent = true;
    return status;
}

/* Binary where weft knows the columns; text where only the database knows one, and where only the result can tell and the last one
 * did not say that binary would do. */
static int result_format(const attempt *a)
{
    if (a->statement->column_types != NULL || !a->statement->returns_rows)
        return !a->statement->as_text;
    return a->round.handle != NULL && a->round.handle->binary;
}

static weft_status send(wefti_postgres_dbc *c, attempt *a, weft_error *error)
{
    const wefti_postgres_encoder *e = &c->encoder;
    int count = (int)e->count, format = result_format(a);
    weft_status status = wefti_postgres_round_send(c, a->statement, &a->round, error);
    if (status != WEFT_OK)
        return status;
    int sent = wefti_pq_send_prepared(c->pg, a->round.name, count, e->values, e->lengths, e->formats, format);
    if (sent == 1 && a->round.piped)
        sent = wefti_postgres_send_sync(c);
    if (sent != 1)
        return wefti_postgres_send_failed(c, error);
    if (a->stream && !a->round.piped)
        (void)PQsetSingleRowMode(c->pg);
    return wefti_postgres_flush(c, a->deadline, error);
}

static weft_status too_many_answers(wefti_postgres_dbc *c, weft_error *error)
{
    c->broken = true;
    return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL sent more answers than statements");
}

/* The first row of a stream, or everything where there is none; *rows says which. */
static weft_status receive_first(wefti_postgres_dbc *c, attempt *a, bool *rows, weft_error *error)
{
    weft_status status = wefti_postgres_next(c, a->deadline, &a->result, error);
    if (status != WEFT_OK)
        return status;
    *rows = a->result != NULL && PQresultStatus(a->result) == PGRES_SINGLE_TUPLE;
    if (*rows)
        return WEFT_OK;
    PGresult *first = a->result, *rest = NULL;
    ExecStatusType state = PQresultStatus(first); /* PGRES_FATAL_ERROR where there is no result */
    a->result = NULL;
    if (first == NULL)
        return wefti_postgres_lost(c, error);
    if (state == PGRES_TUPLES_OK || state == PGRES_COMMAND_OK || state == PGRES_FATAL_ERROR || state == PGRES_EMPTY_QUERY) {
        a->result = first;
        status = wefti_postgres_next(c, a->deadline, &rest, error);
    } else if (state == PGRES_PIPELINE_SYNC) {
        PQclear(first);
        status = wefti_postgres_no_answer(c, error);
    } else {
        PQclear(first);
        status = wefti_postgres_no_copy(c, error);
    }
    if (status == WEFT_OK && rest != NULL)
        status = too_many_answers(c, error);
    PQclear(rest);
    if (status != WEFT_OK) {
        PQclear(a->result);
        a->result = NULL;
    }
    return status;
}

/* The answer, or *failure, an error's result. The connection is free afterwards unless rows are streaming. */
static weft_status receive(wefti_postgres_dbc *c, attempt *a, PGresult **failure, weft_error *error)
{
    weft_status status = WEFT_OK;
    bool rows = false;
    *failure = NULL;
    if (a->round.piped) {
        status = wefti_postgres_round_receive(c, a->statement, &a->round, a->deadline, failure, error);
        if (status == WEFT_OK && *failure == NULL && a->stream)
            (void)PQsetSingleRowMode(c->pg);
    }
    if (status == WEFT_OK && *failure == NULL)
        status = a->stream ? receive_first(c, a, &rows, error) : wefti_postgres_finish_command(c, a->deadline, &a->result, error);
    if (status != WEFT_OK || rows)
        return status;
    if (a->result != NULL && PQresultStatus(a->result) == PGRES_FATAL_ERROR) {
        *failure = a->result;
        a->result = NULL;
    }
    if (a->round.piped)
        status = wefti_postgres_pipeline_leave(c, a->deadline, error);
    /* One answer too many: the one that was taken for this statement's may have been another's. */
    if (status == WEFT_OK && a->round.piped && *failure == NULL && c->leftover)
        status = too_many_answers(c, error);
    return status;
}

/* What the answer teaches: that binary would do, and that text SQL has dropped all prepared statements. */
static void learn(wefti_postgres_dbc *c, const attempt *a)
{
    c->missing_names = 0;
    c->transaction_failed = false;
    if (a->statement->column_types == NULL && a->round.handle != NULL && !a->round.handle->binary) {
        int count = PQnfields(a->result), known = 0;
        while (known < count && wefti_postgres_has_binary(PQftype(a->result, known)))
            known++;
        a->round.handle->binary = count > 0 && known == count;
    }
    if (a->statement->id == 0) {
        const char *tag = PQcmdStatus(a->result);
        if (strcmp(tag, "DISCARD ALL") == 0 || strcmp(tag, "DEALLOCATE ALL") == 0)
            wefti_postgres_forget_all(c);
    }
}

static weft_status fill_cursor(wefti_postgres_dbc *c, attempt *a, weft_error *error)
{
    wefti_postgres_cursor *cursor = a->cursor;
    bool streaming = PQresultStatus(a->result) == PGRES_SINGLE_TUPLE;
    learn(c, a);
    cursor->result = a->result;
    cursor->row_total = PQntuples(a->result);
    cursor->deadline = a->deadline;
    cursor->in_transaction = a->round.in_transaction;
    cursor->writes = a->statement->writes;
    cursor->trusted = a->statement->id == 0 && !a->statement->text;
    cursor->streaming = streaming;
    cursor->piped = a->round.piped;
    a->result = NULL;
    if (streaming) {
        c->stream = cursor;
    } else {
        weft_status controls =
            cursor->trusted ? WEFT_OK : wefti_postgres_check_tag(c, cursor->result, cursor->in_transaction, error);
        if (controls != WEFT_OK)
            return controls;
        cursor->cursor.changed_rows = wefti_postgres_changed_rows(cursor->result);
        cursor->cursor.row_count = (uint64_t)cursor->row_total;
    }
    if (!streaming && PQresultStatus(cursor->result) != PGRES_TUPLES_OK) {
        cursor->cursor.column_count = 0;
        return WEFT_OK;
    }
    /* The columns of a prepared statement do not change: the server would refuse to run it. */
    const wefti_postgres_handle *handle = a->statement->column_types != NULL ? a->round.handle : NULL;
    bool foreign = wefti_postgres_foreign_encoding(c);
    if (handle != NULL && handle->serial == cursor->columns_for && !foreign)
        return WEFT_OK;
    c->check_utf8 = c->check_always || foreign;
    c->dbc.dirty = c->dbc.dirty || foreign; /* a function may have set it, unseen */
    weft_status status =
        wefti_postgres_cursor_columns(cursor, cursor->result, a->statement->column_types, a->statement->column_count, error);
    if (status == WEFT_OK && handle != NULL && !foreign)
        cursor->columns_for = handle->serial;
    return status;
}

/* The server has done it, whatever became of its answer here. */
static weft_status done(const wefti_postgres_dbc *c, const attempt *a, weft_status status, weft_error *error)
{
    bool committed = a->statement->writes && !a->round.in_transaction && !c->broken;
    if (status != WEFT_OK && committed && error != NULL && error->outcome == WEFT_OUTCOME_NONE)
        error->outcome = WEFT_OUTCOME_COMMITTED;
    return status;
}

static weft_status run_once(wefti_postgres_dbc *c, attempt *a, bool may_repeat, bool *again, weft_error *error)
{
    PGresult *failure = NULL;
    *again = false;
    weft_status status = wefti_postgres_round_open(c, a->statement, &a->round, error);
    if (status != WEFT_OK)
        return status;
    status = send(c, a, error);
    if (status == WEFT_OK)
        status = receive(c, a, &failure, error);
    wefti_postgres_round_abandon(c, &a->round);
    if (status == WEFT_OK && failure == NULL)
        return done(c, a, fill_cursor(c, a, error), error);
    if (status == WEFT_OK) {
        bool rerun = wefti_postgres_may_rerun(c, a->statement, failure, &a->round);
        if (rerun && may_repeat && !c->broken) {
            PQclear(failure);
            *again = true;
            return wefti_postgres_rewind(c, &a->round, a->deadline, error);
        }
        status = wefti_postgres_statement_error(c, failure, a->statement->sql, a->round.parse_failed, error);
    }
    PQclear(failure);
    PQclear(a->result);
    a->result = NULL;
    return wefti_postgres_outcome(c, a->round.in_transaction, a->statement->writes, status, error);
}

static weft_status check_server(const wefti_postgres_dbc *c, const wefti_statement *statement, weft_error *error)
{
    const int version = PQserverVersion(c->pg), least = (int)statement->least_server;
    if (version >= least)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                           "the server is PostgreSQL %d, and the statement needs %d: MERGE; "
                           "an INSERT with .on_conflict inserts or updates",
                           version / 10000, least / 10000);
}

weft_status wefti_postgres_execute(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters,
                                   size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                                   weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    *cursor = NULL;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status == WEFT_OK)
        status = wefti_postgres_check_encoding(c, statement, error);
    if (status == WEFT_OK && __builtin_expect(statement->least_server > 0, 0))
        status = check_server(c, statement, error);
    if (status == WEFT_OK)
        status = encode_parameters(c, statement, parameters, parameter_count, error);
    if (status != WEFT_OK)
        return status;
    attempt a = {.statement = statement, .stream = stream && statement->returns_rows, .deadline = deadline};
    bool again = false;
    status = wefti_postgres_cursor_new(c, statement->column_count, &a.cursor, error);
    if (status != WEFT_OK)
        return status;
    c->notice_count = 0;
    status = run_once(c, &a, true, &again, error);
    if (again && status == WEFT_OK)
        status = run_once(c, &a, false, &again, error);
    if (status == WEFT_OK)
        *cursor = &a.cursor->cursor;
    else
        wefti_postgres_finish(&a.cursor->cursor);
    return status;
}
