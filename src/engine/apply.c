/* Running a list of operations. Where SQLite builds tables anew its foreign keys are off meanwhile: a setting of the connection
 * that changes outside of transactions only, and that must be as it was whatever happens. */
#include "base/error.h"
#include "base/locale.h"
#include "engine/schemas.h"
#include "schema/drawn.h"

#include <string.h>

#include <weft/schema.h>

enum { MOST_SHOWN_BYTES = 160 };

static bool is_definition(const char *sql)
{
    static const char *const words[] = {"ALTER ", "CREATE ", "DROP ", "COMMENT "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (wefti_ascii_begins(sql, words[i]))
            return true;
    return false;
}

/* Where the database's error names nothing: the statement, without its strings, and the sequences that it draws from, whose names
 * are such. Of definitions alone, for numbers in others may be values. */
static void say_statement(const weft_connection *connection, const char *sql, weft_error *error)
{
    wefti_text text;
    wefti_arena arena;
    wefti_def_name name;
    bool failed = false;
    if (connection->dbc == NULL || error->sqlstate[0] == '\0' || error->table[0] != '\0' || error->constraint[0] != '\0' ||
        error->column[0] != '\0' || strchr(error->message, '"') != NULL || !is_definition(sql))
        return;
    wefti_text_init(&text, 0);
    wefti_arena_init(&arena, 0);
    wefti_sql_add_masked(connection->driver->sql_rules(connection->dbc), sql, &text);
    char shown[MOST_SHOWN_BYTES + 1];
    wefti_error_field(shown, sizeof shown, text.data != NULL ? text.data : "");
    const bool cut = text.size >= sizeof shown;
    wefti_text_clear(&text);
    wefti_text_add_format(&text, "%s: %s%s", error->message, shown, cut ? "…" : "");
    for (const char *at = sql; wefti_drawn_next(&arena, &at, &name, &failed);)
        wefti_text_add_format(&text, ", which draws from %s", name.name);
    if (!text.failed && !failed)
        wefti_error_field(error->message, sizeof error->message, text.data);
    wefti_arena_deinit(&arena);
    wefti_text_deinit(&text);
}

weft_status wefti_ops_run(weft_connection *connection, const char *sql, weft_error *error)
{
    const weft_status status = weft_execute_text(connection, sql, NULL, error);
    if (status != WEFT_OK && error != NULL)
        say_statement(connection, sql, error);
    return status;
}

static weft_status run(void *context, const char *sql, weft_error *error) { return wefti_ops_run(context, sql, error); }

static weft_status ignore(void *context, const char *sql, weft_error *error)
{
    (void)context;
    (void)sql;
    (void)error;
    return WEFT_OK;
}

static const wefti_ddl *ddl_of(const weft_connection *connection) { return wefti_dialect_ddl(connection->engine->dialect); }

static const wefti_rebuild_sql *sql_of(const weft_connection *connection) { return wefti_ddl_rebuild_sql(ddl_of(connection)); }

bool wefti_ops_rebuild(const weft_ops *ops, const weft_connection *connection)
{
    bool found = false;
    for (size_t i = 0; i < ops->list.count; i++)
        found = found || ops->list.items[i].kind == WEFTI_OP_REBUILD_TABLE;
    return found && sql_of(connection) != NULL;
}

/* ---- settings ---- */

/* The first cell of the first row, and how many rows there are. */
static weft_status ask(weft_connection *connection, const char *sql, int64_t *first, int64_t *rows, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    wefti_cursor *cursor = NULL;
    bool has_row = true;
    *first = *rows = 0;
    weft_status status = wefti_connection_text(connection, sql, NULL, false, WEFTI_NO_DEADLINE, &cursor, error);
    while (status == WEFT_OK && (status = wefti_connection_step(connection, cursor, &has_row, error)) == WEFT_OK && has_row)
        if ((*rows)++ == 0 && !cursor->row[0].is_null && cursor->row[0].type == WEFT_INT64)
            *first = cursor->row[0].as.i;
    wefti_connection_finish(connection, cursor, NULL);
    return status;
}

static weft_status set(weft_connection *connection, const char *sql, weft_error *error)
{
    weft_status status = wefti_connection_ready(connection, WEFTI_NO_DEADLINE, error);
    return status == WEFT_OK ? wefti_connection_script(connection, sql, WEFT_LOG_STATEMENT, WEFTI_NO_DEADLINE, error) : status;
}

static weft_status no_keys(weft_connection *connection, bool *keys, bool *legacy, weft_error *error)
{
    int64_t value = 0, rows;
    weft_status status = ask(connection, sql_of(connection)->renaming, &value, &rows, error);
    *legacy = value != 0;
    if (status == WEFT_OK)
        status = ask(connection, sql_of(connection)->keys, &value, &rows, error);
    *keys = value != 0;
    if (status == WEFT_OK)
        status = set(connection, sql_of(connection)->keys_off, error);
    if (status == WEFT_OK)
        status = ask(connection, sql_of(connection)->keys, &value, &rows, error);
    if (status == WEFT_OK && value != 0) /* in a transaction it is ignored without a word */
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "foreign keys cannot be turned off: a transaction is open");
    return status;
}

/* A connection that cannot be as it was is given up. */
static weft_status as_it_was(weft_connection *connection, bool keys, bool legacy, weft_error *error)
{
    const wefti_rebuild_sql *sql = sql_of(connection);
    weft_status status = set(connection, legacy ? sql->renaming_on : sql->renaming_off, error);
    if (status == WEFT_OK)
        status = set(connection, keys ? sql->keys_on : sql->keys_off, error);
    if (status != WEFT_OK)
        connection->lost = true;
    return status;
}

