/* SQLite's result codes as statuses, and the names of tables, columns and constraints out of its messages. */
#include "driver/sqlite/sqlite.h"

#include <errno.h>
#include <string.h>

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static weft_status constraint_status(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return WEFT_ERROR_UNIQUE;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return WEFT_ERROR_FOREIGN_KEY;
    case SQLITE_CONSTRAINT_NOTNULL: return WEFT_ERROR_NOT_NULL;
    case SQLITE_CONSTRAINT_CHECK: return WEFT_ERROR_CHECK;
    case SQLITE_CONSTRAINT_DATATYPE: return WEFT_ERROR_DATA;
    default: return WEFT_ERROR_CONSTRAINT;
    }
}

/* The code SQLITE_ERROR tells little: the message must. */
static weft_status general_status(const char *message)
{
    if (begins_with(message, "no such table: "))
        return WEFT_ERROR_NO_TABLE;
    if (begins_with(message, "integer overflow") || begins_with(message, "malformed JSON") ||
        begins_with(message, "JSON cannot hold"))
        return WEFT_ERROR_DATA;
    static const char *const limits[] = { "too many ", "Expression tree is too large", "LIKE or GLOB pattern too complex",
                                          "parser stack overflow", "at most " };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (begins_with(message, limits[i]))
            return WEFT_ERROR_LIMIT;
    return WEFT_ERROR_SQL;
}

static weft_status io_status(int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return WEFT_ERROR_NO_MEMORY;
    return code == SQLITE_IOERR_CORRUPTFS ? WEFT_ERROR_CORRUPT : WEFT_ERROR_IO;
}

weft_status wefti_sqlite_status(int code, const char *message)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return WEFT_OK;
    case SQLITE_ERROR: return general_status(message);
    case SQLITE_ABORT: return WEFT_ERROR_ROLLED_BACK;
    case SQLITE_BUSY: return code == SQLITE_BUSY_SNAPSHOT ? WEFT_ERROR_SERIALIZATION : WEFT_ERROR_BUSY;
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return WEFT_ERROR_BUSY;
    case SQLITE_NOMEM: return WEFT_ERROR_NO_MEMORY;
    case SQLITE_READONLY: return WEFT_ERROR_READ_ONLY;
    case SQLITE_INTERRUPT: return WEFT_ERROR_CANCELLED;
    case SQLITE_IOERR: return io_status(code);
    case SQLITE_CANTOPEN: return WEFT_ERROR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return WEFT_ERROR_CORRUPT;
    case SQLITE_FULL: return WEFT_ERROR_RESOURCE;
    case SQLITE_SCHEMA: return WEFT_ERROR_SERIALIZATION;
    case SQLITE_TOOBIG: return WEFT_ERROR_LIMIT;
    case SQLITE_CONSTRAINT: return constraint_status(code);
    case SQLITE_MISMATCH: return WEFT_ERROR_DATA;
    case SQLITE_NOLFS: return WEFT_ERROR_RESOURCE;
    case SQLITE_AUTH:
    case SQLITE_RANGE: return WEFT_ERROR_SQL;
    default: return WEFT_ERROR_INTERNAL;
    }
}

static void copy_part(char *field, size_t field_size, const char *start, size_t size)
{
    char part[256];
    if (size >= sizeof part)
        size = sizeof part - 1;
    memcpy(part, start, size);
    part[size] = '\0';
    wefti_error_field(field, field_size, part);
}

/* "t.a, t.b": the table, and the columns as "a, b". */
static void read_columns(weft_error *error, const char *list)
{
    char columns[256];
    size_t used = 0;
    const char *dot = strchr(list, '.');
    if (dot == NULL)
        return;
    copy_part(error->table, sizeof error->table, list, (size_t)(dot - list));
    for (const char *at = list; at != NULL && *at != '\0';) {
        const char *end = strstr(at, ", ");
        const char *name = strchr(at, '.');
        size_t size = end != NULL ? (size_t)(end - at) : strlen(at);
        if (name != NULL && name < at + size) {
            size -= (size_t)(name + 1 - at);
            at = name + 1;
        }
        if (used + size + 3 > sizeof columns)
            break;
        if (used > 0) {
            memcpy(columns + used, ", ", 2);
            used += 2;
        }
        memcpy(columns + used, at, size);
        used += size;
        at = end != NULL ? end + 2 : NULL;
    }
    copy_part(error->column, sizeof error->column, columns, used);
}

