/* Makes lifted values fit their parameters, by the forms that compiling chose: ranges, lengths, names of enums, patterns.
 *
 * Most statements need nothing of it and skip it. What is made new lies in blocks that the shape frees. */
#include "sql/making.h"
#include "sql/walk.h"

#include "base/error.h"
#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void *add_block(wefti_shape_block **blocks, size_t size)
{
    wefti_shape_block *block = wefti_malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->next = *blocks;
    *blocks = block;
    return block + 1;
}

static weft_status refuse(const wefti_column *column, weft_error *error, const char *text)
{
    if (column == NULL)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "a parameter %s", text);
    weft_status status = wefti_error_set(error, WEFT_ERROR_TYPE, "%s.%s: the value %s", column->table->name, column->name, text);
    if (error != NULL) {
        wefti_error_field(error->table, sizeof error->table, column->table->name);
        wefti_error_field(error->column, sizeof error->column, column->name);
    }
    return status;
}

static weft_status bind_integer(weft_value *value, const wefti_column *column, weft_type type, int64_t low, int64_t high,
                                weft_error *error)
{
    if (value->as.i < low || value->as.i > high)
        return refuse(column, error,
                      type == WEFT_INT16   ? "does not fit 16 bits"
                      : type == WEFT_INT32 ? "does not fit 32 bits"
                                           : "does not fit 32 bits without sign");
    value->type = type;
    return WEFT_OK;
}

static bool fits_float(double real) { return !isfinite(real) || fabs(real) <= (double)FLT_MAX; }

/* A column of floats is compared with what it would hold: 0.1 as a double equals none of its values. */
static weft_status bind_real(weft_value *value, const wefti_column *column, weft_type type, weft_error *error)
{
    if (type == WEFT_FLOAT && !fits_float(value->as.d))
        return refuse(column, error, "is out of the range of a float");
    value->as.d = type == WEFT_FLOAT ? (double)(float)value->as.d : value->as.d;
    value->type = type;
    return WEFT_OK;
}

static weft_status bind_enum(weft_value *value, const wefti_column *column, weft_error *error)
{
    const char *name = value->as.i >= 0 && value->as.i < column->enum_count ? wefti_column_names(column)[value->as.i] : NULL;
    if (name == NULL)
        return refuse(column, error, "is none of the enum's");
    *value = weft_value_text(name);
    return WEFT_OK;
}

static weft_status bind_enum_text(const weft_value *value, const wefti_column *column, weft_error *error)
{
    return wefti_name_find(wefti_column_names(column), column->enum_count, value->as.s.data, value->as.s.size) < column->enum_count
               ? WEFT_OK
               : refuse(column, error, "is none of the enum's names");
}

static weft_status check_length(const weft_value *value, const wefti_column *column, weft_error *error)
{
    const size_t length = (size_t)column->length, size = value->as.s.size;
    return size <= length || wefti_utf8_count(value->as.s.data, size) <= length
               ? WEFT_OK
               : refuse(column, error, "is longer than the column");
}

enum { DIGITS = 24 }; /* of an integer, and what ends them */

static void write_digits(char *text, const weft_value *value)
{
    if ((int)value->type == WEFTI_BEYOND_INT64)
        (void)snprintf(text, DIGITS, "%llu", (unsigned long long)value->as.i);
    else
        (void)snprintf(text, DIGITS, "%lld", (long long)value->as.i);
}

static weft_status bind_decimal(wefti_shape_block **blocks, weft_value *value, weft_error *error)
{
    char *text = add_block(blocks, DIGITS);
    if (text == NULL)
        return wefti_error_memory(error);
    write_digits(text, value);
    *value = weft_value_text(text);
    value->type = WEFT_DECIMAL;
    return WEFT_OK;
}

static weft_status check_decimal(weft_value *value, const wefti_column *column, weft_error *error)
{
    if (!wefti_decimal_valid(value->as.s.data, value->as.s.size, true))
        return refuse(column, error, "is no decimal number");
    value->type = WEFT_DECIMAL;
    return WEFT_OK;
}

static weft_status check_digits(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, weft_error *error)
{
    bool integer = value->type != WEFT_TEXT && value->type != WEFT_DECIMAL;
    weft_status status = integer ? bind_decimal(blocks, value, error) : check_decimal(value, column, error);
    if (status == WEFT_OK && !wefti_decimal_fits(value->as.s.data, value->as.s.size, column->precision, column->scale))
        status = refuse(column, error, "has more digits than the column");
    return status;
}

