/* What the parts of lint share. A revision is looked at statement by statement, with what the revisions before it have made in mind;
 * nothing is run. It uses weft's public headers alone, and of libpg_query the parser. */
#ifndef WEFT_TOOLS_LINT_H
#define WEFT_TOOLS_LINT_H

#include <jansson.h>
#include <stdarg.h>

#include <weft/weft.h>

/* ---- rules (lint_rules.c) ---- */

typedef struct lint_rule {
    const char *id;
    bool error; /* else a warning */
    bool off;   /* unless it is asked for */
    const char *about;
} lint_rule;

typedef enum lint_id {
    LINT_INDEX_NOT_CONCURRENT,
    LINT_DROP_INDEX_NOT_CONCURRENT,
    LINT_REINDEX_NOT_CONCURRENT,
    LINT_CONCURRENT_IN_TRANSACTION,
    LINT_CONCURRENT_WITHOUT_NAME,
    LINT_ADD_COLUMN_VOLATILE_DEFAULT,
    LINT_ADD_COLUMN_SERIAL,
    LINT_ADD_COLUMN_GENERATED,
    LINT_ADD_COLUMN_NOT_NULL,
    LINT_ADD_COLUMN_CONSTRAINT,
    LINT_SET_NOT_NULL,
    LINT_DROP_NOT_NULL,
    LINT_ALTER_TYPE,
    LINT_ALTER_TYPE_PREPARED,
    LINT_CHECK_NOT_VALID_MISSING,
    LINT_FK_NOT_VALID_MISSING,
    LINT_VALIDATE_SAME_TRANSACTION,
    LINT_UNIQUE_CONSTRAINT,
    LINT_EXCLUSION_CONSTRAINT,
    LINT_FK_WITHOUT_INDEX,
    LINT_DROP_TABLE,
    LINT_DROP_COLUMN,
    LINT_DROP_SCHEMA,
    LINT_DROP_DATABASE,
    LINT_DROP_VIEW,
    LINT_DROP_TYPE,
    LINT_DROP_ROUTINE,
    LINT_DROP_SEQUENCE,
    LINT_DROP_CONSTRAINT,
    LINT_TRUNCATE,
    LINT_CASCADE,
    LINT_RENAME_TABLE,
    LINT_RENAME_COLUMN,
    LINT_RENAME_SCHEMA,
    LINT_RENAME_ENUM_VALUE,
    LINT_SET_SCHEMA,
    LINT_ENUM_VALUE_POSITION,
    LINT_DOMAIN_CONSTRAINT,
    LINT_DETACH_PARTITION,
    LINT_ATTACH_PARTITION,
    LINT_VACUUM_FULL,
    LINT_CLUSTER,
    LINT_SET_LOGGED,
    LINT_SET_TABLESPACE,
    LINT_REFRESH_VIEW,
    LINT_UPDATE_ALL_ROWS,
    LINT_DELETE_ALL_ROWS,
    LINT_DATA_AND_DDL,
    LINT_LOCK_TIMEOUT_OFF,
    LINT_LOCK_TIMEOUT_CONCURRENT,
    LINT_SET_NOT_LOCAL,
    LINT_MANY_LOCKS,
    LINT_LOCK_TABLE,
    LINT_TRIGGER,
    LINT_ROW_SECURITY,
    LINT_NOT_REPEATABLE,
    LINT_DO_BLOCK,
    LINT_CALL_STEP,
    LINT_IDENTIFIER_TOO_LONG,
    LINT_DUPLICATE_ASSIGNMENT,
    LINT_NO_PRIMARY_KEY,
    LINT_TYPE_JSON,
    LINT_TYPE_TIMESTAMP,
    LINT_TYPE_CHAR,
    LINT_TYPE_SERIAL,
    LINT_TYPE_INTEGER_KEY,
    LINT_TYPE_VARCHAR,
    LINT_INDEX_MANY_COLUMNS,
    LINT_IRREVERSIBLE,
    LINT_UNPARSED,
    LINT_LINT_COMMENT,
    LINT_LINT_COMMENT_UNUSED,
    LINT_SQLITE_ADD_NEEDS_ROWS,
    LINT_SQLITE_ADD_NEVER,
    LINT_SQLITE_DROP_REFUSED,
    LINT_SQLITE_FK_PRAGMA,
    LINT_SQLITE_RENAME_FIRST,
    LINT_SQLITE_IN_TRANSACTION,
    LINT_SQLITE_REBUILD,
    LINT_RULE_COUNT
} lint_id;
extern const lint_rule lint_rules[LINT_RULE_COUNT];
/* LINT_RULE_COUNT: there is none of this name. */
lint_id lint_rule_of(const char *id, size_t size);

/* ---- what is found ---- */

typedef struct lint_finding {
    lint_id rule;
    bool error;
    bool down; /* of the part "-- down" */
    const char *revision, *file;
    int line;
    size_t step;         /* of its part. SIZE_MAX: of the revision as a whole */
    const char *message; /* what happens */
    const char *safe;    /* what to write in its place; "" where nothing is better */
    const char *allowed; /* the reason why a comment allows it; NULL: it does not */
} lint_finding;

