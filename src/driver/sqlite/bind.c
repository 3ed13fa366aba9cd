/* Parameters: from values to SQLite's bind calls, checked on the way.
 *
 * Text must be UTF-8 without NUL: SQLite would take anything. Timestamps, dates, times, UUIDs and decimals go as text whose order
 * is the order of the values, which holds for the years 1 to 9999 and for infinity; other years are refused. Text that must
 * outlive the call is copied into a buffer that the statement keeps, so nothing is allocated after the first executions. */
#include "driver/sqlite/codec.h"

#include "base/paths.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef wefti_sqlite_binding binding;

static weft_status refuse(const binding *b, size_t index, const char *what)
{
    return wefti_error_set(b->error, WEFT_ERROR_DATA, "parameter %zu: %s", index + 1, what);
}

static weft_status misfit(const binding *b, size_t index, const char *what)
{
    return wefti_error_set(b->error, WEFT_ERROR_TYPE, "parameter %zu: %s", index + 1, what);
}

/* The type that the statement takes, or the value's own where it does not say. */
static inline weft_type wanted_type(const wefti_statement *statement, const weft_value *parameters, size_t index)
{
    unsigned type =
        statement->parameter_types != NULL && index < statement->parameter_count ? statement->parameter_types[index] : 0;
    type &= ~(unsigned)(WEFT_OPT | WEFTI_ARRAY);
    return type != 0 ? (weft_type)type : parameters[index].type;
}

static inline bool is_array(const wefti_statement *statement, const weft_value *parameters, size_t index)
{
    unsigned type =
        statement->parameter_types != NULL && index < statement->parameter_count ? statement->parameter_types[index] : 0;
    return ((type | (unsigned)parameters[index].type) & WEFTI_ARRAY) != 0;
}

static bool is_text_form(unsigned type) { return wefti_sqlite_codec_of(type)->as_text; }

/* Whether a value of the type is written out to be bound as the wanted one, which takes WEFTI_FORM_BYTES at most. */
static bool is_written_out(unsigned type, unsigned wanted)
{
    return is_text_form(type) || (wefti_type_is_integer((uint8_t)type) && wanted == WEFT_DECIMAL);
}

/* Bytes of run->copies that the parameters need. */
static size_t copied_bytes(const wefti_statement *statement, const weft_value *parameters, size_t count, bool copy)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        const weft_value *v = &parameters[i];
        if (v->is_null || ((unsigned)v->type & WEFTI_ARRAY) != 0)
            continue;
        if (is_written_out(v->type, wanted_type(statement, parameters, i)))
            size += WEFTI_FORM_BYTES;
        else if (copy && wefti_type_has_content(v->type) && v->as.s.size <= WEFTI_MAX_VALUE_BYTES)
            size += v->as.s.size;
    }
    return size;
}

static weft_status reserve_copies(binding *b, size_t size)
{
    wefti_sqlite_run *run = b->run;
    if (size > run->copies_capacity) {
        size_t capacity = run->copies_capacity > 0 ? run->copies_capacity : 256;
        while (capacity < size)
            capacity *= 2;
        unsigned char *copies = wefti_malloc(capacity);
        if (copies == NULL)
            return wefti_error_memory(b->error);
        wefti_free(run->copies);
        run->copies = copies;
        run->copies_capacity = capacity;
    }
    b->next = run->copies;
    b->end = run->copies != NULL ? run->copies + run->copies_capacity : NULL;
    return WEFT_OK;
}

static weft_status check_rc(const binding *b, int rc)
{
    return rc == SQLITE_OK ? WEFT_OK : wefti_sqlite_error(b->run->dbc, rc, b->error);
}

/* Where a text lies until the statement has run; NULL where nothing is left of what was reserved: SQLite then copies it. */
static inline char *room_of(binding *b, size_t size)
{
    if (__builtin_expect((size_t)(b->end - b->next) < size, 0))
        return NULL;
    char *room = (char *)b->next;
    b->next += size;
    return room;
}

/* Where the parameter goes: to its place in SQLite's statement, or, without a run, as that value to a driver of the program's
 * own. */
static weft_status give_integer(const binding *b, int place, int64_t i)
{
    if (__builtin_expect(b->run != NULL, 1))
        return check_rc(b, sqlite3_bind_int64(b->run->stmt, place, i));
    *b->plain = weft_value_int64(i);
    return WEFT_OK;
}

