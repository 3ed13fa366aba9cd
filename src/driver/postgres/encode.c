/* Parameters of one run as libpq takes them: fixed-size values in binary in network order, bytes in binary, and text, JSON and
 * decimals as text. Text and JSON are sent without a type, so that the server takes the type of their place in the statement
 * (enums, jsonb, citext); everything else names its type, so that binary values are read as what they are. */
#include "driver/postgres/postgres.h"

#include <string.h>

#define FIRST_CAPACITY 16
#define ARRAYS_KEPT_BYTES (1u << 20) /* a connection keeps a buffer for lists up to this size between statements */

void wefti_postgres_encode_deinit(wefti_postgres_encoder *e)
{
    wefti_free(e->values);
    wefti_free(e->lengths);
    wefti_free(e->formats);
    wefti_free(e->types);
    wefti_free(e->fixed);
    wefti_free(e->array_starts);
    wefti_free(e->arrays.data);
    wefti_arena_deinit(&e->arena);
    *e = (wefti_postgres_encoder){0};
}

/* array_pointer is the address of a pointer of any type, hence the copying. */
static bool grow(void *array_pointer, size_t capacity, size_t size)
{
    void *array;
    memcpy(&array, array_pointer, sizeof array);
    array = wefti_realloc(array, capacity * size);
    if (array != NULL)
        memcpy(array_pointer, &array, sizeof array);
    return array != NULL;
}

weft_status wefti_postgres_encode_start(wefti_postgres_encoder *e, size_t count, weft_error *error)
{
    if (count > WEFTI_MAX_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters; PostgreSQL takes at most %d in one statement", count,
                               WEFTI_MAX_PARAMETERS);
    if (count > e->capacity) {
        size_t capacity = count > FIRST_CAPACITY ? count + count / 2 : FIRST_CAPACITY;
        if (!grow(&e->values, capacity, sizeof *e->values) || !grow(&e->lengths, capacity, sizeof *e->lengths) ||
            !grow(&e->formats, capacity, sizeof *e->formats) || !grow(&e->types, capacity, sizeof *e->types) ||
            !grow(&e->fixed, capacity, sizeof *e->fixed) || !grow(&e->array_starts, capacity, sizeof *e->array_starts))
            return wefti_error_memory(error);
        memset(e->array_starts, 0, capacity * sizeof *e->array_starts);
        e->capacity = capacity;
    }
    if (e->arena.used_bytes > 0)
        wefti_arena_reset(&e->arena);
    if (e->has_arrays) {
        memset(e->array_starts, 0, e->capacity * sizeof *e->array_starts);
        if (e->arrays.capacity > ARRAYS_KEPT_BYTES) {
            wefti_free(e->arrays.data);
            e->arrays = (wefti_postgres_output){0};
        }
        e->arrays.size = 0;
        e->has_arrays = false;
    }
    e->count = count;
    e->total_bytes = 0;
    return WEFT_OK;
}

static void set_fixed(wefti_postgres_encoder *e, size_t i, int length)
{
    e->values[i] = (const char *)e->fixed[i];
    e->lengths[i] = length;
    e->formats[i] = 1;
}

static weft_status wrong_type(size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TYPE, "parameter %zu is %s where the statement takes %s", i + 1,
                           wefti_type_of(value->type)->name, wefti_type_of(type)->name);
}

static weft_status out_of_range(size_t i, unsigned type, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TYPE, "parameter %zu is out of the range of %s", i + 1, wefti_type_of(type)->name);
}

static weft_status check_text(size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    if (!wefti_type_is_text(value->type))
        return wrong_type(i, type, value, error);
    const wefti_type *row = wefti_type_of(type);
    weft_value taken = {.type = WEFT_TEXT, .as.s = value->as.s};
    if (row->content != NULL && !row->take(&taken, &taken))
        return wefti_error_set(error, WEFT_ERROR_DATA, "parameter %zu is no %s", i + 1, row->content);
    if (row->content == NULL && !wefti_postgres_text_valid(value->as.s.data, value->as.s.size))
        return wefti_error_set(error, WEFT_ERROR_DATA, "parameter %zu is not UTF-8 text, or contains a NUL", i + 1);
    return WEFT_OK;
}

static char *integer_text(wefti_arena *arena, const weft_value *value)
{
    return wefti_arena_printf(arena, "%lld", (long long)value->as.i);
}

