/* Cells of binary results. Each column gets one decoder when its result begins, chosen by the type the server reports and the type
 * that the statement expects; a row is then one call per column. Conversions that lose nothing are made (integers within range,
 * numeric to integers, anything simple to text); everything else has no decoder or is WEFT_ERROR_DATA. Texts stay where libpq has
 * them, NUL-terminated; only what has to be made (numerics, texts of other types) goes to the row's arena. */
#include "driver/postgres/postgres.h"

#include <float.h>
#include <math.h>
#include <string.h>

static uint32_t get32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static uint64_t get64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

#define DECODER(name)                                                                                                            \
    static weft_status name(const wefti_postgres_column *column, const char *data, size_t size, weft_value *cell,                \
                            wefti_arena *arena)
#define UNUSED(x) ((void)(x))

static weft_status give_integer(const wefti_postgres_column *column, int64_t v, weft_value *cell)
{
    if (v < column->min || v > column->max)
        return WEFT_ERROR_DATA;
    cell->as.i = v;
    return WEFT_OK;
}

DECODER(read_int8)
{
    UNUSED(arena);
    return size == 8 ? give_integer(column, (int64_t)get64(data), cell) : WEFT_ERROR_PROTOCOL;
}

DECODER(read_int4)
{
    UNUSED(arena);
    return size == 4 ? give_integer(column, (int32_t)get32(data), cell) : WEFT_ERROR_PROTOCOL;
}

DECODER(read_int2)
{
    UNUSED(arena);
    if (size != 2)
        return WEFT_ERROR_PROTOCOL;
    return give_integer(column, (int16_t)((unsigned)(unsigned char)data[0] << 8 | (unsigned char)data[1]), cell);
}

DECODER(read_oid)
{
    UNUSED(arena);
    return size == 4 ? give_integer(column, get32(data), cell) : WEFT_ERROR_PROTOCOL;
}

DECODER(read_bool)
{
    UNUSED(column);
    UNUSED(arena);
    cell->as.b = data[0] != 0;
    return size == 1 ? WEFT_OK : WEFT_ERROR_PROTOCOL;
}