static weft_status give_real(const binding *b, int place, double d)
{
    if (__builtin_expect(b->run != NULL, 1))
        return check_rc(b, sqlite3_bind_double(b->run->stmt, place, d));
    *b->plain = weft_value_double(d);
    return WEFT_OK;
}

static weft_status give_null(const binding *b, int place)
{
    if (__builtin_expect(b->run != NULL, 1))
        return check_rc(b, sqlite3_bind_null(b->run->stmt, place));
    *b->plain = weft_value_null(WEFT_TEXT);
    return WEFT_OK;
}

/* Text or bytes that stay where they are. */
static weft_status give_content(const binding *b, int place, weft_type type, const char *data, size_t size)
{
    if (__builtin_expect(b->run == NULL, 0)) {
        *b->plain = (weft_value){.type = type, .as.s = {size > 0 ? data : "", size}};
        return WEFT_OK;
    }
    if (type == WEFT_BYTES)
        return check_rc(b, size > 0 ? sqlite3_bind_blob64(b->run->stmt, place, data, size, SQLITE_STATIC)
                                    : sqlite3_bind_zeroblob(b->run->stmt, place, 0));
    return check_rc(b, sqlite3_bind_text(b->run->stmt, place, size > 0 ? data : "", (int)size, SQLITE_STATIC));
}

/* Text, or bytes that are some, that are copied. */
static weft_status give_copy(const binding *b, int place, weft_type type, const char *data, size_t size)
{
    if (__builtin_expect(b->run != NULL, 1))
        return check_rc(b, type == WEFT_BYTES
                               ? sqlite3_bind_blob64(b->run->stmt, place, data, size, SQLITE_TRANSIENT)
                               : sqlite3_bind_text64(b->run->stmt, place, data, size, SQLITE_TRANSIENT, SQLITE_UTF8));
    data = wefti_arena_strndup(b->arena, data, size);
    return data != NULL ? give_content(b, place, type, data, size) : wefti_error_memory(b->error);
}

/* How the decimals of a parameter are spelt. */
static uint16_t spelling_of(const binding *b, size_t index)
{
    const uint16_t *spellings = b->statement->parameter_spellings;
    return spellings != NULL && index < b->statement->parameter_count ? spellings[index] : WEFTI_SPELLING_ANY;
}

static weft_status refuse_digits(const binding *b, size_t index, weft_status status)
{
    return status == WEFT_ERROR_TYPE ? misfit(b, index, "the decimal has more digits than can be kept")
                                     : wefti_error_memory(b->error);
}

/* A decimal that is not given as it is kept. */
static weft_status bind_spelt(binding *b, size_t index, int place, const weft_value *v)
{
    wefti_arena arena;
    const char *text = NULL;
    size_t size = 0;
    wefti_arena_init(&arena, 0);
    weft_status status = wefti_sqlite_spell_decimal(&arena, v->as.s.data, v->as.s.size, spelling_of(b, index), &text, &size);
    if (status == WEFT_OK)
        status = give_copy(b, place, WEFT_TEXT, text, size);
    else
        status = refuse_digits(b, index, status);
    wefti_arena_deinit(&arena);
    return status;
}

weft_status wefti_sqlite_put_data(binding *b, size_t index, int place, const weft_value *v)
{
    const void *data = v->as.s.data;
    size_t size = v->as.s.size;
    if (size > WEFTI_MAX_VALUE_BYTES)
        return wefti_error_set(b->error, WEFT_ERROR_LIMIT, "parameter %zu has %zu bytes, at most %u are allowed", index + 1, size,
                               WEFTI_MAX_VALUE_BYTES);
    bool text = wefti_type_is_text(v->type);
    if (text && !wefti_utf8_valid(data, size))
        return refuse(b, index, "the text is not UTF-8 or contains a NUL");
    const weft_type type = text ? WEFT_TEXT : WEFT_BYTES;
    if (!b->copy || size == 0)
        return give_content(b, place, type, data, size);
    char *room = room_of(b, size);
    return room != NULL ? give_content(b, place, type, memcpy(room, data, size), size) : give_copy(b, place, type, data, size);
}

