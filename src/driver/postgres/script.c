/* Scripts: several statements in one simple query, as the server runs them, in one implicit transaction unless they say otherwise.
 * A held-back BEGIN goes in front. What a script does to the session is not known, so the connection counts as dirty. */
#include "driver/postgres/postgres.h"

weft_status wefti_postgres_execute_script(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    bool in_transaction = c->begin_pending || wefti_postgres_in_transaction(c);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_postgres_add_begin(c, &text);
    if (in_transaction && c->settings_due && wefti_postgres_pooled(c)) /* before a savepoint, whose rollback would undo them */
        wefti_text_add(&text, WEFTI_POSTGRES_SETTINGS "; ");
    wefti_text_add(&text, sql);
    c->notice_count = 0;
    dbc->dirty = true;
    if (text.failed) {
        wefti_text_deinit(&text);
        return wefti_error_memory(error);
    }
    c->begin_pending = false;
    c->plan_now = in_transaction && c->plan_now != 0 ? WEFTI_POSTGRES_PLAN_UNSURE : 0; /* a savepoint's rollback, perhaps */
    status = wefti_postgres_command(c, text.data, deadline, NULL, error);
    wefti_text_deinit(&text);
    if (status == WEFT_OK) {
        c->settings_due = c->settings_due && !in_transaction;
        c->transaction_failed = false;
        return WEFT_OK;
    }
    return wefti_postgres_outcome(c, in_transaction, true, status, error);
}
