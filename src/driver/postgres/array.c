/* Columns of struct fields in binary: as one array parameter, and as the fields of COPY rows. Values are written straight from the
 * fields into one growing buffer. An array's elements name their type (TEXT is text, JSON jsonb, UINT32 int8); COPY's fields do
 * not: copy.c finds out what its columns take. */
#include "driver/postgres/postgres.h"

#include <string.h>

bool wefti_postgres_reserve(wefti_postgres_output *out, size_t size)
{
    if (out->capacity - out->size >= size)
        return true;
    if (size > WEFTI_MAX_TEXT_BYTES || out->size > WEFTI_MAX_TEXT_BYTES - size)
        return false;
    size_t capacity = out->capacity < 4096 ? 4096 : out->capacity * 2;
    while (capacity < out->size + size)
        capacity *= 2;
    unsigned char *data = wefti_realloc(out->data, capacity);
    if (data == NULL)
        return false;
    out->data = data;
    out->capacity = capacity;
    return true;
}

static weft_status bad_field(size_t row, const char *why, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_DATA, "value %zu of a list of parameters %s", row + 1, why);
}

/* Makes value one of the wanted type: integers where they fit, float and double, text of either kind. */
static weft_status convert(weft_value *value, unsigned type, size_t row, weft_error *error)
{
    const wefti_type *row_type = wefti_type_of(type);
    const bool integers = wefti_type_is_integer(value->type) && wefti_type_is_integer(type);
    if (integers && !value->is_null && (value->as.i < row_type->least || value->as.i > row_type->greatest))
        return bad_field(row, "is out of the range of its column", error);
    const bool reals = wefti_type_is_real(value->type) && type == WEFT_DOUBLE;
    const bool texts = wefti_type_of(value->type)->kin == WEFT_TEXT && wefti_type_is_text(type);
    if (!integers && !reals && !texts)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "a list of parameters has values of %s where the statement takes %s",
                               wefti_type_of(value->type)->word, row_type->word);
    value->type = (weft_type)type;
    return WEFT_OK;
}

static weft_status put_header(wefti_postgres_output *out, unsigned type, size_t count, weft_error *error)
{
    if (count > INT32_MAX / 8)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "a parameter is a list of %zu values", count);
    if (!wefti_postgres_reserve(out, 20))
        return wefti_error_memory(error);
    unsigned char *to = out->data + out->size;
    wefti_postgres_put32(to, count > 0 ? 1 : 0);
    wefti_postgres_put32(to + 4, 0);
    wefti_postgres_put32(to + 8, wefti_postgres_codecs[type].element);
    wefti_postgres_put32(to + 12, (uint32_t)count);
    wefti_postgres_put32(to + 16, 1);
    out->size += count > 0 ? 20 : 12;
    return WEFT_OK;
}

static bool ends_with_null(const wefti_postgres_output *out, size_t at)
{
    return out->size == at + 4 && memcmp(out->data + at, "\xff\xff\xff\xff", 4) == 0;
}

static weft_status put_shown(wefti_postgres_output *out, const wefti_array *array, size_t row, weft_error *error);

/* One dimension: dimensions, has-null flag, element type, size, lower bound, elements. shown: each is an array itself, and goes as
 * its text. */
static weft_status put_items(wefti_postgres_output *out, unsigned type, const wefti_array *array, bool shown, weft_error *error)
{
    const size_t start = out->size;
    bool has_null = false;
    weft_status status = put_header(out, shown ? (unsigned)WEFT_TEXT : type, array->count, error);
    for (size_t row = 0; row < array->count && status == WEFT_OK; row++) {
        const size_t at = out->size;
        status = shown ? put_shown(out, array, row, error) : wefti_postgres_put_field(out, type, array, row, error);
        has_null = has_null || (status == WEFT_OK && ends_with_null(out, at));
    }
    if (status == WEFT_OK)
        out->data[start + 7] = has_null;
    return status;
}

/* How many ranges, then each of them with its size. */
static weft_status put_ranges(wefti_postgres_output *out, unsigned type, const wefti_array *array, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (array->count > INT32_MAX / 8)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "a parameter is a list of %zu values", array->count);
    if (!wefti_postgres_reserve(out, 4))
        return wefti_error_memory(error);
    wefti_postgres_put32(out->data + out->size, (uint32_t)array->count);
    out->size += 4;
    for (size_t row = 0; row < array->count && status == WEFT_OK; row++) {
        const size_t at = out->size;
        status = wefti_postgres_put_field(out, type, array, row, error);
        if (status == WEFT_OK && ends_with_null(out, at))
            status = wefti_error_set(error, WEFT_ERROR_DATA, "range %zu of a multirange is NULL", row + 1);
    }
    return status;
}

