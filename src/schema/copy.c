/* Deep copies of definitions into an arena: lists of operations keep what they were given. */
#include "schema/copy.h"

#include <string.h>

static const char *text_of(wefti_arena *arena, bool *failed, const char *text)
{
    const char *copy = text != NULL ? wefti_arena_strdup(arena, text) : NULL;
    *failed = *failed || (text != NULL && copy == NULL);
    return copy;
}
#define TEXT(member) (to.member = text_of(arena, failed, from->member))

/* An array of count items; NULL where there are none. */
static void *array(wefti_arena *arena, bool *failed, size_t count, size_t size)
{
    void *made = count > 0 ? wefti_arena_alloc(arena, count * size) : NULL;
    *failed = *failed || (count > 0 && made == NULL);
    return made;
}

const char *wefti_copy_text(wefti_arena *arena, bool *failed, const char *text) { return text_of(arena, failed, text); }

const char *const *wefti_copy_names(wefti_arena *arena, bool *failed, const char *const *names)
{
    const size_t count = wefti_def_count(names);
    const char **copy = names != NULL ? array(arena, failed, count + 1, sizeof *copy) : NULL;
    for (size_t i = 0; copy != NULL && i < count; i++)
        copy[i] = text_of(arena, failed, names[i]);
    if (copy != NULL)
        copy[count] = NULL;
    return copy;
}

weft_schema_column wefti_copy_column(wefti_arena *arena, bool *failed, const weft_schema_column *from)
{
    weft_schema_column to = *from;
    TEXT(name);
    TEXT(sql_type);
    TEXT(enum_type);
    TEXT(server_default);
    TEXT(generated);
    TEXT(collation);
    TEXT(comment);
    return to;
}

weft_schema_constraint wefti_copy_constraint(wefti_arena *arena, bool *failed, const weft_schema_constraint *from)
{
    weft_schema_constraint to = *from;
    TEXT(name);
    TEXT(target_schema);
    TEXT(target_table);
    TEXT(on_delete);
    TEXT(on_update);
    TEXT(expression);
    to.columns = wefti_copy_names(arena, failed, from->columns);
    to.target_columns = wefti_copy_names(arena, failed, from->target_columns);
    return to;
}

static weft_schema_part copy_part(wefti_arena *arena, bool *failed, const weft_schema_part *from)
{
    weft_schema_part to = *from;
    TEXT(column);
    TEXT(expression);
    TEXT(collation);
    TEXT(operator_class);
    return to;
}

weft_schema_index wefti_copy_index(wefti_arena *arena, bool *failed, const weft_schema_index *from)
{
    weft_schema_index to = *from;
    weft_schema_part *parts = array(arena, failed, from->part_count, sizeof *parts);
    TEXT(name);
    TEXT(method);
    TEXT(where);
    to.include = wefti_copy_names(arena, failed, from->include);
    for (size_t i = 0; parts != NULL && i < from->part_count; i++)
        parts[i] = copy_part(arena, failed, &from->parts[i]);
    to.parts = parts;
    to.part_count = parts != NULL ? from->part_count : 0;
    return to;
}

weft_schema_table wefti_copy_table(wefti_arena *arena, bool *failed, const weft_schema_table *from)
{
    weft_schema_table to = *from;
    weft_schema_column *columns = array(arena, failed, from->column_count, sizeof *columns);
    weft_schema_constraint *constraints = array(arena, failed, from->constraint_count, sizeof *constraints);
    weft_schema_index *indexes = array(arena, failed, from->index_count, sizeof *indexes);
    TEXT(schema);
    TEXT(name);
    TEXT(comment);
    TEXT(definition);
    to.kept = wefti_copy_names(arena, failed, from->kept);
    for (size_t i = 0; columns != NULL && i < from->column_count; i++)
        columns[i] = wefti_copy_column(arena, failed, &from->columns[i]);
    for (size_t i = 0; constraints != NULL && i < from->constraint_count; i++)
        constraints[i] = wefti_copy_constraint(arena, failed, &from->constraints[i]);
    for (size_t i = 0; indexes != NULL && i < from->index_count; i++)
        indexes[i] = wefti_copy_index(arena, failed, &from->indexes[i]);
    to.columns = columns;
    to.constraints = constraints;
    to.indexes = indexes;
    return to;
}

weft_schema_enum wefti_copy_enum(wefti_arena *arena, bool *failed, const weft_schema_enum *from)
{
    weft_schema_enum to = *from;
    TEXT(schema);
    TEXT(name);
    to.values = wefti_copy_names(arena, failed, from->values);
    return to;
}

weft_schema_sequence wefti_copy_sequence(wefti_arena *arena, bool *failed, const weft_schema_sequence *from)
{
    weft_schema_sequence to = *from;
    TEXT(schema);
    TEXT(name);
    return to;
}
