/* The declarative mapping: one struct, one table, told in constant data that the compiler checks. What it cannot check (names of
 * columns, keys, options that contradict each other) weft_engine_open does: WEFT_ERROR_MODEL says what and how to mend it. Any
 * thread may read models at any time. */
#ifndef WEFT_MODEL_H
#define WEFT_MODEL_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 9 "<weft/model.h>"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/export.h>
#include <weft/value.h>

WEFT_BEGIN_DECLS

typedef struct weft_model weft_model;
typedef struct weft_codec weft_codec;
typedef struct weft_selectable weft_selectable;

typedef enum weft_attr_kind {
    WEFT_ATTR_COLUMN = 1,
    WEFT_ATTR_HAS_MANY,
    WEFT_ATTR_MANY_TO_MANY,
    WEFT_ATTR_BELONGS_TO,
    WEFT_ATTR_HAS_ONE,
    WEFT_ATTR_UNIQUE,
    WEFT_ATTR_INDEX,
    WEFT_ATTR_CHECK,
    WEFT_ATTR_FOREIGN_KEY,
    WEFT_ATTR_OPTIONS,
    WEFT_ATTR_EMBED,
    WEFT_ATTR_EXCLUDE,
    WEFT_ATTR_SEQUENCE,
    WEFT_ATTR_PRIMARY_KEY,
    WEFT_ATTR_LIST /* of parameters alone: WEFT_LIST_FIELD */
} weft_attr_kind;

/* What the UPDATE of an object requires of a row that another transaction may have changed since it was read: that columns still
 * hold what was read, else WEFT_ERROR_STALE and nothing is overwritten. Said by column, model (WEFT_OPTIONS), session and
 * engine: WEFT_GUARD_NONE at any of them suffices, else WEFT_GUARD_LOADED at any of them. Rows that the transaction has locked
 * or made need no check, nor do columns that it has written itself and rows read at an isolation at which the database checks.
 * Texts, JSON and bytes of more than 4,096 bytes take no part. Version columns are checked besides, whatever .guard says. */
typedef enum weft_guard {
    WEFT_GUARD_CHANGED, /* the columns that are written; the default */
    WEFT_GUARD_LOADED,  /* all columns, or the column that says so, written or not; DELETE requires it, too */
    WEFT_GUARD_NONE     /* nothing: the last write wins */
} weft_guard;

/* What a relationship hands on to the objects at its other end. */
#define WEFT_CASCADE_SAVE 1u          /* the session's new objects bring theirs in; always on */
#define WEFT_CASCADE_DELETE 2u        /* deleting the owner deletes them */
#define WEFT_CASCADE_ALL 3u
#define WEFT_CASCADE_DELETE_ORPHAN 4u /* one taken out of its owner is deleted at flush */

/* How a relationship loads when a query does not say: .lazy of a relationship and of loaders. */
typedef enum weft_load_how {
    WEFT_LOAD_LAZY = 0, /* by weft_lazy, for all objects loaded together at once */
    WEFT_LOAD_JOINED,   /* in the same statement, by LEFT JOIN */
    WEFT_LOAD_SUBQUERY, /* one more statement, around the first as a subquery */
    WEFT_LOAD_SELECTIN, /* one more statement, by the keys of the loaded objects */
    WEFT_LOAD_RAISE     /* never: weft_lazy is an error */
} weft_load_how;

/* Options of a whole model: an entry WEFT_OPTIONS(User, .guard = WEFT_GUARD_LOADED). */
typedef struct weft_model_options {
    int zero_;
    weft_guard guard;
    const char *comment; /* on the table; kept by PostgreSQL, SQLite has none */
    /* Where the table stands; NULL: where the database looks first. Other models name it so as well, "billing.invoice", or without
     * the schema where theirs is the same. weft_create_all makes a schema that is not there. SQLite has the schema "main" alone,
     * another one is UNSUPPORTED when the engine is opened. A view (.view_of) takes its main model's. */
    const char *schema;
    /* Another model of the same table, which CREATE TABLE follows: this one maps some of its columns, by the same types, the
     * whole primary key among them, and has no constraints, defaults or indexes of its own. A row that is written through either
     * model is written once: what both changed in one flush is one UPDATE, another value for one column in each is MISUSE, the
     * version counts whichever was used, and objects of the other model are read again when they are met. */
    const weft_model *view_of;
    /* The SELECT of a view of the database's, for a model that reads it: its results have the names of the model's columns.
     * weft_create_all makes it after all that it reads, and weft_drop_all drops it before. The primary key says which columns
     * tell its rows apart; a row that has NULL there is WEFT_ERROR_DATA. A view is only read: whatever would write to it is
     * WEFT_ERROR_MISUSE before anything is sent, and relationships from and to it are .view_only. Objects of it are read again
     * after each flush that wrote something. */
    const char *view;
    bool materialized;  /* the view keeps its rows, which are those of the last weft_refresh_view. It may have WEFT_INDEX (a unique
                           one of columns lets it be refreshed beside readers). SQLite has a plain view in its place, always
                           fresh and without indexes */
    /* SQLite's kinds of tables, which PostgreSQL has not and which are ignored there. STRICT: a column takes values of its type
     * alone, whoever writes them; columns are declared as one of SQLite's own types then. WITHOUT ROWID: rows are kept by the
     * primary key, which the program gives; a generated key is UNSUPPORTED when the table is made. A table that is there is
     * built anew by a revision where a model begins to say so; where models are silent, it stays as it is. */
    bool strict, without_rowid;
    bool existing_view; /* in place of .view: a view that others make, or a table that they keep. weft reads it, and neither
                           creates nor changes nor drops it */
    bool unlogged;          /* PostgreSQL's: the rows are not in the log: quicker to write, not on standbys, and gone after a crash.
                               SQLite leaves it out */
    const char *storage;    /* how PostgreSQL keeps the table: "fillfactor = 70, autovacuum_enabled = off". SQLite leaves it out */
    const char *tablespace; /* of PostgreSQL's, in which it is kept; it must be there. SQLite leaves it out */
} weft_model_options;

