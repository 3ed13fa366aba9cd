/* Cells of results in text format: statements whose columns weft does not know are asked for text, because a type without a binary
 * decoder (ranges, arrays) then still has a readable form. Types that weft knows are read from their text by OID; all
 * others are WEFT_TEXT. The session runs with DateStyle ISO, so moments have one form; infinities map as in encode.c. */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <string.h>

#define DECODER(name) \
    static weft_status name(const wefti_postgres_column *column, const char *data, size_t size, weft_value *cell, \
                            wefti_arena *arena)
#define UNUSED(x) ((void)(x))

DECODER(text_integer)
{
    UNUSED(column);
    UNUSED(arena);
    return wefti_int64_parse(data, size, &cell->as.i) ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_bool)
{
    UNUSED(column);
    UNUSED(arena);
    cell->as.b = data[0] == 't';
    return size == 1 ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_real)
{
    char *end;
    UNUSED(arena);
    cell->as.d = wefti_double_read(data, &end);
    if (column->oid == OID_FLOAT4) /* as its binary form would be read */
        cell->as.d = (double)(float)cell->as.d;
    return end == data + size && size > 0 ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_text)
{
    UNUSED(column);
    UNUSED(arena);
    cell->as.s.data = data;
    cell->as.s.size = size;
    return WEFT_OK;
}

DECODER(text_checked)
{
    return wefti_postgres_text_valid(data, size) ? text_text(column, data, size, cell, arena) : WEFT_ERROR_DATA;
}

/* bytea_output = escape, as a session behind a pooler may have it: a backslash doubled, other bytes as they are or as \ooo. */
static weft_status escaped_bytes(const char *data, size_t size, weft_value *cell, wefti_arena *arena)
{
    size_t used = 0;
    char *bytes = wefti_arena_aligned(arena, size + 1, 1);
    if (bytes == NULL)
        return WEFT_ERROR_NO_MEMORY;
    for (size_t i = 0; i < size; i++) {
        unsigned byte = (unsigned char)data[i];
        if (byte == '\\' && i + 1 < size && data[i + 1] == '\\') {
            i++;
        } else if (byte == '\\') {
            if (size - i < 4 || data[i + 1] < '0' || data[i + 1] > '3' || data[i + 2] < '0' || data[i + 2] > '7' ||
                data[i + 3] < '0' || data[i + 3] > '7')
                return WEFT_ERROR_DATA;
            byte = (unsigned)(data[i + 1] - '0') * 64 + (unsigned)(data[i + 2] - '0') * 8 + (unsigned)(data[i + 3] - '0');
            i += 3;
        }
        bytes[used++] = (char)(unsigned char)byte;
    }
    bytes[used] = '\0';
    cell->as.s.data = bytes;
    cell->as.s.size = used;
    return WEFT_OK;
}

/* bytea_output = hex: \x and two digits for each byte. No other form begins so. */
DECODER(text_bytes)
{
    UNUSED(column);
    if (size < 2 || data[0] != '\\' || data[1] != 'x')
        return escaped_bytes(data, size, cell, arena);
    if (size % 2 != 0)
        return WEFT_ERROR_DATA;
    size_t count = size / 2 - 1;
    char *bytes = wefti_arena_aligned(arena, count + 1, 1);
    if (bytes == NULL)
        return WEFT_ERROR_NO_MEMORY;
    if (!wefti_hex_read(data + 2, size - 2, bytes))
        return WEFT_ERROR_DATA;
    bytes[count] = '\0';
    cell->as.s.data = bytes;
    cell->as.s.size = count;
    return WEFT_OK;
}

DECODER(text_uuid)
{
    UNUSED(column);
    UNUSED(arena);
    return wefti_uuid_parse(data, size, cell->as.uuid.bytes) ? WEFT_OK : WEFT_ERROR_DATA;
}

static bool is_infinity(const char *data, bool *negative)
{
    *negative = data[0] == '-';
    return strcmp(data + *negative, "infinity") == 0;
}

DECODER(text_timestamp)
{
    bool negative;
    UNUSED(column);
    UNUSED(arena);
    if (is_infinity(data, &negative)) {
        cell->as.i = negative ? INT64_MIN : INT64_MAX;
        return WEFT_OK;
    }
    return wefti_timestamp_parse(data, size, &cell->as.i) ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_date)
{
    bool negative;
    int32_t days = 0;
    UNUSED(column);
    UNUSED(arena);
    if (is_infinity(data, &negative)) {
        cell->as.i = negative ? INT32_MIN : INT32_MAX;
        return WEFT_OK;
    }
    bool valid = wefti_date_parse(data, size, &days);
    cell->as.i = days;
    return valid ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_time)
{
    UNUSED(column);
    UNUSED(arena);
    return wefti_time_parse(data, size, &cell->as.i) ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_interval)
{
    UNUSED(column);
    UNUSED(arena);
    return wefti_interval_read(data, size, &cell->as.interval) ? WEFT_OK : WEFT_ERROR_DATA;
}

