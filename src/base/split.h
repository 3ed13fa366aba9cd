/* Cutting a script into statements, as each database ends them. */
#ifndef WEFTI_BASE_SPLIT_H
#define WEFTI_BASE_SPLIT_H

#include "base/sqltext.h"

#define WEFTI_SPLIT_WORDS 6

typedef struct wefti_split_rules {
    const wefti_sql_rules *sql;
    bool triggers; /* CREATE TRIGGER has statements within: they end with END; */
    bool routines; /* functions and procedures may have BEGIN ATOMIC … END */
} wefti_split_rules;

extern const wefti_split_rules wefti_split_postgres, wefti_split_sqlite;

/* One statement, from its first token to its last. */
typedef struct wefti_piece {
    const char *begin, *end;
    char words[WEFTI_SPLIT_WORDS][16]; /* its first ones, in capitals; a longer one, or what is no word, is "" */
    bool open;                         /* it ends with the text, not with its semicolon */
    bool adds_value;                   /* of an enum: to be committed before it is used */
    bool concurrent;                   /* cannot run within a transaction */
    const char *trouble;               /* what it must not be in a migration, or NULL; a static text */
    const char *trouble_at;
} wefti_piece;

/* The next statement behind *at, which is moved behind it; false: there is none. text ends with a NUL. */
bool wefti_split_next(const wefti_split_rules *rules, const char **at, wefti_piece *piece);
/* Whether the token from begin to end, where the text ends, needs more to be whole: a quote or comment that nothing closes. */
bool wefti_split_unclosed(const wefti_sql_rules *rules, const char *begin, const char *end);

#endif
