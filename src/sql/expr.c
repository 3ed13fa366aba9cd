/* The constant nodes that end lists and stand for absent terms, and the items of weft_in as values. */
#include <weft/expr.h>
#include <weft/load.h>

#include "base/rowarray.h"
#include "sql/statement.h"

#include <string.h>

const weft_expr weft_end = {.op = WEFT_EXPR_END};
const weft_expr weft_true = {.op = WEFT_EXPR_TRUE};
const weft_expr weft_false = {.op = WEFT_EXPR_FALSE};
const weft_expr weft_star = {.op = WEFT_EXPR_STAR};

const weft_loader weft_load_end = {.how = -2};
const weft_loader weft_load_none = {.how = -1};

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
    weft_value value = {.type = type};
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
