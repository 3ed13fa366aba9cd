/* How values are made to fit what they stand beside: which pairs are possible, and by which change. */
#include "sql/walk.h"

#include "base/error.h"
#include "base/locale.h"

#include <string.h>

/* Also one that only a decimal holds. */
static bool is_whole(unsigned type) { return wefti_type_is_integer(type) || type == WEFTI_BEYOND_INT64; }

static bool array_form(uint16_t value_type, const wefti_column *column, uint8_t type, uint16_t *parameter_type, uint8_t *form)
{
    *parameter_type = (uint16_t)(value_type | WEFTI_ARRAY);
    *form = WEFTI_FORM_PLAIN;
    if (column != NULL && column->enum_names != NULL && wefti_type_is_integer(value_type)) {
        *parameter_type = WEFT_TEXT | WEFTI_ARRAY;
        *form = WEFTI_FORM_ARRAY_ENUM;
        return true;
    }
    if (type == WEFT_DECIMAL && (is_whole(value_type) || value_type == WEFT_TEXT || value_type == WEFT_DECIMAL)) {
        *parameter_type = WEFT_DECIMAL | WEFTI_ARRAY;
        *form = is_whole(value_type) ? WEFTI_FORM_ARRAY_DECIMAL : WEFTI_FORM_ARRAY_DECIMAL_TEXT;
        return true;
    }
    if (type == WEFT_FLOAT && value_type == WEFT_DOUBLE) {
        *parameter_type = WEFT_FLOAT | WEFTI_ARRAY;
        *form = WEFTI_FORM_ARRAY_FLOAT;
        return true;
    }
    if (type == WEFT_UNMAPPED || value_type == type || (wefti_type_is_integer(value_type) && wefti_type_is_integer(type)))
        return true;
    return (wefti_type_is_real(value_type) || wefti_type_is_integer(value_type)) && wefti_type_is_real(type);
}

static uint8_t integer_form(unsigned value_type, uint8_t type)
{
    switch (type) {
    case WEFT_INT16: return value_type == WEFT_INT16 ? WEFTI_FORM_PLAIN : WEFTI_FORM_INT16;
    case WEFT_INT32: return value_type == WEFT_INT32 ? WEFTI_FORM_PLAIN : WEFTI_FORM_INT32;
    case WEFT_UINT32: return value_type == WEFT_UINT32 ? WEFTI_FORM_PLAIN : WEFTI_FORM_UINT32;
    default: return value_type == WEFT_INT64 ? WEFTI_FORM_PLAIN : WEFTI_FORM_INT64;
    }
}

/* Beside an array of an enum's numbers: arrays, or a single item, which are numbers or the names. */
static bool item_form(unsigned value_type, unsigned type, uint8_t *form)
{
    const bool array = type != WEFT_TEXT && value_type != WEFT_UNMAPPED;
    const unsigned given = array ? wefti_type_of(value_type)->element : value_type;
    if (array)
        *form = WEFTI_FORM_ENUM_ITEMS;
    else if (type == WEFT_TEXT)
        *form = wefti_type_is_integer(given) ? WEFTI_FORM_ENUM : WEFTI_FORM_ENUM_TEXT;
    return wefti_type_is_integer(given) || given == WEFT_TEXT || value_type == WEFT_UNMAPPED;
}

