/* What must be asked of the database itself before many rows are inserted: who makes the keys, and who may replace them. */
#include "sql/dialect.h"
#include "sql/places.h"

#include "schema/definition.h"

const char *wefti_dialect_key_facts_sql(const wefti_dialect *dialect) { return dialect->key_facts_sql; }

static bool is_first_of_schema(const wefti_schema *schema, uint16_t t)
{
    for (uint16_t i = 0; i < t; i++)
        if (wefti_def_same_word(schema->tables[i]->schema_name, schema->tables[t]->schema_name))
            return false;
    return schema->tables[t]->schema_name != NULL;
}

static const char *list_sql(const wefti_dialect *dialect, const wefti_places *places, const wefti_schema *schema, const char *sql,
                            const char *end, wefti_arena *arena)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, sql);
    for (uint16_t t = 0; dialect->only_schema == NULL && t < schema->table_count; t++)
        if (is_first_of_schema(schema, t)) {
            wefti_text_add(&text, ", ");
            wefti_add_literal(&text, dialect, wefti_places_name(places, schema->tables[t]->schema_name));
        }
    wefti_text_add(&text, dialect->only_schema == NULL ? ")" : "");
    wefti_text_add(&text, end);
    const char *made = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return made;
}

const char *wefti_table_list_sql(const wefti_dialect *dialect, const wefti_places *places, const wefti_schema *schema,
                                 wefti_arena *arena)
{
    return list_sql(dialect, places, schema, dialect->table_list_sql, "", arena);
}

const char *wefti_key_list_sql(const wefti_dialect *dialect, const wefti_places *places, const wefti_schema *schema,
                               wefti_arena *arena)
{
    return list_sql(dialect, places, schema, dialect->key_list_sql, " ORDER BY 1, 3, 4, 6, 7", arena);
}

const char *wefti_dialect_reserve_keys_sql(const wefti_dialect *dialect) { return dialect->reserve_keys_sql; }

const char *wefti_dialect_explain(const wefti_dialect *dialect) { return dialect->explain; }

const char *wefti_table_sql_name(const wefti_table *table, const wefti_places *places, wefti_arena *arena)
{
    wefti_text name;
    wefti_text_init(&name, 0);
    if (table->schema_sql != NULL) {
        wefti_text_add(&name, table->schema_sql);
        wefti_text_add_char(&name, '.');
    }
    wefti_add_identifier(&name, table->name);
    const char *copy = name.failed ? NULL : wefti_arena_strndup(arena, name.data, name.size);
    wefti_text_deinit(&name);
    return wefti_places_text(places, copy, arena);
}

bool wefti_dialect_refresh_view(const wefti_dialect *dialect, const wefti_places *places, const wefti_table *table,
                                bool concurrently, wefti_arena *arena, const char **sql)
{
    *sql = NULL;
    if (dialect->refresh_view == NULL)
        return true;
    const char *name = wefti_table_sql_name(table, places, arena);
    if (name != NULL)
        *sql = wefti_arena_printf(arena, "%s%s", concurrently ? dialect->refresh_view_beside : dialect->refresh_view, name);
    return *sql != NULL;
}

const char *wefti_copy_check_sql(const wefti_dialect *dialect, const wefti_places *places, const wefti_table *table, bool keys,
                                 wefti_arena *arena)
{
    wefti_text text;
    const char *name = wefti_table_sql_name(table, places, arena);
    if (dialect->rules_sql == NULL || name == NULL)
        return NULL;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "SELECT NOT ");
    wefti_text_add(&text, dialect->rules_sql);
    if (keys) {
        wefti_text_add(&text, " AND NOT ");
        wefti_text_add(&text, dialect->triggers_sql);
    }
    wefti_text_add(&text, dialect->table_row);
    wefti_add_literal(&text, dialect, name);
    wefti_text_add(&text, ")");
    const char *sql = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return sql;
}
