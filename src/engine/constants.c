/* Values that are the same for every row of a batch, as the columns of one: what DO UPDATE SET holds beside the rows. */
#include "base/error.h"
#include "engine/engine_private.h"

#include <string.h>

/* The value as an item of a list, in memory that lives as long as the arena. */
static weft_status item_of(const weft_value *given, wefti_arena *arena, const void **made, weft_error *error)
{
    weft_value value = *given;
    if (wefti_type_is_text(value.type) && (value.as.s.data = wefti_arena_strndup(arena, value.as.s.data, value.as.s.size)) == NULL)
        return wefti_error_memory(error);
    void *item = wefti_arena_alloc(arena, sizeof(weft_value));
    if (item == NULL)
        return wefti_error_memory(error);
    *made = item;
    return wefti_item_put(item, &value)
               ? WEFT_OK
               : wefti_error_set(error, WEFT_ERROR_TYPE, "a value is out of the range of %s", wefti_type_of(value.type)->name);
}

weft_status wefti_constant_columns(const weft_value *values, size_t count, wefti_arena *arena, wefti_array *columns,
                                   weft_error *error)
{
    static const char *const null_text = NULL;
    for (size_t i = 0; i < count; i++) {
        const weft_value *value = &values[i];
        if ((value->type & WEFTI_ARRAY) != 0)
            return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "a list cannot be a value of each row of a batch");
        const bool text = wefti_type_of(value->type)->kin == WEFT_TEXT;
        /* a field would end there */
        if (text && !value->is_null && value->as.s.size > 0 && memchr(value->as.s.data, 0, value->as.s.size) != NULL)
            return wefti_error_set(error, WEFT_ERROR_DATA, "a text contains a NUL");
        columns[i] = (wefti_array){.type = value->is_null ? WEFT_TEXT : wefti_type_of(value->type)->item, .base = &null_text};
        weft_status status = value->is_null ? WEFT_OK : item_of(value, arena, &columns[i].base, error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}
