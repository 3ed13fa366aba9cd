/* The reader takes what PostgreSQL's jsonb takes: of members with one key the last counts, and a NUL in a string is an error. */
#include "driver/sqlite/json.h"

#include "driver/sqlite/exact.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 512

typedef struct reader {
    wefti_arena *arena;
    const char *at, *end;
    unsigned depth;
    wefti_json_status status;
} reader;

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

const char *wefti_json_fault(wefti_json_status status)
{
    return status == WEFTI_JSON_DEPTH ? "JSON is nested deeper than " TEXT(MAX_DEPTH) " levels, the most that are read on SQLite"
                                      : "what should be JSON is none";
}

static bool fail(reader *r, wefti_json_status status)
{
    if (r->status == WEFTI_JSON_OK)
        r->status = status;
    return false;
}

static char peek(const reader *r) { return r->at < r->end ? *r->at : '\0'; }

static void skip_blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* ---- strings ---- */

static bool read_unit(reader *r, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = peek(r), lower = (char)(c | 0x20);
        bool digit = c >= '0' && c <= '9', letter = lower >= 'a' && lower <= 'f';
        if (!digit && !letter)
            return fail(r, WEFTI_JSON_SYNTAX);
        *unit = *unit * 16 + (uint32_t)(digit ? c - '0' : lower - 'a' + 10);
    }
    return true;
}

static char *write_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *out++ = (char)((more == 1 ? 0xc0u : more == 2 ? 0xe0u : 0xf0u) | c >> (6 * more));
    while (more-- > 0)
        *out++ = (char)(0x80u | (c >> (6 * more) & 0x3fu));
    return out;
}

