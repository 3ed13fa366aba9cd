/* Shapes and compiled statements: the walk run for its one sink or the other.
 *
 * A shape's bytes are the key of the shared cache, so they say everything that decides the text, the types and the checks; values
 * are not among them, and neither is the dialect, because a cache belongs to one engine, or to several of one dialect. A compiled
 * statement is one block of memory. */
#include "sql/walk.h"
#include "sql/places.h"

#include "base/error.h"
#include "base/memory.h"

#include <stddef.h>

/* The query as the SELECT that it is. */
static void walk_query(wefti_walk *walk, const weft_rows_options *query)
{
    wefti_select select;
    walk->status = wefti_select_from_options(&select, walk->schema, query, walk->error);
    if (walk->status == WEFT_OK)
        wefti_walk_select(walk, &select);
}

static void walk_statement(wefti_walk *walk, const wefti_statement_data *data)
{
    switch (data->kind) {
    case WEFTI_KIND_SELECT:
        if (walk->render != NULL)
            walk->render->plan = data->of.select->plan;
        wefti_walk_select(walk, data->of.select);
        break;
    case WEFTI_KIND_QUERY: walk_query(walk, data->of.query); break;
    case WEFTI_KIND_DML: wefti_walk_dml(walk, data->of.dml); break;
    case WEFTI_KIND_MODIFY:
        if (walk->render != NULL)
            walk->render->plan = data->of.modify->plan;
        wefti_walk_modify(walk, data->of.modify);
        break;
    default: (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "unknown kind of statement"); break;
    }
}

WEFTI_HOT weft_status wefti_shape_walk(wefti_shape *shape, const wefti_schema *schema, const wefti_dialect *dialect,
                                       const wefti_statement_data *data, weft_error *error)
{
    wefti_shape_begin(shape);
    if (data->kind == WEFTI_KIND_CONSTANT)
        return wefti_constant_shape(shape, data->of.constant, error);
    wefti_met selectables[WEFTI_MAX_SELECTABLES];
    wefti_walk walk = {.schema = schema,
                       .dialect = dialect,
                       .shape = shape,
                       .error = error,
                       .selectables = selectables,
                       .literal = data->literally,
                       .again = data->again};
    walk_statement(&walk, data);
    shape->key = shape->key_room;
    shape->hash = walk.status == WEFT_OK ? wefti_shape_hash(shape->key, shape->key_size) : 0;
    return walk.status;
}

void wefti_shape_drop(wefti_shape *shape)
{
    if (shape->key_room != shape->inline_key)
        wefti_free(shape->key_room);
    if (shape->values != shape->inline_values)
        wefti_free(shape->values);
    if (shape->arrays != shape->inline_arrays)
        wefti_free(shape->arrays);
    wefti_shape_blocks_free(shape->blocks);
}

void wefti_shape_blocks_free(wefti_shape_block *blocks)
{
    while (blocks != NULL) {
        wefti_shape_block *block = blocks;
        blocks = block->next;
        wefti_free(block);
    }
}

/* ---- compiling ---- */

static void retain(const wefti_statement *statement) { wefti_shape_entry_retain(&wefti_compiled_of(statement)->entry); }

static void release(const wefti_statement *statement) { wefti_shape_entry_release(&wefti_compiled_of(statement)->entry); }

static bool evicted(const wefti_statement *statement) { return wefti_shape_entry_evicted(&wefti_compiled_of(statement)->entry); }

static void free_entry(wefti_shape_entry *entry) { wefti_compiled_free(entry); }

/* With a text of its own; what is the same it has of the other one. */
typedef struct translated {
    wefti_compiled compiled;
    const wefti_compiled *from;
    char sql[];
} translated;

static void free_translated(wefti_shape_entry *entry)
{
    translated *made = (translated *)(void *)entry;
    wefti_shape_entry_release((wefti_shape_entry *)(uintptr_t)&made->from->entry);
    wefti_free(made->compiled.figures);
    wefti_free(made);
}

weft_status wefti_compiled_translate(const wefti_compiled *compiled, const wefti_places *places, wefti_compiled **made,
                                     weft_error *error)
{
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const char *sql = wefti_places_text(places, compiled->statement.sql, &arena);
    const size_t size = sql != NULL ? strlen(sql) : 0;
    translated *own = sql != NULL ? wefti_malloc(sizeof *own + size + 1) : NULL;
    *made = NULL;
    if (own != NULL) {
        memcpy(&own->compiled, compiled, sizeof *compiled); /* its entry is made anew */
        memcpy(own->sql, sql, size + 1);
        own->from = compiled;
        wefti_shape_entry_retain((wefti_shape_entry *)(uintptr_t)&compiled->entry);
        wefti_shape_entry_init(&own->compiled.entry, compiled->entry.hash, compiled->entry.key, compiled->entry.key_size,
                               (uint32_t)(sizeof *own + size + 1), free_translated);
        own->compiled.statement.id = own->compiled.entry.id;
        own->compiled.statement.sql = own->sql;
        own->compiled.statement.sql_size = size;
        *made = &own->compiled;
    }
    wefti_arena_deinit(&arena);
    return own != NULL ? WEFT_OK : wefti_error_memory(error);
}

