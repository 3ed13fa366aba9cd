/* Values of one type as those of another, where nothing is lost: a database may answer with another type than was asked for. */
#include "type/type.h"

#include "base/locale.h"

#include <string.h>

bool wefti_take_text(const weft_value *from, weft_value *to)
{
    *to = *from;
    return wefti_type_is_text(from->type);
}

bool wefti_take_bytes(const weft_value *from, weft_value *to)
{
    *to = *from;
    return from->type == WEFT_BYTES;
}

bool wefti_take_integer(const weft_value *from, weft_value *to)
{
    if (from->type == WEFT_DECIMAL)
        return wefti_int64_parse(from->as.s.data, from->as.s.size, &to->as.i);
    to->as.i = from->as.i;
    return wefti_type_is_integer(from->type);
}

bool wefti_take_bits(const weft_value *from, weft_value *to)
{
    *to = *from;
    return from->type == WEFT_BITS;
}

bool wefti_take_real(const weft_value *from, weft_value *to)
{
    weft_value integer;
    if (wefti_type_is_real(from->type)) {
        to->as.d = from->as.d;
        return true;
    }
    if (from->type == WEFT_DECIMAL) {
        if (!wefti_decimal_valid(from->as.s.data, from->as.s.size, true))
            return false;
        to->as.d = wefti_double_read(from->as.s.data, NULL);
        return true;
    }
    if (!wefti_take_integer(from, &integer))
        return false;
    to->as.d = (double)integer.as.i;
    return true;
}

bool wefti_take_bool(const weft_value *from, weft_value *to)
{
    weft_value integer;
    if (from->type == WEFT_BOOL) {
        to->as.b = from->as.b;
        return true;
    }
    if (!wefti_take_integer(from, &integer) || (integer.as.i != 0 && integer.as.i != 1))
        return false;
    to->as.b = integer.as.i == 1;
    return true;
}

bool wefti_take_timestamp(const weft_value *from, weft_value *to)
{
    to->as.i = from->as.i;
    return from->type == WEFT_TIMESTAMP ||
           (wefti_type_is_text(from->type) && wefti_timestamp_parse(from->as.s.data, from->as.s.size, &to->as.i));
}

bool wefti_take_time(const weft_value *from, weft_value *to)
{
    to->as.i = from->as.i;
    return from->type == WEFT_TIME ||
           (wefti_type_is_text(from->type) && wefti_time_parse(from->as.s.data, from->as.s.size, &to->as.i));
}

bool wefti_take_date(const weft_value *from, weft_value *to)
{
    int32_t days = 0;
    to->as.i = from->as.i;
    if (from->type == WEFT_DATE)
        return true;
    if (!wefti_type_is_text(from->type) || !wefti_date_parse(from->as.s.data, from->as.s.size, &days))
        return false;
    to->as.i = days;
    return true;
}

bool wefti_take_uuid(const weft_value *from, weft_value *to)
{
    weft_uuid uuid;
    if (from->type == WEFT_UUID) {
        uuid = from->as.uuid;
    } else if (from->type == WEFT_BYTES && from->as.s.size == sizeof uuid.bytes) {
        memcpy(uuid.bytes, from->as.s.data, sizeof uuid.bytes);
    } else if (!wefti_type_is_text(from->type) || !wefti_uuid_parse(from->as.s.data, from->as.s.size, uuid.bytes)) {
        return false;
    }
    to->as.uuid = uuid;
    return true;
}

bool wefti_take_interval(const weft_value *from, weft_value *to)
{
    if (from->type != WEFT_INTERVAL)
        return wefti_type_is_text(from->type) && wefti_interval_parse(from->as.s.data, from->as.s.size, &to->as.interval);
    to->as.interval = from->as.interval;
    return true;
}

bool wefti_take_macaddr(const weft_value *from, weft_value *to)
{
    if (from->type != WEFT_MACADDR)
        return wefti_type_is_text(from->type) && wefti_macaddr_parse(from->as.s.data, from->as.s.size, &to->as.macaddr);
    to->as.macaddr = from->as.macaddr;
    return true;
}

