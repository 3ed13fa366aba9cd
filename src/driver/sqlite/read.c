/* Cells: from SQLite's columns to values, by the type that is expected.
 *
 * SQLite stores what it is given, whatever the column declares, so each cell is checked: an integer column that holds text is an
 * error that names column and kind, never a 0. One sqlite3_column_value per cell: on a connection without mutexes SQLite documents
 * no difference between protected and unprotected values, and the checks of sqlite3_column_* are paid once instead of thrice. */
#include "driver/sqlite/codec.h"

#include "base/locale.h"

#include <stdio.h>
#include <string.h>

static WEFTI_COLD weft_status refuse_cell(wefti_sqlite_run *run, int column, weft_error *error, const char *problem,
                                          const char *wanted)
{
    const char *name = sqlite3_column_name(run->stmt, column);
    (void)wefti_error_set(error, WEFT_ERROR_DATA, "column \"%s\" %s%s", name != NULL ? name : "?", problem, wanted);
    if (error != NULL)
        wefti_error_field(error->column, sizeof error->column, name != NULL ? name : "");
    return WEFT_ERROR_DATA;
}

static WEFTI_COLD weft_status refuse_kind(wefti_sqlite_run *run, int column, int kind, weft_error *error)
{
    const char *held = kind == SQLITE_INTEGER ? "holds an integer where it should hold "
                       : kind == SQLITE_FLOAT ? "holds a floating-point number where it should hold "
                       : kind == SQLITE_TEXT  ? "holds text where it should hold "
                                              : "holds binary data where it should hold ";
    return refuse_cell(run, column, error, held, wefti_sqlite_codec_of(run->column_types[column])->wanted);
}

/* Another program has written it. */
static WEFTI_COLD weft_status refuse_spelling(wefti_sqlite_run *run, int column, weft_error *error)
{
    weft_status status = refuse_cell(run, column, error, "holds ", wefti_sqlite_codec_of(run->column_types[column])->misspelt);
    wefti_error_hint(error, "comparisons would not find it; rewrite it once, see docs/databases.md");
    return status;
}

