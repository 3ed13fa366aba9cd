/* SQLite's result codes as statuses, the names of tables, columns and constraints out of its messages, and what of these messages
 * the program may read.
 *
 * While a statement is compiled no value is bound: SQLite's text is taken whole, unless the statement's text holds constants, which
 * it may repeat. While it runs, functions and virtual tables (JSON, FTS) put values into their messages: then the texts of
 * constraints are taken, which hold names, those that RAISE has as constants, and those of a list that hold nothing; for any other
 * there are the words of its code. */
#include "driver/sqlite/sqlite.h"

#include "base/sqltext.h"

#include <errno.h>
#include <string.h>

#define SHOWN_TOKEN_BYTES 63
#define RAISE_TAKES_EXPRESSIONS 3047000 /* the first version */

static bool begins_with(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }

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

/* Arguments that SQLite, or a function of ours that stands for its own, refuses by texts that hold nothing of them. */
static const struct refused {
    const char *message, *hint;
    weft_status status;
} refused[] = {
    {"argument of ntile must be a positive integer", "give it a number of parts above zero", WEFT_ERROR_DATA},
    {"second argument to nth_value must be a positive integer", "rows are counted from 1 on", WEFT_ERROR_DATA},
    {"frame starting offset must be a non-negative integer", "give the frame a distance of zero or more", WEFT_ERROR_DATA},
    {"frame ending offset must be a non-negative integer", "give the frame a distance of zero or more", WEFT_ERROR_DATA},
    {"frame starting offset must be a non-negative number", "give the frame a distance of zero or more", WEFT_ERROR_DATA},
    {"frame ending offset must be a non-negative number", "give the frame a distance of zero or more", WEFT_ERROR_DATA},
    {WEFTI_SQLITE_SEVERAL_ROWS, "limit it to one row (.limit = 1), or take an aggregate of what it gives", WEFT_ERROR_SQL},
};

static const struct refused *refused_of(const char *message)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (strcmp(message, refused[i].message) == 0)
            return &refused[i];
    return NULL;
}

/* The code SQLITE_ERROR tells little: the message must. */
static weft_status general_status(const char *message)
{
    if (begins_with(message, "no such table: "))
        return WEFT_ERROR_NO_TABLE;
    if (begins_with(message, "integer overflow") || begins_with(message, "malformed JSON") ||
        begins_with(message, "JSON cannot hold"))
        return WEFT_ERROR_DATA;
    if (refused_of(message) != NULL)
        return refused_of(message)->status;
    static const char *const limits[] = {"too many ", "Expression tree is too large", "LIKE or GLOB pattern too complex",
                                         "parser stack overflow", "at most "};
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

/* Whether the text names it: what a message says of such a name it has from the text, and not from a value. */
static bool is_named_in(const char *sql, const char *name, size_t size)
{
    for (const char *at = sql; at != NULL && *at != '\0';) {
        const char *start = at;
        wefti_sql_token token = wefti_sql_next(&wefti_sql_rules_sqlite, &at);
        size_t length = (size_t)(at - start);
        bool quoted = length >= 2 && (*start == '"' || *start == '`' || *start == '[');
        if (token == WEFTI_SQL_NAME && length - 2 * quoted == size && memcmp(start + quoted, name, size) == 0)
            return true;
    }
    return false;
}

/* "no such table: main.t": t, or NULL where the message is another, or the statement does not name it. */
static const char *missing_name(const char *sql, const char *message)
{
    static const char *const starts[] = {"no such table: ", "no such column: ", "no such function: ", "no such index: "};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (!begins_with(message, starts[i]))
            continue;
        const char *name = message + strlen(starts[i]), *dot = strrchr(name, '.');
        bool named = is_named_in(sql, name, strlen(name)) || (dot != NULL && is_named_in(sql, dot + 1, strlen(dot + 1)));
        return !named ? NULL : dot != NULL ? dot + 1 : name;
    }
    return NULL;
}