static weft_status encode_text(wefti_postgres_encoder *e, size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    if (type == WEFT_DECIMAL && wefti_type_is_integer(value->type)) {
        char *text = integer_text(&e->arena, value);
        if (text == NULL)
            return wefti_error_memory(error);
        e->values[i] = text;
        e->lengths[i] = (int)strlen(text);
        e->formats[i] = 0;
        return WEFT_OK;
    }
    weft_status status = check_text(i, type, value, error);
    if (status != WEFT_OK)
        return status;
    e->values[i] = value->as.s.size > 0 ? value->as.s.data : "";
    e->lengths[i] = (int)value->as.s.size;
    e->formats[i] = 0;
    return WEFT_OK;
}

static weft_status fit_scalar(size_t i, unsigned type, const weft_value *given, weft_value *value, weft_error *error)
{
    const wefti_type *row = wefti_type_of(type);
    *value = *given;
    value->type = (weft_type)type;
    if (wefti_type_is_real(type) && wefti_type_is_integer(given->type))
        value->as.d = (double)given->as.i;
    else if (wefti_type_of(given->type)->kin != row->kin)
        return wrong_type(i, type, given, error);
    if (wefti_type_is_integer(type) && (value->as.i < row->least || value->as.i > row->greatest))
        return out_of_range(i, type, error);
    return WEFT_OK;
}

static weft_status encode_scalar(wefti_postgres_encoder *e, size_t i, unsigned type, const weft_value *given, weft_error *error)
{
    weft_value value;
    weft_status status = fit_scalar(i, type, given, &value, error);
    if (status != WEFT_OK)
        return status;
    const size_t size = wefti_postgres_codecs[type].put(e->fixed[i], &value);
    if (size == 0)
        return out_of_range(i, type, error);
    set_fixed(e, i, (int)size);
    return WEFT_OK;
}

static weft_status encode_bytes(wefti_postgres_encoder *e, size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    if (value->type != (weft_type)type)
        return wrong_type(i, type, value, error);
    if (type == WEFT_BITS) {
        if (wefti_bits_count(value) > INT32_MAX)
            return out_of_range(i, type, error);
        unsigned char *bits = wefti_arena_aligned(&e->arena, value->as.s.size + 4, 1);
        if (bits == NULL)
            return wefti_error_memory(error);
        e->lengths[i] = (int)wefti_postgres_codecs[type].put(bits, value);
        e->values[i] = (const char *)bits;
        e->formats[i] = 1;
        return WEFT_OK;
    }
    e->values[i] = value->as.s.size > 0 ? value->as.s.data : "";
    e->lengths[i] = (int)value->as.s.size;
    e->formats[i] = 1;
    return WEFT_OK;
}

/* Whether a parameter of the type can be sent. */
static weft_status check_sendable(size_t i, unsigned type, weft_error *error)
{
    if (type == WEFTI_BEYOND_INT64)
        return out_of_range(i, WEFT_INT64, error);
    if (type >= WEFT_TYPE_COUNT_ || (!wefti_type_is_text(type) && wefti_postgres_codecs[type].put == NULL))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "parameter %zu has no type", i + 1);
    return WEFT_OK;
}

static weft_status encode_present(wefti_postgres_encoder *e, size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    if (wefti_type_is_text(type))
        return encode_text(e, i, type, value, error);
    weft_status status = check_sendable(i, type, error);
    if (status != WEFT_OK)
        return status;
    return wefti_type_has_content(type) ? encode_bytes(e, i, type, value, error) : encode_scalar(e, i, type, value, error);
}

/* A value that is an array. Texts and JSON take the type of their place, as single ones do. */
static weft_status encode_items(wefti_postgres_encoder *e, size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    const unsigned element = wefti_type_of(type)->element;
    const bool placed = wefti_postgres_codecs[element].parameter == 0, ranges = wefti_type_is_multirange(type);
    e->types[i] = placed ? 0 : ranges ? wefti_postgres_multirange_of(element) : wefti_postgres_codecs[element].array;
    if (value->is_null) {
        e->values[i] = NULL;
        e->lengths[i] = 0;
        e->formats[i] = 0;
        return WEFT_OK;
    }
    if (!wefti_type_is_array(value->type))
        return wrong_type(i, type, value, error);
    const wefti_array items = wefti_array_items(value);
    if (ranges)
        return wefti_postgres_encode_multirange(e, i, element, &items, error);
    return placed ? wefti_postgres_encode_placed(e, i, &items, error) : wefti_postgres_encode_array(e, i, element, &items, error);
}

