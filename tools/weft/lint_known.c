/* What lint knows of the database: tables, columns, indexes and constraints, as the revisions before made them, or as the database has
 * them. What is not known is taken to be there, with rows, and in use. */
#include "lint.h"

#include <string.h>

lint_table *lint_table_of(lint *l, const char *name)
{
    for (size_t i = l->table_count; i-- > 0;)
        if (!l->tables[i].gone && strcmp(l->tables[i].name, name) == 0)
            return &l->tables[i];
    return NULL;
}

lint_table *lint_table_add(lint *l, const char *name)
{
    l->tables = lint_grow(l->tables, l->table_count, &l->table_capacity, sizeof *l->tables);
    lint_table *table = &l->tables[l->table_count++];
    *table = (lint_table){.name = lint_text(l, "%s", name), .rows = -1};
    return table;
}

lint_column *lint_column_of(const lint_table *table, const char *name)
{
    for (size_t i = table != NULL ? table->column_count : 0; i-- > 0;)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

lint_column *lint_column_add(lint_table *table, const char *name)
{
    table->columns = lint_grow(table->columns, table->column_count, &table->column_capacity, sizeof *table->columns);
    table->columns[table->column_count] = (lint_column){.name = name};
    return &table->columns[table->column_count++];
}

lint_object *lint_object_of(lint *l, const char *table, const char *name)
{
    for (size_t i = l->object_count; i-- > 0;) {
        lint_object *o = &l->objects[i];
        if (!o->gone && strcmp(o->name, name) == 0 && (table == NULL || strcmp(o->table, table) == 0))
            return o;
    }
    return NULL;
}

lint_object *lint_object_add(lint *l, lint_object object)
{
    l->objects = lint_grow(l->objects, l->object_count, &l->object_capacity, sizeof *l->objects);
    l->objects[l->object_count] = object;
    return &l->objects[l->object_count++];
}

bool lint_is_new(lint *l, const char *name)
{
    const lint_table *table = lint_table_of(l, name);
    return table != NULL &&
           (table->temporary || table->born >= l->new_since || (table->emptied > 0 && table->emptied == l->revision_count));
}

/* Tables are known by their names in SQL, so those of the models are compared as such. */
bool lint_models_have(lint *l, const char *table, const char *column)
{
    size_t count = 0;
    const weft_schema_table *tables = l->models != NULL ? weft_schema_tables(l->models, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const weft_schema_table *t = &tables[i];
        const char *name = l->sqlite ? lint_lower(l, t->name) : lint_quoted(l, t->name);
        if (!l->sqlite && t->schema != NULL && strcmp(t->schema, "public") != 0)
            name = lint_text(l, "%s.%s", lint_quoted(l, t->schema), name);
        if (strcmp(name, table) != 0)
            continue;
        for (size_t k = 0; column != NULL && k < t->column_count; k++) {
            const char *own = t->columns[k].name;
            if (strcmp(l->sqlite ? lint_lower(l, own) : lint_quoted(l, own), column) == 0)
                return true;
        }
        return column == NULL;
    }
    return false;
}

bool lint_is_used(lint *l, const char *name)
{
    const lint_table *table = lint_table_of(l, name);
    return !lint_is_new(l, name) && !(table != NULL && table->rows >= 0 && table->rows < l->small);
}

bool lint_is_partitioned(lint *l, const char *name)
{
    const lint_table *table = lint_table_of(l, name);
    return table != NULL && table->partitioned;
}

void lint_rename_table(lint *l, const char *from, const char *to)
{
    lint_table *table = lint_table_of(l, from);
    if (table != NULL)
        table->name = to;
    for (size_t i = 0; i < l->object_count; i++)
        if (strcmp(l->objects[i].table, from) == 0)
            l->objects[i].table = to;
}

void lint_drop_table(lint *l, const char *name)
{
    lint_table *table = lint_table_of(l, name);
    if (table != NULL)
        table->gone = true;
    for (size_t i = 0; i < l->object_count; i++)
        l->objects[i].gone |= strcmp(l->objects[i].table, name) == 0;
}
