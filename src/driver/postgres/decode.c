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

#define DECODER(name) \
    static weft_status name(const wefti_postgres_column *column, const char *data, size_t size, weft_value *cell, \
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

DECODER(read_interval)
{
    UNUSED(column);
    UNUSED(arena);
    if (size != 16)
        return WEFT_ERROR_PROTOCOL;
    cell->as.interval = (weft_interval){(int32_t)get32(data + 12), (int32_t)get32(data + 8), (int64_t)get64(data)};
    return WEFT_OK;
}

DECODER(read_macaddr)
{
    UNUSED(column);
    UNUSED(arena);
    if (size != sizeof cell->as.macaddr.bytes)
        return WEFT_ERROR_PROTOCOL;
    memcpy(cell->as.macaddr.bytes, data, sizeof cell->as.macaddr.bytes);
    return WEFT_OK;
}

DECODER(read_inet)
{
    wefti_inet inet = {.is_ipv6 = size > 8};
    char text[WEFTI_FORM_BYTES];
    UNUSED(column);
    if ((size != 8 && size != 20) || (unsigned char)data[3] != size - 4 || (unsigned char)data[1] > (size - 4) * 8)
        return WEFT_ERROR_PROTOCOL;
    inet.bits = (uint8_t)data[1];
    inet.size = (uint8_t)(size - 4);
    memcpy(inet.bytes, data + 4, inet.size);
    cell->as.s.size = wefti_inet_write(&inet, text);
    cell->as.s.data = wefti_arena_strndup(arena, text, cell->as.s.size);
    return cell->as.s.data != NULL ? WEFT_OK : WEFT_ERROR_NO_MEMORY;
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

/* Text of simple values, as weft writes them. */
weft_status wefti_postgres_show(const weft_value *value, weft_value *cell, wefti_arena *arena)
{
    char room[96]; /* more than numbers, times and UUIDs need: it does not grow */
    wefti_text text = {.data = room, .capacity = sizeof room};
    wefti_value_show(&text, value);
    cell->as.s.data = wefti_arena_strndup(arena, text.data, text.size);
    cell->as.s.size = text.size;
    return cell->as.s.data != NULL ? WEFT_OK : WEFT_ERROR_NO_MEMORY;
}

DECODER(read_as_text)
{
    const wefti_postgres_server_type *server = wefti_postgres_server_type_of(column->oid);
    const wefti_postgres_column own = {.type = (weft_type)server->type, .oid = column->oid, .min = INT64_MIN, .max = INT64_MAX};
    weft_value value = {.type = (weft_type)server->type};
    weft_status status = server->read(&own, data, size, &value, arena);
    return status == WEFT_OK ? wefti_postgres_show(&value, cell, arena) : status;
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

/* ---- the server's types ---- */

/* Those with a type of weft's are read as it, and the others as text, where they have a reader; all have their names in SQL. */
static const wefti_postgres_server_type server_types[] = {
    {0, WEFT_UNMAPPED, "that weft does not know", NULL, NULL},
    {OID_BOOL, WEFT_BOOL, "boolean", read_bool, read_bool},
    {OID_BYTEA, WEFT_BYTES, "bytea", read_text, read_text},
    {OID_INT2, WEFT_INT16, "smallint", read_int2, read_int2},
    {OID_INT4, WEFT_INT32, "integer", read_int4, read_int4},
    {OID_INT8, WEFT_INT64, "bigint", read_int8, read_int8},
    {OID_OID, WEFT_INT64, "oid", read_oid, read_oid},
    {OID_FLOAT4, WEFT_FLOAT, "real", read_float4, read_float4},
    {OID_FLOAT8, WEFT_DOUBLE, "double precision", read_float8, read_float8},
    {OID_NUMERIC, WEFT_DECIMAL, "numeric", read_numeric, read_numeric},
    {OID_TEXT, WEFT_TEXT, "text", read_text, read_checked_text},
    {OID_VARCHAR, WEFT_TEXT, "character varying", read_text, read_checked_text},
    {OID_BPCHAR, WEFT_TEXT, "character", read_text, read_checked_text},
    {OID_NAME, WEFT_TEXT, "name", read_text, read_checked_text},
    {OID_CHAR, WEFT_TEXT, "\"char\"", read_text, read_checked_text},
    {OID_UNKNOWN, WEFT_TEXT, "unknown", read_text, read_checked_text},
    {OID_JSON, WEFT_JSON, "json", read_text, read_checked_text},
    {OID_JSONB, WEFT_JSON, "jsonb", read_jsonb, read_checked_jsonb},
    {OID_UUID, WEFT_UUID, "uuid", read_uuid, read_uuid},
    {OID_DATE, WEFT_DATE, "date", read_date, read_date},
    {OID_TIME, WEFT_TIME, "time", read_time, read_time},
    {OID_TIMESTAMP, WEFT_TIMESTAMP, "timestamp", read_timestamp, read_timestamp},
    {OID_TIMESTAMPTZ, WEFT_TIMESTAMP, "timestamp with time zone", read_timestamp, read_timestamp},
    {OID_XML, WEFT_UNMAPPED, "xml", read_text, read_checked_text},
    {600, WEFT_UNMAPPED, "point", NULL, NULL},
    {OID_CIDR, WEFT_INET, "cidr", read_inet, read_inet},
    {790, WEFT_UNMAPPED, "money", NULL, NULL},
    {OID_MACADDR, WEFT_MACADDR, "macaddr", read_macaddr, read_macaddr},
    {OID_INET, WEFT_INET, "inet", read_inet, read_inet},
    {OID_INTERVAL, WEFT_INTERVAL, "interval", read_interval, read_interval},
    {1266, WEFT_UNMAPPED, "time with time zone", NULL, NULL},
    {OID_BIT, WEFT_UNMAPPED, "bit", NULL, NULL},
    {OID_VARBIT, WEFT_UNMAPPED, "bit varying", NULL, NULL},
    {2249, WEFT_UNMAPPED, "record", NULL, NULL},
    {2278, WEFT_UNMAPPED, "void", NULL, NULL},
    {OID_TSVECTOR, WEFT_UNMAPPED, "tsvector", NULL, NULL},
    {OID_TSQUERY, WEFT_UNMAPPED, "tsquery", NULL, NULL},
    {OID_BOOL_ARRAY, WEFT_UNMAPPED, "boolean[]", NULL, NULL},
    {OID_BYTEA_ARRAY, WEFT_UNMAPPED, "bytea[]", NULL, NULL},
    {OID_INT2_ARRAY, WEFT_UNMAPPED, "smallint[]", NULL, NULL},
    {OID_INT4_ARRAY, WEFT_UNMAPPED, "integer[]", NULL, NULL},
    {OID_INT8_ARRAY, WEFT_UNMAPPED, "bigint[]", NULL, NULL},
    {OID_TEXT_ARRAY, WEFT_UNMAPPED, "text[]", NULL, NULL},
    {OID_FLOAT4_ARRAY, WEFT_UNMAPPED, "real[]", NULL, NULL},
    {OID_FLOAT8_ARRAY, WEFT_UNMAPPED, "double precision[]", NULL, NULL},
    {OID_DATE_ARRAY, WEFT_UNMAPPED, "date[]", NULL, NULL},
    {OID_TIME_ARRAY, WEFT_UNMAPPED, "time[]", NULL, NULL},
    {OID_TIMESTAMPTZ_ARRAY, WEFT_UNMAPPED, "timestamp with time zone[]", NULL, NULL},
    {OID_NUMERIC_ARRAY, WEFT_UNMAPPED, "numeric[]", NULL, NULL},
    {OID_UUID_ARRAY, WEFT_UNMAPPED, "uuid[]", NULL, NULL},
    {OID_MACADDR_ARRAY, WEFT_UNMAPPED, "macaddr[]", NULL, NULL},
    {OID_INET_ARRAY, WEFT_UNMAPPED, "inet[]", NULL, NULL},
    {OID_INTERVAL_ARRAY, WEFT_UNMAPPED, "interval[]", NULL, NULL},
    {OID_JSONB_ARRAY, WEFT_UNMAPPED, "jsonb[]", NULL, NULL},
    {OID_JSON_ARRAY, WEFT_UNMAPPED, "json[]", NULL, NULL},
    {OID_CIDR_ARRAY, WEFT_UNMAPPED, "cidr[]", NULL, NULL},
    {OID_CHAR_ARRAY, WEFT_UNMAPPED, "\"char\"[]", NULL, NULL},
    {OID_NAME_ARRAY, WEFT_UNMAPPED, "name[]", NULL, NULL},
    {OID_BPCHAR_ARRAY, WEFT_UNMAPPED, "character[]", NULL, NULL},
    {OID_VARCHAR_ARRAY, WEFT_UNMAPPED, "character varying[]", NULL, NULL},
    {OID_OID_ARRAY, WEFT_UNMAPPED, "oid[]", NULL, NULL},
    {OID_TIMESTAMP_ARRAY, WEFT_UNMAPPED, "timestamp[]", NULL, NULL},
    {OID_INT4RANGE, WEFT_UNMAPPED, "int4range", NULL, NULL},
    {OID_NUMRANGE, WEFT_UNMAPPED, "numrange", NULL, NULL},
    {OID_TSRANGE, WEFT_UNMAPPED, "tsrange", NULL, NULL},
    {OID_TSTZRANGE, WEFT_UNMAPPED, "tstzrange", NULL, NULL},
    {OID_DATERANGE, WEFT_UNMAPPED, "daterange", NULL, NULL},
    {OID_INT8RANGE, WEFT_UNMAPPED, "int8range", NULL, NULL},
    {OID_INT4MULTIRANGE, WEFT_UNMAPPED, "int4multirange", NULL, NULL},
    {OID_NUMMULTIRANGE, WEFT_UNMAPPED, "nummultirange", NULL, NULL},
    {OID_TSMULTIRANGE, WEFT_UNMAPPED, "tsmultirange", NULL, NULL},
    {OID_TSTZMULTIRANGE, WEFT_UNMAPPED, "tstzmultirange", NULL, NULL},
    {OID_DATEMULTIRANGE, WEFT_UNMAPPED, "datemultirange", NULL, NULL},
    {OID_INT8MULTIRANGE, WEFT_UNMAPPED, "int8multirange", NULL, NULL},
};

enum { SERVER_TYPES = sizeof server_types / sizeof server_types[0], MOST_OID = 4608 };
static uint8_t places[MOST_OID]; /* of a type in server_types, by its number; written once, by the driver's first use */
static pthread_once_t places_once = PTHREAD_ONCE_INIT;

static void note_places(void)
{
    _Static_assert(SERVER_TYPES <= UINT8_MAX, "places are bytes");
    for (unsigned i = 0; i < SERVER_TYPES; i++)
        places[server_types[i].oid] = (uint8_t)i;
}

const wefti_postgres_server_type *wefti_postgres_server_type_of(Oid oid)
{
    static const wefti_postgres_server_type own = {OID_FIRST_USER, WEFT_UNMAPPED, "of the database's own", read_checked_text,
                                                   read_checked_text}; /* enums, citext */
    (void)pthread_once(&places_once, note_places);
    return oid < MOST_OID ? &server_types[places[oid]] : oid >= OID_FIRST_USER ? &own : &server_types[0];
}

weft_type wefti_postgres_type_of(Oid oid) { return (weft_type)wefti_postgres_server_type_of(oid)->type; }

bool wefti_postgres_has_binary(Oid oid) { return wefti_postgres_type_of(oid) != WEFT_UNMAPPED; }

Oid wefti_postgres_item_of(Oid array)
{
    static const Oid others[][2] = {
        {OID_JSON_ARRAY, OID_JSON}, {OID_CIDR_ARRAY, OID_CIDR},           {OID_CHAR_ARRAY, OID_CHAR},
        {OID_NAME_ARRAY, OID_NAME}, {OID_BPCHAR_ARRAY, OID_BPCHAR},       {OID_VARCHAR_ARRAY, OID_VARCHAR},
        {OID_OID_ARRAY, OID_OID},   {OID_TIMESTAMP_ARRAY, OID_TIMESTAMP},
    };
    for (size_t type = 1; array != 0 && type < WEFT_TYPE_COUNT_; type++)
        if (wefti_postgres_codecs[type].array == array)
            return wefti_postgres_codecs[type].element;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i][0] == array)
            return others[i][1];
    return 0;
}

/* ---- arrays ---- */

/* The items follow each other, without a NUL behind a text. */
static weft_status read_item(const wefti_postgres_column *item, const char *data, size_t size, weft_value *value,
                             wefti_arena *arena)
{
    *value = (weft_value){.type = item->type};
    if (wefti_type_has_content(item->type) && (data = wefti_arena_strndup(arena, data, size)) == NULL)
        return WEFT_ERROR_NO_MEMORY;
    return item->decode(item, data, size, value, arena);
}

static weft_status read_items(const wefti_postgres_column *item, const char *at, const char *end, weft_value *cell,
                              wefti_arena *arena)
{
    const size_t count = wefti_array_count(cell);
    for (size_t i = 0; i < count; i++) {
        weft_value value = {.type = item->type, .is_null = true};
        if (end - at < 4)
            return WEFT_ERROR_PROTOCOL;
        const uint32_t size = get32(at);
        at += 4;
        if (size != UINT32_MAX) {
            if (size > (size_t)(end - at))
                return WEFT_ERROR_PROTOCOL;
            const weft_status status = read_item(item, at, size, &value, arena);
            if (status != WEFT_OK)
                return status;
            at += size;
        }
        if (!wefti_array_put(cell, i, &value))
            return WEFT_ERROR_DATA;
    }
    return at == end ? WEFT_OK : WEFT_ERROR_PROTOCOL;
}

/* Dimensions, whether an item is NULL, their type; of the one dimension its size and lower bound; each with its size before it. */
static weft_status read_any_array(const wefti_postgres_column *column, const char *data, size_t size, weft_value *cell,
                                  wefti_arena *arena, bool check)
{
    wefti_postgres_column item;
    const unsigned element = wefti_type_of(column->type)->element;
    if (size < 12 || get32(data) > 6 || get32(data + 4) > 1)
        return WEFT_ERROR_PROTOCOL;
    const uint32_t dimensions = get32(data), count = dimensions == 1 && size >= 20 ? get32(data + 12) : 0;
    if (dimensions > 1 || !wefti_postgres_choose_binary(&item, get32(data + 8), (weft_type)element, check))
        return WEFT_ERROR_DATA;
    if ((dimensions == 1 && size < 20) || count > size / 4)
        return WEFT_ERROR_PROTOCOL;
    if (!wefti_array_new(arena, wefti_array_type(element, get32(data + 4) == 1), count, cell))
        return WEFT_ERROR_NO_MEMORY;
    return read_items(&item, data + (dimensions == 0 ? 12 : 20), data + size, cell, arena);
}

DECODER(read_array) { return read_any_array(column, data, size, cell, arena, false); }
DECODER(read_checked_array) { return read_any_array(column, data, size, cell, arena, true); }

/* ---- ranges ---- */

/* The type of its bounds, as a column of it would be read; false where it is no range, or of another type. */
static bool choose_bound(wefti_postgres_column *bound, Oid oid, unsigned wanted)
{
    const wefti_type *row = wefti_type_of(wanted);
    const Oid of = row->bound != 0 ? wefti_postgres_bound_of(oid, wefti_type_is_array(wanted)) : 0;
    return of != 0 && wefti_type_of(wefti_postgres_type_of(of))->kin == wefti_type_of(row->bound)->kin &&
           wefti_postgres_choose_binary(bound, of, (weft_type)row->bound, false);
}

/* Which types of the server's are read as those that only they are read as. */
static bool gives_own(Oid oid, unsigned wanted)
{
    switch (oid) {
    case OID_BIT:
    case OID_VARBIT: return wanted == WEFT_BITS;
    case OID_TSVECTOR: return wanted == WEFT_TSVECTOR;
    case OID_TSQUERY: return wanted == WEFT_TSQUERY;
    default: return oid >= OID_FIRST_USER && wefti_type_of(wanted)->by_name;
    }
}

/* How many, then their bytes. */
DECODER(read_varbit)
{
    UNUSED(column);
    UNUSED(arena);
    if (size < 4 || (uint64_t)(size - 4) != ((uint64_t)get32(data) + 7) / 8)
        return WEFT_ERROR_PROTOCOL;
    cell->as.s.data = data + 4;
    cell->as.s.size = size - 4;
    cell->ends_ = (uint8_t)((size - 4) * 8 - get32(data));
    return WEFT_OK;
}

typedef struct range_bounds {
    uint8_t ends;
    weft_value values[2]; /* of those that there are */
} range_bounds;

static weft_status read_bounds(const wefti_postgres_column *bound, const char *data, size_t size, range_bounds *to,
                               wefti_arena *arena)
{
    const char *at = data + 1, *end = data + size;
    const unsigned flags = size > 0 ? (unsigned char)data[0] : 0;
    const unsigned none[2] = {RANGE_NO_LOWER | RANGE_EMPTY, RANGE_NO_UPPER | RANGE_EMPTY};
    if (size == 0)
        return WEFT_ERROR_PROTOCOL;
    to->ends = (flags & RANGE_EMPTY) != 0
                   ? (uint8_t)WEFTI_EMPTY
                   : (uint8_t)(((flags & (RANGE_LOWER_CLOSED | RANGE_NO_LOWER)) == 0 ? WEFTI_LOWER_OPEN : 0) |
                               ((flags & (RANGE_UPPER_CLOSED | RANGE_NO_UPPER)) == RANGE_UPPER_CLOSED ? WEFTI_UPPER_CLOSED : 0) |
                               ((flags & RANGE_NO_LOWER) != 0 ? WEFTI_NO_LOWER : 0) |
                               ((flags & RANGE_NO_UPPER) != 0 ? WEFTI_NO_UPPER : 0));
    for (int i = 0; i < 2; i++) {
        to->values[i] = (weft_value){.type = bound->type};
        if ((flags & none[i]) != 0)
            continue;
        if (end - at < 4 || get32(at) > (size_t)(end - at) - 4)
            return WEFT_ERROR_PROTOCOL;
        const weft_status status = bound->decode(bound, at + 4, get32(at), &to->values[i], arena);
        if (status != WEFT_OK)
            return status;
        at += 4 + get32(at);
    }
    return at == end ? WEFT_OK : WEFT_ERROR_PROTOCOL;
}

static weft_status write_decimals(const range_bounds *bounds, weft_value *cell, wefti_arena *arena)
{
    const uint8_t ends = bounds->ends;
    const char *lower = (ends & WEFTI_NO_LOWER) != 0 ? "" : bounds->values[0].as.s.data,
               *upper = (ends & WEFTI_NO_UPPER) != 0 ? "" : bounds->values[1].as.s.data;
    const char *text = (ends & WEFTI_EMPTY) != 0
                           ? "empty"
                           : wefti_arena_printf(arena, "%c%s,%s%c", (ends & (WEFTI_LOWER_OPEN | WEFTI_NO_LOWER)) != 0 ? '(' : '[',
                                                lower, upper, (ends & WEFTI_UPPER_CLOSED) != 0 ? ']' : ')');
    if (text == NULL)
        return WEFT_ERROR_NO_MEMORY;
    cell->as.s.data = text;
    cell->as.s.size = strlen(text);
    return WEFT_OK;
}

static weft_status read_one_range(const wefti_postgres_column *bound, const char *data, size_t size, weft_value *cell,
                                  wefti_arena *arena)
{
    range_bounds bounds;
    const weft_status status = read_bounds(bound, data, size, &bounds, arena);
    if (status != WEFT_OK)
        return status;
    if (wefti_type_is_text(cell->type))
        return write_decimals(&bounds, cell, arena);
    cell->ends_ = bounds.ends;
    cell->as.range_.lower = bounds.values[0].as.i;
    cell->as.range_.upper = bounds.values[1].as.i;
    wefti_range_settle(cell);
    return WEFT_OK;
}

DECODER(read_range)
{
    wefti_postgres_column bound;
    cell->type = column->type;
    return choose_bound(&bound, column->oid, column->type) ? read_one_range(&bound, data, size, cell, arena) : WEFT_ERROR_DATA;
}

DECODER(read_multirange)
{
    wefti_postgres_column bound;
    const char *at = data + 4, *end = data + size;
    if (!choose_bound(&bound, column->oid, column->type) || size < 4 || get32(data) > size / 5)
        return WEFT_ERROR_PROTOCOL;
    if (!wefti_array_new(arena, column->type, get32(data), cell))
        return WEFT_ERROR_NO_MEMORY;
    const size_t count = wefti_array_count(cell);
    for (size_t i = 0; i < count; i++) {
        weft_value range = {.type = (weft_type)wefti_type_of(column->type)->element};
        if (end - at < 4 || get32(at) > (size_t)(end - at) - 4)
            return WEFT_ERROR_PROTOCOL;
        const weft_status status = read_one_range(&bound, at + 4, get32(at), &range, arena);
        if (status != WEFT_OK)
            return status;
        if (!wefti_array_put(cell, i, &range))
            return WEFT_ERROR_DATA;
        at += 4 + get32(at);
    }
    return at == end ? WEFT_OK : WEFT_ERROR_PROTOCOL;
}

/* Those of the database's own types are arrays where the binary form is one. */
static bool gives_array(Oid oid, unsigned wanted)
{
    wefti_postgres_column item;
    if (!wefti_type_is_array(wanted))
        return false;
    const Oid of = wefti_postgres_item_of(oid);
    return of == 0 ? oid >= OID_FIRST_USER
                   : wefti_postgres_choose_binary(&item, of, (weft_type)wefti_type_of(wanted)->element, false);
}

/* The decoder of a type of the server's that is wanted as another of weft's than its own, or NULL. */
static wefti_postgres_decode choose_conversion(const wefti_postgres_server_type *server, weft_type wanted,
                                               wefti_postgres_decode own)
{
    const weft_type type = (weft_type)server->type;
    const bool integer = wefti_type_is_integer(wanted), real = wefti_type_is_real(wanted);
    if (own == NULL)
        return NULL;
    if (wefti_type_is_integer(type))
        return integer ? own : real ? read_integer_as_real : wanted == WEFT_TEXT || wanted == WEFT_DECIMAL ? read_as_text : NULL;
    if (type == WEFT_DECIMAL)
        return integer ? read_numeric_as_integer : real ? read_numeric_as_real : wanted == WEFT_TEXT ? own : NULL;
    if (wefti_type_is_real(type))
        return real ? own : NULL;
    if (type == WEFT_BOOL)
        return integer ? read_bool_as_integer : NULL;
    if (type == WEFT_JSON || type == WEFT_BYTES)
        return wanted == WEFT_TEXT && type == WEFT_JSON ? own : NULL;
    if (type == WEFT_TEXT || type == WEFT_UNMAPPED)
        return wanted == WEFT_TEXT || wanted == WEFT_JSON ? own
               : wanted == WEFT_DECIMAL                   ? read_decimal_text
               : wanted == WEFT_UUID                      ? read_uuid_text
                                                          : NULL;
    if (type == WEFT_DATE && wanted == WEFT_TIMESTAMP)
        return read_date_as_timestamp;
    return wanted == WEFT_TEXT ? read_as_text : NULL;
}

bool wefti_postgres_converts(Oid oid, weft_type wanted)
{
    const wefti_postgres_server_type *server = wefti_postgres_server_type_of(oid);
    wefti_postgres_column bound;
    if (wefti_type_of(wanted)->bound != 0)
        return choose_bound(&bound, oid, wanted);
    if (wanted == WEFT_BITS || wefti_type_of(wanted)->texts)
        return gives_own(oid, wanted);
    if (wefti_type_is_array(wanted))
        return gives_array(oid, wanted);
    return (unsigned)wanted == server->type || choose_conversion(server, wanted, read_text) != NULL;
}

bool wefti_postgres_choose_binary(wefti_postgres_column *column, Oid oid, weft_type expected, bool check_utf8)
{
    const wefti_postgres_server_type *server = wefti_postgres_server_type_of(oid);
    const weft_type own = (weft_type)server->type;
    const weft_type wanted = expected == WEFT_UNMAPPED ? own : expected == WEFT_CHARS ? WEFT_TEXT : expected;
    const wefti_type *row = wefti_type_of(wanted);
    const bool bounded = wefti_type_is_integer(wanted);
    wefti_postgres_decode read = check_utf8 ? server->checked : server->read;
    wefti_postgres_column bound;
    if (wanted == WEFT_BITS)
        read = gives_own(oid, wanted) ? read_varbit : NULL;
    else if (row->bound != 0)
        read = !choose_bound(&bound, oid, wanted) ? NULL : wefti_type_is_array(wanted) ? read_multirange : read_range;
    else if (wefti_type_is_array(wanted))
        read = !gives_array(oid, wanted) ? NULL : check_utf8 ? read_checked_array : read_array;
    else if (wanted != own || own == WEFT_UNMAPPED)
        read = choose_conversion(server, wanted, read);
    *column = (wefti_postgres_column){.type = wanted,
                                      .oid = oid,
                                      .decode = read,
                                      .min = bounded ? row->least : INT64_MIN,
                                      .max = bounded ? row->greatest : INT64_MAX};
    return read != NULL;
}
