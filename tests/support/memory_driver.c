/* The driver keeps its rows by sqlite3 with a busy handler and a progress handler that look at the deadline. A connection opens
 * the name in SQLite's memdb, which all connections of a process share. */
#define _POSIX_C_SOURCE 200809L
#include "support/memory_driver.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEPS_BETWEEN_LOOKS 1000

typedef struct connection {
    sqlite3 *db;
    int64_t deadline; /* of the call that runs */
    bool open;        /* a transaction was, after the last call */
} connection;

/* A run; its statement is the prepared one, or its own. */
typedef struct run {
    sqlite3_stmt *stmt;
    sqlite3_int64 total_before;
    bool owned;
    bool writes;
    bool stepped; /* the first step was done by execute */
    int result;
} run;

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_late(const connection *c) { return c->deadline != WEFT_DRIVER_NO_DEADLINE && now_ns() >= c->deadline; }

static int look_at_clock(void *context) { return is_late(context); }

/* Tries again every millisecond, for ten seconds where nothing was asked for. */
static int wait_for_others(void *context, int count)
{
    const connection *c = context;
    const struct timespec pause = {.tv_nsec = 1000000};
    if (is_late(c) || (c->deadline == WEFT_DRIVER_NO_DEADLINE && count >= 10000))
        return 0;
    (void)nanosleep(&pause, NULL);
    return 1;
}

static weft_status failed(connection *c, int code, const char *sql, bool running, weft_error *error)
{
    const int primary = code & 0xff;
    if ((primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY) && is_late(c))
        (void)weft_driver_error(error, WEFT_ERROR_TIMEOUT, "the deadline passed");
    else
        (void)weft_driver_sqlite_error(c->db, code, sql, running, error);
    if (c->open && sqlite3_get_autocommit(c->db) != 0)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return error->status;
}

/* ---- connections ---- */

static weft_status check_url(const weft_driver_target *target, weft_error *error)
{
    const char *name = strstr(target->url, "://");
    if (name == NULL || name[3] == '\0')
        return weft_driver_error(error, WEFT_ERROR_URL, "a URL of this driver is memory://name");
    return WEFT_OK;
}

static void close_connection(void *connection_)
{
    connection *c = connection_;
    (void)sqlite3_close(c->db);
    free(c);
}

