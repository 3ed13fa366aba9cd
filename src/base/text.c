/* The growing text buffer, UTF-8, and small conversions.
 *
 * A buffer's failure is sticky: builders add piece after piece and look once, at the end. No buffer grows past its limit. */
#include "base/text.h"

#include "base/limits.h"
#include "base/locale.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void wefti_text_init(wefti_text *text, size_t limit_bytes) { *text = (wefti_text){.limit_bytes = limit_bytes}; }

void wefti_text_deinit(wefti_text *text)
{
    wefti_free(text->data);
    *text = (wefti_text){.limit_bytes = text->limit_bytes};
}

void wefti_text_clear(wefti_text *text)
{
    text->size = 0;
    text->failed = false;
    if (text->data != NULL)
        text->data[0] = '\0';
}

/* Room for size more bytes and the NUL. */
static bool reserve(wefti_text *text, size_t size)
{
    size_t limit = text->limit_bytes > 0 ? text->limit_bytes : WEFTI_MAX_TEXT_BYTES;
    if (text->failed || size > limit || text->size > limit - size) {
        text->failed = true;
        return false;
    }
    size_t needed = text->size + size + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity > 0 ? text->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > limit + 1)
        capacity = limit + 1;
    char *data = wefti_realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void wefti_text_add_bytes(wefti_text *text, const void *data, size_t size)
{
    if (!reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void wefti_text_repeat(wefti_text *text, size_t at, size_t size)
{
    if (reserve(text, size))
        wefti_text_add_bytes(text, text->data + at, size);
}

void wefti_text_add(wefti_text *text, const char *string)
{
    if (string != NULL)
        wefti_text_add_bytes(text, string, strlen(string));
}

bool wefti_text_ends_word(const wefti_text *text)
{
    const unsigned char c = text->size > 0 && text->data != NULL ? (unsigned char)text->data[text->size - 1] : 0;
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '$' || c >= 0x80;
}

void wefti_text_add_char(wefti_text *text, char c) { wefti_text_add_bytes(text, &c, 1); }

void wefti_text_add_int(wefti_text *text, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    wefti_text_add_bytes(text, digits + at, sizeof digits - at);
}

void wefti_text_add_format(wefti_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0) {
        text->failed = true;
    } else if (reserve(text, (size_t)length)) {
        (void)vsnprintf(text->data + text->size, (size_t)length + 1, format, again);
        text->size += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void wefti_text_add_json_string(wefti_text *text, const char *data, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    wefti_text_add_char(text, '"');
    size_t from = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        wefti_text_add_bytes(text, data + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\') {
            char escape[2] = {'\\', (char)c};
            wefti_text_add_bytes(text, escape, 2);
        } else {
            char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            wefti_text_add_bytes(text, escape, 6);
        }
    }
    wefti_text_add_bytes(text, data + from, size - from);
    wefti_text_add_char(text, '"');
}

static int digit_value(unsigned char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    const unsigned char lower = digit | 0x20u;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool wefti_hex_read(const char *digits, size_t size, void *bytes)
{
    unsigned char *to = bytes;
    for (size_t i = 0; i < size / 2; i++) {
        const int high = digit_value((unsigned char)digits[2 * i]), low = digit_value((unsigned char)digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return size % 2 == 0;
}

void wefti_text_add_json_real(wefti_text *text, double value)
{
    char digits[WEFTI_DOUBLE_TEXT_SIZE];
    if (isinf(value))
        wefti_text_add(text, value > 0 ? "9e999" : "-9e999");
    else
        wefti_text_add_bytes(text, digits, wefti_double_write(value, digits));
    if (fabs(value) < 1e15 && !(value < trunc(value)) && !(value > trunc(value)))
        wefti_text_add(text, ".0");
}

void wefti_text_add_hex(wefti_text *text, const void *data, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    if (size > WEFTI_MAX_TEXT_BYTES || !reserve(text, 2 * size)) {
        text->failed = true;
        return;
    }
    char *at = text->data + text->size;
    for (size_t i = 0; i < size; i++) {
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    *at = '\0';
    text->size += 2 * size;
}

char *wefti_text_take(wefti_text *text, size_t *size)
{
    if (!text->failed && text->data == NULL)
        wefti_text_add_bytes(text, "", 0);
    if (text->failed) {
        wefti_text_deinit(text);
        return NULL;
    }
    char *data = text->data;
    if (size != NULL)
        *size = text->size;
    *text = (wefti_text){.limit_bytes = text->limit_bytes};
    return data;
}

/* The length of the valid character at p, or 0. */
static size_t utf8_character(const unsigned char *p, size_t size)
{
    if (p[0] < 0x80)
        return p[0] != 0;
    if (p[0] < 0xc2)
        return 0;
    if (p[0] < 0xe0)
        return size >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
    if (p[0] < 0xf0) {
        if (size < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
            return 0;
        return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ? 0 : 3;
    }
    if (p[0] > 0xf4 || size < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
        return 0;
    return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90) ? 0 : 4;
}

/* Whether eight bytes are ASCII without NUL. */
static inline bool is_plain(uint64_t word) { return ((word | (word - 0x0101010101010101u)) & 0x8080808080808080u) == 0; }

static inline uint64_t word_at(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

bool wefti_utf8_valid(const char *data, size_t size)
{
    const unsigned char *p = (const unsigned char *)data, *end = p + size;
    while (p < end) {
        while (end - p >= 16 && is_plain(word_at(p)) && is_plain(word_at(p + 8)))
            p += 16;
        if (end - p >= 8 && is_plain(word_at(p)))
            p += 8;
        if (p == end || (end - p < 8 && size >= 8 && is_plain(word_at(end - 8)))) /* looks at some bytes once more */
            return true;
        size_t length = utf8_character(p, (size_t)(end - p));
        if (length == 0)
            return false;
        p += length;
    }
    return true;
}

size_t wefti_utf8_count(const char *data, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)data[i] & 0xc0) != 0x80;
    return count;
}

size_t wefti_utf8_cut(const char *data, size_t size, size_t limit)
{
    if (size <= limit)
        return size;
    size_t at = limit;
    for (int i = 0; i < 3 && at > 0 && ((unsigned char)data[at] & 0xc0) == 0x80; i++)
        at--;
    return ((unsigned char)data[at] & 0xc0) == 0x80 ? limit : at;
}

bool wefti_bool_parse(const char *data, size_t size, bool *truth)
{
    static const struct {
        const char *word;
        size_t least;
        bool truth;
    } words[] = {
        {"true", 1, true},   {"yes", 1, true}, {"on", 2, true},   {"1", 1, true},
        {"false", 1, false}, {"no", 1, false}, {"off", 2, false}, {"0", 1, false},
    };
    char lower[8] = "";
    for (size_t i = 0; i < size && i < sizeof lower - 1; i++)
        lower[i] = data[i] >= 'A' && data[i] <= 'Z' ? (char)(data[i] | 0x20) : data[i];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (size >= words[i].least && size <= strlen(words[i].word) && memcmp(lower, words[i].word, size) == 0) {
            *truth = words[i].truth;
            return true;
        }
    return false;
}

bool wefti_int64_parse(const char *data, size_t size, int64_t *value)
{
    size_t at = size > 0 && (data[0] == '-' || data[0] == '+') ? 1 : 0;
    bool negative = at == 1 && data[0] == '-';
    if (at == size)
        return false;
    int64_t result = 0;
    for (; at < size; at++) {
        if (data[at] < '0' || data[at] > '9')
            return false;
        int digit = data[at] - '0';
        if (__builtin_mul_overflow(result, 10, &result) || __builtin_sub_overflow(result, digit, &result))
            return false;
    }
    if (!negative && result == INT64_MIN)
        return false;
    *value = negative ? result : -result;
    return true;
}

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t read_8(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static uint64_t read_4(const unsigned char *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Multiply and fold, 16 bytes a step; the constants are the odd 64-bit ones of wyhash, and so is the reading of the rest: words
 * that overlap instead of a copy of so many bytes. */
uint64_t wefti_hash(const void *data, size_t size, uint64_t seed)
{
    const uint64_t k0 = 0xa0761d6478bd642fu, k1 = 0xe7037ed1a0b428dbu;
    const unsigned char *p = data;
    uint64_t hash = seed ^ mix(seed ^ k0, (uint64_t)size ^ k1);
    uint64_t a = 0, b = 0;
    const unsigned char *end = p + size;
    for (; end - p > 16; p += 16)
        hash = mix(read_8(p) ^ k0, read_8(p + 8) ^ hash ^ k1);
    if (size >= 8) { /* the last 16 bytes, or the first and the last 8 */
        a = read_8(size > 16 ? end - 16 : p);
        b = read_8(end - 8);
    } else if (size >= 4) {
        a = read_4(p);
        b = read_4(end - 4);
    } else if (size > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[size >> 1] << 8 | end[-1];
    }
    return mix(hash ^ k0, mix(a ^ k1, b ^ hash));
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void wefti_blanks_trim(const char **data, size_t *size)
{
    while (*size > 0 && is_blank((*data)[0])) {
        (*data)++;
        (*size)--;
    }
    while (*size > 0 && is_blank((*data)[*size - 1]))
        (*size)--;
}
