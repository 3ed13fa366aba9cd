/* Arrays as values: count items one after the other, as the program's structs have them. What items point to is borrowed with
 * them; a copy is one piece, the items first and their contents behind them. */
#include "type/type.h"

#include "base/locale.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static unsigned item_type(const wefti_type *row) { return row->element | (row->optional_items ? (unsigned)WEFT_OPT : 0u); }

wefti_array wefti_array_items(const weft_value *value)
{
    const wefti_type *row = wefti_type_of(value->type);
    return (wefti_array){.type = (uint16_t)item_type(row),
                         .count = wefti_array_count(value),
                         .base = value->as.s.data,
                         .stride = row->stride};
}

unsigned wefti_array_type(unsigned item, bool optional)
{
    if (item == WEFT_UNMAPPED || item >= WEFT_TYPE_COUNT_)
        return WEFT_UNMAPPED;
    const bool range = wefti_type_of(item)->bound != 0;
    const unsigned with_null = (range ? (unsigned)WEFT_ARRAY_OF_OPT_RANGE : (unsigned)WEFT_ARRAY_OF_OPT) + item;
    const unsigned type = optional && wefti_type_of(with_null)->optional_items && wefti_type_of(with_null)->element == item
                              ? with_null
                              : WEFT_ARRAY + item;
    return wefti_type_is_array(type) ? type : (unsigned)WEFT_UNMAPPED;
}

bool wefti_array_new(wefti_arena *arena, unsigned type, size_t count, weft_value *to)
{
    const wefti_type *row = wefti_type_of(type);
    if (count > (SIZE_MAX - 16) / row->stride)
        return false;
    const size_t size = count * row->stride;
    *to = (weft_value){.type = (weft_type)type, .as.s = {wefti_arena_zalloc(arena, size > 0 ? size : 1), size}};
    return to->as.s.data != NULL;
}

bool wefti_array_put(weft_value *array, size_t i, const weft_value *item)
{
    const wefti_type *row = wefti_type_of(array->type);
    char *at = (char *)(uintptr_t)array->as.s.data + i * row->stride; /* wefti_array_new has made it */
    weft_value taken;
    if (item->is_null)
        return row->optional_items || wefti_type_of(row->element)->borrows;
    if (wefti_type_is_own(row->element))
        return wefti_field_put(row->element | (row->optional_items ? (unsigned)WEFT_OPT : 0u), item, at);
    if (!wefti_value_take(row->element, item, &taken))
        return false;
    return row->optional_items ? wefti_field_put(row->element | (unsigned)WEFT_OPT, &taken, at)
                               : wefti_plain_put(row->element, &taken, at);
}

bool wefti_array_as(wefti_arena *arena, unsigned type, const weft_value *from, weft_value *to, size_t *refused)
{
    const size_t count = wefti_array_count(from);
    *refused = count;
    if (!wefti_array_new(arena, type, count, to))
        return false;
    for (size_t i = 0; i < count; i++) {
        const weft_value item = wefti_array_item(from, i);
        if (!wefti_array_put(to, i, &item)) {
            *refused = i;
            return true;
        }
    }
    return true;
}

/* ---- names ---- */

void *wefti_arena_room(void *arena, size_t size) { return wefti_arena_alloc(arena, size); }

size_t wefti_name_find(const char *const *names, size_t count, const char *data, size_t size)
{
    size_t i = 0;
    while (i < count && (names[i] == NULL || strlen(names[i]) != size || memcmp(names[i], data, size) != 0))
        i++;
    return i;
}

static const char *name_of(const weft_value *item, const char *const *names, size_t count)
{
    if (wefti_type_is_integer(item->type))
        return item->as.i >= 0 && (uint64_t)item->as.i < count ? names[item->as.i] : NULL;
    const size_t at = item->type == WEFT_TEXT ? wefti_name_find(names, count, item->as.s.data, item->as.s.size) : count;
    return at < count ? names[at] : NULL;
}

