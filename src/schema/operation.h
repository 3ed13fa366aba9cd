/* Changes of what a database has, as data: one struct for each operation, a list of them in order, and for each database one render
 * of each. Creating and dropping everything are such lists; migrations will be.
 *
 * An operation borrows what it points to. A list owns its operations and an arena, where whoever makes them may put what they
 * need: what wefti_ops_add takes must live as long as the list by itself, what wefti_ops_add_copy takes is copied into the arena,
 * and a list of nothing but copies depends on nobody. Nothing here speaks to a database: statements are given to a callback, one
 * by one. */
#ifndef WEFTI_SCHEMA_OPERATION_H
#define WEFTI_SCHEMA_OPERATION_H

#include "base/arena.h"
#include "schema/definition.h"

#include <weft/status.h>

typedef enum wefti_op_kind {
    WEFTI_OP_CREATE_SCHEMA,
    WEFTI_OP_DROP_SCHEMA,
    WEFTI_OP_CREATE_TABLE,
    WEFTI_OP_DROP_TABLE,
    WEFTI_OP_RENAME_TABLE,
    WEFTI_OP_ADD_COLUMN,
    WEFTI_OP_DROP_COLUMN,
    WEFTI_OP_RENAME_COLUMN,
    WEFTI_OP_ALTER_COLUMN,
    WEFTI_OP_CREATE_INDEX,
    WEFTI_OP_DROP_INDEX,
    WEFTI_OP_ADD_CONSTRAINT,
    WEFTI_OP_VALIDATE_CONSTRAINT,
    WEFTI_OP_DROP_CONSTRAINT,
    WEFTI_OP_CREATE_ENUM,
    WEFTI_OP_ADD_ENUM_VALUE,
    WEFTI_OP_RENAME_ENUM_VALUE,
    WEFTI_OP_RENAME_ENUM,
    WEFTI_OP_DROP_ENUM,
    WEFTI_OP_CREATE_SEQUENCE,
    WEFTI_OP_ALTER_SEQUENCE,
    WEFTI_OP_OWN_SEQUENCE,
    WEFTI_OP_PASS_ROWS,
    WEFTI_OP_DROP_SEQUENCE,
    WEFTI_OP_CREATE_VIEW,
    WEFTI_OP_DROP_VIEW,
    WEFTI_OP_COMMENT,
    WEFTI_OP_STORE,
    WEFTI_OP_INSERT,
    WEFTI_OP_EXECUTE,
    WEFTI_OP_REBUILD_TABLE,
    WEFTI_OP_COUNT_
} wefti_op_kind;

typedef struct wefti_op_create_schema {
    const char *name;
    bool if_not_exists;
} wefti_op_create_schema;
typedef struct wefti_op_drop_schema {
    const char *name;
    bool if_exists, cascade;
} wefti_op_drop_schema;

/* Columns, constraints and comments; not the indexes, each of which is an operation. */
typedef struct wefti_op_create_table {
    const weft_schema_table *table;
    bool if_not_exists;
} wefti_op_create_table;
typedef struct wefti_op_drop_table {
    wefti_def_name table;
    bool if_exists, cascade;
} wefti_op_drop_table;
typedef struct wefti_op_rename_table {
    wefti_def_name table;
    const char *to;
} wefti_op_rename_table;

typedef struct wefti_op_add_column {
    wefti_def_name table;
    const weft_schema_column *column;
    bool if_not_exists;
} wefti_op_add_column;
typedef struct wefti_op_drop_column {
    wefti_def_name table;
    const char *column;
    bool cascade, if_exists;
} wefti_op_drop_column;
typedef struct wefti_op_rename_column {
    wefti_def_name table;
    const char *column, *to;
} wefti_op_rename_column;
/* What is set changes, and nothing else does. */
typedef struct wefti_op_alter_column {
    wefti_def_name table;
    const char *column;
    const char *type;   /* SQL */
    const char *using_; /* with type: the expression that makes the new values of the old */
    bool set_not_null, drop_not_null, drop_default;
    bool drop_expression;                           /* what was computed and kept is a plain column from now on */
    const char *set_default;                        /* SQL; one that draws from a sequence passes the rows, as below */
    bool keeps_default;                             /* what is set is what the column had before */
    bool add_identity, drop_identity, set_identity; /* values that rows have are not given out by one that is added */
    bool always;                                    /* what is added or set: it takes no other */
    bool set_counting; /* counting is that of an identity that is there; of one that is added it is said */
    weft_counting counting;
    bool narrows;    /* the number that it is at may lie beyond the new bounds */
    uint8_t counted; /* the column's type then; WEFT_UNMAPPED: not known */
    uint8_t is_of;   /* with narrows: the type that the column still has, where another operation gives it a lesser one */
} wefti_op_alter_column;