typedef struct weft_attr weft_attr;

/* How a sequence counts, and what gives an identity column its values. Zero is the database's default: upward from 1 by 1 to the
 * greatest value of the type, or with a negative .increment downward from -1 to the least; 0 itself is said by .start_is_zero and
 * the like. {.start = 1000, .increment = 10} gives 1000, 1010, 1020. PostgreSQL counts so; SQLite counts its keys by itself. */
typedef struct weft_counting {
    int64_t start;            /* by default the minimum, of one that counts downward the maximum */
    int64_t increment;
    int64_t minimum, maximum;
    int64_t cache;            /* values that a connection takes at once; those that it does not use are left out */
    bool cycle;               /* after the last value comes the first; else asking for one more is an error */
    bool start_is_zero, minimum_is_zero, maximum_is_zero;
} weft_counting;

/* What a weft_maker is asked for. */
typedef struct weft_making {
    const weft_model *model;
    const char *field;
    const void *object; /* the struct of the row, with what is given or was read; NULL in statements that write by condition */
    void *user;         /* weft_session_user of the session; NULL elsewhere */
} weft_making;
/* Gives a value for a column, of the column's type (integers of any, of enums their number); text and bytes are copied at once.
 * weft_value_null(…) is no value: NULL where the column may be, else WEFT_ERROR_NOT_NULL. Called on the thread that writes, which
 * must not use the session or the connection meanwhile; from several threads at once. */
typedef weft_value (*weft_maker)(const weft_making *making);
/* The time now; for timestamps, with and without a zone. */
WEFT_API weft_value weft_make_now(const weft_making *making);
/* A random UUID (version 4); and one that begins with the time (version 7, RFC 9562, section 5.7), whose order is that of
 * making to the 250 ns that it has room for: as a key it lies beside those made before it. */
WEFT_API weft_value weft_make_uuid(const weft_making *making);
WEFT_API weft_value weft_make_uuid7(const weft_making *making);

/* The columns of a struct that is embedded in those of models: WEFT_VALUE makes them. */
typedef struct weft_columns_set {
    const char *name;
    size_t size;
    const weft_attr *attrs;
    size_t attr_count;
} weft_columns_set;

/* One entry of a model, made by the macros below; its parts say which options go with which kind. Names of tables and columns are
 * quoted where SQL needs it. In lists of columns (.foreign_key, .order_by, .columns, .through, .conflict_columns and the like) a
 * name with blanks, commas or parentheses stands in double quotes, with its own quotes doubled:
 * .foreign_key = "\"sold by\", region"; so may the table's in .references, .through and WEFT_FOREIGN_KEY, and its schema's before a
 * point: .references = "\"our bills\".invoice.id". A name without one is looked for in the model's own schema first; ".invoice" is
 * in none. */
struct weft_attr {
    weft_attr_kind kind;
    int zero_;
    const char *field;
    size_t offset;
    size_t size;                /* of the field */
    int field_type;             /* weft_type, perhaps + WEFT_OPT; with .codec: 0, WEFT_OPT, WEFT_ARRAY or WEFT_ARRAY_OF_OPT */
    const weft_model *target;   /* relationships */
    const char *const *enum_names; /* WEFT_ENUM */
    size_t enum_count;
    const weft_codec *codec;    /* WEFT_COLUMN_AS: a field of a type of the program's own */

