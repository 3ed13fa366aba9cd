/* Values as SQLite's own shell reads them, without the driver's functions: as the driver would have bound them. */
#include "schema/render.h"
#include "schema/render_sqlite.h"

#include "base/locale.h"
#include "type/type.h"

#include <math.h>
#include <string.h>

/* Numbers of up to 15 digits and small exponents are read exactly by every version. */
static bool add_short_real(wefti_text *text, double value)
{
    char digits[WEFTI_DOUBLE_TEXT_SIZE];
    const double size = fabs(value);
    if (size != 0 && (size < 1e-7 || size >= 1e15))
        return false;
    for (int count = 0; count < 15; count++) {
        (void)wefti_double_write_digits(value, count, digits);
        if (wefti_double_read(digits, NULL) == value) {
            wefti_text_add(text, digits);
            return true;
        }
    }
    return false;
}

/* Any other: a whole number times powers of two, each step of which is exact. */
static void add_real(wefti_text *text, double value)
{
    int power = 0;
    if (isinf(value)) {
        wefti_text_add(text, value > 0 ? "9e999" : "-9e999");
        return;
    }
    if (value == 0 && signbit(value)) {
        wefti_text_add(text, "(-1 / 9e999)");
        return;
    }
    if (add_short_real(text, value))
        return;
    const double whole = ldexp(frexp(value, &power), 53);
    wefti_text_add_format(text, "(%lld * 1.0", (long long)whole);
    for (power -= 53; power != 0;) {
        const int step = power > 62 ? 62 : power < -62 ? -62 : power;
        wefti_text_add_format(text, step > 0 ? " * CAST(%lld AS REAL)" : " / CAST(%lld AS REAL)", 1LL << (step > 0 ? step : -step));
        power -= step;
    }
    wefti_text_add_char(text, ')');
}

/* One spelling for each number, as the driver keeps it. */
static bool add_decimal(wefti_text *text, const weft_schema_column *column, const weft_value *value)
{
    const int scale = column->type == WEFT_DECIMAL && column->precision > 0 ? column->scale : -1;
    wefti_text_add_char(text, '\'');
    const bool added = wefti_text_add_decimal(text, value->as.s.data, value->as.s.size, scale);
    wefti_text_add_char(text, '\'');
    return added;
}

/* As the driver keeps them. */
static const char *add_array(wefti_text *text, const weft_value *value)
{
    const char *why =
        wefti_names_sqlite[wefti_type_of(value->type)->element].column == NULL ? "is of a type that SQLite has not" : NULL;
    wefti_text json;
    wefti_text_init(&json, 0);
    if (why == NULL)
        why = wefti_array_add_json(&json, value);
    text->failed = text->failed || json.failed;
    if (why == NULL && !json.failed)
        wefti_add_quoted_text(text, false, json.data, json.size);
    wefti_text_deinit(&json);
    return why;
}

const char *wefti_ddl_sqlite_literal(wefti_text *text, const weft_schema_column *column, const weft_value *value)
{
    char form[WEFTI_FORM_BYTES];
    if (wefti_type_is_array(value->type))
        return add_array(text, value);
    if (value->type == WEFT_DECIMAL)
        return add_decimal(text, column, value) ? NULL : "has more zeros than can be written";
    if (wefti_type_is_real(value->type)) {
        if (isnan(value->as.d))
            return "is no number, which SQLite has not";
        add_real(text, value->as.d);
    } else if (wefti_names_sqlite[value->type].column == NULL) {
        return "is of a type that SQLite has not";
    } else if (wefti_type_is_text(value->type)) {
        wefti_add_quoted_text(text, false, value->as.s.data, value->as.s.size);
    } else if (value->type == WEFT_BYTES) {
        wefti_text_add(text, "x'");
        wefti_text_add_hex(text, value->as.s.data, value->as.s.size);
        wefti_text_add_char(text, '\'');
    } else if (wefti_type_of(value->type)->form != NULL) {
        const size_t size = wefti_value_form(value, form);
        if (size == 0)
            return "lies outside the years 1 to 9999, which cannot be kept in order as text";
        wefti_add_quoted_text(text, false, form, size);
    } else {
        wefti_value_show(text, value); /* a number, or true */
    }
    return NULL;
}
