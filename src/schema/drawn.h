/* Sequences that a default draws from, as its text says: nextval('place.name'). */
#ifndef WEFTI_SCHEMA_DRAWN_H
#define WEFTI_SCHEMA_DRAWN_H

#include "base/arena.h"
#include "base/text.h"
#include "schema/definition.h"

/* The name of the first one from *at on, in the arena, and *at behind it; false where there is none, or no memory: *failed then. */
bool wefti_drawn_next(wefti_arena *arena, const char **at, wefti_def_name *name, bool *failed);
/* The default that draws from a sequence. place: its schema as SQL writes it, or NULL. */
void wefti_drawn_add(wefti_text *text, const char *place, const char *name);
/* Whether the text is nothing else than one that draws: its value is a number of the sequence, whatever type it is cast to. */
bool wefti_drawn_only(const char *text);
/* Whether the names are of one sequence, where a schema may be said that the definition leaves out. */
bool wefti_drawn_same(const wefti_definition *definition, const weft_schema_sequence *sequence, const char *schema,
                      const char *name);
/* Whether the definition has tables in the schema; NULL is one that it has. Sequences elsewhere are somebody else's. */
bool wefti_drawn_is_within(const wefti_definition *definition, const char *schema);
/* Whether the text names the schema which the definition leaves out, as texts spell it. */
bool wefti_drawn_is_home(const wefti_definition *definition, const char *schema);

#endif
