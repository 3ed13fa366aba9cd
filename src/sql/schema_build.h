/* Private to the files that build the schema: what they share while tables, keys and relationships are still being worked out. */
#ifndef WEFTI_SQL_SCHEMA_BUILD_H
#define WEFTI_SQL_SCHEMA_BUILD_H

#include "base/locale.h"
#include "schema/naming.h"
#include "sql/schema.h"

#define WEFTI_MOST_ATTRS 4096 /* entries of a model */

typedef struct wefti_build {
    wefti_schema *schema;
    wefti_arena *arena; /* the schema's */
    weft_error *error;
    wefti_table **tables; /* in the order in which they were met */
    uint32_t table_count, table_capacity;
    uint32_t *by_name, *by_model; /* index + 1 of tables, open addressing: names without the case of ASCII letters */
    uint32_t slot_mask;           /* of both; 0: none are made yet */
} wefti_build;

/* Names out of "a, b DESC": they point into the text. */
typedef struct wefti_name {
    const char *text;
    size_t size;
    bool descending;
} wefti_name;
typedef struct wefti_name_list {
    uint16_t count;
    wefti_name names[WEFTI_MAX_KEY_COLUMNS];
} wefti_name_list;

bool wefti_name_is_blank(char c);
const char *wefti_name_skip_blanks(const char *at);
/* Reads one name up to a blank, a comma or one of the characters of stop; where it ends, or NULL where a quote does not. */
const char *wefti_name_read(const char *at, const char *stop, wefti_name *name);
/* Reads names separated by commas up to one of the characters of stop or the end; *rest is where it stopped. False where the text
 * is no such list, or has too many names. A name may stand in double quotes, where a quote is doubled. */
bool wefti_name_list_parse(wefti_name_list *list, const char *text, const char *stop, const char **rest);
const wefti_column *wefti_table_column_listed(const wefti_table *table, const wefti_name *name); /* NULL where there is none */
/* The size of what names a table before a parenthesis or the end, quotes and all; *rest is where it ends. */
size_t wefti_table_name_before(const char *text, const char **rest);
/* Such a text as it is meant: "name", "schema.name" or ".name", which is in no schema; each perhaps in double quotes. Whether the
 * text says the schema: else *schema stays as it was. *name is NULL when out of memory. */
bool wefti_table_name_read(const char *text, size_t size, wefti_arena *arena, const char **schema, const char **name);
char *wefti_name_copy(const wefti_name *name, wefti_arena *arena); /* as it is meant; NULL when out of memory */

/* WEFT_ERROR_MODEL with "Model.field: " before the message; field and attr may be NULL. */
weft_status wefti_build_error(const wefti_build *build, const wefti_table *table, const char *field, const char *format, ...)
    WEFT_PRINTF(4, 5);
weft_status wefti_build_check_name(const wefti_build *build, const wefti_table *table, const char *field, const char *what,
                                   const char *name);
/* What a constraint or index of the table is called, over these columns, by the naming convention of the models: its table and
 * columns are filled in. */
weft_status wefti_build_named(wefti_build *build, const wefti_table *table, const char *field, const wefti_named *what,
                              const wefti_column *const *columns, uint16_t count, const char **name);
/* Whether these are storage parameters and a tablespace's name. */
weft_status wefti_build_check_beside(const wefti_build *build, const wefti_table *table, const char *field,
                                     const wefti_storing *beside);
/* Takes WEFT_PRIMARY_KEY, of which there is one at most: NULL where there is none. */
const weft_attr *wefti_build_key_entry(const wefti_table *table);
wefti_table *wefti_build_add_table(wefti_build *build, const char *schema, const char *name); /* NULL when out of memory */
/* A table as an entry of a model names it: "name", which stands in the schema of the model or in none, "schema.name", or ".name",
 * which is in none; each perhaps in double quotes. schema: the model's. NULL where there is none. */
wefti_table *wefti_build_find_table(const wefti_build *build, const char *schema, const char *text, size_t size);
wefti_table *wefti_build_table_of(const wefti_build *build, const weft_model *model); /* NULL where there is none */
wefti_foreign_key *wefti_build_add_foreign_key(wefti_build *build, wefti_table *table);
wefti_index *wefti_build_add_index(wefti_build *build, wefti_table *table);
/* Adds a copy, with a name made of its columns where it has none, and with these as its parts where it has none. */
weft_status wefti_build_index(wefti_build *build, wefti_table *table, const wefti_index *made, const char *field);

