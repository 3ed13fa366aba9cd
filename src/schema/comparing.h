/* Private to schema: two definitions while they are compared. */
#ifndef WEFTI_SCHEMA_COMPARING_H
#define WEFTI_SCHEMA_COMPARING_H

#include "schema/compare.h"
#include "schema/render.h"
#include "schema/spelling.h"

/* The order of the operations. Within a phase they stand as they were found. */
typedef enum wefti_phase {
    WEFTI_PHASE_ENUM_VALUES, /* which a revision commits before what follows: nothing else is done then */
    WEFTI_PHASE_DROP_VIEWS,
    WEFTI_PHASE_RENAMES,
    WEFTI_PHASE_DROP_KEYS, /* foreign ones */
    WEFTI_PHASE_DROP_CONSTRAINTS,
    WEFTI_PHASE_DROP_INDEXES,
    WEFTI_PHASE_TYPES, /* schemas, enums, sequences */
    WEFTI_PHASE_DROP_COMPUTED,
    WEFTI_PHASE_CREATE_TABLES,
    WEFTI_PHASE_COLUMNS,
    WEFTI_PHASE_DROP_COLUMNS,
    WEFTI_PHASE_CONSTRAINTS,
    WEFTI_PHASE_INDEXES,
    WEFTI_PHASE_KEYS,
    WEFTI_PHASE_DROP_TABLES,
    WEFTI_PHASE_DROP_TYPES,
    WEFTI_PHASE_CREATE_VIEWS,
    WEFTI_PHASE_COMMENTS,
    WEFTI_PHASE_COUNT_
} wefti_phase;

/* A table that both have. */
typedef struct wefti_pair {
    const weft_schema_table *wanted, *found;
    uint32_t *constraint_of; /* by the wanted one: the found one + 1; 0: it is new */
    uint32_t *index_of;
    bool *constraint_stays, *index_stays; /* by the found one */
    bool *column_goes, *column_changes;   /* by the found one: dropped or made anew; another type */
    bool differs;                         /* in what is no index */
    bool disturbed;                       /* what names its columns must go before: a column goes or has another type */
} wefti_pair;

typedef struct wefti_comparing {
    const wefti_comparison *what;
    const wefti_ddl *ddl;
    wefti_arena *arena;
    const wefti_definition *wanted; /* with all that stays, where models are silent */
    weft_schema_table *found;       /* with the names that renames give; found_count of them */
    size_t found_count;
    weft_schema_enum *found_enums;
    wefti_pair *pairs;
    size_t pair_count;
    wefti_spelling *spelling; /* what the database makes of texts; NULL: they are compared by tokens */
    wefti_ops phases[WEFTI_PHASE_COUNT_];
    wefti_candidates *candidates;
    wefti_arena *candidate_arena;
    weft_status status;
    weft_error *error;
} wefti_comparing;

#define WEFTI_COMPARING_ADD(c, phase, kind, ...) wefti_ops_add(&(c)->phases[phase], &(wefti_op){(kind), __VA_ARGS__})

void *wefti_comparing_room(wefti_comparing *c, size_t count, size_t size); /* zeroed; NULL: out of memory, which is noted */
void wefti_comparing_no_memory(wefti_comparing *c);
const char *wefti_comparing_keep(wefti_comparing *c, wefti_text *text); /* a copy; text has ended. NULL: as above */

/* Whether an index or a constraint is to have the name. */
bool wefti_comparing_is_name_wanted(const wefti_comparing *c, const char *name);
bool wefti_comparing_is_name_found(const wefti_comparing *c, const char *name);

/* ---- compare_text.c ---- */

/* By tokens. */
bool wefti_comparing_same_text(wefti_comparing *c, const char *wanted, const char *found);
/* By tokens, and else by what the database makes of them where they stand: column is whose type the value gets, or NULL. */
bool wefti_comparing_same_spelling(wefti_comparing *c, wefti_spelt_as as, const weft_schema_table *table, const char *column,
                                   const char *wanted, const char *found);
/* Whether a name stands in the text. */
bool wefti_comparing_mentions(const wefti_comparing *c, const char *text, const char *name);
/* The text with a column, or as_table the table before a point, under its new name, as the database has it after a rename; NULL
 * where there is none, or out of memory, which is noted. */
const char *wefti_comparing_renamed(wefti_comparing *c, const char *text, const char *from, const char *to, bool as_table);
/* A text of the database as a statement is to say it: names of the schema that is compared stand without it, for whoever has the
 * tables in another one. NULL: the text is, or out of memory, which is noted. */
