/* Rows that an operation inserts, as statements of one text: their values are written as the database reads them, for the columns
 * that the program says. Nothing here is bound, so that a script holds all of it. */
#include "schema/render.h"

#include "base/error.h"
#include "base/locale.h"
#include "type/type.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 500, MOST_BYTES = 200000 }; /* of a statement, about */

typedef struct writer {
    wefti_render_ddl *r;
    const wefti_op_insert *insert;
    const weft_schema_column *column; /* of the value that is written */
} writer;

static void refuse(const writer *w, weft_status status, const char *text)
{
    wefti_render_ddl *r = w->r;
    if (r->status != WEFT_OK)
        return;
    r->status = wefti_error_set(r->error, status, "%s.%s: the value %s", w->insert->table.name, w->column->name, text);
    if (r->error != NULL) {
        wefti_error_field(r->error->table, sizeof r->error->table, w->insert->table.name);
        wefti_error_field(r->error->column, sizeof r->error->column, w->column->name);
    }
}

/* ---- a value as one of its column ---- */

static void check_text(const writer *w, const weft_value *value)
{
    const wefti_type *row = wefti_type_of(value->type);
    weft_value taken;
    const weft_value text = {.type = WEFT_TEXT, .as.s = value->as.s};
    if (!wefti_utf8_valid(value->as.s.data, value->as.s.size))
        refuse(w, WEFT_ERROR_DATA, "is not UTF-8, or contains a NUL");
    else if (row->content != NULL && !wefti_value_take(value->type, &text, &taken))
        refuse(w, WEFT_ERROR_DATA, "is a text that the column's type does not know");
    else if (w->column->length > 0 && value->type == WEFT_TEXT &&
             wefti_utf8_count(value->as.s.data, value->as.s.size) > (size_t)w->column->length)
        refuse(w, WEFT_ERROR_TYPE, "is longer than the column");
}

static void check_decimal(const writer *w, const weft_value *value)
{
    const weft_schema_column *column = w->column;
    if (!wefti_decimal_valid(value->as.s.data, value->as.s.size, true))
        refuse(w, WEFT_ERROR_TYPE, "is no decimal number");
    else if (column->precision > 0 && !wefti_decimal_fits(value->as.s.data, value->as.s.size, column->precision, column->scale))
        refuse(w, WEFT_ERROR_TYPE, "has more digits than the column");
}

static void check_number(const writer *w, const weft_value *value)
{
    const wefti_type *row = wefti_type_of(value->type);
    if (wefti_type_is_integer(value->type) && (value->as.i < row->least || value->as.i > row->greatest))
        refuse(w, WEFT_ERROR_TYPE, "is out of the range of the column");
    if (value->type == WEFT_FLOAT && isfinite(value->as.d) && fabs(value->as.d) > (double)FLT_MAX)
        refuse(w, WEFT_ERROR_TYPE, "is out of the range of the column");
}

/* room: of a whole number that becomes a decimal. */
static weft_value fitted(const writer *w, const weft_value *given, char room[24])
{
    const weft_schema_column *column = w->column;
    const bool known = column->type != WEFT_UNMAPPED && column->enum_type == NULL && column->sql_type == NULL;
    const unsigned type = !known          ? wefti_type_of_column(given->type)
                          : column->array ? wefti_array_type(column->type, false)
                                          : wefti_type_of_column(column->type);
    weft_value value = *given;
    if (type == WEFT_DECIMAL && wefti_type_is_integer(given->type)) {
        const int size = snprintf(room, 24, "%lld", (long long)given->as.i);
        value = (weft_value){.type = WEFT_DECIMAL, .as.s = {room, (size_t)size}};
    } else if (wefti_type_is_array(type) && wefti_type_is_array(given->type) &&
               wefti_type_of_column(given->type) == type) { /* its items may be optionals */
        return value;
    } else if (!wefti_value_take(type, given, &value) &&
               !(wefti_type_is_text(given->type) && wefti_value_read(type, given->as.s.data, given->as.s.size, &value))) {
        refuse(w, WEFT_ERROR_TYPE, "is of another type than the column");
        return *given;
    }
    if (type == WEFT_DECIMAL)
        check_decimal(w, &value);
    else if (wefti_type_is_text(type))
        check_text(w, &value);
    else
        check_number(w, &value);
    return value;
}

static void add_value(writer *w, const weft_value *given)
{
    char room[24];
    if (given->is_null) {
        wefti_ddl_add(w->r, "NULL");
        return;
    }
    const weft_value value = fitted(w, given, room);
    if (w->r->status != WEFT_OK)
        return;
    const char *why = w->r->ddl->add_literal(&w->r->text, w->column, &value);
    if (why != NULL)
        refuse(w, WEFT_ERROR_UNSUPPORTED, why);
}

/* ---- statements ---- */

static void begin(const writer *w)
{
    const wefti_op_insert *insert = w->insert;
    bool always = false;
    wefti_ddl_add(w->r, "INSERT INTO ");
    wefti_ddl_add_qualified(w->r, &insert->table);
    for (size_t i = 0; i < insert->column_count; i++) {
        wefti_ddl_add(w->r, i == 0 ? " (" : ", ");
        wefti_ddl_add_name(w->r, insert->columns[i].name);
        always = always || insert->columns[i].identity_always;
    }
    wefti_ddl_add(w->r, ")");
    if (always)
        wefti_ddl_add(w->r, w->r->ddl->override_counting);
    wefti_ddl_add(w->r, " VALUES ");
}

void wefti_ddl_insert(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_insert *insert = &op->of.insert;
    writer w = {.r = r, .insert = insert};
    if (insert->column_count == 0 || insert->value_count % insert->column_count != 0)
        wefti_ddl_misuse(r, "%zu values for %zu columns of \"%s\" make no rows", insert->value_count, insert->column_count,
                         insert->table.name != NULL ? insert->table.name : "");
    for (size_t i = 0; i < insert->column_count; i++)
        if (insert->columns[i].generated != NULL)
            wefti_ddl_misuse(r, "%s.%s is computed by the database: leave it out", insert->table.name, insert->columns[i].name);
    for (size_t i = 0, row = 0; i < insert->value_count && r->status == WEFT_OK; row++) {
        if (row > 0 && (row == MOST_ROWS || r->text.size > MOST_BYTES)) {
            wefti_ddl_send(r);
            row = 0;
        }
        if (row == 0)
            begin(&w);
        wefti_ddl_add(r, row == 0 ? "(" : ", (");
        for (size_t c = 0; c < insert->column_count; c++, i++) {
            w.column = &insert->columns[c];
            wefti_ddl_add_if(r, c > 0, ", ");
            add_value(&w, &insert->values[i]);
        }
        wefti_ddl_add(r, ")");
    }
    if (insert->value_count > 0)
        wefti_ddl_send(r);
}
