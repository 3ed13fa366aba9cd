/* JSON as PostgreSQL's jsonb has it: read into a tree, compared by content, written. */
#ifndef WEFTI_DRIVER_SQLITE_JSON_H
#define WEFTI_DRIVER_SQLITE_JSON_H

#include "base/arena.h"
#include "base/text.h"

/* In the order of jsonb. */
typedef enum wefti_json_kind {
    WEFTI_JSON_NULL,
    WEFTI_JSON_STRING,
    WEFTI_JSON_NUMBER,
    WEFTI_JSON_BOOL,
    WEFTI_JSON_ARRAY,
    WEFTI_JSON_OBJECT
} wefti_json_kind;

typedef struct wefti_json wefti_json;
struct wefti_json {
    uint8_t kind;
    bool truth;
    const char *data; /* a string's text, a number as it is spelt */
    size_t size;
    const char *key; /* of a member */
    size_t key_size;
    const wefti_json **items; /* elements; members by the length of their keys, then their bytes, each key once */
    size_t count;
    const char *from, *to; /* where it stands in the text */
};

typedef enum wefti_json_status { WEFTI_JSON_OK, WEFTI_JSON_SYNTAX, WEFTI_JSON_DEPTH, WEFTI_JSON_MEMORY } wefti_json_status;

/* What is wrong with a text that was not read. */
const char *wefti_json_fault(wefti_json_status status);
/* The tree and its strings are the arena's; it refers to the text, too. Deeper than 512 levels is DEPTH. */
wefti_json_status wefti_json_read(wefti_arena *arena, const char *data, size_t size, const wefti_json **json);
/* Below, 0 or above zero, in jsonb's order; strings by their bytes. */
int wefti_json_compare(const wefti_json *a, const wefti_json *b);
/* As jsonb is shown. False without memory, which text says, too. */
bool wefti_json_write(wefti_arena *arena, const wefti_json *json, wefti_text *text);
/* The value of a member, or NULL. */
const wefti_json *wefti_json_member(const wefti_json *json, const char *key, size_t size);

#endif
