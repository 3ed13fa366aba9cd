/* Cells: what a driver has put into a row, looked at, and made what the statement takes.
 *
 * A type that the database lacks comes as text, a bool as an integer, an array as its text: each is taken where nothing is lost.
 * Everything else is an error that names the column, never a value that was guessed. */
#include "driver/user/user.h"

#include "base/locale.h"

#include <stdio.h>
#include <string.h>

static weft_status refuse(wefti_user_run *run, uint16_t column, weft_error *error, const char *problem, const char *what)
{
    const char *name = wefti_user_column_name(&run->cursor, column);
    (void)wefti_error_set(error, WEFT_ERROR_DATA, "column \"%s\" %s%s", name, problem, what);
    if (error != NULL)
        wefti_error_field(error->column, sizeof error->column, name);
    return WEFT_ERROR_DATA;
}

/* A mistake of the driver's, whatever the statement takes. */
static weft_status broken_cell(wefti_user_run *run, uint16_t column, weft_error *error, const char *problem)
{
    (void)refuse(run, column, error, "is no value: ", problem);
    wefti_error_prefix(error, "the driver \"%s\"", run->dbc->driver->own.name);
    wefti_error_hint(error, "weft/driver.h says of step what a cell is");
    return WEFT_ERROR_DATA;
}

static weft_status check_content(wefti_user_run *run, uint16_t column, const weft_value *cell, weft_error *error)
{
    const char *data = cell->as.s.data;
    const size_t size = cell->as.s.size;
    if (data == NULL)
        return broken_cell(run, column, error, "it points to nothing, and is not NULL");
    if (size > WEFTI_MAX_VALUE_BYTES)
        return refuse(run, column, error, "holds more bytes than a value may have", "");
    if (!wefti_type_is_text(cell->type))
        return WEFT_OK;
    if (data[size] != '\0')
        return broken_cell(run, column, error, "its text does not end with a NUL behind its size");
    if (!wefti_utf8_valid(data, size))
        return refuse(run, column, error, "holds text that is not UTF-8 or contains a NUL", "");
    const wefti_type *row = wefti_type_of(cell->type);
    weft_value taken = {.type = WEFT_TEXT, .as.s = cell->as.s};
    return row->content == NULL || row->take(&taken, &taken) ? WEFT_OK
                                                             : refuse(run, column, error, "holds text that is no ", row->content);
}

static weft_status check_range(wefti_user_run *run, uint16_t column, const weft_value *cell, weft_error *error)
{
    const wefti_type *row = wefti_type_of(cell->type);
    if (wefti_type_is_integer(cell->type) && (cell->as.i < row->least || cell->as.i > row->greatest))
        return refuse(run, column, error, "holds an integer that does not fit its type", "");
    return WEFT_OK;
}

static weft_status check_cell(wefti_user_run *run, uint16_t column, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const unsigned type = (unsigned)cell->type;
    cell->from_ = 0;
    if (type == WEFT_UNMAPPED && !cell->is_null)
        return broken_cell(run, column, error, "nothing was put there");
    if (type != WEFT_UNMAPPED && !wefti_type_is_values(type))
        return broken_cell(run, column, error, "it has no weft_type");
    if (cell->is_null)
        return WEFT_OK;
    if (type == WEFT_CHARS)
        cell->type = WEFT_TEXT;
    if (wefti_type_has_content(type) && !(wefti_type_is_array(type) && cell->as.s.size == 0))
        return check_content(run, column, cell, error);
    return check_range(run, column, cell, error);
}

/* ---- taking ---- */

static weft_status refuse_kind(wefti_user_run *run, uint16_t column, unsigned wanted, weft_error *error)
{
    char problem[160];
    (void)snprintf(problem, sizeof problem, "holds a value of the type %s where it should hold one of ",
                   wefti_type_of(run->row[column].type)->name);
    return refuse(run, column, error, problem, wefti_type_of(wanted)->name);
}

