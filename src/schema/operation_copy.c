/* Copies of operations that depend on nobody. What points where in each struct is data: a field that points somewhere has its row
 * here, and a table of operations a row for each kind. */
#include "schema/operation.h"

#include "type/type.h"

#include <string.h>

typedef struct layout layout;

typedef enum field_kind {
    TEXT = 1, /* const char * */
    TEXTS,    /* a list of texts, with NULL at its end */
    VALUES,   /* weft_value, as many as a size_t says */
    ITEMS     /* structs of another layout: as many as a size_t says, or one */
} field_kind;

typedef struct field {
    field_kind kind; /* 0: the end */
    size_t offset;
    const layout *items;
    size_t count_offset;
} field;

struct layout {
    size_t size;
    const field *fields;
};

#define VALUES_OF(type, name, count) \
    { \
        VALUES, offsetof(type, name), NULL, offsetof(type, count) \
    }
#define ONE SIZE_MAX /* for count_offset */
#define TEXT_OF(type, name) \
    { \
        TEXT, offsetof(type, name), NULL, 0 \
    }
#define TEXTS_OF(type, name) \
    { \
        TEXTS, offsetof(type, name), NULL, 0 \
    }
#define ITEMS_OF(type, name, count, layout) \
    { \
        ITEMS, offsetof(type, name), &(layout), offsetof(type, count) \
    }
#define ITEM_OF(type, name, layout) \
    { \
        ITEMS, offsetof(type, name), &(layout), ONE \
    }
#define NAME_OF(type, name_) TEXT_OF(type, name_.schema), TEXT_OF(type, name_.name)
#define LAYOUT(name, type, ...) static const layout name = {sizeof(type), (const field[]){__VA_ARGS__, {0}}}

/* ---- definitions ---- */

#define C weft_schema_column
LAYOUT(column, C, TEXT_OF(C, name), TEXT_OF(C, sql_type), TEXT_OF(C, enum_type), TEXT_OF(C, enum_schema),
       TEXT_OF(C, server_default), TEXT_OF(C, generated), TEXT_OF(C, collation), TEXT_OF(C, comment));
#undef C
#define C weft_schema_constraint
LAYOUT(constraint, C, TEXT_OF(C, name), TEXTS_OF(C, columns), TEXT_OF(C, target_schema), TEXT_OF(C, target_table),
       TEXTS_OF(C, target_columns), TEXT_OF(C, on_delete), TEXT_OF(C, on_update), TEXT_OF(C, expression), TEXTS_OF(C, include),
       TEXT_OF(C, storage), TEXT_OF(C, tablespace), TEXT_OF(C, comment));
#undef C
#define P weft_schema_part
LAYOUT(part, P, TEXT_OF(P, column), TEXT_OF(P, expression), TEXT_OF(P, collation), TEXT_OF(P, operator_class));
#undef P
#define I weft_schema_index
LAYOUT(an_index, I, TEXT_OF(I, name), ITEMS_OF(I, parts, part_count, part), TEXTS_OF(I, include), TEXT_OF(I, method),
       TEXT_OF(I, where), TEXT_OF(I, storage), TEXT_OF(I, tablespace), TEXT_OF(I, comment));
#undef I
#define T weft_schema_table
LAYOUT(table, T, TEXT_OF(T, schema), TEXT_OF(T, name), TEXT_OF(T, comment), TEXT_OF(T, definition),
       ITEMS_OF(T, columns, column_count, column), ITEMS_OF(T, constraints, constraint_count, constraint),
       ITEMS_OF(T, indexes, index_count, an_index), TEXTS_OF(T, kept), TEXT_OF(T, storage), TEXT_OF(T, tablespace));
#undef T
LAYOUT(an_enum, weft_schema_enum, TEXT_OF(weft_schema_enum, schema), TEXT_OF(weft_schema_enum, name),
       TEXTS_OF(weft_schema_enum, values));
#define S weft_schema_sequence
LAYOUT(sequence, S, TEXT_OF(S, schema), TEXT_OF(S, name), TEXT_OF(S, table), TEXT_OF(S, column));
#undef S

/* ---- operations ---- */

#define OP_TEXT(name) TEXT_OF(wefti_op, of.name)
#define OP_NAME(name) NAME_OF(wefti_op, of.name)
#define OP_ITEM(name, layout) ITEM_OF(wefti_op, of.name, layout)
#define FIELDS(...) ((const field[]){__VA_ARGS__, {0}})

