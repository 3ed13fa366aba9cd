/* Parameters of one run as libpq takes them: fixed-size values in binary in network order, bytes in binary, and text, JSON and
 * decimals as text. Text and JSON are sent without a type, so that the server takes the type of their place in the statement
 * (enums, jsonb, citext); everything else names its type, so that binary values are read as what they are.
 *
 * INT64_MAX and INT64_MIN as a timestamp, INT32_MAX and INT32_MIN as a date mean infinity and -infinity, both ways. */
#include "driver/postgres/postgres.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define FIRST_CAPACITY 16
#define ARRAYS_KEPT_BYTES (1u << 20) /* a connection keeps a buffer for lists up to this size between statements */

static const struct {
    const char *name;
    Oid oid;
} types[WEFT_TYPE_COUNT_] = {
    [WEFT_UNMAPPED] = {"untyped", 0}, [WEFT_INT16] = {"int16", OID_INT2}, [WEFT_INT32] = {"int32", OID_INT4},
    [WEFT_INT64] = {"int64", OID_INT8}, [WEFT_UINT32] = {"uint32", OID_INT8}, [WEFT_BOOL] = {"bool", OID_BOOL},
    [WEFT_FLOAT] = {"float", OID_FLOAT4}, [WEFT_DOUBLE] = {"double", OID_FLOAT8}, [WEFT_TEXT] = {"text", 0},
    [WEFT_CHARS] = {"text", 0}, [WEFT_BYTES] = {"bytes", OID_BYTEA}, [WEFT_TIMESTAMP] = {"timestamp", OID_TIMESTAMPTZ},
    [WEFT_DATE] = {"date", OID_DATE}, [WEFT_TIME] = {"time", OID_TIME}, [WEFT_UUID] = {"uuid", OID_UUID},
    [WEFT_DECIMAL] = {"decimal", OID_NUMERIC}, [WEFT_JSON] = {"json", 0},
};

static const char *name_of(unsigned type)
{
    return type < WEFT_TYPE_COUNT_ ? types[type].name : type == WEFTI_BEYOND_INT64 ? "uint64" : "unknown";
}

void wefti_postgres_encode_deinit(wefti_postgres_encoder *e)
{
    wefti_free(e->values);
    wefti_free(e->lengths);
    wefti_free(e->formats);
    wefti_free(e->types);
    wefti_free(e->fixed);
    wefti_free(e->array_starts);
    wefti_free(e->arrays.data);
    wefti_arena_deinit(&e->arena);
    *e = (wefti_postgres_encoder){0};
}

/* array_pointer is the address of a pointer of any type, hence the copying. */
static bool grow(void *array_pointer, size_t capacity, size_t size)
{
    void *array;
    memcpy(&array, array_pointer, sizeof array);
    array = wefti_realloc(array, capacity * size);
    if (array != NULL)
        memcpy(array_pointer, &array, sizeof array);
    return array != NULL;
}

weft_status wefti_postgres_encode_start(wefti_postgres_encoder *e, size_t count, weft_error *error)
{
    if (count > WEFTI_MAX_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters; PostgreSQL takes at most %d in one statement", count,
                               WEFTI_MAX_PARAMETERS);
    if (count > e->capacity) {
        size_t capacity = count > FIRST_CAPACITY ? count + count / 2 : FIRST_CAPACITY;
        if (!grow(&e->values, capacity, sizeof *e->values) || !grow(&e->lengths, capacity, sizeof *e->lengths) ||
            !grow(&e->formats, capacity, sizeof *e->formats) || !grow(&e->types, capacity, sizeof *e->types) ||
            !grow(&e->fixed, capacity, sizeof *e->fixed) || !grow(&e->array_starts, capacity, sizeof *e->array_starts))
            return wefti_error_memory(error);
        memset(e->array_starts, 0, capacity * sizeof *e->array_starts);
        e->capacity = capacity;
    }
    if (e->arena.used_bytes > 0)
        wefti_arena_reset(&e->arena);
    if (e->has_arrays) {
        memset(e->array_starts, 0, e->capacity * sizeof *e->array_starts);
        if (e->arrays.capacity > ARRAYS_KEPT_BYTES) {
            wefti_free(e->arrays.data);
            e->arrays = (wefti_postgres_output){0};
        }
        e->arrays.size = 0;
        e->has_arrays = false;
    }
    e->count = count;
    e->total_bytes = 0;
    return WEFT_OK;
}

static void set_fixed(wefti_postgres_encoder *e, size_t i, int length)
{
    e->values[i] = (const char *)e->fixed[i];
    e->lengths[i] = length;
    e->formats[i] = 1;
}

