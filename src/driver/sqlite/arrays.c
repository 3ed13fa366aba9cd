/* Arrays, which are JSON texts here: [1,null,3], ["a","b"]. Items are what lists have: numbers, true and false, and the texts of
 * what is kept as text; bytes are hexadecimal digits. Collations compare arrays item by item as PostgreSQL does, NULL being the
 * greatest; texts among the items are compared as the items' type has them. They stand in statements, never in tables. */
#include "driver/sqlite/codec.h"
#include "driver/sqlite/json.h"

#include <math.h>
#include <string.h>

/* ---- reading ---- */

static bool read_number(unsigned element, const wefti_json *json, weft_value *value)
{
    char *end = NULL;
    if (wefti_type_is_integer(element))
        return json->kind == WEFTI_JSON_NUMBER && wefti_int64_parse(json->data, json->size, &value->as.i);
    if (json->kind != WEFTI_JSON_NUMBER)
        return false;
    value->as.d = wefti_double_read(json->data, &end); /* a comma, a bracket or a blank stands behind it */
    return end == json->data + json->size;
}

/* DATA where it is none of the type. */
static weft_status read_item(wefti_arena *arena, unsigned element, const wefti_json *json, weft_value *value)
{
    *value = (weft_value){.type = (weft_type)element, .is_null = json->kind == WEFTI_JSON_NULL};
    if (value->is_null)
        return WEFT_OK;
    value->as.b = json->truth;
    const wefti_kept kept = (wefti_kept)wefti_type_of(element)->kept;
    if (kept == WEFTI_KEPT_BOOL)
        return json->kind == WEFTI_JSON_BOOL ? WEFT_OK : WEFT_ERROR_DATA;
    if (wefti_type_is_integer(element) || wefti_type_is_real(element))
        return read_number(element, json, value) ? WEFT_OK : WEFT_ERROR_DATA;
    if (json->kind != WEFTI_JSON_STRING)
        return WEFT_ERROR_DATA;
    char *data = wefti_arena_strndup(arena, json->data, json->size);
    if (data == NULL)
        return WEFT_ERROR_NO_MEMORY;
    if (kept != WEFTI_KEPT_BYTES) {
        const weft_value text = {.type = WEFT_TEXT, .as.s = {data, json->size}};
        return wefti_value_take(element, &text, value) ? WEFT_OK : WEFT_ERROR_DATA;
    }
    value->as.s.data = data;
    value->as.s.size = json->size / 2;
    return wefti_hex_read(data, json->size, data) ? WEFT_OK : WEFT_ERROR_DATA;
}

weft_status wefti_sqlite_read_array(wefti_arena *arena, unsigned type, const char *data, size_t size, weft_value *to, size_t *item)
{
    const unsigned element = wefti_type_of(type)->element;
    const wefti_json *json;
    bool nulls = false;
    *item = SIZE_MAX;
    const wefti_json_status status = wefti_json_read(arena, data, size, &json);
    if (status != WEFTI_JSON_OK || json->kind != WEFTI_JSON_ARRAY)
        return status == WEFTI_JSON_MEMORY ? WEFT_ERROR_NO_MEMORY : WEFT_ERROR_DATA;
    for (size_t i = 0; i < json->count; i++)
        nulls = nulls || json->items[i]->kind == WEFTI_JSON_NULL;
    if (!wefti_array_new(arena, wefti_array_type(element, nulls), json->count, to))
        return WEFT_ERROR_NO_MEMORY;
    for (size_t i = 0; i < json->count; i++) {
        weft_value value;
        weft_status read = read_item(arena, element, json->items[i], &value);
        if (read == WEFT_OK && !wefti_array_put(to, i, &value))
            read = WEFT_ERROR_DATA;
        *item = read != WEFT_OK ? i : *item;
        if (read != WEFT_OK)
            return read;
    }
    return WEFT_OK;
}

/* ---- comparing ---- */

static int compare_bytes(void *context, int a_size, const void *a, int b_size, const void *b)
{
    (void)context;
    const size_t left = (size_t)a_size, right = (size_t)b_size, common = left < right ? left : right;
    const int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (left > right) - (left < right);
}