weft_status wefti_postgres_encode(wefti_postgres_encoder *e, size_t i, unsigned type, const weft_value *value, weft_error *error)
{
    type &= ~(unsigned)WEFT_OPT;
    if (__builtin_expect(wefti_type_is_array(type), 0))
        return encode_items(e, i, type, value, error);
    e->types[i] = type < WEFT_TYPE_COUNT_ ? wefti_postgres_codecs[type].parameter : 0;
    if (value->is_null) {
        e->values[i] = NULL;
        e->lengths[i] = 0;
        e->formats[i] = 0;
        return WEFT_OK;
    }
    if (wefti_type_has_content(value->type)) {
        if (value->as.s.size > WEFTI_MAX_VALUE_BYTES || e->total_bytes > WEFTI_MAX_VALUE_BYTES - value->as.s.size)
            return wefti_error_set(error, WEFT_ERROR_LIMIT, "parameters of more than %u bytes together", WEFTI_MAX_VALUE_BYTES);
        e->total_bytes += value->as.s.size;
    }
    return encode_present(e, i, type, value, error);
}

/* ---- for drivers of the program's own ---- */

/* What was written, as a text of the arena's. */
static weft_status as_text(wefti_text *text, wefti_arena *arena, weft_value *plain, weft_error *error)
{
    const char *copy = text->failed ? NULL : wefti_arena_strndup(arena, text->data, text->size);
    *plain = (weft_value){.type = WEFT_TEXT, .as.s = {copy, text->size}};
    wefti_text_deinit(text);
    return copy != NULL ? WEFT_OK : wefti_error_memory(error);
}

/* An array as its text, {1,NULL,"a"}: of a type without arrays of its own, such as texts for the place that they have, too. */
static weft_status plain_array(const weft_value *array, wefti_arena *arena, weft_value *plain, weft_error *error)
{
    wefti_text text;
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    wefti_array_show(&text, array);
    return as_text(&text, arena, plain, error);
}

/* An item of an array of this type of items. */
static weft_status check_item(size_t i, unsigned type, const weft_value *item, weft_error *error)
{
    unsigned char ignored[WEFTI_POSTGRES_FIXED];
    weft_value value;
    if (item->is_null || type == WEFT_BYTES || wefti_type_is_array(type))
        return WEFT_OK;
    if (wefti_type_is_text(type))
        return check_text(i, type, item, error);
    weft_status status = check_sendable(i, type, error);
    if (status == WEFT_OK)
        status = fit_scalar(i, type, item, &value, error);
    if (status == WEFT_OK && !wefti_type_has_content(type) && wefti_postgres_codecs[type].put(ignored, &value) == 0)
        status = out_of_range(i, type, error);
    return status;
}

static weft_status plain_items(size_t i, unsigned type, const weft_value *array, wefti_arena *arena, weft_value *plain,
                               weft_error *error)
{
    const unsigned wanted = wefti_type_of(type)->element;
    if (!wefti_type_is_array(array->type))
        return wrong_type(i, type, array, error);
    for (size_t n = 0; n < wefti_array_count(array); n++) {
        const weft_value item = wefti_array_item(array, n);
        weft_status status = check_item(i, wanted, &item, error);
        if (status != WEFT_OK)
            return status;
    }
    return plain_array(array, arena, plain, error);
}

/* An item of a list of a type that has no arrays: its text. */
static weft_status item_text(weft_value *item, wefti_arena *arena, weft_error *error)
{
    wefti_text text;
    if (item->is_null) {
        *item = weft_value_null(WEFT_TEXT);
        return WEFT_OK;
    }
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    wefti_value_show(&text, item);
    return as_text(&text, arena, item, error);
}

static weft_status plain_list(size_t i, unsigned taken, const wefti_array *list, wefti_arena *arena, weft_value *plain,
                              weft_error *error)
{
    const bool optional = (list->type & WEFT_OPT) != 0;
    const unsigned type = list->type & (WEFTI_TYPE_ROWS - 1u), wanted = wefti_type_base(taken);
    unsigned kept = wefti_type_is_integer(type) ? (unsigned)WEFT_INT64 : wefti_type_of_column(wefti_type_base(type));
    const bool texts = wefti_array_type(kept, optional) == 0;
    weft_value array = {0};
    kept = texts ? (unsigned)WEFT_TEXT : kept;
    if (!wefti_array_new(arena, wefti_array_type(kept, optional), list->count, &array))
        return wefti_error_memory(error);
    for (size_t row = 0; row < list->count; row++) {
        weft_value item = wefti_field_value(list->type, list->size, wefti_array_field(list, row));
        weft_status status = check_item(i, wanted, &item, error);
        if (status == WEFT_OK && texts)
            status = item_text(&item, arena, error);
        if (status != WEFT_OK)
            return status;
        if (!wefti_array_put(&array, row, &item))
            return out_of_range(i, kept, error);
    }
    return plain_array(&array, arena, plain, error);
}

