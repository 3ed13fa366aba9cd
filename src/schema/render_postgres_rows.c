/* Values as PostgreSQL reads them from a text, without the name of a type: where they stand says it. */
#include "schema/render.h"
#include "schema/render_postgres.h"

#include "type/type.h"

/* What cannot be counted from 2000, as parameters are. */
static bool is_out_of_range(const weft_value *value)
{
    if (wefti_type_of(value->type)->kept == WEFTI_KEPT_RANGE) {
        const weft_value lower = wefti_range_bound(value, false), upper = wefti_range_bound(value, true);
        return is_out_of_range(&lower) || is_out_of_range(&upper);
    }
    if (value->type == WEFT_TIMESTAMP)
        return value->as.i != INT64_MIN && value->as.i < INT64_MIN + INT64_C(946684800000000);
    return value->type == WEFT_DATE && value->as.i != INT32_MIN && value->as.i < (int64_t)INT32_MIN + 10957;
}

static bool fits(const weft_value *value)
{
    bool all = true;
    if (!wefti_type_is_array(value->type))
        return !is_out_of_range(value);
    for (size_t i = 0, count = wefti_array_count(value); i < count; i++) {
        const weft_value item = wefti_array_item(value, i);
        all = all && (item.is_null || !is_out_of_range(&item));
    }
    return all;
}

/* What people read the server reads, too, but for a moment without its zone. */
static void add_moment(wefti_text *text, int64_t moment)
{
    char form[WEFTI_FORM_BYTES];
    const size_t size = wefti_timestamp_write(moment, form);
    const bool bc = size > 3 && form[size - 1] == 'C', finite = form[size - 1] != 'y';
    wefti_text_add_char(text, '\'');
    wefti_text_add_bytes(text, form, bc ? size - 3 : size);
    wefti_text_add(text, !finite ? "'" : bc ? "+00 BC'" : "+00'");
}

static void add_shown(wefti_text *text, const weft_value *value)
{
    wefti_text shown;
    wefti_text_init(&shown, 0);
    wefti_value_show(&shown, value);
    text->failed = text->failed || shown.failed;
    if (!shown.failed)
        wefti_add_quoted_text(text, true, shown.data != NULL ? shown.data : "", shown.size);
    wefti_text_deinit(&shown);
}

bool wefti_postgres_add_literal(wefti_text *text, const weft_value *value)
{
    if (!fits(value))
        return false;
    if (value->type == WEFT_BYTES) {
        wefti_text_add(text, "E'\\\\x");
        wefti_text_add_hex(text, value->as.s.data, value->as.s.size);
        wefti_text_add_char(text, '\'');
    } else if (value->type == WEFT_TIMESTAMP) {
        add_moment(text, value->as.i);
    } else if (wefti_type_is_integer(value->type) || wefti_type_of(value->type)->family == WEFTI_FAMILY_BOOL) {
        wefti_value_show(text, value);
    } else {
        add_shown(text, value);
    }
    return true;
}

const char *wefti_ddl_postgres_literal(wefti_text *text, const weft_schema_column *column, const weft_value *value)
{
    (void)column;
    return wefti_postgres_add_literal(text, value) ? NULL : "is out of the range of its type";
}