weft_status wefti_sqlite_put_decimal(binding *b, size_t index, int place, const weft_value *v)
{
    const char *data = v->as.s.data;
    size_t size = v->as.s.size;
    if (size > WEFTI_MAX_VALUE_BYTES || !wefti_utf8_valid(data, size))
        return wefti_sqlite_put_data(b, index, place, v); /* which says why not */
    if (!wefti_decimal_valid(data, size, true))
        return refuse(b, index, "the text is not a decimal number");
    return wefti_decimal_spelt(data, size, spelling_of(b, index)) ? wefti_sqlite_put_data(b, index, place, v)
                                                                  : bind_spelt(b, index, place, v);
}

weft_status wefti_sqlite_put_form(binding *b, size_t index, int place, const weft_value *v)
{
    char elsewhere[WEFTI_FORM_BYTES], *room = room_of(b, WEFTI_FORM_BYTES);
    size_t size = wefti_value_form(v, room != NULL ? room : elsewhere);
    if (size == 0)
        return misfit(b, index, wefti_sqlite_codec_of(v->type)->unkept);
    return room != NULL ? give_content(b, place, WEFT_TEXT, room, size) : give_copy(b, place, WEFT_TEXT, elsewhere, size);
}

weft_status wefti_sqlite_put_integer(binding *b, size_t index, int place, const weft_value *v)
{
    const wefti_type *row = wefti_type_of(v->type);
    if (v->as.i < row->least || v->as.i > row->greatest)
        return misfit(b, index, "the integer is out of the range of its type");
    return give_integer(b, place, v->as.i);
}

weft_status wefti_sqlite_put_bool(binding *b, size_t index, int place, const weft_value *v)
{
    (void)index;
    return give_integer(b, place, v->as.b);
}

weft_status wefti_sqlite_put_real(binding *b, size_t index, int place, const weft_value *v)
{
    if (isnan(v->as.d))
        return refuse(b, index, "SQLite would store NULL in place of NaN");
    return give_real(b, place, v->as.d);
}

weft_status wefti_sqlite_put_nothing(binding *b, size_t index, int place, const weft_value *v)
{
    (void)place;
    if (wefti_type_of(v->type)->kept != WEFTI_KEPT_NOWHERE && (int)v->type != WEFTI_BEYOND_INT64)
        return wefti_error_set(b->error, WEFT_ERROR_UNSUPPORTED,
                               "parameter %zu: SQLite has no type for %s values; give them as text", index + 1,
                               wefti_type_of(v->type)->word);
    return (int)v->type == WEFTI_BEYOND_INT64 ? misfit(b, index, "the integer is out of the range of its type")
                                              : refuse(b, index, "the value has no type that can be sent");
}

/* Items are written as what they are: those of a wanted type must be what it has. */
static weft_status fit_items(const binding *b, size_t index, weft_type wanted, const weft_value *v)
{
    const wefti_type *to = wefti_type_of(wefti_type_of(wanted)->element), *from = wefti_type_of(wefti_type_of(v->type)->element);
    const bool integers = to->kin == WEFT_INT64 && from->kin == WEFT_INT64;
    if (to != from && !integers)
        return misfit(b, index, "the array has items of another type than the statement takes");
    for (size_t i = 0; integers && i < wefti_array_count(v); i++) {
        const weft_value item = wefti_array_item(v, i);
        if (!item.is_null && (item.as.i < to->least || item.as.i > to->greatest))
            return misfit(b, index, "an integer of the array is out of the range of its type");
    }
    return WEFT_OK;
}

/* Makes the value one of the wanted type where nothing is lost: integers of other widths, integers as numbers and decimals,
 * floating point of the other width, and the kinds of text for each other. */
static weft_status fit_value(binding *b, size_t index, weft_type wanted, weft_value *v)
{
    weft_type given = v->type;
    if (wefti_type_is_array(given) && wefti_type_is_array(wanted))
        return fit_items(b, index, wanted, v);
    if (wefti_type_is_integer(given) && wanted == WEFT_DECIMAL) {
        wefti_text text = {.data = room_of(b, WEFTI_FORM_BYTES), .capacity = WEFTI_FORM_BYTES};
        if (text.data == NULL)
            return wefti_error_set(b->error, WEFT_ERROR_INTERNAL, "parameter %zu: no room was left for its digits", index + 1);
        wefti_text_add_int(&text, v->as.i); /* at most 20 bytes: the buffer does not grow */
        v->as.s.data = text.data;
        v->as.s.size = text.size;
    } else if (wefti_type_is_integer(given) && wefti_type_is_real(wanted)) {
        v->as.d = (double)v->as.i;
    } else if (wefti_type_is_real(given) && wefti_type_is_real(wanted)) {
        if (wanted == WEFT_FLOAT && isfinite(v->as.d) && fabs(v->as.d) > (double)FLT_MAX)
            return misfit(b, index, "the number is out of the range of a float");
        v->as.d = wanted == WEFT_FLOAT ? (double)(float)v->as.d : v->as.d;
    } else if (!(wefti_type_is_integer(given) && wefti_type_is_integer(wanted)) &&
               !(wefti_type_is_text(given) && wefti_type_is_text(wanted))) {
        return misfit(b, index, "the value has another type than the statement takes");
    }
    v->type = wanted;
    return WEFT_OK;
}

