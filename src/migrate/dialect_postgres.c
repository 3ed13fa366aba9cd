/* PostgreSQL: one migrates at a time by an advisory lock of its session, for which others look again and again. Who waited for it
 * would hold a snapshot, for which CREATE INDEX CONCURRENTLY of the other one would wait in turn. */
#include "migrate/dialect.h"

#include "base/error.h"
#include "base/locale.h"

#include <string.h>

/* A migrator that is killed must let go at once, also in the middle of a statement (from PostgreSQL 14 on). */
static const char *const settings[] = {
    "SELECT set_config('client_connection_check_interval', '500', $1) WHERE current_setting('server_version_num')::int >= "
    "140000",
    "SELECT set_config('idle_in_transaction_session_timeout', '0', $1)",
    NULL,
};

typedef struct words {
    const wefti_sql_rules *rules;
    const char *at, *begin, *end; /* the present token, and what is behind it */
} words;

static bool next(words *w)
{
    wefti_sql_token kind;
    do {
        w->begin = w->at;
        kind = wefti_sql_next(w->rules, &w->at);
    } while (kind == WEFTI_SQL_SPACE);
    w->end = w->at;
    return kind != WEFTI_SQL_END;
}

static bool is(const words *w, const char *word)
{
    char copy[24];
    size_t size = (size_t)(w->end - w->begin);
    if (size >= sizeof copy)
        return false;
    memcpy(copy, w->begin, size);
    copy[size] = '\0';
    return wefti_ascii_equal(copy, word);
}

/* Skips words that stand there. */
static void skip(words *w, const char *const *optional)
{
    for (; *optional != NULL; optional++)
        if (is(w, *optional))
            (void)next(w);
}

/* A name with its schema, as it is spelt. Behind it afterwards. */
static const char *take_name(words *w, wefti_arena *arena, size_t *schema_size)
{
    const char *begin = w->begin, *end = w->end;
    *schema_size = 0;
    while (next(w) && *w->begin == '.') {
        *schema_size = (size_t)(w->end - begin);
        if (!next(w))
            break;
        end = w->end;
    }
    return wefti_arena_strndup(arena, begin, (size_t)(end - begin));
}

typedef enum what { OTHER, CREATES, DROPS } what;

/* The index that CREATE or DROP INDEX CONCURRENTLY is about; an index is in its table's schema. */
static what concerns(wefti_arena *arena, const char *sql, const char **index)
{
    words w = {.rules = &wefti_sql_rules_postgres, .at = sql};
    size_t schema_size;
    (void)next(&w);
    what kind = is(&w, "CREATE") ? CREATES : is(&w, "DROP") ? DROPS : OTHER;
    (void)next(&w);
    skip(&w, (const char *const[]){"UNIQUE", NULL});
    if (kind == OTHER || !is(&w, "INDEX") || !next(&w) || !is(&w, "CONCURRENTLY") || !next(&w))
        return OTHER;
    skip(&w, (const char *const[]){"IF", "NOT", "EXISTS", NULL});
    if (is(&w, "ON"))
        return OTHER; /* without a name */
    *index = take_name(&w, arena, &schema_size);
    if (kind == CREATES && *index != NULL && is(&w, "ON") && next(&w)) {
        skip(&w, (const char *const[]){"ONLY", NULL});
        const char *table = take_name(&w, arena, &schema_size);
        if (table != NULL && schema_size > 0)
            *index = wefti_arena_printf(arena, "%.*s%s", (int)schema_size, table, *index);
    }
    return kind;
}

/* What writes rows, or calls what somebody else has written, waits for rows: that keeps nobody else from the table. */
static bool queues(const char *sql)
{
    static const char *const rows[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH", "VALUES", "COPY",
                                       "CALL",   "DO",     "TABLE",  "SET",   "RESET",  "SHOW", "EXECUTE"};
    words w = {.rules = &wefti_sql_rules_postgres, .at = sql};
    if (!next(&w))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (is(&w, rows[i]))
            return false;
    do
        if (is(&w, "CONCURRENTLY"))
            return false;
    while (next(&w));
    return true;
}

/* What there is of an index, and the table it is of. */
typedef struct found {
    const char *table; /* NULL: there is no index */
    bool valid;
} found;

static weft_status find_index(weft_connection *connection, wefti_arena *arena, const char *index, found *out, weft_error *error)
{
    weft_result *result;
    *out = (found){0};
    weft_status status =
        weft_connection_query(connection,
                              "SELECT indisvalid, indrelid::regclass::text FROM pg_index WHERE indexrelid = to_regclass($1)",
                              weft_parameters(weft_value_text(index)), &result, error);
    if (status != WEFT_OK)
        return status;
    if (weft_result_next(result, NULL) && weft_result_bool(result, 0, &out->valid)) {
        out->table = wefti_arena_strdup(arena, weft_result_text(result, 1));
        status = out->table == NULL ? wefti_error_memory(error) : WEFT_OK;
    }
    weft_result_close(result);
    return status;
}