bool wefti_array_to_names(const weft_value *from, const char *const *names, size_t count, wefti_allocate allocate, void *context,
                          weft_value *to, size_t *refused)
{
    const size_t items = wefti_array_count(from);
    const char **texts = items < SIZE_MAX / sizeof *texts ? allocate(context, (items + 1) * sizeof *texts) : NULL;
    *refused = SIZE_MAX;
    if (texts == NULL)
        return false;
    for (size_t i = 0; i < items && *refused == SIZE_MAX; i++) {
        const weft_value item = wefti_array_item(from, i);
        texts[i] = item.is_null ? NULL : name_of(&item, names, count);
        if (!item.is_null && texts[i] == NULL)
            *refused = i;
    }
    *to = (weft_value){.type = (weft_type)(WEFT_ARRAY + WEFT_TEXT),
                       .as.s = {(const char *)(const void *)texts, (*refused < items ? *refused : items) * sizeof *texts}};
    return true;
}

bool wefti_array_of_names(wefti_arena *arena, unsigned type, const weft_value *from, const char *const *names, size_t count,
                          weft_value *to, size_t *refused)
{
    const size_t items = wefti_array_count(from);
    *refused = SIZE_MAX;
    if (!wefti_array_new(arena, type, items, to))
        return false;
    for (size_t i = 0; i < items && *refused == SIZE_MAX; i++) {
        const weft_value item = wefti_array_item(from, i);
        const size_t at =
            item.is_null || !wefti_type_is_text(item.type) ? count : wefti_name_find(names, count, item.as.s.data, item.as.s.size);
        const weft_value number = item.is_null ? item : weft_value_int64((int64_t)at);
        if ((at == count && !item.is_null) || !wefti_array_put(to, i, &number))
            *refused = i;
    }
    return true;
}

/* ---- of the row ---- */

static bool are_alike(const weft_value *a, const weft_value *b, bool (*alike)(const weft_value *a, const weft_value *b))
{
    const size_t count = wefti_array_count(a);
    bool all = wefti_type_of(a->type)->element == wefti_type_of(b->type)->element && wefti_array_count(b) == count;
    for (size_t i = 0; i < count && all; i++) {
        const weft_value x = wefti_array_item(a, i), y = wefti_array_item(b, i);
        all = alike(&x, &y);
    }
    return all;
}

bool wefti_arrays_equal(const weft_value *a, const weft_value *b) { return are_alike(a, b, wefti_values_equal); }
bool wefti_arrays_same(const weft_value *a, const weft_value *b) { return are_alike(a, b, wefti_values_same); }

/* NULL is greatest, as it is within arrays of the database. */
int wefti_arrays_compare(const weft_value *a, const weft_value *b)
{
    const size_t a_count = wefti_array_count(a), b_count = wefti_array_count(b);
    for (size_t i = 0; i < a_count && i < b_count; i++) {
        const weft_value x = wefti_array_item(a, i), y = wefti_array_item(b, i);
        const int order = x.is_null || y.is_null ? (int)x.is_null - (int)y.is_null : wefti_values_compare(&x, &y);
        if (order != 0)
            return order;
    }
    return a_count < b_count ? -1 : a_count > b_count;
}

uint64_t wefti_array_hash(const weft_value *value, uint64_t seed)
{
    const size_t count = wefti_array_count(value);
    for (size_t i = 0; i < count; i++) {
        const weft_value item = wefti_array_item(value, i);
        seed = wefti_value_hash(item.type, &item, seed);
    }
    return seed * 31 + count;
}

void wefti_show_moment(wefti_text *out, const weft_value *item)
{
    wefti_value_show(out, item);
    if (item->type != WEFT_TIMESTAMP || out->failed || out->data[out->size - 1] == 'y') /* infinity */
        return;
    const bool bc = out->data[out->size - 1] == 'C';
    out->size -= bc ? strlen(" BC") : 0;
    wefti_text_add(out, bc ? "+00 BC" : "+00");
}

/* As people read it, but for what PostgreSQL would read otherwise: bytes are digits, and timestamps say that they are in UTC. */
static void show_item(wefti_text *out, const weft_value *item)
{
    if (item->type != WEFT_BYTES) {
        wefti_show_moment(out, item);
        return;
    }
    wefti_text_add(out, "\\x");
    wefti_text_add_hex(out, item->as.s.data, item->as.s.size);
}

