/* Models of a database: what is to be written, before it is written. */
#ifndef WEFT_TOOLS_REFLECT_H
#define WEFT_TOOLS_REFLECT_H

#include "command.h"

/* Letters of ASCII, whatever the locale. */
static inline int ascii_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
static inline int ascii_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static inline int ascii_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static inline int ascii_word(unsigned char c) { return ascii_lower(c) || ascii_upper(c) || ascii_digit(c); }
static inline int ascii_control(unsigned char c) { return c < 0x20 || c == 0x7f; }
static inline int ascii_to_lower(unsigned char c) { return ascii_upper(c) ? c + ('a' - 'A') : c; }
static inline int ascii_to_upper(unsigned char c) { return ascii_lower(c) ? c - ('a' - 'A') : c; }
/* 0: the same but for capital letters; of at most size. */
static inline int ascii_compare_n(const char *a, const char *b, size_t size)
{
    for (; size > 0; size--, a++, b++) {
        const int difference = ascii_to_lower((unsigned char)*a) - ascii_to_lower((unsigned char)*b);
        if (difference != 0 || *a == '\0')
            return difference;
    }
    return 0;
}
static inline int ascii_compare(const char *a, const char *b) { return ascii_compare_n(a, b, (size_t)-1); }

/* Names of C that are given away. */
typedef struct name_set {
    char **names; /* owned */
    size_t count, room;
} name_set;

typedef struct model model;

/* A column, and the field that it has. */
typedef struct field {
    const weft_schema_column *column;
    char *name; /* in C; NULL: the model has no such field, and why says so */
    const char *why;
    const char *type;               /* "int32_t", "const char *" */
    weft_type kind;                 /* whose values it has */
    char *sql_type;                 /* .sql_type; NULL: the type's own */
    char *draws;                    /* .server_default of one with a sequence of its own; NULL: as the column says */
    const weft_schema_enum *values; /* of a WEFT_ENUM */
    bool optional, not_null;        /* weft_opt_…; of a column that is NOT NULL */
    bool nullable, key, not_generated, zero_is_unset;
    bool autoincrement;
    bool counted; /* the database counts it, and the model says how */
    const char *server_default;
} field;

typedef enum relation_kind { BELONGS_TO, HAS_MANY, HAS_ONE, MANY_TO_MANY } relation_kind;

/* A relationship, which has another side at the same time. */
typedef struct relation {
    relation_kind kind;
    char *name;
    const model *target;
    const weft_schema_constraint *key;   /* that refers; of many to many: from the link table to this side */
    const weft_schema_constraint *other; /* many to many: to the other side */
    const model *link;                   /* many to many */
    char *back;                          /* the field at the other side */
} relation;

struct model {
    const weft_schema_table *table;
    void *keyed;       /* the table, where it is a view that was given a key; else NULL */
    char *type, *word; /* Film, film */
    char *select;      /* film_select: of rows without a model; NULL: it is mapped */
    bool mapped;       /* else it is a struct for rows alone, and why says so */
    const char *why;
    field *fields; /* by the table's columns */
    bool *said;    /* by the table's constraints: the model says it */
    relation *relations;
    size_t relation_count;
    name_set names; /* of fields */
};

typedef struct reflection {
    command *c;
    const weft_schema *schema;
    bool sqlite;
    model *models;
    size_t count;
    const weft_schema_enum *enums;
    size_t enum_count;
    char **enum_types; /* by the enums; NULL: no field has it */
    name_set types;
    char *base; /* of the files: models */
    const char *symbol;
    char *home; /* the schema that models mean; NULL: the one in which the database looks first */
} reflection;

/* ---- reflect_names.c ---- */

/* A name of C that no other has: what is no letter becomes "_", and where C, C++ or a usual header has the name, "_" stands behind it. The
 * caller owns it, and the set a copy. */
char *name_unique(name_set *set, const char *wanted);
bool name_is_free(const name_set *set, const char *name);
void names_free(name_set *set);
char *name_of_field(const char *column);                   /* "größe in cm" as groesse_in_cm */
char *name_of_type(const char *prefix, const char *table); /* "film_actors" as FilmActor */
char *name_as_word(const char *type);                      /* FilmActor as film_actor */
char *plural_of(const char *word);
/* "author_id" as author; a copy of the name where it says no reference. */
char *name_of_reference(const char *column);
/* "Film.rating" and the like as parts of constants: NC-17 as NC_17. */
char *name_of_value(const char *type, const char *value);

char *sql_quoted(const char *name); /* within quotes */
char *sql_name(const char *name);   /* within quotes where it is no plain word */

/* ---- reflect_models.c ---- */

/* The schema as models name it: NULL for the one that they mean where they name none. */
const char *schema_to_say(const reflection *r, const char *schema);
const model *model_named(const reflection *r, const char *schema, const char *name); /* NULL: there is none */
/* Fills models, fields and relationships of what was read. */
void reflection_build(reflection *r);
void reflection_free(reflection *r);
const field *field_of(const model *m, const char *column); /* that the model has, or NULL */
const weft_schema_constraint *key_of(const weft_schema_table *table);
size_t count_of(const char *const *names);
/* Whether models that do not declare the sequence make it of the type that it has. */
bool has_usual_type(const reflection *r, const weft_schema_sequence *sequence);
/* Whether the model says the index, and else NULL is given why not. */
/* The model that declares a sequence, whose default draws from it; NULL: none has to. */
const model *model_that_draws(const reflection *r, const weft_schema_sequence *sequence);
/* Whether the model says all of the index: its order, classes and collations, too. */
bool says_all_of_index(const reflection *r, const weft_schema_index *index);
bool is_counting_on(const char *kept);
bool says_counting(const weft_counting *counting);
bool says_include(const model *m, const char *const *names); /* whether a model can say these columns of an index */
const char *why_not_index(const reflection *r, const model *m, const weft_schema_index *index);

static inline bool is_view(const weft_schema_table *table)
{
    return table->kind == WEFT_RELATION_VIEW || table->kind == WEFT_RELATION_MATERIALIZED_VIEW;
}

/* ---- reflect_views.c ---- */

/* A copy of the view that says by a primary key which columns tell its rows apart, for the caller to free; NULL: that does not show. */
const weft_schema_table *view_with_key(const reflection *r, const weft_schema_table *view);
/* Its SELECT, for a model; the caller frees it. */
char *view_text(const reflection *r, const char *definition);

/* ---- reflect_write.c ---- */

void write_header(FILE *out, const reflection *r);
void write_source(FILE *out, const reflection *r);

#endif