static weft_status bind_value(binding *b, size_t index, int place, const weft_value *v)
{
    if (v->is_null)
        return give_null(b, place);
    return wefti_sqlite_codec_of(v->type)->put(b, index, place, v);
}

/* ---- elements of lists ---- */

weft_status wefti_sqlite_add_decimal(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    const char *text = v->as.s.data;
    size_t size = v->as.s.size;
    wefti_arena arena;
    if (!wefti_decimal_valid(text, size, true))
        return refuse(b, index, "a text of the array is not a decimal number");
    wefti_arena_init(&arena, 0);
    weft_status status = WEFT_OK;
    if (!wefti_decimal_spelt(text, size, spelling_of(b, index)))
        status = wefti_sqlite_spell_decimal(&arena, v->as.s.data, v->as.s.size, spelling_of(b, index), &text, &size);
    if (status == WEFT_OK)
        wefti_text_add_json_string(json, text, size);
    wefti_arena_deinit(&arena);
    return status == WEFT_OK ? status : refuse_digits(b, index, status);
}

weft_status wefti_sqlite_add_nothing(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    (void)json;
    return wefti_sqlite_put_nothing((binding *)(uintptr_t)b, index, 0, v);
}

weft_status wefti_sqlite_add_integer(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    (void)b;
    (void)index;
    wefti_text_add_int(json, v->as.i);
    return WEFT_OK;
}

weft_status wefti_sqlite_add_bool(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    (void)b;
    (void)index;
    wefti_text_add(json, v->as.b ? "true" : "false");
    return WEFT_OK;
}

weft_status wefti_sqlite_add_real(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    if (isnan(v->as.d))
        return refuse(b, index, "SQLite has no NaN");
    wefti_text_add_json_real(json, v->as.d);
    return WEFT_OK;
}

weft_status wefti_sqlite_add_text(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    if (!wefti_utf8_valid(v->as.s.data, v->as.s.size))
        return refuse(b, index, "a text of the array is not UTF-8");
    wefti_text_add_json_string(json, v->as.s.data, v->as.s.size);
    return WEFT_OK;
}

weft_status wefti_sqlite_add_form(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    char text[WEFTI_FORM_BYTES];
    const size_t size = wefti_value_form(v, text);
    if (size == 0)
        return misfit(b, index, wefti_sqlite_codec_of(v->type)->unkept);
    wefti_text_add_json_string(json, text, size);
    return WEFT_OK;
}

/* weft_bytes reads the digits. */
weft_status wefti_sqlite_add_bytes(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    (void)b;
    (void)index;
    wefti_text_add_char(json, '"');
    wefti_text_add_hex(json, v->as.s.data, v->as.s.size);
    wefti_text_add_char(json, '"');
    return WEFT_OK;
}

static weft_status add_element(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    if (v->is_null) {
        wefti_text_add(json, "null");
        return WEFT_OK;
    }
    return wefti_sqlite_codec_of(v->type)->add(b, index, json, v);
}

static weft_status add_elements(const binding *b, size_t index, wefti_text *json, const wefti_array *array)
{
    weft_status status = WEFT_OK;
    wefti_text_add_char(json, '[');
    for (size_t i = 0; i < array->count && status == WEFT_OK && !json->failed; i++) {
        weft_value element = wefti_field_value(array->type, array->size, wefti_array_field(array, i));
        if (i > 0)
            wefti_text_add_char(json, ',');
        status = add_element(b, index, json, &element);
    }
    wefti_text_add_char(json, ']');
    return status;
}