static void read_names(weft_error *error, int code, const char *message)
{
    const char *failed = strstr(message, " constraint failed: ");
    if (failed != NULL && (code & 0xff) == SQLITE_CONSTRAINT) {
        const char *what = failed + strlen(" constraint failed: ");
        size_t size = strlen(what);
        if (code == SQLITE_CONSTRAINT_CHECK && !wefti_sql_has_literal(&wefti_sql_rules_sqlite, what))
            wefti_error_field(error->constraint, sizeof error->constraint, what);
        else if (code != SQLITE_CONSTRAINT_CHECK && begins_with(what, "index '") && size > 8)
            copy_part(error->constraint, sizeof error->constraint, what + 7, size - 8);
        else if (code != SQLITE_CONSTRAINT_CHECK)
            read_columns(error, what);
    } else if (code == SQLITE_CONSTRAINT_DATATYPE) {
        const char *dot = strrchr(message, '.'), *start = dot;
        while (start != NULL && start > message && start[-1] != ' ')
            start--;
        if (start != NULL)
            read_columns(error, start);
    }
}

static void add_hint(weft_error *error, int code, const char *message)
{
    switch (code & 0xff) {
    case SQLITE_ERROR:
        if (refused_of(message) != NULL)
            wefti_error_hint(error, "%s", refused_of(message)->hint);
        break;
    case SQLITE_BUSY:
        wefti_error_hint(error, code == SQLITE_BUSY_SNAPSHOT
                                    ? "another connection wrote since this transaction read: run it again"
                                    : "another connection is writing: run the transaction again, or raise busy_timeout");
        break;
    case SQLITE_LOCKED:
        wefti_error_hint(
            error, "finish open results of this connection first; a checkpoint runs outside of transactions, with .autocommit");
        break;
    case SQLITE_CORRUPT: wefti_error_hint(error, "check the file with PRAGMA integrity_check"); break;
    case SQLITE_NOTADB: wefti_error_hint(error, "the file is not a SQLite database, or it is encrypted"); break;
    case SQLITE_IOERR:
        wefti_error_hint(error,
                         "is the disk full, or a file larger than the process may write? The system refused to read or write the "
                         "database's files");
        break;
    case SQLITE_FULL: wefti_error_hint(error, "the disk or the database's page limit is full"); break;
    default: break;
    }
}

/* What a failure is taken from. */
typedef struct failure {
    int code;            /* extended */
    const char *message; /* SQLite's */
    const char *sql;     /* NULL: not known */
    bool compiling;
    bool whole;  /* nothing can be in it that must not be shown */
    bool raised; /* texts of RAISE may hold values, and may be shown all the same */
} failure;

/* Texts of SQLITE_ERROR that hold no more than what stands here. */
static bool is_constant(const char *message)
{
    static const char *const texts[] = {
        "integer overflow",
        "malformed JSON",
        "JSON cannot hold BLOB values",
        "ESCAPE expression must be a single character",
        "LIKE or GLOB pattern too complex",
        "too many levels of trigger recursion",
        "string or blob too big",
        "no query solution",
        "ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint",
        "cannot start a transaction within a transaction",
        "cannot commit - no transaction is active",
        "cannot rollback - no transaction is active",
        "cannot commit transaction - SQL statements in progress",
        "cannot open savepoint - SQL statements in progress",
        "cannot release savepoint - SQL statements in progress",
        "cannot VACUUM from within a transaction",
        "cannot VACUUM - SQL statements in progress",
        "cannot change into wal mode from within a transaction",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(message, texts[i]) == 0)
            return true;
    return refused_of(message) != NULL;
}

static bool is_shown(const failure *f)
{
    if (f->whole || (f->compiling && f->sql != NULL && !wefti_sql_has_literal(&wefti_sql_rules_sqlite, f->sql)))
        return true;
    switch (f->code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_DATATYPE: return true;
    case SQLITE_CONSTRAINT_CHECK: return !wefti_sql_has_literal(&wefti_sql_rules_sqlite, f->message);
    case SQLITE_CONSTRAINT_TRIGGER: return f->raised || sqlite3_libversion_number() < RAISE_TAKES_EXPRESSIONS;
    case SQLITE_MISMATCH: return true; /* SQLite's own words, or those of our functions: see wefti_sqlite_refuse */
    case SQLITE_ERROR: return is_constant(f->message) || missing_name(f->sql, f->message) != NULL;
    default: return false;
    }
}

