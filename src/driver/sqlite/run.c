/* Making a statement ready: from the connection's table of prepared statements, or compiled now.
 *
 * A prepared statement and its cursor are one block of memory that is reused by every execution, so that running a statement again
 * allocates nothing. A statement that is already running under an open cursor is compiled once more, for this use only. */
#include "driver/sqlite/sqlite.h"

#include "base/paths.h"

#include <string.h>

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == ';'; }

/* Only what SQLite takes for white space, semicolons and comments may follow a statement. */
static bool tail_is_empty(const char *at, const char *end)
{
    while (at < end && *at != '\0') {
        if (is_space(*at)) {
            at++;
        } else if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
            at += 3;
        } else if (end - at >= 2 && at[0] == '-' && at[1] == '-') {
            while (at < end && *at != '\n')
                at++;
        } else if (end - at >= 2 && at[0] == '/' && at[1] == '*') {
            at += 2;
            while (end - at >= 2 && !(at[0] == '*' && at[1] == '/'))
                at++;
            at = end - at >= 2 ? at + 2 : end;
        } else {
            return false;
        }
    }
    return true;
}

/* "$3" is a name to SQLite, numbered by first appearance; weft means parameter 3, as PostgreSQL does. */
static weft_status order_parameters(wefti_sqlite_run *run, const wefti_statement *statement, weft_error *error)
{
    uint16_t *order = run->parameter_order;
    uint16_t most = 0;
    bool ordered = false;
    if (statement->parameter_order != NULL && statement->place_count != run->place_count)
        return wefti_error_set(error, WEFT_ERROR_SQL, "the text has placeholders beside $1, $2 and so on");
    if (statement->parameter_order != NULL || statement->parameter_types != NULL) { /* known: SQLite looks names up one by one */
        run->parameter_count = statement->parameter_count;
        if (statement->parameter_order != NULL)
            memcpy(order, statement->parameter_order, run->place_count * sizeof *order);
        else
            run->parameter_order = NULL;
        return WEFT_OK;
    }
    for (int i = 1; i <= run->place_count; i++) {
        const char *name = sqlite3_bind_parameter_name(run->stmt, i);
        int64_t number = i;
        if (name != NULL && name[0] == '$') {
            if (!wefti_int64_parse(name + 1, strlen(name + 1), &number) || number < 1 || number > WEFTI_MAX_PARAMETERS)
                return wefti_error_set(error, WEFT_ERROR_SQL, "parameter %s has no number", name);
            ordered = true;
        } else if (name != NULL && name[0] != '?') {
            return wefti_error_set(error, WEFT_ERROR_SQL,
                                   "nothing is given for the parameter %s: name all by weft_parameter, or give them numbers: $1",
                                   name);
        }
        order[i - 1] = (uint16_t)(number - 1);
        if (number > most)
            most = (uint16_t)number;
    }
    run->parameter_count = most;
    if (!ordered)
        run->parameter_order = NULL;
    return WEFT_OK;
}

static void free_run(wefti_sqlite_run *run)
{
    (void)sqlite3_finalize(run->stmt);
    (void)sqlite3_finalize(run->lookup);
    wefti_free(run->copies);
    wefti_arena_deinit(&run->arrays);
    wefti_free(run);
}

/* By name or by the operators -> and ->>; more often than need be does no harm. */
int wefti_sqlite_run_step_json(const wefti_sqlite_run *run, bool first)
{
    void *before = wefti_locale_enter();
    int rc = first ? wefti_sqlite_first_step(run->dbc, run->stmt) : sqlite3_step(run->stmt);
    wefti_locale_leave(before);
    return rc;
}

bool wefti_sqlite_uses_json(const char *sql)
{
    for (const char *at = sql; *at != '\0'; at++)
        if ((at[0] == '-' && at[1] == '>') || ((*at == 'j' || *at == 'J') && wefti_ascii_begins(at, "json")))
            return true;
    return false;
}

static wefti_sqlite_run *make_block(sqlite3_stmt *stmt, const wefti_statement *statement)
{
    size_t columns = (size_t)sqlite3_column_count(stmt), places = (size_t)sqlite3_bind_parameter_count(stmt);
    size_t size = sizeof(wefti_sqlite_run) + columns * (sizeof(weft_value) + sizeof(wefti_sqlite_slot)) +
                  places * sizeof(uint16_t) + columns * 2 * sizeof(uint16_t);
    wefti_sqlite_run *run = wefti_calloc(1, size);
    if (run == NULL)
        return NULL;
    run->row = (weft_value *)(run + 1);
    run->slots = (wefti_sqlite_slot *)(run->row + columns);
    run->parameter_order = (uint16_t *)(run->slots + columns);
    run->column_spellings = run->parameter_order + places;
    run->column_types = run->column_spellings + columns;
    run->column_count = (uint16_t)columns;
    run->place_count = (uint16_t)places;
    run->stmt = stmt;
    run->uses_json = wefti_sqlite_uses_json(statement->sql);
    run->writes = sqlite3_stmt_readonly(stmt) == 0 && sqlite3_stmt_isexplain(stmt) == 0;
    for (size_t i = 0; i < columns; i++) {
        run->column_types[i] =
            statement->column_types != NULL && i < statement->column_count ? statement->column_types[i] : WEFT_UNMAPPED;
        if (run->column_types[i] == WEFT_CHARS)
            run->column_types[i] = WEFT_TEXT;
        run->row[i].type = (weft_type)run->column_types[i];
        bool spelt = statement->column_spellings != NULL && i < statement->column_count;
        run->column_spellings[i] = spelt ? statement->column_spellings[i] : WEFTI_SPELLING_ANY;
    }
    return run;
}

