/* Fields of structs: reading one as a value, writing a value to one. The one place that knows how each kind of field lies in
 * memory: plain scalars, weft_opt_... structs, pointers to text, char arrays. Text is borrowed from the field. */
#define _POSIX_C_SOURCE 200809L
#include "type/type.h"

#include <math.h>
#include <string.h>

static int64_t read_integer(const wefti_type *row, const void *at)
{
    const bool is_signed = row->least < 0;
    switch (row->size) {
    case sizeof(int16_t): return is_signed ? (int64_t) * (const int16_t *)at : (int64_t) * (const uint16_t *)at;
    case sizeof(int32_t): return is_signed ? (int64_t) * (const int32_t *)at : (int64_t) * (const uint32_t *)at;
    default: return *(const int64_t *)at;
    }
}

/* A weft_range_...: two bounds of the same size, then how it ends. */
static weft_value range_value(weft_type type, const wefti_type *row, const void *at)
{
    const wefti_type *bound = wefti_type_of(row->bound);
    const bool *ends = (const bool *)((const char *)at + 2 * (size_t)bound->size);
    weft_value value = {.type = type};
    value.as.range_.lower = read_integer(bound, at);
    value.as.range_.upper = read_integer(bound, (const char *)at + bound->size);
    for (int i = 0; i < 5; i++)
        value.ends_ |= (uint8_t)((unsigned)ends[i] << i);
    wefti_range_settle(&value);
    return value;
}

static void put_range(const wefti_type *row, const weft_value *value, void *at)
{
    const wefti_type *bound = wefti_type_of(row->bound);
    const int64_t bounds[2] = {value->as.range_.lower, value->as.range_.upper};
    memset(at, 0, row->size);
    for (int i = 0; i < 2; i++)
        if (bound->size == sizeof(int32_t))
            ((int32_t *)at)[i] = (int32_t)bounds[i];
        else
            ((int64_t *)at)[i] = bounds[i];
    bool *ends = (bool *)((char *)at + 2 * (size_t)bound->size);
    for (int i = 0; i < 5; i++)
        ends[i] = (value->ends_ >> i & 1) != 0;
}

static bool fits_bounds(const wefti_type *row, const weft_value *value)
{
    const wefti_type *bound = wefti_type_of(row->bound);
    return value->as.range_.lower >= bound->least && value->as.range_.lower <= bound->greatest &&
           value->as.range_.upper >= bound->least && value->as.range_.upper <= bound->greatest;
}

static weft_value text_value(weft_type type, const char *text, size_t size)
{
    return (weft_value){.type = type, .is_null = text == NULL, .as.s = {text, text != NULL ? size : 0}};
}

/* Not inlined: where the compiler sees how large the field is, it warns of the members that it has not. */
__attribute__((noinline)) weft_value wefti_field_value_any(unsigned field_type, uint16_t size, const void *field)
{
    const wefti_type *row = wefti_type_of(field_type);
    const weft_type type = (weft_type)(field_type & (WEFTI_TYPE_ROWS - 1u));
    const void *at = field;
    weft_value value = {.type = type};
    if ((field_type & WEFT_OPT) != 0) {
        value.is_null = !*(const bool *)field; /* every weft_opt_... begins with its flag */
        if (value.is_null || row->optional_size == 0)
            return weft_value_null(row->optional_size != 0 ? (weft_type)wefti_type_base(type) : WEFT_UNMAPPED);
        at = (const char *)field + row->optional_at;
    }
    switch ((wefti_kept)row->kept) {
    case WEFTI_KEPT_INTEGER: value.as.i = read_integer(row, at); return value;
    case WEFTI_KEPT_REAL: value.as.d = row->size == sizeof(float) ? (double)*(const float *)at : *(const double *)at; return value;
    case WEFTI_KEPT_BOOL: value.as.b = *(const bool *)at; return value;
    case WEFTI_KEPT_PLAIN: memcpy(&value.as, at, row->size); return value;
    case WEFTI_KEPT_RANGE: return range_value(type, row, at);
    case WEFTI_KEPT_OWN: return wefti_own_value(row, at);
    case WEFTI_KEPT_TEXT: {
        const char *text = *(const char *const *)at;
        return text_value(type, text, text != NULL ? strlen(text) : 0);
    }
    case WEFTI_KEPT_CHARS: return text_value(WEFT_TEXT, at, strnlen(at, size));
    case WEFTI_KEPT_BYTES: return text_value(type, (const char *)((const weft_bytes *)at)->data, ((const weft_bytes *)at)->size);
    case WEFTI_KEPT_BITS: {
        const weft_bits *bits = at;
        value = text_value(type, bits->data, bits->count / 8 + (bits->count % 8 != 0));
        value.ends_ = (uint8_t)(value.is_null ? 0 : value.as.s.size * 8 - bits->count);
        return value;
    }
    case WEFTI_KEPT_ARRAY: {
        const weft_array_bytes *array = at; /* all of them lie alike */
        return text_value(type, (const char *)array->items, array->count * row->stride);
    }
    default: return weft_value_null(WEFT_UNMAPPED);
    }
}

static bool put_integer(const wefti_type *row, int64_t value, void *at)
{
    if (value < row->least || value > row->greatest)
        return false;
    switch (row->size) {
    case sizeof(int16_t): *(int16_t *)at = (int16_t)value; return true;
    case sizeof(int32_t):
        if (row->least < 0)
            *(int32_t *)at = (int32_t)value;
        else
            *(uint32_t *)at = (uint32_t)value;
        return true;
    default: *(int64_t *)at = value; return true;
    }
}

