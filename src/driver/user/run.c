/* Running a statement and pulling its rows.
 *
 * The first step happens inside execute, so that errors belong to it; its row is read by the first step. A statement that is
 * prepared and its cursor are one block, which every execution uses again. A key that a statement tells comes from a RETURNING
 * that it is given. */
#include "driver/user/user.h"

#include "base/locale.h"

#include <string.h>

/* ---- making ready ---- */

static weft_status refuse_text(const wefti_user_dbc *c, const wefti_statement *statement, weft_error *error)
{
    const char *at = statement->sql;
    wefti_piece piece;
    if (statement->sql_size > WEFTI_MAX_SQL_BYTES) {
        (void)wefti_error_set(error, WEFT_ERROR_LIMIT, "the statement's text has %zu bytes, at most %u are allowed",
                              statement->sql_size, WEFTI_MAX_SQL_BYTES);
        wefti_error_hint(error, "make several statements of it");
        return WEFT_ERROR_LIMIT;
    }
    if (statement->id != 0)
        return WEFT_OK; /* weft's own */
    if (!wefti_split_next(c->driver->spoken->cut, &at, &piece))
        return wefti_error_set(error, WEFT_ERROR_SQL, "the statement is empty");
    return wefti_split_next(c->driver->spoken->cut, &at, &piece) ? wefti_error_set(error, WEFT_ERROR_SQL, WEFTI_SEVERAL_STATEMENTS)
                                                                 : WEFT_OK;
}

/* The statement with the key of its row as its result. */
static char *returning(const wefti_statement *statement)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_bytes(&text, statement->sql, statement->sql_size);
    wefti_text_add(&text, " RETURNING \"");
    for (const char *at = statement->told_column; *at != '\0'; at++) {
        wefti_text_add(&text, *at == '"' ? "\"" : "");
        wefti_text_add_char(&text, *at);
    }
    wefti_text_add_char(&text, '"');
    char *sql = wefti_text_take(&text, NULL);
    wefti_text_deinit(&text);
    return sql;
}

static void free_run(wefti_user_run *run)
{
    if (run->prepared != NULL)
        run->dbc->driver->own.unprepare(run->dbc->connection, run->prepared);
    wefti_arena_deinit(&run->values);
    wefti_arena_deinit(&run->cells);
    wefti_free(run->row);
    wefti_free(run->sql);
    wefti_free(run);
}

void wefti_user_run_evict(void *context, uint64_t id, void *handle)
{
    (void)context, (void)id;
    free_run(handle);
}

static weft_status make(wefti_user_dbc *c, const wefti_statement *statement, wefti_user_run **run, weft_error *error)
{
    weft_status status = refuse_text(c, statement, error);
    if (status != WEFT_OK)
        return status;
    wefti_user_run *made = wefti_calloc(1, sizeof *made);
    if (made == NULL)
        return wefti_error_memory(error);
    *run = made;
    made->dbc = c;
    wefti_arena_init(&made->values, 0);
    wefti_arena_init(&made->cells, 0);
    const bool tells = statement->told_table != NULL;
    made->given = (weft_driver_statement){.sql = statement->sql,
                                          .sql_size = statement->sql_size,
                                          .column_count = statement->column_types != NULL ? statement->column_count : 0,
                                          .column_types = tells ? NULL : statement->column_types,
                                          .writes = statement->writes,
                                          .own_text = statement->text};
    if (!tells)
        return WEFT_OK;
    made->given.sql = made->sql = returning(statement);
    if (made->sql == NULL) {
        free_run(made);
        return wefti_error_memory(error);
    }
    made->given.sql_size = strlen(made->sql);
    return WEFT_OK;
}

