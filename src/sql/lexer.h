/* Text SQL in tokens that a program writes: what base/sqltext.h cuts, without white space, and with what matters for the kind of a
 * statement and for its parameters told apart. No memory is taken. */
#ifndef WEFTI_SQL_LEXER_H
#define WEFTI_SQL_LEXER_H

#include "sql/statement.h"

typedef enum wefti_token_kind {
    WEFTI_TOKEN_END,
    WEFTI_TOKEN_WORD,      /* a name or keyword without quotes */
    WEFTI_TOKEN_PARAMETER, /* $1 */
    WEFTI_TOKEN_OPAQUE,    /* a string, a quoted name, a number */
    WEFTI_TOKEN_SIGN       /* any other single character */
} wefti_token_kind;

typedef struct wefti_token {
    wefti_token_kind kind;
    const char *text; /* in the SQL text */
    size_t size;
} wefti_token;

typedef struct wefti_lexer {
    const wefti_dialect *dialect;
    bool backslashes; /* they escape in every '…': PostgreSQL with standard_conforming_strings off */
    const char *at;   /* where the next token is looked for */
} wefti_lexer;

/* The next token, white space and comments passed over; WEFTI_TOKEN_END at the end of the text, also when asked again. */
wefti_token wefti_lexer_next(wefti_lexer *lexer);
/* Whether the token is this keyword, given in upper case. */
bool wefti_token_is(const wefti_token *token, const char *keyword);

/* The size of the name of a parameter at the beginning of a text, in bytes: letters, digits and _, the first no digit; 0: none. */
size_t wefti_name_size(const char *text);

#endif
