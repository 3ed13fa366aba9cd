/* Private to engine: the schema of the database at the start of an engine. */
#ifndef WEFTI_ENGINE_CHECK_H
#define WEFTI_ENGINE_CHECK_H

#include "engine/engine.h"

/* As weft_engine_options.check_schema says. */
weft_status wefti_engine_check_schema(weft_engine *engine, weft_schema_check how, weft_error *error);

#endif
