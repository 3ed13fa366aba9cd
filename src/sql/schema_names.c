/* Names that a database keeps in one space. PostgreSQL has one for the tables, indexes, sequences and types of a schema: unique
 * constraints and primary keys are indexes there, and an identity column brings a sequence. A second object of a name is refused
 * by the server, or, with IF NOT EXISTS, silently left out. The constraints of a table have a space of their own. Names are
 * compared as SQLite does, without minding the case of ASCII letters, so that models mean the same on every database.
 *
 * All names are collected, sorted, and neighbours compared: models by the thousand cost no more than their sorting. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/locale.h"
#include "base/text.h"
#include "schema/definition.h"

#include <stdlib.h>
#include <string.h>

#define SEQUENCE_LABEL_BYTES 4 /* "_seq" */

typedef struct owned_name {
    const char *name;
    const wefti_table *table;
    const wefti_table *space; /* NULL: that of the table's schema; else of the constraints of this table */
    const char *kind;
} owned_name;

typedef struct name_list {
    wefti_build *build;
    owned_name *names; /* owned */
    size_t count, capacity;
    bool failed;
} name_list;

static void add(name_list *list, const wefti_table *table, bool constraint, const char *kind, const char *name)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        owned_name *grown = wefti_realloc(list->names, capacity * sizeof *grown);
        list->failed = list->failed || grown == NULL;
        if (grown == NULL)
            return;
        list->names = grown;
        list->capacity = capacity;
    }
    list->failed = list->failed || name == NULL;
    if (name != NULL)
        list->names[list->count++] = (owned_name){name, table, constraint ? table : NULL, kind};
}

/* table_column_seq as PostgreSQL makes it: the longer of the two is cut until all fits. */
static const char *sequence_name(const wefti_build *build, const wefti_table *table, const wefti_column *column)
{
    size_t room = WEFTI_MAX_IDENTIFIER_BYTES - SEQUENCE_LABEL_BYTES - 1;
    size_t left = strlen(table->name), right = strlen(column->name);
    while (left + right > room) {
        if (left > right)
            left--;
        else
            right--;
    }
    left = wefti_utf8_cut(table->name, strlen(table->name), left);
    right = wefti_utf8_cut(column->name, strlen(column->name), right);
    return wefti_arena_printf(build->arena, "%.*s_%.*s_seq", (int)left, table->name, (int)right, column->name);
}

/* Names of what models have no entry for. */
static weft_status name_rest(wefti_build *build, wefti_table *table)
{
    const weft_attr *entry = wefti_build_key_entry(table);
    const wefti_named what = {.kind = WEFTI_NAMED_PRIMARY_KEY, .given = entry != NULL ? entry->name : NULL};
    weft_status status = wefti_build_named(build, table, NULL, &what, table->key, table->key_count, &table->key_name);
    if (status == WEFT_OK)
        status = wefti_build_check_name(build, table, NULL, "primary key", table->key_name);
    for (uint16_t i = 0; i < table->column_count && status == WEFT_OK; i++) {
        wefti_column *column = (wefti_column *)(uintptr_t)&table->columns[i];
        const wefti_column *const one = column;
        if (wefti_column_is_named(column))
            status = wefti_build_named(build, table, column->field->name,
                                       &(wefti_named){.kind = WEFTI_NAMED_CHECK, .of_enum = true}, &one, 1, &column->check_name);
    }
    return status;
}

static void add_table(name_list *list, const wefti_table *table)
{
    const wefti_build *build = list->build;
    const bool view = wefti_table_is_view(table);
    add(list, table, false, view ? "view" : "table", table->name);
    if (!view) {
        add(list, table, false, "primary key", table->key_name);
        add(list, table, true, "primary key", table->key_name);
    }
    if (table->generated != NULL)
        add(list, table, false, "sequence of the key", sequence_name(build, table, table->generated));
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].identity && &table->columns[i] != table->generated)
            add(list, table, false, "sequence of a column", sequence_name(build, table, &table->columns[i]));
    for (uint16_t i = 0; i < table->index_count; i++) {
        const wefti_index *index = &table->indexes[i];
        add(list, table, false, index->constraint ? "unique constraint" : "index", index->name);
        if (index->constraint)
            add(list, table, true, "unique constraint", index->name);
    }
    for (uint16_t i = 0; i < table->foreign_key_count && !view; i++)
        add(list, table, true, "foreign key", table->foreign_keys[i].name);
    for (uint16_t i = 0; i < table->check_count; i++) {
        const char *kind = table->checks[i].exclude ? "exclusion" : "check";
        add(list, table, true, kind, table->checks[i].name);
        if (table->checks[i].exclude) /* by an index */
            add(list, table, false, kind, table->checks[i].name);
    }
    for (uint16_t i = 0; i < table->column_count && !view; i++)
        if (wefti_column_is_named(&table->columns[i]))
            add(list, table, true, "check of the enum's names", table->columns[i].check_name);
}

