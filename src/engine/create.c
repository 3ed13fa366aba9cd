/* Creating and dropping the tables of the models: the statements come from sql, the lists of tables and of foreign keys that exist
 * from the database, and all run in one transaction on one connection. */
#include "base/error.h"
#include "base/text.h"
#include "base/thread.h"
#include "engine/engine_private.h"

#include <string.h>

#define MOST_ATTEMPTS 8 /* each loses to another that got further */

typedef struct table_name {
    struct table_name *next;
    const char *parts[3]; /* schema, whether it is the first, name; "": of the schema itself */
} table_name;

typedef struct key_name {
    struct key_name *next;
    const char *parts[7]; /* the same of the table and of the target; name */
} key_name;

typedef struct ddl_run {
    weft_connection *connection;
    wefti_arena arena;
    table_name *names; /* that exist */
    key_name *keys;
    bool failed; /* no memory within a callback */
} ddl_run;

/* The first schema may be named, too. */
static bool is_named(const char *const *parts, const wefti_def_name *name)
{
    const bool schema = name->schema != NULL ? strcmp(parts[0], name->schema) == 0 : parts[1][0] != '\0';
    return schema && (name->name == NULL || strcmp(parts[2], name->name) == 0);
}

static bool exists(void *context, const wefti_def_name *table)
{
    const ddl_run *run = context;
    for (const table_name *name = run->names; name != NULL; name = name->next)
        if (is_named(name->parts, table))
            return true;
    return false;
}

static bool leads(const key_name *key, const wefti_def_name *table, const wefti_def_name *target)
{
    return is_named(key->parts, table) && is_named(key->parts + 3, target);
}

/* A wefti_keys_between. */
static const char *const *keys_between(void *context, const wefti_def_name *table, const wefti_def_name *target)
{
    static const char *const none[] = {NULL};
    ddl_run *run = context;
    size_t count = 0;
    for (const key_name *key = run->keys; key != NULL; key = key->next)
        count += leads(key, table, target);
    const char **names = wefti_arena_zalloc(&run->arena, (count + 1) * sizeof *names);
    run->failed = run->failed || names == NULL;
    for (const key_name *key = run->keys; key != NULL && names != NULL; key = key->next)
        if (leads(key, table, target))
            names[--count] = key->parts[6]; /* the list is the other way round */
    return names != NULL ? names : none;
}

static weft_status emit(void *context, const char *sql, weft_error *error)
{
    ddl_run *run = context;
    run->connection->statements++;
    weft_status status = wefti_connection_script(run->connection, sql, WEFT_LOG_STATEMENT, WEFTI_NO_DEADLINE, error);
    if (status != WEFT_OK) /* which one: the text up to its columns, which holds names only */
        wefti_error_prefix(error, "%.*s", (int)wefti_utf8_cut(sql, strlen(sql), strcspn(sql, "(")), sql);
    return status;
}

static weft_status take_text(ddl_run *run, const weft_value *cell, const char **taken, weft_error *error)
{
    const char *text = NULL;
    if (cell->is_null || !wefti_cell_text(cell, &text))
        return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "the list of tables holds something else than names");
    *taken = wefti_arena_strdup(&run->arena, text);
    return *taken != NULL ? WEFT_OK : wefti_error_memory(error);
}

static weft_status add_name(ddl_run *run, const weft_value *row, weft_error *error)
{
    table_name *name = wefti_arena_zalloc(&run->arena, sizeof *name);
    weft_status status = name != NULL ? WEFT_OK : wefti_error_memory(error);
    for (int i = 0; status == WEFT_OK && i < 3; i++)
        status = take_text(run, &row[i], &name->parts[i], error);
    if (status == WEFT_OK) {
        name->next = run->names;
        run->names = name;
    }
    return status;
}

static weft_status add_key(ddl_run *run, const weft_value *row, weft_error *error)
{
    key_name *key = wefti_arena_zalloc(&run->arena, sizeof *key);
    weft_status status = key != NULL ? WEFT_OK : wefti_error_memory(error);
    for (int i = 0; status == WEFT_OK && i < 7; i++)
        status = take_text(run, &row[i], &key->parts[i], error);
    if (status == WEFT_OK) {
        key->next = run->keys;
        run->keys = key;
    }
    return status;
}

