/* What is dropped, emptied and renamed. */
#include "lint.h"

#include <string.h>

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

/* ---- drop ---- */

/* A step marked "-- destructive" has its leave to lose data; that the program still uses it is left. */
void lint_report_lost(lint *l, const weft_step *step, const char *table, const char *column)
{
    const lint_id rule = column != NULL ? LINT_DROP_COLUMN : LINT_DROP_TABLE;
    const char *what = column != NULL ? lint_text(l, "%s of %s", column, table) : table;
    if (lint_was_made_up(l, table, column))
        return;
    const char *first = column != NULL ? "the release whose models do not have it" : "the release that does not use it";
    if (lint_models_have(l, table, column))
        lint_report_as(l, rule, true, lint_text(l, "in a revision after %s", first), "%s is lost, and the models still have it",
                       what);
    else
        lint_report_as(l, rule, !step->destructive,
                       lint_text(l, "%sin a revision after %s", step->destructive ? "" : "-- destructive\non the line before, ",
                                 first),
                       "%s is lost, and running servers that use it fail", what);
}

static void drop_table(lint *l, const weft_step *step, const char *name)
{
    if (!lint_is_new(l, name)) {
        lint_report_lost(l, step, name, NULL);
        lint_lock(l, name);
    }
    lint_drop_table(l, name);
}

static void drop_index(lint *l, const char *name, bool concurrent)
{
    lint_object *index = lint_object_of(l, NULL, name);
    const char *table = index != NULL ? index->table : NULL;
    if (!concurrent && (table == NULL || lint_is_used(l, table))) {
        lint_report(l, LINT_DROP_INDEX_NOT_CONCURRENT, lint_text(l, "-- no transaction\nDROP INDEX CONCURRENTLY %s;", name),
                    "nobody may use %s until the commit", table != NULL ? table : "the table");
        if (table != NULL)
            lint_lock(l, table);
    }
    if (index != NULL)
        index->gone = true;
}

static void drop_one(lint *l, const weft_step *step, const json_t *drop, const json_t *object)
{
    const char *type = lint_string(drop, "removeType");
    const json_t *routine = json_object_get(object, "ObjectWithArgs"), *type_name = json_object_get(object, "TypeName");
    const char *name = lint_qualified(l, routine != NULL     ? json_object_get(routine, "objname")
                                         : type_name != NULL ? json_object_get(type_name, "names")
                                                             : object);
    if (is(type, "OBJECT_TABLE") || is(type, "OBJECT_FOREIGN_TABLE"))
        drop_table(l, step, name);
    else if (is(type, "OBJECT_INDEX"))
        drop_index(l, name, lint_flag(drop, "concurrent"));
    else if (is(type, "OBJECT_SCHEMA"))
        lint_report_as(l, LINT_DROP_SCHEMA, !step->destructive, step->destructive ? "" : "-- destructive\non the line before",
                       "schema %s and what is in it is lost", name);
    else if ((is(type, "OBJECT_VIEW") || is(type, "OBJECT_MATVIEW")) && !lint_has(&l->added, lint_text(l, "view %s", name)))
        lint_report(l, LINT_DROP_VIEW, "first a release that does not use it, then this revision",
                    "running servers that read %s fail", name);
    else if (is(type, "OBJECT_TYPE") || is(type, "OBJECT_DOMAIN"))
        lint_report(l, LINT_DROP_TYPE, "first a release that does not name it, then this revision",
                    "running servers that name the type %s fail", name);
    else if (routine != NULL && !lint_has(&l->added, lint_text(l, "routine %s", name)))
        lint_report(l, LINT_DROP_ROUTINE, "CREATE OR REPLACE, or first a release that does not call it",
                    "running servers that call %s fail", name);
    else if (is(type, "OBJECT_SEQUENCE"))
        lint_report(l, LINT_DROP_SEQUENCE, "", "the number that %s is at is lost", name);
}

