/* What a database has, or is to have, as data: tables, columns, constraints, indexes, views, enum types, sequences. Nothing here
 * knows a model or a struct: definitions are made from models (sql/schema_define.c), read from a database, or written down by hand,
 * and all are the same to what compares them or makes statements of them.
 *
 * Plain constant structs, whose zero means "not so" or "the database's default". Texts and lists belong to whoever made the
 * definition, and live as long as it; lists of names end with NULL. SQL in them (defaults, conditions, types) is the database's own
 * and trusted; names are quoted where they are written. */
#ifndef WEFTI_SCHEMA_DEFINITION_H
#define WEFTI_SCHEMA_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#include <weft/schema.h>

/* A table, a type or an index; schema NULL: the one that the database looks in first. */
typedef struct wefti_def_name {
    const char *schema, *name;
} wefti_def_name;

typedef struct wefti_definition {
    const weft_schema_table *tables;
    size_t table_count;
    const weft_schema_enum *enums;
    size_t enum_count;
    const weft_schema_sequence *sequences;
    size_t sequence_count;
    const char *place;      /* the schema that is NULL in it, as texts spell its name; NULL: they name none */
    const char *first;      /* the same as it is called; NULL: not known */
    const char *tablespace; /* in which what names none is kept; NULL: not known, or there are none */
} wefti_definition;

/* What reading keeps of an INTEGER PRIMARY KEY DESC of SQLite, which is no row number. */
#define WEFTI_DESC_KEY "PRIMARY KEY DESC"
/* What it keeps of a key whose numbers are never given out again. */
#define WEFTI_COUNTED_ON "AUTOINCREMENT"
bool wefti_def_has_word(const char *const *list, const char *word);
size_t wefti_def_count(const char *const *names);       /* of a list, which may be NULL */
bool wefti_def_same_word(const char *a, const char *b); /* either may be NULL */
bool wefti_def_same_names(const char *const *a, const char *const *b);
static inline wefti_def_name wefti_def_name_of(const weft_schema_table *table)
{
    return (wefti_def_name){table->schema, table->name};
}
/* Whether it is to be made; a view without its SELECT is somebody else's. */
bool wefti_def_is_made(const weft_schema_table *table);
/* Whether the table is the first of a schema that has a name, of those that are made where made says so. */
bool wefti_def_begins_schema(const wefti_definition *definition, size_t table, bool made);
/* Whether the definition names the schema; and makes it the one that is NULL in it, which is written in place. */
bool wefti_def_names_schema(const wefti_definition *definition, const char *schema);
void wefti_def_make_first(wefti_definition *definition, const char *schema);
/* Whether a list of names has the table's: "name", or "schema.name" where it has a schema; without the case of ASCII letters. */
bool wefti_def_is_listed(const char *const *names, const weft_schema_table *table);
int wefti_def_compare_texts(const char *a, const char *b);  /* NULL is least */
int wefti_def_compare_tables(const void *a, const void *b); /* of weft_schema_table, for qsort: by schema and name */
bool wefti_def_same_name(const wefti_def_name *a, const wefti_def_name *b);
/* By name; NULL where there is none. */
const weft_schema_table *wefti_def_find_table(const wefti_definition *definition, const wefti_def_name *name);
const weft_schema_column *wefti_def_find_column(const weft_schema_table *table, const char *name);
const weft_schema_constraint *wefti_def_primary_key(const weft_schema_table *table);
/* Whether a model says the sequence's type; that of one which belongs to a column follows the column. */
static inline bool wefti_def_says_type(const weft_schema_sequence *sequence)
{
    return sequence->type != WEFT_UNMAPPED && sequence->table == NULL;
}
/* Whether anything is said of how it counts. */
bool wefti_def_says_counting(const weft_counting *counting);
/* With every default of a sequence of the type in its place: 0 is 0. WEFT_UNMAPPED is WEFT_INT64. */
weft_counting wefti_def_counting(const weft_counting *counting, weft_type type);
/* Numbers as a database has them: those that are the defaults of the type are 0. */
weft_counting wefti_def_counting_of(const weft_counting *full, weft_type type);
bool wefti_def_same_counting(const weft_counting *a, const weft_counting *b, weft_type type);
/* Storage parameters as WITH takes them: "fillfactor = 70, autovacuum_enabled". The next one of a text, which *at leaves; false
 * where there is none: *at is "" then, unless what stands there is no parameter. One without a value is "true". */
typedef struct wefti_storage_parameter {
    const char *name, *value;
    size_t name_size, value_size;
} wefti_storage_parameter;
bool wefti_def_next_storage(const char **at, wefti_storage_parameter *parameter);
/* What leads from one list to the other, with ", " between: values that are another one, and names that are not wanted. */
void wefti_def_add_storage(wefti_text *set, wefti_text *reset, const char *wanted, const char *found);
/* Whether ON DELETE and ON UPDATE take the text. */
bool wefti_def_is_action(const char *action);

#endif