bool wefti_form_of(uint16_t value_type, bool is_array, const wefti_column *column, uint8_t type, uint16_t *parameter_type,
                   uint8_t *form)
{
    const bool own = wefti_type_is_own(value_type);
    if (own)
        value_type = (uint16_t)wefti_type_base(value_type);
    if (is_array) {
        const bool fits = array_form(value_type, column, type, parameter_type, form);
        if (own)
            *form = WEFTI_FORM_ARRAY_OWN;
        return fits;
    }
    const bool items = wefti_type_has_own_items(value_type);
    if (items)
        value_type = (uint16_t)wefti_type_base(value_type);
    *parameter_type = type != WEFT_UNMAPPED ? type : value_type;
    *form = items ? WEFTI_FORM_OWN_ITEMS : WEFTI_FORM_PLAIN;
    if (items)
        return type == WEFT_UNMAPPED || type == value_type;
    if (column != NULL && column->enum_names != NULL && type == WEFT_TEXT) {
        *form = wefti_type_is_integer(value_type) ? WEFTI_FORM_ENUM : WEFTI_FORM_ENUM_TEXT;
        return wefti_type_is_integer(value_type) || value_type == WEFT_TEXT || value_type == WEFT_UNMAPPED;
    }
    if (column != NULL && column->item_names != NULL && (type == WEFT_TEXT || type == column->type))
        return item_form(value_type, type, form);
    const bool own_column = column != NULL && (column->field->own || wefti_type_has_own_items(column->field->type));
    if (own_column && (value_type == WEFTI_REFUSED || (column->field->own && value_type == type))) {
        *form = WEFTI_FORM_OWN;
        return true;
    }
    if (value_type == WEFT_UNMAPPED || type == WEFT_UNMAPPED)
        return true;
    if (wefti_type_is_integer(type) && wefti_type_is_integer(value_type)) {
        *form = integer_form(value_type, type);
        return true;
    }
    if (wefti_type_is_real(type) && (wefti_type_is_real(value_type) || wefti_type_is_integer(value_type))) {
        *form = wefti_type_is_integer(value_type) ? WEFTI_FORM_DOUBLE : value_type == type ? WEFTI_FORM_PLAIN : WEFTI_FORM_FLOAT;
        return true;
    }
    if (type == WEFT_DECIMAL && (is_whole(value_type) || value_type == WEFT_TEXT || value_type == WEFT_DECIMAL)) {
        *form = is_whole(value_type) ? WEFTI_FORM_DECIMAL : WEFTI_FORM_DECIMAL_TEXT;
        return true;
    }
    if (type == WEFT_TEXT && value_type == WEFT_TEXT) {
        *form = column != NULL && column->length > 0 ? WEFTI_FORM_LENGTH : WEFTI_FORM_PLAIN;
        return true;
    }
    if (type == WEFT_JSON && value_type == WEFT_TEXT) {
        *form = WEFTI_FORM_TEXT;
        return true;
    }
    if (type == WEFT_BOOL && wefti_type_is_integer(value_type)) {
        *form = WEFTI_FORM_BOOL;
        return true;
    }
    if (wefti_type_is_array(type) && wefti_type_is_array(value_type)) {
        const unsigned item = wefti_type_of(value_type)->element, wanted = wefti_type_of(type)->element;
        return item == wanted || (wefti_type_is_integer(item) && wefti_type_is_integer(wanted));
    }
    return value_type == type;
}

/* ---- types that a database lacks ---- */

static weft_status refuse_column(const wefti_column *column, weft_error *error)
{
    if (error != NULL) {
        wefti_error_field(error->table, sizeof error->table, column->table->name);
        wefti_error_field(error->column, sizeof error->column, column->name);
    }
    return WEFT_ERROR_UNSUPPORTED;
}

weft_status wefti_refuse_made(const wefti_column *column, const char *call, weft_error *error)
{
    const wefti_table *table = column->table;
    const bool computed = column->computed != NULL;
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s %s.%s is %s by the database%s and takes no value", call, table->model->name,
                          column->field->name, computed ? "computed" : "counted", computed ? "" : " (.identity_always)");
    wefti_error_hint(error,
                     computed ? "change the columns that it is computed of, and leave its field alone: zero or NULL in what is new"
                              : "leave its field alone: zero or unset in what is new; .identity takes values that are given");
    if (error != NULL) {
        wefti_error_field(error->table, sizeof error->table, table->name);
        wefti_error_field(error->column, sizeof error->column, column->name);
        error->nothing_sent = true;
    }
    return WEFT_ERROR_MISUSE;
}

static const char *model_name(const wefti_table *table) { return table->model != NULL ? table->model->name : table->name; }

static bool is_of(const wefti_column *const *columns, uint16_t count, const wefti_column *column)
{
    for (uint16_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

/* Whether the column decides which rows are equal, or stands in an index, which for arrays does no harm. */
static bool is_indexed(const wefti_table *table, const wefti_column *column)
{
    const bool array = wefti_type_is_array(column->type);
    bool found = column->primary_key || column->unique;
    for (uint16_t i = 0; i < table->index_count && !found; i++)
        found = (!array || table->indexes[i].unique) && is_of(table->indexes[i].columns, table->indexes[i].count, column);
    for (uint16_t i = 0; i < table->foreign_key_count && !found; i++)
        found = is_of(table->foreign_keys[i].columns, table->foreign_keys[i].count, column);
    return found;
}

/* Where the database counts keys alone. */
static weft_status check_counted(const wefti_dialect *dialect, const wefti_column *column, weft_error *error)
{
    const wefti_table *table = column->table;
    if (dialect->capabilities.sequences || column->primary_key || (!column->identity && column->draws == NULL))
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s.%s: %s counts keys alone, and has no sequences", model_name(table),
                          column->field->name, dialect->capabilities.name);
    wefti_error_hint(error, "make the column the primary key, or give its values without %s there",
                     column->identity ? ".identity" : ".sequence");
    return refuse_column(column, error);
}

static weft_status check_supported(const wefti_dialect *dialect, const wefti_column *column, weft_error *error)
{
    const wefti_table *table = column->table;
    const char *word = wefti_type_of(column->type)->word, *database = dialect->capabilities.name;
    if (wefti_ddl_type_name(dialect->ddl, column->type) == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                              "%s.%s: %s has no type for %s values; give the model a const char * there", model_name(table),
                              column->field->name, database,
                              wefti_type_of(column->type)->family == WEFTI_FAMILY_ARRAY ? "such array" : word);
        return refuse_column(column, error);
    }
    if (column->computed != NULL && wefti_computes_decimals(dialect, column)) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                              "%s.%s: decimals are texts on %s, and what is computed of them there is not exact", model_name(table),
                              column->field->name, database);
        wefti_error_hint(error, "make it a double, and write CAST(price AS REAL) for each decimal in .generated");
        return refuse_column(column, error);
    }
    if (dialect->collations != NULL && dialect->collations[column->type] != NULL && is_indexed(table, column)) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                              "%s.%s: an %s in a key or an index is kept as text on %s, where equal ones differ; %s",
                              model_name(table), column->field->name, word, database,
                              wefti_type_is_array(column->type) ? "give its items a table of their own"
                                                                : "make it a number, such as of microseconds in a long long");
        return refuse_column(column, error);
    }
    return WEFT_OK;
}