/* Words of the code, with the place in the text where compiling stopped. */
static void set_words(weft_status status, const failure *f, weft_error *error)
{
    const char *words = f->code == SQLITE_CONSTRAINT_CHECK     ? "a CHECK constraint refuses the row"
                        : f->code == SQLITE_CONSTRAINT_TRIGGER ? "a trigger refuses the row"
                        : (f->code & 0xff) != SQLITE_ERROR     ? sqlite3_errstr(f->code)
                        : status == WEFT_ERROR_LIMIT           ? "the statement is beyond a limit of SQLite"
                        : f->compiling                         ? "SQLite cannot compile the statement"
                                                               : "SQLite refused a value or an argument while the statement ran";
    int position = error->position;
    size_t offset = position > 0 ? wefti_sql_offset(f->sql, position) : 0;
    size_t size = position > 0 ? wefti_sql_token_at(&wefti_sql_rules_sqlite, f->sql, offset) : 0;
    if (size > 0 && size <= SHOWN_TOKEN_BYTES)
        (void)wefti_error_set(error, status, "%s, at character %d (%.*s)", words, position, (int)size, f->sql + offset);
    else if (position > 0)
        (void)wefti_error_set(error, status, "%s, at character %d", words, position);
    else
        (void)wefti_error_set(error, status, "%s", words);
    if (f->code == SQLITE_CONSTRAINT_TRIGGER)
        wefti_error_hint(error, "what it says is shown where the engine is opened with .server_messages = true");
}

static weft_status fill(sqlite3 *db, failure *f, int rc, weft_error *error)
{
    /* The handle's code is the failed call's own, with more detail; rc is all there is without a handle. */
    bool own = db != NULL && (sqlite3_errcode(db) & 0xff) == (rc & 0xff);
    f->code = own ? sqlite3_extended_errcode(db) : rc;
    f->message = own ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    int system_error = db != NULL ? sqlite3_system_errno(db) : 0;
    weft_status status = wefti_sqlite_status(f->code, f->message);
    if ((f->code & 0xff) == SQLITE_CANTOPEN && (system_error == EMFILE || system_error == ENFILE))
        status = WEFT_ERROR_RESOURCE;
    if (status == WEFT_OK)
        status = WEFT_ERROR_INTERNAL;
    if (error == NULL)
        return status;
    int offset = f->compiling && f->sql != NULL && own ? sqlite3_error_offset(db) : -1;
    int position = offset >= 0 ? wefti_sql_position(f->sql, (size_t)offset) : 0;
    error->position = position;
    if (is_shown(f))
        (void)wefti_error_set(error, status, "%s", f->message);
    else
        set_words(status, f, error);
    error->position = position;
    error->native_code = f->code;
    read_names(error, f->code, f->message);
    const char *table = status == WEFT_ERROR_NO_TABLE ? missing_name(f->sql, f->message) : NULL;
    if (table != NULL)
        wefti_error_field(error->table, sizeof error->table, table);
    add_hint(error, f->code, f->message);
    return status;
}

weft_status wefti_sqlite_handle_error(sqlite3 *db, int rc, weft_error *error)
{
    failure f = {.whole = true};
    return fill(db, &f, rc, error);
}

weft_status wefti_sqlite_shown_error(sqlite3 *db, int rc, const char *sql, bool running, weft_error *error)
{
    failure f = {.sql = sql, .compiling = !running, .whole = sql == NULL};
    return fill(db, &f, rc, error);
}

static weft_status note(wefti_sqlite_dbc *c, int rc, weft_status status, weft_error *error)
{
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

weft_status wefti_sqlite_compile_error(wefti_sqlite_dbc *c, int rc, const char *sql, weft_error *error)
{
    failure f = {.sql = sql, .compiling = true, .whole = c->config->show_all};
    return note(c, rc, fill(c->db, &f, rc, error), error);
}

weft_status wefti_sqlite_run_error(wefti_sqlite_dbc *c, int rc, const char *sql, weft_error *error)
{
    failure f = {.sql = sql, .whole = c->config->show_all, .raised = c->config->show_raised};
    return note(c, rc, fill(c->db, &f, rc, error), error);
}

weft_status wefti_sqlite_error(wefti_sqlite_dbc *c, int rc, weft_error *error)
{
    return wefti_sqlite_run_error(c, rc, NULL, error);
}