/* {1,NULL,"a \"b\""}, which PostgreSQL reads, too; the ranges of a multirange have their own quotes. */
void wefti_array_show(wefti_text *out, const weft_value *value)
{
    const size_t count = wefti_array_count(value);
    const wefti_type *element = wefti_type_of(wefti_type_of(value->type)->element);
    const bool quoted = element->kept != WEFTI_KEPT_BOOL && element->kin != WEFT_INT64 && !wefti_type_is_multirange(value->type);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_char(out, '{');
    for (size_t i = 0; i < count && !out->failed; i++) {
        const weft_value item = wefti_array_item(value, i);
        wefti_text_add(out, i > 0 ? "," : "");
        if (item.is_null || !quoted) {
            wefti_value_show(out, &item);
            continue;
        }
        wefti_text_clear(&text);
        show_item(&text, &item);
        out->failed = out->failed || text.failed; /* clearing it would forget that */
        wefti_text_add_char(out, '"');
        for (size_t c = 0; c < text.size; c++) {
            if (text.data[c] == '"' || text.data[c] == '\\')
                wefti_text_add_char(out, '\\');
            wefti_text_add_char(out, text.data[c]);
        }
        wefti_text_add_char(out, '"');
    }
    wefti_text_add_char(out, '}');
    out->failed = out->failed || text.failed;
    wefti_text_deinit(&text);
}

/* ---- texts ---- */

static void add_utf8(wefti_array_text *text, uint32_t c)
{
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
    text->item[text->size++] = (char)(first[more] | c >> (6 * more));
    for (int i = more - 1; i >= 0; i--)
        text->item[text->size++] = (char)(0x80u | (c >> (6 * i) & 0x3fu));
}

static bool read_unit(wefti_array_text *text, uint32_t *unit)
{
    unsigned char bytes[2];
    if (text->end - text->at < 4 || !wefti_hex_read(text->at, 4, bytes))
        return false;
    *unit = (uint32_t)bytes[0] << 8 | bytes[1];
    text->at += 4;
    return true;
}

/* What follows a backslash in JSON; no escape is shorter than what it means. */
static bool read_escape(wefti_array_text *text)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char c = *text->at++, *name = c != '\0' ? strchr(names, c) : NULL;
    uint32_t unit, low;
    if (name != NULL) {
        text->item[text->size++] = meanings[name - names];
        return true;
    }
    if (c != 'u' || !read_unit(text, &unit) || unit == 0 || (unit >= 0xdc00 && unit < 0xe000))
        return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (text->end - text->at < 6 || memcmp(text->at, "\\u", 2) != 0)
            return false;
        text->at += 2;
        if (!read_unit(text, &low) || low < 0xdc00 || low >= 0xe000)
            return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(text, unit);
    return true;
}

static void skip_blanks(wefti_array_text *text)
{
    while (text->at < text->end && strchr(" \t\r\n", *text->at) != NULL)
        text->at++;
}

static bool next_of_json(wefti_array_text *text)
{
    skip_blanks(text);
    const bool quoted = text->at < text->end && *text->at == '"';
    text->size = 0;
    text->at += quoted;
    while (text->at < text->end && (quoted ? *text->at != '"' : strchr(",] \t\r\n", *text->at) == NULL)) {
        const char c = *text->at++;
        if (!quoted && (c == '[' || c == '{' || c == '"'))
            return false;
        if (!quoted || c != '\\')
            text->item[text->size++] = c;
        else if (text->at == text->end || !read_escape(text))
            return false;
    }
    text->at += quoted;
    skip_blanks(text);
    if (text->at >= text->end || (text->size == 0 && !quoted) || (*text->at != ',' && *text->at != ']'))
        return false;
    text->item[text->size] = '\0';
    text->is_null = !quoted && strcmp(text->item, "null") == 0;
    text->at++;
    return true;
}

/* The next item without its quotes; false where there is none. */
bool wefti_array_text_next(wefti_array_text *text)
{
    if (text->json)
        return next_of_json(text);
    const bool quoted = text->at < text->end && *text->at == '"';
    bool open = quoted;
    text->size = 0;
    text->at += quoted;
    while (text->at < text->end && (open || (*text->at != ',' && *text->at != '}'))) {
        char c = *text->at++;
        if (open && c == '"') {
            open = false;
            continue;
        }
        if ((!quoted && (c == '{' || c == '"')) || (quoted && !open))
            return false;
        if (c == '\\' && text->at < text->end)
            c = *text->at++;
        text->item[text->size++] = c;
    }
    if (open || text->at >= text->end || (text->size == 0 && !quoted))
        return false;
    text->item[text->size] = '\0';
    text->is_null = !quoted && wefti_ascii_equal(text->item, "NULL");
    text->at++;
    return true;
}