bool wefti_walk_has_type(wefti_walk *walk, unsigned type)
{
    type &= WEFTI_ARRAY - 1u;
    type = wefti_type_of_column(type);
    if (!wefti_type_is_columns(type) || walk->dialect->names[type].cast != NULL)
        return true;
    (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s has no type for %s values; give them as text",
                          walk->dialect->capabilities.name, wefti_type_of(type)->word);
    return false;
}

const char *wefti_own_name(const wefti_dialect *dialect, const wefti_column *column)
{
    const char *name;
    memcpy(&name, (const char *)wefti_type_of(column->field->type)->codec + dialect->own_name, sizeof name);
    return name;
}

/* The type's name in SQL, of an array with brackets where the database has arrays. */
static bool settle_own_name(const wefti_dialect *dialect, wefti_column *column, wefti_arena *arena)
{
    const bool items = wefti_type_has_own_items(column->field->type);
    if (column->sql_type != NULL || (!column->field->own && !items))
        return true;
    const char *name = wefti_own_name(dialect, column);
    column->sql_type = !items ? name : NULL;
    if (name == NULL || !items || dialect->arrays.functions)
        return true;
    column->sql_type = wefti_arena_printf(arena, "%s[]", name);
    return column->sql_type != NULL;
}

/* Where there is one schema only, its name means the same as none. What the database cannot count is refused here, also for whoever
 * makes a schema of models without an engine. */
weft_status wefti_schema_settle_names(wefti_schema *schema, const wefti_dialect *dialect, weft_error *error)
{
    for (uint16_t t = 0; t < schema->table_count; t++)
        for (uint16_t i = 0; i < schema->tables[t]->column_count; i++)
            if (check_counted(dialect, &schema->tables[t]->columns[i], error) != WEFT_OK)
                return WEFT_ERROR_UNSUPPORTED;
            else if (!settle_own_name(dialect, (wefti_column *)(uintptr_t)&schema->tables[t]->columns[i], &schema->arena))
                return wefti_error_memory(error); /* nobody else has the schema yet, so that it may be written to */
    for (uint16_t t = 0; t < schema->table_count && dialect->only_schema != NULL; t++) {
        wefti_table *table = (wefti_table *)(uintptr_t)schema->tables[t]; /* nobody else has the schema yet */
        if (table->schema_name == NULL)
            continue;
        if (strcmp(table->schema_name, dialect->only_schema) != 0) {
            (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: %s has no schema \"%s\" for the table \"%s\"",
                                  model_name(table), dialect->capabilities.name, table->schema_name, table->name);
            wefti_error_hint(error, "its only schema is \"%s\"", dialect->only_schema);
            if (error != NULL)
                wefti_error_field(error->table, sizeof error->table, table->name);
            return WEFT_ERROR_UNSUPPORTED;
        }
        for (uint16_t o = 0; o < schema->table_count; o++) {
            const wefti_table *other = schema->tables[o];
            if (other->main != table->main && other->schema_name == NULL && wefti_ascii_equal(other->name, table->name))
                return wefti_error_set(error, WEFT_ERROR_MODEL,
                                       "%s and %s are models of one table, \"%s\" in the only schema of %s", model_name(other),
                                       model_name(table), table->name, dialect->capabilities.name);
        }
        table->schema_name = table->schema_sql = NULL;
    }
    return WEFT_OK;
}

weft_status wefti_schema_settle(wefti_schema *schema, const wefti_dialect *dialect, weft_error *error)
{
    weft_status status = wefti_schema_settle_names(schema, dialect, error);
    for (uint16_t t = 0; t < schema->table_count && status == WEFT_OK; t++)
        for (uint16_t i = 0; i < schema->tables[t]->column_count && status == WEFT_OK; i++) {
            wefti_column *column = (wefti_column *)(uintptr_t)&schema->tables[t]->columns[i]; /* nobody else has the schema yet */
            status = wefti_settle_cast(dialect, column, &schema->arena) ? check_supported(dialect, column, error)
                                                                        : wefti_error_memory(error);
        }
    return status;
}
