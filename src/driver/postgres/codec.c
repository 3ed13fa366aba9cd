/* How each type travels to the server: one row per type. Parameters and the elements of lists and COPY share the binary forms here;
 * the way back is decode.c's, by the server's type.
 *
 * INT64_MAX and INT64_MIN as a timestamp, INT32_MAX and INT32_MIN as a date mean infinity and -infinity, both ways. */
#include "driver/postgres/postgres.h"

#include <float.h>
#include <math.h>
#include <string.h>

static size_t put_int2(unsigned char *to, const weft_value *value)
{
    wefti_postgres_put16(to, (uint16_t)value->as.i);
    return 2;
}

static size_t put_int4(unsigned char *to, const weft_value *value)
{
    wefti_postgres_put32(to, (uint32_t)value->as.i);
    return 4;
}

static size_t put_int8(unsigned char *to, const weft_value *value)
{
    wefti_postgres_put64(to, (uint64_t)value->as.i);
    return 8;
}

static size_t put_float4(unsigned char *to, const weft_value *value)
{
    if (isfinite(value->as.d) && fabs(value->as.d) > (double)FLT_MAX)
        return 0;
    const float narrow = (float)value->as.d;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    wefti_postgres_put32(to, bits);
    return 4;
}

static size_t put_float8(unsigned char *to, const weft_value *value)
{
    uint64_t bits;
    memcpy(&bits, &value->as.d, sizeof bits);
    wefti_postgres_put64(to, bits);
    return 8;
}

static size_t put_bool(unsigned char *to, const weft_value *value)
{
    to[0] = value->as.b;
    return 1;
}

static size_t put_uuid(unsigned char *to, const weft_value *value)
{
    memcpy(to, value->as.uuid.bytes, sizeof value->as.uuid.bytes);
    return sizeof value->as.uuid.bytes;
}

/* Infinities keep their values; what cannot be counted from 2000 is out of range. */
static size_t put_timestamp(unsigned char *to, const weft_value *value)
{
    int64_t usec = value->as.i;
    if (usec != INT64_MAX && usec != INT64_MIN) {
        if (usec < INT64_MIN + POSTGRES_EPOCH_USEC)
            return 0;
        usec -= POSTGRES_EPOCH_USEC;
    }
    wefti_postgres_put64(to, (uint64_t)usec);
    return 8;
}

static size_t put_date(unsigned char *to, const weft_value *value)
{
    int64_t days = value->as.i;
    if (days < INT32_MIN || days > INT32_MAX)
        return 0;
    if (days != INT32_MAX && days != INT32_MIN) {
        if (days < (int64_t)INT32_MIN + POSTGRES_EPOCH_DAYS)
            return 0;
        days -= POSTGRES_EPOCH_DAYS;
    }
    wefti_postgres_put32(to, (uint32_t)(int32_t)days);
    return 4;
}

static size_t put_time(unsigned char *to, const weft_value *value)
{
    return value->as.i < 0 || value->as.i > INT64_C(86400000000) ? 0 : put_int8(to, value);
}

static size_t put_interval(unsigned char *to, const weft_value *value)
{
    const weft_interval *interval = &value->as.interval;
    wefti_postgres_put64(to, (uint64_t)interval->usec);
    wefti_postgres_put32(to + 8, (uint32_t)interval->days);
    wefti_postgres_put32(to + 12, (uint32_t)interval->months);
    return 16;
}

static size_t put_macaddr(unsigned char *to, const weft_value *value)
{
    memcpy(to, value->as.macaddr.bytes, sizeof value->as.macaddr.bytes);
    return sizeof value->as.macaddr.bytes;
}

static size_t put_content(unsigned char *to, const weft_value *value)
{
    if (value->as.s.size > 0)
        memcpy(to, value->as.s.data, value->as.s.size);
    return value->as.s.size;
}

static size_t put_inet(unsigned char *to, const weft_value *value)
{
    wefti_inet inet;
    if (!wefti_inet_parse(value->as.s.data, value->as.s.size, &inet))
        return 0;
    to[0] = inet.is_ipv6 ? 3 : 2; /* PGSQL_AF_INET6, PGSQL_AF_INET */
    to[1] = inet.bits;
    to[2] = 0; /* no cidr */
    to[3] = inet.size;
    memcpy(to + 4, inet.bytes, inet.size);
    return 4u + inet.size;
}

