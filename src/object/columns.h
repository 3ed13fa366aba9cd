/* Columns of objects that are not loaded.
 *
 * What a query leaves out is not loaded in all objects that it makes: they share one set, which the session keeps. An object whose
 * columns are all loaded has none. The field of a column that is not loaded is blank, in the struct and in what changes compare
 * with; one that was written to nevertheless is known by that. */
#ifndef WEFTI_OBJECT_COLUMNS_H
#define WEFTI_OBJECT_COLUMNS_H

#include "object/object.h"

#define WEFTI_COLUMN_WORDS (WEFTI_MAX_COLUMNS / 64)

/* The session's own copy of a set of the table's columns; *kept is NULL for an empty one. False: no memory (session failed). */
bool wefti_columns_keep(weft_session *session, const wefti_table *table, const uint64_t *columns, const uint64_t **kept);
/* Makes the fields of the object's unloaded columns blank. */
void wefti_columns_blank(wefti_object *object);
/* Whether the program has written to a column that is not loaded. */
bool wefti_column_is_written(const wefti_object *object, uint16_t column);
static inline bool wefti_column_is_loaded(const wefti_object *object, uint16_t column)
{
    return !wefti_columns_have(object->unloaded, column) || wefti_column_is_written(object, column);
}
/* Takes the object's unloaded columns, as far as they are there and were not written to, from a row. */
bool wefti_columns_fill(weft_session *session, wefti_object *object, const wefti_entity *entity, const weft_value *cells);
/* These columns are known now: the row has what the struct holds. */
bool wefti_columns_settle(weft_session *session, wefti_object *object, const uint64_t *known);
/* Loads, of a persistent object and, unless alone, of those loaded with it, what they do not have of these columns. *found false
 * where the object's row is gone. */
weft_status wefti_columns_load(weft_session *session, wefti_object *object, const uint64_t *wanted, bool alone, bool *found);

#endif
