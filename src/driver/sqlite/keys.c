/* The key of a row that was inserted, told without being asked for by RETURNING, which costs half as much again.
 *
 * SQLite remembers the rowid of the last row. That is the row's key where the key's column is another name of the rowid, and then
 * only: INT PRIMARY KEY, or a key with a default of its own, is a column like others, a table may have no rowid, a view has no
 * rows.
 * Which it is goes with the compiled statement; SQLite compiles it again by itself when the schema changed, and counts that. */
#include "driver/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

static void add_name(wefti_text *sql, const char *name)
{
    wefti_text_add_char(sql, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            wefti_text_add_char(sql, '"');
        wefti_text_add_char(sql, *name);
    }
    wefti_text_add_char(sql, '"');
}

/* before, a quoted name, between, another, after. The result code; *stmt NULL where that is no OK. */
static int prepare(sqlite3 *db, const char *before, const char *name, const char *between, const char *other, const char *after,
                   sqlite3_stmt **stmt)
{
    wefti_text sql;
    wefti_text_init(&sql, 0);
    wefti_text_add(&sql, before);
    add_name(&sql, name);
    wefti_text_add(&sql, between);
    add_name(&sql, other);
    wefti_text_add(&sql, after);
    *stmt = NULL;
    int rc = sql.failed ? SQLITE_NOMEM : sqlite3_prepare_v2(db, sql.data, (int)sql.size, stmt, NULL);
    wefti_text_deinit(&sql);
    return rc;
}

typedef enum rowid_kind { IS_UNKNOWN, IS_NO_ROWID, IS_NOT_THE_KEY, IS_THE_KEY } rowid_kind;

/* Whether the statement gives a row; true also where that could not be found out. */
static bool any_row(sqlite3 *db, const char *sql, const char *name, const char *other)
{
    sqlite3_stmt *stmt = NULL;
    bool found = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
                 sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
                 (other != NULL && sqlite3_bind_text(stmt, 2, other, -1, SQLITE_STATIC) != SQLITE_OK) ||
                 sqlite3_step(stmt) != SQLITE_DONE;
    (void)sqlite3_finalize(stmt);
    return found;
}

/* SQLite names a result column by the column that the rowid is another name of. *name: what the rowid can be called. *rc: why it is
 * unknown; a name that there is not is no reason. */
static rowid_kind rowid_of(sqlite3 *db, const char *table, const char *column, const char **name, int *rc)
{
    static const char *const names[] = {"_rowid_", "rowid", "oid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        sqlite3_stmt *stmt;
        *rc = prepare(db, "SELECT ", names[i], " FROM ", table, " LIMIT 0", &stmt);
        if (*rc == SQLITE_OK)
            *rc = sqlite3_step(stmt); /* compiled anew where the schema in memory was old */
        const char *is_named = *rc == SQLITE_DONE ? sqlite3_column_name(stmt, 0) : NULL;
        bool no_memory = *rc == SQLITE_DONE && is_named == NULL;
        bool is_key = is_named != NULL && wefti_ascii_equal(is_named, column);
        (void)sqlite3_finalize(stmt);
        if (no_memory)
            *rc = SQLITE_NOMEM;
        if ((*rc & 0xff) == SQLITE_ERROR)
            continue; /* no such column, or no such table */
        if (*rc != SQLITE_DONE)
            return IS_UNKNOWN;
        *name = names[i];
        if (is_key)
            return IS_THE_KEY;
        if (!any_row(db, "SELECT 1 FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE", table, names[i]))
            return IS_NOT_THE_KEY;
    }
    return IS_NO_ROWID;
}

bool wefti_sqlite_key_needs_row(wefti_sqlite_dbc *c, const wefti_statement *statement)
{
    int rc;
    const char *name;
    return rowid_of(c->db, statement->told_table, statement->told_column, &name, &rc) == IS_NO_ROWID;
}

int wefti_sqlite_prepare_told(wefti_sqlite_dbc *c, const wefti_statement *statement, unsigned flags, sqlite3_stmt **stmt,
                              const char **tail)
{
    wefti_text sql;
    wefti_text_init(&sql, 0);
    wefti_text_add_bytes(&sql, statement->sql, statement->sql_size);
    wefti_text_add(&sql, " RETURNING ");
    add_name(&sql, statement->told_column);
    int rc = sql.failed ? SQLITE_NOMEM : sqlite3_prepare_v3(c->db, sql.data, (int)sql.size, flags, stmt, NULL);
    *tail = statement->sql + statement->sql_size;
    wefti_text_deinit(&sql);
    return rc;
}

static int prepare_lookup(wefti_sqlite_run *run)
{
    char where[32];
    if (run->lookup != NULL)
        return SQLITE_OK;
    (void)snprintf(where, sizeof where, " WHERE %s = ?1", run->rowid_name);
    return prepare(run->dbc->db, "SELECT ", run->told_column, " FROM ", run->told_table, where, &run->lookup);
}

/* The key of the row with this rowid, where it is another column. */
static weft_status look_up(wefti_sqlite_run *run, sqlite3_int64 rowid, weft_value *key, bool *told, weft_error *error)
{
    weft_status status = WEFT_OK;
    int rc = prepare_lookup(run);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(run->lookup, 1, rowid);
    if (rc != SQLITE_OK)
        return wefti_sqlite_error(run->dbc, rc, error);
    rc = sqlite3_step(run->lookup);
    *told = rc == SQLITE_ROW && sqlite3_column_type(run->lookup, 0) == SQLITE_INTEGER;
    if (*told)
        *key = weft_value_int64(sqlite3_column_int64(run->lookup, 0));
    else if (rc == SQLITE_ROW)
        status =
            wefti_error_set(error, WEFT_ERROR_DATA, "%s.%s: the database made no integer key", run->told_table, run->told_column);
    else if (rc != SQLITE_DONE)
        status = wefti_sqlite_error(run->dbc, rc, error);
    (void)sqlite3_reset(run->lookup);
    return status;
}

