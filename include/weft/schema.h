/* Schemas as data: what a database has, what models want, and the operations that change a schema. Tables here need no model and
 * no struct: weft_reflect reads them, and a program looks at them:
 *
 *     weft_schema *schema;
 *     if (weft_reflect(&schema, engine, NULL, &error) == WEFT_OK) {
 *         const weft_schema_table *room = weft_schema_find_table(schema, NULL, "room");
 *         …
 *         weft_schema_free(schema);
 *     } */
#ifndef WEFT_SCHEMA_H
#define WEFT_SCHEMA_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 15 "<weft/schema.h>"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/connection.h>
#include <weft/engine.h>
#include <weft/export.h>
#include <weft/model.h>
#include <weft/status.h>
#include <weft/value.h>

WEFT_BEGIN_DECLS

/* In all of these a zero means "not so", or the database's default. Lists of names end with NULL; a list that is NULL is empty.
 * SQL in them (types, defaults, conditions, definitions) is spelt as the database spells it. A schema that is NULL is the one in
 * which the database looks first: PostgreSQL's first of the search path, SQLite's main. */

/* A column. What values it has is said by one of enum_type, sql_type, and type with its length, precision and scale. Of a domain of
 * PostgreSQL's sql_type is its name, and type says what it is made of, where that is one of weft's. */
typedef struct weft_schema_column {
    const char *name;
    uint8_t type; /* a weft_type without flags; WEFT_UNMAPPED: only sql_type or enum_type says */
    bool array;   /* of the type */
    bool nullable;
    const char *sql_type;       /* a type of the database's that is none of weft's */
    const char *enum_type;      /* the name of one of the schema's enums */
    const char *enum_schema;    /* in which it is; NULL: the one in which the database looks first */
    int length;                 /* of text, in characters; 0: any */
    int precision, scale;       /* of decimals, in digits; 0: any */
    const char *server_default; /* an SQL expression */
    const char *generated;      /* an SQL expression: the column is computed from others, when it is written (stored) or read */
    bool stored;
    bool identity; /* the database makes the values that are not given; identity_always: and takes no other */
    bool identity_always;
    weft_counting counting; /* of an identity column */
    const char *collation, *comment; /* collation NULL: the type's own */
} weft_schema_column;

typedef enum weft_constraint_kind {
    WEFT_CONSTRAINT_PRIMARY_KEY = 1,
    WEFT_CONSTRAINT_UNIQUE,
    WEFT_CONSTRAINT_FOREIGN_KEY,
    WEFT_CONSTRAINT_CHECK,
    WEFT_CONSTRAINT_EXCLUDE
} weft_constraint_kind;

typedef struct weft_schema_constraint {
    weft_constraint_kind kind;
    const char *name;           /* NULL: it has none (SQLite) */
    const char *const *columns; /* of keys and unique constraints */
    const char *target_schema, *target_table; /* of a foreign key */
    const char *const *target_columns;        /* NULL: the target's primary key */
    const char *on_delete, *on_update;        /* "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"; NULL: NO ACTION */
    const char *expression;                   /* of a check; of an exclusion constraint what follows EXCLUDE */
    bool deferrable, initially_deferred;
    bool not_valid; /* rows that were there before it are not checked */
    bool nulls_not_distinct;
    bool match_full; /* of a foreign key: all of its columns are NULL, or none is. PostgreSQL's */
    const char *const *include; /* of a key or unique constraint: columns that its index keeps beside. PostgreSQL's, as the rest */
    const char *storage;        /* of its index, as in WITH: "fillfactor=70, deduplicate_items=off" */
    const char *tablespace;     /* in which that index is kept; NULL: where the database keeps it by itself */
    const char *comment;
} weft_schema_constraint;

typedef enum weft_nulls_order { WEFT_NULLS_DEFAULT, WEFT_NULLS_FIRST, WEFT_NULLS_LAST } weft_nulls_order;

