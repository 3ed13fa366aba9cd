/* Reading a struct's field as a value.
 *
 * The one place that knows how each mappable C type lies in memory: NOT NULL scalars, weft_opt_... structs, text pointers and
 * char arrays. Text is borrowed from the field. */
#define _POSIX_C_SOURCE 200809L
#include "base/rowarray.h"

#include <string.h>

static weft_value text_value(weft_type type, const char *text)
{
    weft_value value = { .type = type, .is_null = text == NULL };
    if (text != NULL) {
        value.as.s.data = text;
        value.as.s.size = strlen(text);
    }
    return value;
}

static weft_value optional_value(uint8_t type, const void *field)
{
    switch (type) {
    case WEFT_INT16: return weft_value_opt_int16(*(const weft_opt_int16 *)field);
    case WEFT_INT32: return weft_value_opt_int32(*(const weft_opt_int32 *)field);
    case WEFT_INT64: return weft_value_opt_int64(*(const weft_opt_int64 *)field);
    case WEFT_UINT32: return weft_value_opt_uint32(*(const weft_opt_uint32 *)field);
    case WEFT_BOOL: return weft_value_opt_bool(*(const weft_opt_bool *)field);
    case WEFT_FLOAT: return weft_value_opt_float(*(const weft_opt_float *)field);
    case WEFT_DOUBLE: return weft_value_opt_double(*(const weft_opt_double *)field);
    case WEFT_TIMESTAMP: return weft_value_opt_timestamp(*(const weft_opt_timestamp *)field);
    case WEFT_DATE: return weft_value_opt_date(*(const weft_opt_date *)field);
    case WEFT_TIME: return weft_value_opt_time(*(const weft_opt_time *)field);
    case WEFT_UUID: return weft_value_opt_uuid(*(const weft_opt_uuid *)field);
    default: return weft_value_null(WEFT_UNMAPPED);
    }
}

weft_value wefti_field_value_any(uint8_t type, uint16_t size, const void *field)
{
    weft_value value = { .type = (weft_type)type };
    if ((type & WEFT_OPT) != 0)
        return optional_value((uint8_t)(type & ~WEFT_OPT), field);
    switch (type) {
    case WEFT_INT16: value.as.i = *(const int16_t *)field; return value;
    case WEFT_INT32: value.as.i = *(const int32_t *)field; return value;
    case WEFT_DATE: value.as.i = ((const weft_date *)field)->days; return value;
    case WEFT_INT64:
    case WEFT_TIMESTAMP:
    case WEFT_TIME: value.as.i = *(const int64_t *)field; return value;
    case WEFT_UINT32: value.as.i = *(const uint32_t *)field; return value;
    case WEFT_BOOL: value.as.b = *(const bool *)field; return value;
    case WEFT_FLOAT: value.as.d = (double)*(const float *)field; return value;
    case WEFT_DOUBLE: value.as.d = *(const double *)field; return value;
    case WEFT_UUID: value.as.uuid = *(const weft_uuid *)field; return value;
    case WEFT_TEXT:
    case WEFT_DECIMAL:
    case WEFT_JSON: return text_value((weft_type)type, *(const char *const *)field);
    case WEFT_CHARS:
        value.type = WEFT_TEXT;
        value.as.s.data = field;
        value.as.s.size = strnlen(field, size);
        return value;
    case WEFT_BYTES: return weft_value_bytes(*(const weft_bytes *)field);
    default: return weft_value_null(WEFT_UNMAPPED);
    }
}
