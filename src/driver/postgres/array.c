/* Columns of struct fields in binary: as one array parameter, and as the fields of COPY rows. Values are written straight from the
 * fields into one growing buffer. An array's elements name their type (TEXT is text, JSON jsonb, UINT32 int8); COPY's fields do
 * not: copy.c finds out what its columns take. */
#include "driver/postgres/postgres.h"

#include <math.h>
#include <string.h>

static const struct {
    Oid element, array;
} array_types[WEFT_TYPE_COUNT_] = {
    [WEFT_INT16] = {OID_INT2, OID_INT2_ARRAY}, [WEFT_INT32] = {OID_INT4, OID_INT4_ARRAY}, [WEFT_INT64] = {OID_INT8, OID_INT8_ARRAY},
    [WEFT_UINT32] = {OID_INT8, OID_INT8_ARRAY}, [WEFT_BOOL] = {OID_BOOL, OID_BOOL_ARRAY},
    [WEFT_FLOAT] = {OID_FLOAT4, OID_FLOAT4_ARRAY}, [WEFT_DOUBLE] = {OID_FLOAT8, OID_FLOAT8_ARRAY},
    [WEFT_TEXT] = {OID_TEXT, OID_TEXT_ARRAY}, [WEFT_CHARS] = {OID_TEXT, OID_TEXT_ARRAY},
    [WEFT_BYTES] = {OID_BYTEA, OID_BYTEA_ARRAY}, [WEFT_TIMESTAMP] = {OID_TIMESTAMPTZ, OID_TIMESTAMPTZ_ARRAY},
    [WEFT_DATE] = {OID_DATE, OID_DATE_ARRAY}, [WEFT_TIME] = {OID_TIME, OID_TIME_ARRAY}, [WEFT_UUID] = {OID_UUID, OID_UUID_ARRAY},
    [WEFT_DECIMAL] = {OID_NUMERIC, OID_NUMERIC_ARRAY}, [WEFT_JSON] = {OID_JSONB, OID_JSONB_ARRAY},
};

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

/* out has room for 16 + size bytes after the length. */
static weft_status put_variable(unsigned char *to, const weft_value *value, size_t row, size_t *written, weft_error *error)
{
    size_t size = value->as.s.size, used = size;
    switch (value->type) {
    case WEFT_DECIMAL:
        used = wefti_postgres_numeric_encode(value->as.s.data, size, to + 4);
        if (used == 0)
            return bad_field(row, "is no decimal number within PostgreSQL's limits", error);
        break;
    case WEFT_JSON:
        to[4] = 1; /* jsonb's version */
        memcpy(to + 5, value->as.s.data, size);
        used = size + 1;
        break;
    default:
        if (size > 0)
            memcpy(to + 4, value->as.s.data, size);
    }
    if (value->type != WEFT_BYTES && value->type != WEFT_DECIMAL && !wefti_postgres_text_valid(value->as.s.data, size))
        return bad_field(row, "is not UTF-8 text, or contains a NUL", error);
    wefti_postgres_put32(to, (uint32_t)used);
    *written = 4 + used;
    return WEFT_OK;
}

static size_t put_real(unsigned char *to, const weft_value *value)
{
    if (value->type == WEFT_FLOAT) {
        float f = (float)value->as.d;
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        wefti_postgres_put32(to, bits);
        return 4;
    }
    uint64_t bits;
    memcpy(&bits, &value->as.d, sizeof bits);
    wefti_postgres_put64(to, bits);
    return 8;
}

/* Timestamps and dates of which the shift would not fit are far outside what the server takes: they are sent as its largest finite
 * value plus one, which it refuses with its own message. */
static size_t put_fixed(unsigned char *to, const weft_value *value)
{
    int64_t v = value->as.i;
    switch (value->type) {
    case WEFT_INT16:
        wefti_postgres_put16(to, (uint16_t)v);
        return 2;
    case WEFT_INT32:
        wefti_postgres_put32(to, (uint32_t)v);
        return 4;
    case WEFT_DATE:
        if (v != INT32_MAX && v != INT32_MIN)
            v = v < (int64_t)INT32_MIN + POSTGRES_EPOCH_DAYS ? INT32_MAX - 1 : v - POSTGRES_EPOCH_DAYS;
        wefti_postgres_put32(to, (uint32_t)(int32_t)v);
        return 4;
    case WEFT_TIMESTAMP:
        if (v != INT64_MAX && v != INT64_MIN)
            v = v < INT64_MIN + POSTGRES_EPOCH_USEC ? INT64_MAX - 1 : v - POSTGRES_EPOCH_USEC;
        wefti_postgres_put64(to, (uint64_t)v);
        return 8;
    case WEFT_BOOL:
        to[0] = value->as.b;
        return 1;
    case WEFT_UUID:
        memcpy(to, value->as.uuid.bytes, 16);
        return 16;
    case WEFT_FLOAT: case WEFT_DOUBLE:
        return put_real(to, value);
    default:
        wefti_postgres_put64(to, (uint64_t)v);
        return 8;
    }
}

