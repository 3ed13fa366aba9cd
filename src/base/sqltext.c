/* Cutting SQL text into tokens. The rules are those of PostgreSQL's scan.l and of SQLite's tokenize.c. Where a text is malformed,
 * the rest of it belongs to the token that does not end: a literal that nothing closes hides everything behind it. */
#include "base/sqltext.h"

#include "base/locale.h"

#include <string.h>

const wefti_sql_rules wefti_sql_rules_postgres = {.nested_comments = true, .escape_strings = true, .dollar_quotes = true};
const wefti_sql_rules wefti_sql_rules_postgres_backslashes = {.nested_comments = true,
                                                              .escape_strings = true,
                                                              .backslashes = true,
                                                              .dollar_quotes = true};
const wefti_sql_rules wefti_sql_rules_sqlite = {.bracket_names = true, .byte_order_marks = true};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool starts_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80; }

static bool is_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }

/* PostgreSQL knows the vertical tab from 16 on; before, as on SQLite, it is an error. */
static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static const char *word_end(const char *at)
{
    while (is_word(*at))
        at++;
    return at;
}

static const char *line_end(const wefti_sql_rules *rules, const char *at)
{
    while (*at != '\0' && *at != '\n' && !(rules->nested_comments && *at == '\r'))
        at++;
    return at;
}

static const char *comment_end(const wefti_sql_rules *rules, const char *at)
{
    int depth = 0;
    while (*at != '\0') {
        if (at[0] == '/' && at[1] == '*' && (depth == 0 || rules->nested_comments)) {
            depth++;
            at += 2;
        } else if (at[0] == '*' && at[1] == '/') {
            at += 2;
            if (--depth == 0)
                break;
        } else {
            at++;
        }
    }
    return at;
}

static bool is_byte_order_mark(const wefti_sql_rules *rules, const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    return rules->byte_order_marks && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
}

/* Blanks and comments at at. */
static const char *space_end(const wefti_sql_rules *rules, const char *at)
{
    for (;;) {
        if (is_space(*at))
            at++;
        else if (is_byte_order_mark(rules, at))
            at += 3;
        else if (at[0] == '-' && at[1] == '-')
            at = line_end(rules, at);
        else if (at[0] == '/' && at[1] == '*')
            at = comment_end(rules, at);
        else
            return at;
    }
}

