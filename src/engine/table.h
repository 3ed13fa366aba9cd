/* Tables that no struct describes, which an engine keeps. */
#ifndef WEFTI_ENGINE_TABLE_H
#define WEFTI_ENGINE_TABLE_H

#include "engine/engine_private.h"

/* The table or view of the name, read from the database where it is not known or may have changed; lives as the engine. NULL after
 * an error. Any thread. */
const weft_model *wefti_engine_table(weft_engine *engine, const char *name, weft_error *error);
/* What tables are has changed: they are read again when they are next asked for. */
void wefti_engine_outdate_tables(weft_engine *engine);
/* The same where the connection has changed it; once at the end of a transaction. */
void wefti_connection_outdate_tables(weft_connection *connection);
/* All of them, when the engine is freed. */
void wefti_engine_free_tables(weft_engine *engine);

#endif
