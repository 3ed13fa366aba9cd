/* Reading a database's schema: schema knows what to ask and how, and asks through a connection of the engine's pool. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/schemas.h"
#include "schema/read.h"

#include <stdlib.h>
#include <string.h>

#include <weft/schema.h>

weft_schema *wefti_new_schema(const wefti_ddl *ddl, weft_error *error)
{
    weft_schema *made = wefti_calloc(1, sizeof *made);
    if (made == NULL) {
        (void)wefti_error_memory(error);
        return NULL;
    }
    wefti_arena_init(&made->arena, 0);
    made->ddl = ddl;
    return made;
}

weft_status wefti_ask(void *context, const char *sql, const weft_value *parameters, size_t parameter_count, wefti_read_row on_row,
                      void *row_context, weft_error *error)
{
    WEFTI_NOT_CANCELLED;
    weft_connection *connection = context;
    wefti_cursor *cursor = NULL;
    const weft_values values = {.items = parameters, .count = parameter_count};
    weft_status status = wefti_connection_text(connection, sql, &values, false, WEFTI_NO_DEADLINE, &cursor, error);
    while (status == WEFT_OK) {
        bool has_row = false;
        status = wefti_connection_step(connection, cursor, &has_row, error);
        if (status != WEFT_OK || !has_row)
            break;
        status = on_row(row_context, cursor->row, error);
    }
    wefti_connection_finish(connection, cursor, NULL);
    return status;
}

static weft_status read_all(weft_engine *engine, const weft_reflect_options *options, const wefti_definition *beside,
                            weft_schema *schema, weft_error *error)
{
    weft_connection connection;
    const wefti_asker asker = {&connection, wefti_ask};
    const wefti_begin begin = {.isolation = WEFTI_ISOLATION_REPEATABLE_READ, .read_only = true};
    weft_status status = wefti_connection_acquire(engine, &connection, WEFTI_NO_DEADLINE, NULL, 0, error);
    if (status != WEFT_OK)
        return status;
    int left = WEFTI_READINGS - 1;
    do {
        status = wefti_connection_begin(&connection, &begin, WEFTI_NO_DEADLINE, error);
        if (status == WEFT_OK)
            status = wefti_read_definition(wefti_dialect_ddl(engine->dialect), &asker, options, beside, &schema->arena,
                                           &schema->definition, error);
        (void)wefti_connection_rollback(&connection, WEFTI_NO_DEADLINE, NULL); /* with what the transaction has set */
    } while (wefti_reads_again(status, &left));
    wefti_connection_release(&connection);
    return status;
}

weft_status wefti_reflect_beside(weft_schema **schema, weft_engine *engine, const weft_reflect_options *options,
                                 const wefti_definition *beside, weft_error *error)
{
    *schema = NULL;
    weft_schema *made = wefti_new_schema(wefti_dialect_ddl(engine->dialect), error);
    if (made == NULL)
        return error->status;
    weft_status status = read_all(engine, options, beside, made, error);
    if (status == WEFT_OK)
        *schema = made;
    else
        weft_schema_free(made);
    return status;
}

