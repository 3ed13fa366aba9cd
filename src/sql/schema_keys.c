/* Foreign keys, as declared by columns and models or implied by relationships. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/text.h"
#include "schema/definition.h"

#include <string.h>

static bool same_columns(const wefti_column *const *a, const wefti_column *const *b, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        bool found = false;
        for (uint16_t j = 0; j < count; j++)
            found = found || a[i] == b[j];
        if (!found)
            return false;
    }
    return true;
}

const wefti_foreign_key *wefti_table_foreign_key_over(const wefti_table *table, const wefti_column *const *columns, uint16_t count)
{
    for (uint16_t i = 0; i < table->foreign_key_count; i++)
        if (table->foreign_keys[i].count == count && same_columns(table->foreign_keys[i].columns, columns, count))
            return &table->foreign_keys[i];
    return NULL;
}

weft_status wefti_build_check_pair(const wefti_build *build, const wefti_table *table, const char *field, const wefti_column *from,
                                   const wefti_column *to, const char *on_delete)
{
    if (wefti_type_of(from->type)->kin != wefti_type_of(to->type)->kin)
        return wefti_build_error(build, table, field,
                                 "the column \"%s\" and \"%s.%s\", to which it refers, have different types; "
                                 "use the same C type for both",
                                 from->name, to->table->name, to->name);
    if (from->computed != NULL)
        return wefti_build_error(build, table, field, "the computed column \"%s\" cannot refer to \"%s.%s\"", from->name,
                                 to->table->name, to->name);
    if (on_delete != NULL && strcmp(on_delete, "SET NULL") == 0 && !from->nullable)
        return wefti_build_error(build, table, field,
                                 "on_delete \"SET NULL\" needs a column that can be NULL; make \"%s\" optional", from->name);
    return WEFT_OK;
}

typedef struct key_rules {
    const char *on_delete, *on_update;
    bool deferrable, initially_deferred, match_full;
    const char *comment;
} key_rules;

static key_rules rules_of(const weft_attr *attr)
{
    return (key_rules){attr->on_delete,          attr->on_update,  attr->deferrable || attr->initially_deferred,
                       attr->initially_deferred, attr->match_full, attr->kind == WEFT_ATTR_FOREIGN_KEY ? attr->comment : NULL};
}

static weft_status add_key(wefti_build *build, wefti_table *table, const char *field, const char *name,
                           const wefti_column *const *columns, uint16_t count, const wefti_table *target,
                           const wefti_column *const *target_columns, const key_rules *rules)
{
    for (uint16_t i = 0; i < count; i++) {
        weft_status status = wefti_build_check_pair(build, table, field, columns[i], target_columns[i], rules->on_delete);
        if (status != WEFT_OK)
            return status;
    }
    const char *targets[WEFTI_MAX_KEY_COLUMNS + 1] = {NULL};
    for (uint16_t i = 0; i < count; i++)
        targets[i] = target_columns[i]->name;
    const wefti_named what = {.kind = WEFTI_NAMED_FOREIGN_KEY, .given = name, .target = target->name, .target_columns = targets};
    weft_status status = wefti_build_named(build, table, field, &what, columns, count, &name);
    if (status != WEFT_OK)
        return status;
    wefti_foreign_key *key = wefti_build_add_foreign_key(build, table);
    if (key == NULL)
        return wefti_error_memory(build->error);
    key->name = name;
    key->count = count;
    memcpy(key->columns, columns, count * sizeof *columns);
    key->target = target;
    memcpy(key->target_columns, target_columns, count * sizeof *target_columns);
    key->on_delete = rules->on_delete;
    key->on_update = rules->on_update;
    key->deferrable = rules->deferrable;
    key->initially_deferred = rules->initially_deferred;
    key->match_full = rules->match_full;
    key->comment = rules->comment;
    table->self_referential = table->self_referential || target == table;
    return wefti_build_check_name(build, table, field, "foreign key", name);
}

weft_status wefti_build_implied_key(wefti_build *build, wefti_table *table, const wefti_column *const *columns, uint16_t count,
                                    const wefti_table *target, const wefti_column *const *target_columns, const char *on_delete)
{
    const key_rules rules = {.on_delete = on_delete};
    return add_key(build, table, columns[0]->field->name, NULL, columns, count, target, target_columns, &rules);
}

static weft_status no_table(const wefti_build *build, const wefti_table *table, const char *field, const char *name, size_t size)
{
    return wefti_build_error(build, table, field,
                             "there is no table \"%.*s\"; name the SQL table, and add its model to the metadata", (int)size, name);
}

/* A view of the models may refer to others: that says what its relationships mean. */
static weft_status check_target(const wefti_build *build, const wefti_table *table, const char *field, const wefti_table *target)
{
    if (wefti_table_is_view(table) || !wefti_table_is_view(target))
        return WEFT_OK;
    return wefti_build_error(
        build, table, field,
        "no foreign key leads to \"%s\", which is a view; a relationship to %s names the columns by .foreign_key", target->name,
        target->model->name);
}