    /* columns */
    const char *column;         /* name in SQL; the field's name by default */
    const char *sql_type;       /* the type in SQL, also one that only the database knows: replaces weft's in CREATE TABLE, and is
                                   what texts are cast to; SQLite declares a text of a type that it does not know TEXT */
    bool primary_key;           /* several make a composite key, in the order of the model */
    bool not_generated;         /* an integer primary key that the program gives itself */
    bool nullable;              /* text, bytes, decimal, JSON: NULL pointers allowed; optional types are nullable by type */
    bool not_null;              /* an optional field (weft_opt_…) of a column that is NOT NULL: unset takes the server_default, and
                                   is refused where there is none */
    bool unique;
    bool index;
    /* .insert_value at weft_new and in the rows of weft_insert_many, where the field holds nothing: zero, unset, NULL; weft_set
     * gives a zero that is meant. .update_value where a flush, a statement by condition or a DO UPDATE changes a row and does not
     * give the column: updated_at; that others have changed it meanwhile stops no update, unless .guard says so. Not of keys that
     * the database makes, computed and counted columns and versions. */
    weft_maker insert_value;
    weft_maker update_value;
    bool zero_is_unset;         /* with server_default on a plain number or bool: zero lets the default fire */
    bool version;               /* an integer that counts updates; an UPDATE that misses it is WEFT_ERROR_STALE; after the greatest
                                   value of its type it goes on with 1. Updates by condition advance it, too */
    weft_guard guard;
    int length;                 /* text: VARCHAR(length); checked before sending, in characters */
    int precision, scale;       /* decimal: NUMERIC(precision, scale); a value that it would round is refused before sending */
    const char *references;     /* "table.column": a foreign key */
    const char *on_delete;      /* of foreign keys: "CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT" */
    const char *on_update;
    bool deferrable;            /* of foreign keys and unique constraints: SET CONSTRAINTS may put the check off */
    bool initially_deferred;    /* it is made at COMMIT unless asked for before; implies .deferrable. SQLite has both for
                                   foreign keys alone */
    const char *server_default; /* an SQL expression, written as it stands */
    const char *comment;        /* on the column, or the constraint or index of an entry; kept by PostgreSQL, SQLite has none */
    const char *native_enum;    /* WEFT_ENUM: the name of a type of PostgreSQL's, which has these values in this order and is made
                                   and dropped with the tables; columns may share it. SQLite has a CHECK, and sorts and
                                   compares the texts where PostgreSQL goes by the order of the values; columns of two such
                                   types, or of one and texts, are compared as texts on both */
    bool deferred;              /* not loaded with the object, but by weft_lazy or weft_undefer: see weft/load.h. Not for columns of
                                   keys, versions, foreign keys and relationships */
    const char *group;          /* deferred columns of one name load together; implies .deferred */
    const char *generated;      /* SQL over other columns of the row: the database computes the column (GENERATED ALWAYS AS), and
                                   nothing else writes it. The field is read back after INSERT and UPDATE; a value that the
                                   program gives it is MISUSE. Not for keys, versions and foreign keys; on SQLite no decimal has a
                                   part in it but within CAST(… AS REAL), for it is a text there */
    bool stored;                /* the value is kept with the row; SQLite computes it when it is read where this is not said, and
                                   PostgreSQL always keeps it */
    bool identity;              /* an integer column that the database counts: a zero or unset field takes the next value, which is
                                   read back. A generated key is one by itself. SQLite counts keys alone: of another column
                                   it is UNSUPPORTED there */
    bool identity_always;       /* the same, and nothing else writes the column: a value that the program gives is MISUSE */
    bool autoincrement;         /* a generated key: SQLite, too, never gives out again the number of a row that is gone, and asks
                                   a table of its own for the next one. PostgreSQL's sequences are so by themselves */
    weft_counting counting;     /* of a generated key or an .identity column; SQLite goes on from the greatest key instead */
    const char *sequence;       /* a sequence that a model declares (WEFT_SEQUENCE), whose next value is the integer column's
                                   default: a zero or unset field takes it, and it is read back; its name as in .references,
                                   without a column. On SQLite a key counts by itself, and another column is UNSUPPORTED */

    /* relationships */
    const char *foreign_key;    /* the columns that refer, separated by commas: of the target (has) or of this table (belongs to) */
    const char *back_populates; /* the field at the other side */
    const char *order_by;       /* columns of the target, each perhaps with DESC */
    const char *through;        /* many to many: "table(column of this, …; column of target, …)" or two columns with a comma */
    unsigned cascade;           /* WEFT_CASCADE_… */
    weft_load_how lazy;
    bool passive_deletes;       /* unloaded children are left to ON DELETE */
    bool view_only;             /* never written */

    /* UNIQUE, INDEX, CHECK, FOREIGN_KEY, EXCLUDE, PRIMARY_KEY */
    const char *columns;        /* "a, b DESC"; of an INDEX each as SQL says it: "lower(name), (a + b) DESC NULLS LAST,
                                   tag COLLATE \"C\" text_pattern_ops" */
    const char *name;           /* of the constraint or index; made from table and columns by default */
    const char *where;          /* SQL: a partial index */
    const char *method;         /* of an INDEX: "gin", "brin"; PostgreSQL's. SQLite leaves it out, and operator classes, .include
                                   and the order of NULL: they make an index faster or smaller, not another one */
    const char *include;        /* of an INDEX, UNIQUE or PRIMARY_KEY: "a, b", columns that are kept beside */
    const char *storage;        /* of the same: how PostgreSQL keeps the index: "fillfactor = 70, deduplicate_items = off" */
    const char *tablespace;     /* of the same: one of PostgreSQL's, in which the index is kept; it must be there */
    bool nulls_not_distinct;    /* of a UNIQUE or unique INDEX: two NULLs are equal; PostgreSQL's, from 15 on */
    const char *check;          /* SQL; of WEFT_CHECK. Of WEFT_EXCLUDE what follows EXCLUDE */
    const char *target_columns; /* "table(a, b)"; of WEFT_FOREIGN_KEY */
    bool match_full;            /* of a FOREIGN_KEY: all of its columns are NULL, or none is (MATCH FULL); else one that is NULL
                                   frees the others. PostgreSQL's: on SQLite creating the table is UNSUPPORTED */

