/* Values on their way into columns: numbers of enums become the names that the database keeps; texts longer than their column, and
 * decimals that it would round, are refused before anything is sent, with the same error on every database. */
#include "base/error.h"
#include "base/text.h"
#include "engine/engine_private.h"

#include <string.h>

static weft_status name_column(const wefti_column *column, weft_error *error)
{
    if (error != NULL) {
        wefti_error_field(error->table, sizeof error->table, column->table->name);
        wefti_error_field(error->column, sizeof error->column, column->name);
    }
    return WEFT_ERROR_TYPE;
}

static weft_status enum_name(const wefti_column *column, const weft_value *value, const char **name, weft_error *error)
{
    if (value->as.i >= 0 && value->as.i < column->enum_count && column->enum_names[value->as.i] != NULL) {
        *name = column->enum_names[value->as.i];
        return WEFT_OK;
    }
    (void)wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: the number is none of the enum's %u values", column->table->name,
                          column->name, (unsigned)column->enum_count);
    return name_column(column, error);
}

/* Length in characters; bytes are counted first because no text has more characters than bytes. */
static bool longer_than(const char *data, size_t size, size_t limit)
{
    size_t characters = 0;
    if (size <= limit)
        return false;
    for (size_t i = 0; i < size; i++)
        characters += ((unsigned char)data[i] & 0xC0u) != 0x80u;
    return characters > limit;
}

static weft_status check_length(const wefti_column *column, const weft_value *value, weft_error *error)
{
    if (!longer_than(value->as.s.data, value->as.s.size, (size_t)column->length))
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: the text is longer than %d characters", column->table->name, column->name,
                          column->length);
    return name_column(column, error);
}

static weft_status check_digits(const wefti_column *column, const weft_value *value, weft_error *error)
{
    const char *data = value->as.s.data;
    size_t size = value->as.s.size;
    if (!wefti_decimal_valid(data, size, true) || wefti_decimal_fits(data, size, column->precision, column->scale))
        return WEFT_OK; /* what is no number is refused by the driver */
    (void)wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: the number does not fit NUMERIC(%d, %d) without being rounded",
                          column->table->name, column->name, column->precision, column->scale);
    return name_column(column, error);
}

/* item: of an array, by its number from 1 on; 0: the value itself. */
static weft_status refuse_own(const wefti_column *column, size_t item, weft_error *error)
{
    const char *model = column->table->model != NULL ? column->table->model->name : column->table->name;
    const wefti_type *row = wefti_type_of(column->field->type);
    if (item > 0)
        (void)wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: the encoder of %s refuses item %zu of the array", model,
                              column->field->name, wefti_type_of(row->element)->name, item);
    else
        (void)wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: the encoder of %s refuses the value", model, column->field->name,
                              row->name);
    return name_column(column, error);
}

/* An array of an enum's numbers as one of their names. */
static weft_status name_items(const wefti_column *column, weft_value *value, wefti_arena *arena, weft_error *error)
{
    size_t refused;
    if (!wefti_array_to_names(value, column->item_names, column->enum_count, wefti_arena_room, arena, value, &refused))
        return wefti_error_memory(error);
    if (refused == SIZE_MAX)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: item %zu of the array is none of the enum's %u values",
                          column->table->name, column->name, refused + 1, (unsigned)column->enum_count);
    return name_column(column, error);
}

static weft_status encode_items(const wefti_column *column, weft_value *value, wefti_arena *arena, weft_error *error)
{
    size_t refused = SIZE_MAX;
    if (!wefti_own_items(value, wefti_arena_room, arena, value, &refused))
        return wefti_error_memory(error);
    return refused == SIZE_MAX ? WEFT_OK : refuse_own(column, refused + 1, error);
}

weft_status wefti_bind_value(const wefti_column *column, weft_value *value, wefti_arena *arena, weft_error *error)
{
    if (value->is_null || column == NULL)
        return WEFT_OK;
    if (column->item_names != NULL && wefti_type_is_array(value->type))
        return name_items(column, value, arena, error);
    if (wefti_type_has_own_items(value->type))
        return encode_items(column, value, arena, error);
    if (wefti_own_had_no_room(value))
        return wefti_error_memory(error);
    if (column->field->own && (int)value->type == WEFTI_REFUSED)
        return refuse_own(column, 0, error);
    if (column->enum_names != NULL && wefti_type_is_integer(value->type)) {
        const char *name = NULL;
        weft_status status = enum_name(column, value, &name, error);
        if (status == WEFT_OK)
            *value = weft_value_text(name);
        return status;
    }
    if (column->length > 0 && wefti_type_of(value->type)->kin == WEFT_TEXT)
        return check_length(column, value, error);
    if (column->precision > 0 && (value->type == WEFT_DECIMAL || value->type == WEFT_TEXT))
        return check_digits(column, value, error);
    return WEFT_OK;
}

/* Fields that only a codec can read, as values. */
static weft_status decode_array(const wefti_column *column, wefti_array *array, wefti_arena *arena, weft_error *error)
{
    wefti_array plain = *array;
    size_t refused = 0;
    if (!wefti_own_array(array, wefti_arena_room, arena, &plain, &refused))
        return wefti_error_memory(error);
    if (refused < array->count)
        return refuse_own(column, 0, error);
    *array = plain;
    return WEFT_OK;
}

/* Room for the values of a list that are kept as others than the fields hold: names, or arrays. */
static weft_status begin_made(const wefti_column *column, const wefti_array *array, wefti_arena *arena, wefti_array *made,
                              weft_error *error)
{
    const bool names = column->enum_names != NULL && wefti_type_is_integer(array->type),
               named = column->item_names != NULL && wefti_type_is_array(array->type), own = wefti_type_has_own_items(array->type);
    const size_t size = names ? sizeof(const char *) : sizeof(weft_array_text); /* all arrays lie alike */
    const unsigned item = wefti_type_of(column->type)->element;
    *made = (wefti_array){0};
    if (!names && !named && !own)
        return WEFT_OK;
    if (array->count > SIZE_MAX / size - 1)
        return wefti_error_memory(error);
    *made = (wefti_array){.size = (uint16_t)size, .count = array->count, .stride = size};
    made->type = (uint16_t)(names ? (unsigned)WEFT_TEXT : wefti_array_type(item, own && !wefti_type_has_content(item)));
    made->base = wefti_arena_zalloc(arena, (array->count + 1) * size);
    return made->base != NULL ? WEFT_OK : wefti_error_memory(error);
}

weft_status wefti_bind_array(const wefti_column *column, wefti_array *array, wefti_arena *arena, weft_error *error)
{
    wefti_array made;
    weft_status status = WEFT_OK;
    if (!wefti_column_needs_bind(column))
        return WEFT_OK;
    if (wefti_type_is_own(array->type))
        status = decode_array(column, array, arena, error);
    if (status == WEFT_OK)
        status = begin_made(column, array, arena, &made, error);
    for (size_t i = 0; status == WEFT_OK && i < array->count; i++) {
        weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, i));
        status = wefti_bind_value(column, &value, arena, error);
        if (status == WEFT_OK && made.base != NULL && !value.is_null)
            (void)wefti_plain_put(value.type, &value, (char *)(uintptr_t)made.base + i * made.stride);
    }
    if (status == WEFT_OK && made.base != NULL)
        *array = made;
    return status;
}
