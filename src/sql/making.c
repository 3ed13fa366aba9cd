/* Values that a model's makers give: .insert_value and .update_value. */
#include "sql/making.h"

#include "base/error.h"
#include "type/type.h"

weft_value weft_make_now(const weft_making *making)
{
    (void)making;
    return weft_value_timestamp(weft_timestamp_now());
}

weft_value weft_make_uuid(const weft_making *making)
{
    (void)making;
    return weft_value_uuid(weft_uuid_random());
}

weft_value weft_make_uuid7(const weft_making *making)
{
    (void)making;
    return weft_value_uuid(weft_uuid_timed());
}

weft_type wefti_made_type(const wefti_column *column)
{
    return column->enum_names != NULL || wefti_type_is_integer(column->type) ? WEFT_INT64 : (weft_type)column->type;
}

static const char *maker_name(const wefti_column *column, weft_maker maker)
{
    return maker == column->field->update_value && maker != column->field->insert_value ? ".update_value" : ".insert_value";
}

static weft_status refuse(const wefti_column *column, weft_maker maker, weft_status status, const char *what, const char *type,
                          weft_error *error)
{
    (void)wefti_error_set(error, status, "%s.%s: %s gave %s%s", column->table->model->name, column->field->name,
                          maker_name(column, maker), what, type);
    return status;
}

weft_status wefti_make(const wefti_column *column, weft_maker maker, const void *object, void *user, weft_value *value,
                       weft_error *error)
{
    const weft_making making = {.model = column->table->model, .field = column->field->name, .object = object, .user = user};
    const weft_type wanted = wefti_made_type(column);
    *value = maker(&making);
    value->from_ = 0;
    if (value->is_null && !column->nullable)
        return refuse(column, maker, WEFT_ERROR_NOT_NULL, "NULL to a column that is NOT NULL", "", error);
    if (value->is_null) {
        *value = weft_value_null(wanted);
        return WEFT_OK;
    }
    const unsigned given = wefti_type_base((unsigned)value->type);
    if (wanted == WEFT_INT64 && given > WEFT_UNMAPPED && given < WEFT_TYPE_COUNT_ && wefti_type_is_integer((uint8_t)given))
        value->type = WEFT_INT64;
    if (value->type == wanted)
        return WEFT_OK;
    return refuse(column, maker, WEFT_ERROR_TYPE, "a value of another type than the column's, which is ",
                  wefti_type_of((unsigned)column->type)->word, error);
}