static weft_status copy_text(wefti_user_run *run, weft_value *cell, const char *text, size_t size, weft_error *error)
{
    char *copy = wefti_arena_strndup(&run->cells, text, size);
    if (copy == NULL)
        return wefti_error_memory(error);
    cell->as.s.data = copy;
    cell->as.s.size = size;
    return WEFT_OK;
}

/* Numbers where decimals or JSON are taken: the database computed them. */
static weft_status number_as_text(wefti_user_run *run, uint16_t column, unsigned wanted, weft_error *error)
{
    weft_value *cell = &run->row[column];
    char text[WEFTI_DOUBLE_TEXT_SIZE];
    wefti_text integer = {.data = text, .capacity = sizeof text};
    if (wefti_type_is_integer(cell->type))
        wefti_text_add_int(&integer, cell->as.i);
    else if (wanted == WEFT_JSON)
        integer.size = wefti_double_write(cell->as.d, text);
    else
        return refuse_kind(run, column, wanted, error);
    cell->type = (weft_type)wanted;
    return copy_text(run, cell, text, integer.size, error);
}

/* \x and digits. */
static weft_status read_bytes(wefti_user_run *run, uint16_t column, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const char *text = cell->as.s.data;
    const size_t digits = cell->as.s.size >= 2 ? cell->as.s.size - 2 : 1;
    char *bytes = wefti_arena_alloc(&run->cells, digits / 2 + 1);
    if (bytes == NULL)
        return wefti_error_memory(error);
    if (digits % 2 != 0 || memcmp(text, "\\x", 2) != 0 || !wefti_hex_read(text + 2, digits, bytes))
        return refuse_kind(run, column, WEFT_BYTES, error);
    cell->type = WEFT_BYTES;
    cell->as.s.data = bytes;
    cell->as.s.size = digits / 2;
    return WEFT_OK;
}

/* 0 and 1. */
static weft_status read_bits(wefti_user_run *run, uint16_t column, weft_error *error)
{
    weft_value *cell = &run->row[column], bits;
    char *room = wefti_arena_alloc(&run->cells, cell->as.s.size / 8 + 2);
    if (room == NULL)
        return wefti_error_memory(error);
    if (!wefti_bits_read(cell->as.s.data, cell->as.s.size, room, &bits))
        return refuse_kind(run, column, WEFT_BITS, error);
    room[bits.as.s.size] = '\0';
    *cell = bits;
    return WEFT_OK;
}

/* A text that a server sends for any type that is none. *taken false: it is no such text. */
static weft_status take_text(wefti_user_run *run, uint16_t column, unsigned wanted, bool *taken, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const wefti_type *row = wefti_type_of(wanted);
    weft_value number = {.type = WEFT_DECIMAL, .as.s = cell->as.s};
    bool truth;
    if (row->kept == WEFTI_KEPT_BYTES || row->kept == WEFTI_KEPT_BITS) {
        *taken = true;
        return row->kept == WEFTI_KEPT_BYTES ? read_bytes(run, column, error) : read_bits(run, column, error);
    }
    if (row->kept == WEFTI_KEPT_BOOL) {
        *taken = wefti_bool_parse(cell->as.s.data, cell->as.s.size, &truth);
        if (*taken)
            *cell = weft_value_bool(truth);
        return WEFT_OK;
    }
    *taken = (wefti_type_is_integer(wanted) || wefti_type_is_real(wanted)) && wefti_value_take(wanted, &number, cell);
    if (*taken && row->kin == WEFT_DOUBLE && row->size == sizeof(float))
        cell->as.d = (double)(float)cell->as.d; /* its digits are those of a float */
    return WEFT_OK;
}

static weft_status take_array(wefti_user_run *run, uint16_t column, unsigned wanted, weft_error *error)
{
    weft_value *cell = &run->row[column], array = {0};
    bool valid;
    if (!wefti_type_is_text(cell->type))
        return refuse_kind(run, column, wanted, error);
    if (!wefti_array_read(&run->cells, wanted, cell->as.s.data, cell->as.s.size, &array, &valid))
        return wefti_error_memory(error);
    if (!valid)
        return refuse_kind(run, column, wanted, error);
    *cell = array;
    return WEFT_OK;
}