static bool read_number(const char *data, size_t size, weft_type type, weft_value *read)
{
    char copy[64] = "";
    const weft_value digits = {.type = WEFT_DECIMAL, .as.s = {copy, size}};
    if (size >= sizeof copy || !wefti_decimal_valid(data, size, true))
        return false;
    memcpy(copy, data, size);
    const wefti_type *row = wefti_type_of(type);
    return wefti_value_take(type, &digits, read) &&
           (!wefti_type_is_integer(type) || (read->as.i >= row->least && read->as.i <= row->greatest));
}

/* A text that stands for a value of another type. */
static weft_status read_text(weft_value *value, const wefti_column *column, weft_type type, weft_error *error)
{
    const char *data = value->as.s.data;
    size_t size = value->as.s.size;
    weft_value read = {.type = type};
    bool good;
    for (; size > 0 && data[0] == ' '; data++)
        size--;
    while (size > 0 && data[size - 1] == ' ')
        size--;
    switch (wefti_type_of(type)->family) {
    case WEFTI_FAMILY_BOOL: good = wefti_bool_parse(data, size, &read.as.b); break;
    case WEFTI_FAMILY_NUMBER: good = read_number(data, size, type, &read); break;
    case WEFTI_FAMILY_BYTES:
        good = memchr(value->as.s.data, '\\', value->as.s.size) == NULL;
        read.as.s = value->as.s;
        break;
    default: good = wefti_value_read(type, data, size, &read); break;
    }
    if (!good) {
        char problem[120];
        (void)snprintf(problem, sizeof problem, "is a text that is no %s; give one of that type", wefti_type_of(type)->word);
        return refuse(column, error, problem);
    }
    *value = read;
    value->type = type;
    return wefti_type_is_real(type) ? bind_real(value, column, type, error) : WEFT_OK;
}

/* ---- patterns ---- */

/* At most three bytes come from one, and two signs are added. */
static char *pattern_room(wefti_shape_block **blocks, const weft_value *value, weft_error *error)
{
    char *room = value->as.s.size < WEFTI_MAX_VALUE_BYTES / 3 ? add_block(blocks, 3 * value->as.s.size + 3) : NULL;
    if (room == NULL)
        (void)wefti_error_memory(error);
    return room;
}

static void set_text(weft_value *value, char *text, const char *end)
{
    value->type = WEFT_TEXT;
    value->as.s.data = text;
    value->as.s.size = (size_t)(end - text);
}

/* Literal text with what has a meaning in patterns taken literally, between signs for "anything". */
static weft_status bind_literal(wefti_shape_block **blocks, weft_value *value, bool glob, bool before, bool after,
                                weft_error *error)
{
    char *text = pattern_room(blocks, value, error), *at = text;
    if (text == NULL)
        return WEFT_ERROR_NO_MEMORY;
    if (before)
        *at++ = glob ? '*' : '%';
    for (size_t i = 0; i < value->as.s.size; i++) {
        char c = value->as.s.data[i];
        if (glob && (c == '*' || c == '?' || c == '[')) {
            *at++ = '[';
            *at++ = c;
            *at++ = ']';
            continue;
        }
        if (!glob && (c == '%' || c == '_' || c == '\\'))
            *at++ = '\\';
        *at++ = c;
    }
    if (after)
        *at++ = glob ? '*' : '%';
    *at = '\0';
    set_text(value, text, at);
    return WEFT_OK;
}

static weft_status refuse_open_end(weft_error *error)
{
    return refuse(NULL, error, "is a pattern that ends with its escape character \\");
}

/* A pattern whose last character escapes nothing is an error of PostgreSQL, and only where a row is compared that far. */
static weft_status check_pattern(weft_value *value, weft_error *error)
{
    size_t escapes = 0;
    while (escapes < value->as.s.size && value->as.s.data[value->as.s.size - 1 - escapes] == '\\')
        escapes++;
    value->type = WEFT_TEXT;
    return escapes % 2 == 1 ? refuse_open_end(error) : WEFT_OK;
}

