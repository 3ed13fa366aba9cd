/* Names: how they are quoted, and those that weft makes for constraints and indexes. */
#ifndef WEFTI_SCHEMA_NAMING_H
#define WEFTI_SCHEMA_NAMING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/sqltext.h"
#include "base/text.h"
#include "schema/definition.h"

#include <weft/model.h>

/* "name", quoted where it must be. The same for every database. */
void wefti_add_identifier(wefti_text *text, const char *name);
/* The same with the schema's before a point, unless that is NULL. */
void wefti_add_qualified(wefti_text *text, const char *schema, const char *name);
/* 'value' with quotes doubled; backslash_strings: one with a backslash in it as E'…', in which it means itself whatever the
 * session's settings. */
void wefti_add_quoted_text(wefti_text *text, bool backslash_strings, const char *data, size_t size);
/* A token of a text that the database wrote, which ends at *at, where it names an object of the schema that place is (as SQL
 * writes it; or NULL): as a name before a dot, or within a literal that is cast to one of PostgreSQL's types of names, as
 * 'place.name'. What is to be said of it without the schema is added, and *at moved behind what that is said of. False: it names
 * none. */
bool wefti_add_without_place(wefti_text *text, const char *place, wefti_sql_token kind, const char *begin, const char **at);
/* All of such a text without the schema. */
void wefti_add_all_without_place(wefti_text *text, const wefti_sql_rules *of, const char *place, const char *sql);

/* prefix_table_name…, of at most 63 bytes: a longer one is cut and has a number made of the whole, which is the same in every
 * version. NULL when out of memory. */
const char *wefti_made_name(wefti_arena *arena, const char *prefix, const char *table, const char *const *names, size_t count);
typedef enum wefti_named_kind {
    WEFTI_NAMED_INDEX,
    WEFTI_NAMED_UNIQUE,
    WEFTI_NAMED_CHECK,
    WEFTI_NAMED_FOREIGN_KEY,
    WEFTI_NAMED_PRIMARY_KEY,
    WEFTI_NAMED_EXCLUSION
} wefti_named_kind;

/* What is to have a name, by a convention. */
typedef struct wefti_named {
    wefti_named_kind kind;
    const char *table, *given;  /* given: the name that it was given, or NULL */
    const char *const *columns; /* end with NULL; NULL: it has none */
    const char *target;         /* of a foreign key */
    const char *const *target_columns;
    int number;   /* of a check or an exclusion of the table, from 1; 0: it is called by its columns where nobody says */
    bool of_enum; /* a check: its column is what it is called where a template asks for its name */
} wefti_named;
/* naming NULL: weft's own, and what is given. NULL where the convention asks for what there is not (WEFT_ERROR_MODEL, which names
 * template and token) and when out of memory. */
const char *wefti_named_by(wefti_arena *arena, const weft_naming *naming, const wefti_named *what, weft_error *error);
/* Whether all of its tokens are some, whatever is called by them; WEFT_ERROR_MODEL else. NULL is. */
weft_status wefti_naming_check(const weft_naming *naming, weft_error *error);
/* Whether it has a template of the kind. */
bool wefti_naming_says(const weft_naming *naming, wefti_named_kind kind);
/* What it is of a definition, as far as its columns go. */
wefti_named wefti_named_constraint(const char *table, const weft_schema_constraint *constraint);

/* The name that a key or a unique constraint gets which has none: pk_table, uq_table_columns, fk_table_columns. NULL for others,
 * which the database names, and when out of memory. */
const char *wefti_made_constraint_name(wefti_arena *arena, const char *table, const weft_schema_constraint *constraint);

#endif