/* Without weft's own flags; lists are arrays, of texts where their place says of what. */
static uint16_t public_type(unsigned type)
{
    const unsigned own = wefti_type_base(type),
                   item = wefti_type_is_integer(own) ? (unsigned)WEFT_INT64 : wefti_type_of_column(own);
    if ((type & WEFTI_ARRAY) == 0)
        return (uint16_t)(wefti_type_is_values(own) ? own : WEFT_UNMAPPED);
    return (uint16_t)((type & WEFTI_PLACED) != 0 ? WEFT_UNMAPPED : wefti_array_type(item, false));
}

/* The types of parameters: those that the statement takes, or else, where there are values, theirs. */
static weft_status give_types(wefti_user_run *run, const wefti_statement *statement, const weft_value *parameters, size_t count,
                              weft_error *error)
{
    const uint16_t *taken = statement->parameter_types, *order = statement->parameter_order;
    const size_t places = order != NULL ? statement->place_count : count;
    run->given.parameter_types = NULL;
    run->given.parameter_count = (uint16_t)places;
    if (taken == NULL && parameters == NULL)
        return WEFT_OK;
    uint16_t *types = wefti_arena_alloc(&run->values, (places + 1) * sizeof *types);
    if (types == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < places; i++) {
        const size_t from = order != NULL ? order[i] : i;
        const bool known = taken != NULL && from < statement->parameter_count && taken[from] != WEFT_UNMAPPED;
        types[i] = known                                ? public_type(taken[from])
                   : parameters != NULL && from < count ? public_type(parameters[from].type)
                                                        : (uint16_t)WEFT_UNMAPPED;
    }
    run->given.parameter_types = types;
    return WEFT_OK;
}

static weft_status prepare(wefti_user_run *run, const wefti_statement *statement, weft_error *error)
{
    wefti_user_dbc *c = run->dbc;
    weft_status status = give_types(run, statement, NULL, statement->parameter_count, error);
    if (status == WEFT_OK)
        status = wefti_user_answered(c, c->driver->own.prepare(c->connection, &run->given, &run->prepared, &c->error), error);
    if (status == WEFT_OK)
        run->entry = wefti_prepared_add(&c->prepared, statement, run);
    return status;
}

weft_status wefti_user_run_acquire(wefti_user_dbc *c, const wefti_statement *statement, wefti_user_run **run, weft_error *error)
{
    const bool kept = statement->id != 0 && !statement->nameless && !c->target->no_prepare;
    wefti_prepared_entry *entry = kept ? wefti_prepared_find(&c->prepared, statement->id) : NULL;
    weft_status status = WEFT_OK;
    if (entry != NULL && !entry->busy) {
        *run = entry->handle;
    } else {
        status = make(c, statement, run, error);
        if (status == WEFT_OK && kept && entry == NULL && (status = prepare(*run, statement, error)) != WEFT_OK)
            free_run(*run);
        if (status != WEFT_OK) {
            if (error != NULL)
                error->nothing_sent = true;
            return status;
        }
    }
    wefti_user_run *made = *run;
    if (made->entry != NULL)
        made->entry->busy = true;
    made->cursor = (wefti_cursor){.dbc = &c->base};
    made->statement = statement;
    made->open = made->pending = made->done = made->has_told = false;
    return WEFT_OK;
}

void wefti_user_run_end(wefti_user_run *run)
{
    if (!run->open)
        return;
    run->open = false;
    run->dbc->open_rows--;
    run->dbc->driver->own.finish(&run->rows);
}

void wefti_user_run_release(wefti_user_run *run)
{
    wefti_user_run_end(run);
    if (run->entry == NULL) {
        free_run(run);
        return;
    }
    run->entry->busy = false;
    wefti_arena_reset(&run->cells);
}

/* ---- running ---- */

