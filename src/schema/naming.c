/* Names are quoted the same way everywhere: a name that is reserved in either database is quoted in both, so that statements read
 * alike and a schema moves. */
#include "schema/naming.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* Reserved in PostgreSQL 15 (also where only as function or type name), or keywords that SQLite 3.40 does not take as names.
 * Sorted. */
static const char *const reserved[] = {"add",
                                       "all",
                                       "alter",
                                       "analyse",
                                       "analyze",
                                       "and",
                                       "any",
                                       "array",
                                       "as",
                                       "asc",
                                       "asymmetric",
                                       "authorization",
                                       "autoincrement",
                                       "between",
                                       "binary",
                                       "both",
                                       "case",
                                       "cast",
                                       "check",
                                       "collate",
                                       "collation",
                                       "column",
                                       "commit",
                                       "concurrently",
                                       "constraint",
                                       "create",
                                       "cross",
                                       "current_catalog",
                                       "current_date",
                                       "current_role",
                                       "current_schema",
                                       "current_time",
                                       "current_timestamp",
                                       "current_user",
                                       "default",
                                       "deferrable",
                                       "delete",
                                       "desc",
                                       "distinct",
                                       "do",
                                       "drop",
                                       "else",
                                       "end",
                                       "escape",
                                       "except",
                                       "exists",
                                       "false",
                                       "fetch",
                                       "for",
                                       "foreign",
                                       "freeze",
                                       "from",
                                       "full",
                                       "grant",
                                       "group",
                                       "having",
                                       "if",
                                       "ilike",
                                       "in",
                                       "index",
                                       "indexed",
                                       "initially",
                                       "inner",
                                       "insert",
                                       "intersect",
                                       "into",
                                       "is",
                                       "isnull",
                                       "join",
                                       "lateral",
                                       "leading",
                                       "left",
                                       "like",
                                       "limit",
                                       "localtime",
                                       "localtimestamp",
                                       "natural",
                                       "not",
                                       "nothing",
                                       "notnull",
                                       "null",
                                       "offset",
                                       "on",
                                       "only",
                                       "or",
                                       "order",
                                       "outer",
                                       "overlaps",
                                       "placing",
                                       "primary",
                                       "references",
                                       "returning",
                                       "right",
                                       "select",
                                       "session_user",
                                       "set",
                                       "similar",
                                       "some",
                                       "symmetric",
                                       "table",
                                       "tablesample",
                                       "then",
                                       "to",
                                       "trailing",
                                       "transaction",
                                       "true",
                                       "union",
                                       "unique",
                                       "update",
                                       "user",
                                       "using",
                                       "values",
                                       "variadic",
                                       "verbose",
                                       "when",
                                       "where",
                                       "window",
                                       "with"};

static int compare_words(const void *a, const void *b) { return strcmp(a, *(const char *const *)b); }

static bool is_plain(const char *name)
{
    if (!((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_'))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_'))
            return false;
    return bsearch(name, reserved, sizeof reserved / sizeof reserved[0], sizeof reserved[0], compare_words) == NULL;
}

static void add_quoted(wefti_text *text, const char *value, char quote)
{
    wefti_text_add_char(text, quote);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == quote)
            wefti_text_add_char(text, quote);
        wefti_text_add_char(text, *c);
    }
    wefti_text_add_char(text, quote);
}

void wefti_add_identifier(wefti_text *text, const char *name)
{
    if (is_plain(name))
        wefti_text_add(text, name);
    else
        add_quoted(text, name, '"');
}

void wefti_add_quoted_text(wefti_text *text, bool backslash_strings, const char *data, size_t size)
{
    bool escapes = backslash_strings && size > 0 && memchr(data, '\\', size) != NULL;
    wefti_text_add(text, escapes ? "E'" : "'");
    for (size_t i = 0, from = 0; i <= size; i++) {
        if (i < size && data[i] != '\'' && !(escapes && data[i] == '\\'))
            continue;
        wefti_text_add_bytes(text, data + from, i - from);
        if (i < size)
            wefti_text_add_char(text, data[i]);
        from = i;
    }
    wefti_text_add_char(text, '\'');
}

/* FNV-1a: must not change between versions, because names in databases are made with it. */
static uint32_t stable_hash(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

const char *wefti_made_name(wefti_arena *arena, const char *prefix, const char *table, const char *const *names, size_t count)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, prefix);
    wefti_text_add_char(&text, '_');
    wefti_text_add(&text, table);
    for (size_t i = 0; i < count; i++) {
        wefti_text_add_char(&text, '_');
        wefti_text_add(&text, names[i]);
    }
    const char *name = NULL;
    if (!text.failed && text.size <= WEFTI_MAX_IDENTIFIER_BYTES)
        name = wefti_arena_strndup(arena, text.data, text.size);
    else if (!text.failed)
        name = wefti_arena_printf(arena, "%.*s_%08x", (int)wefti_utf8_cut(text.data, text.size, WEFTI_MAX_IDENTIFIER_BYTES - 9),
                                  text.data, stable_hash(text.data, text.size));
    wefti_text_deinit(&text);
    return name;
}

const char *wefti_made_constraint_name(wefti_arena *arena, const char *table, const weft_schema_constraint *constraint)
{
    static const char *const prefixes[] = {[WEFT_CONSTRAINT_PRIMARY_KEY] = "pk",
                                           [WEFT_CONSTRAINT_UNIQUE] = "uq",
                                           [WEFT_CONSTRAINT_FOREIGN_KEY] = "fk",
                                           [WEFT_CONSTRAINT_EXCLUDE] = NULL};
    const char *prefix = prefixes[constraint->kind];
    if (prefix == NULL || table == NULL)
        return NULL;
    size_t count = constraint->kind == WEFT_CONSTRAINT_PRIMARY_KEY ? 0 : wefti_def_count(constraint->columns);
    return wefti_made_name(arena, prefix, table, constraint->columns, count);
}
