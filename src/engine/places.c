/* Which column of a result is which field of a plain struct, or which column of a table, by their names. */
#include "engine/engine_private.h"

#include "base/error.h"
#include "base/locale.h"

#include <string.h>

#define NOWHERE WEFTI_NO_PLACE

static weft_status refuse(weft_error *error, const char *hint)
{
    wefti_error_hint(error, "%s", hint);
    return WEFT_ERROR_MISUSE;
}

/* As it stands; else whatever the case of its letters, for PostgreSQL makes names without quotes small. */
static uint16_t find(wefti_cursor *cursor, const char *name, uint16_t *again)
{
    uint16_t found = NOWHERE;
    bool exact = false;
    *again = NOWHERE;
    for (uint16_t i = 0; i < cursor->column_count; i++) {
        const char *column = cursor->dbc->driver->column_name(cursor, i);
        if (column == NULL || !wefti_ascii_equal(column, name))
            continue;
        const bool same = strcmp(column, name) == 0;
        if (found != NOWHERE && same == exact)
            *again = i;
        if (found == NOWHERE || (same && !exact)) {
            found = i;
            *again = same && !exact ? NOWHERE : *again;
            exact = same;
        }
    }
    return found;
}

static weft_status refuse_twice(uint16_t place, uint16_t again, const char *name, weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "columns %u and %u of the statement are both called %s", place + 1u, again + 1u,
                          name);
    return refuse(error, "give each a name of its own with AS");
}

static weft_status find_all(wefti_cursor *cursor, const weft_row_type *type, uint16_t *places, weft_error *error)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const char *name = type->fields[i].field;
        uint16_t again;
        places[i] = find(cursor, name, &again);
        if (places[i] == NOWHERE) {
            (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement gives no column for %s.%s", type->name, name);
            return refuse(error, "name it: SELECT … AS the field");
        }
        if (again != NOWHERE)
            return refuse_twice(places[i], again, name, error);
    }
    return WEFT_OK;
}

/* As many columns as fields, each field another: then some field has two, or some column none. */
static weft_status check_rest(wefti_cursor *cursor, const weft_row_type *type, const uint16_t *places, weft_error *error)
{
    for (uint16_t column = 0; column < cursor->column_count; column++) {
        size_t i = 0;
        while (i < type->field_count && places[i] != column)
            i++;
        if (i < type->field_count)
            continue;
        const char *name = cursor->dbc->driver->column_name(cursor, column);
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "no field of %s is called %s, as column %u of the statement is", type->name,
                              name != NULL ? name : "", column + 1u);
        return refuse(error, "leave the column out, or name it with AS");
    }
    return WEFT_OK;
}

weft_status wefti_cursor_places(wefti_cursor *cursor, const weft_row_type *type, wefti_arena *arena, const uint16_t **places,
                                weft_error *error)
{
    uint16_t *found = wefti_arena_alloc(arena, (type->field_count + 1) * sizeof *found);
    if (found == NULL)
        return wefti_error_memory(error);
    *places = found;
    weft_status status = find_all(cursor, type, found, error);
    return status == WEFT_OK ? check_rest(cursor, type, found, error) : status;
}

weft_status wefti_cursor_columns(wefti_cursor *cursor, const wefti_table *table, uint16_t *places, weft_error *error)
{
    for (uint16_t i = 0; i < table->column_count; i++) {
        const wefti_column *column = &table->columns[i];
        uint16_t again;
        places[i] = find(cursor, column->name, &again);
        if (again != NOWHERE)
            return refuse_twice(places[i], again, column->name, error);
        if (places[i] != NOWHERE || !wefti_columns_have(table->mapper->always, i))
            continue;
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement gives no column %s, without which there is no %s",
                              column->name, table->model->name);
        return refuse(error, "keys, foreign keys and versions are needed in any case; what else is left out is loaded later");
    }
    return WEFT_OK;
}