static weft_status give_values(wefti_user_run *run, const weft_value *parameters, size_t count, weft_value **values, size_t *places,
                               weft_error *error)
{
    const wefti_statement *statement = run->statement;
    const wefti_user_driver *driver = run->dbc->driver;
    const uint16_t *order = statement->parameter_order;
    *places = order != NULL ? statement->place_count : count;
    *values = wefti_arena_alloc(&run->values, (*places + 1) * sizeof **values);
    if (*values == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < *places; i++) {
        const size_t from = order != NULL ? order[i] : i;
        weft_value plain;
        if (from >= count)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement takes parameter %zu, %zu were given", from + 1, count);
        weft_status status = driver->spoken->plain(statement, parameters, from, &run->values, &plain, error);
        if (status != WEFT_OK)
            return status;
        const bool whole = driver->own.typed_values && wefti_type_is_values(parameters[from].type);
        (*values)[i] = whole ? parameters[from] : plain;
    }
    return WEFT_OK;
}

static weft_status end_run(wefti_user_run *run)
{
    run->done = true;
    run->cursor.changed_rows = run->rows.changed_rows;
    wefti_user_went_well(run->dbc, run->statement->id != 0 || run->statement->text);
    return WEFT_OK;
}

/* A step of the driver's: sets pending or done. */
static weft_status advance(wefti_user_run *run, weft_error *error)
{
    wefti_user_dbc *c = run->dbc;
    bool has_row = false;
    for (uint16_t i = 0; i < run->rows.column_count; i++)
        run->row[i] = (weft_value){.type = WEFT_UNMAPPED};
    void *before = wefti_locale_enter(); /* numbers and messages are as in C, whatever the database's library reads them by */
    weft_status status = c->driver->own.step(&run->rows, run->row, &has_row, &c->error);
    wefti_locale_leave(before);
    status = wefti_user_answered(c, status, error);
    if (status != WEFT_OK) {
        run->done = true;
        return status;
    }
    run->pending = has_row;
    return has_row ? WEFT_OK : end_run(run);
}

static weft_status check_columns(wefti_user_run *run, weft_error *error)
{
    const wefti_statement *statement = run->statement;
    const uint16_t count = run->rows.column_count;
    if (count > WEFTI_MAX_COLUMNS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "the driver \"%s\" gives rows of %u columns, at most %d are allowed",
                               run->dbc->driver->own.name, count, WEFTI_MAX_COLUMNS);
    if (statement->column_types != NULL && statement->told_table == NULL && count != statement->column_count)
        return wefti_error_set(error, WEFT_ERROR_DATA, "the statement gives %u columns where %u are expected", count,
                               statement->column_count);
    if (count > run->row_room) {
        weft_value *row = wefti_realloc(run->row, count * sizeof *row);
        if (row == NULL)
            return wefti_error_memory(error);
        run->row = row;
        run->row_room = count;
    }
    return WEFT_OK;
}

/* The rows of a RETURNING that only tell the key. */
static weft_status take_told(wefti_user_run *run, weft_error *error)
{
    weft_status status = WEFT_OK;
    while (status == WEFT_OK && !run->done) {
        const weft_value *cell = &run->row[0];
        if (run->pending && run->rows.column_count == 1 && !cell->is_null && wefti_type_is_integer(cell->type)) {
            run->told = weft_value_int64(cell->as.i);
            run->has_told = true;
        }
        run->pending = false;
        status = advance(run, error);
    }
    run->cursor.column_count = 0;
    return status;
}