weft_status weft_reflect(weft_schema **schema, weft_engine *engine, const weft_reflect_options *options, weft_error *error)
{
    static const weft_reflect_options no_options;
    weft_error local;
    if (error == NULL)
        error = &local;
    if (schema == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_reflect: nowhere to put the schema: schema is NULL");
    *schema = NULL;
    weft_status status = wefti_engine_given(engine, error);
    if (status != WEFT_OK)
        return status;
    options = options != NULL ? options : &no_options;
    wefti_error_clear(error);
    if (options->schemas != NULL || engine->schema->table_count == 0)
        return wefti_reflect_beside(schema, engine, options, NULL, error);
    wefti_arena arena;
    wefti_definition models;
    wefti_arena_init(&arena, 0);
    status = wefti_schema_define(engine->schema, engine->dialect, &arena, &models, error);
    wefti_places_define(status == WEFT_OK ? engine->places : NULL, &models);
    if (status == WEFT_OK)
        status = wefti_reflect_beside(schema, engine, options, &models, error);
    wefti_arena_deinit(&arena);
    return status;
}

/* ---- names of schemas ---- */

typedef struct names {
    wefti_text text; /* each with its NUL */
    size_t count;
} names;

static weft_status take_name(void *context, const weft_value *cells, weft_error *error)
{
    names *list = context;
    (void)error;
    wefti_text_add_bytes(&list->text, cells[0].as.s.data, cells[0].as.s.size);
    wefti_text_add_char(&list->text, '\0');
    list->count++;
    return WEFT_OK;
}

/* As one block. */
static const char **put_together(const names *list)
{
    const size_t room = (list->count + 1) * sizeof(char *);
    const char **made = list->text.failed ? NULL : wefti_calloc(1, room + list->text.size + 1);
    char *at = (char *)made + room;
    if (made == NULL)
        return NULL;
    if (list->text.size > 0)
        memcpy(at, list->text.data, list->text.size);
    for (size_t i = 0; i < list->count; i++) {
        made[i] = at;
        at += strlen(at) + 1;
    }
    return made;
}

weft_status weft_schema_names(weft_engine *engine, const char ***schemas, weft_error *error)
{
    weft_error local;
    weft_connection connection;
    if (error == NULL)
        error = &local;
    if (schemas == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_schema_names: nowhere to put the names");
    *schemas = NULL;
    weft_status status = wefti_engine_given(engine, error);
    if (status != WEFT_OK)
        return status;
    wefti_error_clear(error);
    const char *query = wefti_ddl_schema_names(wefti_dialect_ddl(engine->dialect));
    names list = {.count = 0};
    wefti_text_init(&list.text, 0);
    if (query != NULL)
        status = wefti_connection_acquire(engine, &connection, WEFTI_NO_DEADLINE, NULL, 0, error);
    if (query != NULL && status == WEFT_OK) {
        status = wefti_ask(&connection, query, NULL, 0, take_name, &list, error);
        (void)wefti_connection_rollback(&connection, WEFTI_NO_DEADLINE, NULL);
        wefti_connection_release(&connection);
    }
    if (query == NULL) {
        wefti_text_add_bytes(&list.text, "main", sizeof "main");
        list.count = 1;
    }
    if (status == WEFT_OK && (*schemas = put_together(&list)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&list.text);
    return status;
}

/* What the translation gives borrows from the models' schema. */
static weft_status take_models(weft_schema *made, const wefti_schema *models, const wefti_dialect *dialect, weft_error *error)
{
    wefti_arena arena;
    wefti_definition definition;
    wefti_arena_init(&arena, 0);
    weft_status status = wefti_schema_define(models, dialect, &arena, &definition, error);
    const size_t count = status == WEFT_OK ? definition.table_count : 0;
    const size_t enum_count = status == WEFT_OK ? definition.enum_count : 0;
    const size_t sequence_count = status == WEFT_OK ? definition.sequence_count : 0;
    weft_schema_table *tables = wefti_copy_tables(&made->arena, definition.tables, count);
    const weft_schema_enum *enums = wefti_copy_enums(&made->arena, definition.enums, enum_count);
    const weft_schema_sequence *sequences = wefti_copy_sequences(&made->arena, definition.sequences, sequence_count);
    wefti_arena_deinit(&arena);
    if (status == WEFT_OK && (tables == NULL || enums == NULL || sequences == NULL))
        status = wefti_error_memory(error);
    if (status == WEFT_OK && count > 1)
        qsort(tables, count, sizeof *tables, wefti_def_compare_tables);
    made->definition = (wefti_definition){.tables = tables,
                                          .table_count = count,
                                          .enums = enums,
                                          .enum_count = enum_count,
                                          .sequences = sequences,
                                          .sequence_count = sequence_count};
    made->of_models = true;
    made->naming = models->naming;
    return status;
}

weft_status wefti_schema_of(weft_schema **schema, const wefti_schema *models, const wefti_dialect *dialect, weft_error *error)
{
    weft_schema *made = wefti_new_schema(wefti_dialect_ddl(dialect), error);
    weft_status status = made == NULL ? error->status : take_models(made, models, dialect, error);
    if (status != WEFT_OK) {
        weft_schema_free(made);
        made = NULL;
    }
    *schema = made;
    return status;
}

weft_status weft_schema_of_models(weft_schema **schema, const weft_metadata *models, const char *driver, weft_error *error)
{
    weft_error local;
    if (error == NULL)
        error = &local;
    if (schema == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_schema_of_models: nowhere to put the schema: schema is NULL");
    *schema = NULL;
    wefti_error_clear(error);
    const wefti_dialect *dialect = wefti_engine_dialect(driver, error);
    if (dialect == NULL)
        return error->status;
    wefti_schema *resolved = NULL;
    weft_status status = wefti_schema_new(models, &resolved, error);
    if (status == WEFT_OK)
        status = wefti_schema_settle_names(resolved, dialect, error);
    if (status == WEFT_OK)
        status = wefti_schema_of(schema, resolved, dialect, error);
    wefti_schema_free(resolved);
    return status;
}

void weft_schema_free(weft_schema *schema)
{
    if (schema == NULL)
        return;
    wefti_arena_deinit(&schema->arena);
    wefti_free(schema);
}

const weft_schema_table *weft_schema_tables(const weft_schema *schema, size_t *count)
{
    *count = schema->definition.table_count;
    return schema->definition.tables;
}

const weft_schema_enum *weft_schema_enums(const weft_schema *schema, size_t *count)
{
    *count = schema->definition.enum_count;
    return schema->definition.enums;
}

const weft_schema_sequence *weft_schema_sequences(const weft_schema *schema, size_t *count)
{
    *count = schema->definition.sequence_count;
    return schema->definition.sequences;
}

const weft_schema_table *weft_schema_find_table(const weft_schema *schema, const char *schema_name, const char *table)
{
    return table == NULL ? NULL : wefti_def_find_table(&schema->definition, &(wefti_def_name){schema_name, table});
}

const weft_schema_column *weft_schema_find_column(const weft_schema_table *table, const char *column)
{
    return table == NULL || column == NULL ? NULL : wefti_def_find_column(table, column);
}
