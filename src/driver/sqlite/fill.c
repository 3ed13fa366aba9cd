/* Rows straight into structs: what most fields are goes from SQLite's value to its place, by a plan that is made once for each
 * cursor. Everything else, and every cell that is not just what its column should hold, goes the way of other rows: it is read as
 * one of their cells, with its checks and errors, and the engine stores it. */
#include "driver/sqlite/codec.h"

#include "base/error.h"

#include <string.h>

static wefti_sqlite_slot slot_of(const weft_attr *field, unsigned column_type)
{
    const unsigned type = (unsigned)field->field_type & ~(unsigned)WEFT_OPT;
    const bool optional = ((unsigned)field->field_type & WEFT_OPT) != 0;
    const wefti_type *row = wefti_type_of(type);
    if (field->codec != NULL || type != column_type || field->offset > UINT32_MAX / 2 || (optional && row->optional_size == 0))
        return (wefti_sqlite_slot){.field = UINT32_MAX, .how = WEFTI_SQLITE_BY_CELL};
    return (wefti_sqlite_slot){.offset = (uint32_t)(field->offset + (optional ? row->optional_at : 0)),
                               .field = (uint32_t)field->offset,
                               .type = (uint16_t)field->field_type,
                               .how = wefti_sqlite_codec_of(type)->how,
                               .has_flag = optional,
                               .null_is_clear = optional || row->borrows};
}

static __attribute__((noinline)) void make_slots(wefti_sqlite_run *run, const weft_row_type *type)
{
    for (uint16_t i = 0; i < run->column_count; i++)
        run->slots[i] = slot_of(&type->fields[i], run->column_types[i]);
}

/* Most often they are those of the last time, which nobody has noted but they: a row type may lie anywhere. */
static inline void take_slots(wefti_sqlite_run *run, const weft_row_type *type)
{
    const wefti_sqlite_slot *slot = run->slots;
    uint64_t differs = 0;
    for (const weft_attr *field = type->fields, *end = field + run->column_count; field < end; field++, slot++)
        differs |= (field->offset ^ slot->field) | ((unsigned)field->field_type ^ slot->type) | (uintptr_t)field->codec;
    if (__builtin_expect(differs != 0, 0))
        make_slots(run, type);
    run->has_slots = true;
}

static inline bool store_text(sqlite3_value *v, void *to, wefti_arena *arena)
{
    const char *text = (const char *)sqlite3_value_text(v);
    const size_t size = (size_t)sqlite3_value_bytes(v);
    char *copy = text != NULL ? wefti_arena_aligned(arena, size + 1, 1) : NULL;
    if (copy == NULL || !(wefti_text_copy_plain(copy, text, size) || wefti_utf8_valid(copy, size)))
        return false;
    copy[size] = '\0';
    *(const char **)to = copy;
    return true;
}

/* False: the cell is to be read. */
static inline bool store(const wefti_sqlite_slot *slot, sqlite3_value *v, int kind, char *row, wefti_arena *arena)
{
    void *to = row + slot->offset;
    switch ((wefti_sqlite_how)slot->how) {
    case WEFTI_SQLITE_AS_INTEGER:
        if (kind != SQLITE_INTEGER)
            return false;
        *(int64_t *)to = sqlite3_value_int64(v);
        return true;
    case WEFTI_SQLITE_AS_INTEGER_4: {
        const int64_t i = kind == SQLITE_INTEGER ? sqlite3_value_int64(v) : INT64_MAX;
        *(int32_t *)to = (int32_t)i;
        return i == (int32_t)i;
    }
    case WEFTI_SQLITE_AS_REAL:
        if (kind != SQLITE_FLOAT)
            return false;
        *(double *)to = sqlite3_value_double(v);
        return true;
    case WEFTI_SQLITE_AS_BOOL: {
        const int64_t i = kind == SQLITE_INTEGER ? sqlite3_value_int64(v) : INT64_MAX;
        *(bool *)to = i == 1;
        return i == 0 || i == 1;
    }
    case WEFTI_SQLITE_AS_TEXT: return kind == SQLITE_TEXT && store_text(v, to, arena);
    case WEFTI_SQLITE_AS_TIMESTAMP: {
        const char *text = kind == SQLITE_TEXT ? (const char *)sqlite3_value_text(v) : NULL;
        return text != NULL && wefti_timestamp_parse_own(text, (size_t)sqlite3_value_bytes(v), to);
    }
    default: return false;
    }
}

/* By way of a cell. */
static __attribute__((noinline)) weft_status put_cell(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind,
                                                      wefti_fill *fill, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const weft_attr *field = &fill->type->fields[column];
    cell->is_null = kind == SQLITE_NULL;
    weft_status status = kind == SQLITE_NULL ? WEFT_OK : wefti_sqlite_read_cell(run, column, v, kind, error);
    if (status != WEFT_OK)
        return status;
    memset((char *)fill->row + field->offset, 0, field->size);
    status = fill->put(fill, (size_t)column, cell, error);
    fill->refused = status != WEFT_OK;
    fill->field = (size_t)column;
    return status;
}

WEFTI_HOT weft_status wefti_sqlite_read_into(wefti_sqlite_run *run, wefti_fill *fill, weft_error *error)
{
    sqlite3_stmt *stmt = run->stmt;
    const weft_row_type *type = fill->type;
    if (!run->has_slots)
        take_slots(run, type);
    char *row = fill->row = wefti_arena_alloc(fill->arena, type->size);
    if (row == NULL) {
        fill->refused = true;
        fill->field = type->field_count;
        return wefti_error_memory(error);
    }
    memset(row, 0, type->size);
    const wefti_sqlite_slot *slot = run->slots;
    for (int i = 0, count = run->column_count; i < count; i++, slot++) {
        sqlite3_value *v = sqlite3_column_value(stmt, i);
        const int kind = sqlite3_value_type(v);
        if (kind == SQLITE_NULL ? slot->null_is_clear : store(slot, v, kind, row, fill->arena)) {
            if (slot->has_flag)
                *(bool *)(row + slot->field) = kind != SQLITE_NULL;
            continue;
        }
        const weft_status status = put_cell(run, i, v, kind, fill, error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}
