/* Cells into fields. Two paths: wefti_decode_row takes the cells of a row as the driver made them for the column types it was
 * asked for, with one switch per column; whatever does not match there goes the general way, which converts between types where
 * nothing is lost and says why where it is not. Text is copied once, with a closing NUL, into the arena. A field that does not
 * take its cell is left as it was. */
#include "engine/decode.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

#define LIKELY(condition) __builtin_expect((condition), 1)
#define UNLIKELY(condition) __builtin_expect((condition), 0)

static const char *type_name(unsigned type) { return wefti_type_of(type)->name; }

/* ---- conversions without loss ---- */

bool wefti_cell_int64(const weft_value *cell, int64_t *out)
{
    weft_value value;
    return wefti_value_take(WEFT_INT64, cell, &value) && (*out = value.as.i, true);
}

bool wefti_cell_double(const weft_value *cell, double *out)
{
    weft_value value;
    return wefti_value_take(WEFT_DOUBLE, cell, &value) && (*out = value.as.d, true);
}

bool wefti_cell_bool(const weft_value *cell, bool *out)
{
    weft_value value;
    return wefti_value_take(WEFT_BOOL, cell, &value) && (*out = value.as.b, true);
}

bool wefti_cell_civil(const weft_value *cell, weft_type type, int64_t *out)
{
    weft_value value;
    return wefti_value_take((uint16_t)type, cell, &value) && (*out = value.as.i, true);
}

bool wefti_cell_uuid(const weft_value *cell, weft_uuid *out)
{
    weft_value value;
    return wefti_value_take(WEFT_UUID, cell, &value) && (*out = value.as.uuid, true);
}

bool wefti_cell_text(const weft_value *cell, const char **out)
{
    if (!wefti_type_is_text(cell->type))
        return false;
    *out = cell->as.s.data;
    return true;
}

/* ---- the general way ---- */

static weft_status mismatch(unsigned field_type, const weft_value *cell, weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_TYPE, "a %s value does not fit a field of type %s", type_name(cell->type),
                          type_name(field_type));
    if (field_type == WEFT_DECIMAL && cell->type == WEFT_DOUBLE)
        wefti_error_hint(error,
                         "the statement computes in floating-point numbers: where the database has no decimals of its own call "
                         "weft_decimal_sum and its kin (docs/databases.md), or make the field a double");
    else if (wefti_type_is_text(cell->type) && wefti_type_is_integer((uint8_t)wefti_type_base(field_type)))
        wefti_error_hint(error, "give the field the column's type, or convert the column in the statement; the number of an enum's "
                                "value is read by a field that is WEFT_ENUM(T, field, names)");
    else
        wefti_error_hint(error, "give the field the column's type, or convert the column in the statement");
    return WEFT_ERROR_TYPE;
}

static weft_status out_of_range(unsigned field_type, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TYPE, "the number is out of the range of %s", type_name(field_type));
}

static weft_status null_value(uint16_t field_type, size_t size, void *field, weft_error *error)
{
    if (wefti_field_put_null(field_type, size, field))
        return WEFT_OK;
    if (field_type == WEFT_CHARS)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "NULL does not fit a char array: make the field a const char *");
    const wefti_type *row = wefti_type_of(field_type);
    return wefti_error_set(error, WEFT_ERROR_TYPE, "NULL does not fit a plain %s: make the field a %s", row->name, row->nullable);
}

static weft_status put_scalar(uint16_t field_type, const weft_value *cell, void *field, weft_error *error)
{
    weft_value value;
    if (!wefti_value_take(field_type, cell, &value))
        return mismatch(field_type, cell, error);
    return wefti_field_put(field_type, &value, field) ? WEFT_OK : out_of_range(field_type, error);
}

