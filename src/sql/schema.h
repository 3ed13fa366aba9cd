/* The resolved schema: tables, columns, keys and relationships, worked out from the models once per engine, checked, and never
 * changed afterwards. Everything above refers to tables and columns by pointers into it; they live as long as the engine. */
#ifndef WEFTI_SQL_SCHEMA_H
#define WEFTI_SQL_SCHEMA_H

#include "base/arena.h"
#include "base/limits.h"
#include "sql/mapper.h"
#include "type/type.h"

#include <weft/model.h>
#include <weft/schema.h>
#include <weft/status.h>

typedef struct wefti_schema wefti_schema;
typedef struct wefti_relation wefti_relation;

struct wefti_column {
    const wefti_table *table;
    const wefti_column *main; /* the same column of table->main; itself but in views */
    const wefti_field *field; /* of the model's struct; never NULL */
    uint16_t index;           /* in table->columns */
    const char *name;         /* in SQL */
    uint8_t type;             /* weft_type of the value, without OPT; for enums WEFT_TEXT */
    bool primary_key;
    bool nullable;
    bool generated; /* a key the database makes: the only primary key column, an integer, not referring, no default */
    bool unique;
    bool identity; /* the database counts it, key or not; always: and nobody else writes it */
    bool identity_always;
    bool autoincrement;            /* a key that is never given out again, where the database would */
    const weft_counting *counting; /* how; NULL: as the database does by itself */
    const char *draws;             /* a sequence as the model calls it, of which server_default takes a value; NULL: of none */
    bool decides;                  /* named in the condition of a partial index: values beside it decide whether that is used */
    int length, precision, scale;
    const wefti_column *spelt_as; /* a decimal that refers to another one: the key, with which it must share its texts; else NULL */
    const char *sql_type, *server_default;
    const char *computed; /* SQL: nobody writes the column but the database; NULL: it is no such column */
    bool stored;          /* what is computed is kept with the row, where the database has a choice */
    const char *comment;  /* NULL: none */
    const char *cast;     /* in SQL: the type that texts are cast to where their place does not say it; NULL: text will do */
    const char *const *enum_names; /* NULL: not an enum */
    const char *const *item_names; /* of the items of an array, whose numbers in the field are an enum's; NULL: they are none */
    uint16_t enum_count;           /* of either */
    const char *check_name;        /* of the check that keeps an enum's texts; NULL: no enum, or that of a view */
    const char *native_enum;       /* its type where databases have such; sql_type is that, quoted. NULL: a text with a CHECK */
};

/* The names that its values, or the items of these, may be; NULL: any. */
static inline const char *const *wefti_column_names(const wefti_column *column)
{
    return column->enum_names != NULL ? column->enum_names : column->item_names;
}
/* Whether the numbers in its fields are kept as names. */
static inline bool wefti_column_is_named(const wefti_column *column) { return wefti_column_names(column) != NULL; }

/* Whether the values in its fields are others than those of its type, into which they are turned where parameters are bound. */
static inline bool wefti_column_is_turned(const wefti_column *column)
{
    return wefti_column_is_named(column) || wefti_type_has_own_items(column->field->type);
}

/* Whether the column is an array of what the database has as another type than weft sends, and texts are not sent for it. */
static inline bool wefti_column_casts_items(const wefti_column *column)
{
    return column->cast != NULL && wefti_type_is_array(column->type) && column->type != WEFT_ARRAY + WEFT_TEXT;
}

/* Whose precision and scale say how the column's decimals are spelt where they are kept as texts. */
static inline const wefti_column *wefti_column_spelling(const wefti_column *column)
{
    return column->spelt_as != NULL ? column->spelt_as : column;
}

/* Whether an INSERT may leave the column to the database, which then fills it in. */
static inline bool wefti_column_may_be_omitted(const wefti_column *column)
{
    return column->generated || column->identity || column->server_default != NULL || column->computed != NULL;
}

/* Whether nobody but the database gives it a value. */
static inline bool wefti_column_is_made(const wefti_column *column) { return column->computed != NULL || column->identity_always; }

/* What PostgreSQL has beside a table, a constraint or an index; NULL: nothing is said. */
typedef struct wefti_storing {
    const char *storage, *tablespace, *comment;
    bool unlogged; /* of a table */
} wefti_storing;

typedef struct wefti_foreign_key {
    const char *name; /* of the constraint: fk_<table>_<columns> unless given */
    uint16_t count;
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS];
    const wefti_table *target;
    const wefti_column *target_columns[WEFTI_MAX_KEY_COLUMNS];
    const char *on_delete, *on_update; /* NULL: the database's default */
    bool deferrable, initially_deferred, match_full;
    const char *comment;
    bool in_cycle; /* the target leads back to the table, by way of others */
} wefti_foreign_key;