bool wefti_array_text_begin(wefti_array_text *text, wefti_arena *arena, const char *data, size_t size)
{
    const char *end = data + size, *open = memchr(data, '{', size);
    const bool bounds = open != NULL && open != data && data[0] == '[' && open[-1] == '='; /* other than from 1: [2:4]={…} */
    *text = (wefti_array_text){.end = end, .item = wefti_arena_aligned(arena, size + 1, 1)};
    if (text->item == NULL)
        return false;
    text->json = size > 0 && data[0] == '[' && !bounds;
    open = text->json ? data : open;
    const char close = text->json ? ']' : '}';
    if (open == NULL || end[-1] != close || (open != data && !bounds))
        return true;
    text->at = open + 1;
    text->valid = true;
    if (text->at != end - 1) /* else it is empty */
        for (; text->valid && text->at < end; text->count++) {
            text->valid = wefti_array_text_next(text) && (text->at == end) == (text->at[-1] == close);
            text->nulls = text->nulls || text->is_null;
        }
    text->at = open + 1;
    return true;
}

static bool read_bytes(const wefti_array_text *text, char *data, weft_value *value)
{
    const size_t from = text->json ? 0 : strlen("\\x");
    value->as.s.data = data;
    value->as.s.size = text->size >= from ? (text->size - from) / 2 : 0;
    return text->size >= from && memcmp(text->item, "\\x", from) == 0 && wefti_hex_read(text->item + from, text->size - from, data);
}

/* data: the text of the item, which is the value's. */
static bool read_item(unsigned type, const wefti_array_text *text, char *data, weft_value *value)
{
    const wefti_type *row = wefti_type_of(type);
    char *end = NULL;
    *value = (weft_value){.type = (weft_type)type, .is_null = text->is_null};
    if (text->is_null)
        return true;
    switch ((wefti_kept)row->kept) {
    case WEFTI_KEPT_BOOL: value->as.b = *data == 't'; return *data == 't' || *data == 'f';
    case WEFTI_KEPT_REAL: value->as.d = wefti_double_read(data, &end); return end == data + text->size && text->size > 0;
    case WEFTI_KEPT_BYTES: return read_bytes(text, data, value);
    case WEFTI_KEPT_BITS: return wefti_bits_read(text->item, text->size, data, value);
    default: break;
    }
    if (row->kin == WEFT_INT64)
        return wefti_int64_parse(data, text->size, &value->as.i);
    if (type == WEFT_INTERVAL)
        return wefti_interval_read(data, text->size, &value->as.interval);
    return wefti_value_read(type, data, text->size, value);
}

/* {[1,3),[5,7)}: once to count, once to read. */
static bool read_multirange(wefti_arena *arena, unsigned type, const char *data, size_t size, weft_value *to, bool *valid)
{
    const char *range, *at = data + 1, *end = data + size - 1;
    size_t length, count = 0;
    *valid = size >= 2 && data[0] == '{' && *end == '}';
    while (*valid && wefti_multirange_next(&at, end, &range, &length, valid))
        count++;
    if (*valid && !wefti_array_new(arena, type, count, to))
        return false;
    at = data + 1;
    for (size_t i = 0; *valid && i < count; i++) {
        weft_value item = {.type = (weft_type)wefti_type_of(type)->element};
        (void)wefti_multirange_next(&at, end, &range, &length, valid);
        const char *kept = wefti_arena_strndup(arena, range, length);
        if (kept == NULL)
            return false;
        *valid = wefti_value_read(item.type, kept, length, &item) && wefti_array_put(to, i, &item);
    }
    return true;
}

bool wefti_array_read(wefti_arena *arena, unsigned type, const char *data, size_t size, weft_value *to, bool *valid)
{
    wefti_array_text text;
    const unsigned element = wefti_type_of(type)->element;
    if (wefti_type_is_multirange(type))
        return read_multirange(arena, type, data, size, to, valid);
    *valid = false;
    if (!wefti_array_text_begin(&text, arena, data, size))
        return false;
    *valid = text.valid;
    if (text.valid && !wefti_array_new(arena, wefti_array_type(element, text.nulls), text.count, to))
        return false;
    for (size_t i = 0; i < text.count && *valid; i++) {
        weft_value item;
        wefti_array_text_next(&text);
        char *kept = wefti_arena_strndup(arena, text.item, text.size);
        if (kept == NULL)
            return false;
        *valid = read_item(element, &text, kept, &item) && wefti_array_put(to, i, &item);
    }
    return true;
}