static bool read_escape(reader *r, char **out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = peek(r);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    uint32_t unit, low;
    r->at++;
    if (name != NULL) {
        *(*out)++ = meanings[name - names];
        return true;
    }
    if (c != 'u' || !read_unit(r, &unit) || unit == 0)
        return fail(r, WEFTI_JSON_SYNTAX);
    if (unit >= 0xd800 && unit < 0xe000) {
        if (unit >= 0xdc00 || r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return fail(r, WEFTI_JSON_SYNTAX);
        r->at += 2;
        if (!read_unit(r, &low) || low < 0xdc00 || low >= 0xe000)
            return fail(r, WEFTI_JSON_SYNTAX);
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    *out = write_utf8(unit, *out);
    return true;
}

/* A string without escapes is where it stands; no escape is shorter than what it means. */
static bool read_string(reader *r, const char **data, size_t *size)
{
    const char *start = ++r->at;
    while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= 0x20)
        r->at++;
    if (peek(r) == '"') {
        *data = start;
        *size = (size_t)(r->at++ - start);
        return true;
    }
    const char *quote = r->at;
    while (quote < r->end && *quote != '"')
        quote += *quote == '\\' ? 2 : 1;
    if (quote >= r->end)
        return fail(r, WEFTI_JSON_SYNTAX);
    char *room = wefti_arena_alloc(r->arena, (size_t)(quote - start) + 1), *out = room;
    if (room == NULL)
        return fail(r, WEFTI_JSON_MEMORY);
    for (r->at = start; r->at < quote;) {
        if ((unsigned char)*r->at < 0x20)
            return fail(r, WEFTI_JSON_SYNTAX);
        if (*r->at != '\\') {
            *out++ = *r->at++;
            continue;
        }
        r->at++;
        if (!read_escape(r, &out))
            return false;
    }
    r->at++;
    *data = room;
    *size = (size_t)(out - room);
    return true;
}

/* ---- values ---- */

static bool read_digits(reader *r)
{
    const char *start = r->at;
    while (peek(r) >= '0' && peek(r) <= '9')
        r->at++;
    return r->at > start;
}

static bool read_number(reader *r, wefti_json *json)
{
    json->kind = WEFTI_JSON_NUMBER;
    json->data = r->at;
    r->at += peek(r) == '-';
    const bool zero = peek(r) == '0';
    const char *whole = r->at;
    if (!read_digits(r) || (zero && r->at - whole > 1))
        return fail(r, WEFTI_JSON_SYNTAX);
    if (peek(r) == '.') {
        r->at++;
        if (!read_digits(r))
            return fail(r, WEFTI_JSON_SYNTAX);
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        r->at++;
        r->at += peek(r) == '-' || peek(r) == '+';
        if (!read_digits(r))
            return fail(r, WEFTI_JSON_SYNTAX);
    }
    json->size = (size_t)(r->at - json->data);
    return true;
}

static bool read_word(reader *r, wefti_json *json)
{
    static const struct {
        const char *word;
        uint8_t kind;
        bool truth;
    } words[] = {{"null", WEFTI_JSON_NULL, false}, {"true", WEFTI_JSON_BOOL, true}, {"false", WEFTI_JSON_BOOL, false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t size = strlen(words[i].word);
        if ((size_t)(r->end - r->at) < size || memcmp(r->at, words[i].word, size) != 0)
            continue;
        json->kind = words[i].kind;
        json->truth = words[i].truth;
        r->at += size;
        return true;
    }
    return fail(r, WEFTI_JSON_SYNTAX);
}

static bool read_value(reader *r, wefti_json *json);

static bool add_item(reader *r, wefti_json *json, size_t *capacity, const wefti_json *item)
{
    if (json->count == *capacity) {
        size_t more = *capacity > 0 ? 2 * *capacity : 8;
        const wefti_json **items = wefti_arena_alloc(r->arena, more * sizeof *items);
        if (items == NULL)
            return fail(r, WEFTI_JSON_MEMORY);
        if (json->count > 0)
            memcpy(items, json->items, json->count * sizeof *items);
        json->items = items;
        *capacity = more;
    }
    json->items[json->count++] = item;
    return true;
}

static int compare_bytes(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t common = a_size < b_size ? a_size : b_size;
    int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_keys(const wefti_json *a, const wefti_json *b)
{
    if (a->key_size != b->key_size)
        return a->key_size > b->key_size ? 1 : -1;
    return compare_bytes(a->key, a->key_size, b->key, b->key_size);
}

/* Members of one key stay in their order. */
static int sort_members(const void *a, const void *b)
{
    const wefti_json *x = *(const wefti_json *const *)a, *y = *(const wefti_json *const *)b;
    int order = compare_keys(x, y);
    return order != 0 ? order : (x->from > y->from) - (x->from < y->from);
}

static void settle_members(wefti_json *json)
{
    size_t kept = 0;
    if (json->count < 2)
        return;
    qsort((void *)json->items, json->count, sizeof *json->items, sort_members);
    for (size_t i = 0; i < json->count; i++) {
        kept += i > 0 && compare_keys(json->items[i], json->items[kept]) != 0;
        json->items[kept] = json->items[i];
    }
    json->count = kept + 1;
}

/* An array or an object; r is at its bracket. */
static bool read_container(reader *r, wefti_json *json)
{
    const bool object = *r->at++ == '{';
    const char close = object ? '}' : ']';
    size_t capacity = 0;
    json->kind = object ? WEFTI_JSON_OBJECT : WEFTI_JSON_ARRAY;
    if (++r->depth > MAX_DEPTH)
        return fail(r, WEFTI_JSON_DEPTH);
    skip_blanks(r);
    while (peek(r) != close || json->count > 0) {
        wefti_json *item = wefti_arena_zalloc(r->arena, sizeof *item);
        if (item == NULL)
            return fail(r, WEFTI_JSON_MEMORY);
        skip_blanks(r);
        if (object) {
            if (peek(r) != '"' || !read_string(r, &item->key, &item->key_size))
                return fail(r, WEFTI_JSON_SYNTAX);
            skip_blanks(r);
            if (peek(r) != ':')
                return fail(r, WEFTI_JSON_SYNTAX);
            r->at++;
        }
        if (!read_value(r, item) || !add_item(r, json, &capacity, item))
            return false;
        if (peek(r) == close)
            break;
        if (peek(r) != ',')
            return fail(r, WEFTI_JSON_SYNTAX);
        r->at++;
    }
    r->at++;
    r->depth--;
    if (object)
        settle_members(json);
    return true;
}

/* Leaves r behind the blanks after it. */
static bool read_value(reader *r, wefti_json *json)
{
    bool read;
    skip_blanks(r);
    json->from = r->at;
    switch (peek(r)) {
    case '{':
    case '[': read = read_container(r, json); break;
    case '"':
        json->kind = WEFTI_JSON_STRING;
        read = read_string(r, &json->data, &json->size);
        break;
    case 't':
    case 'f':
    case 'n': read = read_word(r, json); break;
    default: read = read_number(r, json); break;
    }
    json->to = r->at;
    if (read)
        skip_blanks(r);
    return read;
}

wefti_json_status wefti_json_read(wefti_arena *arena, const char *data, size_t size, const wefti_json **json)
{
    reader r = {.arena = arena, .at = data, .end = data + size};
    wefti_json *root = wefti_arena_zalloc(arena, sizeof *root);
    if (root == NULL)
        return WEFTI_JSON_MEMORY;
    if (read_value(&r, root) && r.at != r.end)
        (void)fail(&r, WEFTI_JSON_SYNTAX);
    *json = root;
    return r.status;
}

/* ---- order ---- */

static int compare(const wefti_json *a, const wefti_json *b)
{
    if (a->kind != b->kind)
        return a->kind > b->kind ? 1 : -1;
    switch (a->kind) {
    case WEFTI_JSON_STRING: return compare_bytes(a->data, a->size, b->data, b->size);
    case WEFTI_JSON_NUMBER: return wefti_decimal_compare(a->data, a->size, b->data, b->size);
    case WEFTI_JSON_BOOL: return (int)a->truth - (int)b->truth;
    default: break;
    }
    if (a->count != b->count)
        return a->count > b->count ? 1 : -1;
    for (size_t i = 0; i < a->count; i++) {
        const wefti_json *x = a->items[i], *y = b->items[i];
        int order = a->kind == WEFTI_JSON_OBJECT ? compare_bytes(x->key, x->key_size, y->key, y->key_size) : 0;
        order = order != 0 ? order : compare(x, y);
        if (order != 0)
            return order;
    }
    return 0;
}

int wefti_json_compare(const wefti_json *a, const wefti_json *b)
{
    /* An empty array comes before what is neither array nor object, but within others: so jsonb has always had it. */
    if (a->kind == WEFTI_JSON_ARRAY && a->count == 0 && b->kind < WEFTI_JSON_ARRAY)
        return -1;
    if (b->kind == WEFTI_JSON_ARRAY && b->count == 0 && a->kind < WEFTI_JSON_ARRAY)
        return 1;
    return compare(a, b);
}

const wefti_json *wefti_json_member(const wefti_json *json, const char *key, size_t size)
{
    for (size_t i = 0; json->kind == WEFTI_JSON_OBJECT && i < json->count; i++)
        if (json->items[i]->key_size == size && memcmp(json->items[i]->key, key, size) == 0)
            return json->items[i];
    return NULL;
}

/* ---- text ---- */

static bool write_number(wefti_arena *arena, const wefti_json *json, wefti_text *text)
{
    wefti_exact n;
    size_t size = 0;
    wefti_exact_status status = wefti_exact_parse(arena, json->data, json->size, &n);
    const char *digits = status == WEFTI_EXACT_OK ? wefti_exact_text(arena, &n, false, &size) : NULL;
    if (digits != NULL)
        wefti_text_add_bytes(text, digits, size);
    else if (status == WEFTI_EXACT_OVERFLOW)
        wefti_text_add_bytes(text, json->data, json->size);
    return digits != NULL || status == WEFTI_EXACT_OVERFLOW;
}

/* As PostgreSQL escapes, which leaves the slash and what is no control character. */
static void write_string(wefti_text *text, const char *data, size_t size)
{
    static const char names[] = "\"\\bfnrt", meanings[] = "\"\\\b\f\n\r\t";
    wefti_text_add_char(text, '"');
    for (size_t i = 0; i < size; i++) {
        const char *at = data[i] != '\0' ? strchr(meanings, data[i]) : NULL;
        if (at != NULL) {
            wefti_text_add_char(text, '\\');
            wefti_text_add_char(text, names[at - meanings]);
        } else if ((unsigned char)data[i] < 0x20) {
            wefti_text_add_format(text, "\\u%04x", (unsigned)(unsigned char)data[i]);
        } else {
            wefti_text_add_char(text, data[i]);
        }
    }
    wefti_text_add_char(text, '"');
}

bool wefti_json_write(wefti_arena *arena, const wefti_json *json, wefti_text *text)
{
    const bool object = json->kind == WEFTI_JSON_OBJECT;
    switch (json->kind) {
    case WEFTI_JSON_NULL: wefti_text_add(text, "null"); return !text->failed;
    case WEFTI_JSON_BOOL: wefti_text_add(text, json->truth ? "true" : "false"); return !text->failed;
    case WEFTI_JSON_STRING: write_string(text, json->data, json->size); return !text->failed;
    case WEFTI_JSON_NUMBER: return write_number(arena, json, text) && !text->failed;
    default: break;
    }
    wefti_text_add_char(text, object ? '{' : '[');
    for (size_t i = 0; i < json->count; i++) {
        wefti_text_add(text, i > 0 ? ", " : "");
        if (object) {
            write_string(text, json->items[i]->key, json->items[i]->key_size);
            wefti_text_add(text, ": ");
        }
        if (!wefti_json_write(arena, json->items[i], text))
            return false;
    }
    wefti_text_add_char(text, object ? '}' : ']');
    return !text->failed;
}
