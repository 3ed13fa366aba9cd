/* Cutting a script into statements, as each database ends them. Private to migrate. */
#ifndef WEFTI_MIGRATE_SPLIT_H
#define WEFTI_MIGRATE_SPLIT_H

#include "migrate/dialect.h"

#define WEFTI_SPLIT_WORDS 6

/* One statement, from its first token to its last. */
typedef struct wefti_piece {
    const char *begin, *end;
    char words[WEFTI_SPLIT_WORDS][16]; /* its first ones, in capitals; a longer one, or what is no word, is "" */
    bool open;                         /* it ends with the text, not with its semicolon */
    bool adds_value;                   /* of an enum: to be committed before it is used */
    bool concurrent;                   /* cannot run within a transaction */
    const char *trouble;               /* what it must not be, or NULL; a static text */
    const char *trouble_at;
} wefti_piece;

/* The next statement behind *at, which is moved behind it; false: there is none. text ends with a NUL. */
bool wefti_split_next(const wefti_migrate_dialect *dialect, const char **at, wefti_piece *piece);
/* Whether the token from begin to end, where the text ends, needs more to be whole: a quote or comment that nothing closes. */
bool wefti_split_unclosed(const wefti_sql_rules *rules, const char *begin, const char *end);

#endif
