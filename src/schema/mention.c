/* The relations that a SELECT reads. */
#include "schema/mention.h"

#include "base/locale.h"

#include <string.h>

/* Without its quotes, of which two stand for one. A name that is too long for any relation of weft's becomes empty. */
static void unquote(char *name, const char *from, const char *to)
{
    const char end = *from == '[' ? ']' : *from;
    const bool quoted = end == '"' || end == '`' || end == ']';
    size_t size = 0;
    if (quoted)
        from++, to--;
    for (; from < to && size < WEFTI_MAX_IDENTIFIER_BYTES; from++) {
        if (quoted && *from == end && from + 1 < to)
            from++;
        name[size++] = !quoted && *from >= 'A' && *from <= 'Z' ? (char)(*from + ('a' - 'A')) : *from;
    }
    name[from < to ? 0 : size] = '\0';
}

static bool is_one_of(const char *from, const char *to, const char *const *words)
{
    for (; *words != NULL; words++)
        if ((size_t)(to - from) == strlen(*words) && wefti_ascii_begins(from, *words))
            return true;
    return false;
}

static wefti_sql_token next(const wefti_mentions *m, const char **at, const char **start)
{
    wefti_sql_token kind;
    do {
        *start = *at;
        kind = wefti_sql_next(m->rules, at);
    } while (kind == WEFTI_SQL_SPACE);
    return kind;
}

static bool *in_from(wefti_mentions *m) { return &m->in_from[m->depth < WEFTI_MENTION_DEPTH ? m->depth : WEFTI_MENTION_DEPTH - 1]; }

/* Whether the word is one of SQL's that a FROM clause begins, goes on or ends with. */
static bool take_word(wefti_mentions *m, const char *from, const char *to)
{
    static const char *const begins[] = {"FROM", NULL}, *const leads[] = {"JOIN", "ONLY", "LATERAL", "TABLE", NULL};
    static const char *const ends[] = {"SELECT", "WHERE", "GROUP",  "HAVING", "WINDOW", "UNION",  "INTERSECT", "EXCEPT",
                                       "ORDER",  "LIMIT", "OFFSET", "FETCH",  "FOR",    "VALUES", NULL};
    m->expected = false;
    if (is_one_of(from, to, begins))
        m->expected = *in_from(m) = true;
    else if (is_one_of(from, to, leads))
        m->expected = true;
    else if (is_one_of(from, to, ends))
        *in_from(m) = false;
    else
        return false;
    return true;
}

static void take_character(wefti_mentions *m, char c)
{
    if (c == '(') {
        m->depth++;
        *in_from(m) = m->expected;
    } else {
        m->depth -= c == ')' && m->depth > 0;
        m->expected = c == ',' && *in_from(m);
    }
}

/* A relation's name, of which the first word is [from, to): a.b.c has its schema in b. */
static void take_name(wefti_mentions *m, const char *from, const char *to)
{
    m->found.schema[0] = '\0';
    unquote(m->found.name, from, to);
    for (;;) {
        const char *at = m->at, *start;
        if (next(m, &at, &start) != WEFTI_SQL_OTHER || *start != '.' || next(m, &at, &start) != WEFTI_SQL_NAME)
            return;
        memcpy(m->found.schema, m->found.name, sizeof m->found.schema);
        unquote(m->found.name, start, at);
        m->at = at;
    }
}

bool wefti_mentions_next(wefti_mentions *m)
{
    for (;;) {
        const char *start;
        const wefti_sql_token kind = next(m, &m->at, &start);
        const bool expected = m->expected;
        if (kind == WEFTI_SQL_END)
            return false;
        if (kind == WEFTI_SQL_OTHER) {
            take_character(m, *start);
        } else if (kind != WEFTI_SQL_NAME) {
            m->expected = false;
        } else if (!take_word(m, start, m->at) && expected) {
            take_name(m, start, m->at);
            return true;
        }
    }
}
