/* Nodes of ranges and multiranges, for columns of weft_range_... and weft_multirange_... fields; weft/expr.h includes it. */
#ifndef WEFT_RANGE_H
#define WEFT_RANGE_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/range.h>"
#endif

#include <weft/expr.h>

/* PostgreSQL alone has ranges: elsewhere these nodes are WEFT_ERROR_UNSUPPORTED. weft_range_has(Stay, during, day): whether the
 * value is in the range; it has the type of the bounds, and another does not compile. The others take a range, or multirange, of
 * the same bounds: weft_range_contains(Stay, during, range) whether all of it is in the column's, weft_range_within whether all of
 * the column's is in it, weft_range_overlaps whether they share a point, weft_range_before and weft_range_after whether all of the
 * column's lies before or after all of it, weft_range_not_beyond whether it ends where the other does or sooner,
 * weft_range_not_before whether it begins where the other does or later, weft_range_adjacent whether they touch without
 * a gap. Indexes serve them: WEFT_INDEX(Stay, "during", .method = "gist"). NULL where one of the two is. */
#define weft_range_has(M, f, ...) \
    WEFT_RANGE_(WEFT_EXPR_RANGE_HAS, "@>", weft_col(M, f), \
                WEFT_RANGE_NODE_(WEFT_RANGE_BOUND_LIKE_(((M *)0)->f, __VA_ARGS__)))
#define weft_range_contains(M, f, ...) WEFT_RANGES_("@>", M, f, __VA_ARGS__)
#define weft_range_within(M, f, ...) WEFT_RANGES_("<@", M, f, __VA_ARGS__)
#define weft_range_overlaps(M, f, ...) WEFT_RANGES_("&&", M, f, __VA_ARGS__)
#define weft_range_before(M, f, ...) WEFT_RANGES_("<<", M, f, __VA_ARGS__)
#define weft_range_after(M, f, ...) WEFT_RANGES_(">>", M, f, __VA_ARGS__)
#define weft_range_not_beyond(M, f, ...) WEFT_RANGES_("&<", M, f, __VA_ARGS__)
#define weft_range_not_before(M, f, ...) WEFT_RANGES_("&>", M, f, __VA_ARGS__)
#define weft_range_adjacent(M, f, ...) WEFT_RANGES_("-|-", M, f, __VA_ARGS__)
/* The same of two expressions: weft_range_overlaps_of(weft_col(Stay, during), weft_col(Season, during)). Types that are known and
 * do not go together are WEFT_ERROR_TYPE before anything is sent. */
#define weft_range_has_of(range, item) WEFT_RANGE_(WEFT_EXPR_RANGE_HAS, "@>", range, item)
#define weft_range_contains_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "@>", range, other)
#define weft_range_within_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "<@", range, other)
#define weft_range_overlaps_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "&&", range, other)
#define weft_range_before_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "<<", range, other)
#define weft_range_after_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, ">>", range, other)
#define weft_range_not_beyond_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "&<", range, other)
#define weft_range_not_before_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "&>", range, other)
#define weft_range_adjacent_of(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, "-|-", range, other)
/* Of two ranges, or two multiranges: what is in one of them, in both, in the first alone. Ranges whose union or difference would
 * be two are an error of the server's, WEFT_ERROR_DATA; multiranges may be. weft_range_merge is the smallest range that holds two,
 * with what lies between; weft_multirange_merge that of all of a multirange; weft_multirange_of a multirange of one range. */
#define weft_range_union(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_JOIN, "+", range, other)
#define weft_range_intersection(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_JOIN, "*", range, other)
#define weft_range_difference(range, other) WEFT_RANGE_(WEFT_EXPR_RANGE_JOIN, "-", range, other)
#define weft_range_merge(range, other) weft_fn("range_merge", range, other)
#define weft_multirange_merge(multirange) weft_fn("range_merge", multirange)
#define weft_multirange_of(range) weft_fn("multirange", range)
/* The bounds of a range or multirange, NULL where it has none or is empty; and, as bools, whether it is empty, whether a bound is
 * in it, whether there is none. */