static weft_status not_an_array(weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TYPE, "a list of parameters has another type than the statement takes");
}

/* A field that is an array itself, with its length before it. */
static weft_status put_array(wefti_postgres_output *out, unsigned type, const weft_value *value, weft_error *error)
{
    const size_t start = out->size;
    if (!wefti_postgres_reserve(out, 4))
        return wefti_error_memory(error);
    wefti_postgres_put32(out->data + start, UINT32_MAX);
    out->size += 4;
    if (value->is_null)
        return WEFT_OK;
    if (!wefti_type_is_array(value->type))
        return not_an_array(error);
    const wefti_array items = wefti_array_items(value);
    const unsigned element = wefti_type_of(type)->element;
    const weft_status status =
        wefti_type_is_multirange(type) ? put_ranges(out, element, &items, error) : put_items(out, element, &items, false, error);
    wefti_postgres_put32(out->data + start, (uint32_t)(out->size - start - 4));
    return status;
}

weft_status wefti_postgres_put_field(wefti_postgres_output *out, unsigned type, const wefti_array *array, size_t row,
                                     weft_error *error)
{
    weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    if (wefti_type_is_array(type))
        return put_array(out, type, &value, error);
    if (value.type != type) {
        weft_status status = convert(&value, type, row, error);
        if (status != WEFT_OK)
            return status;
    }
    const bool variable = wefti_type_has_content(value.type);
    size_t room = 4 + WEFTI_POSTGRES_VALUE_ROOM + (variable && !value.is_null ? value.as.s.size : 0);
    if (room > WEFTI_MAX_VALUE_BYTES || out->size > WEFTI_MAX_VALUE_BYTES)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "a list of parameters of more than %u bytes", WEFTI_MAX_VALUE_BYTES);
    if (!wefti_postgres_reserve(out, room))
        return wefti_error_memory(error);
    unsigned char *to = out->data + out->size;
    if (value.is_null) {
        wefti_postgres_put32(to, UINT32_MAX);
        out->size += 4;
        return WEFT_OK;
    }
    const char *content = wefti_type_of(type)->content;
    if (wefti_type_is_text(type) && content == NULL && !wefti_postgres_text_valid(value.as.s.data, value.as.s.size))
        return bad_field(row, "is not UTF-8 text, or contains a NUL", error);
    const size_t size = wefti_postgres_codecs[type].put(to + 4, &value);
    if (size == 0 && !variable)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "value %zu of a list of parameters is out of the range of %s", row + 1,
                               wefti_type_of(type)->name);
    if (size == 0 && content != NULL)
        return wefti_error_set(error, WEFT_ERROR_DATA, "value %zu of a list of parameters is no %s within PostgreSQL's limits",
                               row + 1, content);
    wefti_postgres_put32(to, (uint32_t)size);
    out->size += 4 + size;
    return WEFT_OK;
}

/* The binary form of each item tells what the server would refuse, or take for another. */
static weft_status check_items(const weft_value *value, size_t row, weft_error *error)
{
    const wefti_array items = wefti_array_items(value);
    wefti_postgres_output out = {0};
    weft_status status = WEFT_OK;
    for (size_t i = 0; i < items.count && status == WEFT_OK; i++) {
        out.size = 0;
        status = wefti_postgres_put_field(&out, wefti_type_of(value->type)->element, &items, i, error);
        if (status == WEFT_OK && wefti_type_is_multirange(value->type) && ends_with_null(&out, 0))
            status = wefti_error_set(error, WEFT_ERROR_DATA, "range %zu is NULL", i + 1);
        if (status != WEFT_OK)
            wefti_error_prefix(error, "the %s of row %zu", wefti_type_of(value->type)->word, row + 1);
    }
    wefti_free(out.data);
    return status;
}

/* Arrays of arrays are matrices to the server, and unnest takes them apart: each is sent as the text of one. */
static weft_status put_shown(wefti_postgres_output *out, const wefti_array *array, size_t row, weft_error *error)
{
    const weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    wefti_text text;
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    if (!value.is_null && !wefti_type_is_array(value.type))
        return not_an_array(error);
    weft_status status = value.is_null ? WEFT_OK : check_items(&value, row, error);
    if (status == WEFT_OK && !value.is_null)
        wefti_value_show(&text, &value);
    if (text.failed)
        status = wefti_error_memory(error);
    if (status == WEFT_OK && !value.is_null && !wefti_postgres_text_valid(text.data, text.size))
        status = bad_field(row, "holds a text that is not UTF-8, or contains a NUL", error);
    if (status == WEFT_OK && !wefti_postgres_reserve(out, text.size + 4))
        status = wefti_error_memory(error);
    if (status == WEFT_OK) {
        wefti_postgres_put32(out->data + out->size, value.is_null ? UINT32_MAX : (uint32_t)text.size);
        memcpy(out->data + out->size + 4, text.size > 0 ? text.data : "", text.size);
        out->size += 4 + text.size;
    }
    wefti_text_deinit(&text);
    return status;
}

