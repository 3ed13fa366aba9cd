/* Nodes of arrays, for columns of weft_array_... fields; weft/expr.h includes it. */
#ifndef WEFT_ARRAY_H
#define WEFT_ARRAY_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/array.h>"
#endif

#include <weft/expr.h>

/* Alike on every database. weft_array_has(Post, tags, "c"): whether an item is the value, which has the items' type; another does
 * not compile. NULL where the array is, and where it is not found among items of which some are NULL. weft_array_contains(Post,
 * tags, array): whether all items of the other are in it; weft_array_within: all of it in the other; weft_array_overlaps: any.
 * NULL items are in nothing. On PostgreSQL a GIN index serves these three: WEFT_INDEX(Post, "tags", .method = "gin"). The forms
 * with _of take expressions. */
#define weft_array_has(M, f, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_HAS, weft_col(M, f), WEFT_VALUE_NODE_LIKE_(*((M *)0)->f.items, __VA_ARGS__))
#define weft_array_contains(M, f, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_CONTAINS, weft_col(M, f), WEFT_VALUE_NODE_LIKE_(((M *)0)->f, __VA_ARGS__))
#define weft_array_within(M, f, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_CONTAINS, WEFT_VALUE_NODE_LIKE_(((M *)0)->f, __VA_ARGS__), weft_col(M, f))
#define weft_array_overlaps(M, f, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_OVERLAPS, weft_col(M, f), WEFT_VALUE_NODE_LIKE_(((M *)0)->f, __VA_ARGS__))
#define weft_array_has_of(array, item) WEFT_ARRAY_(WEFT_EXPR_ARRAY_HAS, array, item)
#define weft_array_contains_of(array, part) WEFT_ARRAY_(WEFT_EXPR_ARRAY_CONTAINS, array, part)
#define weft_array_overlaps_of(array, other) WEFT_ARRAY_(WEFT_EXPR_ARRAY_OVERLAPS, array, other)
/* How many items there are, an integer, 0 of an empty array and NULL of NULL; item number n, from 1 on, NULL where there is none;
 * the array with an item behind it (NULL counts as empty), without all items that equal one, and two behind each other (NULL adds
 * nothing): weft_to_expr(Post, tags, weft_array_append(weft_col(Post, tags), weft_val("new"))). */
#define weft_array_length(array) (&(const weft_expr){ .op = WEFT_EXPR_ARRAY_LENGTH, .args = WEFT_NODES_ array WEFT_NODES_END_ })
#define weft_array_item(array, n) WEFT_ARRAY_(WEFT_EXPR_ARRAY_ITEM, array, n)
#define weft_array_append(array, item) WEFT_ARRAY_(WEFT_EXPR_ARRAY_APPEND, array, item)
#define weft_array_remove(array, item) WEFT_ARRAY_(WEFT_EXPR_ARRAY_REMOVE, array, item)
#define weft_array_concat(array, other) WEFT_ARRAY_(WEFT_EXPR_ARRAY_CONCAT, array, other)
/* Expressions of one type as the items of an array: weft_array(weft_col(Post, title), weft_val("new")). */
#define weft_array(...) WEFT_ARRAY_(WEFT_EXPR_ARRAY_LIST, __VA_ARGS__)
#define WEFT_ARRAY_(o, ...) (&(const weft_expr){ .op = (o), .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define WEFT_VALUE_NODE_LIKE_(lvalue, ...) \
    WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = WEFT_VALUE_LIKE(lvalue, __VA_ARGS__) } WEFT_NODE_END_
/* The rows of a SELECT of one column as an array, in its order, an empty one of no rows, for a field such as weft_array_int64:
 * weft_array_of(weft_select(.from = weft_from(Order), .columns = weft_col(Order, id), .where = weft_eq_col(Order, customer_id,
 * Customer, id))). weft_array_agg is the same of a group's rows, NULL of none; weft_ordered and weft_distinct within it are
 * PostgreSQL's alone. What the column's type is must be known: cast what is computed. */
#define weft_array_of(q) (&(const weft_expr){ .op = WEFT_EXPR_ARRAY_OF, .query = (q) })
#define weft_array_agg(e) weft_fn("array_agg", e)

#endif
