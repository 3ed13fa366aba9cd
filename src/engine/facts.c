/* Facts about keys. The usual ones are kept with the database connection, in one block for all tables: they are right for as long
 * as nobody changes the table's definition, and that shows in what comes back. */
#include "engine/facts.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"

#include <string.h>

typedef struct kept_facts {
    bool known, distrusted;
    uint32_t definitions; /* of the engine, when they were asked */
    wefti_key_facts facts;
} kept_facts;

static kept_facts *kept_of(weft_connection *connection, const wefti_table *table)
{
    wefti_dbc *dbc = connection->dbc;
    if (dbc == NULL)
        return NULL;
    if (dbc->facts == NULL)
        dbc->facts = wefti_calloc(connection->engine->schema->table_count, sizeof(kept_facts));
    return dbc->facts == NULL ? NULL : (kept_facts *)dbc->facts + table->index;
}

/* Relaxed: whoever changes a definition in one thread and relies on it in another lets that one know by other means. */
static uint32_t definitions_of(const weft_engine *engine) { return wefti_atomic_load_u32(&engine->definitions, WEFTI_RELAXED); }

void wefti_key_facts_outdate(weft_engine *engine) { wefti_atomic_add_u32(&engine->definitions, 1, WEFTI_RELAXED); }

static bool is_true(const weft_value *cell) { return !cell->is_null && cell->as.b; }

static const char *text_of(const weft_value *cell, wefti_arena *arena, weft_status *status, weft_error *error)
{
    if (cell->is_null)
        return NULL;
    const char *text = wefti_arena_strndup(arena, cell->as.s.data, cell->as.s.size);
    if (text == NULL)
        *status = wefti_error_memory(error);
    return text;
}

static weft_status take(const weft_value *row, wefti_arena *arena, wefti_key_facts *facts, weft_error *error)
{
    weft_status status = WEFT_OK;
    *facts = (wefti_key_facts){.plain = is_true(&row[0]),
                               .triggers = is_true(&row[1]),
                               .exact = is_true(&row[2]),
                               .expression = text_of(&row[3], arena, &status, error),
                               .type = text_of(&row[4], arena, &status, error),
                               .sequence = row[5].is_null ? 0 : row[5].as.i,
                               .ascending = is_true(&row[6]),
                               .may_reserve = is_true(&row[7])};
    return status;
}

static weft_status run(weft_connection *connection, const wefti_statement *statement, const weft_value *parameters,
                       wefti_deadline deadline, wefti_arena *arena, wefti_key_facts *facts, weft_error *error)
{
    wefti_cursor *cursor = NULL;
    bool has_row = false;
    weft_status status = wefti_streams_refuse(connection, error);
    if (status != WEFT_OK)
        return status;
    status = connection->driver->execute(connection->dbc, statement, parameters, statement->parameter_count, false, deadline,
                                         &cursor, error);
    if (status == WEFT_OK)
        status = connection->driver->step(cursor, &has_row, error);
    if (status == WEFT_OK && has_row)
        status = take(cursor->row, arena, facts, error);
    connection->driver->finish(cursor);
    return status == WEFT_OK ? WEFT_OK : wefti_connection_failed(connection, status, error);
}

static weft_status ask(weft_connection *connection, const wefti_table *table, wefti_arena *arena, wefti_deadline deadline,
                       wefti_key_facts *facts, weft_error *error)
{
    static const uint16_t columns[WEFTI_KEY_FACTS_COLUMNS] = {WEFT_BOOL, WEFT_BOOL,  WEFT_BOOL, WEFT_TEXT,
                                                              WEFT_TEXT, WEFT_INT64, WEFT_BOOL, WEFT_BOOL};
    static const uint16_t types[3] = {WEFT_TEXT, WEFT_TEXT, WEFT_TEXT | WEFTI_ARRAY};
    const char *sql = wefti_dialect_key_facts_sql(connection->engine->dialect);
    const char *keys[WEFTI_MAX_KEY_COLUMNS];
    const wefti_column *made = wefti_made_key(table);
    wefti_array names = {.type = WEFT_TEXT, .size = sizeof *keys, .count = table->key_count, .base = keys, .stride = sizeof *keys};
    const char *name = wefti_table_sql_name(table, connection->engine->places, arena);
    if (name == NULL || sql == NULL)
        return sql != NULL ? wefti_error_memory(error) : WEFT_OK;
    for (uint16_t i = 0; i < table->key_count; i++)
        keys[i] = table->key[i]->name;
    const wefti_statement statement = {.sql = sql,
                                       .sql_size = strlen(sql),
                                       .parameter_count = 3,
                                       .column_count = WEFTI_KEY_FACTS_COLUMNS,
                                       .parameter_types = types,
                                       .column_types = columns,
                                       .returns_rows = true};
    const weft_value parameters[] = {weft_value_text(name), weft_value_text(made != NULL ? made->name : ""),
                                     wefti_array_value(&names)};
    wefti_log_text(&connection->engine->log, WEFT_LOG_DEBUG, WEFT_LOG_CACHE, "the catalogue is asked who makes the keys of %s",
                   table->name);
    return run(connection, &statement, parameters, deadline, arena, facts, error);
}

weft_status wefti_key_facts_find(weft_connection *connection, const wefti_table *table, bool keyed, wefti_arena *arena,
                                 wefti_deadline deadline, wefti_key_facts *facts, weft_error *error)
{
    weft_status status = wefti_connection_usable(connection, error);
    if (status == WEFT_OK)
        status = wefti_connection_ready(connection, deadline, error);
    if (status != WEFT_OK)
        return status;
    kept_facts *kept = kept_of(connection, table);
    uint32_t definitions = definitions_of(connection->engine);
    bool usual = kept != NULL && kept->known && kept->definitions == definitions && kept->facts.plain && !kept->facts.triggers;
    if (usual && (keyed ? kept->facts.ascending : kept->facts.exact)) {
        *facts = kept->facts;
        return WEFT_OK;
    }
    *facts = (wefti_key_facts){.plain = false};
    status = ask(connection, table, arena, deadline, facts, error);
    kept = kept_of(connection, table);
    if (status != WEFT_OK || kept == NULL)
        return status;
    facts->ascending = facts->ascending && !kept->distrusted;
    kept->definitions = definitions;
    kept->facts = *facts;
    kept->facts.expression = kept->facts.type = NULL;
    kept->known = true;
    return WEFT_OK;
}

void wefti_key_facts_forget(weft_connection *connection, const wefti_table *table, bool distrust)
{
    kept_facts *kept = kept_of(connection, table);
    if (kept != NULL)
        *kept = (kept_facts){.distrusted = kept->distrusted || distrust};
}