/* What an index is sorted by: a column, or an expression. */
typedef struct weft_schema_part {
    const char *column; /* NULL: the expression */
    const char *expression;
    const char *collation, *operator_class; /* NULL: the column's, the type's */
    bool descending;
    weft_nulls_order nulls;
} weft_schema_part;

typedef struct weft_schema_index {
    const char *name;
    const weft_schema_part *parts;
    size_t part_count;
    const char *const *include; /* columns that are kept beside */
    const char *method;         /* "gin", "brin", …; NULL: the database's default */
    const char *where;          /* of a partial index */
    bool unique, nulls_not_distinct;
    bool concurrently; /* only when it is to be made: beside writers where the database can, outside of a transaction */
    bool invalid;      /* only when it was read: its making was broken off, and it serves no query */
    const char *storage;    /* as in WITH: "fillfactor=70"; PostgreSQL's, as are the next two */
    const char *tablespace; /* in which it is kept; NULL: where the database keeps it by itself */
    const char *comment;
} weft_schema_index;

typedef enum weft_relation_kind {
    WEFT_RELATION_TABLE,
    WEFT_RELATION_VIEW,
    WEFT_RELATION_MATERIALIZED_VIEW,
    WEFT_RELATION_FOREIGN_TABLE, /* kept elsewhere: PostgreSQL's foreign tables, SQLite's virtual ones */
    WEFT_RELATION_PARTITION      /* a part of a partitioned table, which is a WEFT_RELATION_TABLE */
} weft_relation_kind;

struct weft_schema_table {
    weft_relation_kind kind;
    const char *schema, *name, *comment;
    const char *definition;            /* of a view: its SELECT */
    const weft_schema_column *columns; /* in the table's order */
    size_t column_count;
    const weft_schema_constraint *constraints; /* read: primary key, unique, foreign keys, checks, exclusions, each by name */
    size_t constraint_count;
    const weft_schema_index *indexes; /* that are no constraints; read: by name */
    size_t index_count;
    /* Read: what the table has beside, in the database's words: triggers, policies, rules, options, how it is partitioned,
     * what of a constraint is not said above. */
    const char *const *kept;
    bool strict, without_rowid; /* SQLite's */
    bool unlogged;              /* PostgreSQL's: its rows are not in the log, so that writing is quick and a crash empties it */
    const char *storage;        /* as in WITH: "fillfactor=70, autovacuum_enabled=false"; PostgreSQL's, as is the next one */
    const char *tablespace;     /* in which it is kept; NULL: where the database keeps it by itself */
};

/* A type of PostgreSQL's whose values are these texts, in this order. */
typedef struct weft_schema_enum {
    const char *schema, *name;
    const char *const *values;
} weft_schema_enum;

typedef struct weft_schema_sequence {
    const char *schema, *name;
    uint8_t type; /* WEFT_INT16, WEFT_INT32 or WEFT_INT64; WEFT_UNMAPPED: WEFT_INT64 */
    weft_counting counting;
    const char *table, *column; /* that it belongs to, and goes with: a table of the same schema. NULL: to none */
} weft_schema_sequence;

/* All of what was read. */
typedef struct weft_schema weft_schema;

typedef struct weft_reflect_options {
    const char *const *schemas; /* NULL: the one in which the database looks first, and those that the models of the engine
                                   name, as far as they are there. SQLite has main only */
    /* Asked before a table or view is read; false: it is left out, with what belongs to it. NULL: all are read. Must not use the
     * database. */
    bool (*include)(void *user, const char *schema, const char *table);
    void *user;
    bool no_views;
} weft_reflect_options;

/* Reads a database's schema, in a number of queries that does not grow with its tables, in one transaction of a connection from the
 * pool; nothing is changed. What belongs to PostgreSQL's extensions is left out, and so are SQLite's own tables. Names that the
 * database made are there like others. Fails with WEFT_ERROR_NOT_FOUND where a schema of the options does not exist, as connecting
 * does, and with WEFT_ERROR_DATA where a definition in SQLite's file cannot be read, which the error names. The caller owns
 * *schema and frees it with weft_schema_free; NULL on an error. options may be NULL. Any thread; several at once. */
