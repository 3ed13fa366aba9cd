/* Names: how they are quoted, and those that weft makes for constraints and indexes. */
#ifndef WEFTI_SCHEMA_NAMING_H
#define WEFTI_SCHEMA_NAMING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "schema/definition.h"

/* "name", quoted where it must be. The same for every database. */
void wefti_add_identifier(wefti_text *text, const char *name);
/* 'value' with quotes doubled; backslash_strings: one with a backslash in it as E'…', in which it means itself whatever the
 * session's settings. */
void wefti_add_quoted_text(wefti_text *text, bool backslash_strings, const char *data, size_t size);

/* prefix_table_name…, of at most 63 bytes: a longer one is cut and has a number made of the whole, which is the same in every
 * version. NULL when out of memory. */
const char *wefti_made_name(wefti_arena *arena, const char *prefix, const char *table, const char *const *names, size_t count);
/* The name that a key or a unique constraint gets which has none: pk_table, uq_table_columns, fk_table_columns. NULL for others,
 * which the database names, and when out of memory. */
const char *wefti_made_constraint_name(wefti_arena *arena, const char *table, const weft_schema_constraint *constraint);

#endif