static weft_status bind_elements(binding *b, size_t index, int place, const wefti_array *array)
{
    wefti_text json;
    wefti_text_init(&json, WEFTI_MAX_VALUE_BYTES);
    weft_status status = add_elements(b, index, &json, array);
    size_t size = 0;
    char *text = status == WEFT_OK ? wefti_text_take(&json, &size) : NULL;
    if (text == NULL) {
        wefti_text_deinit(&json);
        return status != WEFT_OK ? status : wefti_error_memory(b->error);
    }
    if (__builtin_expect(b->run != NULL, 1))
        return check_rc(b, sqlite3_bind_text64(b->run->stmt, place, text, size, wefti_free, SQLITE_UTF8));
    status = give_copy(b, place, WEFT_TEXT, text, size);
    wefti_free(text);
    return status;
}

weft_status wefti_sqlite_put_array(binding *b, size_t index, int place, const weft_value *v)
{
    const wefti_array items = wefti_array_items(v);
    return bind_elements(b, index, place, &items);
}

weft_status wefti_sqlite_add_array(const binding *b, size_t index, wefti_text *json, const weft_value *v)
{
    const wefti_array items = wefti_array_items(v);
    return add_elements(b, index, json, &items);
}

static weft_status bind_array(binding *b, size_t index, int place, const weft_value *parameter)
{
    const wefti_array *array = wefti_value_array(parameter);
    if (parameter->is_null || array == NULL)
        return give_null(b, place);
    return bind_elements(b, index, place, array);
}

static weft_status bind_wanted(binding *b, size_t index, int place, weft_type wanted, const weft_value *given)
{
    if (given->is_null || given->type == wanted)
        return bind_value(b, index, place, given);
    weft_value fitted = *given;
    weft_status status = fit_value(b, index, wanted, &fitted);
    return status == WEFT_OK ? bind_value(b, index, place, &fitted) : status;
}

/* The usual parameters of a get. False: there are others. */
static inline bool bind_integers(wefti_sqlite_run *run, const wefti_statement *statement, const weft_value *parameters)
{
    const uint16_t *types = statement->parameter_types;
    if (run->parameter_order != NULL || types == NULL)
        return false;
    for (int i = 0; i < run->place_count; i++)
        if (parameters[i].type != WEFT_INT64 || parameters[i].is_null || (types[i] & ~(unsigned)WEFT_OPT) != WEFT_INT64 ||
            sqlite3_bind_int64(run->stmt, i + 1, parameters[i].as.i) != SQLITE_OK)
            return false;
    return true;
}

static __attribute__((noinline)) weft_status bind_any(wefti_sqlite_run *run, const wefti_statement *statement,
                                                      const weft_value *parameters, bool copy, weft_error *error)
{
    binding b = {.run = run, .statement = statement, .copy = copy, .error = error};
    weft_status status = reserve_copies(&b, copied_bytes(statement, parameters, run->parameter_count, copy));
    for (int place = 1; place <= run->place_count && status == WEFT_OK; place++) {
        size_t index = run->parameter_order != NULL ? run->parameter_order[place - 1] : (size_t)(place - 1);
        const weft_value *given = &parameters[index];
        status = is_array(statement, parameters, index)
                     ? bind_array(&b, index, place, given)
                     : bind_wanted(&b, index, place, wanted_type(statement, parameters, index), given);
    }
    return status;
}

WEFTI_HOT weft_status wefti_sqlite_bind_all(wefti_sqlite_run *run, const wefti_statement *statement, const weft_value *parameters,
                                            bool copy, weft_error *error)
{
    return bind_integers(run, statement, parameters) ? WEFT_OK : bind_any(run, statement, parameters, copy, error);
}

weft_status wefti_sqlite_plain(const wefti_statement *statement, const weft_value *parameters, size_t index, wefti_arena *arena,
                               weft_value *plain, weft_error *error)
{
    binding b = {.statement = statement, .error = error, .arena = arena, .plain = plain};
    const weft_value *given = &parameters[index];
    if (!given->is_null && !wefti_type_has_content(given->type)) {
        b.next = wefti_arena_zalloc(arena, 2 * WEFTI_FORM_BYTES);
        if (b.next == NULL)
            return wefti_error_memory(error);
        b.end = b.next + 2 * WEFTI_FORM_BYTES;
    }
    return is_array(statement, parameters, index) ? bind_array(&b, index, 0, given)
                                                  : bind_wanted(&b, index, 0, wanted_type(statement, parameters, index), given);
}