static inline const char *keep_bytes(wefti_arena *arena, const char *data, size_t size)
{
    if (arena == NULL)
        return data;
    char *copy = wefti_arena_aligned(arena, size + 1, 1);
    if (UNLIKELY(copy == NULL))
        return NULL;
    memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

/* Times and the like, which PostgreSQL gives as texts, too, where it is known beforehand that they are wanted so. */
static weft_status put_form(const char *form, size_t size, void *field, wefti_arena *arena, weft_error *error)
{
    const char *kept = keep_bytes(arena, form, size);
    if (kept == NULL)
        return wefti_error_memory(error);
    *(const char **)field = kept;
    return WEFT_OK;
}

static weft_status put_text(unsigned type, size_t size, const weft_value *cell, void *field, wefti_arena *arena, weft_error *error)
{
    weft_value value;
    char form[WEFTI_FORM_BYTES];
    const size_t form_size = type == WEFT_TEXT && arena != NULL ? wefti_value_form(cell, form) : 0;
    if (form_size > 0)
        return put_form(form, form_size, field, arena, error);
    if (!wefti_value_take((uint16_t)type, cell, &value))
        return mismatch(type, cell, error);
    if (type == WEFT_CHARS) {
        if (cell->as.s.size >= size)
            return wefti_error_set(error, WEFT_ERROR_TYPE, "a text of %zu bytes does not fit a char[%zu]", cell->as.s.size, size);
        memcpy(field, cell->as.s.data, cell->as.s.size);
        memset((char *)field + cell->as.s.size, 0, size - cell->as.s.size);
        return WEFT_OK;
    }
    const char *kept = keep_bytes(arena, cell->as.s.data, cell->as.s.size);
    if (kept == NULL)
        return wefti_error_memory(error);
    *(const char **)field = kept;
    return WEFT_OK;
}

/* Numbers asked for as decimals: what an aggregate over decimals gives on SQLite. */
static weft_status put_integer_as_decimal(const weft_value *cell, void *field, wefti_arena *arena, weft_error *error)
{
    int64_t integer = 0;
    bool beyond = (int)cell->type == WEFTI_BEYOND_INT64;
    if (arena == NULL || (!beyond && !wefti_cell_int64(cell, &integer)))
        return mismatch(WEFT_DECIMAL, cell, error);
    const char *text = beyond ? wefti_arena_printf(arena, "%llu", (unsigned long long)cell->as.i)
                              : wefti_arena_printf(arena, "%lld", (long long)integer);
    if (text == NULL)
        return wefti_error_memory(error);
    *(const char **)field = text;
    return WEFT_OK;
}

static weft_status put_bytes(const weft_value *cell, void *field, wefti_arena *arena, weft_error *error)
{
    if (cell->type != WEFT_BYTES)
        return mismatch(WEFT_BYTES, cell, error);
    const char *kept = keep_bytes(arena, cell->as.s.size > 0 ? cell->as.s.data : "", cell->as.s.size);
    if (kept == NULL)
        return wefti_error_memory(error);
    *(weft_bytes *)field = (weft_bytes){kept, cell->as.s.size};
    return WEFT_OK;
}

static weft_status refuse_null_item(unsigned field_type, size_t item, weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_TYPE, "item %zu of the array is NULL, which no %s holds", item + 1,
                          type_name(field_type));
    wefti_error_hint(error, "make the field an array of optionals, such as weft_array_opt_int64");
    return WEFT_ERROR_TYPE;
}

/* Items as the field has them. What was read as a text is one of the database's own spelling. */
static weft_status put_array(uint16_t field_type, const weft_value *cell, void *field, wefti_arena *arena, weft_error *error)
{
    weft_value read = *cell, kept;
    bool valid = true;
    size_t refused = 0;
    if (wefti_type_is_text(cell->type) &&
        !wefti_array_read(arena, wefti_type_base(field_type), cell->as.s.data, cell->as.s.size, &read, &valid))
        return wefti_error_memory(error);
    if (!valid || !wefti_type_is_array(read.type))
        return mismatch(field_type, cell, error);
    if (!wefti_array_as(arena, field_type, &read, &kept, &refused))
        return wefti_error_memory(error);
    const size_t count = wefti_array_count(&read);
    if (refused < count && wefti_array_item(&read, refused).is_null)
        return refuse_null_item(field_type, refused, error);
    if (refused < count && wefti_type_has_own_items(field_type))
        return wefti_error_set(error, WEFT_ERROR_DATA, "the decoder of %s refuses item %zu of the array",
                               type_name(wefti_type_of(field_type)->element), refused + 1);
    if (refused < count)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "item %zu of the array does not fit the %s", refused + 1,
                               type_name(field_type));
    if (wefti_type_has_content(wefti_type_of(field_type)->element)) { /* the items point into the row */
        void *room = wefti_arena_alloc(arena, wefti_value_room(&kept));
        if (room == NULL)
            return wefti_error_memory(error);
        kept = wefti_value_copied(kept, room);
    }
    return wefti_field_put(field_type, &kept, field) ? WEFT_OK : mismatch(field_type, cell, error);
}

