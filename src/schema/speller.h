/* Private to schema: texts while a database spells them. What the databases share stands in spelling.c; each has a file with how it
 * is asked. */
#ifndef WEFTI_SCHEMA_SPELLER_H
#define WEFTI_SCHEMA_SPELLER_H

#include "schema/mention.h"
#include "schema/render.h"
#include "schema/spelling.h"

enum { WEFTI_SPELLER_TABLES = 200 }; /* at most in one transaction: each takes locks, which a server has in a number */

/* A table or a view of either definition. */
typedef struct wefti_speller_relation {
    const weft_schema_table *table, *found; /* as wanted, or else as found; what was found, or NULL */
    bool is_wanted;
    bool in, made; /* in the present transaction: to be made, and made */
    bool is_named; /* by a view */
    bool is_asked; /* a text of it is in the present transaction: the others belong with it */
} wefti_speller_relation;

typedef struct wefti_speller_ways wefti_speller_ways;

typedef struct wefti_speller {
    const wefti_spelling_place *place;
    const wefti_ddl *ddl;
    const wefti_scratch *scratch;
    wefti_spelling *spelling;
    const char *wanted_place, *found_place;  /* as names are, without quotes */
    const char *scratch_name, *scratch_path; /* where the database has one */
    wefti_arena arena;
    wefti_speller_relation *relations;
    size_t relation_count;
    wefti_spelt **items;             /* of the present transaction, item_count of them */
    wefti_speller_relation **tables; /* of the items; NULL where there is none */
    size_t item_count;
    weft_status status; /* the first failure stays */
    weft_error *error;
} wefti_speller;

/* How a database is asked. */
struct wefti_speller_ways {
    void (*begin)(wefti_speller *s);                              /* after the transaction has begun; may refuse */
    void (*tables)(wefti_speller *s);                             /* makes those that are in, and asks for texts of tables */
    void (*view)(wefti_speller *s, wefti_speller_relation *view); /* makes one whose relations are made */
    void (*ask_view)(wefti_speller *s, size_t item);              /* the same of what it reads */
    bool (*is_elsewhere)(wefti_speller *s, const char *relation); /* one of the name is there beside the scratch; NULL: no matter */
    void (*finish)(wefti_speller *s);                             /* takes the answers */
    void (*types)(wefti_speller *s); /* all items are types: asks which, where nothing can be made; NULL: there is no way */
};

void wefti_speller_no_memory(wefti_speller *s);
void *wefti_speller_room(wefti_speller *s, size_t count, size_t size); /* zeroed; NULL: out of memory, which is noted */
/* The relation of a name in a text, where schema may be empty; NULL: there is none. of_found says whose text it is. */
wefti_speller_relation *wefti_speller_relation_of(const wefti_speller *s, const char *schema, const char *name, bool of_found);
/* The column whose type the text gets, as wanted. NULL: none. */
const weft_schema_column *wefti_speller_column_of(const wefti_speller *s, size_t item);
/* "name type COLLATE …", where the database has the type; nothing is computed. */
bool wefti_speller_add_column(wefti_speller *s, wefti_text *text, const char *name, const weft_schema_column *column,
                              bool collation);
/* The columns of a table, wanted ones and those that were found besides. False where one has no type. */
bool wefti_speller_add_columns(wefti_speller *s, wefti_text *text, const wefti_speller_relation *relation);
/* Runs what was written, and ends the text. False: refused by the database, or failed. */
bool wefti_speller_attempt(wefti_speller *s, wefti_text *text);
void wefti_speller_run(wefti_speller *s, wefti_text *text);
void wefti_speller_answer(wefti_speller *s, size_t item, const char *answer, size_t size);

/* A deparsed text with what its history leaves in it taken out: casts of texts to text, which stay where a column had another
 * type or was restored. of_default: all of it is a value, which is written without the cast that says its type. */
void wefti_spelling_fold(const wefti_sql_rules *rules, bool of_default, const char *sql, wefti_text *text);

#endif