static void read_names(weft_error *error, int code, const char *message)
{
    const char *failed = strstr(message, " constraint failed: ");
    if (begins_with(message, "no such table: ")) {
        const char *name = message + strlen("no such table: ");
        const char *dot = strchr(name, '.');
        wefti_error_field(error->table, sizeof error->table, dot != NULL ? dot + 1 : name);
    } else if (failed != NULL) {
        const char *what = failed + strlen(" constraint failed: ");
        size_t size = strlen(what);
        if (code == SQLITE_CONSTRAINT_CHECK)
            wefti_error_field(error->constraint, sizeof error->constraint, what);
        else if (begins_with(what, "index '") && size > 8)
            copy_part(error->constraint, sizeof error->constraint, what + 7, size - 8);
        else
            read_columns(error, what);
    } else if (code == SQLITE_CONSTRAINT_DATATYPE) {
        const char *dot = strrchr(message, '.'), *start = dot;
        while (start != NULL && start > message && start[-1] != ' ')
            start--;
        if (start != NULL)
            read_columns(error, start);
    }
}

static void add_hint(weft_error *error, int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
        wefti_error_hint(error, code == SQLITE_BUSY_SNAPSHOT ?
                                    "another connection wrote since this transaction read: run it again" :
                                    "another connection is writing: run the transaction again, or raise busy_timeout");
        break;
    case SQLITE_LOCKED: wefti_error_hint(error, "finish open results of this connection first"); break;
    case SQLITE_CORRUPT: wefti_error_hint(error, "check the file with PRAGMA integrity_check"); break;
    case SQLITE_NOTADB: wefti_error_hint(error, "the file is not a SQLite database, or it is encrypted"); break;
    case SQLITE_FULL: wefti_error_hint(error, "the disk or the database's page limit is full"); break;
    default: break;
    }
}

static weft_status fill(sqlite3 *db, int rc, weft_error *error)
{
    /* The handle's code is the failed call's own, with more detail; rc is all there is without a handle. */
    int code = db != NULL && (sqlite3_extended_errcode(db) & 0xff) == (rc & 0xff) ? sqlite3_extended_errcode(db) : rc;
    const char *message = db != NULL && (sqlite3_errcode(db) & 0xff) == (rc & 0xff) ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    int system_error = db != NULL ? sqlite3_system_errno(db) : 0;
    weft_status status = wefti_sqlite_status(code, message);
    if ((code & 0xff) == SQLITE_CANTOPEN && (system_error == EMFILE || system_error == ENFILE))
        status = WEFT_ERROR_RESOURCE;
    if (status == WEFT_OK)
        status = WEFT_ERROR_INTERNAL;
    (void)wefti_error_set(error, status, "%s", message);
    if (error != NULL) {
        error->native_code = code;
        read_names(error, code, message);
        add_hint(error, code);
    }
    return status;
}

weft_status wefti_sqlite_handle_error(sqlite3 *db, int rc, weft_error *error)
{
    return fill(db, rc, error);
}

weft_status wefti_sqlite_error(wefti_sqlite_dbc *c, int rc, weft_error *error)
{
    weft_status status = fill(c->db, rc, error);
    int primary = rc & 0xff;
    if ((primary == SQLITE_INTERRUPT || primary == SQLITE_BUSY) && wefti_deadline_passed(c->deadline)) {
        status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline passed %s",
                                 primary == SQLITE_BUSY ? "while another connection held the database" : "in the statement");
        if (error != NULL)
            error->native_code = rc;
    }
    if (status == WEFT_ERROR_CORRUPT || status == WEFT_ERROR_IO || status == WEFT_ERROR_INTERNAL || rc == SQLITE_READONLY_DBMOVED)
        c->broken = true;
    if (error != NULL && c->in_transaction && c->db != NULL && sqlite3_get_autocommit(c->db) != 0)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return status;
}