static void check_cascade(lint *l, const json_t *node, const char *what)
{
    if (is(lint_string(node, "behavior"), "DROP_CASCADE"))
        lint_report(l, LINT_CASCADE, lint_text(l, "a statement for each thing that goes, then %s without CASCADE", what),
                    "CASCADE takes along what this file does not name");
}

void lint_drop(lint *l, const weft_step *step, const json_t *drop)
{
    size_t i;
    const json_t *object;
    check_cascade(l, drop, "DROP");
    json_array_foreach(json_object_get(drop, "objects"), i, object) drop_one(l, step, drop, object);
}

void lint_truncate(lint *l, const weft_step *step, const json_t *truncate)
{
    size_t i;
    const json_t *item;
    check_cascade(l, truncate, "TRUNCATE of each table");
    json_array_foreach(json_object_get(truncate, "relations"), i, item)
    {
        const char *name = lint_range(l, json_object_get(item, "RangeVar"));
        if (!lint_is_new(l, name) && !lint_was_made_up(l, name, NULL)) {
            lint_report_as(l, LINT_TRUNCATE, !step->destructive, step->destructive ? "" : "-- destructive\non the line before",
                           "all rows of %s are lost", name);
            lint_lock(l, name);
        }
        lint_table *table = lint_table_of(l, name);
        if (table == NULL)
            table = lint_table_add(l, name);
        table->emptied = l->revision_count;
    }
}

/* ---- rename ---- */

/* What has the new name, in the schema of the old one. */
static const char *renamed(lint *l, const char *old, const char *name)
{
    const char *quoted = lint_quoted(l, name);
    return lint_text(l, "%.*s%s", (int)(lint_last_part(old) - old), old, quoted);
}

static void rename_column(lint *l, const char *table, const json_t *rename)
{
    const char *from = lint_quoted(l, lint_string(rename, "subname")), *to = lint_quoted(l, lint_string(rename, "newname"));
    lint_column *column = lint_column_of(lint_table_of(l, table), from);
    if (!lint_is_new(l, table) && (column == NULL || column->born < l->new_since))
        lint_report(l, LINT_RENAME_COLUMN,
                    lint_text(l,
                              "ALTER TABLE %s ADD COLUMN %s \xe2\x80\xa6;\nwritten by the new release beside %s, filled, then "
                              "read; %s is dropped in a later revision",
                              table, to, from, from),
                    "running servers still name %s of %s", from, table);
    if (column != NULL)
        column->name = to;
}

void lint_rename(lint *l, const json_t *rename)
{
    const char *type = lint_string(rename, "renameType"), *table = lint_range(l, json_object_get(rename, "relation"));
    const char *to = lint_string(rename, "newname");
    if (is(type, "OBJECT_COLUMN"))
        rename_column(l, table, rename);
    if (is(type, "OBJECT_SCHEMA"))
        lint_report(l, LINT_RENAME_SCHEMA, "a new schema, with views in the old one", "running servers still look in %s",
                    lint_quoted(l, lint_string(rename, "subname")));
    if (is(type, "OBJECT_INDEX")) {
        lint_object *index = lint_object_of(l, NULL, table);
        if (index != NULL)
            index->name = renamed(l, table, to);
    }
    if (is(type, "OBJECT_TABLE") || is(type, "OBJECT_VIEW") || is(type, "OBJECT_MATVIEW")) {
        if (!lint_is_new(l, table) && !lint_has(&l->added, lint_text(l, "view %s", table)))
            lint_report(l, LINT_RENAME_TABLE,
                        lint_text(l, "ALTER TABLE %s RENAME TO %s;\nCREATE VIEW %s AS SELECT * FROM %s;", table, lint_quoted(l, to),
                                  table, renamed(l, table, to)),
                        "running servers still name %s", table);
        lint_rename_table(l, table, renamed(l, table, to));
    }
}