weft_status wefti_rebuilding_prepare(wefti_rebuilding *r, weft_connection *connection, weft_error *error)
{
    if (r->prepared)
        return WEFT_OK;
    if (connection->in_transaction)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "tables are to be built anew, and a transaction is open");
    weft_status status = no_keys(connection, &r->foreign_keys, &r->legacy_renaming, error);
    r->prepared = true;
    if (status != WEFT_OK)
        (void)wefti_rebuilding_settle(r, connection, NULL);
    return status;
}

weft_status wefti_rebuilding_settle(wefti_rebuilding *r, weft_connection *connection, weft_error *error)
{
    if (!r->prepared)
        return WEFT_OK;
    r->prepared = false;
    return as_it_was(connection, r->foreign_keys, r->legacy_renaming, error);
}

weft_status wefti_rebuilding_count(weft_connection *connection, int64_t *orphans, weft_error *error)
{
    int64_t first;
    return ask(connection, sql_of(connection)->orphans, &first, orphans, error);
}

/* ---- applying ---- */

weft_status wefti_rebuilding_check(weft_connection *connection, int64_t before, weft_error *error)
{
    int64_t rows;
    weft_status status = wefti_rebuilding_count(connection, &rows, error);
    if (status != WEFT_OK || rows <= before)
        return status;
    status =
        wefti_error_set(error, WEFT_ERROR_CONSTRAINT, "%lld rows refer to rows that are not there", (long long)(rows - before));
    wefti_error_hint(error, "%s names them: mend them before the tables are built anew", sql_of(connection)->orphans);
    return status;
}

static weft_status render(const weft_ops *ops, weft_connection *connection, weft_error *error)
{
    return wefti_ops_render(ddl_of(connection), &ops->list, run, connection, error);
}

/* With foreign keys off. */
static weft_status rebuild(const weft_ops *ops, weft_connection *connection, weft_error *error)
{
    int64_t before = 0;
    weft_status status = wefti_rebuilding_count(connection, &before, error);
    if (status == WEFT_OK)
        status = render(ops, connection, error);
    return status == WEFT_OK ? wefti_rebuilding_check(connection, before, error) : status;
}

static weft_status rebuild_alone(const weft_ops *ops, weft_connection *connection, weft_error *error)
{
    wefti_rebuilding around = {0};
    const wefti_begin begin = {.for_write = true};
    weft_status status = wefti_rebuilding_prepare(&around, connection, error);
    if (status == WEFT_OK)
        status = wefti_connection_begin(connection, &begin, wefti_connection_deadline(connection), error);
    if (status == WEFT_OK)
        status = rebuild(ops, connection, error);
    if (status == WEFT_OK)
        status = wefti_connection_commit(connection, wefti_connection_deadline(connection), error);
    if (connection->in_transaction)
        (void)wefti_connection_rollback(connection, WEFTI_NO_DEADLINE, NULL);
    const weft_status restored = wefti_rebuilding_settle(&around, connection, status == WEFT_OK ? error : NULL);
    return status == WEFT_OK ? restored : status;
}

static weft_status rebuild_within(const weft_ops *ops, weft_connection *connection, weft_error *error)
{
    int64_t keys = 0, rows;
    weft_status status = ask(connection, sql_of(connection)->keys, &keys, &rows, error);
    if (status != WEFT_OK)
        return status;
    if (keys == 0)
        return rebuild(ops, connection, error);
    status = wefti_error_set(error, WEFT_ERROR_MISUSE,
                             "tables are to be built anew, and foreign keys are on in the transaction that is open");
    wefti_error_hint(error,
                     "call weft_ops_prepare before it begins and weft_ops_settle after its end, or apply the list without one");
    return status;
}

weft_status weft_ops_apply(const weft_ops *ops, weft_connection *connection, weft_error *error)
{
    weft_error local;
    if (error == NULL)
        error = &local;
    if (ops->error.status != WEFT_OK)
        return weft_ops_status(ops, error);
    wefti_error_clear(error);
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK)
        return status;
    /* before the first is run: whether all can be */
    status = wefti_ops_render(ddl_of(connection), &ops->list, ignore, NULL, error);
    if (status != WEFT_OK)
        return status;
    if (!wefti_ops_rebuild(ops, connection))
        return render(ops, connection, error);
    return connection->in_transaction ? rebuild_within(ops, connection, error) : rebuild_alone(ops, connection, error);
}

weft_status weft_ops_prepare(weft_ops *ops, weft_connection *connection, weft_error *error)
{
    weft_error local;
    if (error == NULL)
        error = &local;
    if (ops->error.status != WEFT_OK)
        return weft_ops_status(ops, error);
    wefti_error_clear(error);
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK || !wefti_ops_rebuild(ops, connection))
        return status;
    return wefti_rebuilding_prepare(&ops->rebuilding, connection, error);
}

weft_status weft_ops_settle(weft_ops *ops, weft_connection *connection, weft_error *error)
{
    weft_error local;
    if (error == NULL)
        error = &local;
    wefti_error_clear(error);
    weft_status status = wefti_connection_usable(connection, error);
    if (status != WEFT_OK || !ops->rebuilding.prepared)
        return status;
    if (connection->in_transaction)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_ops_settle: a transaction is open");
    return wefti_rebuilding_settle(&ops->rebuilding, connection, error);
}
