/* What the dialects have in common: identifiers, literals, reading their capabilities.
 *
 * Names are quoted the same way everywhere: a name that is reserved in either database is quoted in both, so that statements read
 * alike and a schema moves. */
#include "sql/dialect.h"

#include "base/locale.h"

#include <stdlib.h>
#include <string.h>

/* Reserved in PostgreSQL 15 (also where only as function or type name), or keywords that SQLite 3.40 does not take as names.
 * Sorted. */
static const char *const reserved[] = {
    "add", "all", "alter", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "autoincrement",
    "between", "binary", "both", "case", "cast", "check", "collate", "collation", "column", "commit", "concurrently", "constraint",
    "create", "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "delete", "desc", "distinct", "do", "drop", "else", "end", "escape", "except",
        "exists",
    "false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "if", "ilike", "in", "index",
        "indexed",
    "initially", "inner", "insert", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit",
    "localtime", "localtimestamp", "natural", "not", "nothing", "notnull", "null", "offset", "on", "only", "or", "order", "outer",
    "overlaps", "placing", "primary", "references", "returning", "right", "select", "session_user", "set", "similar", "some",
    "symmetric", "table", "tablesample", "then", "to", "trailing", "transaction", "true", "union", "unique", "update", "user",
        "using",
    "values", "variadic", "verbose", "when", "where", "window", "with"
};

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

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

void wefti_add_literal(wefti_text *text, const wefti_dialect *dialect, const char *value)
{
    wefti_add_literal_bytes(text, dialect, value, strlen(value));
}

void wefti_add_literal_bytes(wefti_text *text, const wefti_dialect *dialect, const char *data, size_t size)
{
    bool escapes = dialect->backslash_strings && size > 0 && memchr(data, '\\', size) != NULL;
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

const wefti_dialect *const wefti_dialects[] = { &wefti_dialect_sqlite, &wefti_dialect_postgres, NULL };

const char *wefti_function_name(const char *name)
{
    static const char schema[] = "pg_catalog.";
    return wefti_ascii_begins(name, schema) ? name + sizeof schema - 1 : name;
}

bool wefti_is_aggregate_name(const char *name)
{
    static const char *const names[] = { "count", "sum", "avg", "total", "group_concat", "string_agg", "array_agg", "bool_and",
        "bool_or", "every", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "json_group_array", "json_group_object",
        "bit_and", "bit_or", "bit_xor", "any_value", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp",
        "corr", "covar_pop", "covar_samp" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (wefti_ascii_equal(name, names[i]))
            return true;
    return false;
}

const wefti_capabilities *wefti_dialect_capabilities(const wefti_dialect *dialect)
{
    return &dialect->capabilities;
}

const char *wefti_dialect_table_list_sql(const wefti_dialect *dialect)
{
    return dialect->table_list_sql;
}