typedef int (*compare_texts)(void *context, int a_size, const void *a, int b_size, const void *b);

/* Texts of which equal ones may differ are compared as what they say. */
static compare_texts comparison_of(int64_t element)
{
    switch (element) {
    case WEFT_DECIMAL: return wefti_sqlite_compare_decimals;
    case WEFT_INTERVAL: return wefti_sqlite_compare_intervals;
    default: return wefti_type_of((unsigned)element)->family == WEFTI_FAMILY_JSON ? wefti_sqlite_compare_json : compare_bytes;
    }
}

static int compare_items(int64_t element, const wefti_json *a, const wefti_json *b)
{
    const bool a_null = a->kind == WEFTI_JSON_NULL, b_null = b->kind == WEFTI_JSON_NULL;
    if (a_null || b_null)
        return (int)a_null - (int)b_null;
    if (a->kind == WEFTI_JSON_STRING && b->kind == WEFTI_JSON_STRING)
        return comparison_of(element)(NULL, (int)a->size, a->data, (int)b->size, b->data);
    return wefti_json_compare(a, b);
}

int wefti_sqlite_compare_arrays(void *context, int a_size, const void *a, int b_size, const void *b)
{
    const int64_t element = (int64_t)(uintptr_t)context;
    const wefti_json *x, *y;
    int order = compare_bytes(NULL, a_size, a, b_size, b);
    if (order == 0)
        return 0;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const bool left = wefti_json_read(&arena, a, (size_t)a_size, &x) == WEFTI_JSON_OK && x->kind == WEFTI_JSON_ARRAY,
               right = wefti_json_read(&arena, b, (size_t)b_size, &y) == WEFTI_JSON_OK && y->kind == WEFTI_JSON_ARRAY;
    if (left && right) {
        order = 0;
        for (size_t i = 0; i < x->count && i < y->count && order == 0; i++)
            order = compare_items(element, x->items[i], y->items[i]);
        if (order == 0)
            order = (x->count > y->count) - (x->count < y->count);
    } else if (left != right) {
        order = left ? -1 : 1;
    }
    wefti_arena_deinit(&arena);
    return order;
}

/* ---- functions: of arrays, the last argument being the type of the items ---- */

/* NULL after an error. */
static const wefti_json *array_of(sqlite3_context *context, wefti_arena *arena, sqlite3_value *value)
{
    const wefti_json *json = wefti_sqlite_read_json(context, arena, value);
    if (json == NULL || json->kind == WEFTI_JSON_ARRAY)
        return json;
    wefti_sqlite_refuse(context, "an array is expected");
    return NULL;
}

/* A value as it stands in an array. */
static void add_value(wefti_text *text, sqlite3_value *value, int64_t element)
{
    const int kind = sqlite3_value_type(value);
    const void *data = kind == SQLITE_BLOB ? sqlite3_value_blob(value) : NULL;
    switch (kind) {
    case SQLITE_NULL: wefti_text_add(text, "null"); return;
    case SQLITE_INTEGER:
        if (element == WEFT_BOOL)
            wefti_text_add(text, sqlite3_value_int64(value) != 0 ? "true" : "false");
        else
            wefti_text_add_int(text, sqlite3_value_int64(value));
        wefti_text_add(text, wefti_type_is_real((unsigned)element) ? ".0" : "");
        return;
    case SQLITE_FLOAT: wefti_text_add_json_real(text, sqlite3_value_double(value)); return;
    case SQLITE_BLOB:
        wefti_text_add_char(text, '"');
        wefti_text_add_hex(text, data, (size_t)sqlite3_value_bytes(value));
        wefti_text_add_char(text, '"');
        return;
    default:
        data = sqlite3_value_text(value);
        if (data == NULL)
            text->failed = true;
        else
            wefti_text_add_json_string(text, data, (size_t)sqlite3_value_bytes(value));
    }
}

/* The same to be compared with items; NULL without memory. */
static const wefti_json *item_of(sqlite3_context *context, wefti_arena *arena, sqlite3_value *value, int64_t element)
{
    const wefti_json *json = NULL;
    wefti_text text;
    wefti_text_init(&text, 0);
    add_value(&text, value, element);
    const char *kept = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    if (kept == NULL || wefti_json_read(arena, kept, text.size, &json) == WEFTI_JSON_MEMORY)
        sqlite3_result_error_nomem(context);
    wefti_text_deinit(&text);
    return json;
}

