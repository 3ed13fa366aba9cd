/* Models of one table: one is what DDL follows, the others are views that map some of its columns. And models of views that the
 * database has: those only read. */
#include "sql/schema_build.h"

#include "base/error.h"

#include <string.h>

/* Its parts are not checked yet. */
static const weft_model_options *options_of(const weft_model *model)
{
    static const weft_model_options none;
    const size_t count = model->attrs != NULL && model->attr_count <= WEFTI_MOST_ATTRS ? model->attr_count : 0;
    for (size_t i = 0; i < count; i++)
        if (model->attrs[i].kind == WEFT_ATTR_OPTIONS && model->attrs[i].options != NULL)
            return model->attrs[i].options;
    return &none;
}

const weft_model *wefti_build_view_of(const weft_model *model) { return options_of(model)->view_of; }

const char *wefti_build_schema_of(const weft_model *model) { return options_of(model)->schema; }

static weft_status refuse_parts(const wefti_build *build, const wefti_table *table)
{
    const char *main = table->main->model->name;
    if (table->beside.storage != NULL || table->beside.tablespace != NULL || table->beside.unlogged)
        return wefti_build_error(build, table, NULL, ".storage, .tablespace and .unlogged belong to %s", main);
    for (size_t i = 0; i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        if (attr->kind == WEFT_ATTR_UNIQUE || attr->kind == WEFT_ATTR_INDEX || attr->kind == WEFT_ATTR_CHECK ||
            attr->kind == WEFT_ATTR_FOREIGN_KEY || attr->kind == WEFT_ATTR_EXCLUDE || attr->kind == WEFT_ATTR_PRIMARY_KEY)
            return wefti_build_error(build, table, NULL, "indexes and constraints of a view belong to %s", main);
        if (attr->kind == WEFT_ATTR_COLUMN &&
            (attr->unique || attr->index || attr->references != NULL || attr->server_default != NULL || attr->sql_type != NULL ||
             attr->comment != NULL || attr->native_enum != NULL || attr->generated != NULL || wefti_build_counts(attr)))
            return wefti_build_error(build, table, attr->field,
                                     ".unique, .index, .references, .server_default, .generated, .identity, .sequence, .sql_type, "
                                     ".comment and .native_enum belong to %s",
                                     main);
    }
    return WEFT_OK;
}

/* What the database decides about a column is the main model's to say. */
static weft_status take_column(const wefti_build *build, wefti_table *table, wefti_column *column)
{
    const wefti_column *main = wefti_table_column_named(table->main, column->name);
    const char *name = table->main->model->name;
    if (main == NULL)
        return wefti_build_error(build, table, column->field->name, "%s has no column \"%s\"", name, column->name);
    if (main->type != column->type || !wefti_build_same_values(main, column))
        return wefti_build_error(build, table, column->field->name, "the column \"%s\" has another type in %s", column->name, name);
    if (main->nullable != column->nullable)
        return wefti_build_error(build, table, column->field->name, "the column \"%s\" can %sbe NULL in %s", column->name,
                                 main->nullable ? "" : "not ", name);
    if (main->primary_key != column->primary_key || (column->field->version && !main->field->version))
        return wefti_build_error(build, table, column->field->name, "the column \"%s\" is %s %s in one of this model and %s",
                                 column->name, main->primary_key != column->primary_key ? "of the" : "the",
                                 main->primary_key != column->primary_key ? "primary key" : "version", name);
    column->main = main;
    column->generated = main->generated;
    wefti_field *field = (wefti_field *)(uintptr_t)column->field;
    field->zero_is_unset = main->field->zero_is_unset;
    field->version = main->field->version;
    field->guard = main->field->guard;
    field->insert_value = main->field->insert_value;
    field->update_value = main->field->update_value;
    column->length = main->length;
    column->precision = main->precision;
    column->scale = main->scale;
    column->sql_type = main->sql_type;
    column->native_enum = main->native_enum;
    column->server_default = main->server_default;
    column->draws = main->draws;
    column->identity = main->identity;
    column->identity_always = main->identity_always;
    column->computed = main->computed;
    column->stored = main->stored;
    table->has_made = table->has_made || wefti_column_is_made(column);
    table->inserts_made = table->inserts_made || field->insert_value != NULL;
    table->updates_made = table->updates_made || field->update_value != NULL;
    return WEFT_OK;
}

/* Rows that are written through this model are updated like any others. */
static weft_status check_maker(const wefti_build *build, const wefti_table *table, const wefti_column *main)
{
    if (main->field->update_value == NULL)
        return WEFT_OK;
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].main == main)
            return WEFT_OK;
    return wefti_build_error(build, table, NULL, "the column \"%s\" has an .update_value in %s; the model needs it, too",
                             main->name, main->table->model->name);
}