/* Behind the quote that closes what begins at the quote at. */
static const char *quoted_end(const char *at, char quote, bool backslashes)
{
    for (at++; *at != '\0'; at++) {
        bool escapes = (backslashes && *at == '\\' && at[1] != '\0') || (*at == quote && at[1] == quote);
        if (escapes)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return at;
}

/* Standard SQL continues a string on the next line: 'a' <newline> 'b' is one, by the rules of its first part. */
static const char *string_end(const wefti_sql_rules *rules, const char *at, bool backslashes)
{
    at = quoted_end(at, '\'', backslashes);
    while (rules->escape_strings) {
        const char *next = at;
        while (is_space(*next) || (next[0] == '-' && next[1] == '-'))
            next = *next == '-' ? line_end(rules, next) : next + 1;
        size_t lines = 0;
        for (const char *p = at; p < next; p++)
            lines += *p == '\n' || *p == '\r';
        if (*next != '\'' || lines == 0)
            break;
        at = quoted_end(next, '\'', backslashes);
    }
    return at;
}

/* Behind $tag$…$tag$; NULL where at is none. */
static const char *dollar_end(const char *at)
{
    const char *end = at + 1;
    while (starts_word(*end) || (end > at + 1 && is_digit(*end)))
        end++;
    if (*end != '$')
        return NULL;
    size_t size = (size_t)(end + 1 - at);
    for (end++; *end != '\0'; end++)
        if (*end == '$' && strncmp(end, at, size) == 0)
            return end + size;
    return end;
}

/* PostgreSQL up to 14 takes 1E'…' for a number and a string with escapes; SQLite takes all that hangs together for one number. */
static const char *number_end(const wefti_sql_rules *rules, const char *at)
{
    while (is_digit(*at))
        at++;
    if (*at == '.')
        for (at++; is_digit(*at);)
            at++;
    const char *exponent = at + 1 + (at[0] != '\0' && (at[1] == '+' || at[1] == '-'));
    if ((*at == 'e' || *at == 'E') && is_digit(*exponent))
        for (at = exponent; is_digit(*at);)
            at++;
    return rules->bracket_names ? word_end(at) : at;
}

/* A letter in front of a quote that makes it another kind of literal, or 0. */
static size_t prefix_size(const wefti_sql_rules *rules, const char *at)
{
    if (*at == '\0' || strchr("xX", *at) != NULL)
        return *at != '\0' && at[1] == '\'' ? 1 : 0;
    if (!rules->escape_strings)
        return 0;
    if ((*at == 'U' || *at == 'u') && at[1] == '&' && (at[2] == '\'' || at[2] == '"'))
        return 2;
    return strchr("eEbBnN", *at) != NULL && at[1] == '\'' ? 1 : 0;
}

static wefti_sql_token next_quoted(const wefti_sql_rules *rules, const char **at)
{
    size_t prefix = prefix_size(rules, *at);
    const char *quote = *at + prefix;
    if (*quote == '\'') {
        const bool plain = prefix == 0 || **at == 'n' || **at == 'N'; /* the other kinds have rules of their own */
        bool backslashes = plain ? rules->backslashes : **at == 'e' || **at == 'E';
        *at = string_end(rules, quote, backslashes);
        return WEFTI_SQL_STRING;
    }
    *at = quoted_end(quote, *quote, false);
    return WEFTI_SQL_NAME;
}

/* Parameters of either database; END where at is none. */
static wefti_sql_token next_parameter(const wefti_sql_rules *rules, const char **at)
{
    const char *p = *at;
    if (*p == '$' && is_digit(p[1])) {
        for (p++; is_digit(*p);)
            p++;
        *at = p;
        return WEFTI_SQL_PARAMETER;
    }
    bool named = rules->bracket_names && (*p == '$' || *p == ':' || *p == '@' || *p == '#') && is_word(p[1]);
    bool question = rules->bracket_names && *p == '?';
    if (named || question) {
        *at = word_end(p + 1);
        return WEFTI_SQL_PARAMETER;
    }
    return WEFTI_SQL_END;
}

wefti_sql_token wefti_sql_next(const wefti_sql_rules *rules, const char **at)
{
    const char *p = *at, *end = space_end(rules, p);
    if (end != p) {
        *at = end;
        return WEFTI_SQL_SPACE;
    }
    if (*p == '\0')
        return WEFTI_SQL_END;
    if (*p == '\'' || *p == '"' || (rules->bracket_names && *p == '`') || prefix_size(rules, p) > 0)
        return next_quoted(rules, at);
    if (rules->dollar_quotes && *p == '$' && (end = dollar_end(p)) != NULL) {
        *at = end;
        return WEFTI_SQL_STRING;
    }
    if (next_parameter(rules, at) != WEFTI_SQL_END)
        return WEFTI_SQL_PARAMETER;
    if (rules->bracket_names && *p == '[') {
        end = strchr(p, ']');
        *at = end != NULL ? end + 1 : p + strlen(p);
        return WEFTI_SQL_NAME;
    }
    if (is_digit(*p) || (*p == '.' && is_digit(p[1]))) {
        *at = number_end(rules, p);
        return WEFTI_SQL_NUMBER;
    }
    *at = starts_word(*p) ? word_end(p) : p + 1;
    return starts_word(*p) ? WEFTI_SQL_NAME : WEFTI_SQL_OTHER;
}

void wefti_sql_unquote(const char *begin, const char *end, char *name)
{
    const char quote = *begin == '[' ? ']' : *begin;
    if (quote != '"' && quote != '`' && quote != ']' && quote != '\'') {
        memcpy(name, begin, (size_t)(end - begin));
        name[end - begin] = '\0';
        return;
    }
    for (const char *read = begin + 1; read < end - 1; read++) {
        *name++ = *read;
        read += *read == quote && quote != ']'; /* doubled */
    }
    *name = '\0';
}

bool wefti_sql_is_query(const wefti_sql_rules *rules, const char *sql)
{
    static const char *const words[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "TABLE", "MERGE"};
    const char *begin = sql, *at = sql;
    wefti_sql_token token;
    while ((token = wefti_sql_next(rules, &at)) == WEFTI_SQL_SPACE || (token == WEFTI_SQL_OTHER && *begin == '('))
        begin = at;
    for (size_t i = 0; token == WEFTI_SQL_NAME && i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == (size_t)(at - begin) && wefti_ascii_begins(begin, words[i]))
            return true;
    return false;
}

bool wefti_sql_has_literal(const wefti_sql_rules *rules, const char *sql)
{
    for (;;) {
        wefti_sql_token token = wefti_sql_next(rules, &sql);
        if (token == WEFTI_SQL_STRING || token == WEFTI_SQL_NUMBER)
            return true;
        if (token == WEFTI_SQL_END)
            return false;
    }
}

/* The end of a name that goes on behind a '.', such as usr.at. */
static const char *end_of_name(const wefti_sql_rules *rules, const char *at)
{
    while (*at == '.') {
        const char *next = at + 1;
        if (wefti_sql_next(rules, &next) != WEFTI_SQL_NAME)
            break;
        at = next;
    }
    return at;
}

size_t wefti_sql_token_at(const wefti_sql_rules *rules, const char *sql, size_t offset)
{
    const char *at = sql;
    while (*at != '\0' && (size_t)(at - sql) <= offset) {
        const char *start = at;
        wefti_sql_token token = wefti_sql_next(rules, &at);
        if ((size_t)(start - sql) == offset && token == WEFTI_SQL_NAME)
            return (size_t)(end_of_name(rules, at) - start);
        if ((size_t)(start - sql) == offset)
            return token == WEFTI_SQL_STRING || token == WEFTI_SQL_NUMBER || token == WEFTI_SQL_SPACE ? 0 : (size_t)(at - start);
    }
    return 0;
}

static bool begins_character(char c) { return ((unsigned char)c & 0xc0) != 0x80; }

size_t wefti_sql_offset(const char *sql, int position)
{
    const char *at = sql;
    while (*at != '\0' && position > 1) {
        at++;
        position -= begins_character(*at);
    }
    return (size_t)(at - sql);
}

int wefti_sql_position(const char *sql, size_t offset)
{
    int position = 1;
    for (const char *at = sql; *at != '\0' && (size_t)(at - sql) < offset && position < INT32_MAX; at++)
        position += begins_character(at[1]);
    return position;
}

void wefti_sql_add_masked(const wefti_sql_rules *rules, const char *sql, wefti_text *text)
{
    for (;;) {
        const char *start = sql;
        wefti_sql_token token = wefti_sql_next(rules, &sql);
        if (token == WEFTI_SQL_END)
            return;
        if (token == WEFTI_SQL_STRING)
            wefti_text_add(text, "'***'");
        else
            wefti_text_add_bytes(text, start, (size_t)(sql - start));
    }
}