weft_status wefti_user_run_start(wefti_user_run *run, const weft_value *parameters, size_t count, bool stream,
                                 wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = run->dbc;
    weft_value *values;
    size_t places;
    if (run->prepared == NULL)
        wefti_arena_reset(&run->values);
    const wefti_arena_mark mark = wefti_arena_mark_get(&run->values);
    weft_status status = run->prepared == NULL ? give_types(run, run->statement, parameters, count, error) : WEFT_OK;
    if (status == WEFT_OK)
        status = give_values(run, parameters, count, &values, &places, error);
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    if (status == WEFT_OK)
        status = wefti_user_begin_for(c, run->statement->writes, deadline, error);
    if (status != WEFT_OK) {
        wefti_arena_rewind(&run->values, mark);
        return status;
    }
    run->given.stream = stream;
    run->rows =
        (weft_driver_rows){.connection = c->connection, .prepared = run->prepared, .statement = &run->given, .deadline = deadline};
    run->cursor.changed_rows = 0;
    run->done = run->pending = run->has_told = false;
    void *before = wefti_locale_enter();
    status = c->driver->own.execute(&run->rows, values, places, &c->error);
    wefti_locale_leave(before);
    status = wefti_user_answered(c, status, error);
    wefti_arena_rewind(&run->values, mark);
    if (status != WEFT_OK)
        return status;
    run->open = true;
    c->open_rows++;
    status = check_columns(run, error);
    if (status != WEFT_OK)
        return status;
    run->cursor.column_count = run->rows.column_count;
    run->cursor.row = run->row;
    if (run->rows.column_count == 0)
        return end_run(run);
    status = advance(run, error);
    return status == WEFT_OK && run->statement->told_table != NULL ? take_told(run, error) : status;
}

weft_status wefti_user_run_next(wefti_user_run *run, bool *has_row, weft_error *error)
{
    weft_status status = WEFT_OK;
    *has_row = false;
    if (!run->pending && !run->done)
        status = advance(run, error);
    if (status != WEFT_OK || !run->pending)
        return status;
    run->pending = false;
    status = wefti_user_read_row(run, error);
    run->cursor.row_count += status == WEFT_OK;
    *has_row = status == WEFT_OK;
    return status;
}

/* Steps over rows that nobody wants: what a statement writes counts as done when it has ended. */
static weft_status run_to_end(wefti_user_run *run, weft_error *error)
{
    weft_status status = WEFT_OK;
    run->rows.deadline = WEFTI_NO_DEADLINE;
    while (status == WEFT_OK && run->open && !run->done)
        status = advance(run, error);
    run->pending = false;
    return status;
}

static weft_status refuse_now(wefti_user_dbc *c, weft_error *error)
{
    if (c->open_rows > 0 && !c->driver->own.several_rows)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "rows are still read on this connection, and the driver \"%s\" has one statement at a time",
                               c->driver->own.name);
    if (c->driver->spoken->errors_fail || wefti_user_state(&c->base) != WEFTI_TX_FAILED)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_ROLLED_BACK, "the database rolled the transaction back after an earlier error");
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return WEFT_ERROR_ROLLED_BACK;
}

weft_status wefti_user_execute(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters,
                               size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                               weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    wefti_user_run *run;
    *cursor = NULL;
    weft_status status = wefti_user_enter(c, deadline, error);
    if (status == WEFT_OK && (status = refuse_now(c, error)) != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    if (status == WEFT_OK)
        status = wefti_user_run_acquire(c, statement, &run, error);
    if (status != WEFT_OK)
        return status;
    status = wefti_user_run_start(run, parameters, parameter_count, stream, deadline, error);
    if (status == WEFT_OK && statement->id != 0 && !statement->returns_rows)
        status = run_to_end(run, error);
    if (status != WEFT_OK) {
        wefti_user_run_release(run);
        return status;
    }
    *cursor = &run->cursor;
    return WEFT_OK;
}

weft_status wefti_user_step(wefti_cursor *cursor, bool *has_row, weft_error *error)
{
    return wefti_user_run_next((wefti_user_run *)cursor, has_row, error);
}

void wefti_user_finish(wefti_cursor *cursor)
{
    wefti_user_run *run = (wefti_user_run *)cursor;
    if (run == NULL || run->dbc->base.owner_pid != wefti_process_id())
        return;
    if (run->statement->writes && !run->dbc->broken)
        (void)run_to_end(run, NULL);
    wefti_user_run_release(run);
}

weft_status wefti_user_told_key(wefti_cursor *cursor, weft_value *key, bool *told, weft_error *error)
{
    const wefti_user_run *run = (const wefti_user_run *)cursor;
    (void)error;
    *told = run->has_told;
    if (run->has_told)
        *key = run->told;
    return WEFT_OK;
}