weft_status wefti_build_check_action(const wefti_build *build, const wefti_table *table, const char *field, const char *option,
                                     const char *action); /* of ON DELETE and ON UPDATE; NULL is allowed */
/* Whether a column can refer to the other; on_delete may be NULL. */
weft_status wefti_build_check_pair(const wefti_build *build, const wefti_table *table, const char *field, const wefti_column *from,
                                   const wefti_column *to, const char *on_delete);
/* The columns of where that the list names; an error where one is missing or named twice. */
weft_status wefti_build_find_columns(const wefti_build *build, const wefti_table *table, const char *field,
                                     const wefti_table *where, const wefti_name_list *list, const wefti_column **columns);

/* The model that this one is a view of; NULL: none. */
const weft_model *wefti_build_view_of(const weft_model *model);
/* Of the options of a model: whether it is that of a view, and which. */
weft_status wefti_build_is_view(wefti_build *build, wefti_table *table, const weft_model_options *options);
/* The schema that the model's options name; NULL: none. */
const char *wefti_build_schema_of(const weft_model *model);
/* After columns, of a view: its columns are the main model's, and take what the database decides from them. */
weft_status wefti_build_view_columns(wefti_build *build, wefti_table *table);
/* After columns, of the model of a view of the database's: what only tables have is refused. */
weft_status wefti_build_check_view(wefti_build *build, wefti_table *table);
/* Before relationships, of a view: the foreign keys of the main model over the view's columns. */
weft_status wefti_build_view_keys(wefti_build *build, wefti_table *table);
/* First, of each model: table->attrs; its parts are there and lie in the struct. */
weft_status wefti_build_check_parts(wefti_build *build, wefti_table *table);
/* table->attrs alone. */
weft_status wefti_build_attrs(wefti_build *build, wefti_table *table);
/* The steps, in order. */
weft_status wefti_build_columns(wefti_build *build, wefti_table *table);
weft_status wefti_build_foreign_keys(wefti_build *build, wefti_table *table);
weft_status wefti_build_relations(wefti_build *build, wefti_table *table);
weft_status wefti_build_inferred(wefti_build *build, wefti_table *table); /* relationships without .foreign_key */
weft_status wefti_build_backs(wefti_build *build, wefti_table *table);
weft_status wefti_build_link(wefti_build *build, wefti_relation *relation, const weft_attr *attr);
weft_status wefti_build_indexes(wefti_build *build, wefti_table *table);
/* After relationships: which columns are loaded with objects. */
weft_status wefti_build_loading(wefti_build *build);
weft_status wefti_build_order(wefti_build *build);
/* Last: two relationships over one link table are the sides of one; no two objects have one name in a database. */
weft_status wefti_build_check_links(wefti_build *build);
/* Whether both are enums with the same values, or none is one. */
bool wefti_build_same_values(const wefti_column *a, const wefti_column *b);
/* Finds the types of .native_enum: whose columns share one, their values are the same. */
weft_status wefti_build_enums(wefti_build *build);
weft_status wefti_build_check_names(wefti_build *build);

/* ---- schema_counted.c: identity columns and sequences ---- */

/* Whether the entry says how the database counts the column. */
bool wefti_build_counts(const weft_attr *attr);
/* Whether numbers can be counted so in the type. field: of which the error tells. */
weft_status wefti_build_check_counting(const wefti_build *build, const wefti_table *table, const char *field,
                                       const weft_counting *counting, uint8_t type);
/* The sequences that the model declares; then the defaults of columns that draw from one. */
weft_status wefti_build_sequences(wefti_build *build, wefti_table *table);
weft_status wefti_build_drawn(wefti_build *build, wefti_table *table);
/* Whether keys that are counted are keys that the database makes. */
weft_status wefti_build_check_keys(const wefti_build *build);

/* Adds a foreign key that no column declares, to columns that a relationship names. */
weft_status wefti_build_implied_key(wefti_build *build, wefti_table *table, const wefti_column *const *columns, uint16_t count,
                                    const wefti_table *target, const wefti_column *const *target_columns, const char *on_delete);
/* The foreign key over exactly these columns in any order, or NULL. */
const wefti_foreign_key *wefti_table_foreign_key_over(const wefti_table *table, const wefti_column *const *columns, uint16_t count);

/* Tables are const to everybody else. */
static inline wefti_table *wefti_build_own(const wefti_table *table) { return (wefti_table *)(uintptr_t)table; }
static inline wefti_mapper *wefti_build_mapper(const wefti_table *table) { return (wefti_mapper *)(uintptr_t)table->mapper; }

#endif