/* ---- fields of rows ---- */

/* The usual fields whose type is the parameter's, straight from their struct. False: the general way must look. */
static inline bool bind_field(binding *b, int place, unsigned type, const void *field, int *rc)
{
    sqlite3_stmt *stmt = b->run->stmt;
    const char *text;
    switch (type) {
    case WEFT_INT64: *rc = sqlite3_bind_int64(stmt, place, *(const int64_t *)field); return true;
    case WEFT_INT32: *rc = sqlite3_bind_int64(stmt, place, *(const int32_t *)field); return true;
    case WEFT_OPT + WEFT_INT64:
        *rc = ((const weft_opt_int64 *)field)->set ? sqlite3_bind_int64(stmt, place, ((const weft_opt_int64 *)field)->value)
                                                   : sqlite3_bind_null(stmt, place);
        return true;
    case WEFT_OPT + WEFT_INT32:
        *rc = ((const weft_opt_int32 *)field)->set ? sqlite3_bind_int64(stmt, place, ((const weft_opt_int32 *)field)->value)
                                                   : sqlite3_bind_null(stmt, place);
        return true;
    case WEFT_DOUBLE: *rc = sqlite3_bind_double(stmt, place, *(const double *)field); return !isnan(*(const double *)field);
    case WEFT_TEXT:
        text = *(const char *const *)field;
        if (text == NULL) {
            *rc = sqlite3_bind_null(stmt, place);
            return true;
        }
        size_t size = strlen(text);
        if (size > WEFTI_MAX_VALUE_BYTES || !wefti_utf8_valid(text, size))
            return false;
        *rc = sqlite3_bind_text(stmt, place, text, (int)size, SQLITE_STATIC);
        return true;
    default: return false;
    }
}

static weft_type parameter_type(const wefti_statement *statement, size_t index, weft_type otherwise)
{
    unsigned type = statement->parameter_types != NULL ? statement->parameter_types[index] & ~(unsigned)WEFT_OPT : 0;
    return type != 0 ? (weft_type)type : otherwise;
}

static inline weft_status bind_place(binding *b, const wefti_statement *statement, const wefti_array *array, size_t row,
                                     size_t index, int place)
{
    const void *field = wefti_array_field(array, row);
    weft_type plain = (weft_type)(array->type & ~WEFT_OPT), wanted = parameter_type(statement, index, plain);
    int rc = SQLITE_OK;
    if (plain == wanted && bind_field(b, place, array->type, field, &rc))
        return rc == SQLITE_OK ? WEFT_OK : check_rc(b, rc);
    if (array->type == WEFT_TIMESTAMP && wanted == WEFT_TIMESTAMP)
        return wefti_sqlite_put_form(b, index, place, &(weft_value){.type = WEFT_TIMESTAMP, .as.i = *(const int64_t *)field});
    weft_value value = wefti_field_value(array->type, array->size, field);
    return bind_wanted(b, index, place, parameter_type(statement, index, value.type), &value);
}

/* Bytes of run->copies that one row needs. */
static size_t text_form_bytes(const wefti_statement *statement, const wefti_array *arrays, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned type = wefti_type_base(arrays[i].type); /* what an encoder makes is bound as that */
        size += is_written_out(type, parameter_type(statement, i, (weft_type)type)) ? WEFTI_FORM_BYTES : 0;
    }
    return size;
}

weft_status wefti_sqlite_bind_rows(wefti_sqlite_run *run, const wefti_statement *statement, const wefti_array *arrays, size_t first,
                                   weft_error *error)
{
    binding b = {.run = run, .statement = statement, .error = error};
    size_t rows = statement->row_count > 1 ? statement->row_count : 1, width = run->parameter_count / rows;
    weft_status status = reserve_copies(&b, rows * text_form_bytes(statement, arrays, width));
    if (run->parameter_order != NULL) {
        for (int place = 1; place <= run->place_count && status == WEFT_OK; place++) {
            size_t index = run->parameter_order[place - 1];
            status = bind_place(&b, statement, &arrays[index % width], first + index / width, index, place);
        }
        return status;
    }
    for (size_t row = 0, index = 0; row < rows; row++)
        for (size_t i = 0; i < width && status == WEFT_OK; i++, index++)
            status = bind_place(&b, statement, &arrays[i], first + row, index, (int)index + 1);
    return status;
}
