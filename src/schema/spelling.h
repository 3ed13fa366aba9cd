/* Texts that two definitions spell otherwise (defaults, conditions, expressions, types, views), and what a database makes of them
 * once it has read them: then two that mean the same are the same. A comparison collects what its structure cannot decide; the
 * database is asked in a scratch, of which nothing stays, and the comparison goes on with the answers. */
#ifndef WEFTI_SCHEMA_SPELLING_H
#define WEFTI_SCHEMA_SPELLING_H

#include "schema/read.h"

/* What a text is, which says where the database reads it. */
typedef enum wefti_spelt_as {
    WEFTI_SPELT_TYPE,
    WEFTI_SPELT_DEFAULT,
    WEFTI_SPELT_COMPUTED,
    WEFTI_SPELT_CONDITION,
    WEFTI_SPELT_EXPRESSION, /* of an index */
    WEFTI_SPELT_EXCLUSION,
    WEFTI_SPELT_VIEW
} wefti_spelt_as;

/* One text, where it stands. Names are those of the wanted definition. */
typedef struct wefti_spelt {
    wefti_spelt_as as;
    const char *schema, *table;
    const char *column; /* of a default and a computed column: whose type the value gets */
    const char *text;
    bool of_found;
    bool asked;
    const char *answer; /* NULL where the database was not asked or takes no such text */
    struct wefti_spelt *next;
} wefti_spelt;

typedef struct wefti_spelling {
    wefti_arena arena;
    wefti_spelt *first, **end;
    size_t count, open;  /* all, and those that are not asked yet */
    const char *refused; /* static: why the database cannot be asked; then structure alone decides, and names of types are asked */
} wefti_spelling;

void wefti_spelling_init(wefti_spelling *spelling);
void wefti_spelling_deinit(wefti_spelling *spelling);
/* The one that is like this, made where it is not there; NULL: out of memory. */
wefti_spelt *wefti_spelling_of(wefti_spelling *spelling, const wefti_spelt *like);

/* Where a database reads texts: a transaction that is rolled back. All of them give a status; errors of attempt that are the
 * statement's own leave the transaction as it was and say so by *taken. */
typedef struct wefti_scratch {
    void *context;
    weft_status (*begin)(void *context, weft_error *error);
    void (*end)(void *context);
    wefti_asker asker;
    weft_status (*run)(void *context, const char *sql, weft_error *error);
    weft_status (*attempt)(void *context, const char *sql, bool *taken, weft_error *error);
} wefti_scratch;

/* What the texts stand in: both definitions, by the names of the wanted one. */
typedef struct wefti_spelling_place {
    const wefti_ddl *ddl;
    const wefti_definition *wanted, *found;
    const char *wanted_place, *found_place; /* see wefti_comparison */
} wefti_spelling_place;

/* Asks for all that is open; where it is refused, for types alone, which needs no scratch. */
weft_status wefti_spell(const wefti_spelling_place *place, const wefti_scratch *scratch, wefti_spelling *spelling,
                        weft_error *error);

#endif
