/* What is created: tables, which are learned, and indexes. */
#include "lint.h"

#include <string.h>

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

/* ---- what a table is made of ---- */

/* Columns as ",a,b,". */
static const char *key_of(lint *l, const json_t *list) { return lint_text(l, ",%s,", lint_list(l, list, ",")); }

static void mark(const lint_table *table, const char *keys, bool primary)
{
    for (size_t i = 0; i < table->column_count; i++) {
        lint_column *column = &table->columns[i];
        const char *at = strstr(keys, column->name);
        const size_t size = strlen(column->name);
        if (at == NULL || at[-1] != ',' || at[size] != ',')
            continue;
        column->unique = true;
        column->key |= primary;
        column->not_null |= primary;
    }
}

const char *lint_not_null_column(lint *l, const json_t *expression)
{
    const json_t *test = json_object_get(expression, "NullTest"), *arg = json_object_get(json_object_get(test, "arg"), "ColumnRef");
    if (!is(lint_string(test, "nulltesttype"), "IS_NOT_NULL") || arg == NULL)
        return "";
    return lint_quoted(l, lint_last(json_object_get(arg, "fields")));
}

/* column: of one that is written beside it; NULL: of the table. */
void lint_learn_constraint(lint *l, const char *table, const char *column, const json_t *made)
{
    const char *type = lint_string(made, "contype"), *name = lint_string(made, "conname"), *index = lint_string(made, "indexname");
    lint_object object = {.table = lint_text(l, "%s", table),
                          .constraint = true,
                          .valid = !lint_flag(made, "skip_validation"),
                          .columns = ""};
    const bool primary = is(type, "CONSTR_PRIMARY");
    const char *suffix = "check";
    const json_t *keys = json_object_get(made, "keys");
    if (primary || is(type, "CONSTR_UNIQUE")) {
        object.kind = LINT_UNIQUE;
        lint_object *used = *index != '\0' ? lint_object_of(l, NULL, lint_quoted(l, index)) : NULL;
        object.columns = column != NULL ? lint_text(l, ",%s,", column) : used != NULL ? used->columns : key_of(l, keys);
        suffix = primary ? "pkey" : "key";
    } else if (is(type, "CONSTR_CHECK")) {
        object.kind = LINT_CHECK;
        object.columns = lint_not_null_column(l, json_object_get(made, "raw_expr"));
        object.not_null = *object.columns != '\0';
    } else if (is(type, "CONSTR_FOREIGN")) {
        object.kind = LINT_FOREIGN;
        object.columns = column != NULL ? lint_text(l, ",%s,", column) : key_of(l, json_object_get(made, "fk_attrs"));
        suffix = "fkey";
    } else {
        return;
    }
    const lint_table *known = lint_table_of(l, table);
    if (known != NULL && object.kind == LINT_UNIQUE)
        mark(known, object.columns, primary);
    const char *plain = lint_last_part(table);
    const char *first =
        column != NULL ? column : lint_quoted(l, lint_string(json_object_get(json_array_get(keys, 0), "String"), "sval"));
    object.name = *name != '\0'                  ? lint_quoted(l, name)
                  : primary || is(first, "\"\"") ? lint_text(l, "%s_%s", plain, suffix)
                                                 : lint_text(l, "%s_%s_%s", plain, first, suffix);
    lint_object_add(l, object);
}

/* A ColumnDef. */
void lint_learn_column(lint *l, const char *table, const json_t *definition)
{
    lint_table *known = lint_table_of(l, table);
    const char *name = lint_quoted(l, lint_string(definition, "colname"));
    if (known == NULL)
        return;
    lint_column *column = lint_column_of(known, name) == NULL ? lint_column_add(known, name) : lint_column_of(known, name);
    column->type = lint_type_of(l, json_object_get(definition, "typeName"));
    column->born = l->revision_count;
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(definition, "constraints"), i, item)
    {
        const json_t *made = json_object_get(item, "Constraint");
        const char *type = lint_string(made, "contype");
        column->not_null |= is(type, "CONSTR_NOTNULL") || is(type, "CONSTR_PRIMARY") || is(type, "CONSTR_IDENTITY");
        lint_learn_constraint(l, table, name, made);
    }
}

/* ---- style ---- */

bool lint_is_serial(const char *type)
{
    static const char *const names[] = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (is(type, names[i]))
            return true;
    return false;
}

void lint_check_type(lint *l, const json_t *definition, bool key)
{
    const char *name = lint_quoted(l, lint_string(definition, "colname"));
    const lint_type type = lint_type_of(l, json_object_get(definition, "typeName"));
    const char *base = type.base != NULL ? type.base : "";
    if (is(base, "json"))
        lint_report(l, LINT_TYPE_JSON, lint_text(l, "%s jsonb", name),
                    "column %s is json, which has no equality: DISTINCT, UNION and GROUP BY of it fail", name);
    if (is(base, "timestamp"))
        lint_report(l, LINT_TYPE_TIMESTAMP, lint_text(l, "%s timestamptz", name),
                    "column %s does not say of which zone its times are", name);
    if (is(base, "bpchar"))
        lint_report(l, LINT_TYPE_CHAR, lint_text(l, "%s text", name), "column %s is filled up with blanks", name);
    if (is(base, "varchar") && type.modifier_count > 0)
        lint_report(l, LINT_TYPE_VARCHAR, lint_text(l, "%s text CHECK (length(%s) <= %ld)", name, name, type.modifiers[0]),
                    "column %s: a CHECK is changed more easily than the length of a type", name);
    if (lint_is_serial(base))
        lint_report(l, LINT_TYPE_SERIAL, lint_text(l, "%s bigint GENERATED BY DEFAULT AS IDENTITY", name),
                    "column %s: rights and dumps of its sequence are apart from it", name);
    if (key && (is(base, "int4") || is(base, "int2") || is(base, "serial") || is(base, "smallserial") || is(base, "serial4") ||
                is(base, "serial2")))
        lint_report(l, LINT_TYPE_INTEGER_KEY, lint_text(l, "%s bigint", name), "key %s runs out of numbers", name);
}