static weft_status wrong_type(size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TYPE, "parameter %zu is %s where the statement takes %s", i + 1,
                           name_of(value->type), name_of(type));
}

static weft_status out_of_range(size_t i, uint8_t type, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TYPE, "parameter %zu is out of the range of %s", i + 1, name_of(type));
}

static bool is_integer(weft_type type)
{
    return type == WEFT_INT16 || type == WEFT_INT32 || type == WEFT_INT64 || type == WEFT_UINT32;
}

static bool is_text(weft_type type)
{
    return type == WEFT_TEXT || type == WEFT_CHARS || type == WEFT_DECIMAL || type == WEFT_JSON;
}

static weft_status encode_integer(wefti_postgres_encoder *e, size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    int64_t v = value->as.i;
    if (!is_integer(value->type))
        return wrong_type(i, type, value, error);
    if (type == WEFT_INT16) {
        if (v < INT16_MIN || v > INT16_MAX)
            return out_of_range(i, type, error);
        wefti_postgres_put16(e->fixed[i], (uint16_t)v);
        set_fixed(e, i, 2);
    } else if (type == WEFT_INT32) {
        if (v < INT32_MIN || v > INT32_MAX)
            return out_of_range(i, type, error);
        wefti_postgres_put32(e->fixed[i], (uint32_t)v);
        set_fixed(e, i, 4);
    } else {
        if (type == WEFT_UINT32 && (v < 0 || v > UINT32_MAX))
            return out_of_range(i, type, error);
        wefti_postgres_put64(e->fixed[i], (uint64_t)v);
        set_fixed(e, i, 8);
    }
    return WEFT_OK;
}

static weft_status encode_real(wefti_postgres_encoder *e, size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    double d = value->as.d;
    if (is_integer(value->type))
        d = (double)value->as.i;
    else if (value->type != WEFT_FLOAT && value->type != WEFT_DOUBLE)
        return wrong_type(i, type, value, error);
    if (type == WEFT_FLOAT) {
        if (isfinite(d) && fabs(d) > (double)FLT_MAX)
            return out_of_range(i, type, error);
        float f = (float)d;
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        wefti_postgres_put32(e->fixed[i], bits);
        set_fixed(e, i, 4);
    } else {
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        wefti_postgres_put64(e->fixed[i], bits);
        set_fixed(e, i, 8);
    }
    return WEFT_OK;
}

/* Infinities keep their values; else false where the value cannot be counted from 2000. */
static bool shift_timestamp(int64_t usec, uint64_t *shifted)
{
    if (usec == INT64_MAX || usec == INT64_MIN) {
        *shifted = (uint64_t)usec;
        return true;
    }
    if (usec < INT64_MIN + POSTGRES_EPOCH_USEC)
        return false;
    *shifted = (uint64_t)(usec - POSTGRES_EPOCH_USEC);
    return true;
}

static bool shift_date(int64_t days, uint32_t *shifted)
{
    if (days < INT32_MIN || days > INT32_MAX)
        return false;
    if (days != INT32_MAX && days != INT32_MIN) {
        if (days < (int64_t)INT32_MIN + POSTGRES_EPOCH_DAYS)
            return false;
        days -= POSTGRES_EPOCH_DAYS;
    }
    *shifted = (uint32_t)(int32_t)days;
    return true;
}

static weft_status encode_moment(wefti_postgres_encoder *e, size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    uint64_t wide;
    uint32_t narrow;
    if (value->type != type)
        return wrong_type(i, type, value, error);
    if (type == WEFT_DATE) {
        if (!shift_date(value->as.i, &narrow))
            return out_of_range(i, type, error);
        wefti_postgres_put32(e->fixed[i], narrow);
        set_fixed(e, i, 4);
        return WEFT_OK;
    }
    wide = (uint64_t)value->as.i;
    if (type == WEFT_TIMESTAMP ? !shift_timestamp(value->as.i, &wide) : value->as.i < 0 || value->as.i > INT64_C(86400000000))
        return out_of_range(i, type, error);
    wefti_postgres_put64(e->fixed[i], wide);
    set_fixed(e, i, 8);
    return WEFT_OK;
}

bool wefti_postgres_text_valid(const char *data, size_t size)
{
    return size == 0 || wefti_utf8_valid(data, size);
}

