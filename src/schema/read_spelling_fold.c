/* What PostgreSQL's texts have from their history, and what makes no difference. */
#include "schema/speller.h"

#include "base/locale.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct word {
    wefti_sql_token kind;
    const char *at;
    size_t size;
    bool gone;
} word;

typedef struct words {
    word *items;
    size_t count;
} words;

static bool cut(const wefti_sql_rules *rules, const char *sql, words *w)
{
    const size_t most = strlen(sql) + 1;
    w->items = wefti_calloc(most, sizeof *w->items);
    w->count = 0;
    for (const char *at = sql; w->items != NULL;) {
        const char *start = at;
        const wefti_sql_token kind = wefti_sql_next(rules, &at);
        if (kind == WEFTI_SQL_END)
            break;
        if (kind != WEFTI_SQL_SPACE)
            w->items[w->count++] = (word){kind, start, (size_t)(at - start), false};
    }
    return w->items != NULL;
}

/* Of those that are left; count: none. */
static size_t next(const words *w, size_t i)
{
    do
        i++;
    while (i < w->count && w->items[i].gone);
    return i < w->count ? i : w->count;
}

static size_t before(const words *w, size_t i)
{
    while (i > 0 && i <= w->count)
        if (!w->items[--i].gone)
            return i;
    return w->count;
}

static bool is(const words *w, size_t i, const char *text)
{
    return i < w->count && w->items[i].size == strlen(text) && wefti_ascii_begins(w->items[i].at, text);
}

static bool is_kind(const words *w, size_t i, wefti_sql_token kind) { return i < w->count && w->items[i].kind == kind; }

/* Behind "::text", "::character varying", each perhaps with []; at: the first colon. 0: it is another cast. */
static size_t text_cast(const words *w, size_t at)
{
    const size_t colon = next(w, at);
    size_t type = next(w, colon);
    if (!is(w, at, ":") || !is(w, colon, ":"))
        return 0;
    if (is(w, type, "character") && is(w, next(w, type), "varying"))
        type = next(w, type);
    else if (!is(w, type, "text"))
        return 0;
    type = next(w, type);
    if (is(w, type, "(")) /* a length cuts */
        return 0;
    if (is(w, type, "[") && is(w, next(w, type), "]"))
        type = next(w, next(w, type));
    return type;
}

/* The first word of what ends at last, where that is a text or an array of texts, in parentheses or without; count: it is not. */
static size_t texts_begin(const words *w, size_t last)
{
    if (is_kind(w, last, WEFTI_SQL_STRING))
        return last;
    const bool group = is(w, last, ")");
    size_t at = group ? before(w, last) : last;
    if (is(w, at, "]")) {
        do
            at = before(w, at);
        while (is_kind(w, at, WEFTI_SQL_STRING) || is(w, at, ","));
        if (!is(w, at, "[") || !is(w, before(w, at), "array"))
            return w->count;
        at = before(w, at);
    } else if (!group || !is_kind(w, at, WEFTI_SQL_STRING)) {
        return w->count;
    }
    if (!group)
        return at;
    at = before(w, at);
    const size_t outer = before(w, at);
    const bool called = is_kind(w, outer, WEFTI_SQL_NAME); /* f('a') */
    return is(w, at, "(") && !called ? at : w->count;
}

static bool fold_one(words *w)
{
    for (size_t i = 0; i < w->count; i++) {
        const size_t end = w->items[i].gone ? 0 : text_cast(w, i);
        const size_t last = end > 0 ? before(w, i) : w->count, first = last < w->count ? texts_begin(w, last) : w->count;
        if (first >= w->count)
            continue;
        for (size_t k = i; k < end; k++)
            w->items[k].gone = true;
        if (is(w, last, ")"))
            w->items[first].gone = w->items[last].gone = true;
        return true;
    }
    return false;
}

/* 'x'::type, 5, -5: the value alone, behind a sign that no expression begins with. */
static bool add_value(const words *w, wefti_text *text)
{
    const size_t first = w->count > 0 && !w->items[0].gone ? 0 : next(w, 0);
    const size_t second = next(w, first), third = next(w, second);
    wefti_text_clear(text);
    wefti_text_add(text, "= ");
    if (is(w, first, "-") && is_kind(w, second, WEFTI_SQL_NUMBER) && third >= w->count) {
        wefti_text_add_char(text, '-');
        wefti_text_add_bytes(text, w->items[second].at, w->items[second].size);
        return true;
    }
    if (is_kind(w, first, WEFTI_SQL_NUMBER) && second >= w->count) {
        wefti_text_add_bytes(text, w->items[first].at, w->items[first].size);
        return true;
    }
    if (!is_kind(w, first, WEFTI_SQL_STRING) || w->items[first].at[0] != '\'' || (second < w->count && !is(w, second, ":")))
        return wefti_text_clear(text), false;
    for (size_t i = second; i < w->count; i = next(w, i)) /* nothing but one cast */
        if (i > third && !is_kind(w, i, WEFTI_SQL_NAME) && !is_kind(w, i, WEFTI_SQL_NUMBER) &&
            strchr("(),.[]", *w->items[i].at) == NULL)
            return wefti_text_clear(text), false;
    wefti_text_add_bytes(text, w->items[first].at + 1, w->items[first].size - 2);
    return true;
}

void wefti_spelling_fold(const wefti_sql_rules *rules, bool of_default, const char *sql, wefti_text *text)
{
    words w;
    if (!cut(rules, sql, &w)) {
        text->failed = true;
        return;
    }
    while (fold_one(&w))
        continue;
    if (!of_default || !add_value(&w, text))
        for (size_t i = 0; i < w.count; i++)
            if (!w.items[i].gone) {
                wefti_text_add(text, text->size > 0 ? " " : "");
                wefti_text_add_bytes(text, w.items[i].at, w.items[i].size);
            }
    wefti_text_add(text, "");
    wefti_free(w.items);
}
