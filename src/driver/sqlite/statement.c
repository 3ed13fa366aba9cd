/* Running a statement and pulling its rows.
 *
 * The first step happens inside execute, so that errors and waiting for locks belong to it; its row is read by the first step. Text
 * of parameters is bound in place where the statement ends inside the call, and copied once where rows follow. */
#include "driver/sqlite/sqlite.h"

#include "base/paths.h"

/* What SQLite has rolled back must not be continued statement by statement outside any transaction. */
static weft_status refuse_rolled_back(wefti_sqlite_dbc *c, weft_error *error)
{
    if (!c->in_transaction || sqlite3_get_autocommit(c->db) == 0)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "SQLite rolled the transaction back after an earlier error");
    if (error != NULL) {
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
        error->nothing_sent = true;
    }
    return WEFT_ERROR_ROLLED_BACK;
}

static void end_run(wefti_sqlite_run *run)
{
    if (run->stream.listed)
        wefti_sqlite_stream_end(run);
    run->done = true;
    run->cursor.changed_rows = wefti_sqlite_run_changes(run);
    if (run->took_turn)
        wefti_sqlite_turn_give(run->dbc);
    run->took_turn = false;
    if (run->cursor.column_count > 0) { /* ends its read transaction; a statement without rows is reset by finish at once */
        (void)sqlite3_reset(run->stmt);
        run->is_reset = true;
    }
}

/* SQLite compiles a statement again by itself when the schema changed: `SELECT *` may then give other columns. */
static weft_status check_columns(wefti_sqlite_run *run, weft_error *error)
{
    run->checked = true;
    if (sqlite3_column_count(run->stmt) == run->column_count)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_SQL, "the table changed: the statement gives %d columns where it gave %u",
                           sqlite3_column_count(run->stmt), run->column_count);
}

/* The rows of an INSERT … RETURNING that only tell the key. */
__attribute__((noinline)) static int note_told_rows(wefti_sqlite_run *run)
{
    int rc;
    do {
        wefti_sqlite_note_told(run);
        rc = wefti_sqlite_run_step(run, false);
    } while (rc == SQLITE_ROW);
    return rc;
}

/* What a step that gave rc sets: pending or done. */
__attribute__((noinline)) static weft_status advance_any(wefti_sqlite_run *run, int rc, weft_error *error)
{
    if (rc == SQLITE_ROW && run->tells_by_row)
        rc = note_told_rows(run);
    if (rc == SQLITE_ROW) {
        if (!run->checked) {
            weft_status status = check_columns(run, error);
            if (status != WEFT_OK)
                return status;
        }
        run->pending = true;
        return WEFT_OK;
    }
    if (rc == SQLITE_DONE) {
        end_run(run);
        return WEFT_OK;
    }
    run->done = true;
    weft_status status = wefti_sqlite_run_error(run->dbc, rc, sqlite3_sql(run->stmt), error);
    (void)sqlite3_reset(run->stmt);
    run->is_reset = true;
    return status;
}

/* One step; sets pending or done. */
static inline weft_status advance(wefti_sqlite_run *run, weft_error *error)
{
    int rc = wefti_sqlite_run_step(run, !run->checked);
    if (rc != SQLITE_ROW || run->tells_by_row || (!run->checked && sqlite3_column_count(run->stmt) != run->column_count))
        return advance_any(run, rc, error);
    run->checked = run->pending = true;
    return WEFT_OK;
}

/* What stands between a statement that is ready and its first step. copy: parameters may go before the rows are read. */
static inline weft_status prepare_step(wefti_sqlite_dbc *c, wefti_sqlite_run *run, const wefti_statement *statement,
                                       const weft_value *parameters, size_t parameter_count, bool copy, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (parameter_count != run->parameter_count)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement has %u parameters, %zu were given", run->parameter_count,
                                 parameter_count);
    else if (parameter_count > 0)
        status = wefti_sqlite_bind_all(run, statement, parameters, copy, error);
    if (status == WEFT_OK && statement->writes && !run->writes && !statement->text && (c->config->read_only || c->query_only))
        status = wefti_error_set(error, WEFT_ERROR_READ_ONLY, "rows cannot be locked where nothing can be written");
    if (status == WEFT_OK)
        status = wefti_sqlite_begin_for(c, run->writes || (statement->writes && !statement->text), error); /* or locks */
    if (status == WEFT_OK && run->writes && !c->has_turn && !c->query_only) {
        status = wefti_sqlite_turn_take(c, error); /* a transaction that has read until now keeps it to its end */
        run->took_turn = status == WEFT_OK && sqlite3_get_autocommit(c->db) != 0;
        if (status == WEFT_OK)
            status = wefti_sqlite_still_there(c, error);
    }
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    return status;
}