typedef struct wefti_op_create_index {
    wefti_def_name table;
    const weft_schema_index *index;
    bool if_not_exists;
} wefti_op_create_index;
typedef struct wefti_op_drop_index {
    wefti_def_name index;
    bool if_exists, concurrently;
} wefti_op_drop_index;
typedef struct wefti_op_add_constraint {
    wefti_def_name table;
    const weft_schema_constraint *constraint;
} wefti_op_add_constraint;
/* Looks at the rows that were there when the constraint was added as not_valid. */
typedef struct wefti_op_validate_constraint {
    wefti_def_name table;
    const char *name;
} wefti_op_validate_constraint;
/* if_exists: the table and the constraint. */
typedef struct wefti_op_drop_constraint {
    wefti_def_name table;
    const char *name;
    bool if_exists;
} wefti_op_drop_constraint;

typedef struct wefti_op_create_enum {
    const weft_schema_enum *type;
    bool if_not_exists;
} wefti_op_create_enum;
/* before NULL: at the end. */
typedef struct wefti_op_add_enum_value {
    wefti_def_name type;
    const char *value, *before;
    bool if_not_exists;
} wefti_op_add_enum_value;
typedef struct wefti_op_rename_enum_value {
    wefti_def_name type;
    const char *value, *to;
} wefti_op_rename_enum_value;
typedef struct wefti_op_rename_enum {
    wefti_def_name type;
    const char *to;
} wefti_op_rename_enum;
typedef struct wefti_op_drop_enum {
    wefti_def_name type;
    bool if_exists;
} wefti_op_drop_enum;

typedef struct wefti_op_create_sequence {
    const weft_schema_sequence *sequence;
    bool if_not_exists;
} wefti_op_create_sequence;
/* To all of this, its present number but for where a cycle or a restart begins. */
typedef struct wefti_op_alter_sequence {
    const weft_schema_sequence *sequence;
    bool retype;  /* its type is another one */
    bool narrows; /* the number that it is at may lie beyond the new bounds */
} wefti_op_alter_sequence;
/* It belongs to its column from now on. */
typedef struct wefti_op_own_sequence {
    const weft_schema_sequence *sequence;
} wefti_op_own_sequence;
/* The sequence goes on behind the values that the rows of the column have, and never back. */
typedef struct wefti_op_pass_rows {
    wefti_def_name sequence, table;
    const char *column;
    uint8_t counted; /* the column's type; WEFT_UNMAPPED: not known */
} wefti_op_pass_rows;
typedef struct wefti_op_drop_sequence {
    wefti_def_name sequence;
    bool if_exists;
} wefti_op_drop_sequence;

/* A view, plain or materialized as its kind says; its definition is the SELECT, and its columns, where there are any, name the
 * results (and carry comments). Its indexes are operations of their own. */
typedef struct wefti_op_create_view {
    const weft_schema_table *view;
    bool if_not_exists;
    bool replace; /* one of the same columns, and perhaps fewer, may be there: it becomes this one */
    bool no_data; /* materialized: it is filled later, and cannot be read before */
} wefti_op_create_view;
typedef struct wefti_op_drop_view {
    wefti_def_name view;
    bool materialized, if_exists, cascade;
    bool comes_back; /* it goes for what changes under it alone: one of the same definition is made anew; renders do not ask */
} wefti_op_drop_view;

/* On a table or view, a column or a constraint of it, or an index (its name is in place of the table's); comment NULL: none any
 * more. */
