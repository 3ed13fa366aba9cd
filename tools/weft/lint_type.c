/* Types of columns, and which change of one writes the table anew. */
#include "lint.h"

#include <stdio.h>
#include <string.h>

static bool is(const char *text, const char *other) { return strcmp(text, other) == 0; }

static long modifier_of(const json_t *node)
{
    return lint_number(json_object_get(json_object_get(node, "A_Const"), "ival"), "ival");
}

lint_type lint_type_of(lint *l, const json_t *type)
{
    lint_type made = {0};
    const json_t *names = json_object_get(type, "names"), *modifiers = json_object_get(type, "typmods");
    if (json_array_size(names) == 0)
        return made;
    made.base = lint_text(l, "%s", lint_last(names));
    made.array = json_array_size(json_object_get(type, "arrayBounds")) > 0;
    made.modifier_count = json_array_size(modifiers);
    for (size_t i = 0; i < 2 && i < made.modifier_count; i++)
        made.modifiers[i] = modifier_of(json_array_get(modifiers, i));
    if (is(made.base, "numeric") && made.modifier_count == 1) /* numeric(5) is numeric(5,0) */
        made.modifier_count = 2;
    if (is(made.base, "bpchar") && made.modifier_count == 0) {
        made.modifiers[0] = 1;
        made.modifier_count = 1;
    }
    return made;
}

lint_type lint_type_parse(lint *l, const char *text)
{
    const char *trouble = NULL;
    json_t *tree = lint_parse(l, lint_text(l, "SELECT NULL::%s", text), &trouble);
    const json_t *target = json_array_get(json_object_get(json_object_get(tree, "SelectStmt"), "targetList"), 0);
    const json_t *cast = json_object_get(json_object_get(json_object_get(target, "ResTarget"), "val"), "TypeCast");
    lint_type type = lint_type_of(l, json_object_get(cast, "typeName"));
    json_decref(tree);
    return type;
}

const char *lint_type_text(lint *l, const lint_type *type)
{
    const char *text = type->base != NULL ? type->base : "?";
    if (type->modifier_count == 1)
        text = lint_text(l, "%s(%ld)", text, type->modifiers[0]);
    else if (type->modifier_count > 1)
        text = lint_text(l, "%s(%ld,%ld)", text, type->modifiers[0], type->modifiers[1]);
    return type->array ? lint_text(l, "%s[]", text) : text;
}

static bool is_same(const lint_type *a, const lint_type *b)
{
    return a->modifier_count == b->modifier_count && a->modifiers[0] == b->modifiers[0] && a->modifiers[1] == b->modifiers[1];
}

/* The length or precision does not fall. */
static bool is_wider(const lint_type *from, const lint_type *to, long unlimited)
{
    const long a = from->modifier_count > 0 ? from->modifiers[0] : unlimited,
               b = to->modifier_count > 0 ? to->modifiers[0] : unlimited;
    return b >= a;
}

#define UNLIMITED 0x7fffffffL

bool lint_type_rewrites(const lint_type *from, const lint_type *to)
{
    if (from->base == NULL || to->base == NULL || from->array != to->array)
        return true;
    const char *a = from->base, *b = to->base;
    if (from->array)
        return !is(a, b) || !is_same(from, to);
    if (is(a, b)) {
        if (is_same(from, to))
            return false;
        if (is(a, "varchar") || is(a, "varbit"))
            return !is_wider(from, to, UNLIMITED);
        if (is(a, "numeric"))
            return to->modifier_count != 0 &&
                   (from->modifier_count == 0 || from->modifiers[1] != to->modifiers[1] || !is_wider(from, to, UNLIMITED));
        if (is(a, "timestamp") || is(a, "timestamptz") || is(a, "time") || is(a, "timetz"))
            return !is_wider(from, to, 6);
        return true;
    }
    if (is(b, "text") || (is(b, "varchar") && to->modifier_count == 0))
        return !is(a, "varchar") && !is(a, "text");
    if (is(b, "citext"))
        return !is(a, "varchar") && !is(a, "text");
    return !(is(a, "cidr") && is(b, "inet"));
}