/* A LIKE pattern as a GLOB pattern. */
static weft_status bind_glob(wefti_shape_block **blocks, weft_value *value, weft_error *error)
{
    char *text = pattern_room(blocks, value, error), *at = text;
    if (text == NULL)
        return WEFT_ERROR_NO_MEMORY;
    for (size_t i = 0; i < value->as.s.size; i++) {
        char c = value->as.s.data[i];
        bool escaped = c == '\\';
        if (escaped) {
            if (++i == value->as.s.size)
                return refuse_open_end(error);
            c = value->as.s.data[i];
        }
        if (!escaped && (c == '%' || c == '_')) {
            *at++ = c == '%' ? '*' : '?';
        } else if (c == '*' || c == '?' || c == '[') {
            *at++ = '[';
            *at++ = c;
            *at++ = ']';
        } else {
            *at++ = c;
        }
    }
    *at = '\0';
    set_text(value, text, at);
    return WEFT_OK;
}

/* ---- arrays ---- */

static weft_status bind_array(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, bool decimal,
                              weft_error *error)
{
    const wefti_array *items = (const wefti_array *)(const void *)value->as.s.data;
    size_t count = items->count, text_size = decimal ? DIGITS : 0;
    if (count > SIZE_MAX / (sizeof(char *) + text_size) - sizeof(wefti_array))
        return wefti_error_memory(error);
    unsigned char *room = add_block(blocks, sizeof(wefti_array) + count * (sizeof(char *) + text_size));
    if (room == NULL)
        return wefti_error_memory(error);
    wefti_array *array = (wefti_array *)(void *)room;
    const char **texts = (const char **)(void *)(room + sizeof *array);
    char *digits = (char *)(texts + count);
    for (size_t i = 0; i < count; i++) {
        weft_value item = wefti_field_value(items->type, items->size, wefti_array_field(items, i));
        if (item.is_null) {
            texts[i] = NULL;
        } else if (decimal) {
            texts[i] = digits + i * text_size;
            write_digits(digits + i * text_size, &item);
        } else {
            weft_status status = bind_enum(&item, column, error);
            if (status != WEFT_OK)
                return status;
            texts[i] = item.as.s.data;
        }
    }
    *array = (wefti_array){.type = decimal ? WEFT_DECIMAL : WEFT_TEXT, .count = count, .base = texts, .stride = sizeof *texts};
    value->type = (weft_type)(array->type | WEFTI_ARRAY);
    value->as.s.data = (const char *)(const void *)array;
    return WEFT_OK;
}

static void *allocate(void *blocks, size_t size) { return add_block(blocks, size); }

/* A value that is an array, whose items are kept as others. */
static weft_status bind_items(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, weft_error *error)
{
    size_t refused;
    if (!wefti_array_to_names(value, wefti_column_names(column), column->enum_count, allocate, blocks, value, &refused))
        return wefti_error_memory(error);
    if (refused == SIZE_MAX)
        return WEFT_OK;
    char problem[80];
    (void)snprintf(problem, sizeof problem, "has as item %zu none of the enum's", refused + 1);
    return refuse(column, error, problem);
}

static weft_status bind_floats(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, weft_error *error)
{
    const wefti_array *items = (const wefti_array *)(const void *)value->as.s.data;
    if (items->count > (SIZE_MAX - sizeof(wefti_array)) / sizeof(float) / 2)
        return wefti_error_memory(error);
    wefti_array *array = add_block(blocks, sizeof *array + items->count * sizeof(float));
    if (array == NULL)
        return wefti_error_memory(error);
    float *floats = (float *)(void *)(array + 1);
    for (size_t i = 0; i < items->count; i++) {
        double real = wefti_field_value(items->type, items->size, wefti_array_field(items, i)).as.d;
        if (!fits_float(real))
            return refuse(column, error, "is out of the range of a float");
        floats[i] = (float)real;
    }
    *array = (wefti_array){.type = WEFT_FLOAT, .count = items->count, .base = floats, .stride = sizeof *floats};
    value->type = (weft_type)(WEFT_FLOAT | WEFTI_ARRAY);
    value->as.s.data = (const char *)(const void *)array;
    return WEFT_OK;
}

