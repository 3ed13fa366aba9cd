/* Plans of slow statements, see .slow_explain of weft_engine_options. What asks for one must not change what the program sees:
 * it runs behind a savepoint where an error would end the transaction, within a limit of time, and whatever goes wrong with it
 * is left out. */
#include "base/memory.h"
#include "base/sqltext.h"
#include "engine/engine_private.h"

#define EXPLAIN_TIMEOUT_MS 5000u
#define MOST_BYTES 65536u

/* The rows' last column, a line each: of EXPLAIN its only one, of SQLite's EXPLAIN QUERY PLAN the detail. */
static bool read_plan(weft_connection *connection, wefti_cursor *cursor, wefti_text *plan)
{
    bool has_row = false;
    while (connection->driver->step(cursor, &has_row, NULL) == WEFT_OK) {
        if (!has_row)
            return true;
        const weft_value *cell = &cursor->row[cursor->column_count - 1u];
        wefti_text_add_char(plan, '\n');
        if (!cell->is_null)
            wefti_text_add_bytes(plan, cell->as.s.data, cell->as.s.size);
    }
    return false;
}

static bool ask(weft_connection *connection, const wefti_statement *statement, const weft_value *parameters, size_t count,
                wefti_text *plan)
{
    wefti_text sql;
    wefti_cursor *cursor = NULL;
    const wefti_deadline deadline = wefti_deadline_after_ms(EXPLAIN_TIMEOUT_MS);
    wefti_text_init(&sql, statement->sql_size + 64);
    wefti_text_add(&sql, wefti_dialect_explain(connection->engine->dialect));
    wefti_text_add_bytes(&sql, statement->sql, statement->sql_size);
    wefti_statement asks = *statement;
    asks.sql = sql.data;
    asks.sql_size = sql.size;
    asks.id = 0; /* what is prepared by it is the statement itself */
    asks.column_types = NULL;
    asks.column_count = 0;
    asks.returns_rows = true;
    asks.writes = false;
    asks.text = false;
    bool done = !sql.failed &&
                connection->driver->execute(connection->dbc, &asks, parameters, count, false, deadline, &cursor, NULL) == WEFT_OK;
    done = done && read_plan(connection, cursor, plan);
    if (cursor != NULL)
        connection->driver->finish(cursor);
    wefti_text_deinit(&sql);
    return done;
}

/* Values that are gone: of SQLite's plans, which do not depend on them. */
void wefti_explain_without_values(weft_connection *connection, const wefti_statement *statement)
{
    weft_value *nulls = wefti_calloc(statement->parameter_count + 1u, sizeof *nulls);
    for (size_t i = 0; nulls != NULL && i < statement->parameter_count; i++)
        nulls[i] = weft_value_null(WEFT_TEXT);
    if (nulls != NULL)
        wefti_explain_slow(connection, statement, nulls, statement->parameter_count);
    wefti_free(nulls);
}

void wefti_explain_slow(weft_connection *connection, const wefti_statement *statement, const weft_value *parameters, size_t count)
{
    wefti_text plan;
    const wefti_driver *driver = connection->driver;
    const wefti_deadline deadline = wefti_deadline_after_ms(EXPLAIN_TIMEOUT_MS);
    const bool within = !connection->engine->capabilities->errors_end_nothing && driver->state(connection->dbc) == WEFTI_TX_OPEN,
               dirty = connection->dbc->dirty;
    if (!wefti_sql_is_query(driver->sql_rules(connection->dbc), statement->sql) ||
        (within && driver->execute_script(connection->dbc, "SAVEPOINT weft_explain", deadline, NULL) != WEFT_OK))
        return;
    wefti_text_init(&plan, MOST_BYTES);
    wefti_text_add(&plan, "plan of a slow statement:");
    const bool done = ask(connection, statement, parameters, count, &plan);
    if (within)
        (void)driver->execute_script(connection->dbc,
                                     done ? "RELEASE SAVEPOINT weft_explain"
                                          : "ROLLBACK TO SAVEPOINT weft_explain; RELEASE SAVEPOINT weft_explain",
                                     deadline, NULL);
    connection->dbc->dirty = dirty;
    if (done && !plan.failed)
        wefti_trace_plan(connection, statement->sql, plan.data);
    wefti_text_deinit(&plan);
}