WEFT_API weft_status weft_reflect(weft_schema **schema, weft_engine *engine, const weft_reflect_options *options,
                                  weft_error *error);
/* The names of the schemas that a database has, but for its own (pg_catalog and the like), in order: an array that ends with NULL,
 * for .schemas of the options. SQLite has "main". It is one block, the caller's and freed with weft_free; NULL on an error. Fails
 * as connecting does. Any thread. */
WEFT_API weft_status weft_schema_names(weft_engine *engine, const char ***names, weft_error *error);
/* NULL is allowed. */
WEFT_API void weft_schema_free(weft_schema *schema);
/* What was read: arrays of *count items in the order of schema (the default one first) and name, which live as long as the schema.
 * Any thread. */
WEFT_API const weft_schema_table *weft_schema_tables(const weft_schema *schema, size_t *count);
WEFT_API const weft_schema_enum *weft_schema_enums(const weft_schema *schema, size_t *count);
/* Those of identity columns are left out: they belong to their columns. */
WEFT_API const weft_schema_sequence *weft_schema_sequences(const weft_schema *schema, size_t *count);
/* By name, as the database spells it, or NULL; schema_name NULL: the default schema. Any thread. */
WEFT_API const weft_schema_table *weft_schema_find_table(const weft_schema *schema, const char *schema_name, const char *table);
WEFT_API const weft_schema_column *weft_schema_find_column(const weft_schema_table *table, const char *column);

/* What models want, as weft_create_all makes it, for a database ("sqlite", "postgresql"); connects to nothing. Fails with
 * WEFT_ERROR_MODEL as weft_engine_open does, and with WEFT_ERROR_MISUSE for another driver. The caller frees *schema; NULL on an
 * error. Any thread. */
WEFT_API weft_status weft_schema_of_models(weft_schema **schema, const weft_metadata *models, const char *driver,
                                           weft_error *error);

/* ---- operations ---- */

/* A list of changes of a schema, in order:
 *
 *     weft_ops *ops = weft_ops_new();
 *     weft_ops_add_column(ops, "room", weft_ops_column(.name = "floor", .type = WEFT_INT32, .server_default = "0"));
 *     weft_ops_create_index(ops, "room", weft_ops_index(.name = "ix_room_floor", .parts = weft_ops_parts({.column = "floor"})));
 *     status = weft_ops_apply(ops, connection, &error);
 *     weft_ops_free(ops);
 *
 * The calls copy what they are given. The first that fails (no memory, a name that is none) makes the list fail: later ones do
 * nothing, and whoever uses the list gets the error. Names are quoted where SQL needs it; a table, type, index or sequence is
 * "name", or "schema.name", in which a part with a dot or a quote of its own stands in double quotes, doubled within. Of a
 * description the rules of the structs above hold; SQL in it is trusted. One thread at a time. */
typedef struct weft_ops weft_ops;

/* An empty list, which the caller frees with weft_ops_free. Never NULL: without memory it is a list that has failed. */
WEFT_API weft_ops *weft_ops_new(void);
/* NULL is allowed. */
WEFT_API void weft_ops_free(weft_ops *ops);
/* From here on, what calls of the list are given without a name is called by a convention (weft/model.h), which must live as long
 * as the program: constraints of weft_ops_create_table and weft_ops_add_constraint, and indexes. NULL: weft's own, by which keys
 * and unique constraints are called. WEFT_ERROR_MODEL, of the list, for a template with an unknown token, and for one that asks a
 * constraint for what it has not. */
WEFT_API void weft_ops_name_by(weft_ops *ops, const weft_naming *naming);
/* From here on, what calls of the list make is made where it is not there yet, and what they drop is dropped where it is there:
 * tables, columns (PostgreSQL's), indexes, values and types of enums, sequences, schemas, materialized views, and constraints and
 * views that are dropped. The name alone decides; whatever else is the same as ever. needed false: all of it again. */
