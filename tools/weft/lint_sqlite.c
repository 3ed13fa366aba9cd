/* SQLite's statements, by their tokens: there is no parser of its dialect. What is looked at are the statements named here; expressions
 * and the bodies of triggers are not. */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

typedef const char *const *tokens;

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

/* Whether the token, which may be NULL, is the word. */
static bool is(const char *token, const char *word)
{
    if (token == NULL)
        return false;
    while (*token != '\0' && lower(*token) == lower(*word)) {
        token++;
        word++;
    }
    return *token == '\0' && *word == '\0';
}

static bool take(tokens *at, const char *word)
{
    if (!is(**at, word))
        return false;
    (*at)++;
    return true;
}

const char *lint_lower(lint *l, const char *name)
{
    char *plain = (char *)(uintptr_t)lint_text(l, "%s", name);
    for (char *c = plain; *c != '\0'; c++)
        *c = lower(*c);
    return plain;
}

/* A name in small letters, for SQLite does not tell them apart; of "schema.name" the name. */
static const char *take_name(lint *l, tokens *at)
{
    const char *token = **at;
    if (token == NULL)
        return "";
    (*at)++;
    if (is(**at, ".") && (*at)[1] != NULL) {
        token = (*at)[1];
        *at += 2;
    }
    const size_t size = strlen(token);
    const bool quoted = size >= 2 && strchr("\"`[", *token) != NULL;
    char *name = (char *)(uintptr_t)lint_text(l, "%.*s", (int)(quoted ? size - 2 : size), token + quoted), *to = name;
    for (const char *from = name; quoted && *token != '[' && (*to = *from) != '\0'; to++) /* a quote within stands twice */
        from += *from == *token && from[1] == *token ? 2 : 1;
    return lint_lower(l, name);
}

/* From "(" to behind its ")". */
static tokens behind_parentheses(tokens at)
{
    int depth = 0;
    for (; *at != NULL; at++) {
        depth += is(*at, "(");
        depth -= is(*at, ")");
        if (depth == 0)
            return at + 1;
    }
    return at;
}

static bool has(tokens at, const char *word)
{
    for (; *at != NULL; at++)
        if (is(*at, word))
            return true;
    return false;
}

/* ---- what is created ---- */

static void mark_list(lint *l, lint_table *table, tokens at)
{
    for (const tokens end = behind_parentheses(at); at < end && *at != NULL; at++) {
        tokens one = at;
        lint_column *column = lint_column_of(table, take_name(l, &one));
        if (column != NULL)
            column->unique = true;
    }
}

/* One item between the commas: a column, or a constraint of columns. */
static void learn_item(lint *l, lint_table *table, tokens at, tokens end)
{
    if (is(*at, "CONSTRAINT"))
        at += at + 2 < end ? 2 : 0;
    const bool constraint = is(*at, "PRIMARY") || is(*at, "UNIQUE") || is(*at, "CHECK") || is(*at, "FOREIGN");
    if (constraint) {
        while (at < end && !is(*at, "("))
            at++;
        if (at < end)
            mark_list(l, table, at);
        return;
    }
    lint_column *column = lint_column_add(table, take_name(l, &at));
    column->born = l->revision_count;
    for (; at < end; at++)
        column->unique |= is(*at, "PRIMARY") || is(*at, "UNIQUE");
}

static void create_table(lint *l, tokens at, bool temporary)
{
    if (take(&at, "IF")) /* NOT EXISTS */
        at += at[0] != NULL && at[1] != NULL ? 2 : 0;
    const char *name = take_name(l, &at);
    if (lint_has(&l->renamed, name))
        lint_report(l, LINT_SQLITE_RENAME_FIRST, lint_text(l, "-- rebuild %s\nCREATE TABLE %s (\xe2\x80\xa6)", name, name),
                    "%s was renamed before: references and views of other tables follow the old one", name);
    lint_table *table = lint_table_add(l, name);
    table->born = l->revision_count;
    table->temporary = temporary;
    if (!is(*at, "("))
        return;
    const tokens end = behind_parentheses(at);
    tokens begin = at + 1;
    int depth = 0;
    for (at = begin; at < end && *at != NULL; at++) {
        const bool closes = depth == 0 && (is(*at, ",") || is(*at, ")"));
        depth += is(*at, "(");
        depth -= is(*at, ")");
        if (!closes)
            continue;
        if (at > begin)
            learn_item(l, table, begin, at);
        begin = at + 1;
    }
}

static void create_index(lint *l, tokens at)
{
    if (take(&at, "IF"))
        at += at[0] != NULL && at[1] != NULL ? 2 : 0;
    const char *name = take_name(l, &at);
    if (!take(&at, "ON"))
        return;
    const char *table = take_name(l, &at), *columns = ",";
    for (; *at != NULL;) { /* every name in it is one that stands in the way of its column */
        columns = lint_text(l, "%s%s,", columns, take_name(l, &at));
    }
    lint_object_add(l, (lint_object){.kind = LINT_INDEX, .name = name, .table = table, .columns = columns, .valid = true});
}

