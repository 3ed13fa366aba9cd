/* Private to schema: what PostgreSQL's operations and its rows share. */
#ifndef WEFTI_SCHEMA_RENDER_POSTGRES_H
#define WEFTI_SCHEMA_RENDER_POSTGRES_H

#include "schema/render.h"

const char *wefti_ddl_postgres_literal(wefti_text *text, const weft_schema_column *column, const weft_value *value);

#endif