static size_t round_up(size_t size) { return (size + 15) & ~(size_t)15; }

/* Hands out pieces of the block; with block NULL it only counts. */
typedef struct block_room {
    unsigned char *block;
    size_t used;
} block_room;

static void *take(block_room *pieces, const void *data, size_t size)
{
    size_t at = pieces->used;
    pieces->used += round_up(size);
    if (pieces->block == NULL)
        return NULL;
    if (data != NULL && size > 0)
        memcpy(pieces->block + at, data, size);
    return pieces->block + at;
}

static bool needs_binding(const wefti_render *render)
{
    for (uint32_t i = 0; i < render->parameter_count; i++)
        if (render->parameters[i].form != WEFTI_FORM_PLAIN)
            return true;
    return false;
}

uint16_t wefti_column_digits(const wefti_column *column)
{
    if (column == NULL || wefti_type_is_array(column->type)) /* arrays are compared by their values, and keep what they are given */
        return WEFTI_SPELLING_ANY;
    column = wefti_column_spelling(column);
    return column->precision > 0 ? WEFTI_SPELLING_SCALE(column->scale) : WEFTI_SPELLING_SHORTEST;
}

/* How the decimals among the parameters, and the texts among the results, are spelt; NULL where there are none, or the database
 * has types of its own. */
static const uint16_t *spellings(block_room *pieces, const wefti_walk *walk, bool of_results)
{
    const wefti_render *render = walk->render;
    uint32_t count = of_results ? render->column_count : render->parameter_count;
    bool any = false;
    for (uint32_t i = 0; walk->dialect->decimals != NULL && i < count; i++)
        any = any || (of_results ? wefti_type_of(render->column_types[i])->respelled
                                 : (render->parameters[i].type & ~WEFTI_ARRAY) == WEFT_DECIMAL);
    uint16_t *room = any ? take(pieces, NULL, count * sizeof *room) : NULL;
    for (uint32_t i = 0; room != NULL && i < count; i++)
        room[i] = wefti_column_digits(of_results ? render->columns[i] : render->parameters[i].column);
    return room;
}

/* What a WEFT_STATEMENT lifts in each run. Texts and items are the program's. */
static const weft_value *constants(block_room *pieces, const wefti_shape *shape)
{
    weft_value *values = take(pieces, shape->values, shape->value_count * sizeof *values);
    const wefti_array *arrays = take(pieces, shape->arrays, shape->array_count * sizeof *arrays);
    for (uint32_t i = 0; values != NULL && i < shape->value_count; i++)
        if (((unsigned)values[i].type & WEFTI_ARRAY) != 0)
            values[i].as.s.data = (const char *)(arrays + ((const wefti_array *)(const void *)values[i].as.s.data - shape->arrays));
    return values;
}

/* A column whose table ends with the compiling, with what binding and its errors need of it. */
typedef struct kept_column {
    wefti_column column;
    wefti_field field;
    wefti_table table;
} kept_column;

static const wefti_column *keep_column(block_room *pieces, const wefti_column *column)
{
    if (column == NULL || !wefti_table_is_derived(column->table))
        return column;
    kept_column *kept = take(pieces, NULL, sizeof *kept);
    const char *name = take(pieces, column->name, strlen(column->name) + 1);
    const char *table = take(pieces, column->table->name, strlen(column->table->name) + 1);
    if (pieces->block == NULL)
        return NULL;
    *kept = (kept_column){.column = *column, .field = *column->field, .table = *column->table};
    kept->table.name = table;
    kept->table.columns = NULL;
    kept->table.mapper = NULL;
    kept->table.model = NULL;
    kept->field.name = name;
    kept->field.column = &kept->column;
    kept->column.name = name;
    kept->column.table = &kept->table;
    kept->column.field = &kept->field;
    return &kept->column;
}