WEFT_API void weft_ops_if_needed(weft_ops *ops, bool needed);
/* How many operations there are. */
WEFT_API size_t weft_ops_count(const weft_ops *ops);
/* Whether the list has failed, and how; error may be NULL. */
WEFT_API weft_status weft_ops_status(const weft_ops *ops, weft_error *error);
/* As one script of statements for a database ("sqlite", "postgresql"), without BEGIN and COMMIT; the caller frees *script with
 * weft_free. WEFT_ERROR_UNSUPPORTED, with a hint at what can be done instead, where the database lacks an operation; then *script
 * is NULL. */
WEFT_API weft_status weft_ops_script(const weft_ops *ops, const char *driver, char **script, weft_error *error);
/* Runs it on a connection, as weft_execute_text runs a text: in its transaction, which begins with the first statement and is
 * for the caller to commit, or each by itself with .autocommit (what PostgreSQL wants for .concurrently). Nothing is run where
 * the database lacks one of the operations. After an error the operations before it were run. A list that builds tables of
 * SQLite anew is run in a transaction of its own, which is committed, or rolled back on an error, where none is open;
 * WEFT_ERROR_MISUSE where one is and weft_ops_prepare was not called before it. */
WEFT_API weft_status weft_ops_apply(const weft_ops *ops, weft_connection *connection, weft_error *error);
/* Around a transaction in which a list is applied with more: SQLite's foreign keys are off while a table is built anew, which it
 * takes outside of a transaction only (dropping the old table would delete the rows that refer to it). Before the transaction
 * begins weft_ops_prepare turns them off where the list needs it, and does nothing else; after its end, whatever that was,
 * weft_ops_settle sets them as they were. References that the rows then lack are found by weft_ops_apply. MISUSE where a
 * transaction is open. */
WEFT_API weft_status weft_ops_prepare(weft_ops *ops, weft_connection *connection, weft_error *error);
WEFT_API weft_status weft_ops_settle(weft_ops *ops, weft_connection *connection, weft_error *error);

/* ---- comparing ---- */

/* What may be meant as a rename: a table (table NULL) or a column of the table that is not wanted any more, and a new one that
 * looks like it. */
typedef struct weft_rename {
    const char *schema, *table; /* of a column; the name that is wanted */
    const char *from, *to;
    int likeness; /* 0 to 100 */
} weft_rename;

/* What leads from found to wanted, in the order of dependencies: new tables before what refers to them, cycles of foreign keys
 * broken, drops last. Both are of one database, as weft_reflect or weft_schema_of_models gave them. What stands under another
 * name is a drop and an add unless renames says so: "old = new, table.old = new" for tables, columns and values of enums, with
 * their schema where that is not the first one ("schema.table.old = new"), or NULL; weft_ops_renames tells what looks like one.
 * Constraints and indexes that are the same under other names are the same;
 * the order of columns is nobody's; SQLite's types are compared as they are declared and its constraints by what stands in the
 * statement. Where wanted is of models (weft_schema_of_models), what they do not say of it stays as it is found: comments,
 * how tables and indexes are kept, indexes on expressions, tables without a primary key, views and what else docs/migrations.md
 * lists. Nobody is asked:
 * expressions are compared by their tokens, and PostgreSQL, which keeps its own spelling of them, has
 * a difference where a model spells one otherwise; weft_schema_compare_on asks. What no struct says (.kept) stays as it is;
 * partitions and foreign tables are neither made nor dropped. On SQLite a table that ALTER TABLE cannot change is built anew: see
 * weft_ops_prepare. The caller frees *ops with weft_ops_free; NULL on an error. WEFT_ERROR_MISUSE for schemas of two kinds of
 * database and for renames of what is not there.
 * Any thread. */
WEFT_API weft_status weft_schema_compare(const weft_schema *wanted, const weft_schema *found, const char *renames, weft_ops **ops,
                                         weft_error *error);