/* ---- what is known of the database (lint_known.c) ---- */

/* Names are as SQL spells them, quoted where they must be, without "public." before them. */
typedef struct lint_type {
    const char *base;
    long modifiers[2];
    size_t modifier_count;
    bool array;
} lint_type; /* base NULL: unknown */
typedef struct lint_column {
    const char *name;
    lint_type type;
    bool not_null, key, unique;
    size_t born;
} lint_column;
typedef struct lint_table {
    const char *name;
    size_t born;    /* the revision that made it, counted from 1; 0: it was there */
    size_t emptied; /* the latest that emptied it */
    bool partitioned, temporary, gone;
    double rows; /* below 0: not known */
    lint_column *columns;
    size_t column_count, column_capacity;
} lint_table;
/* An index, or a constraint; of an index that belongs to a constraint both. */
typedef struct lint_object {
    enum { LINT_INDEX, LINT_UNIQUE, LINT_CHECK, LINT_FOREIGN } kind;
    const char *name, *table;
    const char *columns;              /* ",a,b," */
    bool constraint, valid, not_null; /* not_null: a CHECK that columns, which is one, is not NULL */
    bool gone;
} lint_object;

/* A list of texts, or of one's own items. */
typedef struct lint_names {
    const char **items;
    size_t count, capacity;
} lint_names;

typedef struct lint {
    bool sqlite;
    const weft_schema *models; /* NULL: not known */
    double small;              /* below so many rows locks do not matter; 0: they always do */
    bool on[LINT_RULE_COUNT];
    lint_finding *findings;
    size_t count, capacity;
    /* The history. */
    lint_table *tables;
    size_t table_count, table_capacity;
    lint_object *objects;
    size_t object_count, object_capacity;
    /* The revision. */
    size_t revision_count; /* looked at, this one included */
    bool together;         /* those that are told are run one behind the other: what one makes is new for the next */
    size_t new_since;      /* tables born by it or later are new */
    bool tell;             /* else it is only learned from */
    const char *revision, *file;
    const weft_steps *steps;
    bool down;          /* its part "-- down" is looked at: steps are those */
    json_t **trees;     /* of the steps; NULL where one was not parsed */
    json_t **within;    /* by step: what a DO block runs, an array; NULL elsewhere */
    lint_names added;   /* "view x", "constraint t.c": what it makes anywhere */
    lint_names renamed; /* tables, by their old names */
    /* The step and its transaction. */
    size_t step;
    uint32_t transaction;
    lint_names locked;    /* tables that it holds */
    lint_names not_valid; /* "t.c": constraints that it has added */
    bool altered, told_locks;
    /* Texts that live as long as this. */
    void **pool;
    size_t pool_count, pool_capacity;
} lint;

/* ---- lint.c ---- */

void lint_init(lint *l, bool sqlite);
void lint_free(lint *l);
/* The rules that are asked for: names with commas between, off with '-' before them. NULL, or the first that is none; owned by l. */
const char *lint_choose(lint *l, const char *rules);
/* Looks at a revision; tell: findings are added, else it is only learned what there is. steps are those up, down those down, which
 * are looked at where the revision is told, and not where it is about to be run. */
void lint_revision(lint *l, const char *revision, const char *file, const weft_steps *steps, const weft_steps *down, bool tell);

void lint_report(lint *l, lint_id rule, const char *safe, const char *format, ...) WEFT_PRINTF(4, 5);
/* The same, as an error or not whatever the rule says. */
void lint_report_as(lint *l, lint_id rule, bool error, const char *safe, const char *format, ...) WEFT_PRINTF(5, 6);
/* Texts that live as long as l; without memory the command ends. */
const char *lint_text(lint *l, const char *format, ...) WEFT_PRINTF(2, 3);
void *lint_grow(void *items, size_t count, size_t *capacity, size_t size);
void lint_add(lint_names *list, const char *name);
bool lint_has(const lint_names *list, const char *name);
void lint_names_free(lint_names *list);
/* A name in SQL, quoted where it must be. */
const char *lint_quoted(lint *l, const char *name);

/* The same without quotes, for names that are made of it. */
const char *lint_plain(lint *l, const char *quoted);
/* A name of SQLite's, which does not tell capitals apart. */
const char *lint_lower(lint *l, const char *name);
/* Of "schema.table" the table. */
const char *lint_last_part(const char *name);

/* ---- lint_known.c ---- */

