/* Nodes of JSON; weft/expr.h includes it. */
#ifndef WEFT_JSON_H
#define WEFT_JSON_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/json.h>"
#endif

#include <weft/expr.h>

/* ---- JSON, alike on every database: by content, as jsonb has it ----
 *
 * A path is a literal: $ is all of it, "$.size.width" a member of a member, "$.tags[0]" an element, from 0 on, [-1] the last one,
 * and $."a key" one with any characters, \" and \\ for " and \. Where a path leads nowhere, and in NULL, there is NULL.
 *
 * weft_json_get is the JSON at a path, null of JSON included, in jsonb's spelling. weft_json_text is it as a text: what a string
 * says, the digits of a number, true or false, an array or object spelt, and NULL for null. weft_json_value is that text as a value
 * of a type, weft_json_value(weft_col(Item, extra), "$.size.width", WEFT_INT64); what is none of the type is WEFT_ERROR_DATA.
 * weft_json_has says whether there is anything at the path, null included; weft_json_kind is 'object', 'array', 'string', 'number',
 * 'boolean' or 'null'. */
#define weft_json_get(e, path) WEFT_JSON_AT_(WEFT_EXPR_JSON_GET, path, e)
#define weft_json_text(e, path) WEFT_JSON_AT_(WEFT_EXPR_JSON_TEXT, path, e)
#define weft_json_value(e, path, t) weft_cast(weft_json_text(e, path), t)
#define weft_json_has(e, path) WEFT_JSON_AT_(WEFT_EXPR_JSON_HAS, path, e)
#define weft_json_kind(e, path) WEFT_JSON_AT_(WEFT_EXPR_JSON_KIND, path, e)
/* The JSON with another value (JSON) at the path, which replaces what is there, or becomes a new member, or an element before the
 * first or behind the last; without its last step the path must lead somewhere, else nothing changes. And the JSON without what is
 * at the path. In what is neither array nor object they are WEFT_ERROR_DATA. weft_to_expr(Item, extra, weft_json_set(weft_col(Item,
 * extra), "$.size.width", weft_val((weft_json){ "7" }))). */
#define weft_json_set(e, path, value) WEFT_JSON_AT_(WEFT_EXPR_JSON_SET, path, e, value)
#define weft_json_remove(e, path) WEFT_JSON_AT_(WEFT_EXPR_JSON_REMOVE, path, e)
#define WEFT_JSON_AT_(o, path, ...) \
    (&(const weft_expr){ .op = (o), .name = "" path, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
/* Whether all of part, JSON too, is within e: members with contained values, elements in any place. An array contains what it has
 * as an element, too. On PostgreSQL a GIN index serves it. */
#define weft_json_contains(e, part) \
    (&(const weft_expr){ .op = WEFT_EXPR_JSON_CONTAINS, .args = WEFT_NODES_ e, part WEFT_NODES_END_ })

#endif