static weft_status run_of(weft_connection *connection, wefti_arena *arena, const char *before, const char *name, const char *after,
                          weft_error *error)
{
    const char *sql = wefti_arena_printf(arena, "%s %s%s", before, name, after);
    return sql != NULL ? weft_execute_text(connection, sql, NULL, error) : wefti_error_memory(error);
}

static weft_status look_again(weft_connection *connection, wefti_arena *arena, const char *sql, bool begun, wefti_again *again,
                              weft_error *error)
{
    const char *index = NULL;
    found it;
    *again = WEFTI_AGAIN_RUN;
    what kind = concerns(arena, sql, &index);
    if (kind == OTHER)
        return WEFT_OK;
    if (index == NULL)
        return wefti_error_memory(error);
    const bool fenced = weft_connection_in_transaction(connection);
    weft_status status = find_index(connection, arena, index, &it, error);
    if (status == WEFT_OK && kind == CREATES && it.table != NULL && !it.valid && fenced) {
        /* Who builds it still, holds the table: once that is done, the index may well be whole. */
        status = run_of(connection, arena, "LOCK TABLE", it.table, " IN ACCESS EXCLUSIVE MODE", error);
        if (status == WEFT_OK)
            status = find_index(connection, arena, index, &it, error);
    }
    if (status != WEFT_OK)
        return status;
    if (begun && (kind == CREATES ? it.table != NULL && it.valid : it.table == NULL))
        *again = WEFTI_AGAIN_DONE;
    if (kind != CREATES || it.table == NULL || it.valid)
        return WEFT_OK;
    return run_of(connection, arena, fenced ? "DROP INDEX" : "DROP INDEX CONCURRENTLY", index, "", error);
}

/* By the server's clock alone. */
static const wefti_lease_sql lease = {
    .create =
        "CREATE TABLE IF NOT EXISTS % (id integer NOT NULL PRIMARY KEY CHECK (id = 1), owner text NOT NULL, expires timestamptz "
        "NOT NULL)",
    .look = "SELECT 1 FROM % WHERE owner <> $1 AND expires > clock_timestamp()",
    .take =
        "INSERT INTO % AS l (id, owner, expires) VALUES (1, $1, clock_timestamp() + interval '5 s') ON CONFLICT (id) DO UPDATE "
        "SET owner = excluded.owner, expires = excluded.expires WHERE l.owner = excluded.owner OR l.expires < clock_timestamp() "
        "RETURNING id",
    .keep = "UPDATE % SET expires = clock_timestamp() + interval '5 s' WHERE owner = $1",
    .end = "DELETE FROM % WHERE owner = $1",
    .fence = "SELECT 1 FROM % WHERE owner = $1 AND expires > clock_timestamp() FOR UPDATE",
};

const wefti_migrate_dialect wefti_migrate_postgres = {
    .name = "postgresql",
    .cut = &wefti_split_postgres,
    .keeps_connection = true,
    .schemas = true,
    .schema_sql = "SELECT 1 FROM pg_namespace WHERE nspname = $1",
    .exists_sql = "SELECT 1 WHERE to_regclass($1) IS NOT NULL",
    .create_sql =
        "CREATE TABLE IF NOT EXISTS % (revision text NOT NULL PRIMARY KEY, message text NOT NULL, checksum text NOT NULL, "
        "state text NOT NULL, steps integer NOT NULL, begun integer NOT NULL, changed_at timestamptz NOT NULL)",
    .now_sql = "now()",
    .cast = "::",
    .script_begin = "BEGIN;\n",
    .shell = "psql -X -v ON_ERROR_STOP=1 -f",
    .schema_set_sql = "SELECT set_config('search_path', quote_ident($1), $2)",
    .schema_script = "SET search_path TO ",
    .settings = settings,
    .lock_timeout_sql = "SELECT pg_catalog.set_config('lock_timeout', $2, $1)",
    .own_lock_timeout_sql = "SELECT pg_catalog.set_config('lock_timeout', greatest(1, extract(epoch FROM coalesce("
                            "pg_catalog.current_setting('deadlock_timeout', true), '1s')::pg_catalog.interval) * 500)"
                            "::pg_catalog.int4::pg_catalog.text, $1)",
    .no_lock_timeout_sql = "SET lock_timeout = 0",
    .queues = queues,
    .lock_sql = "SELECT pg_try_advisory_lock($1)",
    .unlock_sql = "SELECT pg_advisory_unlock($1)",
    .transaction_lock_sql = "SELECT pg_try_advisory_xact_lock($1)",
    .process_sql = "SELECT pg_backend_pid()",
    .lease = &lease,
    .look_again = look_again,
};