/* Texts become decimals, which are spelt as the column's are. */
static weft_status bind_decimals(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, weft_error *error)
{
    const wefti_array *items = (const wefti_array *)(const void *)value->as.s.data;
    for (size_t i = 0; i < items->count; i++) {
        weft_value item = wefti_field_value(items->type, items->size, wefti_array_field(items, i));
        if (!item.is_null && !wefti_decimal_valid(item.as.s.data, item.as.s.size, true))
            return refuse(column, error, "is no decimal number");
    }
    wefti_array *array = add_block(blocks, sizeof *array);
    if (array == NULL)
        return wefti_error_memory(error);
    *array = *items;
    array->type = WEFT_DECIMAL;
    value->type = (weft_type)(WEFT_DECIMAL | WEFTI_ARRAY);
    value->as.s.data = (const char *)(const void *)array;
    return WEFT_OK;
}

weft_status wefti_refuse_own(const weft_value *value, const wefti_column *column, weft_error *error)
{
    char text[192];
    if (wefti_own_had_no_room(value))
        return wefti_error_memory(error);
    if (column == NULL)
        return refuse(column, error, "was refused by the encoder of its type");
    (void)snprintf(text, sizeof text, "of %s.%s was refused by the encoder of %.60s",
                   column->table->model != NULL ? column->table->model->name : column->table->name, column->field->name,
                   wefti_type_of(column->field->type)->name);
    return refuse(column, error, text);
}

static weft_status refuse_item(const wefti_column *column, size_t item, const char *codec, weft_error *error)
{
    char problem[160];
    (void)snprintf(problem, sizeof problem, "has as item %zu what the encoder of %.60s refuses", item + 1, codec);
    return refuse(column, error, problem);
}

/* A value that is an array of them. */
static weft_status bind_own_items(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, weft_error *error)
{
    const char *name = wefti_type_of(wefti_type_of(value->type)->element)->name;
    size_t refused = SIZE_MAX;
    if (!wefti_own_items(value, allocate, blocks, value, &refused))
        return wefti_error_memory(error);
    return refused == SIZE_MAX ? WEFT_OK : refuse_item(column, refused, name, error);
}

/* Fields that only a codec can read, as values. */
static weft_status bind_own(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, weft_error *error)
{
    const wefti_array *items = (const wefti_array *)(const void *)value->as.s.data;
    wefti_array *array = add_block(blocks, sizeof *array);
    size_t refused = 0;
    if (array == NULL || !wefti_own_array(items, allocate, blocks, array, &refused))
        return wefti_error_memory(error);
    if (refused < items->count)
        return column != NULL ? wefti_refuse_own(value, column, error)
                              : refuse_item(column, refused, wefti_type_of(items->type & ~(unsigned)WEFT_OPT)->name, error);
    value->type = (weft_type)((array->type & ~WEFT_OPT) | WEFTI_ARRAY);
    value->as.s.data = (const char *)(const void *)array;
    return WEFT_OK;
}

