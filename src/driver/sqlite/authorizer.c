/* What text SQL may not do, asked of SQLite itself while it prepares the text.
 *
 * A COMMIT in text would keep what weft's rollback was to undo. Where a statement begins in a text is SQLite's own affair (a byte
 * order mark is white space, comments do not nest), so no reading of the text is as good as the authorizer, which is told what was
 * understood, before anything runs. It is set once, when the connection is opened: setting it expires every prepared statement.
 * While weft prepares statements of its own it lets everything pass. */
#include "driver/sqlite/sqlite.h"

static int judge(void *context, int action, const char *first, const char *second, const char *database, const char *trigger)
{
    wefti_sqlite_dbc *c = context;
    (void)first, (void)second, (void)database, (void)trigger;
    if (!c->judging)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: c->refused = true; return SQLITE_DENY;
    case SQLITE_PRAGMA:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW: c->base.dirty = true; return SQLITE_OK; /* it may outlive the borrower */
    default: return SQLITE_OK;
    }
}

void wefti_sqlite_authorize(wefti_sqlite_dbc *c) { (void)sqlite3_set_authorizer(c->db, judge, c); }

int wefti_sqlite_prepare_text(wefti_sqlite_dbc *c, const wefti_statement *statement, sqlite3_stmt **stmt, const char **tail)
{
    c->judging = true;
    c->refused = false;
    int rc = sqlite3_prepare_v3(c->db, statement->sql, (int)statement->sql_size, 0, stmt, tail);
    c->judging = false;
    return rc;
}

weft_status wefti_sqlite_text_refused(weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "a text statement begins, ends or names a transaction");
    wefti_error_hint(error, "use the calls of the session or connection for it: they keep its state");
    return WEFT_ERROR_MISUSE;
}
