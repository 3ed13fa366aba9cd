/* The table of versions: a row for each revision that is applied, or on its way. A row is written in the transaction of what it
 * tells. */
#include "migrate/migrate.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

static const char *const state_names[] = {"", "applied", "up", "down"};

static void add_literal(wefti_text *sql, const char *value)
{
    wefti_text_add_char(sql, '\'');
    for (; *value != '\0'; value++) {
        if (*value == '\'')
            wefti_text_add_char(sql, '\'');
        wefti_text_add_char(sql, *value);
    }
    wefti_text_add_char(sql, '\'');
}

static uint64_t checksum_of(const weft_migrate *m, size_t place, wefti_state state, uint32_t steps)
{
    const wefti_revision *r = &m->history.revisions[place];
    return state == WEFTI_APPLIED ? r->checksum : wefti_steps_checksum(wefti_steps_of(m, place, state == WEFTI_GOING_UP), steps);
}

void wefti_version_add_sql(const weft_migrate *m, wefti_text *sql, size_t place, wefti_state state, uint32_t steps, bool begun)
{
    const wefti_revision *r = &m->history.revisions[place];
    if (state == WEFTI_ABSENT) {
        wefti_text_add_format(sql, "DELETE FROM %s WHERE revision = ", m->table);
        add_literal(sql, r->id);
        return;
    }
    wefti_text_add_format(sql, "INSERT INTO %s (revision, message, checksum, state, steps, begun, changed_at) VALUES (", m->table);
    add_literal(sql, r->id);
    wefti_text_add(sql, ", ");
    add_literal(sql, r->migration->message != NULL ? r->migration->message : "");
    wefti_text_add_format(sql,
                          ", '%016" PRIx64 "', '%s', %u, %d, %s) ON CONFLICT (revision) DO UPDATE SET message = excluded.message, "
                          "checksum = excluded.checksum, state = excluded.state, steps = excluded.steps, begun = excluded.begun, "
                          "changed_at = excluded.changed_at",
                          checksum_of(m, place, state, steps), state_names[state], steps, begun ? 1 : 0, m->dialect->now_sql);
}

/* Somebody else writes to the table: a step of the revision, or a hand. */
static weft_status not_one_row(const weft_migrate *m, const char *id, int found, weft_error *error)
{
    weft_status status =
        wefti_error_set(error, WEFT_ERROR_SCHEMA, "%s should have one row of revision %s: %d found", m->table, id, found);
    wefti_error_hint(error, "only weft is to write to it: remove what is too much, and note what is missing by weft stamp");
    return status;
}

weft_status wefti_version_note(const weft_migrate *m, weft_connection *connection, size_t place, wefti_state state, uint32_t steps,
                               bool begun, weft_error *error)
{
    wefti_text sql;
    weft_result *rows = NULL;
    int found = 0;
    wefti_text_init(&sql, 0);
    wefti_version_add_sql(m, &sql, place, state, steps, begun);
    wefti_text_add(&sql, " RETURNING revision");
    weft_status status = sql.failed ? wefti_error_memory(error) : weft_connection_query(connection, sql.data, NULL, &rows, error);
    while (status == WEFT_OK && weft_result_next(rows, NULL))
        found++;
    weft_result_close(rows);
    wefti_text_deinit(&sql);
    if (status != WEFT_OK)
        wefti_error_prefix(error, "noting revision %s in %s", m->history.revisions[place].id, m->table);
    else if (found != 1)
        status = not_one_row(m, m->history.revisions[place].id, found, error);
    return status;
}

bool wefti_version_edited(const weft_migrate *m, size_t place)
{
    const wefti_noted *noted = &m->noted[place];
    return noted->state != WEFTI_ABSENT && noted->checksum != checksum_of(m, place, noted->state, noted->steps);
}

void wefti_version_add_table(const weft_migrate *m, wefti_text *sql)
{
    const char *name = strchr(m->dialect->create_sql, '%');
    wefti_text_add_bytes(sql, m->dialect->create_sql, (size_t)(name - m->dialect->create_sql));
    wefti_text_add(sql, m->table);
    wefti_text_add(sql, name + 1);
}

