/* Values that are the same for every row of a batch, as the columns of one: what DO UPDATE SET holds beside the rows. */
#include "base/error.h"
#include "engine/engine_private.h"

#include <string.h>

/* Where the field of this value lies; what lies in memory otherwise than in a value is made. NULL: no memory. */
static const void *field_of(const weft_value *value, wefti_arena *arena)
{
    switch (value->type) {
    case WEFT_DATE: return wefti_arena_memdup(arena, &(weft_date){.days = (int32_t)value->as.i}, sizeof(weft_date));
    case WEFT_BYTES:
        return wefti_arena_memdup(arena, &(weft_bytes){.data = value->as.s.data, .size = value->as.s.size}, sizeof(weft_bytes));
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_DECIMAL:
    case WEFT_JSON: {
        const char *text = wefti_arena_strndup(arena, value->as.s.data, value->as.s.size);
        return text == NULL ? NULL : wefti_arena_memdup(arena, &text, sizeof text);
    }
    case WEFT_BOOL: return &value->as.b;
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return &value->as.d;
    case WEFT_UUID: return &value->as.uuid;
    default: return &value->as.i;
    }
}

/* The type under which a field is read as this value. */
static uint8_t type_of(const weft_value *value)
{
    switch (value->type) {
    case WEFT_INT16:
    case WEFT_INT32:
    case WEFT_UINT32: return WEFT_INT64;
    case WEFT_FLOAT: return WEFT_DOUBLE;
    case WEFT_CHARS: return WEFT_TEXT;
    default: return (uint8_t)value->type;
    }
}

weft_status wefti_constant_columns(const weft_value *values, size_t count, wefti_arena *arena, wefti_array *columns,
    weft_error *error)
{
    static const char *const null_text = NULL;
    for (size_t i = 0; i < count; i++) {
        const weft_value *value = &values[i];
        if ((value->type & WEFTI_ARRAY) != 0)
            return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "a list cannot be a value of each row of a batch");
        bool text = value->type == WEFT_TEXT || value->type == WEFT_CHARS;
        /* a field would end there */
        if (text && !value->is_null && value->as.s.size > 0 && memchr(value->as.s.data, 0, value->as.s.size) != NULL)
            return wefti_error_set(error, WEFT_ERROR_DATA, "a text contains a NUL");
        columns[i] = (wefti_array){.type = value->is_null ? WEFT_TEXT : type_of(value),
            .base = value->is_null ? &null_text : field_of(value, arena)};
        if (columns[i].base == NULL)
            return wefti_error_memory(error);
    }
    return WEFT_OK;
}