static weft_status put_bits(const weft_value *cell, void *field, wefti_arena *arena, weft_error *error)
{
    weft_value kept = *cell;
    const bool digits = cell->type == WEFT_TEXT; /* of text SQL */
    char *room = digits && arena != NULL ? wefti_arena_aligned(arena, cell->as.s.size / 8 + 2, 1) : NULL;
    if (digits && arena != NULL && room == NULL)
        return wefti_error_memory(error);
    if (digits ? room == NULL || !wefti_bits_read(cell->as.s.data, cell->as.s.size, room, &kept) : cell->type != WEFT_BITS)
        return mismatch(WEFT_BITS, cell, error);
    if (!digits)
        kept.as.s.data = keep_bytes(arena, cell->as.s.data, cell->as.s.size);
    if (kept.as.s.data == NULL)
        return wefti_error_memory(error);
    return wefti_field_put(WEFT_BITS, &kept, field) ? WEFT_OK : mismatch(WEFT_BITS, cell, error);
}

static weft_status put_own(uint16_t field_type, const weft_value *cell, void *field, weft_error *error)
{
    weft_value value;
    if (!wefti_value_take(wefti_type_base(field_type), cell, &value))
        return mismatch(field_type, cell, error);
    if (wefti_field_put(field_type, &value, field))
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_DATA, "the decoder of %s refuses the value", type_name(field_type));
}

/* The cell has the field's type, a short one as of wefti_type_short, and is not NULL. False: the general way must look at it. */
static inline bool decode_matching(unsigned short_type, const weft_value *cell, void *field, wefti_arena *arena)
{
    switch (short_type) {
    case WEFT_INT64:
    case WEFT_TIMESTAMP:
    case WEFT_TIME: *(int64_t *)field = cell->as.i; return true;
    case WEFT_INT32:
        if (UNLIKELY(cell->type != WEFT_INT32 || cell->as.i != (int32_t)cell->as.i))
            return false;
        *(int32_t *)field = (int32_t)cell->as.i;
        return true;
    case WEFTI_SHORT_OPT + WEFT_INT32:
        if (UNLIKELY(cell->as.i != (int32_t)cell->as.i))
            return false;
        *(weft_opt_int32 *)field = (weft_opt_int32){true, (int32_t)cell->as.i};
        return true;
    case WEFTI_SHORT_OPT + WEFT_INT64:
    case WEFTI_SHORT_OPT + WEFT_TIMESTAMP:
    case WEFTI_SHORT_OPT + WEFT_TIME: *(weft_opt_int64 *)field = (weft_opt_int64){true, cell->as.i}; return true;
    case WEFT_DOUBLE: *(double *)field = cell->as.d; return true;
    case WEFTI_SHORT_OPT + WEFT_DOUBLE: *(weft_opt_double *)field = (weft_opt_double){true, cell->as.d}; return true;
    case WEFT_BOOL: *(bool *)field = cell->as.b; return true;
    case WEFT_UUID: *(weft_uuid *)field = cell->as.uuid; return true;
    case WEFT_TEXT:
    case WEFT_DECIMAL:
    case WEFT_JSON: {
        char *copy = wefti_arena_aligned(arena, cell->as.s.size + 1, 1);
        if (UNLIKELY(copy == NULL))
            return false;
        memcpy(copy, cell->as.s.data, cell->as.s.size);
        copy[cell->as.s.size] = '\0';
        *(const char **)field = copy;
        return true;
    }
    default: return false;
    }
}

weft_status wefti_decode_value(uint16_t field_type, size_t size, const weft_value *cell, void *field, wefti_arena *arena,
                               weft_error *error)
{
    if (cell->is_null)
        return null_value(field_type, size, field, error);
    if (wefti_type_is_own(field_type))
        return put_own(field_type, cell, field, error);
    const unsigned type = field_type & ~(unsigned)WEFT_OPT;
    if (type == WEFT_DECIMAL && !wefti_type_is_text(cell->type))
        return put_integer_as_decimal(cell, field, arena, error);
    if (wefti_type_is_text(type))
        return put_text(type, size, cell, field, arena, error);
    if (wefti_type_is_array(type))
        return arena != NULL ? put_array((uint16_t)type, cell, field, arena, error) : mismatch(field_type, cell, error);
    if (type == WEFT_BITS)
        return put_bits(cell, field, arena, error);
    if (wefti_type_has_content(type))
        return put_bytes(cell, field, arena, error);
    return put_scalar(field_type, cell, field, error);
}