/* The table as it is to be: what it has no more is lost. */
static void rebuild(lint *l, const weft_step *step, tokens at)
{
    tokens after = at;
    const char *name = take_name(l, &after);
    const bool new = lint_is_new(l, name), used = lint_is_used(l, name);
    size_t old = l->table_count;
    while (old-- > 0 && (l->tables[old].gone || strcmp(l->tables[old].name, name) != 0))
        continue;
    if (used)
        lint_report(l, LINT_SQLITE_REBUILD, "a time of few writes, where the table is large",
                    "%s is copied, and nobody may write to the database meanwhile", name);
    const size_t made = l->table_count;
    create_table(l, at, false);
    if (old == SIZE_MAX) {
        l->tables[made].born = 0;
        return;
    }
    l->tables[made].born = l->tables[old].born;
    for (size_t i = 0; i < l->tables[old].column_count; i++) {
        const lint_column *column = &l->tables[old].columns[i];
        lint_column *kept = lint_column_of(&l->tables[made], column->name);
        if (kept != NULL)
            kept->born = column->born;
        else if (!new && column->born < l->new_since)
            lint_report_lost(l, step, name, column->name);
    }
    l->tables[old].gone = true;
}

static void create(lint *l, const weft_step *step, tokens at)
{
    const bool temporary = is(*at, "TEMP") || is(*at, "TEMPORARY");
    at += temporary;
    (void)take(&at, "UNIQUE");
    if (take(&at, "TABLE") && step->rebuild) {
        rebuild(l, step, at);
    } else if (is(at[-1], "TABLE")) {
        create_table(l, at, temporary);
    } else if (take(&at, "INDEX")) {
        create_index(l, at);
    }
}

/* ---- ALTER TABLE ---- */

static void add_column(lint *l, const char *table, tokens at)
{
    const char *name = take_name(l, &at);
    const char *rebuild = lint_text(l, "-- rebuild %s\nCREATE TABLE %s (\xe2\x80\xa6, as it is to be)", table, table);
    bool not_null = false, has_default = false, computed = false, refers = false, null_default = false, generated = false;
    const char *never = NULL;
    for (tokens t = at; *t != NULL; t++) {
        not_null |= is(t[0], "NOT") && is(t[1], "NULL");
        refers |= is(*t, "REFERENCES");
        generated |= is(*t, "AS") && is(t[1], "(");
        never = is(*t, "UNIQUE") ? "UNIQUE" : is(*t, "PRIMARY") ? "PRIMARY KEY" : is(*t, "STORED") ? "STORED" : never;
        if (is(*t, "DEFAULT")) {
            has_default = true;
            null_default = is(t[1], "NULL");
            tokens value = t + 1;
            if (is(*value, "(") && value[1] != NULL && is(value[2], ")")) /* a constant in parentheses is one */
                value++;
            computed =
                is(*value, "(") || is(*value, "CURRENT_TIMESTAMP") || is(*value, "CURRENT_DATE") || is(*value, "CURRENT_TIME");
        }
        if (is(*t, "("))
            t = behind_parentheses(t) - 1;
    }
    if (never != NULL)
        lint_report(l, LINT_SQLITE_ADD_NEVER,
                    is(never, "UNIQUE") ? lint_text(l, "the column without it, and CREATE UNIQUE INDEX ON %s (%s)", table, name)
                                        : rebuild,
                    "SQLite adds no column that is %s", never);
    else if (!generated && ((not_null && (!has_default || null_default)) || computed || (refers && has_default && !null_default)))
        lint_report(l, LINT_SQLITE_ADD_NEEDS_ROWS, computed || refers ? rebuild : "a DEFAULT that is a constant",
                    "%s is added to an empty table only: this fails where %s has rows", name, table);
    lint_table *known = lint_table_of(l, table);
    if (known != NULL)
        lint_column_add(known, name)->born = l->revision_count;
}

static void drop_column(lint *l, const weft_step *step, const char *table, tokens at)
{
    const char *name = take_name(l, &at), *within = NULL;
    lint_table *known = lint_table_of(l, table);
    lint_column *column = lint_column_of(known, name);
    if (column != NULL && column->unique)
        within = "a key or a constraint";
    for (size_t i = 0; i < l->object_count; i++) {
        const lint_object *o = &l->objects[i];
        if (!o->gone && strcmp(o->table, table) == 0 && strstr(o->columns, lint_text(l, ",%s,", name)) != NULL)
            within = lint_text(l, "index %s", o->name);
    }
    if (within != NULL)
        lint_report(l, LINT_SQLITE_DROP_REFUSED, lint_text(l, "DROP INDEX of it first, or -- rebuild %s", table),
                    "SQLite does not drop %s: it is in %s", name, within);
    if (!lint_is_new(l, table) && (column == NULL || column->born < l->new_since))
        lint_report_lost(l, step, table, name);
    if (column != NULL)
        *column = known->columns[--known->column_count];
}