/* The same, and asks a database how it reads texts that are spelt otherwise (types, defaults, conditions, computed columns,
 * expressions of indexes, exclusions, views), so that price>0 and (price > 0) are no difference. The engine is of the database
 * that found was read from, or of an empty one of the same kind and version for this (with the extensions that texts use).
 * PostgreSQL: in a transaction that is rolled back, tables like those that were compared are made in a schema of their own, at
 * most 200 at once, or as temporary ones where the role may make no schema; no table that is there is read, locked or referred to.
 * Event triggers see it. Two texts are the same where PostgreSQL spells them the same: it keeps 1.0 apart from 1,
 * NOT (a IS NULL) from a IS NOT NULL and CURRENT_TIMESTAMP from now(). SQLite: two expressions are the same where they compile to
 * the same program on temporary tables. A text that the database does not take there (a function that is not installed) is
 * compared by its tokens. Where nothing can be made (a standby, a role without rights) texts are not compared at all, and
 * weft_ops_note says so. Fails as weft_schema_compare and as connecting does. Any thread. */
WEFT_API weft_status weft_schema_compare_on(weft_engine *engine, const weft_schema *wanted, const weft_schema *found,
                                            const char *renames, weft_ops **ops, weft_error *error);
/* Why weft_schema_compare_on compared structure alone: "the database is read-only"; NULL where it compared texts, and of lists
 * that it did not make. Static. Any thread. */
WEFT_API const char *weft_ops_note(const weft_ops *ops);
/* What looks like a rename and was not told, of a list that weft_schema_compare made: as long as the list lives. Any thread. */
WEFT_API const weft_rename *weft_ops_renames(const weft_ops *ops, size_t *count);
/* What the operation at an index (below weft_ops_count) does, in words: "drop column room.floor". Cut to size; ends with NUL. */
WEFT_API void weft_ops_describe(const weft_ops *ops, size_t index, char *text, size_t size);
/* Whether the operation loses what is stored: drops a table, a column, a value of an enum, or narrows a type. */
WEFT_API bool weft_ops_is_destructive(const weft_ops *ops, size_t index);
/* The table that the operation builds anew on SQLite (a name, as operations take it), or NULL: it is another operation. */
WEFT_API const char *weft_ops_rebuilt(const weft_ops *ops, size_t index);

/* Descriptions within a call. */
#define weft_ops_column(...) (&(const weft_schema_column){ __VA_ARGS__ })
#define weft_ops_constraint(...) (&(const weft_schema_constraint){ __VA_ARGS__ })
#define weft_ops_index(...) (&(const weft_schema_index){ __VA_ARGS__ })
#define weft_ops_names(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define weft_ops_parts(...) \
    ((const weft_schema_part[]){ __VA_ARGS__ }), \
    .part_count = sizeof((const weft_schema_part[]){ __VA_ARGS__ }) / sizeof(weft_schema_part)

/* Columns, constraints and indexes of a table (kind WEFT_RELATION_TABLE), its comment and those of its columns. */
WEFT_API void weft_ops_create_table(weft_ops *ops, const weft_schema_table *table);
WEFT_API void weft_ops_drop_table(weft_ops *ops, const char *table);
/* A view by its .definition, and where there are some by the names of its .columns: WEFT_RELATION_VIEW, or on PostgreSQL
 * WEFT_RELATION_MATERIALIZED_VIEW with its indexes. */
WEFT_API void weft_ops_create_view(weft_ops *ops, const weft_schema_table *view);
WEFT_API void weft_ops_drop_view(weft_ops *ops, const char *view, bool materialized);
WEFT_API void weft_ops_rename_table(weft_ops *ops, const char *table, const char *name);
WEFT_API void weft_ops_add_column(weft_ops *ops, const char *table, const weft_schema_column *column);
WEFT_API void weft_ops_drop_column(weft_ops *ops, const char *table, const char *column);
WEFT_API void weft_ops_rename_column(weft_ops *ops, const char *table, const char *column, const char *name);