DECODER(read_float8)
{
    UNUSED(arena);
    if (size != 8)
        return WEFT_ERROR_PROTOCOL;
    uint64_t bits = get64(data);
    memcpy(&cell->as.d, &bits, sizeof bits);
    bool fits = column->type == WEFT_DOUBLE || !isfinite(cell->as.d) || fabs(cell->as.d) <= (double)FLT_MAX;
    return fits ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(read_float4)
{
    UNUSED(column);
    UNUSED(arena);
    if (size != 4)
        return WEFT_ERROR_PROTOCOL;
    uint32_t bits = get32(data);
    float f;
    memcpy(&f, &bits, sizeof f);
    cell->as.d = (double)f;
    return WEFT_OK;
}

DECODER(read_text)
{
    UNUSED(column);
    UNUSED(arena);
    cell->as.s.data = data;
    cell->as.s.size = size;
    return WEFT_OK;
}

/* Where the server does not guarantee it: databases in SQL_ASCII, types of which the binary form is not known to be text. */
DECODER(read_checked_text)
{
    if (!wefti_postgres_text_valid(data, size))
        return WEFT_ERROR_DATA;
    return read_text(column, data, size, cell, arena);
}

DECODER(read_jsonb)
{
    if (size < 1 || data[0] != 1)
        return WEFT_ERROR_PROTOCOL;
    return read_text(column, data + 1, size - 1, cell, arena);
}

DECODER(read_checked_jsonb)
{
    if (size < 1 || data[0] != 1)
        return WEFT_ERROR_PROTOCOL;
    return read_checked_text(column, data + 1, size - 1, cell, arena);
}

DECODER(read_uuid)
{
    UNUSED(column);
    UNUSED(arena);
    if (size != 16)
        return WEFT_ERROR_PROTOCOL;
    memcpy(cell->as.uuid.bytes, data, 16);
    return WEFT_OK;
}

DECODER(read_date)
{
    UNUSED(column);
    UNUSED(arena);
    if (size != 4)
        return WEFT_ERROR_PROTOCOL;
    int64_t days = (int32_t)get32(data);
    if (days >= INT32_MAX - POSTGRES_EPOCH_DAYS && days != INT32_MAX)
        return WEFT_ERROR_PROTOCOL;
    cell->as.i = days == INT32_MAX || days == INT32_MIN ? days : days + POSTGRES_EPOCH_DAYS;
    return WEFT_OK;
}

DECODER(read_date_as_timestamp)
{
    int64_t usec;
    weft_status status = read_date(column, data, size, cell, arena);
    if (status != WEFT_OK)
        return status;
    if (cell->as.i == INT32_MAX || cell->as.i == INT32_MIN)
        usec = cell->as.i == INT32_MAX ? INT64_MAX : INT64_MIN;
    else if (__builtin_mul_overflow(cell->as.i, INT64_C(86400000000), &usec))
        return WEFT_ERROR_DATA; /* dates reach further than timestamps */
    cell->as.i = usec;
    return WEFT_OK;
}

DECODER(read_time)
{
    UNUSED(column);
    UNUSED(arena);
    cell->as.i = size == 8 ? (int64_t)get64(data) : -1;
    return cell->as.i >= 0 && cell->as.i <= INT64_C(86400000000) ? WEFT_OK : WEFT_ERROR_PROTOCOL;
}

DECODER(read_timestamp)
{
    UNUSED(column);
    UNUSED(arena);
    if (size != 8)
        return WEFT_ERROR_PROTOCOL;
    int64_t usec = (int64_t)get64(data);
    if (usec >= INT64_MAX - POSTGRES_EPOCH_USEC && usec != INT64_MAX)
        return WEFT_ERROR_PROTOCOL;
    cell->as.i = usec == INT64_MAX || usec == INT64_MIN ? usec : usec + POSTGRES_EPOCH_USEC;
    return WEFT_OK;
}

DECODER(read_numeric)
{
    UNUSED(column);
    return wefti_postgres_numeric_decode(data, size, arena, &cell->as.s.data, &cell->as.s.size);
}

/* 12 and 12.00 are integers, 12.5 is not. */
DECODER(read_numeric_as_integer)
{
    const char *text;
    size_t length;
    int64_t v;
    weft_status status = wefti_postgres_numeric_decode(data, size, arena, &text, &length);
    if (status != WEFT_OK)
        return status;
    const char *point = memchr(text, '.', length);
    if (point != NULL) {
        if (strspn(point + 1, "0") != length - (size_t)(point + 1 - text))
            return WEFT_ERROR_DATA;
        length = (size_t)(point - text);
    }
    return wefti_int64_parse(text, length, &v) ? give_integer(column, v, cell) : WEFT_ERROR_DATA;
}

DECODER(read_numeric_as_real)
{
    const char *text;
    size_t length;
    char *end;
    weft_status status = wefti_postgres_numeric_decode(data, size, arena, &text, &length);
    if (status != WEFT_OK)
        return status;
    cell->as.d = wefti_double_read(text, &end);
    if (column->type == WEFT_FLOAT && isfinite(cell->as.d) && fabs(cell->as.d) > (double)FLT_MAX)
        return WEFT_ERROR_DATA;
    return *end == '\0' ? WEFT_OK : WEFT_ERROR_DATA;
}

static weft_status read_integer(const wefti_postgres_column *column, const char *data, size_t size, weft_value *cell)
{
    switch (column->oid) {
    case OID_INT2: return read_int2(column, data, size, cell, NULL);
    case OID_INT4: return read_int4(column, data, size, cell, NULL);
    case OID_INT8: return read_int8(column, data, size, cell, NULL);
    default: return read_oid(column, data, size, cell, NULL);
    }
}

/* Exact up to 2^53. */
DECODER(read_integer_as_real)
{
    UNUSED(arena);
    weft_status status = read_integer(column, data, size, cell);
    int64_t v = cell->as.i, limit = INT64_C(1) << (column->type == WEFT_FLOAT ? 24 : 53);
    if (status != WEFT_OK || v > limit || v < -limit)
        return status != WEFT_OK ? status : WEFT_ERROR_DATA;
    cell->as.d = (double)v;
    return WEFT_OK;
}

DECODER(read_bool_as_integer)
{
    weft_status status = read_bool(column, data, size, cell, arena);
    cell->as.i = cell->as.b;
    return status;
}

/* Text of simple values, as the text functions of base write them. */
DECODER(read_as_text)
{
    char *text = wefti_arena_aligned(arena, 48, 1);
    weft_value value = {0};
    weft_status status;
    if (text == NULL)
        return WEFT_ERROR_NO_MEMORY;
    switch (column->oid) {
    case OID_UUID:
        status = read_uuid(column, data, size, &value, arena);
        (void)wefti_uuid_write(value.as.uuid.bytes, text);
        break;
    case OID_DATE:
        status = read_date(column, data, size, &value, arena);
        (void)wefti_date_write((int32_t)value.as.i, text);
        break;
    case OID_TIME:
        status = read_time(column, data, size, &value, arena);
        (void)wefti_time_write(value.as.i, text);
        break;
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
        status = read_timestamp(column, data, size, &value, arena);
        (void)wefti_timestamp_write(value.as.i, text);
        break;
    default:
        status = read_integer(column, data, size, &value);
        text = wefti_arena_printf(arena, "%lld", (long long)value.as.i);
        if (text == NULL)
            return WEFT_ERROR_NO_MEMORY;
    }
    cell->as.s.data = text;
    cell->as.s.size = strlen(text);
    return status;
}

DECODER(read_decimal_text)
{
    return wefti_decimal_valid(data, size, true) ? read_text(column, data, size, cell, arena) : WEFT_ERROR_DATA;
}

DECODER(read_uuid_text)
{
    UNUSED(column);
    UNUSED(arena);
    return wefti_uuid_parse(data, size, cell->as.uuid.bytes) ? WEFT_OK : WEFT_ERROR_DATA;
}

weft_type wefti_postgres_type_of(Oid oid)
{
    switch (oid) {
    case OID_BOOL: return WEFT_BOOL;
    case OID_BYTEA: return WEFT_BYTES;
    case OID_INT2: return WEFT_INT16;
    case OID_INT4: return WEFT_INT32;
    case OID_INT8: case OID_OID: return WEFT_INT64;
    case OID_FLOAT4: return WEFT_FLOAT;
    case OID_FLOAT8: return WEFT_DOUBLE;
    case OID_TEXT: case OID_VARCHAR: case OID_BPCHAR: case OID_NAME: case OID_CHAR: case OID_UNKNOWN: return WEFT_TEXT;
    case OID_JSON: case OID_JSONB: return WEFT_JSON;
    case OID_UUID: return WEFT_UUID;
    case OID_NUMERIC: return WEFT_DECIMAL;
    case OID_DATE: return WEFT_DATE;
    case OID_TIME: return WEFT_TIME;
    case OID_TIMESTAMP: case OID_TIMESTAMPTZ: return WEFT_TIMESTAMP;
    default: return WEFT_UNMAPPED;
    }
}

bool wefti_postgres_has_binary(Oid oid)
{
    return wefti_postgres_type_of(oid) != WEFT_UNMAPPED;
}

/* Of a column of integers. */
static wefti_postgres_decode choose_integer(Oid oid, weft_type wanted)
{
    switch (wanted) {
    case WEFT_INT16: case WEFT_INT32: case WEFT_INT64: case WEFT_UINT32:
        return oid == OID_INT8 ? read_int8 : oid == OID_INT4 ? read_int4 : oid == OID_INT2 ? read_int2 : read_oid;
    case WEFT_FLOAT: case WEFT_DOUBLE: return read_integer_as_real;
    case WEFT_TEXT: case WEFT_DECIMAL: return read_as_text;
    default: return NULL;
    }
}

static wefti_postgres_decode choose_numeric(weft_type wanted)
{
    switch (wanted) {
    case WEFT_DECIMAL: case WEFT_TEXT: return read_numeric;
    case WEFT_INT16: case WEFT_INT32: case WEFT_INT64: case WEFT_UINT32: return read_numeric_as_integer;
    case WEFT_FLOAT: case WEFT_DOUBLE: return read_numeric_as_real;
    default: return NULL;
    }
}

static wefti_postgres_decode choose_text(weft_type wanted, bool checked)
{
    switch (wanted) {
    case WEFT_TEXT: case WEFT_JSON: return checked ? read_checked_text : read_text;
    case WEFT_DECIMAL: return read_decimal_text;
    case WEFT_UUID: return read_uuid_text;
    default: return NULL;
    }
}

static wefti_postgres_decode choose(Oid oid, weft_type wanted, bool check_utf8)
{
    bool text = wanted == WEFT_TEXT;
    switch (oid) {
    case OID_INT2: case OID_INT4: case OID_INT8: case OID_OID: return choose_integer(oid, wanted);
    case OID_NUMERIC: return choose_numeric(wanted);
    case OID_BOOL:
        return wanted == WEFT_BOOL ? read_bool : wanted >= WEFT_INT16 && wanted <= WEFT_UINT32 ? read_bool_as_integer : NULL;
    case OID_FLOAT4: return wanted == WEFT_FLOAT || wanted == WEFT_DOUBLE ? read_float4 : NULL;
    case OID_FLOAT8: return wanted == WEFT_FLOAT || wanted == WEFT_DOUBLE ? read_float8 : NULL;
    case OID_BYTEA: return wanted == WEFT_BYTES ? read_text : NULL;
    case OID_JSON: return wanted != WEFT_JSON && !text ? NULL : check_utf8 ? read_checked_text : read_text;
    case OID_JSONB: return wanted != WEFT_JSON && !text ? NULL : check_utf8 ? read_checked_jsonb : read_jsonb;
    case OID_UUID: return wanted == WEFT_UUID ? read_uuid : text ? read_as_text : NULL;
    case OID_DATE:
        return wanted == WEFT_DATE ? read_date : wanted == WEFT_TIMESTAMP ? read_date_as_timestamp : text ? read_as_text : NULL;
    case OID_TIME: return wanted == WEFT_TIME ? read_time : text ? read_as_text : NULL;
    case OID_TIMESTAMP: case OID_TIMESTAMPTZ: return wanted == WEFT_TIMESTAMP ? read_timestamp : text ? read_as_text : NULL;
    case OID_TEXT: case OID_VARCHAR: case OID_BPCHAR: case OID_NAME: case OID_CHAR: case OID_UNKNOWN: case OID_XML:
        return choose_text(wanted, check_utf8);
    default: return oid >= OID_FIRST_USER ? choose_text(wanted, true) : NULL; /* enums, citext */
    }
}

static void set_range(wefti_postgres_column *column)
{
    column->min = INT64_MIN;
    column->max = INT64_MAX;
    if (column->type == WEFT_INT16) {
        column->min = INT16_MIN;
        column->max = INT16_MAX;
    } else if (column->type == WEFT_INT32) {
        column->min = INT32_MIN;
        column->max = INT32_MAX;
    } else if (column->type == WEFT_UINT32) {
        column->min = 0;
        column->max = UINT32_MAX;
    }
}

bool wefti_postgres_choose_binary(wefti_postgres_column *column, Oid oid, weft_type expected, bool check_utf8)
{
    weft_type wanted = expected == WEFT_UNMAPPED ? wefti_postgres_type_of(oid) : expected == WEFT_CHARS ? WEFT_TEXT : expected;
    *column = (wefti_postgres_column){.type = wanted, .oid = oid, .decode = choose(oid, wanted, check_utf8)};
    set_range(column);
    return column->decode != NULL;
}