weft_status wefti_build_view_columns(wefti_build *build, wefti_table *table)
{
    if (table->main == table)
        return WEFT_OK;
    table->definition = table->main->definition;
    weft_status status = refuse_parts(build, table);
    for (uint16_t i = 0; i < table->column_count && status == WEFT_OK; i++) {
        wefti_column *column = (wefti_column *)(uintptr_t)&table->columns[i];
        status = take_column(build, table, column);
        if (status == WEFT_OK && column->field->version)
            wefti_build_mapper(table)->version = column;
    }
    for (uint16_t i = 0; i < table->main->column_count && status == WEFT_OK; i++)
        status = check_maker(build, table, &table->main->columns[i]);
    if (status != WEFT_OK)
        return status;
    if (table->key_count != table->main->key_count)
        return wefti_build_error(build, table, NULL, "the primary key of %s has other columns", table->main->model->name);
    for (uint16_t i = 0; i < table->key_count; i++)
        if (table->key[i]->main != table->main->key[i])
            return wefti_build_error(build, table, NULL, "the primary key of %s has its columns in another order",
                                     table->main->model->name);
    wefti_mapper *mapper = wefti_build_mapper(table);
    mapper->guard = mapper->guard != WEFT_GUARD_CHANGED ? mapper->guard : table->main->mapper->guard;
    mapper->guarded_columns = table->main->mapper->guarded_columns;
    return WEFT_OK;
}

static const wefti_column *column_of(const wefti_table *view, const wefti_column *main)
{
    for (uint16_t i = 0; i < view->column_count; i++)
        if (view->columns[i].main == main)
            return &view->columns[i];
    return NULL;
}

weft_status wefti_build_view_keys(wefti_build *build, wefti_table *table)
{
    for (uint16_t i = 0; i < table->main->foreign_key_count; i++) {
        wefti_foreign_key copy = table->main->foreign_keys[i];
        bool whole = true;
        for (uint16_t k = 0; k < copy.count; k++) {
            copy.columns[k] = column_of(table, copy.columns[k]);
            whole = whole && copy.columns[k] != NULL;
        }
        if (!whole)
            continue;
        wefti_foreign_key *key = wefti_build_add_foreign_key(build, table);
        if (key == NULL)
            return wefti_error_memory(build->error);
        *key = copy;
    }
    return WEFT_OK;
}

/* ---- views of the database's ---- */

weft_status wefti_build_is_view(wefti_build *build, wefti_table *table, const weft_model_options *options)
{
    const bool said = options->view != NULL, view = said || options->existing_view;
    if (options->materialized && !said)
        return wefti_build_error(build, table, NULL, ".materialized belongs to .view, the SELECT that it is made by");
    if (!view)
        return WEFT_OK;
    if (options->view_of != NULL)
        return wefti_build_error(build, table, NULL,
                                 ".view_of is another model of one table, .view and .existing_view are a view of "
                                 "the database's; leave one out");
    if (said && options->existing_view)
        return wefti_build_error(build, table, NULL, ".existing_view has no .view: others make it");
    if (said && *wefti_name_skip_blanks(options->view) == '\0')
        return wefti_build_error(build, table, NULL,
                                 ".view is empty; write the SELECT, or .existing_view = true where others make it");
    if (options->guard != WEFT_GUARD_CHANGED)
        return wefti_build_error(build, table, NULL, ".guard is of updates, and a view is only read");
    if (options->strict || options->without_rowid)
        return wefti_build_error(build, table, NULL, ".strict and .without_rowid are of tables, and this is a view");
    table->definition = said ? options->view : "";
    table->materialized = options->materialized;
    table->has_models = true;
    build->schema->reads_views = true;
    return WEFT_OK;
}

static const char *entry_name(weft_attr_kind kind)
{
    switch (kind) {
    case WEFT_ATTR_UNIQUE: return "WEFT_UNIQUE";
    case WEFT_ATTR_CHECK: return "WEFT_CHECK";
    case WEFT_ATTR_EXCLUDE: return "WEFT_EXCLUDE";
    case WEFT_ATTR_INDEX: return "WEFT_INDEX";
    case WEFT_ATTR_PRIMARY_KEY: return "WEFT_PRIMARY_KEY";
    default: return NULL;
    }
}

weft_status wefti_build_check_view(wefti_build *build, wefti_table *table)
{
    if (!wefti_table_is_view(table))
        return WEFT_OK;
    if (table->beside.storage != NULL || table->beside.tablespace != NULL || table->beside.unlogged)
        return wefti_build_error(build, table, NULL, ".storage, .tablespace and .unlogged belong to tables; this is a view");
    for (size_t i = 0; i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        const char *entry = entry_name(attr->kind);
        const bool is_index = attr->kind == WEFT_ATTR_INDEX;
        if (entry != NULL && !(is_index && table->materialized))
            return wefti_build_error(build, table, NULL,
                                     is_index ? "a view has no indexes, but one that is .materialized"
                                              : "a view has no %s; a .materialized one may have WEFT_INDEX, also "
                                                "with .unique",
                                     entry);
        if (attr->kind != WEFT_ATTR_COLUMN)
            continue;
        if (attr->unique || attr->server_default != NULL || attr->comment != NULL || attr->version || attr->zero_is_unset ||
            attr->generated != NULL || attr->guard != WEFT_GUARD_CHANGED || attr->on_delete != NULL || attr->on_update != NULL ||
            attr->insert_value != NULL || attr->update_value != NULL || wefti_build_counts(attr))
            return wefti_build_error(build, table, attr->field,
                                     ".unique, .server_default, .generated, .identity, .sequence, .comment, .version, "
                                     ".zero_is_unset, .guard, .insert_value, .update_value, .on_delete and "
                                     ".on_update belong to tables; this is a column of a view");
        if (attr->index && !table->materialized)
            return wefti_build_error(build, table, attr->field, "a view has no indexes, but one that is .materialized");
    }
    return WEFT_OK;
}