typedef struct wefti_op_comment {
    wefti_def_name table;
    const char *column, *comment;
    weft_relation_kind kind;
    const char *constraint;
    bool index;
} wefti_op_comment;
/* How a table or an index is kept: what is set changes, and nothing else does. */
typedef struct wefti_op_store {
    wefti_def_name what;
    bool index;
    bool logged, unlogged;
    const char *storage;    /* parameters with their values, as in WITH */
    const char *reset;      /* names of parameters */
    const char *tablespace; /* it is moved there */
} wefti_op_store;
/* Rows, of which each has a value for each column. Types of columns say how values are kept; what counts goes on behind them. */
typedef struct wefti_op_insert {
    wefti_def_name table;
    const weft_schema_column *columns;
    size_t column_count;
    const weft_value *values;
    size_t value_count;
} wefti_op_insert;
/* Text of the program's own, for the database of this name; NULL: for all. */
typedef struct wefti_op_execute {
    const char *database, *sql;
} wefti_op_execute;

/* SQLite: the table is built beside itself as it is to be, with its indexes and what its kept says, takes the rows by the columns
 * named, and takes the place of the old one. */
typedef struct wefti_op_rebuild_table {
    const weft_schema_table *table;
    const char *const *columns; /* that both have, computed ones left out */
    bool keeps_rowids;          /* both have them, and no column that is one */
    size_t index_count;         /* of its indexes, the first ones: that it has */
    const char *create;         /* what follows its name in CREATE TABLE, in the program's words; NULL: as table says */
    const char *const *numbers; /* or NULL: columns that become numbers: a value that does not become one is an error */
    const char *const *whole;   /* those of them that become whole numbers */
} wefti_op_rebuild_table;

typedef struct wefti_op {
    wefti_op_kind kind;
    bool destructive; /* what is stored is lost */
    union {
        wefti_op_create_schema create_schema;
        wefti_op_drop_schema drop_schema;
        wefti_op_create_table create_table;
        wefti_op_drop_table drop_table;
        wefti_op_rename_table rename_table;
        wefti_op_add_column add_column;
        wefti_op_drop_column drop_column;
        wefti_op_rename_column rename_column;
        wefti_op_alter_column alter_column;
        wefti_op_create_index create_index;
        wefti_op_drop_index drop_index;
        wefti_op_add_constraint add_constraint;
        wefti_op_validate_constraint validate_constraint;
        wefti_op_drop_constraint drop_constraint;
        wefti_op_create_enum create_enum;
        wefti_op_add_enum_value add_enum_value;
        wefti_op_rename_enum_value rename_enum_value;
        wefti_op_rename_enum rename_enum;
        wefti_op_drop_enum drop_enum;
        wefti_op_create_sequence create_sequence;
        wefti_op_alter_sequence alter_sequence;
        wefti_op_own_sequence own_sequence;
        wefti_op_pass_rows pass_rows;
        wefti_op_drop_sequence drop_sequence;
        wefti_op_create_view create_view;
        wefti_op_drop_view drop_view;
        wefti_op_comment comment;
        wefti_op_store store;
        wefti_op_insert insert;
        wefti_op_execute execute;
        wefti_op_rebuild_table rebuild_table;
    } of;
} wefti_op;

typedef struct wefti_ops {
    wefti_arena arena;
    wefti_op *items; /* in the arena */
    size_t count, capacity;
    bool failed; /* out of memory: an operation is missing, and nothing may be made of the list */
} wefti_ops;

void wefti_ops_init(wefti_ops *ops);
void wefti_ops_deinit(wefti_ops *ops);                  /* frees the operations, and all that was copied for them */
void wefti_ops_add(wefti_ops *ops, const wefti_op *op); /* borrows */
/* Copies all that the operation points to: texts, lists, definitions. */
void wefti_ops_add_copy(wefti_ops *ops, const wefti_op *op);
/* Copies of tables, with all that they point to, in the arena; tables may be NULL where count is 0. NULL: out of memory. */
weft_schema_table *wefti_copy_tables(wefti_arena *arena, const weft_schema_table *tables, size_t count);
weft_schema_enum *wefti_copy_enums(wefti_arena *arena, const weft_schema_enum *enums, size_t count); /* the same */
weft_schema_sequence *wefti_copy_sequences(wefti_arena *arena, const weft_schema_sequence *sequences, size_t count);
/* Adds copies of all operations of another list, which may then go. A list that failed makes this one fail. */
void wefti_ops_copy(wefti_ops *ops, const wefti_ops *from);