lint_table *lint_table_of(lint *l, const char *name); /* NULL: not known */
lint_table *lint_table_add(lint *l, const char *name);
lint_column *lint_column_of(const lint_table *table, const char *name);
lint_column *lint_column_add(lint_table *table, const char *name);
lint_object *lint_object_of(lint *l, const char *table, const char *name); /* table NULL: any */
lint_object *lint_object_add(lint *l, lint_object object);
/* Whether the revision has made or emptied the table, or it is of the session alone. */
bool lint_is_new(lint *l, const char *table);
/* Whether the models that were given still have the table, or a column of it: then its going breaks the new program, too. */
bool lint_models_have(lint *l, const char *table, const char *column);
/* Whether somebody may wait for a lock of it: it is neither new nor small. */
bool lint_is_used(lint *l, const char *table);
bool lint_is_partitioned(lint *l, const char *table);
void lint_rename_table(lint *l, const char *from, const char *to);
void lint_drop_table(lint *l, const char *name);

/* What the database has, as it is now (lint_ask.c). schema: in which unqualified names are; NULL: public. */
weft_status lint_ask(lint *l, weft_engine *engine, const char *schema, weft_error *error);

/* ---- trees of libpg_query (lint_tree.c) ---- */

const char *lint_string(const json_t *node, const char *key); /* "" where there is none */
bool lint_flag(const json_t *node, const char *key);
long lint_number(const json_t *node, const char *key);
/* Names of a list of String nodes, each quoted, with a text between. */
const char *lint_list(lint *l, const json_t *list, const char *between);
/* The last name of such a list, as it is; "". */
const char *lint_last(const json_t *list);
/* A table's name of a RangeVar. */
const char *lint_range(lint *l, const json_t *range);
/* A name of a list of String nodes, as "schema.name". */
const char *lint_qualified(lint *l, const json_t *list);
/* Whether one option of a list of DefElem has the name. */
bool lint_option(const json_t *list, const char *name);
/* The first function of the expression whose value may be another one for each row; NULL. */
const char *lint_volatile(lint *l, const json_t *expression);
/* One statement, or NULL with what the parser says. */
json_t *lint_parse(lint *l, const char *sql, const char **trouble);

/* ---- DO blocks (lint_block.c) ---- */

/* The statements that a DO block runs, as an array that the caller frees. *trouble: why not all of them are there; else left. */
json_t *lint_block(lint *l, const char *sql, const json_t *statement, const char **trouble);

/* ---- what undoes (lint_down.c) ---- */

typedef struct lint_known {
    lint_table *tables;
    lint_object *objects;
    size_t table_count, object_count, new_since;
} lint_known;
bool lint_rule_is_told_down(lint_id rule);
bool lint_rule_is_error_down(lint_id rule);
/* Whether a part "-- down" is looked at whose revision has made the table, or its column (NULL: the table is asked for). */
bool lint_was_made_up(lint *l, const char *table, const char *column);
/* From now on the part is looked at; and then all that is known is as it was. */
void lint_begin_down(lint *l, lint_known *kept);
void lint_end_down(lint *l, const lint_known *kept);

/* ---- lint_type.c ---- */

lint_type lint_type_of(lint *l, const json_t *type_name);
/* The same of a text, as "character varying(20)". */
lint_type lint_type_parse(lint *l, const char *text);
/* Whether a column is written anew when its type changes; of a type that is not known it is. */
bool lint_type_rewrites(const lint_type *from, const lint_type *to);
const char *lint_type_text(lint *l, const lint_type *type);

/* ---- what is learned (lint_create.c) ---- */

void lint_learn_column(lint *l, const char *table, const json_t *definition);
/* column: of one that it stands beside; NULL: of the table. */
void lint_learn_constraint(lint *l, const char *table, const char *column, const json_t *made);
bool lint_is_serial(const char *type);
/* Of a condition "column IS NOT NULL" the column; of another one "". */
const char *lint_not_null_column(lint *l, const json_t *expression);
/* Says what is not good in the type of a new column. */
void lint_check_type(lint *l, const json_t *definition, bool key);

/* ---- rules of statements ---- */

void lint_postgres(lint *l, const weft_step *step, json_t *tree);     /* lint_postgres.c */
void lint_statement(lint *l, const weft_step *step, json_t *tree);    /* the same of one within another */
void lint_create(lint *l, const json_t *create);                      /* lint_create.c */
void lint_index(lint *l, const weft_step *step, const json_t *index); /* lint_create.c */
void lint_alter(lint *l, const weft_step *step, const json_t *alter); /* lint_alter.c */
void lint_lock(lint *l, const char *table);                           /* notes that it is held, as nobody may read it */
void lint_drop(lint *l, const weft_step *step, const json_t *drop);   /* lint_drop.c */
/* A table, or a column of it, is lost: for both databases. */
void lint_report_lost(lint *l, const weft_step *step, const char *table, const char *column);
void lint_truncate(lint *l, const weft_step *step, const json_t *truncate);
void lint_rename(lint *l, const json_t *rename);
bool lint_function_is_stable(const char *name);              /* lint_functions.c */
void lint_sqlite_note_added(lint *l, const weft_step *step); /* what it makes, before the revision is looked at */
void lint_sqlite(lint *l, const weft_step *step);            /* lint_sqlite.c */

#endif