/* ---- enums ---- */

/* What an enum's values are called, and the field that holds their numbers. */
typedef struct named_field {
    const char *const *names;
    uint32_t count;
    uint16_t type, size;
} named_field;

static weft_status decode_name(const named_field *named, const weft_value *cell, void *field, weft_error *error)
{
    if (cell->is_null)
        return null_value(named->type, named->size, field, error);
    if (!wefti_type_is_text(cell->type))
        return mismatch(WEFT_TEXT, cell, error);
    const size_t at = wefti_name_find(named->names, named->count, cell->as.s.data, cell->as.s.size);
    if (at < named->count && (named->type & WEFT_OPT) == 0) {
        *(uint32_t *)field = (uint32_t)at;
        return WEFT_OK;
    }
    if (at < named->count) {
        const weft_value number = weft_value_int64((int64_t)at);
        return put_scalar(named->type, &number, field, error);
    }
    return wefti_error_set(error, WEFT_ERROR_DATA, "the text in the database is none of the enum's %u names",
                           (unsigned)named->count);
}

static weft_status decode_names(const named_field *named, const weft_value *cell, void *field, wefti_arena *arena,
                                weft_error *error)
{
    weft_array_text texts = {0};
    weft_value numbers;
    size_t refused;
    if (cell->is_null)
        return null_value(named->type, named->size, field, error);
    weft_status status =
        arena != NULL ? put_array(WEFT_ARRAY + WEFT_TEXT, cell, &texts, arena, error) : mismatch(named->type, cell, error);
    if (status != WEFT_OK)
        return status;
    const weft_value names = weft_value_array_text(texts);
    if (!wefti_array_of_names(arena, named->type, &names, named->names, named->count, &numbers, &refused))
        return wefti_error_memory(error);
    if (refused == SIZE_MAX)
        return wefti_field_put(named->type, &numbers, field) ? WEFT_OK : mismatch(named->type, cell, error);
    if (texts.items[refused] == NULL)
        return refuse_null_item(named->type, refused, error);
    return wefti_error_set(error, WEFT_ERROR_DATA, "item %zu of the array is none of the enum's %u names", refused + 1,
                           (unsigned)named->count);
}

/* ---- rows of plain structs ---- */

/* Of an enum's field the numbers are read that others keep instead of its names. */
static weft_status decode_attr(const weft_attr *attr, const weft_value *cell, void *field, wefti_arena *arena, weft_error *error)
{
    const named_field named = {attr->enum_names, (uint32_t)attr->enum_count, (uint16_t)attr->field_type, (uint16_t)attr->size};
    const bool array = attr->enum_names != NULL && wefti_type_is_array((unsigned)attr->field_type & ~(unsigned)WEFT_OPT);
    if (attr->enum_names != NULL && !array && !cell->is_null && wefti_type_is_text(cell->type))
        return decode_name(&named, cell, field, error);
    if (array && !cell->is_null)
        return decode_names(&named, cell, field, arena, error);
    return wefti_decode_value((uint16_t)wefti_attr_type(attr), attr->size, cell, field, arena, error);
}

weft_status wefti_decode_struct(const weft_row_type *type, const uint16_t *places, const weft_value *cells, void *row,
                                wefti_arena *arena, size_t *refused, weft_error *error)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const weft_attr *field = &type->fields[i];
        const weft_value *cell = &cells[places != NULL ? places[i] : i];
        const unsigned known = field->codec == NULL ? (unsigned)field->field_type : 0;
        void *at = (char *)row + field->offset;
        if (!cell->is_null && (unsigned)cell->type == (known & ~(unsigned)WEFT_OPT) && arena != NULL &&
            LIKELY(decode_matching(wefti_type_short(known), cell, at, arena)))
            continue;
        weft_status status = decode_attr(field, cell, at, arena, error);
        if (LIKELY(status == WEFT_OK))
            continue;
        *refused = i;
        return status;
    }
    return WEFT_OK;
}