typedef struct wefti_index {
    const char *name; /* ix_<table>_<columns> or uq_<table>_<columns> unless given */
    bool unique;
    bool constraint; /* UNIQUE inside CREATE TABLE rather than an index */
    bool nulls_not_distinct, deferrable, initially_deferred;
    uint16_t count;
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS]; /* without the expressions among its parts */
    const char *where;
    uint16_t part_count;
    const weft_schema_part *parts; /* all, in order */
    const char *method;            /* NULL: the database's default */
    const char *const *include;    /* names of columns, or NULL */
    wefti_storing beside;
} wefti_index;

typedef struct wefti_check {
    const char *name;
    const char *condition;
    bool exclude; /* it says of any two rows, not of one: what follows EXCLUDE */
    const char *comment;
} wefti_check;

typedef struct wefti_order_column {
    const wefti_column *column;
    bool descending;
} wefti_order_column;

/* A relationship of a model. For every kind local[i] is a column of source and remote[i] a column of target.
 *   belongs to:       local = the foreign key columns, remote = the columns they refer to (target's primary key)
 *   has many, one:    local = source's primary key,    remote = target's foreign key columns
 *   many to many:     local = source's primary key, remote = target's primary key; link_local[i] of link equals local[i],
 *                     link_remote[i] of link equals remote[i] */
struct wefti_relation {
    const wefti_table *source, *target;
    uint16_t index;      /* in source->relations, also its bit in the objects' loaded masks (at most 64) */
    weft_attr_kind kind; /* WEFT_ATTR_HAS_MANY, _MANY_TO_MANY, _BELONGS_TO, _HAS_ONE */
    bool to_many;        /* the field is a list; else a pointer */
    const char *field;
    size_t offset;
    uint16_t local_count, remote_count; /* equal but for many to many */
    const wefti_column *local[WEFTI_MAX_KEY_COLUMNS], *remote[WEFTI_MAX_KEY_COLUMNS];
    const wefti_table *link;
    const wefti_column *link_local[WEFTI_MAX_KEY_COLUMNS], *link_remote[WEFTI_MAX_KEY_COLUMNS];
    const wefti_relation *back; /* the other side, or NULL; symmetric once resolved */
    unsigned cascade;
    weft_load_how lazy;
    bool passive_deletes, view_only;
    uint16_t order_count;
    wefti_order_column order[WEFTI_MAX_KEY_COLUMNS];
};

struct wefti_table {
    const wefti_schema *schema;
    const weft_model *model; /* NULL: a link table that only exists through .through */
    const weft_attr *attrs;  /* the model's entries, with the columns of embedded structs in their places */
    size_t attr_count;
    const wefti_table *main;      /* the model that DDL follows, where this one is a view of its table; else itself */
    const wefti_table *next_view; /* of main: its first view; of a view: the next one; NULL: no more */
    const char *name;
    const char *schema_name; /* in which it stands; NULL: the one in which the database looks first */
    const char *schema_sql;  /* what statements say of it: the name, or where it is translated a mark; NULL: nothing */
    wefti_storing beside;
    bool strict, without_rowid;     /* where the database has such tables */
    const char *key_name;           /* of the constraint that is the primary key; NULL: a view */
    const char *const *key_include; /* names of columns, or NULL */
    wefti_storing key_beside;
    const char *definition;     /* the SELECT of the view that it is, "" where others make it; NULL: a table */
    bool materialized;          /* the view is, where the database has such */
    uint16_t index;             /* in schema->tables: dependency order, referred-to tables first (cycles broken) */
    const wefti_mapper *mapper; /* to the struct; never NULL */
    uint16_t column_count;
    const wefti_column *columns;
    uint16_t key_count;
    const wefti_column *key[WEFTI_MAX_KEY_COLUMNS]; /* primary key columns in model order */
    bool integer_key;                               /* one key column of an integer type: the identity map's fast path */
    bool has_models;                 /* writing through another model may change its rows: its table has several, or it is a view */
    bool inserts_made, updates_made; /* some column has .insert_value; has .update_value */
    bool has_made;                   /* nobody but the database gives some column its values */
    const wefti_column *generated;   /* the generated key column, or NULL */
    uint16_t relation_count;
    const wefti_relation *relations;
    uint16_t foreign_key_count;
    const wefti_foreign_key *foreign_keys;
    uint16_t index_count;
    const wefti_index *indexes;
    uint16_t check_count;
    const wefti_check *checks;
    bool self_referential; /* a foreign key to itself */
};

/* A sequence that models declare: WEFT_SEQUENCE. */
typedef struct wefti_sequence {
    const wefti_table *table; /* of the model that does, in whose schema it stands */
    const char *name;
    const weft_counting *counting;
    uint8_t type; /* WEFT_INT16, WEFT_INT32, WEFT_INT64; WEFT_UNMAPPED: the model does not say it */
} wefti_sequence;

