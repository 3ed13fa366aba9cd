/* Text SQL in tokens: see lexer.h. */
#include "sql/lexer.h"

#include "sql/dialect.h"

#include <string.h>

static const wefti_sql_rules *rules_of(const wefti_lexer *lexer)
{
    return lexer->backslashes ? lexer->dialect->sql_rules_backslashes : lexer->dialect->sql_rules;
}

static wefti_token_kind kind_of(wefti_sql_token token, const char *text, size_t size)
{
    switch (token) {
    case WEFTI_SQL_NAME: /* U&"name" is none without quotes */
        return strchr("\"`[", *text) != NULL || memchr(text, '&', size) != NULL ? WEFTI_TOKEN_OPAQUE : WEFTI_TOKEN_WORD;
    case WEFTI_SQL_STRING:
    case WEFTI_SQL_NUMBER: return WEFTI_TOKEN_OPAQUE;
    case WEFTI_SQL_PARAMETER:
        if (*text != '$')
            return WEFTI_TOKEN_SIGN;
        return text[1] >= '0' && text[1] <= '9' ? WEFTI_TOKEN_PARAMETER : WEFTI_TOKEN_OPAQUE;
    default: return WEFTI_TOKEN_SIGN;
    }
}

wefti_token wefti_lexer_next(wefti_lexer *lexer)
{
    const char *start;
    wefti_sql_token found;
    do {
        start = lexer->at;
        found = wefti_sql_next(rules_of(lexer), &lexer->at);
    } while (found == WEFTI_SQL_SPACE);
    wefti_token token = {WEFTI_TOKEN_END, start, (size_t)(lexer->at - start)};
    if (found == WEFTI_SQL_END)
        return token;
    token.kind = kind_of(found, start, token.size);
    if (token.kind == WEFTI_TOKEN_SIGN) { /* ?1 and :name of SQLite, too: a sign and what follows it */
        token.size = 1;
        lexer->at = start + 1;
    }
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

static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

size_t wefti_name_size(const char *text)
{
    size_t size = 0;
    while (is_letter(text[size]) || (size > 0 && text[size] >= '0' && text[size] <= '9'))
        size++;
    return size;
}