weft_status wefti_decode_put(const wefti_fill *fill, size_t field, const weft_value *cell, weft_error *error)
{
    const weft_attr *attr = &fill->type->fields[field];
    return decode_attr(attr, cell, (char *)fill->row + attr->offset, fill->arena, error);
}

/* ---- columns ---- */

static bool is_own(const wefti_field *field) { return field->own || wefti_type_has_own_items(field->type); }

static void name_column(const wefti_column *column, weft_error *error)
{
    if (error == NULL)
        return;
    const weft_model *model = column->table->model;
    const bool own = is_own(column->field) && model != NULL;
    wefti_error_prefix(error, "%s.%s into the field %s%s%s", column->table->name, column->name, own ? model->name : "",
                       own ? "." : "", column->field->name);
    wefti_error_field(error->table, sizeof error->table, column->table->name);
    wefti_error_field(error->column, sizeof error->column, column->name);
}

static weft_status decode_any(const wefti_field *mapped, const weft_value *cell, void *object, wefti_arena *arena,
                              weft_error *error)
{
    void *field = (char *)object + mapped->offset;
    weft_status status;
    const named_field named = {wefti_column_names(mapped->column), mapped->column->enum_count, mapped->type, mapped->size};
    if (mapped->column->enum_names != NULL)
        status = decode_name(&named, cell, field, error);
    else if (mapped->column->item_names != NULL)
        status = decode_names(&named, cell, field, arena, error);
    else
        status = wefti_decode_value(mapped->type, mapped->size, cell, field, arena, error);
    if (status == WEFT_OK || status == WEFT_ERROR_NO_MEMORY)
        return status;
    name_column(mapped->column, error);
    if (is_own(mapped) && status == WEFT_ERROR_DATA)
        return status;
    if (error != NULL)
        error->status = WEFT_ERROR_SCHEMA;
    return WEFT_ERROR_SCHEMA; /* the model and the row differ: the input is not to blame */
}

weft_status wefti_decode_field(const wefti_column *column, const weft_value *cell, void *object, wefti_arena *arena,
                               weft_error *error)
{
    const wefti_field *mapped = column->field;
    if (!cell->is_null && (unsigned)cell->type == mapped->column_type &&
        decode_matching(mapped->short_type, cell, (char *)object + mapped->offset, arena))
        return WEFT_OK;
    return decode_any(mapped, cell, object, arena, error);
}

weft_status wefti_decode_row(const wefti_mapper *mapper, const weft_value *cells, void *object, wefti_arena *arena,
                             weft_error *error)
{
    const wefti_field *mapped = mapper->fields, *end = mapped + mapper->field_count;
    for (; mapped < end; mapped++, cells++) {
        void *field = (char *)object + mapped->offset;
        if (cells->is_null) {
            if ((mapped->type & WEFT_OPT) != 0) {
                memset(field, 0, mapped->size);
                continue;
            }
        } else if (LIKELY((unsigned)cells->type == mapped->column_type) &&
                   LIKELY(decode_matching(mapped->short_type, cells, field, arena))) {
            continue;
        }
        weft_status status = decode_any(mapped, cells, object, arena, error);
        if (UNLIKELY(status != WEFT_OK))
            return status;
    }
    return WEFT_OK;
}

weft_status wefti_decode_places(const wefti_mapper *mapper, const uint16_t *places, const weft_value *cells, void *object,
                                wefti_arena *arena, weft_error *error)
{
    weft_status status = WEFT_OK;
    for (uint16_t i = 0; i < mapper->field_count && status == WEFT_OK; i++)
        if (places[i] != WEFTI_NO_PLACE)
            status = wefti_decode_field(mapper->fields[i].column, &cells[places[i]], object, arena, error);
    return status;
}

bool wefti_field_says_nothing_any(const wefti_field *field, const void *row)
{
    const void *at = (const char *)row + field->offset;
    if (field->type == WEFT_CHARS)
        return *(const char *)at == '\0';
    const bool whole = field->own || wefti_type_of(field->type)->kept == WEFTI_KEPT_RANGE; /* its zero bytes alone say nothing */
    if (whole && (field->type & WEFT_OPT) == 0 && wefti_field_is_clear(at, field->size))
        return true;
    const weft_value value = wefti_field_value(field->type, field->size, at);
    return value.is_null || (!field->own && (field->type & WEFT_OPT) == 0 && wefti_value_is_zero(&value));
}