/* ---- JSON ---- */

/* How many digits a valid decimal is given behind its point, zeros at the end counted; at most as many as can be written. */
static int given_scale(const char *data, size_t size)
{
    const char *point = memchr(data, '.', size), *end = data;
    int64_t exponent = 0;
    while (end < data + size && *end != 'e' && *end != 'E')
        end++;
    const char *digits = end + (data + size - end > 1 && end[1] == '+' ? 2 : 1);
    if (end < data + size && !wefti_int64_parse(digits, (size_t)(data + size - digits), &exponent))
        exponent = end[1] == '-' ? -2000 : 2000;
    const int64_t behind = (point != NULL ? end - point - 1 : 0) - (exponent < -2000 ? -2000 : exponent > 2000 ? 2000 : exponent);
    return behind < 0 ? 0 : behind > INT_MAX ? INT_MAX : (int)behind;
}

/* With the digits that it is given, as arrays keep them where the database has some. */
static const char *add_json_decimal(wefti_text *json, const char *data, size_t size)
{
    if (!wefti_decimal_valid(data, size, true))
        return "holds what is no decimal";
    wefti_text_add_char(json, '"');
    if (!wefti_text_add_decimal(json, data, size, given_scale(data, size)))
        return "holds a decimal that has more zeros than can be written";
    wefti_text_add_char(json, '"');
    return NULL;
}

static const char *add_json_item(wefti_text *json, const weft_value *item)
{
    char form[WEFTI_FORM_BYTES];
    const char *data = item->as.s.data;
    if (item->is_null) {
        wefti_text_add(json, "null");
    } else if (wefti_type_is_real(item->type)) {
        if (isnan(item->as.d))
            return "holds what is no number";
        wefti_text_add_json_real(json, item->as.d);
    } else if (item->type == WEFT_DECIMAL) {
        return add_json_decimal(json, data, item->as.s.size);
    } else if (item->type == WEFT_BYTES) {
        wefti_text_add_char(json, '"');
        wefti_text_add_hex(json, data, item->as.s.size);
        wefti_text_add_char(json, '"');
    } else if (wefti_type_is_text(item->type)) {
        if (!wefti_utf8_valid(data, item->as.s.size))
            return "holds a text that is not UTF-8 or contains a NUL";
        wefti_text_add_json_string(json, data, item->as.s.size);
    } else if (wefti_type_of(item->type)->form != NULL) {
        const size_t size = wefti_value_form(item, form);
        if (size == 0)
            return "holds what lies outside the years 1 to 9999, which cannot be kept in order as text";
        wefti_text_add_json_string(json, form, size);
    } else {
        wefti_value_show(json, item); /* a number, or true */
    }
    return NULL;
}

const char *wefti_array_add_json(wefti_text *json, const weft_value *array)
{
    const char *why = NULL;
    wefti_text_add_char(json, '[');
    for (size_t i = 0, count = wefti_array_count(array); i < count && why == NULL; i++) {
        const weft_value item = wefti_array_item(array, i);
        wefti_text_add(json, i > 0 ? "," : "");
        why = add_json_item(json, &item);
    }
    wefti_text_add_char(json, ']');
    return why;
}

/* ---- copies ---- */

size_t wefti_array_room(const weft_value *value)
{
    size_t size = value->as.s.size + 1;
    if (!wefti_type_has_content(wefti_type_of(value->type)->element))
        return size;
    const size_t count = wefti_array_count(value);
    for (size_t i = 0; i < count; i++) {
        const weft_value item = wefti_array_item(value, i);
        size += wefti_value_room(&item);
    }
    return size;
}

weft_value wefti_array_copied(weft_value value, void *room)
{
    const wefti_type *row = wefti_type_of(value.type);
    const size_t count = wefti_array_count(&value);
    char *items = room, *content = items + value.as.s.size;
    if (value.as.s.size > 0)
        memcpy(items, value.as.s.data, value.as.s.size);
    for (size_t i = 0; i < count && wefti_type_has_content(row->element); i++) {
        weft_value item = wefti_array_item(&value, i);
        if (item.is_null)
            continue;
        const size_t size = wefti_value_room(&item);
        item = wefti_value_copied(item, content);
        (void)wefti_plain_put(row->element, &item, items + i * row->stride);
        content += size;
    }
    *content = '\0';
    value.as.s.data = items;
    return value;
}