static weft_status set_up(connection *c, weft_error *error)
{
    (void)sqlite3_extended_result_codes(c->db, 1);
    (void)sqlite3_busy_handler(c->db, wait_for_others, c);
    sqlite3_progress_handler(c->db, STEPS_BETWEEN_LOOKS, look_at_clock, c);
    int code = sqlite3_exec(c->db, "PRAGMA foreign_keys = 1; PRAGMA trusted_schema = 0", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return failed(c, code, NULL, true, error);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return weft_driver_sqlite_functions(c->db, error);
}

static weft_status open_connection(const weft_driver_target *target, int64_t deadline, void **made, weft_error *error)
{
    char name[1024];
    const char *place = strstr(target->url, "://") + 3;
    const bool file = strstr(target->url, "+file:") != NULL;
    connection *c = calloc(1, sizeof *c);
    if (c == NULL)
        return weft_driver_error(error, WEFT_ERROR_NO_MEMORY, "out of memory");
    (void)snprintf(name, sizeof name, file ? "file:%s" : "file:/%s?vfs=memdb", place + file);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(name, &c->db, flags, NULL);
    c->deadline = deadline;
    if (code == SQLITE_OK && file)
        (void)sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    weft_status status = code == SQLITE_OK ? set_up(c, error) : failed(c, code, NULL, true, error);
    if (status == WEFT_OK)
        *made = c;
    else
        close_connection(c);
    return status;
}

static weft_driver_state state(void *connection_)
{
    const connection *c = connection_;
    return sqlite3_get_autocommit(c->db) != 0 ? WEFT_DRIVER_IDLE : WEFT_DRIVER_OPEN;
}

static weft_status say(connection *c, const char *sql, int64_t deadline, weft_error *error)
{
    c->deadline = deadline;
    const int code = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? WEFT_OK : failed(c, code, sql, true, error);
}

static weft_status ping(void *c, int64_t deadline, weft_error *error) { return say(c, "SELECT 1", deadline, error); }

/* What text SQL can set and leave behind. */
static weft_status reset(void *connection_, int64_t deadline, weft_error *error)
{
    connection *c = connection_;
    sqlite3_stmt *stmt = NULL;
    c->deadline = deadline;
    int code = sqlite3_prepare_v2(c->db, "SELECT count(*) FROM temp.sqlite_schema", -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    const bool left = code == SQLITE_ROW && sqlite3_column_int(stmt, 0) > 0;
    (void)sqlite3_finalize(stmt);
    if (code != SQLITE_ROW)
        return failed(c, code, NULL, true, error);
    if (left)
        return weft_driver_error(error, WEFT_ERROR_MISUSE, "text SQL left temporary tables behind");
    return say(c, "PRAGMA query_only = 0; PRAGMA foreign_keys = 1; PRAGMA recursive_triggers = 0", deadline, error);
}

/* ---- statements ---- */

static weft_status compile(connection *c, const weft_driver_statement *statement, unsigned flags, sqlite3_stmt **stmt,
                           weft_error *error)
{
    const char *tail = NULL;
    const int code = sqlite3_prepare_v3(c->db, statement->sql, (int)statement->sql_size, flags, stmt, &tail);
    if (code != SQLITE_OK)
        return failed(c, code, statement->sql, false, error);
    return *stmt != NULL ? WEFT_OK : weft_driver_error(error, WEFT_ERROR_SQL, "the statement is empty");
}

static weft_status prepare(void *c, const weft_driver_statement *statement, void **prepared, weft_error *error)
{
    sqlite3_stmt *stmt = NULL;
    weft_status status = compile(c, statement, SQLITE_PREPARE_PERSISTENT, &stmt, error);
    *prepared = stmt;
    return status;
}

static void unprepare(void *c, void *prepared)
{
    (void)c;
    (void)sqlite3_finalize(prepared);
}

/* The values live as long as the call of execute alone: sqlite3 copies them. */
static int bind_value(sqlite3_stmt *stmt, int place, const weft_value *value)
{
    if (value->is_null)
        return sqlite3_bind_null(stmt, place);
    switch (value->type) {
    case WEFT_INT64: return sqlite3_bind_int64(stmt, place, value->as.i);
    case WEFT_DOUBLE: return sqlite3_bind_double(stmt, place, value->as.d);
    case WEFT_BYTES:
        return value->as.s.size > 0 ? sqlite3_bind_blob64(stmt, place, value->as.s.data, value->as.s.size, SQLITE_TRANSIENT)
                                    : sqlite3_bind_zeroblob(stmt, place, 0);
    default: return sqlite3_bind_text64(stmt, place, value->as.s.data, value->as.s.size, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
}

static int bind_values(sqlite3_stmt *stmt, const weft_value *values, size_t count)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        char name[16]; /* tests write $1, which is a name here */
        (void)snprintf(name, sizeof name, "$%zu", i + 1);
        const int named = sqlite3_bind_parameter_index(stmt, name);
        code = bind_value(stmt, named > 0 ? named : (int)i + 1, &values[i]);
    }
    return code;
}

static void note_changes(weft_driver_rows *rows, const run *r, sqlite3 *db)
{
    const bool changed = r->writes && sqlite3_total_changes64(db) != r->total_before;
    rows->changed_rows = changed ? (uint64_t)sqlite3_changes64(db) : 0;
}

static void finish(weft_driver_rows *rows)
{
    run *r = rows->state;
    (void)sqlite3_reset(r->stmt);
    if (r->owned)
        (void)sqlite3_finalize(r->stmt);
    free(r);
}

static weft_status execute(weft_driver_rows *rows, const weft_value *values, size_t count, weft_error *error)
{
    connection *c = rows->connection;
    run *r = calloc(1, sizeof *r);
    if (r == NULL)
        return weft_driver_error(error, WEFT_ERROR_NO_MEMORY, "out of memory");
    c->deadline = rows->deadline;
    *r = (run){.stmt = rows->prepared, .owned = rows->prepared == NULL, .total_before = sqlite3_total_changes64(c->db)};
    rows->state = r;
    weft_status status = r->owned ? compile(c, rows->statement, 0, &r->stmt, error) : WEFT_OK;
    int code = status == WEFT_OK ? bind_values(r->stmt, values, count) : SQLITE_OK;
    if (status == WEFT_OK && code == SQLITE_OK) {
        r->writes = sqlite3_stmt_readonly(r->stmt) == 0;
        r->stepped = true;
        r->result = code = sqlite3_step(r->stmt);
        rows->column_count = (uint16_t)sqlite3_column_count(r->stmt);
    }
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        c->open = sqlite3_get_autocommit(c->db) == 0;
    if (status == WEFT_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        status = failed(c, code, rows->statement->sql, true, error);
    if (status != WEFT_OK)
        finish(rows);
    else if (code == SQLITE_DONE)
        note_changes(rows, r, c->db);
    return status;
}

static void fill(sqlite3_stmt *stmt, int column, weft_value *cell)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER: *cell = weft_value_int64(sqlite3_column_int64(stmt, column)); break;
    case SQLITE_FLOAT: *cell = weft_value_double(sqlite3_column_double(stmt, column)); break;
    case SQLITE_NULL: *cell = weft_value_null(WEFT_TEXT); break;
    case SQLITE_BLOB: {
        const void *data = sqlite3_column_blob(stmt, column);
        *cell = weft_value_bytes((weft_bytes){data != NULL ? data : "", (size_t)sqlite3_column_bytes(stmt, column)});
        break;
    }
    default:
        *cell = weft_value_text((const char *)sqlite3_column_text(stmt, column));
        cell->as.s.size = (size_t)sqlite3_column_bytes(stmt, column);
        break;
    }
}

static weft_status step(weft_driver_rows *rows, weft_value *cells, bool *has_row, weft_error *error)
{
    connection *c = rows->connection;
    run *r = rows->state;
    c->deadline = rows->deadline;
    if (!r->stepped && r->result == SQLITE_ROW)
        r->result = sqlite3_step(r->stmt);
    r->stepped = false;
    if (r->result != SQLITE_ROW && r->result != SQLITE_DONE)
        return failed(c, r->result, rows->statement->sql, true, error);
    *has_row = r->result == SQLITE_ROW;
    for (int i = 0; *has_row && i < rows->column_count; i++)
        fill(r->stmt, i, &cells[i]);
    if (!*has_row)
        note_changes(rows, r, c->db);
    return WEFT_OK;
}

static const char *column_name(weft_driver_rows *rows, uint16_t column)
{
    return sqlite3_column_name(((run *)rows->state)->stmt, column);
}

static weft_type column_type(weft_driver_rows *rows, uint16_t column)
{
    return weft_driver_sqlite_type(sqlite3_column_decltype(((run *)rows->state)->stmt, column));
}

static const char *const schemes[] = {"memory", "memory+file", NULL}, *const least_schemes[] = {"least", "least+file", NULL};

const weft_driver memory_driver = {
    .size = sizeof(weft_driver),
    .name = "memory",
    .schemes = schemes,
    .dialect = "sqlite",
    .example = "memory://name",
    .in_process = true,
    .several_rows = true,
    .check_url = check_url,
    .open = open_connection,
    .close = close_connection,
    .execute = execute,
    .step = step,
    .finish = finish,
    .column_name = column_name,
    .column_type = column_type,
    .prepare = prepare,
    .unprepare = unprepare,
    .state = state,
    .ping = ping,
    .reset = reset,
};

const weft_driver least_driver = {
    .size = sizeof(weft_driver),
    .name = "least",
    .schemes = least_schemes,
    .dialect = "sqlite",
    .open = open_connection,
    .close = close_connection,
    .execute = execute,
    .step = step,
    .finish = finish,
    .column_name = column_name,
};

static void register_both(void)
{
    weft_error error;
    if (weft_driver_register(&memory_driver, &error) == WEFT_OK && weft_driver_register(&least_driver, &error) == WEFT_OK)
        return;
    (void)fprintf(stderr, "%s\n", error.message);
    exit(1);
}

void memory_driver_register(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, register_both);
}