/* Where texts stand for what the database lacks, comparisons find one spelling of a value alone. */
static bool is_misspelt(const wefti_user_run *run, uint16_t column, const weft_value *given)
{
    const wefti_statement *statement = run->statement;
    const weft_value *cell = &run->row[column];
    char text[WEFTI_FORM_BYTES];
    const uint16_t spelling = statement->column_spellings != NULL ? statement->column_spellings[column] : WEFTI_SPELLING_ANY;
    if (spelling == WEFTI_SPELLING_ANY || !run->dbc->driver->spoken->text_forms || !wefti_type_is_text(given->type))
        return false;
    if (cell->type == WEFT_DECIMAL)
        return !wefti_decimal_spelt(given->as.s.data, given->as.s.size, spelling);
    if (wefti_type_of(cell->type)->form == NULL)
        return false;
    const size_t size = wefti_value_form(cell, text);
    return size != given->as.s.size || memcmp(text, given->as.s.data, size) != 0;
}

static weft_status take(wefti_user_run *run, uint16_t column, unsigned wanted, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const weft_value given = *cell;
    const bool text = wefti_type_is_text(given.type);
    bool taken = false;
    if (wefti_type_is_array(wanted))
        return wefti_type_of(given.type)->kin == wanted ? WEFT_OK : take_array(run, column, wanted, error);
    if ((wanted == WEFT_DECIMAL || wanted == WEFT_JSON) && (wefti_type_is_integer(given.type) || wefti_type_is_real(given.type)))
        return number_as_text(run, column, wanted, error);
    if (text && !run->dbc->driver->spoken->text_forms) {
        weft_status status = take_text(run, column, wanted, &taken, error);
        if (status != WEFT_OK)
            return status;
    }
    if (!taken && !wefti_value_take(wanted, &given, cell))
        return refuse_kind(run, column, wanted, error);
    const bool real = wefti_type_is_real(wanted) && wefti_type_is_integer(given.type);
    if (real && !(cell->as.d < 9223372036854775808.0 && (int64_t)cell->as.d == given.as.i))
        return refuse(run, column, error, "holds an integer that a floating-point number would round", "");
    return check_range(run, column, cell, error);
}

/* What the driver says that the column is, where the cell can be it. */
static void take_own_type(wefti_user_run *run, uint16_t column)
{
    weft_value *cell = &run->row[column];
    const weft_value given = *cell;
    const unsigned type = wefti_user_own_type(run, column);
    const bool stored = run->dbc->driver->spoken->text_forms && wefti_type_is_integer(type); /* whatever was put there */
    const bool can = type != WEFT_UNMAPPED && type != (unsigned)given.type && !stored;
    if (can && take(run, column, type, NULL) != WEFT_OK)
        *cell = given;
}

weft_status wefti_user_read_row(wefti_user_run *run, weft_error *error)
{
    const uint16_t *types = run->statement->column_types;
    if (run->cells.used_bytes > 0)
        wefti_arena_reset(&run->cells);
    for (uint16_t i = 0; i < run->rows.column_count; i++) {
        const unsigned wanted = types == NULL ? WEFT_UNMAPPED : types[i] == WEFT_CHARS ? (unsigned)WEFT_TEXT : types[i];
        weft_status status = check_cell(run, i, error);
        weft_value *cell = &run->row[i];
        const weft_value given = *cell;
        if (status == WEFT_OK && cell->is_null)
            cell->type = wanted != WEFT_UNMAPPED ? (weft_type)wanted : wefti_user_own_type(run, i);
        else if (status == WEFT_OK && wanted == WEFT_UNMAPPED)
            take_own_type(run, i);
        else if (status == WEFT_OK && wanted != (unsigned)cell->type)
            status = take(run, i, wanted, error);
        if (status == WEFT_OK && wanted != WEFT_UNMAPPED && !given.is_null && is_misspelt(run, i, &given)) {
            status = refuse(run, i, error, "holds text that is not written as weft writes a value of the type ",
                            wefti_type_of(wanted)->name);
            wefti_error_hint(error, "comparisons would not find it; rewrite it once, see docs/databases.md");
        }
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}
