/* The parts of a model, before anything else looks at them: models may come from a binding, without the macros that make their
 * parts agree. Every pointer that will be followed is there, every field lies in the struct, with the size and alignment of its
 * type. */
#include "sql/schema_build.h"

#include <stdalign.h>
#include <string.h>

#define MOST_STRUCT_BYTES (16u << 20)

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) \
            return wefti_build_error(build, table, attr->field, __VA_ARGS__); \
    } while (0)

typedef struct layout {
    size_t size, align;
} layout;
#define LAYOUT(type) \
    { \
        sizeof(type), alignof(type) \
    }

/* The size of a relationship's field follows from its kind, and may be left out. */
static weft_status check_place(const wefti_build *build, const wefti_table *table, const weft_attr *attr, layout wanted)
{
    size_t size = attr->kind != WEFT_ATTR_COLUMN && attr->size == 0 ? wanted.size : attr->size;
    CHECK(size <= table->mapper->size && attr->offset <= table->mapper->size - size, "the field does not lie inside the struct");
    CHECK(wanted.size == 0 || size == wanted.size, "the field has %zu bytes, and its type has %zu", attr->size, wanted.size);
    CHECK(attr->offset % wanted.align == 0, "the field stands at offset %zu, where its type cannot be read", attr->offset);
    return WEFT_OK;
}

static weft_status check_column(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    const unsigned type = wefti_attr_type(attr) & ~(unsigned)WEFT_OPT;
    const wefti_type *row = wefti_type_of(type);
    bool is_optional = ((unsigned)attr->field_type & WEFT_OPT) != 0;
    CHECK(wefti_type_is_values(type) || attr->codec != NULL, "the field's type cannot be mapped");
    if (attr->codec != NULL && type == WEFT_UNMAPPED)
        return WEFT_OK; /* what is wrong with it, its column says */
    CHECK(!is_optional || row->optional_size != 0, "there is no optional of the field's type");
    const unsigned number = wefti_type_is_array(type) ? wefti_type_of(type)->element : type;
    CHECK(attr->enum_names == NULL || number == WEFT_INT32 || number == WEFT_UINT32,
          "an enum's field is an int or an unsigned int, or an array of them");
    const layout plain = {row->size, row->align}, optional = {row->optional_size, row->optional_align};
    return check_place(build, table, attr, is_optional ? optional : plain);
}

static weft_status check_attr(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    static const layout list = LAYOUT(weft_list), pointer = LAYOUT(const void *);
    bool is_field = attr->kind >= WEFT_ATTR_COLUMN && attr->kind <= WEFT_ATTR_HAS_ONE;
    CHECK(!is_field || (attr->field != NULL && attr->field[0] != '\0'), "an entry of the model has no field");
    switch (attr->kind) {
    case WEFT_ATTR_COLUMN: return check_column(build, table, attr);
    case WEFT_ATTR_HAS_MANY:
    case WEFT_ATTR_MANY_TO_MANY: return check_place(build, table, attr, list);
    case WEFT_ATTR_BELONGS_TO:
    case WEFT_ATTR_HAS_ONE: return check_place(build, table, attr, pointer);
    case WEFT_ATTR_UNIQUE:
    case WEFT_ATTR_INDEX: CHECK(attr->columns != NULL, "an entry of the model names no columns"); return WEFT_OK;
    case WEFT_ATTR_FOREIGN_KEY:
        CHECK(attr->columns != NULL && attr->target_columns != NULL, "WEFT_FOREIGN_KEY names no columns");
        return WEFT_OK;
    case WEFT_ATTR_CHECK:
    case WEFT_ATTR_EXCLUDE:
    case WEFT_ATTR_OPTIONS:
    case WEFT_ATTR_PRIMARY_KEY:
    case WEFT_ATTR_SEQUENCE: return WEFT_OK;
    case WEFT_ATTR_LIST:
        return wefti_build_error(build, table, attr->field, "WEFT_LIST_FIELD belongs to WEFT_PARAMETERS, not to a model");
    case WEFT_ATTR_EMBED: break; /* its columns stand in its place */
    }
    return wefti_build_error(build, table, attr->field, "an entry of the model is of no known kind (%d)", (int)attr->kind);
}

weft_status wefti_build_check_parts(wefti_build *build, wefti_table *table)
{
    const weft_model *model = table->model;
    if (model->name == NULL || model->name[0] == '\0')
        return wefti_build_error(build, NULL, NULL, "the model of the table \"%s\" has no name", table->name);
    if (model->size == 0 || model->size > MOST_STRUCT_BYTES)
        return wefti_build_error(build, table, NULL, "a struct of %zu bytes; 1 to %u are possible", model->size, MOST_STRUCT_BYTES);
    if (model->attr_count == 0 || model->attrs == NULL)
        return wefti_build_error(build, table, NULL, "the model has no columns");
    if (model->attr_count > WEFTI_MOST_ATTRS)
        return wefti_build_error(build, table, NULL, "the model has %zu entries; at most %d are possible", model->attr_count,
                                 WEFTI_MOST_ATTRS);
    weft_status status = wefti_build_attrs(build, table);
    for (size_t i = 0; status == WEFT_OK && i < table->attr_count; i++)
        status = check_attr(build, table, &table->attrs[i]);
    return status;
}