bool wefti_take_decimal(const weft_value *from, weft_value *to)
{
    return wefti_take_text(from, to) && (from->type == WEFT_DECIMAL || wefti_decimal_valid(from->as.s.data, from->as.s.size, true));
}

bool wefti_take_inet(const weft_value *from, weft_value *to)
{
    wefti_inet inet;
    return wefti_take_text(from, to) && (from->type == WEFT_INET || wefti_inet_parse(from->as.s.data, from->as.s.size, &inet));
}

/* Whose items lie as those of the other do: a value is taken as it is, and none is made. */
bool wefti_take_array(const weft_value *from, weft_value *to)
{
    const unsigned type = to->type;
    *to = *from;
    return wefti_type_is_array(from->type) && (unsigned)from->type == type;
}

/* Of numbers of another width, too: where it is put it is looked whether they fit. */
bool wefti_take_range(const weft_value *from, weft_value *to)
{
    const unsigned type = to->type;
    if (wefti_type_is_text(from->type) && from->type != WEFT_RANGE_DECIMAL)
        return wefti_range_read(type, from->as.s.data, from->as.s.size, to);
    *to = *from;
    const wefti_type *row = wefti_type_of(from->type);
    return row->kept == WEFTI_KEPT_RANGE && wefti_type_of(row->bound)->kin == wefti_type_of(wefti_type_of(type)->bound)->kin;
}

bool wefti_take_decimal_range(const weft_value *from, weft_value *to)
{
    wefti_range_text text;
    return wefti_take_text(from, to) &&
           (from->type == WEFT_RANGE_DECIMAL || wefti_range_of_decimals(from->as.s.data, from->as.s.size, &text));
}

bool wefti_value_take(unsigned type, const weft_value *from, weft_value *to)
{
    weft_value value = {.type = (weft_type)(type & (WEFTI_TYPE_ROWS - 1u))};
    const wefti_type *row = wefti_type_of(type);
    if (from->is_null || row->take == NULL || !row->take(from, &value))
        return false;
    value.type = (weft_type)(type & (WEFTI_TYPE_ROWS - 1u));
    value.is_null = false;
    *to = value;
    return true;
}

#define USEC_PER_DAY INT64_C(86400000000)

/* Of a timestamp the microseconds of its day. */
static int64_t within_day(int64_t usec) { return (usec % USEC_PER_DAY + USEC_PER_DAY) % USEC_PER_DAY; }

bool wefti_value_read(unsigned type, const char *data, size_t size, weft_value *value)
{
    const weft_value text = {.type = WEFT_TEXT, .as.s = {data, size}};
    weft_value other;
    if (wefti_value_take(type, &text, value))
        return true;
    *value = (weft_value){.type = (weft_type)type};
    if (type == WEFT_TIMESTAMP && wefti_value_take(WEFT_DATE, &text, &other)) {
        if (other.as.i == INT32_MAX || other.as.i == INT32_MIN)
            value->as.i = other.as.i > 0 ? INT64_MAX : INT64_MIN;
        else if (__builtin_mul_overflow(other.as.i, USEC_PER_DAY, &value->as.i)) /* from the year 294,247 on */
            return false;
        return true;
    }
    if ((type != WEFT_DATE && type != WEFT_TIME) || !wefti_value_take(WEFT_TIMESTAMP, &text, &other))
        return false;
    const bool endless = other.as.i == INT64_MAX || other.as.i == INT64_MIN;
    if (type == WEFT_TIME)
        value->as.i = within_day(other.as.i);
    else
        value->as.i =
            endless ? (other.as.i > 0 ? INT32_MAX : INT32_MIN) : other.as.i / USEC_PER_DAY - (other.as.i % USEC_PER_DAY < 0);
    return type == WEFT_DATE || !endless;
}