static bool put_real(const wefti_type *row, double value, void *at)
{
    if (row->size == sizeof(double)) {
        *(double *)at = value;
        return true;
    }
    if (isfinite(value) && !isfinite((float)value))
        return false;
    *(float *)at = (float)value;
    return true;
}

bool wefti_field_put(unsigned field_type, const weft_value *value, void *field)
{
    const wefti_type *row = wefti_type_of(field_type);
    const bool optional = (field_type & WEFT_OPT) != 0;
    void *at = optional ? (char *)field + row->optional_at : field;
    bool fits = true;
    switch ((wefti_kept)row->kept) {
    case WEFTI_KEPT_INTEGER: fits = put_integer(row, value->as.i, at); break;
    case WEFTI_KEPT_REAL: fits = put_real(row, value->as.d, at); break;
    case WEFTI_KEPT_BOOL: *(bool *)at = value->as.b; break;
    case WEFTI_KEPT_PLAIN: memcpy(at, &value->as, row->size); break;
    case WEFTI_KEPT_RANGE:
        fits = fits_bounds(row, value);
        if (fits)
            put_range(row, value, at);
        break;
    case WEFTI_KEPT_OWN: fits = wefti_own_put(row, value, at); break;
    case WEFTI_KEPT_BITS: *(weft_bits *)at = (weft_bits){value->as.s.data, wefti_bits_count(value)}; break;
    case WEFTI_KEPT_ARRAY:
        *(weft_array_bytes *)at = (weft_array_bytes){(const void *)value->as.s.data, value->as.s.size / row->stride};
        break;
    default: return false;
    }
    if (fits && optional)
        *(bool *)field = true;
    return fits;
}

bool wefti_field_is_clear(const void *field, size_t size)
{
    static const unsigned char zero[16];
    for (size_t at = 0; at < size; at += sizeof zero)
        if (memcmp((const char *)field + at, zero, size - at < sizeof zero ? size - at : sizeof zero) != 0)
            return false;
    return true;
}

bool wefti_field_put_null(unsigned field_type, size_t size, void *field)
{
    if ((field_type & WEFT_OPT) == 0 && !wefti_type_of(field_type)->borrows)
        return false;
    memset(field, 0, size);
    return true;
}

size_t wefti_value_room(const weft_value *value)
{
    if (value->is_null || !wefti_type_has_content(value->type))
        return 0;
    return wefti_type_is_array(value->type) ? wefti_array_room(value) : value->as.s.size + 1;
}

weft_value wefti_value_copied(weft_value value, void *at)
{
    char *room = at;
    if (wefti_type_is_array(value.type))
        return wefti_array_copied(value, room);
    if (value.as.s.size > 0)
        memcpy(room, value.as.s.data, value.as.s.size);
    room[value.as.s.size] = '\0';
    value.as.s.data = room;
    return value;
}

bool wefti_plain_put(unsigned type, const weft_value *value, void *to)
{
    switch ((wefti_kept)wefti_type_of(type)->kept) {
    case WEFTI_KEPT_TEXT: *(const char **)to = value->as.s.data; return true;
    case WEFTI_KEPT_BYTES: *(weft_bytes *)to = (weft_bytes){value->as.s.data, value->as.s.size}; return true;
    default: return wefti_field_put(type, value, to);
    }
}

bool wefti_item_put(void *to, const weft_value *value) { return wefti_plain_put(wefti_type_of(value->type)->item, value, to); }

/* ---- values of the types that have a C type of their own ---- */

#define VALUE(name, NAME) \
    weft_value weft_value_##name(weft_##name value) { return wefti_field_value_any(NAME, sizeof value, &value); }
#define CONTENT(a, name, NAME, kind, also) VALUE(name, WEFT_##NAME)
#define SCALAR(a, name, NAME, kind, also) VALUE(name, WEFT_##NAME) VALUE(opt_##name, WEFT_OPT + WEFT_##NAME)
WEFT_SCALAR_TYPES_(SCALAR, )
WEFT_CONTENT_TYPES_(CONTENT, )
#define RANGE(a, name, NAME, T) VALUE(range_##name, WEFT_RANGE_##NAME) VALUE(opt_range_##name, WEFT_OPT + WEFT_RANGE_##NAME)
WEFT_RANGE_STRUCTS_(RANGE, )
VALUE(range_decimal, WEFT_RANGE_DECIMAL)
#define OTHER(a, name, NAME) VALUE(name, WEFT_##NAME)
WEFT_OTHER_TYPES_(OTHER, )
#define MULTIRANGE(a, name, NAME, T) VALUE(multirange_##name, WEFT_MULTIRANGE + WEFT_RANGE_##NAME)
WEFT_MULTIRANGE_TYPES_(MULTIRANGE, )
#define ARRAY(a, name, NAME, T) VALUE(array_##name, a + WEFT_##NAME)
WEFT_ARRAY_TYPES_(ARRAY, WEFT_ARRAY)
WEFT_OPT_ARRAY_TYPES_(ARRAY, WEFT_ARRAY_OF_OPT)
WEFT_RANGE_ARRAY_TYPES_(ARRAY, WEFT_ARRAY)
WEFT_OPT_RANGE_ARRAY_TYPES_(ARRAY, WEFT_ARRAY_OF_OPT_RANGE)