/* The table has lost its rowids since the statement was compiled: it can only be run anew. */
static weft_status outdated(wefti_sqlite_run *run, weft_error *error)
{
    run->outdated = true;
    return wefti_error_set(error, WEFT_ERROR_SERIALIZATION, "the definition of %s was changed meanwhile", run->told_table);
}

void wefti_sqlite_note_told(wefti_sqlite_run *run)
{
    run->told = sqlite3_column_type(run->stmt, 0) == SQLITE_INTEGER;
    run->told_value = sqlite3_column_int64(run->stmt, 0);
}

weft_status wefti_sqlite_run_told(wefti_sqlite_run *run, weft_value *key, bool *told, weft_error *error)
{
    sqlite3 *db = run->dbc->db;
    *told = false;
    if (run->tells_by_row) {
        *told = run->told;
        *key = weft_value_int64(run->told_value);
        return WEFT_OK;
    }
    if (wefti_sqlite_run_changes(run) == 0)
        return WEFT_OK; /* a trigger kept the row out, or took it */
    int compiled = sqlite3_stmt_status(run->stmt, SQLITE_STMTSTATUS_REPREPARE, 0) + 1;
    if (run->told_compiled != compiled) {
        int rc;
        rowid_kind kind = rowid_of(db, run->told_table, run->told_column, &run->rowid_name, &rc);
        if (kind == IS_UNKNOWN)
            return wefti_sqlite_error(run->dbc, rc, error);
        if (kind == IS_NO_ROWID)
            return outdated(run, error);
        run->rowid_is_key = kind == IS_THE_KEY;
        (void)sqlite3_finalize(run->lookup);
        run->lookup = NULL;
        run->told_compiled = compiled;
    }
    sqlite3_int64 rowid = sqlite3_last_insert_rowid(db);
    if (!run->rowid_is_key)
        return look_up(run, rowid, key, told, error);
    *key = weft_value_int64(rowid);
    *told = true;
    return WEFT_OK;
}

weft_status wefti_sqlite_told_key(wefti_cursor *cursor, weft_value *key, bool *told, weft_error *error)
{
    return wefti_sqlite_run_told((wefti_sqlite_run *)cursor, key, told, error);
}

/* ---- what a table is ---- */

/* Whether there are temporary objects. SQLite opens the database "temp" when it is first named by a statement, even one that only
 * looks; from then on each statement begins and ends there, too: who only wants to know what is in it asks this before. */
static bool has_temporary(sqlite3 *db) { return sqlite3_db_readonly(db, "temp") >= 0; }

bool wefti_sqlite_counts_rows(wefti_dbc *dbc, const char *table)
{
    static const char all[] = "SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE";
    static const char temporary[] = "SELECT 1 FROM sqlite_temp_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE";
    sqlite3 *db = ((wefti_sqlite_dbc *)dbc)->db;
    return !any_row(db, all, table, NULL) && !(has_temporary(db) && any_row(db, temporary, table, NULL));
}

/* Changes with every change of a definition, of temporary objects too. Read while nobody else may change one. */
static bool read_version(wefti_sqlite_dbc *c, int64_t *version)
{
    static const char *const sql[2] = {"PRAGMA main.schema_version", "PRAGMA temp.schema_version"};
    *version = 0;
    for (int i = 0; i < (has_temporary(c->db) ? 2 : 1); i++) {
        if (c->versions[i] == NULL &&
            sqlite3_prepare_v3(c->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &c->versions[i], NULL) != SQLITE_OK)
            return false;
        bool read = sqlite3_step(c->versions[i]) == SQLITE_ROW;
        *version = (int64_t)((uint64_t)*version << 32 | (uint32_t)sqlite3_column_int(c->versions[i], 0));
        (void)sqlite3_reset(c->versions[i]);
        if (!read)
            return false;
    }
    return true;
}

static bool keys_are_counted(sqlite3 *db, const char *table, const char *column)
{
    int never_again = 0;
    int rc;
    const char *name;
    if (rowid_of(db, table, column, &name, &rc) != IS_THE_KEY) /* first: it brings the schema in memory up to date */
        return false;
    bool temporary = has_temporary(db);
    if ((temporary && sqlite3_table_column_metadata(db, "temp", table, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK) ||
        sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, &never_again) != SQLITE_OK)
        return false;
    static const char trigger[] = "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE";
    static const char other[] = "SELECT 1 FROM sqlite_temp_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE";
    return never_again == 0 && !any_row(db, trigger, table, NULL) && !(temporary && any_row(db, other, table, NULL));
}

bool wefti_sqlite_counts_keys(wefti_dbc *dbc, const char *table, const char *column)
{
    wefti_sqlite_dbc *c = (wefti_sqlite_dbc *)dbc;
    int64_t version;
    if (sqlite3_get_autocommit(c->db) != 0 || !read_version(c, &version))
        return false;
    if (version != c->counted_version)
        memset(c->counted, 0, sizeof c->counted);
    c->counted_version = version;
    wefti_sqlite_counted *kept = &c->counted[((uintptr_t)column >> 3) % WEFTI_SQLITE_COUNTED];
    if (kept->column != column)
        *kept = (wefti_sqlite_counted){.column = column, .counts = keys_are_counted(c->db, table, column)};
    return kept->counts;
}
