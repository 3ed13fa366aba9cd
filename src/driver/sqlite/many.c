/* One statement for many rows of parameters, and scripts.
 *
 * A batch is a loop over one prepared statement: in process there is no round trip to save. A statement may take several rows at a
 * time, which saves most of what a run costs beside its rows. Rows are read from the caller's structs, nothing is copied. Outside a
 * transaction a batch that writes is one of its own: all of it or nothing, as a pipeline is on a server. */
#include "driver/sqlite/sqlite.h"

#include <string.h>

/* Rows that the statement returned go to the callback; a statement that tells keys tells that of the row it inserted. */
static weft_status take_rows(wefti_sqlite_run *run, size_t index, wefti_row_callback on_row, void *context, weft_error *error)
{
    weft_status status = WEFT_OK;
    int rc;
    run->told = false;
    for (rc = wefti_sqlite_run_step(run, true); rc == SQLITE_ROW && status == WEFT_OK; rc = wefti_sqlite_run_step(run, false)) {
        if (run->tells_by_row)
            wefti_sqlite_note_told(run);
        if (on_row == NULL || run->tells_by_row)
            continue;
        status = wefti_sqlite_read_row(run, error);
        if (status == WEFT_OK)
            status = on_row(context, index, run->row, run->column_count, error);
    }
    if (status == WEFT_OK && rc != SQLITE_DONE)
        status = wefti_sqlite_run_error(run->dbc, rc, sqlite3_sql(run->stmt), error);
    if (status == WEFT_OK && run->told_table != NULL && on_row != NULL) {
        weft_value key;
        bool told;
        status = wefti_sqlite_run_told(run, &key, &told, error);
        if (status == WEFT_OK && told)
            status = on_row(context, index, &key, 1, error);
    }
    return status;
}

static weft_status run_one(wefti_sqlite_run *run, const wefti_statement *statement, const wefti_array *parameters, size_t index,
                           wefti_row_callback on_row, void *context, weft_error *error)
{
    weft_status status = wefti_sqlite_bind_rows(run, statement, parameters, index, error);
    if (status == WEFT_OK)
        status = take_rows(run, index, on_row, context, error);
    (void)sqlite3_reset(run->stmt);
    return status;
}

/* Where a batch stands: what it has changed, and the row it is at. */
typedef struct batch {
    wefti_sqlite_run *run;
    const wefti_statement *statement;
    const wefti_array *parameters;
    size_t count, index;
    size_t next_look; /* at the clock */
    uint64_t changed;
    uint32_t *changed_each;
    wefti_row_callback on_row;
    void *context;
} batch;

static bool is_late(batch *b, wefti_deadline deadline)
{
    if (b->index < b->next_look)
        return false;
    b->next_look = b->index + 64;
    return wefti_deadline_passed(deadline);
}

static weft_status run_rows(batch *b, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_run *run = b->run;
    sqlite3 *db = run->dbc->db;
    weft_status status = WEFT_OK;
    size_t step = b->statement->row_count > 1 ? b->statement->row_count : 1;
    for (b->index = 0; b->index < b->count; b->index += step) {
        if (run->dbc->in_transaction && sqlite3_get_autocommit(db) != 0)
            status = wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "SQLite rolled the transaction back after an earlier error");
        else if (is_late(b, deadline))
            status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline passed after %zu of %zu rows", b->index, b->count);
        else
            status = run_one(run, b->statement, b->parameters, b->index, b->on_row, b->context, error);
        if (status != WEFT_OK)
            return status;
        uint64_t rows = wefti_sqlite_run_changes(run);
        run->total_changes_before = run->writes ? sqlite3_total_changes64(db) : 0;
        b->changed += rows;
        if (b->changed_each != NULL)
            b->changed_each[b->index] = (uint32_t)rows;
    }
    return WEFT_OK;
}

/* The batch in a transaction of its own where it needs one. */
static weft_status run_batch(batch *b, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = b->run->dbc;
    weft_status status = wefti_sqlite_begin_for(c, b->run->writes, error);
    bool alone = status == WEFT_OK && sqlite3_get_autocommit(c->db) != 0 && !c->in_transaction;
    bool own = alone && b->run->writes && b->count > 1;
    if (status == WEFT_OK && b->run->writes && !c->query_only && (own || !alone))
        status = wefti_sqlite_turn_take(c, error);
    if (alone && b->run->writes && status == WEFT_OK)
        status = wefti_sqlite_still_there(c, error);
    if (own && status == WEFT_OK)
        status = wefti_sqlite_control_run(c, WEFTI_SQLITE_BEGIN_IMMEDIATE, error);
    if (status == WEFT_OK)
        status = run_rows(b, deadline, error);
    if (own && status == WEFT_OK)
        status = wefti_sqlite_still_there(c, error);
    if (own && status == WEFT_OK)
        status = wefti_sqlite_control_run(c, WEFTI_SQLITE_COMMIT, error);
    if (own && sqlite3_get_autocommit(c->db) == 0)
        (void)wefti_sqlite_control_run(c, WEFTI_SQLITE_ROLLBACK, NULL);
    if (own)
        wefti_sqlite_turn_give(c);
    if (own && status != WEFT_OK) {
        b->changed = 0;
        if (error != NULL)
            error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    }
    return status;
}

weft_status wefti_sqlite_execute_many(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters, size_t count,
                                      wefti_row_callback on_row, void *context, wefti_deadline deadline, uint64_t *changed,
                                      uint32_t *changed_each, size_t *failed, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    batch b = {.statement = statement,
               .parameters = parameters,
               .count = count,
               .next_look = 64,
               .changed_each = changed_each,
               .on_row = on_row,
               .context = context};
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_run_acquire(c, statement, &b.run, error);
    if (status == WEFT_OK) {
        status = run_batch(&b, deadline, error);
        wefti_sqlite_run_release(b.run);
    }
    if (status != WEFT_OK && failed != NULL)
        *failed = b.index;
    if (changed != NULL)
        *changed = b.changed;
    return status;
}

weft_status wefti_sqlite_execute_script(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    weft_status status = wefti_sqlite_enter(c, deadline, error);
    if (status == WEFT_OK)
        status = wefti_sqlite_begin_for(c, true, error);
    if (status == WEFT_OK && !c->in_transaction)
        status = wefti_sqlite_still_there(c, error);
    while (status == WEFT_OK && *sql != '\0') {
        sqlite3_stmt *stmt = NULL;
        const char *tail = NULL;
        int rc = sqlite3_prepare_v3(c->db, sql, -1, 0, &stmt, &tail);
        if (rc == SQLITE_OK && stmt != NULL && sqlite3_bind_parameter_count(stmt) > 0)
            status = wefti_error_set(error, WEFT_ERROR_MISUSE, "a script cannot have parameters");
        if (rc == SQLITE_OK && stmt != NULL && status == WEFT_OK) {
            void *before = wefti_locale_enter(); /* as in wefti_sqlite_run_step */
            rc = wefti_sqlite_first_step(c, stmt);
            while (rc == SQLITE_ROW)
                rc = sqlite3_step(stmt);
            wefti_locale_leave(before);
            if (rc == SQLITE_DONE)
                rc = SQLITE_OK;
        }
        if (rc != SQLITE_OK)
            status = stmt == NULL ? wefti_sqlite_compile_error(c, rc, sql, error)
                                  : wefti_sqlite_run_error(c, rc, sqlite3_sql(stmt), error);
        (void)sqlite3_finalize(stmt);
        sql = tail != NULL ? tail : "";
    }
    if (status == WEFT_OK)
        wefti_sqlite_transaction_check(c);
    return status;
}
