/* The constant nodes that end lists and stand for absent terms, the names of nodes, and the items of weft_in as values. */
#include <weft/expr.h>
#include <weft/load.h>

#include "base/rowarray.h"
#include "sql/statement.h"

#include <string.h>

const weft_expr weft_end = {.op = WEFT_EXPR_END};
const weft_expr weft_true = {.op = WEFT_EXPR_TRUE};
const weft_expr weft_false = {.op = WEFT_EXPR_FALSE};
const weft_expr weft_star = {.op = WEFT_EXPR_STAR};
const weft_expr weft_rows_counted = {.op = WEFT_EXPR_FN,
                                     .name = "count",
                                     .args = (const weft_expr *const[]){&weft_star, &weft_end}};

const weft_loader weft_load_end = {.how = -2};
const weft_loader weft_load_none = {.how = -1};

static const char *const names[] = {
    [WEFT_EXPR_AND] = "weft_and",
    [WEFT_EXPR_OR] = "weft_or",
    [WEFT_EXPR_NOT] = "weft_not",
    [WEFT_EXPR_EQ] = "weft_eq",
    [WEFT_EXPR_NE] = "weft_ne",
    [WEFT_EXPR_LT] = "weft_lt",
    [WEFT_EXPR_LE] = "weft_le",
    [WEFT_EXPR_GT] = "weft_gt",
    [WEFT_EXPR_GE] = "weft_ge",
    [WEFT_EXPR_LIKE] = "weft_like",
    [WEFT_EXPR_NOT_LIKE] = "weft_not_like",
    [WEFT_EXPR_ILIKE] = "weft_ilike",
    [WEFT_EXPR_STARTS_WITH] = "weft_starts_with",
    [WEFT_EXPR_ENDS_WITH] = "weft_ends_with",
    [WEFT_EXPR_CONTAINS] = "weft_contains",
    [WEFT_EXPR_BETWEEN] = "weft_between",
    [WEFT_EXPR_BETWEEN_SYMMETRIC] = "weft_between_symmetric",
    [WEFT_EXPR_OP] = "weft_op",
    [WEFT_EXPR_FN] = "weft_fn",
    [WEFT_EXPR_DISTINCT] = "weft_distinct",
    [WEFT_EXPR_CAST] = "weft_cast",
    [WEFT_EXPR_CASE] = "weft_case",
    [WEFT_EXPR_LABEL] = "weft_label",
    [WEFT_EXPR_ANY] = "weft_any",
    [WEFT_EXPR_LITERAL] = "weft_literally",
    [WEFT_EXPR_ASC] = "weft_asc",
    [WEFT_EXPR_DESC] = "weft_desc",
    [WEFT_EXPR_NULLS_FIRST] = "weft_nulls_first",
    [WEFT_EXPR_NULLS_LAST] = "weft_nulls_last",
    [WEFT_EXPR_IS_NULL] = "weft_null",
    [WEFT_EXPR_IS_NOT_NULL] = "weft_not_null",
    [WEFT_EXPR_SET] = "weft_to",
    [WEFT_EXPR_SCALAR] = "weft_scalar",
    [WEFT_EXPR_EXISTS] = "weft_exists_in",
    [WEFT_EXPR_IN_QUERY] = "weft_in_query",
    [WEFT_EXPR_NOT_IN_QUERY] = "weft_not_in_query",
    [WEFT_EXPR_TUPLE] = "weft_tuple",
    [WEFT_EXPR_ANY_OF] = "weft_any_of",
    [WEFT_EXPR_ALL_OF] = "weft_all_of",
    [WEFT_EXPR_FILTER] = "weft_filter",
    [WEFT_EXPR_ORDERED] = "weft_ordered",
    [WEFT_EXPR_WITHIN] = "weft_within_group",
    [WEFT_EXPR_FRAGMENT] = "weft_sql",
    [WEFT_EXPR_ARG] = "weft_arg",
    [WEFT_EXPR_PER_DATABASE] = "weft_per_database",
    [WEFT_EXPR_ROLLUP] = "weft_rollup",
    [WEFT_EXPR_CUBE] = "weft_cube",
    [WEFT_EXPR_GROUPING_SETS] = "weft_grouping_sets",
    [WEFT_EXPR_OVER] = "weft_over",
    [WEFT_EXPR_DATE_ADD] = "weft_date_add",
    [WEFT_EXPR_DATE_TRUNC] = "weft_date_trunc",
    [WEFT_EXPR_DATE_PART] = "weft_date_part",
    [WEFT_EXPR_DATE_DIFF] = "weft_date_diff",
    [WEFT_EXPR_NEXT_VALUE] = "weft_next_value",
    [WEFT_EXPR_JSON_GET] = "weft_json_get",
    [WEFT_EXPR_JSON_TEXT] = "weft_json_text",
    [WEFT_EXPR_JSON_HAS] = "weft_json_has",
    [WEFT_EXPR_JSON_KIND] = "weft_json_kind",
    [WEFT_EXPR_JSON_SET] = "weft_json_set",
    [WEFT_EXPR_JSON_REMOVE] = "weft_json_remove",
    [WEFT_EXPR_JSON_CONTAINS] = "weft_json_contains",
    [WEFT_EXPR_ARRAY_OF] = "weft_array_of",
    [WEFT_EXPR_ARRAY_LIST] = "weft_array",
    [WEFT_EXPR_ARRAY_HAS] = "weft_array_has",
    [WEFT_EXPR_ARRAY_CONTAINS] = "weft_array_contains",
    [WEFT_EXPR_ARRAY_OVERLAPS] = "weft_array_overlaps",
    [WEFT_EXPR_ARRAY_CONCAT] = "weft_array_concat",
    [WEFT_EXPR_ARRAY_LENGTH] = "weft_array_length",
    [WEFT_EXPR_ARRAY_APPEND] = "weft_array_append",
    [WEFT_EXPR_ARRAY_REMOVE] = "weft_array_remove",
    [WEFT_EXPR_ARRAY_ITEM] = "weft_array_item",
    [WEFT_EXPR_SEARCH] = "a node of text search",
    [WEFT_EXPR_RANGE_TEST] = "a condition on ranges",
    [WEFT_EXPR_RANGE_HAS] = "weft_range_has",
    [WEFT_EXPR_RANGE_JOIN] = "a range of two",
    [WEFT_EXPR_RANGE_BOUND] = "a bound of a range",
    [WEFT_EXPR_RANGE_IS] = "a question about a range",
};