weft_status wefti_version_create(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    wefti_text sql;
    wefti_text_init(&sql, 0);
    wefti_version_add_table(m, &sql);
    weft_status status = sql.failed ? wefti_error_memory(error) : weft_execute_text(connection, sql.data, NULL, error);
    wefti_text_deinit(&sql);
    if (status != WEFT_OK && status != WEFT_ERROR_BUSY && status != WEFT_ERROR_LOCK_TIMEOUT) {
        wefti_error_prefix(error, "making %s", m->table);
        wefti_error_hint(error, "the table in which revisions are noted needs a schema that exists, and the right to create in it: "
                                "see version_schema");
    }
    return status;
}

/* ---- reading ---- */

static weft_status take_row(weft_migrate *m, weft_result *rows, weft_error *error)
{
    const char *id = weft_result_text(rows, 0), *checksum = weft_result_text(rows, 1), *state = weft_result_text(rows, 2);
    int64_t steps = 0, begun = 0;
    bool good = id != NULL && checksum != NULL && state != NULL && weft_result_int64(rows, 3, &steps) &&
                weft_result_int64(rows, 4, &begun) && steps >= 0 && steps <= UINT32_MAX;
    wefti_state now = WEFTI_ABSENT;
    for (wefti_state s = WEFTI_APPLIED; good && s <= WEFTI_GOING_DOWN; s++)
        now = strcmp(state, state_names[s]) == 0 ? s : now;
    if (!good || now == WEFTI_ABSENT)
        return wefti_error_set(error, WEFT_ERROR_SCHEMA, "a row of %s is not weft's", m->table);
    size_t place = wefti_history_find(&m->history, id);
    if (place == SIZE_MAX) {
        const char *copy = wefti_arena_strdup(&m->read, id);
        return copy != NULL && wefti_name_list_add(&m->read, &m->strangers, copy) ? WEFT_OK : wefti_error_memory(error);
    }
    if (m->noted[place].state != WEFTI_ABSENT)
        return not_one_row(m, id, 2, error);
    uint64_t sum = 0;
    for (const char *at = checksum; *at != '\0'; at++)
        sum = sum * 16 + (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    m->noted[place] = (wefti_noted){now, (uint32_t)steps, begun != 0, sum};
    m->applied[place] = now == WEFTI_APPLIED || now == WEFTI_GOING_DOWN;
    return WEFT_OK;
}

weft_status wefti_version_read(weft_migrate *m, weft_connection *connection, bool *there, weft_error *error)
{
    weft_result *rows;
    weft_error ignored = {0};
    error = error != NULL ? error : &ignored;
    memset(m->noted, 0, m->history.count * sizeof *m->noted);
    memset(m->applied, 0, m->history.count * sizeof *m->applied);
    wefti_arena_reset(&m->read);
    m->strangers = (wefti_name_list){0};
    weft_status status =
        weft_connection_query(connection, m->dialect->exists_sql, weft_parameters(weft_value_text(m->table)), &rows, error);
    if (status != WEFT_OK)
        return status;
    *there = weft_result_next(rows, error);
    status = *there ? WEFT_OK : error->status;
    weft_result_close(rows);
    if (!*there)
        return status;
    const char *sql =
        wefti_arena_printf(&m->read, "SELECT revision, checksum, state, steps, begun FROM %s ORDER BY revision", m->table);
    if (sql == NULL)
        return wefti_error_memory(error);
    status = weft_connection_query(connection, sql, NULL, &rows, error);
    if (status != WEFT_OK) {
        wefti_error_prefix(error, "reading %s", m->table);
        return status;
    }
    while (status == WEFT_OK && weft_result_next(rows, error))
        status = take_row(m, rows, error);
    status = status == WEFT_OK ? error->status : status;
    weft_result_close(rows);
    return status;
}

/* Within the transaction that holds the lock. Whether a name is there may be answered from what the server's process remembers
 * since before it had the lock: only making the table tells, and then what it holds is read. */
weft_status wefti_version_read_locked(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    bool there;
    weft_status status = wefti_version_read(m, connection, &there, error);
    if (status != WEFT_OK || there)
        return status;
    status = wefti_version_create(m, connection, error);
    return status == WEFT_OK ? wefti_version_read(m, connection, &there, error) : status;
}
