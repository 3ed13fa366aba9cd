/* Reading trees of libpg_query, which are JSON: what is false, zero or empty is not there. */
#include "lint.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

const char *lint_string(const json_t *node, const char *key)
{
    const char *text = json_string_value(json_object_get(node, key));
    return text != NULL ? text : "";
}

bool lint_flag(const json_t *node, const char *key) { return json_is_true(json_object_get(node, key)); }

long lint_number(const json_t *node, const char *key) { return (long)json_integer_value(json_object_get(node, key)); }

static const char *sval(const json_t *node) { return lint_string(json_object_get(node, "String"), "sval"); }

const char *lint_list(lint *l, const json_t *list, const char *between)
{
    const char *text = "";
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) text = lint_text(l, "%s%s%s", text, i > 0 ? between : "", lint_quoted(l, sval(item)));
    return text;
}

const char *lint_last(const json_t *list)
{
    const size_t count = json_array_size(list);
    return count > 0 ? sval(json_array_get(list, count - 1)) : "";
}

static const char *join(lint *l, const char *schema, const char *name)
{
    if (*schema == '\0' || strcmp(schema, "public") == 0)
        return lint_quoted(l, name);
    return lint_text(l, "%s.%s", lint_quoted(l, schema), lint_quoted(l, name));
}

const char *lint_range(lint *l, const json_t *range)
{
    return join(l, lint_string(range, "schemaname"), lint_string(range, "relname"));
}

const char *lint_qualified(lint *l, const json_t *list)
{
    const json_t *items = json_object_get(json_object_get(list, "List"), "items");
    if (items != NULL)
        list = items;
    const size_t count = json_array_size(list);
    if (count == 0)
        return lint_quoted(l, sval(list));
    return join(l, count > 1 ? sval(json_array_get(list, count - 2)) : "", sval(json_array_get(list, count - 1)));
}

bool lint_option(const json_t *list, const char *name)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        const json_t *option = json_object_get(item, "DefElem"), *value = json_object_get(option, "arg");
        const char *word = sval(value);
        const json_t *number = json_object_get(json_object_get(value, "Integer"), "ival");
        if (strcmp(lint_string(option, "defname"), name) == 0)
            return value == NULL || (json_object_get(value, "Integer") != NULL && json_integer_value(number) != 0) ||
                   (*word != '\0' && strcmp(word, "false") != 0 && strcmp(word, "off") != 0) || json_is_true(value) ||
                   lint_flag(json_object_get(value, "Boolean"), "boolval");
    }
    return false;
}

const char *lint_volatile(lint *l, const json_t *node)
{
    const char *found = NULL;
    if (json_is_array(node)) {
        size_t i;
        const json_t *item;
        json_array_foreach(node, i, item) if (found == NULL) found = lint_volatile(l, item);
        return found;
    }
    const json_t *call = json_object_get(node, "FuncCall"), *names = json_object_get(call, "funcname");
    const size_t count = json_array_size(names);
    if (call != NULL) {
        const bool own = count > 1 && strcmp(sval(json_array_get(names, count - 2)), "pg_catalog") != 0;
        if (own || !lint_function_is_stable(lint_last(names)))
            return lint_qualified(l, names);
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)node, key, value) if (found == NULL) found = lint_volatile(l, value);
    return found;
}

json_t *lint_parse(lint *l, const char *sql, const char **trouble)
{
    PgQueryParseResult parsed = pg_query_parse(sql);
    json_t *statement = NULL;
    if (parsed.error != NULL) {
        *trouble = lint_text(l, "%s", parsed.error->message);
    } else {
        json_error_t error;
        json_t *tree = json_loads(parsed.parse_tree, JSON_DISABLE_EOF_CHECK, &error);
        if (tree == NULL)
            *trouble = lint_text(l, "its tree is not read: %s", error.text);
        statement = json_incref(json_object_get(json_array_get(json_object_get(tree, "stmts"), 0), "stmt"));
        json_decref(tree);
    }
    pg_query_free_parse_result(parsed);
    return statement;
}