const char *wefti_walk_op_name(int op)
{
    const bool known = op >= 0 && (size_t)op < sizeof names / sizeof names[0];
    return known && names[op] != NULL ? names[op] : "a node";
}

weft_value weft_value_of_expr(const weft_expr *expr)
{
    return (weft_value){.type = (weft_type)WEFTI_EXPRESSION, .as.nodes_ = {expr, &weft_end}};
}

weft_value weft_value_of_expr_as(const weft_expr *expr, char *room)
{
    (void)room;
    return weft_value_of_expr(expr);
}

const weft_model *wefti_model_of_fields(const weft_model *model)
{
    for (int i = 0; i < 2 && model != NULL && model->selectable != NULL && model->selectable->row == NULL; i++)
        model = model->selectable->of;
    return model;
}

/* SIZE_MAX: there is none. */
static size_t offset_of_column(const weft_model *table, const char *name)
{
    const weft_model *model = wefti_model_of_fields(table);
    const weft_row_type *row = model != NULL && model->selectable != NULL ? model->selectable->row : NULL;
    const weft_attr *attrs = row != NULL ? row->fields : model != NULL ? model->attrs : NULL;
    const size_t count = row != NULL ? row->field_count : model != NULL ? model->attr_count : 0;
    for (size_t i = 0; name != NULL && i < count; i++) {
        const char *column = attrs[i].column != NULL ? attrs[i].column : attrs[i].field;
        if (attrs[i].kind == WEFT_ATTR_COLUMN && strcmp(column, name) == 0)
            return attrs[i].offset;
    }
    return SIZE_MAX;
}

weft_expr weft_column_named(const weft_model *table, const char *column)
{
    const size_t offset = offset_of_column(table, column);
    const char *missing = offset != SIZE_MAX ? NULL : column != NULL ? column : "(null)"; /* what is there is weft_col's node */
    return (weft_expr){.op = WEFT_EXPR_COLUMN, .model = table, .offset = offset, .name = missing};
}

static weft_value make_items(weft_type type, const void *items, size_t count)
{
    weft_value value = {.type = type, .ends_ = WEFTI_ENDS_LIST};
    value.as.s.data = items;
    value.as.s.size = count;
    return value;
}

weft_value weft_items_int16(const short *items, size_t count) { return make_items(WEFT_INT16, items, count); }

weft_value weft_items_int32(const int *items, size_t count) { return make_items(WEFT_INT32, items, count); }

weft_value weft_items_long(const long *items, size_t count)
{
    return make_items(sizeof(long) == sizeof(int64_t) ? WEFT_INT64 : WEFT_INT32, items, count);
}

weft_value weft_items_int64(const long long *items, size_t count) { return make_items(WEFT_INT64, items, count); }

/* One that INT64 does not hold is told by its type: the statement refuses it. */
static weft_value make_unsigned(const uint64_t *items, size_t count)
{
    bool fits = true;
    for (size_t i = 0; items != NULL && i < count; i++)
        fits = fits && items[i] <= INT64_MAX;
    return make_items(fits ? WEFT_INT64 : (weft_type)WEFTI_BEYOND_INT64, items, count);
}

weft_value weft_items_ulong(const unsigned long *items, size_t count)
{
    return sizeof(long) == sizeof(int64_t) ? make_unsigned((const void *)items, count) : make_items(WEFT_UINT32, items, count);
}

weft_value weft_items_uint64(const unsigned long long *items, size_t count) { return make_unsigned((const void *)items, count); }

weft_value weft_items_int8(const signed char *items, size_t count) { return make_items((weft_type)WEFTI_ITEMS_INT8, items, count); }

weft_value weft_items_uint8(const unsigned char *items, size_t count)
{
    return make_items((weft_type)WEFTI_ITEMS_UINT8, items, count);
}

weft_value weft_items_uint16(const unsigned short *items, size_t count)
{
    return make_items((weft_type)WEFTI_ITEMS_UINT16, items, count);
}

weft_value weft_items_uint32(const unsigned *items, size_t count) { return make_items(WEFT_UINT32, items, count); }

weft_value weft_items_bool(const bool *items, size_t count) { return make_items(WEFT_BOOL, items, count); }

weft_value weft_items_float(const float *items, size_t count) { return make_items(WEFT_FLOAT, items, count); }

weft_value weft_items_double(const double *items, size_t count) { return make_items(WEFT_DOUBLE, items, count); }

weft_value weft_items_text(const char *const *items, size_t count) { return make_items(WEFT_TEXT, (const void *)items, count); }

/* Of each type with a C type of its own. */
#define ITEMS(a, name, NAME, kind, also) \
    weft_value weft_items_##name(const weft_##name *items, size_t count) { return make_items(WEFT_##NAME, items, count); }
WEFT_SCALAR_TYPES_(ITEMS, )
WEFT_CONTENT_TYPES_(ITEMS, )
