/* Text SQL in tokens: see lexer.h. Each function below takes a place in the text and gives the place after what it passed over. */
#include "sql/lexer.h"

#include "sql/dialect.h"

#include <string.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool starts_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80; }

static bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }

static const char *skip_word(const char *at)
{
    while (continues_word(*at))
        at++;
    return at;
}

/* ---- white space and comments ---- */

/* PostgreSQL knows the vertical tab from 16 on; before, as on SQLite, it is an error. */
static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* A byte order mark is white space wherever SQLite meets one. */
static bool is_byte_order_mark(const wefti_dialect *dialect, const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;
    return dialect->byte_order_marks && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
}

static const char *skip_line(const wefti_dialect *dialect, const char *at)
{
    while (*at != '\0' && *at != '\n' && !(*at == '\r' && dialect->returns_end_comments))
        at++;
    return at;
}

static const char *skip_block(const wefti_dialect *dialect, const char *at)
{
    int depth = 1;
    at += 2;
    while (*at != '\0' && depth > 0) {
        if (at[0] == '*' && at[1] == '/') {
            depth--;
            at += 2;
        } else if (at[0] == '/' && at[1] == '*' && dialect->capabilities.nested_comments) {
            depth++;
            at += 2;
        } else {
            at++;
        }
    }
    return at;
}

static const char *skip_space(const wefti_dialect *dialect, const char *at)
{
    for (;;) {
        if (is_space(*at))
            at++;
        else if (is_byte_order_mark(dialect, at))
            at += 3;
        else if (at[0] == '-' && at[1] == '-')
            at = skip_line(dialect, at);
        else if (at[0] == '/' && at[1] == '*')
            at = skip_block(dialect, at);
        else
            return at;
    }
}

/* ---- strings, quoted names, numbers ---- */

static const char *skip_quoted(const char *at, bool backslash)
{
    char quote = *at++;
    while (*at != '\0') {
        bool pair = (backslash && *at == '\\' && at[1] != '\0') || (*at == quote && at[1] == quote);
        if (!pair && *at == quote)
            return at + 1;
        at += pair ? 2 : 1;
    }
    return at;
}

/* On PostgreSQL a string goes on, by the same rules, where only white space with a line's end stands before the next quote. */
static const char *continuation(const wefti_dialect *dialect, const char *at)
{
    bool new_line = false;
    for (;;) {
        if (at[0] == '-' && at[1] == '-')
            at = skip_line(dialect, at);
        else if (!is_space(*at))
            break;
        else
            new_line |= *at == '\n' || *at == '\r', at++;
    }
    return new_line && *at == '\'' ? at : NULL;
}

static const char *skip_string(const wefti_dialect *dialect, const char *at, bool backslash)
{
    at = skip_quoted(at, backslash);
    for (const char *more; dialect->continued_strings && (more = continuation(dialect, at)) != NULL;)
        at = skip_quoted(more, backslash);
    return at;
}

/* E'…' and, by other rules than a plain string's, B'…', X'…' and U&'…'; NULL where the word is none of their prefixes. */
static const char *skip_prefixed_string(const wefti_dialect *dialect, const char *word, const char *end)
{
    if (!dialect->backslash_strings || end - word != 1)
        return NULL;
    char prefix = (char)(*word | 0x20);
    if (*end == '\'' && (prefix == 'e' || prefix == 'b' || prefix == 'x'))
        return skip_string(dialect, end, prefix == 'e');
    if (prefix == 'u' && end[0] == '&' && end[1] == '\'')
        return skip_string(dialect, end + 1, false);
    return NULL;
}

/* $tag$ … $tag$; NULL where at is no such quote. */
static const char *skip_dollar_quote(const char *at)
{
    const char *end = at + 1;
    if (is_digit(*end))
        return NULL;
    while (starts_word(*end) || is_digit(*end))
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
static const char *skip_number(const wefti_dialect *dialect, const char *at)
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
    return dialect->backslash_strings ? at : skip_word(at);
}

static const char *skip_bracketed(const char *at)
{
    const char *end = strchr(at, ']');
    return end != NULL ? end + 1 : at + strlen(at);
}

/* ---- tokens ---- */

static const char *skip_sign(const wefti_lexer *lexer, const char *at, wefti_token_kind *kind)
{
    const wefti_dialect *dialect = lexer->dialect;
    const char *end = NULL;
    *kind = WEFTI_TOKEN_OPAQUE;
    if (*at == '\'')
        return skip_string(dialect, at, lexer->backslashes);
    if (*at == '"' || (*at == '`' && dialect->bracket_names))
        return skip_quoted(at, false);
    if (*at == '[' && dialect->bracket_names)
        return skip_bracketed(at);
    if (is_digit(*at) || (*at == '.' && is_digit(at[1])))
        return skip_number(dialect, at);
    if (*at == '$' && is_digit(at[1])) {
        *kind = WEFTI_TOKEN_PARAMETER;
        for (end = at + 1; is_digit(*end);)
            end++;
        return end;
    }
    if (*at == '$' && dialect->dollar_quotes && (end = skip_dollar_quote(at)) != NULL)
        return end;
    if (*at == '$' && !dialect->dollar_quotes)
        return skip_word(at); /* a variable of SQLite with a name */
    *kind = WEFTI_TOKEN_SIGN;
    return at + 1;
}

wefti_token wefti_lexer_next(wefti_lexer *lexer)
{
    const char *at = skip_space(lexer->dialect, lexer->at), *end;
    wefti_token token = {WEFTI_TOKEN_END, at, 0};
    if (*at != '\0' && starts_word(*at)) {
        token.kind = WEFTI_TOKEN_WORD;
        end = skip_word(at);
        const char *string = skip_prefixed_string(lexer->dialect, at, end);
        if (string != NULL) {
            token.kind = WEFTI_TOKEN_OPAQUE;
            end = string;
        }
    } else {
        end = *at != '\0' ? skip_sign(lexer, at, &token.kind) : at;
    }
    token.size = (size_t)(end - at);
    lexer->at = end;
    return token;
}

bool wefti_token_is(const wefti_token *token, const char *keyword)
{
    size_t i = 0;
    if (token->kind != WEFTI_TOKEN_WORD)
        return false;
    for (; i < token->size && keyword[i] != '\0'; i++) {
        char c = token->text[i];
        if ((c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c) != keyword[i])
            return false;
    }
    return i == token->size && keyword[i] == '\0';
}