DECODER(text_macaddr)
{
    UNUSED(column);
    UNUSED(arena);
    return wefti_macaddr_parse(data, size, &cell->as.macaddr) ? WEFT_OK : WEFT_ERROR_DATA;
}

/* Kept as text, but not any text: what compares them takes them for what they say they are. */
DECODER(text_decimal)
{
    return wefti_decimal_valid(data, size, true) ? text_text(column, data, size, cell, arena) : WEFT_ERROR_PROTOCOL;
}

DECODER(text_inet)
{
    wefti_inet inet;
    return wefti_inet_parse(data, size, &inet) ? text_text(column, data, size, cell, arena) : WEFT_ERROR_PROTOCOL;
}

/* By weft's type; the others are text. */
static const wefti_postgres_decode decoders[WEFT_TYPE_COUNT_] = {
    [WEFT_INT16] = text_integer,   [WEFT_INT32] = text_integer, [WEFT_INT64] = text_integer, [WEFT_BOOL] = text_bool,
    [WEFT_FLOAT] = text_real,      [WEFT_DOUBLE] = text_real,   [WEFT_BYTES] = text_bytes,   [WEFT_TIMESTAMP] = text_timestamp,
    [WEFT_DATE] = text_date,       [WEFT_TIME] = text_time,     [WEFT_UUID] = text_uuid,     [WEFT_INTERVAL] = text_interval,
    [WEFT_MACADDR] = text_macaddr,
};

/* 12 and 12.00 are integers, 12.5 is not. */
static bool take_integer(const weft_value *own, weft_value *cell)
{
    const char *point = own->type == WEFT_DECIMAL ? memchr(own->as.s.data, '.', own->as.s.size) : NULL;
    weft_value whole = *own;
    if (own->type == WEFT_BOOL)
        whole = (weft_value){.type = WEFT_INT64, .as.i = own->as.b};
    if (point != NULL) {
        whole.as.s.size = (size_t)(point - own->as.s.data);
        if (strspn(point + 1, "0") != own->as.s.size - whole.as.s.size - 1)
            return false;
    }
    return wefti_take_integer(&whole, cell);
}

/* [1,5), or {[1,5),[7,9)}; the text of a range of decimals is the value. */
DECODER(text_range)
{
    bool valid = false;
    weft_value taken;
    if (wefti_type_is_array(column->type)) {
        if (!wefti_array_read(arena, column->type, data, size, cell, &valid))
            return WEFT_ERROR_NO_MEMORY;
        return valid ? WEFT_OK : WEFT_ERROR_DATA;
    }
    if (!wefti_value_read(column->type, data, size, &taken))
        return WEFT_ERROR_DATA;
    *cell = taken;
    return WEFT_OK;
}

DECODER(text_bits)
{
    UNUSED(column);
    char *room = wefti_arena_aligned(arena, size / 8 + 2, 1);
    if (room == NULL)
        return WEFT_ERROR_NO_MEMORY;
    if (!wefti_bits_read(data, size, room, cell))
        return WEFT_ERROR_DATA;
    room[cell->as.s.size] = '\0';
    return WEFT_OK;
}

/* ---- arrays ---- */

/* How an item's text is read: as the type's own, which the array's type vouches for. */
static void choose_item(wefti_postgres_column *item, unsigned element)
{
    const wefti_type *row = wefti_type_of(element);
    *item = (wefti_postgres_column){.decode = wefti_type_is_integer(element) ? text_integer
                                              : decoders[element] != NULL    ? decoders[element]
                                              : element == WEFT_DECIMAL      ? text_decimal
                                              : element == WEFT_INET         ? text_inet
                                              : element == WEFT_BITS         ? text_bits
                                              : row->bound != 0              ? text_range
                                                                             : text_checked,
                                    .type = (weft_type)element,
                                    .oid = wefti_postgres_codecs[element].element,
                                    .min = row->least,
                                    .max = row->greatest};
}

static weft_status read_item(const wefti_postgres_column *item, const wefti_array_text *text, weft_value *value, wefti_arena *arena)
{
    *value = (weft_value){.type = item->type, .is_null = text->is_null};
    const char *data = text->is_null ? NULL : wefti_arena_strndup(arena, text->item, text->size);
    if (text->is_null || data == NULL)
        return text->is_null ? WEFT_OK : WEFT_ERROR_NO_MEMORY;
    const weft_status status = item->decode(item, data, text->size, value, arena);
    const bool integer = status == WEFT_OK && wefti_type_is_integer(item->type);
    return integer && (value->as.i < item->min || value->as.i > item->max) ? WEFT_ERROR_DATA : status;
}