static bool holds(const wefti_json *array, const wefti_json *item, int64_t element)
{
    bool found = false;
    for (size_t i = 0; i < array->count && !found; i++)
        found = array->items[i]->kind != WEFTI_JSON_NULL && compare_items(element, array->items[i], item) == 0;
    return found;
}

static bool holds_null(const wefti_json *array)
{
    bool found = false;
    for (size_t i = 0; i < array->count && !found; i++)
        found = array->items[i]->kind == WEFTI_JSON_NULL;
    return found;
}

/* item = ANY (array): of an empty array false; else NULL where item is, or where it may be a NULL among the items. */
static void has_item(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const int64_t element = sqlite3_value_int64(arguments[2]);
    const wefti_json *array = array_of(context, &arena, arguments[0]),
                     *item = array != NULL ? item_of(context, &arena, arguments[1], element) : NULL;
    if (item != NULL && array->count == 0)
        sqlite3_result_int(context, 0);
    else if (item != NULL && item->kind != WEFTI_JSON_NULL) {
        const bool found = holds(array, item, element);
        if (found || !holds_null(array))
            sqlite3_result_int(context, found);
    }
    wefti_arena_deinit(&arena);
}

/* @> or &&, by the function's own data. */
static void compare_sets(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const bool all = sqlite3_user_data(context) != NULL;
    if (wefti_sqlite_any_null(count, arguments))
        return;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const int64_t element = sqlite3_value_int64(arguments[2]);
    const wefti_json *a = array_of(context, &arena, arguments[0]), *b = a != NULL ? array_of(context, &arena, arguments[1]) : NULL;
    bool result = all;
    for (size_t i = 0; b != NULL && i < b->count && result == all; i++)
        result = b->items[i]->kind != WEFTI_JSON_NULL && holds(a, b->items[i], element);
    if (b != NULL)
        sqlite3_result_int(context, result);
    wefti_arena_deinit(&arena);
}

static void give_text(sqlite3_context *context, wefti_text *text)
{
    size_t size = 0;
    char *taken = wefti_text_take(text, &size);
    wefti_text_deinit(text);
    if (taken == NULL)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text64(context, taken, size, wefti_free, SQLITE_UTF8);
}

static void add_items(wefti_text *text, const wefti_json *array, const wefti_json *but, int64_t element)
{
    for (size_t i = 0; array != NULL && i < array->count; i++) {
        const wefti_json *item = array->items[i];
        if (but != NULL && compare_items(element, item, but) == 0)
            continue;
        wefti_text_add(text, text->size > 1 ? "," : "");
        wefti_text_add_bytes(text, item->from, (size_t)(item->to - item->from));
    }
}

/* weft_array_append(array, item, type): NULL counts as empty. */
static void append(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    wefti_arena arena;
    wefti_text text;
    wefti_arena_init(&arena, 0);
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    const bool none = sqlite3_value_type(arguments[0]) == SQLITE_NULL;
    const wefti_json *array = none ? NULL : array_of(context, &arena, arguments[0]);
    if (none || array != NULL) {
        wefti_text_add_char(&text, '[');
        add_items(&text, array, NULL, 0);
        wefti_text_add(&text, text.size > 1 ? "," : "");
        add_value(&text, arguments[1], sqlite3_value_int64(arguments[2]));
        wefti_text_add_char(&text, ']');
        give_text(context, &text);
    }
    wefti_arena_deinit(&arena);
}

/* weft_array_remove(array, item, type): all that equal it, or are NULL with it. */
static void remove_items(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    wefti_arena arena;
    wefti_text text;
    wefti_arena_init(&arena, 0);
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    const int64_t element = sqlite3_value_int64(arguments[2]);
    const wefti_json *array = array_of(context, &arena, arguments[0]),
                     *item = array != NULL ? item_of(context, &arena, arguments[1], element) : NULL;
    if (item != NULL) {
        wefti_text_add_char(&text, '[');
        add_items(&text, array, item, element);
        wefti_text_add_char(&text, ']');
        give_text(context, &text);
    }
    wefti_arena_deinit(&arena);
}