/* What an alteration changes: what is set, and nothing else. */
typedef struct weft_ops_alteration {
    int zero_;
    const char *type;   /* SQL */
    const char *using_; /* with type: an SQL expression that makes the new values of the old (PostgreSQL) */
    bool set_not_null, drop_not_null, drop_default;
    const char *set_default; /* an SQL expression. One that draws from a sequence (nextval('…') and nothing else) moves the sequence
                                behind the values that rows have, never back */
    bool drop_expression;    /* a computed column that is kept with its rows becomes a plain one, with the values that it has */
    bool add_identity;       /* the database counts the column from now on, behind the values that rows have; by .counting */
    bool drop_identity;
    bool set_always, set_by_default; /* of one that it counts, or is to count: whether it takes no other values */
    const weft_counting *counting;   /* of one that it counts: all of it anew. The number that it is at stays, and lies within */
} weft_ops_alteration;
/* weft_ops_alter_column(ops, "room", "name", .type = "text", .set_not_null = true). UNSUPPORTED on SQLite, where
 * weft_ops_rebuild_table does it. */
#define weft_ops_alter_column(ops, table, ...) WEFT_OPS_ALTER_(ops, table, __VA_ARGS__, .zero_ = 0)
#define WEFT_OPS_ALTER_(ops, table, column, ...) \
    weft_ops_change_column((ops), (table), (column), &(const weft_ops_alteration){ __VA_ARGS__ })
/* What weft_ops_alter_column does. */
WEFT_API void weft_ops_change_column(weft_ops *ops, const char *table, const char *column, const weft_ops_alteration *alteration);

/* SQLite: builds a table anew as it is described, with its indexes; for all that ALTER TABLE cannot do. Rows are kept in the
 * columns that columns names (a list; both tables have them, and the database computes none). What .kept says is made again:
 * triggers, AUTOINCREMENT with its counter; for anything else in it the operation fails. Row numbers stay. Views and triggers
 * are compiled in the end, and the operation fails where one names what is gone. UNSUPPORTED on PostgreSQL. */
WEFT_API void weft_ops_rebuild_table(weft_ops *ops, const weft_schema_table *table, const char *const *columns);

/* How PostgreSQL keeps a table or an index: what is set changes, and nothing else. */
typedef struct weft_ops_storing {
    int zero_;
    bool logged, unlogged;  /* of a table, which is written anew under a lock */
    const char *storage;    /* parameters with their values: "fillfactor = 70, deduplicate_items = off" */
    const char *reset;      /* names of parameters that get the database's own values again: "fillfactor" */
    const char *tablespace; /* it is moved there, and nobody reads or writes it meanwhile */
} weft_ops_storing;
/* weft_ops_alter_table(ops, "room", .storage = "fillfactor = 70"), and the same of an index, also of one that a key or unique
 * constraint has, by its name: weft_ops_alter_index(ops, "pk_room", .tablespace = "fast"). UNSUPPORTED on SQLite. */
#define weft_ops_alter_table(ops, table, ...) \
    weft_ops_store_table((ops), (table), &(const weft_ops_storing){ .zero_ = 0, __VA_ARGS__ })
#define weft_ops_alter_index(ops, index, ...) \
    weft_ops_store_index((ops), (index), &(const weft_ops_storing){ .zero_ = 0, __VA_ARGS__ })
/* What weft_ops_alter_table and weft_ops_alter_index do. */
WEFT_API void weft_ops_store_table(weft_ops *ops, const char *table, const weft_ops_storing *storing);
WEFT_API void weft_ops_store_index(weft_ops *ops, const char *index, const weft_ops_storing *storing);

/* In the order of its parts. */
WEFT_API void weft_ops_create_index(weft_ops *ops, const char *table, const weft_schema_index *index);
/* concurrently: beside writers, where the database can. */
WEFT_API void weft_ops_drop_index(weft_ops *ops, const char *index, bool concurrently);
/* A constraint of a table that is there; UNSUPPORTED on SQLite, as are the next two. */
WEFT_API void weft_ops_add_constraint(weft_ops *ops, const char *table, const weft_schema_constraint *constraint);
/* Checks the rows that were there before a constraint which was added with .not_valid. */
WEFT_API void weft_ops_validate_constraint(weft_ops *ops, const char *table, const char *constraint);
WEFT_API void weft_ops_drop_constraint(weft_ops *ops, const char *table, const char *constraint);

