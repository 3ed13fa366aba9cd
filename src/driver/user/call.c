/* Calls of a driver's functions: what goes before each of them, and what its answer means. */
#include "driver/user/user.h"

#include "base/locale.h"

#include <string.h>

weft_status wefti_user_enter(wefti_user_dbc *c, wefti_deadline deadline, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (c->base.owner_pid != wefti_process_id())
        status = wefti_error_set(error, WEFT_ERROR_FORKED, "the connection was opened by the parent of this process");
    else if (c->broken)
        status = wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the connection was lost");
    else if (deadline != WEFTI_NO_DEADLINE && wefti_deadline_passed(deadline))
        status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline had passed before anything was sent");
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    return status;
}

weft_status wefti_user_judge(const wefti_user_driver *driver, weft_status status, weft_error *error)
{
    if ((unsigned)status >= WEFT_STATUS_COUNT_)
        return wefti_error_set(error, WEFT_ERROR_INTERNAL, "the driver \"%s\" answered with the status %d, which there is not",
                               driver->own.name, (int)status);
    if (status == WEFT_OK)
        return WEFT_OK;
    error->status = status;
    error->message[sizeof error->message - 1] = error->hint[sizeof error->hint - 1] = '\0';
    if (error->message[0] == '\0')
        wefti_error_field(error->message, sizeof error->message, weft_status_name(status));
    return status;
}

static bool breaks(weft_status status)
{
    switch (status) {
    case WEFT_ERROR_DISCONNECTED:
    case WEFT_ERROR_PROTOCOL:
    case WEFT_ERROR_IO:
    case WEFT_ERROR_CORRUPT:
    case WEFT_ERROR_INTERNAL: return true;
    default: return false;
    }
}

weft_status wefti_user_answered(wefti_user_dbc *c, weft_status status, weft_error *error)
{
    if (__builtin_expect(status == WEFT_OK, 1))
        return WEFT_OK;
    status = wefti_user_judge(c->driver, status, &c->error);
    c->broken = c->broken || breaks(status);
    if (c->in_transaction && (c->broken || c->error.outcome == WEFT_OUTCOME_ROLLED_BACK)) {
        c->error.outcome = WEFT_OUTCOME_ROLLED_BACK;
        c->failed = c->unsure = true;
    }
    c->failed = c->failed || (c->in_transaction && c->driver->spoken->errors_fail);
    wefti_error_copy(error, &c->error);
    wefti_error_clear(&c->error);
    return status;
}

static weft_status read_all(wefti_user_dbc *c, weft_driver_rows *rows, weft_error *error)
{
    weft_value cells[8], *more = NULL;
    weft_status status = WEFT_OK;
    bool has_row = rows->column_count > 0;
    if (rows->column_count > sizeof cells / sizeof *cells && (more = wefti_calloc(rows->column_count, sizeof *more)) == NULL)
        return wefti_error_memory(error);
    while (status == WEFT_OK && has_row) {
        has_row = false;
        status = wefti_user_answered(c, c->driver->own.step(rows, more != NULL ? more : cells, &has_row, &c->error), error);
    }
    wefti_free(more);
    return status;
}

weft_status wefti_user_say(wefti_user_dbc *c, const char *sql, wefti_deadline deadline, weft_error *error)
{
    const weft_driver_statement statement = {.sql = sql, .sql_size = strlen(sql), .writes = true};
    weft_driver_rows rows = {.connection = c->connection, .statement = &statement, .deadline = deadline};
    void *before = wefti_locale_enter();
    weft_status status = wefti_user_answered(c, c->driver->own.execute(&rows, NULL, 0, &c->error), error);
    if (status == WEFT_OK) {
        status = read_all(c, &rows, error);
        c->driver->own.finish(&rows);
    }
    wefti_locale_leave(before);
    return status;
}

weft_status wefti_user_say_all(wefti_user_dbc *c, const char *sql, wefti_deadline deadline, weft_error *error)
{
    wefti_piece piece;
    weft_status status = WEFT_OK;
    if (c->driver->own.script != NULL)
        return wefti_user_answered(c, c->driver->own.script(c->connection, sql, deadline, &c->error), error);
    while (status == WEFT_OK && wefti_split_next(c->driver->spoken->cut, &sql, &piece)) {
        char *text = wefti_strndup(piece.begin, (size_t)(piece.end - piece.begin));
        if (text == NULL)
            return wefti_error_memory(error);
        status = wefti_user_enter(c, deadline, error);
        if (status == WEFT_OK)
            status = wefti_user_say(c, text, deadline, error);
        wefti_free(text);
    }
    return status;
}