static int compare(const void *left, const void *right)
{
    const owned_name *a = left, *b = right;
    if (a->space != b->space)
        return (uintptr_t)a->space < (uintptr_t)b->space ? -1 : 1;
    const int order = wefti_def_compare_texts(a->table->schema_name, b->table->schema_name);
    return order != 0 ? order : wefti_ascii_compare(a->name, b->name);
}

/* ---- types ---- */

bool wefti_build_same_values(const wefti_column *a, const wefti_column *b)
{
    const char *const *names = wefti_column_names(a), *const *others = wefti_column_names(b);
    if ((names == NULL) != (others == NULL) || a->enum_count != b->enum_count)
        return false;
    for (uint16_t i = 0; i < a->enum_count; i++)
        if (strcmp(names[i], others[i]) != 0)
            return false;
    return true;
}

static weft_status add_type(wefti_build *build, const wefti_column *column, size_t *room)
{
    wefti_schema *schema = build->schema;
    for (uint16_t i = 0; i < schema->native_enum_count; i++) {
        const wefti_column *first = schema->native_enums[i];
        if (!wefti_ascii_equal(first->native_enum, column->native_enum) ||
            wefti_def_compare_texts(first->table->schema_name, column->table->schema_name) != 0)
            continue;
        if (strcmp(first->native_enum, column->native_enum) == 0 && wefti_build_same_values(first, column))
            return WEFT_OK;
        return wefti_build_error(build, column->table, column->field->name,
                                 "the type \"%s\" has other values in %s.%s, or is spelt otherwise there", column->native_enum,
                                 first->table->model->name, first->field->name);
    }
    if (schema->native_enum_count == *room) {
        const wefti_column **larger = wefti_arena_zalloc(build->arena, (2 * *room + 4) * sizeof *larger);
        if (larger == NULL)
            return wefti_error_memory(build->error);
        if (schema->native_enum_count > 0)
            memcpy(larger, schema->native_enums, schema->native_enum_count * sizeof *larger);
        schema->native_enums = larger;
        *room = 2 * *room + 4;
    }
    schema->native_enums[schema->native_enum_count++] = column;
    return WEFT_OK;
}

weft_status wefti_build_enums(wefti_build *build)
{
    weft_status status = WEFT_OK;
    size_t room = 0;
    for (uint32_t t = 0; t < build->table_count; t++)
        for (uint16_t i = 0; build->tables[t]->main == build->tables[t] && i < build->tables[t]->column_count && status == WEFT_OK;
             i++)
            if (build->tables[t]->columns[i].native_enum != NULL)
                status = add_type(build, &build->tables[t]->columns[i], &room);
    return status;
}

/* ---- all ---- */

weft_status wefti_build_check_names(wefti_build *build)
{
    name_list list = {.build = build};
    weft_status status = WEFT_OK;
    for (uint32_t t = 0; t < build->table_count && status == WEFT_OK; t++)
        if (build->tables[t]->main == build->tables[t] && !wefti_table_is_view(build->tables[t]))
            status = name_rest(build, build->tables[t]);
    if (status != WEFT_OK)
        return status;
    for (uint32_t t = 0; t < build->table_count; t++)
        if (build->tables[t]->main == build->tables[t])
            add_table(&list, build->tables[t]);
    for (uint16_t i = 0; i < build->schema->native_enum_count; i++)
        add(&list, build->schema->native_enums[i]->table, false, "type", build->schema->native_enums[i]->native_enum);
    for (uint16_t i = 0; i < build->schema->sequence_count; i++)
        add(&list, build->schema->sequences[i].table, false, "sequence", build->schema->sequences[i].name);
    if (list.failed)
        status = wefti_error_memory(build->error);
    else if (list.count > 0)
        qsort(list.names, list.count, sizeof *list.names, compare);
    for (size_t i = 1; status == WEFT_OK && i < list.count; i++) {
        const owned_name *a = &list.names[i - 1], *b = &list.names[i];
        if (compare(a, b) != 0)
            continue;
        status = wefti_build_error(build, b->table, NULL,
                                   "the %s of \"%s\" and the %s of \"%s\" have the same name, \"%s\", of which a database has "
                                   "one only; give one of them another",
                                   a->kind, a->table->name, b->kind, b->table->name, b->name);
        wefti_error_hint(build->error, "tables, indexes, unique constraints, primary keys (pk_<table>) and sequences "
                                       "(<table>_<column>_seq) may share one space; .name names an index");
    }
    wefti_free(list.names);
    return status;
}
