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

/* ---- decimals: one spelling for each number ---- */

typedef struct digits {
    const char *data;
    size_t size;    /* without the exponent */
    int64_t before; /* of its digits, those that stand before the point; may lie beyond either end */
    size_t count;   /* digits in data */
} digits;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static char digit_at(const digits *d, int64_t at)
{
    int64_t seen = 0;
    for (size_t i = 0; at >= 0 && i < d->size; i++)
        if (is_digit(d->data[i]) && seen++ == at)
            return d->data[i];
    return '0';
}

static digits read_digits(const char *data, size_t size)
{
    digits d = {.data = data};
    int64_t power = 0;
    bool point = false;
    while (d.size < size && data[d.size] != 'e' && data[d.size] != 'E') {
        const char c = data[d.size++];
        point = point || c == '.';
        d.count += is_digit(c);
        d.before += is_digit(c) && !point;
    }
    if (d.size < size) {
        const size_t from = d.size + 1 + (data[d.size + 1] == '+');
        (void)wefti_int64_parse(data + from, size - from, &power);
    }
    d.before += power;
    return d;
}

enum { MOST_DIGITS = 1000 }; /* on either side of the point, of a number with an exponent */

static bool add_decimal(wefti_text *text, const weft_schema_column *column, const char *data, size_t size)
{
    if (!is_digit(data[size - 1]) && data[size - 1] != '.') { /* NaN, Infinity */
        wefti_add_quoted_text(text, false, data, size);
        return true;
    }
    const bool negative = *data == '-';
    const digits d = read_digits(data + (negative || *data == '+'), size - (negative || *data == '+'));
    int64_t first = 0, last = (int64_t)d.count; /* digits that are not 0 at the ends */
    while (first < last && digit_at(&d, first) == '0')
        first++;
    while (last > first && digit_at(&d, last - 1) == '0')
        last--;
    const int64_t behind = last > d.before ? last - d.before : 0;
    const int64_t scale = column->type == WEFT_DECIMAL && column->precision > 0 ? column->scale : behind;
    if (d.before > MOST_DIGITS || behind > MOST_DIGITS)
        return false;
    wefti_text_add(text, first < last && negative ? "'-" : "'");
    int64_t at = first < d.before ? first : d.before;
    if (first == last || at >= d.before)
        wefti_text_add_char(text, '0');
    for (; first < last && at < d.before; at++)
        wefti_text_add_char(text, digit_at(&d, at));
    if (scale > 0)
        wefti_text_add_char(text, '.');
    for (int64_t i = 0; i < scale; i++)
        wefti_text_add_char(text, first < last ? digit_at(&d, d.before + i) : '0');
    wefti_text_add_char(text, '\'');
    return true;
}

const char *wefti_ddl_sqlite_literal(wefti_text *text, const weft_schema_column *column, const weft_value *value)
{
    char form[WEFTI_FORM_BYTES];
    if (wefti_type_is_array(value->type))
        return "is an array, which this operation does not write on SQLite: give the column's JSON as text of a column of texts";
    if (value->type == WEFT_DECIMAL)
        return add_decimal(text, column, value->as.s.data, value->as.s.size) ? NULL : "has more digits than can be written";
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
