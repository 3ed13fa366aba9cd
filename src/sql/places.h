/* Schemas as models name them and as a database has them: .schemas of an engine's options.
 *
 * Engines that translate share one schema of their models, whose statements hold a mark where a schema stands; each engine has the
 * names that go there. Marks are no UTF-8, so that no text of a program can hold one. */
#ifndef WEFTI_SQL_PLACES_H
#define WEFTI_SQL_PLACES_H

#include "schema/definition.h"
#include "sql/schema.h"

/* A default as models spell it, as statements with marks do, and with the name that the database has. */
typedef struct wefti_place_default {
    const char *said, *marked, *made;
} wefti_place_default;

/* Of one engine; lives in the arena that it was made in. */
typedef struct wefti_places {
    const wefti_schema *schema;
    const char *const *names;                   /* by the schema's place_names: what the database calls them */
    const char *const *sql;                     /* the same as SQL writes them */
    const struct wefti_place_default *defaults; /* by the schema's sequences: of columns that draw from one */
} wefti_places;

/* Reads "models' = database's, …", each name perhaps in double quotes; what it does not name stays. MISUSE: it is no such list,
 * has an empty name, one that no model has, or one twice. MODEL: two tables become one. UNSUPPORTED: the database has no such
 * schema. */
weft_status wefti_places_new(const wefti_schema *schema, const struct wefti_dialect *dialect, const char *text, wefti_arena *arena,
                             const wefti_places **places, weft_error *error);
/* What the database calls the schema; places may be NULL, and name too. */
const char *wefti_places_name(const wefti_places *places, const char *name);
/* The text with names in place of marks, from the arena; the text itself where places is NULL. NULL: out of memory. */
const char *wefti_places_text(const wefti_places *places, const char *sql, wefti_arena *arena);
/* Makes the names of a definition, which was made of the models, those of the database, in place. */
void wefti_places_define(const wefti_places *places, wefti_definition *definition);

#endif
