/* Private to schema: what SQLite's operations share with building a table anew. */
#ifndef WEFTI_SCHEMA_RENDER_SQLITE_H
#define WEFTI_SCHEMA_RENDER_SQLITE_H

#include "schema/render.h"

extern const wefti_rebuild_sql wefti_ddl_sqlite_rebuild_sql;

void wefti_ddl_sqlite_create_table(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_sqlite_create_index(wefti_render_ddl *r, const wefti_op *op);
void wefti_ddl_sqlite_rebuild(wefti_render_ddl *r, const wefti_op *op);
const char *wefti_ddl_sqlite_literal(wefti_text *text, const weft_schema_column *column, const weft_value *value);
/* Whether what was read of a table says that its row numbers are never given out twice. */
bool wefti_ddl_sqlite_autoincrement(const weft_schema_table *table);

#endif