weft_status wefti_bind_fit(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, uint8_t form, uint16_t type,
                           weft_error *error)
{
    switch (form) {
    case WEFTI_FORM_INT16: return bind_integer(value, column, WEFT_INT16, INT16_MIN, INT16_MAX, error);
    case WEFTI_FORM_INT32: return bind_integer(value, column, WEFT_INT32, INT32_MIN, INT32_MAX, error);
    case WEFTI_FORM_UINT32: return bind_integer(value, column, WEFT_UINT32, 0, UINT32_MAX, error);
    case WEFTI_FORM_INT64: value->type = WEFT_INT64; return WEFT_OK;
    case WEFTI_FORM_DOUBLE:
        *value = weft_value_double(type == WEFT_FLOAT ? (double)(float)value->as.i : (double)value->as.i);
        value->type = (weft_type)type;
        return WEFT_OK;
    case WEFTI_FORM_FLOAT: return bind_real(value, column, (weft_type)type, error);
    case WEFTI_FORM_DECIMAL: return bind_decimal(blocks, value, error);
    case WEFTI_FORM_DECIMAL_TEXT: return check_decimal(value, column, error);
    case WEFTI_FORM_DECIMAL_SIZED: return check_digits(blocks, value, column, error);
    case WEFTI_FORM_OWN: return (int)value->type == WEFTI_REFUSED ? wefti_refuse_own(value, column, error) : WEFT_OK;
    case WEFTI_FORM_OWN_ITEMS: return bind_own_items(blocks, value, column, error);
    case WEFTI_FORM_TEXT: value->type = (weft_type)type; return WEFT_OK;
    case WEFTI_FORM_LENGTH: return check_length(value, column, error);
    case WEFTI_FORM_ENUM: return bind_enum(value, column, error);
    case WEFTI_FORM_ENUM_TEXT: return bind_enum_text(value, column, error);
    case WEFTI_FORM_ENUM_ITEMS: return bind_items(blocks, value, column, error);
    case WEFTI_FORM_COUNT:
        if (value->as.i < 0)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "a limit, an offset or the bound of a frame is negative");
        value->type = WEFT_INT64;
        return WEFT_OK;
    case WEFTI_FORM_BOOL: *value = weft_value_bool(value->as.i != 0); return WEFT_OK;
    case WEFTI_FORM_READ: return read_text(value, column, (weft_type)type, error);
    case WEFTI_FORM_LIKE: return check_pattern(value, error);
    case WEFTI_FORM_LIKE_PREFIX: return bind_literal(blocks, value, false, false, true, error);
    case WEFTI_FORM_LIKE_SUFFIX: return bind_literal(blocks, value, false, true, false, error);
    case WEFTI_FORM_LIKE_CONTAINS: return bind_literal(blocks, value, false, true, true, error);
    case WEFTI_FORM_GLOB_PREFIX: return bind_literal(blocks, value, true, false, true, error);
    case WEFTI_FORM_GLOB_SUFFIX: return bind_literal(blocks, value, true, true, false, error);
    case WEFTI_FORM_GLOB_CONTAINS: return bind_literal(blocks, value, true, true, true, error);
    case WEFTI_FORM_GLOB: return bind_glob(blocks, value, error);
    default: return WEFT_OK;
    }
}

/* Kept out of the loop, which most often has nothing to do. */
static __attribute__((noinline)) weft_status bind_one(wefti_shape *shape, weft_value *value, const wefti_compiled *compiled,
                                                      uint32_t parameter, weft_error *error)
{
    const uint8_t form = compiled->parameter_forms[parameter];
    const uint16_t type = compiled->statement.parameter_types[parameter];
    const wefti_column *column = compiled->parameter_columns[parameter];
    if (form == WEFTI_FORM_ARRAY_ENUM || form == WEFTI_FORM_ARRAY_DECIMAL)
        return bind_array(&shape->blocks, value, column, form == WEFTI_FORM_ARRAY_DECIMAL, error);
    if (form == WEFTI_FORM_ARRAY_OWN)
        return bind_own(&shape->blocks, value, column, error);
    if (form == WEFTI_FORM_ARRAY_FLOAT)
        return bind_floats(&shape->blocks, value, column, error);
    if (form == WEFTI_FORM_ARRAY_DECIMAL_TEXT)
        return bind_decimals(&shape->blocks, value, column, error);
    if (!value->is_null)
        return wefti_bind_fit(&shape->blocks, value, column, form, type, error);
    value->type = (weft_type)type;
    return WEFT_OK;
}

weft_status wefti_shape_bind_forms(wefti_shape *shape, const wefti_compiled *compiled, weft_error *error)
{
    /* The rows' parameters of an INSERT come first and are not among the values. */
    uint32_t count = shape->value_count, first = compiled->statement.parameter_count - count;
    const uint8_t *forms = compiled->parameter_forms + first;
    for (uint32_t i = 0; i < count; i++) {
        if (forms[i] == WEFTI_FORM_PLAIN)
            continue;
        weft_value *value = &shape->values[i];
        if (forms[i] == WEFTI_FORM_INT32 && !value->is_null && value->as.i == (int32_t)value->as.i) {
            value->type = WEFT_INT32;
            continue;
        }
        weft_status status = bind_one(shape, value, compiled, first + i, error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

weft_status wefti_shape_make(wefti_shape *shape, const wefti_column *column, weft_value *value, weft_error *error)
{
    weft_status status = wefti_make(column, column->field->update_value, NULL, shape->user, value, error);
    if (status != WEFT_OK || value->is_null || !wefti_type_has_content(value->type))
        return status;
    void *room = add_block(&shape->blocks, wefti_value_room(value));
    if (room == NULL)
        return wefti_error_memory(error);
    *value = wefti_value_copied(*value, room);
    return WEFT_OK;
}