static const field *const operations[WEFTI_OP_COUNT_] = {
    [WEFTI_OP_CREATE_SCHEMA] = FIELDS(OP_TEXT(create_schema.name)),
    [WEFTI_OP_DROP_SCHEMA] = FIELDS(OP_TEXT(drop_schema.name)),
    [WEFTI_OP_CREATE_TABLE] = FIELDS(OP_ITEM(create_table.table, table)),
    [WEFTI_OP_DROP_TABLE] = FIELDS(OP_NAME(drop_table.table)),
    [WEFTI_OP_RENAME_TABLE] = FIELDS(OP_NAME(rename_table.table), OP_TEXT(rename_table.to)),
    [WEFTI_OP_ADD_COLUMN] = FIELDS(OP_NAME(add_column.table), OP_ITEM(add_column.column, column)),
    [WEFTI_OP_DROP_COLUMN] = FIELDS(OP_NAME(drop_column.table), OP_TEXT(drop_column.column)),
    [WEFTI_OP_RENAME_COLUMN] = FIELDS(OP_NAME(rename_column.table), OP_TEXT(rename_column.column), OP_TEXT(rename_column.to)),
    [WEFTI_OP_ALTER_COLUMN] = FIELDS(OP_NAME(alter_column.table), OP_TEXT(alter_column.column), OP_TEXT(alter_column.type),
                                     OP_TEXT(alter_column.using_), OP_TEXT(alter_column.set_default)),
    [WEFTI_OP_CREATE_INDEX] = FIELDS(OP_NAME(create_index.table), OP_ITEM(create_index.index, an_index)),
    [WEFTI_OP_DROP_INDEX] = FIELDS(OP_NAME(drop_index.index)),
    [WEFTI_OP_ADD_CONSTRAINT] = FIELDS(OP_NAME(add_constraint.table), OP_ITEM(add_constraint.constraint, constraint)),
    [WEFTI_OP_VALIDATE_CONSTRAINT] = FIELDS(OP_NAME(validate_constraint.table), OP_TEXT(validate_constraint.name)),
    [WEFTI_OP_DROP_CONSTRAINT] = FIELDS(OP_NAME(drop_constraint.table), OP_TEXT(drop_constraint.name)),
    [WEFTI_OP_CREATE_ENUM] = FIELDS(OP_ITEM(create_enum.type, an_enum)),
    [WEFTI_OP_ADD_ENUM_VALUE] = FIELDS(OP_NAME(add_enum_value.type), OP_TEXT(add_enum_value.value), OP_TEXT(add_enum_value.before)),
    [WEFTI_OP_RENAME_ENUM_VALUE] =
        FIELDS(OP_NAME(rename_enum_value.type), OP_TEXT(rename_enum_value.value), OP_TEXT(rename_enum_value.to)),
    [WEFTI_OP_RENAME_ENUM] = FIELDS(OP_NAME(rename_enum.type), OP_TEXT(rename_enum.to)),
    [WEFTI_OP_DROP_ENUM] = FIELDS(OP_NAME(drop_enum.type)),
    [WEFTI_OP_CREATE_SEQUENCE] = FIELDS(OP_ITEM(create_sequence.sequence, sequence)),
    [WEFTI_OP_ALTER_SEQUENCE] = FIELDS(OP_ITEM(alter_sequence.sequence, sequence)),
    [WEFTI_OP_OWN_SEQUENCE] = FIELDS(OP_ITEM(own_sequence.sequence, sequence)),
    [WEFTI_OP_PASS_ROWS] = FIELDS(OP_NAME(pass_rows.sequence), OP_NAME(pass_rows.table), OP_TEXT(pass_rows.column)),
    [WEFTI_OP_DROP_SEQUENCE] = FIELDS(OP_NAME(drop_sequence.sequence)),
    [WEFTI_OP_CREATE_VIEW] = FIELDS(OP_ITEM(create_view.view, table)),
    [WEFTI_OP_DROP_VIEW] = FIELDS(OP_NAME(drop_view.view)),
    [WEFTI_OP_COMMENT] =
        FIELDS(OP_NAME(comment.table), OP_TEXT(comment.column), OP_TEXT(comment.comment), OP_TEXT(comment.constraint)),
    [WEFTI_OP_STORE] = FIELDS(OP_NAME(store.what), OP_TEXT(store.storage), OP_TEXT(store.reset), OP_TEXT(store.tablespace)),
    [WEFTI_OP_INSERT] = FIELDS(OP_NAME(insert.table), ITEMS_OF(wefti_op, of.insert.columns, of.insert.column_count, column),
                               VALUES_OF(wefti_op, of.insert.values, of.insert.value_count)),
    [WEFTI_OP_EXECUTE] = FIELDS(OP_TEXT(execute.database), OP_TEXT(execute.sql)),
    [WEFTI_OP_REBUILD_TABLE] =
        FIELDS(OP_ITEM(rebuild_table.table, table), TEXTS_OF(wefti_op, of.rebuild_table.columns), OP_TEXT(rebuild_table.create),
               TEXTS_OF(wefti_op, of.rebuild_table.numbers), TEXTS_OF(wefti_op, of.rebuild_table.whole)),
};