struct wefti_schema {
    wefti_arena arena;
    const weft_naming *naming; /* of the models; NULL: weft's own */
    uint16_t table_count;
    const wefti_table **tables; /* in dependency order */
    uint16_t native_enum_count;
    const wefti_column **native_enums; /* for each type of .native_enum the first column that has it */
    uint16_t sequence_count;
    const wefti_sequence *sequences;
    bool has_views; /* some model has .view_of */
    bool marks;     /* statements hold marks in place of names of schemas: see places.h */
    uint16_t place_count;
    const char *const *place_names; /* the schemas that models name */
    bool reads_views;               /* some model has .view or .existing_view */
    uint32_t slot_mask;             /* hash of model pointers to tables, open addressing */
    const wefti_table **slots;
};

#define WEFTI_MOST_PLACES 256   /* schemas that models may name */
#define WEFTI_PLACE_MARK '\xff' /* begins a mark in statements: two letters follow, which say the place */

/* A new schema for this database, before anyone else has it: what types of the program's own are called there, and whether it can
 * keep every column. UNSUPPORTED names model, field and what to change. */
struct wefti_dialect;
weft_status wefti_schema_settle(wefti_schema *schema, const struct wefti_dialect *dialect, weft_error *error);
/* Of these only whether it has the schemas that models name. */
weft_status wefti_schema_settle_names(wefti_schema *schema, const struct wefti_dialect *dialect, weft_error *error);

/* Builds and checks the schema of the models and of all they reach. WEFT_ERROR_MODEL names model, field and what to change.
 * metadata may be NULL or empty. The caller frees it. */
weft_status wefti_schema_new(const weft_metadata *metadata, wefti_schema **schema, weft_error *error);
/* The same for engines that translate the schemas which models name, and whose dialect this is: settled, and shared by them. */
weft_status wefti_schema_new_translated(const weft_metadata *metadata, const struct wefti_dialect *dialect, wefti_schema **schema,
                                        weft_error *error);
void wefti_schema_free(wefti_schema *schema);

/* The entry of a column or relationship by its name in C, "home.city" where structs are embedded; NULL where there is none. */
const weft_attr *wefti_model_field(const weft_model *model, const char *field, size_t *offset);

/* The table of a model, or NULL where it is not part of the schema. A few nanoseconds, no lock. */
static inline const wefti_table *wefti_schema_table(const wefti_schema *schema, const weft_model *model)
{
    uint32_t i = (uint32_t)(((uintptr_t)model >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
    for (;; i++) {
        const wefti_table *table = schema->slots[i & schema->slot_mask];
        if (table == NULL || table->model == model)
            return table;
    }
}
/* Whether the database computes its rows, or somebody else keeps them: nothing is written to it. */
static inline bool wefti_table_is_view(const wefti_table *table) { return table->definition != NULL; }
/* OK where the table may be written to; else MISUSE, naming the call, model and view. */
weft_status wefti_table_check_written(const wefti_table *table, const char *call, weft_error *error);
/* The column that counts updates, in every model of the table; NULL: none. */
static inline const wefti_column *wefti_table_version(const wefti_table *table) { return table->main->mapper->version; }
const wefti_table *wefti_schema_table_named(const wefti_schema *schema, const char *name); /* in any schema: the first */
const wefti_table *wefti_schema_table_in(const wefti_schema *schema, const char *place, const char *name);
/* By the field's offset; NULL where there is none. */
const wefti_column *wefti_table_column_at(const wefti_table *table, size_t offset);
const wefti_relation *wefti_table_relation_at(const wefti_table *table, size_t offset);
/* The greatest value of a version column, after which it goes on with 1. */
static inline int64_t wefti_version_greatest(const wefti_column *version) { return wefti_type_of(version->type)->greatest; }
static inline int64_t wefti_version_after(const wefti_column *version, int64_t value)
{
    return value >= wefti_version_greatest(version) ? 1 : value + 1;
}
/* nextval('billing.invoice_number'): the default that draws from it. place: the schema as SQL writes it, or a mark in its place, or
 * NULL. From the arena; NULL: no memory. */
const char *wefti_sequence_next(const wefti_sequence *sequence, const char *place, wefti_arena *arena);
/* The sequence that the table's model declares; NULL: it declares none of the name. */
const wefti_sequence *wefti_table_sequence(const wefti_table *table, const char *name);
/* MISUSE: the program gives a value to a column that the database makes. call: what the message begins with. */
weft_status wefti_refuse_made(const wefti_column *column, const char *call, weft_error *error);
/* By SQL name. */
const wefti_column *wefti_table_column_named(const wefti_table *table, const char *name);

#endif