static size_t put_jsonb(unsigned char *to, const weft_value *value)
{
    to[0] = 1; /* its version */
    return 1 + put_content(to + 1, value);
}

static size_t put_numeric(unsigned char *to, const weft_value *value)
{
    return wefti_postgres_numeric_encode(value->as.s.data, value->as.s.size, to);
}

/* How many there are, then their bytes; what stands behind the last is zero. */
static size_t put_varbit(unsigned char *to, const weft_value *value)
{
    const size_t size = value->as.s.size;
    wefti_postgres_put32(to, (uint32_t)wefti_bits_count(value));
    if (size == 0)
        return 4;
    memcpy(to + 4, value->as.s.data, size);
    to[3 + size] = (unsigned char)(to[3 + size] & 0xffu << value->ends_);
    return 4 + size;
}

/* ---- ranges ---- */

static uint8_t range_flags(uint8_t ends)
{
    if ((ends & WEFTI_EMPTY) != 0)
        return RANGE_EMPTY;
    return (uint8_t)(((ends & (WEFTI_LOWER_OPEN | WEFTI_NO_LOWER)) == 0 ? RANGE_LOWER_CLOSED : 0) |
                     ((ends & WEFTI_UPPER_CLOSED) != 0 ? RANGE_UPPER_CLOSED : 0) |
                     ((ends & WEFTI_NO_LOWER) != 0 ? RANGE_NO_LOWER : 0) | ((ends & WEFTI_NO_UPPER) != 0 ? RANGE_NO_UPPER : 0));
}

static size_t put_bound(unsigned char *to, const weft_value *bound)
{
    const size_t size = wefti_postgres_codecs[bound->type].put(to + 4, bound);
    wefti_postgres_put32(to, (uint32_t)size);
    return size > 0 ? 4 + size : 0;
}

/* How it ends, then the bounds that there are, each with its size before it. */
static size_t put_range(unsigned char *to, const weft_value *value)
{
    const uint8_t none[2] = {WEFTI_NO_LOWER, WEFTI_NO_UPPER};
    size_t used = 1;
    to[0] = range_flags(value->ends_);
    for (int upper = 0; upper < 2; upper++) {
        if ((value->ends_ & (none[upper] | WEFTI_EMPTY)) != 0)
            continue;
        const weft_value bound = wefti_range_bound(value, upper != 0);
        const size_t size = put_bound(to + used, &bound);
        if (size == 0)
            return 0;
        used += size;
    }
    return used;
}

static size_t put_numrange(unsigned char *to, const weft_value *value)
{
    wefti_range_text text;
    size_t used = 1;
    if (!wefti_range_of_decimals(value->as.s.data, value->as.s.size, &text))
        return 0;
    to[0] = range_flags(text.ends);
    for (int upper = 0; upper < 2; upper++) {
        if (text.sizes[upper] == 0)
            continue;
        const weft_value bound = {.type = WEFT_DECIMAL, .as.s = {text.bounds[upper], text.sizes[upper]}};
        const size_t size = put_bound(to + used, &bound);
        if (size == 0)
            return 0;
        used += size;
    }
    return used;
}

static const struct {
    Oid range, multirange, bound;
} server_ranges[] = {{OID_INT4RANGE, OID_INT4MULTIRANGE, OID_INT4},  {OID_INT8RANGE, OID_INT8MULTIRANGE, OID_INT8},
                     {OID_NUMRANGE, OID_NUMMULTIRANGE, OID_NUMERIC}, {OID_DATERANGE, OID_DATEMULTIRANGE, OID_DATE},
                     {OID_TSRANGE, OID_TSMULTIRANGE, OID_TIMESTAMP}, {OID_TSTZRANGE, OID_TSTZMULTIRANGE, OID_TIMESTAMPTZ}};
enum { SERVER_RANGES = sizeof server_ranges / sizeof server_ranges[0] };

Oid wefti_postgres_multirange_of(unsigned range)
{
    for (size_t i = 0; i < SERVER_RANGES; i++)
        if (server_ranges[i].range == wefti_postgres_codecs[range].element)
            return server_ranges[i].multirange;
    return 0;
}