/* ---- copying ---- */

static const char *const *copy_texts(wefti_arena *arena, const char *const *texts)
{
    const size_t count = wefti_def_count(texts);
    const char **copies = wefti_arena_zalloc(arena, (count + 1) * sizeof *copies);
    for (size_t i = 0; copies != NULL && i < count; i++) {
        copies[i] = wefti_arena_strdup(arena, texts[i]);
        if (copies[i] == NULL)
            return NULL;
    }
    return copies;
}

static void *copy_items(wefti_arena *arena, const layout *each, const void *items, size_t count);

static const weft_value *copy_values(wefti_arena *arena, const weft_value *values, size_t count)
{
    weft_value *copies = wefti_arena_zalloc(arena, count * sizeof *copies + 1); /* never NULL for none */
    for (size_t i = 0; copies != NULL && i < count; i++) {
        const size_t room = wefti_value_room(&values[i]);
        void *content = room > 0 ? wefti_arena_alloc(arena, room) : NULL;
        if (room > 0 && content == NULL)
            return NULL;
        copies[i] = room > 0 ? wefti_value_copied(values[i], content) : values[i];
    }
    return copies;
}

/* What a field points to is in the arena, and the field points there. False: out of memory. */
static bool own_field(wefti_arena *arena, char *owner, const field *f)
{
    const void *from, *copy = NULL;
    size_t count = 1;
    memcpy((void *)&from, owner + f->offset, sizeof from);
    if (from == NULL)
        return true;
    switch (f->kind) {
    case TEXT: copy = wefti_arena_strdup(arena, from); break;
    case TEXTS: copy = (const void *)copy_texts(arena, from); break;
    case VALUES:
        memcpy(&count, owner + f->count_offset, sizeof count);
        copy = copy_values(arena, from, count);
        break;
    case ITEMS:
        if (f->count_offset != ONE)
            memcpy(&count, owner + f->count_offset, sizeof count);
        copy = copy_items(arena, f->items, from, count);
        break;
    }
    memcpy(owner + f->offset, (const void *)&copy, sizeof copy);
    return copy != NULL;
}

static bool own_fields(wefti_arena *arena, void *owner, const field *fields)
{
    for (const field *f = fields; f->kind != 0; f++)
        if (!own_field(arena, owner, f))
            return false;
    return true;
}

/* As deep as layouts, which hold no circle. */
static void *copy_items(wefti_arena *arena, const layout *each, const void *items, size_t count)
{
    char *copies = wefti_arena_zalloc(arena, count * each->size + 1); /* never NULL for none */
    if (copies == NULL)
        return NULL;
    if (count > 0)
        memcpy(copies, items, count * each->size);
    for (size_t i = 0; i < count; i++)
        if (!own_fields(arena, copies + i * each->size, each->fields))
            return NULL;
    return copies;
}

weft_schema_table *wefti_copy_tables(wefti_arena *arena, const weft_schema_table *tables, size_t count)
{
    return copy_items(arena, &table, tables, count);
}

weft_schema_enum *wefti_copy_enums(wefti_arena *arena, const weft_schema_enum *enums, size_t count)
{
    return copy_items(arena, &an_enum, enums, count);
}

weft_schema_sequence *wefti_copy_sequences(wefti_arena *arena, const weft_schema_sequence *sequences, size_t count)
{
    return copy_items(arena, &sequence, sequences, count);
}

void wefti_ops_add_copy(wefti_ops *ops, const wefti_op *op)
{
    wefti_op copy = *op;
    if ((unsigned)op->kind < WEFTI_OP_COUNT_ && !own_fields(&ops->arena, &copy, operations[op->kind]))
        ops->failed = true;
    else
        wefti_ops_add(ops, &copy);
}

void wefti_ops_copy(wefti_ops *ops, const wefti_ops *from)
{
    ops->failed = ops->failed || from->failed;
    for (size_t i = 0; i < from->count && !ops->failed; i++)
        wefti_ops_add_copy(ops, &from->items[i]);
}