/* Enum types: UNSUPPORTED on SQLite. values ends with NULL. */
WEFT_API void weft_ops_create_enum(weft_ops *ops, const char *name, const char *const *values);
/* before NULL: at the end. */
WEFT_API void weft_ops_add_enum_value(weft_ops *ops, const char *name, const char *value, const char *before);
WEFT_API void weft_ops_rename_enum_value(weft_ops *ops, const char *name, const char *value, const char *to);
WEFT_API void weft_ops_drop_enum(weft_ops *ops, const char *name);

/* Sequences and schemas: UNSUPPORTED on SQLite. cascade: with all that is in it. */
WEFT_API void weft_ops_create_sequence(weft_ops *ops, const weft_schema_sequence *sequence);
/* To all of what is given. The number that it is at stays, and is set to the start where it lies beyond the new bounds; where
 * .table and .column say which column it belongs to, it goes on behind the values that rows have there. */
WEFT_API void weft_ops_alter_sequence(weft_ops *ops, const weft_schema_sequence *sequence);
WEFT_API void weft_ops_drop_sequence(weft_ops *ops, const char *sequence);
WEFT_API void weft_ops_create_schema(weft_ops *ops, const char *name);
WEFT_API void weft_ops_drop_schema(weft_ops *ops, const char *name, bool cascade);

/* Of a table, or of a column of it; column NULL: the table; comment NULL: none any more. UNSUPPORTED on SQLite. */
WEFT_API void weft_ops_comment(weft_ops *ops, const char *table, const char *column, const char *comment);
/* The same of a constraint, and of an index that belongs to none. */
WEFT_API void weft_ops_comment_constraint(weft_ops *ops, const char *table, const char *constraint, const char *comment);
WEFT_API void weft_ops_comment_index(weft_ops *ops, const char *index, const char *comment);
/* Rows of a table, written as INSERT with values in the text, so that scripts have them, too. Of the table its name and columns are
 * looked at: those that the rows have, with their types, as in weft_ops_create_table; each row has a value for each, one row after
 * the other:
 *
 *     static const weft_schema_column columns[] = {{.name = "id", .type = WEFT_INT32}, {.name = "name", .type = WEFT_TEXT}};
 *     static const weft_schema_table moods = {.name = "mood", .columns = columns, .column_count = 2};
 *     weft_ops_insert(ops, &moods, weft_parameters(weft_value_int64(1), weft_value_text("sad"),
 *                                                  weft_value_int64(2), weft_value_text("glad")));
 *
 * What is stored is what weft stores by other calls. A value may be of another type where nothing is lost (whole numbers, texts of
 * dates and decimals); WEFT_NULL by weft_value_null. What counts (.identity, a .server_default that draws from a sequence) goes on
 * behind the rows, never back. Of columns with a type of the database's own values are texts. MISUSE, of the list, where the values
 * make no rows. When the list is used: WEFT_ERROR_TYPE and WEFT_ERROR_DATA for a value that the column does not hold, MISUSE for a
 * computed column, UNSUPPORTED for what the database has no type for; all name the column. Arrays are JSON on SQLite, as
 * weft keeps them. */
WEFT_API void weft_ops_insert(weft_ops *ops, const weft_schema_table *table, const weft_values *values);
/* What the migration that runs was told: .tag of weft_migrate_options, --tag of the command; for steps in C. NULL: nothing, and of
 * other lists. Lives as long as the migration. */
WEFT_API const char *weft_ops_tag(const weft_ops *ops);
/* Text SQL, one statement, for one database ("sqlite", "postgresql"); driver NULL: for all. The text is trusted. */
WEFT_API void weft_ops_execute(weft_ops *ops, const char *driver, const char *sql);

WEFT_END_DECLS

#endif
