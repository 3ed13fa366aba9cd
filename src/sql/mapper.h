/* What stands between the struct of a model and its table: which field holds which column, and how. A table and its columns
 * (schema.h) are what the database knows; nothing of a struct is said there. Worked out with the schema, never changed. */
#ifndef WEFTI_SQL_MAPPER_H
#define WEFTI_SQL_MAPPER_H

#include <weft/model.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wefti_table wefti_table;
typedef struct wefti_column wefti_column;
typedef struct wefti_field wefti_field;
typedef struct wefti_mapper wefti_mapper;

/* A column as a field. One for each column, in the same order: rows become structs by a loop over these alone. */
struct wefti_field {
    const wefti_column *column;
    const char *name;    /* in C */
    size_t offset;       /* in the struct; unused in link tables */
    uint16_t size;       /* of the field */
    uint16_t type;       /* weft_type of the field, perhaps + WEFT_OPT; for enums WEFT_INT32 or WEFT_UINT32 */
    uint8_t short_type;  /* wefti_type_short of it */
    uint8_t column_type; /* column->type, beside the others where rows are read */
    bool own;            /* of a type of the program's own, which column_type is what values are */
    bool borrows;        /* points to its content, wefti_type_borrows */
    bool zero_is_unset;
    bool version;
    uint8_t guard;                         /* weft_guard */
    weft_maker insert_value, update_value; /* or NULL */
    bool deferred;                         /* not loaded unless asked for */
    const char *group;                     /* of deferred columns, or NULL */
};

/* Whether the field has the same bytes in two structs, as most do that were not written to. */
static inline bool wefti_field_same_bytes(const wefti_field *field, const void *a, const void *b)
{
    const char *x = (const char *)a + field->offset, *y = (const char *)b + field->offset;
    uint32_t m, n;
    uint64_t p, q;
    switch (field->size) { /* of texts, too, which stand at any address */
    case 4: return memcpy(&m, x, 4), memcpy(&n, y, 4), m == n;
    case 8: return memcpy(&p, x, 8), memcpy(&q, y, 8), p == q;
    default: return memcmp(x, y, field->size) == 0;
    }
}

/* Columns of one table as bits: column i is bit i % 64 of word i / 64. NULL: none of them. */
static inline bool wefti_columns_have(const uint64_t *columns, uint16_t index)
{
    return columns != NULL && (columns[index / 64] >> index % 64 & 1) != 0;
}
static inline void wefti_columns_add(uint64_t *columns, uint16_t index) { columns[index / 64] |= UINT64_C(1) << index % 64; }

struct wefti_mapper {
    size_t size; /* of the struct */
    uint16_t field_count;
    const wefti_field *fields;   /* of table->columns, in their order */
    const wefti_column *version; /* counts updates, or NULL */
    uint8_t guard;               /* weft_guard of the model */
    bool guarded_columns;        /* some column has a .guard of its own */
    const uint64_t *deferred;    /* columns that are not loaded unless asked for */
    const uint64_t *always;      /* columns that are loaded in any case: of keys, versions, foreign keys and relationships */
    const uint16_t *by_offset;   /* own use of schema.c */
};

#define WEFTI_NO_PLACE UINT16_MAX /* of a column that a statement leaves out */
static inline uint16_t wefti_mapper_words(const wefti_mapper *mapper) { return (uint16_t)((mapper->field_count + 63) / 64); }

#endif
