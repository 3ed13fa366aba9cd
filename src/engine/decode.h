/* Values of a row into the fields of a struct. */
#ifndef WEFTI_ENGINE_DECODE_H
#define WEFTI_ENGINE_DECODE_H

#include "base/arena.h"
#include "sql/schema.h"

#include <weft/status.h>
#include <weft/value.h>

/* Decodes the cells of a table's columns, in their order, into the fields of an object; text, bytes, decimal and JSON are copied into
 * the arena with a closing NUL. The fields of relationships are left alone. WEFT_ERROR_DATA or WEFT_ERROR_TYPE name the column;
 * WEFT_ERROR_NO_MEMORY. */
weft_status wefti_decode_row(const wefti_table *table, const weft_value *cells, void *object, wefti_arena *arena, weft_error *error);

/* One column of the same. */
weft_status wefti_decode_field(const wefti_column *column, const weft_value *cell, void *object, wefti_arena *arena, weft_error *error);

/* A cell into a field of a C type (weft_type, perhaps + WEFT_OPT; size is that of the field). arena NULL: text and bytes are borrowed from
 * the cell. Numbers convert where they fit, texts where they are of the type's form. WEFT_ERROR_TYPE says what does not fit, without
 * naming where: the caller knows. The field is unchanged then. */
weft_status wefti_decode_value(uint8_t field_type, size_t size, const weft_value *cell, void *field, wefti_arena *arena,
                               weft_error *error);

#endif