static weft_status read_rows(ddl_run *run, const char *sql,
                             weft_status (*add)(ddl_run *run, const weft_value *row, weft_error *error), weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    if (sql == NULL)
        return wefti_error_memory(error);
    wefti_cursor *cursor = NULL;
    weft_connection *connection = run->connection;
    weft_status status = wefti_connection_text(connection, sql, NULL, false, WEFTI_NO_DEADLINE, &cursor, error);
    while (status == WEFT_OK) {
        bool has_row = false;
        status = wefti_connection_step(connection, cursor, &has_row, error);
        if (status != WEFT_OK || !has_row)
            break;
        status = add(run, cursor->row, error);
    }
    wefti_connection_finish(connection, cursor, NULL);
    return status;
}

static weft_status drop(ddl_run *run, const weft_engine *engine, weft_error *error)
{
    const bool keys = wefti_dialect_lists_keys(engine->dialect);
    weft_status status = WEFT_OK;
    if (keys)
        status = read_rows(run, wefti_key_list_sql(engine->dialect, engine->places, engine->schema, &run->arena), add_key, error);
    if (status == WEFT_OK)
        status = wefti_ddl_drop_found(engine->schema, engine->dialect, engine->places, exists, keys ? keys_between : NULL, emit,
                                      run, error);
    return status == WEFT_OK && run->failed ? wefti_error_memory(error) : status;
}

static weft_status run_once(weft_engine *engine, bool dropping, weft_error *error)
{
    weft_connection connection;
    ddl_run run = {.connection = &connection};
    const wefti_begin begin = {.for_write = true};
    weft_status status = wefti_connection_acquire(engine, &connection, WEFTI_NO_DEADLINE, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    wefti_arena_init(&run.arena, 0);
    status = wefti_connection_begin(&connection, &begin, WEFTI_NO_DEADLINE, error);
    if (status == WEFT_OK)
        status =
            read_rows(&run, wefti_table_list_sql(engine->dialect, engine->places, engine->schema, &run.arena), add_name, error);
    if (status == WEFT_OK)
        status = dropping ? drop(&run, engine, error)
                          : wefti_ddl_create_in(engine->schema, engine->dialect, engine->places, exists, emit, &run, error);
    if (status == WEFT_OK)
        status = wefti_connection_commit(&connection, WEFTI_NO_DEADLINE, error);
    wefti_connection_release(&connection);
    wefti_arena_deinit(&run.arena);
    return status;
}

/* Another process was at the same tables: a database's IF NOT EXISTS may not see what is not committed, wait for it, and then find
 * its names in the catalogue. The list of tables read anew tells what is left to do. */
static bool lost_a_race(const weft_engine *engine, weft_status status, const weft_error *error)
{
    return (weft_status_is_retryable(status) && status != WEFT_ERROR_DISCONNECTED) ||
           wefti_driver_means(engine->driver, error, WEFTI_MEANS_NAMES_MOVED);
}

static weft_status run_ddl(weft_engine *engine, bool dropping, weft_error *error)
{
    weft_error local;
    weft_status status = wefti_engine_given(engine, error);
    if (status != WEFT_OK)
        return status;
    if (error == NULL)
        error = &local;
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        wefti_error_clear(error);
        status = run_once(engine, dropping, error);
        if (status == WEFT_OK || !lost_a_race(engine, status, error))
            break;
    }
    if (status != WEFT_OK && wefti_driver_means(engine->driver, error, WEFTI_MEANS_NAME_TAKEN)) {
        status = error->status = WEFT_ERROR_SCHEMA; /* again and again: it is no race */
        wefti_error_hint(error, "something else has its name: drop or rename that, or give the model another name");
    }
    return status;
}

weft_status weft_create_all(weft_engine *engine, weft_error *error) { return run_ddl(engine, false, error); }

weft_status weft_drop_all(weft_engine *engine, weft_error *error) { return run_ddl(engine, true, error); }

weft_status wefti_script_append(void *context, const char *sql, weft_error *error)
{
    wefti_text *script = context;
    wefti_text_add(script, sql);
    wefti_text_add(script, ";\n");
    return script->failed ? wefti_error_memory(error) : WEFT_OK;
}

weft_status weft_create_script(weft_engine *engine, char **script, weft_error *error)
{
    wefti_text text;
    if (script == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_create_script: the pointer to the script is NULL");
    *script = NULL;
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK)
        status = wefti_engine_check(engine, error);
    if (status != WEFT_OK)
        return status;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    status = wefti_ddl_create_in(engine->schema, engine->dialect, engine->places, NULL, wefti_script_append, &text, error);
    if (status == WEFT_OK && (*script = wefti_text_take(&text, NULL)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&text);
    return status;
}