/* How SQLite treats what is put into a column of this type: the rules of its documentation, in their order. */
static bool is_numeric_affinity(const char *declaration)
{
    static const struct {
        const char *part;
        bool numeric;
    } rules[] = {
        {"INT", true}, {"CHAR", false}, {"CLOB", false}, {"TEXT", false}, {"BLOB", false},
    };
    if (declaration == NULL || declaration[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (const char *at = declaration; *at != '\0'; at++)
            if (wefti_ascii_begins(at, rules[i].part))
                return rules[i].numeric;
    return true;
}

static weft_status read_text(wefti_sqlite_run *run, int column, sqlite3_value *v, weft_value *cell, weft_error *error)
{
    const char *data = (const char *)sqlite3_value_text(v);
    size_t size = (size_t)sqlite3_value_bytes(v);
    if (data == NULL)
        return wefti_error_memory(error);
    if (!wefti_utf8_valid(data, size))
        return refuse_cell(run, column, error, "holds text that is not UTF-8 or contains a NUL", "");
    cell->as.s.data = data;
    cell->as.s.size = size;
    return WEFT_OK;
}

static WEFTI_COLD weft_status refuse_range(wefti_sqlite_run *run, int column, weft_error *error)
{
    return refuse_cell(run, column, error, "holds an integer that does not fit its type", "");
}

weft_status wefti_sqlite_get_integer(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const wefti_type *row = wefti_type_of(run->column_types[column]);
    if (kind != SQLITE_INTEGER)
        return refuse_kind(run, column, kind, error);
    cell->as.i = sqlite3_value_int64(v);
    return cell->as.i >= row->least && cell->as.i <= row->greatest ? WEFT_OK : refuse_range(run, column, error);
}

weft_status wefti_sqlite_get_bool(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    if (kind != SQLITE_INTEGER)
        return refuse_kind(run, column, kind, error);
    const int64_t i = sqlite3_value_int64(v);
    run->row[column].as.b = i == 1;
    return i == 0 || i == 1 ? WEFT_OK : refuse_range(run, column, error);
}

static bool is_exact(int64_t integer, double real) { return real < 9223372036854775808.0 && (int64_t)real == integer; }

weft_status wefti_sqlite_get_real(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    weft_value *cell = &run->row[column];
    if (kind != SQLITE_FLOAT && kind != SQLITE_INTEGER)
        return refuse_kind(run, column, kind, error);
    cell->as.d = sqlite3_value_double(v);
    if (kind == SQLITE_INTEGER && !is_exact(sqlite3_value_int64(v), cell->as.d))
        return refuse_cell(run, column, error, "holds an integer that a floating-point number would round", "");
    return WEFT_OK;
}

weft_status wefti_sqlite_get_text(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    return kind == SQLITE_TEXT ? read_text(run, column, v, &run->row[column], error) : refuse_kind(run, column, kind, error);
}

/* Whether parameters can be it and are written so: what is not would be read, and found by no comparison. */
static bool is_own_text(const weft_value *cell, const char *data, size_t size)
{
    char text[WEFTI_FORM_BYTES];
    size_t own = wefti_value_form(cell, text);
    return own > 0 && own == size && memcmp(text, data, size) == 0;
}

/* Values kept as text: parsed from what SQLite points at. */
static weft_status read_form(wefti_sqlite_run *run, int column, sqlite3_value *v, unsigned type, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const char *data = (const char *)sqlite3_value_text(v);
    const size_t size = (size_t)sqlite3_value_bytes(v);
    if (data == NULL)
        return wefti_error_memory(error);
    if (!wefti_value_take(type, &(weft_value){.type = WEFT_TEXT, .as.s = {data, size}}, cell))
        return refuse_kind(run, column, SQLITE_TEXT, error);
    if (run->column_spellings[column] != WEFTI_SPELLING_ANY && !is_own_text(cell, data, size))
        return refuse_spelling(run, column, error);
    return WEFT_OK;
}

weft_status wefti_sqlite_get_form(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    if (kind != SQLITE_TEXT)
        return refuse_kind(run, column, kind, error);
    return read_form(run, column, v, run->column_types[column], error);
}

static weft_status read_bytes(sqlite3_value *v, weft_value *cell, weft_error *error)
{
    cell->as.s.data = sqlite3_value_blob(v);
    cell->as.s.size = (size_t)sqlite3_value_bytes(v);
    if (cell->as.s.data == NULL && cell->as.s.size > 0)
        return wefti_error_memory(error);
    if (cell->as.s.data == NULL)
        cell->as.s.data = "";
    return WEFT_OK;
}

weft_status wefti_sqlite_get_bytes(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    return kind == SQLITE_BLOB ? read_bytes(v, &run->row[column], error) : refuse_kind(run, column, kind, error);
}

/* Files of versions that gave the columns of decimals a collation: equal ones are found however they are spelt. */
static bool has_old_decimals(wefti_sqlite_run *run, int column)
{
    static const char sql[] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%COLLATE WEFT_DECIMAL%'";
    const char *declaration = sqlite3_column_decltype(run->stmt, column);
    sqlite3_stmt *stmt = NULL;
    if (declaration != NULL && wefti_ascii_begins(declaration, "DECIMAL_TEXT"))
        return false;
    if (!run->dbc->has_old_decimals && sqlite3_prepare_v2(run->dbc->db, sql, sizeof sql, &stmt, NULL) == SQLITE_OK)
        run->dbc->has_old_decimals = sqlite3_step(stmt) == SQLITE_ROW;
    (void)sqlite3_finalize(stmt);
    return run->dbc->has_old_decimals;
}

/* Numbers are allowed where SQLite compares texts with them by value, which it does for columns that it takes for numeric. A
 * floating-point number must be what its text says. */
static weft_status read_number_as_decimal(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_value *cell,
                                          weft_error *error)
{
    bool computed = run->column_spellings[column] == WEFTI_SPELLING_ANY;
    bool numeric = is_numeric_affinity(sqlite3_column_decltype(run->stmt, column)); /* also of a column of a query within */
    double stored = sqlite3_value_double(v), shown = 0;
    if (kind == SQLITE_BLOB || (computed && kind == SQLITE_FLOAT && !numeric))
        return refuse_kind(run, column, kind, error);
    if (!computed && !numeric)
        return refuse_spelling(run, column, error);
    weft_status status = read_text(run, column, v, cell, error);
    if (status != WEFT_OK || kind == SQLITE_INTEGER)
        return status;
    bool same = wefti_sqlite_decimal_double(cell->as.s.data, cell->as.s.size, &shown) && !(shown < stored) && !(shown > stored);
    return same ? WEFT_OK : refuse_spelling(run, column, error);
}

weft_status wefti_sqlite_get_decimal(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    weft_value *cell = &run->row[column];
    if (kind != SQLITE_TEXT)
        return read_number_as_decimal(run, column, v, kind, cell, error);
    uint16_t spelling = run->column_spellings[column];
    weft_status status = read_text(run, column, v, cell, error);
    if (status != WEFT_OK || wefti_decimal_spelt(cell->as.s.data, cell->as.s.size, spelling))
        return status;
    if (!wefti_decimal_valid(cell->as.s.data, cell->as.s.size, true))
        return refuse_kind(run, column, kind, error);
    return spelling == WEFTI_SPELLING_ANY || has_old_decimals(run, column) ? WEFT_OK : refuse_spelling(run, column, error);
}

weft_status wefti_sqlite_get_json(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    if (kind != SQLITE_TEXT && run->column_spellings[column] != WEFTI_SPELLING_ANY &&
        (kind == SQLITE_BLOB || !is_numeric_affinity(sqlite3_column_decltype(run->stmt, column))))
        return refuse_spelling(run, column, error);
    return kind == SQLITE_BLOB ? refuse_kind(run, column, kind, error) : read_text(run, column, v, &run->row[column], error);
}

static weft_status read_array(wefti_sqlite_run *run, int column, sqlite3_value *v, unsigned type, weft_error *error)
{
    weft_value *cell = &run->row[column];
    size_t item = SIZE_MAX;
    char problem[64];
    if (column <= run->last_array && run->arrays.used_bytes > 0)
        wefti_arena_reset(&run->arrays);
    run->last_array = column;
    const char *data = (const char *)sqlite3_value_text(v);
    if (data == NULL)
        return wefti_error_memory(error);
    const weft_status status = wefti_sqlite_read_array(&run->arrays, type, data, (size_t)sqlite3_value_bytes(v), cell, &item);
    if (status == WEFT_OK || status == WEFT_ERROR_NO_MEMORY)
        return status == WEFT_OK ? status : wefti_error_memory(error);
    if (item == SIZE_MAX)
        return refuse_cell(run, column, error, "holds text where it should hold ", wefti_sqlite_array_codec.wanted);
    (void)snprintf(problem, sizeof problem, "holds an array whose item %zu should be ", item + 1);
    return refuse_cell(run, column, error, problem, wefti_sqlite_codec_of(wefti_type_of(type)->element)->wanted);
}

weft_status wefti_sqlite_get_array(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    return kind == SQLITE_TEXT ? read_array(run, column, v, run->column_types[column], error)
                               : refuse_kind(run, column, kind, error);
}

/* An array stays its text, as elsewhere where nobody says what is wanted: who wants an array reads it. */
static weft_status read_any_text(wefti_sqlite_run *run, int column, sqlite3_value *v, weft_error *error)
{
    weft_value *cell = &run->row[column];
    const weft_type declared = wefti_sqlite_declared_type(sqlite3_column_decltype(run->stmt, column));
    cell->type = declared;
    if (wefti_sqlite_codec_of(declared)->as_text && read_form(run, column, v, declared, NULL) == WEFT_OK)
        return WEFT_OK;
    cell->type = wefti_type_is_text(declared) ? declared : WEFT_TEXT;
    return read_text(run, column, v, cell, error);
}

/* No type is expected: the declaration's where what is stored agrees, else that of the stored value. */
weft_status wefti_sqlite_get_any(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error)
{
    weft_value *cell = &run->row[column];
    switch (kind) {
    case SQLITE_INTEGER: {
        weft_type declared = wefti_sqlite_declared_type(sqlite3_column_decltype(run->stmt, column));
        int64_t i = sqlite3_value_int64(v);
        bool boolean = declared == WEFT_BOOL && (i == 0 || i == 1);
        *cell = boolean ? weft_value_bool(i == 1) : weft_value_int64(i);
        return WEFT_OK;
    }
    case SQLITE_FLOAT: *cell = weft_value_double(sqlite3_value_double(v)); return WEFT_OK;
    case SQLITE_BLOB: cell->type = WEFT_BYTES; return read_bytes(v, cell, error);
    default: return read_any_text(run, column, v, error);
    }
}

/* Kept out of the loop, which most often has nothing to do. */
__attribute__((noinline)) weft_status wefti_sqlite_read_cell(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind,
                                                             weft_error *error)
{
    return wefti_sqlite_codec_of(run->column_types[column])->get(run, column, v, kind, error);
}

/* The cells that most rows consist of. False: wefti_sqlite_read_cell must look. */
static inline bool read_usual(sqlite3_value *v, int kind, unsigned type, weft_value *cell)
{
    const char *data;
    switch (kind) {
    case SQLITE_INTEGER:
        cell->as.i = sqlite3_value_int64(v);
        return type == WEFT_INT64 || (type == WEFT_INT32 && cell->as.i == (int32_t)cell->as.i);
    case SQLITE_FLOAT: cell->as.d = sqlite3_value_double(v); return type == WEFT_DOUBLE;
    case SQLITE_TEXT:
        data = (const char *)sqlite3_value_text(v);
        size_t size = (size_t)sqlite3_value_bytes(v);
        if (data == NULL)
            return false;
        if (type == WEFT_TIMESTAMP)
            return wefti_timestamp_parse_own(data, size, &cell->as.i);
        cell->as.s.data = data;
        cell->as.s.size = size;
        return type == WEFT_TEXT && wefti_utf8_valid(data, size);
    default: return false;
    }
}

weft_status wefti_sqlite_read_row(wefti_sqlite_run *run, weft_error *error)
{
    sqlite3_stmt *stmt = run->stmt;
    const uint16_t *types = run->column_types;
    weft_value *cells = run->row;
    for (int i = 0, count = run->column_count; i < count; i++) {
        sqlite3_value *v = sqlite3_column_value(stmt, i);
        int kind = sqlite3_value_type(v);
        cells[i].is_null = kind == SQLITE_NULL;
        if (kind == SQLITE_NULL || read_usual(v, kind, types[i], &cells[i]))
            continue;
        weft_status status = wefti_sqlite_read_cell(run, i, v, kind, error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}