/* {1,NULL,"a b"}, perhaps with its bounds before it: [2:4]={…}. */
DECODER(text_array)
{
    wefti_array_text text;
    wefti_postgres_column item;
    const unsigned element = wefti_type_of(column->type)->element;
    weft_status status = WEFT_OK;
    choose_item(&item, element);
    if (!wefti_array_text_begin(&text, arena, data, size))
        return WEFT_ERROR_NO_MEMORY;
    if (!text.valid)
        return WEFT_ERROR_DATA;
    if (!wefti_array_new(arena, wefti_array_type(element, text.nulls), text.count, cell))
        return WEFT_ERROR_NO_MEMORY;
    for (size_t n = 0; n < text.count && status == WEFT_OK; n++) {
        weft_value value;
        wefti_array_text_next(&text);
        status = read_item(&item, &text, &value, arena);
        if (status == WEFT_OK && !wefti_array_put(cell, n, &value))
            status = WEFT_ERROR_DATA;
    }
    return status;
}

/* A type of the server's as another of weft's. */
DECODER(text_taken)
{
    wefti_postgres_column like = *column;
    weft_value own;
    (void)wefti_postgres_choose_text(&like, column->oid, WEFT_UNMAPPED, false);
    own = (weft_value){.type = like.type};
    const weft_status status = like.decode(&like, data, size, &own, arena);
    if (status != WEFT_OK)
        return status;
    if (wefti_type_is_integer(column->type))
        return take_integer(&own, cell) && cell->as.i >= column->min && cell->as.i <= column->max ? WEFT_OK : WEFT_ERROR_DATA;
    if (column->type == WEFT_TEXT && decoders[own.type] != NULL && !wefti_type_is_integer(own.type))
        return wefti_postgres_show(&own, cell, arena);
    if (decoders[column->type] == NULL) { /* kept as text */
        cell->as.s.data = data;
        cell->as.s.size = size;
        return column->type != WEFT_DECIMAL || wefti_decimal_valid(data, size, true) ? WEFT_OK : WEFT_ERROR_DATA;
    }
    return wefti_value_take(column->type, &own, cell) || wefti_value_read(column->type, data, size, cell) ? WEFT_OK
                                                                                                          : WEFT_ERROR_DATA;
}

bool wefti_postgres_choose_text(wefti_postgres_column *column, Oid oid, weft_type expected, bool check_utf8)
{
    const weft_type known = wefti_postgres_type_of(oid), own = known != WEFT_UNMAPPED ? known : WEFT_TEXT;
    const weft_type wanted = expected == WEFT_UNMAPPED ? own : expected == WEFT_CHARS ? WEFT_TEXT : expected;
    if (wanted == WEFT_BITS || wefti_type_of(wanted)->texts) {
        *column = (wefti_postgres_column){.type = wanted,
                                          .oid = oid,
                                          .decode = wanted == WEFT_BITS ? text_bits
                                                    : check_utf8        ? text_checked
                                                                        : text_text};
        return wefti_postgres_converts(oid, wanted);
    }
    if (wefti_type_of(wanted)->bound != 0) {
        *column = (wefti_postgres_column){.type = wanted, .oid = oid, .decode = text_range};
        return wefti_postgres_converts(oid, wanted);
    }
    if (wefti_type_is_array(wanted)) {
        *column = (wefti_postgres_column){.type = wanted, .oid = oid, .decode = text_array};
        return wefti_postgres_converts(oid, wanted);
    }
    const bool bounded = expected != WEFT_UNMAPPED && wefti_type_is_integer(wanted),
               content = decoders[wanted] == NULL && !wefti_type_is_integer(wanted);
    *column = (wefti_postgres_column){.type = wanted,
                                      .oid = oid,
                                      .min = bounded ? wefti_type_of(wanted)->least : INT64_MIN,
                                      .max = bounded ? wefti_type_of(wanted)->greatest : INT64_MAX};
    if (wanted == own && !bounded)
        column->decode = !content              ? decoders[own]
                         : own == WEFT_DECIMAL ? text_decimal
                         : own == WEFT_INET    ? text_inet
                         : check_utf8          ? text_checked
                                               : text_text;
    else if (content && decoders[own] == NULL && wanted != WEFT_DECIMAL)
        column->decode = check_utf8 ? text_checked : text_text;
    else
        column->decode = text_taken;
    return wanted == own || wefti_postgres_converts(oid, wanted);
}
