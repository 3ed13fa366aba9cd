/* Private to the reading of SQLite: what stands in the statements that it keeps as they were typed. */
#ifndef WEFTI_SCHEMA_READ_SQLITE_H
#define WEFTI_SCHEMA_READ_SQLITE_H

#include "schema/reading.h"

/* Constraints of a CREATE TABLE, and of its columns what the pragmas do not tell: collations, computing expressions, AUTOINCREMENT.
 * WEFT_ERROR_DATA where the text is none. */
void wefti_read_table_text(wefti_reading *r, wefti_read_table *table);
/* Adds the index that CREATE INDEX made. */
void wefti_read_index_text(wefti_reading *r, wefti_read_table *table, const char *name, const char *text);
/* The SELECT of a CREATE VIEW. */
const char *wefti_read_view_text(wefti_reading *r, const char *text);

#endif
