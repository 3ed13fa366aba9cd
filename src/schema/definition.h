/* What a database has, or is to have, as data: tables, columns, constraints, indexes, enum types, sequences. Nothing here knows a
 * model or a struct: definitions are made from models (sql/schema_define.c), read from a database, or written down by hand, and all
 * are the same to what compares them or makes statements of them.
 *
 * Plain constant structs, whose zero means "not so" or "the database's default". Texts and lists belong to whoever made the
 * definition, and live as long as it; lists of names end with NULL. SQL in them (defaults, conditions, types) is the database's own
 * and trusted; names are quoted where they are written. */
#ifndef WEFTI_SCHEMA_DEFINITION_H
#define WEFTI_SCHEMA_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/value.h>

/* A table, a type or an index; schema NULL: the one that the database looks in first. */
typedef struct wefti_def_name {
    const char *schema, *name;
} wefti_def_name;

typedef struct wefti_def_column {
    const char *name;
    uint8_t type; /* weft_type without flags; WEFT_UNMAPPED: only sql_type says */
    bool array;   /* of the type */
    bool nullable;
    const char *sql_type;       /* as the database spells it, in place of the type; NULL: by type, length, precision and scale */
    const char *enum_type;      /* the name of an enum of the definition, in place of both */
    int length;                 /* of text */
    int precision, scale;       /* of decimals */
    const char *server_default; /* an SQL expression */
    const char *generated;      /* an SQL expression: the column is computed from others; stored, or when it is read */
    bool stored;
    bool identity; /* the database makes the values that are not given; always: and takes no other */
    bool identity_always;
    const char *collation, *comment;
} wefti_def_column;

typedef enum wefti_def_constraint_kind {
    WEFTI_DEF_PRIMARY_KEY,
    WEFTI_DEF_UNIQUE,
    WEFTI_DEF_FOREIGN_KEY,
    WEFTI_DEF_CHECK,
    WEFTI_DEF_EXCLUDE
} wefti_def_constraint_kind;

typedef struct wefti_def_constraint {
    wefti_def_constraint_kind kind;
    const char *name;           /* NULL: made of table and columns (keys and unique constraints), or left to the database */
    const char *const *columns; /* of keys and unique constraints */
    wefti_def_name target;      /* of a foreign key */
    const char *const *target_columns;
    const char *on_delete, *on_update; /* see wefti_def_is_action; NULL: the database's default */
    const char *expression;            /* of CHECK, and what follows EXCLUDE */
    bool deferrable, initially_deferred, not_valid, nulls_not_distinct;
} wefti_def_constraint;

typedef enum wefti_def_nulls { WEFTI_DEF_NULLS_DEFAULT, WEFTI_DEF_NULLS_FIRST, WEFTI_DEF_NULLS_LAST } wefti_def_nulls;

/* A column or an expression that an index is sorted by. */
typedef struct wefti_def_part {
    const char *column; /* NULL: the expression */
    const char *expression;
    const char *collation, *operator_class;
    bool descending;
    wefti_def_nulls nulls;
} wefti_def_part;

typedef struct wefti_def_index {
    const char *name;
    const wefti_def_part *parts;
    size_t part_count;
    const char *const *include; /* columns that are kept beside; or NULL */
    const char *method;         /* NULL: the database's default */
    const char *where;          /* a partial index; or NULL */
    bool unique, nulls_not_distinct;
    bool concurrently; /* made beside writers where the database can, outside of a transaction */
} wefti_def_index;

typedef enum wefti_def_relation {
    WEFTI_DEF_TABLE,
    WEFTI_DEF_VIEW,
    WEFTI_DEF_MATERIALIZED_VIEW,
    WEFTI_DEF_FOREIGN_TABLE,
    WEFTI_DEF_PARTITION
} wefti_def_relation;

typedef struct wefti_def_table {
    wefti_def_relation relation;
    wefti_def_name name;
    const char *comment;
    const wefti_def_column *columns;
    size_t column_count;
    const wefti_def_constraint *constraints; /* in the order in which they are written */
    size_t constraint_count;
    const wefti_def_index *indexes; /* that are no constraints */
    size_t index_count;
    bool strict, without_rowid; /* of the databases that know it */
} wefti_def_table;

typedef struct wefti_def_enum {
    wefti_def_name name;
    const char *const *values;
} wefti_def_enum;

/* Zero: the database's default. */
typedef struct wefti_def_sequence {
    wefti_def_name name;
    int64_t start, increment, minimum, maximum;
    bool cycle;
} wefti_def_sequence;

typedef struct wefti_definition {
    const wefti_def_table *tables;
    size_t table_count;
    const wefti_def_enum *enums;
    size_t enum_count;
    const wefti_def_sequence *sequences;
    size_t sequence_count;
} wefti_definition;

size_t wefti_def_count(const char *const *names); /* of a list, which may be NULL */
bool wefti_def_same_name(const wefti_def_name *a, const wefti_def_name *b);
/* By name; NULL where there is none. */
const wefti_def_table *wefti_def_find_table(const wefti_definition *definition, const wefti_def_name *name);
const wefti_def_column *wefti_def_find_column(const wefti_def_table *table, const char *name);
const wefti_def_constraint *wefti_def_primary_key(const wefti_def_table *table);
/* Whether ON DELETE and ON UPDATE take the text. */
bool wefti_def_is_action(const char *action);

#endif