#define weft_range_lower(range) WEFT_RANGE_(WEFT_EXPR_RANGE_BOUND, "lower", range)
#define weft_range_upper(range) WEFT_RANGE_(WEFT_EXPR_RANGE_BOUND, "upper", range)
#define weft_range_is_empty(range) WEFT_RANGE_(WEFT_EXPR_RANGE_IS, "isempty", range)
#define weft_range_lower_closed(range) WEFT_RANGE_(WEFT_EXPR_RANGE_IS, "lower_inc", range)
#define weft_range_upper_closed(range) WEFT_RANGE_(WEFT_EXPR_RANGE_IS, "upper_inc", range)
#define weft_range_no_lower(range) WEFT_RANGE_(WEFT_EXPR_RANGE_IS, "lower_inf", range)
#define weft_range_no_upper(range) WEFT_RANGE_(WEFT_EXPR_RANGE_IS, "upper_inf", range)
/* Aggregates of a group's rows: all that is in one of the ranges, a multirange; what is in each of them. */
#define weft_range_agg(range) weft_fn("range_agg", range)
#define weft_range_intersect_agg(range) weft_fn("range_intersect_agg", range)

#define WEFT_RANGE_(o, n, ...) (&(const weft_expr){ .op = (o), .name = (n), .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define WEFT_RANGES_(n, M, f, ...) \
    WEFT_RANGE_(WEFT_EXPR_RANGE_TEST, n, weft_col(M, f), WEFT_RANGE_NODE_(WEFT_RANGE_LIKE_(((M *)0)->f, __VA_ARGS__)))
#define WEFT_RANGE_NODE_(...) WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = __VA_ARGS__ } WEFT_NODE_END_
/* What these take, by the field's type; the functions that are named to refuse are never defined. */
#define WEFT_RANGE_FIELDS_(T, result) weft_range_##T: result, weft_multirange_##T: result
#define WEFT_RANGE_OPT_(T, result) WEFT_RANGE_FIELDS_(T, result), weft_opt_range_##T: result
#define WEFT_RANGE_WHOLE_(...) \
    _Generic((__VA_ARGS__), char: weft_value_int64, signed char: weft_value_int64, unsigned char: weft_value_int64, \
        short: weft_value_int64, unsigned short: weft_value_int64, int: weft_value_int64, unsigned: weft_value_int64, \
        long: weft_value_int64, long long: weft_value_int64, default: weft_integer_column_does_not_take_this)
#define WEFT_RANGE_BOUND_LIKE_(lvalue, ...) \
    _Generic((lvalue), WEFT_RANGE_OPT_(int32, WEFT_RANGE_WHOLE_(__VA_ARGS__)), \
        WEFT_RANGE_OPT_(int64, WEFT_RANGE_WHOLE_(__VA_ARGS__)), WEFT_RANGE_OPT_(date, weft_value_date), \
        WEFT_RANGE_OPT_(timestamp, weft_value_timestamp), WEFT_RANGE_FIELDS_(decimal, weft_value_decimal), \
        default: weft_field_that_is_no_range_does_not_take_this)(__VA_ARGS__)
#define WEFT_RANGE_EITHER_(T, ...) \
    _Generic((__VA_ARGS__), weft_multirange_##T: weft_value_multirange_##T, default: weft_value_range_##T)
#define WEFT_RANGE_EITHER_OPT_(T, ...) \
    _Generic((__VA_ARGS__), weft_multirange_##T: weft_value_multirange_##T, weft_opt_range_##T: weft_value_opt_range_##T, \
        default: weft_value_range_##T)
#define WEFT_RANGE_LIKE_(lvalue, ...) \
    _Generic((lvalue), WEFT_RANGE_OPT_(int32, WEFT_RANGE_EITHER_OPT_(int32, __VA_ARGS__)), \
        WEFT_RANGE_OPT_(int64, WEFT_RANGE_EITHER_OPT_(int64, __VA_ARGS__)), \
        WEFT_RANGE_OPT_(date, WEFT_RANGE_EITHER_OPT_(date, __VA_ARGS__)), \
        WEFT_RANGE_OPT_(timestamp, WEFT_RANGE_EITHER_OPT_(timestamp, __VA_ARGS__)), \
        WEFT_RANGE_FIELDS_(decimal, WEFT_RANGE_EITHER_(decimal, __VA_ARGS__)), \
        default: weft_field_that_is_no_range_does_not_take_this)(__VA_ARGS__)

#endif
