/* The tokens of SQL text, as each database cuts them: for finding the literals that a text holds, what stands at a place of it, and
 * what kind of statement it is.
 *
 * What is a comment, a string or a name depends on the database. PostgreSQL's rules are its scan.l (13 to 18), SQLite's are
 * its tokenize.c's: a guess that differs from them in one case is a COMMIT that weft does not see. Nothing is parsed or judged: a
 * text that is no SQL gives tokens, too. */
#ifndef WEFTI_BASE_SQLTEXT_H
#define WEFTI_BASE_SQLTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* How a database cuts. */
typedef struct wefti_sql_rules {
    bool nested_comments;  /* a comment within a comment must be closed, too; a carriage return ends a line */
    bool escape_strings;   /* E'…' with backslashes, U&"…" names */
    bool backslashes;      /* '…' has them as well: standard_conforming_strings is off */
    bool dollar_quotes;    /* $tag$…$tag$ */
    bool bracket_names;    /* [name], `name`; $name, :name and @name are parameters; a number goes on as long as a word does */
    bool byte_order_marks; /* are white space */
} wefti_sql_rules;

extern const wefti_sql_rules wefti_sql_rules_postgres, wefti_sql_rules_postgres_backslashes, wefti_sql_rules_sqlite;

typedef enum wefti_sql_token {
    WEFTI_SQL_END,
    WEFTI_SQL_SPACE,  /* blanks and comments */
    WEFTI_SQL_NAME,   /* a word or a quoted name */
    WEFTI_SQL_STRING, /* any quoted literal, its prefix included; also one that nothing closes */
    WEFTI_SQL_NUMBER,
    WEFTI_SQL_PARAMETER,
    WEFTI_SQL_OTHER /* one character of an operator or of punctuation */
} wefti_sql_token;

/* The token at *at, which is moved behind it; text ends with a NUL. */
wefti_sql_token wefti_sql_next(const wefti_sql_rules *rules, const char **at);
/* A name without its quotes, of whichever kind, into name, which has room for its size and a NUL. */
void wefti_sql_unquote(const char *begin, const char *end, char *name);
/* Whether the text begins, behind blanks, comments and parentheses, as a statement that reads or writes rows does. */
bool wefti_sql_is_query(const wefti_sql_rules *rules, const char *sql);
/* Whether the text holds a constant: a string or a number. */
bool wefti_sql_has_literal(const wefti_sql_rules *rules, const char *sql);
/* What stands at a byte offset, where that is the beginning of a token and this is no literal: its size (of names with dots, up to
 * their end), and 0 where not. */
size_t wefti_sql_token_at(const wefti_sql_rules *rules, const char *sql, size_t offset);
/* Databases count the characters of a text from 1: the byte offset of such a position, and the position of an offset. */
size_t wefti_sql_offset(const char *sql, int position);
int wefti_sql_position(const char *sql, size_t offset);
/* Adds the text with '***' in the place of each string. */
void wefti_sql_add_masked(const wefti_sql_rules *rules, const char *sql, wefti_text *text);

#endif