static void rename_column(lint *l, const char *table, tokens at)
{
    const char *from = take_name(l, &at);
    lint_column *column = lint_column_of(lint_table_of(l, table), from);
    if (!lint_is_new(l, table) && (column == NULL || column->born < l->new_since))
        lint_report(l, LINT_RENAME_COLUMN,
                    lint_text(l, "a new column, filled and then read; %s is dropped in a later revision", from),
                    "running programs still name %s of %s", from, table);
    if (column != NULL && take(&at, "TO"))
        column->name = take_name(l, &at);
}

static void alter(lint *l, const weft_step *step, tokens at)
{
    const char *table = take_name(l, &at);
    if (take(&at, "ADD")) {
        (void)take(&at, "COLUMN");
        if (is(*at, "CONSTRAINT"))
            lint_report(l, LINT_SQLITE_ADD_NEVER,
                        lint_text(l, "-- rebuild %s\nCREATE TABLE %s (\xe2\x80\xa6, as it is to be)", table, table),
                        "SQLite adds no constraint to a table");
        else
            add_column(l, table, at);
    } else if (take(&at, "DROP")) {
        (void)take(&at, "COLUMN");
        drop_column(l, step, table, at);
    } else if (take(&at, "RENAME") && take(&at, "TO")) {
        const char *to = take_name(l, &at);
        if (!lint_is_new(l, table))
            lint_report(l, LINT_RENAME_TABLE,
                        lint_text(l, "a view %s over the new table, where the old program only reads it", table),
                        "running programs still name %s", table);
        lint_add(&l->renamed, table);
        lint_rename_table(l, table, to);
    } else if (is(at[-1], "RENAME")) {
        (void)take(&at, "COLUMN");
        rename_column(l, table, at);
    }
}

/* ---- the rest ---- */

static void drop(lint *l, const weft_step *step, tokens at)
{
    const bool is_table = is(*at, "TABLE"), is_view = is(*at, "VIEW"), is_index = is(*at, "INDEX");
    if (*at == NULL)
        return;
    at++;
    if (take(&at, "IF"))
        (void)take(&at, "EXISTS");
    const char *name = take_name(l, &at);
    lint_object *index = is_index ? lint_object_of(l, NULL, name) : NULL;
    if (index != NULL)
        index->gone = true;
    if (is_view && !lint_has(&l->added, lint_text(l, "view %s", name)))
        lint_report(l, LINT_DROP_VIEW, "first a release that does not use it, then this revision",
                    "running programs that read %s fail", name);
    if (!is_table)
        return;
    if (!lint_is_new(l, name))
        lint_report_lost(l, step, name, NULL);
    lint_drop_table(l, name);
}

static void pragma(lint *l, const weft_step *step, tokens at)
{
    const char *name = take_name(l, &at);
    if (step->no_transaction || *at == NULL) /* without a value it asks */
        return;
    if (is(name, "foreign_keys"))
        lint_report(l, LINT_SQLITE_FK_PRAGMA, "leave it out: for \"-- rebuild\" weft turns them off before the transaction",
                    "within a transaction this changes nothing");
    if (is(name, "journal_mode"))
        lint_report(l, LINT_SQLITE_IN_TRANSACTION, "-- no transaction\non the line before",
                    "PRAGMA journal_mode does not work within a transaction");
}

void lint_sqlite_note_added(lint *l, const weft_step *step)
{
    tokens at = step->tokens;
    if (!take(&at, "CREATE"))
        return;
    at += is(*at, "TEMP") || is(*at, "TEMPORARY");
    if (!take(&at, "VIEW"))
        return;
    if (take(&at, "IF"))
        at += at[0] != NULL && at[1] != NULL ? 2 : 0;
    lint_add(&l->added, lint_text(l, "view %s", take_name(l, &at)));
}

void lint_sqlite(lint *l, const weft_step *step)
{
    tokens at = step->tokens;
    if (take(&at, "CREATE"))
        create(l, step, at);
    else if (take(&at, "ALTER") && take(&at, "TABLE"))
        alter(l, step, at);
    else if (take(&at, "DROP"))
        drop(l, step, at);
    else if (take(&at, "PRAGMA"))
        pragma(l, step, at);
    else if ((is(*at, "VACUUM") || is(*at, "ATTACH") || is(*at, "DETACH")) && !step->no_transaction)
        lint_report(l, LINT_SQLITE_IN_TRANSACTION, "-- no transaction\non the line before", "%s does not work within a transaction",
                    *at);
    else if (take(&at, "DELETE") && take(&at, "FROM")) {
        const char *table = take_name(l, &at);
        if (!has(at, "WHERE") && !lint_is_new(l, table))
            lint_report(l, LINT_DELETE_ALL_ROWS, "a condition, or \"-- destructive\" and a comment that allows it",
                        "all rows of %s are lost", table);
    } else if (take(&at, "UPDATE")) {
        const char *table = take_name(l, &at);
        if (!has(at, "WHERE") && lint_is_used(l, table))
            lint_report(l, LINT_UPDATE_ALL_ROWS,
                        "\"-- call\" a function that updates some thousand rows and commits, until none is left",
                        "all rows of %s are written, and nobody else may write meanwhile", table);
    }
}
