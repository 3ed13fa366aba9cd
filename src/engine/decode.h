/* Values of a row into the fields of a struct. */
#ifndef WEFTI_ENGINE_DECODE_H
#define WEFTI_ENGINE_DECODE_H

#include "base/arena.h"
#include "driver/driver.h"
#include "sql/schema.h"

#include <weft/status.h>
#include <weft/value.h>

/* Decodes the cells of a model's columns, in their order, into the fields of an object; text, bytes, decimal and JSON are copied
 * into the arena with a closing NUL. The fields of relationships are left alone. WEFT_ERROR_DATA or WEFT_ERROR_TYPE name the
 * column; WEFT_ERROR_NO_MEMORY. */
weft_status wefti_decode_row(const wefti_mapper *mapper, const weft_value *cells, void *object, wefti_arena *arena,
                             weft_error *error);

/* The same where some columns have no cell: places as of wefti_entity. Fields without one are left alone. */
weft_status wefti_decode_places(const wefti_mapper *mapper, const uint16_t *places, const weft_value *cells, void *object,
                                wefti_arena *arena, weft_error *error);

/* One column of the same. */
weft_status wefti_decode_field(const wefti_column *column, const weft_value *cell, void *object, wefti_arena *arena,
                               weft_error *error);

/* Whether a field leaves its column to who fills it in, a default of the database or a maker: NULL, a zero that may be none, an
 * empty char[n]. "" in a const char * is a text. The schema refuses defaults of plain numbers and bools without .zero_is_unset. */
bool wefti_field_says_nothing_any(const wefti_field *field, const void *row);
static inline bool wefti_field_says_nothing(const wefti_field *field, const void *row)
{
    const void *at = (const char *)row + field->offset;
    return field->type == WEFT_INT64 ? *(const int64_t *)at == 0 : wefti_field_says_nothing_any(field, row); /* as most keys are */
}

/* A cell into a field of a C type (weft_type, perhaps + WEFT_OPT; size is that of the field). arena NULL: text and bytes are
 * borrowed from the cell. Numbers convert where they fit, texts where they are of the type's form. WEFT_ERROR_TYPE says what
 * does not fit, without naming where: the caller knows. The field is unchanged then. */
weft_status wefti_decode_value(uint16_t field_type, size_t size, const weft_value *cell, void *field, wefti_arena *arena,
                               weft_error *error);

/* Cells into the fields of a struct of WEFT_ROW, as wefti_decode_value. places: the column of each field; NULL: they stand in its
 * order. On an error *refused is the number of the field. */
weft_status wefti_decode_struct(const weft_row_type *type, const uint16_t *places, const weft_value *cells, void *row,
                                wefti_arena *arena, size_t *refused, weft_error *error);
/* The same of one field: put of a wefti_fill. */
weft_status wefti_decode_put(const wefti_fill *fill, size_t field, const weft_value *cell, weft_error *error);

/* A cell that is not NULL as a C value; false, and *out unchanged, where it is of another kind or does not fit. Integers also from
 * decimals without a fraction, doubles from integers and decimals, bools from 0 and 1, civil times and UUIDs from their texts. */
bool wefti_cell_int64(const weft_value *cell, int64_t *out);
bool wefti_cell_double(const weft_value *cell, double *out);
bool wefti_cell_bool(const weft_value *cell, bool *out);
bool wefti_cell_civil(const weft_value *cell, weft_type type, int64_t *out); /* WEFT_TIMESTAMP, WEFT_DATE, WEFT_TIME */
bool wefti_cell_uuid(const weft_value *cell, weft_uuid *out);
bool wefti_cell_text(const weft_value *cell, const char **out);

#endif
