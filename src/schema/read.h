/* Reading what a database has into a definition, in a number of queries that does not grow with it. Nothing here holds a
 * connection: whoever reads asks for rows through a function. */
#ifndef WEFTI_SCHEMA_READ_H
#define WEFTI_SCHEMA_READ_H

#include "base/arena.h"
#include "schema/definition.h"
#include "schema/operation.h"

/* Takes a row; what the cells point to lives until it returns. Another status than WEFT_OK ends the query. */
typedef weft_status (*wefti_read_row)(void *context, const weft_value *cells, weft_error *error);

/* How the database is asked: all statements of one reading run in one transaction. parameters are $1, $2, … */
typedef struct wefti_asker {
    void *context;
    weft_status (*ask)(void *context, const char *sql, const weft_value *parameters, size_t parameter_count, wefti_read_row on_row,
                       void *row_context, weft_error *error);
} wefti_asker;

/* Fills *definition, all of which lives in the arena. beside: the schemas that it names are read, too, as far as they are there;
 * NULL: none is. */
weft_status wefti_read_definition(const wefti_ddl *ddl, const wefti_asker *asker, const weft_reflect_options *options,
                                  const wefti_definition *beside, wefti_arena *arena, wefti_definition *definition,
                                  weft_error *error);

/* The same of the tables and views that a definition names, found as statements find them (a schema that is NULL: by the search
 * path), and of their enums: each has the name of the wanted one, and so has what refers to it. */
weft_status wefti_read_tables(const wefti_ddl *ddl, const wefti_asker *asker, const wefti_definition *wanted, wefti_arena *arena,
                              wefti_definition *definition, weft_error *error);

#endif