weft_status wefti_sqlite_execute(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters,
                                 size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                                 weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    wefti_sqlite_run *run;
    *cursor = NULL;
    weft_status status = wefti_sqlite_enter_soon(c, deadline, error);
    if (status == WEFT_OK)
        status = refuse_rolled_back(c, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_run_acquire(c, statement, &run, error);
    if (status != WEFT_OK)
        return status;
    run->deadline = deadline;
    status = prepare_step(c, run, statement, parameters, parameter_count, run->column_count > 0, error);
    if (status == WEFT_OK)
        status = advance(run, error);
    if (status == WEFT_OK && statement->id != 0 && !statement->returns_rows)
        while (status == WEFT_OK && !run->done)
            status = advance(run, error);
    if (status != WEFT_OK) {
        wefti_sqlite_run_release(run);
        return status;
    }
    if (statement->id == 0 && !statement->text)
        wefti_sqlite_transaction_check(c);
    if (stream && run->pending)
        wefti_sqlite_stream_begin(run); /* rows always come one by one: the caller may take its time for these */
    *cursor = &run->cursor;
    return WEFT_OK;
}

/* Rows, and steps to the next, until one of them fails or there are no more. */
static inline weft_status fetch_rows(wefti_sqlite_run *run, wefti_fill *fill, weft_error *error)
{
    while (!run->done) {
        weft_status status = wefti_sqlite_read_into(run, fill, error);
        if (status == WEFT_OK && !wefti_fill_keep(fill)) {
            fill->refused = true;
            fill->field = fill->type->field_count;
            status = wefti_error_memory(error);
        }
        if (status != WEFT_OK)
            return status;
        run->dbc->deadline = run->deadline; /* the program's decoders may have run something else */
        const int rc = sqlite3_step(run->stmt);
        if (rc == SQLITE_DONE)
            end_run(run);
        else if (rc != SQLITE_ROW && (status = advance_any(run, rc, error)) != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

WEFTI_HOT weft_status wefti_sqlite_fetch(wefti_dbc *dbc, wefti_prepared_entry *entry, const weft_value *parameters,
                                         size_t parameter_count, wefti_deadline deadline, wefti_fill *fill, wefti_cursor **cursor,
                                         weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    wefti_sqlite_run *run = entry->handle;
    *cursor = NULL;
    weft_status status = wefti_sqlite_enter_soon(c, deadline, error);
    if (status == WEFT_OK)
        status = refuse_rolled_back(c, error);
    if (status != WEFT_OK)
        return status;
    wefti_prepared_use(&c->prepared, entry);
    wefti_sqlite_run_start(run);
    run->deadline = deadline;
    status = prepare_step(c, run, entry->statement, parameters, parameter_count, false, error);
    if (status == WEFT_OK)
        status = advance(run, error);
    if (status == WEFT_OK) {
        status = fetch_rows(run, fill, error);
        if (__builtin_expect(status != WEFT_OK, 0)) { /* its names are asked for before it ends */
            run->cursor.row_count = fill->count;
            *cursor = &run->cursor;
            return status;
        }
    }
    c->deadline = WEFTI_NO_DEADLINE;
    wefti_sqlite_run_release(run);
    return status;
}

/* To the next row, which is read next; false at the end and where that failed. */
static inline bool to_row(wefti_sqlite_run *run, weft_status *status, weft_error *error)
{
    *status = WEFT_OK;
    if (!run->pending) {
        if (run->done)
            return false;
        run->dbc->deadline = run->deadline;
        *status = advance(run, error);
    }
    const bool there = *status == WEFT_OK && run->pending;
    run->pending = false;
    return there;
}

weft_status wefti_sqlite_step(wefti_cursor *cursor, bool *has_row, weft_error *error)
{
    wefti_sqlite_run *run = (wefti_sqlite_run *)cursor;
    weft_status status;
    *has_row = to_row(run, &status, error) && (status = wefti_sqlite_read_row(run, error)) == WEFT_OK;
    cursor->row_count += *has_row;
    return status;
}

weft_status wefti_sqlite_step_into(wefti_cursor *cursor, wefti_fill *fill, bool *has_row, weft_error *error)
{
    wefti_sqlite_run *run = (wefti_sqlite_run *)cursor;
    weft_status status;
    *has_row = to_row(run, &status, error) && (status = wefti_sqlite_read_into(run, fill, error)) == WEFT_OK;
    cursor->row_count += *has_row;
    return status;
}

/* A statement that writes does so in its first step, but is committed when it ends: rows nobody wants are stepped over, whatever
 * the deadline, since its caller believes it done. */
void wefti_sqlite_finish(wefti_cursor *cursor)
{
    wefti_sqlite_run *run = (wefti_sqlite_run *)cursor;
    if (run == NULL || run->dbc->base.owner_pid != wefti_process_id())
        return;
    run->dbc->deadline = WEFTI_NO_DEADLINE;
    while (run->writes && !run->done && wefti_sqlite_run_step(run, false) == SQLITE_ROW)
        continue;
    wefti_sqlite_run_release(run);
}

const char *wefti_sqlite_column_name(wefti_cursor *cursor, uint16_t column)
{
    wefti_sqlite_run *run = (wefti_sqlite_run *)cursor;
    const char *name = column < run->column_count ? sqlite3_column_name(run->stmt, column) : NULL;
    return name != NULL ? name : "";
}

weft_type wefti_sqlite_column_type(wefti_cursor *cursor, uint16_t column)
{
    wefti_sqlite_run *run = (wefti_sqlite_run *)cursor;
    if (column >= run->column_count)
        return WEFT_UNMAPPED;
    if (run->column_types[column] != WEFT_UNMAPPED)
        return (weft_type)run->column_types[column];
    return wefti_sqlite_declared_type(sqlite3_column_decltype(run->stmt, column));
}
