/* Growing text, HTML patterns and JSON. Escaping is the only way to insert a value: a page cannot forget it. */
#include "buffer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_LIMIT_BYTES = 64 << 20 }; /* no page is larger; a runaway loop fails instead of eating the machine */

void buffer_free(Buffer *buffer)
{
    free(buffer->data);
    *buffer = (Buffer){0};
}

static bool make_room(Buffer *buffer, size_t more)
{
    if (buffer->failed || more > BUFFER_LIMIT_BYTES || buffer->size > BUFFER_LIMIT_BYTES - more) {
        buffer->failed = true;
        return false;
    }
    if (buffer->size + more + 1 <= buffer->capacity) {
        return true;
    }
    size_t capacity = buffer->capacity < 8192 ? 8192 : buffer->capacity * 2;
    while (capacity < buffer->size + more + 1) {
        capacity *= 2;
    }
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_add_bytes(Buffer *buffer, const char *bytes, size_t size)
{
    if (make_room(buffer, size)) {
        memcpy(buffer->data + buffer->size, bytes, size);
        buffer->size += size;
        buffer->data[buffer->size] = '\0';
    }
}

void buffer_add(Buffer *buffer, const char *text) { buffer_add_bytes(buffer, text, strlen(text)); }

static void add_number(Buffer *buffer, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    buffer_add(buffer, text);
}

static void add_html_text(Buffer *buffer, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        buffer_add_bytes(buffer, text, plain);
        text += plain;
        switch (*text) {
        case '&': buffer_add(buffer, "&amp;"); break;
        case '<': buffer_add(buffer, "&lt;"); break;
        case '>': buffer_add(buffer, "&gt;"); break;
        case '"': buffer_add(buffer, "&quot;"); break;
        case '\'': buffer_add(buffer, "&#39;"); break;
        default: return;
        }
        text++;
    }
}

static void add_url_segment(Buffer *buffer, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; text != NULL && *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL) {
            buffer_add_bytes(buffer, text, 1);
        } else {
            char escaped[4];
            snprintf(escaped, sizeof(escaped), "%%%02X", (unsigned)(unsigned char)*text);
            buffer_add(buffer, escaped);
        }
    }
}

void html(Buffer *buffer, const char *pattern, ...)
{
    char number[64];
    va_list arguments;
    va_start(arguments, pattern);
    for (;;) {
        size_t plain = strcspn(pattern, "%");
        buffer_add_bytes(buffer, pattern, plain);
        pattern += plain;
        if (*pattern == '\0') {
            break;
        }
        switch (pattern[1]) {
        case 's': add_html_text(buffer, va_arg(arguments, const char *)); break;
        case 'u': add_url_segment(buffer, va_arg(arguments, const char *)); break;
        case 'd': add_number(buffer, va_arg(arguments, int64_t)); break;
        case 'f':
            snprintf(number, sizeof(number), "%.1f", va_arg(arguments, double));
            buffer_add(buffer, number);
            break;
        case '%': buffer_add(buffer, "%"); break;
        default:
            buffer->failed = true;
            va_end(arguments);
            return;
        }
        pattern += 2;
    }
    va_end(arguments);
}

static void add_json_text(Buffer *buffer, const char *text)
{
    buffer_add(buffer, "\"");
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        char escaped[8];
        if (*at == '"' || *at == '\\') {
            snprintf(escaped, sizeof(escaped), "\\%c", *at);
        } else if (*at < 0x20 || *at == '<' || *at == '>' || *at == '&' || *at == 0x7f) {
            /* Also what would end a script element, for those who put the answer into a page. */
            snprintf(escaped, sizeof(escaped), "\\u%04x", *at);
        } else {
            buffer_add_bytes(buffer, (const char *)at, 1);
            continue;
        }
        buffer_add(buffer, escaped);
    }
    buffer_add(buffer, "\"");
}

static void add_json_name(Json *json, const char *name)
{
    if (json->comma) {
        buffer_add(json->out, ",");
    }
    json->comma = true;
    if (name != NULL) {
        add_json_text(json->out, name);
        buffer_add(json->out, ":");
    }
}

void json_open(Json *json, const char *name, char bracket)
{
    add_json_name(json, name);
    buffer_add_bytes(json->out, &bracket, 1);
    json->comma = false;
}

void json_close(Json *json, char bracket)
{
    buffer_add_bytes(json->out, &bracket, 1);
    json->comma = true;
}

void json_text(Json *json, const char *name, const char *value)
{
    if (value == NULL) {
        json_null(json, name);
        return;
    }
    add_json_name(json, name);
    add_json_text(json->out, value);
}

void json_int(Json *json, const char *name, int64_t value)
{
    add_json_name(json, name);
    add_number(json->out, value);
}

void json_double(Json *json, const char *name, double value)
{
    char text[64];
    if (!isfinite(value)) {
        json_null(json, name);
        return;
    }
    add_json_name(json, name);
    snprintf(text, sizeof(text), "%.4g", value);
    buffer_add(json->out, text);
}

void json_bool(Json *json, const char *name, bool value)
{
    add_json_name(json, name);
    buffer_add(json->out, value ? "true" : "false");
}

void json_null(Json *json, const char *name)
{
    add_json_name(json, name);
    buffer_add(json->out, "null");
}