static weft_status no_column(const wefti_build *build, const wefti_table *table, const char *field, const wefti_table *where,
                             const char *name, size_t size)
{
    return wefti_build_error(build, table, field, "the table \"%s\" has no column \"%.*s\"", where->name, (int)size, name);
}

/* .references = "table.column" */
static weft_status add_reference(wefti_build *build, wefti_table *table, const weft_attr *attr)
{
    const char *dot = strrchr(attr->references, '.');
    if (dot == NULL)
        return wefti_build_error(build, table, attr->field, ".references \"%s\" is not \"table.column\"", attr->references);
    const wefti_table *target =
        wefti_build_find_table(build, table->schema_name, attr->references, (size_t)(dot - attr->references));
    if (target == NULL)
        return no_table(build, table, attr->field, attr->references, (size_t)(dot - attr->references));
    const wefti_column *to = wefti_table_column_named(target, dot + 1);
    if (to == NULL)
        return no_column(build, table, attr->field, target, dot + 1, strlen(dot + 1));
    weft_status status = check_target(build, table, attr->field, target);
    if (status != WEFT_OK)
        return status;
    const wefti_column *from = wefti_table_column_at(table, attr->offset);
    const key_rules rules = rules_of(attr);
    return add_key(build, table, attr->field, NULL, &from, 1, target, &to, &rules);
}

weft_status wefti_build_find_columns(const wefti_build *build, const wefti_table *table, const char *field,
                                     const wefti_table *where, const wefti_name_list *list, const wefti_column **columns)
{
    for (uint16_t i = 0; i < list->count; i++) {
        columns[i] = wefti_table_column_listed(where, &list->names[i]);
        if (columns[i] == NULL)
            return no_column(build, table, field, where, list->names[i].text, list->names[i].size);
        for (uint16_t j = 0; j < i; j++)
            if (columns[j] == columns[i])
                return wefti_build_error(build, table, field, "the column \"%s\" is named twice", columns[i]->name);
    }
    return WEFT_OK;
}

/* WEFT_FOREIGN_KEY(Entry, "group_id, code", "member(group_id, code)") */
static weft_status add_declared(wefti_build *build, wefti_table *table, const weft_attr *attr)
{
    wefti_name_list from, to;
    const char *open, *rest = NULL, *name = attr->target_columns;
    const size_t size = wefti_table_name_before(name, &open);
    if (!wefti_name_list_parse(&from, attr->columns, "", NULL))
        return wefti_build_error(build, table, attr->columns, "this is no list of columns, such as \"group_id, code\"");
    if (*open != '(' || !wefti_name_list_parse(&to, open + 1, ")", &rest) || *rest != ')')
        return wefti_build_error(build, table, attr->columns, "\"%s\" is not \"table(column, …)\"", attr->target_columns);
    const wefti_table *target = wefti_build_find_table(build, table->schema_name, name, size);
    if (target == NULL)
        return no_table(build, table, attr->columns, name, size);
    if (from.count != to.count)
        return wefti_build_error(build, table, attr->columns, "%d columns refer to %d columns of \"%s\"", from.count, to.count,
                                 target->name);
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS], *target_columns[WEFTI_MAX_KEY_COLUMNS];
    weft_status status = check_target(build, table, attr->columns, target);
    if (status == WEFT_OK)
        status = wefti_build_find_columns(build, table, attr->columns, table, &from, columns);
    if (status == WEFT_OK)
        status = wefti_build_find_columns(build, table, attr->columns, target, &to, target_columns);
    if (status != WEFT_OK)
        return status;
    const key_rules rules = rules_of(attr);
    return add_key(build, table, attr->columns, attr->name, columns, from.count, target, target_columns, &rules);
}

weft_status wefti_build_check_action(const wefti_build *build, const wefti_table *table, const char *field, const char *option,
                                     const char *action)
{
    if (action == NULL || wefti_def_is_action(action))
        return WEFT_OK;
    return wefti_build_error(build, table, field,
                             "%s \"%s\" is none of \"CASCADE\", \"SET NULL\", \"RESTRICT\", \"NO ACTION\", "
                             "\"SET DEFAULT\"",
                             option, action);
}

weft_status wefti_build_foreign_keys(wefti_build *build, wefti_table *table)
{
    weft_status status = WEFT_OK;
    for (size_t i = 0; status == WEFT_OK && i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        if (attr->kind == WEFT_ATTR_COLUMN && attr->references != NULL)
            status = add_reference(build, table, attr);
        else if (attr->kind == WEFT_ATTR_FOREIGN_KEY) {
            status = wefti_build_check_action(build, table, attr->columns, ".on_delete", attr->on_delete);
            if (status == WEFT_OK)
                status = wefti_build_check_action(build, table, attr->columns, ".on_update", attr->on_update);
            if (status == WEFT_OK)
                status = add_declared(build, table, attr);
        }
    }
    return status;
}
