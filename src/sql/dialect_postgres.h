/* Private to the dialect of PostgreSQL. */
#ifndef WEFTI_SQL_DIALECT_POSTGRES_H
#define WEFTI_SQL_DIALECT_POSTGRES_H

#include "sql/walk.h"

/* Rendering only. */
void wefti_postgres_insert_ordinal(wefti_walk *walk, const wefti_dml *dml);

#endif