const char *wefti_comparing_found_text(wefti_comparing *c, const char *text);
/* The type of a column as DDL says it; NULL where the database has none, which is noted. */
const char *wefti_comparing_type(wefti_comparing *c, const weft_schema_column *column);
/* CAST of the column: what it has, by its words where values of enums are meant. */
const char *wefti_comparing_cast(wefti_comparing *c, const weft_schema_column *column, const char *type, bool by_words);
bool wefti_comparing_same_type(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted,
                               const weft_schema_column *found);
/* table: the wanted one. */
bool wefti_comparing_same_constraint(wefti_comparing *c, const weft_schema_table *table, const weft_schema_constraint *wanted,
                                     const weft_schema_constraint *found);
bool wefti_comparing_same_index(wefti_comparing *c, const weft_schema_table *table, const weft_schema_index *wanted,
                                const weft_schema_index *found);
bool wefti_comparing_names_contain(const char *const *names, const char *name);

/* ---- compare_beside.c ---- */

/* How the table and what stays of its constraints and indexes are kept, and the comments on these. */
void wefti_comparing_beside(wefti_comparing *c, const wefti_pair *pair);

/* ---- compare_names.c ---- */

void wefti_comparing_rename(wefti_comparing *c);     /* the found ones, by what->renames */
void wefti_comparing_candidates(wefti_comparing *c); /* what looks alike and was not told */

/* ---- compare_table.c ---- */

void wefti_comparing_match(wefti_comparing *c, wefti_pair *pair); /* what of the table stays */
void wefti_comparing_change(wefti_comparing *c, wefti_pair *pair);
/* What columns are to the database, whatever definitions say: a key is never NULL, SQLite's row number is made. */
weft_schema_column wefti_comparing_column(const wefti_comparing *c, const weft_schema_table *table,
                                          const weft_schema_column *column);
/* Triggers and policies that name a column which changes are dropped before and made again behind. */
void wefti_comparing_move_kept(wefti_comparing *c, const wefti_pair *pair);
/* What a view that is dropped and made again had: triggers, rules and options, which go with it. */
void wefti_comparing_bring_kept(wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found);
/* What values of the column are: the type of which others are kin; of arrays, enums and what weft does not know WEFT_UNMAPPED. */
weft_type wefti_comparing_kin(const weft_schema_column *column);
/* A wanted column beside the found one, in the same way. */
void wefti_comparing_columns(const wefti_comparing *c, const weft_schema_table *wanted_table, const weft_schema_table *found_table,
                             weft_schema_column *wanted, weft_schema_column *found);
/* Whether the numbers of its key are to be given out once only, which they are not. */
bool wefti_comparing_begins_to_count_on(const wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found);
bool wefti_comparing_same_counting(const weft_schema_column *wanted, const weft_schema_column *found);
/* Whether the number that one is at may lie beyond the bounds that are wanted, or what it has given lies before it again. */
bool wefti_comparing_begins_anew(const weft_counting *wanted, const weft_counting *found, weft_type type);
/* The sequence goes on behind the rows of columns of the table that draw from it. */
void wefti_comparing_pass_rows(wefti_comparing *c, const wefti_pair *pair, const weft_schema_sequence *sequence);
/* A found sequence takes the names that its column and the table have after renames. False: its column goes, and it with it. */
bool wefti_comparing_follow(const wefti_comparing *c, weft_schema_sequence *sequence);
/* Whether the default of a found column stays that names the sequence. */
bool wefti_comparing_is_drawn_from(wefti_comparing *c, const wefti_pair *pair, const weft_schema_sequence *sequence);
/* Whether a column of a found table is wanted with the default that it has. */
bool wefti_comparing_keeps_default(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *column);

/* ---- unsaid.c ---- */

/* What was found and models cannot say is wanted, too: makes c->wanted whole. After the renames. */
void wefti_comparing_adopt(wefti_comparing *c);
/* Of the table's own constraints and indexes: what the models leave open of those that are there. */
void wefti_comparing_adopt_open(wefti_comparing *c, weft_schema_table *wanted, const weft_schema_table *found);
/* STRICT and WITHOUT ROWID, where the models do not say them; columns are declared then as such a table takes them. */
void wefti_comparing_adopt_kind(wefti_comparing *c, weft_schema_table *wanted, const weft_schema_table *found);
/* Of a column that the models let be an identity: how it is counted, where they do not say it. table: the wanted one. */
void wefti_comparing_adopt_identity(wefti_comparing *c, const weft_schema_table *table, weft_schema_column *wanted,
                                    const weft_schema_column *found);

/* ---- compare_types.c ---- */

void wefti_comparing_types(wefti_comparing *c);

#endif