    const weft_model_options *options; /* of WEFT_OPTIONS */

    /* SEQUENCE: .name, .counting as of columns, and .sql_type "smallint", "integer" or "bigint", which is the default */

    /* EMBED */
    const weft_columns_set *embedded;
    const char *prefix;         /* before the names of its columns; the field's name and "_" by default */
    bool flat;                  /* no prefix at all */
};

/* How a type of the program's own is kept: WEFT_TYPE makes one. Names that end with _ are filled by the macro. */
struct weft_codec {
    const char *name;
    size_t size;
    weft_type stored;
    const char *postgres, *sqlite; /* the column's type in SQL; by default that of .stored */
    const char *nullable_, *array_, *array_of_opt_;
    size_t align_, optional_size_, optional_at_;
    weft_value (*encode_)(const void *field);
    bool (*decode_)(const weft_value *value, void *field);
};

/* WEFT_TYPE(money, WEFT_INT64, money_encode, money_decode, .postgres = "numeric(12,2)"): money is a C type with a name of one
 * word (a typedef of a struct, an enum, a number) that is kept as a value of the weft_type named second. money_encode is
 * weft_value (const money *) and gives a value of that type, or its NULL; any other (such as weft_value_null(WEFT_UNMAPPED))
 * refuses what it was given: WEFT_ERROR_TYPE, naming model and field. money_decode is bool (const weft_value *, money *), gets a
 * value of that type that is not NULL, whose text (with a closing NUL) lives for the call, and says whether it was one:
 * WEFT_ERROR_DATA. Both run on the thread of the call, perhaps several times for one value, and must not call weft but for
 * values, texts and weft_type_room. Equal values must have equal encodings, and what was read is encoded as it was, JSON as
 * equal JSON: an edit of such a column finds its row by what it held (.guard). Structs are copied as they are: what pointers in
 * them point to is the program's. At file scope, in each translation unit that uses the type; makes weft_opt_money, too, a
 * struct with .set and .value for columns that may be NULL, and weft_array_money and weft_array_opt_money, which are count .items
 * one after the other, the latter of optionals, for columns of arrays. A name that has such structs (text, date) is taken. */
