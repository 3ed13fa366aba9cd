/* What a DO block runs: the statements of its body in PL/pgSQL, as libpg_query's parser of that language gives them. */
#include "lint.h"

#include <pg_query.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
    lint *l;
    json_t *trees;
    const char *trouble; /* the first */
} block;

static void add(block *b, const char *sql)
{
    const char *trouble = NULL;
    json_t *tree = lint_parse(b->l, sql, &trouble);
    if (trouble != NULL && b->trouble == NULL)
        b->trouble = lint_text(b->l, "a statement of it is not read: %s", trouble);
    if (tree != NULL)
        (void)json_array_append_new(b->trees, tree);
}

/* The text that EXECUTE runs, where it is one literal; else NULL. */
static const char *literal(lint *l, const char *expression)
{
    const char *trouble = NULL, *text = NULL;
    json_t *tree = lint_parse(l, lint_text(l, "SELECT %s", expression), &trouble);
    const json_t *targets = json_object_get(json_object_get(tree, "SelectStmt"), "targetList");
    const json_t *value = json_object_get(json_object_get(json_array_get(targets, 0), "ResTarget"), "val");
    const json_t *constant = json_object_get(json_object_get(value, "A_Const"), "sval");
    if (json_array_size(targets) == 1 && constant != NULL)
        text = lint_text(l, "%s", lint_string(constant, "sval"));
    json_decref(tree);
    return text;
}

static const char *query_of(const json_t *statement, const char *key)
{
    return lint_string(json_object_get(json_object_get(statement, key), "PLpgSQL_expr"), "query");
}

static void walk(block *b, const json_t *node) /* NOLINT(misc-no-recursion): as deep as the block */
{
    size_t i;
    const json_t *item;
    const char *key;
    json_t *value;
    json_array_foreach(node, i, item) walk(b, item);
    if (!json_is_object(node))
        return;
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
    {
        if (strcmp(key, "PLpgSQL_stmt_execsql") == 0)
            add(b, query_of(value, "sqlstmt"));
        if (strcmp(key, "PLpgSQL_stmt_dynexecute") == 0) {
            const char *text = literal(b->l, query_of(value, "query"));
            if (text != NULL)
                add(b, text);
            else if (b->trouble == NULL)
                b->trouble = "what its EXECUTE runs is made when it runs";
        }
        walk(b, value);
    }
}

json_t *lint_block(lint *l, const char *sql, const json_t *statement, const char **trouble)
{
    block b = {.l = l, .trees = json_array()};
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(statement, "args"), i, item)
    {
        const json_t *option = json_object_get(item, "DefElem");
        const char *language = lint_string(json_object_get(json_object_get(option, "arg"), "String"), "sval");
        if (strcmp(lint_string(option, "defname"), "language") == 0 && strcmp(language, "plpgsql") != 0)
            b.trouble = lint_text(l, "it is in %s", language);
    }
    if (b.trouble == NULL) {
        PgQueryPlpgsqlParseResult parsed = pg_query_parse_plpgsql(sql);
        json_error_t error;
        json_t *tree = parsed.error == NULL ? json_loads(parsed.plpgsql_funcs, 0, &error) : NULL;
        if (parsed.error != NULL)
            b.trouble = lint_text(l, "%s", parsed.error->message);
        else if (tree == NULL)
            b.trouble = lint_text(l, "its tree is not read: %s", error.text);
        walk(&b, tree);
        json_decref(tree);
        pg_query_free_plpgsql_parse_result(parsed);
    }
    *trouble = b.trouble;
    return b.trees;
}
