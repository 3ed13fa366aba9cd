/* Which columns are loaded with an object: all that are not .deferred, and in any case those by which objects are found, guarded
 * and linked. */
#include "sql/schema_build.h"

#include "base/error.h"

static void add_all(const wefti_column *const *columns, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++)
        wefti_columns_add((uint64_t *)(uintptr_t)columns[i]->table->mapper->always, columns[i]->index);
}

static void add_needed(const wefti_table *table)
{
    uint64_t *always = (uint64_t *)(uintptr_t)table->mapper->always;
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].primary_key || table->columns[i].field->version)
            wefti_columns_add(always, i);
    for (uint16_t i = 0; i < table->foreign_key_count; i++) {
        add_all(table->foreign_keys[i].columns, table->foreign_keys[i].count);
        add_all(table->foreign_keys[i].target_columns, table->foreign_keys[i].count);
    }
    for (uint16_t i = 0; i < table->relation_count; i++) {
        add_all(table->relations[i].local, table->relations[i].local_count);
        add_all(table->relations[i].remote, table->relations[i].remote_count);
    }
}

static weft_status find_deferred(wefti_build *build, const wefti_table *table)
{
    wefti_mapper *mapper = wefti_build_mapper(table);
    uint64_t *deferred = NULL;
    for (uint16_t i = 0; i < mapper->field_count; i++) {
        const wefti_field *field = &mapper->fields[i];
        if (!field->deferred)
            continue;
        if (wefti_columns_have(mapper->always, i))
            return wefti_build_error(
                build, table, field->name,
                "a column of a key, a version, a foreign key or a relationship is loaded in any case; take away "
                "%s",
                field->group != NULL ? ".group" : ".deferred");
        if (deferred == NULL &&
            (deferred = wefti_arena_zalloc(build->arena, wefti_mapper_words(mapper) * sizeof *deferred)) == NULL)
            return wefti_error_memory(build->error);
        wefti_columns_add(deferred, i);
    }
    mapper->deferred = deferred;
    return WEFT_OK;
}

weft_status wefti_build_loading(wefti_build *build)
{
    for (uint32_t t = 0; t < build->table_count; t++) {
        wefti_mapper *mapper = wefti_build_mapper(build->tables[t]);
        mapper->always = wefti_arena_zalloc(build->arena, (size_t)(wefti_mapper_words(mapper) + 1) * sizeof *mapper->always);
        if (mapper->always == NULL)
            return wefti_error_memory(build->error);
    }
    weft_status status = WEFT_OK;
    for (uint32_t t = 0; t < build->table_count; t++)
        add_needed(build->tables[t]);
    for (uint32_t t = 0; t < build->table_count && status == WEFT_OK; t++)
        status = find_deferred(build, build->tables[t]);
    return status;
}
