/* The relations that a SELECT reads: names that stand in FROM and JOIN, wherever in the text. Names of WITH queries and of
 * functions are among them; what else stands there is not. */
#ifndef WEFTI_SCHEMA_MENTION_H
#define WEFTI_SCHEMA_MENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/sqltext.h"

enum { WEFTI_MENTION_DEPTH = 64 };

/* As the database folds them: without quotes, small letters where unquoted. schema is empty where none stands. */
typedef struct wefti_mention {
    char schema[WEFTI_MAX_IDENTIFIER_BYTES + 1], name[WEFTI_MAX_IDENTIFIER_BYTES + 1];
} wefti_mention;

/* Begins with rules and the text in `at`, and the rest zero. */
typedef struct wefti_mentions {
    const wefti_sql_rules *rules;
    const char *at;
    wefti_mention found;
    bool expected;                     /* a relation's name, or a parenthesis around one, comes next */
    bool in_from[WEFTI_MENTION_DEPTH]; /* by depth of parentheses: a comma is followed by a relation */
    size_t depth;
} wefti_mentions;

/* False: there are no more. Fills found. */
bool wefti_mentions_next(wefti_mentions *m);

#endif