/* weft_array_concat(array, array): NULL adds nothing. */
static void concat(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    for (int i = 0; i < 2; i++)
        if (sqlite3_value_type(arguments[i]) == SQLITE_NULL) {
            sqlite3_result_value(context, arguments[1 - i]);
            return;
        }
    wefti_arena arena;
    wefti_text text;
    wefti_arena_init(&arena, 0);
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    const wefti_json *a = array_of(context, &arena, arguments[0]), *b = a != NULL ? array_of(context, &arena, arguments[1]) : NULL;
    if (b != NULL) {
        wefti_text_add_char(&text, '[');
        add_items(&text, a, NULL, 0);
        add_items(&text, b, NULL, 0);
        wefti_text_add_char(&text, ']');
        give_text(context, &text);
    }
    wefti_arena_deinit(&arena);
}

/* weft_array(type, item, …). */
static void make(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    wefti_text text;
    wefti_text_init(&text, WEFTI_MAX_VALUE_BYTES);
    wefti_text_add_char(&text, '[');
    for (int i = 1; i < count; i++) {
        wefti_text_add(&text, i > 1 ? "," : "");
        add_value(&text, arguments[i], sqlite3_value_int64(arguments[0]));
    }
    wefti_text_add_char(&text, ']');
    give_text(context, &text);
}

static void measure(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (wefti_sqlite_any_null(count, arguments))
        return;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const wefti_json *array = array_of(context, &arena, arguments[0]);
    if (array != NULL)
        sqlite3_result_int64(context, (sqlite3_int64)array->count);
    wefti_arena_deinit(&arena);
}

