/* A growing text. A failed allocation is remembered and makes what follows a no-op, so that one check at the end is enough. */
#ifndef CATALOG_BUFFER_H
#define CATALOG_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Buffer {
    char *data; /* NUL-terminated once something was added */
    size_t size, capacity;
    bool failed;
} Buffer;

void buffer_free(Buffer *buffer);
void buffer_add_bytes(Buffer *buffer, const char *bytes, size_t size);
void buffer_add(Buffer *buffer, const char *text);

/* HTML from a pattern. What is inserted is escaped by its place: %s text (NULL: nothing), %u a segment of a URL, %d an int64_t,
 * %f a double with one decimal, %% a percent sign. There is no way to insert text that is not escaped. */
void html(Buffer *buffer, const char *pattern, ...);

/* JSON: names and values; commas, quotes and escapes come by themselves. name is NULL inside an array. */
typedef struct Json {
    Buffer *out;
    bool comma;
} Json;

void json_open(Json *json, const char *name, char bracket);      /* '{' or '[' */
void json_close(Json *json, char bracket);                       /* '}' or ']' */
void json_text(Json *json, const char *name, const char *value); /* NULL is null */
void json_int(Json *json, const char *name, int64_t value);
void json_double(Json *json, const char *name, double value);
void json_bool(Json *json, const char *name, bool value);
void json_null(Json *json, const char *name);

#endif
