/* The text of an hstore: "key"=>"value", "other"=>NULL. A backslash makes what follows mean itself; what has no quotes ends before
 * a blank, a comma or =>. */
#include "type/type.h"

#include "base/locale.h"

#include <string.h>

typedef struct writer {
    char *text;
    size_t size, used; /* of the text; of what the whole has */
} writer;

static void put(writer *w, char c)
{
    if (w->used + 1 < w->size)
        w->text[w->used] = c;
    w->used++;
}

static void put_quoted(writer *w, const char *text)
{
    put(w, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            put(w, '\\');
        put(w, *text);
    }
    put(w, '"');
}

static void put_plain(writer *w, const char *text)
{
    while (*text != '\0')
        put(w, *text++);
}

size_t weft_hstore_write(const weft_pair *pairs, size_t count, char *text, size_t size)
{
    writer w = {text, size, 0};
    for (size_t i = 0; i < count; i++) {
        put_plain(&w, i > 0 ? ", " : "");
        put_quoted(&w, pairs[i].key != NULL ? pairs[i].key : "");
        put_plain(&w, "=>");
        if (pairs[i].value != NULL)
            put_quoted(&w, pairs[i].value);
        else
            put_plain(&w, "NULL");
    }
    if (size > 0)
        text[w.used < size ? w.used : size - 1] = '\0';
    return w.used;
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

/* A key or value, which is written to *room without what quotes it. */
static bool read_word(const char **from, char **room, bool *quoted)
{
    const char *at = *from;
    char *to = *room;
    *quoted = *at == '"';
    at += *quoted;
    while (*at != '\0' && (*quoted ? *at != '"' : !is_blank(*at) && *at != ',' && !(at[0] == '=' && at[1] == '>'))) {
        at += *at == '\\';
        if (*at == '\0')
            return false;
        *to++ = *at++;
    }
    if (*quoted ? *at != '"' : to == *room)
        return false;
    *to++ = '\0';
    *from = at + *quoted;
    *room = to;
    return true;
}

bool weft_hstore_read(weft_hstore value, char *room, weft_pair *pairs, size_t most, size_t *count)
{
    *count = 0;
    if (value.text == NULL)
        return false;
    for (const char *at = skip_blanks(value.text); *at != '\0';) {
        weft_pair pair = {.key = room};
        bool quoted;
        if (!read_word(&at, &room, &quoted))
            return false;
        at = skip_blanks(at);
        if (at[0] != '=' || at[1] != '>')
            return false;
        at = skip_blanks(at + 2);
        pair.value = room;
        if (!read_word(&at, &room, &quoted))
            return false;
        if (!quoted && wefti_ascii_equal(pair.value, "NULL"))
            pair.value = NULL;
        if (*count < most)
            pairs[*count] = pair;
        ++*count;
        at = skip_blanks(at);
        if (*at == ',')
            at = skip_blanks(at + 1);
        else if (*at != '\0')
            return false;
    }
    return true;
}
