/* Copies of definitions, whose texts and lists are copied, too, into an arena. *failed becomes true where memory runs out; what is
 * copied then is incomplete. */
#ifndef WEFTI_SCHEMA_COPY_H
#define WEFTI_SCHEMA_COPY_H

#include "base/arena.h"
#include "schema/definition.h"

const char *wefti_copy_text(wefti_arena *arena, bool *failed, const char *text); /* NULL of NULL */
const char *const *wefti_copy_names(wefti_arena *arena, bool *failed, const char *const *names);
weft_schema_column wefti_copy_column(wefti_arena *arena, bool *failed, const weft_schema_column *from);
weft_schema_constraint wefti_copy_constraint(wefti_arena *arena, bool *failed, const weft_schema_constraint *from);
weft_schema_index wefti_copy_index(wefti_arena *arena, bool *failed, const weft_schema_index *from);
weft_schema_table wefti_copy_table(wefti_arena *arena, bool *failed, const weft_schema_table *from);
weft_schema_enum wefti_copy_enum(wefti_arena *arena, bool *failed, const weft_schema_enum *from);
weft_schema_sequence wefti_copy_sequence(wefti_arena *arena, bool *failed, const weft_schema_sequence *from);

#endif