/* What the server reads as a value of the type. */
static weft_status plain_form(const weft_value *value, wefti_arena *arena, weft_value *plain, weft_error *error)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_show_moment(&text, value);
    return as_text(&text, arena, plain, error);
}

static weft_status plain_scalar(size_t i, unsigned type, const weft_value *given, wefti_arena *arena, weft_value *plain,
                                weft_error *error)
{
    const wefti_type *row = wefti_type_of(type);
    weft_value value;
    weft_status status = check_sendable(i, type, error);
    if (status == WEFT_OK)
        status = fit_scalar(i, type, given, &value, error);
    if (status != WEFT_OK)
        return status;
    unsigned char ignored[WEFTI_POSTGRES_FIXED];
    if (!wefti_type_has_content(type) &&
        wefti_postgres_codecs[type].put(ignored, &value) == 0) /* bits fit, and their size varies */
        return out_of_range(i, type, error);
    if (row->kin != WEFT_INT64 && row->kin != WEFT_DOUBLE && row->kept != WEFTI_KEPT_BOOL)
        return plain_form(&value, arena, plain, error);
    *plain = value;
    plain->type = (weft_type)row->kin;
    return WEFT_OK;
}

/* Texts stay where they are. */
static weft_status plain_text(size_t i, unsigned type, const weft_value *given, wefti_arena *arena, weft_value *plain,
                              weft_error *error)
{
    if (type == WEFT_DECIMAL && wefti_type_is_integer(given->type)) {
        const char *text = integer_text(arena, given);
        *plain = weft_value_text(text);
        return text != NULL ? WEFT_OK : wefti_error_memory(error);
    }
    *plain = *given;
    plain->type = WEFT_TEXT;
    return check_text(i, type, given, error);
}

weft_status wefti_postgres_plain(const wefti_statement *statement, const weft_value *parameters, size_t index, wefti_arena *arena,
                                 weft_value *plain, weft_error *error)
{
    const weft_value *given = &parameters[index];
    unsigned type =
        statement->parameter_types != NULL && index < statement->parameter_count ? statement->parameter_types[index] : 0;
    const bool list = ((type | (unsigned)given->type) & WEFTI_ARRAY) != 0;
    const bool placed = (type & WEFTI_PLACED) != 0; /* the items are texts for what their place has, whatever they are */
    type &= WEFTI_TYPE_ROWS - 1u;
    if (type == 0)
        type = given->type;
    *plain = weft_value_null(WEFT_TEXT);
    if (given->is_null || (list && wefti_value_array(given) == NULL))
        return WEFT_OK;
    if (list)
        return plain_list(index, placed ? wefti_value_array(given)->type : type, wefti_value_array(given), arena, plain, error);
    if (wefti_type_has_content(given->type) && given->as.s.size > WEFTI_MAX_VALUE_BYTES)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "parameter %zu has more than %u bytes", index + 1, WEFTI_MAX_VALUE_BYTES);
    if (wefti_type_is_array(type))
        return plain_items(index, type, given, arena, plain, error);
    if (type == WEFT_BYTES && given->type == (weft_type)type) {
        *plain = *given;
        return WEFT_OK;
    }
    return wefti_type_is_text(type) ? plain_text(index, type, given, arena, plain, error)
                                    : plain_scalar(index, type, given, arena, plain, error);
}

static bool mentions(const char *sql, const char *word)
{
    for (; *sql != '\0'; sql++)
        if (wefti_ascii_begins(sql, word))
            return true;
    return false;
}

/* What weft sends and reads is UTF-8: by another encoding the server would take its bytes for other letters, and store these. */
weft_status wefti_postgres_check_encoding(const wefti_postgres_dbc *c, const wefti_statement *statement, weft_error *error)
{
    if (__builtin_expect(!wefti_postgres_foreign_encoding(c), 1))
        return WEFT_OK;
    bool text = statement != NULL && statement->id == 0;
    if (text && (mentions(statement->sql, "client_encoding") || mentions(statement->sql, " ALL")))
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "text SQL has set client_encoding to %s, and weft speaks UTF-8",
                          pg_encoding_to_char(PQclientEncoding(c->pg)));
    wefti_error_hint(error, "run RESET client_encoding first; convert_to and convert_from give other encodings as bytes");
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}