static weft_status compile(wefti_sqlite_dbc *c, const wefti_statement *statement, wefti_sqlite_run **run, weft_error *error)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    if (statement->sql_size > WEFTI_MAX_SQL_BYTES) {
        (void)wefti_error_set(error, WEFT_ERROR_LIMIT, "the statement's text has %zu bytes, at most %u are allowed",
                              statement->sql_size, WEFTI_MAX_SQL_BYTES);
        wefti_error_hint(error, "make several statements of it");
        return WEFT_ERROR_LIMIT;
    }
    int size = (int)statement->sql_size;
    unsigned flags = statement->id != 0 ? SQLITE_PREPARE_PERSISTENT : 0;
    bool by_row = statement->told_table != NULL && wefti_sqlite_key_needs_row(c, statement);
    int rc = statement->text ? wefti_sqlite_prepare_text(c, statement, &stmt, &tail)
             : by_row        ? wefti_sqlite_prepare_told(c, statement, flags, &stmt, &tail)
                             : sqlite3_prepare_v3(c->db, statement->sql, size, flags, &stmt, &tail);
    if (rc != SQLITE_OK && statement->text && c->refused)
        return wefti_sqlite_text_refused(error);
    if (rc != SQLITE_OK)
        return wefti_sqlite_compile_error(c, rc, statement->sql, error);
    weft_status status = WEFT_OK;
    if (stmt == NULL)
        status = wefti_error_set(error, WEFT_ERROR_SQL, "the statement is empty");
    else if (!tail_is_empty(tail, statement->sql + statement->sql_size))
        status = wefti_error_set(error, WEFT_ERROR_SQL, WEFTI_SEVERAL_STATEMENTS);
    else if (statement->column_types != NULL && sqlite3_column_count(stmt) != statement->column_count)
        status = wefti_error_set(error, WEFT_ERROR_DATA, "the statement gives %d columns where %u are expected",
                                 sqlite3_column_count(stmt), statement->column_count);
    if (status == WEFT_OK && (*run = make_block(stmt, statement)) == NULL)
        status = wefti_error_memory(error);
    if (status != WEFT_OK) {
        (void)sqlite3_finalize(stmt);
        return status;
    }
    (*run)->dbc = c;
    (*run)->cursor.dbc = &c->base;
    (*run)->told_table = statement->told_table;
    (*run)->told_column = statement->told_column;
    (*run)->tells_by_row = by_row;
    status = order_parameters(*run, statement, error);
    if (status != WEFT_OK)
        free_run(*run);
    return status;
}

weft_status wefti_sqlite_run_acquire(wefti_sqlite_dbc *c, const wefti_statement *statement, wefti_sqlite_run **run,
                                     weft_error *error)
{
    wefti_prepared_entry *entry = statement->id != 0 ? wefti_prepared_find(&c->prepared, statement->id) : NULL;
    if (entry != NULL && !entry->busy && ((wefti_sqlite_run *)entry->handle)->outdated) {
        (void)wefti_prepared_remove(&c->prepared, statement->id);
        entry = NULL;
    }
    if (entry != NULL && !entry->busy) {
        *run = entry->handle;
    } else {
        weft_status status = compile(c, statement, run, error);
        if (status != WEFT_OK) {
            if (error != NULL)
                error->nothing_sent = true;
            return status;
        }
        if (entry == NULL && statement->id != 0 && ((*run)->entry = wefti_prepared_add(&c->prepared, statement, *run)) != NULL)
            (*run)->entry->fetched =
                !statement->writes && !(*run)->writes && !(*run)->uses_json && !(*run)->tells_by_row && statement->returns_rows;
    }
    wefti_sqlite_run_start(*run);
    return WEFT_OK;
}

WEFTI_HOT void wefti_sqlite_run_release(wefti_sqlite_run *run)
{
    if (run->stream.listed)
        wefti_sqlite_stream_end(run);
    if (!run->is_reset)
        (void)sqlite3_reset(run->stmt);
    if (run->took_turn)
        wefti_sqlite_turn_give(run->dbc);
    run->dbc->open_cursors--;
    if (run->entry != NULL)
        run->entry->busy = false;
    else
        free_run(run);
}

void wefti_sqlite_run_evict(void *context, uint64_t id, void *handle)
{
    (void)context;
    (void)id;
    free_run(handle);
}