Oid wefti_postgres_bound_of(Oid range, bool multirange)
{
    for (size_t i = 0; i < SERVER_RANGES; i++)
        if ((multirange ? server_ranges[i].multirange : server_ranges[i].range) == range)
            return server_ranges[i].bound;
    return 0;
}

const wefti_postgres_codec wefti_postgres_codecs[WEFT_TYPE_COUNT_] = {
    [WEFT_INT16] = {OID_INT2, OID_INT2, OID_INT2_ARRAY, put_int2},
    [WEFT_INT32] = {OID_INT4, OID_INT4, OID_INT4_ARRAY, put_int4},
    [WEFT_INT64] = {OID_INT8, OID_INT8, OID_INT8_ARRAY, put_int8},
    [WEFT_UINT32] = {OID_INT8, OID_INT8, OID_INT8_ARRAY, put_int8},
    [WEFT_BOOL] = {OID_BOOL, OID_BOOL, OID_BOOL_ARRAY, put_bool},
    [WEFT_FLOAT] = {OID_FLOAT4, OID_FLOAT4, OID_FLOAT4_ARRAY, put_float4},
    [WEFT_DOUBLE] = {OID_FLOAT8, OID_FLOAT8, OID_FLOAT8_ARRAY, put_float8},
    [WEFT_TEXT] = {0, OID_TEXT, OID_TEXT_ARRAY, put_content},
    [WEFT_CHARS] = {0, OID_TEXT, OID_TEXT_ARRAY, put_content},
    [WEFT_BYTES] = {OID_BYTEA, OID_BYTEA, OID_BYTEA_ARRAY, put_content},
    [WEFT_TIMESTAMP] = {OID_TIMESTAMPTZ, OID_TIMESTAMPTZ, OID_TIMESTAMPTZ_ARRAY, put_timestamp},
    [WEFT_DATE] = {OID_DATE, OID_DATE, OID_DATE_ARRAY, put_date},
    [WEFT_TIME] = {OID_TIME, OID_TIME, OID_TIME_ARRAY, put_time},
    [WEFT_UUID] = {OID_UUID, OID_UUID, OID_UUID_ARRAY, put_uuid},
    [WEFT_DECIMAL] = {OID_NUMERIC, OID_NUMERIC, OID_NUMERIC_ARRAY, put_numeric},
    [WEFT_INTERVAL] = {OID_INTERVAL, OID_INTERVAL, OID_INTERVAL_ARRAY, put_interval},
    [WEFT_MACADDR] = {OID_MACADDR, OID_MACADDR, OID_MACADDR_ARRAY, put_macaddr},
    [WEFT_INET] = {OID_INET, OID_INET, OID_INET_ARRAY, put_inet},
    [WEFT_JSON] = {0, OID_JSONB, OID_JSONB_ARRAY, put_jsonb},
    [WEFT_BITS] = {OID_VARBIT, OID_VARBIT, OID_VARBIT_ARRAY, put_varbit},
    [WEFT_TSVECTOR] = {OID_TSVECTOR, OID_TEXT, OID_TEXT_ARRAY, put_content}, /* lists are cast */
    [WEFT_TSQUERY] = {OID_TSQUERY, OID_TEXT, OID_TEXT_ARRAY, put_content},
    [WEFT_HSTORE] = {0, OID_TEXT, OID_TEXT_ARRAY, put_content},
    [WEFT_RANGE_INT32] = {OID_INT4RANGE, OID_INT4RANGE, OID_INT4RANGE_ARRAY, put_range},
    [WEFT_RANGE_INT64] = {OID_INT8RANGE, OID_INT8RANGE, OID_INT8RANGE_ARRAY, put_range},
    [WEFT_RANGE_DECIMAL] = {OID_NUMRANGE, OID_NUMRANGE, OID_NUMRANGE_ARRAY, put_numrange},
    [WEFT_RANGE_DATE] = {OID_DATERANGE, OID_DATERANGE, OID_DATERANGE_ARRAY, put_range},
    [WEFT_RANGE_TIMESTAMP] = {OID_TSTZRANGE, OID_TSTZRANGE, OID_TSTZRANGE_ARRAY, put_range},
};