/* Makes value one of the wanted type: integers where they fit, float and double, text of either kind. */
static weft_status convert(weft_value *value, unsigned type, size_t row, weft_error *error)
{
    static const int64_t least[] = {
        [WEFT_INT16] = INT16_MIN, [WEFT_INT32] = INT32_MIN, [WEFT_INT64] = INT64_MIN, [WEFT_UINT32] = 0};
    static const int64_t most[] = {
        [WEFT_INT16] = INT16_MAX, [WEFT_INT32] = INT32_MAX, [WEFT_INT64] = INT64_MAX, [WEFT_UINT32] = UINT32_MAX};
    bool integers = value->type >= WEFT_INT16 && value->type <= WEFT_UINT32 && type >= WEFT_INT16 && type <= WEFT_UINT32;
    if (integers && !value->is_null && (value->as.i < least[type] || value->as.i > most[type]))
        return bad_field(row, "is out of the range of its column", error);
    bool reals = (value->type == WEFT_FLOAT || value->type == WEFT_DOUBLE) && type == WEFT_DOUBLE;
    bool texts = (value->type == WEFT_TEXT || value->type == WEFT_CHARS) &&
                 (type == WEFT_TEXT || type == WEFT_CHARS || type == WEFT_JSON || type == WEFT_DECIMAL);
    if (!integers && !reals && !texts)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "a list of parameters has another type than the statement takes");
    value->type = (weft_type)type;
    return WEFT_OK;
}

weft_status wefti_postgres_put_field(wefti_postgres_output *out, unsigned type, const wefti_array *array, size_t row,
                                     weft_error *error)
{
    weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    if (value.type != type) {
        weft_status status = convert(&value, type, row, error);
        if (status != WEFT_OK)
            return status;
    }
    bool variable = value.type == WEFT_TEXT || value.type == WEFT_CHARS || value.type == WEFT_BYTES || value.type == WEFT_DECIMAL ||
                    value.type == WEFT_JSON;
    size_t room = 24 + (variable && !value.is_null ? value.as.s.size : 0);
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
    size_t written = 0;
    if (variable) {
        weft_status status = put_variable(to, &value, row, &written, error);
        if (status != WEFT_OK)
            return status;
    } else {
        size_t size = put_fixed(to + 4, &value);
        wefti_postgres_put32(to, (uint32_t)size);
        written = 4 + size;
    }
    out->size += written;
    return WEFT_OK;
}

/* One dimension: dimensions, has-null flag, element type, size, lower bound, elements. */
weft_status wefti_postgres_encode_array(wefti_postgres_encoder *e, size_t i, unsigned type, const wefti_array *array,
                                        weft_error *error)
{
    if (type >= WEFT_TYPE_COUNT_ || array_types[type].array == 0)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "parameter %zu is a list of no known type", i + 1);
    if (array->count > INT32_MAX / 8)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "parameter %zu is a list of %zu values", i + 1, array->count);
    wefti_postgres_output *out = &e->arrays;
    size_t start = out->size;
    if (!wefti_postgres_reserve(out, 20))
        return wefti_error_memory(error);
    unsigned char *to = out->data + start;
    wefti_postgres_put32(to, array->count > 0 ? 1 : 0);
    wefti_postgres_put32(to + 4, 0);
    wefti_postgres_put32(to + 8, array_types[type].element);
    wefti_postgres_put32(to + 12, (uint32_t)array->count);
    wefti_postgres_put32(to + 16, 1);
    out->size += array->count > 0 ? 20 : 12;
    bool has_null = false;
    for (size_t row = 0; row < array->count; row++) {
        size_t at = out->size;
        weft_status status = wefti_postgres_put_field(out, type, array, row, error);
        if (status != WEFT_OK)
            return status;
        has_null |= out->size == at + 4 && memcmp(out->data + at, "\xff\xff\xff\xff", 4) == 0;
    }
    out->data[start + 7] = has_null;
    e->types[i] = array_types[type].array;
    e->formats[i] = 1;
    e->lengths[i] = (int)(out->size - start);
    e->values[i] = NULL;
    e->array_starts[i] = start + 1; /* the buffer may move until the last parameter is there */
    e->total_bytes += out->size - start;
    e->has_arrays = true;
    return WEFT_OK;
}

/* {"a","b\"c",NULL} */
static weft_status put_quoted(wefti_postgres_output *out, const wefti_array *array, size_t row, weft_error *error)
{
    weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    const char *text = value.as.s.data;
    const size_t size = value.is_null ? 0 : value.as.s.size;
    if (value.type != WEFT_TEXT && value.type != WEFT_CHARS && value.type != WEFT_JSON && value.type != WEFT_DECIMAL)
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