/* ---- tables ---- */

static bool has_constraint(const json_t *list, const char *type)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) if (is(lint_string(json_object_get(item, "Constraint"), "contype"), type)) return true;
    return false;
}

static void create_table(lint *l, const json_t *create)
{
    const json_t *range = json_object_get(create, "relation"), *elements = json_object_get(create, "tableElts"), *item;
    const char *name = lint_range(l, range);
    if (lint_flag(create, "if_not_exists") && lint_table_of(l, name) != NULL)
        return;
    lint_table *table = lint_table_add(l, name);
    table->born = l->revision_count;
    table->temporary = is(lint_string(range, "relpersistence"), "t");
    table->partitioned = json_object_get(create, "partspec") != NULL;
    bool has_key = has_constraint(elements, "CONSTR_PRIMARY"),
         copies = json_object_get(create, "inhRelations") != NULL || json_object_get(create, "ofTypename") != NULL;
    const bool temporary = table->temporary;
    size_t i;
    json_array_foreach(elements, i, item)
    {
        const json_t *column = json_object_get(item, "ColumnDef");
        const bool key = has_constraint(json_object_get(column, "constraints"), "CONSTR_PRIMARY");
        copies |= json_object_get(item, "TableLikeClause") != NULL;
        has_key |= key;
        if (column == NULL)
            continue;
        lint_learn_column(l, name, column);
        lint_check_type(l, column, key);
    }
    json_array_foreach(elements, i, item) if (json_object_get(item, "Constraint") != NULL)
        lint_learn_constraint(l, name, NULL, json_object_get(item, "Constraint"));
    if (!has_key && !copies && !temporary)
        lint_report(l, LINT_NO_PRIMARY_KEY, lint_text(l, "CREATE TABLE %s (id bigint PRIMARY KEY, \xe2\x80\xa6)", name),
                    "table %s has no primary key", name);
}

void lint_create(lint *l, const json_t *tree)
{
    const json_t *create = json_object_get(tree, "CreateStmt"), *as = json_object_get(tree, "CreateTableAsStmt");
    const json_t *into =
        json_object_get(json_object_get(as != NULL ? as : json_object_get(tree, "SelectStmt"), as != NULL ? "into" : "intoClause"),
                        "rel");
    if (create != NULL)
        create_table(l, create);
    if (into == NULL)
        return;
    lint_table *table = lint_table_add(l, lint_range(l, into));
    table->born = l->revision_count;
    table->temporary = is(lint_string(into, "relpersistence"), "t");
}

/* ---- indexes ---- */

static const char *columns_of(lint *l, const json_t *params, bool *plain)
{
    const char *text = ",";
    size_t i;
    const json_t *item;
    *plain = true;
    json_array_foreach(params, i, item)
    {
        const char *name = lint_string(json_object_get(item, "IndexElem"), "name");
        *plain &= *name != '\0';
        text = lint_text(l, "%s%s,", text, *name != '\0' ? lint_quoted(l, name) : "");
    }
    return text;
}

static const char *safe_index(lint *l, const weft_step *step, const char *table)
{
    if (lint_is_partitioned(l, table))
        return lint_text(l,
                         "CREATE INDEX \xe2\x80\xa6 ON ONLY %s, then for each partition CREATE INDEX CONCURRENTLY and ALTER INDEX "
                         "\xe2\x80\xa6 ATTACH PARTITION",
                         table);
    const char *text = strstr(step->sql, "INDEX");
    if (text == NULL)
        text = strstr(step->sql, "index");
    if (text == NULL)
        return "-- no transaction\nCREATE INDEX CONCURRENTLY \xe2\x80\xa6";
    return lint_text(l, "-- no transaction\n%.*sINDEX CONCURRENTLY%s;", (int)(text - step->sql), step->sql, text + strlen("INDEX"));
}

void lint_index(lint *l, const weft_step *step, const json_t *index)
{
    const char *table = lint_range(l, json_object_get(index, "relation")), *name = lint_string(index, "idxname");
    const json_t *params = json_object_get(index, "indexParams");
    const bool concurrent = lint_flag(index, "concurrent"),
               only = lint_is_partitioned(l, table) && !lint_flag(json_object_get(index, "relation"), "inh");
    bool plain;
    const char *columns = columns_of(l, params, &plain);
    if (!concurrent && !only && lint_is_used(l, table))
        lint_report(l, LINT_INDEX_NOT_CONCURRENT, safe_index(l, step, table), "writes to %s wait until the index is built", table);
    if (concurrent && *name == '\0')
        lint_report(l, LINT_CONCURRENT_WITHOUT_NAME, "a name for the index",
                    "where the build is cut off, the index that it leaves invalid is not found and built again");
    if (json_array_size(params) > 3 && !lint_flag(index, "unique"))
        lint_report(l, LINT_INDEX_MANY_COLUMNS, NULL, "the index on %s has %zu columns", table, json_array_size(params));
    if (*name != '\0')
        lint_object_add(l, (lint_object){.kind = lint_flag(index, "unique") ? LINT_UNIQUE : LINT_INDEX,
                                         .name = lint_quoted(l, name),
                                         .table = table,
                                         .columns = plain && json_object_get(index, "whereClause") == NULL ? columns : ",",
                                         .valid = true});
}