static weft_status encode_text(wefti_postgres_encoder *e, size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    if (type == WEFT_DECIMAL && is_integer(value->type)) {
        char *text = wefti_arena_printf(&e->arena, "%lld", (long long)value->as.i);
        if (text == NULL)
            return wefti_error_memory(error);
        e->values[i] = text;
        e->lengths[i] = (int)strlen(text);
        e->formats[i] = 0;
        return WEFT_OK;
    }
    if (!is_text(value->type))
        return wrong_type(i, type, value, error);
    if (type == WEFT_DECIMAL ? !wefti_decimal_valid(value->as.s.data, value->as.s.size, true)
                             : !wefti_postgres_text_valid(value->as.s.data, value->as.s.size)) {
        return wefti_error_set(error, WEFT_ERROR_DATA,
                               type == WEFT_DECIMAL ? "parameter %zu is no decimal number"
                                                    : "parameter %zu is not UTF-8 text, or contains a NUL", i + 1);
    }
    e->values[i] = value->as.s.size > 0 ? value->as.s.data : "";
    e->lengths[i] = (int)value->as.s.size;
    e->formats[i] = 0;
    return WEFT_OK;
}

static weft_status encode_present(wefti_postgres_encoder *e, size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    switch (type) {
    case WEFT_INT16: case WEFT_INT32: case WEFT_INT64: case WEFT_UINT32:
        return encode_integer(e, i, type, value, error);
    case WEFT_FLOAT: case WEFT_DOUBLE:
        return encode_real(e, i, type, value, error);
    case WEFT_TIMESTAMP: case WEFT_DATE: case WEFT_TIME:
        return encode_moment(e, i, type, value, error);
    case WEFT_TEXT: case WEFT_CHARS: case WEFT_DECIMAL: case WEFT_JSON:
        return encode_text(e, i, type, value, error);
    case WEFT_BOOL:
        if (value->type != WEFT_BOOL)
            return wrong_type(i, type, value, error);
        e->fixed[i][0] = value->as.b;
        set_fixed(e, i, 1);
        return WEFT_OK;
    case WEFT_UUID:
        if (value->type != WEFT_UUID)
            return wrong_type(i, type, value, error);
        memcpy(e->fixed[i], value->as.uuid.bytes, 16);
        set_fixed(e, i, 16);
        return WEFT_OK;
    case WEFT_BYTES:
        if (value->type != WEFT_BYTES)
            return wrong_type(i, type, value, error);
        e->values[i] = value->as.s.size > 0 ? value->as.s.data : "";
        e->lengths[i] = (int)value->as.s.size;
        e->formats[i] = 1;
        return WEFT_OK;
    case WEFTI_BEYOND_INT64: return out_of_range(i, WEFT_INT64, error);
    default:
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "parameter %zu has no type", i + 1);
    }
}

weft_status wefti_postgres_encode(wefti_postgres_encoder *e, size_t i, uint8_t type, const weft_value *value, weft_error *error)
{
    type = (uint8_t)(type & ~(unsigned)WEFT_OPT);
    e->types[i] = type < WEFT_TYPE_COUNT_ ? types[type].oid : 0;
    if (value->is_null) {
        e->values[i] = NULL;
        e->lengths[i] = 0;
        e->formats[i] = 0;
        return WEFT_OK;
    }
    if (is_text(value->type) || value->type == WEFT_BYTES) {
        if (value->as.s.size > WEFTI_MAX_VALUE_BYTES || e->total_bytes > WEFTI_MAX_VALUE_BYTES - value->as.s.size)
            return wefti_error_set(error, WEFT_ERROR_LIMIT, "parameters of more than %u bytes together", WEFTI_MAX_VALUE_BYTES);
        e->total_bytes += value->as.s.size;
    }
    return encode_present(e, i, type, value, error);
}

static bool mentions(const char *sql, const char *word)
{
    for (; *sql != '\0'; sql++)
        if (wefti_ascii_begins(sql, word))
            return true;
    return false;
}

/* What weft sends and reads is UTF-8: by another encoding the server would take its bytes for other letters, and store these. */
weft_status wefti_postgres_check_encoding(const wefti_postgres_dbc *c, const wefti_statement *statement, weft_error *error)
{
    if (__builtin_expect(!wefti_postgres_foreign_encoding(c), 1))
        return WEFT_OK;
    bool text = statement != NULL && statement->id == 0;
    if (text && (mentions(statement->sql, "client_encoding") || mentions(statement->sql, " ALL")))
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "text SQL has set client_encoding to %s, and weft speaks UTF-8",
                          pg_encoding_to_char(PQclientEncoding(c->pg)));
    wefti_error_hint(error, "run RESET client_encoding first; convert_to and convert_from give other encodings as bytes");
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}
