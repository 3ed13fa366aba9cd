/* Private to schema: a definition while it is being read. What the databases share stands in read.c; each has a file with its
 * queries. */
#ifndef WEFTI_SCHEMA_READING_H
#define WEFTI_SCHEMA_READING_H

#include "base/sqltext.h"
#include "schema/read.h"
#include "schema/render.h"

/* A list that grows, in the arena of the reading. Items move when it does. */
typedef struct wefti_read_list {
    void *items;
    size_t count, room;
} wefti_read_list;

typedef struct wefti_read_table {
    int64_t id; /* what the rows of later queries say */
    weft_schema_table table;
    wefti_read_list columns, constraints, indexes, kept;
    wefti_read_list parts;        /* of the latest index */
    int64_t latest, latest_index; /* ids of the latest constraint and index, which may have further rows */
    const char *text;             /* the statement that made it, where the database keeps that */
    const char *place;            /* its schema as it was found, where the definition has that of the wanted one */
} wefti_read_table;

typedef struct wefti_reading {
    const wefti_ddl *ddl;
    const wefti_asker *asker;
    const weft_reflect_options *options;
    wefti_arena *arena;
    wefti_definition *definition;
    weft_error *error;
    weft_status status;     /* the first failure stays */
    wefti_read_list tables; /* wefti_read_table, by id ascending */
    wefti_read_list enums, sequences;
    int64_t latest_enum;
    const wefti_definition *beside; /* whose schemas are read, too; NULL: none */
    const wefti_definition *only;   /* its tables are read and nothing else; NULL: all are */
    int64_t *only_ids;              /* by its tables: the ids that the database looks them up by, 0: none; NULL: names say it */
    const char *default_schema;     /* which is NULL in the definition */
    const char *tablespace;         /* the database's own */
    int64_t server_version;
    wefti_read_table *latest; /* found by the row before */
} wefti_reading;

/* A zeroed item at the end; NULL where memory ran out, which the reading notes. */
void *wefti_read_add(wefti_reading *r, wefti_read_list *list, size_t size);
#define WEFTI_READ_ADD(r, list, type) ((type *)wefti_read_add((r), (list), sizeof(type)))
/* Runs a query, unless the reading has failed. */
void wefti_read_ask(wefti_reading *r, const char *sql, const weft_value *parameters, size_t count, wefti_read_row on_row);
/* The table with this id; NULL where it is not read. */
wefti_read_table *wefti_read_table_of(wefti_reading *r, int64_t id);
/* Adds a table, whose id is greater than those before; NULL where the program does not want it, or out of memory. */
wefti_read_table *wefti_read_add_table(wefti_reading *r, int64_t id, weft_relation_kind kind, const char *schema, const char *name);

/* Adds a column to the table with this id; NULL where that is not read, or out of memory. */
weft_schema_column *wefti_read_add_column(wefti_reading *r, int64_t id, const weft_value *name);

/* Cells; texts are copied to the arena. */
const char *wefti_read_text(wefti_reading *r, const weft_value *cell); /* NULL where it is NULL */
const char *wefti_read_word(wefti_reading *r, const weft_value *cell); /* also where it is empty */
int64_t wefti_read_integer(const weft_value *cell);                    /* 0 where it is NULL */
bool wefti_read_truth(const weft_value *cell);
/* The schema's name as definitions have it: NULL for the default one. */
const char *wefti_read_schema(const wefti_reading *r, const char *schema);
/* Adds a name to a list of names, which ends with NULL at all times. */
void wefti_read_add_name(wefti_reading *r, const char *const **names, const char *name);
/* What the table has beside, in the database's words; text, in the arena, is NULL where memory ran out. */
void wefti_read_keep(wefti_reading *r, wefti_read_table *table, const char *text);
/* "(a > 0)" without the parentheses around all of it. */
const char *wefti_read_unwrapped(wefti_reading *r, const wefti_sql_rules *rules, const char *expression);
/* Of a type's name, as the renders write it: the type whose values hold all that columns of the name do. WEFT_UNMAPPED: none. */
weft_type wefti_read_type_named(const wefti_ddl *ddl, const char *name, size_t size);

/* Sets what texts of the catalogue follow as pg_dump does, until the transaction ends; the search path is empty then. */
extern const char wefti_read_settings_postgres[];
void wefti_read_postgres(wefti_reading *r);
void wefti_read_sqlite(wefti_reading *r);
extern const struct wefti_speller_ways wefti_speller_postgres, wefti_speller_sqlite; /* see speller.h */

#endif
