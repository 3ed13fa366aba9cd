/* Conditions on columns of the program's own types: see WEFT_TYPE and WEFT_COLUMN_AS in weft/model.h. */
#ifndef WEFT_TYPE_H
#define WEFT_TYPE_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/type.h>"
#endif

#include <weft/expr.h>
#include <weft/model.h>

/* v is a money or a weft_opt_money, or it does not compile; text that its encoder made lives to the end of the block:
 * weft_eq_as(Order, price, money, v). An unset optional is NULL, and so weft_eq_as is IS NULL. */
#define WEFT_COMPARE_AS_(o, M, f, T, ...) \
    WEFT_NODE_ &(const weft_expr){ .op = (o), .model = &M##_model, \
        .offset = offsetof(M, f), .value = WEFT_OPERAND_LIKE_AS_(((M *)0)->f, T, __VA_ARGS__) } WEFT_NODE_END_
/* What a field that is a T, an optional or an array of them takes, and that or an expression. */
#define WEFT_VALUE_LIKE_AS_(lvalue, T, ...) WEFT_TO_VALUE_AS_(lvalue, T, __VA_ARGS__)((__VA_ARGS__), (char[WEFT_TYPE_ROOM]){ 0 })
#define WEFT_OPERAND_LIKE_AS_(lvalue, T, ...) \
    _Generic((__VA_ARGS__), weft_expr *: weft_value_of_expr_as, const weft_expr *: weft_value_of_expr_as, \
             default: WEFT_TO_VALUE_AS_(lvalue, T, __VA_ARGS__))((__VA_ARGS__), (char[WEFT_TYPE_ROOM]){ 0 })
#define WEFT_TO_VALUE_AS_(lvalue, T, ...) \
    _Generic((lvalue), T: _Generic((__VA_ARGS__), weft_opt_##T: T##_opt_value, default: T##_value), \
             weft_opt_##T: _Generic((__VA_ARGS__), weft_opt_##T: T##_opt_value, default: T##_value), \
             weft_array_##T: T##_array_value, weft_array_opt_##T: T##_opt_array_value)
#define weft_eq_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_EQ, M, f, T, __VA_ARGS__)
#define weft_ne_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_NE, M, f, T, __VA_ARGS__)
/* By the order of what the values are kept as. */
#define weft_lt_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_LT, M, f, T, __VA_ARGS__)
#define weft_le_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_LE, M, f, T, __VA_ARGS__)
#define weft_gt_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_GT, M, f, T, __VA_ARGS__)
#define weft_ge_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_GE, M, f, T, __VA_ARGS__)
/* In .set: an unset optional makes the column NULL. */
#define weft_to_as(M, f, T, ...) WEFT_COMPARE_AS_(WEFT_EXPR_SET, M, f, T, __VA_ARGS__)
/* items: an array of count values of the type: weft_in_as(Order, price, money, prices, 3). */
#define weft_in_as(M, f, T, items, count) WEFT_ITEMS_AS_(WEFT_EXPR_IN, M, f, T, items, count)
#define weft_not_in_as(M, f, T, items, count) WEFT_ITEMS_AS_(WEFT_EXPR_NOT_IN, M, f, T, items, count)
#define WEFT_ITEMS_AS_(o, M, f, T, items, count) \
    WEFT_NODE_ &(const weft_expr){ .op = (o), .model = &M##_model, \
        .offset = offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, T: 1, weft_opt_##T: 1)), \
        .value = weft_type_items(&T##_codec, _Generic((items), T *: (items), const T *: (items)), (count)) } WEFT_NODE_END_

/* Columns of arrays are compared by the same; v is a weft_array_money, or a weft_array_opt_money as the field. weft_array_has_as
 * and its like are those of weft/array.h; weft_val_as is a value among expressions: weft_array_append(weft_col(Order, prices),
 * weft_val_as(money, v)). */
#define weft_val_as(T, ...) \
    WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_VALUE, \
        .value = _Generic((__VA_ARGS__), weft_opt_##T: T##_opt_value, weft_array_##T: T##_array_value, \
                          weft_array_opt_##T: T##_opt_array_value, default: T##_value)( \
            (__VA_ARGS__), (char[WEFT_TYPE_ROOM]){ 0 }) } WEFT_NODE_END_
#define weft_array_has_as(M, f, T, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_HAS, weft_col(M, f), WEFT_LIKE_AS_NODE_(*((M *)0)->f.items, T, __VA_ARGS__))
#define weft_array_contains_as(M, f, T, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_CONTAINS, weft_col(M, f), WEFT_LIKE_AS_NODE_(((M *)0)->f, T, __VA_ARGS__))
#define weft_array_within_as(M, f, T, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_CONTAINS, WEFT_LIKE_AS_NODE_(((M *)0)->f, T, __VA_ARGS__), weft_col(M, f))
#define weft_array_overlaps_as(M, f, T, ...) \
    WEFT_ARRAY_(WEFT_EXPR_ARRAY_OVERLAPS, weft_col(M, f), WEFT_LIKE_AS_NODE_(((M *)0)->f, T, __VA_ARGS__))
#define WEFT_LIKE_AS_NODE_(lvalue, T, ...) \
    WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = WEFT_VALUE_LIKE_AS_(lvalue, T, __VA_ARGS__) } WEFT_NODE_END_

#endif