#define WEFT_TYPE(T, ...) WEFT_TYPE_(T, __VA_ARGS__, .size = sizeof(T))
#define WEFT_TYPE_(T, stored_, enc, dec, ...) \
    typedef struct weft_opt_##T { bool set; T value; } weft_opt_##T; \
    typedef struct weft_array_##T { T const *items; size_t count; } weft_array_##T; \
    typedef struct weft_array_opt_##T { weft_opt_##T const *items; size_t count; } weft_array_opt_##T; \
    static weft_value T##_encode_(const void *field_) { weft_value (*f_)(const T *) = (enc); return f_((const T *)field_); } \
    static bool T##_decode_(const weft_value *value_, void *field_) \
    { \
        bool (*f_)(const weft_value *, T *) = (dec); \
        return f_(value_, (T *)field_); \
    } \
    static const weft_codec T##_codec = { .name = #T, .stored = (stored_), .encode_ = T##_encode_, .decode_ = T##_decode_, \
        .nullable_ = "weft_opt_" #T, .array_ = "array of " #T, .array_of_opt_ = "weft_array_opt_" #T, \
        .align_ = offsetof(weft_opt_##T, value), .optional_size_ = sizeof(weft_opt_##T), \
        .optional_at_ = offsetof(weft_opt_##T, value), __VA_ARGS__ }; \
    WEFT_MAYBE_UNUSED static inline weft_value T##_value(T value_, char *room_) \
    { \
        return weft_type_value(&T##_codec, &value_, room_); \
    } \
    WEFT_MAYBE_UNUSED static inline weft_value T##_opt_value(weft_opt_##T value_, char *room_) \
    { \
        return value_.set ? weft_type_value(&T##_codec, &value_.value, room_) : weft_value_null((stored_)); \
    } \
    WEFT_MAYBE_UNUSED static inline weft_value T##_array_value(weft_array_##T value_, const char *room_) \
    { \
        (void)room_; \
        return weft_type_array(&T##_codec, false, value_.items, value_.count); \
    } \
    WEFT_MAYBE_UNUSED static inline weft_value T##_opt_array_value(weft_array_opt_##T value_, const char *room_) \
    { \
        (void)room_; \
        return weft_type_array(&T##_codec, true, value_.items, value_.count); \
    } \
    typedef int T##_has_weft_type

#define WEFT_TYPE_ROOM 256
/* For encoders that make text or bytes: room for WEFT_TYPE_ROOM bytes, the thread's, until a few calls later; weft copies what it
 * keeps. Any thread. */
WEFT_API char *weft_type_room(void);
/* The value that a codec makes of a field; text and bytes that the encoder made, or that lie in the field, are copied to room: of
 * more than WEFT_TYPE_ROOM - 1 of them the value is refused, where a flush, which reads the field itself, stores it. Any thread. */
WEFT_API weft_value weft_type_value(const weft_codec *codec, const void *field, char room[WEFT_TYPE_ROOM]);
/* Such fields, or with optional weft_opt_... structs of them, as a value that is an array of them, NULL where items is; borrowed
 * until the statement has run. Any thread. */
WEFT_API weft_value weft_type_array(const weft_codec *codec, bool optional, const void *items, size_t count);
/* An array of count fields as the items of weft_in_as, borrowed until the statement has run. Any thread. */
WEFT_API weft_value weft_type_items(const weft_codec *codec, const void *items, size_t count);

/* Constant data; every pointer in it lives as long as the program. */
struct weft_model {
    const char *name;
    const char *table;
    size_t size;
    const weft_attr *attrs;
    size_t attr_count;
    const weft_selectable *selectable; /* NULL: a table. Else what stands in FROM under the name: see weft/expr.h */
};

/* How constraints and indexes are called that are given no .name: texts in which tokens stand for names, such as
 * "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s". NULL: ix_, uq_ or fk_ and the table with its columns, pk_ and the
 * table, ck_ and the table with the column of an enum or a number, ex_ and the table with a number. Tokens:
 *   table_name, and of a foreign key referred_table_name
 *   column_0_name, column_1_name, …: one of its columns; column_0_N_name: all of them, with "_" between; column_0N_name: without
 *   column_0_label and the like: each with the table before it and "_"
 *   referred_column_0_name and the like: the columns to which a foreign key refers
 *   constraint_name: the .name that was given, which else is the name itself; of the check of an enum its column
 * %% is a percent sign. A name of more than 63 bytes is cut, and ends in a number made of the whole. Another token, and one for
 * which there is nothing (a column of a check, a name that was not given), is an error that names it. */
typedef struct weft_naming {
    const char *ix; /* of indexes */
    const char *uq; /* of unique constraints and unique indexes */
    const char *ck; /* of checks */
    const char *fk; /* of foreign keys */
    const char *pk; /* of primary keys; WEFT_PRIMARY_KEY may give one a .name */
    const char *ex; /* of exclusions */
} weft_naming;

/* The models of an application. What they reach through relationships is taken in too. */
typedef struct weft_metadata {
    const weft_model *const *models;
    size_t count;
    const weft_naming *naming; /* of all of them; NULL: weft's own */
} weft_metadata;

/* Declares the struct's name, its typed list and its model; in a header, and valid C++ too. */
#define WEFT_DECLARE(M) \
    typedef struct M M; \
    typedef struct M##_list { const M *const *items; size_t count; } M##_list; \
    WEFT_MAYBE_UNUSED static inline M##_list M##_list_of(weft_list list_) \
    { \
        M##_list typed_ = { (const M *const *)list_.items, list_.count }; \
        return typed_; \
    } \
    extern const weft_model M##_model

/* Defines the model of a struct: WEFT_MODEL(User, "user_account", WEFT_COLUMN(…), …); at file scope, once. */
#define WEFT_MODEL(M, table_name, ...) \
    const weft_model M##_model = { \
        .name = #M, .table = "" table_name, .size = sizeof(M), .attrs = (const weft_attr[]){ __VA_ARGS__ }, \
        .attr_count = sizeof((const weft_attr[]){ __VA_ARGS__ }) / sizeof(weft_attr) }

/* Names a set of models: WEFT_METADATA(models, &User_model, &Address_model); at file scope. */
#define WEFT_METADATA(name_, ...) \
    WEFT_METADATA_NAMED(name_, NULL, __VA_ARGS__)
/* The same with a naming convention: static const weft_naming naming = {.pk = "%(table_name)s_pkey"};
 * WEFT_METADATA_NAMED(models, &naming, &User_model, &Address_model); at file scope. */
#define WEFT_METADATA_NAMED(name_, naming_, ...) \
    const weft_metadata name_ = { (const weft_model *const[]){ __VA_ARGS__ }, \
                                  sizeof((const weft_model *const[]){ __VA_ARGS__ }) / sizeof(const weft_model *), (naming_) }

/* Refuses to compile where the field's C type cannot be mapped. */
#define WEFT_MAPPED_TYPE_(lvalue) \
    ((int)WEFT_TYPE_OF(lvalue) + 0 * (int)sizeof(char[WEFT_TYPE_OF(lvalue) == WEFT_UNMAPPED ? -1 : 1]))

/* A column: WEFT_COLUMN(User, name, .length = 30, .index = true). Its type is the field's. */
#define WEFT_COLUMN(M, ...) WEFT_COLUMN_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_COLUMN_(M, f, ...) \
    { .kind = WEFT_ATTR_COLUMN, .field = #f, .offset = offsetof(M, f), .size = sizeof(((M *)0)->f), \
      .field_type = WEFT_MAPPED_TYPE_(((M *)0)->f), __VA_ARGS__ }

/* A column of a type of the program's own (WEFT_TYPE), with the options of columns: WEFT_COLUMN_AS(Order, price, money, .index =
 * true). The field is a money or a weft_opt_money. As a key it is never generated. An array is a weft_array_money or
 * weft_array_opt_money, and its column an array of what money is kept as; an item that a function refuses is named by its place. */
#define WEFT_COLUMN_AS(M, ...) WEFT_COLUMN_AS_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_COLUMN_AS_(M, f, T, ...) \
    { .kind = WEFT_ATTR_COLUMN, .field = #f, .offset = offsetof(M, f), .size = sizeof(((M *)0)->f), \
      .field_type = WEFT_OWN_FIELD_(((M *)0)->f, T), .codec = &T##_codec, __VA_ARGS__ }
#define WEFT_OWN_FIELD_(lvalue, T) \
    _Generic((lvalue), T: 0, weft_opt_##T: WEFT_OPT, weft_array_##T: WEFT_ARRAY, weft_array_opt_##T: WEFT_ARRAY_OF_OPT)

/* What a text, bytes, decimal or JSON field points to whose column was not loaded: an empty text that is no other text. */
WEFT_API extern const char weft_unloaded[16];
/* Whether a text was loaded, without asking a session: weft_text_loaded(article->body). For numbers ask weft_loaded. Any thread. */
WEFT_MAYBE_UNUSED static inline bool weft_text_loaded(const char *text) { return text != weft_unloaded; }

/* A column of an enum (or int) field kept as text, with the options of columns: names is an array of texts, one for each value from
 * 0. WEFT_ENUM(Account, kind, kind_names, .index = true). One that may be NULL has a weft_opt_int32 for a field, as other numbers
 * have: weft_new(s, Account, .kind = weft_some(KIND_GUEST)). An array of them has a weft_array_int32, or weft_array_opt_int32 where
 * items may be NULL, and goes where arrays go: .kinds = weft_int32s(KIND_GUEST, KIND_STAFF), weft_array_has(Account, kinds,
 * KIND_STAFF). A number or a text of the database that is none of them is an error that names its place in the array. SQLite has
 * no CHECK of the items: what others write there is met when it is read. Among the fields of a WEFT_ROW it reads the names that a
 * query gives into the field, as a number, and gives the names of the program's rows and parameters. */
#define WEFT_ENUM(M, f, ...) WEFT_ENUM_(M, f, __VA_ARGS__, .zero_ = 0)
#define WEFT_ENUM_(M, f, names, ...) \
    { .kind = WEFT_ATTR_COLUMN, .field = #f, .offset = offsetof(M, f), .size = sizeof(((M *)0)->f), \
      .field_type = _Generic(((M *)0)->f, int: WEFT_INT32, unsigned: WEFT_UINT32, \
                             weft_opt_int32: WEFT_INT32 + WEFT_OPT, weft_opt_uint32: WEFT_UINT32 + WEFT_OPT, \
                             weft_array_int32: WEFT_ARRAY + WEFT_INT32, weft_array_uint32: WEFT_ARRAY + WEFT_UINT32, \
                             weft_array_opt_int32: WEFT_ARRAY_OF_OPT + WEFT_INT32, \
                             weft_array_opt_uint32: WEFT_ARRAY_OF_OPT + WEFT_UINT32), \
      .enum_names = (names), \
      .enum_count = sizeof(names) / sizeof((names)[0]), __VA_ARGS__ }

/* A struct of columns, for the structs of models to embed: an address, an amount with its currency, what all tables have. In a
 * header, after the struct's definition: WEFT_DECLARE_VALUE(Place); in one source, at file scope: WEFT_VALUE(Place,
 * WEFT_COLUMN(Place, street), WEFT_COLUMN(Place, city, .index = true)). Its entries are columns and other embedded structs;
 * indexes, constraints and relationships are entries of the models, by the names that the columns have there. */
#define WEFT_DECLARE_VALUE(V) extern const weft_columns_set V##_columns
#define WEFT_VALUE(V, ...) \
    const weft_columns_set V##_columns = { .name = #V, .size = sizeof(V), .attrs = (const weft_attr[]){ __VA_ARGS__ }, \
        .attr_count = sizeof((const weft_attr[]){ __VA_ARGS__ }) / sizeof(weft_attr) }
/* The columns of such a struct, which is the field: WEFT_EMBED(Customer, home, Place) has the columns home_street and home_city,
 * and is compared as weft_eq(Customer, home.city, "Ulm"). Options: .prefix = "office_" for other names, .flat = true for those of
 * the struct itself. The columns may be NULL one by one, as their fields say; the struct as a whole cannot. */
#define WEFT_EMBED(M, ...) WEFT_EMBED_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_EMBED_(M, f, V, ...) \
    { .kind = WEFT_ATTR_EMBED, .field = #f, .offset = offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, V: 1)), \
      .size = sizeof(V), .embedded = &V##_columns, __VA_ARGS__ }

/* One to many: the field is T_list, .foreign_key names the columns of T that refer to M's primary key (not needed where only one
 * foreign key can be meant): WEFT_HAS_MANY(User, addresses, Address, .foreign_key = "user_id", .back_populates = "user"). */
#define WEFT_HAS_MANY(M, f, ...) WEFT_HAS_MANY_(M, f, __VA_ARGS__, .zero_ = 0)
#define WEFT_HAS_MANY_(M, f, T, ...) WEFT_TO_MANY_(WEFT_ATTR_HAS_MANY, M, f, T, __VA_ARGS__)
/* Many to many: the field is T_list, .through names the table between and its columns; a table that no model maps is made:
 * WEFT_MANY_TO_MANY(User, keywords, Keyword, .through = "user_keyword(user_id, keyword_id)"). */
#define WEFT_MANY_TO_MANY(M, f, ...) WEFT_MANY_TO_MANY_(M, f, __VA_ARGS__, .zero_ = 0)
#define WEFT_MANY_TO_MANY_(M, f, T, ...) WEFT_TO_MANY_(WEFT_ATTR_MANY_TO_MANY, M, f, T, __VA_ARGS__)
#define WEFT_TO_MANY_(k, M, f, T, ...) \
    { .kind = (k), .field = #f, .offset = offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, T##_list: 1)), \
      .size = sizeof(weft_list), .target = &T##_model, __VA_ARGS__ }
/* Many to one: the field is const T *, .foreign_key names the columns of M that refer to T's primary key. */
#define WEFT_BELONGS_TO(M, f, ...) WEFT_BELONGS_TO_(M, f, __VA_ARGS__, .zero_ = 0)
#define WEFT_BELONGS_TO_(M, f, T, ...) WEFT_TO_ONE_(WEFT_ATTR_BELONGS_TO, M, f, T, __VA_ARGS__)
/* One to one, seen from the side without the foreign key: the field is const T *, .foreign_key names the columns of T. */
#define WEFT_HAS_ONE(M, f, ...) WEFT_HAS_ONE_(M, f, __VA_ARGS__, .zero_ = 0)
#define WEFT_HAS_ONE_(M, f, T, ...) WEFT_TO_ONE_(WEFT_ATTR_HAS_ONE, M, f, T, __VA_ARGS__)
#define WEFT_TO_ONE_(k, M, f, T, ...) \
    { .kind = (k), .field = #f, .offset = offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, const T *: 1)), \
      .size = sizeof(void *), .target = &T##_model, __VA_ARGS__ }

/* Entries beside columns; column names are SQL names: WEFT_UNIQUE(Member, "group_id, name"), WEFT_INDEX(Member, "name, code DESC",
 * .where = "group_id > 0", .unique = true), WEFT_CHECK(Member, "group_id > 0"). An index of expressions needs a .name:
 * WEFT_INDEX(Member, "lower(name)", .name = "ix_member_lower_name"). */
#define WEFT_UNIQUE(M, ...) WEFT_UNIQUE_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_UNIQUE_(M, list, ...) { .kind = WEFT_ATTR_UNIQUE, .columns = "" list, __VA_ARGS__ }
#define WEFT_INDEX(M, ...) WEFT_INDEX_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_INDEX_(M, list, ...) { .kind = WEFT_ATTR_INDEX, .columns = "" list, __VA_ARGS__ }
#define WEFT_CHECK(M, ...) WEFT_CHECK_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_CHECK_(M, condition, ...) { .kind = WEFT_ATTR_CHECK, .check = "" condition, __VA_ARGS__ }
/* What is to be said of the primary key, whose columns are those with .primary_key, at most once: WEFT_PRIMARY_KEY(Member,
 * .include = "name", .storage = "fillfactor = 70"); .name, .tablespace and .comment. */
#define WEFT_PRIMARY_KEY(M, ...) { .kind = WEFT_ATTR_PRIMARY_KEY, .size = sizeof(M), .zero_ = 0, __VA_ARGS__ }
/* No two rows may agree in all of it; PostgreSQL's alone, elsewhere creating the table is WEFT_ERROR_UNSUPPORTED:
 * WEFT_EXCLUDE(Stay, "USING gist (room_id WITH =, during WITH &&)"). */
#define WEFT_EXCLUDE(M, ...) WEFT_EXCLUDE_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_EXCLUDE_(M, rule, ...) { .kind = WEFT_ATTR_EXCLUDE, .check = "" rule, __VA_ARGS__ }
/* WEFT_FOREIGN_KEY(Entry, "group_id, code", "member(group_id, code)", .on_delete = "CASCADE") */
#define WEFT_FOREIGN_KEY(M, list, ...) WEFT_FOREIGN_KEY_(M, list, __VA_ARGS__, .zero_ = 0)
#define WEFT_FOREIGN_KEY_(M, list, target_list, ...) \
    { .kind = WEFT_ATTR_FOREIGN_KEY, .columns = "" list, .target_columns = "" target_list, __VA_ARGS__ }

/* A sequence, which weft_create_all makes in the model's schema with its tables; columns of any number of models may draw from it
 * (.sequence, or nextval in a .server_default), and weft_next_value asks for a value: WEFT_SEQUENCE(Invoice, "invoice_number",
 * .counting = {.start = 1000}); .sql_type = "integer" where it is to end as a column of 32 bits does. It belongs to no column,
 * stays when no model names it any more, and is made on PostgreSQL alone. */
#define WEFT_SEQUENCE(M, ...) WEFT_SEQUENCE_(M, __VA_ARGS__, .zero_ = 0)
#define WEFT_SEQUENCE_(M, n, ...) { .kind = WEFT_ATTR_SEQUENCE, .size = sizeof(M), .name = "" n, __VA_ARGS__ }

/* Options of the model itself, at most once: WEFT_OPTIONS(Member, .guard = WEFT_GUARD_LOADED). */
#define WEFT_OPTIONS(M, ...) \
    { .kind = WEFT_ATTR_OPTIONS, .size = sizeof(M), .options = &(const weft_model_options){ .zero_ = 0, __VA_ARGS__ } }

/* A plain struct to read rows into: WEFT_ROW(Count, WEFT_FIELD(Count, domain), WEFT_FIELD(Count, users)); fields are filled from
 * the result's columns by position where a statement is built (weft_rows), whose columns stand in the fields' order, and by name
 * where it is text of one's own (weft_text_rows): there each field takes the column that is called as it is. Declares Count_list
 * too. A field of an enum is WEFT_ENUM(Count, kind, kind_names): SQL has its names, which are ordered as texts where the row is
 * that of a subquery, and a name that is none of them is WEFT_ERROR_DATA; numbers are read as they are. */
typedef struct weft_row_type {
    const char *name;
    size_t size;
    const weft_attr *fields;
    size_t field_count;
} weft_row_type;

#define WEFT_FIELD(T, f) \
    { .kind = WEFT_ATTR_COLUMN, .field = #f, .offset = offsetof(T, f), .size = sizeof(((T *)0)->f), \
      .field_type = WEFT_MAPPED_TYPE_(((T *)0)->f) }
/* A field of a type of the program's own. */
#define WEFT_FIELD_AS(T, f, X) WEFT_COLUMN_AS_(T, f, X, .zero_ = 0)
#define WEFT_ROW(T, ...) \
    typedef struct T##_list { const T *const *items; size_t count; } T##_list; \
    WEFT_MAYBE_UNUSED static inline T##_list T##_list_of(weft_list list_) \
    { \
        T##_list typed_ = { (const T *const *)list_.items, list_.count }; \
        return typed_; \
    } \
    WEFT_MAYBE_UNUSED static const weft_row_type T##_row = { .name = #T, .size = sizeof(T), \
        .fields = (const weft_attr[]){ __VA_ARGS__ }, \
                                           .field_count = sizeof((const weft_attr[]){ __VA_ARGS__ }) / sizeof(weft_attr) }

/* A literal of T as a pointer to const T, in which a brace that is missing around an optional (`.age = 30` for weft_some(30)), a
 * pointer of another type and a number for a pointer are errors, whatever warnings are on: gcc and clang take a pragma among a
 * struct's declarations, and a struct may stand in a sizeof. Written WEFT_STRUCT_(T) .f = … WEFT_STRUCT_END_: what is an argument
 * of one macro more is read once more. */
#if defined(__GNUC__)
#define WEFT_STRICT_ (0 * sizeof(struct { _Pragma("GCC diagnostic push") \
    _Pragma("GCC diagnostic error \"-Wmissing-braces\"") _Pragma("GCC diagnostic error \"-Wincompatible-pointer-types\"") \
    _Pragma("GCC diagnostic error \"-Wint-conversion\"") int x_; }))
#define WEFT_STRICT_END_ (0 * sizeof(struct { _Pragma("GCC diagnostic pop") int x_; }))
#else
#define WEFT_STRICT_ ((size_t)0)
#define WEFT_STRICT_END_ ((size_t)0)
#endif
#define WEFT_STRUCT_(T) (WEFT_STRICT_ + &(const T){
#define WEFT_STRUCT_END_ } + WEFT_STRICT_END_)

/* Yields x, which must point to T (or const T): anything else does not compile. */
#define WEFT_SAME(T, x) _Generic((x), T *: (x), const T *: (x))

/* Called by weft_each for a list that is not loaded, where the session option report_unloaded is on. Any thread. */
WEFT_API void weft_unloaded_report(const void *marker, const char *file, int line);

/* Loops over a typed list: weft_each (User, user, users) printf("%s\n", user->name); evaluates the list once; break and continue
 * work; a list of another model does not compile. */
#define weft_each(M, var, l) \
    for (M##_list var##_list = (l), *var##_once = &var##_list; var##_once != NULL; var##_once = NULL) \
        for (const M *const *var##_at = var##_list.items, \
                            *var WEFT_MAYBE_UNUSED = (var##_list.count == 0 && var##_at != NULL \
                                        ? (weft_unloaded_report((const void *)var##_at, __FILE__, __LINE__), (const M *)NULL) \
                                        : (const M *)NULL); \
             var##_list.count > 0 && (var = *var##_at, 1); var##_at++, var##_list.count--)

WEFT_END_DECLS

#endif