/* What was written from start on is parameter i, in binary. */
static void note_array(wefti_postgres_encoder *e, size_t i, size_t start)
{
    e->formats[i] = 1;
    e->lengths[i] = (int)(e->arrays.size - start);
    e->values[i] = NULL;
    e->array_starts[i] = start + 1; /* the buffer may move until the last parameter is there */
    e->total_bytes += e->arrays.size - start;
    e->has_arrays = true;
}

weft_status wefti_postgres_encode_array(wefti_postgres_encoder *e, size_t i, unsigned type, const wefti_array *array,
                                        weft_error *error)
{
    const bool nested = wefti_type_is_array(type);
    if (!nested && (type >= WEFT_TYPE_COUNT_ || wefti_postgres_codecs[type].array == 0))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "parameter %zu is a list of no known type", i + 1);
    const size_t start = e->arrays.size;
    const weft_status status = put_items(&e->arrays, type, array, nested, error);
    if (status != WEFT_OK)
        return status;
    e->types[i] = nested ? OID_TEXT_ARRAY : wefti_postgres_codecs[type].array;
    note_array(e, i, start);
    return WEFT_OK;
}

weft_status wefti_postgres_encode_multirange(wefti_postgres_encoder *e, size_t i, unsigned type, const wefti_array *array,
                                             weft_error *error)
{
    const size_t start = e->arrays.size;
    const weft_status status = put_ranges(&e->arrays, type, array, error);
    if (status == WEFT_OK)
        note_array(e, i, start);
    return status;
}

/* {"a","b\"c",NULL} */
static weft_status put_quoted(wefti_postgres_output *out, const wefti_array *array, size_t row, weft_error *error)
{
    weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    const char *text = value.as.s.data;
    const size_t size = value.is_null ? 0 : value.as.s.size;
    if (!wefti_type_is_text(value.type))
        return wefti_error_set(error, WEFT_ERROR_TYPE, "a list of parameters has another type than the statement takes");
    if (size > WEFTI_MAX_VALUE_BYTES / 2 || out->size > WEFTI_MAX_VALUE_BYTES)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "a list of parameters of more than %u bytes", WEFTI_MAX_VALUE_BYTES);
    if (!wefti_postgres_reserve(out, 2 * size + 8))
        return wefti_error_memory(error);
    unsigned char *to = out->data + out->size;
    if (row > 0)
        *to++ = ',';
    if (value.is_null) {
        memcpy(to, "NULL", 4);
        out->size = (size_t)(to + 4 - out->data);
        return WEFT_OK;
    }
    if (!wefti_postgres_text_valid(text, size))
        return bad_field(row, "is not UTF-8 text, or contains a NUL", error);
    *to++ = '"';
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' || text[i] == '\\')
            *to++ = '\\';
        *to++ = (unsigned char)text[i];
    }
    *to++ = '"';
    out->size = (size_t)(to - out->data);
    return WEFT_OK;
}

weft_status wefti_postgres_encode_placed(wefti_postgres_encoder *e, size_t i, const wefti_array *array, weft_error *error)
{
    wefti_postgres_output *out = &e->arrays;
    const size_t start = out->size;
    if (!wefti_postgres_reserve(out, 3))
        return wefti_error_memory(error);
    out->data[out->size++] = '{';
    for (size_t row = 0; row < array->count; row++) {
        weft_status status = put_quoted(out, array, row, error);
        if (status != WEFT_OK)
            return status;
    }
    if (!wefti_postgres_reserve(out, 2))
        return wefti_error_memory(error);
    out->data[out->size++] = '}';
    out->data[out->size++] = '\0';
    e->types[i] = 0;
    e->formats[i] = 0;
    e->lengths[i] = (int)(out->size - start - 1);
    e->values[i] = NULL;
    e->array_starts[i] = start + 1; /* as above */
    e->total_bytes += out->size - start;
    e->has_arrays = true;
    return WEFT_OK;
}

void wefti_postgres_encode_arrays_done(wefti_postgres_encoder *e)
{
    if (!e->has_arrays)
        return;
    for (size_t i = 0; i < e->count; i++)
        if (e->array_starts[i] != 0) {
            e->values[i] = (const char *)e->arrays.data + e->array_starts[i] - 1;
            e->array_starts[i] = 0;
        }
}