/* How one database spells definitions and operations; see render.h. */
typedef struct wefti_ddl wefti_ddl;
extern const wefti_ddl wefti_ddl_sqlite, wefti_ddl_postgres;

/* A query for the names of schemas; NULL: there is "main" alone. */
const char *wefti_ddl_schema_names(const wefti_ddl *ddl);
const char *wefti_ddl_database(const wefti_ddl *ddl); /* its name, as wefti_op_execute has it */
/* The name of a weft_type in columns, without length; NULL where the database has no such type. */
const char *wefti_ddl_type_name(const wefti_ddl *ddl, unsigned type);

/* Columns of a strict table: declared by the types that those take. */
void wefti_ddl_make_strict(const wefti_ddl *ddl, weft_schema_column *columns, size_t count);

/* What building tables anew needs around it, outside of the transaction; each is one statement. */
typedef struct wefti_rebuild_sql {
    const char *keys, *renaming; /* one cell: whether foreign keys are checked, and whether tables are renamed as they once were */
    const char *keys_on, *keys_off, *renaming_on, *renaming_off;
    const char *orphans; /* a row for each that refers to none */
} wefti_rebuild_sql;
/* NULL: no table needs that. */
const wefti_rebuild_sql *wefti_ddl_rebuild_sql(const wefti_ddl *ddl);

/* What a table is called while it is built anew. NULL: out of memory. */
const char *wefti_ddl_rebuilt_name(wefti_arena *arena, const char *table);

typedef weft_status (*wefti_ddl_callback)(void *context, const char *sql, weft_error *error);
/* A value that is not NULL as the database reads it from a text, without the name of a type; false: it is out of the range that the
 * database has. */
bool wefti_postgres_add_literal(wefti_text *text, const weft_value *value);
/* Gives the statements of an operation (mostly one) to emit, in order, and ends at the first that it refuses. What the database
 * cannot do is UNSUPPORTED, with a hint at what can be done instead; what makes no sense (no name, no columns) is MISUSE. */
weft_status wefti_op_render(const wefti_ddl *ddl, const wefti_op *op, wefti_ddl_callback emit, void *context, weft_error *error);
weft_status wefti_ops_render(const wefti_ddl *ddl, const wefti_ops *ops, wefti_ddl_callback emit, void *context, weft_error *error);

/* Whether a table of this name is there; without a name: whether the schema is. */
typedef bool (*wefti_table_exists)(void *context, const wefti_def_name *table);
/* Adds what creates all of a definition: enums and sequences, tables and views by dependency, foreign keys of cycles (where they
 * can be added later), indexes. What a view depends on is what stands in FROM of its SELECT. `exists` (may be NULL) says which
 * tables and views are there: they are left as they are, and nothing else may have the name of a new object. Without it everything
 * is made IF NOT EXISTS, and plain views OR REPLACE where the database has only that. The definition lives as long as the list. */
void wefti_ops_create_all(wefti_ops *ops, const wefti_ddl *ddl, const wefti_definition *definition, wefti_table_exists exists,
                          void *context);
/* The other way round: only tables and views that exist are dropped. */
void wefti_ops_drop_all(wefti_ops *ops, const wefti_ddl *ddl, const wefti_definition *definition, wefti_table_exists exists,
                        void *context);
/* What the foreign keys from one table to another are called in the database: names that end with NULL. */
typedef const char *const *(*wefti_keys_between)(void *context, const wefti_def_name *table, const wefti_def_name *target);
/* wefti_ops_drop_all where the tables may have been made by others: keys of cycles are dropped by the names that they have. keys
 * NULL: by those that the definition gives them. */
void wefti_ops_drop_found(wefti_ops *ops, const wefti_ddl *ddl, const wefti_definition *definition, wefti_table_exists exists,
                          wefti_keys_between keys, void *context);

#endif