static void lay_out(block_room *pieces, const wefti_walk *walk, const wefti_shape *shape, wefti_compiled *compiled)
{
    const wefti_render *render = walk->render;
    uint32_t count = render->parameter_count;
    void *head = take(pieces, NULL, sizeof *compiled);
    const unsigned char *key = take(pieces, shape->key, shape->key_size);
    const char *sql = take(pieces, render->text.data, render->text.size + 1);
    uint16_t *types = take(pieces, NULL, count * sizeof *types);
    const weft_value *lifted = wefti_shape_is_constant(shape) ? constants(pieces, shape) : NULL;
    uint8_t *forms = needs_binding(render) ? take(pieces, NULL, count) : NULL;
    const wefti_column **columns = take(pieces, NULL, count * sizeof *columns);
    const uint16_t *parameter_spellings = spellings(pieces, walk, false), *column_spellings = spellings(pieces, walk, true);
    const uint16_t *column_types =
        render->column_count > 0 ? take(pieces, render->column_types, render->column_count * sizeof *column_types) : NULL;
    wefti_entity *entities =
        render->entity_count > 0 ? take(pieces, render->entities, render->entity_count * sizeof *entities) : NULL;
    for (uint16_t i = 0; i < render->entity_count; i++) {
        const wefti_entity *made = &render->entities[i];
        const size_t size = made->table->column_count * sizeof *made->places;
        const uint16_t *places = made->places != NULL ? take(pieces, made->places, size) : NULL;
        if (pieces->block != NULL)
            entities[i].places = places;
    }
    for (uint32_t i = 0; i < count; i++) {
        const wefti_column *kept = keep_column(pieces, render->parameters[i].column);
        if (columns != NULL)
            columns[i] = kept;
    }
    if (pieces->block == NULL)
        return;
    memset(head, 0, sizeof *compiled);
    for (uint32_t i = 0; i < count; i++) {
        types[i] = render->parameters[i].type;
        if (forms != NULL)
            forms[i] = render->parameters[i].form;
    }
    wefti_shape_entry_init(&compiled->entry, shape->hash, key, shape->key_size, (uint32_t)pieces->used, free_entry);
    compiled->statement = (wefti_statement){.id = compiled->entry.id,
                                            .sql = sql,
                                            .sql_size = render->text.size,
                                            .parameter_count = (uint16_t)count,
                                            .column_count = (uint16_t)render->column_count,
                                            .parameter_types = types,
                                            .column_types = column_types,
                                            .parameter_spellings = parameter_spellings,
                                            .column_spellings = column_spellings,
                                            .returns_rows = render->returns_rows,
                                            .writes = render->writes,
                                            .least_server = render->least_server,
                                            .as_text = render->as_text,
                                            .replan = render->replan,
                                            .plan = render->plan,
                                            .retain = retain,
                                            .release = release,
                                            .evicted = evicted};
    compiled->entity_count = render->entity_count;
    compiled->entities = entities;
    compiled->owner_count = render->owner_count;
    memcpy(compiled->owner_columns, render->owner_columns, sizeof compiled->owner_columns);
    compiled->parameter_columns = columns;
    compiled->parameter_forms = forms;
    compiled->constants = lifted;
}

static weft_status assemble(const wefti_walk *walk, const wefti_shape *shape, wefti_compiled **compiled)
{
    block_room pieces = {0};
    lay_out(&pieces, walk, shape, NULL);
    pieces.block = wefti_malloc(pieces.used);
    if (pieces.block == NULL)
        return wefti_error_memory(walk->error);
    pieces.used = 0;
    *compiled = (wefti_compiled *)(void *)pieces.block;
    lay_out(&pieces, walk, shape, *compiled);
    return WEFT_OK;
}

static void note_dml(wefti_statement *statement, const wefti_dml *dml)
{
    statement->row_count = dml->row_count;
    if (dml->tells_key) {
        statement->told_table = dml->table->name;
        statement->told_column = dml->table->generated->name;
    }
}

weft_status wefti_compile(const wefti_schema *schema, const wefti_dialect *dialect, const wefti_statement_data *data,
                          const wefti_shape *shape, wefti_compiled **compiled, weft_error *error)
{
    if (data->kind == WEFTI_KIND_CONSTANT)
        return wefti_constant_compile(schema, dialect, data->of.constant, shape, compiled, error);
    *compiled = NULL;
    wefti_render *render = wefti_calloc(1, sizeof *render);
    if (render == NULL)
        return wefti_error_memory(error);
    wefti_text_init(&render->text, WEFTI_MAX_SQL_BYTES);
    wefti_text_init(&render->with, WEFTI_MAX_SQL_BYTES);
    wefti_arena_init(&render->arena, 4096);
    wefti_met selectables[WEFTI_MAX_SELECTABLES];
    wefti_walk walk = {.schema = schema,
                       .dialect = dialect,
                       .render = render,
                       .error = error,
                       .selectables = selectables,
                       .literal = data->literally,
                       .again = data->again};
    walk_statement(&walk, data);
    wefti_walk_close_with(&walk);
    weft_status status = walk.status;
    if (status == WEFT_OK && render->text.failed)
        status = render->text.size > WEFTI_MAX_SQL_BYTES / 2
                     ? wefti_error_set(error, WEFT_ERROR_LIMIT, "the statement's text has more than %u bytes", WEFTI_MAX_SQL_BYTES)
                     : wefti_error_memory(error);
    if (status == WEFT_OK)
        status = assemble(&walk, shape, compiled);
    if (status == WEFT_OK && data->kind == WEFTI_KIND_DML)
        note_dml(&(*compiled)->statement, data->of.dml);
    wefti_arena_deinit(&render->arena);
    wefti_text_deinit(&render->text);
    wefti_text_deinit(&render->with);
    wefti_free(render);
    return status;
}

void wefti_compiled_free(void *compiled)
{
    if (compiled != NULL)
        wefti_free(((wefti_compiled *)compiled)->figures);
    wefti_free(compiled);
}