void wefti_sqlite_give_item(sqlite3_context *context, wefti_arena *arena, unsigned element, const wefti_json *json)
{
    weft_value value;
    const weft_status status = read_item(arena, element, json, &value);
    if (status == WEFT_ERROR_NO_MEMORY)
        sqlite3_result_error_nomem(context);
    else if (status != WEFT_OK)
        wefti_sqlite_refuse(context, "an item of the array is none of its type");
    else if (value.is_null)
        sqlite3_result_null(context);
    else if (element == WEFT_BYTES)
        sqlite3_result_blob64(context, value.as.s.data, value.as.s.size, SQLITE_TRANSIENT);
    else if (wefti_type_is_real(element))
        sqlite3_result_double(context, value.as.d);
    else if (wefti_type_is_integer(element))
        sqlite3_result_int64(context, value.as.i);
    else if (json->kind == WEFTI_JSON_BOOL)
        sqlite3_result_int(context, value.as.b);
    else
        sqlite3_result_text64(context, json->data, json->size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* weft_array_item(array, number, type). */
static void pick(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (wefti_sqlite_any_null(count, arguments))
        return;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const int64_t number = sqlite3_value_int64(arguments[1]);
    const wefti_json *array = array_of(context, &arena, arguments[0]);
    if (array != NULL && number >= 1 && (uint64_t)number <= array->count)
        wefti_sqlite_give_item(context, &arena, (unsigned)sqlite3_value_int(arguments[2]), array->items[number - 1]);
    wefti_arena_deinit(&arena);
}

/* The names that items may be are the arguments from the fourth on; SIZE_MAX: all are some. */
static size_t item_without_name(const weft_value *array, int count, sqlite3_value **arguments)
{
    for (size_t i = 0; count > 3 && i < wefti_array_count(array); i++) {
        const weft_value item = wefti_array_item(array, i);
        int n = 3;
        while (!item.is_null && n < count && strcmp((const char *)sqlite3_value_text(arguments[n]), item.as.s.data) != 0)
            n++;
        if (n == count)
            return i;
    }
    return SIZE_MAX;
}

/* weft_keep_array(value, column's name, its type, names that its items may be): what an expression stores. */
static void keep_array(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const char *data = sqlite3_value_type(arguments[0]) == SQLITE_TEXT ? (const char *)sqlite3_value_text(arguments[0]) : NULL;
    const unsigned type = count >= 3 ? (unsigned)sqlite3_value_int(arguments[2]) : 0;
    weft_value value;
    size_t item;
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || !wefti_type_is_array(type))
        return;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    const char *name = (const char *)sqlite3_value_text(arguments[1]);
    const bool read = data != NULL && wefti_sqlite_read_array(&arena, type, data, (size_t)sqlite3_value_bytes(arguments[0]), &value,
                                                              &item) == WEFT_OK;
    item = read ? item_without_name(&value, count, arguments) : 0;
    const char *message =
        !read              ? wefti_arena_printf(&arena, "%s: the value is no array of items that fit it", name != NULL ? name : "")
        : item != SIZE_MAX ? wefti_arena_printf(&arena, "%s: item %zu of the array is none of the enum's names",
                                                name != NULL ? name : "", item + 1)
                           : NULL;
    if (read && item == SIZE_MAX)
        sqlite3_result_value(context, arguments[0]);
    else
        wefti_sqlite_refuse(context, message != NULL ? message : "the value is no array of items that fit it");
    if (read && item != SIZE_MAX)
        sqlite3_result_error_code(context, SQLITE_CONSTRAINT_CHECK); /* as the CHECK of a table elsewhere */
    wefti_arena_deinit(&arena);
}

/* ---- aggregates ---- */

typedef struct gathered {
    wefti_text text;
    bool begun;
} gathered;

static void gather(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    gathered *g = sqlite3_aggregate_context(context, sizeof *g);
    (void)count;
    if (g == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (!g->begun)
        wefti_text_init(&g->text, WEFTI_MAX_VALUE_BYTES);
    wefti_text_add_char(&g->text, g->begun ? ',' : '[');
    g->begun = true;
    add_value(&g->text, arguments[0], sqlite3_value_int64(arguments[1]));
}

/* Of no rows NULL, or where the function has data an empty array. */
static void give(sqlite3_context *context)
{
    gathered *g = sqlite3_aggregate_context(context, 0);
    size_t size = 0;
    if (g == NULL || !g->begun) {
        if (sqlite3_user_data(context) != NULL)
            sqlite3_result_text(context, "[]", 2, SQLITE_STATIC);
        return;
    }
    wefti_text_add_char(&g->text, ']');
    char *text = wefti_text_take(&g->text, &size);
    if (text == NULL) {
        wefti_text_deinit(&g->text);
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_result_text64(context, text, size, wefti_free, SQLITE_UTF8);
}

int wefti_sqlite_register_arrays(sqlite3 *db)
{
    static char yes[] = "yes";
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    static const struct {
        const char *name;
        void (*function)(sqlite3_context *context, int count, sqlite3_value **arguments);
        int arguments;
        bool all;
    } functions[] = {{"weft_array", make, -1, false},
                     {"weft_array_has", has_item, 3, false},
                     {"weft_array_overlaps", compare_sets, 3, false},
                     {"weft_array_contains", compare_sets, 3, true},
                     {"weft_array_append", append, 3, false},
                     {"weft_array_remove", remove_items, 3, false},
                     {"weft_array_concat", concat, 2, false},
                     {"weft_array_length", measure, 1, false},
                     {"weft_array_item", pick, 3, false},
                     {"weft_keep_array", keep_array, -1, false}};
#define OF_ARRAY(a, name, NAME, T) {WEFT_##NAME, "WEFT_ARRAY_" #NAME},
    static const struct {
        uint8_t element;
        const char *name;
    } collations[] = {WEFT_ARRAY_TYPES_(OF_ARRAY, )};
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof collations / sizeof collations[0] && rc == SQLITE_OK; i++)
        rc = sqlite3_create_collation_v2(db, collations[i].name, SQLITE_UTF8, (void *)(uintptr_t)collations[i].element,
                                         wefti_sqlite_compare_arrays, NULL);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0] && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, flags, functions[i].all ? yes : NULL,
                                        functions[i].function, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "weft_array_agg", 2, flags, NULL, NULL, gather, give, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(db, "weft_array_of", 2, flags, yes, NULL, gather, give, NULL);
    return rc;
}
