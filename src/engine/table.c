/* Tables that no struct describes, kept by an engine: each is read once, and stays what it is for all threads until the engine is
 * closed.
 *
 * They are a list that only grows at its head. What was read before a statement of this engine changed some table is read
 * again when it is next asked for; only where it has changed is there a new entry, before the old one, whose nodes others may
 * still hold. */
#include "engine/table.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#include <weft/schema.h>

typedef struct known_table {
    struct known_table *next;
    weft_builder *builder; /* owns the model */
    const weft_model *model;
    wefti_atomic_u32 alterations; /* atomic: of the engine, before it was read last */
} known_table;

static known_table *find(const weft_engine *engine, const char *name)
{
    /* Acquire: pairs with the exchange in keep, which publishes an entry that is whole. */
    known_table *known = wefti_atomic_load_ptr(&engine->tables, WEFTI_ACQUIRE);
    while (known != NULL && strcmp(known->model->name, name) != 0)
        known = known->next;
    return known;
}

static void free_table(known_table *known)
{
    weft_builder_free(known->builder);
    wefti_free(known);
}

void wefti_engine_free_tables(weft_engine *engine)
{
    known_table *known = wefti_atomic_load_ptr(&engine->tables, WEFTI_RELAXED); /* nobody else is there */
    while (known != NULL) {
        known_table *next = known->next;
        free_table(known);
        known = next;
    }
}

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

static bool same_columns(const weft_model *a, const weft_model *b)
{
    const weft_row_type *rows[2] = {a->selectable->row, b->selectable->row};
    bool same = rows[0]->field_count == rows[1]->field_count && same_text(a->selectable->schema, b->selectable->schema);
    for (size_t i = 0; same && i < rows[0]->field_count; i++) {
        const weft_attr *x = &rows[0]->fields[i], *y = &rows[1]->fields[i];
        same = strcmp(x->field, y->field) == 0 && x->field_type == y->field_type && same_text(x->sql_type, y->sql_type) &&
               x->precision == y->precision && x->scale == y->scale;
    }
    return same;
}

/* Release: who sees the number reads what was there before it was changed, at least. */
void wefti_engine_outdate_tables(weft_engine *engine) { (void)wefti_atomic_add_u32(&engine->alterations, 1, WEFTI_ACQ_REL); }

void wefti_connection_outdate_tables(weft_connection *connection)
{
    if (connection->altered)
        wefti_engine_outdate_tables(connection->engine);
    connection->altered = false;
}

/* ---- reading ---- */

static bool is_named(void *asked, const char *schema, const char *table)
{
    const char *const *name = asked;
    (void)schema;
    return strcmp(*name, table) == 0;
}

/* What a column of such a type holds, where it is a number: what others call a decimal is kept as an integer or as a floating-point
 * number. */
static weft_type number_of(weft_type type)
{
    const uint8_t family = wefti_type_of(type)->family;
    const bool number = family == WEFTI_FAMILY_NUMBER || family == WEFTI_FAMILY_BOOL;
    return !number ? (weft_type)WEFT_UNMAPPED : type == WEFT_DECIMAL ? WEFT_DOUBLE : type;
}

/* Columns of numbers that another program has declared in words of its own (INT, NUMERIC), which no text is read from. NULL: there
 * is no memory. */
static weft_schema_column *fitted_columns(const weft_engine *engine, const weft_schema_table *table)
{
    weft_type (*declared)(const char *) = engine->driver->spoken->type_declared;
    weft_schema_column *columns = wefti_calloc(table->column_count, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < table->column_count; i++) {
        columns[i] = table->columns[i];
        const bool own = columns[i].type == WEFT_UNMAPPED && columns[i].sql_type != NULL;
        const weft_type type = own && declared != NULL ? number_of(declared(columns[i].sql_type)) : (weft_type)WEFT_UNMAPPED;
        if ((unsigned)type != WEFT_UNMAPPED) {
            columns[i].type = (uint8_t)type;
            columns[i].sql_type = NULL;
        }
    }
    return columns;
}

static weft_status make_model(const weft_engine *engine, const weft_schema_table *table, known_table *made, weft_error *error)
{
    weft_schema_table fitted = *table;
    weft_schema_column *columns = fitted_columns(engine, table);
    fitted.columns = columns;
    if (columns != NULL)
        made->model = weft_builder_table(made->builder, &fitted);
    wefti_free(columns);
    return made->model != NULL ? WEFT_OK : wefti_error_memory(error);
}

/* The default schema's table or view of the name. */
static weft_status read_table(weft_engine *engine, const char *name, known_table *made, weft_error *error)
{
    weft_schema *schema = NULL;
    weft_status status = weft_reflect(&schema, engine, &(const weft_reflect_options){.include = is_named, .user = &name}, error);
    const weft_schema_table *table = schema != NULL ? weft_schema_find_table(schema, NULL, name) : NULL;
    if (status == WEFT_OK && table == NULL) {
        status = wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "weft_session_table: there is no table or view \"%s\"", name);
        wefti_error_hint(error, "names are as the database spells them, in the schema that it looks in first");
    }
    if (status == WEFT_OK && table->column_count == 0)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_session_table: \"%s\" has no columns", name);
    if (status == WEFT_OK)
        status = make_model(engine, table, made, error);
    weft_schema_free(schema);
    return status;
}

/* At the head of the list; or what another thread has put there meanwhile, where it is as new. */
static const weft_model *keep(weft_engine *engine, known_table *made, uint32_t alterations)
{
    void *head = wefti_atomic_load_ptr(&engine->tables, WEFTI_ACQUIRE);
    do {
        known_table *known = find(engine, made->model->name);
        if (known != NULL && same_columns(known->model, made->model)) {
            wefti_atomic_store_u32(&known->alterations, alterations, WEFTI_RELAXED);
            free_table(made);
            return known->model;
        }
        made->next = head;
    } while (!wefti_atomic_cas_ptr(&engine->tables, &head, made, WEFTI_ACQ_REL)); /* pairs with the load in find */
    return made->model;
}

const weft_model *wefti_engine_table(weft_engine *engine, const char *name, weft_error *error)
{
    const known_table *known = find(engine, name);
    const uint32_t alterations = wefti_atomic_load_u32(&engine->alterations, WEFTI_ACQUIRE); /* before it is read */
    if (known != NULL && wefti_atomic_load_u32(&known->alterations, WEFTI_RELAXED) == alterations)
        return known->model;
    known_table *made = wefti_calloc(1, sizeof *made);
    if (made != NULL)
        made->builder = weft_builder_new();
    if (made == NULL || made->builder == NULL) {
        wefti_free(made);
        (void)wefti_error_memory(error);
        return NULL;
    }
    wefti_atomic_store_u32(&made->alterations, alterations, WEFTI_RELAXED);
    if (read_table(engine, name, made, error) == WEFT_OK)
        return keep(engine, made, alterations);
    free_table(made);
    return NULL;
}
